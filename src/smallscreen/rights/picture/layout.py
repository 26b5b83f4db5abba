"""Finding the windows in a picture that shows another: padding, letterbox, picture-in-picture.

Such a window has straight edges that stand still while all else moves. The mean over time of the difference
between neighboring pixels shows them as lines one or two pixels wide; a window is a rectangle whose four
sides are such lines or the border of the picture.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import Box

Floats = NDArray[np.float32]
MOST = 4
"""Windows looked for in one stretch."""
SMALLEST = 0.22
"""Width and height of a window as part of the picture's; less leaves too few pixels to hash."""
PIECE = 188
"""Pictures of 15 seconds."""
SAME = 0.93
"""Overlap above which two boxes are one window."""
_PICTURES = 64
_STEP = 1.5
"""Gray levels by which a line must stand out from what is beside it."""
_LINES = 6
_COVER = 0.6
"""Part of each side that must stand out."""
_BAR = 2.0


def windows(pictures: NDArray[np.uint8]) -> list[Box]:
    """The windows in a stretch of gray pictures (n, height, width), best first; none when there is no layout.

    Each few seconds are looked at by themselves and all together, so that a window that stands in a part of
    the stretch is found, and one that stands throughout comes first.
    """
    pieces = [pictures[i : i + PIECE] for i in range(0, max(1, len(pictures) - PIECE // 2), PIECE)]
    if len(pieces) > 1:
        pieces.append(pictures)
    found: list[tuple[float, Box]] = []
    for piece in pieces:
        found += _windows(piece)
    kept: list[list[float | Box]] = []
    for score, box in sorted(found, reverse=True):
        same = next((k for k in kept if overlap(box, k[1]) > SAME), None)  # type: ignore[arg-type]
        if same is None:
            kept.append([score, box])
        else:
            same[0] += score  # type: ignore[operator]
    kept.sort(key=lambda k: -k[0])  # type: ignore[operator]
    return [k[1] for k in kept[:MOST]]  # type: ignore[misc]


def _windows(pictures: NDArray[np.uint8]) -> list[tuple[float, Box]]:
    if len(pictures) < 8:
        return []
    chosen = pictures[np.linspace(0, len(pictures) - 1, min(_PICTURES, len(pictures))).astype(int)]
    chosen = chosen.astype(np.int16)
    across = _standing(np.abs(np.diff(chosen, axis=2)).mean(0, dtype=np.float32))
    down = _standing(np.abs(np.diff(chosen, axis=1)).mean(0, dtype=np.float32).T).T
    found = _rectangles(across, down)
    bars = _bars(chosen)
    if bars is not None:
        found = [(found[0][0] if found else 1.5, bars), *found]
    kept: list[tuple[float, Box]] = []
    for score, box in found:
        if all(overlap(box, other) < SAME for _, other in kept) and len(kept) < MOST:
            kept.append((score, box))
    return kept


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / (
        (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both
    )


def _standing(change: Floats) -> NDArray[np.bool_]:
    """Where a line between columns stands out from those around it, (height, lines)."""
    padded = np.pad(change, ((0, 0), (4, 4)), mode="edge")
    count = change.shape[1]
    near = np.stack([padded[:, 4 + k : 4 + k + count] for k in (-4, -3, -2, 2, 3, 4)])
    # A line may fall between two pixels: its neighbor at 1 is left out, the others count.
    return change > np.median(near, axis=0) * 1.5 + _STEP


def _rectangles(across: NDArray[np.bool_], down: NDArray[np.bool_]) -> list[tuple[float, Box]]:
    high, wide = across.shape[0], down.shape[1]
    columns = _lines(across.mean(0))
    rows = _lines(down.mean(1))
    # How many pixels stand out from the start of each line up to here; a line and its neighbor count as one.
    up_columns = {x: _run(across[:, max(0, x - 1) : x + 2].any(1)) for x in columns}
    up_rows = {y: _run(down[max(0, y - 1) : y + 2].any(0)) for y in rows}
    found: list[tuple[float, Box]] = []
    for left, right in combinations([-1, *columns, wide - 1], 2):
        if right - left < SMALLEST * wide:
            continue
        for top, bottom in combinations([-1, *rows, high - 1], 2):
            if bottom - top < SMALLEST * high:
                continue
            sides = [_part(up_columns[x], top, bottom) for x in (left, right) if 0 <= x < wide - 1]
            ends = [_part(up_rows[y], left, right) for y in (top, bottom) if 0 <= y < high - 1]
            cover = sides + ends
            if not cover or min(cover) < _COVER:
                continue
            box = ((left + 1) / wide, (top + 1) / high, (right + 1) / wide, (bottom + 1) / high)
            area = (box[2] - box[0]) * (box[3] - box[1])
            # Sides that are found count more than the border of the picture, which is always there; padding has two
            # that face each other.
            faced = max(len(sides), len(ends)) == 2
            bonus = (0.0, 0.0, 0.5 if faced else 0.3, 0.45, 0.6)[len(cover)]
            found.append((float(np.mean(cover)) + bonus + 0.6 * area, box))
    return sorted(found, reverse=True)


def _lines(strength: NDArray[np.floating]) -> list[int]:
    """Places of the strongest lines, in order; two must lie at least 3 pixels apart."""
    left = strength.astype(np.float64).copy()
    chosen: list[int] = []
    for _ in range(_LINES):
        best = int(left.argmax()) if len(left) else 0
        if not len(left) or left[best] < SMALLEST * _COVER:
            break
        chosen.append(best)
        left[max(0, best - 2) : best + 3] = 0
    return sorted(chosen)


def _run(marks: Any) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(marks)])


def _part(upto: NDArray[np.int64], start: int, end: int) -> float:
    return float(upto[end + 1] - upto[start + 1]) / max(1, end - start)


def _bars(pictures: NDArray[np.int16]) -> Box | None:
    """The picture inside bars of one flat color, however dark the picture beside them."""
    seen = pictures.astype(np.float32)
    varies = seen.std(0)
    rows = (varies.mean(1) > _BAR) | (seen.std(2).mean(0) > _BAR)
    columns = (varies.mean(0) > _BAR) | (seen.std(1).mean(0) > _BAR)
    if not rows.any() or not columns.any():
        return None
    top, bottom = int(rows.argmax()), len(rows) - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), len(columns) - int(columns[::-1].argmax())
    box = (left / len(columns), top / len(rows), right / len(columns), bottom / len(rows))
    smallest = min(box[2] - box[0], box[3] - box[1])
    return box if smallest >= SMALLEST and (box[2] - box[0]) * (box[3] - box[1]) < 0.97 else None
