"""The shoot as all papers see it: days with strips, moves and clock times, people with letters and calls.

    shoot = shoot_of(material, Options(), words("en"))
    shoot.days[0].strips[0].start          # minutes after midnight

Clock times are an estimate, the same on every paper. A day begins at `Options.call`, after a night block of the
day before later by the rules' turnaround. Scenes follow each other in the plan's order, each as long as the
breakdown estimates; another location first takes the minutes of a company move. Scenes that need the dark wait until
the day's minutes are over (`call + day_minutes`, where the plan's night block begins); a day of nothing else begins then.
"""

from __future__ import annotations

import json
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date as Day
from datetime import timedelta
from functools import cached_property

from smallscreen.errors import UserError
from smallscreen.production.model import CastMember, Element, ElementKind, SceneSheet, ShootDay, to_json
from smallscreen.production.papers import _dood
from smallscreen.production.papers._material import Material, Options
from smallscreen.production.papers._sun import sun
from smallscreen.production.papers._words import Words
from smallscreen.production.shoot import time_of


@dataclass(frozen=True, slots=True)
class Strip:
    """A scene on its day. `start` and `end` are minutes after midnight, `move` the minutes of a move before it."""

    scene: SceneSheet
    start: float
    end: float
    move: float | None
    numbers: tuple[str, ...]

    @property
    def color(self) -> str:
        return strip_color(self.scene)

    @property
    def place(self) -> str:
        return place_of(self.scene)


@dataclass(frozen=True, slots=True)
class Call:
    """A person on a day: when they are called, on the set and released, in minutes after midnight."""

    member: CastMember
    number: str
    called: float
    on_set: float
    released: float
    scenes: tuple[str, ...]
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A thing that a day needs, with the scenes that need it; of one thing in several scenes the most."""

    kind: ElementKind
    name: str
    count: int
    notes: tuple[str, ...]
    scenes: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.name} ×{self.count}" if self.count > 1 else self.name


@dataclass(frozen=True, slots=True)
class Date:
    """One day of one unit. `call` and `wrap` are minutes after midnight."""

    day: ShootDay
    strips: tuple[Strip, ...]
    call: float
    wrap: float
    people: tuple[Call, ...]
    needs: tuple[Need, ...]
    dusk: tuple[str, ...] = ()
    """Scenes by daylight that end after it."""

    @property
    def date(self) -> Day | None:
        return self.day.date

    @property
    def number(self) -> int:
        return self.day.index

    @property
    def eighths(self) -> int:
        return sum(s.scene.eighths for s in self.strips)

    @property
    def moves(self) -> int:
        return sum(s.move is not None for s in self.strips)

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s.place for s in self.strips if s.place))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the day out of days; `number` None: a date without shooting."""

    number: int | None
    date: Day | None


@dataclass(frozen=True)
class Shoot:
    """Everything that a paper prints."""

    material: Material
    options: Options
    words: Words
    days: tuple[Date, ...]
    cast: tuple[CastMember, ...]

    @property
    def title(self) -> str:
        return self.material.title

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Shooting days in order and, where all have dates, the dates between them."""
        seen = {d.number: d.date for d in sorted(self.days, key=lambda d: d.number)}
        dates = [d for d in seen.values() if d is not None]
        if len(dates) < len(seen) or len(set(dates)) < len(dates):
            return tuple(Column(n, d) for n, d in seen.items())
        first, last = min(dates), max(dates)
        travelled = [t for days in self.options.travel.values() for t in days]
        first, last = min([first, *travelled]), max([last, *travelled])
        numbers = {d: n for n, d in seen.items()}
        span = (first + timedelta(days=i) for i in range((last - first).days + 1))
        return tuple(Column(numbers.get(d), d) for d in span)

    @cached_property
    def letters(self) -> dict[str, _dood.Row]:
        """Day out of days by name, a letter a column."""
        shooting = [i for i, c in enumerate(self.columns) if c.number is not None]
        by_number = {c.number: i for i, c in enumerate(self.columns)}
        by_date = {c.date: i for i, c in enumerate(self.columns) if c.date}
        worked: dict[str, set[int]] = defaultdict(set)
        for d in self.days:
            for s in d.strips:
                for name in s.scene.cast:
                    worked[name].add(by_number[d.number])
        found = {}
        for member in self.cast:
            travel = [by_date[t] for t in self.options.travel.get(member.name, ()) if t in by_date]
            compact = {at: i for i, at in enumerate(shooting)}
            made = _dood.row(
                len(shooting),
                [compact[i] for i in worked[member.name]],
                [compact[i] for i in travel if i in compact],
                self.options.drop_days,
            )
            letters = [""] * len(self.columns)
            for at, i in compact.items():
                letters[at] = made.letters[i]
            for i in travel:
                letters[i] = letters[i] or "T"
            found[member.name] = replace(made, letters=tuple(letters), travel=len(set(travel)))
        return found

    @cached_property
    def unscheduled(self) -> tuple[SceneSheet, ...]:
        """Scenes of the breakdown that no day shoots."""
        shot = {s.scene.id for d in self.days for s in d.strips}
        return tuple(s for s in self.material.breakdown.scenes if s.id not in shot)

    @cached_property
    def units(self) -> tuple[int, ...]:
        return tuple(sorted({d.day.unit for d in self.days}))

    @cached_property
    def alphabet(self) -> str:
        """Every character that a paper of this shoot may hold, for its fonts."""
        told = json.dumps(
            [to_json(self.material.breakdown), self.title, self.words.texts], ensure_ascii=False
        )
        return "".join(sorted({*told, *string.printable, *"–…×·□"}))

    @property
    def length(self) -> int:
        """Number of shooting days."""
        return len({d.number for d in self.days})

    def numbers(self, scene: SceneSheet) -> tuple[str, ...]:
        return _numbers(scene, {m.name: m for m in self.cast})

    def next_day(self, day: Date) -> Date | None:
        """The unit's next shooting day."""
        later = [d for d in self.days if d.day.unit == day.day.unit and d.number > day.number]
        return later[0] if later else None

    def sun(self, day: Date) -> tuple[float, float] | None:
        """Sunrise and sunset where a place, a time zone and a date are given."""
        place, zone = self.options.place, self.options.zone
        if place is None or zone is None or day.date is None:
            return None
        return sun(day.date, place.latitude, place.longitude, zone)

    def head(self, day: Date) -> str:
        """`Day 3`, with the unit where there are several."""
        text = self.words("day", n=day.number)
        return f"{text} · {self.words('unit', n=day.day.unit)}" if len(self.units) > 1 else text


COLORS: dict[str, str] = {
    "day_int": "#ffffff",
    "day_ext": "#ffe868",
    "night_int": "#9cc9f2",
    "night_ext": "#9fd694",
    "dawn": "#f6bfd0",
    "dusk": "#f8c283",
    "unsaid": "#dcdad5",
}
"""Paper colors of strips: white, yellow, blue and green for day and night inside and outside, as the trade's
boards have them from the start; dawn and dusk differ from house to house, pink and orange are ours."""


def strip_color(scene: SceneSheet) -> str:
    """The key of `COLORS`. What is not said to be inside counts as outside, as it does for the plan."""
    if scene.time in ("day", "night"):
        return f"{scene.time}_{'int' if scene.interior else 'ext'}"
    return scene.time if scene.time in COLORS else "unsaid"


def place_of(scene: SceneSheet) -> str:
    return scene.place or scene.set_name


def shoot_of(material: Material, options: Options, words: Words) -> Shoot:
    """All days with their times. UserError where the plan is empty or does not fit the breakdown."""
    plan = material.plan
    if not any(d.scenes for d in plan.days):
        raise UserError(f"The plan of {material.title} has no shooting day; make its schedule again.")
    known = {s.id: s for s in material.breakdown.scenes}
    seen: dict[str, int] = {}
    for d in plan.days:
        for scene in d.scenes:
            if scene not in known:
                raise UserError(
                    f"The plan shoots scene {scene} on day {d.index}, but the breakdown has no such scene; "
                    "make the schedule again."
                )
            if scene in seen:
                raise UserError(
                    f"The plan shoots scene {scene} on day {seen[scene]} and again on day {d.index}; "
                    "make the schedule again."
                )
            seen[scene] = d.index
    used = {name for scene in seen for name in known[scene].cast}
    listed = {m.name: m for m in material.breakdown.cast}
    cast = [listed.get(name) or CastMember(name, 0) for name in sorted(used)]
    cast.sort(key=lambda m: (m.number <= 0, m.number, m.name))
    members = {m.name: m for m in cast}
    days: list[Date] = []
    for d in sorted(plan.days, key=lambda d: (d.index, d.unit)):
        if d.scenes:
            before = next((x for x in reversed(days) if x.day.unit == d.unit), None)
            days.append(_date(material, options, d, [known[s] for s in d.scenes], before, members))
    shoot = Shoot(material, options, words, tuple(days), tuple(cast))
    columns = {c.number: i for i, c in enumerate(shoot.columns)}
    lettered = [
        replace(
            d,
            people=tuple(
                replace(p, letter=shoot.letters[p.member.name].letters[columns[d.number]]) for p in d.people
            ),
        )
        for d in days
    ]
    return replace(shoot, days=tuple(lettered))


def _date(
    material: Material,
    options: Options,
    day: ShootDay,
    scenes: list[SceneSheet],
    before: Date | None,
    members: dict[str, CastMember],
) -> Date:
    rules = material.rules
    usual = options.call.hour * 60.0 + options.call.minute
    dark = usual + rules.day_minutes
    call = usual
    if before is not None and before.day.night and _follows(before.day, day):
        call += rules.turnaround_minutes
    if all(s.night for s in scenes):
        call = max(call, dark)
    moves = {x.name: x.move_minutes for x in material.breakdown.locations if x.move_minutes is not None}
    strips: list[Strip] = []
    now = call
    for scene in scenes:
        move = None
        if strips and place_of(scene) != strips[-1].place:
            move = float(moves.get(place_of(scene), rules.move_minutes))
            now += move
        if scene.night:
            now = max(now, dark)
        strips.append(Strip(scene, now, now + scene.minutes, move, _numbers(scene, members)))
        now += scene.minutes
    people = tuple(_calls(strips, members, options.prep_minutes))
    dusk = tuple(s.scene.id for s in strips if time_of(s.scene) == "D" and s.end > dark)
    return Date(day, tuple(strips), call, now, people, tuple(_needs(scenes)), dusk)


def _follows(before: ShootDay, day: ShootDay) -> bool:
    if before.date is not None and day.date is not None:
        return (day.date - before.date).days == 1
    return day.index == before.index + 1


def _calls(strips: list[Strip], members: dict[str, CastMember], prep: int) -> Iterator[Call]:
    for name, member in members.items():
        mine = [s for s in strips if name in s.scene.cast]
        if mine:
            called = (mine[0].start - prep) // 5 * 5
            scenes = tuple(s.scene.id for s in mine)
            yield Call(member, _number(member), called, mine[0].start, mine[-1].end, scenes)


def _needs(scenes: Iterable[SceneSheet]) -> Iterator[Need]:
    found: dict[tuple[ElementKind, str], list[tuple[Element, str]]] = defaultdict(list)
    for scene in scenes:
        for e in scene.elements:
            if e.kind != "cast":
                found[e.kind, e.name].append((e, scene.id))
    for (kind, name), uses in found.items():
        most = max(e.count for e, _ in uses)
        notes = tuple(dict.fromkeys(e.note for e, _ in uses if e.note))
        yield Need(kind, name, most, notes, tuple(dict.fromkeys(s for _, s in uses)))


def _number(member: CastMember) -> str:
    return str(member.number) if member.number > 0 else member.name


def _numbers(scene: SceneSheet, members: dict[str, CastMember]) -> tuple[str, ...]:
    mine = [members.get(name) or CastMember(name, 0) for name in scene.cast]
    return tuple(_number(m) for m in sorted(mine, key=lambda m: (m.number <= 0, m.number, m.name)))
