"""`brief`: the decisions of an edition in one place, for people to read and to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(brief)


def brief(
    directory: Path = typer.Argument(help="The folder of the series."),
    market: list[str] = typer.Option(
        ..., "--market", help="A market, such as en-US; give it again for more."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="Where the page and the document go; without it DIR/briefs."
    ),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Write the brief of an edition: names, who calls whom what, items, tone, scenes, open questions.

    DIR/briefs/MARKET.toml is for you to change; the draft and the checks obey it, and running this
    again keeps every word of yours.
    """
    from smallscreen.localize.brief.make import make_brief
    from smallscreen.localize.pipeline import find_barriers, keeps_barriers
    from smallscreen.series import markets
    from smallscreen.series.project import open_project

    for locale in market:
        markets.load(locale)
    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    with progress("Finding barriers") as meter:
        if not keeps_barriers(project):  # found by a model, and paid for
            find_barriers(project, meter=meter)
    results = [make_brief(project, locale, out) for locale in dict.fromkeys(market)]
    if format is Format.json:
        print_json(
            {
                "directory": str(project.root),
                "briefs": results,
                "problems": [str(p) for p in project.problems],
            }
        )
    else:
        for result in results:
            _print(result)
    report_problems(project.problems)


def _print(result: dict[str, Any]) -> None:
    counts = ("names", "pairs", "items", "scenes", "questions")
    print_table(
        f"Brief for {result['edition']}",
        ("what", "how many"),
        [(what, result[what]) for what in counts],
    )
    threads = result["brief"]["threads"]
    if threads:
        rows = [
            (t["name"], t["grade"], len(t["scenes"]), ", ".join(map(str, t["episodes"])), t["level_reason"])
            for t in threads
        ]
        print_table(
            "\nScenes that may not travel",
            ("what", "action", "scenes", "episodes", "what the market knows"),
            rows,
        )
    if result["kept"] or result["added"] or result["updated"] or result["dropped"]:
        typer.echo(
            f"\n{result['added']} entries added, {result['updated']} lines brought up to date, "
            f"{result['dropped']} entries gone, {result['kept']} lines of yours kept."
        )
    for conflict in result["conflicts"]:
        typer.echo(f"  {conflict}")
    for made in result["made"]:
        typer.echo(f"{made['path']}: {made['what']}")
