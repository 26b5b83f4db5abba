"""Small gray pictures, as they are decoded, into a PictureTrack.

A reference is worked through in short batches and a hash kept only when its word changes and stays, so that
hours take no memory. A query is held for some minutes at a time, because its windows must be known before
its frames can be hashed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import CELLS, FINE, GRID_MS, HASH_BYTES, Box, PictureTrack
from smallscreen.rights.picture import hashes, layout, motion
from smallscreen.rights.picture.views import CENTERED, CORNERS, TRIMS, WHOLE, inside, views
from smallscreen.rights.picture.windows import means

_BATCH = 64
_BLOCK = 2250
"""Pictures of a query held at once: three minutes, 83 MB."""
_FRAMES = 12
FLIPS = 4
_SOON = 5
"""Steps after which a reference's changed word is kept even if it did not stay."""
_SELDOM = 8
"""Steps between kept hashes of the views toward the corners: they answer only copies cropped off the middle."""
_RECENT = 4
_AGAIN = 12
"""A query's word is asked again after so many steps although it stayed the same."""
_SAME_FRAME = 0.97


class PictureBuilder:
    """`add` the pictures of a film in order, then `finish`. Pictures are uint8 (height, width)."""

    def __init__(self, *, query: bool) -> None:
        self.query = query
        self._shape: tuple[int, int] | None = None
        self._held: list[NDArray[np.uint8]] = []
        self._times: list[int] = []
        self._steps = 0
        self._frames: list[_Frame] = []
        self._views: tuple[Box, ...] = ()
        self._kept: list[_Kept] = []
        self._rows: list[
            tuple[NDArray[np.int32], int, NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
        ]
        self._rows = []

    def add(self, picture: NDArray[np.uint8], times: int = 1) -> None:
        """One picture that stands for `times` steps of the grid."""
        if self._shape is None:
            high, wide = picture.shape
            self._shape = (high, wide)
            self._views = TRIMS if self.query else views(wide, high)
            self._frames = [_Frame(WHOLE, FINE if self.query else CELLS)]
            self._kept = [_Kept(_SELDOM if number >= CORNERS else 1) for number in range(len(self._views))]
        if picture.shape != self._shape:  # a stream may change its size midway
            picture = _resized(picture, self._shape)
        self._held.append(picture)
        self._times.append(times)
        if len(self._held) >= (_BLOCK if self.query else _BATCH):
            self._work()

    def finish(self) -> PictureTrack | None:
        """The track; None where no picture came."""
        if self._shape is None:
            return None
        if self._held:
            self._work()
        rows = [r for r in self._rows if len(r[0])]
        joined = [np.concatenate([r[k] for r in rows]) if rows else None for k in (0, 2, 3, 4)]
        numbers = np.concatenate([np.full(len(r[0]), r[1], np.uint8) for r in rows]) if rows else None
        times, bits, quality, flips = joined
        if times is None or numbers is None or bits is None or quality is None or flips is None:
            times, numbers = np.zeros(0, np.int32), np.zeros(0, np.uint8)
            bits, quality = np.zeros((0, HASH_BYTES), np.uint8), np.zeros(0, np.uint8)
            flips = np.zeros((0, FLIPS if self.query else 0), np.uint8)
        order = np.lexsort((numbers, times))
        return PictureTrack(
            times_ms=(times[order] * GRID_MS).astype(np.int32),
            view=numbers[order],
            hashes=bits[order],
            quality=quality[order],
            motion=np.stack([frame.rows(self._steps) for frame in self._frames]),
            frames=np.array([frame.box for frame in self._frames], np.float32),
            flips=flips[order],
        )

    def _work(self) -> None:
        pictures = np.stack(self._held)
        times = np.array(self._times)
        self._held, self._times = [], []
        starts = self._steps + np.concatenate([[0], np.cumsum(times)[:-1]])
        if self.query:
            self._find_frames(pictures)
        for start in range(0, len(pictures), _BATCH):
            part = slice(start, start + _BATCH)
            self._describe(pictures[part].astype(np.float32), starts[part], times[part])
        self._steps += int(times.sum())

    def _describe(
        self, pictures: NDArray[np.float32], starts: NDArray[np.int64], times: NDArray[np.int64]
    ) -> None:
        for number, frame in enumerate(self._frames):
            if not frame.active:
                continue
            seen = means(pictures, frame.box, frame.cells).reshape(len(pictures), -1)
            frame.move(seen, times, int(starts[0]))
            for trim, view in enumerate(self._views if number == 0 else self._views[:CENTERED]):
                self._hash(pictures, starts, times, inside(frame.box, view), number * len(self._views) + trim)

    def _find_frames(self, pictures: NDArray[np.uint8]) -> None:
        found = layout.windows(pictures)
        for frame in self._frames[1:]:
            frame.active = False
        for box in found:
            same = next((f for f in self._frames if layout.overlap(f.box, box) > _SAME_FRAME), None)
            if same is not None:
                same.active = True
            elif len(self._frames) < _FRAMES:
                self._frames.append(_Frame(box, FINE))

    def _hash(
        self,
        pictures: NDArray[np.float32],
        starts: NDArray[np.int64],
        times: NDArray[np.int64],
        box: Box,
        number: int,
    ) -> None:
        bits, quality, margins = hashes.describe(pictures, box)
        words = hashes.words(bits)
        full = quality >= hashes.FLAT * 4
        if self.query:
            changed = np.concatenate([[True], words[1:] != words[:-1]]) | (
                starts // _AGAIN != (starts - 1) // _AGAIN
            )
            chosen = np.flatnonzero(changed & full)
            flips = hashes.weakest(margins[chosen], FLIPS)
        else:
            chosen = self._kept[number].choose(words, full, starts, times)
            flips = np.zeros((len(chosen), 0), np.uint8)
        self._rows.append((starts[chosen].astype(np.int32), number, bits[chosen], quality[chosen], flips))


class _Frame:
    """The motion in one box of the picture, built batch by batch."""

    def __init__(self, box: Box, cells: int) -> None:
        self.box = box
        self.cells = cells
        self.active = True
        self._last: NDArray[np.float32] | None = None
        self._until = 0
        self._pieces: list[NDArray[np.int8]] = []

    def move(self, seen: NDArray[np.float32], times: NDArray[np.int64], start: int) -> None:
        if self._until < start:
            self._pieces.append(np.zeros((start - self._until, seen.shape[1]), np.int8))
            self._last = None
        if self._last is None:
            self._last = np.repeat(seen[:1], motion.LAG, axis=0)
        # A picture that stands for long moves for LAG steps only; the rest is nought.
        short = np.minimum(times, motion.LAG + 1)
        spread = np.repeat(seen, short, axis=0)
        moved = motion.differences(self._last, spread, fine=self.cells == FINE)
        if (times > short).any():
            ends = np.cumsum(short)
            gaps = np.repeat(ends, times - short)
            moved = np.insert(moved, gaps, 0, axis=0)
        self._last = np.concatenate([self._last, spread])[-motion.LAG :]
        self._pieces.append(moved)
        self._until = start + int(times.sum())

    def rows(self, steps: int) -> NDArray[np.int8]:
        if self._until < steps:
            self._pieces.append(np.zeros((steps - self._until, self.cells**2), np.int8))
        return np.concatenate(self._pieces)


class _Kept:
    """Which hashes of one view of a reference are kept: those whose word is new and stays a step, or is due."""

    def __init__(self, apart: int) -> None:
        self._apart = apart
        """Steps that must lie between two kept ones."""
        self._previous = -1
        self._recent: list[int] = []
        self._at = -(10**9)

    def choose(
        self,
        words: NDArray[np.int64],
        full: NDArray[np.bool_],
        starts: NDArray[np.int64],
        times: NDArray[np.int64],
    ) -> NDArray[np.intp]:
        chosen = []
        rows = zip(words.tolist(), full.tolist(), starts.tolist(), times.tolist(), strict=True)
        for row, (word, says, at, stays) in enumerate(rows):
            new = says and word not in self._recent and at - self._at >= self._apart
            if new and (word == self._previous or stays > 1 or at - self._at >= _SOON):
                chosen.append(row)
                self._recent = [*self._recent[-_RECENT + 1 :], word]
                self._at = at
            self._previous = word
        return np.array(chosen, np.intp)


def _resized(picture: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    high, wide = shape
    rows = (np.arange(high) * picture.shape[0] // high)[:, None]
    return picture[rows, np.arange(wide)[None, :] * picture.shape[1] // wide]
