"""Reading the burned-in subtitles of a series: which videos, done once each, and the files that come of it.

    result = ocr(Path("my-series"))

For each episode there is a subtitle file (`ep001.zh.srt`, the series' source), a contact sheet (`ocr/ep001.png`),
the place of every subtitle for whoever covers it (room `ocr.band` of the documents), and findings for what is
unsure. A subtitle file that people made or changed is never replaced: ours then goes to `ocr/`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from smallscreen.engines.ocr import Reader
from smallscreen.errors import FileProblem, UserError
from smallscreen.series import documents, names
from smallscreen.series.burned import sheet
from smallscreen.series.burned.model import VideoRead
from smallscreen.series.burned.video import read_video
from smallscreen.series.formats import SUFFIXES, write_subtitles
from smallscreen.series.formats.base import TimedText
from smallscreen.series.manifest import NAME, slugify, write_manifest
from smallscreen.series.model import Finding, Series, cue_id
from smallscreen.series.project import VIDEO_SUFFIXES, Project, open_project
from smallscreen.series.steps import run as run_step
from smallscreen.series.store import Store

VERSION = 2
"""Raise it when videos are to be read again."""

UNSURE = 0.85
"""Cues of less confidence than this are listed for people to look at."""

Progress = Callable[[int, int, str], None]
_WHO = "smallscreen ocr"


def videos_in(root: Path) -> dict[int, Path]:
    """The episodes' videos of a folder, there or in its `video/`; UserError where there is none."""
    if not root.is_dir():
        raise UserError(f"There is no folder {root}; give the folder that holds the videos.")
    found: dict[int, Path] = {}
    unnumbered: list[Path] = []
    for folder in (root / "video", root):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix.lower() not in VIDEO_SUFFIXES or not path.is_file() or path.name.startswith("."):
                continue
            number = names.episode_number(path.name)
            if number is None:
                unnumbered.append(path)
            else:
                found.setdefault(number, path)
    if not found:
        if unnumbered:
            raise UserError(
                f"{unnumbered[0].name}: the name does not say which episode it is; name videos like ep001.mp4, "
                "第3集.mp4 or S01E04.mp4."
            )
        raise UserError(
            f"{root} holds no video of an episode; put them there or in {root / 'video'}, named like ep001.mp4 "
            f"({', '.join(VIDEO_SUFFIXES)})."
        )
    return dict(sorted(found.items()))


def ocr(
    root: Path,
    episodes: Sequence[int] | None = None,
    *,
    database: str | None = None,
    reader: Reader | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read the subtitles in the pictures of a folder's videos, which becomes a series where it is none yet.

    A video read before, unchanged, is not read again. Videos that cannot be read are in `problems`, the others are
    done. UserError where there is no video, or RapidOCR is not installed.
    """
    videos = videos_in(root)
    wanted = [n for n in videos if episodes is None or n in set(episodes)]
    reader = reader or Reader()
    if not (root / NAME).exists():
        _make_series(root)
    project = open_project(root, database=database)
    problems: list[Exception] = list(project.problems)
    made: list[dict[str, Any]] = []
    total = len(wanted)
    for done, number in enumerate(wanted):
        path = videos[number]
        told = _told(progress, done, total, number)
        told(0)
        try:
            made.append(_episode(project, number, path, reader, told))
        except (FileProblem, UserError) as problem:
            problems.append(problem)
    if progress:
        progress(total, total, "")
    read = open_project(root, database=database)
    problems += read.problems
    return {
        "step": "ocr",
        "directory": str(root),
        "engine": reader.name,
        "episodes": made,
        "cues": sum(m["cues"] for m in made),
        "unsure": sum(m["unsure"] for m in made),
        "problems": problems,
    }


def _told(progress: Progress | None, done: int, total: int, number: int) -> Callable[[int], None]:
    def tell(at_ms: int) -> None:
        if progress:
            progress(done, total, f"episode {number}, {at_ms / 1000:.0f} s")

    return tell


def _episode(
    project: Project, number: int, path: Path, reader: Reader, told: Callable[[int], None]
) -> dict[str, Any]:
    scope = f"ep{number:03d}"
    inputs = (VERSION, _hash(path), reader.name)
    work = partial(_read, project, number, path, reader, told)
    ran = run_step(project.store, "ocr", scope, inputs, work)
    held = documents.get(project.store, "ocr.cues", str(number))
    cues: list[dict[str, Any]] = held.body["cues"] if held else []
    file, is_source, note = _write(project, number, cues)
    findings = [f for i, cue in enumerate(cues, 1) if (f := _finding(number, i, cue, is_source)) is not None]
    project.store.put_findings("ocr", None, [number], findings)
    sheet_file = project.root / "ocr" / f"{scope}.png"
    return {
        "episode": number,
        "video": str(path),
        "fresh": ran.fresh,
        **ran.summary,
        "unsure": len(findings),
        "file": str(file) if file else None,
        "is_source": is_source,
        "note": note,
        "sheet": str(sheet_file) if sheet_file.is_file() else None,
        "lines": [
            {"cue": i, **{k: cue[k] for k in ("start_ms", "end_ms", "text", "confidence")}}
            for i, cue in enumerate(cues, 1)
            if cue["confidence"] < UNSURE
        ],
    }


def _read(
    project: Project, number: int, path: Path, reader: Reader, told: Callable[[int], None]
) -> Mapping[str, Any]:
    read = read_video(path, reader, told)
    cues = [
        {
            "start_ms": c.start_ms,
            "end_ms": c.end_ms,
            "text": c.text,
            "confidence": c.confidence,
            "box": list(c.box),
        }
        for c in read.cues
    ]
    boxes = [[c.start_ms, c.end_ms, *c.box] for c in read.cues]
    size = [read.width, read.height]
    _put(project.store, "ocr.cues", number, {"cues": cues, "size": size})
    _put(project.store, "ocr.band", number, {"boxes": boxes, "size": size})
    if read.cues:
        title = f"{project.store.series().title or project.root.name}, episode {number}"
        sheet.write(project.root / "ocr" / f"ep{number:03d}.png", title, read.cues, UNSURE)
    return {**_counts(read), "seconds": round(read.duration_ms / 1000, 1)}


def _counts(read: VideoRead) -> dict[str, Any]:
    why: dict[str, int] = {}
    for one in read.dropped:
        why[one.why] = why.get(one.why, 0) + 1
    sure = sorted(c.confidence for c in read.cues)
    return {
        "cues": len(read.cues),
        "dropped": why,
        "confidence": sure[len(sure) // 2] if sure else None,
        "frames": read.frames,
        "rows_read": read.rows_read,
        "looked_at": read.looked_at,
    }


def _write(
    project: Project, number: int, cues: Sequence[Mapping[str, Any]]
) -> tuple[Path | None, bool, str | None]:
    """The subtitle file of an episode: where it is, whether it is the series' source, and what there is to say."""
    if not cues:
        return None, False, "no subtitles were found in the picture"
    root = project.root
    held = documents.get(project.store, "ocr.file", str(number))
    ours: dict[str, str] = dict(held.body) if held else {}
    others = _subtitle_files(root)
    here = [p for p in others if names.episode_number(p.name) == number]
    mine = [p for p in here if ours.get(_inside(root, p)) == _hash(p)]
    people = [p for p in here if p not in mine]
    # Files that name no language are the source where none is named Chinese: ours must not hide them.
    unnamed = any(names.language_of(p.name) is None for p in others) and not any(
        (names.language_of(p.name) or "").startswith("zh") for p in others
    )
    name = f"ep{number:03d}.srt" if unnamed else f"ep{number:03d}.zh.srt"
    note = None
    if people:
        note = f"{people[0].name} is there and stays as it is"
        target = root / "ocr" / f"ep{number:03d}.zh.srt"
        again = 2
        while target.exists() and ours.get(_inside(root, target)) != _hash(target):
            target = root / "ocr" / f"ep{number:03d}-{again}.zh.srt"
            again += 1
    else:
        target = mine[0] if mine else root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = [TimedText(c["start_ms"], c["end_ms"], c["text"]) for c in cues]
    scratch = target.with_name(f".{target.stem}.new.srt")
    try:
        write_subtitles(scratch, lines)
        if not target.exists() or _hash(target) != _hash(scratch):
            # Noted first: a file without its note would be taken for one that people made.
            _put(project.store, "ocr.file", number, {**ours, _inside(root, target): _hash(scratch)})
            scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return target, not people, note


def _finding(number: int, index: int, cue: Mapping[str, Any], is_source: bool) -> Finding | None:
    sure = float(cue["confidence"])
    if sure >= UNSURE:
        return None
    return Finding(
        check="ocr.unsure",
        episode=number,
        start_ms=cue["start_ms"],
        end_ms=cue["end_ms"],
        cue=cue_id(number, index) if is_source else None,
        severity="warning" if sure < 0.6 else "note",
        message=f"The subtitle read here may be wrong: {cue['text'][:60]!r} (confidence {sure:.2f}).",
        suggestion=f"Look at it in ocr/ep{number:03d}.png and correct the line in the subtitle file.",
        evidence={"text": cue["text"], "confidence": sure, "box": cue["box"]},
        confidence=round(1 - sure, 3),
    )


def _subtitle_files(root: Path) -> list[Path]:
    """Subtitle files that a series may take for its source."""
    found = [
        p
        for folder in (root, root / "source")
        if folder.is_dir()
        for p in sorted(folder.iterdir())
        if p.suffix.lower() in SUFFIXES and p.is_file() and not p.name.startswith(".")
    ]
    numbered = [p for p in found if names.episode_number(p.name) is not None]
    return [p for p in numbered if (names.language_of(p.name) or "zh").lower().startswith("zh")]


def _make_series(root: Path) -> None:
    name = root.resolve().name
    try:
        write_manifest(root / NAME, Series(slug=slugify(name), title=name))
    except OSError as problem:
        raise UserError(
            f"{root} cannot be written to ({problem.strerror}); copy the videos to a folder of yours."
        ) from None


def _put(store: Store, room: str, number: int, body: Any) -> None:
    held = documents.get(store, room, str(number))
    documents.put(store, room, str(number), body, held.version if held else 0, _WHO)


def _inside(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
