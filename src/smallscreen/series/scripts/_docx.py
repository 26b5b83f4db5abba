"""The paragraphs of a Word file, in order, tables too, as a script form can read them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem
from smallscreen.series.scripts.base import Paragraph

MAX_ENTRIES = 5000
MAX_XML = 64 * 1024 * 1024
"""Largest uncompressed size of one XML part: a script of 100 episodes takes about 5 MB."""
MAX_TOTAL = 512 * 1024 * 1024
"""Largest uncompressed size of everything, pictures included."""
_EXPECTED = "a .docx file as Word saves it"

_COLUMNS = {
    "speaker": ("角色", "人物", "说话人", "角色名", "character", "speaker", "name"),
    "words": ("台词", "对白", "对话", "dialogue", "line", "lines", "text"),
    "manner": ("情绪", "语气", "emotion", "manner"),
    "scene": ("场次", "场景", "场号", "scene"),
    "action": ("画面", "动作", "内容", "镜头", "action", "description"),
}


def paragraphs(path: Path) -> list[Paragraph]:
    """The file's paragraphs and the rows of its tables. FileProblem when it is no Word file or too large."""
    _check_zip(path)
    import docx

    try:
        document = docx.Document(str(path))
        blocks = list(document.iter_inner_content())
        found: list[Paragraph] = []
        for block in blocks:
            if hasattr(block, "rows"):
                found += _table(block)
            else:
                style = block.style.name if block.style is not None else ""
                found += [Paragraph(line, style or "") for line in block.text.split("\n")]
    except Exception as e:  # lxml, zipfile and python-docx raise many kinds for a broken file
        raise FileProblem(
            path, None, f"Word's parts in it cannot be read ({type(e).__name__})", _EXPECTED
        ) from None
    return _as_fountain(found)


def _check_zip(path: Path) -> None:
    """FileProblem unless the archive is whole, plain and of a size that fits in memory.

    zipfile never gives more bytes of an entry than the size declared, so the sizes declared can be trusted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileProblem(path, None, "it is no Word file, or a damaged one", _EXPECTED) from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileProblem(path, None, "it is protected by a password", "the file saved without one")
    too_large = (
        len(entries) > MAX_ENTRIES
        or sum(e.file_size for e in entries) > MAX_TOTAL
        or any(e.file_size > MAX_XML for e in entries if e.filename.lower().endswith((".xml", ".rels")))
    )
    if too_large:
        raise FileProblem(path, None, "unpacked, it is larger than a script can be", _EXPECTED)
    if not any(e.filename == "word/document.xml" for e in entries):
        raise FileProblem(path, None, "it holds no Word document", _EXPECTED)


def _table(table: Any) -> list[Paragraph]:
    rows: list[list[str]] = []
    for row in table.rows:
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:
            if id(cell._tc) not in seen:  # a merged cell comes once for each column it covers
                seen.add(id(cell._tc))
                cells.append(cell.text.strip())
        rows.append(cells)
    if not rows:
        return []
    columns = _header(rows[0])
    found: list[Paragraph] = []
    if "words" not in columns:
        for cells in rows:
            if (
                len(cells) == 2
                and 0 < len(cells[0]) <= 24
                and cells[1]
                and not re.search("[：:。！？.!?]", cells[0])
            ):
                found.append(Paragraph(f"{cells[0]}：{cells[1]}"))
            else:
                found += [Paragraph(line) for cell in cells for line in cell.split("\n")]
        return found
    for cells in rows[1:]:
        at = {name: cells[i] for name, i in columns.items() if i < len(cells) and cells[i]}
        if "scene" in at:
            found.append(Paragraph(at["scene"]))
        if "action" in at:
            found += [Paragraph(f"△{line}") for line in at["action"].split("\n") if line.strip()]
        if "words" in at:
            words = at["words"].replace("\n", " ")
            manner = f"（{at['manner']}）" if "manner" in at else ""
            found.append(Paragraph(f"{at['speaker']}{manner}：{words}" if "speaker" in at else words))
    return found


def _header(cells: list[str]) -> dict[str, int]:
    """Which column holds what, when the first row says so."""
    found: dict[str, int] = {}
    for i, cell in enumerate(cells):
        for name, words in _COLUMNS.items():
            if cell.strip().lower() in words:
                found.setdefault(name, i)
    return found


_STYLES = {"scene heading": ".", "slugline": ".", "action": "!", "character": "@", "transition": ">"}
_HEADING = re.compile(r"\s*(?:INT|EXT|EST|I/E)[.\s/]", re.IGNORECASE)


def _as_fountain(found: list[Paragraph]) -> list[Paragraph]:
    """Puts in the empty lines that Fountain goes by where a Word file has only paragraphs.

    Screenplay styles say what a paragraph is; without them a line of capitals is a character and
    the paragraph after it, and after its parentheticals, the speech. Other scripts stay as they are.
    """
    styles = {p.style.lower() for p in found}
    styled = "character" in styles and "dialogue" in styles
    headings = sum(1 for p in found if _HEADING.match(p.text))
    empty = sum(1 for p in found if not p.text.strip())
    if not styled and (not headings or empty * 4 > len(found)):
        return found
    out: list[Paragraph] = []
    state = ""  # "cue" after a character, "said" after a speech
    for paragraph in found:
        text, style = paragraph.text.strip(), paragraph.style.lower()
        if not text:
            state = ""
            out.append(paragraph)
            continue
        if styled:
            joined = style in ("dialogue", "parenthetical", "lyrics")
            mark = _STYLES.get(style, "")
            text = mark + text if mark and not text.startswith(mark) else text
        else:
            aside = re.fullmatch(r"[(（].*[)）]", text) is not None
            joined = state == "cue" or (state == "said" and aside)
            is_cue = not joined and text.isupper() and len(text) <= 40 and not _HEADING.match(text)
            state = "cue" if is_cue or (joined and aside) else ("said" if joined else "")
        if not joined:
            out.append(Paragraph(""))
        out.append(Paragraph(text, paragraph.style))
    return out
