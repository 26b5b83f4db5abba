"""What a move or a swap of scenes would change, without making it.

    price = pricer(state)               # None where units share days
    cost, over = price(i, -1, new)      # scene i to slot `new`
    cost, over = price(i, j, new)       # and scene j from there to where i is

Nearly all tries of an annealing are rejected; so to ask is much cheaper than to move and to move back. The lists of the
state are bound once, as looking them up each time would cost more than the sums.
"""

from __future__ import annotations

from collections.abc import Callable

from smallscreen.production.solve.state import MOVE_TOO_MANY, State

Price = Callable[[int, int, int], tuple[int, int]]


def pricer(state: State) -> Price | None:
    """For one unit. Scenes with minors, or that follow others, are not `plain` and must be moved to be priced."""
    p = state.problem
    if p.units > 1:
        return None
    slot_of, casts, members, place_of = (
        state.slot,
        state.cast,
        [frozenset(c) for c in state.cast],
        state.place,
    )
    works, days_of, idle, extra_rate = state.works, state.days_of, state.idle, []
    extra_rate = [r - h for r, h in zip(state.rate, state.idle, strict=True)]
    at, places, place_rate = state.at, state.places, state.place_rate
    total, light, dark, darks = state.total, state.light, state.dark, state.darks
    night, short, overtime = state.night, state.short, state.overtime
    minutes, times = state.minutes, state.time
    move_rate, night_rate, over_rate = p.move_rate, p.night_rate, p.overtime_rate
    day, dusk, rests, move_minutes = p.day_minutes, p.night_minutes, p.rests, p.move_minutes
    most, over_max, slots = p.most_moves, p.overtime_max, p.slots

    def price(i: int, j: int, new: int) -> tuple[int, int]:
        old = slot_of[i]
        cost = over = 0
        bit_old, bit_new = 1 << old, 1 << new
        others = members[j] if j >= 0 else ()
        for a in casts[i]:
            if a in others:
                continue
            days = days_of[a]
            fresh = days | bit_new
            if works[a][old] == 1:
                fresh ^= bit_old
            if fresh != days:
                cost += idle[a] * (
                    fresh.bit_length() - (fresh & -fresh).bit_length()
                    - days.bit_length() + (days & -days).bit_length()
                ) + extra_rate[a] * (fresh.bit_count() - days.bit_count())  # fmt: skip
        place = place_of[i]
        here = at[place]
        less = here[old] == 1
        more = not here[new]
        if j < 0:
            rate = place_rate[place]
            left, come = -less, +more
            cost += rate * (more - less)
        else:
            mine = members[i]
            for a in casts[j]:
                if a in mine:
                    continue
                days = days_of[a]
                fresh = days | bit_old
                if works[a][new] == 1:
                    fresh ^= bit_new
                if fresh != days:
                    cost += idle[a] * (
                        fresh.bit_length() - (fresh & -fresh).bit_length()
                        - days.bit_length() + (days & -days).bit_length()
                    ) + extra_rate[a] * (fresh.bit_count() - days.bit_count())  # fmt: skip
            other = place_of[j]
            if other == place:
                left = come = 0
            else:
                there = at[other]
                less_j = there[new] == 1
                more_j = not there[old]
                left, come = more_j - less, more - less_j
                cost += place_rate[place] * (more - less) + place_rate[other] * (more_j - less_j)
        if left:
            n = places[old]
            cost += move_rate * ((n + left - 1 if n + left > 1 else 0) - (n - 1 if n > 1 else 0))
        if come:
            n = places[new]
            cost += move_rate * ((n + come - 1 if n + come > 1 else 0) - (n - 1 if n > 1 else 0))
        if most is not None and (left or come):
            for n, by in ((places[old], left), (places[new], come)):
                over += MOVE_TOO_MANY * (max(0, n + by - 1 - most) - max(0, n - 1 - most))
        # Minutes that slot `old` gains; `new` loses them.
        gain = -minutes[i]
        gain_dark = gain_light = gain_darks = 0
        if times[i] == "N":
            gain_dark, gain_darks = gain, -1
        elif times[i] == "D":
            gain_light = gain
        if j >= 0:
            more_minutes = minutes[j]
            gain += more_minutes
            if times[j] == "N":
                gain_dark += more_minutes
                gain_darks += 1
            elif times[j] == "D":
                gain_light += more_minutes
        slot, last = (old, new) if old < new else (new, old)
        before = slot > 0 and night[slot - 1]
        while True:
            if slot == old:
                n = places[slot] + left
                all_, dim, lit = total[slot] + gain, dark[slot] + gain_dark, light[slot] + gain_light
                nights = darks[slot] + gain_darks
            elif slot == new:
                n = places[slot] + come
                all_, dim, lit = total[slot] - gain, dark[slot] - gain_dark, light[slot] - gain_light
                nights = darks[slot] - gain_darks
            else:
                n, all_, dim, lit, nights = places[slot], total[slot], dark[slot], light[slot], darks[slot]
            holds = day - rests[slot] if before else day
            beyond = lit - holds if lit > holds else 0
            if dim > dusk:
                beyond += dim - dusk
            if n > 1:
                holds -= move_minutes * (n - 1)
            now = all_ > holds or nights > 0
            if now and all_ > holds + dusk:
                late = all_ - holds - dusk
                if over_max:
                    extra = late if late < over_max else over_max
                    cost += over_rate * (extra - overtime[slot])
                    late -= extra
                beyond += late
            elif over_max and overtime[slot]:
                cost -= over_rate * overtime[slot]
            over += beyond - short[slot]
            if now != night[slot]:
                cost += night_rate if now else -night_rate
                slot += 1
                if slot < slots:
                    before = now
                    continue
                if last < slot:
                    return cost, over
            if slot >= last:
                return cost, over
            slot, before = last, night[last - 1]

    return price
