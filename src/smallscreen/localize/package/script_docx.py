"""The bilingual script as a document, for the dubbing studio's booth: one table an episode."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from smallscreen.localize.package.bundle import EditionBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress, file_stem, one_file
from smallscreen.localize.package.rows import Row, episode_rows, timecode

_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDTHS_MM = (27, 31, 92, 108)
_EAST_ASIAN = {"zh": "Microsoft YaHei", "ja": "Yu Gothic", "ko": "Malgun Gothic"}


class ScriptDocx(Output):
    """Title page with the people and their agreed names, then timecode, speaker, source and line."""

    id = "docx"
    name = "Bilingual script (.docx)"
    description = (
        "for the dubbing studio: title page, people with gender, age and agreed names, a table an episode"
    )
    order = 21

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        document = Document()
        _page(document, bundle)
        _title_page(document, bundle)
        for done, episode in enumerate(bundle.episodes):
            progress(done, len(bundle.episodes), f"studio script, episode {episode.number}")
            rows = episode_rows(bundle, episode).rows
            title = f"Episode {episode.number}" + (
                f": {episode.episode.title}" if episode.episode.title else ""
            )
            heading = document.add_heading(_clean(title), level=1)
            heading.paragraph_format.page_break_before = True
            if rows:
                _table(document, bundle, rows)
            else:
                document.add_paragraph("This episode has no lines.")
        folder = out / "script"
        folder.mkdir(exist_ok=True)
        path = folder / (file_stem(bundle.series.slug, bundle.edition.name) + ".docx")
        document.save(str(path))
        return one_file(path, "bilingual script for the dubbing studio")


def _page(document: Any, bundle: EditionBundle) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(19)
    section.top_margin, section.bottom_margin = Mm(17), Mm(16)
    section.different_first_page_header_footer = True
    name = _clean(bundle.title or bundle.series.title)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run(f"{name}  ·  {_clean(bundle.edition.name)}  ·  ")
    _field(footer, "PAGE")
    footer.add_run(" / ")
    _field(footer, "NUMPAGES")
    properties = document.core_properties
    properties.title, properties.author, properties.comments = name[:250], "", ""
    properties.created = properties.modified = datetime(2000, 1, 1, tzinfo=UTC)  # equal content, equal file
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    language = bundle.market.language if bundle.market.language in _EAST_ASIAN else "zh"
    fonts.set(qn("w:eastAsia"), _EAST_ASIAN[language])
    fonts.set(qn("w:cs"), "Arial")
    for level in (1, 2):
        style = document.styles[f"Heading {level}"]
        style.font.color.rgb = RGBColor(0x26, 0x40, 0x4A)
        style.font.name, style.font.size = "Calibri", Pt(17 - 3 * level)
        found = style.element.rPr.rFonts
        for attribute in list(found.attrib):
            if "Theme" in attribute:
                del found.attrib[attribute]
        found.set(qn("w:eastAsia"), _EAST_ASIAN[language])


def _title_page(document: Any, bundle: EditionBundle) -> None:
    title = document.add_paragraph()
    title.paragraph_format.space_before = Pt(46)
    run = title.add_run(_clean(bundle.title or bundle.series.title))
    run.font.size, run.bold = Pt(30), True
    if bundle.title and bundle.title != bundle.series.title:
        document.add_paragraph().add_run(_clean(bundle.series.title)).font.size = Pt(18)
    lines = sum(len(e.lines) for e in bundle.episodes)
    cues = sum(len(e.cues) for e in bundle.episodes)
    facts = [
        f"Bilingual script for {bundle.market.name} ({bundle.edition.name})",
        f"{len(bundle.episodes)} episodes, {cues:,} source cues, {lines:,} subtitles; {bundle.profile} screen",
    ]
    for text in [*facts, bundle.made, *bundle.notes]:
        if text:
            document.add_paragraph(_clean(text)).paragraph_format.space_after = Pt(2)
    rtl = bundle.market.direction == "rtl"
    if bundle.synopsis or bundle.series.synopsis:
        document.add_heading("Synopsis", level=2)
        for text in (bundle.synopsis, bundle.series.synopsis):
            if text:
                paragraph = document.add_paragraph(_clean(text))
                if rtl and text is bundle.synopsis:
                    _right_to_left(paragraph._p)
    people = bundle.series.characters
    if people:
        document.add_heading("People", level=2)
        rows = [
            (
                person.name,
                bundle.agreed_name(person),
                person.gender or "",
                str(person.age or ""),
                " - ".join(p for p in (person.role or "", person.description) if p),
            )
            for person in people
        ]
        head = ("Source", f"Name in {bundle.market.locale}", "Gender", "Age", "Who")
        _grid(document, head, rows, (40, 56, 22, 16, 124))
    terms = [t for t in bundle.series.terms if bundle.agreed(t.renderings)]
    if terms:
        document.add_heading("Terms", level=2)
        rows_of_terms = [(t.source, bundle.agreed(t.renderings), t.note) for t in terms]
        _grid(document, ("Source", f"In {bundle.market.locale}", "Note"), rows_of_terms, (48, 72, 138))


def _table(document: Any, bundle: EditionBundle, rows: Sequence[Row]) -> None:
    names = bundle.speaker_names()
    body = []
    for row in rows:
        speakers = "\n".join(f"{s} {names[s]}" if names.get(s) else s for s in row.speakers)
        parts: Sequence[Any] = row.lines or row.cues
        times = "\n".join(timecode(part.start_ms) for part in parts)
        # A line break is the screen's; the actor reads sentences.
        said = "\n".join(" ".join(line.text.split("\n")) for line in row.lines)
        body.append((times, speakers, row.source, said))
    _grid(
        document,
        ("Timecode", "Speaker", "Source", f"Line ({bundle.market.locale})"),
        body,
        _WIDTHS_MM,
        rtl_column=3 if bundle.market.direction == "rtl" else None,
    )


def _grid(
    document: Any,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths_mm: Sequence[int],
    rtl_column: int | None = None,
) -> None:
    """A table whose head is repeated on every page and whose rows do not break.

    The rows are built as XML: through the library's own cells a series of 80 episodes takes minutes.
    """
    table = document.add_table(rows=0, cols=len(head))
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    properties = table._tbl.tblPr
    borders = _element("w:tblBorders")
    for edge in ("w:top", "w:bottom", "w:insideH"):
        borders.append(_element(edge, val="single", sz="4", space="0", color="C9C4BA"))
    properties.find(qn("w:tblLayout")).addprevious(borders)  # the schema fixes the order
    margins = _element("w:tblCellMar")
    for edge in ("w:top", "w:left", "w:bottom", "w:right"):
        margins.append(_element(edge, w="60" if edge in ("w:top", "w:bottom") else "90", type="dxa"))
    properties.find(qn("w:tblLayout")).addnext(margins)
    for number, row in enumerate([head, *rows]):
        tr = _element("w:tr")
        tr_properties = _element("w:trPr")
        tr_properties.append(_element("w:cantSplit"))
        if number == 0:
            tr_properties.append(_element("w:tblHeader"))
        tr.append(tr_properties)
        for column, (text, width) in enumerate(zip(row, widths_mm, strict=True)):
            tr.append(_cell(text, Mm(width).twips, head=number == 0, rtl=column == rtl_column))
        table._tbl.append(tr)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _cell(text: str, width: int, *, head: bool, rtl: bool) -> Any:
    cell = _element("w:tc")
    properties = _element("w:tcPr")
    properties.append(_element("w:tcW", w=str(width), type="dxa"))
    if head:
        properties.append(_element("w:shd", val="clear", color="auto", fill="E8EDEE"))
    cell.append(properties)
    for part in _clean(text).split("\n"):
        paragraph = _element("w:p")
        style = _element("w:pPr")
        style.append(_element("w:spacing", before="0", after="0"))
        paragraph.append(style)
        run = _element("w:r")
        if head or rtl:
            run_style = _element("w:rPr")
            if head:
                run_style.append(_element("w:b"))
                run_style.append(_element("w:bCs"))
            run.append(run_style)
        content = _element("w:t")
        content.text = part
        content.set(qn("xml:space"), "preserve")
        run.append(content)
        paragraph.append(run)
        if rtl and not head:
            _right_to_left(paragraph)
        cell.append(paragraph)
    return cell


def _right_to_left(paragraph: Any) -> None:
    """Mark a paragraph and its runs as right to left, in the places where the schema wants it."""
    style = paragraph.find(qn("w:pPr"))
    if style is None:
        style = _element("w:pPr")
        paragraph.insert(0, style)
    spacing = style.find(qn("w:spacing"))
    bidi = _element("w:bidi")
    if spacing is None:
        style.append(bidi)
    else:
        spacing.addprevious(bidi)
    for run in paragraph.iter(qn("w:r")):
        run_style = run.find(qn("w:rPr"))
        if run_style is None:
            run_style = _element("w:rPr")
            run.insert(0, run_style)
        run_style.append(_element("w:rtl"))


def _field(paragraph: Any, code: str) -> None:
    """A field that the word processor fills: PAGE or NUMPAGES."""
    for kind in ("begin", "separate", "end"):
        run = paragraph.add_run()
        run._r.append(_element("w:fldChar", fldCharType=kind))
        if kind == "begin":
            instruction = _element("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {code} "
            paragraph.add_run()._r.append(instruction)
        elif kind == "separate":
            paragraph.add_run("1")


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)
