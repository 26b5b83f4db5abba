"""What share of the shoot a share of its scenes costs: days of crew and places fall much slower than scenes.

    made = cost_curve(breakdown, rules)
    made.at(0.1).median                # about a quarter
    svg = curve_svg(made)

Every point is the cost of shooting some of the scenes as a shoot of their own, over the cost of shooting all, both
planned by the same solver. Samples are drawn at random; beside them stand a choice of scenes that lie together
(the same days of the plan, one place) and one that lies as far apart as possible. These two are the cheapest and the
dearest that were found, not proved to be.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from statistics import median

from smallscreen.errors import UserError
from smallscreen.production.changes import without
from smallscreen.production.model import Breakdown, Plan, Rules, SceneSheet
from smallscreen.production.quick import Solve, quick_plan

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0)
SAMPLES = 12
_STARTS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """Shares of the whole shoot's cost, 0 to 1; `low` and `high` are the ends of the samples."""

    share: float
    scenes: int
    low: float
    median: float
    high: float
    best: float
    worst: float


@dataclass(frozen=True, slots=True)
class Curve:
    points: tuple[Point, ...]
    scenes: int
    samples: int
    method: str

    def at(self, share: float) -> Point:
        """The point nearest to a share of the scenes."""
        return min(self.points, key=lambda p: abs(p.share - share))


def cost_curve(
    breakdown: Breakdown,
    rules: Rules,
    solve: Solve = quick_plan,
    plan: Plan | None = None,
    *,
    shares: Sequence[float] = SHARES,
    samples: int = SAMPLES,
    seed: int = 1,
) -> Curve:
    """The curve of a shoot. `plan` says which scenes lie together; without it they are taken place by place.

    With a solver of minutes give few shares and samples: it is asked (samples + 9) times a share. UserError for a
    shoot that costs nothing.
    """
    if not breakdown.scenes or not 1 <= samples <= 1000 or not all(0 < x <= 1 for x in shares):
        raise UserError("A curve needs scenes, 1 to 1000 samples, and shares above 0 up to 1.")
    free = _free(breakdown)
    whole = solve(free, rules, None).total
    if whole <= 0:
        raise UserError(
            "This shoot costs nothing at its rates, so no scene has a share of it; give rates first."
        )
    rng = random.Random(seed)
    near, apart = _near(free, plan), _apart(free)
    n = len(near)

    def cost(ids: Sequence[str]) -> float:
        chosen = set(ids)
        some = without(free, (s.id for s in free.scenes if s.id not in chosen))
        return float(solve(some, rules, None).total / whole)

    points = []
    for count in sorted({max(1, round(x * n)) for x in shares}):
        if count == n:
            points.append(Point(1.0, n, 1.0, 1.0, 1.0, 1.0, 1.0))
            continue
        drawn = sorted(cost(rng.sample(near, count)) for _ in range(samples))
        starts = sorted({i * (n - count) // (_STARTS - 1) for i in range(_STARTS)})
        best = min(drawn[0], *(cost(near[i : i + count]) for i in starts), 1.0)
        worst = max(drawn[-1], cost(apart[:count]))
        points.append(Point(count / n, count, drawn[0], median(drawn), drawn[-1], best, worst))
    method = "filled place by place, without windows" if solve is quick_plan else "scheduled by the solver"
    return Curve(tuple(points), n, samples, method)


def curve_svg(
    curve: Curve, block: tuple[float, float] | None = None, words: dict[str, str] | None = None
) -> str:
    """The picture: best to worst, the band of the samples, their median, and `block` (share of scenes, of cost)."""
    w = {**WORDS, **(words or {})}
    points = (
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        *((p.share, p.low, p.median, p.high, p.best, p.worst) for p in curve.points),
    )

    def line(column: int) -> list[str]:
        return [f"{_x(p[0]):.1f} {_y(p[column]):.1f}" for p in points]

    def band(low: int, high: int) -> str:
        return "M" + "L".join([*line(high), *reversed(line(low))]) + "Z"

    tenth = curve.at(0.1)
    said = w["said"].format(
        scenes=f"{100 * tenth.share:.0f}", cost=f"{100 * tenth.median:.0f}", samples=curve.samples
    )
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" class="cost-curve">',
        f"<title>{escape(w['title'])}</title><desc>{escape(said)}</desc>",
        f'<g font-family="system-ui, sans-serif" font-size="12" fill="{_INK}">',
    ]
    for i in range(0, 101, 20):
        x, y = _x(i / 100), _y(i / 100)
        out.append(
            f'<path d="M{x:.1f} {_y(0):.1f}V{_y(1):.1f}M{_x(0):.1f} {y:.1f}H{_x(1):.1f}" stroke="#8884" fill="none"/>'
        )
        out.append(f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{i} %</text>')
        out.append(f'<text x="{_x(0) - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{i} %</text>')
    out += [
        f'<path d="{band(4, 5)}" fill="#2a6f97" fill-opacity=".15"/>',
        f'<path d="{band(1, 3)}" fill="#2a6f97" fill-opacity=".3"/>',
        f'<path d="M{_x(0):.1f} {_y(0):.1f}L{_x(1):.1f} {_y(1):.1f}" stroke="{_INK}" stroke-dasharray="2 5" fill="none"/>',
        f'<path d="M{"L".join(line(2))}" stroke="#2a6f97" stroke-width="2.5" fill="none"/>',
        f'<circle cx="{_x(tenth.share):.1f}" cy="{_y(tenth.median):.1f}" r="4" fill="#2a6f97"/>',
        f'<text x="{_x(tenth.share) + 14:.1f}" y="{_y(tenth.median) + 16:.1f}">'
        f"{100 * tenth.share:.0f} % → {100 * tenth.median:.0f} %</text>",
        f'<text x="{_x(1):.1f}" y="{_HEIGHT - 8}" text-anchor="end">{escape(w["x"])}</text>',
        f'<text x="{_x(0):.1f}" y="16">{escape(w["y"])}</text>',
    ]
    if block is not None:
        x, y = _x(min(max(block[0], 0), 1)), _y(min(max(block[1], 0), 1))
        out.append(f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6Z" fill="#bc4b51"/>')
        out.append(f'<text x="{x + 12:.1f}" y="{y - 6:.1f}">{escape(w["block"])}</text>')
    return "\n".join([*out, "</g></svg>"]) + "\n"


WORDS = {
    "title": "What a share of the scenes costs",
    "said": "{scenes} % of the scenes cost about {cost} % of the shoot (median of {samples} samples).",
    "x": "share of the scenes",
    "y": "share of the shoot's cost",
    "block": "this edition",
}
"""The words of the picture, to be given in another language."""
_WIDTH, _HEIGHT = 560, 380
_INK = "currentColor"


def _x(share: float) -> float:
    return 56 + share * (_WIDTH - 56 - 24)


def _y(share: float) -> float:
    return _HEIGHT - 52 - share * (_HEIGHT - 52 - 32)


def _free(breakdown: Breakdown) -> Breakdown:
    """No scene locked and none bound to another: any part of them can be shot alone."""
    return replace(
        breakdown, scenes=tuple(replace(s, after=(), locked_day=None) for s in breakdown.scenes), problems=()
    )


def _near(breakdown: Breakdown, plan: Plan | None) -> list[str]:
    """Scenes in an order in which neighbors lie together: day by day and place by place."""
    day = {x: d.index for d in (plan.days if plan else ()) for x in d.scenes}
    place: dict[str, int] = defaultdict(int)
    for s in breakdown.scenes:
        place[s.place] += 1
    return [
        s.id
        for s in sorted(
            breakdown.scenes,
            key=lambda s: (day.get(s.id, 0), -place[s.place], s.place, s.night, sorted(s.cast)),
        )
    ]


def _apart(breakdown: Breakdown) -> list[str]:
    """Scenes in an order that goes around all places, at night where it can, with the largest casts first."""
    by_place: dict[str, list[SceneSheet]] = defaultdict(list)
    for s in breakdown.scenes:
        by_place[s.place].append(s)
    rounds = [
        [s.id for s in sorted(some, key=lambda s: (not s.night, -len(s.cast), -s.minutes))]
        for some in by_place.values()
    ]
    longest = max(map(len, rounds))
    return [ids[i] for i in range(longest) for ids in rounds if i < len(ids)]
