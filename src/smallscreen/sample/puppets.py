"""The people: paper puppets, jointed at neck and shoulders, told apart by outline, hair, color and prop.

A puppet is drawn about the root of its neck, at (0, 0); a head is 100 units high, x grows to the
right, y down. What a character wears stands in `WARDROBE`; someone who is not there is dressed by
gender and age.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

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

HEM = 350  # where a coat ends, units below the neck
SKIN: RGB = (238, 200, 164)


@dataclass(frozen=True, slots=True)
class Look:
    """How a puppet is dressed. `build` is the width of the shoulders, `height` lifts the neck (units)."""

    hair: str
    hair_color: RGB
    coat: RGB
    inner: RGB
    style: str
    skin: RGB = SKIN
    build: float = 1
    height: float = 0
    jaw: float = 0
    extras: tuple[str, ...] = ()


WARDROBE: dict[str, Look] = {
    "林小满": Look("ponytail", (44, 34, 36), (206, 96, 66), (246, 236, 214), "hooded", (244, 208, 174), 0.88, 6),
    "周德全": Look("cap", (232, 226, 214), (62, 84, 104), (120, 132, 128), "apron", (220, 174, 132), 0.96, -26,
                extras=("beard", "wrinkles", "white-brows", "cord")),
    "周玉兰": Look("bun", (54, 44, 44), (112, 82, 112), (224, 210, 196), "cardigan", (230, 188, 150), 0.92, -8),
    "罗春梅": Look("perm", (84, 46, 36), (196, 74, 88), (250, 220, 160), "floral", (240, 198, 160), 1.04, -4,
                extras=("earrings",)),
    "林建军": Look("crew", (46, 38, 36), (96, 112, 78), (232, 222, 196), "jacket", (214, 164, 122), 1.16, 6, 4,
                extras=("stubble", "towel")),
    "周浩": Look("mop", (34, 30, 36), (60, 98, 156), (240, 240, 236), "tracksuit", (238, 198, 160), 0.9, 2),
    "周玉刚": Look("thin", (52, 46, 46), (142, 132, 112), (236, 232, 222), "polo", (226, 182, 144), 1.1, 0, 5,
                extras=("glasses",)),
    "王桂芳": Look("grey-perm", (150, 146, 148), (176, 46, 44), (98, 84, 92), "vest", (228, 186, 148), 1.06, -18,
                extras=("badge",)),
    "何静": Look("bob", (38, 32, 40), (72, 110, 108), (248, 244, 234), "blazer", (246, 212, 180), 0.88, 4,
               extras=("glasses",)),
    "钱志远": Look("slick", (28, 26, 30), (48, 50, 66), (244, 244, 248), "suit", (236, 194, 156), 1.1, 10, 3,
                extras=("glasses", "tie")),
    "医生": Look("parted", (42, 36, 38), (244, 246, 244), (140, 178, 190), "white-coat", (240, 202, 166), 1, 8,
               extras=("stethoscope",)),
}  # fmt: skip


def look(name: str, gender: str | None = None, age: int | None = None) -> Look:
    """The dress of a character; one unknown to the wardrobe is dressed by gender and age."""
    if name in WARDROBE:
        return WARDROBE[name]
    old, young = (age or 40) >= 65, (age or 40) < 22
    hair = {
        True: "bun" if old else "ponytail" if young else "bob",
        False: "thin" if old else "mop" if young else "parted",
    }
    made = Look(
        hair[gender == "female"], (206, 202, 198) if old else (44, 36, 38), (120, 110, 100), PAPER, "jacket"
    )
    number = sum(map(ord, name))
    coats: tuple[RGB, ...] = ((122, 104, 84), (84, 112, 116), (150, 92, 78), (104, 112, 84))
    return replace(made, coat=coats[number % 4], build=1 if gender == "female" else 1.1)


@dataclass(frozen=True, slots=True)
class Face:
    """What a head shows now. `side` is 1 when it looks right and -1 when it looks left."""

    side: int = 1
    eyes: bool = True
    mouth: int = 0
    mood: str = "quiet"


class Puppet:
    """One character at one size in one light; its parts are drawn when first needed and kept."""

    def __init__(self, dress: Look, scale: float, ambient: RGB, side: int = 1) -> None:
        self.dress, self.scale, self.side = dress, scale, side
        self._light = (ambient[0] / 255, ambient[1] / 255, ambient[2] / 255)
        self._parts: dict[tuple[object, ...], Sprite] = {}

    def draw(
        self, target: object, x: float, y: float, face: Face, nod: float, sway: float, arm: float
    ) -> None:
        """Pastes the puppet with the root of its neck at x, y (pixels); angles in degrees."""
        y -= self.dress.height * self.scale
        dx, dy = round(x), round(y)
        for sprite in (
            self._part("body", sway, lambda: self._body()),
            self._part(
                "arm", sway * 0.5 + arm, lambda: self._arm(), joint=(52 * self.dress.build * self.side, 38)
            ),
        ):
            sprite.onto(target, dx, dy)  # type: ignore[arg-type]
        lean = math.sin(math.radians(sway)) * 8 * self.scale
        self._part(("head", face), nod, lambda: _head(self.dress, face, self.scale, self._light)).onto(
            target, round(x + lean), dy  # type: ignore[arg-type]
        )  # fmt: skip

    def _part(self, name: object, angle: float, make: object, joint: tuple[float, float] = (0, 0)) -> Sprite:
        step = round(angle * 1.5)  # stop motion: an angle every two thirds of a degree
        key = (name, step)
        if key not in self._parts:
            if (name, 0) not in self._parts:
                self._parts[(name, 0)] = make()  # type: ignore[operator]
            pivot = (joint[0] * self.scale, joint[1] * self.scale)
            self._parts[key] = self._parts[(name, 0)].turned(step / 1.5, pivot)
        return self._parts[key]

    def _body(self) -> Sprite:
        return _body(self.dress, self.side, self.scale, self._light)

    def _arm(self) -> Sprite:
        return _arm(self.dress, self.side, self.scale, self._light)


class _Stage:
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


@lru_cache(maxsize=96)
def _body(dress: Look, side: int, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = _Stage(-150, -60, 150, 660, scale, side < 0)
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


def _clothes(s: _Stage, dress: Look, left: Shape, right: Shape, trunk: Shape) -> None:
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


@lru_cache(maxsize=96)
def _arm(dress: Look, side: int, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = _Stage(-200, -200, 200, 330, scale, side < 0)
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


@lru_cache(maxsize=256)
def _head(dress: Look, face: Face, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = _Stage(-90, -140, 90, 40, scale, face.side < 0)
    skin, j = dress.skin, dress.jaw
    _hair_behind(s, dress)
    s.cut(shade(skin, 0.94), ellipse(-35, -52, 9, 13), lift=1.5)
    outline = smooth((-37, -66), (-34, -98), (0, -112), (34, -98), (39, -66), (38 + j * 0.5, -38), (26 + j, -14), (6, -4),
                     (-16 - j, -12), (-33 - j * 0.5, -36))  # fmt: skip
    s.cut(skin, outline, to=shade(skin, 0.93), lift=3)
    s.cut(
        (226, 112, 92),
        ellipse(-13, -36, 9, 6),
        ellipse(29, -36, 7, 6),
        lift=0,
        rim=0,
        alpha=0.28,
        clip=(outline,),
    )
    _features(s, dress, face)
    _hair_front(s, dress, outline)
    return s.done(light)


def _features(s: _Stage, dress: Look, face: Face) -> None:
    skin, ink = dress.skin, (46, 34, 34)
    old = "wrinkles" in dress.extras
    brow = (236, 232, 224) if "white-brows" in dress.extras else shade(dress.hair_color, 0.9)
    tilt = {"tense": 3.5, "cold": -2, "quiet": -1.5, "tender": -2.5, "warm": -0.5, "funny": 0}.get(
        face.mood, 0
    )
    lift = 3 if face.mood == "funny" else 0
    for x, way in ((-7, -1), (25, 1)):
        if face.eyes:
            s.cut(ink, ellipse(x, -53, 4.1, 5.4, steps=24), lift=0, rim=0)
            s.cut((255, 250, 240), ellipse(x + 1.5, -55.2, 1.3, steps=10), lift=0, rim=0)
            s.cut(
                ink, strip([(x - 7, -57), (x - 2, -60.5), (x + 4, -60.3), (x + 8, -57)], 2.2), lift=0, rim=0
            )
        else:
            s.cut(
                ink, strip([(x - 7, -54), (x - 2, -51.4), (x + 3, -51.4), (x + 7, -54)], 2.3), lift=0, rim=0
            )
        inner, outer = -68 + tilt - lift, -68 - tilt - lift
        ends = [(x - 9, outer if way < 0 else inner), (x, -71.5 - lift), (x + 9, inner if way < 0 else outer)]
        s.cut(brow, strip(ends, 5.5 if old else 3.4, 4.5 if old else 2.6), lift=0.5, rim=0)
    s.cut(shade(skin, 0.86), smooth((11, -50), (16, -40), (17, -33), (11, -31), (7, -33)), lift=0.9, rim=0.1)
    if old:
        s.cut(shade(skin, 0.8), strip([(-14, -42), (-8, -39), (-2, -41)], 1.3), strip([(20, -41), (26, -39), (31, -42)], 1.3),
              strip([(-12, -84), (4, -86), (20, -84)], 1.4), strip([(-8, -79), (6, -80.5), (20, -79)], 1.2), lift=0, rim=0)  # fmt: skip
    mouth = (148, 62, 56)
    if face.mouth == 2:
        s.cut((104, 38, 40), ellipse(11, -21, 7.5, 6.5), lift=0, rim=0)
        s.cut((246, 234, 222), smooth((5, -25), (17, -25), (16, -22.5), (6, -22.5)), lift=0, rim=0)
    elif face.mouth == 1:
        s.cut((118, 44, 44), ellipse(11, -21.5, 6.5, 3.4), lift=0, rim=0)
    else:
        bend = {"funny": 3.2, "warm": 2.6, "tender": 1.4, "tense": -1.6, "cold": -1.4}.get(face.mood, 0.4)
        s.cut(mouth, strip([(3, -22), (11, -22 + bend), (19, -22)], 2.4), lift=0, rim=0)
    if "beard" in dress.extras:
        white = (238, 234, 226)
        s.cut(white, smooth((0, -27), (11, -30), (22, -27), (24, -23.5), (11, -26), (-2, -23.5)), lift=0.9)
        s.cut(white, smooth((-2, -13), (11, -16), (22, -13), (18, 4), (11, 16), (4, 4)), lift=1.6)
    if "stubble" in dress.extras:
        s.cut((92, 76, 70), smooth((-20, -24), (-10, -8), (8, -4), (26, -12), (34, -30), (28, -14), (8, -12), (-12, -14)),
              lift=0, rim=0, alpha=0.28)  # fmt: skip
    if "glasses" in dress.extras:
        rims = [strip([*ellipse(x, -53, 12.5, 11), (x + 12.5, -53)], 2.3) for x in (-7, 25)]
        s.cut(
            (44, 38, 42),
            *rims,
            strip([(5.5, -54), (9, -55.5), (12.5, -54)], 2.2),
            strip([(-19, -55), (-36, -58)], 2.2),
            lift=0.8,
        )
        s.cut(
            (255, 255, 255),
            strip([(-13, -50), (-6, -60)], 3),
            strip([(20, -50), (27, -60)], 3),
            lift=0,
            rim=0,
            alpha=0.3,
        )


def _hair_behind(s: _Stage, dress: Look) -> None:
    h = dress.hair_color
    if dress.hair == "ponytail":
        s.cut(
            shade(h, 0.9),
            smooth(
                (-30, -92), (-58, -86), (-70, -50), (-62, -4), (-74, 30), (-50, 20), (-42, -20), (-34, -50)
            ),
            lift=3,
        )
        s.cut(VERMILION, ellipse(-44, -80, 7, 9), lift=1.5)
    elif dress.hair == "bob":
        s.cut(
            shade(h, 0.85),
            smooth(
                (-38, -104),
                (0, -118),
                (40, -102),
                (50, -60),
                (48, -8),
                (30, -2),
                (-38, -2),
                (-50, -16),
                (-48, -66),
            ),
        )
    elif dress.hair == "bun":
        s.cut(shade(h, 0.9), ellipse(-44, -64, 22, 20), lift=3)
        s.cut((206, 170, 96), strip([(-66, -76), (-22, -52)], 3.6), lift=1.4)
    elif dress.hair in {"perm", "grey-perm"}:
        spots = [
            (-40, -30),
            (-48, -52),
            (-50, -76),
            (-38, -98),
            (-18, -112),
            (6, -116),
            (28, -108),
            (42, -92),
            (46, -70),
        ]
        if dress.hair == "perm":
            spots += [(-42, -10), (44, -46), (42, -22)]
        s.cut(shade(h, 0.88), *[ellipse(x, y, 19) for x, y in spots], lift=3)
    if "earrings" in dress.extras:
        s.cut((236, 190, 84), ellipse(-37, -34, 4.5), lift=1)


def _hair_front(s: _Stage, dress: Look, outline: Shape) -> None:
    h = dress.hair_color
    light = shade(h, 1.25)
    if dress.hair == "ponytail":
        s.cut(h, smooth((-39, -52), (-43, -84), (-26, -112), (4, -119), (34, -108), (43, -80), (40, -58), (34, -78), (22, -92),
                        (2, -84), (-18, -84), (-32, -70)), lift=2.2)  # fmt: skip
        s.cut(light, strip([(-30, -98), (0, -112), (28, -102)], 2.4), lift=0, rim=0)
    elif dress.hair == "cap":
        s.cut(
            h,
            smooth((-40, -44), (-44, -74), (-34, -88), (-28, -74), (-31, -50)),
            smooth((37, -58), (41, -78), (35, -86), (32, -72)),
        )
        s.cut(
            (70, 82, 92),
            smooth((-43, -80), (-42, -108), (-14, -126), (22, -122), (40, -104), (42, -82), (0, -88)),
            to=(52, 62, 74),
            lift=3,
        )
        s.cut((56, 66, 78), smooth((4, -86), (42, -88), (62, -76), (48, -74), (20, -78)), lift=3)
        s.cut((92, 104, 112), strip([(-42, -84), (0, -92), (42, -86)], 4), lift=0.6)
    elif dress.hair == "bun":
        s.cut(h, smooth((-39, -48), (-44, -84), (-24, -114), (6, -118), (36, -104), (42, -76), (38, -66), (28, -90), (6, -98),
                        (-14, -92), (-30, -72)), lift=2.2)  # fmt: skip
        s.cut((150, 142, 140), strip([(-6, -110), (14, -106), (32, -92)], 2.2), lift=0, rim=0)
    elif dress.hair in {"perm", "grey-perm"}:
        curls = [(-34, -80), (-22, -98), (-4, -104), (14, -103), (30, -94), (39, -78)]
        s.cut(h, *[ellipse(x, y, 14.5) for x, y in curls], lift=2.2)
        s.cut(
            light, *[strip(ellipse(x - 2, y - 2, 7.5, 7.5, 190, 330, 10), 2) for x, y in curls], lift=0, rim=0
        )
    elif dress.hair == "crew":
        s.cut(h, smooth((-39, -62), (-42, -92), (-30, -114), (0, -121), (30, -114), (42, -92), (40, -66), (34, -90), (10, -97),
                        (-20, -95), (-33, -82)), lift=2)  # fmt: skip
    elif dress.hair == "mop":
        s.cut(h, smooth((-42, -50), (-48, -84), (-38, -112), (-14, -126), (-6, -120), (14, -130), (34, -116), (47, -96), (44, -62),
                        (36, -76), (30, -66), (20, -80), (10, -68), (-2, -80), (-14, -66), (-24, -76), (-32, -62)), lift=2.4)  # fmt: skip
    elif dress.hair == "thin":
        s.cut(
            h,
            smooth((-39, -50), (-43, -76), (-36, -92), (-30, -78), (-33, -54)),
            smooth((38, -60), (42, -80), (36, -92), (33, -76)),
        )
        s.cut(
            h,
            strip([(-34, -96), (-6, -114), (24, -108)], 4),
            strip([(-36, -88), (-8, -107), (28, -100)], 3),
            lift=0.8,
        )
    elif dress.hair == "bob":
        s.cut(h, smooth((-44, -40), (-49, -82), (-30, -114), (4, -120), (36, -108), (47, -78), (46, -34), (39, -30), (38, -70),
                        (16, -88), (-10, -80), (-30, -72), (-36, -36)), lift=2.4)  # fmt: skip
        s.cut(light, strip([(-34, -98), (0, -112), (30, -102)], 2.4), lift=0, rim=0)
    else:  # slick, parted
        s.cut(h, smooth((-39, -54), (-44, -86), (-30, -114), (2, -122), (32, -114), (43, -90), (40, -64), (35, -84), (20, -92),
                        (-10, -102), (-26, -84), (-33, -72)), lift=2.2)  # fmt: skip
        if dress.hair == "slick":
            s.cut(shade(h, 1.9), strip([(-24, -106), (0, -113), (26, -106)], 2.6), lift=0, rim=0)
        s.cut(mix(h, dress.skin, 0.5), strip([(-20, -114), (-12, -100)], 1.6), lift=0, rim=0)
