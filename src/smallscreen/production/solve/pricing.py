"""Good days at given prices, quickly: what the bound tries before it asks SCIP for the best one.

For one, two or three places and with or without a night block: all actors are there at first, and who costs more
than the minutes that hang on them is sent home one by one. With places and actors given the minutes are a fractional
knapsack in which night and day scenes have limits of their own; as these limits are nested, taking the dearest
minutes first is the best there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.production.solve.problem import Problem

_TRIPLES = 6
"""Pairs of places that are tried with a third one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A day: minutes by class, and whom and what it pays; `reduced` below 0 pays at the prices."""

    reduced: float
    minutes: dict[int, float]
    night: bool
    places: frozenset[int]
    actors: frozenset[int]


class Guesses:
    """Days of one problem; `classes` as (place, cast, time, minutes)."""

    def __init__(
        self,
        problem: Problem,
        classes: Sequence[tuple[int, tuple[int, ...], str, int]],
        crew: int,
        tired: int,
    ) -> None:
        self.p, self.crew, self.tired = problem, crew, tired
        self.place = np.array([c[0] for c in classes], np.int64)
        self.minutes = np.array([c[3] for c in classes], float)
        self.dark = np.array([c[2] == "N" for c in classes], bool)
        self.light = np.array([c[2] == "D" for c in classes], bool)
        self.cast = np.zeros((len(classes), len(problem.actors)), bool)
        for i, c in enumerate(classes):
            self.cast[i, list(c[1])] = True
        self.places = sorted({int(x) for x in self.place})

    def best(self, prices: Mapping[Any, float], most: int) -> list[Guess]:
        """Days that pay, the best of each choice of places first, at most so many."""
        p = self.p
        tight = -min(0.0, prices["t"])
        self.value = np.array([max(0.0, prices["c", i]) for i in range(len(self.place))]) - tight
        self.pay = np.array(
            [a.rate - max(0.0, prices.get(("a", i), 0.0)) for i, a in enumerate(p.actors)], float
        )
        self.rent = {x: p.places[x].rate - max(0.0, prices["p", x]) for x in self.places}
        self.fixed = {
            night: self.crew
            - max(0.0, prices["k"])
            + night * (p.night_rate - max(0.0, prices["n"]))
            - tight * (p.day_minutes + night * (p.night_minutes - self.tired))
            for night in (False, True)
        }
        self.move = p.move_rate + tight * p.move_minutes
        self.order = np.argsort(-self.value, kind="stable")
        self.order = self.order[self.value[self.order] > 0]
        found: dict[tuple[int, ...], Guess] = {}
        sets: list[tuple[int, ...]] = [(x,) for x in self.places]
        sets += combinations(self.places, 2)
        for chosen in sets:
            self._try(chosen, found)
        best = sorted(found.values(), key=lambda g: g.reduced)
        for pair in [g.places for g in best if len(g.places) == 2][:_TRIPLES]:
            for x in self.places:
                if x not in pair:
                    self._try(tuple(sorted({*pair, x})), found)
        return sorted((g for g in found.values() if g.reduced < -1e-3), key=lambda g: g.reduced)[:most]

    def _try(self, chosen: tuple[int, ...], found: dict[tuple[int, ...], Guess]) -> None:
        p = self.p
        if p.most_moves is not None and len(chosen) - 1 > p.most_moves:
            return
        at = self.order[np.isin(self.place[self.order], chosen)]
        moves = len(chosen) - 1
        for night in (False, True):
            room = p.day_minutes - p.move_minutes * moves + night * p.night_minutes
            some = at if night else at[~self.dark[at]]
            base = self.fixed[night] + self.move * moves + sum(self.rent[x] for x in chosen)
            made = self._actors(some, room)
            if made is None:
                continue
            worth, here, take = made
            reduced = base - worth
            if chosen not in found or reduced < found[chosen].reduced:
                minutes = {int(i): float(m) for i, m in zip(some, take, strict=True) if m > 1e-6}
                actors = frozenset(int(a) for a in np.flatnonzero(here))
                found[chosen] = Guess(reduced, minutes, night, frozenset(chosen), actors)

    def _actors(
        self, some: NDArray[np.int64], room: float
    ) -> tuple[float, NDArray[np.bool_], NDArray[np.float64]] | None:
        """Whom to have there: what the day is worth, the actors, the minutes of each class."""
        if room <= 0:
            return None
        value, cast = self.value[some], self.cast[some]
        here = cast.any(axis=0)
        # Who brings money by themselves is there anyway.
        here |= self.pay < 0
        worth, take = self._fill(some, value, _open(cast, here)[None], room)
        now = float(worth[0] - self.pay[here].sum())
        while True:
            out = np.flatnonzero(here & (self.pay > 0))
            if not len(out):
                break
            # One row for each actor who could be sent home.
            open_ = _open(cast, here)[None] & ~cast[:, out].T
            rows, _ = self._fill(some, value, open_, room)
            rows = rows - (self.pay[here].sum() - self.pay[out])
            k = int(np.argmax(rows))
            if rows[k] <= now + 1e-9:
                break
            here = here.copy()
            here[out[k]] = False
            now = float(rows[k])
        worth, take = self._fill(some, value, _open(cast, here)[None], room)
        return float(worth[0] - self.pay[here].sum()), here, take[0]

    def _fill(
        self, some: NDArray[np.int64], value: NDArray[np.float64], open_: NDArray[np.bool_], room: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The knapsack for each row of open classes, which are sorted by value: its worth and minutes."""
        take = np.where(open_, self.minutes[some], 0.0)
        for group, limit in ((self.dark[some], self.p.night_minutes), (self.light[some], self.p.day_minutes)):
            if group.any():
                take[:, group] = _clipped(take[:, group], limit)
        take = _clipped(take, room)
        return take @ value, take


def _open(cast: NDArray[np.bool_], here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The classes whose actors are all there."""
    out: NDArray[np.bool_] = ~np.asarray((cast & ~here).any(axis=1))
    return out


def _clipped(take: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """The first minutes of each row, up to a limit."""
    before = np.cumsum(take, axis=1) - take
    out: NDArray[np.float64] = np.clip(limit - before, 0.0, take)
    return out
