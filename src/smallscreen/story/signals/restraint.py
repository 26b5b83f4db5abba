"""Restraint: feeling that a passage carries without naming it, and whether it is told through things."""

from __future__ import annotations

from typing import Any

import numpy as np

from smallscreen.story.lexicon import words
from smallscreen.story.model import USUAL
from smallscreen.story.signal import Context, Passage, Signal, SignalResult, finding, quote

_USUAL = 1 - (1 - USUAL["vulnerability"]) * (1 - USUAL["care"]) * (1 - USUAL["gratification"])
_FELT, _LEFT = 0.8 * _USUAL, 0.65 * _USUAL
"""A passage must carry this share of felt lines, and this much more of them than of lines that name a feeling."""
_NAMED = 0.12


class Restraint(Signal):
    """Share of lines that carry feeling, less the share of lines that name one; and concreteness."""

    id = "restraint"
    name = "Restraint"
    description = "feeling in a passage less feeling named in it; concreteness: the share of lines in which a thing is named that one can see or touch"
    unit = "share of lines, from -1 (all named) to 1 (all felt, none named)"
    source = "showing against telling; emotion words counted as in LIWC (Pennebaker 2015); concreteness after Brysbaert et al. 2014, with lists of our own"
    order = 35
    measures = ("vulnerability", "care")

    def measured(self, ctx: Context) -> str:
        return f"{super().measured(ctx)} The lists of feeling words and of things are ours and not measured."

    def run(self, ctx: Context) -> SignalResult:
        things = words("concrete", ctx.language)
        concrete = np.array([things.any(x.text) for x in ctx.lines], dtype=np.float64)
        named = np.array([x.named for x in ctx.lines], dtype=np.float64)
        felt = np.array(
            [
                1 - (1 - x.p("vulnerability")) * (1 - x.p("care")) * (1 - x.p("gratification"))
                for x in ctx.lines
            ]
        )
        rows = [_row(ctx, p, felt, named, concrete) for p in ctx.passages if len(p) >= 4]
        found = []
        much = float(np.quantile([r[1]["felt"] for r in rows], 0.8)) if rows else 1.0
        for number in ctx.episodes:
            here = [
                r
                for r in rows
                if r[0].episode == number and r[1]["felt"] >= max(much, _FELT) and r[1]["named"] <= _NAMED
            ]
            if not here:
                continue
            passage, row = max(here, key=lambda r: (r[1]["restraint"] + 0.3 * r[1]["concrete"], -r[0].first))
            if row["restraint"] < _LEFT:
                continue
            lines = passage.of(ctx.lines)
            telling = sorted(
                range(passage.first, passage.last + 1), key=lambda i: -(felt[i] * (1 + concrete[i]))
            )
            best = ctx.lines[telling[0]]
            through = [w for i in telling[:6] for w in things.find(ctx.lines[i].text)][:4]
            said = "The passage carries feeling and hardly names it"
            said += f"; it speaks of {', '.join(dict.fromkeys(through))}" if through else ""
            found.append(
                finding(
                    "story.restraint",
                    lines,
                    f"{said}: “{best.text}”",
                    {"lines": [quote(ctx.lines[i]) for i in telling[:3]], **row},
                    confidence=row["restraint"],
                    at=best,
                    suggestion="Keep it unsaid in every edition.",
                )
            )
        by_episode = {}
        for number, lines in ctx.episodes.items():
            first = next(i for i, x in enumerate(ctx.lines) if x is lines[0])
            by_episode[str(number)] = _figures(felt, named, concrete, first, first + len(lines))
        return SignalResult(
            found, {**_figures(felt, named, concrete, 0, len(ctx.lines)), "by_episode": by_episode}
        )


def _row(
    ctx: Context, passage: Passage, felt: Any, named: Any, concrete: Any
) -> tuple[Passage, dict[str, float]]:
    return passage, _figures(felt, named, concrete, passage.first, passage.last + 1)


def _figures(felt: Any, named: Any, concrete: Any, first: int, end: int) -> dict[str, float]:
    if end <= first:
        return {"felt": 0.0, "named": 0.0, "restraint": 0.0, "concrete": 0.0}
    f, n, c = (float(x[first:end].mean()) for x in (felt, named, concrete))
    return {"felt": round(f, 2), "named": round(n, 2), "restraint": round(f - n, 2), "concrete": round(c, 2)}
