"""The first plans: greedy by place, then simulated annealing with a fixed number of days.

    slots = anneal(problem, days=11, seconds=10, seed=1)

Moves of a scene (mostly to a day where its place or its actors are anyway), swaps of two scenes, of two days, and
of all that a day shoots at a place. Minutes beyond the rules cost money that grows as it cools.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from typing import Literal

from smallscreen.production.solve.price import pricer
from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.state import State

HOT, COLD = 20.0, 400.0
"""The dearest rate over the temperatures at the beginning and at the end."""
Phase = Literal["whole", "firm", "cool"]
_PHASES: dict[Phase, tuple[float, float, float, float]] = {
    "whole": (HOT, COLD, 200, 8),
    "firm": (4, 80, 4, 4),
    "cool": (60, COLD, 16, 4),
}
"""The dearest rate over the temperatures, and over what a minute beyond the rules costs, at the beginning and the end."""
Stop = Callable[[], bool]


def never() -> bool:
    """Goes on to the end of its time."""
    return False


def least_days(problem: Problem) -> int:
    """No plan has fewer days: by minutes, night scenes, windows and locks."""
    p = problem
    a_day = max(
        p.day_minutes, p.day_minutes + p.night_minutes - p.turnaround, p.day_minutes + p.overtime_max
    ) + (p.overtime_max if p.night_minutes else 0)
    # The first day is not tired from a night before it, nor are those after a day off.
    minutes = sum(s.minutes for s in p.scenes) - p.turnaround * p.units * (1 + len(p.rested))
    dark = sum(s.minutes for s, t in zip(p.scenes, p.times, strict=True) if t == "N")
    by_minutes = math.ceil(minutes / max(1, a_day * p.units))
    by_nights = math.ceil(dark / max(1, p.night_minutes * p.units))
    by_windows = max((days[0] + 1 for days in p.open_days if days), default=1)
    return min(p.days, max(1, by_minutes, by_nights, by_windows))


def greedy(problem: Problem, days: int, seed: int = 0) -> list[int]:
    """Scenes by place, those with the fewest days first, each to the cheapest slot that still holds it."""
    p, rng = problem, random.Random(seed)
    units = p.units
    limit = max(1, sum(s.minutes for s in p.scenes) // max(1, days * units)) + p.move_minutes
    total = [0] * (days * units)
    there: list[set[int]] = [set() for _ in total]
    who: list[set[int]] = [set() for _ in range(days)]
    slots = [0] * len(p.scenes)
    weight = [0.0] * len(p.places)
    for s, open_ in zip(p.scenes, p.open_days, strict=True):
        weight[s.place] += s.minutes / max(1, len(open_))
    order = sorted(
        range(len(p.scenes)),
        key=lambda i: (
            len(p.open_days[i]) > days // 2,
            -weight[p.scenes[i].place],
            p.scenes[i].place,
            rng.random(),
        ),
    )
    for i in order:
        s = p.scenes[i]
        best, least = 0, math.inf
        for day in p.open_days[i] or (s.locked or 0,):
            if day >= days:
                continue
            price = sum(p.actors[a].rate for a in s.cast if a not in who[day])
            for slot in range(day * units, (day + 1) * units):
                extra = 0 if s.place in there[slot] else p.places[s.place].rate + p.move_rate
                full = max(0, total[slot] + s.minutes - limit) * 400
                if price + extra + full < least:
                    best, least = slot, price + extra + full
        slots[i] = best
        total[best] += s.minutes
        there[best].add(s.place)
        who[best // units].update(s.cast)
    return slots


def anneal(
    problem: Problem,
    days: int,
    seconds: float,
    seed: int = 1,
    begin: Sequence[int] | None = None,
    stop: Stop = never,
    phase: Phase = "whole",
) -> tuple[list[int], int, int]:
    """The best slots met, their cost with the days' rate, and the minutes beyond the rules (0: a plan).

    `firm`: hot, the rules count from the beginning, and it ends when they are kept; `cool`: betters such a plan.
    """
    p, rng = problem, random.Random(seed)
    random_, exp = rng.random, math.exp
    state = State(p, begin if begin is not None else greedy(p, days, seed))
    units = p.units
    choices = [[d * units + u for d in open_ if d < days for u in range(units)] for open_ in p.open_days]
    free = [i for i, c in enumerate(choices) if len(c) > 1]
    if not free:
        return state.slot[:], state.cost + p.day_rate * days, state.over
    allowed = [set(c) for c in choices]
    friends = _friends(p)
    top_rate = max([a.rate for a in p.actors] + [x.rate for x in p.places] + [p.night_rate, p.move_rate, 8])
    begin_heat, end_heat, light, heavy = _PHASES[phase]
    hot, cold = top_rate / begin_heat, max(1.0, top_rate / end_heat)
    weight_low, weight_high = top_rate / light, top_rate / heavy
    best: list[int] | None = None
    best_key: tuple[float, float] = (math.inf, math.inf)
    began = time.monotonic()
    weight, heat = weight_low, hot
    tries = 0
    move, slot, price, plain = state.move, state.slot, pricer(state), state.plain
    while True:
        if tries & 255 == 0:
            done = (time.monotonic() - began) / max(seconds, 1e-6)
            if done >= 1 or stop() or (phase == "firm" and not best_key[0]):
                break
            heat = hot * (cold / hot) ** done
            weight = weight_low * (weight_high / weight_low) ** done
        tries += 1
        kind = random_()
        i = free[int(random_() * len(free))]
        old = slot[i]
        undo: list[tuple[int, int]]
        if kind < 0.75:
            near = friends[i]
            new = (
                slot[near[int(random_() * len(near))]]
                if kind < 0.6 and near
                else choices[i][int(random_() * len(choices[i]))]
            )
            if new == old or new not in allowed[i]:
                continue
            if price is not None and plain[i]:
                paid, over = price(i, -1, new)
                worse = paid + weight * over
                if worse > 0 and random_() >= exp(-worse / heat):
                    continue
                move(i, new)
                now = (state.over, state.cost)
                if now < best_key:
                    best_key, best = now, slot[:]
                continue
            before = state.cost + weight * state.over
            undo = [(i, old)]
            move(i, new)
        elif kind < 0.97:
            j = free[int(random_() * len(free))]
            new = slot[j]
            if new == old or new not in allowed[i] or old not in allowed[j]:
                continue
            if price is not None and plain[i] and plain[j]:
                paid, over = price(i, j, new)
                worse = paid + weight * over
                if worse > 0 and random_() >= exp(-worse / heat):
                    continue
                move(i, new)
                move(j, old)
                now = (state.over, state.cost)
                if now < best_key:
                    best_key, best = now, slot[:]
                continue
            before = state.cost + weight * state.over
            undo = [(j, new), (i, old)]
            move(i, new)
            move(j, old)
        elif kind < 0.998:
            # All that the day shoots at this place goes to another day.
            new = choices[i][int(random_() * len(choices[i]))]
            if new == old:
                continue
            before = state.cost + weight * state.over
            place = state.place[i]
            group = [k for k in free if slot[k] == old and state.place[k] == place and new in allowed[k]]
            undo = [(k, old) for k in group]
            for k in group:
                move(k, new)
        else:
            new = choices[i][int(random_() * len(choices[i]))]
            if new == old:
                continue
            before = state.cost + weight * state.over
            undo = [(k, slot[k]) for k in free if slot[k] in (old, new)]
            undo = [(k, x) for k, x in undo if (new if x == old else old) in allowed[k]]
            for k, x in undo:
                move(k, new if x == old else old)
        worse = state.cost + weight * state.over - before
        if worse > 0 and random_() >= exp(-worse / heat):
            for k, x in undo:
                move(k, x)
            continue
        now = (state.over, state.cost)
        if now < best_key:
            best_key, best = now, slot[:]
    found = best or slot[:]
    key = best_key if best else (state.over, state.cost)
    return found, int(key[1]) + p.day_rate * days, int(key[0])


def _friends(p: Problem) -> list[list[int]]:
    """For each scene, scenes at its place and scenes with its dearest actors: where they are it may be cheap."""
    by_place: dict[int, list[int]] = {}
    by_actor: dict[int, list[int]] = {}
    for i, s in enumerate(p.scenes):
        by_place.setdefault(s.place, []).append(i)
        for a in s.cast:
            by_actor.setdefault(a, []).append(i)
    out = []
    for i, s in enumerate(p.scenes):
        near = list(by_place[s.place])
        rare = sorted(s.cast, key=lambda a: len(by_actor[a]))[:2]
        for a in rare:
            near += by_actor[a]
        out.append([j for j in near if j != i])
    return out
