"""The page's pictures as numbers and path data: scenarios in, places out, no markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from smallscreen.business.result import Scenario
from smallscreen.business.slate import Slate

WIDTH, HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 14, 14, 34


def short(value: float) -> str:
    """A number for an axis: 1.2M, 30k, 0.05."""
    size = abs(value)
    for unit, word in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{value / unit:.3g}{word}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def fan(s: Scenario) -> dict[str, Any]:
    """The fan chart: bands of the 95 % and the middle half of the draws, the median, days across."""
    days = [f.day for f in s.fan]
    rows = [[f.quantiles[i] for f in s.fan] for i in range(len(s.fan[0].quantiles))]
    y = _Scale([v for r in rows for v in r] + [0.0], HEIGHT - _BOTTOM, _TOP)
    x = _Scale([float(d) for d in days], _LEFT, WIDTH - _RIGHT, nice=False)

    def line(values: Sequence[float]) -> str:
        return "M" + "L".join(f"{x(d):.1f} {y(v):.1f}" for d, v in zip(days, values, strict=True))

    def band(low: Sequence[float], high: Sequence[float]) -> str:
        back = "L".join(f"{x(d):.1f} {y(v):.1f}" for d, v in zip(days[::-1], list(low)[::-1], strict=True))
        return f"{line(high)}L{back}Z"

    return {
        "outer": band(rows[0], rows[4]),
        "inner": band(rows[1], rows[3]),
        "median": line(rows[2]),
        "zero": y(0.0),
        "yticks": [(y(v), short(v)) for v in y.ticks],
        "xticks": [(x(v), f"{v:g}") for v in _ticks(0, days[-1], 7) if v <= days[-1]],
    }


def waterfall(s: Scenario) -> dict[str, Any]:
    """The ledger as steps from nothing to the result."""
    steps, level = [], 0.0
    for line in s.ledger:
        value = float(line.amount)
        steps.append((line.name, level, level + value, "up" if value >= 0 else "down"))
        level += value
    steps.append(("Result", 0.0, level, "all" if level >= 0 else "loss"))
    x = _Scale([v for _, a, b, _ in steps for v in (a, b)] + [0.0, s.net.low, s.net.high], 210, WIDTH - 66)
    rows: list[dict[str, Any]] = []
    for i, (name, a, b, kind) in enumerate(steps):
        left, right = min(x(a), x(b)), max(x(a), x(b))
        rows.append(
            {
                "name": name, "y": 10 + 34 * i, "x": left, "w": max(1.5, right - left), "kind": kind,
                "value": short(b - a), "end": x(b), "at": right + 6,
            }
        )  # fmt: skip
    rows[-1]["whisker"] = (x(s.net.low), x(s.net.high))
    rows[-1]["at"] = max(rows[-1]["at"], x(s.net.high) + 6)
    return {"rows": rows, "zero": x(0.0), "height": 34 * len(steps) + 14}


def tornado(s: Scenario, most: int = 10) -> dict[str, Any]:
    """Bars about the result: each input at its low and at its high end."""
    bars = s.sensitivity[:most]
    x = _Scale([v for b in bars for v in (b.low, b.high)] + [s.net.value], 268, WIDTH - 54)
    rows = []
    for i, b in enumerate(bars):
        rows.append(
            {
                "name": b.name, "y": 24 + 30 * i, "example": b.example, "share": f"{100 * b.share:.0f} %",
                "low": {"x": min(x(b.low), x(s.net.value)), "w": abs(x(b.low) - x(s.net.value))},
                "high": {"x": min(x(b.high), x(s.net.value)), "w": abs(x(b.high) - x(s.net.value))},
                "title": f"{b.name}: {short(b.low)} at {short(b.input_low)}, {short(b.high)} at {short(b.input_high)}",
            }
        )  # fmt: skip
    ticks = [(x(v), short(v)) for v in x.ticks[:: max(1, len(x.ticks) // 4)]]
    return {"rows": rows, "mid": x(s.net.value), "ticks": ticks, "height": 24 + 30 * len(bars) + 26}


def places(s: Scenario) -> dict[str, Any] | None:
    """The first paid episode: expected result with its interval, by where the wall stands."""
    if not s.first_paid:
        return None
    y = _Scale([v for p in s.first_paid for v in (p.net.low, p.net.high)] + [0.0], HEIGHT - _BOTTOM, _TOP)
    numbers = [p.episode for p in s.first_paid]
    x = _Scale([numbers[0] - 0.5, numbers[-1] + 0.5], _LEFT, WIDTH - _RIGHT, nice=False)
    step = max(1, math.ceil(len(numbers) / 20))
    return {
        "points": [
            {
                "x": x(p.episode), "y": y(p.net.mean), "low": y(p.net.low), "high": y(p.net.high),
                "given": p.given, "chosen": p.episode == s.first_paid_episode,
                "title": f"episode {p.episode}: {short(p.net.mean)} ({short(p.net.low)} to {short(p.net.high)}), "
                f"best in {100 * p.chance_best:.0f} % of the draws",
            }
            for p in s.first_paid
        ],
        "yticks": [(y(v), short(v)) for v in y.ticks],
        "xticks": [(x(n), str(n)) for i, n in enumerate(numbers) if i % step == 0],
        "zero": y(0.0),
    }  # fmt: skip


def models(found: Sequence[Scenario]) -> dict[str, Any]:
    """The models side by side on one axis: result and its interval."""
    x = _Scale([v for s in found for v in (s.net.low, s.net.high, s.net.value)] + [0.0], 90, 1160)
    return {
        "rows": [
            {
                "name": s.model,
                "y": 22 + 40 * i,
                "x": x(s.net.value),
                "low": x(s.net.low),
                "high": x(s.net.high),
            }
            for i, s in enumerate(found)
        ],
        "ticks": [(x(v), short(v)) for v in x.ticks],
        "zero": x(0.0),
        "height": 40 * len(found) + 34,
    }


def choices(s: Slate) -> dict[str, Any]:
    """The slate: each choice's return with its interval on one logarithmic axis; 1 pays back."""
    low = min((c.returned.low for c in s.choices), default=0.1)
    high = max((c.returned.high for c in s.choices), default=10.0)
    least, most = math.log10(max(1e-3, min(low, 0.5))), math.log10(max(high, 2.0))

    def x(v: float) -> float:
        return round(330 + (math.log10(max(v, 1e-3)) - least) / (most - least) * 780, 1)

    ticks = [v for v in (0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if least <= math.log10(v) <= most]
    return {
        "rows": [
            {
                "y": 26 + 40 * i, "x": x(c.returned.mean), "low": x(c.returned.low), "high": x(c.returned.high),
                "chance": f"{100 * c.chance:.0f} %", "tied": c.id in s.tied,
                "title": f"{c.title}, {c.edition}" if c.edition != "another" else c.title, "name": c.name,
            }
            for i, c in enumerate(s.choices)
        ],
        "ticks": [(x(v), f"{v:g}") for v in ticks],
        "one": x(1.0),
        "height": 40 * len(s.choices) + 36,
    }  # fmt: skip


class _Scale:
    """Values to places; the ends are widened to round numbers."""

    def __init__(self, values: Sequence[float], start: float, end: float, nice: bool = True) -> None:
        low, high = min(values), max(values)
        if high <= low:
            high = low + max(1.0, abs(low))
        self.ticks = _ticks(low, high, 5)
        if nice:
            low, high = min(low, self.ticks[0]), max(high, self.ticks[-1])
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers that cover low to high."""
    raw = max(high - low, 1e-12) / about
    ten = 10.0 ** math.floor(math.log10(raw))
    step = next(k * ten for k in (1, 2, 2.5, 5, 10) if k * ten >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(k * step, 12) for k in range(first, last + 1)]
