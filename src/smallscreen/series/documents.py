"""Documents of the rooms: one JSON body by room and key, with the version that somebody saw.

    body, version = get(store, "production", "rules")
    version = put(store, "production", "rules", body, version, "Ana")

Whoever changes a document says which version they saw (0: there was none). Who comes second is told
(`DocumentConflict`) and overwrites nothing, as with the lines of an edition (`editing`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from smallscreen.series import tables as t
from smallscreen.series.store import Store, insert_new, now
from smallscreen.series.text import clean

_MAX_NAME = 200


class Document(NamedTuple):
    """A body as it stands; `version` counts from 1."""

    body: Any
    version: int


class DocumentConflict(Exception):
    """Somebody else changed the document since; `theirs` is how it stands now, None where it is gone."""

    def __init__(self, key: str, theirs: Document | None) -> None:
        super().__init__(
            f"Somebody else changed the {key} since it was loaded; look at both, then change it again."
        )
        self.theirs = theirs


def get(store: Store, room: str, key: str) -> Document | None:
    """The document, or None where there is none."""
    with store.reading() as c:
        return _get(store, c, room, key)


def put(store: Store, room: str, key: str, body: Any, version: int, who: str) -> int:
    """Store a body in place of the version that `who` saw (0: there was none); gives the new version.

    A body that is there already changes nothing, whatever version was seen. `body` must be JSON.
    Raises DocumentConflict when the document has another version by now and says something else.
    """
    d = t.document.c
    values = {"body": body, "version": version + 1, "who": clean(who)[:_MAX_NAME], "at": now()}
    with store.writing() as c:
        there = _get(store, c, room, key, lock=True)
        if there is not None and there.body == body:
            return there.version
        if version == 0:
            row = {"series_id": store.series_id, "room": room, "key": key, **values}
            new = insert_new(c.dialect.name, t.document).values(row)
            done = c.execute(new.returning(d.key)).first() is not None
        else:
            where = _where(store, room, key) & (d.version == version)
            done = c.execute(t.document.update().where(where).values(values)).rowcount == 1
        if not done:
            raise DocumentConflict(key, _get(store, c, room, key))
    return version + 1


def versions(store: Store, room: str) -> dict[str, int]:
    """The keys that a room has, with their versions."""
    d = t.document.c
    query = sa.select(d.key, d.version).where((d.series_id == store.series_id) & (d.room == room))
    with store.reading() as c:
        return {row.key: row.version for row in c.execute(query.order_by(d.key))}


def _get(store: Store, c: sa.Connection, room: str, key: str, *, lock: bool = False) -> Document | None:
    query = sa.select(t.document.c.body, t.document.c.version).where(_where(store, room, key))
    row = c.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else Document(row[0], row[1])


def _where(store: Store, room: str, key: str) -> sa.ColumnElement[bool]:
    d = t.document.c
    return (d.series_id == store.series_id) & (d.room == room) & (d.key == key)
