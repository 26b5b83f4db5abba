"""Made sound for the rights benchmark: music and speech-like noise from a seed. Nobody played or said any of it."""

from __future__ import annotations

import numpy as np

from bench._rights_media import RATE, Sound

_SCALE = np.array([0, 2, 3, 5, 7, 8, 10])


def music(seed: int, seconds: float) -> Sound:
    """Chords, a plucked tune and brushed noise at a beat of its own; the same seed gives the same music."""
    draw = np.random.default_rng([7001, seed])
    beat = 60 / draw.uniform(78, 128)
    key = draw.integers(45, 57)
    wave = np.zeros(round((seconds + 4) * RATE), np.float32)
    chords = draw.integers(0, 7, 8)
    for number in range(int(seconds / beat) + 1):
        at = number * beat
        if number % 4 == 0:
            root = chords[(number // 4) % 8]
            for step in (0, 2, 4):
                _add(wave, at, _pluck(_pitch(key, root + step), beat * 4, 5, draw, slow=True), 0.12)
        for half in (0.0, 0.5):
            if draw.random() < 0.7:
                _add(
                    wave, at + half * beat, _pluck(_pitch(key + 12, draw.integers(0, 10)), 0.5, 6, draw), 0.16
                )
        _add(wave, at, _brush(0.08, draw), 0.10 if number % 2 else 0.18)
    return _level(wave[: round(seconds * RATE)], 0.10)


def speech(seed: int, seconds: float) -> Sound:
    """Bursts of a buzzing source through moving resonances, in the rhythm of syllables. It says nothing."""
    draw = np.random.default_rng([9001, seed])
    wave = np.zeros(round((seconds + 2) * RATE), np.float32)
    base, at = draw.uniform(95, 220), 0.0
    while at < seconds:
        for _ in range(draw.integers(3, 9)):
            long = draw.uniform(0.09, 0.24)
            _add(wave, at, _syllable(base * draw.uniform(0.85, 1.25), long, draw), draw.uniform(0.5, 1))
            at += long * draw.uniform(0.9, 1.2)
        at += draw.uniform(0.15, 0.7)
    return _level(wave[: round(seconds * RATE)], 0.08)


def _pitch(key: float, degree: int) -> float:
    octave, step = divmod(int(degree), 7)
    return float(440 * 2 ** ((key + 12 * octave + _SCALE[step] - 69) / 12))


def _pluck(
    hertz: float, seconds: float, partials: int, draw: np.random.Generator, *, slow: bool = False
) -> Sound:
    t = np.arange(round(seconds * RATE)) / RATE
    wave = sum(
        np.sin(2 * np.pi * hertz * n * t + draw.uniform(0, 6)) * np.exp(-t * n * (1.2 if slow else 5)) / n
        for n in range(1, partials + 1)
    )
    return np.asarray(wave * np.minimum(1, t / 0.008), np.float32)


def _brush(seconds: float, draw: np.random.Generator) -> Sound:
    noise = draw.standard_normal(round(seconds * RATE))
    return np.asarray(np.diff(noise, prepend=0) * np.linspace(1, 0, len(noise)) ** 2, np.float32)


def _syllable(hertz: float, seconds: float, draw: np.random.Generator) -> Sound:
    count = round(seconds * RATE)
    t = np.arange(count) / RATE
    phase = np.cumsum(hertz * (1 + draw.uniform(-0.15, 0.15) * t / seconds)) / RATE
    buzz = (phase % 1) - 0.5 + 0.08 * draw.standard_normal(count)
    if draw.random() < 0.3:
        buzz[: count // 3] = 0.4 * draw.standard_normal(count // 3)
    spectrum, bins = np.fft.rfft(buzz), np.fft.rfftfreq(count, 1 / RATE)
    shape = np.full(len(bins), 0.02)
    for low, high, width in ((280, 850, 90), (900, 2300, 130), (2300, 3200, 200)):
        shape += np.exp(-(((bins - draw.uniform(low, high)) / width) ** 2))
    wave = np.fft.irfft(spectrum * shape, count) * np.hanning(count) ** 0.5
    return np.asarray(wave / (np.abs(wave).max() + 1e-9), np.float32)


def _add(wave: Sound, at: float, part: Sound, gain: float) -> None:
    first = round(at * RATE)
    part = part[: max(0, len(wave) - first)]
    wave[first : first + len(part)] += gain * part


def _level(wave: Sound, rms: float) -> Sound:
    return (wave * (rms / (float(np.sqrt(np.mean(wave**2))) + 1e-9))).astype(np.float32)
