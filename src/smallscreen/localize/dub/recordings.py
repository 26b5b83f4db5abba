"""A studio's recordings, matched to the lines by file name, each looked at before it is used.

`ep001_0012.wav` is the recording of cue 12 of episode 1 (also .flac, .mp3, .ogg). A dubbing script that lies
in the folder (.xlsx) may name other files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from smallscreen.engines.sound import SoundProblem, Speech, decode, level, trimmed
from smallscreen.errors import UserError
from smallscreen.localize.dub.plan import DubLine
from smallscreen.localize.dub.script import read_script

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg")
_NAMED = re.compile(r"^ep?(\d{1,4})[_.-]c?(\d{1,5})$", re.IGNORECASE)
_MAX_FILES = 50_000
_MAX_BYTES = 64 * 1024 * 1024
_MAX_SECONDS = 120.0
_GOOD_RATE = 44_100
_SILENT = -60.0  # dBFS
_CLIPPED = 8  # samples in a row at full scale: no voice does that


@dataclass
class Recordings:
    """The files of a folder by cue id. `unmatched` are files that belong to no line, with the reason."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    def stamps(self, lines: Iterable[DubLine]) -> list[tuple[str, str, int, int]]:
        """What tells whether a file of these lines changed: cue, name, size, time."""
        held = [(line.cue, self.files[line.cue]) for line in lines if line.cue in self.files]
        return [(cue, p.name, p.stat().st_size, p.stat().st_mtime_ns) for cue, p in held]


def find(folder: Path, lines: Sequence[DubLine]) -> Recordings:
    """The recordings in a folder and the folders in it. UserError where there is no such folder."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; give the one that holds the recordings.")
    found = Recordings(folder)
    paths = _files(folder)
    sheets = [p for p in paths if p.suffix.lower() == ".xlsx" and not p.name.startswith("~$")]
    if len(sheets) > 1:
        raise UserError(f"{folder} holds {len(sheets)} .xlsx files; leave the one that came back.")
    rows = read_script(sheets[0]) if sheets else []
    by_number = {(line.episode, line.index): line.cue for line in lines}
    known = {line.cue for line in lines}
    named = {Path(row.file).stem.lower(): row.cue for row in rows if row.file and row.cue in known}
    found.words = {row.cue: row.text for row in rows if row.cue in known and row.text}
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            continue
        cue = named.get(path.stem.lower()) or _cue(path, by_number)
        if cue is None:
            found.unmatched.append(f"{shown(path)} belongs to no line of this edition")
        elif cue in found.files:
            found.unmatched.append(
                f"{shown(path)} is a second recording of {cue}; {shown(found.files[cue])} is used"
            )
        else:
            found.files[cue] = path
    return found


def listen(path: Path) -> tuple[Speech | None, list[tuple[str, str]]]:
    """A recording without the silence around it, and what is wrong with it as (check, sentence).

    No speech where the file cannot be used.
    """
    name = shown(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SoundProblem(f"larger than {_MAX_BYTES // 1024 // 1024} MB")
        speech = decode(path.read_bytes(), _MAX_SECONDS)
    except SoundProblem as problem:
        return None, [("dub.recording-unreadable", f"{name} cannot be used: {problem}")]
    except OSError as error:
        return None, [("dub.recording-unreadable", f"{name} cannot be read: {error.strerror}")]
    if level(speech.samples) < _SILENT:
        return None, [("dub.recording-silent", f"{name} is silence")]
    told = []
    if speech.rate < _GOOD_RATE:
        told.append(
            ("dub.recording-rate", f"{name} has a rate of {speech.rate:,} Hz; deliver 48,000 or 44,100")
        )
    if _clips(speech.samples):
        told.append(("dub.recording-clipped", f"{name} is clipped; record it again at a lower level"))
    return trimmed(speech), told


def shown(path: Path) -> str:
    """A file's name as it may be printed: what is no character of a name is a question mark."""
    name = path.name.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", name)[:120]


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        found += [Path(root, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > _MAX_FILES:
            raise UserError(
                f"{folder} holds more than {_MAX_FILES:,} files; give the recordings' own folder."
            )
    return [p for p in found if p.is_file() and not p.is_symlink()]


def _cue(path: Path, by_number: dict[tuple[int, int], str]) -> str | None:
    match = _NAMED.match(path.stem)
    return by_number.get((int(match.group(1)), int(match.group(2)))) if match else None


def _clips(samples: np.ndarray) -> bool:
    full = np.concatenate([[0], (np.abs(samples) >= 0.999).astype(np.int32), [0]])
    edges = np.flatnonzero(np.diff(full))
    return bool(len(edges)) and int(np.max(edges[1::2] - edges[::2])) >= _CLIPPED
