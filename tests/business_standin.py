"""A stand-in for what the audience room leaves in the series database: a summary of measures, made up."""

from __future__ import annotations

from typing import Any

from smallscreen.business.measures import Measures, read_summary


def summary(
    *,
    viewers: int = 50_000,
    hazard: float = 0.08,
    episodes: int = 12,
    wall: int | None = None,
    simulated: bool = True,
) -> dict[str, Any]:
    """Two editions of a series of `episodes`, the second one better; with `wall`, a paywall in the data."""

    def near(value: float, n: int) -> dict[str, Any]:
        return {"value": value, "low": value - 0.01, "high": value + 0.01, "n": n, "unit": "hazard"}

    def edition(h: float, seconds: float) -> dict[str, Any]:
        risk, events, share = [], [], []
        here, survival = viewers, 1.0
        for e in range(1, episodes + 1):
            now = h * (1.5 if e == 1 else 1.0)
            at_wall = 0.8 if wall is not None and e == wall - 1 else 0.0
            gone = round(here * (1 - (1 - now) * (1 - at_wall)))
            risk.append(here)
            events.append(gone)
            here -= gone
            survival *= 1 - gone / risk[-1]
            share.append(survival)
        return {
            "viewers": viewers,
            "minutes_a_user": {"value": 6.0, "low": 5.9, "high": 6.1},
            "completion": {"value": 0.8, "low": 0.79, "high": 0.81},
            "episodes": [
                {
                    "episode": e + 1,
                    "starters": risk[e],
                    "completion": {"value": 0.8, "low": 0.79, "high": 0.81},
                    "avd_s": {"value": seconds, "low": seconds - 0.4, "high": seconds + 0.4, "n": risk[e]},
                }
                for e in range(episodes)
            ],
            "survival": {
                "episodes": list(range(1, episodes + 1)), "at_risk": risk, "events": events,
                "censored": [0] * episodes, "survival": share, "low": share, "high": share,
                "first_locked": wall,
                "paywall_hazard": wall and near(events[wall - 2] / risk[wall - 2], risk[wall - 2]),
                "story_hazard": wall and near(h, risk[0]),
            },
        }  # fmt: skip

    return {
        "simulated": simulated,
        "as_of": "2026-03-01T00:00:00+00:00",
        "editions": {"en-US": edition(hazard, 52.0), "en-US.literal": edition(hazard * 1.4, 47.0)},
        "quarantined": {},
    }


def measures(name: str = "en-US", **more: Any) -> Measures:
    return read_summary(summary(**more), "sample", "Sample")[name]
