"""What a reader is: lines go in, what they do to a viewer comes out, with a stated accuracy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from smallscreen.series.model import Cue, Series
from smallscreen.story.model import Accuracy, LineReading

Progress = Callable[[int, int, str], None]


class Reader(ABC):
    """One way of reading lines. To add one, add a file with a subclass to `readers/`."""

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever the same lines could be read otherwise (weights, prompt, model)."""

    @abstractmethod
    def accuracy(self, language: str) -> Accuracy:
        """What was measured for lines in that language (ISO 639-1)."""

    @abstractmethod
    def read(
        self,
        cues: Sequence[Cue],
        series: Series | None = None,
        *,
        language: str = "zh",
        progress: Progress | None = None,
    ) -> list[LineReading]:
        """One reading a cue, in the order of `cues`, which come in the order of time, episode by episode."""
