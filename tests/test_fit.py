"""Fitting through its public door: what is shown, when, and what is said about what does not fit."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.localize.fit import FitResult, budget, budgets, fit
from smallscreen.series import markets
from smallscreen.series.model import Cue, Draft, cue_id
from smallscreen.series.text import clean, counted_width, plain, reading_chars

Item = tuple[int, int, str | None]


def cues_of(items: list[Item], speakers: list[str | None] | None = None) -> list[Cue]:
    names = speakers or [None] * len(items)
    return [
        Cue(cue_id(1, n), 1, n, start, end, "源", name)
        for n, ((start, end, _), name) in enumerate(zip(items, names, strict=True), start=1)
    ]


def fitted(
    items: list[Item],
    locale: str = "en-US",
    profile: str = "vertical",
    speakers: list[str | None] | None = None,
    **more,
) -> FitResult:
    cues = cues_of(items, speakers)
    drafts = {c.id: Draft(c.id, t) for c, (_, _, t) in zip(cues, items, strict=True) if t is not None}
    return fit(cues, drafts, markets.load(locale), profile, edition=locale, **more)


def texts(result: FitResult) -> list[str]:
    return [line.text for line in result.lines]


def checks(result: FitResult) -> list[str]:
    return [f.check for f in result.findings]


# Breaking by sense


@pytest.mark.parametrize(
    ("locale", "text", "rows"),
    [
        ("en-US", "I waited in the old house for you.", ["I waited", "in the old house for you."]),
        ("en-US", "He told me everything, but I did not listen.", ["He told me everything,", "but I did not listen."]),
        ("en-US", "She has never forgotten Zhou Guangming.", ["She has never forgotten", "Zhou Guangming."]),
        ("en-US", "The umbrella cost him 300 yuan.", ["The umbrella", "cost him 300 yuan."]),
        ("en-US", "Don’t take her for someone else.", ["Don’t take her", "for someone else."]),
        ("es-419", "No sabía que la abuela vivía en el pueblo.", ["No sabía que la abuela", "vivía en el pueblo."]),
        ("id-ID", "Aku tidak tahu bahwa Kakek sudah pulang.", ["Aku tidak tahu", "bahwa Kakek sudah pulang."]),
        ("fr-FR", "Pourquoi tu ne m'as rien dit avant\u00a0?", ["Pourquoi tu ne m'as rien", "dit avant\u00a0?"]),
        ("ko-KR", "할아버지가 만드신 우산을 왜 팔았어?", ["할아버지가 만드신", "우산을 왜 팔았어?"]),
    ],
)  # fmt: skip
def test_rows_break_by_sense(locale: str, text: str, rows: list[str]):
    result = fitted([(0, 6000, text)], locale)
    assert texts(result)[0].split("\n") == rows
    assert result.findings == []


def test_a_text_that_fits_one_row_stays_on_one():
    assert texts(fitted([(0, 3000, "I waited, and you came.")])) == ["I waited, and you came."]


def test_unspaced_scripts_break_between_phrases_and_never_before_a_closing_mark():
    japanese = texts(fitted([(0, 7000, "おじいちゃんの傘を見つけたとき私は何も言えなかった。")], "ja-JP"))[0]
    assert japanese.split("\n") == ["おじいちゃんの傘を", "見つけたとき私は", "何も言えなかった。"]
    thai = texts(fitted([(0, 7000, "ตอนที่ฉันพบร่มของคุณปู่ฉันพูดอะไรไม่ออกเลยจริงๆ")], "th-TH"))[0]
    assert all(counted_width(row, "cluster") <= 21 for row in thai.split("\n"))
    assert not any(row[0] in "ๆะาิีึืุู็่้๊๋์" for row in thai.split("\n"))


def test_two_speakers_keep_a_row_each():
    result = fitted([(0, 3000, "-Are you coming? -In a minute.")])
    assert texts(result) == ["-Are you coming?\n-In a minute."]
    result = fitted([(0, 3000, "- ¿Vienes?\n- Ya voy.")], "es-419", "landscape")
    assert texts(result) == ["- ¿Vienes?\n- Ya voy."]


def test_a_word_longer_than_a_row_is_cut_and_reported_without_tearing_a_cluster():
    result = fitted([(0, 7000, "a" * 60)])
    assert texts(result) == ["a" * 25 + "\n" + "a" * 25 + "\n" + "a" * 10]
    assert checks(result) == ["fit.hard-break"]
    family = "👩\u200d👩\u200d👧"
    result = fitted([(0, 7000, family * 40)])
    assert all(
        set(re.split(f"({family})", row)) <= {family, ""} for t in texts(result) for row in t.split("\n")
    )


# Merging and splitting


def test_cues_of_one_sentence_and_speaker_become_one_subtitle():
    items: list[Item] = [(0, 900, "When I came home,"), (1000, 1800, "you had already gone.")]
    assert texts(fitted(items, speakers=["A", "A"])) == ["When I came home,\nyou had already gone."]
    assert fitted(items, speakers=["A", "A"]).counts["merged"] == 2
    assert len(fitted(items, speakers=["A", "B"]).lines) == 2
    assert len(fitted(items, speakers=["A", "A"], merging=False).lines) == 2


def test_unknown_speakers_are_merged_only_within_a_sentence():
    assert len(fitted([(0, 900, "When I came home,"), (1000, 1800, "you had already gone.")]).lines) == 1
    assert len(fitted([(0, 900, "Where were you?"), (1000, 1800, "At home.")]).lines) == 2


def test_cues_far_apart_or_of_two_scenes_are_not_merged():
    items: list[Item] = [(0, 900, "When I came home,"), (1950, 2800, "you had already gone.")]
    assert len(fitted(items, speakers=["A", "A"]).lines) == 2
    near = cues_of([(0, 900, None), (1000, 1800, None)], ["A", "A"])
    scenes = [Cue(c.id, 1, c.index, c.start_ms, c.end_ms, "源", "A", f"1-{c.index}") for c in near]
    drafts = {
        c.id: Draft(c.id, t) for c, t in zip(scenes, ["When I came home,", "you had gone."], strict=True)
    }
    assert len(fit(scenes, drafts, markets.load("en-US"), "vertical", edition="en-US").lines) == 2


def test_merging_gives_a_fast_line_the_time_of_a_slow_neighbor():
    items: list[Item] = [(0, 1200, "I told you all about it yesterday."), (1300, 4500, "And again.")]
    apart = fitted(items, speakers=["A", "A"], merging=False)
    assert checks(apart) == ["fit.shorten"]
    merged = fitted(items, speakers=["A", "A"])
    assert len(merged.lines) == 1 and merged.findings == []


def test_a_draft_too_long_for_one_screen_is_split_by_sense_with_the_time_shared():
    text = (
        "The umbrella in the back of the shop is not for sale to anyone. "
        "It was the last one that your grandmother painted before she died."
    )
    result = fitted([(0, 9000, text)])
    first, second = result.lines
    assert first.text.endswith("to anyone.") and second.text.startswith("It was")
    assert first.cues == second.cues and result.counts["split"] == 1
    assert result.findings == []
    assert second.start_ms - first.end_ms == 84
    speeds = [reading_chars(x.text, "character") / x.duration_ms for x in (first, second)]
    assert max(speeds) / min(speeds) < 1.15


def test_italics_go_on_after_a_split():
    text = "<i>The umbrella in the back of the shop is not for sale to anyone, and it never was, not even to your mother.</i>"
    lines = texts(fitted([(0, 9000, text)]))
    assert len(lines) == 2
    assert all(t.startswith("<i>") and t.endswith("</i>") for t in lines)
    assert " ".join(plain(t).replace("\n", " ") for t in lines) == plain(text)


# Time


def test_a_fast_line_stays_longer_while_nothing_else_is_said():
    result = fitted([(1000, 2000, "I have been waiting for so long."), (9000, 10000, "Yes.")])
    line = result.lines[0]
    assert (line.start_ms, line.end_ms) == (1000, 2000 + 550)  # 31 characters, a break not counted, at 20
    assert result.counts["lengthened"] == 1 and result.findings == []


def test_what_cannot_be_read_in_time_is_reported_with_the_characters_that_can():
    text = "I have been waiting for you since the day before yesterday."
    result = fitted([(0, 1000, text), (1084, 2500, "Really?")], speakers=["A", "B"])
    finding = result.findings[0]
    line = result.lines[0]
    assert finding.check == "fit.shorten" and finding.line == 1 and finding.cue == "ep001.c0001"
    allowed = finding.evidence["allowed"]
    assert allowed == 20 * line.duration_ms // 1000 and f"{allowed} characters" in finding.suggestion
    assert fitted([(0, 1000, text[:allowed]), (1084, 2500, "Really?")], speakers=["A", "B"]).findings == []


def test_a_neighbor_with_time_to_spare_lends_three_frames():
    items: list[Item] = [(0, 1500, "I have been waiting for so long now."), (1700, 4500, "And then?")]
    one, two = fitted(items, speakers=["A", "B"]).lines
    assert one.end_ms > 1700 - 84 and two.start_ms == one.end_ms + 84 <= 1700 + 125
    hurried: list[Item] = [items[0], (1700, 2100, "And then what did you do?"), (2200, 4500, "Nothing.")]
    assert fitted(hurried, speakers=["A", "B", "A"]).lines[1].start_ms == 1700


def test_a_fast_line_appears_three_frames_early_if_the_screen_is_free():
    text = "I have been waiting for you since the day before yesterday."
    line = fitted(
        [(0, 1000, "No."), (3000, 4000, text), (4084, 6000, "Yes.")], speakers=["A", "B", "A"]
    ).lines[1]
    assert line.start_ms == 3000 - 125
    calm = fitted([(0, 1000, "No."), (3000, 5000, "I have been waiting.")], speakers=["A", "B"]).lines[1]
    assert calm.start_ms == 3000


def test_nothing_stays_longer_than_seven_seconds():
    text = "おじいちゃんの傘を見つけたとき私は何も言えなかったのです本当に"  # 31 at 4 a second
    (line,) = fitted([(1000, 8000, text)], "ja-JP").lines
    assert line.duration_ms == 7000
    calm: list[Item] = [(0, 4000, "When I came home that night,"), (4200, 8500, "you had gone.")]
    result = fitted(calm, speakers=["A", "A"])
    assert [t.replace("\n", " ") for t in texts(result)] == [t for *_, t in calm]
    slow = fitted([(0, 20_000, "Sing, and sing, and sing again.")])
    assert len(slow.lines) == 3 and all(line.duration_ms <= 7000 for line in slow.lines)


def test_too_many_rows_are_reported_even_where_there_is_time_to_read():
    market = markets.load("en-US")
    fast_readers = market.model_copy(update={"vertical": market.vertical.model_copy(update={"cps": 200.0})})
    cues = cues_of([(0, 900, None), (984, 2000, None)], ["A", "B"])
    drafts = {cues[0].id: Draft(cues[0].id, "word " * 30), cues[1].id: Draft(cues[1].id, "No.")}
    result = fit(cues, drafts, fast_readers, "vertical", edition="en-US")
    (finding,) = result.findings
    assert (
        finding.check == "fit.shorten" and finding.evidence["rows"] == 6 and finding.evidence["allowed"] <= 75
    )


def test_a_small_gap_closes_to_two_frames_except_in_japanese():
    items: list[Item] = [(0, 2000, "いいえ"), (2300, 4300, "はい")]
    for locale, gap in (("ja-JP", 300), ("id-ID", 84)):
        one, two = fitted(items, locale, speakers=["A", "B"]).lines
        assert two.start_ms - one.end_ms == gap
    one, two = fitted([(0, 2000, "No."), (2700, 4300, "Yes.")]).lines
    assert two.start_ms - one.end_ms == 700
    one, two = fitted([(0, 2000, "No."), (2010, 4300, "Yes.")], video_fps=50.0).lines
    assert two.start_ms - one.end_ms == 40


def test_broken_times_are_repaired_and_reported():
    result = fitted([(-500, 400, "One."), (3000, 2000, "Two."), (5000, 5000, "Three."), (7000, 9000, "Four."), (8000, 9500, "Five.")])  # fmt: skip
    assert checks(result) == ["fit.repaired-time"] * 4
    assert [f.cue for f in result.findings] == [cue_id(1, n) for n in (1, 2, 3, 4)]
    assert [(x.start_ms, x.text) for x in result.lines] == [
        (0, "One."), (3000, "Two."), (5000, "Three."), (7000, "Four."), (8000, "Five."),
    ]  # fmt: skip
    assert result.lines[3].end_ms == 8000 - 84


def test_no_draft_and_an_empty_draft_are_told_apart():
    result = fitted([(0, 1000, None), (1100, 2000, "  <i></i> \u200b"), (2100, 3000, "Yes.")])
    assert texts(result) == ["Yes."]
    assert (result.counts["undrafted"], result.counts["omitted"], result.counts["cues"]) == (1, 1, 3)
    assert set(result.budgets) == {cue_id(1, n) for n in (1, 2, 3)}
    assert fitted([]).lines == []


def test_ten_thousand_characters_end_in_reported_subtitles():
    text = "word " * 2000
    result = fitted([(0, 3000, text)])
    assert " ".join(texts(result)).split() == text.split()
    assert set(checks(result)) == {"fit.shorten"} and len(result.findings) == len(result.lines)
    solid = fitted([(0, 3000, "长" * 10_000)], "th-TH")
    assert "".join(texts(solid)).replace("\n", "") == "长" * 10_000
    assert "fit.hard-break" in checks(solid)


def test_budgets():
    market = markets.load("en-US")
    cues = cues_of([(0, 2000, None), (2100, 2300, None), (9000, 30_000, None)])
    assert budget(cues[0], market, "vertical") == 40
    assert budget(cues[1], market, "vertical") == 16  # the least duration counts
    assert budget(cues[2], market, "vertical") == 75  # the screen holds no more
    free = budgets(cues, market, "vertical")
    assert free == {cues[0].id: 40, cues[1].id: 24, cues[2].id: 75}
    with pytest.raises(UserError, match="landscape or vertical"):
        fit([], {}, market, "square", edition="en-US")


# What must hold for any input

WORDS = st.sampled_from(
    ["a", "I", "the", "and", "of", "zhōu", "Zhang", "300", "yuan", "don't", "mother-in-law", "…what?", "No!", "«Oui»", "\xa0?", "أهلا", "وسهلا", "नमस्ते", "कहाँ", "สวัสดีครับ", "你好世界没有空格", "おじいちゃんの傘", "할아버지", "👩\u200d👩\u200d👧", "🇮🇩🇧🇷", "éé", "-", "-Who", "--", "\u200fשלום", "x"]
) | st.text(st.characters(exclude_characters="<>{}", exclude_categories=["Cs", "Cc"]), max_size=12)  # fmt: skip
TEXT = st.one_of(
    st.none(),
    st.lists(WORDS, max_size=30).map(" ".join),
    st.lists(WORDS, max_size=6).map("\n".join),
    st.sampled_from(["", "x" * 300, "ha " * 200, "笑" * 150]),
)
TIME = st.integers(-3000, 30_000)
SPEAKER = st.sampled_from([None, "A", "B"])
ITEMS = st.lists(
    st.tuples(st.tuples(TIME, st.integers(-2000, 9000)).map(lambda t: (t[0], t[0] + t[1])), TEXT, SPEAKER),
    max_size=12,
)


def bare(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "")


@settings(max_examples=300, deadline=None)
@given(ITEMS, st.sampled_from(markets.names()), st.sampled_from(["vertical", "landscape"]), st.booleans())
def test_nothing_is_lost_order_is_kept_rules_are_kept_or_reported(items, locale, profile, merging):
    rows = [(start, end, text) for (start, end), text, _ in items]
    result = fitted(rows, locale, profile, [s for *_, s in items], merging=merging)
    market = markets.load(locale)
    screen = market.screen(profile)
    lines = result.lines

    order = sorted(range(len(rows)), key=lambda n: (max(rows[n][0], 0), rows[n][0], n))
    drafted = [clean(rows[n][2]) for n in order if rows[n][2] is not None]
    seen = [bare(t) for t in drafted if not invisible(t)]
    assert bare("".join(line.text for line in lines)) == "".join(seen)

    counts = result.counts
    shown = {c for line in lines for c in line.cues}
    assert counts["cues"] == len(rows) == len(shown) + counts["omitted"] + counts["undrafted"]
    assert [line.index for line in lines] == list(range(1, len(lines) + 1))
    spoken = [cue_id(1, n + 1) for n in order if cue_id(1, n + 1) in shown]
    assert list(dict.fromkeys(c for line in lines for c in line.cues)) == spoken

    if market.word_breaks == "space" and "fit.hard-break" not in checks(result):
        assert words(" ".join(line.text for line in lines)) == words(" ".join(drafted))

    for one, two in pairwise(lines):
        assert two.start_ms - one.end_ms >= screen.gap_ms
    told = {(f.line, f.check) for f in result.findings}
    for line in lines:
        assert line.start_ms >= 0 and 333 <= line.duration_ms <= screen.max_ms
        assert line.duration_ms >= screen.min_ms or (line.index, "fit.too-short") in told
        characters = reading_chars(line.text, market.counting)
        fits = (
            characters <= screen.cps * line.duration_ms / 1000 + 1e-6
            and line.text.count("\n") < screen.max_lines
        )
        assert fits or (line.index, "fit.shorten") in told
        assert all(counted_width(row, market.counting) <= screen.cpl for row in line.text.split("\n"))
        late = line.start_ms - min(max(rows[int(c[-4:]) - 1][0], 0) for c in line.cues)
        first = line.index == 1 or lines[line.index - 2].cues != line.cues
        assert not first or late <= 250 or (line.index, "fit.late") in told
    for f in result.findings:
        if f.check == "fit.shorten":
            assert f.evidence["allowed"] >= 1 and f"{f.evidence['allowed']} characters" in f.suggestion


def invisible(text: str) -> bool:
    return all(unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp") for c in text)


def words(text: str) -> list[str]:
    """Words as a reader sees them; a no-break space is inside a word, an invisible word is none."""
    return [w for w in re.split(r"(?:(?![\u00a0\u2007\u202f])\s|\u200b)+", text) if w and not invisible(w)]
