"""Universal Schedule Standard, version 1.0.0: breakdown and schedule as JSON for other scheduling programs.

After the standard's documentation (github.com/UniversalScheduleStandard/UniversalScheduleStandard, docs/docs.md)
and the category numbers of the Universal Category Identification standard beside it. All keys are there, unused ones are
null; there are no keys of our own, because the standard's validator refuses them. One board a unit holds an array a day;
scenes that are not scheduled stand on the board `boneyard`. Dates follow from the first day, the weekdays without
shooting and single days off, so every date that the plan skips is written as a day off. IDs are made of what they
name and stay the same over exports.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from pathlib import Path
from typing import Any

from smallscreen.production.model import ElementKind, SceneSheet
from smallscreen.production.papers import _say
from smallscreen.production.papers._shoot import Shoot
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file

VERSION = "1.0.0"
# (number, name): the standard's own names, whatever the language of the other papers, to be found again.
_SET, _IE, _DN, _STORY, _PLACE = (
    (0, "Set"), (1, "INT/EXT"), (2, "Day/Night"), (3, "Script Day"), (6, "Location"),
)  # fmt: skip
_CAST = (100, "Cast Members")
_KINDS: dict[ElementKind, tuple[int, str]] = {
    "cast": _CAST,
    "extra": (101, "Background Actors"),
    "vehicle": (103, "Vehicles"),
    "prop": (104, "Props"),
    "effect": (105, "Special Effects"),
    "costume": (106, "Wardrobe"),
    "makeup": (107, "Makeup/Hair"),
    "animal": (108, "Animals"),
    "music": (111, "Music"),
    "other": (124, "Other"),
}
_DROP_DAYS = (
    10  # the number that programs assume where a schedule does not tell; unused while isDrop is false
)


class Uss(Paper):
    """One .uss file."""

    id = "uss"
    name = "Universal Schedule Standard (.uss)"
    description = "breakdown, stripboards and calendar for other scheduling programs"
    order = 80

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        path = out / (file_stem(shoot.material.slug) + ".uss")
        text = json.dumps(export(shoot), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", "utf-8", errors="replace", newline="\n")
        return one_file(path, "exchange with other scheduling programs")


def export(shoot: Shoot) -> dict[str, Any]:
    """The whole object, as JSON values."""
    made = _iso(shoot.options.moment)
    book = _Book(shoot, made)
    breakdowns = [_breakdown(book, scene) for scene in shoot.material.breakdown.scenes]
    boards = []
    for unit in shoot.units:
        name = "stripboard" if unit == shoot.units[0] else f"unit {unit}"
        days = [[book.id("scene", s.scene.id) for s in d.strips] for d in _all_days(shoot, unit)]
        boards.append({"id": book.id("board", name), "name": name, "breakdownIds": days})
    rest = [book.id("scene", s.id) for s in shoot.unscheduled]
    boards.append({"id": book.id("board", "boneyard"), "name": "boneyard", "breakdownIds": rest})
    calendar = _calendar(book)
    board = {
        "id": book.id("stripboard"),
        "boards": boards,
        "calendar": calendar["id"] if calendar else None,
        "name": "Plan",
    }
    return {
        "universalScheduleStandard": {
            "id": book.id("schedule"),
            "author": None,
            "company": None,
            "created": made,
            "description": None,
            "episode": None,
            "episodeName": None,
            "name": shoot.title,
            "project": shoot.title,
            "schedColor": None,
            "schedDate": made,
            "scriptColor": None,
            "scriptDate": None,
            "season": None,
            "source": "smallscreen",
            "ussVersion": VERSION,
            "breakdowns": breakdowns,
            "categories": list(book.categories.values()),
            "elements": list(book.elements.values()),
            "stripboards": [board],
            "calendars": [calendar] if calendar else [],
        }
    }


class _Book:
    """Categories and elements, each once, in the order in which scenes name them."""

    def __init__(self, shoot: Shoot, made: str) -> None:
        self.shoot, self.made = shoot, made
        self.categories: dict[int, dict[str, Any]] = {}
        self.elements: dict[tuple[int, str], dict[str, Any]] = {}
        self._cast = {m.name: m for m in shoot.material.breakdown.cast}

    def id(self, *parts: object) -> str:
        """24 hexadecimal digits, as the standard recommends, made of what they name."""
        whole = "\n".join(str(p) for p in (self.shoot.material.slug, *parts))
        return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:24]

    def element(self, category: tuple[int, str], name: str) -> str:
        number, title = category
        if number not in self.categories:
            self.categories[number] = {
                "id": self.id("category", number),
                "created": self.made,
                "name": title,
                "ucid": number,
            }
        if (number, name) not in self.elements:
            cast = number == _CAST[0]
            member = self._cast.get(name) if cast else None
            drop = self.shoot.options.drop_days
            travel = self.shoot.options.travel.get(name, ()) if cast else ()
            self.elements[number, name] = {
                "id": self.id("element", number, name),
                "category": self.id("category", number),
                "created": self.made,
                "daysOff": [],
                "dropDayCount": drop or _DROP_DAYS,
                "elementId": str(member.number) if member and member.number > 0 else None,
                "events": [self.event("event", "travel", day, name) for day in sorted(travel)],
                "isDood": cast,
                "isDrop": cast and drop is not None,
                "isHold": cast,
                "isIdLock": member is not None,
                "linkedElements": [],
                "name": name,
            }
        return str(self.elements[number, name]["id"])

    def event(self, kind: str, name: str | None, day: Day, whose: str = "") -> dict[str, Any]:
        return {
            "id": self.id("event", kind, name, day, whose),
            "date": _iso(datetime(day.year, day.month, day.day, tzinfo=UTC)),
            "type": kind,
            "name": name,
        }


def _breakdown(book: _Book, scene: SceneSheet) -> dict[str, Any]:
    ids = []
    if _say.title(scene):
        ids.append(book.element(_SET, scene.set_name or _say.title(scene)))
    if scene.interior is not None:
        ids.append(book.element(_IE, "INT" if scene.interior else "EXT"))
    if scene.time:
        ids.append(book.element(_DN, scene.time.upper()))
    if scene.story_day:
        ids.append(book.element(_STORY, scene.story_day))
    if scene.place:
        ids.append(book.element(_PLACE, scene.place))
    ids += [book.element(_CAST, name) for name in scene.cast]
    for e in scene.elements:
        # The format has no count: it stays in the name, where a person reads it.
        name = f"{e.name} ×{e.count}" if e.count > 1 else e.name
        ids.append(book.element(_KINDS[e.kind], name))
    return {
        "id": book.id("scene", scene.id),
        "bannerText": None,
        "comments": scene.note or None,
        "created": book.made,
        "description": scene.synopsis or None,
        "elements": list(dict.fromkeys(ids)),
        "pages": scene.eighths / 8,
        "scene": scene.id,
        "scriptPage": None,
        "duration": round(scene.minutes * 60_000),
        "type": "scene",
    }


def _all_days(shoot: Shoot, unit: int) -> list[Any]:
    """A unit's days; a day on which only another unit shoots is an empty one, so that the dates stay right."""
    numbers = sorted({d.number for d in shoot.days})
    mine = {d.number: d for d in shoot.days if d.day.unit == unit}
    return [mine.get(n, _Empty()) for n in numbers]


class _Empty:
    strips: tuple[Any, ...] = ()


def _calendar(book: _Book) -> dict[str, Any] | None:
    """First day, weekdays off and days off; None where the plan has no dates."""
    shoot = book.shoot
    dates = sorted({d.date for d in shoot.days if d.date is not None})
    if not dates or any(d.date is None for d in shoot.days):
        return None
    shot = set(dates)
    # A weekday on which the plan shoots all the same cannot be written as one without shooting.
    off = sorted({w for w in shoot.material.rules.weekdays_off if all(d.weekday() != w for d in shot)})
    skipped = [
        day
        for i in range((dates[-1] - dates[0]).days)
        if (day := dates[0] + timedelta(days=i)) not in shot and day.weekday() not in off
    ]
    return {
        "id": book.id("calendar"),
        "daysOff": sorted((w + 1) % 7 for w in off),  # theirs begin with Sunday, ours with Monday
        "events": [
            book.event("start", None, dates[0]),
            *(book.event("dayOff", "dayOff", day) for day in skipped),
        ],
        "name": "Shoot",
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
