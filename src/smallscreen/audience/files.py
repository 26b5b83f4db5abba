"""Reading files of viewing data through DuckDB, with limits on what a hostile file can cost.

A file is read once by ourselves (its hash, the length of its lines) and then only by DuckDB, in
parts; no row is ever a Python object.
"""

from __future__ import annotations

import csv
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from smallscreen.engines.sql import file, identifier, literal
from smallscreen.errors import FileProblem

if TYPE_CHECKING:
    import duckdb

LONGEST_LINE = 1 << 20
"""Bytes of a line. A row of viewing data has a few hundred; a line of a gigabyte is no row."""
MOST_COLUMNS = 500
_KEYS_FROM = 2000
_BLOCK = 1 << 20

SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}


@dataclass
class Opened:
    """A file that can be asked: its columns with their types, and the queries that give its rows."""

    path: Path
    format: str
    columns: dict[str, str]
    scan: str
    """A query with `row` (from 1), `raw` (the row, for the quarantine) and what `column` refers to."""
    rejects: str | None = None
    """A table that holds what DuckDB could not split into columns, after a scan."""
    notes: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """SQL of a column; in JSON Lines `a.b` goes into objects. `'NULL'` where the file has none."""
        if self.format == "jsonl":
            return f"json_extract_string(raw, {literal(_json_path(name))})" if name else "NULL"
        if name in self.columns:
            return identifier(name)
        return "NULL"

    def has(self, name: str) -> bool:
        return name in self.columns or (self.format == "jsonl" and "." in name)

    def text_rows(self, fields: Mapping[str, str]) -> str:
        """`row`, `raw` and the given columns (name as it shall be: name in the file)."""
        if self.format == "jsonl" and all("." not in v for v in fields.values()):
            # One pass over the text for all columns.
            shape = "{" + ", ".join(f'"{v}": "VARCHAR"' for v in dict.fromkeys(fields.values())) + "}"
            picked = ", ".join(f"got.{identifier(v)} AS {identifier(k)}" for k, v in fields.items())
            return f"SELECT row, raw, {picked} FROM (SELECT row, raw, json_transform(raw, {literal(shape)}) AS got FROM ({self.scan}))"
        picked = ", ".join(f"{self.column(v)} AS {identifier(k)}" for k, v in fields.items())
        return f"SELECT row, raw, {picked} FROM ({self.scan})"


def content_hash(path: Path) -> str:
    """The SHA-256 of a file. Raises FileProblem for an empty file, and for text with an endless line."""
    digest, lines, since = hashlib.sha256(), 0, 0
    text = SUFFIXES.get(path.suffix.lower()) in ("csv", "jsonl")
    try:
        with path.open("rb") as f:
            while block := f.read(_BLOCK):
                digest.update(block)
                if not text:
                    continue
                last = block.rfind(b"\n")
                first = block.find(b"\n")
                if since + (first if first >= 0 else len(block)) > LONGEST_LINE:
                    raise FileProblem(
                        path,
                        lines + 1,
                        f"the line is longer than {LONGEST_LINE:,} bytes",
                        "one row a line, of a few hundred bytes",
                    )
                lines += block.count(b"\n")
                since = len(block) - last - 1 if last >= 0 else since + len(block)
            size = f.tell()
    except OSError as e:
        raise FileProblem(
            path, None, f"it cannot be read ({e.strerror})", "a file that may be read"
        ) from None
    if size == 0:
        raise FileProblem(path, None, "it is empty (0 bytes)", "a whole file; export it again")
    return digest.hexdigest()


def open_file(con: duckdb.DuckDBPyConnection, path: Path) -> Opened:
    """Look into a file. Raises FileProblem with what to do when it is no table."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind == "parquet":
        return _parquet(con, path)
    if kind == "csv":
        return _csv(path)
    if kind == "jsonl":
        return _jsonl(con, path)
    raise FileProblem(path, None, "it is of no kind that is read here", ", ".join(sorted(SUFFIXES)))


def _parquet(con: duckdb.DuckDBPyConnection, path: Path) -> Opened:
    import duckdb

    scan = f"read_parquet({file(path)}, file_row_number = true, hive_partitioning = false)"
    try:
        found = {str(r[0]): str(r[1]) for r in con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
    except duckdb.Error as e:
        said = str(e).splitlines()[0]
        raise FileProblem(
            path, None, f"it is no whole Parquet file ({said})", "a whole one; export it again"
        ) from None
    found.pop("file_row_number", None)
    names = ", ".join(identifier(c) for c in found)
    packed = ", ".join(f"{identifier(c)} := {identifier(c)}" for c in found)
    query = f"SELECT file_row_number + 1 AS row, struct_pack({packed}) AS raw, {names} FROM {scan}"
    return Opened(path, "parquet", found, query)


def _csv(path: Path) -> Opened:
    with path.open("rb") as f:
        head = f.readline(LONGEST_LINE)
    try:
        line = head.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise FileProblem(path, 1, "it is not UTF-8", "a UTF-8 text file") from None
    delimiter = max(",;\t|", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    names = [n.strip() for n in names]
    if len(names) < 2 or len(names) > MOST_COLUMNS or len(set(names)) != len(names) or not all(names):
        raise FileProblem(
            path, 1, "the first line does not name the columns", "different names, with commas between"
        )
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
    rejects = f"rejects_{uuid.uuid4().hex[:12]}"
    scan = (
        f"read_csv({file(path)}, auto_detect = false, header = true, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', columns = {{{columns}}}, max_line_size = {LONGEST_LINE + 1}, "
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan')"
    )
    packed = ", ".join(f"{identifier(c)} := {identifier(c)}" for c in names)
    picked = ", ".join(identifier(c) for c in names)
    query = f"SELECT row_number() OVER () AS row, struct_pack({packed}) AS raw, {picked} FROM {scan}"
    return Opened(path, "csv", dict.fromkeys(names, "VARCHAR"), query, rejects)


def _jsonl(con: duckdb.DuckDBPyConnection, path: Path) -> Opened:
    with path.open("rb") as f:
        if f.read(64).lstrip().startswith(b"["):
            raise FileProblem(
                path, 1, "it is a JSON list", "JSON Lines: one object a line, no commas between"
            )
    rejects = f"rejects_{uuid.uuid4().hex[:12]}"
    scan = (
        f"read_csv({file(path)}, auto_detect = false, header = false, delim = '\x01', quote = '', "
        f"escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {LONGEST_LINE + 1}, "
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan')"
    )
    # A line that is no object is kept as a JSON string, so that the quarantine shows what it said.
    whole = "try_cast(line AS JSON)"
    query = (
        f"SELECT row, CASE WHEN json_type({whole}) = 'OBJECT' THEN {whole} ELSE to_json(line) END AS raw "
        f"FROM (SELECT row_number() OVER () AS row, line FROM {scan}) WHERE trim(coalesce(line, '')) <> ''"
    )
    keys = con.execute(
        f"SELECT DISTINCT unnest(json_keys(raw)) FROM (SELECT raw FROM ({query}) WHERE json_type(raw) = 'OBJECT' "
        f"LIMIT {_KEYS_FROM})"
    ).fetchall()
    con.execute(f"DROP TABLE IF EXISTS {rejects}")
    con.execute(f"DROP TABLE IF EXISTS {rejects}_scan")
    names = sorted(str(k[0]) for k in keys)
    if not names or len(names) > MOST_COLUMNS * 4:
        raise FileProblem(
            path, 1, "no line of it is a JSON object with names", "JSON Lines: one object a line"
        )
    return Opened(path, "jsonl", dict.fromkeys(names, "JSON"), query, rejects)


def _json_path(name: str) -> str:
    parts = []
    for part in name.split("."):
        parts.append(f"[{part}]" if part.isdecimal() else f'."{part}"')
    return "$" + "".join(parts)
