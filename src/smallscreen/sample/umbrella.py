"""The oil-paper umbrella, which the story turns on: seen from above, from the side and closed.

Thirty-six ribs of bamboo, oiled paper that lets light through, five colors of thread at the hub.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import pairwise

from smallscreen.sample.palette import BAMBOO, OILED, PAPER, THREADS, VERMILION
from smallscreen.sample.paper import RGB, Shape, Sheet, ellipse, mix, place, shade, smooth, strip, turn

RIBS = 36
COLORS: tuple[RGB, ...] = (VERMILION, OILED, (74, 112, 122), (214, 122, 92), (150, 158, 96), (180, 84, 92))


def from_above(
    sheet: Sheet,
    x: float,
    y: float,
    radius: float,
    color: RGB = VERMILION,
    *,
    rotation: float = 0,
    flat: float = 1,
    missing: Collection[int] = (),
    ribs: int = RIBS,
    lift: float = 6,
    pattern: bool = True,
) -> None:
    """Opened, seen along its shaft; `flat` below 1 lays it down, `missing` panels are left open."""

    def at(angle: float, part: float) -> tuple[float, float]:
        a = math.radians(angle + rotation)
        return x + math.cos(a) * radius * part, y + math.sin(a) * radius * part * flat

    step = 360 / ribs

    def band(inner: float, outer: float, number: int, sag: float = 0.0) -> Shape:
        a, b = number * step, (number + 1) * step
        return [at(a, inner), at(a, outer), at((a + b) / 2, outer - sag), at(b, outer), at(b, inner)]

    full = [at(i * step / 2, 1 if i % 2 == 0 else 0.975) for i in range(ribs * 2)]
    open_panels = [band(0.2, 1.02, number) for number in missing]
    sheet.piece(shade(color, 1.06), full, to=shade(color, 0.9), cut=open_panels, lift=lift, alpha=0.96)
    if radius > 26:
        # Oiled paper glows where the light behind it is nearest.
        glow = [ellipse(x, y, radius * r, radius * r * flat) for r in (0.78, 0.55, 0.34)]
        for shape in glow:
            sheet.piece(mix(color, (255, 226, 160), 0.45), shape, cut=open_panels, lift=0, rim=0, alpha=0.22)
    if pattern and radius > 40:
        ring = [band(0.86, 0.9, n) for n in range(ribs) if n not in missing]
        sheet.piece(mix(color, PAPER, 0.75), *ring, lift=0, rim=0, alpha=0.85)
        ring = [band(0.915, 0.925, n) for n in range(ribs) if n not in missing]
        sheet.piece(mix(color, PAPER, 0.75), *ring, lift=0, rim=0, alpha=0.7)
        _blossoms(sheet, x, y, radius, flat, rotation, missing, step, color)
    width = max(0.7, radius * 0.011)
    bones = [strip([at(i * step, 0.1), at(i * step, 1.0)], width * 0.8, width * 1.3) for i in range(ribs)]
    sheet.piece(shade(mix(color, (70, 40, 24), 0.5), 0.9), *bones, lift=0.6 if radius > 60 else 0, rim=0.1)
    if radius > 50:
        for number, thread in enumerate(THREADS):
            turns = [
                at(i * step / 2, 0.26 + number * 0.022 + (0.012 if i % 2 else 0)) for i in range(ribs * 2)
            ]
            sheet.piece(thread, strip([*turns, turns[0]], max(0.8, radius * 0.008)), lift=0, rim=0)
    sheet.piece(shade(BAMBOO, 0.5), ellipse(x, y, radius * 0.1, radius * 0.1 * flat), lift=1.5)
    sheet.piece(
        shade(BAMBOO, 0.85), ellipse(x, y - radius * 0.012, radius * 0.055, radius * 0.055 * flat), lift=1
    )


def _blossoms(
    sheet: Sheet,
    x: float,
    y: float,
    radius: float,
    flat: float,
    rotation: float,
    missing: Collection[int],
    step: float,
    color: RGB,
) -> None:
    petals = []
    for spray, (part, size) in enumerate(((0.66, 0.1), (0.74, 0.065), (0.58, 0.05)) * 3):
        angle = math.radians(spray * 40 + rotation + (spray % 3) * 11)
        if int(((math.degrees(angle) - rotation) % 360) / step) in missing:
            continue
        cx, cy = x + math.cos(angle) * radius * part, y + math.sin(angle) * radius * part * flat
        for petal in range(5):
            a = math.radians(petal * 72 + spray * 20)
            r = radius * size
            petals.append(
                ellipse(
                    cx + math.cos(a) * r * 0.55,
                    cy + math.sin(a) * r * 0.55 * flat,
                    r * 0.5,
                    r * 0.46 * flat,
                    steps=16,
                )
            )
    sheet.piece(mix(color, PAPER, 0.82), *petals, lift=0, rim=0, alpha=0.8)


def from_side(
    sheet: Sheet,
    x: float,
    y: float,
    radius: float,
    color: RGB = VERMILION,
    *,
    angle: float = 0,
    shaft: float = 1.35,
    missing: Collection[int] = (),
    lift: float = 6,
) -> None:
    """Opened and held: x, y is the tip, the shaft runs down `shaft` radii; `angle` tilts it clockwise."""

    def put(shape: Shape) -> Shape:
        return turn(place(shape, x, y, radius), angle, (x, y))

    visible = 13  # the ribs of the near half
    foot = [-math.cos(math.pi * i / visible) for i in range(visible + 1)]
    hem = [(fx, 0.56 + 0.1 * math.sqrt(max(0.0, 1 - fx * fx))) for fx in foot]
    sheet.piece(shade(BAMBOO, 0.62), put(strip([(0, 0), (0, shaft)], 0.05)), lift=lift * 0.5)
    under = smooth(
        (-1, 0.56), (-0.5, 0.5), (0, 0.47), (0.5, 0.5), (1, 0.56), (0.5, 0.66), (0, 0.68), (-0.5, 0.66)
    )
    sheet.piece(shade(color, 0.5), put(under), lift=0)
    braces = [put(strip([(0, 0.78), (fx * 0.6, hy - 0.1)], 0.014)) for fx, hy in hem[1:-1]]
    sheet.piece(shade(BAMBOO, 0.75), *braces, lift=0)
    left = [(-1 + i * 0.1, 0.56 * (1 - math.sqrt(max(0, 1 - (1 - i * 0.1) ** 1.7)))) for i in range(11)]
    crown = [*left, *[(-px, py) for px, py in left[::-1][1:]]]
    scallops = []
    for (ax, ay), (bx, by) in zip(hem[::-1], hem[::-1][1:], strict=False):
        scallops += [(ax, ay), ((ax + bx) / 2, (ay + by) / 2 - 0.022)]
    canopy = put([*crown, *scallops])
    panels = [put([(0, 0.02), *hem[n : n + 2]]) for n in missing]
    sheet.piece(shade(color, 1.12), canopy, to=shade(color, 0.86), cut=panels, lift=lift, alpha=0.97)
    for spread, part in ((0.75, 0.16), (0.45, 0.2)):
        glow = put([(px * spread, 0.03 + py * 0.96) for px, py in [*crown, *hem[::-1]]])
        sheet.piece(mix(color, (255, 224, 150), 0.6), glow, cut=panels, lift=0, rim=0, alpha=part)
    ribs = []
    for fx, hy in hem:
        bend = [
            (fx * t, hy * (1 - math.sqrt(max(0.0, 1 - t**1.7))) if t < 1 else hy)
            for t in (0.05, 0.3, 0.55, 0.8, 0.94, 1)
        ]
        ribs.append(put(strip(bend, 0.009, 0.014)))
    sheet.piece(shade(mix(color, (70, 40, 24), 0.5), 0.85), *ribs, lift=0, rim=0.05)
    trim = [put([(fx * s, hy * s) for s, (fx, hy) in ((1.0, a), (1.0, b), (0.95, b), (0.95, a))])
            for n, (a, b) in enumerate(pairwise(hem)) if n not in missing]  # fmt: skip
    sheet.piece(mix(color, PAPER, 0.7), *trim, lift=0, rim=0, alpha=0.6)
    sheet.piece(
        shade(BAMBOO, 0.45), put([(-0.05, 0.06), (-0.03, -0.08), (0.03, -0.08), (0.05, 0.06)]), lift=1
    )


def closed(sheet: Sheet, x: float, y: float, length: float, color: RGB = VERMILION, angle: float = 0) -> None:
    """Closed, standing on its tip at x, y; `angle` leans it to the right."""

    def put(shape: Shape) -> Shape:
        return turn(place(shape, x, y, length), angle, (x, y))

    sheet.piece(shade(BAMBOO, 0.6), put(strip([(0, -1), (0, -0.7)], 0.035)), lift=2)
    sheet.piece(color, put([(-0.035, 0), (0.035, 0), (0.1, -0.62), (0.06, -0.74), (-0.06, -0.74), (-0.1, -0.62)]),
                to=shade(color, 0.72), lift=3)  # fmt: skip
    folds = [
        put(strip([(px * 0.3, -0.03), (px, -0.64)], 0.006, 0.012)) for px in (-0.07, -0.035, 0, 0.035, 0.07)
    ]
    sheet.piece(shade(color, 0.55), *folds, lift=0, rim=0)
    sheet.piece(
        mix(color, PAPER, 0.7),
        put([(-0.088, -0.56), (0.088, -0.56), (0.092, -0.59), (-0.092, -0.59)]),
        lift=0,
    )
