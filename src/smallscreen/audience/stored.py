"""The audience's figures as steps in the series database: the one place that works them out.

    store_all(project, progress)       # seconds to minutes; does nothing where nothing changed
    read = read_stored(project.store)  # milliseconds; None where nothing was measured yet

The report (`gather`) and the studio both read these steps; neither asks the lake.

| step | scope | holds |
|---|---|---|
| `audience-measure` | S | the summary of every edition (`measures.run`) |
| `audience-curves` | "" | of which episodes there are curves, and the lake that they were read from |
| `audience-curve` | `en-US/ep001` | one retention curve by second |
| `audience-why` | S + `en-US` | what stood on the screen where its viewers left (`why.why`), or why that cannot be said |
| `audience-experiments` | S | every experiment as it stands, and the lake that was measured |
| `audience-quality` | "" | what became of every row that was given |

S is "" with the usual settings and `as-asked` (before an edition `as-asked/`) with an `as_of` or a patience of one's
own: there is room for one of each, so that a look at an earlier day leaves the studio's figures as they are. Curves
and quality take all there is and know no `as_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from smallscreen.audience.experiments import experiment
from smallscreen.audience.importing import imported
from smallscreen.audience.lake import Lake, open_lake
from smallscreen.audience.measures import cube_retentions, retentions
from smallscreen.audience.measures.cluster import attach
from smallscreen.audience.measures.cubes import cubes_are_current
from smallscreen.audience.measures.run import STEP as MEASURE
from smallscreen.audience.measures.run import lake_key, measure_step, scope_of
from smallscreen.audience.measures.survival import PATIENCE_DAYS
from smallscreen.audience.once import once
from smallscreen.audience.quality import experiments_of, last_event, plain, quality_of
from smallscreen.audience.why import why
from smallscreen.engines.sql import SqlEngine
from smallscreen.errors import UserError
from smallscreen.series.project import Project
from smallscreen.series.steps import fingerprint
from smallscreen.series.store import Store

CURVES, CURVE, WHY = "audience-curves", "audience-curve", "audience-why"
TESTS, QUALITY = "audience-experiments", "audience-quality"
STEPS = (MEASURE, CURVES, CURVE, WHY, TESTS, QUALITY)
_VERSION = 3
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the steps hold. `lake` is the hash of the lake they were read from, `at` when the last was stored.

    `curves`: episodes that have a curve, by edition. `why`: a `Why` as JSON without its curves, by edition.
    `key` changes when any of it does.
    """

    summary: dict[str, Any]
    curves: dict[str, list[int]]
    why: dict[str, dict[str, Any]]
    experiments: list[dict[str, Any]]
    quality: dict[str, Any]
    lake: str
    at: str
    key: str


def has_viewing(project: Project) -> bool:
    """Whether the lake has events of this series; asks the folder only."""
    return bool(open_lake(project).days(project.store.slug))


def key_of(project: Project) -> str:
    """The hash of what the lake holds now; asks the folder only."""
    return lake_key(open_lake(project), project.store.slug)


def store_all(
    project: Project,
    progress: Progress | None = None,
    *,
    as_of: datetime | None = None,
    patience_days: int = PATIENCE_DAYS,
    cubes: bool = False,
    engine: SqlEngine | None = None,
) -> bool:
    """Bring all steps up to date; False when there was nothing to do. UserError where there are no events.

    `as_of` (UTC, without a zone) is the end of the data, the last event without it. `cubes`: whether to build the
    daily cubes that are missing; where they are there, the curves are their sum and the events are not asked. `engine` (Spark) counts the measures and the curves in DuckDB's place. Everything is worked out
    before its transaction begins: people go on writing in the series meanwhile.
    """
    said = progress or _silent
    store, slot = project.store, scope_of(as_of, patience_days)
    said(0, 4, "measures")
    ran = measure_step(project, as_of=as_of, patience_days=patience_days, cubes=cubes, engine=engine)
    editions = sorted(ran.summary["editions"])
    total = 4 + len(editions)
    fresh = ran.fresh
    with open_lake(project) as lake:
        now = lake_key(lake, store.slug)
        said(1, total, "retention")
        fresh |= _curves(store, lake, now, engine, ran.summary["editions"])
        end = as_of or last_event(lake, store.slug)
        for k, name in enumerate(editions):
            said(2 + k, total, name)
            fresh |= _why(project, lake, now, name, slot, end)
        said(total - 2, total, "experiments")

        def tests() -> dict[str, Any]:
            found = [_test(lake, name, as_of) for name in experiments_of(lake)]
            return plain({"lake": now, "experiments": found})

        when = as_of.isoformat() if as_of else ""
        fresh |= once(store, TESTS, slot, (_VERSION, now, when), tests).fresh
        said(total - 1, total, "quality")
        inputs = (_VERSION, now, imported(project))
        fresh |= once(store, QUALITY, "", inputs, partial(quality_of, project, lake)).fresh
    said(total, total, "")
    return fresh


def read_stored(
    store: Store, *, as_of: datetime | None = None, patience_days: int = PATIENCE_DAYS
) -> Stored | None:
    """What the steps hold; None until all were done once.

    With an `as_of` or a patience of one's own: what was measured last that way, for `store_all` has just seen to it.
    """
    slot = scope_of(as_of, patience_days)
    measured, curves = store.step(MEASURE, slot), store.step(CURVES, "")
    tests, quality = store.step(TESTS, slot), store.step(QUALITY, "")
    if measured is None or curves is None or tests is None or quality is None:
        return None
    all_of_it = store.steps(WHY)
    asked = {e: all_of_it.get(_within(slot, e)) for e in measured.summary["editions"]}
    records = (measured, curves, tests, quality, *(r for r in asked.values() if r))
    return Stored(
        summary=measured.summary,
        curves=curves.summary["episodes"],
        why={e: r.summary for e, r in asked.items() if r},
        experiments=tests.summary["experiments"],
        quality=quality.summary,
        lake=tests.summary.get("lake", curves.summary["lake"]),
        at=max(r.finished_at for r in records),
        key=fingerprint([r.key for r in records]),
    )


def read_curve(store: Store, edition: str, episode: int) -> dict[str, Any] | None:
    """The stored curve of one episode by second: starters, views, viewers, plays, share, low, high; None where there is none.

    Curves of a lake that is gone are not given.
    """
    record = store.step(CURVE, curve_scope(edition, episode))
    curves = store.step(CURVES, "") if record else None
    if record is None or curves is None or record.key != curves.summary["lake"]:
        return None
    return record.summary


def read_curves(store: Store) -> list[dict[str, Any]]:
    """All stored curves as `read_curve` gives them, each with its `edition` and `episode`, in this order."""
    curves = store.step(CURVES, "")
    if curves is None:
        return []
    records = store.steps(CURVE)
    return [
        {"edition": edition, "episode": n, **records[curve_scope(edition, n)].summary}
        for edition, numbers in curves.summary["episodes"].items()
        for n in numbers
    ]


def curve_scope(edition: str, episode: int) -> str:
    """The scope of an episode's curve: `en-US/ep001`."""
    return f"{edition}/ep{episode:03d}"


# --- within --------------------------------------------------------------------------------


def _silent(done: int, total: int, what: str) -> None:
    pass


def _within(slot: str, edition: str) -> str:
    return f"{slot}/{edition}" if slot else edition


def _curves(
    store: Store, lake: Lake, now: str, engine: SqlEngine | None, editions: dict[str, dict[str, Any]]
) -> bool:
    rows: dict[str, dict[str, Any]] = {}

    def work() -> dict[str, Any]:
        if engine is None and cubes_are_current(lake, store.slug):
            views = {(name, e["episode"]): e["plays"] for name, x in editions.items() for e in x["episodes"]}
            found = cube_retentions(lake, store.slug, views)
        else:
            if engine is not None:
                attach(engine, lake, store.slug)
            found = retentions(engine or lake, store.slug)
        simulated = _simulated(lake, store.slug)
        episodes: dict[str, list[int]] = {}
        for c in found:
            shares = {k: [round(v, 5) for v in getattr(c, k)] for k in ("share", "low", "high")}
            kept = {k: getattr(c, k) for k in ("starters", "views", "cuts", "viewers", "plays")}
            rows[curve_scope(c.edition, c.episode)] = plain({"simulated": simulated, **kept, **shares})
            episodes.setdefault(c.edition, []).append(c.episode)
        return {"lake": now, "episodes": {e: sorted(n) for e, n in sorted(episodes.items())}}

    def put() -> None:
        for scope, row in rows.items():
            store.put_step(CURVE, scope, now, row)

    return once(store, CURVES, "", (_VERSION, now), work, put).fresh


def _simulated(lake: Lake, series: str) -> bool:
    """Whether any event is: one is enough to say so beside every curve."""
    found = lake.sql("SELECT bool_or(simulated) FROM events WHERE series_id = $series", series=series)
    return bool(found[0][0])


def _why(project: Project, lake: Lake, now: str, name: str, slot: str, end: datetime | None) -> bool:
    store = project.store
    known = next((e for e in store.editions() if e.name == name), None)
    findings = [f for fs in store.findings(None).values() for f in fs]
    findings += [f for fs in store.findings(known).values() for f in fs] if known else []
    maps = sorted(p.read_text("utf-8", "replace") for p in (lake.root / "timemaps").glob("*.json"))

    def work() -> dict[str, Any]:
        try:
            found = asdict(why(project, lake, name, as_of=end))
        except UserError as error:
            return {"edition": name, "problem": str(error)}
        del found["curves"]
        return plain(found)

    # The order in which findings lie in the database is no input.
    inputs = (_VERSION, now, name, end, sorted(repr(asdict(f)) for f in findings), maps)
    return once(store, WHY, _within(slot, name), inputs, work).fresh


def _test(lake: Lake, name: str, as_of: datetime | None) -> dict[str, Any]:
    try:
        return asdict(experiment(lake, name, as_of=as_of))
    except UserError as error:
        return {"name": name, "problem": str(error)}
