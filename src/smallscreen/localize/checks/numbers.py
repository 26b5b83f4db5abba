"""Numbers and units that were changed or lost on the way into an edition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smallscreen.localize.checks.base import UNSURE, Check, CheckContext, Unit, quote
from smallscreen.localize.checks.number_words import (
    WORD_LANGUAGES,
    figures,
    has_figures,
    line_numbers,
    plain_word,
)
from smallscreen.localize.checks.numerals import Number, may_hold_number, source_numbers
from smallscreen.series.model import Finding

_NUMBER_FREE = frozenset(
    {"idiom", "wordplay", "allusion", "slang", "kinship", "address", "custom", "food", "institution", "value"}
)
_HARMLESS = frozenset({1.0, 2.0, 24.0, 7.0, 100.0, 101.0, 110.0, 120.0, 911.0, 360.0, 0.0, 1000.0})


def numbers_of(ctx: CheckContext, unit: Unit) -> list[Number]:
    """The numbers of a unit's source, those inside culture-bound items left out."""
    if not may_hold_number(unit.source):
        return []
    found: list[Number] = []
    for cue in unit.cues:
        spans = [
            (b.start, b.end)
            for b in ctx.barriers_of.get(cue.id, ())
            if b.kind in _NUMBER_FREE and b.confidence >= UNSURE
        ]
        found += source_numbers(cue.text if spans else ctx.sources[cue.id], spans)
    return found


class Numbers(Check):
    """language.numbers"""

    id = "language.numbers"
    name = "Number changed or lost"
    description = (
        "A number of the source is not in the line, or the line has one that the source has not. Number words are "
        "read in English, Spanish, Portuguese, French, German, Indonesian and Japanese; elsewhere figures alone."
    )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        language = ctx.market.language
        units = ctx.units
        for at, unit in enumerate(units):
            if not unit.text or not unit.source:
                continue
            wanted = numbers_of(ctx, unit)
            if wanted:
                yield from self._missing(ctx, unit, wanted, language, units[max(0, at - 1) : at + 2])
            elif has_figures(unit.text):
                yield from self._added(ctx, unit, units[max(0, at - 1) : at + 2])

    def _missing(
        self, ctx: CheckContext, unit: Unit, wanted: list[Number], language: str, near: list[Unit]
    ) -> Iterator[Finding]:
        there = line_numbers(unit.text, language)
        missing = list({n.value: n for n in wanted if not n.said_by(there)}.values())
        if not missing or ctx.decided(unit.cues) is not None:
            return
        # The words of two cues may have changed places.
        around = [v for other in near if other is not unit for v in line_numbers(other.text, language)]
        missing = [n for n in missing if not n.said_by(around)]
        written = figures(unit.text)
        others = [
            v
            for v in (there if language in WORD_LANGUAGES else written)
            if v >= 2 and not any(n.said_by([v]) for n in wanted)
        ]
        for number in missing:
            changed = bool(others)
            if not changed and language not in WORD_LANGUAGES:
                continue
            shown = _plain(others[0]) if others else ""
            yield self.on_unit(
                ctx,
                unit,
                f"The source says {quote(number.text)} ({_plain(number.value)}); the line says {shown}."
                if changed
                else f"The source says {quote(number.text)} ({_plain(number.value)}); the line has no such number.",
                "Check the number against the source."
                if changed
                else "Say the number, or record why it may go.",
                evidence={
                    "source": number.text,
                    "value": number.value,
                    "line": [round(v, 2) for v in there[:6]],
                },
                confidence=round(min(0.9, number.sure + 0.1) if changed else number.sure, 2),
                severity="warning" if changed or (number.value > 10 and number.sure >= 0.8) else "note",
            )

    def _added(self, ctx: CheckContext, unit: Unit, near: list[Unit]) -> Iterator[Finding]:
        if any(may_hold_number(other.source) for other in near) or ctx.decided(unit.cues) is not None:
            return
        added = [v for v in figures(unit.text) if v not in _HARMLESS]
        if added:
            yield self.on_unit(
                ctx,
                unit,
                f"The line says {_plain(added[0])}, but the source has no number here.",
                "Check that the line belongs to this cue and that the number is meant.",
                evidence={"line": [round(v, 2) for v in added[:6]], "text": unit.text[:120]},
                confidence=0.6,
            )


# What a unit may be called in a line, as beginnings of words without accents; "$" and its like as they are.
def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_RIGHT: dict[str, tuple[str, ...]] = {
    "斤": _words("jin catt kati kilo kg gram pound lb libra livre pfund pon quilo weigh peso"),
    "公斤": _words("kilo kg gram quilo pound lb libra livre pfund weigh"),
    "里": _words("li km kilo quilo mile milla milha mil meil meter metro metre lieue legua"),
    "公里": _words("km kilo quilo mile milla milha mil meil"),
    "亩": _words("mu mou acre acker hect hekt meter metro metre land field tierra terra lahan tanah champ"),
    "块": _words(
        "yuan kuai rmb renminbi cny buck dollar dolar cent peso euro real reais rupiah pound quid sol soles"
        " cash money dinero plata dinheiro argent geld uang duit moneda moeda penny pennies dime jiao mao fen sou pila"
    ),
}
_RIGHT |= {"块钱": _RIGHT["块"], "元": _RIGHT["块"], "毛": _RIGHT["块"], "毛钱": _RIGHT["块"]}
# Words that, beside the same number, name another amount.
_WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "斤": (("kilo", "kg", "quilo"), "a jin is half a kilogram"),
    "里": (
        ("km", "kilomet", "quilomet", "mile", "milla", "milha", "mil", "meile"),
        "a li is half a kilometer, a third of a mile",
    ),
    "亩": (("acre", "hect", "hekt"), "a mu is a sixth of an acre, a fifteenth of a hectare"),
    "块": (
        ("dollar", "dolar", "euro", "peso", "real", "reais", "rupiah", "pound"),
        "a yuan is not worth the same",
    ),
}
_WRONG |= {"块钱": _WRONG["块"], "元": _WRONG["块"]}
_SIGNS = re.compile(r"[$€£¥￥₹฿₩]|\bR\$|\bRp\b")
_WRONG_SIGNS = re.compile(r"[$€£₹฿₩]|\bRp\b")
_WORD = re.compile(r"[^\W\d_]+")


class Units(Check):
    """language.units"""

    id = "language.units"
    name = "Unit changed or lost"
    description = "The number stayed but its unit became another (三斤 as “three kilos”, 五百块 as “$500”), or went away."
    languages = frozenset({"en", "es", "pt", "fr", "de", "id"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        units = ctx.units
        for at, unit in enumerate(units):
            if not unit.text or not may_hold_number(unit.source):
                continue
            for number in numbers_of(ctx, unit):
                if number.unit in _RIGHT and ctx.decided(unit.cues) is None:
                    yield from self._judge(
                        ctx, unit, number, " ".join(u.text for u in units[max(0, at - 4) : at + 5])
                    )

    def _judge(self, ctx: CheckContext, unit: Unit, number: Number, near: str) -> Iterator[Finding]:
        there = line_numbers(unit.text, ctx.market.language)
        if not number.said_by(there):
            return  # the number itself is missing: language.numbers says so
        words = [plain_word(w) for w in _WORD.findall(unit.text)]
        money = number.unit in ("块", "块钱", "元", "毛", "毛钱")
        same_number = any(v == number.value for v in there)
        wrong = _WRONG.get(number.unit)
        if wrong is not None and same_number:
            word = next(
                (w for w in words if w.startswith(wrong[0]) and w != "real" and not _thousand(w, ctx)), None
            )
            sign = _WRONG_SIGNS.search(unit.text) if money else None
            if word or sign:
                said = word or sign[0]  # type: ignore[index]
                yield self.on_unit(
                    ctx,
                    unit,
                    f"{quote(number.text)} became {_plain(number.value)} {said}: {wrong[1]}.",
                    "Convert the amount, keep the Chinese unit, or record why this one serves the scene better.",
                    evidence={"source": number.text, "value": number.value, "line_unit": said},
                    confidence=0.8,
                )
                return
                # "So refund it. It's just 30,000." needs no unit where the talk is of money anyway.
        if (money and _SIGNS.search(near)) or any(
            plain_word(w).startswith(_RIGHT[number.unit]) for w in _WORD.findall(near)
        ):
            return
        yield self.on_unit(
            ctx,
            unit,
            f"{quote(number.text)} has lost its unit.",
            "Name the unit, unless the scene makes it plain.",
            evidence={"source": number.text, "value": number.value, "text": unit.text[:120]},
            severity="note",
            confidence=0.4 if money else 0.6,
        )


def _thousand(word: str, ctx: CheckContext) -> bool:
    """In Spanish and Portuguese `mil` is a thousand; Indonesian `mil` is a mile."""
    return (
        word.startswith("mil")
        and word
        in ("mil", "million", "millions", "millon", "millones", "milhao", "milhoes", "milik", "milis")
        and (ctx.market.language != "id" or word != "mil")
    )


def _plain(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
