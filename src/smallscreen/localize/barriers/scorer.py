"""The learned scorer: boosted trees for "is it an item", two linear models for its kind and its need.

Trained by `python -m bench.train_finder` on labels of real dialogue; docs/models/finder.md is the card.
Nothing but NumPy is needed to use it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from smallscreen.localize.barriers.features import NAMES
from smallscreen.localize.barriers.words import weights
from smallscreen.series.model import KINDS

_KINDS = tuple(KINDS)


def preference(rows: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Which of overlapping candidates is kept: the likelier, but rather a lexicon's item and rather the longer one."""
    length, match, own = (rows[:, NAMES.index(n)] for n in ("length", "is-match", "match-own"))
    return np.asarray(probability + 0.06 * length + 0.1 * match + 0.3 * own)


class Scorer:
    """`arrays` as `bench.train_finder` writes them: trees padded to the same number of nodes."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        if tuple(str(n) for n in arrays["names"]) != NAMES:
            raise ValueError("the scorer was trained on other features; run python -m bench.train_finder")
        self._feature = arrays["feature"].astype(np.int32)
        self._threshold = arrays["threshold"].astype(np.float32)
        self._left = arrays["left"].astype(np.int32)
        self._right = arrays["right"].astype(np.int32)
        self._value = arrays["value"].astype(np.float32)
        self._mean, self._scale = arrays["mean"], arrays["scale"]
        self._kind, self._need = arrays["kind"], arrays["need"]
        self.threshold = float(arrays["operating_point"])

    def probability(self, rows: np.ndarray) -> np.ndarray:
        """How likely each candidate is an item: shape (n,), 0 to 1."""
        total = np.zeros(len(rows), dtype=np.float64)
        every = np.arange(len(rows))
        for f, t, left, right, value in zip(
            self._feature, self._threshold, self._left, self._right, self._value, strict=True
        ):
            at = np.zeros(len(rows), dtype=np.int32)
            while True:
                feature = f[at]
                if (feature < 0).all():
                    break
                goes_left = rows[every, feature] <= t[at]
                at = np.where(feature < 0, at, np.where(goes_left, left[at], right[at]))
            total += value[at]
        return np.asarray(1 / (1 + np.exp(-total)))

    def kinds(self, rows: np.ndarray) -> list[str]:
        """The likeliest kind of each candidate, given that it is an item."""
        return [_KINDS[i] for i in self._linear(rows, self._kind).argmax(axis=1)]

    def needs(self, rows: np.ndarray) -> list[int]:
        """The likeliest need of each candidate, given that it is an item: 1, 2 or 3."""
        return [int(i) + 1 for i in self._linear(rows, self._need).argmax(axis=1)]

    def _linear(self, rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
        x = (rows - self._mean) / self._scale
        return np.asarray(np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1) @ weight)


@cache
def scorer() -> Scorer:
    """The scorer that ships with the program."""
    return Scorer(weights("scorer"))
