"""Finding entries in a line: longest first, own entries before a dictionary's, conditions kept."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from smallscreen.localize.barriers.entries import Entry, expand


@dataclass(frozen=True, slots=True)
class Match:
    """`entry` at `start`..`end` of the line (characters)."""

    start: int
    end: int
    entry: Entry


class Matcher:
    """An index over entries. `find` costs little more than one dictionary look-up a character."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        by_head: dict[str, dict[str, list[Entry]]] = defaultdict(dict)
        self._patterns: list[Entry] = []
        self._plain: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.is_pattern:
                self._patterns.append(entry)
                continue
            same = by_head[entry.text[:2]].setdefault(entry.text, [])
            if entry.own or not any(e.own for e in same):
                same.append(entry)
            self._plain[entry.text] = same
        # Under each first two characters the texts, longest first; one-character texts under one.
        self._index = {
            head: [(t, found[t]) for t in sorted(found, key=len, reverse=True)]
            for head, found in by_head.items()
        }

    def is_address(self, text: str) -> bool:
        """Whether `text` as a whole is a kin term or a form of address (外婆, 王总)."""
        whole = [m.entry.kind for m in self.find(text) if m.start == 0 and m.end == len(text)]
        plain = [entry.kind for entry in self._plain.get(text, ())]
        return any(kind in ("kinship", "address") for kind in (*whole, *plain))

    def find(self, text: str, names: Sequence[str] = ()) -> list[Match]:
        """The items of `text` (simplified), in order, not overlapping. `names` are persons, never items."""
        found = [*self._plain_matches(text), *self._pattern_matches(text, names)]
        spans = _name_spans(text, names)
        found = [m for m in found if not any(_inside_name(m, a, b) for a, b in spans)]
        return select(found)

    def _plain_matches(self, text: str) -> list[Match]:
        out = []
        for start in range(len(text)):
            for head in (text[start : start + 2], text[start]):
                for word, entries in self._index.get(head, ()):
                    if len(head) == 1 and len(word) > 1:
                        continue
                    if text.startswith(word, start):
                        end = start + len(word)
                        out += [Match(start, end, e) for e in entries if _holds(e, text, start, end)]
        return out

    def _pattern_matches(self, text: str, names: Sequence[str]) -> list[Match]:
        out = []
        for entry in self._patterns:
            known = tuple(names) if "{name}" in entry.text else ()
            for match in _compiled(entry.text, known).finditer(text):
                start, end = match.span("item") if "item" in match.re.groupindex else match.span()
                if start < end and _holds(entry, text, start, end):
                    out.append(Match(start, end, entry))
        return out


def select(matches: Iterable[Match]) -> list[Match]:
    """Of overlapping matches the longest, of equally long ones an own entry, then the surer, then the first."""
    chosen: list[Match] = []
    for match in sorted(
        matches,
        key=lambda m: (m.start - m.end, not m.entry.own, -m.entry.confidence, m.start, m.entry.source),
    ):
        if all(match.end <= other.start or match.start >= other.end for other in chosen):
            chosen.append(match)
    return sorted(chosen, key=lambda m: m.start)


def _holds(entry: Entry, text: str, start: int, end: int) -> bool:
    if entry.only and not _search(entry.only, text, start, end):
        return False
    return not (entry.never and _search(entry.never, text, start, end))


def _search(pattern: str, text: str, start: int, end: int) -> bool:
    if "~" not in pattern:
        return _regex(pattern).search(text) is not None
    # The item's place is marked by a character that stands for nothing, so that `~` means this
    # occurrence; the alternatives without `~` read the line as it is.
    marked = f"{text[:start]}\ue000{text[end:]}"
    here, anywhere = pattern.replace("~", "\ue000"), pattern.replace("~", "(?!)")
    return _regex(here).search(marked) is not None or _regex(anywhere).search(text) is not None


@lru_cache(maxsize=8192)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(expand(pattern, names))


def _name_spans(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    return [m.span() for name in names if name in text for m in re.finditer(re.escape(name), text)]


def _inside_name(match: Match, start: int, end: int) -> bool:
    """Whether the match lies in a name or cuts through one; one that holds the whole name is a form of address."""
    overlaps = match.start < end and start < match.end
    holds_it = match.start <= start and end <= match.end and match.end - match.start > end - start
    return overlaps and not holds_it
