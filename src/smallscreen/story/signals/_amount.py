"""What the signals that count lines of one label have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from smallscreen.story.model import Figures
from smallscreen.story.signal import (
    Context,
    Signal,
    SignalResult,
    Told,
    finding,
    kinds_of,
    per_hundred,
    quote,
    strongest,
)


class KindSignal(Signal):
    """Expected lines of one label that has kinds: the strongest passages, and the amount.

    `kinds` gives, for each kind, what is said of the speaker of the line that carries it; `otherwise`
    is said where the reader tells no kind apart. The signal's id is the label's name.
    """

    kinds: ClassVar[dict[str, str]]
    otherwise: ClassVar[str]

    def run(self, ctx: Context) -> SignalResult:
        found = []
        for passage, lines, expected in strongest(ctx, self.id):
            best = lines[0]
            what = main_kind(best, self.id, self.kinds) or self.otherwise
            found.append(
                finding(
                    f"story.{self.id}",
                    passage.of(ctx.lines),
                    f"{who_says(best)} {what}: “{best.text}”",
                    {
                        "lines": [quote(x, self._value(x)) for x in lines],
                        "expected_lines": expected,
                        "of_lines": len(passage),
                    },
                    confidence=self._value(best),
                    at=best,
                )
            )
        return SignalResult(found, amount(ctx, self._value, tuple(self.kinds)))

    def _value(self, line: Told) -> float:
        return line.p(self.id)


def amount(ctx: Context, value: Callable[[Told], float], kinds: tuple[str, ...] = ()) -> Figures:
    """Expected lines in a hundred over the series and an episode, kinds, and who speaks them."""
    by_episode = {
        str(number): per_hundred(np.array([value(x) for x in lines]))
        for number, lines in ctx.episodes.items()
    }
    speakers: dict[str, list[float]] = {}
    for line in ctx.lines:
        if line.who:
            speakers.setdefault(line.who, []).append(value(line))
    return {
        "per_hundred_lines": per_hundred(np.array([value(x) for x in ctx.lines])),
        "by_episode": by_episode,
        "kinds": kinds_of(ctx.lines, kinds),
        "by_speaker": {
            who: per_hundred(np.array(v))
            for who, v in sorted(speakers.items(), key=lambda x: -sum(x[1]))
            if len(v) >= 15
        },
    }


def main_kind(line: Told, label: str, kinds: dict[str, str]) -> str:
    """The words for the likeliest kind of a line; empty where the reader tells no kinds apart, or none has half of the label."""
    best = max(kinds, key=line.p)
    return kinds[best] if line.p(best) and line.p(best) >= line.p(label) / 2 else ""


def who_says(line: Told) -> str:
    return line.who or "Somebody"
