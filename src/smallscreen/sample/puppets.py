"""The people: paper puppets, jointed at neck and shoulders, told apart by outline, hair, color and prop.

A puppet is drawn about the root of its neck, at (0, 0); a head is 100 units high, x grows to the
right, y down. What a character wears stands in `wardrobe.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image

from smallscreen.sample.clothes import arm, body
from smallscreen.sample.heads import Face, head
from smallscreen.sample.paper import RGB, Sprite
from smallscreen.sample.wardrobe import WARDROBE, Look, look

__all__ = ["WARDROBE", "Face", "Look", "Puppet", "look"]


class Puppet:
    """One character at one size in one light; its parts are drawn when first needed and kept."""

    def __init__(self, dress: Look, scale: float, ambient: RGB, side: int = 1) -> None:
        self.dress, self.scale, self.side = dress, scale, side
        self._light = (ambient[0] / 255, ambient[1] / 255, ambient[2] / 255)
        self._parts: dict[tuple[object, ...], Sprite] = {}

    def draw(
        self, target: Image.Image, x: float, y: float, face: Face, nod: float, sway: float, reach: float
    ) -> None:
        """Pastes the puppet with the root of its neck at x, y (pixels); `nod`, `sway`, `reach` turn
        the head, the body and the arm, in degrees."""
        y -= self.dress.height * self.scale
        dx, dy = round(x), round(y)
        for sprite in (
            self._part("body", sway, self._body),
            self._part("arm", sway * 0.5 + reach, self._arm, joint=(52 * self.dress.build * self.side, 38)),
        ):
            sprite.onto(target, dx, dy)
        lean = math.sin(math.radians(sway)) * 8 * self.scale
        self._part(("head", face), nod, lambda: head(self.dress, face, self.scale, self._light)).onto(
            target, round(x + lean), dy
        )

    def _part(
        self, name: object, angle: float, make: Callable[[], Sprite], joint: tuple[float, float] = (0, 0)
    ) -> Sprite:
        step = round(angle * 1.5)  # stop motion: an angle every two thirds of a degree
        key = (name, step)
        if key not in self._parts:
            if (name, 0) not in self._parts:
                self._parts[(name, 0)] = make()
            pivot = (joint[0] * self.scale, joint[1] * self.scale)
            self._parts[key] = self._parts[(name, 0)].turned(step / 1.5, pivot)
        return self._parts[key]

    def _body(self) -> Sprite:
        return body(self.dress, self.side, self.scale, self._light)

    def _arm(self) -> Sprite:
        return arm(self.dress, self.side, self.scale, self._light)
