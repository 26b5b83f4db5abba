"""What the result hangs on: a tornado (one input at a time) and shares of variance (all at once)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smallscreen.business.draws import Z95, Floats
from smallscreen.business.measures import Measures
from smallscreen.business.model import HAZARD, PACE, SECONDS, WALL, Inputs, inputs, point_name
from smallscreen.business.rates import PAYERS, Rates, catalogue
from smallscreen.business.result import Bar

NAMES = {
    HAZARD: "Viewers who go on (measured)",
    SECONDS: "Seconds watched an episode (measured)",
    WALL: "Paywall hazard (measured)",
    PACE: "Episodes a day (measured)",
}
_BINS = 25


def tornado(
    m: Measures, rates: Rates, x: Inputs, result: Floats, evaluate: Callable[[Inputs], Floats]
) -> tuple[tuple[Bar, ...], float]:
    """Bars, the widest first, and the share of variance that belongs to inputs together rather than to one.

    `result` is the outcome of the draws `x`, `evaluate` computes it for other inputs. A rate's ends are its
    low and high; a measure's are those of its 95 % interval (for the curve as a whole, the draws whose viewers
    watched the 2.5th and 97.5th percentile of episodes). Inputs that change nothing are left out.
    """
    names = list(x.drawn)
    rows = 2 * len(names) + 1
    values = {r.id: np.full(rows, float(r.mid)) for r in rates.rates.values()}
    z_hazard = np.zeros((rows, len(m.episodes)))
    # Rows with a hazard of their own take it from a draw, the others have the most likely one.
    z = {k: np.zeros(rows) for k in (SECONDS, WALL, PACE)}
    points = {point_name(e): r for e, r in rates.payers}
    at_point = {k: np.full(rows, float(r.mid)) for k, r in points.items()}
    ends: dict[str, tuple[float, float, float]] = {}
    for i, name in enumerate(names):
        lo, hi = 2 * i, 2 * i + 1
        if name in rates.rates or name in points:
            r = rates.rates.get(name) or points[name]
            column = values[name] if name in values else at_point[name]
            column[lo], column[hi] = float(r.low), float(r.high)
            ends[name] = float(r.low), float(r.mid), float(r.high)
        elif name != HAZARD:
            z[name][lo], z[name][hi] = -Z95, Z95
            ends[name] = -1.0, 0.0, 1.0
    corner = inputs(m, rates, values, z_hazard, z[SECONDS], z[WALL], z[PACE], list(at_point.values()))
    hazard = corner.hazard.copy()
    at = names.index(HAZARD)
    order = np.argsort(x.drawn[HAZARD])
    worst, best = order[int(0.975 * (x.n - 1))], order[int(0.025 * (x.n - 1))]
    hazard[2 * at], hazard[2 * at + 1] = x.hazard[worst], x.hazard[best]
    e_starts = [
        float(np.cumprod(1 - h[:-1]).sum() + 1) for h in (hazard[2 * at], hazard[-1], hazard[2 * at + 1])
    ]
    ends[HAZARD] = (e_starts[0], e_starts[1], e_starts[2])
    outcome = evaluate(Inputs(corner.values, hazard, corner.seconds, corner.payers, corner.drawn))
    bars = []
    for i, name in enumerate(names):
        low, high = float(outcome[2 * i]), float(outcome[2 * i + 1])
        if abs(high - low) <= 1e-12 * max(1.0, abs(float(outcome[-1]))):
            continue
        used = rates.rates.get(name) or points.get(name)
        a, b, c = ends[name]
        bars.append(
            Bar(
                id=name, name=_name(name), input_low=a, input_mid=b, input_high=c,
                low=low, high=high, share=first_order(x.drawn[name], result), example=used is not None and used.example,
            )
        )  # fmt: skip
    bars.sort(key=lambda b: -abs(b.high - b.low))
    return tuple(bars), max(0.0, 1 - sum(b.share for b in bars))


def _name(name: str) -> str:
    if name.startswith(PAYERS):
        return name.replace(PAYERS, "Share who pay at the wall")
    return NAMES.get(name) or catalogue()[name].name


def first_order(x: Floats, y: Floats) -> float:
    """Var(E[y | x]) / Var(y) from given draws: the variance between the means of equal bins of x, less its bias.

    Source: the first-order index of Sobol' (1993), estimated from given data as in Plischke, Borgonovo and
    Smith, European Journal of Operational Research 226 (2013); the bias (bins - 1) / n of the correlation
    ratio is taken off.
    """
    n = len(y) // _BINS * _BINS
    spread = float(y[:n].var())
    if n == 0 or spread <= 0 or np.ptp(x) == 0:
        return 0.0
    means = y[np.argsort(x[:n], kind="stable")].reshape(_BINS, -1).mean(axis=1)
    ratio = float(means.var()) / spread
    noise = (_BINS - 1) / n
    return float(min(1.0, max(0.0, (ratio - noise) / (1 - noise))))
