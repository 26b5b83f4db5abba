"""The places under the sky: courtyard, street, bus stop, school gate."""

from __future__ import annotations

import math

from smallscreen.sample import umbrella
from smallscreen.sample.palette import PAPER, VERMILION, Light
from smallscreen.sample.paper import Sheet, ellipse, mix, rect, rounded, shade, smooth, strip
from smallscreen.sample.scenery import (
    WIDTH,
    crown,
    eaves,
    flagstones,
    frame,
    grass,
    hills,
    lantern,
    lattice,
    moon,
    roof,
    sky,
    terraces,
)


def courtyard(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 420, 130)
    if light.night:
        moon(back, 452, 118, 40)
    hills(back, light.far, 250, 50, 5)
    hills(back, light.mid, 290, 30, 6)
    roof(mid, -20, 640, 262, 74, light)
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
        lattice(mid, x0, 318, x1, 470, light, 4, 5)
    mid.piece(shade(glow, 0.86), rect(234, 312, 370, 566), lift=0, rim=0)
    lattice(mid, 236, 312, 300, 566, light, 2, 7)
    lattice(mid, 304, 312, 368, 566, light, 2, 7)
    mid.piece(VERMILION, rect(224, 314, 236, 470), rect(368, 314, 380, 470), lift=2)
    stone = mix(light.floor, light.mid, 0.45)
    mid.piece(stone, rect(-10, 566, 620, 970), to=shade(stone, 0.8), lift=4)
    flagstones(mid, stone, 586)
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
    eaves(front, light)
    return True, 790


def street(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 300, 200)
    hills(back, light.far, 330, 46, 11)
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
        lantern(mid, x, y, 25, light)
    if light.night:
        mid.glow(300, 700, 260, light.lamp, 0.22)
    eaves(front, light)
    front.piece(
        shade(light.front, 1.2),
        smooth((-20, 900), (140, 872), (320, 902), (480, 876), (620, 900), (620, 980), (-20, 980)),
        lift=6,
    )
    return True, 884


def bus(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 410, 190)
    if not light.night:
        back.piece(mix(light.lamp, (255, 244, 210), 0.5), ellipse(418, 178, 50), lift=0, rim=0)
        back.glow(418, 178, 210, (255, 238, 190), 0.4)
    hills(back, light.far, 330, 70, 12)
    hills(back, mix(light.far, light.mid, 0.5), 400, 54, 13)
    hills(mid, light.mid, 456, 34, 14)
    terraces(mid, light)
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
        mid.piece(shade(light.mid, 0.86), crown(x, y, size), lift=5)
    mid.line(shade(light.wood, 0.6), [(540, 640), (540, 470)], 12, 3)
    bench = mix(light.wood, light.near, 0.4)
    mid.piece(bench, rect(160, 650, 452, 670), rect(160, 592, 452, 612), lift=5)
    mid.piece(shade(bench, 0.72), rect(184, 592, 198, 760), rect(414, 592, 428, 760), lift=4)
    grass(front, light)
    return True, 858


def school(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 300, 240)
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
                crown(x + dx, 262 + dy, size * 0.62),
                lift=6,
            )
    ground = mix(light.floor, light.far, 0.4)
    mid.piece(ground, rect(-10, 610, 620, 970), to=shade(ground, 0.82), lift=3)
    flagstones(mid, ground, 640)
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
    frame(front, shade(light.front, 1.05))
    return True, 880
