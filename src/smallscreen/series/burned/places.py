"""Where writing stands: strips of the picture that the finder saw writing in.

A strip is as wide as the picture and as high as its rows. Which of them are subtitles is decided when all have
been read (`junk`): a sign, a logo and a subtitle look alike in one frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from smallscreen.engines.ocr import Reader, vision
from smallscreen.series.burned import strokes

_LOOK = 288  # the short side of what the finder looks at: large enough for subtitles, and cheap
_MOST = 8
_SURE = 0.5
_HEIGHTS = (0.012, 0.12)  # of the picture's long side: a row of a subtitle


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

    def clear(self) -> None:
        self.times, self.ends, self.masks, self.shots = [], [], [], []


class Places:
    """The strips of one video, as they come to light."""

    def __init__(self, reader: Reader, width: int, height: int) -> None:
        self.reader, self.width, self.height = reader, width, height
        self.strips: list[Strip] = []
        self.looked_at = 0
        self._numbers = 0

    def look(self, at: int, gray: np.ndarray) -> list[Strip]:
        """Look for writing in a whole picture; the strips that are new."""
        cv2 = vision()
        scale = min(1.0, _LOOK / min(gray.shape))
        small = gray
        if scale < 1:
            size = round(gray.shape[1] * scale), round(gray.shape[0] * scale)
            small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        self.looked_at += 1
        boxes = [tuple(round(v / scale) for v in b[:4]) for b in self.reader.find(small) if b[4] >= _SURE]
        long = max(self.width, self.height)
        usable = [
            b
            for b in boxes
            if _HEIGHTS[0] * long <= b[3] - b[1] <= _HEIGHTS[1] * long and b[2] - b[0] >= 0.7 * (b[3] - b[1])
        ]
        for strip in self.strips:
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
        around = round(high * 1.5)
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
    return dark > 1.5 * light
