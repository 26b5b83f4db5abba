"""Talent scheduling: the order of scenes in which actors, paid from their first scene to their last, wait least.

    solved = solve(talent, seconds=60)      # order, total, holding, bound, proved

Exact: forward dynamic programming over sets of scenes already shot, a layer of numpy arrays for each size, after
merging scenes of identical cast. A state whose cost with a bound of the rest cannot beat the best known order is
dropped (after Garcia de la Banda, Stuckey and Chu, Solving Talent Scheduling with Dynamic Programming, INFORMS J.
Computing 23(1), 2011). An order read backwards costs the same, so the layers meet in the middle. Where the layers grow beyond `MOST_STATES` only the best states are kept, and the
bound is what the dropped ones might have reached.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Sets = NDArray[np.uint64]
_Costs = NDArray[np.int64]
_Trail = list[tuple[_Sets, NDArray[np.int8]]]
MOST_STATES = 400_000
MOST_SCENES = 62
"""Bits of a set; longer problems are answered by local search with the bound of what must be paid anyway."""
_CHUNK = 16_384
"""States that are bounded at once, so that they stay near the processor."""
_TABLE_BITS = 22
"""Sets of so many scenes are looked up in a table, larger ones sorted."""


@dataclass(frozen=True, slots=True)
class Talent:
    """`minutes` and `cast` (bits of actors) of every scene; `rates` of the actors per minute."""

    name: str
    minutes: tuple[int, ...]
    cast: tuple[int, ...]
    rates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TalentSolution:
    """`total` is what all actors are paid, `holding` the part of it for waiting; `bound` no order is cheaper than."""

    order: tuple[int, ...]
    total: int
    holding: int
    bound: int
    proved: bool
    seconds: float


def cost(talent: Talent, order: Sequence[int]) -> int:
    """What an order pays: every actor from their first scene to their last. Plain, and apart from the solver."""
    total = 0
    for a, rate in enumerate(talent.rates):
        at = [i for i, s in enumerate(order) if talent.cast[s] >> a & 1]
        if at:
            total += rate * sum(talent.minutes[s] for s in order[at[0] : at[-1] + 1])
    return total


def solve(talent: Talent, seconds: float = 60.0, most_states: int = MOST_STATES) -> TalentSolution:
    """The cheapest order found within the time; proved unless states had to be dropped."""
    began = time.monotonic()
    groups: dict[int, list[int]] = {}
    for s, cast in enumerate(talent.cast):
        groups.setdefault(_paid(talent, cast), []).append(s)
    nobody = groups.pop(0, [])
    casts = list(groups)
    lengths = [sum(talent.minutes[s] for s in groups[c]) for c in casts]
    base = sum(n * _rate(talent.rates, c) for n, c in zip(lengths, casts, strict=True))
    merged = _Merged(casts, lengths, talent.rates)
    until = began + seconds
    best = merged.local_search(until if len(casts) > MOST_SCENES else min(until, began + 0.001 * len(casts)))
    bound, top = 0, merged.holding(best)
    if len(casts) <= MOST_SCENES:
        widest = max(1_000, min(most_states, 6_000_000 // max(1, len(casts))))
        width = min(widest, 300)
        while top > bound:
            order, low, cut = merged.layers(top, width, until)
            if order is not None and merged.holding(order) < top:
                best, top = order, merged.holding(order)
            bound = max(bound, min(low, top))
            if not cut or width >= widest or time.monotonic() > until:
                break
            width = widest
    made = tuple(s for i in best for s in groups[casts[i]]) + tuple(nobody)
    total = cost(talent, made)
    return TalentSolution(made, total, total - base, base + bound, top <= bound, time.monotonic() - began)


def _paid(talent: Talent, cast: int) -> int:
    """A cast without those who cost nothing."""
    return sum(1 << a for a, rate in enumerate(talent.rates) if rate and cast >> a & 1)


def _rate(rates: Sequence[int], cast: int) -> int:
    return sum(rate for a, rate in enumerate(rates) if cast >> a & 1)


class _Merged:
    """Scenes of distinct casts; costs here are of waiting alone."""

    def __init__(self, casts: Sequence[int], lengths: Sequence[int], rates: Sequence[int]) -> None:
        self.n = len(casts)
        self.casts, self.lengths, self.rates = list(casts), list(lengths), list(rates)
        self.table: tuple[_Costs, NDArray[np.int8]] | None = None
        self.length, self.rate = _Sums(lengths), _Sums(rates)
        self._pairs()
        self.members = [sum(1 << s for s in range(self.n) if casts[s] >> a & 1) for a in range(len(rates))]

    def holding(self, order: Sequence[int]) -> int:
        total = 0
        position = {s: i for i, s in enumerate(order)}
        for a, rate in enumerate(self.rates):
            at = [position[s] for s in range(self.n) if self.casts[s] >> a & 1]
            if at:
                between = order[min(at) : max(at) + 1]
                total += rate * sum(self.lengths[s] for s in between if not self.casts[s] >> a & 1)
        return total

    def local_search(self, until: float) -> list[int]:
        """Moves of one scene or of a run of scenes, turned or not, from several beginnings."""
        rng = random.Random(1)
        best = list(range(self.n))
        top = self.holding(best)
        now, cost_now = best[:], top
        while time.monotonic() < until and top and self.n > 1:
            i, j = sorted(rng.sample(range(self.n + 1), 2))
            run, rest = now[i:j], now[:i] + now[j:]
            if rng.random() < 0.5:
                run.reverse()
            k = rng.randrange(len(rest) + 1)
            other = rest[:k] + run + rest[k:]
            price = self.holding(other)
            if price <= cost_now or rng.random() < 0.002:
                now, cost_now = other, price
                if price < top:
                    best, top = other, price
        return best

    def layers(self, top: int, width: int, until: float) -> tuple[list[int] | None, int, bool]:
        """An order cheaper than `top` if one was met, a bound of all orders, and whether states were dropped.

        As an order read backwards costs the same, two halves that make up the whole are an order: while no
        state was dropped the layers need go to the middle only.
        """
        states, paid = np.zeros(1, np.uint64), np.zeros(1, np.int64)
        trail: list[tuple[_Sets, NDArray[np.int8]]] = []
        dropped, cut = top, False
        for size in range(1, self.n + 1):
            before = paid
            behind = states
            states, paid, scene = self._next(states, paid, top)
            middle = not cut and 2 * size >= self.n
            if not middle:
                low = paid + self._rest(states, self._waiting(states))
                keep = np.flatnonzero(low < top)
                late = time.monotonic() > until
                if len(keep) > width or late:
                    keep = keep[np.argsort(low[keep], kind="stable")]
                    most = min(width, 300) if late else width
                    if len(keep) > most:
                        cut, dropped, keep = True, min(dropped, int(low[keep[most]])), keep[:most]
                states, paid, scene = states[keep], paid[keep], scene[keep]
            trail.append((states, scene))
            if not len(states):
                return None, dropped, cut
            if middle:
                other = (states, paid) if 2 * size == self.n else (behind, before)
                return (*self._meet(states, paid, *other, trail, top), False)
        best = int(np.argmin(paid))
        return self._back(int(states[best]), trail), min(int(paid[best]), dropped), cut

    def _next(self, states: _Sets, paid: _Costs, top: int) -> tuple[_Sets, _Costs, NDArray[np.int8]]:
        """The sets with one scene more, the least cost of each below `top`, and the scene that was added last."""
        waiting = self._waiting(states)
        keys, costs, added = [], [], []
        for j in range(self.n):
            at = np.flatnonzero((states >> np.uint64(j)) & np.uint64(1) == 0)
            price = paid[at] + self.lengths[j] * self.rate(waiting[at] & ~np.uint64(self.casts[j]))
            good = price < top
            keys.append(states[at[good]] | np.uint64(1 << j))
            costs.append(price[good])
            added.append(j)
        if self.n <= _TABLE_BITS:
            # Keys of one scene differ, so that plain assignment takes the minimum; the table is wiped afterwards.
            if self.table is None:
                self.table = np.full(1 << self.n, top, np.int64), np.zeros(1 << self.n, np.int8)
            least, last = self.table
            fresh = []
            least[np.concatenate(keys).astype(np.int64)] = top
            for key, price, j in zip(keys, costs, added, strict=True):
                at = key.astype(np.int64)
                there = least[at]
                fresh.append(at[there >= top])
                better = at[price < there]
                least[better] = price[price < there]
                last[better] = j
            at = np.concatenate(fresh)
            return at.astype(np.uint64), least[at], last[at]
        key, price = np.concatenate(keys), np.concatenate(costs)
        scene = np.repeat(np.array(added, np.int8), [len(k) for k in keys])
        order = np.lexsort((price, key))
        first = np.ones(len(order), bool)
        first[1:] = key[order][1:] != key[order][:-1]
        chosen = order[first]
        return key[chosen], price[chosen], scene[chosen]

    def _meet(
        self, states: _Sets, paid: _Costs, others: _Sets, theirs: _Costs, trail: _Trail, top: int
    ) -> tuple[list[int] | None, int]:
        """The cheapest pair of a set and its complement."""
        order = np.argsort(others)
        wanted = ~states & np.uint64((1 << self.n) - 1)
        at = order[np.minimum(np.searchsorted(others[order], wanted), len(order) - 1)]
        both = np.flatnonzero(others[at] == wanted)
        if not len(both):
            return None, top
        price = paid[both] + theirs[at[both]]
        best = int(both[np.argmin(price)])
        if int(price.min()) >= top:
            return None, top
        back = self._back(int(others[at[best]]), trail)
        return self._back(int(states[best]), trail) + back[::-1], int(price.min())

    @staticmethod
    def _back(state: int, trail: _Trail) -> list[int]:
        """The order in which a set was made."""
        made = []
        for sets, scenes in reversed(trail[: state.bit_count()]):
            made.append(int(scenes[np.flatnonzero(sets == np.uint64(state))[0]]))
            state &= ~(1 << made[-1])
        return made[::-1]

    def _waiting(self, states: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The actors with scenes both shot and unshot, as bits."""
        out = np.zeros(len(states), np.uint64)
        for a, members in enumerate(self.members):
            shot = states & np.uint64(members)
            there = (shot != 0) & (shot != np.uint64(members))
            out |= there.astype(np.uint64) << np.uint64(a)
        return out

    def _rest(self, states: NDArray[np.uint64], waiting: NDArray[np.uint64]) -> NDArray[np.int64]:
        """No less than this is paid for waiting from each state on.

        Of two actors who are there one leaves first, and the other waits for all that the first has left alone.
        With k actors there, each pair may claim a (k - 1)-th of their rates.
        """
        total = np.empty(len(states), np.int64)
        for start in range(0, len(states), _CHUNK):
            part = slice(start, start + _CHUNK)
            total[part] = self._claims(states[part], waiting[part])
        return total

    def _claims(self, states: _Sets, waiting: _Sets) -> _Costs:
        left = ~states & np.uint64((1 << self.n) - 1)
        mask = np.uint64(2**_Sums.BITS - 1)
        parts = [
            ((left >> np.uint64(k)) & mask).astype(np.intp) for k in range(0, max(1, self.n), _Sums.BITS)
        ]
        there = [(waiting >> np.uint64(a)) & np.uint64(1) != 0 for a in range(len(self.rates))]
        count = np.sum(there, axis=0)
        total = np.zeros(len(states), np.int64)
        for a, b, one, other in self.pairs:
            both = np.flatnonzero(there[a] & there[b])
            if len(both):
                at = [part[both] for part in parts]
                alone_a, alone_b = one[0][at[0]], other[0][at[0]]
                for k in range(1, len(at)):
                    alone_a += one[k][at[k]]
                    alone_b += other[k][at[k]]
                total[both] += np.minimum(alone_a, alone_b)
        return -(-total // np.maximum(count - 1, 1))

    def _pairs(self) -> None:
        """For each pair of actors, tables of what scenes cost that one of them has alone and the other waits for."""
        self.pairs = []
        for a, rate_a in enumerate(self.rates):
            for b, rate_b in enumerate(self.rates[:a]):
                one = [
                    n * rate_b * (c >> a & ~c >> b & 1) for n, c in zip(self.lengths, self.casts, strict=True)
                ]
                other = [
                    n * rate_a * (c >> b & ~c >> a & 1) for n, c in zip(self.lengths, self.casts, strict=True)
                ]
                if any(one) and any(other):
                    self.pairs.append((a, b, _Sums(one).tables, _Sums(other).tables))


class _Sums:
    """Sums of weights over sets given as bits, by tables of `BITS` bits."""

    BITS = 11

    def __init__(self, weights: Sequence[int]) -> None:
        self.tables = []
        for start in range(0, len(weights), self.BITS):
            table = np.zeros(1, np.int64)
            for w in weights[start : start + self.BITS]:
                table = np.concatenate([table, table + w])
            self.tables.append(table)

    def __call__(self, sets: NDArray[np.uint64]) -> NDArray[np.int64]:
        total = np.zeros(len(sets), np.int64)
        for i, table in enumerate(self.tables):
            total += table[
                ((sets >> np.uint64(i * self.BITS)) & np.uint64(2**self.BITS - 1)).astype(np.int64)
            ]
        return total
