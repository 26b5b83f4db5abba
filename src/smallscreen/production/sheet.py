"""The breakdown as a workbook (.xlsx) to edit by hand, and back.

    give_sheet(project, path, language="zh")
    read = take_sheet(project, path, who="Ana")     # read.breakdown, read.rules, read.notes

Headings are English or Chinese and either is read back, in any order of columns. A workbook with faults is not taken
in part: `SheetFaults` names every one of them at once, by sheet, row and column, with what to do. What the workbook
lacks (a sheet or a column that was deleted) is taken from the breakdown that it was made of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from smallscreen.errors import UserError
from smallscreen.production._columns import COLUMNS, MEANINGS, SHEETS, Column
from smallscreen.production._sheet_in import MARK, Fault, SheetFaults, SheetRead, read_sheet
from smallscreen.production.breakdown import KEY, breakdown, load_rules, merge, save, save_rules
from smallscreen.production.model import ROOM, Breakdown, Rules, from_json, to_json
from smallscreen.series import documents
from smallscreen.series.project import Project
from smallscreen.series.store import Store

__all__ = ["Fault", "SheetFaults", "SheetRead", "give_sheet", "read_sheet", "take_sheet", "write_sheet"]

LANGUAGES = ("en", "zh")
_GIVEN = "breakdown.sheet"
_MAX_CELL = 32_000  # a cell takes 32,767 characters; Excel refuses the file beyond
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_SPARE = 500
"""Rows under the last one in which drop-down lists work too."""
_RULE = Border(bottom=Side(style="hair", color="C9C4BA"))
_HEAD = PatternFill("solid", start_color="26404A")
_GUESS = PatternFill("solid", start_color="FFF6DC")
_FORMATS = {"int": "0", "float": "0.0##", "money": "#,##0.00##"}


def write_sheet(
    path: Path, made: Breakdown, rules: Rules, language: str = "en", version: int | None = None
) -> None:
    """Write the workbook. ValueError for a language other than `en` and `zh`.

    `version` is the breakdown's in the database; `read_sheet` gives it back.
    """
    words = LANGUAGES.index(language)
    book = Workbook()
    book.remove(book.worksheets[0])
    for key in SHEETS:
        rows = list(_rows(key, made, rules, words))
        _fill(book, key, rows, words, len(made.locations))
    if version is not None:
        book.properties.keywords = f"{MARK} {version}"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def give_sheet(project: Project, path: Path, language: str = "en") -> Breakdown:
    """Write the breakdown of a series, brought up to date, as a workbook that `take_sheet` reads; gives it."""
    made, _ = breakdown(project)
    store = project.store
    rules = load_rules(store)
    with store.transaction():
        version = _version(store, KEY)
        # What the workbook was made of, so that what changes meanwhile is not taken for an edit.
        snapshot = {"version": version, "body": to_json(made), "rules": to_json(rules)}
        documents.put(store, ROOM, _GIVEN, snapshot, _version(store, _GIVEN), "sheet")
    write_sheet(path, made, rules, language, version)
    return made


def take_sheet(project: Project, path: Path, who: str) -> SheetRead:
    """Store what somebody edited in a workbook of `give_sheet`; gives it with the conflicts found anew.

    Where the breakdown changed since the workbook was written, both are merged and the workbook's edits win.
    Raises SheetFaults, FileProblem, or UserError when the workbook is older than the last one that was written.
    """
    store = project.store
    now, _ = breakdown(project)
    given = documents.get(store, ROOM, _GIVEN)
    base = from_json(Breakdown, given.body["body"]) if given else now
    rules = load_rules(store)
    base_rules = from_json(Rules, given.body["rules"]) if given else rules
    read = read_sheet(path, base, base_rules)
    if given and read.version not in (None, given.body["version"]):
        raise UserError(
            f"{path.name} was written before the last workbook of this breakdown; write it anew and put the edits there."
        )
    made = read.breakdown
    if base != now:
        made, _ = merge(base, made, now)
    edits = {f.name: getattr(read.rules, f.name) for f in fields(Rules)}
    rules = replace(rules, **{k: v for k, v in edits.items() if v != getattr(base_rules, k)})
    with store.transaction():
        save_rules(store, rules, who)
        made = save(project, replace(made, source=now.source), who)
    return replace(read, breakdown=made, rules=rules)


def _version(store: Store, key: str) -> int:
    found = documents.get(store, ROOM, key)
    return found.version if found else 0


# --- rows ------------------------------------------------------------------------------------


def _rows(key: str, made: Breakdown, rules: Rules, words: int) -> Iterator[dict[str, Any]]:
    """The values of a sheet's rows by column."""
    if key == "scenes":
        for s in made.scenes:
            yield {
                **_values(s),
                "first_cue": s.cues[0] if s.cues else "",
                "last_cue": s.cues[1] if s.cues else "",
            }
    elif key == "elements":
        yield from ({**_values(e), "scene": s.id} for s in made.scenes for e in s.elements)
    elif key == "rules":
        for name, value in settings(rules):
            yield {"key": name, "value": value, "meaning": _meaning(name)[words]}
    else:
        things: Sequence[Any] = {"cast": made.cast, "locations": made.locations, "rates": rules.rates}[key]
        yield from map(_values, things)


def _meaning(name: str) -> tuple[str, str]:
    return MEANINGS.get(name) or MEANINGS[name.rpartition(".")[0]]


def settings(rules: Rules) -> Iterator[tuple[str, Any]]:
    """The rules as rows of a name and a value."""
    for f in fields(rules):
        value = getattr(rules, f.name)
        if f.name == "estimate":
            for g in fields(value):
                inner = getattr(value, g.name)
                if isinstance(inner, dict):
                    yield from ((f"estimate.{g.name}.{k}", v) for k, v in inner.items())
                else:
                    yield f"estimate.{g.name}", inner
        elif f.name != "rates":
            yield f.name, "; ".join(map(str, value)) if isinstance(value, tuple) else value


def _values(thing: Any) -> dict[str, Any]:
    return {f.name: getattr(thing, f.name) for f in fields(thing)}


def _shown(column: Column, value: Any, words: int) -> Any:
    """A value as its cell has it."""
    if column.choices and value in column.choices:
        return column.choices[value][words]
    if value is None:
        return None
    if column.kind in ("names", "ids"):
        return "; ".join(value)
    if column.kind == "windows":
        return "; ".join(f"{a.isoformat()}..{b.isoformat()}" for a, b in value)
    if isinstance(value, date):
        return value.isoformat()
    return value


# --- cells -----------------------------------------------------------------------------------


def _fill(book: Workbook, key: str, rows: list[dict[str, Any]], words: int, places: int) -> None:
    sheet = book.create_sheet(SHEETS[key][words])
    columns = COLUMNS[key]
    last = len(rows) + 1
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = column.width
        head = sheet.cell(1, at, column.title[words])
        head.font, head.fill = Font(name="Calibri", bold=True, color="FFFFFF"), _HEAD
        head.alignment = Alignment(vertical="center", wrap_text=True)
        head.comment = Comment(column.note[words], "smallscreen", width=300, height=110)
        if column.choices:
            listed = ",".join(choice[words] for choice in column.choices.values())
            _list(sheet, f'"{listed}"', f"{letter}2:{letter}{last + _SPARE}", strict=column.kind == "choice")
        elif key == "scenes" and column.key == "place" and places:
            names = f"{quote_sheetname(SHEETS['locations'][words])}!$A$2:$A${places + 1}"
            _list(sheet, names, f"{letter}2:{letter}{last + _SPARE}", strict=False)
        for row, values in enumerate(rows, 2):
            _write(sheet.cell(row, at), column, _shown(column, values.get(column.key), words))
            if key == "elements" and values["confidence"] < 1:
                sheet.cell(row, at).fill = _GUESS
        for row, values in enumerate(rows, 2):
            # A viewer that does not find out itself how high a row is cuts the text.
            lines = math.ceil(1.15 * _width(_shown(column, values.get(column.key), words)) / column.width)
            height = max(sheet.row_dimensions[row].height or 15, 16 * min(lines, 8))
            sheet.row_dimensions[row].height = height
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&A  &P / &N"


def _write(cell: Any, column: Column, value: Any) -> None:
    """Text is text: never a formula, whatever it begins with, and never a date."""
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    cell.alignment = Alignment(
        vertical="top", wrap_text=not number, horizontal="center" if number else "left"
    )
    cell.border = _RULE
    cell.number_format = _FORMATS.get(column.kind, "General" if number else "@")
    if isinstance(value, str):
        value = _ILLEGAL.sub("", value)[:_MAX_CELL]
    if value is None or value == "":
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        # So that it stays text when somebody edits the cell.
        cell.quotePrefix = value[0] in "=+-@"


def _width(value: Any) -> int:
    """How many half-width characters a text takes."""
    return sum(1 + (ord(c) >= 0x2E80) for c in value) if isinstance(value, str) else 1


def _list(sheet: Any, formula: str, cells: str, *, strict: bool) -> None:
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=strict)
    rule.add(cells)
    sheet.add_data_validation(rule)
