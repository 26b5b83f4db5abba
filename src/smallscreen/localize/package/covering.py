"""Where the source's own subtitles stand in the picture, and how they are covered.

The place comes from `--band`, else from what was read out of the picture (`ocr`), else from `series.toml`:

    burned_in = [0.08, 0.60, 0.92, 0.66]   # x0, y0, x1, y1 as parts of the width and height

What was read says for each subtitle from when to when it stands and where. A band says only where: it is
covered while a source cue stands. A textless master has nothing to cover.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smallscreen.engines.cover import Covered
from smallscreen.errors import UserError
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.setting import Box

CHOICES = ("none", "blur", "box", "inpaint")
_GAP_MS = 600  # a cover stays over shorter gaps, so that it does not blink
_FRAME_MS = 42
_SIDES = 0.04  # of the width, left free on both sides by a band that names only its top and bottom
_BAND = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(%|px)?\s*[-–]\s*(\d+(?:\.\d+)?)\s*(%|px)?\s*$")


@dataclass(frozen=True, slots=True)
class Old:
    """A subtitle of the source, or several in one place: from when to when, and the box in pixels.

    `read` says that it was read out of the picture, and is not only likely to stand there.
    """

    start_ms: int
    end_ms: int
    box: Box
    read: bool = False


def choice(cover: bool | str) -> str:
    """How to cover, by its name; True is a box, False nothing. UserError for a name there is not."""
    if isinstance(cover, bool):
        return "box" if cover else "none"
    if cover not in CHOICES:
        raise UserError(f"There is no cover {cover!r}; there are {', '.join(CHOICES)}.")
    return cover


def old_subtitles(
    bundle: EditionBundle, episode: EpisodeBundle, width: int, height: int, band: str | None = None
) -> list[Old]:
    """The source's subtitles in a picture of that size, by time; none on a textless master."""
    if episode.textless:
        return []
    if band is None and episode.boxes:
        found = []
        for start, end, x0, y0, x1, y1 in episode.boxes:
            pad = max(3, round((y1 - y0) * 0.12))  # the letters' outline
            inside = _clipped((x0 - pad, y0 - pad, x1 + pad, y1 + pad), width, height)
            if end > start and inside is not None:
                found.append(Old(int(start), int(end), inside, True))
        return sorted(found, key=lambda o: o.start_ms)
    box = of_band(band, width, height) if band is not None else burned_in(bundle, width, height)
    if box is None:
        return []
    cues = sorted((c.start_ms, c.end_ms) for c in episode.cues if c.end_ms > c.start_ms)
    return [Old(start, end, box) for start, end in cues]


def steady(old: Sequence[Old]) -> list[Old]:
    """The same with times joined where one place is taken again soon, each widened by a frame."""
    joined: dict[Box, list[Old]] = {}
    for one in sorted(old, key=lambda o: o.start_ms):
        same = joined.setdefault(one.box, [])
        start, end = max(0, one.start_ms - _FRAME_MS), one.end_ms + _FRAME_MS
        if same and start - same[-1].end_ms <= _GAP_MS:
            same[-1] = Old(same[-1].start_ms, max(end, same[-1].end_ms), one.box)
        else:
            same.append(Old(start, end, one.box))
    return [one for some in joined.values() for one in some]


def not_filled(episode: int, ways: Sequence[Covered]) -> list[str]:
    """Sentences about subtitles that inpaint did not fill: blurred instead, or none found."""
    said = []
    for kind, why in (
        (
            [w for w in ways if w.way == "blurred"],
            "too much detail behind the letters would have to be guessed, so these are blurred",
        ),
        (
            [w for w in ways if w.way == "not found" and w.sure],
            "the letters could not be told from the picture, so these are blurred",
        ),
        (
            [w for w in ways if w.way == "not found" and not w.sure],
            "no letters were found, so the picture is left as it is; look whether a subtitle stands there, and "
            "take --cover blur if one does",
        ),
    ):
        if kind:
            at = ", ".join(clock(w.start_ms) for w in kind[:6])
            more = f" and {len(kind) - 6} more" if len(kind) > 6 else ""
            said.append(
                f"Episode {episode}: of {len(ways)} old subtitles {len(kind)} (at {at}{more}): {why}."
            )
    return said


def clock(ms: int) -> str:
    """A moment as people write it, 1:02.5."""
    return f"{ms // 60_000}:{ms % 60_000 / 1000:04.1f}"


def of_band(band: str, width: int, height: int) -> Box:
    """The box of `58%-66%` or `557-634` (pixels): nearly the whole width, from top to bottom."""
    match = _BAND.match(band)
    if match:
        unit = match[2] or match[4] or "px"
        low, high = float(match[1]), float(match[3])
        if match[2] and match[4] and match[2] != match[4]:
            match = None
        elif unit == "%":
            low, high = low / 100 * height, high / 100 * height
    if not match or not 0 <= low < high <= height or high - low < 4:
        raise UserError(
            f"--band is {band[:40]!r}; give top and bottom of the subtitles, such as 58%-66% of the height "
            f"or 557-634 in pixels (the picture is {height} high)."
        )
    return round(width * _SIDES), round(low), round(width * (1 - _SIDES)), round(high)


def burned_in(bundle: EditionBundle, width: int, height: int) -> Box | None:
    """The box of the source's own subtitles, if the series names one."""
    value: Any = bundle.series.extra.get("burned_in")
    if value is None:
        return None
    try:
        x0, y0, x1, y1 = (float(part) for part in value)
        right = 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
    except (TypeError, ValueError):
        right = False
    if not right:
        raise UserError(
            f"series.toml: burned_in is {str(value)[:60]!r}; give four parts of the picture between 0 and 1, "
            "[left, top, right, bottom], such as [0.08, 0.60, 0.92, 0.66]."
        )
    return int(x0 * width), int(y0 * height), -int(-x1 * width // 1), -int(-y1 * height // 1)


def _clipped(box: Sequence[float], width: int, height: int) -> Box | None:
    x0, y0, x1, y1 = (
        max(0, int(box[0])),
        max(0, int(box[1])),
        min(width, int(box[2])),
        min(height, int(box[3])),
    )
    return (x0, y0, x1, y1) if x1 - x0 >= 4 and y1 - y0 >= 4 else None
