"""The lake: viewing events and what goes with them, as Parquet by series and day, asked through DuckDB.

    lake/events/series=SLUG/day=2026-05-01/*.parquet     likewise exposure, unlock, ad_impression, quarantine
    lake/bot/bot.parquet                                 users who are no people
    lake/.staging/                                       what is being written; never read

A file appears under its name when it is whole: it is written in `.staging` and renamed.
"""

from __future__ import annotations

import glob
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from smallscreen.audience.events import BOT, BOT_HOURS, DEPENDENT, TABLES, Table
from smallscreen.engines.sql import MEMORY_VARIABLE, connect, identifier, literal
from smallscreen.errors import FileProblem, UserError

if TYPE_CHECKING:
    import duckdb

    from smallscreen.audience.importing import ImportSummary
    from smallscreen.series.project import Progress, Project

ROW_GROUP = 122_880
MEMORY = "1500MB"
"""What DuckDB may take for a lake, so that the whole process stays below 2 GB; SMALLSCREEN_MEMORY says otherwise."""


def open_lake(project: Project) -> Lake:
    """The lake of a series; it need not be there yet."""
    return Lake(project.root / "lake")


def import_events(
    project: Project, paths: Sequence[Path], mapping: Path | None = None, progress: Progress | None = None
) -> ImportSummary:
    """Take files into the lake of a series: see `importing.import_events`."""
    from smallscreen.audience.importing import import_events as work

    return work(project, paths, mapping, progress)


class Lake:
    """A lake in a folder. One connection; not shared between threads: open one a thread.

    Views: one for each table, empty where there are no files. `events` leaves out the users in
    `bot`; `all_events` has everybody.
    """

    def __init__(self, root: Path, *, memory: str | None = None) -> None:
        self.root = root
        self._memory = memory or os.environ.get(MEMORY_VARIABLE) or MEMORY
        self._con: duckdb.DuckDBPyConnection | None = None

    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection, with the views."""
        if self._con is None:
            # The folder is made when DuckDB first needs to spill; the one that it stands in has to be there.
            if self.root.is_dir():
                with suppress(OSError):
                    (self.root / ".staging").mkdir(exist_ok=True)
            self._con = connect(
                memory=self._memory, temp=self.root / ".staging" / f"spill-{uuid.uuid4().hex[:8]}"
            )
            self.refresh()
        return self._con

    def close(self) -> None:
        if self._con is not None:
            self._con.close()
            self._con = None

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- asking ------------------------------------------------------------------------------

    def sql(self, text: str, **params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query; `$name` in it stands for a parameter. FileProblem for a broken file of the lake."""
        return self._execute(text, params).fetchall()

    def arrays(self, text: str, **params: Any) -> dict[str, np.ndarray]:
        """The columns of a query as arrays, by name. Whole numbers with NULL become masked arrays."""
        return dict(self._execute(text, params).fetchnumpy())

    @property
    def has_events(self) -> bool:
        return self.has("events")

    def has(self, table: str) -> bool:
        """Whether a table has any file."""
        return next(self._folder(table).glob(_depth(table)), None) is not None

    def glob(self, table: str) -> str:
        """The glob of a table's Parquet files, for an engine that is not ours (bots included)."""
        return f"{glob.escape(str(self._folder(table)))}/{_depth(table)}"

    def files(self, table: str, series: str, day: str | None = None) -> list[Path]:
        """The files of a series, or of one of its days (`2026-05-01`), in a fixed order."""
        within = self._folder(table) / f"series={series}"
        return sorted(within.glob(f"day={day or '*'}/*.parquet"))

    def series(self) -> list[str]:
        """The series that have events."""
        return sorted(p.name.removeprefix("series=") for p in self._folder("events").glob("series=*"))

    def days(self, series: str) -> list[str]:
        """The UTC days with events of a series, in order."""
        within = self._folder("events") / f"series={series}"
        return sorted(
            p.name.removeprefix("day=") for p in within.glob("day=*") if next(p.glob("*.parquet"), None)
        )

    # --- writing -----------------------------------------------------------------------------

    def write(self, table: str, rows: Any) -> int:
        """Add rows to a table and return how many: a query's text, a relation of `con()`, or columns as arrays.

        Columns are found by name and cast; one with a default may be missing. Nothing is checked
        beyond that and nothing is counted twice by mistake here: `import_events` does both.
        """
        staging = self.root / ".staging" / f"write-{uuid.uuid4().hex}"
        try:
            count = self.stage(table, rows, staging)
            publish(staging, self.root)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self.refresh()
        return count

    def stage(self, table: str, rows: Any, staging: Path, *, prefix: str = "part") -> int:
        """Write rows as the table's partitions under `staging`, to be published; returns how many. `prefix` begins the files' names."""
        spec = _table(table)
        con = self.con()
        source, name = self._source(rows), "rows_to_write"
        try:
            con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {source}") if isinstance(
                source, str
            ) else con.register(name, source)
            given = {str(r[0]): str(r[1]) for r in con.execute(f"DESCRIBE SELECT * FROM {name}").fetchall()}
            rows_sql = _typed(spec, given, name)
            folder = staging / table
            folder.mkdir(parents=True, exist_ok=True)
            copied = con.execute(
                f"COPY (SELECT *, series_id AS series, {_day(spec)} AS day FROM ({rows_sql})) "
                f"TO {literal(str(folder))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (series, day), "
                f"OVERWRITE_OR_IGNORE, FILENAME_PATTERN {literal(prefix + '-{uuid}')}, ROW_GROUP_SIZE {ROW_GROUP})"
            ).fetchall()
        finally:
            con.execute(f"DROP VIEW IF EXISTS {name}")
        return int(copied[0][0])

    def mark_bots(self) -> int:
        """Find the users who played more than a day holds, write them to `bot`, and return how many there are.

        An interval lasts (time_to_ms - time_from_ms) / playback_rate on a clock and counts for the UTC
        day it began in. Above 24 hours in one day no one person watched. Their rows stay in the lake.
        """
        con = self.con()
        folder = self.root / "bot"
        staging = self.root / ".staging" / f"bot-{uuid.uuid4().hex}.parquet"
        staging.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        con.execute(
            f"""COPY (
              WITH a_day AS (
                SELECT user_id, series_id, CAST(started_at AS DATE) AS day, count(*) AS n,
                       sum((time_to_ms - time_from_ms) / CAST(playback_rate AS DOUBLE)) / 3600000 AS hours
                FROM all_events GROUP BY ALL),
              over AS (
                SELECT user_id, min(series_id) AS series_id, day, sum(hours) AS hours
                FROM a_day GROUP BY user_id, day HAVING sum(hours) > {BOT_HOURS})
              SELECT o.user_id, arg_max(o.series_id, o.hours) AS series_id, arg_max(o.day, o.hours) AS day,
                     max(o.hours) AS hours,
                     CAST(max((SELECT sum(n) FROM a_day d WHERE d.user_id = o.user_id)) AS BIGINT) AS intervals
              FROM over o GROUP BY o.user_id ORDER BY o.user_id
            ) TO {literal(str(staging))} (FORMAT parquet)"""
        )
        os.replace(staging, folder / "bot.parquet")
        self.refresh()
        return int(con.execute("SELECT count(*) FROM bot").fetchall()[0][0])

    def refresh(self) -> None:
        """Look again which files there are."""
        con = self.con()
        for name, spec in TABLES.items():
            columns = ", ".join(identifier(c) for c in spec.names)
            if self.has(name):
                text = f"SELECT {columns} FROM read_parquet({literal(self.glob(name))}, hive_partitioning = false)"
            else:
                nothing = ", ".join(f"CAST(NULL AS {c.type}) AS {identifier(c.name)}" for c in spec.columns)
                text = f"SELECT {nothing} WHERE false"
            shown = "all_events" if name == "events" else name
            self._view(shown, text, self._folder(name))
        # The anti join is left away where it would do nothing: it costs a pass over the users.
        bots = self.has("bot") and con.execute("SELECT count(*) FROM bot").fetchall()[0][0]
        without = " ANTI JOIN bot USING (user_id)" if bots else ""
        self._view("events", f"SELECT * FROM all_events{without}", self._folder("events"))

    # --- inside ------------------------------------------------------------------------------

    def _folder(self, table: str) -> Path:
        return self.root / _table(table).name

    def _view(self, name: str, text: str, folder: Path) -> None:
        import duckdb

        try:
            self.con().execute(f"CREATE OR REPLACE VIEW {name} AS {text}")
        except duckdb.Error as e:
            raise _broken(e, folder) from None

    def _execute(self, text: str, params: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        import duckdb

        con = self.con()
        try:
            return con.execute(text, dict(params)) if params else con.execute(text)
        except (duckdb.IOException, duckdb.InvalidInputException) as e:
            raise _broken(e, self.root) from None
        except duckdb.OutOfMemoryException:
            raise UserError(
                "The question needs more memory than it may take; set SMALLSCREEN_MEMORY higher, such as 4GB."
            ) from None

    def _source(self, rows: Any) -> Any:
        if isinstance(rows, str):
            return rows
        if isinstance(rows, Mapping):
            return {str(k): np.asarray(v) for k, v in rows.items()}
        return rows


@contextmanager
def alone(lake: Lake) -> Iterator[None]:
    """One writer at a time, or UserError; the system takes the lock back when the process ends, however it ends.

    What a simulation that was killed left in `.staging` is removed: no other can be running. Half of an import stays:
    it goes on with it.
    """
    lake.root.mkdir(parents=True, exist_ok=True)
    with (lake.root / ".lock").open("w") as f:
        try:
            import fcntl
        except ImportError:  # a system without it
            yield
            return
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another import or simulation into {lake.root} is running; wait until it has ended."
            ) from None
        for made_up in ("simulate-*", "plan-*"):
            for left in (lake.root / ".staging").glob(made_up):
                shutil.rmtree(left, ignore_errors=True)
        yield


def publish(staging: Path, root: Path) -> None:
    """Rename every staged Parquet file to its place; what is there already stays. May be repeated."""
    for path in sorted(staging.rglob("*.parquet")):
        target = root / path.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)


def _typed(spec: Table, given: Mapping[str, str], source: str) -> str:
    """The query that turns what is given into the table's columns."""
    unknown = sorted(set(given) - set(spec.names))
    if unknown:
        raise UserError(
            f"{spec.name} has no column {', '.join(unknown)}; its columns are {', '.join(spec.names)}."
        )
    filled, typed = [], []
    for column in spec.columns:
        name = identifier(column.name)
        if column.name not in given and column.default is None:
            raise UserError(f"{spec.name} needs the column {column.name}: {column.meaning}.")
        value = name if column.name in given else f"CAST(NULL AS {column.type})"
        if column.default is None or column.default in DEPENDENT:
            filled.append(f"{value} AS {name}")
        else:
            filled.append(f"coalesce({value}, {column.default}) AS {name}")
        # A default that is made of other columns comes after these have theirs.
        late = f"coalesce({name}, {column.default})" if column.default in DEPENDENT else name
        typed.append(f"CAST({late} AS {column.type}) AS {name}")
    return f"SELECT {', '.join(typed)} FROM (SELECT {', '.join(filled)} FROM {source})"


def _day(spec: Table) -> str:
    return (
        f"coalesce(strftime(CAST({identifier(spec.time)} AS DATE), '%Y-%m-%d'), 'unknown')"
        if spec.time
        else "'all'"
    )


def _depth(table: str) -> str:
    return "*.parquet" if table == BOT.name else "*/*/*.parquet"


def _table(name: str) -> Table:
    if name not in TABLES:
        raise UserError(f"The lake has no table {name}; its tables are {', '.join(TABLES)}.")
    return TABLES[name]


def _broken(error: Exception, place: Path) -> FileProblem:
    said = str(error).splitlines()[0]
    return FileProblem(
        place,
        None,
        f"a file of the lake cannot be read ({said})",
        "whole Parquet files; remove the broken one and import its source again",
    )
