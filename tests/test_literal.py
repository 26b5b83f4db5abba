"""Word for word or not: the judge itself, the check around it, and the table of characters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.localize.checks import check_edition, hanzi
from smallscreen.localize.checks.literal import FEATURES, judge, model
from smallscreen.series.model import Finding
from tests.checks_help import barrier, context

PAIRS = [
    ("画蛇添足", "You're drawing a snake and adding feet to it.", "You're overdoing it."),
    ("对牛弹琴", "I play the zither to a cow.", "I'm wasting my breath on him."),
    ("借刀杀人", "She kills people with a borrowed knife.", "She lets others do her dirty work."),
    (
        "守株待兔",
        "You guard a tree stump and wait for a rabbit.",
        "You can't just sit and hope to get lucky.",
    ),
    ("井底之蛙", "He is a frog at the bottom of a well.", "He has no idea how big the world is."),
]


def found(text: str, item: str, **more: object) -> list[Finding]:
    source = f"你这是{item}"
    strategy = more.pop("strategy", None)
    given_barrier = barrier("ep001.c0001", source, item, **more)
    ctx = context([text], [source], barriers=[given_barrier], strategy=strategy)  # type: ignore[arg-type]
    return list(check_edition(ctx, only={"culture.literal"}))


@pytest.mark.parametrize(("item", "literal", "human"), PAIRS)
def test_a_figure_without_any_gloss_is_told_from_its_sense(item: str, literal: str, human: str) -> None:
    assert judge(item, literal).sure > model().threshold > judge(item, human).sure
    [finding] = found(literal, item)
    assert finding.severity == "warning" and len(finding.evidence["pairs"]) >= 2
    assert found(human, item) == []


@pytest.mark.parametrize(("item", "literal", "human"), PAIRS)
def test_a_stretch_of_a_longer_line_is_enough(item: str, literal: str, human: str) -> None:
    before = "Listen, my mother told me this morning that nobody will come to the wedding. "
    assert found(before + literal, item) and not found(before + human, item)


def test_what_is_decided_is_a_note_and_a_chosen_direct_translation_is_silent() -> None:
    line = "He is a frog at the bottom of a well."
    [finding] = found(line, "井底之蛙", strategy="substitution")
    assert finding.severity == "note"
    assert found(line, "井底之蛙", strategy="direct-translation") == []
    assert found(line, "井底之蛙", need=1) == []


def test_an_item_that_its_finder_is_unsure_of_gives_a_note_at_most() -> None:
    line = "He is a frog at the bottom of a well."
    [finding] = found(line, "井底之蛙", need=3, confidence=0.4, meaning="a narrow mind")
    assert finding.severity == "note"
    [finding] = found(line, "井底之蛙", need=3, confidence=0.5, meaning="a narrow mind")
    assert finding.severity == "error"
    assert found(line, "井底之蛙", need=3, confidence=0.4) == []


def test_an_item_that_its_finder_is_unsure_of_hides_no_number() -> None:
    source = "你来了五次"
    for confidence, hidden in ((0.4, False), (0.8, True)):
        item = barrier("ep001.c0001", source, "五次", confidence=confidence, kind="slang")
        ctx = context(["You came seven times."], [source], barriers=[item])
        assert bool(list(check_edition(ctx, only={"language.numbers"}))) is not hidden


def test_kinds_whose_words_are_their_sense_are_not_judged_by_characters() -> None:
    assert found("The moon cakes are here.", "月饼", kind="food") == []
    assert found("She'll be home for Mid-Autumn Festival.", "中秋节", kind="custom") == []


def test_words_of_the_meaning_and_of_the_rest_of_the_source_prove_little() -> None:
    line = "He lost his good name and was ruined."
    plain = judge("身败名裂", line)
    assert judge("身败名裂", line, meaning="to lose one's good name").sure < plain.sure
    line = "There's a cow. You're wasting your breath."
    assert judge("对牛弹琴", line, source="有头牛 对牛弹琴").sure < judge("对牛弹琴", PAIRS[1][1]).sure
    assert found("There's a cow. You're wasting your breath.", "对牛弹琴") == []


def test_traditional_characters_are_read_as_well() -> None:
    line = "You're drawing a snake and adding feet to it."
    assert judge("畫蛇添足", line).sure == pytest.approx(judge("画蛇添足", line).sure, abs=0.02)


def test_capitals_song_marks_and_emoji_make_no_difference() -> None:
    item, literal, human = PAIRS[0]
    assert found(literal.upper(), item) and found(f"♪ {literal} 🐍 ♪", item)
    assert not found(human.upper(), item)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30), st.text(max_size=80), st.text(max_size=30), st.text(max_size=40))
def test_any_text_is_judged(item: str, line: str, source: str, gloss: str) -> None:
    seen = judge(item, line, source=source, gloss=gloss, meaning=gloss)
    assert 0 <= seen.sure <= 1 and 0 <= seen.share <= 1
    assert all(character in item for character, _ in seen.pairs)
    assert len({character for character, _ in seen.pairs}) == len(seen.pairs)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(PAIRS),
    st.lists(st.sampled_from(["well", "then", "my", "dear", "friend", "look"]), max_size=4),
)
def test_words_around_it_do_not_hide_a_literal_rendering(pair: tuple[str, str, str], more: list[str]) -> None:
    item, literal, _ = pair
    assert judge(item, " ".join([*more, literal, *more])).sure > model().threshold


LINES = Path(__file__).resolve().parent.parent / "bench" / "labels" / "literal_lines.tsv"


def test_lines_that_were_not_trained_on_keep_their_floor() -> None:
    """A little below what bench.literal prints, with the items alone and nothing known of them."""
    rows = [line.split("\t") for line in LINES.read_text("utf-8").splitlines() if line[:1] in "45"]
    at = model().threshold
    literal = [judge(item, text, source=source).sure >= at for _, source, item, text, _ in rows]
    human = [judge(item, text, source=source).sure >= at for _, source, item, _, text in rows]
    assert len(rows) == 90 and sum(literal) >= 80 and sum(human) <= 2


CEDICT = """# a comment
畫 画 [hua4] /to draw/picture/
蛇 蛇 [she2] /snake/serpent/CL:條|条[tiao2]/
畫蛇 画蛇 [hua4 she2] /to draw a snake/
李 李 [Li3] /surname Li/
畫餅充飢 画饼充饥 [hua4 bing3 chong1 ji1] /lit. to allay hunger with drawn cakes/fig. to feed on illusions/
broken line
"""


def test_the_table_is_learnt_from_literal_senses_alone() -> None:
    table = hanzi.build(CEDICT)
    assert table["snak"]["蛇"] > table["snak"].get("画", 0)
    assert table["draw"]["画"] == table["draw"]["畫"]
    assert "illusion" not in table and "li" not in table
    assert hanzi.build("") == {} and hanzi.build("nothing here\n\n# x") == {}


def test_a_broken_cache_is_made_again(tmp_path: Path) -> None:
    kept = tmp_path / "hanzi.json"
    assert hanzi._read(kept, "k") is None
    for text in (
        "",
        "{",
        "[]",
        '{"key": "k", "table": {}}',
        '{"key": "k", "table": {"a": ["蛇", []]}}',
        '{"key": "x"}',
    ):
        kept.write_text(text, "utf-8")
        assert hanzi._read(kept, "k") is None
    table, drawn = hanzi.build(CEDICT), hanzi.pictures(CEDICT)
    assert drawn["cake"] > 0 > drawn["illusion"]
    hanzi._write(kept, "k", table, drawn)
    assert hanzi._read(kept, "k") == (table, drawn)


def test_the_weights_are_small_and_for_these_features() -> None:
    path = Path(hanzi.__file__).parent / "weights" / "literal.json"
    assert path.stat().st_size < 10_000
    assert tuple(json.loads(path.read_text("utf-8"))["features"]) == FEATURES
