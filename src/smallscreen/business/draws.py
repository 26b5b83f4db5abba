"""Random draws of what is uncertain: rates over their ranges, measures over their intervals. Seeds are fixed.

A rate's draws hang on its own name, range and the seed only: the same rate in two series or two scenarios
is drawn alike (common random numbers), so that a comparison does not see the luck of the draw.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from smallscreen.business.measures import Figure

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
SHAPES = ("pert", "triangular")


def generator(seed: int, name: str) -> np.random.Generator:
    """A generator for one name; the same for the same name and seed on every machine."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def in_range(
    low: float, mid: float, high: float, n: int, rng: np.random.Generator, shape: str = "pert"
) -> Floats:
    """`n` draws between `low` and `high` with mode `mid`.

    pert: a beta on [low, high] with mean (low + 4 mid + high) / 6 (Malcolm, Roseboom, Clark and Fazar 1959;
    Vose, Risk Analysis, 3rd ed. 2008). triangular: mean (low + mid + high) / 3 (Kotz and van Dorp 2004).
    """
    if high <= low:
        return np.full(n, mid)
    if shape == "triangular":
        return rng.triangular(low, mid, high, n)
    a = 1 + 4 * (mid - low) / (high - low)
    b = 1 + 4 * (high - mid) / (high - low)
    return low + (high - low) * rng.beta(a, b, n)


def share(figure: Figure, z: Floats) -> Floats:
    """A measured share at standard-normal positions `z`: normal on the logit scale, through the interval's ends."""
    if figure.exact or figure.high <= figure.low:
        return np.full(z.shape, figure.value)
    low, high = _logit(figure.low), _logit(figure.high)
    return np.asarray(1 / (1 + np.exp(-((low + high) / 2 + z * (high - low) / (2 * Z95)))))


def positive(figure: Figure, z: Floats) -> Floats:
    """A measured positive figure at positions `z`: log-normal, through the interval's ends."""
    if figure.exact or figure.high <= figure.low or figure.low <= 0:
        return np.full(z.shape, figure.value)
    low, high = np.log(figure.low), np.log(figure.high)
    return np.asarray(np.exp((low + high) / 2 + z * (high - low) / (2 * Z95)))


@lru_cache(maxsize=16)
def normals(seed: int, name: str, n: int, columns: int) -> Floats:
    """Standard normals (n, columns), kept for the next scenario: a slider moves rates, not the luck."""
    found = generator(seed, name).standard_normal((n, columns))
    found.flags.writeable = False
    return found


def _logit(p: float) -> float:
    p = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.log(p / (1 - p)))
