"""Strokes of writing, and how long they stand still.

A stroke is a thin light line beside something darker (or dark beside lighter): what morphology calls a top hat.
Whatever moves behind the letters has other strokes in every frame; those of a subtitle stay where they are from
its first frame to its last. So a change is looked for in the strokes, never in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smallscreen.engines.ocr import vision

WINDOW_MS = 125
_HAT = 48  # how much lighter a stroke is than the darkest close by, of 255
_LIGHT, _DARK = 110, 150  # a light stroke is at least, a dark one at most so bright
_STEADY = 0.7  # of a window's frames
_LEAST = 0.04  # strokes of the narrowest line, of the square of a row's height
_GONE = 0.45  # of a block's strokes that are in the next window too: fewer, and the block has changed
_COVER = 0.25  # of a row that usual letters cover: what two lines share by chance
_BREAK = 0.3  # of all strokes in blocks that changed: more, and this is another line


@dataclass(slots=True)
class Still:
    """A stretch in which the same strokes stand: frames `first` up to, not including, `end`."""

    first: int
    end: int
    mask: np.ndarray


def strokes(gray: np.ndarray, high: int, dark: bool, level: int | None = None) -> np.ndarray:
    """The strokes of a picture as booleans; `high` is the height of a row of writing in pixels.

    A light stroke is at least as bright as `level`, a dark one at most: without it, whatever could be one.
    """
    cv2 = vision()
    size = max(5, round(high * 0.36) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
    if dark:
        limit = _DARK if level is None else level
        return (cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, kernel) > _HAT) & (gray <= limit)
    limit = _LIGHT if level is None else level
    return (cv2.morphologyEx(gray, cv2.MORPH_TOPHAT, kernel) > _HAT) & (gray >= limit)


def level_of(gray: np.ndarray, high: int, dark: bool) -> int:
    """The level for `strokes` of one row of writing: between its letters and what is around them."""
    found = gray[strokes(gray, high, dark)]
    if len(found) < 20:
        return _DARK if dark else _LIGHT
    if dark:
        ink = float(np.quantile(found, 0.15))
        return min(_DARK, round(ink + 0.3 * (255 - ink)))
    ink = float(np.quantile(found, 0.85))
    return max(_LIGHT, round(0.72 * ink))


def stills(masks: np.ndarray, times: np.ndarray, high: int) -> list[Still]:
    """The stretches in which strokes stand still, by time.

    `masks` are booleans (frame, row, column), `times` milliseconds of the frames. A line that goes on behind a cut
    or a flash may come in two parts: whoever reads them joins them.
    """
    if not len(masks):
        return []
    few = least(high)
    edges = np.flatnonzero(np.diff(times // WINDOW_MS, prepend=-1))
    ends = np.append(edges[1:], len(times))
    kept = [_steady(masks[a:b]) for a, b in zip(edges, ends, strict=True)]
    full = np.array([k.sum() for k in kept])
    groups: list[list[int]] = []
    for n in range(len(kept)):
        if full[n] < few:
            continue
        if groups and groups[-1][-1] == n - 1 and not _changed(kept[n - 1], kept[n], high, few):
            groups[-1].append(n)
        else:
            groups.append([n])
    # The long ones first: what is left over between two of them is the window in which one followed the other.
    found: list[Still] = []
    for group in sorted(groups, key=lambda g: (-len(g), g[0])):
        first, end = int(edges[group[0]]), int(ends[group[-1]])
        if len(group) == 1:
            covered = sum(max(0, min(end, s.end) - max(first, s.first)) for s in found)
            if covered * 2 >= end - first:
                continue
            beside = [int(full[m]) for m in (group[0] - 1, group[0] + 1) if 0 <= m < len(kept)]
            if full[group[0]] < 0.35 * max(beside, default=0):
                continue
        mask = np.asarray(np.mean([kept[n] for n in group], axis=0, dtype=np.float32) >= 0.6)
        before = kept[group[0] - 1] if group[0] else None
        after = kept[group[-1] + 1] if group[-1] + 1 < len(kept) else None
        floor = max((s.end for s in found if s.end <= first), default=0)
        roof = min((s.first for s in found if s.first >= end), default=len(masks))
        floor = max(floor, int(edges[max(0, group[0] - 3)]))
        roof = min(roof, int(ends[min(len(kept) - 1, group[-1] + 3)]))
        found.append(
            Still(
                _edge(masks, mask, before, first, floor, -1),
                _edge(masks, mask, after, end - 1, roof - 1, 1) + 1,
                mask,
            )
        )
    return sorted((s for s in found if s.end > s.first), key=lambda s: s.first)


def least(high: int) -> int:
    """How many strokes the narrowest line has in rows of this height."""
    return max(12, round(_LEAST * high * high))


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """How many of the strokes of the sparser of two masks are in the other, 0 to 1, less what chance makes them share.

    Heavy letters cover half of their row: any two lines of them then have half of their strokes in common.
    """
    few = min(int(a.sum()), int(b.sum()))
    if not few:
        return 0.0
    chance = max(float(a.mean()), float(b.mean()))
    shared = float((a & b).sum()) / few
    if chance <= _COVER:
        return shared
    return max(0.0, _COVER + (1 - _COVER) * (shared - chance) / max(0.05, 1 - chance))


def _steady(masks: np.ndarray) -> np.ndarray:
    if len(masks) == 1:
        return masks[0]
    return masks.sum(0, dtype=np.uint16) >= np.ceil(_STEADY * len(masks))


def _changed(a: np.ndarray, b: np.ndarray, high: int, least: int) -> bool:
    """Whether a good part of the strokes is in blocks (as wide as a character) that are not the same any more."""
    cuts = np.arange(0, a.shape[1], max(4, high))
    both = np.add.reduceat((a & b).sum(0), cuts)
    most = np.maximum(np.add.reduceat(a.sum(0), cuts), np.add.reduceat(b.sum(0), cuts))
    inked = np.flatnonzero(a.any(1) | b.any(1))
    room = max(1, int(inked[-1] + 1 - inked[0])) * np.diff(cuts, append=a.shape[1]) if len(inked) else 1
    chance = np.maximum(most / room, _COVER)  # heavy letters share more without being the same
    still = chance + (_GONE - _COVER) / (1 - _COVER) * (1 - chance)
    other = most[(most >= least / 2) & (both < still * most)].sum()
    return bool(other >= least and other >= _BREAK * most.sum())


def _edge(
    masks: np.ndarray, mask: np.ndarray, beyond: np.ndarray | None, start: int, stop: int, step: int
) -> int:
    """The last frame, walking from `start` to `stop`, that still shows the strokes of `mask`.

    Strokes that are `beyond` as well (a sign on a wall) say nothing about when the line came or went.
    """
    own = mask if beyond is None else mask & ~beyond
    if own.sum() < 0.3 * mask.sum():
        own = mask
    at = np.flatnonzero(own)
    if not len(at):
        return start
    flat = masks.reshape(len(masks), -1)
    # The window at the edge of a stretch may hold frames from beyond: come back inside first.
    inward = start
    for _ in range(4):
        nxt = inward - step
        if not 0 <= nxt < len(masks) or flat[inward, at].mean() >= 0.5:
            break
        inward = nxt
    last, here = inward, inward
    while here != stop:
        here += step
        if flat[here, at].mean() < 0.5:
            break
        last = here
    return last
