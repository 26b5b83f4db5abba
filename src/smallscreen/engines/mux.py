"""New sound under an old picture: the picture's packets are copied, nothing of it is coded again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from smallscreen.engines import scratch
from smallscreen.engines.containers import OPTIONS
from smallscreen.engines.sound import RATE
from smallscreen.errors import UserError

_COPYABLE = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}
_CHUNK = 1024 * 32
LANGUAGES = {
    "ar": "ara", "de": "deu", "en": "eng", "es": "spa", "fr": "fra", "hi": "hin", "id": "ind", "ja": "jpn",
    "ko": "kor", "pt": "por", "ru": "rus", "th": "tha", "tr": "tur", "vi": "vie", "zh": "zho",
}  # fmt: skip
"""ISO 639-1 to 639-2: MP4 takes three letters and drops what has two."""


def replace_sound(
    video: Path,
    samples: np.ndarray,
    out: Path,
    *,
    language: str = "und",
    keep_original: bool = False,
    bit_rate: int = 192_000,
) -> None:
    """Write `out` (MP4): the picture of `video` as it is, `samples` (n, 2) at 48 kHz as its sound in AAC.

    `language` is marked on the new track (ISO 639-1 or 639-2). `keep_original` copies the first old track as a
    second one. The index stands in front; the file appears when it is whole. UserError where the video
    cannot be read or MP4 cannot hold its picture.
    """
    partial = scratch.partial(out)
    try:
        with av.open(str(video), metadata_errors="replace", options=OPTIONS) as source:
            if not source.streams.video:
                raise UserError(f"{video.name}: the file holds no picture; give the episode's video.")
            with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as target:
                _mux(source, target, samples, language, keep_original, bit_rate)
        os.replace(partial, out)
    except (av.error.FFmpegError, ValueError) as problem:
        raise UserError(
            f"{video.name}: its picture cannot be put into an MP4 as it is "
            f"({getattr(problem, 'strerror', None) or problem}); convert it to MP4 with H.264 or HEVC first."
        ) from problem
    finally:
        partial.unlink(missing_ok=True)


def _mux(
    source: Any, target: Any, samples: np.ndarray, language: str, keep_original: bool, bit_rate: int
) -> None:
    old = source.streams.video[0]
    if old.codec_context is None:
        raise ValueError("a picture in a coding that nobody knows")
    picture = target.add_stream_from_template(old)
    if old.codec_context.codec.canonical_name == "hevc":
        picture.codec_context.codec_tag = "hvc1"  # what phones play
    sound = target.add_stream("aac", rate=RATE, layout="stereo")
    sound.bit_rate = bit_rate
    sound.metadata["language"] = LANGUAGES.get(language, language)
    sound.disposition = Disposition.default
    kept, theirs = None, None
    if keep_original and source.streams.audio:
        theirs = source.streams.audio[0]
        if theirs.codec_context is not None and theirs.codec_context.codec.canonical_name in _COPYABLE:
            kept = target.add_stream_from_template(theirs)
            kept.metadata["language"] = theirs.metadata.get("language", "und")
            kept.disposition = Disposition(0)
    base = Fraction(source.start_time or 0, av.time_base)
    given = 0

    def speak(until: Fraction | None) -> None:
        """Give the encoder what is heard up to that moment, so that the tracks lie side by side in the file."""
        nonlocal given
        while given < len(samples) and (until is None or given < until * RATE):
            piece = samples[given : given + _CHUNK]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(piece.T, np.float32), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, given, Fraction(1, RATE)
            given += len(piece)
            target.mux(sound.encode(frame))

    streams = [old] if kept is None else [old, theirs]
    for packet in _in_order(source.demux(*streams)):
        shift = round(base / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - shift
        packet.dts -= shift
        speak(packet.dts * packet.time_base)
        packet.stream = picture if packet.stream.index == old.index else kept
        target.mux(packet)
    speak(None)
    target.mux(sound.encode(None))


def _in_order(packets: Iterator[Any]) -> Iterator[Any]:
    """The packets with a time of decoding each. Matroska gives none to the first ones of a picture whose frames
    are stored out of order; left out, they would take the key frame with them.
    """
    waiting: dict[int, list[Any]] = {}
    last: dict[int, int] = {}
    for packet in packets:
        if not packet.size or packet.time_base is None:
            continue
        here = packet.stream.index
        if packet.dts is None and here not in last:
            waiting.setdefault(here, []).append(packet)
            continue
        if packet.dts is None:
            packet.dts = last[here] + 1
        yield from _backward(waiting.pop(here, []), packet.dts)
        last[here] = packet.dts
        yield packet
    for some in waiting.values():  # no packet of the stream has one: then it is the time of showing
        for packet in some:
            packet.dts = packet.pts
            if packet.pts is not None:
                yield packet


def _backward(packets: list[Any], first: int) -> Iterator[Any]:
    """Packets before the first time that is known, each a frame's length before the next."""
    for number, packet in enumerate(packets):
        step = max(1, packet.duration or 1)
        packet.dts = min(
            first - step * (len(packets) - number), packet.pts if packet.pts is not None else first
        )
        yield packet
