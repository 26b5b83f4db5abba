"""One pass through a film file: small gray pictures on the 80 ms grid, and mono sound, as they are decoded.

Nothing of the file is held but the moment: four hours take no more memory than a minute. The file is taken for
hostile: sizes are checked before a picture is decoded, only container formats of films are opened (a playlist
could name other files), and what changes while it is read is refused. A file cut short or damaged in places is
read as far as it goes; `MediaInfo.notes` says so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from smallscreen.engines.containers import OPTIONS
from smallscreen.errors import UserError
from smallscreen.rights.model import GRID_MS

LONG_SIDE = 256
"""Pixels of the longer side of the pictures handed on."""
MOST_PIXELS = 36_000_000
"""A picture of 8192 by 4320 passes; one of 10,000 by 10,000 would take half a gigabyte to decode."""
MOST_HOURS = 12
Progress = Callable[[float], None]

_SMALLEST = 16
"""Pixels on a side below which a picture says nothing."""
_ENOUGH_SILENCE = 0.2
"""Seconds missing in the sound before silence is put in their place; players do the same."""


class Listener(Protocol):
    """What takes the sound: pieces of mono float32 at `rate` samples a second, in order."""

    rate: int

    def feed(self, samples: NDArray[np.float32]) -> None: ...


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What was read. `width` and `height` are as shown; `steps` counts the pictures handed on."""

    duration_ms: int
    width: int
    height: int
    fps: float
    has_picture: bool
    has_sound: bool
    steps: int
    sha256: str
    size: int
    notes: tuple[str, ...]


def read(
    path: Path,
    on_picture: Callable[[NDArray[np.uint8], int], None],
    sound: Listener | None = None,
    progress: Progress | None = None,
) -> MediaInfo:
    """Reads a file once from end to end.

    `on_picture(gray, times)` gets each picture of the grid in order, uint8 (height, width), longer side
    LONG_SIDE, upright; `times` is how many steps of the grid it stands for (more than one where the film
    stands still or has a hole). UserError where nothing can be read, the file is too big, or it changed.
    """
    path = Path(path)
    before = _state(path)
    if before[0] == 0:
        raise UserError(f"{path.name}: the file is empty; copy it again.")
    reader = _Reader(path, on_picture, sound, progress)
    reader.run()
    digest = _sha256(path)
    if _state(path) != before:
        raise UserError(f"{path.name}: the file changed while it was read; add it again when it is complete.")
    if not reader.steps and not reader.samples:
        raise UserError(f"{path.name}: neither picture nor sound can be read from it; export it again.")
    if progress:
        progress(1.0)
    return reader.info(digest, before[0])


class _Reader:
    def __init__(
        self,
        path: Path,
        on_picture: Callable[[NDArray[np.uint8], int], None],
        sound: Listener | None,
        progress: Progress | None,
    ) -> None:
        self.name = path.name
        self.path = path
        self.on_picture = on_picture
        self.sound = sound
        self.progress = progress
        self.steps = 0
        self.samples = 0
        self.width = self.height = 0
        self.fps = 0.0
        self.has_sound = False
        self.damaged = 0
        self.cut = False
        self.declared = 0.0
        self.seen = 0.0
        """Seconds up to which something was read."""
        self._waiting: NDArray[np.uint8] | None = None
        self._resampler: av.AudioResampler | None = None
        self._base = Fraction(0)
        self._told = 0.0

    def run(self) -> None:
        with _opened(self.path) as container:
            video = next(
                (s for s in container.streams.video if not int(s.disposition) & 0x400), None
            )  # 0x400: a cover picture
            audio = container.streams.audio[0] if container.streams.audio and self.sound is not None else None
            if video is None and not container.streams.audio:
                raise UserError(
                    f"{self.name}: it holds neither picture nor sound; give the episode as MP4, MOV or MKV."
                )
            self.has_sound = bool(container.streams.audio)
            self.declared = float((container.duration or 0) / av.time_base)
            if self.declared > MOST_HOURS * 3600:
                raise self._too_long()
            self._base = Fraction(container.start_time or 0, av.time_base)
            if video is not None:
                self._check_size(video.codec_context.width, video.codec_context.height)
                self.fps = float(video.average_rate or video.guessed_rate or 0)
                video.codec_context.thread_count = 1
                # Without the loop filter decoding is a third faster, and our pictures differ by a quarter
                # of a gray level (measured on H.264 of 540 by 960).
                video.codec_context.options = {"skip_loop_filter": "all", "max_pixels": str(MOST_PIXELS)}
            if audio is not None:
                audio.codec_context.thread_count = 1
            self._demux(container, [s for s in (video, audio) if s is not None])
        if self._waiting is not None:
            self._hand(self.steps + 1)
        if audio is not None:
            self._hear(None)

    def info(self, digest: str, size: int) -> MediaInfo:
        notes = []
        if self.cut or self.seen < self.declared - 2:
            notes.append(
                f"{self.name}: only the first {self.seen:.0f} of {max(self.declared, self.seen):.0f} seconds "
                "could be read."
            )
        if self.damaged:
            notes.append(f"{self.name}: {self.damaged} damaged packets were passed over.")
        return MediaInfo(
            duration_ms=round(max(self.seen, self.steps * GRID_MS / 1000 if not self.seen else 0) * 1000),
            width=self.width,
            height=self.height,
            fps=self.fps,
            has_picture=self.steps > 0,
            has_sound=self.has_sound and (self.sound is None or self.samples > 0),
            steps=self.steps,
            sha256=digest,
            size=size,
            notes=tuple(notes),
        )

    def _demux(self, container: InputContainer, streams: list[Any]) -> None:
        try:
            for packet in container.demux(*streams):
                try:
                    for frame in packet.decode():
                        if packet.stream.type == "video":
                            self._see(frame)
                        else:
                            self._hear(frame)
                except (av.error.FFmpegError, ValueError):
                    self.damaged += 1
        except av.error.FFmpegError:
            self.cut = True

    def _see(self, frame: av.VideoFrame) -> None:
        self._check_size(frame.width, frame.height)
        if frame.pts is None or frame.time_base is None:
            return
        at = float(frame.pts * frame.time_base - self._base)
        if at > MOST_HOURS * 3600:
            raise self._too_long()
        length = float(frame.duration * frame.time_base) if frame.duration else 0.0
        self.seen = max(self.seen, at + min(length, 1.0))
        # The picture shown at a step of the grid is the last one that began at or before it.
        due = max(0, int(np.ceil(at * 1000 / GRID_MS - 1e-6)))
        if self._waiting is not None and due > self.steps:
            self._hand(due)
        if self._waiting is None or due <= self.steps + 1:
            self._waiting = self._small(frame)

    def _hand(self, until: int) -> None:
        assert self._waiting is not None
        self.on_picture(self._waiting, until - self.steps)
        self.steps = until
        if self.progress and self.declared and self.seen - self._told > 1:
            self._told = self.seen
            self.progress(min(0.999, self.seen / self.declared))

    def _small(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        scale = LONG_SIDE / max(frame.width, frame.height)
        wide = max(_SMALLEST, round(frame.width * scale))
        high = max(_SMALLEST, round(frame.height * scale))
        gray = frame.reformat(wide, high, "gray", interpolation="AREA").to_ndarray()
        turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
        if not self.width:
            self.width, self.height = (
                (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
            )
        return np.ascontiguousarray(np.rot90(gray, turns))

    def _hear(self, frame: av.AudioFrame | None) -> None:
        assert self.sound is not None
        rate = self.sound.rate
        if frame is None:
            made = self._resampler.resample(None) if self._resampler else []
        else:
            if self._resampler is None:
                self._resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            if frame.pts is not None and frame.time_base is not None:
                at = float(frame.pts * frame.time_base - self._base)
                if at > MOST_HOURS * 3600:
                    raise self._too_long()
                self._silence(at, rate)
                self.seen = max(self.seen, at + frame.samples / max(frame.sample_rate, 1))
            frame.pts = None  # the resampler must not stretch; holes are filled here
            made = self._resampler.resample(frame)
        for piece in made:
            samples = piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)
            self.samples += len(samples)
            self.sound.feed(np.nan_to_num(samples))
        if self.progress and self.declared and self.seen - self._told > 1:
            self._told = self.seen
            self.progress(min(0.999, self.seen / self.declared))

    def _silence(self, at: float, rate: int) -> None:
        missing = int((at - _ENOUGH_SILENCE / 2) * rate) - self.samples
        if missing < _ENOUGH_SILENCE / 2 * rate:
            return
        missing += int(_ENOUGH_SILENCE / 2 * rate)
        assert self.sound is not None
        while missing > 0:
            piece = min(missing, rate * 10)
            self.sound.feed(np.zeros(piece, np.float32))
            self.samples += piece
            missing -= piece

    def _check_size(self, width: int, height: int) -> None:
        if not width or not height:  # what FFmpeg says of a picture above the limit it was opened with
            raise UserError(
                f"{self.name}: the size of its picture cannot be read, or is above {MOST_PIXELS // 1_000_000} million "
                "pixels; export it as 3840 by 2160 or less."
            )
        if width * height > MOST_PIXELS:
            raise UserError(
                f"{self.name}: its picture of {width} by {height} pixels is too big to read; "
                "scale it to 3840 by 2160 or less."
            )

    def _too_long(self) -> UserError:
        return UserError(
            f"{self.name}: it says it runs longer than {MOST_HOURS} hours; cut it into episodes."
        )


def _opened(path: Path) -> InputContainer:
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"PK":
        raise UserError(f"{path.name}: this is a zip archive, not a film; unpack it and give the film in it.")
    try:
        return av.open(
            f"file:{path.absolute()}",
            metadata_errors="replace",
            options={
                **OPTIONS,
                "protocol_whitelist": "file",
                "max_pixels": str(MOST_PIXELS),
            },
        )
    except (av.error.FFmpegError, ValueError) as problem:
        raise UserError(
            f"{path.name}: this is not a film that can be read; give a whole MP4, MOV or MKV file."
        ) from problem


def _state(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError as problem:
        raise UserError(
            f"{path.name}: the file cannot be read ({problem.strerror}); check its path."
        ) from problem
    if not path.is_file():
        raise UserError(f"{path.name}: this is not a file; give the path of a film.")
    return found.st_size, found.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
