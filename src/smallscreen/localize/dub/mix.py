"""Voices over what was there: an M&E track, or the original sound turned down under the lines.

All at 48 kHz, float32. Levels are K-weighted loudness (`engines.loudness`). The house's own choices:
a line of dialogue at VOICE_LUFS before the whole is brought to its target; what lies under it at least
UNDER_LU below it, and what is heard between lines BETWEEN_LU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from smallscreen.engines.loudness import SILENCE, integrated
from smallscreen.engines.sound import RATE
from smallscreen.localize.dub.fit import Take

VOICE_LUFS = -18.0
UNDER_LU = 10.0
BETWEEN_LU = 6.0
_MOST_GAIN = 20.0  # dB; more would raise what is noise
_BEFORE_MS, _AFTER_MS = 200, 300
_JOIN_MS = 1200  # what rises for less than this between two lines is heard to pump
_FADE = RATE // 5
_EDGE = RATE // 250  # 4 ms: speech begins and ends without a click
_WIDE_DB = -12.0  # how loud the sides must be beside the middle, without speech
_SPEECH_DB = 6.0  # how much louder the middle must be with speech


@dataclass(frozen=True, slots=True)
class Mixed:
    """The mix (n, 2) and how it was made: by how many dB the bed is lower under lines, in the middle of the
    picture of sound and at its sides, and whether the two were told apart."""

    samples: np.ndarray
    under_db: float
    sides_db: float
    middle_only: bool


def voices(takes: Sequence[Take], length: int) -> np.ndarray:
    """All lines in one channel of `length` samples, each character at VOICE_LUFS over all they say.

    One gain a character and episode: a whisper stays softer than a shout.
    """
    bus = np.zeros(length, np.float32)
    for who in dict.fromkeys((t.by, t.line.character) for t in takes):
        mine = [t for t in takes if (t.by, t.line.character) == who]
        gain = np.float32(10 ** (_gain([t.samples for t in mine]) / 20))
        for take in mine:
            first = take.start_ms * RATE // 1000
            piece = _faded(take.samples)[: max(0, length - first)] * gain
            bus[first : first + len(piece)] += piece
    return bus


def mixed(
    bus: np.ndarray, bed: np.ndarray, spans: Sequence[tuple[int, int]], duck_db: float, original: bool
) -> Mixed:
    """Voices over a bed (n, 2); `spans` are when lines are heard or were spoken, ms.

    `original` says that the bed holds the original voices: its level is set so that these were as loud as
    the new ones, it is turned down under lines by `duck_db` (more where it would still come near the
    voices), and only in the middle where that is where the voices are. An M&E track keeps its level and is
    turned down only as far as voices need it.
    """
    length = len(bus)
    bed = np.pad(bed, ((0, max(0, length - len(bed))), (0, 0)))[:length]
    inside = _inside(spans, length)
    under, sides, middle = 0.0, 0.0, False
    if len(bed) and inside.any() and integrated(bed) != SILENCE:
        bed = bed * np.float32(10 ** (_bed_gain(bed, inside, original) / 20))
        loud = integrated(bed[inside])
        needed = max(0.0, loud - (VOICE_LUFS - UNDER_LU)) if loud != SILENCE else 0.0
        under = sides = -max(duck_db, needed) if original else -min(12.0, needed)
        middle = original and voices_in_the_middle(bed, inside)
        if middle:
            under, sides = under - 6.0, min(-4.0, under / 3)
        envelope = _envelope(spans, length)
        mid, side = (bed[:, 0] + bed[:, 1]) / 2, (bed[:, 0] - bed[:, 1]) / 2
        mid = mid * 10 ** (envelope * under / 20)
        side = side * 10 ** (envelope * sides / 20)
        bed = np.stack([mid + side, mid - side], axis=1)
    return Mixed((bed + bus[:, None]).astype(np.float32), under, sides, middle)


def voices_in_the_middle(bed: np.ndarray, inside: np.ndarray) -> bool:
    """Whether turning down the middle alone would help: music is wide, and speech is in the middle.

    Compares the speech band (300 to 3400 Hz) of middle and sides with and without speech; False where
    there is less than a second of either.
    """
    if inside.sum() < RATE or (~inside).sum() < RATE:
        return False
    mid, side = (bed[:, 0] + bed[:, 1]) / 2, (bed[:, 0] - bed[:, 1]) / 2
    m_in, m_out = _band(mid[inside]), _band(mid[~inside])
    s_in, s_out = _band(side[inside]), _band(side[~inside])
    wide = s_out - m_out > _WIDE_DB
    return wide and m_in - m_out > _SPEECH_DB and (m_in - m_out) - (s_in - s_out) > _SPEECH_DB / 2


def spans_of(takes: Sequence[Take], original: bool) -> list[tuple[int, int]]:
    """When the bed gives way: while lines are heard, and under original voices also while those speak."""
    heard = [(t.start_ms, t.end_ms) for t in takes]
    cues = [(t.line.start_ms, t.line.end_ms) for t in takes] if original else []
    merged: list[tuple[int, int]] = []
    for start, end in sorted(chain(heard, cues)):
        start, end = max(0, start - _BEFORE_MS), end + _AFTER_MS
        if merged and start - merged[-1][1] < _JOIN_MS:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


# --- within --------------------------------------------------------------------------------


def _bed_gain(bed: np.ndarray, inside: np.ndarray, original: bool) -> float:
    """dB for the whole bed. The original's lines come to the level of ours; music between lines stays below."""
    lines, between = integrated(bed[inside]), integrated(bed[~inside])
    gain = VOICE_LUFS - lines if original and lines != SILENCE else 0.0
    if between != SILENCE:
        gain = min(gain, VOICE_LUFS - BETWEEN_LU - between)
    return float(np.clip(gain, -_MOST_GAIN, _MOST_GAIN))


def _gain(parts: Sequence[np.ndarray]) -> float:
    """dB that bring speech, heard from both sides, to VOICE_LUFS."""
    together = np.concatenate(parts)
    loud = integrated(np.stack([together, together], axis=1))
    return 0.0 if loud == SILENCE else float(np.clip(VOICE_LUFS - loud, -_MOST_GAIN, _MOST_GAIN))


def _faded(samples: np.ndarray) -> np.ndarray:
    edge = min(_EDGE, len(samples) // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    made = samples.copy()
    made[:edge] *= ramp
    made[len(made) - edge :] *= ramp[::-1]
    return made


def _inside(spans: Sequence[tuple[int, int]], length: int) -> np.ndarray:
    inside = np.zeros(length, bool)
    for start, end in spans:
        inside[start * RATE // 1000 : end * RATE // 1000] = True
    return inside


def _envelope(spans: Sequence[tuple[int, int]], length: int) -> np.ndarray:
    """1 under lines, 0 elsewhere, with soft edges of a fifth of a second to either side."""
    padded = np.pad(_inside(spans, length).astype(np.float64), _FADE, mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    made = (total[2 * _FADE :] - total[: -2 * _FADE]) / (2 * _FADE)
    return made[:length]


def _band(samples: np.ndarray) -> float:
    """Mean power between 300 and 3400 Hz in dB."""
    size = 2**13
    whole = len(samples) // size * size
    if not whole:
        return -120.0
    power = np.abs(np.fft.rfft(samples[:whole].reshape(-1, size), axis=1)) ** 2
    low, high = 300 * size // RATE, 3400 * size // RATE
    return 10 * float(np.log10(np.mean(power[:, low:high]) / size + 1e-12))
