"""Every text of audience/sql gives the same numbers on DuckDB and on Spark, to the last digit.

Spark runs where pyspark (`pip install "smallscreen[spark]"`) and Java are; elsewhere these tests say what is missing.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures import cube_curve, measure_step, retentions
from smallscreen.audience.measures.cluster import attach, forget, keep
from smallscreen.audience.measures.queries import Scope, moment, rows, text, words_of_bits
from smallscreen.audience.measures.run import summarize
from smallscreen.audience.simulate import Plan
from smallscreen.audience.simulate.plan import simulate_plan
from smallscreen.engines.sql import DuckDB, Spark, SqlEngine, _hadoop_glob, java
from smallscreen.errors import EngineError, UserError
from smallscreen.series.project import new_project

MISSING = (
    "pyspark is not installed (it is the extra [spark])"
    if find_spec("pyspark") is None
    else None
    if java()
    else "there is no Java (JAVA_HOME, or java on the path)"
)
needs_spark = pytest.mark.skipif(MISSING is not None, reason=f"Spark: {MISSING}")
# A few thousand rows: compiling a query takes longer than answering it.
_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.memory": "700m",
    "spark.driver.extraJavaOptions": _JVM,
}
START = datetime(2026, 5, 4, 8)
CUTOFF = START + timedelta(days=1)


# --- lakes ------------------------------------------------------------------------------------


def write(lake: Lake, table: str, made: list[dict[str, Any]]) -> None:
    columns = {k: np.array([r[k] for r in made]) for k in made[0]}
    for name in ("started_at", "at"):
        if name in columns:
            columns[name] = columns[name].astype("datetime64[us]")
    lake.write(table, columns)


def event(i: int, user: str, episode: int, a: int, b: int, day: float, session: int, edition: int) -> dict:
    return {
        "event_id": f"e{i}",
        "media_session_id": f"{user}-{session}",
        "user_id": user,
        "series_id": "s",
        "episode": episode,
        "market": ("en-US", "th-TH")[edition // 2],
        "variant_id": ("main", "literal")[edition % 2],
        "time_from_ms": a,
        "time_to_ms": b,
        "duration_ms": 9_000,
        "started_at": START + timedelta(days=day),
        "simulated": i % 2 == 0,
    }


_EVENTS = st.lists(
    st.tuples(
        st.integers(0, 11),  # few users, episodes and positions, so that all of them meet
        st.sampled_from([1, 2, 3, 62, 63, 64, 65, 127]),
        st.integers(0, 8_999),
        st.integers(1, 4_000),
        st.sampled_from([0, 0.2, 0.9999, 1, 2.5, 8]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    min_size=150,
    max_size=300,
)
_UNLOCKS = st.lists(
    st.tuples(
        st.integers(0, 11), st.integers(1, 9), st.sampled_from(["free", "ad", "coin"]), st.integers(0, 3)
    ),
    min_size=1,
    max_size=30,
)


def drawn(lake: Lake, events: list[tuple], unlocks: list[tuple]) -> Lake:
    write(
        lake,
        "events",
        [
            event(i, f"u{u}", episode, a, min(9_000, a + n), day, session, edition)
            for i, (u, episode, a, n, day, session, edition) in enumerate(events)
        ],
    )
    write(
        lake,
        "unlock",
        [
            {
                "user_id": f"u{u}",
                "series_id": "s",
                "market": ("en-US", "th-TH")[edition // 2],
                "variant_id": ("main", "literal")[edition % 2],
                "episode": episode,
                "kind": kind,
                "at": START,
            }
            for u, episode, kind, edition in unlocks
        ],
    )
    return lake


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Two series of 70 episodes, more than one word of bits holds; one user is a bot."""
    with Lake(tmp_path_factory.mktemp("a lake [with] {signs}, spaces") / "lake") as lake:
        simulate_plan(Plan(series=2, episodes=70, intervals=2_000, days=3, markets=("en-US",)), lake)
        users = lake.sql("SELECT user_id FROM events GROUP BY user_id ORDER BY count(*) DESC LIMIT 1")
        bot = {**event(-1, users[0][0], 1, 0, 100_000_000, 0, 0, 0), "series_id": "simulated-001"}
        write(lake, "events", [{**bot, "duration_ms": 100_000_000}])
        assert lake.mark_bots() == 1
        yield lake


# --- every text -------------------------------------------------------------------------------


def answers(asked: Lake | SqlEngine, series: str) -> dict[str, list[tuple]]:
    """The rows of every text of audience/sql, as plain values; those without an order are put into one.

    `apart` keeps editions apart, `merged` makes one of all.
    """
    apart, merged = Scope(series, apart=True), Scope(series, episode=1)
    edition = Scope.of(series, "en-US.literal")
    last = max(int(r[2]) for r in rows(asked, "released", apart))
    columns = {**words_of_bits(last)[0], "cutoff": moment(CUTOFF)}
    found = {
        f"{name}/{place}": rows(asked, name, scope)
        for name in ("curves", "heads")
        for place, scope in (("apart", apart), ("merged", merged))
    }
    found["watch_ratio"] = rows(asked, "watch_ratio", merged)
    for name in (
        "released",
        "viewer_episode",
        "simulated",
        "editions",
        "episodes",
        "by_group",
        "by_user",
        "cohorts",
        "locked",
    ):
        found[name] = rows(asked, name, edition if name in ("by_group", "by_user", "cohorts") else apart)
    found["survival"] = rows(asked, "survival", apart, **columns)
    found["pace"] = rows(asked, "pace", apart)
    found["passed"] = rows(asked, "passed", apart, where=apart.where('"at"'))
    found |= cubes(asked, series)
    texts = {p.name for p in files("smallscreen.audience").joinpath("sql").iterdir()}
    assert {f"{name.partition('/')[0]}.sql" for name in found} == texts, "a text is not compared"
    return {name: [tuple(plain(v) for v in r) for r in ordered(name, got)] for name, got in found.items()}


def cubes(asked: Lake | SqlEngine, series: str) -> dict[str, list[tuple]]:
    """Two days of cubes, the second with what the first had seen."""
    found: dict[str, list[tuple]] = {}
    nothing = "SELECT episode, asset_id, market, variant_id, user_id, 0 AS a, 0 AS b FROM events WHERE false"
    keep(asked, "seen", nothing)
    days = (Scope(series, before=CUTOFF), Scope(series, since=CUTOFF))
    for i, day in enumerate(days):
        keep(asked, "day_events", f"SELECT * FROM events WHERE {day.where()}")
        keep(asked, "pieces", text("cube_pieces"))
        keep(asked, "running", text("cube_running"))
        keep(asked, f"cube_{i}", f"SELECT '{series}' AS series_id, c.* FROM ({text('cube_day')}) c")
        keep(asked, "seen_now", text("cube_seen"))
        for name, table in {
            "cube_pieces": "pieces",
            "cube_running": "running",
            "cube_day": f"cube_{i}",
            "cube_seen": "seen_now",
        }.items():
            sql = f"SELECT * FROM {table}"
            found[f"{name}/{i}"] = asked.sql(sql) if isinstance(asked, Lake) else asked.rows(sql)
        keep(asked, "seen", "SELECT * FROM seen_now")
    keep(asked, "cubes", "SELECT * FROM cube_0 UNION ALL SELECT * FROM cube_1")
    found["cube_curve"] = rows(asked, "cube_curve", Scope(series, episode=1))
    found["cube_curves"] = rows(asked, "cube_curves", Scope(series))
    for name in ("cubes", "seen", "day_events", "pieces", "running", "cube_0", "cube_1", "seen_now"):
        forget(asked, name)
    return found


def ordered(name: str, got: list[tuple]) -> list[tuple]:
    free = ("survival", "viewer_episode", "cube_pieces", "cube_running", "cube_day", "cube_seen")
    return sorted(got, key=repr) if name.partition("/")[0] in free else got


def plain(value: Any) -> Any:
    assert not isinstance(value, float), "a measure's text answers in whole numbers"
    return int(value) if isinstance(value, Decimal) else value


def same(lake: Lake, engine: SqlEngine, series: str) -> None:
    attach(engine, lake, series)
    ours, theirs = answers(lake, series), answers(engine, series)
    for name, got in ours.items():
        assert theirs[name] == got, name


# --- without Spark ----------------------------------------------------------------------------


def test_another_duckdb_finds_the_same_through_the_door(simulated: Lake) -> None:
    engine = DuckDB()
    same(simulated, engine, "simulated-001")
    ours = summarize(simulated, "simulated-001")
    assert summarize(simulated, "simulated-001", engine=engine) == ours
    users = "SELECT count(DISTINCT user_id) FROM"
    assert engine.rows(f"{users} all_events")[0][0] == engine.rows(f"{users} events")[0][0] + 1
    engine.close()


def test_a_master_that_is_none_or_does_not_answer_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for master in ("", "spark://", "http://host:1", "local[2]; x", "sc://host"):
        with pytest.raises(UserError, match="no Spark master"):
            Spark(master)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert java() is None


def test_hadoop_reads_the_same_files_of_a_glob() -> None:
    assert _hadoop_glob("/a [[]b] {c},d/*/*.parquet") == r"/a \[b\] \{c\}\,d/*/*.parquet"
    assert _hadoop_glob("/what[?]/*.parquet") == r"/what\?/*.parquet"


# --- Spark in this process --------------------------------------------------------------------


@needs_spark
class TestLocal:
    @pytest.fixture(scope="class")
    @classmethod
    def spark(cls) -> Iterator[Spark]:
        engine = Spark("local[2]", settings=SMALL)
        yield engine
        engine.close()

    def test_simulated_viewing(self, simulated: Lake, spark: Spark) -> None:
        same(simulated, spark, "simulated-001")

    @settings(
        max_examples=1,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # a run takes seconds: no shrinking
        suppress_health_check=list(HealthCheck),
    )
    @given(events=_EVENTS.filter(lambda e: len(set(e)) > 100), unlocks=_UNLOCKS)
    def test_drawn_viewing(self, tmp_path_factory, spark: Spark, events: list, unlocks: list) -> None:
        with Lake(tmp_path_factory.mktemp("drawn") / "lake") as lake:
            same(drawn(lake, events, unlocks), spark, "s")

    def test_what_it_cannot_do_is_an_error_in_a_sentence(self, spark: Spark) -> None:
        with pytest.raises(EngineError, match="Spark could not answer"):
            spark.rows("SELECT * FROM no_such_table")
        with pytest.raises(EngineError, match="in use"):
            Spark("local[1]")


# --- a real master with two workers -----------------------------------------------------------


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """A master and two workers on loopback, each a process of its own; gone afterwards."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    near = ["--host", "127.0.0.1", "--webui-port", "0"]
    worker = ["org.apache.spark.deploy.worker.Worker", *near, "--cores", "1", "--memory", "600m"]
    commands = [
        ["org.apache.spark.deploy.master.Master", *near, "--port", str(port)],
        *([*worker, "--work-dir", str(folder / f"worker-{i}"), url] for i in (1, 2)),
    ]
    env = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_DAEMON_MEMORY": "200m",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            log = (folder / f"log-{len(started)}.txt").open("wb")
            started.append(
                subprocess.Popen(
                    [str(home / "bin" / "spark-class"), *command],
                    env=env,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
            if len(started) == 1:
                until(lambda: answers_at(port), "the master")
        yield url
    finally:
        for process in reversed(started):
            with_group(process, signal.SIGTERM)
        for process in reversed(started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with_group(process, signal.SIGKILL)
                process.wait(10)


def with_group(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def answers_at(port: int) -> bool:
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def until(done: Any, what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.2)


@needs_spark
def test_a_master_and_two_workers_measure_the_same(simulated: Lake, tmp_path: Path) -> None:
    series = "simulated-001"
    folder = tmp_path / series
    folder.mkdir()
    (folder / "ep001.zh.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\n\u4f60\u597d\n", "utf-8")
    project = new_project(folder)
    assert project.store.slug == series
    shutil.copytree(simulated.root, project.root / "lake")
    with standalone(tmp_path) as url:
        spark = Spark(url, settings={**SMALL, "spark.executor.memory": "512m", "spark.executor.cores": "1"})
        try:
            tracker = spark.session.sparkContext._jsc.sc().statusTracker()
            until(lambda: len(tracker.getExecutorInfos()) == 3, "two executors and the driver")
            attach(spark, simulated, series)
            assert retentions(spark, series) == retentions(simulated, series)
            far = measure_step(project, engine=spark)
        finally:
            spark.close()
    assert far.summary == summarize(simulated, series) | {"quarantined": {}}
    assert far.fresh
    near = measure_step(project)
    assert not near.fresh, "the same lake is not measured twice, wherever it was measured"
    assert near.summary == far.summary
    with Lake(project.root / "lake") as lake:
        assert cube_curve(lake, series, 1, f"{series}/ep001/en-US", "en-US").plays
