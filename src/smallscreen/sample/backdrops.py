"""The places of the story as layers of paper, one painter for each motif of the storyboard.

A backdrop is three layers: `back` (what is far, opaque; rain falls in front of it), `mid` (walls
and ground, with their windows open to the back) and `front` (what stands nearer than the people).
All are `WIDTH` wide: `MARGIN` pixels more on both sides than the picture, for the drift.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from smallscreen.sample import umbrella
from smallscreen.sample.palette import BAMBOO, PAPER, VERMILION, Light
from smallscreen.sample.paper import (
    RGB,
    Shape,
    Sheet,
    Sprite,
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
WIDTH, HEIGHT = 540 + 2 * MARGIN, 960


@dataclass(slots=True)
class Backdrop:
    back: Image.Image
    mid: Sprite
    front: Sprite
    outdoors: bool
    surface: int
    """The y at which props stand: a table's or counter's upper side, or the ground near the viewer."""


Painter = Callable[[Sheet, Sheet, Sheet, Light], tuple[bool, int]]
"""Paints back, mid and front; gives whether the place is outdoors, and the height of its surface."""


def paint(motif: str, light: Light) -> Backdrop:
    """The layers of a place in a light; ValueError names the motifs that there are."""
    if motif not in MOTIFS:
        raise ValueError(f"the storyboard asks for the motif {motif!r}; there are {', '.join(MOTIFS)}")
    back = Sheet(WIDTH, HEIGHT, 1).fill(light.top, light.bottom)
    mid, front = Sheet(WIDTH, HEIGHT, 2), Sheet(WIDTH, HEIGHT, 3)
    outdoors, surface = MOTIFS[motif](back, mid, front, light)
    return Backdrop(back.sprite().image, mid.sprite(), front.sprite(), outdoors, surface)


def _workshop(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 150, 210)
    _hills(back, light.far, 300, 40, 1)
    _hills(back, light.mid, 340, 26, 2)
    window = rect(70, 170, 230, 344)
    _wall(mid, light, [window])
    for x in (60, 250, 420, 560):
        mid.piece(shade(light.wood, 0.9), rect(x - 9, 60, x + 9, 640), to=shade(light.wood, 0.7), lift=4)
    mid.piece(light.wood, rect(-10, 92, 620, 122), to=shade(light.wood, 0.75), lift=7)
    _lattice(mid, 70, 170, 230, 344, light, 4, 4)
    hung = [(334, 214, 66, 0), (484, 246, 74, 1), (148, 432, 58, 2), (330, 396, 72, 3), (500, 424, 52, 4), (420, 330, 38, 5),
            (262, 316, 34, 1), (560, 340, 36, 0), (236, 470, 30, 5), (414, 484, 34, 2)]  # fmt: skip
    for x, y, radius, color in hung:
        tone = mix(umbrella.COLORS[color], light.wall, 0.18 if not light.night else 0.34)
        umbrella.from_above(
            mid, x, y, radius, shade(tone, 0.82 if light.night else 1), rotation=x % 40, lift=7
        )
    for number in range(9):
        x = 566 - number * 8
        mid.piece(
            shade(BAMBOO, 0.62 + number % 3 * 0.12),
            strip([(x, 690), (x + 14 - number * 3, 300 + number % 4 * 22)], 7),
            lift=3,
        )
    mid.piece(shade(light.wood, 0.6), strip([(494, 560), (572, 552)], 9), lift=2)
    _beams(mid, light)
    _floor(mid, light, 640)
    if light.night or light.bottom[0] > light.bottom[2] + 70:
        _lamp(mid, 300, 0, 128, light)
    if not light.night:
        _shafts(mid, 150, 240, light)
    _counter(front, light, 700)
    for number in range(14):
        x = 40 + number * 42
        front.line(
            mix(BAMBOO, light.front, 0.35),
            [(x, 866 + number % 3 * 9), (x + 24, 858 + number % 4 * 10)],
            4,
            1.5,
        )
    return False, 712


def _kitchen(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 300, 216)
    if light.night:
        _moon(back, 322, 214, 44)
    _hills(back, light.far, 330, 24, 3)
    window = rect(196, 132, 404, 338)
    _wall(mid, light, [window])
    mid.piece(light.wood, rect(182, 118, 418, 352), cut=[window], lift=6)
    _lattice(mid, 196, 132, 404, 338, light, 5, 5)
    mid.piece(shade(light.wood, 0.82), rect(440, 210, 600, 222), rect(440, 318, 600, 330), lift=5)
    for x, y, w, h, color in ((452, 210, 34, 52, (150, 84, 60)), (496, 210, 28, 40, (98, 112, 110)), (532, 210, 40, 60, (120, 70, 52)),
                              (456, 318, 44, 44, (106, 118, 122)), (510, 318, 32, 64, (168, 120, 70)), (552, 318, 30, 40, (140, 66, 52))):  # fmt: skip
        tone = mix(color, light.wall, 0.25)
        mid.piece(tone, smooth((x + 4, y), (x - 2, y - h * 0.5), (x + 6, y - h * 0.85), (x + w - 6, y - h * 0.85), (x + w + 2, y - h * 0.5), (x + w - 4, y)),
                  to=shade(tone, 0.75), lift=3)  # fmt: skip
        mid.piece(shade(tone, 0.6), rect(x + 4, y - h * 0.98, x + w - 4, y - h * 0.82), lift=2)
    for string, x in enumerate((60, 96, 132)):
        mid.line(shade(light.wood, 0.5), [(x, 100), (x, 330 - string * 26)], 2, 1)
        for n in range(8 - string):
            chili = VERMILION if string != 1 else (222, 168, 74)
            side = -1 if n % 2 else 1
            mid.piece(
                shade(mix(chili, light.wall, 0.15), 0.85 + n % 3 * 0.1),
                leaf(x, 146 + n * 22, 30, 11, 90 - side * 38),
                lift=2,
            )
    _beams(mid, light)
    _floor(mid, light, 640)
    brick = mix(light.wood, (150, 92, 72), 0.5)
    mid.piece(brick, rect(-10, 470, 176, 700), to=shade(brick, 0.7), lift=8)
    for row in range(5):
        for column in range(5):
            x, y = column * 40 - (row % 2) * 20 - 8, 486 + row * 42
            mid.piece(
                shade(brick, 0.9 + (row * 3 + column) % 4 * 0.05),
                rect(x, y, x + 34, y + 36),
                clip=[rect(-10, 472, 174, 700)],
                lift=1.2,
            )
    mid.piece((255, 150, 60), smooth((40, 640), (44, 590), (80, 570), (116, 590), (120, 640)), lift=0, rim=0)
    mid.piece((255, 216, 120), smooth((58, 640), (66, 606), (82, 596), (98, 608), (104, 640)), lift=0, rim=0)
    mid.piece(shade(light.wood, 0.5), rect(-10, 456, 190, 474), lift=5)
    mid.piece((52, 48, 52), smooth((14, 440), (150, 440), (128, 470), (82, 482), (36, 470)), lift=4)
    mid.piece((90, 84, 84), ellipse(82, 440, 68, 9), lift=1)
    mid.glow(80, 610, 170, (255, 150, 70), 0.5)
    _lamp(mid, 300, 0, 40, light)
    _table(front, light, 716)
    return False, 852


def _courtyard(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 420, 130)
    if light.night:
        _moon(back, 452, 118, 40)
    _hills(back, light.far, 250, 50, 5)
    _hills(back, light.mid, 290, 30, 6)
    _roof(mid, -20, 640, 262, 74, light)
    mid.piece(
        mix(light.wall, light.mid, 0.35),
        rect(-10, 258, 620, 560),
        to=mix(light.wall, light.near, 0.4),
        lift=3,
    )
    for x in (50, 206, 398, 552):
        mid.piece(light.wood, rect(x - 11, 256, x + 11, 572), to=shade(light.wood, 0.7), lift=5)
        mid.piece(shade(light.wood, 0.6), rounded(x - 17, 556, x + 17, 578, 5), lift=3)
    glow = (
        light.lamp
        if light.night or (light.bottom[0] > 240 and light.top[0] > light.top[2] + 100)
        else mix(light.wall, (60, 44, 40), 0.55)
    )
    for x0, x1 in ((76, 182), (424, 528)):
        mid.piece(glow, rect(x0, 318, x1, 470), to=shade(glow, 0.82), lift=0, rim=0)
        _lattice(mid, x0, 318, x1, 470, light, 4, 5)
    mid.piece(shade(glow, 0.86), rect(234, 312, 370, 566), lift=0, rim=0)
    _lattice(mid, 236, 312, 300, 566, light, 2, 7)
    _lattice(mid, 304, 312, 368, 566, light, 2, 7)
    mid.piece(VERMILION, rect(224, 314, 236, 470), rect(368, 314, 380, 470), lift=2)
    stone = mix(light.floor, light.mid, 0.45)
    mid.piece(stone, rect(-10, 566, 620, 970), to=shade(stone, 0.8), lift=4)
    _flagstones(mid, stone, 586)
    for x, y, radius, color in (
        (46, 612, 56, 3),
        (176, 600, 44, 1),
        (430, 604, 50, 2),
        (560, 622, 60, 0),
        (302, 618, 40, 4),
    ):
        umbrella.from_above(
            mid,
            x,
            y,
            radius,
            mix(umbrella.COLORS[color], light.mid, 0.22),
            flat=0.42,
            rotation=x % 31,
            lift=6,
        )
    if light.night:
        mid.glow(300, 440, 300, light.lamp, 0.28)
    for x, y, radius, color in (
        (62, 812, 118, 0),
        (520, 800, 126, 1),
        (292, 886, 150, 5),
        (90, 946, 100, 2),
        (540, 950, 104, 3),
    ):
        tone = mix(umbrella.COLORS[color], light.front, 0.34 if light.night else 0.1)
        umbrella.from_above(front, x, y, radius, tone, flat=0.46, rotation=y % 29, lift=9)
    _eaves(front, light)
    return True, 790


def _hospital(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 150, 250)
    _hills(back, light.far, 330, 30, 8)
    for x, y, size in ((92, 300, 62), (200, 330, 56), (150, 250, 48)):
        back.piece(mix(light.far, (112, 140, 104), 0.55), _crown(x, y, size), lift=3)
    pale = mix(light.wall, (226, 234, 222), 0.62)
    window = rect(70, 132, 250, 420)
    mid.piece(pale, rect(-10, -10, 620, 650), to=shade(pale, 0.93), cut=[window], lift=0)
    band = mix(pale, (112, 158, 146), 0.55)
    mid.piece(band, rect(-10, 470, 620, 650), to=shade(band, 0.9), lift=2)
    mid.piece(shade(band, 0.8), rect(-10, 462, 620, 472), lift=2)
    frame = shade(pale, 0.82)
    mid.piece(frame, rect(58, 120, 262, 432), cut=[window], lift=5)
    mid.piece(frame, rect(154, 132, 166, 420), rect(70, 232, 250, 242), lift=3)
    mid.piece(shade(pale, 0.9), rect(46, 428, 274, 446), lift=5)
    door = mix(pale, (176, 150, 118), 0.6)
    mid.piece(shade(door, 0.72), rect(408, 172, 566, 650), lift=4)
    mid.piece(door, rect(420, 186, 554, 650), to=shade(door, 0.88), cut=[rect(452, 226, 522, 330)], lift=3)
    mid.piece(mix((196, 216, 214), light.wall, 0.3), rect(452, 226, 522, 330), lift=0)
    mid.piece((176, 168, 152), ellipse(436, 430, 7), lift=2)
    mid.piece(PAPER, rounded(300, 190, 372, 276, 4), lift=3)
    mid.text(336, 250, "静", 50, (70, 128, 116))
    mid.piece((250, 248, 240), ellipse(336, 132, 32), lift=4)
    mid.piece(
        (70, 80, 84), strip([(336, 132), (336, 110)], 3), strip([(336, 132), (352, 138)], 3.4), lift=0.6
    )
    mid.line((200, 60, 50), [(336, 134), (322, 118)], 1.4)
    floor = mix(pale, (150, 158, 150), 0.55)
    mid.piece(floor, rect(-10, 644, 620, 970), to=shade(floor, 0.82), lift=3)
    for n in range(6):
        mid.line(shade(floor, 0.9), [(300 + (n - 2.5) * 90, 650), (300 + (n - 2.5) * 230, 965)], 2)
    mid.glow(160, 560, 330, (255, 250, 226), 0.3)
    seat = mix((92, 132, 140), light.front, 0.2)
    for n in range(4):
        x = 12 + n * 150
        front.piece(
            seat,
            rounded(x, 768, x + 126, 874, 16),
            to=shade(seat, 0.8),
            cut=[rounded(x + 22, 790, x + 104, 802, 5)],
            lift=7,
        )
        front.piece(shade(seat, 0.86), rounded(x - 4, 872, x + 130, 912, 12), to=shade(seat, 0.66), lift=6)
    front.piece(shade(light.front, 1.3), rect(-10, 912, 620, 926), lift=4)
    front.piece(shade(light.front, 1.1), *[rect(x, 924, x + 14, 970) for x in (70, 300, 520)], lift=3)
    _frame(front, shade(mix(light.front, (64, 88, 86), 0.45), 0.9))
    return False, 886


def _street(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 300, 200)
    _hills(back, light.far, 330, 46, 11)
    for depth, (tone, inset, top) in enumerate(
        (
            (mix(light.far, light.mid, 0.6), 226, 300),
            (light.mid, 150, 222),
            (mix(light.mid, light.near, 0.6), 66, 120),
        )
    ):
        for side in (0, 1):
            edge = inset if not side else WIDTH - inset
            outer = -20 if not side else WIDTH + 20
            lean = 14 if not side else -14
            house = [(outer, top), (edge - lean, top + 34), (edge, 620), (outer, 640)]
            target = mid if depth else back
            target.piece(tone, house, to=shade(tone, 0.8), lift=7)
            target.piece(
                shade(tone, 0.62),
                [
                    (outer, top - 46),
                    (edge + lean * 2.4, top + 22),
                    (edge + lean * 2.2, top + 38),
                    (outer, top + 8),
                ],
                lift=6,
            )
            for row in range(3):
                for column in range(2):
                    w, h = 30 + depth * 7, 46 + depth * 9
                    x = edge - (column + 1) * (w + 15) if not side else edge + 15 + column * (w + 15)
                    y = top + 66 + row * (h + 26) + column * 4
                    lit = (row * 2 + column + depth + side) % 3 != 0
                    glow = mix(light.lamp, tone, 0.15 if light.night and lit else 0.75)
                    target.piece(glow, rect(x, y, x + w, y + h), lift=0, rim=0)
                    target.piece(
                        shade(tone, 0.6),
                        rect(x - 3, y - 3, x + w + 3, y + h + 3),
                        cut=[rect(x, y, x + w, y + h)],
                        lift=2,
                    )
                    target.piece(
                        shade(tone, 0.6),
                        strip([(x + w / 2, y), (x + w / 2, y + h)], 2.5),
                        strip([(x, y + h / 2), (x + w, y + h / 2)], 2.5),
                        lift=0,
                    )
    stone = mix(light.floor, light.near, 0.35)
    mid.piece(stone, [(236, 560), (364, 560), (640, 970), (-40, 970)], to=shade(stone, 0.9), lift=3)
    mid.piece(
        shade(stone, 0.9), [(-40, 640), (160, 600), (-40, 970)], [(640, 640), (440, 600), (640, 970)], lift=3
    )
    for row in range(9):
        level = 572 + row * row * 4.6
        half = 66 + (level - 560) * 0.7
        mid.line(shade(stone, 0.82), [(300 - half, level), (300 + half, level + 2)], 2)
        for n in range(4):
            across = 300 - half + (n + 0.5 + (row % 2) * 0.4) * half / 2
            mid.line(
                shade(stone, 0.84),
                [(across, level), (across + (across - 300) * 0.1, level + 10 + row * 8)],
                1.6,
            )
    wire = [(-20, 168), (110, 214), (300, 236), (490, 214), (620, 168)]
    mid.piece(shade(light.front, 1.2), strip(smooth(*wire, closed=False), 2.2), lift=0)
    for x, y in ((84, 206), (196, 230), (404, 230), (516, 206)):
        _lantern(mid, x, y, 25, light)
    if light.night:
        mid.glow(300, 700, 260, light.lamp, 0.22)
    _eaves(front, light)
    front.piece(
        shade(light.front, 1.2),
        smooth((-20, 900), (140, 872), (320, 902), (480, 876), (620, 900), (620, 980), (-20, 980)),
        lift=6,
    )
    return True, 884


def _bus(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 410, 190)
    if not light.night:
        back.piece(mix(light.lamp, (255, 244, 210), 0.5), ellipse(418, 178, 50), lift=0, rim=0)
        back.glow(418, 178, 210, (255, 238, 190), 0.4)
    _hills(back, light.far, 330, 70, 12)
    _hills(back, mix(light.far, light.mid, 0.5), 400, 54, 13)
    _hills(mid, light.mid, 456, 34, 14)
    _terraces(mid, light)
    road = mix(light.floor, light.far, 0.4)
    mid.piece(
        mix(light.mid, (120, 128, 84), 0.3),
        smooth((-30, 560), (140, 528), (340, 548), (630, 520), (630, 990), (-30, 990)),
        lift=5,
    )
    mid.piece(
        road,
        smooth(
            (470, 500),
            (500, 500),
            (470, 560),
            (420, 640),
            (520, 790),
            (680, 980),
            (-60, 980),
            (60, 780),
            (250, 640),
            (420, 560),
        ),
        lift=3,
    )
    mid.piece(
        shade(road, 1.22),
        strip([(486, 512), (452, 560)], 2),
        strip([(400, 604), (340, 664)], 4),
        strip([(318, 700), (290, 790)], 7),
        lift=0,
    )
    mid.line(shade(light.wood, 0.75), [(96, 760), (96, 176)], 11, 4)
    if not light.night:
        mid.piece((64, 104, 128), rounded(36, 168, 158, 250, 8), lift=6)
        mid.piece(PAPER, rounded(42, 174, 152, 244, 6), lift=1)
        mid.text(97, 224, "双河场", 32, (64, 104, 128))
        mid.piece(mix(PAPER, light.mid, 0.3), rounded(60, 258, 132, 318, 4), lift=4)
        for n in range(4):
            mid.line(shade(light.mid, 0.8), [(68, 270 + n * 12), (122, 270 + n * 12)], 2)
    else:
        mid.glow(300, 470, 320, (150, 176, 214), 0.22)
        mid.piece(shade(light.wood, 0.7), ellipse(96, 176, 8), lift=2)
    for x, y, size in ((540, 420, 66), (500, 468, 50), (578, 492, 62)):
        mid.piece(shade(light.mid, 0.86), _crown(x, y, size), lift=5)
    mid.line(shade(light.wood, 0.6), [(540, 640), (540, 470)], 12, 3)
    bench = mix(light.wood, light.near, 0.4)
    mid.piece(bench, rect(160, 650, 452, 670), rect(160, 592, 452, 612), lift=5)
    mid.piece(shade(bench, 0.72), rect(184, 592, 198, 760), rect(414, 592, 428, 760), lift=4)
    _grass(front, light)
    return True, 858


def _school(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 300, 240)
    hall = mix(light.far, light.wall, 0.5)
    back.piece(hall, rect(90, 250, 510, 620), to=shade(hall, 0.94), lift=4)
    back.piece(shade(hall, 0.84), [(80, 252), (300, 190), (520, 252)], lift=3)
    for row in range(4):
        for n in range(7):
            back.piece(
                shade(hall, 0.8), rect(116 + n * 54, 284 + row * 70, 146 + n * 54, 326 + row * 70), lift=0
            )
    back.piece(VERMILION, strip([(300, 250), (300, 130)], 3), [(302, 132), (348, 140), (302, 158)], lift=1)
    for x, size in ((40, 104), (566, 112)):
        mid.line(shade(light.mid, 0.72), [(x, 660), (x + 4, 300)], 24, 4)
        for n, (dx, dy) in enumerate(((0, 0), (-50, 40), (52, 46), (-26, -50), (34, -44))):
            mid.piece(
                mix(shade(light.mid, 0.86 + n * 0.05), (108, 124, 84), 0.4),
                _crown(x + dx, 262 + dy, size * 0.62),
                lift=6,
            )
    ground = mix(light.floor, light.far, 0.4)
    mid.piece(ground, rect(-10, 610, 620, 970), to=shade(ground, 0.82), lift=3)
    _flagstones(mid, ground, 640)
    pillar = mix(light.wall, light.mid, 0.5)
    for x in (96, 504):
        mid.piece(pillar, rect(x - 36, 236, x + 36, 640), to=shade(pillar, 0.8), lift=8)
        mid.piece(shade(pillar, 0.8), rect(x - 46, 216, x + 46, 242), rect(x - 44, 618, x + 44, 646), lift=5)
    mid.piece(PAPER, rounded(78, 280, 114, 452, 3), lift=3)
    mid.text(96, 318, "县一中", 26, (60, 54, 50), vertical=True)
    mid.piece((186, 58, 46), rect(118, 248, 482, 300), to=(166, 46, 40), lift=7)
    mid.text(300, 285, "公务员面试考点", 30, (252, 238, 206))
    iron = shade(light.front, 1.3)
    bars = [
        strip([(x, 620), (x, 380 - 34 * math.sin((x - 140) / 320 * math.pi))], 5) for x in range(142, 464, 23)
    ]
    mid.piece(iron, *bars, rect(136, 430, 466, 440), rect(136, 596, 466, 608), lift=4)
    tape = [(-10, 742), (180, 764), (300, 756), (450, 768), (620, 744)]
    front.piece((232, 190, 74), strip(smooth(*tape, closed=False), 17), lift=5)
    for n in range(14):
        x = n * 44 - 6
        y = 754 + 8 * math.sin(n * 0.7)
        front.piece(
            (60, 52, 46),
            [(x, y - 8), (x + 16, y - 7), (x + 6, y + 9), (x - 10, y + 8)],
            lift=0,
            rim=0,
            clip=[strip(smooth(*tape, closed=False), 16)],
        )
    front.piece(iron, strip([(64, 900), (64, 730)], 12), strip([(538, 900), (538, 730)], 12), lift=5)
    front.piece(shade(iron, 0.8), rounded(30, 890, 98, 912, 6), rounded(504, 890, 572, 912, 6), lift=4)
    _frame(front, shade(light.front, 1.05))
    return True, 880


def _shop(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    _sky(back, light, 300, 300)
    _hills(back, light.far, 360, 44, 17)
    _hills(back, light.mid, 420, 30, 18)
    _roof(back, 150, 330, 470, 34, light)
    back.piece(mix(light.wall, light.mid, 0.4), rect(160, 468, 320, 620), lift=3)
    door = rect(182, 210, 418, 640)
    plaster = mix(light.wall, (206, 196, 176), 0.4)
    mid.piece(plaster, rect(-10, -10, 620, 650), to=shade(plaster, 0.86), cut=[door], lift=0)
    mid.piece(light.wood, rect(164, 190, 436, 650), cut=[rect(182, 210, 418, 660)], lift=7)
    faded = mix((186, 70, 56), plaster, 0.42)
    for n, character in enumerate("为人民服务"):
        mid.text(104 + n * 98, 166, character, 62, faded, 0.8)
    brick = shade(plaster, 0.86)
    for x, y in ((22, 260), (60, 284), (30, 308), (500, 430), (540, 454), (470, 454), (90, 540), (520, 250)):
        mid.piece(brick, rect(x, y, x + 42, y + 18), lift=0.8)
    for x, y, radius, color in (
        (84, 330, 62, 0),
        (108, 478, 46, 1),
        (514, 336, 66, 2),
        (498, 492, 50, 3),
        (46, 430, 34, 4),
        (566, 424, 34, 5),
    ):
        umbrella.from_above(
            mid, x, y, radius, mix(umbrella.COLORS[color], plaster, 0.15), rotation=y % 37, lift=7
        )
    for y, thick in ((-10, 54), (72, 22)):
        mid.piece(shade(light.wood, 0.86), rect(-10, y, 620, y + thick), to=shade(light.wood, 0.62), lift=8)
    for x in (120, 300, 480):
        mid.piece(shade(light.wood, 0.7), [(x - 10, 40), (x + 10, 40), (x + 46, -10), (x - 46, -10)], lift=5)
    _floor(mid, light, 644)
    mid.piece(
        mix(light.top, light.floor, 0.5),
        [(190, 650), (410, 650), (520, 968), (80, 968)],
        lift=0,
        rim=0,
        alpha=0.35,
    )
    if light.night:
        _lamp(mid, 300, 0, 60, light)
    _counter(front, light, 706)
    return False, 718


def _sky(sheet: Sheet, light: Light, x: float, y: float) -> None:
    if light.night:
        for n in range(46):
            sx, sy = n * 367.3 % WIDTH, (n * n * 53.7 + n * 91) % 400
            sheet.piece(
                (236, 226, 196), ellipse(sx, sy, 0.8 + n % 3 * 0.4, steps=8), lift=0, rim=0, alpha=0.7
            )
    else:
        sheet.glow(x, y, 380, mix(light.lamp, (255, 250, 232), 0.5), 0.35)


def _moon(sheet: Sheet, x: float, y: float, radius: float) -> None:
    sheet.glow(x, y, radius * 5, (222, 214, 184), 0.5)
    sheet.piece((250, 238, 202), ellipse(x, y, radius), lift=0, rim=0)
    sheet.piece((232, 214, 172), ellipse(x - radius * 0.3, y - radius * 0.1, radius * 0.3, radius * 0.24),
                ellipse(x + radius * 0.3, y + radius * 0.34, radius * 0.2), ellipse(x + radius * 0.18, y - radius * 0.46, radius * 0.14),
                lift=0, rim=0, alpha=0.6)  # fmt: skip


def _hills(sheet: Sheet, color: RGB, base: float, height: float, seed: int) -> None:
    if max(color) - min(color) < 90 and color[0] > color[2]:
        color = mix(color, (126, 150, 120), 0.3)
    ridge = [
        (x, base - height * (math.sin(x * 0.011 + seed * 1.7) + 0.55 * math.sin(x * 0.027 + seed * 2.9)))
        for x in range(-40, 660, 20)
    ]
    sheet.piece(
        color, [*ridge, (660, HEIGHT + 10), (-40, HEIGHT + 10)], to=mix(color, (255, 246, 230), 0.2), lift=6
    )


def _terraces(sheet: Sheet, light: Light) -> None:
    for n in range(5):
        y = 470 + n * 14
        sheet.piece(
            shade(light.mid, 1.14),
            strip(smooth((-20, y + 6), (150, y - 8 + n * 2), (330, y + 8), (640, y - 6), closed=False), 3),
            lift=0,
        )


def _crown(x: float, y: float, size: float) -> Shape:
    return smooth(*[(x + math.cos(a) * size * r, y + math.sin(a) * size * r * 0.86)
                    for a, r in ((n * math.tau / 11, 0.86 + 0.2 * math.sin(n * 2.7 + x)) for n in range(11))])  # fmt: skip


def _wall(sheet: Sheet, light: Light, holes: list[Shape]) -> None:
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


def _beams(sheet: Sheet, light: Light) -> None:
    dark = shade(light.wood, 0.62)
    sheet.piece(dark, rect(-10, -10, WIDTH + 10, 58), to=shade(dark, 0.8), lift=9)
    for n in range(8):
        sheet.piece(shade(dark, 1.22), rect(n * 84 - 20, 30, n * 84 + 8, 76), to=dark, lift=5)


def _floor(sheet: Sheet, light: Light, y: float) -> None:
    sheet.piece(light.floor, rect(-10, y, WIDTH + 10, HEIGHT + 10), to=shade(light.floor, 0.7), lift=4)
    for n in range(9):
        sheet.line(shade(light.floor, 0.84), [(300 + (n - 4) * 74, y + 3), (300 + (n - 4) * 190, HEIGHT)], 2)


def _flagstones(sheet: Sheet, color: RGB, top: float) -> None:
    for row in range(8):
        y = top + row * row * 5.4 + row * 6
        sheet.line(shade(color, 0.86), [(-10, y), (300, y + 3), (WIDTH + 10, y - 1)], 1.8)
        for n in range(7):
            x = (n + 0.5 * (row % 2)) * 104 - 40
            sheet.line(shade(color, 0.88), [(x, y), (x + (x - 300) * 0.08, y + 8 + row * 11)], 1.6)


def _lattice(
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


def _lamp(sheet: Sheet, x: float, top: float, y: float, light: Light) -> None:
    sheet.line(shade(light.wood, 0.4), [(x, top), (x, y)], 2.4, 1)
    if light.night:
        sheet.glow(x, y + 60, 430, light.lamp, 0.55)
    sheet.glow(x, y + 40, 190, light.lamp, 0.6)
    sheet.piece(
        shade(light.wood, 0.5), [(x - 12, y), (x + 12, y), (x + 48, y + 34), (x - 48, y + 34)], lift=6
    )
    sheet.piece((255, 238, 190), ellipse(x, y + 40, 15, 14), lift=0, rim=0)


def _lantern(sheet: Sheet, x: float, y: float, size: float, light: Light) -> None:
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


def _shafts(sheet: Sheet, x: float, y: float, light: Light) -> None:
    for n, part in enumerate((0.14, 0.1, 0.12)):
        a = x - 60 + n * 46
        sheet.piece(
            mix(light.lamp, (255, 252, 236), 0.6),
            [(a, y - 66), (a + 26, y - 66), (a + 330, 900), (a + 200, 900)],
            lift=0,
            rim=0,
            alpha=part,
        )


def _roof(sheet: Sheet, x0: float, x1: float, y: float, height: float, light: Light) -> None:
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


def _eaves(sheet: Sheet, light: Light) -> None:
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
    _bamboo(sheet, light)


def _bamboo(sheet: Sheet, light: Light) -> None:
    for x, way in ((14, 1), (588, -1)):
        sheet.line(
            shade(light.front, 1.15), [(x - way * 18, 970), (x - way * 6, 500), (x + way * 14, 60)], 10, 5
        )
        for n in range(7):
            y = 110 + n * 56
            sheet.piece(shade(light.front, 1.1 + n % 3 * 0.14), leaf(x, y, 70, 15, (28 if way > 0 else 152) + (n % 3) * 16 * way),
                        leaf(x, y, 54, 12, (62 if way > 0 else 118) + (n % 2) * 12 * way), lift=5)  # fmt: skip


def _frame(sheet: Sheet, color: RGB) -> None:
    """A frame of dark paper with an uneven inner edge."""
    left = smooth((-30, -20), (26, -20), (14, 160), (24, 330), (10, 520), (22, 720), (16, 980), (-30, 980))
    sheet.piece(color, left, [(WIDTH - x, y) for x, y in left], lift=8)
    sheet.piece(
        color, smooth((-30, -30), (630, -30), (630, 40), (450, 26), (300, 36), (140, 24), (-30, 40)), lift=8
    )


def _grass(sheet: Sheet, light: Light) -> None:
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
    _bamboo(sheet, light)


def _counter(sheet: Sheet, light: Light, y: float) -> None:
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


def _table(sheet: Sheet, light: Light, y: float) -> None:
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


MOTIFS: dict[str, Painter] = {
    "workshop": _workshop,
    "kitchen": _kitchen,
    "courtyard": _courtyard,
    "hospital": _hospital,
    "street": _street,
    "bus": _bus,
    "school": _school,
    "shop": _shop,
}
