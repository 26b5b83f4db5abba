"""Finding words anywhere in a series: source cues, lines of all editions, findings, characters, terms.

Upper and lower case are the same in every script (é and É too), in SQLite and PostgreSQL alike: the
database picks what may hold the words, as far as both databases fold alike, and Python decides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import sqlalchemy as sa

from smallscreen.series import tables as t
from smallscreen.series.store import Store

Kind = Literal["cue", "line", "finding", "character", "term"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_QUERY = 200
"""Characters that are looked for; what follows is left out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that holds the words: `text[match[0]:match[1]]` is what was found.

    `edition` is an edition's name, None for the source; a character or a term has no place in time,
    and a finding that concerns a whole episode has no cue.
    """

    kind: Kind
    edition: str | None
    episode: int | None
    cue: str | None
    start_ms: int | None
    text: str
    match: tuple[int, int]


def search(store: Store, q: str, limit: int = 100, kinds: Collection[Kind] | None = None) -> list[Hit]:
    """Places that hold `q`, regardless of case, at most `limit`; each kind in the order of the series.

    `%` and `_` mean themselves. Where there are more than `limit`, every kind gets its share, so that
    many lines do not hide the one character. An empty `q` finds nothing.
    """
    needle = _Needle(q, store.engine.dialect.name)
    if not needle.folded or limit < 1:
        return []
    found: dict[Kind, list[Hit]] = {}
    for kind in KINDS:
        if kinds is None or kind in kinds:
            hits: list[Hit] = []
            for edition, episode, cue, start_ms, text in _CANDIDATES[kind](store, needle, limit):
                match = needle.find(text)
                if match is not None:
                    hits.append(Hit(kind, edition, episode, cue, start_ms, text, match))
                    if len(hits) == limit:
                        break
            found[kind] = hits
    return [hit for hits in _shares(found, limit) for hit in hits]


# --- what may hold the words -----------------------------------------------------------------

_Candidate = tuple[str | None, int | None, str | None, int | None, str]
"""Edition, episode, cue, start_ms, text."""


def _cues(store: Store, needle: _Needle, limit: int) -> Iterator[_Candidate]:
    c = t.cue.c
    query = sa.select(c.episode, c.id, c.start_ms, c.text).where(c.series_id == store.series_id)
    query = query.where(needle.may_be_in(c.text)).order_by(c.episode, c.index)
    for row in _rows(store, query, needle, limit):
        yield None, *row


def _lines(store: Store, needle: _Needle, limit: int) -> Iterator[_Candidate]:
    d, k = t.draft.c, t.cue.c
    editions = {e.id: e.name for e in store.editions()}
    query = sa.select(d.edition_id, k.episode, d.cue, k.start_ms, d.text)
    query = query.join(t.cue, (k.series_id == store.series_id) & (k.id == d.cue))
    query = query.where(d.edition_id.in_(editions) & needle.may_be_in(d.text))
    for row in _rows(store, query.order_by(k.episode, k.index, d.edition_id), needle, limit):
        yield editions[row[0]], *row[1:]


def _findings(store: Store, needle: _Needle, limit: int) -> Iterator[_Candidate]:
    f = t.finding.c
    editions = {e.id: e.name for e in store.editions()}
    query = sa.select(f.edition_id, f.episode, f.cue, f.start_ms, f.message, f.suggestion)
    query = query.where(f.series_id == store.series_id)
    query = query.where(needle.may_be_in(f.message) | needle.may_be_in(f.suggestion))
    for row in _rows(store, query.order_by(f.episode, f.start_ms, f.id), needle, limit):
        message, suggestion = row[4:]
        text = message if suggestion is None or needle.find(message) else suggestion
        yield editions.get(row[0]), *row[1:4], text


def _characters(store: Store, needle: _Needle, _limit: int) -> Iterator[_Candidate]:
    for x in store.series().characters:
        yield from _named((x.name, *x.aliases, *x.renderings.values()), x.description, needle)


def _terms(store: Store, needle: _Needle, _limit: int) -> Iterator[_Candidate]:
    for x in store.series().terms:
        yield from _named((x.source, *x.renderings.values()), x.note, needle)


_CANDIDATES = {
    "cue": _cues,
    "line": _lines,
    "finding": _findings,
    "character": _characters,
    "term": _terms,
}


def _named(names: Iterable[str], more: str, needle: _Needle) -> Iterator[_Candidate]:
    """All names of a thing in one text; what is said of it only where the names do not hold the words."""
    known = list(dict.fromkeys(names))
    text = " · ".join(known)
    yield None, None, None, None, text if needle.find(text) else f"{known[0]}: {more}"


def _rows(store: Store, query: sa.Select, needle: _Needle, limit: int) -> list:  # type: ignore[type-arg]
    with store.reading() as c:
        return list(c.execute(query.limit(limit) if needle.exact else query))


def _shares(found: dict[Kind, list[Hit]], limit: int) -> list[list[Hit]]:
    """The first hits of each kind; what a kind does not need goes to those that have more."""
    shares: dict[Kind, list[Hit]] = {}
    left = limit
    for done, kind in enumerate(sorted(found, key=lambda k: len(found[k]))):
        shares[kind] = found[kind][: -(-left // (len(found) - done))]
        left -= len(shares[kind])
    return [shares[kind] for kind in found]


# --- upper and lower case --------------------------------------------------------------------

_MAX_PATTERNS = 16


class _Needle:
    """The words that are looked for, folded, with LIKE patterns that miss no text that holds them.

    `exact`: a text that is like one of the patterns does hold the words, so that the database can count.
    """

    def __init__(self, q: str, dialect: str = "sqlite") -> None:
        self.dialect = dialect
        q = "".join(ch for ch in q if ch != "\x00" and not "\ud800" <= ch <= "\udfff")
        self.folded = " ".join(unicodedata.normalize("NFC", q).split())[:MAX_QUERY].casefold()
        self.patterns, self.exact = _patterns(self.folded)

    def may_be_in(self, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        # SQLite's LIKE already takes ASCII letters as the same in either case; ILIKE would fold each text first.
        like = column.like if self.dialect == "sqlite" else column.ilike
        return sa.or_(*(like(f"%{p}%", escape="\\") for p in self.patterns))

    def find(self, text: str) -> tuple[int, int] | None:
        """Where `text` holds the words first, as offsets into it."""
        folded = text.casefold()
        at = folded.find(self.folded)
        if at < 0:
            return None
        end = at + len(self.folded)
        if len(folded) == len(text):
            return at, end
        # Folding made some characters longer (ß, İ): count where each of them went.
        starts: list[int] = []
        for i, ch in enumerate(text):
            starts += [i] * len(ch.casefold())
        return starts[at], starts[end - 1] + 1


def _patterns(folded: str) -> tuple[list[str], bool]:
    """LIKE patterns for folded words. Beyond ASCII the databases fold differently or not at all, so every way
    to write such a letter is a pattern of its own; where that would be too many, or a letter folds to
    two (ß and ss), the pattern lets anything stand there and is not exact."""
    patterns, exact = [""], True
    for i, ch in enumerate(folded):
        ways = _ways(ch)
        double_s = ch == "s" and "ss" in folded[max(0, i - 1) : i + 2]
        if double_s or len(patterns) * len(ways) > _MAX_PATTERNS:
            ways, exact = ("%",), False
        patterns = [p + way for p in patterns for way in ways]
    return patterns, exact


@cache
def _ways(ch: str) -> tuple[str, ...]:
    """How a folded character may be written, for LIKE, which takes ASCII as the same in either case."""
    if ch.isascii():
        return ("\\" + ch if ch in "\\%_" else ch,)
    return tuple(sorted({ch, *_unfolded().get(ch, ())}))


@cache
def _unfolded() -> dict[str, list[str]]:
    """The capitals and other forms of each folded letter: European scripts and full-width Latin."""
    forms: dict[str, list[str]] = {}
    for code in (*range(0x80, 0x2C00), *range(0xFF21, 0xFF3B)):
        forms.setdefault(chr(code).casefold(), []).append(chr(code))
    return forms
