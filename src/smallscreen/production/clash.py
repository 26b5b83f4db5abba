"""Why there is no plan: the hard rules of a shoot as a CP-SAT model without money (`solve.hard`).

    said = clashes(shoot, seconds=20)             # [] when a plan exists, None when it is not known

Each rule that a producer could bend (an actor's windows, a lock, the moves a day ...) hangs on a literal of its own.
Where no plan keeps all of them, literals are taken away as long as it stays impossible; what is left is a set in
which every rule is needed for the clash.
"""

from __future__ import annotations

import time

from smallscreen.production.clash_words import crowded, sentences
from smallscreen.production.shoot import Shoot
from smallscreen.production.solve.hard import Hard
from smallscreen.production.solve.problem import Problem

_PROBE = 5.0


def clashes(shoot: Shoot, seconds: float = 20.0, longer: Shoot | None = None) -> list[str] | None:
    """The smallest set found of rules that clash, in sentences; [] when a plan exists; None when time ran out.

    `longer` is the same shoot with more days than its rules allow, so that "too few days" can be told from the rest.
    """
    until = time.monotonic() + seconds
    plain = crowded(shoot)
    if plain:
        return plain
    there = Hard(shoot.problem).solve(min(_PROBE, seconds))
    if there is not None and there[0]:
        return []
    wide = longer or shoot
    model = Hard(wide.problem, bend=True, days=shoot.problem.days)
    core = model.core(sorted(model.groups, key=str), until)
    if core is None:
        return None
    return sentences(shoot, core)


def possible(problem: Problem, seconds: float) -> tuple[bool, list[int]] | None:
    """Whether there is a plan, and slots of one at any price; None when it is not known."""
    found = Hard(problem).solve(seconds)
    return None if found is None else (found[0], found[1])
