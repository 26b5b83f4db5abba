"""The lexicon finder: own lexicons, CC-CEDICT's tags, a list of chengyu, and the series' own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from smallscreen.localize.barriers.dictionaries import dictionary_entries, own_glosses
from smallscreen.localize.barriers.entries import Entry, data_version, own_lexicons
from smallscreen.localize.barriers.finder import Finder
from smallscreen.localize.barriers.matcher import Match, Matcher, select
from smallscreen.localize.barriers.strategies import ordered
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.series.model import KINDS, Barrier, Cue, Series

_TERM_KINDS = {
    "craft": "custom", "object": "custom", "prop": "custom", "thing": "custom", "festival": "custom",
    "dish": "food", "drink": "food", "place": "allusion", "work": "allusion", "brand": "allusion", "person": "allusion",
    "organization": "institution", "organisation": "institution", "company": "institution", "school": "institution",
    "exam": "institution", "office": "institution", "title": "address", "nickname": "address", "unit": "measure",
    "money": "measure", "saying": "idiom", "proverb": "idiom", "dialect": "slang", "pun": "wordplay",
}  # fmt: skip
"""A term's kind is free text; these words are read as one of our kinds, any other as custom."""


_NO_NAMES = frozenset(
    [
        "其他",
        "其它",
        "旁白",
        "众人",
        "所有人",
        "大家",
        "路人",
        "群众",
        "画外音",
        "字幕",
        "男声",
        "女声",
        "未知",
    ]
)
"""What stands in a speaker column and is no name."""


class LexiconFinder(Finder):
    id = "lexicon"
    name = "Lexicons"
    description = (
        "Own lexicons by kind, CC-CEDICT's tagged entries, a list of chengyu, and the series' terms."
    )

    def find(self, cues: Sequence[Cue], series: Series | None = None) -> list[Barrier]:
        names = known_names(cues, series, matcher())
        agreed = agreed_renderings(series)
        terms = Terms(series)
        out = []
        for cue in cues:
            text = simplified(cue.text)
            matches = matcher().find(text, names)
            for match in terms.over(text, matches):
                out.append(barrier(cue, match, agreed.get(match.entry.text, {}), self.id))
        return out

    @property
    def version(self) -> str:
        return data_version()


@cache
def matcher() -> Matcher:
    """The index over every lexicon and dictionary entry, made once a process."""
    told = own_glosses()
    own = [
        replace(
            e, literal=e.literal or told[e.text][0], meaning=f"{e.meaning} (CC-CEDICT: {told[e.text][1]})"
        )
        if e.text in told
        else e
        for lexicon in own_lexicons().values()
        for e in lexicon.entries
    ]
    return Matcher([*own, *dictionary_entries()])


def known_names(cues: Sequence[Cue], series: Series | None, index: Matcher) -> tuple[str, ...]:
    """The personal names: characters, their aliases and the cues' speakers, longest first.

    A name that is itself a kin term or a title (外婆, 王总) is a form of address and not in the list. A
    speaker with three characters is also called by the last two.
    """
    full = {simplified(cue.speaker) for cue in cues if cue.speaker}
    for character in series.characters if series else ():
        full |= {simplified(character.name), *(simplified(alias) for alias in character.aliases)}
    full -= _NO_NAMES
    names = {n for n in full if 2 <= len(n) <= 8}
    names |= {n[1:] for n in full if len(n) == 3}
    return tuple(sorted((n for n in names if not index.is_address(n)), key=lambda n: (-len(n), n)))


class Terms:
    """The series' terms that have a kind, found in a line before the lexicons' items."""

    def __init__(self, series: Series | None) -> None:
        self._entries = [
            Entry(
                simplified(term.source),
                term.kind if term.kind in KINDS else _TERM_KINDS.get(term.kind.strip().lower(), "custom"),
                2, "", term.note, (), dict(term.renderings), source="series", confidence=1.0,
            )
            for term in (series.terms if series else ())
            if term.kind and term.source
        ]  # fmt: skip

    def over(self, text: str, matches: list[Match]) -> list[Match]:
        """`matches` with the terms put over them; a term takes what the lexicon knows about the same words."""
        if not self._entries:
            return matches
        known = {m.entry.text: m.entry for m in matches}
        found = []
        for entry in self._entries:
            start = text.find(entry.text)
            while start >= 0:
                same = known.get(entry.text)
                found.append(Match(start, start + len(entry.text), _joined(entry, same) if same else entry))
                start = text.find(entry.text, start + len(entry.text))
        terms = select(found)
        rest = [m for m in matches if all(m.end <= t.start or m.start >= t.end for t in terms)]
        return sorted([*terms, *rest], key=lambda m: m.start)


def _joined(term: Entry, known: Entry) -> Entry:
    return Entry(
        term.text, term.kind, known.need, known.literal, term.meaning or known.meaning, known.strategies,
        {**known.renderings, **term.renderings}, source="series", confidence=1.0,
    )  # fmt: skip


def agreed_renderings(series: Series | None) -> dict[str, dict[str, str]]:
    """Renderings agreed for a form of address: an alias such as 外婆 has its character's renderings only
    when the character is called nothing else, since the renderings belong to the name."""
    if series is None:
        return {}
    return {simplified(c.name): dict(c.renderings) for c in series.characters if c.renderings}


def barrier(cue: Cue, match: Match, agreed: dict[str, str], finder: str) -> Barrier:
    """A match of the simplified text as a barrier of the cue, quoted as the cue has it."""
    entry = match.entry
    return Barrier(
        cue=cue.id,
        episode=cue.episode,
        start=match.start,
        end=match.end,
        text=cue.text[match.start : match.end],
        kind=entry.kind,
        need=entry.need,
        literal=entry.literal,
        meaning=entry.meaning,
        strategies=ordered(entry.kind, entry.need, entry.strategies),
        suggestions={**entry.renderings, **agreed},
        finder=finder,
        lexicon=entry.source,
        confidence=entry.confidence,
    )
