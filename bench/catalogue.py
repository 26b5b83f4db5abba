"""Make `story/catalogue/readings.json`: both axes of 100 short-drama scripts, and how well the trope words find our labels.

    python -m bench.catalogue            reads ../shared/data/dramabench (MIT), writes the file, prints one JSON object

No text of the scripts is written. The labels in `dramabench.tsv` were read with a language model, one reading,
scripts of more than 2,900 characters without their middle; the trope words were written before that.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from smallscreen.series.model import Cue, Series, cue_id
from smallscreen.story import catalogue
from smallscreen.story.lexicon import entries
from smallscreen.story.run import reader as reader_named
from smallscreen.story.run import thresholds_of
from smallscreen.story.signal import context, per_hundred
from smallscreen.story.signals import signals

DATA = (
    Path(__file__).resolve().parents[2]
    / "shared"
    / "data"
    / "dramabench"
    / "dramabench_continuation_100.jsonl"
)
OUT = Path(catalogue.__file__).with_name("readings.json")
_NAME = re.compile(r"^([A-Z][A-Z0-9 .,'’\-&]{1,40}?)(?: ?\([^)]*\))*:?$")


def lines_of(script: str) -> list[tuple[str, str]]:
    """(speaker, words) of a Fountain script, in order; action is left out."""
    found: list[tuple[str, str]] = []
    speaker = ""
    for row in script.splitlines():
        row = row.strip()
        if not row or re.match(
            r"(INT|EXT|FADE|CUT|ON SCREEN|TO BE|END|MONTAGE|FLASHBACK|BACK|INSERT|SUPER)\b", row
        ):
            speaker = ""
            continue
        name = _NAME.match(row)
        if name:
            speaker = name[1].title()
        elif re.fullmatch(r"\([^)]*\)", row):
            continue
        elif speaker:
            found.append((speaker, row))
            speaker = ""
    return found


def main() -> None:
    if not DATA.is_file():
        sys.exit(f"bench.catalogue needs {DATA.name} in ../shared/data/dramabench, which is not here.")
    scripts = {s["id"]: s for s in map(json.loads, DATA.read_text("utf-8").splitlines())}
    reader = reader_named("embedded")
    rows, hits, said, right, slaps = [], 0, 0, 0, {"found": 0, "right": 0}
    tropes = signals()["tropes"]
    for label in catalogue.scripts():
        raw = scripts[label.id]
        told = lines_of(raw["context"] + "\n" + raw["continuation"])
        cues = [
            Cue(cue_id(1, i), 1, i, i * 3000, i * 3000 + 2500, text, who)
            for i, (who, text) in enumerate(told, start=1)
        ]
        if not cues:
            continue
        readings = {r.cue: r for r in reader.read(cues, None, language="en")}
        ctx = context(
            Series(label.id, raw["title"], source_language="en", synopsis=raw["description"]),
            {1: cues},
            readings,
            language="en",
            thresholds=thresholds_of(reader),
        )
        rows.append(
            {
                "script": label.id,
                "gratification": per_hundred(ctx.gratification),
                "resonance": per_hundred(ctx.resonance),
            }
        )
        weights = {t["id"]: t["weight"] for t in tropes.run(ctx).figures["tropes"] if t["weight"] > 0}
        top = sorted(weights, key=lambda k: -weights[k])[:3]
        said += len(top)
        right += sum(t in label.tropes for t in top)
        hits += len(label.tropes)
        whole = signals()["face-slap"].run(ctx).figures["whole"]
        slaps["found"] += whole > 0
        slaps["right"] += whole > 0 and label.sequence.startswith("IR")
    measured = {
        "scripts": len(rows),
        "precision": round(right / max(1, said), 2),
        "recall": round(right / max(1, hits), 2),
        "tropes": len(entries("trope")),
    }
    data = {"reader": reader.id, "version": reader.version, "trope_words": measured, "scripts": rows}
    OUT.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    print(json.dumps({"trope_words": measured, "face_slap": slaps, "of": len(rows)}))


if __name__ == "__main__":
    main()
