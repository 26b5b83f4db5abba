"""Scripts: the short-drama form in its varieties, Fountain, Word files, and what is no script."""

from __future__ import annotations

import json
import time
import zipfile
from importlib.resources import files
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import ScriptLine
from smallscreen.series.scripts import Script, read_script


def script(folder: Path, text: str, name: str = "s.txt", encoding: str = "utf-8") -> Script:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_script(path)


def said(line: ScriptLine) -> tuple[str, str | None, str, str | None]:
    return line.kind, line.speaker, line.text, line.manner


# --- the short-drama form ------------------------------------------------------------------

DRAMA = """《伞骨》

人物小传
林小满：女，26岁，外公养大的。

第十一集 旧信

11-1 日 内 伞坊
人物：林小满、外公（76岁）
△ 林小满推门进来。
林小满（低声，迟疑）：外公。
外公：“买伞，还是补伞？”
林小满OS：他又忘了。
林小满（OS）：我不怪他。
外公（画外）：那把莫动！
OS：我晓得的。
旁白：那一年，她二十六岁。
【字幕：三年前】
（闪回）
林小满：
我回来了，
就不走了。
（闪回结束）

11-2场 夜/外 双河场-车站
林小满 V.O.（哽咽）： 时间是12：30分。
众人：（鼓掌）好！
时间：凌晨
第12集
12-1、内 客厅 傍晚
林小满:half width
"""


def test_the_short_drama_form(tmp_path: Path) -> None:
    found = script(tmp_path, DRAMA)
    assert found.title == "伞骨"
    assert [(s.id, s.episode, s.place, s.time, s.interior) for s in found.scenes] == [
        ("11-1", 11, "伞坊", "day", True),
        ("11-2", 11, "双河场 车站", "dawn", False),
        ("12-1", 12, "客厅", "dusk", True),
    ]
    assert found.scenes[0].characters == ("林小满", "外公")
    assert [said(x) for x in found.lines] == [
        ("tag", None, "人物：林小满、外公（76岁）", None),
        ("action", None, "林小满推门进来。", None),
        ("dialogue", "林小满", "外公。", "低声，迟疑"),
        ("dialogue", "外公", "买伞，还是补伞？", None),
        ("os", "林小满", "他又忘了。", None),
        ("os", "林小满", "我不怪他。", None),
        ("vo", "外公", "那把莫动！", None),
        ("os", "外公", "我晓得的。", None),
        ("vo", "旁白", "那一年，她二十六岁。", None),
        ("caption", None, "三年前", None),
        ("action", None, "闪回", None),
        ("dialogue", "林小满", "我回来了，就不走了。", None),
        ("action", None, "闪回结束", None),
        ("vo", "林小满", "时间是12：30分。", "哽咽"),
        ("dialogue", "众人", "好！", "鼓掌"),
        ("dialogue", "林小满", "half width", None),
    ]
    assert [x.index for x in found.lines if x.episode == 11] == list(range(1, 16))
    assert found.lines[-1].episode == 12 and found.lines[-1].scene == "12-1"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_scripts_come_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    assert script(tmp_path, DRAMA, encoding=encoding) == script(tmp_path, DRAMA)


@pytest.mark.parametrize(
    ("heading", "scene"),
    [
        ("7-2 夜 内 客厅", ("7-2", "客厅", "night", True)),
        ("7-2场 夜/内 客厅", ("7-2", "客厅", "night", True)),
        ("7—2、内、客厅、夜", ("7-2", "客厅", "night", True)),
        ("【7-2】夜内 客厅", ("7-2", "客厅", "night", True)),
        ("场次7-2：夜 内 客厅", ("7-2", "客厅", "night", True)),
        ("场景二：客厅 夜 内", ("7-2", "客厅", "night", True)),
        ("第2场 夜 内 客厅", ("7-2", "客厅", "night", True)),
        ("2、夜 内 客厅", ("7-2", "客厅", "night", True)),
        ("**7-2 夜 内 客厅**", ("7-2", "客厅", "night", True)),
        ("### 7-2 夜·内·客厅", ("7-2", "客厅", "night", True)),
        ("7-2 日 内/外 车里", ("7-2", "车里", "day", None)),
        ("7-2", ("7-2", "", "", None)),
        ("内景 客厅 夜", ("7-1", "客厅", "night", True)),
        ("7-2 雨夜 外 林家 院子", ("7-2", "雨夜 林家 院子", "", False)),
    ],
)
def test_scene_headings(tmp_path: Path, heading: str, scene: tuple[str, str, str, bool | None]) -> None:
    found = script(tmp_path, f"第7集\n{heading}\n外公：走。\n")
    assert [(s.id, s.place, s.time, s.interior) for s in found.scenes] == [scene]
    assert [said(x)[:3] for x in found.lines] == [("dialogue", "外公", "走。")]


def test_what_only_looks_like_a_heading_or_a_speaker(tmp_path: Path) -> None:
    found = script(
        tmp_path, "第1集\n1-1 日 内 家\n△3-5 人走过。\n3-5 人走过。\n音效：雷声\n外公：她说：“走吧。”\n"
    )
    assert len(found.scenes) == 1
    assert [said(x)[:3] for x in found.lines] == [
        ("action", None, "3-5 人走过。"),
        ("action", None, "3-5 人走过。"),
        ("action", None, "音效：雷声"),
        ("dialogue", "外公", "她说：“走吧。”"),
    ]


def test_episodes_come_from_scene_numbers_where_no_heading_names_them(tmp_path: Path) -> None:
    found = script(tmp_path, "1-1 日 内 家\n甲：一\n\n2-1 夜 外 街\n乙：二\n")
    assert [(x.episode, x.scene, x.text) for x in found.lines] == [(1, "1-1", "一"), (2, "2-1", "二")]


def test_the_sample_script_gives_all_that_is_said(tmp_path: Path) -> None:
    folder = files("smallscreen.sample").joinpath("series")
    path = Path(str(folder.joinpath("script.txt")))
    if not path.is_file():
        pytest.skip("the sample series has no script")
    found = read_script(path)
    assert {x.episode for x in found.lines} == set(range(1, 13))
    assert all(x.scene for x in found.lines)
    cues = [c for p in sorted(path.parent.glob("ep*.zh.srt")) for c in read_subtitles(p)]
    letters = "".join(x.text for x in found.lines if x.kind != "action")
    held = sum(all(c in letters for c in cue.text if c.isalpha()) for cue in cues)
    assert held >= 0.98 * len(cues)


# --- Fountain ------------------------------------------------------------------------------

FOUNTAIN = """Title:
    _**The Umbrella**_
Author: Someone

# Episode 3

INT. WORKSHOP - NIGHT #3-A#

Rain. /* cut this
whole part */ GRANDPA works.

XIAOMAN
(quietly)
I'm *home*. [[check the tone]]
(beat)
For good.

GRANDPA (O.S.) (CONT'D)
Don't touch that one!

@McAvoy ^
Leave it.

NARRATOR (V.O.)
That year
she was twenty-six.

SUPER: "Three years ago"

> THE END <

.FLASHBACK STREET

!NOT A CHARACTER
action goes on

CUT TO:

EPISODE 4

INT. CAR/EXT. FOREST - CONTINUOUS

XIAOMAN
1 \\* 2

= synopsis
"""


def test_fountain(tmp_path: Path) -> None:
    found = script(tmp_path, FOUNTAIN, "s.fountain")
    assert found.title == "The Umbrella"
    assert [(s.id, s.episode, s.place, s.time, s.interior) for s in found.scenes] == [
        ("3-A", 3, "WORKSHOP", "night", True),
        ("3-2", 3, "FLASHBACK STREET", "", None),
        ("4-1", 4, "CAR/EXT. FOREST", "continuous", None),
    ]
    assert found.scenes[0].characters == ("XIAOMAN", "GRANDPA", "McAvoy", "NARRATOR")
    assert [said(x) for x in found.lines] == [
        ("action", None, "Rain.  GRANDPA works.", None),
        ("dialogue", "XIAOMAN", "I'm home.", "quietly"),
        ("dialogue", "XIAOMAN", "For good.", "beat"),
        ("os", "GRANDPA", "Don't touch that one!", None),
        ("dialogue", "McAvoy", "Leave it.", None),
        ("vo", "NARRATOR", "That year she was twenty-six.", None),
        ("caption", None, "Three years ago", None),
        ("caption", None, "THE END", None),
        ("action", None, "NOT A CHARACTER", None),
        ("action", None, "action goes on", None),
        ("dialogue", "XIAOMAN", "1 * 2", None),
    ]
    assert script(tmp_path, FOUNTAIN, "s.txt").lines == found.lines


def test_a_hundred_real_screenplays(tmp_path: Path) -> None:
    source = (
        Path(__file__).resolve().parents[2]
        / "shared"
        / "data"
        / "dramabench"
        / "dramabench_continuation_100.jsonl"
    )
    if not source.is_file():
        pytest.skip("the real screenplays are not beside the repository")
    for row in source.read_text("utf-8").splitlines():
        item = json.loads(row)
        text = item["context"].rstrip("\n") + "\n\n" + item["continuation"]
        found = script(tmp_path, text)
        headings = sum(line.startswith(("INT", "EXT")) and line.isupper() for line in text.split("\n"))
        assert found.title == item["title"]
        assert len(found.scenes) >= headings > 0, item["id"]
        assert all(x.speaker for x in found.lines if x.kind in ("dialogue", "os", "vo"))
        words = "".join(f"{x.text}{x.speaker}{x.manner}" for x in found.lines)
        assert len(words) > 0.75 * len(text.split("\n\n", 1)[1]), item["id"]


# --- Word files ----------------------------------------------------------------------------


def word(folder: Path, paragraphs: list[tuple[str, str]], tables: list[list[list[str]]] = []) -> Script:  # noqa: B006
    document = docx.Document()
    for text, style in paragraphs:
        if style and style not in [s.name for s in document.styles]:
            document.styles.add_style(style, 1)
        document.add_paragraph(text, style=style or None)
    for rows in tables:
        table = document.add_table(len(rows), len(rows[0]))
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                table.cell(i, j).text = cell
    document.save(str(folder / "s.docx"))
    return read_script(folder / "s.docx")


def test_word_holds_either_form(tmp_path: Path) -> None:
    assert word(tmp_path, [(line, "") for line in DRAMA.split("\n")]).lines == script(tmp_path, DRAMA).lines
    assert word(tmp_path, [(x, "") for x in FOUNTAIN.split("\n")]).lines == script(tmp_path, FOUNTAIN).lines


def test_word_without_empty_lines_and_with_screenplay_styles(tmp_path: Path) -> None:
    bare = [
        "INT. SHOP - DAY",
        "Rain falls.",
        "XIAOMAN",
        "(low)",
        "Grandpa.",
        "He looks up.",
        "GRANDPA",
        "Buying?",
    ]
    styles = [
        "Scene Heading",
        "Action",
        "Character",
        "Parenthetical",
        "Dialogue",
        "Action",
        "Character",
        "Dialogue",
    ]
    wanted = [
        ("action", None, "Rain falls.", None),
        ("dialogue", "XIAOMAN", "Grandpa.", "low"),
        ("action", None, "He looks up.", None),
        ("dialogue", "GRANDPA", "Buying?", None),
    ]
    for names in ([""] * len(bare), styles):
        found = word(tmp_path, list(zip(bare, names, strict=True)))
        assert [said(x) for x in found.lines] == wanted
        assert [(s.place, s.time) for s in found.scenes] == [("SHOP", "day")]


def test_word_tables(tmp_path: Path) -> None:
    header = [
        ["场次", "画面", "角色", "台词"],
        ["1-1 日 内 伞坊", "推门", "林小满", "外公。"],
        ["", "", "外公", "买伞？"],
    ]
    found = word(tmp_path, [("第1集", "")], [header, [["幺爸", "幺女！"], ["林小满（笑）", "幺爸。"]]])
    assert [said(x) for x in found.lines] == [
        ("action", None, "推门", None),
        ("dialogue", "林小满", "外公。", None),
        ("dialogue", "外公", "买伞？", None),
        ("dialogue", "幺爸", "幺女！", None),
        ("dialogue", "林小满", "幺爸。", "笑"),
    ]
    assert [s.id for s in found.scenes] == ["1-1"]


# --- what is no script ---------------------------------------------------------------------


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        for _ in range(80):
            part.write(b" " * 1024 * 1024)
    with pytest.raises(FileProblem, match=r"bomb\.docx: unpacked"):
        read_script(path)


def test_hostile_and_broken_files_are_named(tmp_path: Path) -> None:
    word(tmp_path, [("第1集", ""), ("甲：一", "")])
    whole = (tmp_path / "s.docx").read_bytes()
    cases = {
        "cut.docx": whole[: len(whole) // 2],
        "not.docx": b"Dear all,",
        "empty.docx": b"",
        "old.txt": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        "nul.txt": b"\0" * 600,
        "empty.txt": b" \n",
        "front.txt": "第1集\n第2集\n".encode(),
    }
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "x")
    cases["zip.docx"] = other.read_bytes()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<broken")
    cases["xml.docx"] = other.read_bytes()
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileProblem) as caught:
            read_script(tmp_path / name)
        assert str(caught.value).startswith(name) and "expected" in str(caught.value)


@pytest.mark.parametrize(
    "line",
    ["*_" * 100_000, "/*" * 100_000, "[[" * 100_000, "（" * 200_000, " " * 200_000 + "：x", "1-" * 99_999],
)
def test_a_hostile_line_costs_no_time(tmp_path: Path, line: str) -> None:
    start = time.perf_counter()
    assert script(tmp_path, f"第1集\n1-1 日 内 家\n甲：好\n{line}\n").lines
    assert script(tmp_path, f"INT. HOUSE - DAY\n\nANA\nHi.\n\n*/ {line}\n", "h.fountain").lines
    assert time.perf_counter() - start < 5


PIECES = st.sampled_from(
    ["第1集", "第二集 名", "1-1 日 内 家", "人物：甲、乙", "△走", "甲（笑）：好", "OS：嗯", "甲：", "【字幕】三年后", "（闪回）",
     "INT. HOUSE - DAY", "ANA", "(low)", "Hello.", "", "/*", "*/", "[[", "]]", "# Episode 0", "EPISODE 2", "=", ">", "!", ".", "@", "~", "^", "第集", "：", "1-", "**"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=20),
    st.sampled_from([".txt", ".fountain", ".md"]),
)
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes("\n".join(parts).encode("utf-8", "replace"))
    try:
        found = read_script(path)
    except FileProblem:
        return
    ids = {(s.episode, s.id) for s in found.scenes}
    assert len(ids) == len(found.scenes)
    assert all(
        x.text and x.episode >= 1 and (x.scene is None or (x.episode, x.scene) in ids) for x in found.lines
    )
    for episode in {x.episode for x in found.lines}:
        numbers = [x.index for x in found.lines if x.episode == episode]
        assert numbers == list(range(1, len(numbers) + 1))
