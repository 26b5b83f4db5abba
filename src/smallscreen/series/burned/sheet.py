"""A contact sheet: every line as it stood in the picture, beside what was read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from smallscreen.engines import fonts
from smallscreen.series.burned.model import BurnedCue

_LEFT, _WIDE, _LINE, _ROW = 150, 460, 40, 26
_MOST = 150
_PAPER, _INK, _FAINT, _ALARM = (250, 250, 248), (28, 28, 30), (120, 120, 124), (192, 40, 30)


def write(path: Path, title: str, cues: Sequence[BurnedCue], unsure: float) -> None:
    """A PNG at `path` with a row a cue (the first 150); those below `unsure` are marked. Whole or not at all."""
    shown = cues[:_MOST]
    heights = [max(_LINE, _ROW * max(1, len(c.text.split("\n"))) + 14, _fit(c.picture)[1] + 8) for c in shown]
    image = Image.new("RGB", (_LEFT + 2 * _WIDE + 40, 52 + sum(heights) + 12), _PAPER)
    more = f" (the first {_MOST} of {len(cues)} cues)" if len(cues) > _MOST else f" ({len(cues)} cues)"
    fonts.draw_text(image, (14, 32), title + more, locale=None, size=20, weight="bold", fill=_INK)
    y = 52
    for number, (cue, high) in enumerate(zip(shown, heights, strict=True), 1):
        doubtful = cue.confidence < unsure
        color = _ALARM if doubtful else _FAINT
        if doubtful:
            image.paste(_ALARM, (0, y, 5, y + high - 4))
        at = f"{number}  {cue.start_ms // 60_000}:{cue.start_ms % 60_000 / 1000:06.3f}"
        fonts.draw_text(image, (14, y + 16), at, locale=None, size=14, fill=_FAINT)
        fonts.draw_text(image, (14, y + 33), f"{cue.confidence:.2f}", locale=None, size=13, fill=color)
        wide, tall = _fit(cue.picture)
        crop = Image.fromarray(np.asarray(cue.picture)).resize((wide, tall), Image.Resampling.BICUBIC)
        image.paste(crop.convert("RGB"), (_LEFT, y + 2))
        for line, text in enumerate(cue.text.split("\n")):
            fonts.draw_text(
                image, (_LEFT + _WIDE + 20, y + 24 + line * _ROW), text[:40], locale=None, size=18, fill=_INK
            )
        y += high
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}.png")
    try:
        image.save(part, optimize=True)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _fit(picture: np.ndarray) -> tuple[int, int]:
    high, wide = picture.shape[:2]
    scale = min(_WIDE / max(1, wide), 1.0)
    return max(1, round(wide * scale)), max(1, round(high * scale))
