"""After a change: annealing that keeps as many scenes as possible where they are.

    settled = Settling(problem, homes).fewest(seconds=2)            # few moved scenes
    settled = Settling(problem, homes, slots).cheaper(seconds=2)    # less money, by default with no more of them

Scenes that cannot stay (`forced`) are away from the beginning. Others follow where a day is too full, and come home
where another one may go instead; which scenes are away is kept as a list, as nearly every useful try begins there.
Minutes beyond the rules (`State.over`) cost more and more. A try takes some microseconds, so that two seconds come
within a few scenes of what CP-SAT proves in many more.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from smallscreen.production.solve.problem import Problem
from smallscreen.production.solve.start import COLD, HOT, Stop, never
from smallscreen.production.solve.state import State

_TRIES = 12
"""How many scenes are looked at for one of a certain day."""


@dataclass(frozen=True, slots=True)
class Settled:
    """`moved` scenes are not at home; `over`: minutes beyond the rules, 0 for a plan; `cost` with the days' rate."""

    slots: tuple[int, ...]
    moved: int
    over: int
    cost: int


class Settling:
    """`homes`: the old slot of every scene, -1 for a new one; `slots`: where to begin, else at home or anywhere."""

    def __init__(
        self, problem: Problem, homes: Sequence[int], slots: Sequence[int] | None = None, seed: int = 1
    ) -> None:
        p = self.p = problem
        self.rng = random.Random(seed)
        self.homes = list(homes)
        self.allowed = [[d * p.units + u for d in open_ for u in range(p.units)] for open_ in p.open_days]
        self.sets = [set(x) for x in self.allowed]
        self.forced = {i for i, h in enumerate(homes) if h not in self.sets[i]}
        begin = [
            slots[i] if slots is not None else self.rng.choice(self.allowed[i]) if i in self.forced else h
            for i, h in enumerate(homes)
        ]
        self.state = State(p, begin)
        self.free = [i for i, x in enumerate(self.allowed) if len(x) > 1]
        self.away = [i for i in self.free if begin[i] != homes[i]]
        self.at = {i: k for k, i in enumerate(self.away)}
        # Away for good: no choice is left.
        self.always = sum(b != h and len(x) == 1 for b, h, x in zip(begin, homes, self.allowed, strict=True))
        self.scenes_on = [0] * p.days
        for x in begin:
            self.scenes_on[x // p.units] += 1
        self.last = max((d for d, n in enumerate(self.scenes_on) if n), default=0)

    @property
    def moved(self) -> int:
        return len(self.away) + self.always

    def fewest(self, seconds: float, stop: Stop = never) -> Settled:
        """As few moved scenes as it finds; money decides little."""
        cheap = 0.5 / max(1, 4 * self.p.day_rate)
        return self._anneal(seconds, (2.0, 0.15), (0.02, 0.5), 1.0, cheap, None, stop)

    def cheaper(self, seconds: float, most: int | None = None, stop: Stop = never) -> Settled:
        """Less money, with `most` scenes moved; without it no more than now."""
        p = self.p
        top = max([a.rate for a in p.actors] + [x.rate for x in p.places] + [p.night_rate, p.move_rate, 8])
        return self._anneal(
            seconds,
            (top / HOT, max(1.0, top / COLD)),
            (top / 50, top / 8),
            float(top),
            1.0,
            self.moved if most is None else most,
            stop,
        )

    def _put(self, i: int, new: int) -> None:
        """Move a scene; who is away and the last used day follow."""
        state, home = self.state, self.homes[i]
        old = state.slot[i]
        if old == new:
            return
        if old == home:
            self.at[i] = len(self.away)
            self.away.append(i)
        elif new == home:
            k, other = self.at.pop(i), self.away.pop()
            if other != i:
                self.away[k] = other
                self.at[other] = k
        state.move(i, new)
        on, units = self.scenes_on, self.p.units
        a, b = old // units, new // units
        on[a] -= 1
        on[b] += 1
        if b > self.last:
            self.last = b
        while self.last and not on[self.last]:
            self.last -= 1

    def _anneal(
        self,
        seconds: float,
        heats: tuple[float, float],
        weights: tuple[float, float],
        each: float,
        money: float,
        most: int | None,
        stop: Stop,
    ) -> Settled:
        """A moved scene beyond `most` counts `each`, a minute beyond the rules from `weights`, money `money`."""
        state, rnd = self.state, self.rng.random
        slot, rate, free = state.slot, self.p.day_rate, self.free
        limit = 0 if most is None else most
        began = time.monotonic()
        best = Settled(tuple(slot), self.moved, state.over, state.cost + rate * (self.last + 1))
        best_key = (best.over, max(0, best.moved - limit), best.cost)
        heat, weight, tries = heats[0], weights[0], 0
        now = math.inf
        while free:
            if tries & 127 == 0:
                done = (time.monotonic() - began) / max(seconds, 1e-6)
                if done >= 1 or stop():
                    break
                heat = heats[0] * (heats[1] / heats[0]) ** done
                weight = weights[0] * (weights[1] / weights[0]) ** done
                now = math.inf
            tries += 1
            if now == math.inf:
                now = self._worth(limit, each, weight, money)
            undo = self._try(rnd())
            if not undo:
                continue
            fresh = self._worth(limit, each, weight, money)
            if fresh > now and rnd() >= math.exp((now - fresh) / heat):
                for i, x in undo:
                    self._put(i, x)
                continue
            now = fresh
            if state.over <= best_key[0]:
                key = (state.over, max(0, self.moved - limit), state.cost + rate * (self.last + 1))
                if key < best_key:
                    best_key, best = key, Settled(tuple(slot), self.moved, key[0], key[2])
        return best

    def _worth(self, limit: int, each: float, weight: float, money: float) -> float:
        beyond = len(self.away) + self.always - limit
        paid = self.state.cost + self.p.day_rate * (self.last + 1)
        return (each * beyond if beyond > 0 else 0.0) + weight * self.state.over + money * paid

    def _try(self, kind: float) -> list[tuple[int, int]]:
        """Change something; gives what undoes it, nothing where nothing was changed."""
        rnd, slot, free = self.rng.random, self.state.slot, self.free
        away = self.away
        if not away or kind >= 0.85:
            i = free[int(rnd() * len(free))]
            new = self.allowed[i][int(rnd() * len(self.allowed[i]))]
            old = slot[i]
            self._put(i, new)
            return [(i, old)] if old != new else []
        i = away[int(rnd() * len(away))]
        old, home = slot[i], self.homes[i]
        if kind < 0.35:
            # Home, or elsewhere.
            if i not in self.forced and rnd() < 0.5:
                new = home
            else:
                new = self.allowed[i][int(rnd() * len(self.allowed[i]))]
            self._put(i, new)
            return [(i, old)] if old != new else []
        if kind < 0.6:
            j = free[int(rnd() * len(free))]
            new = slot[j]
            if old == new or new not in self.sets[i] or old not in self.sets[j]:
                return []
            self._put(i, new)
            self._put(j, old)
            return [(j, new), (i, old)]
        if i in self.forced:
            return []
        # It comes home, and another scene of that day goes instead.
        for _ in range(_TRIES):
            j = free[int(rnd() * len(free))]
            if slot[j] == home and old in self.sets[j]:
                self._put(i, home)
                self._put(j, old)
                return [(j, home), (i, old)]
        return []
