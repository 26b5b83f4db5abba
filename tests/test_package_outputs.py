"""The package is opened again with other people's readers: what was put in must be found."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pysubs2
import pytest
from docx import Document

from smallscreen.errors import UserError
from smallscreen.localize.package import EditionBundle, EpisodeBundle, outputs, package
from smallscreen.localize.package.output import file_stem
from smallscreen.localize.package.rows import episode_rows, timecode
from smallscreen.series import markets, platforms
from smallscreen.series.edition_file import EditionFile
from smallscreen.series.model import (
    Barrier,
    Character,
    Cue,
    Decision,
    Draft,
    Edition,
    Episode,
    Finding,
    Line,
    Series,
    cue_id,
)


def make_bundle(
    locale: str = "en-US", lines: tuple[str, ...] = ("Come in, Grandpa.", "It rained all night.")
) -> EditionBundle:
    """Two episodes: three cues of which the first two became one subtitle, and one cue that became two."""
    cues = [
        Cue(cue_id(1, 1), 1, 1, 1000, 2000, "外公，", "林小满"),
        Cue(cue_id(1, 2), 1, 2, 2100, 3000, "进来", "林小满"),
        Cue(cue_id(1, 3), 1, 3, 4000, 6000, "下了一夜的雨", "周德全"),
    ]
    more = [Cue(cue_id(2, 1), 2, 1, 500, 4500, "八月十五，等你回来吃饭")]
    name = locale
    first = EpisodeBundle(
        Episode(1, "回家", 8000),
        cues,
        barriers=[
            Barrier(cues[0].id, 1, 0, 2, "外公", "kinship", 2, "maternal grandfather", "his mother's father")
        ],
        drafts={
            cues[0].id: Draft(
                cues[0].id, "Grandpa,", "hand", "generalization", "English has one word for both."
            ),
            cues[1].id: Draft(cues[1].id, "come in.", "hand"),
            cues[2].id: Draft(cues[2].id, lines[1], "hand"),
        },
        lines=[
            Line(name, 1, 1, 1000, 3000, lines[0], (cues[0].id, cues[1].id)),
            Line(name, 1, 2, 4000, 6000, lines[1], (cues[2].id,)),
        ],
        findings=[
            Finding(
                "terms.rendering", 1, 1000, 3000, "The name differs.", "error", cues[0].id, 1, name, {"a": 1}
            ),
            Finding("source.duration", 1, 4000, 6000, "Short.", "note", cues[2].id),
            Finding("screen.other", 1, 4000, 6000, "Of another edition.", "error", cues[2].id, 2, "fr-FR"),
        ],
    )
    second = EpisodeBundle(
        Episode(2, "", 5000),
        more,
        drafts={more[0].id: Draft(more[0].id, "x", "hand")},
        lines=[
            Line(name, 2, 1, 500, 2400, "It's the Moon Festival.", (more[0].id,)),
            Line(name, 2, 2, 2500, 4500, "Dinner's waiting.", (more[0].id,)),
        ],
    )
    series = Series(
        "one-panel-short",
        "差一格",
        synopsis="外公忘了事。",
        characters=(
            Character(
                "林小满", gender="female", age=26, renderings={"en": "Lin Xiaoman", "ar": "لين شياومان"}
            ),
        ),
    )
    return EditionBundle(
        series,
        markets.load(locale),
        platforms.load("universal"),
        Edition(1, locale),
        [first, second],
        [Decision(name, cues[0].id, "terms.rendering", "accept", "Ann", "2026-10-18T09:00:00Z", "Leave it.")],
        title="One Panel Short",
        notes=["Meaning was compared on 2 of 4 lines."],
    )


ALL = {"srt", "vtt", "ass", "ttml", "xlsx", "docx", "json", "report"}


def sheet_of(out: Path) -> list[tuple[object, ...]]:
    path = next((out / "script").glob("*.xlsx"))
    return list(openpyxl.load_workbook(path)["Script"].iter_rows(values_only=True))


def test_every_output_is_registered_and_described() -> None:
    found = outputs()
    assert set(found) == ALL | {"video"}
    assert all(o.id == key and o.name and o.description for key, o in found.items())


def test_subtitles_are_read_by_another_reader(tmp_path: Path) -> None:
    made = package(make_bundle(), tmp_path, formats={"srt", "vtt", "ass", "ttml"})
    assert sorted((m.path.name, m.files) for m in made) == [("ass", 2), ("srt", 2), ("ttml", 2), ("vtt", 2)]
    for kind in ("srt", "vtt", "ass", "ttml"):
        events = pysubs2.load(str(tmp_path / "subtitles" / kind / f"ep001.en-US.{kind}"))
        assert [e.plaintext.replace("\n", " ") for e in events] == [
            "Come in, Grandpa.",
            "It rained all night.",
        ], kind
        assert [abs(e.start - t) <= 10 for e, t in zip(events, (1000, 4000), strict=True)] == [True, True]
    root = ET.parse(tmp_path / "subtitles/ttml/ep002.en-US.ttml").getroot()
    assert root.tag == "{http://www.w3.org/ns/ttml}tt"


def test_spreadsheet_joins_merged_and_split_cues(tmp_path: Path) -> None:
    package(make_bundle(), tmp_path, formats={"xlsx"})
    rows = sheet_of(tmp_path)
    head = list(rows[0])
    records = [dict(zip(head, row, strict=True)) for row in rows[1:]]
    assert [(r["Episode"], r["#"], r["Edition"]) for r in records] == [
        (1, 1, "Come in, Grandpa."),
        (1, 2, "It rained all night."),
        (2, 1, "It's the Moon Festival."),
        (2, 2, "Dinner's waiting."),
    ]
    assert records[0]["Source"] == "外公，\n进来"
    assert records[0]["In"] == "00:00:01.000"
    assert records[0]["Characters"] == 17
    assert records[0]["CPS"] == 8.5
    assert records[0]["Strategy"] == "generalization"
    assert records[0]["Findings"] == "[error] The name differs."
    assert records[1]["Findings"] == "[note] Short."
    assert records[3]["Source"] in ("", None)
    book = openpyxl.load_workbook(next((tmp_path / "script").glob("*.xlsx")))
    sheet = book["Script"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:M5"
    assert sheet["F2"].alignment.wrap_text
    assert not sheet.sheet_view.rightToLeft
    about = [tuple(r) for r in book["About"].iter_rows(values_only=True)]
    assert ("Note", "Meaning was compared on 2 of 4 lines.") in about


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "\t=1+1", "#REF!", "=1"]
)
def test_text_is_never_a_formula(tmp_path: Path, text: str) -> None:
    bundle = make_bundle(lines=(text, "plain"))
    cues = [replace(c, speaker=text, text=text) for c in bundle.episodes[0].cues]
    package(
        replace(bundle, title=text, episodes=[replace(bundle.episodes[0], cues=cues)]),
        tmp_path,
        formats={"xlsx"},
    )
    path = next((tmp_path / "script").glob("*.xlsx"))
    book = openpyxl.load_workbook(path)
    assert book["Script"]["G2"].value == text
    assert {
        c.data_type for row in book["Script"].iter_rows(min_row=2) for c in row if isinstance(c.value, str)
    } == {"s"}
    assert book["Script"]["E2"].data_type == book["About"]["B2"].data_type == "s"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name) and b"<f " not in archive.read(name)


def test_arabic_runs_right_to_left(tmp_path: Path) -> None:
    package(
        make_bundle("ar", ("تعال يا جدي.", "أمطرت طوال الليل.")), tmp_path, formats={"xlsx", "docx", "report"}
    )
    book = openpyxl.load_workbook(next((tmp_path / "script").glob("*.xlsx")))
    assert book["Script"].sheet_view.rightToLeft
    assert book["Script"]["G2"].alignment.readingOrder == 2
    table = Document(str(next((tmp_path / "script").glob("*.docx")))).tables[1]
    xml = table.cell(1, 3)._tc.xml
    assert table.cell(1, 3).text == "تعال يا جدي."
    assert "<w:bidi/>" in xml and "<w:rtl/>" in xml
    assert "<w:bidi/>" not in table.cell(1, 2)._tc.xml
    assert 'dir="auto">تعال يا جدي.' in (tmp_path / "report.html").read_text("utf-8")


def test_document_for_the_studio(tmp_path: Path) -> None:
    package(make_bundle(), tmp_path, formats={"docx"})
    document = Document(str(next((tmp_path / "script").glob("*.docx"))))
    text = [p.text for p in document.paragraphs]
    assert (
        text[0] == "One Panel Short" and "差一格" in text and "Meaning was compared on 2 of 4 lines." in text
    )
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [
        "Episode 1: 回家",
        "Episode 2",
    ]
    people, first, second = document.tables
    assert [c.text for c in people.rows[1].cells][:4] == ["林小满", "Lin Xiaoman", "female", "26"]
    assert [c.text for c in first.rows[1].cells] == [
        "00:00:01.000",
        "林小满 Lin Xiaoman",
        "外公，\n进来",
        "Come in, Grandpa.",
    ]
    assert second.rows[1].cells[3].text == "It's the Moon Festival.\nDinner's waiting."
    footer = document.sections[0].footer._element.xml
    assert " PAGE " in footer and " NUMPAGES " in footer


def test_edition_file_comes_back(tmp_path: Path) -> None:
    package(make_bundle(), tmp_path, formats={"json"})
    path = tmp_path / "edition.json"
    edition = EditionFile.read(path)
    assert (edition.locale, edition.title, edition.series) == ("en-US", "One Panel Short", "one-panel-short")
    assert [(n.episode, n.cue, n.text) for n in edition.lines][:2] == [(1, 1, "Grandpa,"), (1, 2, "come in.")]
    assert edition.lines[0].reason == "English has one word for both."
    assert [f.text for f in edition.fitted][-1] == "Dinner's waiting."
    assert {f["check"] for f in edition.findings} == {"terms.rendering", "source.duration"}
    assert edition.decisions[0]["who"] == "Ann"
    before = path.read_bytes()
    edition.write(path)
    assert path.read_bytes() == before
    assert list(json.loads(before))[:3] == ["format", "series", "locale"]


def test_equal_bundles_make_equal_text_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        package(make_bundle(), tmp_path / folder, formats={"json", "report", "srt"})
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_an_edition_with_nothing_in_it(tmp_path: Path) -> None:
    bundle = replace(make_bundle(), episodes=[], decisions=[])
    made = package(bundle, tmp_path, formats=ALL, video=True)
    assert {m.path.name for m in made} == {
        "edition.json",
        "report.html",
        "one-panel-short.en-US.xlsx",
        "one-panel-short.en-US.docx",
    }
    assert EditionFile.read(tmp_path / "edition.json").lines == []


def test_source_only_keeps_the_cues(tmp_path: Path) -> None:
    bundle = make_bundle()
    bare = [
        replace(e, drafts={}, lines=[], findings=[f for f in e.findings if f.edition is None])
        for e in bundle.episodes
    ]
    made = package(replace(bundle, episodes=bare, decisions=[]), tmp_path, formats=ALL)
    assert "subtitles" not in {p.name for p in tmp_path.iterdir()} and len(made) == 4
    assert [row[5] for row in sheet_of(tmp_path)[1:]] == [
        "外公，",
        "进来",
        "下了一夜的雨",
        "八月十五，等你回来吃饭",
    ]


@pytest.mark.parametrize(
    "hostile", ["../../../etc/passwd", "a/b\\c", "..", ".hidden", "x" * 400, "CON\x00:*?", "雨伞" * 100, ""]
)
def test_names_stay_in_the_folder(tmp_path: Path, hostile: str) -> None:
    stem = file_stem(hostile, "en-US")
    assert not stem.startswith(".") and not set(stem) & set('/\\:*?"<>|\0') and len(stem.encode()) <= 180
    bundle = replace(
        make_bundle(), series=replace(make_bundle().series, slug=hostile, title=hostile), title=hostile
    )
    bundle = replace(bundle, edition=Edition(1, "en-US", variant=hostile or "main"))
    out = tmp_path / "in" / "out"
    for made in package(bundle, out, formats=ALL):
        assert out.resolve() in made.path.resolve().parents
    assert {p.name for p in tmp_path.rglob("*")} and [p.name for p in tmp_path.iterdir()] == ["in"]


def test_control_characters_and_huge_cells(tmp_path: Path) -> None:
    bundle = make_bundle(lines=("a\x00b\x0bc\ud800", "y" * 40_000))
    package(bundle, tmp_path, formats=ALL)
    rows = sheet_of(tmp_path)
    assert rows[1][6] == "abc"
    assert str(rows[2][6]).endswith("…") and len(str(rows[2][6])) < 32_767
    assert Document(str(next((tmp_path / "script").glob("*.docx")))).tables[1].cell(1, 3).text == "abc"
    (tmp_path / "report.html").read_bytes().decode("utf-8")


def test_unknown_format_names_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'pdf'.*docx.*xlsx"):
        package(make_bundle(), tmp_path, formats={"pdf"})


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="another output folder"):
        package(make_bundle(), tmp_path / "file", formats={"report"})


def test_rows_place_findings_once() -> None:
    bundle = make_bundle()
    episode = bundle.episodes[0]
    timed = Finding("screen.gap", 1, 4100, 4200, "By time.", edition="en-US")
    whole = Finding("source.length", 1, 0, 8000, "Of the whole episode.")
    joined = episode_rows(bundle, replace(episode, findings=[*episode.findings, timed, whole]))
    assert [[f.message for f in r.findings] for r in joined.rows] == [
        ["The name differs."],
        ["By time.", "Short."],
    ]
    # A finding that spans all rows of a longer episode belongs to none of them.
    cues = [Cue(cue_id(1, n), 1, n, n * 1000, n * 1000 + 900, "好") for n in range(1, 9)]
    long = episode_rows(bundle, EpisodeBundle(episode.episode, cues, findings=[replace(whole, end_ms=9900)]))
    assert [f.message for f in long.loose] == ["Of the whole episode."]
    assert timecode(3_723_045) == "01:02:03.045"
