"""Listening to a series: cues made of what is said, and the source's cues checked against the speech.

    listen_to(project, [1, 2], model=Path("models/small"))      # writes listen/ep001.zh.srt and .tsv
    check_cues(project, [1, 2], off_ms=400)                     # findings listen.no-speech, .no-cue, .late, .early

Both are steps: what was heard in a video with a model is kept, stretch by stretch, and a run broken off
goes on where it was. A file that somebody changed is never written over.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smallscreen.engines import listen as engine
from smallscreen.engines.listen import Heard, Sound, Span, Whisper, Word
from smallscreen.errors import UserError
from smallscreen.series.formats import write_subtitles
from smallscreen.series.heard import UNSURE, HeardCue, cues_of, spoken_language
from smallscreen.series.model import Cue, Episode, Finding
from smallscreen.series.project import Progress, Project, video_of
from smallscreen.series.shots import digest, scope
from smallscreen.series.speech import Counts, judge, notes_of, speech_of
from smallscreen.series.steps import run as run_step

FOLDER = "listen"
_VERSION = 1
_STRETCH_MS = 60_000
"""What is recognized at a time and kept when it is done: about a minute, from pause to pause."""
_PAD_MS = 250
_PARTS = 1000


def listen_to(
    project: Project,
    episodes: Sequence[int],
    *,
    model: Path | None = None,
    download: str | None = None,
    language: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Recognize the speech of these episodes and write it as cues; returns what a command prints.

    UserError where there is no video, no model, or a model that does not know the language. A video that
    cannot be read is a problem of its own.
    """
    there, without = _videos(project, episodes)
    tongue = language or project.store.series().source_language
    spoken = spoken_language(tongue)
    whisper = Whisper.open(model, download)
    if spoken not in whisper.languages:
        whisper.words(np.zeros(0, np.float32), spoken)  # says which languages it knows
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for done, (episode, path) in enumerate(there):
        tell = _part(progress, done, len(there), f"episode {episode.number}")
        try:
            sha = digest(path)
            heard, _ = speech_of(project, episode, path, lambda x, tell=tell: tell(x * 0.1), sha)  # type: ignore[misc]
            words, fresh = _words(project, episode, path, sha, heard, whisper, spoken, tell)
        except UserError as problem:
            problems.append(str(problem))
            continue
        cues = cues_of(words, tongue, heard.spans)
        notes = notes_of(heard)
        file, note = _written(project, episode.number, spoken, cues) if cues else (None, "")
        if heard.spans and not cues:
            notes.append("no word was recognized")
        rows.append(
            {
                "episode": episode.number,
                "cues": len(cues),
                "speech_ms": sum(s.end_ms - s.start_ms for s in heard.spans),
                "confidence": round(float(np.mean([c.confidence for c in cues])), 2) if cues else 0.0,
                "unsure": sum(c.confidence < UNSURE for c in cues),
                "file": str(file.relative_to(project.root)) if file else None,
                "notes": [*notes, *([note] if note else [])],
                "fresh": fresh,
            }
        )
    if progress:
        progress(len(there) * _PARTS, len(there) * _PARTS, "")
    return {
        "step": "listen", "model": whisper.name, "language": spoken, "episodes": rows,
        "without_video": without, "problems": problems,
    }  # fmt: skip


def check_cues(
    project: Project, episodes: Sequence[int], *, off_ms: int = 400, progress: Progress | None = None
) -> dict[str, Any]:
    """Hold the source's cues against the speech in the videos; the findings are stored with the source's.

    An episode in which nobody is heard to speak gets one finding, not one a cue. UserError where no
    episode has a video, or `off_ms` is no time.
    """
    if not 0 < off_ms <= 10_000:
        raise UserError(f"--off {off_ms} is no such time; give 1 to 10000 ms.")
    there, without = _videos(project, episodes)
    cues = project.store.cues()
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for done, (episode, path) in enumerate(there):
        number = episode.number
        tell = _part(progress, done, len(there), f"episode {number}")
        try:
            heard, _ = speech_of(project, episode, path, tell)
        except UserError as problem:
            problems.append(str(problem))
            continue
        found, counts = _judged(number, cues.get(number, []), heard, off_ms)
        project.store.put_findings("listen", None, [number], found)
        rows.append(
            {
                "episode": number,
                "cues": len(cues.get(number, [])),
                "speech_ms": sum(s.end_ms - s.start_ms for s in heard.spans),
                **counts._asdict(),
                "notes": notes_of(heard),
            }
        )
    if progress:
        progress(len(there) * _PARTS, len(there) * _PARTS, "")
    return {"step": "listen-check", "episodes": rows, "without_video": without, "problems": problems}


# --- within --------------------------------------------------------------------------------


def _videos(project: Project, episodes: Sequence[int]) -> tuple[list[tuple[Episode, Path]], list[int]]:
    wanted = [e for e in project.store.episodes() if e.number in set(episodes)]
    there = [(e, path) for e in wanted if (path := video_of(project, e))]
    if not there:
        raise UserError(
            f"{project.root} has no video for these episodes; put them into video/, named like ep001.mp4."
        )
    return there, sorted(set(episodes) - {e.number for e, _ in there})


def _judged(number: int, cues: Sequence[Cue], heard: Heard, off_ms: int) -> tuple[list[Finding], Counts]:
    if heard.spans:
        # Where the file breaks off there is nothing to be said about the cues.
        known = [c for c in cues if c.start_ms < max(heard.read_ms, 1)]
        return judge(number, known, heard.spans, off_ms=off_ms)
    if not heard.has_sound or not cues:
        return [], Counts(0, 0, 0)
    message = "Nobody is heard to speak in the whole episode, so that its cues could not be checked."
    told = Finding(
        "listen.no-speech", number, 0, heard.read_ms, message, severity="note", confidence=0.7,
        evidence={"cues": len(cues), "heard_ms": heard.read_ms},
        suggestion="Give the video with its sound, if it has any other.",
    )  # fmt: skip
    return [told], Counts(len(cues), 0, 0)


def _words(
    project: Project,
    episode: Episode,
    path: Path,
    sha: str,
    heard: Heard,
    whisper: Whisper,
    language: str,
    tell: Callable[[float], None],
) -> tuple[list[Word], bool]:
    """The words of an episode, stretch by stretch; each is stored when it is there."""
    stretches = _stretches(heard.spans)
    words: list[Word] = []
    fresh = False
    pieces = _cut_out(path, stretches)
    taken = 0
    for n, (start, end) in enumerate(stretches):

        def work(n: int = n, start: int = start) -> dict[str, Any]:
            nonlocal taken
            samples = np.zeros(0, np.float32)
            while taken <= n:  # those before were known and only have to be passed
                samples = next(pieces)
                taken += 1
            found = whisper.words(samples, language)
            return {"words": [[w.start_ms + start, w.end_ms + start, w.text, w.confidence] for w in found]}

        inputs = (engine.VERSION, _VERSION, sha, whisper.id, language, start, end)
        ran = run_step(project.store, "listen", f"{scope(episode.number)}/{n:03d}", inputs, work)
        fresh |= ran.fresh
        words += [Word(int(a), int(b), str(text), float(sure)) for a, b, text, sure in ran.summary["words"]]
        tell(0.1 + 0.9 * (n + 1) / len(stretches))
    return words, fresh


def _stretches(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Speech in stretches of about a minute, each from a pause to a pause; silence between them is not heard."""
    found: list[tuple[int, int]] = []
    for span in spans:
        if found and span.end_ms - found[-1][0] <= _STRETCH_MS and span.start_ms - found[-1][1] <= 5_000:
            found[-1] = (found[-1][0], span.end_ms)
        else:
            found.append((span.start_ms, span.end_ms))
    padded = []
    for n, (a, b) in enumerate(found):
        before = (a - found[n - 1][1]) // 2 if n else a
        after = (found[n + 1][0] - b) // 2 if n + 1 < len(found) else _PAD_MS
        padded.append((a - min(_PAD_MS, before), b + min(_PAD_MS, after)))
    return padded


def _cut_out(path: Path, stretches: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
    """The samples of each stretch, in order, in one pass through the file."""
    wanted = iter(stretches)
    now = next(wanted, None)
    held: list[np.ndarray] = []
    at = 0
    sound = Sound(path)
    for piece in sound.pieces():
        first, at = at, at + len(piece)
        while now is not None:
            a, b = (round(ms * engine.RATE / 1000) for ms in now)
            if first < b and at > a:
                held.append(piece[max(0, a - first) : max(0, b - first)])
            if at < b:
                break
            yield np.concatenate(held) if held else np.zeros(0, np.float32)
            held, now = [], next(wanted, None)
        if now is None:
            return
    while now is not None:
        yield np.concatenate(held) if held else np.zeros(0, np.float32)
        held, now = [], next(wanted, None)


def _written(project: Project, number: int, language: str, cues: Sequence[HeardCue]) -> tuple[Path, str]:
    """The file of an episode's cues, and a note where it could not have the name that it should."""
    folder = project.root / FOLDER
    folder.mkdir(exist_ok=True)
    ours = project.store.step("listen-file", scope(number))
    known = dict(ours.summary) if ours else {}
    note = ""
    for n in range(1, 1000):
        name = f"{scope(number)}.{language}.srt" if n == 1 else f"{scope(number)}.{language}.new{n - 1}.srt"
        path = folder / name
        both = (path, path.with_suffix(".tsv"))
        if all(not file.exists() or known.get(file.name) == _hash(file) for file in both):
            break
        note = note or f"{name} or its .tsv was changed by hand and stays as it is"
    else:
        raise UserError(f"{folder} is full of changed files; move those you do not need.")
    write_subtitles(path, cues)
    _write_sidecar(path.with_suffix(".tsv"), cues)
    known |= {file.name: _hash(file) for file in both}
    project.store.put_step("listen-file", scope(number), "", known)
    return path, note


def _write_sidecar(path: Path, cues: Sequence[HeardCue]) -> None:
    """How sure each cue is: number, start and end in ms, confidence, text."""
    out = io.StringIO()
    table = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    table.writerow(("cue", "start_ms", "end_ms", "confidence", "text"))
    for n, cue in enumerate(cues, start=1):
        text = cue.text.replace("\n", " ")
        # A spreadsheet would take these for a formula.
        text = f"'{text}" if text[:1] in "=+-@" else text
        table.writerow((n, cue.start_ms, cue.end_ms, f"{cue.confidence:.3f}", text))
    part = path.with_name(path.name + ".part")
    part.write_text(out.getvalue(), "utf-8")
    os.replace(part, path)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _part(progress: Progress | None, done: int, of: int, what: str) -> Callable[[float], None]:
    def tell(share: float) -> None:
        if progress:
            progress(round((done + min(share, 1.0)) * _PARTS), of * _PARTS, what)

    return tell
