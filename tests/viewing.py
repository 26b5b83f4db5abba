"""Viewing events for tests: intervals of people with letters for names, and plain counts of seconds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from smallscreen.audience.lake import Lake

START = datetime(2026, 5, 4, 8)  # a Monday
LENGTH = 5_400


def event(user, a, b, episode=1, day=0.0, session=None, market="en-US", variant="main", length=LENGTH):
    return {
        "user_id": user,
        "episode": episode,
        "time_from_ms": a,
        "time_to_ms": b,
        "duration_ms": length,
        "market": market,
        "variant_id": variant,
        "media_session_id": session or f"{user}-{episode}",
        "started_at": START + timedelta(days=day),
    }


def write(lake: Lake, rows: list[dict[str, Any]], table: str = "events", series: str = "s") -> Lake:
    """Put rows into the lake; ids are made up."""
    columns = {k: [r[k] for r in rows] for k in rows[0]}
    columns["series_id"] = [series] * len(rows)
    if table == "events":
        columns["event_id"] = [f"e{i}" for i in range(len(rows))]
    for name in ("started_at", "at"):
        if name in columns:
            columns[name] = np.array(columns[name], "datetime64[us]")
    lake.write(table, columns)
    return lake


spans = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH)).map(
    lambda t: (min(t), max(t) if max(t) > min(t) else min(t) + 1)
)
played = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from([1, 2]), st.sampled_from(["main", "literal"]), spans,
        st.integers(0, 3), st.sampled_from(["x", "y"]),
    ),
    min_size=1,
    max_size=14,
)  # fmt: skip
SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def middles(a: int, b: int) -> set[int]:
    return {s for s in range(7) if a <= 1000 * s + 500 < b}


def events_of(rows) -> list[dict[str, Any]]:
    return [event(u, a, b, e, day, f"{u}{e}{v}{s}", variant=v) for u, e, v, (a, b), day, s in rows]


def walks(lake: Lake, *people: tuple[str, dict[int, float]], variant: str = "main") -> Lake:
    """People with the day on which they started each of their episodes."""
    return write(
        lake, [event(u, 0, LENGTH, e, day, variant=variant) for u, days in people for e, day in days.items()]
    )
