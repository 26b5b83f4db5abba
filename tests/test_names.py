"""Episodes and languages in file names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.series.names import by_episode, chinese_number, episode_number, language_of

NAMES = [
    ("ep001.zh.srt", 1, "zh"),
    ("第3集.srt", 3, None),
    ("第十二集.srt", 12, None),
    ("第一百零三话 简体.srt", 103, "zh-Hans"),
    ("第05集_繁體中文.srt", 5, "zh-Hant"),
    ("第３集.srt", 3, None),
    ("十二.srt", 12, None),
    ("12集.srt", 12, None),
    ("S01E04.srt", 4, None),
    ("S1.E2.id.srt", 2, "id"),
    ("01x04.pt_BR.srt", 4, "pt-BR"),
    ("03.srt", 3, None),
    ("3.mp4", 3, None),
    ("EP12_en-US.vtt", 12, "en-US"),
    ("ep_005_chs.srt", 5, "zh-Hans"),
    ("EP01-zh_CN.srt", 1, "zh-Hans"),
    ("Title - 07 [zh].ass", 7, "zh"),
    ("[Group] Show 2 - 05 [1080p][ABCDEF12].ass", 5, None),
    ("episode 9 (2024) x264.en.forced.srt", 9, "en"),
    ("小满.03.zh-Hans.srt", 3, "zh-Hans"),
    ("2024.05.srt", 5, None),
    ("shot_1080x1920_ep3.mp4", 3, None),
    ("ep001.es-419.srt", 1, "es-419"),
    ("es-419.srt", None, None),
    ("ep01.hi.srt", 1, "hi"),
    ("ep01.en.hi.srt", 1, "en"),
    ("Ep 7 English.vtt", 7, "en"),
    ("What it is.srt", None, None),
    ("trailer.srt", None, None),
    ("ep000.srt", None, None),
]


@pytest.mark.parametrize(("name", "number", "language"), NAMES)
def test_names(name: str, number: int | None, language: str | None) -> None:
    assert (episode_number(name), language_of(name)) == (number, language)


@given(
    st.integers(1, 999),
    st.sampled_from(["ep{:03d}.zh.srt", "第{}集.srt", "S01E{:02d}.srt", "Show - {:02d} [en].ass"]),
)
def test_every_number_is_read_back(number: int, shape: str) -> None:
    assert episode_number(shape.format(number)) == number


def test_chinese_numbers() -> None:
    assert [chinese_number(x) for x in ("十", "二十", "两百零五", "一二", "12", "x", "")] == [
        10,
        20,
        205,
        12,
        12,
        None,
        None,
    ]


@given(st.text(max_size=40))
def test_any_name_gives_an_answer(name: str) -> None:
    number = episode_number(name)
    assert number is None or number >= 1
    language_of(name)


def _paths(*names: str) -> list[Path]:
    return [Path("in") / n for n in names]


def test_two_files_for_one_episode_are_both_named() -> None:
    with pytest.raises(UserError, match=r"ep01\.srt and 第1集\.srt .* episode 1"):
        by_episode(_paths("ep01.srt", "第1集.srt", "ep02.srt"))


def test_a_language_chooses_among_the_files_of_an_episode() -> None:
    files = _paths(
        "ep02.en-US.srt",
        "ep02.en.srt",
        "ep01.zh.srt",
        "ep01.en.srt",
        "ep03.srt",
        "trailer.srt",
        "ep02.en-GB.srt",
    )
    found = by_episode(files, "en-US")
    assert {n: p.name for n, p in found.items()} == {1: "ep01.en.srt", 2: "ep02.en-US.srt", 3: "ep03.srt"}
    assert list(found) == [1, 2, 3]
    with pytest.raises(UserError, match=r"ep01\.en\.srt and ep01\.zh\.srt"):
        by_episode(files)
