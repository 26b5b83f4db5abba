"""The barriers of the whole series, item by item, weighed by Pedersen's parameters.

Of the parameters (Pedersen 2005, 2011) text can tell three: how central an item is (how often, in how
many episodes, in the title, the synopsis or the terms), whether the viewer is helped (the picture shows it, or
a line nearby explains it), and whether this market knows it. They decide which strategy is proposed,
and the reason says so in words; a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from smallscreen.localize.barriers.traditional import simplified
from smallscreen.localize.brief.model import Item, Parameters
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, ScriptLine, Series

_EXAMPLES = 5
_NEAR = 2
_EXPLAINS = "就是|意思|叫做|也就是|说白了|指的是|所谓|的讲究|规矩|说法"
_ASKS = re.compile("什么是|啥是|啥子是|什么意思|啥意思|啥子意思")
_GROUNDED = ("custom", "institution", "food", "allusion")
"""Kinds that name something in the world: the first mention can say what it is."""


def items(
    barriers: Sequence[Barrier],
    cues: Sequence[Cue],
    series: Series,
    market: Market,
    script: Sequence[ScriptLine] = (),
) -> list[Item]:
    """The items of `barriers` (as this market needs them), what matters most first.

    `script` lets redundancy see what the picture shows. Two meanings of one text are two items.
    """
    groups: dict[tuple[str, str], list[Barrier]] = {}
    for barrier in barriers:
        groups.setdefault((simplified(barrier.text), barrier.kind), []).append(barrier)
    place = {c.id: n for n, c in enumerate(cues)}
    shown = _shown(script)
    familiar = {simplified(text): reason for text, reason in market.familiar.items()}
    made = [_item(group, cues, place, series, market, familiar, shown) for group in groups.values()]
    made = _unique(made)
    return sorted(made, key=lambda i: (-i.need * min(i.count, 6), -i.need, -i.count, i.item))


def _item(
    group: Sequence[Barrier],
    cues: Sequence[Cue],
    place: Mapping[str, int],
    series: Series,
    market: Market,
    familiar: Mapping[str, str],
    shown: Mapping[int, str],
) -> Item:
    text = simplified(group[0].text)
    count, episodes = len(group), len({b.episode for b in group})
    best = max(group, key=lambda b: (b.need, b.confidence))
    term = next((t for t in series.terms if simplified(t.source) == text), None)
    agreed = ""
    if term:
        agreed = term.renderings.get(market.locale) or term.renderings.get(market.language) or ""
    suggested = Counter(
        s for b in group if (s := b.suggestions.get(market.locale) or b.suggestions.get(market.language))
    )
    rendering = agreed or next(iter(dict(suggested.most_common(1))), "")
    names = {simplified(n) for c in series.characters for n in (c.name, *c.aliases)}
    parameters = Parameters(
        *_centrality(text, count, episodes, len({c.episode for c in cues}), series, term is not None),
        *_redundancy(text, group, cues, place, shown, names),
        *_familiarity(text, familiar, market),
    )
    strategies, why = _propose(best, parameters, rendering, bool(agreed))
    return Item(
        item=text,
        kind=best.kind,
        need=max(b.need for b in group),
        count=count,
        episodes=episodes,
        cues=tuple(dict.fromkeys(b.cue for b in group))[:_EXAMPLES],
        literal=best.literal,
        meaning=re.sub(r"; known in .*$", "", best.meaning),
        strategies=strategies,
        rendering="" if strategies[:1] == ("omission",) else rendering,
        parameters=parameters,
        reason=why,
        agreed=bool(agreed),
    )


def _centrality(
    text: str, count: int, episodes: int, of: int, series: Series, is_term: bool
) -> tuple[Any, str]:
    often = f"{count} {'cue' if count == 1 else 'cues'} in {episodes} of {of} {'episode' if of == 1 else 'episodes'}"
    if text in simplified(series.title):
        return "central", f"it is in the title; {often}"
    if is_term:
        return "central", f"series.toml lists it as a term; {often}"
    if len(text) >= 2 and text in simplified(series.synopsis):
        return "central", f"the synopsis names it; {often}"
    if episodes >= max(3, of // 8):
        return "central", often
    if count >= 2:
        return "recurring", often
    return "passing", often


def _redundancy(
    text: str,
    group: Sequence[Barrier],
    cues: Sequence[Cue],
    place: Mapping[str, int],
    shown: Mapping[int, str],
    names: Collection[str],
) -> tuple[Any, str]:
    for barrier in group:
        at = place.get(barrier.cue)
        if at is None:
            continue
        for near in cues[max(0, at - _NEAR) : at + _NEAR + 1]:
            if near.episode != barrier.episode:
                continue
            body = simplified(near.text)
            if (text in body and re.search(rf"{re.escape(text)}.{{0,3}}(?:{_EXPLAINS})", body)) or (
                near.id != barrier.cue and _ASKS.search(body)
            ):
                return "explained", f"the dialogue explains it at {near.id}"
    if len(text) >= 2 and text not in names:
        for episode in dict.fromkeys(b.episode for b in group):
            if text in shown.get(episode, ""):
                return "shown", f"the picture shows it in episode {episode}, as the script's action says"
    return "none", "neither the picture nor the lines nearby explain it, as far as text tells"


def _shown(script: Sequence[ScriptLine]) -> dict[int, str]:
    """By episode, what the action lines of the script put on the picture."""
    found: dict[int, list[str]] = {}
    for line in script:
        if line.kind in ("action", "caption"):
            found.setdefault(line.episode, []).append(simplified(line.text))
    return {episode: "\n".join(texts) for episode, texts in found.items()}


def _familiarity(text: str, familiar: Mapping[str, str], market: Market) -> tuple[Any, str]:
    if text in familiar:
        return "known", familiar[text]
    return "not known", f"not on the list of what {market.name} knows"


def _propose(barrier: Barrier, p: Parameters, rendering: str, agreed: bool) -> tuple[tuple[str, ...], str]:
    """The open strategies, the proposed one first, and the reason in one sentence."""
    ways = list(barrier.strategies) or ["generalization"]
    said = []

    def first(strategy: str) -> bool:
        if strategy not in ways:
            return False
        ways.remove(strategy)
        ways.insert(0, strategy)
        return True

    if agreed:
        said.append("the rendering is agreed in series.toml")
    elif rendering:
        said.append("a rendering is known")
    elif p.familiarity == "known" and first("retention"):
        said.append("the market knows it, so it can stay")
    elif (
        p.centrality == "central"
        and p.redundancy == "none"
        and barrier.kind in _GROUNDED
        and first("specification")
    ):
        said.append("it comes back and nothing explains it, so the first mention says what it is")
    elif p.centrality == "passing" and p.redundancy != "none" and first("generalization"):
        said.append("it passes by and the viewer is helped, so a broader word is enough")
    elif p.centrality == "passing" and barrier.need == 1 and first("generalization"):
        said.append("it passes by and only tone is lost, so a plain word is enough")
    elif barrier.need == 3:
        said.append("word for word it is wrong or meaningless, so its sense is said")
    else:
        said.append("its sense matters more than its form")
    if p.centrality == "central" and "omission" in ways:
        ways.remove("omission")
        said.append("it is central, so it is not left out")
    facts = [
        f"{p.centrality}: {p.centrality_reason}",
        "" if p.redundancy == "none" else p.redundancy_reason,
        f"known here: {p.familiarity_reason}" if p.familiarity == "known" else "not known here",
    ]
    sentences = ["; ".join(said), *(x for x in facts if x)]
    return tuple(ways), " ".join(f"{s[:1].upper()}{s[1:]}." for s in sentences)


def _unique(made: Sequence[Item]) -> list[Item]:
    """One entry for one text and kind; a text with two kinds keeps both, told apart by the kind."""
    return list({(i.item, i.kind): i for i in made}.values())
