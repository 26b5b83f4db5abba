"""How few scenes must move after a change: the hard rules as a mixed integer program, solved by SCIP.

    model = Least(problem, old, begin=slots)        # begin: a plan to start from
    slots = model.solve(5)                          # None where none was found
    model.at_least                                  # no plan moves fewer, proved, however early it ended

Moved scenes are counted, money is not. The linear relaxation of this is strong: on a shoot of 480 scenes it is
within some scenes of the optimum at once, where CP-SAT (`hard`) is stuck for minutes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from smallscreen.production.solve.checker import day_uses
from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.tool import pywraplp

_OPTIMAL, _FEASIBLE = 0, 1


class Least:
    """The model. `old`: the slot of every scene before (-1: none); `choices`: days that each may go to, else all open."""

    def __init__(
        self,
        problem: Problem,
        old: Sequence[int],
        choices: Sequence[Sequence[int]] | None = None,
        begin: Sequence[int] | None = None,
    ) -> None:
        self.p, self.old = problem, old
        self.solver = pywraplp().Solver.CreateSolver("SCIP")
        self.x: dict[tuple[int, int], Any] = {}
        self.at: dict[tuple[int, int], Any] = {}
        self.night: dict[int, Any] = {}
        self.at_least = 0
        choices = problem.open_days if choices is None else choices
        self.mine: list[list[int]] = [
            [d * problem.units + u for d in days for u in range(problem.units)] for days in choices
        ]
        self._scenes()
        self._days()
        self._actors()
        self._order()
        stay = [self.x[i, h] for i, h in enumerate(old) if (i, h) in self.x]
        self.solver.Maximize(sum(stay))
        if begin is not None:
            self._hint(begin)

    def solve(self, seconds: float) -> tuple[int, ...] | None:
        """Slots that keep the rules and move as few as were found; `at_least` is what was proved."""
        solver = self.solver
        solver.SetTimeLimit(int(max(100, seconds * 1000)))
        status = solver.Solve()
        if status not in (_OPTIMAL, _FEASIBLE):
            return None
        most = solver.Objective().BestBound()
        if math.isfinite(most):
            self.at_least = max(0, len(self.p.scenes) - math.floor(most + 1e-6))
        slots = [0] * len(self.p.scenes)
        for (i, slot), var in self.x.items():
            if var.solution_value() > 0.5:
                slots[i] = slot
        return tuple(slots)

    def interrupt(self) -> None:
        """End the search, from another thread."""
        self.solver.InterruptSolve()

    def _scenes(self) -> None:
        for i, slots in enumerate(self.mine):
            for slot in slots:
                self.x[i, slot] = self.solver.BoolVar("")
            self.solver.Add(sum(self.x[i, slot] for slot in slots) == 1)

    def _days(self) -> None:
        p, solver = self.p, self.solver
        by: dict[int, list[int]] = defaultdict(list)
        for i, slot in self.x:
            by[slot].append(i)
        self.night = {slot: solver.BoolVar("") for slot in sorted(by)}
        for slot, members in sorted(by.items()):
            for i in members:
                place = p.scenes[i].place
                if (place, slot) not in self.at:
                    self.at[place, slot] = solver.BoolVar("")
                solver.Add(self.x[i, slot] <= self.at[place, slot])
            stops = sum(self.at[r, slot] for r in {p.scenes[i].place for i in members})
            night = self.night[slot]
            tired: Any = 0
            if slot - p.units in self.night:
                tired = p.rests[slot // p.units] * self.night[slot - p.units]
            sums: dict[str, Any] = {"N": 0, "D": 0, "A": 0}
            for time in sums:
                terms = [p.scenes[i].minutes * self.x[i, slot] for i in members if p.times[i] == time]
                sums[time] = sum(terms) if terms else 0
            longer = (p.night_minutes + p.overtime_max) * night
            solver.Add(sum(sums.values()) <= p.day_minutes - p.move_minutes * (stops - 1) - tired + longer)
            for i in members:
                if p.times[i] == "N":
                    solver.Add(self.x[i, slot] <= night)
            if not isinstance(sums["N"], int):
                solver.Add(sums["N"] <= p.night_minutes * night)
            if not isinstance(sums["D"], int):
                solver.Add(sums["D"] <= p.day_minutes - tired)
            if p.most_moves is not None:
                solver.Add(stops <= p.most_moves + 1)

    def _actors(self) -> None:
        """A minor's minutes; one unit a day."""
        p, solver = self.p, self.solver
        by: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, slot in self.x:
            for a in p.scenes[i].cast:
                by[a, slot // p.units][slot].append(i)
        for (a, _), slots in by.items():
            most = p.actors[a].most_minutes
            if most is not None:
                solver.Add(
                    sum(p.scenes[i].minutes * self.x[i, s] for s, some in slots.items() for i in some) <= most
                )
            if len(slots) > 1:
                there = []
                for slot, some in slots.items():
                    there.append(solver.BoolVar(""))
                    for i in some:
                        solver.Add(self.x[i, slot] <= there[-1])
                solver.Add(sum(there) <= 1)

    def _order(self) -> None:
        p, nothing = self.p, self.solver.NumVar(0, 0, "")

        def by(i: int, day: int) -> Any:
            return sum((self.x[i, s] for s in self.mine[i] if s // p.units <= day), nothing)

        for i, scene in enumerate(p.scenes):
            for j in scene.after:
                for day in range(p.days - 1):
                    self.solver.Add(by(i, day) <= by(j, day))

    def _hint(self, begin: Sequence[int]) -> None:
        p = self.p
        used = {(s.place, slot) for s, slot in zip(p.scenes, begin, strict=True)}
        dark = {u.day * p.units + u.unit for u in day_uses(p, begin) if u.night}
        hints = [(v, begin[i] == slot) for (i, slot), v in self.x.items()]
        hints += [(v, key in used) for key, v in self.at.items()]
        hints += [(v, slot in dark) for slot, v in self.night.items()]
        self.solver.SetHint([v for v, _ in hints], [float(x) for _, x in hints])
