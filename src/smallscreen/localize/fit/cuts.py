"""Subtitles and cuts: a subtitle begins and ends on a cut, or at least half a second (12 frames of 24) from it.

One that hangs over a cut for less makes the eye go back and read it again. The figures are the facts of
Netflix' subtitle timing guide (360051554394): half a second at any frame rate; a start up to 7 frames from
a cut goes onto it, one 8 to 11 frames before it goes back to half a second before; an end near a cut goes
to 2 frames before it. An end that cannot go back may instead stay until half a second after.

`faults` says what is wrong, `settle` where a subtitle can go without being read faster than it may be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

from smallscreen.localize.fit.timing import Clock, Slot

HALF_MS = 500
"""How near to a cut is too near; 12 frames of 24 a second."""
SNAP_MS = 292
"""A start moves onto a cut from this far: 7 frames of 24 a second."""
_FRAME_MS = 42
"""A cut is known to a frame, and so is a subtitle that is on it; at 24 frames a second, the most it can be."""


class Fault(NamedTuple):
    """One end of a subtitle too near to a cut. `off_ms`: from the cut to it, negative before the cut.

    `crosses`: the subtitle is on both sides of the cut.
    """

    end: Literal["start", "end"]
    cut_ms: int
    off_ms: int
    crosses: bool


class Limits(NamedTuple):
    """Within what a subtitle may move, ms: where it may begin, until when it may stay, how long it must be shown."""

    earliest: int
    latest_start: int
    latest_end: int
    least: int
    most: int


def faults(start: int, end: int, cuts: Sequence[int], gap: int, frame_ms: float = _FRAME_MS) -> list[Fault]:
    """What is wrong with a subtitle from `start` to `end`; `cuts` are in order, `gap` is the least gap, all ms."""
    found = []
    cut = _nearest(start, cuts)
    if cut is not None and frame_ms < abs(start - cut) < HALF_MS - 1:
        found.append(Fault("start", cut, start - cut, start < cut < end - frame_ms))
    # A subtitle that ends where the next shot's begins does so the least gap before the cut.
    cut = _nearest(end + gap / 2, cuts)
    if cut is not None and not cut - gap - frame_ms <= end <= cut and -HALF_MS + 1 < end - cut < HALF_MS - 1:
        found.append(Fault("end", cut, end - cut, start + frame_ms < cut < end))
    return found


def settle(
    start: int, end: int, cuts: Sequence[int], gap: int, limits: Limits, frame_ms: float = _FRAME_MS
) -> tuple[int, int]:
    """Where the subtitle does best within its limits: fewest crossings, then fewest other faults, then least moved.

    `(start, end)` itself where nothing is better, also where they are outside the limits already.
    """
    if not faults(start, end, cuts, gap, frame_ms):
        return start, end
    starts, ends = {start}, {end}
    for cut in _near(start, cuts):
        if abs(start - cut) <= SNAP_MS:
            starts.add(cut)
        if start < cut:
            starts.add(cut - HALF_MS)
    for cut in _near(end, cuts):
        ends.add(cut - gap)
        if end > cut:
            ends.add(cut + HALF_MS)
    best, cost = (start, end), _cost(start, end, cuts, gap, frame_ms)
    for one in sorted(starts):
        for other in sorted(ends):
            fits = limits.earliest <= one <= limits.latest_start and other <= limits.latest_end
            if not fits or not limits.least <= other - one <= limits.most:
                continue
            here = _cost(one, other, cuts, gap, frame_ms)
            moved = abs(one - start) + abs(other - end)
            if here < cost or (here == cost and moved < abs(best[0] - start) + abs(best[1] - end)):
                best, cost = (one, other), here
    return best


def snap(slots: Sequence[Slot], clock: Clock, cuts: Sequence[int]) -> int:
    """Move starts and ends to the cuts where time and reading speed allow; how many subtitles moved.

    What `place` promised still holds: order, gaps, durations; and none is read faster than it may be, or
    than it was.
    """
    cuts = sorted(cuts)
    before = [(slot.start, slot.end) for slot in slots]
    for _ in range(2):  # once more: a neighbor may have made room
        for n, slot in enumerate(slots):
            slot.start, slot.end = settle(slot.start, slot.end, cuts, clock.gap, _limits(slots, n, clock))
    return sum((slot.start, slot.end) != was for slot, was in zip(slots, before, strict=True))


def _limits(slots: Sequence[Slot], n: int, clock: Clock) -> Limits:
    slot = slots[n]
    earliest = slots[n - 1].end + clock.gap if n else 0
    latest = max(slot.end, slot.latest)
    if n + 1 < len(slots):
        latest = min(latest, slots[n + 1].start - clock.gap)
    return Limits(
        max(earliest, min(slot.start, slot.spoken_start - SNAP_MS)),
        max(slot.start, slot.spoken_start + SNAP_MS),
        latest,
        min(clock.needed(slot.characters), slot.end - slot.start),
        clock.most,
    )


def _cost(start: int, end: int, cuts: Sequence[int], gap: int, frame_ms: float) -> tuple[int, int]:
    found = faults(start, end, cuts, gap, frame_ms)
    return sum(f.crosses for f in found), len(found)


def _nearest(at: float, cuts: Sequence[int]) -> int | None:
    n = bisect_left(cuts, at)
    return min(cuts[max(0, n - 1) : n + 1], key=lambda cut: abs(cut - at), default=None)


def _near(at: int, cuts: Sequence[int]) -> Sequence[int]:
    return cuts[bisect_left(cuts, at - HALF_MS) : bisect_right(cuts, at + HALF_MS)]
