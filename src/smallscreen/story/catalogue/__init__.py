"""The catalogue: tropes, openings, endings and gratification of 100 short-drama scripts, as labels.

The scripts are those of DramaBench (MIT); no text of theirs is here. `dramabench.tsv` holds what we
labelled, one script a row; `readings.json` holds what a reader measured on the scripts, with the
reader's version, and how well the trope words find our labels. Both are made by `bench/catalogue.py`
from the scripts; the labels themselves were read by hand with a language model.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NAME = "DramaBench"


@dataclass(frozen=True, slots=True)
class Script:
    """One script of the catalogue. `sequence` holds I (insult), R (reversal), S (submission) as far as it goes."""

    id: str
    tropes: tuple[str, ...]
    opening: str
    ending: str
    sequence: str


@cache
def scripts() -> tuple[Script, ...]:
    """All scripts, by id."""
    text = files(__package__).joinpath("dramabench.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return tuple(
        Script(r["script"], tuple(r["tropes"].split(",")), r["opening"], r["ending"], r["sequence"] or "")
        for r in rows
    )


def size() -> int:
    return len(scripts())


@cache
def readings() -> dict[str, Any]:
    """What `bench/catalogue.py` measured: reader, version, axes of each script, accuracy of the trope words."""
    path = files(__package__).joinpath("readings.json")
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def measured_sentence(language: str) -> str:
    """How well the trope words find what we labelled, for the line beside every fingerprint."""
    known = readings().get("trope_words")
    if not known:
        return "The trope words are not measured."
    said = (
        f"Trope words against our labels of {known['scripts']} English scripts with their synopsis: precision {known['precision']:.2f}, "
        f"recall {known['recall']:.2f}; the words were written before the scripts were read"
    )
    return said + ("." if language == "en" else "; in Chinese they are not measured.")


def strength(words: int, lines: int, of_lines: int, told: int = 0) -> float:
    """How strongly a trope is heard: different words weigh most, lines by their share, the synopsis as two lines."""
    if words + told < 2 and lines < 3:
        # One word alone is chance more often than not.
        return 0.0
    share = (lines + 2 * told) / max(20, of_lines)
    return math.log1p(words + told) * math.sqrt(share)


def normalized(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {k: v / total for k, v in weights.items()} if total else {}


@cache
def mean() -> dict[str, float]:
    """The genre's fingerprint: each script's tropes weigh alike and add up to 1."""
    total: dict[str, float] = {}
    for script in scripts():
        for trope in script.tropes:
            total[trope] = total.get(trope, 0.0) + 1 / len(script.tropes)
    return normalized(total)


def distance(a: dict[str, float], b: dict[str, float]) -> float:
    """1 - cosine; 1 where either is empty."""
    dot = sum(v * b.get(k, 0.0) for k, v in a.items())
    size_a, size_b = (math.sqrt(sum(v * v for v in x.values())) for x in (a, b))
    return 1 - dot / (size_a * size_b) if size_a and size_b else 1.0


def of_script(script: Script) -> dict[str, float]:
    return {t: 1 / len(script.tropes) for t in script.tropes}


def rank(fingerprint: dict[str, float]) -> int:
    """How many scripts of the catalogue stand farther from the genre's mean than this fingerprint."""
    own = distance(fingerprint, mean())
    return sum(distance(of_script(s), mean()) > own for s in scripts())


def nearest(fingerprint: dict[str, float], count: int = 3) -> list[dict[str, Any]]:
    """The scripts with the most alike fingerprints."""
    found = sorted((distance(fingerprint, of_script(s)), s.id, s) for s in scripts())[:count]
    return [{"script": s.id, "distance": round(d, 2), "tropes": list(s.tropes)} for d, _, s in found]
