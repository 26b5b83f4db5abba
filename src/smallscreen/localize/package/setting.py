"""How an edition's lines are set in the picture: rows, size, outline, and what could not be set well.

One size serves an episode. A line that is too wide or too high for the platform's room is broken anew, then
set smaller, down to a floor; under that it may grow up into the platform's whole safe area, and what does not
fit even there is cut with an ellipsis. Whatever was not set as it was written is said in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smallscreen.engines import fonts, shape
from smallscreen.series.model import Line

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels."""

SIZE = 56 / 1080
"""Of the picture's shorter side: letters that are read at arm's length on a phone."""
_OUTLINE = 0.075  # of the size
_SHADE = 0.22
_KEPT = 0.8  # of the size wished for: above it, rows stay as the edition has them
_FLOOR = 0.62  # of the size wished for: 35 pixels on a picture 1080 wide; smaller is not read on a phone
_WEIGHT = "medium"
_MOST = 1000  # characters: more than any picture holds


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line as a picture (RGBA); its letters and their contour stand `pad` pixels inside of it."""

    line: Line
    picture: np.ndarray
    pad: int


@dataclass(frozen=True, slots=True)
class Setting:
    """The room for text, the room that it may grow into, and the size wished for, in pixels."""

    locale: str
    size: float
    room: Box
    safe: Box

    def set(self, lines: Sequence[Line]) -> tuple[list[SetLine], dict[int, str]]:
        """The lines as pictures, in their order, and what could not be set well, by the line's number.

        A line without anything to show makes no picture.
        """
        chosen = [(n, *self._chosen(n.text)) for n in lines]
        kept = sorted(size for _, rows, size, _ in chosen if rows and size >= self.size * _KEPT)
        # The widest twentieth is set smaller by itself, rather than the whole episode with it.
        common = kept[len(kept) // 20] if kept else self.size
        made = []
        for line, rows, size, _ in chosen:
            if not rows:
                continue
            size = min(common, size)
            outline, shade = max(1.5, size * _OUTLINE), max(2.0, size * _SHADE)
            picture = shape.text_picture(
                rows, locale=self.locale, size=size, weight=_WEIGHT, outline=outline, shadow=shade
            )
            pad = shape.padding(outline, shade) - shape.padding(outline)
            made.append(SetLine(line, picture, pad))
        return made, {line.index: problem for line, _, _, problem in chosen if problem}

    def _chosen(self, text: str) -> tuple[list[str], float, str | None]:
        """The rows of a text, their size, and what is to be said of it."""
        lacking = fonts.missing(text, self.locale)
        said = []
        if lacking:
            said.append(f"no font has {' '.join(sorted(lacking)[:5])}, which is left out")
            out = re.escape("".join(sorted(lacking)))
            text = re.sub(rf"[ \t]*[{out}]+(?=[ \t]|[.,!?;:]|$)|[{out}]+", "", text, flags=re.MULTILINE)
        if len(text) > _MOST:
            said.append(f"of {len(text)} characters the first {_MOST} are taken")
            text = text[:_MOST]
        rows = [row for r in text.split("\n") if (row := re.sub(r"\s+", " ", r).strip())]
        if not rows:
            return [], self.size, "; ".join(said) or None
        rows, size, small = self._broken(rows)
        return rows, size, "; ".join([*said, small] if small else said) or None

    def _broken(self, rows: list[str]) -> tuple[list[str], float, str | None]:
        """Rows and a size at which they fit, and a sentence where that is much smaller than usual."""
        fitting = self._fitting(rows)
        if fitting >= self.size * _KEPT:
            return rows, fitting, None
        flat = " ".join(rows)
        size, floor = self.size, self.size * _FLOOR
        while True:
            anew = self._wrapped(flat, size)
            long = f"{len(flat)} characters in {len(anew)} rows at {size / self.size:.0%} of the usual size"
            if self._fitting(anew) >= size * 0.999:
                return anew, size, None if size >= self.size * _KEPT else f"{long}; shorten it"
            if size <= floor:
                break
            size = max(floor, size * 0.96)
        most = max(
            1, int((self.room[3] - self.safe[1] - self._edge(size)) / fonts.line_height(self.locale, size))
        )
        if len(anew) <= most:
            return anew, size, f"{long}, higher than the room for text; shorten it"
        anew = anew[:most]
        anew[-1] = anew[-1][: max(1, len(anew[-1]) - 2)].rstrip() + "…"
        return anew, size, f"{long}, of which {most} are shown; shorten it"

    def _wrapped(self, text: str, size: float) -> list[str]:
        room = self.room[2] - self.room[0] - self._edge(size)
        return shape.wrap(text, self.locale, max(room, size * 2), size, _WEIGHT)

    def _edge(self, size: float) -> float:
        return 2 * (size * _OUTLINE + 4)

    def _fitting(self, rows: Sequence[str]) -> float:
        """The size at which rows fill the room, at most the one wished for."""
        wide, high = self.room[2] - self.room[0], self.room[3] - self.room[1]
        edge = self._edge(self.size)
        width = max(shape.width(row, self.locale, self.size, _WEIGHT) for row in rows) or 1.0
        height = fonts.line_height(self.locale, self.size) * len(rows)
        return self.size * max(0.01, min(1.0, (wide - edge) / width, (high - edge) / height))
