"""Sound out of files and bytes that nobody vouches for, and into WAV files.

Samples are float32 in -1 to 1: one dimension for one channel, (n, channels) for several. What cannot be
used raises SoundProblem with a short reason; who called says where and what to do.
"""

from __future__ import annotations

import contextlib
import io
import os
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from smallscreen.engines.containers import OPTIONS

RATE = 48_000
"""What video is delivered with, Hz; all mixing is done at it."""
MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 16
MAX_BYTES = 256 * 1024 * 1024
MAX_SECONDS = 900.0
"""A quarter of an hour: 350 MB as two channels of samples, and several times that while they are mixed."""
_JUMP = RATE // 20
"""A gap in a file's times of more than 50 ms is silence; less is rounding."""


class SoundProblem(Exception):
    """These bytes are not sound that can be used; the message is a short reason without a name."""


class Speech(NamedTuple):
    """One channel of sound: `samples` float32 in -1 to 1, `rate` in Hz."""

    samples: np.ndarray
    rate: int

    @property
    def ms(self) -> int:
        return round(len(self.samples) * 1000 / self.rate)


def decode(data: bytes, max_seconds: float = 120.0) -> Speech:
    """The sound in WAV, MP3, FLAC or Ogg bytes as one channel at its own rate.

    The kind is told by the first bytes, never by a name, and nothing else is opened for it. SoundProblem
    where it is none of these, empty, longer than `max_seconds`, or of a rate that no recording has.
    """
    kind = _kind(data)
    try:
        with av.open(io.BytesIO(data), format=kind) as container:
            if not container.streams.audio:
                raise SoundProblem("no sound in it")
            stream = container.streams.audio[0]
            rate = _checked(stream)
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            parts, count = [], 0
            for made in _resampled(container, stream, resampler):
                parts.append(made.to_ndarray().reshape(-1))
                count += len(parts[-1])
                if count > max_seconds * rate:
                    raise SoundProblem(f"more than {max_seconds:g} s long")
    except (av.error.FFmpegError, ValueError, OverflowError, MemoryError) as error:
        raise SoundProblem(f"not readable as {kind}") from error
    if not count:
        raise SoundProblem("no sound in it")
    return Speech(usable(np.concatenate(parts)), rate)


def read_sound(path: Path, rate: int = RATE, max_seconds: float = MAX_SECONDS) -> np.ndarray:
    """The sound of a sound or video file, (n, 2) at `rate`, from the file's first moment.

    One channel becomes two equal ones, more than two are mixed down. Sound that begins later than the
    picture keeps its place, and gaps in the file's times stay gaps. An empty array where there is no
    sound track. SoundProblem where the file cannot be read.
    """
    try:
        with av.open(str(path), metadata_errors="replace", options=OPTIONS) as container:
            if not container.streams.audio:
                return np.zeros((0, 2), np.float32)
            stream = container.streams.audio[0]
            _checked(stream)
            base = Fraction(container.start_time or 0, av.time_base)
            resampler = av.AudioResampler(format="flt", layout="stereo", rate=rate)
            parts, count = [], 0
            for made in _resampled(container, stream, resampler):
                piece = made.to_ndarray().reshape(-1, 2)
                if made.pts is not None and made.time_base:
                    due = round((made.pts * made.time_base - base) * rate)
                    if due - count > _JUMP * rate // RATE and due <= max_seconds * rate:
                        parts.append(np.zeros((due - count, 2), np.float32))
                        count = due
                parts.append(piece)
                count += len(piece)
                if count > max_seconds * rate:
                    raise SoundProblem(f"more than {max_seconds / 60:g} minutes long")
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise SoundProblem("not sound that can be read") from error
    return usable(np.concatenate(parts)) if parts else np.zeros((0, 2), np.float32)


def resample(samples: np.ndarray, rate: int, to: int) -> np.ndarray:
    """The same sound (one channel) at another rate; its length is rounded to the nearest sample."""
    if rate == to or not len(samples):
        return samples
    wanted = round(len(samples) * to / rate)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=to)
    # A few samples alone would never leave the resampler.
    padded = np.pad(samples, (0, 64)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(padded[None, :], format="flt", layout="mono")
    frame.sample_rate = rate
    parts = [f.to_ndarray().reshape(-1) for x in (frame, None) for f in resampler.resample(x)]
    made = np.concatenate(parts).astype(np.float32)
    return np.pad(made, (0, max(0, wanted - len(made))))[:wanted]


def trimmed(speech: Speech, lead_ms: int = 10, tail_ms: int = 60) -> Speech:
    """Speech without the silence around it: what is 40 dB below its loudest 5 ms, but for a short rest."""
    step = max(1, speech.rate // 200)
    whole = len(speech.samples) // step * step
    if not whole:
        return speech
    power = np.mean(speech.samples[:whole].reshape(-1, step).astype(np.float64) ** 2, axis=1)
    loud = np.flatnonzero(power > power.max() * 1e-4)
    if not len(loud) or power.max() == 0:
        return speech
    first = max(0, loud[0] * step - speech.rate * lead_ms // 1000)
    last = min(len(speech.samples), (loud[-1] + 1) * step + speech.rate * tail_ms // 1000)
    return Speech(speech.samples[first:last], speech.rate)


def level(samples: np.ndarray) -> float:
    """Root mean square in dBFS; -inf for silence."""
    power = float(np.mean(np.asarray(samples, np.float64) ** 2)) if len(samples) else 0.0
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")


def usable(samples: np.ndarray) -> np.ndarray:
    """Finite float32 within -8 to 8: floating point files hold anything."""
    clean = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(clean, -8.0, 8.0)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE, bits: int = 24) -> None:
    """Write PCM of 16 or 24 bits, under a temporary name until it is whole. Beyond -1 to 1 is clipped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    full = 2 ** (bits - 1) - 1
    grid = samples[:, None] if samples.ndim == 1 else samples
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        with wave.open(str(partial), "wb") as file:
            file.setnchannels(grid.shape[1])
            file.setsampwidth(bits // 8)
            file.setframerate(rate)
            for start in range(0, len(grid), rate * 10):
                piece = np.clip(grid[start : start + rate * 10], -1, 1)
                whole = np.round(piece * full).astype("<i4").reshape(-1)
                raw = whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8]
                file.writeframes(raw.tobytes())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


# --- within --------------------------------------------------------------------------------


def _kind(data: bytes) -> str:
    if not data:
        raise SoundProblem("empty")
    if len(data) > MAX_BYTES:
        raise SoundProblem(f"larger than {MAX_BYTES // 1024 // 1024} MB")
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"fLaC":
        return "flac"
    if data[:4] == b"OggS":
        return "ogg"
    if data[:3] == b"ID3" or (len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        # The same sync marks AAC; its layer bits are nought, which no MP3 has.
        return "aac" if data[:3] != b"ID3" and data[1] & 0x06 == 0 else "mp3"
    raise SoundProblem("not WAV, MP3, FLAC or Ogg")


def _checked(stream: Any) -> int:
    """The stream's rate, where it and the number of channels are ones that sound has."""
    if stream.codec_context is None:
        raise SoundProblem("in a coding that nobody knows")
    rate = int(stream.codec_context.sample_rate or 0)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise SoundProblem(f"a rate of {rate:,} Hz")
    channels = int(stream.codec_context.channels or 0)
    if not 1 <= channels <= MAX_CHANNELS:
        raise SoundProblem(f"{channels} channels")
    return rate


def _resampled(container: Any, stream: Any, resampler: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        # A damaged packet is passed over, as players do.
        with contextlib.suppress(av.error.InvalidDataError):
            for frame in packet.decode():
                yield from resampler.resample(frame)
    yield from resampler.resample(None)
