"""Experiments on small simulated viewing with a known truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smallscreen.audience.experiments import experiment
from smallscreen.audience.lake import Lake
from smallscreen.errors import UserError

START = datetime(2026, 5, 1)


def text(value: str, n: int) -> Any:
    return np.array([value] * n, object)


def make(root: Path, arms: list[str], minutes: np.ndarray, before: np.ndarray, days: int = 5) -> Lake:
    """Users exposed evenly over `days`; `before` and `minutes` are watched 30 minutes before and after."""
    lake, n = Lake(root / "lake"), len(arms)
    at = [START + timedelta(days=days * i / n) for i in range(n)]
    users = np.array([f"u{i:05d}" for i in range(n)], object)
    lake.write(
        "exposure",
        {
            "user_id": users,
            "series_id": text("s", n),
            "market": text("en-US", n),
            "experiment": text("cover", n),
            "arm": np.array(arms, object),
            "exposed_at": np.array(at, "datetime64[us]"),
            "simulated": np.ones(n, bool),
        },
    )
    for name, played, shift in (("after", minutes, 30), ("before", before, -30)):
        ms = np.clip(played * 60_000, 1, 600_000).astype(int)
        when = np.array([t + timedelta(minutes=shift) for t in at], "datetime64[us]")
        lake.write(
            "events",
            {
                "event_id": np.array([f"{name}{u}" for u in users], object),
                "media_session_id": np.array([f"{name}{u}" for u in users], object),
                "user_id": users,
                "series_id": text("s", n),
                "episode": np.ones(n, int),
                "market": text("en-US", n),
                "time_from_ms": np.zeros(n, int),
                "time_to_ms": ms,
                "duration_ms": np.full(n, 600_000),
                "started_at": when,
                "simulated": np.ones(n, bool),
            },
        )
    return lake


def test_a_lift_is_found_after_the_exposure_only(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    n = 3000
    taste = rng.gamma(4, 1, n)
    arms = ["a" if i % 2 else "b" for i in range(n)]
    after = (taste + rng.normal(0, 0.5, n).clip(-2, 2)).clip(0.1, 9.9) * np.where(
        np.array(arms) == "b", 1.1, 1.0
    )
    lake = make(tmp_path, arms, after, taste)
    found = experiment(lake, "cover", plan=2000)
    assert found.refused is None
    assert found.simulated
    assert found.srm_p > 0.5
    minutes = found.metrics[0]
    assert (minutes.metric, minutes.primary, minutes.arm, minutes.against) == (
        "minutes a user",
        True,
        "b",
        "a",
    )
    assert minutes.lift.low < 0.1 < minutes.lift.high
    assert minutes.lift.low > 0
    assert minutes.variance_saved > 0.8
    assert minutes.verdict == "b is above a"
    assert [x.n for x in minutes.looks] == sorted(x.n for x in minutes.looks)
    assert sum(a.counted for a in found.arms) < n  # the last day's users have not had their time
    assert any("not counted yet" in note for note in found.notes)
    # What was watched before the exposure is no part of the metric.
    assert minutes.control_value < taste.mean() * 1.1
    completion = found.metrics[1]
    assert completion.unit.startswith("episodes completed")


def test_a_broken_ratio_is_refused(tmp_path: Path) -> None:
    """The split of Cookie Cats: 44,700 against 45,489 users."""
    lake = Lake(tmp_path / "lake")
    lake.write(
        "exposure",
        "SELECT 'u' || i AS user_id, 's' AS series_id, 'en-US' AS market, 'gate' AS experiment, "
        "CASE WHEN i < 44700 THEN 'gate_30' ELSE 'gate_40' END AS arm, "
        "TIMESTAMP '2026-05-01' + to_seconds(i) AS exposed_at, true AS simulated FROM range(44700 + 45489) t(i)",
    )
    found = experiment(lake, "gate")
    assert found.srm_p == pytest.approx(0.008607987810836262)
    assert found.refused is not None
    assert "44,700 (gate_30) against 45,489 (gate_40)" in found.refused
    assert found.metrics == []
    assert experiment(lake, "gate", planned={"gate_30": 44_700, "gate_40": 45_489}).refused is None


def test_users_in_two_arms_are_left_out(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.write(
        "exposure",
        "SELECT 'u' || (i % 20) AS user_id, 's' AS series_id, 'en-US' AS market, 'x' AS experiment, "
        "CASE WHEN i < 20 THEN (CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END) ELSE 'b' END AS arm, "
        "TIMESTAMP '2026-05-01' + to_seconds(i) AS exposed_at, true AS simulated FROM range(22) t(i)",
    )
    found = experiment(lake, "x")
    assert {a.name: a.users for a in found.arms} == {"a": 9, "b": 10}
    assert any(note.startswith("1 users were in more than one arm") for note in found.notes)


def test_what_cannot_be_judged(tmp_path: Path) -> None:
    lake = make(tmp_path, ["a"] * 4 + ["b"] * 4, np.full(8, 2.0), np.full(8, 2.0))
    few = experiment(lake, "cover").metrics[0]
    assert few.lift.low == -1.0
    assert few.verdict.startswith("not decided")
    with pytest.raises(UserError, match="two are needed; it knows of: cover"):
        experiment(lake, "poster")
    with pytest.raises(UserError, match="one share above 0"):
        experiment(lake, "cover", planned={"a": 1.0})
    with pytest.raises(UserError, match="no arm 'x'"):
        experiment(lake, "cover", control="x")
    with pytest.raises(UserError, match="two are needed"):
        experiment(Lake(tmp_path / "nothing"), "cover")
