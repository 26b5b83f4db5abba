"""Votes of term hits: which stretches of a query may be which stretches of an asset, at which speed.

A hit is a term that query and reference have in common. Its views give the speed, its times then the offset. A
speed is only known to about 2 %, so that the offset blurs with the distance from the query's beginning: votes
are taken in pieces of `PIECE_MS` of the query, around each piece's middle. The same sums can be done in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import GRID_MS, Candidate, SoundTrack
from smallscreen.rights.sound.landmarks import SPAN_STEPS, terms

PIECE_MS = 20_000
SPEED_STEPS = 6
"""Steps of view in one bin of speed: 4.4 %."""
OFFSET_MS = 1_600
MOST_SPEED_STEPS = 38
"""Speeds from 0.76 to 1.32 are looked for."""
LEAST_VOTES = 2


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows of terms in common: times in ms and views, of the query and of the asset."""

    query_ms: NDArray[np.float64]
    asset_ms: NDArray[np.float64]
    steps: NDArray[np.int64]
    """View of the asset less that of the query: the speed is 2 ** (steps / SPAN_STEPS)."""


def candidates(
    query: SoundTrack, asset: SoundTrack, asset_id: str, least: int = LEAST_VOTES
) -> list[Candidate]:
    """All lines with `least` votes or more between two tracks, most votes first."""
    return vote(joined(terms(query, query=True), terms(asset)), asset_id, least)


def joined(
    query: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]],
    asset: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]],
) -> Hits:
    """The join of two tracks' terms, hits of impossible speed left out."""
    order = np.argsort(asset[0], kind="stable")
    sorted_terms = asset[0][order]
    low = np.searchsorted(sorted_terms, query[0], "left")
    count = np.searchsorted(sorted_terms, query[0], "right") - low
    left = np.repeat(np.arange(len(count)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    right = order[np.repeat(low, count) + np.arange(len(left)) - first]
    steps = asset[2][right].astype(np.int64) - query[2][left]
    fit = np.abs(steps) <= MOST_SPEED_STEPS
    times = (query[1][left][fit] + 0.5) * GRID_MS, (asset[1][right][fit] + 0.5) * GRID_MS
    return Hits(*times, steps[fit])


def vote(hits: Hits, asset_id: str, least: int = LEAST_VOTES) -> list[Candidate]:
    """Cells of piece, speed and offset with `least` pairs of places or more. A place counts once, however many terms begin there."""
    if not len(hits.query_ms):
        return []
    found: list[Candidate] = []
    for shift in (0, PIECE_MS // 2):
        piece = np.floor((hits.query_ms + shift) / PIECE_MS)
        middle = (piece + 0.5) * PIECE_MS - shift
        speed_bin = np.rint(hits.steps / SPEED_STEPS)
        speed = 2.0 ** (speed_bin * SPEED_STEPS / SPAN_STEPS)
        # Where the asset stands at the middle of the piece: errors of speed weigh least there.
        at = hits.asset_ms - speed * (hits.query_ms - middle)
        cell = np.stack([piece, speed_bin, np.floor(at / OFFSET_MS)], axis=1)
        _, index, inverse = np.unique(cell, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(inverse.reshape(-1), kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(inverse.reshape(-1)))[:-1])
        for row, members in zip(index, groups, strict=True):
            anchors = np.stack([hits.query_ms[members], hits.asset_ms[members]])
            votes = len(np.unique(anchors, axis=1).T)
            if votes >= least:
                middle_ms = float(middle[row])
                here = float(np.median(at[members]))
                pace = float(2.0 ** (np.median(hits.steps[members]) / SPAN_STEPS))
                found.append(
                    Candidate(asset_id, "sound", round(here - pace * middle_ms), float(votes), speed=pace)
                )
    found.sort(key=lambda c: (-c.votes, c.offset_ms))
    return found
