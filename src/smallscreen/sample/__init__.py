"""The sample series that ships with the program: a complete small series, all our own work.

Its texts are packaged in `series/`. Its videos are drawn and scored by the program when they are
first needed and kept in the user's cache, so that the package stays small.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files as _packaged
from pathlib import Path

from smallscreen.errors import UserError

Progress = Callable[[float], None]
"""Called with the part done, 0 to 1."""


def files() -> Path:
    """The folder of the packaged series: script, subtitles, series.toml, storyboard.toml."""
    return Path(str(_packaged("smallscreen.sample"))) / "series"


def episodes() -> list[int]:
    """The numbers of the episodes that the storyboard holds."""
    from smallscreen.sample.storyboard import read_scenes

    return sorted({scene.episode for scene in read_scenes(files() / "storyboard.toml")})


def copy_to(folder: Path, with_video_for: Iterable[int] = (), progress: Progress | None = None) -> Path:
    """Copies the series into a folder, with the videos of the episodes asked for as `ep001.mp4`.

    Files that are there already are left alone, except that UserError is raised where `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give a folder for the sample series.")
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(files().rglob("*")):
        target = folder / source.relative_to(files())
        if source.is_dir():
            target.mkdir(exist_ok=True)
        elif not target.exists() and "__pycache__" not in source.parts:
            shutil.copyfile(source, target)
    render_many(with_video_for, folder, progress)
    return folder


def render(episode: int, out: Path, progress: Progress | None = None) -> Path:
    """The video of one episode at `out`; drawn when it is not in the cache. UserError: no such episode."""
    from smallscreen.sample.film import cached

    _known([episode])
    return _link(cached(episode, progress), out)


def render_many(wanted: Iterable[int], folder: Path, progress: Progress | None = None) -> list[Path]:
    """The videos of several episodes as `folder/ep001.mp4`; two are drawn at a time.

    `folder/textless/ep001.mp4` is the same without the Chinese subtitles in the picture.
    """
    from smallscreen.sample.film import cached_many, textless

    numbers = list(wanted)
    _known(numbers)
    made = cached_many(numbers, progress)
    for number, path in zip(numbers, made, strict=True):
        _link(textless(path), folder / "textless" / f"ep{number:03d}.mp4")
    return [_link(path, folder / f"ep{number:03d}.mp4") for number, path in zip(numbers, made, strict=True)]


def contact_sheet(wanted: Sequence[int], out: Path, columns: int = 6) -> Path:
    """One picture (PNG) with frames of the given episodes side by side."""
    from smallscreen.sample.film import contact_sheet as draw

    _known(wanted)
    return draw(wanted, out, columns)


def _known(numbers: Iterable[int]) -> None:
    there = episodes()
    for number in numbers:
        if number not in there:
            raise UserError(f"The sample series has no episode {number}; it has {there[0]} to {there[-1]}.")


def _link(source: Path, out: Path) -> Path:
    """Puts a cached file at `out`: a hard link where the file system allows one, else a copy."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists() and out.samefile(source):
        return out
    partial = out.with_name(f".{out.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        partial.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(out)
    return out
