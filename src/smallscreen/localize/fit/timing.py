"""When each subtitle is on the screen: in order, never two at once, long enough to be read if there is time.

Rules and their sources: shortest and longest duration, least gap and the closing of small gaps come
from the market's screen rules. A subtitle may appear within 3 frames of the sound (Netflix guide
115000239632, timing). The same guide lets it stay 12 frames after the sound; where the reading speed
asks for more and nothing else is on the screen, it stays up to LINGER_MS here, because text in the
spoken language's timing cannot be read otherwise (measured in docs/fit.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from smallscreen.series.markets import Screen

LINGER_MS = 1000
"""How long after the sound a subtitle may stay for the sake of reading, ms."""
LEAD_MS = 125
"""How long before the sound it may appear for the sake of reading: 3 frames at 24 frames a second."""
BORROW_MS = 125
"""How late a subtitle may appear for the sake of the one before it, if it has time to spare: 3 frames."""
LATE_MS = 250
"""How late after the sound it may appear so that the one before it is not cut below the least duration."""
FLOOR_MS = 333
"""Shorter than this (8 frames) nothing is shown, whatever the source says: it would be a flicker."""


@dataclass(slots=True)
class Clock:
    """The screen's times in ms for one frame rate."""

    gap: int  # least gap
    close_below: int  # a shorter gap closes to `gap`; 0: never
    open_to: int  # what a gap that cannot close opens to
    least: int
    most: int
    cps: float

    @classmethod
    def of(cls, screen: Screen, fps: float | None = None) -> Clock:
        """The clock of a screen; `fps` is the video's frame rate where it is known."""
        rate = fps if fps and math.isfinite(fps) and fps > 1 else screen.fps
        gap = math.ceil(screen.gap_frames * 1000 / rate)
        frames = screen.close_gap_frames
        # Half a frame more: a gap that rounds to 11 frames is one of 11 frames.
        close = math.ceil((frames + 0.5) * 1000 / rate) if frames > screen.gap_frames else 0
        return cls(
            gap, close, math.ceil((frames + 1) * 1000 / rate), screen.min_ms, screen.max_ms, screen.cps
        )

    def needed(self, characters: float) -> int:
        """How long that many characters must be shown, ms."""
        return max(self.least, math.ceil(characters * 1000 / self.cps - 1e-9))


@dataclass(slots=True)
class Slot:
    """One subtitle in time: when it is spoken (ms), how many characters it has, when it is shown.

    `latest` is until when it may stay for the sake of reading, if nothing else needs the screen.
    """

    spoken_start: int
    spoken_end: int
    latest: int
    characters: float
    start: int = 0
    end: int = 0


def place(slots: Sequence[Slot], clock: Clock) -> None:
    """Set `start` and `end` of every slot; the slots are in order of `spoken_start`.

    Afterwards no two overlap, every gap is at least `clock.gap`, every duration is from FLOOR_MS
    (or `clock.least` if smaller) to `clock.most`.
    """
    floor = min(FLOOR_MS, clock.least)
    free = 0  # from when the screen is free
    for n, slot in enumerate(slots):
        limit = slots[n + 1].spoken_start - clock.gap if n + 1 < len(slots) else None
        need = clock.needed(slot.characters)
        if limit is not None and need > limit - max(slot.spoken_start, free):
            limit += min(BORROW_MS, _spare(slots, n + 1, clock))
        start = max(slot.spoken_start, free)
        latest = min(start + clock.most, slot.latest)
        if limit is not None:
            latest = min(latest, limit)
        end = min(max(slot.spoken_end, start + need), latest)
        if end - start < need:
            start = max(min(start, end - need), min(start, max(free, slot.spoken_start - LEAD_MS, 0)))
        if end - start < clock.least and limit is not None:
            end = max(end, min(start + clock.least, limit + LATE_MS))
        elif end - start < clock.least:
            end = start + clock.least
        slot.start, slot.end = start, max(end, start + floor)
        slot.end = min(slot.end, slot.start + clock.most)
        free = slot.end + clock.gap
    _close(slots, clock)


def _spare(slots: Sequence[Slot], n: int, clock: Clock) -> int:
    """Time of slot n that its words do not need, ms."""
    slot = slots[n]
    end = min(slot.latest, slot.spoken_start + clock.most)
    if n + 1 < len(slots):
        end = min(end, slots[n + 1].spoken_start - clock.gap)
    return max(0, end - slot.spoken_start - clock.needed(slot.characters))


def _close(slots: Sequence[Slot], clock: Clock) -> None:
    """Close the gaps that are too small to be seen as gaps and too large to be cuts."""
    if not clock.close_below:
        return
    for slot, after in pairwise(slots):
        gap = after.start - slot.end
        if clock.gap < gap < clock.close_below:
            if after.start - clock.gap - slot.start <= clock.most:
                slot.end = after.start - clock.gap
            elif after.start - clock.open_to - slot.start >= clock.least:
                slot.end = after.start - clock.open_to


def available(spoken_start: int, spoken_end: int, next_start: int | None, clock: Clock) -> int:
    """How long a subtitle spoken then can be shown at most, ms (at least FLOOR_MS or `clock.least`)."""
    end = min(spoken_end + LINGER_MS, spoken_start + clock.most)
    if next_start is not None:
        end = min(end, next_start - clock.gap)
    return max(end - spoken_start, min(FLOOR_MS, clock.least))


def share(start: int, end: int, characters: Sequence[float], clock: Clock) -> list[tuple[int, int]]:
    """The time from start to end (ms) shared among consecutive subtitles by their characters.

    Each gets at least `clock.least`, if the time allows that at all, and none more than `clock.most`.
    """
    count = len(characters)
    room = max(end - start - clock.gap * (count - 1), count)
    base = min(clock.least, room // count)
    # The same speed for all, then what is too short is raised at the cost of the others.
    total = sum(characters) or 1.0
    short = {n for n, c in enumerate(characters) if room * c / total < base}
    rest = sum(c for n, c in enumerate(characters) if n not in short) or 1.0
    left = room - base * len(short)
    times = [base if n in short else max(left * c / rest, base) for n, c in enumerate(characters)]
    scale = (room - base * count) / (sum(times) - base * count) if sum(times) > room else 1.0
    times = [base + (t - base) * scale for t in times]
    out: list[tuple[int, int]] = []
    at, done = float(start), 0
    for n, time in enumerate(times):
        at += time
        stop = end if n == count - 1 else int(at)
        first = start + done
        out.append((first, max(min(stop, first + clock.most), first + 1)))
        at += clock.gap
        done = max(int(at), out[-1][1]) - start
    return out
