"""Call sheets: one PDF a day and unit with calls, scenes, cast, extras, what to bring, and tomorrow.

What only the day itself can tell (weather, the nearest hospital, meals) is a line to write on. Sunrise and sunset are
printed where a place and its time zone are given, and are a line to write on otherwise.
"""

from __future__ import annotations

from pathlib import Path

from smallscreen.engines.pdf import DIM, INK, Sheet, save
from smallscreen.production.papers import _say
from smallscreen.production.papers._flow import PALE, Column, Flow
from smallscreen.production.papers._shoot import COLORS, Date, Shoot
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.paper import Made, Paper, file_stem, many_files

_LINES = ("weather", "hospital", "meal", "contact", "parking")


class CallSheets(Paper):
    """A folder of PDFs, A4 upright."""

    id = "callsheets"
    name = "Call sheets (.pdf)"
    description = "a sheet a day: calls a person, scenes, cast, extras, what to bring, tomorrow"
    order = 50

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        folder = out / "call-sheets"
        folder.mkdir(exist_ok=True)
        files = []
        for day in shoot.days:
            path = folder / (day_stem(day, shoot) + ".pdf")
            files.append((_sheet(day, shoot), path))
        save(files, shoot.options.moment, shoot.alphabet)
        return many_files(folder, "call sheets, one a day", [path for _, path in files])


def day_stem(day: Date, shoot: Shoot) -> str:
    """`umbrella.day-03` with the date and, where there are several, the unit."""
    unit = f"unit-{day.day.unit}" if len(shoot.units) > 1 else ""
    date = day.date.isoformat() if day.date else ""
    return file_stem(shoot.material.slug, f"day-{day.number:02d}", unit, date)


def _sheet(day: Date, shoot: Shoot) -> Sheet:
    w = shoot.words
    number = w("day_of", n=day.number, total=max(d.number for d in shoot.days))
    unit = f" · {w('unit', n=day.day.unit)}" if len(shoot.units) > 1 else ""
    sheet = Sheet(f"{shoot.title} - {w('callsheet')} - {w('day', n=day.number)}", w.language)
    flow = Flow(sheet, f"{shoot.title} · {w('callsheet')}", f"{number}{unit}")
    _masthead(flow, day, shoot)
    _scenes(flow, day, shoot)
    _people(flow, day, shoot)
    _bring(flow, day, shoot)
    _tomorrow(flow, day, shoot)
    flow.finish(f"{w('shoots_all')} {_say.made(shoot)}")
    return sheet


def _masthead(flow: Flow, day: Date, shoot: Shoot) -> None:
    w, sheet = shoot.words, flow.sheet
    sheet.text(sheet.left, flow.y + 16, w.date(day.date) or w("no_date"), 17, bold=True)
    places = sheet.wrap(w.join(day.places), (sheet.right - sheet.left) * 0.45, 10, most=2)
    for n, line in enumerate(places):
        sheet.text(sheet.right, flow.y + 10 + n * 13, line, 10, align="right")
    flow.y += 34
    sun = shoot.sun(day)
    facts = [
        (w("crew_call"), w.clock(day.call)),
        (w("wrap"), w.clock(day.wrap)),
        (w("sunrise"), w.clock(sun[0]) if sun else ""),
        (w("sunset"), w.clock(sun[1]) if sun else ""),
    ]
    width = (sheet.right - sheet.left) / len(facts)
    sheet.box(sheet.left, flow.y, sheet.right - sheet.left, 38, PALE)
    for n, (label, value) in enumerate(facts):
        x = sheet.left + n * width + 8
        sheet.text(x, flow.y + 12, label, 7.5, color=DIM)
        if value:
            sheet.text(x, flow.y + 30, value, 14, bold=True, fit=width - 10)
        else:
            sheet.rule(flow.y + 31, x, x + width - 20, INK, 0.5)
    flow.y += 56
    half = (sheet.right - sheet.left) / 2
    for n, key in enumerate(_LINES):
        flow.blank(w(key), sheet.left + (n % 2) * half, half - 12)
        if n % 2 or n == len(_LINES) - 1:
            flow.y += 20
    flow.y -= 16


def _scenes(flow: Flow, day: Date, shoot: Shoot) -> None:
    w = shoot.words
    total = f"{_say.counted(w, 'scene', len(day.strips))} · {w('pages_n', n=pages(day.eighths))}"
    flow.heading(f"{w('scenes')} · {total}")
    columns = [
        Column(w("time_head"), 44),
        Column(w("scene"), 44, bold=True),
        Column(f"{w('ie')} {w('dn')}", 58),
        Column(w("set"), 0),
        Column(w("cast_numbers"), 84),
        Column(w("pages"), 40, "right"),
        Column(w("minutes"), 36, "right"),
    ]
    flow.y += 8
    flow.head(columns)
    for strip in day.strips:
        scene = strip.scene
        if strip.move is not None:
            flow.need(40)
            flow.bar(w("move", place=strip.place), w.hours(strip.move), fill=PALE, color="#3a362f", size=7.5)
        both = " ".join(x for x in (_say.setting(scene, w), w.time(scene.time)) if x)
        cells = [
            w.clock(strip.start),
            scene.id,
            both,
            _say.title(scene),
            _say.cast_numbers(strip, w),
            pages(scene.eighths),
            str(round(scene.minutes)),
        ]
        under = w.join([scene.synopsis, scene.note])
        flow.row(columns, cells, fill=COLORS[strip.color], under=(3, under))
    flow.no_head()


def _people(flow: Flow, day: Date, shoot: Shoot) -> None:
    w = shoot.words
    flow.heading(w("cast"))
    columns = [
        Column(w("number"), 34, "right"),
        Column(w("part"), 0, bold=True),
        Column("", 34),
        Column(w("makeup_call"), 62),
        Column(w("on_set"), 62),
        Column(w("released"), 62),
        Column(w("pickup"), 54),
        Column(w("scenes"), 120),
    ]
    flow.y += 8
    flow.head(columns)
    minutes = w.hours(shoot.material.rules.minor_minutes)
    for call in day.people:
        number = str(call.member.number) if call.member.number > 0 else ""
        cells = [
            number,
            call.member.name,
            call.letter,
            w.clock(call.called),
            w.clock(call.on_set),
            w.clock(call.released),
            "",
            w.join(call.scenes),
        ]
        minor = w("minor_say", t=minutes) if call.member.minor else ""
        flow.row(columns, cells, under=(1, minor))
    flow.no_head()


def _bring(flow: Flow, day: Date, shoot: Shoot) -> None:
    w = shoot.words
    if not day.needs:
        return
    flow.heading(w("bring"))
    columns = [Column("", 90, bold=True, lines=2), Column("", 0, lines=30)]
    flow.y += 2
    starts = {s.scene.id: s.start for s in day.strips}
    for kind, needs in _say.by_kind(day.needs).items():
        # Extras are called for their first scene; a thing is simply there.
        text = [
            f"{w.clock(starts[n.scenes[0]])} {_say.what(n)}" if kind == "extra" else _say.what(n)
            for n in needs
        ]
        flow.row(columns, [w.kind(kind), "; ".join(text)])


def _tomorrow(flow: Flow, day: Date, shoot: Shoot) -> None:
    w = shoot.words
    following = shoot.next_day(day)
    flow.heading(w("advance"), keep=40)
    if following is None:
        flow.paragraph(w("advance_none"))
        return
    when = w.date(following.date) or w("no_date")
    call = f"{w('crew_call')} {w.clock(following.call)}"
    flow.y += 5
    flow.bar(
        f"{shoot.head(following)} · {when} · {call}", w.join(following.places), fill=PALE, color=INK, size=8
    )
    columns = [
        Column("", 44, bold=True),
        Column("", 62),
        Column("", 0),
        Column("", 130),
        Column("", 40, "right"),
    ]
    for strip in following.strips:
        scene = strip.scene
        both = " ".join(x for x in (_say.setting(scene, w), w.time(scene.time)) if x)
        cells = [scene.id, both, _say.title(scene), _say.cast_numbers(strip, w), pages(scene.eighths)]
        flow.row(columns, cells, size=7.5)
