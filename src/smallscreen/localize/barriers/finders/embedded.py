"""The embedded finder: words, patterns and lexicon matches, judged in their context by a small learned scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from smallscreen.localize.barriers.candidates import Candidate, Patterns, candidates
from smallscreen.localize.barriers.dictionaries import word_glosses
from smallscreen.localize.barriers.entries import Entry, data_version
from smallscreen.localize.barriers.features import matrix
from smallscreen.localize.barriers.finder import Finder
from smallscreen.localize.barriers.finders.lexicon import Terms, agreed_renderings, barrier, known_names
from smallscreen.localize.barriers.finders.lexicon import matcher as lexicon_matcher
from smallscreen.localize.barriers.kin import in_context, plain, real
from smallscreen.localize.barriers.matcher import Match
from smallscreen.localize.barriers.scorer import preference, scorer
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.localize.barriers.words import learned, words
from smallscreen.series.model import Barrier, Cue, Series

SOURCE = "scorer"
"""`Barrier.lexicon` of an item that no lexicon names."""
_CHUNK = 400  # cues judged together: bounds the memory of the figures to about 2 MB


class EmbeddedFinder(Finder):
    id = "embedded"
    name = "Learned scorer"
    description = (
        "Dictionary words, patterns and lexicon matches, judged in context by boosted trees trained on labelled "
        "dialogue; offline."
    )

    def find(self, cues: Sequence[Cue], series: Series | None = None) -> list[Barrier]:
        names = known_names(cues, series, lexicon_matcher())
        patterns = Patterns(names)
        agreed, terms = agreed_renderings(series), Terms(series)
        texts = [simplified(cue.text) for cue in cues]
        found: list[list[Match]] = []
        for first in range(0, len(texts), _CHUNK):
            found += _judged(texts[first : first + _CHUNK], patterns, names)
        unknown = {m.entry.text for some in found for m in some if m.entry.source == SOURCE}
        told = word_glosses(unknown) if unknown else {}
        out = []
        for cue, text, some in zip(cues, texts, found, strict=True):
            for match in terms.over(text, [_explained(m, told) for m in some]):
                item = barrier(cue, match, agreed.get(match.entry.text, {}), self.id)
                if match.entry.own or not real(match.entry.text, cue.speaker, series):
                    out.append(in_context(item, cue.speaker, series))
        return out

    @property
    def version(self) -> str:
        return data_version()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    found: list[Candidate]
    rows: np.ndarray


def _judged(texts: Sequence[str], patterns: Patterns, names: tuple[str, ...]) -> list[list[Match]]:
    """The chosen items of each text: not overlapping, in order, each with its probability as confidence."""
    table, judge, known = words(), scorer(), learned()
    lines = []
    for text in texts:
        found, segments = candidates(text, lexicon_matcher().find(text, names), table, patterns, names)
        lines.append(_Line(text, found, matrix(text, found, segments, table, known)))
    rows = np.concatenate([line.rows for line in lines])
    if not len(rows):
        return [[] for _ in texts]
    probability = judge.probability(rows)
    probability[_plain_kin(lines)] = 0.0
    kept = np.flatnonzero(probability >= judge.threshold)
    kinds = dict(zip(kept.tolist(), judge.kinds(rows[kept]), strict=True)) if len(kept) else {}
    needs = dict(zip(kept.tolist(), judge.needs(rows[kept]), strict=True)) if len(kept) else {}
    rank = preference(rows, probability)
    out, first = [], 0
    for line in lines:
        here = range(first, first + len(line.found))
        first += len(line.found)
        chosen: list[Match] = []
        for i in sorted((i for i in here if i in kinds), key=lambda i: (-rank[i], i)):
            c = line.found[i - here.start]
            if all(c.end <= m.start or c.start >= m.end for m in chosen):
                sure = round(min(0.99, float(probability[i])), 3)
                chosen.append(Match(c.start, c.end, _entry(line.text, c, kinds[i], needs[i], sure)))
        out.append(sorted(chosen, key=lambda m: m.start))
    return out


def _plain_kin(lines: Sequence[_Line]) -> list[int]:
    """The places, among all lines' candidates, of plain words for real kin that no lexicon names."""
    every = ((line.text, c) for line in lines for c in line.found)
    return [i for i, (text, c) in enumerate(every) if c.match is None and plain(text, c.start, c.end)]


def _entry(text: str, c: Candidate, kind: str, need: int, sure: float) -> Entry:
    if c.match is not None:
        return replace(c.match.entry, confidence=sure)
    if c.broad is not None:
        return replace(c.broad, need=need, confidence=sure, own=False)
    return Entry(text[c.start : c.end], kind, need, source=SOURCE, confidence=sure, own=False)


def _explained(match: Match, told: dict[str, tuple[str, str]]) -> Match:
    if match.entry.source != SOURCE or match.entry.text not in told:
        return match
    literal, meaning = told[match.entry.text]
    return replace(match, entry=replace(match.entry, literal=literal, meaning=meaning))
