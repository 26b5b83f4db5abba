"""What is burned keeps its times, rate, colors, depth and sound; damaged and odd files are taken as they come."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from smallscreen.engines.burn import burn, still
from smallscreen.engines.overlay import Overlay
from smallscreen.engines.video import probe, read_audio, read_frames
from smallscreen.errors import UserError
from tests import clips

GROUND = [clips.ground(n, 96, 160) for n in range(24)]
SPOT = np.full((20, 40, 4), 255, np.uint8)
OVERLAY = [Overlay(200, 600, SPOT, 20, 100)]


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as c:
        return [float(f.time) for f in c.decode(video=0) if f.time is not None]


def first_frame(path: Path) -> tuple[Any, Any]:
    with av.open(str(path)) as c:
        return next(c.decode(video=0)), c.streams.video[0].average_rate


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 25, 30, 60])
def test_the_frame_rate_stays(tmp_path: Path, rate: Fraction | int) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND[:12], rate=rate)
    burn(source, tmp_path / "b.mp4", OVERLAY, preset="ultrafast")
    assert times_of(source) == pytest.approx(times_of(tmp_path / "b.mp4"), abs=1e-4)
    with av.open(str(tmp_path / "b.mp4")) as c:
        assert c.streams.video[0].average_rate == rate


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    ticks = [0, 40, 95, 100, 260, 300, 420, 421, 500, 777, 800, 1003]
    source = clips.write(tmp_path / "v.mp4", GROUND[:12], times=ticks, sound=True)
    burn(source, tmp_path / "b.mp4", OVERLAY, preset="ultrafast")
    assert times_of(tmp_path / "b.mp4") == pytest.approx([t / 1000 for t in ticks], abs=0.0011)
    for at, picture in read_frames(tmp_path / "b.mp4"):
        assert (picture[105:115, 30:50].min() > 200) == (200 <= at < 600), at


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (2, 6, 6, 6), (1, 9, 9, 14)])
def test_color_tags_and_brightness_stay(tmp_path: Path, codec: str, tags: tuple[int, int, int, int]) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND[:4], tags=tags)
    burn(
        source, tmp_path / "b.mp4", [Overlay(0, 900, SPOT, 20, 100)], codec=codec, preset="ultrafast", crf=10
    )
    before, _ = first_frame(source)
    after, _ = first_frame(tmp_path / "b.mp4")
    kept = ("color_range", "colorspace", "color_primaries", "color_trc")
    assert [int(getattr(after, k)) for k in kept] == [int(getattr(before, k)) for k in kept] == list(tags)
    one, two = (
        np.frombuffer(f.planes[0], np.uint8).reshape(-1, f.planes[0].line_size)[:90, :96]
        for f in (before, after)
    )
    assert np.abs(one.astype(int) - two).mean() < 2  # no range was stretched on the way
    spot = np.frombuffer(after.planes[0], np.uint8).reshape(-1, after.planes[0].line_size)[105:115, 30:50]
    assert abs(int(spot.mean()) - (255 if tags[0] == 2 else 235)) <= 2


def test_ten_bits_stay_in_hevc_and_become_eight_in_h264(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND[:6], pix_fmt="yuv420p10le", codec="libx265")
    assert first_frame(source)[0].format.name == "yuv420p10le"
    for codec, wanted in (("hevc", "yuv420p10le"), ("h264", "yuv420p")):
        path = tmp_path / f"{codec}.mp4"
        info = burn(source, path, [Overlay(0, 900, SPOT, 20, 100)], codec=codec, preset="ultrafast", crf=10)
        assert (first_frame(path)[0].format.name, info.video_codec) == (wanted, codec)
        (_, before), (_, after) = next(read_frames(source)), next(read_frames(path))
        assert np.abs(before[:90].astype(int) - after[:90]).mean() < 4
        assert after[105:115, 30:50].min() > 240
    assert b"hvc1" in (tmp_path / "hevc.mp4").read_bytes()


def test_a_corrupt_tail_is_passed_over(tmp_path: Path) -> None:
    from smallscreen.engines.video import Writer

    source = tmp_path / "a.mp4"
    with Writer(source, 96, 160, 24, None, crf=12) as out:
        for n in range(48):
            out.frame(clips.ground(n * 3, 96, 160))
    data = source.read_bytes()
    noise = np.random.default_rng(3).integers(0, 256, len(data) // 4, np.uint8).tobytes()
    for name, bad in (("cut.mp4", data[: len(data) * 3 // 4]), ("noise.mp4", data[: -len(noise)] + noise)):
        (tmp_path / name).write_bytes(bad)
        burn(tmp_path / name, tmp_path / f"{name}.out.mp4", OVERLAY, preset="ultrafast")
        assert len(times_of(tmp_path / f"{name}.out.mp4")) >= 24


def test_what_cannot_be_burned_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "song.mp4").write_bytes(clips.sound_file(tmp_path / "s.wav", 0.5).read_bytes())
    (tmp_path / "page.mp4").write_text("<html>not a video</html>")
    for name, word in (("empty", "not a video"), ("song", "no picture"), ("page", "not a video")):
        with pytest.raises(UserError, match=word):
            burn(tmp_path / f"{name}.mp4", tmp_path / "out.mp4", [])
    source = clips.write(tmp_path / "a.mp4", GROUND[:3])
    with pytest.raises(UserError, match="no codec 'vp9'"):
        burn(source, tmp_path / "out.mp4", [], codec="vp9")
    for bad in ("a.mp4", "page.mp4", "gone.wav"):
        with pytest.raises(UserError, match=r"no sound|not sound|no such file"):
            burn(source, tmp_path / "out.mp4", [], sound=tmp_path / bad)
    assert not (tmp_path / "out.mp4").exists() and not list(tmp_path.glob(".*"))


def test_another_sound_takes_the_place_and_the_old_one_may_stay(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND, sound=True)
    dub = clips.sound_file(tmp_path / "dub.wav", 3.0, tone=0.5)
    made = tmp_path / "b.mp4"
    burn(source, made, OVERLAY, sound=dub, keep_sound=True, language="en", preset="ultrafast")
    with av.open(str(made)) as c:
        assert len(c.streams.audio) == 2
        assert float(c.streams.audio[0].duration * c.streams.audio[0].time_base) == pytest.approx(
            1.0, abs=0.15
        )
    heard = read_audio(made, 16_000)
    peak = np.abs(np.fft.rfft(heard[2000:14000])).argmax() / 12_000 * 16_000
    assert peak == pytest.approx(0.5 * 16_000 / 2 / np.pi, rel=0.02), "the first track is the new one"
    burn(source, made, OVERLAY, sound=dub, preset="ultrafast")
    silent = clips.write(tmp_path / "mute.mp4", GROUND[:6])
    assert not burn(silent, tmp_path / "m.mp4", []).has_audio
    assert burn(silent, tmp_path / "m.mp4", [], sound=dub).has_audio
    with av.open(str(made)) as c:
        assert len(c.streams.audio) == 1


def test_sound_is_copied_bit_by_bit(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND, sound=True)
    burn(source, tmp_path / "b.mp4", OVERLAY, codec="hevc", preset="ultrafast")

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as c:
            return [bytes(p) for p in c.demux(audio=0) if p.size]

    assert packets(source) == packets(tmp_path / "b.mp4")


def test_a_still_is_what_would_be_burned(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "a.mp4", GROUND)
    burn(source, tmp_path / "b.mp4", OVERLAY, preset="ultrafast", crf=4)
    frames = dict(read_frames(tmp_path / "b.mp4"))
    for at in (0, 250, 900):
        near = max(t for t in frames if t <= at)
        assert np.abs(still(source, at, OVERLAY).astype(int) - frames[near]).mean() < 3
    assert probe(tmp_path / "b.mp4").frames == 24
