"""What copiers do to pictures, for the rights benchmark: each look is a value, and `start` gives what it does to a frame.

All work on the planes of YUV 4:2:0; sizes stay even. Raise `DRAWN_BY` when a look comes out differently.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench._episodes import Episode, cropped, over_blur, put
from bench._rights_media import at_times

DRAWN_BY = 2
Step = Callable[[av.VideoFrame, int], av.VideoFrame]
"""(picture, its number in the query) to picture."""
Plane = NDArray[np.uint8]


class Look(Protocol):
    def start(self, fps: float) -> Step: ...


def _frame(planes: Plane) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _even(x: float) -> int:
    return round(x / 2) * 2


@dataclass(frozen=True)
class Scaled:
    width: int
    height: int

    def start(self, fps: float) -> Step:
        turn = VideoReformatter()
        return lambda frame, _: turn.reformat(frame, self.width, self.height, interpolation="BILINEAR")


@dataclass(frozen=True)
class Mirror:
    def start(self, fps: float) -> Step:
        def step(frame: av.VideoFrame, _: int) -> av.VideoFrame:
            planes, h, w = frame.to_ndarray(), frame.height, frame.width
            out = np.empty_like(planes)
            out[:h] = planes[:h, ::-1]
            out[h:] = planes[h:].reshape(h, w // 2)[:, ::-1].reshape(h // 2, w)
            return _frame(out)

        return step


@dataclass(frozen=True)
class Crop:
    """A window of `share` of the width and of the height, scaled up again; x and y from 0 to 1."""

    share: float
    x: float
    y: float

    def start(self, fps: float) -> Step:
        turn = VideoReformatter()

        def step(frame: av.VideoFrame, _: int) -> av.VideoFrame:
            w, h = frame.width, frame.height
            wide, high = _even(w * self.share), _even(h * self.share)
            part = cropped(
                frame.to_ndarray(), w, h, _even((w - wide) * self.x), _even((h - high) * self.y), wide, high
            )
            return turn.reformat(part, w, h, interpolation="BILINEAR")

        return step


@dataclass(frozen=True)
class Square:
    """As wide as high; `y` says where the window lies."""

    y: float

    def start(self, fps: float) -> Step:
        def step(frame: av.VideoFrame, _: int) -> av.VideoFrame:
            w, h = frame.width, frame.height
            return cropped(frame.to_ndarray(), w, h, 0, _even((h - w) * self.y), w, w)

        return step


@dataclass(frozen=True)
class Padded:
    """Whole in the middle of a wide picture; itself, blurred, at the sides."""

    width: int
    height: int

    def start(self, fps: float) -> Step:
        return lambda frame, _: over_blur(frame, self.width, self.height)


@dataclass(frozen=True)
class Tint:
    """Hue turned by so many degrees, saturation, contrast, gamma, and a lift of the whole."""

    degrees: float
    saturation: float
    contrast: float
    gamma: float
    lift: float

    @staticmethod
    def drawn(draw: np.random.Generator) -> Tint:
        return Tint(
            float(draw.choice([-1, 1]) * draw.uniform(18, 40)),
            float(draw.choice([draw.uniform(0.3, 0.6), draw.uniform(1.3, 1.6)])),
            float(draw.uniform(0.8, 1.25)),
            float(draw.uniform(0.75, 1.35)),
            float(draw.uniform(-18, 18)),
        )

    def start(self, fps: float) -> Step:
        ramp = np.arange(256) / 255
        bright = np.clip((ramp**self.gamma - 0.5) * self.contrast * 219 + 125.5 + self.lift, 16, 235).astype(
            np.uint8
        )
        turn = np.deg2rad(self.degrees)
        cos, sin = self.saturation * np.cos(turn), self.saturation * np.sin(turn)
        axis = np.arange(256) - 128
        # Every pair of colors at once: a table is faster than arithmetic on every frame.
        u = np.clip(cos * axis[:, None] - sin * axis[None, :] + 128, 16, 240).astype(np.uint8)
        v = np.clip(sin * axis[:, None] + cos * axis[None, :] + 128, 16, 240).astype(np.uint8)

        def step(frame: av.VideoFrame, _: int) -> av.VideoFrame:
            planes, h = frame.to_ndarray(), frame.height
            a, b = planes[h:].reshape(2, -1)
            out = np.empty_like(planes)
            out[:h] = bright[planes[:h]]
            out[h:] = np.concatenate([u[a, b], v[a, b]]).reshape(h // 2, -1)
            return _frame(out)

        return step


_LINES = (
    "You knew it all along!",
    "Nobody leaves this house\nbefore the letter is found",
    "Watch until the end",
    "He is not who he says he is",
    "Episode 2 in the comments\nfollow for more",
    "I waited for you\nseven long years",
)


@dataclass(frozen=True)
class Marks:
    """A logo in a corner and large subtitles that change every two and a half seconds."""

    seed: int

    def start(self, fps: float) -> Step:
        draw = np.random.default_rng(self.seed)
        right, lines = bool(draw.random() < 0.5), draw.permutation(len(_LINES))
        made: dict[tuple[int, int, int], tuple[Plane, ...]] = {}

        def step(frame: av.VideoFrame, number: int) -> av.VideoFrame:
            planes, w, h = frame.to_ndarray(), frame.width, frame.height
            which = int(lines[int(number / fps / 2.5) % len(lines)])
            key = (w, h, which)
            if key not in made:
                made[key] = _mask(w, h, _LINES[which], right)
            light, keep = made[key][:2]
            rows = slice(_even(h * 0.66), _even(h * 0.92))
            top = slice(0, _even(h * 0.14))
            for part in (rows, top):
                planes[part] = (
                    planes[part].astype(np.uint16) * keep[part]
                    + light[part].astype(np.uint16) * (255 - keep[part])
                ) // 255
            small = made[key][2]
            chroma = planes[h:].reshape(2, h // 2, w // 2)
            for part in (slice(rows.start // 2, rows.stop // 2), slice(0, top.stop // 2)):
                gray = 128 * (255 - small[part].astype(np.uint16))
                chroma[:, part] = (chroma[:, part].astype(np.uint16) * small[part] + gray) // 255
            return _frame(planes)

        return step


def _mask(w: int, h: int, words: str, right: bool) -> tuple[Plane, ...]:
    """(light, how much of the picture is kept, the same at half size), for text and logo; 0 to 255."""
    light, cover = Image.new("L", (w, h), 0), Image.new("L", (w, h), 0)
    pens = ImageDraw.Draw(light), ImageDraw.Draw(cover)
    font = ImageFont.load_default(max(8, w * 0.085 if h > w else h * 0.085))
    edge = max(2, round(h / 200))
    place = {"font": font, "anchor": "mm", "align": "center"}
    for pen, fill, stroke in ((pens[0], 235, 16), (pens[1], 255, 255)):
        pen.multiline_text(
            (w / 2, h * 0.79), words, fill=fill, stroke_width=edge, stroke_fill=stroke, **place
        )
    x, r = (w * 0.84 if right else w * 0.16), min(w, h) * 0.09
    for pen, fill, dark in ((pens[0], 235, 40), (pens[1], 200, 200)):
        pen.ellipse((x - r, h * 0.07 - r, x + r, h * 0.07 + r), fill=fill)
        pen.polygon(
            [(x - r / 3, h * 0.07 - r / 2), (x - r / 3, h * 0.07 + r / 2), (x + r / 1.7, h * 0.07)], fill=dark
        )
    keep = 255 - np.asarray(cover)
    return np.asarray(light).copy(), keep.astype(np.uint8), keep[::2, ::2].copy()


@dataclass(frozen=True)
class Inset:
    """The picture at `share` of its size in another video; x and y from 0 to 1."""

    ground: Episode
    share: float
    x: float
    y: float

    def start(self, fps: float) -> Step:
        behind = self._behind(fps)
        turn, back = VideoReformatter(), VideoReformatter()

        def step(frame: av.VideoFrame, _: int) -> av.VideoFrame:
            w, h = frame.width, frame.height
            ground = next(behind)
            if (ground.width, ground.height) != (w, h):
                ground = back.reformat(ground, w, h, interpolation="BILINEAR")
            wide, high = _even(w * self.share), _even(h * self.share)
            inner = turn.reformat(frame, wide, high, interpolation="BILINEAR").to_ndarray()
            return put(
                ground.to_ndarray(),
                w,
                h,
                inner,
                wide,
                high,
                _even((w - wide) * self.x),
                _even((h - high) * self.y),
            )

        return step

    def _behind(self, fps: float) -> Iterator[av.VideoFrame]:
        for _ in itertools.repeat(None):
            yield from at_times(
                self.ground.file(), (n / fps for n in range(int((self.ground.seconds - 0.2) * fps)))
            )


@dataclass(frozen=True)
class Filmed:
    """A screen filmed by hand: seen at an angle in a dark room, moving a little, with moire, noise, vignette, slow shutter."""

    seed: int

    def start(self, fps: float) -> Step:
        draw = np.random.default_rng(self.seed)
        corners = np.array([[0.05, 0.05], [0.95, 0.05], [0.95, 0.95], [0.05, 0.95]]) + draw.uniform(
            -0.035, 0.035, (4, 2)
        )
        drift = draw.uniform(0, 6.28, 4)
        wave = draw.uniform(0.35, 0.6, 2), draw.uniform(0, 3.14, 2)
        size: list[int] = []
        maps: list[tuple[np.ndarray, ...]] = []
        gains: list[np.ndarray] = []
        grain: list[np.ndarray] = []
        last: list[np.ndarray] = []

        def prepare(w: int, h: int) -> None:
            size[:] = [w, h]
            maps[:] = [_warp(w, h, corners), _warp(w // 2, h // 2, corners)]
            y, x = np.mgrid[0:h, 0:w].astype(np.float32)
            fade = 1.08 - 0.45 * (((x / w - 0.5) ** 2 + (y / h - 0.5) ** 2) / 0.5)
            for phase in (0.0, 1.6, 3.1, 4.7):
                net = sum(
                    np.sin(k * (x * np.cos(a) + y * np.sin(a)) + phase) for k, a in zip(*wave, strict=True)
                )
                gains.append((256 * fade * (1 + 0.045 * net)).astype(np.uint16))
            grain[:] = [draw.normal(0, 5, (h + 64, w)).astype(np.int16) for _ in range(3)]

        def step(frame: av.VideoFrame, number: int) -> av.VideoFrame:
            if not size:
                prepare(frame.width, frame.height)
            w, h = size
            planes = frame.to_ndarray()
            t = number / fps
            dx = round(4 * np.sin(0.9 * t + drift[0]) + 2 * np.sin(2.3 * t + drift[1]))
            dy = round(4 * np.sin(0.7 * t + drift[2]) + 2 * np.sin(1.9 * t + drift[3]))
            light = _seen_through(planes[:h].ravel(), maps[0], (h, w), 20)
            # The shutter is open while the screen goes on to the next picture.
            mixed = light if not last else (3 * light + last[0]) >> 2
            last[:] = [light]
            mixed = np.roll(mixed, (2 * (dy // 2), 2 * (dx // 2)), (0, 1))
            shot = (mixed.astype(np.uint32) * gains[number // 3 % 4]) >> 8
            first = (number * 37) % 64
            out = np.empty_like(planes)
            out[:h] = np.clip(shot.astype(np.int16) + grain[number % 3][first : first + h], 0, 255)
            for index, plane in enumerate(planes[h:].reshape(2, -1)):
                hue = _seen_through(plane, maps[1], (h // 2, w // 2), 128)
                out[h:].reshape(2, h // 2, w // 2)[index] = np.roll(hue, (dy // 2, dx // 2), (0, 1))
            return _frame(out)

        return step


def _warp(w: int, h: int, corners: np.ndarray) -> tuple[np.ndarray, ...]:
    """For every pixel: where in the flat picture it is seen, the parts of its four neighbors (of 128), and if outside."""
    rows = []
    for (x, y), (u, v) in zip(corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    target = np.array([0, 0, 1, 0, 1, 1, 0, 1], float)
    a, b, c, d, e, f, g, k = np.linalg.solve(np.array(rows), target)
    y, x = np.mgrid[0:h, 0:w]
    x, y = (x + 0.5) / w, (y + 0.5) / h
    depth = g * x + k * y + 1
    u, v = (a * x + b * y + c) / depth * w - 0.5, (d * x + e * y + f) / depth * h - 0.5
    outside = (u < -0.5) | (v < -0.5) | (u > w - 0.5) | (v > h - 0.5)
    u, v = np.clip(u, 0, w - 1.001), np.clip(v, 0, h - 1.001)
    left, top = u.astype(np.int64), v.astype(np.int64)
    p, q = u - left, v - top
    parts = [((1 - p) * (1 - q)), p * (1 - q), (1 - p) * q, p * q]
    return (
        (top * w + left).ravel(),
        *((128 * s).round().astype(np.uint16).ravel() for s in parts),
        outside.ravel(),
    )


def _seen_through(
    plane: Plane, warp: tuple[np.ndarray, ...], shape: tuple[int, int], beyond: int
) -> NDArray[np.uint16]:
    where, *parts, outside = warp
    out = np.zeros(len(where), np.uint16)
    for step, part in zip((0, 1, shape[1], shape[1] + 1), parts, strict=True):
        out += plane[where + step] * part
    out >>= 7
    out[outside] = beyond
    return out.reshape(shape)
