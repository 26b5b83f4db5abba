"""What was read against what was written: cues, characters, edges, speed; for `bench.ocr`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.common import row
from smallscreen.engines.ocr import Reader
from smallscreen.series.burned import read_video
from smallscreen.series.burned.model import BurnedCue

FPS = 24


@dataclass(frozen=True)
class Line:
    start_ms: int
    end_ms: int
    text: str


@dataclass
class Score:
    cues: int
    found: int
    extra: int
    letters: int
    wrong: int
    wrong_with_spaces: int
    letters_with_spaces: int
    starts: list[float]
    ends: list[float]
    seconds: float
    processor: float
    clock: float


def score(path: Path, lines: list[Line], reader: Reader, name: str) -> Score:
    clock, spent = time.perf_counter(), time.process_time()
    read = read_video(path, reader)
    spent, clock = time.process_time() - spent, time.perf_counter() - clock
    made = compared(lines, read.cues, read.duration_ms / 1000, spent, clock)
    print(
        f"  {name}: {made.found} of {made.cues} cues, {made.extra} too many, {made.wrong} of {made.letters} characters "
        f"wrong, {made.seconds / made.processor * 2:.1f}x",
        flush=True,
    )
    return made


def compared(lines: list[Line], cues: list[BurnedCue], seconds: float, spent: float, clock: float) -> Score:
    made = Score(len(lines), 0, 0, 0, 0, 0, 0, [], [], seconds, spent, clock)
    used: set[int] = set()
    for line in lines:
        want, wanted = "".join(line.text.split()), " ".join(line.text.split())
        made.letters += len(want)
        made.letters_with_spaces += len(wanted)
        overlaps = [min(c.end_ms, line.end_ms) - max(c.start_ms, line.start_ms) for c in cues]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best < 0 or overlaps[best] < 0.5 * (line.end_ms - line.start_ms):
            made.wrong += len(want)
            made.wrong_with_spaces += len(wanted)
            print(f"    not found: {line.start_ms} to {line.end_ms} {line.text}")
            continue
        used.add(best)
        cue = cues[best]
        off = _distance("".join(cue.text.split()), want)
        made.wrong += off
        made.wrong_with_spaces += _distance(" ".join(cue.text.split()), wanted)
        if off:
            print(f"    {line.text} read as {cue.text!r} ({cue.confidence})")
        if off <= 0.5 * len(want):
            made.found += 1
            made.starts.append(abs(cue.start_ms - line.start_ms) * FPS / 1000)
            made.ends.append(abs(cue.end_ms - line.end_ms) * FPS / 1000)
    for n, cue in enumerate(cues):
        if n not in used:
            made.extra += 1
            print(f"    too many: {cue.start_ms} to {cue.end_ms} {cue.text!r} ({cue.confidence})")
    return made


def _distance(a: str, b: str) -> int:
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        now = [i]
        for j, y in enumerate(b, 1):
            now.append(min(now[-1] + 1, before[j] + 1, before[j - 1] + (x != y)))
        before = now
    return before[-1]


def rows_of(name: str, scores: list[Score]) -> list[dict[str, Any]]:
    cues = sum(s.cues for s in scores)
    letters = sum(s.letters for s in scores)
    starts = [x for s in scores for x in s.starts] or [99.0]
    ends = [x for s in scores for x in s.ends] or [99.0]
    seconds = sum(s.seconds for s in scores)
    spaced = sum(s.wrong_with_spaces for s in scores) / sum(s.letters_with_spaces for s in scores)
    return [
        row(f"{name}: characters wrong", 100 * sum(s.wrong for s in scores) / letters, "%", at_most=1),
        row(f"{name}: characters and spaces wrong", 100 * spaced, "%"),
        row(f"{name}: cues found, of {cues}", 100 * sum(s.found for s in scores) / cues, "%", at_least=99),
        row(f"{name}: cues too many", sum(s.extra for s in scores), "cues"),
        row(f"{name}: start off, median", median(starts), "frames", at_most=2),
        row(f"{name}: start off, 9 of 10 within", float(np.quantile(starts, 0.9)), "frames"),
        row(f"{name}: end off, median", median(ends), "frames", at_most=2),
        row(f"{name}: end off, 9 of 10 within", float(np.quantile(ends, 0.9)), "frames"),
        row(
            f"{name}: by processor seconds on 2 cores",
            2 * seconds / sum(s.processor for s in scores),
            "x real time",
            at_least=8,
        ),
        row(f"{name}: by the clock", seconds / sum(s.clock for s in scores), "x real time"),
    ]
