"""`rights report` and `rights evidence`: the page of all matches, and the pack of one."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems
from smallscreen.cli.rights_said import as_dict, rules_of, standing_of

_CATALOGUE = typer.Option(
    None, "--catalogue", help="The folder of the catalogue; else SMALLSCREEN_CATALOGUE."
)
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")


def report(
    catalogue: Path | None = _CATALOGUE,
    out: Path | None = typer.Option(
        None, "--out", help="Where to write it; else matches.html in the catalogue."
    ),
    format: Format = _FORMAT,
) -> None:
    """Write the page of all matches, own releases and licensed ones set apart; list their ids."""
    from smallscreen.errors import FileProblem, UserError
    from smallscreen.rights.accuracy import current
    from smallscreen.rights.cases import cases
    from smallscreen.rights.catalogue import open_catalogue
    from smallscreen.rights.report import render
    from smallscreen.rights.words import plain, sentence

    there = open_catalogue(catalogue)
    path = out or there.root / "matches.html"
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{path} is no .html; name the page so.")
    rules = rules_of(there)
    problems: list[FileProblem] = []
    found = [(c, standing_of(c, rules)) for c in cases(there.root, problems)]
    with progress("Drawing") as meter:
        page = render(found, there.root.resolve().name, current(), progress=meter)
    _write(path, page.encode("utf-8"))
    if format is Format.json:
        print_json({"file": str(path), "matches": [as_dict(c, s) for c, s in found]})
    else:
        print_table(
            "Matches",
            ("match", "status", "series", "what", "file"),
            [
                (
                    c.match.id[:12],
                    s.status,
                    plain(c.match.asset.series, 40),
                    sentence(c.match),
                    plain(c.match.query_name, 50),
                )
                for c, s in found
            ],
        )
        typer.echo(f"Open {path}")
    report_problems(problems)


def evidence(
    match: str = typer.Argument("", help="A match: its id, or how it begins."),
    to: Path | None = typer.Option(None, "--to", help="The folder of the pack; else in the catalogue."),
    ours: Path | None = typer.Option(None, "--ours", help="Our file, where it is no longer where it was."),
    title: str = typer.Option("", "--title", help="The title of the series, as people know it."),
    verify: Path | None = typer.Option(None, "--verify", help="Check a pack that was made, and the chain."),
    catalogue: Path | None = _CATALOGUE,
    format: Format = _FORMAT,
) -> None:
    """Make the evidence pack of a match: a page, a PDF, JSON, pictures. It is never sent; a person signs."""
    from smallscreen.errors import UserError
    from smallscreen.rights.accuracy import current
    from smallscreen.rights.cases import find_case
    from smallscreen.rights.catalogue import open_catalogue
    from smallscreen.rights.evidence import chain, notice
    from smallscreen.rights.evidence.pack import make
    from smallscreen.rights.words import sentence

    if bool(match) == (verify is not None):
        raise UserError("Give a match to make a pack of, or a pack to check with --verify; one of the two.")
    there = open_catalogue(catalogue)
    if verify is not None:
        wrong = chain.verify(verify, there.root)
        if format is Format.json:
            print_json({"pack": str(verify), "whole": not wrong, "wrong": wrong})
        elif not wrong:
            typer.echo(f"{verify}: every file is as it was, and the chain holds it.")
        if wrong:
            for sentence_ in wrong:
                typer.echo(f"smallscreen: {sentence_}", err=True)
            raise typer.Exit(2)
        return
    case, rules = find_case(there.root, match), rules_of(there)
    with progress("Making the pack") as meter:
        made = make(
            there.root, case, standing_of(case, rules), rules.owner, current(),
            to=to, ours=ours, title=title, progress=meter,
        )  # fmt: skip
    if format is Format.json:
        print_json(
            {
                "folder": str(made.folder),
                "pack": made.link.pack,
                "evidence_sha256": made.link.evidence_sha256,
                "facts": made.facts,
            }
        )
        return
    typer.echo(f"{sentence(case.match)}.")
    typer.echo(f"Open {made.folder / 'evidence.html'}")
    for note in made.notes:
        typer.echo(note)
    typer.echo(f"Pack {made.link.pack}, SHA-256 of evidence.json {made.link.evidence_sha256}")
    typer.echo(notice.NEVER_SENT)


def _write(path: Path, data: bytes) -> None:
    from smallscreen.errors import UserError

    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as e:
        raise UserError(f"{path} cannot be written ({e.strerror}); give another place with --out.") from None
    finally:
        temporary.unlink(missing_ok=True)
