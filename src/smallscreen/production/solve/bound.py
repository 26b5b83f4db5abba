"""A lower bound of the cost: what no plan can go below.

    low = Bound(problem).run(seconds=20, best=total)

A shoot is a choice of whole days: each shoots minutes of classes of scenes (same place, cast and time), pays its
crew, places, moves, actors and night block, and all minutes must be shot. The linear relaxation over all possible
days (Dantzig and Wolfe, 1960) is solved by column generation: GLOP prices the minutes, SCIP or CP-SAT looks for a day
that would pay at these prices, and its own bound makes every round's prices a bound of the whole (Lagrange), however
early it ends. What is left out (windows, waiting, order, minors, whole scenes) only makes plans dearer. Added are
what whole numbers force: days, night blocks, days of a place and of an actor.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from smallscreen.production.solve.pricing import Guesses
from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.start import Stop, least_days, never
from smallscreen.production.solve.tool import pywraplp

_AT_ONCE, _GUESSED = 12, 8
"""Days that are guessed in a round, and rounds of guesses before the best day is asked for."""


@dataclass(frozen=True, slots=True)
class _Class:
    """Scenes that differ in nothing but their length: their minutes in all."""

    place: int
    cast: tuple[int, ...]
    time: str
    minutes: int


@dataclass(frozen=True, slots=True)
class _Day:
    """A possible day: minutes by class, what it costs, places, actors, night block, and its claim on the turnaround."""

    minutes: tuple[tuple[int, float], ...]
    cost: float
    places: frozenset[int]
    actors: frozenset[int]
    night: bool
    claim: float


class Bound:
    """Bounds one problem; `value` is the best bound so far, valid at any time."""

    def __init__(self, problem: Problem) -> None:
        self.p = p = problem
        minutes: dict[tuple[int, tuple[int, ...], str], int] = defaultdict(int)
        for s, light in zip(p.scenes, p.times, strict=True):
            minutes[s.place, tuple(sorted(s.cast)), light] += s.minutes
        self.classes = [_Class(*k, m) for k, m in sorted(minutes.items()) if m]
        self.crew = p.day_rate if p.units == 1 else min(p.day_rate, p.unit_rate)
        # With one unit a night block takes its turnaround off a day that is paid anyway.
        self.tired = p.turnaround if p.units == 1 and p.turnaround <= p.day_minutes else 0
        # The last night takes nothing off any day, nor does one before a day off.
        self.spared = self.tired * (1 + len(p.rested))
        self.longest = p.day_minutes + p.night_minutes + p.overtime_max
        self.least = least_days(p) if p.units == 1 else 1
        self.place_days = self._least([(c.place,) for c in self.classes])
        self.actor_days = self._least([c.cast for c in self.classes])
        dark = sum(c.minutes for c in self.classes if c.time == "N")
        self.nights = math.ceil(dark / p.night_minutes) if p.night_minutes else 0
        self.days: list[_Day] = []
        self.value = self._simple()
        self.rounds = self.guessed = 0
        self.solver: Any = None
        self.guesses = Guesses(
            p, [(c.place, c.cast, c.time, c.minutes) for c in self.classes], self.crew, self.tired
        )

    def run(
        self, seconds: float, best: int | None = None, plans: Sequence[Sequence[int]] = (), stop: Stop = never
    ) -> int:
        """The bound after some seconds at most; `plans` (slots) are good days to begin with."""
        until, p = time.monotonic() + seconds, self.p
        for slots in plans:
            self._take(slots)
        if p.units == 1:
            self._add({}, False, 0)  # a day without scenes, which is paid
        self.center: dict[Any, float] = {}
        self.box, since = 0.15, 0
        top = math.inf
        low_best = -math.inf
        fair = self._fair()
        for scale in (0.4, 0.45, 0.5, 0.55, 0.6):
            # What the bound would be if the best guess were the best day.
            asked = {k: scale * v for k, v in fair.items()} | dict.fromkeys(self._others(), 0.0)
            found = self.guesses.best(asked, _AT_ONCE)
            for g in found[:2]:
                self._add(g.minutes, g.night, 0.0, g.places, g.actors)
            guess = self._low(asked, found[0].reduced if found else 0.0)
            if guess <= low_best or time.monotonic() > until:
                break
            low_best, self.center = guess, asked
        bounded, asking = -math.inf, 0.0
        self.center = self.center or fair | dict.fromkeys(self._others(), 0.0)
        while time.monotonic() < until and not stop() and self.classes:
            master = self._master()
            if master is None:
                break
            prices, top = master
            # Only asking for the best day gives a bound, so that time for it is kept.
            late = time.monotonic() > until - max(0.2 * seconds, 2 * asking)
            if self._enrich(prices) and self.guessed < _GUESSED and not late:
                continue
            self.guessed = 0
            share = 0.3 if since % 6 != 5 else 0.1
            asked = {k: share * self.center[k] + (1 - share) * v for k, v in prices.items()}
            at = time.monotonic()
            low = self._price(asked, max(0.2, until - at))
            asking = max(asking, time.monotonic() - at)
            self.rounds += 1
            since += 1
            if low is not None and low > bounded + 1:
                bounded, self.center, since = low, asked, 0
            if bounded > top - max(1.0, 0.001 * abs(top)):
                # These prices are the best of the box: look farther.
                self.box *= 2
                if self.box > 30:
                    break
            if low is not None:
                self.value = max(self.value, math.ceil(low - 1e-3))
            if best is not None and self.value >= best:
                break
        return self.value

    def interrupt(self) -> None:
        """End what is being solved now, from another thread."""
        if self.solver is not None:
            self.solver.InterruptSolve()

    def _enrich(self, prices: dict[Any, float]) -> bool:
        """Add days that pay at these prices, found quickly; False where there are hardly any."""
        self.guessed += 1
        found = self.guesses.best(prices, _AT_ONCE)
        for g in found:
            self._add(g.minutes, g.night, 0.0, g.places, g.actors)
        return bool(found) and found[0].reduced < -0.002 * self.crew

    def _others(self) -> list[Any]:
        """The rows that are not minutes."""
        return ["k", "n", "t", *(("p", x) for x in self.place_days), *(("a", a) for a in self.actor_days)]

    def _fair(self) -> dict[Any, float]:
        """Prices to begin with: every minute's share of the days it needs, at two thirds of a full day."""
        p = self.p
        full = max(1.0, p.day_minutes + p.night_minutes / 2)
        out: dict[Any, float] = {}
        places: dict[int, int] = defaultdict(int)
        actors: dict[int, int] = defaultdict(int)
        for c in self.classes:
            places[c.place] += c.minutes
            for a in c.cast:
                actors[a] += c.minutes
        for i, c in enumerate(self.classes):
            price = (self.crew + p.night_rate) / full
            price += p.places[c.place].rate * self.place_days[c.place] / places[c.place]
            price += sum(p.actors[a].rate * self.actor_days[a] / actors[a] for a in c.cast)
            out["c", i] = price
        return out

    def _least(self, members: Sequence[tuple[int, ...]]) -> dict[int, int]:
        """Days that somebody or something is needed at least, by minutes."""
        sums: dict[int, int] = defaultdict(int)
        for c, them in zip(self.classes, members, strict=True):
            for x in them:
                sums[x] += c.minutes
        return {x: max(1, math.ceil(m / max(1, self.longest))) for x, m in sums.items()}

    def _simple(self) -> int:
        """Without any relaxation: every least number of days by itself."""
        p = self.p
        total = self.crew * self.least + p.night_rate * self.nights
        total += sum(p.places[x].rate * n for x, n in self.place_days.items())
        total += max(0, sum(self.place_days.values()) - p.days * p.units) * p.move_rate
        return total + sum(p.actors[a].rate * n for a, n in self.actor_days.items())

    def _take(self, slots: Sequence[int]) -> None:
        """The days of a plan as columns; a class is split over days as its scenes are."""
        from smallscreen.production.solve.checker import day_uses

        p = self.p
        index = {(c.place, c.cast, c.time): i for i, c in enumerate(self.classes)}
        for use in day_uses(p, slots):
            by: dict[int, float] = defaultdict(float)
            for i in use.scenes:
                s = p.scenes[i]
                if s.minutes:
                    by[index[s.place, tuple(sorted(s.cast)), p.times[i]]] += s.minutes
            self._add(by, use.night, use.overtime)

    def _add(
        self,
        by: dict[int, float],
        night: bool,
        overtime: float,
        places: Iterable[int] = (),
        actors: Iterable[int] = (),
    ) -> None:
        """Another day; places and actors may be paid without shooting, where their days are short."""
        p = self.p
        places = frozenset(self.classes[i].place for i in by) | frozenset(places)
        actors = frozenset(a for i in by for a in self.classes[i].cast) | frozenset(actors)
        moves = max(0, len(places) - 1)
        cost = self.crew + night * p.night_rate + moves * p.move_rate + overtime * p.overtime_rate
        cost += sum(p.places[x].rate for x in places) + sum(p.actors[a].rate for a in actors)
        claim = sum(by.values()) + p.move_minutes * moves - p.day_minutes
        claim -= night * (p.night_minutes - self.tired) + overtime
        self.days.append(_Day(tuple(by.items()), cost, places, actors, night, claim))

    def _master(self) -> tuple[dict[Any, float], float] | None:
        """Prices from the days known so far, and what these would cost."""
        solver = pywraplp().Solver.CreateSolver("GLOP")
        inf = solver.infinity()
        penalty = max(10.0, 3 * self.crew / max(1, self.p.day_minutes)) * 20
        rows: dict[Any, Any] = {}
        objective = solver.Objective()
        objective.SetMinimization()
        for i, c in enumerate(self.classes):
            rows["c", i] = solver.Constraint(c.minutes, inf)
            # The price of a minute stays in a box around the best prices so far; free, it would leap about.
            here = self.center["c", i]
            width = self.box * max(here, 1.0)
            missing, spare = solver.NumVar(0, inf, ""), solver.NumVar(0, inf, "")
            rows["c", i].SetCoefficient(missing, 1)
            rows["c", i].SetCoefficient(spare, -1)
            objective.SetCoefficient(missing, here + width)
            objective.SetCoefficient(spare, -max(0.0, here - width))
        for kind, least in (("p", self.place_days), ("a", self.actor_days)):
            for x, n in least.items():
                rows[kind, x] = solver.Constraint(n, inf)
        rows["k"] = solver.Constraint(self.least, inf)
        rows["n"] = solver.Constraint(self.nights, inf)
        rows["t"] = solver.Constraint(-inf, self.spared)
        most = solver.Constraint(0, self.p.days * self.p.units)
        for key, row in rows.items():
            if key[0] != "c" and key != "t":
                missing = solver.NumVar(0, inf, "")
                row.SetCoefficient(missing, 1)
                objective.SetCoefficient(missing, penalty * 500)
        for day in self.days:
            var = solver.NumVar(0, inf, "")
            objective.SetCoefficient(var, day.cost)
            for i, m in day.minutes:
                rows["c", i].SetCoefficient(var, m)
            for x in day.places:
                rows["p", x].SetCoefficient(var, 1)
            for a in day.actors:
                rows["a", a].SetCoefficient(var, 1)
            rows["k"].SetCoefficient(var, 1)
            most.SetCoefficient(var, 1)
            rows["n"].SetCoefficient(var, int(day.night))
            rows["t"].SetCoefficient(var, day.claim)
        if solver.Solve() != 0:
            return None
        prices = {key: row.dual_value() for key, row in rows.items()}
        return prices, objective.Value()

    def _price(self, prices: dict[Any, float], seconds: float) -> float | None:
        """Look for the day that pays most at these prices; gives the bound that follows, None where nothing was proved."""
        p = self.p
        price = {k: min(0.0, v) if k == "t" else max(0.0, v) for k, v in prices.items()}
        solver = self.solver = pywraplp().Solver.CreateSolver("SCIP")
        solver.SetTimeLimit(int(max(200, min(seconds, 15) * 1000)))
        tight = -price["t"]
        at = {x: solver.BoolVar("") for x in self.place_days}
        here = {a: solver.BoolVar("") for a in self.actor_days}
        night = solver.BoolVar("")
        extra = solver.NumVar(0, p.overtime_max, "")
        moves = sum(at.values()) - 1
        solver.Add(extra <= p.overtime_max * night)
        solver.Add(sum(at.values()) >= 1)
        amount = [solver.NumVar(0, c.minutes, "") for c in self.classes]
        for c, var in zip(self.classes, amount, strict=True):
            most = min(c.minutes, self.longest)
            solver.Add(var <= most * at[c.place])
            for a in c.cast:
                solver.Add(var <= most * here[a])
        solver.Add(sum(amount) <= p.day_minutes - p.move_minutes * moves + p.night_minutes * night + extra)
        solver.Add(
            sum(v for c, v in zip(self.classes, amount, strict=True) if c.time == "N")
            <= p.night_minutes * night
        )
        solver.Add(
            sum(v for c, v in zip(self.classes, amount, strict=True) if c.time == "D") <= p.day_minutes
        )
        cost = self.crew - price["k"] + (p.night_rate - price["n"]) * night + p.move_rate * moves
        cost += p.overtime_rate * extra
        cost += sum((p.places[x].rate - price["p", x]) * v for x, v in at.items())
        cost += sum((p.actors[a].rate - price["a", a]) * v for a, v in here.items())
        cost -= sum(price["c", i] * v for i, v in enumerate(amount))
        claim = (
            sum(amount)
            + p.move_minutes * moves
            - p.day_minutes
            - (p.night_minutes - self.tired) * night
            - extra
        )
        solver.Minimize(cost + tight * claim)
        status = solver.Solve()
        if status in (0, 1):
            by = {i: v.solution_value() for i, v in enumerate(amount) if v.solution_value() > 1e-6}
            paid = [{x for x, v in which.items() if v.solution_value() > 0.5} for which in (at, here)]
            self._add(by, night.solution_value() > 0.5, max(0.0, extra.solution_value()), *paid)
        least = solver.Objective().BestBound()
        if status not in (0, 1) or not math.isfinite(least):
            return None
        return self._low(price, least)

    def _low(self, price: dict[Any, float], least: float) -> float:
        """The bound of these prices, where no day costs less than `least` beyond what it brings."""
        p = self.p
        tight = -price["t"]
        if p.units == 1:
            least = min(least, self.crew - price["k"] - tight * p.day_minutes)
        fixed = sum(price["c", i] * c.minutes for i, c in enumerate(self.classes)) - tight * self.spared
        fixed += price["k"] * self.least + price["n"] * self.nights
        fixed += sum(price["p", x] * n for x, n in self.place_days.items())
        fixed += sum(price["a", a] * n for a, n in self.actor_days.items())
        return fixed + min(least * p.days * p.units, least * self.least if p.units == 1 else 0.0)
