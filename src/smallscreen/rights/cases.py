"""Cases: matches as they were found, kept in the catalogue, so that a pack can be made of one later.

    catalogue/cases/MATCH.json

A case is one match with everything that was said of where the file was seen. Found again, it keeps the first time it
was seen and adds what is new. Whether a release or a license of ours covers it is asked anew each time, because
`releases.toml` is written by people who learn of windows later.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem, UserError
from smallscreen.rights.model import Asset, Match, Segment
from smallscreen.rights.releases import Releases, Seen, Standing

FOLDER = "cases"
_MOST_BYTES = 8 * 1024 * 1024
_FORMAT = 1
_ID = re.compile(r"[0-9A-Za-z_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One time that a file was looked at: when (UTC, ISO 8601), where it lay, and where it had been found."""

    at: str
    path: str
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True)
class Case:
    """A match, the size and length of the file, and its sightings, the first of them first."""

    match: Match
    size: int
    duration_ms: int
    sightings: tuple[Sighting, ...]

    @property
    def path(self) -> Path:
        """Where the file lay when it was last looked at."""
        return Path(self.sightings[-1].path)


def sighting(path: Path, seen: Seen, now: datetime | None = None) -> Sighting:
    """This moment; the day it was seen is today (UTC) where nobody said another."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    day = seen.day or moment.date()
    return Sighting(moment.isoformat(timespec="seconds"), str(path.resolve()), replace(seen, day=day))


def standing(case: Case, rules: Releases) -> Standing:
    """How the file stands to our releases: the best that any sighting gives, else what is between it and a window."""
    asset, found = case.match.asset, Standing()
    for s in case.sightings:
        one = rules.standing(asset.series, asset.edition, case.match.query_sha256, s.seen)
        if one.status != "copy":
            return one
        found = found if found.why else one
    return found


def keep(catalogue: Path, case: Case) -> Case:
    """Store a case; sightings of before stay, first of all. Gives what is stored."""
    path = _path(catalogue, case.match.id)
    try:
        old = _read(path) if path.exists() else None
    except FileProblem:
        old = None  # a damaged file is not worth losing the new find for
    if old is not None:
        known = {(s.path, s.seen) for s in old.sightings}
        new = tuple(s for s in case.sightings if (s.path, s.seen) not in known)
        case = replace(case, sightings=(*old.sightings, *new))
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps({"format": _FORMAT, **asdict(case)}, indent=1, default=_plain)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as f:
            f.write(data)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return case


def keep_matches(
    catalogue: Path, path: Path, matches: Sequence[Match], seen: Seen, duration_ms: int = 0
) -> list[Case]:
    """Store the matches of one file; the surest first."""
    if not matches:
        return []
    size = path.stat().st_size
    found = [Case(m, size, duration_ms, (sighting(path, seen),)) for m in matches]
    return [keep(catalogue, c) for c in sorted(found, key=lambda c: (-c.match.confidence, c.match.id))]


def find_case(catalogue: Path, match: str) -> Case:
    """The case whose id is or begins with `match`; UserError where there is none, or more than one."""
    if not _ID.fullmatch(match):
        raise UserError(f"{match[:80]!r} is no match; smallscreen rights report lists their ids.")
    found = sorted(p for p in (catalogue / FOLDER).glob(f"{match}*.json"))
    exact = [p for p in found if p.stem == match]
    if len(exact or found) != 1:
        raise UserError(
            f"{match} begins {len(found)} matches; give more of its id."
            if found
            else f"There is no match {match} in {catalogue}; find one with smallscreen rights find."
        )
    return _read((exact or found)[0])


def cases(catalogue: Path, problems: list[FileProblem] | None = None) -> Iterator[Case]:
    """All cases, by when they were first seen; damaged ones are added to `problems` and passed over."""
    read: list[Case] = []
    for path in sorted((catalogue / FOLDER).glob("*.json")):
        try:
            read.append(_read(path))
        except FileProblem as e:
            if problems is None:
                raise
            problems.append(e)
    yield from sorted(read, key=lambda c: (c.sightings[0].at, c.match.id))


# --- inside ----------------------------------------------------------------------------------


def _path(catalogue: Path, match: str) -> Path:
    if not _ID.fullmatch(match):
        raise ValueError(f"{match!r} cannot name a file")
    return catalogue / FOLDER / f"{match}.json"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _read(path: Path) -> Case:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than 8 MB")
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != _FORMAT:
            raise ValueError(f"it has the form {data['format']!r}")
        m = data["match"]
        rest: dict[str, Any] = {
            f.name: tuple(v) if isinstance(v := m[f.name], list) else v
            for f in fields(Match)
            if f.name not in ("asset", "segments")
        }
        match = Match(
            asset=Asset(**m["asset"]),
            segments=tuple(Segment(**{**s, "window": tuple(s["window"])}) for s in m["segments"]),
            **rest,
        )
        seen = tuple(_sighting(s) for s in data["sightings"])
        if not seen:
            raise ValueError("nobody saw it")
        return Case(match, int(data["size"]), int(data["duration_ms"]), seen)
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as e:
        raise FileProblem(
            path, None, f"it is damaged ({type(e).__name__})", "a match; find the file again"
        ) from None


def _sighting(data: dict[str, Any]) -> Sighting:
    seen = dict(data["seen"])
    day = seen.pop("day", None)
    return Sighting(
        str(data["at"]), str(data["path"]), Seen(**seen, day=date.fromisoformat(day) if day else None)
    )
