"""The papers of a shoot: letters and times by hand, every scene once, hostile text, the same bytes again."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from smallscreen.errors import UserError
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Plan,
)
from smallscreen.production.papers import Material, Options, Place, languages, papers, write
from smallscreen.production.papers._dood import row, working
from smallscreen.production.papers._shoot import strip_color
from smallscreen.production.papers._sun import sun
from smallscreen.production.papers._words import pages, words
from smallscreen.production.papers.paper import file_stem
from tests.browser import Browser
from tests.exchange_read import check_uss, parse
from tests.papers_made import (
    DATES,
    DAYS,
    OPTIONS,
    RULES,
    SCENES,
    day,
    hostile,
    material,
    scene,
    shoot,
    written_once,
)

# -- day out of days --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worked", "travel", "drop", "letters"),
    [
        ([0, 1, 4], (), None, "SW W H H WF"),
        ([2], (), None, "- - SWF - -"),
        ([0, 4], (), 3, "SWD - - - PWF"),
        ([0, 3, 4], (), 3, "SW H H PW WF".replace("PW", "W")),
        ([0, 2, 4], (), 1, "SWD - PWD - PWF"),
        ([1, 2], (0, 3), None, "T SW WF T -"),
        ([0, 2], (1,), None, "SW T WF - -"),
        ([1], (1,), None, "- SWFT - - -"),
        ([], (), None, "- - - - -"),
    ],
)
def test_letters_by_hand(worked: list[int], travel: tuple[int, ...], drop: int | None, letters: str) -> None:
    made = row(5, worked, travel, drop)
    assert [x or "-" for x in made.letters] == letters.split()
    assert made.work == len(worked)
    assert made.hold == sum(x == "H" for x in made.letters)


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.one_of(st.none(), st.integers(1, 9)))
def test_letters_always_add_up(worked: set[int], travel: set[int], drop: int | None) -> None:
    made = row(31, worked, travel, drop)
    assert {i for i, x in enumerate(made.letters) if "W" in x} == worked
    assert {i for i, x in enumerate(made.letters) if "T" in x} == travel
    assert sum("S" in x for x in made.letters) == sum("F" in x for x in made.letters) == bool(worked)
    assert sum("D" in x for x in made.letters) == sum("P" in x for x in made.letters)
    assert made.letters.count("H") == made.hold
    if drop is None and worked:
        assert made.drop == 0
        assert made.hold == max(worked) - min(worked) + 1 - len(
            worked | {t for t in travel if min(worked) < t < max(worked)}
        )


def test_days_off_are_nobodys_hold() -> None:
    made = shoot(travel={"C": (date(2026, 3, 8),)})
    assert [c.number for c in made.columns] == [1, 2, None, None, 3]
    letters = {name: [x or "-" for x in r.letters] for name, r in made.letters.items()}
    assert letters == {
        "A": ["SW", "W", "-", "-", "WF"],
        "B": ["SWF", "-", "-", "-", "-"],
        "C": ["SWF", "-", "-", "T", "-"],
        "D": ["-", "SWF", "-", "-", "-"],
    }
    assert made.letters["C"].total == 2
    assert [working(list(made.letters.values()), i) for i in range(5)] == [3, 2, 0, 0, 1]


# -- times ------------------------------------------------------------------------------------------------------------


def test_times_by_hand() -> None:
    made = shoot()
    first, second, third = made.days
    clock = made.words.clock
    # 07:00 scene 1; a move of 30 minutes; scene 3; scene 4 waits for the dark at 07:00 + 660 minutes.
    assert [(s.scene.id, clock(s.start), s.move) for s in first.strips] == [
        ("1-1", "07:00", None), ("1-3", "08:30", 30.0), ("1-4", "18:00", None),
    ]  # fmt: skip
    assert (clock(first.wrap), first.moves, first.eighths) == ("19:00", 1, 12)
    # The night block takes the turnaround off the next day; night inside is shot by day.
    assert (clock(second.call), clock(second.strips[0].start)) == ("09:00", "09:00")
    assert clock(third.call) == "07:00"
    calls = {
        c.member.name: (clock(c.called), clock(c.on_set), clock(c.released), c.letter) for c in first.people
    }
    assert calls == {
        "A": ("06:15", "07:00", "19:00", "SW"),
        "B": ("06:15", "07:00", "09:30", "SWF"),
        "C": ("17:15", "18:00", "19:00", "SWF"),
    }
    assert made.next_day(first) is second and made.next_day(third) is None
    only = shoot(material((day(1, "4", DATES[0], night=True),)))
    assert only.words.clock(only.days[0].call) == "18:00"
    late = shoot(material((day(1, "1 2 3", None),)), call=time(22, 0))
    assert late.words.clock(late.days[0].wrap) == "01:30 (next day)"
    early = shoot(material((day(1, "1", None),)), call=time(0, 20))
    assert early.words.clock(early.days[0].people[0].called) == "23:35 (day before)"


def test_a_day_says_what_would_be_shot_after_the_daylight() -> None:
    long = replace(SCENES[0], time="night", minutes=600.0)  # inside, so by day; the exterior ends at 18:45
    made = shoot(material((day(1, "1 3 4", DATES[0], night=True),), (long, *SCENES[1:])))
    assert made.days[0].dusk == ("1-3",)
    assert not any(d.dusk for d in shoot().days)


def test_colors_and_pages() -> None:
    assert [strip_color(s) for s in SCENES] == [
        "day_int", "day_int", "day_ext", "night_ext", "night_int", "day_int", "dusk",
    ]  # fmt: skip
    assert strip_color(scene("9", "x", "A", time="")) == "unsaid"
    assert [pages(n) for n in (0, 1, 8, 12, 16)] == ["0/8", "1/8", "1", "1 4/8", "2"]


def test_the_sun_rises_where_almanacs_say() -> None:
    # Equinox at Greenwich, midsummer in Shanghai, midwinter in Sydney: within three minutes of published tables.
    for when, at, zone, rise, fall in (
        (date(2024, 3, 20), (51.48, 0.0), "Europe/London", "06:03", "18:14"),
        (date(2024, 6, 21), (31.23, 121.47), "Asia/Shanghai", "04:51", "19:02"),
        (date(2024, 6, 21), (-33.87, 151.21), "Australia/Sydney", "07:00", "16:54"),
    ):
        found = sun(when, *at, zone)
        assert found is not None
        for minutes, told in zip(found, (rise, fall), strict=True):
            hours, rest = map(int, told.split(":"))
            assert abs(minutes - hours * 60 - rest) <= 3, (zone, found)
    assert sun(date(2024, 12, 21), 78.2, 15.6, "Europe/Oslo") is None
    assert shoot().sun(shoot().days[0]) is None
    with_place = shoot(zone="Asia/Shanghai", place=Place(31.2, 121.5))
    assert with_place.sun(with_place.days[0]) is not None


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return written_once(tmp_path_factory)


def pdf_text(path: Path) -> str:
    return "\n".join(p.extract_text() for p in PdfReader(path).pages)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_paper_has_every_scene_once(written: Callable[[str], Path], language: str) -> None:
    out = written(language)
    assert sorted(p.name for p in out.iterdir()) == [
        "calendars", "call-sheets", "umbrella.day-out-of-days.pdf", "umbrella.one-line.pdf",
        "umbrella.shoot.html", "umbrella.shoot.xlsx", "umbrella.stripboard.pdf", "umbrella.uss",
    ]  # fmt: skip
    ids = sorted(s.id for s in SCENES)
    board = pdf_text(out / "umbrella.stripboard.pdf")
    assert sorted(re.findall(r"^(1-\d) ", board, re.M)) == ids
    assert words(language)("unscheduled") in board
    shot = sorted(set(ids) - {"1-7"})
    assert sorted(re.findall(r"^\d\d:\d\d (1-\d) ", pdf_text(out / "umbrella.one-line.pdf"), re.M)) == shot
    html = (out / "umbrella.shoot.html").read_text("utf-8")
    strips = re.findall(r'<tr class="strip (\w+)"><td class="n">(1-\d)</td>', html)
    assert sorted(x for _, x in strips) == ids and {b: a for a, b in strips}["1-4"] == "night_ext"
    book = load_workbook(out / "umbrella.shoot.xlsx")
    assert sorted(str(r[2]) for r in book.worksheets[0].iter_rows(min_row=2, values_only=True)) == ids
    assert [r[2] for r in book.worksheets[0].iter_rows(min_row=2, values_only=True)][:3] == [
        "1-1",
        "1-3",
        "1-4",
    ]
    assert len(book.sheetnames) == 3 + len(DAYS)


def test_chinese_is_text_in_the_pdf(written: Callable[[str], Path]) -> None:
    board = pdf_text(written("zh") / "umbrella.stripboard.pdf")
    for told in (
        "伞下 · 拍摄条板",
        "外公补伞。",
        "红伞 ×2",
        "转场至 院坝",
        "第1天结束 · 2026年3月5日 周四",
        "Tea house",
    ):
        assert told in board.replace("・", "·"), told
    sheet = written("zh") / "call-sheets" / "umbrella.day-01.2026-03-05.pdf"
    told = pdf_text(sheet)
    for word in (
        "通告单",
        "全组开工",
        "07:00",
        "天气",
        "最近医院",
        "红伞 ×2 (红色) [1-1]",
        "下一拍摄日预告",
        "09:00",
    ):
        assert word in told, word
    assert PdfReader(sheet).trailer["/Root"]["/Lang"] == "zh"
    assert sheet.stat().st_size < 120_000


def test_a_call_sheet_says_what_a_day_needs(written: Callable[[str], Path]) -> None:
    folder = written("en") / "call-sheets"
    assert len(list(folder.iterdir())) == 3
    last = pdf_text(folder / "umbrella.day-03.2026-03-09.pdf")
    for told in (
        "Mon 9 Mar 2026",
        "Day 3 of 3",
        "路人 ×12 [1-2]",
        "No shooting day follows",
        "Sunrise",
        "Weather",
    ):
        assert told in last, told
    assert "minor, at most 5 h 00 a day" in pdf_text(folder / "umbrella.day-02.2026-03-06.pdf")


def test_the_letters_stand_in_every_form(written: Callable[[str], Path]) -> None:
    out = written("en")
    grid = [
        [c for c in r if c]
        for r in load_workbook(out / "umbrella.shoot.xlsx")["Day out of days"].iter_rows(
            min_row=5, values_only=True
        )
    ]
    assert grid[0] == [1, "A", "SW", "W", "WF", 3, 3]
    assert grid[3] == [4, "D", "SWF", 1, 1]
    html = (out / "umbrella.shoot.html").read_text("utf-8")
    assert re.search(
        r'1  A</th><td class="w">SW</td><td class="w">W</td><td class="off"></td><td class="off"></td><td class="w">WF',
        html,
    )
    paper = pdf_text(out / "umbrella.day-out-of-days.pdf").split()
    assert Counter(x for x in paper if x in ("SW", "WF", "SWF")) >= Counter({"SWF": 3, "SW": 1, "WF": 1})


def test_all_again_gives_the_same_bytes(written: Callable[[str], Path], tmp_path: Path) -> None:
    write(material(), tmp_path, "zh", options=OPTIONS)
    files = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(files) == 6 + 3 + 5
    assert [p for p in files if (tmp_path / p).read_bytes() != (written("zh") / p).read_bytes()] == []


# -- hostile text, bad input ------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = write(hostile(), out, "en", options=OPTIONS)
    assert all(m.path.resolve().is_relative_to(out.resolve()) for m in made)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    html = next(out.glob("*.html")).read_text("utf-8")
    page = _Tags()
    page.feed(html)
    assert "script" not in page.tags and not any(a.startswith("on") for a in page.attributes)
    assert "&lt;script&gt;" in html and "default-src 'none'" in html
    book = load_workbook(next(out.glob("*.xlsx")))
    cells = [c for s in book for r in s.iter_rows() for c in r if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n", "d"}
    risky = [c for c in cells if isinstance(c.value, str) and c.value[0] in "=+-@"]
    assert len(risky) > 8 and all(c.quotePrefix for c in risky)
    with zipfile.ZipFile(next(out.glob("*.xlsx"))) as raw:
        assert not any(b"<f>" in raw.read(n) for n in raw.namelist() if "sheet" in n)
    calendars = sorted((out / "calendars").iterdir())
    assert len(calendars) == 3
    for path in calendars:
        parsed = parse(path.read_bytes())
        assert len(parsed["events"]) == 1
        assert "<script>" in parsed["events"][0]["SUMMARY"]
    check_uss("", json.loads(next(out.glob("*.uss")).read_text("utf-8"))["universalScheduleStandard"])
    assert "alert(1)" in pdf_text(next(out.glob("*.stripboard.pdf")))


def test_names_that_are_one_as_files_do_not_overwrite(tmp_path: Path) -> None:
    cast = (CastMember("A/B", 1), CastMember("A\\B", 2))
    one = replace(SCENES[0], cast=("A/B", "A\\B"))
    made = Material("x", "x", Breakdown((one,), cast), RULES, Plan((day(1, "1", DATES[0]),)))
    write(made, tmp_path, "en", ["ics"], OPTIONS)
    assert len(list((tmp_path / "calendars").iterdir())) == 3
    assert file_stem("../..", "伞 坊") == "伞-坊" and file_stem("..") == "shoot"


def test_what_cannot_be_made_is_said(tmp_path: Path) -> None:
    def refused(match: str, made: Material | None = None, **more: Any) -> None:
        with pytest.raises(UserError, match=match):
            write(made or material(), tmp_path, **{"options": OPTIONS, **more})

    refused("no paper 'fax'; there are callsheets, dood, html", formats=["fax"])
    refused("no papers in 'fr'; choose en or zh", language="fr")
    refused("no shooting day", material(()))
    refused("has no such scene", material((day(1, "1 99", None),)))
    refused("shoots scene 1-1 on day 1 and again on day 2", material((day(1, "1", None), day(2, "1", None))))
    refused("has no dates", material((day(1, "1", None),)), formats=["ics"])
    made = write(material((day(1, "1", None),)), tmp_path / "x", formats=None, options=OPTIONS)
    assert not any(m.path.name == "calendars" for m in made) and len(made) == len(papers()) - 1
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write(material(), tmp_path / "file", "en", ["uss"], OPTIONS)
    for bad in ({"zone": "Mars/Base"}, {"prep_minutes": -1}, {"drop_days": 0}):
        with pytest.raises(UserError):
            Options(**bad)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="latitude 91"):
        Place(91, 0)


def test_every_language_has_every_word() -> None:
    assert languages() == ("en", "zh")
    en, zh = (words(x).texts for x in languages())
    assert set(en) == set(zh) and set(en["kinds"]) == set(zh["kinds"])
    for key in en:
        if isinstance(en[key], str):
            assert set(re.findall(r"{(\w+)}", en[key])) >= set(re.findall(r"{(\w+)}", zh[key])) - {"m"}, key
    assert words("zh-CN") == words("zh_TW") == words("zh")


def test_two_units_keep_apart(tmp_path: Path) -> None:
    days = (day(1, "1", DATES[0]), day(1, "5 6", DATES[0], unit=2), day(2, "2", DATES[1]))
    made = shoot(material(days))
    assert made.letters["A"].work == 2 and len(made.columns) == 2
    assert made.next_day(made.days[1]) is None
    write(material(days), tmp_path, "en", ["callsheets", "uss"], OPTIONS)
    assert sorted(p.name for p in (tmp_path / "call-sheets").iterdir()) == [
        "umbrella.day-01.unit-1.2026-03-05.pdf", "umbrella.day-01.unit-2.2026-03-05.pdf",
        "umbrella.day-02.unit-1.2026-03-06.pdf",
    ]  # fmt: skip


def test_the_page_in_a_browser(browser: Browser, written: Callable[[str], Path]) -> None:
    for theme in ("light", "dark"):
        browser.scheme(theme)
        browser.open((written("zh") / "umbrella.shoot.html").as_uri())
        assert browser.errors() == [] and browser.accessibility() == []
        color = browser.js(
            "return getComputedStyle(document.querySelector('.strip.day_ext td')).backgroundColor"
        )
        assert color == "rgb(255, 232, 104)"  # a strip keeps its paper's color on a dark screen
