"""The audience page's pictures as places and path data: numbers in, numbers out, no markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

PANEL = (400, 232)
"""Width and height of a picture that stands alone; text in it is read at this size."""
SMALL = (240, 92)
"""One of many: the frame is the axis, its words stand outside."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 12, 26


def retention(
    curves: Sequence[dict[str, Any]],
    marks: Sequence[dict[str, Any]],
    size: tuple[int, int],
    floor: float,
    *,
    bare: bool,
) -> dict[str, Any]:
    """The curves of one episode over each other, with bands; marks in lanes under them, one a source.

    `floor` is the share at the bottom of the frame, 1 is at its top.
    """
    width, height = size
    left, right, top = (0, 0, 2) if bare else (_LEFT, _RIGHT, _TOP)
    lanes = list(dict.fromkeys(m["lane"] for m in marks))
    foot = 7 * len(lanes) + (4 if bare else _BOTTOM)
    seconds = max((len(c["share"]) for c in curves), default=1)
    bottom = height - foot
    x = Scale(0, max(1, seconds), left, width - right)
    y = Scale(floor, 1.0, bottom, top)
    return {
        "width": width,
        "height": height,
        "bottom": bottom,
        "left": left,
        "right": width - right,
        "lines": [
            {"variant": c["variant"], "line": line(_held(c["share"], x, y)), "band": _band(c, x, y)}
            for c in curves
        ],
        "yticks": [(y(v), f"{100 * v:.0f}") for v in shares(floor)],
        "xticks": [
            (x(s), f"{s} s") for s in range(0, seconds + 1, step_of(seconds, (5, 10, 15, 30, 60, 120, 300)))
        ],
        "marks": [
            {
                **m,
                "x": x(m["start_ms"] / 1000),
                "w": max(1.5, x(m["end_ms"] / 1000) - x(m["start_ms"] / 1000)),
                "y": bottom + 3 + 7 * lanes.index(m["lane"]),
            }
            for m in marks
        ],
    }


def survival(curves: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Kaplan-Meier steps with bands and a tick where viewers are censored; the paywall is between two episodes."""
    width, height = PANEL
    first = min(c["episodes"][0] for c in curves)
    last = max(c["episodes"][-1] for c in curves)
    x = Scale(first, max(last, first + 1), _LEFT, width - 30)
    y = Scale(0.0, 1.0, height - _BOTTOM, _TOP)
    walls = {c["first_locked"] for c in curves if c["first_locked"]}
    shown = []
    for c in curves:
        at = [x(e) for e in c["episodes"]]
        shown.append(
            {
                "variant": c["variant"],
                "line": line(list(zip(at, (y(v) for v in c["survival"]), strict=True))),
                "band": area(at, [y(v) for v in c["low"]], [y(v) for v in c["high"]]),
                "ticks": [
                    {"x": px, "y": y(s), "n": n, "episode": e}
                    for px, s, n, e in zip(at, c["survival"], c["censored"], c["episodes"], strict=True)
                    if n
                ],
                "end": {"x": at[-1] + 4, "y": y(c["survival"][-1]), "share": c["survival"][-1]},
            }
        )
    apart([s["end"] for s in shown], 12, height - _BOTTOM)
    return {
        "lines": shown,
        "yticks": [(y(v), f"{100 * v:.0f}") for v in (0, 0.25, 0.5, 0.75, 1)],
        "xticks": [(x(e), str(e)) for e in range(first, last + 1, step_of(last - first, (1, 2, 5, 10, 20)))],
        "walls": [{"x": (x(w - 1) + x(w)) / 2, "episode": w} for w in sorted(walls)],
        "bottom": height - _BOTTOM,
    }


def dots(rows: Sequence[dict[str, Any]], floor: float) -> dict[str, Any]:
    """Intervals by episode, one series of dots a variant, side by side: `rows` have episode, variant, interval."""
    width, height = PANEL
    numbers = sorted({r["episode"] for r in rows})
    variants = list(dict.fromkeys(r["variant"] for r in rows))
    x = Scale(numbers[0] - 0.5, numbers[-1] + 0.5, _LEFT, width - _RIGHT)
    y = Scale(floor, 1.0, height - _BOTTOM, _TOP)
    wide = min(10.0, (width - _LEFT - _RIGHT) / len(numbers) / (len(variants) + 1))
    return {
        "points": [
            {
                "x": round(
                    x(r["episode"]) + wide * (variants.index(r["variant"]) - (len(variants) - 1) / 2), 1
                ),
                "y": y(r["value"]),
                "low": y(max(floor, r["low"])),
                "high": y(r["high"]),
                "r": round(max(1.4, min(3.4, wide / 2)), 1),
                **{k: r[k] for k in ("variant", "title")},
            }
            for r in rows
        ],
        "yticks": [(y(v), f"{100 * v:.0f}") for v in shares(floor)],
        "xticks": [
            (x(e), str(e))
            for e in range(numbers[0], numbers[-1] + 1, step_of(numbers[-1] - numbers[0], (1, 2, 5, 10, 20)))
        ],
        "bottom": height - _BOTTOM,
    }


def looks(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """A lift as it stood day by day with its always-valid interval; days without one are left out."""
    known = [r for r in rows if r["value"] is not None and r["high"] is not None and r["high"] < 3]
    if len(known) < 2:
        return None
    width, height = PANEL
    reach = max(0.05, *(abs(v) for r in known for v in (r["low"], r["high"])))
    tick = next((t for t in (0.05, 0.1, 0.2, 0.5, 1.0) if reach / t <= 3), 2.0)
    reach = tick * math.ceil(reach / tick)
    x = Scale(0, len(known) - 1, _LEFT + 6, width - _RIGHT)
    y = Scale(-reach, reach, height - _BOTTOM, _TOP)
    at = [x(i) for i in range(len(known))]
    count = round(reach / tick)
    return {
        "line": line(list(zip(at, (y(r["value"]) for r in known), strict=True))),
        "band": area(at, [y(r["low"]) for r in known], [y(r["high"]) for r in known]),
        "yticks": [(y(k * tick), f"{100 * k * tick:+.0f}") for k in range(-count, count + 1)],
        "zero": y(0.0),
        "first": known[0]["day"],
        "last": known[-1]["day"],
        "bottom": height - _BOTTOM,
    }


class LogAxis:
    """Ratios to percent of a width, 1 in sight; ratios beyond an end stand at it."""

    def __init__(self, values: Sequence[float]) -> None:
        fair = [v for v in values if v > 0]
        low, high = min([*fair, 0.7]), max([*fair, 1.5])
        self.low, self.high = math.log(max(low, 0.2)) - 0.05, math.log(min(high, 6.0)) + 0.05
        self.ticks = [
            {"at": self(v), "text": f"{v:g}"}
            for v in (0.2, 0.33, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6)
            if self.low <= math.log(v) <= self.high
        ]

    def __call__(self, value: float) -> float:
        """Where a ratio stands, 0 to 100."""
        part = (math.log(max(value, 1e-9)) - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, part)), 2)


class Scale:
    """Values from `low` to `high` to places from `start` to `end`; beyond the ends they stand at them."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + min(1.0, max(0.0, part)) * (self.end - self.start), 1)


def line(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def area(xs: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> str:
    """What lies between two lines."""
    there = [*zip(xs, highs, strict=True), *reversed(list(zip(xs, lows, strict=True)))]
    return line(there) + "z" if there else ""


def shares(floor: float) -> list[float]:
    """Round shares from a floor to 1."""
    step = next(s for s in (0.02, 0.05, 0.1, 0.25, 1.0) if (1 - floor) / s <= 5.01)
    count = int((1 - floor) / step + 1e-6)
    return [round(1 - step * k, 4) for k in range(count, -1, -1)]


def floor_of(lows: Sequence[float]) -> float:
    """A round share below everything shown, for the bottom of a frame."""
    least = min(lows, default=0.0)
    return max(0.0, math.floor(least * 10 - 0.2) / 10)


def step_of(span: int, steps: tuple[int, ...]) -> int:
    """The first step with at most 12 labels over a span."""
    return next((s for s in steps if span / s <= 12), steps[-1])


def apart(labels: list[dict[str, Any]], least: float, bottom: float) -> None:
    """Move labels up or down so that none lies on another and none below the bottom."""
    last = -math.inf
    for label in sorted(labels, key=lambda a: float(a["y"])):
        label["y"] = last = max(label["y"] + 4, last + least)
    for label in labels:
        label["y"] = round(label["y"] - max(0.0, last - bottom), 1)


def _held(share: Sequence[float], x: Scale, y: Scale) -> list[tuple[float, float]]:
    """A point in the middle of each second; long episodes are thinned to two points a unit of width."""
    every = max(1, len(share) // 700)
    return [(x(s + 0.5), y(share[s])) for s in range(0, len(share), every)]


def _band(c: dict[str, Any], x: Scale, y: Scale) -> str:
    every = max(1, len(c["share"]) // 200)
    at = range(0, len(c["share"]), every)
    return area([x(s + 0.5) for s in at], [y(c["low"][s]) for s in at], [y(c["high"][s]) for s in at])
