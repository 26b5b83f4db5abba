"""Video files read and written through PyAV; no ffmpeg program is needed.

Times are whole milliseconds from the first moment of the file. Pictures are uint8 arrays (height,
width, 3) in RGB, overlays (height, width, 4) in RGBA with straight alpha. A file is written under
a temporary name beside its own and renamed when it is whole, so that a run broken off leaves
nothing that looks finished.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer

from smallscreen.errors import UserError

Progress = Callable[[float], None]
"""Called with the part done, 0 to 1. What it raises stops the work and removes the unfinished file."""

_COPYABLE_AUDIO = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}  # what the MP4 container may hold


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


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture shown from `start_ms` up to, not including, `end_ms`; its upper left corner is at x, y."""

    start_ms: int
    end_ms: int
    rgba: np.ndarray
    x: int
    y: int


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
        self._partial = _partial(self.path)
        self._container: OutputContainer = av.open(
            str(self._partial), "w", format=_format(self.path), options={"movflags": "+faststart"}
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
    with _opened(path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        width, height = context.width, context.height
        first = next(_decoded(container, stream), None)
        if first is None:
            raise UserError(f"{Path(path).name}: no picture can be read from it; export the video again.")
        if _quarter_turns(first) % 2:
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
    with _opened(path) as container:
        stream = container.streams.video[0]
        base = _start(container)
        if start_ms > 0 and stream.time_base:
            container.seek(int((base + Fraction(start_ms, 1000)) / stream.time_base), stream=stream)
        due = float(start_ms)
        for frame in _decoded(container, stream):
            at = _time_ms(frame, base)
            if at < start_ms or (fps and at + 0.5 < due):
                continue
            if end_ms is not None and at >= end_ms:
                return
            if fps:
                due += 1000 / fps * max(1, int((at + 0.5 - due) * fps / 1000) + 1)
            turns = _quarter_turns(frame)
            if width:
                across, down = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
                high = max(2, round(width * down / across))
                frame = frame.reformat(width=high, height=width) if turns % 2 else frame.reformat(width, high)
            yield at, np.rot90(frame.to_ndarray(format="rgb24"), turns)


def read_audio(path: Path, rate: int = 44_100) -> np.ndarray:
    """The sound of a file as mono float32 in -1 to 1; empty where it has none."""
    with _opened(path) as container:
        if not container.streams.audio:
            return np.zeros(0, np.float32)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        parts = [
            made.to_ndarray().reshape(-1)
            for frame in (*_decoded(container, container.streams.audio[0]), None)
            for made in resampler.resample(frame)
        ]
        return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def burn(
    in_path: Path,
    out_path: Path,
    overlays: Sequence[Overlay],
    progress: Progress | None = None,
    *,
    crf: int = 20,
    preset: str = "veryfast",
) -> VideoInfo:
    """Writes the video again with the overlays drawn into the picture while they are visible.

    Frames keep their times, sound is copied as it is (made AAC where MP4 cannot hold it), a phone's
    rotation is applied, an odd width or height loses its last column or row (H.264 in 4:2:0 wants
    even ones). Damaged stretches of the source are passed over. UserError where it is not a video.
    """
    with _opened(in_path) as source:
        first = next(_decoded(source, source.streams.video[0]), None)
    if first is None:
        raise UserError(f"{Path(in_path).name}: no picture can be read from it; export the video again.")
    partial = _partial(out_path)
    try:
        with _opened(in_path) as source:
            target = av.open(str(partial), "w", format=_format(out_path), options={"movflags": "+faststart"})
            try:
                _burn(
                    source, target, _upright(first), overlays, progress, {"crf": str(crf), "preset": preset}
                )
            finally:
                target.close()
        os.replace(partial, out_path)
    except av.error.FFmpegError as problem:
        raise UserError(
            f"{Path(in_path).name}: the video cannot be written again ({problem.strerror}); "
            "convert it to MP4 with H.264 and try again."
        ) from problem
    finally:
        partial.unlink(missing_ok=True)
    if progress:
        progress(1.0)
    return probe(out_path)


def _burn(
    source: InputContainer,
    target: OutputContainer,
    first: av.VideoFrame,
    overlays: Sequence[Overlay],
    progress: Progress | None,
    options: dict[str, str],
) -> None:
    video = source.streams.video[0]
    video.thread_type = "AUTO"
    base = _start(source)
    tick = video.time_base or Fraction(1, 90_000)
    total = float((source.duration or 0) / 1_000_000) or 1.0
    rate = video.average_rate or video.guessed_rate or Fraction(24)
    out = target.add_stream("libx264", rate=rate, options=options | {"g": str(max(1, round(rate * 2)))})
    # All is set before the first packet goes out: the sound may come first, and opens the encoders.
    out.width, out.height, out.pix_fmt = first.width // 2 * 2, first.height // 2 * 2, "yuv420p"
    out.codec_context.time_base = tick
    out.codec_context.color_range = first.color_range
    out.codec_context.colorspace = first.colorspace
    sounds: dict[int, Any] = {}
    for stream in source.streams.audio:
        if stream.codec_context.codec.canonical_name in _COPYABLE_AUDIO:
            sounds[stream.index] = target.add_stream_from_template(stream)
        else:
            sounds[stream.index] = target.add_stream("aac", rate=stream.codec_context.sample_rate or 44_100)
    schedule = _Schedule(overlays)
    count, last = 0, -1

    def show(frame: av.VideoFrame) -> None:
        nonlocal count, last
        at = _time_ms(frame, base)
        picture = _upright(frame)
        wide, high = picture.width // 2 * 2, picture.height // 2 * 2
        if (wide, high) != (out.width, out.height):  # a stream may change its size midway
            picture = picture.reformat(width=out.width, height=out.height)
            wide, high = out.width, out.height
        visible = schedule.at(at, wide, high, picture)
        if visible or (picture.width, picture.height) != (wide, high):
            picture = _composited(picture, wide, high, visible)
        seconds = _seconds(frame, base)
        pts = last + 1 if seconds is None else round(seconds / tick)
        last = max(pts, last + 1)  # an encoder refuses times that stand still or run back
        picture.pts, picture.time_base = last, tick
        picture.pict_type = av.video.frame.PictureType.NONE
        count += 1
        target.mux(out.encode(picture))
        if progress and count % 24 == 0:
            progress(min(0.999, at / 1000 / total))

    packet: Any
    for packet in source.demux(video, *source.streams.audio):
        if packet.stream.index == video.index:
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    show(frame)
            continue
        sound = sounds[packet.stream.index]
        shift = int(base / packet.time_base) if packet.time_base else 0
        if packet.stream.codec_context.codec.canonical_name in _COPYABLE_AUDIO:
            if packet.dts is None:
                continue
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = sound
            target.mux(packet)
        else:
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    frame.pts = None if frame.pts is None else frame.pts - shift
                    target.mux(sound.encode(frame))
    target.mux(out.encode(None))
    for index, sound in sounds.items():
        if source.streams[index].codec_context.codec.canonical_name not in _COPYABLE_AUDIO:
            target.mux(sound.encode(None))


class _Prepared:
    """An overlay in the video's own color model, cut to the picture and padded to even pixels."""

    def __init__(self, overlay: Overlay, width: int, height: int, bt709: bool, full_range: bool) -> None:
        rgba = np.asarray(overlay.rgba)
        left, top = max(overlay.x, 0), max(overlay.y, 0)
        right = min(overlay.x + rgba.shape[1], width)
        bottom = min(overlay.y + rgba.shape[0], height)
        self.empty = right <= left or bottom <= top
        if self.empty:
            return
        seen = rgba[top - overlay.y : bottom - overlay.y, left - overlay.x : right - overlay.x]
        self.x, self.y = left // 2 * 2, top // 2 * 2
        wide, high = (right - self.x + 1) // 2 * 2, (bottom - self.y + 1) // 2 * 2
        padded = np.zeros((high, wide, 4), np.float32)
        padded[top - self.y : bottom - self.y, left - self.x : right - self.x] = seen
        alpha = padded[..., 3] / 255
        red, green, blue = (padded[..., i] for i in range(3))
        kr, kb = (0.2126, 0.0722) if bt709 else (0.299, 0.114)
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        scale, chroma, black = (1.0, 1.0, 0.0) if full_range else (219 / 255, 224 / 255, 16.0)
        cb = (blue - luma) / (2 * (1 - kb)) * chroma + 128
        cr = (red - luma) / (2 * (1 - kr)) * chroma + 128
        self.planes = [
            ((luma * scale + black) * alpha, 1 - alpha),
            (_halved(cb * alpha), 1 - _halved(alpha)),
            (_halved(cr * alpha), 1 - _halved(alpha)),
        ]

    def onto(self, planes: list[np.ndarray]) -> None:
        for number, (plane, (color, rest)) in enumerate(zip(planes, self.planes, strict=True)):
            y, x = (self.y, self.x) if number == 0 else (self.y // 2, self.x // 2)
            part = plane[y : y + color.shape[0], x : x + color.shape[1]]
            part[...] = part * rest + color + 0.5


class _Schedule:
    """Which overlays are visible now; each is prepared when first seen and dropped when over."""

    def __init__(self, overlays: Sequence[Overlay]) -> None:
        self._waiting = sorted((o for o in overlays if o.end_ms > o.start_ms), key=lambda o: -o.start_ms)
        self._shown: list[tuple[Overlay, _Prepared]] = []

    def at(self, time_ms: int, width: int, height: int, frame: av.VideoFrame) -> list[_Prepared]:
        while self._waiting and self._waiting[-1].start_ms <= time_ms:
            overlay = self._waiting.pop()
            if overlay.end_ms > time_ms:
                # Unmarked video is taken for BT.709 when it is HD, as players do.
                bt709 = int(frame.colorspace) == 1 or (
                    int(frame.colorspace) == 2 and min(width, height) >= 720
                )
                full = int(frame.color_range) == 2
                self._shown.append((overlay, _Prepared(overlay, width, height, bt709, full)))
        self._shown = [(o, p) for o, p in self._shown if o.end_ms > time_ms]
        return [p for _, p in self._shown if not p.empty]


def _composited(frame: av.VideoFrame, width: int, height: int, overlays: list[_Prepared]) -> av.VideoFrame:
    # A decoded frame is still the decoder's reference for later ones: draw on a copy, never on it.
    made = av.VideoFrame(width, height, "yuv420p")
    planes = []
    for number, (ours, theirs) in enumerate(zip(made.planes, frame.planes, strict=True)):
        wide, high = (width, height) if number == 0 else (width // 2, height // 2)
        to = _pixels(ours, wide, high)
        to[...] = _pixels(theirs, wide, high)
        planes.append(to)
    for overlay in overlays:
        overlay.onto(planes)
    made.color_range, made.colorspace = frame.color_range, frame.colorspace
    return made


def _pixels(plane: Any, width: int, height: int) -> np.ndarray:
    """A plane of a frame as an array that shares its memory; rows may be padded in it."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:height, :width]


def _halved(plane: np.ndarray) -> np.ndarray:
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


def _upright(frame: av.VideoFrame) -> av.VideoFrame:
    turns = _quarter_turns(frame)
    if not turns:
        return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
    turned: Any = np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))
    return av.VideoFrame.from_ndarray(turned, format="rgb24").reformat(format="yuv420p")


def _quarter_turns(frame: av.VideoFrame) -> int:
    """How often np.rot90 must turn the stored picture so that it stands upright."""
    return round((getattr(frame, "rotation", 0) or 0) / 90) % 4


def _time_ms(frame: av.VideoFrame, base: Fraction) -> int:
    return round((_seconds(frame, base) or 0) * 1000)


def _seconds(frame: av.VideoFrame, base: Fraction) -> Fraction | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base - base


def _start(container: InputContainer) -> Fraction:
    """When the file begins, in seconds; broadcast streams do not begin at nought."""
    return Fraction(container.start_time or 0, av.time_base)


def _decoded(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Decodes a stream, passing over damaged packets."""
    for packet in container.demux(stream):
        with contextlib.suppress(av.error.InvalidDataError):
            yield from packet.decode()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    name = Path(path).name
    if not Path(path).is_file():
        raise UserError(f"{name}: there is no such file; give the path of a video.")
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as problem:
        raise UserError(
            f"{name}: this is not a video that can be read; give an MP4, MOV or MKV file."
        ) from problem
    with container:
        if not container.streams.video and not container.streams.audio:  # a subtitle file, for one
            raise UserError(f"{name}: this is not a video that can be read; give an MP4, MOV or MKV file.")
        if not container.streams.video:
            raise UserError(f"{name}: the file holds no picture; give the episode's video, not its sound.")
        yield container


def _partial(path: Path) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def _format(path: Path) -> str:
    return {".mkv": "matroska", ".mov": "mov"}.get(Path(path).suffix.lower(), "mp4")
