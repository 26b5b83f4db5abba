"""Does the line say what the source says: is it there, and of a likely length?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from smallscreen.localize.checks.base import (
    Check,
    CheckContext,
    SeriesCheck,
    SeriesContext,
    Unit,
    letters,
    quote,
)
from smallscreen.series.model import Finding

_SOUND = re.compile(r"^[嗯啊哦噢喔呃额唉哎诶欸嘿哈呵哼嗨喂呀哇哟咦嘘呜唔嗯哪呐啦嘛呢吧 ]*$")


class Empty(Check):
    """adequacy.empty"""

    id = "adequacy.empty"
    name = "No line"
    description = (
        "A cue with words has no line, or an empty one. One finding an episode where no cue has a line."
    )
    severity = "error"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        wanting = [unit for unit in ctx.units if letters(unit.source) and not letters(unit.text)]
        with_words = sum(1 for unit in ctx.units if letters(unit.source))
        if with_words > 1 and len(wanting) == with_words:
            yield self.on_unit(
                ctx,
                wanting[0],
                f"The episode has no line yet; {with_words} cues wait for one.",
                "Draft the episode.",
                evidence={"cues": with_words},
            )
            return
        for unit in wanting:
            sound = _SOUND.match(re.sub(r"\W", "", unit.source)) is not None
            draft = ctx.decided(unit.cues)
            if draft is not None and draft.strategy == "omission":
                continue
            yield self.on_unit(
                ctx,
                unit,
                f"{quote(unit.source, 40)} has no line."
                if not unit.text
                else f"{quote(unit.source, 40)} has a line without words.",
                "Fine if the sound speaks for itself."
                if sound
                else "Write the line, or record that it is left out and why.",
                evidence={"source": unit.source[:120], "text": unit.text[:120]},
                severity="note" if sound else "error",
            )


@dataclass(frozen=True, slots=True)
class LengthModel:
    """How long this edition's lines are for their sources: `rate` letters a source letter, with a spread.

    The rate is the median over the edition and the spread the median absolute deviation of the
    logarithm, both learnt from the edition itself; `PAD` letters keep short lines from standing out.
    """

    rate: float
    spread: float
    units: int

    def deviation(self, source: int, text: int) -> float:
        """How many robust standard deviations a line is too long (+) or too short (-)."""
        expected = self.rate * source
        return math.log((text + PAD) / (expected + PAD)) / self.spread


PAD = 6.0
LEAST_UNITS = 40
"""Fewer lines than this teach nothing about length."""
FAR = 4.0
"""Robust standard deviations from which a length is reported."""


def length_model(pairs: Sequence[tuple[int, int]]) -> LengthModel | None:
    """Learns from (letters of the source, letters of the line); None from fewer than `LEAST_UNITS`."""
    useful = [(s, t) for s, t in pairs if s >= 2 and t >= 1]
    if len(useful) < LEAST_UNITS:
        return None
    rate = median(t / s for s, t in useful)
    if not rate > 0:
        return None
    centers = [math.log((t + PAD) / (rate * s + PAD)) for s, t in useful]
    middle = median(centers)
    spread = 1.4826 * median(abs(c - middle) for c in centers)
    # An edition of one repeated line has no spread; a tenth is less than any real edition has.
    return LengthModel(rate, max(spread, 0.1), len(useful))


def unit_lengths(unit: Unit) -> tuple[int, int]:
    """Letters of the source and of the line."""
    return len(letters(unit.source)), len(letters(unit.text))


class Length(SeriesCheck):
    """adequacy.length"""

    id = "adequacy.length"
    name = "Far too short or too long"
    description = (
        "The line is far shorter or longer than its source lets expect; what is usual is learnt from the edition "
        f"itself (median and MAD, at least {LEAST_UNITS} lines)."
    )

    def run(self, ctx: SeriesContext) -> Iterator[Finding]:
        measured = [(e, u, *unit_lengths(u)) for e in ctx.episodes for u in e.units if u.text and u.source]
        model = length_model([(s, t) for _, _, s, t in measured])
        if model is None:
            ctx.summary.not_run[self.id] = (
                f"an edition of fewer than {LEAST_UNITS} lines does not show what length is usual"
            )
            return
        ctx.summary.figures[self.id] = {
            "letters_per_source_letter": round(model.rate, 2),
            "spread": round(model.spread, 3),
            "lines": model.units,
        }
        for episode, unit, source, text in measured:
            if source == 0 or text == 0:
                continue
            deviation = model.deviation(source, text)
            ratio = text / (model.rate * source)
            # The words alone decide where both are tiny; half and double are within any translator's freedom.
            if (
                abs(deviation) < FAR
                or 0.4 < ratio < 2.5
                or max(source, text) < 5
                or abs(text - model.rate * source) < 10
            ):
                continue
            if episode.decided(unit.cues) is not None:
                continue
            short = deviation < 0
            yield self.on_unit(
                episode,
                unit,
                f"The line has {text} letters where about {model.rate * source:.0f} are usual in this edition.",
                "Check that nothing is missing."
                if short
                else "Check that nothing was added, and that it belongs to this cue.",
                evidence={
                    "source_letters": source,
                    "letters": text,
                    "usual": round(model.rate * source, 1),
                    "deviation": round(deviation, 2),
                },
                confidence=round(min(0.9, 0.5 + 0.05 * (abs(deviation) - FAR)), 2),
            )
