"""Reading traditional characters as simplified ones, character for character."""

from __future__ import annotations

import re
from functools import cache

import opencc

_HAN = range(0x3400, 0xA000)


def simplified(text: str) -> str:
    """`text` in simplified characters, of the same length, so that offsets stay what they are.

    OpenCC reads whole phrases first (乾坤 keeps its 乾, 乾杯 does not); where that changes the
    length, every character is read alone.
    """
    if not _traditional().search(text):
        return text
    whole = str(_converter().convert(text))
    if len(whole) == len(text):
        return whole
    table = _table()
    return "".join(table.get(c, c) for c in text)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _table() -> dict[str, str]:
    characters = [chr(c) for c in _HAN]
    converted = str(_converter().convert("\n".join(characters))).split("\n")
    return {a: b for a, b in zip(characters, converted, strict=True) if a != b and len(b) == 1}


@cache
def _traditional() -> re.Pattern[str]:
    """One traditional character; a text without any is left alone, which is nearly all the source."""
    return re.compile("[" + "".join(_table()) + "]")
