"""`rights sign`: a signed manifest in a release of ours, and reading one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, print_json

_PASSWORD = "SMALLSCREEN_KEY_PASSWORD"
_CATALOGUE = typer.Option(
    None, "--catalogue", help="The catalogue that knows the release; else its name is signed."
)
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")


def sign(
    file: Path = typer.Argument(help="A release of ours, MP4 or MOV."),
    certificate: Path | None = typer.Option(
        None, "--certificate", help="Your certificate and those above it, PEM."
    ),
    key: Path | None = typer.Option(
        None, "--key", help=f"Its private key, PEM; a password is in {_PASSWORD}."
    ),
    to: Path | None = typer.Option(None, "--to", help="The signed copy; else NAME.signed.mp4 beside it."),
    check: bool = typer.Option(False, "--check", help="Read and check the manifest of the file instead."),
    anchors: Path | None = typer.Option(
        None, "--anchors", help="With --check: certificates that you trust, PEM."
    ),
    catalogue: Path | None = _CATALOGUE,
    format: Format = _FORMAT,
) -> None:
    """Put a signed manifest (C2PA) into a copy of a release of ours. Re-encoding strips it; it finds no copies."""
    from dataclasses import asdict

    from smallscreen.engines import credentials
    from smallscreen.errors import UserError
    from smallscreen.rights.evidence.chain import sha256
    from smallscreen.rights.words import plain

    if check:
        made = credentials.read(file, anchors=anchors)
        target = file
        if made is None:
            raise UserError(f"{file.name} has no manifest; it was never signed, or re-encoding stripped it.")
    elif certificate is None or key is None:
        raise UserError(
            "Signing needs your certificate and its key; give --certificate and --key, or --check."
        )
    else:
        target = to or file.with_name(f"{file.stem}.signed{file.suffix}")
        statement = _statement(file, catalogue)
        made = credentials.sign(
            file, target, certificate=certificate, key=key, title=file.stem, statement=statement,
            password=os.environ.get(_PASSWORD) or None,
        )  # fmt: skip
    if format is Format.json:
        print_json({"file": str(target), "sha256": sha256(target), "credential": asdict(made)})
    else:
        trust = {
            "valid": "whole; nobody here vouches for the signer",
            "trusted": "whole, and the signer is trusted",
        }
        said = trust.get(made.state, "NOT whole: " + ", ".join(made.problems))
        typer.echo(f"{target}: {said}.")
        typer.echo(
            f"Signed by {plain(made.name, 80)} ({plain(made.issuer, 80)}), {made.algorithm}, as {plain(made.title, 80)!r}."
        )
        for name, value in made.statement.items():
            typer.echo(f"  {plain(str(name), 40)}: {plain(str(value), 120)}")
        if not check:
            typer.echo(f"SHA-256 {sha256(target)}: for [[release]] in releases.toml.")
        typer.echo(credentials.STRIPPED)
    if made.state == "invalid":
        raise typer.Exit(2)


def _statement(file: Path, catalogue: Path | None) -> dict[str, Any]:
    """What the catalogue knows of a file that is in it; its name otherwise."""
    from smallscreen.rights.catalogue import CATALOGUE_VARIABLE, open_catalogue

    if (catalogue is not None or os.environ.get(CATALOGUE_VARIABLE)) and file.is_file():
        there = open_catalogue(catalogue)
        asset = there.known(there.sha256(file))
        if asset is not None:
            known = {
                k: getattr(asset, k) for k in ("series", "episode", "edition", "kind", "work_id", "sha256")
            }
            return {k: v for k, v in known.items() if v not in (None, "")}
    return {"file": file.name}
