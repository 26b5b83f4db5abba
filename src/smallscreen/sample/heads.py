"""A puppet's head: face, hair, glasses, beard."""

from __future__ import annotations

from dataclasses import dataclass

from smallscreen.sample.clothes import Stage
from smallscreen.sample.palette import VERMILION
from smallscreen.sample.paper import Shape, Sprite, ellipse, mix, shade, smooth, strip
from smallscreen.sample.wardrobe import Look


@dataclass(frozen=True, slots=True)
class Face:
    """What a head shows now. `side` is 1 when it looks right and -1 when it looks left."""

    side: int = 1
    eyes: bool = True
    mouth: int = 0
    mood: str = "quiet"


def head(dress: Look, face: Face, scale: float, light: tuple[float, float, float]) -> Sprite:
    s = Stage(-90, -140, 90, 40, scale, face.side < 0)
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


def _features(s: Stage, dress: Look, face: Face) -> None:
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


def _hair_behind(s: Stage, dress: Look) -> None:
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


def _hair_front(s: Stage, dress: Look, outline: Shape) -> None:
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
