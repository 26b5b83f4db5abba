"""One video read from its first frame to its last: decoded once, looked at now and then, each line read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from smallscreen.engines.ocr import Reader
from smallscreen.series.burned import junk, merge
from smallscreen.series.burned.frames import Frames, ahead
from smallscreen.series.burned.model import Dropped, Row, VideoRead
from smallscreen.series.burned.places import Places, Strip
from smallscreen.series.burned.rows import Rows, joined

Progress = Callable[[int], None]
"""Called with the milliseconds of the video that are done. What it raises stops the work."""

_CHUNK_MS = 3_000
_CHUNK_FRAMES = 240
_BLOCK_MS = 120_000  # what is kept of the strips before it is read: memory stays small in long videos
_LOOK_MS = 500  # how often it is asked whether there is something new to look at
_STILL_MS = 240  # between the two pictures that this is seen in


def read_video(
    path: Path, reader: Reader, progress: Progress | None = None, *, threads: int = 2
) -> VideoRead:
    """The subtitles in the picture of a video. No cues where there are none; UserError where it is no video."""
    work = _Work(path, reader, progress, threads)
    return work.run()


class _Work:
    def __init__(self, path: Path, reader: Reader, progress: Progress | None, threads: int) -> None:
        self.frames = Frames(path, threads=threads)
        self.path, self.threads = path, threads
        self.reader, self.progress = reader, progress
        self.rows = Rows(reader, threads)
        self.found: list[Row] = []
        self.places: Places | None = None

    def run(self) -> VideoRead:
        chunk: list[tuple[int, int, np.ndarray]] = []
        block_from, next_look, end = 0, 0.0, 0
        late: list[tuple[Strip, int]] = []
        begins = 0
        for start, end, gray in ahead(self.frames):
            if self.places is None:
                self.places = Places(self.reader, gray.shape[1], gray.shape[0])
            chunk.append((start, end, gray))
            if start - chunk[0][0] < _CHUNK_MS and len(chunk) < _CHUNK_FRAMES:
                continue
            begins = chunk[0][0]
            next_look, new = self._follow(chunk, next_look)
            late += [(s, begins) for s in new if begins > block_from]
            chunk = []
            if end - block_from > _BLOCK_MS:
                self._flush(late, block_from)
                block_from, late = end, []
            if self.progress:
                self.progress(end)
        if chunk:
            begins = chunk[0][0]
            next_look, new = self._follow(chunk, next_look)
            late += [(s, begins) for s in new if begins > block_from]
        self._flush(late, block_from)
        places = self.places
        assert places is not None  # a video without a frame was refused
        rows = joined(self.found)
        junk.sort_out(rows, end)
        scale = self.frames.scale
        cues = merge.cues(rows, scale)
        dropped = [
            Dropped(r.start_ms, r.end_ms, r.text, _unscaled(r.box, scale), r.dropped)
            for r in rows
            if r.dropped
        ]
        return VideoRead(
            width=self.frames.width,
            height=self.frames.height,
            duration_ms=end,
            cues=cues,
            dropped=dropped,
            frames=self.frames.count,
            rows_read=self.rows.read,
            looked_at=places.looked_at + self.rows.looked_at,
        )

    def _follow(
        self, chunk: list[tuple[int, int, np.ndarray]], next_look: float
    ) -> tuple[float, list[Strip]]:
        assert self.places is not None
        new: list[Strip] = []
        for n, (start, _, gray) in enumerate(chunk):
            if start >= next_look:
                beside = next((m for m in range(n + 1, len(chunk)) if chunk[m][0] - start >= _STILL_MS), None)
                if beside is None:
                    beside = next((m for m in range(n - 1, -1, -1) if start - chunk[m][0] >= _STILL_MS), n)
                new += self.places.look(start, gray, chunk[beside][2])
                next_look = start + _LOOK_MS
        for start, end, gray in chunk:
            for strip in self.places.strips:
                strip.add(start, end, gray)
        return next_look, new

    def _flush(self, late: list[tuple[Strip, int]], block_from: int) -> None:
        """Read what the strips hold: first what the finder saw, then, where that is subtitles, all of it."""
        assert self.places is not None
        places = self.places
        # The surest places first: what they hold is not read again from a strip that overlaps.
        strips = sorted(places.strips, key=lambda s: -s.hits)
        for strip in strips:
            self.found += self.rows.of(strip, places.width, every=False, known=self.found, beside=strips)
        good = self._subtitles()
        for strip in strips:
            if strip.number in good:
                self.found += self.rows.of(strip, places.width, every=True, known=self.found, beside=strips)
            strip.clear()
        self._earlier([(s, until) for s, until in late if s.number in good], block_from)

    def _subtitles(self) -> set[int]:
        """The strips that hold subtitles, as far as has been read."""
        assert self.places is not None
        rows = joined([replace(r) for r in self.found])
        end = max((r.end_ms for r in rows), default=0)
        junk.sort_out(rows, end)
        return {r.place for r in rows if not r.dropped}

    def _earlier(self, late: list[tuple[Strip, int]], block_from: int) -> None:
        """Strips that came to light late may have held something before: that stretch is decoded again for them."""
        assert self.places is not None
        useful = late
        if not useful:
            return
        stop = max(until for _, until in useful)
        for start, end, gray in ahead(Frames(self.path, threads=self.threads)):
            if start >= stop:
                break
            if start < block_from:
                continue
            for strip, until in useful:
                if start < until:
                    strip.add(start, end, gray)
        for strip, _ in useful:
            for every in (False, True):
                self.found += self.rows.of(
                    strip, self.places.width, every, known=self.found, beside=self.places.strips
                )
            strip.clear()


def _unscaled(box: tuple[int, int, int, int], scale: float) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(v / scale) for v in box)
    return x0, y0, x1, y1
