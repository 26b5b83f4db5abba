"""How well the brief's scene detectors find scenes that do not travel at plot level.

`python -m bench.scenes`, on `bench/labels/scenes.tsv` (ids and kinds, one reading): the sample's scenes, sixty dialogues of
CPED drawn at random, and all its other dialogues in which a detector fires. Recall is of the sample and of the
random dialogues, each alone; precision on CPED is of all that fires there. The intervals are 95 % Wilson intervals.
The detectors' words were written with the sample at hand: its figures are no measure of a new series.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bench.common import report, row, skip
from bench.gold import _wilson
from bench.labels_io import LABELS, POOL, pool
from smallscreen import sample
from smallscreen.localize.brief.build import detectors
from smallscreen.localize.brief.detector import detect
from smallscreen.series.model import Cue, cue_id
from smallscreen.series.project import open_project

SCENES = LABELS / "scenes.tsv"
Pairs = set[tuple[str, str]]
"""A scene's or dialogue's id and a kind."""


def labelled(path: Path = SCENES) -> dict[str, tuple[str, set[str]]]:
    """Each scene's set (sample, random, found) and kinds, by its id."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {r["id"]: (r["set"], set(r["kinds"].split())) for r in csv.DictReader(lines, delimiter="\t")}


def in_sample() -> Pairs:
    """What the detectors find in the sample's scenes, by the script's scene."""
    with tempfile.TemporaryDirectory() as folder:
        sample.copy_to(Path(folder))
        store = open_project(Path(folder)).store
        cues = [c for some in store.cues().values() for c in some]
        scenes = [s for some in store.scenes().values() for s in some]
        script = [line for some in store.script().values() for line in some]
        found = detect(list(detectors().values()), cues, scenes, script)
    return {(f.scene, f.type) for f in found}


def in_pool() -> Pairs:
    """What they find in every dialogue of the pool, a dialogue as one scene."""
    dialogues: dict[str, list[dict[str, str]]] = {}
    for line in pool().values():
        dialogues.setdefault(line["Dialogue_ID"], []).append(line)
    every, found = list(detectors().values()), set()
    for number, (key, lines) in enumerate(dialogues.items(), 1):
        cues = [
            Cue(cue_id(number, i), number, i, i * 2000, i * 2000 + 1800, x["Utterance"], x["Speaker"], key)
            for i, x in enumerate(lines, 1)
        ]
        found |= {(key, f.type) for f in detect(every, cues)}
    return found


def scored(
    name: str, truth: Mapping[str, set[str]], found: Pairs, *, recall_of: Collection[str]
) -> list[dict[str, Any]]:
    """Precision over all of `truth`'s scenes, recall over `recall_of`, each with its interval."""
    there = {(key, kind) for key, kinds in truth.items() for kind in kinds}
    here = {(key, kind) for key, kind in found if key in truth}
    wanted = {pair for pair in there if pair[0] in recall_of}
    rows = [row(f"{name}: scenes read", len(truth), "scenes")]
    for figure, part, whole in (
        ("precision", len(here & there), len(here)),
        ("recall", len(here & wanted), len(wanted)),
    ):
        low, high = _wilson(part, whole)
        print(f"{name}, {figure}: {part} of {whole} ({low:.2f} to {high:.2f})")
        rows.append(row(f"{name}: {figure}", part / max(1, whole), "share"))
        rows.append(row(f"{name}: {figure}, of", whole, "scenes"))
    for what, pairs in (("missed", wanted - here), ("false", here - there)):
        print(f"  {what}: {', '.join(f'{key} {kind}' for key, kind in sorted(pairs)) or 'none'}")
    return rows


def main() -> None:
    """The sample, then the pool where it is."""
    told = labelled()
    of_sample = {key: kinds for key, (where, kinds) in told.items() if where == "sample"}
    rows = scored("sample", of_sample, in_sample(), recall_of=of_sample)
    if POOL.is_file():
        rest = {key: kinds for key, (where, kinds) in told.items() if where != "sample"}
        drawn = {key for key, (where, _) in told.items() if where == "random"}
        found = in_pool()
        if unread := sorted({key for key, _ in found} - set(rest)):
            print(f"Not read, though a detector fires: {', '.join(unread)}")
        rows += scored("dialogues of CPED", rest, found, recall_of=drawn)
    else:
        skip("scenes of CPED", "needs ../shared/gold/cped_pool.csv")
    report("scenes", rows)


if __name__ == "__main__":
    main()
