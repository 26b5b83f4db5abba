"""The dubbing script: a spreadsheet that a studio records from, and its way back.

One row a line: who, when, how long, source and edition, how many characters the time holds, how it is said,
and the name of the file to deliver.
"""

from __future__ import annotations

import math
import os
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.dub.plan import RATES, DubLine
from smallscreen.localize.package.rows import timecode
from smallscreen.localize.package.script_xlsx import _cell, _styles
from smallscreen.series.markets import Market
from smallscreen.series.model import Cue, ScriptLine

CHARACTERS_A_SECOND = 16.9
"""Of English: what the voice en_US-joe-medium spoke in the 28 lines of the sample's first episode."""
_COLUMNS = (
    ("Episode", 9, "ss number"),
    ("Cue", 14, "ss text"),
    ("Character", 18, "ss text"),
    ("In", 13, "ss time"),
    ("Out", 13, "ss time"),
    ("Slot (s)", 9, "ss figure"),
    ("Source", 34, "ss text"),
    ("Edition", 42, "ss edition"),
    ("Characters", 11, "ss number"),
    ("Allowed", 9, "ss number"),
    ("Notes", 34, "ss text"),
    ("File", 20, "ss text"),
)
_MAX_BYTES = 32 * 1024 * 1024
_MAX_UNPACKED = 256 * 1024 * 1024
_MAX_ROWS, _MAX_COLUMNS, _MAX_TEXT = 50_000, 64, 4000


@dataclass(frozen=True, slots=True)
class Row:
    """What a script that came back says of a line: its file's name and the words that were recorded."""

    cue: str
    file: str
    text: str


def speed_of(market: Market, profile: str) -> float:
    """Characters a second that a voice speaks in a market's language.

    Measured for English. Elsewhere it is an estimate: it is taken to be to English as the market's reading
    speed is to that of English (20).
    """
    if market.language == "en":
        return CHARACTERS_A_SECOND
    return CHARACTERS_A_SECOND * market.screen(profile).cps / 20


def write_script_sheet(
    path: Path,
    lines: Sequence[DubLine],
    notes: Mapping[str, str],
    speed: float,
    about: Sequence[tuple[str, str]],
    rtl: bool = False,
) -> None:
    """Write the script of these lines. `speed` is characters a second at the natural pace, `notes` by cue."""
    book = Workbook(write_only=True)
    for style in _styles(rtl=rtl):
        book.add_named_style(style)
    sheet = book.create_sheet("Dubbing script")
    sheet.freeze_panes = "D2"
    for number, (_, width, _style) in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_cell(sheet, title, "ss head") for title, _, _ in _COLUMNS])
    for line in lines:
        slot = line.slot_ms / 1000
        values = (
            line.episode, line.cue, line.character, timecode(line.start_ms), timecode(line.end_ms), round(slot, 2),
            line.source, line.text, len(line.text), math.floor(slot * speed * RATES[1]), notes.get(line.cue, ""),
            line.file,
        )  # fmt: skip
        sheet.append([_cell(sheet, v, c[2]) for v, c in zip(values, _COLUMNS, strict=True)])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{len(lines) + 1}"
    told = book.create_sheet("About")
    told.column_dimensions["A"].width, told.column_dimensions["B"].width = 22, 96
    for name, text in about:
        told.append([_cell(told, name, "ss text"), _cell(told, text, "ss text")])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.xlsx")
    try:
        book.save(partial)
        os.replace(partial, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    finally:
        partial.unlink(missing_ok=True)


def read_script(path: Path) -> list[Row]:
    """The rows of a script that came back, wherever its columns stand by now.

    FileProblem for what is no workbook, is too large, or holds no columns "Cue" and "File". Rows without
    a cue are left out; formulas count as what they last showed.
    """
    _check_size(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            return _rows(path, book)
        finally:
            book.close()
    except (FileProblem, MemoryError):
        raise
    except Exception as error:  # whatever a damaged workbook makes the reader stumble over
        raise FileProblem(
            path, None, f"it cannot be read ({type(error).__name__})", "the .xlsx that dub wrote"
        ) from None


def notes_of(cues: Iterable[Cue], script: Sequence[ScriptLine]) -> dict[str, str]:
    """How lines are said, by cue, from the script: its manners, and whether the speaker is seen."""
    said = [(_bare(x.text), x) for x in script if x.kind in ("dialogue", "os", "vo")]
    found: dict[str, str] = {}
    at = 0
    for cue in cues:
        bare = _bare(cue.text)
        here = next((n for n in range(at, len(said)) if bare and bare in said[n][0]), None)
        if here is None:
            continue
        at = here
        line = said[here][1]
        how = {"os": "thought, mouth closed", "vo": "voice from outside the picture"}.get(line.kind, "")
        told = "; ".join(x for x in (line.manner or "", how) if x)
        if told:
            found[cue.id] = told
    return found


def _check_size(path: Path) -> None:
    expected = "the .xlsx that dub wrote"
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FileProblem(path, None, "it is larger than 32 MB", expected)
        with zipfile.ZipFile(path) as held:
            inside = held.infolist()
            # A small file may unpack to one that fills the memory.
            if len(inside) > 2000 or sum(i.file_size for i in inside) > _MAX_UNPACKED:
                raise FileProblem(path, None, "it unpacks to more than 256 MB", expected)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileProblem(path, None, "it is not a workbook", expected) from None


def _rows(path: Path, book: Any) -> list[Row]:
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a file says of its size need not be so
        columns: dict[str, int] = {}
        rows: list[Row] = []
        for number, cells in enumerate(
            sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS, values_only=True), start=1
        ):
            texts = [_text(value) for value in cells]
            if not columns:
                low = [t.lower() for t in texts]
                if "cue" in low and "file" in low:
                    columns = {name: low.index(name) for name in ("cue", "file", "edition") if name in low}
                elif number >= 50:
                    break
                continue
            held = {name: texts[at] if at < len(texts) else "" for name, at in columns.items()}
            if held["cue"]:
                rows.append(Row(held["cue"], held["file"], held.get("edition", "")))
        if columns:
            return rows
    raise FileProblem(path, None, "no sheet has the columns Cue and File", "the .xlsx that dub wrote")


def _text(value: Any) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", str(value))[:_MAX_TEXT].strip() if value is not None else ""


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)
