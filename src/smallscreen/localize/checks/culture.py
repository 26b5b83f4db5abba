"""What became of the culture-bound items: rendered word for word, or dropped without a word.

Whether a line is word for word can be seen in two ways. In English the item's characters and its
literal gloss are matched with the line's words (literal.py). In any language a literal draft,
where there is one, is compared with the line. Without either the check does not run, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from smallscreen.localize.checks.base import UNSURE, Check, CheckContext, Unit, letters, quote
from smallscreen.localize.checks.literal import judge, model
from smallscreen.localize.checks.terms import agreed_renderings
from smallscreen.localize.checks.words import WORD, content_stems, fold, loosely_in
from smallscreen.series.model import Barrier, Finding

LITERAL_SHARE = 0.6
"""Share of the gloss's content words found in the line from which a short item counts as word for word."""
SAME_DRAFT = 0.8
"""Share of words that a line has in common with the literal draft from which it counts as the same."""
LONE = 0.65
"""How sure it must be where one word alone shows it."""
CERTAIN = 0.95
"""How sure it must be of offices and forms of address, with all characters rendered: their words often are their sense."""
SHORT = 2
"""Characters up to which an item is too short for the model: its literal gloss decides alone, too."""
FIGURES = frozenset({"idiom", "slang", "wordplay", "allusion", "value"})
"""Kinds whose words say something else than they mean; of the others the words alone prove little."""


class Literal(Check):
    """culture.literal"""

    id = "culture.literal"
    name = "Rendered word for word"
    description = (
        "A culture-bound item that loses its meaning word for word (need 2 or 3) stands word for word in the line: by "
        "its characters and its gloss in English, by comparison with a literal draft in any language."
    )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        english = ctx.market.language == "en"
        if not english and not ctx.literal_drafts:
            ctx.summary.not_run[self.id] = (
                "glosses are in English, and there is no literal draft to compare with"
            )
            return
        agreed = agreed_renderings(ctx.series, ctx.market.locale, ctx.market.language)
        names = _names(ctx)
        for unit in ctx.units:
            if not unit.text:
                continue
            for cue in unit.cues:
                for barrier in ctx.barriers_of.get(cue.id, ()):
                    if barrier.need < 2 or barrier.text in names or _settled(ctx, barrier, agreed, unit.text):
                        continue
                    unsure = barrier.confidence < UNSURE
                    # A guess of which nobody can say what it means helps no editor.
                    if unsure and not barrier.meaning:
                        continue
                    draft = ctx.drafts.get(cue.id)
                    decided = (
                        draft is not None and bool(draft.strategy) and bool((draft.reason or "").strip())
                    )
                    if decided and draft is not None and draft.strategy == "direct-translation":
                        continue
                    seen = _word_for_word(ctx, barrier, unit) if english else None
                    same = 0.0
                    literal = ctx.literal_drafts.get(cue.id) if ctx.literal_drafts else None
                    # Dialect without a gloss of its own is no figure of speech: 啥子 is just "what".
                    if not seen and literal is not None and (barrier.literal or barrier.kind != "slang"):
                        same = _overlap(literal.text, draft.text if draft is not None else unit.text)
                    if not seen and same < SAME_DRAFT:
                        continue
                    meaning = f" It means {quote(barrier.meaning)}." if barrier.meaning else ""
                    ways = [s.replace("-", " ") for s in barrier.strategies if s != "direct-translation"][:2]
                    sure, evidence = seen or (0.7, {"same_as_literal_draft": round(same, 2)})
                    yield self.on_unit(
                        ctx,
                        unit,
                        f"{quote(barrier.text)} is rendered word for word.{meaning}",
                        _advice(barrier, ctx, ways),
                        cue=cue.id,
                        evidence={
                            "source": barrier.text,
                            "literal": barrier.literal,
                            **evidence,
                            "text": unit.text[:160],
                        },
                        severity="note" if decided or unsure else "error" if barrier.need >= 3 else "warning",
                        confidence=round(sure * max(0.5, barrier.confidence), 2),
                    )


def _word_for_word(ctx: CheckContext, barrier: Barrier, unit: Unit) -> tuple[float, dict[str, object]] | None:
    """How sure it is that the English line has the item word for word, and what shows it; None if it has not."""
    seen = judge(
        barrier.text,
        unit.text,
        source=unit.source,
        gloss=barrier.literal,
        meaning=barrier.meaning,
        suggestion=barrier.suggestions.get("en", ""),
    )
    evidence: dict[str, object] = {
        "sure": round(seen.sure, 2),
        "pairs": [f"{character} {word}" for character, word in seen.pairs],
        "share": round(seen.share, 2),
        "words": list(seen.words),
    }
    figure = barrier.kind in FIGURES
    whole = len(seen.pairs) == seen.characters
    if figure and seen.sure >= model().threshold:
        # One word may stand there by chance, unless it is all there is to render or a picture; two hardly do.
        alone = seen.sure >= LONE and seen.characters >= 3 and bool(seen.pairs) and seen.pictured
        if whole or alone or max(len(seen.pairs), len(seen.words)) >= 2:
            return seen.sure, evidence
    if barrier.kind in ("institution", "address") and whole and seen.sure >= CERTAIN:
        return seen.sure, evidence
    if barrier.kind == "kinship" and (kin := _KIN.search(fold(unit.text))):
        return 0.6, evidence | {"words": [kin[0]]}
    by_gloss = len(barrier.text) <= SHORT or not figure
    if by_gloss and seen.share >= LITERAL_SHARE and (len(seen.words) >= 2 or len(seen.words[0]) >= 4):
        return (0.85 if len(seen.words) >= 2 else 0.5), evidence
    return None


_KIN = re.compile(
    r"\b(?:(?:maternal|paternal) (?:(?:grand|step)?(?:father|mother|parents|son|daughter)|uncle|aunt)"
    r"|(?:elder|older|younger|eldest|youngest) (?:brother|sister|uncle|aunt)|(?:uncle|brother|son|nephew)'s wife"
    r"|(?:aunt|sister|daughter|niece)'s husband)\b"
)
"""Kin spelt out as the Chinese has it and as no one says it to their face; "Auntie Mei" is not."""


class Dropped(Check):
    """culture.dropped"""

    id = "culture.dropped"
    name = "Silently dropped"
    description = (
        "Nothing in the line accounts for a culture-bound item of need 2 or 3, and no decision was recorded: neither a "
        "suggestion, nor its gloss, nor its meaning is there, and the line is short for its source. English, and other "
        "languages for which the item has a suggestion."
    )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        language = ctx.market.language
        agreed = agreed_renderings(ctx.series, ctx.market.locale, language)
        names = _names(ctx)
        judged = False
        rate = _rate(ctx)
        for unit in ctx.units:
            if not unit.text:
                continue
            # Amounts are the affair of language.numbers and language.units.
            barriers = [
                (c, b)
                for c in unit.cues
                for b in ctx.barriers_of.get(c.id, ())
                if b.need >= 2 and b.text not in names and b.kind != "measure"
            ]
            for cue, barrier in barriers:
                suggestion = barrier.suggestions.get(language)
                if language != "en" and not suggestion:
                    continue
                judged = True
                if ctx.decided((cue,)) is not None or _settled(ctx, barrier, agreed, unit.text):
                    continue
                # A paraphrase shares no word with its gloss but takes room; where the item is gone, the line
                # is about as long as the rest of the source needs.
                rest = len(letters(unit.source)) - len(letters(barrier.text))
                if rate is None or len(letters(unit.text)) > rate * max(rest, 0) + 2:
                    continue
                literal = ctx.literal_drafts.get(cue.id) if ctx.literal_drafts else None
                if literal is not None and _overlap(literal.text, unit.text) >= SAME_DRAFT:
                    continue  # it is there, word for word: culture.literal's affair
                if _accounted(barrier, suggestion, unit.text, language):
                    continue
                yield self.on_unit(
                    ctx,
                    unit,
                    f"Nothing in the line accounts for {quote(barrier.text)}."
                    + (f" It means {quote(barrier.meaning)}." if barrier.meaning else ""),
                    f"Render it, for instance {quote(suggestion)}, or record why it may go."
                    if suggestion
                    else "Render it, or record why it may go.",
                    cue=cue.id,
                    evidence={
                        "source": barrier.text,
                        "kind": barrier.kind,
                        "meaning": barrier.meaning,
                        "text": unit.text[:160],
                    },
                    severity="warning" if barrier.need >= 3 and barrier.confidence >= UNSURE else "note",
                    confidence=round(0.6 * max(0.5, barrier.confidence), 2),
                )
        if not judged and language != "en" and any(b.need >= 2 for b in ctx.barriers):
            ctx.summary.not_run.setdefault(self.id, f"no item has a suggestion in {language} to look for")


def _names(ctx: CheckContext) -> set[str]:
    """What people are called: whether a name is rendered is the affair of the checks of terms."""
    if ctx.series is None:
        return set()
    return {form for character in ctx.series.characters for form in (character.name, *character.aliases)}


def _rate(ctx: CheckContext) -> float | None:
    """Letters of a line for one letter of its source, the episode's median; None from fewer than 12 lines."""
    rates = [
        t / s
        for unit in ctx.units
        if (s := len(letters(unit.source))) >= 2 and (t := len(letters(unit.text)))
    ]
    return median(rates) if len(rates) >= 12 else None


def _accounted(barrier: Barrier, suggestion: str | None, text: str, language: str) -> bool:
    """Whether a word of the suggestion, the meaning or the gloss is in the line, or the item itself."""
    folded = fold(text)
    if barrier.text in text:
        return True
    if suggestion:
        words = [w for w in WORD.findall(fold(suggestion)) if len(w) >= 4]
        if any(w[: max(4, len(w) - 2)] in folded for w in words) or loosely_in(suggestion, text, language):
            return True
    if language == "en":
        there = set(content_stems(text))
        return any(s in there for s in content_stems(f"{barrier.meaning} {barrier.literal}"))
    return False


def _settled(ctx: CheckContext, barrier: Barrier, agreed: dict[str, str], text: str) -> bool:
    """Whether the item has an agreed rendering that the line uses, or the suggestion itself stands there."""
    wanted = [r for source, r in agreed.items() if source in barrier.text or barrier.text in source]
    suggestion = barrier.suggestions.get(ctx.market.language)
    if suggestion:
        wanted.append(suggestion)
    return any(loosely_in(r, text, ctx.market.language) for r in wanted)


def _overlap(one: str, two: str) -> float:
    """Words two texts share, as a part of the words of both (Jaccard); characters where there are no spaces."""
    first, second = set(WORD.findall(fold(one))), set(WORD.findall(fold(two)))
    if len(first) < 3 or len(second) < 3:
        return 1.0 if letters(one) and letters(one) == letters(two) else 0.0
    return len(first & second) / len(first | second)


def _advice(barrier: Barrier, ctx: CheckContext, ways: list[str]) -> str:
    suggestion = barrier.suggestions.get(ctx.market.language)
    if suggestion:
        return f"For instance {quote(suggestion)}" + (f" ({ways[0]})." if ways else ".")
    return f"Consider {' or '.join(ways)}." if ways else "Say what it does here instead of what it says."
