"""What a brief changes for the draft and the checks.

A name, a form of address or a rendering that the brief holds stands above what series.toml and the
lexicons say, for this market alone. A rendering is agreed, and the checks ask for it, where a person
changed the proposal or wrote `settled = true`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from smallscreen.localize.barriers.traditional import simplified
from smallscreen.series.brief_file import Settled, SettledItem, parse
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Character, Series, Term
from smallscreen.series.store import Store

T = TypeVar("T", Character, Term)

KEY = "brief"
"""Where `Series.extra` carries what the prompt says beyond names, terms and tone."""


def proposed_items(store: Store, locale: str) -> dict[tuple[str, str], str]:
    """By item and kind, the renderings that the program proposed last: what differs is a person's."""
    record = store.step("brief", locale)
    written = record.summary.get("written") if record else None
    if not written:
        return {}
    return {(i.item, i.kind): i.rendering for i in parse(written, Path("the brief")).items}


def obey(
    settled: Settled,
    series: Series,
    market: Market,
    proposed: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Series, Market]:
    """The series and the market as the brief has them: names, agreed terms, address, scenes, tone.

    `proposed` are the renderings that stood in the brief before a person changed it (`proposed_items`);
    without them only `settled = true` makes a rendering agreed. A brief as it was proposed changes nothing
    but what a prompt says of address and scenes.
    """
    names = {n.name: n.rendering for n in settled.names if n.rendering}

    def with_rendering(thing: T, wanted: str | None) -> T:
        have = thing.renderings.get(market.locale) or thing.renderings.get(market.language)
        if not wanted or wanted == have:
            return thing
        return replace(thing, renderings={**thing.renderings, market.locale: wanted})

    characters = [with_rendering(c, names.get(c.name)) for c in series.characters]
    known_names = {c.name for c in series.characters}
    characters += [
        Character(n, renderings={market.locale: r}) for n, r in names.items() if n not in known_names
    ]
    agreed = {
        simplified(i.item): i
        for i in settled.items
        if i.rendering
        and i.strategy != "omission"
        and (i.settled or (proposed and proposed.get((i.item, i.kind)) != i.rendering))
    }
    terms = []
    for term in series.terms:
        item = agreed.get(simplified(term.source))
        terms.append(with_rendering(term, item.rendering if item else None))
    known = {simplified(t.source) for t in series.terms} | {simplified(c.name) for c in characters}
    terms += [
        Term(i.item, i.kind, i.note, {market.locale: i.rendering})
        for text, i in agreed.items()
        if text not in known and len(text) >= 2
    ]
    extra: dict[str, Any] = {**series.extra, KEY: _said(settled)}
    changed = replace(series, characters=tuple(characters), terms=tuple(terms), extra=extra)
    tone = " ".join(x for x in (settled.tone, settled.address) if x)
    if not tone or tone == market.tone:
        return changed, market
    return changed, market.model_copy(update={"tone": tone})


def obey_barriers(settled: Settled, barriers: Iterable[Barrier], market: Market) -> list[Barrier]:
    """`barriers` with the strategy and the rendering that the brief holds for them.

    An item that is to be left out has no rendering.
    """
    by_key: dict[tuple[str, str], SettledItem] = {(simplified(i.item), i.kind): i for i in settled.items}
    by_text: dict[str, SettledItem] = {}
    for item in settled.items:
        by_text.setdefault(simplified(item.item), item)
    out = []
    for b in barriers:
        text = simplified(b.text)
        found = by_key.get((text, b.kind)) or by_text.get(text)
        if found is None:
            out.append(b)
            continue
        suggestions = dict(b.suggestions)
        if found.rendering:
            suggestions = {market.language: found.rendering}
        elif found.strategy == "omission":
            suggestions = {}
        strategies = b.strategies
        if found.strategy:
            strategies = (found.strategy, *(s for s in b.strategies if s != found.strategy))
        out.append(replace(b, suggestions=suggestions, strategies=strategies))
    return out


def _said(settled: Settled) -> Mapping[str, Sequence[Sequence[str]]]:
    """What the prompt has no other place for, as plain values."""
    pairs = [
        [p.from_, p.to, ", ".join(x for x in (p.rendering, p.form, p.note) if x)]
        for p in settled.pairs
        if p.rendering or p.form or p.note
    ]
    scenes = [
        [s.first, s.last, s.action, s.note or s.do]
        for s in settled.scenes
        if s.note or s.action in ("light edit", "local carrier")
    ]
    items = [[i.item, i.note] for i in settled.items if i.note]
    answers = [[q.question, q.answer] for q in settled.questions if q.answer]
    return {
        "pairs": pairs,
        "scenes": scenes,
        "items": items,
        "answers": answers,
        "note": [[settled.note]] if settled.note else [],
    }
