"""Checks a plan and counts its cost, from the rules alone: nothing here is shared with the solvers.

    fault = faults(problem, slots)      # [] when every rule is kept
    parts = cost(problem, slots)        # crew, night, location, moves, cast, holding, overtime

Source of the rules: SHOOT.md beside the measuring instances (days of 660 minutes, moves of 45, night block of
240 and turnaround of 120 there), generalized as `problem` says. Every plan is checked here before it is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from smallscreen.production.solve.problem import Problem, Solution


@dataclass(frozen=True, slots=True)
class DayUse:
    """What a unit does on a day: scenes, places, minutes, and whether the night block is used."""

    day: int
    unit: int
    scenes: tuple[int, ...]
    places: tuple[int, ...]
    minutes: int
    holds: int
    night: bool
    overtime: int


class RuleBroken(Exception):
    """A solver made a plan that breaks a rule; our mistake, never the user's."""


def check(problem: Problem, slots: Sequence[int], **about: object) -> Solution:
    """The solution with its cost. Raises RuleBroken, with the first faults, where a rule is broken."""
    broken = faults(problem, slots)
    if broken:
        raise RuleBroken("; ".join(broken[:3]))
    return replace(Solution(tuple(slots), cost(problem, slots)), **about)  # type: ignore[arg-type]


def day_uses(problem: Problem, slots: Sequence[int]) -> list[DayUse]:
    """Every used day of every unit, in order."""
    by_slot: dict[int, list[int]] = defaultdict(list)
    for scene, slot in enumerate(slots):
        by_slot[slot].append(scene)
    uses: list[DayUse] = []
    nights: set[tuple[int, int]] = set()
    for slot in sorted(by_slot):
        day, unit = divmod(slot, problem.units)
        members = by_slot[slot]
        places = sorted({problem.scenes[i].place for i in members})
        minutes = sum(problem.scenes[i].minutes for i in members)
        holds = problem.day_minutes - problem.move_minutes * (len(places) - 1)
        if (day - 1, unit) in nights and day not in problem.rested:
            holds -= problem.turnaround
        night = minutes > holds or any(problem.scenes[i].time == "N" for i in members)
        # The night block comes first, as in SHOOT.md; overtime is what even that does not hold.
        over = max(0, minutes - holds - (problem.night_minutes if night else 0))
        if night:
            nights.add((day, unit))
        uses.append(DayUse(day, unit, tuple(members), tuple(places), minutes, holds, night, over))
    return uses


def faults(problem: Problem, slots: Sequence[int]) -> list[str]:
    """Every broken rule as a sentence; days count from 0 as in the problem."""
    p = problem
    out: list[str] = []
    if len(slots) != len(p.scenes):
        return [f"the plan has {len(slots)} scenes, the problem {len(p.scenes)}"]
    for s, slot in zip(p.scenes, slots, strict=True):
        if not 0 <= slot < p.days * p.units:
            return [f"scene {s.id} lies outside the {p.days} days"]
    day_of = [slot // p.units for slot in slots]
    for s, day in zip(p.scenes, day_of, strict=True):
        if s.locked is not None and day != s.locked:
            out.append(f"scene {s.id} is locked to day {s.locked}, not {day}")
        if day < s.first or (s.last is not None and day > s.last):
            out.append(f"scene {s.id} on day {day} is too early or too late")
        for earlier in s.after:
            if day_of[earlier] > day:
                out.append(f"scene {s.id} on day {day} comes before {p.scenes[earlier].id}, which it follows")
        if s.time == "N" and not p.places[s.place].night_ok:
            out.append(
                f"scene {s.id} is a night scene at {p.places[s.place].name}, where nights are not allowed"
            )
        there = p.places[s.place].windows
        if there and not any(a <= day <= b for a, b in there):
            out.append(f"{p.places[s.place].name} is not free on day {day} (scene {s.id})")
        for a in s.cast:
            free = p.actors[a].windows
            if free and not any(x <= day <= y for x, y in free):
                out.append(f"{p.actors[a].name} is not free on day {day} (scene {s.id})")
    out += _of_days(p, day_uses(p, slots))
    out += _of_actors(p, slots)
    return out


def cost(problem: Problem, slots: Sequence[int]) -> dict[str, int]:
    """The cost by part, in 1/`scale` of the currency."""
    p = problem
    uses = day_uses(p, slots)
    parts = dict.fromkeys(("crew", "night", "location", "moves", "cast", "holding", "overtime"), 0)
    if uses:
        parts["crew"] = p.day_rate * (max(u.day for u in uses) + 1)
        parts["crew"] += p.unit_rate * sum(u.unit > 0 for u in uses)
    for u in uses:
        parts["night"] += p.night_rate * u.night
        parts["location"] += sum(p.places[i].rate for i in u.places)
        parts["moves"] += p.move_rate * (len(u.places) - 1)
        parts["overtime"] += p.overtime_rate * u.overtime
    worked: dict[int, set[int]] = defaultdict(set)
    for s, slot in zip(p.scenes, slots, strict=True):
        for a in s.cast:
            worked[a].add(slot // p.units)
    for a, days in worked.items():
        parts["cast"] += p.actors[a].rate * len(days)
        parts["holding"] += p.actors[a].idle * (max(days) - min(days) + 1 - len(days))
    return parts


def _of_days(p: Problem, uses: Sequence[DayUse]) -> list[str]:
    out: list[str] = []
    nights = {(u.day, u.unit) for u in uses if u.night}
    for u in uses:
        where = f"day {u.day}" if p.units == 1 else f"day {u.day}, unit {u.unit}"
        if u.overtime > p.overtime_max:
            most = u.holds + (p.night_minutes if u.night else 0) + p.overtime_max
            out.append(f"{where} has {u.minutes} minutes and holds {most}")
        dark = sum(p.scenes[i].minutes for i in u.scenes if p.scenes[i].time == "N")
        if dark > p.night_minutes:
            out.append(f"{where} has {dark} minutes of night scenes in a block of {p.night_minutes}")
        light = sum(
            p.scenes[i].minutes
            for i in u.scenes
            if p.scenes[i].time == "D"
            or (p.scenes[i].time == "A" and not p.places[p.scenes[i].place].night_ok)
        )
        late = (u.day - 1, u.unit) in nights and u.day not in p.rested
        daylight = p.day_minutes - (p.turnaround if late else 0)
        if light > daylight:
            out.append(f"{where} has {light} minutes of day scenes in {daylight}")
        if p.most_moves is not None and len(u.places) - 1 > p.most_moves:
            out.append(f"{where} has {len(u.places) - 1} moves, at most {p.most_moves} are allowed")
    return out


def _of_actors(p: Problem, slots: Sequence[int]) -> list[str]:
    out: list[str] = []
    minutes: dict[tuple[int, int], int] = defaultdict(int)
    units: dict[tuple[int, int], set[int]] = defaultdict(set)
    for s, slot in zip(p.scenes, slots, strict=True):
        for a in s.cast:
            minutes[a, slot // p.units] += s.minutes
            units[a, slot // p.units].add(slot % p.units)
    for (a, day), spent in sorted(minutes.items()):
        most = p.actors[a].most_minutes
        if most is not None and spent > most:
            out.append(f"{p.actors[a].name} works {spent} minutes on day {day}, at most {most} are allowed")
    for (a, day), of in sorted(units.items()):
        if len(of) > 1:
            out.append(f"{p.actors[a].name} works for {len(of)} units on day {day}")
    return out
