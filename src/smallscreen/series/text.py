"""Text as it stands in subtitle files: its encoding, its width on the screen, its tags.

    text, encoding = decode(path.read_bytes(), path)
    counted_width("你好 OK", "half")   # 3.5: half-width characters count one half
    plain(r"{\an8}<i>Run!</i>")        # "Run!"

The counting functions are asked for every line by fitting and by the checks; they remember what
they have counted, and look closely only at text that is not plain ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series import _encodings

HAN = r"\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han characters, as the inside of a regular expression's [...]."""

_HAN = re.compile(f"[{HAN}]")
_CJK = re.compile(f"[{HAN}\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
# Tags that subtitle files really hold. A bare "<" or "{" is text: "3 < 5", "{ }".
_TAG = re.compile(
    r"\{\\[^{}]*\}|</?(?:[ibu]|s|c|v|font|ruby|rt|lang|span|em|strong|b[ir]?)(?:[.\s][^<>]*|/)?>"
    r"|<(?:\d+:)?\d\d:\d\d\.\d{3}>",
    re.IGNORECASE,
)
_ITALIC = re.compile(r"<(/?)(?:i|em)(?:[.\s][^<>]*)?>", re.IGNORECASE)
# One picture made of several emoji: joined families, skin tones, flags, keycaps.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u203c-\u3299\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
    "(?:\u200d[\u203c-\u3299\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)+"
    "|[\U0001f000-\U0001faff][\U0001f3fb-\U0001f3ff]"
    "|[0-9#*]\ufe0f?\u20e3"
)
_MAYBE_EMOJI = re.compile("[\u200d\u20e3\U0001f000-\U0001faff]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
# Control characters, lone surrogates, byte order marks, word joiners: none is seen in a subtitle.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_NEWLINE = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
BIDI_MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Invisible marks that set a direction."""


def decode(data: bytes, path: str | Path) -> tuple[str, str]:
    """The text in `data` and the name of its encoding; newlines become `\\n`.

    Recognizes UTF-8, UTF-16 LE and BE (each with or without a byte order mark), GB18030, Big5,
    Windows-1252 and Shift-JIS; where none reads like text, charset-normalizer is asked. FileProblem when the
    bytes are no text, naming the line where they stop being UTF-8 or UTF-16 when that is known.
    """
    found, name = _encodings.recognize(data)
    if found is None:
        line = data[: _encodings.utf8_error(data) or 0].count(b"\n") + 1
        raise FileProblem(path, line, name, "text in UTF-8, UTF-16, GB18030 or Big5")
    if "\0" in found:
        line = found[: found.index("\0")].count("\n") + 1
        raise FileProblem(
            path, line, "it holds NUL bytes, so it is not text", "text in UTF-8, UTF-16, GB18030 or Big5"
        )
    return found.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"), name


def clean(text: str) -> str:
    """`text` as a subtitle can show it, the form in which the writers write it.

    Newlines are `\\n`, lines are trimmed of spaces and marks of direction, empty lines and unseen
    characters are gone, tabs are spaces.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _UNSEEN.sub("", _NEWLINE.sub("\n", text.replace("\t", " ")))
    lines = (line.strip(_EDGES) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


_EDGES = (
    BIDI_MARKS
    + " \t\n\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)


def plain(text: str, *, italics: bool = False) -> str:
    """`text` without tags: `{\\an8}`, `<i>`, `<font ...>`, `<v Name>`, WebVTT times.

    `italics` keeps `<i>` and `</i>`, written exactly so.
    """
    if "<" not in text and "{" not in text:
        return text
    if not italics:
        return _TAG.sub("", text)

    def kept(match: re.Match[str]) -> str:
        italic = _ITALIC.fullmatch(match.group())
        return f"<{italic.group(1)}i>" if italic else ""

    return _TAG.sub(kept, text)


def has_han(text: str) -> bool:
    """Whether `text` holds a Chinese character (which Japanese text does too)."""
    return not text.isascii() and _HAN.search(text) is not None


def is_cjk(text: str) -> bool:
    """Whether `text` holds a Chinese, Japanese or Korean character."""
    return not text.isascii() and _CJK.search(text) is not None


@lru_cache(maxsize=65536)
def counted_width(text: str, counting: str) -> float:
    """Characters of one line as a market counts them (`Market.counting`); tags and newlines count 0.

    `character`: every character counts 1. `cluster`: a base with its combining marks counts 1.
    `half`: half-width characters count 0.5 and full-width ones 1; characters that are either, such
    as the ellipsis, count as the line's own script sets them: 0.5 in Korean, else 1. In all three a
    precomposed letter and its parts count the same, an emoji counts 1, invisible marks count 0.
    """
    text = plain(text)
    if text.isascii():
        newlines = text.count("\n") if "\n" in text else 0
        return (len(text) - newlines) * (0.5 if counting == "half" else 1.0)
    if _MAYBE_EMOJI.search(text):
        text = _EMOJI.sub("\u3013", text)
    text = unicodedata.normalize("NFC", text)
    if counting == "cluster":
        widths = _CLUSTER
    elif counting == "half":
        widths = _HALF_KOREAN if _HANGUL.search(text) else _HALF
    else:
        widths = _CHARACTER
    return float(sum(map(widths.__getitem__, text)))


def reading_chars(text: str, counting: str) -> float:
    """Characters to be read in a subtitle: the widths of its lines, line breaks not counted."""
    return counted_width(text, counting)


def width_ranges(counting: str, *, korean: bool = False) -> list[tuple[int, int, float]]:
    """The widths of single characters as `counted_width` takes them: (first, last, width) code points.

    What no range holds counts 1. For whoever must count where Python is not, as the studio's page does;
    `korean` is for a line with Hangul in it, counted by halves.
    """
    if counting == "half":
        widths = _HALF_KOREAN if korean else _HALF
    else:
        widths = _CLUSTER if counting == "cluster" else _CHARACTER
    out: list[tuple[int, int, float]] = []
    for code in (*range(0x3400), *range(0x4DC0, 0x4E00), *range(0xA000, 0xAC00), *range(0xD7A4, 0xD800),
                 *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)):  # fmt: skip
        width = widths[chr(code)]
        if width == 1.0:
            continue
        if out and out[-1][1] == code - 1 and out[-1][2] == width:
            out[-1] = (out[-1][0], code, width)
        else:
            out.append((code, code, width))
    return out


class _Widths(dict[str, float]):
    """The width of a character, found once."""

    def __init__(self, counting: str, ambiguous: float = 1.0) -> None:
        self.counting = counting
        self.ambiguous = ambiguous

    def __missing__(self, char: str) -> float:
        category = unicodedata.category(char)
        if category in ("Cf", "Cc") or "\ufe00" <= char <= "\ufe0f":
            width = 0.0
        elif category in ("Mn", "Me"):
            width = 1.0 if self.counting == "character" else 0.0
        elif category == "Mc":
            width = 0.0 if self.counting == "cluster" else 1.0
        elif self.counting == "half":
            width = {"W": 1.0, "F": 1.0, "A": self.ambiguous}.get(unicodedata.east_asian_width(char), 0.5)
        else:
            width = 1.0
        self[char] = width
        return width


_CHARACTER = _Widths("character")
_CLUSTER = _Widths("cluster")
_HALF = _Widths("half")
_HALF_KOREAN = _Widths("half", ambiguous=0.5)
