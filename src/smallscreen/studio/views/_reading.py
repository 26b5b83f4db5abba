"""Reading one episode out of the series database, without the other seventy-nine."""

from __future__ import annotations

from dataclasses import fields

import sqlalchemy as sa

from smallscreen.series import tables as t
from smallscreen.series.model import Barrier, Draft, Edition, Episode, Finding, Line
from smallscreen.series.store import Store


def episode_of(store: Store, number: int) -> Episode | None:
    """One episode's head, or None where there is none."""
    c = t.episode.c
    names = [f.name for f in fields(Episode)]
    query = sa.select(*(c[n] for n in names)).where((c.series_id == store.series_id) & (c.number == number))
    with store.engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else Episode(*row)


def barriers_of(store: Store, episode: int) -> list[Barrier]:
    """The source's barriers in one episode, in order."""
    c = t.barrier.c
    names = [f.name for f in fields(Barrier)]
    query = sa.select(*(c[n] for n in names)).where((c.series_id == store.series_id) & (c.episode == episode))
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(c.cue, c.start)).mappings().all()
    return [Barrier(**{**r, "strategies": tuple(r["strategies"])}) for r in rows]


def drafts_of(store: Store, edition: Edition, episode: int) -> dict[str, Draft]:
    """An edition's words for one episode, by cue."""
    c = t.draft.c
    query = sa.select(c.cue, c.text, c.origin, c.strategy, c.reason)
    query = query.where((c.edition_id == edition.id) & (c.episode == episode))
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return {r[0]: Draft(*r) for r in rows}


def lines_of(store: Store, edition: Edition, episode: int) -> list[Line]:
    """An edition's fitted subtitles of one episode, in order."""
    c = t.line.c
    query = sa.select(c.episode, c.index, c.start_ms, c.end_ms, c.text, c.cues)
    query = query.where((c.edition_id == edition.id) & (c.episode == episode)).order_by(c.index)
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [Line(edition.name, r[0], r[1], r[2], r[3], r[4], tuple(r[5])) for r in rows]


def findings_of(store: Store, edition: Edition, episode: int) -> list[Finding]:
    """An edition's findings in one episode, by time."""
    c = t.finding.c
    names = [f.name for f in fields(Finding) if f.name != "edition"]
    query = sa.select(*(c[n] for n in names)).where(
        (c.series_id == store.series_id) & (c.edition_id == edition.id) & (c.episode == episode)
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(c.start_ms, c.id)).all()
    return [Finding(**dict(zip(names, r, strict=True)), edition=edition.name) for r in rows]
