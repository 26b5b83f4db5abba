"""How often alignment gives a cue the right speaker, and how long it takes.

    python -m bench.align [--series FOLDER]

From real dialogue whose speakers are known a script is made as a script differs from what is said:
one line holds several cues, words are changed, lines are missing, others were never said. The share of
cues with the right speaker is printed for several amounts of difference; "wrong" is the share that got
another's name, the rest got none.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.common import SERIES_29, report, row
from smallscreen.series.align import align
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Cue, ScriptLine, cue_id

NOISE = {  # share of characters changed, of lines missing in the script, of lines added to it
    "as said": (0.0, 0.0, 0.0),
    "light": (0.08, 0.03, 0.05),
    "medium": (0.20, 0.08, 0.10),
    "heavy": (0.35, 0.15, 0.20),
}


def load(folder: Path) -> list[Cue]:
    """The cues of a folder with the speakers of its `.speakers.tsv` files."""
    cues = []
    for path in sorted(folder.glob("ep*.zh.srt")):
        number = int(path.name[2:5])
        rows = (path.parent / f"ep{number:03d}.speakers.tsv").read_text("utf-8").splitlines()
        names = dict(row.split("\t") for row in rows)
        for i, raw in enumerate(read_subtitles(path), start=1):
            cues.append(
                Cue(cue_id(number, i), number, i, raw.start_ms, raw.end_ms, raw.text, names.get(str(i)))
            )
    return cues


def make_script(cues: list[Cue], noise: tuple[float, float, float], seed: int) -> list[ScriptLine]:
    """A script of these cues: runs of one speaker are one line of up to four cues, then the noise."""
    rng = random.Random(seed)
    changed, dropped, added = noise
    pool = [c for cue in cues for c in cue.text if c.isalpha()]
    lines: list[ScriptLine] = []
    for (episode, speaker), group in groupby(cues, key=lambda c: (c.episode, c.speaker)):
        run = list(group)
        while run:
            take = rng.randint(1, 4)
            text = "，".join(c.text for c in run[:take]) + "。"
            run = run[take:]
            if rng.random() < dropped:
                continue
            text = "".join(_changed(c, changed, rng, pool) for c in text)
            lines.append(ScriptLine(episode, len(lines) + 1, f"{episode}-1", "dialogue", text, speaker))
            if rng.random() < added:
                extra = "".join(rng.choices(pool, k=rng.randint(4, 20)))
                lines.append(ScriptLine(episode, len(lines) + 1, f"{episode}-1", "dialogue", extra, "nobody"))
    return lines


def _changed(char: str, share: float, rng: random.Random, pool: list[str]) -> str:
    if rng.random() >= share:
        return char
    return rng.choice(("", rng.choice(pool), char + rng.choice(pool)))


def score(cues: list[Cue], lines: list[ScriptLine]) -> tuple[float, float, float]:
    """(share of cues with the right speaker, with a wrong one, seconds)."""
    bare = [Cue(c.id, c.episode, c.index, c.start_ms, c.end_ms, c.text) for c in cues]
    start = time.perf_counter()
    found = align(bare, lines)
    took = time.perf_counter() - start
    right = sum(a.speaker == b.speaker for a, b in zip(found, cues, strict=True))
    wrong = sum(a.speaker is not None and a.speaker != b.speaker for a, b in zip(found, cues, strict=True))
    return right / len(cues), wrong / len(cues), took


def as_film(cues: list[Cue], count: int) -> list[Cue]:
    """The first `count` cues one after the other as one long episode."""
    film, offset, last = [], 0, None
    for i, cue in enumerate(cues[:count], start=1):
        if last is not None and cue.episode != last.episode:
            offset += last.end_ms
        film.append(
            Cue(cue_id(1, i), 1, i, cue.start_ms + offset, cue.end_ms + offset, cue.text, cue.speaker)
        )
        last = cue
    return film


def rows(folder: Path) -> list[dict[str, Any]]:
    cues = load(folder)
    found = []
    targets = {"as said": 0.95, "light": 0.93, "medium": 0.85, "heavy": None}
    for name, noise in NOISE.items():
        right, wrong, took = score(cues, make_script(cues, noise, seed=29))
        made = f"made script, {name}"
        found.append(row(f"right speaker, {made}", right, "share of cues", at_least=targets[name]))
        found.append(row(f"wrong speaker, {made}", wrong, "share of cues"))
        found.append(row(f"{len(cues)} cues in 80 episodes, {made}", took, "s"))
    film = as_film(cues, 2000)
    other = make_script(as_film(cues[2000:], 2000), NOISE["as said"], seed=7)
    for name, lines in (
        ("as said", make_script(film, NOISE["as said"], seed=7)),
        ("heavy", make_script(film, NOISE["heavy"], seed=7)),
        ("of another film", other),
    ):
        right, wrong, took = score(film, lines)
        found.append(row(f"one film of {len(film)} cues, made script, {name}", took, "s", at_most=5))
        if lines is other:
            found.append(
                row("named from another film's script", right + wrong, "share of cues", at_most=0.05)
            )
        else:
            found.append(row(f"right speaker in the film, made script, {name}", right, "share of cues"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=Path, default=SERIES_29)
    folder = parser.parse_args().series
    if not folder.is_dir():
        print(f"There is no folder {folder}; give one with --series.", file=sys.stderr)
        return 2
    found = rows(folder)
    report("align", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
