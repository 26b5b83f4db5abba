"""Files in the lake's own schema: Parquet, CSV, JSON Lines; `events` and its side tables."""

from __future__ import annotations

import difflib
from typing import Any

from smallscreen.audience.events import AD_IMPRESSION, EVENTS, EXPOSURE, UNLOCK, Table
from smallscreen.audience.files import Opened
from smallscreen.audience.importer import Candidates, Importer, select, utc_of
from smallscreen.audience.mapping import Mapping
from smallscreen.engines.sql import identifier
from smallscreen.errors import FileProblem

_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_FITS = {
    "INTEGER": (*_NUMBERS, "FLOAT", "DOUBLE", "DECIMAL"),
    "FLOAT": (*_NUMBERS, "FLOAT", "DOUBLE", "DECIMAL"),
    "BOOLEAN": ("BOOLEAN",),
    "TIMESTAMP": ("TIMESTAMP", "VARCHAR"),
    "VARCHAR": ("VARCHAR", "UUID", "ENUM", *_NUMBERS),
}


class _Native(Importer):
    """What the three have in common. Their columns are found by name, in any order."""

    format = ""
    order = 40

    def recognizes(self, opened: Opened, mapping: Mapping | None) -> bool:
        return opened.format == self.format and (
            mapping is None or not (mapping.columns or mapping.constants)
        )

    def candidates(self, con: Any, opened: Opened, mapping: Mapping | None) -> Candidates:
        table = _table_of(opened)
        _check(opened, table)
        notes = []
        extra = sorted(set(opened.columns) - set(table.names))
        if extra:
            notes.append(
                f"{opened.path.name}: columns that {table.name} does not have are left out: {', '.join(extra)}."
            )
        there = {c: c for c in table.names if c in opened.columns}
        zone = mapping.zone if mapping else None
        unit = mapping.units.get("started_at") if mapping else None
        time = table.time or ""
        kind = opened.columns.get(time, "VARCHAR") if opened.format == "parquet" else "VARCHAR"
        # A TIMESTAMP of this schema is UTC by its definition; a text has to say its zone.
        at, problem = utc_of(identifier(time), kind, zone, unit, bare="UTC")
        source = f"({opened.text_rows(there)})"
        columns = {c: identifier(c) for c in there if c != time} | {"utc": at, "at_problem": problem}
        if table is EVENTS:
            return Candidates(select(columns, source), notes)
        picked = ", ".join(f"{columns.get(c, 'NULL')} AS {identifier(c)}" for c in table.names if c != time)
        query = f"SELECT row, raw, {picked}, {at} AS utc, {problem} AS at_problem FROM {source}"
        return Candidates(query, notes, table.name)


class NativeParquet(_Native):
    id = "parquet"
    name = "Parquet"
    description = "The lake's own columns; TIMESTAMP without a zone is UTC."
    suffixes = (".parquet",)
    format = "parquet"


class NativeCsv(_Native):
    id = "csv"
    name = "CSV"
    description = "The lake's own columns, named in the first line; times with their zone, or an epoch."
    suffixes = (".csv", ".tsv")
    format = "csv"


class NativeJsonLines(_Native):
    id = "jsonl"
    name = "JSON Lines"
    description = "One object a line with the lake's own columns; times with their zone, or an epoch."
    suffixes = (".jsonl", ".ndjson", ".json")
    format = "jsonl"


def _table_of(opened: Opened) -> Table:
    """The side table whose own columns are there; otherwise events."""
    for table, own in (
        (EXPOSURE, {"experiment", "arm"}),
        (UNLOCK, {"kind", "at", "episode"}),
        (AD_IMPRESSION, {"format", "at", "episode"}),
    ):
        if own <= set(opened.columns):
            return table
    return EVENTS


def _check(opened: Opened, table: Table) -> None:
    missing = [c for c in table.columns if c.default is None and c.name not in opened.columns]
    if missing:
        name = missing[0].name
        spare = [c for c in opened.columns if c not in table.names]
        close = difflib.get_close_matches(name, spare, 1, 0.5)
        hint = f"; is it {close[0]!r}? Then" if close else ";"
        raise FileProblem(
            opened.path,
            None,
            f"there is no column {', '.join(c.name for c in missing)}{hint} rename it or say so in a mapping file (--mapping)",
            f"the columns {', '.join(c.name for c in table.columns if c.default is None)}",
        )
    if opened.format != "parquet":
        return
    for column in table.columns:
        found = opened.columns.get(column.name)
        if found is not None and not found.startswith(_FITS[column.type]):
            raise FileProblem(
                opened.path,
                None,
                f"the column {column.name} is {found}, and {column.type} is needed ({column.meaning})",
                "the type of docs/audience.md, Events; cast it and export again",
            )
