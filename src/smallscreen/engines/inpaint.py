"""Bright writing taken out of a picture, and what was behind it put in its place as far as it can be known.

The letters are found over the whole time that they stand: what stays bright in every frame and is
thinner than a stroke can be (a top-hat of the least brightness). They are filled from the picture
before or after the writing where the rest of the band has stayed the same, moved to the brightness of
now. Where it has not, they are filled from the pixels around, by a pyramid of means from which every
missing pixel takes its value (pull-push). What is behind the letters is not known then: the fill is
smooth, and a fine pattern does not go on through it.

Dark writing on a bright ground is not found, nor are letters as wide as the height of the band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

Box = tuple[int, int, int, int]
Planes = Sequence[np.ndarray]

_EDGE_MS = 90  # writing may stand two frames longer than its times say
_INNER_MS = 130  # its first and last frames may still be fading: nothing is learned from them
_KEPT_MS = 6000  # a picture longer ago is no longer what is behind the letters
_LEAST = 26  # levels of 256 by which letters are brighter than their ground
_ALIKE = 7.0  # levels of 256: how much the ground may differ where it counts as the same


@dataclass
class _Plate:
    """The band as it was seen, or made, without writing."""

    at: int
    planes: list[np.ndarray]


@dataclass
class _Stand:
    """One time that writing stands: where in the band, and what was learned of it."""

    start: int
    end: int
    box: Box
    least: np.ndarray | None = None
    bright: np.ndarray | None = None
    before: _Plate | None = None
    after: _Plate | None = None
    known: bool = False
    contrast: float = 0.0
    core: np.ndarray | None = None
    masks: list[np.ndarray] = field(default_factory=list)
    last: tuple[np.ndarray, list[np.ndarray]] | None = None


class Band:
    """Writing in one place of the picture: its stands share their clean pictures."""

    def __init__(self, stands: list[_Stand], box: Box, scale: int) -> None:
        self._stands = sorted(stands, key=lambda s: s.start)
        self._box, self._scale = box, scale
        self._clean: _Plate | None = None
        self._made: _Plate | None = None

    def stands(self, at: int) -> bool:
        return any(s.start - _EDGE_MS <= at < s.end + _EDGE_MS for s in self._stands)

    def study(self, at: int, planes: Planes) -> None:
        """Learn from the picture at `at`; pictures come in order."""
        now = [s for s in self._stands if s.start - _EDGE_MS <= at < s.end + _EDGE_MS]
        if not now:
            plate = _Plate(at, [p.copy() for p in self._seen(planes)])
            self._clean = plate
            for s in self._stands:
                if s.after is None and 0 <= at - s.end < _KEPT_MS:
                    s.after = plate
            return
        luma = self._seen(planes)[0]
        for s in now:
            if s.before is None and self._clean is not None and s.start - self._clean.at < _KEPT_MS:
                s.before = self._clean
            inner = min(_INNER_MS, (s.end - s.start) // 4)
            if s.start + inner <= at < s.end - inner:
                x0, y0, x1, y1 = s.box
                part = luma[y0:y1, x0:x1]
                s.least = part.copy() if s.least is None else np.minimum(s.least, part)

    def apply(self, at: int, planes: Planes) -> bool:
        """Fill the writing that stands at `at`; whether there was any."""
        seen = self._seen(planes)
        drawn = False
        for s in self._stands:
            if s.start - _EDGE_MS <= at < s.end + _EDGE_MS:
                drawn = self._fill(s, at, seen) or drawn
                s.last = s.last if at < s.end else None
        if drawn:
            self._made = _Plate(at, [p.copy() for p in seen])
        return drawn

    def _seen(self, planes: Planes) -> list[np.ndarray]:
        x0, y0, x1, y1 = self._box
        return [
            p[y0:y1, x0:x1] if n == 0 else p[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
            for n, p in enumerate(planes)
        ]

    def _fill(self, s: _Stand, at: int, seen: list[np.ndarray]) -> bool:
        if not s.known:
            self._find_letters(s)
        if s.core is None:
            return False
        x0, y0, x1, y1 = s.box
        boxes = [(x0, y0, x1, y1), *[(x0 // 2, y0 // 2, x1 // 2, y1 // 2)] * 2]
        parts = [p[b[1] : b[3], b[0] : b[2]] for p, b in zip(seen, boxes, strict=True)]
        now = [p.astype(np.float32) / self._scale for p in parts]
        if not s.start <= at < s.end and _contrast(now[0], s.core) < 0.4 * s.contrast:
            return False  # it is not there yet, or no more
        if s.last is not None and _same(now[0], s.last[0], s.masks[0]):
            fills = s.last[1]
        else:
            plates = []
            for plate in (s.before, s.after, None if s.before else self._made):
                if plate is not None:
                    clean = zip(plate.planes, boxes, strict=True)
                    plates.append(
                        [p[b[1] : b[3], b[0] : b[2]].astype(np.float32) / self._scale for p, b in clean]
                    )
            fills = _fills(now, s.masks, plates)
            s.last = (now[0], fills)
        for part, own, fill, mask in zip(parts, now, fills, s.masks, strict=True):
            part[...] = ((own + (fill - own) * mask) * self._scale + 0.5).clip(0, 255 * self._scale + 3)
        return True

    def _find_letters(self, s: _Stand) -> None:
        s.known = True
        if s.least is None:
            return
        least = s.least.astype(np.float32) / self._scale
        s.least = None
        height = self._box[3] - self._box[1]
        stroke = max(3, round(height * 0.06))
        above = least - _opened(least, stroke)
        strong = max(_LEAST, 0.35 * float(np.percentile(above, 99.5)))
        core = above > strong
        if core.sum() < 12:
            return
        s.core = core
        s.contrast = _contrast(least, core)
        reach = max(3, round(height * 0.05))
        wide = _grown(core.astype(np.float32), reach)
        s.masks = [_softened(wide)]
        half = np.minimum(1, halved(wide) * 4)
        s.masks += [_softened(_grown(half, 1))] * 2


def bands(stands: Sequence[tuple[int, int, Box]], width: int, height: int, scale: int) -> list[Band]:
    """Bands for writing given as (start ms, end ms, box); boxes that overlap from top to bottom share one."""
    groups: list[list[tuple[int, int, Box]]] = []
    for stand in sorted(stands, key=lambda s: s[2][1]):
        top, bottom = stand[2][1], stand[2][3]
        if groups:
            low = max(b[3] for _, _, b in groups[-1])
            if low - top > 0.5 * (bottom - top):
                groups[-1].append(stand)
                continue
        groups.append([stand])
    made = []
    for group in groups:
        tall = max(b[3] - b[1] for _, _, b in group)
        edge = max(8, round(tall * 0.4))
        boxes = [
            even((b[0] - edge, b[1] - edge, b[2] + edge, b[3] + edge), width, height) for _, _, b in group
        ]
        x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        band = (x0, y0, max(b[2] for b in boxes), max(b[3] for b in boxes))
        made.append(
            Band(
                [
                    _Stand(start, end, (b[0] - x0, b[1] - y0, b[2] - x0, b[3] - y0))
                    for (start, end, _), b in zip(group, boxes, strict=True)
                ],
                band,
                scale,
            )
        )
    return made


def even(box: Box, width: int, height: int) -> Box:
    """The box inside the picture with even edges, no smaller than it was there."""
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
    return x0 // 2 * 2, y0 // 2 * 2, (x1 + 1) // 2 * 2, (y1 + 1) // 2 * 2


def ground_of(luma: np.ndarray, height: int) -> np.ndarray:
    """How much each pixel is ground and no bright letter, 0.02 to 1; `height` is that of the band."""
    above = luma - _opened(luma, max(3, round(height * 0.06)))
    letters = _grown((above > _LEAST).astype(np.float32), max(2, round(height * 0.04)))
    return np.maximum(1 - letters, np.float32(0.02))


def halved(plane: np.ndarray) -> np.ndarray:
    """Means of two by two pixels; the shape must be even."""
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


def _fills(
    now: list[np.ndarray], masks: list[np.ndarray], plates: list[list[np.ndarray]]
) -> list[np.ndarray]:
    """What belongs behind the letters, plane by plane."""
    open_ = [(m < 0.02).astype(np.float32) for m in masks]
    fills = [_spread(p, w) for p, w in zip(now, open_, strict=True)]
    if not plates:
        return fills
    # The plate that differs least around the letters, once both are equally bright.
    gaps = [now[0] - plate[0] for plate in plates]
    scores = []
    for gap in gaps:
        seen = gap[open_[0] > 0]
        scores.append(float(np.abs(seen - np.median(seen)).mean()) if len(seen) else 1e9)
    plate = plates[int(np.argmin(scores))]
    shifts = [_spread(p - c, w) for p, c, w in zip(now, plate, open_, strict=True)]
    unlike = _spread(np.abs(now[0] - plate[0] - shifts[0]) + 0.5 * np.abs(shifts[0]), open_[0])
    trust = np.exp(-((unlike / _ALIKE) ** 2)).astype(np.float32)
    trusts = [trust, halved(trust), halved(trust)]
    return [
        t * (c + shift) + (1 - t) * fill
        for t, c, shift, fill in zip(trusts, plate, shifts, fills, strict=True)
    ]


def _spread(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The values where their weight is 1; elsewhere means of those around, the nearest most."""
    levels = [(values * weights, weights)]
    while min(levels[-1][1].shape) > 2 and levels[-1][1].min() < 1:
        sums, shares = (np.pad(a, [(0, n % 2) for n in a.shape]) for a in levels[-1])
        share = 4 * halved(shares)
        total = 4 * halved(sums)
        full = np.minimum(share, 1)
        levels.append((total / np.maximum(share, 1e-6) * full, full))
    sums, shares = levels.pop()
    whole = shares.sum()
    found = np.where(shares > 0, sums / np.maximum(shares, 1e-6), sums.sum() / whole if whole else 0)
    found = found.astype(np.float32)
    for sums, shares in reversed(levels):
        high, wide = shares.shape
        larger = Image.fromarray(found).resize(
            (found.shape[1] * 2, found.shape[0] * 2), Image.Resampling.BILINEAR
        )
        found = sums + np.asarray(larger)[:high, :wide] * (1 - shares)
    return found


def _contrast(luma: np.ndarray, core: np.ndarray) -> float:
    """How much brighter the letters are than the rest of their box."""
    return float(luma[core].mean() - np.median(luma[~core]))


def _same(now: np.ndarray, before: np.ndarray, mask: np.ndarray) -> bool:
    moved = np.abs(now - before) * (mask < 0.02)
    return bool(moved.mean() < 0.5 and moved.max() < 12)


def _opened(a: np.ndarray, reach: int) -> np.ndarray:
    """A morphological opening by a square: what is bright and thinner than 2 * reach + 1 is gone."""
    return _grown(-_grown(-a, reach), reach)


def _grown(a: np.ndarray, reach: int) -> np.ndarray:
    """The greatest value within `reach` pixels, in a square."""
    for axis in (0, 1):
        size = a.shape[axis]
        padded = np.pad(a, [(reach, reach) if n == axis else (0, 0) for n in (0, 1)], mode="edge")
        a = a.copy()
        for step in range(2 * reach + 1):
            np.maximum(a, padded[step : step + size] if axis == 0 else padded[:, step : step + size], out=a)
    return a


def _softened(mask: np.ndarray) -> np.ndarray:
    """A mask with an edge of a pixel that is half there, so that the fill has no hard rim."""
    wide = _grown(mask, 1)
    padded = np.pad(wide, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.maximum(mask, ((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9)).astype(np.float32)
