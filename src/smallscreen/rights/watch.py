"""Watch a folder: every video that comes to lie in it is looked at once, by its hash.

    catalogue/watched/ab/ab12....json      one file that was looked at: when, what was found or what was wrong

A record is written when the matches of its file are stored, so that a run that was killed goes on where it was. A file
that still grows waits until it has rested; one that could not be read is tried again when it changes, and all of them
when the fingerprints change.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from smallscreen.errors import UserError
from smallscreen.rights.cases import Case
from smallscreen.rights.model import FINGERPRINT_VERSION

FOLDER = "watched"
INTERVAL = 5.0
"""Seconds from one look at the folder to the next."""
SETTLE = 5.0
"""Seconds that a file must rest before it is read."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One file that was looked at: its cases, or what was wrong with it, in a sentence."""

    path: Path
    sha256: str
    cases: tuple[Case, ...]
    problem: str = ""


def watch(
    folder: Path,
    catalogue: Path,
    look: Callable[[Path], Sequence[Case]],
    sha256: Callable[[Path], str],
    suffixes: Collection[str],
    *,
    interval: float = INTERVAL,
    settle: float = SETTLE,
    once: bool = False,
    again: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Looked]:
    """Look at each video of a folder and its subfolders as it comes, for ever; or, with `once`, until all have been.

    A UserError of `look` is that file's; anything else that it raises (a full disk) ends the watch, and the file is
    looked at again by the next. `look` finds the matches of a file and stores them; `sha256` hashes it. `again` looks at files once more that
    were looked at by an earlier run. UserError when the folder is not there (later: it is waited for).
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; give one in which videos come to lie.")
    rested: dict[Path, tuple[tuple[int, int], float]] = {}
    done: dict[Path, tuple[int, int]] = {}
    ours: set[str] = set()
    while True:
        waiting = 0
        for path, state in _videos(folder, suffixes):
            if done.get(path) == state:
                continue
            before = rested.get(path)
            if before is None and time.time() - state[1] / 1e9 >= settle:
                rested[path] = (state, -settle)  # it came to lie here long ago
            elif before is None or before[0] != state:
                rested[path] = (state, time.monotonic())
            if time.monotonic() - rested[path][1] < settle:
                waiting += 1
                continue
            found = _look_once(path, state, catalogue, look, sha256, ours if again else None)
            if found is None:
                waiting += 1  # it changed under our eyes
                rested[path] = (state, time.monotonic())
                continue
            done[path] = state
            if isinstance(found, Looked):
                yield found
        if once and not waiting:
            return
        sleep(min(interval, settle) if once else interval)


def looked_at(catalogue: Path, digest: str) -> bool:
    """Whether a file of this SHA-256 was looked at with fingerprints of this version."""
    try:
        return bool(
            json.loads(_record(catalogue, digest).read_text("utf-8"))["version"] == FINGERPRINT_VERSION
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


# --- inside ----------------------------------------------------------------------------------


def _look_once(
    path: Path,
    state: tuple[int, int],
    catalogue: Path,
    look: Callable[[Path], Sequence[Case]],
    sha256: Callable[[Path], str],
    ours: set[str] | None,
) -> Looked | bool | None:
    """What came out; True where the file was known, None where it changed meanwhile. `ours`: looked at by this run."""
    cases: tuple[Case, ...] = ()
    problem = digest = ""
    try:
        digest = sha256(path)
    except UserError as e:
        problem = str(e)
    except OSError as e:
        problem = f"{path.name}: it cannot be read ({e.strerror})."
    if digest:
        if looked_at(catalogue, digest) and (ours is None or digest in ours):
            return True
        try:
            cases = tuple(look(path))
        except UserError as e:
            problem = str(e)
    try:
        after = path.stat()
    except OSError:
        return None
    if (after.st_size, after.st_mtime_ns) != state:
        return None
    if digest:
        _write(catalogue, digest, path, cases, problem)
        if ours is not None:
            ours.add(digest)
    return Looked(path, digest, cases, problem)


def _videos(folder: Path, suffixes: Collection[str]) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Videos with size and time of change, in the order of their names; hidden ones and links are passed over."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if name.startswith(".") or path.suffix.lower() not in suffixes or path.is_symlink():
                continue
            try:
                at = path.stat()
            except OSError:
                continue  # it went away
            yield path, (at.st_size, at.st_mtime_ns)


def _record(catalogue: Path, digest: str) -> Path:
    return catalogue / FOLDER / digest[:2] / f"{digest}.json"


def _write(catalogue: Path, digest: str, path: Path, cases: Sequence[Case], problem: str) -> None:
    record = _record(catalogue, digest)
    record.parent.mkdir(parents=True, exist_ok=True)
    value = {
        "version": FINGERPRINT_VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "name": path.name,
        "matches": [c.match.id for c in cases],
        "problem": problem,
    }
    handle, temporary = tempfile.mkstemp(dir=record.parent, prefix=".")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as f:
            json.dump(value, f, indent=1)
        os.replace(temporary, record)
    finally:
        Path(temporary).unlink(missing_ok=True)
