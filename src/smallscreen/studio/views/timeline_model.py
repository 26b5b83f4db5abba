"""What the timeline's page and its JSON twin hold of one episode. Times in ms."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from smallscreen.series.model import Severity
from smallscreen.studio.views.timeline_story import StoryView

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 as parts of the picture's width and height."""


class VideoView(BaseModel):
    """Where the picture is, and what it is; `textless` is the one without the source's subtitles in it."""

    url: str | None
    textless: str | None
    width: int
    height: int
    fps: float
    duration_ms: int


class PlatformView(BaseModel):
    """A platform's safe area and its room for subtitles."""

    name: str
    label: str
    safe: Box
    text: Box


class EditionView(BaseModel):
    """The edition that is shown, and what its market's screen allows."""

    name: str
    locale: str
    market: str
    title: str
    direction: str
    script: str
    profile: str
    platform: str
    cps: float
    cpl: float
    max_lines: int


class CueView(BaseModel):
    """A source cue with what the edition makes of it. Times in ms."""

    id: str
    index: int
    start_ms: int
    end_ms: int
    text: str
    speaker: str | None
    scene: str | None
    literal: str | None = None
    draft: str | None = None
    strategy: str | None = None
    reason: str | None = None
    status: str = ""
    """drafted or approved; empty where there is no draft."""


class LineView(BaseModel):
    """A fitted subtitle. `cps` is characters a second as the market counts them."""

    index: int
    start_ms: int
    end_ms: int
    text: str
    cues: list[str]
    cps: float
    over: bool


class BarrierView(BaseModel):
    """A culture-bound item of the source."""

    cue: str
    start_ms: int
    end_ms: int
    text: str
    kind: str
    need: int
    meaning: str
    literal: str


class FindingView(BaseModel):
    """A finding on the edition or the source (`of`), and what was decided about it for this edition."""

    of: Literal["edition", "source"]
    place: str
    """What a decision on it is recorded for: its cue, or its episode."""
    check: str
    severity: Severity
    start_ms: int
    end_ms: int
    cue: str | None
    line: int | None
    message: str
    suggestion: str | None
    confidence: float
    decision: str | None = None
    """accept or reject; None while it is open."""
    who: str | None = None


class RetentionView(BaseModel):
    """The part (0 to 1) of the starters of the episode that played each second, with its 95 % interval.

    `times_ms` are the middles of the seconds.
    """

    starters: int
    simulated: bool
    times_ms: list[int]
    share: list[float]
    low: list[float]
    high: list[float]


class EpisodeView(BaseModel):
    """An episode of an edition on the timeline."""

    episode: int
    title: str
    duration_ms: int
    previous: int | None
    next: int | None
    source_language: str
    edition: EditionView | None
    editions: list[str]
    video: VideoView | None
    burned_in: Box | None
    """Where the picture carries the source's subtitles."""
    platforms: list[PlatformView]
    size: float
    outline: float
    leading: float
    """A subtitle's size as a part of the picture's shorter side; outline and line height as parts of the size."""
    cues: list[CueView]
    lines: list[LineView]
    barriers: list[BarrierView]
    findings: list[FindingView]
    beats: list[FindingView]
    """The story's findings: hooks, reversals, moments. Those that an edition lost are among `findings` too."""
    story: StoryView
    retention: RetentionView | None = None
