"""How loud sound is, and sound brought to a loudness: ITU-R BS.1770-4 and EBU R 128.

All at 48 kHz, where the standard gives its filters. Samples are (n,) or (n, channels) with one or two
channels, each of weight 1.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from smallscreen.engines.sound import RATE

SILENCE = float("-inf")
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621))
"""BS.1770-4, annex 1, tables 1 and 2: numerator, denominator after its leading 1."""
_OFFSET = -0.691
_GATE, _RELATIVE = -70.0, -10.0
_TAPS = 8192  # the high pass has faded by 350 dB after so many samples
_STEP = RATE // 10


class Loudness(NamedTuple):
    """Integrated loudness in LUFS and true peak in dBTP (BS.1770-4, annex 2); -inf for silence."""

    lufs: float
    dbtp: float


def measured(samples: np.ndarray) -> Loudness:
    """Both figures of a programme."""
    return Loudness(integrated(samples), true_peak(samples))


def integrated(samples: np.ndarray) -> float:
    """Loudness over the whole, gated at -70 LUFS and at 10 LU below the mean of what passes; LUFS.

    Sound shorter than one block of 400 ms is measured as it is, without gates, which the standard leaves
    open and short lines need.
    """
    grid = _grid(samples)
    if not len(grid):
        return SILENCE
    weighted = k_weighted(grid)
    if len(grid) < 4 * _STEP:
        return _lufs(float(np.sum(np.mean(weighted**2, axis=0))))
    whole = len(weighted) // _STEP * _STEP
    tenth = np.sum(weighted[:whole].reshape(-1, _STEP, grid.shape[1]) ** 2, axis=(1, 2))
    blocks = np.convolve(tenth, np.ones(4), "valid") / (4 * _STEP)
    blocks = blocks[blocks > _power(_GATE)]
    if not len(blocks):
        return SILENCE
    kept = blocks[blocks > float(np.mean(blocks)) * 10 ** (_RELATIVE / 10)]
    return _lufs(float(np.mean(kept)))


def k_weighted(samples: np.ndarray) -> np.ndarray:
    """The sound as BS.1770 hears it: a shelf for the head, a high pass; float64 (n, channels)."""
    return _convolved(_grid(samples).astype(np.float64), _response())


def true_peak(samples: np.ndarray) -> float:
    """The highest peak between the samples too, found at four times the rate; dBTP."""
    grid = _grid(samples)
    peak = float(np.max(_peaks(grid))) if len(grid) else 0.0
    return 20 * float(np.log10(peak)) if peak > 0 else SILENCE


def limited(samples: np.ndarray, ceiling: float = -1.0) -> np.ndarray:
    """The sound with its true peak at most `ceiling` dBTP: turned down smoothly around what is beyond."""
    grid = _grid(samples).astype(np.float32)
    limit = 10 ** (ceiling / 20)
    for _ in range(3):
        peaks = _peaks(grid) if len(grid) else np.zeros(1)
        if float(np.max(peaks)) <= limit:
            break
        gain = np.minimum(1.0, limit * 0.999 / np.maximum(peaks, 1e-9))
        grid = (grid * _smoothed(gain, RATE // 100)[:, None]).astype(np.float32)
    over = float(np.max(_peaks(grid))) / limit if len(grid) else 0.0
    if over > 1:  # a few thousandths of a dB that the smoothing left
        grid = (grid / over).astype(np.float32)
    return grid.reshape(samples.shape)


def normalized(samples: np.ndarray, lufs: float, ceiling: float = -1.0) -> tuple[np.ndarray, Loudness]:
    """The sound at that loudness under that true peak, and what was reached.

    Silence stays silence. Where limiting takes loudness away it is raised again, by 6 dB at most: what
    the peaks do not allow is not forced, and the figures say so.
    """
    before = integrated(samples)
    if before == SILENCE:
        return samples, measured(samples)
    gain = lufs - before
    made, extra = samples, 0.0
    for _ in range(4):
        made = limited((samples * np.float32(10 ** ((gain + extra) / 20))).astype(np.float32), ceiling)
        short = lufs - integrated(made)
        if abs(short) < 0.03 or extra + short > 6:
            break
        extra += short
    return made, measured(made)


# --- within --------------------------------------------------------------------------------


def _grid(samples: np.ndarray) -> np.ndarray:
    grid = samples[:, None] if samples.ndim == 1 else samples
    if grid.shape[1] > 2:
        raise ValueError("loudness is measured of one or two channels here")
    return grid


def _lufs(power: float) -> float:
    return _OFFSET + 10 * float(np.log10(power)) if power > 0 else SILENCE


def _power(lufs: float) -> float:
    return 10 ** ((lufs - _OFFSET) / 10)


@cache
def _response() -> np.ndarray:
    """What the two filters make of one sample: convolving with it is filtering, without a loop over samples."""
    signal = np.zeros(_TAPS)
    signal[0] = 1.0
    for (b0, b1, b2), (a1, a2) in (_SHELF, _HIGH_PASS):
        out = np.zeros(_TAPS)
        x1 = x2 = y1 = y2 = 0.0
        for n, x in enumerate(signal.tolist()):
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, x, y1, y
            out[n] = y
        signal = out
    return signal


def _convolved(grid: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Causal convolution by blocks in the frequency domain; as long as what went in."""
    size = 2**17
    step = size - len(response) + 1
    spectrum = np.fft.rfft(response, size)[:, None]
    out = np.zeros((len(grid) + size, grid.shape[1]))
    for start in range(0, len(grid), step):
        piece = np.fft.rfft(grid[start : start + step], size, axis=0)
        out[start : start + size] += np.fft.irfft(piece * spectrum, size, axis=0)
    return out[: len(grid)]


@cache
def _phases(taps: int = 32) -> list[np.ndarray]:
    """Filters for the three points between two samples: a sinc under a Kaiser window."""
    made = []
    for phase in (0.25, 0.5, 0.75):
        at = np.arange(taps) - taps // 2 + 1 - phase
        filter_ = np.sinc(at) * np.i0(8 * np.sqrt(np.maximum(0, 1 - (at / (taps / 2)) ** 2))) / np.i0(8)
        made.append((filter_ / np.sum(filter_)).astype(np.float32))
    return made


def _peaks(grid: np.ndarray) -> np.ndarray:
    """For each sample the largest of it and of the points around it, over the channels."""
    peaks = np.max(np.abs(grid), axis=1).astype(np.float32)
    taps = len(_phases()[0])
    for channel in range(grid.shape[1]):
        line = np.pad(grid[:, channel].astype(np.float32), (taps // 2, taps // 2))
        highest = np.zeros(len(peaks) + 1, np.float32)
        for filter_ in _phases():
            between = np.convolve(line, filter_[::-1], "valid")
            np.maximum(highest, np.abs(between, out=between), out=highest)
        # Point n lies between sample n-1 and n: both must come down for it.
        np.maximum(peaks, highest[1:], out=peaks)
        np.maximum(peaks, highest[:-1], out=peaks)
    return peaks


def _smoothed(gain: np.ndarray, reach: int) -> np.ndarray:
    """A gain that is nowhere above `gain` and changes over `reach` samples to either side."""
    size = 2 * reach + 1
    least = np.pad(gain, (2 * reach, 2 * reach), constant_values=1.0)
    covered = 1
    while covered < size:
        step = min(covered, size - covered)
        least = np.minimum(least[:-step], least[step:])
        covered += step
    window = np.hanning(size + 2)[1:-1]
    return _valid(least, window / np.sum(window))


def _valid(line: np.ndarray, window: np.ndarray) -> np.ndarray:
    made = _convolved(line[:, None], window)[len(window) - 1 :, 0]
    return np.minimum(made, 1.0)
