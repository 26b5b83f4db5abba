"""One SQL text, two engines: DuckDB on one machine, Spark on many.

What is given to both is what both understand (no engine's own functions), so that the same text
gives the same numbers. Neither knows what a series is. Spark needs the extra `spark` and Java.
"""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from smallscreen.errors import EngineError, UserError

if TYPE_CHECKING:
    import duckdb

MEMORY_VARIABLE = "SMALLSCREEN_MEMORY"
DEFAULT_MEMORY = "2GB"
DEFAULT_THREADS = 2


class SqlEngine(Protocol):
    """What asks Parquet files in SQL."""

    name: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer, as a list of tuples of plain values."""
        ...

    def view(self, name: str, parquet: str) -> None:
        """Let `name` stand for the Parquet files of a glob."""
        ...

    def close(self) -> None: ...


class DuckDB:
    """DuckDB in this process. `path`: a database file, or memory; `temp`: where it spills to."""

    name = "duckdb"

    def __init__(
        self, path: str | Path = ":memory:", *, memory: str | None = None, temp: Path | None = None
    ) -> None:
        self.con = connect(path, memory=memory, temp=temp)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def view(self, name: str, parquet: str) -> None:
        self.con.execute(
            f"CREATE OR REPLACE VIEW {identifier(name)} AS "
            f"SELECT * FROM read_parquet({literal(parquet)}, hive_partitioning = false)"
        )

    def close(self) -> None:
        self.con.close()


class Spark:
    """Spark: `local[2]`, or `spark://host:7077` with files that all its workers see.

    Raises UserError when pyspark or Java is missing, EngineError when the master does not answer.
    """

    name = "spark"

    def __init__(self, master: str = "local[2]", *, settings: dict[str, str] | None = None) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise UserError(
                'pyspark is not installed; install it with pip install "smallscreen[spark]".'
            ) from None
        if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
            raise UserError("Spark needs Java; install a Java 17 runtime or set JAVA_HOME.")
        builder = SparkSession.builder.master(master).appName("smallscreen")
        stated = {
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "8",
            **(settings or {}),
        }
        for key, value in stated.items():
            builder = builder.config(key, value)
        try:
            self.session = builder.getOrCreate()
        except Exception as e:  # py4j raises its own kinds, which need pyspark to name
            raise EngineError(f"Spark at {master} does not answer: {str(e).splitlines()[0]}") from None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(r) for r in self.session.sql(sql).collect()]

    def view(self, name: str, parquet: str) -> None:
        self.session.read.parquet(parquet).createOrReplaceTempView(name)

    def close(self) -> None:
        self.session.stop()


def connect(
    path: str | Path = ":memory:", *, memory: str | None = None, temp: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that keeps to its memory, speaks UTC and loads nothing from outside.

    `memory` (`"2GB"`); without it the environment's SMALLSCREEN_MEMORY, then 2 GB.
    """
    import duckdb

    limit = memory or os.environ.get(MEMORY_VARIABLE) or DEFAULT_MEMORY
    con = duckdb.connect(str(path))
    try:
        con.execute(f"SET memory_limit = {literal(limit)}")
    except duckdb.Error:
        raise UserError(
            f"{MEMORY_VARIABLE} is {limit!r}, which is no amount of memory; write it like 2GB."
        ) from None
    con.execute(f"SET threads = {min(DEFAULT_THREADS, os.cpu_count() or 1)}")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET enable_progress_bar = false")
    if temp is not None:
        con.execute(f"SET temp_directory = {literal(str(temp))}")
    return con


def literal(text: str) -> str:
    """A text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def file(path: Path) -> str:
    """One file to read, as a SQL string: `[1]` in its name is no pattern."""
    return literal(glob.escape(str(path)))


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
