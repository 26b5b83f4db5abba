"""Does the line fit the screen and the eye? The market's rules, measured on the fitted lines.

Sources of the rules stand beside the figures in series/markets/*.toml and series/platforms/*.toml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from smallscreen.engines import fonts
from smallscreen.localize.checks.base import Check, CheckContext
from smallscreen.series.model import Finding
from smallscreen.series.text import counted_width, reading_chars

FONT_SIZE = 48.0
"""Em size of subtitles, pixels on a picture 1080 wide: 25 average Latin letters fill the 660 pixels that
all platforms leave free."""
OUTLINE = 4.0
"""Pixels that the outline adds on both sides together, at the same scale."""
_HIDDEN = 4 * 60 * 60 * 1000  # no episode is this long: a time beyond it is a broken file


class LineLength(Check):
    """screen.line-length"""

    id = "screen.line-length"
    name = "Line too long"
    description = "A row holds more characters than the market's viewers can take in at a glance."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        allowed, counting = ctx.screen.cpl, ctx.market.counting
        for row in ctx.rows:
            # No way of counting gives more than one a code point.
            long = [r for r in row.rows if len(r) > allowed]
            if not long:
                continue
            widest = max(long, key=lambda r: counted_width(r.strip(), counting))
            width = counted_width(widest.strip(), counting)
            if width > allowed:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"A row has {_n(width)} characters; {_n(allowed)} fit.",
                    "Break the line elsewhere or shorten it.",
                    evidence={"characters": round(width, 1), "allowed": allowed, "row": widest.strip()[:200]},
                )


class LineCount(Check):
    """screen.line-count"""

    id = "screen.line-count"
    name = "Too many rows"
    description = "A subtitle has more rows than the profile allows, and covers too much of the picture."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        allowed = ctx.screen.max_lines
        for row in ctx.rows:
            if len(row.rows) > allowed and (count := sum(1 for r in row.rows if r.strip())) > allowed:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"The subtitle has {count} rows; {allowed} are allowed.",
                    "Shorten it, or split it in two.",
                    evidence={"rows": count, "allowed": allowed},
                )


class ReadingSpeed(Check):
    """screen.reading-speed"""

    id = "screen.reading-speed"
    name = "Reading speed too high"
    description = "There are more characters a second than the market's viewers read at ease."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        limit, counting = ctx.screen.cps, ctx.market.counting
        for row in ctx.rows:
            duration = row.line.duration_ms
            if duration <= 0 or len(row.flat) * 1000 <= limit * duration:
                continue
            characters = reading_chars(row.text, counting)
            speed = characters * 1000 / duration
            if speed > limit + 1e-9:
                allowed = math.floor(limit * duration / 1000)
                needed = characters / limit
                yield self.on_line(
                    ctx,
                    row.line,
                    f"{speed:.1f} characters a second; {_n(limit)} can be read.",
                    f"Shorten it from {_n(characters)} to {allowed} characters, "
                    f"or show it for {needed:.1f} s instead of {duration / 1000:.1f} s.",
                    evidence={
                        "cps": round(speed, 1),
                        "allowed_cps": limit,
                        "characters": round(characters, 1),
                        "allowed": allowed,
                    },
                    severity="error" if speed > 1.5 * limit else "warning",
                )


class DurationShort(Check):
    """screen.duration-short"""

    id = "screen.duration-short"
    name = "Shown too briefly"
    description = "A subtitle is gone before it can be noticed, or its times are reversed."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        least = ctx.screen.min_ms
        for row in ctx.rows:
            duration = row.line.duration_ms
            if duration <= 0:
                yield self.on_line(
                    ctx,
                    row.line,
                    "The subtitle ends before it begins."
                    if duration < 0
                    else "The subtitle has no duration.",
                    "Correct its times in the source file.",
                    severity="error",
                    evidence={"duration_ms": duration},
                )
            elif duration < least:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Shown for {duration / 1000:.2f} s; {least / 1000:.2f} s is the least.",
                    "Let it begin earlier or stay longer, or merge it with its neighbor.",
                    evidence={"duration_ms": duration, "least_ms": least},
                )


class DurationLong(Check):
    """screen.duration-long"""

    id = "screen.duration-long"
    name = "Shown too long"
    description = "A subtitle stays so long that viewers read it again, or its times are broken."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        most = ctx.screen.max_ms
        for row in ctx.rows:
            duration = row.line.duration_ms
            if duration > most:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Shown for {duration / 1000:.1f} s; {most / 1000:.1f} s is the most.",
                    "Split it in two, or let it end earlier.",
                    evidence={"duration_ms": duration, "most_ms": most},
                    severity="error" if duration > _HIDDEN else "warning",
                )


class Gap(Check):
    """screen.gap"""

    id = "screen.gap"
    name = "Gap too small"
    description = "Two subtitles follow each other with so little between them that the change is missed."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        least = ctx.screen.gap_ms
        # A time in whole milliseconds cannot hit a frame exactly.
        slack = 1
        for one, next_one in zip(ctx.rows, ctx.rows[1:], strict=False):
            gap = next_one.line.start_ms - one.line.end_ms
            if 0 <= gap < least - slack:
                yield self.on_line(
                    ctx,
                    one.line,
                    f"{gap} ms before the next subtitle; {ctx.screen.gap_frames} frames ({least} ms) is the least.",
                    "End it a little earlier.",
                    evidence={"gap_ms": gap, "least_ms": least},
                    severity="note",
                )


class Overlap(Check):
    """screen.overlap"""

    id = "screen.overlap"
    name = "Subtitles overlap"
    description = "A subtitle begins while another is still on the screen."
    severity = "error"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        last = None
        for row in ctx.rows:
            line = row.line
            if last is not None and line.start_ms < last.end_ms and line.end_ms > line.start_ms:
                yield self.on_line(
                    ctx,
                    line,
                    f"It begins {last.end_ms - line.start_ms} ms before the subtitle before it has ended.",
                    "End the earlier one sooner, or put both in one subtitle as two speakers.",
                    evidence={"overlap_ms": last.end_ms - line.start_ms, "with_line": last.index},
                )
            if last is None or line.end_ms > last.end_ms:
                last = line


class SafeArea(Check):
    """screen.safe-area"""

    id = "screen.safe-area"
    name = "Outside the safe area"
    description = "A row is wider, or the block higher, than the area that the platform leaves free."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        if ctx.platform is None or ctx.profile != "vertical":
            return
        x0, y0, x1, y1 = ctx.platform.text_box()
        scale = ctx.platform.width / 1080
        size = FONT_SIZE * scale
        room, height = x1 - x0, y1 - y0
        locale = ctx.market.locale
        step = fonts.line_height(locale, size)
        name = ctx.platform.label
        for row in ctx.rows:
            width = max(row_width(text, locale, size, room) for text in row.rows) + OUTLINE * scale
            if width > room:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"The row is {width:.0f} pixels wide; {name} leaves {room} free.",
                    "Break the line elsewhere or shorten it.",
                    evidence={"pixels": round(width), "allowed": room, "font_size": round(size, 1)},
                )
            elif len(row.rows) * step > height:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"{len(row.rows)} rows are {len(row.rows) * step} pixels high; {name} leaves {height} free.",
                    "Shorten it, or split it in two.",
                    evidence={"pixels": len(row.rows) * step, "allowed": height, "font_size": round(size, 1)},
                )


def row_width(text: str, locale: str, size: float, room: float) -> float:
    """Advance width in pixels of one row: summed by character, shaped only when it comes near `room`.

    A row is measured as it is drawn only where the sum is close to the limit or above it, because
    shaping costs more than all other checks together. Texts beyond 400 characters are not shaped.
    """
    rough = sum(_advance(char, locale) for char in text) * size
    if rough < 0.85 * room or len(text) > 400:
        return rough
    return fonts.text_width(text, locale, size)


@lru_cache(maxsize=50_000)
def _advance(char: str, locale: str) -> float:
    """Width of one character alone, in em."""
    return fonts.text_width(char, locale, 100.0) / 100.0 if char.isprintable() else 0.0


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
