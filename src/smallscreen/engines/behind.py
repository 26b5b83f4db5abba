"""What is behind writing, taken from other moments: pictures before and after it, and the same scene moved.

A camera that pans or shakes shows at another moment what the letters hide now. For each of these moments the
picture's movement is searched (one shift for the whole box), the moment is laid over the present one, and what
is alike around the letters is trusted to be alike behind them. All planes are float32 in levels of 256.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Planes = Sequence[np.ndarray]

REACH = 40
"""How far a picture is looked for, pixels."""
_ALIKE = 8.0  # levels: how much the ground may differ where it counts as the same
_SURE = 0.9  # trust in a clean picture from which no other moment is asked
_COARSE = 4
_ENOUGH = 0.95  # of the letters known: no further moment is asked
_MOST = 4  # moments that are laid over each other


@dataclass
class Moment:
    """The box at another time. `open` says where no writing stands in it, None: nowhere does any."""

    planes: list[np.ndarray]
    open: np.ndarray | None = None
    shift: tuple[int, int] | None = None
    """Where the picture of now was last found in it (right, down)."""


class Around:
    """For the pixels to be filled, those that tell them: the nearest open one on each of four sides."""

    def __init__(self, open_: np.ndarray) -> None:
        self._open = open_.astype(np.float32)
        self.open = open_
        high, wide = open_.shape
        rows, columns = np.indices(open_.shape)
        places, shares = [], []
        for axis, at in ((0, rows), (1, columns)):
            last = np.maximum.accumulate(np.where(open_, at, -1), axis=axis)
            flipped = np.flip(np.where(open_, at, high + wide), axis=axis)
            following = np.flip(np.minimum.accumulate(flipped, axis=axis), axis=axis)
            for found, there in ((last, last >= 0), (following, following < high + wide)):
                found = np.where(there, found, 0)
                places.append(found * wide + columns if axis == 0 else rows * wide + found)
                shares.append(np.where(there, 1 / np.maximum(np.abs(found - at), 1) ** 2, 0))
        self._closed = np.flatnonzero(~open_)
        self._from = np.stack([p.ravel()[self._closed] for p in places])
        share = np.stack([s.ravel()[self._closed] for s in shares]).astype(np.float32)
        self._share = share / np.maximum(share.sum(axis=0), 1e-9)
        self._weight = np.maximum(sums(self._open), 1)

    def filled(self, values: np.ndarray) -> np.ndarray:
        """The values with those that are not open replaced."""
        # Means of three by three, so that the grain of one pixel is not drawn out to a stripe.
        calm = (sums(values * self._open) / self._weight).ravel()
        out = values.copy()
        out.ravel()[self._closed] = (calm[self._from] * self._share).sum(axis=0)
        soft = sums(out).ravel()[self._closed] / 9
        out.ravel()[self._closed] = soft
        return out


def fills_of(
    now: list[np.ndarray], around: list[Around], plates: list[Moment], others: list[Moment]
) -> tuple[list[np.ndarray], np.ndarray]:
    """What belongs behind the letters, plane by plane, and how far it is known and not guessed, 0 to 1."""
    fills = [a.filled(p) for p, a in zip(now, around, strict=True)]
    near = around[0].open
    layers: list[tuple[list[np.ndarray], list[np.ndarray]]] = []
    if plates:
        # The plate that differs least around the letters, once both are equally bright.
        gaps = [(now[0] - m.planes[0])[near] for m in plates]
        scores = [float(np.abs(g - np.median(g)).mean()) if len(g) else 1e9 for g in gaps]
        best = int(np.argmin(scores))
        layer = _layer(now, around, plates[best], (0, 0), scores[best])
        if float(layer[1][0][~near].mean()) > _SURE:
            layers = [layer]
    if not layers:
        layers = [_layer(now, around, *one) for one in chosen(now[0], near, [*plates, *others])]
    known = [np.zeros_like(p) for p in now]
    total = [np.zeros_like(p) for p in now]
    for values, trusts in layers:
        for n, (value, trust_) in enumerate(zip(values, trusts, strict=True)):
            part = trust_ * (1 - known[n])  # the most alike goes first, the next fills what it leaves
            total[n] += part * value
            known[n] += part
    made = [t + (1 - k) * f for t, k, f in zip(total, known, fills, strict=True)]
    return made, known[0]


def moved(now: np.ndarray, open_now: np.ndarray, moment: Moment) -> tuple[tuple[int, int], float]:
    """The shift at which a moment's brightness is most like that of now, and by how many levels it differs.

    Near the last one where there was one; else everywhere within REACH.
    """
    other = moment.planes[0]
    open_then = np.ones_like(open_now) if moment.open is None else moment.open
    if moment.shift is None:
        start = _coarse(now, open_now, other, open_then)
        ring = 3
    else:
        start, ring = moment.shift, 2
    best, least = start, np.inf
    step = max(1, now.shape[0] // 48)  # every row tells little more than every second one
    while True:
        center = best
        for dy in range(center[1] - ring, center[1] + ring + 1):
            for dx in range(center[0] - ring, center[0] + ring + 1):
                cost = _unlike(now, open_now, other, open_then, dx, dy, step)
                if cost < least:
                    best, least = (dx, dy), cost
        if best == center:
            break
        ring = 2
    moment.shift = best
    return best, float(least)


def laid(plane: np.ndarray, shift: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A plane moved so that it lies over now, and where it has pixels."""
    dx, dy = shift
    high, wide = plane.shape
    out = np.zeros_like(plane)
    there = np.zeros(plane.shape, bool)
    y0, y1, x0, x1 = max(0, -dy), min(high, high - dy), max(0, -dx), min(wide, wide - dx)
    if y1 > y0 and x1 > x0:
        out[y0:y1, x0:x1] = plane[y0 + dy : y1 + dy, x0 + dx : x1 + dx]
        there[y0:y1, x0:x1] = True
    return out, there


def chosen(
    now: np.ndarray, open_now: np.ndarray, moments: Sequence[Moment]
) -> list[tuple[Moment, tuple[int, int], float]]:
    """The moments that together show most of what is hidden now, the most alike first."""
    found: list[tuple[float, int, Moment, tuple[int, int]]] = []
    for moment in moments:
        shift, unlike = moved(now, open_now, moment)
        found.append((unlike, len(found), moment, shift))
    closed = ~open_now
    left = closed.copy()
    least = max(1, int(closed.sum()))
    taken: list[tuple[Moment, tuple[int, int], float]] = []
    for unlike, _, moment, shift in sorted(found, key=lambda f: f[:2]):
        if unlike > 2.5 * _ALIKE or len(taken) == _MOST:
            break
        shows = shown(moment, shift, now.shape)
        if (left & shows).sum() > 0.08 * least:
            taken.append((moment, shift, unlike))
            left &= ~shows
            if left.sum() < (1 - _ENOUGH) * least:
                break
    return taken


def shown(moment: Moment, shift: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """Where a moment, laid over now, shows the ground."""
    base = np.ones(shape, np.float32) if moment.open is None else moment.open.astype(np.float32)
    return laid(base, shift)[0] > 0.5


def _layer(
    now: list[np.ndarray], around: list[Around], moment: Moment, shift: tuple[int, int], unlike: float
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A moment laid over now: its planes in the light of now, and how far to trust each."""
    shows = shown(moment, shift, now[0].shape)
    half = halved(shows.astype(np.float32)) > 0.99
    halves = (round(shift[0] / 2), round(shift[1] / 2))
    values, gaps = [], []
    for n, (p, c, a) in enumerate(zip(now, moment.planes, around, strict=True)):
        over, _ = laid(c, shift if n == 0 else halves)
        open_ = (shows if n == 0 else half) & a.open
        gap = p - over
        # Where the other moment shows nothing it is taken to be as much brighter as everywhere.
        if not shows.all():
            gap = np.where(open_, gap, np.float32(np.median(gap[open_])) if open_.any() else np.float32(0))
        level = a.filled(gap)
        values.append(over + sums(sums(level) / 9) / 9)
        gaps.append((gap, level, open_))
    gap, level, open_ = gaps[0]
    calm = sums(level) / 9
    away = np.where(open_, sums(np.abs(gap - calm)) / 9, np.float32(unlike))
    trust = np.exp(-(((around[0].filled(away) + 0.2 * np.abs(calm)) / _ALIKE) ** 2)).astype(np.float32)
    trust = trust * shows
    return values, [trust, halved(trust), halved(trust)]


def detail(luma: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """How much the ground changes within the reach of a stroke, around each pixel, from what is open there."""
    reach = max(3, luma.shape[0] // 12)
    seen = open_.astype(np.float32)
    weight = np.maximum(_boxed(seen, reach), 1e-3)
    mean = _boxed(luma * seen, reach) / weight
    found: np.ndarray = _boxed(np.abs(luma - mean) * seen, reach) / weight
    return found


def _boxed(a: np.ndarray, reach: int) -> np.ndarray:
    """Means of a square around each pixel."""
    size = 2 * reach + 1
    padded = np.pad(a, ((reach + 1, reach), (reach + 1, reach)), mode="edge").astype(np.float64)
    run = padded.cumsum(0).cumsum(1)
    part = run[size:, size:] - run[:-size, size:] - run[size:, :-size] + run[:-size, :-size]
    return (part / size**2).astype(np.float32)


def halved(plane: np.ndarray) -> np.ndarray:
    """Means of two by two pixels; the shape must be even."""
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


def sums(a: np.ndarray) -> np.ndarray:
    """Sums of three by three pixels."""
    padded = np.pad(a, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    total: np.ndarray = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return total


def _coarse(
    now: np.ndarray, open_now: np.ndarray, other: np.ndarray, open_then: np.ndarray
) -> tuple[int, int]:
    """A first guess on a quarter of the size."""
    small = [_shrunk(a * o, o) for a, o in ((now, open_now), (other, open_then))]
    reach = REACH // _COARSE
    down = min(reach, max(1, small[0][0].shape[0] // 3))
    across = min(reach, max(1, small[0][0].shape[1] // 3))
    best, least = (0, 0), np.inf
    for dy in range(-down, down + 1):
        for dx in range(-across, across + 1):
            cost = _unlike(*small[0], *small[1], dx, dy, 1)
            # Of equal shifts the smallest: a smooth ground fits anywhere.
            cost += 0.01 * (abs(dx) + abs(dy))
            if cost < least:
                best, least = (dx, dy), cost
    return best[0] * _COARSE, best[1] * _COARSE


def _shrunk(values: np.ndarray, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    high, wide = (n // _COARSE * _COARSE for n in values.shape)
    parts = [
        a[:high, :wide].reshape(high // _COARSE, _COARSE, wide // _COARSE, _COARSE).mean((1, 3))
        for a in (values, open_.astype(np.float32))
    ]
    return (parts[0] / np.maximum(parts[1], 1e-3)).astype(np.float32), parts[1] > 0.4


def _unlike(
    now: np.ndarray,
    open_now: np.ndarray,
    other: np.ndarray,
    open_then: np.ndarray,
    dx: int,
    dy: int,
    step: int,
) -> float:
    """Mean difference where both show the ground, both equally bright; much where that is hardly anywhere."""
    high, wide = now.shape
    y0, y1, x0, x1 = max(0, -dy), min(high, high - dy), max(0, -dx), min(wide, wide - dx)
    if y1 - y0 < high / 3 or x1 - x0 < wide / 3:
        return 1e9
    here, there = (
        (slice(y0, y1, step), slice(x0, x1)),
        (slice(y0 + dy, y1 + dy, step), slice(x0 + dx, x1 + dx)),
    )
    both = open_now[here] & open_then[there]
    count = int(both.sum())
    if count < 0.2 * both.size:
        return 1e9
    gap = (now[here] - other[there]) * both
    level = float(gap.sum()) / count
    return float((np.abs(gap - level) * both).sum()) / count
