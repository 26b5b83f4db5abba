"""`new`, `sample`, `info`, `markets`: making a series and looking at it."""

from __future__ import annotations

from pathlib import Path

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

FormatOption = typer.Option(Format.table, "--format", help="How to print the result.")
DatabaseOption = typer.Option(
    None,
    "--database",
    help="URL of the series database; without it $SMALLSCREEN_DATABASE_URL, else DIR/series.db.",
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(new)
    app.command()(sample)
    app.command()(info)
    app.command()(markets)


def new(
    folder: Path = typer.Argument(
        help="A folder of subtitle files, such as ep001.zh.srt, 第3集.srt or S01E04.srt."
    ),
    to: Path | None = typer.Argument(
        None, help="Where to make the series; without it, in the folder itself."
    ),
    title: str | None = typer.Option(None, help="The title of the series."),
    database: str | None = DatabaseOption,
    format: Format = FormatOption,
) -> None:
    """Make a series of a folder of subtitle files."""
    from smallscreen.series.project import new_project

    project = new_project(folder, to, title=title, database=database)
    _print_info(project, format, f"A series is made in {project.root}; series.toml there is for you to fill.")
    report_problems(project.problems)


def sample(
    directory: Path = typer.Argument(help="Where to put the sample series."),
    video: str = typer.Option("none", help="Which episodes' videos to render: none, all, or like 1-3."),
    format: Format = FormatOption,
) -> None:
    """Put the sample series into a folder, with a literal draft and three finished editions."""
    from smallscreen import sample as room
    from smallscreen.cli.output import episodes_of
    from smallscreen.errors import UserError
    from smallscreen.series.project import open_project

    if directory.exists() and any(directory.iterdir()) and not (directory / "series.toml").exists():
        raise UserError(f"{directory} is not empty; give a new folder for the sample series.")
    room.copy_to(directory)
    project = open_project(directory)
    there = [e.number for e in project.store.episodes()]
    wanted = [] if video == "none" else episodes_of(None if video == "all" else video, there)
    if wanted:
        with progress("Rendering the sample's episodes") as meter:
            room.render_many(wanted, directory / "video", lambda part: meter(round(100 * part), 100))
        project = open_project(directory)
    _print_info(project, format, f"The sample series is in {directory}.")


def info(
    directory: Path = typer.Argument(help="The folder of the series."),
    database: str | None = DatabaseOption,
    format: Format = FormatOption,
) -> None:
    """Show what a series holds and how far its editions are."""
    from smallscreen.series.project import open_project

    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    _print_info(project, format, "")
    report_problems(project.problems)


def markets(format: Format = FormatOption) -> None:
    """List the markets there are, with their screen rules."""
    from smallscreen.series import markets as m

    all_markets = [m.load(n) for n in m.names()]
    if format is Format.json:
        print_json([x.model_dump() for x in all_markets])
        return
    rows = [
        (
            x.locale,
            x.name,
            x.landscape.cpl,
            x.landscape.max_lines,
            x.vertical.cpl,
            x.vertical.max_lines,
            x.vertical.cps,
        )
        for x in all_markets
    ]
    columns = ("locale", "market", "CPL 16:9", "lines", "CPL 9:16", "lines", "CPS")
    print_table(
        "Markets",
        columns,
        rows,
        "CPL: characters a line. CPS: characters a second. Sources in each market's file.",
    )


def _print_info(project, format: Format, note: str) -> None:  # type: ignore[no-untyped-def]
    store = project.store
    series, cues, barriers = store.series(), store.cues(), store.barriers()
    editions = []
    for edition in store.editions():
        lines, findings = store.lines(edition), store.findings(edition)
        flat = [f for some in findings.values() for f in some]
        editions.append(
            {
                "edition": edition.name,
                "profile": edition.profile,
                "platform": edition.platform,
                "drafted_cues": len(store.drafts(edition)),
                "lines": sum(map(len, lines.values())),
                **{s + "s": sum(f.severity == s for f in flat) for s in ("error", "warning", "note")},
            }
        )
    episodes = store.episodes()
    head = {
        "series": series.slug,
        "title": series.title,
        "directory": str(project.root),
        "episodes": len(episodes),
        "cues": sum(map(len, cues.values())),
        "cues_with_speaker": sum(c.speaker is not None for some in cues.values() for c in some),
        "minutes": round(sum(e.duration_ms for e in episodes) / 60000, 1),
        "characters": len(series.characters),
        "terms": len(series.terms),
        "videos": sum(e.video_file is not None for e in episodes),
        "barriers": sum(map(len, barriers.values())),
    }
    if format is Format.json:
        print_json({**head, "editions": editions, "problems": [str(p) for p in project.problems]})
        return
    print_table(
        series.title,
        ("what", "how many"),
        [(k.replace("_", " "), v) for k, v in head.items() if k not in ("title",)],
    )
    if editions:
        print_table(
            "\nEditions", [k.replace("_", " ") for k in editions[0]], [list(e.values()) for e in editions]
        )
    if note:
        typer.echo(f"\n{note}")
