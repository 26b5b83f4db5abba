"""WebVTT (.vtt), W3C: https://www.w3.org/TR/webvtt1/.

Read: headers, NOTE, STYLE and REGION blocks, identifiers, settings, voice tags (which give the
speaker), entities; leniently a comma for the point and an empty line within a cue. Written: a style
and settings that keep a vertical picture's text in the safe area.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series.formats.base import (
    LINE_HEIGHT,
    Format,
    Layout,
    RawCue,
    Timed,
    clock,
    directed,
    italic_runs,
    speaker_of,
)
from smallscreen.series.formats.srt import is_times, read_times
from smallscreen.series.text import plain

_EXPECTED = "a time line such as 00:00:01.000 --> 00:00:02.500"
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]+)>", re.IGNORECASE)


class WebVtt(Format):
    """WebVTT."""

    id = "vtt"
    name = "WebVTT"
    description = "for players in web pages and apps; carries places and speakers"
    suffixes = (".vtt",)

    def claims(self, text: str) -> bool:
        return re.match(r"WEBVTT(\s|$)", text) is not None

    def read(self, text: str, path: Path) -> list[RawCue]:
        lines = text.split("\n")
        if not re.match(r"WEBVTT(\s|$)", lines[0]):
            raise FileProblem(path, 1, "it does not begin as WebVTT", "a first line WEBVTT")
        cues: list[RawCue] = []
        at = 1
        while at < len(lines) and lines[at].strip() and not is_times(lines[at]):
            at += 1  # the header goes on to the first empty line
        for start, end in _blocks(lines, at):
            times = next((i for i in range(start, min(end, start + 2)) if is_times(lines[i])), None)
            if times is None:
                if _BLOCK.match(lines[start]):
                    continue
                broken = next((i for i in range(start, min(end, start + 2)) if "-->" in lines[i]), None)
                if broken is not None:
                    raise FileProblem(
                        path, broken + 1, f"{lines[broken].strip()[:48]!r} is no time line", _EXPECTED
                    )
                if cues:  # an empty line within a cue: what follows is still its text
                    more = "\n".join(lines[start:end])
                    last = cues[-1]
                    cues[-1] = RawCue(last.start_ms, last.end_ms, f"{last.text}\n{more}", None, last.line)
                continue
            start_ms, end_ms = read_times(lines[times], path, times + 1)
            cues.append(RawCue(start_ms, end_ms, "\n".join(lines[times + 1 : end]), None, times + 1))
        if not cues:
            raise FileProblem(path, len(lines), "it holds no cue", _EXPECTED)
        if not cues[-1].text and text.rstrip(" ")[-1:] != "\n":
            raise FileProblem(path, cues[-1].line, "the file breaks off after a time line", "the cue's text")
        return [RawCue(c.start_ms, c.end_ms, _text(c.text), _speaker(c.text), c.line) for c in cues]

    def write(self, lines: Sequence[Timed], layout: Layout, title: str) -> str:
        head = "WEBVTT"
        if title:
            head += f" - {title.replace('-->', '→')}"
        blocks = [head]
        if layout.safe_area:
            # In a cue, vh is a hundredth of the video's height.
            size = layout.font_px * 100 / layout.height
            blocks.append(f"STYLE\n::cue {{\n  font-size: {size:.2f}vh;\n  line-height: {LINE_HEIGHT};\n}}")
        for number, line in enumerate(lines, start=1):
            times = f"{clock(line.start_ms)} --> {clock(line.end_ms)}{_settings(line.text, layout)}"
            blocks.append(f"{number}\n{times}\n{_markup(line, layout)}")
        return "\n\n".join(blocks) + "\n"


def _blocks(lines: list[str], at: int) -> list[tuple[int, int]]:
    """(first, one past the last) line of each run of lines that are not empty; cut before a time line
    that follows text without an empty line, as careless files have it."""
    found = []
    start: int | None = None
    for i in range(at, len(lines) + 1):
        empty = i == len(lines) or not lines[i].strip()
        if start is None:
            if not empty:
                start = i
        elif empty:
            found.append((start, i))
            start = None
        elif i > start + 1 and is_times(lines[i]) and not _BLOCK.match(lines[start]):
            found.append((start, i))
            start = i
    return found


def _text(body: str) -> str:
    return html.unescape(plain(body, italics=True))


def _speaker(body: str) -> str | None:
    """The one voice of a cue; None when there is none or several."""
    names = {html.unescape(name).strip() for name in _VOICE.findall(body)}
    return names.pop() if len(names) == 1 else None


def _markup(line: Timed, layout: Layout) -> str:
    text = directed(line.text, layout.rtl, embed=False)
    parts = []
    for italic, run in italic_runs(text):
        escaped = html.escape(run, quote=False)
        parts.append(f"<i>{escaped}</i>" if italic else escaped)
    speaker = html.escape(speaker_of(line), quote=False)
    return (f"<v {speaker}>" if speaker else "") + "".join(parts)


def _settings(text: str, layout: Layout) -> str:
    """Place of the cue's box. `line` is its upper edge: few players know how to hang it by the lower."""
    if not layout.safe_area:
        return ""
    rows = text.count("\n") + 1
    top = max(layout.top, layout.bottom - rows * layout.font_px * LINE_HEIGHT)
    middle = (layout.left + layout.right) / 2 * 100 / layout.width
    size = (layout.right - layout.left) * 100 / layout.width
    return f" line:{top * 100 / layout.height:.2f}% position:{middle:.2f}% size:{size:.2f}% align:center"
