"""Why viewers left: counting, matching, time maps; on small viewing with a known truth."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.audience_stats import _left, _lines
from smallscreen.audience.hazards import Curve, hazards
from smallscreen.audience.lake import Lake
from smallscreen.audience.places import (
    Place,
    compare,
    dispersion,
    grid,
    on_screen,
    position_variance,
    sets,
    shown_ratio,
)
from smallscreen.audience.plain import plain
from smallscreen.audience.stats import Interval, mantel_haenszel
from smallscreen.audience.timemap import TimeMap, read_timemaps
from smallscreen.audience.why import WORDS, Association, _in_families, why
from smallscreen.errors import FileProblem, UserError
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.model import Finding
from smallscreen.series.project import Project
from smallscreen.series.store import Store

START = datetime(2026, 5, 1)
HOUR = 3600


def rows_of(played: list[tuple[str, int, int, int, float]], duration_ms: int = 10_000) -> dict[str, Any]:
    """Events of (user, episode, from ms, to ms, seconds after START)."""
    n = len(played)
    return {
        "event_id": np.array([f"e{i}" for i in range(n)], object),
        "media_session_id": np.array([f"s{i}" for i in range(n)], object),
        "user_id": np.array([p[0] for p in played], object),
        "series_id": np.array(["s"] * n, object),
        "episode": np.array([p[1] for p in played]),
        "market": np.array(["en-US"] * n, object),
        "time_from_ms": np.array([p[2] for p in played]),
        "time_to_ms": np.array([p[3] for p in played]),
        "duration_ms": np.full(n, duration_ms),
        "started_at": np.array([START + timedelta(seconds=p[4]) for p in played], "datetime64[us]"),
        "simulated": np.ones(n, bool),
    }


def viewing(rng: np.random.Generator, viewers: int, episodes: int, hazard: np.ndarray) -> dict[str, Any]:
    """Simulated viewers who watch in order until they leave; `hazard` is (episodes, seconds)."""
    seconds = hazard.shape[1]
    here = np.arange(viewers)
    played: list[tuple[str, int, int, int, float]] = []
    for e in range(episodes):
        gone = rng.random((here.size, seconds)) < hazard[e]
        last = np.where(gone.any(axis=1), gone.argmax(axis=1) + 1, seconds)
        played += [
            (f"u{u}", e + 1, 0, int(k) * 1000, e * 100.0) for u, k in zip(here.tolist(), last, strict=True)
        ]
        here = here[last == seconds]
    # One more viewer, much later, so that everybody's window is over.
    played.append(("late", 1, 0, seconds * 1000, 100 * HOUR))
    return rows_of(played, seconds * 1000)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Store(open_database(sqlite_url(tmp_path / "series.db")), "s"))


def test_leaves_and_who_is_at_risk(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.write(
        "events",
        rows_of(
            [
                ("a", 1, 0, 4000, 0),  # stops in second 3 and never comes back: a leave
                ("b", 1, 0, 4000, 0),
                ("b", 2, 0, 10_000, 60),  # went on: no leave; then a stop after episode 2
                ("c", 1, 0, 6000, 0),
                ("c", 1, 2000, 9800, 30),  # seconds 2 to 5 twice, counted once; reached the end: a stop
                ("d", 1, 0, 5000, 0),
                ("d", 2, 0, 3000, 60 * HOUR),  # comes back too late: a leave of episode 1
                ("e", 1, 0, 2000, 149 * HOUR),  # cannot be judged yet
                ("f", 3, 0, 10_000, 50 * HOUR),
            ]
        ),
    )
    found = hazards(lake, "s", "en-US")
    first = found.curves[0]
    assert first.viewers.tolist() == [4, 4, 4, 4, 2, 1, 1, 1, 1]
    assert first.leaves.tolist() == [0, 0, 0, 2 - 1, 1, 0, 0, 0, 0]
    assert found.open == 1
    assert found.simulated
    ends = {b.episode: (b.completers, b.stopped) for b in found.boundaries}
    assert ends == {1: (1, 1), 2: (1, 1)}


def test_a_place_that_drives_viewers_away_is_found(tmp_path: Path, project: Project) -> None:
    rng = np.random.default_rng(11)
    hazard = np.tile(0.02 * np.exp(-np.arange(60) / 6) + 0.004, (6, 1))  # steep at the start of each episode
    found = []
    for episode in (1, 2, 3, 4, 5, 6):
        at = 12 + 5 * episode
        hazard[episode - 1, at : at + 2] *= 3.0
        found.append(Finding("culture.literal", episode, at * 1000, at * 1000 + 2000, "literal"))
        # Something without an effect, where viewers leave early anyway; and what is always at the very start.
        if episode % 2:
            found.append(Finding("story.gratification", episode, 1000, 4000, "reward"))
        found.append(Finding("story.care", episode, 0, 500, "care"))
    found.append(Finding("language.quotes", 1, 0, 1000, "quotes"))
    project.store.put_findings("test", None, range(1, 7), found)
    lake = Lake(tmp_path / "lake")
    lake.write("events", viewing(rng, 6000, 6, hazard))
    told = why(project, lake, "en-US")
    kinds = {a.check: a for a in told.associations if a.level == "kind"}
    literal = kinds["culture.literal"]
    assert literal.hazard_ratio.low < 3.0 < literal.hazard_ratio.high
    assert literal.q_value < 0.01
    assert literal.findings == 6
    assert literal.words == WORDS == "associated with"
    assert "associated with leaving" in literal.told
    reward = kinds["story.gratification"]
    assert reward.hazard_ratio.low < 1.0 < reward.hazard_ratio.high
    care = kinds["story.care"]  # its effect cannot be told from that of the start itself
    assert "too little to compare" in care.told
    assert care.matched == 0
    assert told.simulated
    assert any("language.quotes (1)" in n for n in told.notes)
    data = json.loads(json.dumps(plain(told), allow_nan=False))
    assert data["curves"][0]["viewers"][0] == told.curves[0].viewers[0]
    assert (
        next(a for a in data["associations"] if a["check"] == "story.care")["hazard_ratio"]["value"] is None
    )
    assert sum(a.level == "place" for a in told.associations) == 15
    with pytest.raises(UserError, match="no viewing of ja-JP"):
        why(project, lake, "ja-JP")


def test_an_advertisement_and_a_paywall(tmp_path: Path, project: Project) -> None:
    rng = np.random.default_rng(5)
    lake = Lake(tmp_path / "lake")
    events = viewing(rng, 4000, 1, np.full((1, 40), 0.01))
    seen = {u for u, t in zip(events["user_id"], events["time_to_ms"], strict=True) if t > 20_000}
    shown = sorted(seen)[::2]
    away = set(shown[::5])  # every fifth of those with an advertisement leaves at once
    for i, u in enumerate(events["user_id"]):
        if u in away:
            events["time_to_ms"][i] = 21_000
    lake.write("events", events)
    n = len(shown)
    same = {"series_id": "s", "market": "en-US", "format": "mid-roll"}
    lake.write(
        "ad_impression",
        {
            "user_id": np.array(shown, object),
            "episode": np.ones(n, int),
            "at_ms": np.full(n, 20_000),
            "at": np.full(n, START, "datetime64[us]"),
            **{k: np.array([v] * n, object) for k, v in same.items()},
        },
    )
    told = why(project, lake, "en-US")
    ad = next(a for a in told.associations if a.level == "ad")
    assert ad.hazard_ratio.low > 4
    assert ad.leaves >= len(away)


def test_a_paywall_stands_between_episodes(tmp_path: Path, project: Project) -> None:
    played = []
    for u in range(400):
        last = 3 if u % 2 else 6  # half stop before episode 4
        last = u % 20 + 1 if u % 20 < 3 else last  # and a few after each of the first three
        played += [(f"u{u}", e, 0, 10_000, e * 60.0) for e in range(1, last + 1)]
    played.append(("late", 1, 0, 10_000, 99 * HOUR))
    lake = Lake(tmp_path / "lake")
    lake.write("events", rows_of(played))
    texts = {"series_id": "s", "market": "en-US", "kind": "coin", "user_id": "u0"}
    lake.write(
        "unlock",
        {
            "episode": np.array([4]),
            "coins": np.array([10]),
            "at": np.array([START], "datetime64[us]"),
            **{k: np.array([v], object) for k, v in texts.items()},
        },
    )
    wall = next(a for a in why(project, lake, "en-US").associations if a.check == "paywall")
    assert wall.level == "end"
    assert wall.hazard_ratio.value > 3
    assert wall.findings == 1


def test_a_line_shown_for_parts_of_seconds_is_not_thinned_out() -> None:
    """30 runs, lines from and to any millisecond: the ratio is that of the time on the screen, also where leaving is late."""
    for late in (False, True):
        rng = np.random.default_rng(8)
        logs, inside = [], 0
        for _ in range(30):
            asked = _lines(rng, 3)
            found = grid(_left(rng, asked, 1.65, late), asked, {}, 1000)
            compared = [compare(found, place) for place in asked]
            share = on_screen(compared)
            assert 0.55 < share < 0.8
            r = mantel_haenszel(
                *sets(compared), dispersion=dispersion(found), added=position_variance(compared)
            )
            value, low, high = (shown_ratio(v, share) for v in (r.value, r.low, r.high))
            logs.append(np.log(value))
            inside += low <= 1.65 <= high
            assert r.value < value, "the counted seconds hold time in which nothing stood there"
        assert 1.60 < np.exp(np.mean(logs)) < 1.72
        assert inside >= 26
    assert shown_ratio(0.2, 0.5) == 0.0
    assert np.isnan(shown_ratio(float("nan"), 0.5)) and shown_ratio(1.0, 0.5) == 1.0


def test_intervals_of_places_cover_the_truth() -> None:
    """Counts by second, 200 runs: the kind's interval holds a ratio of 1.5 in 93 to 98 percent of them."""
    rng = np.random.default_rng(3)
    starts = {e: 9 + 5 * e for e in range(1, 9)}
    asked = [Place("culture.literal", e, s * 1000, s * 1000 + 2000) for e, s in starts.items()]
    inside = 0
    for _ in range(200):
        found = grid(_counts(rng, starts, 1.5), asked, {}, 2000)
        compared = [compare(found, place) for place in asked]
        ratio = mantel_haenszel(
            *sets(compared), dispersion=dispersion(found), added=position_variance(compared)
        )
        inside += ratio.low <= 1.5 <= ratio.high
    assert 186 <= inside <= 196


def _counts(rng: np.random.Generator, starts: dict[int, int], ratio: float) -> list[Curve]:
    made = []
    for e, start in starts.items():
        viewers, leaves = np.zeros(57), np.zeros(57)
        here = 5000
        for s in range(57):
            viewers[s] = here
            base = 0.004 + 0.01 * np.exp(-s / 5)
            leaves[s] = rng.binomial(here, base * (ratio if start <= s < start + 4 else 1.0))
            here -= int(leaves[s])
        made.append(Curve(e, f"s/ep{e:03d}", 60_000, viewers, leaves))
    return made


def test_kinds_and_single_places_are_judged_in_families_of_their_own() -> None:
    ratio = Interval(1.5, 1.0, 2.0, 10, "hazard ratio", "")
    rows = [
        Association("culture.literal", "kind", "kind", 20, ratio, 0.004, float("nan"), 100, 5, 5),
        Association("paywall", "paywall", "end", 1, ratio, 0.5, float("nan"), 100, 5, 5),
        *(
            Association("culture.literal", "kind", "place", 1, ratio, (k + 1) / 300, float("nan"), 9, 1, 1)
            for k in range(300)
        ),
    ]
    told = _in_families(rows)
    q = {(r.check, r.level): r.q_value for r in told if r.level != "place"}
    assert q == {("culture.literal", "kind"): 0.008, ("paywall", "end"): 0.5}
    assert min(r.q_value for r in told if r.level == "place") == pytest.approx(1.0)
    assert [r.p_value for r in told] == [r.p_value for r in rows]


def test_time_maps(tmp_path: Path) -> None:
    out = TimeMap("a", (0, 12_000, 12_000, 61_000), (0, 12_000, 15_500, 64_500))
    assert out.to_cut(13_000, 15_000) is None
    assert out.to_cut(15_500, 16_500) == (12_000, 13_000)
    assert out.to_cut(11_000, 16_500) == (11_000, 13_000)
    assert out.to_cut(70_000, 71_000) == (66_500, 67_500)
    put_in = TimeMap("a", (0, 10_000, 13_000, 60_000), (0, 10_000, 10_000, 57_000))
    assert put_in.to_cut(10_000, 11_000) == (13_000, 14_000)
    assert put_in.to_cut(9_000, 10_000) == (9_000, 10_000)
    folder = tmp_path / "timemaps"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"asset_id": "x", "points": [[0, 0], [5, 3]]}))
    assert read_timemaps(tmp_path)["x"].to_cut(0, 3) == (0, 5)
    (folder / "b.json").write_text(json.dumps({"asset_id": "y", "points": [[5, 0], [0, 3]]}))
    with pytest.raises(FileProblem, match=r"b\.json"):
        read_timemaps(tmp_path)


def test_places_move_with_their_cut() -> None:
    curve = Curve(1, "short", 50_000, np.full(47, 1000.0), np.full(47, 4.0))
    earlier = TimeMap("short", (0, 5_000, 5_000, 50_000), (0, 5_000, 15_000, 60_000))
    found = grid([curve], [Place("story.care", 1, 30_000, 32_000)], {"short": earlier}, 2000)
    assert np.flatnonzero(found[0].bits).tolist() == [20, 21, 22, 23]
