"""Many tests at once: false-discovery control."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from smallscreen.audience.stats.intervals import Floats


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """q values in the order given: the false-discovery rate at which each test would be taken. nan stays nan.

    Holds for independent tests and for positively dependent ones, such as tests that share their controls.
    Source: Benjamini and Hochberg 1995, JRSS B 57; Benjamini and Yekutieli 2001 for the dependence.
    """
    return _step_up(p_values, lambda m: 1.0)


def benjamini_yekutieli(p_values: ArrayLike) -> Floats:
    """As `benjamini_hochberg`, for any dependence: larger by 1 + 1/2 + ... + 1/m.

    Source: Benjamini and Yekutieli 2001, Annals of Statistics 29(4).
    """
    return _step_up(p_values, lambda m: float((1.0 / np.arange(1, m + 1)).sum()))


def _step_up(p_values: ArrayLike, factor: Callable[[int], float]) -> Floats:
    p = np.asarray(p_values, float)
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    m = known.size
    if not m:
        return q
    order = known[np.argsort(p[known], kind="stable")]
    raw = p[order] * m * factor(m) / np.arange(1, m + 1)
    q[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return q
