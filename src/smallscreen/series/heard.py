"""Recognized words as cues for an upright screen: one short line at a time, timed to the speech.

    cues = cues_of(words, "zh-Hans", spans)

A cue ends where a sentence does or a pause is long; what is longer than a line is divided where it hurts
least: at a comma, at a pause, near the middle, never within a word or phrase where there is another way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from smallscreen.engines.listen import Span, Word
from smallscreen.errors import UserError
from smallscreen.series import markets
from smallscreen.series.text import clean, counted_width

PAUSE_MS = 600
"""A pause this long between two words ends a cue."""
NEAR_MS = 350
"""A cue takes the start or end of the speech around it when that is so near; recognizers are less exact."""
LONGEST_MS = 7000
SHORTEST_MS = 400
GAP_MS = 84
"""Two frames of 24 between cues."""
UNSURE = 0.6
"""Cues below this confidence are worth a second ear."""
_FINAL = re.compile(r"[.?!。？！…]['\"”’」』）)]*$")
_COMMA = re.compile(r"[,;:，；：、—]$")
_SPACELESS = frozenset({"zh", "ja", "th", "lo", "my", "km", "yue"})
_LATIN_LINE, _LATIN_ROWS = 25.0, 2


class HeardCue(NamedTuple):
    """One cue; `confidence` is the mean of its words', 0 to 1, halved where the other model hears no speech."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float


class _Form(NamedTuple):
    language: str
    row: float
    rows: int
    counting: str
    simplify: bool


def cues_of(words: Sequence[Word], language: str, spans: Sequence[Span]) -> list[HeardCue]:
    """The cues of an episode, in order, never overlapping. `language` is BCP 47; times are the episode's."""
    form = _form(language)
    runs: list[list[Word]] = []
    last: Word | None = None
    for word in sorted(words, key=lambda w: (w.start_ms, w.end_ms)):
        ended = last is None or _FINAL.search(last.text.strip()) or word.start_ms - last.end_ms >= PAUSE_MS
        if ended:
            runs.append([])
        runs[-1].append(word)
        last = word
    parts = [part for run in runs for part in _divided(run, form)]
    made: list[HeardCue] = []
    for n, part in enumerate(parts):
        text = _text(part, form)
        if not text:
            continue
        free = made[-1].end_ms if made else 0
        until = parts[n + 1][0].start_ms if n + 1 < len(parts) else None
        start, end = _timed(part, spans, free, until)
        letters = [max(1, len(w.text.strip())) for w in part]
        sure = sum(w.confidence * k for w, k in zip(part, letters, strict=True)) / sum(letters)
        if not any(s.start_ms < end and s.end_ms > start for s in spans):
            sure /= 2
        made.append(HeardCue(start, end, text, round(sure, 3)))
    return made


def spoken_language(language: str) -> str:
    """The language of a BCP 47 tag as speech models name it: `zh-Hans` is `zh`."""
    return language.lower().replace("_", "-").partition("-")[0]


def _form(language: str) -> _Form:
    spoken = spoken_language(language)
    simplify = spoken == "zh" and "hant" not in language.lower()
    try:
        market = markets.load("zh-Hans" if spoken == "zh" else language)
    except UserError:
        return _Form(spoken, _LATIN_LINE, _LATIN_ROWS, "cluster", simplify)
    rows = 1 if spoken in _SPACELESS else _LATIN_ROWS
    return _Form(spoken, market.vertical.cpl, rows, market.counting, simplify)


def _divided(run: list[Word], form: _Form) -> list[list[Word]]:
    """A run in parts that fit; a single word that does not fit stays as it is."""
    width = counted_width(_joined(run), form.counting)
    short = run[-1].end_ms - run[0].start_ms <= LONGEST_MS
    if len(run) == 1 or (width <= form.row * form.rows and short):
        return [run]
    bounds = _phrases(run, form.language)
    done = 0.0
    best, cost = 1, float("inf")
    for n in range(1, len(run)):
        done += counted_width(run[n - 1].text, form.counting)
        here = 2 * abs(done - width / 2) / max(width, 1)
        here -= 1.0 if _COMMA.search(run[n - 1].text.strip()) else 0.0
        here -= min(run[n].start_ms - run[n - 1].end_ms, 400) / 400
        here += 0.0 if n in bounds else 1.5
        if here < cost:
            best, cost = n, here
    return _divided(run[:best], form) + _divided(run[best:], form)


def _phrases(run: list[Word], language: str) -> set[int]:
    """The places between words where a phrase ends."""
    parser = _parser(language)
    if parser is None:
        return set(range(1, len(run)))
    at, ends = 0, set()
    for phrase in parser.parse("".join(w.text for w in run)):
        at += len(phrase)
        ends.add(at)
    at, found = 0, set()
    for n, word in enumerate(run[:-1], start=1):
        at += len(word.text)
        if at in ends:
            found.add(n)
    return found


@cache
def _parser(language: str) -> Any:
    import budoux  # its models take 20 ms to load

    name = {"zh": "simplified_chinese", "ja": "japanese", "th": "thai"}.get(language)
    return getattr(budoux, f"load_default_{name}_parser")() if name else None


@cache
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def _joined(part: Sequence[Word]) -> str:
    return clean("".join(w.text for w in part)).replace("\n", " ").strip()


def _text(part: Sequence[Word], form: _Form) -> str:
    text = _joined(part)
    if form.language == "zh":
        text = _simplifier().convert(text) if form.simplify else text
        # Subtitles in Chinese have a space for a comma, and no full stop.
        text = re.sub(r"[，、；：,]+\s*", " ", text).rstrip("。. ").strip()
    if form.rows > 1 and counted_width(text, form.counting) > form.row and " " in text:
        middle = len(text) / 2
        cut = min((m.start() for m in re.finditer(" ", text)), key=lambda at: abs(at - middle))
        text = f"{text[:cut]}\n{text[cut + 1 :]}"
    return text if any(ch.isalnum() for ch in text) else ""


def _timed(part: Sequence[Word], spans: Sequence[Span], free: int, until: int | None) -> tuple[int, int]:
    start, end = part[0].start_ms, part[-1].end_ms
    begun = min((s.start_ms for s in spans), key=lambda at: abs(at - start), default=start)
    ended = min((s.end_ms for s in spans), key=lambda at: abs(at - end), default=end)
    if abs(begun - start) <= NEAR_MS and begun < end:
        start = begun
    if abs(ended - end) <= NEAR_MS and ended > start:
        end = ended
    start = max(start, free + GAP_MS if free else 0)
    end = max(end, start + SHORTEST_MS)
    if until is not None:
        end = min(end, max(until - GAP_MS, start + 1))
    return start, max(end, start + 1)
