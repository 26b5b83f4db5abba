"""Reading the breakdown's workbook after somebody edited it: every fault at once, nothing guessed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem, UserError
from smallscreen.production import estimate
from smallscreen.production._columns import COLUMNS, SHEETS, Column
from smallscreen.production._sheet_values import PARSE, Odd, circle, defaults, header, known, set_rule
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Location,
    Rate,
    Rules,
    SceneSheet,
    from_json,
    to_json,
)

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
MAX_ROWS = 60_000
"""Rows of a sheet that are read; 2,000 scenes with 20 elements each have 40,000."""
MARK = "smallscreen breakdown"
"""Begins the keywords of our workbooks; the version follows."""
_SHOWN = 25
_EXPECTED = "the workbook that the breakdown was written to (.xlsx)"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `row` as the spreadsheet counts (None: the sheet), `column` its heading ("": the row)."""

    sheet: str
    row: int | None
    column: str
    problem: str
    todo: str

    def __str__(self) -> str:
        where = [
            self.sheet,
            *([f"row {self.row}"] if self.row else []),
            *([self.column] if self.column else []),
        ]
        return f"{', '.join(where)}: {self.problem}; {self.todo}."


class SheetFaults(UserError):
    """The workbook cannot be taken; `faults` are all of them, in the order of the sheets."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        n = len(faults)
        head = f"{path.name} has {n} {'fault' if n == 1 else 'faults'}, and nothing of it was taken; mend them and read it again."
        more = [f"... and {n - _SHOWN} more"] if n > _SHOWN else []
        super().__init__("\n".join([head, *map(str, faults[:_SHOWN]), *more]))


@dataclass(frozen=True, slots=True)
class SheetRead:
    """What the workbook says. `notes` are what was not read and did no harm: columns and sheets of somebody's own;
    `version` is the breakdown's that it was written from, where it says so."""

    breakdown: Breakdown
    rules: Rules
    notes: tuple[str, ...] = ()
    version: int | None = None


def read_sheet(path: Path, base: Breakdown | None = None, rules: Rules | None = None) -> SheetRead:
    """The breakdown and the rules of a workbook; what it lacks is taken from `base` and `rules`.

    Raises FileProblem when it is no workbook, SheetFaults when something in it cannot be taken.
    """
    book, values = _open(path)
    reader = _Reader(base or Breakdown(source="sheet"), rules or Rules())
    for sheet in book.worksheets:
        key = next(
            (
                k
                for k, words in SHEETS.items()
                if sheet.title.strip().casefold() in [w.casefold() for w in words]
            ),
            None,
        )
        if key is None:
            reader.notes.append(f"The sheet {sheet.title} was not read.")
        elif key in reader.rows:
            reader.fault(
                sheet.title, None, "", "there are two sheets of this kind", "delete or rename one of them"
            )
        else:
            reader.take(key, sheet, values[sheet.title])
    if "scenes" not in reader.rows:
        reader.fault(SHEETS["scenes"][0], None, "", "the sheet is missing", "name the sheet of the scenes so")
    made, made_rules = reader.result()
    if reader.faults:
        order = {title.casefold(): i for i, words in enumerate(SHEETS.values()) for title in words}
        reader.faults.sort(key=lambda f: (order.get(f.sheet.casefold(), 99), f.row or 0))
        raise SheetFaults(path, reader.faults)
    mark = re.fullmatch(rf"{MARK} (\d{{1,9}})", str(book.properties.keywords or "").strip())
    return SheetRead(made, made_rules, tuple(reader.notes), int(mark.group(1)) if mark else None)


def _open(path: Path) -> tuple[Any, Any]:
    """The workbook twice: with its formulas, and with the values that they had."""
    from openpyxl import load_workbook

    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileProblem(path, None, "it is larger than 64 MB", _EXPECTED)
        with zipfile.ZipFile(path) as archive:
            if sum(e.file_size for e in archive.infolist()) > MAX_UNPACKED:
                raise FileProblem(path, None, "unpacked, it is larger than a breakdown can be", _EXPECTED)
        return load_workbook(path), load_workbook(path, data_only=True)
    except OSError as e:
        raise FileProblem(path, None, f"it cannot be opened ({e.strerror})", _EXPECTED) from None
    except UserError:
        raise
    except Exception as e:  # openpyxl and zipfile raise many kinds for a broken file
        raise FileProblem(
            path, None, f"it is no workbook, or a damaged one ({type(e).__name__})", _EXPECTED
        ) from None


@dataclass(slots=True)
class _Row:
    """A row as read: values by column, None where the cell cannot be taken or its column is not there."""

    sheet: str
    number: int
    values: dict[str, Any]
    titles: dict[str, str]


_BAD = object()
"""A cell whose fault was told: it stands for no value, and nobody complains of it again."""


@dataclass(slots=True)
class _Reader:
    base: Breakdown
    old_rules: Rules
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, list[_Row]] = field(default_factory=dict)

    def fault(self, sheet: str, row: int | None, column: str, problem: str, todo: str) -> None:
        self.faults.append(Fault(sheet, row, column, problem, todo))

    def bad(self, row: _Row, key: str, problem: str, todo: str) -> None:
        """A fault of one cell."""
        self.fault(row.sheet, row.number, row.titles[key], problem, todo)

    # --- cells ---------------------------------------------------------------------------

    def take(self, key: str, sheet: Any, values: Any) -> None:
        """Reads the rows of a sheet."""
        self.rows[key] = []
        if (sheet.max_row or 0) > MAX_ROWS:
            self.fault(
                sheet.title,
                None,
                "",
                f"it has {sheet.max_row:,} rows",
                f"delete the empty rows beyond {MAX_ROWS:,}",
            )
            return
        columns = COLUMNS[key]
        head, at = header(sheet, columns)
        titles = {
            c.key: str(sheet.cell(head, at[c.key]).value).strip() if c.key in at else c.title[0]
            for c in columns
        }
        for column in columns:
            if column.key not in at and not column.empty:
                self.fault(
                    sheet.title,
                    head,
                    column.title[0],
                    "the column is missing",
                    f"put its heading back ({' or '.join(column.title)})",
                )
        for cell in sheet[head]:
            if cell.column not in at.values() and cell.value not in (None, ""):
                self.notes.append(f"{sheet.title}: the column {str(cell.value)[:40]} was not read.")
        for area in sheet.merged_cells.ranges:
            self.fault(
                sheet.title,
                area.min_row,
                "",
                f"the cells {area.coord} are merged",
                "unmerge them and fill each one",
            )
        merged = {(r, c) for area in sheet.merged_cells.ranges for r, c in area.cells}
        if any(not c.empty and c.key not in at for c in columns):
            return
        for number in range(head + 1, (sheet.max_row or 0) + 1):
            cells = {c.key: sheet.cell(number, at[c.key]) for c in columns if c.key in at}
            if all(c.value is None or str(c.value).strip() == "" for c in cells.values()):
                continue
            row = _Row(sheet.title, number, {}, titles)
            for column in columns:
                if column.key in cells:
                    if (number, at[column.key]) in merged:
                        row.values[column.key] = _BAD
                    else:
                        shown = values.cell(number, at[column.key]).value
                        row.values[column.key] = self._value(row, column, cells[column.key], shown)
            self.rows[key].append(row)

    def _value(self, row: _Row, column: Column, cell: Any, shown: Any) -> Any:
        value = cell.value
        try:
            if cell.data_type == "f" or not isinstance(
                value, (str, int, float, bool, date, time, type(None))
            ):
                if shown is None:
                    raise Odd("it holds a formula without a value", "write the value itself")
                value = shown
            if cell.data_type == "e" or (
                isinstance(value, str) and re.fullmatch(r"#(REF|NAME|VALUE|DIV/0|N/A|NULL|NUM)[!?]?", value)
            ):
                raise Odd(f"it holds the error {value}", "write the value itself")
            if isinstance(value, str):
                value = value.strip()
            if value is None or value == "":
                if not column.empty:
                    raise Odd("it is empty", "fill it in, or clear the whole row")
                return () if column.kind in ("names", "ids", "windows") else None
            return PARSE[column.kind](value, column)
        except Odd as odd:
            self.bad(row, column.key, *odd.args)
            return _BAD

    # --- rows into data ------------------------------------------------------------------

    def result(self) -> tuple[Breakdown, Rules]:
        cast = self._things("cast", "name", self.base.cast, lambda v: CastMember(**v))
        locations = self._things("locations", "name", self.base.locations, lambda v: Location(**v))
        self._unique_numbers()
        scenes = self._scenes()
        rules = self._rules()
        scenes = self._estimated(scenes, rules)
        made = replace(self.base, scenes=scenes, cast=cast, locations=locations, problems=())
        self._references(made)
        return made, rules

    def _things(
        self, key: str, name: str, base: tuple[Any, ...], make: Callable[[dict[str, Any]], Any]
    ) -> tuple[Any, ...]:
        """The rows of a sheet as data classes; a value that the sheet lacks comes from `base`."""
        if key not in self.rows:
            return base
        old = {getattr(x, name): x for x in base}
        made: dict[Any, Any] = {}
        for row in self.rows[key]:
            label = row.values.get(name)
            if label in made:
                self.bad(
                    row,
                    name,
                    f"{label} is there twice",
                    "delete or rename one of the rows",
                )
                continue
            values = {k: v for k, v in row.values.items() if v is not _BAD and v is not None}
            empty = {k for k, v in row.values.items() if v is None}
            try:
                if label in old:
                    unset = {k: v for k, v in defaults(type(old[label])).items() if k in empty}
                    made[label] = replace(old[label], **{**unset, **values})
                else:
                    made[label] = make(values)
            except TypeError:
                continue  # a needed cell cannot be taken, and its fault was told
        return tuple(made.values())

    def _scenes(self) -> tuple[SceneSheet, ...]:
        if "scenes" not in self.rows:
            return self.base.scenes
        for row in self.rows["scenes"]:
            first, last = row.values.pop("first_cue", _BAD), row.values.pop("last_cue", _BAD)
            if first is not _BAD and last is not _BAD:
                if (first is None) != (last is None):
                    self.bad(
                        row,
                        "last_cue",
                        "one of the two cues is missing",
                        "give both or neither",
                    )
                row.values["cues"] = (first, last) if first and last else None
        scenes = self._things("scenes", "id", self.base.scenes, lambda v: SceneSheet(**{"number": "", **v}))
        if "elements" not in self.rows:
            return scenes
        found: dict[str, dict[tuple[str, str], Element]] = {s.id: {} for s in scenes}
        for row in self.rows["elements"]:
            values = {k: v for k, v in row.values.items() if v is not None}
            if any(v is _BAD for v in values.values()):
                continue
            scene, element = values.pop("scene"), Element(**values)
            key = (element.kind, element.name.casefold())
            if scene not in found:
                self.bad(
                    row,
                    "scene",
                    f"there is no scene {scene}",
                    "write a scene of the sheet of scenes, or delete the row",
                )
            elif key in found[scene]:
                self.bad(
                    row,
                    "name",
                    f"{element.name} is there twice for scene {scene}",
                    "delete one row and raise the count of the other",
                )
            else:
                found[scene][key] = element
        return tuple(replace(s, elements=tuple(found[s.id].values())) for s in scenes)

    def _rules(self) -> Rules:
        rules = self.old_rules
        body = to_json(rules)
        told: set[str] = set()
        for row in self.rows.get("rules", ()):
            key, value = row.values.get("key"), row.values.get("value")
            if key is _BAD or value is _BAD or key is None:
                continue
            if key in told:
                self.bad(
                    row,
                    "key",
                    f"{key} is there twice",
                    "delete one of the rows",
                )
                continue
            told.add(key)
            problem = set_rule(body, key, value)
            if problem is not None:
                self.bad(row, "value" if key in known(to_json(Rules())) else "key", *problem)
        rates = self._things("rates", "key", rules.rates, lambda v: Rate(**v))
        for row in self.rows.get("rates", ()):
            currency = row.values.get("currency")
            if isinstance(currency, str) and currency != body["currency"]:
                self.bad(
                    row,
                    "currency",
                    f"it is {currency}, and the rules are in {body['currency']}",
                    "give all money in one currency",
                )
        try:
            return replace(from_json(Rules, {**body, "rates": []}), rates=rates)
        except UserError as e:  # cannot happen while every setting is checked by itself
            self.fault(SHEETS["rules"][0], None, "", str(e).rstrip("."), "correct it")
            return rules

    def _estimated(self, scenes: tuple[SceneSheet, ...], rules: Rules) -> tuple[SceneSheet, ...]:
        """Lengths that were left empty are estimated, never zero."""
        empty = {
            r.values.get("id"): {k for k, v in r.values.items() if v is None}
            for r in self.rows.get("scenes", ())
        }
        found = []
        for s in scenes:
            if "screen_seconds" in empty.get(s.id, ()):
                s = replace(s, screen_seconds=round(s.eighths * rules.estimate.seconds_per_eighth, 1))
            if "minutes" in empty.get(s.id, ()):
                s = replace(s, minutes=estimate.minutes(s, rules.estimate))
            found.append(s)
        return tuple(found)

    # --- what the sheets say of each other -----------------------------------------------

    def _unique_numbers(self) -> None:
        seen: set[int] = set()
        for row in self.rows.get("cast", ()):
            number = row.values.get("number")
            if isinstance(number, int) and number in seen:
                self.bad(
                    row,
                    "number",
                    f"{number} is another part's number too",
                    "give each part its own",
                )
            elif isinstance(number, int):
                seen.add(number)

    def _references(self, made: Breakdown) -> None:
        ids = {s.id: s for s in made.scenes}
        parts, places = {c.name for c in made.cast}, {x.name for x in made.locations}
        for row in self.rows.get("scenes", ()):
            scene = ids.get(row.values.get("id", ""))
            if scene is None:
                continue
            wrong = [("cast", n, "cast") for n in scene.cast if n not in parts]
            wrong += (
                [("place", scene.place, "locations")] if scene.place and scene.place not in places else []
            )
            for key, name, sheet in wrong:
                self.bad(
                    row,
                    key,
                    f"{name} is not in the sheet {' / '.join(SHEETS[sheet])}",
                    "add a row there, or correct the name",
                )
            for other in scene.after:
                if other not in ids or other == scene.id:
                    self.bad(
                        row,
                        "after",
                        f"there is no other scene {other}",
                        "write scenes of this sheet",
                    )
        for scene_id in circle({s.id: [x for x in s.after if x in ids and x != s.id] for s in made.scenes}):
            for row in (r for r in self.rows.get("scenes", ()) if r.values.get("id") == scene_id):
                self.bad(
                    row,
                    "after",
                    f"scene {scene_id} would have to be shot after itself",
                    "break the circle",
                )
