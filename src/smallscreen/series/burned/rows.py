"""What stands still is read, each line once, from a picture in which everything that moves has been washed out."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np

from smallscreen.engines.ocr import Reader, Reading, vision
from smallscreen.series.burned import strokes
from smallscreen.series.burned.model import Box, Row
from smallscreen.series.burned.places import Strip

_MOST_SHOTS = 12
_SPACE = 0.245
_FOUND_AT = 26  # the height in pixels that a row has where it is looked for
_GAP_MS = 130  # a line that is away for less was only shaken by a cut or a flash


class Rows:
    """Reads the strips; counts what it asked of the models."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.read = 0
        self.looked_at = 0

    def of(self, strip: Strip, wide: int, every: bool) -> list[Row]:
        """The rows of writing in what a strip has followed so far, by time.

        Where the finder looked while something stood still, and saw no writing, nothing is read; what stood
        between two looks is read in a second round, with `every`: that is then all of it.
        """
        if not strip.times:
            return []
        shape = (strip.foot - strip.top, wide)
        masks = np.stack([np.unpackbits(m, count=shape[0] * shape[1]) for m in strip.masks])
        masks = masks.reshape(-1, *shape).view(bool)
        times = np.array(strip.times)
        found: list[Row] = []
        for still in strokes.stills(masks, times, strip.high):
            start, end = strip.times[still.first], strip.ends[still.end - 1]
            seen = strip.seen(start, end)
            if seen is not (None if every else True):
                continue
            found += self._rows(strip, still.mask, start, end)
        return joined(found)

    def _find(self, picture: np.ndarray, high: int) -> list[tuple[int, int, int, int, float]]:
        scale = min(1.0, _FOUND_AT / high)
        if scale < 1:
            size = round(picture.shape[1] * scale), max(16, round(picture.shape[0] * scale))
            picture = vision().resize(picture, size, interpolation=vision().INTER_AREA)
        return [
            (round(x0 / scale), round(y0 / scale), round(x1 / scale), round(y1 / scale), sure)
            for x0, y0, x1, y1, sure in self.reader.find(picture)
            if sure >= 0.4
        ]

    def _rows(self, strip: Strip, mask: np.ndarray, start: int, end: int) -> list[Row]:
        shots = [s for s in strip.shots if start <= s[0] < end]
        if not shots:
            return []
        inner = shots[1:-1] if len(shots) > 4 else shots
        chosen = [inner[n] for n in sorted({round(i) for i in np.linspace(0, len(inner) - 1, _MOST_SHOTS)})]
        stack = np.stack([s[1] for s in chosen])
        # Not the very lowest: a frame or two beyond the line's edges must not wipe it out.
        part = 0.6 if strip.dark else 0.4
        washed = np.sort(stack, axis=0)[round((len(stack) - 1) * part)]
        self.looked_at += 1
        boxes = self._find(washed, strip.high)
        boxes = [b for b in boxes if 0.5 * strip.high <= b[3] - b[1] <= 1.9 * strip.high]
        found = []
        for row in in_rows([b[:4] for b in boxes]):
            x0, y0 = min(b[0] for b in row), min(b[1] for b in row)
            x1, y1 = max(b[2] for b in row), max(b[3] for b in row)
            top = strip.low - strip.top  # from the picture's rows to the mask's
            under = mask[max(0, y0 + top) : max(0, y1 + top), x0:x1]
            inside = under.size >= 0.6 * (y1 - y0) * (x1 - x0)
            if inside and under.sum() < 0.3 * 0.04 * strip.high * (x1 - x0):
                continue  # nothing that stands still
            pad = max(1, round((y1 - y0) * 0.06))
            crop = np.s_[max(0, y0 - pad) : y1 + pad, max(0, x0 - 2 * pad) : x1 + 2 * pad]
            middle = chosen[len(chosen) // 2][1]
            first, second = self.reader.read([washed[crop], middle[crop]])
            self.read += 2
            best, picture = (
                (first, washed[crop]) if first.score >= second.score - 0.02 else (second, middle[crop])
            )
            if not best.text.strip():
                continue
            letters = strokes.strokes(washed[y0:y1, x0:x1], strip.high, strip.dark, strip.level)
            shown = washed[y0:y1, x0:x1][letters]
            text = spaced(best, letters, picture.shape[1], x0 - max(0, x0 - 2 * pad))
            found.append(
                Row(
                    start_ms=start,
                    end_ms=end,
                    box=(x0, y0 + strip.low, x1, y1 + strip.low),
                    text=text,
                    score=best.score,
                    agreement=same_text(first.text, second.text),
                    mask=letters,
                    light=int(np.quantile(shown, 0.25 if strip.dark else 0.75)) if len(shown) else 0,
                    picture=picture.copy(),
                    place=strip.number,
                )
            )
        return found


def spaced(reading: Reading, letters: np.ndarray, wide: int, shift: int) -> str:
    """The text with a space where a gap between letters is one; recognizers often swallow it.

    `letters` are the strokes of the row, `wide` the width of the picture read, `shift` where strokes begin in it.
    A gap is a space where it is wider than a quarter of a character, and no sign beside it brings its own (， ！).
    """
    text = reading.text
    at = np.flatnonzero(letters.sum(0) >= 2)
    if len(text) != len(reading.places) or len(text) < 2 or len(at) < 2:
        return text.strip()
    pitch = float(np.median(np.diff(reading.places))) * wide
    gaps = np.diff(at) - 1
    out = list(text)
    for n in reversed(np.flatnonzero(gaps >= _SPACE * pitch)):
        middle = ((at[n] + at[n + 1]) / 2 + shift) / wide
        here = next((i for i, x in enumerate(reading.places) if x > middle), len(text))
        if not 0 < here < len(text):
            continue
        left, right = text[here - 1], text[here]
        if not left.isspace() and not right.isspace() and not _brings_room(left, right):
            out.insert(here, " ")
    return "".join(out).strip()


def _brings_room(left: str, right: str) -> bool:
    latin = left.isascii() and right.isascii()
    return latin or not (left.isalnum() and right.isalnum())


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
        before = next(
            (r for r in reversed(done) if -_GAP_MS <= row.start_ms - r.end_ms <= _GAP_MS and same(r, row)),
            None,
        )
        if before is None:
            done.append(row)
            continue
        longer = row.end_ms - row.start_ms, before.end_ms - before.start_ms
        sure = (row.score * min(1.0, longer[0] / 300), before.score * min(1.0, longer[1] / 300))
        start, end = before.start_ms, max(row.end_ms, before.end_ms)
        if sure[0] > sure[1] or (row.text.startswith(before.text) and row.score > 0.8):
            for name in ("box", "text", "score", "agreement", "mask", "light", "picture"):
                setattr(before, name, getattr(row, name))
        before.start_ms, before.end_ms = start, end
    return done


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
