"""Everything as one workbook, to sort, filter and fill in: stripboard, one-line schedule, day out of days, call sheets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from smallscreen.production.papers import _dood, _say
from smallscreen.production.papers._shoot import COLORS, Date, Shoot, strip_color
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.dayoutofdays import OFF, fill_of, head_of, rule, totals
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file

_MAX_CELL = 32_000  # a cell takes 32,767 characters; Excel refuses the file beyond
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD, _BAR, _PALE = "26404A", "2C2A27", "ECE8DF"
_TOP = Alignment(vertical="top", wrap_text=True)
_MIDDLE = Alignment(vertical="center", wrap_text=True)
_CENTER = Alignment(horizontal="center", vertical="center")
_LEFT = Alignment(horizontal="left", vertical="top")
_RULE = Border(bottom=Side(style="hair", color="8F897E"))
_LINE = Border(bottom=Side(style="thin", color="8F897E"))
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class WorkbookXlsx(Paper):
    """Sheets for the whole shoot, then one a day."""

    id = "xlsx"
    name = "Workbook (.xlsx)"
    description = "stripboard, one-line schedule, day out of days and a call sheet a day, to sort and fill in"
    order = 70

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        w = shoot.words
        book = Workbook()
        book.remove(book.active)  # type: ignore[arg-type]
        _stripboard(_Sheet(book, w("stripboard")), shoot)
        _oneline(_Sheet(book, w("oneline")), shoot)
        _day_out_of_days(_Sheet(book, w("dood")), shoot)
        for day in shoot.days:
            unit = f" {w('unit', n=day.day.unit)}" if len(shoot.units) > 1 else ""
            _call_sheet(_Sheet(book, f"{w('day', n=day.number)}{unit}"), day, shoot)
        path = out / (file_stem(shoot.material.slug, "shoot") + ".xlsx")
        path.write_bytes(_bytes(book, shoot.options.moment))
        return one_file(path, "the papers as a workbook to filter and fill in")


class _Sheet:
    """A worksheet that is written row by row, every text as text."""

    def __init__(self, book: Workbook, title: str) -> None:
        self.sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", "-", title)[:31])
        self.sheet.page_setup.paperSize = self.sheet.PAPERSIZE_A4
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToHeight = 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True
        self.row = 0

    def widths(self, *widths: float) -> None:
        for number, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(number)].width = width

    def add(
        self,
        values: Sequence[Any],
        *,
        fill: str | None = None,
        bold: bool = False,
        color: str | None = None,
        size: float = 10,
        align: Alignment = _TOP,
        border: Border | None = None,
    ) -> None:
        self.row += 1
        for number, value in enumerate(values, 1):
            self.put(number, value, fill, bold, color, size, align, border)
        if align.wrap_text:
            self.sheet.row_dimensions[self.row].height = max(15.0, size * 1.35 * self._lines(values) + 2)

    def _lines(self, values: Sequence[Any]) -> int:
        """Lines of the highest cell: programs differ in whether they find the height of a row themselves."""
        most = 1
        for number, value in enumerate(values, 1):
            if isinstance(value, str):
                wide = _wide(value)
                most = max(
                    most, ceil(wide / (self.sheet.column_dimensions[get_column_letter(number)].width - 1))
                )
        return min(most, 20)

    def put(
        self,
        column: int,
        value: Any,
        fill: str | None = None,
        bold: bool = False,
        color: str | None = None,
        size: float = 10,
        align: Alignment = _TOP,
        border: Border | None = None,
    ) -> None:
        cell: Any = self.sheet.cell(self.row, column)
        if isinstance(value, str):
            value = _ILLEGAL.sub("", value)
            cell.value = value if len(value) <= _MAX_CELL else value[: _MAX_CELL - 1] + "…"
            cell.data_type = "s"  # never a formula, whatever it begins with, and never an error code
        else:
            cell.value = value
        cell.font = Font(name="Calibri", bold=bold, color=color, size=size)
        # Figures stand at the left like the texts beside them: strips are read across.
        cell.alignment = _LEFT if align is _TOP and not isinstance(value, str) else align
        if fill:
            cell.fill = PatternFill("solid", start_color=fill.lstrip("#"))
        if border:
            cell.border = border
        if isinstance(value, str) and value[:1] in tuple("=+-@\t\r"):
            cell.quotePrefix = True  # so that it stays text when somebody edits the cell

    def head(self, titles: Sequence[Any], repeat: bool = True) -> None:
        self.add(titles, fill=_HEAD, bold=True, color="FFFFFF")
        if repeat:
            self.sheet.freeze_panes = f"A{self.row + 1}"
            self.sheet.print_title_rows = f"{self.row}:{self.row}"

    def bar(self, text: str, columns: int, fill: str = _BAR, color: str = "FFFFFF") -> None:
        self.add([text, *[""] * (columns - 1)], fill=fill, bold=True, color=color, align=_MIDDLE)
        self.merge(1, columns)

    def merge(self, first: int, last: int, value: str = "") -> None:
        """Make one cell of a row's cells, high enough for `value`."""
        self.sheet.merge_cells(start_row=self.row, start_column=first, end_row=self.row, end_column=last)
        room = sum(self.sheet.column_dimensions[get_column_letter(c)].width for c in range(first, last + 1))
        lines = ceil(_wide(value) / room)
        self.sheet.row_dimensions[self.row].height = max(16.0, 13.5 * lines + 3)

    def title(self, text: str, detail: str = "") -> None:
        one = Alignment(vertical="center")
        self.add([text], bold=True, size=15, align=one)
        if detail:
            self.add([detail], color="6B665E", align=one)


def _wide(text: str) -> float:
    """About how many digits wide a text is, as columns are measured."""
    return sum(1.9 if ord(c) > 0x2E7F else 0.95 for c in text)


def _stripboard(sheet: _Sheet, shoot: Shoot) -> None:
    w = shoot.words
    sheet.widths(7, 12, 10, 8, 8, 24, 44, 10, 8, 8, 15, 22, 34)
    titles = (
        "day_head",
        "date_head",
        "scene",
        "ie",
        "dn",
        "set",
        "synopsis",
        "story_day",
        "pages",
        "minutes",
        "time_head",
        "cast",
        "needs",
    )
    sheet.head([w(t) for t in titles])
    for day in shoot.days:
        for strip in day.strips:
            scene = strip.scene
            sheet.add(
                [
                    day.number,
                    day.date,
                    scene.id,
                    _say.setting(scene, w),
                    w.time(scene.time),
                    _say.title(scene),
                    scene.synopsis,
                    scene.story_day,
                    pages(scene.eighths),
                    round(scene.minutes),
                    _say.times(strip, w),
                    w.join(scene.cast),
                    _say.needs_of(scene, w),
                ],
                fill=COLORS[strip.color],
                color="1B1A18",
                border=_RULE,
            )
    for scene in shoot.unscheduled:
        both = [
            _say.setting(scene, w),
            w.time(scene.time),
            _say.title(scene),
            scene.synopsis,
            scene.story_day,
        ]
        last = [pages(scene.eighths), round(scene.minutes), w("unscheduled"), w.join(scene.cast)]
        values = [None, None, scene.id, *both, *last, _say.needs_of(scene, w)]
        sheet.add(values, fill=COLORS[strip_color(scene)], color="1B1A18", border=_RULE)
    sheet.sheet.auto_filter.ref = f"A1:{get_column_letter(len(titles))}{sheet.row}"


def _oneline(sheet: _Sheet, shoot: Shoot) -> None:
    w = shoot.words
    sheet.widths(14, 10, 12, 26, 60, 26, 9)
    sheet.head(
        [w(t) for t in ("time_head", "scene")]
        + [f"{w('ie')} {w('dn')}"]
        + [w(t) for t in ("set", "synopsis", "cast", "pages")]
    )
    for day in shoot.days:
        when = w.date(day.date) or w("no_date")
        sheet.bar(f"{shoot.head(day)} · {when} · {w.join(day.places)} · {_say.day_total(day, shoot)}", 7)
        for strip in day.strips:
            scene = strip.scene
            if strip.move is not None:
                sheet.bar(f"{w('move', place=strip.place)} · {w.hours(strip.move)}", 7, _PALE, "1B1A18")
            both = " ".join(x for x in (_say.setting(scene, w), w.time(scene.time)) if x)
            values = [
                w.clock(strip.start),
                scene.id,
                both,
                _say.title(scene),
                scene.synopsis,
                w.join(scene.cast),
            ]
            sheet.add([*values, pages(scene.eighths)], border=_RULE)


def _day_out_of_days(sheet: _Sheet, shoot: Shoot) -> None:
    w = shoot.words
    many = len(shoot.columns)
    sheet.widths(7, 20, *[5.5] * many, *[7.0] * 5)
    sheet.title(f"{shoot.title} · {w('dood')}", f"{w('dood_say')} {rule(shoot)}")
    heads = [head_of(c, shoot) for c in shoot.columns]
    sheet.add(["", "", *(date for _, date in heads)], color="6B665E", size=8, align=_CENTER)
    numbers = [int(n) if n else "" for n, _ in heads]
    sheet.head(
        [w("number"), w("part"), *numbers, *(w(k) for k in ("work", "hold", "drop", "travel", "total"))]
    )
    sheet.sheet.freeze_panes = f"C{sheet.row + 1}"
    rows = [shoot.letters[m.name] for m in shoot.cast]
    for member, row in zip(shoot.cast, rows, strict=True):
        sheet.add([member.number or "", member.name], border=_RULE)
        for at, letter in enumerate(row.letters):
            off = shoot.columns[at].number is None and not letter
            sheet.put(
                at + 3, letter or None, OFF if off else fill_of(letter), bool(letter), None, 9, _CENTER, _RULE
            )
        for k, total in enumerate(totals(row)):
            sheet.put(many + 3 + k, total, None, k == 4, None, 10, _CENTER, _RULE)
    sums = [sum(t) for t in zip(*(totals(r) for r in rows), strict=True)]
    working = [_dood.working(rows, i) if c.number is not None else None for i, c in enumerate(shoot.columns)]
    sheet.add(["", w("working"), *working, *sums], bold=True, align=_CENTER)


def _call_sheet(sheet: _Sheet, day: Date, shoot: Shoot) -> None:
    w = shoot.words
    sheet.widths(13, 9, 11, 26, 42, 24, 9, 9)
    sheet.sheet.page_setup.orientation = "portrait"
    sheet.title(
        f"{shoot.title} · {w('callsheet')} · {shoot.head(day)}",
        f"{w.date(day.date)} {w.join(day.places)}".strip(),
    )
    sun = shoot.sun(day)
    facts = [(w("crew_call"), w.clock(day.call)), (w("wrap"), w.clock(day.wrap))]
    facts += [(w("sunrise"), w.clock(sun[0]) if sun else ""), (w("sunset"), w.clock(sun[1]) if sun else "")]
    facts += [(w(key), "") for key in ("weather", "hospital", "meal", "contact", "parking")]
    for label, value in facts:
        sheet.add([label, value, "", ""], border=_LINE, align=_MIDDLE)
        sheet.merge(2, 4)
    sheet.row += 1
    sheet.head(
        [
            w("time_head"),
            w("scene"),
            f"{w('ie')} {w('dn')}",
            w("set"),
            w("synopsis"),
            w("cast_numbers"),
            w("pages"),
            w("minutes"),
        ],
        False,
    )
    for strip in day.strips:
        scene = strip.scene
        if strip.move is not None:
            sheet.bar(f"{w('move', place=strip.place)} · {w.hours(strip.move)}", 8, _PALE, "1B1A18")
        both = " ".join(x for x in (_say.setting(scene, w), w.time(scene.time)) if x)
        values = [
            _say.times(strip, w),
            scene.id,
            both,
            _say.title(scene),
            scene.synopsis,
            _say.cast_numbers(strip, w),
        ]
        cells = [*values, pages(scene.eighths), round(scene.minutes)]
        sheet.add(cells, fill=COLORS[strip.color], color="1B1A18", border=_RULE)
    sheet.row += 1
    heads = (
        w("makeup_call"),
        w("number"),
        "",
        w("part"),
        f"{w('on_set')} – {w('released')}",
        w("scenes"),
        w("pickup"),
        "",
    )
    sheet.head(heads, False)
    for call in day.people:
        limit = w("minor_say", t=w.hours(shoot.material.rules.minor_minutes))
        name = f"{call.member.name} ({limit})" if call.member.minor else call.member.name
        there = f"{w.clock(call.on_set)} – {w.clock(call.released)}"
        who = [call.member.number or "", call.letter, name]
        sheet.add([w.clock(call.called), *who, there, w.join(call.scenes), "", ""], border=_RULE)
    if day.needs:
        sheet.row += 1
        sheet.bar(w("bring"), 8, _HEAD)
        for kind, needs in _say.by_kind(day.needs).items():
            things = "; ".join(_say.what(n) for n in needs)
            sheet.add([w.kind(kind), things, *[""] * 6], border=_RULE)
            sheet.merge(2, 8, things)
    following = shoot.next_day(day)
    sheet.row += 1
    sheet.bar(w("advance"), 8, _HEAD)
    if following is None:
        sheet.add([w("advance_none")])
        return
    when = w.date(following.date) or w("no_date")
    told = f"{shoot.head(following)} · {when} · {w('crew_call')} {w.clock(following.call)} · {w.join(following.places)}"
    sheet.bar(told, 8, _PALE, "1B1A18")
    scenes = "; ".join(
        f"{s.scene.id} {_say.title(s.scene)} ({_say.cast_numbers(s, w)})" for s in following.strips
    )
    sheet.add([scenes, *[""] * 7])
    sheet.merge(1, 8, scenes)


def _bytes(book: Workbook, moment: datetime) -> bytes:
    """The file's bytes without the clock in them: openpyxl writes the time of saving, and so does its archive."""
    book.properties.creator = "smallscreen"
    book.properties.created = moment.replace(tzinfo=None)
    raw, out = BytesIO(), BytesIO()
    book.save(raw)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return out.getvalue()
