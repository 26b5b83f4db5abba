"""Which cues share a subtitle: a partition of every run of one speaker's cues at least cost.

A merge pays when it makes a sentence whole or gives a fast line the time of a slow neighbor; it
costs something, because a subtitle should come when its words are spoken and cover little picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from smallscreen.localize.fit.breaking import rows_needed
from smallscreen.localize.fit.pieces import Pieces, cut, join
from smallscreen.localize.fit.sense import ends_sentence, goes_on
from smallscreen.localize.fit.timing import Clock, available
from smallscreen.series.markets import Market, Screen

MERGE_GAP_MS = 1000
"""A longer silence separates two subtitles."""
MERGE_CUES = 4
"""At most so many cues become one subtitle."""

# Costs, in characters too many to be read.
_FAST = 6.0  # a cue in a subtitle that is too fast, besides the characters too many
_BRIEF = 8.0  # a subtitle shorter than the least duration
_SENTENCE = 3.0  # joining two finished sentences: a subtitle should hold one
_UNKNOWN = 1.5  # joining where no mark tells whether the sentence goes on
_WHOLE = -4.0  # joining what belongs to one sentence
_ROW = 2.0  # a row beyond the first covers more of the picture


@dataclass(slots=True)
class Unit:
    """What will be one subtitle, or several consecutive ones: cues with words, and their times (ms)."""

    cues: tuple[str, ...]
    start: int
    end: int
    text: str
    speaker: str | None
    scene: str | None
    pieces: Pieces
    turns: tuple[str, ...] = field(default=())  # the text by speaker, where the draft itself has two


def merge(units: Sequence[Unit], market: Market, screen: Screen, clock: Clock) -> list[Unit]:
    """The units with neighbors merged where that serves the reader. The order of words stays."""
    out: list[Unit] = []
    first = 0
    for i in range(1, len(units) + 1):
        if i == len(units) or not _may_join(units[i - 1], units[i]):
            after = units[i].start if i < len(units) else None
            out += (
                _partition(units[first:i], after, market, screen, clock) if i - first > 1 else units[first:i]
            )
            first = i
    return out


def _may_join(a: Unit, b: Unit) -> bool:
    if b.start - a.end >= MERGE_GAP_MS or a.turns or b.turns or a.scene != b.scene:
        return False
    if "{\\" in a.text or "{\\" in b.text:
        return False  # a position or style would spread to the other's words
    if a.speaker is not None or b.speaker is not None:
        return a.speaker == b.speaker
    # Who speaks is unknown: only a sentence that plainly goes on has one speaker.
    return goes_on(a.text, b.text)


def _partition(
    run: Sequence[Unit], after: int | None, market: Market, screen: Screen, clock: Clock
) -> list[Unit]:
    n = len(run)
    ends = [ends_sentence(u.text) for u in run]
    seams = [0.0] * n
    for i in range(1, n):
        if ends[i - 1]:
            seams[i] = _SENTENCE
        elif goes_on(run[i - 1].text, run[i].text) or run[i - 1].text.rstrip().endswith(
            (",", "，", "،", "、")
        ):
            seams[i] = _WHOLE
        else:
            seams[i] = _UNKNOWN
    glue = 1.0 if market.counting != "half" or market.language == "ja" else 0.5
    room = screen.cpl * screen.max_lines
    best = [0.0] + [float("inf")] * n
    came = [0] * (n + 1)
    for i in range(n):
        width, seam = 0.0, 0.0
        for j in range(i + 1, min(i + MERGE_CUES, n) + 1):
            last = run[j - 1]
            width += last.pieces.width + (glue if j - i > 1 else 0.0)
            seam += seams[j - 1] if j - i > 1 else 0.0
            if j - i > 1 and (width > room or last.end - run[i].start > clock.most):
                break
            next_start = run[j].start if j < n else after
            cost = (
                best[i] + seam + _group_cost(run[i].start, last.end, next_start, width, j - i, screen, clock)
            )
            if cost < best[j] - 1e-9 and (j - i == 1 or _fits(run[i:j], market, screen)):
                best[j], came[j] = cost, i
    marks = [n]
    while marks[-1]:
        marks.append(came[marks[-1]])
    marks.reverse()
    return [_joined(run[a:b], market) for a, b in pairwise(marks)]


def _group_cost(
    start: int, end: int, next_start: int | None, width: float, cues: int, screen: Screen, clock: Clock
) -> float:
    time = available(start, end, next_start, clock)
    cost = _ROW * max(0.0, width / screen.cpl - 1.0)
    over = width - screen.cps * time / 1000
    if over > 1e-9:
        cost += over + _FAST * cues
    if time < clock.least:
        cost += _BRIEF
    return cost


def _fits(run: Sequence[Unit], market: Market, screen: Screen) -> bool:
    joined = cut(join([u.text for u in run], market), market)
    if market.word_breaks == "model":
        # Phrases break nearly anywhere; a tenth of each row is left for what they do not fill.
        return joined.width <= screen.cpl or joined.width <= 0.9 * screen.cpl * screen.max_lines
    return rows_needed(joined, screen.cpl) <= screen.max_lines and max(joined.widths) <= screen.cpl


def _joined(run: Sequence[Unit], market: Market) -> Unit:
    if len(run) == 1:
        return run[0]
    text = join([u.text for u in run], market)
    return Unit(
        cues=tuple(c for u in run for c in u.cues),
        start=run[0].start,
        end=max(u.end for u in run),
        text=text,
        speaker=run[0].speaker,
        scene=run[0].scene,
        pieces=cut(text, market),
    )
