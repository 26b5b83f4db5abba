"""One series in its database: what is read from it and written to it.

Everything is in the words of `model`: data classes go in and come out. A `put_*` replaces what
its scope held (an episode, an edition's episode), so that a step can be run again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from smallscreen.series import tables as t
from smallscreen.series.model import (
    Barrier,
    Character,
    Cue,
    Decision,
    Draft,
    Edition,
    Episode,
    Finding,
    Line,
    Scene,
    ScriptLine,
    Series,
    Term,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What a step left: the key of its inputs and settings, and a summary in JSON."""

    key: str
    summary: dict[str, Any]
    finished_at: str


class Store:
    """A series in a database. Not shared between threads; `replies` is."""

    def __init__(self, engine: sa.Engine, slug: str) -> None:
        self.engine = engine
        self.slug = slug
        self._connection: sa.Connection | None = None
        with self._begin() as c:
            found = c.execute(sa.select(t.series.c.id).where(t.series.c.slug == slug)).scalar()
            if found is None:
                empty = {"slug": slug, "title": slug, "source_language": "zh-Hans", "synopsis": ""}
                row = {**empty, "characters": [], "terms": [], "extra": {}}
                found = c.execute(t.series.insert().values(row).returning(t.series.c.id)).scalar_one()
        self.series_id: int = found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is put inside is stored together, or not at all. May be nested."""
        with self._begin():
            yield

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is going to write: what is read in it is still so when it writes.

        SQLite takes the right to write at once and waits for it. A transaction that read first could be refused
        outright instead (SQLITE_BUSY_SNAPSHOT); in PostgreSQL the rows are locked by whoever reads them.
        """
        with self._begin() as c:
            if c.dialect.name == "sqlite" and not c.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                c.exec_driver_sql("BEGIN IMMEDIATE")
            yield c

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to ask with; within a transaction, that one's."""
        with self._begin() as c:
            yield c

    def sibling(self) -> Store:
        """A store of the same series for another thread; asks the database nothing."""
        other = Store.__new__(Store)
        other.engine, other.slug, other.series_id = self.engine, self.slug, self.series_id
        other._connection = None
        return other

    # --- the series and its episodes -------------------------------------------------------

    def put_series(self, series: Series) -> None:
        """Store the head of the series, as `series.toml` gives it."""
        values = {
            "title": series.title,
            "source_language": series.source_language,
            "synopsis": series.synopsis,
            "characters": [asdict(c) for c in series.characters],
            "terms": [asdict(x) for x in series.terms],
            "extra": series.extra,
        }
        with self._begin() as c:
            c.execute(t.series.update().where(t.series.c.id == self.series_id).values(values))

    def series(self) -> Series:
        with self._begin() as c:
            row = c.execute(sa.select(t.series).where(t.series.c.id == self.series_id)).mappings().one()
        return Series(
            slug=row["slug"],
            title=row["title"],
            source_language=row["source_language"],
            synopsis=row["synopsis"],
            characters=tuple(
                Character(**{**x, "aliases": tuple(x["aliases"]), "relations": tuple(x["relations"])})
                for x in row["characters"]
            ),
            terms=tuple(Term(**x) for x in row["terms"]),
            extra=row["extra"],
        )

    def put_episode(
        self,
        episode: Episode,
        cues: Sequence[Cue],
        scenes: Sequence[Scene] = (),
        script: Sequence[ScriptLine] = (),
    ) -> None:
        """Store an episode with its cues, scenes and script, in place of what it had."""
        here = {"series_id": self.series_id}
        with self._begin() as c:
            self._delete_episode(c, episode.number)
            c.execute(t.episode.insert().values(**here, **_row(episode)))
            _insert(c, t.cue, [{**here, **_row(x)} for x in cues])
            _insert(c, t.scene, [{**here, **_row(x)} for x in scenes])
            _insert(c, t.script_line, [{**here, **_row(x)} for x in script])

    def remove_episode(self, number: int) -> None:
        """Forget an episode of the source. What people wrote for its cues in editions stays."""
        with self._begin() as c:
            self._delete_episode(c, number)

    def set_video(self, number: int, path: str | None) -> None:
        """Say which video file an episode has."""
        where = (t.episode.c.series_id == self.series_id) & (t.episode.c.number == number)
        with self._begin() as c:
            c.execute(t.episode.update().where(where).values(video_file=path))

    def episodes(self) -> list[Episode]:
        return self._all(t.episode, Episode, order=("number",))

    def cues(self) -> dict[int, list[Cue]]:
        """All cues by episode, in order."""
        return _by_episode(self._all(t.cue, Cue, order=("episode", "index")))

    def scenes(self) -> dict[int, list[Scene]]:
        return _by_episode(self._all(t.scene, Scene, order=("episode", "id")))

    def script(self) -> dict[int, list[ScriptLine]]:
        return _by_episode(self._all(t.script_line, ScriptLine, order=("episode", "index")))

    # --- barriers --------------------------------------------------------------------------

    def put_barriers(self, episodes: Iterable[int], barriers: Sequence[Barrier]) -> None:
        """Store what was found in `episodes`. Barriers belong to the source; a market's view is computed."""
        b = t.barrier.c
        with self._begin() as c:
            c.execute(
                t.barrier.delete().where((b.series_id == self.series_id) & b.episode.in_(list(episodes)))
            )
            _insert(c, t.barrier, [{"series_id": self.series_id, **_row(x)} for x in barriers])

    def barriers(self) -> dict[int, list[Barrier]]:
        return _by_episode(self._all(t.barrier, Barrier, order=("episode", "cue", "start")))

    # --- editions --------------------------------------------------------------------------

    def edition(
        self, locale: str, variant: str = "main", *, profile: str | None = None, platform: str | None = None
    ) -> Edition:
        """The edition for a locale, made when it is not there; profile and platform are set when given."""
        e = t.edition.c
        where = (e.series_id == self.series_id) & (e.locale == locale) & (e.variant == variant)
        with self._begin() as c:
            row = c.execute(sa.select(t.edition).where(where)).mappings().one_or_none()
            if row is None:
                values = {
                    "series_id": self.series_id,
                    "locale": locale,
                    "variant": variant,
                    "profile": profile or "vertical",
                    "platform": platform or "universal",
                    "head": {},
                }
                row = c.execute(t.edition.insert().values(values).returning(*t.edition.c)).mappings().one()
            change = {"profile": profile or row["profile"], "platform": platform or row["platform"]}
            if change != {k: row[k] for k in change}:
                c.execute(t.edition.update().where(where).values(change))
            return Edition(id=row["id"], locale=locale, variant=variant, **change)

    def editions(self) -> list[Edition]:
        """By locale; in it the finished edition first, then its variants by name."""
        found = self._all(t.edition, Edition)
        return sorted(found, key=lambda e: (e.locale, e.variant != "main", e.variant))

    def has_edition(self, locale: str, variant: str = "main") -> bool:
        return any(e.locale == locale and e.variant == variant for e in self.editions())

    def put_edition_head(self, edition: Edition, head: Mapping[str, Any]) -> None:
        """Store an edition's title, synopsis, brief and notes, in the market's language; JSON."""
        with self._begin() as c:
            c.execute(t.edition.update().where(t.edition.c.id == edition.id).values(head=dict(head)))

    def edition_head(self, edition: Edition) -> dict[str, Any]:
        with self._begin() as c:
            return dict(
                c.execute(sa.select(t.edition.c.head).where(t.edition.c.id == edition.id)).scalar_one()
            )

    def put_drafts(self, edition: Edition, drafts: Iterable[Draft]) -> None:
        """Store the words for some cues; the words of other cues stay.

        A line whose words, strategy or reason change gets a new version and a row of history, by its
        origin; with other words it is no longer approved. A line that does not change stays as it is.
        """
        # In the order of the cues, so that two who write the same lines cannot wait for each other.
        mine = sorted({d.cue: d for d in drafts}.values(), key=lambda d: d.cue)
        at = now()
        with self.writing() as c:
            for some in chunks(mine, 500):
                rows = [
                    {
                        "edition_id": edition.id,
                        "episode": episode_of(d.cue),
                        **_row(d),
                        "version": 1,
                        "status": "drafted",
                        "changed_by": d.origin,
                        "changed_at": at,
                    }
                    for d in some
                ]
                c.execute(_upsert_drafts(c.dialect.name), rows)
                keep_history(c, edition, [d.cue for d in some], at)

    def drafts(self, edition: Edition) -> dict[str, Draft]:
        """The words of an edition by cue id."""
        where = t.draft.c.edition_id == edition.id
        return {d.cue: d for d in self._all(t.draft, Draft, where, order=("cue",))}

    def put_lines(self, edition: Edition, episodes: Iterable[int], lines: Sequence[Line]) -> None:
        """Store the fitted subtitles of some episodes of an edition."""
        x = t.line.c
        with self._begin() as c:
            c.execute(t.line.delete().where((x.edition_id == edition.id) & x.episode.in_(list(episodes))))
            _insert(c, t.line, [{"edition_id": edition.id, **_row(y)} for y in lines])

    def lines(self, edition: Edition) -> dict[int, list[Line]]:
        """The fitted subtitles of an edition by episode, in order."""
        c = t.line.c
        query = sa.select(c.episode, c.index, c.start_ms, c.end_ms, c.text, c.cues)
        query = query.where(c.edition_id == edition.id).order_by(c.episode, c.index)
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return _by_episode([Line(edition.name, r[0], r[1], r[2], r[3], r[4], tuple(r[5])) for r in rows])

    # --- findings and decisions ------------------------------------------------------------

    def put_findings(
        self, step: str, edition: Edition | None, episodes: Iterable[int], findings: Iterable[Finding]
    ) -> None:
        """Store what a step found in some episodes of an edition, or of the source (None)."""
        f = t.finding.c
        edition_id = edition.id if edition else None
        here = {"series_id": self.series_id, "edition_id": edition_id, "step": step}
        where = (f.series_id == self.series_id) & (f.step == step) & f.episode.in_(list(episodes))
        where &= f.edition_id.is_(None) if edition_id is None else f.edition_id == edition_id
        rows = [{**here, **{k: v for k, v in _row(x).items() if k != "edition"}} for x in findings]
        with self._begin() as c:
            c.execute(t.finding.delete().where(where))
            _insert(c, t.finding, rows)

    def findings(self, edition: Edition | None = None) -> dict[int, list[Finding]]:
        """The findings of an edition, or of the source, by episode and time."""
        c = t.finding.c
        names = [f.name for f in fields(Finding) if f.name != "edition"]
        query = sa.select(*(c[n] for n in names)).where(c.series_id == self.series_id)
        query = query.where(c.edition_id.is_(None) if edition is None else c.edition_id == edition.id)
        query = query.order_by(c.episode, c.start_ms, c.id)
        name = edition.name if edition else None
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return _by_episode([Finding(**dict(zip(names, r, strict=True)), edition=name) for r in rows])

    def add_decision(self, decision: Decision) -> None:
        """Record what a person decided; nothing is ever taken out of this table."""
        by_name = {e.name: e.id for e in self.editions()}
        row = {k: v for k, v in _row(decision).items() if k != "edition"}
        edition_id = by_name.get(decision.edition) if decision.edition else None
        with self._begin() as c:
            c.execute(t.decision.insert().values(series_id=self.series_id, edition_id=edition_id, **row))

    def decisions(self, edition: Edition | None = None) -> list[Decision]:
        c = t.decision.c
        where = (c.edition_id == edition.id) if edition else c.edition_id.is_(None)
        query = sa.select(c.cue, c.check, c.action, c.who, c.when, c.note)
        query = query.where((c.series_id == self.series_id) & where).order_by(c.id)
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return [Decision(edition.name if edition else None, *r) for r in rows]

    # --- steps -----------------------------------------------------------------------------

    def step(self, step: str, scope: str) -> StepRecord | None:
        s = t.step.c
        where = (s.series_id == self.series_id) & (s.step == step) & (s.scope == scope)
        with self._begin() as c:
            row = c.execute(sa.select(s.key, s.summary, s.finished_at).where(where)).one_or_none()
        return None if row is None else StepRecord(*row)

    def steps(self, step: str) -> dict[str, StepRecord]:
        """All records of a step by scope."""
        s = t.step.c
        query = sa.select(s.scope, s.key, s.summary, s.finished_at)
        with self._begin() as c:
            rows = c.execute(query.where((s.series_id == self.series_id) & (s.step == step))).all()
        return {r[0]: StepRecord(*r[1:]) for r in rows}

    def put_step(self, step: str, scope: str, key: str, summary: Mapping[str, Any]) -> None:
        s = t.step.c
        where = (s.series_id == self.series_id) & (s.step == step) & (s.scope == scope)
        row = {"series_id": self.series_id, "step": step, "scope": scope, "key": key}
        with self._begin() as c:
            c.execute(t.step.delete().where(where))
            c.execute(t.step.insert().values(**row, summary=dict(summary), finished_at=now()))

    # --- within ----------------------------------------------------------------------------

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        if self._connection is not None:
            yield self._connection
            return
        with self.engine.begin() as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    def _delete_episode(self, c: sa.Connection, number: int) -> None:
        for table in (t.cue, t.scene, t.script_line):
            c.execute(
                table.delete().where((table.c.series_id == self.series_id) & (table.c.episode == number))
            )
        where = (t.episode.c.series_id == self.series_id) & (t.episode.c.number == number)
        c.execute(t.episode.delete().where(where))

    def _all(
        self,
        table: sa.Table,
        kind: type[T],
        where: sa.ColumnElement[bool] | None = None,
        order: Sequence[str] = (),
    ) -> list[T]:
        names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
        query = sa.select(*(table.c[n] for n in names))
        if "series_id" in table.c:
            query = query.where(table.c.series_id == self.series_id)
        if where is not None:
            query = query.where(where)
        query = query.order_by(*(table.c[n] for n in order))
        lists = [i for i, n in enumerate(names) if isinstance(table.c[n].type, sa.JSON) and n not in _DICTS]
        with self._begin() as c:
            rows = c.execute(query).all()
        if not lists:
            return [kind(*r) for r in rows]
        return [kind(*(tuple(v) if i in lists else v for i, v in enumerate(r))) for r in rows]


_DICTS = {"suggestions", "evidence", "summary", "extra"}


def now() -> str:
    """The time in UTC as it is stored, ISO 8601 to the millisecond: a change and a check may share a second."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def keep_history(c: sa.Connection, edition: Edition, cues: Sequence[str], at: str, who: str = "") -> None:
    """Copy the present version of these lines to their history, where it is not there yet.

    `who` is whoever changed them; without it, whoever their rows name.
    """
    d, h = t.draft.c, t.line_change.c
    names = ("edition_id", "cue", "version", "text", "status", "strategy", "reason", "origin")
    there = (h.edition_id == d.edition_id) & (h.cue == d.cue) & (h.version == d.version)
    by = sa.literal(who, sa.Text) if who else d.changed_by
    new = sa.select(*(d[n] for n in names), by, sa.literal(at, sa.String)).where(
        (d.edition_id == edition.id) & d.cue.in_(cues) & ~sa.exists().where(there)
    )
    c.execute(t.line_change.insert().from_select([*names, "who", "at"], new.order_by(d.cue)))


@cache
def _upsert_drafts(dialect: str) -> Any:
    """Insert a draft or change the one that is there, in one statement, so that nobody can come between."""
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(t.draft)
    d, x = t.draft.c, insert.excluded
    words = d.text != x.text
    content = words | d.strategy.is_distinct_from(x.strategy) | d.reason.is_distinct_from(x.reason)
    return insert.on_conflict_do_update(
        index_elements=["edition_id", "cue"],
        set_={
            "text": x.text,
            "origin": x.origin,
            "strategy": x.strategy,
            "reason": x.reason,
            "version": sa.case((content, d.version + 1), else_=d.version),
            "status": sa.case((words, "drafted"), else_=d.status),
            "changed_by": sa.case((content, x.changed_by), else_=d.changed_by),
            "changed_at": sa.case((content, x.changed_at), else_=d.changed_at),
        },
        where=content | (d.origin != x.origin),
    )


def _row(thing: Any) -> dict[str, Any]:
    row = {f.name: getattr(thing, f.name) for f in fields(thing)}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in row.items()}


def _insert(c: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        c.execute(table.insert(), rows)


def _by_episode(things: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for thing in things:
        found[thing.episode].append(thing)  # type: ignore[attr-defined]
    return dict(found)


def insert_new(dialect: str, table: sa.Table) -> Any:
    """An insert that does nothing where the row is there already (RETURNING gives no row), in either database."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()


def episode_of(cue: str) -> int:
    """The episode of a cue, from its id."""
    return int(cue[2 : cue.index(".")])


def chunks(rows: list[T], size: int) -> Iterator[list[T]]:
    """`rows` in pieces: a statement may not hold any number of values."""
    for i in range(0, len(rows), size):
        yield rows[i : i + size]
