"""The main job as a user does it: through the program, in a process of its own."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.conftest import smallscreen

DRAFT = """1
00:00:01,000 --> 00:00:02,500
Grandpa, I'm home.

2
00:00:03,000 --> 00:00:04,200
Buying an umbrella, or mending one?

3
00:00:05,000 --> 00:00:06,500
Mending a person.
"""


@pytest.fixture
def series(folder: Path) -> Path:
    """A series of two small episodes, with a draft of the first in English."""
    drafts = folder / "drafts"
    drafts.mkdir()
    (drafts / "ep001.en.srt").write_text(DRAFT, "utf-8")
    (drafts / "ep002.en.srt").write_text(
        DRAFT.replace("Mending a person.", "Two jin of meat, 48 yuan."), "utf-8"
    )
    assert smallscreen("new", folder).returncode == 0
    return folder


def test_from_a_folder_to_an_edition(series: Path) -> None:
    done = smallscreen(
        "localize", series, "--market", "en-US", "--drafts", series / "drafts", "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    steps = {s["step"]: s for s in json.loads(done.stdout)["steps"]}
    assert steps["draft"]["drafted"] == 6
    assert steps["fit"]["lines"] == 6
    folder = series / "editions" / "en-US"
    assert any(folder.rglob("*.srt")) and any(folder.rglob("*.html")) and any(folder.rglob("*.xlsx"))
    srt = next(folder.rglob("ep001*.srt")).read_text("utf-8")
    assert "Grandpa, I" in srt and "00:00:01,000" in srt
    edition = json.loads((folder / "edition.json").read_text("utf-8"))
    assert [x["text"] for x in edition["lines"]][:3] == [
        "Grandpa, I'm home.",
        "Buying an umbrella, or mending one?",
        "Mending a person.",
    ]
    assert any(b["text"] == "外公" for b in edition["barriers"])


def test_the_second_time_there_is_nothing_to_do(series: Path) -> None:
    command = ("localize", series, "--market", "en-US", "--drafts", series / "drafts", "--format", "json")
    smallscreen(*command)
    again = json.loads(smallscreen(*command).stdout)
    assert [s["step"] for s in again["steps"] if s["fresh"]] == []


def test_a_changed_line_changes_only_its_episode(series: Path) -> None:
    command = ("localize", series, "--market", "en-US", "--drafts", series / "drafts", "--format", "json")
    smallscreen(*command)
    path = series / "drafts" / "ep002.en.srt"
    path.write_text(path.read_text("utf-8").replace("48 yuan", "forty-eight yuan"), "utf-8")
    steps = {s["step"]: s for s in json.loads(smallscreen(*command).stdout)["steps"]}
    assert steps["fit"]["fresh"] == 1 and steps["barriers"]["fresh"] is False


def test_an_edition_json_can_be_drafted_from_again(series: Path) -> None:
    smallscreen("localize", series, "--market", "en-US", "--drafts", series / "drafts")
    made = series / "editions" / "en-US" / "edition.json"
    done = smallscreen(
        "draft", series, "--market", "en-US", "--variant", "copy", "--drafts", made, "--format", "json"
    )
    assert json.loads(done.stdout)["steps"][0]["drafted"] == 6


def test_without_words_it_reports_on_the_source(series: Path) -> None:
    done = smallscreen("localize", series, "--market", "id-ID", "--format", "json")
    assert done.returncode == 0, done.stderr
    steps = {s["step"]: s for s in json.loads(done.stdout)["steps"]}
    assert steps["barriers"]["barriers"] >= 2 and steps["fit"]["lines"] == 0
    assert list((series / "editions" / "id-ID").glob("*.html"))


def test_each_step_has_its_own_command(series: Path) -> None:
    for step in ("barriers", "draft", "fit", "check", "package"):
        more = ("--drafts", series / "drafts") if step == "draft" else ()
        done = smallscreen(step, series, "--market", "en-US", *more)
        assert done.returncode == 0, f"{step}: {done.stderr}"
        assert done.stdout.strip()
    found = json.loads(smallscreen("check", series, "--market", "en-US", "--format", "json").stdout)[
        "findings"
    ]
    assert all(f["message"] and f["evidence"] is not None for f in found)


def test_tables_are_for_people_and_hold_the_rendering(series: Path) -> None:
    done = smallscreen("barriers", series, "--market", "en-US")
    assert "外公" in done.stdout and "kinship" in done.stdout and "Grandpa" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--market", "xx-YY"), "there are ar, de-DE, en-US"),
        (("--market", "en-US", "--drafts", "nowhere"), "nowhere"),
        (("--market", "en-US", "--drafts", "a", "--engine", "local"), "not both"),
        (("--market", "en-US", "--episodes", "7"), "no episode 7"),
        (("--market", "en-US", "--episodes", "one"), "1-3,7"),
        (("--market", "en-US", "--platform", "moon"), "tiktok"),
        (("--market", "en-US", "--profile", "round"), "landscape or vertical"),
        (("--market", "en-US", "--only", "vhs"), "srt"),
        (("--market", "en-US", "--engine", "oracle"), "openai"),
        (("--market", "en-US", "--finder", "oracle"), "lexicon"),
        (("--market", "en-US", "--engine", "openai", "--model", "m"), "SMALLSCREEN_API_KEY"),
    ],
)
def test_bad_input_is_one_clear_sentence(series: Path, words: tuple[str, ...], says: str) -> None:
    done = smallscreen("localize", series, *words)
    assert done.returncode == 2
    assert says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_no_series_says_how_to_make_one(tmp_path: Path) -> None:
    done = smallscreen("localize", tmp_path, "--market", "en-US")
    assert done.returncode == 2 and "smallscreen new" in done.stderr


def test_a_broken_file_ends_with_2_and_the_rest_is_done(series: Path) -> None:
    (series / "ep003.zh.srt").write_text("1\n00:00:01,000 --> 00:0", "utf-8")
    done = smallscreen(
        "localize", series, "--market", "en-US", "--drafts", series / "drafts", "--format", "json"
    )
    assert done.returncode == 2
    assert "ep003.zh.srt, line 2" in done.stderr
    output = json.loads(done.stdout)
    assert output["problems"] and {s["step"]: s for s in output["steps"]}["fit"]["lines"] == 6


def test_one_market_without_drafts_does_not_stop_the_other(series: Path) -> None:
    done = smallscreen(
        "localize", series, "--market", "th-TH", "--market", "en-US", "--drafts", series / "drafts"
    )
    assert done.returncode == 2 and "th-TH: drafts holds no drafts for th-TH" in done.stderr
    assert (series / "editions" / "en-US" / "report.html").exists()


def test_times_and_texts_that_are_out_of_order(folder: Path) -> None:
    long = "好" * 10_000
    (folder / "ep001.zh.srt").write_text(
        "1\n00:00:01,000 --> 00:00:04,000\n外公 你好\n\n2\n00:00:02,000 --> 00:00:03,000\n我也在说\n\n"
        f"3\n00:00:05,000 --> 00:00:09,000\n{long}\n",
        "utf-8",
    )
    (folder / "ep002.zh.srt").write_text("1\n00:00:05,000 --> 00:00:02,000\n倒着走\n", "utf-8")
    (folder / "ep003.zh.srt").write_text("1\n-00:00:05,000 --> 00:00:02,000\n负数\n", "utf-8")
    (folder / "ep004.zh.srt").write_bytes(
        "1\n00:00:01,000 --> 00:00:04,000\n爺爺 回來吃飯了嗎\n".encode("big5")
    )
    assert smallscreen("new", folder).returncode == 2
    drafts = folder / "drafts"
    drafts.mkdir()
    (drafts / "ep001.en.srt").write_text(
        "1\n00:00:01,000 --> 00:00:04,000\nHi, Grandpa.\n\n2\n00:00:02,000 --> 00:00:03,000\nMe too.\n\n"
        f"3\n00:00:05,000 --> 00:00:09,000\n{'good ' * 2000}\n",
        "utf-8",
    )
    done = smallscreen("localize", folder, "--market", "en-US", "--drafts", drafts)
    assert done.returncode == 2
    assert "ep002.zh.srt, line 2: the cue ends" in done.stderr and "ep003.zh.srt, line 2" in done.stderr
    edition = json.loads((folder / "editions" / "en-US" / "edition.json").read_text("utf-8"))
    fitted = [x for x in edition["fitted"] if x["episode"] == 1]
    assert all(a["end_ms"] <= b["start_ms"] for a, b in itertools.pairwise(fitted))
    assert sum(x["text"].split().count("good") for x in fitted) == 2000, "no word is lost"
    assert {"fit.shorten", "fit.repaired-time"} <= {f["check"] for f in edition["findings"]}
    assert any(b["text"] == "爺爺" for b in edition["barriers"])


def test_a_draft_with_more_and_fewer_subtitles_than_the_source(series: Path) -> None:
    text = DRAFT.replace("3\n00:00:05,000 --> 00:00:06,500\nMending a person.\n", "")
    (series / "drafts" / "ep001.en.srt").write_text(text, "utf-8")
    more = DRAFT + "\n4\n00:01:40,000 --> 00:01:41,000\nNobody says this.\n"
    (series / "drafts" / "ep002.en.srt").write_text(more, "utf-8")
    done = smallscreen(
        "localize", series, "--market", "en-US", "--drafts", series / "drafts", "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    edition = json.loads((series / "editions" / "en-US" / "edition.json").read_text("utf-8"))
    told = [f for f in edition["findings"] if f["check"].startswith("draft.")]
    assert any(f["episode"] == 1 and f["cue"] == "ep001.c0003" for f in told), "the cue without words is told"
    assert any("Nobody says this." in json.dumps(f) for f in told), "the words without a cue are told"


def test_names_from_a_hostile_file_stay_text(series: Path) -> None:
    path = series / "ep001.zh.srt"
    path.write_text(path.read_text("utf-8").replace("补人", "<script>alert(1)</script>"), "utf-8")
    done = smallscreen("localize", series, "--market", "en-US", "--drafts", series / "drafts")
    assert done.returncode == 0
    html = next((series / "editions" / "en-US").glob("*.html")).read_text("utf-8")
    assert "<script>alert(1)" not in html


def test_help_names_every_step() -> None:
    done = smallscreen("--help")
    assert done.returncode == 0
    for word in ("new", "sample", "localize", "barriers", "draft", "fit", "check", "package"):
        assert word in done.stdout
