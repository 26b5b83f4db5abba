"""Rows made into cues: lines that stand together become one cue, and words get the usual signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from smallscreen.series.burned.model import BurnedCue, Row
from smallscreen.series.burned.rows import same_text
from smallscreen.series.text import HAN, clean

_TOGETHER_MS = 125
_SHORTEST_MS = 160
_FULL = str.maketrans(
    {",": "，", "!": "！", "?": "？", ":": "：", ";": "；", "(": "（", ")": "）", "～": "~"}
)
_BETWEEN = re.compile(rf"(?<=[{HAN}])[,!?:;()]+(?=[{HAN}\s！？]|$)|^\((?=[{HAN}])")
_HAN = re.compile(f"[{HAN}]")
_DOTS = re.compile(r"(?:\.{3,}|。{2,}|…+|·{3,}|⋯+)")
_PLUS = re.compile(rf"(?<=[{HAN}])\+(?=[{HAN}])")  # the number ten, in a heavy typeface
_FRONT = re.compile(rf"^[.·•]+(?=[{HAN}])")  # dots before the first word, some of them lost
_AROUND = re.compile(r"\s*([，。！？：；、])\s*")


def cues(rows: Sequence[Row], scale: float) -> list[BurnedCue]:
    """The cues of a video's rows, by time; boxes in pixels of the video. Rows that were dropped are left out."""
    left = _without_doubles([r for r in rows if not r.dropped])
    done: list[list[Row]] = []
    for row in sorted(left, key=lambda r: (r.start_ms, r.box[1])):
        for group in reversed(done[-6:]):
            if _together(group, row):
                group.append(row)
                break
        else:
            done.append([row])
    made = [_cue(group, scale) for group in done]
    return [
        c for c in sorted(made, key=lambda c: (c.start_ms, c.box[1])) if c.end_ms - c.start_ms >= _SHORTEST_MS
    ]


def normal(text: str) -> str:
    """A line as it is written in a subtitle file: full-width signs beside Han characters, one space, no stray signs.

    >>> normal("你好,  三年了...")
    '你好，三年了……'
    """
    text = re.sub(r"\s+", " ", clean(text)).strip()
    text = _PLUS.sub("十", text)
    text = _FRONT.sub("……", text)
    text = _DOTS.sub("……" if _HAN.search(text) else "…", text)
    text = _BETWEEN.sub(lambda m: m[0].translate(_FULL), text)
    text = _AROUND.sub(r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def _together(group: Sequence[Row], row: Row) -> bool:
    if not all(
        abs(r.start_ms - row.start_ms) <= _TOGETHER_MS and abs(r.end_ms - row.end_ms) <= _TOGETHER_MS
        for r in group
    ):
        return False
    high = row.high
    near = min(max(0, max(r.box[1], row.box[1]) - min(r.box[3], row.box[3])) for r in group)
    return near < 0.8 * high


def _without_doubles(rows: Sequence[Row]) -> list[Row]:
    """Two strips may hold one line: the better reading stays."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda r: -r.confidence * (r.end_ms - r.start_ms)):
        double = any(
            min(k.end_ms, row.end_ms) - max(k.start_ms, row.start_ms) > 0.5 * (row.end_ms - row.start_ms)
            and min(k.box[3], row.box[3]) - max(k.box[1], row.box[1]) > 0.5 * row.high
            and min(k.box[2], row.box[2]) - max(k.box[0], row.box[0]) > 0
            and (same_text(k.text, row.text) > 0.5 or row.text in k.text)
            for k in kept
        )
        if not double and not _left_over(row, kept):
            kept.append(row)
    return kept


def _left_over(row: Row, kept: Sequence[Row]) -> bool:
    """Whether better lines stand in the same place for most of the time, and this is read badly or is one of them."""
    there = [
        (k, min(k.end_ms, row.end_ms) - max(k.start_ms, row.start_ms))
        for k in kept
        if min(k.box[3], row.box[3]) - max(k.box[1], row.box[1]) > 0.5 * min(k.high, row.high)
        and min(k.box[2], row.box[2]) > max(k.box[0], row.box[0])
        and min(k.end_ms, row.end_ms) > max(k.start_ms, row.start_ms)
    ]
    if sum(ms for _, ms in there) <= 0.5 * (row.end_ms - row.start_ms):
        return False
    return row.confidence < 0.7 or any(same_text(k.text, row.text) > 0.5 for k, _ in there)


def _cue(group: Sequence[Row], scale: float) -> BurnedCue:
    lines: list[list[Row]] = []
    for row in sorted(group, key=lambda r: r.box[1] + r.box[3]):
        if lines and abs(_middle(lines[-1][0]) - _middle(row)) < 0.5 * row.high:
            lines[-1].append(row)
        else:
            lines.append([row])
    texts = [normal(" ".join(r.text for r in sorted(line, key=lambda r: r.box[0]))) for line in lines]
    box = (
        min(r.box[0] for r in group),
        min(r.box[1] for r in group),
        max(r.box[2] for r in group),
        max(r.box[3] for r in group),
    )
    x0, y0, x1, y1 = (round(v / scale) for v in box)
    longest = max(group, key=lambda r: r.end_ms - r.start_ms)
    return BurnedCue(
        start_ms=longest.start_ms,
        end_ms=longest.end_ms,
        text="\n".join(t for t in texts if t),
        confidence=round(min(r.confidence for r in group), 3),
        box=(x0, y0, x1, y1),
        picture=_stacked([r.picture for line in lines for r in line]),
    )


def _middle(row: Row) -> float:
    return (row.box[1] + row.box[3]) / 2


def _stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    wide = max(p.shape[1] for p in pictures)
    return np.concatenate([np.pad(p, ((0, 0), (0, wide - p.shape[1]))) for p in pictures])
