"""Where people comfort, thank, look after, forgive: where a story heals."""

from __future__ import annotations

from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote, strongest
from smallscreen.story.signals._amount import amount, who_says

REACH = 4
"""Lines within which care answers a weakness."""


class Care(Signal):
    """Expected lines that comfort, thank from the heart, encourage, look after, forgive or reconcile."""

    id = "care"
    name = "Care and healing"
    description = "somebody comforts, thanks from the heart, encourages, looks after, forgives; and whether care answers a weakness that was just shown"
    unit = "expected lines in a hundred"
    source = (
        "one label after the labelling guide of this project; perceived responsiveness, Reis and Shaver 1988"
    )
    order = 30
    measures = ("care",)

    def run(self, ctx: Context) -> SignalResult:
        found = []
        for passage, lines, expected in strongest(ctx, "care"):
            best = lines[0]
            said = f"{who_says(best)} cares for somebody: “{best.text}”"
            opened = _opened(ctx, best)
            evidence = {
                "lines": [quote(x, _value(x)) for x in lines],
                "expected_lines": expected,
                "of_lines": len(passage),
            }
            if opened is not None:
                said = (
                    f"{who_says(best)} answers {opened.who or 'somebody'}’s weakness with care: “{best.text}”"
                )
                evidence["answers"] = quote(opened, opened.p("vulnerability"))
            found.append(
                finding("story.care", passage.of(ctx.lines), said, evidence, confidence=_value(best), at=best)
            )
        figures = amount(ctx, _value)
        figures |= _met(ctx)
        return SignalResult(found, figures)


def _value(line: Told) -> float:
    return line.p("care")


def _around(ctx: Context, line: Told, before: int, after: int) -> list[Told]:
    lines = ctx.episodes[line.cue.episode]
    i = lines.index(line)
    return lines[max(0, i - before) : i + after + 1]


def _opened(ctx: Context, line: Told) -> Told | None:
    """The weakness, of somebody else where speakers are known, in the four lines before a caring line."""
    for other in reversed(_around(ctx, line, REACH, 0)[:-1]):
        if other.p("vulnerability") >= ctx.floor("vulnerability") and _another(other, line):
            return other
    return None


def _met(ctx: Context) -> dict[str, float]:
    """How often care follows within four lines, from somebody else: after a weakness, and after any line.

    Every line counts by its probability, so that no threshold decides.
    """
    weight = total = usual = 0.0
    for lines in ctx.episodes.values():
        for i, line in enumerate(lines):
            none = 1.0
            for other in lines[i + 1 : i + 1 + REACH]:
                none *= 1 - _value(other) * _another(line, other)
            weight += line.p("vulnerability")
            total += line.p("vulnerability") * (1 - none)
            usual += 1 - none
    return {
        "care_after_weakness": round(total / weight, 3) if weight else 0.0,
        "care_after_any_line": round(usual / max(1, len(ctx.lines)), 3),
    }


def _another(a: Told, b: Told) -> bool:
    return a.who is None or a.who != b.who
