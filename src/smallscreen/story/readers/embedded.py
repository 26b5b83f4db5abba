"""The embedded reader: small trained heads, offline, several hundred lines a second.

    readings = EmbeddedReader().read(cues, language="zh")

What it was trained on and how well it reads is in docs/models/story.md, and in `accuracy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from smallscreen.engines.embed import get_embedder
from smallscreen.series.model import Cue, Series
from smallscreen.story.model import GRATIFICATION, LABELS, VULNERABILITY, Accuracy, LineReading
from smallscreen.story.reader import Progress, Reader
from smallscreen.story.readers import _features, _heads
from smallscreen.story.readers._features import Lines
from smallscreen.story.readers._heads import sigmoid

_WEAKNESSES = (
    "a single line is read with low confidence: look at scenes, episodes and series",
    "irony, and what is meant but not said, are mostly missed",
    "trained on Chinese television comedy and family drama; costume drama and English were not in it",
)


class EmbeddedReader(Reader):
    """Lexicons, n-grams, neighbors, and a multilingual embedding for the lines that may matter."""

    id: ClassVar[str] = "embedded"
    name: ClassVar[str] = "Embedded reader"
    description: ClassVar[str] = "Small trained heads that ship with the program; offline and quick."

    @property
    def version(self) -> str:
        """The weights, and whether the embedding takes part."""
        return f"embedded-{_heads.weights().digest}{'' if get_embedder() else '-without-embedding'}"

    def accuracy(self, language: str) -> Accuracy:
        """What was measured on Chinese lines. Other languages have no figures beside the lines; see docs/models/story.md."""
        card = _heads.weights().card
        if language == "zh":
            return Accuracy(card["measured_on"], dict(card["figures"]), _WEAKNESSES)
        return Accuracy("no labelled lines of this language", {}, _WEAKNESSES)

    def thresholds(self) -> dict[str, float]:
        """For each label, the probability from which a line is best said to carry it (largest F1 in training); under
        "feeling" how far smoothed feeling must move at a turn."""
        return dict(_heads.weights().card["thresholds"])

    def read(
        self,
        cues: Sequence[Cue],
        series: Series | None = None,
        *,
        language: str = "zh",
        progress: Progress | None = None,
    ) -> list[LineReading]:
        if not cues:
            return []
        lines = _features.lines_of(cues, language)
        if progress:
            progress(0, len(cues), "reading lines")
        logits, valence, insults = read_lines(lines)
        names = _heads.weights().heads
        # Sums of floats differ in their last places with the number of lines read at once.
        p, valence, insults = sigmoid(logits).round(5), valence.round(5), insults.round(5)
        readings = []
        for i, cue in enumerate(cues):
            said = {name: float(p[i, column]) for column, name in enumerate(names)} if lines.text[i] else {}
            readings.append(
                LineReading(
                    cue.id,
                    cue.episode,
                    _whole(said),
                    float(valence[i]) if lines.text[i] else 0.0,
                    float(insults[i]) if lines.text[i] else 0.0,
                )
            )
        if progress:
            progress(len(cues), len(cues), "reading lines")
        return readings


def read_lines(lines: Lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits of every head (n, heads), valence (n,) from -1 to 1, probability of an insult (n,)."""
    w = _heads.weights()
    a = w.arrays
    basis = _heads.basis(lines)
    grams = _features.grams(lines, a["keys"])
    feeling = _heads.feeling_input(basis, grams) @ a["feeling_zh"]
    chinese = np.array([language == "zh" for language in lines.language], bool)
    held = [_heads.columns(text, _heads.GRAM_BITS) for text in lines.text]
    ngrams = _heads.ngram_logits(held, a["ngrams"], np.array(w.card["ngram_bias"]))
    first = {
        "zh": _heads.first_input(basis, feeling, ngrams[:, : len(LABELS)], lines.block),
        "any": _heads.first_input(basis, None, None, lines.block),
    }
    near = np.hstack([0.5 * basis[0], basis[1], np.ones((len(lines), 1), np.float32)])
    logits = np.where(chinese[:, None], first["zh"] @ a["first_zh"], first["any"] @ a["first_any"])
    tone = _valence(_heads.shares(ngrams[:, len(LABELS) :]))
    valence = np.where(chinese, (_valence(feeling) + tone) / 2, _valence(near @ a["feeling_any"]))
    chosen = np.flatnonzero(logits[:, : len(LABELS)].max(axis=1, initial=-99) >= w.card["second_stage_from"])
    embedder = get_embedder()
    if embedder is not None and len(chosen):
        vectors = embedder.embed([lines.text[i] for i in chosen])
        for script in _heads.SCRIPTS:
            mine = np.array([("zh" if chinese[i] else "any") == script for i in chosen], bool)
            if not mine.any():
                continue
            rows = chosen[mine]
            v = _heads.centered(vectors[mine], a[f"mean_{script}"], w.card["embedding_scale"])
            told = np.hstack([v, np.ones((len(v), 1), np.float32)]) @ a["feeling_embedded"]
            logits[rows] = (
                _heads.second_input(first[script][rows], v @ a["axes"], told) @ a[f"second_{script}"]
            )
            share = (
                2 / 3 if script == "zh" else 1 / 2
            )  # each of the two or three that tell it counts the same
            valence[rows] = share * valence[rows] + (1 - share) * _valence(told)
    held = [_heads.columns(text, _heads.INSULT_BITS) for text in lines.text]
    insulting = _heads.ngram_logits(held, a["insult"][:, None], np.array([w.card["insult_bias"]]))
    insults = sigmoid(insulting[:, 0])
    insults = np.where(chinese, insults, basis[0][:, w.card["insult_act"]] * 0.7)
    return logits, np.clip(valence, -1, 1), insults


def read_dialogue(label: str, logits: np.ndarray) -> float:
    """The probability that a stretch of dialogue carries a label, from the logits of its lines (n > 0)."""
    return float(sigmoid(_heads.dialogue_input(logits) @ _heads.weights().arrays[f"dialogue_{label}"]))


def _valence(feeling: np.ndarray) -> np.ndarray:
    """Positive less negative: the last column of what the heads of feeling say, less the third last."""
    return np.asarray(feeling[:, -1] - feeling[:, -3])


def _whole(p: dict[str, float]) -> dict[str, float]:
    """A probability for every label, and none of a kind that is likelier than its label."""
    out = {label: p.get(label, 0.0) for label in LABELS}
    for label, kinds in (("vulnerability", VULNERABILITY), ("gratification", GRATIFICATION)):
        out.update({kind: min(p[kind], out[label]) for kind in kinds if kind in p})
    return out
