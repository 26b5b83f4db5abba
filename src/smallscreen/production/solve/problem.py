"""What is to be scheduled, and what a schedule is.

Everything is a whole number: minutes, days counted from 0, money in 1/`scale` of the currency (so that half
of an odd rate stays exact). Indices refer to the tuples of the problem.

The rules are those of SHOOT.md beside the measuring instances, generalized:

* A day of a unit holds `day_minutes`, less `move_minutes` for every place after the first, less `turnaround`
  where the same unit used its night block on the day before. A day in `rested` loses nothing, as it comes after a
  day off.
* A night block of `night_minutes` is used when there are N scenes or the scenes overflow the day. N scenes fit
  in the block; D scenes, and scenes at places where one may not shoot at night, fit in `day_minutes` less the
  turnaround. Where `overtime_max` is above 0, that many minutes more may be worked at `overtime_rate` a minute.
* Actors and places are used inside their windows only; a minor works `most_minutes` a day; an actor works for
  one unit a day; a scene that follows others is not on an earlier day than they are.
* Cost: `day_rate` for each day from 0 to the last used one (a further unit: `unit_rate` for each day that it
  works), `night_rate` a night block, a place's rate for each unit and day that it is used, `move_rate` a move,
  an actor's rate for each day worked and `idle` for each idle day between the first and the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Time = Literal["D", "N", "A"]
Span = tuple[int, int]
"""First and last day, both included."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`place` and `cast` are indices; `after`: scenes of the same day or earlier; `locked`: the day it must be on."""

    id: str
    minutes: int
    place: int
    cast: tuple[int, ...] = ()
    time: Time = "A"
    first: int = 0
    last: int | None = None
    after: tuple[int, ...] = ()
    locked: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """`idle` is what an idle day between two worked ones costs; `windows` empty: always; `most_minutes` a day for minors."""

    name: str
    rate: int
    idle: int
    windows: tuple[Span, ...] = ()
    most_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A location; `windows` empty: always."""

    name: str
    rate: int
    windows: tuple[Span, ...] = ()
    night_ok: bool = True


@dataclass(frozen=True)
class Problem:
    """A shoot of at most `days` days by `units` units. Money in 1/`scale` of the currency."""

    scenes: tuple[Scene, ...]
    actors: tuple[Actor, ...]
    places: tuple[Place, ...]
    days: int
    name: str = ""
    units: int = 1
    day_minutes: int = 660
    night_minutes: int = 240
    turnaround: int = 120
    move_minutes: int = 45
    most_moves: int | None = None
    overtime_max: int = 0
    day_rate: int = 35_000
    unit_rate: int = 35_000
    night_rate: int = 6_000
    move_rate: int = 1_500
    overtime_rate: int = 0
    scale: int = 1
    rested: frozenset[int] = frozenset()

    @property
    def slots(self) -> int:
        """A slot is a day of a unit: day * units + unit."""
        return self.days * self.units

    @cached_property
    def rests(self) -> tuple[int, ...]:
        """The minutes that a night block on the day before takes off each day."""
        return tuple(0 if d in self.rested else self.turnaround for d in range(self.days))

    @cached_property
    def times(self) -> tuple[Time, ...]:
        """The time of every scene, where a place without nights makes a scene a day scene."""
        return tuple(
            "D" if s.time == "A" and not self.places[s.place].night_ok else s.time for s in self.scenes
        )

    @cached_property
    def open_days(self) -> tuple[tuple[int, ...], ...]:
        """The days on which each scene may be shot, by windows, release, deadline and lock alone."""
        free = [{d for d in range(self.days) if inside(d, a.windows)} for a in self.actors]
        there = [{d for d in range(self.days) if inside(d, p.windows)} for p in self.places]
        out = []
        for s in self.scenes:
            last = self.days - 1 if s.last is None else s.last
            days = there[s.place] & set(range(max(0, s.first), last + 1))
            for a in s.cast:
                days &= free[a]
            out.append(tuple(sorted(days if s.locked is None else days & {s.locked})))
        return tuple(out)

    def money(self, amount: int) -> int | float:
        """An amount in the currency: whole where it is."""
        return amount // self.scale if amount % self.scale == 0 else amount / self.scale


@dataclass(frozen=True, slots=True)
class Solution:
    """`slot` of every scene, the cost by part as the checker found it, and a proved lower bound (None: not sought).

    `seconds` of the clock. `stopped`: interrupted by hand, the best so far.
    """

    slot: tuple[int, ...]
    cost: dict[str, int] = field(default_factory=dict)
    bound: int | None = None
    seconds: float = 0.0
    stopped: bool = False

    @property
    def total(self) -> int:
        return sum(self.cost.values())

    @property
    def gap(self) -> float | None:
        """How far the total may lie above the cheapest plan, as a share of the total."""
        return (
            None
            if self.bound is None
            else max(0.0, (self.total - self.bound) / self.total)
            if self.total
            else 0.0
        )

    @property
    def proved(self) -> bool:
        return self.bound is not None and self.bound >= self.total


def inside(day: int, windows: Sequence[Span]) -> bool:
    """Whether a day lies in one of the windows; no windows: always."""
    return not windows or any(first <= day <= last for first, last in windows)
