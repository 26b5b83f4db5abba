"""Side-by-side pictures at seconds that matched, and when to take them.

Moments are spread over the stretches; of a few near each other the one with the most to see is taken (contours of
the picture), so that no pack shows black frames and fades.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from smallscreen.engines.video import probe, read_frames
from smallscreen.errors import UserError
from smallscreen.rights.model import Segment

COUNT = 6
WIDTH = 480
"""Pixels; pictures that are smaller stay as they are shown."""
_TRIES = 3
_EDGE_MS = 300
_QUALITY = 82
_REACH_MS = 1500
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture of the file and the one of ours that belongs to it, as JPEG; `ours` is empty where it is missing."""

    segment: int
    query_ms: int
    asset_ms: int
    query: bytes
    ours: bytes


def pairs(
    query: Path,
    ours: Path | None,
    segments: Sequence[Segment],
    count: int = COUNT,
    progress: Progress | None = None,
) -> list[Pair]:
    """Up to `count` pairs in the order of the file; UserError where the file cannot be read any more."""
    wide = {path: _width(path) for path in (query, ours) if path is not None}
    moments = spread(segments, count)
    found: list[Pair] = []
    for done, (number, tries) in enumerate(moments):
        if progress:
            progress(done, len(moments), "pictures")
        best: tuple[float, int, np.ndarray] | None = None
        for at in tries:
            seen = _frame(query, at, wide[query])
            if seen is not None and (best is None or _to_see(seen[1]) > best[0]):
                best = (_to_see(seen[1]), seen[0], seen[1])
        if best is None:
            continue
        asset_ms = in_asset(segments[number], best[1])
        other = _frame(ours, asset_ms, wide[ours]) if ours is not None else None
        found.append(
            Pair(number, best[1], asset_ms, _jpeg(best[2]), _jpeg(other[1]) if other is not None else b"")
        )
    return found


def spread(segments: Sequence[Segment], count: int) -> list[tuple[int, list[int]]]:
    """(segment, moments in ms to choose from), in order; the longest stretches have one each before any has two."""
    lengths = [max(0, s.query_to_ms - s.query_from_ms) for s in segments]
    shares = [0] * len(segments)
    for _ in range(count if any(lengths) else 0):
        # Whose part is longest still: one each first, then by length.
        most = max(range(len(segments)), key=lambda i: (lengths[i] / (shares[i] + 1), -i))
        shares[most] += 1
    found = []
    for number, (s, share) in enumerate(zip(segments, shares, strict=True)):
        edge = min(_EDGE_MS, lengths[number] // 4)
        start, length = s.query_from_ms + edge, lengths[number] - 2 * edge
        for part in range(share):
            at = [start + length * (part + (k + 0.5) / _TRIES) / share for k in range(_TRIES)]
            found.append((number, [round(t) for t in at]))
    return sorted(found, key=lambda f: f[1][0])


def in_asset(segment: Segment, query_ms: float) -> int:
    """The moment of ours that a moment of the file shows."""
    whole = segment.query_to_ms - segment.query_from_ms
    part = (query_ms - segment.query_from_ms) / whole if whole else 0.0
    return round(segment.asset_from_ms + part * (segment.asset_to_ms - segment.asset_from_ms))


# --- inside ----------------------------------------------------------------------------------


def _width(path: Path) -> int:
    return min(WIDTH, probe(path).width)


def _frame(path: Path, at: int, width: int) -> tuple[int, np.ndarray] | None:
    """The first picture at or after a moment, or the last one before it; None where there is none."""
    for time_ms, picture in read_frames(path, start_ms=max(0, at), end_ms=at + _REACH_MS, width=width):
        return time_ms, picture
    # Past the last picture: the file may end a little before its sound.
    last = None
    for seen in read_frames(path, start_ms=max(0, at - _REACH_MS), end_ms=at + 1, width=width):
        last = seen
    return last


def _to_see(picture: np.ndarray) -> float:
    """How much there is to see: the mean step from pixel to pixel of the brightness."""
    gray = picture[::4, ::4].mean(axis=2, dtype=np.float32)
    return float(np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean())


def _jpeg(picture: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def thumbnail(path: Path, at: int, width: int = 120) -> bytes:
    """A small JPEG of one moment; b"" where the file cannot be read."""
    try:
        seen = _frame(path, at, width)
    except UserError:
        return b""
    if seen is None:
        return b""
    return _jpeg(seen[1])
