"""`reading.json`: a series as it was read, for the report, for comparisons and for other programs.

Everything that the report shows is in here. Two axes, gratification and resonance, stand side by side
and are never added up; nothing in here predicts success.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from smallscreen.story.model import Accuracy
from smallscreen.story.reader import Reader
from smallscreen.story.signal import Context, Values, per_hundred, smooth, trust
from smallscreen.story.signals import signals

FORMAT: Literal["smallscreen.reading/1"] = "smallscreen.reading/1"
AXES = {
    "gratification": "expected lines in a hundred that give the viewer a quick reward",
    "resonance": "expected lines in a hundred that show vulnerability or care; a line that names its feeling outright counts half",
}
"""The two axes and their units."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReaderInfo(_Model):
    """Who read, and how well it reads lines of this language."""

    id: str
    name: str
    version: str
    language: str
    measured_on: str
    figures: dict[str, float] = {}
    weaknesses: list[str] = []


class Estimate(_Model):
    """A figure with its 90 % interval: how much it would move with other passages of the same story."""

    value: float
    low: float
    high: float


class Axes(_Model):
    """The two axes, in lines in a hundred (`AXES`), and the reader's accuracy behind each."""

    gratification: Estimate
    resonance: Estimate
    gratification_trust: str
    resonance_trust: str


class LineOut(_Model):
    """One line as read: probabilities of the four labels, feeling from -1 to 1. Low confidence, line by line."""

    episode: int
    cue: str
    start_ms: int
    end_ms: int
    speaker: str = ""
    text: str
    vulnerability: float
    gratification: float
    care: float
    hook: float
    feeling: float
    resonance: float


class EpisodeOut(_Model):
    """One episode: both axes (lines in a hundred), mean feeling, number of lines, length."""

    number: int
    title: str = ""
    lines: int
    minutes: float
    gratification: float
    resonance: float
    feeling: float


class SignalOut(_Model):
    """What a signal measured. `measured` is the sentence to print beside it."""

    name: str
    description: str
    unit: str
    source: str
    measured: str
    figures: dict[str, Any]


class FindingOut(_Model):
    """A finding on the timeline, as in the series database."""

    check: str
    episode: int
    start_ms: int
    end_ms: int
    cue: str | None
    message: str
    evidence: dict[str, Any]
    suggestion: str | None
    confidence: float


class LostLine(_Model):
    """A place where the edition carries less of what the source carries."""

    cue: str
    episode: int
    what: str
    source: str
    edition: str
    speaker: str = ""
    source_value: float
    edition_value: float
    drop: float


class EditionArc(_Model):
    """The source and an edition, cue by cue: ranks from 0 to 1 of smoothed feeling among the lines of each."""

    name: str
    title: str = ""
    language: str
    reader: ReaderInfo
    cues: list[str]
    source_gratification: list[float]
    edition_gratification: list[float]
    source_resonance: list[float]
    edition_resonance: list[float]
    agreement_gratification: float
    agreement_resonance: float
    lost: list[LostLine]
    note: str = ""


class Reading(_Model):
    """A whole series as it was read."""

    format: Literal["smallscreen.reading/1"] = FORMAT
    series: str
    title: str
    synopsis: str = ""
    language: str
    reader: ReaderInfo
    axes: Axes
    episodes: list[EpisodeOut]
    lines: list[LineOut]
    signals: dict[str, SignalOut]
    findings: list[FindingOut]
    editions: list[EditionArc] = Field(default_factory=list)

    def arc(self, axis: str, width: float = 4.0) -> Values:
        """The smoothed curve of an axis over all lines."""
        return smooth(np.array([getattr(x, axis) for x in self.lines], dtype=np.float64), width)


def make_reading(ctx: Context, reader: Reader, titles: dict[int, str] | None = None) -> Reading:
    """Run all signals over a series that has been read."""
    results = {key: (signal, signal.run(ctx)) for key, signal in signals().items()}
    findings = sorted(
        (f for _, r in results.values() for f in r.findings), key=lambda f: (f.episode, f.start_ms, f.check)
    )
    return Reading(
        series=ctx.series.slug,
        title=ctx.series.title,
        synopsis=ctx.series.synopsis,
        language=ctx.language,
        reader=reader_info(reader, ctx.language),
        axes=axes(ctx),
        episodes=[
            EpisodeOut(
                number=number,
                title=(titles or {}).get(number, ""),
                lines=len(lines),
                minutes=round(lines[-1].cue.end_ms / 60000, 2),
                gratification=per_hundred(np.array([x.gratification for x in lines])),
                resonance=per_hundred(np.array([x.resonance for x in lines])),
                feeling=round(float(np.mean([x.reading.valence for x in lines])), 2),
            )
            for number, lines in ctx.episodes.items()
        ],
        lines=[
            LineOut(
                episode=x.cue.episode,
                cue=x.cue.id,
                start_ms=x.cue.start_ms,
                end_ms=x.cue.end_ms,
                speaker=x.who or "",
                text=x.text,
                vulnerability=round(x.p("vulnerability"), 3),
                gratification=round(x.gratification, 3),
                care=round(x.p("care"), 3),
                hook=round(x.p("hook"), 3),
                feeling=round(x.reading.valence, 3),
                resonance=round(x.resonance, 3),
            )
            for x in ctx.lines
        ],
        signals={
            key: SignalOut(
                name=s.name,
                description=s.description,
                unit=s.unit,
                source=s.source,
                measured=s.measured(ctx),
                figures=r.figures,
            )
            for key, (s, r) in results.items()
        },
        findings=[
            FindingOut(**{k: v for k, v in asdict(f).items() if k not in ("severity", "line", "edition")})
            for f in findings
        ],
    )


def reader_info(reader: Reader, language: str) -> ReaderInfo:
    accuracy: Accuracy = reader.accuracy(language)
    return ReaderInfo(
        id=reader.id,
        name=reader.name,
        version=reader.version,
        language=language,
        measured_on=accuracy.measured_on,
        figures=accuracy.figures,
        weaknesses=list(accuracy.weaknesses),
    )


def axes(ctx: Context) -> Axes:
    """Both axes of a series, with intervals from drawing passages again (bootstrap, 90 %)."""
    return Axes(
        gratification=_estimate(ctx, ctx.gratification),
        resonance=_estimate(ctx, ctx.resonance),
        gratification_trust=trust(ctx.accuracy, ("gratification",)),
        resonance_trust=trust(ctx.accuracy, ("vulnerability", "care")),
    )


def _estimate(ctx: Context, values: Values) -> Estimate:
    if not len(values):
        return Estimate(value=0, low=0, high=0)
    sums = np.array([values[p.first : p.last + 1].sum() for p in ctx.passages])
    sizes = np.array([len(p) for p in ctx.passages])
    draws = np.random.default_rng(11).integers(0, len(sums), size=(400, len(sums)))
    drawn = 100 * sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Estimate(value=per_hundred(values), low=round(float(low), 1), high=round(float(high), 1))
