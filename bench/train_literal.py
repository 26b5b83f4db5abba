"""Train the literalness model and write its weights into the package.

    python -m bench.train_literal

Reads PETCI (../shared/data/petci) and the labels in bench/labels/literal_petci.tsv. L is word for
word; F and B are not (B, where the words are the sense, is nothing to warn of); M and X are left
out. Every rendering is given three times: alone, and twice within a line of the sample series with
its translation (once finished, once word for word), so that the model learns to pass over the rest
of a line. Sets 1 to 3 of bench/labels/literal_lines.tsv (whole lines, word for word and as a subtitle)
are trained on, too, twice. Takes about ten seconds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import common
from bench import fit as stand_ins
from smallscreen.localize.barriers.dictionaries import dictionary_entries
from smallscreen.localize.checks import literal
from smallscreen.series.model import cue_id

PETCI = common.SHARED / "data" / "petci" / "filtered.json"
LABELS = common.ROOT / "bench" / "labels" / "literal_petci.tsv"
WEIGHTS = common.ROOT / "src" / "smallscreen" / "localize" / "checks" / "weights" / "literal.json"
RIDGE = 10.0
THRESHOLD = 0.4
"""Probability from which the check warns. How it was chosen: docs/models/literal.md."""
FOLDS = 5
LINES = common.ROOT / "bench" / "labels" / "literal_lines.tsv"
TRAINED = ("1", "2", "3")
"""Sets of written lines that are trained on; the others are for testing."""
TIMES = 2
"""How often a written line counts beside a rendering of PETCI."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One English rendering of an idiom: who made it (gold, human, machine) and how it was read."""

    idiom: int
    chinese: str
    text: str
    origin: str
    label: str


def renderings() -> list[Rendering]:
    """All renderings of PETCI, without those that differ from an earlier one in case alone; label "." if unread."""
    labels = dict(line.split("\t") for line in LABELS.read_text("utf-8").splitlines() if line[:1].isdigit())
    found = []
    for item in json.loads(PETCI.read_text("utf-8")):
        texts: dict[str, tuple[str, str]] = {}
        for origin, group in (
            ("gold", [item["gold"]]),
            ("human", item["human"]),
            ("machine", item["machine"]),
        ):
            for text in group:
                texts.setdefault(text.casefold(), (text, origin))
        read = labels.get(str(item["id"]), "." * len(texts))
        found += [
            Rendering(item["id"], item["chinese"], text, origin, label)
            for (text, origin), label in zip(texts.values(), read, strict=True)
        ]
    return found


def glosses() -> dict[str, tuple[str, str]]:
    """CC-CEDICT's literal gloss and meaning of idioms that have them."""
    return {e.text: (e.literal, e.meaning) for e in dictionary_entries() if e.literal or e.meaning}


def features(
    rows: Sequence[Rendering], carriers: Sequence[tuple[str, str]] = (), seed: int = 5
) -> np.ndarray:
    """(n, features) of the renderings, each put before or after a carrier line where carriers are given."""
    rng, known, found = random.Random(seed), glosses(), []
    for row in rows:
        source, text = row.chinese, row.text
        if carriers:
            chinese, english = rng.choice(carriers)
            source = f"{chinese} {source}"
            text = f"{english} {text}" if rng.random() < 0.5 else f"{text}. {english}"
        gloss, meaning = known.get(row.chinese, ("", ""))
        found.append(literal.describe(row.chinese, text, source, gloss, meaning)[0])
    return np.array(found)


def carriers(kind: str) -> list[tuple[str, str]]:
    """Lines of the sample series with their translation, `finished` or `literal`."""
    cues = [(cues, drafts) for cues, drafts in stand_ins._sample()[0]]
    if kind == "literal":
        english = {key: draft.text for _, drafts in cues for key, draft in drafts.items()}
    else:
        data = json.loads(
            (stand_ins.SAMPLE / "drafts" / "finished" / "en-US.edition.json").read_text("utf-8")
        )
        english = {cue_id(line["episode"], line["cue"]): line["text"] for line in data["lines"]}
    pairs = [(cue.text, english[cue.id]) for some, _ in cues for cue in some if cue.id in english]
    return [pair for pair in pairs if len(pair[1]) > 12]


def train(
    x: np.ndarray, y: np.ndarray, ridge: float = RIDGE
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Logistic regression with an L2 penalty by Newton's method: mean, scale, weights, bias."""
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    z = np.c_[(x - mean) / scale, np.ones(len(x))]
    penalty = np.r_[np.full(x.shape[1], ridge), 1e-4]
    w = np.zeros(z.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-z @ w))
        step = np.linalg.solve(
            (z * (p * (1 - p))[:, None]).T @ z + np.diag(penalty), z.T @ (p - y) + penalty * w
        )
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return mean, scale, w[:-1], float(w[-1])


def score(fitted: tuple[np.ndarray, np.ndarray, np.ndarray, float], x: np.ndarray) -> np.ndarray:
    """Probabilities."""
    mean, scale, weight, bias = fitted
    return 1 / (1 + np.exp(-(((x - mean) / scale) @ weight + bias)))


def material() -> tuple[list[Rendering], list[np.ndarray]]:
    """The read renderings (L, F, B) and their features: alone, in finished lines, in word-for-word lines."""
    rows = [r for r in renderings() if r.label in "LFB"]
    return rows, [
        features(rows),
        features(rows, carriers("finished"), 5),
        features(rows, carriers("literal"), 6),
    ]


def written(sets: Sequence[str] = TRAINED) -> tuple[np.ndarray, np.ndarray]:
    """(n, features) and (n,) labels of written lines: each once word for word (1) and once as a subtitle (0)."""
    known, x, y = glosses(), [], []
    for line in LINES.read_text("utf-8").splitlines():
        if line.split("\t")[0] in sets:
            _, source, item, *texts = line.split("\t")
            gloss, meaning = known.get(item, ("", ""))
            for label, text in zip((1.0, 0.0), texts, strict=True):
                x.append(literal.describe(item, literal.bare(text), source, gloss, meaning)[0])
                y.append(label)
    return np.array(x), np.array(y)


def fit(blocks: Sequence[np.ndarray], y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """A model trained on blocks of features with the same labels `y`, and on the written lines."""
    lines, labels = written()
    return train(
        np.concatenate([*blocks, *[lines] * TIMES]), np.concatenate([*[y] * len(blocks), *[labels] * TIMES])
    )


def fold_of(idiom: int) -> int:
    """The fold of an idiom; all its renderings are in it."""
    return idiom * 7919 % 1009 % FOLDS


def held_out(rows: Sequence[Rendering], blocks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Probabilities for each block by models that saw none of the renderings' idioms."""
    fold = np.array([fold_of(r.idiom) for r in rows])
    y = np.array([r.label == "L" for r in rows], dtype=float)
    found = [np.zeros(len(rows)) for _ in blocks]
    for number in range(FOLDS):
        rest = fold != number
        fitted = fit([b[rest] for b in blocks], y[rest])
        for scores, block in zip(found, blocks, strict=True):
            scores[~rest] = score(fitted, block[~rest])
    return found


def main(path: Path = WEIGHTS) -> None:
    """Train on all that was read and write the weights."""
    rows, blocks = material()
    y = np.array([r.label == "L" for r in rows], dtype=float)
    mean, scale, weight, bias = fit(blocks, y)
    data = {
        "features": list(literal.FEATURES),
        "mean": [round(float(v), 5) for v in mean],
        "scale": [round(float(v), 5) for v in scale],
        "weight": [round(float(v), 5) for v in weight],
        "bias": round(bias, 5),
        "threshold": THRESHOLD,
        "trained_on": f"{len(rows)} renderings of {len({r.idiom for r in rows})} idioms of PETCI, "
        f"{len(written()[1])} written lines",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    for name, value in zip(literal.FEATURES, weight, strict=True):
        print(f"{name:<24} {value:+.2f}")
    print(f"{path}: {data['trained_on']}")


if __name__ == "__main__":
    main()
