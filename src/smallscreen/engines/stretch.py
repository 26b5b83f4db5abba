"""Speech made longer, shorter, higher or lower in time's own domain.

`stretch` is WSOLA (waveform similarity overlap-add; Verhelst and Roelands 1993): windows are laid over one
another at the new pace, each taken from where it continues the one before best, so that pitch stays.
Good for voices between about 0.7 and 1.5; music would suffer.
"""

from __future__ import annotations

import numpy as np

from smallscreen.engines.sound import Speech, resample

_WINDOW = 0.04  # seconds: two periods of a deep voice
_SEARCH = 0.01  # seconds to either side: one period of a deep voice


def stretch(speech: Speech, factor: float) -> Speech:
    """The speech at `factor` times its length (0.5 to 2), pitch as it was."""
    if not 0.5 <= factor <= 2:
        raise ValueError(f"a factor of {factor:g} is not within 0.5 to 2")
    wanted = round(len(speech.samples) * factor)
    hop = max(8, round(speech.rate * _WINDOW / 2))
    if abs(wanted - len(speech.samples)) < 2 or len(speech.samples) < 3 * hop:
        return _held(speech, wanted)
    size, reach = 2 * hop, round(speech.rate * _SEARCH)
    pad = size + reach
    source = np.pad(speech.samples.astype(np.float64), (pad, pad + size))
    power = np.concatenate([[0.0], np.cumsum(source**2)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    out = np.zeros(wanted + 3 * size)
    taken = pad - hop
    for number, at in enumerate(range(0, wanted + size, hop)):
        ideal = pad - hop + round(number * hop / factor)
        first = min(max(ideal - reach, 0), len(source) - size - 2 * reach - 1)
        if number:
            natural = source[min(taken + hop, len(source) - size) :][:size]
            region = source[first : first + size + 2 * reach]
            match = np.correlate(region, natural, "valid")
            energy = power[first + size : first + size + len(match)] - power[first : first + len(match)]
            taken = first + int(np.argmax(match / np.sqrt(np.maximum(energy, 1e-9))))
        out[at : at + size] += window * source[taken : taken + size]
    return Speech(out[hop : hop + wanted].astype(np.float32), speech.rate)


def shifted(speech: Speech, semitones: float) -> Speech:
    """The speech higher (above 0) or lower by up to 6 semitones, its length as it was."""
    if abs(semitones) > 6:
        raise ValueError(f"{semitones:g} semitones are not within -6 to 6")
    if abs(semitones) < 0.05 or not len(speech.samples):
        return speech
    ratio = 2 ** (semitones / 12)
    faster = resample(speech.samples, round(speech.rate * ratio), speech.rate)
    made = stretch(Speech(faster, speech.rate), len(speech.samples) / len(faster)).samples
    return _held(Speech(made, speech.rate), len(speech.samples))


def _held(speech: Speech, wanted: int) -> Speech:
    made = np.pad(speech.samples, (0, max(0, wanted - len(speech.samples))))[:wanted]
    return Speech(made.astype(np.float32), speech.rate)
