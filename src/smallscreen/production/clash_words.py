"""A clash of rules in the words of a producer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from smallscreen.production.shoot import Shoot
from smallscreen.production.solve.problem import Span, inside

_SHOWN = 8


def sentences(shoot: Shoot, core: Sequence[tuple[Any, ...]]) -> list[str]:
    """A sentence for each rule of a core, the scenes first."""
    p = shoot.problem
    by: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for kind, *rest in core:
        by[kind].append(tuple(rest))
    out: list[str] = []
    if by["scene"]:
        scenes = sorted(i for (i,) in by["scene"])
        minutes = sum(p.scenes[i].minutes for i in scenes)
        places = sorted({p.places[p.scenes[i].place].name for i in scenes})
        at = f"at {places[0]}" if len(places) == 1 else f"at {len(places)} locations"
        out.append(f"{_scenes(shoot, scenes)} must be shot {at} ({minutes} minutes).")
    out += [f"{p.actors[a].name} is free {when(shoot, p.actors[a].windows)}." for (a,) in by["actor"]]
    out += [f"{p.places[r].name} is free {when(shoot, p.places[r].windows)}." for (r,) in by["place"]]
    out += [f"Nights are not allowed at {p.places[r].name}." for (r,) in by["dark"]]
    for (i,) in by["lock"]:
        day = (p.scenes[i].locked or 0) + 1
        beyond = "" if day <= p.days else f", but the shoot has {p.days}"
        out.append(f"Scene {p.scenes[i].id} is locked to day {day}{beyond}.")
    out += [f"Scene {p.scenes[i].id} must follow scene {p.scenes[j].id}." for i, j in by["after"]]
    for (a,) in by["minor"]:
        out.append(
            f"{p.actors[a].name} is a minor and works at most {p.actors[a].most_minutes} minutes a day."
        )
    out += [f"{p.actors[a].name} works for one unit a day." for (a,) in by["units"]]
    if by["moves"]:
        out.append(f"A day has at most {_count(p.most_moves or 0, 'company move')}.")
    if by["day"]:
        out.append(_day(shoot))
    if by["night"]:
        out.append(f"A night block holds {p.night_minutes} minutes of night scenes.")
    if by["light"]:
        out.append(
            f"A day holds {p.day_minutes} minutes of daylight scenes, {p.turnaround} fewer after a night."
        )
    if by["days"]:
        out.append(f"The shoot has at most {_count(p.days, 'day')}.")
    return out


def crowded(shoot: Shoot) -> list[str]:
    """What plain sums show: more minutes than the days hold, of all, of a person, of a location, of the nights."""
    p = shoot.problem
    longest = p.day_minutes + p.night_minutes + p.overtime_max
    for r, place in enumerate(p.places):
        dark = [i for i, s in enumerate(p.scenes) if s.place == r and s.time == "N"]
        if dark and not place.night_ok:
            said = f"{_scenes(shoot, dark)} {'is a night scene' if len(dark) == 1 else 'are night scenes'} at {place.name}."
            return [said, f"Nights are not allowed at {place.name}."]
    for i, s in enumerate(p.scenes):
        if s.minutes > (
            p.night_minutes if s.time == "N" else p.day_minutes if p.times[i] == "D" else longest
        ):
            kind = "a night block" if s.time == "N" else "a day"
            return [f"{_scenes(shoot, [i])} takes {s.minutes} minutes, more than {kind} holds.", _day(shoot)]
        minors = [a for a in s.cast if s.minutes > (p.actors[a].most_minutes or s.minutes)]
        if minors:
            minor = p.actors[minors[0]]
            return [
                f"{_scenes(shoot, [i])} takes {s.minutes} minutes.",
                f"{minor.name} is a minor and works at most {minor.most_minutes} minutes a day.",
            ]
    checks: list[tuple[str, list[int], tuple[Span, ...], int | None]] = [
        ("", list(range(len(p.scenes))), (), None)
    ]
    for a, actor in enumerate(p.actors):
        mine = [i for i, s in enumerate(p.scenes) if a in s.cast]
        checks.append((actor.name, mine, actor.windows, actor.most_minutes))
    for r, place in enumerate(p.places):
        checks.append((place.name, [i for i, s in enumerate(p.scenes) if s.place == r], place.windows, None))
    for name, mine, windows, most in checks:
        days = [d for d in range(p.days) if inside(d, windows)]
        units = p.units if not name or name in {x.name for x in p.places} else 1
        a_day = longest if most is None else min(most, longest)
        # A night costs the next day its turnaround; the first day and the days after a gap or a day off have none.
        follow = sum(d - 1 in days and d not in p.rested for d in days)
        rest = 0 if most is not None else min(p.turnaround, p.night_minutes) * follow
        room = units * (a_day * len(days) - rest)
        minutes = sum(p.scenes[i].minutes for i in mine)
        if minutes > room:
            first = (
                f"{_scenes(shoot, mine)}{f' with {name}' if name else ''} must be shot ({minutes:,} minutes)."
                if days or not name
                else f"{_scenes(shoot, mine)} {'need' if len(mine) > 1 else 'needs'} {name}."
            )
            out = [first]
            if windows:
                out.append(f"{name} is free {when(shoot, windows)}.")
            if most is not None and days:
                out.append(f"{name} is a minor and works at most {most} minutes a day.")
            elif days:
                out.append(_day(shoot))
            if not windows or any(b >= p.days - 1 for _, b in windows):
                out.append(f"The shoot has at most {_count(p.days, 'day')}.")
            return out
    dark = [i for i, t in enumerate(p.times) if t == "N"]
    minutes = sum(p.scenes[i].minutes for i in dark)
    if minutes > p.night_minutes * p.days * p.units:
        return [
            f"{_scenes(shoot, dark)} are night scenes ({minutes:,} minutes).",
            f"A night block holds {p.night_minutes} minutes of night scenes.",
            f"The shoot has at most {_count(p.days, 'day')}.",
        ]
    return []


def when(shoot: Shoot, windows: Sequence[Span]) -> str:
    """`on day 3 (2027-03-03) only`, `on days 3 to 5 ...`, `on none of the days`."""
    parts = []
    for first, last in windows:
        last = min(last, shoot.problem.days - 1)
        if first < 0 or last < first:
            continue
        dates = [shoot.dates[d] for d in (first, last)]
        said = f"day {first + 1}" if first == last else f"days {first + 1} to {last + 1}"
        if dates[0] is not None and dates[1] is not None:
            said += f" ({dates[0].isoformat()}" + (f" to {dates[1].isoformat()})" if first != last else ")")
        parts.append(said)
    return f"on {' and '.join(parts)} only" if parts else "on none of the shooting days"


def _day(shoot: Shoot) -> str:
    p = shoot.problem
    said = f"A day holds {p.day_minutes} minutes, a night block {p.night_minutes} more (the next day is {p.turnaround} shorter)"
    if p.overtime_max:
        said += f", overtime {p.overtime_max}"
    return f"{said}; a company move takes {p.move_minutes}."


def _scenes(shoot: Shoot, scenes: Sequence[int]) -> str:
    ids = [shoot.problem.scenes[i].id for i in scenes]
    if len(ids) == 1:
        return f"Scene {ids[0]}"
    if len(ids) > _SHOWN:
        return f"Scenes {', '.join(ids[:_SHOWN])} and {len(ids) - _SHOWN} more"
    return f"Scenes {', '.join(ids[:-1])} and {ids[-1]}"


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
