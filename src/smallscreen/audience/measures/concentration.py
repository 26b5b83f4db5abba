"""How unevenly viewing is spread: share of the top 20 %, Gini; over viewers and over episodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallscreen.audience.measures.model import Concentration
from smallscreen.audience.measures.queries import Asked, Scope, from_table, rows
from smallscreen.audience.stats.intervals import Interval, gini, top_share
from smallscreen.errors import UserError

DRAWS = 400
_GROUPS = 256
Floats = NDArray[np.float64]


def concentration(
    asked: Asked,
    series: str,
    edition: str | None = None,
    *,
    share: float = 0.2,
    seed: int = 1,
    table: str | None = None,
) -> Concentration:
    """Concentration of time played among starters. Over viewers: in whole seconds, viewers drawn again `DRAWS` times.

    Over episodes: 256 random groups of viewers are drawn again (a viewer's episodes stay together);
    the episodes themselves are all there are and are not drawn. UserError where there are no events.
    """
    scope = Scope.of(series, edition)
    counted = rows(asked, "by_user", scope, **from_table(table))
    if not counted:
        raise UserError(f"Nobody played {edition or series} yet; import events.")
    rng = np.random.default_rng(seed)
    seconds = np.array([int(r[0]) for r in counted], float)
    viewers = np.array([int(r[1]) for r in counted])
    n = int(viewers.sum())
    # Drawing viewers again is drawing how many of them have each amount.
    draws = rng.multinomial(n, viewers / n, size=DRAWS)
    top = [top_of(seconds, d, share) for d in draws]
    uneven = [gini_of(seconds, d) for d in draws]

    groups = _by_group(asked, scope, table)
    again = groups[rng.integers(0, _GROUPS, (DRAWS, _GROUPS))].sum(axis=1)
    episodes = groups.sum(axis=0)
    percent = f"share of time played, top {share:.0%}"
    return Concentration(
        viewers=n,
        episodes=int(episodes.size),
        top_viewers=_interval(top_of(seconds, viewers, share), top, n, percent, "viewers"),
        gini_viewers=_interval(gini_of(seconds, viewers), uneven, n, "Gini", "viewers"),
        top_episodes=_interval(
            top_share(episodes, share), [top_share(a, share) for a in again], n, percent, "groups of viewers"
        ),
        gini_episodes=_interval(gini(episodes), [gini(a) for a in again], n, "Gini", "groups of viewers"),
    )


def gini_of(values: Floats, counts: NDArray[np.int64]) -> float:
    """Gini of values (ascending) that occur `counts` times: 1 less twice the area under the Lorenz curve."""
    n, total = counts.sum(), float((values * counts).sum())
    if not n or total <= 0:
        return 0.0
    held = np.cumsum(values * counts) / total
    before = np.concatenate([[0.0], held[:-1]])
    return float(1.0 - ((before + held) * counts).sum() / n)


def top_of(values: Floats, counts: NDArray[np.int64], share: float) -> float:
    """Part of the total that the top `share` of the units holds; the unit on the border counts in part."""
    n, total = counts.sum(), float((values * counts).sum())
    if not n or total <= 0:
        return 0.0
    people = np.concatenate([[0.0], np.cumsum(counts)]) / n
    held = np.concatenate([[0.0], np.cumsum(values * counts)]) / total
    return float(1.0 - np.interp(1.0 - share, people, held))


def _by_group(asked: Asked, scope: Scope, table: str | None) -> Floats:
    """Time played, shape (256, episodes); a group that got nobody is a row of zeros."""
    found = [(str(p), int(e), int(ms)) for p, e, ms in rows(asked, "by_group", scope, **from_table(table))]
    column = {e: i for i, e in enumerate(sorted({e for _, e, _ in found}))}
    row: dict[str, int] = {}
    sums = np.zeros((_GROUPS, len(column)))
    for part, episode, ms in found:
        sums[row.setdefault(part, len(row)), column[episode]] = ms
    return sums


def _interval(value: float, draws: list[float], n: int, unit: str, what: str) -> Interval:
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return Interval(float(value), float(low), float(high), n, unit, f"bootstrap over {what}, {DRAWS} draws")
