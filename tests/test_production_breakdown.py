"""The breakdown: scenes, people, elements and lengths from a script; conflicts; hand edits kept over a new script."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.production import estimate
from smallscreen.production.breakdown import breakdown, load_rules, merge, save, save_rules
from smallscreen.production.elements import find_elements, lexicons
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Estimate,
    Location,
    SceneSheet,
)
from smallscreen.production.places import Places, similar
from smallscreen.series.documents import DocumentConflict, get
from smallscreen.series.model import ScriptLine
from smallscreen.series.project import Project, new_project, open_project

SCRIPT = """第1集
1-1 日 内 伞坊
人物：林小满
道具：红伞×2、手机
△ 林小满穿着校服，推开伞坊的门，手里两把雨伞。一只大狗跟着。
林小满：外公。
外公：买伞，还是补伞？
众人：好！
1-2 夜 外 院坝
人物：林小满、外公
△ 外公右手打着石膏，摔碎了手机。大雨。
外公（画外）：那把莫动！
1-3 夜 外 院 坝
△ 同时，外公捡起手机。林小满换了婚纱。
外公：好。
1-3 夜 外 老街
△ 与此同时，外公跑过老街。
1-4
林小满：这是哪里？
第2集
2-1 日 外 伞坊。
△ 第二天。林小满走进来。
"""


def project(folder: Path, script: str = SCRIPT, head: str = "") -> Project:
    root = folder / "s"
    root.mkdir(exist_ok=True)
    (root / "script.txt").write_text(script, "utf-8")
    if not (root / "series.toml").exists():
        (root / "series.toml").write_text(f'title = "S"\nslug = "s"\n{head}', "utf-8")
    return open_project(root)


def checks(made: Breakdown) -> list[tuple[str, str]]:
    return [(f.check.removeprefix("production."), f.evidence.get("scene", "")) for f in made.problems]


def needs(*texts: str, names: tuple[str, ...] = ()) -> list[tuple[str, str, int, str]]:
    lines = [ScriptLine(1, i, "1-1", "action", t) for i, t in enumerate(texts)]
    return [(e.kind, e.name, e.count, e.note) for e in find_elements(lines, names)]


def test_a_script_is_broken_down(tmp_path: Path) -> None:
    made, fresh = breakdown(project(tmp_path))
    assert fresh and made.source == "script"
    rows = [(s.id, s.number, s.time, s.interior, s.place, s.story_day, s.cast) for s in made.scenes]
    assert rows == [
        ("1-1", "1", "day", True, "伞坊", "D1", ("林小满", "外公")),
        ("1-2", "2", "night", False, "院坝", "N1", ("林小满", "外公")),
        ("1-3", "3", "night", False, "院坝", "N1", ("外公", "林小满")),
        ("1-3b", "3b", "night", False, "老街", "N1", ("外公",)),
        ("1-4", "4", "", None, "", "N1", ("林小满",)),
        ("2-1", "1", "day", False, "伞坊", "D2", ("林小满",)),
    ]
    first = made.scenes[0]
    found = {(e.kind, e.name): e for e in first.elements}
    assert found["prop", "红伞"].count == 2 and found["prop", "红伞"].confidence == 1
    assert found["prop", "雨伞"].count == 2 and found["prop", "雨伞"].evidence.startswith("林小满穿着校服")
    assert (
        found["costume", "校服"].note == "林小满"
        and ("animal", "大狗") in found
        and ("extra", "众人") in found
    )
    assert made.cast == (CastMember("林小满", 1), CastMember("外公", 2))
    assert made.locations == (Location("伞坊"), Location("院坝", aliases=("院 坝",)), Location("老街"))
    assert all(s.minutes > 0 and s.eighths >= 1 and s.screen_seconds > 0 for s in made.scenes)


def test_what_does_not_fit_is_found(tmp_path: Path) -> None:
    made, _ = breakdown(project(tmp_path))
    assert checks(made) == [
        ("not-listed", "1-1"),  # 外公 speaks and the script's own list lacks him
        ("wound", "1-2"),
        ("prop", "1-3"),
        ("duplicate", "1-3b"),
        ("two-places", "1-3b"),
        ("no-location", "1-4"),
    ]
    twice = next(f for f in made.problems if f.check == "production.two-places")
    assert twice.severity == "error" and twice.evidence["who"] == ["外公"] and "at once" in twice.message
    assert all(f.suggestion and f.episode for f in made.problems)


def test_what_a_person_changes_can_clash(tmp_path: Path) -> None:
    p = project(tmp_path)
    made, _ = breakdown(p)
    one, two, three, *rest = made.scenes
    one = replace(one, cast=("林小满",), story_day="D1 14:00-15:00", after=("9-9",))
    two = replace(two, story_day="N1", time="day", place="月球")
    wedding = replace(
        three,
        story_day="D1 14:30",
        time="",
        cast=("林小满", "张三"),
        elements=(Element("costume", "婚纱", note="林小满"),),
    )
    found = checks(save(p, replace(made, scenes=(one, two, wedding, *rest)), "Ana"))
    for expected in (
        ("not-in-cast", "1-1"), ("after", "1-1"), ("unknown-location", "1-2"), ("day-night", "1-2"), ("two-places", "1-3"),
        ("unknown-cast", "1-3"), ("story-day", "1-3"), ("costume", "1-3"),
    ):  # fmt: skip
        assert expected in found
    assert p.store.findings()[1]  # on the timeline, too


def test_the_step_rule_and_hand_edits(tmp_path: Path) -> None:
    p = project(tmp_path)
    made, _ = breakdown(p)
    assert breakdown(p) == (made, False)
    one, *rest = made.scenes
    worked = replace(
        one,
        minutes=12.0,
        cast=("林小满",),
        elements=(*(e for e in one.elements if e.name != "大狗"), Element("prop", "怀表")),
    )
    own = SceneSheet("1-9", 1, "9", place="老街", minutes=5.0)
    made = replace(made, scenes=(worked, own, *(s for s in rest if s.id not in ("1-4",))))
    made = replace(made, scenes=tuple(replace(s, note="keep") if s.id == "1-2" else s for s in made.scenes))
    save(p, made, "Ana")
    # The script changes: 1-1 gets a car and a person, 1-2 goes, 1-5 is new.
    script = SCRIPT.replace("一只大狗跟着。", "一只大狗跟着。舅妈开着面包车。").replace(
        "人物：林小满\n", "人物：林小满、舅妈\n"
    )
    start, end = script.index("1-2 夜"), script.index("1-3 夜 外 院 坝")
    script = script[:start] + script[end:].replace("第2集", "1-5 日 内 灶房\n△ 外公切菜。\n第2集")
    p = project(tmp_path, script)
    now, fresh = breakdown(p)
    assert fresh and breakdown(p)[1] is False
    assert [s.id for s in now.scenes] == [
        "1-1",
        "1-9",
        "1-2",
        "1-3",
        "1-3b",
        "1-5",
        "2-1",
    ]  # 1-4 was taken out
    one = now.scenes[0]
    assert one.minutes == 12 and one.cast == ("林小满", "舅妈")
    names = {e.name for e in one.elements}
    assert {"怀表", "面包车"} <= names and "大狗" not in names
    assert now.scenes[2].note == "keep" and ("vanished", "1-2") in checks(now)
    assert {c.name for c in now.cast} == {"林小满", "外公", "舅妈"}
    assert len({c.number for c in now.cast}) == 3


def test_an_edit_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    p = project(tmp_path)
    made, _ = breakdown(p)
    seen = get(p.store, "production", "breakdown")
    assert seen is not None
    save(p, replace(made, cast=()), "Ana", seen.version)
    with pytest.raises(DocumentConflict):
        save(p, replace(made, locations=()), "Ben", seen.version)


def test_rules_change_the_estimate_and_not_what_a_person_wrote(tmp_path: Path) -> None:
    p = project(tmp_path)
    made, _ = breakdown(p)
    save(p, replace(made, scenes=(replace(made.scenes[0], minutes=1.0), *made.scenes[1:])), "Ana")
    rules = load_rules(p.store)
    slow = replace(rules.estimate, setup_inside=90.0, setup_outside=90.0)
    assert save_rules(p.store, replace(rules, estimate=slow), "Ana") == 1
    now, fresh = breakdown(p)
    assert fresh and now.scenes[0].minutes == 1
    assert all(b.minutes > a.minutes for a, b in zip(made.scenes[1:], now.scenes[1:], strict=True))


def test_names_of_the_series_and_minors(tmp_path: Path) -> None:
    people = [("周德全", "外公", 78), ("林小满", "小满", 12)]
    head = "".join(f'[[character]]\nname = "{n}"\naliases = ["{a}"]\nage = {age}\n' for n, a, age in people)
    made, _ = breakdown(project(tmp_path, head=head))
    assert made.cast == (CastMember("林小满", 1, minor=True), CastMember("周德全", 2))
    assert ("unknown-cast", "1-1") not in checks(made)


def test_the_sample_series(tmp_path: Path) -> None:
    from smallscreen.series.project import open_project as reopen

    source = Path(__file__).resolve().parent.parent / "src" / "smallscreen" / "sample"
    script = next(source.rglob("script.txt"))
    root = tmp_path / "sample"
    root.mkdir()
    for name in [*script.parent.glob("*.srt"), script, *script.parent.glob("series.toml")]:
        shutil.copy(name, root)
    made, _ = breakdown(reopen(root) if (root / "series.toml").exists() else new_project(root))
    assert len(made.scenes) == 25 and len(made.locations) == 11
    assert all(s.cast and s.place and s.time for s in made.scenes)
    assert not [f for f in made.problems if f.severity != "note"]


def test_without_a_script_the_pauses_tell_scenes_and_it_is_said(folder: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n你好\n\n2\n00:00:20,000 --> 00:00:21,500\n再见\n"
    (folder / "ep001.zh.srt").write_text(text, "utf-8")
    made, _ = breakdown(new_project(folder))
    assert made.source == "cues" and [s.id for s in made.scenes] == ["1-1", "1-2", "2-1"]
    assert [s.screen_seconds for s in made.scenes[:2]] == [1.0, 1.5]
    assert [(f.check, f.episode) for f in made.problems] == [
        ("production.no-script", 1),
        ("production.no-script", 2),
    ]


def test_nothing_to_break_down(tmp_path: Path) -> None:
    p = project(tmp_path)
    p.store.remove_episode(1)
    p.store.remove_episode(2)
    with pytest.raises(UserError, match="neither a script nor subtitles"):
        breakdown(p)


def test_words_found_and_words_that_mean_something_else() -> None:
    assert needs("他马上转身，相信了她。") == []
    assert needs("两只狗追着三辆面包车。") == [("vehicle", "面包车", 3, ""), ("animal", "狗", 2, "")]
    assert needs("The dogs chase two police cars.") == [
        ("vehicle", "police car", 2, ""),
        ("animal", "dog", 1, ""),
    ]
    assert needs("A catalog of ringtones.") == []  # cat, ring
    assert needs("Ben watches. Ana wears a suit.", names=("Ana", "Ben")) == [("costume", "suit", 1, "Ana")]
    assert needs("暴雨。雨更大了。") == [("effect", "暴雨", 1, "")]
    spoken = [ScriptLine(1, 1, "1-1", "dialogue", "他有枪！", "甲", "接起手机")]
    assert [e.name for e in find_elements(spoken)] == ["手机"]
    assert {x.language for x in lexicons()} >= {"zh", "en"}


def test_tags_and_lists_are_certain() -> None:
    tags = [
        ScriptLine(1, 1, "1", "tag", "Props: a red umbrella, map x3"),
        ScriptLine(1, 2, "1", "tag", "Animals: dog"),
    ]
    found = find_elements([*tags, ScriptLine(1, 3, "1", "action", "The dog barks.")])
    assert [(e.kind, e.name, e.count, e.confidence) for e in found] == [
        ("prop", "a red umbrella", 1, 1.0), ("prop", "map", 3, 1.0), ("animal", "dog", 1, 1.0)
    ]  # fmt: skip


def test_places_written_differently_are_one() -> None:
    places = Places(
        [
            "伞坊",
            "伞 坊",
            "傘坊",
            "The Kitchen",
            "KITCHEN",
            "Kitchen",
            "Kitchen",
            "JOHN'S HOUSE - HALL",
            "John’s house/Hall",
        ]
    )
    assert places.names() == ["伞坊", "Kitchen", "JOHN'S HOUSE - HALL"]
    assert places.name("the kitchen") == "Kitchen" and places.aliases("Kitchen") == ("KITCHEN", "The Kitchen")
    assert similar(["BUS STATION", "BUS STATON", "ROOM 101", "ROOM 102", "小满家客厅", "小满家客房", "伞坊", "茶坊"]) == [
        ("BUS STATION", "BUS STATON"), ("小满家客厅", "小满家客房")
    ]  # fmt: skip


def test_the_sets_of_a_house_are_one_location() -> None:
    places = Places(
        [
            "县医院走廊",
            "县医院诊室",
            "县医院門口",
            "顾家的客厅",
            "顾家卧室",
            "公司",
            "公司会议室",
            "一中门口",
            "灶房",
            "堂屋",
        ]
    )
    assert places.names() == ["县医院", "顾家", "公司", "一中门口", "灶房", "堂屋"]
    assert places.name("县医院诊室") == "县医院" and places.aliases("公司") == ("公司会议室",)
    assert places.aliases("县医院") == ("县医院诊室", "县医院走廊", "县医院門口")
    places = Places(["VILLA - HALL", "Villa – Roof", "CAR - NIGHT ROAD", "ROOM 101", "ROOM 102"])
    assert places.names() == ["VILLA", "CAR - NIGHT ROAD", "ROOM 101", "ROOM 102"]
    assert places.name("villa - roof") == "VILLA"


def test_eighths_of_a_page() -> None:
    rule = Estimate()
    page = [ScriptLine(1, 1, "1", "action", "x" * 60)] * 26  # 2 lines each, and 2 of the heading
    assert estimate.eighths("INT. HALL - DAY", page, rule) == 8
    assert estimate.eighths("内 堂屋", [ScriptLine(1, 1, "1", "action", "雨" * 370)], rule) == 8
    assert estimate.eighths("", [], rule) == 1
    assert estimate.eighths("", [ScriptLine(1, 1, "1", "tag", "Length: 1 3/8")], rule) == 11
    assert estimate.eighths("", [ScriptLine(1, 1, "1", "tag", "Length: 2")], rule) == 16
    assert [estimate.pages(n) for n in (5, 8, 11)] == ["5/8", "1", "1 3/8"]


def test_seconds_share_the_pauses() -> None:
    scenes = [SceneSheet(str(n), 1, str(n), eighths=2) for n in range(3)]
    spans = {"0": (1000, 5000), "2": (25000, 30000)}
    assert estimate.fill_seconds(scenes, spans, Estimate()) == {"0": 7.5, "1": 15.0, "2": 7.5}
    assert estimate.fill_seconds(scenes, {}, Estimate()) == {"0": 15.0, "1": 15.0, "2": 15.0}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_merging_keeps_every_edit_and_follows_the_script_elsewhere(seed: int) -> None:
    rng = random.Random(seed)

    def scene(n: int) -> SceneSheet:
        return SceneSheet(
            str(n),
            1,
            str(n),
            minutes=float(rng.randint(1, 9)),
            cast=tuple(rng.sample("abc", rng.randint(0, 3))),
        )

    base = Breakdown(tuple(scene(n) for n in range(rng.randint(0, 5))))
    mine = Breakdown(
        tuple(rng.choice([s, replace(s, minutes=99.0)]) for s in base.scenes if rng.random() < 0.8)
    )
    read = Breakdown(tuple(scene(n) for n in range(6) if rng.random() < 0.7))
    merged, gone = merge(base, mine, read)
    ids = [s.id for s in merged.scenes]
    assert len(set(ids)) == len(ids)
    for s in mine.scenes:
        if s.minutes == 99:
            assert merged.scene(s.id).minutes == 99
    known = {s.id for s in base.scenes}
    kept = {s.id for s in mine.scenes}
    assert {s.id for s in read.scenes} - known <= set(ids)  # new ones are there
    assert not (known - kept) & set(ids)  # what was taken out stays out
    assert {s.id for s in gone} == {s.id for s in mine.scenes if s.minutes == 99} - {
        s.id for s in read.scenes
    }
    assert merge(base, base, read)[0].scenes == read.scenes
    assert set(merge(read, mine, read)[0].scenes) >= {s for s in mine.scenes if s.minutes == 99}
