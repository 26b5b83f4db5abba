"""The four story labels of a gold file, a line and a dialogue: how well a reader tells them.

A row counts for a label unless the label stands in its `disputed`. A dialogue carries a label when one
of its lines does; one that carries it only in disputed lines is left out. Rows without `dialogue`
belong to one dialogue as long as they follow each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import _fit
from smallscreen.series.model import Cue, cue_id
from smallscreen.story.model import LABELS
from smallscreen.story.reader import Reader
from smallscreen.story.readers.embedded import EmbeddedReader, read_dialogue


@dataclass(frozen=True)
class StoryGold:
    """Lines with labels. `truth` and `counted` are (n, labels) bool; `dialogue` numbers their dialogues."""

    cues: list[Cue]
    dialogue: np.ndarray
    truth: np.ndarray
    counted: np.ndarray


def read_story_gold(path: Path) -> StoryGold | None:
    """The story labels of a gold file that is well formed; None where no row has any."""
    rows = [json.loads(raw) for raw in path.read_text("utf-8-sig").split("\n") if raw.strip()]
    if not any(label in row for row in rows for label in LABELS):
        return None
    names = [str(row.get("dialogue", "")) for row in rows]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    cues = [
        Cue(
            cue_id(1, n), 1, n, n * 2000, n * 2000 + 1800, row["text"],
            row.get("speaker") if isinstance(row.get("speaker"), str) else None, name or None,
        )
        for n, (row, name) in enumerate(zip(rows, names, strict=True), 1)
    ]  # fmt: skip
    truth = np.array([[bool(row.get(label)) for label in LABELS] for row in rows])
    counted = np.array(
        [[label in row and label not in (row.get("disputed") or ()) for label in LABELS] for row in rows]
    )
    return StoryGold(cues, np.array([number[name] for name in names]), truth, counted)


def score_story(gold: StoryGold, reader: Reader) -> dict[str, Any]:
    """AP, best F1 and F1 at the shipped threshold for each label, with 95 % intervals over dialogues."""
    readings = reader.read(gold.cues, language="zh")
    p = np.array([[r.p.get(label, 0.0) for label in LABELS] for r in readings])
    # Thresholds and the reading of a dialogue are trained for the embedded reader. Another one is taken at
    # its word: a label from 0.5 on, and a dialogue is what its strongest line is.
    trained = isinstance(reader, EmbeddedReader)
    half = dict.fromkeys(LABELS, 0.5)
    card = shipped() if trained else {"thresholds": half, "dialogue_thresholds": half}
    result: dict[str, Any] = {"reader": reader.id, "lines": {}, "dialogues": {}}
    for k, label in enumerate(LABELS):
        rows = np.flatnonzero(gold.counted[:, k])
        result["lines"][label] = _figures(
            gold.truth[rows, k], p[rows, k], card["thresholds"][label], gold.dialogue[rows]
        )
        truths, scores = [], []
        for d in np.unique(gold.dialogue):
            mine = np.flatnonzero(gold.dialogue == d)
            agreed = mine[gold.counted[mine, k]]
            sure = bool(gold.truth[agreed, k].any())
            if not len(agreed) or (not sure and gold.truth[mine, k].any()):
                continue
            truths.append(sure)
            near = np.clip(p[mine, k], 1e-6, 1 - 1e-6)
            logits = np.log(near / (1 - near))
            scores.append(read_dialogue(label, logits) if trained else float(p[mine, k].max()))
        result["dialogues"][label] = _figures(
            np.array(truths, bool),
            np.array(scores),
            card["dialogue_thresholds"][label],
            np.arange(len(truths)),
        )
    return result


def shipped() -> dict[str, Any]:
    """What the training run wrote beside the weights: thresholds and figures."""
    from smallscreen.story.readers._heads import weights

    return weights().card


def print_story(result: dict[str, Any]) -> None:
    """The figures as a table."""
    print(f"\nstory, reader {result['reader']}")
    print(f"{'':24}{'n':>6}{'carry':>7}{'AP':>7}{'95 % interval':>16}{'F1':>7}{'best F1':>9}")
    for unit in ("lines", "dialogues"):
        for label, f in result[unit].items():
            low, high = f["ap_interval"]
            print(
                f"{unit:10}{label:14}{f['n']:>6}{f['carry']:>7}{f['ap']:>7.2f}{f'{low:.2f} to {high:.2f}':>16}"
                f"{f['f1']:>7.2f}{f['best_f1']:>9.2f}"
            )
    at = "the shipped threshold" if result["reader"] == "embedded" else "0.5"
    print(f"(F1 at {at}; the best F1 knows the answers)")


def default_reader() -> Reader:
    """The reader that ships."""
    return EmbeddedReader()


def _figures(y: np.ndarray, score: np.ndarray, threshold: float, groups: np.ndarray) -> dict[str, Any]:
    if not len(y):
        return {"n": 0, "carry": 0, "ap": 0.0, "ap_interval": [0.0, 0.0], "f1": 0.0, "best_f1": 0.0}
    low, high = _fit.interval(lambda rows: _fit.average_precision(y[rows], score[rows]), groups, 200)
    return {
        "n": len(y),
        "carry": int(y.sum()),
        "ap": round(_fit.average_precision(y, score), 4),
        "ap_interval": [round(low, 4), round(high, 4)],
        "f1": round(_fit.f1(y, score >= threshold), 4),
        "best_f1": round(_fit.best_threshold(y, score)[1], 4) if y.any() else 0.0,
    }
