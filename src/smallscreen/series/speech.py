"""Who speaks when in a series' episodes, kept; and the source's cues held against it.

spans = speech_of(project, episode, path)       # found once a video
findings, counts = judge(1, cues, heard.spans, off_ms=400)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from smallscreen.engines import listen as engine
from smallscreen.engines.listen import Heard, Span
from smallscreen.series import documents
from smallscreen.series.model import Cue, Episode, Finding
from smallscreen.series.project import Project
from smallscreen.series.shots import digest, scope
from smallscreen.series.steps import run as run_step

ROOM = "speech"
_STEP = "speech"
SPREAD_MS = 200
"""A cue may stand so long before and after the speech."""
SILENT = 0.1
"""A cue with less than this share of speech stands where nobody speaks."""
UNHEARD_MS = 500
"""Speech without a cue is worth a word from this length; below a second it may be a sigh, and is a note."""
REACH_MS = 2000
"""A cue is held against a start of speech no further away."""


class Counts(NamedTuple):
    """How many findings of each kind."""

    no_speech: int
    no_cue: int
    off: int


def speech_of(
    project: Project, episode: Episode, path: Path, tell: Callable[[float], None], sha: str | None = None
) -> tuple[Heard, bool]:
    """The speech of an episode's video, and whether it was looked for now. UserError where it cannot be read."""
    key = scope(episode.number)
    work = partial(_work, project, key, path, tell)
    ran = run_step(project.store, _STEP, key, (engine.VERSION, sha or digest(path)), work)
    document = documents.get(project.store, ROOM, key)
    body: dict[str, Any] = document.body if document else {}
    heard = Heard(
        tuple(Span(int(a), int(b), float(c)) for a, b, c in body.get("spans", ())),
        bool(body.get("has_sound")),
        int(body.get("read_ms", 0)),
        int(body.get("declared_ms", 0)),
        int(body.get("damaged", 0)),
    )
    return heard, ran.fresh


def notes_of(heard: Heard) -> list[str]:
    """What there is to say of the sound itself."""
    if not heard.has_sound:
        return ["no sound track"]
    if not heard.spans:
        return ["nobody speaks in it"]
    if heard.read_ms < heard.declared_ms - 2000:
        return [f"only {heard.read_ms / 1000:.1f} of {heard.declared_ms / 1000:.1f} s could be heard"]
    return ["damaged places were passed over"] if heard.damaged else []


def judge(
    episode: int, cues: Sequence[Cue], spans: Sequence[Span], *, off_ms: int
) -> tuple[list[Finding], Counts]:
    """Cues without speech, speech without a cue, and cues that begin off the speech by more than `off_ms`.

    A start is judged only where speech begins after a pause: within a flow of words nothing tells where
    the next cue should begin. `cues` and `spans` are of one episode, in order.
    """
    cues = sorted(cues, key=lambda c: (c.start_ms, c.index))
    silent = [c for c in cues if c.end_ms > c.start_ms and _share(c, spans) < SILENT]
    unheard = _without_cue(cues, spans)
    off = [
        (c, by, s) for c in cues if c not in silent and (found := _off(c, cues, spans)) for by, s in [found]
    ]
    off = [(c, by, s) for c, by, s in off if abs(by) > off_ms]
    findings = [
        Finding(
            "listen.no-speech", episode, c.start_ms, c.end_ms,
            "Nobody is heard to speak while this cue stands.",
            severity="note", cue=c.id, confidence=0.7,
            evidence={"speech_share": round(_share(c, spans), 2)},
            suggestion="Check its times; leave it where it is a caption, a thought, or drowned by music.",
        )
        for c in silent
    ]  # fmt: skip
    findings += [
        Finding(
            "listen.no-cue", episode, a, b,
            f"Somebody speaks for {(b - a) / 1000:.1f} s and no cue stands there.",
            severity="warning" if b - a >= 1000 else "note", confidence=sure,
            evidence={"speech_ms": b - a},
            suggestion="Listen to it: add a cue, or leave it where it is a song, a crowd or a breath.",
        )
        for a, b, sure in unheard
    ]  # fmt: skip
    findings += [
        Finding(
            "listen.late" if by > 0 else "listen.early", episode, c.start_ms, c.end_ms,
            f"The cue begins {abs(by) / 1000:.2f} s {'after' if by > 0 else 'before'} the speech does.",
            severity="warning", cue=c.id, confidence=s.confidence,
            evidence={"off_ms": by, "speech_start_ms": s.start_ms, "allowed_ms": off_ms},
            suggestion=f"Let it begin at {s.start_ms / 1000:.2f} s.",
        )
        for c, by, s in off
    ]  # fmt: skip
    findings.sort(key=lambda f: (f.start_ms, f.check))
    return findings, Counts(len(silent), len(unheard), len(off))


def _work(project: Project, key: str, path: Path, tell: Callable[[float], None]) -> dict[str, Any]:
    heard = engine.find_speech(path, tell)
    body = {
        "spans": [list(span) for span in heard.spans],
        "has_sound": heard.has_sound,
        "read_ms": heard.read_ms,
        "declared_ms": heard.declared_ms,
        "damaged": heard.damaged,
    }
    before = documents.get(project.store, ROOM, key)
    documents.put(project.store, ROOM, key, body, before.version if before else 0, "smallscreen listen")
    return {"spans": len(heard.spans)}


def _share(cue: Cue, spans: Sequence[Span]) -> float:
    heard = sum(max(0, min(cue.end_ms, s.end_ms) - max(cue.start_ms, s.start_ms)) for s in spans)
    return heard / max(1, cue.end_ms - cue.start_ms)


def _without_cue(cues: Sequence[Cue], spans: Sequence[Span]) -> list[tuple[int, int, float]]:
    """The parts of the spans that no cue covers, with what a cue may be off by on either side."""
    found = []
    for span in spans:
        at = span.start_ms
        here = [c for c in cues if c.end_ms + SPREAD_MS > at and c.start_ms - SPREAD_MS < span.end_ms]
        # Beside a cue it takes more: that cue may begin late or end early, which is said elsewhere.
        least = 2 * UNHEARD_MS if here else UNHEARD_MS
        for cue in here:
            if cue.start_ms - SPREAD_MS - at >= least:
                found.append((at, cue.start_ms - SPREAD_MS, span.confidence))
            at = max(at, cue.end_ms + SPREAD_MS)
        if span.end_ms - at >= least:
            found.append((at, span.end_ms, span.confidence))
    return found


def _off(cue: Cue, cues: Sequence[Cue], spans: Sequence[Span]) -> tuple[int, Span] | None:
    """How far a cue begins after the start of speech that is its own; None where there is none to tell by."""
    own = [s for s in spans if abs(s.start_ms - cue.start_ms) <= REACH_MS and s.start_ms < cue.end_ms]
    if not own:
        return None
    span = min(own, key=lambda s: abs(s.start_ms - cue.start_ms))
    nearest = min(cues, key=lambda c: (abs(c.start_ms - span.start_ms), c.start_ms))
    if nearest is not cue:
        return None  # that speech begins with another cue
    covered = any(c is not cue and c.start_ms <= span.start_ms < c.end_ms for c in cues)
    return None if covered else (cue.start_ms - span.start_ms, span)
