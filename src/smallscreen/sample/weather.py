"""Rain, snow and fog."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from PIL import Image

from smallscreen.sample.palette import Light
from smallscreen.sample.paper import RGB, Sheet, ellipse, mix, strip


class Weather:
    """Rain, snow or fog as strips and bands of paper that pass between the layers."""

    def __init__(self, kind: str, scene_light: Light) -> None:
        self.kind = kind
        self._tone: RGB = mix(scene_light.bottom, (236, 242, 250), 0.6 if scene_light.night else 0.8)

    def far(self, picture: Image.Image, number: int) -> None:
        self._fall(picture, number, 0, 34)
        self._drift(picture, number, 0)

    def middle(self, picture: Image.Image, number: int) -> None:
        self._fall(picture, number, 1, 46)
        self._drift(picture, number, 1)

    def near(self, picture: Image.Image, number: int) -> None:
        self._fall(picture, number, 2, 62)

    def _fall(self, picture: Image.Image, number: int, depth: int, speed: int) -> None:
        if self.kind not in {"rain", "snow"}:
            return
        speed = speed if self.kind == "rain" else speed // 9
        masks = self._masks
        y = -960 + number * speed % 960
        x = -round(number * speed * 0.1) % 60 - 60
        for top in (y, y + 960):
            picture.paste(self._tone, (x, top), masks[depth])

    def _drift(self, picture: Image.Image, number: int, depth: int) -> None:
        if self.kind == "fog":
            mask = self._bands[depth]
            x = -(number * (1 + depth)) // 2 % 540
            for left in (x - 540, x):
                picture.paste(self._tone, (left, 0), mask)

    @cached_property
    def _masks(self) -> list[Image.Image]:
        made = []
        for depth, count in enumerate((120, 80, 26)):
            rng = np.random.default_rng(depth)
            sheet = Sheet(660, 1120)
            size = (1 + depth * 0.8) if self.kind == "rain" else (1.6 + depth * 1.2)
            for x, y, grow in zip(
                rng.uniform(0, 660, count),
                rng.uniform(0, 960, count),
                rng.uniform(0.7, 1.3, count),
                strict=True,
            ):
                for top in (y, y - 960, y + 960):  # tiles without a seam
                    if not -80 < top < 1120:
                        continue
                    length = 24 * (1 + depth * 0.7) * grow
                    shape = (
                        strip([(x, top), (x - length * 0.1, top + length)], size * 0.4, size)
                        if self.kind == "rain"
                        else ellipse(x, top, size * grow, steps=8)
                    )
                    sheet.piece((255, 255, 255), shape, lift=0, rim=0)
            whole = sheet.sprite()
            mask = Image.new("L", (660, 1120))
            mask.paste(whole.mask, (whole.x, whole.y))
            made.append(mask.crop((0, 0, 660, 960)).point([v * (86 + depth * 24) // 255 for v in range(256)]))
        return made

    @cached_property
    def _bands(self) -> list[Image.Image]:
        made = []
        for depth in range(2):
            across = np.arange(540, dtype=np.float32) * math.tau / 540
            down = np.arange(960, dtype=np.float32)[:, None]
            cover = np.zeros((960, 540), np.float32)
            for n in range(3):
                middle = 250 + n * 190 + depth * 60 + 26 * np.sin(across * (n + 1) + n * 2 + depth)
                cover += np.exp(-(((down - middle) / (70 + n * 14)) ** 2)) * (
                    0.75 + 0.25 * np.sin(across * 2 + n)
                )
            made.append(Image.fromarray((np.clip(cover, 0, 1) * (200 - depth * 50)).astype(np.uint8)))
        return made
