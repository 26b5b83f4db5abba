"""Does a line hang over a cut? Judged on the cuts that `smallscreen shots` found in the episode's picture."""

from __future__ import annotations

from collections.abc import Iterator

from smallscreen.localize.checks.base import Check, CheckContext
from smallscreen.localize.fit.cuts import HALF_MS, SNAP_MS, Fault, Limits, faults, settle
from smallscreen.localize.fit.timing import LINGER_MS, Clock
from smallscreen.series.model import Finding, Line
from smallscreen.series.text import reading_chars

_FLASH_MS = 292
"""Up to 7 frames of 24 on one side of a cut is a flash; from there to half a second it is a flaw."""


class OverCut(Check):
    """screen.cut"""

    id = "screen.cut"
    name = "Hangs over a cut"
    description = (
        "A subtitle is on both sides of a cut, on one of them for less than half a second (12 frames of 24), "
        "or it could begin or end on a cut that it misses. It says so where it must. Needs `smallscreen shots`."
    )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        if ctx.cuts is None:
            ctx.summary.not_run[self.id] = unseen(1)
            return
        clock = Clock.of(ctx.screen, ctx.video_fps)
        frame = 1000 / (ctx.video_fps or ctx.screen.fps)
        cuts = sorted(ctx.cuts)
        rows = ctx.rows
        for n, row in enumerate(rows):
            line = row.line
            if line.duration_ms <= 0 or not (
                found := faults(line.start_ms, line.end_ms, cuts, clock.gap, frame)
            ):
                continue
            before = rows[n - 1].line.end_ms + clock.gap if n else 0
            after = rows[n + 1].line.start_ms - clock.gap if n + 1 < len(rows) else None
            needed = clock.needed(reading_chars(row.text, ctx.market.counting))
            limits = _limits(ctx, line, before, after, min(needed, line.duration_ms), clock.most)
            better = settle(line.start_ms, line.end_ms, cuts, clock.gap, limits, frame)
            left = [f for f in faults(*better, cuts, clock.gap, frame) if f.crosses]
            must = bool(left) and any(f.crosses for f in found)
            if better != (line.start_ms, line.end_ms) or must:
                yield self._finding(ctx, line, found, better, must, needed, frame)

    def _finding(
        self,
        ctx: CheckContext,
        line: Line,
        found: list[Fault],
        better: tuple[int, int],
        must: bool,
        needed: int,
        frame: float,
    ) -> Finding:
        fault = min(found, key=lambda f: (not f.crosses, abs(f.off_ms)))
        frames = round(abs(fault.off_ms) / frame)
        ends = "begins" if fault.end == "start" else "ends"
        where = f"It {ends} {_frames(frames)} {'before' if fault.off_ms < 0 else 'after'} a cut"
        if must:
            message = (
                f"{where} and must cross it: reading takes {needed / 1000:.1f} s, and nothing else is free."
            )
            suggestion = "Shorten it, so that it fits on one side of the cut, or leave it as it is."
        else:
            message = f"{where}{' and hangs over it' if fault.crosses else ''}."
            moves = [
                f"{what} at {_clock(to)} instead of {_clock(at)}"
                for what, to, at in (("begin", better[0], line.start_ms), ("end", better[1], line.end_ms))
                if to != at
            ]
            suggestion = f"Let it {' and '.join(moves)}."
        flash = fault.crosses and not must and abs(fault.off_ms) <= _FLASH_MS
        return self.on_line(
            ctx,
            line,
            message,
            suggestion,
            severity="warning" if flash else "note",
            evidence={
                "cut_ms": fault.cut_ms,
                "off_ms": fault.off_ms,
                "frames": frames,
                "crosses": fault.crosses,
                "must": must,
                "needed_ms": needed,
                "better_start_ms": better[0],
                "better_end_ms": better[1],
            },
        )


def unseen(episodes: int) -> str:
    """Why the check did not run on so many episodes."""
    return f"no cuts are known of {episodes} episode{'s' * (episodes != 1)}; smallscreen shots finds them"


def _limits(ctx: CheckContext, line: Line, before: int, after: int | None, least: int, most: int) -> Limits:
    """What fitting would allow: near the speech, clear of the neighbors."""
    cues = [ctx.cue_by_id[c] for c in line.cues if c in ctx.cue_by_id]
    starts = [c.start_ms for c in cues if abs(c.start_ms - line.start_ms) <= HALF_MS]
    spoken = starts[0] if starts else line.start_ms
    latest = max([line.end_ms, *(c.end_ms + LINGER_MS for c in cues[-1:])])
    return Limits(
        max(0, before, min(line.start_ms, spoken - SNAP_MS)),
        max(line.start_ms, spoken + SNAP_MS),
        latest if after is None else min(latest, after),
        least,
        max(most, line.duration_ms),
    )


def _frames(count: int) -> str:
    return f"{count} frame{'s' * (count != 1)}"


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms % 60_000 / 1000:06.3f}"
