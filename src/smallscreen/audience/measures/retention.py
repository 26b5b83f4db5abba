"""Retention by second and YouTube's audience-watch ratio, by difference arrays; never a range join."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures.cubes import cube_steps
from smallscreen.audience.measures.model import Retention, WatchRatio
from smallscreen.audience.measures.queries import (
    Asked,
    Scope,
    edition_name,
    rows,
    seconds_in,
    steps_to_curve,
)
from smallscreen.audience.stats.intervals import wilson
from smallscreen.audience.stats.special import t_quantile
from smallscreen.errors import UserError

_GROUPS = 256


def retention(
    asked: Asked,
    series: str,
    episode: int,
    edition: str | None = None,
    *,
    market: str | None = None,
    asset: str | None = None,
) -> Retention:
    """The curve of one episode: of an edition, of a market (its editions merged), or of all (neither given).

    Raises UserError when nobody played a second of it.
    """
    scope = Scope.of(series, edition, episode=episode, asset=asset)
    if market is not None:
        scope = Scope(series, market=market, episode=episode, asset=asset)
    found = _curves(asked, scope)
    if not found:
        raise UserError(f"Nobody played episode {episode} of {edition or market or series}; import events.")
    return found[0]


def retentions(asked: Asked, series: str, *, by_market: bool = False) -> list[Retention]:
    """The curves of every episode of every edition in two passes, or of every market with `by_market`."""
    if not by_market:
        return _curves(asked, Scope(series, apart=True))
    markets = sorted({str(r[0]) for r in rows(asked, "released", Scope(series, apart=True))})
    return [c for m in markets for c in _curves(asked, Scope(series, market=m))]


def cube_retentions(lake: Lake, series: str, views: Mapping[tuple[str, int], int]) -> list[Retention]:
    """The same curves as `retentions` from the daily cubes: a sum of days, whatever the days hold.

    `views` has the media sessions by edition and episode (`episode_table`): one that goes over midnight has two days,
    so they do not add. Episodes of which an edition had more than one cut are asked of the events: their viewers do
    not add. The cubes have to be current (`build_cubes`); UserError where there are none.
    """
    steps: dict[tuple[int, str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    heads: dict[tuple[int, str, str], tuple[int, int, bool]] = {}
    for episode, market, variant, second, viewers, plays, duration, first, last in cube_steps(lake, series):
        if second < 0:
            heads[episode, market, variant] = (viewers, duration, first == last)
        else:
            steps[episode, market, variant][second] = (viewers, plays)
    several = {
        episode: {
            (c.episode, c.edition): c for c in _curves(lake, Scope(series, episode=episode, apart=True))
        }
        for episode in sorted({e for (e, _, _), (_, _, one) in heads.items() if not one})
    }
    found = []
    for (episode, market, variant), (starters, duration, one) in heads.items():
        mine, name = steps.get((episode, market, variant)), edition_name(market, variant)
        if mine and one:
            seen = views[name, episode]
            found.append(_of_steps(series, episode, name, mine, starters, seen, duration, 1))
        elif mine:
            found.append(several[episode][episode, name])
    return found


def audience_watch_ratio(
    asked: Asked, series: str, episode: int, edition: str | None = None, *, points: int = 100
) -> WatchRatio:
    """Plays of each hundredth of an episode over its views (media sessions that played a second).

    A hundredth's plays are the mean over its seconds (the second at its middle where it is shorter).
    The interval is the delta method over 256 random groups of viewers, Student's t.
    Source: YouTube Analytics API, metrics, audienceWatchRatio; random groups: Wolter 2007, chapter 2.
    """
    scope = Scope.of(series, edition, episode=episode)
    heads = rows(asked, "heads", scope)
    if not heads or not int(heads[0][4]):
        raise UserError(f"Nobody played episode {episode} of {edition or series}; import events.")
    seconds = max(1, seconds_in(int(heads[0][6])))
    group: dict[str, int] = {}
    views = np.zeros(_GROUPS)
    steps = np.zeros((_GROUPS, seconds + 1))
    for part, second, step in rows(asked, "watch_ratio", scope):
        i = group.setdefault(str(part), len(group))
        if second < 0:
            views[i] = int(step)
        else:
            steps[i, min(int(second), seconds)] += int(step)
    plays = np.cumsum(steps, axis=1)[:, :seconds]
    edges = [(k * seconds // points, (k + 1) * seconds // points) for k in range(points)]
    middle = [((2 * k + 1) * seconds) // (2 * points) for k in range(points)]
    binned = np.stack(
        [
            plays[:, a:b].mean(axis=1) if b > a else plays[:, m]
            for (a, b), m in zip(edges, middle, strict=True)
        ],
        axis=1,
    )
    total = views.sum()
    ratio = binned.sum(axis=0) / total
    # Groups that got nobody are drawn with nobody: they count.
    influence = (binned - ratio * views[:, None]) / (total / _GROUPS)
    half = t_quantile(0.975, _GROUPS - 1) * influence.std(axis=0, ddof=1) / np.sqrt(_GROUPS)
    return WatchRatio(
        episode=episode,
        edition=edition or "",
        position=[(k + 1) / points for k in range(points)],
        ratio=ratio.tolist(),
        low=np.maximum(0.0, ratio - half).tolist(),
        high=(ratio + half).tolist(),
        views=int(total),
    )


def _curves(asked: Asked, scope: Scope) -> list[Retention]:
    steps: dict[tuple[int, str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    for episode, market, variant, second, viewers, plays in rows(asked, "curves", scope):
        steps[int(episode), str(market), str(variant)][int(second)] = (int(viewers), int(plays))
    found = []
    for _, episode, market, variant, starters, views, duration, first, last in rows(asked, "heads", scope):
        mine = steps.get((int(episode), str(market), str(variant)))
        if mine:
            name, cuts = edition_name(str(market), str(variant)), 1 if first == last else 2
            found.append(
                _of_steps(
                    scope.series, int(episode), name, mine, int(starters), int(views), int(duration), cuts
                )
            )
    return found


def _of_steps(
    series: str,
    episode: int,
    edition: str,
    steps: Mapping[int, tuple[int, int]],
    starters: int,
    views: int,
    duration_ms: int,
    cuts: int,
) -> Retention:
    """The curve of steps by second: what each adds to the viewers and to the plays."""
    n = max(seconds_in(duration_ms), max(steps))
    viewers = steps_to_curve({s: v for s, (v, _) in steps.items()}, n)
    p, low, high = wilson(viewers, np.full(n, starters))
    return Retention(
        series=series,
        episode=episode,
        edition=edition,
        seconds=list(range(n)),
        viewers=viewers,
        plays=steps_to_curve({s: q for s, (_, q) in steps.items()}, n),
        starters=starters,
        views=views,
        share=p.tolist(),
        low=low.tolist(),
        high=high.tolist(),
        cuts=cuts,
    )
