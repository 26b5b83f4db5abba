"""What a paper is, and the names of the files it writes."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from smallscreen.production.papers._shoot import Shoot


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that was written: a file, or a folder of `files` files, and what it is for."""

    path: Path
    what: str
    files: int = 1
    bytes: int = 0


class Paper(ABC):
    """One kind of paper. `order` says where it stands when all are made."""

    id: str
    name: str
    description: str
    order: int = 50

    def lacks(self, shoot: Shoot) -> str | None:
        """Why it cannot be made of this shoot, as a sentence for people; None where it can."""
        return None

    @abstractmethod
    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        """Write below the folder `out`, which exists."""


def one_file(path: Path, what: str) -> list[Made]:
    return [Made(path, what, 1, path.stat().st_size)]


def many_files(folder: Path, what: str, paths: list[Path]) -> list[Made]:
    return [Made(folder, what, len(paths), sum(p.stat().st_size for p in paths))] if paths else []


def file_stem(*parts: str) -> str:
    """A file name from words that may be hostile: `file_stem("../ep", "Ana")` is `"ep.Ana"`.

    Letters and digits of any script stay, everything else becomes a hyphen; so no part can leave the
    folder, be hidden, or hold a character that some file system does not take.
    """
    clean = [re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", part)).strip("-_") for part in parts]
    # 255 bytes is what file systems take; a suffix and a number must still fit.
    stem = ".".join(part for part in clean if part) or "shoot"
    return stem.encode()[:160].decode(errors="ignore").strip(".")
