"""What a reading of a story is: of a line, of an episode, of a series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VULNERABILITY = ("admits", "fear", "need", "loss", "apology")
GRATIFICATION = ("put-down", "power", "revenge", "triumph", "sweet")
LABELS = ("vulnerability", "gratification", "care", "hook")
"""The four labels of a line; the first two have kinds."""
USUAL = {"vulnerability": 0.058, "gratification": 0.044, "care": 0.037, "hook": 0.034}
"""How often lines carry each label, the mean of two readings of 17,153 lines (bench/labels): the scale of probabilities."""


@dataclass(frozen=True, slots=True)
class LineReading:
    """How a reader reads one cue: a single line is read with low confidence, whatever the reader.

    `p` holds a probability (0 to 1) for each of LABELS and, as far as the reader tells kinds apart,
    for each kind (`"fear"`). `valence` is -1 (negative) to 1 (positive), `insult` a probability.
    """

    cue: str
    episode: int
    p: dict[str, float]
    valence: float = 0.0
    insult: float = 0.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A reader's measured accuracy, as its model card states it: printed beside what it reads."""

    measured_on: str
    figures: dict[str, float] = field(default_factory=dict)
    weaknesses: tuple[str, ...] = ()

    def sentence(self) -> str:
        """`"vulnerability AP 0.61, ... on 17,153 lines of 7 shows, each left out in turn"`."""
        if not self.figures:
            return f"not measured: {self.measured_on}"
        said = ", ".join(f"{name} {value:.2f}" for name, value in self.figures.items())
        return f"{said} on {self.measured_on}"


Figures = dict[str, Any]
"""What a signal measured, JSON."""
