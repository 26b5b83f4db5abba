"""Everything `package` writes of one edition, read from the series database."""

from __future__ import annotations

import re
from typing import Any

from smallscreen.localize import checks
from smallscreen.localize.package import EditionBundle, EpisodeBundle
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import documents, platforms
from smallscreen.series.project import textless_of, video_of
from smallscreen.series.store import Store


def bundle_of(work: Localizer) -> EditionBundle:
    """The edition of `work` with its source, its literal draft, its findings and its decisions."""
    project, store, edition = work.project, work.project.store, work.edition
    head = store.edition_head(edition)
    lines, scenes, drafts = store.lines(edition), store.scenes(), store.drafts(edition)
    found = store.barriers()
    findings = [store.findings(None), store.findings(edition)]
    boxes = read_boxes(store)
    literal, literal_lines = {}, {}
    if work.variant != "literal" and store.has_edition(edition.locale, "literal"):
        other = store.edition(edition.locale, "literal")
        literal, literal_lines = store.drafts(other), store.lines(other)
        findings.append(store.findings(other))
    episodes = []
    for episode in store.episodes():
        number = episode.number
        if number not in work.cues:
            continue
        cues = work.cues[number]
        ids = {c.id for c in cues}
        episodes.append(
            EpisodeBundle(
                episode=episode,
                cues=cues,
                scenes=scenes.get(number, []),
                barriers=work.barriers_here(found.get(number, [])),
                drafts={k: v for k, v in drafts.items() if k in ids},
                literal={k: v for k, v in literal.items() if k in ids},
                lines=lines.get(number, []),
                literal_lines=literal_lines.get(number, []),
                findings=[f for some in findings for f in some.get(number, [])],
                video=video_of(project, episode),
                textless=textless_of(project, episode),
                boxes=boxes.get(number, ()),
            )
        )
    checked = store.step("check", f"{edition.name}/all")
    notes = list(head.get("notes", []))
    if checked and checked.summary.get("meaning"):
        notes.append(f"Checks: {checked.summary['meaning']}.")
    for check, why in sorted((checked.summary.get("not_run") or {}).items()) if checked else []:
        notes.append(f"The check {check} did not run: {why}.")
    finished = store.step("fit", f"{edition.name}/ep{episodes[-1].number:03d}") if episodes else None
    return EditionBundle(
        series=work.series,
        market=work.market,
        platform=platforms.load(edition.platform),
        edition=edition,
        episodes=episodes,
        decisions=store.decisions(edition),
        title=(work.settled and work.settled.title) or head.get("title", ""),
        synopsis=(work.settled and work.settled.synopsis) or head.get("synopsis", ""),
        brief=_brief(work, head.get("brief")),
        notes=notes,
        check_names={k: c.name for k, c in checks.all_checks().items()},
        made=finished.finished_at[:10] if finished else "",
    )


def read_boxes(store: Store) -> dict[int, list[tuple[int, int, int, int, int, int]]]:
    """Where subtitles stand in the pictures, by episode, as `smallscreen ocr` stored it.

    The documents are those of the room `ocr.band` by episode (`7`, `ep007`), or of the room `ocr` under `band.7`;
    each is `{"boxes": [[from ms, to ms, x0, y0, x1, y1], ...]}`.
    """
    found = {}
    for room, start in (("ocr", "band"), ("ocr.band", "")):
        for key in documents.versions(store, room):
            number = re.search(r"(\d+)$", key)
            if (
                number is None
                or not key.startswith(start)
                or not (document := documents.get(store, room, key))
            ):
                continue
            body: Any = document.body if isinstance(document.body, dict) else {}
            rows = [[int(v) for v in row] for row in body.get("boxes", []) if len(row) == 6]
            found[int(number[1])] = [(r[0], r[1], r[2], r[3], r[4], r[5]) for r in rows]
    return found


def _brief(work: Localizer, head: dict[str, Any] | None) -> dict[str, Any] | None:
    """The brief for the report: what the edition came with, and over it what DIR/briefs holds."""
    if work.settled is None:
        return head
    held = work.settled
    names = {n.name: n.rendering for n in held.names if n.rendering}
    asked = [q.question for q in held.questions if not q.answer]
    said = {"tone": held.tone, "address": held.address, "names": names, "open_questions": asked}
    return {**said, **(head or {}), **{k: v for k, v in said.items() if v}}
