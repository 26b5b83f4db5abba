"""The schedule as a model of OR-tools' CP-SAT: all of it, or the part that a neighbourhood leaves open.

    part = Part(problem, slots, {scene: slots that it may go to})
    found = part.solve(seconds=2)           # slots, or None; never worse than what it began with

Scenes that are not named stay where they are and are counted as numbers, so that a small neighbourhood is a small
model. Every variable has a hint from the plan it begins with: without, CP-SAT finds no plan at all for some hundred
scenes in a minute. Minutes beyond the rules are soft where that plan breaks them, so that the hint is always
feasible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from smallscreen.production.solve.checker import day_uses, faults
from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.tool import cp_model


class Part:
    """A model of what may change. Build once, solve once; `status` and `bound` speak of this part alone."""

    def __init__(
        self,
        problem: Problem,
        slots: Sequence[int],
        choices: Mapping[int, Sequence[int]],
        homes: Sequence[int] | None = None,
        penalty: int = 0,
        budget: int = 0,
    ) -> None:
        """`homes`: slots that scenes should stay on (-1: none), or pay `penalty` beyond `budget` of them (for replan)."""
        self.p, self.begin = problem, tuple(slots)
        self.choices = {i: list(c) for i, c in choices.items() if len(c) > 1 or list(c) != [slots[i]]}
        self.model = cp_model().CpModel()
        self.hints: list[tuple[Any, int]] = []
        self.cost: list[Any] = []
        self.status, self.bound = "unknown", 0.0
        self.solver: Any = None
        self.soft = bool(faults(problem, slots))
        self.x: dict[tuple[int, int], Any] = {}
        self._scenes(homes, penalty, budget)
        self._places()
        self._days()
        self._actors()
        self._order()
        self.model.minimize(sum(self.cost))
        for var, value in self.hints:
            self.model.add_hint(var, value)

    def solve(
        self, seconds: float, workers: int = 1, seed: int = 0, callback: Any = None
    ) -> tuple[int, ...] | None:
        """The best slots of all scenes within the time; None where none was found."""
        solver = self.solver = cp_model().CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, seconds)
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        solver.parameters.catch_sigint_signal = False
        status = solver.solve(self.model, callback) if callback else solver.solve(self.model)
        self.status = solver.status_name(status).lower()
        if self.status not in ("optimal", "feasible"):
            return None
        self.bound = solver.best_objective_bound
        out = list(self.begin)
        for (i, slot), var in self.x.items():
            if solver.boolean_value(var):
                out[i] = slot
        return tuple(out)

    # --- variables ---------------------------------------------------------------------------

    def _bool(self, name: str, hint: bool) -> Any:
        var = self.model.new_bool_var(name)
        self.hints.append((var, int(hint)))
        return var

    def _int(self, least: int, most: int, name: str, hint: int) -> Any:
        var = self.model.new_int_var(least, max(least, most), name)
        self.hints.append((var, min(max(hint, least), max(least, most))))
        return var

    def _scenes(self, homes: Sequence[int] | None, penalty: int, budget: int) -> None:
        """A variable for each scene and slot it may go to; sums of what stays."""
        p = self.p
        self.total: dict[int, Any] = defaultdict(int)
        self.light: dict[int, Any] = defaultdict(int)
        self.dark: dict[int, Any] = defaultdict(int)
        self.at: dict[tuple[int, int], list[Any]] = defaultdict(list)
        self.who: dict[tuple[int, int], list[Any]] = defaultdict(list)
        self.spent: dict[tuple[int, int], Any] = defaultdict(int)
        away: list[Any] = []
        now = 0
        for i, (s, time) in enumerate(zip(p.scenes, p.times, strict=True)):
            options: list[tuple[int, Any]] = [(self.begin[i], 1)]
            if i in self.choices:
                options = []
                for slot in self.choices[i]:
                    var = self.x[i, slot] = self._bool(f"x{i}_{slot}", slot == self.begin[i])
                    options.append((slot, var))
                self.model.add_exactly_one(var for _, var in options)
                if homes is not None and homes[i] >= 0:
                    away.append(1 - sum(v for o, v in options if o == homes[i]))
                    now += homes[i] != self.begin[i]
            elif homes is not None and homes[i] not in (-1, self.begin[i]):
                budget -= 1
            for slot, var in options:
                self.total[slot] += s.minutes * var
                if time == "N":
                    self.dark[slot] += s.minutes * var
                elif time == "D":
                    self.light[slot] += s.minutes * var
                self.at[s.place, slot].append(var)
                for a in s.cast:
                    self.who[a, slot].append(var)
                    if p.actors[a].most_minutes is not None:
                        self.spent[a, slot // p.units] += s.minutes * var
        if budget <= 0:
            # Whoever is away beyond the budget already is paid for in any case.
            self.cost += [penalty * x for x in away]
        elif away:
            beyond = self._int(0, len(away), "beyond", max(0, now - budget))
            self.model.add(sum(away) - budget <= beyond)
            self.cost.append(penalty * beyond)

    def _any(self, members: Sequence[Any], name: str, hint: bool) -> Any:
        """1 where one of the members is, else at least not more than the cost makes it."""
        if any(isinstance(m, int) for m in members):
            return 1
        if not members:
            return 0
        var = self._bool(name, hint)
        for m in members:
            self.model.add_implication(m, var)
        return var

    def _places(self) -> None:
        p = self.p
        self.here: dict[int, list[Any]] = defaultdict(list)
        used = {(p.scenes[i].place, slot) for i, slot in enumerate(self.begin)}
        for (place, slot), members in self.at.items():
            var = self._any(members, f"p{place}_{slot}", (place, slot) in used)
            self.here[slot].append(var)
            self.cost.append(p.places[place].rate * var)

    def _days(self) -> None:
        """Minutes, night blocks, moves and the day's own cost of every slot."""
        p, model = self.p, self.model
        uses = {u.day * p.units + u.unit: u for u in day_uses(p, self.begin)}
        last_used = max((u.day for u in uses.values()), default=-1)
        night: dict[int, Any] = {}
        for slot in range(p.slots):
            if slot in self.here:
                use = uses.get(slot)
                night[slot] = self._bool(f"n{slot}", bool(use and use.night))
        opened: Any = 0
        for slot in reversed(range(p.slots)):
            day, unit = divmod(slot, p.units)
            here = self.here.get(slot, [])
            if unit == p.units - 1:
                ones = [v for s in range(day * p.units, slot + 1) for v in self.here.get(s, [])]
                later = opened
                opened = 1 if isinstance(later, int) and later else self._any(ones + ([] if isinstance(later, int) else [later]), f"o{day}", day <= last_used)  # fmt: skip
                self.cost.append(p.day_rate * opened)
            if not here:
                continue
            fixed = any(isinstance(v, int) for v in here)
            use = uses.get(slot)
            busy = 1 if fixed else self._bool(f"b{slot}", use is not None)
            moves = sum(here) - busy
            if not fixed:
                model.add(busy <= sum(here))
                if unit:
                    for v in here:
                        model.add_implication(v, busy)
            if unit:
                self.cost.append(p.unit_rate * busy)
            self.cost.append(p.move_rate * moves)
            self.cost.append(p.night_rate * night[slot])
            if p.most_moves is not None:
                many = self._slack(slot, "m", len(use.places) - 1 - p.most_moves if use else 0, 60)
                model.add(moves <= p.most_moves + many)
            tired = p.rests[day] * night.get(slot - p.units, 0) if slot >= p.units else 0
            short = self._slack(slot, "s", use.overtime - p.overtime_max if use else 0, 1)
            extra: Any = 0
            if p.overtime_max:
                extra = self._int(0, p.overtime_max, f"e{slot}", use.overtime if use else 0)
                model.add(extra <= p.overtime_max * night[slot])
                self.cost.append(p.overtime_rate * extra)
            holds = p.day_minutes - p.move_minutes * moves - tired
            model.add(self.total[slot] <= holds + p.night_minutes * night[slot] + extra + short)
            for i in self._nights(slot):
                if isinstance(i, int):
                    model.add(night[slot] == 1)
                else:
                    model.add_implication(i, night[slot])
            if not isinstance(self.dark[slot], int) or self.dark[slot] > p.night_minutes:
                model.add(self.dark[slot] <= p.night_minutes + self._slack(slot, "d", self._now(slot, "N") - p.night_minutes, 1))  # fmt: skip
            if not isinstance(self.light[slot], int) or self.light[slot]:
                late = uses.get(slot - p.units)
                most = p.day_minutes - (p.rests[day] if late and late.night else 0)
                model.add(self.light[slot] <= p.day_minutes - tired + self._slack(slot, "l", self._now(slot, "D") - most, 1))  # fmt: skip

    def _slack(self, slot: int, kind: str, hint: int, minutes: int) -> Any:
        """Minutes beyond a rule: none where the plan at the beginning keeps every rule."""
        if not self.soft:
            return 0
        var = self._int(0, 100_000, f"{kind}{slot}", hint)
        self.cost.append(minutes * soft_weight(self.p) * var)
        return var

    def _now(self, slot: int, time: str) -> int:
        return sum(
            s.minutes
            for s, t, x in zip(self.p.scenes, self.p.times, self.begin, strict=True)
            if x == slot and t == time
        )

    def _nights(self, slot: int) -> list[Any]:
        out: list[Any] = []
        for i, time in enumerate(self.p.times):
            if time == "N":
                if i in self.choices:
                    out += [self.x[i, slot]] if (i, slot) in self.x else []
                elif self.begin[i] == slot:
                    out.append(1)
        return out

    def _actors(self) -> None:
        """Days worked and days waited; a minor's minutes; one unit a day."""
        p, model = self.p, self.model
        days_now: list[set[int]] = [set() for _ in p.actors]
        for s, slot in zip(p.scenes, self.begin, strict=True):
            for a in s.cast:
                days_now[a].add(slot // p.units)
        for a, actor in enumerate(p.actors):
            now = days_now[a]
            works: list[Any] = []
            for day in range(p.days):
                units = []
                for slot in range(day * p.units, (day + 1) * p.units):
                    members = self.who.get((a, slot), [])
                    if p.units > 1 and members:
                        there = any(
                            self.begin[i] == slot and a in p.scenes[i].cast for i in range(len(p.scenes))
                        )
                        units.append(self._any(members, f"y{a}_{slot}", there))
                    else:
                        units += members
                works.append(self._any(units, f"w{a}_{day}", day in now))
                if p.units > 1 and len(units) > 1:
                    model.add(
                        sum(units) <= 1 + self._slack(day, f"u{a}_", sum(u is not None for u in units), 240)
                    )
                if actor.most_minutes is not None and not isinstance(self.spent[a, day], int):
                    over = self._slack(day, f"c{a}_", 100_000, 1)
                    model.add(self.spent[a, day] <= actor.most_minutes + over)
                elif actor.most_minutes is not None and self.spent[a, day] > actor.most_minutes:
                    self.cost.append(soft_weight(self.p) * (self.spent[a, day] - actor.most_minutes))
            self.cost += [(actor.rate - actor.idle) * w for w in works]
            if actor.idle:
                before = self._running(works, f"f{a}_", now, range(p.days))
                after = self._running(works, f"t{a}_", now, range(p.days - 1, -1, -1))
                for day in range(p.days):
                    self.cost.append(
                        actor.idle * self._both(before[day], after[day], f"h{a}_{day}", now, day)
                    )

    def _running(self, works: list[Any], name: str, now: set[int], days: range) -> dict[int, Any]:
        """Whether the actor has worked by then, walking over the days."""
        out: dict[int, Any] = {}
        last: Any = 0
        hint = False
        for day in days:
            hint = hint or day in now
            parts = [v for v in (last, works[day]) if not (isinstance(v, int) and v == 0)]
            if len(parts) == 1:
                last = parts[0]
            elif parts:
                last = self._any(parts, f"{name}{day}", hint)
            out[day] = last
        return out

    def _both(self, a: Any, b: Any, name: str, now: set[int], day: int) -> Any:
        for one, other in ((a, b), (b, a)):
            if isinstance(one, int):
                return other if one else 0
        var = self._bool(name, bool(now) and min(now) <= day <= max(now))
        self.model.add_bool_or([a.negated(), b.negated(), var])
        return var

    def _order(self) -> None:
        """A scene that follows others is on no earlier day."""
        p = self.p
        for i, s in enumerate(p.scenes):
            for j in s.after:
                if i in self.choices or j in self.choices:
                    for day in range(p.days - 1):
                        self.model.add(self._by(i, day) <= self._by(j, day))

    def _by(self, i: int, day: int) -> Any:
        if i not in self.choices:
            return int(self.begin[i] // self.p.units <= day)
        return sum(self.x[i, slot] for slot in self.choices[i] if slot // self.p.units <= day)


def soft_weight(problem: Problem) -> int:
    """What a minute beyond the rules costs in the model: a quarter of an hour as much as a day."""
    return max(1_000, problem.day_rate // 15)
