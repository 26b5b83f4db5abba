"""The rows a picture track gives to the join."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import GRID_MS, PICTURE, PictureTrack, Terms
from smallscreen.rights.picture import hashes


def terms(track: PictureTrack, query: bool = False) -> Terms:
    """Terms of a track: of a reference one a kept hash; of a query also those one weak bit away, and the mirrored.

    A reference gives about 2 terms a second and view, a query up to some hundred a second. `term` is a number
    of WORD_BITS bits. Terms of a query come once each per second, view and side.
    """
    t = (track.times_ms // GRID_MS).astype(np.int32)
    if not query:
        return _made(hashes.words(track.hashes), t, track.view, np.zeros(len(t), np.bool_))
    parts: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8], NDArray[np.bool_]]] = []
    for mirrored in (False, True):
        words = hashes.words(track.hashes ^ hashes.MIRROR if mirrored else track.hashes)
        side = np.full(len(words), mirrored)
        parts.append((words, t, track.view, side))
        for column in range(track.flips.shape[1]):
            turned = words ^ (np.int64(1) << track.flips[:, column].astype(np.int64))
            parts.append((turned, t, track.view, side))
    term, at, view, side = (np.concatenate([p[k] for p in parts]) for k in range(4))
    # The same word asked twice in a second gives the same answer.
    second = at * GRID_MS // 1000
    _, first = np.unique(np.stack([term, second, view, side]), axis=1, return_index=True)
    first.sort()
    return _made(term[first], at[first], view[first], side[first])


def _made(
    term: NDArray[np.int64], t: NDArray[np.int32], view: NDArray[np.uint8], mirrored: NDArray[np.bool_]
) -> Terms:
    return Terms(np.full(len(term), PICTURE, np.uint8), term, t, view, mirrored)
