"""Pictures laid over a video's own planes (Y, U, V), each prepared once when it is first seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smallscreen.engines.inpaint import halved


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture shown from `start_ms` up to, not including, `end_ms`; its upper left corner is at x, y.

    `rgba` is a uint8 array (height, width, 4) with straight alpha.
    """

    start_ms: int
    end_ms: int
    rgba: np.ndarray
    x: int
    y: int


class Prepared:
    """An overlay in the video's own color model, cut to the picture and padded to even pixels."""

    def __init__(
        self,
        overlay: Overlay,
        width: int,
        height: int,
        weights: tuple[float, float],
        full: bool,
        depth: int,
        white: float,
    ) -> None:
        rgba = np.asarray(overlay.rgba)
        left, top = max(overlay.x, 0), max(overlay.y, 0)
        right = min(overlay.x + rgba.shape[1], width)
        bottom = min(overlay.y + rgba.shape[0], height)
        self.empty = right <= left or bottom <= top
        if self.empty:
            return
        seen = rgba[top - overlay.y : bottom - overlay.y, left - overlay.x : right - overlay.x]
        self.x, self.y = left // 2 * 2, top // 2 * 2
        wide, high = (right - self.x + 1) // 2 * 2, (bottom - self.y + 1) // 2 * 2
        padded = np.zeros((high, wide, 4), np.float32)
        padded[top - self.y : bottom - self.y, left - self.x : right - self.x] = seen
        alpha = padded[..., 3] / 255
        red, green, blue = (padded[..., i] * white for i in range(3))
        kr, kb = weights
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        scale, chroma, black = (1.0, 1.0, 0.0) if full else (219 / 255, 224 / 255, 16.0)
        cb = (blue - luma) / (2 * (1 - kb)) * chroma + 128
        cr = (red - luma) / (2 * (1 - kr)) * chroma + 128
        step = np.float32(1 << (depth - 8))
        small = 1 - halved(alpha)
        self.planes = [
            ((luma * scale + black) * alpha * step + 0.5, 1 - alpha),
            (halved(cb * alpha) * step + 0.5, small),
            (halved(cr * alpha) * step + 0.5, small),
        ]

    def onto(self, planes: list[np.ndarray]) -> None:
        for number, (plane, (color, rest)) in enumerate(zip(planes, self.planes, strict=True)):
            y, x = (self.y, self.x) if number == 0 else (self.y // 2, self.x // 2)
            part = plane[y : y + color.shape[0], x : x + color.shape[1]]
            part[...] = part * rest + color


class Schedule:
    """Which overlays are visible now; each is prepared when first seen and dropped when over.

    After the overlays come width and height, how much of red and blue is in the brightness, whether the range is
    full, the depth in bits, and how bright white is.
    """

    def __init__(self, overlays: Sequence[Overlay], *how: Any) -> None:
        self._waiting = sorted((o for o in overlays if o.end_ms > o.start_ms), key=lambda o: -o.start_ms)
        self._shown: list[tuple[Overlay, Prepared]] = []
        self._how = how

    def at(self, time_ms: int) -> list[Prepared]:
        while self._waiting and self._waiting[-1].start_ms <= time_ms:
            overlay = self._waiting.pop()
            if overlay.end_ms > time_ms:
                self._shown.append((overlay, Prepared(overlay, *self._how)))
        self._shown = [(o, p) for o, p in self._shown if o.end_ms > time_ms]
        return [p for _, p in self._shown if not p.empty]
