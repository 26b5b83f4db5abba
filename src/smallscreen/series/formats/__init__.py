"""Subtitle files: SRT, WebVTT, ASS and SSA, TTML and IMSC1.

    cues = read_subtitles(Path("ep001.zh.srt"))
    write_subtitles(Path("ep001.en.vtt"), lines, market=market, profile="vertical", platform=platform, title="...")

One format is one file in this package with a subclass of `Format`. Adding one is adding a file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smallscreen.errors import FileProblem, UserError
from smallscreen.series.formats.base import Format, Layout, RawCue, SafeArea, Timed, TimedText, layout
from smallscreen.series.markets import Market
from smallscreen.series.registry import discover
from smallscreen.series.text import clean, decode, plain

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Format",
    "Layout",
    "RawCue",
    "SafeArea",
    "TimedText",
    "layout",
    "read_subtitles",
    "write_subtitles",
]

MAX_BYTES = 32 * 1024 * 1024
"""Largest subtitle file that is read: a film's is under 1 MB, one with karaoke effects a few."""
FORMATS: dict[str, Format] = discover(sys.modules[__name__], Format)  # type: ignore[type-abstract]
SUFFIXES: frozenset[str] = frozenset(s for f in FORMATS.values() for s in f.suffixes)
"""The endings of the files that can be read, in lower case, with their dot."""


def read_subtitles(path: Path, *, italics: bool = False) -> list[RawCue]:
    """The cues of a subtitle file in the order of time; cues without text are left out.

    The format goes by what the file holds, then by its suffix. Texts are without tags, empty lines and
    trailing spaces; with `italics`, `<i>` and `</i>` stay where the file has italics in any form. Cues
    may overlap. FileProblem when the file cannot be opened, is no text or no subtitles, or is broken.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileProblem(path, None, "it is larger than 32 MB", "a subtitle file")
        data = path.read_bytes()
    except OSError as e:
        raise FileProblem(
            path, None, f"it cannot be opened ({e.strerror})", "a readable subtitle file"
        ) from None
    text, _ = decode(data, path)
    if not text.strip():
        raise FileProblem(path, None, "it is empty", "subtitles")
    cues = _format_for(path, text).read(text, path)
    found = []
    for cue in cues:
        words = clean(cue.text if italics else cue.text.replace("<i>", "").replace("</i>", ""))
        if plain(words).strip():
            found.append(
                replace(cue, text=words, speaker=clean(cue.speaker or "").replace("\n", " ") or None)
            )
    if not found:
        raise FileProblem(path, None, "it holds no cue with text", "at least one subtitle")
    found.sort(key=lambda cue: cue.start_ms)
    return found


def write_subtitles(
    path: Path,
    lines: Sequence[Timed],
    *,
    market: Market | None = None,
    profile: str = "vertical",
    platform: SafeArea | None = None,
    title: str = "",
) -> None:
    """Writes `lines` in the format of `path`'s suffix, in UTF-8; the file is there whole or not at all.

    Lines without text are left out. For `vertical` the text stands inside `platform`'s text box
    wherever the format can say so. UserError for a suffix that is none of SUFFIXES.
    """
    suffix = path.suffix.lower()
    form = next((f for f in FORMATS.values() if suffix in f.suffixes), None)
    if form is None:
        raise UserError(
            f"{path.name} cannot be written: its suffix is none of {', '.join(sorted(SUFFIXES))}."
        )
    wanted = [
        TimedText(n.start_ms, n.end_ms, words, getattr(n, "speaker", None))
        for n in lines
        if (words := clean(n.text))
    ]
    text = form.write(wanted, layout(market, profile, platform), clean(title).replace("\n", " "))
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8", newline="\n")
    os.replace(part, path)


def _format_for(path: Path, text: str) -> Format:
    for form in FORMATS.values():
        if form.claims(text):
            return form
    suffix = path.suffix.lower()
    for form in FORMATS.values():
        if suffix in form.suffixes:
            return form
    raise FileProblem(
        path, 1, "it is no subtitle file that can be read", f"one of {', '.join(sorted(SUFFIXES))}"
    )
