"""An impossible shoot: the smallest set of clashing rules that was found, in words.

Every rule gets a switch that is assumed to be on; CP-SAT names switches that cannot all be on, and these are taken
away one by one while the rest still clashes (a deletion filter). Locks, windows, order, day length, night blocks,
minors' hours, moves and the number of days are such rules.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

from smallscreen.errors import UserError
from smallscreen.production.solve.problem import Problem, inside
from smallscreen.production.solve.tool import cp_model


def no_plan(problem: Problem, seconds: float = 10.0) -> UserError:
    """The error to raise where there is no plan, or none was found."""
    clash = find_conflict(problem, seconds)
    name = problem.name or "The shoot"
    if clash is None:
        return UserError(f"{name}: no plan was found within the time; give more --seconds, or more days.")
    return UserError(f"{name}: there is no plan, as these clash: {'; '.join(clash)}; change one of them.")


def find_conflict(problem: Problem, seconds: float = 10.0) -> list[str] | None:
    """Rules that cannot be kept together, as few as were found; None where a plan exists or nothing was proved."""
    until = time.monotonic() + seconds
    nowhere = [s for s, days in zip(problem.scenes, problem.open_days, strict=True) if not days]
    if nowhere:
        # One scene that has no day is enough, however large the shoot.
        problem = replace(problem, scenes=(replace(nowhere[0], after=()),))
    rules = _Rules(problem)
    core = rules.clash(None, until)
    if core is None:
        return None
    for rule in sorted(core):
        if time.monotonic() > until:
            break
        if rule in core:
            smaller = rules.clash(core - {rule}, until)
            core = smaller if smaller is not None else core
    return [rules.words[i] for i in sorted(core)]


class _Rules:
    """The model of all rules with a switch for each; no cost."""

    def __init__(self, problem: Problem) -> None:
        self.p = problem
        self.words: list[str] = []
        self.model = cp_model().CpModel()
        self.switches: list[Any] = []
        self._build()

    def clash(self, among: set[int] | None, until: float) -> set[int] | None:
        """A set of rules among these that cannot be kept together; None where they can or nothing was proved."""
        module = cp_model()
        self.model.clear_assumptions()
        chosen = set(range(len(self.switches))) if among is None else among
        self.model.add_assumptions([self.switches[i] for i in sorted(chosen)])
        solver = module.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, until - time.monotonic())
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False
        if solver.solve(self.model) != module.INFEASIBLE:
            return None
        index = {v.index: i for i, v in enumerate(self.switches)}
        return {index[i] for i in solver.sufficient_assumptions_for_infeasibility() if i in index} or chosen

    def _rule(self, words: str) -> Any:
        switch = self.model.new_bool_var(words[:40])
        self.words.append(words)
        self.switches.append(switch)
        return switch

    def _build(self) -> None:
        p, model = self.p, self.model
        x = [[model.new_bool_var("") for _ in range(p.slots)] for _ in p.scenes]
        for row in x:
            model.add_exactly_one(row)
        on = [[sum(row[d * p.units : (d + 1) * p.units]) for d in range(p.days)] for row in x]
        for a, actor in enumerate(p.actors):
            mine = [i for i, s in enumerate(p.scenes) if a in s.cast]
            if not mine:
                continue
            out = [d for d in range(p.days) if not inside(d, actor.windows)]
            if out:
                free = self._rule(f"{actor.name} can work on {_spans(actor.windows)} only")
                model.add(sum(on[i][d] for i in mine for d in out) == 0).only_enforce_if(free)
            if actor.most_minutes is not None:
                minor = self._rule(f"{actor.name} works at most {actor.most_minutes} minutes a day")
                for d in range(p.days):
                    spent = sum(p.scenes[i].minutes * on[i][d] for i in mine)
                    model.add(spent <= actor.most_minutes).only_enforce_if(minor)
        self._of_scenes(on)
        self._of_days(x)

    def _of_scenes(self, on: list[list[Any]]) -> None:
        p, model = self.p, self.model
        for i, s in enumerate(p.scenes):
            early = [d for d in range(p.days) if d < s.first or (s.last is not None and d > s.last)]
            if early:
                last = p.days - 1 if s.last is None else s.last
                own = self._rule(f"scene {s.id} is shot on days {s.first} to {last}")
                model.add(sum(on[i][d] for d in early) == 0).only_enforce_if(own)
            if s.locked is not None:
                lock = self._rule(f"scene {s.id} is locked to day {s.locked}")
                if s.locked < p.days:
                    model.add(on[i][s.locked] == 1).only_enforce_if(lock)
                else:
                    model.add_bool_or([lock.negated()])
            for j in s.after:
                order = self._rule(f"scene {s.id} follows {p.scenes[j].id}")
                for d in range(p.days):
                    model.add(sum(on[i][: d + 1]) <= sum(on[j][: d + 1])).only_enforce_if(order)
            if s.time == "N" and not p.places[s.place].night_ok:
                never = self._rule(
                    f"scene {s.id} is a night scene at {p.places[s.place].name}, which has no nights"
                )
                model.add_bool_or([never.negated()])

    def _of_days(self, x: list[list[Any]]) -> None:
        p, model = self.p, self.model
        at: dict[int, list[int]] = defaultdict(list)
        for i, s in enumerate(p.scenes):
            at[s.place].append(i)
        for place, members in at.items():
            out = [d for d in range(p.days) if not inside(d, p.places[place].windows)]
            if out:
                there = self._rule(
                    f"{p.places[place].name} is free on {_spans(p.places[place].windows)} only"
                )
                shut = [x[i][d * p.units + u] for i in members for d in out for u in range(p.units)]
                model.add(sum(shut) == 0).only_enforce_if(there)
        length = self._rule(
            f"there are {p.days} days of {p.day_minutes} minutes, {p.night_minutes} at night and {p.overtime_max} overtime"
        )
        block = self._rule(f"night scenes of a day fit in {p.night_minutes} minutes")
        light = self._rule(f"day scenes of a day fit in {p.day_minutes} minutes")
        few = None if p.most_moves is None else self._rule(f"a day has at most {p.most_moves} moves")
        nights: list[Any] = []
        for slot in range(p.slots):
            night = model.new_bool_var("")
            tired = p.rests[slot // p.units] * nights[slot - p.units] if slot >= p.units else 0
            nights.append(night)
            here = []
            for members in at.values():
                var = model.new_bool_var("")
                model.add_max_equality(var, [x[i][slot] for i in members])
                here.append(var)
            busy = model.new_bool_var("")
            model.add_max_equality(busy, here)
            moves = sum(here) - busy
            total = sum(s.minutes * x[i][slot] for i, s in enumerate(p.scenes))
            holds = (
                p.day_minutes - p.move_minutes * moves - tired + (p.night_minutes + p.overtime_max) * night
            )
            model.add(total <= holds).only_enforce_if([length, busy])
            dark = [i for i, t in enumerate(p.times) if t == "N"]
            for i in dark:
                model.add_implication(x[i][slot], night)
            model.add(sum(p.scenes[i].minutes * x[i][slot] for i in dark) <= p.night_minutes).only_enforce_if(
                block
            )
            sunny = sum(p.scenes[i].minutes * x[i][slot] for i, t in enumerate(p.times) if t == "D")
            model.add(sunny <= p.day_minutes - tired).only_enforce_if([light, busy])
            if few is not None:
                model.add(moves <= p.most_moves).only_enforce_if(few)
        if p.units > 1:
            one = self._rule("an actor works for one unit a day")
            for a in range(len(p.actors)):
                mine = [i for i, s in enumerate(p.scenes) if a in s.cast]
                for d in range(p.days if mine else 0):
                    units = [model.new_bool_var("") for _ in range(p.units)]
                    for u, var in enumerate(units):
                        for i in mine:
                            model.add_implication(x[i][d * p.units + u], var)
                    model.add(sum(units) <= 1).only_enforce_if(one)


def _spans(windows: tuple[tuple[int, int], ...]) -> str:
    said = [f"day {a}" if a == b else f"days {a} to {b}" for a, b in windows]
    return " and ".join(said)
