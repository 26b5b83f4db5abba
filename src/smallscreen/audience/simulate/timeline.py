"""What simulated viewers are shown: the episodes of a series with their lengths and what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smallscreen.audience.simulate.truth import Span
from smallscreen.errors import UserError
from smallscreen.series.model import Finding
from smallscreen.series.store import Store

STAND_IN = "culture.literal"
"""The check whose hazard a stand-in's spans carry."""
STAND_IN_NEED = 3  # wrong or meaningless word for word


@dataclass(frozen=True, slots=True)
class Shown:
    """One edition: its findings' spans by episode. `stand_in`: it has no lines, the source's barriers stand for them."""

    market: str
    variant: str
    spans: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    stand_in: bool = False

    @property
    def name(self) -> str:
        return self.market if self.variant == "main" else f"{self.market}.{self.variant}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A series: episode numbers in order with their lengths in ms, the editions, the source's findings by episode."""

    series: str
    durations: Mapping[int, int]
    editions: tuple[Shown, ...]
    source: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def read_timeline(store: Store, markets: Sequence[str], variants: Sequence[str]) -> Timeline:
    """The series as it is stored. UserError where it has no episode with a length, or no edition for a market.

    A market whose literal edition has no lines (nobody made one) gets a stand-in: each barrier of the source
    that means nothing word for word counts as left literal.
    """
    durations = {e.number: e.duration_ms for e in store.episodes() if e.duration_ms > 0}
    if not durations:
        raise UserError(f"{store.slug} has no episode with a length; put its subtitles or videos in first.")
    there = {(e.locale, e.variant): e for e in store.editions()}
    barriers: dict[int, tuple[Span, ...]] | None = None
    editions = []
    for market, variant in ((m, v) for m in markets for v in variants):
        edition = there.get((market, variant))
        if edition is not None and (variant != "literal" or store.lines(edition)):
            editions.append(Shown(market, variant, _spans(store.findings(edition))))
        elif variant == "literal" and any(m == market for m, _ in there):
            barriers = _barriers(store) if barriers is None else barriers
            editions.append(Shown(market, variant, barriers, stand_in=True))
        else:
            have = ", ".join(e.name for e in there.values()) or "there is none yet"
            raise UserError(
                f"The series has no edition {Shown(market, variant).name} to show (editions: {have}); "
                "make it with smallscreen localize."
            )
    source = {n: tuple(f.check for f in some) for n, some in store.findings(None).items()}
    return Timeline(store.slug, durations, tuple(editions), source)


def _spans(findings: Mapping[int, Sequence[Finding]]) -> dict[int, tuple[Span, ...]]:
    return {n: tuple((f.start_ms, f.end_ms, f.check) for f in some) for n, some in sorted(findings.items())}


def _barriers(store: Store) -> dict[int, tuple[Span, ...]]:
    cues = {c.id: c for some in store.cues().values() for c in some}
    return {
        n: tuple(
            (cues[b.cue].start_ms, cues[b.cue].end_ms, STAND_IN)
            for b in some
            if b.need >= STAND_IN_NEED and b.cue in cues
        )
        for n, some in sorted(store.barriers().items())
    }
