"""One episode on one timeline: what was on the screen, what the edition says, what was found there.

`episode_view` reads one episode of one edition from the series database. No HTTP in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from smallscreen.audience.stored import read_curve
from smallscreen.engines.fonts import line_height
from smallscreen.engines.video import probe
from smallscreen.errors import EngineError, UserError
from smallscreen.series import markets, platforms
from smallscreen.series import tables as t
from smallscreen.series.editing import place_of, standing
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Draft, Edition, Episode, Finding, Line
from smallscreen.series.project import Project, textless_of, video_of
from smallscreen.series.store import Store
from smallscreen.series.text import reading_chars
from smallscreen.studio.views.timeline_model import (
    BarrierView,
    Box,
    CueView,
    EditionView,
    EpisodeView,
    FindingView,
    LineView,
    PlatformView,
    RetentionView,
    VideoView,
)
from smallscreen.studio.views.timeline_story import story_view

SUBTITLE_SIZE = 56 / 1080
SUBTITLE_OUTLINE = 0.075
"""As `localize.package.video` sets subtitles: the size of the picture's shorter side, the outline of the size."""
_T = TypeVar("_T")


def episode_view(
    project: Project, number: int, name: str | None, kept: dict[Any, Any] | None = None
) -> EpisodeView:
    """What the timeline shows of an episode; without an edition, the source alone.

    `kept` stays between calls (ranks, probed videos). UserError names what there is when it is not there.
    """
    store, kept = project.store, {} if kept is None else kept
    episodes, editions, series = store.episodes(), store.editions(), store.series()
    numbers = [e.number for e in episodes]
    if number not in numbers:
        there = f"there are {numbers[0]} to {numbers[-1]}" if numbers else "there is none"
        raise UserError(f"There is no episode {number}; {there}.")
    edition = next((e for e in editions if e.name == name), None)
    if name and edition is None:
        raise UserError(
            f"There is no edition {name}; there are {', '.join(e.name for e in editions) or 'none yet'}."
        )
    at = numbers.index(number)
    episode = episodes[at]
    market = markets.load(edition.locale) if edition else None
    cues = _cues(store, number)
    video = _video(project, episode, kept)
    lines = _lines(store, edition, number, market)
    findings, beats = _findings(store, edition, number)
    ends = [episode.duration_ms, *(c.end_ms for c in cues), *(x.end_ms for x in lines)]
    return EpisodeView(
        episode=number,
        title=episode.title,
        duration_ms=max(*ends, video.duration_ms if video else 0),
        previous=numbers[at - 1] if at else None,
        next=numbers[at + 1] if at + 1 < len(numbers) else None,
        source_language=series.source_language,
        edition=_edition(store, edition, market),
        editions=[e.name for e in editions],
        video=video,
        burned_in=_burned_in(series.extra.get("burned_in")),
        platforms=[_platform(n) for n in platforms.names()],
        size=SUBTITLE_SIZE,
        outline=SUBTITLE_OUTLINE,
        leading=line_height(edition.locale if edition else series.source_language, 100) / 100,
        cues=_cue_views(store, edition, editions, cues),
        lines=lines,
        barriers=_barriers(store, number, cues),
        findings=findings,
        beats=beats,
        story=story_view(store, cues, edition, kept, project.root.name),
        retention=_retention(store, edition, number),
    )


# --- one episode's rows ----------------------------------------------------------------------


def _rows(
    store: Store, table: sa.Table, kind: type[_T], where: sa.ColumnElement[bool], *order: str
) -> list[_T]:
    """Rows of one episode; the store's own methods read the whole series."""
    names = [f.name for f in fields(kind) if f.name in table.c]  # type: ignore[arg-type]
    query = sa.select(*(table.c[n] for n in names)).where(where).order_by(*(table.c[n] for n in order))
    with store.reading() as c:
        return [kind(**r) for r in c.execute(query).mappings()]


def _cues(store: Store, number: int) -> list[Cue]:
    where = (t.cue.c.series_id == store.series_id) & (t.cue.c.episode == number)
    return _rows(store, t.cue, Cue, where, "index")


def _cue_views(
    store: Store, edition: Edition | None, editions: Sequence[Edition], cues: Sequence[Cue]
) -> list[CueView]:
    drafts = _drafts(store, edition, cues)
    other = next(
        (e for e in editions if edition and e.locale == edition.locale and e.variant == "literal"), None
    )
    literal = _drafts(store, other, cues) if other and edition and other.id != edition.id else {}
    status = _status(store, edition, cues)
    views = []
    for c in cues:
        draft, word = drafts.get(c.id), literal.get(c.id)
        views.append(
            CueView(
                id=c.id,
                index=c.index,
                start_ms=c.start_ms,
                end_ms=c.end_ms,
                text=c.text,
                speaker=c.speaker,
                scene=c.scene,
                literal=word.text if word else None,
                draft=draft.text if draft else None,
                strategy=draft.strategy if draft else None,
                reason=draft.reason if draft else None,
                status=status.get(c.id, "drafted") if draft else "",
            )
        )
    return views


def _drafts(store: Store, edition: Edition | None, cues: Sequence[Cue]) -> dict[str, Draft]:
    if edition is None or not cues:
        return {}
    where = (t.draft.c.edition_id == edition.id) & (t.draft.c.episode == cues[0].episode)
    return {d.cue: d for d in _rows(store, t.draft, Draft, where, "cue")}


def _status(store: Store, edition: Edition | None, cues: Sequence[Cue]) -> dict[str, str]:
    if edition is None or not cues:
        return {}
    where = (t.draft.c.edition_id == edition.id) & (t.draft.c.episode == cues[0].episode)
    with store.reading() as c:
        return {r[0]: r[1] for r in c.execute(sa.select(t.draft.c.cue, t.draft.c.status).where(where))}


def _lines(store: Store, edition: Edition | None, number: int, market: Market | None) -> list[LineView]:
    if edition is None or market is None:
        return []
    where = (t.line.c.edition_id == edition.id) & (t.line.c.episode == number)
    c = t.line.c
    query = sa.select(c.episode, c.index, c.start_ms, c.end_ms, c.text, c.cues).where(where).order_by(c.index)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    limit = market.screen(edition.profile).cps
    views = []
    for row in rows:
        line = Line(edition.name, row[0], row[1], row[2], row[3], row[4], tuple(row[5]))
        seconds = line.duration_ms / 1000
        cps = reading_chars(line.text, market.counting) / seconds if seconds > 0 else 0.0
        views.append(
            LineView(
                index=line.index,
                start_ms=line.start_ms,
                end_ms=line.end_ms,
                text=line.text,
                cues=list(line.cues),
                cps=round(cps, 1),
                over=cps > limit + 1e-9,
            )
        )
    return views


def _findings(
    store: Store, edition: Edition | None, number: int
) -> tuple[list[FindingView], list[FindingView]]:
    """The findings of the episode, on the edition and on the source; and the story's, apart."""
    c = t.finding.c
    mine: sa.ColumnElement[bool] = c.edition_id.is_(None)
    if edition is not None:
        mine = mine | (c.edition_id == edition.id)
    where = (c.series_id == store.series_id) & (c.episode == number) & mine
    names = [f.name for f in fields(Finding) if f.name != "edition"]
    query = sa.select(c.edition_id, *(c[n] for n in names)).where(where).order_by(c.start_ms, c.id)
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    held = standing(store, edition) if edition else {}
    findings: list[FindingView] = []
    beats: list[FindingView] = []
    for row in rows:
        of: Literal["edition", "source"] = "source" if row["edition_id"] is None else "edition"
        finding = Finding(**{n: row[n] for n in names})
        decision = held.get((place_of(finding), finding.check))
        view = FindingView(
            of=of,
            place=place_of(finding),
            decision=decision.action if decision else None,
            who=decision.who if decision else None,
            **{n: row[n] for n in names if n not in ("episode", "evidence")},
        )
        told = of == "source" and finding.check.startswith("story.")
        (beats if told else findings).append(view)
    return findings, beats


def _barriers(store: Store, number: int, cues: Sequence[Cue]) -> list[BarrierView]:
    where = (t.barrier.c.series_id == store.series_id) & (t.barrier.c.episode == number)
    at = {c.id: c for c in cues}
    return [
        BarrierView(
            cue=b.cue,
            start_ms=at[b.cue].start_ms,
            end_ms=at[b.cue].end_ms,
            text=b.text,
            kind=b.kind,
            need=b.need,
            meaning=b.meaning,
            literal=b.literal,
        )
        for b in _rows(store, t.barrier, Barrier, where, "cue", "start")
        if b.cue in at
    ]


def _retention(store: Store, edition: Edition | None, number: int) -> RetentionView | None:
    """The stored curve of the edition's viewers; None where nobody was measured."""
    curve = read_curve(store, edition.name, number) if edition else None
    if curve is None:
        return None
    return RetentionView(
        starters=curve["starters"],
        simulated=curve["simulated"],
        times_ms=[1000 * second + 500 for second in range(len(curve["share"]))],
        share=curve["share"],
        low=curve["low"],
        high=curve["high"],
    )


# --- picture and screen ----------------------------------------------------------------------


def _edition(store: Store, edition: Edition | None, market: Market | None) -> EditionView | None:
    if edition is None or market is None:
        return None
    screen = market.screen(edition.profile)
    return EditionView(
        name=edition.name,
        locale=edition.locale,
        market=market.name,
        title=str(store.edition_head(edition).get("title") or ""),
        direction=market.direction,
        script=market.script,
        profile=edition.profile,
        platform=edition.platform,
        cps=screen.cps,
        cpl=screen.cpl,
        max_lines=screen.max_lines,
    )


def _video(project: Project, episode: Episode, kept: dict[Any, Any]) -> VideoView | None:
    """The episode's picture; None where there is none, or none that can be opened."""
    whole, textless = video_of(project, episode), textless_of(project, episode)
    path = whole or textless
    if path is None:
        return None
    key = ("video", str(path), path.stat().st_mtime_ns)
    if key not in kept:
        try:
            kept[key] = probe(path)
        except (UserError, EngineError):
            kept[key] = None
    info = kept[key]
    if info is None:
        return None
    base = f"/media/{episode.number}"
    return VideoView(
        url=base if whole else None,
        textless=f"{base}/textless" if textless else None,
        width=info.width,
        height=info.height,
        fps=round(info.fps, 3) or 24.0,
        duration_ms=info.duration_ms,
    )


def _burned_in(value: Any) -> Box | None:
    try:
        x0, y0, x1, y1 = (float(part) for part in value)
    except (TypeError, ValueError):
        return None
    return (x0, y0, x1, y1) if 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1 else None


def _platform(name: str) -> PlatformView:
    p = platforms.load(name)

    def parts(box: tuple[int, int, int, int]) -> Box:
        return (
            round(box[0] / p.width, 4),
            round(box[1] / p.height, 4),
            round(box[2] / p.width, 4),
            round(box[3] / p.height, 4),
        )

    return PlatformView(name=p.name, label=p.label, safe=parts(p.safe_box()), text=parts(p.text_box()))
