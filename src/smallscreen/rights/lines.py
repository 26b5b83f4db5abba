"""Lines along which the motion of a query agrees with that of an asset, in one geometry.

The motion of the query is laid on ours and correlated along every offset at speeds of 0.79 to 1.27, in windows
of 4 seconds; a window that agrees is a seed. A seed is fitted (speed, offset, place) and grown both ways along
its line while motion agrees, over quiet seconds while the hashes agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import GRID_MS, Box, PictureTrack
from smallscreen.rights.picture import hashes, motion
from smallscreen.rights.picture.views import TRIMS

Floats = NDArray[np.float32]
NEAR = 34
"""Bits of 128 by which two hashes of the same picture may differ; those of others differ by 64, rarely below 40."""
SPEEDS = tuple(1.04**k for k in range(-6, 7))
SLOWEST, FASTEST = 0.77, 1.3
WINDOW = 50
"""Steps of a seed: 4 seconds."""
SEED = 0.42
"""Agreement of a window from which it is looked at more closely; chance reaches it often, that costs only time."""
_FEWEST_CELLS = 16
_LINES = 80
_PIECE = 4096
_ROWS, _COLUMNS = 600, 4000
"""Steps of 160 ms of query and asset that are correlated at once: some 60 MB."""
_TELLING = 42
"""Bits apart above which the hashes of a geometry no longer tell like from unlike."""
_SOFTEN = 4.0
"""Keeps a window in which hardly anything moves from agreeing by chance."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where our picture lies in a frame of the query, `place` in parts of that frame (which may be mirrored)."""

    frame: int
    mirrored: bool
    place: Box
    view: int
    trim: int


@dataclass(slots=True)
class Line:
    """asset step = speed * query step + offset, from query step `start` to `end`, with what speaks for it.

    `agreement` is the correlation of motion, -1 to 1; `moving` how many steps of motion it rests on, `bound` how
    many of them go together (1: each is for itself).
    """

    geometry: Geometry
    speed: float
    offset: float
    start: int
    end: int
    agreement: float = 0.0
    moving: float = 0.0
    bound: float = 1.0


def strength(line: Line) -> float:
    """How many standard deviations a line's agreement lies above chance: Fisher's z over its free moments.

    Motion goes on from one step to the next (a fade is the same for a second), so the steps are fewer than they
    seem: Bartlett's formula (1946) for the variance of the correlation of two series that each go on says by
    how much, and `Line.bound` holds it.
    """
    return float(np.arctanh(min(max(line.agreement, 0.0), 0.99)) * np.sqrt(line.moving / line.bound))


@dataclass(frozen=True, slots=True)
class _Look:
    """Steps of the query from `start`, laid on our cells: unit rows, their weights, the cells."""

    start: int
    sought: Floats
    heavy: Floats
    cells: NDArray[np.intp]


class Search:
    """Lines of one geometry."""

    def __init__(
        self,
        theirs: PictureTrack,
        ours: PictureTrack,
        ground: Floats,
        geometry: Geometry,
        near: NDArray[np.bool_],
    ) -> None:
        self.theirs, self.ours, self.geometry, self.near = theirs, ours, geometry, near
        self.ground = ground
        self.kept = theirs.motion[geometry.frame]

    def lines(self) -> list[Line]:
        moved, cells = self._moved(self.geometry.place, 0, len(self.kept))
        if len(cells) < _FEWEST_CELLS:
            return []
        ours, weights = motion.unit(self.ground[:, cells])
        found: list[Line] = []
        taken = np.zeros(len(self.near), np.bool_)
        for _, speed, at, to in sorted(self._seeds(moved, ours, weights), reverse=True):
            middle = int(at + WINDOW / speed / 2)
            if taken[min(middle, len(taken) - 1)]:
                continue
            if len(found) == _LINES:
                break
            line = self._grown(self._fitted(speed, at, to))
            taken[line.start : line.end] = True
            taken[max(0, middle - 6) : middle + 6] = True
            found.append(line)
        return found

    def _fine(self, start: int = 0, end: int | None = None) -> Floats:
        fine = motion.levels(self.kept[start:end])
        if self.geometry.mirrored:
            size = round(fine.shape[1] ** 0.5)
            fine = fine.reshape(-1, size, size)[:, :, ::-1].reshape(len(fine), -1)
        return fine

    def _seeds(self, moved: Floats, ours: Floats, weights: Floats) -> list[tuple[float, float, float, float]]:
        """(agreement, speed, query step, asset step) of windows of 4 seconds of ours that agree."""
        found: list[tuple[float, float, float, float]] = []
        half = WINDOW // 2
        ground, mass = ours[::2], weights[::2] ** 2
        if len(ground) < half // 2:
            return []
        for speed in SPEEDS:
            count = int((len(moved) - 1) * speed) + 1
            steps = np.arange(0, count, 2) / speed
            sought, heavy = motion.unit(_between(moved, steps))
            wanted = self.near[np.minimum(np.rint(steps).astype(int), len(self.near) - 1)]
            for first, last in _stretches(wanted, half):
                for piece in range(first, last, _ROWS):
                    rows = slice(piece, min(last, piece + _ROWS + half))
                    for under in range(0, max(1, len(ground) - half), _COLUMNS):
                        columns = slice(under, under + _COLUMNS + half)
                        for row, column, score in _windows(
                            sought[rows],
                            heavy[rows] ** 2,
                            ground[columns],
                            mass[columns],
                            min(half, len(ground)),
                        ):
                            found.append((score, speed, (piece + row) * 2 / speed, (under + column) * 2.0))
        return found

    def _fitted(self, speed: float, at: float, to: float) -> Line:
        """The seed with the speed, offset and place at which it agrees most."""
        middle_q, middle_a = at + WINDOW / speed / 2, to + WINDOW / 2
        reach = WINDOW / speed / 2
        start, end = max(0, round(middle_q - reach)), min(len(self.near), round(middle_q + reach) + 1)
        place = self.geometry.place
        fine = self._fine(start, end)
        look = self._look(place, start, end, fine)
        best = (-1.0, speed, middle_a)
        for pace in speed * np.linspace(0.97, 1.03, 7):
            for shift in np.arange(-2, 2.01, 0.5):
                score = self._score(look, float(pace), middle_a + shift - pace * middle_q)
                if score > best[0]:
                    best = (score, float(pace), middle_a + shift)
        score, speed, middle_a = best
        for size in (0.03, 0.015):
            for change in ((-1, 0, 0, 0), (0, -1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)):
                for sign in (size, -size):
                    tried: Box = tuple(p + sign * c for p, c in zip(place, change, strict=True))  # type: ignore[assignment]
                    better = self._score(
                        self._look(tried, start, end, fine), speed, middle_a - speed * middle_q
                    )
                    if better > score + 0.005:
                        score, place = better, tried
        line = Line(replace(self.geometry, place=place), speed, middle_a - speed * middle_q, start, end)
        return self.weighed(line)

    def _moved(self, place: Box, start: int, end: int) -> tuple[Floats, NDArray[np.intp]]:
        """The query's motion on our cells; piece by piece, for the fine motion of an hour takes 160 MB."""
        pieces = [
            motion.laid(self._fine(at, min(at + _PIECE, end)), place)
            for at in range(start, max(end, start + 1), _PIECE)
        ]
        return np.concatenate([moved for moved, _ in pieces]), pieces[0][1]

    def _look(self, place: Box, start: int, end: int, fine: Floats | None = None) -> _Look:
        """`fine` is the query's motion from start to end, where it is at hand."""
        moved, cells = self._moved(place, start, end) if fine is None else motion.laid(fine, place)
        sought, heavy = motion.unit(moved)
        return _Look(start, sought, heavy, cells)

    def _score(self, look: _Look, speed: float, offset: float) -> float:
        product, light, _ = self._along(look, speed, offset)
        return float(product.sum() / np.sqrt((look.heavy**2).sum() * (light**2).sum() + _SOFTEN))

    def _along(self, look: _Look, speed: float, offset: float) -> tuple[Floats, Floats, Floats]:
        """For each step looked at: agreement with ours, how much moves in ours (0 outside it), its rows."""
        steps = np.arange(look.start, look.start + len(look.sought)) * speed + offset
        last = len(self.ground) - 1
        outside = (steps < 0) | (steps > last)
        ours, light = motion.unit(_between(self.ground[:, look.cells], np.clip(steps, 0, last)))
        product = np.einsum("ij,ij->i", look.sought, ours)
        product[outside] = 0
        light[outside] = 0
        return product, light, ours

    def weighed(self, line: Line) -> Line:
        look = self._look(line.geometry.place, line.start, line.end)
        product, light, ours = self._along(look, line.speed, line.offset)
        line.bound = _bound(look.sought, ours)
        line.moving = float((look.heavy * light).sum())
        whole = np.sqrt((look.heavy**2).sum() * (light**2).sum() + _SOFTEN)
        line.agreement = float(product.sum() / whole)
        return line

    def _grown(self, line: Line) -> Line:
        """The line made as long as motion and hashes bear it, fitted again on the way."""
        for turn in range(3):
            first = max(0, int(np.ceil(-line.offset / line.speed)))
            last = min(len(self.kept), int((len(self.ground) - 1 - line.offset) / line.speed) + 1)
            look = self._look(line.geometry.place, first, last)
            product, light, _ = self._along(look, line.speed, line.offset)
            evidence = self._evidence(product, look.heavy, light, line, first)
            middle = (line.start + line.end) // 2 - first
            if not 0 <= middle < len(evidence):
                break
            start = first + middle - _climb(evidence[: middle + 1][::-1])
            end = first + middle + 1 + _climb(evidence[middle + 1 :])
            grew = end - start > line.end - line.start
            line.start, line.end = max(0, start), end
            if turn and not grew:
                break
            line = self._refitted(line)
        return self.weighed(line)

    def _refitted(self, line: Line) -> Line:
        """Speed and offset once more, over all the line covers: its ends move by less than a step at each try."""
        span = max(line.end - line.start, WINDOW)
        middle = (line.start + line.end) / 2
        at = line.speed * middle + line.offset
        look = self._look(line.geometry.place, line.start, line.end)
        best = (-1.0, line.speed, line.offset)
        for pace in line.speed + np.arange(-3, 4) / span:
            for shift in (-0.5, -0.25, 0, 0.25, 0.5):
                offset = at + shift - float(pace) * middle
                product, _, _ = self._along(look, float(pace), offset)
                if float(product.sum()) > best[0]:
                    best = (float(product.sum()), float(pace), offset)
        return replace(line, speed=best[1], offset=best[2])

    def _evidence(self, product: Floats, heavy: Floats, light: Floats, line: Line, first: int) -> Floats:
        """What each step says for the line (above 0) or against it."""
        # Only what moves in both speaks: noise moves a filmed screen where ours stands still.
        weight = heavy * light
        says = product - 0.35 * weight
        apart = self._apart(line, first, len(product))
        # How far the hashes of this geometry lie apart where it surely holds: a crop that is met half way differs more.
        sure = apart[(weight > 0.5) & (product > 0.6 * weight)]
        usual = float(np.median(sure)) if len(sure) > 5 else NEAR - 8.0
        if usual > _TELLING:
            return np.asarray(says, np.float32)
        near, far = apart <= max(NEAR, usual + 8), apart >= max(48, usual + 16)
        says = np.where(near & (says < 0), 0.4 * says, says)
        says += (1 - weight) * np.where(near, 0.06, np.where(far, -0.25, -0.03))
        return np.asarray(says, np.float32)

    def _apart(self, line: Line, first: int, count: int) -> NDArray[np.int64]:
        """Bits by which the hashes shown at each step differ; 40 where one of them is unknown."""
        geometry = line.geometry
        code = geometry.frame * len(TRIMS) + geometry.trim
        mine = np.flatnonzero(self.theirs.view == code)
        their = np.flatnonzero(self.ours.view == geometry.view)
        if not len(mine) or not len(their):
            return np.full(count, 40)
        steps = np.arange(first, first + count)
        asked = np.searchsorted(self.theirs.times_ms[mine], steps * GRID_MS, "right") - 1
        there = (steps * line.speed + line.offset) * GRID_MS
        given = np.searchsorted(self.ours.times_ms[their], there + GRID_MS, "right") - 1
        known = (asked >= 0) & (given >= 0)
        left = self.theirs.hashes[mine[np.maximum(asked, 0)]]
        if geometry.mirrored:
            left = left ^ hashes.MIRROR
        right = self.ours.hashes[their[np.maximum(given, 0)]]
        apart = np.bitwise_count(left ^ right).sum(1).astype(np.int64)
        return np.where(known, apart, 40)


def _between(rows: Floats, steps: NDArray[np.floating]) -> Floats:
    """Rows at steps that lie between rows."""
    low = np.minimum(steps.astype(np.int64), len(rows) - 1)
    high = np.minimum(low + 1, len(rows) - 1)
    part = (steps - low).astype(np.float32)[:, None]
    return np.asarray(rows[low] * (1 - part) + rows[high] * part, np.float32)


def _stretches(wanted: NDArray[np.bool_], shortest: int) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= shortest]


def _windows(
    sought: Floats, heavy: Floats, ground: Floats, mass: Floats, half: int
) -> list[tuple[int, int, float]]:
    """(row, column, agreement) of the best windows of `half` rows along the diagonals."""
    n, m = len(sought), len(ground)
    if n < half or m < half:
        return []
    product = sought @ ground.T
    # Laid out so that each diagonal is a column: row i of the reversed matrix moves right by i.
    wide = np.zeros((n, m + n), np.float32)
    wide[:, :m] = product[::-1]
    skew = wide.ravel()[: n * (m + n - 1)].reshape(n, m + n - 1)
    total = np.cumsum(skew, axis=0, dtype=np.float32)
    sums = total[half - 1 :].copy()
    sums[1:] -= total[:-half]
    # Window ending at reversed row r begins at row n-1-r of the query; column c is offset c-(n-1).
    starts = n - 1 - np.arange(half - 1, n)
    before = np.concatenate([[0], np.cumsum(heavy)])
    own = before[starts + half] - before[starts]
    under = np.concatenate([[0], np.cumsum(mass)])
    offsets = np.arange(m + n - 1) - (n - 1)
    begin = starts[:, None] + offsets[None, :]
    there = np.clip(begin, 0, m - half)
    score = sums / np.sqrt(own[:, None] * (under[there + half] - under[there]) + _SOFTEN / 2)
    score[(begin < 0) | (begin > m - half)] = -1
    best = score.argmax(1)
    top = score[np.arange(len(best)), best]
    chosen = np.flatnonzero(top >= SEED)
    return [(int(starts[r]), int(starts[r] + offsets[best[r]]), float(top[r])) for r in chosen]


def _bound(one: Floats, other: Floats) -> float:
    """How many steps go together: the sum over lags of what each series keeps of itself, both multiplied."""
    total = 1.0
    for lag in range(1, min(len(one) - 1, 25) + 1):
        kept = [
            float(np.vdot(rows[:-lag], rows[lag:]) / (np.vdot(rows, rows) + 1e-9)) for rows in (one, other)
        ]
        total += 2 * max(0.0, kept[0] * kept[1])
    return total


def _climb(evidence: Floats, drop: float = 4.0) -> int:
    """How many steps to go until the sum is highest, giving up once it fell by `drop` below that."""
    if not len(evidence):
        return 0
    total = np.cumsum(evidence)
    peak = np.maximum.accumulate(np.maximum(total, 0))
    fallen = np.flatnonzero(peak - total > drop)
    until = int(fallen[0]) if len(fallen) else len(total)
    if until == 0 or total[:until].max() <= 0:
        return 0
    return int(total[:until].argmax()) + 1
