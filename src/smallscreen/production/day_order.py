"""In which order a day is shot.

    ids = day_order(scenes, rules)            # first to last; `papers` gives them clock times

Company moves count most, then that night is last and daylight scenes lie in the daylight, then how long the cast
is there. A day with up to four locations is tried in every order of them, a larger one is bettered by swaps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

from smallscreen.production.model import Rules, SceneSheet
from smallscreen.production.shoot import minutes_of, time_of

_ALL = 4
_TRIES = 400


def day_order(scenes: Sequence[SceneSheet], rules: Rules) -> tuple[str, ...]:
    """The ids in the order to shoot them in. Where the scenes cannot keep `after` among them, the fewest break it."""
    here = list(scenes)
    best = min(_orders(here), key=lambda o: _price(o, rules))
    for _ in range(3):
        better = min((o for o in _swapped(best)), key=lambda o: _price(o, rules), default=best)
        if _price(better, rules) >= _price(best, rules):
            break
        best = better
    return tuple(s.id for s in best)


def visits(scenes: Sequence[SceneSheet]) -> tuple[str, ...]:
    """The locations of a day in order; one that the company comes back to stands there twice."""
    return tuple(s.place for i, s in enumerate(scenes) if i == 0 or scenes[i - 1].place != s.place)


def out_of_order(scenes: Sequence[SceneSheet]) -> list[tuple[str, str]]:
    """Pairs (earlier, later) of the day in which the later one is shot first; a night scene counts as last."""
    at = {s.id: i for i, s in enumerate(scenes)}
    return [(x, s.id) for s in scenes for x in s.after if x in at and at[x] > at[s.id]]


# --- within ----------------------------------------------------------------------------------


def _orders(scenes: list[SceneSheet]) -> Iterator[list[SceneSheet]]:
    """Orders worth trying: the day's part by location, then the night's part by location; and one by `after` alone."""
    day = [s for s in scenes if time_of(s) != "N"]
    night = [s for s in scenes if time_of(s) == "N"]
    for a in _sequences([s.place for s in day]):
        for b in _sequences([s.place for s in night]):
            yield _grouped(day, a) + _grouped(night, b)
    yield _by_after(scenes)


def _sequences(places: list[str]) -> Iterator[tuple[str, ...]]:
    names = list(dict.fromkeys(places))
    if len(names) <= _ALL:
        yield from permutations(names)
        return
    rng = random.Random(len(places))
    yield tuple(names)
    for _ in range(_TRIES // 20):
        rng.shuffle(names)
        yield tuple(names)


def _grouped(scenes: list[SceneSheet], places: Sequence[str]) -> list[SceneSheet]:
    rank = {"D": 0, "A": 1, "N": 2}
    out: list[SceneSheet] = []
    for place in places:
        group = sorted((s for s in scenes if s.place == place), key=lambda s: rank[time_of(s)])
        out += _kept(group)
    return out


def _kept(group: list[SceneSheet]) -> list[SceneSheet]:
    """The same scenes with those first that others of the group follow."""
    out: list[SceneSheet] = []
    left = list(group)
    while left:
        names = {s.id for s in left}
        chosen = next((s for s in left if not names & set(s.after)), left[0])
        left.remove(chosen)
        out.append(chosen)
    return out


def _by_after(scenes: list[SceneSheet]) -> list[SceneSheet]:
    """What must come first comes first; among the rest the same location, and night last."""
    out: list[SceneSheet] = []
    left = list(scenes)
    while left:
        names = {s.id for s in left}
        ready = [s for s in left if not names & set(s.after)] or left
        chosen = min(ready, key=lambda s: (time_of(s) == "N", not out or out[-1].place != s.place))
        left.remove(chosen)
        out.append(chosen)
    return out


def _swapped(order: list[SceneSheet]) -> Iterator[list[SceneSheet]]:
    """Neighboring scenes, and whole visits, changed about."""
    for i in range(len(order) - 1):
        yield [*order[:i], order[i + 1], order[i], *order[i + 2 :]]
    cuts = [0, *(i for i in range(1, len(order)) if order[i].place != order[i - 1].place), len(order)]
    parts = [order[a:b] for a, b in pairwise(cuts)]
    for i in range(len(parts)):
        for j in range(i + 1, len(parts)):
            swapped = parts[:]
            swapped[i], swapped[j] = parts[j], parts[i]
            yield [s for part in swapped for s in part]


def _price(order: Sequence[SceneSheet], rules: Rules) -> tuple[int, int, int, int, int]:
    """Broken orders, moves, day scenes after night ones, daylight minutes after the day block, minutes of the cast."""
    broken = len(out_of_order(order))
    times = [time_of(s) for s in order]
    last_day = max((i for i, t in enumerate(times) if t != "N"), default=-1)
    early = sum(t == "N" for t in times[: last_day + 1])
    at = late = 0
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for i, s in enumerate(order):
        at += rules.move_minutes if i and order[i - 1].place != s.place else 0
        for name in s.cast:
            first.setdefault(name, at)
        at += minutes_of(s, rules)
        late += max(0, at - rules.day_minutes) if times[i] == "D" else 0
        for name in s.cast:
            last[name] = at
    return broken + early, len(visits(order)) - 1, early, late, sum(last[n] - first[n] for n in first)
