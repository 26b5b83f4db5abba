"""A folder of loose files becomes a series; what changes in it is read again, what is broken is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from smallscreen.errors import FileProblem, UserError
from smallscreen.series.manifest import read_manifest
from smallscreen.series.project import new_project, open_project


def test_a_folder_becomes_a_series_in_place(folder: Path) -> None:
    project = new_project(folder, title="差一格")
    assert [e.number for e in project.store.episodes()] == [1, 2]
    assert project.store.cues()[1][1].text == "买伞 还是补伞？"
    assert project.store.series().title == "差一格"
    assert project.read == 2


def test_a_copy_leaves_the_folder_as_it_was(folder: Path, tmp_path: Path) -> None:
    before = sorted(p.name for p in folder.iterdir())
    project = new_project(folder, tmp_path / "copy")
    assert sorted(p.name for p in folder.iterdir()) == before
    assert len(project.store.cues()[2]) == 3
    with pytest.raises(UserError, match="holds a series already"):
        new_project(folder, tmp_path / "copy")


@pytest.mark.parametrize(
    "names", [("第1集.srt", "第2集.srt"), ("S01E01.srt", "S01E02.srt"), ("1.zh.srt", "2.zh.srt")]
)
def test_other_ways_of_naming_episodes(folder: Path, names: tuple[str, str]) -> None:
    (folder / "ep001.zh.srt").rename(folder / names[0])
    (folder / "ep002.zh.srt").rename(folder / names[1])
    assert sorted(new_project(folder).store.cues()) == [1, 2]


def test_only_what_changed_is_read_again(folder: Path) -> None:
    new_project(folder)
    assert open_project(folder).read == 0
    text = (folder / "ep002.zh.srt").read_text("utf-8")
    (folder / "ep002.zh.srt").write_text(text.replace("外公", "外婆"), "utf-8")
    project = open_project(folder)
    assert project.read == 1
    assert project.store.cues()[2][0].text == "外婆 我回来了"


def test_a_file_that_is_gone_takes_its_episode_with_it_and_comes_back(folder: Path, tmp_path: Path) -> None:
    new_project(folder)
    shutil.move(folder / "ep001.zh.srt", tmp_path / "away")
    assert [e.number for e in open_project(folder).store.episodes()] == [2]
    shutil.move(tmp_path / "away", folder / "ep001.zh.srt")
    assert [e.number for e in open_project(folder).store.episodes()] == [1, 2]


def test_a_broken_file_is_named_with_its_line_and_the_rest_is_read(folder: Path) -> None:
    new_project(folder)
    (folder / "ep001.zh.srt").write_text("1\n00:00:01,000 --> 00:00:0", "utf-8")
    (folder / "ep003.zh.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\n好\n", "utf-8")
    project = open_project(folder)
    assert len(project.problems) == 1
    problem = project.problems[0]
    assert problem.path.name == "ep001.zh.srt" and problem.line == 2
    assert sorted(project.store.cues()) == [1, 2, 3]
    assert len(project.store.cues()[1]) == 3, "what was read before is kept"


def test_two_files_for_one_episode_are_named(folder: Path) -> None:
    shutil.copy(folder / "ep001.zh.srt", folder / "E01.zh.srt")
    with pytest.raises(UserError) as error:
        new_project(folder)
    assert "ep001.zh.srt" in str(error.value) and "E01.zh.srt" in str(error.value)


def test_an_empty_folder_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no subtitle file"):
        new_project(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        new_project(tmp_path / "none")
    with pytest.raises(UserError, match="no series"):
        open_project(tmp_path)


def test_a_script_gives_speakers_and_scenes(folder: Path) -> None:
    (folder / "script.txt").write_text(
        "第1集 归\n\n1-1 日 内 伞坊\n人物：林小满、外公\n△门开了。\n"
        "林小满：外公，我回来了。\n外公（不抬头）：买伞，还是补伞？\n林小满：补人。\n",
        "utf-8",
    )
    cues = new_project(folder).store.cues()[1]
    assert [c.speaker for c in cues] == ["林小满", "外公", "林小满"]
    assert {c.scene for c in cues} == {"1-1"}


def test_speakers_beside_the_subtitles(folder: Path) -> None:
    (folder / "ep001.speakers.tsv").write_text("1\t小满\n2\t外公\n3\t小满\n", "utf-8")
    assert [c.speaker for c in new_project(folder).store.cues()[1]] == ["小满", "外公", "小满"]
    (folder / "ep001.speakers.tsv").write_text("1\t小满\nnonsense\n", "utf-8")
    assert open_project(folder).problems[0].line == 2


def test_a_manifest_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "series.toml"
    path.write_text(
        'title = "x"\n\n[[character]]\nname = "a"\n\n[[character]]\nname = "b"\nage = "old"\n', "utf-8"
    )
    with pytest.raises(FileProblem) as error:
        read_manifest(path)
    assert error.value.line == 6 and "age" in str(error.value)
    path.write_text('title = "x\n', "utf-8")
    with pytest.raises(FileProblem) as error:
        read_manifest(path)
    assert error.value.line == 1


def test_real_dialogue_is_read_whole(series_29: Path, tmp_path: Path) -> None:
    project = new_project(series_29, tmp_path / "real")
    cues = project.store.cues()
    assert len(cues) == 80 and sum(map(len, cues.values())) > 3500
    assert sum(c.speaker is not None for some in cues.values() for c in some) > 3000
    assert not project.problems
    manifest = read_manifest(tmp_path / "real" / "series.toml")
    assert manifest.characters and "其他" not in {c.name for c in manifest.characters}
