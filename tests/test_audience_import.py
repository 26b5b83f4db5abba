"""Taking viewing data into the lake: formats, rules, repeats, interruptions, hostile files."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.audience.events import EVENTS, REASONS
from smallscreen.audience.importing import import_events, imported
from smallscreen.audience.lake import open_lake
from smallscreen.errors import FileProblem, UserError
from smallscreen.series.project import Project
from tests.audience_rows import NAMES, SLUG, as_csv, as_lines, as_parquet, count, made, parquet_rows, row


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path)


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
