"""The arc of feeling: where it turns, and how restless it is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from smallscreen.story.signal import Context, Signal, SignalResult, Values, finding, quote, smooth


class Arc(Signal):
    """Turning points and restlessness of the smoothed valence of lines."""

    id = "arc"
    name = "Reversals and volatility"
    description = "feeling from dark to bright, smoothed over neighboring lines; a reversal is where it turns and then moves by as much as the reader states (0.2 where it states nothing)"
    unit = "reversals an episode; mean change of the smoothed feeling a minute, on a scale from -1 to 1"
    source = "smoothed sentiment arcs: Reagan et al. 2016, Jockers 2015; turning points by swing: zigzag with one threshold for a reader"
    order = 50
    measures = ("sentiment", "window", "valence")

    def run(self, ctx: Context) -> SignalResult:
        found = []
        by_episode: dict[str, dict[str, Any]] = {}
        for number, lines in ctx.episodes.items():
            values = smooth(np.array([x.reading.valence for x in lines]))
            turns = turning_points(values, ctx.swing)
            minutes = max(1 / 60, (lines[-1].cue.end_ms - lines[0].cue.start_ms) / 60000)
            by_episode[str(number)] = {
                "reversals": len(turns),
                "volatility": round(float(np.abs(np.diff(values)).sum()) / minutes, 2)
                if len(values) > 1
                else 0.0,
                "mean": round(float(values.mean()), 2),
                "low": round(float(values.min()), 2),
                "high": round(float(values.max()), 2),
            }
            if turns:
                at, size = max(turns, key=lambda t: abs(t[1]))
                around = lines[max(0, at - 3) : at + 4]
                way = "from bright to dark" if size < 0 else "from dark to bright"
                found.append(
                    finding(
                        "story.reversal",
                        around,
                        f"Feeling turns {way} here: “{lines[at].text}”",
                        {"lines": [quote(x) for x in around[2:6]], "swing": round(size, 2)},
                        confidence=min(0.6, abs(size)),
                        at=lines[at],
                    )
                )
        rows = list(by_episode.values())
        mean = lambda key: round(float(np.mean([r[key] for r in rows])), 2) if rows else 0.0  # noqa: E731
        return SignalResult(
            found,
            {
                "reversals_an_episode": mean("reversals"),
                "volatility_a_minute": mean("volatility"),
                "mean": mean("mean"),
                "by_episode": by_episode,
            },
        )


def turning_points(values: Values, least: float) -> list[tuple[int, float]]:
    """Where the curve turns and then swings by `least` or more: (place, swing that follows, signed)."""
    if len(values) < 3:
        return []
    pivots = [0]
    up: bool | None = None
    extreme = 0
    for i in range(1, len(values)):
        if up is None:
            if abs(values[i] - values[0]) >= least:
                up, extreme = bool(values[i] > values[0]), i
        elif (values[i] > values[extreme]) == up and values[i] != values[extreme]:
            extreme = i
        elif abs(values[i] - values[extreme]) >= least:
            pivots.append(extreme)
            up, extreme = not up, i
    pivots.append(extreme)
    return [(b, float(values[c] - values[b])) for b, c in pairwise(pivots[1:])]
