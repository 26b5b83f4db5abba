"""The two usual ways to read burned-in subtitles, for `bench.ocr`: by frame differences, and every frame."""

from __future__ import annotations

import time
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench._ocr_score import FPS, Line, compared, rows_of, score
from smallscreen.engines.ocr import Reader
from smallscreen.engines.video import read_frames
from smallscreen.series.burned.model import BurnedCue

EVERY_FRAME_S = 4


def peers(path: Path, lines: list[Line], reader: Reader, seconds: float) -> list[dict[str, Any]]:
    """The same video read in the two usual ways, and by us."""
    mine = score(path, lines, reader, "ours")
    made = [rows_of("peers' clip, ours", [mine])]
    spent, clock = time.process_time(), time.perf_counter()
    cues = _by_differences(path, lines, reader)
    spent, clock = time.process_time() - spent, time.perf_counter() - clock
    made.append(rows_of("peers' clip, frame differences", [compared(lines, cues, seconds, spent, clock)]))
    spent, clock = time.process_time(), time.perf_counter()
    cues = _every_frame(path, reader)
    spent, clock = time.process_time() - spent, time.perf_counter() - clock
    short = [x for x in lines if x.end_ms <= EVERY_FRAME_S * 1000]
    cues = [c for c in cues if c.start_ms < (short[-1].end_ms if short else 0)]
    told = compared(short, cues, EVERY_FRAME_S, spent, clock)
    made.append(rows_of(f"peers' clip, every frame of {EVERY_FRAME_S} s", [told]))
    for rows in made[1:]:
        for r in rows:
            r["target"], r["holds"] = None, None  # a peer has no targets of ours
    return [r for rows in made for r in rows]


def _by_differences(path: Path, lines: list[Line], reader: Reader) -> list[BurnedCue]:
    """Told the band: its pixels against the frame before; after a change, one frame in the middle is read."""
    frames = [(at, p.mean(2).astype(np.uint8)[610:700]) for at, p in read_frames(path)]
    cuts = [0]
    for n in range(1, len(frames)):
        if np.abs(frames[n][1].astype(np.int16) - frames[n - 1][1]).mean() > 6:
            cuts.append(n)
    cuts.append(len(frames))
    found: list[tuple[int, int, str]] = []
    for a, b in pairwise(cuts):
        if b - a < 4:
            continue
        end = frames[b][0] if b < len(frames) else frames[-1][0] + 1000 // FPS
        found.append((frames[a][0], end, _text_of(frames[(a + b) // 2][1], reader)))
    return _merged(found)


def _every_frame(path: Path, reader: Reader) -> list[BurnedCue]:
    """Writing found and read in the lower half of every frame, alike texts joined."""
    found = []
    for at, picture in read_frames(path, end_ms=EVERY_FRAME_S * 1000):
        found.append((at, at + round(1000 / FPS), _text_of(picture.mean(2).astype(np.uint8)[480:], reader)))
    return _merged(found)


def _text_of(gray: np.ndarray, reader: Reader) -> str:
    texts = reader.read([gray[b[1] : b[3], b[0] : b[2]] for b in reader.find(gray)])
    return " ".join(t.text for t in texts if t.score > 0.6)


def _merged(found: list[tuple[int, int, str]]) -> list[BurnedCue]:
    done: list[list[Any]] = []
    for start, end, text in found:
        alike = done and SequenceMatcher(None, done[-1][2], text, autojunk=False).ratio() > 0.7
        if not text:
            continue
        if alike and start - done[-1][1] <= 100:
            done[-1][1] = end
            done[-1][3].append(text)
        else:
            done.append([start, end, text, [text]])
    best = [(a, b, max(set(texts), key=texts.count)) for a, b, _, texts in done]
    return [BurnedCue(a, b, t, 1.0, (0, 0, 1, 1)) for a, b, t in best if b - a >= 200]
