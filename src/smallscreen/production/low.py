"""A lower bound of a plan's cost by plain counting, at once: for small shoots, where moves a day decide.

    low = plain_bound(problem)

Every location is used on one day at least, every actor works on as many days as their locations need when a day
has so many moves, every night block holds so many minutes, and days are as many as locations, minutes and nights
need. Whatever a plan does, it pays that. The solver's own bound (`solve.bound`) weighs minutes against days and is
the better one for large shoots; the higher of both holds.
"""

from __future__ import annotations

from math import ceil

from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.start import least_days


def plain_bound(problem: Problem) -> int:
    """No plan costs less, in 1/`scale` of the currency; waiting and overtime are taken as none."""
    p = problem
    used = sorted({s.place for s in p.scenes})
    stops = p.most_moves + 1 if p.most_moves is not None else len(p.scenes)
    dark = sum(s.minutes for s, t in zip(p.scenes, p.times, strict=True) if t == "N")
    nights = ceil(dark / p.night_minutes) if dark and p.night_minutes else 0
    # A slot is a day of one unit; each shoots at so many locations at most and has one night block.
    slots = max(ceil(len(used) / stops), nights, least_days(p) if p.units == 1 else 1)
    crew = p.day_rate if p.units == 1 else min(p.day_rate, p.unit_rate)
    if crew >= p.move_rate:
        base = crew * slots + p.move_rate * max(0, len(used) - slots)
    else:
        base = min(crew, p.move_rate) * max(slots, len(used))
    base += p.night_rate * nights + sum(p.places[r].rate for r in used)
    for a, actor in enumerate(p.actors):
        mine = [s for s in p.scenes if a in s.cast]
        if mine:
            days = ceil(len({s.place for s in mine}) / stops)
            if actor.most_minutes:
                days = max(days, ceil(sum(s.minutes for s in mine) / actor.most_minutes))
            base += actor.rate * days
    return base
