"""The card in front of an episode, the one behind it, and the sheet that slides between scenes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from smallscreen.sample import umbrella
from smallscreen.sample.palette import OILED, PAPER, VERMILION
from smallscreen.sample.paper import Sheet, Sprite, leaf, mix, shade, smooth
from smallscreen.sample.storyboard import Board

SIZE = (540, 960)

Draw = Callable[[float, int], Image.Image]
"""Gives a picture for the part of the shot that is over (0 to 1) and the number of the drawing."""


def title(board: Board) -> Draw:
    """The card in front: an umbrella against the light, one panel more for every episode."""
    sheet = Sheet(*SIZE, seed=31).fill((252, 226, 166), (226, 160, 96))
    sheet.glow(270, 330, 460, (255, 246, 214), 0.9)
    for n in range(4):
        tone = mix((214, 150, 92), (96, 48, 40), n / 3)
        y = 700 + n * 66
        ridge = [
            (x, y - 34 * math.sin(x * 0.012 + n * 1.9) - 16 * math.sin(x * 0.031 + n))
            for x in range(-20, 580, 20)
        ]
        sheet.piece(tone, [*ridge, (580, 980), (-20, 980)], lift=8)
    for x, way in ((0, 1), (540, -1)):
        sheet.line((54, 34, 32), [(x, 960), (x + way * 14, 400), (x + way * 34, -20)], 13, 6)
        for n in range(9):
            y = 40 + n * 74
            sheet.piece(shade((64, 42, 36), 1 + n % 3 * 0.12), leaf(x + way * 14, y, 92, 19, (24 if way > 0 else 156) + n % 3 * 15 * way),
                        leaf(x + way * 14, y, 70, 15, (60 if way > 0 else 120) + n % 2 * 14 * way), lift=6)  # fmt: skip
    number = f"第{board.episode}集"
    sheet.text(270, 706, board.series_title, 92, (250, 236, 204))
    sheet.text(270, 770, f"{number}　{board.title}" if board.title else number, 30, (244, 214, 160))
    base = sheet.sprite().image
    threaded = min(umbrella.RIBS - 1, 11 + 2 * board.episode)  # one panel always stays open
    disc = Sheet(*SIZE, seed=33)
    umbrella.from_above(
        disc, 270, 330, 205, VERMILION, rotation=-100, missing=range(threaded, umbrella.RIBS), lift=10
    )
    whole = disc.sprite()
    turned: dict[int, Sprite] = {}

    def draw(part: float, drawing: int) -> Image.Image:
        step = round(max(0.0, min(1.0, part)) * 24)
        if step not in turned:
            turned[step] = whole.turned(14 - step * 0.6, (270, 330))
        picture = base.copy()
        turned[step].onto(picture)
        return picture

    return draw


def ending(board: Board) -> Draw:
    sheet = Sheet(*SIZE, seed=41).fill((74, 42, 38), (38, 24, 28))
    sheet.glow(270, 380, 380, (255, 196, 112), 0.7)
    umbrella.from_side(sheet, 270, 240, 190, OILED if board.last else VERMILION, missing=(6,), lift=10)
    sheet.text(270, 660, "完" if board.last else "待　续", 54, PAPER)
    sheet.text(270, 710, board.series_title, 24, (226, 190, 140))
    sheet.piece(
        (28, 18, 22),
        smooth((-20, 860), (150, 836), (300, 862), (430, 840), (560, 856), (560, 980), (-20, 980)),
        lift=8,
    )
    image = sheet.sprite().image
    return lambda part, number: image.copy()


def slid(old: Image.Image, new: Image.Image, part: float) -> Image.Image:
    """The new picture as a sheet that slides in from the right, its torn edge in front."""
    x = round(540 * (1 - part) ** 2.2)
    picture = old.copy()
    edge = _torn_edge()
    picture.paste((14, 8, 10), (x - 70, 0), edge[0])
    picture.paste(new.crop((0, 0, 540 - x, 960)), (x, 0))
    picture.paste((246, 238, 220), (x - 12, 0), edge[1])
    return picture


_EDGE: list[Image.Image] = []


def _torn_edge() -> list[Image.Image]:
    if not _EDGE:
        ramp = np.linspace(0, 1, 70, dtype=np.float32)[None, :] ** 2 * 150
        _EDGE.append(Image.fromarray(np.repeat(ramp, 960, 0).astype(np.uint8)))
        torn = [
            (3 + 3 * math.sin(y * 0.37) + 2 * math.sin(y * 0.11) + 1.5 * math.sin(y * 1.7), float(y))
            for y in range(-4, 968, 4)
        ]
        sheet = Sheet(20, 960).piece((255, 255, 255), [*torn, (15, 968), (15, -4)], lift=0, rim=0)
        whole = sheet.sprite()
        mask = Image.new("L", (20, 960))
        mask.paste(whole.mask, (whole.x, whole.y))
        _EDGE.append(mask)
    return _EDGE
