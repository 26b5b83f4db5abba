"""What every subtitle format shares: the cues it gives, the lines it takes, the box it writes into."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from smallscreen.errors import FileProblem
from smallscreen.series.markets import Market


@dataclass(frozen=True, slots=True)
class RawCue:
    """One subtitle as it stands in a file. `line` is the line of the file it starts on, from 1."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class TimedText:
    """One subtitle to be written. `text` holds its line breaks and may hold `<i>` and `</i>`."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None


class Timed(Protocol):
    """What the writers need of a subtitle; TimedText, RawCue, Cue and Line all have it."""

    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def text(self) -> str: ...


class SafeArea(Protocol):
    """A platform, as far as a subtitle file is concerned: its picture and its text box in pixels."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def text_box(self) -> tuple[int, int, int, int]: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where subtitles stand on the picture, in pixels of `width` x `height`, and how large they are."""

    width: int
    height: int
    left: int
    top: int
    right: int  # x of the box's right edge
    bottom: int  # y of the box's lower edge
    font_px: int
    locale: str
    rtl: bool
    max_lines: int
    safe_area: bool
    """Whether the box is a platform's; players may place the text themselves where it is not."""


LINE_HEIGHT = 1.25
"""Distance of lines in font sizes, where a format can set it."""
FONT_BOX = 1.36
"""Ascent and descent of Noto Sans in font sizes: the distance of lines where a format cannot set it."""
_ADVANCE = {"character": 0.55, "cluster": 0.55, "half": 1.0}
"""Width of a counted character in font sizes. 0.55: the widest run of 25 letters of English dialogue
in Noto Sans Regular (the mean is 0.49); 1.0: a full-width character."""
_MARGIN = 0.05
"""Without a platform: 5 % of the picture stay free on each side, which leaves the 90 % of the BBC guidelines."""


def layout(market: Market | None, profile: str, platform: SafeArea | None) -> Layout:
    """The box and the font size for a market, a profile (`vertical`, `landscape`) and a platform.

    The font is as large as lets the market's longest line stand in the box and its lines above each
    other. A platform's box counts for vertical pictures only.
    """
    vertical = profile == "vertical"
    width, height = (1080, 1920) if vertical else (1920, 1080)
    safe = vertical and platform is not None
    if safe and platform is not None:
        width, height = platform.width, platform.height
        left, top, right, bottom = platform.text_box()
    else:
        left, right = round(width * _MARGIN), round(width * (1 - _MARGIN))
        top, bottom = round(height * (0.5 if vertical else 0.6)), round(height * (1 - _MARGIN))
    screen = market.screen(profile) if market else None
    cpl = screen.cpl if screen else (25 if vertical else 42)
    lines = screen.max_lines if screen else (3 if vertical else 2)
    counting = market.counting if market else "character"
    by_width = (right - left) / (cpl * _ADVANCE[counting])
    by_height = (bottom - top) / (lines * FONT_BOX)
    # No larger than 1/15 of the short side: the customary size of a subtitle on a 16:9 picture.
    font = max(16, int(min(by_width, by_height, min(width, height) / 15)))
    return Layout(
        width, height, left, top, right, bottom, font,
        market.locale if market else "und", bool(market and market.direction == "rtl"), lines, safe,
    )  # fmt: skip


class Format(ABC):
    """One subtitle format: one file beside this one, one class."""

    id: str
    name: str
    description: str
    suffixes: tuple[str, ...]

    @abstractmethod
    def claims(self, text: str) -> bool:
        """Whether `text` is evidently of this format, whatever the file is called."""

    @abstractmethod
    def read(self, text: str, path: Path) -> list[RawCue]:
        """The cues of a file in its order, texts as `text.clean` gives them, italics kept as `<i>`.

        FileProblem where the file is broken.
        """

    @abstractmethod
    def write(self, lines: Sequence[Timed], layout: Layout, title: str) -> str:
        """The file's text, with `\\n` between its lines."""


def checked_times(path: Path, line: int, start_ms: int, end_ms: int) -> None:
    """FileProblem unless a cue ends after it starts."""
    if start_ms < 0 or end_ms < 0:
        raise FileProblem(path, line, "a time is negative", "times from 0 on")
    if end_ms <= start_ms:
        raise FileProblem(
            path,
            line,
            f"the cue ends at {clock(end_ms)} but starts at {clock(start_ms)}",
            "an end after the start",
        )


def clock(ms: int, mark: str = ".") -> str:
    """`01:02:03.004` (hours take as many digits as they need)."""
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{ms:03d}"


def speaker_of(line: Timed) -> str:
    """The speaker, or an empty string; on one line."""
    return " ".join(str(getattr(line, "speaker", None) or "").split())


_ITALIC_TAG = re.compile(r"</?i>")


def italic_runs(text: str) -> list[tuple[bool, str]]:
    """`text` cut at its `<i>` and `</i>`: (italic, run) pairs without empty runs.

    Tags that do not pair, as when a line was cut in two, are closed at the end of the text.
    """
    runs: list[tuple[bool, str]] = []
    italic, at = False, 0
    for match in _ITALIC_TAG.finditer(text):
        if match.start() > at:
            runs.append((italic, text[at : match.start()]))
        italic, at = match.group() == "<i>", match.end()
    if at < len(text):
        runs.append((italic, text[at:]))
    return runs


def directed(text: str, rtl: bool, *, embed: bool) -> str:
    """`text` with invisible marks so that a right-to-left line is set right to left.

    `embed` wraps each line in RLE ... PDF, for players that assume left to right; else each line
    gets a right-to-left mark in front, for players that go by the first character.
    """
    if not rtl:
        return text
    if embed:
        return "\n".join(f"\u202b{line}\u202c" for line in text.split("\n"))
    return "\n".join(f"\u200f{line}" for line in text.split("\n"))
