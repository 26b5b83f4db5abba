"""Gradient-boosted trees in NumPy: level by level, on binned features, for one yes-or-no question.

Small on purpose: sixty thousand rows and two hundred columns take half a minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """How the trees are grown; `share` is the part of the columns that a tree sees.

    Of the rows it sees `rows`, of those that are right by far down to `fewest`, which then count more.
    """

    trees: int = 220
    depth: int = 5
    rate: float = 0.07
    share: float = 0.35
    rows: float = 0.8
    fewest: float = 0.3
    least: float = 3.0
    ridge: float = 5.0
    bins: int = 48
    seed: int = 3


def fit(x: np.ndarray, y: np.ndarray, settings: Settings | None = None) -> dict[str, np.ndarray]:
    """Trees as arrays (trees, nodes): feature (-1 for a leaf), threshold, left, right, value (log-odds)."""
    s = settings or Settings()
    rng = np.random.default_rng(s.seed)
    edges = [_edges(x[:, j], s.bins) for j in range(x.shape[1])]
    binned = np.stack([np.searchsorted(e, x[:, j], side="left") for j, e in enumerate(edges)]).astype(
        np.int32
    )
    usable = np.array([j for j, e in enumerate(edges) if len(e)])
    nodes = 2 ** (s.depth + 1) - 1
    shape = (s.trees + 1, nodes)
    feature, threshold = np.full(shape, -1, np.int16), np.zeros(shape, np.float32)
    value = np.zeros(shape, np.float32)
    base = float(np.log(y.mean() / (1 - y.mean())))
    value[0, 0] = base
    score = np.full(len(y), base)
    for tree in range(1, s.trees + 1):
        p = 1 / (1 + np.exp(-score))
        grad, hess = p - y, p * (1 - p)
        keep = np.clip(np.abs(grad) / 0.1, s.fewest, s.rows)
        seen = rng.random(len(y)) < keep
        weight = np.where(seen, s.rows / keep, 0.0)
        rows = np.flatnonzero(seen)
        some = np.ascontiguousarray(binned[:, rows])
        some_grad, some_hess = (grad * weight)[rows], (hess * weight)[rows]
        columns = rng.choice(usable, max(1, int(len(usable) * s.share)), replace=False)
        at = np.zeros(len(y), dtype=np.int32)
        for level in range(s.depth):
            first, count = 2**level - 1, 2**level
            best = _best_splits(some, columns, at[rows] - first, count, some_grad, some_hess, s)
            split = False
            for node in range(count):
                gain, column, cut = best[node]
                if gain <= 1e-6:
                    continue
                split = True
                feature[tree, first + node] = column
                threshold[tree, first + node] = edges[column][cut]
                here = at == first + node
                goes_right = binned[column] > cut
                at[here] = 2 * (first + node) + 1 + goes_right[here]
            if not split:
                break
        g = np.bincount(at, weights=grad * weight, minlength=nodes)
        h = np.bincount(at, weights=hess * weight, minlength=nodes)
        value[tree] = -s.rate * g / (h + s.ridge)
        score += value[tree][at]
    left = np.broadcast_to(2 * np.arange(nodes) + 1, shape).astype(np.int16)
    return {"feature": feature, "threshold": threshold, "left": left, "right": left + 1, "value": value}


def _edges(column: np.ndarray, bins: int) -> np.ndarray:
    """Cuts between values: `x <= edge` goes left; half way between two neighbours."""
    values = np.unique(column)
    if len(values) > bins:
        values = np.unique(np.quantile(column, np.linspace(0, 1, bins)))
    return ((values[1:] + values[:-1]) / 2).astype(np.float32)


def _best_splits(
    binned: np.ndarray, columns: np.ndarray, node: np.ndarray, count: int, grad: np.ndarray, hess: np.ndarray,
    s: Settings,
) -> list[tuple[float, int, int]]:  # fmt: skip
    inside = (node >= 0) & (node < count)
    node, grad, hess = node[inside], grad[inside], hess[inside]
    width = s.bins + 1
    best = [(0.0, -1, -1)] * count
    for column in columns.tolist():
        key = node * width + binned[column][inside]
        g = np.bincount(key, weights=grad, minlength=count * width).reshape(count, width).cumsum(axis=1)
        h = np.bincount(key, weights=hess, minlength=count * width).reshape(count, width).cumsum(axis=1)
        total_g, total_h = g[:, -1:], h[:, -1:]
        gain = (
            g**2 / (h + s.ridge)
            + (total_g - g) ** 2 / (total_h - h + s.ridge)
            - total_g**2 / (total_h + s.ridge)
        )
        gain[(h < s.least) | (total_h - h < s.least)] = 0
        cut = gain.argmax(axis=1)
        for n in range(count):
            if gain[n, cut[n]] > best[n][0]:
                best[n] = (float(gain[n, cut[n]]), column, int(cut[n]))
    return best
