"""Matched comparison of the seconds at a place with seconds like them, over arrays of counts.

Each cut of each episode has, by second, the viewers at risk, the leaves, what the position alone lets expect, and
a bit for each check that was on the screen then (lag included).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smallscreen.audience.hazards import Curve, Floats
from smallscreen.audience.timemap import TimeMap

REACH = 15
"""Seconds on each side of a place that controls come from."""
ALIKE = 0.25
"""Controls have within this share as many viewers at risk as the place."""
KNOTS = (0, 1, 2, 3, 5, 8, 12, 18, 26, 36, 50, 70, 95, 130, 180, 250, 400, 700)
"""Seconds at which the position's hazard may bend: close together where it falls fast."""
ROUNDS = 50
OWN_CURVE = 300
"""Leaves from which the first episode has a curve over position of its own."""
BLOCK = 5
"""Seconds of a block from which the dispersion is estimated; about a line on the screen and the lag."""


FAMILIES = {"culture": "culture", "screen": "speed", "fit": "speed", "terms": "terms"}
"""Groups of checks whose findings stand at the same places by nature; any other check is a family of its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stood on the screen, in the series' own time; `findings` that overlap are one place."""

    check: str
    episode: int
    start_ms: int
    end_ms: int
    findings: int = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """The position's part of the log hazard: `basis` (seconds, knots), its coefficients, and what they rest on.

    `bread` (knots, knots) is the inverse information; `leaves` (cuts, seconds) are those that had a say; `middle`
    (cuts, knots) is the mean of the basis over a cut's expected leaves, for each cut has a level of its own.
    """

    basis: Floats
    theta: Floats
    bread: Floats
    leaves: Floats
    middle: Floats


@dataclass(frozen=True, slots=True)
class Cut:
    """One curve with `bits` (seconds,), spans in seconds of the cut, and the `expected` leaves by family.

    `expected[family]` (seconds,) is what the position alone lets expect, the family's own seconds left out.
    `supported[family]` (seconds,) says where that is known: where other cuts or seconds on both sides tell it.
    `shapes[family]` is the position's curve, and which of its cuts this one is.
    `shown` by place is the share of each of its counted seconds in which it was on the screen, without the lag.
    """

    curve: Curve
    expected: dict[str, Floats]
    supported: dict[str, NDArray[np.bool_]]
    shapes: dict[str, tuple[Shape, int]]
    bits: NDArray[np.int64]
    checks: tuple[str, ...]
    spans: dict[tuple[str, int], tuple[int, int]]
    shown: dict[tuple[str, int], Floats]


@dataclass(frozen=True, slots=True)
class Compared:
    """A place beside its controls, one entry a stratum (cut and what else was on): leaves and expected leaves.

    `lean` is how the position's basis differs between the two, (knots,) a stratum; `shapes` its curve and which of the
    curve's cuts it is; `controls` the seconds of the controls. `shown`: the share of the exposed expected leaves that
    falls to the time on the screen itself, without lag and outer halves.
    """

    exposed_leaves: tuple[float, ...]
    exposed: tuple[float, ...]
    control_leaves: tuple[float, ...]
    control: tuple[float, ...]
    exposed_s: float
    matched_s: float
    lean: tuple[Floats, ...] = ()
    shapes: tuple[tuple[Shape, int], ...] = ()
    controls: tuple[NDArray[np.int64], ...] = ()
    shown: tuple[float, ...] = ()


def grid(curves: Sequence[Curve], asked: Sequence[Place], maps: dict[str, TimeMap], lag_ms: int) -> list[Cut]:
    """Lay the places on the seconds of every cut."""
    checks = tuple(sorted({p.check for p in asked}))
    found = []
    for curve in curves:
        bits = np.zeros(curve.viewers.size, np.int64)
        spans, shown = {}, {}
        for place in asked:
            if place.episode != curve.episode:
                continue
            where = _in_cut(place, maps.get(curve.asset_id))
            if where is None:
                continue
            # Seconds that lie in it by half or more are exposed; those it only touches are neither nor.
            a, b = round(where[0] / 1000), round((where[1] + lag_ms) / 1000)
            a, b = max(0, a), min(bits.size, max(b, a + 1))
            if a < b:
                spans[(place.check, place.start_ms)] = (a, b)
                at = np.arange(a, b) * 1000.0
                overlap = np.minimum(at + 1000, where[1]) - np.maximum(at, where[0])
                shown[(place.check, place.start_ms)] = np.clip(overlap / 1000, 0.0, 1.0)
                touched = slice(max(0, int(where[0] // 1000)), int(-(-(where[1] + lag_ms) // 1000)))
                bits[touched] |= 1 << checks.index(place.check)
        found.append(Cut(curve, {}, {}, {}, bits, checks, spans, shown))
    for family in ("", *sorted({_family(c) for c in checks})):
        mine = _bits_of(family, checks)
        for group in _groups(found):
            masks = [(cut.bits & mine) != 0 for cut in group]
            shape, level = position([cut.curve for cut in group], masks)
            free = np.zeros(shape.basis.shape[0], bool)
            for mask in masks:
                free[: mask.size] |= ~mask
            known, rate = _between(free), np.exp(shape.basis @ shape.theta)
            for row, (cut, v) in enumerate(zip(group, level, strict=True)):
                k = cut.bits.size
                cut.expected[family] = cut.curve.viewers * v * rate[:k]
                cut.supported[family], cut.shapes[family] = known[:k], (shape, row)
    return found


def _groups(cuts: list[Cut]) -> list[list[Cut]]:
    """The first episode is left in another way than the rest: it has a curve of its own where it can."""
    first = min((cut.curve.episode for cut in cuts), default=0)
    parts = [[c for c in cuts if c.curve.episode == first], [c for c in cuts if c.curve.episode != first]]
    return parts if all(sum(c.curve.leaves.sum() for c in p) >= OWN_CURVE for p in parts) else [cuts]


def position(curves: Sequence[Curve], left_out: Sequence[NDArray[np.bool_]]) -> tuple[Shape, Floats]:
    """The hazard by position alone and the level of each cut, (cuts,); `left_out` masks each (seconds,).

    One curve of the hazard over the seconds of an episode for the whole edition, times a level for each cut:
    Poisson regression of the leaves on hat functions with knots at `KNOTS`, drawn toward a straight line between
    them; seconds in `left_out` (those of the findings asked about) have no say. This is indirect standardization
    (Rothman, Greenland and Lash 2008, chapter 4) by a penalized spline (Eilers and Marx 1996, Statistical
    Science 11(2)) of degree 1.
    """
    size = max(c.viewers.size for c in curves)
    n, d = np.zeros((len(curves), size)), np.zeros((len(curves), size))
    for i, (c, mask) in enumerate(zip(curves, left_out, strict=True)):
        n[i, : mask.size], d[i, : mask.size] = np.where(mask, 0.0, c.viewers), np.where(mask, 0.0, c.leaves)
    knots = np.array([k for k in KNOTS if k < size - 1] + [size - 1.0])
    basis = np.stack([np.interp(np.arange(size), knots, row) for row in np.eye(knots.size)], axis=1)
    bend = np.diff(np.eye(knots.size), 2, axis=0) if knots.size > 2 else np.zeros((1, knots.size))
    penalty = bend.T @ bend + 1e-6 * np.eye(knots.size)
    mean = (d.sum() + 0.5) / max(n.sum(), 1.0)
    theta, level = np.full(knots.size, np.log(mean)), np.ones(len(curves))
    bread = np.eye(knots.size)
    for _ in range(ROUNDS):
        shape = np.exp(basis @ theta)
        level = (d.sum(axis=1) + 1.0) / (n @ shape + 1.0)
        exposure, leaves = level @ n, d.sum(axis=0)
        fitted = exposure * shape
        slope = basis.T @ (leaves - fitted) - penalty @ theta
        bread = np.linalg.inv(basis.T @ (fitted[:, None] * basis) + penalty)
        step = bread @ slope
        theta = theta + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    weight = n * np.exp(basis @ theta)
    middle = weight @ basis / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    return Shape(basis, theta, bread, d, middle), level


def compare(cuts: Sequence[Cut], place: Place) -> Compared:
    """Put a place beside its controls, within each cut and within what else was on the screen."""
    d1: list[float] = []
    e1: list[float] = []
    d0: list[float] = []
    e0: list[float] = []
    lean: list[Floats] = []
    shapes: list[tuple[Shape, int]] = []
    controls: list[NDArray[np.int64]] = []
    shown: list[float] = []
    seconds = matched = 0.0
    for cut in cuts:
        span = cut.spans.get((place.check, place.start_ms))
        if cut.curve.episode != place.episode or span is None:
            continue
        a, b = span
        viewers, leaves = cut.curve.viewers, cut.curve.leaves
        seconds += float(viewers[a:b].sum())
        low, high = max(0, a - REACH), min(viewers.size, b + REACH)
        at = np.arange(low, high)
        within = (at >= a) & (at < b)
        exposed = within & cut.supported[_family(place.check)][at]
        mine = _bits_of(_family(place.check), cut.checks)
        family = _family(place.check)
        expected, (shape, row) = cut.expected[family], cut.shapes[family]
        about = viewers[a:b].mean()
        like = np.abs(viewers[at] - about) <= ALIKE * about
        control = ~within & ((cut.bits[at] & mine) == 0) & like
        profile = cut.bits[at] & ~mine
        for what in np.unique(profile[exposed]):
            x, y = at[exposed & (profile == what)], at[control & (profile == what)]
            if y.size and viewers[x].sum() > 0:
                matched += float(viewers[x].sum())
                d1.append(float(leaves[x].sum()))
                e1.append(float(expected[x].sum()))
                d0.append(float(leaves[y].sum()))
                e0.append(float(expected[y].sum()))
                on = cut.shown[(place.check, place.start_ms)][x - a]
                shown.append(float((expected[x] * on).sum() / expected[x].sum()))
                lean.append(_mean(shape.basis, x, expected) - _mean(shape.basis, y, expected))
                shapes.append((shape, row))
                controls.append(y)
    return Compared(
        *(tuple(d1), tuple(e1), tuple(d0), tuple(e0)),
        seconds,
        matched,
        *(tuple(lean), tuple(shapes), tuple(controls), tuple(shown)),
    )


def position_variance(compared: Sequence[Compared]) -> float:
    """What not knowing the position's curve exactly adds to the variance of the common log ratio, at least 0.

    A leave at second s of a cut moves log R by a(s), as one of the controls (0 where it is none), and by
    h(s) = -g' C (b(s) - m), as one that had a say in the curve: g is the mean of `lean` with the weights that
    Mantel-Haenszel gives the strata, C the curve's inverse information, b(s) its basis and m that basis' mean in the cut.
    Leaves are Poisson, so the variance is the sum of (a + h)^2 over leaves; that of a alone is counted already. The
    two are not independent: controls near a place tell the curve there. (The curve's own covariance g' C g, as if they
    were, is several times too much: intervals held in 98 %.) Source: the delta method over counts by second.
    """
    weighed = [
        (c, i, e1, e1 * e0 / (e1 + e0))
        for c in compared
        for i, (e1, e0) in enumerate(zip(c.exposed, c.control, strict=True))
        if e1 + e0 > 0
    ]
    total = sum(weight for *_, weight in weighed)
    bottom = sum(c.control_leaves[i] * e1 / (e1 + c.control[i]) for c, i, e1, _ in weighed)
    if total <= 0 or bottom <= 0:
        return 0.0
    parts: dict[int, tuple[Shape, Floats, Floats]] = {}
    for c, i, e1, weight in weighed:
        shape, row = c.shapes[i]
        if id(shape) not in parts:
            parts[id(shape)] = shape, np.zeros(shape.theta.size), np.zeros(shape.leaves.shape)
        _, g, direct = parts[id(shape)]
        g += weight * c.lean[i] / total
        direct[row, c.controls[i]] -= e1 / (e1 + c.control[i]) / bottom
    added = 0.0
    for shape, g, direct in parts.values():
        pull = shape.bread @ g
        swayed = (shape.middle @ pull)[:, None] - (shape.basis @ pull)[None, :]
        added += float((shape.leaves * swayed * (2 * direct + swayed)).sum())
    return max(0.0, added)


def on_screen(compared: Sequence[Compared]) -> float:
    """The share of the counted time in which the places were on the screen, with the weights of Mantel and Haenszel.

    Nan where nothing was compared. See `shown_ratio` for what it is needed for.
    """
    top = bottom = 0.0
    for c in compared:
        for e1, e0, on in zip(c.exposed, c.control, c.shown, strict=True):
            weight = e1 * e0 / (e1 + e0) if e1 + e0 > 0 else 0.0
            top, bottom = top + weight * on, bottom + weight
    return top / bottom if bottom > 0 else math.nan


def shown_ratio(counted: float, share: float) -> float:
    """The hazard ratio of the time on the screen, from that of the counted seconds: 1 + (counted - 1) / share.

    The counted seconds hold a lag and parts of seconds in which nothing stood there, so their ratio is thinned out.
    The leaves in excess are the same in both; here they are held against what is expected while it was shown, wherever
    within the lag they fell. Not below 0. Linear excess: Rothman, Greenland and Lash 2008, chapter 5.
    """
    if not math.isfinite(counted) or not share > 0:
        return counted
    return max(0.0, 1.0 + (counted - 1.0) / share)


def sets(compared: Sequence[Compared]) -> tuple[list[float], list[float], list[float], list[float]]:
    """All strata of several places, as `mantel_haenszel` takes them."""
    return (
        [v for c in compared for v in c.exposed_leaves],
        [v for c in compared for v in c.exposed],
        [v for c in compared for v in c.control_leaves],
        [v for c in compared for v in c.control],
    )


def dispersion(cuts: Sequence[Cut]) -> float:
    """How much more than by chance blocks of seconds differ from the seconds around them, at least 1.

    Blocks of `BLOCK` seconds with the same things on the screen are held against their neighbors as places are;
    the Pearson statistic is their mean squared error over its variance by chance, e (1 + e / e around).
    """
    errors: list[float] = []
    for cut in cuts:
        n, d, e = cut.curve.viewers, cut.curve.leaves, cut.expected[""]
        for a in range(0, n.size - BLOCK + 1, BLOCK):
            b = a + BLOCK
            if (cut.bits[a:b] != cut.bits[a]).any():
                continue
            at = np.arange(max(0, a - REACH), min(n.size, b + REACH))
            at = at[((at < a) | (at >= b)) & (cut.bits[at] == cut.bits[a])]
            around, theirs = e[at].sum(), d[at].sum()
            if around <= 0 or theirs < 5:
                continue
            expected = e[a:b].sum() * theirs / around
            if expected >= 1:
                errors.append(
                    float((d[a:b].sum() - expected) ** 2 / (expected * (1 + e[a:b].sum() / around)))
                )
    return max(1.0, float(np.mean(errors))) if len(errors) >= 10 else 1.0


def _mean(basis: Floats, at: NDArray[np.int64], weight: Floats) -> Floats:
    return np.asarray(weight[at] @ basis[at] / weight[at].sum())


def _between(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Seconds that have a free second at most `REACH` before them (or are one) and one at most so far behind."""
    at = np.arange(free.size)
    before = np.maximum.accumulate(np.where(free, at, -10_000))
    behind = np.minimum.accumulate(np.where(free, at, 10_000_000)[::-1])[::-1]
    return (at - before <= REACH) & (behind - at <= REACH)


def _family(check: str) -> str:
    """Checks of one family are not held constant for each other: they stand at the same places."""
    return FAMILIES.get(check.split(".")[0], check)


def _bits_of(family: str, checks: Sequence[str]) -> int:
    return sum(1 << i for i, c in enumerate(checks) if _family(c) == family)


def _in_cut(place: Place, timemap: TimeMap | None) -> tuple[float, float] | None:
    if timemap is None:
        return float(place.start_ms), float(place.end_ms)
    return timemap.to_cut(place.start_ms, place.end_ms)
