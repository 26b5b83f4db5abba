"""What stands still is read, each line once, from a picture in which everything that moves has been washed out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np

from smallscreen.engines.ocr import Reader, Reading, vision
from smallscreen.series.burned import spaces, strokes
from smallscreen.series.burned.model import Box, Row
from smallscreen.series.burned.places import AROUND, Span, Strip

_MOST_SHOTS = 12
_DULL = 4  # stretches without a word: the strip is no place of subtitles
_HOPELESS = 0.4
_POOR = 0.6  # so little is left to check: it will be dropped, or is shown as unsure
_LOOSE = 0.85  # of a box's height are letters: less, and the finder saw it too large
_CLEAR = 0.95  # each letter of a line so sure: no second reading finds a mistake
_GAPPED = 0.6  # the agreement of a reading that leaves something out: it is shown as unsure
_SURE = 0.9  # a row of another strip that is so sure is not read again
_TRIES = 8  # stretches of a strip that are read before it is known whether it holds subtitles
_FOUND_AT = 26  # the height in pixels that a row has where it is looked for
_SOME = 4  # characters from which their distance tells their size better than the width of all
_GAP_MS = 130  # a line that is away for less was only shaken by a cut or a flash


class Rows:
    """Reads the strips; counts what it asked of the models."""

    def __init__(self, reader: Reader, threads: int = 2) -> None:
        self.reader, self.threads = reader, threads
        self._lock = threading.Lock()
        self.read = 0
        self.looked_at = 0

    def of(
        self, strip: Strip, wide: int, every: bool, known: Sequence[Row] = (), beside: Sequence[Strip] = ()
    ) -> list[Row]:
        """The rows of writing in what a strip has followed so far, by time.

        First only what stood still while the finder looked and saw writing, and some of the rest where that says
        something; with `every`, all that was not read yet. What `known` holds of other strips is not read again, nor
        what stands in the rows of the strips `beside`.
        """
        if not strip.times:
            return []
        if strip.spans is None:
            shape = (strip.foot - strip.top, wide)
            masks = np.stack([np.unpackbits(m, count=shape[0] * shape[1]) for m in strip.masks])
            masks = masks.reshape(-1, *shape).view(bool)
            strip.spans = [
                Span(s.mask, strip.times[s.first], strip.ends[s.end - 1])
                for s in strokes.stills(masks, np.array(strip.times), strip.high)
            ]
        spans = [s for s in strip.spans if not s.read]
        others = [r for r in known if r.place != strip.number and r.score > _SURE]
        theirs = [(s.top, s.foot) for s in beside if s is not strip]
        found: list[Row] = []
        with ThreadPoolExecutor(self.threads) as pool:

            def read(some: Sequence[Span], most_dull: int) -> bool:
                """Whether there is anything to read, as far as it was read before it got dull."""
                dull = 0
                for n in range(0, len(some), self.threads):
                    now = some[n : n + self.threads]
                    for span, rows in zip(
                        now, pool.map(lambda s: self._rows(strip, s, others, theirs), now), strict=True
                    ):
                        span.read = True
                        dull = 0 if any(r.score > 0.7 and len(r.text) > 1 for r in rows) else dull + 1
                        found.extend(rows)
                        strip.sizes += [r.size for r in rows if r.score > _SURE and len(r.text) > 2]
                    if dull >= most_dull:
                        break
                return any(r.score > 0.7 and len(r.text) > 1 for r in found)

            if every:
                read(spans, len(spans) + 1)
            else:
                seen = [s for s in spans if strip.seen(s.start, s.end) is True]
                if read(seen, _DULL):
                    rest = sorted((s for s in spans if not s.read), key=lambda s: s.start - s.end)
                    read(rest[: max(0, _TRIES - len(seen))], _DULL)
        return joined(found)

    def _find(self, picture: np.ndarray, strip: Strip) -> list[tuple[int, int, int, int, float]]:
        """Rows of writing in what was cut out of a strip; the finder sees only the columns that hold strokes."""
        high = strip.high
        inked = strokes.strokes(picture, high, strip.dark, strip.level).sum(0) >= 2
        columns = np.flatnonzero(inked)
        if not len(columns):
            return []
        left, right = max(0, int(columns[0]) - high), min(picture.shape[1], int(columns[-1]) + high)
        around = round(strip.row * AROUND)
        up, down = max(0, strip.top - around - strip.low), max(0, strip.foot + around - strip.low)
        picture = picture[up:down, left:right]
        scale = min(1.0, _FOUND_AT / strip.row)
        if scale < 1:
            size = max(16, round(picture.shape[1] * scale)), max(16, round(picture.shape[0] * scale))
            picture = vision().resize(picture, size, interpolation=vision().INTER_AREA)
        return [
            (
                round(x0 / scale) + left,
                round(y0 / scale) + up,
                round(x1 / scale) + left,
                round(y1 / scale) + up,
                sure,
            )
            for x0, y0, x1, y1, sure in self.reader.find(picture)
            if sure >= 0.4
        ]

    def _rows(
        self, strip: Strip, span: Span, others: Sequence[Row], theirs: Sequence[tuple[int, int]]
    ) -> list[Row]:
        mask, start, end = span.mask, span.start, span.end
        shots = [s for s in strip.shots if start <= s[0] < end]
        if not shots:
            return []
        elsewhere = [
            r.box for r in others if min(r.end_ms, end) - max(r.start_ms, start) > 0.8 * (end - start)
        ]
        if elsewhere:
            left = mask.copy()
            for x0, y0, x1, y1 in elsewhere:
                left[max(0, y0 - strip.top) : max(0, y1 - strip.top), x0:x1] = False
            if left.sum() < strokes.least(strip.high):
                return []
        inner = shots[1:-1] if len(shots) > 4 else shots
        chosen = [inner[n] for n in sorted({round(i) for i in np.linspace(0, len(inner) - 1, _MOST_SHOTS)})]
        stack = np.stack([s[1] for s in chosen])
        # Not the very lowest: a frame or two beyond the line's edges must not wipe it out.
        part = 0.6 if strip.dark else 0.4
        washed = np.sort(stack, axis=0)[round((len(stack) - 1) * part)]
        with self._lock:
            self.looked_at += 1
        boxes = self._find(washed, strip)
        boxes = [b for b in boxes if 0.5 * strip.row <= b[3] - b[1] <= 1.9 * strip.high]
        shift = strip.top - strip.low
        if not any(min(b[3], shift + len(mask)) - max(b[1], shift) > 0.5 * (b[3] - b[1]) for b in boxes):
            boxes += _by_mask(mask, strip.high, shift)
        found = []
        for row in in_rows([b[:4] for b in boxes]):
            x0, y0 = min(b[0] for b in row), min(b[1] for b in row)
            x1, y1 = max(b[2] for b in row), max(b[3] for b in row)
            top = strip.low - strip.top  # from the picture's rows to the mask's
            under = mask[max(0, y0 + top) : max(0, y1 + top), x0:x1]
            inside = under.size >= 0.6 * (y1 - y0) * (x1 - x0)
            if inside and under.sum() < 0.3 * 0.04 * strip.high * (x1 - x0):
                continue  # nothing that stands still
            box = (x0, y0 + strip.low, x1, y1 + strip.low)
            if any(_within(box, other) for other in elsewhere) or self._foreign(strip, box, theirs):
                continue
            made = self._row(strip, washed, chosen[len(chosen) // 2][1], (x0, y0, x1, y1))
            if made is not None:
                made.start_ms, made.end_ms = start, end
                found.append(made)
        return found

    def _foreign(self, strip: Strip, box: Box, theirs: Sequence[tuple[int, int]]) -> bool:
        """Whether a row outside the strip's own is another strip's, or cut in two by the edge of what was kept."""
        middle = (box[1] + box[3]) / 2
        if strip.top <= middle < strip.foot:
            return False
        cut = (box[1] <= strip.low and strip.low > 0) or box[3] >= strip.far
        return cut or any(top <= middle < foot for top, foot in theirs)

    def _row(self, strip: Strip, washed: np.ndarray, middle: np.ndarray, box: Box) -> Row | None:
        """One row read washed out as the finder saw it and, unless every letter is clear, from one frame, cut close.

        Where these differ a third reading decides.
        """
        x0, y0, x1, y1 = box
        letters = strokes.strokes(washed[y0:y1, x0:x1], strip.high, strip.dark, strip.level)
        tight = _tight(box, letters)
        wide, close = _padded(box, 0.06, washed.shape), _padded(tight, 0.14, washed.shape)
        readings = [self._ask(washed, wide)]
        if readings[0].score < _POOR and tight[3] - tight[1] < _LOOSE * (y1 - y0):
            wide = close
            readings = [self._ask(washed, close)]
        if readings[0].score < _HOPELESS:
            return None
        cut = [wide]
        clear = len(readings[0].text) > 2 and min(readings[0].sure) >= _CLEAR and _clear_of(tight, box)
        agreement = 1.0 if clear else 0.5
        if not clear and readings[0].score >= _POOR:
            readings.append(self._ask(middle, close))
            cut.append(close)
            agreement = same_text(readings[0].text, readings[1].text)
        if len(readings) > 1 and agreement < 1:
            readings.append(self._ask(washed, close))
            cut.append(close)
        twice = [n for n, r in enumerate(readings) if sum(r.text == o.text for o in readings) > 1]
        best = max(twice or range(len(readings)), key=lambda n: readings[n].score)
        reading, (left, top, right, foot) = readings[best], cut[best]
        if not reading.text.strip():
            return None
        size = _size(reading, right - left, letters)
        pitch = _pitch(reading) * (right - left) if len(reading.places) >= _SOME else size
        middles = [x * (right - left) + left - x0 for x in reading.places]
        if _unread(letters, middles, pitch):
            agreement = min(agreement, _GAPPED)
            twice = []
        shown = washed[y0:y1, x0:x1][letters]
        low = strip.low
        return Row(
            start_ms=0,
            end_ms=0,
            box=(tight[0], tight[1] + low, tight[2], tight[3] + low),
            size=size,
            text=spaces.spaced(reading.text, letters, pitch, middles),
            score=reading.score,
            agreement=max(agreement, 0.5 if twice else 0.0),
            mask=_cut(letters),
            light=int(np.quantile(shown, 0.25 if strip.dark else 0.75)) if len(shown) else 0,
            picture=washed[top:foot, left:right].copy(),
            place=strip.number,
        )

    def _ask(self, picture: np.ndarray, box: Box) -> Reading:
        with self._lock:
            self.read += 1
        return self.reader.read([picture[box[1] : box[3], box[0] : box[2]]])[0]


def _within(a: Box, b: Box) -> bool:
    """Whether most of one box is in another."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return across > 0.7 * (a[2] - a[0]) and down > 0.5 * (a[3] - a[1])


def _clear_of(tight: Box, box: Box) -> bool:
    """Whether the letters end inside the box on both sides: none of them is cut."""
    return tight[0] > box[0] and tight[2] < box[2]


def _padded(box: Box, part: float, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = box
    pad = max(1, round((y1 - y0) * part))
    return max(0, x0 - 2 * pad), max(0, y0 - pad), min(shape[1], x1 + 2 * pad), min(shape[0], y1 + pad)


def _by_mask(mask: np.ndarray, high: int, shift: int) -> list[tuple[int, int, int, int, float]]:
    """Where strokes stand close together, for a word or two that the finder missed."""
    columns = np.flatnonzero(mask.sum(0) >= 2)
    if not len(columns):
        return []
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > 0.6 * high) + 1)
    best = max(parts, key=lambda p: int(mask[:, p[0] : p[-1] + 1].sum()))
    rows = np.flatnonzero(mask[:, best[0] : best[-1] + 1].sum(1) >= 2)
    if len(rows) < 0.3 * high or best[-1] - best[0] < 0.4 * high:
        return []
    pad = max(2, round(0.12 * high))
    left, right = max(0, int(best[0]) - pad), min(mask.shape[1], int(best[-1]) + pad)
    return [(left, max(0, int(rows[0]) + shift - pad), right, int(rows[-1]) + 1 + shift + pad, 0.5)]


def _tight(box: Box, letters: np.ndarray) -> Box:
    """The box around the letters themselves; the finder's is larger by what it likes."""
    rows, columns = _extent(letters)
    x0, y0 = box[0], box[1]
    return x0 + columns[0], y0 + rows[0], x0 + columns[1], y0 + rows[1]


def _cut(letters: np.ndarray) -> np.ndarray:
    rows, columns = _extent(letters)
    return letters[rows[0] : rows[1], columns[0] : columns[1]]


def _extent(letters: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """The rows and columns that hold strokes, but for crumbs."""
    found = []
    for axis, least in ((1, 3), (0, 1)):
        at = np.flatnonzero(letters.sum(axis) >= least)
        found.append((int(at[0]), int(at[-1]) + 1) if len(at) else (0, letters.shape[1 - axis]))
    return found[0], found[1]


def _size(reading: Reading, wide: int, letters: np.ndarray) -> float:
    """How large the writing is in pixels: from one character to the next, or as high as one stands alone."""
    if len(reading.places) >= _SOME:
        return _pitch(reading, full=True) * wide
    rows, columns = _extent(letters)
    if len(reading.places) == 1:
        return max(rows[1] - rows[0], columns[1] - columns[0]) * 1.05
    count = sum(_width(c) for c in reading.text)
    return (columns[1] - columns[0]) / max(0.5, count) * 1.02


def _unread(letters: np.ndarray, middles: Sequence[float], pitch: float) -> bool:
    """Whether something as wide as a character stands between two that were read, and is no space (an emoji)."""
    ink = letters.sum(0) > 0
    for a, b in pairwise(middles):
        if b - a > 1.75 * pitch:
            between = ink[max(0, round(a + 0.6 * pitch)) : max(0, round(b - 0.6 * pitch))]
            if between.sum() > 0.35 * pitch:
                return True
    return False


def _pitch(reading: Reading, full: bool = False) -> float:
    """From one character to the next, in parts of the row: the mean of those that no space parts.

    Where no two Chinese characters stand side by side that is the pitch of letters; `full` makes it one of characters.
    """
    steps = np.diff(reading.places)
    widths = np.array([(_width(a) + _width(b)) / 2 for a, b in pairwise(reading.text)])
    if len(widths) == len(steps):
        if (widths == 1).any():
            steps = steps[widths == 1]
        elif full:
            steps = steps / widths
    usual = steps[steps <= 1.3 * np.median(steps)]
    return float(usual.mean()) if len(usual) else float(np.median(steps))


def _width(character: str) -> float:
    """How wide a letter or digit is beside a Chinese character."""
    return 0.55 if character.isascii() else 1.0


def in_rows(boxes: list[Box]) -> list[list[Box]]:
    """Boxes sorted into rows from the top down, each from the left, broken where a gap is wider than two characters."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: b[1] + b[3]):
        for row in rows:
            high = row[0][3] - row[0][1]
            if abs((box[1] + box[3]) - (row[0][1] + row[0][3])) < 0.8 * high:
                row.append(box)
                break
        else:
            rows.append([box])
    parted: list[list[Box]] = []
    for row in rows:
        row.sort()
        part = [row[0]]
        for box in row[1:]:
            if box[0] - part[-1][2] > 1.6 * (part[-1][3] - part[-1][1]):
                parted.append(part)
                part = []
            part.append(box)
        parted.append(part)
    return parted


def joined(rows: list[Row]) -> list[Row]:
    """Rows with the parts of one line made one: the same strokes or the same words in the same place."""
    done: list[Row] = []
    for row in sorted(rows, key=lambda r: r.start_ms):
        before = next((r for r in reversed(done) if _follows(r, row)), None)
        if before is None:
            done.append(row)
            continue
        longer = row.end_ms - row.start_ms, before.end_ms - before.start_ms
        sure = (row.score * min(1.0, longer[0] / 300), before.score * min(1.0, longer[1] / 300))
        start, end = before.start_ms, max(row.end_ms, before.end_ms)
        if sure[0] > sure[1] or (row.text.startswith(before.text) and row.score > 0.8):
            for name in ("box", "size", "text", "score", "agreement", "mask", "light", "picture"):
                setattr(before, name, getattr(row, name))
        before.start_ms, before.end_ms = start, end
    return done


def _follows(before: Row, row: Row) -> bool:
    """Whether a row goes on with the line of another: it begins about where that ends, or is its double."""
    gap = row.start_ms - before.end_ms
    if gap < -_GAP_MS:
        return same_text(before.text, row.text) == 1 and _within(row.box, before.box)
    return gap <= _GAP_MS and same(before, row)


def same(a: Row, b: Row) -> bool:
    """Whether two rows that follow each other are one line."""
    beside = abs((a.box[1] + a.box[3]) - (b.box[1] + b.box[3])) / 2
    if beside > 0.3 * max(a.high, b.high):
        return False
    x0, x1 = max(a.box[0], b.box[0]), min(a.box[2], b.box[2])
    if x1 - x0 < 0.4 * min(a.box[2] - a.box[0], b.box[2] - b.box[0]):
        return False
    y0, y1 = max(a.box[1], b.box[1]), min(a.box[3], b.box[3])
    parts = [r.mask[y0 - r.box[1] : y1 - r.box[1], x0 - r.box[0] : x1 - r.box[0]] for r in (a, b)]
    strength = strokes.alike(*parts) if parts[0].shape == parts[1].shape else 0.0
    words = same_text(a.text, b.text)
    return (strength >= 0.6 and words >= 0.4) or (strength >= 0.35 and words >= 0.9)


def same_text(a: str, b: str) -> float:
    """How alike two texts are without their spaces, 0 to 1."""
    a, b = "".join(a.split()), "".join(b.split())
    if a == b:
        return 1.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
