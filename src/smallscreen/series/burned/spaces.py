"""Spaces between words in a row of Chinese: a pause in the line, and recognizers swallow it.

How much ink each column of the row holds is compared with what the text would look like, set without and with a
space at each place. The typeface need not be the one in the picture: what counts is where the characters stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from smallscreen.engines import fonts

_EM = 40
_WIDTHS = (0.25, 0.5, 1.0)  # of a character
_CRUMBS = 2  # pixels in a column that are no letter
_WIDER, _TRUST, _ENOUGH = 0.1, 0.5, 0.15  # a gap over the room; its weight; what a space needs
_APART = 0.06  # of a pitch: 19 of 20 characters behind a space are seen this much farther from the last
_SCALES = (0.97, 0.985, 1.0, 1.015, 1.03)


def spaced(text: str, letters: np.ndarray, pitch: float, middles: Sequence[float]) -> str:
    """The text with the spaces that its picture shows.

    `letters` are the strokes of the row as booleans, `pitch` about how many pixels a character is wide, `middles`
    where in `letters` the recognizer saw each character, in pixels.
    """
    seen = letters.sum(0, dtype=np.float64)
    at = np.flatnonzero(seen)
    if len(text) != len(middles) or len(at) < 2 or pitch < 8 or len(text) > 60:
        return text.strip()
    wider = {}
    for n in range(1, len(text)):
        a, b = text[n - 1], text[n]
        # Signs bring room of their own (， ！), and between Latin letters the recognizer knows.
        if a.isalnum() and b.isalnum() and not (a.isascii() and b.isascii()):
            over = _gap(seen, (middles[n - 1] + middles[n]) / 2, pitch) - sum(_room(a, b))
            if over >= _WIDER and middles[n] - middles[n - 1] >= (1 + _APART) * pitch:
                wider[n] = over
    first = int(at[0])
    seen = seen[first : at[-1] + 1]
    chosen: dict[int, float] = {}
    best = _likeness(seen, text, chosen) if wider else 0.0
    while len(chosen) < 4:
        tries = [
            (better + _TRUST * over, better, n, wide)
            for n, over in wider.items()
            if n not in chosen
            for wide in _WIDTHS
            if (better := _likeness(seen, text, {**chosen, n: wide}) - best) > -0.03
        ]
        if not tries or max(tries)[0] < _ENOUGH:
            break
        _, better, n, wide = max(tries)
        best += better
        chosen[n] = wide
    return "".join(f" {c}" if n in chosen else c for n, c in enumerate(text)).strip()


def _gap(seen: np.ndarray, middle: float, pitch: float) -> float:
    """The widest run of columns with next to no ink around a place, in parts of a character's width."""
    a, b = max(0, round(middle - 0.65 * pitch)), min(len(seen), round(middle + 0.65 * pitch))
    bare = np.concatenate([[False], seen[a:b] <= _CRUMBS, [False]])
    edges = np.flatnonzero(np.diff(bare.astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return (float(runs.max()) if len(runs) else 0.0) / pitch


@cache
def _room(left: str, right: str) -> tuple[float, float]:
    """What two characters leave free between them by themselves, in parts of a character's width."""
    a, b = _ink(left), _ink(right)
    return float(len(a) - 1 - np.flatnonzero(a)[-1]) / _EM if a.any() else 0.5, float(
        np.flatnonzero(b)[0]
    ) / _EM if b.any() else 0.5


def _likeness(seen: np.ndarray, text: str, spaces: dict[int, float]) -> float:
    """How well the ink of a row fits the text set with these spaces (correlation): as wide as it is, or nearly."""
    parts = []
    for n, char in enumerate(text):
        if n in spaces:
            parts.append(np.zeros(round(spaces[n] * _EM), np.float32))
        parts.append(_ink(char))
    row = np.concatenate(parts)
    at = np.flatnonzero(row)
    if len(at) < 2:
        return 0.0
    row = row[at[0] : at[-1] + 1]
    best = -1.0
    for scale in _SCALES:
        wide = max(4, round(len(seen) * scale))
        made = np.interp(np.linspace(0, len(row) - 1, wide), np.arange(len(row)), row)
        for shift in range(-3, 4):
            a, b = max(0, shift), min(len(seen), wide + shift)
            if b - a < 0.9 * len(seen):
                continue
            x, y = np.zeros(len(seen)), seen - seen.mean()
            x[a:b] = made[a - shift : b - shift]
            x -= x.mean()
            best = max(best, float((x * y).sum() / (np.sqrt((x * x).sum() * (y * y).sum()) or 1.0)))
    return best


@cache
def _ink(char: str) -> np.ndarray:
    """How much ink each column of a character holds, with the room it leaves on both sides."""
    font = fonts.font("zh-Hans", _EM, "bold")
    wide = max(1, round(font.getlength(char)))
    found = np.zeros(wide, np.float32)
    mask = font.getmask(char, mode="L")
    if mask.size[0] and mask.size[1]:
        ink = np.asarray(mask, np.float32).reshape(mask.size[1], mask.size[0]).sum(0) / 255
        left = max(0, font.getbbox(char)[0])
        part = ink[: max(0, wide - left)]
        found[left : left + len(part)] = part
    return found
