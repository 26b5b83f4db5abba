"""Whether and where a query shows an asset: candidates of the join, verified on all that both fingerprints hold.

The join only says which assets to look at. Here the hashes of both are compared all with all, which tells in
which **geometry** the query shows ours (which frame of it, mirrored or not, where our picture lies in it). In
each likely geometry `rights.lines` looks for stretches whose motion agrees. What it finds must show enough
agreeing motion (`enough`); still pictures alone never make a match, because sets, cameras and title cards come
again in every episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.lines import FASTEST, NEAR, SLOWEST, WINDOW, Geometry, Line, Search, strength
from smallscreen.rights.model import GRID_MS, Box, Candidate, Fingerprint, Layout, PictureTrack, Segment
from smallscreen.rights.picture import hashes, motion
from smallscreen.rights.picture.views import TRIMS, WHOLE, mirrored, placed, views

STRONG, WEAK = 4.5, 2.2
"""What `strength` must be reached. Of hard innocents (the same camera, the same person) the most was 2.9, of a
shared title card that moves 3.8."""
_FEWEST_MOVING = 26
"""Steps of motion, a little over 2 seconds of it: a title card that comes in and goes has fewer."""
_GEOMETRIES = 6
_AT_ONCE = 4_000_000
"""Pairs of hashes compared at once: 32 MB."""
_Kind = tuple[int, bool, tuple[int, ...]]


def verify(query: Fingerprint, asset: Fingerprint, candidate: Candidate) -> list[Segment]:
    """The verified segments of an asset in a query, for one candidate."""
    return verify_all(query, asset, [candidate])


def verify_all(query: Fingerprint, asset: Fingerprint, candidates: Sequence[Candidate] = ()) -> list[Segment]:
    """The verified segments of one asset in a query, in order of the query's time; `by` is "picture".

    All of both fingerprints is looked through; candidates only add geometries to those that the hashes show.
    """
    return [_segment(query, asset, line) for line in enough(lines(query, asset, candidates))]


def enough(found: Sequence[Line]) -> list[Line]:
    """The lines of one asset that cannot be chance: strong ones, and weaker ones that do as a strong one does."""
    strong = [line for line in found if strength(line) >= STRONG and line.moving >= _FEWEST_MOVING]
    return [
        line
        for line in found
        if any(line is other for other in strong) or any(_alike(line, other) for other in strong)
    ]


def _alike(line: Line, strong: Line) -> bool:
    """Whether a weaker line has the same speed, side and place as a strong one."""
    apart = max(abs(a - b) for a, b in zip(line.geometry.place, strong.geometry.place, strict=True))
    return (
        strength(line) >= WEAK
        and line.geometry.mirrored == strong.geometry.mirrored
        and abs(line.speed - strong.speed) < 0.05
        and (apart < 0.08 or line.geometry.frame != strong.geometry.frame)
    )


def lines(query: Fingerprint, asset: Fingerprint, candidates: Sequence[Candidate] = ()) -> list[Line]:
    """All lines found, also those that are not enough; no two cover the same time of the query."""
    ours, theirs = asset.picture, query.picture
    if ours is None or theirs is None or not len(ours.hashes) or not len(theirs.hashes):
        return []
    shapes = views(asset.width, asset.height)
    found: list[tuple[Line, Search]] = []
    ground = motion.levels(ours.motion[0])
    for geometry, near in _geometries(theirs, ours, shapes, candidates):
        search = Search(theirs, ours, ground, geometry, near)
        found += [(line, search) for line in search.lines() if SLOWEST < line.speed < FASTEST]
    found.sort(key=lambda pair: strength(pair[0]), reverse=True)
    kept: list[Line] = []
    for line, search in found:
        # Each line keeps the part of the query that no better one has, and must stand by that part alone.
        start, end = line.start, line.end
        for other in kept:
            if start < other.end and other.start < end:
                if other.start - start >= end - other.end:
                    end = min(end, other.start)
                else:
                    start = max(start, other.end)
            if end - start < WINDOW // 3:
                break
        else:
            if (start, end) != (line.start, line.end):
                line = search.weighed(replace(line, start=start, end=end))
            kept.append(line)
    return sorted(kept, key=lambda line: line.start)


def _geometries(
    theirs: PictureTrack, ours: PictureTrack, shapes: tuple[Box, ...], candidates: Sequence[Candidate]
) -> list[tuple[Geometry, NDArray[np.bool_]]]:
    """The likeliest geometries, best first, each with the query's steps at which hashes are near (m,)."""
    steps = theirs.motion.shape[1]
    at = theirs.times_ms // GRID_MS
    votes: dict[_Kind, dict[int, int]] = {}
    example: dict[_Kind, Geometry] = {}
    for turned in (False, True):
        sought = theirs.hashes ^ hashes.MIRROR if turned else theirs.hashes
        piece = max(1, _AT_ONCE // len(ours.hashes))
        for start in range(0, len(sought), piece):
            apart = hashes.distances(sought[start : start + piece], ours.hashes)
            rows, columns = np.nonzero(apart <= NEAR)
            gain = NEAR + 1 - apart[rows, columns].astype(np.int64)
            pairs = theirs.view[start + rows].astype(np.int64) * 16 + ours.view[columns]
            seconds = at[start + rows] // 12
            keys = pairs * (1 << 32) + seconds
            order = np.lexsort((-gain, keys))
            keys, gain = keys[order], gain[order]
            first = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.bool_)
            for key, value in zip(keys[first].tolist(), gain[first].tolist(), strict=True):
                pair, second = divmod(key, 1 << 32)
                asked, answered = divmod(pair, 16)
                frame, trim = divmod(asked, len(TRIMS))
                box = mirrored(TRIMS[trim]) if turned else TRIMS[trim]
                place = placed(box, shapes[answered])
                kind = (frame, turned, tuple(round(x * 40) for x in place))
                had = votes.setdefault(kind, {})
                had[second] = max(had.get(second, 0), value)
                best = example.get(kind)
                if best is None or (TRIMS[best.trim] != WHOLE and trim == 0):
                    example[kind] = Geometry(frame, turned, place, answered, trim)
    for candidate in candidates:
        if candidate.kind != "picture" or candidate.view >= len(shapes):
            continue
        frame, trim = divmod(candidate.layout, len(TRIMS))
        if frame >= len(theirs.frames):
            continue
        box = mirrored(TRIMS[trim]) if candidate.mirrored else TRIMS[trim]
        place = placed(box, shapes[candidate.view])
        kind = (frame, candidate.mirrored, tuple(round(x * 40) for x in place))
        votes.setdefault(kind, {})[-1] = NEAR
        example.setdefault(kind, Geometry(frame, candidate.mirrored, place, candidate.view, trim))
    chosen = []
    for kind in _telling(votes):
        near = np.zeros(steps, np.bool_)
        for second in votes[kind]:
            if second < 0:
                near[:] = True
            else:
                near[max(0, second * 12 - WINDOW) : second * 12 + 12 + WINDOW] = True
        chosen.append((example[kind], near))
    return chosen


def _telling(votes: dict[_Kind, dict[int, int]]) -> list[_Kind]:
    """The geometries that together answer most: each next one counts most for seconds not yet answered so well."""
    best: dict[int, int] = {}
    chosen: list[_Kind] = []
    while len(chosen) < min(_GEOMETRIES, len(votes)):
        gains = {
            kind: sum(max(0, value - best.get(second, 0)) + 0.15 * value for second, value in had.items())
            for kind, had in votes.items()
            if kind not in chosen
        }
        kind = max(gains, key=lambda k: gains[k])
        chosen.append(kind)
        for second, value in votes[kind].items():
            best[second] = max(best.get(second, 0), value)
    return chosen


def _segment(query: Fingerprint, asset: Fingerprint, line: Line) -> Segment:
    assert query.picture is not None
    geometry = line.geometry
    # A row of motion looks back LAG steps: the first ones of a stretch straddle the cut before it.
    start = max(0, line.start - motion.LAG)
    start = max(start, int(np.ceil(-line.offset / line.speed)))
    from_ms, to_ms = start * GRID_MS, min(line.end * GRID_MS, query.duration_ms)
    offset = line.offset * GRID_MS
    confidence = 1 / (1 + np.exp(-2.2 * (strength(line) - STRONG + 1)))
    frame: Box = tuple(float(x) for x in query.picture.frames[geometry.frame])  # type: ignore[assignment]
    return Segment(
        query_from_ms=from_ms,
        query_to_ms=to_ms,
        asset_from_ms=max(0, round(line.speed * from_ms + offset)),
        asset_to_ms=min(asset.duration_ms, round(line.speed * to_ms + offset)),
        speed=round(line.speed, 4),
        by="picture",
        confidence=round(float(min(confidence, 0.999)), 3),
        mirrored=geometry.mirrored,
        layout=_layout(frame, geometry.place),
        view=geometry.view,
        window=frame,
    )


def _layout(frame: Box, place: Box) -> Layout:
    if frame[2] - frame[0] < 0.95 and frame[3] - frame[1] < 0.95:
        return "picture-in-picture"
    if frame[2] - frame[0] < 0.95 or frame[3] - frame[1] < 0.95:
        return "padded"
    if place[2] - place[0] > 1.06 or place[3] - place[1] > 1.06:
        return "cropped"
    return "full"
