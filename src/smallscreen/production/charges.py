"""What a plan consumes: every single charge, with the scenes that it is for.

A charge is one quantity at one rate: a crew's day, an actor's day, a prop. Its weights say which scenes share it
and by how much; `budget` adds charges up by account and by scene, so both sums are of the same things.

Days, nights, moves, places and idle days are counted as the solver's checker counts them (`solve.checker.cost`;
the rules of SHOOT.md): the crew from day 1 to the last day, a further unit on the days that it works, a place for
each unit and day, half a fee or what the rules say for an idle day between an actor's first and last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import cast

from smallscreen.errors import UserError
from smallscreen.production import estimate
from smallscreen.production.model import Breakdown, Element, Plan, Rate, Rules, SceneSheet, ShootDay
from smallscreen.production.rates import CATALOGUE, Asked, ProductionRates, Unit
from smallscreen.series.money import Money

PARTS = {
    "crew": 2100,
    "night": 2110,
    "overtime": 2120,
    "cast": 1400,
    "holding": 1410,
    "location": 2300,
    "moves": 2310,
}
"""The parts of a plan's cost and their accounts."""

OF_SERIES = ("script.item", "producer.item", "insurance.item", "office.item")
"""Rates that are paid once for the whole series."""


@dataclass(frozen=True, slots=True)
class Charge:
    """`quantity` `unit`s of something at `rate`.

    `weights` by scene; `of` says what the quantity was counted from; `part` is the part of the plan's cost, or "".
    """

    account: int
    name: str
    quantity: Decimal
    unit: Unit
    rate: Rate
    weights: Mapping[str, float]
    of: str = ""
    part: str = ""

    @property
    def amount(self) -> Decimal:
        """In whole cents, so that everything adds up."""
        return Money(self.quantity * self.rate.amount, self.rate.currency).rounded().amount


def charges(
    breakdown: Breakdown, plan: Plan, rules: Rules, rates: ProductionRates, of_series: bool = True
) -> list[Charge]:
    """Everything that the plan consumes; `of_series`: what is paid once for the whole series, too.

    UserError for a scene of the plan that the breakdown does not have."""
    return [
        *scheduled(breakdown, plan, rules, rates),
        *_beyond(_Shoot(breakdown, plan, rules), rates, of_series),
    ]


def scheduled(
    breakdown: Breakdown, plan: Plan, rules: Rules, rates: ProductionRates | None = None
) -> list[Charge]:
    """What the schedule itself costs: crew, nights, overtime, cast, holding, places and moves."""
    return list(_scheduled(_Shoot(breakdown, plan, rules), rules, rates))


def parts_of(found: Iterable[Charge]) -> dict[str, Decimal]:
    """The cost of a schedule by part, as `Plan.cost` has it."""
    parts = dict.fromkeys(PARTS, Decimal(0))
    for c in found:
        if c.part:
            parts[c.part] += c.amount
    return parts


class _Shoot:
    """A plan beside the scenes that it shoots."""

    def __init__(self, breakdown: Breakdown, plan: Plan, rules: Rules) -> None:
        # Minutes that nobody filled in are estimated, as the schedule does.
        by_id = {
            s.id: s if s.minutes > 0 else replace(s, minutes=estimate.minutes(s, rules.estimate))
            for s in breakdown.scenes
        }
        placed = [x for day in plan.days for x in day.scenes]
        for x in placed:
            if x not in by_id:
                raise UserError(f"The plan has scene {x}, which the breakdown does not have; schedule again.")
        if len(set(placed)) != len(placed):
            twice = next(x for x in placed if placed.count(x) > 1)
            raise UserError(f"The plan shoots scene {twice} twice; schedule again.")
        self.breakdown = breakdown
        self.days: list[ShootDay] = sorted(
            (d for d in plan.days if d.scenes), key=lambda d: (d.index, d.unit)
        )
        self.by_id = by_id
        self.scenes = [by_id[x] for x in placed]
        self.currency = plan.currency
        # Units count from 0 or 1, whoever made the plan: the first is the one with the smallest number.
        self.main = min((d.unit for d in self.days), default=0)

    def of(self, day: ShootDay) -> list[SceneSheet]:
        return [self.by_id[x] for x in day.scenes]

    def by_day(self) -> list[list[SceneSheet]]:
        """The scenes of each day, of all units."""
        return [
            [s for d in self.days if d.index == i for s in self.of(d)]
            for i in sorted({d.index for d in self.days})
        ]

    def last(self) -> int:
        return max((d.index for d in self.days), default=0)


def weights(scenes: Iterable[SceneSheet]) -> dict[str, float]:
    """Days are shared by the minutes that scenes take; where no minutes are known, evenly."""
    some = list(scenes)
    if not any(s.minutes > 0 for s in some):
        return {s.id: 1.0 for s in some}
    return {s.id: max(s.minutes, 0.0) for s in some}


def _scheduled(shoot: _Shoot, rules: Rules, rates: ProductionRates | None) -> Iterator[Charge]:
    def rate(key: str) -> Rate:
        return next((r for r in rules.rates if r.key == key), None) or Rate(key, rules.rate(key))

    b, one = shoot.breakdown, Decimal(1)
    crew = rate("crew.day") if shoot.days else None
    main = {d.index: d for d in shoot.days if d.unit == shoot.main}
    for index in range(1, shoot.last() + 1):
        assert crew is not None
        if index in main:
            yield Charge(
                2100, "Crew", one, "day", crew, weights(shoot.of(main[index])), "shooting days", "crew"
            )
        else:  # paid, as in the solver's rules, because the crew waits for the days after
            yield Charge(2100, "Crew", one, "day", crew, weights(shoot.scenes), "shooting days", "crew")
    for day in shoot.days:
        some = shoot.of(day)
        if day.unit != shoot.main:
            yield Charge(
                2100,
                "Crew of a further unit",
                one,
                "day",
                rate("crew.day"),
                weights(some),
                "days it works",
                "crew",
            )
        if day.night:
            dark = [s for s in some if s.night] or some
            yield Charge(2110, "Night blocks", one, "item", rate("night"), weights(dark), "nights", "night")
        if day.overtime_minutes > 0:
            hours = Decimal(str(day.overtime_minutes)) / 60
            yield Charge(
                2120, "Overtime", hours, "hour", rate("overtime.hour"), weights(some), "hours", "overtime"
            )
        places = dict.fromkeys(s.place for s in some)
        # Coming back to a place is a move, too.
        moves = Decimal(sum(a.place != b.place for a, b in pairwise(some)))
        if moves:
            yield Charge(2310, "Company moves", moves, "item", rate("move"), weights(some), "moves", "moves")
        for name in places:
            there = weights(s for s in some if s.place == name)
            yield Charge(
                2300,
                name or "No place",
                one,
                "day",
                _place_rate(b, name, rate, rates),
                there,
                "days of use",
                "location",
            )
    worked: dict[str, dict[int, list[SceneSheet]]] = defaultdict(lambda: defaultdict(list))
    for day in shoot.days:
        for s in shoot.of(day):
            for name in s.cast:
                worked[name][day.index].append(s)
    for name, days in worked.items():
        fee = _fee(b, name, rate, rates)
        for some in days.values():
            yield Charge(1400, name, one, "day", fee, weights(some), "days worked", "cast")
        idle = max(days) - min(days) + 1 - len(days)
        if idle:
            all_of = weights(s for some in days.values() for s in some)
            share = rules.holding_share
            held = replace(
                fee, key="holding", amount=fee.amount * share, source=f"{share} of: {fee.source or fee.key}"
            )
            yield Charge(1410, name, Decimal(idle), "day", held, all_of, "idle days held", "holding")


def _fee(b: Breakdown, name: str, rate: Callable[[str], Rate], rates: ProductionRates | None) -> Rate:
    member = next((c for c in b.cast if c.name == name), None)
    if member is None or member.rate is None:
        return rate("cast.day")
    said = rates.cast.get(name) if rates else None
    if said is not None and said.amount == member.rate:
        return said
    return Rate("cast.day", member.rate, source="the breakdown")


def _place_rate(b: Breakdown, name: str, rate: Callable[[str], Rate], rates: ProductionRates | None) -> Rate:
    place = next((x for x in b.locations if x.name == name), None)
    if place is None or place.rate is None:
        return rate("location.day")
    said = rates.locations.get(name) if rates else None
    if said is not None and said.amount == place.rate:
        return said
    return Rate("location.day", place.rate, source="the breakdown")


def _beyond(shoot: _Shoot, rates: ProductionRates, of_series: bool) -> Iterator[Charge]:
    """What is not in the schedule's cost, as far as there are rates for it."""

    def charge(key: str, quantity: int, some: Sequence[SceneSheet], of: str) -> Iterator[Charge]:
        if key in rates.rates and some and quantity:
            a = CATALOGUE[key]
            yield Charge(a.account, a.name, Decimal(quantity), a.unit, rates.rates[key], weights(some), of)

    for key in OF_SERIES if of_series else ():
        yield from charge(key, 1, shoot.scenes, "the series")
    for day in shoot.days:
        some = shoot.of(day)
        for key in ("director.day", "equipment.day", "travel.day"):
            yield from charge(key, 1, some, "days of a unit")
        yield from charge("meals.day", rates.crew_people or 0, some, "people and days")
    for today in shoot.by_day():
        for name in sorted({n for s in today for n in s.cast}):
            yield from charge("meals.day", 1, [s for s in today if name in s.cast], "people and days")
    for e, some in _elements(shoot.scenes):
        yield from _element(e, some, shoot, rates)
        if e.kind == "extra":
            for today in _on_days(some, shoot):
                yield from charge("meals.day", _most(today, e), today, "people and days")
        if e.kind == "effect":
            for s in some:
                yield from charge("vfx.scene", 1, [s], "effects in scenes")
    episodes: dict[int, list[SceneSheet]] = defaultdict(list)
    for s in shoot.scenes:
        episodes[s.episode].append(s)
    for some in episodes.values():
        for key in ("post.item", "sound.item"):
            yield from charge(key, 1, some, "episodes")


_WAYS: dict[str, Asked] = {
    kind: a
    for a in CATALOGUE.values()
    for kind in ("prop", "costume", "makeup", "extra", "vehicle", "animal", "effect")
    if a.key.partition(".")[0] == kind
}
_OTHER = 2590


def _element(e: Element, some: list[SceneSheet], shoot: _Shoot, rates: ProductionRates) -> Iterator[Charge]:
    """An element at its own rate, else at the rate of its kind: once, by day or by scene as the rate is."""
    way = _WAYS.get(e.kind)
    own = rates.elements.get((e.kind, e.name.casefold()))
    rate = own or (rates.rates.get(way.key) if way else None)
    if rate is None:
        return
    unit = cast(Unit, own.key.partition(".")[2]) if own else way.unit if way else "item"
    groups = [some] if unit == "item" else _on_days(some, shoot) if unit == "day" else [[s] for s in some]
    for group in groups:
        quantity = Decimal(1 if unit == "scene" else _most(group, e))
        account, name = (way.account, way.name) if way else (_OTHER, e.kind)
        of = {"item": f"{e.kind}s", "day": f"{e.kind}s and days", "scene": f"{e.kind} in scenes"}[unit]
        yield Charge(account, e.name if own else name, quantity, unit, rate, weights(group), of)


def _elements(scenes: Sequence[SceneSheet]) -> Iterator[tuple[Element, list[SceneSheet]]]:
    """Each thing once, with the scenes that need it, in the order in which it comes up; parts are charged as cast."""
    first: dict[tuple[str, str], Element] = {}
    where: dict[tuple[str, str], dict[str, SceneSheet]] = defaultdict(dict)
    for s in scenes:
        for e in s.elements:
            if e.kind != "cast":
                key = (e.kind, e.name.casefold())
                first.setdefault(key, e)
                where[key][s.id] = s
    for thing, e in first.items():
        yield e, list(where[thing].values())


def _on_days(some: Sequence[SceneSheet], shoot: _Shoot) -> list[list[SceneSheet]]:
    ids = {s.id for s in some}
    groups = [[s for s in today if s.id in ids] for today in shoot.by_day()]
    return [g for g in groups if g]


def _most(some: Sequence[SceneSheet], e: Element) -> int:
    """How many are there at once."""
    same = (
        x for s in some for x in s.elements if x.kind == e.kind and x.name.casefold() == e.name.casefold()
    )
    return max((max(x.count, 1) for x in same), default=0)
