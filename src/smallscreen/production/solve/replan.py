"""A new plan after a change, with as few scenes moved as possible.

    again = replan(problem, before, seconds=10)        # problem with the change, slots of the old plan
    again.solution, again.changes                      # changes: which scene went from where to where
    again.at_least                                     # no plan moves fewer scenes

Without a `penalty` first a plan is looked for that moves few scenes: annealing among the moved ones (`settle`), then
SCIP over the days where room was left (`least`), or CP-SAT over everything where that is small enough to be proved.
What is left of the time looks for less money within a budget of moves: as many as that plan moves, or a tenth of all
scenes where that is more; beside it SCIP bounds how many must move. With a penalty, a scene moves where that saves more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from smallscreen.production.solve.checker import check, cost, faults
from smallscreen.production.solve.conflict import no_plan
from smallscreen.production.solve.cpsat import Part, soft_weight
from smallscreen.production.solve.hard import Hard
from smallscreen.production.solve.least import Least
from smallscreen.production.solve.lns import Progress, Search, every_slot, improve
from smallscreen.production.solve.problem import Problem, Solution
from smallscreen.production.solve.settle import Settling
from smallscreen.production.solve.state import State

NEW = -1
"""Slot of a scene that the old plan did not have."""
_SMALL = 1_500
"""Pairs of a scene and a slot up to which everything is left open, so that CP-SAT may prove what it finds."""
_BOUNDED = 15_000
"""Pairs up to which SCIP is asked how many scenes must move; with more it would not answer in time."""
_SPARE = 3
"""Unused days that are looked at for scenes that need not move."""
BUDGET = 0.1
"""The share of the scenes that may move, where fewer would do, to save money."""
_WHOLE = 60
"""Scenes up to which the money is settled by one model."""


@dataclass(frozen=True, slots=True)
class Change:
    """A scene (index) that went from one slot to another; `before` NEW: it was not in the plan."""

    scene: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Replanned:
    """The new plan and what changed, in the order of the scenes; no plan moves fewer scenes than `at_least`."""

    solution: Solution
    changes: tuple[Change, ...]
    at_least: int = 0


def replan(
    problem: Problem,
    before: Sequence[int],
    seconds: float = 10.0,
    penalty: int | None = None,
    workers: int = 2,
    progress: Progress | None = None,
    most: int | None = None,
) -> Replanned:
    """`before`: the old slot of every scene, NEW for a new one. UserError where no plan keeps the rules.

    `penalty` is what a moved scene costs, in the problem's money. None: as few move as can be found, or up to a tenth of
    all scenes (`most`: so many) where that saves money.
    """
    found = None
    if all(problem.open_days):
        found = _replan(problem, before, seconds, penalty, workers, progress, most)
    if found is None:
        raise no_plan(problem, 5.0)
    return found


def moved_fewest(
    problem: Problem,
    before: Sequence[int],
    seconds: float,
    progress: Progress | None = None,
    most: int | None = None,
) -> Replanned | None:
    """The same without a price, None where no plan was found."""
    return _replan(problem, before, seconds, None, 2, progress, most)


def fewest(
    problem: Problem,
    before: Sequence[int],
    seconds: float,
    workers: int = 2,
    beside: Callable[[Sequence[int]], None] | None = None,
) -> tuple[tuple[int, ...] | None, int]:
    """Slots that keep every rule and move few scenes, None where none were found; and how many must move at least.

    `before`: the old slots, NEW for a new scene; every scene has a day that it may be on. `beside` is called with
    the first slots of a large shoot, before they are bettered. More than there are must
    move where it is proved that no plan keeps the rules.
    """
    p, until = problem, time.monotonic() + seconds
    if NEW not in before and not faults(p, before):
        return tuple(before), 0
    least = _must(p, before)
    old = [None if h == NEW else h for h in before]
    found: tuple[int, ...] | None = None
    choices: list[list[int]] | None = None
    if sum(map(len, p.open_days)) * p.units > _SMALL:
        settled = Settling(p, before).fewest(0.2 * seconds)
        if not settled.over and not faults(p, settled.slots):
            found = settled.slots
            if settled.moved == least:
                return found, least
        if beside is not None:
            beside(settled.slots)
        choices = _near(p, before, settled.slots)
        made = Least(p, before, choices, settled.slots).solve(0.9 * (until - time.monotonic()))
        if made is not None and not faults(p, made):
            return made, least
        if found is not None:
            return found, least
    while True:
        model = Hard(p, old=old, choices=choices, begin=found)
        solved = model.solve(max(0.5, until - time.monotonic()), workers)
        if choices is None and solved is not None:
            least = max(least, len(old) - model.stayed)
        if solved is not None and solved[0]:
            return tuple(solved[1]), least
        if solved is not None and choices is None:
            return None, len(old) + 1
        if found is not None or choices is None:
            return found, least
        choices = None


def _replan(
    problem: Problem,
    before: Sequence[int],
    seconds: float,
    penalty: int | None,
    workers: int,
    progress: Progress | None,
    most: int | None,
) -> Replanned | None:
    began = time.monotonic()
    until = began + seconds
    homes = tuple(s if 0 <= s < problem.slots else NEW for s in before)
    least = _must(problem, homes)
    begin = None
    bounding = _Bounding(problem, homes, until)
    if penalty is None:
        begin, least = fewest(problem, homes, 0.7 * seconds, workers, bounding.start)
        if least > len(homes):
            return None
        if bounding.running and begin is not None:
            workers = max(1, workers - 1)
            if _moved(homes, begin) == least:
                bounding.end(True)
    price = penalty if penalty is not None else _dear(problem)
    search = Search(problem, begin or _begin(problem, homes), (1, 0), until, homes=homes, penalty=price)
    if begin is not None:
        moved = _moved(homes, begin)
        tenth = int(BUDGET * len(homes)) if most is None else most
        search.budget = max(moved, tenth) - homes.count(NEW)
    search.key_now()
    stopped = False
    try:
        # A plan a little late is better than none: while rules are broken it may take as long again.
        if search.best[0]:
            _repair(search, until + seconds, workers)
        if not search.best[0] and (search.slots != homes or penalty is not None):
            stopped = _cheaper(search, until, penalty is None, workers, progress)
    except KeyboardInterrupt:
        stopped = True
    least = max(least, bounding.end(stopped))
    if search.best[0]:
        if stopped:
            raise KeyboardInterrupt
        return None
    made = check(problem, _home(problem, homes, search.slots) if penalty is None else search.slots)
    changes = tuple(Change(i, h, s) for i, (h, s) in enumerate(zip(homes, made.slot, strict=True)) if h != s)
    return Replanned(replace(made, seconds=time.monotonic() - began, stopped=stopped), changes, least)


class _Bounding:
    """Asks beside the search how many scenes must move, once it is started with a plan."""

    def __init__(self, problem: Problem, homes: Sequence[int], until: float) -> None:
        self.model: Least | None = None
        self.problem, self.homes, self.until = problem, homes, until
        self.thread: threading.Thread | None = None

    def start(self, begin: Sequence[int]) -> None:
        """Where the shoot is not too large for an answer in time."""
        if sum(map(len, self.problem.open_days)) * self.problem.units <= _BOUNDED:
            self.thread = threading.Thread(target=self._run, args=(tuple(begin),), daemon=True)
            self.thread.start()

    @property
    def running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def _run(self, begin: tuple[int, ...]) -> None:
        self.model = Least(self.problem, self.homes, begin=begin)
        left = self.until - time.monotonic() - 0.3
        if left > 0.2:
            self.model.solve(left)

    def end(self, now: bool) -> int:
        """What was proved when the time is over, or `now`."""
        if self.thread is None:
            return 0
        if not now:
            self.thread.join(timeout=max(0.0, self.until - time.monotonic()))
        if self.running and self.model is not None:
            self.model.interrupt()
        self.thread.join(timeout=1.0)
        return 0 if self.running or self.model is None else self.model.at_least


def _moved(homes: Sequence[int], slots: Sequence[int]) -> int:
    """Scenes that are elsewhere, new ones too."""
    return sum(h != s for h, s in zip(homes, slots, strict=True))


def _must(problem: Problem, homes: Sequence[int]) -> int:
    """Scenes that cannot stay whatever the others do."""
    return sum(
        h == NEW or h // problem.units not in days for h, days in zip(homes, problem.open_days, strict=True)
    )


def _near(p: Problem, homes: Sequence[int], slots: Sequence[int]) -> list[list[int]]:
    """Few days for each scene: those that must move go anywhere, others stay or go where room is left."""
    forced = {i for i, h in enumerate(homes) if h == NEW or h // p.units not in p.open_days[i]}
    used = {h // p.units for i, h in enumerate(homes) if i not in forced}
    spare = [d for d in range(p.days) if d not in used][:_SPARE]
    room = {h // p.units for i in forced if (h := homes[i]) != NEW} | set(spare)
    return [
        [d for d in days if i in forced or d in room or d in (home // p.units, now // p.units)]
        for i, (days, home, now) in enumerate(zip(p.open_days, homes, slots, strict=True))
    ]


def _cheaper(
    search: Search, until: float, moves_first: bool, workers: int, progress: Progress | None
) -> bool:
    """Cheaper ways to place what has to move, and for a price also moves that pay. True where Ctrl-C ended it."""
    p = search.problem

    def left() -> float:
        return max(0.3, until - time.monotonic())

    if len(p.scenes) <= _WHOLE:
        choices = {i: every_slot(p, i) for i in range(len(p.scenes))}
        part = Part(p, search.slots, choices, search.homes, search.penalty, search.budget)
        found = part.solve(left(), workers)
        if found is not None:
            search.offer(search.slots, found)
        if part.status == "optimal":
            return False
    elif moves_first and search.homes is not None:
        most = search.budget + search.homes.count(NEW)
        settled = Settling(p, search.homes, search.slots).cheaper(0.4 * left(), most)
        if not settled.over:
            search.offer(search.slots, settled.slots)
    search.until = time.monotonic() + left()
    search.stop.clear()
    return improve(search, workers, 1, progress)


def _home(problem: Problem, homes: Sequence[int], slots: Sequence[int]) -> tuple[int, ...]:
    """The same plan without moves that bring nothing: who may be at home for the same money is."""
    state = State(problem, slots)
    best = list(slots)
    paid = sum(cost(problem, best).values())
    again = True
    while again:
        again = False
        for i, (home, now) in enumerate(zip(homes, best, strict=True)):
            if home in (now, NEW) or home // problem.units not in problem.open_days[i]:
                continue
            state.move(i, home)
            tried = [*best[:i], home, *best[i + 1 :]]
            if not state.over and not faults(problem, tried):
                fresh = sum(cost(problem, tried).values())
                if fresh <= paid:
                    best, paid, again = tried, fresh, True
                    continue
            state.move(i, now)
    return tuple(best)


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
