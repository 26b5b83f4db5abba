"""Reading a series with a model: its cost said beforehand, and everything asked in parallel before it is read.

The story steps read one episode at a time and store it; with a model that would be one request at a time.
So all that is still unanswered is asked first, and the steps find their replies stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

from smallscreen.engines.chat import engine
from smallscreen.engines.structured import Estimate, prices
from smallscreen.series.model import Cue
from smallscreen.series.project import Project
from smallscreen.story.edition import edition_cues, language_of
from smallscreen.story.reader import Progress
from smallscreen.story.readers.model import ModelReader


def model_reader(
    project: Project,
    model: str | None,
    *,
    edition: str | None = None,
    say: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    ask: bool = True,
) -> ModelReader:
    """A reader that has asked `model` about every line of the series, and of `edition` where it is given.

    `say` gets one sentence on what it takes before anything is asked; with `ask` False that is all.
    Raises UserError and EngineError of the engine; what arrived before is stored.
    """
    reader = ModelReader(engine("openai", model), project.replies)
    series = project.store.series()
    # The source comes last: what is then said of the answers is said of the source.
    parts = [*_edition(project, edition), _words(project.store.cues())]
    if say is not None:
        sums = [
            sum(column) for column in zip(*(astuple(reader.estimate(p, series)) for p in parts), strict=True)
        ]
        say(f"{model}: {Estimate(*sums).sentence(prices())}.")
    if ask:
        for part in parts:
            reader.read(part, series, progress=progress)
    return reader


def _edition(project: Project, name: str | None) -> list[list[Cue]]:
    store = project.store
    found = next((e for e in store.editions() if e.name == name), None)
    if found is None:
        return []
    language_of(found.locale)  # refuses a language that nobody reads before anything is paid for
    drafts = store.drafts(found)
    return [_words({n: edition_cues(some, drafts) for n, some in store.cues().items()})]


def _words(cues: dict[int, list[Cue]]) -> list[Cue]:
    return [c for number in sorted(cues) for c in cues[number] if c.text.strip()]
