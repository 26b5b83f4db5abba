"""Writing in a picture covered: blurred, boxed, or taken out and filled from what is around it.

    covers = Covers([Cover(1000, 2400, (60, 560, 480, 616), "inpaint")], 540, 960)
    for at, planes in first_pass: covers.study(at, planes)      # only where covers.studies
    for at, planes in second_pass: covers.apply(at, planes)     # draws into the planes

Planes are Y, U, V of a 4:2:0 picture as arrays that may be written to, 8 or 10 bits deep; only the
rows and columns of a box are touched. Times are milliseconds, boxes pixels (x0, y0, x1, y1).

How writing is taken out of the picture: see `inpaint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from smallscreen.engines.behind import halved
from smallscreen.engines.inpaint import Box, Planes, Way, bands, even, ground_of

Kind = Literal["blur", "box", "inpaint"]
KINDS: tuple[Kind, ...] = ("blur", "box", "inpaint")

_DARK = 20 / 255  # of the box, between black and the picture's white


@dataclass(frozen=True, slots=True)
class Cover:
    """Writing that stands in `box` from `start_ms` up to `end_ms`, and how it is to be covered.

    `sure` is False where it is only likely that writing stands there: then inpaint leaves a picture in which it
    finds none as it is, instead of blurring it.
    """

    start_ms: int
    end_ms: int
    box: Box
    kind: Kind
    sure: bool = True


class Covered(NamedTuple):
    """What became of writing that was to be inpainted. `sure`: it was known to stand there."""

    start_ms: int
    end_ms: int
    way: Way
    sure: bool


class Covers:
    """All covers of one video of `width` x `height` (even) pixels; `depth` bits, `full` range or not."""

    def __init__(
        self, covers: Sequence[Cover], width: int, height: int, *, depth: int = 8, full: bool = False
    ) -> None:
        self._scale = 1 << (depth - 8)
        self._full = full
        clipped = [(c, even(c.box, width, height)) for c in covers if c.end_ms > c.start_ms]
        clipped = [(c, box) for c, box in clipped if box[2] - box[0] >= 4 and box[3] - box[1] >= 4]
        self._plain = sorted(
            (_Plain(c, box, width, height) for c, box in clipped if c.kind != "inpaint"),
            key=lambda p: p.start,
        )
        self._bands = bands(
            [(c.start_ms, c.end_ms, b, c.sure) for c, b in clipped if c.kind == "inpaint"],
            width,
            height,
            self._scale,
        )
        self._size = (width, height)
        self._blurs: dict[Box, _Plain] = {}

    @property
    def studies(self) -> bool:
        """Whether the pictures must be shown to `study`, all in order, before `apply`."""
        return bool(self._bands)

    def study(self, at: int, planes: Planes) -> None:
        for band in self._bands:
            band.study(at, planes)

    def apply(self, at: int, planes: Planes) -> bool:
        """Cover what stands at `at` in the planes; whether anything was drawn."""
        drawn = False
        for one in self._plain:
            if one.start > at:
                break
            if at < one.end:
                one.draw(planes, self._scale, self._full)
                drawn = True
        for band in self._bands:
            drawn = band.apply(at, planes) or drawn
            for box in band.blurs(at):
                if box not in self._blurs:
                    self._blurs[box] = _Plain(Cover(0, 0, box, "blur"), box, *self._size)
                self._blurs[box].draw(planes, self._scale, self._full)
                drawn = True
        return drawn

    def ways(self) -> list[Covered]:
        """What became of each writing that was to be inpainted, by time; of what `apply` came to."""
        return sorted(Covered(*way) for band in self._bands for way in band.ways())

    def covers(self, at: int) -> bool:
        """Whether `apply` may draw anything at `at`."""
        return any(p.start <= at < p.end for p in self._plain) or any(b.stands(at) for b in self._bands)


class _Plain:
    """A blur or a box, with soft edges outside of the box."""

    def __init__(self, cover: Cover, box: Box, width: int, height: int) -> None:
        self.start, self.end, self.kind = cover.start_ms, cover.end_ms, cover.kind
        self.letters = max(12, box[3] - box[1])
        soft = max(4, round(min(self.letters * 0.25, min(width, height) * 0.02)))
        self.box = even((box[0] - soft, box[1] - soft, box[2] + soft, box[3] + soft), width, height)
        ramps = []
        for low, high, first, last in (
            (self.box[1], self.box[3], box[1], box[3]),
            (self.box[0], self.box[2], box[0], box[2]),
        ):
            at = np.arange(low, high) + 0.5
            away = np.maximum(np.maximum(first - at, at - last), 0) / soft
            ramps.append(np.clip(1 - away, 0, 1))
        mask = np.sqrt(np.maximum(0, ramps[0][:, None] * ramps[1]))
        self.mask = (mask * mask * (3 - 2 * mask)).astype(np.float32)
        self.masks = [self.mask, halved(self.mask), halved(self.mask)]

    def draw(self, planes: Planes, scale: int, full: bool) -> None:
        x0, y0, x1, y1 = self.box
        black, white = (0.0, 255.0) if full else (16.0, 235.0)
        for number, (plane, mask) in enumerate(zip(planes, self.masks, strict=True)):
            part = plane[y0:y1, x0:x1] if number == 0 else plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
            if self.kind == "box":
                color = ((black + _DARK * (white - black)) if number == 0 else 128.0) * scale
                part[...] = part + (color - part) * mask + 0.5
            else:
                seen = part.astype(np.float32)
                cell = max(2.0, self.letters / (5 if number == 0 else 10))
                if number == 0:
                    ground = ground_of(seen / scale, self.letters)
                    grounds = [ground, halved(ground), halved(ground)]
                ground = grounds[number]
                # Means of the ground alone: with the letters in them, a light smear would remain.
                soft = _blurred(seen * ground, cell) / np.maximum(_blurred(ground, cell), 0.02)
                part[...] = (seen + (soft - seen) * mask + 0.5).clip(0, 255 * scale + 3)


def _blurred(seen: np.ndarray, cell: float) -> np.ndarray:
    """A strong blur: means of cells of `cell` pixels, smoothed, and made large again."""
    high, wide = seen.shape
    small = (max(2, round(wide / cell)), max(2, round(high / cell)))
    coarse = np.asarray(Image.fromarray(seen).resize(small, Image.Resampling.BOX))
    for axis in (0, 1, 0, 1):
        padded = np.pad(coarse, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        inner = [slice(None), slice(None)]
        parts = []
        for first in range(3):
            inner[axis] = slice(first, first + coarse.shape[axis])
            parts.append(padded[tuple(inner)])
        coarse = (parts[0] + 2 * parts[1] + parts[2]) / 4
    return np.asarray(Image.fromarray(coarse).resize((wide, high), Image.Resampling.BICUBIC))
