"""The face-slap sequence of short drama: insult, then reversal, then submission."""

from __future__ import annotations

from collections.abc import Sequence

from smallscreen.series.model import Finding
from smallscreen.story.lexicon import words
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote
from smallscreen.story.signals._amount import who_says

_REACH_REVERSAL = 40
_REACH_SUBMISSION = 30
_FLOOR = 0.35


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
        insult = [max(x.reading.insult, 0.5 * x.p("put-down"), 0.45 * insults.any(x.text)) for x in ctx.lines]
        reverse = [
            max(
                x.p("revenge"),
                x.p("triumph"),
                x.p("power"),
                0.8 * x.p("put-down"),
                0.7 * x.p("gratification"),
            )
            for x in ctx.lines
        ]
        submit = [
            max(x.p("apology"), 0.45 * x.p("need"), 0.4 * x.p("fear"), 0.5 * yields.any(x.text))
            for x in ctx.lines
        ]
        found, whole, broken = [], 0, 0
        i = 0
        while i < len(ctx.lines):
            if insult[i] < _FLOOR:
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
            found.append(_finding(ctx, at, lines, score, complete))
            i = at[-1] + 1
        figures = {
            "whole": whole,
            "without_submission": broken,
            "sequences": [f.evidence["steps"] for f in found],
        }
        return SignalResult(found, figures)


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
    after = [
        j for j in after if reverse[j] >= _FLOOR + 0.1 and told[j].cue.episode - told[start].cue.episode <= 1
    ]
    if not after:
        return None
    turn = max(after, key=lambda j: (reverse[j], -j))
    last = min(len(told), turn + 1 + _REACH_SUBMISSION)
    giving = [j for j in range(turn + 1, last) if may_submit(j, told[turn].who) and submit[j] >= _FLOOR]
    if not giving:
        return [start, turn], insult[start] * reverse[turn]
    end = max(giving, key=lambda j: (submit[j], -j))
    return [start, turn, end], insult[start] * reverse[turn] * submit[end]


def _finding(ctx: Context, at: list[int], lines: list[Told], score: float, complete: bool) -> Finding:
    names = ("insult", "reversal", "submission")
    steps = [{"step": n, **quote(x)} for n, x in zip(names, lines, strict=False)]
    said = f"{who_says(lines[0])} insults (“{lines[0].text}”), {lines[1].who or 'somebody'} turns it (“{lines[1].text}”)"
    said += (
        f", and {lines[2].who or 'somebody'} gives in (“{lines[2].text}”)"
        if complete
        else "; nobody gives in"
    )
    episode = lines[0].cue.episode
    within = [x for x in ctx.lines[at[0] : at[-1] + 1] if x.cue.episode == episode]
    return finding(
        "story.face-slap",
        within,
        said,
        {"steps": steps, "complete": complete, "lines_long": at[-1] - at[0] + 1},
        confidence=score if complete else 0.5 * score,
        at=lines[0],
    )
