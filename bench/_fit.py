"""The small mathematics of training: ridge from sums, logistic regression, figures with intervals. numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def solve(gram: np.ndarray, right: np.ndarray, ridge: float) -> np.ndarray:
    """Ridge regression from X'X and X'Y."""
    return np.linalg.solve(gram + np.float32(ridge) * np.eye(len(gram), dtype=gram.dtype), right)


def logistic(x: np.ndarray, y: np.ndarray, ridge: float, steps: int = 25) -> np.ndarray:
    """Weights of a logistic regression by Newton's method; the last column of `x` is 1 and free; `y` from 0 to 1."""
    x, y = x.astype(np.float32, copy=False), y.astype(np.float32)
    penalty = np.full(x.shape[1], ridge, np.float32)
    penalty[-1] = 1e-3
    w = np.zeros(x.shape[1], np.float32)
    w[-1] = np.log(max(y.mean(), 1e-4) / max(1 - y.mean(), 1e-4))
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        change = np.linalg.solve(curvature, x.T @ (p - y) + penalty * w)
        w -= change
        if np.abs(change).max() < 1e-2:
            break
    return w


def sparse_logistic(
    columns: Sequence[np.ndarray], y: np.ndarray, width: int, ridge: float, steps: int = 60
) -> tuple[np.ndarray, float]:
    """Weights and bias over rows given as columns held, each row of length 1; L-BFGS (Liu, Nocedal 1989).

    Columns are weighed by their log-count ratio before they are fitted (NB-SVM, Wang and Manning 2012);
    the weights that come back are for the bare columns.
    """
    index = np.concatenate(columns)
    count = np.array([len(c) for c in columns])
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    share = 1 / np.sqrt(np.maximum(count, 1))
    row = np.repeat(np.arange(len(columns)), count)
    with_yes = 1 + np.bincount(index, weights=y[row], minlength=width)
    with_no = 1 + np.bincount(index, weights=1 - y[row], minlength=width)
    ratio = np.log(with_yes / with_yes.sum()) - np.log(with_no / with_no.sum())
    weigh = ratio[index]

    def both(x: np.ndarray) -> tuple[float, np.ndarray]:
        total = np.add.reduceat(np.append(x[index] * weigh, 0.0), start)
        total[count == 0] = 0
        z = total * share + x[-1]
        p = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        loss = -(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12)).sum()
        r = p - y
        g = np.append(
            np.bincount(index, weights=(r * share)[row] * weigh, minlength=width) + ridge * x[:-1], r.sum()
        )
        return float(loss + ridge / 2 * _dot(x[:-1], x[:-1])), g

    x = _lbfgs(both, np.zeros(width + 1), steps)
    return x[:-1] * ratio, float(x[-1])


def _lbfgs(both: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray, steps: int) -> np.ndarray:
    f, g = both(x)
    past: list[tuple[np.ndarray, np.ndarray, float]] = []
    for _ in range(steps):
        q, alphas = g.copy(), []
        for s, d, rho in reversed(past):
            alphas.append(rho * _dot(s, q))
            q -= alphas[-1] * d
        q *= (
            _dot(past[-1][0], past[-1][1]) / _dot(past[-1][1], past[-1][1])
            if past
            else 1 / np.sqrt(_dot(g, g))
        )
        for (s, d, rho), alpha in zip(past, reversed(alphas), strict=True):
            q += s * (alpha - rho * _dot(d, q))
        size = 1.0
        while True:
            new = x - size * q
            f_new, g_new = both(new)
            if f_new <= f - 1e-4 * size * _dot(g, q) or size < 1e-6:
                break
            size /= 2
        s, d = new - x, g_new - g
        if _dot(s, d) > 1e-10:
            past = [*past, (s, d, 1 / _dot(s, d))][-8:]
        done = abs(f - f_new) < 1e-5 * abs(f)
        x, f, g = new, f_new, g_new
        if done:
            break
    return x


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """a @ b by one thread: the many threads of several processes wait for each other."""
    return float(np.einsum("i,i", a, b))


def average_precision(y: np.ndarray, score: np.ndarray) -> float:
    """Mean precision at the places of the positives, best score first; 0 without positives."""
    y = np.asarray(y, float)[np.argsort(-np.asarray(score), kind="stable")]
    return float((np.cumsum(y) / np.arange(1, len(y) + 1))[y > 0].mean()) if y.any() else 0.0


def f1(y: np.ndarray, said: np.ndarray) -> float:
    """F1 of saying yes."""
    both = float((y & said).sum())
    return 2 * both / max(1.0, float(y.sum() + said.sum()))


def best_threshold(y: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """The threshold with the largest F1, and that F1."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(y[order])
    values = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    place = int(np.argmax(values))
    return float(score[order][place]), float(values[place])


def macro_f1(y: np.ndarray, said: np.ndarray, classes: int) -> float:
    """F1 of each class, averaged."""
    return float(np.mean([f1(y == c, said == c) for c in range(classes)]))


def interval(
    figure: Callable[[np.ndarray], float], groups: np.ndarray, rounds: int = 300
) -> tuple[float, float]:
    """A 95 % bootstrap interval of `figure(rows)`; whole groups (dialogues) are drawn, not single lines."""
    rng = np.random.default_rng(0)
    names, inverse = np.unique(groups, return_inverse=True)
    rows = [np.flatnonzero(inverse == i) for i in range(len(names))]
    values = [
        figure(np.concatenate([rows[i] for i in rng.integers(0, len(names), len(names))]))
        for _ in range(rounds)
    ]
    return float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))
