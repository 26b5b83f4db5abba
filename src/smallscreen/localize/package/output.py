"""What an output is, and the names of the files it writes."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smallscreen.localize.package.bundle import EditionBundle

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what) as files are written."""


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that was written: a file, or a folder of `files` files, and what it is for.

    `problems` are sentences about what could not be made as it should be.
    """

    path: Path
    what: str
    files: int = 1
    bytes: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """Choices that only some outputs look at; these are for the video.

    `cover`: how the source's subtitles are covered (none, blur, box, inpaint; True is box). `band`: where they
    stand (`58%-66%`). `preview`: a picture of the choices instead of the video. `codec`: h264 or hevc. `audio`:
    a sound file, or a folder with one an episode, in place of the video's sound, which stays as a further track
    with `keep_audio`.
    """

    cover: bool | str = "box"
    band: str | None = None
    preview: bool = False
    codec: str = "h264"
    audio: Path | None = None
    keep_audio: bool = False


class Output(ABC):
    """One kind of file. `order` says where it stands when all are made."""

    id: str
    name: str
    description: str
    order: int = 50

    @abstractmethod
    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        """Write below the folder `out`, which exists; an empty list where there is nothing to write."""


def one_file(path: Path, what: str) -> list[Made]:
    return [Made(path, what, 1, path.stat().st_size)]


def many_files(folder: Path, what: str, paths: list[Path]) -> list[Made]:
    return [Made(folder, what, len(paths), sum(p.stat().st_size for p in paths))] if paths else []


def file_stem(*parts: str) -> str:
    """A file name from words that may be hostile: `file_stem("../ep", "en-US")` is `"ep.en-US"`.

    Letters and digits of any script stay, everything else becomes a hyphen; so no part can leave the
    folder, be hidden, or hold a character that some file system does not take.
    """
    clean = [re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", part)).strip("-_") for part in parts]
    # 255 bytes is what file systems take; a suffix and a temporary mark must still fit.
    stem = ".".join(part for part in clean if part) or "edition"
    return stem.encode()[:180].decode(errors="ignore").strip(".")


def episode_stem(bundle: EditionBundle, episode: int) -> str:
    """`ep007.en-US`: names that players and `smallscreen` itself read the episode and language from."""
    return file_stem(f"ep{episode:03d}", bundle.market.locale, *bundle.variant_parts)
