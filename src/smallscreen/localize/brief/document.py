"""The brief as a document (.docx), for those who work on paper or in a word processor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from smallscreen.localize.brief.model import Brief
from smallscreen.localize.brief.page import duration, thread_views
from smallscreen.series.brief_file import Settled

_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def write(brief: Brief, settled: Settled, path: Path) -> None:
    """Write the document; equal content gives an equal file but for the archive's own times."""
    document = Document()
    _page(document, settled.title or brief.title, brief.market)
    title = document.add_paragraph()
    run = title.add_run(_clean(settled.title or brief.title))
    run.font.size, run.bold = Pt(26), True
    document.add_paragraph(_clean(f"Edition brief for {brief.market_name} ({brief.market})"))
    for text in (settled.synopsis, *brief.notes):
        if text:
            document.add_paragraph(_clean(text))
    if settled.questions:
        document.add_heading("Open questions", level=1)
        for q in settled.questions:
            document.add_paragraph(_clean(f"{q.question} {q.answer}".strip()), style="List Number")
    document.add_heading("Tone", level=1)
    parts = ((settled.tone, "This edition"), (settled.register, "The source"), (settled.address, "Address"))
    for text, what in (*parts, (settled.note, "Note")):
        if text:
            paragraph = document.add_paragraph()
            paragraph.add_run(f"{what}: ").bold = True
            paragraph.add_run(_clean(text))
    if settled.names:
        document.add_heading("Names", level=1)
        rows = [(n.name, n.rendering or "not decided", n.who, n.note) for n in settled.names]
        _grid(document, ("Source", f"In {brief.market}", "Who", "Note"), rows, (45, 65, 75, 74))
    if settled.pairs:
        document.add_heading("Who calls whom what", level=1)
        _grid(
            document,
            ("Speaker and addressee", "Relation", "In the source", "Here", "Heard in"),
            [
                (
                    f"{p.from_} → {p.to}",
                    p.relation,
                    "; ".join(p.source),
                    "\n".join(x for x in (p.rendering, p.form, p.note) if x),
                    ", ".join(p.cues[:3]),
                )
                for p in settled.pairs
            ],
            (48, 56, 58, 50, 47),
        )
    if settled.scenes:
        document.add_heading("Scenes that may not travel", level=1)
        for t in thread_views(brief, settled):
            document.add_heading(_clean(f"{t.name}: {t.grade}"), level=2)
            touched = f"A re-shoot would touch {len(t.scenes)} scenes in {len(t.episodes)} episodes"
            seconds = f", {duration(t.seconds)} of dialogue" if t.seconds else ""
            for text in (t.description, t.reason, f"{touched}{seconds}.", t.do):
                if text:
                    document.add_paragraph(_clean(text)).paragraph_format.space_after = Pt(3)
            rows_of_scenes = [
                (
                    f"Episode {s.episode}" + (f", {s.scene}" if s.scene else ""),
                    s.place,
                    "\n".join(_quote(brief, c) for c in s.cues[:4]),
                    s.action + (f"\n{s.note}" if s.note else ""),
                )
                for s in t.scenes
            ]
            _grid(document, ("Where", "Place", "Lines", "Action"), rows_of_scenes, (38, 45, 126, 50))
    if settled.items:
        document.add_heading("Culture-bound items", level=1)
        _grid(
            document,
            ("Item", "Need, cues", "Word for word, and what it means", "Strategy", "Here", "Why"),
            [
                (
                    f"{i.item}\n{i.kind}",
                    f"{i.need}, {i.count}",
                    " – ".join(x for x in (i.literal, i.meaning) if x),
                    i.strategy,
                    i.rendering + (f"\n{i.note}" if i.note else "") + ("\nsettled" if i.settled else ""),
                    i.reason,
                )
                for i in settled.items
            ],
            (32, 20, 62, 34, 48, 63),
        )
    document.save(str(path))


def _quote(brief: Brief, cue: str) -> str:
    said = brief.quotes.get(cue, "")
    who = brief.speakers.get(cue)
    return f"{who + ': ' if who else ''}{said} ({cue})" if said else cue


def _page(document: Any, title: str, market: str) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(19)
    section.top_margin, section.bottom_margin = Mm(17), Mm(16)
    section.footer.paragraphs[0].add_run(_clean(f"{title}  ·  {market}  ·  edition brief"))
    properties = document.core_properties
    properties.title, properties.author, properties.comments = _clean(title)[:250], "", ""
    properties.created = properties.modified = datetime(2000, 1, 1, tzinfo=UTC)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), "Microsoft YaHei")
    for level in (1, 2):
        style = document.styles[f"Heading {level}"]
        style.font.color.rgb = RGBColor(0x26, 0x40, 0x4A)
        style.font.size = Pt(18 - 4 * level)


def _grid(
    document: Any, head: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[int]
) -> None:
    """A table whose head is repeated and whose rows do not break; as XML, for a thousand rows take long otherwise."""
    table = document.add_table(rows=0, cols=len(head))
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    borders = _element("w:tblBorders")
    for edge in ("w:top", "w:bottom", "w:insideH"):
        borders.append(_element(edge, val="single", sz="4", space="0", color="C9C4BA"))
    table._tbl.tblPr.find(qn("w:tblLayout")).addprevious(borders)  # the schema fixes the order
    for number, row in enumerate([head, *rows]):
        tr, properties = _element("w:tr"), _element("w:trPr")
        properties.append(_element("w:cantSplit"))
        if number == 0:
            properties.append(_element("w:tblHeader"))
        tr.append(properties)
        for text, width in zip(row, widths_mm, strict=True):
            tr.append(_cell(text, Mm(width).twips, number == 0))
        table._tbl.append(tr)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _cell(text: str, width: int, head: bool) -> Any:
    cell, properties = _element("w:tc"), _element("w:tcPr")
    properties.append(_element("w:tcW", w=str(width), type="dxa"))
    cell.append(properties)
    for part in _clean(text).split("\n"):
        paragraph, style = _element("w:p"), _element("w:pPr")
        style.append(_element("w:spacing", before="30", after="30"))
        paragraph.append(style)
        run = _element("w:r")
        if head:
            bold = _element("w:rPr")
            bold.append(_element("w:b"))
            run.append(bold)
        content = _element("w:t")
        content.text = part
        content.set(qn("xml:space"), "preserve")
        run.append(content)
        paragraph.append(run)
        cell.append(paragraph)
    return cell


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)
