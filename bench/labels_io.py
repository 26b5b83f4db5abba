"""The labels joined to the pool's text, and how far two readings of them agree.

`python -m bench.labels_io` prints Cohen's kappa of the four story labels and the F1 of culture spans.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from bench.common import ROOT, SHARED, report, row, skip

LABELS = ROOT / "bench" / "labels"
POOL = SHARED / "gold" / "cped_pool.csv"
STORY = ("vulnerability", "gratification", "care", "hook")


@dataclass(frozen=True)
class Labelled:
    """A line of the pool with its labels. `culture` holds (start, end, kind, need)."""

    id: str
    show: str
    dialogue: str
    speaker: str
    text: str
    sentiment: str
    emotion: str
    vulnerability: tuple[str, ...] = ()
    gratification: tuple[str, ...] = ()
    care: int = 0
    hook: int = 0
    culture: tuple[tuple[int, int, str, int], ...] = field(default=())

    def has(self, label: str) -> bool:
        """Whether the line carries one of the four story labels."""
        return bool(getattr(self, label))


def pool(path: Path = POOL) -> dict[str, dict[str, str]]:
    """The pool's rows by line id, in order. FileNotFoundError where it is not."""
    with path.open(encoding="utf-8", newline="") as file:
        return {r["Utterance_ID"]: r for r in csv.DictReader(file)}


def read(name: str = "first") -> list[Labelled]:
    """The lines of `bench/labels/NAME.jsonl` with their text, in the pool's order."""
    rows = pool()
    labels = {}
    for line in (LABELS / f"{name}.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        labels[entry["id"]] = entry
    found = []
    for key, r in rows.items():
        if key not in labels:
            continue
        entry = labels[key]
        found.append(
            Labelled(
                key,
                r["TV_ID"],
                r["Dialogue_ID"],
                r["Speaker"],
                r["Utterance"],
                r["Sentiment"],
                r["Emotion"],
                tuple(entry.get("vulnerability", ())),
                tuple(entry.get("gratification", ())),
                entry.get("care", 0),
                entry.get("hook", 0),
                tuple((s, e, k, n) for s, e, k, n in entry.get("culture", ())),
            )
        )
    return found


def kappa(one: list[bool], two: list[bool]) -> float:
    """Cohen's kappa of two readings of the same lines (Cohen 1960)."""
    n = len(one)
    agree = sum(a == b for a, b in zip(one, two, strict=True)) / n
    p, q = sum(one) / n, sum(two) / n
    chance = p * q + (1 - p) * (1 - q)
    return (agree - chance) / (1 - chance) if chance < 1 else 1.0


def main() -> None:
    """Agreement of the first and the second reading, on the lines that both have."""
    if not POOL.is_file():
        skip("labels_io", "needs ../shared/gold/cped_pool.csv")
        return
    first = {x.id: x for x in read("first")}
    second = {x.id: x for x in read("second")}
    both = sorted(set(first) & set(second))
    rows = [
        row("lines labelled", len(first), "lines", at_least=4000),
        row("read twice", len(both), "lines", at_least=800),
    ]
    for label in STORY:
        value = kappa([first[i].has(label) for i in both], [second[i].has(label) for i in both])
        rows.append(row(f"kappa, {label}", value, ""))
    matched = kinds = ones = twos = 0
    for i in both:
        a, b = first[i].culture, second[i].culture
        ones, twos = ones + len(a), twos + len(b)
        for start, end, kind, _ in a:
            hits = [x for x in b if (x[0] <= start and end <= x[1]) or (start <= x[0] and x[1] <= end)]
            matched += bool(hits)
            kinds += bool(hits) and hits[0][2] == kind
    rows.append(
        row("culture spans, F1 of one reading against the other", 2 * matched / max(1, ones + twos), "")
    )
    rows.append(row("kinds agree on matched spans", kinds / max(1, matched), ""))
    report("labels_io", rows)


if __name__ == "__main__":
    main()
