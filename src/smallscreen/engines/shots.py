"""Cuts in a picture, through PySceneDetect (the extra `ocr`).

    found = find_cuts(Path("ep001.mp4"))
    found.cuts          # Cut(ms=2583, kind="cut"), ...
    found.read_ms       # how far the picture could be read

PyAV decodes, as everywhere here; PySceneDetect is given the pictures, made small, and judges them. A hard
cut is a picture that differs from the one before far more than its neighbors do (its adaptive detector); a
fade is a picture that went black and came back (its threshold detector), timed at the middle of the black.
A dissolve, where one picture turns into another without black, is not found.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from smallscreen.engines.video import begins, opened, seconds
from smallscreen.errors import UserError

VERSION = 1
"""Raise it where the same file would give other cuts."""
LONG_SIDE = 160
"""Pixels of the longer side of the pictures that are judged."""
RATIO = 3.0
"""A cut differs by at least so many times what the two pictures before and after it do on average."""
LEAST = 12.0
"""And by at least this much: the mean difference of hue, saturation and brightness, each 0 to 255."""
APART_MS = 250
"""Two cuts are at least so far apart."""
BLACK = 10
"""A picture is black below this mean of its values, 0 to 255."""
DARK = 40
"""Between black and a picture below this mean, colors mean nothing, and a change is the end of a fade."""
MOST_PIXELS = 36_000_000
MOST_HOURS = 4
_FADE_NEAR_MS = 500
"""A fade this near to a hard cut is that cut."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Cut:
    """The first picture of a new shot, ms from the start of the file."""

    ms: int
    kind: Literal["cut", "fade"] = "cut"


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts of one file. `duration_ms` is what the file says, `read_ms` how far it could be read."""

    cuts: tuple[Cut, ...]
    duration_ms: int
    read_ms: int
    frames: int
    fps: float
    damaged: int = 0

    @property
    def whole(self) -> bool:
        """Whether the picture could be read to its end."""
        return self.read_ms >= self.duration_ms - 1000


def find_cuts(path: Path, progress: Progress | None = None) -> Cuts:
    """The cuts of a video, at any frame rate, even or uneven. UserError where it is no video.

    A file that is damaged or cut short is read as far as it goes.
    """
    path = Path(path)
    if path.is_file() and not path.stat().st_size:
        raise UserError(f"{path.name}: the file is empty; copy it again.")
    detectors = _detectors()
    times = array("q")
    hits: list[tuple[int, str]] = []
    damaged = 0
    with opened(path) as container:
        stream = container.streams.video[0]
        declared = _declared(container, stream)
        if declared > MOST_HOURS * 3600:
            raise UserError(
                f"{path.name}: it says it runs longer than {MOST_HOURS} hours; cut it into episodes."
            )
        _check_size(path, stream.codec_context.width, stream.codec_context.height)
        fps = float(stream.average_rate or stream.guessed_rate or 24)
        fps = fps if 1 <= fps <= 1000 else 24.0
        judge = _Judge(detectors, fps)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        # Judging needs no smooth edges; decoding is a fifth faster without the loop filter.
        stream.codec_context.options = {"skip_loop_filter": "all", "max_pixels": str(MOST_PIXELS)}
        base = begins(container)
        told = 0.0
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except (av.error.InvalidDataError, ValueError):
                    damaged += 1
                    continue
                for frame in frames:
                    _check_size(path, frame.width, frame.height)
                    at = _ms(frame, base, times, fps)
                    if at > MOST_HOURS * 3_600_000:
                        raise UserError(
                            f"{path.name}: it says it runs longer than {MOST_HOURS} hours; cut it into episodes."
                        )
                    times.append(at)
                    hits += judge.see(_small(frame))
                    if progress and declared and at / 1000 - told > 1:
                        told = at / 1000
                        progress(min(0.99, told / declared))
        except av.error.FFmpegError:
            damaged += 1
        hits += judge.end()
    if not times:
        raise UserError(f"{path.name}: no picture can be read from it; export the video again.")
    if progress:
        progress(1.0)
    read = max(times) + round(1000 / fps)
    cuts = _cuts(hits, times)
    return Cuts(cuts, max(round(declared * 1000), 0) or read, read, len(times), round(fps, 3), damaged)


class _Judge:
    """PySceneDetect's two detectors, given pictures one by one; counts pictures, knows no times."""

    def __init__(self, detectors: Any, fps: float) -> None:
        self._timecode = detectors.FrameTimecode
        self._rate = Fraction(fps).limit_denominator(1001)
        apart = max(1, round(fps * APART_MS / 1000))
        self._hard = detectors.AdaptiveDetector(
            adaptive_threshold=RATIO, min_scene_len=1, window_width=2, min_content_val=LEAST
        )
        self._fade = detectors.ThresholdDetector(threshold=BLACK, min_scene_len=apart, fade_bias=0.0)
        self._apart = apart
        self._count = 0
        self._last: np.ndarray | None = None
        self._latest = -apart
        self._lights = array("f")
        self._recent: deque[np.ndarray] = deque(maxlen=6)  # three before a hit, it, and two after it

    def see(self, picture: np.ndarray) -> list[tuple[int, str]]:
        return self._judge(picture)

    def end(self) -> list[tuple[int, str]]:
        """What is known only at the end: the last two pictures are held against pictures like the last one."""
        if self._last is None:
            return []
        real = self._count
        found = [hit for _ in range(2) for hit in self._judge(self._last, fades=False)]
        return [hit for hit in found if hit[0] < real]

    def _judge(self, picture: np.ndarray, fades: bool = True) -> list[tuple[int, str]]:
        at = self._timecode(self._count, fps=self._rate)
        self._count += 1
        self._last = picture
        self._lights.append(float(picture.mean()))
        self._recent.append(picture)
        hits: list[tuple[int, str]] = []
        for cut in self._hard.process_frame(at, picture):
            n = cut.frame_num
            lights = sorted(self._lights[max(0, n - 1) : n + 1])
            faded = lights[0] < BLACK and lights[-1] < DARK
            if not faded and not self._flash(n) and n - self._latest >= self._apart:
                self._latest = n
                hits.append((n, "cut"))
        if fades:
            hits += [(cut.frame_num, "fade") for cut in self._fade.process_frame(at, picture)]
        return hits

    def _flash(self, n: int) -> bool:
        """Whether the old picture is back at once after this hit, or was there just before it: a lamp, no cut."""
        first = self._count - len(self._recent)
        here = {first + k: picture for k, picture in enumerate(self._recent)}
        if n not in here or n - 1 not in here:
            return False
        change = _distance(here[n - 1], here[n])
        pairs = [(n - 1, n + 1), (n - 1, n + 2), (n - 2, n), (n - 3, n)]
        same = [_distance(here[a], here[b]) for a, b in pairs if a in here and b in here]
        return any(distance < change / 2 for distance in same)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _detectors() -> Any:
    try:
        import scenedetect
        from scenedetect import detectors
    except ImportError:
        raise UserError('Finding cuts needs PySceneDetect; pip install "smallscreen[ocr]".') from None

    class Found:
        FrameTimecode = scenedetect.FrameTimecode
        AdaptiveDetector = detectors.AdaptiveDetector
        ThresholdDetector = detectors.ThresholdDetector

    return Found


def _small(frame: av.VideoFrame) -> np.ndarray:
    scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
    wide, high = max(8, round(frame.width * scale)), max(8, round(frame.height * scale))
    return frame.reformat(wide, high, "bgr24", interpolation="AREA").to_ndarray()


def _ms(frame: av.VideoFrame, base: Fraction, times: array[int], fps: float) -> int:
    at = seconds(frame, base)
    if at is None:
        return times[-1] + round(1000 / fps) if times else 0
    return max(0, round(at * 1000))


def _declared(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float((container.duration or 0) / av.time_base)


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UserError(
            f"{path.name}: its picture of {width} by {height} pixels is too big to read; "
            "scale it to 3840 by 2160 or less."
        )


def _cuts(hits: list[tuple[int, str]], times: array[int]) -> tuple[Cut, ...]:
    """Hits by the count of pictures, as times; a fade near a hard cut is left out. The first picture is none."""
    hard = sorted({times[n] for n, kind in hits if kind == "cut" and 0 < n < len(times)})
    fades = sorted({times[n] for n, kind in hits if kind == "fade" and 0 < n < len(times)})
    kept = [Cut(ms) for ms in hard]
    kept += [Cut(ms, "fade") for ms in fades if all(abs(ms - other) > _FADE_NEAR_MS for other in hard)]
    return tuple(sorted(kept, key=lambda cut: cut.ms))
