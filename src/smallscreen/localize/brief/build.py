"""What the program proposes for an edition, from the series alone: the same input, the same brief."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from smallscreen.localize.brief import scenes as _scenes
from smallscreen.localize.brief.address import pairs
from smallscreen.localize.brief.detector import Detector, detect
from smallscreen.localize.brief.grading import threads
from smallscreen.localize.brief.items import items
from smallscreen.localize.brief.model import Brief, Item, Name, Pair, Thread
from smallscreen.localize.brief.register import register
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Character, Cue, Scene, ScriptLine, Series
from smallscreen.series.registry import discover

_TWO_FORMS = {
    "es": "tú or usted", "fr": "tu or vous", "de": "du or Sie", "pt": "você, or o senhor and a senhora",
    "id": "aku/kamu, or saya with a title", "hi": "आप, तुम or तू", "ko": "반말, 해요체 or 합쇼체",
    "ja": "plain form or です・ます", "th": "which pronouns and particles", "vi": "which pair of kinship words",
}  # fmt: skip
"""Languages in which every pair needs a form, and the choice they have."""
_ASKED_PAIRS = 8
_ASKED_ITEMS = 8


@cache
def detectors() -> dict[str, Detector]:
    """Every scene detector there is, by id."""
    return discover(_scenes, Detector)  # type: ignore[type-abstract]


def build(
    cues: Sequence[Cue],
    series: Series,
    market: Market,
    barriers: Sequence[Barrier],
    scenes: Sequence[Scene] = (),
    script: Sequence[ScriptLine] = (),
) -> Brief:
    """The brief of a market. `barriers` are as this market needs them (`barriers.market.for_market`).

    Works without speakers (no pairs), without a script (runs of cues for scenes), and on no cues at all.
    """
    known_episodes = len({c.episode for c in cues})
    found = detect(list(detectors().values()), cues, scenes, script)
    names = _names(cues, series, market)
    who_calls_whom = pairs(cues, series, market, barriers)
    things = items(barriers, cues, series, market, script)
    plot = threads(found, detectors(), market, known_episodes)
    cited = {c for i in things for c in i.cues} | {c for p in who_calls_whom for f in p.forms for c in f.cues}
    cited |= {c for t in plot for s in t.scenes for c in s.found.lines}
    speaking = sum(c.speaker is not None for c in cues)
    return Brief(
        series=series.slug,
        title=series.title,
        source_language=series.source_language,
        market=market.locale,
        market_name=market.name,
        language=market.language,
        direction=market.direction,
        episodes=known_episodes,
        cues=len(cues),
        cues_with_speaker=speaking,
        scenes_known=any(c.scene for c in cues),
        tone=market.tone,
        register=register(cues),
        address="",
        names=tuple(names),
        pairs=tuple(who_calls_whom),
        items=tuple(things),
        threads=tuple(plot),
        questions=tuple(_questions(names, who_calls_whom, things, plot, market)),
        quotes={c.id: " ".join(c.text.split()) for c in cues if c.id in cited},
        speakers={c.id: c.speaker for c in cues if c.id in cited and c.speaker},
        notes=tuple(_notes(cues, speaking)),
    )


def _names(cues: Sequence[Cue], series: Series, market: Market) -> list[Name]:
    spoken = Counter(c.speaker for c in cues if c.speaker)
    known: dict[str, Character] = {n: c for c in series.characters for n in (c.name, *c.aliases)}
    made = []
    for c in series.characters:
        rendering = c.renderings.get(market.locale) or c.renderings.get(market.language) or ""
        who = ", ".join(str(x) for x in (c.gender, c.age, c.role) if x)
        count = sum(spoken[n] for n in dict.fromkeys((c.name, *c.aliases)))
        made.append(Name(c.name, c.aliases, who, count, rendering, bool(rendering)))
    made += [Name(n, (), "not in series.toml", k, "") for n, k in spoken.items() if n not in known and k >= 3]
    return sorted(made, key=lambda n: (-n.cues, n.name))


def _notes(cues: Sequence[Cue], speaking: int) -> list[str]:
    said = []
    if cues and not speaking:
        said.append(
            "No cue has a speaker, so nothing can be said about who calls whom what; a script gives them."
        )
    elif speaking < 0.8 * len(cues):
        said.append(
            f"{speaking:,} of {len(cues):,} cues have a speaker; forms of address are counted in these alone."
        )
    if cues and not any(c.scene for c in cues):
        said.append("There is no script with scenes; scenes are runs of about twelve cues.")
    return said


def _questions(
    names: Sequence[Name],
    pairs: Sequence[Pair],
    items: Sequence[Item],
    plot: Sequence[Thread],
    market: Market,
) -> list[str]:
    """What only a person can decide, the gravest first."""
    asked = [
        f"{t.name}: is {t.grade} right for {market.name}? Episodes {_numbers(t.episodes)}."
        for t in plot
        if t.grade in ("remake", "local carrier")
    ]
    if market.language in _TWO_FORMS:
        chosen = [f"{p.speaker} to {p.to}" for p in pairs[:_ASKED_PAIRS]]
        if chosen:
            asked.append(f"Which form ({_TWO_FORMS[market.language]}) holds between {'; '.join(chosen)}?")
    unnamed = [n.name for n in names if not n.rendering and n.cues]
    if unnamed:
        asked.append(f"What are these people called here: {', '.join(unnamed[:20])}?")
    open_items = [
        i for i in items if not i.rendering and i.need == 3 and i.parameters.centrality != "passing"
    ]
    asked += [
        f"How is {i.item} ({i.meaning or i.kind}) said here? {i.count} cues."
        for i in open_items[:_ASKED_ITEMS]
    ]
    unlike = [
        f"{p.speaker} to {p.to}: {', '.join(f.source for f in p.forms)}"
        for p in pairs
        if len([f for f in p.forms if f.count >= 2]) >= 3
    ]
    if unlike:
        asked.append(f"Do the changes of address matter to the plot? {'; '.join(unlike[:5])}.")
    return asked


def _numbers(episodes: Sequence[int]) -> str:
    return ", ".join(map(str, episodes))
