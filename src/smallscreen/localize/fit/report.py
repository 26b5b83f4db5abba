"""What fitting could not do, as findings that tell a person or a model what to do."""

from __future__ import annotations

import math

from smallscreen.localize.fit.timing import LATE_MS, Clock, Slot
from smallscreen.series.markets import Screen
from smallscreen.series.model import Cue, Finding, Line, Severity


def of_line(
    line: Line, slot: Slot, rows: int, hard: int, fits: bool, screen: Screen, clock: Clock
) -> list[Finding]:
    """The findings of one fitted subtitle: fit.shorten, fit.too-short, fit.late, fit.hard-break."""
    found: list[Finding] = []
    shown = line.duration_ms
    speed = slot.characters * 1000 / shown
    fast = speed > clock.cps + 1e-9
    if fast or not fits:
        allowed = max(1, math.floor(min(clock.cps * shown / 1000, screen.cpl * screen.max_lines) + 1e-9))
        if not fits:
            # Rows are never filled to the last character, so the sum of the rows is too much to promise.
            allowed = max(1, min(allowed, math.floor(0.9 * screen.cpl * screen.max_lines)))
        # Not fast and no row too many, but a word wider than a row: nothing to gain by counting.
        if fast or rows > screen.max_lines:
            found.append(_shorten(line, slot, rows, fits, speed, allowed, screen, clock))
    if shown < clock.least:
        found.append(
            _finding(
                line,
                "fit.too-short",
                f"There is time for {shown / 1000:.2f} s only; {clock.least / 1000:.2f} s is the least.",
                "Put its words into a neighboring line, or leave it out.",
                {"duration_ms": shown, "least_ms": clock.least},
            )
        )
    late = line.start_ms - slot.spoken_start
    if late > LATE_MS:
        found.append(
            _finding(
                line,
                "fit.late",
                f"The line appears {late / 1000:.1f} s after it is spoken, because those before it need the time.",
                "Shorten or leave out one of the lines before it, or correct the times of the source.",
                {"late_ms": late, "spoken_start_ms": slot.spoken_start},
            )
        )
    if hard:
        found.append(
            _finding(
                line,
                "fit.hard-break",
                f"A word is longer than a row of {screen.cpl:g} characters and was cut.",
                "Use another word, or say where it may be divided.",
                {"cuts": hard, "cpl": screen.cpl},
            )
        )
    return found


def repaired(cue: Cue, trouble: str, start: int, end: int, edition: str) -> Finding:
    """The note that a cue's times were not usable as they were."""
    return Finding(
        check="fit.repaired-time",
        episode=cue.episode,
        start_ms=start,
        end_ms=end,
        message=f"The source cue {trouble}; its time was taken as {start / 1000:.2f} to {end / 1000:.2f} s.",
        severity="note",
        cue=cue.id,
        edition=edition or None,
        evidence={"start_ms": cue.start_ms, "end_ms": cue.end_ms},
        suggestion="Correct the times in the source's subtitle file.",
    )


def _shorten(
    line: Line, slot: Slot, rows: int, fits: bool, speed: float, allowed: int, screen: Screen, clock: Clock
) -> Finding:
    reason = (
        f"{math.ceil(speed * 10) / 10:.1f} characters a second; {clock.cps:g} can be read"
        if speed > clock.cps
        else f"{rows} rows; {screen.max_lines} are allowed"
    )
    evidence = {
        "characters": round(slot.characters, 1),
        "allowed": allowed,
        "cps": round(speed, 1),
        "allowed_cps": clock.cps,
        "cpl": screen.cpl,
        "rows": rows,
        "cues": list(line.cues),
    }
    severity: Severity = "warning" if fits and speed <= 1.5 * clock.cps else "error"
    return _finding(
        line, "fit.shorten", f"{reason}.", f"Shorten to {allowed} characters or fewer.", evidence, severity
    )


def _finding(
    line: Line,
    check: str,
    message: str,
    suggestion: str,
    evidence: dict[str, object],
    severity: Severity = "warning",
) -> Finding:
    return Finding(
        check=check,
        episode=line.episode,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        message=message,
        severity=severity,
        cue=line.cues[0],
        line=line.index,
        edition=line.edition,
        evidence=evidence,
        suggestion=suggestion,
    )
