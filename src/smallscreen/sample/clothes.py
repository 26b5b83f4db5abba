"""A puppet's body and arm, and the stage that its parts are drawn on."""

from __future__ import annotations

import math

from smallscreen.sample.palette import INK, PAPER, VERMILION
from smallscreen.sample.paper import (
    RGB,
    Shape,
    Sheet,
    Sprite,
    ellipse,
    mix,
    place,
    rounded,
    shade,
    smooth,
    strip,
)
from smallscreen.sample.wardrobe import HEM, Look


class Stage:
    """A sheet that is drawn on in units about the neck."""

    def __init__(
        self, left: float, top: float, right: float, bottom: float, scale: float, flip: bool
    ) -> None:
        self.k, self.flip = scale, flip
        self.x, self.y = -left * scale, -top * scale
        self.sheet = Sheet(int((right - left) * scale) + 1, int((bottom - top) * scale) + 1, seed=7)

    def cut(self, color: RGB, *shapes: Shape, lift: float = 2.4, rim: float = 0.16, alpha: float = 1,
            to: RGB | None = None, clip: tuple[Shape, ...] = ()) -> None:  # fmt: skip
        put = [place(s, self.x, self.y, self.k, self.flip) for s in shapes]
        inside = [place(s, self.x, self.y, self.k, self.flip) for s in clip]
        self.sheet.piece(color, *put, lift=lift * self.k, rim=rim, alpha=alpha, to=to, clip=inside)

    def done(self, light: tuple[float, float, float]) -> Sprite:
        made = self.sheet.tinted(light).sprite()
        made.x -= round(self.x)
        made.y -= round(self.y)
        return made


def body(dress: Look, side: int, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = Stage(-150, -60, 150, 660, scale, side < 0)
    w = dress.build
    coat, dark = dress.coat, shade(dress.coat, 0.78)
    trunk = smooth((-16, -4), (-40 * w, 8), (-66 * w, 34), (-76 * w, 110), (-74 * w, 240), (-78 * w, 310), (-80 * w, HEM),
                   (80 * w, HEM), (77 * w, 310), (70 * w, 240), (72 * w, 110), (62 * w, 34), (38 * w, 8), (16, -4))  # fmt: skip
    back_arm = smooth((-54 * w, 26), (-80 * w, 60), (-92 * w, 130), (-84 * w, 206), (-70 * w, 262), (-50 * w, 256),
                      (-54 * w, 190), (-52 * w, 100))  # fmt: skip
    neck = smooth((-17, -38), (17, -38), (19, 8), (0, 20), (-19, 8))
    legs = mix(shade(dress.coat, 0.42), (54, 50, 58), 0.5)
    for way in (-1, 1):
        s.cut(
            (44, 38, 40),
            smooth((way * 12 * w, 628), (way * 62 * w, 630), (way * 70 * w, 650), (way * 10 * w, 652)),
            lift=2,
        )
        s.cut(
            legs,
            [(way * 74 * w, HEM - 40), (way * 64 * w, 636), (way * 14 * w, 636), (0, HEM - 10)],
            to=shade(legs, 0.8),
        )
    s.cut(shade(coat, 0.86), trunk, to=shade(coat, 0.66), lift=4)
    if dress.style == "hooded":
        s.cut(dark, smooth((-44, 18), (-40, -14), (0, -26), (40, -14), (44, 18), (0, 30)))
    s.cut(shade(dress.skin, 0.86), neck, lift=0)
    s.cut(dress.inner, smooth((-24, -2), (0, 14), (24, -2), (28, 60), (0, 130), (-28, 60)), lift=0)
    s.cut(shade(dress.skin, 0.9), smooth((-16, -10), (16, -10), (10, 12), (0, 22), (-10, 12)), lift=1)
    left = smooth((-20, -8), (-42 * w, 8), (-68 * w, 34), (-76 * w, 110), (-74 * w, 240), (-78 * w, 310), (-80 * w, HEM),
                  (0, HEM), (-2, 300), (-6, 120))  # fmt: skip
    right = smooth((20, -8), (42 * w, 8), (66 * w, 34), (74 * w, 110), (72 * w, 240), (77 * w, 310), (80 * w, HEM),
                   (-1, HEM), (2, 300), (8, 120))  # fmt: skip
    _clothes(s, dress, left, right, trunk)
    s.cut(shade(coat, 0.92), back_arm, to=shade(coat, 0.76))
    s.cut(shade(dress.skin, 0.92), ellipse(-60 * w, 266, 15, 18), lift=1.5)
    return s.done(light)


def _clothes(s: Stage, dress: Look, left: Shape, right: Shape, trunk: Shape) -> None:
    coat, inner, w = dress.coat, dress.inner, dress.build
    dark = shade(coat, 0.72)
    if dress.style in {"hooded", "cardigan", "blazer", "suit", "white-coat", "jacket", "tracksuit"}:
        s.cut(coat, left, to=shade(coat, 0.82), lift=3)
        s.cut(shade(coat, 1.04), right, to=shade(coat, 0.84), lift=3)
    else:
        s.cut(coat, trunk, to=shade(coat, 0.82), lift=2)
        s.cut(inner, smooth((-22, -6), (0, 4), (22, -6), (12, 30), (0, 46), (-12, 30)), lift=1.5)
        s.cut(shade(dress.skin, 0.92), smooth((-15, -12), (15, -12), (7, 14), (0, 24), (-7, 14)), lift=1)
    if dress.style == "hooded":
        s.cut(
            shade(coat, 1.1),
            smooth((-22, -10), (-46, 6), (-34, 34), (-8, 70)),
            smooth((22, -10), (46, 6), (34, 34), (8, 70)),
        )
        s.cut(PAPER, strip([(-14, 40), (-18, 110)], 3.4), strip([(14, 40), (17, 96)], 3.4), lift=1)
        s.cut(shade(coat, 0.9), smooth((-58 * w, 210), (-14, 204), (-16, 290), (-62 * w, 292)))
    if dress.style == "apron":
        s.cut(
            shade(coat, 1.1),
            smooth((-22, -12), (-34, 4), (-12, 24), (0, 12), (12, 24), (34, 4), (22, -12), (0, 2)),
        )
        s.cut(INK, *[ellipse(0, y, 3.4) for y in (34, 62)], lift=0.6)
        bib = [(-40, 84), (40, 84), (62 * w, 180), (68 * w, HEM + 60), (-68 * w, HEM + 60), (-62 * w, 180)]
        s.cut(dark, strip([(-36, 90), (-44 * w, 20)], 7), strip([(36, 90), (44 * w, 20)], 7), lift=1)
        s.cut((120, 88, 60), bib, to=(96, 68, 50), lift=3)
        s.cut((136, 102, 72), rounded(-34, 190, 34, 256, 6), lift=1.6)
        s.cut((206, 186, 130), strip([(14, 170), (18, 214)], 5), strip([(22, 176), (24, 214)], 4), lift=1)
    if dress.style == "cardigan":
        s.cut(shade(coat, 0.8), strip([(-20, -4), (-8, 100), (-4, 300), (-2, HEM)], 9), lift=1)
        s.cut(shade(PAPER, 0.9), *[ellipse(-8 + n * 1.2, 110 + n * 46, 4) for n in range(5)], lift=0.8)
        s.cut((182, 138, 130), smooth((-34, -14), (0, 16), (34, -14), (40, 8), (0, 44), (-40, 8)), lift=3)
        s.cut((198, 156, 142), smooth((-12, 24), (14, 22), (24, 110), (2, 124)), lift=2)
    if dress.style == "floral":
        spots = [
            (-50, 60),
            (-18, 86),
            (40, 64),
            (16, 130),
            (-44, 140),
            (50, 150),
            (-8, 190),
            (-52, 226),
            (36, 232),
            (2, 290),
        ]
        for n, (x, y) in enumerate(spots):
            color = ((255, 226, 176), (250, 196, 120), (252, 236, 220))[n % 3]
            s.cut(color, *[ellipse(x * w + math.cos(a) * 6, y + math.sin(a) * 6, 5, steps=12) for a in (0, 1.26, 2.51, 3.77, 5.03)],
                  lift=0.6)  # fmt: skip
        s.cut(
            shade(coat, 1.15),
            smooth((-24, -10), (-40, 2), (-10, 34), (0, 12), (10, 34), (40, 2), (24, -10), (0, 6)),
        )
    if dress.style in {"jacket", "blazer", "suit", "white-coat"}:
        collar = shade(coat, 1.12 if dress.style != "white-coat" else 0.96)
        s.cut(
            collar,
            smooth((-20, -12), (-40, 2), (-36, 40), (-8, 110), (-14, 40)),
            smooth((20, -12), (40, 2), (36, 40), (8, 110), (14, 40)),
        )
        s.cut(dark, *[ellipse(2, 140 + 44 * n, 3.6) for n in range(3)], lift=0.6)
        s.cut(shade(coat, 0.9), smooth((30 * w, 118), (58 * w, 114), (58 * w, 124), (30 * w, 128)), lift=1)
    if dress.style == "tracksuit":
        s.cut(
            inner,
            strip([(-40 * w, 4), (-58 * w, 60), (-62 * w, 240)], 10),
            strip([(40 * w, 4), (58 * w, 60), (62 * w, 240)], 10),
            lift=1,
        )
        s.cut(inner, smooth((-24, -12), (-36, 4), (-6, 40), (0, 16), (6, 40), (36, 4), (24, -12), (0, 0)))
        s.cut(PAPER, strip([(0, 40), (0, 300)], 3), lift=0.5)
        s.cut((70, 60, 58), strip([(-46, 4), (-40, 180)], 12), strip([(46, 4), (42, 180)], 12), lift=2)
    if dress.style == "polo":
        s.cut(inner, smooth((-22, -12), (-36, 0), (-10, 34), (0, 12), (10, 34), (36, 0), (22, -12), (0, 2)))
        s.cut(shade(coat, 0.84), smooth((-80, 120), (80, 120), (80, 136), (-80, 136)), clip=(trunk,), lift=0)
        s.cut(shade(coat, 1.12), smooth((-80, 150), (80, 150), (80, 160), (-80, 160)), clip=(trunk,), lift=0)
    if dress.style == "vest":
        s.cut(shade(inner, 0.9), smooth((-20, -14), (-30, 0), (0, 22), (30, 0), (20, -14)))
        s.cut((238, 196, 92), smooth((-80, 150), (80, 150), (80, 166), (-80, 166)), clip=(trunk,), lift=0)
        s.cut(shade(coat, 0.7), strip([(0, 40), (0, HEM)], 3), lift=0)
    if "tie" in dress.extras:
        s.cut(VERMILION, smooth((-7, 16), (7, 16), (10, 90), (0, 112), (-10, 90)), lift=1.5)
    if "badge" in dress.extras:
        s.cut((238, 206, 110), ellipse(36, 70, 9), lift=1.2)
    if "towel" in dress.extras:
        s.cut((244, 240, 228), smooth((-36, -8), (-50, 10), (-52, 120), (-32, 122), (-28, 20)), lift=2.4)
    if "stethoscope" in dress.extras:
        s.cut((66, 72, 84), strip([(-24, 0), (-26, 60), (0, 96), (26, 60), (24, 0)], 5), lift=1.4)
        s.cut((188, 194, 200), ellipse(0, 104, 9), lift=1.2)
    if "cord" in dress.extras:
        s.cut((200, 50, 44), strip([(-16, 2), (-8, 40), (0, 58), (8, 40), (16, 2)], 2.6), lift=0.8)


def arm(dress: Look, side: int, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = Stage(-200, -200, 200, 330, scale, side < 0)
    w, coat = dress.build, dress.coat
    sleeve = dress.inner if dress.style == "vest" else coat
    shoulder = 52 * w
    s.cut(
        shade(dress.skin, 0.98),
        smooth((26, 236), (36, 226), (54, 234), (52, 256), (38, 270), (22, 258)),
        lift=2,
    )
    upper = smooth((shoulder - 18, 28), (shoulder + 6, 22), (shoulder + 24, 46), (shoulder + 36, 120), (shoulder + 28, 186),
                   (50, 248), (28, 238), (shoulder - 2, 168), (shoulder - 8, 110))  # fmt: skip
    s.cut(shade(sleeve, 1.06), upper, to=shade(sleeve, 0.84), lift=4)
    s.cut(shade(sleeve, 0.72), strip([(54, 232), (32, 222)], 8), lift=1)
    s.cut((216, 182, 110), ellipse(shoulder + 4, 44, 4.6), lift=1)  # the brass of the joint
    s.cut(shade((216, 182, 110), 0.6), ellipse(shoulder + 4, 44, 1.6, steps=12), lift=0, rim=0)
    return s.done(light)
