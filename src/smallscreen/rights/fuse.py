"""Picture and sound of one asset put together: segments, how it was disguised, how sure.

Picture and sound are searched and verified apart, so that a re-dubbed copy is found by its picture and a filmed
screen by both. Where both name the same seconds of ours for the same seconds of the query, the segment is "both".

Music is bought by many. Where both files have moving pictures and these do not agree, a sound of ours makes no copy:
it is told apart as the **same sound**, with a confidence of at most `SAME_SOUND`, for a person to look at. Only where
there is no moving picture to compare may the sound speak alone. Sound that recurs in the series is named where it
goes with the picture, and speaks for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from smallscreen.rights.align import SUREST
from smallscreen.rights.model import Fingerprint, PictureTrack, Segment
from smallscreen.rights.picture import motion
from smallscreen.rights.sound.landmarks import unpacked

TOGETHER_MS = 600
"""Picture and sound may name asset times so far apart and still mean the same."""
GAP_MS = 3000
"""Two segments on one line are one where no more than this lies between them."""
SAME_SOUND = 0.5
"""No more confidence than this has a match of sounds under pictures that do not agree."""
_EXCERPT = 0.8
_MOVING = 0.1
"""Mean weight of a picture's motion (0 to 1) below which it counts as standing still."""
_PEAKS = 60
"""Peaks of sound (at most 20 a second) in what is shown of ours from which their absence says something."""


@dataclass(frozen=True, slots=True)
class Fused:
    """What all segments of one asset say together."""

    segments: tuple[Segment, ...]
    disguises: tuple[str, ...]
    confidence: float
    same_sound: bool = False
    """Only the sound is ours, though the pictures could be compared."""


def fuse(
    query: Fingerprint,
    picture: Sequence[Segment],
    sound: Sequence[Segment],
    asset: Fingerprint | None = None,
    recurring: Sequence[Segment] = (),
) -> Fused | None:
    """Puts verified segments together; None where there are none. `asset` lets it say what is an excerpt.

    `recurring`: verified segments of sound that stand in other episodes as well.
    """
    seen = _joined(picture)
    heard = _joined(sound)
    known = [*heard, *_joined(recurring)]
    told: list[Segment] = []
    for segment in seen:
        with_sound = [other for other in known if _agree(segment, other)]
        if with_sound:
            share = sum(_shared(segment, other) for other in with_sound)
            surest = max((o.confidence for o in with_sound if o in heard), default=0.0)
            segment = replace(
                segment,
                by="both" if share >= 0.3 else "picture",
                confidence=1 - (1 - segment.confidence) * (1 - surest),
                pitch=with_sound[0].pitch,
            )
        told.append(segment)
    compared = asset is not None and _moves(query.picture) and _moves(asset.picture)
    for other in heard:
        # Beside pictures of ours a sound counts where it goes on along one of their lines.
        if not (compared and seen) or any(_same_line(segment, other) for segment in seen):
            told += _left_over(other, seen)
    if not told:
        return None
    told.sort(key=lambda segment: (segment.query_from_ms, segment.query_to_ms))
    doubt = 1.0
    for segment in sorted(told, key=lambda s: -s.confidence)[:3]:
        doubt *= 1 - segment.confidence
    same_sound = compared and not seen
    confidence = min(1 - doubt, SUREST) * (SAME_SOUND if same_sound else 1.0)
    told = [replace(s, confidence=min(s.confidence, SUREST, confidence)) for s in told]
    words = _disguises(query, asset, told, bool(known))
    return Fused(tuple(told), words, confidence, same_sound)


def _moves(track: PictureTrack | None) -> bool:
    """Whether a picture moves enough for two to be compared."""
    if track is None or not track.motion.size:
        return False
    rows = track.motion[0]
    weights = [
        float(motion.unit(motion.levels(rows[at : at + 4096]))[1].sum()) for at in range(0, len(rows), 4096)
    ]
    return sum(weights) >= _MOVING * len(rows)


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbors on one line as one segment."""
    made: list[Segment] = []
    for segment in sorted(segments, key=lambda s: s.query_from_ms):
        last = made[-1] if made else None
        if last is not None and _one_line(last, segment):
            longer = last if _length(last) >= _length(segment) else segment
            made[-1] = replace(
                longer,
                query_from_ms=min(last.query_from_ms, segment.query_from_ms),
                query_to_ms=max(last.query_to_ms, segment.query_to_ms),
                asset_from_ms=min(last.asset_from_ms, segment.asset_from_ms),
                asset_to_ms=max(last.asset_to_ms, segment.asset_to_ms),
                confidence=max(last.confidence, segment.confidence),
            )
        else:
            made.append(segment)
    return made


def _one_line(one: Segment, other: Segment) -> bool:
    gap = other.query_from_ms - one.query_to_ms
    expected = one.asset_to_ms + gap * one.speed
    return (
        -GAP_MS <= gap <= GAP_MS
        and one.mirrored == other.mirrored
        and abs(one.speed - other.speed) < 0.05
        and abs(other.asset_from_ms - expected) < 400
    )


def _length(segment: Segment) -> int:
    return segment.query_to_ms - segment.query_from_ms


def _shared(one: Segment, other: Segment) -> float:
    """Part of `one` that `other` covers in the query's time."""
    both = min(one.query_to_ms, other.query_to_ms) - max(one.query_from_ms, other.query_from_ms)
    return max(0, both) / max(1, _length(one))


def _agree(one: Segment, other: Segment) -> bool:
    """Whether they overlap and name the same time of ours in the middle of what they share."""
    start, end = max(one.query_from_ms, other.query_from_ms), min(one.query_to_ms, other.query_to_ms)
    if end <= start:
        return False
    middle = (start + end) / 2
    at = [s.asset_from_ms + (middle - s.query_from_ms) * s.speed for s in (one, other)]
    return abs(at[0] - at[1]) <= TOGETHER_MS


def _same_line(one: Segment, other: Segment) -> bool:
    """Whether the other goes on where the line of one leads."""
    middle = (other.query_from_ms + other.query_to_ms) / 2
    at = [s.asset_from_ms + (middle - s.query_from_ms) * s.speed for s in (one, other)]
    away = abs(middle - (one.query_from_ms + one.query_to_ms) / 2)
    return abs(one.speed - other.speed) < 0.05 and abs(at[0] - at[1]) <= TOGETHER_MS + 0.01 * away


def _left_over(segment: Segment, seen: Sequence[Segment]) -> list[Segment]:
    """The parts of a heard segment that no seen one covers; short rests are dropped."""
    parts = [(segment.query_from_ms, segment.query_to_ms)]
    for other in seen:
        rest = []
        for start, end in parts:
            if other.query_to_ms <= start or end <= other.query_from_ms:
                rest.append((start, end))
                continue
            rest += [(start, other.query_from_ms), (other.query_to_ms, end)]
        parts = [(start, end) for start, end in rest if end - start > 1500]
    return [
        replace(
            segment,
            query_from_ms=start,
            query_to_ms=end,
            asset_from_ms=round(segment.asset_from_ms + (start - segment.query_from_ms) * segment.speed),
            asset_to_ms=round(segment.asset_to_ms + (end - segment.query_to_ms) * segment.speed),
        )
        for start, end in parts
    ]


def _disguises(
    query: Fingerprint, asset: Fingerprint | None, told: Sequence[Segment], heard: bool
) -> tuple[str, ...]:
    """What was done to ours, in words for people; only what was measured. `heard`: some sound of ours is there."""
    total = sum(_length(s) for s in told)
    words = []

    def much(some: int) -> bool:
        return some > total / 2

    seen = [s for s in told if s.by != "sound"]
    if much(sum(_length(s) for s in seen if s.mirrored)):
        words.append("mirrored")
    for layout in ("cropped", "padded", "picture-in-picture"):
        if much(sum(_length(s) for s in seen if s.layout == layout)):
            words.append(layout)
    speed = sum(s.speed * _length(s) for s in told) / max(1, total)
    if abs(speed - 1) > 0.02:
        words.append(f"{speed:.2f} times as fast")
    pitched = [s for s in told if abs(s.pitch) > 0.4]
    if much(sum(_length(s) for s in pitched)):
        words.append(f"pitch {pitched[0].pitch:+.0f} semitone{'s' if abs(pitched[0].pitch) > 1.5 else ''}")
    if len(told) >= 3 and _shuffled(told):
        words.append("cut again in another order")
    elif len(told) > 1:
        words.append(f"{len(told)} excerpts")
    elif asset is not None and total * speed < asset.duration_ms * _EXCERPT:
        words.append("excerpt")
    if query.sound is None and (asset is None or asset.sound is not None):
        words.append("without sound")
    elif not heard and asset is not None and asset.sound is not None and _peaks(asset, told) >= _PEAKS:
        words.append("sound replaced")
    if query.picture is None:
        words.append("sound alone")
    elif query.picture is not None and all(s.by == "sound" for s in told):
        words.append("picture replaced")
    return tuple(words)


def _peaks(asset: Fingerprint, told: Sequence[Segment]) -> int:
    """How many peaks of our sound lie in what is shown of it."""
    assert asset.sound is not None
    times = unpacked(asset.sound)[0]
    inside = np.zeros(len(times), np.bool_)
    for s in told:
        inside |= (times >= s.asset_from_ms) & (times < s.asset_to_ms)
    return int(inside.sum())


def _shuffled(told: Sequence[Segment]) -> bool:
    starts = [s.asset_from_ms for s in told]
    return any(later < earlier for earlier, later in pairwise(starts))
