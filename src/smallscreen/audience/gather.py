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
from smallscreen.audience.events import REASONS
from smallscreen.audience.experiments import experiment
from smallscreen.audience.importing import imported
from smallscreen.audience.lake import Lake, open_lake
from smallscreen.audience.measures import retentions
from smallscreen.audience.measures.cluster import attach
from smallscreen.audience.measures.run import lake_key, measure_step
from smallscreen.audience.measures.survival import PATIENCE_DAYS
from smallscreen.audience.simulate.run import STEP as SIMULATE
from smallscreen.audience.stats import needed_series
from smallscreen.audience.stats.clusters import SPREAD
from smallscreen.audience.why import KINDS, why
from smallscreen.engines.sql import SqlEngine
from smallscreen.errors import UserError
from smallscreen.series.model import Finding
from smallscreen.series.project import Progress, Project
from smallscreen.series.steps import fingerprint

_VERSION = 1


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

    `as_of` (UTC) is the end of the data for survival, cohorts, leaving and experiments; the last event without
    it. Raises UserError where there are no events of this series.
    """
    as_of = as_of.astimezone(UTC).replace(tzinfo=None) if as_of and as_of.tzinfo else as_of
    said = progress or _silent
    said(0, 5, "measures")
    ran = measure_step(project, as_of=as_of, patience_days=patience_days, cubes=cubes, engine=engine)
    store = project.store
    found = _findings(project)
    with open_lake(project) as lake:
        simulated = store.step(SIMULATE, "")
        key = fingerprint(
            _VERSION,
            lake_key(lake, store.slug),
            asdict(store.series()),
            as_of.isoformat() if as_of else "",
            patience_days,
            [asdict(f) for f in found],
            simulated.key if simulated else "",
            sorted(p.read_text("utf-8", "replace") for p in (lake.root / "timemaps").glob("*.json")),
        )
        done = _read(before, key)
        if done is not None:
            return done, False
        said(1, 5, "retention by second")
        if engine is not None:
            attach(engine, lake, store.slug)
        curves = [_curve(asdict(r)) for r in retentions(engine or lake, store.slug)]
        said(2, 5, "why they left")
        reasons, silent = _why(
            project, lake, sorted(ran.summary["editions"]), as_of or last_event(lake, store.slug)
        )
        said(3, 5, "experiments")
        tests = [_experiment(lake, name, as_of) for name in experiments_of(lake)]
        said(4, 5, "data quality")
        quality = quality_of(project, lake)
    series = store.series()
    value = {
        "version": _VERSION,
        "key": key,
        "series": store.slug,
        "title": series.title,
        "language": series.source_language,
        "simulated": ran.summary["simulated"],
        "as_of": ran.summary["as_of"],
        "summary": ran.summary,
        "retention": curves,
        "marks": [_mark(f) for f in found if f.check in KINDS],
        "why": reasons,
        "not_asked": silent,
        "experiments": tests,
        "claims": claims_of([project]),
        "quality": quality,
        "truth": _truth(simulated.summary)
        if simulated and simulated.summary and ran.summary["simulated"]
        else None,
    }
    said(5, 5, "")
    return plain(value), True


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


def claims_of(projects: list[Project]) -> list[dict[str, Any]]:
    """The ready-made questions, each answered with what these series have; missing rows are told."""
    answers = []
    for q in questions():
        rows, missing = series_rows(projects, q.attribute, q.outcome)
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


# --- inside ----------------------------------------------------------------------------------


def _silent(done: int, total: int, what: str = "") -> None:
    pass


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


def _curve(one: dict[str, Any]) -> dict[str, Any]:
    """A curve without what can be read off its place; shares rounded to a thousandth of a percent."""
    short = {k: [round(v, 5) for v in one[k]] for k in ("share", "low", "high")}
    kept = ("episode", "edition", "starters", "views", "cuts", "viewers", "plays")
    return {**{k: one[k] for k in kept}, **short}


def _why(
    project: Project, lake: Lake, editions: list[str], as_of: datetime | None
) -> tuple[list[dict[str, Any]], list[str]]:
    found, silent = [], []
    for name in editions:
        try:
            w = asdict(why(project, lake, name, as_of=as_of))
        except UserError as e:
            silent.append(str(e))
            continue
        del w["curves"]
        found.append(w)
    return found, silent


def _experiment(lake: Lake, name: str, as_of: datetime | None) -> dict[str, Any]:
    return asdict(experiment(lake, name, as_of=as_of))


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
