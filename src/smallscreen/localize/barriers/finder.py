"""What a finder is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from smallscreen.series.model import Barrier, Cue, Series


class Finder(ABC):
    """One way of finding culture-bound items. To add one, add a file with a subclass to `finders/`."""

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def find(self, cues: Sequence[Cue], series: Series | None = None) -> list[Barrier]:
        """The items of `cues`, source side: in order, not overlapping, offsets into `cue.text`.

        `Barrier.suggestions` holds every language known; `Barrier.finder` is this finder's id.
        """

    @property
    def version(self) -> str:
        """Changes whenever the same cues could give other items: stored results of another version are made again."""
        return "0"
