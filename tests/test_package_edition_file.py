"""The edition file: what is written comes back, and what is broken is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem
from smallscreen.series.edition_file import Brief, EditionFile, EditionLine, FittedLine

HEAD = '{"format": "smallscreen.edition/1", "locale": "en-US"'
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
lines = st.builds(
    EditionLine,
    episode=st.integers(1, 200),
    cue=st.integers(1, 900),
    text=text,
    strategy=st.none() | text,
    reason=st.none() | text,
    origin=text,
)
free = st.dictionaries(text, st.none() | st.booleans() | st.integers() | text, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=text, entries=st.lists(lines, max_size=5), findings=st.lists(free, max_size=3))
def test_what_is_written_comes_back(
    tmp_path: Path, title: str, entries: list[EditionLine], findings: list[dict]
) -> None:
    edition = EditionFile(
        locale="th-TH",
        title=title,
        lines=entries,
        findings=findings,
        fitted=[FittedLine(episode=1, index=1, start_ms=0, end_ms=900, text="a\nb", cues=["ep001.c0001"])],
        brief=Brief(tone=title, names={title: title}),
    )
    path = edition.write(tmp_path / "edition.json")
    assert EditionFile.read(path) == edition
    first = path.read_bytes()
    EditionFile.read(path).write(path)
    assert path.read_bytes() == first
    json.loads(first)


def test_only_the_required_keys(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    path.write_text(
        HEAD + ', "later": [1], "lines": [{"episode": 3, "cue": 7, "text": "Hi.", "mood": "x"}]}', "utf-8-sig"
    )
    edition = EditionFile.read(path)
    assert (edition.variant, edition.brief, edition.lines[0].cue_id) == ("main", None, "ep003.c0007")


def test_characters_that_no_subtitle_has_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    path.write_text(HEAD + r', "lines": [{"episode": 1, "cue": 1, "text": "a\u0000b\ud800c\r\nd"}]}')
    assert EditionFile.read(path).lines[0].text == "abc\nd"


def test_numbers_that_json_does_not_have(tmp_path: Path) -> None:
    edition = EditionFile(
        locale="en-US", findings=[{"evidence": {"a": float("nan"), "b": float("inf"), "c": "\ud800"}}]
    )
    path = edition.write(tmp_path / "e.json")
    assert json.loads(path.read_text("utf-8"))["findings"][0]["evidence"] == {
        "a": None,
        "b": None,
        "c": "\ufffd",
    }


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b'{"format": "smallscreen.edition/1",\n"locale" "en"}', 2, "breaks off or is wrong"),
        (b"", 1, "breaks off"),
        (b"[]", 1, 'no "format"'),
        (b"null", 1, 'no "format"'),
        (b'{"format": "other/9", "locale": "en"}', None, "other/9"),
        (b'{"format": "smallscreen.edition/1"}', None, "locale is missing"),
        (
            HEAD.encode()
            + b',\n"lines": [\n{"episode": 1, "cue": 1, "text": ""},\n{"episode": 1, "text": ""}]}',
            4,
            "lines.2.cue",
        ),
        (HEAD.encode() + b', "lines": [{"episode": "1", "cue": 1, "text": ""}]}', 1, "valid integer"),
        (
            HEAD.encode() + b', "lines": [{"episode": 0, "cue": 1, "text": ""}]}',
            1,
            "greater than or equal to 1",
        ),
        (HEAD.encode() + b', "lines": {}}', None, "valid list"),
        (HEAD.encode() + b'\n, "title": "\xff"}', 2, "not UTF-8"),
        (b"[" * 100_000, None, "too deep"),
        (b'{"format": ' + b"9" * 5000 + b"}", None, "giant number"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, content: bytes, line: int | None, words: str) -> None:
    path = tmp_path / "edition.json"
    path.write_bytes(content)
    with pytest.raises(FileProblem) as problem:
        EditionFile.read(path)
    assert problem.value.line == line
    assert words in str(problem.value) and str(problem.value).startswith("edition.json")


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileProblem, match="cannot be read"):
        EditionFile.read(tmp_path / "none.json")
    path = EditionFile(locale="en-US").write(tmp_path / "e.json")
    monkeypatch.setattr(EditionFile, "limit_bytes", 10)
    with pytest.raises(FileProblem, match="at most 10"):
        EditionFile.read(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | text,
        lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3),
    )
)
def test_any_json_is_read_or_named(tmp_path: Path, value: object) -> None:
    path = tmp_path / "e.json"
    path.write_text(HEAD + f', "lines": {json.dumps(value)}, "brief": {json.dumps(value)}}}', "utf-8")
    try:
        edition = EditionFile.read(path)
    except FileProblem as problem:
        assert problem.problem and problem.expected
    else:
        assert edition.locale == "en-US"
