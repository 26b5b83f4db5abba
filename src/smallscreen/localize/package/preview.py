"""One picture an episode that shows the ways to cover side by side, with the edition's line set."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from smallscreen.engines.burn import still
from smallscreen.engines.cover import Covered
from smallscreen.engines.shape import text_picture
from smallscreen.engines.video import VideoInfo, probe
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.series.model import Line

_WIDE = 405  # pixels of each picture: four stand beside each other on a screen
_GAP = 8
_PAPER = (246, 244, 240)
_NAMES = {"blur": "blur", "box": "box", "inpaint": "inpaint", "none": "nothing covered"}


def write_preview(
    path: Path, bundle: EditionBundle, episode: EpisodeBundle, picture: Path, band: str | None
) -> None:
    """Writes a JPEG: the source as it is, then blur, box and inpaint with the edition's longest line.

    Where nothing is to be covered (a textless master, or it is not known where the source's subtitles
    stand), the source and the set line.
    """
    from smallscreen.localize.package.video import Burned

    info = probe(picture)
    plain = Burned(bundle, episode, info, "none", band, lines=())
    line = _telling(episode, [(o.start_ms, o.end_ms) for o in plain.old], info)
    at = min(max(0, (line.start_ms + line.end_ms) // 2), max(0, info.duration_ms - 100))
    source = episode.video if episode.video is not None and episode.video.is_file() else picture
    tiles = [("original", still(source, at, []))]
    for cover in ("blur", "box", "inpaint") if plain.old else ("none",):
        work = Burned(bundle, episode, info, cover, band, lines=(line.index,))
        name = "textless master" if episode.textless else _NAMES[cover]
        ways: list[Covered] = []
        shown = still(picture, at, work.overlays(), work.covers(), ways)
        if any(w.way != "filled" for w in ways):
            # What stands under this name is not what the name promises.
            name += " (no letters found)" if any(w.way == "not found" for w in ways) else " (blurred here)"
        tiles.append((name, shown))
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.jpg")
    try:
        Image.fromarray(_sheet(tiles, f"{at / 1000:.1f} s")).save(partial, quality=90)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _telling(episode: EpisodeBundle, times: list[tuple[int, int]], info: VideoInfo) -> Line:
    """The longest line among those that stand while a subtitle of the source does."""

    def rank(line: Line) -> tuple[bool, bool, int]:
        middle = (line.start_ms + line.end_ms) // 2
        return (
            middle < info.duration_ms,
            any(start <= middle < end for start, end in times),
            min(len(line.text), 80),
        )

    return max(episode.lines, key=rank)


def _sheet(tiles: list[tuple[str, np.ndarray]], when: str) -> np.ndarray:
    shown = []
    for number, (name, picture) in enumerate(tiles):
        wide = min(_WIDE, picture.shape[1])
        high = max(1, round(picture.shape[0] * wide / picture.shape[1]))
        small = np.asarray(Image.fromarray(picture).resize((wide, high), Image.Resampling.LANCZOS))
        head = Image.new("RGB", (wide, 34), _PAPER)
        text = text_picture(
            f"{name}, {when}" if number == 0 else name, locale="en-US", size=17, fill=(27, 26, 24), outline=0
        )
        drawn = Image.fromarray(text)
        head.paste(drawn, (4, (34 - drawn.height) // 2), drawn)
        shown.append(np.vstack([np.asarray(head), small]))
    gap = np.full((shown[0].shape[0], _GAP, 3), _PAPER, np.uint8)
    high = shown[0].shape[0]
    row = []
    for tile in shown:
        if tile.shape[0] != high:  # a textless master of another shape
            tile = np.asarray(Image.fromarray(tile).resize((tile.shape[1], high)))
        row += [gap, tile]
    return np.hstack([*row, gap])
