"""`ocr`: subtitles that are part of the picture, read into the series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, episodes_of, print_json, print_table, progress, report_problems


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(ocr)


def ocr(
    directory: Path = typer.Argument(help="The folder of the series, or a folder of videos."),
    episodes: str | None = typer.Option(None, "--episodes", help="Only these, like 1-3,7."),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
) -> None:
    """Read the subtitles that are burned into the videos.

    Each episode gets a subtitle file (ep001.zh.srt) and a picture to look through (ocr/ep001.png). A subtitle file
    that is there stays as it is: what was read then goes to the folder ocr. A folder of videos becomes a series.
    """
    from smallscreen.series.burned import step

    chosen = episodes_of(episodes, list(step.videos_in(directory)))
    with progress("Reading subtitles from the picture", shown=not as_json) as meter:
        result = step.ocr(directory, chosen, database=database, progress=meter)
    problems = result["problems"]
    if as_json or format is Format.json:
        print_json({**result, "problems": [str(p) for p in problems]})
    else:
        _print(result)
    report_problems(problems)


def _print(result: dict[str, Any], most: int = 20) -> None:
    rows = [
        (
            m["episode"],
            m["seconds"],
            m["cues"],
            m["unsure"],
            sum(m["dropped"].values()),
            "" if m["confidence"] is None else f"{m['confidence']:.2f}",
            Path(m["file"]).name if m["is_source"] else m["file"] or "",
            "" if m["fresh"] else "was read before",
        )
        for m in result["episodes"]
    ]
    columns = ("episode", "seconds", "cues", "unsure", "no subtitle", "confidence", "file", "")
    print_table(f"Subtitles in the picture of {result['directory']}", columns, rows)
    unsure = [(m["episode"], line) for m in result["episodes"] for line in m["lines"]]
    if unsure:
        worst = sorted(unsure, key=lambda u: u[1]["confidence"])[:most]
        cells = [
            (n, line["cue"], _clock(line["start_ms"]), line["confidence"], line["text"].replace("\n", " / "))
            for n, line in worst
        ]
        print_table(
            f"\nLook at these, {len(worst)} of {len(unsure)}",
            ("episode", "cue", "at", "confidence", "read as"),
            cells,
        )
    for m in result["episodes"]:
        if m["note"]:
            typer.echo(f"Episode {m['episode']}: {m['note']}.")
    sheets = [m["sheet"] for m in result["episodes"] if m["sheet"]]
    if sheets:
        typer.echo(f"\nWhat was read stands beside its picture in {Path(sheets[0]).parent}.")


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}.{ms // 100 % 10}"
