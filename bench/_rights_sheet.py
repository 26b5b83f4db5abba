"""The sheet of disguises for the documentation: one picture of each, made of frames of the sample series.

    python -m bench._rights_sheet SERIES docs/pictures/rights-disguises.jpg

SERIES is a folder with the sample series and its videos (`smallscreen demo` makes one).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
from PIL import Image, ImageDraw, ImageFont

from bench import _looks as look
from bench._rights_media import at_times, length

AT = 20.0
"""Seconds into the first episode."""
HIGH, GAP, TEXT = 250, 10, 24


@dataclass(frozen=True)
class Film:
    """What stands behind a picture-in-picture here: any video."""

    path: Path

    def file(self) -> Path:
        return self.path

    @property
    def seconds(self) -> float:
        return length(self.path)


def sheet(series: Path) -> Image.Image:
    """All looks of one moment, with their names."""
    films = [Film(p) for p in sorted((series / "video").glob("*.mp4"))]
    behind = cast(Any, films[1])
    looks: list[tuple[str, list[look.Look]]] = [
        ("ours", []),
        ("mirrored", [look.Mirror()]),
        ("cropped to 70 %", [look.Crop(0.7, 0.3, 0.35)]),
        ("cropped to 1:1", [look.Square(0.45)]),
        ("blurred sides", [look.Padded(960, 540)]),
        ("color and hue", [look.Tint(32, 1.5, 1.15, 0.8, 8)]),
        ("logo, subtitles", [look.Marks(2)]),
        ("in another video", [look.Inset(behind, 0.6, 0.8, 0.7)]),
        ("180x320", [look.Scaled(180, 320)]),
        ("filmed off a screen", [look.Filmed(5)]),
        ("three at once", [look.Crop(0.7, 0.5, 0.4), look.Tint(-30, 0.5, 0.9, 1.2, 0), look.Marks(4)]),
    ]
    shots = [(name, _shown(films[0], steps)) for name, steps in looks]
    rows: list[list[tuple[str, Image.Image]]] = [shots[:6], shots[6:]]
    width = max(sum(i.width for _, i in row) + GAP * (len(row) + 1) for row in rows)
    out = Image.new("RGB", (width, len(rows) * (HIGH + TEXT + GAP) + GAP), "white")
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(13)
    for index, row in enumerate(rows):
        x, y = GAP, GAP + index * (HIGH + TEXT + GAP)
        for name, image in row:
            out.paste(image, (x, y + HIGH - image.height))
            pen.text((x, y + HIGH + 5), name, font=font, fill=(40, 40, 40))
            x += image.width + GAP
    return out


def _shown(film: Film, looks: list[look.Look]) -> Image.Image:
    steps = [x.start(25) for x in looks]
    last: av.VideoFrame | None = None
    # A few pictures: the slow shutter of the filmed one needs the one before.
    for number, frame in enumerate(at_times(film.path, (AT + n / 25 for n in range(6)))):
        last = frame.reformat(540, 960) if (frame.width, frame.height) != (540, 960) else frame
        for step in steps:
            last = step(last, number)
    assert last is not None, f"{film.path} is shorter than {AT} seconds"
    image = last.to_image()
    high = HIGH if image.height > image.width else HIGH * 2 // 3
    if image.height < 400:
        image = image.resize((image.width * 960 // image.height, 960), Image.Resampling.NEAREST)
    return image.resize((image.width * high // image.height, high), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sheet(Path(sys.argv[1])).save(sys.argv[2], quality=82)
