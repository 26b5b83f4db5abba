"""The one-line schedule: what is shot when, a line or two a scene, for everybody's wall and pocket."""

from __future__ import annotations

from pathlib import Path

from smallscreen.engines.pdf import Sheet, save
from smallscreen.production.papers import _say
from smallscreen.production.papers._flow import PALE, Column, Flow
from smallscreen.production.papers._shoot import Shoot
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file


class OneLinePdf(Paper):
    """A4 upright; a bar opens a day, a rule closes it with its totals."""

    id = "oneline"
    name = "One-line schedule (.pdf)"
    description = "scenes by day with time, set, synopsis, cast numbers and pages"
    order = 30

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        w = shoot.words
        sheet = Sheet(f"{shoot.title} - {w('oneline')}", w.language)
        flow = Flow(sheet, f"{shoot.title} · {w('oneline')}", _say.shoot_total(shoot))
        columns = [
            Column(w("time_head"), 46),
            Column(w("scene"), 46, bold=True),
            Column(f"{w('ie')} {w('dn')}", 62),
            Column(w("set"), 0),
            Column(w("cast_numbers"), 92),
            Column(w("pages"), 42, "right"),
        ]
        flow.head(columns)
        for day in shoot.days:
            flow.need(70)
            when = w.date(day.date) or w("no_date")
            flow.bar(f"{shoot.head(day)} · {when}", w.join(day.places), size=8.5)
            for strip in day.strips:
                if strip.move is not None:
                    flow.need(40)
                    text = w("move", place=strip.place)
                    flow.bar(text, w.hours(strip.move), fill=PALE, color="#3a362f", size=7.5)
                scene = strip.scene
                both = " ".join(x for x in (_say.setting(scene, w), w.time(scene.time)) if x)
                cells = [
                    w.clock(strip.start),
                    scene.id,
                    both,
                    _say.title(scene),
                    _say.cast_numbers(strip, w),
                    pages(scene.eighths),
                ]
                flow.row(columns, cells, under=(3, scene.synopsis))
            flow.sheet.text(
                sheet.right - 4, flow.y + 10, _say.day_total(day, shoot), 7.5, bold=True, align="right"
            )
            flow.y += 20
        flow.finish(_say.made(shoot))
        path = out / (file_stem(shoot.material.slug, "one-line") + ".pdf")
        save([(sheet, path)], shoot.options.moment, shoot.alphabet)
        return one_file(path, "one-line schedule to print")
