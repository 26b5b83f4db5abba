"""Is this video ours, and which seconds of it: one file against a catalogue.

Fingerprint, search, verification of picture and sound apart, what says nothing left out, both put together. What
`find` gives is not stored here: `cases` keeps it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from smallscreen.engines.sql import SqlEngine
from smallscreen.errors import UserError
from smallscreen.rights import exclude
from smallscreen.rights.align import NEAR, verify_all
from smallscreen.rights.catalogue import Catalogue
from smallscreen.rights.fuse import Fused, fuse
from smallscreen.rights.model import Asset, Candidate, Fingerprint, Match, Segment
from smallscreen.rights.picture.hashes import MIRROR
from smallscreen.rights.releases import NAME as RELEASES
from smallscreen.rights.releases import Releases, Seen
from smallscreen.rights.releases_file import read_releases
from smallscreen.rights.search import searched
from smallscreen.rights.sound import Verifier
from smallscreen.rights.terms import terms_of

_ALIKE = 0.05
"""Two assets of one episode fit a query equally well when their seconds differ by no more than this part."""


_SAME_SOUND = (
    "Only the sound is ours: the pictures were compared and do not agree. Music that others bought as well sounds the "
    "same; look and listen."
)
_NEAR_MS = 1_000
_MOMENT_MS = 400
_MOMENTS = 2


@dataclass(frozen=True)
class _Found:
    asset: Asset
    match: Match
    weight: float


def find(
    catalogue: Catalogue,
    path: Path,
    *,
    seen: Seen | None = None,
    engine: SqlEngine | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Match]:
    """The works of ours that a file shows, the surest first; an empty list where there are none.

    `seen` says where the file was found, for releases and licences. `engine` is Spark for catalogues that many
    machines hold. Raises UserError for a file that cannot be read.
    """
    from smallscreen.rights.fingerprint import fingerprint

    query = fingerprint(path, query=True, progress=progress)
    return find_fingerprint(catalogue, query, Path(path).name, seen=seen, engine=engine)


def find_fingerprint(
    catalogue: Catalogue,
    query: Fingerprint,
    name: str,
    *,
    seen: Seen | None = None,
    engine: SqlEngine | None = None,
) -> list[Match]:
    """As `find`, with a fingerprint that was made elsewhere (with `query=True`)."""
    result = searched(catalogue, terms_of(query), engine=engine)
    return verified(catalogue, query, name, result.candidates, seen=seen)


def verified(
    catalogue: Catalogue,
    query: Fingerprint,
    name: str,
    candidates: Sequence[Candidate],
    *,
    seen: Seen | None = None,
) -> list[Match]:
    """The matches among candidates: one for each episode, of its asset that fits best; others are named in `notes`."""
    by_asset: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_asset.setdefault(candidate.asset_id, []).append(candidate)
    rules = read_releases(catalogue.root / RELEASES)
    notes: list[str] = []
    known: list[tuple[Asset, Fingerprint]] = []
    for asset_id in by_asset:
        try:
            known.append((catalogue.asset(asset_id), catalogue.fingerprint(asset_id)))
        except UserError as problem:  # removed a moment ago, or damaged: the others still count
            if catalogue.has(asset_id):
                notes.append(str(problem))
    spans = {s: exclude.spans(catalogue, s) if s else [] for s in {a.series for a, _ in known}}
    looking = _Looking(query, Verifier(query.sound) if query.sound is not None else None)

    found: list[_Found] = []
    # One at a time: two threads wait for each other more than they save, and long films laid on each other take much
    # memory. A matrix library's own threads save nothing either, for products as small as these.
    with threadpool_limits(1, "blas"):
        for asset, print_ in known:
            mine = [s for s in spans[asset.series] if s.asset_id == asset.id]
            whole = looking.fused(print_, by_asset[asset.id], mine)
            if whole is None:
                continue
            match = Match(
                id=match_id(query.sha256, asset.id),
                query_sha256=query.sha256,
                query_name=name,
                asset=asset,
                segments=tuple(whole.segments),
                disguises=tuple(whole.disguises),
                confidence=whole.confidence,
                notes=(*query.notes, _SAME_SOUND) if whole.same_sound else query.notes,
            )
            found.append(_Found(asset, _judged(match, rules, seen), _weight(whole.segments)))
    matches = _best_of_each_work(found)
    if notes and matches:
        matches[0] = replace(matches[0], notes=(*matches[0].notes, *notes))
    return matches


def match_id(query_sha256: str, asset_id: str) -> str:
    """The same file and asset have the same id, whenever they are compared."""
    return hashlib.sha256(f"{query_sha256} {asset_id}".encode()).hexdigest()[:16]


# --- inside ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Looking:
    """A query that is held against one asset after another."""

    query: Fingerprint
    heard: Verifier | None

    def fused(
        self, asset: Fingerprint, pointed: Sequence[Candidate], spans: Sequence[exclude.Span]
    ) -> Fused | None:
        """What picture and sound say together of one asset; `spans` are what is excluded of it."""
        asset_id = pointed[0].asset_id
        sounds = self._sounds(asset, [c for c in pointed if c.kind == "sound"])
        picture = [c for c in pointed if c.kind == "picture"]
        shown: list[Segment] = []
        # Laying motion on motion costs a second an asset: only where something speaks for it already.
        if sounds or any(self._alike(asset, c, spans) for c in picture):
            shown = exclude.telling(verify_all(self.query, asset, picture), asset_id, "picture", spans)
        # Where only the picture pointed, its line is tried.
        silent = [s for s in shown if not any(_overlap(s, other) for other in sounds)]
        sounds += self._sounds(asset, _lines(silent, asset_id))
        heard = _distinct(sounds)
        told = exclude.telling(heard, asset_id, "sound", spans)
        return fuse(self.query, shown, told, asset, [s for s in heard if s not in told])

    def _sounds(self, asset: Fingerprint, lines: Sequence[Candidate]) -> list[Segment]:
        if self.heard is None or asset.sound is None:
            return []
        return [segment for line in lines for segment in self.heard.verify(asset.sound, line)]

    def _alike(self, asset: Fingerprint, candidate: Candidate, spans: Sequence[exclude.Span]) -> bool:
        """Whether whole hashes agree at several moments near a candidate's line, outside of what is excluded.

        The join has seen a fifth of their bits: by chance that part agrees here and there, the whole does not.
        """
        theirs, ours = self.query.picture, asset.picture
        if theirs is None or ours is None or not len(ours.times_ms):
            return False
        rows = np.flatnonzero(theirs.view == candidate.layout)
        at = theirs.times_ms[rows] * candidate.speed + candidate.offset_ms
        low = np.searchsorted(ours.times_ms, at - _NEAR_MS)
        count = np.searchsorted(ours.times_ms, at + _NEAR_MS) - low
        pairs = np.repeat(rows, count)
        others = np.repeat(low - np.cumsum(count) + count, count) + np.arange(len(pairs))
        asked = theirs.hashes[pairs]
        if candidate.mirrored:
            asked = asked ^ MIRROR
        near = np.bitwise_count(asked ^ ours.hashes[others]).sum(1) <= NEAR
        for span in spans:
            if span.kind == "picture":
                inside = ours.times_ms[others]
                near &= (inside < span.from_ms) | (inside >= span.to_ms)
        return len(np.unique(theirs.times_ms[pairs[near]] // _MOMENT_MS)) >= _MOMENTS


def _lines(shown: Sequence[Segment], asset_id: str) -> list[Candidate]:
    return [
        Candidate(asset_id, "sound", round(s.asset_from_ms - s.speed * s.query_from_ms), 0.0, s.speed)
        for s in shown
    ]


def _distinct(segments: Sequence[Segment]) -> list[Segment]:
    """Segments of several candidates that found the same: of two that overlap in query and asset, the surer, longer one."""
    kept: list[Segment] = []
    for one in sorted(
        segments, key=lambda s: (-s.confidence * (s.query_to_ms - s.query_from_ms), s.query_from_ms)
    ):
        if not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda s: (s.query_from_ms, s.asset_from_ms))


def _overlap(one: Segment, other: Segment) -> bool:
    """Whether more than half of the shorter one lies in the other, in the query."""
    low, high = max(one.query_from_ms, other.query_from_ms), min(one.query_to_ms, other.query_to_ms)
    shorter = min(one.query_to_ms - one.query_from_ms, other.query_to_ms - other.query_from_ms)
    return 2 * (high - low) > shorter


def _weight(segments: Sequence[Segment]) -> float:
    """Seconds of the query that are told, those told by picture and sound twice."""
    return sum(
        (s.query_to_ms - s.query_from_ms) / 1000 * s.confidence * (2 if s.by == "both" else 1)
        for s in segments
    )


def _judged(match: Match, rules: Releases, seen: Seen | None) -> Match:
    standing = rules.standing(match.asset.series, match.asset.edition, match.query_sha256, seen or Seen())
    return replace(match, status=standing.status, why=standing.why)


def _best_of_each_work(found: Sequence[_Found]) -> list[Match]:
    """Of an episode's master and editions the one that fits best; of equals one that may be shown, then the master."""
    works: dict[tuple[str, object], list[_Found]] = {}
    for one in found:
        numbered = (
            one.asset.series and one.asset.episode is not None and one.asset.kind in ("master", "edition")
        )
        works.setdefault((one.asset.series, one.asset.episode if numbered else one.asset.id), []).append(one)
    matches: list[tuple[float, Match]] = []
    for members in works.values():
        most = max(m.weight for m in members)
        equal = [m for m in members if m.weight >= (1 - _ALIKE) * most]
        best = min(
            equal, key=lambda m: (m.match.status == "copy", m.asset.kind != "master", -m.weight, m.asset.id)
        )
        others = sorted(
            m.asset.name if m.asset.edition is None else f"{m.asset.name} ({m.asset.edition})"
            for m in members
            if m is not best
        )
        match = best.match
        if others:
            match = replace(
                match,
                notes=(*match.notes, f"It is found in {', '.join(others)} of the same episode as well."),
            )
        matches.append((best.weight, match))
    return [m for _, m in sorted(matches, key=lambda x: (-x[1].confidence, -x[0], x[1].id))]
