"""Hazard ratio of exposed to unexposed time within matched sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smallscreen.audience.stats.special import normal_two_sided, t_quantile, t_two_sided

ROBUST_FROM = 5
"""Sets from which the spread between sets is used; below, it is too poorly known."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A hazard ratio with interval and p value; `sets` are those that tell something. nan when none does."""

    value: float
    low: float
    high: float
    p: float
    sets: int
    method: str


def mantel_haenszel(
    exposed_events: ArrayLike,
    exposed_time: ArrayLike,
    control_events: ArrayLike,
    control_time: ArrayLike,
    dispersion: float = 1.0,
    level: float = 0.95,
    robust: bool = True,
    clusters: ArrayLike | None = None,
    df: float = math.inf,
    added: float = 0.0,
) -> Ratio:
    """Common ratio of two rates over matched sets; all inputs (sets,), time in person-seconds or expected events.

    R = sum(d1 n0 / N) / sum(d0 n1 / N). Variance of log R: that of Greenland and Robins for person-time, times
    `dispersion` (1 is pure chance; more when seconds differ by more than chance). From 5 sets on instead the
    sandwich over sets, sum(U^2) / sum(A)^2 * K/(K - 1) with U = A - R B, and Student's t on K - 1 degrees of
    freedom; taking the larger of the two would make 95 % intervals hold in 98 % (measured). `clusters` (sets,) names sets that belong
    together (one place seen in several strata): U is added up over them and K counts them. `df` is that of the
    dispersion where it was estimated from few counts; `added` is a variance of log R that is added to both, for
    what is in the times but is not known exactly.
    Sources: Mantel and Haenszel 1959; Rothman, Greenland and Lash 2008, chapter 15; Greenland and Robins 1985,
    Biometrics 41; the sandwich is the ratio-of-sums (delta) variance over independent sets. It approximates the
    conditional (stratified) hazard ratio when a set's time is short, as a few seconds are.
    """
    d1, n1, d0, n0 = (
        np.asarray(v, float) for v in (exposed_events, exposed_time, control_events, control_time)
    )
    total = n1 + n0
    group = (
        np.arange(d1.size) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    )
    told = (n1 > 0) & (n0 > 0) & (d1 + d0 > 0)
    group = np.unique(group[told], return_inverse=True)[1]
    d1, n1, d0, n0, total = (v[told] for v in (d1, n1, d0, n0, total))
    a, b = d1 * n0 / total, d0 * n1 / total
    top, bottom = float(a.sum()), float(b.sum())
    sets = int(group.max()) + 1 if group.size else 0
    if top <= 0 or bottom <= 0:
        return _one_sided(float(d1.sum()), float(d0.sum()), float((d1 + d0).sum()), bottom, sets)
    ratio = top / bottom
    variance = dispersion * float(((d1 + d0) * n1 * n0 / total**2).sum()) / (top * bottom)
    method = "Mantel-Haenszel, Greenland-Robins variance"
    if robust and sets >= ROBUST_FROM:
        u = np.bincount(group, a - ratio * b)
        sandwich = float((u**2).sum()) / top**2 * sets / (sets - 1)
        variance, df, method = sandwich, float(sets - 1), "Mantel-Haenszel, robust over sets"
    error = math.sqrt(variance + added)
    q = t_quantile(0.5 + level / 2, df) * error
    p = t_two_sided(math.log(ratio) / error, df)
    return Ratio(ratio, ratio * math.exp(-q), ratio * math.exp(q), p, sets, method)


def rate_ratio_without_sets(events: float, expected: float, dispersion: float = 1.0) -> float:
    """Two-sided p value of `events` against a well-known `expected` number, by the square-root transform.

    Source: Anscombe 1948, Biometrika 35 (variance-stabilized Poisson).
    """
    if expected <= 0:
        return math.nan
    return normal_two_sided(
        2.0 * (math.sqrt(events + 0.375) - math.sqrt(expected + 0.375)) / math.sqrt(dispersion)
    )


def _one_sided(d1: float, d0: float, all_events: float, bottom: float, sets: int) -> Ratio:
    """No leave on one side: the ratio is 0 or unbounded; the open end by the rule of three (exact Poisson).

    With 0 events the 97.5 % upper limit of a Poisson mean is 3.689 (Hanley and Lippman-Hand 1983, JAMA 249).
    """
    if not sets:
        return Ratio(math.nan, 0.0, math.inf, math.nan, 0, "nothing to compare")
    if d1 == 0:
        high = 3.689 / bottom if bottom > 0 else math.inf
        p = rate_ratio_without_sets(0.0, bottom) if bottom > 0 else math.nan
        return Ratio(0.0, 0.0, high, p, sets, "no leave while exposed, exact upper limit")
    return Ratio(math.inf, 0.0, math.inf, math.nan, sets, "no leave among the controls")


def overdispersion(events: ArrayLike, expected: ArrayLike, parameters: int = 1) -> float:
    """How much more than by chance counts spread about what was expected: Pearson chi-square / df, at least 1.

    Source: McCullagh and Nelder 1989, Generalized Linear Models, 4.5 (quasi-likelihood).
    """
    d, e = np.asarray(events, float), np.asarray(expected, float)
    use = e > 0
    df = int(use.sum()) - parameters
    if df < 1:
        return 1.0
    return max(1.0, float(((d[use] - e[use]) ** 2 / e[use]).sum()) / df)
