"""Paid replies of models, stored the moment they arrive and never asked for again."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from smallscreen.series import tables as t
from smallscreen.series.store import now


class StoredReply(NamedTuple):
    """A reply as it came. Token counts are the endpoint's own."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    model: str
    finish_reason: str | None = None


class ReplyStore:
    """Replies by key, in the series database; each put is a transaction of its own. Thread-safe."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> StoredReply | None:
        r = t.reply.c
        query = sa.select(r.text, r.prompt_tokens, r.completion_tokens, r.model, r.finish_reason).where(
            r.key == key
        )
        with self._engine.connect() as c:
            row = c.execute(query).one_or_none()
        return None if row is None else StoredReply(*row)

    def put(self, key: str, reply: StoredReply) -> None:
        """Store a reply; a second one for the same key changes nothing."""
        with self._engine.begin() as c:
            if c.execute(sa.select(t.reply.c.key).where(t.reply.c.key == key)).scalar() is None:
                c.execute(t.reply.insert().values(key=key, at=now(), **reply._asdict()))
