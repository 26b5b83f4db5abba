"""The places of the story as layers of paper, one painter for each motif of the storyboard.

A backdrop is three layers: `back` (what is far, opaque; rain falls in front of it), `mid` (walls
and ground, with their windows open to the back) and `front` (what stands nearer than the people).
All are `WIDTH` wide: `MARGIN` pixels more on both sides than the picture, for the drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from smallscreen.sample import indoors, outdoors
from smallscreen.sample.palette import Light
from smallscreen.sample.paper import Sheet, Sprite
from smallscreen.sample.scenery import HEIGHT, WIDTH

Painter = Callable[[Sheet, Sheet, Sheet, Light], tuple[bool, int]]
"""Paints back, mid and front; gives whether the place is outdoors, and the height of its surface."""

MOTIFS: dict[str, Painter] = {
    "workshop": indoors.workshop,
    "kitchen": indoors.kitchen,
    "hospital": indoors.hospital,
    "shop": indoors.shop,
    "courtyard": outdoors.courtyard,
    "street": outdoors.street,
    "bus": outdoors.bus,
    "school": outdoors.school,
}


@dataclass(slots=True)
class Backdrop:
    back: Image.Image
    mid: Sprite
    front: Sprite
    outdoors: bool
    surface: int
    """The y at which props stand: a table's or counter's upper side, or the ground near the viewer."""


def paint(motif: str, light: Light) -> Backdrop:
    """The layers of a place in a light; ValueError names the motifs that there are."""
    if motif not in MOTIFS:
        raise ValueError(f"the storyboard asks for the motif {motif!r}; there are {', '.join(MOTIFS)}")
    back = Sheet(WIDTH, HEIGHT, 1).fill(light.top, light.bottom)
    mid, front = Sheet(WIDTH, HEIGHT, 2), Sheet(WIDTH, HEIGHT, 3)
    outdoors, surface = MOTIFS[motif](back, mid, front, light)
    return Backdrop(back.sprite().image, mid.sprite(), front.sprite(), outdoors, surface)
