"""What a series, a cue, an edition and a finding are.

Plain frozen data classes: they hold facts and carry no behavior beyond reading themselves.
Time is whole milliseconds from the start of the episode, everywhere (`start_ms`, `end_ms`);
see docs/decisions/0002. Episodes and cue indices count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")


def cue_id(episode: int, index: int) -> str:
    """The id of a source cue: `cue_id(7, 12)` is `"ep007.c0012"`."""
    return f"ep{episode:03d}.c{index:04d}"


@dataclass(frozen=True, slots=True)
class Cue:
    """One timed subtitle of the source. `text` may hold `\\n` between its lines."""

    id: str
    episode: int
    index: int
    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None
    scene: str | None = None

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Character:
    """A person of the series; `renderings` maps a language or locale to the agreed name."""

    name: str
    aliases: tuple[str, ...] = ()
    gender: str | None = None
    age: int | None = None
    role: str | None = None
    description: str = ""
    relations: tuple[dict[str, str], ...] = ()
    renderings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the series that must be rendered one way; `renderings` as in Character."""

    source: str
    kind: str = ""
    note: str = ""
    renderings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode. `duration_ms` is the end of the last cue, or of the video when it is known."""

    number: int
    title: str = ""
    duration_ms: int = 0
    source_file: str = ""
    source_hash: str = ""
    video_file: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of the script. `id` is its number as written (`"7-2"`)."""

    id: str
    episode: int
    place: str = ""
    time: str = ""  # "day", "night", "dusk", "dawn" or as written
    interior: bool | None = None
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One line of the script, in order. `kind`: dialogue, os, vo, action, caption; tag, which is no words of the
    script but what was noted of the scene there (`Props: red umbrella`)."""

    episode: int
    index: int
    scene: str | None
    kind: str
    text: str
    speaker: str | None = None
    manner: str | None = None  # the bracketed emotion or manner: 林小满(低声)


@dataclass(frozen=True, slots=True)
class Series:
    """The head of a series, as `series.toml` gives it."""

    slug: str
    title: str
    source_language: str = "zh-Hans"
    synopsis: str = ""
    characters: tuple[Character, ...] = ()
    terms: tuple[Term, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Barrier:
    """A culture-bound item in one cue.

    `start` and `end` are character offsets into the cue's text. `need` is how much is lost when
    it is rendered word for word: 1 tone, 2 blurred meaning, 3 wrong or meaningless. `strategies`
    are Pedersen's, the suggested one first. `suggestions` maps a language to a rendering.
    """

    cue: str
    episode: int
    start: int
    end: int
    text: str
    kind: str
    need: int
    literal: str = ""
    meaning: str = ""
    strategies: tuple[str, ...] = ()
    suggestions: dict[str, str] = field(default_factory=dict)
    finder: str = "lexicon"
    lexicon: str = ""
    confidence: float = 1.0


STRATEGIES: dict[str, str] = {
    "retention": "keep the foreign item as it is, or fitted to the target language's spelling",
    "specification": "keep it and say more: complete a name, add what it is",
    "direct-translation": "translate it word for word",
    "generalization": "say something less specific: a broader word or a paraphrase",
    "substitution": "put another item in its place, from the viewer's culture or from the situation",
    "omission": "leave it out",
    "official-equivalent": "use the rendering that an authority has fixed",
}
"""Pedersen's strategies for culture-bound references (Pedersen 2005, 2011)."""

KINDS: dict[str, str] = {
    "idiom": "chengyu, proverb, two-part saying, set metaphor",
    "kinship": "kin term whose exact relation or use as an address does not carry over",
    "address": "title or form of address",
    "custom": "festival, rite, marriage and family custom, superstition, gesture",
    "food": "dish, ingredient or way of eating",
    "institution": "school, exam, office, law, housing, work unit",
    "allusion": "history, literature, religion, film, person or brand known mainly in China",
    "slang": "colloquial or net slang, dialect",
    "measure": "unit or currency",
    "value": "face, filial duty, and what else a culture holds dear",
    "wordplay": "pun or play on characters and sounds",
}
"""Kinds of culture-bound items."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What we make of a series for one market. `variant` tells apart several for one locale."""

    id: int
    locale: str
    variant: str = "main"
    profile: str = "vertical"
    platform: str = "universal"

    @property
    def name(self) -> str:
        """`en-US`, or `en-US.literal` for a variant other than main."""
        return self.locale if self.variant == "main" else f"{self.locale}.{self.variant}"


@dataclass(frozen=True, slots=True)
class Draft:
    """The words of an edition for one source cue, before they are fitted to the screen.

    `origin` says whose they are (`file:NAME`, `openai:MODEL`, `local:MODEL`, `hand`);
    `strategy` and `reason` say how and why the line departs from the source.
    """

    cue: str
    text: str
    origin: str = "file"
    strategy: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One subtitle of an edition, fitted: `text` holds its line breaks, `cues` the source cues."""

    edition: str
    episode: int
    index: int
    start_ms: int
    end_ms: int
    text: str
    cues: tuple[str, ...]

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about one place, with its evidence: the type that all rooms share.

    `edition` is an edition's name, or None for the source itself. `evidence` holds figures and
    quoted text and must be JSON. `suggestion` says what to do. `confidence` is 0 to 1.
    """

    check: str
    episode: int
    start_ms: int
    end_ms: int
    message: str
    severity: Severity = "warning"
    cue: str | None = None
    line: int | None = None
    edition: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a place: accept, reject, change; with who and when (UTC, ISO)."""

    edition: str | None
    cue: str | None
    check: str | None
    action: str
    who: str
    when: str
    note: str = ""
