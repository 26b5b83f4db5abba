"""Everything the audience report shows, as one JSON value: gathered once, drawn by `report`, written beside it.

The tables of the page are made of this value and of nothing else, so that `audience.json` says what the page says.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smallscreen.audience.claims import claim, questions, series_rows
from smallscreen.audience.measures.run import scope_of
from smallscreen.audience.measures.survival import PATIENCE_DAYS
from smallscreen.audience.quality import plain
from smallscreen.audience.simulate.run import STEP as SIMULATE
from smallscreen.audience.stats import needed_series
from smallscreen.audience.stats.clusters import SPREAD
from smallscreen.audience.stored import read_curves, read_stored, store_all
from smallscreen.audience.why import KINDS
from smallscreen.engines.sql import SqlEngine
from smallscreen.errors import UserError
from smallscreen.series.model import Finding
from smallscreen.series.project import Progress, Project
from smallscreen.series.steps import fingerprint

_VERSION = 2
_CURVE = ("episode", "edition", "starters", "views", "cuts", "viewers", "plays", "share", "low", "high")


def gather(
    project: Project,
    *,
    as_of: datetime | None = None,
    patience_days: int = PATIENCE_DAYS,
    cubes: bool = False,
    before: Path | None = None,
    engine: SqlEngine | None = None,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], bool]:
    """The report's value, and whether it had to be made anew. `before` is the file it was written to last time;
    `cubes`: whether to build the daily cubes, too. `engine` (Spark) counts the measures and the retention by second
    in DuckDB's place.

    What it shows is worked out and kept by `stored.store_all`, for the studio as well. `as_of` (UTC) is the end of
    the data for survival, cohorts, leaving and experiments; the last event without it. Raises UserError where there
    are no events of this series.
    """
    as_of = as_of.astimezone(UTC).replace(tzinfo=None) if as_of and as_of.tzinfo else as_of
    store_all(project, progress, as_of=as_of, patience_days=patience_days, cubes=cubes, engine=engine)
    store = project.store
    read = read_stored(store, as_of=as_of, patience_days=patience_days)
    if read is None:
        raise UserError(f"The figures of {store.slug} were taken away while they were read; measure again.")
    series, simulated, found = store.series(), store.step(SIMULATE, ""), _findings(project)
    key = fingerprint(
        _VERSION, read.key, asdict(series), [asdict(f) for f in found], simulated.key if simulated else ""
    )
    done = _read(before, key)
    if done is not None:
        return done, False
    summary = read.summary
    asked = [read.why[e] for e in sorted(read.why)]
    value = {
        "version": _VERSION,
        "key": key,
        "series": store.slug,
        "title": series.title,
        "language": series.source_language,
        "simulated": summary["simulated"],
        "as_of": summary["as_of"],
        "summary": summary,
        "retention": [{k: c[k] for k in _CURVE} for c in read_curves(store)],
        "marks": [_mark(f) for f in found if f.check in KINDS],
        "why": [w for w in asked if "problem" not in w],
        "not_asked": [w["problem"] for w in asked if "problem" in w],
        "experiments": [x for x in read.experiments if "problem" not in x],
        "not_judged": [x["problem"] for x in read.experiments if "problem" in x],
        "claims": claims_of([project], scope_of(as_of, patience_days)),
        "quality": read.quality,
        "truth": _truth(simulated.summary)
        if simulated and simulated.summary and summary["simulated"]
        else None,
    }
    return plain(value), True


def claims_of(projects: list[Project], scope: str = "") -> list[dict[str, Any]]:
    """The ready-made questions, each answered with what these series have; missing rows are told.

    `scope` is that of the step `audience-measure`.
    """
    answers = []
    for q in questions():
        rows, missing = series_rows(projects, q.attribute, q.outcome, scope=scope)
        answers.append(
            {
                "question": asdict(q),
                "answer": asdict(claim(rows, question=q)),
                "missing": missing,
                "needed_usual": needed_usually(q.reported_lift, q.scale),
            }
        )
    return answers


def needed_usually(lift: float | None, scale: str) -> int | None:
    """Series in all for a lift when nothing is known of one's own: spread 0.5, shares from one half on."""
    if lift is None or lift <= -1:
        return None
    if scale == "log":
        return needed_series(math.log1p(lift), SPREAD)
    share = 0.5 * (1 + lift)
    return needed_series(math.log(share / (1 - share)), SPREAD) if 0 < share < 1 else None


# --- inside ----------------------------------------------------------------------------------


def _findings(project: Project) -> list[Finding]:
    store = project.store
    found = [f for fs in store.findings(None).values() for f in fs]
    for edition in store.editions():
        found += [f for fs in store.findings(edition).values() for f in fs]
    return [f for f in found if f.check in KINDS]


def _mark(f: Finding) -> dict[str, Any]:
    return {
        "edition": f.edition,
        "check": f.check,
        "kind": KINDS[f.check],
        "episode": f.episode,
        "start_ms": f.start_ms,
        "end_ms": f.end_ms,
        "message": f.message,
    }


def _truth(summary: dict[str, Any]) -> dict[str, Any]:
    """What the simulation knows: true completion by edition and episode, and its settings."""
    return {k: summary[k] for k in ("viewers", "seed", "completion", "stand_ins") if k in summary}


def _read(path: Path | None, key: str) -> dict[str, Any] | None:
    """The value of last time where it is still true; anything that cannot be read is made anew."""
    if path is None or not path.is_file():
        return None
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) and value.get("key") == key else None
