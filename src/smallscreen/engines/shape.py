"""Text shaped with HarfBuzz, broken into rows and drawn, the same on every platform.

    rows = wrap("เข้ามานั่งก่อน", "th-TH", 300, 40)
    picture = text_picture(rows, locale="th-TH", size=40, outline=3, shadow=9)

HarfBuzz joins and stacks the letters (Arabic, Hindi, Thai), `bidi` orders what runs both ways, `fonts`
says which font draws which character. Outlines are filled here, with exact coverage across and eight
samples down, by the non-zero rule that variable fonts ask for. Lengths are pixels of the picture.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
import uharfbuzz as hb

from smallscreen.engines import bidi, fonts

Align = Literal["left", "center", "right"]
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ）］｝〕〉》」』】〙〗〟’”｠»…‥％‰℃"
    ",.:;?!)]}%ๆฯ،؛؟।॥"
)
_NOT_LAST = frozenset("（［｛〔〈《「『【〘〖〝‘“｟«([{$￥＄")
_PHRASED = {"ja": "japanese", "zh": "simplified_chinese", "th": "thai"}
_SAMPLES = 8  # down, a pixel


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a font at its place: x from the row's left edge, y up from the baseline, in em."""

    family: str
    id: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Row:
    """A shaped row: its width in em, and its glyphs from left to right."""

    width: float
    glyphs: tuple[Glyph, ...]


def shaped(text: str, locale: str | None, weight: str = "regular") -> Row:
    """One row of text, shaped; what no font has is left out (see `fonts.missing`)."""
    return _shaped(text, locale, weight)


def width(text: str, locale: str | None, size: float, weight: str = "regular") -> float:
    """The advance width in pixels; of the widest row where the text holds line breaks."""
    return max(_shaped(row, locale, weight).width for row in text.split("\n")) * size


def wrap(text: str, locale: str | None, most: float, size: float, weight: str = "regular") -> list[str]:
    """The text in the fewest rows that are no wider than `most`, of about equal width.

    Rows break at spaces; Thai, Chinese and Japanese between phrases, never before a closing mark or a
    small kana nor after an opening one. A word wider than a row is broken between its letters.
    """
    clean = " ".join(text.split())
    if not clean:
        return []

    def measure(row: str) -> float:
        return width(row, locale, size, weight)

    pieces = [part for piece in _pieces(clean, locale) for part in _cut(piece, most, measure)]
    rows = _filled(pieces, most, measure)
    if len(rows) < 2:
        return rows
    low, high = max(measure(p.strip()) for p in pieces), most
    while high - low > max(1.0, most / 100):
        middle = (low + high) / 2
        tried = _filled(pieces, middle, measure)
        if len(tried) == len(rows):
            rows, high = tried, middle
        else:
            low = middle
    return rows


def text_picture(
    lines: str | Sequence[str],
    *,
    locale: str | None,
    size: float,
    weight: str = "medium",
    fill: tuple[int, int, int] = (255, 255, 255),
    outline: float = 2,
    outline_fill: tuple[int, int, int] = (20, 16, 14),
    shadow: float = 0,
    align: Align = "center",
) -> np.ndarray:
    """Rows of text as an overlay: uint8 array (height, width, 4), RGBA, not premultiplied.

    `outline` and `shadow` are the widths in pixels of the contour and of the soft shade around it. The
    height depends on the number of rows and the sizes alone, so that the pictures of successive
    subtitles stand on the same baseline when their lower edges are aligned.
    """
    rows = (lines if isinstance(lines, str) else "\n".join(lines)).split("\n")
    pad = padding(outline, shadow)
    step = fonts.line_height(locale, size)
    laid = [_shaped(row, locale, weight) for row in rows]
    wide = math.ceil(max(row.width for row in laid) * size) + 2 * pad
    high = step * len(rows) + 2 * pad
    ink = np.zeros((high, wide), np.float32)
    for number, row in enumerate(laid):
        spare = wide - 2 * pad - row.width * size
        x = pad + {"left": 0.0, "center": spare / 2, "right": spare}[align]
        _draw(ink, row, x, pad + round(step * 0.74) + number * step, size, weight)
    edge = np.maximum(ink, _spread(ink, outline)) if outline > 0 else ink
    under = np.maximum(edge, _shade(edge, shadow)) if shadow > 0 else edge
    dark, light = np.array(outline_fill, np.float32), np.array(fill, np.float32)
    share = (ink / np.maximum(under, 1e-6))[..., None]
    return (
        np.concatenate([light * share + dark * (1 - share), under[..., None] * 255], 2)
        .round()
        .astype(np.uint8)
    )


def padding(outline: float, shadow: float = 0) -> int:
    """Pixels that `text_picture` leaves on every side of the text for its contour and shade."""
    return math.ceil(outline) + 2 + (math.ceil(shadow * 2) if shadow > 0 else 0)


# --- shaping -------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def _shaped(text: str, locale: str | None, weight: str) -> Row:
    base = fonts.family(locale or text)
    rtl = fonts.is_rtl(text, locale)
    language = re.split("[-_]", locale)[0].lower() if locale else ""
    at, glyphs = 0.0, []
    for start, end, level in bidi.visual_runs(text, rtl):
        parts = list(fonts.by_font(text[start:end], base))
        for part, name in parts[::-1] if level % 2 else parts:
            drawn = "".join(c for c in part if c.isprintable() or fonts.ignorable(c) or c.isspace())
            font = _font(name, weight)
            buffer = hb.Buffer()
            buffer.add_str(drawn)
            buffer.direction = "rtl" if level % 2 else "ltr"
            buffer.guess_segment_properties()
            if language:
                buffer.language = language
            hb.shape(font, buffer)
            em = font.face.upem
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                if not info.codepoint:  # no glyph: an empty box in the picture would look like a fault
                    continue
                glyphs.append(Glyph(name, info.codepoint, at + place.x_offset / em, place.y_offset / em))
                at += place.x_advance / em
    return Row(at, tuple(glyphs))


@lru_cache(maxsize=40)
def _font(name: str, weight: str) -> Any:
    if weight not in fonts.WEIGHTS:
        raise ValueError(f"no weight {weight!r}; there are {', '.join(fonts.WEIGHTS)}")
    made = hb.Font(hb.Face(hb.Blob.from_file_path(str(fonts.font_path(name)))))
    made.set_variations({"wght": float(fonts.WEIGHTS[weight])})
    return made


# --- breaking ------------------------------------------------------------------------------


def _pieces(text: str, locale: str | None) -> list[str]:
    """What must not be torn: words with the space after them, or phrases of a script without spaces."""
    language = re.split("[-_]", locale)[0].lower() if locale else _language_of(text)
    pieces: list[str] = []
    for word in re.findall(r"\S+\s*", text):
        parts = _parser(_PHRASED[language]).parse(word) if language in _PHRASED else [word]
        for number, part in enumerate(parts):
            tied = number and (part[0] in _NOT_FIRST or _extends(part[0]) or pieces[-1][-1] in _NOT_LAST)
            if tied:
                pieces[-1] += part
            else:
                pieces.append(part)
    return pieces


def _language_of(text: str) -> str:
    return {"Noto Sans JP": "ja", "Noto Sans SC": "zh", "Noto Sans Thai": "th"}.get(fonts.family(text), "")


@cache
def _parser(name: str) -> Any:
    import budoux  # its models take 20 ms to load

    return getattr(budoux, f"load_default_{name}_parser")()


def _cut(piece: str, most: float, measure: Any) -> list[str]:
    """A piece that is wider than a row in parts that are not, cut between letters."""
    if measure(piece.strip()) <= most:
        return [piece]
    letters: list[str] = []
    for char in piece:
        joined = letters and (
            _extends(char)
            or char in _NOT_FIRST
            or letters[-1][-1] in _NOT_LAST
            or letters[-1][-1] in "\u094d\u200d"
        )
        if joined and len(letters[-1]) < 24:
            letters[-1] += char
        else:
            letters.append(char)
    parts, at = [], 0
    while at < len(letters):
        low, high = at + 1, len(letters)
        while low < high:
            middle = (low + high + 1) // 2
            if measure("".join(letters[at:middle])) <= most:
                low = middle
            else:
                high = middle - 1
        parts.append("".join(letters[at:low]))
        at = low
    return parts


def _filled(pieces: Sequence[str], most: float, measure: Any) -> list[str]:
    rows = [""]
    for piece in pieces:
        if rows[-1] and measure((rows[-1] + piece).rstrip()) > most:
            rows.append("")
        rows[-1] += piece
    return [row.strip() for row in rows]


def _extends(char: str) -> bool:
    # Thai sara am is a letter by category and a vowel on the letter before it by use.
    return unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf"} or char in "\u0e33" or "🏻" <= char <= "🏿"


# --- drawing -------------------------------------------------------------------------------


def _draw(ink: np.ndarray, row: Row, x: float, baseline: float, size: float, weight: str) -> None:
    """Adds a row's coverage, 0 to 1, to a picture."""
    for glyph in row.glyphs:
        outline = _outline(glyph.family, weight, glyph.id)
        if not len(outline):
            continue
        edges = outline * np.float32(size) * np.array([1, -1, 1, -1], np.float32)
        edges += np.array([x + glyph.x * size, baseline - glyph.y * size] * 2, np.float32)
        left, right = int(edges[:, ::2].min()) - 1, int(edges[:, ::2].max()) + 2
        top, bottom = math.floor(edges[:, 1::2].min()), math.ceil(edges[:, 1::2].max())
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, ink.shape[1]), min(bottom, ink.shape[0])
        if right <= left or bottom <= top:
            continue
        edges -= np.array([left, top, left, top], np.float32)
        part = ink[top:bottom, left:right]
        np.maximum(part, _coverage(edges, right - left, bottom - top), out=part)


def _coverage(edges: np.ndarray, wide: int, high: int) -> np.ndarray:
    """How much of each pixel closed contours cover; `edges` are x0, y0, x1, y1, y downwards."""
    turn = np.where(edges[:, 3] > edges[:, 1], 1.0, -1.0)
    upper = np.minimum(edges[:, 1], edges[:, 3])
    lower = np.maximum(edges[:, 1], edges[:, 3])
    first = np.clip(np.ceil(upper * _SAMPLES - 0.5).astype(int), 0, high * _SAMPLES)
    last = np.clip(np.ceil(lower * _SAMPLES - 0.5).astype(int), 0, high * _SAMPLES)
    count = last - first
    which = np.repeat(np.arange(len(edges)), count)
    if not len(which):
        return np.zeros((high, wide), np.float32)
    sample = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which]
    across = edges[which, 0] + ((sample + 0.5) / _SAMPLES - edges[which, 1]) * (
        (edges[which, 2] - edges[which, 0]) / (edges[which, 3] - edges[which, 1])
    )
    across = np.clip(across, 0, wide - 1e-3)
    cell = across.astype(int)
    part = (across - cell) * turn[which]
    row = sample * (wide + 1) + cell
    # What a crossing adds begins in its own pixel with the part to its right, and is whole in the next.
    steps = np.bincount(row, turn[which] - part, high * _SAMPLES * (wide + 1) + 1)
    steps += np.bincount(row + 1, part, high * _SAMPLES * (wide + 1) + 1)
    winding = np.cumsum(steps[:-1].reshape(-1, wide + 1), axis=1)[:, :wide]
    filled = np.minimum(np.abs(winding), 1.0)
    return filled.reshape(high, _SAMPLES, wide).mean(axis=1).astype(np.float32)


@lru_cache(maxsize=4000)
def _outline(name: str, weight: str, glyph: int) -> np.ndarray:
    """A glyph's contours as straight edges x0, y0, x1, y1 in em, y upwards."""
    font = _font(name, weight)
    pen = _Pen()
    font.draw_glyph(glyph, _functions(), pen)
    return np.array(pen.edges, np.float32).reshape(-1, 4) / np.float32(font.face.upem)


class _Pen:
    def __init__(self) -> None:
        self.edges: list[tuple[float, float, float, float]] = []
        self.start = self.at = (0.0, 0.0)

    def line(self, x: float, y: float) -> None:
        self.edges.append((*self.at, x, y))
        self.at = x, y

    def curve(self, *points: float) -> None:
        xs, ys = (self.at[0], *points[::2]), (self.at[1], *points[1::2])
        bend = max(
            abs(xs[i] - 2 * xs[i + 1] + xs[i + 2]) + abs(ys[i] - 2 * ys[i + 1] + ys[i + 2])
            for i in range(len(xs) - 2)
        )
        parts = min(16, max(2, math.ceil(math.sqrt(bend / 4))))
        degree = len(xs) - 1
        for n in range(1, parts + 1):
            t = n / parts
            shares = [math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(degree + 1)]
            self.line(
                sum(s * v for s, v in zip(shares, xs, strict=True)),
                sum(s * v for s, v in zip(shares, ys, strict=True)),
            )


@cache
def _functions() -> Any:
    def move(x: float, y: float, pen: _Pen) -> None:
        pen.start = pen.at = (x, y)

    def close(pen: _Pen) -> None:
        if pen.at != pen.start:
            pen.line(*pen.start)

    made = hb.DrawFuncs()
    made.set_move_to_func(move)
    made.set_line_to_func(lambda x, y, pen: pen.line(x, y))
    made.set_quadratic_to_func(lambda a, b, x, y, pen: pen.curve(a, b, x, y))
    made.set_cubic_to_func(lambda a, b, c, d, x, y, pen: pen.curve(a, b, c, d, x, y))
    made.set_close_path_func(close)
    return made


def _spread(ink: np.ndarray, reach: float) -> np.ndarray:
    """Coverage grown by `reach` pixels on all sides, with a smooth edge.

    A pixel's coverage says how far from its center the edge runs; the contour runs `reach` further.
    """
    out = np.zeros_like(ink)
    most = math.ceil(reach + 1)
    padded = np.pad(np.where(ink > 0.02, ink, np.float32(-100)), most, constant_values=-100)
    high, wide = ink.shape
    for dy in range(-most, most + 1):
        for dx in range(-most, most + 1):
            away = math.hypot(dx, dy)
            # Inside of the rim the letter's own width covers, or another point of the rim does.
            if reach - away <= -1 or (away and away < reach - 2.2):
                continue
            seen = padded[most + dy : most + dy + high, most + dx : most + dx + wide]
            np.maximum(out, seen + np.float32(reach - away), out=out)
    return np.minimum(out, 1)


def _shade(edge: np.ndarray, reach: float) -> np.ndarray:
    """A soft shade around coverage, at most 0.6 dark."""
    from PIL import Image, ImageFilter

    source = Image.fromarray((edge * 255).astype(np.uint8))
    soft = np.asarray(source.filter(ImageFilter.GaussianBlur(reach)), np.float32) / 255
    return np.minimum(soft * 0.8, 0.6)
