"""The step `audience-measure`: everything the report, the studio and the business room need, stored as JSON.

Its key is what the lake holds (names and sizes of the Parquet files, which are written once, and the
bots): the same lake is not measured twice, however it came to be. Its scope is "" with the usual settings
and `as-asked` with an `as_of` or a patience of one's own, so that neither overwrites the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from smallscreen.audience.lake import Lake, open_lake
from smallscreen.audience.measures.cluster import attach, forget, keep
from smallscreen.audience.measures.cohorts import cohorts
from smallscreen.audience.measures.concentration import concentration
from smallscreen.audience.measures.cubes import build_cubes
from smallscreen.audience.measures.episodes import edition_table, episode_table, paces
from smallscreen.audience.measures.model import EditionMeasures, EpisodeMeasures, Survival
from smallscreen.audience.measures.queries import Asked, Scope, rows, text
from smallscreen.audience.measures.survival import PATIENCE_DAYS, survivals
from smallscreen.audience.once import once
from smallscreen.engines.sql import SqlEngine
from smallscreen.errors import UserError
from smallscreen.series.project import Project
from smallscreen.series.steps import Ran, fingerprint

STEP = "audience-measure"
AS_ASKED = "as-asked"
"""Scope of what was measured last with other settings than the usual ones."""
_VERSION = 2
_ROWS = "measured_viewers"
Progress = Callable[[int, int, str], None]


def measure(
    project: Project,
    progress: Progress | None = None,
    *,
    as_of: datetime | None = None,
    patience_days: int = PATIENCE_DAYS,
    cubes: bool = True,
    engine: SqlEngine | None = None,
) -> dict[str, Any]:
    """The summary of every edition, as stored; see `measure_step`."""
    ran = measure_step(
        project, progress, as_of=as_of, patience_days=patience_days, cubes=cubes, engine=engine
    )
    return ran.summary


def measure_step(
    project: Project,
    progress: Progress | None = None,
    *,
    as_of: datetime | None = None,
    patience_days: int = PATIENCE_DAYS,
    cubes: bool = True,
    engine: SqlEngine | None = None,
) -> Ran:
    """Measure every edition, store the summary, build the cubes; does nothing when the lake is what it was.

    `as_of` (UTC) is the end of the data; the last event when not given. `engine` (Spark) does the counting
    in DuckDB's place and finds the same numbers; cubes are not built with it. All is counted before the
    transaction begins that stores it. Raises UserError where there are no events of this series.
    """
    series = project.store.slug
    with open_lake(project) as lake:
        if not lake.days(series):
            raise UserError(
                f"{project.root} has no viewing events yet; bring some in with smallscreen audience import, "
                "or make some up with smallscreen simulate viewing."
            )
        inputs = (_VERSION, lake_key(lake, series), as_of.isoformat() if as_of else "", patience_days)

        def work() -> Mapping[str, Any]:
            if engine is not None:
                attach(engine, lake, series)
            return summarize(lake, series, progress, as_of=as_of, patience_days=patience_days, engine=engine)

        ran = once(project.store, STEP, scope_of(as_of, patience_days), inputs, work)
        if cubes and engine is None:
            build_cubes(lake, series, progress)
    return ran


def scope_of(as_of: datetime | None, patience_days: int) -> str:
    """The scope of what these settings give: "" for the usual ones, which the studio and the business room read."""
    return "" if as_of is None and patience_days == PATIENCE_DAYS else AS_ASKED


def lake_key(lake: Lake, series: str) -> str:
    """A hash of what the lake holds of a series. File names are drawn at random and never written twice."""
    bot = lake.root / "bot" / "bot.parquet"
    tables = ("events", "exposure", "unlock", "ad_impression", "quarantine")
    names = [(t, p.parent.name, p.name, p.stat().st_size) for t in tables for p in lake.files(t, series)]
    return fingerprint(names, bot.read_bytes() if bot.is_file() else b"")


def summarize(
    lake: Lake,
    series: str,
    progress: Progress | None = None,
    *,
    as_of: datetime | None = None,
    patience_days: int = PATIENCE_DAYS,
    engine: SqlEngine | None = None,
) -> dict[str, Any]:
    """The summary of a series, as JSON; asks the lake only, or the engine that was attached to it."""
    asked: Asked = engine or lake
    parts = ("editions", "episodes", "survival", "cohorts", "concentration")

    def said(k: int) -> None:
        if progress:
            progress(k, len(parts), parts[k] if k < len(parts) else "")

    said(0)
    # Three measures rest on the same rows; the text is the same, the rows are made once.
    keep(asked, _ROWS, text("viewer_episode", Scope(series)))
    editions = edition_table(asked, series, table=_ROWS)
    if not editions:
        raise UserError(f"Nobody played a second of {series} yet; import events that last.")
    said(1)
    episodes = episode_table(asked, series, table=_ROWS)
    said(2)
    survived = {s.edition: s for s in survivals(asked, series, as_of, patience_days=patience_days)}
    summary: dict[str, Any] = {
        "simulated": _simulated(asked, series),
        "as_of": next(iter(survived.values())).as_of if survived else "",
        "patience_days": patience_days,
        "editions": {},
        "quarantined": quarantined(lake, series),
    }
    said(3)
    pace = paces(asked, series, as_of)
    weeks = {e.edition: cohorts(asked, series, e.edition, as_of) for e in editions}
    said(4)
    for e in editions:
        mine = [x for x in episodes if x.edition == e.edition]
        entry = _entry(e, mine, survived.get(e.edition))
        entry["episodes_a_day"] = asdict(pace[e.edition]) if e.edition in pace else None
        entry["cohorts"] = [asdict(c) for c in weeks[e.edition]]
        entry["concentration"] = asdict(concentration(asked, series, e.edition, table=_ROWS))
        summary["editions"][e.edition] = entry
    forget(asked, _ROWS)
    said(len(parts))
    return summary


def quarantined(lake: Lake, series: str) -> dict[str, int]:
    """How many rows were set aside, by reason."""
    found = lake.sql(
        "SELECT reason, count(*) FROM quarantine WHERE series_id = $series OR series_id IS NULL "
        "GROUP BY reason ORDER BY reason",
        series=series,
    )
    return {str(reason): int(n) for reason, n in found}


def _simulated(asked: Asked, series: str) -> bool:
    """Whether any row of the series was made up by a program: one is enough to say so on every page."""
    return bool(rows(asked, "simulated", Scope(series))[0][0])


def _entry(e: EditionMeasures, episodes: list[EpisodeMeasures], s: Survival | None) -> dict[str, Any]:
    """One edition of the summary."""
    hazard = dict(zip(s.episodes, s.hazard, strict=True)) if s else {}
    reached = dict(zip(s.episodes, s.survival, strict=True)) if s else {}
    rows = []
    for x in episodes:
        h = hazard.get(x.episode)
        rows.append(
            {
                "episode": x.episode,
                "starters": x.starters,
                "plays": x.plays,
                "completion": asdict(x.completion),
                "avd_s": x.average_view_duration.value,
                "average_view_duration": asdict(x.average_view_duration),
                "average_percentage_viewed": asdict(x.average_percentage_viewed),
                "content_watched_s": x.content_watched_s,
                "time_played_s": x.time_played_s,
                "watchers": x.watchers,
                "completers": x.completers,
                "duration_ms": x.duration_ms,
                "survival": reached.get(x.episode),
                "hazard": asdict(h) if h else None,
            }
        )
    wall = s and {
        "first_locked": s.first_locked,
        "hazard": asdict(s.paywall_hazard) if s.paywall_hazard else None,
        "story_hazard": asdict(s.story_hazard) if s.story_hazard else None,
        "after_hazard": asdict(s.after_hazard) if s.after_hazard else None,
        "excess": asdict(s.paywall_excess) if s.paywall_excess else None,
        "passed_by": s.passed_by,
    }
    return {
        "viewers": e.viewers,
        "minutes_a_user": asdict(e.minutes_a_user),
        "content_minutes_a_user": asdict(e.content_minutes_a_user),
        "episodes_a_user": e.episodes_a_user,
        "completion": asdict(e.completion),
        "starters": e.starters,
        "watchers": e.watchers,
        "completers": e.completers,
        "starter_share": asdict(e.starter_share),
        "watcher_share": asdict(e.watcher_share),
        "completer_share": asdict(e.completer_share),
        "episodes": rows,
        "survival": asdict(s) if s else None,
        "paywall": wall,
    }
