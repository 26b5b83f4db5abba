"""The chain of a catalogue's packs: each one holds the hash of the one before, so that none can be changed later.

    catalogue/evidence/chain.jsonl

One line a pack, added and never changed: its number, its name, when it was made, the SHA-256 of its evidence.json and
that of the pack before. A pack's evidence.json holds the SHA-256 of every other file in it. Taking the last packs away
leaves no trace in the chain alone: give the newest hash to somebody else (mail it, print it) to prove how long it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem, UserError

FOLDER = "evidence"
NAME = "chain.jsonl"
EVIDENCE = "evidence.json"
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Link:
    """One pack in the chain; `previous` is "" for the first."""

    number: int
    pack: str
    made: str
    evidence_sha256: str
    previous: str


@contextmanager
def locked(catalogue: Path) -> Iterator[None]:
    """One pack at a time; others wait. The system takes the lock back however the process ends."""
    folder = catalogue / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as f:
        try:
            import fcntl
        except ImportError:  # a system without it
            yield
            return
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def links(catalogue: Path) -> list[Link]:
    """The chain as it stands; [] where there is none. FileProblem, with the line, where it was damaged or changed."""
    path = catalogue / FOLDER / NAME
    if not path.exists():
        return []
    if path.stat().st_size > _MOST_BYTES:
        raise FileProblem(path, None, "it is larger than 64 MB", "a chain of packs")
    lines = path.read_bytes().split(b"\n")
    if lines[-1]:
        lines[-1] = b""  # a line that was being written when the power went
    found: list[Link] = []
    for n, line in enumerate(lines[:-1], 1):
        try:
            link = Link(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            raise FileProblem(path, n, "it is no link", "a line that rights evidence wrote") from None
        before = found[-1].evidence_sha256 if found else ""
        if link.previous != before or link.number != n:
            raise FileProblem(path, n, "it does not follow the line before it", "a chain that nobody changed")
        found.append(link)
    return found


def add(catalogue: Path, link: Link) -> None:
    """Add a link, on the disk when this returns; call it within `locked`."""
    path = catalogue / FOLDER / NAME
    with path.open("ab+") as f:
        f.seek(0)
        whole = f.read()
        if whole and not whole.endswith(b"\n"):
            f.truncate(whole.rfind(b"\n") + 1)
        f.write(json.dumps(asdict(link), ensure_ascii=False).encode() + b"\n")
        f.flush()
        os.fsync(f.fileno())


def adopt(catalogue: Path) -> None:
    """Link a pack that was whole when its run was killed, just before its link was written; within `locked`."""
    chain = links(catalogue)
    number, before = len(chain) + 1, chain[-1].evidence_sha256 if chain else ""
    for path in sorted((catalogue / FOLDER).glob(f"{number:04d}-*/{EVIDENCE}")):
        try:
            data = json.loads(path.read_bytes())
            pack, made, previous = str(data["pack"]), str(data["made"]), data["previous"]
            follows = (str(previous["evidence_sha256"]) if previous else "") == before
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if pack == path.parent.name and follows and not verify(path.parent):
            add(catalogue, Link(number, pack, made, sha256(path), before))
            return


def verify(folder: Path, catalogue: Path | None = None) -> list[str]:
    """What is wrong with a pack, in sentences; [] where every file is as it was and the chain of the catalogue holds it.

    Without a catalogue only the pack is checked. UserError where the folder holds no pack.
    """
    path = folder / EVIDENCE
    if not path.is_file():
        raise UserError(f"{folder} holds no {EVIDENCE}; give the folder of a pack.")
    wrong: list[str] = []
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
        listed: dict[str, Any] = data["files"]
        pack, previous = str(data["pack"]), data["previous"]
        before = str(previous["evidence_sha256"]) if previous else ""
        hashes = {str(k): str(v["sha256"]) for k, v in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(
            f"{path} is damaged and says nothing that could be checked; take another copy of the pack."
        ) from None
    there = {
        p.relative_to(folder).as_posix(): p
        for p in sorted(folder.rglob("*"))
        if not p.is_dir() or p.is_symlink()
    }
    for name, digest in hashes.items():
        # Only what was found in the folder is read, so that no name in the file can lead out of it.
        if name not in there:
            wrong.append(f"{name[:200]} is missing.")
        elif there[name].is_symlink() or sha256(there[name]) != digest:
            wrong.append(f"{name} was changed: its SHA-256 is another one.")
    wrong += [
        f"{name} was not in the pack when it was made."
        for name in there
        if name not in hashes and name != EVIDENCE
    ]
    if catalogue is not None:
        wrong += _in_chain(catalogue, pack, hashlib.sha256(raw).hexdigest(), before)
    return wrong


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _in_chain(catalogue: Path, pack: str, digest: str, before: str) -> list[str]:
    try:
        chain = links(catalogue)
    except FileProblem as e:
        return [str(e)]
    mine = next((link for link in chain if link.pack == pack), None)
    if mine is None:
        return [f"The chain of {catalogue} has no pack {pack[:80]}."]
    if mine.evidence_sha256 != digest:
        return [f"{EVIDENCE} was changed: the chain of {catalogue} holds another SHA-256 of it."]
    return [] if mine.previous == before else [f"{EVIDENCE} names another pack before it than the chain."]
