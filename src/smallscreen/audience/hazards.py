"""Who was there in each second of an edition and who left in it, from the lake.

A viewer is at risk in every second of an episode that was played, counted once. A **leave** is the end of a
viewer's last played interval of an episode, when it lies before 95 % of the episode, the viewer never reached
95 % of it, and did not begin the next episode within `window_hours` after (or before: who has already seen the
next one was not lost here). Whose window is not over at `as_of` is left out of that episode altogether. A
**stop** is the same between episodes: 95 % was reached, and the next episode was not begun in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from smallscreen.audience.lake import Lake

COMPLETE = 0.95
WINDOW_HOURS = 48
"""Time to begin the next episode: who watches at the same hour each day comes back within it."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One cut of one episode: `viewers` at risk and `leaves` in each second before 95 % of it, shape (seconds,)."""

    episode: int
    asset_id: str
    duration_ms: int
    viewers: Floats
    leaves: Floats


@dataclass(frozen=True, slots=True)
class Boundary:
    """The step from an episode to the next one: who reached 95 % and who of them stopped there."""

    episode: int
    completers: int
    stopped: int


@dataclass(frozen=True, slots=True)
class AdSecond:
    """One second of one episode behind advertisements: who had one within the lag, and who of them left in it."""

    episode: int
    second: int
    viewers: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Hazards:
    """What an edition's events say of leaving. `open` are viewer-episodes that cannot be judged yet."""

    as_of: datetime | None
    simulated: bool
    viewers: int
    open: int
    curves: list[Curve]
    boundaries: list[Boundary]
    ads: list[AdSecond]
    ads_outside: int


def hazards(
    lake: Lake,
    series: str,
    market: str,
    variant: str = "main",
    *,
    window_hours: int = WINDOW_HOURS,
    as_of: datetime | None = None,
    ad_lag_ms: int = 1000,
) -> Hazards:
    """Count an edition's viewers and leaves by second. Two passes over its events, no range join."""
    here = {"series": series, "market": market, "variant": variant}
    mine = "series_id = $series AND market = $market AND variant_id = $variant"
    head = lake.sql(
        f"SELECT max({_ENDED}), bool_or(simulated), count(DISTINCT user_id) FROM events WHERE {mine}", **here
    )[0]
    if head[0] is None:
        return Hazards(None, False, 0, 0, [], [], [], 0)
    until = as_of or head[0]
    lake.sql("DROP TABLE IF EXISTS why_played")
    lake.sql(f"CREATE TEMP TABLE why_played AS {_PLAYED.format(mine=mine)}", **here, until=until)
    lake.sql("DROP TABLE IF EXISTS why_state")
    lake.sql(
        f"CREATE TEMP TABLE why_state AS {_STATE.format(complete=COMPLETE, hours=int(window_hours))}",
        until=until,
    )
    try:
        waiting = int(lake.sql("SELECT count(*) FROM why_state WHERE state = 'open'")[0][0])
        curves = _curves(lake)
        boundaries = [
            Boundary(int(e), int(n), int(s))
            for e, n, s in lake.sql(
                "SELECT episode, count(*), count(*) FILTER (state = 'stop') FROM why_state "
                "WHERE reached AND state <> 'open' "
                "AND episode < (SELECT max(episode) FROM why_state) GROUP BY episode ORDER BY episode"
            )
        ]
        ads, outside = _ads(lake, here, mine, ad_lag_ms)
    finally:
        lake.sql("DROP TABLE why_played")
        lake.sql("DROP TABLE why_state")
    return Hazards(until, bool(head[1]), int(head[2]), waiting, curves, boundaries, ads, outside)


_ENDED = "started_at + to_milliseconds(CAST((time_to_ms - time_from_ms) / playback_rate AS BIGINT))"

_PLAYED = (
    "SELECT user_id, episode, asset_id, time_from_ms, time_to_ms, duration_ms, started_at, "
    + _ENDED
    + " AS ended_at FROM events WHERE {mine} AND started_at <= $until"
)

# A tie on the clock (two intervals reported with one time) goes to the one that reached further.
_STATE = """
WITH last AS (
  SELECT user_id, episode,
         arg_max(asset_id, (started_at, time_to_ms)) AS asset_id,
         arg_max(time_to_ms, (started_at, time_to_ms)) AS to_ms,
         max(ended_at) AS ended_at, min(started_at) AS began_at,
         bool_or(time_to_ms >= {complete} * duration_ms) AS reached
  FROM why_played GROUP BY user_id, episode),
next AS (SELECT user_id, episode - 1 AS episode, began_at AS next_at FROM last)
SELECT l.*,
  CASE WHEN n.next_at <= l.ended_at + to_hours({hours}) THEN 'went-on'
       WHEN l.ended_at + to_hours({hours}) > $until THEN 'open'
       WHEN l.reached THEN 'stop' ELSE 'leave' END AS state
FROM last l LEFT JOIN next n USING (user_id, episode)
"""

_STEPS = """
WITH s AS (
  SELECT user_id, episode, asset_id, time_from_ms // 1000 AS a, (time_to_ms - 1) // 1000 AS b
  FROM why_played SEMI JOIN (SELECT user_id, episode FROM why_state WHERE state <> 'open') USING (user_id, episode)),
m AS (SELECT *, max(b) OVER (PARTITION BY user_id, asset_id ORDER BY a, b
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen FROM s),
-- Each second once: an interval adds only what lies beyond all that began before it.
f AS (SELECT episode, asset_id, greatest(a, coalesce(seen + 1, a)) AS a, b FROM m WHERE b > coalesce(seen, -1)),
d AS (SELECT episode, asset_id, a AS second, count(*) AS step FROM f GROUP BY ALL
      UNION ALL SELECT episode, asset_id, b + 1, -count(*) FROM f GROUP BY ALL)
SELECT episode, asset_id, second, sum(step) AS step FROM d GROUP BY ALL
"""


def _curves(lake: Lake) -> list[Curve]:
    length = {
        (int(e), str(a)): int(d)
        for e, a, d in lake.sql("SELECT episode, asset_id, max(duration_ms) FROM why_played GROUP BY ALL")
    }
    steps: dict[tuple[int, str], list[tuple[int, float]]] = {}
    for e, a, second, step in lake.sql(_STEPS):
        steps.setdefault((int(e), str(a)), []).append((int(second), float(step)))
    gone: dict[tuple[int, str], list[tuple[int, float]]] = {}
    for e, a, second, n in lake.sql(
        "SELECT episode, asset_id, (to_ms - 1) // 1000, count(*) FROM why_state WHERE state = 'leave' GROUP BY ALL"
    ):
        gone.setdefault((int(e), str(a)), []).append((int(second), float(n)))
    found = []
    for key in sorted(steps):
        seconds = max(1, int(COMPLETE * length[key] / 1000))
        viewers = np.maximum(np.cumsum(_filled(steps[key], seconds)), 0.0)
        leaves = np.minimum(_filled(gone.get(key, []), seconds), viewers)
        found.append(Curve(key[0], key[1], length[key], viewers, leaves))
    return found


def _filled(pairs: list[tuple[int, float]], seconds: int) -> Floats:
    """Sums at their seconds; what lies beyond the last one is left away."""
    out = np.zeros(seconds)
    for second, n in pairs:
        if second < seconds:
            out[second] += n
    return out


def _ads(lake: Lake, here: dict[str, str], mine: str, lag_ms: int) -> tuple[list[AdSecond], int]:
    """Exposed viewers by second after an advertisement, beside all viewers of that second."""
    if not lake.has("ad_impression"):
        return [], 0
    outside = int(
        lake.sql(f"SELECT count(*) FROM ad_impression WHERE {mine} AND at_ms IS NULL", **here)[0][0]
    )
    span = max(1, -(-lag_ms // 1000))
    rows = lake.sql(
        f"""
        WITH shown AS (
          SELECT DISTINCT user_id, episode, at_ms // 1000 + k AS second
          FROM ad_impression, range({span + 1}) AS lag(k) WHERE {mine} AND at_ms IS NOT NULL),
        mine AS (
          SELECT w.user_id, w.episode, w.second, s.state = 'leave' AND (s.to_ms - 1) // 1000 = w.second AS gone
          FROM shown w JOIN why_state s USING (user_id, episode)
          WHERE s.state <> 'open' AND ((s.to_ms - 1) // 1000 >= w.second OR s.reached))
        SELECT episode, second, count(*), count(*) FILTER (gone) FROM mine GROUP BY ALL ORDER BY ALL""",
        **here,
    )
    exposed = {(int(e), int(s)): (int(n), int(g)) for e, s, n, g in rows}
    return [AdSecond(e, s, n, g) for (e, s), (n, g) in exposed.items()], outside
