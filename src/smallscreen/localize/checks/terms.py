"""Names and terms: the agreed rendering, and one rendering for one name.

A name is mentioned where it, or an alias that shares a character with it, stands in the source;
longer names are found first, so that 王孃孃 is not 孃孃. Aliases such as 外公, which several people
may bear, ask for no name in the line.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from smallscreen.localize.checks.base import Check, CheckContext, SeriesCheck, SeriesContext, Unit, quote
from smallscreen.localize.checks.words import SPACED, fold, loosely_in
from smallscreen.series.model import Finding, Series

_NAME_KINDS = frozenset({"kinship", "address", "name", "person"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A name or a term to look for. `asks` are the forms that ask for the rendering."""

    source: str
    kind: str  # "name", "address" (what a person is called) or "term"
    forms: tuple[str, ...]
    asks: frozenset[str]
    rendering: str | None
    others: tuple[str, ...] = ()
    """Renderings that serve as well: 小满 is the heroine's name and a season."""


def entries(ctx: CheckContext) -> list[Entry]:
    """The names and terms of the series, with their rendering for this market."""
    if ctx.series is None:
        return []
    found = []
    named: dict[str, list[str]] = {}
    terms = {term.source for term in ctx.series.terms}
    for character in ctx.series.characters:
        forms = [character.name, *character.aliases]
        rendering = ctx.rendering(character.renderings)
        for form in forms if rendering else ():
            named.setdefault(form, []).append(rendering or "")
        asks = {f for f in forms if f == character.name or (len(f) >= 2 and set(f) & set(character.name))}
        found.append(
            Entry(
                source=character.name,
                kind="name",
                forms=tuple(f for f in forms if len(f) >= 2 and f not in terms),
                asks=frozenset(asks - terms),
                rendering=rendering,
            )
        )
    for term in ctx.series.terms:
        if term.source.strip():
            kind = "address" if term.kind in _NAME_KINDS else "term"
            others = tuple(named.get(term.source, ()))
            asked = frozenset({term.source})
            found.append(
                Entry(
                    term.source,
                    "address" if others else kind,
                    (term.source,),
                    asked,
                    ctx.rendering(term.renderings),
                    others,
                )
            )
    return found


class Mentions:
    """Finds which entries a source text mentions, and in which form."""

    def __init__(self, found: Sequence[Entry]) -> None:
        self._of: dict[str, Entry] = {}
        for entry in found:
            for form in entry.forms:
                self._of.setdefault(form, entry)
        forms = sorted(self._of, key=lambda f: (-len(f), f))
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, source: str) -> list[tuple[Entry, str]]:
        """The entries that `source` mentions, each once, with the first form used."""
        if self._pattern is None:
            return []
        seen: dict[str, tuple[Entry, str]] = {}
        for match in self._pattern.finditer(source):
            entry = self._of[match[0]]
            if entry.source not in seen or match[0] in entry.asks:
                seen.setdefault(entry.source, (entry, match[0]))
        return list(seen.values())


def shows(entry: Entry, text: str, language: str) -> bool:
    """Whether the line has the entry's rendering; of a name one part is enough (“Xiaoman” for “Lin Xiaoman”)."""
    for rendering in (entry.rendering, *entry.others):
        if rendering is None:
            continue
        if loosely_in(rendering, text, language):
            return True
        if entry.kind != "term" and any(
            loosely_in(part, text, language) for part in _parts(rendering, language)
        ):
            return True
    return False


def _parts(rendering: str, language: str) -> list[str]:
    if language in SPACED or " " in rendering:
        return [p for p in re.split(r"[\s·・]+", rendering) if len(p) >= 3]
    # 林小満: the given name is what follows the surname's one character.
    return [p for p in (*re.split("[·・]", rendering), rendering[1:]) if len(p) >= 2]


_PRONOUN = {
    "en": re.compile(r"\b(?:he|him|his|she|her|hers|they|them|you|your|yours)\b", re.IGNORECASE),
}


class NameMissing(Check):
    """terms.name-missing"""

    id = "terms.name-missing"
    name = "Name left out"
    description = (
        "The source names a person and the line does not. Often right (a pronoun serves), hence a note; where the "
        "whole cue calls the person, a warning."
    )
    severity = "note"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        yield from _missing(self, ctx, {"name", "address"})


class TermMissing(Check):
    """terms.term-missing"""

    id = "terms.term-missing"
    name = "Agreed rendering not used"
    description = (
        "The source has a term whose rendering is agreed, and the line does not have that rendering."
    )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        yield from _missing(self, ctx, {"term"})


def _missing(check: Check, ctx: CheckContext, kinds: set[str]) -> Iterator[Finding]:
    wanted = [e for e in entries(ctx) if e.rendering]
    if not wanted:
        return
    mentions = Mentions(entries(ctx))
    language = ctx.market.language
    pronoun = _PRONOUN.get(language)
    units = ctx.units
    for at, unit in enumerate(units):
        if not unit.text:
            continue
        for entry, form in mentions(unit.source):
            if entry.kind not in kinds or form not in entry.asks or not entry.rendering:
                continue
            if shows(entry, unit.text, language):
                continue
            agreed = entry.others[0] if entry.others else entry.rendering
            called = entry.kind != "term" and len(_letters(unit.source)) <= len(form) + 1
            if entry.kind != "term":
                if any(
                    shows(entry, u.text, language) for u in units[max(0, at - 1) : at + 2] if u is not unit
                ):
                    continue
                if not called and pronoun is not None and pronoun.search(unit.text):
                    continue
            if ctx.decided(unit.cues) is not None:
                continue
            if entry.kind == "term":
                message = (
                    f"{quote(form)} is agreed as {quote(agreed)}; the line has it otherwise, or not at all."
                )
                suggestion = "Use the agreed rendering, change the agreement, or record the reason."
                severity, confidence = "warning", 0.7
            else:
                message = f"The source says {quote(form)}; the line does not say {quote(agreed)}."
                suggestion = "Say the name where viewers need it to know who is meant."
                severity, confidence = ("warning", 0.5) if called else ("note", 0.3)
            yield check.on_unit(
                ctx,
                unit,
                message,
                suggestion,
                evidence={"source": form, "agreed": agreed, "text": unit.text[:120]},
                severity=severity,
                confidence=confidence,
            )


def _letters(source: str) -> str:
    return "".join(c for c in source if c.isalnum())


class NameSwapped(Check):
    """terms.name-swapped"""

    id = "terms.name-swapped"
    name = "Another person's name"
    description = "The source names one person; the line names another, whom neither this cue nor its neighbors mention."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        people = [e for e in entries(ctx) if e.kind == "name" and e.rendering]
        if len(people) < 2:
            return
        mentions = Mentions(entries(ctx))
        language = ctx.market.language
        shared = Counter(
            part for e in people for part in {fold(p) for p in _parts(e.rendering or "", language)}
        )
        own = {
            e.source: [p for p in _parts(e.rendering or "", language) if shared[fold(p)] == 1] for e in people
        }
        units = ctx.units
        for at, unit in enumerate(units):
            if not unit.text:
                continue
            here = {e.source: (e, form) for e, form in mentions(unit.source)}
            missing = [
                (e, form)
                for e, form in here.values()
                if e.kind == "name" and form in e.asks and e.rendering and not shows(e, unit.text, language)
            ]
            if not missing:
                continue
            near = "\n".join(u.source for u in units[max(0, at - 1) : at + 2])
            around = {e.source for e, _ in mentions(near)}
            for other in people:
                if other.source in around or other.source in here:
                    continue
                said = next(
                    (p for p in own[other.source] if loosely_in(p, unit.text, language, inflected=False)),
                    None,
                )
                # Someone may be called by a kin term that the entries give to another rendering.
                if said is None or any(said in (e.rendering or "") for e, _ in mentions(near)):
                    continue
                entry, form = missing[0]
                yield self.on_unit(
                    ctx,
                    unit,
                    f"The source names {quote(form)}, but the line names {quote(said)} ({other.source}).",
                    f"Write {quote(entry.rendering or '')}, or check that the line belongs to this cue.",
                    evidence={
                        "source": form,
                        "agreed": entry.rendering,
                        "found": said,
                        "text": unit.text[:120],
                    },
                    confidence=0.8,
                )
                break


_CAPITALIZED = re.compile(r"[A-ZÀ-ÖØ-ÞĐ][\w'’]*")
_LEAST = 3  # mentions, below which nothing is said about what is usual


class TwoRenderings(SeriesCheck):
    """terms.two-renderings"""

    id = "terms.two-renderings"
    name = "Two renderings for one name"
    description = (
        "A name is written in more than one way over the edition. Capitalized words that keep company with the name "
        "are counted; those that are nearly the usual one, or that take its place, are reported. Latin script only."
    )
    languages = frozenset({"en", "es", "pt", "fr", "de", "id", "vi"})

    def run(self, ctx: SeriesContext) -> Iterator[Finding]:
        known = entries(ctx.first)
        if not known and not any(c.speaker for e in ctx.episodes for c in e.cues):
            return
        known += _speakers(ctx, known)
        mentions = Mentions(known)
        everywhere: Counter[str] = Counter()
        lower: set[str] = set()
        where: dict[str, list[tuple[CheckContext, Unit]]] = {}
        for episode in ctx.episodes:
            for unit in episode.units:
                if not unit.text:
                    continue
                everywhere.update(set(_names_in(unit.text)))
                lower.update(w for w in re.findall(r"[^\W\d_]+", unit.text) if w.islower())
                for entry, form in mentions(unit.source):
                    if form in entry.asks:
                        where.setdefault(entry.source, []).append((episode, unit))
        taken = {fold(p): e.source for e in known if e.rendering for p in [e.rendering, *e.rendering.split()]}
        language = ctx.market.language
        for entry in known:
            places = where.get(entry.source, [])
            if len(places) < _LEAST or entry.kind == "term":
                continue
            yield from self._one(entry, places, everywhere, lower, taken, language)

    def _one(
        self,
        entry: Entry,
        places: list[tuple[CheckContext, Unit]],
        everywhere: Counter[str],
        lower: set[str],
        taken: dict[str, str],
        language: str,
    ) -> Iterator[Finding]:
        company: Counter[str] = Counter()
        for _, unit in places:
            company.update(
                name
                for name in set(_names_in(unit.text))
                # A word that also stands in lower case only began a sentence.
                if not (" " not in name and name.lower() in lower)
            )
        usual = entry.rendering or _usual(company, everywhere, len(places), taken)
        if usual is None:
            return
        parts = [usual, *(p for p in re.split(r"[\s-]+", usual) if len(p) >= 3)]
        count = sum(
            1 for _, unit in places if any(loosely_in(p, unit.text, language, inflected=False) for p in parts)
        )
        if count == 0:
            return
        for episode, unit in places:
            if any(loosely_in(p, unit.text, language, inflected=False) for p in parts):
                continue
            for name in sorted(set(_names_in(unit.text)), key=lambda n: (-len(n), n)):
                if fold(name) in taken and taken[fold(name)] != entry.source:
                    continue
                if _bare(name, language) != name and (
                    _bare(name, language) in parts or fold(_bare(name, language)) in taken
                ):
                    continue
                variant = any(_nearly(name, p) for p in parts)
                instead = (
                    not variant
                    and 2 <= company[name] < count
                    and company[name] >= 0.9 * everywhere[name]
                    and company[name] >= 0.1 * len(places)
                )
                if variant or instead:
                    yield self.on_unit(
                        episode,
                        unit,
                        f"{entry.source} is {quote(usual)} in {count} lines, but {quote(name)} here.",
                        f"Write {quote(usual)} throughout, or agree on another rendering.",
                        evidence={"source": entry.source, "usual": usual, "lines": count, "found": name},
                        confidence=0.85 if variant else 0.6,
                    )
                    break


def _speakers(ctx: SeriesContext, known: list[Entry]) -> list[Entry]:
    """Speakers of the cues that the series does not list among its characters."""
    listed = {form for entry in known for form in entry.forms} | {e.source for e in known}
    names = {c.speaker for e in ctx.episodes for c in e.cues if c.speaker and 2 <= len(c.speaker) <= 6}
    return [Entry(n, "name", (n,), frozenset({n}), None) for n in sorted(names - listed)]


def _names_in(text: str) -> list[str]:
    """Capitalized words of a line, and runs of two or three of them."""
    words = [(m.start(), m.end(), re.sub(r"['’]s?$", "", m[0])) for m in _CAPITALIZED.finditer(text[:600])]
    found = [word for _, _, word in words if len(word) >= 2]
    for size in (2, 3):
        for first in range(len(words) - size + 1):
            run = words[first : first + size]
            if all(text[a[1] : b[0]] in (" ", "-") for a, b in itertools.pairwise(run)):
                found.append(" ".join(word for _, _, word in run))
    return found


def _usual(company: Counter[str], everywhere: Counter[str], places: int, taken: dict[str, str]) -> str | None:
    """What mostly stands where the name is mentioned, and hardly anywhere else."""
    best = [
        (count, len(name), name)
        for name, count in company.items()
        if count >= max(_LEAST, 0.4 * places) and count >= 0.5 * everywhere[name] and fold(name) not in taken
    ]
    return max(best)[2] if best else None


def _bare(name: str, language: str) -> str:
    """A name without what Indonesian and Malay hang on it: Kakekmu, Neneknya."""
    return re.sub(r"(?:ku|mu|nya)$", "", name) if language in ("id", "ms") else name


def _nearly(name: str, usual: str) -> bool:
    """The same name spelled otherwise: Xiao Man, Xiaomen for Xiaoman."""
    one, two = (re.sub(r"[\s'’-]", "", fold(text)) for text in (name, usual))
    if one == two:
        return name != usual
    if min(len(one), len(two)) < 5 or abs(len(one) - len(two)) > 2 or one[0] != two[0]:
        return False
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= 0.82


def agreed_renderings(series: Series | None, locale: str, language: str) -> dict[str, str]:
    """The agreed rendering of every name and term that has one for this market, by its source text."""
    found: dict[str, str] = {}
    if series is not None:
        for item, key in [(c, c.name) for c in series.characters] + [(t, t.source) for t in series.terms]:  # type: ignore[misc]
            rendering = item.renderings.get(locale) or item.renderings.get(language)
            if rendering:
                found[key] = rendering
    return found
