"""Speed and memory of the measures against polars, plain DuckDB and the disk, side by side in one run.

    python -m bench.audience             20 million simulated intervals, 60 series of 80 episodes
    python -m bench.audience --quick     1 million, 3 series; prints and writes nothing
    python -m bench.audience --large     200 million, streamed; prints and writes nothing

The viewing is made up by `audience.simulate.Plan`, kept in the temporary folder, and laid out as a user has it: a
folder and a lake a series. Every contender has two threads and 2 GB, answers every series in turn, and its
answers are compared with ours. Contenders take turns; the shortest of three rounds counts (of five in the quick
run). Each part runs in a process of its own, whose largest resident memory is read when it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.common import ROOT, report, row, skip

THREADS = 2
DAYS = 100
Clocks = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.audience")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true")
    size.add_argument("--large", action="store_true")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.folder)))
        return 0
    intervals = 1_000_000 if given.quick else 200_000_000 if given.large else 20_000_000
    rows = measure(intervals, 5 if given.quick else 3)
    if given.quick or given.large:
        for r in rows:
            verdict = {True: "holds", False: "FALLS SHORT", None: ""}[r["holds"]]
            print(f"{r['name']:<72} {r['value']:>10,.4g} {r['unit']:<8} {r['target'] or '':<10} {verdict}")
    else:
        report("audience", rows)
    return 0


def measure(intervals: int, rounds: int) -> list[dict[str, Any]]:
    """Every figure as a row; the data is made up first where it is not there."""
    folder = Path(tempfile.gettempdir()) / f"smallscreen-bench-audience-{intervals}"
    memory = [("making it up, streamed", prepare(folder, intervals))]
    os.environ["BENCH_ROUNDS"] = str(rounds)
    # One polars or window pass over 200 million intervals says nothing that 20 million do not.
    large = intervals > 100_000_000
    rows: list[dict[str, Any]] = []
    if not large:
        clocks, gb = child("curves", folder)
        rows += curve_rows(clocks)
        clocks, _ = child("survival", folder)
        rows += survival_rows(clocks)
    clocks, gb = child("cubes", folder)
    rows += cube_rows(clocks)
    memory.append((f"daily cubes of {DAYS} days", gb))
    parts = [
        ("by_series", "curves of all intervals, series by series"),
        ("summary", "summary of the largest series"),
    ]
    if not large:
        parts.insert(0, ("one_pass", "curves of all intervals in one pass"))
    for part, said in parts:
        memory.append((said, child(part, folder)[1]))
    return rows + [row(f"memory: {said}", gb, "GB", at_most=2.0) for said, gb in memory if gb]


def curve_rows(t: Clocks) -> list[dict[str, Any]]:
    peers = {"polars": t["polars"], "DuckDB difference array": t["duckdb"]}
    best = min(peers, key=lambda k: peers[k])
    ours = t["ours"]
    return [
        row("retention curves: time over the best peer with the same answer", ours / peers[best], "x", at_most=1.3, peer=best, peer_value=1.0),
        row("retention curves: time over reading the needed columns", ours / t["read"], "x", at_most=6.0),
        row("retention curves: processor time over reading the needed columns", t["ours cpu"] / t["read cpu"], "x"),
        row("retention curves: processor time over plain DuckDB", t["ours cpu"] / t["duckdb cpu"], "x", peer="DuckDB difference array", peer_value=1.0),
        row("retention curves: time over polars", ours / t["polars"], "x", peer="polars", peer_value=1.0),
        row("retention curves: time over plain DuckDB", ours / t["duckdb"], "x", peer="DuckDB difference array", peer_value=1.0),
        row("retention curves: time over plays alone, without viewers", ours / t["plays"], "x", peer="DuckDB, plays only", peer_value=1.0),
        row("retention curves: plays over distinct viewers, watched seconds", t["plays_over_viewers"], "x"),
    ]  # fmt: skip


def survival_rows(t: Clocks) -> list[dict[str, Any]]:
    return [
        row("episode survival, bitmask: time over raw DuckDB", t["ours"] / t["raw"], "x", at_most=1.2, peer="raw DuckDB bit_or", peer_value=1.0),
        row("episode survival, bitmask: processor time over raw DuckDB", t["ours cpu"] / t["raw cpu"], "x", peer="raw DuckDB bit_or", peer_value=1.0),
        row("episode survival, bitmask: time over window functions", t["ours"] / t["window"], "x", peer="DuckDB window functions", peer_value=1.0),
    ]  # fmt: skip


def cube_rows(t: Clocks) -> list[dict[str, Any]]:
    return [
        row("daily cubes: building all once, over one curve of every episode", t["build"] / t["curves"], "x"),
        row("daily cubes: one episode's curve of 10 days over 1 day", t["10"] / t["1"], "x"),
        row(f"daily cubes: one episode's curve of {DAYS} days over 1 day", t[str(DAYS)] / t["1"], "x"),
        row(f"daily cubes: {DAYS} days from cubes, over the same curve from events", t[str(DAYS)] / t["events"], "x", at_most=1.0),
        row(f"daily cubes: every episode's curve of {DAYS} days, as measure asks them, over the same from events", t["all"] / t["all events"], "x", at_most=1.0),
        row("daily cubes: the same, processor time", t["all cpu"] / t["all events cpu"], "x"),
        row("daily cubes: bytes of the cubes over bytes of the events", t["bytes"], "x"),
    ]  # fmt: skip


# --- data -------------------------------------------------------------------------------------


def prepare(folder: Path, intervals: int) -> float:
    """Make up the viewing where it is not there yet; returns the memory that it took, in GB (0: it was there)."""
    done = folder / "done.json"
    if done.is_file():
        return float(json.loads(done.read_text("utf-8"))["gb"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _, gb = child("make", folder)
    done.write_text(json.dumps({"gb": gb}), "utf-8")
    return gb


def make(folder: Path) -> Clocks:
    from smallscreen.audience.lake import Lake
    from smallscreen.audience.simulate import Plan
    from smallscreen.audience.simulate.plan import simulate_plan

    intervals = int(folder.name.rpartition("-")[2])
    with Lake(folder / "all") as lake:
        # A series of the quick run is as large as one of the whole run.
        simulate_plan(Plan(series=min(60, max(1, intervals // 333_333)), intervals=intervals), lake)
        slugs = lake.series()
    for slug in slugs:
        (folder / slug / "events").mkdir(parents=True)
        os.replace(folder / "all" / "events" / f"series={slug}", folder / slug / "events" / f"series={slug}")
    shutil.rmtree(folder / "all")
    with Lake(folder / "long") as lake:
        simulate_plan(Plan(series=1, intervals=max(200_000, intervals // 20), days=DAYS), lake)
    return {}


def lakes(folder: Path) -> list[Any]:
    from smallscreen.audience.lake import Lake

    return [Lake(p) for p in sorted(folder.glob("simulated-*"))]


def files_of(lake: Any) -> str:
    return f"{lake.root}/events/*/*/*.parquet"


# --- the contenders ---------------------------------------------------------------------------


def curves(folder: Path) -> Clocks:
    """Steps of the curves of every episode and edition, distinct viewers and plays."""
    try:
        import polars as pl
    except ImportError:
        skip("audience", "polars is not installed")
        raise
    from smallscreen.audience.measures.queries import Scope, rows, second_of
    from smallscreen.engines.sql import connect

    a, b = second_of("time_from_ms"), second_of("time_to_ms")
    plain_con, read_con, plays_con = connect(), connect(), connect()

    def ours(lake: Any) -> list[tuple]:
        return rows(lake, "curves", Scope(lake.root.name, apart=True))

    def duckdb(lake: Any) -> list[tuple]:
        """The textbook: merge each viewer's intervals by a running maximum, then a difference array."""
        return plain_con.execute(f"""
            WITH p AS MATERIALIZED (
              SELECT episode, market, variant_id, {a} AS a, {b} AS b,
                     coalesce(max({b}) OVER (PARTITION BY user_id, episode, market, variant_id
                       ORDER BY {a}, {b} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -1) AS seen
              FROM read_parquet('{files_of(lake)}') WHERE {b} > {a}),
            steps AS (
              SELECT episode, market, variant_id, a AS second, 0 AS viewers, count(*) AS plays FROM p GROUP BY ALL
              UNION ALL SELECT episode, market, variant_id, b, 0, -count(*) FROM p GROUP BY ALL
              UNION ALL SELECT episode, market, variant_id, greatest(a, seen) AS s, count(*), 0
                FROM p WHERE b > seen GROUP BY ALL
              UNION ALL SELECT episode, market, variant_id, b, -count(*), 0 FROM p WHERE b > seen GROUP BY ALL)
            SELECT episode, market, variant_id, second, sum(viewers) AS viewers, sum(plays) AS plays
            FROM steps GROUP BY ALL HAVING sum(viewers) <> 0 OR sum(plays) <> 0""").fetchall()

    def plays(lake: Any) -> list[tuple]:
        """Plays alone: less than what is asked for, and no sort at all."""
        return plays_con.execute(f"""
            WITH e AS (SELECT episode, market, variant_id, {a} AS a, {b} AS b
                       FROM read_parquet('{files_of(lake)}') WHERE {b} > {a})
            SELECT episode, market, variant_id, second, sum(n) FROM (
              SELECT episode, market, variant_id, a AS second, count(*) AS n FROM e GROUP BY ALL
              UNION ALL SELECT episode, market, variant_id, b, -count(*) FROM e GROUP BY ALL)
            GROUP BY ALL""").fetchall()

    def polars(lake: Any) -> list[tuple]:
        k = ["episode", "market", "variant_id"]
        e = (
            pl.scan_parquet(files_of(lake), hive_partitioning=False)
            .select(*k, "user_id", a=(pl.col("time_from_ms") + 499) // 1000, b=(pl.col("time_to_ms") + 499) // 1000)
            .filter(pl.col("b") > pl.col("a"))
            .sort("user_id", *k, "a", "b")
        )  # fmt: skip
        new = pl.struct("user_id", *k).rle_id()
        seen = pl.col("b").cum_max().shift(1).over("viewer").fill_null(-1)
        p = e.with_columns(viewer=new).with_columns(seen=seen)
        fresh = p.filter(pl.col("b") > pl.col("seen"))
        zero = pl.lit(0, pl.Int64)

        def step(rows: Any, second: Any, viewers: Any, plays: Any) -> Any:
            return rows.group_by(*k, second=second).agg(viewers=viewers, plays=plays)

        n = pl.len().cast(pl.Int64)
        steps = pl.concat(
            [
                step(p, pl.col("a"), zero, n),
                step(p, pl.col("b"), zero, -n),
                step(fresh, pl.max_horizontal("a", "seen"), n, zero),
                step(fresh, pl.col("b"), -n, zero),
            ]
        )
        total = steps.group_by(*k, "second").agg(pl.col("viewers").sum(), pl.col("plays").sum())
        return total.filter((pl.col("viewers") != 0) | (pl.col("plays") != 0)).collect().rows()

    def read(lake: Any) -> list[tuple]:
        """Every needed column decoded and looked at."""
        names = ("series_id", "episode", "market", "variant_id", "user_id", "time_from_ms", "time_to_ms")
        looked = ", ".join(f"max({n})" for n in names)
        return read_con.execute(f"SELECT {looked} FROM read_parquet('{files_of(lake)}')").fetchall()

    contenders = {"ours": ours, "duckdb": duckdb, "polars": polars, "plays": plays, "read": read}
    found = lakes(folder)
    for lake in found[:: max(1, len(found) // 6)]:
        expected = sorted(ours(lake))
        assert expected == sorted((*r[:4], int(r[4]), int(r[5])) for r in duckdb(lake)), "DuckDB disagrees"
        assert expected == sorted(polars(lake)), "polars disagrees"
    clocks = turns(found, contenders)
    steps = [r for lake in found for r in ours(lake)]
    # The sum of a curve is that of second * -step over its steps.
    viewers, all_plays = (-sum(r[3] * r[i] for r in steps) for i in (4, 5))
    return {**clocks, "plays_over_viewers": all_plays / viewers}


def survival(folder: Path) -> Clocks:
    """Viewers by which episodes they started, and started by the cutoff."""
    from smallscreen.audience.measures.queries import Scope, moment, rows, second_of, words_of_bits
    from smallscreen.engines.sql import connect

    cutoff = moment(datetime(2026, 1, 25))
    starts = f"{second_of('time_to_ms')} > {second_of('time_from_ms')}"
    filled, _ = words_of_bits(80)
    raw_con, window_con = connect(), connect()

    def ours(lake: Any) -> list[tuple]:
        scope = Scope(lake.root.name, apart=True)
        return rows(lake, "survival", scope, **filled, cutoff=cutoff)

    def raw(lake: Any) -> list[tuple]:
        bit = "1::HUGEINT << (episode - 1)"
        return raw_con.execute(f"""
            WITH v AS (
              SELECT market, variant_id, user_id, bit_or({bit}) AS every,
                     coalesce(bit_or({bit}) FILTER (started_at <= {cutoff}), 0) AS early,
                     max(CAST(started_at > {cutoff} AS INTEGER)) AS around
              FROM read_parquet('{files_of(lake)}') WHERE {starts} GROUP BY ALL)
            SELECT market, variant_id, around, every, early, count(*) FROM v GROUP BY ALL""").fetchall()

    def window(lake: Any) -> list[tuple]:
        """Who starts an episode, and who of them starts a later one: by distinct rows and the next row."""
        return window_con.execute(f"""
            WITH d AS (SELECT market, variant_id, user_id, episode, min(started_at) AS first_at
                       FROM read_parquet('{files_of(lake)}') WHERE {starts} GROUP BY ALL),
            w AS (SELECT *, lead(episode) OVER (PARTITION BY market, variant_id, user_id ORDER BY episode) AS next,
                         max(first_at) OVER (PARTITION BY market, variant_id, user_id) AS last_at FROM d)
            SELECT market, variant_id, episode, next IS NULL, first_at <= {cutoff}, last_at > {cutoff}, count(*)
            FROM w GROUP BY ALL""").fetchall()

    found = lakes(folder)
    for lake in found[:: max(1, len(found) // 6)]:
        joined = [
            (*r[:3], int(r[3]) + (int(r[4]) << 63), int(r[5]) + (int(r[6]) << 63), r[7]) for r in ours(lake)
        ]
        assert sorted(joined) == sorted(raw(lake)), "raw DuckDB disagrees"
    return turns(found, {"ours": ours, "raw": raw, "window": window})


def cubes(folder: Path) -> Clocks:
    """One series of 100 days: its cubes built once, then one episode's curve of some days as a sum."""
    from smallscreen.audience.lake import Lake
    from smallscreen.audience.measures import (
        build_cubes,
        cube_curve,
        cube_retentions,
        episode_table,
        retention,
        retentions,
    )

    lake = Lake(folder / "long")
    shutil.rmtree(lake.root / "cubes", ignore_errors=True)
    series = lake.series()[0]
    began = time.perf_counter()
    built = build_cubes(lake, series)
    t = {"build": time.perf_counter() - began}
    assert build_cubes(lake, series).built == 0, "a day is read once"
    began = time.perf_counter()
    retentions(lake, series)
    t["curves"] = time.perf_counter() - began
    days, asset = lake.days(series), f"{series}/ep001/en-US"
    for n in (1, 10, DAYS):
        # The last days: nobody's first ones, and the sum of all is asked for, too.
        until, since = days[DAYS - 1], days[DAYS - n]
        t[str(n)] = shortest(
            lambda s=since, u=until: cube_curve(lake, series, 1, asset, "en-US", since=s, until=u)
        )
    t["events"] = shortest(lambda: retention(lake, series, 1, "en-US"))
    views = {(e.edition, e.episode): e.plays for e in episode_table(lake, series)}
    assert cube_retentions(lake, series, views) == retentions(lake, series), "cubes and events disagree"
    t["all"] = shortest(lambda: cube_retentions(lake, series, views), 3)
    t["all events"] = shortest(lambda: retentions(lake, series), 3)
    worked = time.process_time()
    cube_retentions(lake, series, views)
    t["all cpu"] = time.process_time() - worked
    worked = time.process_time()
    retentions(lake, series)
    t["all events cpu"] = time.process_time() - worked
    whole, events = cube_curve(lake, series, 1, asset, "en-US"), retention(lake, series, 1, "en-US")
    assert whole.days == built.days
    n = len(whole.plays)
    assert whole.plays == events.plays[:n] and whole.viewers == events.viewers[:n], (
        "cubes and events disagree"
    )
    t["bytes"] = weight(lake.root / "cubes" / f"series={series}") / weight(lake.root / "events")
    return t


def one_pass(folder: Path) -> Clocks:
    """The curves of everything at once, as if it were one series: one query over all files."""
    from smallscreen.audience.lake import MEMORY
    from smallscreen.audience.measures.queries import Scope, text
    from smallscreen.engines.sql import connect

    class Everything(Scope):
        def where(self, time: str = "started_at") -> str:
            return "true"

    con = connect(memory=MEMORY, temp=folder / "spill")
    con.execute(f"CREATE VIEW events AS FROM read_parquet('{folder}/simulated-*/events/*/*/*.parquet')")
    cursor = con.execute(text("curves", Everything("", apart=True)))
    while cursor.fetchmany(100_000):
        pass
    shutil.rmtree(folder / "spill", ignore_errors=True)
    return {}


def by_series(folder: Path) -> Clocks:
    """The curves of every series, one after the other, as a house with many series asks them."""
    from smallscreen.audience.measures.queries import Scope, rows

    n = steps = 0
    began, worked = time.perf_counter(), time.process_time()
    for lake in lakes(folder):
        steps += len(rows(lake, "curves", Scope(lake.root.name, apart=True)))
        n += int(lake.sql("SELECT count(*) FROM events")[0][0])
        lake.close()
    spent = {"elapsed": time.perf_counter() - began, "cpu": time.process_time() - worked}
    return {"intervals": n, "steps": steps, **spent}


def summary(folder: Path) -> Clocks:
    """What `smallscreen audience measure` stores, of the series with the most events."""
    from smallscreen.audience.measures import retentions
    from smallscreen.audience.measures.run import summarize

    lake = max(lakes(folder), key=lambda found: weight(found.root))
    series = lake.series()[0]
    summarize(lake, series)
    retentions(lake, series)
    return {}


PARTS: dict[str, Callable[[Path], Clocks]] = {
    "make": make,
    "curves": curves,
    "survival": survival,
    "cubes": cubes,
    "one_pass": one_pass,
    "by_series": by_series,
    "summary": summary,
}


# --- measuring --------------------------------------------------------------------------------


def child(part: str, folder: Path) -> tuple[Clocks, float]:
    """Run one part in a process of its own; its clocks in s and its largest resident memory in GB."""
    command = [sys.executable, "-m", "bench.audience", "--part", part, "--folder", str(folder)]
    env = {**os.environ, "POLARS_MAX_THREADS": str(THREADS)}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"bench.audience: the part {part} did not run to its end.")
        out.seek(0)
        clocks = json.loads(out.read().splitlines()[-1])
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    return clocks, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def turns(found: list[Any], contenders: dict[str, Callable[[Any], Any]]) -> Clocks:
    """The sum over series of the shortest time of each, and of the shortest processor time (`NAME cpu`).

    They take turns within a series, so that load hits all alike. On a busy machine the shortest of short
    questions escapes it and that of long ones does not: there the processor times say more.
    """
    total: Clocks = {}
    for lake in found:
        best: Clocks = {}
        for _ in range(int(os.environ.get("BENCH_ROUNDS", "3"))):
            for name, ask in contenders.items():
                began, worked = time.perf_counter(), time.process_time()
                ask(lake)
                spent = {name: time.perf_counter() - began, f"{name} cpu": time.process_time() - worked}
                best |= {k: min(v, best.get(k, v)) for k, v in spent.items()}
        total = {k: total.get(k, 0.0) + v for k, v in best.items()}
    return total


def shortest(ask: Callable[[], Any], times: int = 7) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - began)
    return best


def weight(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*.parquet"))


if __name__ == "__main__":
    sys.exit(main())
