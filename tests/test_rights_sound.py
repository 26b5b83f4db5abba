"""Sound fingerprints, on small made sounds: melodies of random notes, told apart from noise, hums and each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from smallscreen.rights.model import FINGERPRINT_VERSION, Candidate, Fingerprint, Segment, SoundTrack
from smallscreen.rights.sound import RATE, SPAN_STEPS, SoundBuilder, Verifier, candidates, terms, verify
from smallscreen.rights.sound.landmarks import MOST_SECONDS, unpacked

Sound = NDArray[np.float32]


def melody(seed: int, seconds: float, speed: float = 1.0, pitch: float = 0.0) -> Sound:
    """Random notes with overtones. `speed` and `pitch` (semitones) change when and how high, each alone."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds / speed * RATE) + RATE)
    at = 0.0
    while at < seconds - 0.4:
        base, long = 220 * 2 ** (rng.uniform(0, 30) / 12), rng.uniform(0.15, 0.6)
        for tone in (1, 2, 3):
            hertz = base * tone * 2 ** (pitch / 12)
            loud = rng.uniform(0.3, 1.0) / tone
            if hertz < 3800:
                time = np.arange(int(long / speed * RATE)) / RATE
                start = int(at / speed * RATE)
                shape = np.minimum(1, time / 0.01) * np.exp(-3 * time * speed)
                out[start : start + len(time)] += 0.2 * loud * shape * np.sin(2 * np.pi * hertz * time)
        at += rng.uniform(0.05, 0.25)
    return out[: int(seconds / speed * RATE)].astype(np.float32)


def track(sound: NDArray[np.floating]) -> SoundTrack:
    builder = SoundBuilder()
    builder.feed(sound)
    return builder.finish()


def found(query: SoundTrack, asset: SoundTrack) -> list[Segment]:
    ready = Verifier(query)
    for candidate in candidates(query, asset, "a" * 32)[:3]:
        if segments := ready.verify(asset, candidate):
            return segments
    return []


REFERENCE = melody(1, 16)
ASSET = track(REFERENCE)
NOISE = np.random.default_rng(5)


def test_blocks_of_any_size_give_the_same_track() -> None:
    sound = melody(2, 16)
    builder, at, rng = SoundBuilder(), 0, np.random.default_rng(3)
    while at < len(sound):
        count = int(rng.integers(1, 20_000))
        builder.feed(sound[at : at + count])
        at += count
    whole, parts = track(sound), builder.finish()
    assert np.array_equal(whole.peaks, parts.peaks)
    assert np.array_equal(whole.terms, parts.terms)


@pytest.mark.parametrize(
    "flat",
    [
        np.zeros(0),
        np.zeros(10),
        np.zeros(RATE * 6),
        np.full(RATE * 6, 0.4),
        0.3 * np.sin(np.arange(RATE * 6) * 2 * np.pi * 440 / RATE),
        sum(0.1 * np.sin(np.arange(RATE * 6) * 2 * np.pi * k * 100 / RATE) for k in range(1, 12)),
        0.1 * np.random.default_rng(1).standard_normal(RATE * 20),
        0.2 * np.sin(np.arange(RATE * 6) * 2 * np.pi * 440 / RATE)
        + 0.01 * np.random.default_rng(1).standard_normal(RATE * 6),
        np.full(RATE * 3, np.nan),
        np.full(RATE * 3, np.inf),
    ],
    ids=["nothing", "ten samples", "silence", "level", "tone", "hum", "noise", "tone in noise", "nan", "inf"],
)
def test_a_flat_sound_has_no_terms(flat: NDArray[np.floating]) -> None:
    quiet = track(flat)
    assert len(quiet.terms) == 0
    assert len(terms(quiet)[0]) == 0
    assert candidates(ASSET, quiet, "b") == []
    assert verify(ASSET, quiet, Candidate("b", "sound", 0, 9)) == []
    assert verify(quiet, ASSET, Candidate("b", "sound", 0, 9)) == []


def test_a_reference_makes_few_terms_and_a_query_makes_them_too() -> None:
    ours, asked = terms(ASSET), terms(ASSET, query=True)
    seconds = len(REFERENCE) / RATE
    assert 1 <= len(ours[0]) / seconds <= 12
    assert len(asked[0]) > 20 * len(ours[0])
    assert {*zip(ours[0].tolist(), ours[1].tolist(), strict=True)} <= {
        *zip(asked[0].tolist(), asked[1].tolist(), strict=True)
    }
    assert np.array_equal(np.sort(ours[0]), np.sort(ASSET.terms.astype(np.int64)))
    assert ours[0].dtype == np.int64 and ours[1].dtype == np.int32 and ours[2].dtype == np.uint8
    assert ours[0].min() >= 0 and ours[0].max() < 2**32


def test_terms_of_other_sounds_are_other_terms() -> None:
    """More than 20 bits: a term of a query meets a given term of another sound less than once in a million."""
    asked, pairs, met = terms(ASSET, query=True)[0], 0, 0
    for seed in range(20, 26):
        ours = terms(track(melody(seed, 12)))[0]
        pairs += len(asked) * len(ours)
        met += int(np.isin(asked, ours).sum())
    assert pairs > 10_000_000
    assert met / pairs < 2**-20


@settings(max_examples=8, deadline=None)
@given(speed=st.floats(0.8, 1.25), pitch=st.floats(-3.0, 3.0), start=st.floats(0.0, 7.0))
def test_speed_pitch_and_offset_are_recovered(speed: float, pitch: float, start: float) -> None:
    whole = melody(1, 16, speed, pitch)
    query = track(whole[int(start / speed * RATE) : int((start + 8) / speed * RATE)])
    segments = found(query, ASSET)
    assert segments, "our own melody was not found"
    best = max(segments, key=lambda s: s.query_to_ms - s.query_from_ms)
    assert best.speed == pytest.approx(speed, rel=0.01)
    assert best.pitch == pytest.approx(pitch, abs=0.3)
    middle = (best.query_from_ms + best.query_to_ms) / 2
    assert (best.asset_from_ms + best.asset_to_ms) / 2 == pytest.approx(
        middle * speed + start * 1000, abs=200
    )
    assert best.query_to_ms - best.query_from_ms > 0.7 * 8000 / speed
    assert best.by == "sound" and 0.9 <= best.confidence <= 1


@pytest.mark.parametrize("disguise", ["quiet", "loud", "noise", "narrow", "echo"])
def test_disguises(disguise: str) -> None:
    sound = REFERENCE[RATE * 3 : RATE * 13].astype(np.float64)
    if disguise == "quiet":
        sound = sound * 0.02
    elif disguise == "loud":
        sound = np.clip(sound * 4, -1, 1)
    elif disguise == "noise":
        sound = sound + sound.std() * 0.56 * NOISE.standard_normal(len(sound))
    elif disguise == "narrow":
        spectrum = np.fft.rfft(sound)
        hertz = np.arange(len(spectrum)) * RATE / len(sound)
        spectrum[(hertz < 300) | (hertz > 3400)] = 0
        sound = np.fft.irfft(spectrum, len(sound))
    else:
        sound = sound + 0.6 * np.roll(sound, RATE // 6)
    (segment,) = found(track(sound), ASSET)
    assert segment.speed == pytest.approx(1.0, abs=0.005)
    assert segment.asset_from_ms - segment.query_from_ms == pytest.approx(3000, abs=60)
    assert segment.query_from_ms < 1200 and segment.query_to_ms > 8800


def test_an_excerpt_between_foreign_material_keeps_its_ends() -> None:
    sound = np.concatenate([melody(70, 9), REFERENCE[RATE * 4 : RATE * 10], melody(71, 9)])
    (segment,) = found(track(sound), ASSET)
    assert segment.query_from_ms == pytest.approx(9000, abs=600)
    assert segment.query_to_ms == pytest.approx(15000, abs=600)
    assert segment.asset_from_ms == pytest.approx(4000 + segment.query_from_ms - 9000, abs=60)


def test_pieces_in_another_order_are_found_each_in_its_place() -> None:
    sound = np.concatenate([REFERENCE[RATE * 10 : RATE * 15], REFERENCE[RATE * 2 : RATE * 7]])
    query = track(sound)
    ready, places = Verifier(query), set()
    for candidate in candidates(query, ASSET, "a"):
        for segment in ready.verify(ASSET, candidate):
            places.add(round((segment.asset_from_ms - segment.query_from_ms) / 1000))
    assert places == {10, -3}


def test_other_melodies_do_not_match() -> None:
    """Also when the join is not asked: any line at all, at the peaks' own best delay and pitch."""
    for seed in range(40, 44):
        query = track(melody(seed, 12))
        assert found(query, ASSET) == []
        for offset in (-3000, 0, 4000):
            assert verify(query, ASSET, Candidate("a", "picture", offset, 5)) == []


def test_a_line_pointed_at_by_the_picture_is_verified_without_terms() -> None:
    """A candidate of the picture gives offset and speed; the pitch is found by itself."""
    query = track(melody(1, 16, 1.0, 1.0)[RATE * 2 : RATE * 12])
    (segment,) = verify(query, ASSET, Candidate("a", "picture", 2000, 5))
    assert segment.pitch == pytest.approx(1.0, abs=0.2)
    assert verify(query, ASSET, Candidate("a", "picture", 9000, 5)) == []


def test_the_same_music_under_two_scenes_is_that_sound_and_nothing_more() -> None:
    """The music matches where it plays; the voice over it does not make the match longer."""
    music, one, other = melody(80, 8), melody(81, 16), melody(82, 16)
    first, second = 0.4 * one, 0.4 * other
    first[RATE * 2 : RATE * 10] += music
    second[RATE * 6 : RATE * 14] += music
    (segment,) = found(track(second), track(first))
    assert segment.query_from_ms == pytest.approx(6000, abs=700)
    assert segment.query_to_ms == pytest.approx(14000, abs=700)


def test_a_repeated_beep_is_no_evidence() -> None:
    time = np.arange(RATE * 20)
    beeps = 0.3 * np.sin(time * 2 * np.pi * 1000 / RATE) * ((time // (RATE // 4)) % 2)
    assert found(track(beeps), track(beeps[RATE * 4 :])) == []


def test_a_long_rest_keeps_the_time() -> None:
    """Gaps between peaks longer than the column of differences holds."""
    sound = np.concatenate(
        [REFERENCE[: RATE * 5], np.zeros(RATE * 140, np.float32), REFERENCE[RATE * 5 : RATE * 10]]
    )
    times, pitches, levels = unpacked(track(sound))
    assert times[-1] > 144_000 and (np.diff(times) >= 0).all()
    alone = unpacked(track(REFERENCE[: RATE * 10]))
    assert abs(len(times) - len(alone[0])) < 20
    assert pitches.min() >= 0 and levels.min() > 0


def test_a_track_goes_through_bytes_and_stays_small() -> None:
    whole = Fingerprint(FINGERPRINT_VERSION, 16_000, 0, 0, 0.0, "0" * 64, 1, None, ASSET)
    data = whole.to_bytes()
    again = Fingerprint.from_bytes(data).sound
    assert again is not None
    assert np.array_equal(again.peaks, ASSET.peaks)
    assert np.array_equal(terms(again)[0], terms(ASSET)[0])
    assert len(data) * 60 / 16 < 20_000


def test_sound_beyond_the_limit_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_SECONDS >= 4 * 3600
    monkeypatch.setattr("smallscreen.rights.sound.landmarks.MOST_SECONDS", 5)
    times, _, _ = unpacked(track(REFERENCE))
    assert 3500 < times[-1] <= 5200


def test_the_view_of_a_hit_is_its_speed() -> None:
    query = terms(track(melody(1, 16, 1.1, 0.0)), query=True)
    ours = terms(ASSET)
    steps = [
        int(view) - int(query[2][at])
        for term, time, view in zip(*ours, strict=True)
        for at in np.flatnonzero(query[0] == term)
        if abs(int(query[1][at]) * 1.1 - int(time)) < 3
    ]
    assert len(steps) >= 5
    assert 2 ** (np.median(steps) / SPAN_STEPS) == pytest.approx(1.1, rel=0.02)


def test_an_asset_of_a_second_or_two_is_held_against_a_query() -> None:
    """Fewer peaks than the null is leveled over, down to none."""
    for seconds in (0.2, 0.6, 1.0, 1.6, 2.5):
        short = track(REFERENCE[RATE * 4 : int(RATE * (4 + seconds))])
        for segment in verify(ASSET, short, Candidate("a", "picture", -4000, 5)):
            assert segment.asset_to_ms <= seconds * 1000 + 200
            assert segment.query_from_ms == pytest.approx(segment.asset_from_ms + 4000, abs=60)
        verify(short, ASSET, Candidate("a", "picture", 4000, 5))
