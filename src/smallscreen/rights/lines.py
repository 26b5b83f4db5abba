"""Lines along which the motion of a query agrees with that of an asset, in one geometry.

The motion of the query is laid on ours and correlated along every offset at speeds of 0.79 to 1.27, in windows
of 4 seconds; a window that agrees is a seed. A seed is fitted (speed, offset, place) and grown both ways along
its line while motion agrees, over quiet seconds while the hashes agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from smallscreen.rights.model import GRID_MS, Box, PictureTrack
from smallscreen.rights.picture import hashes, motion
from smallscreen.rights.picture.views import TRIMS

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
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
BLOCK = 50
"""Steps of query and of asset that are looked at or not as one: 4 seconds."""
_TILE = 4
"""Blocks of the query that are correlated at once."""
_HOPELESS = 16
"""So many seeds one after the other, the best first, that lead nowhere: the others will not either."""
_HALF_WAY = 2.2
"""Strength of a line that leads somewhere."""
_MARGIN = 400
"""Steps beyond a line in which its growth is looked at first."""
_PACES, _SHIFTS = np.linspace(0.97, 1.03, 7), np.arange(-2, 2.01, 0.5)
"""Speeds and steps around a seed that are tried."""
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
    """Lines of one geometry. `marks` bool (query blocks, asset blocks) says where seeds are looked for."""

    def __init__(
        self,
        theirs: PictureTrack,
        ours: PictureTrack,
        ground: Floats,
        geometry: Geometry,
        marks: NDArray[np.bool_],
    ) -> None:
        self.theirs, self.ours, self.geometry, self.marks = theirs, ours, geometry, marks
        self.ground = ground
        self.kept = theirs.motion[geometry.frame]
        self._grounds: dict[bytes, _Ground] = {}
        self._held: Floats | None = None

    def lines(self, covered: NDArray[np.bool_]) -> list[Line]:
        """The lines whose seeds lie in steps of the query that are not `covered` yet."""
        found: list[Line] = []
        taken = covered.copy()
        hopeless = 0
        for _, speed, at, to in sorted(self._seeds(covered), reverse=True):
            middle = int(at + WINDOW / speed / 2)
            if taken[min(middle, len(taken) - 1)]:
                continue
            if len(found) == _LINES or hopeless == _HOPELESS:
                break
            line = self._grown(self._fitted(speed, at, to))
            hopeless = 0 if strength(line) >= _HALF_WAY else hopeless + 1
            taken[line.start : line.end] = True
            taken[max(0, middle - 6) : middle + 6] = True
            found.append(line)
        return found

    def again(self, line: Line, least: float) -> Line | None:
        """A line of another geometry in this one, where it is about as strong (`least`) without being fitted."""
        here = self.weighed(replace(line, geometry=self.geometry))
        if strength(here) < least:
            return None
        middle = (line.start + line.end) / 2
        return self._grown(
            self._fitted(
                line.speed,
                middle - WINDOW / line.speed / 2,
                line.speed * middle + line.offset - WINDOW / 2,
            )
        )

    def _fine(self, start: int = 0, end: int | None = None) -> Floats:
        if self._held is None and len(self.kept) <= _PIECE:
            self._held = self._seen(0, None)
        return self._seen(start, end) if self._held is None else self._held[start:end]

    def _seen(self, start: int, end: int | None) -> Floats:
        fine = motion.levels(self.kept[start:end])
        if self.geometry.mirrored:
            size = round(fine.shape[1] ** 0.5)
            fine = fine.reshape(-1, size, size)[:, :, ::-1].reshape(len(fine), -1)
        return fine

    def _seeds(self, covered: NDArray[np.bool_]) -> list[tuple[float, float, float, float]]:
        """(agreement, speed, query step, asset step) of windows of 4 seconds of ours that agree, the best of each moment."""
        found: list[tuple[float, float, float, float]] = []
        half = WINDOW // 2
        if len(self.ground) < half:
            return []
        for first, last in _stretches(self._open(covered)):
            # One block more than is looked for: the last windows reach into it.
            start, end = first * BLOCK, min((last + 1) * BLOCK + BLOCK, len(self.kept))
            moved, cells = self._moved(self.geometry.place, start, end)
            if len(cells) < _FEWEST_CELLS:
                return []
            for tile in range(first, last, _TILE):
                until = min(tile + _TILE, last)
                for low, high in _stretches(np.asarray(self.marks[tile:until].any(0), np.bool_)):
                    under = slice(low * BLOCK, min(high * BLOCK + BLOCK, len(self.ground)))
                    ground, weights = motion.unit(self.ground[under][:, cells])
                    ground, mass = np.ascontiguousarray(ground[::2]), weights[::2] ** 2
                    for speed in SPEEDS:
                        count = (until - tile) * BLOCK * speed / 2 + half
                        steps = tile * BLOCK - start + np.arange(int(count)) * 2 / speed
                        sought, heavy = motion.unit(_between(moved, steps[steps <= len(moved) - 1]))
                        rows, columns, scores = _windows(
                            sought, heavy**2, ground, mass, min(half, len(ground))
                        )
                        found += [
                            (score, speed, tile * BLOCK + row * 2 / speed, low * BLOCK + column * 2.0)
                            for row, column, score in zip(
                                rows.tolist(), columns.tolist(), scores.tolist(), strict=True
                            )
                        ]
        return found

    def _open(self, covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Blocks of the query that are to be looked at and are not wholly covered."""
        edges = np.arange(len(self.marks)) * BLOCK
        left = np.add.reduceat(~covered, edges) if len(covered) else np.zeros(0, np.int64)
        return np.asarray(self.marks.any(1) & (left > 0))

    def _fitted(self, speed: float, at: float, to: float) -> Line:
        """The seed with the speed, offset and place at which it agrees most."""
        middle_q, middle_a = at + WINDOW / speed / 2, to + WINDOW / 2
        reach = WINDOW / speed / 2
        start, end = max(0, round(middle_q - reach)), min(len(self.kept), round(middle_q + reach) + 1)
        place = self.geometry.place
        fine = self._fine(start, end)
        look = self._look(place, start, end, fine)
        near = _Near(self._under(look.cells), look, speed, middle_a - speed * middle_q, 5)
        pace, shift = (x.ravel() for x in np.meshgrid(speed * _PACES, _SHIFTS, indexing="ij"))
        tries = near.scores(pace, middle_a + shift - pace * middle_q)
        best = int(tries.argmax())
        score, speed, middle_a = float(tries[best]), float(pace[best]), middle_a + float(shift[best])
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
        ours, light = motion.unit(_between(self._under(look.cells).rows, np.clip(steps, 0, last)))
        product = np.einsum("ij,ij->i", look.sought, ours)
        product[outside] = 0
        light[outside] = 0
        return product, light, ours

    def _under(self, cells: NDArray[np.intp]) -> _Ground:
        """Our motion in some cells: few sets of cells are ever asked for."""
        key = cells.tobytes()
        if key not in self._grounds:
            if len(self._grounds) > (8 if len(self.ground) <= _PIECE else 0):
                self._grounds.clear()
            rows = self.ground if len(cells) == self.ground.shape[1] else self.ground[:, cells]
            self._grounds[key] = _Ground(rows)
        return self._grounds[key]

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
            middle = (line.start + line.end) // 2
            if not first <= middle < last:
                break
            margin = _MARGIN
            while True:
                low, high = max(first, line.start - margin), min(last, line.end + margin)
                look = self._look(line.geometry.place, low, high)
                product, light, _ = self._along(look, line.speed, line.offset)
                evidence = self._evidence(product, look.heavy, light, line, low)
                back, fell_back = _climb(evidence[: middle - low + 1][::-1])
                on, fell_on = _climb(evidence[middle - low + 1 :])
                if (fell_back or low == first) and (fell_on or high == last):
                    break
                margin *= 4
            start, end = middle - back, middle + 1 + on
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
        near = _Near(self._under(look.cells), look, line.speed, line.offset, 3)
        pace, shift = (
            x.ravel()
            for x in np.meshgrid(line.speed + np.arange(-3, 4) / span, _SHIFTS[2:-2] / 2, indexing="ij")
        )
        offset = at + shift - pace * middle
        products = near.along(pace, offset)[0].sum(1)
        best = int(products.argmax())
        if products[best] <= 0:
            return line
        return replace(line, speed=float(pace[best]), offset=float(offset[best]))

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


class _Ground:
    """Our motion in some cells, (m, k), with the length of each row squared and its product with the next one."""

    def __init__(self, rows: Floats) -> None:
        self.rows = rows
        self.length = np.einsum("ij,ij->i", rows, rows)
        self.next = np.zeros(len(rows), np.float32)
        self.next[:-1] = np.einsum("ij,ij->i", rows[:-1], rows[1:])


class _Near:
    """What `Search._along` says near one line, without laying the rows on each other for every try.

    A row between two of ours is a mixture of them: its product with the query's and its length follow from the
    products with both. `reach` steps around the line are made ready; a try must stay within them.
    """

    def __init__(self, ground: _Ground, look: _Look, speed: float, offset: float, reach: int) -> None:
        self._ground, self._look, self._cells = ground, look, max(1, ground.rows.shape[1])
        self._steps = np.arange(look.start, look.start + len(look.sought))
        self._base = np.floor(self._steps * speed + offset).astype(np.int64) - reach
        self._last = len(ground.rows) - 1
        self._products = np.stack(
            [
                np.einsum("ij,ij->i", look.sought, ground.rows[np.clip(self._base + d, 0, self._last)])
                for d in range(2 * reach + 2)
            ]
        )
        self._own = np.arange(len(self._steps))

    def along(self, speed: Doubles, offset: Doubles) -> tuple[Floats, Floats]:
        """For tries (t,): agreement with ours at each step, and how much moves in ours (0 outside it), (t, n)."""
        steps = self._steps * speed[:, None] + offset[:, None]
        inside = (steps >= 0) & (steps <= self._last)
        steps = np.minimum(np.maximum(steps, 0), self._last)
        low = steps.astype(np.int64)
        high = np.minimum(low + 1, self._last)
        part = (steps - low).astype(np.float32)
        rest = 1 - part
        most = len(self._products) - 1
        at = np.minimum(np.maximum(low - self._base, 0), most)
        above = np.minimum(np.maximum(high - self._base, 0), most)
        product = rest * self._products[at, self._own] + part * self._products[above, self._own]
        ground = self._ground
        length = (
            rest**2 * ground.length[low] + 2 * rest * part * ground.next[low] + part**2 * ground.length[high]
        )
        level = np.sqrt(np.maximum(length, 0) / self._cells)
        light = inside * (level / (level + motion.QUIET))
        product *= inside / ((level + motion.QUIET) * np.float32(np.sqrt(self._cells)))
        return product, light

    def scores(self, speed: Doubles, offset: Doubles) -> Floats:
        """As `Search._score`, for tries (t,)."""
        product, light = self.along(speed, offset)
        return np.asarray(
            product.sum(1) / np.sqrt((self._look.heavy**2).sum() * (light**2).sum(1) + _SOFTEN), np.float32
        )


def _between(rows: Floats, steps: NDArray[np.floating]) -> Floats:
    """Rows at steps that lie between rows."""
    low = np.minimum(steps.astype(np.int64), len(rows) - 1)
    high = np.minimum(low + 1, len(rows) - 1)
    part = (steps - low).astype(np.float32)[:, None]
    return np.asarray(rows[low] * (1 - part) + rows[high] * part, np.float32)


def _stretches(wanted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _windows(
    sought: Floats, heavy: Floats, ground: Floats, mass: Floats, half: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Rows, columns and agreement of the best window of `half` rows along a diagonal, for each row where one agrees."""
    n, m = len(sought), len(ground)
    if n < half or m < half:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.float32)
    wide = np.zeros((n, m + 2 * n), np.float32)
    wide[:, n - 1 : n - 1 + m] = sought @ ground.T
    # Row i moved left by i: each diagonal is a column. A window is the difference of two sums down that column.
    size = wide.itemsize
    skew = as_strided(wide, (n, m + n - 1), ((m + 2 * n + 1) * size, size))
    total = np.zeros((n + 1, m + n - 1), np.float32)
    np.cumsum(skew, axis=0, out=total[1:])
    shape, strides = (n - half + 1, m - half + 1), ((m + n - 2) * size, size)
    score = as_strided(total[half:, n - 1 :], shape, strides) - as_strided(total[:, n - 1 :], shape, strides)
    before, under = (np.concatenate([[0], np.cumsum(x)]) for x in (heavy, mass))
    own, their = (x[half:] - x[:-half] for x in (before, under))
    score /= np.sqrt(np.outer(own, their) + _SOFTEN / 2)
    best = score.argmax(1)
    top = score[np.arange(len(best)), best]
    chosen = np.flatnonzero(top >= SEED)
    return chosen, best[chosen], top[chosen]


def _bound(one: Floats, other: Floats) -> float:
    """How many steps go together: the sum over lags of what each series keeps of itself, both multiplied."""
    total = 1.0
    for lag in range(1, min(len(one) - 1, 25) + 1):
        kept = [
            float(np.vdot(rows[:-lag], rows[lag:]) / (np.vdot(rows, rows) + 1e-9)) for rows in (one, other)
        ]
        total += 2 * max(0.0, kept[0] * kept[1])
    return total


def _climb(evidence: Floats, drop: float = 4.0) -> tuple[int, bool]:
    """How many steps to go until the sum is highest, giving up once it fell by `drop` below that; whether it fell."""
    if not len(evidence):
        return 0, False
    total = np.cumsum(evidence)
    peak = np.maximum.accumulate(np.maximum(total, 0))
    fallen = np.flatnonzero(peak - total > drop)
    until = int(fallen[0]) if len(fallen) else len(total)
    if until == 0 or total[:until].max() <= 0:
        return 0, len(fallen) > 0
    return int(total[:until].argmax()) + 1, len(fallen) > 0
