"""The story steps of a series: read its lines, look for signals, compare an edition. Each can be run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smallscreen.errors import UserError
from smallscreen.series.model import Cue, Edition, Finding
from smallscreen.series.project import Project
from smallscreen.series.registry import discover
from smallscreen.series.steps import run as run_step
from smallscreen.series.store import Store
from smallscreen.story import readers as room
from smallscreen.story.catalogue import readings as catalogue_readings
from smallscreen.story.edition import compare_edition, edition_cues, language_of
from smallscreen.story.model import LineReading
from smallscreen.story.reader import Progress, Reader
from smallscreen.story.reading import EditionArc, FindingOut, Reading, make_reading
from smallscreen.story.signal import Context, context
from smallscreen.story.signals import signals

_VERSION = 1
READ, SIGNALS, FEELING = "story-read", "story", "story-edition"


def reader(name: str) -> Reader:
    """The reader of that name. UserError when there is none."""
    # mypy cannot know that a class with abstract methods may be given to discover.
    found = discover(room, Reader)  # type: ignore[type-abstract]
    if name not in found:
        raise UserError(f"There is no reader {name!r}; there are {', '.join(found) or 'none yet'}.")
    return found[name]


def thresholds_of(reader: Reader) -> dict[str, float]:
    """From which probability a line is best said to carry a label, where the reader says so."""
    stated = getattr(reader, "thresholds", None)
    return dict(stated()) if callable(stated) else {}


def read_series(
    project: Project, reader: Reader, *, progress: Progress | None = None
) -> tuple[Context, bool]:
    """Read every episode that changed since the last time; returns the series as read, and whether anything was read.

    An episode's readings are stored when it is done, so a reading that is interrupted goes on from there.
    """
    store = project.store
    series = store.series()
    cues = store.cues()
    if not any(cues.values()):
        raise UserError(f"{series.title} has no subtitles to read; put them into {project.root} first.")
    language = language_of(series.source_language)
    readings, fresh = read_lines(
        store, reader, cues, language, lambda n: f"ep{n:03d}", series_of=project, progress=progress
    )
    ctx = context(
        series,
        cues,
        readings,
        language=language,
        scenes=store.scenes(),
        accuracy=reader.accuracy(language),
        thresholds=thresholds_of(reader),
    )
    if not ctx.lines:
        raise UserError(f"{series.title} has no line with words in it; there is nothing to read.")
    return ctx, fresh


def read_lines(
    store: Store,
    reader: Reader,
    cues: Mapping[int, Sequence[Cue]],
    language: str,
    scope: Any,
    *,
    series_of: Project,
    progress: Progress | None = None,
) -> tuple[dict[str, LineReading], bool]:
    """Readings by cue id, episode by episode; what was read before with the same reader and lines is taken as it is."""
    before = store.steps(READ)
    readings: dict[str, LineReading] = {}
    fresh = False
    series = series_of.store.series()
    for done, number in enumerate(sorted(cues)):
        some = [c for c in cues[number] if c.text.strip()]
        if progress:
            progress(done, len(cues), f"episode {number}")

        def work(some: list[Cue] = some) -> dict[str, Any]:
            return {
                "lines": [_packed(r) for r in reader.read(some, series, language=language)] if some else []
            }

        inputs = (_VERSION, reader.id, reader.version, language, some)
        ran = run_step(store, READ, f"{reader.id}/{scope(number)}", inputs, work, before)
        fresh |= ran.fresh
        for row in ran.summary["lines"]:
            reading = _unpacked(row)
            readings[reading.cue] = reading
    if progress:
        progress(len(cues), len(cues), "")
    return readings, fresh


def story(
    project: Project, reader: Reader, *, edition: str | None = None, progress: Progress | None = None
) -> tuple[Reading, bool]:
    """Read a series, store its story findings, and return the reading; `fresh` is False when all was there.

    With `edition` (`en-US`, `en-US.literal`) the edition is read beside it and what it lost is stored as
    findings on the edition. Raises UserError when there is nothing to read.
    """
    store = project.store
    ctx, fresh = read_series(project, reader, progress=progress)
    # Computing the signals takes less time than loading what they found.
    titles = {e.number: e.title for e in store.episodes()}
    made = make_reading(ctx, reader, titles)
    numbers = list(store.cues())

    # A reader that asks a model has something to say of the answers.
    told: list[Finding] = list(getattr(reader, "findings", ()))

    def put() -> dict[str, Any]:
        store.put_findings(SIGNALS, None, numbers, [*told, *(_stored(f) for f in made.findings)])
        return {"findings": len(made.findings) + len(told), "axes": made.axes.model_dump()}

    key = (
        _VERSION,
        reader.id,
        reader.version,
        sorted(signals()),
        catalogue_readings(),
        made.model_dump_json(),
        told,
    )
    fresh |= run_step(store, SIGNALS, "", key, put).fresh
    if edition is not None:
        arc, new = _edition(project, ctx, reader, edition, progress)
        made = made.model_copy(update={"editions": [arc]})
        fresh |= new
    return made, fresh


def _edition(
    project: Project, ctx: Context, reader: Reader, name: str, progress: Progress | None
) -> tuple[EditionArc, bool]:
    store = project.store
    found = next((e for e in store.editions() if e.name == name), None)
    if found is None:
        there = ", ".join(e.name for e in store.editions()) or "there is none yet"
        raise UserError(
            f"There is no edition {name}; editions: {there}. Make it with smallscreen localize first."
        )
    language = language_of(found.locale)
    drafts = store.drafts(found)
    cues = {n: edition_cues(some, drafts) for n, some in store.cues().items()}
    if not any(cues.values()):
        raise UserError(f"The edition {name} has no words yet; draft it first.")
    readings, fresh = read_lines(
        store, reader, cues, language, lambda n: f"{name}/ep{n:03d}", series_of=project, progress=progress
    )
    title = str(store.edition_head(found).get("title") or "")
    arc, findings = compare_edition(
        ctx, cues, readings, name=name, title=title, language=language, reader=reader
    )
    fresh |= _put_edition(store, found, list(cues), arc, findings)
    return arc, fresh


def _put_edition(
    store: Store, edition: Edition, numbers: list[int], arc: EditionArc, findings: list[Finding]
) -> bool:
    def put() -> dict[str, Any]:
        store.put_findings(FEELING, edition, numbers, findings)
        return {"findings": len(findings), "agreement_resonance": arc.agreement_resonance}

    return run_step(store, FEELING, edition.name, (_VERSION, arc.model_dump_json()), put).fresh


def _stored(f: FindingOut) -> Finding:
    return Finding(**f.model_dump(), severity="note")


def _packed(r: LineReading) -> dict[str, Any]:
    return {
        "cue": r.cue,
        "episode": r.episode,
        "p": {k: round(float(v), 4) for k, v in r.p.items()},
        "valence": round(float(r.valence), 4),
        "insult": round(float(r.insult), 4),
    }


def _unpacked(row: Mapping[str, Any]) -> LineReading:
    return LineReading(row["cue"], row["episode"], dict(row["p"]), row["valence"], row["insult"])
