"""Advanced SubStation Alpha (.ass) and SubStation Alpha (.ssa).

Read by a reader of our own, which knows line numbers and follows the Format line; comments and
drawings are left out, override tags too, Name gives the speaker. Written through pysubs2, with one
style for the picture's shape and the platform's text box.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series.formats.base import (
    FONT_BOX,
    Format,
    Layout,
    RawCue,
    Timed,
    checked_times,
    directed,
    italic_runs,
    speaker_of,
)

_CLOCK = re.compile(r"\s*(-?)(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?\s*", re.ASCII)
_EXPECTED = "a time such as 0:00:01.50"
_SECTION = re.compile(r"\[([^\]]+)\]\s*")
_DEFAULT_FIELDS = [
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
    "text",
]
# A backslash that is text has a word joiner behind it, since ASS cannot escape one.
_TOKEN = re.compile(r"\\\u2060|\\[{}]|\\[Nnh]|\{[^{}]*\}")
_ITALIC = re.compile(r"\\i(\d)(?!\d)")
_DRAWING = re.compile(r"\\p(\d+)")
_FONTS = {"Arab": "Noto Sans Arabic", "Thai": "Noto Sans Thai", "Deva": "Noto Sans Devanagari"}
_CJK_FONTS = {"ja": "Noto Sans JP", "ko": "Noto Sans KR", "zh": "Noto Sans SC"}
MAX_MS = 10 * 3600 * 1000 - 10
"""Hours have one digit."""


class SubStation(Format):
    """ASS and SSA."""

    id = "ass"
    name = "ASS"
    description = "styled subtitles, for burning in and for editors"
    suffixes = (".ass", ".ssa")

    def claims(self, text: str) -> bool:
        return re.match(r"\s*\[(Script Info|V4\+? Styles|Events)\]", text, re.IGNORECASE) is not None

    def read(self, text: str, path: Path) -> list[RawCue]:
        section, fields = "", list(_DEFAULT_FIELDS)
        cues: list[RawCue] = []
        seen: dict[tuple[int, int, str], str] = {}
        events = None
        for number, line in enumerate(text.split("\n"), start=1):
            heading = _SECTION.fullmatch(line.strip())
            if heading:
                section = heading.group(1).strip().lower()
                events = number if section == "events" else events
                continue
            if section != "events":
                continue
            kind, colon, rest = line.strip().partition(":")
            if kind.lower() == "format" and colon:
                fields = _fields(rest, path, number)
            elif kind.lower() == "dialogue" and colon:
                cue, layer = _cue(rest, fields, path, number)
                if cue is None:
                    continue
                # The same words at the same time on two layers (an outline below, a fill above) are one cue.
                if seen.setdefault((cue.start_ms, cue.end_ms, cue.text), layer) == layer:
                    cues.append(cue)
        if events is None:
            raise FileProblem(path, 1, "it has no [Events]", "a section [Events] with Dialogue lines")
        if not cues:
            raise FileProblem(path, events, "its [Events] hold no subtitle", "Dialogue lines")
        return cues

    def write(self, lines: Sequence[Timed], layout: Layout, title: str) -> str:
        from pysubs2 import SSAEvent, SSAFile

        file = SSAFile()
        file.info.update(
            {
                "Title": title or "subtitles",
                "PlayResX": str(layout.width),
                "PlayResY": str(layout.height),
                "WrapStyle": "2",  # break lines only where the text does
                "ScaledBorderAndShadow": "yes",
                "YCbCr Matrix": "TV.709",
            }
        )
        file.styles.clear()
        file.styles["Default"] = _style(layout)
        for line in lines:
            start, end = _centi(line.start_ms), _centi(line.end_ms)
            if end > MAX_MS:
                raise FileProblem(
                    f"{title or 'subtitles'}.ass",
                    None,
                    "a subtitle ends after 9:59:59.99",
                    "ASS within ten hours",
                )
            text = _markup(directed(line.text, layout.rtl, embed=False))
            # A cue never vanishes in the rounding to hundredths.
            file.events.append(
                SSAEvent(start, max(end, start + 10), text, name=speaker_of(line).replace(",", "，"))
            )
        return file.to_string("ass", header_notice="")


def _fields(rest: str, path: Path, number: int) -> list[str]:
    fields = [field.strip().lower() for field in rest.split(",")]
    if not {"start", "end", "text"} <= set(fields) or fields[-1] != "text":
        raise FileProblem(
            path, number, "the Format line does not name Start, End and, last, Text", "Format: ..., Text"
        )
    return fields


def _cue(rest: str, fields: list[str], path: Path, number: int) -> tuple[RawCue | None, str]:
    """(cue, or None for a drawing; its layer and style)."""
    values = rest.split(",", len(fields) - 1)
    if len(values) < len(fields):
        raise FileProblem(
            path,
            number,
            f"the Dialogue line has {len(values)} fields",
            f"{len(fields)} as the Format line names",
        )
    row = dict(zip(fields, values, strict=True))
    start, end = (_ms(row[field], path, number) for field in ("start", "end"))
    checked_times(path, number, start, end)
    text = _text(row["text"])
    layer = f"{row.get('layer', '')},{row.get('style', '')}"
    if text is None:
        return None, layer
    return RawCue(
        start, end, text, (row.get("name") or row.get("actor") or "").strip() or None, number
    ), layer


def _ms(value: str, path: Path, number: int) -> int:
    match = _CLOCK.fullmatch(value)
    if match is None:
        raise FileProblem(path, number, f"{value.strip()[:40]!r} is no time", _EXPECTED)
    sign, hours, minutes, seconds, fraction = match.groups()
    if int(minutes) > 59 or int(seconds) > 59:
        raise FileProblem(
            path, number, f"{value.strip()[:40]!r} has more than 59 minutes or seconds", _EXPECTED
        )
    ms = int(((fraction or "0") + "00")[:3]) + ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000
    return -ms if sign else ms


def _text(raw: str) -> str | None:
    """The words of an event with `<i>` for italics; None for a drawing."""
    drawing = False
    out: list[str] = []
    italic = False
    at = 0
    for match in _TOKEN.finditer(raw):
        if not drawing:
            out.append(raw[at : match.start()])
        at = match.end()
        token = match.group()
        if token[0] == "{":
            for tag in _DRAWING.findall(token):
                drawing = int(tag) > 0
            turns = _ITALIC.findall(token)
            if turns and (turns[-1] == "1") != italic:
                italic = turns[-1] == "1"
                out.append("<i>" if italic else "</i>")
        elif not drawing:
            out.append({"N": "\n", "n": "\n", "h": " ", "\u2060": "\\"}.get(token[1], token[1]))
    if not drawing:
        out.append(raw[at:])
    if italic:
        out.append("</i>")
    text = "".join(out)
    return text if text.replace("<i>", "").replace("</i>", "").strip() else None


def _markup(text: str) -> str:
    parts = []
    for italic, run in italic_runs(text):
        escaped = re.sub(r"[\\{}]", lambda m: "\\\u2060" if m.group() == "\\" else "\\" + m.group(), run)
        escaped = escaped.replace("\n", r"\N")
        parts.append(f"{{\\i1}}{escaped}{{\\i0}}" if italic else escaped)
    return "".join(parts)


def _centi(ms: int) -> int:
    return (ms + 5) // 10 * 10


def _style(layout: Layout):  # type: ignore[no-untyped-def]
    from pysubs2 import Alignment, Color, SSAStyle

    language = layout.locale.split("-")[0]
    font = _CJK_FONTS.get(language) or {"ar": _FONTS["Arab"], "th": _FONTS["Thai"], "hi": _FONTS["Deva"]}.get(
        language
    )
    if layout.locale.startswith(("zh-Hant", "zh-TW", "zh-HK")):
        font = "Noto Sans TC"
    return SSAStyle(
        fontname=font or "Noto Sans",
        # ASS sizes a font by its ascent and descent together.
        fontsize=float(round(layout.font_px * FONT_BOX)),
        outlinecolor=Color(0, 0, 0, 0),
        backcolor=Color(0, 0, 0, 128),
        outline=float(max(2, round(layout.font_px / 14))),
        shadow=float(max(1, round(layout.font_px / 28))),
        alignment=Alignment.BOTTOM_CENTER,
        marginl=layout.left,
        marginr=layout.width - layout.right,
        marginv=layout.height - layout.bottom,
        # -1: the renderer takes each line's direction from its text.
        encoding=-1 if layout.rtl else 1,
    )
