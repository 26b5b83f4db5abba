"""`edition.json`: the edition with every decision, for machines and for the next draft."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from smallscreen.localize.package.bundle import EditionBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress, one_file
from smallscreen.series.edition_file import Brief, EditionFile, EditionLine, FittedLine


class EditionJson(Output):
    """Words, fitted subtitles, barriers, findings and decisions in one file that `--drafts` reads back."""

    id = "json"
    name = "edition.json"
    description = (
        "every line with its strategy and reason, every finding and decision; can be drafted from again"
    )
    order = 30

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        progress(0, 1, "edition.json")
        path = edition_file(bundle).write(out / "edition.json")
        return one_file(path, "every line, finding and decision, readable by --drafts")


def edition_file(bundle: EditionBundle) -> EditionFile:
    """The bundle as the model of the file."""
    own = (None, bundle.edition.name)
    return EditionFile(
        series=bundle.series.slug,
        locale=bundle.edition.locale,
        variant=bundle.edition.variant,
        profile=bundle.edition.profile,
        platform=bundle.platform.name,
        title=bundle.title,
        synopsis=bundle.synopsis,
        brief=None if bundle.brief is None else Brief.model_validate(dict(bundle.brief)),
        notes=list(bundle.notes),
        lines=[
            EditionLine(
                episode=cue.episode,
                cue=cue.index,
                text=draft.text,
                strategy=draft.strategy,
                reason=draft.reason,
                origin=draft.origin,
            )
            for episode in bundle.episodes
            for cue in episode.cues
            if (draft := episode.drafts.get(cue.id)) is not None
        ],
        fitted=[
            FittedLine(
                episode=line.episode,
                index=line.index,
                start_ms=line.start_ms,
                end_ms=line.end_ms,
                text=line.text,
                cues=list(line.cues),
            )
            for episode in bundle.episodes
            for line in episode.lines
        ],
        barriers=[_plain(b) for e in bundle.episodes for b in e.barriers],
        findings=[_plain(f) for e in bundle.episodes for f in e.findings if f.edition in own],
        decisions=[_plain(d) for d in bundle.decisions if d.edition in own],
    )


def _plain(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)
