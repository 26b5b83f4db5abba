"""`rights`: the catalogue of what is ours, copies of it in other videos, and the evidence for a person to use.

`report` and `evidence` are in `rights_papers`, `sign` in `rights_sign`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems
from smallscreen.cli.rights_papers import evidence, report
from smallscreen.cli.rights_said import (
    as_dict,
    checked_work_id,
    rules_of,
    say,
    seen_at,
    standing_of,
    videos_in,
)
from smallscreen.cli.rights_sign import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from smallscreen.rights.cases import Case
    from smallscreen.rights.catalogue import Catalogue
    from smallscreen.rights.releases import Seen

_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Is this video ours, and which seconds of it."
)
_CATALOGUE = typer.Option(
    None, "--catalogue", help="The folder of the catalogue; else SMALLSCREEN_CATALOGUE."
)
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")
_JSON = typer.Option(False, "--json", help="The same as --format json.")
_URL = typer.Option("", "--url", help="The address of the video's page.")
_CHANNEL = typer.Option("", "--channel", help="The channel that shows it.")
_ACCOUNT = typer.Option("", "--account", help="The account that shows it.")
_UPLOADER = typer.Option("", "--uploader", help="Who put it there.")
_TERRITORY = typer.Option("", "--territory", help="Where it was seen: two letters of ISO 3166-1, such as BR.")
_SEEN = typer.Option("", "--seen", help="The day it was seen, such as 2026-11-20 (UTC); else today.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (report, evidence, sign):
        _app.command()(command)
    app.add_typer(_app, name="rights")


@_app.command()
def add(
    paths: list[Path] = typer.Argument(help="Videos, folders of videos, or folders of series."),
    catalogue: Path | None = _CATALOGUE,
    series: str | None = typer.Option(None, "--series", help="The series they belong to."),
    edition: str | None = typer.Option(None, "--edition", help="The edition they are, such as pt-BR."),
    kind: str | None = typer.Option(None, "--kind", help="master, edition, trailer, or another word."),
    work_id: str = typer.Option("", "--work-id", help="EIDR or ISAN of the registered work."),
    format: Format = _FORMAT,
) -> None:
    """Add videos of ours to the catalogue; what is there already costs nothing. Ctrl-C keeps what was added."""
    from dataclasses import asdict

    from smallscreen.rights.catalogue import add as take
    from smallscreen.rights.catalogue import open_catalogue

    number = checked_work_id(work_id)
    # Packs show pictures of ours later, from wherever they are made.
    paths = [Path(os.path.abspath(p)) for p in paths]
    there = open_catalogue(catalogue, create=True)
    with progress("Adding") as meter:
        done = take(there, paths, series=series, edition=edition, kind=kind, work_id=number, progress=meter)
    if format is Format.json:
        print_json(
            {
                "catalogue": str(there.root),
                "added": [asdict(a) for a in done.fresh],
                "known": [asdict(a) for a in done.known],
                "problems": [str(p) for p in done.problems],
            }
        )
    else:
        minutes = sum(a.duration_ms for a in done.fresh) / 60_000
        typer.echo(
            f"Added {len(done.fresh):,} ({minutes:,.1f} minutes), {len(done.known):,} there already; {there.root}"
        )
    report_problems([str(p) for p in done.problems])


@_app.command("list")
def list_(
    catalogue: Path | None = _CATALOGUE,
    series: str | None = typer.Option(None, "--series", help="Only this series."),
    format: Format = _FORMAT,
) -> None:
    """List what is in the catalogue."""
    from dataclasses import asdict

    from smallscreen.rights.catalogue import open_catalogue
    from smallscreen.rights.words import clock, plain

    there = open_catalogue(catalogue)
    assets, stats = there.assets(series), there.stats()
    if format is Format.json:
        print_json(
            {"catalogue": str(there.root), "stats": asdict(stats), "assets": [asdict(a) for a in assets]}
        )
        return
    print_table(
        f"{there.root}",
        ("series", "episode", "edition", "kind", "file", "length", "work", "id"),
        [
            (
                plain(a.series),
                "" if a.episode is None else str(a.episode),
                plain(a.edition or ""),
                a.kind,
                plain(a.name, 60),
                clock(a.duration_ms),
                plain(a.work_id, 60),
                a.id[:12],
            )
            for a in assets
        ],
        note=f"{stats.assets:,} files, {stats.hours:,.2f} hours"
        + (f", {stats.kb_per_minute:,.1f} kB a minute" if stats.kb_per_minute else "")
        + (f"; {stats.out_of_date:,} are of an older version, add them again" if stats.out_of_date else "."),
    )


@_app.command()
def remove(
    assets: list[str] = typer.Argument(help="Ids of files, or how they begin; rights list shows them."),
    catalogue: Path | None = _CATALOGUE,
) -> None:
    """Take files out of the catalogue; the videos themselves stay, and so do matches that were found."""
    from smallscreen.errors import UserError
    from smallscreen.rights.catalogue import open_catalogue
    from smallscreen.rights.words import plain

    there = open_catalogue(catalogue)
    known = [a.id for a in there.assets()]
    chosen: list[str] = []
    for wanted in assets:
        fitting = [k for k in known if wanted and k.startswith(wanted)]
        if len(fitting) != 1:
            raise UserError(
                f"{plain(wanted, 40)!r} begins the ids of {len(fitting)} files; give the id of one."
            )
        chosen += fitting
    for asset_id in dict.fromkeys(chosen):
        typer.echo(f"Removed {plain(there.remove(asset_id).name, 100)}")


@_app.command()
def find(
    files: list[Path] = typer.Argument(help="Videos that may show ours; folders are searched."),
    catalogue: Path | None = _CATALOGUE,
    url: str = _URL,
    channel: str = _CHANNEL,
    account: str = _ACCOUNT,
    uploader: str = _UPLOADER,
    territory: str = _TERRITORY,
    seen: str = _SEEN,
    json: bool = _JSON,
    format: Format = _FORMAT,
) -> None:
    """Find which of our works a video shows, which seconds, and how they were changed."""
    from smallscreen.errors import UserError
    from smallscreen.rights.catalogue import open_catalogue

    there = open_catalogue(catalogue)
    where = seen_at(url, channel, account, uploader, territory, seen)
    rules = rules_of(there)
    videos = videos_in(files)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    with progress("Looking") as meter:
        for number, path in enumerate(videos):
            meter(number, len(videos), path.name[:40])
            step = (lambda part: meter(int(100 * part), 100)) if len(videos) == 1 else None
            try:
                found = _look(there, path, where, step)
            except UserError as e:
                problems.append(str(e))
                continue
            rows.append({"file": path, "cases": [(c, standing_of(c, rules)) for c in found]})
    if json or format is Format.json:
        print_json(
            {
                "catalogue": str(there.root),
                "files": [
                    {"file": str(r["file"]), "matches": [as_dict(c, s) for c, s in r["cases"]]} for r in rows
                ],
                "problems": problems,
            }
        )
    else:
        for r in rows:
            say(r["file"], r["cases"])
    report_problems(problems)


@_app.command()
def watch(
    folder: Path = typer.Argument(help="A folder in which videos come to lie."),
    catalogue: Path | None = _CATALOGUE,
    url: str = _URL,
    channel: str = _CHANNEL,
    account: str = _ACCOUNT,
    uploader: str = _UPLOADER,
    territory: str = _TERRITORY,
    interval: float = typer.Option(5.0, "--interval", min=0.1, max=86_400, help="Seconds between two looks."),
    settle: float = typer.Option(
        5.0, "--settle", min=0, max=86_400, help="Seconds that a file must rest first."
    ),
    once: bool = typer.Option(False, "--once", help="Stop when everything there was looked at."),
    again: bool = typer.Option(
        False, "--again", help="Look at known files, too; the catalogue may have grown."
    ),
    format: Format = _FORMAT,
) -> None:
    """Look at every video that comes into a folder, each once; stopped and started, it goes on where it was.

    With --format json it prints one line of JSON a file.
    """
    import json as json_lines

    from smallscreen.errors import UserError
    from smallscreen.rights.catalogue import SUFFIXES, open_catalogue
    from smallscreen.rights.watch import watch as go

    there = open_catalogue(catalogue)
    where = seen_at(url, channel, account, uploader, territory, "")
    problems: list[str] = []

    def look(path: Path) -> list[Case]:
        try:
            rules_of(there)
        except UserError as e:
            raise _Halt(str(e)) from None  # no fault of this video, which the next run looks at
        try:
            return _look(there, path, where)
        except OSError as e:
            raise _Halt(
                f"{there.root} cannot be written ({e.strerror}); make room, then the same command goes on."
            ) from None

    if format is Format.table and not once:
        typer.echo(f"Watching {folder}; Ctrl-C stops, the same command goes on.", err=True)
    try:
        for looked in go(
            folder, there.root, look, there.sha256, SUFFIXES,
            interval=interval, settle=settle, once=once, again=again,
        ):  # fmt: skip
            rules = rules_of(there)  # read anew: people write in it while this runs
            cases = [(c, standing_of(c, rules)) for c in looked.cases]
            if format is Format.json:
                value = {
                    "file": str(looked.path),
                    "sha256": looked.sha256,
                    "matches": [as_dict(c, s) for c, s in cases],
                    "problem": looked.problem,
                }
                typer.echo(json_lines.dumps(value, ensure_ascii=False))
            elif looked.problem:
                typer.echo(f"smallscreen: {looked.problem}", err=True)
            else:
                say(looked.path, cases)
            if looked.problem:
                problems.append(looked.problem)
    except _Halt as e:
        raise UserError(str(e)) from None
    if problems:
        raise typer.Exit(2)


class _Halt(Exception):
    """Watching cannot go on; says why."""


# --- inside ----------------------------------------------------------------------------------


def _look(
    catalogue: Catalogue, path: Path, seen: Seen, progress: Callable[[float], None] | None = None
) -> list[Case]:
    """Find the matches of one file and keep them."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from smallscreen.rights.cases import keep_matches
    from smallscreen.rights.find import find_fingerprint
    from smallscreen.rights.fingerprint import fingerprint

    seen = replace(seen, day=seen.day or datetime.now(UTC).date())
    query = fingerprint(path, query=True, progress=progress)
    matches = find_fingerprint(catalogue, query, path.name, seen=seen)
    return keep_matches(catalogue.root, path, matches, seen, query.duration_ms)
