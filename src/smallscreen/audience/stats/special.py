"""Tails and quantiles of the normal, chi-square and Student t distributions, in plain Python.

smallscreen does without SciPy (weight); what it needs of it is here and is tested against SciPy's values.
Sources: DLMF (dlmf.nist.gov) 8.11.4 (series of the incomplete gamma function), 8.9.2 (its continued
fraction), 8.17.22 (continued fraction of the incomplete beta function); the fractions are evaluated by
Lentz's method (Thompson and Barnett 1986).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300
_STEPS = 500


def normal_quantile(p: float) -> float:
    """z with P(Z <= z) = p for a standard normal Z; 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


def normal_two_sided(z: float) -> float:
    """P(|Z| >= |z|)."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def chi2_tail(x: float, df: float) -> float:
    """P(X >= x) for chi-square with `df` degrees of freedom: the upper incomplete gamma Q(df/2, x/2)."""
    if x <= 0.0:
        return 1.0
    a, y = df / 2.0, x / 2.0
    front = math.exp(-y + a * math.log(y) - math.lgamma(a))
    if y < a + 1.0:
        term = total = 1.0 / a
        for n in range(1, 10_000):
            term *= y / (a + n)
            total += term
            if term < total * 1e-17:
                break
        return max(0.0, 1.0 - front * total)
    fraction = _lentz(lambda n: 1.0 if n == 1 else -(n - 1) * (n - 1 - a), lambda n: y + 2 * n - 1 - a)
    return front * fraction


def chi2_quantile(p: float, df: float) -> float:
    """x with P(X <= x) = p; 0 < p < 1."""
    high = max(1.0, df)
    while chi2_tail(high, df) > 1.0 - p:
        high *= 2.0
    return _bisect(lambda x: (1.0 - p) - chi2_tail(x, df), 0.0, high)


def t_two_sided(t: float, df: float) -> float:
    """P(|T| >= |t|) for Student's t with `df` degrees of freedom, whole or not."""
    if math.isinf(df):
        return normal_two_sided(t)
    return _incomplete_beta(df / (df + t * t), df / 2.0, 0.5)


def t_quantile(p: float, df: float) -> float:
    """t with P(T <= t) = p; 0 < p < 1, df > 0."""
    if math.isinf(df):
        return normal_quantile(p)
    if p == 0.5:
        return 0.0
    tail = 2.0 * min(p, 1.0 - p)
    high = 2.0
    while t_two_sided(high, df) > tail:
        high *= 2.0
    found = _bisect(lambda t: tail - t_two_sided(t, df), 0.0, high)
    return found if p > 0.5 else -found


# --- the pieces ----------------------------------------------------------------------------


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), DLMF 8.17.22 with the symmetry 8.17.4."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(1.0 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    front -= math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    def numerator(n: int) -> float:
        if n == 1:
            return 1.0
        k = n - 1
        m = k // 2
        if k % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))

    return math.exp(front) * _lentz(numerator, lambda _: 1.0)


def _lentz(a: Callable[[int], float], b: Callable[[int], float]) -> float:
    """a1/(b1 + a2/(b2 + ...)) by the modified Lentz method."""
    f, c, d = _TINY, _TINY, 0.0
    for n in range(1, _STEPS):
        d = b(n) + a(n) * d
        c = b(n) + a(n) / c
        d = 1.0 / (d or _TINY)
        c = c or _TINY
        step = c * d
        f *= step
        if abs(step - 1.0) < 1e-16:
            break
    return f


def _bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """The root of an increasing function, to the last digits of a double."""
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if f(middle) < 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
