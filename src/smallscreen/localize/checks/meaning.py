"""Does the line mean what the source means? Sentences are compared as vectors, across languages.

Embedding every line of 80 episodes for 6 markets would take minutes, so by default only a part is
compared: the lines that cheap evidence makes doubtful (length, a lost question or number, a
repeated line), a spread sample of the others, and every line of episodes that look shifted.
`CheckContext.deep` compares all. The summary says how many were compared.

How a pair is judged. Cosines of e5 lie in a narrow band and differ by sentence and by language, so
each language's vectors are centered on their mean, and a pair's cosine is set against the line's
cosines with the other sources and the source's with the other lines: how many standard deviations
it stands out (mean of the two sides). Figures of what this can tell are in docs/checks.md and are
measured by `python -m bench.checks`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from smallscreen.localize.checks.adequacy import LengthModel, length_model, unit_lengths
from smallscreen.localize.checks.base import (
    CheckContext,
    Embedder,
    SeriesCheck,
    SeriesContext,
    Unit,
    VectorCache,
    letters,
    quote,
)
from smallscreen.localize.checks.number_words import line_numbers
from smallscreen.localize.checks.numbers import numbers_of
from smallscreen.localize.checks.punctuation import asks
from smallscreen.series.model import Finding

BUDGET = 48
"""Lines compared in an edition when not asked to compare all."""
SHIFTED_BUDGET = 160
"""Lines compared beyond that in episodes that look shifted."""
HELD = 8
"""Doubtful lines that are held against their neighbors, when not asked to compare all."""
FAR = 1.0
"""A pair that stands out by fewer standard deviations than this is reported; see `far_below`. Of the
sample's three freely rendered editions 2 to 8 % of the true pairs lie below it, and 85 to 89 % of the
pairs of a line and a wrong cue (bench/checks.py)."""
DOUBTFUL = 2.0
"""Below this a line is held against the neighboring cues."""
LEAST = 24
"""Pairs needed to know what is usual."""


@dataclass(slots=True)
class Place:
    """One unit to compare, and what made it doubtful (0: nothing)."""

    episode: CheckContext
    unit: Unit
    episode_at: int  # which of the contexts
    at: int  # its place among the episode's places
    doubt: float = 0.0


class Meaning(SeriesCheck):
    """adequacy.meaning"""

    id = "adequacy.meaning"
    name = "Meaning far from the source"
    description = (
        "The line means something else than its source, or what a neighboring cue says. Measured with multilingual "
        "sentence vectors on doubtful lines, a sample and episodes that look shifted; on all lines when deep."
    )

    def run(self, ctx: SeriesContext) -> Iterator[Finding]:
        embedder = ctx.first.embedder
        by_episode = [places_of(episode, number) for number, episode in enumerate(ctx.episodes)]
        places = [place for episode in by_episode for place in episode]
        if embedder is None:
            ctx.summary.not_run[self.id] = "no embedder is installed on this machine"
            return
        if len(places) < LEAST:
            ctx.summary.not_run[self.id] = f"fewer than {LEAST} lines do not show what is usual"
            return
        shifted = [episode for episode in by_episode if looks_shifted(episode)]
        chosen = places if ctx.first.deep else _choose(places, shifted)
        judge = Judge(chosen, embedder, ctx.first.cache)
        neighbors = _Neighbors(by_episode, reach=2 if ctx.first.deep else 1)
        doubtful = [p for p in chosen if judge.score(p.unit.source, p.unit.text) < DOUBTFUL]
        # Neighbors need vectors too: of an edition that is wrong throughout, a part says enough.
        step = 1 if ctx.first.deep else max(1, math.ceil(len(doubtful) / HELD))
        found: list[Finding] = []
        moved: dict[int, list[Place]] = {}
        for number, place in enumerate(doubtful):
            finding, belongs = self._judge(place, judge, neighbors if number % step == 0 else None)
            found += [finding] if finding else []
            if belongs:
                moved.setdefault(place.episode_at, []).append(place)
        if not ctx.first.deep:
            more = _Shifted(chosen, by_episode, moved)
            for place in more:
                finding, belongs = self._judge(place, judge, neighbors)
                found += [finding] if finding else []
                more.tell(belongs)
            chosen = [*chosen, *more.compared]
        ctx.summary.figures[self.id] = {
            "compared": len(chosen),
            "lines": len(places),
            "embedder": embedder.name,
            "episodes_that_look_shifted": [e[0].episode.cues[0].episode for e in shifted],
        }
        yield from found

    def _judge(self, place: Place, judge: Judge, neighbors: _Neighbors | None) -> tuple[Finding | None, bool]:
        """What is to be said of a place, and whether its line belongs to another cue."""
        score = judge.score(place.unit.source, place.unit.text)
        if score >= DOUBTFUL:
            return None, False
        best = max(
            (
                (judge.score(u.source, place.unit.text), u.start_ms, u)
                for u in (neighbors.of(place) if neighbors else ())
            ),
            default=None,
            key=lambda b: b[:2],
        )
        if best is not None and best[0] >= max(score + 2.0, DOUBTFUL + 0.5):
            return self._belongs(place, best[2], score, best[0]), True
        return (self._far(place, score), False) if score < far_below(place.unit.source) else (None, False)

    def _far(self, place: Place, score: float) -> Finding:
        unit = place.unit
        return self.on_unit(
            place.episode,
            unit,
            f"The line seems to say something else than {quote(unit.source, 40)}.",
            "Read both; a free rendering is fine, and with a recorded reason this is a note.",
            evidence={"source": unit.source[:120], "text": unit.text[:160], "stands_out": round(score, 2)},
            severity="note" if place.episode.decided(unit.cues) else "warning",
            confidence=round(1 / (1 + math.exp(2 * (score - far_below(unit.source)))), 2),
        )

    def _belongs(self, place: Place, other: Unit, score: float, best: float) -> Finding:
        unit = place.unit
        return self.on_unit(
            place.episode,
            unit,
            f"The line seems to render another cue, {quote(other.source, 30)}, instead of {quote(unit.source, 30)}.",
            "Check whether lines were shifted from here on.",
            evidence={
                "source": unit.source[:120],
                "text": unit.text[:160],
                "other_cue": other.cues[0].id,
                "other_source": other.source[:120],
                "stands_out": round(score, 2),
                "other_stands_out": round(best, 2),
            },
            confidence=round(min(0.95, 0.5 + 0.1 * (best - score)), 2),
        )


def far_below(source: str) -> float:
    """The score below which a pair is reported: less for cues of few characters, whose vectors say little."""
    size = len(letters(source))
    return FAR if size >= 6 else FAR / 2 if size >= 4 else 0.0


class Judge:
    """Scores a source and a line against what is usual among `places`."""

    def __init__(self, places: Sequence[Place], embedder: Embedder, cache: VectorCache | None) -> None:
        self._vectors = _Vectors(embedder, cache)
        sources = self._vectors.of([p.unit.source for p in places])
        texts = self._vectors.of([p.unit.text for p in places])
        self._source_mean, self._text_mean = sources.mean(axis=0), texts.mean(axis=0)
        # At most 400 pairs say what is usual: enough for a mean and a spread, and the cost stays linear.
        step = max(1, len(places) // 400)
        self._sources = _centered(sources[::step], self._source_mean)
        self._texts = _centered(texts[::step], self._text_mean)
        self._of_source: dict[str, tuple[np.ndarray, float, float]] = {}
        self._of_text: dict[str, tuple[np.ndarray, float, float]] = {}

    def score(self, source: str, text: str) -> float:
        """How many standard deviations the pair's cosine stands out, mean of both sides."""
        one, source_mean, source_spread = self._side(self._of_source, source, self._source_mean, self._texts)
        two, text_mean, text_spread = self._side(self._of_text, text, self._text_mean, self._sources)
        cosine = float(one @ two)
        return ((cosine - source_mean) / source_spread + (cosine - text_mean) / text_spread) / 2

    def _side(
        self,
        kept: dict[str, tuple[np.ndarray, float, float]],
        text: str,
        mean: np.ndarray,
        others: np.ndarray,
    ) -> tuple[np.ndarray, float, float]:
        if text not in kept:
            vector = _centered(self._vectors.of([text]), mean)[0]
            cosines = others @ vector
            kept[text] = (vector, float(cosines.mean()), max(float(cosines.std()), 1e-3))
        return kept[text]


class _Vectors:
    """Vectors from the cache where they are there, else from the embedder."""

    def __init__(self, embedder: Embedder, cache: VectorCache | None) -> None:
        self._embedder, self._cache = embedder, cache
        self._near: dict[str, np.ndarray] = {}

    def of(self, texts: list[str]) -> np.ndarray:
        missing = list(dict.fromkeys(t for t in texts if t not in self._near))
        if missing and self._cache is not None:
            keys = {self._key(t): t for t in missing}
            for key, blob in self._cache.get_many(list(keys)).items():
                if key in keys and len(blob) % 2 == 0 and blob:
                    self._near[keys[key]] = np.frombuffer(blob, dtype="<f2").astype(np.float32)
            missing = [t for t in missing if t not in self._near]
        if missing:
            made = self._embedder.embed(missing)
            self._near.update(zip(missing, made, strict=True))
            if self._cache is not None:
                self._cache.put_many(
                    {self._key(t): v.astype("<f2").tobytes() for t, v in zip(missing, made, strict=True)}
                )
        return np.stack([self._near[t] for t in texts])

    def _key(self, text: str) -> str:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"vector:{self._embedder.name}:{digest[:32]}"


def _centered(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    moved = vectors - mean
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)


def places_of(episode: CheckContext, number: int) -> list[Place]:
    """The units of an episode that can be compared; `number` is its place among the contexts."""
    units = [u for u in episode.units if u.text and len(letters(u.source)) >= 2 and letters(u.text)]
    return [Place(episode, unit, number, at) for at, unit in enumerate(units)]


class _Shifted:
    """Further places to compare, in episodes of which a compared line belongs to another cue.

    First the four places around that line; where one of those belongs elsewhere too, the whole
    episode, while the budget lasts. Tell it after each place how that one turned out.
    """

    def __init__(
        self, chosen: Sequence[Place], by_episode: Sequence[Sequence[Place]], moved: dict[int, list[Place]]
    ) -> None:
        self._seen = {id(p) for p in chosen}
        self._by_episode, self._moved = by_episode, moved
        self._belongs = 0
        self.compared: list[Place] = []

    def tell(self, belongs: bool) -> None:
        self._belongs += belongs

    def __iter__(self) -> Iterator[Place]:
        for at, places in sorted(self._moved.items()):
            episode = self._by_episode[at]
            self._belongs = len(places)
            near = {p.at + k for p in places[:1] for k in (-2, -1, 1, 2)}
            yield from self._fresh([episode[k] for k in sorted(near) if 0 <= k < len(episode)])
            if self._belongs >= 2:
                yield from self._fresh(episode)

    def _fresh(self, places: Sequence[Place]) -> Iterator[Place]:
        for place in places:
            if id(place) not in self._seen and len(self.compared) < SHIFTED_BUDGET:
                self._seen.add(id(place))
                self.compared.append(place)
                yield place


class _Neighbors:
    """The units before and after a place, `reach` on each side, but for those that say the same."""

    def __init__(self, by_episode: Sequence[Sequence[Place]], reach: int) -> None:
        self._by_episode = by_episode
        self._steps = [k for k in range(-reach, reach + 1) if k]

    def of(self, place: Place) -> list[Unit]:
        own = self._by_episode[place.episode_at]
        same = letters(place.unit.source)
        around = [place.at + k for k in self._steps if 0 <= place.at + k < len(own)]
        return [own[k].unit for k in around if letters(own[k].unit.source) != same]


def _choose(places: list[Place], shifted: list[list[Place]]) -> list[Place]:
    """Doubtful places (half of the budget), a spread sample, and the episodes that look shifted."""
    if len(places) <= BUDGET:
        return places
    _weigh(places)
    doubtful = sorted((p for p in places if p.doubt > 0), key=lambda p: -p.doubt)[: BUDGET // 2]
    chosen = {id(p): p for p in doubtful}
    # The sample is the same cues in every market, so that their sources are embedded once.
    spread = BUDGET - len(chosen)
    step = len(places) / spread
    for number in range(spread):
        place = places[int((number + 0.5) * step)]
        chosen.setdefault(id(place), place)
    room = SHIFTED_BUDGET
    for episode in shifted:
        for place in episode[:room]:
            room -= id(place) not in chosen
            chosen.setdefault(id(place), place)
    return [p for p in places if id(p) in chosen]


def _weigh(places: list[Place]) -> None:
    """Cheap evidence that a line is not its source's: 1 for each kind, length by how far it is."""
    lengths = [unit_lengths(p.unit) for p in places]
    model: LengthModel | None = length_model(lengths)
    before = ("", "")
    for place, (source, text) in zip(places, lengths, strict=True):
        unit = place.unit
        doubt = 0.0
        if model is not None and source and text:
            doubt += max(0.0, abs(model.deviation(source, text)) - 2.0) / 2
        if asks(unit.source) and not any(mark in unit.text for mark in "?？؟"):
            doubt += 0.5
        wanted = [n for n in numbers_of(place.episode, unit) if n.sure >= 0.6]
        if wanted:
            there = line_numbers(unit.text, place.episode.market.language)
            doubt += 0.5 * any(not n.said_by(there) for n in wanted)
        folded = (letters(unit.text), letters(unit.source))
        if folded[0] == before[0] and folded[1] != before[1]:
            doubt += 1.0
        before = folded
        if place.episode.decided(unit.cues) is not None:
            doubt *= 0.25  # a recorded reason explains it
        place.doubt = doubt


def looks_shifted(episode: Sequence[Place]) -> bool:
    """Whether the lines' lengths follow the neighbors' sources better than their own."""
    if len(episode) < 12:
        return False
    lengths = np.log(np.array([[max(n, 1) for n in unit_lengths(p.unit)] for p in episode], dtype=float))
    source, text = lengths[:, 0], lengths[:, 1]
    own = _correlation(source, text)
    best = max(_correlation(source[: -k or None][: len(text) - k], text[k:]) for k in (1, 2, 3))
    best = max(best, *(_correlation(source[k:], text[: len(text) - k]) for k in (1, 2, 3)))
    return best >= 0.5 and best >= own + 0.25


def _correlation(one: np.ndarray, two: np.ndarray) -> float:
    if one.std() < 1e-9 or two.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1])
