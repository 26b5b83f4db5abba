"""Lines in time, and the subtitles moved to where the voices are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from smallscreen.localize.dub.fit import Take
from smallscreen.localize.dub.plan import GAP_MS
from smallscreen.localize.fit import FitResult, fit
from smallscreen.series.markets import Market
from smallscreen.series.model import Cue, Draft


def placed(takes: Sequence[Take], move: bool) -> list[Take]:
    """When each line is heard: with its cue; with `move` later where the one before it is still speaking."""
    made: list[Take] = []
    free = 0
    for take in sorted(takes, key=lambda t: (t.line.start_ms, t.line.index)):
        start = max(take.line.start_ms, free) if move else take.line.start_ms
        made.append(replace(take, start_ms=start))
        free = start + take.ms + GAP_MS
    return made


def subtitles(
    cues: Sequence[Cue],
    drafts: Mapping[str, Draft],
    takes: Sequence[Take],
    market: Market,
    profile: str,
    edition: str,
    cuts: Sequence[int] = (),
) -> FitResult:
    """The edition's subtitles of an episode, shown while its lines are heard.

    Cues without a line keep their time. The market's least and longest durations, gaps and reading speed
    are kept as fitting keeps them, so a short line stays on the screen longer than it is heard. `cuts` are the
    picture's, ms: lines keep off them as everywhere.
    """
    heard = {t.line.cue: (t.start_ms, t.end_ms) for t in takes}
    moved = []
    for cue in cues:
        start, end = heard.get(cue.id, (cue.start_ms, cue.end_ms))
        moved.append(replace(cue, start_ms=start, end_ms=end))
    moved.sort(key=lambda c: (c.start_ms, c.index))
    # A line that runs into the next one gives way on the screen: no two are shown at once.
    for number in range(len(moved) - 1):
        here, after = moved[number], moved[number + 1]
        if here.end_ms > after.start_ms:
            moved[number] = replace(here, end_ms=max(here.start_ms + 1, after.start_ms))
    return fit(moved, drafts, market, profile, edition=edition, cuts=cuts)
