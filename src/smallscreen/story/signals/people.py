"""How flat or rounded people are: the range of what each is seen to do and feel."""

from __future__ import annotations

import numpy as np

from smallscreen.story.model import GRATIFICATION, VULNERABILITY
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, per_hundred, quote

FEWEST = 20
_STATES = (*VULNERABILITY, *GRATIFICATION, "care", "hook")


class EmotionalRange(Signal):
    """For each person with enough lines: spread of feeling and how many kinds of act they are seen in."""

    id = "range"
    name = "Emotional range"
    description = "for each person with 20 lines or more: how far their lines spread from dark to bright, and in how many kinds of act they are seen (effective number of kinds)"
    unit = "standard deviation of feeling over their lines; exp(entropy) of twelve kinds of act"
    source = "flat and round characters, Forster 1927; effective number: Hill 1973 (order 1); intervals: bootstrap over lines, 90 %"
    order = 60
    measures = ("vulnerability", "gratification", "care", "sentiment", "valence")

    def run(self, ctx: Context) -> SignalResult:
        by_person: dict[str, list[Told]] = {}
        for line in ctx.lines:
            if line.who:
                by_person.setdefault(line.who, []).append(line)
        people = {w: x for w, x in sorted(by_person.items(), key=lambda i: -len(i[1])) if len(x) >= FEWEST}
        rows = []
        found = []
        for who, lines in people.items():
            row = _row(who, lines)
            rows.append(row)
            best = max(lines, key=lambda x: x.p("vulnerability"))
            if best.p("vulnerability") < 0.8 * ctx.floor("vulnerability") and len(lines) >= 40:
                said = f"In none of {who}’s {len(lines)} lines the reader finds a weakness; nearest: “{best.text}”"
                found.append(
                    finding(
                        "story.flat",
                        [best],
                        said,
                        {"lines": [quote(best, best.p("vulnerability"))], **row},
                        confidence=0.3,
                        at=best,
                        suggestion="Read the part first: the reader misses much. If it is so and not meant, one unguarded moment would round this person.",
                    )
                )
        unknown = sum(x.who is None for x in ctx.lines)
        return SignalResult(found, {"people": rows, "lines_without_speaker": unknown})


def _row(who: str, lines: list[Told]) -> dict[str, object]:
    valence = np.array([x.reading.valence for x in lines])
    states = np.array([[x.p(s) for s in _STATES] for x in lines])
    draws = np.random.default_rng(7).integers(0, len(lines), size=(200, len(lines)))
    spread = np.std(valence[draws], axis=1)
    kinds = np.array([_effective(states[d].sum(axis=0)) for d in draws])
    return {
        "name": who,
        "lines": len(lines),
        "feeling": round(float(valence.mean()), 2),
        "spread": round(float(valence.std()), 2),
        "spread_interval": [round(float(q), 2) for q in np.quantile(spread, (0.05, 0.95))],
        "kinds": round(_effective(states.sum(axis=0)), 1),
        "kinds_interval": [round(float(q), 1) for q in np.quantile(kinds, (0.05, 0.95))],
        "vulnerability": per_hundred(np.array([x.p("vulnerability") for x in lines])),
        "gratification": per_hundred(np.array([x.gratification for x in lines])),
        "care": per_hundred(np.array([x.p("care") for x in lines])),
        "resonance": per_hundred(np.array([x.resonance for x in lines])),
        "most_vulnerable": quote(max(lines, key=lambda x: x.p("vulnerability"))),
        "most_caring": quote(max(lines, key=lambda x: x.p("care"))),
        "sharpest": quote(max(lines, key=lambda x: x.gratification)),
    }


def _effective(totals: np.ndarray) -> float:
    whole = float(totals.sum())
    if whole <= 0:
        return 0.0
    share = totals[totals > 0] / whole
    return float(np.exp(-(share * np.log(share)).sum()))
