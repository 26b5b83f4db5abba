"""`fit`: from source cues and drafted words to the subtitles of one episode."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from smallscreen.localize.fit import report
from smallscreen.localize.fit.breaking import break_rows, equal_points, rows_needed, split_points
from smallscreen.localize.fit.cuts import snap
from smallscreen.localize.fit.grouping import Unit, merge
from smallscreen.localize.fit.pieces import Pieces, cut, is_empty, refine, speakers
from smallscreen.localize.fit.tags import carried
from smallscreen.localize.fit.timing import LINGER_MS, Clock, Slot, available, place, share
from smallscreen.series.markets import Market, Screen
from smallscreen.series.model import Cue, Draft, Finding, Line
from smallscreen.series.text import clean, reading_chars


@dataclass(frozen=True, slots=True)
class FitResult:
    """What fitting made of one episode.

    `budgets` gives each cue the characters that its time allows. `counts`: cues, lines, merged (cues
    that share a subtitle), split (cues that got several), lengthened (subtitles shown longer than
    spoken), omitted (drafts without words), undrafted (cues without a draft), fast (subtitles that
    must be shortened), snapped (subtitles moved for the sake of a cut).
    """

    lines: list[Line]
    findings: list[Finding]
    budgets: dict[str, int]
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Shown:
    """One subtitle before it has an index."""

    unit: Unit
    text: str
    slot: Slot
    rows: int
    hard: int
    fits: bool


def fit(
    cues: Sequence[Cue],
    drafts: Mapping[str, Draft],
    market: Market,
    profile: str,
    *,
    edition: str,
    video_fps: float | None = None,
    merging: bool = True,
    cuts: Sequence[int] = (),
) -> FitResult:
    """Fit the drafts of one episode's cues to the market's screen.

    Cues may come with any times: they are ordered by start, then by index; reversed, negative and
    overlapping times are repaired and reported. A cue without a draft, or with an empty one (an
    omission), gives no subtitle and is counted. No word is lost and none changes place; what does
    not fit is reported as `fit.shorten` with the characters that would. `merging` off keeps cues
    apart. `cuts` are the picture's, ms: subtitles move onto them where that costs no reading time.
    UserError for an unknown profile.
    """
    screen = market.screen(profile)
    clock = Clock.of(screen, video_fps)
    ordered = sorted(cues, key=lambda c: (max(c.start_ms, 0), c.start_ms, c.index))
    times, findings = _repaired(ordered, clock, edition)
    units, omitted, undrafted = _units(ordered, times, drafts, market)
    if merging:
        units = merge(units, market, screen, clock)
    shown: list[_Shown] = []
    for n, unit in enumerate(units):
        after = units[n + 1].start if n + 1 < len(units) else None
        shown += _shown(unit, after, market, screen, clock)
    slots = [s.slot for s in shown]
    place(slots, clock)
    moved = snap(slots, clock, cuts) if cuts else 0
    lines: list[Line] = []
    split = fast = longer = 0
    episode = cues[0].episode if cues else 0
    for n, s in enumerate(shown):
        line = Line(edition, episode, n + 1, s.slot.start, s.slot.end, s.text, s.unit.cues)
        lines.append(line)
        found = report.of_line(line, s.slot, s.rows, s.hard, s.fits, screen, clock)
        findings += found
        fast += any(f.check == "fit.shorten" for f in found)
        longer += s.slot.end > s.slot.spoken_end
        split += n > 0 and shown[n - 1].unit is s.unit and (n < 2 or shown[n - 2].unit is not s.unit)
    counts = {
        "cues": len(ordered),
        "lines": len(lines),
        "merged": sum(len(u.cues) for u in units if len(u.cues) > 1),
        "split": split,
        "lengthened": longer,
        "omitted": omitted,
        "undrafted": undrafted,
        "fast": fast,
        "snapped": moved,
    }
    return FitResult(lines, findings, _budgets(ordered, times, screen, clock), counts)


def budget(cue: Cue, market: Market, profile: str) -> int:
    """Characters that can be read while the cue is spoken, and that the screen holds.

    Counted as the market counts them. Where the following cues are known, `budgets` also counts the
    free time after the cue.
    """
    screen = market.screen(profile)
    shown = min(max(cue.duration_ms, screen.min_ms), screen.max_ms)
    return _characters(shown, screen)


def budgets(
    cues: Sequence[Cue], market: Market, profile: str, video_fps: float | None = None
) -> dict[str, int]:
    """`budget` of every cue of an episode, with the free time that fitting will use after each."""
    screen = market.screen(profile)
    clock = Clock.of(screen, video_fps)
    ordered = sorted(cues, key=lambda c: (max(c.start_ms, 0), c.start_ms, c.index))
    times, _ = _repaired(ordered, clock, "")
    return _budgets(ordered, times, screen, clock)


def windows(cues: Sequence[Cue], market: Market, profile: str) -> dict[str, int]:
    """How long each cue of an episode can be shown, ms: the time that its `budgets` counts with."""
    screen = market.screen(profile)
    clock = Clock.of(screen)
    ordered = sorted(cues, key=lambda c: (max(c.start_ms, 0), c.start_ms, c.index))
    times, _ = _repaired(ordered, clock, "")
    return _windows(ordered, times, screen, clock)


def _windows(
    cues: Sequence[Cue], times: Sequence[tuple[int, int]], screen: Screen, clock: Clock
) -> dict[str, int]:
    out: dict[str, int] = {}
    for n, cue in enumerate(cues):
        after = times[n + 1][0] if n + 1 < len(cues) else None
        shown = max(available(*times[n], after, clock), screen.min_ms)
        out[cue.id] = min(shown, screen.max_ms)
    return out


def _budgets(
    cues: Sequence[Cue], times: Sequence[tuple[int, int]], screen: Screen, clock: Clock
) -> dict[str, int]:
    return {cue: _characters(ms, screen) for cue, ms in _windows(cues, times, screen, clock).items()}


def _characters(ms: int, screen: Screen) -> int:
    return max(1, math.floor(min(screen.cps * ms / 1000, screen.cpl * screen.max_lines) + 1e-9))


def _repaired(cues: Sequence[Cue], clock: Clock, edition: str) -> tuple[list[tuple[int, int]], list[Finding]]:
    """Times that are positive and do not overlap, and a note for each cue whose were not so."""
    times: list[tuple[int, int]] = []
    findings: list[Finding] = []
    for n, cue in enumerate(cues):
        start, end = max(cue.start_ms, 0), cue.end_ms
        trouble = "starts before the episode does" if cue.start_ms < 0 else ""
        if end <= start:
            trouble = "ends before it starts" if end < cue.start_ms else trouble or "has no duration"
            end = start + clock.least
        if n + 1 < len(cues):
            after = max(cues[n + 1].start_ms, 0)
            if after < end and cue.end_ms > cues[n + 1].start_ms:
                trouble = trouble or f"overlaps the next cue by {cue.end_ms - cues[n + 1].start_ms} ms"
            end = max(min(end, after), start)
        times.append((start, end))
        if trouble:
            findings.append(report.repaired(cue, trouble, start, max(end, start), edition))
    return times, findings


def _units(
    cues: Sequence[Cue], times: Sequence[tuple[int, int]], drafts: Mapping[str, Draft], market: Market
) -> tuple[list[Unit], int, int]:
    units: list[Unit] = []
    omitted = undrafted = 0
    for cue, (start, end) in zip(cues, times, strict=True):
        draft = drafts.get(cue.id)
        if draft is None:
            undrafted += 1
            continue
        text = clean(draft.text)
        if is_empty(text):
            omitted += 1
            continue
        turns = speakers(text)
        units.append(
            Unit(
                (cue.id,),
                start,
                end,
                text,
                cue.speaker,
                cue.scene,
                cut(text, market),
                turns if len(turns) > 1 else (),
            )
        )
    return units, omitted, undrafted


def _shown(unit: Unit, after: int | None, market: Market, screen: Screen, clock: Clock) -> list[_Shown]:
    """The subtitles that a unit becomes: one, or several where it does not fit one."""
    if unit.turns:
        dual = _dual(unit, market, screen)
        if dual is not None:
            return [dual]
    pieces = unit.pieces
    long_time = unit.end - unit.start > clock.most
    if pieces.width <= screen.cpl and not long_time:
        text = pieces.row(0, len(pieces.words))
        return [_Shown(unit, text, _slot(unit, text, market), 1, 0, True)]
    pieces = refine(pieces, market, screen.cpl)
    need = rows_needed(pieces, screen.cpl)
    if need <= screen.max_lines and not long_time:
        return [_subtitle(unit, pieces, market, screen)]
    time = _time(unit, after, pieces.width, clock)
    most = max(1, (time + clock.gap) // (clock.least + clock.gap))
    cuts = split_points(pieces, screen.cpl, screen.max_lines, most, market.language)
    by_time = math.ceil((unit.end - unit.start) / clock.most)
    # Two words for each part at least: a single long drawn word is shown once, not in installments.
    if long_time and len(cuts) + 1 < by_time <= min(most, len(pieces.words) // 2):
        cuts = equal_points(pieces, by_time, market.language)
    if not cuts:
        return [_subtitle(unit, pieces, market, screen)]
    marks = [0, *cuts, len(pieces.words)]
    parts = [pieces.part(a, b) for a, b in pairwise(marks)]
    spans = share(unit.start, unit.start + time, [p.width for p in parts], clock)
    made = [_subtitle(unit, p, market, screen) for p in parts]
    for s, text, (start, end) in zip(made, carried([s.text for s in made]), spans, strict=True):
        s.text, s.slot.spoken_start, s.slot.spoken_end = text, start, end
    # The cut is counted once, not with every part.
    for s in made[1:]:
        s.hard = 0
    return made


def _time(unit: Unit, after: int | None, width: float, clock: Clock) -> int:
    """How long a unit that is split may be shown: while it is spoken, longer if that is needed and free."""
    spoken = unit.end - unit.start
    free = spoken + LINGER_MS
    if after is not None:
        free = min(free, after - clock.gap - unit.start)
    return max(min(max(spoken, clock.needed(width)), free), 1)


def _subtitle(unit: Unit, pieces: Pieces, market: Market, screen: Screen) -> _Shown:
    rows = break_rows(pieces, screen.cpl, market.language, screen.max_lines)
    text = "\n".join(rows)
    fits = len(rows) <= screen.max_lines and max(pieces.widths) <= screen.cpl
    return _Shown(unit, text, _slot(unit, text, market), len(rows), pieces.hard, fits)


def _dual(unit: Unit, market: Market, screen: Screen) -> _Shown | None:
    """Two speakers in one subtitle, each on rows of their own; None where that does not fit."""
    rows: list[str] = []
    for turn in unit.turns:
        pieces = cut(turn, market)
        if pieces.width > screen.cpl:
            pieces = refine(pieces, market, screen.cpl)
            if pieces.hard:
                return None
        rows += break_rows(pieces, screen.cpl, market.language)
    if len(rows) > screen.max_lines:
        return None
    text = "\n".join(rows)
    return _Shown(unit, text, _slot(unit, text, market), len(rows), 0, True)


def _slot(unit: Unit, text: str, market: Market) -> Slot:
    return Slot(unit.start, unit.end, unit.end + LINGER_MS, reading_chars(text, market.counting))
