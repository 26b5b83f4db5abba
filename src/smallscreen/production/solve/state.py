"""A plan that is changed scene by scene, its cost and its broken rules counted as it changes.

What `start` anneals on. Broken rules that the days of a scene cannot rule out beforehand (minutes, order, moves,
minors, one unit a day) are counted in `over`, in minutes or an equivalent of them, and weighed by the annealing.
The cost of an actor depends only on the set of worked days, kept as the bits of a whole number.
"""

from __future__ import annotations

from collections.abc import Sequence

from smallscreen.production.solve.problem import Problem

_ORDER, MOVE_TOO_MANY, _UNIT = 60, 60, 240
"""Minutes that a broken order, a move too many, an actor in two units count for."""


class State:
    """`slot` of every scene; `cost` without the days' own rate; `over`: minutes beyond the rules, 0 for a plan."""

    def __init__(self, problem: Problem, slots: Sequence[int]) -> None:
        p = self.problem = problem
        self.units = p.units
        n = p.slots
        self.slot = list(slots)
        self.total, self.light, self.dark, self.darks = [0] * n, [0] * n, [0] * n, [0] * n
        self.at = [[0] * n for _ in p.places]
        self.places = [0] * n
        self.works = [[0] * p.days for _ in p.actors]
        self.by_unit = [[0] * n for _ in p.actors] if p.units > 1 else []
        self.days_of = [0] * len(p.actors)
        self.spent = {a: [0] * p.days for a, x in enumerate(p.actors) if x.most_minutes is not None}
        self.night = [False] * n
        self.short = [0] * n
        self.overtime = [0] * n
        self.minutes = [s.minutes for s in p.scenes]
        self.place = [s.place for s in p.scenes]
        self.cast = [s.cast for s in p.scenes]
        self.time = list(p.times)
        self.rate = [a.rate for a in p.actors]
        self.idle = [a.idle for a in p.actors]
        self.place_rate = [x.rate for x in p.places]
        self.links: list[list[tuple[int, bool]]] = [[] for _ in p.scenes]
        for i, s in enumerate(p.scenes):
            for j in s.after:
                self.links[i].append((j, True))
                self.links[j].append((i, False))
        self.minors = [[a for a in s.cast if a in self.spent] for s in p.scenes]
        self.plain = [not (m or x) for m, x in zip(self.minors, self.links, strict=True)]
        """Scenes that `price` knows all about."""
        self.cost = self.over = 0
        self._count()

    def move(self, i: int, new: int) -> None:
        """Put scene `i` on another slot; `cost` and `over` follow."""
        old = self.slot[i]
        if old == new:
            return
        units, cost, over = self.units, self.cost, self.over
        a_day, b_day = old // units, new // units
        minutes, place = self.minutes[i], self.place[i]
        time = self.time[i]
        if a_day != b_day:
            bit_a, bit_b = 1 << a_day, 1 << b_day
            for a in self.cast[i]:
                works = self.works[a]
                works[a_day] -= 1
                works[b_day] += 1
                if not works[a_day] or works[b_day] == 1:
                    days = self.days_of[a]
                    fresh = days if works[a_day] else days ^ bit_a
                    fresh |= bit_b
                    self.days_of[a] = fresh
                    # Pay is idle * span + (rate - idle) * worked days.
                    idle = self.idle[a]
                    cost += idle * (
                        fresh.bit_length() - (fresh & -fresh).bit_length()
                        - days.bit_length() + (days & -days).bit_length()
                    ) + (self.rate[a] - idle) * (fresh.bit_count() - days.bit_count())  # fmt: skip
            for a in self.minors[i]:
                most, spent = self.problem.actors[a].most_minutes or 0, self.spent[a]
                over -= max(0, spent[a_day] - most) + max(0, spent[b_day] - most)
                spent[a_day] -= minutes
                spent[b_day] += minutes
                over += max(0, spent[a_day] - most) + max(0, spent[b_day] - most)
            for j, first in self.links[i]:
                other = self.slot[j] // units
                over += _ORDER * (
                    (other > b_day) - (other > a_day) if first else (b_day > other) - (a_day > other)
                )
        if units > 1:
            for a in self.cast[i]:
                over += _UNIT * self._change_unit(a, old, new)
        at = self.at[place]
        at[old] -= 1
        at[new] += 1
        p = self.problem
        if not at[old]:
            left = self.places[old] = self.places[old] - 1
            cost -= self.place_rate[place] + (p.move_rate if left else p.unit_rate if old % units else 0)
            if p.most_moves is not None and left > p.most_moves:
                over -= MOVE_TOO_MANY
        if at[new] == 1:
            there = self.places[new] = self.places[new] + 1
            cost += self.place_rate[place] + (p.move_rate if there > 1 else p.unit_rate if new % units else 0)
            if p.most_moves is not None and there - 1 > p.most_moves:
                over += MOVE_TOO_MANY
        self.total[old] -= minutes
        self.total[new] += minutes
        if time == "N":
            self.dark[old] -= minutes
            self.dark[new] += minutes
            self.darks[old] -= 1
            self.darks[new] += 1
        elif time == "D":
            self.light[old] -= minutes
            self.light[new] += minutes
        self.slot[i] = new
        self.cost, self.over = cost, over
        self._evening(old)
        self._evening(new)

    def _evening(self, slot: int) -> None:
        """Count the night block, the moves and the minutes of a slot anew, and of those after it while they change."""
        p, night = self.problem, self.night
        while slot < len(night):
            before = slot >= self.units and night[slot - self.units]
            tired = p.rests[slot // self.units] if before else 0
            places = self.places[slot]
            holds = p.day_minutes - (p.move_minutes * (places - 1) if places > 1 else 0) - tired
            total = self.total[slot]
            was = night[slot]
            now = total > holds or self.darks[slot] > 0
            beyond = total - holds - p.night_minutes if now else 0
            extra = min(max(0, beyond), p.overtime_max)
            short = max(0, beyond - extra)
            short += max(0, self.dark[slot] - p.night_minutes) + max(
                0, self.light[slot] - p.day_minutes + tired
            )
            self.over += short - self.short[slot]
            self.short[slot] = short
            if extra != self.overtime[slot]:
                self.cost += p.overtime_rate * (extra - self.overtime[slot])
                self.overtime[slot] = extra
            if now == was:
                return
            self.cost += p.night_rate if now else -p.night_rate
            night[slot] = now
            slot += self.units

    def _change_unit(self, a: int, old: int, new: int) -> int:
        """An actor leaves a slot and enters another; gives how many more days they work for several units."""
        counts, units = self.by_unit[a], self.units

        def many(slot: int) -> int:
            first = slot // units * units
            return max(0, sum(n > 0 for n in counts[first : first + units]) - 1)

        days = {old // units * units, new // units * units}
        before = sum(map(many, days))
        counts[old] -= 1
        counts[new] += 1
        return sum(map(many, days)) - before

    def _count(self) -> None:
        """Everything from the slots of the scenes."""
        p, units = self.problem, self.units
        for i, slot in enumerate(self.slot):
            day, minutes = slot // units, self.minutes[i]
            for a in self.cast[i]:
                self.works[a][day] += 1
                self.days_of[a] |= 1 << day
                if units > 1:
                    self.by_unit[a][slot] += 1
            for a in self.minors[i]:
                self.spent[a][day] += minutes
            self.at[self.place[i]][slot] += 1
            self.total[slot] += minutes
            if self.time[i] == "N":
                self.dark[slot] += minutes
                self.darks[slot] += 1
            elif self.time[i] == "D":
                self.light[slot] += minutes
        for a, days in enumerate(self.days_of):
            if days:
                span = days.bit_length() - (days & -days).bit_length() + 1
                self.cost += self.idle[a] * span + (self.rate[a] - self.idle[a]) * days.bit_count()
            if units > 1:
                by = self.by_unit[a]
                for day in range(p.days):
                    self.over += _UNIT * max(0, sum(n > 0 for n in by[day * units : (day + 1) * units]) - 1)
        for a, spent in self.spent.items():
            self.over += sum(max(0, x - (p.actors[a].most_minutes or 0)) for x in spent)
        for slot in range(p.slots):
            here = [x for x in range(len(p.places)) if self.at[x][slot]]
            self.places[slot] = len(here)
            self.cost += sum(self.place_rate[x] for x in here)
            if here:
                self.cost += p.move_rate * (len(here) - 1) + (p.unit_rate if slot % units else 0)
                if p.most_moves is not None:
                    self.over += MOVE_TOO_MANY * max(0, len(here) - 1 - p.most_moves)
        for i, links in enumerate(self.links):
            for j, follows in links:
                self.over += _ORDER * (follows and self.slot[j] // units > self.slot[i] // units)
        for slot in range(p.slots):
            self._evening(slot)
