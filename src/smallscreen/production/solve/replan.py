"""A new plan after a change, with as few scenes moved as possible.

    again = replan(problem, before, seconds=10)        # problem with the change, slots of the old plan
    again.solution, again.changes                      # changes: which scene went from where to where

What has to move is freed first, then its surroundings, until every rule is kept; then single days, places and
actors are searched for a cheaper way. Without a `penalty` a moved scene counts more than any money; with one, a
scene moves where that saves more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from smallscreen.production.solve.checker import check
from smallscreen.production.solve.conflict import no_plan
from smallscreen.production.solve.cpsat import Part, soft_weight
from smallscreen.production.solve.lns import Progress, Search, every_slot, improve
from smallscreen.production.solve.problem import Problem, Solution

NEW = -1
"""Slot of a scene that the old plan did not have."""


@dataclass(frozen=True, slots=True)
class Change:
    """A scene (index) that went from one slot to another; `before` NEW: it was not in the plan."""

    scene: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Replanned:
    """The new plan and what changed, in the order of the scenes."""

    solution: Solution
    changes: tuple[Change, ...]


def replan(
    problem: Problem,
    before: Sequence[int],
    seconds: float = 10.0,
    penalty: int | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Replanned:
    """`before`: the old slot of every scene, NEW for a new one. UserError where no plan keeps the rules.

    `penalty` is what a moved scene costs, in the problem's money; None: fewest moves first, money second.
    """
    began = time.monotonic()
    until = began + seconds
    if any(not days for days in problem.open_days):
        raise no_plan(problem, 5.0)
    price = penalty if penalty is not None else _dear(problem)
    homes = tuple(s if 0 <= s < problem.slots else NEW for s in before)
    search = Search(problem, _begin(problem, homes), (1, 0), until, homes=homes, penalty=price)
    search.key_now()
    stopped = False
    try:
        # A plan a little late is better than none: while rules are broken it may take as long again.
        _repair(search, until + seconds, workers)
        # Cheaper ways to place what has to move, and for a price also moves that pay.
        near = min(until, time.monotonic() + (0.5 if penalty is None else 0.9) * (until - time.monotonic()))
        search.until = max(near, time.monotonic() + 0.5)
        stopped = improve(search, workers, 1, progress)
    except KeyboardInterrupt:
        stopped = True
    if search.best[0]:
        if stopped:
            raise KeyboardInterrupt
        raise no_plan(problem, 5.0)
    made = check(problem, search.slots)
    changes = tuple(
        Change(i, h, s) for i, (h, s) in enumerate(zip(homes, search.slots, strict=True)) if h != s
    )
    return Replanned(replace(made, seconds=time.monotonic() - began, stopped=stopped), changes)


def _dear(problem: Problem) -> int:
    """More than a whole plan may differ in money, within what CP-SAT's whole numbers bear."""
    p = problem
    rates = sum(a.rate for a in p.actors) + sum(x.rate for x in p.places) + p.day_rate + p.night_rate
    return min(10**9, max(1, p.days * p.units * (rates + p.move_rate * len(p.places))))


def _begin(problem: Problem, homes: Sequence[int]) -> tuple[int, ...]:
    """The old slots; scenes that cannot stay there go to the nearest day they may be on."""
    out = []
    for home, open_ in zip(homes, problem.open_days, strict=True):
        day, unit = divmod(max(home, 0), problem.units)
        near = min(open_, key=lambda d, day=day: (abs(d - day), d))  # type: ignore[misc]
        out.append(near * problem.units + unit)
    return tuple(out)


def _repair(search: Search, until: float, workers: int) -> None:
    """Free what had to move, then let the others give way: to unused days and to those that were left, then anywhere."""
    p = search.problem
    moved = {i for i, (h, s) in enumerate(zip(search.homes or (), search.slots, strict=True)) if h != s}
    # While rules are broken a minute beyond them counts more than a moved scene.
    full, search.penalty = search.penalty, min(search.penalty, soft_weight(p))
    search.key_now()
    for attempt in range(2):
        base = search.slots
        left = {h for h, s in zip(search.homes or (), base, strict=True) if h not in (s, NEW)}
        spare = (set(range(p.slots)) - set(base)) | left
        choices = {i: every_slot(p, i) for i in moved}
        for i in range(len(p.scenes)):
            if i not in moved and (attempt or p.scenes[i].after):
                choices[i] = [s for s in every_slot(p, i) if s in spare or s == base[i]]
        if moved:
            part = Part(p, base, choices, search.homes, search.penalty)
            found = part.solve(2.0, workers)
            if found is not None:
                search.offer(base, found)
        if not search.best[0]:
            break
    if search.best[0]:
        search.until, search.repair = until, True
        improve(search, workers, 2)
        search.stop.clear()
        search.repair = False
    search.penalty = full
    search.key_now()
