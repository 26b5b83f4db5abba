"""Survival over episodes: one bit an episode and viewer, Kaplan-Meier, censored by time.

**Who had the time.** A viewer had the time to go on from an episode when, at the end of the data
(`as_of`), the patience window (7 days unless stated) had passed since they first started it and since the
next episode was first played by anybody. Only these are at risk there; all others are censored on
arrival, whether or not they went on already, because counting only the quick ones would make the
edition look better than it is. Of those at risk, who has no later episode left there, unless they still
played something within the window: they are censored, too. A skipped episode counts as passed.
Who began later than episode 1 is at risk from where they began (delayed entry).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from smallscreen.audience.measures import intervals
from smallscreen.audience.measures.model import Survival
from smallscreen.audience.measures.queries import (
    BITS,
    Asked,
    Scope,
    edition_name,
    moment,
    rows,
    words_of_bits,
)
from smallscreen.audience.stats.survival import Band, kaplan_meier
from smallscreen.errors import UserError

PATIENCE_DAYS = 7
FREE_BEFORE = 3
"""How many episodes' ends before the paywall say what the story alone would lose there."""
Key = tuple[str, str]


class Pattern(NamedTuple):
    """Viewers with the same episodes: `every` and those started by the cutoff as bits (bit 0: episode 1)."""

    every: int
    early: int
    around: bool
    viewers: int


def survival(
    asked: Asked,
    series: str,
    edition: str | None = None,
    as_of: datetime | None = None,
    *,
    patience_days: int = PATIENCE_DAYS,
    band: Band = "log-log",
) -> Survival:
    """Survival of one edition, or of the series over all editions. UserError where there are no events."""
    found = _survivals(asked, Scope.of(series, edition), as_of, patience_days, band)
    if not found:
        raise UserError(f"Nobody played {edition or series} yet; import events.")
    return found[0]


def survivals(
    asked: Asked, series: str, as_of: datetime | None = None, *, patience_days: int = PATIENCE_DAYS
) -> list[Survival]:
    """Survival of every edition, in one pass."""
    return _survivals(asked, Scope(series, apart=True), as_of, patience_days, "log-log")


def _survivals(
    asked: Asked, scope: Scope, as_of: datetime | None, patience: int, band: Band
) -> list[Survival]:
    if patience < 0:
        raise UserError("The patience window is less than 0 days; give 0 or more.")
    until = _plain(as_of) if as_of else None
    if until:
        scope = replace(scope, before=until + timedelta(microseconds=1))
    released: dict[Key, dict[int, datetime]] = defaultdict(dict)
    last: list[datetime] = []
    for market, variant, episode, first_at, last_at in rows(asked, "released", scope):
        released[str(market), str(variant)][int(episode)] = _plain(first_at)
        last.append(_plain(last_at))
    if not last:
        return []
    until = until or max(last)
    cutoff = until - timedelta(days=patience)
    filled, names = words_of_bits(max(max(r) for r in released.values()))
    words = len(names) // 2
    patterns: dict[Key, list[Pattern]] = defaultdict(list)
    found = rows(asked, "survival", scope, **filled, cutoff=moment(cutoff))
    for row in found:
        pattern = Pattern(
            _joined(row[3 : 3 + words]), _joined(row[3 + words : -1]), bool(row[2]), int(row[-1])
        )
        patterns[str(row[0]), str(row[1])].append(pattern)
    locked, passed = _first_locked(asked, scope), _passed(asked, scope)
    whole = min(locked.values(), default=None)
    return [
        replace(
            _with_paywall(
                _kaplan_meier(
                    edition_name(*key), patterns[key], released[key], until, cutoff, patience, band
                ),
                locked.get(key) if scope.apart or scope.variant else whole,
            ),
            passed_by=passed.get(key, {}),
        )
        for key in sorted(patterns)
    ]


def _first_locked(asked: Asked, scope: Scope) -> dict[Key, int]:
    """The first episode of each edition that was not free, from the unlock rows."""
    bare = replace(scope, episode=None, asset=None, since=None, before=None)
    return {(str(m), str(v)): int(e) for m, v, e, _ in rows(asked, "locked", bare)}


def _passed(asked: Asked, scope: Scope) -> dict[Key, dict[str, int]]:
    """Viewers of each edition who opened its first locked episode by the end of the data, by kind of unlock."""
    bare = replace(scope, episode=None, asset=None, since=None)
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    for market, variant, kind, viewers in rows(asked, "passed", bare, where=bare.where('"at"')):
        found[str(market), str(variant)][str(kind)] = int(viewers)
    return found


def _kaplan_meier(
    edition: str,
    patterns: list[Pattern],
    released: dict[int, datetime],
    until: datetime,
    cutoff: datetime,
    patience: int,
    band: Band,
) -> Survival:
    first, final = min(released), max(released)
    size = final - first + 1
    at_risk, events = np.zeros(size + 1, int), np.zeros(size + 1, int)
    reached = np.zeros(size + 1, int)
    # Released: somebody played it, or a later one, by the cutoff.
    out_by = max((e for e, at in released.items() if at <= cutoff), default=0)
    late = skipped = 0
    for p in patterns:
        low, high = _ends(p.every)
        reached[low - first] += p.viewers
        reached[high - first + 1] -= p.viewers
        late += p.viewers * (low > first)
        skipped += p.viewers * (p.every != (1 << high) - (1 << (low - 1)))
        if not p.early:
            continue
        entered, here = _ends(p.early)
        undecided = here < final and (here >= out_by or (high <= here and p.around))
        at_risk[entered - first] += p.viewers
        at_risk[here - first + (0 if undecided else 1)] -= p.viewers
        if here < final and not undecided and high <= here:
            events[here - first] += p.viewers
    at_risk, reached = np.cumsum(at_risk)[:size], np.cumsum(reached)[:size]
    # Beyond an episode's end that nobody had the time to pass, nothing is known.
    unknown = np.flatnonzero(at_risk[:-1] == 0)
    size = int(unknown[0]) + 1 if unknown.size else size
    at_risk, reached, events = at_risk[:size], reached[:size], events[:size]
    km = kaplan_meier(events[: size - 1], at_risk[: size - 1], band=band)
    return Survival(
        edition=edition,
        as_of=until.isoformat(),
        patience_days=patience,
        viewers=sum(p.viewers for p in patterns),
        episodes=list(range(first, first + size)),
        at_risk=at_risk.tolist(),
        events=events.tolist(),
        censored=(reached - at_risk).tolist(),
        survival=[1.0, *km.survival.tolist()],
        low=[1.0, *km.low.tolist()],
        high=[1.0, *km.high.tolist()],
        hazard=[
            *(
                intervals.share(int(d), int(n), "hazard")
                for d, n in zip(events[:-1], at_risk[:-1], strict=True)
            ),
            None,
        ],
        band=band,
        skipped=skipped,
        late=late,
    )


def _with_paywall(s: Survival, locked: int | None) -> Survival:
    """Tell the end before the first locked episode apart from the ends before it and after it.

    What the story alone would lose there is not seen; the last `FREE_BEFORE` free ends stand for it.
    """
    if locked is None:
        return s
    ends = s.episodes[:-1]
    if locked - 1 not in ends:
        return replace(s, first_locked=locked)
    at = ends.index(locked - 1)
    wall = (s.events[at], s.at_risk[at])
    before = slice(max(0, at - FREE_BEFORE), at)
    story = (sum(s.events[before]), sum(s.at_risk[before]))
    rest = slice(at + 1, len(ends))
    after = (sum(s.events[rest]), sum(s.at_risk[rest]))
    return replace(
        s,
        first_locked=locked,
        paywall_hazard=intervals.share(*wall, "hazard"),
        story_hazard=intervals.share(*story, "hazard") if story[1] else None,
        after_hazard=intervals.share(*after, "hazard") if after[1] else None,
        paywall_excess=intervals.difference(*wall, *story, "hazard") if story[1] else None,
    )


def _joined(words: tuple[int, ...]) -> int:
    return sum(int(w) << (BITS * i) for i, w in enumerate(words))


def _ends(bits: int) -> tuple[int, int]:
    """The lowest and the highest episode of a set of bits; bit 0 is episode 1."""
    return (bits & -bits).bit_length(), bits.bit_length()


def _plain(at: datetime) -> datetime:
    """A moment in UTC without a zone, as the lake has it."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
