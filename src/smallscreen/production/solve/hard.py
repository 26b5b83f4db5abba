"""The hard rules of a shoot as a model of CP-SAT without money: is there a plan, what clashes, what must move.

found = Hard(problem).solve(5)                    # (there is one, slots, proved), None: not known
model = Hard(problem, bend=True)                  # every rule that can be bent hangs on a literal
model.core(list(model.groups), until)             # rules that cannot all be kept
Hard(problem, old=slots).solve(5)                 # as many scenes as possible stay on their slot
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from smallscreen.production.solve.problem import Problem, inside
from smallscreen.production.solve.tool import cp_model

Group = tuple[Any, ...]
"""A rule that can be bent: ("actor", 3), ("lock", 12), ("moves",), ("scene", 5) and so on."""
_PROBE = 5.0


class Hard:
    """The model. `groups` are the literals by rule where rules can be bent (`bend`), else none."""

    def __init__(
        self,
        problem: Problem,
        bend: bool = False,
        days: int | None = None,
        old: Sequence[int | None] | None = None,
        choices: Sequence[Sequence[int]] | None = None,
        begin: Sequence[int] | None = None,
    ) -> None:
        self.p, self.bend, self.begin = problem, bend, begin
        self.choices = problem.open_days if choices is None else choices
        self.days = problem.days if days is None else days
        self.model = cp_model().CpModel()
        self.groups: dict[Group, Any] = {}
        self.stayed = len(problem.scenes)
        self._scenes()
        self._days()
        self._actors()
        self._order()
        if old is not None:
            self._stay(old)

    def solve(self, seconds: float, workers: int = 2) -> tuple[bool, list[int], bool] | None:
        """Whether there is a plan, its slots, whether it is proved best; None when the time was over before.

        Where scenes should stay, `stayed` is how many of them can at most.
        """
        solver = self._solver(seconds, workers)
        status = solver.status_name(solver.solve(self.model))
        self.stayed = (
            int(solver.best_objective_bound) if status in ("OPTIMAL", "FEASIBLE") else len(self.p.scenes)
        )
        if status == "INFEASIBLE":
            return False, [], True
        if status not in ("OPTIMAL", "FEASIBLE"):
            return None
        slots = [0] * len(self.p.scenes)
        for (i, slot), var in self.x.items():
            if solver.boolean_value(var):
                slots[i] = slot
        return True, slots, status == "OPTIMAL"

    def core(self, groups: Sequence[Group], until: float) -> list[Group] | None:
        """Rules that cannot all be kept and of which none can be spared; None when that was not proved in time."""
        core = self._clash(groups, until)
        if core is None:
            return None
        # Take away as many at once as can be: halves first, at last one by one.
        step = max(1, len(core) // 2)
        while True:
            at = 0
            while at < len(core) and time.monotonic() < until:
                rest = core[:at] + core[at + step :]
                smaller = self._clash(rest, until)
                if smaller is None:
                    at += step
                else:
                    core = [g for g in rest if g in smaller]
                    at = min(at, len(core))
            if step == 1 or time.monotonic() >= until:
                return core
            step = max(1, min(step // 2, len(core) // 2))

    # --- the model ---------------------------------------------------------------------------

    def _clash(self, groups: Sequence[Group], until: float) -> list[Group] | None:
        """Those of the rules that the solver needed for its proof; None when they can be kept or time ran out."""
        left = until - time.monotonic()
        if left <= 0:
            return None
        self.model.clear_assumptions()
        self.model.add_assumptions([self.groups[g] for g in groups])
        solver = self._solver(min(_PROBE, left))
        if solver.status_name(solver.solve(self.model)) != "INFEASIBLE":
            return None
        needed = set(solver.sufficient_assumptions_for_infeasibility())
        return [g for g in groups if self.groups[g].index in needed]

    def _solver(self, seconds: float, workers: int = 2) -> Any:
        solver = cp_model().CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, seconds)
        # A core of assumptions comes of one worker only.
        solver.parameters.num_workers = 1 if self.bend else workers
        solver.parameters.random_seed = 1
        # OR-tools would take Ctrl-C away from Python, for good.
        solver.parameters.catch_sigint_signal = False
        return solver

    def _rule(self, *group: Any) -> list[Any]:
        """The literal that a rule hangs on, [] where it cannot be bent."""
        if not self.bend:
            return []
        if group not in self.groups:
            self.groups[group] = self.model.new_bool_var(str(group))
        return [self.groups[group]]

    def _keep(self, constraint: Any, *group: Any) -> None:
        literals = self._rule(*group)
        if literals:
            constraint.only_enforce_if(literals)

    def _scenes(self) -> None:
        p, model = self.p, self.model
        self.x: dict[tuple[int, int], Any] = {}
        for i, s in enumerate(p.scenes):
            days = range(p.days) if self.bend else self.choices[i]
            mine = [
                self.x.setdefault((i, d * p.units + u), model.new_bool_var(f"x{i}_{d}_{u}"))
                for d in days
                for u in range(p.units)
            ]
            if not self.bend:
                model.add_exactly_one(mine)
                continue
            model.add_at_most_one(mine)
            self._keep(model.add_bool_or(mine), "scene", i)
            for d in range(p.days):
                here = [self.x[i, d * p.units + u] for u in range(p.units)]
                if d >= self.days:
                    self._keep(model.add(sum(here) == 0), "days")
                if s.locked is not None and d != s.locked:
                    self._keep(model.add(sum(here) == 0), "lock", i)
                if not inside(d, p.places[s.place].windows):
                    self._keep(model.add(sum(here) == 0), "place", s.place)
                for a in s.cast:
                    if not inside(d, p.actors[a].windows):
                        self._keep(model.add(sum(here) == 0), "actor", a)
            if s.time == "N" and not p.places[s.place].night_ok:
                self._keep(model.add(sum(mine) == 0), "dark", s.place)

    def _days(self) -> None:
        p, model = self.p, self.model
        by_slot: dict[int, list[int]] = defaultdict(list)
        for i, slot in self.x:
            by_slot[slot].append(i)
        night = {k: model.new_bool_var(f"n{k}") for k in by_slot}
        for k, members in by_slot.items():
            places = sorted({p.scenes[i].place for i in members})
            at = {r: model.new_bool_var(f"p{r}_{k}") for r in places}
            for i in members:
                model.add_implication(self.x[i, k], at[p.scenes[i].place])
            stops = sum(at.values())
            tired = p.rests[k // p.units] * night[k - p.units] if k - p.units in night else 0
            total = sum(p.scenes[i].minutes * self.x[i, k] for i in members)
            room = p.day_minutes - p.move_minutes * (stops - 1) - tired + p.night_minutes * night[k]
            # Overtime comes after the night block, so a day that needs it has used its night.
            over = p.overtime_max * night[k]
            self._keep(model.add(total <= room + over), "day")
            dark = [i for i in members if p.times[i] == "N"]
            light = [i for i in members if p.times[i] == "D"]
            for i in dark:
                model.add_implication(self.x[i, k], night[k])
            if dark:
                minutes = sum(p.scenes[i].minutes * self.x[i, k] for i in dark)
                self._keep(model.add(minutes <= p.night_minutes), "night")
            if light:
                minutes = sum(p.scenes[i].minutes * self.x[i, k] for i in light)
                self._keep(model.add(minutes <= p.day_minutes - tired), "light")
            if p.most_moves is not None:
                self._keep(model.add(stops <= p.most_moves + 1), "moves")

    def _actors(self) -> None:
        p, model = self.p, self.model
        by: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for i, slot in self.x:
            for a in p.scenes[i].cast:
                by[a, slot // p.units, slot % p.units].append(i)
        units: dict[tuple[int, int], list[Any]] = defaultdict(list)
        minutes: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for (a, d, u), members in by.items():
            there = model.new_bool_var(f"y{a}_{d}_{u}") if p.units > 1 else None
            for i in members:
                var = self.x[i, d * p.units + u]
                if there is not None:
                    model.add_implication(var, there)
                minutes[a, d].append(p.scenes[i].minutes * var)
            if there is not None:
                units[a, d].append(there)
        for (a, _), flags in units.items():
            self._keep(
                model.add_at_most_one(flags) if not self.bend else model.add(sum(flags) <= 1), "units", a
            )
        for (a, _), parts in minutes.items():
            most = p.actors[a].most_minutes
            if most is not None:
                self._keep(model.add(sum(parts) <= most), "minor", a)

    def _order(self) -> None:
        p, model = self.p, self.model

        def by(i: int, day: int) -> Any:
            return sum(v for (j, k), v in self.mine[i] if k // p.units <= day)

        self.mine: dict[int, list[tuple[tuple[int, int], Any]]] = defaultdict(list)
        for at, v in self.x.items():
            self.mine[at[0]].append((at, v))
        for i, s in enumerate(p.scenes):
            for j in s.after:
                for day in range(p.days - 1):
                    self._keep(model.add(by(i, day) <= by(j, day)), "after", i, j)

    def _stay(self, old: Sequence[int | None]) -> None:
        """Move least."""
        stay = [self.x[i, k] for i, k in enumerate(old) if k is not None and (i, k) in self.x]
        hint = old if self.begin is None else self.begin
        for (i, k), v in self.x.items():
            self.model.add_hint(v, k == hint[i])
        self.model.maximize(sum(stay))
