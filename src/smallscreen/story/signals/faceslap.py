"""The face-slap sequence of short drama: insult, then reversal, then submission."""

from __future__ import annotations

from collections.abc import Sequence

from smallscreen.series.model import Finding
from smallscreen.story.lexicon import words
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote
from smallscreen.story.signals._amount import who_says

_REACH_REVERSAL = 40
_REACH_SUBMISSION = 30
_LIKELY, _SURE = 0.6, 1.3
"""An insult with a word of abuse, and one without: times what the reader states as the threshold of an insult."""
_TURN = 0.6
"""A reversal must reach this much of the reader's threshold of gratification: it is the rank in the series that tells."""


class FaceSlap(Signal):
    """Insult by A, reversal against A, submission of A, each step a line, within seventy lines."""

    id = "face-slap"
    name = "Face-slap sequence"
    description = "an insult is answered by a reversal of power, and the one who insulted gives in; steps found one after another"
    unit = "sequences, whole or broken off after the reversal"
    source = "the trade's 打脸 sequence; steps as in this project's labels of DramaBench (MIT)"
    order = 22
    measures = ("gratification",)

    def measured(self, ctx: Context) -> str:
        return f"{super().measured(ctx)} The order of the steps is not measured; the quoted lines show it."

    def run(self, ctx: Context) -> SignalResult:
        insults, yields = words("insult", ctx.language), words("submission", ctx.language)
        # A word of abuse or of giving in must be there, or a reader that is very sure: banter looks like this, too.
        sure, reward = ctx.floor("insult"), ctx.floor("gratification")
        insult = [
            min(1.0, x.reading.insult + x.p("put-down") + 0.3)
            if insults.any(x.text) and (x.reading.insult >= _LIKELY * sure or x.p("put-down") >= reward)
            else x.reading.insult * (x.reading.insult >= _SURE * sure)
            for x in ctx.lines
        ]
        reverse = _standing(
            [
                max(x.gratification, x.p("revenge"), x.p("triumph"), x.p("power"), x.p("put-down"))
                for x in ctx.lines
            ],
            _TURN * reward,
        )
        submit = [
            min(1.0, 0.4 + max(x.p("apology"), x.p("vulnerability"))) if yields.any(x.text) else 0.0
            for x in ctx.lines
        ]
        found, whole, broken = [], 0, 0
        i = 0
        while i < len(ctx.lines):
            if not insult[i]:
                i += 1
                continue
            steps = _follow(ctx.lines, i, insult, reverse, submit)
            if steps is None:
                i += 1
                continue
            at, score = steps
            lines = [ctx.lines[j] for j in at]
            complete = len(at) == 3
            whole, broken = whole + complete, broken + (not complete)
            # An insult and a reversal alone are too often mere banter to be worth a producer's time.
            if complete:
                found.append(_finding(ctx, at, lines, score))
            i = at[-1] + 1
        figures = {
            "whole": whole,
            "without_submission": broken,
            "sequences": [f.evidence["steps"] for f in found],
        }
        return SignalResult(found, figures)


def _standing(values: list[float], least: float) -> list[float]:
    """Each value where it is at least `least` and among the highest twentieth of the series, else nothing."""
    if not values:
        return []
    floor = max(least, sorted(values)[int(0.95 * (len(values) - 1))])
    return [min(1.0, v) if v >= floor else 0.0 for v in values]


def _follow(
    told: Sequence[Told],
    start: int,
    insult: list[float],
    reverse: list[float],
    submit: list[float],
) -> tuple[list[int], float] | None:
    """The best reversal after an insult and the best submission after that; None where there is no reversal."""
    villain = told[start].who

    def may_reverse(j: int) -> bool:
        return villain is None or told[j].who is None or told[j].who != villain

    def may_submit(j: int, hero: str | None) -> bool:
        if told[j].who is None:
            return True
        return told[j].who == villain if villain is not None else told[j].who != hero

    after = [j for j in range(start + 1, min(len(told), start + 1 + _REACH_REVERSAL)) if may_reverse(j)]
    after = [j for j in after if reverse[j] > 0 and told[j].cue.episode - told[start].cue.episode <= 1]
    if not after:
        return None
    turn = max(after, key=lambda j: (reverse[j], -j))
    last = min(len(told), turn + 1 + _REACH_SUBMISSION)
    giving = [j for j in range(turn + 1, last) if may_submit(j, told[turn].who) and submit[j] > 0]
    if not giving:
        return [start, turn], insult[start] * reverse[turn]
    end = max(giving, key=lambda j: (submit[j], -j))
    return [start, turn, end], insult[start] * reverse[turn] * submit[end]


def _finding(ctx: Context, at: list[int], lines: list[Told], score: float) -> Finding:
    names = ("insult", "reversal", "submission")
    steps = [{"step": n, **quote(x)} for n, x in zip(names, lines, strict=False)]
    said = (
        f"{who_says(lines[0])} insults (“{lines[0].text}”), {lines[1].who or 'somebody'} turns it "
        f"(“{lines[1].text}”), and {lines[2].who or 'somebody'} gives in (“{lines[2].text}”)"
    )
    episode = lines[0].cue.episode
    within = [x for x in ctx.lines[at[0] : at[-1] + 1] if x.cue.episode == episode]
    return finding(
        "story.face-slap",
        within,
        said,
        {"steps": steps, "lines_long": at[-1] - at[0] + 1},
        confidence=score,
        at=lines[0],
    )
