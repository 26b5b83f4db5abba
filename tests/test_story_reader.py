"""The embedded reader, through `Reader.read`: what it must tell apart, and what it must survive."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.series.model import Cue, cue_id
from smallscreen.story.model import GRATIFICATION, LABELS, VULNERABILITY, LineReading
from smallscreen.story.readers import readers
from smallscreen.story.readers.embedded import EmbeddedReader, read_dialogue

READER = EmbeddedReader()
GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold" / "dev.jsonl"


def cues(*texts: str, speaker: str | None = None, episode: int = 1) -> list[Cue]:
    return [
        Cue(cue_id(episode, n), episode, n, n * 2000, n * 2000 + 1800, text, speaker)
        for n, text in enumerate(texts, 1)
    ]


def read(text: str, language: str = "zh") -> LineReading:
    return READER.read(cues(text), language=language)[0]


PLAIN = {"zh": ("几点了", "这是二楼", "他在看报纸"), "en": ("What time is it?", "This is the second floor.")}


@pytest.mark.parametrize(
    ("label", "language", "text"),
    [
        ("vulnerability", "zh", "对不起 都是我的错 我真没用"),
        ("vulnerability", "zh", "我害怕 求求你别离开我"),
        ("vulnerability", "en", "I'm so sorry. It's all my fault. I'm afraid."),
        ("vulnerability", "en", "Please don't leave me, I need you."),
        ("gratification", "zh", "亲爱的 我爱你 嫁给我吧"),
        ("gratification", "zh", "就凭你 也不照照镜子 你配吗"),
        ("gratification", "en", "Darling, I love you. Marry me."),
        ("care", "zh", "别哭了 没事的 有我在呢"),
        ("care", "zh", "多吃点 趁热 早点休息"),
        ("care", "en", "Don't cry, it's okay, I'm here. Get some rest."),
        ("hook", "zh", "我有个秘密要告诉你 千万别告诉他"),
        ("hook", "en", "I have a secret to tell you. Don't tell anyone."),
    ],
)
def test_a_line_that_does_it_stands_above_lines_that_do_not(label: str, language: str, text: str) -> None:
    plain = max(read(p, language).p[label] for p in PLAIN[language])
    assert read(text, language).p[label] > plain


def test_valence_and_insult_have_the_right_sign() -> None:
    assert read("太好了 真高兴 谢谢你").valence > read("气死我了 烦死了 你滚").valence
    assert read("你这个蠢货 真恶心 去死吧").insult > 0.5 > read("今天天气不错").insult
    assert read("You stupid idiot, get lost!", "en").insult > read("The weather is nice.", "en").insult


def test_context_matters_within_an_episode_and_not_across_one() -> None:
    sad = ["我妈走了", "再也见不到她了", "我好难过"]
    line = cues(*sad, "谢谢你")
    alone = [Cue(cue_id(2, 1), 2, 1, 0, 1800, "谢谢你")]
    together = READER.read([*line[:3], *alone])[3]
    assert together.p == pytest.approx(READER.read(alone)[0].p, abs=2e-5)
    assert READER.read(line)[3].p != together.p


def test_the_same_lines_are_read_the_same() -> None:
    texts = cues("对不起", "没关系", "我爱你", "Get out!", "🙂", "")
    assert READER.read(texts) == READER.read(texts)
    assert READER.version == EmbeddedReader().version


def test_traditional_characters_are_read_as_simplified() -> None:
    one, two = read("對不起 都是我的錯 別難過"), read("对不起 都是我的错 别难过")
    assert one == two


def test_upper_case_is_read_as_lower_case() -> None:
    assert read("I'M SO SORRY, PLEASE FORGIVE ME", "en") == read("I'm so sorry, please forgive me", "en")


def test_tags_and_notes_of_a_song_change_nothing() -> None:
    assert read("♪ 月亮代表我的心 ♪") == read("{\\an8}<i>月亮代表我的心</i>")


def test_mixed_languages_are_read_line_by_line() -> None:
    found = READER.read(cues("Sorry 我真的很抱歉", "I'm sorry, my fault", "OK", "嗯"))
    assert min(found[0].p["vulnerability"], found[1].p["vulnerability"]) > found[2].p["vulnerability"]


def test_an_empty_episode_and_lines_without_words() -> None:
    assert READER.read([]) == []
    for reading in READER.read(cues("", "   ", "♪♪", "\n")):
        assert all(reading.p[label] == 0 for label in LABELS)
        assert reading.valence == 0 and reading.insult == 0


def test_one_film_of_a_hundred_minutes() -> None:
    words = ("对不起", "我爱你", "快走", "你是谁", "没事的", "几点了", "吃饭吧", "滚出去")
    film = cues(*(words[i % 8] + words[i * 5 % 8] for i in range(2400)))
    found = READER.read(film)
    assert [r.cue for r in found] == [c.id for c in film]


def test_speakers_are_not_needed() -> None:
    texts = ("你还好吗", "我没事", "对不起")
    named = READER.read(cues(*texts, speaker="林小满"))
    unnamed = READER.read(cues(*texts))
    assert all(set(a.p) == set(b.p) for a, b in zip(named, unnamed, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6), st.sampled_from(["zh", "en", "id", "xx"]))
def test_any_text_gives_one_sound_reading_a_cue(texts: list[str], language: str) -> None:
    given_cues = cues(*texts)
    found = READER.read(given_cues, language=language)
    assert [r.cue for r in found] == [c.id for c in given_cues]
    for reading in found:
        assert set(LABELS) <= set(reading.p)
        assert all(0 <= p <= 1 for p in reading.p.values())
        assert -1 <= reading.valence <= 1 and 0 <= reading.insult <= 1
        for label, kinds in (("vulnerability", VULNERABILITY), ("gratification", GRATIFICATION)):
            assert all(reading.p[k] <= reading.p[label] for k in kinds if k in reading.p)


def test_it_is_listed_and_says_what_was_measured() -> None:
    reader = readers()["embedded"]
    assert "7 shows" in reader.accuracy("zh").sentence()
    assert not reader.accuracy("fr").figures
    assert reader.accuracy("zh").weaknesses


def test_a_dialogue_with_a_stronger_line_is_the_likelier() -> None:
    for label in LABELS:
        assert read_dialogue(label, np.array([-4.0, 1.0, -3.0])) > read_dialogue(
            label, np.array([-4.0, -4.0, -3.0])
        )


def test_without_the_embedding_it_still_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    from smallscreen.story.readers import embedded

    monkeypatch.setattr(embedded, "get_embedder", lambda: None)
    reader = EmbeddedReader()
    assert reader.version.endswith("without-embedding")
    assert (
        reader.read(cues("对不起 都是我的错"))[0].p["vulnerability"]
        > reader.read(cues("这是二楼"))[0].p["vulnerability"]
    )


def test_the_weights_are_small() -> None:
    import smallscreen.story as room

    folder = Path(room.__file__).parent / "weights"
    assert sum(f.stat().st_size for f in folder.iterdir()) < 5_000_000
    assert json.loads((folder / "story.json").read_text("utf-8"))["heads"][:4] == list(LABELS)


def test_accuracy_on_labelled_lines_does_not_fall() -> None:
    """Floors under what was measured: a guard against a loss, no claim (see docs/models/line-labels.md)."""
    if not GOLD.is_file():
        pytest.skip("needs the labelled lines in ../shared/gold, which are not here")
    from bench._story_gold import read_story_gold, score_story

    gold = read_story_gold(GOLD)
    assert gold is not None
    figures = score_story(gold, READER)
    for label, floor in FLOORS.items():
        assert figures["lines"][label]["ap"] >= floor, (label, figures["lines"][label])


FLOORS = {"vulnerability": 0.45, "gratification": 0.13, "care": 0.40, "hook": 0.06}
