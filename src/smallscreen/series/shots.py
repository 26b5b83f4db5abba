"""The cuts of a series' videos: found once a video, kept in the series database, read by whoever times lines.

summary = find_shots(project, [1, 2])       # smallscreen shots DIR
cuts = stored_shots(project)[1]             # None of it where the video is another one by now
cuts.hard                                   # ms of the hard cuts, in order
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from smallscreen.engines import shots as engine
from smallscreen.errors import UserError
from smallscreen.series import documents
from smallscreen.series.model import Episode
from smallscreen.series.project import Progress, Project, video_of
from smallscreen.series.steps import run as run_step

ROOM = "shots"
_STEP = "shots"
_PARTS = 1000
"""An episode's part of the progress."""


@dataclass(frozen=True, slots=True)
class EpisodeShots:
    """The cuts of one episode, ms from its start. `read_ms` is how far the picture could be read."""

    episode: int
    hard: tuple[int, ...]
    fades: tuple[int, ...]
    fps: float
    duration_ms: int
    read_ms: int


def find_shots(project: Project, episodes: Sequence[int], progress: Progress | None = None) -> dict[str, Any]:
    """Find the cuts of these episodes' videos; what was found for the same file is not looked for again.

    Each episode is stored when it is done, so that a run broken off goes on with the next one. A video that
    cannot be read is a problem of its own; UserError where no episode has a video.
    """
    store = project.store
    there = [
        (e, path) for e in store.episodes() if e.number in set(episodes) and (path := video_of(project, e))
    ]
    if not there:
        raise UserError(
            f"{project.root} has no video for these episodes; put them into video/, named like ep001.mp4."
        )
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    fresh = 0
    for done, (episode, path) in enumerate(there):
        tell = _part(progress, done, len(there), f"episode {episode.number}")
        tell(0.0)
        inputs = (engine.VERSION, digest(path))
        try:
            work = partial(_work, project, episode, path, tell)
            ran = run_step(store, _STEP, scope(episode.number), inputs, work)
        except UserError as problem:
            problems.append(str(problem))
            continue
        fresh += ran.fresh
        rows.append({"episode": episode.number, "video": episode.video_file, **ran.summary})
    if progress:
        progress(len(there) * _PARTS, len(there) * _PARTS, "")
    without = sorted(set(episodes) - {e.number for e, _ in there})
    return {"step": _STEP, "episodes": rows, "without_video": without, "problems": problems, "fresh": fresh}


def stored_shots(project: Project, episodes: Sequence[int] | None = None) -> dict[int, EpisodeShots]:
    """The stored cuts by episode (None: of all), where the video is still the one they were found in."""
    found: dict[int, EpisodeShots] = {}
    have = documents.versions(project.store, ROOM)
    wanted = None if episodes is None else set(episodes)
    for episode in project.store.episodes() if have else ():
        if wanted is not None and episode.number not in wanted:
            continue
        key = scope(episode.number)
        path = video_of(project, episode)
        document = documents.get(project.store, ROOM, key) if key in have else None
        if document is None or path is None or path.stat().st_size != document.body.get("size"):
            continue
        body = document.body
        found[episode.number] = EpisodeShots(
            episode.number,
            tuple(c["ms"] for c in body["cuts"] if c["kind"] == "cut"),
            tuple(c["ms"] for c in body["cuts"] if c["kind"] == "fade"),
            float(body["fps"]),
            int(body["duration_ms"]),
            int(body["read_ms"]),
        )
    return found


def scope(episode: int) -> str:
    """The name of an episode in steps and documents."""
    return f"ep{episode:03d}"


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise UserError(f"{path.name}: it cannot be read ({problem.strerror}); check the file.") from None


def _work(project: Project, episode: Episode, path: Path, tell: Callable[[float], None]) -> dict[str, Any]:
    found = engine.find_cuts(path, tell)
    body = {
        "video": episode.video_file,
        "size": path.stat().st_size,
        "fps": found.fps,
        "frames": found.frames,
        "duration_ms": found.duration_ms,
        "read_ms": found.read_ms,
        "cuts": [{"ms": cut.ms, "kind": cut.kind} for cut in found.cuts],
    }
    key = scope(episode.number)
    before = documents.get(project.store, ROOM, key)
    documents.put(project.store, ROOM, key, body, before.version if before else 0, "smallscreen shots")
    notes = []
    if not found.whole:
        notes.append(f"only {found.read_ms / 1000:.1f} of {found.duration_ms / 1000:.1f} s could be read")
    elif found.damaged:
        notes.append("damaged places were passed over")
    return {
        "cuts": sum(cut.kind == "cut" for cut in found.cuts),
        "fades": sum(cut.kind == "fade" for cut in found.cuts),
        "frames": found.frames,
        "fps": found.fps,
        "duration_ms": found.duration_ms,
        "read_ms": found.read_ms,
        "notes": notes,
    }


def _part(progress: Progress | None, done: int, of: int, what: str) -> Callable[[float], None]:
    def tell(share: float) -> None:
        if progress:
            progress(round((done + min(share, 1.0)) * _PARTS), of * _PARTS, what)

    return tell
