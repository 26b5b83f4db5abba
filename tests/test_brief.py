"""The edition brief: what is proposed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from smallscreen.errors import FileProblem
from smallscreen.localize.brief import build, render, settled_for
from smallscreen.localize.brief.address import pairs, vocatives
from smallscreen.localize.brief.build import detectors
from smallscreen.localize.brief.detector import detect
from smallscreen.localize.brief.grading import LEVELS, familiarity
from smallscreen.localize.brief.model import GRADES, Brief
from smallscreen.localize.brief.page import render as page
from smallscreen.series import markets
from smallscreen.series.brief_file import KEYS, parse
from smallscreen.series.model import Character, Series
from smallscreen.series.project import Project
from tests import brief_help
from tests.brief_help import PATH, US, brief_of, said

project = pytest.fixture(scope="module")(brief_help.project)
brief = pytest.fixture(scope="module")(brief_help.brief)


# --- what is proposed ----------------------------------------------------------------------


def test_the_sample_has_the_scenes_it_is_made_of(brief: Brief) -> None:
    found = {(t.type, s.found.episode) for t in brief.threads for s in t.scenes}
    for expected in [
        ("exam", 10), ("medical_secrecy", 2), ("medical_secrecy", 9), ("demolition", 6), ("reunion", 6),
        ("taboo", 5), ("taboo", 8), ("filial", 6),
    ]:  # fmt: skip
        assert expected in found
    assert not {"marriage_market", "inheritance", "workplace", "face"} & {t for t, _ in found}


def test_every_scene_has_lines_that_prove_it_a_grade_and_a_reason(project: Project, brief: Brief) -> None:
    cues = {c.id: c for some in project.store.cues().values() for c in some}
    for thread in brief.threads:
        assert thread.grade in GRADES and thread.seconds > 0
        for scene in thread.scenes:
            assert scene.found.lines and scene.reason and scene.do
            for hit in scene.found.hits:
                assert hit.cue == "" or hit.text in cues[hit.cue].text
            assert {c.episode for c in map(cues.__getitem__, scene.found.lines)} == {scene.found.episode}


def test_a_market_that_lives_it_keeps_the_scene(project: Project, brief: Brief) -> None:
    korea = {t.type: t.grade for t in brief_of(project, "ko-KR").threads}
    america = {t.type: t.grade for t in brief.threads}
    assert korea["exam"] == "keep" and america["exam"] == "local carrier"


@pytest.mark.parametrize(
    "line",
    [
        "明天要考试",
        "我高考过了",
        "这是我的面子",
        "拆迁",
        "她走了",
        "算命的",
        "相亲",
        "领导来了",
        "中秋",
        "孝顺",
    ],
)
def test_one_word_alone_fires_nothing(line: str) -> None:
    rest = ["你好", "吃饭了吗", "好啊", "走吧"]
    assert detect(list(detectors().values()), said(*rest, line, *rest)) == []
    assert detect(list(detectors().values()), said(line, line, line)) == []


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("marriage_market", ["你们家要多少彩礼", "三十了还不结婚", "没有房子谁嫁给你", "房子写谁的名字"]),
        ("exam", ["高考还有十天", "考不上怎么办", "安心考 妈陪着你"]),
        ("face", ["你给我跪下", "当着这么多人的面", "你让我的脸面往哪放"]),
        ("workplace", ["王总 我敬您一杯", "领导 这杯酒我先干为敬", "这个客户你一定要拿下这个单"]),
        ("inheritance", ["我要孙子 不要孙女", "家产都给弟弟", "凭什么没有我的份"]),
        ("medical_secrecy", ["检查结果是晚期", "别告诉他", "怕他受不了"]),
        ("demolition", ["老房子要拆迁了", "赔偿款按户口算", "谁签字谁拿钱"]),
        ("reunion", ["今天是除夕", "年夜饭都凉了", "红包给你留着"]),
        ("taboo", ["找大师看过风水", "这个日子不吉利", "合八字也不合"]),
        ("filial", ["我把你养大容易吗", "你这个白眼狼", "我的事不用你管 妈"]),
    ],
)
def test_a_scene_is_found_where_several_signs_meet(kind: str, lines: list[str]) -> None:
    found = detect(list(detectors().values()), said("早", "嗯", *lines, "好", "走吧"))
    assert kind in {f.type for f in found}


def test_every_detector_has_a_view_of_every_market_with_a_reason() -> None:
    for kind in detectors():
        for locale in markets.names():
            known = familiarity(kind, markets.load(locale))
            assert known.level in LEVELS and len(known.reason) > 20
            assert "nobody has judged" not in known.reason


def test_few_scenes_fire_in_eighty_episodes_of_a_sitcom(series_29: Path) -> None:
    from bench.draft import cues

    files = {n: cues(p, n, {}) for n, p in enumerate(sorted(series_29.glob("*.srt")), 1)}
    found = detect(list(detectors().values()), [c for some in files.values() for c in some])
    assert len(found) <= 4


def test_forms_of_address_are_counted_by_pair(brief: Brief) -> None:
    by_pair = {(p.speaker, p.to): p for p in brief.pairs}
    grandpa = by_pair["林小满", "周德全"]
    assert grandpa.forms[0].source == "外公" and grandpa.forms[0].count >= 5
    assert grandpa.rendering == "Grandpa" and "granddaughter" in grandpa.relation
    assert by_pair["林小满", "周玉兰"].rendering == "Mom"
    assert by_pair["周德全", "林小满"].rendering == "Xiaoman"  # the given part of the name
    assert not any("广播" in (p.speaker, p.to) for p in brief.pairs)


def test_where_a_type_works_against_the_story_and_carries_it_the_scenes_are_remade(project: Project) -> None:
    by_type = {t.type: t for t in brief_of(project, "ar").threads}
    assert by_type["taboo"].grade == "remake" and "religiously" in by_type["taboo"].level_reason
    # A scene that only touches on it needs less.
    assert {s.grade for s in by_type["taboo"].scenes} == {"remake", "light edit"}


def test_a_person_named_twice_is_one_entry() -> None:
    twice = (Character("林小满"), Character("林小满", renderings={"en": "Lin Xiaoman"}))
    settled = parse(render(build([], Series("x", "X", characters=twice), US, [])), PATH)
    assert len(settled.names) == 1


def test_a_brief_for_another_market_is_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "es-419.toml").write_text('market = "en-US"\n', "utf-8")
    with pytest.raises(FileProblem, match="en-US"):
        settled_for(tmp_path, "es-419")
    assert settled_for(tmp_path, "en-US") is None


def test_a_title_with_a_surname_is_who_bears_it() -> None:
    cues = said(
        ("陈美嘉", "曾老师 你来了"),
        ("吕子乔", "谁啊"),
        ("曾小贤", "我"),
        ("陈美嘉", "老爸 快来"),
        ("吕子乔", "好"),
    )
    head = Series("x", "X", characters=(Character("吕子乔", gender="female"),))
    assert [(v.form, v.to) for v in vocatives(cues, head)] == [("曾老师", "曾小贤"), ("老爸", None)]


def test_a_mention_is_no_address() -> None:
    cues = said(("甲", "外公今天不在家"), ("乙", "外公，你回来了"), ("丙", "回来了"))
    assert [(v.speaker, v.to, v.form) for v in vocatives(cues)] == [("乙", "丙", "外公")]


def test_items_are_weighed_with_reasons(brief: Brief) -> None:
    by_item = {i.item: i for i in brief.items}
    exam = by_item["高考"]
    assert exam.agreed and exam.rendering == "the college entrance exam"
    assert exam.parameters.centrality == "central" and "term" in exam.reason
    assert "omission" not in exam.strategies
    assert all(i.count >= len(set(i.cues)) >= 1 and i.reason for i in brief.items)


def test_a_known_item_says_why_it_is_known(project: Project) -> None:
    by_item = {i.item: i for i in brief_of(project, "ko-KR").items}
    exam = by_item["高考"]
    assert exam.parameters.familiarity == "known" and "Known here:" in exam.reason


def test_nothing_to_say_is_said_calmly() -> None:
    empty = build([], Series("x", "X"), US, [])
    settled = parse(render(empty), PATH)
    assert settled.items == () and "Nothing was found" in page(empty, settled)
    no_speakers = build(said("外公，我回来了"), Series("x", "X"), US, [])
    assert "No cue has a speaker" in no_speakers.notes[0]


def test_every_table_has_keys_that_tell_entries_apart(brief: Brief) -> None:
    data = tomllib.loads(render(brief))
    for table, keys in KEYS.items():
        ids = [tuple(e[k] for k in keys) for e in data.get(table, [])]
        assert len(ids) == len(set(ids))


def test_pairs_without_a_head_of_the_series_are_found_by_speaker() -> None:
    cues = said(("阿强", "姐，你来了"), ("阿珍", "来了"), ("阿强", "姐 坐"))
    [pair] = [p for p in pairs(cues, Series("x", "X"), US) if p.forms]
    assert (pair.speaker, pair.to, pair.forms[0].source, pair.forms[0].count) == ("阿强", "阿珍", "姐", 2)
