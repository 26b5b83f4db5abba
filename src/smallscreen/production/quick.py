"""A plan at once, by filling days place by place: for estimates over many shoots, never for shooting by.

It keeps the length of days and nights, moves and the turnaround, and nothing else: no windows, no order between
scenes, no most of moves. Where the real solver is at hand, give that; both are a `Solve`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from smallscreen.production import estimate
from smallscreen.production.charges import parts_of, scheduled
from smallscreen.production.model import Breakdown, Plan, Rules, SceneSheet, ShootDay

Solve = Callable[[Breakdown, Rules, Plan | None], Plan]
"""A solver as budgets see it: what to shoot, the rules, and the plan that stands now, if any."""


def quick_plan(breakdown: Breakdown, rules: Rules, before: Plan | None = None) -> Plan:
    """A plan of one unit. It has no bound, and its days no cost of their own; `Plan.cost` is exact."""
    by_place: dict[str, list[SceneSheet]] = defaultdict(list)
    for s in breakdown.scenes:
        by_place[s.place].append(s)
    length = {s.id: _minutes(s, rules) for s in breakdown.scenes}
    days: list[_Day] = []
    # Large places first, so that small ones fill the ends of days; who plays together is shot together.
    places = sorted(by_place, key=lambda p: -sum(length[s.id] for s in by_place[p]))
    for night in (False, True):
        for place in places:
            some = [s for s in by_place[place] if s.night == night]
            for s in sorted(some, key=lambda s: (sorted(s.cast), -length[s.id])):
                _place(days, s, length, rules)
    shot = []
    for i, d in enumerate(days, 1):
        stops = d.stops()
        minutes = d.day + d.night + rules.move_minutes * (len(stops) - 1)
        ids, at = tuple(s.id for s in d.order()), tuple(dict.fromkeys(stops))
        shot.append(ShootDay(i, None, 1, ids, at, len(stops) - 1, minutes, d.night > 0, 0.0, Decimal(0)))
    plan = Plan(tuple(shot), {}, rules.currency)
    return replace(plan, cost=parts_of(scheduled(breakdown, plan, rules)))


class _Day:
    """Day scenes by place, then the night; the first place of the night is the last of the day."""

    def __init__(self) -> None:
        self.light: dict[str, list[SceneSheet]] = {}
        self.dark: dict[str, list[SceneSheet]] = {}
        self.day = self.night = 0
        self.late = 0
        """Minutes that the night before takes off this day."""

    def take(self, s: SceneSheet, minutes: int) -> None:
        (self.dark if s.night else self.light).setdefault(s.place, []).append(s)
        if s.night:
            self.night += minutes
        else:
            self.day += minutes

    def stops(self, more: SceneSheet | None = None) -> list[str]:
        """The places in their order, with another scene if there is one."""
        dark = list(dict.fromkeys([*self.dark, *([more.place] if more and more.night else [])]))
        light = dict.fromkeys([*self.light, *([more.place] if more and not more.night else [])])
        first = dark[:1]
        return [*(p for p in light if p not in first), *dark]

    def order(self) -> list[SceneSheet]:
        first = next(iter(self.dark), None)
        light = sorted(self.light, key=lambda p: p == first)
        return [*(s for p in light for s in self.light[p]), *(s for some in self.dark.values() for s in some)]

    def fits(self, s: SceneSheet, minutes: int, rules: Rules, late: int) -> bool:
        """Whether the day holds it, too, with `late` minutes taken off. Moves are made by day."""
        if s.night and self.night + minutes > rules.night_minutes:
            return False
        day = self.day + (0 if s.night else minutes)
        return day + rules.move_minutes * (len(self.stops(s)) - 1) <= rules.day_minutes - late


def _place(days: list[_Day], s: SceneSheet, length: dict[str, int], rules: Rules) -> None:
    """On the last day that holds it, at its own place first; else on a day more, however long it is."""
    minutes, turn = length[s.id], rules.turnaround_minutes
    there = [i for i, d in enumerate(days) if s.place in d.light or s.place in d.dark]
    for i in [*reversed(there), *(i for i in reversed(range(len(days))) if i not in there)]:
        d, after = days[i], days[i + 1] if i + 1 < len(days) else None
        if not d.fits(s, minutes, rules, d.late):
            continue
        if s.night and not d.night and after is not None:
            # The night takes its turnaround off the day after, which must have that to give.
            if after.day + rules.move_minutes * (len(after.stops()) - 1) > rules.day_minutes - turn:
                continue
            after.late = turn
        d.take(s, minutes)
        return
    days.append(_Day())
    if len(days) > 1 and days[-2].night:
        days[-1].late = turn
    days[-1].take(s, minutes)


def _minutes(s: SceneSheet, rules: Rules) -> int:
    return math.ceil(s.minutes if s.minutes > 0 else estimate.minutes(s, rules.estimate))
