"""Reading a model's reply: whatever whole lines it holds, and what is wrong with each.

The contract is one JSON object, id to text. Models wrap it in fences, add commas, number it as a list,
break off half way or answer for lines that nobody asked about. So the text is searched for whole pairs
of id and string instead of being parsed as a document: every complete line is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from smallscreen.engines import guard
from smallscreen.engines.structured import ID_PATTERN, unescape
from smallscreen.localize.draft import language
from smallscreen.series.markets import Market
from smallscreen.series.model import Cue
from smallscreen.series.text import has_han

LONGEST = 1_000_000
"""Characters of a reply that are read."""

REPEATED = "the same words came for several different lines"

_STRING = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_ID = ID_PATTERN
_PAIRS = re.compile(
    rf'["\']?\b({_ID})\b["\']?\s*:\s*{_STRING}'
    rf'|"(?:id|key)"\s*:\s*"({_ID})"\s*,\s*"(?:text|translation|t|line|value)"\s*:\s*{_STRING}'
    rf'|\[\s*"({_ID})"\s*,\s*{_STRING}\s*\]',
    re.DOTALL,
)
_NESTED = re.compile(rf'["\']{_ID}["\']\s*:')
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd\ud800-\udfff\ufffe\uffff]")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]{0,40}>|\{\\[^{}]{0,60}\}")


@dataclass
class Parsed:
    """What a reply holds: `lines` by known id, and how many ids nobody had asked about."""

    lines: dict[str, str] = field(default_factory=dict)
    foreign: int = 0


def parse(text: str, ids: Mapping[str, Cue]) -> Parsed:
    """The complete lines of a reply. An id given twice with two texts is taken for neither."""
    found = Parsed()
    contradicted: set[str] = set()
    foreign: set[str] = set()
    for match in _PAIRS.finditer(text[:LONGEST]):
        groups = [g for g in match.groups() if g is not None]
        key, value = groups[0], unescape(groups[1])
        if key not in ids:
            foreign.add(key)
        elif key in found.lines and found.lines[key] != value:
            contradicted.add(key)
        else:
            found.lines[key] = value
    for key in contradicted:
        del found.lines[key]
    found.foreign = len(foreign)
    if len(foreign) > len(found.lines):
        # Mostly about lines that are not ours: the few ids that do fit fit by chance.
        found.lines.clear()
    return found


def judge(
    parsed: Parsed, ids: Mapping[str, Cue], market: Market, budgets: Mapping[str, int]
) -> tuple[dict[str, str], dict[str, str]]:
    """Good lines by id, and for each other id that was asked for, what is wrong with its line."""
    good: dict[str, str] = {}
    faults: dict[str, str] = {}
    for key, cue in ids.items():
        if key not in parsed.lines:
            faults[key] = "no line came for it"
            continue
        text = tidy(parsed.lines[key])
        fault = line_fault(text, cue, market, budgets.get(cue.id))
        if fault:
            faults[key] = fault
        else:
            good[key] = text
    if other := language.other_language(good.values(), market.language):
        faults.update(dict.fromkeys(good, f"the reply is in another language ({other})"))
        return {}, faults
    for key in guard.repeated(good, {key: cue.text for key, cue in ids.items()}):
        faults[key] = REPEATED
        del good[key]
    return good, faults


def line_fault(text: str, cue: Cue, market: Market, budget: int | None) -> str | None:
    """What makes one line unusable, in a few words, or None.

    A line a little over its budget is left to fitting; one three times over is not a subtitle.
    """
    if not text.strip():
        return "the line is empty"
    if _BAD.search(text):
        return "it holds damaged characters"
    if _NESTED.search(text) or guard.hidden(text):
        return "it holds a reply inside a line"
    longest = max(60, 3 * budget if budget else 8 * len(cue.text))
    if len(text) > longest:
        return f"it is far too long ({len(text)} characters)"
    if any(ch.isalpha() for ch in text) and _same(text, cue.text) and has_han(cue.text):
        return "it repeats the source"
    return language.wrong_script(text, market.script, cue.text)


def tidy(text: str) -> str:
    """The words alone: no tags, no line breaks, single spaces. Where lines break is decided later."""
    text = _TAGS.sub("", text.replace("\\N", " ").replace("\\n", " "))
    return re.sub(r"[ \t\r\n\u2028\u2029]+", " ", text).strip()


def _same(a: str, b: str) -> bool:
    return re.sub(r"[\W_]+", "", a) == re.sub(r"[\W_]+", "", b)
