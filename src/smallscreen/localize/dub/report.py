"""What a dub tells: findings by line, and the summary that a command prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from smallscreen.localize.dub.fit import Take
from smallscreen.localize.dub.plan import EXTEND_MS, RATES, DubLine
from smallscreen.localize.fit.cuts import faults
from smallscreen.localize.fit.timing import Clock
from smallscreen.localize.pipeline import Localizer, Summary
from smallscreen.series.markets import Screen
from smallscreen.series.model import Finding, Line, Severity

if TYPE_CHECKING:
    from smallscreen.localize.dub.make import _Job

LATE_MS = 80
"""A line that begins later than this after its cue is seen to be late: two frames."""
_WORSE_MS = 500
_NOTES = {"dub.recording-rate", "dub.recording-clipped"}


def of_line(line: DubLine, check: str, said: str, edition: str) -> Finding:
    """A finding about one line from a sentence without its end."""
    severity: Severity = "warning" if check in _NOTES else "error"
    return Finding(
        check, line.episode, line.start_ms, line.end_ms, f"{said[:1].upper()}{said[1:]}.", severity,
        cue=line.cue, edition=edition, evidence={"text": line.text, "file": line.file},
    )  # fmt: skip


def findings(takes: Sequence[Take], edition: str, ends_ms: int, retimed: bool) -> list[Finding]:
    """What does not fit, what speaks over the next line, what is late, what the episode's end cuts."""
    found: list[Finding] = []
    overlaps = {a.line.cue: a.end_ms - b.start_ms for a, b in pairwise(takes) if a.end_ms > b.start_ms}
    for take in takes:
        line = take.line
        if take.over_ms > 20:
            found.append(_too_long(take, overlaps.get(line.cue, 0), edition, retimed))
        late = take.start_ms - line.start_ms
        if late > LATE_MS:
            found.append(
                Finding(
                    "dub.late", line.episode, take.start_ms, take.end_ms,
                    f"The line begins {late / 1000:.2f} s after its cue, because the one before it still speaks.",
                    "warning" if late > _WORSE_MS else "note", cue=line.cue, edition=edition,
                    evidence={"late_ms": late}, suggestion="Shorten the lines before it.",
                )
            )  # fmt: skip
        if take.end_ms > ends_ms:
            found.append(
                Finding(
                    "dub.end", line.episode, take.start_ms, take.end_ms,
                    f"The line ends {(take.end_ms - ends_ms) / 1000:.2f} s after the episode; its end is not heard.",
                    "error", cue=line.cue, edition=edition, evidence={"over_ms": take.end_ms - ends_ms},
                    suggestion=f"Shorten the line to at most {take.allowed} characters.",
                )
            )  # fmt: skip
    return found


def over_cuts(lines: Sequence[Line], cuts: Sequence[int], screen: Screen) -> list[Finding]:
    """Re-timed subtitles that hang over a cut: re-timing keeps off cuts wherever it can, so these must."""
    found = []
    gap, frame = Clock.of(screen).gap, 1000 / screen.fps
    for line in lines:
        over = [f for f in faults(line.start_ms, line.end_ms, sorted(cuts), gap, frame) if f.crosses]
        if not over:
            continue
        fault = min(over, key=lambda f: abs(f.off_ms))
        frames = max(1, round(abs(fault.off_ms) / frame))
        found.append(
            Finding(
                "dub.cut", line.episode, line.start_ms, line.end_ms,
                f"Timed to the voice, the subtitle {'begins' if fault.end == 'start' else 'ends'} {frames} "
                f"frame{'s' * (frames != 1)} {'before' if fault.off_ms < 0 else 'after'} a cut and must cross it.",
                "note", cue=line.cues[0] if line.cues else None, edition=line.edition,
                evidence={"text": line.text, "cut_ms": fault.cut_ms, "off_ms": fault.off_ms, "frames": frames},
                suggestion="Shorten it, so that it fits on one side of the cut, or leave it as it is.",
            )
        )  # fmt: skip
    return found


def words(lines: Sequence[DubLine], recorded: Mapping[str, str], edition: str) -> list[Finding]:
    """Lines whose words in the script that came back are others than the edition's."""
    found = []
    for line in lines:
        said = recorded.get(line.cue)
        if said and " ".join(said.split()) != line.text:
            found.append(
                Finding(
                    "dub.recorded-words", line.episode, line.start_ms, line.end_ms,
                    "The studio's script has other words than the edition; its subtitle will not match the voice.",
                    "warning", cue=line.cue, edition=edition,
                    evidence={"recorded": said[:500], "edition": line.text},
                    suggestion="Take the studio's words into the edition, or record the line again.",
                )
            )  # fmt: skip
    return found


def summary(work: Localizer, job: _Job, made: Sequence[Summary], fresh: int) -> Summary:
    """All episodes together. `notes` are what a person must know who listens to the result."""
    notes: list[str] = []
    spoken = {line.character for number in work.cues for line in job.lines.get(number, [])}
    used = {job.cast[name].voice for name in spoken if name in job.cast}
    if len(used) == 1 and len(spoken) > 1:
        notes.append(
            f"All {len(spoken)} characters share one voice, {next(iter(used))}; pitch and rate can be set in "
            f"{job.folder / 'voices.toml'}."
        )
    ducked = [m for m in made if m["bed"] == "ducked"]
    if ducked:
        under = sorted({-m["under_db"] for m in ducked})
        how = f"{under[0]:g}" if len(under) == 1 else f"{under[0]:g} to {under[-1]:g}"
        notes.append(
            f"The original sound is {how} dB lower under the lines; its voices remain audible. "
            "Give the M&E tracks with --me for a dub without them."
        )
    if any(m["bed"] == "none" for m in made):
        notes.append("Where there is neither an M&E track nor a video with sound, there are voices alone.")
    low = [m for m in made if m["lufs"] is not None and abs(m["lufs"] - job.wish.loudness) > 0.5]
    if low:
        notes.append(
            f"Peaks keep {len(low)} episodes from {job.wish.loudness:g} LUFS; see their figures in the list."
        )
    checks: dict[str, int] = {}
    for m in made:
        for check, count in m["findings"].items():
            checks[check] = checks.get(check, 0) + count
    count = job.booth.count if job.booth else {}
    return {
        "step": "dub",
        "edition": work.edition.name,
        "engine": job.engine.id if job.engine else None,
        "out": str(job.folder),
        "episodes": list(made),
        "lines": sum(m["lines"] for m in made),
        "spoken": sum(m["spoken"] for m in made),
        "findings": checks,
        "speech_made": count.get("made", 0),
        "speech_reused": count.get("reused", 0),
        "made": [{"path": p, "what": "dub"} for m in made for p in m["files"]],
        "notes": notes,
        "problems": job.problems,
        "fresh": bool(fresh),
    }


def about(work: Localizer, speed: float) -> list[tuple[str, str]]:
    """What stands on the second sheet of the dubbing script."""
    measured = work.market.language == "en"
    return [
        ("Series", work.series.title),
        ("Edition", f"{work.edition.name} ({work.market.name})"),
        ("Slot (s)", f"from the line's cue to 80 ms before the next line, at most {EXTEND_MS / 1000:g} s after the cue"),
        (
            "Allowed",
            f"characters that the slot holds at {RATES[1]:g} times a pace of {speed:.1f} characters a second; "
            + ("measured with a synthetic English voice" if measured else "an estimate from reading speeds, not measured"),
        ),
        ("Notes", "from the script: how the line is said, and whether the mouth is seen"),
        ("File", "how to name the recording of the line: WAV, 48 kHz, 24 bits, one channel, no silence around it"),
        ("Back", "put the recordings and this file into one folder: smallscreen dub DIR --recordings FOLDER"),
    ]  # fmt: skip


def _too_long(take: Take, overlap: int, edition: str, retimed: bool) -> Finding:
    line, size = take.line, len(take.line.text)
    cut = max(1, size - take.allowed)
    over = f", and it speaks over the next line for {overlap / 1000:.2f} s" if overlap else ""
    evidence: dict[str, Any] = {
        "text": line.text,
        "seconds": round(take.ms / 1000, 2),
        "slot_seconds": round(line.slot_ms / 1000, 2),
        "rate": round(take.rate, 2),
        "characters": size,
        "allowed": take.allowed,
        "cut": cut,
        "overlap_ms": overlap,
    }
    wait = "" if retimed else ", or let the lines after it wait with --retime"
    return Finding(
        "dub.too-long", line.episode, take.start_ms, take.end_ms,
        f"The line takes {take.ms / 1000:.2f} s at {take.rate:.2f} times the voice's pace, its slot is "
        f"{line.slot_ms / 1000:.2f} s: {cut} of {size} characters must go{over}.",
        "error" if overlap else "warning", cue=line.cue, edition=edition, evidence=evidence,
        suggestion=f"Shorten it to at most {take.allowed} characters{wait}.",
    )  # fmt: skip
