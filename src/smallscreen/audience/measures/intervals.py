"""Intervals from whole-number sums: the float arithmetic of the measures happens here, once, at the end.

Sums are exact integers, so two engines give the same figures to the last digit.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from smallscreen.audience.stats.intervals import Interval, wilson, z_of

Whole = int | Decimal


def share(count: Whole, n: Whole, unit: str = "share") -> Interval:
    """A share with Wilson's interval."""
    p, low, high = wilson(int(count), int(n))
    return Interval(float(p) if n else 0.0, float(low), float(high), int(n), unit, "Wilson")


def mean(n: int, total: Whole, squares: Whole, scale: int, unit: str) -> Interval:
    """The mean of n values over `scale` from their sum and sum of squares; normal interval (n - 1)."""
    return ratio(n, total, n, squares, total, n, scale, unit, method="mean over viewers, normal interval")


def ratio(
    n: int,
    x: Whole,
    y: Whole,
    xx: Whole,
    xy: Whole,
    yy: Whole,
    scale: int,
    unit: str,
    method: str = "ratio of sums over viewers, delta method",
) -> Interval:
    """sum(x) / sum(y) / scale over n viewers, from the sums of x, y, x^2, xy, y^2.

    The variance of x - R y is (sum x^2 - 2 R sum xy + R^2 sum y^2) / (n - 1), its mean being 0; it is
    computed in fractions, so that nothing cancels. Source: as stats.intervals.delta_ratio.
    """
    if not n or not y:
        return Interval(0.0, 0.0, 0.0, 0, unit, "nothing to divide by")
    r = Fraction(int(x), int(y))
    value = float(r / scale)
    if n < 2:
        return Interval(value, 0.0, value, n, unit, "one viewer, no interval")
    spread = (int(xx) - 2 * r * int(xy) + r * r * int(yy)) / (n - 1)
    error = math.sqrt(float(spread * n)) / float(int(y)) / scale
    half = z_of(0.95) * error
    return Interval(value, max(0.0, value - half), value + half, n, unit, method)


def difference(a: int, m: int, b: int, n: int, unit: str = "share") -> Interval:
    """a/m - b/n of two independent samples. Source: Newcombe 1998, Statistics in Medicine 17, method 10."""
    p, q = share(a, m), share(b, n)
    d = p.value - q.value
    low = d - math.hypot(p.value - p.low, q.high - q.value)
    high = d + math.hypot(p.high - p.value, q.value - q.low)
    return Interval(d, low, high, m + n, unit, "difference of shares, Newcombe")
