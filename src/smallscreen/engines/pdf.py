"""Pages drawn without a browser: text of any writing system, boxes and lines, kept as a PDF with a text layer.

    pdf = Sheet("Title", "zh", landscape=True)
    pdf.page()
    pdf.text(40, 60, "伞坊 Umbrella", 11, bold=True)
    pdf.picture(40, 80, 120, 213, jpeg)
    save([(pdf, path)], moment)

Lengths are points from the top left; `y` of a text is its baseline. What is drawn is collected first, so that the
fonts (the variable ones of `engines.fonts`) are cut to the characters used and fixed at one weight: a page of
Chinese takes tens of kilobytes instead of ten megabytes. Arabic, Hindi and Thai are joined and stacked by
HarfBuzz; their letters as they were typed stand beside them for readers that copy (some turn Arabic around).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from smallscreen.engines import fonts

A4 = (595.28, 841.89)
INK = "#1b1a18"
DIM = "#6b665e"
RULE = "#b9b3a7"
_MEASURED = 100.0  # measured large, because small sizes are rounded to the pixels of a screen
_TOKEN = re.compile(
    r"\s+|[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+"
)
_SHAPED = {"Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Thai"}
_NO_START = set("，。、；：？！）》」』”’…,.;:?!)")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class _Text:
    x: float
    y: float
    runs: tuple[fonts.Run, ...]
    size: float
    weight: str
    color: str


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    fill: str | None
    line: str | None
    thick: float


@dataclass(frozen=True, slots=True)
class _Line:
    x1: float
    y1: float
    x2: float
    y2: float
    color: str
    thick: float


@dataclass(frozen=True, slots=True)
class _Picture:
    x: float
    y: float
    width: float
    height: float
    data: bytes


_Thing = _Text | _Box | _Line | _Picture


class Sheet:
    """A document of A4 pages. `top` and `bottom` are the edges of what is printed, `left` and `right` too."""

    def __init__(self, title: str, language: str, *, landscape: bool = False, margin: float = 34) -> None:
        self.title = title
        self.language = language
        self.width, self.height = (A4[1], A4[0]) if landscape else A4
        self.left, self.right = margin, self.width - margin
        self.top, self.bottom = margin, self.height - margin
        self.pages: list[list[_Thing]] = []

    def page(self) -> None:
        self.pages.append([])

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        color: str = INK,
        align: str = "left",
        fit: float | None = None,
    ) -> float:
        """One line of text at its baseline; gives its width. `fit`: cut with an ellipsis to so many points."""
        text = self._cut(text, size, bold, fit) if fit is not None else _plain(text)
        wide = self.measure(text, size, bold)
        x -= {"left": 0.0, "center": wide / 2, "right": wide}[align]
        if text:
            runs = tuple(fonts.runs(text, self.language))
            self.pages[-1].append(_Text(x, y, runs, size, "bold" if bold else "regular", color))
        return wide

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str | None = None,
        line: str | None = None,
        thick: float = 0.5,
    ) -> None:
        """A rectangle; one of no height or no width is a line."""
        self.pages[-1].append(_Box(x, y, width, height, fill, line, thick))

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str = INK, thick: float = 1.0) -> None:
        """A straight line, sloped or not."""
        self.pages[-1].append(_Line(x1, y1, x2, y2, color, thick))

    def picture(self, x: float, y: float, width: float, height: float, data: bytes) -> None:
        """A picture (the bytes of a JPEG or PNG file) drawn to this size; its upper left corner is at x, y."""
        self.pages[-1].append(_Picture(x, y, width, height, data))

    def rule(
        self, y: float, x: float | None = None, to: float | None = None, color: str = RULE, thick: float = 0.5
    ) -> None:
        x = self.left if x is None else x
        self.box(x, y, (self.right if to is None else to) - x, 0, None, color, thick)

    def measure(self, text: str, size: float, bold: bool = False) -> float:
        return _measure(_plain(text), self.language, bold) * size

    def wrap(self, text: str, width: float, size: float = 9, bold: bool = False, most: int = 40) -> list[str]:
        """The lines that a text takes in `width` points; at most `most`, the last cut. [] for an empty text."""
        lines: list[str] = []
        for paragraph in text.splitlines():
            line = ""
            for token in _TOKEN.findall(_plain(paragraph)):
                if not line and token.isspace():
                    continue
                if (
                    self.measure((line + token).rstrip(), size, bold) <= width
                    or not line
                    or token in _NO_START
                ):
                    line += token
                else:
                    lines.append(line.rstrip())
                    line = "" if token.isspace() else token
                while (
                    self.measure(line.rstrip(), size, bold) > width
                    and len(line) > 1
                    and line[-1] not in _NO_START
                ):
                    at = self._most(line, width, size, bold)
                    lines.append(line[:at])
                    line = line[at:]
            if line.strip():
                lines.append(line.rstrip())
        if len(lines) > most:
            lines = [*lines[: most - 1], self._cut(lines[most - 1] + "……", size, bold, width)]
        return lines

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float = 9,
        *,
        bold: bool = False,
        color: str = INK,
    ) -> float:
        """Lines under each other, the first baseline at `y`; gives the baseline after the last."""
        for line in lines:
            self.text(x, y, line, size, bold=bold, color=color)
            y += self.step(size)
        return y

    def step(self, size: float) -> float:
        return size * 1.32

    def texts(self) -> Iterator[_Text]:
        return (thing for page in self.pages for thing in page if isinstance(thing, _Text))

    def _cut(self, text: str, size: float, bold: bool, width: float) -> str:
        text = _plain(text)
        if self.measure(text, size, bold) <= width:
            return text
        at = self._most(text, width - self.measure("…", size, bold), size, bold)
        return text[:at].rstrip() + "…"

    def _most(self, text: str, width: float, size: float, bold: bool) -> int:
        """How many characters fit, at least one."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.measure(text[:middle], size, bold) <= width:
                low = middle
            else:
                high = middle - 1
        return low


def save(files: Sequence[tuple[Sheet, Path]], moment: datetime, letters: str = "") -> None:
    """Write documents that share their fonts; the same drawings, letters and moment give the same bytes.

    `letters` are all characters that the documents of a shoot may hold: fonts cut to them are kept for the next one.
    """
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sheet, _ in files:
        for text in sheet.texts():
            for run in text.runs:
                used[run.family, text.weight] |= set(run.text)
    with TemporaryDirectory() as folder:
        cut = {}
        for number, key in enumerate(sorted(used)):
            cut[key] = Path(folder) / f"f{number}.ttf"
            cut[key].write_bytes(_cut_font(*key, "".join(sorted(used[key].union(letters)))))
        for sheet, path in files:
            path.write_bytes(_document(sheet, cut, moment))


def _document(sheet: Sheet, cut: dict[tuple[str, str], Path], moment: datetime) -> bytes:
    from fpdf import FPDF

    class Document(FPDF):
        def file_id(self) -> None:  # type: ignore[override]
            return None  # the usual one holds the time of writing

    pdf = Document(unit="pt", format=(sheet.width, sheet.height))
    pdf.set_creation_date(moment)
    pdf.set_title(_plain(sheet.title))
    pdf.set_creator("smallscreen")
    pdf.set_producer("smallscreen, fpdf2")
    pdf.set_lang(sheet.language)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    for key in sorted({(run.family, text.weight) for text in sheet.texts() for run in text.runs}):
        pdf.add_font(cut[key].stem, "", str(cut[key]))
    for page in sheet.pages:
        pdf.add_page()
        for thing in page:
            if isinstance(thing, _Box):
                _draw_box(pdf, thing)
                continue
            if isinstance(thing, _Line):
                pdf.set_draw_color(*_rgb(thing.color))
                pdf.set_line_width(thing.thick)
                pdf.line(thing.x1, thing.y1, thing.x2, thing.y2)
                continue
            if isinstance(thing, _Picture):
                pdf.image(BytesIO(thing.data), thing.x, thing.y, thing.width, thing.height)
                continue
            pdf.set_text_color(*_rgb(thing.color))
            x = thing.x
            for run in thing.runs:
                pdf.set_font(cut[run.family, thing.weight].stem, "", thing.size)
                if run.family in _SHAPED:
                    _draw_shaped(pdf, x, thing.y, run, thing.size, thing.color)
                else:
                    pdf.text(x, thing.y, run.text)
                x += _run_width(run, thing.weight) * thing.size
    return bytes(pdf.output())


def _draw_shaped(pdf: Any, x: float, y: float, run: fonts.Run, size: float, color: str) -> None:
    """Draws a run glyph by glyph where HarfBuzz puts them.

    Left to itself fpdf2 lets marks of no width push what follows them to the side.
    """
    from fpdf.enums import TextDirection

    font = pdf.current_font
    way: dict[str, Any] = {
        "fragment_direction": TextDirection.RTL if run.rtl else TextDirection.LTR,
        "features": {},
    }
    scale = font.scale * size / 1000
    red, green, blue = (c / 255 for c in _rgb(color))
    pdf._out(pdf._set_font_for_page(font, size))
    # What is copied out of the page are the letters as they were typed, not the order of their forms.
    typed = run.text.encode("utf-16-be").hex()
    drawn = [f"/Span <</ActualText <feff{typed}>>> BDC q BT {red:.4f} {green:.4f} {blue:.4f} rg"]
    for glyph in font.shape_text(run.text, size, way):
        if glyph["mapped_char"] is not None:
            left, up = x + glyph["x_offset"] * scale, pdf.h - y + glyph["y_offset"] * scale
            drawn.append(f"1 0 0 1 {left:.2f} {up:.2f} Tm ({font.escape_text(chr(glyph['mapped_char']))}) Tj")
        x += glyph["x_advance"] * scale
    pdf._out(" ".join([*drawn, "ET Q EMC"]))


def _draw_box(pdf: object, box: _Box) -> None:
    if box.fill:
        pdf.set_fill_color(*_rgb(box.fill))  # type: ignore[attr-defined]
    if box.line:
        pdf.set_draw_color(*_rgb(box.line))  # type: ignore[attr-defined]
        pdf.set_line_width(box.thick)  # type: ignore[attr-defined]
    if not (box.width and box.height):
        pdf.line(box.x, box.y, box.x + box.width, box.y + box.height)  # type: ignore[attr-defined]
    else:
        style = ("D" if box.line else "") + ("F" if box.fill else "")
        pdf.rect(box.x, box.y, box.width, box.height, style)  # type: ignore[attr-defined]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@lru_cache(maxsize=50_000)
def _plain(text: str) -> str:
    """One line without control characters; what no font has becomes a box, so that nothing is lost silently."""
    text = _BREAKS.sub(" ", text.encode("utf-8", "replace").decode())
    lacking = fonts.missing(text)
    return "".join("□" if c in lacking else c for c in text) if lacking else text


@lru_cache(maxsize=50_000)
def _measure(text: str, language: str, bold: bool) -> float:
    return (
        fonts.text_width(text, language, _MEASURED, "bold" if bold else "regular") / _MEASURED
        if text
        else 0.0
    )


@lru_cache(maxsize=50_000)
def _run_width(run: fonts.Run, weight: str) -> float:
    """The width of a run in em, as it is shaped."""
    return fonts.run_width(run, _MEASURED, weight) / _MEASURED


@lru_cache(maxsize=12)
def _cut_font(family: str, weight: str, text: str) -> bytes:
    """A static TrueType font of one weight with only the glyphs of `text`."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options()
    options.layout_features = ["*"] if family in _SHAPED else []
    options.notdef_outline = True
    options.glyph_names = False
    with TTFont(fonts.font_path(family), recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        # HarfBuzz takes some letters apart before it shapes them (Thai sara am).
        cutter.populate(text=text + unicodedata.normalize("NFKD", text) + " ")
        cutter.subset(font)
        axes = {a.axisTag: a.defaultValue for a in font["fvar"].axes}
        axes["wght"] = fonts.WEIGHTS[weight]
        static = instancer.instantiateVariableFont(font, axes, inplace=True)
        out = BytesIO()
        static.save(out)
    return out.getvalue()
