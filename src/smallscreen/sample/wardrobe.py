"""What the characters wear, so that each is known by outline, hair, color and what they carry."""

from __future__ import annotations

from dataclasses import dataclass, replace

from smallscreen.sample.palette import PAPER
from smallscreen.sample.paper import RGB

HEM = 350
"""Where a coat ends, units below the neck."""
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
