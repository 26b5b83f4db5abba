"""The scorer of culture spans: what counts, what does not, and what it says about a bad file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import gold
from smallscreen.errors import FileProblem
from smallscreen.series.model import Barrier, cue_id


def row(text: str, *items: tuple[str, str, int] | tuple[str, str, int, bool]) -> str:
    culture = [
        {"text": i[0], "kind": i[1], "need": i[2], **({"agreed": i[3]} if len(i) == 4 else {})} for i in items
    ]
    return json.dumps({"id": "a", "text": text, "culture": culture}, ensure_ascii=False)


def barrier(number: int, text: str, start: int, end: int) -> Barrier:
    return Barrier(cue_id(1, number), 1, start, end, text[start:end], "slang", 2)


def test_spans_match_when_one_contains_the_other(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(
        "\n".join(
            [
                row("他吃软饭的", ("吃软饭的", "idiom", 3)),  # found by a shorter span
                row("真靠谱", ("靠谱", "slang", 2)),  # found by a longer span
                row("给我面子", ("面子", "value", 1)),  # overlapped only: a miss and a false alarm
                row("好嘛", ("好嘛", "slang", 2, False)),  # not agreed: counts neither way
                row("走吧", ("走吧", "slang", 3, False)),  # not agreed and not found
                row("没有"),  # a false alarm
            ]
        ),
        "utf-8",
    )
    lines = gold.read_gold(path)
    result = gold.score(
        lines,
        [
            barrier(1, lines[0].text, 1, 4),
            barrier(2, lines[1].text, 0, 3),
            barrier(3, lines[2].text, 1, 3),
            barrier(4, lines[3].text, 0, 2),
            barrier(6, lines[5].text, 0, 1),
        ],
    )
    assert [outcome for *_, outcome in result.spans] == ["right", "right", "false", "ignored", "false"]
    summary = result.summary()
    assert summary["precision"] == 0.5
    assert summary["recall"] == round(2 / 3, 4)
    assert summary["f1"] == round(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3), 4)
    assert summary["recall_need2"] == 1.0 and summary["lines_need2_recall"] == 1.0
    assert summary["n"] == 3 and summary["lines_need2"] == 2


def test_a_span_at_another_place_of_the_line_is_no_match(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(row("姐 我姐来了", ("我姐", "kinship", 2)), "utf-8")
    lines = gold.read_gold(path)
    assert gold.score(lines, [barrier(1, lines[0].text, 0, 1)]).spans[0][2] == "false"
    assert gold.score(lines, [barrier(1, lines[0].text, 3, 4)]).spans[0][2] == "right"


def test_nothing_found_and_nothing_to_find_divide_by_nothing(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(row("没有"), "utf-8")
    summary = gold.score(gold.read_gold(path), []).summary()
    assert summary["precision"] is None and summary["recall"] is None and summary["f1"] is None


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", None, "empty"),
        (row("好") + "\n{", 2, "not JSON"),
        ('{"culture": []}', 1, "missing"),
        ('{"text": "好", "culture": 3}', 1, "wrong type"),
        ('{"text": "好", "culture": [{"kind": "slang"}]}', 1, "no text"),
        (row("好", ("坏", "slang", 1)), 1, "not in the line"),
        (row("好", ("好", "nothing", 1)), 1, "no kind"),
        (row("好", ("好", "slang", 4)), 1, "need"),
    ],
)
def test_a_bad_gold_file_says_what_and_where(
    tmp_path: Path, text: str, line: int | None, problem: str
) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(FileProblem, match=problem) as raised:
        gold.read_gold(path)
    assert raised.value.line == line


def test_the_last_line_is_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(
        "\n".join(
            [row("你又去泡妞", ("泡妞", "slang", 3)), row("哈哈哈", ("哈哈哈", "slang", 1)), row("姥姥来了")]
        ),
        "utf-8",
    )
    assert gold.main(["--gold", str(path), "--finder", "lexicon", "--errors", "5"]) == 0
    out = capsys.readouterr().out
    data = json.loads(out.splitlines()[-1])
    assert data["culture"]["precision"] == 0.5 and data["culture"]["recall"] == 0.5
    assert data["culture"]["recall_need2"] == 1.0 and data["culture"]["n"] == 2
    assert "哈哈哈" in out.split("Misses")[1] and "姥姥" in out.split("False alarms")[1]


def test_a_missing_file_fails_and_a_missing_default_is_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gold.main(["--gold", str(tmp_path / "none.jsonl")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert gold.main(["--gold", str(tmp_path), "--finder", "x"]) == 2
    monkeypatch.setattr(gold, "DEFAULT_GOLD", tmp_path / "none.jsonl")
    assert gold.main([]) == 0
    out = capsys.readouterr().out
    assert "Skipped" in out and json.loads(out.splitlines()[-1])["culture"] is None
