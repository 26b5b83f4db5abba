"""Where people comfort, thank, look after, forgive: where a story heals."""

from __future__ import annotations

from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote, strongest
from smallscreen.story.signals._amount import amount, who_says


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
        for passage, lines, expected in strongest(ctx, _value):
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
        weak = [x for x in ctx.lines if x.p("vulnerability") >= 0.5]
        met = sum(_met(ctx, x) for x in weak)
        figures["weakness_shown"] = len(weak)
        figures["weakness_met_with_care"] = met
        return SignalResult(found, figures)


def _value(line: Told) -> float:
    return line.p("care")


def _around(ctx: Context, line: Told, before: int, after: int) -> list[Told]:
    lines = ctx.episodes[line.cue.episode]
    i = lines.index(line)
    return lines[max(0, i - before) : i + after + 1]


def _opened(ctx: Context, line: Told) -> Told | None:
    """The weakness, of somebody else where speakers are known, in the four lines before a caring line."""
    for other in reversed(_around(ctx, line, 4, 0)[:-1]):
        if other.p("vulnerability") >= 0.5 and (other.who is None or other.who != line.who):
            return other
    return None


def _met(ctx: Context, line: Told) -> bool:
    return any(
        x.p("care") >= 0.5 and (x.who is None or x.who != line.who) for x in _around(ctx, line, 0, 4)[1:]
    )
