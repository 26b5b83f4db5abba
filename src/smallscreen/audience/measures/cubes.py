"""Daily cubes: what each second of each cut gained and lost on a day. A year's curve is a sum of days.

`measure` builds what is missing and takes its curves from them (`retention.cube_retentions`).

    lake/cubes/series=SLUG/day=2026-05-01/KEY.parquet    columns of cube_day.sql and series_id, day
    lake/cubes/.seen/series=SLUG/KEY.parquet             viewers' seconds seen by the end of the last day built

What adds, exactly:
  * plays of a second, and seconds played: over any days, markets, editions, cuts;
  * distinct viewers **of each day** (viewer-days): over days as viewer-days, never as viewers;
  * distinct viewers of a period **that begins with the first day**: a viewer-second is counted on the
    first day it was seen only, so the sum of days 1 to n is the distinct viewers of these days.
What does not: distinct viewers of a period that begins later (who came before is missing), and viewers
over cuts or editions (who watched two is counted twice). Ask the events for these (`retention`).
Media sessions are not in the cube: one that goes over midnight has two days.

A day's file is named by a hash of the day's event files, the bots and the day before it, so a day is
read once, a late file makes its day and those after it anew, and a killed build goes on where it was.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures.queries import Scope, steps_to_curve, text
from smallscreen.engines.sql import identifier, literal
from smallscreen.errors import UserError
from smallscreen.series.steps import fingerprint

_VERSION = 2
Progress = Callable[[int, int, str], None]
_KEY = ("user_id", "asset_id", "episode", "market", "variant_id")
_SEEN = "episode INTEGER, asset_id VARCHAR, market VARCHAR, variant_id VARCHAR, user_id VARCHAR, a INTEGER, b INTEGER"


@dataclass(frozen=True, slots=True)
class CubeBuild:
    """How many days there are, and how many of them were read now."""

    days: int
    built: int


@dataclass(frozen=True, slots=True)
class CubeCurve:
    """Days of cubes added up, by second. `viewers` is None where the days do not begin with the first."""

    days: int
    plays: list[int]
    viewer_days: list[int]
    viewers: list[int] | None
    starters: int | None


def build_cubes(lake: Lake, series: str, progress: Progress | None = None) -> CubeBuild:
    """Build the cubes of the days that have none yet, in order, reading each such day's events once."""
    folder = lake.root / "cubes" / f"series={series}"
    states = lake.root / "cubes" / ".seen" / f"series={series}"
    days = lake.days(series)
    keys = _keys(lake, series, days)
    files = [folder / f"day={d}" / f"{k}.parquet" for d, k in zip(days, keys, strict=True)]
    todo = next((i for i, f in enumerate(files) if not f.is_file()), len(days))
    if todo < len(days):
        _start(lake, series, days[:todo], states / f"{keys[todo - 1]}.parquet" if todo else None)
    for i in range(todo, len(days)):
        if progress:
            progress(i, len(days), days[i])
        _build_day(lake, series, days[i], files[i])
    if todo < len(days):
        # Written once at the end: a build that was killed reads the events of the days that it has again, once.
        _place(_staged(lake, "SELECT * FROM seen"), states / f"{keys[-1]}.parquet")
        for name in ("seen", "pieces", "running"):
            lake.con().execute(f"DROP TABLE {name}")
    _tidy(folder, states, set(files), f"{keys[-1]}.parquet" if keys else "")
    if progress:
        progress(len(days), len(days), "")
    return CubeBuild(len(days), len(days) - todo)


def cube_curve(
    lake: Lake,
    series: str,
    episode: int,
    asset_id: str,
    edition: str,
    *,
    since: str | None = None,
    until: str | None = None,
) -> CubeCurve:
    """One cut's curves over some days (`2026-05-01`, both included) as a sum of cubes.

    UserError where no cube was built, or where nobody played it in these days.
    """
    files = cube_files(lake, series, since, until)
    scope = Scope.of(series, edition, episode=episode, asset=asset_id)
    _cubes_view(lake, files)
    steps = [(int(s), int(p), int(d), int(v)) for s, p, d, v in lake.sql(text("cube_curve", scope))]
    if not any(s >= 0 for s, *_ in steps):
        raise UserError(f"Nobody played {asset_id} in these days; ask for other days.")
    first = since is None or since <= cube_files(lake, series)[0].parent.name.removeprefix("day=")
    n = max(s for s, *_ in steps)
    return CubeCurve(
        days=len(files),
        plays=steps_to_curve({s: p for s, p, _, _ in steps if s >= 0}, n),
        viewer_days=steps_to_curve({s: d for s, _, d, _ in steps if s >= 0}, n),
        viewers=steps_to_curve({s: v for s, _, _, v in steps if s >= 0}, n) if first else None,
        starters=next((v for s, _, _, v in steps if s < 0), 0) if first else None,
    )


def cubes_are_current(lake: Lake, series: str) -> bool:
    """Whether every day with events has its cube; asks the folder only."""
    folder = lake.root / "cubes" / f"series={series}"
    days = lake.days(series)
    keys = _keys(lake, series, days)
    return bool(days) and all(
        (folder / f"day={d}" / f"{k}.parquet").is_file() for d, k in zip(days, keys, strict=True)
    )


def cube_steps(lake: Lake, series: str) -> list[tuple[int, str, str, int, int, int, int, str, str]]:
    """All days added up: rows of cube_curves.sql. UserError where no cube was built."""
    _cubes_view(lake, cube_files(lake, series))
    return [
        (int(e), str(m), str(v), int(s), int(n), int(p), int(d), str(first), str(last))
        for e, m, v, s, n, p, d, first, last in lake.sql(text("cube_curves", Scope(series)))
    ]


def cube_files(lake: Lake, series: str, since: str | None = None, until: str | None = None) -> list[Path]:
    """The cubes of some days, in order. UserError where there is none."""
    found = sorted((lake.root / "cubes" / f"series={series}").glob("day=*/*.parquet"))
    if not found:
        raise UserError(f"There are no cubes of {series} yet; run smallscreen audience measure first.")
    day = [f.parent.name.removeprefix("day=") for f in found]
    return [f for f, d in zip(found, day, strict=True) if (since or "") <= d <= (until or "9999")]


# --- inside ----------------------------------------------------------------------------------


def _keys(lake: Lake, series: str, days: list[str]) -> list[str]:
    """A chain of hashes: a day's holds the names of its files (each written once) and the day before it."""
    bot = lake.root / "bot" / "bot.parquet"
    key = fingerprint(_VERSION, series, bot.read_bytes() if bot.is_file() else b"")
    keys = []
    for day in days:
        key = fingerprint(key, day, [(f.name, f.stat().st_size) for f in lake.files("events", series, day)])
        keys.append(key)
    return keys


def _start(lake: Lake, series: str, before: list[str], state: Path | None) -> None:
    """Put what was seen on the days before into the table `seen`: from the state file, or from the events."""
    con = lake.con()
    con.execute(f"CREATE OR REPLACE TEMP TABLE seen ({_SEEN})")
    if not before:
        return
    if state is not None and state.is_file():
        con.execute(
            f"INSERT INTO seen SELECT * FROM read_parquet({literal(str(state))}, hive_partitioning = false)"
        )
        return
    _events_view(lake, [f for d in before for f in lake.files("events", series, d)])
    _pieces(lake)
    _merge(lake)


def _build_day(lake: Lake, series: str, day: str, target: Path) -> None:
    _events_view(lake, lake.files("events", series, day))
    _pieces(lake)
    cube = f"SELECT {literal(series)} AS series_id, CAST({literal(day)} AS DATE) AS day, * FROM ({text('cube_day')})"
    lake.con().execute(f"CREATE OR REPLACE TEMP TABLE running AS {text('cube_running')}")
    waiting = _staged(lake, cube)
    _merge(lake)
    _place(waiting, target)


def _pieces(lake: Lake) -> None:
    lake.con().execute(f"CREATE OR REPLACE TEMP TABLE pieces AS {text('cube_pieces')}")


def _merge(lake: Lake) -> None:
    """Put the merged `pieces` in the place of what `seen` holds of their viewers."""
    con = lake.con()
    same = " AND ".join(f"seen.{c} = t.{c}" for c in _KEY)
    touched = f"SELECT DISTINCT {', '.join(_KEY)} FROM pieces WHERE src = 0"
    con.execute(f"DELETE FROM seen USING ({touched}) t WHERE {same}")
    con.execute(f"INSERT INTO seen {text('cube_seen')}")


def _events_view(lake: Lake, files: list[Path]) -> None:
    listed = ", ".join(literal(str(f)) for f in files)
    bots = " WHERE user_id NOT IN (SELECT user_id FROM bot)" if lake.has("bot") else ""
    lake.con().execute(
        "CREATE OR REPLACE TEMP VIEW day_events AS "
        f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false){bots}"
    )


def _cubes_view(lake: Lake, files: list[Path]) -> None:
    listed = ", ".join(literal(str(f)) for f in files)
    source = f"read_parquet([{listed}], hive_partitioning = false)" if files else f"(SELECT * FROM {_none()})"
    lake.con().execute(f"CREATE OR REPLACE TEMP VIEW cubes AS SELECT * FROM {source}")


def _none() -> str:
    names = (
        "play_starts",
        "play_stops",
        "day_starts",
        "day_stops",
        "first_starts",
        "first_stops",
        "duration_ms",
    )
    numbers = ", ".join(f"0 AS {identifier(n)}" for n in names)
    words = "'' AS series_id, '' AS asset_id, '' AS market, '' AS variant_id"
    return f"(SELECT {words}, 0 AS episode, 0 AS second, {numbers} WHERE false)"


def _staged(lake: Lake, query: str) -> Path:
    path = lake.root / ".staging" / f"cube-{uuid.uuid4().hex}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    lake.con().execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    return path


def _place(staged: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, target)


def _tidy(folder: Path, states: Path, wanted: set[Path], state: str) -> None:
    """Take away cubes of events that are no longer what they were, and states that are not the last."""
    for path in folder.glob("day=*/*.parquet"):
        if path not in wanted:
            path.unlink()
    for path in states.glob("*.parquet"):
        if path.name != state:
            path.unlink()
