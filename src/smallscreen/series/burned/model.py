"""What is found in a video: rows of writing, and the cues made of them. Boxes are pixels of the video as shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1."""


@dataclass(slots=True)
class Row:
    """One row of writing that stands still: from when up to when, where, what it says.

    `size` is how large a character is in pixels, `score` is the recognizer's (0 to 1), `agreement` how alike the readings of different frames are (0 to 1).
    `mask` are the strokes within `box`, for telling whether a later row is the same one; `light` is how bright
    they are (0 to 255), `picture` is what was read.
    Times are milliseconds, boxes pixels of the scaled picture until the video has been read.
    """

    start_ms: int
    end_ms: int
    box: Box
    size: float
    text: str
    score: float
    agreement: float
    mask: np.ndarray
    light: int
    picture: np.ndarray
    place: int = 0
    dropped: str = ""

    @property
    def high(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def confidence(self) -> float:
        return self.score * (0.5 + 0.5 * self.agreement)


@dataclass(frozen=True, slots=True)
class BurnedCue:
    """A subtitle read out of the picture. Its rows are lines of `text`; `confidence` is that of the worst, 0 to 1."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float
    box: Box
    picture: np.ndarray = field(compare=False, repr=False, default_factory=lambda: np.zeros((1, 1), np.uint8))


@dataclass(frozen=True, slots=True)
class Dropped:
    """Writing that is no subtitle, and why."""

    start_ms: int
    end_ms: int
    text: str
    box: Box
    why: str


@dataclass(frozen=True, slots=True)
class VideoRead:
    """A video that was read. `rows_read` and `looked_at` say how often the recognizer and the finder ran."""

    width: int
    height: int
    duration_ms: int
    cues: list[BurnedCue]
    dropped: list[Dropped]
    frames: int
    rows_read: int
    looked_at: int
