"""Writing that is no subtitle: logos, watermarks, episode numbers, stickers, signs, title cards.

A subtitle stands where other subtitles stand: at their height, in their size, around their middle, and it goes
after some seconds. What stays, stands elsewhere, or is of another size is something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from smallscreen.series.burned.model import Row
from smallscreen.series.burned.rows import same_text
from smallscreen.series.text import HAN

_LONGEST_MS = 12_000
_OTHER_LIGHT = 50
_EPISODE = re.compile(
    r"^\W*(?:第\s*[0-9零〇一二两三四五六七八九十百]+\s*[集话話回]|EP\.?\s*\d+|\d+\s*集)\W*$", re.IGNORECASE
)
_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"\w")
_LETTER = re.compile(r"[^\W\d_]")


def sort_out(rows: Sequence[Row], duration_ms: int) -> None:
    """Say of every row that is no subtitle why (`Row.dropped`)."""
    for row in rows:
        lasts = row.end_ms - row.start_ms
        if not _WORD.search(row.text):
            row.dropped = "no letters"
        elif row.score < 0.5:
            row.dropped = "cannot be read"
        elif lasts < 100:
            row.dropped = "seen for less than a tenth of a second"
        elif lasts > _LONGEST_MS or (lasts > 0.5 * duration_ms and duration_ms > 8_000):
            row.dropped = "stays too long for a subtitle (a logo, a watermark)"
    _recurring(rows, duration_ms)
    left = [r for r in rows if not r.dropped]
    if not left:
        return
    main = _main(left)
    size = median(r.size for r in main)
    high = 1.2 * size
    middle, edge, foot = _axis(main)
    han = sum(bool(_HAN.search(r.text)) for r in main) > len(main) / 2
    level = median(_center(r) for r in main)
    light = median(r.light for r in main)
    for row in left:
        at_level = abs(_center(row) - level) <= 0.9 * high or any(
            abs(_center(row) - _center(o)) < 2.4 * high and _meets(row, o) for o in main
        )
        if han and not _HAN.search(row.text) and len(row.text) < 3 and row.confidence < 0.9:
            row.dropped = "cannot be read"
        elif abs(row.light - light) > _OTHER_LIGHT:
            row.dropped = "of another brightness than the subtitles"
        elif (
            not (0.7 if len(row.text) > 2 else 0.55)
            <= row.size / size
            <= (1.45 if len(row.text) > 2 else 1.7)
        ):
            row.dropped = "of another size than the subtitles"
        elif not _lined_up(row, middle, edge, foot, high):
            row.dropped = "beside the subtitles"
        elif not at_level and not _second_place(row, left, high, han):
            row.dropped = "not where subtitles stand"
        elif not at_level and _EPISODE.match(row.text):
            row.dropped = "an episode number"

    if han:
        _rescue(left, level, size, middle, edge, foot)
    _fragments([r for r in left if not r.dropped])


def _rescue(
    rows: Sequence[Row], level: float, size: float, middle: float | None, edge: float | None, foot: float
) -> None:
    """A line read well exactly where subtitles stand is one, though it is set smaller because it is long, or looks
    darker or lighter on what is behind it: if nothing else stands there at that time."""
    for row in rows:
        han = len(_HAN.findall(row.text))
        lit = row.dropped == "of another brightness than the subtitles" and han > 1
        lit = lit and 0.8 <= row.size / size <= 1.25
        long = row.dropped == "of another size than the subtitles" and han >= 12 and row.size / size >= 0.45
        # Of two characters on a busy picture the size is hardly known.
        few = row.dropped == "of another size than the subtitles" and han >= 2 and len(row.text) <= 3
        few = few and 0.55 <= row.size / size <= 2 and row.confidence >= 0.95
        if not (lit or long or few) or row.confidence < 0.9 or abs(_center(row) - level) > 0.5 * size:
            continue
        if not _lined_up(row, middle, edge, foot, size):
            continue
        if not any(
            not o.dropped
            and min(o.end_ms, row.end_ms) > max(o.start_ms, row.start_ms)
            and abs(_center(o) - _center(row)) < 0.6 * size
            for o in rows
            if o is not row
        ):
            row.dropped = ""


def _fragments(rows: Sequence[Row]) -> None:
    """What is read badly right beside a line that is read well is a piece of the scene."""
    for row in rows:
        if row.score < 0.75 and any(
            o.score > 0.9
            and len(o.text) >= len(row.text)
            and _meets(o, row)
            and abs(_center(o) - _center(row)) < 2 * o.high
            for o in rows
            if o is not row
        ):
            row.dropped = "cannot be read"


def _recurring(rows: Sequence[Row], duration_ms: int) -> None:
    """A logo may be lost behind a bright scene and found again: the same words in one place, for most of the time."""
    seen: list[list[Row]] = []
    for row in rows:
        for group in seen:
            a = group[0]
            if (
                abs(a.box[0] - row.box[0]) < 0.5 * a.high
                and abs(_center(a) - _center(row)) < 0.5 * a.high
                and same_text(a.text, row.text) > 0.7
            ):
                group.append(row)
                break
        else:
            seen.append([row])
    for group in seen:
        if sum(r.end_ms - r.start_ms for r in group) > max(_LONGEST_MS, 0.35 * duration_ms):
            for row in group:
                row.dropped = row.dropped or "stays too long for a subtitle (a logo, a watermark)"


def _main(rows: Sequence[Row]) -> list[Row]:
    """The rows of the place where most different lines stand, in a similar size."""
    best: tuple[float, list[Row]] = (-1.0, [])
    for row in rows:
        near = [
            r
            for r in rows
            if abs(_center(r) - _center(row)) < 0.6 * row.size and 0.75 <= r.size / row.size <= 1.33
        ]
        texts = {r.text for r in near}
        weight = sum(min(len(t), 6) for t in texts) * (0.5 + median(r.score for r in near) / 2)
        if weight > best[0]:
            best = (weight, near)
    return best[1]


def _axis(main: Sequence[Row]) -> tuple[float | None, float | None, float]:
    """The subtitles' middle, or their left edge where they begin at one; None for what they do not share."""
    middles = [(r.box[0] + r.box[2]) / 2 for r in main]
    lefts = [r.box[0] for r in main]
    high = 1.2 * median(r.size for r in main)
    if len(main) < 3:
        return None, None, high
    off_middle = median(abs(m - median(middles)) for m in middles)
    off_left = median(abs(m - median(lefts)) for m in lefts)
    if off_middle <= max(0.3 * high, off_left):
        return median(middles), None, high
    return None, float(median(lefts)), high


def _lined_up(row: Row, middle: float | None, edge: float | None, _: float, high: float) -> bool:
    if middle is not None:
        return abs((row.box[0] + row.box[2]) / 2 - middle) <= max(
            0.9 * high, 0.12 * (row.box[2] - row.box[0])
        )
    if edge is not None:
        return abs(row.box[0] - edge) <= 2.2 * high
    return True


def _second_place(row: Row, rows: Sequence[Row], high: float, han: bool) -> bool:
    """Subtitles move out of the way of other writing: another height, the same size and look, for a while.

    A single row there must be of the subtitles' size and script; lasting for as long as a line is spoken, and read well.
    """
    here = [r for r in rows if abs(_center(r) - _center(row)) < 0.5 * high]
    alone = len({r.text for r in here}) < 2
    if alone and han and not _HAN.search(row.text):
        return False
    lasts = row.end_ms - row.start_ms
    letters = len(_LETTER.findall(row.text))
    return row.score >= 0.8 and 300 <= lasts <= 8_000 and letters >= (3 if alone else 2)


def _center(row: Row) -> float:
    return (row.box[1] + row.box[3]) / 2


def _meets(a: Row, b: Row) -> bool:
    """Whether two rows stand at the same time, from one moment to the same other."""
    return abs(a.start_ms - b.start_ms) <= 125 and abs(a.end_ms - b.end_ms) <= 125
