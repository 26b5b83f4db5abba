"""Large-neighbourhood search: annealing makes the first plans, CP-SAT betters parts of the best one.

    solution = solve(problem, seconds=60, progress=lambda done, total, what: ...)

Two searches run beside each other in threads, each on a part of the best plan that leaves some days, places or
actors open and all else as it is. Parts grow while they are solved to their end and shrink where they are not.
Everything that is given back went through the checker. Ctrl-C gives the best plan so far.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from smallscreen.production.solve.bound import Bound
from smallscreen.production.solve.checker import check, cost, faults
from smallscreen.production.solve.conflict import no_plan
from smallscreen.production.solve.cpsat import Part, soft_weight
from smallscreen.production.solve.first import First, first_plans
from smallscreen.production.solve.problem import Problem, Solution
from smallscreen.production.solve.state import State

Progress = Callable[[int, int, str], None]
KINDS = ("days", "places", "actors", "mixed")
_LONG = 4.0
"""Seconds that one part may take."""
_WHOLE = 60
"""Problems of so many scenes are also solved as a whole, which may prove them."""


@dataclass
class Search:
    """What the threads share: the best plan and its key."""

    problem: Problem
    slots: tuple[int, ...]
    best: tuple[int, int]
    until: float
    sizes: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)
    running: list[Part] = field(default_factory=list)
    rounds: int = 0
    better: int = 0
    homes: tuple[int, ...] | None = None
    penalty: int = 0
    budget: int = 0
    """So many scenes may leave home without penalty."""
    repair: bool = False
    """End as soon as every rule is kept."""
    log: list[tuple[str, int, str, float, int]] = field(default_factory=list)

    def key(self, slots: Sequence[int]) -> tuple[int, int]:
        """`key` with what it costs to leave home."""
        broken, paid = key(self.problem, slots)
        if self.homes is not None:
            away = sum(h >= 0 and h != s for h, s in zip(self.homes, slots, strict=True))
            paid += self.penalty * max(0, away - self.budget)
        return broken, paid

    def key_now(self) -> None:
        """Count the plan at the beginning."""
        self.best = self.key(self.slots)

    def offer(self, base: Sequence[int], slots: Sequence[int]) -> bool:
        """Take a plan that was made of `base`; where the best is another by now, its changes are tried on that."""
        with self.lock:
            for tried in (
                tuple(slots),
                tuple(y if x != y else z for x, y, z in zip(base, slots, self.slots, strict=True)),
            ):
                fresh = self.key(tried)
                if fresh <= self.best:
                    won = fresh < self.best
                    self.better += won
                    self.slots, self.best = tried, fresh
                    return won
        return False


def key(problem: Problem, slots: Sequence[int]) -> tuple[int, int]:
    """How good a plan is: whether a rule is broken, then its cost with the minutes beyond the rules."""
    paid = sum(cost(problem, slots).values())
    if not faults(problem, slots):
        return 0, paid
    return 1, paid + soft_weight(problem) * State(problem, slots).over


def improve(search: Search, workers: int = 2, seed: int = 1, progress: Progress | None = None) -> bool:
    """Better the plan until its time is over; True where Ctrl-C ended it."""
    threads = [
        threading.Thread(target=_work, args=(search, random.Random(seed * 100 + n)), daemon=True)
        for n in range(workers)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    stopped = False
    try:
        while any(t.is_alive() for t in threads) and time.monotonic() < search.until:
            time.sleep(0.1)
            if progress:
                total = max(1, round(search.until - began))
                progress(
                    min(total, round(time.monotonic() - began)),
                    total,
                    f"{search.problem.money(search.best[1]):,}",
                )
    except KeyboardInterrupt:
        stopped = True
    search.stop.set()
    with search.lock:
        for part in search.running:
            if part.solver is not None:
                part.solver.stop_search()
    for thread in threads:
        thread.join(timeout=5)
    return stopped


def _work(search: Search, rng: random.Random) -> None:
    while not search.stop.is_set():
        left = search.until - time.monotonic()
        if left < 0.3 or (search.repair and not search.best[0]):
            return
        with search.lock:
            base = search.slots
        # Where rules are broken, days that are too full come first.
        full: list[int] = []
        if search.best[0]:
            full = [s for s, short in enumerate(State(search.problem, base).short) if short]
        kind = "days" if full and rng.random() < 0.6 else rng.choice(KINDS)
        size = search.sizes.setdefault(kind, 60.0)
        choices = neighbourhood(search.problem, base, kind, int(size), rng, full)
        if not choices:
            search.sizes[kind] = min(size * 1.3, 5_000)
            search.rounds += 1
            if search.rounds > 200 and not search.better:
                return
            continue
        t0 = time.monotonic()
        part = Part(search.problem, base, choices, search.homes, search.penalty, search.budget)
        with search.lock:
            search.running.append(part)
        found = part.solve(min(_LONG, max(0.1, search.until - time.monotonic())), 1, rng.randrange(2**30))
        with search.lock:
            search.running.remove(part)
        before = search.best[1]
        won = found is not None and search.offer(base, found)
        search.rounds += 1
        search.log.append((kind, len(part.x), part.status, time.monotonic() - t0, search.best[1] - before))
        # Solved to its end: the next one may be larger.
        quick = part.status == "optimal" and time.monotonic() - t0 < _LONG / 2
        search.sizes[kind] = min(5_000.0, size * 1.08) if quick else size if won else max(20.0, size * 0.93)


def neighbourhood(
    problem: Problem,
    slots: Sequence[int],
    kind: str,
    size: int,
    rng: random.Random,
    full: Sequence[int] = (),
) -> dict[int, list[int]]:
    """Scenes that may move and where to, about `size` * 10 pairs of them; one of the `full` days is among them."""
    p = problem
    room = size * 10
    used = sorted(set(slots))
    here: dict[int, list[int]] = {s: [] for s in used}
    for i, slot in enumerate(slots):
        here[slot].append(i)
    # Now and then one day more than the plan has.
    days_open = min(p.days, max(slots) // p.units + 1 + (rng.random() < 0.15))
    every = [d * p.units + u for d in range(days_open) for u in range(p.units)]
    choices: dict[int, list[int]] = {}
    pairs = 0

    def let(i: int, among: Sequence[int]) -> None:
        nonlocal pairs
        open_ = set(p.open_days[i])
        options = [s for s in among if s // p.units in open_]
        if i not in choices and (len(options) > 1 or (options and options[0] != slots[i])):
            choices[i] = options if slots[i] in options else [*options, slots[i]]
            pairs += len(choices[i])

    if kind == "days":
        rng.shuffle(used)
        if full:
            begin = rng.choice(full)
            used = [begin, *(s for s in used if s != begin)]
        if rng.random() < 0.4:
            near = used[0]
            used = sorted(used, key=lambda s: abs(s - near))
        days: list[int] = []
        for slot in used:
            count = sum(len(here[s]) for s in days) + len(here[slot])
            if len(days) >= 2 and count * (len(days) + 1) > room:
                break
            days.append(slot)
        for slot in days:
            for i in here[slot]:
                let(i, days)
        return choices
    if kind == "mixed":
        days = rng.sample(every, min(len(every), rng.randint(4, 7)))
        group = [i for i in range(len(slots)) if slots[i] in days]
    else:
        days = every
        group = list(range(len(slots)))
    by: dict[int, list[int]] = {}
    for i in group:
        s = p.scenes[i]
        for g in s.cast if kind == "actors" or (kind == "mixed" and rng.random() < 0.5) else (-1 - s.place,):
            by.setdefault(g, []).append(i)
    groups = sorted(by)
    rng.shuffle(groups)
    for g in groups:
        if pairs + len(by[g]) * len(days) > room * (1.5 if not pairs else 1.0):
            continue
        for i in by[g]:
            let(i, days)
    return choices


def solve(
    problem: Problem,
    seconds: float = 60.0,
    seed: int = 1,
    workers: int = 2,
    progress: Progress | None = None,
    bound_share: float = 0.35,
) -> Solution:
    """The best plan within the time, and a bound. UserError, with the rules that clash, where no plan was found.

    For the last `bound_share` of the time one search less runs and the bound is looked for beside the others; with
    one worker, and for small problems, a fifth at the end is the bound's. Ctrl-C gives the best plan so far, if any.
    """
    began = time.monotonic()
    until = began + seconds
    if any(not days for days in problem.open_days):
        raise no_plan(problem, seconds=min(10.0, seconds))
    bounding = Bound(problem)
    stopped = False
    found: list[First] = []
    try:
        first_plans(problem, min(40.0, 0.3 * seconds), seed, workers, found, progress)
    except KeyboardInterrupt:
        stopped = True
    if not found:
        raise KeyboardInterrupt
    found.sort(key=lambda f: f.score)
    reserve = min((f for f in found if not f.over), key=lambda f: f.cost, default=None)
    slots = found[0].slots
    beside = workers > 1 and len(problem.scenes) > _WHOLE
    share = bound_share if beside else 0.2
    search = Search(problem, tuple(slots), key(problem, slots), until - share * seconds)
    end = search.until
    if search.best[0] and reserve is not None:
        # So few days may be too few: a third of the time to keep the rules, else the plan with more days is bettered.
        search.until = time.monotonic() + (end - time.monotonic()) / 3
        search.repair = True
    if not stopped:
        stopped = improve(search, workers, seed, progress)
    if not stopped and search.repair:
        if search.best[0] and reserve is not None:
            search = Search(problem, reserve.slots, key(problem, reserve.slots), end)
        else:
            search.until, search.repair = end, False
            search.stop.clear()
        stopped = improve(search, workers, seed + 1, progress)
    if search.best[0] and not stopped and len(problem.scenes) <= 400:
        # Something small but tight: the whole model may still place it.
        part = Part(problem, search.slots, {i: every_slot(problem, i) for i in range(len(problem.scenes))})
        whole = part.solve(max(1.0, until - time.monotonic()), workers)
        if whole is not None:
            search.offer(search.slots, whole)
    if beside and not stopped and not search.best[0]:
        days = [f.slots for f in found if not f.over]
        stopped = _beside(search, bounding, until, workers - 1, seed + 2, days, progress)
    best = search.slots
    if search.best[0]:
        if reserve is None and stopped:
            raise KeyboardInterrupt
        if reserve is None:
            raise no_plan(problem, seconds=max(5.0, min(20.0, 0.3 * seconds)))
        best = tuple(reserve.slots)
    elif reserve is not None and reserve.cost < search.best[1]:
        best = tuple(reserve.slots)
    made = check(problem, best)
    low = bounding.value
    if len(problem.scenes) <= _WHOLE and not stopped:
        low = max(low, whole_bound(problem, best, max(0.5, until - time.monotonic()), workers, search))
        if key(problem, search.slots) < (0, made.total):
            made = check(problem, search.slots)
    if low < made.total and not stopped and (not beside or not bounding.rounds):
        try:
            low = max(low, bounding.run(max(0.5, until - time.monotonic()), best=made.total, plans=[best]))
        except KeyboardInterrupt:
            stopped = True
            low = max(low, bounding.value)
    return replace(made, bound=min(low, made.total), seconds=time.monotonic() - began, stopped=stopped)


def _beside(
    search: Search,
    bounding: Bound,
    until: float,
    workers: int,
    seed: int,
    plans: Sequence[Sequence[int]],
    progress: Progress | None,
) -> bool:
    """Go on with fewer searches while the bound is looked for; True where Ctrl-C ended it."""
    left, halt = until - time.monotonic(), threading.Event()
    paid = search.best[1]
    thread = threading.Thread(
        target=lambda: bounding.run(left, best=paid, plans=[search.slots, *plans], stop=halt.is_set),
        daemon=True,
    )
    thread.start()
    search.until = until - 0.2
    search.stop.clear()
    stopped = improve(search, workers, seed, progress)
    if stopped:
        halt.set()
        bounding.interrupt()
    try:
        thread.join(timeout=5.0)
    except KeyboardInterrupt:
        stopped = True
    return stopped


def every_slot(problem: Problem, i: int) -> list[int]:
    """Where a scene may be by its own windows."""
    return [d * problem.units + u for d in problem.open_days[i] for u in range(problem.units)]


def whole_bound(problem: Problem, slots: Sequence[int], seconds: float, workers: int, search: Search) -> int:
    """Solve all of a small problem at once: its bound is exact, and it may better the plan."""
    part = Part(problem, slots, {i: every_slot(problem, i) for i in range(len(problem.scenes))})
    found = part.solve(0.7 * seconds, workers)
    if found is not None:
        search.offer(slots, found)
    return max(0, math.ceil(part.bound - 1e-6)) if found is not None and not part.soft else 0
