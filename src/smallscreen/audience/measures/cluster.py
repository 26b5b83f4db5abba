"""A lake asked through another engine than its own: Spark on many machines, for what is too much for one.

The texts of `audience/sql` mean the same to both, so that the measures take either and find the same
numbers to the last digit. Spark's workers read the lake's Parquet files themselves: the folder has to be
under the same path on all of them.
"""

from __future__ import annotations

import glob
from pathlib import Path

from smallscreen.audience.events import BOT, TABLES, Table
from smallscreen.audience.lake import Lake
from smallscreen.audience.measures.queries import Asked
from smallscreen.engines.sql import SqlEngine, identifier

_TYPES = {"VARCHAR": "STRING"}
"""The names that only one of the engines knows, and what both understand."""


def attach(engine: SqlEngine, lake: Lake, series: str) -> None:
    """Give the engine the views that the lake has, of one series: `events` (without bots), `unlock` and the others."""
    root = lake.root.resolve()
    for name, spec in TABLES.items():
        shown = "all_events" if name == "events" else name
        folder, depth = (root / name, "") if name == BOT.name else (root / name / f"series={series}", "*/")
        if _has(folder, f"{depth}*.parquet"):
            engine.view(shown, f"{glob.escape(str(folder))}/{depth}*.parquet")
        else:
            engine.define(shown, _nothing(spec))
    without = " ANTI JOIN bot USING (user_id)" if _has(root / BOT.name, "*.parquet") else ""
    engine.define("events", f"SELECT * FROM all_events{without}")


def keep(asked: Asked, name: str, sql: str) -> None:
    """Make a query's rows once, to be asked several times under a name."""
    if isinstance(asked, Lake):
        asked.con().execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}")
    else:
        asked.table(name, sql)


def forget(asked: Asked, name: str) -> None:
    """Drop what `keep` made."""
    if isinstance(asked, Lake):
        asked.con().execute(f"DROP TABLE IF EXISTS {identifier(name)}")
    else:
        asked.drop(name)


# --- inside ----------------------------------------------------------------------------------


def _has(folder: Path, pattern: str) -> bool:
    return next(folder.glob(pattern), None) is not None


def _nothing(spec: Table) -> str:
    """An empty table with the right columns."""
    columns = [f"CAST(NULL AS {_TYPES.get(c.type, c.type)}) AS {identifier(c.name)}" for c in spec.columns]
    return f"SELECT {', '.join(columns)} WHERE false"
