"""Fountain, the plain-text form of a screenplay: https://fountain.io/syntax.

Read in full: title page, scene headings and numbers, characters with extensions, parentheticals, dual
dialogue, notes, boneyard, sections, synopses, transitions, centered text, lyrics, forced elements.
Episodes are sections or lines of their own that say so (`# Episode 3`, `EPISODE 3`, `# 第3集`). Headings in
Chinese (`内景 客厅 - 日`, `2-1 夜 内 灶房`) and Chinese names as speakers are read without being forced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.series.scripts._headings import Heading, chinese_heading, is_chinese_name
from smallscreen.series.scripts.base import Collector, Paragraph, Script, ScriptForm, join
from smallscreen.series.scripts.drama import _TIMES as _CHINESE_TIMES

_HEADING = re.compile(
    r"(?:INT\.?\s*/\s*EXT|EXT\.?\s*/\s*INT|I\s*/\s*E|INT|EXT|EST)(?:\.\s*|\s+)(\S.*)", re.IGNORECASE
)
_SCENE_NUMBER = re.compile(r"\s*#([\w.\-]{1,20})#\s*$")
_EPISODE = re.compile(
    r"(?:#{1,6}\s*)?(?:EPISODE|EP\.?)\s*#?\s*(\d{1,4})\b\s*[:.\-–—]?\s*(.{0,80})", re.IGNORECASE
)
_SHORT_EPISODE = re.compile(r"第\s*(\d{1,4})\s*集.{0,60}")
_TITLE_KEY = re.compile(r"([A-Za-z][A-Za-z ]{0,30}):\s*(.*)")
_TITLE_KEYS = frozenset(
    [
        "title",
        "credit",
        "author",
        "authors",
        "source",
        "notes",
        "draft",
        "date",
        "contact",
        "copyright",
        "revision",
        "description",
        "format",
        "language",
    ]
) | {"draft date"}
_EXTENSION = re.compile(r"\s*[(（]([^()（）]*)[)）]")
_CAPTION = re.compile(
    r"(?:SUPER(?:IMPOSE)?|CHYRON|TITLE(?: CARD)?|CAPTION|ON[- ]SCREEN(?: TEXT)?|TEXT ON SCREEN)\s*(?:\([^)]*\))?\s*[:\-–—]\s*(.+)",
    re.IGNORECASE,
)
_TIME_WORDS = {
    **dict.fromkeys(("DAY", "MORNING", "AFTERNOON", "NOON", "MIDDAY"), "day"),
    **dict.fromkeys(("NIGHT", "EVENING", "MIDNIGHT", "LATE NIGHT"), "night"),
    **dict.fromkeys(("DUSK", "SUNSET", "TWILIGHT"), "dusk"),
    **dict.fromkeys(("DAWN", "SUNRISE"), "dawn"),
}
_MORE_TIMES = re.compile(
    r"(?:THE )?(?:CONTINUOUS|(?:MOMENTS |MINUTES |HOURS |DAYS )?LATER|SAME(?: TIME)?|NEXT (?:DAY|MORNING)|FLASHBACK|PRESENT(?: DAY)?)$"
)
_TRANSITION = re.compile(r"[^a-z]*\bTO:$|FADE (?:IN|OUT|TO BLACK)[.:]?$|CUT TO BLACK\.?$|THE END\.?$")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=\S)(.+?)(?<=[^\s\\])\1")

_LONGEST_EMPHASIS = 4000
"""Characters of a line in which emphasis is looked for; the search takes the square of them."""


class Fountain(ScriptForm):
    """Fountain."""

    id = "fountain"
    name = "Fountain"
    description = "plain-text screenplay: INT. PLACE - DAY, CHARACTER, (parenthetical), dialogue"

    def claims(self, paragraphs: Sequence[Paragraph]) -> int:
        count = 0
        for i, paragraph in enumerate(paragraphs):
            text = paragraph.text.strip()
            if _HEADING.fullmatch(text):
                count += 3
            elif text.startswith("@") or (
                _is_cue(text) and i + 1 < len(paragraphs) and paragraphs[i + 1].text.strip()
            ):
                count += 1
            elif re.match(r"#{1,6}\s*episode", text, re.IGNORECASE):
                count += 2
        return count

    def parse(self, paragraphs: Sequence[Paragraph], path: Path) -> Script:
        out = Collector()
        lines = _title_page(_without_notes([p.text for p in paragraphs]), out)
        at = 0
        while at < len(lines):
            at = _element(lines, at, out)
        return out.script(path.stem)


def _without_notes(lines: list[str]) -> list[str]:
    """The lines without boneyard `/* */` and notes `[[ ]]`, both of which may run over lines."""
    text = "\n".join(line.replace("\t", "    ").rstrip("\r") for line in lines)
    # An opening that is never closed is text, as in the reference implementation.
    closed = text.rfind("*/") + 2
    if closed > 1:
        text = re.sub(r"/\*.*?\*/", "", text[:closed], flags=re.DOTALL) + text[closed:]
    if "]]" in text:
        text = re.sub(r"[ ]?\[\[(?:[^\[\]]|\](?!\]))*\]\]", "", text)
    return text.split("\n")


def _title_page(lines: list[str], out: Collector) -> list[str]:
    """Takes the title from the keys at the top; returns what follows them."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return lines
    match = _TITLE_KEY.fullmatch(lines[first].strip())
    if match is None or match.group(1).lower() not in _TITLE_KEYS:
        return lines
    key, at = "", first
    while at < len(lines) and lines[at].strip():
        line = lines[at]
        match = _TITLE_KEY.fullmatch(line.strip())
        if match and not line.startswith("   "):
            key, value = match.group(1).lower(), match.group(2)
        else:
            value = line
        if key == "title" and value.strip():
            out.title = join(out.title, _plain(value.strip()))
        at += 1
    return lines[at:]


def _element(lines: list[str], at: int, out: Collector) -> int:
    """Reads the element that begins at `at`; returns where the next one begins."""
    raw = lines[at]
    text = raw.strip()
    if not text or re.fullmatch(r"={3,}", text) or (text[0] == "=" and not text.startswith("==")):
        return at + 1
    alone = at == 0 or not lines[at - 1].strip()
    followed = at + 1 < len(lines) and lines[at + 1] != "" and bool(lines[at + 1].strip())
    if (match := _EPISODE.fullmatch(text) or _SHORT_EPISODE.fullmatch(text)) and (alone or text[0] == "#"):
        if int(match.group(1)) > 0:
            out.begin_episode(int(match.group(1)))
        return at + 1
    if text[0] == "#":
        if match := re.search(r"第\s*(\d{1,4})\s*集", text):
            out.begin_episode(int(match.group(1)))
        return at + 1
    forced = text[0] == "." and len(text) > 1 and text[1] not in ". "
    if forced or (_HEADING.fullmatch(text) and (alone or text.isupper())):
        begin_scene(text[1:] if forced else text, out)
        return at + 1
    if alone and len(text) <= 100 and chinese_heading(_SCENE_NUMBER.sub("", text), out.episode):
        begin_scene(text, out)
        return at + 1
    if text[0] == "!":
        out.line("action", _plain(text[1:].strip()))
        return at + 1
    if text[0] == ">":
        if text.endswith("<"):
            out.line("caption", _plain(text[1:-1].strip()))
        return at + 1
    if text[0] == "~":
        out.line("dialogue", _plain(text[1:].strip()), None, "sung")
        return at + 1
    if _TRANSITION.fullmatch(text):
        return at + 1
    if alone and followed and (text[0] == "@" or _is_cue(text) or is_chinese_name(text)):
        return _dialogue(lines, at, out)
    caption = _CAPTION.fullmatch(text)
    if caption:
        out.line("caption", _plain(caption.group(1)).strip("“”\"' "))
    else:
        out.line("action", _plain(text))
    return at + 1


def begin_scene(text: str, out: Collector, number: str | None = None) -> None:
    """Begins the scene that a heading says; its number is `number`, or stands in the heading (`#12A#`)."""
    written = _SCENE_NUMBER.search(text)
    if written:
        text = text[: written.start()]
        number = number or written.group(1)
    text = text.strip()
    western = _HEADING.fullmatch(text) is not None
    heading = (None if western else chinese_heading(text, out.episode, forced=True)) or _heading(text)
    out.begin_scene(number or heading.number, _plain(heading.place), heading.time, heading.interior)


def _heading(text: str) -> Heading:
    interior: bool | None = None
    match = _HEADING.fullmatch(text)
    place = text
    if match:
        opening = re.sub(r"[\s.]", "", text[: match.start(1)].upper())
        interior = {"INT": True, "EXT": False, "EST": False}.get(opening)
        place = match.group(1).strip()
        if re.search(r"/\s*(?:EXT|INT)\b", place, re.IGNORECASE):
            interior = None  # "INT. CAR/EXT. FOREST - DAY"
    time = ""
    parts = re.split(r"\s+[-–—]+\s+|\s*[–—]\s*", place)
    if len(parts) > 1:
        last = re.sub(r"\s*\(.*?\)$", "", parts[-1]).strip().upper()
        known = _TIME_WORDS.get(last) or _CHINESE_TIMES.get(last)
        known = known or next((t for w, t in _TIME_WORDS.items() if last.endswith(w)), None)
        if known or _MORE_TIMES.fullmatch(last):
            time = known or parts[-1].strip().lower()
            place = " - ".join(parts[:-1])
    return Heading(None, place, time, interior)


def _is_cue(text: str) -> bool:
    """Whether a line can be a character's name: capitals, with an extension in any case."""
    name = _EXTENSION.sub("", text.rstrip("^ ")).strip()
    if not name or len(name) > 60 or name[-1] in ".!?:,;" or _HEADING.fullmatch(text):
        return False
    return name.isupper()


def _dialogue(lines: list[str], at: int, out: Collector) -> int:
    text = lines[at].strip().removeprefix("@").strip()
    text = text.removesuffix("^").strip()  # dual dialogue: two people at once, one after the other here
    kind, manners = voice(text)
    speaker = _plain(_EXTENSION.sub("", text).strip())
    out.cast(speaker)
    words, manner = "", ", ".join(manners)
    at += 1
    # Two spaces keep an empty line inside a speech.
    while at < len(lines) and (lines[at].strip() or len(lines[at]) >= 2):
        line = lines[at].strip()
        if line.isupper() and _HEADING.fullmatch(line):
            break  # the empty line before the heading was forgotten
        if re.fullmatch(r"[(（].*[)）]", line):
            out.line(kind, words, speaker, manner)
            words, manner = "", line[1:-1].strip()
        else:
            words = join(words, _plain(line.removeprefix("~").strip()))
        at += 1
    out.line(kind, words, speaker, manner)
    return at


def voice(text: str) -> tuple[str, list[str]]:
    """The kind of line that a character's extensions say, and the extensions that say something else."""
    kind, manners = "dialogue", []
    for extension in _EXTENSION.findall(text):
        word = re.sub(r"[.\s’']", "", extension).upper()
        if word in ("VO", "VOICEOVER", "画外音", "旁白"):
            kind = "vo"
        elif word in ("OS", "OC", "OFFSCREEN", "OFFCAMERA", "画外", "内心", "心声"):
            kind = "os"
        elif word not in ("CONTD", "CONT", "CONTINUED", "MORE"):
            manners.append(extension.strip())
    return kind, manners


def _plain(text: str) -> str:
    """Without emphasis marks; `\\*` is a star."""
    if ("*" in text or "_" in text) and len(text) <= _LONGEST_EMPHASIS:
        for _ in range(3):
            text = _EMPHASIS.sub(r"\2", text)
    return re.sub(r"\\([*_\\])", r"\1", text)
