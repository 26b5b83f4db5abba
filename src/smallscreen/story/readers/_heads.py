"""The trained weights, and what they make of features. Loaded once a process; plain arrays, no pickle.

Two stages. The first reads every line from lexicons, n-grams and neighbors. The second reads again,
with the multilingual embedding, the lines of which the first says that they may matter. Chinese lines
have heads that know n-grams; lines of any language have heads that know only what all languages share.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from smallscreen.story.readers import _features, _text
from smallscreen.story.readers._features import Lines

SCRIPTS = ("zh", "any")
"""Heads for Chinese lines, heads for lines of any language."""
GRAM_BITS = 17
"""The n-gram heads have 2 ** GRAM_BITS weights each."""
INSULT_BITS = 19
STACKED = (-3, -2, -1, 1, 2, 3)
WIDE = tuple(offset for offset in range(-10, 11) if offset)
"""Neighbors of which the n-gram heads' reading is seen singly, and those of which the largest is."""


@dataclass(frozen=True)
class Weights:
    """Arrays by name, what the training run wrote beside them, and a digest of both."""

    arrays: Mapping[str, np.ndarray]
    card: dict[str, Any]
    digest: str

    @property
    def heads(self) -> list[str]:
        """What the heads tell, in the order of their columns: labels, then kinds."""
        return list(self.card["heads"])


@cache
def weights() -> Weights:
    """The shipped weights."""
    folder = files("smallscreen.story") / "weights"
    raw, card = (folder / "story.npz").read_bytes(), (folder / "story.json").read_bytes()
    with np.load(_opened(raw), allow_pickle=False) as stored:
        arrays = {
            name: stored[name].astype(np.float32) if stored[name].dtype == np.float16 else stored[name]
            for name in stored.files
        }
    return Weights(arrays, json.loads(card), hashlib.sha256(raw + card).hexdigest()[:12])


def basis(lines: Lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The acts of each line, of its neighbors, and its situation: what every head of every language sees."""
    acts = _features.acts(lines)
    return acts, 0.5 * _features.around(acts, lines.block), _features.situation(lines)


def feeling_input(basis: tuple[np.ndarray, np.ndarray, np.ndarray], grams: np.ndarray) -> np.ndarray:
    """What the heads of emotion and dialogue act see: acts near the line, n-grams, 1."""
    acts, near, _ = basis
    return np.hstack([0.5 * acts, near, grams, np.ones((len(acts), 1), np.float32)])


def first_input(
    basis: tuple[np.ndarray, np.ndarray, np.ndarray],
    feeling: np.ndarray | None,
    ngrams: np.ndarray | None,
    block: np.ndarray,
) -> np.ndarray:
    """What the first stage sees; `feeling` (n, 35) and `ngrams` (n, 4) are None for lines of any language."""
    parts = list(basis)
    if ngrams is not None:
        parts += stacked(ngrams, block)
    if feeling is not None:
        parts += [3 * feeling, _features.around(feeling, block)]
    return np.hstack([*parts, np.ones((len(parts[0]), 1), np.float32)])


def stacked(ngrams: np.ndarray, block: np.ndarray) -> list[np.ndarray]:
    """What the n-gram heads say of a line and of those near it: logit, probability, neighbors', the largest near."""
    logits = np.clip(ngrams, -6, 3).astype(np.float32)
    p = sigmoid(logits)
    near = _features.around(p, block, STACKED)
    wide = _features.around(p, block, WIDE).reshape(len(p), len(WIDE), p.shape[1])
    return [logits, 3 * p, 2 * near, 2 * wide.max(axis=1, initial=0)]


def second_input(first: np.ndarray, embedded: np.ndarray, feeling: np.ndarray) -> np.ndarray:
    """What the second stage sees more: what the embedding says of feeling and act, and its main axes."""
    return np.hstack([3 * feeling, 2 * embedded, first])


def centered(vectors: np.ndarray, mean: np.ndarray, scale: float) -> np.ndarray:
    """Vectors about their language's mean, scaled to length 1 on average."""
    return (vectors - mean) * np.float32(scale)


def columns(text: str, bits: int) -> np.ndarray:
    """The columns of a prepared line's n-grams in a head of 2 ** bits weights."""
    return np.unique(np.array(_text.grams(text), np.int64) >> (32 - bits))


def ngram_logits(held: Sequence[np.ndarray], weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """What linear heads over n-grams, `weights` (columns, heads), say of rows given as columns held: (n, heads)."""
    out = np.empty((len(held), len(bias)), np.float64)
    for i, of_line in enumerate(held):
        out[i] = weights[of_line].sum(axis=0) / np.sqrt(max(1, len(of_line)))
    return out + bias


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))


def shares(logits: np.ndarray) -> np.ndarray:
    """Probabilities of kinds of which one holds, from the logit of each against the rest: rows of sum 1."""
    p = sigmoid(logits)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def dialogue_input(logits: np.ndarray) -> np.ndarray:
    """What the head of a dialogue sees of one label's logits of its lines (n > 0): largest, mean of three, any, size."""
    top = np.sort(logits)[::-1]
    never = np.log1p(-np.clip(sigmoid(logits), 0, 1 - 1e-9)).sum()
    return np.array([top[0], top[:3].mean(), np.log(max(1e-6, 1 - np.exp(never))), np.log(len(logits)), 1.0])


def _opened(raw: bytes) -> Any:
    from io import BytesIO

    return BytesIO(raw)
