"""Is it the market's language, in its own writing, and whole?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from smallscreen.localize.checks.base import Check, CheckContext, letters, quote
from smallscreen.localize.checks.words import DOUBLED, TELLING, WORD, language_votes
from smallscreen.series.model import Finding
from smallscreen.series.text import HAN

_HAN_RUN = re.compile(f"[{HAN}]+")
_KANA = re.compile("[\u3040-\u30ff]")


class Untranslated(Check):
    """language.untranslated"""

    id = "language.untranslated"
    name = "Chinese left in the line"
    description = "Chinese characters stand in the line of a market that cannot read them; in Japanese, the whole source does."
    severity = "error"
    spare = frozenset({"zh"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        japanese = ctx.market.language == "ja"
        for row in ctx.rows:
            if row.text.isascii():
                continue
            if japanese:
                own = letters(row.flat)
                if len(own) >= 4 and not _KANA.search(own) and own == letters(ctx.source_of(row.line)):
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"The line is the Chinese source itself: {quote(row.flat, 30)}.",
                        "Translate it.",
                        evidence={"text": row.flat[:80]},
                    )
                continue
            runs = _HAN_RUN.findall(row.flat)
            if runs:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Chinese is left in the line: {quote(runs[0], 30)}.",
                    "Translate it, or write it in the market's letters.",
                    evidence={"chinese": [run[:40] for run in runs[:5]]},
                )


_SCRIPTS: dict[str, re.Pattern[str]] = {
    "Latn": re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]"),
    "Arab": re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Deva": re.compile(r"[\u0900-\u097f]"),
    "Kore": re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]"),
    "Jpan": re.compile(f"[\u3040-\u30ff{HAN}]"),
}


class WrongLanguage(Check):
    """language.wrong-language"""

    id = "language.wrong-language"
    name = "Another language"
    description = (
        "The line is in another script than the market's, or its small words are those of another language."
    )
    severity = "error"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        own = _SCRIPTS.get(ctx.market.script)
        language = ctx.market.language
        latin = ctx.market.script == "Latn"
        for row in ctx.rows:
            flat = row.flat
            if own is not None and not own.search(flat):
                count = sum(1 for c in flat if c.isalpha())
                if count >= (3 if latin else 12) and not (latin and _HAN_RUN.search(flat)):
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"The line has no letter of the market's script: {quote(flat, 40)}.",
                        "Translate it.",
                        evidence={"text": flat[:120]},
                        confidence=0.9 if latin else 0.7,
                    )
                continue
            if not latin or len(flat) < 12:
                continue
            words = [w.replace("’", "'") for w in WORD.findall(flat.lower())]
            if len(words) < 4:
                continue
            own_words = TELLING.get(language)
            if own_words is not None and not own_words.isdisjoint(words):
                continue
            votes = language_votes(words)
            other = max(votes, key=lambda name: votes[name])
            if own_words is None and any(not w.isascii() for w in words):
                continue  # Vietnamese
            if other != language and votes[other] >= 3 and votes[other] * 3 >= len(words):
                yield self.on_line(
                    ctx,
                    row.line,
                    f"The line seems to be in another language ({other}): {quote(flat, 40)}.",
                    "Translate it.",
                    evidence={"text": flat[:120], "language": other, "telling_words": votes[other]},
                    confidence=0.85,
                )


_MIXED = re.compile(
    r"[A-Za-zÀ-ɏ][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-zÀ-ɏ]|[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)


class MixedScripts(Check):
    """language.mixed-scripts"""

    id = "language.mixed-scripts"
    name = "Letters of two scripts in a word"
    description = (
        "A Cyrillic or Greek letter stands in a Latin word, or Latin letters and digits are full width."
    )
    spare = frozenset({"zh", "ja"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        for row in ctx.rows:
            if row.text.isascii():
                continue
            match = _MIXED.search(row.flat)
            if match:
                start = row.flat.rfind(" ", 0, match.start()) + 1
                word = row.flat[start : start + 40].split(" ")[0]
                yield self.on_line(
                    ctx,
                    row.line,
                    f"{quote(word, 30)} mixes letters that only look alike.",
                    "Type the word again in the market's own letters.",
                    evidence={"word": word[:40], "code_points": [f"U+{ord(c):04X}" for c in match[0]]},
                )


_DAMAGED = re.compile(
    "\ufffd|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|Ã[\u0080-\u00bf©¡±³]|â€[™œ\u009d¦“”]|ï»¿|Â[\u00a0-\u00bf]|锟斤拷|烫烫烫"
)


class Damaged(Check):
    """language.damaged"""

    id = "language.damaged"
    name = "Damaged characters"
    description = "The text was read in a wrong encoding somewhere (Ã©, â€™, �) or holds control characters."
    severity = "error"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        for row in ctx.rows:
            match = _DAMAGED.search(row.text)
            if match:
                around = row.text[max(0, match.start() - 10) : match.end() + 10]
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Characters are damaged near {quote(repr(around)[1:-1], 40)}.",
                    "Import the draft again in its right encoding, or retype the line.",
                    evidence={"code_points": [f"U+{ord(c):04X}" for c in match[0]]},
                )


class RepeatedLine(Check):
    """language.repeated-line"""

    id = "language.repeated-line"
    name = "Line given twice"
    description = "Two lines that follow each other say the same, though their sources do not."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        before: tuple[str, str] | None = None
        for unit in ctx.units:
            if not unit.text:
                continue
            text, source = letters(unit.text), letters(unit.source)
            if (
                before is not None
                and text == before[0]
                and len(text) >= 6
                and source
                and source != before[1]
                and source not in before[1]
                and before[1] not in source
            ):
                yield self.on_unit(
                    ctx,
                    unit,
                    f"The same line as before, but the source differs: {quote(unit.source, 30)}.",
                    "Check that no line was skipped when the draft was made.",
                    evidence={"text": unit.text[:120], "source": unit.source[:60]},
                    confidence=0.8,
                )
            before = (text, source)


_TWICE = re.compile(r"(?<![\w'’-])([^\W\d_]{1,12})\s+\1(?![\w'’-])", re.IGNORECASE)


class DoubledWord(Check):
    """language.doubled-word"""

    id = "language.doubled-word"
    name = "Word given twice"
    description = (
        "A small word stands twice in a row (“the the”); words that excited people do repeat are left alone."
    )
    languages = frozenset(DOUBLED)

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        small = DOUBLED[ctx.market.language]
        for row in ctx.rows:
            for match in _TWICE.finditer(row.flat):
                if match[1].lower() in small:
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"{quote(match[0], 30)}: the word stands twice.",
                        "Delete one.",
                        evidence={"words": match[0]},
                        confidence=0.9,
                    )
                    break
