"""Final Draft files and Fountain in Chinese: numbers, runs, tags, dual dialogue, headings, and what is damaged."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem
from smallscreen.series.project import new_project, open_project
from smallscreen.series.scripts import Script, read_script

FDX = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<FinalDraft DocumentType="Script" Template="No" Version="5">
  <Content>
    <Paragraph Type="General"><Text>第7集 旧信</Text></Paragraph>
    <Paragraph Number="7-1" Type="Scene Heading">
      <SceneProperties Length="1 3/8" Page="1" Title="">
        <Summary><Paragraph Alignment="Left"><Text>She comes home.</Text></Paragraph></Summary>
        <SceneArcBeats><CharacterArcBeat Name="外公"/></SceneArcBeats>
      </SceneProperties>
      <Text>INT. </Text><Text Style="Bold">客厅</Text><Text> - 日</Text>
    </Paragraph>
    <Paragraph Type="Action">
      <Text>林小满撑着</Text><Text TagNumber="3">一把红伞</Text><Text>进来，</Text><Text TagNumber="4,5">狗</Text><Text>跟在后面。</Text>
      <ScriptNote ID="1"><Paragraph><Text>a note that nobody may film</Text></Paragraph></ScriptNote>
    </Paragraph>
    <Paragraph Type="Character"><Text>林小满</Text><Text> (V.O.)</Text></Paragraph>
    <Paragraph Type="Parenthetical"><Text>(低声)</Text></Paragraph>
    <Paragraph Type="Dialogue"><Text>我回</Text><Text Style="Italic">来</Text><Text>了。</Text></Paragraph>
    <Paragraph>
      <DualDialogue>
        <Paragraph Type="Character"><Text>BRICK</Text></Paragraph>
        <Paragraph Type="Dialogue"><Text>Now.</Text></Paragraph>
        <Paragraph Type="Character"><Text>STEEL (CONT’D)</Text></Paragraph>
        <Paragraph Type="Dialogue"><Text>Later &amp; louder.</Text></Paragraph>
      </DualDialogue>
    </Paragraph>
    <Paragraph Type="Transition"><Text>CUT TO:</Text></Paragraph>
    <Paragraph Number="12A" Type="Scene Heading"><Text>外景. 院坝 — 夜</Text></Paragraph>
    <Paragraph Type="Action"><Text>SUPER: "三年前"</Text></Paragraph>
    <Paragraph Number="13" Type="Scene Heading"><Text>OMITTED</Text>
      <OmittedScene><Paragraph Type="Action"><Text>cut</Text></Paragraph></OmittedScene></Paragraph>
    <Paragraph Number="14" Type="Scene Heading"><Text></Text></Paragraph>
    <Paragraph Type="Action"><Text>Rain.</Text></Paragraph>
  </Content>
  <TagData>
    <TagCategories>
      <TagCategory Id="c1" Name="Props" Number="7"/><TagCategory Id="c2" Name="Animals" Number="11"/>
    </TagCategories>
    <TagDefinitions>
      <TagDefinition CatId="c1" Id="d1" Label="红伞" Number="1"/><TagDefinition CatId="c2" Id="d2" Label="狗" Number="2"/>
      <TagDefinition CatId="gone" Id="d3" Label="leash" Number="3"/>
    </TagDefinitions>
    <Tags><Tag Number="3"><DefId>d1</DefId></Tag><Tag Number="4"><DefId>d2</DefId></Tag>
      <Tag Number="5"><DefId>d3</DefId></Tag></Tags>
  </TagData>
</FinalDraft>
"""

FOUNTAIN = """Title: 伞骨

# 第1集

内景 客厅 - 日 #1#

林小满推门进来，手里一把红雨伞。

林小满
(低声)
我回来了。

外景. 院坝 — 夜

舅妈 (OS)
哪个要抢你的嘛。

INT. 灶房 - 日 #3A#

BRICK
Now.

STEEL ^
Later.

内/外景 面包车 - 傍晚

幺爸踩了一脚油门。
车没有动。

.回忆 老屋 夜

雨停了。

## 第2集

2-1 夜 内 灶房

林小满
外公。
"""


def read(folder: Path, text: str, name: str = "s.fdx") -> Script:
    (folder / name).write_text(text, "utf-8")
    return read_script(folder / name)


def test_final_draft_keeps_numbers_runs_tags_and_dual_dialogue(tmp_path: Path) -> None:
    found = read(tmp_path, FDX)
    assert [(s.id, s.episode, s.place, s.time, s.interior) for s in found.scenes] == [
        ("7-1", 7, "客厅", "day", True),
        ("12A", 7, "院坝", "night", False),
        ("14", 7, "", "", None),
    ]
    assert found.scenes[0].characters == ("外公", "林小满", "BRICK", "STEEL")
    assert [(x.scene, x.kind, x.speaker, x.text, x.manner) for x in found.lines] == [
        ("7-1", "tag", None, "Length: 1 3/8", None),
        ("7-1", "tag", None, "Synopsis: She comes home.", None),
        ("7-1", "action", None, "林小满撑着一把红伞进来，狗跟在后面。", None),
        ("7-1", "tag", None, "Props: 红伞", None),
        ("7-1", "tag", None, "Animals: 狗", None),
        ("7-1", "tag", None, "Miscellaneous: leash", None),
        ("7-1", "vo", "林小满", "我回来了。", "低声"),
        ("7-1", "dialogue", "BRICK", "Now.", None),
        ("7-1", "dialogue", "STEEL", "Later & louder.", None),
        ("12A", "caption", None, "三年前", None),
        ("14", "action", None, "Rain.", None),
    ]


def test_final_draft_is_told_by_what_it_holds_and_named_by_its_file(tmp_path: Path) -> None:
    one = FDX.replace("第7集 旧信", "")
    assert read(tmp_path, one, "EP03.txt").scenes[0].episode == 3
    utf16 = tmp_path / "u.fdx"
    utf16.write_bytes(FDX.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert read_script(utf16).lines == read(tmp_path, FDX).lines


def test_a_series_takes_a_final_draft_file(folder: Path) -> None:
    (folder / "script.fdx").write_text(FDX.replace("第7集", "第1集"), "utf-8")
    store = new_project(folder).store
    assert [s.id for s in store.scenes()[1]] == ["12A", "14", "7-1"]
    assert not open_project(folder).problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<FinalDraft><Content>", "not well-formed"),
        ("<Other/>", "first element is <Other>"),
        ("<FinalDraft/>", "first element"),
        ("<FinalDraft><Content></Content></FinalDraft>", "empty"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><FinalDraft><Content>&b;</Content></FinalDraft>', "cannot be read"),
        ("<FinalDraft><Content>" + "<a>" * 99 + "</a>" * 99 + "</Content></FinalDraft>", "nested"),
        ('<?xml version="1.0" encoding="nonsense"?><FinalDraft/>', "s.fdx"),
        ("plain words", "not well-formed"),
        ("\x00\x01\x02", "not well-formed"),
    ],
)
def test_what_is_no_final_draft_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileProblem, match="expected") as e:
        read(tmp_path, text)
    assert said in str(e.value)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Scene Heading", "Action", "Character", "Dialogue", "Parenthetical", "", "Shot"]
            ),
            st.text(
                st.characters(blacklist_categories=["Cs", "Cc", "Cn"], blacklist_characters="\ufffe\uffff"),
                max_size=30,
            ),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_paragraphs_are_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    body = "".join(f'<Paragraph Type="{kind}"><Text>{escape(text)}</Text></Paragraph>' for kind, text in rows)
    try:
        found = read(tmp_path_factory.mktemp("f"), f"<FinalDraft><Content>{body}</Content></FinalDraft>")
    except FileProblem:
        return
    assert all(x.text for x in found.lines)


def test_fountain_reads_chinese_headings_and_names(tmp_path: Path) -> None:
    found = read(tmp_path, FOUNTAIN, "s.fountain")
    assert [(s.id, s.episode, s.place, s.time, s.interior) for s in found.scenes] == [
        ("1", 1, "客厅", "day", True),
        ("1-2", 1, "院坝", "night", False),
        ("3A", 1, "灶房", "day", True),
        ("1-4", 1, "面包车", "dusk", None),
        ("1-5", 1, "回忆 老屋", "night", None),
        ("2-1", 2, "灶房", "night", True),
    ]
    assert [(x.kind, x.speaker, x.text) for x in found.lines if x.kind != "action"] == [
        ("dialogue", "林小满", "我回来了。"),
        ("os", "舅妈", "哪个要抢你的嘛。"),
        ("dialogue", "BRICK", "Now."),
        ("dialogue", "STEEL", "Later."),
        ("dialogue", "林小满", "外公。"),
    ]
    assert [x.text for x in found.lines if x.scene == "1-4"] == ["幺爸踩了一脚油门。", "车没有动。"]
