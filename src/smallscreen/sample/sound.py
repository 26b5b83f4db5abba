"""The sound track: plucked strings (Karplus-Strong), rain, wind, crickets, the knocking of wood.

Everything is computed from the storyboard with NumPy; nothing is a recording. Samples are float32 in
-1 to 1, mono, `RATE` a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from smallscreen.sample.storyboard import Board, BoardScene

RATE = 44_100
LEVEL_DB = -26.0
"""Root mean square of an episode's track, in decibels below full scale: under speech, audible in a quiet room."""
_PEAK = 0.7

# Degrees of the five-note scale as semitones above the mood's own root, how many notes a second, how loud.
_MOODS: dict[str, tuple[float, tuple[int, ...], float, float]] = {
    "warm": (220.0, (0, 2, 4, 7, 9, 12, 14), 1.25, 0.9),
    "tender": (196.0, (0, 2, 5, 7, 9, 12, 14), 0.85, 0.9),
    "funny": (261.6, (0, 2, 4, 7, 9, 12, 16), 2.4, 0.8),
    "tense": (146.8, (0, 3, 5, 7, 10, 12), 0.7, 0.8),
    "quiet": (174.6, (0, 2, 5, 7, 10, 12), 0.55, 0.75),
    "cold": (164.8, (0, 3, 5, 7, 10, 12), 0.4, 0.75),
}


def track(board: Board, rate: int = RATE) -> np.ndarray:
    """The sound of a whole episode, as long as its picture; the same board gives the same samples."""
    length = round(board.duration_ms * rate / 1000)
    music, around = np.zeros(length, np.float32), np.zeros(length, np.float32)
    for number, scene in enumerate(board.scenes):
        start, end = (min(length, round(ms * rate / 1000)) for ms in (scene.start_ms, scene.end_ms))
        if end - start < rate // 10:
            continue
        rng = np.random.default_rng([scene.episode, number])
        _melody(music, scene, start, end, rate, rng)
        bed = _ambience(scene, end - start, rate, rng)
        fade = min(rate, (end - start) // 3)
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        bed[:fade] *= ramp
        bed[-fade:] *= ramp[::-1]
        around[start:end] += bed
    mixed = _room(music, rate) + around
    edge = min(rate // 4, length // 4)
    if edge:
        mixed[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        mixed[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    strength = float(np.sqrt(np.mean(mixed**2))) or 1.0
    mixed *= 10 ** (LEVEL_DB / 20) / strength
    # Plucks stand out far above the mean: bend them softly below the ceiling instead of cutting them off.
    return (np.tanh(mixed / _PEAK) * _PEAK).astype(np.float32)


def _melody(
    out: np.ndarray, scene: BoardScene, start: int, end: int, rate: int, rng: np.random.Generator
) -> None:
    """A walk over five notes, with rests, a low string under each phrase."""
    root, scale, pace, loud = _MOODS[scene.mood]
    at, place, count = start + rate // 3, int(rng.integers(2, 5)), 0
    while at < end - rate:
        if count % 8 == 0:
            _add(out, at, pluck(round(root / 2, 1), 3.4, rate) * (0.5 * loud))
        if rng.random() < 0.8:
            note = root * 2 ** (scale[place] / 12)
            _add(out, at, pluck(round(float(note), 1), 2.6, rate) * (loud * float(rng.uniform(0.35, 0.75))))
            if scene.mood in {"tender", "quiet"} and rng.random() < 0.25:
                _add(
                    out, at + int(rate * 0.09), pluck(round(float(note) * 1.5, 1), 2.0, rate) * (0.25 * loud)
                )
        place = int(np.clip(place + rng.choice([-2, -1, -1, 1, 1, 2]), 0, len(scale) - 1))
        count += 1
        rest = 2.6 if count % 8 == 0 else 1.0
        at += int(rate * rest / pace * float(rng.choice([0.5, 1.0, 1.0, 1.5])))


@lru_cache(maxsize=128)
def pluck(frequency: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """One plucked string (Karplus and Strong 1983): a burst of noise in a loop that averages its neighbors."""
    period = max(2, round(rate / frequency))
    rng = np.random.default_rng(round(frequency * 10))
    burst: np.ndarray = rng.uniform(-1, 1, period).astype(np.float32)
    for _ in range(3):  # a finger, not a plectrum
        burst = (burst + np.roll(burst, 1)) / 2
    burst /= max(1e-6, float(np.abs(burst).max()))
    rounds = int(seconds * rate / period) + 1
    made = np.empty((rounds, period), np.float32)
    damping = 0.5 ** (1 / (frequency * 0.9))  # half as loud after 0.9 s
    for n in range(rounds):
        made[n] = burst
        burst = (damping * (0.5 * burst + 0.5 * np.roll(burst, 1))).astype(np.float32)
    sound = made.reshape(-1)[: int(seconds * rate)]
    release = rate // 5
    sound[-release:] *= np.linspace(1, 0, release, dtype=np.float32)
    return sound * 0.5


def _ambience(scene: BoardScene, length: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    outdoors = scene.motif in {"bus", "courtyard", "street", "school"}
    bed = (
        _noise(length, rate, rng, lambda f: 1 / np.maximum(f, 60) * (f < 900)) * 0.012
    )  # the air of the room
    if scene.weather == "rain":
        hiss = _noise(length, rate, rng, lambda f: np.exp(-(((np.log2(np.maximum(f, 1)) - 11.6) / 1.5) ** 2)))
        bed += hiss * (0.075 if outdoors else 0.04)
        _drops(bed, rate, rng, 16 if outdoors else 9)
    if scene.weather in {"fog", "snow"} or (outdoors and scene.weather == "clear"):
        wind = _noise(length, rate, rng, lambda f: np.exp(-(((np.log2(np.maximum(f, 1)) - 8.7) / 0.9) ** 2)))
        swell = 0.6 + 0.4 * np.sin(np.arange(length, dtype=np.float32) * (math.tau / (rate * 7.3)))
        bed += wind * swell * 0.035
    if scene.time == "night" and scene.weather == "clear":
        bed += _crickets(length, rate, rng) * (0.022 if outdoors else 0.01)
    if scene.motif in {"workshop", "shop"} and scene.mood != "cold":
        _knocks(bed, rate, rng)
    return bed


def _noise(
    length: int, rate: int, rng: np.random.Generator, shape: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Noise with a spectrum: four seconds of it, joined into a loop (it is periodic) and repeated."""
    size = rate * 4
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * shape(frequencies)
    loop = np.fft.irfft(spectrum, size)
    loop = (loop / loop.std()).astype(np.float32)
    return np.tile(loop, length // size + 1)[:length]


def _drops(bed: np.ndarray, rate: int, rng: np.random.Generator, a_second: int) -> None:
    t = np.arange(rate // 25, dtype=np.float32) / rate
    for at in rng.integers(0, max(1, len(bed) - len(t)), len(bed) * a_second // rate):
        pitch = float(rng.uniform(900, 3200))
        _add(bed, int(at), np.sin(math.tau * pitch * t) * np.exp(-t * 160) * float(rng.uniform(0.01, 0.06)))


def _crickets(length: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    t = np.arange(length, dtype=np.float32) / rate
    song = np.zeros(length, np.float32)
    for pitch, trill, call in ((4300.0, 31.0, 0.42), (3850.0, 27.0, 0.29)):
        pulses = np.maximum(0, np.sin(math.tau * trill * t)) ** 2
        chirps = np.maximum(0, np.sin(math.tau * call * t + float(rng.uniform(0, 6)))) ** 4
        song += np.sin(math.tau * pitch * t) * pulses * chirps
    return song


def _knocks(bed: np.ndarray, rate: int, rng: np.random.Generator) -> None:
    """The knife on bamboo, the mallet on the hub: now and then two or three strokes."""
    t = np.arange(rate // 8, dtype=np.float32) / rate
    at = int(rate * 1.5)
    while at < len(bed) - rate:
        pitch = float(rng.uniform(340, 620))
        for stroke in range(int(rng.integers(1, 4))):
            hit = np.sin(math.tau * pitch * t) + 0.5 * np.sin(math.tau * pitch * 2.76 * t)
            _add(bed, at + stroke * int(rate * 0.34), hit * np.exp(-t * 58) * float(rng.uniform(0.05, 0.11)))
        at += int(rate * float(rng.uniform(3.5, 8)))


def _room(dry: np.ndarray, rate: int) -> np.ndarray:
    """A wooden room: a few echoes, each later and softer."""
    wet = dry.copy()
    for delay, gain in (
        (0.031, 0.3),
        (0.047, 0.26),
        (0.083, 0.2),
        (0.131, 0.16),
        (0.197, 0.12),
        (0.311, 0.08),
    ):
        step = int(delay * rate)
        if step < len(dry):
            wet[step:] += dry[:-step] * gain
    return wet


def _add(out: np.ndarray, at: int, sound: np.ndarray) -> None:
    end = min(len(out), at + len(sound))
    if at < end:
        out[at:end] += sound[: end - at]
