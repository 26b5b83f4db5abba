"""SubRip (.srt). There is no standard; what players accept is what is read here.

Read leniently: a missing index, a point for the comma, hours left out, empty lines within a cue,
trailing spaces and coordinates. Not read: a time that is broken or negative, a cue that ends before
it starts, a file that breaks off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series.formats.base import (
    Format,
    Layout,
    RawCue,
    Timed,
    checked_times,
    clock,
    directed,
    italic_runs,
)
from smallscreen.series.text import plain

EXPECTED_TIMES = "a time line such as 00:00:01,000 --> 00:00:02,500"
_CLOCK = r"(-?)\s*(?:(\d{1,4})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,3})(?:\s*[,.:]\s*(\d{1,9}))?"
TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s+\S.*)?\s*", re.ASCII)
"""A time line of SRT or WebVTT, with whatever follows the times. Asked through `is_times`."""
_LONGEST_TIMES = 400
"""Characters of a line that can still be a time line with settings. Longer ones, of blanks above all,
would cost the pattern the square of their length."""
_INDEX = re.compile(r"\s*\d{1,7}\s*", re.ASCII)
_LIKE_TIMES = re.compile(r"\s*-?\d{1,4}\s*:\s*\d{1,3}.*|.*-->.*", re.ASCII)


class SubRip(Format):
    """SubRip."""

    id = "srt"
    name = "SRT"
    description = "SubRip: plain timed text, read nearly everywhere"
    suffixes = (".srt",)

    def claims(self, text: str) -> bool:
        # The first two lines that hold anything: an index and its times, or the times alone.
        head = [line for line in text[:2000].split("\n") if line.strip()][:2]
        return any(is_times(line) for line in head) and not head[0].startswith("WEBVTT")

    def read(self, text: str, path: Path) -> list[RawCue]:
        lines = text.split("\n")
        at = [i for i, line in enumerate(lines) if is_times(line)]
        if not at:
            broken = next((i for i, line in enumerate(lines) if "-->" in line), None)
            if broken is not None:
                raise FileProblem(
                    path, broken + 1, f"{_short(lines[broken])} is no time line", EXPECTED_TIMES
                )
            raise FileProblem(path, 1, "it is no subtitle file: no line of it has times", EXPECTED_TIMES)
        _check_front(lines, at[0], path)
        cues = []
        for number, here in enumerate(at):
            start_ms, end_ms = read_times(lines[here], path, here + 1)
            if number + 1 < len(at):
                end = _without_index(lines, here, at[number + 1])
            else:
                end = len(lines)
                _check_end(lines, here, path)
            _check_body(lines, here, end, path)
            body = "\n".join(lines[here + 1 : end]).replace("--\u2060>", "-->")
            cues.append(RawCue(start_ms, end_ms, plain(body, italics=True), None, here + 1))
        return cues

    def write(self, lines: Sequence[Timed], layout: Layout, title: str) -> str:
        blocks = []
        for index, line in enumerate(lines, start=1):
            # SRT cannot escape; a word joiner keeps "-->" from being taken for a time line.
            text = directed(line.text, layout.rtl, embed=True)
            text = "".join(f"<i>{run}</i>" if italic else run for italic, run in italic_runs(text))
            text = text.replace("-->", "--\u2060>")
            times = f"{clock(line.start_ms, ',')} --> {clock(line.end_ms, ',')}"
            blocks.append(f"{index}\n{times}\n{text}\n")
        return "\n".join(blocks)


def is_times(line: str) -> bool:
    """Whether a line gives a cue's times."""
    return "-->" in line and len(line) <= _LONGEST_TIMES and TIMES.fullmatch(line) is not None


def read_times(line: str, path: Path, number: int) -> tuple[int, int]:
    """(start, end) in ms of a time line that TIMES matches; FileProblem when they make no cue."""
    match = TIMES.fullmatch(line) if is_times(line) else None
    if match is None:
        raise FileProblem(path, number, f"{_short(line)} is no time line", EXPECTED_TIMES)
    start = _ms(match.groups()[:5], line, path, number)
    end = _ms(match.groups()[5:10], line, path, number)
    checked_times(path, number, start, end)
    return start, end


def _ms(parts: tuple[str | None, ...], line: str, path: Path, number: int) -> int:
    sign, hours, minutes, seconds, fraction = parts
    if sign:
        raise FileProblem(path, number, f"{_short(line)} has a negative time", "times from 00:00:00,000 on")
    if int(seconds or 0) > 59 or (hours is not None and int(minutes or 0) > 59):
        raise FileProblem(path, number, f"{_short(line)} has more than 59 minutes or seconds", EXPECTED_TIMES)
    ms = int(((fraction or "0") + "00")[:3])
    return ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1000 + ms


def _without_index(lines: list[str], here: int, following: int) -> int:
    """Where the cue's text ends: before the next cue's index, if it has one."""
    last = following - 1
    if last <= here or not _INDEX.fullmatch(lines[last]):
        return following
    # A number right under text may be the text itself: it is an index after an empty line, or when
    # it counts on from this cue's own.
    if not lines[last - 1].strip():
        return last
    own = lines[here - 1].strip() if here else ""
    return last if own.isdecimal() and int(lines[last]) == int(own) + 1 else following


def _check_front(lines: list[str], first: int, path: Path) -> None:
    front = [i for i in range(first) if lines[i].strip()]
    if front and _INDEX.fullmatch(lines[front[-1]]):
        front.pop()
    if front:
        raise FileProblem(
            path, front[0] + 1, f"{_short(lines[front[0]])} stands before any time", EXPECTED_TIMES
        )


def _check_body(lines: list[str], here: int, end: int, path: Path) -> None:
    """FileProblem where a cue begins inside another's text: an index and a time line that is broken."""
    for i in range(here + 2, end - 1):
        if (
            not lines[i - 1].strip()
            and _INDEX.fullmatch(lines[i])
            and _LIKE_TIMES.fullmatch(lines[i + 1])
            and len(lines[i + 1]) < 80
        ):
            raise FileProblem(path, i + 2, f"{_short(lines[i + 1])} is no time line", EXPECTED_TIMES)


def _check_end(lines: list[str], last: int, path: Path) -> None:
    """FileProblem when the file breaks off in or after its last time line."""
    rest = lines[last + 1 :]
    if not rest:
        raise FileProblem(path, last + 1, "the file breaks off after a time line", "the cue's text")
    held = [i for i, line in enumerate(rest) if line.strip()]
    own = lines[last - 1].strip() if last else ""
    if len(held) > 1 or (held and held[0] > 0):
        final = held[-1]
        follows = own.isdecimal() and rest[final].strip().isdecimal() and int(rest[final]) == int(own) + 1
        if follows and not rest[final - 1].strip():
            raise FileProblem(
                path,
                last + 2 + final,
                f"the file breaks off after the number {_short(rest[final])}",
                EXPECTED_TIMES,
            )


def _short(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= 48 else line[:47] + "…")
