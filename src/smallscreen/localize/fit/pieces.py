"""Text as pieces that a line may be broken between: words, or phrases where words are not spaced.

A piece keeps what stood before it (`glue`), so that joining pieces on one row restores the text and
a break drops the space and nothing else. Formatting tags stay in their piece and have no width.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from smallscreen.series.markets import Market
from smallscreen.series.text import counted_width, plain

# A no-break space is a space for the eye and not for the break: French writes one before ? and !.
_SPACE = r"(?:(?![\u00a0\u2007\u202f])\s|\u200b)"
_PIECE = re.compile(
    rf"({_SPACE}*)((?:<[^<>\n]{{1,100}}>|\{{[^{{}}\n]{{1,100}}\}}|(?!{_SPACE}).)+)", re.DOTALL
)
_DASH = r"\-–—‐‑−－﹣"
_SPEAKER_ROW = re.compile(rf"[{_DASH}]\s*[^\s{_DASH}]")
_SECOND_SPEAKER = re.compile(rf"(?<=[.!?…。！？؟।\"”»」])\s+(?=[{_DASH}]\s?[^\s{_DASH}])")
_NOT_FIRST = frozenset(
    "、。，．！？：；」』）】〉》”’…ー〜ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ,.!?:;)]}%ๆฯ।؟،؛"
)
_NOT_LAST = frozenset("「『（【〈《“‘([{")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text cut into `words`; `glue[i]` stood before `words[i]`; widths in counted characters.

    `ends[i]` is the width of everything up to and including word i on one row, so that a row from
    i to j - 1 is `ends[j - 1] - ends[i] + widths[i]` wide. `hard` counts words cut by force.
    """

    words: tuple[str, ...]
    glue: tuple[str, ...]
    widths: tuple[float, ...]
    ends: tuple[float, ...]
    hard: int = 0

    @property
    def width(self) -> float:
        """Width on one row."""
        return self.ends[-1] if self.ends else 0.0

    def row_width(self, start: int, stop: int) -> float:
        """Width of the words start to stop - 1 on one row."""
        return self.ends[stop - 1] - self.ends[start] + self.widths[start]

    def row(self, start: int, stop: int) -> str:
        """The words start to stop - 1 on one row."""
        if stop - start == 1:
            return self.words[start]
        out = [self.words[start]]
        for k in range(start + 1, stop):
            out.append(self.glue[k])
            out.append(self.words[k])
        return "".join(out)

    def part(self, start: int, stop: int) -> Pieces:
        """The words start to stop - 1 as a text of their own."""
        shift = self.ends[start] - self.widths[start]
        return Pieces(
            self.words[start:stop],
            ("", *self.glue[start + 1 : stop]),
            self.widths[start:stop],
            tuple(e - shift for e in self.ends[start:stop]),
            self.hard,
        )


def is_empty(text: str) -> bool:
    """Whether nothing of the text would be seen: blank, or tags and invisible characters only."""
    return not any(not c.isspace() and unicodedata.category(c) not in _INVISIBLE for c in plain(text))


_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def speakers(text: str) -> tuple[str, ...]:
    """The text by speaker: two or more where each begins with a hyphen, else the text alone."""
    rows = [r for r in text.splitlines() if r.strip()] if "\n" in text else [text]
    if len(rows) == 1 and _SPEAKER_ROW.match(rows[0].lstrip()):
        rows = _SECOND_SPEAKER.split(rows[0])
    if len(rows) < 2 or not _SPEAKER_ROW.match(rows[0].lstrip()):
        return (text,)
    out: list[str] = []
    for row in rows:
        if _SPEAKER_ROW.match(row.lstrip()) or not out:
            out.append(row)
        else:
            out[-1] += " " + row
    return tuple(out) if len(out) > 1 else (text,)


def cut(text: str, market: Market) -> Pieces:
    """The text in words as spaces give them."""
    found = _PIECE.findall(text)
    if not found:
        return Pieces((), (), (), ())
    glue, words = zip(*found, strict=True)
    return _measured(words, ("", *(_one(g) for g in glue[1:])), market)


def refine(pieces: Pieces, market: Market, cpl: float) -> Pieces:
    """Phrases found by a model where the market has no spaces; a word wider than a row cut by force.

    Only called for a text that needs a break: the model costs tens of microseconds.
    """
    model = _model(market.language) if market.word_breaks == "model" else None
    if model is None and max(pieces.widths) <= cpl:
        return pieces
    words: list[str] = []
    glue: list[str] = []
    hard = 0
    for word, before in zip(pieces.words, pieces.glue, strict=True):
        parts = _phrases(word, market.language) if model is not None and len(word) > 1 else [word]
        for n, part in enumerate(parts):
            bits = [part] if _width(part, market.counting) <= cpl else force(part, market, cpl)
            hard += len(bits) - 1
            words += bits
            glue += [before if n == 0 else "", *[""] * (len(bits) - 1)]
    made = _measured(tuple(words), tuple(glue), market)
    return Pieces(made.words, made.glue, made.widths, made.ends, hard)


def join(texts: Sequence[str], market: Market) -> str:
    """The texts of merged cues as one."""
    return ("　" if market.language == "ja" else " ").join(t.strip() for t in texts)


def force(word: str, market: Market, cpl: float) -> list[str]:
    """A word wider than a row in bits that are not; after a hyphen or slash if one is near the end.

    Never inside a cluster (a base with its marks, an emoji with its joiners), unless one cluster
    alone is wider than a row, which no language has.
    """
    out: list[str] = []
    row: list[str] = []
    width = 0.0
    units = [c if _width(c, market.counting) <= cpl else list(c) for c in clusters(word)]
    for cluster in [u for unit in units for u in ([unit] if isinstance(unit, str) else unit)]:
        w = _width(cluster, market.counting)
        if row and width + w > cpl:
            back = next(
                (n for n in range(len(row), len(row) // 2, -1) if row[n - 1] in "-–—/_.@、。"), len(row)
            )
            if back == len(row) and cluster[0] in _NOT_FIRST and len(row) > 1:
                back = len(row) - 1
            out.append("".join(row[:back]))
            row = row[back:]
            width = sum(_width(c, market.counting) for c in row)
        row.append(cluster)
        width += w
    if row:
        out.append("".join(row))
    return out


def clusters(text: str) -> list[str]:
    """The text in units that must not be torn: tags, marks on their base, joined emoji, flags."""
    out: list[str] = []
    joined = False
    for unit in re.findall(r"<[^<>\n]{1,100}>|\{[^{}\n]{1,100}\}|.", text, re.DOTALL):
        flag = "\U0001f1e6" <= unit <= "\U0001f1ff"
        if out and (joined or len(unit) > 1 or _extends(unit) or (flag and _open_flag(out[-1]))):
            out[-1] += unit
        else:
            out.append(unit)
        joined = unit in ("\u200d", "\u2060") or (len(unit) > 1 and len(out) == 1 and plain(out[0]) == "")
    return out


def _extends(char: str) -> bool:
    # Thai sara am (0E33) is a letter by category and a vowel on the letter before it by use.
    return char >= "\u0300" and (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in "\u200c\u200d\u2060\u0e33"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def _open_flag(cluster: str) -> bool:
    return len(cluster) == 1 and "\U0001f1e6" <= cluster <= "\U0001f1ff"


def _one(glue: str) -> str:
    """What is left of white space between two words: one space, the full-width one if it was there."""
    if "\u3000" in glue:
        return "\u3000"
    return " " if glue.strip("\u200b") else glue[:1]


def _measured(words: Sequence[str], glue: Sequence[str], market: Market) -> Pieces:
    counting = market.counting
    widths = tuple([_width(w, counting) for w in words])
    ends: list[float] = []
    at = 0.0
    for w, g in zip(widths, glue, strict=True):
        at += w + (_glue_width(g, counting) if g else 0.0)
        ends.append(at)
    return Pieces(tuple(words), tuple(glue), widths, tuple(ends))


@lru_cache(maxsize=100_000)
def _width(word: str, counting: str) -> float:
    return float(counted_width(plain(word), counting))


@lru_cache(maxsize=100)
def _glue_width(glue: str, counting: str) -> float:
    # Measured between two letters: alone at the end of a row a space might not count.
    return float(counted_width(f"a{glue}a", counting) - counted_width("aa", counting))


@cache
def _model(language: str) -> Any | None:
    import budoux  # imported where it is needed: its models take 20 ms to load

    make = {
        "ja": budoux.load_default_japanese_parser,
        "th": budoux.load_default_thai_parser,
        "zh": budoux.load_default_simplified_chinese_parser,
    }.get(language)
    return make() if make else None


@lru_cache(maxsize=20_000)
def _phrases(word: str, language: str) -> list[str]:
    """Phrases of a run without spaces, no mark torn from its base, no row to begin with a closing mark."""
    model = _model(language)
    assert model is not None
    out: list[str] = []
    for phrase in model.parse(word):
        first = phrase[0]
        if out and (first in _NOT_FIRST or _extends(first) or out[-1][-1] in _NOT_LAST or out[-1][-1] == "\u200d"
                    or _inside_tag(out[-1])):  # fmt: skip
            out[-1] += phrase
        else:
            out.append(phrase)
    return out


def _inside_tag(text: str) -> bool:
    return text.rfind("<") > text.rfind(">") or text.rfind("{") > text.rfind("}")
