"""`simulate`: make up viewers for a series, to try the audience and business rooms without any of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.audience.simulate import SimulatedSummary

NOTICE = (
    "All of this viewing is simulated: a program made it up from invented figures. It says nothing about this "
    "series or any real audience."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Make up data, labelled as simulated.")
    group.command()(viewing)
    # A second command would be a group of its own; with one, Typer needs to be told that this is a group.
    group.callback()(lambda: None)
    app.add_typer(group, name="simulate")


def viewing(
    directory: Path = typer.Argument(help="The folder of the series."),
    viewers: int = typer.Option(200_000, "--viewers", help="How many people see the series, in all markets."),
    markets: str | None = typer.Option(
        None, "--markets", help="Markets with a comma between, such as en-US,id-ID; all there are without it."
    ),
    editions: str = typer.Option(
        "main,literal", "--editions", help="Variants that are shown at random, with a comma between."
    ),
    seed: int = typer.Option(1, "--seed", help="The same seed makes the same viewers."),
    days: int = typer.Option(28, "--days", help="Over how many days they come."),
    paywall: int | None = typer.Option(
        None, "--paywall", help="The first paid episode; 0 for none; in the middle without it."
    ),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Make up viewers who leave, go on, pay and come back, and put what they watched into the lake.

    Every row says simulated. A lake with real viewing is refused. The truth is kept in lake/simulated.json.
    """
    from dataclasses import asdict

    from smallscreen.audience.simulate import simulate
    from smallscreen.series.project import open_project

    with progress("Opening the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    with progress("Simulating viewing") as meter:
        made = simulate(
            project,
            viewers=viewers,
            markets=_names(markets) if markets is not None else None,
            variants=_names(editions),
            seed=seed,
            days=days,
            paywall=paywall,
            progress=meter,
        )
    if format is Format.json:
        print_json({"directory": str(directory), "notice": NOTICE, **asdict(made)})
    else:
        _print(made)
    report_problems(project.problems)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _print(made: SimulatedSummary) -> None:
    state = "" if made.fresh else " (up to date)"
    print_table(
        f"Simulated viewing, {made.start[:10]} to {made.as_of[:10]}{state}",
        ("edition", "viewers", "true completion of the first episode, %"),
        [
            (name, n, round(100 * next(iter(made.completion[name].values())), 1))
            for name, n in made.editions.items()
        ],
    )
    said = {"events": "intervals", "exposure": "exposures", "unlock": "unlocks", "ad_impression": "ads"}
    typer.echo("\n" + ", ".join(f"{n:,} {said[table]}" for table, n in made.rows.items()) + ".")
    if made.stand_ins:
        typer.echo(
            f"{', '.join(made.stand_ins)}: no lines of its own, so it is taken for a word-for-word rendering."
            if len(made.stand_ins) == 1
            else f"{', '.join(made.stand_ins)}: no lines of their own, so they are taken for word-for-word renderings."
        )
    typer.echo(NOTICE)
