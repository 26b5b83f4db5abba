"""Script lines and drafts brought together with the cues."""

from __future__ import annotations

import random
import time
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.series.align import align, match_by_time
from smallscreen.series.formats import RawCue, read_subtitles
from smallscreen.series.model import Cue, ScriptLine, cue_id
from smallscreen.series.scripts import read_script


def cues(*texts: str, episode: int = 1, speaker: str | None = None) -> list[Cue]:
    return [
        Cue(cue_id(episode, i), episode, i, i * 2000, i * 2000 + 1500, text, speaker)
        for i, text in enumerate(texts, 1)
    ]


def lines(*rows: tuple[str, str | None, str], episode: int = 1, kind: str = "dialogue") -> list[ScriptLine]:
    return [
        ScriptLine(episode, i, scene, kind if who else "action", text, who)
        for i, (scene, who, text) in enumerate(rows, 1)
    ]


def speakers(found: list[Cue]) -> list[str | None]:
    return [c.speaker for c in found]


# --- align ---------------------------------------------------------------------------------

SCRIPT = lines(
    ("1-1", None, "外公坐在矮凳上削伞骨。"),
    ("1-1", "外公", "买伞，还是补伞？"),
    ("1-1", "林小满", "外公，是我。我坐了一夜的车，从成都回来的，我年假只有五天。"),
    ("1-1", "外公", "好。"),
    ("1-2", "舅妈", "好。"),
    ("1-2", "林小满", "这一句后来删掉了，没有拍。"),
    ("1-2", "舅妈", "吃了饭再走嘛，灶上还炖着汤。"),
)


def test_one_line_spans_cues_and_small_differences_do_not_matter() -> None:
    found = align(
        cues(
            "买伞还是补伞",
            "外公 是我",
            "我坐了一夜车",
            "从成都回来",
            "年假就五天",
            "好",
            "好",
            "吃了饭再走",
            "灶上还炖到汤的",
            "谢谢观看",
        ),
        SCRIPT,
    )
    assert speakers(found) == [
        "外公",
        "林小满",
        "林小满",
        "林小满",
        "林小满",
        "外公",
        "舅妈",
        "舅妈",
        "舅妈",
        None,
    ]
    assert [c.scene for c in found] == ["1-1"] * 6 + ["1-2"] * 4


def test_traditional_subtitles_meet_a_simplified_script() -> None:
    assert speakers(align(cues("買傘還是補傘", "外公 是我"), SCRIPT)) == ["外公", "林小满"]


def test_words_said_otherwise_are_taken_where_only_one_line_is_left() -> None:
    script = lines(
        ("1-1", "甲", "你今天到底去了哪里？"),
        ("1-1", "乙", "随便走走，散心。"),
        ("1-1", "甲", "撒谎，我看见你的车了。"),
    )
    assert speakers(align(cues("你今天到底去了哪里", "我没去什么地方", "撒谎 我看见你的车了"), script)) == [
        "甲",
        "乙",
        "甲",
    ]


def test_a_speaker_of_the_file_stays_and_episodes_do_not_mix() -> None:
    assert speakers(align(cues("买伞还是补伞", speaker="爷爷"), SCRIPT)) == ["爷爷"]
    assert speakers(align(cues("买伞还是补伞", episode=2), SCRIPT)) == [None]


def test_a_script_of_another_episode_gives_nothing() -> None:
    found = align(
        cues(*[f"毫不相干的第{i}句" for i in "一二三四五六七八九"], "好"),
        lines(("1-1", "外公", "今晚月亮真圆啊")),
    )
    assert [(c.speaker, c.scene) for c in found] == [(None, None)] * 10


def test_english_is_compared_by_words() -> None:
    script = lines(
        ("1-1", "ANA", "I told you not to come back here, and you came anyway."),
        ("1-1", "LEO", "(laughs) Where else was I going to go?"),
    )
    found = align(
        cues("I told you not to come back", "and you came anyway", "Where else was I gonna go?"), script
    )
    assert speakers(found) == ["ANA", "ANA", "LEO"]


def test_the_sample_series_gets_its_speakers() -> None:
    folder = Path(str(files("smallscreen.sample").joinpath("series")))
    if not (folder / "script.txt").is_file():
        pytest.skip("the sample series has no script")
    script = read_script(folder / "script.txt").lines
    total = held = 0
    for number in range(1, 13):
        path = folder / f"ep{number:03d}.zh.srt"
        found = align(
            [
                Cue(cue_id(number, i), number, i, c.start_ms, c.end_ms, c.text)
                for i, c in enumerate(read_subtitles(path), 1)
            ],
            script,
        )
        for cue in found:
            total += 1
            said = [
                x for x in script if x.episode == number and x.speaker == cue.speaker and x.scene == cue.scene
            ]
            held += any(_letters(cue.text) in _letters(x.text) for x in said)
    # What a cue says stands in a line of the speaker and the scene it was given; a few are said otherwise.
    assert total > 200 and held >= 0.95 * total


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


HAN = "的一是了我不人在他有这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发"


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_alignment_keeps_order_and_gives_every_clear_cue_its_speaker(data: st.DataObject) -> None:
    rng = random.Random(data.draw(st.integers(0, 10**6)))
    script, wanted, texts = [], [], []
    for i in range(data.draw(st.integers(1, 25))):
        who = rng.choice("甲乙丙")
        parts = ["".join(rng.choices(HAN, k=rng.randint(8, 14))) for _ in range(rng.randint(1, 3))]
        script.append(ScriptLine(1, i + 1, f"1-{i // 5}", "dialogue", "，".join(parts) + "。", who))
        for part in parts:
            texts.append(part)
            wanted.append((who, f"1-{i // 5}"))
    assert [(c.speaker, c.scene) for c in align(cues(*texts), script)] == wanted
    # Cues that are in no line change nothing for the others.
    at = rng.randrange(len(texts) + 1)
    noisy = align(cues(*texts[:at], "ABCDE FGHIJ", *texts[at:]), script)
    assert [(c.speaker, c.scene) for c in noisy[:at] + noisy[at + 1 :]] == wanted


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("好的吗我A1 ，<i>", max_size=8), max_size=12),
    st.lists(st.text("好的吗我A1 ，（）", max_size=8), max_size=12),
)
def test_any_texts_align(cue_texts: list[str], line_texts: list[str]) -> None:
    given_cues = cues(*cue_texts)
    found = align(
        given_cues, [ScriptLine(1, i, f"1-{i}", "dialogue", t, f"S{i}") for i, t in enumerate(line_texts, 1)]
    )
    assert [(c.id, c.text, c.start_ms) for c in found] == [(c.id, c.text, c.start_ms) for c in given_cues]
    numbers = [int(c.speaker[1:]) for c in found if c.speaker]
    assert numbers == sorted(numbers)


def test_a_film_of_2000_cues_is_quick_even_with_a_script_that_is_all_alike() -> None:
    rng = random.Random(5)
    texts = ["".join(rng.choices(HAN[:12], k=12)) for _ in range(2000)]
    script = [
        ScriptLine(1, i, "1", "dialogue", "".join(rng.choices(HAN[:12], k=30)), "甲") for i in range(800)
    ]
    start = time.perf_counter()
    align(cues(*texts), script)
    align(
        cues(*["哈哈哈哈哈哈哈哈哈哈"] * 2000),
        [ScriptLine(1, i, "1", "dialogue", "哈" * 30, "甲") for i in range(800)],
    )
    assert time.perf_counter() - start < 10


# --- match_by_time -------------------------------------------------------------------------

SOURCE = cues("一", "二", "三", "四", "五")  # 2.0-3.5, 4.0-5.5, 6.0-7.5, 8.0-9.5, 10.0-11.5 s


def draft(*rows: tuple[float, float, str]) -> list[RawCue]:
    return [
        RawCue(round(a * 1000), round(b * 1000), text, None, 4 * i) for i, (a, b, text) in enumerate(rows, 1)
    ]


def ids(*numbers: int) -> tuple[str, ...]:
    return tuple(cue_id(1, n) for n in numbers)


ALL = [(2, 3.5, "One"), (4, 5.5, "Two"), (6, 7.5, "Three"), (8, 9.5, "Four"), (10, 11.5, "Five")]


def test_equal_times_match_without_a_word() -> None:
    texts, problems = match_by_time(SOURCE, draft(*ALL))
    assert texts == dict(zip(ids(1, 2, 3, 4, 5), ["One", "Two", "Three", "Four", "Five"], strict=True))
    assert problems == []


def test_matching_goes_by_time_and_not_by_index() -> None:
    texts, problems = match_by_time(SOURCE, draft(*ALL[1:]))
    assert texts == dict(zip(ids(2, 3, 4, 5), ["Two", "Three", "Four", "Five"], strict=True))
    assert [(p.kind, p.cues) for p in problems] == [("missing", ids(1))]


@pytest.mark.parametrize("shift", [2.0, -1.4, 31.25])
@pytest.mark.parametrize("left_out", [None, 2])
def test_a_constant_shift_is_taken_out_and_said(shift: float, left_out: int | None) -> None:
    source = cues(*"一二三四五六七八九十")
    # Uneven gaps, as people speak.
    source = [
        Cue(c.id, 1, c.index, c.start_ms + 137 * c.index**2, c.end_ms + 137 * c.index**2, c.text)
        for c in source
    ]
    rows = [
        RawCue(
            max(0, c.start_ms + round(shift * 1000)),
            c.end_ms + round(shift * 1000),
            f"T{c.index}",
            None,
            c.index,
        )
        for c in source
        if c.index != left_out
    ]
    texts, problems = match_by_time(source, rows)
    assert texts == {c.id: f"T{c.index}" for c in source if c.index != left_out}
    assert problems[0].kind == "shifted" and abs(problems[0].offset_ms - shift * 1000) <= 60
    assert [p.cues for p in problems[1:]] == ([] if left_out is None else [ids(left_out)])


def test_a_draft_over_two_cues_is_dealt_out_by_its_sentences_or_lines() -> None:
    texts, problems = match_by_time(
        SOURCE, draft(ALL[0], (4, 7.5, "Two. Three!"), (8, 11.5, "- Four\n- Five"))
    )
    assert texts == dict(zip(ids(1, 2, 3, 4, 5), ["One", "Two.", "Three!", "Four", "Five"], strict=True))
    assert [(p.kind, p.cues, p.line) for p in problems] == [("split", ids(2, 3), 8), ("split", ids(4, 5), 12)]


def test_a_draft_over_two_cues_that_cannot_be_cut_goes_to_the_one_it_covers_most() -> None:
    texts, problems = match_by_time(SOURCE, draft(ALL[0], (4.4, 7.5, "two and three"), ALL[3], ALL[4]))
    assert texts[cue_id(1, 3)] == "two and three" and texts[cue_id(1, 2)] == ""
    assert [(p.kind, p.cues) for p in problems] == [("merged", ids(2, 3))]


def test_drafts_within_one_cue_are_joined_in_order() -> None:
    texts, problems = match_by_time(SOURCE, draft(ALL[0], (4, 4.7, "Two"), (4.8, 5.5, "halves"), *ALL[2:]))
    assert texts[cue_id(1, 2)] == "Two halves"
    assert [(p.kind, p.cues) for p in problems] == [("joined", ids(2))]


def test_two_who_speak_at_once_keep_their_order() -> None:
    source = [Cue(cue_id(1, i), 1, i, 1000, 2000, "x") for i in (1, 2)]
    assert match_by_time(source, draft((1, 2, "A"), (1, 2, "B"))).texts == {
        cue_id(1, 1): "A",
        cue_id(1, 2): "B",
    }


def test_a_draft_that_falls_on_nothing_is_given_back() -> None:
    texts, problems = match_by_time(SOURCE, draft(*ALL, (60, 61, "Subtitles by Nobody")))
    assert len(texts) == 5
    assert [(p.kind, p.text, p.line) for p in problems] == [("unmatched", "Subtitles by Nobody", 24)]
    assert "falls on no cue" in str(problems[0])


@st.composite
def timed(draw: st.DrawFn, mark: str) -> list[tuple[int, int, str]]:
    rows, at = [], 0
    for i in range(draw(st.integers(0, 14))):
        at += draw(st.integers(-800, 4000))
        at = max(0, at)
        rows.append(
            (
                at,
                at + draw(st.integers(50, 5000)),
                f"{mark}{i}{draw(st.sampled_from(['', '. And more.', ' - x']))}",
            )
        )
    return rows


@settings(max_examples=400, deadline=None)
@given(timed("source"), timed("draft"))
def test_nothing_is_lost(source: list[tuple[int, int, str]], rows: list[tuple[int, int, str]]) -> None:
    given_cues = [Cue(cue_id(1, i), 1, i, a, b, t) for i, (a, b, t) in enumerate(source, 1)]
    drafts = [RawCue(a, b, t, None, i) for i, (a, b, t) in enumerate(rows, 1)]
    texts, problems = match_by_time(given_cues, drafts)
    used = (
        " ".join(texts.values()).split() + " ".join(p.text for p in problems if p.kind == "unmatched").split()
    )
    assert sorted(used) == sorted(" ".join(d.text for d in drafts).split())  # every word once, none twice
    missing = {c for p in problems if p.kind == "missing" for c in p.cues}
    assert set(texts) | missing == {c.id for c in given_cues} and not set(texts) & missing
    empty = {i for i, t in texts.items() if not t}
    assert empty <= {c for p in problems if p.kind == "merged" for c in p.cues}


@settings(max_examples=100, deadline=None)
@given(timed("source"), st.integers(-100, 100))
def test_a_draft_with_the_sources_own_times_matches_each_cue(
    source: list[tuple[int, int, str]], slip: int
) -> None:
    given_cues = [Cue(cue_id(1, i), 1, i, a + 200, b + 200, t) for i, (a, b, t) in enumerate(source, 1)]
    drafts = [RawCue(c.start_ms + slip, c.end_ms + slip, c.text, None, c.index) for c in given_cues]
    if slip == 0:
        assert match_by_time(given_cues, drafts) == ({c.id: c.text for c in given_cues}, [])
    apart = sorted(given_cues, key=lambda c: c.start_ms)
    if all(a.end_ms + 200 < b.start_ms for a, b in pairwise(apart)) and all(
        c.duration_ms > 400 for c in apart
    ):
        assert match_by_time(given_cues, drafts).texts == {c.id: c.text for c in given_cues}
