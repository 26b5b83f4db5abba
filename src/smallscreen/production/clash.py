"""Why there is no plan, and the plan that moves least: the hard rules of a shoot as a CP-SAT model without money.

    said = clashes(shoot, seconds=20)             # [] when a plan exists, None when it is not known
    slots = least_moved(shoot.problem, old, seconds=5)

Each rule that a producer could bend (an actor's windows, a lock, the moves a day ...) hangs on a literal of its own.
Where no plan keeps all of them, literals are taken away as long as it stays impossible; what is left is a set in
which every rule is needed for the clash.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from smallscreen.production.clash_words import crowded, sentences
from smallscreen.production.shoot import Shoot
from smallscreen.production.solve.problem import Problem, inside
from smallscreen.production.solve.tool import cp_model

Group = tuple[Any, ...]
"""A rule that can be bent: ("actor", 3), ("lock", 12), ("moves",), ("scene", 5) and so on."""
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


def least_moved(problem: Problem, old: Sequence[int | None], seconds: float) -> tuple[list[int], bool] | None:
    """Slots that keep every rule and leave as many scenes as possible on their old slot; and whether fewer is impossible.

    `old` is None for a scene that has none. None where no plan was found. Among those that move equally few, one
    with few further days, places and actors' days is preferred.
    """
    until = time.monotonic() + seconds
    near = _near(problem, old)
    quick = Hard(problem, old=old, choices=near).solve(0.35 * seconds) if near else None
    begin = quick[1] if quick and quick[0] else None
    model = Hard(problem, old=old, begin=begin)
    found = model.solve(max(0.3, 0.7 * (until - time.monotonic())))
    if found and found[0]:
        begin, best = found[1], found[2]
    elif begin is None:
        return None
    else:
        best = False
    model.cheaper(begin)
    again = model.solve(max(0.3, until - time.monotonic()))
    return (again[1] if again and again[0] else begin), best


def _near(problem: Problem, old: Sequence[int | None]) -> list[list[int]] | None:
    """Few days for each scene: those that must move go anywhere, the others stay, or go where room was left.

    None where that is no smaller than everything. A large shoot finds a first plan in a moment this way.
    """
    p = problem
    if len(p.scenes) * p.days < 1_000:
        return None
    forced = {i for i, k in enumerate(old) if k is None or k // p.units not in p.open_days[i]}
    used = {k // p.units for i, k in enumerate(old) if k is not None and i not in forced}
    left = {k // p.units for i in forced if (k := old[i]) is not None}
    room = left | {d for d in range(p.days) if d not in used}
    out = []
    for i, k in enumerate(old):
        mine = p.open_days[i]
        out.append([d for d in mine if i in forced or k is None or d == k // p.units or d in room])
    return out


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
        self.p, self.bend, self.old, self.begin = problem, bend, old, begin
        self.choices = problem.open_days if choices is None else choices
        self.days = problem.days if days is None else days
        self.model = cp_model().CpModel()
        self.groups: dict[Group, Any] = {}
        self._scenes()
        self._days()
        self._actors()
        self._order()
        if old is not None:
            self._stay(old)

    def solve(self, seconds: float) -> tuple[bool, list[int], bool] | None:
        """Whether there is a plan, its slots, whether it is proved best; None when the time was over before."""
        solver = self._solver(seconds)
        status = solver.status_name(solver.solve(self.model))
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

    def _solver(self, seconds: float) -> Any:
        solver = cp_model().CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, seconds)
        # A core of assumptions comes of one worker only.
        solver.parameters.num_workers = 1 if self.bend else 2
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
        self.at: dict[tuple[int, int], Any] = {}
        night = {k: model.new_bool_var(f"n{k}") for k in by_slot}
        for k, members in by_slot.items():
            places = sorted({p.scenes[i].place for i in members})
            for r in places:
                self.at[r, k] = model.new_bool_var(f"p{r}_{k}")
                for i in members:
                    if p.scenes[i].place == r:
                        model.add_implication(self.x[i, k], self.at[r, k])
            stops = sum(self.at[r, k] for r in places)
            tired = p.turnaround * night[k - p.units] if k - p.units in night else 0
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
        self.works: dict[tuple[int, int], Any] = {}
        by: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for i, slot in self.x:
            for a in p.scenes[i].cast:
                by[a, slot // p.units, slot % p.units].append(i)
        units: dict[tuple[int, int], list[Any]] = defaultdict(list)
        minutes: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for (a, d, u), members in by.items():
            if self.old is not None and (a, d) not in self.works:
                self.works[a, d] = model.new_bool_var(f"w{a}_{d}")
            there = model.new_bool_var(f"y{a}_{d}_{u}") if p.units > 1 else None
            for i in members:
                var = self.x[i, d * p.units + u]
                if there is not None:
                    model.add_implication(var, there)
                if self.old is not None:
                    model.add_implication(var, self.works[a, d])
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
        """Move least. The money counted for `cheaper` is that of days, places and actors' days, not of waiting."""
        p, model = self.p, self.model
        opened = {d: model.new_bool_var(f"o{d}") for d in range(p.days)}
        for (_, k), v in self.at.items():
            model.add_implication(v, opened[k // p.units])
        for d in range(p.days - 1):
            model.add_implication(opened[d + 1], opened[d])  # paid from the first day to the last
        self.money = [p.day_rate * v for v in opened.values()]
        self.money += [p.places[r].rate * v for (r, _), v in self.at.items()]
        self.money += [p.actors[a].rate * v for (a, _), v in self.works.items()]
        self.stay = [self.x[i, k] for i, k in enumerate(old) if k is not None and (i, k) in self.x]
        hint = old if self.begin is None else self.begin
        for (i, k), v in self.x.items():
            model.add_hint(v, k == hint[i])
        model.maximize(sum(self.stay))

    def cheaper(self, slots: Sequence[int]) -> None:
        """From now on: as many scenes stay as in `slots`, and what is counted of the money is least."""
        model = self.model
        stayed = sum(k == slots[i] for i, k in enumerate(self.old or ()))
        model.add(sum(self.stay) >= stayed)
        model.clear_hints()
        for (i, k), v in self.x.items():
            model.add_hint(v, k == slots[i])
        model.minimize(sum(self.money))
