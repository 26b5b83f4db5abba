"""Looking at a box of many gray pictures at once, by two small matrix products.

A box of a picture is described by integrals over it, so that its edges may lie between pixels and no picture
is ever resampled: `cosines` gives the low-frequency terms of its two-dimensional cosine transform (what PDQ
hashes: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019), `means`
the average brightness of its cells.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import Box

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8] | NDArray[np.float32]
"""Gray, 0 to 255, (n, height, width)."""
_BATCH = 64


def cosines(pictures: Pictures, box: Box, size: int) -> Floats:
    """Cosine terms of the box of each picture, shape (n, size, size): vertical frequency, then horizontal.

    `pictures` is (n, height, width). The term at (0, 0) is the mean brightness of the box.
    """
    _, high, wide = pictures.shape
    left, top, right, bottom = box
    return _apply(pictures, _cosine_rows(high, top, bottom, size), _cosine_rows(wide, left, right, size))


def means(pictures: Pictures, box: Box, cells: int) -> Floats:
    """Mean brightness, 0 to 255, of cells x cells parts of the box of each picture, shape (n, cells, cells)."""
    _, high, wide = pictures.shape
    left, top, right, bottom = box
    return _apply(pictures, _mean_rows(high, top, bottom, cells), _mean_rows(wide, left, right, cells))


def _apply(pictures: Pictures, down: Floats, across: Floats) -> Floats:
    made = np.empty((len(pictures), len(down), len(across)), np.float32)
    for start in range(0, len(pictures), _BATCH):
        part = pictures[start : start + _BATCH].astype(np.float32, copy=False)
        made[start : start + _BATCH] = down @ part @ across.T
    return made


@lru_cache(maxsize=512)
def _cosine_rows(pixels: int, start: float, end: float, size: int) -> Floats:
    edges = np.clip((np.linspace(0, 1, pixels + 1) - start) / (end - start), 0, 1)
    rows = np.empty((size, pixels))
    rows[0] = np.diff(edges)
    for k in range(1, size):
        rows[k] = np.diff(np.sin(np.pi * k * edges)) * (np.sqrt(2) / (np.pi * k))
    return rows.astype(np.float32)


@lru_cache(maxsize=512)
def _mean_rows(pixels: int, start: float, end: float, cells: int) -> Floats:
    edges = np.linspace(0, 1, pixels + 1)
    bounds = start + (end - start) * np.linspace(0, 1, cells + 1)
    shared = np.minimum(edges[1:], bounds[1:, None]) - np.maximum(edges[:-1], bounds[:-1, None])
    shared = np.maximum(shared, 0)
    return (shared / np.maximum(shared.sum(1, keepdims=True), 1e-9)).astype(np.float32)
