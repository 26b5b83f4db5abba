"""The embedded finder beside the lexicon finder: accuracy on the gold set, speed and memory on a real series.

`python -m bench.finder`. The figures on shows that training did not see come from `python -m bench.train_finder`.
The gold set is of the same seven shows as the labels that trained the finder, though of other dialogues.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

from bench.common import ROOT, SERIES_29, report, row, skip
from bench.gold import DEFAULT_GOLD, evaluate, read_gold
from smallscreen.localize.barriers import find
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Cue, cue_id

FLOORS = {"embedded": 0.6, "lexicon": 0.6}
EPISODES = 80


def series_of_80() -> list[Cue]:
    """The cues of eighty real episodes; where there are fewer, they are taken again under new numbers."""
    files = sorted(SERIES_29.rglob("*.srt"))
    some = [read_subtitles(path) for path in files][:EPISODES]
    cues = []
    for number in range(1, EPISODES + 1):
        for index, raw in enumerate(some[(number - 1) % len(some)], 1):
            cues.append(
                Cue(cue_id(number, index), number, index, raw.start_ms, raw.end_ms, raw.text, raw.speaker)
            )
    return cues


def speed() -> dict[str, float]:
    """Seconds and megabytes of one `find` over 80 episodes in this process, the first load included."""
    import resource

    cues = series_of_80()
    begun, spent = time.perf_counter(), time.process_time()
    found = find(cues, finder="embedded")
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    again = time.perf_counter()
    find([replace(c, text=c.text + " ") for c in cues], finder="embedded")
    return {
        "cues": len(cues),
        "found": len(found),
        "seconds": seconds,
        "processor": processor,
        "warm": time.perf_counter() - again,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> int:
    if "--speed" in sys.argv:
        import json

        print(json.dumps(speed()))
        return 0
    rows: list[dict[str, Any]] = []
    if DEFAULT_GOLD.is_file():
        lines = read_gold(DEFAULT_GOLD)
        for finder, floor in FLOORS.items():
            figures = evaluate(lines, finder).summary()
            rows += [
                row(f"{finder}: F1", figures["f1"] or 0.0, "share", at_least=floor),
                row(f"{finder}: precision", figures["precision"] or 0.0, "share"),
                row(f"{finder}: recall", figures["recall"] or 0.0, "share"),
                row(
                    f"{finder}: lines of need 2-3 found",
                    figures["lines_need2_recall"] or 0.0,
                    "share",
                    at_least=0.8 if finder == "embedded" else None,
                ),
            ]
        rows.append(row("agreed items", figures["n"], "items"))
    else:
        skip("finder accuracy", "needs ../shared/gold/dev.jsonl")
    if SERIES_29.is_dir():
        import json

        # A process of its own, so that the memory is the finder's.
        made = subprocess.run(
            [sys.executable, "-m", "bench.finder", "--speed"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = json.loads(made.stdout.splitlines()[-1])
        rows += [
            row("cues of 80 episodes", told["cues"], "cues"),
            row("items found in them", told["found"], "items"),
            row("finding in 80 episodes, first load included", told["seconds"], "s", at_most=4),
            row("the same, processor time alone", told["processor"], "s"),
            row("finding in 80 episodes again", told["warm"], "s"),
            row("memory", told["megabytes"], "MB", at_most=800),
        ]
    else:
        skip("finder speed", "needs ../shared/real/series-29")
    if rows:
        report("finder", rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
