"""Whether and where a query shows an asset: candidates of the join, verified on all that both fingerprints hold.

The join only says which assets to look at. Here the hashes of both are compared all with all, which tells in
which **geometry** the query shows ours (which frame of it, mirrored or not, where our picture lies in it). In
each likely geometry `rights.lines` looks for stretches whose motion agrees. What it finds must show enough
agreeing motion (`enough`); still pictures alone never make a match, because sets, cameras and title cards come
again in every episode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.lines import BLOCK, FASTEST, NEAR, SLOWEST, WINDOW, Geometry, Line, Search, strength
from smallscreen.rights.model import GRID_MS, Box, Candidate, Fingerprint, Layout, PictureTrack, Segment
from smallscreen.rights.picture import hashes, motion
from smallscreen.rights.picture.views import TRIMS, WHOLE, mirrored, placed, views

STRONG, WEAK = 4.5, 2.2
"""What `strength` must be reached. Of hard innocents (the same camera, the same person) the most was 2.9, of a
shared title card that moves 3.8."""
SUREST = 1 - 1e-12
"""Confidences are told apart up to here, so that of two strong matches the stronger one stays first."""
_FEWEST_MOVING = 26
"""Steps of motion, a little over 2 seconds of it: a title card that comes in and goes has fewer."""
_GEOMETRIES = 6
_WORTH = 0.1
"""Part of the first geometry's gain that a further one must bring: the others are the same place, a little off."""
_COMMON = 50
_ALL_WITH_ALL = 400_000_000
"""Pairs of hashes up to which all are compared; of longer films those that share a word."""
_MOST_MARKS = 1500
"""Blocks of a geometry in which seeds are looked for: an hour against an hour has 810,000."""
_SURE = 9.0
"""Strength of a line that settles which seconds of ours its part of the query shows."""
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
    ground = motion.levels(ours.motion[0])
    searches = [
        Search(theirs, ours, ground, geometry, marks)
        for geometry, marks in _geometries(theirs, ours, shapes, candidates)
    ]
    covered = np.zeros(theirs.motion.shape[1], np.bool_)
    found: list[tuple[Line, Search]] = []
    for search in searches:
        for line in search.lines(covered):
            if not SLOWEST < line.speed < FASTEST:
                continue
            found.append((line, search))
            if strength(line) < _SURE or line.moving < _FEWEST_MOVING:
                continue
            # The seconds are found; whether another geometry shows them better is seen without searching.
            covered[line.start : line.end] = True
            for rival in searches:
                better = rival.again(line, 0.8 * strength(line)) if rival is not search else None
                if better is not None and SLOWEST < better.speed < FASTEST:
                    found.append((better, rival))
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
    """The likeliest geometries, best first, each with the blocks of query and asset in which its hashes are near."""
    size = tuple(-(-max(1, track.motion.shape[1]) // BLOCK) for track in (theirs, ours))
    votes: dict[_Kind, dict[int, int]] = {}
    example: dict[_Kind, Geometry] = {}
    codes: dict[_Kind, set[int]] = {}
    marked: dict[int, list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {}
    for turned, rows, columns, apart in _pairs(theirs, ours):
        gain = NEAR + 1 - apart
        pairs = (theirs.view[rows].astype(np.int64) * 16 + ours.view[columns]) * 2 + turned
        at, there = theirs.times_ms[rows] // GRID_MS, ours.times_ms[columns] // GRID_MS
        # The best of each second: in order of pair and second, its gain last.
        keys = np.sort((pairs << 32 | at // 12) << 6 | gain)
        last = np.flatnonzero(np.diff(keys >> 6, append=-1))
        for key in keys[last].tolist():
            pair, second, value = key >> 38, key >> 6 & 0xFFFFFFFF, key & 63
            asked, answered = divmod(pair >> 1, 16)
            frame, trim = divmod(asked, len(TRIMS))
            box = mirrored(TRIMS[trim]) if turned else TRIMS[trim]
            place = placed(box, shapes[answered])
            kind = (frame, turned, tuple(round(x * 40) for x in place))
            codes.setdefault(kind, set()).add(pair)
            had = votes.setdefault(kind, {})
            had[second] = max(had.get(second, 0), value)
            best = example.get(kind)
            if best is None or (TRIMS[best.trim] != WHOLE and trim == 0):
                example[kind] = Geometry(frame, turned, place, answered, trim)
        blocks, times = np.unique(
            (pairs << 40) | (at // BLOCK).astype(np.int64) << 20 | there // BLOCK, return_counts=True
        )
        starts = np.flatnonzero(np.diff(blocks >> 40, prepend=-1))
        for pair, part, count in zip(
            (blocks[starts] >> 40).tolist(),
            np.split(blocks, starts[1:]),
            np.split(times, starts[1:]),
            strict=True,
        ):
            marked.setdefault(pair, []).append((part & (1 << 40) - 1, count))
    lines: dict[_Kind, list[Candidate]] = {}
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
        lines.setdefault(kind, []).append(candidate)
    chosen = []
    for kind in _telling(votes):
        counts = np.zeros(size, np.float32)
        for pair in codes.get(kind, ()):
            for part, times in marked[pair]:
                # No more from one pair of views: what stands still agrees with itself at every step.
                place_of = np.minimum(part >> 20, size[0] - 1), np.minimum(part & 0xFFFFF, size[1] - 1)
                counts[place_of] += np.minimum(times, 4)
        marks = _likeliest(counts)
        for candidate in lines.get(kind, ()):
            asked = np.arange(size[0])
            middle = (asked * BLOCK + BLOCK // 2) * candidate.speed + candidate.offset_ms / GRID_MS
            blocks = np.floor(middle / BLOCK).astype(np.int64)
            inside = (blocks >= 0) & (blocks < size[1])
            marks[asked[inside], blocks[inside]] = True
        chosen.append((example[kind], _widened(marks)))
    return chosen


def _pairs(
    theirs: PictureTrack, ours: PictureTrack
) -> Iterator[tuple[bool, NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]]:
    """Pairs of near hashes: whether mirrored, rows of the query and of ours, differing bits."""
    if len(theirs.hashes) * len(ours.hashes) <= _ALL_WITH_ALL:
        yield from hashes.near(theirs.hashes, ours.hashes, NEAR)
        return
    given = hashes.words(ours.hashes)
    order = np.argsort(given, kind="stable")
    given = given[order]
    for turned in (False, True):
        sought = theirs.hashes ^ hashes.MIRROR if turned else theirs.hashes
        straight = hashes.words(sought)
        for column in range(-1, theirs.flips.shape[1]):
            bit = np.int64(1) << theirs.flips[:, column].astype(np.int64) if column >= 0 else np.int64(0)
            low = np.searchsorted(given, straight ^ bit)
            count = np.searchsorted(given, straight ^ bit, "right") - low
            # A word that stands everywhere, as an empty room's, tells no place.
            count[count > _COMMON] = 0
            rows = np.repeat(np.arange(len(count)), count)
            columns = order[np.repeat(low - np.cumsum(count) + count, count) + np.arange(len(rows))]
            apart = np.bitwise_count(sought[rows] ^ ours.hashes[columns]).sum(1).astype(np.int64)
            fit = apart <= NEAR
            if fit.any():
                yield turned, rows[fit], columns[fit], apart[fit]


def _likeliest(counts: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where hashes are near; of very many such blocks those whose neighbors along the diagonal hold the most, too."""
    marks = counts > 0
    if np.count_nonzero(marks) > _MOST_MARKS:
        support = counts.copy()
        support[1:, 1:] += counts[:-1, :-1]
        support[:-1, :-1] += counts[1:, 1:]
        support[~marks] = 0
        least = np.partition(support.ravel(), -_MOST_MARKS)[-_MOST_MARKS]
        marks = support > least
    return np.asarray(marks, np.bool_)


def _widened(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Blocks within one of the query's and two of ours: windows of 4 seconds, and hashes that stand a while."""
    wide = marks.copy()
    wide[1:] |= marks[:-1]
    wide[:-1] |= marks[1:]
    across = wide.copy()
    for step in (1, 2):
        across[:, step:] |= wide[:, :-step]
        across[:, :-step] |= wide[:, step:]
    return across


def _telling(votes: dict[_Kind, dict[int, int]]) -> list[_Kind]:
    """The geometries that together answer most: each next one counts most for seconds not yet answered so well."""
    best: dict[int, int] = {}
    chosen: list[_Kind] = []
    most = 0.0
    while len(chosen) < min(_GEOMETRIES, len(votes)):
        gains = {
            kind: sum(max(0, value - best.get(second, 0)) + 0.15 * value for second, value in had.items())
            for kind, had in votes.items()
            if kind not in chosen
        }
        kind = max(gains, key=lambda k: gains[k])
        most = max(most, gains[kind])
        if gains[kind] < _WORTH * most:
            break
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
        confidence=float(min(confidence, SUREST)),
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
