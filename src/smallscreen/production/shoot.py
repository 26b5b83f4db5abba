"""The shoot of a series as the solver's problem: dates to numbered days, windows to spans, money to whole numbers.

    shoot = shoot_of(breakdown, rules)
    shoot.problem                      # solve.problem.Problem
    shoot.dates[0]                     # the date of day 1, None where the rules have no start

Days are shooting days: days off have no number, are not paid, and nobody is held over them. That is the custom of
a short shoot; a contract that pays for days off wants them out of `days_off` and the windows closed instead.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from smallscreen.errors import UserError
from smallscreen.production import estimate
from smallscreen.production.model import Breakdown, CastMember, Location, Rules, SceneSheet, Window
from smallscreen.production.solve.problem import Actor, Place, Problem, Scene, Span, Time

MOST_DAYS = 400
_NEVER: tuple[Span, ...] = ((-1, -1),)
"""The window of somebody who is free on no day; no windows at all would mean always."""
_SHOWN = 8
_DAYLIGHT = ("day", "dusk", "dawn")


@dataclass(frozen=True)
class Shoot:
    """A breakdown and its rules beside the problem that they make; scenes stand in the same order in both."""

    problem: Problem
    dates: tuple[Day | None, ...]
    breakdown: Breakdown
    rules: Rules

    def money(self, amount: int) -> Decimal:
        """An amount of the problem in the rules' currency, to the cent."""
        return (Decimal(amount) / self.problem.scale).quantize(Decimal("0.01"))


def shoot_of(made: Breakdown, rules: Rules, more_days: int = 0) -> Shoot:
    """The problem of a breakdown. `more_days` beyond the rules', to ask what would do if there were more.

    Raises UserError for what no plan can be made of: scenes without a location, twice the same scene, rates below
    zero or in several currencies, dates without a start, scenes that follow each other in a ring.
    """
    _check(made, rules)
    days = rules.max_days + more_days
    dates = calendar(rules, days)
    cast = {c.name: c for c in made.cast}
    names = list(dict.fromkeys([*cast, *(n for s in made.scenes for n in s.cast)]))
    places = {x.name: x for x in made.locations}
    rooms = list(dict.fromkeys([*places, *(s.place for s in made.scenes)]))
    members = [cast.get(n) or CastMember(n, 0) for n in names]
    there = [places.get(n) or Location(n) for n in rooms]
    fees = [Fraction(m.rate if m.rate is not None else rules.rate("cast.day")) for m in members]
    rents = [Fraction(x.rate if x.rate is not None else rules.rate("location.day")) for x in there]
    share = Fraction(rules.holding_share)
    crew, night, move = (Fraction(rules.rate(k)) for k in ("crew.day", "night", "move"))
    overtime = Fraction(rules.rate("overtime.hour")) / 60 if rules.overtime_minutes else Fraction(0)
    every = [*fees, *(f * share for f in fees), *rents, crew, night, move, overtime]
    scale = math.lcm(*(x.denominator for x in every))
    index = {s.id: i for i, s in enumerate(made.scenes)}
    who = {n: i for i, n in enumerate(names)}
    where = {n: i for i, n in enumerate(rooms)}
    return Shoot(
        Problem(
            scenes=tuple(
                Scene(
                    s.id,
                    minutes_of(s, rules),
                    where[s.place],
                    tuple(dict.fromkeys(who[n] for n in s.cast)),
                    time_of(s),
                    after=tuple(index[x] for x in s.after),
                    locked=None if s.locked_day is None else s.locked_day - 1,
                )
                for s in made.scenes
            ),
            actors=tuple(
                Actor(
                    m.name,
                    int(fee * scale),
                    int(fee * share * scale),
                    spans(m.windows, dates, m.name),
                    rules.minor_minutes if m.minor else None,
                )
                for m, fee in zip(members, fees, strict=True)
            ),
            places=tuple(
                Place(x.name, int(rent * scale), spans(x.windows, dates, x.name), x.night_ok)
                for x, rent in zip(there, rents, strict=True)
            ),
            days=days,
            units=rules.units,
            day_minutes=rules.day_minutes,
            night_minutes=rules.night_minutes,
            turnaround=rules.turnaround_minutes,
            rested=_rested(dates),
            # One figure for all moves: the longest, so that no plan is late.
            move_minutes=max(rules.move_minutes, *(x.move_minutes or 0 for x in there)),
            most_moves=rules.moves_a_day,
            overtime_max=rules.overtime_minutes,
            day_rate=int(crew * scale),
            unit_rate=int(crew * scale),
            night_rate=int(night * scale),
            move_rate=int(move * scale),
            overtime_rate=int(overtime * scale),
            scale=scale,
        ),
        dates,
        made,
        rules,
    )


def time_of(scene: SceneSheet) -> Time:
    """When it can be shot: N in the dark, D by daylight, A at any hour (inside, where windows can be covered)."""
    if scene.night:
        return "N"
    return "D" if scene.interior is not True and scene.time in _DAYLIGHT else "A"


def minutes_of(scene: SceneSheet, rules: Rules) -> int:
    """Its shooting minutes, rounded up; estimated where the breakdown has none."""
    return math.ceil(scene.minutes if scene.minutes > 0 else estimate.minutes(scene, rules.estimate))


def calendar(rules: Rules, days: int) -> tuple[Day | None, ...]:
    """The dates of the shooting days 1 to `days`, days off left out; None where the rules have no start."""
    if rules.start is None:
        return (None,) * days
    if len(set(rules.weekdays_off) & set(range(7))) == 7:
        raise UserError("The rules take every weekday off; leave at least one day of the week to shoot on.")
    out: list[Day | None] = []
    at = rules.start
    off = set(rules.days_off)
    while len(out) < days:
        if at not in off and at.weekday() not in rules.weekdays_off:
            out.append(at)
        at += timedelta(days=1)
    return tuple(out)


def spans(windows: tuple[Window, ...], dates: tuple[Day | None, ...], whose: str) -> tuple[Span, ...]:
    """Windows of dates as spans of day numbers counted from 0; () where there are no windows, so always.

    UserError where there are windows and the rules have no start.
    """
    if not windows:
        return ()
    if not dates or dates[0] is None:
        raise UserError(
            f"{whose} is free on certain dates only, but the shoot has no date to start on; "
            "give one with smallscreen plan make DIR --start 2027-03-01."
        )
    out = []
    for first, last in windows:
        inside = [i for i, d in enumerate(dates) if d is not None and first <= d <= last]
        if inside:
            out.append((inside[0], inside[-1]))
    return tuple(sorted(out)) or _NEVER


# --- within ----------------------------------------------------------------------------------


def _check(made: Breakdown, rules: Rules) -> None:
    if not made.scenes:
        raise UserError(
            "The breakdown has no scene; put a script into the folder of the series, or fill in the sheet."
        )
    if not 1 <= rules.max_days <= MOST_DAYS:
        raise UserError(
            f"The rules give the shoot {rules.max_days} days; give max_days from 1 to {MOST_DAYS}."
        )
    twice = [x for x, n in Counter(s.id for s in made.scenes).items() if n > 1]
    if twice:
        raise UserError(
            f"The breakdown has {_some(twice)} more than once; give every scene an id of its own."
        )
    nowhere = [s.id for s in made.scenes if not s.place.strip()]
    if nowhere:
        raise UserError(
            f"{_some(nowhere, 'Scene')} {'have' if len(nowhere) > 1 else 'has'} no location; "
            "name one in the column Location of the breakdown's sheet."
        )
    ids = {s.id for s in made.scenes}
    for s in made.scenes:
        for x in s.after:
            if x not in ids:
                raise UserError(
                    f"Scene {s.id} must follow scene {x}, which the breakdown does not have; correct it there."
                )
        if s.locked_day is not None and s.locked_day < 1:
            raise UserError(f"Scene {s.id} is locked to day {s.locked_day}; days count from 1.")
    ring = _ring({s.id: s.after for s in made.scenes})
    if ring:
        raise UserError(
            f"Scenes {', '.join(ring)} follow each other in a ring, so none can be first; take one of these out."
        )
    named = [(f"The rate {r.key}", r.amount) for r in rules.rates]
    named += [(f"The rate of {c.name}", c.rate) for c in made.cast if c.rate is not None]
    named += [(f"The rate of {x.name}", x.rate) for x in made.locations if x.rate is not None]
    for name, amount in named:
        if not amount.is_finite() or amount < 0:
            raise UserError(f"{name} is {amount}; a rate is 0 or more.")
    for r in rules.rates:
        if r.currency != rules.currency:
            raise UserError(
                f"The rate {r.key} is in {r.currency}, the rules are in {rules.currency}; give all rates in one currency."
            )


def _rested(dates: tuple[Day | None, ...]) -> frozenset[int]:
    """Days (from 0) with a day off right before them: whoever shot into the night has slept."""
    pairs = enumerate(pairwise(dates), 1)
    return frozenset(i for i, (a, b) in pairs if a is not None and b is not None and (b - a).days > 1)


def _ring(after: dict[str, tuple[str, ...]]) -> list[str]:
    """Scenes that follow each other in a ring, [] where there is none. Takes away what nothing open precedes."""
    left = {x: set(before) for x, before in after.items()}
    while True:
        free = [x for x, before in left.items() if not before & left.keys()]
        if not free:
            break
        for x in free:
            del left[x]
    if not left:
        return []
    at, path = next(iter(left)), []
    while at not in path:
        path.append(at)
        at = next(x for x in after[at] if x in left)
    return path[path.index(at) :]


def _some(ids: list[str], word: str = "scene") -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"{word}{'s' if len(ids) > 1 else ''} {', '.join(ids[:_SHOWN])}{more}"
