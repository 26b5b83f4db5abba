"""The shoot as calendars (iCalendar, RFC 5545): one for everybody, and one a person with their own calls.

Times float (the same on every clock) unless a time zone is given; then they are written in UTC, which every calendar
shows in its reader's zone and which needs no zone definition in the file. A day keeps its UID over new plans (it is
made of slug, unit and number of the day), so that a calendar that is imported again is brought up to date.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from pathlib import Path
from zoneinfo import ZoneInfo

from smallscreen.production.model import CastMember
from smallscreen.production.papers import _say
from smallscreen.production.papers._shoot import Call, Date, Shoot
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.paper import Made, Paper, file_stem, many_files

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029]")
_FOLD = 75  # octets of a line, RFC 5545, 3.1


class Calendars(Paper):
    """A folder: the shoot's calendar and one for every part."""

    id = "ics"
    name = "Calendars (.ics)"
    description = "shooting days for everybody, and calls, hold and travel days for every person"
    order = 60

    def lacks(self, shoot: Shoot) -> str | None:
        if all(d.date for d in shoot.days):
            return None
        return (
            f"The plan of {shoot.title} has no dates, so there is no calendar of it; set the first day (start) in the "
            "rules and make the schedule again."
        )

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        folder = out / "calendars"
        folder.mkdir(exist_ok=True)
        slug = shoot.material.slug
        paths = [folder / (file_stem(slug, "shoot") + ".ics")]
        paths[0].write_bytes(_calendar(shoot, shoot.words("calendar_shoot", title=shoot.title), _days(shoot)))
        for at, member in enumerate(shoot.cast, 1):
            # The place in the list keeps names apart that are one as file names.
            path = folder / (file_stem(slug, f"{at:02d}-{member.name}") + ".ics")
            name = shoot.words("calendar_person", title=shoot.title, part=member.name)
            path.write_bytes(_calendar(shoot, name, _person(shoot, member)))
            paths.append(path)
        return many_files(folder, "calendars of the shoot and of every person", paths)


def _days(shoot: Shoot) -> Iterable[list[str]]:
    w = shoot.words
    for day in shoot.days:
        scenes = [
            f"{w.clock(s.start)} {s.scene.id} {_say.setting(s.scene, w)} {w.time(s.scene.time)} {_say.title(s.scene)}"
            for s in day.strips
        ]
        told = [f"{w('crew_call')} {w.clock(day.call)}", _say.day_total(day, shoot), *scenes]
        yield _event(
            shoot, ("day", day.day.unit, day.number), _moment(shoot, day, day.call), _moment(shoot, day, day.wrap),
            f"{shoot.title} · {shoot.head(day)}", w.join(day.places), "\n".join(told),
        )  # fmt: skip


def _person(shoot: Shoot, member: CastMember) -> Iterable[list[str]]:
    w = shoot.words
    row = shoot.letters[member.name]
    for column, letter in zip(shoot.columns, row.letters, strict=True):
        if column.date is None:
            continue
        key = (column.number or 0, column.date.isoformat(), member.name)
        if letter == "H":
            yield _event(shoot, ("hold", *key), column.date, None, w("hold_event", part=member.name), "", "")
        if "T" in letter:
            yield _event(
                shoot, ("travel", *key), column.date, None, w("travel_event", part=member.name), "", ""
            )
    for day in shoot.days:
        for call in day.people:
            if call.member.name == member.name:
                yield _call(shoot, day, call)


def _call(shoot: Shoot, day: Date, call: Call) -> list[str]:
    w = shoot.words
    mine = [s for s in day.strips if s.scene.id in call.scenes]
    told = [
        f"{w('makeup_call')} {w.clock(call.called)}",
        f"{w('on_set')} {w.clock(call.on_set)}",
        *(f"{w.clock(s.start)} {s.scene.id} {_say.title(s.scene)} ({w('pages_n', n=pages(s.scene.eighths))})" for s in mine),
    ]  # fmt: skip
    places = w.join(dict.fromkeys(s.place for s in mine))
    return _event(
        shoot, ("call", day.day.unit, day.number, call.member.name), _moment(shoot, day, call.called),
        _moment(shoot, day, call.released), f"{shoot.title} · {shoot.head(day)} · {call.member.name} {call.letter}",
        places, "\n".join(told),
    )  # fmt: skip


def _moment(shoot: Shoot, day: Date, minutes: float) -> datetime:
    """Minutes of a day's clock as a moment: with the zone where one is given, floating otherwise."""
    assert day.date is not None
    moment = datetime(day.date.year, day.date.month, day.date.day) + timedelta(minutes=round(minutes))
    zone = shoot.options.zone
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if zone else moment


def _event(
    shoot: Shoot,
    key: tuple[object, ...],
    start: datetime | Day,
    end: datetime | None,
    summary: str,
    where: str,
    told: str,
) -> list[str]:
    """An event; one without an end is a whole day that leaves the person's time free."""
    uid = hashlib.sha256("\n".join(str(x) for x in (shoot.material.slug, *key)).encode()).hexdigest()[:32]
    lines = ["BEGIN:VEVENT", f"UID:{uid}@smallscreen", f"DTSTAMP:{_utc(shoot.options.moment)}"]
    if isinstance(start, datetime):
        assert end is not None
        # An event has to end after it begins, and a scene may be estimated at no minutes.
        end = max(end, start + timedelta(minutes=1))
        lines += [f"DTSTART:{_time(start)}", f"DTEND:{_time(end)}"]
    else:
        lines += [
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}",
            "TRANSP:TRANSPARENT",
        ]
    lines.append(f"SUMMARY:{_text(summary)}")
    if where:
        lines.append(f"LOCATION:{_text(where)}")
    if told:
        lines.append(f"DESCRIPTION:{_text(told)}")
    return [*lines, "END:VEVENT"]


def _calendar(shoot: Shoot, name: str, events: Iterable[list[str]]) -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//smallscreen//production papers//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    if shoot.options.zone:
        lines.append(f"X-WR-TIMEZONE:{_text(shoot.options.zone)}")
    for event in events:
        lines += event
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _time(moment: datetime) -> str:
    return _utc(moment) if moment.tzinfo else moment.strftime("%Y%m%dT%H%M%S")


def _text(text: str) -> str:
    """A TEXT value, RFC 5545, 3.3.11: backslash, semicolon, comma and line break are escaped, controls go."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", text)
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Lines of at most 75 octets, never cut inside a character; those that go on begin with a space."""
    parts, now = [], b""
    for char in line:
        raw = char.encode()
        if len(now) + len(raw) > _FOLD:
            parts.append(now)
            now = b" "
        now += raw
    return b"\r\n".join([*parts, now]) + b"\r\n"
