"""What the workbench shows of one episode of one edition, as data: the page and its JSON twin are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, Field

from smallscreen.errors import UserError
from smallscreen.localize.checks import CheckContext
from smallscreen.localize.checks.terms import Entry, Mentions, entries
from smallscreen.localize.fit import budgets, windows
from smallscreen.localize.fit.breaking import break_rows
from smallscreen.localize.fit.pieces import cut, refine
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import editing
from smallscreen.series.markets import Market
from smallscreen.series.model import STRATEGIES, Barrier, Cue, Decision, Edition, Finding, Line
from smallscreen.series.project import Project, textless_of, video_of
from smallscreen.series.text import clean, plain, reading_chars, width_ranges
from smallscreen.studio.views import _reading as reading


class ScreenRules(BaseModel):
    """The market's screen, and how it counts; `widths` are code point ranges whose width is not 1."""

    counting: str
    word_breaks: str
    cpl: float = Field(description="characters a row")
    cps: float = Field(description="characters a second")
    max_lines: int
    min_ms: int
    max_ms: int
    widths: list[tuple[int, int, float]]
    widths_korean: list[tuple[int, int, float]]


class BarrierView(BaseModel):
    """A culture-bound item of the source; offsets count code points."""

    start: int
    end: int
    text: str
    kind: str
    need: int
    meaning: str
    literal: str
    strategies: list[str]
    suggestion: str | None


class LineView(BaseModel):
    """The edition's words for a cue as they are stored. Version 0: there are none yet."""

    cue: str
    text: str = ""
    version: int = 0
    status: str = "open"
    origin: str = ""
    strategy: str | None = None
    reason: str | None = None
    changed_by: str = ""
    changed_at: str = ""
    rows: list[str] = Field(default=[], description="the words in rows, if they were a subtitle of their own")


class AgreedView(BaseModel):
    """A name or term with its agreed rendering; `accepts` are the forms that count as it."""

    source: str
    kind: str
    rendering: str | None
    accepts: list[str]
    note: str = ""


class CueView(BaseModel):
    """One cue with everything that belongs to it. `window_ms`: how long its words can be shown."""

    cue: str
    index: int
    start_ms: int
    end_ms: int
    speaker: str | None
    scene: str | None
    source: str
    barriers: list[BarrierView]
    literal: str | None
    line: LineView
    window_ms: int
    budget: int = Field(description="characters that the time and the screen allow")
    agreed: list[int] = Field(description="which of `agreed` the source mentions")


class DecisionView(BaseModel):
    """What somebody decided about a finding."""

    action: str
    who: str
    when: str
    note: str


class FindingView(BaseModel):
    """A finding. `rendering` is what accepting puts in the line, in place of `replaces` where that is given.

    `place` is what a decision on it names: its cue, or its episode (`ep007`).
    """

    check: str
    place: str
    severity: str
    message: str
    suggestion: str | None
    cue: str | None
    line: int | None
    start_ms: int
    end_ms: int
    confidence: float
    rendering: str | None
    replaces: str | None
    decision: DecisionView | None


class FittedView(BaseModel):
    """One subtitle as the fit made it; several cues may share one, one cue may have several."""

    index: int
    start_ms: int
    end_ms: int
    text: str
    cues: list[str]
    characters: float
    cps: float


class Workbench(BaseModel):
    """One episode of one edition to work on."""

    edition: str
    locale: str
    language: str
    market: str
    direction: str
    episode: int
    title: str
    video: bool
    textless: bool
    screen: ScreenRules
    cues: list[CueView]
    agreed: list[AgreedView]
    fitted: list[FittedView]
    findings: list[FindingView]
    strategies: dict[str, str]
    trouble: str | None = Field(default=None, description="why lines could not be fitted and checked anew")


class ChangeView(BaseModel):
    """One version of a line."""

    version: int
    text: str
    status: str
    strategy: str | None
    reason: str | None
    origin: str
    who: str
    at: str


class Refreshed(BaseModel):
    """What the fit and the checks say now; the lines themselves are not in it."""

    edition: str
    episode: int
    fitted: list[FittedView]
    findings: list[FindingView]
    trouble: str | None = None


def workbench(project: Project, edition: Edition, number: int) -> Workbench:
    """All of an episode. UserError where the series has no such episode."""
    store = project.store
    episode = reading.episode_of(store, number)
    if episode is None:
        raise UserError(f"There is no episode {number}; choose one that the series has.")
    here = Localizer(project, edition.locale, [number], variant=edition.variant)
    cues = sorted(here.cues.get(number, []), key=lambda c: (c.start_ms, c.index))
    market = here.market
    screen = market.screen(edition.profile)
    barriers: dict[str, list[Barrier]] = {}
    for b in here.barriers_here(reading.barriers_of(store, number)):
        barriers.setdefault(b.cue, []).append(b)
    states = editing.line_states(store, edition, number)
    literal = _literal(project, edition, number)
    window, budget = windows(cues, market, edition.profile), budgets(cues, market, edition.profile)
    agreed, mentioned = _agreed(here, edition, cues)
    fresh = _checked(project, edition, number, market, [b for some in barriers.values() for b in some])
    return Workbench(
        edition=edition.name,
        locale=edition.locale,
        language=market.language,
        market=market.name,
        direction=market.direction,
        episode=number,
        title=episode.title,
        video=video_of(project, episode) is not None,
        textless=textless_of(project, episode) is not None,
        screen=ScreenRules(
            counting=market.counting,
            word_breaks=market.word_breaks,
            cpl=screen.cpl,
            cps=screen.cps,
            max_lines=screen.max_lines,
            min_ms=screen.min_ms,
            max_ms=screen.max_ms,
            widths=_widths(market.counting, False),
            widths_korean=_widths(market.counting, True) if market.counting == "half" else [],
        ),
        cues=[
            CueView(
                cue=c.id,
                index=c.index,
                start_ms=c.start_ms,
                end_ms=c.end_ms,
                speaker=c.speaker,
                scene=c.scene,
                source=c.text,
                barriers=[_barrier(b, market) for b in barriers.get(c.id, [])],
                literal=literal.get(c.id),
                line=line_view(states.get(c.id), c.id, market, edition),
                window_ms=window[c.id],
                budget=budget[c.id],
                agreed=mentioned[c.id],
            )
            for c in cues
        ],
        agreed=agreed,
        fitted=fresh.fitted,
        findings=fresh.findings,
        strategies=STRATEGIES,
    )


def refreshed(project: Project, edition: Edition, number: int) -> Refreshed:
    """What the fit and the checks say of an episode now."""
    here = Localizer(project, edition.locale, [number], variant=edition.variant)
    barriers = here.barriers_here(reading.barriers_of(project.store, number))
    return _checked(project, edition, number, here.market, barriers)


def line_view(state: editing.LineState | None, cue: str, market: Market, edition: Edition) -> LineView:
    """A stored line, with the rows it would have as a subtitle of its own."""
    if state is None:
        return LineView(cue=cue)
    return LineView(
        cue=cue,
        text=state.text,
        version=state.version,
        status=state.status,
        origin=state.origin,
        strategy=state.strategy,
        reason=state.reason,
        changed_by=state.changed_by,
        changed_at=state.changed_at,
        rows=rows_of(state.text, market, edition.profile),
    )


def rows_of(text: str, market: Market, profile: str) -> list[str]:
    """The words as the fit would break them into rows, were they a subtitle of their own."""
    screen = market.screen(profile)
    text = clean(text)
    pieces = cut(text, market)
    if not pieces.words:
        return []
    if pieces.width > screen.cpl:
        pieces = refine(pieces, market, screen.cpl)
    return break_rows(pieces, screen.cpl, market.language, screen.max_lines)


def history(project: Project, edition: Edition, cue: str) -> list[ChangeView]:
    """All versions of a line, the newest first."""
    found = editing.history(project.store, edition, cue)
    return [
        ChangeView(
            version=h.version, text=h.text, status=h.status, strategy=h.strategy, reason=h.reason,
            origin=h.origin, who=h.who, at=h.at,
        )
        for h in found
    ]  # fmt: skip


# --- within --------------------------------------------------------------------------------


@cache
def _widths(counting: str, korean: bool) -> list[tuple[int, int, float]]:
    return width_ranges(counting, korean=korean)


def _checked(
    project: Project, edition: Edition, number: int, market: Market, barriers: Sequence[Barrier]
) -> Refreshed:
    store = project.store
    decided = editing.standing(store, edition)
    offered = {(b.cue, b.text): s for b in barriers if (s := _suggestion(b, market))}
    return Refreshed(
        edition=edition.name,
        episode=number,
        fitted=[_fitted(x, market) for x in reading.lines_of(store, edition, number)],
        findings=[
            _finding(f, decided.get((editing.place_of(f), f.check)), offered)
            for f in reading.findings_of(store, edition, number)
        ],
    )


def _fitted(line: Line, market: Market) -> FittedView:
    characters = reading_chars(line.text, market.counting)
    return FittedView(
        index=line.index,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        cues=list(line.cues),
        characters=characters,
        cps=round(characters * 1000 / max(line.duration_ms, 1), 1),
    )


def _finding(f: Finding, decision: Decision | None, offered: dict[tuple[str, str], str]) -> FindingView:
    rendering, replaces = _offer(f, offered)
    return FindingView(
        check=f.check,
        place=editing.place_of(f),
        severity=f.severity,
        message=f.message,
        suggestion=f.suggestion,
        cue=f.cue,
        line=f.line,
        start_ms=f.start_ms,
        end_ms=f.end_ms,
        confidence=f.confidence,
        rendering=rendering,
        replaces=replaces,
        decision=DecisionView(
            action=decision.action, who=decision.who, when=decision.when, note=decision.note
        )
        if decision
        else None,
    )


def _offer(f: Finding, offered: dict[tuple[str, str], str]) -> tuple[str | None, str | None]:
    """What a finding would put into the line, and in place of what; (None, None) where it only tells."""
    e: dict[str, Any] = f.evidence
    wanted = e.get("agreed") or e.get("usual")
    found = e.get("found")
    if isinstance(wanted, str) and wanted:
        return wanted, found if isinstance(found, str) else None
    mark, own = e.get("mark"), e.get("own")
    if isinstance(mark, str) and isinstance(own, str) and " " not in own:
        return own, mark
    source = e.get("source")
    if f.cue and isinstance(source, str) and (f.cue, source) in offered:
        return offered[f.cue, source], None
    return None, None


def _barrier(b: Barrier, market: Market) -> BarrierView:
    return BarrierView(
        start=b.start,
        end=b.end,
        text=b.text,
        kind=b.kind,
        need=b.need,
        meaning=b.meaning,
        literal=b.literal,
        strategies=list(b.strategies),
        suggestion=_suggestion(b, market),
    )


def _suggestion(b: Barrier, market: Market) -> str | None:
    return b.suggestions.get(market.locale) or b.suggestions.get(market.language) or None


def _literal(project: Project, edition: Edition, number: int) -> dict[str, str]:
    """The word-for-word draft beside this edition, where there is one."""
    if edition.variant == "literal":
        return {}
    for other in project.store.editions():
        if other.locale == edition.locale and other.variant == "literal":
            return {k: d.text for k, d in reading.drafts_of(project.store, other, number).items()}
    return {}


def _agreed(
    here: Localizer, edition: Edition, cues: Sequence[Cue]
) -> tuple[list[AgreedView], dict[str, list[int]]]:
    """The names and terms that the episode mentions or that speak in it, and which ones each cue does."""
    context = CheckContext(
        market=here.market, profile=edition.profile, edition=edition.name, cues=cues, lines=[],
        series=here.series,
    )  # fmt: skip
    known = entries(context)
    mentions = Mentions(known)
    notes = {c.name: c.role or c.description for c in here.series.characters}
    notes |= {x.source: x.note for x in here.series.terms}
    views: list[AgreedView] = []
    place: dict[str, int] = {}

    def at(entry: Entry) -> int:
        if entry.source not in place:
            place[entry.source] = len(views)
            views.append(_agreed_view(entry, notes.get(entry.source, ""), here.market))
        return place[entry.source]

    said = {c.id: [at(entry) for entry, _ in mentions(plain(c.text))] for c in cues}
    by_name = {e.source: e for e in known if e.kind == "name"}
    for speaker in dict.fromkeys(c.speaker for c in cues if c.speaker):
        if speaker in by_name:
            at(by_name[speaker])
    return views, said


def _agreed_view(entry: Entry, note: str, market: Market) -> AgreedView:
    accepts = [r for r in (entry.rendering, *entry.others) if r]
    if entry.kind != "term":
        accepts += [p for r in list(accepts) for p in r.replace("·", " ").split() if len(p) >= 3]
    return AgreedView(
        source=entry.source,
        kind=entry.kind,
        rendering=entry.others[0] if entry.others else entry.rendering,
        accepts=accepts,
        note=note or "",
    )
