"""Checks a plan against the breakdown and the rules of the shoot, by dates, names and decimals.

    broken = faults(plan, breakdown, rules)     # [] when the plan keeps every rule
    parts = cost(plan, breakdown, rules)        # crew, cast, holding, location, moves, night, overtime

Nothing of the solver and of what makes its problem is used here: this reads the series' own documents, so that a
mistake in the translation shows, too. Every plan comes through here before it is stored. Days count from 1.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from smallscreen.production.estimate import minutes as estimated
from smallscreen.production.model import Breakdown, Location, Plan, Rules, SceneSheet, ShootDay, Window

PARTS = ("crew", "cast", "holding", "location", "moves", "night", "overtime")
_CENT = Decimal("0.01")


class PlanBroken(Exception):
    """A plan was made that breaks a rule; our mistake, never the user's."""


def check(plan: Plan, made: Breakdown, rules: Rules) -> Plan:
    """The same plan. Raises PlanBroken with the first faults where there are any."""
    broken = faults(plan, made, rules)
    if broken:
        raise PlanBroken("; ".join(broken[:3]))
    return plan


def faults(plan: Plan, made: Breakdown, rules: Rules) -> list[str]:
    """Every broken rule and every wrong figure, as sentences."""
    by = {s.id: s for s in made.scenes}
    out = _complete(plan, by)
    if out:
        return out
    out += _days(plan, by, made, rules)
    out += _people(plan, by, made, rules)
    out += _order(plan, by)
    if not out:
        parts = cost(plan, made, rules)
        for part in PARTS:
            if plan.cost.get(part, Decimal(0)) != parts[part]:
                out.append(f"the plan says {plan.cost.get(part)} for {part}, it comes to {parts[part]}")
        if plan.bound is not None and plan.bound > plan.total:
            out.append(f"the plan's bound {plan.bound} lies above its total {plan.total}")
    return out


def cost(plan: Plan, made: Breakdown, rules: Rules) -> dict[str, Decimal]:
    """What the plan costs by part, in the rules' currency, each part rounded to the cent."""
    by = {s.id: s for s in made.scenes}
    rents = {x.name: x.rate for x in made.locations}
    fees = {c.name: c.rate for c in made.cast}
    parts = dict.fromkeys(PARTS, Decimal(0))
    if plan.days:
        units = sum(d.unit > 1 for d in plan.days)
        parts["crew"] = rules.rate("crew.day") * (max(d.index for d in plan.days) + units)
    worked: dict[str, set[int]] = defaultdict(set)
    uses = _uses(plan, by, made, rules)
    for day in plan.days:
        scenes = [by[x] for x in day.scenes]
        places = {s.place for s in scenes}
        for place in places:
            rent = rents.get(place)
            parts["location"] += rules.rate("location.day") if rent is None else rent
        parts["moves"] += rules.rate("move") * (len(_visits(scenes)) - 1)
        use = uses[day.index, day.unit]
        parts["night"] += rules.rate("night") * use.night
        if use.overtime:
            parts["overtime"] += rules.rate("overtime.hour") * Decimal(use.overtime) / 60
        for s in scenes:
            for name in s.cast:
                worked[name].add(day.index)
    for name, days in worked.items():
        fee = fees.get(name)
        fee = rules.rate("cast.day") if fee is None else fee
        parts["cast"] += fee * len(days)
        parts["holding"] += fee * rules.holding_share * (max(days) - min(days) + 1 - len(days))
    return {k: v.quantize(_CENT, ROUND_HALF_EVEN) for k, v in parts.items()}


# --- within ----------------------------------------------------------------------------------


def _complete(plan: Plan, by: dict[str, SceneSheet]) -> list[str]:
    shot = Counter(x for d in plan.days for x in d.scenes)
    out = [f"scene {x} is not in the breakdown" for x in shot if x not in by]
    out += [f"scene {x} is not in the plan" for x in by if x not in shot]
    out += [f"scene {x} is {n} times in the plan" for x, n in shot.items() if n > 1]
    slots = Counter((d.index, d.unit) for d in plan.days)
    return out + [f"day {d}, unit {u} is {n} times in the plan" for (d, u), n in slots.items() if n > 1]


def _days(plan: Plan, by: dict[str, SceneSheet], made: Breakdown, rules: Rules) -> list[str]:
    """Dates, lengths, moves, nights and locations of every day."""
    out: list[str] = []
    places = {x.name: x for x in made.locations}
    uses = _uses(plan, by, made, rules)
    for day in plan.days:
        where = f"day {day.index}" if rules.units == 1 else f"day {day.index}, unit {day.unit}"
        scenes = [by[x] for x in day.scenes]
        if not scenes:
            out.append(f"{where} has no scene")
        if not 1 <= day.index <= rules.max_days or not 1 <= day.unit <= rules.units:
            out.append(f"{where} lies outside the {rules.max_days} days of {rules.units} units")
        if not _date_fits(day, rules):
            out.append(f"{where} has the date {day.date}, which is not its date by the calendar")
        stops = _visits(scenes)
        if day.locations != tuple(dict.fromkeys(stops)) or day.moves != len(stops) - 1:
            out.append(f"{where} names its locations or moves wrongly")
        if rules.moves_a_day is not None and len(stops) - 1 > rules.moves_a_day:
            out.append(f"{where} has {len(stops) - 1} company moves, at most {rules.moves_a_day} are allowed")
        held, night, over, late = uses[day.index, day.unit]
        if (day.minutes, day.night, day.overtime_minutes) != (held, night, over):
            out.append(
                f"{where} says {day.minutes} minutes, night {day.night}, overtime {day.overtime_minutes}"
            )
        if over > rules.overtime_minutes:
            out.append(f"{where} has {held} minutes, {over} more than it holds")
        dark = sum(_minutes(s, rules) for s in scenes if _is_night(s))
        light = sum(_minutes(s, rules) for s in scenes if _needs_day(s, places))
        if dark > rules.night_minutes:
            out.append(f"{where} has {dark} minutes of night scenes in a block of {rules.night_minutes}")
        if light > rules.day_minutes - late:
            out.append(f"{where} has {light} minutes of day scenes, more than its daylight")
        kinds = [_is_night(s) for s in scenes]
        if kinds != sorted(kinds):
            out.append(f"{where} shoots a night scene before a day scene")
        for s in scenes:
            place = places.get(s.place)
            if place and not _free(place.windows, day):
                out.append(f"{s.place} is not free on {where} (scene {s.id})")
            if place and _is_night(s) and not place.night_ok:
                out.append(f"scene {s.id} is a night scene at {s.place}, where nights are not allowed")
            if s.locked_day is not None and s.locked_day != day.index:
                out.append(f"scene {s.id} is locked to day {s.locked_day}, not {day.index}")
    return out


def _people(plan: Plan, by: dict[str, SceneSheet], made: Breakdown, rules: Rules) -> list[str]:
    out: list[str] = []
    members = {c.name: c for c in made.cast}
    spent: dict[tuple[str, int], int] = defaultdict(int)
    units: dict[tuple[str, int], set[int]] = defaultdict(set)
    for day in plan.days:
        for x in day.scenes:
            for name in set(by[x].cast):
                spent[name, day.index] += _minutes(by[x], rules)
                units[name, day.index].add(day.unit)
                if name in members and not _free(members[name].windows, day):
                    out.append(f"{name} is not free on day {day.index} (scene {x})")
    for (name, index), minutes in spent.items():
        if name in members and members[name].minor and minutes > rules.minor_minutes:
            out.append(f"{name} is a minor and works {minutes} minutes on day {index}")
    return out + [f"{n} works for {len(u)} units on day {d}" for (n, d), u in units.items() if len(u) > 1]


def _order(plan: Plan, by: dict[str, SceneSheet]) -> list[str]:
    """What a scene follows is shot on an earlier day, or before it on the same day (of any unit)."""
    at = {x: (d.index, i) for d in plan.days for i, x in enumerate(d.scenes)}
    unit = {x: d.unit for d in plan.days for x in d.scenes}
    out = []
    for s in by.values():
        for x in s.after:
            same_unit = unit[x] == unit[s.id]
            if at[x][0] > at[s.id][0] or (at[x][0] == at[s.id][0] and (not same_unit or at[x] > at[s.id])):
                out.append(f"scene {s.id} is shot before scene {x}, which it follows")
    return out


def _minutes(s: SceneSheet, rules: Rules) -> int:
    return math.ceil(s.minutes if s.minutes > 0 else estimated(s, rules.estimate))


def _move(made: Breakdown, rules: Rules) -> int:
    """A move takes as long as the longest one to a location of the shoot."""
    used = {s.place for s in made.scenes}
    return max([rules.move_minutes, *(x.move_minutes or 0 for x in made.locations if x.name in used)])


def _visits(scenes: Sequence[SceneSheet]) -> list[str]:
    stops: list[str] = []
    for s in scenes:
        if not stops or stops[-1] != s.place:
            stops.append(s.place)
    return stops


def _is_night(s: SceneSheet) -> bool:
    return s.time == "night" and s.interior is not True


def _needs_day(s: SceneSheet, places: dict[str, Location]) -> bool:
    if _is_night(s):
        return False
    outside = s.interior is not True and s.time in ("day", "dusk", "dawn")
    return outside or (s.place in places and not places[s.place].night_ok)


class _Use(NamedTuple):
    """A day as the rules count it: minutes with moves, whether the night block is used, overtime, minutes late."""

    minutes: int
    night: bool
    overtime: int
    late: int


def _uses(
    plan: Plan, by: dict[str, SceneSheet], made: Breakdown, rules: Rules
) -> dict[tuple[int, int], _Use]:
    """By day and unit. A night takes minutes off the next day, not off one after days off; overtime comes after it."""
    uses: dict[tuple[int, int], _Use] = {}
    dates = {d.index: d.date for d in plan.days}
    for day in sorted(plan.days, key=lambda d: (d.index, d.unit)):
        scenes = [by[x] for x in day.scenes]
        minutes = sum(_minutes(s, rules) for s in scenes) + _move(made, rules) * (len(_visits(scenes)) - 1)
        before = uses.get((day.index - 1, day.unit))
        last = dates.get(day.index - 1)
        slept = last is not None and day.date is not None and day.date - last > timedelta(days=1)
        late = rules.turnaround_minutes if before and before.night and not slept else 0
        holds = rules.day_minutes - late
        # A night block is used for night scenes, and when the day does not hold its minutes.
        night = minutes > holds or any(map(_is_night, scenes))
        holds += rules.night_minutes if night else 0
        uses[day.index, day.unit] = _Use(minutes, night, max(0, minutes - holds), late)
    return uses


def _free(windows: Sequence[Window], day: ShootDay) -> bool:
    return not windows or (day.date is not None and any(a <= day.date <= b for a, b in windows))


def _date_fits(day: ShootDay, rules: Rules) -> bool:
    """Its date is the one that many shooting days after the start, days off not counted."""
    if rules.start is None or day.date is None:
        return rules.start is None and day.date is None
    if day.date in rules.days_off or day.date.weekday() in rules.weekdays_off:
        return False
    span = (day.date - rules.start).days
    dates = [rules.start + timedelta(days=i) for i in range(span + 1)]
    working = [d for d in dates if d not in rules.days_off and d.weekday() not in rules.weekdays_off]
    return len(working) == day.index
