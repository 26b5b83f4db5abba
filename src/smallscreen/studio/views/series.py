"""The series page: what is done in every episode of every edition, the arc of each episode, and search.

page = series_page(store, cache={})          # SeriesPage, the JSON of /api/series
found = search_page(store, "umbrella")       # SearchPage, the JSON of /api/search
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from pydantic import BaseModel, Field

from smallscreen.series import editing
from smallscreen.series import search as finder
from smallscreen.series import tables as t
from smallscreen.series.store import Store
from smallscreen.story.signal import smooth
from smallscreen.studio.views.completion import Completion, kept_completion

POINTS = 24
"""Points of an episode's arc: about one for two lines."""
_WIDTH = 2.0
"""Smoothing of the arc, in lines: finer than the story report's, whose curve runs over the whole series."""

Kind = Literal["cue", "line", "finding", "character", "term"]


class CellState(BaseModel):
    """One episode of one edition, or a whole edition: numbers of lines, and of findings that are still open."""

    cues: int = Field(default=0, description="lines of the source")
    drafted: int = Field(default=0, description="lines that have words")
    checked: int = Field(default=0, description="drafted lines that did not change since the checks ran")
    approved: int = Field(default=0, description="lines that a person approved")
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    decided: int = Field(default=0, description="findings that a person accepted or refused")
    completion: Completion | None = Field(
        default=None, description="share of the starters who reached 95 % of it; null without viewing events"
    )


class Arc(BaseModel):
    """How an episode feels, as it was read: `POINTS` probabilities for each axis, evenly over its lines.

    Read line by line and smoothed; resonance is not reduced where a line names its feeling.
    """

    gratification: list[float]
    resonance: list[float]


class EpisodeRow(BaseModel):
    """One episode of the source; `arc` is null where the story was not read."""

    number: int
    title: str
    duration_ms: int
    cues: int
    arc: Arc | None = None


class EditionColumn(BaseModel):
    """One edition with the sum of its cells."""

    name: str
    locale: str
    variant: str
    title: str
    total: CellState


class SeriesPage(BaseModel):
    """The whole state of a series. `cells` by edition, then by episode number."""

    title: str
    source_language: str
    reader: str | None = Field(description="who read the story; null where nobody did")
    episodes: list[EpisodeRow]
    editions: list[EditionColumn]
    cells: dict[str, dict[int, CellState]]


class SearchHit(BaseModel):
    """One place that holds the words; `match` is where in `text`; `link` leads to the very cue."""

    kind: Kind
    edition: str | None
    episode: int | None
    cue: str | None
    start_ms: int | None
    text: str
    match: tuple[int, int]
    link: str


class SearchPage(BaseModel):
    """What was found, grouped by kind. `more`: the limit was reached, and there may be more."""

    q: str
    groups: dict[Kind, list[SearchHit]]
    found: int
    more: bool


def series_page(store: Store, cache: MutableMapping[str, Any] | None = None) -> SeriesPage:
    """The state of all episodes and editions. `cache` keeps arcs between calls, by the key of their step."""
    series = store.series()
    cells = editing.cells(store)
    counts = _cue_counts(store)
    cache = {} if cache is None else cache
    reader, arcs = _arcs(store, cache)
    seen = kept_completion(store, cache)
    episodes = [
        EpisodeRow(
            number=e.number,
            title=e.title,
            duration_ms=e.duration_ms,
            cues=counts.get(e.number, 0),
            arc=arcs.get(e.number),
        )
        for e in store.episodes()
    ]
    states: dict[str, dict[int, CellState]] = {}
    columns = []
    for edition in store.editions():
        mine = cells.get(edition.name, {})
        states[edition.name] = {
            e.number: _state(mine[e.number]) if e.number in mine else CellState(cues=e.cues) for e in episodes
        }
        for number, completion in seen.get(edition.name, {}).items():
            if number in states[edition.name]:
                states[edition.name][number].completion = completion
        columns.append(
            EditionColumn(
                name=edition.name,
                locale=edition.locale,
                variant=edition.variant,
                title=str(store.edition_head(edition).get("title") or ""),
                total=_total(states[edition.name].values()),
            )
        )
    return SeriesPage(
        title=series.title,
        source_language=series.source_language,
        reader=reader,
        episodes=episodes,
        editions=columns,
        cells=states,
    )


def search_page(
    store: Store,
    q: str,
    *,
    limit: int = 60,
    kinds: tuple[Kind, ...] | None = None,
    edition: str | None = None,
) -> SearchPage:
    """Where `q` occurs. `edition` is the one that a place of the source is opened beside."""
    words = q.strip()
    hits = finder.search(store, words, limit=limit, kinds=kinds) if words else []
    names = [e.name for e in store.editions()]
    beside = (
        edition if edition in names else next((n for n in names if "." not in n), names[0] if names else None)
    )
    groups: dict[Kind, list[SearchHit]] = {}
    for h in hits:
        start, end = h.match
        hit = SearchHit(
            kind=h.kind,
            edition=h.edition,
            episode=h.episode,
            cue=h.cue,
            start_ms=h.start_ms,
            text=h.text,
            match=(start, end),
            link=_link(h, beside),
        )
        groups.setdefault(hit.kind, []).append(hit)
    return SearchPage(q=words, groups=groups, found=len(hits), more=len(hits) >= limit)


# --- within --------------------------------------------------------------------------------

_SUMS = ("cues", "drafted", "checked", "approved", "errors", "warnings", "notes", "decided")


def _state(cell: editing.Cell) -> CellState:
    return CellState.model_validate({name: getattr(cell, name) for name in _SUMS})


def _total(states: Iterable[CellState]) -> CellState:
    total: Counter[str] = Counter()
    for state in states:
        for name in _SUMS:
            total[name] += getattr(state, name)
    return CellState.model_validate(dict(total))


def _cue_counts(store: Store) -> dict[int, int]:
    query = (
        sa.select(t.cue.c.episode, sa.func.count())
        .where(t.cue.c.series_id == store.series_id)
        .group_by(t.cue.c.episode)
    )
    with store.reading() as c:
        return {row[0]: row[1] for row in c.execute(query)}


def _link(hit: finder.Hit, beside: str | None) -> str:
    """The address of a hit: lines to the workbench, the source to the timeline, names and terms to the brief."""
    edition = hit.edition or beside
    if hit.episode is None:
        return f"/editions/{edition}/brief" if edition else "/"
    at = f"#c={hit.cue}" if hit.cue else ""
    if hit.edition is not None and hit.cue:
        return f"/editions/{edition}/episodes/{hit.episode}{at}"
    asked = [f"edition={edition}"] if edition else []
    if not hit.cue and hit.start_ms is not None:
        asked.append(f"t={hit.start_ms}")
    return f"/episodes/{hit.episode}" + ("?" + "&".join(asked) if asked else "") + at


def _arcs(store: Store, cache: MutableMapping[str, Any]) -> tuple[str | None, dict[int, Arc]]:
    """The arcs of the source by episode, of the reader that read most of it, the last one of equals.

    The readings lie in the summaries of the story's steps, some kilobytes an episode: only the keys are
    read each time, and a summary only when its key is new.
    """
    s = t.step.c
    mine = (s.series_id == store.series_id) & (s.step == "story-read")
    with store.reading() as c:
        rows = c.execute(sa.select(s.scope, s.key, s.finished_at).where(mine)).all()
        read: dict[str, dict[int, tuple[str, str]]] = {}
        last: dict[str, str] = {}
        for scope, key, finished in rows:
            reader, _, episode = scope.rpartition("/")
            # The readings of editions are named reader/edition/ep001.
            if "/" in reader or not episode[2:].isdigit():
                continue
            read.setdefault(reader, {})[int(episode[2:])] = (scope, key)
            last[reader] = max(last.get(reader, ""), finished)
        if not read:
            return None, {}
        reader = max(read, key=lambda r: (len(read[r]), last[r]))
        wanted = {scope: key for scope, key in read[reader].values() if key not in cache}
        if wanted:
            query = sa.select(s.scope, s.summary).where(mine & s.scope.in_(list(wanted)))
            for scope, summary in c.execute(query).all():
                cache[wanted[scope]] = _arc(summary.get("lines", []))
    return reader, {n: arc for n, (_, key) in read[reader].items() if (arc := cache.get(key)) is not None}


def _arc(lines: list[dict[str, Any]]) -> Arc | None:
    if len(lines) < 2:
        return None

    def curve(values: list[float]) -> list[float]:
        soft = smooth(np.array(values), _WIDTH)
        at = np.linspace(0, len(soft) - 1, POINTS)
        return [round(float(v), 3) for v in np.interp(at, np.arange(len(soft)), soft)]

    p = [line["p"] for line in lines]
    return Arc(
        gratification=curve([x.get("gratification", 0.0) for x in p]),
        resonance=curve([1 - (1 - x.get("vulnerability", 0.0)) * (1 - x.get("care", 0.0)) for x in p]),
    )
