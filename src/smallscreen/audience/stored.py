"""The audience's figures as steps in the series database, for pages that must not wait for the lake.

    store_all(project, progress)       # seconds to minutes; does nothing where nothing changed
    read = read_stored(project.store)  # milliseconds; None where nothing was measured yet

| step | scope | holds |
|---|---|---|
| `audience-measure` | "" | the summary of every edition (`measures.run`) |
| `audience-curves` | "" | of which episodes there are curves, and the lake that they were read from |
| `audience-curve` | `en-US/ep001` | one retention curve by second |
| `audience-why` | `en-US` | what stood on the screen where its viewers left (`why.why`), or why that cannot be said |
| `audience-experiments` | "" | every experiment as it stands |
| `audience-quality` | "" | what became of every row that was given |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from smallscreen import __version__
from smallscreen.audience.experiments import experiment
from smallscreen.audience.gather import experiments_of, plain, quality_of
from smallscreen.audience.lake import Lake, open_lake
from smallscreen.audience.measures import retentions
from smallscreen.audience.measures.run import STEP as MEASURE
from smallscreen.audience.measures.run import lake_key, measure_step
from smallscreen.audience.why import why
from smallscreen.errors import UserError
from smallscreen.series.project import Project
from smallscreen.series.steps import fingerprint, run
from smallscreen.series.store import Store

CURVES, CURVE, WHY = "audience-curves", "audience-curve", "audience-why"
TESTS, QUALITY = "audience-experiments", "audience-quality"
STEPS = (MEASURE, CURVES, CURVE, WHY, TESTS, QUALITY)
_VERSION = 1
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the steps hold. `lake` is the hash of the lake they were read from, `at` when the last was stored.

    `curves`: episodes that have a curve, by edition. `why`: a `Why` as JSON without its curves, by edition.
    """

    summary: dict[str, Any]
    curves: dict[str, list[int]]
    why: dict[str, dict[str, Any]]
    experiments: list[dict[str, Any]]
    quality: dict[str, Any]
    lake: str
    at: str


def has_viewing(project: Project) -> bool:
    """Whether the lake has events of this series; asks the folder only."""
    return bool(open_lake(project).days(project.store.slug))


def key_of(project: Project) -> str:
    """The hash of what the lake holds now; asks the folder only."""
    return lake_key(open_lake(project), project.store.slug)


def store_all(project: Project, progress: Progress | None = None) -> bool:
    """Bring all steps up to date; False when there was nothing to do. UserError where there are no events.

    Everything is worked out before its transaction begins: people go on writing in the series meanwhile.
    """
    said = progress or _silent
    store = project.store
    said(0, 4, "measures")
    ran = measure_step(project, cubes=False)
    editions = sorted(ran.summary["editions"])
    total = 4 + len(editions)
    fresh = ran.fresh
    with open_lake(project) as lake:
        now = lake_key(lake, store.slug)
        said(1, total, "retention")
        fresh |= _curves(store, lake, now)
        for k, name in enumerate(editions):
            said(2 + k, total, name)
            fresh |= _why(project, lake, now, name)
        said(total - 2, total, "experiments")

        def tests() -> dict[str, Any]:
            return {"experiments": [_test(lake, name) for name in experiments_of(lake)]}

        fresh |= _once(store, TESTS, "", (now,), tests)
        said(total - 1, total, "quality")
        fresh |= _once(store, QUALITY, "", (now, editions), partial(quality_of, project, lake))
    said(total, total, "")
    return fresh


def read_stored(store: Store) -> Stored | None:
    """What the steps hold; None until all were done once."""
    measured, curves = store.step(MEASURE, ""), store.step(CURVES, "")
    tests, quality = store.step(TESTS, ""), store.step(QUALITY, "")
    if measured is None or curves is None or tests is None or quality is None:
        return None
    asked = store.steps(WHY)
    return Stored(
        summary=measured.summary,
        curves=curves.summary["episodes"],
        why={e: asked[e].summary for e in measured.summary["editions"] if e in asked},
        experiments=tests.summary["experiments"],
        quality=quality.summary,
        lake=curves.summary["lake"],
        at=max([x.finished_at for x in (measured, curves, tests, quality, *asked.values())]),
    )


def read_curve(store: Store, edition: str, episode: int) -> dict[str, Any] | None:
    """The stored curve of one episode by second: starters, viewers, share, low, high; None where there is none.

    Curves of a lake that is gone are not given.
    """
    record = store.step(CURVE, curve_scope(edition, episode))
    curves = store.step(CURVES, "") if record else None
    if record is None or curves is None or record.key != curves.summary["lake"]:
        return None
    return record.summary


def curve_scope(edition: str, episode: int) -> str:
    """The scope of an episode's curve: `en-US/ep001`."""
    return f"{edition}/ep{episode:03d}"


# --- within --------------------------------------------------------------------------------


def _silent(done: int, total: int, what: str) -> None:
    pass


def _once(
    store: Store, step: str, scope: str, inputs: tuple[object, ...], work: Callable[[], Mapping[str, Any]]
) -> bool:
    """`steps.run` with the work done before the transaction begins."""
    inputs = (_VERSION, *inputs)
    done = store.step(step, scope)
    if done is not None and done.key == fingerprint(__version__, step, *inputs):
        return False
    value = plain(dict(work()))
    return run(store, step, scope, inputs, lambda: value).fresh


def _curves(store: Store, lake: Lake, now: str) -> bool:
    def work() -> dict[str, Any]:
        found = retentions(lake, store.slug)
        simulated = _simulated(lake, store.slug)
        episodes: dict[str, list[int]] = {}
        with store.transaction():
            for c in found:
                shares = {k: [round(v, 5) for v in getattr(c, k)] for k in ("share", "low", "high")}
                row = {
                    "starters": c.starters,
                    "simulated": simulated,
                    "views": c.views,
                    "cuts": c.cuts,
                    "viewers": c.viewers,
                    **shares,
                }
                store.put_step(CURVE, curve_scope(c.edition, c.episode), now, plain(row))
                episodes.setdefault(c.edition, []).append(c.episode)
        return {"lake": now, "episodes": {e: sorted(n) for e, n in sorted(episodes.items())}}

    return _once(store, CURVES, "", (now,), work)


def _simulated(lake: Lake, series: str) -> bool:
    """Whether any event is: one is enough to say so beside every curve."""
    found = lake.sql("SELECT bool_or(simulated) FROM events WHERE series_id = $series", series=series)
    return bool(found[0][0])


def _why(project: Project, lake: Lake, now: str, name: str) -> bool:
    store = project.store
    known = next((e for e in store.editions() if e.name == name), None)
    findings = [f for fs in store.findings(None).values() for f in fs]
    findings += [f for fs in store.findings(known).values() for f in fs] if known else []
    maps = sorted(p.read_text("utf-8", "replace") for p in (lake.root / "timemaps").glob("*.json"))

    def work() -> dict[str, Any]:
        try:
            found = asdict(why(project, lake, name))
        except UserError as error:
            return {"edition": name, "problem": str(error)}
        del found["curves"]
        return found

    # The order in which findings lie in the database is no input.
    inputs = (now, name, sorted(repr(asdict(f)) for f in findings), maps)
    return _once(store, WHY, name, inputs, work)


def _test(lake: Lake, name: str) -> dict[str, Any]:
    try:
        return asdict(experiment(lake, name))
    except UserError as error:
        return {"name": name, "problem": str(error)}
