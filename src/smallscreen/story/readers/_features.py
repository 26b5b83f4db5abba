"""Lines as numbers: what each line holds, and what the lines around it hold.

Training (`bench/train.py`) and reading use the same functions, so that a head sees in a series what
it saw in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smallscreen.series.model import Cue
from smallscreen.story.readers import _lexicon, _text

AROUND = (-2, -1, 1, 2)
"""Which neighbors a line is read with, in lines."""
PAUSE_MS = 10_000
"""A longer silence ends a stretch of dialogue, where no scene is given."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Prepared lines in order. `block` numbers stretches of dialogue: nothing is read across their edges."""

    text: list[str]
    language: list[str]
    speaker: list[str]  # "" where unknown
    block: np.ndarray  # (n,) int, rising

    def __len__(self) -> int:
        return len(self.text)


def lines_of(cues: Sequence[Cue], language: str) -> Lines:
    """The lines of cues in order of time; a new episode, a new scene or a long pause begins a new block."""
    text = [_text.prepare(cue.text) for cue in cues]
    block = np.zeros(len(cues), np.int64)
    for i in range(1, len(cues)):
        before, now = cues[i - 1], cues[i]
        apart = before.episode != now.episode or before.scene != now.scene
        if before.scene is None and now.scene is None:
            apart = apart or now.start_ms - before.end_ms > PAUSE_MS
        block[i] = block[i - 1] + apart
    return Lines(text, [_text.language_of(t, language) for t in text], [c.speaker or "" for c in cues], block)


def acts(lines: Lines) -> np.ndarray:
    """Which acts each line holds: (n, acts) float32, 0 or 1."""
    found = [_lexicon.find(t, language) for t, language in zip(lines.text, lines.language, strict=True)]
    return np.stack(found) if found else np.zeros((0, len(_lexicon.acts())), np.float32)


def grams(lines: Lines, keys: np.ndarray) -> np.ndarray:
    """Which of the n-grams `keys` (sorted 32-bit numbers) each line holds: (n, keys) float32 of length 1 a row."""
    column = {int(key): i for i, key in enumerate(keys)}
    out = np.zeros((len(lines), len(keys)), np.float32)
    for row, text in enumerate(lines.text):
        held = [column[gram] for gram in _text.grams(text) if gram in column]
        if held:
            out[row, held] = 1 / np.sqrt(len(held))
    return out


def situation(lines: Lines) -> np.ndarray:
    """How long a line is, and whether its neighbors are the same speaker's or another's: (n, 5) float32."""
    out = np.zeros((len(lines), 5), np.float32)
    for i, text in enumerate(lines.text):
        wide = (
            2.5 if lines.language[i] == "zh" else 1.0
        )  # a Chinese character says about as much as 2.5 letters
        out[i, 0] = min(len(text) * wide, 75) / 75
        for column, j in ((1, i - 1), (3, i + 1)):
            if (
                0 <= j < len(lines)
                and lines.block[j] == lines.block[i]
                and lines.speaker[i]
                and lines.speaker[j]
            ):
                out[i, column + (lines.speaker[i] != lines.speaker[j])] = 1.0
    return out


def around(values: np.ndarray, block: np.ndarray, offsets: Sequence[int] = AROUND) -> np.ndarray:
    """The rows of `values` before and after each row, 0 across a block's edge: (n, offsets * columns)."""
    n = len(values)
    parts = []
    for offset in offsets:
        part = np.zeros_like(values)
        if abs(offset) < n:
            here = slice(max(0, -offset), n - max(0, offset))
            there = slice(max(0, offset), n + min(0, offset))
            same = block[here] == block[there]
            part[here] = values[there] * same[:, None]
        parts.append(part)
    return np.hstack(parts)
