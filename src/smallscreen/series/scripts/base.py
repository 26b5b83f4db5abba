"""What every script form shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from smallscreen.series.model import Scene, ScriptLine


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of a text file or one paragraph of a Word file; `style` is Word's name for its style."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A script read. `lines` are in the order of the script; their `index` counts from 1 in each episode."""

    title: str
    scenes: list[Scene]
    lines: list[ScriptLine]


class ScriptForm(ABC):
    """One way to write a script: one file beside this one, one class."""

    id: str
    name: str
    description: str

    @abstractmethod
    def claims(self, paragraphs: Sequence[Paragraph]) -> int:
        """How many paragraphs look like this form's; the form with the most reads the file."""

    @abstractmethod
    def parse(self, paragraphs: Sequence[Paragraph], path: Path) -> Script:
        """The script. Nothing in a text can be wrong: what is nothing else is action."""


@dataclass(slots=True)
class Collector:
    """Takes scenes and lines as a form finds them, numbers them, and remembers who is in a scene."""

    title: str = ""
    episode: int = 1
    scene: Scene | None = None
    scenes: list[Scene] = field(default_factory=list)
    lines: list[ScriptLine] = field(default_factory=list)
    _counts: dict[int, int] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)

    def begin_episode(self, number: int) -> None:
        if number != self.episode:
            self.end_scene()
        self.episode = number

    def begin_scene(self, scene_id: str | None, place: str, time: str, interior: bool | None) -> None:
        """A new scene; `scene_id` None numbers it within the episode, a repeated one gets a letter."""
        self.end_scene()
        count = self._numbers[self.episode] = self._numbers.get(self.episode, 0) + 1
        wanted = scene_id or f"{self.episode}-{count}"
        taken = {s.id for s in self.scenes if s.episode == self.episode}
        unique, letter = wanted, ord("a")
        while unique in taken:
            letter += 1
            unique = f"{wanted}{chr(letter)}" if letter <= ord("z") else f"{wanted}.{letter}"
        self.scene = Scene(unique, self.episode, place, time, interior)

    def end_scene(self) -> None:
        if self.scene is not None:
            self.scenes.append(self.scene)
            self.scene = None

    def place(self, **changes: object) -> None:
        """Says more about the scene that is open."""
        if self.scene is not None:
            self.scene = replace(self.scene, **changes)  # type: ignore[arg-type]

    def cast(self, *names: str) -> None:
        """Adds to the scene's characters those that are not there yet."""
        if self.scene is not None:
            known = self.scene.characters
            new = tuple(dict.fromkeys(n for n in names if n and n not in known))
            if new:
                self.scene = replace(self.scene, characters=known + new)

    def line(self, kind: str, text: str, speaker: str | None = None, manner: str | None = None) -> None:
        if not text:
            return
        index = self._counts[self.episode] = self._counts.get(self.episode, 0) + 1
        scene = self.scene.id if self.scene else None
        self.lines.append(ScriptLine(self.episode, index, scene, kind, text, speaker or None, manner or None))

    def extend(self, text: str) -> None:
        """Adds to the line written last."""
        last = self.lines[-1]
        self.lines[-1] = replace(last, text=join(last.text, text))

    def script(self, fallback_title: str) -> Script:
        self.end_scene()
        return Script(self.title or fallback_title, self.scenes, self.lines)


def join(a: str, b: str) -> str:
    """Two pieces of a line put together: with a space unless a wide character stands at the seam."""
    if not a or not b:
        return a or b
    wide = ord(a[-1]) >= 0x2E80 or ord(b[0]) >= 0x2E80
    return f"{a}{b}" if wide else f"{a} {b}"
