"""One SQL text, two engines: DuckDB on one machine, Spark on many.

What is given to both is what both understand (no engine's own functions), so that the same text
gives the same numbers. Neither knows what a series is. Spark needs the extra `spark` and Java.
"""

from __future__ import annotations

import glob
import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
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

    def define(self, name: str, sql: str) -> None:
        """Let `name` stand for a query, which is asked anew each time."""
        ...

    def table(self, name: str, sql: str) -> None:
        """Let `name` stand for a query's rows, which are made once and kept until `drop` or `close`."""
        ...

    def drop(self, name: str) -> None:
        """Forget a table."""
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

    def define(self, name: str, sql: str) -> None:
        self.con.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {sql}")

    def table(self, name: str, sql: str) -> None:
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}")

    def drop(self, name: str) -> None:
        self.con.execute(f"DROP TABLE IF EXISTS {identifier(name)}")

    def close(self) -> None:
        self.con.close()


class Spark:
    """Spark: `local[2]`, or `spark://host:7077` with files that all its workers see under the same path.

    Memory, cores and logs are Spark's own settings (spark-defaults.conf, SPARK_CONF_DIR); `settings` comes on
    top of them. One at a time in a process. Raises UserError when pyspark or Java is missing or `master` is
    none, EngineError when it does not answer.
    """

    name = "spark"

    def __init__(self, master: str = "local[2]", *, settings: Mapping[str, str] | None = None) -> None:
        if not _MASTER.fullmatch(master):
            raise UserError(
                f"{master[:60]!r} is no Spark master; write it like spark://host:7077, local[2], yarn or k8s://host."
            )
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise UserError(
                'pyspark is not installed; install it with pip install "smallscreen[spark]".'
            ) from None
        if not java():
            raise UserError("Spark needs Java; install a Java 17 runtime or set JAVA_HOME to one.")
        if SparkSession.getActiveSession() is not None:
            raise EngineError("Spark is in use in this process already; close it first.")
        _reach(master)
        # It would print every refused query with a page of Java; we say it in one sentence.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        self._scratch = tempfile.mkdtemp(prefix="smallscreen-spark-")
        builder = SparkSession.builder.master(master).appName("smallscreen")
        for key, value in {**_spark_settings(master, self._scratch), **(settings or {})}.items():
            builder = builder.config(key, value)
        try:
            self.session = builder.getOrCreate()
        except Exception as e:  # py4j raises its own kinds, which need pyspark to name
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise EngineError(f"Spark at {master} does not answer: {_first_line(e)}") from None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(r) for r in self._ask(lambda: self.session.sql(sql).collect())]

    def view(self, name: str, parquet: str) -> None:
        files = _hadoop_glob(parquet)
        self._ask(lambda: self.session.read.parquet(files).createOrReplaceTempView(name))

    def define(self, name: str, sql: str) -> None:
        self._ask(lambda: self.session.sql(sql).createOrReplaceTempView(name))

    def table(self, name: str, sql: str) -> None:
        # A view's name says what it is made of; what is kept under it is forgotten with it.
        self.drop(name)
        self._ask(lambda: self.session.sql(sql).persist().createOrReplaceTempView(name))

    def drop(self, name: str) -> None:
        def forget() -> None:
            if self.session.catalog.tableExists(name):
                self.session.table(name).unpersist()
                self.session.catalog.dropTempView(name)

        self._ask(forget)

    def close(self) -> None:
        self.session.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _ask(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as e:  # as above
            raise EngineError(f"Spark could not answer: {_first_line(e)}") from None


def java() -> str | None:
    """The Java that Spark would use: JAVA_HOME's, else the first on the path; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(str(Path(home) / "bin" / "java") if home else "java")


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


# --- inside ----------------------------------------------------------------------------------

_MASTER = re.compile(r"local(\[(\*|\d{1,4})\])?|yarn|(spark|k8s)://[\w.:/,\[\]-]{1,300}")
_ANSWERS_S = 5.0


def _spark_settings(master: str, scratch: str) -> dict[str, str]:
    """What is asked of every session. The last four make the SQL mean what it means in DuckDB."""
    stated = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": scratch,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    }
    near = ("local", "spark://127.0.0.1:", "spark://localhost:")
    if master.startswith(near):
        # A laptop's own name need not resolve, and 200 shuffle files for little data are slow.
        stated |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        stated |= {"spark.sql.shuffle.partitions": "8"}
    return stated


def _reach(master: str) -> None:
    """EngineError when no standalone master listens there; Spark itself would try for a minute."""
    if not master.startswith("spark://"):
        return
    problem = ""
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS_S):
                return
        except (OSError, ValueError) as e:
            problem = str(e)
    raise EngineError(f"Spark at {master} does not answer ({problem}); start the master or correct its name.")


def _hadoop_glob(parquet: str) -> str:
    """A glob as Hadoop reads it: what `glob.escape` put in brackets, and braces, are plain characters."""
    escaped = re.sub(r"\[([\[*?])\]", lambda m: "\0" + m[1], parquet)
    escaped = re.sub(r"[\\{},\]]", lambda m: "\\" + m[0], escaped)
    return escaped.replace("\0", "\\")


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
