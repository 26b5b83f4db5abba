"""Experiments that are looked at every day: always-valid intervals, sample-ratio test, CUPED.

Units are users, in the order in which they entered the experiment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smallscreen.audience.stats.intervals import Floats
from smallscreen.audience.stats.special import chi2_tail

SRM_THRESHOLD = 0.01
"""Below this p value an experiment is refused.

Fabijan et al. 2019 (KDD) stop at 0.0005 and Kohavi, Tang and Xu 2020 (chapter 21) at 0.001: they run thousands
of experiments, and watch the ratio again and again. A studio runs a handful, looks once at the end, and a wrong
conclusion costs more than a second look at the assignment. 44,700 against 45,489 (p = 0.0086, the split of
Cookie Cats, which is known to be broken) passes both of their limits and is refused here. The price: one sound
experiment in a hundred is refused.
"""


def srm_chi2(counts: Sequence[int], planned: Sequence[float] | None = None) -> float:
    """p value of the users counted in each arm against the planned shares (equal when not given).

    Source: Pearson's chi-square, k - 1 degrees of freedom; Fabijan et al. 2019, "Diagnosing Sample Ratio
    Mismatch in Online Controlled Experiments", KDD.
    """
    n = np.asarray(counts, float)
    shares = np.ones(n.size) if planned is None else np.asarray(planned, float)
    if n.size < 2 or n.sum() <= 0 or (shares <= 0).any():
        return math.nan
    expected = n.sum() * shares / shares.sum()
    return chi2_tail(float(((n - expected) ** 2 / expected).sum()), n.size - 1)


def best_rho(n: float, alpha: float = 0.05) -> float:
    """The rho that makes the always-valid interval narrowest at `n` users; choose n before the data.

    Exact: x = n rho^2 solves log((x + 1) / alpha^2) = x, which is x = -W_{-1}(-alpha^2 / e) - 1.
    Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, arXiv:2103.06476, appendix B.2 (our derivation:
    set the derivative of the squared margin in n rho^2 to zero). Any rho gives valid intervals.
    """
    x = 10.0
    for _ in range(100):
        x = math.log1p(x) - 2.0 * math.log(alpha)  # a contraction for x > 0
    return math.sqrt(x / n)


def cs_margin(t: ArrayLike, rho: float, alpha: float = 0.05) -> Floats:
    """Half width of the always-valid interval for unit variance after t users, shape of t.

    sqrt( 2 (t rho^2 + 1) / (t^2 rho^2) * log( sqrt(t rho^2 + 1) / alpha ) ), two-sided.
    Source: Waudby-Smith et al., arXiv:2103.06476, theorem 2.2 (Robbins' normal mixture, 1970).
    """
    n = np.asarray(t, float)
    x = n * rho**2
    return np.asarray(np.sqrt(2.0 * (x + 1.0) / (n**2 * rho**2) * np.log(np.sqrt(x + 1.0) / alpha)))


@dataclass(frozen=True, slots=True)
class Sequence95:
    """An always-valid interval at each look: arrays of shape (looks,)."""

    n: Floats
    value: Floats
    low: Floats
    high: Floats


def asymptotic_cs(
    values: ArrayLike, looks: Sequence[int], plan: int, alpha: float = 0.05, first: int = 100
) -> Sequence95:
    """Always-valid interval of a mean at each look (the first `look` values); infinite before `first` values.

    It covers the mean at all looks at once with probability 1 - alpha, asymptotically in the first look;
    `plan` is the number of users at which it is narrowest.
    Source: Waudby-Smith et al., theorem 2.2; the delayed start is Bibaut, Kallus and Lindon, arXiv:2212.14411.
    """
    x = np.asarray(values, float)
    n = np.asarray(looks, int)
    keep = np.maximum(n, 1)
    mean = np.cumsum(x)[keep - 1] / keep
    variance = np.maximum(np.cumsum(x**2)[keep - 1] / keep - mean**2, 0.0)
    half = np.sqrt(variance) * cs_margin(keep, best_rho(plan, alpha), alpha)
    half = np.where(n >= first, half, math.inf)
    return Sequence95(n.astype(float), mean, mean - half, mean + half)


def two_arm_half_width(
    variance_a: float, n_a: int, variance_b: float, n_b: int, plan: int, alpha: float = 0.05
) -> float:
    """Half width of the always-valid interval of a difference between two arms of a randomized experiment.

    With influence f_i = +-(y_i - mean of its arm) / share of its arm the difference is a mean over
    t = n_a + n_b users, and t * Var = t (v_a / n_a + v_b / n_b).
    Source: Waudby-Smith et al., section 3 (doubly robust form with the arm's mean as regression).
    """
    t = n_a + n_b
    spread = math.sqrt(t * (variance_a / n_a + variance_b / n_b))
    return spread * float(cs_margin(t, best_rho(plan, alpha), alpha))


def cuped(values: ArrayLike, before: ArrayLike) -> tuple[Floats, float]:
    """Values less what viewing before the exposure explains, and the share of variance that this took away.

    y - theta (x - mean x), theta = cov(x, y) / var(x), over all arms together, so that the mean stays.
    Source: Deng, Xu, Kohavi and Walker 2013, "Improving the Sensitivity of Online Controlled Experiments by
    Utilizing Pre-Experiment Data", WSDM.
    """
    y, x = np.asarray(values, float), np.asarray(before, float)
    centered = x - x.mean() if x.size else x
    spread = float((centered**2).sum())
    if spread == 0.0 or y.size < 3:
        return y, 0.0
    theta = float((centered * (y - y.mean())).sum()) / spread
    adjusted = y - theta * centered
    return adjusted, 1.0 - float(adjusted.var()) / float(y.var()) if y.var() > 0 else 0.0
