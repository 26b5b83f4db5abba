"""A series on disk: its folder, its database, and bringing the one up to date with the other.

    my-series/
      series.toml          the head of the series, written by people
      series.db            the series database (or PostgreSQL, by URL)
      ep001.zh.srt ...     the source, in any subtitle format, here or in source/
      script.txt           the script, if there is one (also .fountain, .fdx, .docx)
      video/ep001.mp4      the episodes, if there are any
      video/textless/ ...  the same without subtitles in the picture, if you have them
      editions/en-US/ ...  what `package` made
      ocr/ listen/ dub/    what was read from the picture, heard, and spoken

Files go in and come out; the database is the state.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from smallscreen.errors import FileProblem, UserError
from smallscreen.series import names
from smallscreen.series.align import align
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.formats import SUFFIXES, read_subtitles
from smallscreen.series.manifest import NAME, read_manifest, slugify, write_manifest
from smallscreen.series.model import Cue, Episode, Scene, ScriptLine, Series, cue_id
from smallscreen.series.replies import ReplyStore
from smallscreen.series.scripts import SCRIPT_SUFFIXES, Script, read_script
from smallscreen.series.steps import fingerprint
from smallscreen.series.steps import run as run_step
from smallscreen.series.store import Store

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".m4v")
DATABASE_VARIABLE = "SMALLSCREEN_DATABASE_URL"
_ANYBODY = {"其他", "其它", "路人"}
"""Speakers that are several people under one name: taken as unknown."""
_NO_CHARACTER = _ANYBODY | {"众人", "旁白", "群众", "字幕", "画外音", "所有人"}
_READ_VERSION = 1

Progress = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what is being done."""


@dataclass
class Project:
    """An open series. `problems` are files that could not be read; the rest was."""

    root: Path
    store: Store
    problems: list[FileProblem] = field(default_factory=list)
    read: int = 0

    @property
    def replies(self) -> ReplyStore:
        return ReplyStore(self.store.engine)

    @property
    def editions_dir(self) -> Path:
        return self.root / "editions"


def new_project(
    folder: Path, to: Path | None = None, *, title: str | None = None, database: str | None = None
) -> Project:
    """Make a series of a folder of subtitle files, in place or as a copy in `to`.

    Raises UserError when there is nothing to read or when a series is there already.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give the folder that holds the subtitle files.")
    sources = _source_files(folder)
    if not sources and not _script_files(folder):
        raise UserError(
            f"{folder} holds no subtitle file of an episode; name them like ep001.zh.srt, 第3集.srt or S01E04.srt "
            f"({', '.join(sorted(SUFFIXES))})."
        )
    root = to or folder
    if (root / NAME).exists() and root != folder:
        raise UserError(f"{root} holds a series already; open it, or give another folder.")
    if root != folder:
        _copy_source(folder, root)
    elif not os.access(root, os.W_OK):
        raise UserError(
            f"{root} cannot be written to; give a second folder for the series: smallscreen new {root} DIR."
        )
    if not (root / NAME).exists():
        head = Series(slug=slugify(root.resolve().name), title=title or root.resolve().name)
        write_manifest(root / NAME, head, _speakers(root))
    return open_project(root, database=database)


def open_project(root: Path, *, database: str | None = None, progress: Progress | None = None) -> Project:
    """Open a series and read what changed in its folder since the last time.

    `database` is a URL; without it the environment's SMALLSCREEN_DATABASE_URL, then `series.db`.
    Raises UserError when there is no series; files that cannot be read end in `Project.problems`.
    """
    manifest = root / NAME
    if not root.is_dir():
        raise UserError(f"There is no folder {root}; make a series with smallscreen new.")
    if not manifest.exists():
        hint = (
            "smallscreen new" if _source_files(root) else "smallscreen sample DIR, or smallscreen new FOLDER,"
        )
        raise UserError(f"{root} holds no series ({NAME} is missing); make one with {hint} first.")
    series = read_manifest(manifest)
    url = database or os.environ.get(DATABASE_VARIABLE) or sqlite_url(root.resolve() / "series.db")
    project = Project(root, Store(open_database(url), series.slug))
    run_step(project.store, "manifest", "", (series,), partial(_put_head, project.store, series))
    _read_sources(project, progress)
    return project


def video_of(project: Project, episode: Episode) -> Path | None:
    """The video file of an episode, if it is there."""
    if episode.video_file is None:
        return None
    path = project.root / episode.video_file
    return path if path.is_file() else None


def textless_of(project: Project, episode: Episode) -> Path | None:
    """The episode's picture without subtitles in it (`video/textless/ep001.mp4`), if it is there."""
    return _numbered_videos(project.root / "video" / "textless").get(episode.number)


# --- reading the folder --------------------------------------------------------------------


def _put_head(store: Store, series: Series) -> dict[str, int]:
    store.put_series(series)
    return {"characters": len(series.characters), "terms": len(series.terms)}


def _read_sources(project: Project, progress: Progress | None) -> None:
    root, store = project.root, project.store
    files = names.by_episode(_source_files(root))
    scripts, script_key = _read_scripts(project)
    videos = _videos(root)
    numbers = sorted(set(files) | set(scripts))
    for done, number in enumerate(numbers):
        if progress:
            progress(done, len(numbers), f"episode {number}")
        path = files.get(number)
        speakers = _sidecar(path) if path else None
        data = path.read_bytes() if path else b""
        inputs = (_READ_VERSION, data, speakers.read_bytes() if speakers else b"", script_key.get(number, ""))

        work = partial(
            _read_episode, project, number, path, speakers, scripts.get(number, ([], [])), fingerprint(data)
        )
        try:
            project.read += run_step(store, "read", f"ep{number:03d}", inputs, work).fresh
        except FileProblem as problem:
            project.problems.append(problem)
    gone = {e.number for e in store.episodes()} - set(numbers)
    for number in gone:
        store.remove_episode(number)
        store.put_step("read", f"ep{number:03d}", "", {})
    for episode in store.episodes():
        video = videos.get(episode.number)
        shown = str(video.relative_to(root)) if video else None
        if shown != episode.video_file:
            store.set_video(episode.number, shown)
    if progress:
        progress(len(numbers), len(numbers), "")


def _read_episode(
    project: Project,
    number: int,
    path: Path | None,
    speakers: Path | None,
    script: tuple[list[Scene], list[ScriptLine]],
    source_hash: str,
) -> dict[str, int]:
    cues = _cues_of(number, path, speakers) if path else []
    if script[1] and cues:
        cues = align(cues, script[1])
    episode = Episode(
        number=number,
        duration_ms=max((c.end_ms for c in cues), default=0),
        source_file=str(path.relative_to(project.root)) if path else "",
        source_hash=source_hash,
    )
    project.store.put_episode(episode, cues, *script)
    return {"cues": len(cues)}


def _cues_of(number: int, path: Path, speakers: Path | None) -> list[Cue]:
    by_index = _read_sidecar(speakers) if speakers else {}
    return [
        Cue(cue_id(number, i), number, i, raw.start_ms, raw.end_ms, raw.text, raw.speaker or by_index.get(i))
        for i, raw in enumerate(read_subtitles(path), start=1)
    ]


def _source_files(root: Path) -> list[Path]:
    """Subtitle files of the source language, in the folder or in its `source/`."""
    found: list[Path] = []
    for folder in (root, root / "source"):
        if folder.is_dir():
            found += [p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES and p.is_file()]
    numbered = [p for p in found if names.episode_number(p.name) is not None]
    chinese = [p for p in numbered if (names.language_of(p.name) or "").lower().startswith("zh")]
    return chinese or [p for p in numbered if names.language_of(p.name) is None]


def _script_files(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder in (root, root / "source", root / "script"):
        if folder.is_dir():
            found += [
                p for p in sorted(folder.iterdir()) if p.suffix.lower() in SCRIPT_SUFFIXES and p.is_file()
            ]
    looks_so = ("script", "剧本", "screenplay", "第")
    return [
        p
        for p in found
        if p.suffix.lower() in (".fountain", ".fdx")
        or p.parent.name == "script"
        or p.stem.lower().startswith(looks_so)
    ]


def _read_scripts(project: Project) -> tuple[dict[int, tuple[list[Scene], list[ScriptLine]]], dict[int, str]]:
    scripts: dict[int, tuple[list[Scene], list[ScriptLine]]] = {}
    for path in _script_files(project.root):
        try:
            script: Script = read_script(path)
        except FileProblem as problem:
            project.problems.append(problem)
            continue
        for scene in script.scenes:
            scripts.setdefault(scene.episode, ([], []))[0].append(scene)
        for line in script.lines:
            scripts.setdefault(line.episode, ([], []))[1].append(line)
    for number, (scenes, lines) in scripts.items():
        # Two files may both number their lines from 1.
        renumbered = [replace(x, index=i) for i, x in enumerate(lines, start=1)]
        scripts[number] = (list({s.id: s for s in scenes}.values()), renumbered)
    return scripts, {n: fingerprint(*s) for n, s in scripts.items()}


def _videos(root: Path) -> dict[int, Path]:
    return _numbered_videos(root / "video") | _numbered_videos(root)


def _numbered_videos(folder: Path) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        number = names.episode_number(path.name)
        if path.suffix.lower() in VIDEO_SUFFIXES and number is not None:
            found.setdefault(number, path)
    return found


def _sidecar(path: Path) -> Path | None:
    """`ep001.speakers.tsv` beside `ep001.zh.srt`: cue number, tab, speaker."""
    candidate = path.with_name(path.name.split(".")[0] + ".speakers.tsv")
    return candidate if candidate.is_file() else None


def _read_sidecar(path: Path) -> dict[int, str]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "cue number, tab, speaker in UTF-8") from None
    found: dict[int, str] = {}
    for number, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        index, tab, name = row.partition("\t")
        if not tab or not index.strip().isdecimal():
            raise FileProblem(path, number, f"{row[:40]!r} is not a speaker row", "cue number, tab, speaker")
        if name.strip() not in _ANYBODY:
            found[int(index)] = name.strip()
    return found


def _speakers(root: Path) -> list[tuple[str, int]]:
    """Names found in sidecars, subtitles and scripts, the most talkative first."""
    count: Counter[str] = Counter()
    for path in _source_files(root):
        sidecar = _sidecar(path)
        try:
            if sidecar:
                count.update(_read_sidecar(sidecar).values())
            else:
                count.update(c.speaker for c in read_subtitles(path) if c.speaker)
        except FileProblem:
            continue  # reported when the series is opened
    if not count:
        for path in _script_files(root):
            try:
                count.update(x.speaker for x in read_script(path).lines if x.speaker)
            except FileProblem:
                continue
    return [(n, k) for n, k in count.most_common(30) if n not in _NO_CHARACTER and k >= 3]


def _copy_source(folder: Path, root: Path) -> None:
    target = root / "source"
    target.mkdir(parents=True, exist_ok=True)
    wanted = [*_source_files(folder), *_script_files(folder)]
    wanted += [s for p in _source_files(folder) if (s := _sidecar(p))]
    for path in wanted:
        shutil.copyfile(path, target / path.name)
    for path in [*_videos(folder).values(), *_numbered_videos(folder / "video" / "textless").values()]:
        inside = Path("video", "textless") if path.parent.name == "textless" else Path("video")
        (root / inside).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / inside / path.name)
    if (folder / NAME).exists():
        shutil.copyfile(folder / NAME, root / NAME)
