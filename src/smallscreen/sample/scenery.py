"""Parts that places are built from: hills, roofs, lattices, lamps, tables.

All are drawn on sheets `WIDTH` pixels wide: the picture and `MARGIN` more on both sides.
"""

from __future__ import annotations

import math

from smallscreen.sample.palette import Light
from smallscreen.sample.paper import (
    RGB,
    Shape,
    Sheet,
    ellipse,
    leaf,
    mix,
    rect,
    rounded,
    shade,
    smooth,
    strip,
)

MARGIN = 30
"""Pixels that a layer reaches beyond the picture on both sides, for the drift."""
WIDTH, HEIGHT = 540 + 2 * MARGIN, 960


def sky(sheet: Sheet, light: Light, x: float, y: float) -> None:
    if light.night:
        for n in range(46):
            sx, sy = n * 367.3 % WIDTH, (n * n * 53.7 + n * 91) % 400
            sheet.piece(
                (236, 226, 196), ellipse(sx, sy, 0.8 + n % 3 * 0.4, steps=8), lift=0, rim=0, alpha=0.7
            )
    else:
        sheet.glow(x, y, 380, mix(light.lamp, (255, 250, 232), 0.5), 0.35)


def moon(sheet: Sheet, x: float, y: float, radius: float) -> None:
    sheet.glow(x, y, radius * 5, (222, 214, 184), 0.5)
    sheet.piece((250, 238, 202), ellipse(x, y, radius), lift=0, rim=0)
    sheet.piece((232, 214, 172), ellipse(x - radius * 0.3, y - radius * 0.1, radius * 0.3, radius * 0.24),
                ellipse(x + radius * 0.3, y + radius * 0.34, radius * 0.2), ellipse(x + radius * 0.18, y - radius * 0.46, radius * 0.14),
                lift=0, rim=0, alpha=0.6)  # fmt: skip


def hills(sheet: Sheet, color: RGB, base: float, height: float, seed: int) -> None:
    if max(color) - min(color) < 90 and color[0] > color[2]:
        color = mix(color, (126, 150, 120), 0.3)
    ridge = [
        (x, base - height * (math.sin(x * 0.011 + seed * 1.7) + 0.55 * math.sin(x * 0.027 + seed * 2.9)))
        for x in range(-40, 660, 20)
    ]
    sheet.piece(
        color, [*ridge, (660, HEIGHT + 10), (-40, HEIGHT + 10)], to=mix(color, (255, 246, 230), 0.2), lift=6
    )


def terraces(sheet: Sheet, light: Light) -> None:
    for n in range(5):
        y = 470 + n * 14
        sheet.piece(
            shade(light.mid, 1.14),
            strip(smooth((-20, y + 6), (150, y - 8 + n * 2), (330, y + 8), (640, y - 6), closed=False), 3),
            lift=0,
        )


def crown(x: float, y: float, size: float) -> Shape:
    return smooth(*[(x + math.cos(a) * size * r, y + math.sin(a) * size * r * 0.86)
                    for a, r in ((n * math.tau / 11, 0.86 + 0.2 * math.sin(n * 2.7 + x)) for n in range(11))])  # fmt: skip


def wall(sheet: Sheet, light: Light, holes: list[Shape]) -> None:
    sheet.piece(
        shade(light.wall, 1.04),
        rect(-10, -10, WIDTH + 10, 660),
        to=shade(light.wall, 0.82),
        cut=holes,
        lift=0,
    )
    for n in range(7):
        sheet.piece(
            shade(light.wall, 0.86),
            strip([(n * 90 + 8, 122), (n * 90 + 6, 640)], 1.6),
            cut=holes,
            lift=0,
            rim=0,
        )


def beams(sheet: Sheet, light: Light) -> None:
    dark = shade(light.wood, 0.62)
    sheet.piece(dark, rect(-10, -10, WIDTH + 10, 58), to=shade(dark, 0.8), lift=9)
    for n in range(8):
        sheet.piece(shade(dark, 1.22), rect(n * 84 - 20, 30, n * 84 + 8, 76), to=dark, lift=5)


def floor(sheet: Sheet, light: Light, y: float) -> None:
    sheet.piece(light.floor, rect(-10, y, WIDTH + 10, HEIGHT + 10), to=shade(light.floor, 0.7), lift=4)
    for n in range(9):
        sheet.line(shade(light.floor, 0.84), [(300 + (n - 4) * 74, y + 3), (300 + (n - 4) * 190, HEIGHT)], 2)


def flagstones(sheet: Sheet, color: RGB, top: float) -> None:
    for row in range(8):
        y = top + row * row * 5.4 + row * 6
        sheet.line(shade(color, 0.86), [(-10, y), (300, y + 3), (WIDTH + 10, y - 1)], 1.8)
        for n in range(7):
            x = (n + 0.5 * (row % 2)) * 104 - 40
            sheet.line(shade(color, 0.88), [(x, y), (x + (x - 300) * 0.08, y + 8 + row * 11)], 1.6)


def lattice(
    sheet: Sheet, x0: float, y0: float, x1: float, y1: float, light: Light, columns: int, rows: int
) -> None:
    tone, width = shade(light.wood, 0.8), 4
    bars = [
        strip([(x0 + (x1 - x0) * n / columns, y0), (x0 + (x1 - x0) * n / columns, y1)], width)
        for n in range(columns + 1)
    ]
    bars += [
        strip([(x0, y0 + (y1 - y0) * n / rows), (x1, y0 + (y1 - y0) * n / rows)], width)
        for n in range(rows + 1)
    ]
    sheet.piece(tone, *bars, lift=2.4)
    cx, cy, r = (x0 + x1) / 2, (y0 + y1) / 2, min(x1 - x0, y1 - y0) * 0.2
    if columns >= 4:
        sheet.piece(tone, ellipse(cx, cy, r + 4), cut=[ellipse(cx, cy, r)], lift=2)


def lamp(sheet: Sheet, x: float, top: float, y: float, light: Light) -> None:
    sheet.line(shade(light.wood, 0.4), [(x, top), (x, y)], 2.4, 1)
    if light.night:
        sheet.glow(x, y + 60, 430, light.lamp, 0.55)
    sheet.glow(x, y + 40, 190, light.lamp, 0.6)
    sheet.piece(
        shade(light.wood, 0.5), [(x - 12, y), (x + 12, y), (x + 48, y + 34), (x - 48, y + 34)], lift=6
    )
    sheet.piece((255, 238, 190), ellipse(x, y + 40, 15, 14), lift=0, rim=0)


def lantern(sheet: Sheet, x: float, y: float, size: float, light: Light) -> None:
    sheet.glow(x, y + size * 1.6, size * 5, light.lamp, 0.5)
    sheet.line(shade(light.front, 1.3), [(x, y), (x, y + size * 0.7)], 2)
    body = ellipse(x, y + size * 1.6, size, size * 0.86)
    sheet.piece((226, 92, 56), body, to=(196, 58, 44), lift=4)
    sheet.piece(
        (255, 206, 120), ellipse(x, y + size * 1.7, size * 0.56, size * 0.62), lift=0, rim=0, alpha=0.65
    )
    sheet.piece(
        (150, 44, 38),
        *[
            strip(ellipse(x, y + size * 1.6, size * f, size * 0.86, -90, 90, 12), 1.2)
            for f in (0.4, 0.75, -0.4, -0.75)
        ],
        lift=0,
        rim=0,
    )
    for way in (0.76, 2.36):
        sheet.piece(
            (214, 168, 80), rect(x - size * 0.42, y + size * way, x + size * 0.42, y + size * way + 5), lift=1
        )
    sheet.line((214, 90, 60), [(x, y + size * 2.5), (x, y + size * 3.3)], 3)


def shafts(sheet: Sheet, x: float, y: float, light: Light) -> None:
    for n, part in enumerate((0.14, 0.1, 0.12)):
        a = x - 60 + n * 46
        sheet.piece(
            mix(light.lamp, (255, 252, 236), 0.6),
            [(a, y - 66), (a + 26, y - 66), (a + 330, 900), (a + 200, 900)],
            lift=0,
            rim=0,
            alpha=part,
        )


def roof(sheet: Sheet, x0: float, x1: float, y: float, height: float, light: Light) -> None:
    tile = mix(light.near, (70, 74, 84), 0.4)
    sheet.piece(tile, smooth((x0, y + 10), (x0 + 30, y - 8), (x0 + 70, y - height), (x1 - 70, y - height), (x1 - 30, y - 8), (x1, y + 10)),
                to=shade(tile, 0.8), lift=8)  # fmt: skip
    columns = [
        strip([(x, y - height + 4), (x + (x - (x0 + x1) / 2) * 0.06, y + 2)], 4.5)
        for x in range(int(x0) + 66, int(x1) - 60, 15)
    ]
    sheet.piece(shade(tile, 1.16), *columns, lift=1.4)
    sheet.piece(shade(tile, 0.7), strip([(x0 + 64, y - height), (x1 - 64, y - height)], 10), lift=3)
    sheet.piece(
        shade(tile, 0.75), *[ellipse(x, y + 4, 6.5) for x in range(int(x0) + 24, int(x1) - 18, 15)], lift=2
    )


def eaves(sheet: Sheet, light: Light) -> None:
    """The edge of a roof overhead and bamboo at the sides: the nearest sheets of the theater."""
    dark = light.front
    sheet.piece(
        dark,
        smooth((-30, -20), (-30, 66), (60, 54), (300, 34), (540, 54), (630, 66), (630, -20)),
        to=shade(dark, 1.3),
        lift=10,
    )
    sheet.piece(
        shade(dark, 1.35),
        *[
            ellipse(x, 60 - 26 * math.sin(max(0.0, min(1.0, x / 600)) * math.pi), 9)
            for x in range(-6, 620, 21)
        ],
        lift=5,
    )
    bamboo(sheet, light)


def bamboo(sheet: Sheet, light: Light) -> None:
    for x, way in ((14, 1), (588, -1)):
        sheet.line(
            shade(light.front, 1.15), [(x - way * 18, 970), (x - way * 6, 500), (x + way * 14, 60)], 10, 5
        )
        for n in range(7):
            y = 110 + n * 56
            sheet.piece(shade(light.front, 1.1 + n % 3 * 0.14), leaf(x, y, 70, 15, (28 if way > 0 else 152) + (n % 3) * 16 * way),
                        leaf(x, y, 54, 12, (62 if way > 0 else 118) + (n % 2) * 12 * way), lift=5)  # fmt: skip


def frame(sheet: Sheet, color: RGB) -> None:
    """A frame of dark paper with an uneven inner edge."""
    left = smooth((-30, -20), (26, -20), (14, 160), (24, 330), (10, 520), (22, 720), (16, 980), (-30, 980))
    sheet.piece(color, left, [(WIDTH - x, y) for x, y in left], lift=8)
    sheet.piece(
        color, smooth((-30, -30), (630, -30), (630, 40), (450, 26), (300, 36), (140, 24), (-30, 40)), lift=8
    )


def grass(sheet: Sheet, light: Light) -> None:
    dark = shade(light.front, 1.15)
    sheet.piece(
        dark,
        smooth((-30, 890), (120, 872), (300, 896), (470, 870), (630, 888), (630, 990), (-30, 990)),
        to=light.front,
        lift=8,
    )
    for n in range(54):
        x = n * 11.6 - 8
        sheet.piece(
            shade(dark, 0.9 + n % 4 * 0.12),
            leaf(x, 906, 34 + n * 37 % 40, 7, -90 + (n * 29 % 50) - 25),
            lift=2,
        )
    bamboo(sheet, light)


def counter(sheet: Sheet, light: Light, y: float) -> None:
    top = mix(light.wood, light.front, 0.15)
    sheet.piece(shade(top, 1.15), rect(-10, y, WIDTH + 10, y + 34), to=shade(top, 0.95), lift=10)
    sheet.piece(shade(top, 0.8), rect(-10, y + 34, WIDTH + 10, HEIGHT + 10), to=light.front, lift=4)
    for n in range(4):
        x = 26 + n * 140
        sheet.piece(
            shade(top, 0.72), rounded(x, y + 66, x + 120, y + 226, 5), to=shade(light.front, 1.2), lift=4
        )
        sheet.piece(
            shade(top, 0.92),
            rounded(x + 12, y + 80, x + 108, y + 212, 4),
            cut=[rounded(x + 20, y + 88, x + 100, y + 204, 3)],
            lift=2,
        )
        sheet.piece((190, 150, 84), ellipse(x + 60, y + 146, 7), lift=2)


def table(sheet: Sheet, light: Light, y: float) -> None:
    top = mix(light.wood, (150, 84, 60), 0.35)
    sheet.piece(shade(top, 0.5), ellipse(300, y + 90, 312, 104), lift=10)
    sheet.piece(shade(top, 1.05), ellipse(300, y + 76, 312, 100), to=shade(top, 0.72), lift=5)
    sheet.piece(shade(top, 1.2), ellipse(300, y + 76, 290, 88), cut=[ellipse(300, y + 76, 285, 85)], lift=0)
    sheet.piece(
        shade(light.front, 1.1),
        [(250, y + 170), (350, y + 170), (380, HEIGHT + 10), (220, HEIGHT + 10)],
        lift=4,
    )
    for x, dy, size, food in (
        (150, 70, 54, (158, 74, 52)),
        (300, 50, 50, (120, 138, 74)),
        (446, 74, 54, (206, 150, 70)),
        (300, 112, 58, (178, 92, 56)),
    ):
        sheet.piece((226, 224, 214), ellipse(x, y + dy, size, size * 0.34), lift=5)
        sheet.piece(
            (84, 116, 148),
            ellipse(x, y + dy, size * 0.9, size * 0.29),
            cut=[ellipse(x, y + dy, size * 0.85, size * 0.27)],
            lift=0,
        )
        sheet.piece(food, *[ellipse(x + math.cos(a) * size * 0.4, y + dy - 4 + math.sin(a) * size * 0.12, size * 0.26, size * 0.13, steps=14)
                            for a in (0, 1, 2.1, 3.1, 4.2, 5.2)], ellipse(x, y + dy - 8, size * 0.3, size * 0.14), lift=2)  # fmt: skip
    sheet.glow(300, y + 60, 300, light.lamp, 0.3)
