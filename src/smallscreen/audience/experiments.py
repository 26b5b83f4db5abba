"""Experiments: did arm B beat arm A, said so that one may look every day.

Only what a user watched after their exposure counts, over the same length of time for everybody; the ratio of
users is tested first, and when it is off nothing is concluded; the intervals hold at all looks together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.audience.hazards import COMPLETE
from smallscreen.audience.lake import Lake
from smallscreen.audience.stats import (
    SRM_THRESHOLD,
    Interval,
    cuped,
    linearized,
    srm_chi2,
    two_arm_half_width,
)
from smallscreen.errors import UserError

WINDOW_HOURS = 24
"""How long after the exposure a user's viewing counts."""
BEFORE_DAYS = 14
"""How long before it a user's viewing is used to take away noise (CUPED)."""
PLAN = 10_000
"""Users, both arms together, at which the intervals are narrowest. To be fixed before the data is seen."""
FIRST = 200
"""Users, both arms together, before which there is no interval: it rests on large numbers."""
CONTROLS = ("control", "a", "main")
"""Names by which the control is known; otherwise it is the first arm by name."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arm:
    """Users assigned to an arm, and those of them whose time is over (`counted`)."""

    name: str
    users: int
    counted: int
    planned: float


@dataclass(frozen=True, slots=True)
class Look:
    """The lift as it stood at the end of a day (UTC); low and high hold at all looks together."""

    day: str
    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lift:
    """One metric of one arm against the control. `lift` 0.1 is 10 percent more; `verdict` at the last look.

    `variance_saved` is the share of variance that CUPED took away; 0 where it was not used.
    """

    metric: str
    unit: str
    primary: bool
    arm: str
    against: str
    control_value: float
    arm_value: float
    lift: Interval
    looks: list[Look]
    variance_saved: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment as it stands. When `refused` is not None it says why, and there are no metrics."""

    name: str
    simulated: bool
    as_of: str | None
    window_hours: int
    srm_p: float
    srm_threshold: float
    refused: str | None
    arms: list[Arm]
    metrics: list[Lift] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def experiment(
    lake: Lake,
    name: str,
    *,
    planned: dict[str, float] | None = None,
    control: str | None = None,
    window_hours: int = WINDOW_HOURS,
    plan: int = PLAN,
    as_of: datetime | None = None,
    alpha: float = 0.05,
) -> Experiment:
    """Judge an experiment of the lake's `exposure` table. `planned`: shares by arm, equal when not given.

    Raises UserError when there is no such experiment or it has but one arm.
    """
    data = _users(lake, name, window_hours, as_of)
    names = sorted(set(data["arm"].tolist()))
    if len(names) < 2:
        known = ", ".join(str(r[0]) for r in lake.sql("SELECT DISTINCT experiment FROM exposure ORDER BY 1"))
        raise UserError(
            f"The experiment {name!r} has {len(names)} arms in the exposure table, and two are needed; "
            f"it knows of: {known or 'none'}."
        )
    shares = planned or dict.fromkeys(names, 1.0)
    if set(shares) != set(names) or any(v <= 0 for v in shares.values()):
        raise UserError(
            f"The planned shares are for {', '.join(sorted(shares))} and the arms are {', '.join(names)}; "
            "give one share above 0 for each arm."
        )
    base = control or next((c for c in CONTROLS if c in names), names[0])
    if base not in names:
        raise UserError(f"{name} has no arm {base!r}; its arms are {', '.join(names)}.")
    total = sum(shares.values())
    arm, ready = data["arm"], data["ready"]
    arms = [Arm(a, int((arm == a).sum()), int(((arm == a) & ready).sum()), shares[a] / total) for a in names]
    p = srm_chi2([a.users for a in arms], [a.planned for a in arms])
    head: dict[str, Any] = {
        "name": name,
        "simulated": bool(data["simulated"].any()),
        "as_of": data["as_of"].isoformat() if data["as_of"] else None,
        "window_hours": window_hours,
        "srm_p": p,
        "srm_threshold": SRM_THRESHOLD,
        "arms": arms,
        "notes": data["notes"],
    }
    if p < SRM_THRESHOLD:
        counts = " against ".join(f"{a.users:,} ({a.name})" for a in arms)
        return Experiment(
            refused=f"The arms have {counts} users; chance gives a ratio this far from the plan with p = {p:.4f}, below "
            f"{SRM_THRESHOLD:g}. Something decides who is in which arm, or who is counted: find it before comparing.",
            **head,
        )
    metrics = [
        _lift(data, metric, a, base, plan, alpha / (len(names) - 1))
        for metric in METRICS
        for a in names
        if a != base
    ]
    if len(names) > 2:
        head["notes"].append(f"{len(names) - 1} arms against one control: alpha is divided by their number.")
    head["notes"].append(
        f"{METRICS[0].name} is the primary metric; the others are not corrected for their number."
    )
    return Experiment(refused=None, metrics=metrics, **head)


# --- metrics -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean a user (`over` None) or a ratio of two sums over users."""

    name: str
    of: str
    over: str | None
    unit: str
    before: str | None = None
    before_over: str | None = None


METRICS = (
    Metric("minutes a user", "minutes", None, "minutes", "minutes_before"),
    Metric("completion", "completed", "started", "episodes completed an episode started", "completed_before"),
    Metric("view duration", "minutes", "started", "minutes an episode started", "minutes_before"),
)


def _lift(data: dict[str, Any], metric: Metric, arm: str, base: str, plan: int, alpha: float) -> Lift:
    """The lift of an arm at the end of each day, for the users whose time was over by then."""
    use = data["ready"] & ((data["arm"] == arm) | (data["arm"] == base))
    treated = data["arm"][use] == arm
    day = data["ready_day"][use]
    top = data[metric.of][use]
    bottom = data[metric.over][use] if metric.over else np.ones(top.size)
    before = data[metric.before][use] if metric.before else np.zeros(top.size)
    looks = []
    last: tuple[float, float, float, float] = (math.nan, math.nan, 0.0, math.inf)
    for d in np.unique(day):
        until = day <= d
        last = _compare(top[until], bottom[until], before[until], treated[until], plan, alpha)
        value, half = last[1] / last[0] - 1 if last[0] else math.nan, last[3]
        looks.append(Look(str(d), int(until.sum()), value, *_ends(value, half)))
    control_value, arm_value, saved, half = last
    value = arm_value / control_value - 1 if control_value else math.nan
    low, high = _ends(value, half)
    interval = Interval(
        value, low, high, int(use.sum()), "relative lift", "asymptotic confidence sequence, delta method"
    )
    verdict = "not decided: the interval holds 0"
    if low > 0 or high < 0:
        verdict = f"{arm} is {'above' if low > 0 else 'below'} {base}"
    return Lift(
        metric.name,
        metric.unit,
        metric is METRICS[0],
        arm,
        base,
        control_value,
        arm_value,
        interval,
        looks,
        saved,
        verdict,
    )


def _ends(value: float, half: float) -> tuple[float, float]:
    """Low and high of a lift from the half width of the log ratio."""
    if not math.isfinite(half) or not math.isfinite(value) or value <= -1:
        return -1.0, math.inf
    return (1 + value) * math.exp(-half) - 1, (1 + value) * math.exp(half) - 1


def _compare(
    top: Floats, bottom: Floats, before: Floats, treated: NDArray[np.bool_], plan: int, alpha: float
) -> tuple[float, float, float, float]:
    """Control value, arm value, share of variance saved, and half width of the log ratio (always valid).

    Each user's influence on its arm's ratio of sums is found by the delta method; CUPED then takes from it what
    viewing before explains, with one theta for both arms, and moves each arm's value by the mean of what it took.
    """
    n1, n0 = int(treated.sum()), int((~treated).sum())
    if min(n1, n0) < 2 or not bottom[treated].sum() or not bottom[~treated].sum():
        return math.nan, math.nan, 0.0, math.inf
    influence = np.empty(top.size)
    values = {}
    for side in (False, True):
        mine = treated == side
        influence[mine] = linearized(top[mine], bottom[mine])
        values[side] = float(top[mine].sum() / bottom[mine].sum())
    adjusted, saved = cuped(influence, before)
    for side in (False, True):
        mine = treated == side
        values[side] += float(adjusted[mine].mean())
    if values[False] <= 0 or values[True] <= 0 or top.size < FIRST:
        return values[False], values[True], saved, math.inf
    spread = [float(adjusted[treated == side].var(ddof=1)) / values[side] ** 2 for side in (False, True)]
    return values[False], values[True], saved, two_arm_half_width(spread[1], n1, spread[0], n0, plan, alpha)


# --- the users -----------------------------------------------------------------------------

_USERS = """
WITH first AS (
  SELECT user_id, series_id, arg_min(arm, exposed_at) AS arm, min(exposed_at) AS at, count(DISTINCT arm) AS arms,
         bool_or(simulated) AS simulated
  FROM exposure WHERE experiment = $name AND exposed_at <= $until GROUP BY user_id, series_id),
once AS (SELECT * FROM first WHERE arms = 1),
seen AS (
  SELECT o.user_id, o.series_id, e.episode, e.started_at >= o.at AS after,
         sum(e.time_to_ms - e.time_from_ms) / 60000.0 AS minutes,
         sum(e.time_to_ms - e.time_from_ms) >= 1000 AS started,
         max(e.time_to_ms) >= {complete} * max(e.duration_ms) AS completed
  FROM once o JOIN events e ON e.user_id = o.user_id AND e.series_id = o.series_id
  WHERE e.started_at >= o.at - to_days({before}) AND e.started_at < o.at + to_hours({hours}) AND e.started_at <= $until
  GROUP BY ALL),
sums AS (
  SELECT user_id, series_id,
    sum(minutes) FILTER (after) AS minutes, sum(minutes) FILTER (NOT after) AS minutes_before,
    count(*) FILTER (after AND started) AS started, count(*) FILTER (after AND started AND completed) AS completed,
    count(*) FILTER (NOT after AND started AND completed) AS completed_before
  FROM seen GROUP BY ALL)
SELECT o.arm, o.simulated, o.at + to_hours({hours}) <= $until AS ready,
  strftime(o.at + to_hours({hours}), '%Y-%m-%d') AS ready_day,
  coalesce(s.minutes, 0.0) AS minutes, coalesce(s.minutes_before, 0.0) AS minutes_before,
  CAST(coalesce(s.started, 0) AS DOUBLE) AS started, CAST(coalesce(s.completed, 0) AS DOUBLE) AS completed,
  CAST(coalesce(s.completed_before, 0) AS DOUBLE) AS completed_before
FROM once o LEFT JOIN sums s USING (user_id, series_id) ORDER BY o.at, o.user_id
"""


def _users(lake: Lake, name: str, window_hours: int, as_of: datetime | None) -> dict[str, Any]:
    """One entry a user, in the order of exposure, with what they watched before and after it."""
    until = (
        as_of
        or lake.sql(
            "SELECT greatest((SELECT max(started_at) FROM events), (SELECT max(exposed_at) FROM exposure WHERE experiment = $name))",
            name=name,
        )[0][0]
    )
    nothing: dict[str, Any] = {"arm": np.array([]), "as_of": None, "notes": []}
    if until is None:
        return nothing
    columns: dict[str, Any] = {
        k: np.asarray(v)
        for k, v in lake.arrays(
            _USERS.format(complete=COMPLETE, before=int(BEFORE_DAYS), hours=int(window_hours)),
            name=name,
            until=until,
        ).items()
    }
    twice = lake.sql(
        "SELECT count(*) FROM (SELECT user_id, series_id FROM exposure WHERE experiment = $name AND exposed_at <= $until "
        "GROUP BY ALL HAVING count(DISTINCT arm) > 1)",
        name=name,
        until=until,
    )[0][0]
    notes = []
    if twice:
        notes.append(f"{twice:,} users were in more than one arm and are left out.")
    waiting = int((~columns["ready"]).sum()) if columns["ready"].size else 0
    if waiting:
        notes.append(f"{waiting:,} users are not counted yet: their {window_hours} hours are not over.")
    return columns | {"as_of": until, "notes": notes}
