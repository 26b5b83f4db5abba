"""The bilingual script as a spreadsheet, for editors, dubbing studios and everyone who sorts and filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter

from smallscreen.localize.package.bundle import EditionBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress, file_stem, one_file
from smallscreen.localize.package.rows import Row, characters, episode_rows, speed, timecode

_MAX_CELL = 32_000  # a cell takes 32,767 characters; Excel refuses the file beyond
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    style: str = "ss text"


_COLUMNS = (
    _Column("Episode", 9, "ss number"),
    _Column("#", 6, "ss number"),
    _Column("In", 13, "ss time"),
    _Column("Out", 13, "ss time"),
    _Column("Speaker", 16),
    _Column("Source", 34),
    _Column("Edition", 40, "ss edition"),
    _Column("Characters", 11, "ss number"),
    _Column("CPS", 8, "ss figure"),
    _Column("Strategy", 18),
    _Column("Reason", 36),
    _Column("Barriers", 30),
    _Column("Findings", 44),
)


class ScriptXlsx(Output):
    """One sheet of all episodes with filters, and one that says what it is."""

    id = "xlsx"
    name = "Bilingual script (.xlsx)"
    description = (
        "source and edition line by line with times, speeds, strategies, reasons and findings, to filter"
    )
    order = 20

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        book = Workbook(write_only=True)
        for style in _styles(rtl=bundle.market.direction == "rtl"):
            book.add_named_style(style)
        sheet = book.create_sheet("Script")
        sheet.freeze_panes = "C2"
        sheet.sheet_view.rightToLeft = bundle.market.direction == "rtl"
        sheet.sheet_view.zoomScale = 110
        for number, column in enumerate(_COLUMNS, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        sheet.append([_cell(sheet, column.title, "ss head") for column in _COLUMNS])
        count = 1
        for done, episode in enumerate(bundle.episodes):
            progress(done, len(bundle.episodes), f"script, episode {episode.number}")
            for row in episode_rows(bundle, episode).rows:
                for values in _values(bundle, row):
                    sheet.append([_cell(sheet, v, c.style) for v, c in zip(values, _COLUMNS, strict=True)])
                    count += 1
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{count}"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        _about(book, bundle)
        folder = out / "script"
        folder.mkdir(exist_ok=True)
        path = folder / (file_stem(bundle.series.slug, bundle.edition.name) + ".xlsx")
        book.save(path)
        return one_file(path, "bilingual script to filter and edit, with strategies, reasons and findings")


def _values(bundle: EditionBundle, row: Row) -> Iterator[list[Any]]:
    """One list of cells a subtitle; cues that have none stand alone. Only the first tells of the source."""
    barriers = "\n".join(
        f"{b.text} ({b.kind}, need {b.need})" + (f": {b.meaning}" if b.meaning else "") for b in row.barriers
    )
    findings = "\n".join(f"[{f.severity}] {f.message}" for f in row.findings)
    told = [" / ".join(row.speakers), row.source], [", ".join(row.strategies), "\n".join(row.reasons)]
    if not row.lines:
        first, last = row.cues[0], row.cues[-1]
        times = [timecode(first.start_ms), timecode(last.end_ms)]
        yield [row.episode, first.index, *times, *told[0], "", None, None, *told[1], barriers, findings]
    for number, line in enumerate(row.lines):
        rate = speed(line, bundle.market)
        figures = [characters(line, bundle.market), round(rate, 1) if rate != float("inf") else None]
        times = [timecode(line.start_ms), timecode(line.end_ms)]
        if number == 0:
            yield [
                row.episode,
                line.index,
                *times,
                *told[0],
                line.text,
                *figures,
                *told[1],
                barriers,
                findings,
            ]
        else:
            yield [row.episode, line.index, *times, told[0][0], "", line.text, *figures, "", "", "", ""]


def _cell(sheet: Any, value: Any, style: str) -> Any:
    """A cell whose text is text: never a formula, whatever it begins with, and never an error code."""
    if isinstance(value, str):
        value = _ILLEGAL.sub("", value)
        value = value if len(value) <= _MAX_CELL else value[: _MAX_CELL - 1] + "…"
    cell = WriteOnlyCell(sheet, value=value)
    cell.style = style
    if isinstance(value, str):
        cell.data_type = "s"
        if value[:1] in "=+-@\t" and value:
            cell.quotePrefix = True  # so that it stays text when somebody edits the cell
    return cell


def _styles(rtl: bool) -> list[NamedStyle]:
    rule = Border(bottom=Side(style="hair", color="C9C4BA"))
    text = Alignment(vertical="top", wrap_text=True)
    edition = Alignment(vertical="top", wrap_text=True, readingOrder=2, horizontal="right") if rtl else text
    head = NamedStyle(
        "ss head",
        font=Font(bold=True, color="FFFFFF"),
        fill=PatternFill("solid", start_color="26404A"),
        alignment=Alignment(vertical="center", wrap_text=True),
    )
    return [
        head,
        NamedStyle("ss text", alignment=text, border=rule),
        NamedStyle("ss edition", alignment=edition, border=rule, font=Font(bold=True)),
        NamedStyle(
            "ss time", alignment=Alignment(vertical="top"), border=rule, font=Font(name="Consolas", size=10)
        ),
        NamedStyle("ss number", alignment=Alignment(vertical="top"), border=rule, number_format="General"),
        NamedStyle("ss figure", alignment=Alignment(vertical="top"), border=rule, number_format="0.0"),
    ]


def _about(book: Workbook, bundle: EditionBundle) -> None:
    """A second sheet: what the edition is, and what its figures mean."""
    sheet = book.create_sheet("About")
    sheet.column_dimensions["A"].width = 22
    sheet.column_dimensions["B"].width = 96
    screen = bundle.screen
    facts = [
        ("Series", bundle.series.title),
        ("Edition", f"{bundle.title or '-'} ({bundle.edition.name}, {bundle.market.name})"),
        ("Screen", f"{bundle.profile}, {bundle.platform.label}"),
        ("Made", bundle.made),
        ("Synopsis", bundle.synopsis or bundle.series.synopsis),
        *[("Note", note) for note in bundle.notes],
        ("#", "the subtitle's number in its episode; the source cue's where the edition has no subtitle"),
        ("Characters", "characters that a viewer reads, as the market counts them, without line breaks"),
        ("CPS", f"characters a second; the limit of this market and profile is {screen.cps:g}"),
        (
            "Strategy",
            "how a line departs from the source, in Pedersen's terms; empty where none was recorded",
        ),
        ("Barriers", "culture-bound items; need 1: tone is lost, 2: meaning blurs, 3: wrong or meaningless"),
    ]
    for name, text in facts:
        if text:
            sheet.append([_cell(sheet, name, "ss text"), _cell(sheet, text, "ss text")])
