"""Intervals for shares, ratios and concentration: Wilson, delta method, bootstrap over clusters.

Arrays hold one entry per viewer or per cluster, as said. `level` is the coverage aimed at, 0.95 if not given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smallscreen.audience.stats.special import normal_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval, what it was counted on (`n`), its unit and how it was made."""

    value: float
    low: float
    high: float
    n: int
    unit: str = ""
    method: str = ""


def z_of(level: float) -> float:
    """The two-sided normal quantile of a level: 1.96 for 0.95."""
    return normal_quantile(0.5 + level / 2.0)


def wilson(count: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Share, low and high of `count` in `n`, each with the shape of its inputs; (nan, 0, 1) where n is 0.

    Source: Wilson 1927, JASA 22; recommended by Brown, Cai and DasGupta 2001, Statistical Science 16(2).
    """
    k, m = np.asarray(count, float), np.asarray(n, float)
    z2 = z_of(level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / m
        center = (k + z2 / 2) / (m + z2)
        half = np.sqrt(z2) / (m + z2) * np.sqrt(np.maximum(k * (m - k) / m, 0.0) + z2 / 4)
        low, high = np.maximum(center - half, 0.0), np.minimum(center + half, 1.0)
    return p, np.where(m > 0, np.where(k == 0, 0.0, low), 0.0), np.where((m > 0) & (k < m), high, 1.0)


def mean_interval(values: ArrayLike, level: float = 0.95, unit: str = "") -> Interval:
    """The mean of independent values (one a viewer) with its normal interval (central limit theorem)."""
    x = np.asarray(values, float)
    if x.size < 2:
        value = float(x.mean()) if x.size else math.nan
        return Interval(value, -math.inf, math.inf, int(x.size), unit, "mean, too few for an interval")
    half = z_of(level) * x.std(ddof=1) / math.sqrt(x.size)
    m = float(x.mean())
    return Interval(m, m - half, m + half, int(x.size), unit, "mean, normal interval")


def delta_ratio(
    numerator: ArrayLike, denominator: ArrayLike, level: float = 0.95, unit: str = ""
) -> Interval:
    """Ratio of two sums over the same independent units (viewers), e.g. seconds watched to plays.

    The variance is that of the linearized value (num - R den) / mean(den), divided by n.
    Source: Deng, Knoblich and Lu 2018, "Applying the Delta Method in Metric Analytics", KDD.
    """
    x, y = np.asarray(numerator, float), np.asarray(denominator, float)
    if not x.size or not y.sum():
        return Interval(math.nan, -math.inf, math.inf, int(x.size), unit, "ratio of an empty denominator")
    ratio = float(x.sum() / y.sum())
    if x.size < 2:
        return Interval(ratio, -math.inf, math.inf, int(x.size), unit, "ratio, too few for an interval")
    influence = linearized(x, y)
    half = z_of(level) * influence.std(ddof=1) / math.sqrt(x.size)
    return Interval(ratio, ratio - half, ratio + half, int(x.size), unit, "ratio of sums, delta method")


def linearized(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Each unit's part in the error of the ratio of sums: (num - R den) / mean(den); its mean is 0."""
    x, y = np.asarray(numerator, float), np.asarray(denominator, float)
    return np.asarray((x - x.sum() / y.sum() * y) / y.mean())


def cluster_bootstrap(
    clusters: ArrayLike,
    statistic: Callable[[Floats], float],
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
    unit: str = "",
) -> Interval:
    """Percentile interval of a statistic, drawing whole clusters with replacement.

    `clusters`: shape (K,) or (K, columns), one row of sums a cluster (viewer or series); `statistic` takes
    such rows. With few clusters (below about 30) it is too narrow: use `cluster_t`.
    Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, 3.8; Field and Welsh 2007.
    """
    rows = np.asarray(clusters, float)
    rng = np.random.default_rng(seed)
    found = np.array([statistic(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(draws)])
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(
        float(statistic(rows)), float(low), float(high), len(rows), unit, f"bootstrap over clusters, {draws}"
    )


def gini(values: ArrayLike) -> float:
    """Gini coefficient of amounts (>= 0), 0 when all are equal; nan when there is nothing.

    Half the mean absolute difference over the mean, in the sorted form: sum((2i - n - 1) x_i) / (n sum x).
    Source: Sen 1973, On Economic Inequality; Dixon et al. 1987, Ecology 68(5) for the form.
    """
    x = np.sort(np.asarray(values, float))
    n, total = x.size, x.sum()
    if not n or total <= 0:
        return math.nan
    return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total))


def top_share(values: ArrayLike, share: float = 0.2) -> float:
    """Part of the total that the top `share` of units holds; the unit on the border counts in part.

    The border's part makes the figure smooth in n (one minus the Lorenz curve at 1 - share).
    """
    x = np.sort(np.asarray(values, float))[::-1]
    total = x.sum()
    if not x.size or total <= 0:
        return math.nan
    k = share * x.size
    whole = math.floor(k)
    rest = (k - whole) * x[whole] if whole < x.size else 0.0
    return float((x[:whole].sum() + rest) / total)
