"""The places with walls: workshop, kitchen, hospital, the storehouse that becomes a shop."""

from __future__ import annotations

from smallscreen.sample import umbrella
from smallscreen.sample.palette import BAMBOO, PAPER, VERMILION, Light
from smallscreen.sample.paper import Sheet, ellipse, leaf, mix, rect, rounded, shade, smooth, strip
from smallscreen.sample.scenery import (
    beams,
    counter,
    crown,
    floor,
    frame,
    hills,
    lamp,
    lattice,
    moon,
    roof,
    shafts,
    sky,
    table,
    wall,
)


def workshop(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 150, 210)
    hills(back, light.far, 300, 40, 1)
    hills(back, light.mid, 340, 26, 2)
    window = rect(70, 170, 230, 344)
    wall(mid, light, [window])
    for x in (60, 250, 420, 560):
        mid.piece(shade(light.wood, 0.9), rect(x - 9, 60, x + 9, 640), to=shade(light.wood, 0.7), lift=4)
    mid.piece(light.wood, rect(-10, 92, 620, 122), to=shade(light.wood, 0.75), lift=7)
    lattice(mid, 70, 170, 230, 344, light, 4, 4)
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
    beams(mid, light)
    floor(mid, light, 640)
    if light.night or light.bottom[0] > light.bottom[2] + 70:
        lamp(mid, 300, 0, 128, light)
    if not light.night:
        shafts(mid, 150, 240, light)
    counter(front, light, 700)
    for number in range(14):
        x = 40 + number * 42
        front.line(
            mix(BAMBOO, light.front, 0.35),
            [(x, 866 + number % 3 * 9), (x + 24, 858 + number % 4 * 10)],
            4,
            1.5,
        )
    return False, 712


def kitchen(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 300, 216)
    if light.night:
        moon(back, 322, 214, 44)
    hills(back, light.far, 330, 24, 3)
    window = rect(196, 132, 404, 338)
    wall(mid, light, [window])
    mid.piece(light.wood, rect(182, 118, 418, 352), cut=[window], lift=6)
    lattice(mid, 196, 132, 404, 338, light, 5, 5)
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
    beams(mid, light)
    floor(mid, light, 640)
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
    lamp(mid, 300, 0, 40, light)
    table(front, light, 716)
    return False, 852


def hospital(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 150, 250)
    hills(back, light.far, 330, 30, 8)
    for x, y, size in ((92, 300, 62), (200, 330, 56), (150, 250, 48)):
        back.piece(mix(light.far, (112, 140, 104), 0.55), crown(x, y, size), lift=3)
    pale = mix(light.wall, (226, 234, 222), 0.62)
    window = rect(70, 132, 250, 420)
    mid.piece(pale, rect(-10, -10, 620, 650), to=shade(pale, 0.93), cut=[window], lift=0)
    band = mix(pale, (112, 158, 146), 0.55)
    mid.piece(band, rect(-10, 470, 620, 650), to=shade(band, 0.9), lift=2)
    mid.piece(shade(band, 0.8), rect(-10, 462, 620, 472), lift=2)
    casing = shade(pale, 0.82)
    mid.piece(casing, rect(58, 120, 262, 432), cut=[window], lift=5)
    mid.piece(casing, rect(154, 132, 166, 420), rect(70, 232, 250, 242), lift=3)
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
    tiles = mix(pale, (150, 158, 150), 0.55)
    mid.piece(tiles, rect(-10, 644, 620, 970), to=shade(tiles, 0.82), lift=3)
    for n in range(6):
        mid.line(shade(tiles, 0.9), [(300 + (n - 2.5) * 90, 650), (300 + (n - 2.5) * 230, 965)], 2)
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
    frame(front, shade(mix(light.front, (64, 88, 86), 0.45), 0.9))
    return False, 886


def shop(back: Sheet, mid: Sheet, front: Sheet, light: Light) -> tuple[bool, int]:
    sky(back, light, 300, 300)
    hills(back, light.far, 360, 44, 17)
    hills(back, light.mid, 420, 30, 18)
    roof(back, 150, 330, 470, 34, light)
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
    floor(mid, light, 644)
    mid.piece(
        mix(light.top, light.floor, 0.5),
        [(190, 650), (410, 650), (520, 968), (80, 968)],
        lift=0,
        rim=0,
        alpha=0.35,
    )
    if light.night:
        lamp(mid, 300, 0, 60, light)
    counter(front, light, 706)
    return False, 718
