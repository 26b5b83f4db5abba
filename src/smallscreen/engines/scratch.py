"""Folders and files for what need not be kept, and those that a program that was killed left behind.

Each folder holds a file that its owner keeps locked. The lock goes with the owner, however that ends, so that a folder
whose lock can be had belongs to nobody any more. Names, owner and age are looked at besides.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import IO

PREFIX = "smallscreen-"
_LOCK = ".lock"
_YOUNG_SECONDS = 60.0
"""A folder is made, and then its lock: what is younger may just be in between."""
_QUIET_SECONDS = 3600.0
_LONG_SECONDS = 86_400.0
"""A folder without a lock, or on a system that has none, is left alone for a day."""


def folder(kind: str) -> tuple[Path, IO[bytes]]:
    """A new folder of a kind, and its lock, to be closed when the folder is no longer needed.

    Folders of the kind that were left behind are removed first.
    """
    sweep(kind)
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
    lock = (made / _LOCK).open("wb")
    _locked(lock)
    return made, lock


def sweep(kind: str) -> list[Path]:
    """Remove this user's folders of a kind that nobody holds any more; gives what was removed."""
    removed = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}{kind}-*"):
        with contextlib.suppress(OSError):
            if _left(path):
                shutil.rmtree(path)
                removed.append(path)
    return removed


def partial(path: Path) -> Path:
    """The name under which a file is written until it is whole; those left by programs that were killed go.

    One goes when the process whose number it bears is gone and nothing was written for an hour: the folder may
    be shared with another machine.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f".{glob.escape(path.stem)}.*.partial{glob.escape(path.suffix)}"):
        number = old.name.removesuffix(f".partial{path.suffix}").rpartition(".")[2]
        with contextlib.suppress(OSError):
            quiet = time.time() - old.lstat().st_mtime > _QUIET_SECONDS
            if number.isdecimal() and quiet and not _runs(int(number)):
                old.unlink()
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def _runs(process: int) -> bool:
    if os.name != "posix":
        return True  # asking would end it there
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _left(path: Path) -> bool:
    found = path.lstat()
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    age = time.time() - found.st_mtime
    if not (stat.S_ISDIR(found.st_mode) and mine and age > _YOUNG_SECONDS):
        return False
    try:
        with (path / _LOCK).open("r+b") as lock:
            held = _locked(lock)
    except FileNotFoundError:
        held = None
    return held if held is not None else age > _LONG_SECONDS


def _locked(lock: IO[bytes]) -> bool | None:
    """Whether the lock could be had; None where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
