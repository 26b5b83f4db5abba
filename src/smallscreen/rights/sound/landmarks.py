"""Peaks of a sound and the terms made of them: sound in blocks -> SoundTrack -> rows for the join.

The sound (mono, `RATE` samples a second) becomes a spectrogram whose rows stand 16 ms apart and whose columns
are a third of a semitone wide, so that a change of pitch only moves it. A **peak** is a moment and pitch louder
than everything near it, standing out of its surroundings by `CONTRAST` decibels and out of its own pitch before
and after by `RISE` (a hum, silence and even noise have none). A peak's level is its contrast, so that volume and
coloring of the sound do not matter.

A **term** is made of four peaks: the three steps in pitch from the first (the same at every pitch) and the parts
of the whole span that lie before the second and the third (the same at every tempo). Three peaks would survive
more often, but tell only 19 bits apart, four more than 24. A reference makes few terms, of its most salient peaks; a query makes many, so that those
few are hit though noise has hidden some peaks and raised others. `view` of a term is its span on a log scale
(`SPAN_STEPS` a doubling): the difference of two terms' views is the speed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import GRID_MS, SoundTrack

RATE = 8000
"""Samples a second that `SoundBuilder` takes."""
MOST_SECONDS = 4 * 3600 + 600
"""Longer sound is cut here: what was fed beyond it is not heard."""

WINDOW, PADDED, HOP = 1024, 2048, 128
LOWEST, PER_OCTAVE, COLUMNS = 250.0, 36, 138
FRAME_MS = 1000 * HOP / RATE
NEAR_FRAMES, NEAR_COLUMNS = 4, 3
AROUND_FRAMES, AROUND_COLUMNS = 25, 24
CONTRAST, RISE = 5.0, 2.5
_EDGE = AROUND_FRAMES + NEAR_FRAMES + 1
_BLOCK = 512
_FLOOR = 1e-7
"""Power below which nothing is heard: a sine of about -110 dB of full scale."""

KEPT = 20
"""Peaks kept of those within half a second on either side."""
PITCH_UNIT, TIME_UNIT_MS, LEVEL_UNIT = 1 / 64, 2, 0.125
"""Units of the columns of `SoundTrack.peaks`: semitones, milliseconds since the peak before, decibels."""

REFERENCE_CONTRAST = 10.0
REFERENCE_ANCHORS, QUERY_ANCHORS = 6, 9
REFERENCE_CHOICE, QUERY_CHOICE = (1, 2, 2), (3, 3, 3)
REFERENCE_TERMS = 10
"""Terms a second of a reference: the groups whose weakest peak is loudest."""
QUERY_TEMPOS = (0.84, 1.0, 1.19)
ZONES_MS = ((120, 480), (500, 980), (1000, 1560))
"""When the second, third and fourth peak may follow the first: the loudest few of each zone are taken."""
STEP_SEMITONES = (0.7, 30.0)
STEP_BIN, PART_BIN = 0.4, 1 / 24
STEP_SLACK, PART_SLACK = 0.14, 0.014
SHORT_MS, SHORT_STEP_SLACK, SHORT_PART_SLACK = 40_000, 0.2, 0.02
"""A query with peaks over no more than `SHORT_MS` asks more widely: its excerpt may hold few terms of ours."""
LONG_MS, LONG_ANCHORS, LONG_CHOICE = 600_000, 6, (2, 2, 2)
"""A query with peaks over more than `LONG_MS` asks less, so that hours fit into memory."""
MOST_MOVED, MOST_RANK = 2, 2
"""Of a longer query's term so many of its five numbers may be those beside (all five rarely are at once), and its
peaks, counted by how many louder ones their zones have, make no more than this together. Both leave a quarter of
the terms; 4 and 10 seconds of made-noisy, faster, slower and higher sound were found as often as with all of them."""
SPAN_MS, SPAN_STEPS = 500.0, 96
_SCATTER = 0x9E3779B97F4A7C15

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class SoundBuilder:
    """Hears mono sound block by block and keeps only its peaks, so that hours take a few megabytes."""

    rate = RATE

    def __init__(self) -> None:
        self._left = np.zeros(WINDOW // 2, np.float32)
        self._rows = np.zeros((0, COLUMNS), np.float32)
        self._first = 0
        """Frame of the first row kept."""
        self._next = 0
        """Frame from which peaks are still to be taken."""
        self._heard = 0
        self._found: list[NDArray[np.float64]] = []

    def feed(self, samples: NDArray[np.floating]) -> None:
        """Takes the next samples, float, full scale at 1, `rate` a second; what is no number counts as silence."""
        block = np.asarray(samples, np.float32).reshape(-1)[: max(0, MOST_SECONDS * RATE - self._heard)]
        self._heard += len(block)
        self._take(np.clip(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0), -4.0, 4.0))

    def finish(self) -> SoundTrack:
        """The track of all that was fed. Without a sound that stands out it has no rows."""
        self._take(np.zeros(WINDOW // 2, np.float32))
        self._pick(last=True)
        found = np.concatenate(self._found) if self._found else np.zeros((0, 3))
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        found = found[rank(found[:, 0], found[:, 2]) < KEPT]
        track = SoundTrack(np.zeros(0, np.uint32), np.zeros(0, np.int32), _packed(found))
        time, pitch, level = unpacked(track)
        term, group = terms_of(time, pitch, level, query=False)
        return SoundTrack(term.astype(np.uint32), time[group[:, 0]].astype(np.int32), track.peaks)

    def _take(self, block: NDArray[np.float32]) -> None:
        for at in range(0, len(block), _BLOCK * HOP):
            sound = np.concatenate([self._left, block[at : at + _BLOCK * HOP]])
            count = max(0, (len(sound) - WINDOW) // HOP + 1)
            if count:
                frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
                spectrum = np.fft.rfft(frames * _WINDOW, PADDED)
                power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _BANK
                self._rows = np.concatenate([self._rows, power + np.float32(_FLOOR)])
            self._left = sound[count * HOP :]
            if len(self._rows) >= _BLOCK + 2 * _EDGE:
                self._pick(last=False)

    def _pick(self, last: bool) -> None:
        """Takes the peaks of all frames that have their surroundings, or of all that are left."""
        end = self._first + len(self._rows) - (0 if last else _EDGE)
        if end <= self._next:
            return
        peaks = _peaks(self._rows)
        frame = peaks[:, 0] + self._first
        peaks[:, 0] = frame * FRAME_MS
        taken = (np.rint(peaks[:, 3] + self._first) >= self._next) & (
            np.rint(peaks[:, 3] + self._first) < end
        )
        self._found.append(peaks[taken, :3])
        self._next = end
        drop = max(0, end - _EDGE - self._first)
        self._rows, self._first = self._rows[drop:].copy(), self._first + drop


def terms(track: SoundTrack, query: bool = False) -> tuple[Ints, NDArray[np.int32], NDArray[np.uint8]]:
    """Rows for the join: term int64, t int32 (first peak, in steps of 80 ms) and view uint8 (the span).

    A reference has at most about ten a second, a query many. A hit of both says: asset time = query time times
    the speed plus an offset, where speed = 2 ** ((asset view - query view) / SPAN_STEPS), to about 2 %.
    """
    time, pitch, level = unpacked(track)
    term, group = terms_of(time, pitch, level, query)
    span = np.maximum(time[group[:, 3]] - time[group[:, 0]], 1.0)
    view = np.clip(np.rint(SPAN_STEPS * np.log2(span / SPAN_MS)), 0, 255).astype(np.uint8)
    return term, (time[group[:, 0]] // GRID_MS).astype(np.int32), view


def unpacked(track: SoundTrack) -> tuple[Floats, Floats, Floats]:
    """Peaks of a track, in order: times in ms, pitches in semitones above `LOWEST`, contrasts in dB."""
    rows = np.asarray(track.peaks, np.int64).reshape(-1, 3)
    times = np.cumsum(rows[:, 0]).astype(np.float64) * TIME_UNIT_MS
    real = rows[:, 2] > 0
    return times[real], rows[real, 1] * PITCH_UNIT, rows[real, 2] * LEVEL_UNIT


def rank(times: Floats, levels: Floats, within_ms: float = 500.0) -> Ints:
    """For each peak (in order of time), how many louder ones lie within `within_ms` on either side."""
    louder = np.zeros(len(times), np.int64)
    for step in range(1, len(times)):
        near = times[step:] - times[:-step] < within_ms
        if not near.any():
            break
        up = levels[step:] > levels[:-step]
        louder[:-step] += near & up
        louder[step:] += near & ~up
    return louder


def _bank() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The window, and what brings the power of `PADDED // 2 + 1` frequencies to the columns, highs raised."""
    center = LOWEST * 2 ** (np.arange(COLUMNS) / PER_OCTAVE)
    spacing = RATE / PADDED
    width = np.maximum(center * (2 ** (0.5 / PER_OCTAVE) - 2 ** (-0.5 / PER_OCTAVE)), spacing) * 0.6
    away = np.arange(PADDED // 2 + 1)[:, None] * spacing - center[None, :]
    weight = np.exp(-0.5 * (away / width[None, :]) ** 2)
    weight *= (center / 1000 / weight.sum(axis=0))[None, :]
    return np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32), weight.astype(np.float32)


_WINDOW, _BANK = _bank()
_AROUND = (np.abs(np.arange(COLUMNS)[:, None] - np.arange(COLUMNS)[None, :]) <= AROUND_COLUMNS).astype(
    np.float32
)
_AROUND /= _AROUND.sum(axis=0, keepdims=True)


def _peaks(power: NDArray[np.float32]) -> Floats:
    """Rows of frame (between frames), pitch in semitones, contrast in dB, and the whole frame."""
    level = 10 * np.log10(power)
    contrast = level - 10 * np.log10(np.maximum(_mean(power @ _AROUND, AROUND_FRAMES), _FLOOR))
    highest = _highest(_highest(level, NEAR_FRAMES, 0), NEAR_COLUMNS, 1)
    there = (level >= highest) & (contrast >= CONTRAST)
    there[:1] = there[-1:] = False
    there[:, :1] = there[:, -1:] = False
    at, column = np.nonzero(there)
    rise = level[at, column] - _mean(level, AROUND_FRAMES)[at, column]
    at, column = at[rise >= RISE], column[rise >= RISE]
    frame = at + _vertex(level[at - 1, column], level[at, column], level[at + 1, column])
    pitch = column + _vertex(level[at, column - 1], level[at, column], level[at, column + 1])
    return np.stack([frame, pitch * 12 / PER_OCTAVE, contrast[at, column], at], axis=1).astype(np.float64)


def _mean(rows: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Mean over `reach` rows before and after, of those there are."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    here = np.arange(len(rows))
    low, high = np.maximum(here - reach, 0), np.minimum(here + reach + 1, len(rows))
    return ((total[high] - total[low]) / (high - low)[:, None]).astype(np.float32)


def _highest(rows: NDArray[np.float32], reach: int, axis: int) -> NDArray[np.float32]:
    """Highest value within `reach` along an axis, by doubling."""
    if axis == 1:
        return _highest(rows.T, reach, 0).T
    full = np.pad(rows, ((reach, reach), (0, 0)), constant_values=-1e9)
    width, wanted = 1, 2 * reach + 1
    while width * 2 <= wanted:
        full = np.maximum(full[:-width], full[width:])
        width *= 2
    return np.maximum(full[: len(rows)], full[wanted - width : wanted - width + len(rows)])


def _vertex(before: NDArray[np.float32], at: NDArray[np.float32], after: NDArray[np.float32]) -> Floats:
    """Where between -0.5 and 0.5 the parabola through three values has its top."""
    bend = before - 2.0 * at + after
    return np.clip(
        np.where(bend < -1e-6, 0.5 * (before - after) / np.where(bend < -1e-6, bend, -1.0), 0.0), -0.5, 0.5
    )


def _packed(found: Floats) -> NDArray[np.uint16]:
    """Rows of time since the row before, pitch and contrast; a long rest is bridged by rows of no contrast."""
    if not len(found):
        return np.zeros((0, 3), np.uint16)
    time = np.maximum(np.rint(found[:, 0] / TIME_UNIT_MS), 0).astype(np.int64)
    rows: list[NDArray[np.int64]] = []
    gap = np.diff(time, prepend=0)
    pitch = np.clip(np.rint(found[:, 1] / PITCH_UNIT), 0, 65535).astype(np.int64)
    level = np.clip(np.rint(found[:, 2] / LEVEL_UNIT), 1, 65535).astype(np.int64)
    last = 0
    for far in [*np.flatnonzero(gap > 65535), len(found)]:
        rows.append(np.stack([gap[last:far], pitch[last:far], level[last:far]], axis=1))
        if far < len(found):
            bridges, gap[far] = divmod(int(gap[far]), 65535)
            rows.append(np.tile(np.array([[65535, 0, 0]]), (bridges, 1)))
        last = int(far)
    return np.concatenate(rows).astype(np.uint16)


def terms_of(time: Floats, pitch: Floats, level: Floats, query: bool) -> tuple[Ints, Ints]:
    """Terms of unpacked peaks, and for each the numbers of its four peaks, shape (n, 4), in order of time."""
    group = groups(time, pitch, level, query)
    start = time[group[:, 0]]
    span = np.maximum(time[group[:, 3]] - start, 1.0)
    values = [(pitch[group[:, k]] - pitch[group[:, 0]]) / STEP_BIN + 128 for k in (1, 2, 3)]
    values += [(time[group[:, k]] - start) / span / PART_BIN for k in (1, 2)]
    short = _short(time)
    step_slack, part_slack = (SHORT_STEP_SLACK, SHORT_PART_SLACK) if short else (STEP_SLACK, PART_SLACK)
    slack = [step_slack / STEP_BIN] * 3 + [part_slack / PART_BIN] * 2
    term, row = np.zeros(len(group), np.uint64), np.arange(len(group))
    moved = np.zeros(len(group), np.int64)
    most = len(values) if short else MOST_MOVED
    for value, wide in zip(values, slack, strict=True):
        here = np.floor(value).astype(np.int64)
        # The number on the nearer side, where the value might lie there in ours.
        beside = np.where(np.floor(value - wide) < here, here - 1, np.floor(value + wide).astype(np.int64))
        other = (beside != here)[row] & (moved < most) if query else np.zeros(len(row), np.bool_)
        term = term * np.uint64(256)
        term = np.concatenate(
            [term + here[row].astype(np.uint64), (term + beside[row].astype(np.uint64))[other]]
        )
        row, moved = np.concatenate([row, row[other]]), np.concatenate([moved, moved[other] + 1])
    # Five small numbers become 32 bits, so that terms fill their range evenly.
    mixed = ((term * np.uint64(_SCATTER)) >> np.uint64(32)).astype(np.int64)
    order = np.argsort(row, kind="stable")
    return mixed[order], group[row[order]]


def groups(time: Floats, pitch: Floats, level: Floats, query: bool) -> Ints:
    """Shape (n, 4): peaks that make a term. For each salient first one, the loudest few of each zone after it."""
    place = rank(time, level)
    long = query and len(time) > 0 and time[-1] - time[0] > LONG_MS
    if query:
        anchors = np.flatnonzero(place < (LONG_ANCHORS if long else QUERY_ANCHORS))
    else:
        anchors = np.flatnonzero((place < REFERENCE_ANCHORS) & (level >= REFERENCE_CONTRAST))
    choice = LONG_CHOICE if long else QUERY_CHOICE if query else REFERENCE_CHOICE
    most = MOST_RANK if query and not _short(time) else sum(choice)
    found = [
        _grouped(time, pitch, level, anchors, choice, tempo, most)
        for tempo in (QUERY_TEMPOS if query else (1.0,))
    ]
    group = np.unique(np.concatenate(found), axis=0)
    if not query and len(group):
        # Thinned evenly: of the groups that begin within half a second on either side, the most salient ones.
        weakest = level[group].min(axis=1) + 1e-6 * (np.arange(len(group)) % 997)
        group = group[rank(time[group[:, 0]], weakest) < REFERENCE_TERMS]
    return group


def _short(time: Floats) -> bool:
    return len(time) > 0 and bool(time[-1] - time[0] <= SHORT_MS)


def _grouped(
    time: Floats,
    pitch: Floats,
    level: Floats,
    anchors: Ints,
    choice: tuple[int, int, int],
    tempo: float,
    most: int,
) -> Ints:
    """Groups of four whose zones are those of a sound that runs `tempo` times as fast."""
    zones = [(low / tempo, high / tempo) for low, high in ZONES_MS]
    chosen = [_loudest(time, pitch, level, anchors, z, k) for z, k in zip(zones, choice, strict=True)]
    shape = (len(anchors), *choice)
    columns = [
        np.broadcast_to(anchors[:, None, None, None], shape),
        np.broadcast_to(chosen[0][:, :, None, None], shape),
        np.broadcast_to(chosen[1][:, None, :, None], shape),
        np.broadcast_to(chosen[2][:, None, None, :], shape),
    ]
    group = np.stack([c.reshape(-1) for c in columns], axis=1)
    ranks = np.indices(choice).sum(axis=0).reshape(-1)
    likely = np.tile(ranks <= most, len(anchors))
    return group[likely & (group >= 0).all(axis=1)]


def _loudest(
    time: Floats, pitch: Floats, level: Floats, anchors: Ints, zone: tuple[float, float], count: int
) -> Ints:
    """Shape (anchors, count): the loudest peaks within the zone after each anchor, -1 where there are fewer."""
    low = np.searchsorted(time, time[anchors] + zone[0])
    high = np.searchsorted(time, time[anchors] + zone[1])
    width = max(count, int((high - low).max(initial=0)))
    at = low[:, None] + np.arange(width)[None, :]
    inside = at < high[:, None]
    at = np.minimum(at, max(0, len(time) - 1))
    if not len(anchors):
        return np.zeros((0, count), np.int64)
    step = np.abs(pitch[at] - pitch[anchors][:, None])
    fit = inside & (step >= STEP_SEMITONES[0]) & (step <= STEP_SEMITONES[1])
    loud = np.where(fit, level[at], -1.0)
    best = np.argsort(-loud, axis=1, kind="stable")[:, :count]
    return np.where(np.take_along_axis(loud, best, 1) > 0, np.take_along_axis(at, best, 1), -1)
