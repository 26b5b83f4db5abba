"""What a check is, and what it is given to look at.

A check is one class in one of this package's modules: it has an id (`family.name`), a name and a
description for people, a severity, and `run`. There are three kinds, by what they see:

- `SourceCheck` sees the cues of the source (`SourceContext`), before there is any edition;
- `Check` sees one episode of one edition (`CheckContext`);
- `SeriesCheck` sees all episodes of one edition (`SeriesContext`), for what shows only in many lines.

`languages` and `spare` say which languages a check knows; where it does not apply it does not run,
and the summary says so, with the reason.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from smallscreen.series.markets import Market, Screen
from smallscreen.series.model import Barrier, Cue, Draft, Finding, Line, Series, Severity
from smallscreen.series.text import plain

if TYPE_CHECKING:
    import numpy as np

    from smallscreen.series.platforms import Platform

UNSURE = 0.5
"""A culture-bound item that its finder is less sure of gives notes, never warnings or errors, and hides no finding."""


class Embedder(Protocol):
    """What the meaning checks need of an embedder: `engines.embed.get_embedder()` gives one."""

    name: str

    def embed(self, texts: list[str]) -> np.ndarray:
        """Vectors of length 1, shape (n, d), float32."""


class VectorCache(Protocol):
    """Where vectors are kept between runs, so that a deep check is paid for once."""

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]: ...

    def put_many(self, items: Mapping[str, bytes]) -> None: ...


@dataclass(slots=True)
class CheckSummary:
    """What ran, what did not and why: shown beside the findings, so that silence is not taken for praise.

    `ran` counts the findings of every check that ran; `not_run` gives a reason for every one that
    did not; `figures` holds what a check wants said (`adequacy.meaning`: lines compared, of how many).
    """

    ran: dict[str, int] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def meaning(self) -> str:
        """`"meaning compared on 131 of 3,900 lines"`, or why it was not."""
        figures = self.figures.get("adequacy.meaning")
        if figures:
            return f"meaning compared on {figures['compared']:,} of {figures['lines']:,} lines"
        return f"meaning not compared: {self.not_run.get('adequacy.meaning', 'the check was not asked for')}"


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines and the source cues they render, taken together: the smallest pair that can be compared.

    Fitting may merge two cues into one line or split one cue over two, so a line alone may hold
    less, or more, than its first cue. `text` and `source` are plain, without line breaks.
    """

    cues: tuple[Cue, ...]
    lines: tuple[Line, ...]
    source: str
    text: str

    @property
    def start_ms(self) -> int:
        return self.lines[0].start_ms if self.lines else self.cues[0].start_ms

    @property
    def end_ms(self) -> int:
        return max((part.end_ms for part in (self.lines or self.cues)), default=0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line made ready for the language checks: `text` without tags, `flat` also without line breaks."""

    line: Line
    text: str
    flat: str
    rows: tuple[str, ...]


@dataclass(kw_only=True)
class SourceContext:
    """The cues of the source, in order, with the series' head and its barriers."""

    cues: Sequence[Cue]
    series: Series | None = None
    barriers: Sequence[Barrier] = ()
    summary: CheckSummary = field(default_factory=CheckSummary)

    edition: ClassVar[str | None] = None

    @cached_property
    def episodes(self) -> dict[int, list[Cue]]:
        """Cues by episode, in the order of time."""
        found: dict[int, list[Cue]] = {}
        for cue in self.cues:
            found.setdefault(cue.episode, []).append(cue)
        for cues in found.values():
            cues.sort(key=lambda c: (c.start_ms, c.index))
        return found

    @cached_property
    def barriers_of(self) -> dict[str, list[Barrier]]:
        return _by_cue(self.barriers)


@dataclass(kw_only=True)
class CheckContext:
    """One episode of one edition.

    `drafts` are the edition's words before fitting (they carry strategy and reason); `literal_drafts`
    a word-for-word draft in the same language where there is one. `deep` asks the meaning check to
    compare every line. `cuts` are the hard cuts of the episode's picture, ms in order, None where
    they were not looked for; `video_fps` its frames a second. Give all contexts of a run the same `summary` to read it afterwards.
    """

    market: Market
    profile: str
    edition: str
    cues: Sequence[Cue]
    lines: Sequence[Line]
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    barriers: Sequence[Barrier] = ()
    series: Series | None = None
    platform: Platform | None = None
    embedder: Embedder | None = None
    literal_drafts: Mapping[str, Draft] | None = None
    cuts: Sequence[int] | None = None
    video_fps: float | None = None
    cache: VectorCache | None = None
    deep: bool = False
    summary: CheckSummary = field(default_factory=CheckSummary)

    @cached_property
    def screen(self) -> Screen:
        return self.market.screen(self.profile)

    @cached_property
    def cue_by_id(self) -> dict[str, Cue]:
        return {cue.id: cue for cue in self.cues}

    @cached_property
    def barriers_of(self) -> dict[str, list[Barrier]]:
        """Barriers by cue id."""
        return _by_cue(self.barriers)

    @cached_property
    def rows(self) -> list[Row]:
        """The lines in the order of time, with their plain text."""
        made = []
        for line in sorted(self.lines, key=lambda one: (one.start_ms, one.index)):
            text = plain(line.text)
            rows = tuple(text.split("\n"))
            made.append(Row(line, text, " ".join(row.strip() for row in rows).strip(), rows))
        return made

    def source_of(self, line: Line) -> str:
        """The source text of the cues that `line` renders, in one string."""
        return " ".join(self._plain_source(c) for c in line.cues if c in self.cue_by_id)

    @cached_property
    def sources(self) -> dict[str, str]:
        """Plain source text by cue id, line breaks turned into spaces."""
        return {cue.id: plain(cue.text).replace("\n", " ").strip() for cue in self.cues}

    def _plain_source(self, cue: str) -> str:
        return self.sources.get(cue, "")

    @cached_property
    def units(self) -> list[Unit]:
        """Lines and cues that belong together, in the order of the source; cues without a line too."""
        return _units(self)

    @cached_property
    def unit_of(self) -> dict[str, Unit]:
        """The unit of every cue id."""
        return {cue.id: unit for unit in self.units for cue in unit.cues}

    def decided(self, cues: Sequence[Cue]) -> Draft | None:
        """The first draft among these cues whose departure from the source is recorded with a reason."""
        for cue in cues:
            draft = self.drafts.get(cue.id)
            if draft is not None and draft.strategy and (draft.reason or "").strip():
                return draft
        return None

    def rendering(self, renderings: Mapping[str, str]) -> str | None:
        """The rendering for this market: the locale's own, else its language's."""
        return renderings.get(self.market.locale) or renderings.get(self.market.language) or None


@dataclass(kw_only=True)
class SeriesContext:
    """All episodes of one edition, for the checks that need many lines."""

    episodes: Sequence[CheckContext]

    @property
    def first(self) -> CheckContext:
        return self.episodes[0]

    @property
    def market(self) -> Market:
        return self.first.market

    @property
    def edition(self) -> str:
        return self.first.edition

    @property
    def summary(self) -> CheckSummary:
        return self.first.summary


class _Described:
    """What all kinds of check share: who they are and how they make a finding."""

    id: ClassVar[str] = ""
    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    severity: ClassVar[Severity] = "warning"
    scope: ClassVar[str] = ""

    @property
    def family(self) -> str:
        """What precedes the dot of the id: screen, language, terms, adequacy, culture, source."""
        return self.id.partition(".")[0]


class _OnEdition(_Described):
    """A check of an edition: it may know only some languages."""

    languages: ClassVar[frozenset[str] | None] = None
    """Languages it knows (ISO 639-1); None: all."""
    spare: ClassVar[frozenset[str]] = frozenset()
    """Languages in which what it looks for is right."""

    def why_not(self, market: Market) -> str | None:
        """Why the check does not run for this market, in half a sentence; None where it does."""
        if self.languages is not None and market.language not in self.languages:
            return f"it knows {', '.join(sorted(self.languages))} only"
        if market.language in self.spare:
            return f"it has no meaning in {market.language}"
        return None


class SourceCheck(_Described, ABC):
    """A check of the source."""

    scope = "source"

    @abstractmethod
    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        """Findings, `edition=None`."""

    def finding(self, cue: Cue, message: str, suggestion: str | None = None, **more: Any) -> Finding:
        """A finding about one cue."""
        more.setdefault("severity", self.severity)
        return Finding(
            check=self.id,
            episode=cue.episode,
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            cue=cue.id,
            message=message,
            suggestion=suggestion,
            **more,
        )


class Check(_OnEdition, ABC):
    """A check of one episode of an edition."""

    scope = "episode"

    @abstractmethod
    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        """Findings about the context's edition."""

    def on_line(
        self, ctx: CheckContext, line: Line, message: str, suggestion: str | None = None, **more: Any
    ) -> Finding:
        """A finding about one line."""
        return line_finding(self, ctx, line, message, suggestion, **more)

    def on_unit(
        self, ctx: CheckContext, unit: Unit, message: str, suggestion: str | None = None, **more: Any
    ) -> Finding:
        """A finding about a unit; pass `cue` to name one cue of it."""
        return unit_finding(self, ctx, unit, message, suggestion, **more)


class SeriesCheck(_OnEdition, ABC):
    """A check of all episodes of an edition."""

    scope = "edition"

    @abstractmethod
    def run(self, ctx: SeriesContext) -> Iterator[Finding]:
        """Findings about the context's edition."""

    def on_unit(
        self, ctx: CheckContext, unit: Unit, message: str, suggestion: str | None = None, **more: Any
    ) -> Finding:
        """A finding about a unit; pass `cue` to name one cue of it."""
        return unit_finding(self, ctx, unit, message, suggestion, **more)


AnyCheck = SourceCheck | Check | SeriesCheck


def line_finding(
    check: _OnEdition, ctx: CheckContext, line: Line, message: str, suggestion: str | None = None, **more: Any
) -> Finding:
    """A finding about one line of an edition."""
    more.setdefault("severity", check.severity)
    more.setdefault("cue", line.cues[0] if line.cues else None)
    return Finding(
        check=check.id,
        episode=line.episode,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        line=line.index,
        edition=ctx.edition,
        message=message,
        suggestion=suggestion,
        **more,
    )


def unit_finding(
    check: _OnEdition, ctx: CheckContext, unit: Unit, message: str, suggestion: str | None = None, **more: Any
) -> Finding:
    """A finding about lines and the cues they render."""
    more.setdefault("severity", check.severity)
    more.setdefault("cue", unit.cues[0].id if unit.cues else None)
    return Finding(
        check=check.id,
        episode=unit.cues[0].episode if unit.cues else unit.lines[0].episode,
        start_ms=unit.start_ms,
        end_ms=unit.end_ms,
        line=unit.lines[0].index if unit.lines else None,
        edition=ctx.edition,
        message=message,
        suggestion=suggestion,
        **more,
    )


def quote(text: str, limit: int = 60) -> str:
    """`text` for a message: one row, at most `limit` characters, in quotation marks."""
    flat = " ".join(text.split())
    return f"“{flat}”" if len(flat) <= limit else f"“{flat[: limit - 1].rstrip()}…”"


def letters(text: str) -> str:
    """The letters and digits of `text`, folded: what is left when punctuation and case do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _by_cue(barriers: Sequence[Barrier]) -> dict[str, list[Barrier]]:
    found: dict[str, list[Barrier]] = {}
    for barrier in barriers:
        found.setdefault(barrier.cue, []).append(barrier)
    return found


def _units(ctx: CheckContext) -> list[Unit]:
    """Connected groups of cues and lines, by union over the cues that lines share."""
    parent: dict[str, str] = {cue.id: cue.id for cue in ctx.cues}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for row in ctx.rows:
        known = [c for c in row.line.cues if c in parent]
        for other in known[1:]:
            parent[root(other)] = root(known[0])
    cues_of: dict[str, list[Cue]] = {}
    for cue in ctx.cues:
        cues_of.setdefault(root(cue.id), []).append(cue)
    rows_of: dict[str, list[Row]] = {}
    for row in ctx.rows:
        known = [c for c in row.line.cues if c in parent]
        if known:
            rows_of.setdefault(root(known[0]), []).append(row)
    units = []
    for key, cues in cues_of.items():
        rows = rows_of.get(key, [])
        units.append(
            Unit(
                cues=tuple(cues),
                lines=tuple(row.line for row in rows),
                source=" ".join(ctx.sources[cue.id] for cue in cues).strip(),
                text=" ".join(row.flat for row in rows).strip(),
            )
        )
    return units
