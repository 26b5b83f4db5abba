"""Viewing data as other programs write it: mappings, Snowplow, Mux; and the lake asked from outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smallscreen.audience import files
from smallscreen.audience.importing import import_events, importers
from smallscreen.audience.lake import open_lake
from smallscreen.engines.sql import DuckDB
from smallscreen.errors import FileProblem, UserError
from smallscreen.series.project import Project
from tests.audience_rows import SLUG, as_csv, as_lines, as_parquet, count, made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path)


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
