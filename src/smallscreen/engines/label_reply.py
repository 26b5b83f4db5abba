"""Reading a reply that says something of lines by their ids: whatever whole entries it holds.

The contract is one JSON object, `{"lines": {id: labels}}`. Models wrap it in fences, add commas, number it
as a list, break off half way or answer for lines that nobody asked about. So the text is searched for
whole entries instead of being parsed as a document, and every complete one is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smallscreen.engines.structured import ID_PATTERN

LONGEST = 1_000_000
"""Characters of a reply that are read."""
LONGEST_QUOTE = 400


@dataclass
class Parsed:
    """What a reply holds: what is said by known id, the marks, and how many ids nobody had asked about.

    `whole` says whether the reply is a complete JSON object: then a line that is left out has no label.
    """

    said: dict[str, list[Any]] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=dict)
    foreign: int = 0
    whole: bool = False


_KEY = re.compile(r'"([^"\\\n]{1,60})"\s*:\s*(?=[{\[])|\{\s*"id"\s*:\s*"([^"\\\n]{1,60})"')
_IDS = re.compile(rf'"({ID_PATTERN})"')
_COMMAS = re.compile(r",(\s*[}\]])")
_LOOKED_AT = 4000  # characters of one line's labels; an honest one has 200
_DEEPEST = 100  # brackets in one line's labels; beyond it lies nothing but a trap for whoever walks it
_DECODER = json.JSONDecoder(strict=False)


def parse(text: str, ids: Mapping[str, Any], marks: Sequence[str] = ()) -> Parsed:
    """Every complete entry of a reply, whatever surrounds it: fences, commas, prose, a list for an object."""
    text = text[:LONGEST]
    found = Parsed(marks={name: set() for name in marks})
    foreign: set[str] = set()
    at = tried = 0
    # An honest reply has one entry a line; the bound keeps a hostile one from holding us.
    while tried < 20 * len(ids) + 200 and (match := _KEY.search(text, at)):
        tried += 1
        at = match.end()
        key, listed = match.group(1), match.group(2)
        if key in marks:
            end = text.find("]", at)
            inside = text[at : end if end >= 0 else at + _LOOKED_AT]
            for named in _IDS.findall(inside[: 8 * len(ids) + _LOOKED_AT]):
                if named in ids:
                    found.marks[key].add(named)
                else:
                    foreign.add(named)
            at = max(at, end)
            continue
        if listed is None and key in _OURS and key not in ids:
            continue
        value, end = _value(text, match.start() if listed is not None else at)
        if end < 0:
            continue
        inner, at = text[at:end], end
        if inner.count("[") + inner.count("{") > _DEEPEST:
            value = None
        name = listed if listed is not None else key
        if name in ids:
            found.said.setdefault(name, []).append(value)
        elif listed is not None or name not in _OURS:
            foreign.add(name)
    found.foreign = len(foreign)
    known = set(found.said).union(*found.marks.values())
    if len(foreign) > len(known):
        # Mostly about lines that are not ours: the few ids that do fit fit by chance.
        return Parsed(marks={name: set() for name in marks}, foreign=len(foreign))
    starts = [at for mark in "{[" if (at := text.find(mark)) >= 0]
    found.whole = any(_is_answer(_value(text, at, LONGEST)[0], ids, marks) for at in starts)
    return found


def _is_answer(value: Any, ids: Mapping[str, Any], marks: Sequence[str]) -> bool:
    """Whether a JSON value has the form of an answer, though it may hold no label at all."""
    if isinstance(value, list):
        return all(isinstance(entry, dict) and "id" in entry for entry in value)
    if not isinstance(value, dict):
        return False
    return not value or any(
        isinstance(inner, dict | list) and (key in ids or key in marks or key in _OURS)
        for key, inner in value.items()
    )


_OURS = frozenset({"lines", "labels", "items", "result", "results", "v", "g", "c", "h", "q", "s"})
"""Names an answer may hold around or within its labels: no ids of anybody's."""


def _value(text: str, at: int, longest: int = _LOOKED_AT) -> tuple[Any, int]:
    """The JSON value that begins at `at`, and where it ends; -1 where there is no whole one."""
    piece = text[at : at + longest]
    for form in (piece, _COMMAS.sub(r"\1", piece)):
        try:
            value, end = _DECODER.raw_decode(form)
        except (ValueError, RecursionError):
            continue
        return value, at + min(end, len(piece))
    return None, -1


def locate(quote: str, text: str, start: int = 0) -> tuple[int, int] | None:
    """Where `quote` stands in `text` from `start` on, white space apart; None where it does not."""
    letters = [ch for ch in quote if not ch.isspace()]
    if not letters or len(letters) > LONGEST_QUOTE:
        return None
    places = [i for i in range(start, len(text)) if not text[i].isspace()]
    at = "".join(text[i] for i in places).find("".join(letters))
    if at < 0:
        return None
    return places[at], places[at + len(letters) - 1] + 1
