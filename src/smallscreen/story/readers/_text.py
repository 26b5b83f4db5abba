"""A line as the heads read it: one spelling, its script, its character n-grams as numbers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from zlib import crc32

import opencc

from smallscreen.series.text import has_han, plain

MAX_CHARS = 200
"""Longer lines are cut: no subtitle is this long, and hostile input stays cheap."""

_SPACE = re.compile(r"[\s\u3000]+")
_WORD = re.compile(r"[a-z0-9']+")
_MARK = re.compile(r"[♪♫♬#＃~～*_「」『』“”\"《》【】\[\]()（）]+")
_REPEATED = re.compile(r"(.)\1{2,}")
_APOSTROPHE = str.maketrans({"’": "'", "‘": "'", "`": "'"})


@lru_cache(maxsize=65_536)
def prepare(text: str) -> str:
    """`text` as all heads read it: no tags, simplified characters, full width made half, lower case.

    Music notes, quotation marks and brackets go, a character said three times or more is said twice.
    """
    line = _SPACE.sub(" ", plain(text[: MAX_CHARS * 2]))
    if has_han(line):
        line = str(_simplifier().convert(line))
    line = unicodedata.normalize("NFKC", line).translate(_APOSTROPHE).lower()
    line = _REPEATED.sub(r"\1\1", _MARK.sub(" ", line))
    return _SPACE.sub(" ", line).strip()[:MAX_CHARS]


def language_of(line: str, assumed: str) -> str:
    """The language whose lexicon reads a prepared line: Chinese where it holds Han characters.

    A line without them in a Chinese series (an English sentence, an emoji) is read as English;
    one in another language as `assumed`.
    """
    if has_han(line):
        return "zh"
    return "en" if assumed == "zh" else assumed


@lru_cache(maxsize=65_536)
def grams(line: str) -> tuple[int, ...]:
    """The distinct characters, pairs, threes and words of a prepared line, each a 32-bit number."""
    found: set[str] = set()
    for piece in line.split(" "):
        if piece.isascii():
            found.update(_WORD.findall(piece))
            found.update(c for c in piece if c in "?!.")
            continue
        edged = f"^{piece}$"
        found.update(piece)
        found.update(edged[i : i + 2] for i in range(len(edged) - 1))
        found.update(edged[i : i + 3] for i in range(len(edged) - 2))
    return tuple(sorted(crc32(gram.encode("utf-8", "surrogatepass")) for gram in found))


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
