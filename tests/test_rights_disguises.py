"""The judge of the rights room: its truths, its looks, its scores."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from bench import _looks as look
from bench import _rights_score as rights
from bench._disguises import SINGLE, THREE, Case, cases
from bench._episodes import HALVES, innocents, laid_out, references
from bench._made_sound import music, speech
from bench._rights_media import RATE, Coding, at_times, filtered, length, sound, with_sound, write


def ramp(width: int = 180, height: int = 320, shift: int = 0) -> av.VideoFrame:
    """A picture whose every place looks different."""
    y, x = np.mgrid[0:height, 0:width]
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = (x + shift) % 100 + y * 100 // height + 20
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def luma(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height].astype(int)


# --- the plan --------------------------------------------------------------------------------


def test_halves_share_no_clip_and_no_innocent_shows_a_moment_of_a_reference() -> None:
    episodes = [*references(), *innocents()]
    clips = [{p.clip for e in episodes if e.half == half for p in e.pieces} for half in HALVES]
    assert not clips[0] & clips[1]
    shown = [p for e in references() for p in e.pieces]
    for episode in innocents():
        for piece in episode.pieces:
            near = [
                p
                for p in shown
                if p.clip == piece.clip and p.since - 0.5 < piece.until and piece.since < p.until
            ]
            assert not [p for p in near if p.until > piece.since - 0.2], (episode.name, piece)
    # Nor do two references show one moment.
    by_clip = sorted(shown, key=lambda p: (p.clip, p.since))
    assert all(a.clip != b.clip or a.until <= b.since for a, b in pairwise(by_clip))


def test_every_case_says_what_is_true_of_it() -> None:
    asked = cases()
    assert len({c.id for c in asked}) == len(asked)
    assert len([c for c in asked if not c.disguise]) >= 20
    lengths = {r.name: r.seconds for r in references()}
    for case in asked:
        if not case.disguise:
            assert not case.truth
            continue
        assert case.truth, case.id
        for t in case.truth:
            assert 0 <= t.asset_from < t.asset_to <= lengths[case.asset]
            assert 0 <= t.query_from < t.query_to <= case.seconds + 1e-6
            assert (t.query_to - t.query_from) * t.speed == pytest.approx(t.asset_to - t.asset_from)
            assert t.mirrored == ("mirror" in case.disguise)
    for key in [d.id for d in SINGLE] + ["+".join(t) for t in THREE]:
        of = [c for c in asked if c.disguise == key]
        assert {c.half for c in of} == set(HALVES), key
        assert any(c.sound_replaced for c in of) or key == "pitch", key


def test_a_copy_begins_at_no_moment_a_reference_is_sampled_at() -> None:
    begins = {c.truth[0].asset_from for c in cases() if c.disguise == "crf36"}
    assert len(begins) == len(references())
    assert all(abs(t * 12.5 - round(t * 12.5)) > 0.01 for t in begins)


# --- looks -----------------------------------------------------------------------------------


def test_looks_do_what_they_say() -> None:
    frame = ramp()
    assert (luma(look.Mirror().start(25)(frame, 0)) == luma(frame)[:, ::-1]).all()
    square = look.Square(0.5).start(25)(frame, 0)
    assert (square.width, square.height) == (180, 180)
    assert (luma(square) == luma(frame)[70:250]).all()
    part = luma(look.Crop(0.7, 0.0, 0.0).start(25)(frame, 0))
    assert part.shape == (320, 180)
    assert abs(part[300, 170] - luma(frame)[210, 119]) <= 2
    wide = look.Padded(320, 180).start(25)(frame, 0)
    assert (wide.width, wide.height) == (320, 180)
    # The middle is ours, scaled by 180 / 320.
    assert luma(wide)[90, 160] == pytest.approx(luma(frame)[160, 90], abs=4)
    gray = look.Tint(0, 1, 1, 1, 0).start(25)(frame, 0)
    assert np.corrcoef(luma(gray).ravel(), luma(frame).ravel())[0, 1] > 0.99


def test_writing_covers_its_place_alone() -> None:
    frame = ramp()
    marked = luma(look.Marks(3).start(25)(ramp(), 0))
    changed = np.abs(marked - luma(frame)) > 3
    assert changed[int(320 * 0.66) :].mean() > 0.05
    assert not changed[60:200].any()


def test_a_filmed_screen_is_another_picture_of_the_same_size() -> None:
    step = look.Filmed(4).start(30)
    shots = [luma(step(ramp(shift=n), n)) for n in range(3)]
    assert shots[0].shape == (320, 180)
    # The room around the screen is dark, and no two pictures have the same grain.
    assert shots[2][:3].mean() < 60 < shots[2][100:200, 60:120].mean()
    assert (shots[1] != shots[2]).mean() > 0.5


def test_clips_fill_the_format() -> None:
    for clip in ("opencv_vtest.avi", "moviepy_chaplin.mp4", "any.mp4"):
        frame = laid_out(ramp(320, 180), clip, 180, 320)
        assert (frame.width, frame.height) == (180, 320)


# --- sound and files -------------------------------------------------------------------------


def test_made_sound_is_the_same_for_a_seed() -> None:
    for make in (music, speech):
        one, again, other = make(1, 2.0), make(1, 2.0), make(2, 2.0)
        assert len(one) == 2 * RATE
        assert (one == again).all()
        assert np.abs(np.corrcoef(one, other)[0, 1]) < 0.2
        assert 0.02 < np.sqrt((one**2).mean()) < 0.2


def test_tempo_and_pitch() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)
    fast = filtered(tone, ("atempo", "1.100000"))
    assert len(fast) / RATE == pytest.approx(2 / 1.1, abs=0.05)
    high = filtered(tone, ("asetrate", str(round(RATE * 2 ** (1 / 12)))), ("aresample", str(RATE)))
    middle = high[len(high) // 4 : len(high) // 2]
    peak = np.abs(np.fft.rfft(middle)).argmax() * RATE / len(middle)
    assert peak == pytest.approx(440 * 2 ** (1 / 12), rel=0.01)


def test_files_hold_what_was_written(tmp_path: Path) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    tone = music(3, 2.0)
    write(one, (ramp(shift=n) for n in range(50)), tone, Coding())
    assert length(one) == pytest.approx(2.0, abs=0.05)
    heard = sound(one)
    assert heard is not None
    assert np.abs(len(heard) / RATE - 2) < 0.1
    # A picture is the one that began last, also from the middle of the file.
    shown = [luma(f).mean() for f in at_times(one, [1.21, 1.5])]
    assert shown[0] == pytest.approx(luma(ramp(shift=30)).mean(), abs=1)
    with_sound(one, music(4, 2.0), two)
    assert all(
        (luma(a) == luma(b)).all()
        for a, b in zip(at_times(one, [0.0, 1.0]), at_times(two, [0.0, 1.0]), strict=True)
    )
    other = sound(two)
    assert other is not None
    assert np.abs(np.corrcoef(other[:RATE], heard[:RATE])[0, 1]) < 0.3


# --- scores ----------------------------------------------------------------------------------


def test_segments_are_scored_on_both_axes() -> None:
    true = [(0.0, 10.0, 20.0, 30.0)]
    assert rights.precision_and_recall(true, true) == (1.0, 1.0)
    # Half of it, twice: nothing wrong, half of each axis; the second covers nothing new.
    half = (0.0, 5.0, 20.0, 25.0)
    assert rights.precision_and_recall([half, half], true) == (1.0, 0.25)
    # As long again beyond the end: half of what was said is true, on each axis.
    assert rights.precision_and_recall([(0.0, 20.0, 20.0, 40.0)], true) == (0.25, 1.0)
    # The right seconds of the query, other seconds of the asset: no box in common.
    assert rights.precision_and_recall([(0.0, 10.0, 50.0, 60.0)], true) == (0.0, 0.0)
    assert rights.precision_and_recall([], true) == (1.0, 0.0)
    assert rights.precision_and_recall(true, []) == (0.0, 1.0)
    assert rights.ends([(0.4, 9.0, 20.4, 29.0)], true) == pytest.approx([0.4, 1.0])


def test_the_threshold_lets_no_innocent_through() -> None:
    asked = [c for c in cases("tune") if not c.disguise][:2]
    asked += [c for c in cases("tune") if c.disguise][:3]
    surest = ({"reference-05": 0.4}, {}, {asked[2].asset: 0.3}, {asked[3].asset: 0.8}, {asked[4].asset: 0.9})
    answers = {c.id: rights.Answer(dict(s)) for c, s in zip(asked, surest, strict=True)}
    least = rights.threshold(asked, answers)
    assert least == pytest.approx(0.6)
    assert rights.recall(asked[2:], answers, least) == pytest.approx(2 / 3)
    nobody: list[Case] = []
    assert np.isnan(rights.recall(nobody, answers, least))
