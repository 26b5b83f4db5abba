"""Breaking a subtitle into rows, and a text too long for one subtitle into several, by sense.

Both minimize the cost of the breaks (`sense.break_cost`) together with the balance of the rows,
over all places where a break is possible.
"""

from __future__ import annotations

from itertools import pairwise

from smallscreen.localize.fit.pieces import Pieces
from smallscreen.localize.fit.sense import FORBIDDEN, break_cost
from smallscreen.localize.fit.sense import costs as break_costs

_UNEVEN = 10.0  # a difference of a whole row's width between two rows costs about a torn phrase
_TOP_HEAVY = 3.0  # the lower row should be the longer one: less of the picture is covered
_THIRD = 8.0  # what a third row must at least mend
_ROW = 30.0  # beyond three rows: one more row costs more than any break
_PART = 40.0  # one more subtitle costs more than a torn phrase
_EPS = 1e-6


def rows_needed(pieces: Pieces, cpl: float) -> int:
    """The least number of rows, none wider than `cpl` unless a single word is."""
    if not pieces.words:
        return 0
    if pieces.width <= cpl + _EPS:
        return 1
    rows, first = 1, 0
    for i in range(len(pieces.words)):
        if i > first and pieces.row_width(first, i + 1) > cpl + _EPS:
            rows, first = rows + 1, i
    return rows


def break_rows(pieces: Pieces, cpl: float, language: str, max_rows: int = 2) -> list[str]:
    """The text in the fewest rows that `cpl` allows, broken where it hurts least.

    A third row is taken, if there may be three, only where two would tear apart what belongs together.
    """
    n = len(pieces.words)
    rows = rows_needed(pieces, cpl)
    if rows <= 1:
        return [pieces.row(0, n)] if n else []
    if rows == n:
        return list(pieces.words)
    costs = break_costs(pieces.words, language)
    if rows == 2:
        cuts = _two(pieces, costs, cpl)
        if max_rows > 2 and n > 2 and costs[cuts[0]] >= FORBIDDEN - 5:
            three = _three(pieces, costs, cpl)
            if sum(costs[c] for c in three) < costs[cuts[0]] - _THIRD:
                cuts = three
    elif rows == 3:
        cuts = _three(pieces, costs, cpl)
    else:
        cuts = _many(pieces, costs, cpl, pieces.width / rows)
    marks = [0, *cuts, n]
    return [pieces.row(a, b) for a, b in pairwise(marks)]


def _two(p: Pieces, costs: list[float], cpl: float) -> list[int]:
    best, where = float("inf"), 1
    n = len(p.words)
    for i in range(1, n):
        top, bottom = p.ends[i - 1], p.row_width(i, n)
        if top > cpl + _EPS and i > 1:
            break
        if bottom > cpl + _EPS:
            continue
        cost = costs[i] + _shape(top, bottom, cpl)
        if cost < best:
            best, where = cost, i
    return [where]


def _three(p: Pieces, costs: list[float], cpl: float) -> list[int]:
    best, where = float("inf"), [1, 2]
    n = len(p.words)
    for i in range(1, n - 1):
        top = p.ends[i - 1]
        if top > cpl + _EPS and i > 1:
            break
        for j in range(n - 1, i, -1):
            bottom = p.row_width(j, n)
            if bottom > cpl + _EPS and j < n - 1:
                break
            middle = p.row_width(i, j)
            if middle > cpl + _EPS and j > i + 1:
                continue
            cost = costs[i] + costs[j] + _shape(top, middle, cpl) + _shape(middle, bottom, cpl)
            if cost < best:
                best, where = cost, [i, j]
    return where


def _shape(upper: float, lower: float, cpl: float) -> float:
    d = (upper - lower) / cpl
    return _UNEVEN * d * d + (_TOP_HEAVY * d if d > 0 else 0.0)


def _many(p: Pieces, costs: list[float], cpl: float, target: float) -> list[int]:
    """For texts that do not fit a screen anyway: shortest path over the breaks."""
    n = len(p.words)
    best = [0.0] + [float("inf")] * n
    came = [0] * (n + 1)
    for i in range(n):
        for j in range(i + 1, n + 1):
            width = p.row_width(i, j)
            if width > cpl + _EPS and j > i + 1:
                break
            d = (width - target) / cpl
            cost = best[i] + _ROW + _UNEVEN * d * d + (costs[j] if j < n else 0.0)
            if cost < best[j]:
                best[j], came[j] = cost, i
    return _path(came, n)


def split_points(pieces: Pieces, cpl: float, max_rows: int, most: int, language: str) -> list[int]:
    """Where to cut a text into consecutive subtitles that each fit `max_rows` rows of `cpl`.

    At most `most` subtitles: where these are too few for the text to fit, the parts are of about
    equal length and too long. Returns word indices, none when one subtitle is all there may be.
    """
    n = len(pieces.words)
    most = min(most, n)
    if most <= 1 or n <= 1:
        return []
    costs = break_costs(pieces.words, language)
    cuts = _fitting(pieces, costs, cpl, max_rows)
    return cuts if len(cuts) < most else equal_points(pieces, most, language)


def equal_points(pieces: Pieces, parts: int, language: str) -> list[int]:
    """Cut into `parts` of about equal width, each cut moved to the best break near it."""
    n = len(pieces.words)
    parts = min(parts, n)
    share = pieces.width / max(parts, 1)
    cuts: list[int] = []
    i = 1
    for k in range(1, parts):
        goal = share * k
        last = n - (parts - k)  # leave at least one word to each part that follows
        i = max(i, (cuts[-1] if cuts else 0) + 1)
        while i < last and pieces.ends[i - 1] < goal - 0.3 * share:
            i += 1
        best, where, j = float("inf"), i, i
        while j <= last:
            off = (pieces.ends[j - 1] - goal) / share
            cost = break_cost(pieces.words[j - 1], pieces.words[j], language) + 30.0 * off * off
            if cost < best:
                best, where = cost, j
            if off > 0.3:
                break
            j += 1
        cuts.append(where)
    return cuts


def _fitting(p: Pieces, costs: list[float], cpl: float, max_rows: int) -> list[int]:
    """Fewest parts that fit, cut where it hurts least: shortest path with a window of one screen."""
    n = len(p.words)
    room = cpl * max_rows
    best = [0.0] + [float("inf")] * n
    came = [0] * (n + 1)
    for i in range(n):
        rows, first = 1, i
        for j in range(i + 1, n + 1):
            if j - 1 > first and p.row_width(first, j) > cpl + _EPS:
                rows, first = rows + 1, j - 1
                if rows > max_rows:
                    break
            # Short scraps are hard to read and to time: parts should be of like size.
            scrap = 1.0 - p.row_width(i, j) / room
            cost = best[i] + _PART + 8.0 * scrap * scrap + (2.0 * costs[j] if j < n else 0.0)
            if cost < best[j]:
                best[j], came[j] = cost, i
    return _path(came, n)


def _path(came: list[int], n: int) -> list[int]:
    cuts: list[int] = []
    while came[n]:
        n = came[n]
        cuts.append(n)
    return cuts[::-1]
