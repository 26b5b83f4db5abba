"""How the brightness of the cells of a picture changes: what decides whether two films show the same.

Sets, cameras and faces come again in every episode; what moves where, at which moment, does not. Each row is
the difference of the cells' brightness to that 240 ms before, with its sign, so that most of what disguises
do (color, scaling, coding, a standing logo) drops out. Rows are compared by their direction, and each counts
at most 1: a cut or a flash says no more than any other moment. Where nothing moves a row counts nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import CELLS, FINE, Box
from smallscreen.rights.picture.windows import _mean_rows

Floats = NDArray[np.float32]
LAG = 3
"""Steps of 80 ms between the two pictures of a difference."""
QUIET = 0.3
"""Gray levels of change (root mean square over the cells) at which a row counts half."""
_PER_LEVEL = 2.0
_STEPS = np.array([0, 1, 2, 3, 4, 4, 6, 8, 8, 8, *(4 * ((n + 2) // 4) for n in range(10, 24))], np.int8)
"""Kept values of a reference: each up to 4, then every second, from 8 on every fourth, which takes a sixth less room."""


def differences(before: Floats, means: Floats, fine: bool) -> NDArray[np.int8]:
    """Kept rows of motion: `means` (n, cells) following `before` (LAG, cells), as int8 (n, cells).

    Differences are kept as the square root of twice as much, so that small ones are kept finely; large ones of a reference, which
    is stored (not `fine`), more coarsely still.
    """
    change = means - np.concatenate([before, means])[: len(means)]
    kept = np.rint(np.sqrt(np.abs(change) * _PER_LEVEL)).astype(np.int8)
    return np.asarray(np.sign(change) * (kept if fine else _STEPS[kept]), np.int8)


def levels(kept: NDArray[np.int8]) -> Floats:
    """Kept rows as gray levels again."""
    wide = kept.astype(np.float32)
    return np.asarray(wide * np.abs(wide) / _PER_LEVEL, np.float32)


def laid(fine: Floats, place: Box) -> tuple[Floats, NDArray[np.intp]]:
    """A query's motion, (m, FINE * FINE) in levels, laid on the cells of ours.

    `place` is where our picture lies in the query's frame. Gives rows (m, k) and the numbers of the k of
    our CELLS * CELLS cells that the frame shows.
    """
    down, rows = _shares(place[1], place[3])
    across, columns = _shares(place[0], place[2])
    cells = (rows[:, None] * CELLS + columns[None, :]).ravel()
    grid = fine.reshape(len(fine), FINE, FINE)
    return np.asarray(down @ grid @ across.T, np.float32).reshape(len(fine), -1), cells


def unit(rows: Floats) -> tuple[Floats, Floats]:
    """Rows (m, k) made of length at most 1, and their weights (m,): 0 where nothing moves, toward 1 where much does.

    The product of two such rows is at most the product of their weights.
    """
    strength = (
        np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1])
        if rows.shape[1]
        else np.zeros(len(rows), np.float32)
    )
    scale = 1 / ((strength + QUIET) * np.sqrt(max(rows.shape[1], 1)))
    return np.asarray(rows * scale[:, None], np.float32), np.asarray(
        strength / (strength + QUIET), np.float32
    )


@lru_cache(maxsize=1024)
def _shares(start: float, end: float) -> tuple[Floats, NDArray[np.intp]]:
    bounds = start + (end - start) * np.arange(CELLS + 1) / CELLS
    seen = np.minimum(bounds[1:], 1) - np.maximum(bounds[:-1], 0) > 0.7 * np.diff(bounds)
    return _mean_rows(FINE, start, end, CELLS)[seen], np.flatnonzero(seen)
