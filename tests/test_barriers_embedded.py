"""The embedded finder through the public door: what it adds to the lexicons, and that its scorer is sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.localize.barriers import find, finders
from smallscreen.localize.barriers.candidates import Patterns, candidates, segmentation
from smallscreen.localize.barriers.features import NAMES, matrix
from smallscreen.localize.barriers.finders.lexicon import matcher
from smallscreen.localize.barriers.scorer import Scorer, scorer
from smallscreen.localize.barriers.words import weights, words
from smallscreen.series.model import Barrier, Character, Cue, Series, Term, cue_id


def cue(text: str, index: int = 1, speaker: str | None = None) -> Cue:
    return Cue(cue_id(1, index), 1, index, index * 2000, index * 2000 + 1500, text, speaker)


def found(text: str, **more: object) -> dict[str, Barrier]:
    return {b.text: b for b in find([cue(text)], finder="embedded", **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("嫂子你别生气", "嫂子"),
        ("户口本在抽屉里", "户口本"),
        ("他靠老婆吃软饭", "吃软饭"),
        ("她就是个林黛玉", "林黛玉"),
        ("你又去泡妞", "泡妞"),
        ("他们俩是貌合神离", "貌合神离"),
    ],
)
def test_keeps_what_the_lexicons_are_sure_of(text: str, item: str) -> None:
    barriers = found(text)
    assert item in barriers, f"found only {list(barriers)}"
    assert barriers[item].finder == "embedded" and 0 < barriers[item].confidence < 1


@pytest.mark.parametrize(
    "text", ["我们明天几点见面", "你看见我的书了吗", "请把门关上", "他在北京工作", "谢谢你", ""]
)
def test_leaves_plain_lines_alone(text: str) -> None:
    assert found(text) == {}


def test_traditional_characters_are_found_at_the_same_places_and_quoted_as_written() -> None:
    old = find([cue("師傅說 一日夫妻百日恩 給點面子")], finder="embedded")
    new = find([cue("师傅说 一日夫妻百日恩 给点面子")], finder="embedded")
    assert old and [(b.start, b.end, b.kind) for b in old] == [(b.start, b.end, b.kind) for b in new]
    assert any(b.text == "給點面子" for b in old)


def test_names_and_terms_of_the_series_are_kept_as_the_lexicon_finder_keeps_them() -> None:
    series = Series(
        "s",
        "伞",
        characters=(Character("林小满", aliases=("小满",)), Character("貌合")),
        terms=(Term("油纸伞", "craft", "paper and oil on bamboo", {"en": "oil-paper umbrella"}),),
    )
    assert found("林小满 明天小满", series=series) == {}
    assert found("这把油纸伞", series=series)["油纸伞"].lexicon == "series"


def test_a_kin_term_is_read_by_the_relations_of_the_speaker() -> None:
    series = Series(
        "s",
        "伞",
        characters=(
            Character("林小满", relations=({"to": "罗春梅", "kind": "niece by marriage"},)),
            Character("罗春梅", relations=({"to": "林小满", "kind": "aunt by marriage"},)),
            Character("赵掌柜"),
        ),
    )
    own = find([cue("舅妈 你别生气", 1, "林小满")], series=series, finder="embedded")
    courtesy = find([cue("嫂子 你别生气", 1, "林小满")], series=series, finder="embedded")
    unknown = find([cue("嫂子 你别生气", 1, "赵掌柜")], series=series, finder="embedded")
    assert [b.text for b in (*own, *courtesy, *unknown)] == ["舅妈", "嫂子", "嫂子"]
    assert "罗春梅 (aunt by marriage)" in own[0].meaning
    assert "no kin" in courtesy[0].meaning and courtesy[0].need >= 2
    assert "林小满" not in unknown[0].meaning and "no kin" not in unknown[0].meaning


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("这是我孙子", False),
        ("我孙子上学了", False),
        ("孙子 你给我站住", True),
        ("就是你亲妹妹", False),
        ("我表妹", True),
    ],
)
def test_a_plain_word_for_real_kin_is_no_item(text: str, item: bool) -> None:
    assert bool(found(text)) is item


def test_a_plain_kin_word_is_no_item_when_the_speaker_has_such_kin() -> None:
    brother, sister = {"to": "林小满", "kind": "elder brother"}, {"to": "林大", "kind": "younger sister"}
    people = (
        Character("林小满", relations=(sister,)), Character("林大", relations=(brother,)), Character("赵掌柜"),
    )  # fmt: skip
    for speaker, item in (("林小满", False), ("赵掌柜", True)):
        some = find([cue("哥哥 你来了", 1, speaker)], series=Series("s", "伞", characters=people))
        assert [b.text for b in some] == ["哥哥"] * item


def test_it_is_the_default() -> None:
    assert {b.finder for b in find([cue("嫂子你别生气")])} == {"embedded"}


@pytest.mark.parametrize(
    "text",
    [
        "ALL CAPS ENGLISH LINE",
        "OK 我们 GO 吧",
        "♪ 月亮代表我的心 ♪",
        "😂😂",
        "\n\n",
        "……",
        "１２３",
        "\ud800坏",
    ],
)
def test_odd_lines_do_no_harm(text: str) -> None:
    for barrier in find([cue(text)], finder="embedded"):
        assert text[barrier.start : barrier.end] == barrier.text


def test_an_empty_series_and_a_very_long_line() -> None:
    assert find([], finder="embedded") == []
    text = "你又去泡妞 " * 2000
    assert len(find([cue(text)], finder="embedded")) >= 1999


def test_a_version_tells_results_apart() -> None:
    versions = [finders()[name].version for name in ("embedded", "lexicon")]
    assert all(len(v) == 12 for v in versions)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("我你的泡妞走后门面子 ，a1😀\n姐老王"), max_size=30))
def test_segments_cover_the_line_and_candidates_lie_in_it(text: str) -> None:
    table = words()
    segments = segmentation(text, table)
    assert "".join(text[a:b] for a, b in segments) == "".join(text.split())
    some, _ = candidates(text, matcher().find(text), table, Patterns(()))
    assert all(0 <= c.start < c.end <= len(text) for c in some)
    assert len({(c.start, c.end) for c in some}) == len(some)
    assert matrix(text, some, segments, table).shape == (len(some), len(NAMES))


def test_the_scorer_refuses_weights_of_other_features() -> None:
    arrays = dict(weights("scorer"))
    arrays["names"] = arrays["names"][:-1]
    with pytest.raises(ValueError, match="other features"):
        Scorer(arrays)


def test_probabilities_are_probabilities() -> None:
    rows = np.random.default_rng(1).normal(0, 5, (50, len(NAMES))).astype(np.float32)
    p = scorer().probability(rows)
    assert p.shape == (50,) and (p > 0).all() and (p < 1).all()
    assert set(scorer().needs(rows)) <= {1, 2, 3}
