"""Schedules: the shoot of 480 scenes, two made-up ones, 2,000 scenes, talent scheduling, and a plan after a change.

    python -m bench.schedule            # all of it, about ten minutes
    python -m bench.schedule quick      # without the five minutes on the one shoot

Every plan goes through the independent checker. Processor seconds stand beside those of the clock: on a machine
that is busy otherwise a search gets less done in the same time.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import Any

from bench._shoots import shoot
from bench.common import SHARED, report, row, skip
from smallscreen.production.solve import talent
from smallscreen.production.solve.checker import faults
from smallscreen.production.solve.lns import solve
from smallscreen.production.solve.problem import Problem, Solution
from smallscreen.production.solve.read import parse_problem, read_problem, read_talent
from smallscreen.production.solve.replan import replan

DATA = SHARED / "data" / "schedule"
OPTIMA = {
    "concert": (111, 17), "film-10": (352, 28), "film-12": (401, 52), "film103.dat": (1031, 187),
    "film105.dat": (849, 110), "film114.dat": (867, 143), "film116.dat": (541, 110), "film117.dat": (913, 197),
    "film118.dat": (853, 156), "film119.dat": (790, 159), "MobStory": (871, 146), "Warwick1201": (222, 31),
    "Shaw2020": (877, 289),
}  # fmt: skip


def main() -> None:
    quick = "quick" in sys.argv[1:]
    if not DATA.exists():
        skip("schedule", f"{DATA} is not there")
        return
    rows = _talents()
    given = read_problem(DATA / "shoot480_seed3.json")
    goals = {60: 750_000, 300: 740_000}
    best: Solution | None = None
    for seconds, goal in list(goals.items())[: 1 if quick else 2]:
        found, some = _shoot(given, f"480 scenes, {seconds} s", seconds, goal)
        rows += some
        best = found
    assert best is not None
    for seed in (11, 12):
        rows += _shoot(parse_problem(shoot(seed), f"made {seed}"), f"made-up shoot {seed}, 60 s", 60)[1]
    large = parse_problem(shoot(21, 2_000, 60), "large")
    found, some = _shoot(large, "2,000 scenes, 60 s", 58)
    rows += some
    rows += _changes(given, best, "480 scenes, a small part ill for a day")
    rows += _changes(given, best, "480 scenes, a lead ill for a day", lead=0)
    rows += _changes(given, best, "480 scenes, the second lead ill for a day", lead=1)
    rows += _changes(large, found, "2,000 scenes, a lead ill for a day", lead=0)
    report("schedule", rows)


def _clocks() -> tuple[float, float]:
    """Seconds of the clock, and of the processor with those of children that have ended."""
    t = os.times()
    return time.monotonic(), t.user + t.system + t.children_user + t.children_system


def _talents() -> list[dict[str, Any]]:
    wall, cpu = _clocks()
    right = 0
    for name, known in OPTIMA.items():
        solved = talent.solve(read_talent(DATA / name))
        right += (solved.total, solved.holding) == known and solved.proved
    now = _clocks()
    return [
        row("talent instances solved and proved", right, "of 13", at_least=13),
        row("talent instances, all, clock", now[0] - wall, "s", at_most=3),
        row("talent instances, all, processor", now[1] - cpu, "s"),
    ]


def _shoot(
    problem: Problem, name: str, seconds: float, goal: int | None = None
) -> tuple[Solution, list[dict[str, Any]]]:
    wall, cpu = _clocks()
    found = solve(problem, seconds)
    now = _clocks()
    gap = found.gap or 0.0
    given = goal is not None
    return found, [
        row(f"{name}: total", problem.money(found.total), "RMB", at_most=goal),
        row(f"{name}: broken rules", len(faults(problem, found.slot)), "", at_most=0),
        row(f"{name}: gap to the bound", 100 * gap, "%", at_most=15 if given else None),
        row(f"{name}: clock", now[0] - wall, "s", at_most=None if given else 62),
        row(f"{name}: processor", now[1] - cpu, "s"),
        row(f"{name}: load of the machine", os.getloadavg()[0], ""),
    ]


def _changes(problem: Problem, before: Solution, name: str, lead: int | None = None) -> list[dict[str, Any]]:
    """Somebody falls ill on day 4: a lead (the first or second actor), or whoever has few scenes there."""
    there: dict[int, int] = {}
    for s, day in zip(problem.scenes, before.slot, strict=True):
        for a in s.cast:
            if day == 4:
                there[a] = there.get(a, 0) + 1
    ill = (
        lead
        if lead is not None
        else min((a for a in there if there[a] >= 3), key=lambda a: (there[a], a), default=min(there))
    )
    windows = [(d, d) for d in range(problem.days) if d != 4]
    free = tuple(
        w for w in windows if not problem.actors[ill].windows or _within(w[0], problem.actors[ill].windows)
    )
    actors = tuple(replace(a, windows=free) if i == ill else a for i, a in enumerate(problem.actors))
    changed = replace(problem, actors=actors)
    wall, cpu = _clocks()
    again = replan(changed, before.slot, 9.0)
    now = _clocks()
    scenes = len(problem.scenes)
    moved = 100 * len(again.changes) / scenes
    # No goal where it is proved that more than a tenth must move.
    goal = None if 10 * again.at_least > scenes else 10
    return [
        row(f"{name}: clock", now[0] - wall, "s", at_most=10),
        row(f"{name}: processor", now[1] - cpu, "s"),
        row(f"{name}: broken rules", len(faults(changed, again.solution.slot)), "", at_most=0),
        row(f"{name}: scenes moved", moved, "%", at_most=goal),
        row(f"{name}: scenes that had to, at least", again.at_least, "scenes"),
        row(f"{name}: dearer by", problem.money(again.solution.total - before.total), "RMB"),
    ]


def _within(day: int, windows: tuple[tuple[int, int], ...]) -> bool:
    return any(a <= day <= b for a, b in windows)


if __name__ == "__main__":
    main()
