"""What a story signal is: it looks at a series that has been read, and says where and how much.

Lines are read with low confidence, whatever the reader; so a signal measures passages (a scene of
the script, or a stretch of talk between two pauses), episodes, people and the whole series. A single
line is quoted as evidence, never counted as a fact. To add a signal, add a file to `signals/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from smallscreen.series.model import Cue, Finding, Scene, Series
from smallscreen.story.lexicon import words
from smallscreen.story.model import USUAL, Accuracy, Figures, LineReading

Values = npt.NDArray[np.float64]

PAUSE_MS = 3000
SHORTEST, LONGEST = 4, 14
SMOOTHING = 4.0
LEAST = 4.0
"""A line makes no finding that is not this many times as likely as usual (`USUAL`), whatever threshold the reader states."""
NAMED_WEIGHT = 0.5
"""How much a line counts towards resonance when it names its feeling outright."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line as it was read: the cue, its reading, who speaks (the character's own name) and whether it names a feeling."""

    cue: Cue
    reading: LineReading
    who: str | None
    named: bool

    @property
    def text(self) -> str:
        return " ".join(self.cue.text.split())

    def p(self, label: str) -> float:
        return self.reading.p.get(label, 0.0)

    @property
    def gratification(self) -> float:
        """The probability that the line gives the viewer a quick reward."""
        return self.p("gratification")

    @property
    def resonance(self) -> float:
        """The probability that the line shows vulnerability or care, less where it names the feeling outright."""
        either = 1 - (1 - self.p("vulnerability")) * (1 - self.p("care"))
        return either * (NAMED_WEIGHT if self.named else 1.0)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of lines that belong together; `first` and `last` are places in `Context.lines`."""

    episode: int
    scene: str | None
    first: int
    last: int

    def of(self, lines: Sequence[Told]) -> Sequence[Told]:
        return lines[self.first : self.last + 1]

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Context:
    """A series that has been read: what every signal is given."""

    series: Series
    language: str
    lines: Sequence[Told]
    scenes: dict[int, list[Scene]] = field(default_factory=dict)
    accuracy: Accuracy = field(default_factory=lambda: Accuracy("nothing"))
    thresholds: dict[str, float] = field(default_factory=dict)

    def floor(self, label: str) -> float:
        """The probability from which the reader best says that a line carries a label; one half where it does not say."""
        return self.thresholds.get(label, 0.5)

    @property
    def swing(self) -> float:
        """How far smoothed feeling moves at a turn: as the reader states it under "feeling", or a tenth of the scale from -1 to 1."""
        return self.thresholds.get("feeling", 0.2)

    @cached_property
    def episodes(self) -> dict[int, list[Told]]:
        found: dict[int, list[Told]] = {}
        for line in self.lines:
            found.setdefault(line.cue.episode, []).append(line)
        return found

    @cached_property
    def passages(self) -> list[Passage]:
        return passages(self.lines)

    @cached_property
    def gratification(self) -> Values:
        return np.array([x.gratification for x in self.lines], dtype=np.float64)

    @cached_property
    def resonance(self) -> Values:
        return np.array([x.resonance for x in self.lines], dtype=np.float64)

    @cached_property
    def valence(self) -> Values:
        return np.array([x.reading.valence for x in self.lines], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SignalResult:
    """What a signal found, on the timeline, and its figures (JSON)."""

    findings: list[Finding]
    figures: Figures


class Signal(ABC):
    """One thing that is looked for in a story."""

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    unit: ClassVar[str]
    source: ClassVar[str]
    """Where the method is from."""
    order: ClassVar[int] = 50
    measures: ClassVar[tuple[str, ...]] = ()
    """The reader's labels it rests on; none when it reads words or the order of speakers by itself."""

    @abstractmethod
    def run(self, ctx: Context) -> SignalResult:
        """Look for it. The same context gives the same result."""

    def measured(self, ctx: Context) -> str:
        """One sentence on how far this measure may be trusted; printed beside it everywhere."""
        if self.measures:
            return trust(ctx.accuracy, self.measures)
        return "Not measured against labelled material; judge it by the quoted lines."


def trust(accuracy: Accuracy, labels: Iterable[str]) -> str:
    """The reader's accuracy in the figures that concern `labels`; it says where there is none."""
    wanted = tuple(labels)
    mine = {k: v for k, v in accuracy.figures.items() if any(label in k for label in wanted)}
    if not accuracy.figures:
        return f"The reader states no accuracy ({accuracy.measured_on}); judge it by the quoted lines."
    if not mine:
        return "The reader states no accuracy for this; judge it by the quoted lines."
    return f"Reader: {Accuracy(accuracy.measured_on, mine).sentence()}."


def context(
    series: Series,
    cues: dict[int, list[Cue]],
    readings: dict[str, LineReading],
    *,
    language: str = "zh",
    scenes: dict[int, list[Scene]] | None = None,
    accuracy: Accuracy | None = None,
    thresholds: dict[str, float] | None = None,
) -> Context:
    """Lines in order with their readings; cues without a reading or without words are left out."""
    own = {a: c.name for c in series.characters for a in c.aliases} | {
        c.name: c.name for c in series.characters
    }
    named = words("named", language)
    lines = [
        Told(
            cue,
            readings[cue.id],
            own.get(cue.speaker, cue.speaker) if cue.speaker else None,
            named.any(cue.text),
        )
        for number in sorted(cues)
        for cue in cues[number]
        if cue.id in readings and cue.text.strip()
    ]
    return Context(series, language, lines, scenes or {}, accuracy or Accuracy("nothing"), thresholds or {})


def passages(lines: Sequence[Told]) -> list[Passage]:
    """Scenes of the script where the cues know theirs; else talk between pauses of three seconds, 4 to 14 lines."""
    found: list[Passage] = []
    first = 0
    for i in range(1, len(lines) + 1):
        if i < len(lines) and not _breaks(lines, first, i):
            continue
        found.append(Passage(lines[first].cue.episode, lines[first].cue.scene, first, i - 1))
        first = i
    return found


def _breaks(lines: Sequence[Told], first: int, i: int) -> bool:
    before, after = lines[i - 1].cue, lines[i].cue
    if before.episode != after.episode:
        return True
    if before.scene is not None or after.scene is not None:
        return before.scene != after.scene or i - first >= 3 * LONGEST
    pause = after.start_ms - before.end_ms >= PAUSE_MS
    return (pause and i - first >= SHORTEST) or i - first >= LONGEST


def smooth(values: Values, width: float = SMOOTHING) -> Values:
    """A Gaussian mean over neighboring lines, `width` lines standard deviation; the edges weigh what is there."""
    if len(values) < 2:
        return values.astype(np.float64)
    reach = min(int(np.ceil(3 * width)), len(values) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    total = np.convolve(values, kernel)[reach : reach + len(values)]
    weight = np.convolve(np.ones(len(values)), kernel)[reach : reach + len(values)]
    return np.asarray(total / weight, dtype=np.float64)


def per_hundred(values: Values) -> float:
    """Expected lines in a hundred."""
    return round(100 * float(values.mean()), 1) if len(values) else 0.0


def quote(line: Told, p: float | None = None) -> dict[str, Any]:
    """A line as evidence."""
    said: dict[str, Any] = {"cue": line.cue.id, "speaker": line.who or "", "text": line.text}
    return said | ({} if p is None else {"p": round(p, 2)})


def finding(
    check: str,
    lines: Sequence[Told],
    message: str,
    evidence: dict[str, Any],
    *,
    confidence: float,
    at: Told | None = None,
    suggestion: str | None = None,
) -> Finding:
    """A note over the time of `lines`; `at` is the line that shows it best."""
    return Finding(
        check=check,
        episode=lines[0].cue.episode,
        start_ms=lines[0].cue.start_ms,
        end_ms=max(x.cue.end_ms for x in lines),
        message=message,
        severity="note",
        cue=(at or lines[0]).cue.id,
        evidence=evidence,
        suggestion=suggestion,
        confidence=round(min(0.8, max(0.05, confidence)), 2),
    )


def strongest(ctx: Context, label: str, *, an_episode: int = 1) -> list[tuple[Passage, list[Told], float]]:
    """For each episode the passages with most of a label: passage, its telling lines (best first), expected lines.

    A passage counts when at least one of its lines reaches the reader's threshold and `LEAST`, so an episode may have none.
    Passages are compared by what they hold above the series' mean, or the longest would always win.
    """
    floor = max(ctx.floor(label), LEAST * USUAL.get(label, 0.0))
    usual = sum(x.p(label) for x in ctx.lines) / max(1, len(ctx.lines))
    by_episode: dict[int, list[tuple[float, Passage, list[Told]]]] = {}
    for passage in ctx.passages:
        told = sorted(passage.of(ctx.lines), key=lambda x: x.p(label), reverse=True)
        if told[0].p(label) < floor:
            continue
        above = sum(max(0.0, x.p(label) - usual) for x in told)
        telling = [x for x in told[:3] if x is told[0] or x.p(label) >= floor]
        by_episode.setdefault(passage.episode, []).append((above, passage, telling))
    found = []
    for number in sorted(by_episode):
        best = sorted(by_episode[number], key=lambda x: (-x[0], x[1].first))[:an_episode]
        for _, passage, lines in sorted(best, key=lambda x: x[1].first):
            found.append((passage, lines, round(sum(x.p(label) for x in passage.of(ctx.lines)), 1)))
    return found


def kinds_of(lines: Sequence[Told], kinds: Iterable[str]) -> dict[str, float]:
    """Expected lines of each kind, as far as the reader tells kinds apart."""
    found = {k: sum(x.p(k) for x in lines) for k in kinds}
    return {k: round(v, 1) for k, v in found.items() if v > 0}
