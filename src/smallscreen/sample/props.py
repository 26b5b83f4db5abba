"""The things of the story, each cut from paper: on the table, and large when the story looks at them.

A painter draws about the middle of the thing, at x, y, `size` pixels high.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from smallscreen.sample import umbrella
from smallscreen.sample.palette import BAMBOO, INK, OILED, PAPER, THREADS, VERMILION
from smallscreen.sample.paper import (
    RGB,
    Shape,
    Sheet,
    ellipse,
    mix,
    place,
    rect,
    rounded,
    shade,
    smooth,
    strip,
    turn,
)

Painter = Callable[[Sheet, float, float, float], None]


@dataclass(frozen=True, slots=True)
class Prop:
    """`height`: pixels high in the whole picture of a scene; 0 where the backdrop already shows it."""

    paint: Painter
    height: float
    stands: Literal["surface", "ground", "nowhere"] = "surface"


def _put(shape: Shape, x: float, y: float, size: float, angle: float = 0) -> Shape:
    return turn(place(shape, x, y, size), angle, (x, y))


def _bamboo(s: Sheet, x: float, y: float, size: float) -> None:
    for n in range(7):
        tone = shade(BAMBOO, 0.74 + n * 37 % 4 * 0.1)
        lean = (n - 3) * 4
        s.piece(
            tone,
            _put(
                strip([(0.0, 0.5), (0.0, -0.5 + n % 3 * 0.06)], 0.06),
                x + (n - 3) * size * 0.085,
                y,
                size,
                lean,
            ),
            lift=4,
        )
        for joint in (-0.22, 0.12):
            s.piece(
                shade(tone, 0.7),
                _put(rect(-0.034, joint, 0.034, joint + 0.014, 0), x + (n - 3) * size * 0.085, y, size, lean),
                lift=1,
            )
    s.piece((150, 70, 48), _put(rounded(-0.34, 0.1, 0.34, 0.16, 0.02), x, y, size), lift=3)


def _clock(s: Sheet, x: float, y: float, size: float) -> None:
    s.piece((248, 244, 232), _put(rough_sheet(0.42, 0.5), x, y, size, -4), lift=7)
    cy = y - size * 0.02
    ink = (60, 70, 104)
    s.piece(ink, _put(strip([*ellipse(0, 0, 0.33, 0.33), (0.33, 0)], 0.012), x, cy, size), lift=0, rim=0)
    spokes = [strip([(0.03 * math.cos(a), 0.03 * math.sin(a)), (0.33 * math.cos(a), 0.33 * math.sin(a))], 0.007)
              for a in (n * math.tau / 36 for n in range(36))]  # fmt: skip
    s.piece(ink, *[_put(spoke, x, cy, size) for spoke in spokes], lift=0, rim=0)
    s.piece(ink, _put(ellipse(0, 0, 0.03), x, cy, size), lift=0, rim=0)
    s.piece((196, 150, 70), _put(strip([(0.2, 0.4), (0.44, 0.2)], 0.03), x, y, size), lift=4)


def _coin(s: Sheet, x: float, y: float, size: float) -> None:
    r = size * 0.42
    s.piece((150, 152, 156), ellipse(x, y, r), to=(116, 118, 124), lift=8)
    s.piece((206, 208, 210), ellipse(x - r * 0.02, y - r * 0.03, r * 0.95), to=(170, 172, 178), lift=1)
    s.piece(
        (150, 152, 158), strip([*ellipse(x, y, r * 0.84), (x + r * 0.84, y)], max(1.0, r * 0.025)), lift=0
    )
    if size > 90:
        s.text(x, y + r * 0.16, "1", r * 0.95, (128, 130, 138))
        s.text(x, y + r * 0.56, "角", r * 0.34, (128, 130, 138))


def _key(s: Sheet, x: float, y: float, size: float) -> None:
    brass = (196, 152, 74)
    cord = smooth(
        (-0.5, -0.5), (-0.3, -0.2), (-0.16, -0.34), (0.02, -0.3), (0.2, -0.42), (0.5, -0.36), closed=False
    )
    s.piece(VERMILION, _put(strip(cord, 0.028), x, y, size), lift=3)
    bow = _put(ellipse(0, -0.26, 0.17, 0.16), x, y, size, 12)
    hole = _put(ellipse(0, -0.27, 0.085, 0.08), x, y, size, 12)
    teeth = [
        (0.03, 0.3),
        (0.16, 0.3),
        (0.16, 0.36),
        (0.09, 0.36),
        (0.09, 0.4),
        (0.16, 0.4),
        (0.16, 0.47),
        (-0.03, 0.47),
        (-0.03, -0.12),
        (0.03, -0.12),
    ]
    s.piece(brass, bow, _put(teeth, x, y, size, 12), cut=[hole], to=shade(brass, 0.82), lift=6)
    s.piece(shade(brass, 0.74), _put(rect(-0.05, -0.1, 0.05, -0.07, 0), x, y, size, 12), lift=1.5)


def _moon(s: Sheet, x: float, y: float, size: float) -> None:
    r = size * 0.46
    s.glow(x, y, r * 3.2, (250, 232, 180), 0.5)
    s.piece((252, 240, 204), ellipse(x, y, r), to=(240, 218, 166), lift=4)
    s.piece((230, 210, 164), ellipse(x - r * 0.34, y - r * 0.1, r * 0.3, r * 0.22), ellipse(x + r * 0.3, y + r * 0.36, r * 0.22),
            ellipse(x + r * 0.2, y - r * 0.48, r * 0.13), lift=0, rim=0, alpha=0.7)  # fmt: skip
    cloud = smooth(
        (-0.6, 0.26), (-0.3, 0.16), (0.0, 0.22), (0.3, 0.14), (0.66, 0.28), (0.3, 0.33), (-0.2, 0.34)
    )
    s.piece((112, 120, 140), _put(cloud, x, y, size), lift=5, alpha=0.8)


def _mooncake(s: Sheet, x: float, y: float, size: float) -> None:
    crust = (190, 124, 62)
    s.piece((228, 226, 216), ellipse(x, y + size * 0.1, size * 0.62, size * 0.4), lift=7)
    s.piece(
        (84, 116, 148),
        ellipse(x, y + size * 0.1, size * 0.56, size * 0.35),
        cut=[ellipse(x, y + size * 0.1, size * 0.54, size * 0.335)],
        lift=0,
    )
    slices = []
    for n in (5, 6, 4, 7, 3, 0, 2, 1):  # from the back to the front
        middle = math.radians(n * 45 + 22.5)
        gap = 0.15 if n == 6 else 0.022
        cx, cy = x + math.cos(middle) * size * gap, y + math.sin(middle) * size * gap * 0.62
        arc = [
            (
                cx + math.cos(math.radians(n * 45 + a)) * size * 0.42,
                cy + math.sin(math.radians(n * 45 + a)) * size * 0.27,
            )
            for a in range(0, 46, 5)
        ]
        slices.append((n, middle, cx, cy, arc))
        s.piece(
            shade(crust, 0.62), [(cx, cy + size * 0.09), *[(px, py + size * 0.09) for px, py in arc]], lift=2
        )
    for n, middle, cx, cy, arc in slices:
        s.piece(shade(crust, 1.1), [(cx, cy), *arc], to=crust, lift=1)
        if size > 60:
            inner = [
                (
                    cx + math.cos(math.radians(n * 45 + a)) * size * 0.33,
                    cy + math.sin(math.radians(n * 45 + a)) * size * 0.21,
                )
                for a in range(6, 42, 5)
            ]
            s.piece(shade(crust, 0.78), strip(inner, max(1.0, size * 0.014)), lift=0)
            s.piece(
                shade(crust, 0.78),
                ellipse(
                    cx + math.cos(middle) * size * 0.2,
                    cy + math.sin(middle) * size * 0.125,
                    size * 0.03,
                    size * 0.02,
                ),
                lift=0,
            )


def _notebook(s: Sheet, x: float, y: float, size: float) -> None:
    s.piece((96, 66, 50), _put(rounded(-0.56, -0.4, 0.56, 0.42, 0.03), x, y, size, -3), lift=7)
    for side in (-1, 1):
        page = [(0, -0.37), (side * 0.52, -0.39), (side * 0.53, 0.37), (0, 0.39)]
        s.piece((244, 232, 202), _put(page, x, y, size, -3), to=(232, 214, 178), lift=2)
    s.piece((190, 166, 130), _put(rect(-0.012, -0.37, 0.012, 0.39, 0), x, y, size, -3), lift=0, alpha=0.7)
    ink = (66, 62, 74)
    marks = []
    for row in range(6):
        for column in range(4):
            cx, cy = (-0.44 + column * 0.105 + (0.5 if row % 2 else 0) * 0.04, -0.28 + row * 0.115)
            kind = (row * 5 + column * 3) % 4
            if kind == 0:
                marks.append(strip([*ellipse(cx, cy, 0.026, steps=14), (cx + 0.026, cy)], 0.009))
            elif kind == 1:
                marks += [
                    strip([(cx - 0.02, cy - 0.02), (cx + 0.02, cy + 0.02)], 0.009),
                    strip([(cx + 0.02, cy - 0.02), (cx - 0.02, cy + 0.02)], 0.009),
                ]
            elif kind == 2:  # the little bird that stands for the hub
                marks += [smooth((cx - 0.04, cy), (cx - 0.01, cy - 0.022), (cx + 0.03, cy - 0.012), (cx + 0.02, cy + 0.02), (cx - 0.01, cy + 0.02)),
                          [(cx + 0.028, cy - 0.012), (cx + 0.05, cy - 0.004), (cx + 0.028, cy + 0.004)]]  # fmt: skip
            else:
                marks.append(strip([(cx - 0.03, cy), (cx + 0.03, cy - 0.006)], 0.009))
    marks += [
        strip(
            [(0.08, -0.28 + n * 0.1), (0.08 + (0.36, 0.3, 0.38, 0.22, 0.34, 0.16)[n], -0.28 + n * 0.1)], 0.01
        )
        for n in range(6)
    ]
    s.piece(ink, *[_put(mark, x, y, size, -3) for mark in marks], lift=0, rim=0, alpha=0.85)


def _notice(s: Sheet, x: float, y: float, size: float) -> None:
    s.piece((246, 242, 230), _put(rough_sheet(0.37, 0.5), x, y, size, 3), lift=7)
    if size > 90:
        s.text(x, y - size * 0.3, "拆迁通知", size * 0.13, INK)
    lines = [
        strip([(-0.28, -0.2 + n * 0.075), (0.27 - (n == 6) * 0.3, -0.2 + n * 0.075)], 0.014) for n in range(7)
    ]
    s.piece((112, 106, 104), *[_put(line, x, y, size, 3) for line in lines], lift=0, rim=0)
    seal = (204, 52, 44)
    s.piece(
        seal,
        strip(
            [*ellipse(x + size * 0.13, y + size * 0.3, size * 0.12), (x + size * 0.25, y + size * 0.3)],
            max(1.2, size * 0.016),
        ),
        lift=0,
        rim=0,
        alpha=0.85,
    )
    star = [
        (
            x + size * 0.13 + math.sin(n * math.pi / 5) * size * (0.055 if n % 2 == 0 else 0.022),
            y + size * 0.3 - math.cos(n * math.pi / 5) * size * (0.055 if n % 2 == 0 else 0.022),
        )
        for n in range(10)
    ]
    s.piece(seal, star, lift=0, rim=0, alpha=0.85)


def _phone(s: Sheet, x: float, y: float, size: float) -> None:
    s.piece((40, 42, 50), _put(rounded(-0.27, -0.5, 0.27, 0.5, 0.06), x, y, size, 8), lift=8)
    s.piece(
        (92, 138, 168), _put(rounded(-0.23, -0.43, 0.23, 0.43, 0.03), x, y, size, 8), to=(58, 86, 120), lift=0
    )
    s.piece((244, 246, 248), _put(ellipse(0, -0.16, 0.1), x, y, size, 8), lift=1)
    s.piece(
        (116, 136, 152),
        _put(ellipse(0, -0.19, 0.035), x, y, size, 8),
        _put(smooth((-0.06, -0.1), (0, -0.145), (0.06, -0.1), (0, -0.085)), x, y, size, 8),
        lift=0,
    )
    s.piece((92, 190, 116), _put(ellipse(0.11, 0.27, 0.065), x, y, size, 8), lift=2)
    s.piece((218, 78, 64), _put(ellipse(-0.11, 0.27, 0.065), x, y, size, 8), lift=2)
    s.piece(
        (226, 234, 240),
        *[
            _put(strip([(-0.12, 0.02 + n * 0.06), (0.12 - n * 0.06, 0.02 + n * 0.06)], 0.018), x, y, size, 8)
            for n in range(2)
        ],
        lift=0,
    )


def _red_envelope(s: Sheet, x: float, y: float, size: float) -> None:
    red = (200, 44, 40)
    s.piece(red, _put(rounded(-0.31, -0.5, 0.31, 0.5, 0.025), x, y, size, -7), to=shade(red, 0.86), lift=8)
    s.piece(shade(red, 0.84), _put([(-0.31, -0.49), (0.31, -0.49), (0, -0.26)], x, y, size, -7), lift=3)
    s.piece(
        (232, 188, 96),
        _put(ellipse(0, 0.08, 0.17), x, y, size, -7),
        cut=[_put(ellipse(0, 0.08, 0.148), x, y, size, -7)],
        lift=0.6,
    )
    if size > 90:
        s.text(x + size * 0.01, y + size * 0.15, "福", size * 0.2, (232, 188, 96))
    creases = [
        strip([(-0.2, 0.34), (0.1, 0.28), (0.26, 0.36)], 0.006),
        strip([(-0.26, -0.1), (-0.12, 0.0), (-0.2, 0.2)], 0.006),
    ]
    s.piece(shade(red, 0.7), *[_put(c, x, y, size, -7) for c in creases], lift=0, rim=0)


def _rice_bowl(s: Sheet, x: float, y: float, size: float) -> None:
    s.piece((250, 247, 236), *[ellipse(x + dx * size, y - size * (0.16 + dy), size * 0.13, size * 0.1, steps=16) for dx, dy in
                                   ((-0.3, 0), (-0.18, 0.06), (0, 0.1), (0.18, 0.06), (0.3, 0))], lift=2)  # fmt: skip
    s.piece((250, 247, 236), ellipse(x, y - size * 0.12, size * 0.42, size * 0.14), lift=2)
    body = smooth(
        (-0.5, -0.16),
        (-0.44, 0.12),
        (-0.22, 0.36),
        (0, 0.38),
        (0.22, 0.36),
        (0.44, 0.12),
        (0.5, -0.16),
        (0, -0.1),
    )
    s.piece((236, 232, 220), _put(body, x, y, size), to=(198, 192, 182), lift=6)
    s.piece(
        (72, 104, 142),
        *[
            _put(
                strip(
                    smooth(
                        (-0.46 + n * 0.02, 0.02 + n * 0.13),
                        (0, 0.09 + n * 0.13),
                        (0.46 - n * 0.02, 0.02 + n * 0.13),
                        closed=False,
                    ),
                    0.022,
                ),
                x,
                y,
                size,
            )
            for n in range(2)
        ],
        lift=0,
    )
    s.piece((206, 200, 190), _put(rect(-0.18, 0.35, 0.18, 0.43, 0), x, y, size), lift=3)
    s.piece(
        (150, 92, 56),
        _put(strip([(-0.46, -0.32), (0.52, -0.16)], 0.03), x, y, size),
        _put(strip([(-0.46, -0.26), (0.52, -0.1)], 0.03), x, y, size),
        lift=4,
    )


def _salt_jar(s: Sheet, x: float, y: float, size: float) -> None:
    glaze = (112, 84, 60)
    s.piece(glaze, _put(smooth((-0.22, -0.3), (-0.36, -0.08), (-0.34, 0.28), (-0.2, 0.46), (0.2, 0.46), (0.34, 0.28), (0.36, -0.08), (0.22, -0.3)), x, y, size),
            to=shade(glaze, 0.66), lift=7)  # fmt: skip
    s.piece(shade(glaze, 0.7), _put(rounded(-0.25, -0.4, 0.25, -0.28, 0.03), x, y, size), lift=3)
    s.piece(shade(glaze, 1.2), _put(smooth((-0.26, -0.4), (0, -0.5), (0.26, -0.4)), x, y, size), lift=3)
    s.piece((206, 52, 44), _put([(0, -0.16), (0.2, 0.06), (0, 0.28), (-0.2, 0.06)], x, y, size), lift=2)
    if size > 60:
        s.text(x, y + size * 0.13, "盐", size * 0.2, PAPER)


def _suitcase(s: Sheet, x: float, y: float, size: float) -> None:
    shell = (70, 118, 128)
    s.piece(
        (70, 66, 70),
        _put(strip([(-0.16, -0.3), (-0.16, -0.5), (0.16, -0.5), (0.16, -0.3)], 0.035), x, y, size),
        lift=3,
    )
    s.piece(shell, _put(rounded(-0.36, -0.34, 0.36, 0.44, 0.07), x, y, size), to=shade(shell, 0.74), lift=8)
    s.piece(
        shade(shell, 0.86),
        *[
            _put(rounded(n * 0.13 - 0.015, -0.28, n * 0.13 + 0.015, 0.38, 0.01), x, y, size)
            for n in (-2, -1, 0, 1, 2)
        ],
        lift=1.5,
    )
    s.piece(
        (52, 48, 52),
        _put(ellipse(-0.26, 0.47, 0.05), x, y, size),
        _put(ellipse(0.26, 0.47, 0.05), x, y, size),
        lift=2,
    )
    s.piece((240, 226, 190), _put(rounded(0.08, -0.02, 0.28, 0.14, 0.02), x, y, size, 8), lift=2)


def _thread(s: Sheet, x: float, y: float, size: float) -> None:
    for n, color in enumerate(THREADS):
        cx, cy = x + (n - 2) * size * 0.27, y + (0.06 if n % 2 else -0.06) * size
        s.piece(
            (150, 104, 66),
            rounded(cx - size * 0.13, cy - size * 0.34, cx + size * 0.13, cy + size * 0.34, size * 0.02),
            lift=5,
        )
        s.piece(color, smooth((cx - size * 0.115, cy - size * 0.25), (cx, cy - size * 0.27), (cx + size * 0.115, cy - size * 0.25), (cx + size * 0.125, cy),
                              (cx + size * 0.115, cy + size * 0.25), (cx, cy + size * 0.27), (cx - size * 0.115, cy + size * 0.25), (cx - size * 0.125, cy)),
                to=shade(color, 0.84), lift=2)  # fmt: skip
        turns = [
            strip(
                [
                    (cx - size * 0.12, cy - size * 0.2 + k * size * 0.07),
                    (cx + size * 0.12, cy - size * 0.17 + k * size * 0.07),
                ],
                max(0.8, size * 0.006),
            )
            for k in range(6)
        ]
        s.piece(shade(color, 0.72), *turns, lift=0, rim=0)
    tail = smooth((-0.54, 0.2), (-0.4, 0.46), (-0.1, 0.4), (0.2, 0.5), (0.5, 0.42), closed=False)
    s.piece(THREADS[0], _put(strip(tail, 0.012), x, y, size), lift=2)


def _umbrella(s: Sheet, x: float, y: float, size: float) -> None:
    if size > 150:
        umbrella.from_above(s, x, y, size * 0.5, VERMILION, rotation=6, lift=10)
    else:
        umbrella.closed(s, x, y + size * 0.5, size, VERMILION, 9)


def _unfinished(s: Sheet, x: float, y: float, size: float) -> None:
    radius = size * 0.5
    ribs: tuple[int, ...] = tuple(range(19, 36)) if size < 400 else (35,)
    if size > 150:
        s.glow(x, y, radius * 1.3, (255, 232, 176), 0.5)
        bones = []
        for n in ribs:
            a = math.radians(n * 10)
            bones.append(
                strip(
                    [
                        (x + math.cos(a) * radius * 0.1, y + math.sin(a) * radius * 0.1),
                        (x + math.cos(a) * radius, y + math.sin(a) * radius),
                    ],
                    max(1.0, size * 0.008),
                )
            )
        s.piece(shade(BAMBOO, 0.8), *bones, lift=3)
        umbrella.from_above(s, x, y, radius, OILED, missing=ribs, lift=8)
        for n, color in enumerate(THREADS):
            a = math.radians(186 + n * 2)
            s.piece(color, strip(smooth((x + math.cos(a) * radius * 0.3, y + math.sin(a) * radius * 0.3), (x - radius * 0.2, y + radius * (0.5 + n * 0.04)),
                                        (x - radius * 0.3 + n * 6, y + radius * 1.02), closed=False), max(0.9, size * 0.005)), lift=1)  # fmt: skip
    else:
        umbrella.closed(s, x, y + size * 0.5, size, OILED, -8)


def rough_sheet(half: float, high: float) -> Shape:
    """A leaf of paper in units of its size, its corners a little off."""
    return [(-half, -high), (half * 0.99, -high * 0.985), (half * 1.01, high), (-half * 0.985, high * 0.99)]


PROPS: dict[str, Prop] = {
    "bamboo": Prop(_bamboo, 96),
    "clock-drawing": Prop(_clock, 84),
    "coin": Prop(_coin, 26),
    "key": Prop(_key, 46),
    "moon": Prop(_moon, 0, "nowhere"),
    "mooncake": Prop(_mooncake, 84),
    "notebook": Prop(_notebook, 84),
    "notice": Prop(_notice, 92),
    "phone": Prop(_phone, 60),
    "red-envelope": Prop(_red_envelope, 74),
    "rice-bowl": Prop(_rice_bowl, 62),
    "salt-jar": Prop(_salt_jar, 78),
    "suitcase": Prop(_suitcase, 210, "ground"),
    "thread": Prop(_thread, 60),
    "umbrella": Prop(_umbrella, 140),
    "unfinished-umbrella": Prop(_unfinished, 140),
}


def background(night: bool, ambient: RGB) -> tuple[RGB, RGB]:
    """The paper that a thing lies on when the story looks at it closely: its middle and its edge."""
    middle = mix((204, 146, 96), ambient, 0.12) if not night else (112, 78, 62)
    return middle, shade(middle, 0.5)
