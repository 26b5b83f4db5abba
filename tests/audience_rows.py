"""A series of two episodes, and good rows of viewing data to be changed and written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb

from smallscreen.audience.events import EVENTS
from smallscreen.audience.lake import open_lake
from smallscreen.series.project import Project, new_project

SLUG = "show"
NAMES = list(EVENTS.names)


def made(folder: Path) -> Project:
    """A series of two episodes, each with a last cue that ends at 90 s."""
    root = folder / "a [b]" / SLUG
    root.mkdir(parents=True)
    for number in (1, 2):
        text = "1\n00:00:01,000 --> 00:00:03,000\n你好\n\n2\n00:01:28,000 --> 00:01:30,000\n再见\n"
        (root / f"ep{number:03d}.zh.srt").write_text(text, encoding="utf-8")
    return new_project(root)


def row(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A good row of the lake's own schema; `number` makes its id."""
    return {
        "event_id": f"e{number}",
        "media_session_id": f"s{number}",
        "user_id": f"u{number}",
        "series_id": SLUG,
        "season": 1,
        "episode": 1,
        "asset_id": f"{SLUG}/ep001/en-US",
        "locale": "en-US",
        "market": "en-US",
        "variant_id": "main",
        "time_from_ms": 0,
        "time_to_ms": 5000,
        "duration_ms": 90000,
        "playback_rate": 1.0,
        "muted": False,
        "started_at": "2026-05-01T10:00:00Z",
        "simulated": False,
    } | changed


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8")
    return path


def as_parquet(path: Path, query: str) -> Path:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def parquet_rows(n: int, *, first: int = 0, **changed: str) -> str:
    """A query of `n` good rows with typed columns; a keyword replaces a column's SQL."""
    said = {
        "event_id": "'e' || i",
        "media_session_id": "'s' || i",
        "user_id": "'u' || (i % 1000)",
        "series_id": f"'{SLUG}'",
        "episode": "CAST(1 + i % 2 AS INTEGER)",
        "market": "'en-US'",
        "time_from_ms": "CAST(0 AS INTEGER)",
        "time_to_ms": "CAST(1000 + i % 80000 AS INTEGER)",
        "duration_ms": "CAST(90000 AS INTEGER)",
        "started_at": "TIMESTAMP '2026-05-01' + to_seconds(CAST(i * 60 % 300000 AS BIGINT))",
    } | changed
    return f"SELECT {', '.join(f'{v} AS {k}' for k, v in said.items())} FROM range({first}, {first + n}) t(i)"


def count(project: Project, text: str = "SELECT count(*) FROM events") -> Any:
    with open_lake(project) as lake:
        return lake.sql(text)[0][0]
