"""Where a viewer gets a quick reward (what the trade calls shuang, 爽点)."""

from __future__ import annotations

from smallscreen.story.model import GRATIFICATION
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote, strongest
from smallscreen.story.signals._amount import amount, main_kind, who_says

_DOES = {
    "put-down": "puts an opponent down",
    "power": "shows power or standing",
    "revenge": "pays back or exposes a wrong",
    "triumph": "triumphs",
    "sweet": "gives a romantic reward",
}


class Gratification(Signal):
    """Expected lines that give the viewer a quick reward."""

    id = "gratification"
    name = "Gratification"
    description = "a line gives the viewer a quick reward: a put-down, power, revenge, triumph, romance"
    unit = "expected lines in a hundred"
    source = "five kinds after the labelling guide of this project; the trade's 爽点 (shuang point)"
    order = 20
    measures = ("gratification",)

    def run(self, ctx: Context) -> SignalResult:
        found = []
        for passage, lines, expected in strongest(ctx, "gratification"):
            best = lines[0]
            what = main_kind(best, _DOES) or "gives the viewer a reward"
            found.append(
                finding(
                    "story.gratification",
                    passage.of(ctx.lines),
                    f"{who_says(best)} {what}: “{best.text}”",
                    {
                        "lines": [quote(x, _value(x)) for x in lines],
                        "expected_lines": expected,
                        "of_lines": len(passage),
                    },
                    confidence=_value(best),
                    at=best,
                )
            )
        return SignalResult(found, amount(ctx, _value, GRATIFICATION))


def _value(line: Told) -> float:
    return line.p("gratification")
