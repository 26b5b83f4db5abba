"""Is a sound really there: peaks aligned along a line, against what chance would align.

Along a line (speed, offset, pitch) every peak of the asset either finds a peak of the query within `TIME_MS` and
`PITCH` or it does not. How often it would by chance is measured on the same two sounds: the line is moved by
`SHIFTS` wrong offsets (around the end of the stretch to its beginning), and a peak's own rate of hits there,
leveled with that of its neighbors, is its null. So hums, beats and notes that recur earn little.

A hit earns log(p1 / p0), a miss costs log((1 - p0) / (1 - p1)): log-likelihood ratios of "our sound is here",
with p1 = `RATE_THERE`. A segment is a run of highest sum that nowhere falls by more than `DROP`. For such scores the chance that some run reaches S is at most about N exp(-S)
(Karlin and Altschul 1990), were peaks independent; they are not (one loud syllable has many), so S is divided by
`DEPENDENCE`, and N counts the lines that could have been tried. `confidence` is 1 / (1 + N exp(-S / DEPENDENCE)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import Candidate, Segment, SoundTrack
from smallscreen.rights.sound.landmarks import terms_of, unpacked

TIME_MS, PITCH = 45.0, 0.4
SHIFTS = 24
RATE_THERE = 0.45
"""Peaks of ours found again where our sound is: .26 in the worst sound of the worst disguise, mostly .7 to .9."""
DROP = 14.0
DEPENDENCE = 5.0
"""Runs on wrong lines between other sounds (made music of one style, speech of one speaker, real music) exceed 30,
35 and 40 nats by 9.6, 7.7 and 5.2 more in the mean; independent peaks would give 1."""
LINES = 1e5
"""Runs that could have been counted on wrong lines: assumed, not measured, for a search of a large catalogue."""
LEAST_MS, LEAST_PEAKS, LEAST_MOMENTS, LEAST_PITCHES = 1500, 14, 7, 4
LEAST_CONFIDENCE = 0.8
"""Of runs between different sounds, the highest reached .63 on the half where this was chosen and .30 on the other.
Music that repeats itself passes: it matches its own repeat, ten seconds away."""
REACH_MS, SLACK = 3000.0, 0.06
"""How far from a candidate's line a hit may lie: so much, and this part of the query's time."""
MOST_SEEDS = 40
SLOWEST, FASTEST = 0.74, 1.35
MOST_PITCH = 5.5
"""Semitones; beyond this no line is followed."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """asset_ms = speed * query_ms + offset; the query sounds `pitch` semitones above the asset."""

    speed: float
    offset: float
    pitch: float


@dataclass(frozen=True, slots=True)
class _Side:
    """Peaks of one track in order, and its terms (n,) with the numbers of their four peaks (n, 4)."""

    time: Floats
    pitch: Floats
    term: NDArray[np.int64]
    group: NDArray[np.int64]


class Verifier:
    """A query made ready once, to be held against many assets."""

    def __init__(self, query: SoundTrack) -> None:
        self._query = _side(query, query=True)

    def verify(self, asset: SoundTrack, candidate: Candidate) -> list[Segment]:
        """Segments of the asset's sound in the query near the candidate's line, in order; [] where there is none."""
        return _segments_of(self._query, _side(asset, query=False), candidate)


def verify(query_track: SoundTrack, asset_track: SoundTrack, candidate: Candidate) -> list[Segment]:
    """One candidate of one asset; for many, make a `Verifier` once.

    The candidate's `speed` may be some 6 % off and its `offset_ms` some seconds; its pitch is not needed. A
    segment's `confidence` allows for `LINES` lines tried (see above), and is at least `LEAST_CONFIDENCE`.
    """
    return Verifier(query_track).verify(asset_track, candidate)


def _side(track: SoundTrack, query: bool) -> _Side:
    time, pitch, level = unpacked(track)
    term, group = terms_of(time, pitch, level, query)
    order = np.argsort(term, kind="stable")
    return _Side(time, pitch, term[order], group[order])


def _segments_of(query: _Side, ours: _Side, candidate: Candidate) -> list[Segment]:
    if min(len(ours.time), len(query.time)) < LEAST_PEAKS:
        return []
    best: list[Segment] = []
    weight = 0.0
    for line, middle in _seeds(query, ours, candidate):
        found = segments(query, ours, _grown(query, ours, line, middle))
        held = sum(s.confidence * (s.query_to_ms - s.query_from_ms) for s in found)
        if held > weight:
            best, weight = found, held
    return best


def _seeds(query: _Side, ours: _Side, candidate: Candidate) -> list[tuple[Line, float]]:
    """Lines to begin with and the query's moment where each is sure, the best supported ones first."""
    low = np.searchsorted(query.term, ours.term, "left")
    count = np.searchsorted(query.term, ours.term, "right") - low
    right = np.repeat(np.arange(len(count)), count)
    left = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(len(right))
    theirs, mine = query.group[left], ours.group[right]
    query_ms, asset_ms = query.time[theirs], ours.time[mine]
    speed = (asset_ms[:, 3] - asset_ms[:, 0]) / np.maximum(query_ms[:, 3] - query_ms[:, 0], 1.0)
    pitch = (query.pitch[theirs] - ours.pitch[mine]).mean(axis=1)
    away = np.abs(asset_ms[:, 0] - candidate.speed * query_ms[:, 0] - candidate.offset_ms)
    near = (away <= REACH_MS + SLACK * query_ms[:, 0]) & (np.abs(pitch) <= MOST_PITCH)
    near &= (
        (np.abs(np.log(np.maximum(speed, 0.1) / candidate.speed)) < 0.09)
        & (speed > SLOWEST)
        & (speed < FASTEST)
    )
    lines = np.stack(
        [speed, asset_ms.mean(axis=1) - speed * query_ms.mean(axis=1), pitch, query_ms.mean(axis=1)], axis=1
    )
    lines = np.unique(lines[near].round(3), axis=0)
    if not len(lines):
        lines = _guessed(query, ours, candidate)
    if len(lines) > MOST_SEEDS:
        lines = lines[np.linspace(0, len(lines) - 1, MOST_SEEDS).astype(np.int64)]
    support = np.array([_support(query, ours, row) for row in lines])
    chosen: list[tuple[Line, float]] = []
    for at in np.argsort(-support, kind="stable"):
        row = lines[at]
        # The same line seen from another pair of terms is no new one.
        if all(
            abs(row[0] * row[3] + row[1] - line.speed * row[3] - line.offset) > 250
            or abs(row[2] - line.pitch) > 0.6
            for line, _ in chosen
        ):
            chosen.append((Line(*(float(v) for v in row[:3])), float(row[3])))
        if len(chosen) == 3:
            break
    return chosen


def _guessed(query: _Side, ours: _Side, candidate: Candidate) -> Floats:
    """Without a term in common: the commonest difference of time and pitch along the candidate's own line."""
    expected = (ours.time - candidate.offset_ms) / candidate.speed
    low = np.searchsorted(query.time, expected - 400)
    count = np.searchsorted(query.time, expected + 400) - low
    right = np.repeat(np.arange(len(count)), count)
    left = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(len(right))
    later, higher = query.time[left] - expected[right], query.pitch[left] - ours.pitch[right]
    fit = np.abs(higher) <= MOST_PITCH
    if not fit.any():
        return np.zeros((0, 4))
    cells, times, pitches = np.histogram2d(
        later[fit], higher[fit], bins=(40, 55), range=((-400, 400), (-MOST_PITCH, MOST_PITCH))
    )
    around = np.pad(cells, 1)
    cells = sum(around[i : i + 40, j : j + 55] for i in range(3) for j in range(3))  # type: ignore[assignment]
    i, j = np.unravel_index(int(np.argmax(cells)), cells.shape)
    delay, pitch = (times[i] + times[i + 1]) / 2, (pitches[j] + pitches[j + 1]) / 2
    middle = float(np.median(expected[right][fit]))
    return np.array([[candidate.speed, candidate.offset_ms - candidate.speed * delay, pitch, middle]])


def _support(query: _Side, ours: _Side, row: Floats) -> float:
    """How many peaks fit within 3 seconds of the place where a seed was found."""
    expected = (ours.time - row[1]) / row[0]
    near = np.abs(expected - row[3]) < 3000
    if not near.any():
        return 0.0
    there, _ = _nearest(query, expected[near], ours.pitch[near] + row[2], TIME_MS, PITCH)
    return float(np.isfinite(there).sum())


def _grown(query: _Side, ours: _Side, line: Line, middle: float) -> Line:
    """The line fitted to the peaks it aligns, at first near `middle`, then farther and farther out."""
    reach = 2500.0
    farthest = max(query.time[-1] - middle, middle - query.time[0])
    while True:
        for allowed in (1.4 * TIME_MS, 0.8 * TIME_MS):
            expected = (ours.time - line.offset) / line.speed
            near = np.abs(expected - middle) < reach
            delay, higher = _nearest(query, expected[near], ours.pitch[near] + line.pitch, allowed, PITCH)
            there = np.isfinite(delay)
            if there.sum() < 6:
                break
            x, y = expected[near][there] + delay[there], ours.time[near][there]
            spread = x - x.mean()
            speed = float((spread * (y - y.mean())).sum() / max((spread**2).sum(), 1.0))
            if not SLOWEST < speed < FASTEST or abs(speed / line.speed - 1) > 0.04:
                break
            line = Line(
                speed, float(y.mean() - speed * x.mean()), line.pitch + float(np.median(higher[there]))
            )
        if reach >= farthest:
            return line
        reach *= 1.6


def _nearest(
    query: _Side, times: Floats, pitches: Floats, within_ms: float, within: float
) -> tuple[Floats, Floats]:
    """How much later and higher the query's nearest peak stands than each place asked for; NaN where none is near."""
    low = np.searchsorted(query.time, times - within_ms)
    high = np.searchsorted(query.time, times + within_ms)
    delay, higher, best = (np.full(len(times), v) for v in (np.nan, np.nan, np.inf))
    for step in range(int((high - low).max(initial=0))):
        at = np.minimum(low + step, len(query.time) - 1)
        later, above = query.time[at] - times, query.pitch[at] - pitches
        far = (later / within_ms) ** 2 + (above / within) ** 2
        take = (low + step < high) & (np.abs(above) <= within) & (far < best)
        delay[take], higher[take], best[take] = later[take], above[take], far[take]
    return delay, higher


def segments(query: _Side, ours: _Side, line: Line) -> list[Segment]:
    """Runs along a line that chance does not explain."""
    expected = (ours.time - line.offset) / line.speed
    begin, end = query.time[0], query.time[-1]
    inside = np.flatnonzero((expected >= begin - TIME_MS) & (expected <= end + TIME_MS))
    length = end - begin
    if len(inside) < LEAST_PEAKS or length < LEAST_MS:
        return []
    expected, pitch = expected[inside], ours.pitch[inside] + line.pitch
    hit = np.isfinite(_nearest(query, expected, pitch, TIME_MS, PITCH)[0])
    gain = _gains(query, expected, pitch, hit)
    found: list[Segment] = []
    for first, last, total in _runs(gain):
        at = np.flatnonzero(hit[first : last + 1]) + first
        moments = len(np.unique(expected[at] // 160))
        pitches = len(np.unique(np.rint(pitch[at])))
        lone = 1.0 / (1.0 + LINES * float(np.exp(-min(total / DEPENDENCE, 700.0))))
        if (
            lone < LEAST_CONFIDENCE
            or len(at) < LEAST_PEAKS
            or moments < LEAST_MOMENTS
            or pitches < LEAST_PITCHES
            or expected[last] - expected[first] < LEAST_MS
        ):
            continue
        start, stop = float(expected[first]), float(expected[last])
        found.append(
            Segment(
                query_from_ms=max(0, round(start)),
                query_to_ms=round(stop),
                asset_from_ms=max(0, round(line.speed * start + line.offset)),
                asset_to_ms=round(line.speed * stop + line.offset),
                speed=line.speed,
                by="sound",
                confidence=lone,
                pitch=line.pitch,
            )
        )
    return found


def _gains(query: _Side, expected: Floats, pitch: Floats, hit: Bools) -> Floats:
    """What each peak of the asset says for the line, in nats."""
    begin, length = query.time[0], query.time[-1] - query.time[0]
    reach = min(8000.0, length / 2)
    away = np.linspace(700.0, max(reach, 900.0), SHIFTS // 2)
    chance = np.zeros(len(expected))
    for shift in np.concatenate([away, -away]):
        moved = begin + (expected - begin + shift) % length
        chance += np.isfinite(_nearest(query, moved, pitch, TIME_MS, PITCH)[0])
    total = np.concatenate([[0.0], np.cumsum(chance)])
    low = np.maximum(np.arange(len(chance)) - 15, 0)
    high = np.minimum(np.arange(len(chance)) + 16, len(chance))
    around = (total[high] - total[low]) / (high - low)
    null = np.clip((chance + around) / (2 * SHIFTS), 0.03, 0.95)
    likely = np.maximum(RATE_THERE, null)
    return np.where(hit, np.log(likely / null), np.log((1 - likely) / (1 - null)))


def _runs(gain: Floats) -> list[tuple[int, int, float]]:
    """Runs (first, last, sum) of highest sum that nowhere fall by more than DROP, one after the other."""
    out: list[tuple[int, int, float]] = []
    total = top = 0.0
    first = last = 0
    for at, value in enumerate(gain.tolist()):
        if total <= 0.0:
            total, first, top, last = 0.0, at, 0.0, at
        total += value
        if total > top:
            top, last = total, at
        if (top - total > DROP or total <= 0.0) and top > 0.0:
            out.append((first, last, top))
            total = top = 0.0
    if top > 0.0:
        out.append((first, last, top))
    return out
