"""First plans for several numbers of days: short annealings to see which is best, longer ones of the best.

They run in processes of their own, as Python runs on one core only; small problems stay in this one.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.start import anneal, least_days

_SMALL = 3.0
"""Seconds below which processes are not worth starting."""


@dataclass(frozen=True, slots=True)
class First:
    """An annealed plan: `over` minutes beyond the rules, `score` its cost with these as parts of a day."""

    slots: tuple[int, ...]
    cost: int
    over: int
    days: int
    score: float


def first_plans(
    problem: Problem,
    seconds: float,
    seed: int,
    workers: int,
    found: list[First],
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Add plans to `found` as they are made, so that what is there survives Ctrl-C."""
    low = least_days(problem)
    numbers = list(range(low, min(problem.days, low + 3) + 1))
    if problem.days not in numbers:
        numbers.append(problem.days)

    def say(what: str) -> None:
        if progress:
            progress(0, 1, what)

    if seconds < _SMALL or workers < 2 or len(problem.scenes) < 40:
        for i, days in enumerate(numbers):
            found.append(_one(problem, days, min(seconds, 10.0) / len(numbers), seed + i))
            say(f"{days} days")
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _quiet) as pool:
        try:
            short = 0.3 * seconds * workers / len(numbers)
            for made in as_completed([pool.submit(_one, problem, d, short, seed) for d in numbers]):
                found.append(made.result())
                say(f"{found[-1].days} days")
            best = sorted(found, key=lambda f: f.score)
            again = [best[0].days] * (workers - workers // 2) + [best[min(1, len(best) - 1)].days] * (
                workers // 2
            )
            if len(best) > 1 and best[1].score > 1.06 * best[0].score:
                again = [best[0].days] * workers
            jobs = [pool.submit(_one, problem, d, 0.7 * seconds, seed + 10 + i) for i, d in enumerate(again)]
            for made in as_completed(jobs):
                found.append(made.result())
                say(f"{found[-1].days} days")
        except BrokenProcessPool:
            # Processes cannot be had here: one after the other then.
            found.append(_one(problem, min(problem.days, low + 1), 0.5 * seconds, seed))
        except KeyboardInterrupt:
            for process in list((pool._processes or {}).values()):
                process.terminate()
            raise


def _one(problem: Problem, days: int, seconds: float, seed: int) -> First:
    slots, paid, over = anneal(problem, days, seconds, seed)
    if over:
        # Annealing may end with some minutes too many on a night; hot and strict, it is rid of them in no time.
        firm = anneal(problem, days, max(2.0, 0.3 * seconds), seed, slots, phase="firm")
        if not firm[2]:
            slots, paid, over = anneal(problem, days, 0.3 * seconds, seed, firm[0], phase="cool")
    part = 4 * problem.day_rate / max(1, problem.day_minutes)
    return First(tuple(slots), paid, over, days, paid + over * part)


def _quiet() -> None:
    """Ctrl-C is for the program that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
