"""Fonts for every writing system that the markets use, and text drawn and measured with them.

The fonts are Google's Noto Sans (SIL Open Font License 1.1), which come with the packages
justmytype-intl-cjk and fontpkg-noto-sans*. A line may mix writing systems (a Latin name in a Thai
sentence): it is split into runs, each drawn with the font that has its characters; the locale
decides where several do, because one Han character looks different in China, Taiwan, Japan and Korea.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

from smallscreen.engines import bidi
from smallscreen.errors import UserError

Weight = Literal["light", "regular", "medium", "bold", "black"]
Color = tuple[int, int, int] | tuple[int, int, int, int]
WEIGHTS: dict[str, int] = {"light": 300, "regular": 400, "medium": 500, "bold": 700, "black": 900}

_FILES: dict[str, tuple[str, str]] = {
    "Noto Sans": ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    "Noto Sans SC": ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"),
    "Noto Sans TC": ("justmytype_intl_cjk", "fonts/ofl/notosanstc/NotoSansTC[wght].ttf"),
    "Noto Sans JP": ("justmytype_intl_cjk", "fonts/ofl/notosansjp/NotoSansJP[wght].ttf"),
    "Noto Sans KR": ("justmytype_intl_cjk", "fonts/ofl/notosanskr/NotoSansKR[wght].ttf"),
    "Noto Sans Arabic": ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    "Noto Sans Thai": ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf"),
    "Noto Sans Devanagari": ("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf"),
}
_BY_LANGUAGE = {
    "zh": "Noto Sans SC",
    "ja": "Noto Sans JP",
    "ko": "Noto Sans KR",
    "ar": "Noto Sans Arabic",
    "fa": "Noto Sans Arabic",
    "ur": "Noto Sans Arabic",
    "th": "Noto Sans Thai",
    "hi": "Noto Sans Devanagari",
    "mr": "Noto Sans Devanagari",
    "ne": "Noto Sans Devanagari",
}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}
_LOCALE = re.compile(r"^[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|\d{3}))?$")
_HAS_RAQM = features.check("raqm")


@dataclass(frozen=True, slots=True)
class Run:
    """Part of a line that one font draws; runs come in the order in which they stand on the screen."""

    text: str
    family: str
    rtl: bool = False


def family(locale_or_text: str) -> str:
    """The font family of a locale (`ja-JP`), or the one that fits a text best."""
    if _LOCALE.match(locale_or_text):
        parts = re.split("[-_]", locale_or_text.lower())
        if parts[0] == "zh" and _TRADITIONAL & set(parts[1:]):
            return "Noto Sans TC"
        if parts[0] in _BY_LANGUAGE:
            return _BY_LANGUAGE[parts[0]]
        if len(parts) > 1:
            return "Noto Sans"
    return _family_of_text(locale_or_text)


def font(locale_or_text: str, size: float, weight: str = "regular") -> ImageFont.FreeTypeFont:
    """A Pillow font of `size` pixels for a locale or for a text; see `runs` for mixed text."""
    return _font(family(locale_or_text), size, weight)


@cache
def font_path(name: str) -> Path:
    """The file of a family (`Noto Sans SC`), a variable TrueType font; UserError where it is not installed."""
    package, inside = _FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(
            f"The font {name} is not installed; install the package {package.replace('_', '-')} again with pip."
        )
    path = Path(spec.origin).parent / inside
    if not path.is_file():
        raise UserError(f"The font file {path.name} is missing from the package {package}; install it again.")
    return path


def runs(text: str, locale: str | None = None) -> list[Run]:
    """Splits one line into runs, left to right as they stand on the screen.

    Lines that run both ways are put in visual order by the Unicode bidirectional algorithm (`bidi`);
    inside one run the shaping library does the rest.
    """
    return list(_runs(text, locale))


def text_width(text: str, locale: str | None, size: float, weight: str = "regular") -> float:
    """The advance width in pixels of a text; the widest line where it holds line breaks."""
    if "\n" in text:
        return max(text_width(line, locale, size, weight) for line in text.split("\n"))
    return _width(text, locale, size, weight)


def missing(text: str, locale: str | None = None) -> set[str]:
    """The characters for which no font here has a glyph (emoji, most of all)."""
    return {
        c
        for run in _runs(text.replace("\n", " "), locale)
        for c in run.text
        if not ignorable(c) and ord(c) not in _coverage(run.family)
    }


def line_height(locale: str | None, size: float) -> int:
    """Pixels from one baseline to the next; tall scripts (Thai, Devanagari, Arabic) get more."""
    tall = locale is not None and family(locale).split()[-1] in {"Thai", "Devanagari", "Arabic"}
    return round(size * (1.5 if tall else 1.3))


def draw_text(
    image: Image.Image,
    xy: tuple[float, float],
    text: str,
    *,
    locale: str | None,
    size: float,
    weight: str = "regular",
    fill: Color = (255, 255, 255),
    outline: float = 0,
    outline_fill: Color = (0, 0, 0),
    align: Literal["left", "center", "right"] = "left",
) -> None:
    """Draws text on an RGB(A) image. `xy` is the baseline's start, middle or end (by `align`) of line 1.

    `outline` is the width in pixels of the contour; it is drawn for all runs before any filling,
    so that no run's contour covers its neighbor.
    """
    draw = ImageDraw.Draw(image)
    step = line_height(locale, size)
    for number, line in enumerate(text.split("\n")):
        width = text_width(line, locale, size, weight)
        x = xy[0] - {"left": 0.0, "center": width / 2, "right": width}[align]
        y = xy[1] + number * step
        for contour in (True, False) if outline else (False,):
            at = x
            for run in _runs(line, locale):
                options = {"direction": "rtl" if run.rtl else "ltr"} if _HAS_RAQM else {}
                draw.text(
                    (at, y),
                    run.text,
                    font=_font(run.family, size, weight),
                    fill=outline_fill if contour else fill,
                    anchor="ls",
                    stroke_width=outline if contour else 0,
                    stroke_fill=outline_fill,
                    **options,  # type: ignore[arg-type]
                )
                at += run_width(run, size, weight)


def text_picture(
    lines: str | Sequence[str],
    *,
    locale: str | None,
    size: float,
    weight: str = "medium",
    fill: Color = (255, 255, 255),
    outline: float = 2,
    outline_fill: Color = (20, 16, 14),
    align: Literal["left", "center", "right"] = "center",
) -> np.ndarray:
    """Text as an overlay: uint8 array (height, width, 4), RGBA, not premultiplied, cut to the text.

    The height depends on the number of lines and the size alone, so that the pictures of
    successive subtitles stand on the same baseline when their lower edges are aligned.
    """
    text = lines if isinstance(lines, str) else "\n".join(lines)
    pad = int(outline) + 2
    step = line_height(locale, size)
    width = int(text_width(text, locale, size, weight)) + 2 * pad + 2
    image = Image.new("RGBA", (width, step * (text.count("\n") + 1) + 2 * pad), (*outline_fill[:3], 0))
    x = {"left": float(pad), "center": width / 2, "right": float(width - pad)}[align]
    y = pad + round(step * 0.74)
    draw_text(
        image, (x, y), text, locale=locale, size=size, weight=weight,
        fill=fill, outline=outline, outline_fill=outline_fill, align=align,
    )  # fmt: skip
    return np.asarray(image).copy()


def _runs(text: str, locale: str | None) -> tuple[Run, ...]:
    return _cached_runs(text, family(locale) if locale else _family_of_text(text), is_rtl(text, locale))


@lru_cache(maxsize=20_000)
def _cached_runs(text: str, base: str, rtl: bool) -> tuple[Run, ...]:
    made: list[Run] = []
    for start, end, level in bidi.visual_runs(text, rtl):
        parts = [Run(part, name, level % 2 == 1) for part, name in by_font(text[start:end], base)]
        made += parts[::-1] if level % 2 else parts
    return tuple(made)


def by_font(text: str, base: str) -> Iterator[tuple[str, str]]:
    """Splits by font; a space, mark or joiner stays in the run before it where that font can draw it."""
    current, start = "", 0
    for position, char in enumerate(text):
        stays = bool(current) and (
            ignorable(char)
            or ((char.isspace() or unicodedata.combining(char)) and ord(char) in _coverage(current))
        )
        chosen = current if stays else _family_for(char, base)
        if chosen != current:
            if position > start:
                yield text[start:position], current
            current, start = chosen, position
    if start < len(text):
        yield text[start:], current


@lru_cache(maxsize=50_000)
def _family_for(char: str, base: str) -> str:
    code = ord(char)
    if code in _coverage(base) or ignorable(char):
        return base
    return next((name for name in _FILES if code in _coverage(name)), base)


def _family_of_text(text: str) -> str:
    """By what is written: kana is Japanese, Hangul Korean, other Han simplified Chinese."""
    han = False
    for char in text:
        code = ord(char)
        if 0x3040 <= code <= 0x30FF or 0x31F0 <= code <= 0x31FF:
            return "Noto Sans JP"
        if 0xAC00 <= code <= 0xD7A3 or 0x1100 <= code <= 0x11FF or 0x3130 <= code <= 0x318F:
            return "Noto Sans KR"
        if 0x0600 <= code <= 0x06FF or 0x0750 <= code <= 0x077F:
            return "Noto Sans Arabic"
        if 0x0E00 <= code <= 0x0E7F:
            return "Noto Sans Thai"
        if 0x0900 <= code <= 0x097F:
            return "Noto Sans Devanagari"
        han = han or 0x2E80 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF or code >= 0x20000
    return "Noto Sans SC" if han else "Noto Sans"


def is_rtl(text: str, locale: str | None = None) -> bool:
    """Whether a row runs from right to left: in a language that does, wherever it holds such letters.

    A row of that language with nothing but Latin in it ("OK!") runs to the right.
    """
    if not bidi.has_rtl(text):
        return False
    if locale and _LOCALE.match(locale):
        return family(locale) == "Noto Sans Arabic"
    return next((k != "L" for k in map(bidi.direction, text) if k in {"L", "R", "AL"}), True)


def ignorable(char: str) -> bool:
    """Characters that are not drawn: joiners, direction marks, variation selectors, soft hyphen."""
    return unicodedata.category(char) in {"Cf", "Cc"} or 0xFE00 <= ord(char) <= 0xFE0F


@lru_cache(maxsize=100_000)
def _width(text: str, locale: str | None, size: float, weight: str) -> float:
    if not _HAS_RAQM:
        from smallscreen.engines import shape  # which takes the fonts from here

        return shape.width(text, locale, size, weight)
    return sum(run_width(run, size, weight) for run in _runs(text, locale))


@lru_cache(maxsize=100_000)
def run_width(run: Run, size: float, weight: str) -> float:
    """The advance width in pixels of one run."""
    options = {"direction": "rtl" if run.rtl else "ltr"} if _HAS_RAQM else {}
    return float(_font(run.family, size, weight).getlength(run.text, **options))  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def _font(name: str, size: float, weight: str) -> ImageFont.FreeTypeFont:
    if weight not in WEIGHTS:
        raise ValueError(f"no weight {weight!r}; there are {', '.join(WEIGHTS)}")
    # Without raqm (some builds of Pillow) Arabic, Thai and Hindi lose their joining; the rest is right.
    engine = ImageFont.Layout.RAQM if _HAS_RAQM else ImageFont.Layout.BASIC
    made = ImageFont.truetype(str(font_path(name)), size, layout_engine=engine)
    axes = [
        float(WEIGHTS[weight] if _is_weight(axis) else axis["default"] or 0)
        for axis in made.get_variation_axes()
    ]
    made.set_variation_by_axes(axes)
    return made


def _is_weight(axis: object) -> bool:
    name = axis["name"]  # type: ignore[index]
    return (name.decode() if isinstance(name, bytes) else str(name)).lower() == "weight"


@cache
def _coverage(name: str) -> frozenset[int]:
    """The code points that a font has a glyph for."""
    from fontTools.ttLib import TTFont  # 60 ms to import, and only mixed or unknown text needs it

    with TTFont(font_path(name), lazy=True) as opened:
        return frozenset(opened.getBestCmap())
