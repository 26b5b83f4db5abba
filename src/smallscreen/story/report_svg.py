"""The report's pictures as SVG path data: numbers in, numbers out, no markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smallscreen.story.reading import Reading
from smallscreen.story.signal import Values, smooth

WIDTH, HEIGHT, MIDDLE, REACH = 1200, 330, 165, 146
"""The big picture: gratification rises from the middle, resonance sinks from it like a reflection."""
_MOST_POINTS = 900
_STRIP = 2.5


@dataclass(slots=True)
class Peak:
    """A high place of an arc: where it is and the line that shows it best (a place in the reading's lines)."""

    n: int
    axis: str
    x: float
    y: float
    line: int


@dataclass(slots=True)
class Stream:
    """The two arcs over the whole series."""

    up: str
    down: str
    up_edge: str
    down_edge: str
    bounds: list[dict[str, Any]]
    peaks: list[Peak]
    scale: float
    width_lines: float


def stream(reading: Reading, peaks: int = 4) -> Stream:
    """Both axes smoothed over the series on one scale; at most `peaks` marked on each."""
    count = len(reading.lines)
    width = min(14.0, max(3.0, count / 110))
    # A line in each episode's place; curves do not run on across the end of an episode.
    curves = {axis: _by_episode(reading, axis, width) for axis in ("gratification", "resonance")}
    top = max(0.05, *(float(c.max()) for c in curves.values())) if count else 1.0
    xs = np.linspace(0, WIDTH, count) if count > 1 else np.array([WIDTH / 2])
    up = MIDDLE - curves["gratification"] / top * REACH
    down = MIDDLE + curves["resonance"] / top * REACH
    marked = _peaks(reading, curves["gratification"], "gratification", peaks, xs, up, width)
    marked += _peaks(reading, curves["resonance"], "resonance", peaks, xs, down, width)
    for n, peak in enumerate(sorted(marked, key=lambda p: p.x), start=1):
        peak.n = n
    return Stream(
        up=_area(xs, up),
        down=_area(xs, down),
        up_edge=_curve(xs, up),
        down_edge=_curve(xs, down),
        bounds=_bounds(reading, xs),
        peaks=sorted(marked, key=lambda p: p.n),
        scale=round(100 * top, 0),
        width_lines=round(width, 1),
    )


def strip_scale(reading: Reading) -> float:
    """The value that fills an episode's strip: only one smoothed line in fifty is cut off at it."""
    values = [_by_episode(reading, axis, _STRIP) for axis in ("gratification", "resonance")]
    return max(0.02, float(np.quantile(np.concatenate(values), 0.98)))


def episode_strip(reading: Reading, first: int, end: int, top: float) -> dict[str, str]:
    """One episode's two arcs in a box of 300 by 40, on the scale of the whole series."""
    found = {}
    for axis, sign in (("gratification", -1), ("resonance", 1)):
        values = smooth(np.array([getattr(x, axis) for x in reading.lines[first:end]]), _STRIP)
        xs = np.linspace(0, 300, len(values)) if len(values) > 1 else np.array([150.0])
        found[axis] = _area(xs, 20 + sign * np.minimum(values / top, 1) * 19, 20, 300)
    return found


def overlay(
    values: Sequence[float], top: float, low: float = 0.0, *, width: int = 600, height: int = 120
) -> str:
    """One curve in a box, from `low` at the bottom to `top` at the top."""
    data = np.array(values, dtype=np.float64)
    xs = np.linspace(0, width, len(data)) if len(data) > 1 else np.array([width / 2])
    span = max(1e-9, top - low)
    return _curve(xs, height - 4 - (data - low) / span * (height - 8))


def network(figures: dict[str, Any], most: int = 14) -> dict[str, Any]:
    """People on a circle, replies as chords: coordinates in a box of 640 by 460."""
    people = [p for p in figures["people"] if p["answers"]][:most]
    place = {}
    for i, person in enumerate(people):
        angle = 2 * math.pi * i / max(1, len(people)) - math.pi / 2
        place[person["name"]] = (round(320 + 205 * math.cos(angle), 1), round(230 + 165 * math.sin(angle), 1))
    edges = [e for e in figures["edges"] if e["a"] in place and e["b"] in place]
    most_replies = max((e["replies"] for e in edges), default=1)
    most_lines = max((p["lines"] for p in people), default=1)
    replies = max(1, sum(e["replies"] for e in edges))
    usual_care = sum(e["care"] for e in edges) / replies
    usual_sharp = sum(e["sharp"] for e in edges) / replies
    lines = []
    for e in reversed(edges):
        (x1, y1), (x2, y2) = place[e["a"]], place[e["b"]]
        # Chords bend towards the middle, so that neighbors do not hide each other.
        cx, cy = (x1 + x2) / 2 * 0.55 + 320 * 0.45, (y1 + y2) / 2 * 0.55 + 230 * 0.45
        lines.append(
            {
                "d": f"M{x1} {y1}Q{cx:.1f} {cy:.1f} {x2} {y2}",
                "w": round(1 + 9 * math.sqrt(e["replies"] / most_replies), 1),
                "tone": _tone(e, usual_care, usual_sharp),
                "title": f"{e['a']} and {e['b']}: {e['replies']} replies"
                + (f" ({e['a_is']})" if e["a_is"] else ""),
            }
        )
    nodes = [
        {
            "name": p["name"],
            "x": place[p["name"]][0],
            "y": place[p["name"]][1],
            "r": round(6 + 16 * math.sqrt(p["lines"] / most_lines), 1),
            "lines": p["lines"],
            "below": place[p["name"]][1] >= 230,
        }
        for p in people
    ]
    return {"nodes": nodes, "edges": lines}


def _tone(edge: dict[str, Any], usual_care: float, usual_sharp: float) -> str:
    """Warm or sharp beside what is usual among the people of this series; even where neither stands out."""
    care = edge["care"] / edge["replies"] / max(1e-6, usual_care)
    sharp = edge["sharp"] / edge["replies"] / max(1e-6, usual_sharp)
    if edge["replies"] < 5 or max(care, sharp) < 1.1 or abs(care - sharp) < 0.15:
        return "even"
    return "warm" if care > sharp else "sharp"


def axes_plot(
    points: Sequence[tuple[float, float]],
    boxes: Sequence[tuple[str, float, float, float, float, float, float]],
    *,
    close: bool = False,
) -> dict[str, Any]:
    """A plane of 560 by 400: gratification to the right, resonance up; boxes are name, g, low, high, r, low, high.

    It begins at zero, or with `close` a little below what is shown.
    """
    most_x = max([0.5, *(x for x, _ in points), *(b[3] for b in boxes)]) * 1.1
    most_y = max([0.5, *(y for _, y in points), *(b[6] for b in boxes)]) * 1.15

    least_x = 0.92 * min((b[2] for b in boxes), default=0.0) if close else 0.0
    least_y = 0.92 * min((b[5] for b in boxes), default=0.0) if close else 0.0

    def x(v: float) -> float:
        return round(50 + 490 * (v - least_x) / (most_x - least_x), 1)

    def y(v: float) -> float:
        return round(350 - 330 * (v - least_y) / (most_y - least_y), 1)

    return {
        "points": [(x(a), y(b)) for a, b in points],
        "boxes": [
            {
                "name": n,
                "x": x(g),
                "y": y(r),
                "x1": x(gl),
                "x2": x(gh),
                "y1": y(rl),
                "y2": y(rh),
                "g": g,
                "r": r,
            }
            for n, g, gl, gh, r, rl, rh in boxes
        ],
        "xticks": [(x(v), f"{v:g}") for v in _ticks(least_x, most_x)],
        "yticks": [(y(v), f"{v:g}") for v in _ticks(least_y, most_y)],
    }


def _ticks(least: float, most: float) -> list[float]:
    step = next((s for s in (0.2, 0.5, 1, 2, 5, 10, 20, 25) if (most - least) / s <= 6), 50)
    return [round(n * step, 1) for n in range(math.ceil(least / step), int(most / step) + 1)]


def _by_episode(reading: Reading, axis: str, width: float) -> Values:
    parts, start = [], 0
    for episode in reading.episodes:
        some = reading.lines[start : start + episode.lines]
        parts.append(smooth(np.array([getattr(x, axis) for x in some], dtype=np.float64), width))
        start += episode.lines
    return np.concatenate(parts) if parts else np.zeros(0)


def _peaks(
    reading: Reading, curve: Values, axis: str, count: int, xs: Values, ys: Values, width: float
) -> list[Peak]:
    """The highest places that lie apart, each with the strongest line near it."""
    found: list[int] = []
    apart = max(4, len(curve) // (3 * count))
    for i in np.argsort(-curve, kind="stable"):
        if len(found) == count:
            break
        if all(abs(int(i) - j) >= apart for j in found):
            found.append(int(i))
    peaks = []
    for i in found:
        near = range(max(0, i - int(width) - 1), min(len(curve), i + int(width) + 2))
        best = max(
            (j for j in near if reading.lines[j].episode == reading.lines[i].episode),
            key=lambda j: getattr(reading.lines[j], axis),
        )
        peaks.append(Peak(0, axis, round(float(xs[i]), 1), round(float(ys[i]), 1), best))
    return peaks


def _bounds(reading: Reading, xs: Values) -> list[dict[str, Any]]:
    """Where each episode begins and ends, with its hook."""
    hooks = {r["episode"]: r for r in reading.signals["hook"].figures["episodes"]}
    bounds, start = [], 0
    every = max(1, math.ceil(len(reading.episodes) / 20))
    for n, episode in enumerate(reading.episodes):
        end = start + episode.lines - 1
        hook = hooks[episode.number]
        bounds.append(
            {
                "number": episode.number,
                "x": round(float(xs[start]), 1),
                "end": round(float(xs[end]), 1),
                "labelled": n % every == 0,
                "hook": hook["strength"],
                "r": round(1.5 + 5 * hook["strength"], 1),
            }
        )
        start = end + 1
    return bounds


def _thin(xs: Values, ys: Values) -> tuple[Values, Values]:
    if len(xs) <= _MOST_POINTS:
        return xs, ys
    at = np.unique(np.linspace(0, len(xs) - 1, _MOST_POINTS).astype(int))
    return xs[at], ys[at]


def _curve(xs: Values, ys: Values) -> str:
    xs, ys = _thin(xs, ys)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True)) if len(xs) else ""


def _area(xs: Values, ys: Values, base: float = MIDDLE, width: float = WIDTH) -> str:
    if not len(xs):
        return ""
    xs, ys = _thin(xs, ys)
    inner = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    return f"M{xs[0]:.1f} {base:g}L{inner}L{xs[-1]:.1f} {base:g}z"
