"""Cut paper: shapes with hand-cut edges, laid over one another with grain, a lit rim and a soft shadow.

A `Sheet` is a transparent stage on which pieces are laid one above the other; `sprite()` makes of
it a picture that can be pasted quickly. Coordinates are pixels, angles degrees, colors 0 to 255.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from smallscreen.engines.fonts import draw_text

Point = tuple[float, float]
Shape = Sequence[Point]
RGB = tuple[int, int, int]

FINE = 3  # shapes are drawn this many times larger and reduced: smooth edges


@dataclass(slots=True)
class Sprite:
    """A picture with its mask, and where its upper left corner lies."""

    image: Image.Image
    mask: Image.Image
    x: int
    y: int

    def onto(self, target: Image.Image, dx: int = 0, dy: int = 0) -> None:
        target.paste(self.image, (self.x + dx, self.y + dy), self.mask)

    def turned(self, angle: float, pivot: Point) -> Sprite:
        """Rotated counterclockwise about a point given in the sheet's coordinates."""
        if abs(angle) < 0.05:
            return self
        # Room at every side for the corners that swing out.
        pad = math.ceil(max(self.image.size) * math.sin(math.radians(min(90, abs(angle))))) + 1
        box = (-pad, -pad, self.image.width + pad, self.image.height + pad)
        center = (pivot[0] - self.x + pad, pivot[1] - self.y + pad)
        image = self.image.crop(box).rotate(angle, Image.Resampling.BILINEAR, center=center)
        mask = self.mask.crop(box).rotate(angle, Image.Resampling.BILINEAR, center=center)
        seen = mask.getbbox() or (0, 0, 1, 1)
        return Sprite(image.crop(seen), mask.crop(seen), self.x - pad + seen[0], self.y - pad + seen[1])

    def shifted(self, part: float) -> Sprite:
        """Moved right by a part of a pixel, so that slow drifts do not tick."""
        image = np.asarray(self.image, np.float32)
        mask = np.asarray(self.mask, np.float32)
        solid = image * (mask[..., None] / 255)
        moved = solid * (1 - part)
        moved[:, 1:] += solid[:, :-1] * part
        cover = mask * (1 - part)
        cover[:, 1:] += mask[:, :-1] * part
        color = moved / np.maximum(cover[..., None] / 255, 1 / 255)
        return Sprite(
            Image.fromarray(np.clip(color, 0, 255).astype(np.uint8)),
            Image.fromarray(np.clip(cover, 0, 255).astype(np.uint8)),
            self.x,
            self.y,
        )


class Sheet:
    """A stage of `width` x `height` pixels on which paper is laid; `seed` chooses the grain."""

    def __init__(self, width: int, height: int, seed: int = 0) -> None:
        self.width, self.height = width, height
        self._color = np.zeros((height, width, 3), np.float32)  # times coverage
        self._cover = np.zeros((height, width), np.float32)
        self._pieces = seed * 7919

    def fill(self, top: RGB, bottom: RGB) -> Sheet:
        """The whole sheet as one paper, shading from top to bottom."""
        ramp = np.linspace(0, 1, self.height, dtype=np.float32)[:, None, None]
        color = np.asarray(top, np.float32) * (1 - ramp) + np.asarray(bottom, np.float32) * ramp
        self._color[...] = color * self._grain(0, 0, self.width, self.height)
        self._cover[...] = 1
        return self

    def piece(
        self,
        color: RGB,
        *shapes: Shape,
        to: RGB | None = None,
        cut: Iterable[Shape] = (),
        clip: Iterable[Shape] = (),
        lift: float = 3,
        rim: float = 0.16,
        alpha: float = 1,
    ) -> Sheet:
        """Lays one piece of paper: `shapes` less `cut`, inside `clip` if given.

        `to` lets the color shade to another one at the lower end; `lift` is the height in pixels
        that it lies above what is below (0: no shadow); `rim` how bright its lit edge is; `alpha`
        below 1 is translucent, oiled paper.
        """
        self._pieces += 1
        box = self._box(shapes, round(lift * 3) + 3)
        if box is None:
            return self
        x0, y0, x1, y1 = box
        mask = _mask(box, shapes, cut)
        if clip:
            mask *= _mask(box, list(clip), ())
        paper, cover = self._color[y0:y1, x0:x1], self._cover[y0:y1, x0:x1]
        if lift:
            shadow = _shadow(mask, lift)
            paper *= 1 - shadow[..., None]
            cover += shadow * (1 - cover)
        tint = np.asarray(color, np.float32)
        if to is not None:
            ramp = np.linspace(0, 1, y1 - y0, dtype=np.float32)[:, None, None]
            tint = tint * (1 - ramp) + np.asarray(to, np.float32) * ramp
        tint = tint * self._grain(x0, y0, x1 - x0, y1 - y0)
        if rim:
            edge = mask - np.minimum(mask, np.roll(mask, (1, 1), (0, 1)))
            tint = tint + (255 - tint) * (edge * rim)[..., None]
        solid = (mask * alpha)[..., None]
        paper *= 1 - solid
        paper += tint * solid
        cover *= 1 - solid[..., 0]
        cover += solid[..., 0]
        return self

    def line(
        self, color: RGB, points: Sequence[Point], width: float, lift: float = 0, alpha: float = 1
    ) -> Sheet:
        """A strip of paper, or a thread, along points."""
        return self.piece(color, strip(points, width), lift=lift, rim=0.1 if lift else 0, alpha=alpha)

    def glow(self, x: float, y: float, radius: float, color: RGB, strength: float = 1) -> Sheet:
        """Light that falls on what is already laid, brightest at x, y."""
        x0, x1 = max(0, int(x - radius)), min(self.width, int(x + radius) + 1)
        y0, y1 = max(0, int(y - radius)), min(self.height, int(y + radius) + 1)
        if x0 >= x1 or y0 >= y1:
            return self
        light = light_spot(x1 - x0, y1 - y0, x - x0, y - y0, radius)[..., None] * strength
        paper, cover = self._color[y0:y1, x0:x1], self._cover[y0:y1, x0:x1, None]
        paper += (np.asarray(color, np.float32) * cover - paper * 0.6).clip(0) * light
        return self

    def stamp(self, other: Sprite, dx: int = 0, dy: int = 0) -> Sheet:
        """Lays a finished sprite on this sheet."""
        x, y = other.x + dx, other.y + dy
        x0, y0 = max(0, x), max(0, y)
        x1, y1 = min(self.width, x + other.image.width), min(self.height, y + other.image.height)
        if x0 < x1 and y0 < y1:
            part = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
            solid = np.asarray(other.mask, np.float32)[part] / 255
            color = np.asarray(other.image, np.float32)[part]
            self._color[y0:y1, x0:x1] *= 1 - solid[..., None]
            self._color[y0:y1, x0:x1] += color * solid[..., None]
            self._cover[y0:y1, x0:x1] *= 1 - solid
            self._cover[y0:y1, x0:x1] += solid
        return self

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        color: RGB,
        alpha: float = 1,
        vertical: bool = False,
    ) -> Sheet:
        """Characters cut out of paper, centered about x, with their first baseline at y."""
        image = Image.new("RGBA", (self.width, self.height))
        written = "\n".join(words) if vertical else words
        draw_text(
            image, (x, y), written, locale="zh-Hans", size=size, weight="black", fill=color, align="center"
        )
        layer = np.asarray(image, np.float32)
        mask = layer[..., 3] * (alpha / 255)
        paper, cover = self._color, self._cover
        shadow = _shadow(mask, 1.4)[..., None]
        paper *= (1 - shadow) * (1 - mask[..., None])
        paper += np.asarray(color, np.float32) * mask[..., None]
        cover += mask * (1 - cover)
        return self

    def tinted(self, light: tuple[float, float, float]) -> Sheet:
        """Multiplies the light of the scene into everything laid so far."""
        self._color *= np.asarray(light, np.float32)
        return self

    def sprite(self) -> Sprite:
        """The sheet as a picture, cut to what is on it."""
        rows, columns = np.flatnonzero(self._cover.max(1) > 0.004), np.flatnonzero(self._cover.max(0) > 0.004)
        if not len(rows):
            return Sprite(Image.new("RGB", (1, 1)), Image.new("L", (1, 1)), 0, 0)
        y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        cover = self._cover[y0:y1, x0:x1]
        color = self._color[y0:y1, x0:x1] / np.maximum(cover, 1 / 255)[..., None]
        return Sprite(
            Image.fromarray(np.clip(color, 0, 255).astype(np.uint8)),
            Image.fromarray(np.clip(cover * 255 + 0.5, 0, 255).astype(np.uint8)),
            int(x0),
            int(y0),
        )

    def _grain(self, x: int, y: int, width: int, height: int) -> np.ndarray:
        grain = _grain_tile()
        ox, oy = (self._pieces * 131) % 389 + x, (self._pieces * 197) % 401 + y
        rows = np.arange(oy, oy + height) % grain.shape[0]
        columns = np.arange(ox, ox + width) % grain.shape[1]
        return grain[rows[:, None], columns][..., None]

    def _box(self, shapes: Sequence[Shape], margin: int) -> tuple[int, int, int, int] | None:
        xs = [p[0] for shape in shapes for p in shape]
        ys = [p[1] for shape in shapes for p in shape]
        x0, x1 = max(0, int(min(xs)) - margin), min(self.width, int(max(xs)) + margin + 1)
        y0, y1 = max(0, int(min(ys)) - margin), min(self.height, int(max(ys)) + margin + 1)
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def rect(x0: float, y0: float, x1: float, y1: float, wobble: float = 0.8) -> Shape:
    """A rectangle cut by hand: its sides are not quite straight."""
    return rough([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], wobble)


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> Shape:
    corners = ((x1 - radius, y0 + radius, -90), (x1 - radius, y1 - radius, 0), (x0 + radius, y1 - radius, 90),
               (x0 + radius, y0 + radius, 180))  # fmt: skip
    return [p for cx, cy, start in corners for p in ellipse(cx, cy, radius, radius, start, start + 90, 8)]


def ellipse(
    x: float,
    y: float,
    rx: float,
    ry: float | None = None,
    start: float = 0,
    end: float = 360,
    steps: int = 48,
) -> Shape:
    ry = rx if ry is None else ry
    angles = np.radians(np.linspace(start, end, steps, endpoint=end - start < 360))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def smooth(*points: Point, closed: bool = True, steps: int = 8) -> Shape:
    """A curve through points (Catmull-Rom)."""
    p = np.asarray(points, float)
    if closed:
        p = np.concatenate([p[-1:], p, p[:2]])
    else:
        p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    made = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        made.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    curve = np.concatenate(made)
    shape: Shape = [(float(x), float(y)) for x, y in curve]
    return shape if closed else [*shape, (float(points[-1][0]), float(points[-1][1]))]


def strip(points: Sequence[Point], width: float, end: float | None = None) -> Shape:
    """A strip along points, `width` wide at the beginning and `end` wide at the end, with round ends."""
    p = np.asarray(points, float)
    way = np.gradient(p, axis=0)
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    side = np.stack([-way[:, 1], way[:, 0]], 1)
    half = np.linspace(width, width if end is None else end, len(p))[:, None] / 2
    left, right = p + side * half, p - side * half
    cap = p[-1] + way[-1] * half[-1]
    tail = p[0] - way[0] * half[0]
    return [(float(x), float(y)) for x, y in (*left, cap, *right[::-1], tail)]


def leaf(x: float, y: float, length: float, width: float, angle: float) -> Shape:
    """A bamboo leaf from x, y, pointing to `angle` (0: right, 90: down)."""
    outline = [(0, 0), (0.25, 0.5), (0.55, 0.38), (1, 0), (0.55, -0.38), (0.25, -0.5)]
    return turn([(x + px * length, y + py * width) for px, py in outline], angle, (x, y))


def rough(points: Sequence[Point], amount: float = 0.8, step: float = 26) -> Shape:
    """Straight lines as scissors cut them: a point every `step` pixels, off by up to `amount`."""
    if amount <= 0:
        return list(points)
    made: list[Point] = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        count = max(1, int(math.hypot(bx - ax, by - ay) / step))
        for i in range(count):
            # A fixed hash of the place instead of chance: the same shape is always cut the same way.
            turn_ = math.sin(ax * 12.9898 + ay * 78.233 + i * 37.719) * 43758.5453
            off = (turn_ - math.floor(turn_) - 0.5) * 2 * amount
            made.append((ax + (bx - ax) * i / count + off, ay + (by - ay) * i / count + off * 0.7))
    return made


def turn(shape: Sequence[Point], angle: float, pivot: Point = (0, 0)) -> Shape:
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    px, py = pivot
    return [(px + (x - px) * c - (y - py) * s, py + (x - px) * s + (y - py) * c) for x, y in shape]


def place(shape: Sequence[Point], x: float, y: float, scale: float = 1, flip: bool = False) -> Shape:
    """A shape drawn about (0, 0), scaled, mirrored if `flip`, and moved to x, y."""
    sx = -scale if flip else scale
    return [(x + px * sx, y + py * scale) for px, py in shape]


def light_spot(width: int, height: int, x: float, y: float, radius: float) -> np.ndarray:
    """A soft round light, float32 (height, width), 1 in its middle and 0 at its radius."""
    dx = (np.arange(width, dtype=np.float32) - x) / radius
    dy = (np.arange(height, dtype=np.float32) - y) / radius
    distance = np.sqrt(dx[None, :] ** 2 + dy[:, None] ** 2)
    return np.clip(1 - distance, 0, 1) ** 2


def mix(a: RGB, b: RGB, part: float) -> RGB:
    return tuple(round(p * (1 - part) + q * part) for p, q in zip(a, b, strict=True))  # type: ignore[return-value]


def shade(color: RGB, by: float) -> RGB:
    """Darker (by < 1) or lighter (by > 1)."""
    return tuple(max(0, min(255, round(c * by))) for c in color)  # type: ignore[return-value]


def _mask(box: tuple[int, int, int, int], shapes: Sequence[Shape], cut: Iterable[Shape]) -> np.ndarray:
    x0, y0, x1, y1 = box
    large = Image.new("L", ((x1 - x0) * FINE, (y1 - y0) * FINE))
    draw = ImageDraw.Draw(large)
    for group, value in ((shapes, 255), (cut, 0)):
        for shape in group:
            if len(shape) > 2:
                draw.polygon([((x - x0) * FINE, (y - y0) * FINE) for x, y in shape], fill=value)
    return np.asarray(large.reduce(FINE), np.float32) / 255


def _shadow(mask: np.ndarray, lift: float) -> np.ndarray:
    soft = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(lift * 0.9))
    down, right = max(1, round(lift * 0.8)), round(lift * 0.35)
    moved = np.zeros_like(mask)
    moved[down:, right:] = np.asarray(soft, np.float32)[: mask.shape[0] - down, : mask.shape[1] - right]
    return moved * (0.42 / 255)


@cache
def _grain_tile() -> np.ndarray:
    """Paper: fine tooth, clouds of pulp and some fibers; float32 (512, 512) about 1."""
    rng = np.random.default_rng(20)
    tooth = rng.normal(0, 1, (512, 512)).astype(np.float32)
    pulp = _clouds(rng, 9)
    fibers = Image.new("L", (512, 512))
    draw = ImageDraw.Draw(fibers)
    for x, y, a, length in zip(
        rng.uniform(0, 512, 260),
        rng.uniform(0, 512, 260),
        rng.uniform(0, math.tau, 260),
        rng.uniform(5, 18, 260),
        strict=True,
    ):
        draw.line((x, y, x + math.cos(a) * length, y + math.sin(a) * length), fill=150)
    soft = np.asarray(fibers.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255
    return (1 + 0.012 * tooth + 0.014 * pulp + 0.05 * soft).astype(np.float32)


def _clouds(rng: np.random.Generator, size: float) -> np.ndarray:
    """Noise without detail below `size` pixels, that tiles without a seam; its deviation is 1."""
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    spectrum = np.fft.rfft2(rng.normal(0, 1, (512, 512))) * np.exp(-((frequency * size * 2) ** 2))
    made = np.fft.irfft2(spectrum, (512, 512))
    return (made / made.std()).astype(np.float32)
