"""What is spoken in an episode, by whom and in how much time.

A line's slot begins with its cue and ends with it, or later where nobody speaks: up to EXTEND_MS into the
silence, and always GAP_MS before the next line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smallscreen.series.model import Cue, Draft, Series
from smallscreen.series.text import clean, plain

EXTEND_MS = 1000
"""How far a line may run on after its cue into silence, ms: what subtitles may linger too."""
GAP_MS = 80
"""Least silence between two lines, ms: two frames."""
RATES = (0.85, 1.2)
"""How slow and how fast a line may be spoken, as a part of the voice's own pace."""

_BRACKETED = re.compile(r"\[[^\]]*\]|［[^］]*］|【[^】]*】|\([^)]*\)|（[^）]*）")
_MARKS = re.compile(r"[♪♫♬#*_~<>|{}]+")
_WRITTEN = {"字幕", "caption", "title", "on screen"}
"""Speakers whose lines are read, not heard."""


@dataclass(frozen=True, slots=True)
class DubLine:
    """One line to be spoken. `character` is the name of the series, "" where nobody knows who speaks."""

    cue: str
    episode: int
    index: int
    start_ms: int
    end_ms: int
    slot_ms: int
    character: str
    text: str
    source: str = ""
    scene: str | None = None

    @property
    def file(self) -> str:
        """How a studio names its recording: `ep001_0012.wav`."""
        return f"ep{self.episode:03d}_{self.index:04d}.wav"


def lines_of(
    cues: Sequence[Cue], drafts: Mapping[str, Draft], names: Mapping[str, str], ends_ms: int | None = None
) -> list[DubLine]:
    """The lines of one episode in order of time. `names` is `names_of`; `ends_ms` is where the episode ends.

    Cues without words, with nothing but sounds in brackets or music, and captions give no line. Times that
    run back are repaired: no line begins before 0 or lasts no time.
    """
    held = []
    for cue in sorted(cues, key=lambda c: (max(c.start_ms, 0), c.index)):
        draft = drafts.get(cue.id)
        text = spoken(draft.text) if draft else ""
        if text and (cue.speaker or "").strip().lower() not in _WRITTEN:
            held.append((cue, text))
    lines = []
    for number, (cue, text) in enumerate(held):
        start = max(cue.start_ms, 0)
        end = max(cue.end_ms, start + 1)
        latest = end + EXTEND_MS
        if ends_ms is not None:
            latest = min(latest, max(ends_ms, end))
        if number + 1 < len(held):
            latest = min(latest, held[number + 1][0].start_ms - GAP_MS)
        who = (cue.speaker or "").strip()
        lines.append(
            DubLine(
                cue.id, cue.episode, cue.index, start, end, max(1, latest - start), names.get(who, who), text,
                cue.text, cue.scene,
            )
        )  # fmt: skip
    return lines


def spoken(text: str) -> str:
    """The words of a subtitle that are heard: no tags, no sounds in brackets, no notes, no dash of a speaker."""
    bare = _MARKS.sub(" ", _BRACKETED.sub(" ", plain(clean(text))))
    rows = [re.sub(r"^\s*[-–—]\s*", "", row) for row in bare.split("\n")]
    joined = " ".join(" ".join(rows).split())
    return joined if any(ch.isalnum() for ch in joined) else ""


def names_of(series: Series) -> dict[str, str]:
    """From what a speaker is called in cues to the character's name; what means two people stays as it is."""
    found: dict[str, set[str]] = {}
    for person in series.characters:
        for called in (person.name, *person.aliases):
            found.setdefault(called, set()).add(person.name)
    own = {person.name: person.name for person in series.characters}
    return {called: next(iter(who)) for called, who in found.items() if len(who) == 1} | own
