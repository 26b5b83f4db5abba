"""Making the brief of an edition on disk: propose, merge into the TOML, write the page and the document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.barriers.market import for_market
from smallscreen.localize.brief.build import build
from smallscreen.localize.brief.merge import merge
from smallscreen.localize.brief.model import Brief, as_json
from smallscreen.localize.brief.toml_file import render
from smallscreen.series import markets
from smallscreen.series.brief_file import MAX_BYTES, Settled, brief_path, parse, read
from smallscreen.series.project import Project

_STEP = "brief"


def make_brief(project: Project, locale: str, out: Path | None = None) -> dict[str, Any]:
    """Write `DIR/briefs/LOCALE.toml`, and beside it (or in `out`) the page and the document.

    What people wrote in the TOML is kept; `conflicts` tells where it stands against something new. Raises
    FileProblem for a brief that cannot be read, and leaves it as it is.
    """
    market = markets.load(locale)
    if market.locale not in markets.names():
        raise UserError(f"{market.locale} is a source language; there are {', '.join(markets.names())}.")
    store = project.store
    cues = [c for some in store.cues().values() for c in some]
    found = [b for some in store.barriers().values() for b in some]
    scenes = [s for some in store.scenes().values() for s in some]
    script = [x for some in store.script().values() for x in some]
    brief = build(cues, store.series(), market, for_market(found, market), scenes, script)

    path = brief_path(project.root, market.locale)
    there = _text(path)
    record = store.step(_STEP, market.locale)
    merged = merge(render(brief), there, record.summary.get("written") if record else None)
    settled = parse(merged.text, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if there != merged.text:
        _write(path, merged.text)
    # What is remembered is what the program would write, so that a line of a person is never taken for its own.
    store.put_step(_STEP, market.locale, "", {"written": render(brief)})
    conflicts = [*merged.conflicts, *_against_series(settled, brief)]

    from smallscreen.localize.brief import document, page

    folder = out or path.parent
    folder.mkdir(parents=True, exist_ok=True)
    whole = replace(brief, notes=(*brief.notes, *conflicts))
    html, docx = folder / f"{market.locale}.html", folder / f"{market.locale}.docx"
    html.write_text(page.render(whole, settled), encoding="utf-8", errors="replace", newline="\n")
    document.write(whole, settled, docx)
    made = [
        {"path": str(path), "what": "the brief, for people to change"},
        {"path": str(html), "what": "the brief as a page, for reading and printing"},
        {"path": str(docx), "what": "the brief as a document"},
    ]
    if out is not None and out.resolve() != path.parent.resolve():
        copy = out / path.name
        _write(copy, merged.text)
        made.append({"path": str(copy), "what": "a copy of the brief; the one in briefs/ is obeyed"})
    return {
        "step": "brief",
        "edition": market.locale,
        "made": made,
        "names": len(brief.names),
        "pairs": len(brief.pairs),
        "items": len(brief.items),
        "scenes": sum(len(t.scenes) for t in brief.threads),
        "questions": len(brief.questions),
        "added": merged.added,
        "updated": merged.updated,
        "dropped": merged.dropped,
        "kept": merged.kept,
        "conflicts": conflicts,
        "brief": as_json(brief),
    }


def _text(path: Path) -> str | None:
    if not path.is_file():
        return None
    read(path)  # says what is wrong, with the line
    return path.read_bytes().decode("utf-8-sig")[:MAX_BYTES]


def _write(path: Path, text: str) -> None:
    """Written beside and moved, so that an interruption leaves the old brief whole."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as e:
        raise FileProblem(
            path, None, f"it cannot be written ({e.strerror})", "a folder to write in"
        ) from None


def _against_series(settled: Settled, brief: Brief) -> list[str]:
    """Where the brief says otherwise than series.toml: the brief holds for this market, and it is told."""
    said = []
    agreed = {n.name: n.rendering for n in brief.names if n.agreed}
    for name in settled.names:
        wanted = agreed.get(name.name)
        if wanted and name.rendering and name.rendering != wanted:
            said.append(
                f"{name.name} is “{wanted}” in series.toml and “{name.rendering}” in the brief; the brief holds for {brief.market}."
            )
    terms = {(i.item, i.kind): i.rendering for i in brief.items if i.agreed}
    for item in settled.items:
        wanted = terms.get((item.item, item.kind))
        if wanted and item.rendering and item.rendering != wanted:
            said.append(
                f"{item.item} is “{wanted}” in series.toml and “{item.rendering}” in the brief; the brief holds for {brief.market}."
            )
    return said
