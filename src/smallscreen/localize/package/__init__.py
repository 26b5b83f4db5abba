"""The files an edition leaves as: subtitles, studio script, edition.json, video, report.

    made = package(bundle, Path("out"), formats={"srt", "xlsx", "report"})

Every output is one class with `id`, `name` and `description` in a module of this package, found by the
registry: a new output is a new file here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from smallscreen.errors import UserError
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress

__all__ = ["EditionBundle", "EpisodeBundle", "Made", "Options", "Output", "Progress", "outputs", "package"]


@cache
def outputs() -> dict[str, Output]:
    """Every output there is, by its id, sorted."""
    import smallscreen.localize.package as here
    from smallscreen.series.registry import discover

    return discover(here, Output)  # type: ignore[type-abstract]


def package(
    bundle: EditionBundle,
    out: Path,
    *,
    formats: set[str] | None = None,
    video: bool = False,
    cover: bool | str = "box",
    burning: Options | None = None,
    progress: Progress | None = None,
) -> list[Made]:
    """Write the outputs named in `formats` under `out` and say what was made.

    `formats` are ids of `outputs()`; None means all but the video. `video` adds the episodes' video
    with the subtitles burned in, for those episodes whose source video is there. `cover` says how the
    subtitles are covered that the source video already carries; `burning` says that and all else about
    the video, and goes before `cover`. `progress` is called with (done, total, what is being written) before each file.

    An output that has nothing to say (subtitles of an edition with no lines) makes no file and is not
    in the list. UserError for a format that does not exist or a folder that cannot be written.
    """
    known = outputs()
    wanted = set(known) - {"video"} if formats is None else set(formats)
    if video:
        wanted.add("video")
    unknown = sorted(wanted - set(known))
    if unknown:
        raise UserError(f"There is no output {unknown[0]!r}; there are {', '.join(known)}.")
    options = burning or Options(cover=cover)
    made: list[Made] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in sorted(wanted, key=lambda n: (known[n].order, n)):
            made += known[name].write(bundle, out, options, progress or _silent)
    except OSError as error:
        where = error.filename or out
        raise UserError(
            f"{where} cannot be written ({error.strerror}); choose another output folder."
        ) from error
    return made


def _silent(done: int, total: int, what: str) -> None:
    pass
