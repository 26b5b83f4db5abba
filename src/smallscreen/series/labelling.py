"""Cues as a model is asked to label them, and what is to be said of the answers: shared by the rooms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from smallscreen.engines.labelling import Outcome, Row
from smallscreen.series.model import Cue, Finding, Series, Severity

PAUSE_MS = 8000
"""Where no script says it, a pause this long is taken for the end of a scene."""


def rows_of(cues: Sequence[Cue]) -> list[Row]:
    """The cues as rows, in their order; a scene is the script's, or what lies between two long pauses."""
    rows = []
    number = 0
    before: Cue | None = None
    for cue in cues:
        if before is not None and cue.episode == before.episode and cue.start_ms - before.end_ms >= PAUSE_MS:
            number += 1
        group: object = cue.scene if cue.scene is not None else number
        rows.append(Row(cue.id, cue.text, cue.speaker, group, cue.episode))
        before = cue
    return rows


def people_of(series: Series | None) -> dict[str, str]:
    """What is known of each person by name and alias: gender, age, what they are to others."""
    people: dict[str, str] = {}
    for person in series.characters if series else ():
        kin = [f"{r['kind']} of {r['to']}" for r in person.relations[:2] if r.get("kind") and r.get("to")]
        parts = [(person.gender or "")[:1].lower(), str(person.age or ""), ", ".join(kin)]
        said = " ".join(p for p in parts if p)
        for name in (person.name, *person.aliases):
            people.setdefault(name, said)
    return people


def findings_of(outcome: Outcome[Any], cues: Sequence[Cue], prefix: str) -> list[Finding]:
    """What the user must know of the answers: lines not read, labels dropped, lines that give orders.

    Ids are `PREFIX.unread`, `PREFIX.dropped`, `PREFIX.instruction-like`, `PREFIX.asked-apart`.
    """
    by_id = {c.id: c for c in cues}
    found = []
    for key, said in outcome.odd.items():
        found.append(
            _finding(
                f"{prefix}.instruction-like",
                [by_id[key]],
                "This line reads like an instruction to a model, so the model was asked about it alone.",
                {"quoted": said},
                "Look at what was said of this line; it may be meant to change what a model answers.",
            )
        )
    for episode in dict.fromkeys(c.episode for c in cues):
        here = [c for c in cues if c.episode == episode]
        unread = [c for c in here if c.id in outcome.unread]
        if unread:
            reasons = Counter(outcome.unread[c.id] for c in unread)
            found.append(
                _finding(
                    f"{prefix}.unread",
                    unread,
                    f"{len(unread)} of {len(here)} lines were not read: {_listed(reasons)}.",
                    {"reasons": dict(reasons)},
                    "Read them by hand, or try another model.",
                )
            )
        dropped = [c for c in here if c.id in outcome.dropped_at]
        if dropped:
            reasons = Counter(r for c in dropped for r in outcome.dropped_at[c.id])
            found.append(
                _finding(
                    f"{prefix}.dropped",
                    dropped,
                    f"Of what the model said of {len(dropped)} lines, {sum(reasons.values())} parts did not "
                    f"stand up and were dropped: {_listed(reasons)}.",
                    {"reasons": dict(reasons)},
                    "Where many are dropped the model is too weak for this; try another.",
                    "note",
                )
            )
        apart = [c for c in here if c.id in outcome.apart]
        if apart:
            found.append(
                _finding(
                    f"{prefix}.asked-apart",
                    apart,
                    f"The model labeled most of {len(apart)} lines the very same way, so they were asked about again apart.",
                    {},
                    "One of these lines may be meant to change what a model answers; look at them.",
                )
            )
    # An id that exists nowhere belongs to no episode: it is said once.
    foreign = outcome.dropped.get("an id that was not asked about", 0)
    if foreign and cues:
        found.append(
            _finding(
                f"{prefix}.dropped",
                [cues[0]],
                f"{foreign} of the model's labels were for lines that it was not asked about, and were dropped.",
                {"reasons": {"an id that was not asked about": foreign}},
                "Where many are dropped the model is too weak for this; try another.",
                "note",
            )
        )
    return found


def _listed(reasons: Counter[str]) -> str:
    return ", ".join(f"{n} × {reason}" for reason, n in reasons.most_common())


def _finding(
    check: str,
    cues: Sequence[Cue],
    message: str,
    evidence: dict[str, Any],
    suggestion: str,
    severity: Severity = "warning",
) -> Finding:
    return Finding(
        check=check,
        episode=cues[0].episode,
        start_ms=cues[0].start_ms,
        end_ms=cues[-1].end_ms,
        message=message,
        severity=severity,
        cue=cues[0].id if len(cues) == 1 else None,
        evidence={**evidence, "count": len(cues), "cues": [c.id for c in cues[:50]]},
        suggestion=suggestion,
    )
