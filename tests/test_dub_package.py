"""From the dub to the package through the program: its mix in the videos, its times in the picture and the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines.loudness import measured
from smallscreen.engines.sound import read_sound
from smallscreen.engines.video import Writer, read_frames
from smallscreen.errors import UserError
from smallscreen.series.formats import read_subtitles
from smallscreen.series.project import Project
from tests.speech_server import SpeechServer, tone
from tests.test_dub import HUM, heard, series  # noqa: F401

LONG = "This is a line that nobody could ever say in so short a time."  # 3.1 s when hurried; its cue has one
SECONDS = 7.0


def film(path: Path, cut_ms: int | None = None) -> None:
    """Gray, with a hum; another gray with stripes from `cut_ms` on, where there is a cut."""
    stripes = np.zeros((320, 180, 3), np.uint8)
    stripes[::8] = 70
    with Writer(path, 180, 320, 24, 44_100, crf=16, preset="ultrafast") as writer:
        for n in range(round(SECONDS * 24)):
            after = cut_ms is not None and n * 1000 / 24 >= cut_ms - 1
            writer.frame(
                np.full((320, 180, 3), 20, np.uint8) + stripes
                if after
                else np.full((320, 180, 3), 80, np.uint8)
            )
        writer.audio(tone(SECONDS, HUM, 44_100, 0.1))


def program(*words: object) -> Any:
    result = CliRunner().invoke(app, [str(w) for w in words])
    if result.exception:
        raise result.exception
    return result


def step(*words: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(program(*words, "--format", "json").stdout)["steps"][0]
    return told


def letters(path: Path) -> list[tuple[int, np.ndarray]]:
    """Where a video's pictures are as white as our letters, by time."""
    return [(at, picture[160:].min(axis=2) > 185) for at, picture in read_frames(path)]


def like(shown: list[tuple[int, np.ndarray]], text: np.ndarray) -> list[int]:
    """When that text stands: what is white there is so in both."""
    return [at for at, mask in shown if (mask & text).sum() > 0.8 * max(mask.sum(), text.sum()) > 0]


@pytest.fixture
def spoken(series: Project, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    film(series.root / "video" / "ep001.mp4")
    source = series.root / "ep001.zh.srt"
    later = source.read_text("utf-8").replace(
        "00:00:04,500 --> 00:00:05,400", "00:00:06,000 --> 00:00:06,800"
    )
    source.write_text(later, "utf-8")
    drafts = series.root.parent / "drafts"
    drafts.mkdir()
    times = ("00:00:01,000 --> 00:00:02,000", "00:00:02,300 --> 00:00:03,300")
    rows = [f"{n}\n{times[n]}\n{text}\n" for n, text in enumerate((LONG, "Mending umbrellas here"))]
    (drafts / "ep001.en-US.srt").write_text("\n".join(rows), "utf-8")
    program("draft", series.root, "--market", "en-US", "--drafts", drafts, "--episodes", "1")
    program("fit", series.root, "--market", "en-US", "--episodes", "1")
    with SpeechServer() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield series


BASE = ("--market", "en-US", "--episodes", "1")


def test_the_burned_picture_shows_a_line_when_it_is_heard(spoken: Project) -> None:
    root = spoken.root
    dubbed = step("dub", root, *BASE, "--voice", "openai", "--retime", "--video")
    assert dubbed["findings"]["dub.late"]
    plain = step("package", root, *BASE, "--burn", "--only", "srt")
    made = step("package", root, *BASE, "--burn", "--dub")
    folder = root / "editions" / "en-US"
    assert made["out"] == str(folder / "dubbed")
    assert {Path(m["path"]).name for m in made["made"]} == {"srt", "vtt", "ass", "ttml", "video"}
    first, second = (read_subtitles(folder / f / "subtitles/srt/ep001.en-US.srt") for f in (".", "dubbed"))
    was, now = (next(s for s in some if "Mending" in s.text) for some in (first, second))
    assert abs(was.start_ms - 2300) < 150 and now.start_ms > 4000
    told = read_subtitles(root / "dub/en-US/ep001.en-US.srt")
    assert [(s.start_ms, s.end_ms, s.text) for s in told] == [(s.start_ms, s.end_ms, s.text) for s in second]
    # In the picture: the second line stands when the edition has it, and in the dubbed one when it is heard.
    shown = {f: letters(folder / f / "video" / "ep001.en-US.mp4") for f in (".", "dubbed")}
    text = dict(shown["."])[2500]
    for where, line in ((".", was), ("dubbed", now)):
        stands = like(shown[where], text)
        assert stands[0] == pytest.approx(line.start_ms, abs=42) and stands[-1] == pytest.approx(
            line.end_ms, abs=84
        )
    # What is heard is the mix: as loud as it was made, no peak near the end of the scale, the hum turned down.
    path = folder / "dubbed" / "video" / "ep001.en-US.mp4"
    sound = read_sound(path)
    loud = measured(sound)
    assert loud.lufs == pytest.approx(-16, abs=0.3) and loud.dbtp < -1
    assert np.max(heard(sound, (220, 440))[int(now.start_ms / 10) :][:60]) > 0.05
    with av.open(str(path)) as file:
        (track,) = file.streams.audio
        assert track.metadata["language"] == "eng" and abs(len(sound) / 48_000 - SECONDS) < 0.1
    assert measured(read_sound(folder / "video" / "ep001.en-US.mp4")).lufs < -20, (
        "the edition keeps the film's"
    )
    assert plain["out"] == str(folder)
    # Once more: nothing is made; after another mix, all of it is.
    assert not step("package", root, *BASE, "--burn", "--dub")["fresh"]
    step("dub", root, *BASE, "--voice", "openai", "--retime", "--duck", "20")
    assert step("package", root, *BASE, "--burn", "--dub", "--keep-audio")["fresh"]
    with av.open(str(path)) as file:
        assert len(file.streams.audio) == 2


def test_re_timed_lines_keep_off_cuts(spoken: Project) -> None:
    root = spoken.root
    program("dub", root, *BASE, "--voice", "openai", "--retime")
    srt = root / "dub/en-US/ep001.en-US.srt"
    begins = next(s for s in read_subtitles(srt) if "Mending" in s.text).start_ms
    cut = round((begins + 200) * 24 / 1000) * 1000 / 24  # five frames after it would begin
    film(root / "video" / "ep001.mp4", round(cut))
    known = json.loads(program("shots", root, "--episodes", "1", "--format", "json").stdout)["shots"]["1"]
    assert known["cuts_ms"] == [pytest.approx(cut, abs=1)]
    made = step("dub", root, *BASE, "--voice", "openai", "--retime")
    assert made["fresh"] and made["speech_made"] == 0
    line = next(s for s in read_subtitles(srt) if "Mending" in s.text)
    assert line.start_ms == pytest.approx(cut, abs=1)
    program("package", root, *BASE, "--burn", "--dub", "--only", "srt")
    shown = letters(root / "editions/en-US/dubbed/video/ep001.en-US.mp4")
    text = next(mask for at, mask in shown if at > cut + 300)
    assert text.sum() > 20
    assert like(shown, text)[0] == pytest.approx(cut, abs=2)


def test_a_dub_that_is_not_that_of_the_edition_is_refused(spoken: Project) -> None:
    root = spoken.root
    with pytest.raises(UserError, match="no dub of episode 1; run smallscreen dub"):
        program("package", root, *BASE, "--burn", "--dub")
    with pytest.raises(UserError, match="not both"):
        program("package", root, *BASE, "--dub", "--audio", root)
    program("dub", root, *BASE, "--voice", "openai", "--video")
    # Not re-timed: the edition's own times, with the mix. The folder has a video beside the mix, too.
    made = step("package", root, *BASE, "--burn", "--dub", "--only", "srt")
    path = Path(made["out"])
    assert read_subtitles(path / "subtitles/srt/ep001.en-US.srt")[-2].end_ms < 4500
    other = step("package", root, *BASE, "--burn", "--audio", root / "dub/en-US", "--only", "srt")
    for folder in (made["out"], other["out"]):
        assert measured(read_sound(Path(folder) / "video/ep001.en-US.mp4")).lufs == pytest.approx(
            -16, abs=0.3
        )
    (root.parent / "drafts" / "ep001.en-US.srt").write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nOther words.\n", "utf-8"
    )
    program("draft", root, "--market", "en-US", "--drafts", root.parent / "drafts", "--episodes", "1")
    program("fit", root, *BASE)
    with pytest.raises(UserError, match="episode 1 was changed since it was dubbed"):
        program("package", root, *BASE, "--burn", "--dub")
    (root / "dub/en-US/ep001.wav").unlink()
    with pytest.raises(UserError, match="no dub of episode 1"):
        program("package", root, *BASE, "--burn", "--dub")
