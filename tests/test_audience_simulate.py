"""The simulator: its rows are valid and labelled, the same seed makes the same rows, and its truth is found in them."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.audience.events import RATES, TABLES
from smallscreen.audience.importing import import_events
from smallscreen.audience.lake import Lake, open_lake
from smallscreen.audience.simulate import Plan, Truth, simulate, simulate_plan
from smallscreen.audience.simulate import run as run_module
from smallscreen.audience.simulate.truth import curve, staying
from smallscreen.audience.simulate.viewing import DAY, Window, watch
from smallscreen.errors import UserError
from smallscreen.series.model import Finding, Line
from smallscreen.series.project import Project, new_project
from tests.conftest import smallscreen

SPAN = (20_000, 30_000)
"""Where the literal edition of episode 1 has its findings."""


def make_series(root: Path, episodes: int = 6) -> Project:
    """A series of 60 s episodes with a main and a literal edition for en-US and es-419; es-419's literal is empty."""
    root.mkdir()
    for n in range(1, episodes + 1):
        text = "1\n00:00:01,000 --> 00:00:02,500\n外公 我回来了\n\n2\n00:00:58,000 --> 00:01:00,000\n补人\n"
        (root / f"ep{n:03d}.zh.srt").write_text(text, "utf-8")
    project = new_project(root)
    for market in ("en-US", "es-419"):
        project.store.edition(market, "main")
    literal = project.store.edition("en-US", "literal")
    line = Line(literal.name, 1, 1, 1_000, 2_500, "Mother's father.", ("ep001.c0001",))
    project.store.put_lines(literal, [1], [line])
    found = [Finding("culture.literal", 1, a, a + 5_000, "word for word") for a in (SPAN[0], SPAN[0] + 5_000)]
    project.store.put_findings("check", literal, [1], found)
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_series(tmp_path / "s")


def rows(lake: Lake, table: str = "events") -> list[tuple[object, ...]]:
    return sorted(lake.sql(f"SELECT * FROM {table}"), key=repr)


# --- the same again ------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_rows_in_any_number_of_parts(project: Project, tmp_path: Path) -> None:
    made = []
    for name, part, seed in (("one", 100_000, 3), ("many", 1, 3), ("other", 100_000, 4)):
        lake = Lake(tmp_path / name)
        summary = simulate(project, viewers=25_000, seed=seed, part=part, lake=lake, days=5)
        hashes = [
            lake.sql(f"SELECT count(*), sum(hash(CAST(t AS VARCHAR))) FROM {t} AS t")
            for t in ("events", "exposure", "unlock", "ad_impression")
        ]
        made.append((hashes, summary.rows))
        assert [h[0][0] for h in hashes] == list(summary.rows.values())
    assert made[0] == made[1]
    assert made[0][0] != made[2][0]


def test_the_step_does_nothing_the_second_time_and_replaces_with_other_settings(project: Project) -> None:
    first = simulate(project, viewers=300)
    lake = open_lake(project)
    before = {p: p.stat().st_mtime_ns for p in lake.root.rglob("*.parquet")}
    second = simulate(project, viewers=300)
    assert (first.fresh, second.fresh) == (True, False)
    assert second.rows == first.rows
    assert before == {p: p.stat().st_mtime_ns for p in lake.root.rglob("*.parquet")}

    other = simulate(project, viewers=300, seed=2)
    lake.refresh()
    assert other.fresh
    assert lake.sql("SELECT count(*), count(DISTINCT event_id) FROM events") == [(other.rows["events"],) * 2]
    assert json.loads((lake.root / "simulated.json").read_text("utf-8"))["rows"] == other.rows


def test_a_lake_that_was_taken_away_is_made_again(project: Project) -> None:
    import shutil

    made = simulate(project, viewers=100)
    shutil.rmtree(project.root / "lake")
    again = simulate(project, viewers=100)
    assert again.fresh
    assert again.rows == made.rows


def test_killed_half_way_leaves_nothing_and_the_next_run_makes_everything(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(project, viewers=20_001, part=1, progress=stop)
    assert not open_lake(project).has_events
    assert not list((project.root / "lake" / ".staging").glob("*"))

    # Killed after some files were put in place, before the step was recorded.
    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "_write_truth", break_off)
    with pytest.raises(KeyboardInterrupt):
        simulate(project, viewers=500)
    monkeypatch.undo()
    made = simulate(project, viewers=500)
    assert made.fresh
    assert open_lake(project).sql("SELECT count(*) FROM events") == [(made.rows["events"],)]


# --- labels and limits ---------------------------------------------------------------------------


def test_every_row_of_every_table_says_simulated(project: Project) -> None:
    made = simulate(project, viewers=2_000)
    lake = open_lake(project)
    for table, count in made.rows.items():
        assert count > 0
        assert lake.sql(f"SELECT count(*), bool_and(simulated) FROM {table}") == [(count, True)]
    assert made.simulated
    assert made.editions.keys() == {"en-US", "en-US.literal", "es-419", "es-419.literal"}
    assert sum(made.editions.values()) == 2_000
    assert made.stand_ins == ["es-419.literal"]


def test_it_does_not_mix_with_real_viewing(project: Project) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    columns = "'u' AS user_id, 'x' AS series_id, 'en-US' AS market, 'e' AS experiment, 'a' AS arm"
    open_lake(project).write("exposure", f"SELECT {columns}, TIMESTAMP '{at:%Y-%m-%d}' AS exposed_at")
    with pytest.raises(UserError, match="not simulated"):
        simulate(project, viewers=10)
    with pytest.raises(UserError, match="not simulated"):
        simulate_plan(Plan(1, 2, 10, 1), open_lake(project))
    assert not open_lake(project).has_events


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"viewers": 0}, "0 viewers"),
        ({"viewers": 10**9}, "viewers cannot"),
        ({"days": 0}, "0 days"),
        ({"seed": -1}, "seed"),
        ({"markets": ["xx-YY"]}, "xx-YY"),
        ({"variants": ["other"]}, "en-US.other"),
        ({"variants": []}, "No edition"),
        ({"split": [0.5, 0.6]}, "split"),
        ({"paywall": 99}, "episode 99"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_sentence(
    project: Project, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        simulate(project, **{"viewers": 10, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"paywall": 1.5},
        {"slow": 0.0},
        {"frailty": -1},
        {"go_on": 1.0},
        {"unlocks": {"ad": 0.5}},
        {"rates": {"1": 2}},
    ],
)
def test_a_truth_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        Truth(**wrong)  # type: ignore[arg-type]


def test_a_series_without_editions_says_what_to_do(folder: Path) -> None:
    with pytest.raises(UserError, match="smallscreen localize"):
        simulate(new_project(folder), viewers=10)


# --- the truth is found again --------------------------------------------------------------------

_REACHED = """SELECT user_id, variant_id, max(time_to_ms) AS reached FROM events
              WHERE episode = $episode AND market = 'en-US' GROUP BY user_id, variant_id"""


def within(count: int, n: int, truth: float, z: float = 1.96) -> bool:
    """Whether Wilson's interval (1927) of count/n holds the truth: the score test at z."""
    return abs(count / n - truth) <= z * math.sqrt(truth * (1 - truth) / n)


def test_completion_and_paywall_are_found_in_20_000_viewers(project: Project) -> None:
    truth = Truth(paywall_episode=4)
    made = simulate(project, viewers=20_000, markets=["en-US"], truth=truth, seed=2)
    lake = open_lake(project)
    inside = []
    seen: dict[tuple[str, int], int] = {}
    done: dict[tuple[str, int], int] = {}
    for episode in range(1, 7):
        found = lake.arrays(_REACHED, episode=episode)
        for variant in ("main", "literal"):
            place = found["reached"][found["variant_id"] == variant]
            starters, completers = int((place >= 1_000).sum()), int((place >= 57_000).sum())
            name = "en-US" if variant == "main" else "en-US.literal"
            inside.append(within(completers, starters, made.completion[name][str(episode)]))
            seen[variant, episode], done[variant, episode] = len(place), int((place == 60_000).sum())
    assert sum(inside) >= 11  # of twelve 95 % intervals; all with the seed as it is or one outside
    for variant in ("main", "literal"):
        assert within(seen[variant, 2], done[variant, 1], truth.go_on, 3)
        assert within(seen[variant, 4], done[variant, 3], truth.go_on * (1 - truth.paywall), 3)


def test_the_hazard_ratio_of_a_finding_is_found_where_it_is_shown_and_nowhere_else(project: Project) -> None:
    truth = Truth(frailty=0.0, variants={}, findings={"culture.literal": 0.6})
    simulate(project, viewers=20_000, markets=["en-US"], truth=truth, seed=1)
    found = open_lake(project).arrays(_REACHED, episode=1)

    def log_ratio(low: int, high: int) -> tuple[float, float]:
        """Log ratio of leaves per exposed second, literal to main, and its standard error (Poisson)."""
        rates, leaves = [], []
        for variant in ("literal", "main"):
            place = found["reached"][found["variant_id"] == variant].astype(float)
            leaves.append(int(((place >= low) & (place < high) & (place < 60_000)).sum()))
            rates.append(leaves[-1] / np.clip(place - low, 0, high - low).sum())
        return math.log(rates[0] / rates[1]), math.sqrt(1 / leaves[0] + 1 / leaves[1])

    value, error = log_ratio(*SPAN)
    assert abs(value - 0.6) < 1.96 * error
    assert value > 4 * error
    for low, high in ((0, SPAN[0]), (SPAN[1], 60_000)):
        value, error = log_ratio(low, high)
        assert abs(value) < 1.96 * error


def test_the_curve_integrates_the_stated_hazard() -> None:
    truth = Truth(findings={"a": 0.5, "b": -0.2}, variants={"literal": 0.1}, markets={"m": 0.3}, series=-0.1)
    spans = [
        (10_100, 12_300, "a"),
        (11_000, 13_000, "a"),
        (12_000, 14_000, "b"),
        (99_000, 120_000, "a"),
        (5, 5, "a"),
    ]
    c = curve(truth, 1, 60_000, spans, "m", "literal")
    t = (np.arange(600_000) + 0.5) / 10  # ms
    log = 0.3 + 0.1 - 0.1 + 0.5 * ((t >= 10_100) & (t < 13_000)) - 0.2 * ((t >= 12_000) & (t < 14_000))
    hazard = (truth.early * np.exp(-t / 1000 / truth.early_s) + truth.slow) * np.exp(log)
    assert c.total[-1] == pytest.approx(hazard.sum() * 1e-4, rel=1e-6)
    assert float(staying(truth, 0.8)) == pytest.approx((1 + 0.3 * 0.8) ** (-1 / 0.3))
    assert float(staying(Truth(frailty=0.0), 0.8)) == pytest.approx(math.exp(-0.8))


# --- every row is valid --------------------------------------------------------------------------


def test_an_import_takes_every_row(project: Project, tmp_path: Path) -> None:
    made = simulate(project, viewers=3_000)
    lake = open_lake(project)
    exported = tmp_path / "events.parquet"
    lake.con().execute(f"COPY (SELECT * FROM events) TO '{exported}' (FORMAT parquet)")
    lake.close()
    (project.root / "lake").rename(tmp_path / "taken-away")
    summary = import_events(project, [exported])
    assert summary.taken == made.rows["events"]
    assert not summary.quarantined
    assert open_lake(project).mark_bots() == 0


shares = st.floats(0, 1)


@settings(max_examples=60, deadline=None)
@given(
    durations=st.lists(st.integers(900, 200_000), min_size=1, max_size=4),
    slow=st.floats(1e-6, 1.0),
    early=st.floats(0, 3.0),
    frailty=st.sampled_from([0.0, 0.3, 3.0]),
    pauses=st.floats(0, 5),
    hours=st.floats(0, 500),
    skips=shares,
    rewinds=shares,
    breaks=shares,
    paywall=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
def test_every_row_satisfies_the_rules_whatever_the_truth(
    durations: list[int],
    slow: float,
    early: float,
    frailty: float,
    pauses: float,
    hours: float,
    skips: float,
    rewinds: float,
    breaks: float,
    paywall: int,
    seed: int,
) -> None:
    truth = Truth(
        slow=slow,
        early=early,
        frailty=frailty,
        pauses=pauses,
        pause_hours=hours,
        skips=skips,
        rewinds=rewinds,
        breaks=breaks,
        paywall_episode=paywall,
    )
    curves = {n: curve(truth, n, d, (), "", "") for n, d in enumerate(durations, 1)}
    window = Window(20_000 * DAY, 20_003 * DAY)
    made = watch(truth, list(curves), curves, {}, np.arange(200), np.random.default_rng(seed), window)
    assert len(made["exposure"][0]["at"]) == 200
    keys: list[np.ndarray] = []
    spells: list[np.ndarray] = []
    for part in made["events"]:
        length = durations[int(part["episode"][0]) - 1] if len(part["episode"]) else 1
        assert (part["time_from_ms"] >= 0).all()
        assert (part["time_to_ms"] > part["time_from_ms"]).all()
        assert (part["time_to_ms"] <= length).all()
        assert ((part["rate"] >= RATES[0]) & (part["rate"] <= RATES[1])).all()
        assert ((part["at"] >= window.start) & (part["at"] < window.as_of)).all()
        keys.append(np.stack([part["viewer"], part["episode"], part["piece"]], 1))
        lasts = (part["time_to_ms"] - part["time_from_ms"]) * 1000 / part["rate"]
        spells.append(np.stack([part["viewer"], part["at"], part["at"] + lasts.astype(np.int64)], 1))
    if not keys:
        return
    every = np.concatenate(keys)
    assert len(np.unique(every, axis=0)) == len(every)
    spell = np.concatenate(spells)
    spell = spell[np.lexsort((spell[:, 1], spell[:, 0]))]
    same = spell[1:, 0] == spell[:-1, 0]
    assert (spell[1:, 1][same] >= spell[:-1, 2][same]).all()  # nobody plays two things at once
    assert (spell[:, 2] <= window.as_of).all()


# --- plans ---------------------------------------------------------------------------------------


def test_a_plan_makes_exactly_its_intervals_and_all_are_valid(tmp_path: Path) -> None:
    plan = Plan(series=5, episodes=30, intervals=20_003, days=3)
    made = []
    for name in ("a", "b"):
        lake = Lake(tmp_path / name)
        assert simulate_plan(plan, lake) == 20_003
        made.append(
            lake.sql("SELECT count(*), count(DISTINCT event_id), sum(hash(CAST(e AS VARCHAR))) FROM events e")
        )
    assert made[0] == made[1]
    assert made[0][0][:2] == (20_003, 20_003)
    wrong = lake.sql(
        """SELECT count(*) FROM events WHERE time_from_ms < 0 OR time_to_ms <= time_from_ms OR time_to_ms > duration_ms
           OR NOT simulated OR episode NOT BETWEEN 1 AND 30 OR playback_rate NOT BETWEEN 1 AND 2"""
    )
    assert wrong == [(0,)]
    assert lake.series() == [plan.slug(i) for i in range(5)]
    assert lake.sql(
        "SELECT count(*) FROM (SELECT user_id FROM events GROUP BY 1 HAVING count(DISTINCT series_id) = 2)"
    )[0][0]
    assert lake.mark_bots() == 0


def test_a_plan_of_one_interval_and_one_that_cannot_be(tmp_path: Path) -> None:
    assert simulate_plan(Plan(1, 1, 1, 1), Lake(tmp_path / "l")) == 1
    with pytest.raises(UserError, match="at least one"):
        Plan(series=0)


# --- the command ---------------------------------------------------------------------------------


def test_the_command_says_that_it_is_simulated(project: Project) -> None:
    asked = smallscreen("simulate", "viewing", project.root, "--viewers", 500, "--markets", "en-US")
    assert asked.returncode == 0, asked.stderr
    assert "simulated: a program made it up" in " ".join(asked.stdout.split())
    again = smallscreen(
        "simulate", "viewing", project.root, "--viewers", 500, "--markets", "en-US", "--format", "json"
    )
    value = json.loads(again.stdout)
    assert value["simulated"] is True
    assert value["fresh"] is False
    assert set(value["rows"]) < set(TABLES)
    refused = smallscreen("simulate", "viewing", project.root, "--editions", "main,other")
    assert refused.returncode == 2
    assert "en-US.other" in refused.stderr
