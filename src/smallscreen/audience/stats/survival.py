"""Survival in discrete time: hazard, Kaplan-Meier, bands.

Time is counted in steps (episodes or seconds). `events[k]` of the `at_risk[k]` who reached step k left in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from smallscreen.audience.stats.intervals import Floats, wilson, z_of

Band = Literal["log-log", "greenwood"]


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """Arrays of shape (steps,): the share that survived through each step, its standard error and band."""

    survival: Floats
    error: Floats
    low: Floats
    high: Floats


def kaplan_meier(
    events: ArrayLike, at_risk: ArrayLike, level: float = 0.95, band: Band = "log-log"
) -> KaplanMeier:
    """Survival S(k) = prod(1 - d/n) with Greenwood's variance and a pointwise band.

    "log-log" works on log(-log S), stays in 0..1 and is the better one in small samples; "greenwood" is the
    plain S +- z se, cut to 0..1. Where no one has left yet the error is 0 and says nothing: there the lower
    end is Wilson's for 0 in n. Where all have left, the upper end stays where it was.
    Sources: Kaplan and Meier 1958, JASA 53; Greenwood 1926; Kalbfleisch and Prentice 2002, 1.4.1 (log-log).
    """
    d, n = np.asarray(events, float), np.asarray(at_risk, float)
    if (d > n).any() or (d < 0).any():
        raise ValueError("more events than people at risk, or fewer than none")
    survival = np.cumprod(1.0 - np.divide(d, n, out=np.zeros_like(d), where=n > 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard_sum = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
        error = np.where(survival > 0, survival * np.sqrt(hazard_sum), 0.0)
        z = z_of(level)
        if band == "greenwood":
            low, high = survival - z * error, survival + z * error
        else:
            log_s = np.log(survival)
            theta = z * np.sqrt(hazard_sum) / log_s
            low, high = survival ** np.exp(-theta), survival ** np.exp(theta)
    least = np.minimum.accumulate(np.where(n > 0, n, np.inf)) if n.size else n
    untouched, gone = survival >= 1.0, survival <= 0.0
    low = np.where(untouched, 1.0 - wilson(np.zeros_like(least), least, level)[2], low)
    low = np.where(untouched & np.isinf(least), 0.0, low)
    high = np.where(untouched, 1.0, high)
    if gone.any():
        first = int(np.argmax(gone))
        low[first:], high[first:] = 0.0, high[first - 1] if first else 1.0
    return KaplanMeier(survival, error, np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0))


def life_table(duration: ArrayLike, observed: ArrayLike, steps: int) -> tuple[Floats, Floats]:
    """`events` and `at_risk`, each (steps,), of viewers with a last step (1..steps) and whether they left there.

    A viewer who is only censored at step k was at risk through k and counts there.
    """
    last = np.asarray(duration, int)
    left = np.asarray(observed, bool)
    events = np.bincount(last[left] - 1, minlength=steps)[:steps].astype(float)
    ended = np.bincount(last - 1, minlength=steps)[:steps].astype(float)
    at_risk = last.size - np.concatenate([[0.0], np.cumsum(ended)[:-1]])
    return events, at_risk


def discrete_hazard(
    events: ArrayLike, at_risk: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Hazard d/n of each step with Wilson's interval: the chance to leave in it, given that it was reached.

    Given who is at risk, d is binomial (Singer and Willett 1993, Journal of Educational Statistics 18).
    """
    return wilson(events, at_risk, level)
