"""`package --burn`: the old subtitles' place, the choices, the preview, dubs, and lines that do not fit."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from smallscreen.cli import app
from smallscreen.engines.sound import write_wav
from smallscreen.engines.video import VideoInfo, probe, read_frames
from smallscreen.errors import UserError
from smallscreen.localize.package import EditionBundle, EpisodeBundle, Options, package
from smallscreen.localize.package.covering import of_band, old_subtitles
from smallscreen.localize.package.video import Burned, safe_room, text_room
from smallscreen.series import documents, markets, platforms
from smallscreen.series.model import Cue, Edition, Episode, Line, Series, cue_id
from smallscreen.series.project import open_project
from tests import clips

INFO = VideoInfo(2000, 540, 960, 24, False)
BAND = "61%-72%"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with Chinese writing from 0.5 to 1.5 s."""
    pictures = [clips.ground(n) for n in range(48)]
    shown = [clips.written(p) if 12 <= n < 36 else p for n, p in enumerate(pictures)]
    return clips.write(tmp_path_factory.mktemp("clip") / "ep001.mp4", shown, sound=True)


def bundle_of(video: Path | None, text: str, locale: str = "en-US", **more: Any) -> EditionBundle:
    cue = Cue(cue_id(1, 1), 1, 1, 500, 1500, "你好世界")
    lines = [Line(locale, 1, 1, 500, 1500, text, (cue.id,))]
    episode = EpisodeBundle(Episode(1, "", 2000), [cue], lines=lines, video=video, **more)
    return EditionBundle(
        Series("s", "S"), markets.load(locale), platforms.load("tiktok"), Edition(1, locale), [episode]
    )


@pytest.mark.parametrize(
    ("band", "box"),
    [("58%-66%", (22, 557, 518, 634)), ("557-634", (22, 557, 518, 634)), (" 100px – 150 px", (22, 100, 518, 150)), ("10-12.5%", (22, 96, 518, 120))],
)  # fmt: skip
def test_a_band_is_percent_or_pixels(band: str, box: tuple[int, ...]) -> None:
    assert of_band(band, 540, 960) == box


@pytest.mark.parametrize(
    "bad", ["", "58", "66%-58%", "90%-120%", "-5-20", "500-5000", "a-b", "10%-20px", "1-2", "9" * 400]
)
def test_a_wrong_band_is_named(bad: str) -> None:
    with pytest.raises(UserError, match="--band is"):
        of_band(bad, 540, 960)


def test_what_was_read_in_the_picture_goes_before_the_series_file() -> None:
    bundle = bundle_of(None, "Hi.", boxes=[(500, 900, 100, 570, 300, 610), (900, 1500, 100, 60, 300, 5000)])
    bundle = replace(bundle, series=Series("s", "S", extra={"burned_in": [0.1, 0.5, 0.9, 0.6]}))
    episode = bundle.episodes[0]
    first, second = old_subtitles(bundle, episode, 540, 960)
    assert (first.start_ms, first.end_ms) == (500, 900)
    assert first.box[0] < 100 and first.box[1] < 570 and first.box[3] > 610 and second.box[3] == 960
    assert old_subtitles(bundle, episode, 540, 960, "50%-60%")[0].box[1] == 480
    assert old_subtitles(bundle, replace(episode, boxes=()), 540, 960)[0].box == (54, 480, 486, 576)
    assert old_subtitles(bundle, replace(episode, textless=Path("a.mp4")), 540, 960) == []


@pytest.mark.parametrize("cover", ["blur", "box", "inpaint"])
def test_each_choice_hides_the_old_line_and_shows_ours(clip: Path, tmp_path: Path, cover: str) -> None:
    bundle = bundle_of(clip, "Hi.")
    (made,) = package(bundle, tmp_path, formats={"video"}, burning=Options(cover, BAND))
    assert made.problems == ()
    before, after = (dict(read_frames(p)) for p in (clip, made.path / "ep001.en-US.mp4"))
    x0, y0, x1, y1 = clips.BOX
    old = before[1000][y0:y1, x0:x1].min(axis=2) > 225
    # Left and right of our short line the old one's letters are gone.
    sides = np.zeros_like(old)
    sides[:, :32] = sides[:, -32:] = True
    assert (old & sides).sum() > 40
    assert (after[1000][y0:y1, x0:x1].min(axis=2) > 215)[old & sides].mean() < 0.05
    ours = (after[1000][y0 - 30 : y1, 70:110].min(axis=2) > 175) & (
        before[208][y0 - 30 : y1, 70:110].min(axis=2) < 150
    )
    assert ours.sum() > 10, "our letters, nine pixels high"
    assert np.abs(after[208].astype(int) - before[208]).mean() < 4
    assert probe(made.path / "ep001.en-US.mp4").has_audio


def test_the_preview_shows_the_choices_and_makes_no_video(clip: Path, tmp_path: Path) -> None:
    (made,) = package(
        bundle_of(clip, "Hi."), tmp_path, formats={"video"}, burning=Options(band=BAND, preview=True)
    )
    assert [p.name for p in made.path.iterdir()] == ["ep001.en-US.choices.jpg"]
    picture = np.asarray(Image.open(made.path / "ep001.en-US.choices.jpg").convert("RGB")).astype(int)
    assert picture.shape[1] == 4 * clips.WIDE + 5 * 8
    tiles = [picture[34:, 8 + n * (clips.WIDE + 8) :][:, : clips.WIDE] for n in range(4)]
    for one in range(4):
        for other in range(one):
            assert np.abs(tiles[one] - tiles[other]).max() > (60 if other == 0 else 12), (
                "four different pictures"
            )
    assert np.abs(tiles[0][:100] - tiles[3][:100]).mean() < 6, "of one moment"
    package(
        bundle_of(clip, "Hi."), tmp_path / "plain", formats=set(), burning=Options(preview=True), video=True
    )
    plain = Image.open(tmp_path / "plain/video/ep001.en-US.choices.jpg")
    assert plain.width == 2 * clips.WIDE + 3 * 8


def test_inpaint_says_where_it_found_no_letters(tmp_path: Path) -> None:
    plain = clips.write(tmp_path / "ep001.mp4", [clips.ground(n) for n in range(48)])
    (made,) = package(bundle_of(plain, "Hi."), tmp_path, formats={"video"}, burning=Options("inpaint", BAND))
    assert len(made.problems) == 1 and "(at 0:00.5): no letters were found" in made.problems[0]
    before, after = (dict(read_frames(p)) for p in (plain, made.path / "ep001.en-US.mp4"))
    x0, y0, _, y1 = clips.BOX
    assert np.abs(before[1000].astype(int) - after[1000])[y0:y1, x0 : x0 + 24].mean() < 4, "left as it is"


LONG = {
    "en-US": "It is a very long line that nobody can read in the time that it stands. " * 3,
    "zh-Hans": "外公雨还没有停呢小满把旧伞放在门口坐着等" * 10,
    "th-TH": "คุณตาคะฝนยังไม่หยุดเลยร่มคันนี้" * 7,
    "ar": "دفعت خمسة عشر يوانًا لإصلاح المظلّة القديمة " * 5,
    "ja-JP": "おじいちゃん雨がまだ止まないよちょっと待って" * 9,
    "hi-IN": "बारिश अभी रुकी नहीं है और छाते की मरम्मत " * 5,
    "ko-KR": "비가 아직 안 그쳤어요 우산은 십오 위안이래요 " * 8,
}


@pytest.mark.parametrize("platform", platforms.names())
@pytest.mark.parametrize("locale", LONG)
def test_two_hundred_characters_stay_in_the_safe_area_and_are_told(locale: str, platform: str) -> None:
    text = LONG[locale][:200]
    if locale == "zh-Hans":
        bundle = bundle_of(None, text, "ja-JP")
    else:
        bundle = bundle_of(None, text, locale)
    bundle = replace(bundle, platform=platforms.load(platform))
    work = Burned(bundle, bundle.episodes[0], INFO)
    (overlay,) = work.overlays()
    # Without a platform there is room for so much in some languages.
    if platform != "none" or work.problems():
        assert "shorten it" in work.problems()[0] and "line 1" in work.problems()[0]
    white = (overlay.rgba[..., :3].min(axis=2) > 200) & (overlay.rgba[..., 3] > 128)
    ys, xs = np.nonzero(white)
    x0, y0, x1, y1 = safe_room(bundle, INFO.width, INFO.height)
    assert x0 <= overlay.x + xs.min() and overlay.x + xs.max() < x1
    assert y0 <= overlay.y + ys.min() and overlay.y + ys.max() < y1


@pytest.mark.parametrize(
    "text", ["Hi 🌂!", "🌂", "", " \n ", "👩‍👩‍👧‍👦 ok", "a\u0300\u0301" * 90, "\u202b\u200f", "x" * 5000]
)
def test_odd_lines_do_no_harm(text: str) -> None:
    work = Burned(bundle := bundle_of(None, text), bundle.episodes[0], INFO)
    for overlay in work.overlays():
        x0, _, x1, _ = text_room(bundle, INFO.width, INFO.height)
        xs = np.nonzero((overlay.rgba[..., :3].min(axis=2) > 200) & (overlay.rgba[..., 3] > 128))[1]
        assert not len(xs) or (x0 <= overlay.x + xs.min() and overlay.x + xs.max() < x1)
    if "🌂" in text:
        assert "no font has 🌂" in work.problems()[0]
    if len(text) == 5000:
        assert "are shown" in work.problems()[0]


def test_a_dub_comes_from_a_file_or_a_folder(clip: Path, tmp_path: Path) -> None:
    bundle = bundle_of(clip, "Hi.")
    folder = tmp_path / "dub"
    folder.mkdir()
    dub = clips.sound_file(folder / "ep001.en-US.wav", 2.0)
    for given in (dub, folder):
        (made,) = package(
            bundle, tmp_path / "o", formats={"video"}, burning=Options(audio=given, codec="hevc")
        )
        info = probe(made.path / "ep001.en-US.mp4")
        assert (info.video_codec, info.audio_codec) == ("hevc", "aac") and made.problems == ()
    loud = tmp_path / "loud.wav"
    write_wav(loud, np.sin(np.arange(96_000) * 0.05).astype(np.float32)[:, None].repeat(2, 1))
    (made,) = package(bundle, tmp_path / "o", formats={"video"}, burning=Options(audio=loud))
    assert "loud.wav: its true peak is" in made.problems[0]
    two = replace(
        bundle, episodes=[bundle.episodes[0], replace(bundle.episodes[0], episode=Episode(2, "", 2000))]
    )
    with pytest.raises(UserError, match="2 episodes"):
        package(two, tmp_path / "o", formats={"video"}, burning=Options(audio=dub))
    with pytest.raises(UserError, match="episode 2"):
        package(two, tmp_path / "o", formats={"video"}, burning=Options(audio=folder))
    shutil.copy(dub, folder / "EP1.wav")
    with pytest.raises(UserError, match="keep one"):
        package(bundle, tmp_path / "o", formats={"video"}, burning=Options(audio=folder))
    with pytest.raises(UserError, match="no such file"):
        package(bundle, tmp_path / "o", formats={"video"}, burning=Options(audio=tmp_path / "gone.wav"))


def test_the_command_burns_what_was_read_and_says_what_does_not_fit(clip: Path, tmp_path: Path) -> None:
    root = tmp_path / "series"
    (root / "video").mkdir(parents=True)
    shutil.copy(clip, root / "video" / "ep001.mp4")
    (root / "ep001.zh.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\n你好世界\n", "utf-8")
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / "ep001.en-US.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello 🌂 you\n", "utf-8")

    def run(*words: object) -> Result:
        return CliRunner().invoke(app, [str(w) for w in words])

    assert run("new", root).exit_code == 0
    for command in (["draft", "--drafts", drafts], ["fit"]):
        result = run(command[0], root, "--market", "en-US", *command[1:])
        assert result.exit_code == 0, result.output
    base = ("package", root, "--market", "en-US", "--only", "srt", "--format", "json", "--burn")
    made = run(*base, "--cover", "inpaint")
    problems = " ".join(json.loads(made.stdout)["problems"])
    assert "no font has 🌂" in problems and "--band" in problems
    project = open_project(root)
    body = {"boxes": [[500, 1500, *clips.BOX]]}
    documents.put(project.store, "ocr", "band.1", body, 0, "ocr")
    step = json.loads(run(*base, "--cover", "inpaint").stdout)["steps"][0]
    assert "--band" not in " ".join(step["problems"])
    path = root / "editions" / "en-US" / "video" / "ep001.en-US.mp4"
    before, after = dict(read_frames(clip))[1000], dict(read_frames(path))[1000]
    x0, y0, x1, y1 = clips.BOX
    old = (before[y0:y1, x0:x1].min(axis=2) > 225)[:, :24]
    assert (after[y0:y1, x0:x1].min(axis=2) > 215)[:, :24][old].mean() < 0.1
    stamp = path.stat().st_mtime_ns
    again = json.loads(run(*base, "--cover", "inpaint").stdout)
    assert path.stat().st_mtime_ns == stamp and "no font has" in " ".join(again["problems"])
    for bad, word in (
        (["--cover", "paint"], "no cover"),
        (["--codec", "vp9"], "no codec"),
        (["--band", "x"], "--band"),
    ):
        result = run(*base, *bad)
        assert isinstance(result.exception, UserError) and word in str(result.exception)
