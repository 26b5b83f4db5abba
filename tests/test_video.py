"""Fonts and video files: what is written can be read, what is burned in is there only in its time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.engines import burn, fonts, video
from smallscreen.engines.overlay import Overlay
from smallscreen.errors import UserError

SENTENCES = {
    "en-US": "“Buy one,” she said — or mend one?",
    "es-419": "¿Comprar o reparar, señor Qian?",
    "pt-BR": "Não, avô… é só uma sombrinha.",
    "id-ID": "Kakek, hujannya belum berhenti.",
    "th-TH": "ตาเรียก Lin Xiaoman ว่าเสี่ยวหม่าน",
    "vi-VN": "Ông ngoại ơi, cháu về rồi đấy ạ!",
    "ja-JP": "「おじいちゃん、ただいま」と小満は言った。",
    "ko-KR": "할아버지, 저 왔어요. Lin Xiaoman이에요.",
    "ar": "قالت Lin Xiaoman: «اشتريتُ مظلّة بـ 15 يوانًا؟»",
    "fr-FR": "« Grand-père, c’est moi. »",
    "de-DE": "„Großvater, der Schirm ist größer als ich!“",
    "hi-IN": "नानाजी, Lin Xiaoman घर आ गई है।",
    "zh-Hans": "只有小满，没有大满。♪",
    "zh-Hant": "只有小滿，沒有大滿。",
}


@pytest.mark.parametrize("locale", SENTENCES)
def test_every_market_has_its_letters(locale: str) -> None:
    from fontTools.ttLib import TTFont

    found = fonts.runs(SENTENCES[locale], locale)
    assert sorted("".join(run.text for run in found)) == sorted(SENTENCES[locale])
    assert fonts.missing(SENTENCES[locale], locale) == set()
    for run in found:
        glyphs = TTFont(fonts.font_path(run.family), lazy=True).getBestCmap()
        assert all(ord(c) in glyphs for c in run.text)
    picture = fonts.text_picture(SENTENCES[locale], locale=locale, size=30)
    assert (picture[..., 3] > 200).sum() > 300
    assert picture[:, 0, 3].max() == 0 == picture[:, -1, 3].max(), "the text is cut off at a side"


def test_the_locale_decides_between_han_fonts_and_the_text_where_there_is_none() -> None:
    assert fonts.family("zh-Hant") == fonts.family("zh-TW") == "Noto Sans TC"
    assert [run.family for run in fonts.runs("直", "ja-JP")] == ["Noto Sans JP"]
    assert [run.family for run in fonts.runs("直", "zh-Hans")] == ["Noto Sans SC"]
    assert [fonts.family(t) for t in ("小満は", "소만", "小满", "Grandpa")] == [
        "Noto Sans JP",
        "Noto Sans KR",
        "Noto Sans SC",
        "Noto Sans",
    ]
    mixed = fonts.runs("Grandpa 外公 ยาย", "th-TH")
    assert {run.family for run in mixed} >= {"Noto Sans Thai", "Noto Sans SC"}


def test_arabic_runs_stand_in_visual_order() -> None:
    shown = fonts.runs("قال Lin Xiaoman نعم", "ar")
    assert [run.text.strip() for run in shown] == ["نعم", "Lin Xiaoman", "قال"]
    assert [run.rtl for run in shown] == [True, False, True]
    inside_english = fonts.runs("He said نعم شكرا to her", "en-US")
    assert [run.text.strip() for run in inside_english] == ["He said", "نعم شكرا", "to her"]


def test_weight_and_size_change_the_width_and_an_emoji_is_reported() -> None:
    plain, bold = (fonts.text_width("umbrella", "en-US", 40, w) for w in ("regular", "bold"))
    assert bold > plain * 1.02
    assert fonts.text_width("umbrella", "en-US", 80) == pytest.approx(2 * plain, rel=0.02)
    assert fonts.text_width("小满\n小", "zh-Hans", 40) == fonts.text_width("小满", "zh-Hans", 40)
    assert fonts.missing("好🌂", "zh-Hans") == {"🌂"}


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from("ab 1外ه نกำनि،.(Lé"), max_size=24),
    st.sampled_from(["en-US", "ar", "th-TH", "hi-IN"]),
)
def test_runs_lose_no_character(text: str, locale: str) -> None:
    assert sorted("".join(run.text for run in fonts.runs(text, locale))) == sorted(text)


def _gray_video(path: Path, width: int = 160, height: int = 284, seconds: float = 2, fps: int = 24) -> Path:
    tone = 0.2 * np.sin(np.arange(round(44_100 * seconds)) * 0.06).astype(np.float32)
    ramp = np.linspace(60, 120, width, dtype=np.uint8)
    picture = np.repeat(np.repeat(ramp[None, :, None], height, 0), 3, 2)
    with video.Writer(path, width, height, fps) as out:
        out.audio(tone)
        for _ in range(round(seconds * fps)):
            out.frame(picture)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = _gray_video(tmp_path / "a.mp4")
    info = video.probe(path)
    assert (info.width, info.height, info.fps, info.frames) == (160, 284, 24.0, 48)
    assert abs(info.duration_ms - 2000) <= 42
    assert (info.video_codec, info.audio_codec, info.has_audio) == ("h264", "aac", True)
    frames = list(video.read_frames(path, fps=4))
    assert [at for at, _ in frames] == [0, 250, 500, 750, 1000, 1250, 1500, 1750]
    assert frames[3][1].shape == (284, 160, 3)
    assert abs(int(frames[3][1][100, 80, 0]) - 90) <= 6
    later = list(video.read_frames(path, start_ms=1000, end_ms=1200, width=80))
    assert later[0][0] == 1000 and later[-1][0] < 1200 and later[0][1].shape == (142, 80, 3)
    sound = video.read_audio(path)
    assert abs(len(sound) / 44_100 - 2) < 0.1
    assert np.sqrt((sound**2).mean()) == pytest.approx(0.2 / np.sqrt(2), rel=0.1)
    data = path.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat"), "the index stands in front"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), video.Writer(tmp_path / "a.mp4", 160, 90, 24) as out:
        out.frame(np.zeros((90, 160, 3), np.uint8))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_burn_shows_each_overlay_in_its_time_only(tmp_path: Path) -> None:
    source = _gray_video(tmp_path / "a.mp4")
    red = np.zeros((41, 61, 4), np.uint8)
    red[...] = (230, 20, 20, 255)
    half = red.copy()
    half[..., 3] = 128
    steps: list[float] = []
    overlays = [
        Overlay(500, 1000, red, 31, 201),
        Overlay(750, 1500, half, -20, -10),
        Overlay(0, 2000, red, 900, 900),
    ]
    info = burn.burn(source, tmp_path / "b.mp4", overlays, steps.append)
    assert abs(info.duration_ms - 2000) <= 42 and info.audio_codec == "aac"
    assert steps == sorted(steps) and steps[-1] == 1.0
    before = dict(video.read_frames(source))
    for at, frame in video.read_frames(tmp_path / "b.mp4"):
        spot, corner = frame[221, 61].astype(int), frame[5, 5].astype(int)
        if 500 <= at < 1000:
            assert abs(spot - (230, 20, 20)).max() < 25, at
        else:
            assert abs(spot - before[at][221, 61]).max() < 12, at
        if 750 <= at < 1500:
            assert corner[0] > 120 and corner[1] < 60, at
        else:
            assert abs(corner - before[at][5, 5]).max() < 12, at
        assert abs(frame[100, 100].astype(int) - before[at][100, 100]).max() < 10
    ours, theirs = video.read_audio(source), video.read_audio(tmp_path / "b.mp4")
    assert len(ours) == len(theirs) and np.array_equal(ours, theirs), "the sound is copied, not made again"


def test_burn_takes_odd_sizes_and_turned_phone_video(tmp_path: Path) -> None:
    import av

    odd = tmp_path / "odd.mkv"
    with av.open(str(odd), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 161, 91, "yuv420p"
        for n in range(12):
            frame = av.VideoFrame.from_ndarray(np.full((91, 161, 3), 20 * n, np.uint8), format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    info = burn.burn(odd, tmp_path / "odd.mp4", [])
    assert (info.width, info.height, info.has_audio) == (160, 90, False)

    # A phone stores a lying picture and says in the track's matrix that it must be turned by 90 degrees.
    path = tmp_path / "phone.mp4"
    lying = np.zeros((90, 160, 3), np.uint8)
    lying[:, :80] = 200  # the left half is bright: upright, turned clockwise, it is the upper half
    with video.Writer(path, 160, 90, 24, None) as out:
        out.frame(lying, 12)
    data = bytearray(path.read_bytes())
    upright = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    at = data.find(upright, data.find(b"tkhd"))
    data[at : at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 90 << 16, 0, 0x40000000)
    path.write_bytes(data)
    assert (video.probe(path).width, video.probe(path).height) == (90, 160)
    made = burn.burn(path, tmp_path / "upright.mp4", [])
    assert (made.width, made.height) == (90, 160)
    for source in (path, tmp_path / "upright.mp4"):
        _, frame = next(video.read_frames(source))
        assert frame.shape == (160, 90, 3)
        assert frame[:70].mean() > 150 and frame[90:].mean() < 50


def test_what_is_no_video_is_said_in_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "ep001.mp4"
    text.write_text("1\n00:00:01,000 --> 00:00:02,000\n外公\n")
    silent = tmp_path / "out.mp4"
    for call in (
        lambda: video.probe(text),
        lambda: list(video.read_frames(text)),
        lambda: burn.burn(text, silent, []),
    ):
        with pytest.raises(UserError, match=r"ep001\.mp4.*not a video"):
            call()
    with pytest.raises(UserError, match="no such file"):
        video.probe(tmp_path / "nowhere.mp4")
    whole = _gray_video(tmp_path / "whole.mp4")
    text.write_bytes(whole.read_bytes()[:900])  # the index is there, the pictures are not
    with pytest.raises(UserError):
        burn.burn(text, silent, [])
    assert not silent.exists() and not list(tmp_path.glob(".*"))


def test_a_burn_broken_off_leaves_nothing(tmp_path: Path) -> None:
    source = _gray_video(tmp_path / "a.mp4")

    def stop(part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        burn.burn(source, tmp_path / "b.mp4", [], stop)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("listing", ["ffconcat version 1.0\nfile '{}'\n", "#EXTM3U\n#EXTINF:1,\n{}\n"])
def test_a_list_of_other_files_is_no_video(tmp_path: Path, listing: str) -> None:
    with video.Writer(tmp_path / "secret.mp4", 64, 96, audio_rate=None) as out:
        out.frame(np.zeros((96, 64, 3), np.uint8), 6)
    trap = tmp_path / "ep001.mp4"
    trap.write_text(listing.format(tmp_path / "secret.mp4"))
    with pytest.raises(UserError, match=r"ep001\.mp4: this is not a video"):
        video.probe(trap)
    with pytest.raises(UserError, match=r"ep001\.mp4: this is not a video"):
        list(video.read_frames(trap))
