"""What the commands of `rights` are told and say: a match in words and as JSON, and where a video was seen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from smallscreen.rights.cases import Case
    from smallscreen.rights.catalogue import Catalogue
    from smallscreen.rights.releases import Releases, Seen, Standing


def as_dict(case: Case, standing: Standing) -> dict[str, Any]:
    from smallscreen.rights.words import sentence

    value = asdict(case.match) | {
        "status": standing.status,
        "why": standing.why,
        "said": sentence(case.match),
    }
    seen = [
        {"at": s.at, **{k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(s.seen).items()}}
        for s in case.sightings
    ]
    return {**value, "size": case.size, "duration_ms": case.duration_ms, "sightings": seen}


def say(path: Path, cases: list[tuple[Case, Standing]]) -> None:
    from smallscreen.rights.accuracy import current
    from smallscreen.rights.words import by, plain, score, sentence, span

    if not cases:
        typer.echo(f"{plain(path.name, 100)}: nothing of ours was found.")
        return
    typer.echo(f"{plain(path.name, 100)}: {len(cases)} of our works")
    for case, standing in cases:
        match = case.match
        series = f"{plain(match.asset.series, 60)}: " if match.asset.series else ""
        typer.echo(f"  {series}{sentence(match)}.")
        in_file = ", ".join(span(s.query_from_ms, s.query_to_ms) for s in match.segments[:6])
        how = by([s.by for s in match.segments])
        typer.echo(
            f"    At {in_file} of the file, {how}, confidence {score(match.confidence)}. Match {match.id[:12]}"
        )
        if standing.why:
            typer.echo(f"    {standing.why}" if standing.status == "copy" else f"    No copy. {standing.why}")
        if unsure := current().below(match.confidence):
            typer.echo(f"    {unsure}")
        for note in match.notes:
            typer.echo(f"    {plain(note)}")


def seen_at(url: str, channel: str, account: str, uploader: str, territory: str, day: str) -> Seen:
    from smallscreen.errors import UserError
    from smallscreen.rights.releases import Seen, check_territory

    for name, value in (
        ("--url", url),
        ("--channel", channel),
        ("--account", account),
        ("--uploader", uploader),
    ):
        if len(value) > 2048:
            raise UserError(f"{name} is longer than 2,048 characters; give the address or name alone.")
    try:
        code = check_territory(territory) if territory else ""
        if code == "world":
            raise ValueError("A video is seen in one territory; write two letters of ISO 3166-1 such as BR")
    except ValueError as e:
        raise UserError(f"--territory: {e}.") from None
    try:
        when = date.fromisoformat(day) if day else None
    except ValueError:
        raise UserError(f"--seen {day[:40]!r} is no day; write it like 2026-11-20.") from None
    return Seen(url.strip(), channel.strip(), account.strip(), uploader.strip(), code, when)


def checked_work_id(value: str) -> str:
    from smallscreen.errors import UserError
    from smallscreen.rights.work_ids import check

    try:
        return check(value)[1] if value else ""
    except ValueError as e:
        raise UserError(f"--work-id: {e}.") from None


def videos_in(paths: list[Path]) -> list[Path]:
    from smallscreen.errors import UserError
    from smallscreen.rights.catalogue import SUFFIXES

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            if not inside:
                raise UserError(f"{path} holds no video; give files, or a folder of them.")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def rules_of(catalogue: Catalogue) -> Releases:
    from smallscreen.rights.releases import NAME
    from smallscreen.rights.releases_file import read_releases

    return read_releases(catalogue.root / NAME)


def standing_of(case: Case, rules: Releases) -> Standing:
    from smallscreen.rights.cases import standing

    return standing(case, rules)
