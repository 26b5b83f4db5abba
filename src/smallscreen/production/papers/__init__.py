"""The papers of a shoot: stripboard, one-line schedule, day out of days, call sheets, calendars, workbook, exchange.

    made = write(project, Path("papers"), language="zh")                         # the stored breakdown, rules and plan
    made = write(Material("Title", "slug", breakdown, rules, plan), out, formats={"html", "ics"})

Every paper is one class with `id`, `name` and `description` in a module of this package, found by the
registry: a new paper is a new file here. All of them are made of the same `Shoot`, so that a call time or
a company move is the same on every one. The words are in `words/`, one file a language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from smallscreen.errors import UserError
from smallscreen.production.papers._material import Material, Options, Place, of_project
from smallscreen.production.papers._shoot import Shoot, shoot_of
from smallscreen.production.papers._words import languages, words
from smallscreen.production.papers.paper import Made, Paper
from smallscreen.series.project import Project

__all__ = [
    "Made",
    "Material",
    "Options",
    "Paper",
    "Place",
    "Shoot",
    "after_dark",
    "languages",
    "papers",
    "write",
]

Progress = Callable[[int, int, str], None]


@cache
def papers() -> dict[str, Paper]:
    """Every paper there is, by its id, sorted."""
    import smallscreen.production.papers as here
    from smallscreen.series.registry import discover

    return discover(here, Paper)  # type: ignore[type-abstract]


def write(
    source: Project | Material,
    out: Path,
    language: str = "en",
    formats: Collection[str] | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
) -> list[Made]:
    """Write the papers named in `formats` (ids of `papers()`; None: all) under `out` and say what was made.

    `language` is `en` or `zh` (`languages()`). The calendar needs dates: without any in the plan it is left out
    where all papers are asked for, and refused where it is asked for by name. `progress` is called with
    (done, total, what is being written). The same material, options and `made` give the same bytes.
    Raises UserError where there is no plan, a plan and a breakdown do not fit each other, there is no such paper or
    language, or the folder cannot be written.
    """
    known = papers()
    unknown = sorted(set(formats or ()) - set(known))
    if unknown:
        raise UserError(f"There is no paper {unknown[0]!r}; there are {', '.join(known)}.")
    material = source if isinstance(source, Material) else of_project(source)
    shoot = shoot_of(material, options or Options(), words(language))
    chosen = [p for p in known.values() if formats is None or p.id in formats]
    made: list[Made] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for done, paper in enumerate(sorted(chosen, key=lambda p: (p.order, p.id))):
            if progress:
                progress(done, len(chosen), paper.name)
            lacking = paper.lacks(shoot)
            if lacking and formats is not None:
                raise UserError(lacking)
            if not lacking:
                made += paper.write(shoot, out)
    except OSError as error:
        raise UserError(
            f"{error.filename or out} cannot be written ({error.strerror}); choose another output folder."
        ) from error
    return made


def after_dark(project: Project) -> list[tuple[int, tuple[str, ...]]]:
    """Days of the stored plan on which scenes by daylight would end after it, and these scenes; [] without a plan that fits.

    A plan holds daylight in sums and counts company moves before the clock: an order may put a night interior into the
    morning and an exterior into the dusk. Somebody has to look at that.
    """
    try:
        shoot = shoot_of(of_project(project), Options(), words("en"))
    except UserError:
        return []
    return [(day.number, day.dusk) for day in shoot.days if day.dusk]
