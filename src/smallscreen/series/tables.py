"""The tables of the series database, for SQLite and PostgreSQL alike.

Times are whole milliseconds; texts that a person wrote are kept as they came. Every change here
needs a migration in `migrations/versions/` (`make test` compares the two).
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _series() -> sa.Column[int]:
    return sa.Column("series_id", sa.ForeignKey("series.id", ondelete="CASCADE"), nullable=False)


def _edition() -> sa.Column[int]:
    return sa.Column("edition_id", sa.ForeignKey("edition.id", ondelete="CASCADE"), nullable=False)


series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("slug", sa.String(200), nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("source_language", sa.String(35), nullable=False),
    sa.Column("synopsis", sa.Text, nullable=False, default=""),
    sa.Column("characters", sa.JSON, nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Column("extra", sa.JSON, nullable=False),
)

episode = sa.Table(
    "episode",
    metadata,
    _series(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False, default=""),
    sa.Column("duration_ms", sa.BigInteger, nullable=False, default=0),
    sa.Column("source_file", sa.Text, nullable=False, default=""),
    sa.Column("source_hash", sa.String(64), nullable=False, default=""),
    sa.Column("video_file", sa.Text),
    sa.PrimaryKeyConstraint("series_id", "number"),
)

scene = sa.Table(
    "scene",
    metadata,
    _series(),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("place", sa.Text, nullable=False, default=""),
    sa.Column("time", sa.Text, nullable=False, default=""),
    sa.Column("interior", sa.Boolean),
    sa.Column("characters", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("series_id", "episode", "id"),
)

script_line = sa.Table(
    "script_line",
    metadata,
    _series(),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("scene", sa.String(64)),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("speaker", sa.Text),
    sa.Column("manner", sa.Text),
    sa.PrimaryKeyConstraint("series_id", "episode", "index"),
)

cue = sa.Table(
    "cue",
    metadata,
    _series(),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("speaker", sa.Text),
    sa.Column("scene", sa.String(64)),
    sa.PrimaryKeyConstraint("series_id", "id"),
    sa.Index(None, "series_id", "episode"),
)

barrier = sa.Table(
    "barrier",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _series(),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("cue", sa.String(32), nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("need", sa.Integer, nullable=False),
    sa.Column("literal", sa.Text, nullable=False, default=""),
    sa.Column("meaning", sa.Text, nullable=False, default=""),
    sa.Column("strategies", sa.JSON, nullable=False),
    sa.Column("suggestions", sa.JSON, nullable=False),
    sa.Column("finder", sa.String(64), nullable=False),
    sa.Column("lexicon", sa.String(64), nullable=False, default=""),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Index(None, "series_id", "episode"),
)

edition = sa.Table(
    "edition",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _series(),
    sa.Column("locale", sa.String(35), nullable=False),
    sa.Column("variant", sa.String(64), nullable=False),
    sa.Column("profile", sa.String(32), nullable=False),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("head", sa.JSON, nullable=False),
    sa.UniqueConstraint("series_id", "locale", "variant"),
)

draft = sa.Table(
    "draft",
    metadata,
    _edition(),
    sa.Column("cue", sa.String(32), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("strategy", sa.String(32)),
    sa.Column("reason", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, default=1, server_default="1"),
    sa.Column("status", sa.String(16), nullable=False, default="drafted", server_default="drafted"),
    sa.Column("changed_by", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("changed_at", sa.String(40), nullable=False, default="", server_default=""),
    sa.PrimaryKeyConstraint("edition_id", "cue"),
    sa.Index(None, "edition_id", "episode"),
)

# Every version that a draft ever had, the present one too. Two changes can never make the same version.
line_change = sa.Table(
    "line_change",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _edition(),
    sa.Column("cue", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("strategy", sa.String(32)),
    sa.Column("reason", sa.Text),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.UniqueConstraint("edition_id", "cue", "version"),
)

line = sa.Table(
    "line",
    metadata,
    _edition(),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("cues", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("edition_id", "episode", "index"),
)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _series(),
    sa.Column("edition_id", sa.ForeignKey("edition.id", ondelete="CASCADE")),
    sa.Column("step", sa.String(32), nullable=False),
    sa.Column("check", sa.String(64), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("cue", sa.String(32)),
    sa.Column("line", sa.Integer),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("suggestion", sa.Text),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Index(None, "series_id", "edition_id", "episode"),
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _series(),
    sa.Column("edition_id", sa.ForeignKey("edition.id", ondelete="CASCADE")),
    sa.Column("cue", sa.String(32)),
    sa.Column("check", sa.String(64)),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("when", sa.String(40), nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Index(None, "series_id", "edition_id"),
)

step = sa.Table(
    "step",
    metadata,
    _series(),
    sa.Column("step", sa.String(32), nullable=False),
    sa.Column("scope", sa.String(120), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("finished_at", sa.String(40), nullable=False),
    sa.PrimaryKeyConstraint("series_id", "step", "scope"),
)

reply = sa.Table(
    "reply",
    metadata,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("finish_reason", sa.String(32)),
    sa.Column("at", sa.String(40), nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("password", sa.Text, nullable=False),  # Argon2, never the password itself
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", sa.String(40), nullable=False),
)

login = sa.Table(
    "login",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),  # SHA-256 of the cookie, in hexadecimal
    sa.Column("account_id", sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("seen_at", sa.String(40), nullable=False),
    sa.Column("expires_at", sa.String(40), nullable=False),
    sa.Index(None, "account_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _series(),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("edition", sa.Text),
    sa.Column("place", sa.Text),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index(None, "series_id"),
)

# What a room keeps of a series as a whole, in JSON; read and written by `documents`.
document = sa.Table(
    "document",
    metadata,
    _series(),
    sa.Column("room", sa.String(32), nullable=False),
    sa.Column("key", sa.String(120), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.PrimaryKeyConstraint("series_id", "room", "key"),
)
