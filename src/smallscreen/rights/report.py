"""The page of all matches: one HTML file that needs nothing else. Copies first; what is ours or licensed set apart."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smallscreen import __version__
from smallscreen.rights.accuracy import Accuracy
from smallscreen.rights.cases import Case
from smallscreen.rights.evidence.frames import in_asset, thumbnail
from smallscreen.rights.evidence.timeline import LABELS
from smallscreen.rights.model import Segment
from smallscreen.rights.pages import page_of
from smallscreen.rights.releases import Standing
from smallscreen.rights.words import by, disguise, plain, sentence, work

SHOWN = 200
"""Matches with pictures; of the others the page shows words and stretches."""
Progress = Callable[[int, int, str], None]


def render(
    found: Sequence[tuple[Case, Standing]],
    catalogue: str,
    accuracy: Accuracy,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> str:
    """The page as text. `found`: each case with how it stands to our releases; `catalogue`: its name."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    groups: dict[str, list[dict[str, Any]]] = {"copy": [], "own release": [], "licensed": []}
    for done, (case, standing) in enumerate(found):
        if progress:
            progress(done, len(found), plain(case.match.query_name, 40))
        groups[standing.status].append(_match(case, standing, done < SHOWN))
    for rows in groups.values():
        rows.sort(key=lambda r: (r["series"], r["work"], -r["confidence"]))
    filters: dict[str, Callable[..., str]] = {"by": LABELS.__getitem__}
    return page_of(
        "matches.html",
        filters,
        copies=groups["copy"],
        own=groups["own release"],
        licensed=groups["licensed"],
        files=len({c.match.query_sha256 for c, s in found if s.status == "copy"}),
        works=len({c.match.asset.id for c, s in found if s.status == "copy"}),
        catalogue=plain(catalogue, 120),
        accuracy=accuracy.sentence(),
        measured=accuracy.measured,
        made=moment.isoformat(timespec="seconds"),
        program=f"smallscreen {__version__}",
    )


# --- inside ----------------------------------------------------------------------------------


def _match(case: Case, standing: Standing, pictures: bool) -> dict[str, Any]:
    match, asset = case.match, case.match.asset
    last = case.sightings[-1].seen
    longest = max(match.segments, key=lambda s: s.query_to_ms - s.query_from_ms, default=None)
    return {
        "id": match.id,
        "said": sentence(match),
        "series": plain(asset.series, 80),
        "work": work(asset),
        "disguise": disguise(match),
        "by": by([s.by for s in match.segments]),
        "confidence": match.confidence,
        "file": plain(match.query_name, 160),
        "url": plain(last.url, 400),
        "where": ", ".join(
            plain(v, 200) for v in (last.channel, last.account, last.uploader, last.territory) if v
        ),
        "seen": case.sightings[0].at,
        "times": len(case.sightings),
        "why": standing.why,
        "notes": [plain(n) for n in match.notes],
        "thumbs": _thumbs(case, longest) if pictures and longest is not None else [],
        "query": _strip([(s.query_from_ms, s.query_to_ms, s.by) for s in match.segments], case.duration_ms),
        "asset": _strip([(s.asset_from_ms, s.asset_to_ms, s.by) for s in match.segments], asset.duration_ms),
        "query_ms": case.duration_ms,
        "asset_ms": asset.duration_ms,
    }


def _strip(stretches: Sequence[tuple[int, int, str]], length_ms: int) -> list[dict[str, Any]]:
    """Places of stretches in percent of a length."""
    whole = max([length_ms, 1, *(to for _, to, _ in stretches)])
    return [
        {"left": round(100 * a / whole, 2), "width": round(100 * (b - a) / whole, 2), "by": kind}
        for a, b, kind in stretches
    ]


def _thumbs(case: Case, segment: Segment) -> list[tuple[str, str]]:
    """(words, picture) of the file and of ours, in the middle of a stretch; without those that are gone."""
    at = (segment.query_from_ms + segment.query_to_ms) // 2
    asset = case.match.asset
    found = []
    for words, path, size, moment in (
        ("the file", case.path, case.size, at),
        ("our work", Path(asset.path), asset.size, in_asset(segment, at)),
    ):
        # A file of another size is another one; hashing all of them would take minutes.
        if path.is_file() and path.stat().st_size == size and (data := thumbnail(path, moment)):
            found.append((words, "data:image/jpeg;base64," + base64.b64encode(data).decode()))
    return found
