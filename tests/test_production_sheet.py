"""The breakdown as a workbook: out and back unchanged, hand edits, and every fault told at once."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from smallscreen.errors import FileProblem, UserError
from smallscreen.production._columns import COLUMNS, SHEETS
from smallscreen.production.breakdown import breakdown, load_rules, save_rules
from smallscreen.production.model import (
    ELEMENT_KINDS,
    TIERS,
    TIMES,
    Breakdown,
    CastMember,
    Element,
    Location,
    Rules,
    SceneSheet,
)
from smallscreen.production.sheet import SheetFaults, give_sheet, read_sheet, take_sheet, write_sheet
from smallscreen.series.project import open_project

DAY = date(2026, 3, 1)
MADE = Breakdown(
    (
        SceneSheet(
            "7-1", 7, "1", "7-1 日 内 客厅", "客厅", "客厅", True, "day", "D1", 11, 75.0, 32.7, ("林小满", "外公"),
            (Element("prop", "雨伞", 2, "破的", "一把伞", 0.8), Element("costume", "校服", note="周浩")),
            "=回家", "fine", (), 2, "+备注", ("ep007.c0001", "ep007.c0009"),
        ),
        SceneSheet("7-2", 7, "2", time="暴雨", after=("7-1",), minutes=10.0),
    ),
    (CastMember("林小满", 1, Decimal("1500.50"), False, ((DAY, date(2026, 3, 5)),)), CastMember("外公", 2, None, True)),
    (Location("客厅", Decimal(900), ((DAY, DAY),), False, 30, ("小满家客厅",)),),
)  # fmt: skip
RULES = replace(Rules(), start=DAY, days_off=(date(2026, 3, 8),), weekdays_off=(6,), moves_a_day=None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_out_and_back(tmp_path: Path, language: str) -> None:
    path = tmp_path / "b.xlsx"
    write_sheet(path, MADE, RULES, language)
    found = read_sheet(path, MADE, RULES)
    assert (found.breakdown, found.rules, found.notes) == (MADE, RULES, ())
    alone = read_sheet(path)
    assert alone.breakdown == replace(MADE, source="sheet") and alone.rules == RULES
    book = load_workbook(path)
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "B2" and sheet.data_validations.dataValidation
    assert all(c.comment for c in sheet[1])
    # What begins like a formula is text, and stays so when the cell is edited.
    cell = next(c for c in sheet[2] if c.value == "=回家")
    assert cell.data_type == "s" and cell.quotePrefix


_TEXT = (
    st.text(st.characters(blacklist_categories=["Cc", "Cs", "Cn", "Zs", "Zl", "Zp", "Cf"], blacklist_characters="\ufffe\uffff"), max_size=12)
    .filter(lambda t: t.strip() == t)
)  # fmt: skip
_NAME = _TEXT.filter(lambda t: t and not set(t) & set(";；,，、\n#"))
_MONEY = st.none() | st.decimals(0, 10**8, places=2)
_DATES = st.dates(date(2020, 1, 1), date(2040, 1, 1))
_WINDOWS = st.lists(st.tuples(_DATES, _DATES).map(lambda w: (min(w), max(w))), max_size=2).map(tuple)


@st.composite
def breakdowns(draw: Any) -> Breakdown:
    names = draw(st.lists(_NAME, max_size=3, unique=True))
    places = draw(st.lists(_NAME, max_size=2, unique=True))
    scenes: list[SceneSheet] = []
    for n in range(draw(st.integers(1, 4))):
        elements = draw(
            st.lists(
                st.builds(
                    Element, st.sampled_from(ELEMENT_KINDS), _NAME, st.integers(1, 99), _TEXT, _TEXT, st.sampled_from([0.5, 0.8, 1.0])
                ),
                max_size=2,
                unique_by=lambda e: (e.kind, e.name.casefold()),
            )
        )  # fmt: skip
        scenes.append(
            SceneSheet(
                f"1-{n}", 1, draw(_TEXT), draw(_TEXT), draw(st.sampled_from(["", *places])), draw(_TEXT),
                draw(st.sampled_from([True, False, None])), draw(st.sampled_from(["", *TIMES])), draw(_TEXT), draw(st.integers(1, 99)),
                draw(st.floats(0, 999).map(lambda x: round(x, 1))), draw(st.floats(0, 999).map(lambda x: round(x, 1))),
                tuple(x for x in names if draw(st.booleans())), tuple(elements), draw(_TEXT), draw(st.sampled_from(TIERS)),
                tuple(s.id for s in scenes if draw(st.booleans())), draw(st.none() | st.integers(1, 40)), draw(_TEXT),
                draw(st.sampled_from([None, ("ep001.c0001", "ep001.c0002")])),
            )
        )  # fmt: skip
    cast = tuple(
        CastMember(x, i, draw(_MONEY), draw(st.booleans()), draw(_WINDOWS)) for i, x in enumerate(names, 1)
    )
    locations = tuple(
        Location(x, draw(_MONEY), draw(_WINDOWS), draw(st.booleans()), draw(st.none() | st.integers(0, 99))) for x in places
    )  # fmt: skip
    return Breakdown(tuple(scenes), cast, locations, (), "sheet")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=breakdowns(), language=st.sampled_from(["en", "zh"]))
def test_any_breakdown_comes_back(tmp_path: Path, made: Breakdown, language: str) -> None:
    path = tmp_path / "b.xlsx"
    write_sheet(path, made, Rules(), language)
    assert read_sheet(path).breakdown == made


def edited(path: Path, edit: Callable[[Any], None], made: Breakdown = MADE) -> Path:
    write_sheet(path, made, RULES)
    book = load_workbook(path)
    edit(book)
    book.save(path)
    return path


def at(sheet: Any, column: str, row: int) -> Any:
    """The cell under a heading."""
    return next(sheet.cell(row, c.column) for c in sheet[1] if c.value == column)


def test_hand_edits_are_taken(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        scenes = book["Scenes"]
        at(scenes, "Cast", 2).value = "外公，林小满"
        at(scenes, "Eighths", 2).value = "3"
        at(scenes, "Shooting minutes", 3).value = None
        at(scenes, "INT/EXT", 2).value = "外"
        at(scenes, "Tier", 3).value = "BASIC"
        at(book["Cast"], "Rate a day", 3).value = "1,200"
        at(book["Cast"], "Available", 3).value = "2026-3-1 至 2026-3-2"
        at(book["Rules"], "Value", 2).value = datetime(2026, 4, 1)
        for i, value in enumerate(("9-1", 9, "1"), 1):
            scenes.cell(9, i, value)  # after empty rows
        book.move_sheet("Rates", -5)

    found = read_sheet(edited(tmp_path / "b.xlsx", edit), MADE, RULES)
    one, two, new = found.breakdown.scenes
    assert (one.cast, one.eighths, one.interior, one.elements) == (
        ("外公", "林小满"),
        3,
        False,
        MADE.scenes[0].elements,
    )
    assert two.tier == "basic" and two.minutes > 0  # an empty length is estimated, never zero
    assert (new.id, new.episode, new.tier) == ("9-1", 9, "standard") and new.minutes > 0
    assert found.breakdown.cast[1].rate == 1200 and found.breakdown.cast[1].windows == (
        (DAY, date(2026, 3, 2)),
    )
    assert found.rules.start == date(2026, 4, 1)


def test_what_the_workbook_lacks_comes_from_before(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        del book["Elements"], book["Rates"]
        book["Scenes"].delete_cols(at(book["Scenes"], "Synopsis", 1).column)
        book["Scenes"].insert_cols(1)
        book["Scenes"]["A1"] = "My notes"
        book["Scenes"].insert_rows(1, 2)
        book.create_sheet("Lunch")

    found = read_sheet(edited(tmp_path / "b.xlsx", edit), MADE, RULES)
    assert (found.breakdown, found.rules) == (MADE, RULES)
    assert len(found.notes) == 2 and "My notes" in found.notes[0] and "Lunch" in found.notes[1]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        scenes, cast, rules = book["Scenes"], book["Cast"], book["Rules"]
        at(scenes, "Eighths", 2).value = -3
        at(scenes, "Shooting minutes", 2).value = "=SUM(A1:A9)"
        at(scenes, "Screen seconds", 2).value = "soon"
        at(scenes, "INT/EXT", 2).value = "sideways"
        at(scenes, "Cast", 2).value = "林小满; 张三"
        at(scenes, "Location", 3).value = "月球"
        at(scenes, "After", 3).value = "7-9"
        at(scenes, "After", 2).value = "7-2"
        at(scenes, "Locked day", 3).value = 1.5
        at(scenes, "Number", 3).value = datetime(2026, 7, 2)
        scenes.merge_cells("R2:S2")
        at(cast, "Rate a day", 2).value = -1
        at(cast, "Rate a day", 3).value = "¥900"
        at(cast, "Available", 3).value = "2026-03-05..2026-03-01"
        at(cast, "Number", 3).value = 1
        at(book["Locations"], "Available", 2).value = "2026-02-30..2026-03-01"
        at(book["Elements"], "Scene", 2).value = "7-8"
        at(book["Elements"], "Kind", 3).value = None
        at(book["Rates"], "Currency", 2).value = "USD"
        at(book["Rates"], "Amount", 3).value = "#REF!"
        at(rules, "Setting", 3).value = "max_weeks"
        at(rules, "Value", 4).value = 0
        at(rules, "Value", 11).value = 7

    with pytest.raises(SheetFaults) as e:
        read_sheet(edited(tmp_path / "b.xlsx", edit), MADE, RULES)
    told = {(f.sheet, f.row, f.column) for f in e.value.faults}
    assert told == {
        ("Scenes", 2, "Eighths"), ("Scenes", 2, "Shooting minutes"), ("Scenes", 2, "Screen seconds"),
        ("Scenes", 2, "INT/EXT"), ("Scenes", 2, "Cast"), ("Scenes", 3, "Location"), ("Scenes", 3, "After"),
        ("Scenes", 3, "Locked day"), ("Scenes", 3, "Number"), ("Scenes", 2, ""),
        ("Cast", 2, "Rate a day"), ("Cast", 3, "Rate a day"), ("Cast", 3, "Available"), ("Cast", 3, "Number"),
        ("Locations", 2, "Available"), ("Elements", 2, "Scene"), ("Elements", 3, "Kind"),
        ("Rates", 2, "Currency"), ("Rates", 3, "Amount"),
        ("Rules", 3, "Setting"), ("Rules", 4, "Value"), ("Rules", 11, "Value"),
    }  # fmt: skip
    text = str(e.value)
    assert text.startswith(f"b.xlsx has {len(e.value.faults)} faults, and nothing of it was taken")
    assert "Scenes, row 2, Eighths: -3 is out of range; write a number from 1 to 1600." in text


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda b: b["Scenes"].append(["7-1", 7]), "7-1 is there twice"),
        (lambda b: b["Scenes"].delete_cols(1), "the column is missing"),
        (lambda b: b.remove(b["Scenes"]), "the sheet is missing"),
        (lambda b: setattr(b["Cast"], "title", "场次"), "two sheets of this kind"),
        (lambda b: setattr(at(b["Scenes"], "After", 2), "value", "7-2"), "shot after itself"),
        (lambda b: b["Elements"].append(["7-1", "prop", "雨伞"]), "雨伞 is there twice"),
        (lambda b: b["Rules"].append(["units", 2]), "units is there twice"),
        (lambda b: setattr(at(b["Scenes"], "Last cue", 2), "value", None), "one of the two cues"),
        (lambda b: setattr(at(b["Scenes"], "Note", 2), "value", "x" * 5000), "write at most 4,000"),
        (lambda b: setattr(at(b["Scenes"], "Eighths", 2), "value", datetime(2026, 4, 8)), "is no number"),
        (lambda b: setattr(at(b["Scenes"], "Episode", 2), "value", 1e300), "out of range"),
    ],
)  # fmt: skip
def test_one_fault_is_told(tmp_path: Path, edit: Callable[[Any], None], said: str) -> None:
    with pytest.raises(SheetFaults, match=said):
        read_sheet(edited(tmp_path / "b.xlsx", edit), MADE, RULES)


def test_what_is_no_workbook(tmp_path: Path) -> None:
    for name, data in {"a.xlsx": b"", "b.xlsx": b"nonsense"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileProblem, match="no workbook"):
            read_sheet(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "c.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(FileProblem, match="no workbook"):
        read_sheet(tmp_path / "c.xlsx")
    with pytest.raises(FileProblem, match="cannot be opened"):
        read_sheet(tmp_path / "gone.xlsx")


def test_a_series_gives_a_sheet_and_takes_it_back(tmp_path: Path) -> None:
    root, path = tmp_path / "s", tmp_path / "b.xlsx"
    root.mkdir()
    (root / "series.toml").write_text('title = "S"\nslug = "s"\n', "utf-8")
    script = "第1集\n1-1 日 内 伞坊\n林小满：外公。\n1-2 夜 外 院坝\n△ 下雨。\n外公：好。\n"
    (root / "script.txt").write_text(script, "utf-8")
    project = open_project(root)
    given = give_sheet(project, path, "zh")
    taken = take_sheet(project, path, "Ana")
    assert taken.breakdown == given and taken.version == 1 and breakdown(project) == (given, False)

    book = load_workbook(path)
    sheet = book.worksheets[0]
    at(sheet, "拍摄分钟", 2).value = 7
    at(sheet, "出场演员", 3).value = "外公; 林小满"
    at(book["规则"], "值", 3).value = 9
    book.save(path)
    # Meanwhile the script got a scene: it is not lost, and neither is an edit.
    (root / "script.txt").write_text(script + "1-3 日 内 灶房\n外公：吃饭。\n", "utf-8")
    project = open_project(root)
    save_rules(project.store, replace(load_rules(project.store), move_minutes=33), "Ben")
    made = take_sheet(project, path, "Ana").breakdown
    assert [(s.id, s.minutes == 7, s.cast) for s in made.scenes] == [
        ("1-1", True, ("林小满",)), ("1-2", False, ("外公", "林小满")), ("1-3", False, ("外公",))
    ]  # fmt: skip
    assert (load_rules(project.store).max_days, load_rules(project.store).move_minutes) == (9, 33)
    now, fresh = breakdown(project)
    assert now == made and not fresh
    # A workbook of an earlier time says nothing of what was decided since.
    give_sheet(project, tmp_path / "later.xlsx")
    with pytest.raises(UserError, match="written before the last workbook"):
        take_sheet(project, path, "Ben")
    assert breakdown(project)[0] == now


def test_headings_tell_columns_apart() -> None:
    assert set(COLUMNS) == set(SHEETS)
    for columns in COLUMNS.values():
        for language in (0, 1):
            titles = [c.title[language].casefold() for c in columns]
            assert len(set(titles)) == len(titles)
