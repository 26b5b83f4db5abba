"""What a cut would touch of the story: beats, hooks and vulnerable scenes that the stored reading found.

The findings are those of the step `story` in the series database. They stand beside the money and are never put
into one figure with it: a saving is exact, a reading is one reader's view with a confidence of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from smallscreen.production.model import Breakdown, SceneSheet
from smallscreen.series.model import Cue, Finding

Kind = Literal["hook", "vulnerable scene", "beat"]
KINDS: dict[str, Kind] = {
    "story.hook": "hook",
    "story.vulnerability": "vulnerable scene",
    "story.gratification": "beat",
    "story.face-slap": "beat",
    "story.reversal": "beat",
    "story.care": "beat",
    "story.restraint": "beat",
}
"""Findings of the story that have a place; what is said of the series as a whole cannot be cut with a scene."""
Times = Mapping[str, tuple[int, int]]
"""Start and end of cues in milliseconds, by cue id."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One finding in a scene; `partly`: it reaches beyond the scene, so that a part of it stays."""

    scene: str
    kind: Kind
    check: str
    episode: int
    cue: str | None
    start_ms: int
    message: str
    confidence: float
    partly: bool


def touched(
    breakdown: Breakdown, scenes: Iterable[str], findings: Iterable[Finding], times: Times
) -> tuple[tuple[Touch, ...], tuple[str, ...]]:
    """What the reading found in these scenes, and the scenes of which nothing can be said: they have no cues."""
    story = [f for f in findings if f.check in KINDS and f.edition is None]
    out: list[Touch] = []
    unread: list[str] = []
    for s in (breakdown.scene(x) for x in scenes):
        span = span_of(s, times)
        if span is None:
            unread.append(s.id)
            continue
        for f in story:
            if f.episode == s.episode and f.start_ms < span[1] and f.end_ms > span[0]:
                partly = f.start_ms < span[0] or f.end_ms > span[1]
                out.append(
                    Touch(
                        s.id,
                        KINDS[f.check],
                        f.check,
                        f.episode,
                        f.cue,
                        f.start_ms,
                        f.message,
                        f.confidence,
                        partly,
                    )
                )
    return tuple(out), tuple(unread)


def times_of(cues: Mapping[int, Sequence[Cue]]) -> dict[str, tuple[int, int]]:
    """The times of the cues that a store has (`Store.cues`)."""
    return {c.id: (c.start_ms, c.end_ms) for some in cues.values() for c in some}


def span_of(scene: SceneSheet, times: Times) -> tuple[int, int] | None:
    """Start and end of a scene in its episode, None where it has no cues."""
    if scene.cues is None or scene.cues[0] not in times or scene.cues[1] not in times:
        return None
    return times[scene.cues[0]][0], times[scene.cues[1]][1]
