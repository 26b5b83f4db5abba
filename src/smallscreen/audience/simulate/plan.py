"""Load for benches: many series with many episodes, any number of intervals, written a day at a time.

Simpler than the viewers of one series (no arms, pauses or paywall) and much faster. What is held in
memory is a part of a day and what its arrivals watch on the next days, whatever the total is.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from smallscreen.audience.lake import Lake, alone, publish
from smallscreen.audience.simulate.run import refuse_real
from smallscreen.audience.simulate.truth import Curve, Truth, curve
from smallscreen.engines.sql import literal
from smallscreen.errors import UserError

Progress = Callable[[int, int, str], None]
_DAY_S = 86_400
_A_DAY = 12
"""Episodes watched at one sitting; the next ones follow a day later."""
_CHUNK = 1_000_000
"""Intervals drawn at a time."""
_SLICE = 2_000_000
"""A day with more intervals than this is written in several files, so that it need not fit into memory."""
_REWINDS = 0.06


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to make up. Lengths of episodes are drawn between `seconds`; arrivals fall on `days` days."""

    series: int = 60
    episodes: int = 80
    intervals: int = 20_000_000
    days: int = 30
    seconds: tuple[int, int] = (60, 120)
    markets: tuple[str, ...] = ("en-US", "es-419", "id-ID")
    variants: tuple[str, ...] = ("main", "literal")
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    seed: int = 1

    def __post_init__(self) -> None:
        low, high = self.seconds
        if min(self.series, self.episodes, self.intervals, self.days) < 1 or not 20 <= low <= high:
            raise UserError(
                "A plan needs at least one series, episode, interval and day, and episodes of 20 s or more."
            )

    def slug(self, number: int) -> str:
        """The id of a series, from 0."""
        return f"simulated-{number + 1:03d}"

    def durations_ms(self) -> np.ndarray:
        """Lengths of the episodes, (series, episodes), whole milliseconds."""
        rng = np.random.default_rng([self.seed, 1])
        low, high = self.seconds
        return rng.integers(low * 1000, high * 1000 + 1, (self.series, self.episodes)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class _World:
    """What all days share. `stop[s]` is the share that leaves series s in an episode from the second on."""

    plan: Plan
    durations: np.ndarray
    stop: np.ndarray
    first: np.ndarray  # share that leaves in episode 1, by series
    weight: np.ndarray  # how many viewers each series draws
    curves: tuple[Curve, Curve]  # of episode 1 and of a later one, 100 s long


def simulate_plan(plan: Plan, lake: Lake, progress: Progress | None = None) -> int:
    """Write exactly `plan.intervals` simulated intervals into an empty or simulated lake; returns how many.

    The same plan gives the same rows. They are added: give an empty folder. UserError where something else is writing
    into the lake.
    """
    with alone(lake):
        refuse_real(lake)
        return _write_all(plan, lake, progress)


def _write_all(plan: Plan, lake: Lake, progress: Progress | None) -> int:
    world = _world(plan)
    pending: dict[int, list[dict[str, np.ndarray]]] = {}
    written = viewers = 0
    for day in range(plan.days):
        if progress:
            progress(written, plan.intervals, f"day {day + 1} (simulated)")
        wanted = plan.intervals * (day + 1) // plan.days - plan.intervals * day // plan.days
        rng = np.random.default_rng([plan.seed, 2, day])
        while wanted:
            rows, people = _arrivals(world, day, min(wanted, _CHUNK), viewers, rng)
            viewers += people
            wanted -= len(rows["viewer"])
            _file(pending, rows)
            if sum(len(p["ms"]) for p in pending.get(day, ())) >= _SLICE:
                written += _write(lake, world, pending, day)
        written += _write(lake, world, pending, day)
    for day in sorted(pending):
        written += _write(lake, world, pending, day)
    lake.refresh()
    if progress:
        progress(written, plan.intervals, "")
    return written


def _world(plan: Plan) -> _World:
    rng = np.random.default_rng([plan.seed, 3])
    effect = rng.normal(0, 0.3, plan.series)
    weight = rng.permutation(1.0 / np.arange(1, plan.series + 1) ** 0.6)
    truth = Truth(frailty=0.0)
    return _World(
        plan,
        plan.durations_ms(),
        stop=1 - np.exp(-0.12 * np.exp(effect)),
        first=1 - np.exp(-0.55 * np.exp(effect)),
        weight=weight / weight.sum(),
        curves=(curve(truth, 1, 100_000, (), "", ""), curve(truth, 2, 100_000, (), "", "")),
    )


def _arrivals(
    world: _World, day: int, limit: int, number: int, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], int]:
    """The intervals of new viewers of a day, at most `limit`, and how many viewers were drawn.

    Two viewers in a row are one person who watches two series, where there are two.
    """
    plan = world.plan
    n = max(64, limit // 9)  # about nine intervals a viewer; what is missing is drawn next
    viewer = number + np.arange(n)
    series = rng.choice(plan.series, n, p=world.weight)
    if plan.series > 1:
        series[1::2] = (series[: n // 2 * 2 : 2] + rng.integers(1, plan.series, n // 2)) % plan.series
    market = rng.integers(0, len(plan.markets), n)
    market[1::2] = market[: n // 2 * 2 : 2]
    variant = rng.integers(0, len(plan.variants), n)
    starts = day * _DAY_S + np.minimum(rng.gamma(6.0, 3.2, n) * 3600, _DAY_S - 1)
    rate = rng.choice(np.array([1.0, 1.25, 1.5, 2.0], np.float32), n, p=[0.82, 0.06, 0.08, 0.04])
    last = np.where(rng.random(n) < world.first[series], 1, 1 + rng.geometric(world.stop[series]))
    stays = last > plan.episodes
    last = np.minimum(last, plan.episodes)

    row = np.repeat(np.arange(n), last)
    begins = np.cumsum(last) - last
    episode = np.arange(len(row)) - begins[row] + 1
    duration = world.durations[series[row], episode - 1]
    to = duration.copy()
    leaves = begins + last - 1
    leaves = leaves[~stays]
    drawn = rng.random(len(leaves))
    for is_first, c in zip((True, False), world.curves, strict=True):
        # The place of leaving, given that the viewer leaves: the curve cut at its end and drawn to length.
        mine = (episode[leaves] == 1) == is_first
        hazard = -np.log1p(-drawn[mine] * -np.expm1(-c.total[-1]))
        share = np.minimum(c.when(hazard), c.duration_ms) / c.duration_ms
        at = leaves[mine]
        to[at] = np.clip(share * duration[at], 1, duration[at] - 1)
    seconds = to / (1000.0 * rate[row]) + 2.0
    passed = np.cumsum(seconds) - seconds
    passed -= passed[begins][row]
    sitting = (episode - 1) // _A_DAY
    moment = starts[row] + passed + sitting * _DAY_S * 1.0

    rewinds = np.flatnonzero((rng.random(len(row)) < _REWINDS) & (to > 12_000))
    place = (to[rewinds] * rng.uniform(0.8, 0.95, len(rewinds))).astype(np.int32)
    again = np.r_[np.arange(len(row)), rewinds]
    piece = np.r_[np.zeros(len(row), np.int8), np.ones(len(rewinds), np.int8)]
    time_from = np.r_[np.zeros(len(row), np.int32), place - 8_000]
    time_to = np.r_[to, to[rewinds]]
    time_to[rewinds] = place
    moment = np.r_[moment, moment[rewinds] + place / (1000.0 * rate[row[rewinds]])]
    order = np.argsort(again, kind="stable")[:limit]
    again, row = again[order], row[again[order]]
    return {
        "viewer": viewer[row],
        "series": series[row].astype(np.int16),
        "episode": episode[again].astype(np.int16),
        "market": market[row].astype(np.int8),
        "variant": variant[row].astype(np.int8),
        "piece": piece[order],
        "time_from_ms": time_from[order],
        "time_to_ms": time_to[order].astype(np.int32),
        "duration_ms": duration[again],
        "rate": rate[row],
        "ms": (moment[order] * 1000).astype(np.int64),
    }, n


def _file(pending: dict[int, list[dict[str, np.ndarray]]], rows: dict[str, np.ndarray]) -> None:
    day = rows["ms"] // (_DAY_S * 1000)
    for d in np.unique(day):
        mine = day == d
        pending.setdefault(int(d), []).append({k: v[mine] for k, v in rows.items()})


def _write(lake: Lake, world: _World, pending: dict[int, list[dict[str, np.ndarray]]], day: int) -> int:
    """Write what there is of one day, and forget it; returns how many rows that was."""
    parts = pending.pop(day, [])
    if not parts:
        return 0
    rows = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    plan = world.plan
    con = lake.con()
    # Not Lake.write: looking at all files again after each day would take longer than writing it.
    staging = lake.root / ".staging" / f"plan-{uuid.uuid4().hex}"
    con.register("made_up", rows)
    try:
        count = lake.stage("events", _select(plan), staging)
        publish(staging, lake.root)
        return count
    finally:
        con.unregister("made_up")
        shutil.rmtree(staging, ignore_errors=True)


def _select(plan: Plan) -> str:
    people = "viewer // 2" if plan.series > 1 else "viewer"
    start = literal(plan.start.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"))

    def listed(names: tuple[str, ...], column: str) -> str:
        return f"list_extract([{', '.join(literal(n) for n in names)}], CAST({column} AS BIGINT) + 1)"

    return f"""SELECT 'sim-' || viewer || '-' || episode || '-' || piece AS event_id,
        'sim-' || viewer || '-' || episode AS media_session_id, 'sim-' || ({people}) AS user_id,
        {listed(tuple(plan.slug(i) for i in range(plan.series)), "series")} AS series_id,
        {listed(plan.markets, "market")} AS market, {listed(plan.variants, "variant")} AS variant_id,
        episode, time_from_ms, time_to_ms, duration_ms, rate AS playback_rate, viewer % 7 = 0 AS muted,
        TIMESTAMP {start} + to_milliseconds(ms) AS started_at, true AS simulated
        FROM made_up"""
