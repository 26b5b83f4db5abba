"""What lies in the lake beside the measures: its experiments, its end, and what became of every row that was given."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from smallscreen.audience.events import REASONS
from smallscreen.audience.importing import imported
from smallscreen.audience.lake import Lake
from smallscreen.series.project import Project


def experiments_of(lake: Lake) -> list[str]:
    """Names of the experiments with two arms or more."""
    found = lake.sql(
        "SELECT experiment FROM exposure GROUP BY experiment HAVING count(DISTINCT arm) > 1 ORDER BY experiment"
    )
    return [str(r[0]) for r in found]


def last_event(lake: Lake, slug: str) -> datetime | None:
    """When the data of a series end, over all editions: one that nobody watches any more has had its time."""
    found: datetime | None = lake.sql(
        "SELECT max(started_at) FROM events WHERE series_id = $series", series=slug
    )[0][0]
    return found


def quality_of(project: Project, lake: Lake) -> dict[str, Any]:
    """What became of every row that was given: files, reasons, bots, days."""
    slug = project.store.slug
    rows, users, first, last, simulated = lake.sql(
        "SELECT count(*), count(DISTINCT user_id), min(started_at), max(started_at), "
        "count(*) FILTER (simulated) FROM all_events WHERE series_id = $series",
        series=slug,
    )[0]
    aside = lake.sql(
        "SELECT reason, count(*) FROM quarantine WHERE series_id = $series OR series_id IS NULL "
        "GROUP BY reason ORDER BY count(*) DESC, reason",
        series=slug,
    )
    bots, intervals = lake.sql("SELECT count(*), coalesce(sum(intervals), 0) FROM bot")[0]
    files = [
        {
            k: one.get(k)
            for k in ("file", "table", "rows", "taken", "repeated", "clipped", "quarantined", "at")
        }
        for one in imported(project)
    ]
    return {
        "rows": int(rows),
        "users": int(users),
        "simulated_rows": int(simulated),
        "first": first.isoformat(timespec="seconds") if first else None,
        "last": last.isoformat(timespec="seconds") if last else None,
        "quarantined": [
            {"reason": str(r), "rows": int(n), "meaning": REASONS.get(str(r), "")} for r, n in aside
        ],
        "bots": int(bots),
        "bot_intervals": int(intervals),
        "repeated": sum(f["repeated"] or 0 for f in files),
        "clipped": sum(f["clipped"] or 0 for f in files),
        "files": files,
    }


def plain(value: Any) -> Any:
    """The value with None for what JSON cannot say (infinite, not a number), and dates as text."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    return value
