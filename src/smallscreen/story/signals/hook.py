"""How an episode ends on something that must be resolved, and whether the next one takes it up."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any

from smallscreen.story.lexicon import fold
from smallscreen.story.model import USUAL
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote
from smallscreen.story.signals._amount import who_says

END_LINES = 5
START_LINES = 10
STRONG, WEAK, NOTHING = 0.8, 0.3, 1.4 * USUAL["hook"]
"""Strong: among the strongest fifth of all stretches of five lines. Weak: among the weakest three tenths, or nothing at all."""
_PICKED_UP, _PARTLY = 0.16, 0.06
_EN_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "is",
        "are",
        "was",
        "were",
        "be",
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "my",
        "your",
        "that",
        "this",
    ]
)


class Hook(Signal):
    """The strongest hook among the last five lines, and how much the next ten lines share with them."""

    id = "hook"
    name = "Hook and answer"
    description = "what the last five lines of an episode leave open (a secret half told, a threat, news, a decision), and whether the next episode's first ten lines take it up"
    unit = "rank of the last five lines among all stretches of five lines of the series, 0 to 1 (by chance one ending in five is strong); cosine of rare letter pairs (Chinese) or words (English)"
    source = "hook after the labelling guide of this project; answer: TF-IDF cosine, Salton and Buckley 1988; curiosity as an open gap, Loewenstein 1994"
    order = 40
    measures = ("hook",)

    def measured(self, ctx: Context) -> str:
        return f"{super().measured(ctx)} Whether the next episode answers is not measured."

    def run(self, ctx: Context) -> SignalResult:
        found = []
        weights = _idf(ctx)
        rows: list[dict[str, Any]] = []
        numbers = list(ctx.episodes)
        stretches = _stretches(ctx)
        for n, number in enumerate(numbers):
            ending = ctx.episodes[number][-END_LINES:]
            best = max(ending, key=lambda x: x.p("hook"))
            row: dict[str, Any] = {
                "episode": number,
                "strength": round(_rank(stretches, best.p("hook")), 2),
                "p": round(best.p("hook"), 2),
                "line": quote(best),
                "last": quote(ending[-1]),
                "answer": None,
            }
            following = numbers[n + 1] if n + 1 < len(numbers) else None
            if following is not None:
                opening = ctx.episodes[following][:START_LINES]
                row["answer"] = _answer(ctx, ending, opening, weights)
            rows.append(row)
            found += _findings(ending, best, row)
        strengths = [r["strength"] for r in rows]
        answered = [r["answer"]["how"] for r in rows if r["answer"]]
        figures = {
            "mean_strength": round(sum(strengths) / len(strengths), 2) if strengths else 0.0,
            "strong": sum(map(strong, rows)),
            "weak": sum(map(weak, rows)),
            "answers": dict(Counter(answered)),
            "episodes": rows,
        }
        return SignalResult(found, figures)


def strong(row: dict[str, Any]) -> bool:
    return bool(row["strength"] >= STRONG and row["p"] >= NOTHING)


def weak(row: dict[str, Any]) -> bool:
    return bool(row["strength"] < WEAK or row["p"] < NOTHING)


def _stretches(ctx: Context) -> list[float]:
    """The strongest hook line of every stretch of five lines within an episode, sorted."""
    found = []
    for lines in ctx.episodes.values():
        for i in range(max(1, len(lines) - END_LINES + 1)):
            found.append(max(x.p("hook") for x in lines[i : i + END_LINES]))
    return sorted(found)


def _rank(values: list[float], value: float) -> float:
    """The share of values below, half of those that are equal counted in."""
    low, high = bisect_left(values, value), bisect_right(values, value)
    return (low + high) / (2 * len(values))


def _findings(ending: Sequence[Told], best: Told, row: dict[str, Any]) -> list[Any]:
    evidence = {"lines": [row["line"]], "strength": row["strength"], "p": row["p"], "answer": row["answer"]}
    if strong(row):
        said = f"The ending pulls more than {row['strength']:.0%} of all stretches of the series; {who_says(best)}: “{best.text}”"
        then = ""
        if row["answer"] and row["answer"]["how"] == "elsewhere":
            then = (
                "The next episode opens elsewhere; make sure that a viewer is not lost before it is taken up."
            )
        return [
            finding(
                "story.hook",
                ending,
                said,
                evidence,
                confidence=best.p("hook"),
                at=best,
                suggestion=then or None,
            )
        ]
    if weak(row):
        last = ending[-1]
        said = f"Nothing in the last {len(ending)} lines is read as a hook; the episode ends on “{last.text}”"
        hint = "A picture may hold the hook instead; a reader of lines does not see it."
        return [finding("story.no-hook", ending, said, evidence, confidence=0.3, at=last, suggestion=hint)]
    return []


def _answer(
    ctx: Context, ending: Sequence[Told], opening: Sequence[Told], weights: dict[str, float]
) -> dict[str, Any]:
    """How far the opening goes on with the ending: words in common, people in common."""
    words = round(_cosine(_bag(ending, ctx.language, weights), _bag(opening, ctx.language, weights)), 2)
    people = sorted({x.who for x in ending if x.who} & {x.who for x in opening if x.who})
    how = (
        "taken up"
        if words >= _PICKED_UP
        else "partly"
        if words >= _PARTLY or len(people) > 1
        else "elsewhere"
    )
    shared = _shared(ending, opening, ctx.language, weights)
    return {"how": how, "words": words, "people": people, "shared": shared, "line": quote(opening[0])}


def _shared(
    ending: Sequence[Told], opening: Sequence[Told], language: str, weights: dict[str, float]
) -> list[str]:
    """What both say, as it stands in the ending, the rarest first; letter pairs that overlap are put together."""
    there = {g for x in opening for g in _grams(x.text, language)}
    runs: dict[str, float] = {}
    rare = max(weights.values(), default=0.0) / 4
    for line in ending:
        run, weight = "", 0.0
        for gram in [*_grams(line.text, language), ""]:
            if gram in there and weights.get(gram, 0.0) >= rare:
                joined = run and language != "en"
                run, weight = (run + gram[-1] if joined else gram), max(weight, weights[gram])
                if language != "en":
                    continue
            if run:
                runs[run] = max(weight, runs.get(run, 0.0))
            run, weight = "", 0.0
    return sorted(runs, key=lambda r: (-runs[r], r))[:4]


def _grams(text: str, language: str) -> list[str]:
    if language == "en":
        return [
            w for w in "".join(c if c.isalpha() else " " for c in text.lower()).split() if w not in _EN_STOP
        ]
    letters = "".join(c for c in fold(text) if c.isalnum())
    return [letters[i : i + 2] for i in range(len(letters) - 1)]


def _idf(ctx: Context) -> dict[str, float]:
    """How rare a gram is over the lines of the series."""
    count = Counter(g for x in ctx.lines for g in set(_grams(x.text, ctx.language)))
    total = max(1, len(ctx.lines))
    return {g: math.log(total / n) for g, n in count.items()}


def _bag(lines: Sequence[Told], language: str, weights: dict[str, float]) -> dict[str, float]:
    count = Counter(g for x in lines for g in _grams(x.text, language))
    return {g: (1 + math.log(n)) * weights.get(g, 0.0) for g, n in count.items()}


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(v * b[g] for g, v in a.items() if g in b)
    size = math.sqrt(sum(v * v for v in a.values())) * math.sqrt(sum(v * v for v in b.values()))
    return dot / size if size else 0.0
