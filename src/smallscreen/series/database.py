"""Opening the series database: SQLite by default, PostgreSQL by URL, migrated on opening."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from smallscreen.errors import UserError

HEAD = "0003"
"""The newest migration; `make test` checks that it is."""


_MIGRATION_LOCK = 0x736D616C6C  # any number that is ours


def open_database(url: str) -> sa.Engine:
    """An engine on a database that has the newest tables.

    `url` is a SQLAlchemy URL (`sqlite:///path`, `postgresql://user:password@host/name`).
    Raises UserError when it cannot be opened; the message never holds the password.
    """
    parsed = _parse(url)
    try:
        engine = sa.create_engine(parsed, json_serializer=_dumps)
    except ModuleNotFoundError as e:
        raise UserError(
            f"The database {_shown(parsed)} needs {e.name}; install smallscreen[postgres]."
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        with engine.connect() as connection:
            current = _revision(connection)
        if current != HEAD:
            _migrate(engine, current)
    except sa.exc.OperationalError as e:
        raise UserError(f"The database {_shown(parsed)} cannot be opened: {_first_line(e)}") from None
    except sa.exc.DatabaseError as e:
        raise UserError(f"{_shown(parsed)} is not a series database: {_first_line(e)}") from None
    return engine


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return sa.URL.create("sqlite", database=str(path)).render_as_string()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise UserError(
            "The database URL cannot be read; write postgresql://user:password@host/name."
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(
            f"The database {parsed.get_backend_name()!r} is not supported; use SQLite or PostgreSQL."
        )
    return parsed


def _shown(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


def _prepare_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    # WAL: model replies are written from other threads while a step reads.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: sa.Engine, current: str | None) -> None:
    # Imported here: opening a database that is up to date needs no Alembic.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    if current is not None and current not in {
        s.revision for s in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise UserError(f"The database is of a newer smallscreen (revision {current}); update smallscreen.")
    with engine.begin() as connection:
        # All or nothing, and one at a time: whoever waited here finds the work done and does nothing.
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _dumps(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
