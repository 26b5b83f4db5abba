"""Where an item may be: words of the dictionary, lexicon matches, patterns, and runs that no dictionary knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from smallscreen.localize.barriers.entries import NUMBER, SURNAME, Entry, broad_lexicons
from smallscreen.localize.barriers.matcher import Match
from smallscreen.localize.barriers.words import LONGEST, Words

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")

_TITLES = (
    "老师|老板|师傅|经理|总监|总编|主编|主任|主席|书记|院长|校长|局长|处长|科长|部长|市长|省长|县长|镇长|村长|所长|队长|组长|班长|团长|连长|司令|将军|"
    "董事长|董事|会长|站长|店长|厂长|行长|导演|导|编剧|制片|教授|博士|医生|大夫|护士|律师|警官|法官|老|总|董|工|局|处|科|少爷|少|小姐|女士|先生|太太|夫人|公子|"
    "公|婆|爷爷|奶奶|爷|奶|叔叔|叔|伯伯|伯|伯父|伯母|阿姨|姨|婶|婶婶|嫂|嫂子|姑|姑姑|大爷|大妈|大娘|大叔|大姐|大哥|哥|姐|姐姐|哥哥|弟|妹|妹妹|兄|同学|同志|妈|妈妈|爸|家|某|女王|哥哥"
)
PATTERNS: dict[str, str] = {
    "titled": f"(?:{{names}}|(?:欧阳|上官|司马|诸葛|慕容|皇甫){{some}}|{SURNAME})(?:{_TITLES})",
    "familiar": f"[老小阿大]{SURNAME}",
    "doubled-name": r"([\u4e00-\u9fff])\1(?=$|[ ，,。！!？?你我快别来])",
    "number": rf"{NUMBER}(?:多|来|余)?[一-鿿]{{{{1,2}}}}",
    "digits": r"[0-9]+",
    "latin": r"[A-Za-z][A-Za-z0-9 '.\-]*[A-Za-z0-9]",
    "what": r"([\u4e00-\u9fff]{{1,2}})什么\1?[\u4e00-\u9fff]?",
    "reduplicated": r"([\u4e00-\u9fff])\1([\u4e00-\u9fff])\2",
    "verb-not": r"([\u4e00-\u9fff])不\1",
    "one-two": r"[一东左半千百七三四五六][\u4e00-\u9fff][一二两三四西右八万不没又][\u4e00-\u9fff]",
    "erhua": r"[\u4e00-\u9fff]{{1,2}}儿",
}
"""Regular expressions by name; `{names}` and `{some}` are filled with the series' names and a given name."""


@cache
def broad_index() -> dict[str, list[tuple[str, Entry]]]:
    """The broad lists' words under their first two characters (or their only one), longest first."""
    index: dict[str, list[tuple[str, Entry]]] = {}
    for lexicon in broad_lexicons().values():
        for entry in lexicon.entries:
            index.setdefault(entry.text[:2], []).append((entry.text, entry))
    return {head: sorted(found, key=lambda f: -len(f[0])) for head, found in index.items()}


def broad_matches(text: str) -> dict[tuple[int, int], Entry]:
    """Every word of the broad lists in `text`; one of six characters or more also across spaces and commas."""
    index, found = broad_index(), {}
    for start in range(len(text)):
        for head in (text[start : start + 2], text[start]):
            for word, entry in index.get(head, ()):
                if text.startswith(word, start):
                    found[start, start + len(word)] = entry
    places = [i for i, c in enumerate(text) if c not in " ，,、；;\n"]
    if len(places) < len(text):
        squeezed = "".join(text[i] for i in places)
        for start in range(len(squeezed)):
            for word, entry in index.get(squeezed[start : start + 2], ()):
                if len(word) >= 6 and squeezed.startswith(word, start):
                    found[places[start], places[start + len(word) - 1] + 1] = entry
    return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of the line. `row` is its row in the table of words or -1; `match` its lexicon match or None;
    `broad` its word of the broad lists or None; `pattern` the name of the pattern that gave it or ""; `segment` whether the segmentation has it as one word;
    `inside` the number of longer candidates (a word or a match) that hold it."""

    start: int
    end: int
    row: int
    match: Match | None
    broad: Entry | None
    pattern: str
    segment: bool
    inside: int


def segmentation(text: str, table: Words) -> list[tuple[int, int]]:
    """The most likely division of `text` into words (unigram, by frequency); an unknown character stands alone."""
    pieces: list[tuple[int, int]] = []
    last = 0
    for run in _HAN.finditer(text):
        pieces += [(i, i + 1) for i in range(last, run.start()) if not text[i].isspace()]
        pieces += _divide(text, run.start(), run.end(), table)
        last = run.end()
    return [*pieces, *((i, i + 1) for i in range(last, len(text)) if not text[i].isspace())]


def _divide(text: str, start: int, end: int, table: Words) -> list[tuple[int, int]]:
    best = [0.0] + [1e9] * (end - start)
    back = [0] * (end - start + 1)
    for i in range(end - start):
        for n in range(1, min(LONGEST, end - start - i) + 1):
            row = table.row(text[start + i : start + i + n])
            if row < 0 and n > 1:
                continue
            cost = best[i] + (table.cost(row) if row >= 0 else 8.5)
            if cost < best[i + n]:
                best[i + n], back[i + n] = cost, i
    cuts = [end - start]
    while cuts[-1]:
        cuts.append(back[cuts[-1]])
    cuts.reverse()
    return [(start + a, start + b) for a, b in pairwise(cuts)]


class Patterns:
    """The patterns with the names of one series filled in."""

    def __init__(self, names: Sequence[str]) -> None:
        known = "|".join(re.escape(n) for n in names if len(n) > 1) or "(?!)"
        self._compiled = {
            name: re.compile(source.format(names=known, some="[\u4e00-\u9fff]{0,2}"))
            for name, source in PATTERNS.items()
        }

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Non-empty pieces of `text` with the pattern's name."""
        return [
            (m.start(), len(m[0].rstrip()) + m.start(), name)
            for name, compiled in self._compiled.items()
            for m in compiled.finditer(text)
            if m[0].strip()
        ]


def candidates(
    text: str, matches: Sequence[Match], table: Words, patterns: Patterns, names: Sequence[str] = ()
) -> tuple[list[Candidate], list[tuple[int, int]]]:
    """The candidates of `text` (simplified) in order, and its segmentation.

    Every word of the table with two characters or more, every lexicon match, every pattern's piece, and
    every run of two to five characters that the segmentation could not put into words.
    """
    segments = segmentation(text, table)
    spans: dict[tuple[int, int], tuple[int, Match | None, str]] = {}
    for run in _HAN.finditer(text):
        for i in range(run.start(), run.end()):
            for n in range(2, min(LONGEST, run.end() - i) + 1):
                row = table.row(text[i : i + n])
                if row >= 0:
                    spans[i, i + n] = (row, None, "")
    for a, b in _unknown_runs(text, segments):
        spans.setdefault((a, b), (-1, None, "unknown"))
    for a, b, name in patterns.find(text):
        row, match, _ = spans.get((a, b), (-1, None, ""))
        spans[a, b] = (row, match, name)
    for match in matches:
        row, _, name = spans.get(
            (match.start, match.end), (table.row(text[match.start : match.end]), None, "")
        )
        spans[match.start, match.end] = (row, match, name)
    broad = broad_matches(text)
    for a, b in broad:
        spans.setdefault((a, b), (table.row(text[a:b]), None, ""))
    held = [m.span() for name in names if name in text for m in re.finditer(re.escape(name), text)]
    cut = set(segments)
    strong = [s for s, (row, match, _) in spans.items() if row >= 0 or match or s in broad]
    found = []
    for (a, b), (row, match, name) in sorted(spans.items()):
        if match is None and any(_spoils(a, b, x, y) for x, y in held):
            continue
        inside = sum(x <= a and b <= y and y - x > b - a for x, y in strong)
        found.append(Candidate(a, b, row, match, broad.get((a, b)), name, (a, b) in cut, inside))
    return found, segments


def _spoils(a: int, b: int, x: int, y: int) -> bool:
    """Whether the piece a..b lies in the name x..y or cuts it; a piece that holds the name and more does not."""
    return a < y and x < b and not (a <= x and y <= b and b - a > y - x)


def _unknown_runs(text: str, segments: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start: int | None = None
    last = 0
    for a, b in [*segments, (len(text) + 1, len(text) + 2)]:
        single = b - a == 1 and b <= len(text) and _HAN.match(text, a) is not None
        if single and start is not None and a == last:
            last = b
            continue
        if start is not None and 2 <= last - start <= 5:
            runs.append((start, last))
        start, last = (a, b) if single else (None, 0)
    return runs
