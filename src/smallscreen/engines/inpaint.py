"""Writing taken out of a picture, and what was behind it put in its place as far as it can be known.

The letters are found over the whole time that they stand: what stays bright in every frame and is
thinner than a stroke can be (a top-hat of the least brightness), or what stays dark. They are filled from the picture
before or after the writing where the rest of the band has stayed the same, moved to the brightness of
now. Where it has moved as a whole, they are filled from other moments, also of the same writing, which show
now what was hidden then (`behind`). What nothing shows is filled from the nearest pixels above, below, left
and right, the nearest counting most; a fine pattern does not go on through that. Writing of which too much
would have to be guessed so is not filled: `Band.blurs` says so, and who covers blurs it.

Letters whose strokes are wider than an eighth of the band's height are not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from smallscreen.engines.behind import Around, Moment, detail, fills_of, halved, sums

Box = tuple[int, int, int, int]
Planes = Sequence[np.ndarray]

_EDGE_MS = 90  # writing may stand two frames longer than its times say
_INNER_MS = 130  # its first and last frames may still be fading: nothing is learned from them
_KEPT_MS = 6000  # a picture longer ago is no longer what is behind the letters
_LEAST = 26  # levels of 256 by which letters are brighter than their ground
_MOMENTS = 6  # of each writing that are kept, to be shown where it stands when the ground has moved
# Levels of 256 of detail that would be guessed, over all letters: more is seen to be blotchy. What is guessed anew for
# each picture flickers, and is seen sooner.
_ROUGH, _ROUGH_MOVING = 5.0, 2.0
_STILL = (
    6.0  # levels by which a ground that stands still differs between its first and last moment, by its grain
)

Way = Literal["filled", "blurred", "not found"]


@dataclass
class _Plate:
    """The band as it was seen, or made, without writing."""

    at: int
    planes: list[np.ndarray]


@dataclass
class _Stand:
    """One time that writing stands: where in the band, and what was learned of it."""

    start: int
    end: int
    box: Box
    told: Box = (0, 0, 0, 0)
    sure: bool = True
    way: Way = "filled"
    moments: list[list[np.ndarray]] = field(default_factory=list)
    others: list[Moment] = field(default_factory=list)
    least: np.ndarray | None = None
    most: np.ndarray | None = None
    inner: bool = False
    before: _Plate | None = None
    after: _Plate | None = None
    known: bool = False
    contrast: float = 0.0
    core: np.ndarray | None = None
    masks: list[np.ndarray] = field(default_factory=list)
    around: list[Around] = field(default_factory=list)
    plates: list[Moment] | None = None
    last: tuple[np.ndarray, list[np.ndarray]] | None = None


class Band:
    """Writing in one place of the picture: its stands share their clean pictures."""

    def __init__(self, stands: list[_Stand], box: Box, scale: int) -> None:
        self._stands = sorted(stands, key=lambda s: s.start)
        self._box, self._scale = box, scale
        self._clean: _Plate | None = None
        self._made: _Plate | None = None

    def stands(self, at: int) -> bool:
        return any(s.start - _EDGE_MS <= at < s.end + _EDGE_MS for s in self._stands)

    def study(self, at: int, planes: Planes) -> None:
        """Learn from the picture at `at`; pictures come in order."""
        now = [s for s in self._stands if s.start - _EDGE_MS <= at < s.end + _EDGE_MS]
        if not now:
            plate = _Plate(at, [p.copy() for p in self._seen(planes)])
            self._clean = plate
            for s in self._stands:
                if s.after is None and 0 <= at - s.end < _KEPT_MS:
                    s.after = plate
            return
        seen = self._seen(planes)
        luma = seen[0]
        for s in now:
            if s.before is None and self._clean is not None and s.start - self._clean.at < _KEPT_MS:
                s.before = self._clean
            edge = min(_INNER_MS, (s.end - s.start) // 4)
            inner = s.start + edge <= at < s.end - edge
            if inner or (s.start <= at < s.end and not s.inner):
                x0, y0, x1, y1 = s.box
                part = luma[y0:y1, x0:x1]
                if s.least is None or s.most is None or (inner and not s.inner):
                    s.least = s.most = part.copy()
                s.least, s.most = np.minimum(s.least, part), np.maximum(s.most, part)
                s.inner = s.inner or inner
            if inner and at >= s.start + (len(s.moments) + 0.5) * (s.end - s.start) / _MOMENTS:
                s.moments.append([p.copy() for p in _parts(seen, s.box)])

    def apply(self, at: int, planes: Planes) -> bool:
        """Fill the writing that stands at `at`; whether there was any."""
        seen = self._seen(planes)
        drawn = False
        for s in self._stands:
            if s.start - _EDGE_MS <= at < s.end + _EDGE_MS:
                drawn = self._fill(s, at, seen) or drawn
                s.last = s.last if at < s.end else None
            elif at >= s.end + _EDGE_MS and (s.others or s.before):
                s.others, s.plates, s.before, s.after = [], None, None, None  # never needed again
        if drawn:
            self._made = _Plate(at, [p.copy() for p in seen])
        return drawn

    def blurs(self, at: int) -> list[Box]:
        """Where writing stands at `at` that is to be blurred, in pixels of the picture."""
        return [
            s.told
            for s in self._stands
            if (s.way == "blurred" or (s.way == "not found" and s.sure))
            and s.start - _EDGE_MS // 2 <= at < s.end + _EDGE_MS // 2
        ]

    def ways(self) -> list[tuple[int, int, Way, bool]]:
        """What became of each writing that was come to: from when to when, how, and whether it surely stood there."""
        return [(s.start, s.end, s.way, s.sure) for s in self._stands if s.known]

    def _seen(self, planes: Planes) -> list[np.ndarray]:
        x0, y0, x1, y1 = self._box
        return [
            p[y0:y1, x0:x1] if n == 0 else p[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
            for n, p in enumerate(planes)
        ]

    def _fill(self, s: _Stand, at: int, seen: list[np.ndarray]) -> bool:
        if not s.known:
            self._find_letters(s)
            if s.before is None:
                # Straight after another subtitle: what was made of that one's place, once and not again and
                # again, or one picture's fault would be carried through all that follow.
                s.before = self._made
            self._judge(s)
        if s.core is None or s.way != "filled":
            return False
        parts = _parts(seen, s.box)
        now = [p.astype(np.float32) / self._scale for p in parts]
        if not s.start <= at < s.end and _contrast(now[0], s.core) / s.contrast < 0.4:
            return False  # it is not there yet, or no more
        if s.last is not None and _same(now[0], s.last[0], s.masks[0]):
            fills = s.last[1]
        else:
            fills, _ = fills_of(now, s.around, self._plates(s), s.others)
            s.last = (now[0], fills)
        for part, own, fill, mask in zip(parts, now, fills, s.masks, strict=True):
            part[...] = ((own + (fill - own) * mask) * self._scale + 0.5).clip(0, 255 * self._scale + 3)
        return True

    def _plates(self, s: _Stand) -> list[Moment]:
        """The clean pictures before and after, where they are clean."""
        if s.plates is None:
            s.plates = []
            for plate in (s.before, s.after):
                if plate is not None:
                    clean = [p.astype(np.float32) / self._scale for p in _parts(plate.planes, s.box)]
                    if not self._written(clean[0], s):
                        s.plates.append(Moment(clean))
        return s.plates

    def _judge(self, s: _Stand) -> None:
        """Whether the writing can be filled: tried on three of its moments."""
        if s.core is None:
            s.way = "not found"
            return
        near = s.around[0].open
        s.others = [
            Moment([p.astype(np.float32) / self._scale for p in planes], near) for planes in s.moments
        ]
        s.moments = []
        if not s.others or not near.any():
            return
        passed = np.abs(s.others[0].planes[0] - s.others[-1].planes[0])[near].mean()
        still = bool(passed < _STILL)  # then no other moment shows what the letters hide
        rough = []
        for one in s.others[:: max(1, len(s.others) // 3)]:
            rest = [] if still else [Moment(m.planes, m.open) for m in s.others if m is not one]
            plates = [Moment(m.planes) for m in self._plates(s)]
            _, trust = fills_of(one.planes, s.around, plates, rest)
            rough.append(float(((1 - trust) * detail(one.planes[0], near))[~near].mean()))
        s.others = [] if still else s.others
        if float(np.mean(rough)) > (_ROUGH if still else _ROUGH_MOVING):
            s.way = "blurred"
            s.others = []
            # Around the letters alone, as what was told may be a band as wide as the picture; and not much beyond
            # it, as thin things that stand still are taken for letters.
            rows, columns = np.nonzero(~near.all(axis=1))[0], np.nonzero(~near.all(axis=0))[0]
            x, y = self._box[0] + s.box[0], self._box[1] + s.box[1]
            pad = max(4, (s.told[3] - s.told[1]) // 8)
            s.told = (
                max(s.told[0] - pad, x + int(columns[0])),
                max(s.told[1] - pad, y + int(rows[0])),
                min(s.told[2] + pad, x + int(columns[-1]) + 1),
                min(s.told[3] + pad, y + int(rows[-1]) + 1),
            )

    def _written(self, luma: np.ndarray, s: _Stand) -> bool:
        """Whether a picture that ought to be clean has other letters in it, of which nobody had told."""
        if s.core is None:
            return False
        side = 1 if s.contrast > 0 else -1
        above = side * luma - _opened(side * luma, max(3, round((self._box[3] - self._box[1]) * 0.06)))
        return int((above > max(_LEAST, 0.5 * abs(s.contrast))).sum()) > 0.35 * int(s.core.sum())

    def _find_letters(self, s: _Stand) -> None:
        s.known = True
        if s.least is None or s.most is None:
            return
        least, most = (a.astype(np.float32) / self._scale for a in (s.least, s.most))
        s.least = s.most = None
        height = self._box[3] - self._box[1]
        stroke = max(3, round(height * 0.06))
        above, below = least - _opened(least, stroke), -most - _opened(-most, stroke)
        # Bright letters have dark contours: they are dark ones only where the dark is far stronger.
        if np.percentile(below, 99.5) > 1.6 * np.percentile(above, 99.5):
            above, below, least = below, above, most
        strong = max(_LEAST, 0.35 * float(np.percentile(above, 99.5)))
        core = above > strong
        if core.sum() < 12:
            return
        s.core = core
        s.contrast = _contrast(least, core)
        wide = _with_contour(core.astype(np.float32), below > 0.4 * _LEAST, max(3, round(height * 0.05)))
        s.masks = [_softened(wide)]
        half = np.minimum(1, halved(wide) * 4)
        s.masks += [_softened(half)] * 2
        near = [Around(mask < 0.02) for mask in s.masks[:2]]
        s.around = [near[0], near[1], near[1]]


def bands(stands: Sequence[tuple[int, int, Box, bool]], width: int, height: int, scale: int) -> list[Band]:
    """Bands for writing given as (start ms, end ms, box, whether it surely stands there).

    Boxes that overlap from top to bottom share one.
    """
    groups: list[list[tuple[int, int, Box, bool]]] = []
    for stand in sorted(stands, key=lambda s: s[2][1]):
        top, bottom = stand[2][1], stand[2][3]
        if groups:
            low = max(b[3] for _, _, b, _ in groups[-1])
            if low - top > 0.5 * (bottom - top):
                groups[-1].append(stand)
                continue
        groups.append([stand])
    made = []
    for group in groups:
        tall = max(b[3] - b[1] for _, _, b, _ in group)
        edge = max(8, round(tall * 0.4))
        boxes = [
            even((b[0] - edge, b[1] - edge, b[2] + edge, b[3] + edge), width, height) for _, _, b, _ in group
        ]
        x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        band = (x0, y0, max(b[2] for b in boxes), max(b[3] for b in boxes))
        made.append(
            Band(
                [
                    _Stand(start, end, (b[0] - x0, b[1] - y0, b[2] - x0, b[3] - y0), told, sure)
                    for (start, end, told, sure), b in zip(group, boxes, strict=True)
                ],
                band,
                scale,
            )
        )
    return made


def even(box: Box, width: int, height: int) -> Box:
    """The box inside the picture with even edges, no smaller than it was there."""
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
    return x0 // 2 * 2, y0 // 2 * 2, (x1 + 1) // 2 * 2, (y1 + 1) // 2 * 2


def ground_of(luma: np.ndarray, height: int) -> np.ndarray:
    """How much each pixel is ground and no bright letter, 0.02 to 1; `height` is that of the band."""
    above = luma - _opened(luma, max(3, round(height * 0.06)))
    letters = _grown((above > _LEAST).astype(np.float32), max(2, round(height * 0.04)))
    return np.maximum(1 - letters, np.float32(0.02))


def _parts(planes: Planes, box: Box) -> list[np.ndarray]:
    """A box of all three planes; its edges are even."""
    x0, y0, x1, y1 = box
    return [
        p[y0:y1, x0:x1] if n == 0 else p[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] for n, p in enumerate(planes)
    ]


def _with_contour(core: np.ndarray, against: np.ndarray, reach: int) -> np.ndarray:
    """The letters with the contour of the other brightness that they have, at most `reach` wide, and a soft rim."""
    around = _grown(core, reach) * (1 - core)
    contour = around * against
    if contour.sum() > 0.3 * around.sum():
        return _grown(np.maximum(core, contour), 2)
    return _grown(core, 3)


def _contrast(luma: np.ndarray, core: np.ndarray) -> float:
    """How much brighter the letters are than the rest of their box; below nought where they are darker."""
    return float(luma[core].mean() - np.median(luma[~core])) or 1e-6


def _same(now: np.ndarray, before: np.ndarray, mask: np.ndarray) -> bool:
    moved = np.abs(now - before) * (mask < 0.02)
    return bool(moved.mean() < 0.5 and moved.max() < 12)


def _opened(a: np.ndarray, reach: int) -> np.ndarray:
    """A morphological opening by a square: what is bright and thinner than 2 * reach + 1 is gone."""
    return _grown(-_grown(-a, reach), reach)


def _grown(a: np.ndarray, reach: int) -> np.ndarray:
    """The greatest value within `reach` pixels, in a square."""
    for axis in (0, 1):
        size = a.shape[axis]
        padded = np.pad(a, [(reach, reach) if n == axis else (0, 0) for n in (0, 1)], mode="edge")
        a = a.copy()
        for step in range(2 * reach + 1):
            np.maximum(a, padded[step : step + size] if axis == 0 else padded[:, step : step + size], out=a)
    return a


def _softened(mask: np.ndarray) -> np.ndarray:
    """A mask with an edge of a pixel that is half there, so that the fill has no hard rim."""
    return np.maximum(mask, sums(_grown(mask, 1)) / 9).astype(np.float32)
