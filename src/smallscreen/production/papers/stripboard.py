"""The stripboard on paper: a strip a scene in the plan's order, in its color, with a break at the end of every day."""

from __future__ import annotations

from pathlib import Path

from smallscreen.engines.pdf import DIM, RULE, Sheet, save
from smallscreen.production.papers import _say
from smallscreen.production.papers._flow import DARK, PALE, Column, Flow
from smallscreen.production.papers._shoot import COLORS, Shoot, strip_color
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file


class StripboardPdf(Paper):
    """A4 across, one strip a row, with the cast's numbers explained at the end."""

    id = "stripboard"
    name = "Stripboard (.pdf)"
    description = "every scene as a strip in the colors of day, night, inside and outside, with day breaks"
    order = 20

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        w = shoot.words
        sheet = Sheet(f"{shoot.title} - {w('stripboard')}", w.language, landscape=True)
        flow = Flow(sheet, f"{shoot.title} · {w('stripboard')}", _say.shoot_total(shoot))
        _legend(flow, shoot)
        columns = [
            Column(w("scene"), 44, bold=True),
            Column(w("ie"), 34),
            Column(w("dn"), 34),
            Column(w("set"), 0),
            Column(w("story_day"), 52),
            Column(w("pages"), 40, "right"),
            Column(w("minutes"), 36, "right"),
            Column(w("time_head"), 74, lines=2),
            Column(w("cast_numbers"), 92),
            Column(w("needs"), 150),
        ]
        flow.head(columns)
        for day in shoot.days:
            for number, strip in enumerate(day.strips):
                scene = strip.scene
                if strip.move is not None:
                    text = w("move", place=strip.place)
                    flow.need(44)
                    flow.bar(text, w.hours(strip.move), fill=PALE, color="#3a362f", size=7.5)
                cells = [
                    scene.id,
                    _say.setting(scene, w),
                    w.time(scene.time),
                    _say.title(scene),
                    scene.story_day,
                    pages(scene.eighths),
                    str(round(scene.minutes)),
                    _say.times(strip, w),
                    _say.cast_numbers(strip, w),
                    _say.needs_of(scene, w),
                ]
                last = 18.0 if number == len(day.strips) - 1 else 0.0
                flow.row(columns, cells, fill=COLORS[strip.color], under=(3, scene.synopsis), keep=last)
            when = w.date(day.date) or w("no_date")
            end = w("end_of_day", n=day.number)
            unit = f" · {w('unit', n=day.day.unit)}" if len(shoot.units) > 1 else ""
            flow.bar(f"{end}{unit} · {when}", _say.day_total(day, shoot), fill=DARK)
        _rest(flow, shoot)
        _cast(flow, shoot)
        flow.finish(_say.made(shoot))
        path = out / (file_stem(shoot.material.slug, "stripboard") + ".pdf")
        save([(sheet, path)], shoot.options.moment, shoot.alphabet)
        return one_file(path, "stripboard to print")


def _legend(flow: Flow, shoot: Shoot) -> None:
    used = {s.color for d in shoot.days for s in d.strips}
    x, y = flow.sheet.left, flow.y + 4
    for key in [k for k in COLORS if k in used]:
        flow.sheet.box(x, y - 7, 16, 9, COLORS[key], RULE)
        x += 20 + flow.sheet.text(x + 20, y, shoot.words(key), 8, color=DIM) + 14
    flow.y += 18


def _rest(flow: Flow, shoot: Shoot) -> None:
    w = shoot.words
    if not shoot.unscheduled:
        return
    flow.no_head()
    flow.heading(w("unscheduled"))
    columns = [Column("", 60, bold=True), Column("", 80), Column("", 0), Column("", 60, "right")]
    for scene in shoot.unscheduled:
        both = w.join([_say.setting(scene, w), w.time(scene.time)])
        cells = [scene.id, both, _say.title(scene), pages(scene.eighths)]
        flow.row(columns, cells, fill=COLORS[strip_color(scene)])


def _cast(flow: Flow, shoot: Shoot) -> None:
    w = shoot.words
    flow.no_head()
    flow.heading(w("cast"))
    width = (flow.sheet.right - flow.sheet.left) / 5
    for at, member in enumerate(shoot.cast):
        if at % 5 == 0:
            flow.need(14)
            flow.y += 12
        x = flow.sheet.left + (at % 5) * width
        number = f"{member.number}  " if member.number > 0 else ""
        flow.sheet.text(x, flow.y, f"{number}{member.name}", 8, fit=width - 8)
