"""What a sound may say: music that recurs in a series, and music under pictures that do not agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smallscreen.rights import exclude, refrains
from smallscreen.rights.fuse import SAME_SOUND, fuse
from smallscreen.rights.model import CELLS, FINE, Asset, Fingerprint, PictureTrack, Segment, SoundTrack
from smallscreen.rights.sound import RATE, SoundBuilder
from tests.test_rights_sound import melody


def heard(number: int, music_at: float | None) -> SoundTrack:
    """16 seconds of sound of an episode's own, with 6 seconds of one music laid over it."""
    sound = 0.7 * melody(100 + number, 16)
    if music_at is not None:
        start = int(music_at * RATE)
        music = melody(7, 6)
        sound[start : start + len(music)] += music
    builder = SoundBuilder()
    builder.feed(sound)
    return builder.finish()


@pytest.fixture(scope="module")
def sounds() -> list[SoundTrack]:
    return [heard(n, at) for n, at in enumerate((2.0, 7.5, None, 4.25))]


def print_(sound: SoundTrack | None, moving: float | None, query: bool = False) -> Fingerprint:
    """A fingerprint whose picture moves so much; `moving` None: it has no picture."""
    cells = FINE * FINE if query else CELLS * CELLS
    rows = np.random.default_rng(1).normal(0, moving or 0, (1, 200, cells)).round().astype(np.int8)
    none = np.zeros(0, np.uint8)
    picture = PictureTrack(
        np.zeros(0, np.int32),
        none,
        np.zeros((0, 16), np.uint8),
        none,
        rows,
        np.array([[0, 0, 1, 1]], np.float32),
        np.zeros((0, 4), np.uint8),
    )
    return Fingerprint(
        1, 16_000, 90, 160, 25.0, "0" * 64, 1, None if moving is None else picture, sound, query
    )


def segment(start: int, end: int, by: str, offset: int = 0) -> Segment:
    return Segment(start, end, start + offset, end + offset, 1.0, by, 0.99)  # type: ignore[arg-type]


def test_music_under_other_speech_is_found_at_its_offset(sounds: list[SoundTrack]) -> None:
    peaks = [refrains.peaks(s) for s in sounds]
    (stretch,) = refrains.shared(peaks[0], peaks[1])
    assert abs(stretch[0] - 2_000) <= 1_000 and abs(stretch[1] - 8_000) <= 1_000
    assert abs(stretch[2] - 5_500) <= 100
    for stranger in (0, 1, 3):
        assert refrains.shared(peaks[stranger], peaks[2]) == []
    assert refrains.shared(peaks[0], refrains.peaks(None)) == []


def test_an_episode_added_later_shows_what_recurs(sounds: list[SoundTrack]) -> None:
    assets = [
        (Asset(f"{n}", f"{n}", "s", n, None, "master", "", 1, 16_000, 1, 1, 1.0, True, ""), print_(s, None))
        for n, s in ((1, sounds[0]), (4, sounds[2]), (7, sounds[3]))
    ]
    assert exclude.recurring(assets[:2]) == []
    spans = exclude.recurring(assets)
    assert {(s.asset_id, s.kind) for s in spans} == {("1", "sound"), ("7", "sound")}
    for span in spans:
        start = {"1": 2_000, "7": 4_250}[span.asset_id]
        assert abs(span.from_ms - start) <= 1_500 and abs(span.to_ms - start - 6_000) <= 1_500
    # An edition of the same episode is the same work.
    assert exclude.recurring([assets[0], (replace(assets[2][0], episode=1), assets[2][1])]) == []


def test_sound_alone_under_other_pictures_is_told_apart(sounds: list[SoundTrack]) -> None:
    ours, music = print_(sounds[0], 5), [segment(1_000, 9_000, "sound")]
    for theirs, surely in ((5, False), (0, True), (None, True)):
        made = fuse(print_(sounds[0], theirs, query=True), [], music, ours)
        assert made is not None
        assert made.same_sound is not surely
        assert (made.confidence > SAME_SOUND) is surely
        assert all(s.confidence <= made.confidence for s in made.segments)
    made = fuse(print_(sounds[0], 5, query=True), [], music, print_(sounds[0], 0))
    assert made is not None and not made.same_sound, "ours stands still: nothing could be compared"


def test_beside_pictures_sound_counts_along_their_lines_alone(sounds: list[SoundTrack]) -> None:
    query, ours = print_(sounds[0], 5, query=True), print_(sounds[0], 5)
    shown = [segment(0, 6_000, "picture")]
    goes_on, elsewhere = segment(2_000, 12_000, "sound"), segment(9_000, 12_000, "sound", 4_000)
    made = fuse(query, shown, [goes_on, elsewhere], ours)
    assert made is not None and not made.same_sound
    assert [(s.by, s.query_from_ms, s.query_to_ms) for s in made.segments] == [
        ("both", 0, 6_000),
        ("sound", 6_000, 12_000),
    ]


def test_sound_that_recurs_is_named_and_adds_nothing(sounds: list[SoundTrack]) -> None:
    query, ours = print_(sounds[0], 5, query=True), print_(sounds[0], 5)
    shown, music = [segment(0, 12_000, "picture")], [segment(0, 12_000, "sound")]
    alone = fuse(query, shown, [], ours)
    assert alone is not None and alone.disguises[-1] == "sound replaced"
    recurring = fuse(query, shown, [], ours, music)
    assert recurring is not None and "sound replaced" not in recurring.disguises
    assert recurring.segments[0].by == "both" and recurring.confidence == alone.confidence
    both = fuse(query, shown, music, ours)
    assert both is not None and both.confidence > recurring.confidence
    assert fuse(query, [], [], ours, music) is None


def test_stronger_matches_have_higher_confidence() -> None:
    query, ours = print_(None, 5, query=True), print_(None, 5)
    sure = []
    for confidence in (0.9, 0.999, 0.999_9, 0.999_999_9):
        made = fuse(query, [replace(segment(0, 9_000, "picture"), confidence=confidence)], [], ours)
        assert made is not None
        sure.append(made.confidence)
    assert sure == sorted(set(sure)) and sure[-1] < 1
