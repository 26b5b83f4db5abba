"""Video files read and written through PyAV; no ffmpeg program is needed. `burn` draws into one.

Times are whole milliseconds from the first moment of the file. Pictures are uint8 arrays (height,
width, 3) in RGB. A file is written under a temporary name beside its own and renamed when it is whole, so that a run broken off leaves
nothing that looks finished.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer

from smallscreen.engines import scratch
from smallscreen.engines.containers import OPTIONS
from smallscreen.errors import UserError


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video file holds. `width` and `height` are as shown (a phone's rotation is applied)."""

    duration_ms: int
    width: int
    height: int
    fps: float
    has_audio: bool
    video_codec: str = ""
    audio_codec: str = ""
    frames: int = 0


class Writer:
    """Writes an H.264 and AAC file, with its index in front so that it plays while it loads.

    Use it as a context manager; the file appears at `path` when the block ends without an error.
    Width and height must be even. Audio is mono float32 in -1 to 1; give it in pieces, at any time.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: int | Fraction = 24,
        audio_rate: int | None = 44_100,
        *,
        crf: int = 23,
        preset: str = "veryfast",
        threads: int = 0,
    ) -> None:
        if width % 2 or height % 2:
            raise ValueError(f"H.264 wants an even width and height, not {width}x{height}")
        self.path = Path(path)
        self.frames = 0
        self._partial = partial(self.path)
        self._container: OutputContainer = av.open(
            str(self._partial), "w", format=container_format(self.path), options={"movflags": "+faststart"}
        )
        self._video = self._container.add_stream(
            "libx264", rate=fps, options={"crf": str(crf), "preset": preset, "g": str(round(fps * 2))}
        )
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        self._video.codec_context.time_base = 1 / Fraction(fps)
        self._video.codec_context.thread_count = threads
        self._audio = (
            self._container.add_stream("aac", rate=audio_rate, layout="mono") if audio_rate else None
        )
        if self._audio is not None:
            self._audio.bit_rate = 96_000
        self._rate = audio_rate or 0
        self._samples = 0

    def frame(self, picture: np.ndarray, times: int = 1) -> None:
        """Adds one picture, shown for `times` frames."""
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        converted = source.reformat(format="yuv420p")
        for _ in range(times):
            converted.pts = self.frames
            converted.time_base = self._video.codec_context.time_base
            self.frames += 1
            self._container.mux(self._video.encode(converted))

    def audio(self, samples: np.ndarray) -> None:
        """Adds mono samples after those given before."""
        if self._audio is None:
            raise ValueError("this file was opened without an audio rate")
        clean = np.clip(np.nan_to_num(np.asarray(samples, np.float32)), -1, 1)
        for start in range(0, len(clean), 1024 * 64):
            piece = clean[None, start : start + 1024 * 64]
            made = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="mono")
            made.sample_rate = self._rate
            made.pts = self._samples
            made.time_base = Fraction(1, self._rate)
            self._samples += piece.shape[1]
            self._container.mux(self._audio.encode(made))

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._video.encode(None))
                if self._audio is not None:
                    self._container.mux(self._audio.encode(None))
            self._container.close()
            if kind is None:
                os.replace(self._partial, self.path)
        finally:
            self._partial.unlink(missing_ok=True)


def probe(path: Path) -> VideoInfo:
    """What a file holds; UserError where it is not a video."""
    with opened(path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        width, height = context.width, context.height
        first = next(decoded(container, stream), None)
        if first is None:
            raise UserError(f"{Path(path).name}: no picture can be read from it; export the video again.")
        if quarter_turns(first) % 2:
            width, height = height, width
        audio = container.streams.audio
        if stream.duration and stream.time_base:
            duration = round(stream.duration * stream.time_base * 1000)
        else:
            duration = round((container.duration or 0) / 1000)
        return VideoInfo(
            duration_ms=duration,
            width=width,
            height=height,
            fps=float(stream.average_rate or stream.guessed_rate or 24),
            has_audio=bool(audio),
            video_codec=context.codec.canonical_name,
            audio_codec=audio[0].codec_context.codec.canonical_name if audio else "",
            frames=stream.frames,
        )


def read_frames(
    path: Path,
    *,
    start_ms: int = 0,
    end_ms: int | None = None,
    fps: float | None = None,
    width: int | None = None,
) -> Iterator[tuple[int, np.ndarray]]:
    """The pictures of a file as (time in ms, uint8 RGB array), in order.

    `start_ms` and `end_ms` cut; with `fps` only the first picture of each 1/fps second is given;
    with `width` pictures are scaled to it, keeping their shape.
    """
    with opened(path) as container:
        stream = container.streams.video[0]
        base = begins(container)
        if start_ms > 0 and stream.time_base:
            container.seek(int((base + Fraction(start_ms, 1000)) / stream.time_base), stream=stream)
        due = float(start_ms)
        for frame in decoded(container, stream):
            at = time_ms(frame, base)
            if at < start_ms or (fps and at + 0.5 < due):
                continue
            if end_ms is not None and at >= end_ms:
                return
            if fps:
                due += 1000 / fps * max(1, int((at + 0.5 - due) * fps / 1000) + 1)
            turns = quarter_turns(frame)
            if width:
                across, down = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
                high = max(2, round(width * down / across))
                frame = frame.reformat(width=high, height=width) if turns % 2 else frame.reformat(width, high)
            yield at, np.rot90(frame.to_ndarray(format="rgb24"), turns)


def read_audio(path: Path, rate: int = 44_100) -> np.ndarray:
    """The sound of a file as mono float32 in -1 to 1; empty where it has none."""
    with opened(path) as container:
        if not container.streams.audio:
            return np.zeros(0, np.float32)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        parts = [
            made.to_ndarray().reshape(-1)
            for frame in (*decoded(container, container.streams.audio[0]), None)
            for made in resampler.resample(frame)
        ]
        return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def quarter_turns(frame: av.VideoFrame) -> int:
    """How often np.rot90 must turn the stored picture so that it stands upright."""
    return round((getattr(frame, "rotation", 0) or 0) / 90) % 4


def time_ms(frame: av.VideoFrame, base: Fraction) -> int:
    return round((seconds(frame, base) or 0) * 1000)


def seconds(frame: av.VideoFrame, base: Fraction) -> Fraction | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base - base


def begins(container: InputContainer) -> Fraction:
    """When the file begins, in seconds; broadcast streams do not begin at nought."""
    return Fraction(container.start_time or 0, av.time_base)


def decoded(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Decodes a stream, passing over damaged packets."""
    for packet in container.demux(stream):
        with contextlib.suppress(av.error.InvalidDataError):
            yield from packet.decode()


@contextlib.contextmanager
def opened(path: Path, sound: bool = False) -> Iterator[InputContainer]:
    """A file that holds a picture, or with `sound` one that holds sound; UserError where it does not."""
    name = Path(path).name
    kind, give = (
        ("sound", "give WAV, M4A, FLAC or MP3") if sound else ("a video", "give an MP4, MOV or MKV file")
    )
    if not Path(path).is_file():
        raise UserError(
            f"{name}: there is no such file; {'give the sound to be put in' if sound else 'give the path of a video'}."
        )
    try:
        container = av.open(str(path), metadata_errors="replace", options=OPTIONS)
    except (av.error.FFmpegError, ValueError) as problem:
        raise UserError(f"{name}: this is not {kind} that can be read; {give}.") from problem
    with container:
        streams = container.streams
        if not streams.video and not streams.audio:  # a subtitle file, for one
            raise UserError(f"{name}: this is not {kind} that can be read; {give}.")
        if sound and not (streams.audio and streams.audio[0].codec_context.sample_rate):
            raise UserError(f"{name}: the file holds no sound; {give}.")
        if not sound and not streams.video:
            raise UserError(f"{name}: the file holds no picture; give the episode's video, not its sound.")
        yield container


def partial(path: Path) -> Path:
    """The name of a video until it is whole; what a killed program left of it is removed."""
    return scratch.partial(Path(path))


def container_format(path: Path) -> str:
    return {".mkv": "matroska", ".mov": "mov"}.get(Path(path).suffix.lower(), "mp4")
