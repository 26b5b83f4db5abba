"""Small clips with writing in the picture, made with PyAV, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from smallscreen.engines.shape import text_picture

WIDE, HIGH = 180, 320
BOX = (30, 196, 150, 228)
"""Where the writing of these clips stands."""


def ground(n: int, wide: int = WIDE, high: int = HIGH, moving: bool = True) -> np.ndarray:
    """A picture with soft light and a few edges, which moves a little from frame to frame."""
    shift = n * 0.7 if moving else 0
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    light = 110 + 45 * np.sin((x + shift) / 23) + 30 * np.cos((y - shift / 2) / 31)
    stripe = ((x + 2 * y + shift) % 90 < 30) * 22
    return np.stack([light + stripe, light * 0.9 + 10, light * 0.7 + 40], 2).clip(0, 255).astype(np.uint8)


def write(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    rate: Fraction | int = 24,
    times: Sequence[int] | None = None,
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    sound: bool = False,
    tags: tuple[int, int, int, int] = (1, 1, 1, 1),
    crf: int = 12,
) -> Path:
    """A file of these RGB pictures; `times` are ticks of 1/1000 s (variable), `tags` range, matrix, primaries, transfer."""
    with av.open(str(path), "w") as container:
        out: Any = container.add_stream(codec, rate=rate, options={"crf": str(crf), "preset": "ultrafast"})
        if codec == "libx265":
            out.options = {"crf": str(crf), "preset": "ultrafast", "x265-params": "log-level=none"}
        out.height, out.width = pictures[0].shape[:2]
        out.pix_fmt = pix_fmt
        context = out.codec_context
        context.time_base = Fraction(1, 1000) if times is not None else 1 / Fraction(rate)
        context.color_range, context.colorspace, context.color_primaries, context.color_trc = tags
        voice: Any = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for n, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            matrix = {1: "itu709", 9: "bt2020"}.get(tags[1], "itu601")
            frame = frame.reformat(format=pix_fmt, dst_colorspace=matrix, dst_color_range=tags[0])
            frame.pts = times[n] if times is not None else n
            frame.time_base = context.time_base
            container.mux(out.encode(frame))
        container.mux(out.encode(None))
        if voice is not None:
            seconds = (times[-1] / 1000 + 0.04) if times is not None else len(pictures) / float(rate)
            wave = 0.2 * np.sin(np.arange(round(16_000 * seconds)) * 0.15).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path


def written(picture: np.ndarray, text: str = "你好世界") -> np.ndarray:
    """The picture with white outlined writing in the middle of BOX."""
    letters = text_picture(text, locale="zh-Hans", size=22, weight="bold", outline=2)
    high, wide = letters.shape[:2]
    x, y = (BOX[0] + BOX[2] - wide) // 2, (BOX[1] + BOX[3] - high) // 2
    made = picture.astype(np.float32)
    alpha = letters[..., 3:] / np.float32(255)
    part = made[y : y + high, x : x + wide]
    part[...] = part * (1 - alpha) + letters[..., :3] * alpha
    return made.round().astype(np.uint8)


def sound_file(path: Path, seconds: float, tone: float = 0.05) -> Path:
    """A WAV of one tone."""
    with av.open(str(path), "w") as container:
        out: Any = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        wave = (0.3 * 32767 * np.sin(np.arange(round(16_000 * seconds)) * tone)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
        container.mux(out.encode(frame))
        container.mux(out.encode(None))
    return path
