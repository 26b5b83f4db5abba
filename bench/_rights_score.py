"""How `bench.rights` scores what was found: thresholds, recall by disguise, segments, and the tables of these.

Segments are scored as VCSL does (A Large-scale Comprehensive Dataset and Copy-overlap Aware Evaluation Protocol for
Segment-level Video Copy Detection, 2022): a segment is a box of query time by asset time; of every box found, the
part of its side that true boxes cover, summed and divided by the boxes' length, on both axes; the product is the
precision, and with true and found exchanged the recall. It is the mean over all pairs of a copy and an episode that
are true or reported, whatever the confidence.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench._disguises import SINGLE, THREE, Case, Truth
from bench._episodes import HALVES
from bench.common import row


@dataclass(frozen=True)
class Seen:
    """A segment as the program names it; seconds."""

    query_from: float
    query_to: float
    asset_from: float
    asset_to: float
    mirrored: bool = False
    by: str = ""


@dataclass
class Answer:
    """What was found in a query: each asset's confidence and segments."""

    confidence: dict[str, float] = field(default_factory=dict)
    segments: dict[str, list[Seen]] = field(default_factory=dict)

    def best(self) -> float:
        return max(self.confidence.values(), default=0.0)


# --- thresholds and recall -------------------------------------------------------------------


def threshold(asked: Iterable[Case], answers: dict[str, Answer]) -> float:
    """Half way between the surest innocent and the least sure hit above it: no innocent of `asked` passes it."""
    asked = list(asked)
    innocent = max((answers[c.id].best() for c in asked if not c.disguise), default=0.0)
    hits = [s for c in asked if c.disguise and (s := answers[c.id].confidence.get(c.asset, 0.0)) > innocent]
    return (innocent + min(hits)) / 2 if hits else innocent


def hit(case: Case, answer: Answer, least: float) -> bool:
    """Whether the right episode was matched with more than `least`."""
    return answer.confidence.get(case.asset, 0.0) > least


def recall(asked: Sequence[Case], answers: dict[str, Answer], least: float) -> float:
    """Share of copies found; NaN where there are none."""
    return sum(hit(c, answers[c.id], least) for c in asked) / len(asked) if asked else float("nan")


# --- segments --------------------------------------------------------------------------------

Box = tuple[float, float, float, float]
"""Query from, query to, asset from, asset to."""


def precision_and_recall(found: Sequence[Box], true: Sequence[Box]) -> tuple[float, float]:
    """Segment precision and recall of one pair of query and asset, as VCSL has them."""
    if not found or not true:
        return (1.0 if not found else 0.0), (1.0 if not true else 0.0)
    return _covered(found, true), _covered(true, found)


def _covered(boxes: Sequence[Box], by: Sequence[Box]) -> float:
    """The part of the boxes' sides that overlapping boxes of `by` cover: query axis times asset axis."""
    share = 1.0
    for low, high in ((0, 1), (2, 3)):
        whole = sum(b[high] - b[low] for b in boxes)
        part = sum(
            _union([(max(b[low], o[low]), min(b[high], o[high])) for o in by if _overlap(b, o)])
            for b in boxes
        )
        share *= part / whole if whole else 0.0
    return share


def _overlap(one: Box, other: Box) -> bool:
    return min(one[1], other[1]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[2], other[2])


def _union(spans: list[tuple[float, float]]) -> float:
    total, at = 0.0, float("-inf")
    for low, high in sorted(spans):
        total += max(0.0, high - max(low, at))
        at = max(at, high)
    return total


def ends(found: Sequence[Box], true: Sequence[Box]) -> list[float]:
    """Seconds by which the ends of each true segment were missed in the query, by the box that covers most of it."""
    out = []
    for t in true:
        near = [f for f in found if _overlap(f, t)]
        if near:
            f = max(near, key=lambda f: min(f[1], t[1]) - max(f[0], t[0]))
            out += [abs(f[0] - t[0]), abs(f[1] - t[1])]
    return out


def boxes(parts: Iterable[Seen | Truth]) -> list[Box]:
    return [(p.query_from, p.query_to, p.asset_from, p.asset_to) for p in parts]


# --- the tables ------------------------------------------------------------------------------


def tables(asked: Sequence[Case], answers: dict[str, Answer]) -> list[dict[str, Any]]:
    """Print recall, thresholds and segments; their rows."""
    copies = [c for c in asked if c.disguise]
    least = threshold(asked, answers)
    innocent = [c for c in asked if not c.disguise]
    surest = max((answers[c.id].best() for c in innocent), default=0.0)
    print(f"\nthreshold {least:.3f}: the surest of {len(innocent)} innocents has {surest:.3f}")
    for case in sorted(innocent, key=lambda c: -answers[c.id].best())[:5]:
        if answers[case.id].best() > 0:
            print(f"  {case.id} ({case.episode.kind if case.episode else ''}): {answers[case.id].confidence}")
    rows = _recalls(copies, answers, least)
    rows += _halves(asked, answers)
    reported = sum(answers[c.id].best() > 0 for c in innocent)
    print(
        f"as the program reports: recall {recall(copies, answers, 0):.4f}, {reported} of {len(innocent)} innocents matched"
    )
    rows.append(row("innocents the program matches with anything", reported, "innocents", at_most=0))
    rows.append(row("recall: all copies, as the program reports", recall(copies, answers, 0), "share"))
    rows += _segments(copies, answers, 0.0)
    missed = [c for c in copies if not hit(c, answers[c.id], least)]
    print(
        "missed: "
        + (", ".join(f"{c.id} ({answers[c.id].confidence.get(c.asset, 0):.2f})" for c in missed) or "none")
    )
    wrong = [
        (c.id, n) for c in copies for n, s in answers[c.id].confidence.items() if n != c.asset and s > least
    ]
    rows.append(row("copies in which another episode is named too", len(wrong), "pairs"))
    if wrong:
        print("another episode named: " + ", ".join(f"{a} {b}" for a, b in wrong))
    return rows


def _recalls(copies: Sequence[Case], answers: dict[str, Answer], least: float) -> list[dict[str, Any]]:
    rows = []
    print(f"\n{'recall at zero false matches':<42} {'own sound':>12} {'sound replaced':>16}")
    groups = [(d.id, d.name, 0.95) for d in SINGLE] + [("+".join(t), " + ".join(t), None) for t in THREE]
    for key, name, least_recall in groups:
        line = []
        for replaced in (False, True):
            of = [c for c in copies if c.disguise == key and c.sound_replaced == replaced]
            line.append(f"{sum(hit(c, answers[c.id], least) for c in of)} of {len(of)}" if of else "")
            if of:
                words = f"{name}, sound replaced" if replaced and key != "sound" else name
                figure = recall(of, answers, least)
                rows.append(row(f"recall: {words}", figure, "share", at_least=least_recall))
        print(f"{name:<42} {line[0]:>12} {line[1]:>16}")
    for replaced in (False, True):
        of = [c for c in copies if "+" in c.disguise and c.sound_replaced == replaced]
        if of:
            words = "recall: three at once" + (", sound replaced" if replaced else "")
            rows.append(row(words, recall(of, answers, least), "share", at_least=0.90))
    rows.append(row("recall: all copies", recall(copies, answers, least), "share", at_least=0.98))
    rows.append(row("copies asked", len(copies), "files"))
    print(f"{'all':<42} {recall(copies, answers, least):>12.4f}")
    return rows


def _halves(asked: Sequence[Case], answers: dict[str, Answer]) -> list[dict[str, Any]]:
    """The threshold of one half, tried on the other."""
    rows = []
    for chosen_on, tried_on in (HALVES, HALVES[::-1]):
        mine = [c for c in asked if c.half == chosen_on]
        other = [c for c in asked if c.half == tried_on]
        if not mine or not other:
            continue
        least = threshold(mine, answers)
        false = sum(answers[c.id].best() > least for c in other if not c.disguise)
        share = recall([c for c in other if c.disguise], answers, least)
        print(
            f"threshold {least:.3f} of half {chosen_on}, tried on {tried_on}: recall {share:.4f}, false matches {false}"
        )
        words = f"threshold of half {chosen_on} tried on {tried_on}"
        rows.append(row(f"{words}: recall", share, "share", at_least=0.98))
        rows.append(row(f"{words}: false matches", false, "innocents", at_most=0))
    return rows


def _segments(copies: Sequence[Case], answers: dict[str, Answer], least: float) -> list[dict[str, Any]]:
    by: dict[str, list[tuple[float, float]]] = defaultdict(list)
    errors: dict[str, list[float]] = defaultdict(list)
    mirrors: list[bool] = []
    for case in copies:
        answer = answers[case.id]
        named = {n for n, s in answer.confidence.items() if s > least} | {case.asset}
        group = "three at once" if "+" in case.disguise else case.disguise
        for name in named:
            found = boxes(answer.segments.get(name, [])) if answer.confidence.get(name, 0) > least else []
            true = boxes(case.truth) if name == case.asset else []
            by[group].append(precision_and_recall(found, true))
            errors[group] += ends(found, true)
        if hit(case, answer, least):
            told = [s.mirrored for s in answer.segments[case.asset] if s.by != "sound"]
            if case.truth[0].mirrored and told:
                mirrors.append(sum(told) * 2 > len(told))
    print(f"\n{'segments (VCSL)':<42} {'precision':>10} {'recall':>10} {'ends, median s':>15}")
    for group, pairs in by.items():
        miss = statistics.median(errors[group]) if errors[group] else float("nan")
        name = next((d.name for d in SINGLE if d.id == group), group)
        print(
            f"{name:<42} {_mean(p for p, _ in pairs):>10.3f} {_mean(r for _, r in pairs):>10.3f} {miss:>15.2f}"
        )
    every = [p for pairs in by.values() for p in pairs]
    missed = [e for some in errors.values() for e in some]
    if not missed:
        return []
    precision, found_share = _mean(p for p, _ in every), _mean(r for _, r in every)
    print(f"{'all':<42} {precision:>10.3f} {found_share:>10.3f} {statistics.median(missed):>15.2f}")
    rows = [
        row("segments: precision (query times reference)", precision, "share", at_least=0.85),
        row("segments: recall (query times reference)", found_share, "share", at_least=0.85),
        row("segments: ends off at the median", statistics.median(missed), "s", at_most=0.5),
    ]
    if mirrors:
        rows.append(row("segments: mirrored copies called mirrored", _mean(mirrors), "share"))
    return rows


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)
