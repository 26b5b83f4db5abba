"""What an edition brief holds: names, who calls whom what, items, scenes, questions.

`build.build` makes one from the series; `toml_file` writes it for people and reads back what they made
of it. A brief holds proposals until a person changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Grade = Literal["keep", "light edit", "local carrier", "remake"]

GRADES: dict[Grade, str] = {
    "keep": "it travels as it is: subtitles are enough",
    "light edit": "a line or a caption has to say what the viewer does not know; no picture changes",
    "local carrier": "the feeling stays and what carries it is replaced in words: another exam, rite or rule",
    "remake": "the plot rests on what this market does not have: shoot the scenes anew or leave the thread out",
}
"""What is done about a scene, from the least to the most."""


@dataclass(frozen=True, slots=True)
class Name:
    """A character's name in this market. `agreed` tells that series.toml holds the rendering."""

    name: str
    aliases: tuple[str, ...]
    who: str
    cues: int  # that they speak
    rendering: str
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a speaker calls somebody: how often, where, and what to say for it here."""

    source: str
    count: int
    cues: tuple[str, ...]  # the first few ids
    rendering: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """How one character addresses another. `relation` is what the speaker is to the other, if known."""

    speaker: str
    to: str
    relation: str
    forms: tuple[Form, ...]
    lines: int  # cues that the speaker says to them, as far as can be told

    @property
    def rendering(self) -> str:
        """The proposal: the rendering of the most frequent form that has one."""
        return next((f.rendering for f in self.forms if f.rendering), "")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Pedersen's parameters as far as text can tell them; each with the reason in words."""

    centrality: Literal["central", "recurring", "passing"]
    centrality_reason: str
    redundancy: Literal["shown", "explained", "none"]
    redundancy_reason: str
    familiarity: Literal["known", "not known"]
    familiarity_reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """A culture-bound item over the whole series, with what is proposed for this market."""

    item: str
    kind: str
    need: int
    count: int
    episodes: int
    cues: tuple[str, ...]
    literal: str
    meaning: str
    strategies: tuple[str, ...]
    rendering: str
    parameters: Parameters
    reason: str
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A word that a scene detector found, with its family."""

    cue: str
    family: str
    text: str


@dataclass(frozen=True, slots=True)
class SceneFinding:
    """A scene (or a run of cues) with something at plot level that may not travel."""

    type: str
    episode: int
    scene: str  # the script's id, or "" where there is no script
    first: str  # cue ids
    last: str
    start_ms: int
    end_ms: int
    hits: tuple[Hit, ...]
    lines: tuple[str, ...] = ()  # cue ids that prove it, in order
    place: str = ""
    time: str = ""
    characters: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`exam ep010 10-3`, or with the first cue where no scenes are known."""
        return f"{self.type} ep{self.episode:03d} {self.scene or self.first.partition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Graded:
    """A scene with what to do about it in this market, and why."""

    found: SceneFinding
    grade: Grade
    reason: str
    do: str


@dataclass(frozen=True, slots=True)
class Thread:
    """All scenes of one type: what a re-shoot would touch, and how central they are to the plot."""

    type: str
    name: str
    description: str
    level: str
    level_reason: str
    weight: Literal["carries the plot", "recurs", "passes"]
    scenes: tuple[Graded, ...]

    @property
    def grade(self) -> Grade:
        """The most that any of its scenes asks for."""
        order = list(GRADES)
        return max((s.grade for s in self.scenes), key=order.index)

    @property
    def episodes(self) -> tuple[int, ...]:
        return tuple(sorted({s.found.episode for s in self.scenes}))

    @property
    def seconds(self) -> float:
        """Screen time of the scenes found, in seconds."""
        return sum(s.found.end_ms - s.found.start_ms for s in self.scenes) / 1000


@dataclass(frozen=True, slots=True)
class Brief:
    """The brief as the program proposes it."""

    series: str
    title: str
    source_language: str
    market: str
    market_name: str
    language: str
    direction: str
    episodes: int
    cues: int
    cues_with_speaker: int
    scenes_known: bool
    tone: str
    register: str
    address: str
    names: tuple[Name, ...] = ()
    pairs: tuple[Pair, ...] = ()
    items: tuple[Item, ...] = ()
    threads: tuple[Thread, ...] = ()
    questions: tuple[str, ...] = ()
    quotes: dict[str, str] = field(default_factory=dict)  # cue id to its text, for what is cited
    speakers: dict[str, str] = field(default_factory=dict)  # cue id to speaker, likewise
    notes: tuple[str, ...] = ()


def as_json(value: Any) -> Any:
    """A brief, or a part of it, as plain JSON values; scenes and threads with what they compute."""
    from dataclasses import asdict, is_dataclass

    if isinstance(value, Thread):
        own = {k: as_json(getattr(value, k)) for k in value.__dataclass_fields__}
        return {
            **own,
            "grade": value.grade,
            "episodes": list(value.episodes),
            "seconds": round(value.seconds, 1),
        }
    if isinstance(value, SceneFinding):
        return {"id": value.id, **{k: as_json(v) for k, v in asdict(value).items()}}
    if is_dataclass(value) and not isinstance(value, type):
        return {k: as_json(getattr(value, k)) for k in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(v) for v in value]
    return value
