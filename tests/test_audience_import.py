"""Taking viewing data into the lake: formats, rules, repeats, interruptions, hostile files."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.audience import files
from smallscreen.audience.events import EVENTS, REASONS
from smallscreen.audience.importing import import_events, imported, importers
from smallscreen.audience.lake import open_lake
from smallscreen.engines.sql import DuckDB
from smallscreen.errors import FileProblem, UserError
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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path)


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


# --- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_three_formats_give_the_same_rows(project: Project, tmp_path: Path, kind: str) -> None:
    rows = [row(i, time_to_ms=1000 * i, started_at=f"2026-05-0{i}T23:00:00Z") for i in (1, 2, 3)]
    path = tmp_path / f"views.{kind}"
    if kind == "csv":
        as_csv(path, rows)
    else:
        lines = as_lines(tmp_path / "views.jsonl", rows)
        if kind == "parquet":
            typed = ", ".join(f"CAST({c.name} AS {c.type}) AS {c.name}" for c in EVENTS.columns)
            as_parquet(path, f"SELECT {typed} FROM read_json('{lines}')")
    done = import_events(project, [path])
    assert (done.rows, done.taken, done.repeated, done.quarantined) == (3, 3, 0, {})
    with open_lake(project) as lake:
        assert lake.days(SLUG) == ["2026-05-01", "2026-05-02", "2026-05-03"]
        got = lake.sql("SELECT * FROM events ORDER BY event_id")
    assert got[1] == tuple({**rows[1], "started_at": datetime(2026, 5, 2, 23)}.values())


def test_importing_again_changes_nothing(project: Project, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a[1]*.csv", [row(1), row(2), row(3, time_to_ms=-1)])
    first = import_events(project, [path])
    again = import_events(project, [path])
    assert first.fresh and not again.fresh
    assert (again.rows, again.taken, again.quarantined) == (3, 2, {"backwards": 1})
    assert count(project) == 2 and count(project, "SELECT count(*) FROM quarantine") == 1
    # Another file with the same events and one more.
    more = import_events(project, [as_csv(tmp_path / "b.csv", [row(1), row(2), row(4)])])
    assert (more.taken, more.repeated) == (1, 2)
    assert count(project) == 3
    assert [x["file"] for x in imported(project)] == ["a[1]*.csv", "b.csv"]


def test_side_tables(project: Project, tmp_path: Path) -> None:
    said = {"user_id": "u", "series_id": SLUG, "market": "en-US", "simulated": False}
    exposure = [
        said | {"experiment": "x", "arm": a, "exposed_at": "2026-05-01T00:00:00Z"} for a in ("a", "b")
    ]
    unlock = [
        said | {"episode": e, "kind": k, "coins": 0, "at": "2026-05-01T00:00:00+08:00"}
        for e, k in ((1, "free"), (9, "ad"), (1, "gift"))
    ]
    as_lines(tmp_path / "exposure.jsonl", [*exposure, exposure[0]])
    as_csv(tmp_path / "unlock.csv", unlock)
    done = import_events(project, [tmp_path / "exposure.jsonl", tmp_path / "unlock.csv"])
    assert (done.taken, done.repeated, done.quarantined) == (3, 1, {"unreadable": 1, "unknown-episode": 1})
    assert count(project, 'SELECT "at" FROM unlock') == datetime(2026, 4, 30, 16)


# --- rules -----------------------------------------------------------------------------------

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()
BAD: list[tuple[str, dict[str, Any]]] = [
    ("unreadable", {"time_from_ms": "soon"}),
    ("unreadable", {"episode": "1e99"}),
    ("no-user", {"user_id": " "}),
    ("no-time", {"started_at": ""}),
    ("no-time", {"started_at": "yesterday"}),
    ("no-time", {"started_at": "9" * 30}),
    ("no-zone", {"started_at": "2026-05-01 10:00:00"}),
    ("unknown-series", {"series_id": "other"}),
    ("unknown-episode", {"episode": 3}),
    ("no-market", {"market": ""}),
    ("no-interval", {"time_to_ms": ""}),
    ("negative", {"time_from_ms": -5}),
    ("negative", {"duration_ms": 0}),
    ("backwards", {"time_from_ms": 7000}),
    ("backwards", {"time_from_ms": 5000}),
    ("beyond-duration", {"time_to_ms": 90501}),
    ("beyond-duration", {"time_from_ms": 90000, "time_to_ms": 90100}),
    ("rate", {"playback_rate": 0.05}),
    ("rate", {"playback_rate": 9}),
    ("in-the-future", {"started_at": SOON}),
    ("too-old", {"started_at": "1970-01-01T00:00:00Z"}),
]


def test_every_bad_row_has_its_reason(project: Project, tmp_path: Path) -> None:
    bad = [row(i, **changed) for i, (_, changed) in enumerate(BAD)]
    good = [row(100, time_to_ms=90500), row(101, playback_rate=0.1), row(102, playback_rate=8)]
    done = import_events(project, [as_csv(tmp_path / "bad.csv", bad + good)])
    assert done.taken == 3 and done.clipped == 1
    with open_lake(project) as lake:
        got = lake.sql("SELECT reason, file, row, data FROM quarantine ORDER BY row")
        assert lake.sql("SELECT max(time_to_ms) FROM events") == [(90000,)]
    assert [g[0] for g in got] == [reason for reason, _ in BAD]
    assert [(g[1], g[2]) for g in got] == [("bad.csv", i + 1) for i in range(len(BAD))]
    assert json.loads(got[0][3])["time_from_ms"] == "soon"
    assert set(done.quarantined) == {r for r, _ in BAD} == set(REASONS)


def test_mixed_zones_become_utc(project: Project, tmp_path: Path) -> None:
    times = ["2026-05-01T10:00:00Z", "2026-05-01T18:00:00+08:00", "2026-05-01 12:00:00 Europe/Berlin"]
    times += ["1777629600", "1777629600000"]
    import_events(project, [as_csv(tmp_path / "z.csv", [row(i, started_at=t) for i, t in enumerate(times)])])
    with open_lake(project) as lake:
        assert lake.sql("SELECT DISTINCT started_at FROM events") == [(datetime(2026, 5, 1, 10),)]
        assert lake.sql("SELECT count(*) FROM events") == [(5,)]


def test_overlaps_stay_and_bots_are_left_out(project: Project, tmp_path: Path) -> None:
    overlap = [row(1, user_id="u"), row(2, user_id="u", time_from_ms=2000)]
    bot = [row(100 + i, user_id="bot", time_to_ms=90000) for i in range(961)]
    done = import_events(project, [as_csv(tmp_path / "b.csv", overlap + bot)])
    assert (done.taken, done.bots, done.bot_intervals) == (963, 1, 961)
    assert count(project) == 2 and count(project, "SELECT count(*) FROM all_events") == 963


# --- the property ----------------------------------------------------------------------------

_any_row = st.fixed_dictionaries(
    {},
    optional={
        "event_id": st.sampled_from(["e1", "e2", "e3", ""]),
        "user_id": st.sampled_from(["u1", "", "用户"]),
        "episode": st.sampled_from([1, 2, 3, "x", "", None]),
        "time_from_ms": st.one_of(st.integers(-10, 100_000), st.text(max_size=3)),
        "time_to_ms": st.one_of(st.integers(-(2**40), 2**40), st.floats(width=32)),
        "playback_rate": st.sampled_from([1, 0, 2.5, "fast", 9]),
        "started_at": st.sampled_from(["2026-05-01T10:00:00Z", "2026-05-01", "", "x", 0, 1777629600]),
    },
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(_any_row, min_size=1, max_size=25), kind=st.sampled_from(["csv", "jsonl"]))
def test_every_row_is_accounted_for(rows: list[dict[str, Any]], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder))
        given_rows = [row(i) | r for i, r in enumerate(rows)]
        path = Path(folder) / f"any.{kind}"
        as_csv(path, given_rows) if kind == "csv" else as_lines(path, given_rows)
        done = import_events(project, [path])
        assert done.taken + sum(done.quarantined.values()) + done.repeated == done.rows == len(rows)
        with open_lake(project) as lake:
            before = (
                lake.sql("SELECT count(*), count(DISTINCT event_id) FROM all_events"),
                lake.glob("events"),
            )
            assert before[0] == [(done.taken, done.taken)]
        import_events(project, [path])
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")  # other bytes, the same rows
        if kind == "jsonl":
            again = import_events(project, [path])
            assert again.taken == 0 and again.repeated == len(rows)
        assert count(project, "SELECT count(*) FROM all_events") == done.taken
        project.store.engine.dispose()


# --- interruptions ---------------------------------------------------------------------------

_KILLED = """
import os, sys
from pathlib import Path
from smallscreen.audience import importing, lake
from smallscreen.series.project import open_project
where, root, path = sys.argv[1:]
if where == "renaming":
    real, seen = os.replace, []
    def cut(a, b):
        if str(a).endswith(".parquet"):
            seen.append(a)
            if len(seen) == 2:
                os._exit(9)
        real(a, b)
    lake.os.replace = cut
elif where == "checked":
    importing._sort_out = lambda *a: os._exit(9)
else:
    importing._write_json = lambda *a: os._exit(9)
importing.import_events(open_project(Path(root)), [Path(path)])
"""


@pytest.mark.parametrize("where", ["checking", "checked", "renaming"])
def test_an_import_killed_half_way_goes_on(project: Project, tmp_path: Path, where: str) -> None:
    path = as_parquet(tmp_path / "v.parquet", parquet_rows(5000))
    run = [sys.executable, "-c", _KILLED, where, str(project.root), str(path)]
    assert subprocess.run(run, timeout=120).returncode == 9
    with open_lake(project) as lake:
        there = lake.sql("SELECT count(*) FROM events")[0][0]  # every file that is there is whole
    assert (there > 0) == (where == "renaming")
    done = import_events(project, [path])
    assert done.fresh and (done.rows, done.taken, done.repeated) == (5000, 5000, 0)
    assert count(project) == 5000
    assert not list((project.root / "lake" / ".staging").glob("import-*"))


# --- files that are no good ------------------------------------------------------------------


def problem(project: Project, path: Path) -> str:
    with pytest.raises(FileProblem) as caught:
        import_events(project, [path])
    assert count(project) == 0
    return str(caught.value)


def test_broken_files_say_what_to_do(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty.parquet"
    empty.touch()
    assert "0 bytes" in problem(project, empty)
    torn = as_parquet(tmp_path / "torn.parquet", parquet_rows(1000))
    torn.write_bytes(torn.read_bytes()[:-100])
    assert "no whole Parquet" in problem(project, torn)
    renamed = parquet_rows(10).replace("AS time_from_ms", "AS time_from")
    said = problem(project, as_parquet(tmp_path / "renamed.parquet", renamed))
    assert "time_from_ms" in said and "'time_from'" in said and "--mapping" in said
    wrong = parquet_rows(10, time_from_ms="'a'")
    assert "is VARCHAR, and INTEGER" in problem(project, as_parquet(tmp_path / "wrong.parquet", wrong))
    listed = tmp_path / "list.json"
    listed.write_text("[1, 2]", "utf-8")
    assert "JSON Lines" in problem(project, listed)
    with pytest.raises(UserError):
        import_events(project, [tmp_path / "nowhere"])
    good = as_csv(tmp_path / "good.csv", [row(1)])
    done = import_events(project, [empty, good])
    assert done.taken == 1 and len(done.problems) == 1


def test_hostile_text_ends_in_a_problem_or_in_quarantine(project: Project, tmp_path: Path) -> None:
    long = tmp_path / "long.csv"
    with long.open("w") as f:
        f.write(",".join(NAMES) + "\n")
        for _ in range(40):
            f.write("x" * 1_000_000)
    assert "longer than" in problem(project, long)
    deep = '{"user_id":' * 80_000 + "1" + "}" * 80_000
    lines = [json.dumps(row(1)), deep, "[" * 500_000, '"text"', "{", "null", json.dumps(row(2))]
    done = import_events(project, [as_lines(tmp_path / "deep.jsonl", lines)])
    assert (done.rows, done.taken, done.quarantined["unreadable"]) == (7, 2, 4)
    quote = as_csv(tmp_path / "quote.csv", [row(i) for i in range(10, 60)])
    quote.write_bytes(quote.read_bytes().replace(b"e20,", b'"e20,') + b"\xff\xfe,\xff\n")
    done = import_events(project, [quote])
    assert done.taken >= 10 and done.quarantined
    torn = as_csv(tmp_path / "torn.csv", [row(3), row(4)])
    torn.write_text(torn.read_text() + "a,b\n" + "," * 60 + "\n", "utf-8")
    done = import_events(project, [torn])
    assert done.taken == 2 and sum(done.quarantined.values()) == 2 and "unreadable" in done.quarantined


# --- foreign files ---------------------------------------------------------------------------


def test_a_mapping(project: Project, tmp_path: Path) -> None:
    said = tmp_path / "m.toml"
    said.write_text(
        'zone = "Asia/Shanghai"\n[columns]\nuser_id="uid"\nepisode="ep"\ntime_from_ms="from"\ntime_to_ms="to"\n'
        'started_at="ts"\nmarket="land"\n[units]\ntime_from_ms="s"\ntime_to_ms="s"\n[values.market]\nUS="en-US"\n'
        "[durations]\n1 = 91000\n",
        "utf-8",
    )
    rows = [{"uid": "a", "ep": 1, "from": 0.25, "to": 90.7, "ts": "2026-05-01 18:00:00", "land": "US"}]
    rows += [{**rows[0], "ep": 2, "to": 90.7}]
    path = as_csv(tmp_path / "x.csv", rows)
    done = import_events(project, [path], said)
    assert done.quarantined == {"beyond-duration": 1}
    with open_lake(project) as lake:
        got = lake.sql(
            "SELECT time_from_ms, time_to_ms, market, started_at, duration_ms, asset_id FROM events"
        )
    assert got == [(250, 90700, "en-US", datetime(2026, 5, 1, 10), 91000, f"{SLUG}/ep001/en-US")]
    # The same file with another mapping replaces what it gave.
    said.write_text(said.read_text("utf-8").replace("Shanghai", "Tokyo") + "2 = 91000\n", "utf-8")
    done = import_events(project, [path], said)
    assert (done.taken, done.repeated, done.quarantined) == (2, 0, {})
    assert count(project) == 2 and count(project, "SELECT count(*) FROM quarantine") == 0
    assert count(project, "SELECT min(started_at) FROM events") == datetime(2026, 5, 1, 9)
    said.write_text('zone = "Mars/Base"\n', "utf-8")
    with pytest.raises(FileProblem, match="no time zone"):
        import_events(project, [path], said)


def test_snowplow_events_are_stitched(project: Project, tmp_path: Path) -> None:
    def event(n: int, name: str, at: float, pos: float, **player: Any) -> dict[str, Any]:
        stated = {"currentTime": pos, "duration": 90, "paused": False, "label": f"{SLUG}/ep001/en-US.literal"}
        return {
            "event_id": f"id{n}",
            "event_name": f"{name}_event",
            "user_id": "u1",
            "derived_tstamp": (datetime(2026, 5, 1, 10) + timedelta(seconds=at)).isoformat(
                " ", "milliseconds"
            ),
            "contexts_com_snowplowanalytics_snowplow_media_player_2": [stated | player],
            "contexts_com_snowplowanalytics_snowplow_media_session_1": [{"mediaSessionId": "s1"}],
        }

    told = [
        event(1, "play", 0, 0),
        event(2, "ping", 10, 10),
        event(3, "ping", 20, 20),
        event(4, "pause", 25, 25, paused=True),
        event(5, "play", 100, 25),
        event(6, "seek_start", 110, 35),
        event(7, "seek_end", 111, 60),
        event(8, "ping", 116, 65),
        event(9, "ping", 116.5, 85),  # a jump without a seek: not played
        event(10, "end", 121.5, 90, ended=True),
    ]
    done = import_events(project, [as_lines(tmp_path / "sp.jsonl", [told[0], *told])])
    assert done.quarantined == {} and done.notes
    with open_lake(project) as lake:
        got = lake.sql(
            "SELECT event_id, time_from_ms, time_to_ms, variant_id, media_session_id FROM events ORDER BY started_at"
        )
    assert [g[:3] for g in got] == [
        ("id1", 0, 25000),
        ("id5", 25000, 35000),
        ("id7", 60000, 65000),
        ("id9", 85000, 90000),
    ]
    assert got[0][3:] == ("literal", "s1")


def test_mux_views(project: Project, tmp_path: Path) -> None:
    view = {
        "view_id": "v1",
        "viewer_user_id": "u1",
        "video_id": f"{SLUG}/ep002/th-TH",
        "video_duration": 90000,
        "view_start": "2026-05-01 10:00:00",
        "view_playing_time": 4000,
        "playing_intervals": "[[0, 3000], [60000, 61000]]",
    }
    rows = [view, {**view, "view_id": "v2", "playing_intervals": "", "view_playing_time": 200_000}]
    done = import_events(project, [as_csv(tmp_path / "mux.csv", rows)])
    assert done.quarantined == {} and "assumption" in done.notes[0]
    with open_lake(project) as lake:
        got = lake.sql("SELECT event_id, time_from_ms, time_to_ms, market, started_at FROM events ORDER BY 1")
    assert [g[:3] for g in got] == [("v1:1", 0, 3000), ("v1:2", 60000, 61000), ("v2:1", 0, 90000)]
    assert got[1][3:] == ("th-TH", datetime(2026, 5, 1, 10, 0, 3))


def test_the_registry() -> None:
    assert [i.id for i in importers()] == ["snowplow", "mux", "mapping", "csv", "jsonl", "parquet"]
    assert all(i.name and i.description and set(i.suffixes) <= set(files.SUFFIXES) for i in importers())


# --- the lake --------------------------------------------------------------------------------


def test_writing_arrays_and_asking_both_ways(project: Project) -> None:
    n = 50
    text = {
        "user_id": "u",
        "series_id": SLUG,
        "market": "en-US",
        "variant_id": "literal",
        "media_session_id": "s",
    }
    rows: dict[str, Any] = {k: np.array([v] * n, dtype=object) for k, v in text.items()}
    rows["event_id"] = np.array([f"e{i}" for i in range(n)], dtype=object)
    rows |= {"episode": np.full(n, 7), "time_from_ms": np.arange(n), "time_to_ms": np.arange(n) + 1}
    rows |= {"duration_ms": np.full(n, 90_000), "simulated": np.ones(n, bool)}
    rows["started_at"] = np.datetime64("2026-05-01T00:00:00", "ms") + np.arange(n) * 3_600_000
    with open_lake(project) as lake:
        assert not lake.has_events and lake.sql("SELECT count(*) FROM events") == [(0,)]
        assert lake.write("events", rows) == n
        assert lake.sql("SELECT DISTINCT asset_id, locale FROM events") == [
            (f"{SLUG}/ep007/en-US.literal", "en-US")
        ]
        assert lake.arrays("SELECT time_to_ms - time_from_ms AS ms FROM events")["ms"].tolist() == [1] * n
        assert lake.sql("SELECT count(*) FROM events WHERE episode = $e", e=7) == [(n,)]
        assert lake.days(SLUG) == ["2026-05-01", "2026-05-02", "2026-05-03"] and lake.series() == [SLUG]
        assert len(lake.files("events", SLUG, "2026-05-02")) == 1
        with pytest.raises(UserError, match="needs the column arm"):
            lake.write(
                "exposure", "SELECT 'u' AS user_id, 's' AS series_id, 'm' AS market, 'x' AS experiment"
            )
        with pytest.raises(UserError, match="no column rate"):
            lake.write("events", {**rows, "rate": np.ones(n)})
        engine = DuckDB()
        engine.view("events", lake.glob("events"))
        assert engine.rows("SELECT count(*) FROM events") == [(n,)]
        lake.files("events", SLUG)[0].write_bytes(b"")
    with pytest.raises(FileProblem, match="remove the broken one"), open_lake(project) as lake:
        lake.sql("SELECT sum(time_to_ms) FROM events")


def test_snowplow_from_a_warehouse(project: Project, tmp_path: Path) -> None:
    player = f"[{{'current_time': i * 10.0, 'duration': 90.0, 'label': '{SLUG}/ep001/en-US', 'muted': true}}]"
    path = as_parquet(
        tmp_path / "sp.parquet",
        f"""SELECT 'e' || i AS event_id, 'ping_event' AS event_name, 'u' AS domain_userid,
          TIMESTAMP '2026-05-01' + to_seconds(CAST(i * 10 AS BIGINT)) AS derived_tstamp,
          {player} AS contexts_com_snowplowanalytics_snowplow_media_player_2,
          [{{'media_session_id': 's'}}] AS contexts_com_snowplowanalytics_snowplow_media_session_1
        FROM range(5) t(i)""",
    )
    assert import_events(project, [path]).taken == 1
    with open_lake(project) as lake:
        assert lake.sql("SELECT time_from_ms, time_to_ms, muted, user_id FROM events") == [
            (0, 40_000, True, "u")
        ]
