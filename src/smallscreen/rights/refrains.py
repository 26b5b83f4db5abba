"""Sound that stands in two episodes at once: stock music, jingles, under other speech.

Music of one recording has its peaks at the same pitches and the same moments, whatever is spoken over it. So all
pairs of peaks of like pitch are counted by the time between them: chance spreads over all differences, a refrain
falls into one. Counted is in windows of 4 seconds of the one sound; `SCORE` is how far a count lies above the mean
of its window, in roots of that mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import SoundTrack
from smallscreen.rights.sound.landmarks import unpacked

SCORE, SHARE = 16.0, 0.25
"""What a window must reach, and which part of its peaks must be found. Between made episodes that share a jingle,
and some of them music, it reached 16 to 37; between their other sounds 15 at most."""
_GOES_ON = 5.0
_UNIT_MS, _BIN_MS = 1000, 48
_WINDOW = 4
_PITCH = 0.25
_PIECE = 64
_LONG_MS, _EDGE_MS = 600_000, 240_000
"""Of sounds longer than ten minutes the first and last four are compared: openings, endings, what stands before."""
_MOST_OFFSETS = 4

Floats = NDArray[np.float64]
Peaks = tuple[Floats, Floats]


def peaks(track: SoundTrack | None) -> Peaks:
    """Times in ms and pitches in semitones, in order of pitch."""
    if track is None:
        return np.zeros(0), np.zeros(0)
    time, pitch, _ = unpacked(track)
    if len(time) and time[-1] > _LONG_MS:
        kept = (time < _EDGE_MS) | (time > time[-1] - _EDGE_MS)
        time, pitch = time[kept], pitch[kept]
    order = np.argsort(pitch, kind="stable")
    return time[order], pitch[order]


def shared(one: Peaks, other: Peaks) -> list[tuple[int, int, int]]:
    """Stretches (from, to, offset) in ms of `one` that sound in `other` `offset` later."""
    if not len(one[0]) or not len(other[0]):
        return []
    found: list[tuple[int, int, int]] = []
    span = int((one[0].max() + other[0].max()) // _BIN_MS) + 3
    zero = int(one[0].max() // _BIN_MS) + 1
    last = int(one[0].max() // _UNIT_MS)
    for first in range(0, last + 1, _PIECE):
        inside = (one[0] >= first * _UNIT_MS) & (one[0] < (first + _PIECE + _WINDOW) * _UNIT_MS)
        units = min(_PIECE + _WINDOW, last + 1 - first)
        if inside.any():
            found += _stretches(one[0][inside], one[1][inside], other, first, units, zero, span)
    return found


# --- inside ----------------------------------------------------------------------------------


def _stretches(
    time: Floats, pitch: Floats, other: Peaks, first: int, units: int, zero: int, span: int
) -> list[tuple[int, int, int]]:
    low = np.searchsorted(other[1], pitch - _PITCH)
    count = np.searchsorted(other[1], pitch + _PITCH) - low
    left = np.repeat(np.arange(len(count)), count)
    right = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(len(left))
    at = np.floor((other[0][right] - time[left]) / _BIN_MS).astype(np.int64) + zero
    unit = (time // _UNIT_MS).astype(np.int64) - first
    cells = np.bincount(unit[left] * span + at, minlength=units * span).reshape(-1, span)[:units]
    # Two bins, so that none falls between them; then windows of seconds.
    cells[:, :-1] += cells[:, 1:].copy()
    total = np.concatenate([np.zeros((1, span), np.int64), np.cumsum(cells, axis=0)])
    rows = np.arange(units)
    end = np.minimum(rows + _WINDOW, units)
    windows = (total[end] - total[rows]).astype(np.float32)
    held = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=units)[:units])])
    held = np.maximum(held[end] - held[rows], 1)
    mean = windows.mean(axis=1, keepdims=True)
    score = (windows - mean) / np.sqrt(mean + 0.5)
    strong = (score >= SCORE) & (windows >= SHARE * held[:, None])
    found: list[tuple[int, int, int]] = []
    taken: list[int] = []
    for column in np.argsort(-np.where(strong, score, 0).max(axis=0), kind="stable")[: 6 * _MOST_OFFSETS]:
        if not strong[:, column].any() or len(taken) == _MOST_OFFSETS:
            break
        if any(abs(column - other_column) <= 3 for other_column in taken):
            continue
        taken.append(int(column))
        offset = round((float(column) - zero + 1) * _BIN_MS)
        goes_on = score[:, column] >= _GOES_ON
        edges = np.flatnonzero(np.diff(np.concatenate([[0], goes_on.astype(np.int8), [0]])))
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if strong[a:b, column].any():
                # The first and the last window hold it in part: from where single seconds have their share.
                sure = np.flatnonzero(cells[a : b + _WINDOW - 1, column] >= 3)
                if len(sure):
                    start, stop = first + a + int(sure[0]), first + a + int(sure[-1]) + 1
                    found.append((start * _UNIT_MS, stop * _UNIT_MS, offset))
    return found
