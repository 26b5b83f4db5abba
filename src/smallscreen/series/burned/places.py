"""Where writing stands: strips of the picture that the finder saw writing in.

A strip is as wide as the picture and as high as its rows. Which of them are subtitles is decided when all have
been read (`junk`): a sign, a logo and a subtitle look alike in one frame.

The finder is dear, so it is asked only where strokes have come to stand still that were not there when it last
looked, and now and then for the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from smallscreen.engines.ocr import Reader, vision
from smallscreen.series.burned import strokes

_LOOK = 288  # the short side of what the finder looks at: large enough for subtitles, and cheap
_MOST = 8
AROUND = 1.2  # rows above and below a strip that are cut out with it, for a second line
_PROVEN = 3  # sightings after which a strip needs no more: what stands in it is followed anyway
_WHOLE_MS = 10_000  # how often the whole picture is searched, whatever is seen in it
_PAUSE_MS = 500  # between two searches of parts
_CELL = (33, 17)  # across and down: about two characters of the smallest usual size, and a row
_ROW = 20  # the height of a row that `_still` has in mind
_INKED = 110  # strokes in a cell that may be writing: writing has 250 or more, half without an outline
_PATIENCE_MS = (
    1_000,
    2_000,
    5_000,
)  # until rows are searched again: at first, once a place is proven, at last
_ROUND = 32  # the finder works in squares of so many pixels
_SURE = 0.5
_HEIGHTS = (0.012, 0.12)  # of the picture's long side: a row of a subtitle


@dataclass(slots=True)
class Span:
    """A stretch in which the same strokes stand in a strip, from `start` to `end` ms; whether it has been read."""

    mask: np.ndarray
    start: int
    end: int
    read: bool = False


@dataclass(slots=True)
class Strip:
    """A strip of the picture that is followed frame by frame; pixels of the scaled picture.

    `top` to `foot` are its rows, `high` is one row's height, `low` to `far` what is cut out for reading.
    """

    top: int
    foot: int
    high: int
    low: int
    far: int
    dark: bool
    level: int
    since: int
    number: int
    hits: int = 1
    times: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    masks: list[np.ndarray] = field(default_factory=list)
    shots: list[tuple[int, np.ndarray]] = field(default_factory=list)
    last_shot: int = -1_000
    looks: list[tuple[int, bool]] = field(default_factory=list)
    spans: list[Span] | None = None
    sizes: list[float] = field(default_factory=list)

    def add(self, start: int, end: int, gray: np.ndarray) -> None:
        """Follow one frame: its strokes are kept, and eight times a second its pixels."""
        self.times.append(start)
        self.ends.append(end)
        mask = strokes.strokes(gray[self.top : self.foot], self.high, self.dark, self.level)
        self.masks.append(np.packbits(mask))
        if start - self.last_shot >= strokes.WINDOW_MS or start // strokes.WINDOW_MS != (
            self.last_shot // strokes.WINDOW_MS
        ):
            self.shots.append((start, gray[self.low : self.far].copy()))
            self.last_shot = start

    def seen(self, start: int, end: int) -> bool | None:
        """Whether the finder saw writing here between two times; None where it did not look."""
        looks = [saw for at, saw in self.looks if start <= at < end]
        return any(looks) if looks else None

    @property
    def row(self) -> int:
        """How high a row is as far as is known: lines that were read tell better than the finder's first box."""
        if len(self.sizes) < 3:
            return self.high
        return min(self.high, round(1.4 * sorted(self.sizes)[len(self.sizes) // 2]))

    def clear(self) -> None:
        self.times, self.ends, self.masks, self.shots, self.spans = [], [], [], [], None


class Places:
    """The strips of one video, as they come to light."""

    def __init__(self, reader: Reader, width: int, height: int) -> None:
        self.reader, self.width, self.height = reader, width, height
        self.strips: list[Strip] = []
        self.looked_at = 0
        self._numbers = 0
        self._scale = min(1.0, _LOOK / min(width, height))
        self._known: np.ndarray | None = None
        self._last = self._last_whole = -1_000_000
        small = round(height * self._scale)
        self._due = np.full(small, -1_000_000)
        self._patience = np.full(small, _PATIENCE_MS[0] // 2)

    def look(self, at: int, gray: np.ndarray, later: np.ndarray) -> list[Strip]:
        """Look for writing in the picture of `at` where there may be some; the strips that are new.

        `later` is a picture some frames away: what stands in both stands still.
        """
        small = self._small(gray)
        still = _still(small, self._small(later))
        if at - self._last_whole >= _WHOLE_MS:
            self._last_whole = at
            parts = [(0, small.shape[0])]
        elif at - self._last < _PAUSE_MS:
            return []
        else:
            parts = self._parts(still, at)
            if not parts:
                self._known = None if self._known is None else self._known & still
                return []
        self._last = at
        wide = _grown(still)
        known = np.zeros_like(still) if self._known is None else self._known & still
        for top, foot in parts:
            known[top:foot] = wide[top:foot]
        self._known = known
        new = []
        for top, foot in parts:
            found = self._searched(at, gray, small, top, foot)
            new += found
            if self._last_whole == at:
                continue
            # Rows in which nothing was found wait longer each time: a face that moves slowly looks new for ever.
            least = _PATIENCE_MS[1 if any(s.hits >= _PROVEN for s in self.strips) else 0]
            patience = least if found else (self._patience[top:foot] * 2).clip(least, _PATIENCE_MS[2])
            self._patience[top:foot] = patience
            self._due[top:foot] = at + self._patience[top:foot]
        return new

    def _small(self, gray: np.ndarray) -> np.ndarray:
        if self._scale == 1:
            return gray
        cv2 = vision()
        size = round(gray.shape[1] * self._scale), round(gray.shape[0] * self._scale)
        made: np.ndarray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        return made

    def _parts(self, still: np.ndarray, at: int) -> list[tuple[int, int]]:
        """The rows of the small picture in which strokes stand that are new, but for places that are known well."""
        fresh = still.copy() if self._known is None else still & ~self._known
        for strip in self.strips:
            if strip.hits >= _PROVEN:
                fresh[round(strip.top * self._scale) : round(strip.foot * self._scale)] = False
        ink = vision().boxFilter(fresh.astype(np.uint8), vision().CV_16S, _CELL, normalize=False)
        rows = np.flatnonzero((ink >= _INKED).any(1) & (self._due <= at))
        if not len(rows):
            return []
        high = len(still)
        parts: list[tuple[int, int]] = []
        for group in np.split(rows, np.flatnonzero(np.diff(rows) > _ROUND) + 1):
            foot = -(-(int(group[-1]) + _ROUND) // _ROUND) * _ROUND
            top = max(0, (int(group[0]) - _ROUND) // _ROUND * _ROUND)
            if parts and top <= parts[-1][1]:
                top = parts.pop()[0]
            parts.append((top, min(high, foot)))
        return parts if sum(b - a for a, b in parts) < 0.7 * high else [(0, high)]

    def _searched(self, at: int, gray: np.ndarray, small: np.ndarray, top: int, foot: int) -> list[Strip]:
        self.looked_at += 1
        scale = self._scale
        found = [(x0, y0 + top, x1, y1 + top, s) for x0, y0, x1, y1, s in self.reader.find(small[top:foot])]
        boxes = [tuple(round(v / scale) for v in b[:4]) for b in found if b[4] >= _SURE]
        long = max(self.width, self.height)
        usable = [
            b
            for b in boxes
            if _HEIGHTS[0] * long <= b[3] - b[1] <= _HEIGHTS[1] * long and b[2] - b[0] >= 0.7 * (b[3] - b[1])
        ]
        for strip in self.strips:
            if strip.top * scale >= top - 1 and strip.foot * scale <= foot + 1:
                saw = any(min(b[3], strip.foot) - max(b[1], strip.top) > 0.4 * strip.high for b in usable)
                strip.looks.append((at, saw))
        new = []
        for group in _beside(usable):
            fresh = self._strip(at, gray, group)
            if fresh is not None:
                new.append(fresh)
        return new

    def _strip(self, at: int, gray: np.ndarray, group: list[tuple[int, ...]]) -> Strip | None:
        heights = sorted(b[3] - b[1] for b in group)
        high = heights[len(heights) // 2]
        top, foot = min(b[1] for b in group), max(b[3] for b in group)
        for strip in self.strips:
            inside = min(foot, strip.foot) - max(top, strip.top)
            if inside >= 0.7 * (foot - top) and 0.5 <= high / strip.high <= 2:
                strip.hits += 1
                return None
        if len(self.strips) >= _MOST:
            weakest = min(self.strips, key=lambda s: s.hits)
            if weakest.hits > 1:
                return None
            self.strips.remove(weakest)
        pad = max(2, round(high * 0.15))
        top, foot = max(0, top - pad), min(self.height, foot + pad)
        around = round(high * AROUND)
        self._numbers += 1
        dark = _is_dark(gray, group, high)
        levels = [strokes.level_of(gray[b[1] : b[3], b[0] : b[2]], high, dark) for b in group]
        strip = Strip(
            top=top,
            foot=foot,
            high=high,
            low=max(0, top - around),
            far=min(self.height, foot + around),
            dark=dark,
            level=max(levels) if dark else min(levels),
            since=at,
            number=self._numbers,
            looks=[(at, True)],
        )
        self.strips.append(strip)
        return strip


def _still(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Strokes, light or dark, that stand in both pictures at the same place."""
    here = strokes.strokes(a, _ROW, False) | strokes.strokes(a, _ROW, True)
    there = strokes.strokes(b, _ROW, False) | strokes.strokes(b, _ROW, True)
    return here & there


def _grown(mask: np.ndarray) -> np.ndarray:
    made: np.ndarray = vision().dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return made.astype(bool)


def _beside(boxes: list[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """Boxes in rows that touch, or nearly, one above another: lines of one subtitle."""
    groups: list[list[tuple[int, ...]]] = []
    for box in sorted(boxes, key=lambda b: b[1]):
        high = box[3] - box[1]
        for group in groups:
            near = box[1] - max(b[3] for b in group) < 0.6 * high
            size = np.median([b[3] - b[1] for b in group])
            across = min(box[2], max(b[2] for b in group)) - max(box[0], min(b[0] for b in group))
            beside = any(min(b[3], box[3]) - max(b[1], box[1]) > 0.5 * high for b in group)
            if near and 0.6 <= high / size <= 1.7 and (across > 0 or beside):
                group.append(box)
                break
        else:
            groups.append([box])
    return groups


def _is_dark(gray: np.ndarray, group: list[tuple[int, ...]], high: int) -> bool:
    """Whether the writing is darker than what is around it."""
    light = dark = 0
    for x0, y0, x1, y1 in group:
        part = gray[max(0, y0) : y1, max(0, x0) : x1]
        if part.size:
            light += int(strokes.strokes(part, high, False).sum())
            dark += int(strokes.strokes(part, high, True).sum())
    return dark > 3 * light  # an outline or a box alone makes them twice as many
