"""`shots` and `listen`: where the picture cuts, who speaks when, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, episodes_of, print_json, print_table, progress, report_problems


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(shots)
    app.command()(listen)


def shots(
    directory: Path = typer.Argument(help="The folder of the series."),
    episodes: str | None = typer.Option(None, "--episodes", help="Only these, like 1-3,7."),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Find the cuts in the picture, once a video; fitting and checking then keep subtitles off them."""
    from smallscreen.series.project import open_project
    from smallscreen.series.shots import find_shots, stored_shots

    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
    with progress("Finding cuts") as meter:
        result = find_shots(project, chosen, meter)
    problems = [*project.problems, *result["problems"]]
    if format is Format.json:
        cuts = {
            str(n): {"cuts_ms": list(s.hard), "fades_ms": list(s.fades)}
            for n, s in stored_shots(project).items()
            if n in chosen
        }
        print_json(
            {"directory": str(project.root), **result, "shots": cuts, "problems": list(map(str, problems))}
        )
    else:
        rows = [
            (e["episode"], e["video"], e["cuts"], e["fades"], e["duration_ms"] / 1000, e["fps"], "; ".join(e["notes"]))
            for e in result["episodes"]
        ]  # fmt: skip
        print_table("Cuts", ("episode", "video", "cuts", "fades", "seconds", "frames/s", "note"), rows)
        kept = len(rows) - result["fresh"]
        typer.echo(
            f"\n{result['fresh']} looked through now, {kept} were known. Dissolves and wipes are not found."
        )
        if result["without_video"]:
            typer.echo(f"No video for episode {', '.join(map(str, result['without_video']))}.")
        if result["fresh"]:
            typer.echo("smallscreen localize fits and checks the editions by them.")
    report_problems(problems)


def listen(
    directory: Path = typer.Argument(help="The folder of the series."),
    check: bool = typer.Option(
        False, "--check", help="Hold the source's cues against the speech instead; no speech model is needed."
    ),
    episodes: str | None = typer.Option(None, "--episodes", help="Only these, like 1-3,7."),
    model: Path | None = typer.Option(
        None, "--model", help="The folder of a Whisper model for CTranslate2; without it SMALLSCREEN_WHISPER."
    ),
    download: str | None = typer.Option(
        None,
        "--download",
        help="Get this model from its public hub, such as small or large-v3; nothing is fetched unasked.",
    ),
    language: str | None = typer.Option(
        None, "--language", help="What is spoken, such as zh; without it the series' source language."
    ),
    off: int = typer.Option(400, "--off", help="With --check: how far a cue may begin from the speech, ms."),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Write what is spoken as cues into DIR/listen, or check the cues that there are against the speech."""
    from smallscreen.errors import UserError
    from smallscreen.series.listening import check_cues, listen_to
    from smallscreen.series.project import open_project

    if check and (model or download):
        raise UserError("--check listens for speech, not for words; leave out --model and --download.")
    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
    with progress("Listening") as meter:
        if check:
            result = check_cues(project, chosen, off_ms=off, progress=meter)
        else:
            result = listen_to(
                project, chosen, model=model, download=download, language=language, progress=meter
            )
    problems = [*project.problems, *result["problems"]]
    if format is Format.json:
        print_json({"directory": str(project.root), **result, "problems": list(map(str, problems))})
    else:
        if check:
            _print_check(project, result)
        else:
            _print_cues(result)
        if result["without_video"]:
            typer.echo(f"\nNo video for episode {', '.join(map(str, result['without_video']))}.")
    report_problems(problems)


def _print_cues(result: dict[str, Any]) -> None:
    rows = [
        (e["episode"], e["cues"], e["speech_ms"] / 1000, e["confidence"], e["unsure"], e["file"] or "", "; ".join(e["notes"]))
        for e in result["episodes"]
    ]  # fmt: skip
    columns = ("episode", "cues", "speech, s", "confidence", "unsure cues", "file", "note")
    print_table(f"Heard with {result['model']} in {result['language']}", columns, rows)
    typer.echo(
        "\nListen to them before you use them; the .tsv beside each file says how sure each cue is. "
        "To make them the source, move them into the folder of the series."
    )


def _print_check(project: Any, result: dict[str, Any], most: int = 20) -> None:
    rows = [
        (e["episode"], e["cues"], e["speech_ms"] / 1000, e["no_speech"], e["no_cue"], e["off"], "; ".join(e["notes"]))
        for e in result["episodes"]
    ]  # fmt: skip
    columns = (
        "episode",
        "cues",
        "speech, s",
        "cues without speech",
        "speech without a cue",
        "starts off",
        "note",
    )
    print_table("Cues against speech", columns, rows)
    wanted = {e["episode"] for e in result["episodes"]}
    found = [
        f
        for n, some in sorted(project.store.findings().items())
        for f in some
        if n in wanted and f.check.startswith("listen.")
    ]
    if found:
        cells = [
            (f.episode, f"{f.start_ms / 1000:.2f}", f.cue or "", f.message, f.suggestion or "")
            for f in found[:most]
        ]
        print_table(
            f"\nThe first {len(cells)} of {len(found)}",
            ("episode", "at, s", "cue", "what", "what to do"),
            cells,
        )
