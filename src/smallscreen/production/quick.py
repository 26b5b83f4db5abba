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
    for place in sorted(by_place, key=lambda p: -sum(length[s.id] for s in by_place[p])):
        for s in sorted(by_place[place], key=lambda s: (s.night, sorted(s.cast), -length[s.id])):
            at = next((d for d in reversed(days) if d.holds(s, length[s.id], rules)), None)
            if at is None:
                at = _Day(rules, after_night=bool(days) and days[-1].night > 0)
                days.append(at)
            at.take(s, length[s.id])
    shot = tuple(
        ShootDay(
            i, None, 1, tuple(s.id for s in d.scenes), tuple(d.places), len(d.places) - 1, d.day + d.night + rules.move_minutes * (len(d.places) - 1),
            d.night > 0, 0.0, Decimal(0),
        )
        for i, d in enumerate(days, 1)
    )  # fmt: skip
    plan = Plan(shot, {}, rules.currency)
    return replace(plan, cost=parts_of(scheduled(breakdown, plan, rules)))


class _Day:
    def __init__(self, rules: Rules, after_night: bool) -> None:
        self.room = rules.day_minutes - (rules.turnaround_minutes if after_night else 0)
        self.scenes: list[SceneSheet] = []
        self.places: list[str] = []
        self.day = self.night = 0

    def holds(self, s: SceneSheet, minutes: int, rules: Rules) -> bool:
        moves = len(self.places) - (s.place in self.places)
        if s.night:
            # A night here takes its turnaround off the next day, so a day that has none yet keeps none.
            return self.night > 0 and self.night + minutes <= rules.night_minutes
        return self.day + minutes + rules.move_minutes * moves <= self.room

    def take(self, s: SceneSheet, minutes: int) -> None:
        """A scene longer than a day still gets a day of its own."""
        self.scenes.append(s)
        if s.place not in self.places:
            self.places.append(s.place)
        if s.night:
            self.night += minutes
        else:
            self.day += minutes


def _minutes(s: SceneSheet, rules: Rules) -> int:
    return math.ceil(s.minutes if s.minutes > 0 else estimate.minutes(s, rules.estimate))
