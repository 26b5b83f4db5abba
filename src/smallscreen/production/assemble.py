"""Makes a plan of the days that a solver chose: order within each day, dates, moves, money.

plan = plan_of(shoot, slots)
bans = misfits(shoot, plan)        # scenes that cannot stay on their day, because of the order within it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from smallscreen.production import verify
from smallscreen.production.day_order import day_order, out_of_order, visits
from smallscreen.production.model import Plan, ShootDay
from smallscreen.production.shoot import Shoot, minutes_of, time_of

_NOTHING = Decimal(0)


def plan_of(shoot: Shoot, slots: Sequence[int]) -> Plan:
    """The plan of a slot for every scene, with its cost; bound and gap are left open."""
    by_slot: dict[int, list[int]] = defaultdict(list)
    for scene, slot in enumerate(slots):
        by_slot[slot].append(scene)
    days: list[ShootDay] = []
    night_before: dict[int, int] = {}
    for slot in sorted(by_slot):
        day = _day(shoot, slot, by_slot[slot], night_before)
        if day.night:
            night_before[day.unit] = day.index
        days.append(day)
    plan = Plan(tuple(days), currency=shoot.rules.currency)
    parts = verify.cost(plan, shoot.breakdown, shoot.rules)
    return replace(plan, days=_priced(shoot, plan), cost=parts)


def slots_of(shoot: Shoot, plan: Plan) -> list[int] | None:
    """The slot of every scene in a plan, None where the plan does not have each of them within the days."""
    at = {x: (d.index - 1) * shoot.rules.units + d.unit - 1 for d in plan.days for x in d.scenes}
    slots = [at.get(s.id, -1) for s in shoot.problem.scenes]
    return slots if all(0 <= x < shoot.problem.slots for x in slots) else None


class Misfit(NamedTuple):
    """A scene (index) that cannot be on its day, counted from 0, because of `other`, which it follows, or of moves."""

    scene: int
    day: int
    other: int | None = None


def misfits(shoot: Shoot, plan: Plan) -> list[Misfit]:
    """Scenes that no order of their day fits: the solver counts days, not hours.

    What follows another scene and comes before it all the same (a day scene after a night scene); what two units
    shoot on one day though it must be in order; a day that is too long because the company comes back to a place.
    """
    out: list[Misfit] = []
    index = {s.id: i for i, s in enumerate(shoot.problem.scenes)}
    by = {s.id: s for s in shoot.breakdown.scenes}
    on = {x: (d.index, d.unit) for d in plan.days for x in d.scenes}
    broken = verify.faults(plan, shoot.breakdown, shoot.rules)
    for day in plan.days:
        scenes = [by[x] for x in day.scenes]
        pairs = out_of_order(scenes)
        pairs += [
            (x, s.id) for s in scenes for x in s.after if on[x][0] == day.index and on[x][1] != day.unit
        ]  # two units, one day
        out += [Misfit(index[late], day.index - 1, index[early]) for early, late in pairs]
        places = visits(scenes)
        if not pairs and len(set(places)) < len(places) and any(f"day {day.index}" in x for x in broken):
            twice = next(p for p in places if places.count(p) > 1)
            late = [s.id for s in scenes if s.place == twice and time_of(s) == "N"] or [scenes[-1].id]
            out += [Misfit(index[x], day.index - 1) for x in late]
    return out


def without(shoot: Shoot, bans: Sequence[Misfit]) -> Shoot:
    """The same shoot with misfits kept apart: what follows on a later day, or what goes before on an earlier one.

    This takes more away than it must; a lower bound holds only for the shoot without it.
    """
    p = shoot.problem
    scenes = list(p.scenes)

    def may(i: int, first: int, last: int) -> bool:
        s = scenes[i]
        low, high = max(s.first, first), min(last, p.days - 1 if s.last is None else s.last)
        return any(low <= d <= high for d in p.open_days[i])

    def hold(i: int, first: int, last: int) -> None:
        s = scenes[i]
        high = min(last, p.days - 1 if s.last is None else s.last)
        scenes[i] = replace(s, first=max(s.first, first), last=high)

    for scene, day, other in bans:
        if may(scene, day + 1, p.days):
            hold(scene, day + 1, p.days)
            if other is not None:
                hold(other, 0, day)
        else:
            hold(scene if other is None else other, 0, day - 1)
    return replace(shoot, problem=replace(p, scenes=tuple(scenes)))


# --- within ----------------------------------------------------------------------------------


def _day(shoot: Shoot, slot: int, members: Sequence[int], night_before: dict[int, int]) -> ShootDay:
    p, rules = shoot.problem, shoot.rules
    day, unit = divmod(slot, p.units)
    by = {s.id: s for s in shoot.breakdown.scenes}
    ids = day_order([by[p.scenes[i].id] for i in members], rules)
    scenes = [by[x] for x in ids]
    stops = visits(scenes)
    minutes = sum(minutes_of(s, rules) for s in scenes) + p.move_minutes * (len(stops) - 1)
    holds = rules.day_minutes - (p.rests[day] if night_before.get(unit + 1) == day else 0)
    night = minutes > holds or any(time_of(s) == "N" for s in scenes)
    over = max(0, minutes - holds - (rules.night_minutes if night else 0))
    return ShootDay(
        day + 1,
        shoot.dates[day],
        unit + 1,
        ids,
        tuple(dict.fromkeys(stops)),
        len(stops) - 1,
        minutes,
        night,
        over,
        _NOTHING,
    )


def _priced(shoot: Shoot, plan: Plan) -> tuple[ShootDay, ...]:
    """Each day with what it costs: its own, and the pay of those who are held on it."""
    p = shoot.problem
    by = {s.id: s for s in p.scenes}
    worked: dict[int, set[int]] = defaultdict(set)
    for d in plan.days:
        for x in d.scenes:
            for a in by[x].cast:
                worked[a].add(d.index)
    out, paid = [], set()
    for d in plan.days:
        here = {a for x in d.scenes for a in by[x].cast}
        amount = p.day_rate if d.index not in paid else p.unit_rate
        amount += p.move_rate * d.moves + p.night_rate * d.night
        amount += sum(p.places[i].rate for i in {by[x].place for x in d.scenes})
        amount += sum(p.actors[a].rate for a in here)
        if d.index not in paid:
            amount += sum(
                p.actors[a].idle
                for a, on in worked.items()
                if d.index not in on and min(on) < d.index < max(on)
            )
        amount += round(p.overtime_rate * d.overtime_minutes)
        paid.add(d.index)
        out.append(replace(d, cost=shoot.money(amount)))
    return tuple(out)
