"""Comparing series, not viewers: clustered t, and what a given number of series can see.

An attribute (healing, free, real-life) belongs to a series, so that a series is one observation, however many
people watched it. A test over viewers takes their number for that of the series and claims far too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smallscreen.audience.stats.special import normal_quantile, normal_two_sided, t_quantile, t_two_sided

POWER = 0.8
SPREAD = 0.5
"""Standard deviation between series in logit that the table is printed for."""
TABLE = (5, 10, 20, 60)


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of those with the attribute less that of those without; `spread` is the pooled one between series."""

    value: float
    low: float
    high: float
    p: float
    error: float
    df: float
    spread: float
    n_with: int
    n_without: int


def cluster_t(with_it: ArrayLike, without: ArrayLike, level: float = 0.95) -> Difference:
    """Welch's t over the series' own values, each series one value; at least 2 on each side.

    For an attribute that is constant within a series and series that count alike, this is the cluster-robust t
    with the small-sample correction of Bell and McCaffrey (CR2 variance, Satterthwaite degrees of freedom).
    Sources: Welch 1947; Bell and McCaffrey 2002, Survey Methodology 28; Imbens and Kolesar 2016, REStat 98(4);
    Donner and Klar 2000 for the analysis of cluster summaries.
    """
    x, y = np.asarray(with_it, float), np.asarray(without, float)
    if x.size < 2 or y.size < 2:
        raise ValueError("at least 2 series on each side are needed")
    vx, vy = x.var(ddof=1) / x.size, y.var(ddof=1) / y.size
    value, error = float(x.mean() - y.mean()), math.sqrt(vx + vy)
    df = (
        (vx + vy) ** 2 / (vx**2 / (x.size - 1) + vy**2 / (y.size - 1)) if error > 0 else x.size + y.size - 2.0
    )
    pooled = (x.var(ddof=1) * (x.size - 1) + y.var(ddof=1) * (y.size - 1)) / (x.size + y.size - 2)
    half = t_quantile(0.5 + level / 2, float(df)) * error
    p = t_two_sided(value / error, float(df)) if error > 0 else (1.0 if value == 0 else 0.0)
    return Difference(
        value, value - half, value + half, p, error, float(df), math.sqrt(pooled), int(x.size), int(y.size)
    )


def user_level_z(with_counts: ArrayLike, with_n: ArrayLike, counts: ArrayLike, n: ArrayLike) -> float:
    """p value of the usual z test on viewers pooled over series: wrong here, shown only to compare with."""
    k1, n1, k0, n0 = (float(np.sum(v)) for v in (with_counts, with_n, counts, n))
    pooled = (k1 + k0) / (n1 + n0)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    return normal_two_sided((k1 / n1 - k0 / n0) / error) if error > 0 else 1.0


def mde(
    n_with: float, n_without: float, spread: float = SPREAD, power: float = POWER, level: float = 0.95
) -> float:
    """Smallest true difference, in the unit of `spread`, that is found with probability `power`.

    (t_{1 - alpha/2} + t_{power}) * spread * sqrt(1/n1 + 1/n0), t on n1 + n0 - 2 degrees of freedom; infinite
    when there are fewer than 2 series on a side. Source: Bloom 1995, Evaluation Review 19(5).
    """
    df = n_with + n_without - 2
    if min(n_with, n_without) < 2:
        return math.inf
    factor = t_quantile(0.5 + level / 2, df) + t_quantile(power, df)
    return factor * spread * math.sqrt(1 / n_with + 1 / n_without)


def needed_series(effect: float, spread: float = SPREAD, power: float = POWER, level: float = 0.95) -> int:
    """Series needed in all, half of them with the attribute, to find a true difference of `effect`."""
    if effect == 0 or not math.isfinite(effect):
        raise ValueError("the effect must be a number other than 0")
    half = 2
    while mde(half, half, spread, power, level) > abs(effect):
        half += 1 if half < 200 else half // 20
    return 2 * half


@dataclass(frozen=True, slots=True)
class Visible:
    """What `series` in all can see at best: relative lifts, 0.63 is 63 percent."""

    series: int
    known_spread: float
    spread_estimated: float


def visible_lifts(
    counts: tuple[int, ...] = TABLE, spread: float = SPREAD, base: float = 0.5, power: float = POWER
) -> list[Visible]:
    """The table to print beside every claim: the least relative lift of a share `base` that can be seen.

    Half of the series have the attribute, each has any number of viewers. `known_spread` takes the spread
    between series for known (normal quantiles: the best that can be hoped for), `spread_estimated` estimates
    it from these series (t quantiles). From logit to lift by the derivative: lift = (1 - base) * logit.
    """
    found = []
    for n in counts:
        one = n / 2
        z = normal_quantile(0.975) + normal_quantile(power)
        best = (1 - base) * z * spread * math.sqrt(2 / one)
        real = (1 - base) * mde(one, n - one, spread, power)
        found.append(Visible(n, best, real))
    return found


def outlier_t(value: float, others: ArrayLike, level: float = 0.95) -> tuple[float, float, float, float]:
    """One series against many: its distance from their mean, the interval a new series of theirs falls in, p.

    Returns (distance, low, high, p): low..high is the prediction interval for one more of the others.
    Source: Crawford and Howell 1998, The Clinical Neuropsychologist 12(4) (t with sqrt((n + 1) / n)).
    """
    x = np.asarray(others, float)
    if x.size < 2:
        raise ValueError("at least 2 other series are needed")
    m, error, df = float(x.mean()), float(x.std(ddof=1)) * math.sqrt(1 + 1 / x.size), x.size - 1
    half = t_quantile(0.5 + level / 2, df) * error
    p = t_two_sided((value - m) / error, df) if error > 0 else (1.0 if value == m else 0.0)
    return value - m, m - half, m + half, p
