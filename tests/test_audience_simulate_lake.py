"""Simulated viewing beside everything else: who comes back, real viewing kept apart, what a killed run leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from smallscreen.audience.hazards import hazards
from smallscreen.audience.importing import import_events
from smallscreen.audience.lake import Lake, alone, open_lake
from smallscreen.audience.simulate import Plan, Truth, simulate
from smallscreen.audience.simulate.plan import simulate_plan
from smallscreen.errors import UserError
from smallscreen.series.project import Project
from tests.conftest import smallscreen
from tests.test_audience_simulate import make_series


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_series(tmp_path / "s")


def test_some_come_back_for_two_weeks_and_nothing_else_changes(project: Project, tmp_path: Path) -> None:
    seen = []
    for name, truth in (("with", Truth(returns=0.5)), ("without", Truth(returns=0.0))):
        with Lake(tmp_path / name) as lake:
            simulate(project, viewers=4_000, markets=["en-US"], truth=truth, lake=lake, seed=3)
            far = lake.sql(
                "WITH d AS (SELECT user_id, date_diff('day', min(started_at) OVER (PARTITION BY user_id), started_at) AS k "
                "FROM events) SELECT k, count(DISTINCT user_id) FROM d WHERE k BETWEEN 4 AND 14 GROUP BY k ORDER BY k"
            )
            first = "event_id NOT LIKE '%-1_'"
            rest = lake.sql(f"SELECT count(*), sum(hash(CAST(e AS VARCHAR))) FROM events e WHERE {first}")
            reached = lake.sql(
                "SELECT episode, count(DISTINCT user_id) FILTER (time_to_ms >= 57000) FROM events GROUP BY 1 ORDER BY 1"
            )
            late = lake.sql(f"SELECT max(episode) FROM events WHERE NOT {first}")
            stops = [(b.episode, b.stopped) for b in hazards(lake, project.store.slug, "en-US").boundaries]
        seen.append((far, rest, reached, stops))
        assert late == ([(5,)] if truth.returns else [(None,)])
    assert seen[0][1:3] == seen[1][1:3]
    # Who went on after more than 48 hours counts as stopped, unless the episode was seen again in between.
    for (episode, mine), (same, others) in zip(seen[0][3], seen[1][3], strict=True):
        assert episode == same and others - 4 <= mine <= others
    assert len(seen[0][0]) == 11
    assert sum(n for _, n in seen[0][0]) > 5 * sum(n for _, n in seen[1][0])


def test_real_viewing_does_not_come_to_it(project: Project, tmp_path: Path) -> None:
    simulate(project, viewers=200)
    lake = open_lake(project)
    before = lake.sql("SELECT count(*) FROM all_events")
    file = tmp_path / "real.csv"
    file.write_text(
        "event_id,media_session_id,user_id,series_id,episode,market,time_from_ms,time_to_ms,duration_ms,started_at\n"
        f"e,m,u,{project.store.slug},1,en-US,0,60000,60000,2026-02-01T10:00:00Z\n",
        "utf-8",
    )
    with pytest.raises(UserError, match=r"holds simulated viewing, and real\.csv"):
        import_events(project, [file])
    lake.refresh()
    assert lake.sql("SELECT count(*) FROM all_events") == before
    assert not list((project.root / "lake" / ".staging").glob("import-*"))
    told = smallscreen("audience", "import", project.root, file)
    assert told.returncode == 2 and len(told.stderr.splitlines()) == 1
    # What was simulated may come back: from a file that was exported.
    exported = tmp_path / "events.parquet"
    lake.con().execute(f"COPY (SELECT * FROM events) TO '{exported}' (FORMAT parquet)")
    assert import_events(project, [exported]).repeated == before[0][0]


def test_what_a_killed_simulation_left_is_cleared_and_one_runs_at_a_time(project: Project) -> None:
    staging = project.root / "lake" / ".staging"
    (staging / "simulate-dead" / "events").mkdir(parents=True)
    (staging / "simulate-dead" / "events" / "part.parquet").write_bytes(b"half")
    simulate(project, viewers=50)
    assert not list(staging.glob("*"))
    with alone(open_lake(project)), pytest.raises(UserError, match="is running"):
        simulate(project, viewers=60)


def test_a_plan_waits_for_nobody_and_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    plan = Plan(series=1, episodes=2, intervals=50, days=1)
    with Lake(tmp_path / "lake") as lake:
        (lake.root / ".staging" / "plan-dead").mkdir(parents=True)
        with alone(Lake(lake.root)), pytest.raises(UserError, match="is running"):
            simulate_plan(plan, lake)
        assert simulate_plan(plan, lake) == 50
        assert not list((lake.root / ".staging").glob("plan-*"))
