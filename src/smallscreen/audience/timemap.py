"""Time maps: where a second of the series lies in a cut with other timing.

A side file `lake/timemaps/NAME.json` for each such cut:

    {"asset_id": "my-series/ep007/es-419", "points": [[0, 0], [12000, 12000], [12000, 15500], [61000, 64500]]}

Each point is [ms in the cut, ms in the series], both never falling; between two points time runs evenly, outside
them at its own speed. Two points with the same ms in the cut are a piece that was taken out, two with the same
ms in the series a piece that was put in. A cut without a file has the series' own time.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smallscreen.errors import FileProblem


@dataclass(frozen=True, slots=True)
class TimeMap:
    """A piecewise linear map: `cut` and `series` are ms, in pairs."""

    asset_id: str
    cut: tuple[float, ...]
    series: tuple[float, ...]

    def to_cut(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Where a span of the series lies in the cut, in ms; None when it was taken out."""
        low, high = self._at(start_ms, "right"), self._at(end_ms, "left")
        return (low, high) if high > low else None

    def _at(self, ms: float, side: str) -> float:
        x, y = np.asarray(self.series), np.asarray(self.cut)
        if ms <= x[0]:
            same = np.flatnonzero(x == ms)
            return float(y[same[-1]] if side == "right" and same.size else y[0] + ms - x[0])
        if ms >= x[-1]:
            same = np.flatnonzero(x == ms)
            return float(y[same[0]] if side == "left" and same.size else y[-1] + ms - x[-1])
        # Where a piece was put in, a span that begins there begins behind it, and one that ends there before it.
        k = int(np.searchsorted(x, ms, side="right" if side == "right" else "left"))
        return float(y[k - 1] + (ms - x[k - 1]) / (x[k] - x[k - 1]) * (y[k] - y[k - 1]))


def read_timemaps(root: Path) -> dict[str, TimeMap]:
    """The maps in `root/timemaps`, by asset. FileProblem for a file that is none."""
    found: dict[str, TimeMap] = {}
    for path in sorted((root / "timemaps").glob("*.json")):
        try:
            data = json.loads(path.read_text("utf-8"))
            asset = data["asset_id"]
            points = [(float(a), float(b)) for a, b in data["points"]]
        except (ValueError, KeyError, TypeError) as e:
            raise FileProblem(
                path,
                None,
                f"it is no time map ({e})",
                '{"asset_id": ..., "points": [[cut ms, series ms], ...]}',
            ) from None
        rising = all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(points))
        if not isinstance(asset, str) or len(points) < 2 or not rising:
            raise FileProblem(
                path, None, "its points fall or are fewer than two", "points that rise in both times"
            )
        found[asset] = TimeMap(asset, tuple(p[0] for p in points), tuple(p[1] for p in points))
    return found
