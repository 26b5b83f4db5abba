"""Cuts in the picture: found in made clips whose cuts are known, kept once a video, and kept clear of subtitles."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines.shots import find_cuts
from smallscreen.engines.video import probe
from smallscreen.errors import UserError
from smallscreen.localize.fit.cuts import HALF_MS, Limits, faults, settle, snap
from smallscreen.localize.fit.timing import Clock, Slot, place
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import markets
from smallscreen.series.model import Draft
from smallscreen.series.project import Project, new_project, open_project
from smallscreen.series.shots import find_shots, stored_shots
from tests import clips

pytest.importorskip("scenedetect", reason="needs the extra [ocr]: scenedetect-headless")

FRAME = 1000 / 24
COLORS = ((1.0, 1.0, 1.0), (0.5, 0.8, 1.2), (1.2, 0.6, 0.5), (0.35, 0.5, 0.4))


def scene(n: int, color: int) -> np.ndarray:
    """A moving picture in one of four lights."""
    picture = clips.ground(n + 90 * color, 90, 160).astype(np.float32) * COLORS[color]
    return picture.clip(0, 255).astype(np.uint8)


def pictures(*lengths: int) -> list[np.ndarray]:
    """Shots of so many frames, each in another light than the one before."""
    out: list[np.ndarray] = []
    for shot, length in enumerate(lengths):
        out += [scene(len(out) + n, shot % len(COLORS)) for n in range(length)]
    return out


def clip(path: Path, *lengths: int, **more: object) -> Path:
    return clips.write(path, pictures(*lengths), **more)  # type: ignore[arg-type]


def hard(path: Path) -> list[int]:
    return [c.ms for c in find_cuts(path).cuts if c.kind == "cut"]


# --- the door --------------------------------------------------------------------------------


def test_cuts_are_found_on_their_frame(tmp_path: Path) -> None:
    told: list[float] = []
    found = find_cuts(clip(tmp_path / "a.mp4", 30, 17, 25, 40), told.append)
    assert [c.ms for c in found.cuts] == [round(n * FRAME) for n in (30, 47, 72)]
    assert {c.kind for c in found.cuts} == {"cut"}
    assert found.frames == 112 and found.fps == 24 and found.whole and found.damaged == 0
    assert told[-1] == 1.0 and told == sorted(told)


def test_a_cut_in_the_last_frames_is_found(tmp_path: Path) -> None:
    assert hard(clip(tmp_path / "a.mp4", 40, 2)) == [round(40 * FRAME)]


def test_an_uneven_frame_rate_keeps_the_true_times(tmp_path: Path) -> None:
    steps = np.random.default_rng(3).choice([17, 33, 50, 100], 90)
    times = [0, *np.cumsum(steps).tolist()][:90]
    path = clip(tmp_path / "a.mkv", 30, 30, 30, times=times)
    assert hard(path) == [times[30], times[60]]


def test_ten_bits_have_the_same_cuts(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 30, 17, 25, codec="libx265", pix_fmt="yuv420p10le")
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p10le"
    assert hard(path) == [round(n * FRAME) for n in (30, 47)]


def test_a_video_that_a_phone_turned_has_the_same_cuts(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 30, 17, 25)
    data = bytearray(path.read_bytes())
    # The display matrix of the picture's track header: a quarter turn, as phones write it.
    upright = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = turned
    path.write_bytes(data)
    info = probe(path)
    assert (info.width, info.height) == (160, 90)
    assert hard(path) == [round(n * FRAME) for n in (30, 47)]


def test_a_dissolve_is_no_hard_cut(tmp_path: Path) -> None:
    # Not found is what the page says of dissolves; a hard cut in the middle of one would be wrong.
    made = pictures(30, 42)
    for n in range(12):
        share = (n + 1) / 13
        made[30 + n] = (scene(30 + n, 0) * (1 - share) + made[30 + n] * share).astype(np.uint8)
    assert hard(clips.write(tmp_path / "a.mp4", made)) == []


def test_movement_and_writing_are_no_cut(tmp_path: Path) -> None:
    plain = [clips.ground(3 * n) for n in range(24)]
    written = [clips.written(clips.ground(3 * n)) for n in range(24, 48)]
    assert hard(clips.write(tmp_path / "a.mp4", [*plain, *written])) == []


@pytest.mark.parametrize("frames", [1, 2])
def test_a_flash_is_no_cut_and_hides_none(tmp_path: Path, frames: int) -> None:
    made = pictures(48, 48)
    for n in range(frames):
        made[24 + n] = np.full_like(made[24], 255)
        made[38 + n] = np.full_like(made[38], 255)
    assert hard(clips.write(tmp_path / "a.mp4", made)) == [2000]


def test_a_fade_through_black_is_no_hard_cut(tmp_path: Path) -> None:
    made = pictures(30, 30)
    fade = np.concatenate([np.linspace(1, 0, 12), np.zeros(4), np.linspace(0, 1, 12)])
    for n, light in enumerate(fade):
        made[16 + n] = (made[16 + n] * light).astype(np.uint8)
    found = find_cuts(clips.write(tmp_path / "a.mp4", made)).cuts
    assert [c.kind for c in found] == ["fade"]
    assert abs(found[0].ms - 30 * FRAME) < 4 * FRAME


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_clip_of_hardly_any_frame_has_no_cut(tmp_path: Path, frames: int) -> None:
    assert find_cuts(clip(tmp_path / "a.mp4", frames)).cuts == ()


def test_another_frame_rate_is_told(tmp_path: Path) -> None:
    assert find_cuts(clip(tmp_path / "a.mp4", 24, 24, rate=30)).fps == 30
    assert hard(tmp_path / "a.mp4") == [800]


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", 30, 30, 30, 30)
    whole = find_cuts(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    found = find_cuts(path)
    assert 0 < found.read_ms < whole.read_ms and not found.whole
    assert found.cuts == tuple(c for c in whole.cuts if c.ms < found.read_ms)[: len(found.cuts)]
    assert found.cuts


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", 30, 30, 30, 30)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    assert find_cuts(path).frames > 30


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"not a film at all " * 50, "not a video"), (b"1\n00:00:01,000 --> 00:00:02,000\nHi\n", "not a video")],
)  # fmt: skip
def test_what_is_no_video_says_so(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "ep001.mp4"
    path.write_bytes(data)
    with pytest.raises(UserError, match=says):
        find_cuts(path)


def test_sound_alone_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no picture"):
        find_cuts(clips.sound_file(tmp_path / "a.wav", 1))


def test_without_the_package_one_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip(tmp_path / "a.mp4", 10)
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    with pytest.raises(UserError, match=r"smallscreen\[ocr\]"):
        find_cuts(path)


# --- kept in the series ----------------------------------------------------------------------


@pytest.fixture
def series(folder: Path) -> Project:
    """Two episodes with videos of 6 s; the first one cuts at 2.0 and 4.0 s, the second nowhere."""
    (folder / "video").mkdir()
    clip(folder / "video" / "ep001.mp4", 48, 48, 48)
    clip(folder / "video" / "ep002.mp4", 144)
    return new_project(folder)


def test_cuts_are_found_once_a_video(series: Project) -> None:
    first = find_shots(series, [1, 2])
    assert [(e["episode"], e["cuts"], e["fades"]) for e in first["episodes"]] == [(1, 2, 0), (2, 0, 0)]
    assert first["fresh"] == 2 and not first["problems"]
    again = find_shots(open_project(series.root), [1, 2])
    assert again["fresh"] == 0 and again["episodes"] == first["episodes"]
    assert stored_shots(series)[1].hard == (2000, 4000) and stored_shots(series)[2].hard == ()


def test_another_video_is_looked_through_again(series: Project) -> None:
    find_shots(series, [1])
    clip(series.root / "video" / "ep001.mp4", 24, 96)
    assert 1 not in stored_shots(series), "the cuts of another file are not this one's"
    assert find_shots(series, [1])["fresh"] == 1
    assert stored_shots(series)[1].hard == (1000,)


def test_a_run_broken_off_goes_on(series: Project) -> None:
    def stop(done: int, total: int, what: str = "") -> None:
        if what == "episode 2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_shots(series, [1, 2], stop)
    assert list(stored_shots(series)) == [1]
    assert find_shots(series, [1, 2])["fresh"] == 1


def test_one_bad_video_does_not_stop_the_others(series: Project) -> None:
    (series.root / "video" / "ep001.mp4").write_bytes(b"")
    result = find_shots(series, [1, 2])
    assert [e["episode"] for e in result["episodes"]] == [2]
    assert "ep001.mp4" in result["problems"][0]


def test_a_series_without_videos_says_so(folder: Path) -> None:
    with pytest.raises(UserError, match="no video"):
        find_shots(new_project(folder), [1])


def test_the_program_finds_cuts(series: Project) -> None:
    done = CliRunner().invoke(app, ["shots", str(series.root), "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["shots"] == {
        "1": {"cuts_ms": [2000, 4000], "fades_ms": []},
        "2": {"cuts_ms": [], "fades_ms": []},
    }
    done = CliRunner().invoke(app, ["shots", str(series.root), "--episodes", "1"])
    assert done.exit_code == 0 and "0 looked through now, 1 were known" in done.output


# --- subtitles and cuts ----------------------------------------------------------------------


def test_an_edition_is_fitted_and_checked_by_its_cuts(series: Project) -> None:
    """The first cue ends 3 frames after a cut; the third spans one and has no time to spare."""
    clip(series.root / "video" / "ep001.mp4", 57, 66, 30)
    texts = ("Grandpa, it's me.", "Buying?", "Mending a person, as you used to say to me in the old days")
    work = Localizer(series, "en-US", [1, 2])
    series.store.put_drafts(work.edition, [Draft(f"ep001.c{n:04d}", text) for n, text in enumerate(texts, 1)])
    work.fit()
    before = work.check()
    assert "smallscreen shots" in before["not_run"]["screen.cut"]
    done = CliRunner().invoke(app, ["check", str(series.root), "--market", "en-US"], env={"COLUMNS": "400"})
    assert done.exit_code == 0 and "Checks that did not run" in done.output
    said = " ".join(done.output.split())
    assert all(check in said and why[:40] in said for check, why in before["not_run"].items())
    lines = series.store.lines(work.edition)[1]
    assert lines[0].end_ms > 2375 > lines[0].start_ms

    find_shots(series, [1, 2])
    work = Localizer(series, "en-US", [1, 2])
    assert work.shots[1].hard == (2375, 5125)
    assert work.fit()["fresh"] == 2 and work.check()["fresh"]
    lines = series.store.lines(work.edition)[1]
    assert lines[0].end_ms == 2375 - 84, "it ends two frames before the cut"
    (found,) = [f for f in series.store.findings(work.edition)[1] if f.check == "screen.cut"]
    assert found.evidence["must"] and found.evidence["cut_ms"] == 5125 and found.severity == "note"
    assert "must cross" in found.message and found.cue == "ep001.c0003"
    again = Localizer(series, "en-US", [1, 2])
    assert again.fit()["fresh"] == 0 and again.check()["fresh"] == 0


def test_starts_and_ends_go_where_the_rules_say() -> None:
    wide = Limits(0, 10_000, 10_000, 833, 7000)

    def at(start: int, end: int) -> tuple[int, int]:
        return settle(start, end, [3000], 84, wide)

    assert at(2800, 5000) == (3000, 5000), "up to 7 frames before a cut: onto it"
    assert at(2620, 5000) == (2500, 5000), "8 to 11 frames before: back to half a second"
    assert at(3200, 5000) == (3000, 5000), "up to 7 frames after: onto it"
    assert at(1000, 3100) == (1000, 2916), "an end after a cut: two frames before it"
    assert at(1000, 2700) == (1000, 2916), "an end before a cut: stays until two frames before it"
    tight = Limits(0, 10_000, 10_000, 2100, 7000)
    assert settle(1000, 3100, [3000], 84, tight) == (1000, 3500), "or stays for half a second"
    for times in ((3000, 5000), (1000, 2916), (2500, 3500), (3042, 5000)):
        assert at(*times) == times and not faults(*times, [3000], 84)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(100, 4000), st.integers(1, 60)), min_size=1, max_size=8
    ),
    st.lists(st.integers(0, 30_000), max_size=12),
)
def test_snapping_keeps_what_fitting_promised(cues: list[tuple[int, int, int]], cuts: list[int]) -> None:
    clock = Clock.of(markets.load("en-US").vertical)
    slots, at = [], 0
    for pause, long, characters in cues:
        at += pause * 40
        slots.append(Slot(at, at + long, at + long + 1000, characters))
        at += long
    place(slots, clock)
    before = [(s.start, s.end) for s in slots]
    faulty = [sum(f.crosses for f in faults(a, b, sorted(cuts), clock.gap)) for a, b in before]
    snap(slots, clock, cuts)
    for slot, (start, end), count in zip(slots, before, faulty, strict=True):
        assert 0 <= slot.start < slot.end and slot.end - slot.start <= clock.most
        assert slot.end - slot.start >= min(clock.needed(slot.characters), end - start)
        assert abs(slot.start - start) <= 2 * HALF_MS and abs(slot.end - end) <= 2 * HALF_MS
        crossing = sum(f.crosses for f in faults(slot.start, slot.end, sorted(cuts), clock.gap))
        assert crossing <= count
    for one, two in pairwise(slots):
        assert two.start - one.end >= clock.gap
