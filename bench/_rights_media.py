"""Read, shape and write video for the rights benchmark: PyAV and numpy, a frame at a time.

A picture is a `(height, width, 3)`-less thing here: the planes of YUV 4:2:0 as `av.VideoFrame`, so that nothing is
turned into RGB and back. Sound is one channel of float32 at 44,100 Hz.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

RATE = 44_100
Sound = NDArray[np.float32]


# --- reading ---------------------------------------------------------------------------------


def frames(path: Path, since: float = 0.0) -> Iterator[tuple[float, av.VideoFrame]]:
    """(seconds, picture in yuv420p) from the last key frame at or before `since` on."""
    with av.open(str(path)) as box:
        stream = box.streams.video[0]
        stream.thread_type = "SLICE"
        begin = float((stream.start_time or 0) * (stream.time_base or 0))
        if since > 1 and path.suffix == ".mp4":
            box.seek(int((since + begin) * 1_000_000), backward=True)
        gap = 1 / float(stream.average_rate or 25)
        at = 0.0
        for frame in box.decode(stream):
            at = at + gap if frame.time is None else frame.time - begin
            yield at, frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")


def at_times(path: Path, times: Iterable[float]) -> Iterator[av.VideoFrame]:
    """The picture that stands at each of these rising times: the last one that began by then."""
    wanted = iter(times)
    want = next(wanted, None)
    if want is None:
        return
    last: av.VideoFrame | None = None
    for at, frame in frames(path, want):
        while last is not None and want is not None and at > want + 1e-6:
            yield last
            want = next(wanted, None)
        if want is None:
            return
        last = frame
    while want is not None and last is not None:
        yield last
        want = next(wanted, None)


def length(path: Path) -> float:
    """Seconds of video."""
    with av.open(str(path)) as box:
        stream = box.streams.video[0]
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return float(box.duration or 0) / 1_000_000


@lru_cache(maxsize=8)
def sound(path: Path) -> Sound | None:
    """All the sound of a file, or None where it has none. Do not change it in place: it is kept."""
    with av.open(str(path)) as box:
        if not box.streams.audio:
            return None
        turn = AudioResampler(format="flt", layout="mono", rate=RATE)
        parts = [
            part.to_ndarray().ravel()
            for frame in box.decode(audio=0)
            for part in turn.resample(_plain(frame))
        ]
        parts += [part.to_ndarray().ravel() for part in turn.resample(None)]
    return np.concatenate(parts).astype(np.float32) if parts else None


def _plain(frame: Any) -> Any:
    frame.pts = None  # decoders of old formats give times that step back
    return frame


def cut(wave: Sound, since: float, seconds: float) -> Sound:
    """A stretch of sound of exactly this length; silence where there is none."""
    first, count = round(since * RATE), round(seconds * RATE)
    part = wave[max(0, first) : first + count]
    return np.pad(part, (max(0, -first), 0))[:count] if first < 0 else np.pad(part, (0, count - len(part)))


# --- filters ---------------------------------------------------------------------------------


def filtered(wave: Sound, *steps: tuple[str, str]) -> Sound:
    """`wave` through a chain of audio filters, each (name, arguments)."""
    graph = av.filter.Graph()
    last = graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=Fraction(1, RATE))
    for name, words in (
        *steps,
        ("aresample", str(RATE)),
        ("aformat", "sample_fmts=flt:channel_layouts=mono"),
    ):
        step = graph.add(name, words)
        last.link_to(step)
        last = step
    last.link_to(graph.add("abuffersink"))
    graph.configure()
    out: list[Sound] = []
    for first in range(0, len(wave), 8192):
        frame = av.AudioFrame.from_ndarray(wave[None, first : first + 8192], format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, first
        graph.push(frame)
        out += _pulled(graph)
    graph.push(None)
    out += _pulled(graph)
    return np.concatenate(out) if out else wave[:0]


def _pulled(graph: Any) -> list[Sound]:
    out = []
    while True:
        try:
            out.append(graph.pull().to_ndarray().ravel())
        except (av.error.BlockingIOError, av.error.EOFError):
            return out


# --- writing ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coding:
    """How a file is coded."""

    fps: Fraction = Fraction(25)
    crf: int = 26
    preset: str = "ultrafast"


def write(path: Path, pictures: Iterable[av.VideoFrame], wave: Sound | None, coding: Coding) -> None:
    """Write an MP4 (H.264 and AAC), first beside its place. All pictures have the size of the first."""
    rough = path.with_suffix(f".{os.getpid()}.part")
    with av.open(str(rough), "w", format="mp4", options={"movflags": "faststart"}) as box:
        stream = box.add_stream("libx264", rate=coding.fps)
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": coding.preset, "crf": str(coding.crf), "g": "50"}
        stream.thread_count = 1
        voice = _voice(box) if wave is not None else None
        packets: list[Any] = _coded(voice, wave) if voice is not None and wave is not None else []
        for number, frame in enumerate(pictures):
            if number == 0:
                stream.width, stream.height = frame.width, frame.height
            # A picture may stand for more than one moment: what is coded is a picture of its own.
            shown = av.VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
            shown.pts, shown.time_base = number, 1 / coding.fps
            packets += stream.encode(shown)
        packets += stream.encode(None)
        _mux(box, packets)
    os.replace(rough, path)


def with_sound(picture: Path, wave: Sound, path: Path) -> None:
    """The coded pictures of a file under another sound: nothing is coded twice."""
    rough = path.with_suffix(f".{os.getpid()}.part")
    with (
        av.open(str(picture)) as source,
        av.open(str(rough), "w", format="mp4", options={"movflags": "faststart"}) as box,
    ):
        old = source.streams.video[0]
        stream = box.add_stream_from_template(old)
        packets: list[Any] = _coded(_voice(box), wave)
        for packet in source.demux(old):
            if packet.dts is not None:
                packet.stream = stream
                packets.append(packet)
        _mux(box, packets)
    os.replace(rough, path)


def _voice(box: Any) -> Any:
    stream = box.add_stream("aac", rate=RATE, layout="mono")
    stream.bit_rate = 96_000
    return stream


def _coded(stream: Any, wave: Sound) -> list[Any]:
    packets: list[Any] = []
    wave = np.clip(wave, -1, 1).astype(np.float32)
    for first in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(wave[None, first : first + 1024]), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        packets += stream.encode(frame)
    return packets + list(stream.encode(None))


def _mux(box: Any, packets: list[Any]) -> None:
    for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
        box.mux(packet)
