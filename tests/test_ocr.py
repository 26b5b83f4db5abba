"""Subtitles read out of the picture: real videos made here, real models, through the command and the library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

pytest.importorskip("rapidocr", reason="reading subtitles from the picture needs the extra ocr (rapidocr)")

from smallscreen.cli import app
from smallscreen.engines import fonts
from smallscreen.engines.ocr import Reader
from smallscreen.series import documents
from smallscreen.series.burned import VideoRead, merge, read_video, spaces, step
from smallscreen.series.formats import read_subtitles
from smallscreen.series.project import open_project
from tests import clips

WIDE, HIGH, FPS = 270, 480, 24
LINES = ((10, 40, "外公我回来了"), (40, 68, "买伞还是补伞？"), (82, 118, "三年没回来你又长高了"))
Placed = Sequence[tuple[int, int, str, int]]  # first frame, end frame, text, top in pixels

_reader = Reader()


def _pictures(lines: Placed, frames: int, *, logo: bool = False, size: int = 19) -> list[np.ndarray]:
    """A moving ground with lines on it, and with a logo that stays."""
    made = []
    texts = {t: _text(t, size) for _, _, t, _ in lines}
    mark = _text("小屏剧场", 15)
    for n in range(frames):
        picture = clips.ground(3 * n, WIDE, HIGH)
        for first, end, text, top in lines:
            if first <= n < end:
                _lay(picture, texts[text], (WIDE - texts[text].shape[1]) // 2, top)
        if logo:
            _lay(picture, mark, 12, 20)
        made.append(picture)
    return made


def _text(text: str, size: int) -> np.ndarray:
    return fonts.text_picture(
        text, locale="zh-Hans", size=size, weight="bold", outline=1.6, outline_fill=(0, 0, 0)
    )


def _lay(picture: np.ndarray, text: np.ndarray, x: int, y: int) -> None:
    high, wide = text.shape[:2]
    alpha = text[..., 3:] / 255
    part = picture[y : y + high, x : x + wide]
    part[...] = part * (1 - alpha) + text[..., :3] * alpha


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds with three lines, two of them without a gap, and a logo."""
    lines = [(a, b, t, 320) for a, b, t in LINES]
    return clips.write(tmp_path_factory.mktemp("ocr") / "v.mp4", _pictures(lines, 130, logo=True), crf=22)


@pytest.fixture(scope="module")
def folder(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos, as people have it: one good, one empty, one that is no video; read once."""
    root = tmp_path_factory.mktemp("videos")
    (root / "第1集.mp4").write_bytes(video.read_bytes())
    (root / "ep002.mp4").write_bytes(b"")
    (root / "ep003.mp4").write_text("this is no video", "utf-8")
    return root


def _run(*call: object) -> Any:
    return CliRunner().invoke(app, ["ocr", *map(str, call)])


def _short(path: Path, **more: Any) -> VideoRead:
    lines = [(6, 34, "外公我回来了", 320)]
    clips.write(path, _pictures(lines, 44), **more)
    return read_video(path, _reader)


def test_a_folder_of_videos_becomes_a_series(folder: Path) -> None:
    told = _run(folder, "--json")
    assert told.exit_code == 2  # two files are no videos; the third was read
    made = json.loads(told.output[: told.output.rindex("}") + 1])
    assert {p.split(":")[0] for p in made["problems"]} == {"ep002.mp4", "ep003.mp4"}
    (episode,) = made["episodes"]
    assert (episode["cues"], episode["is_source"], episode["fresh"]) == (3, True, True)
    assert (folder / "ocr" / "ep001.png").is_file()

    read = read_subtitles(folder / "ep001.zh.srt")
    assert [c.text for c in read] == [t for _, _, t in LINES]
    for cue, (first, end, _) in zip(read, LINES, strict=True):
        assert abs(cue.start_ms - first * 1000 / FPS) <= 2 * 1000 / FPS
        assert abs(cue.end_ms - end * 1000 / FPS) <= 2 * 1000 / FPS

    project = open_project(folder)
    assert [c.text for c in project.store.cues()[1]] == [t for _, _, t in LINES]
    band = documents.get(project.store, "ocr.band", "1")
    assert band is not None
    for start, end, x0, y0, x1, y1 in band.body["boxes"]:
        assert start < end
        assert 0 <= x0 < x1 <= WIDE
        assert 305 <= y0 < y1 <= 365
    assert CliRunner().invoke(app, ["new", str(folder)]).exit_code == 0


def test_what_was_read_is_not_read_again_and_peoples_files_stay(folder: Path) -> None:
    if not (folder / "ep001.zh.srt").exists():
        _run(folder)
    source = folder / "ep001.zh.srt"
    edited = source.read_text("utf-8").replace("外公", "阿公")
    source.write_text(edited, "utf-8")
    made = json.loads(_run(folder, "--episodes", "1", "--json").output)
    (episode,) = made["episodes"]
    assert not episode["fresh"]
    assert not episode["is_source"]
    assert "stays as it is" in episode["note"]
    assert source.read_text("utf-8") == edited
    assert "外公" in (folder / "ocr" / "ep001.zh.srt").read_text("utf-8")
    again = json.loads(_run(folder, "--episodes", "1", "--json").output)
    assert sorted(p.name for p in (folder / "ocr").iterdir()) == ["ep001.png", "ep001.zh.srt"]
    assert again["episodes"][0]["file"] == episode["file"]


def test_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips.write(tmp_path / "ep001.mp4", _pictures([(4, 28, "外公我回来了", 320)], 32))
    clips.write(tmp_path / "ep002.mp4", _pictures([(4, 28, "买伞还是补伞？", 320)], 32))
    first = []

    def stop(path: Path, *more: Any) -> VideoRead:
        if first:
            raise KeyboardInterrupt
        first.append(path)
        return read_video(path, *more)

    with monkeypatch.context() as patch:
        patch.setattr(step, "read_video", stop)
        with pytest.raises(KeyboardInterrupt):
            step.ocr(tmp_path, reader=_reader)
    assert (tmp_path / "ep001.zh.srt").is_file()
    assert not (tmp_path / "ep002.zh.srt").exists()
    made = step.ocr(tmp_path, reader=_reader)
    assert [(e["episode"], e["fresh"], e["cues"]) for e in made["episodes"]] == [(1, False, 1), (2, True, 1)]
    assert not [p.name for p in tmp_path.rglob(".*") if p.is_file()]


def test_a_video_without_subtitles_says_so(tmp_path: Path) -> None:
    clips.write(tmp_path / "ep001.mp4", _pictures([], 30))
    told = _run(tmp_path)
    assert told.exit_code == 0, told.output
    assert "no subtitles were found" in told.output
    assert not list(tmp_path.glob("*.srt"))


def test_folders_without_videos_are_refused(tmp_path: Path) -> None:
    for call, words in (((tmp_path / "no",), "no folder"), ((tmp_path,), "holds no video")):
        told = _run(*call)
        assert words in str(told.exception)
    (tmp_path / "holiday.mp4").write_bytes(b"x")
    assert "which episode" in str(_run(tmp_path).exception)


def test_a_logo_is_dropped_and_said(video: Path) -> None:
    read = read_video(video, _reader)
    assert [c.text for c in read.cues] == [t for _, _, t in LINES]
    assert all(c.confidence > 0.8 for c in read.cues)
    assert any(
        "stays too long" in d.why or "where subtitles" in d.why or "beside" in d.why or "size" in d.why
        for d in read.dropped
    )


def test_variable_frame_rate(tmp_path: Path) -> None:
    times = [n * 30 + (n % 3) * 12 for n in range(44)]
    read = _short(tmp_path / "v.mp4", times=times)
    assert [c.text for c in read.cues] == ["外公我回来了"]
    assert abs(read.cues[0].start_ms - times[6]) <= 90
    assert abs(read.cues[0].end_ms - times[34]) <= 90


def test_ten_bits_and_sound(tmp_path: Path) -> None:
    read = _short(tmp_path / "v.mp4", pix_fmt="yuv420p10le", codec="libx265", sound=True)
    assert [c.text for c in read.cues] == ["外公我回来了"]


def test_the_end_of_the_file_is_missing(tmp_path: Path) -> None:
    whole = tmp_path / "v.mkv"
    _short(whole)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.85)])
    read = read_video(cut, _reader)
    assert [c.text for c in read.cues] == ["外公我回来了"]


def test_rotated(tmp_path: Path) -> None:
    lines = [(6, 34, "外公我回来了", 320)]
    path = clips.write(tmp_path / "v.mp4", [np.rot90(p, -1) for p in _pictures(lines, 44)])
    data = bytearray(path.read_bytes())
    # The display matrix of the picture's track header: a quarter turn, as phones write it.
    upright = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = np.array([0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = turned
    path.write_bytes(data)
    read = read_video(path, _reader)
    assert (read.width, read.height) == (WIDE, HIGH)
    assert [c.text for c in read.cues] == ["外公我回来了"]
    assert read.cues[0].box[1] > 300


def test_two_places_an_emoji_and_two_rows(tmp_path: Path) -> None:
    lines = [
        (4, 30, "外公我回来了", 330),
        (30, 56, "两斤肉四十八块", 330),
        (60, 86, "你在楼上等我", 60),
        (86, 112, "我马上就下来", 60),
        (116, 140, "晚上来我那儿吃抄手\n摆下龙门阵", 318),
        (144, 170, "好的😀知道了", 330),
    ]
    path = clips.write(tmp_path / "v.mp4", _pictures(lines, 176))
    read = read_video(path, _reader)
    texts = [c.text for c in read.cues]
    for _, _, text, _ in lines[:5]:
        assert text in texts
    last = read.cues[-1].text
    assert last.startswith("好的")
    assert last.endswith("知道了")
    assert read.cues[-1].confidence < step.UNSURE  # something in it was not read


def test_a_wide_space_is_no_sign_of_something_unread(tmp_path: Path) -> None:
    clips.write(tmp_path / "v.mp4", _pictures([(4, 30, "好的　知道了", 330)], 36))
    (cue,) = read_video(tmp_path / "v.mp4", _reader).cues
    assert cue.text == "好的 知道了"
    assert cue.confidence >= step.UNSURE


def test_short_lines_of_letters_and_digits_are_lines_too(tmp_path: Path) -> None:
    texts = ["三年没回来你又长高了", "Mario", "你65分", "买伞还是补伞？", "网上"]
    lines = [(6 + 22 * n, 26 + 22 * n, text, 320) for n, text in enumerate(texts)]
    read = read_video(clips.write(tmp_path / "v.mp4", _pictures(lines, 122)), _reader)
    assert [c.text for c in read.cues] == texts, read.dropped


def test_a_gap_is_a_space_only_where_characters_stand_apart() -> None:
    def letters(text: str) -> np.ndarray:
        made: np.ndarray = fonts.text_picture(text, locale="zh-Hans", size=30, weight="bold", outline=0)[
            ..., 3
        ]
        return made > 128

    near = letters("没了")
    first = int(np.flatnonzero(near.any(0))[0])
    middles = [first + 13.0, first + 43.0]
    near[:, first + 21 : first + 30] = False  # a narrow letter of another typeface
    assert spaces.spaced("没了", near, 30, middles) == "没了"
    assert spaces.spaced("没了", letters("没 了"), 30, [first + 13.0, first + 52.0]) == "没 了"


def test_a_line_of_two_hundred_characters(tmp_path: Path) -> None:
    words = "外公说明天一早就要去镇上赶集买两斤肉和四十八块豆腐回来做给大家吃"
    rows = [(words * 7)[n : min(200, n + 12)] for n in range(0, 200, 12)]
    path = clips.write(tmp_path / "v.mp4", _pictures([(4, 40, "\n".join(rows), 60)], 46, size=16))
    read = read_video(path, _reader)
    text = "".join("".join(c.text.split()) for c in read.cues)
    want = "".join(rows)
    assert len(want) == 200
    assert sum(a in text for a in rows) >= 15


def test_signs_become_those_of_chinese() -> None:
    assert merge.normal("你好,真的?!") == "你好，真的？！"
    assert merge.normal("我...不去") == "我……不去"
    assert merge.normal("OK, fine") == "OK, fine"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_signs_are_changed_once(text: str) -> None:
    once = merge.normal(text)
    assert merge.normal(once) == once
    assert "\n" not in once
