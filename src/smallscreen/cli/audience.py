"""`audience`: bring in viewing, measure it, and ask why viewers left, which edition holds them and what claims are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.audience_said import association, lift, moment, noted, print_measures, shares, write
from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.audience.why import Why
    from smallscreen.series.project import Project

_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who watched, where they left, and why.")
_FOLDER = typer.Argument(help="The folder of the series.")
_DATABASE = typer.Option(None, "--database", help="URL of the series database.")
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")
_AS_OF = typer.Option(
    None, "--as-of", help="End of the data, such as 2026-05-01T00:00Z; else the last event."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(_app, name="audience")


@_app.command("import")
def import_(
    directory: Path = _FOLDER,
    paths: list[Path] = typer.Argument(help="Files or folders: Parquet, CSV, JSON Lines."),
    mapping: Path | None = typer.Option(
        None, "--mapping", help="A TOML file that tells your columns, units and zone (docs/audience.md)."
    ),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Take viewing data into the lake of the series, once; rows that break a rule are set aside and counted."""
    from smallscreen.audience.events import REASONS
    from smallscreen.audience.lake import import_events

    project = _open(directory, database)
    with progress("Importing") as meter:
        done = import_events(project, paths, mapping, meter)
    problems = [*project.problems, *done.problems]
    simulated = _simulated(project)
    if format is Format.json:
        print_json({"directory": str(directory), **done.as_dict(), "simulated": simulated})
    else:
        state = "" if done.fresh else " (up to date)"
        print_table(
            f"Imported{state}",
            ("files", "rows", "taken", "repeated", "set aside", "cut to the episode"),
            [
                (
                    done.files,
                    done.rows,
                    done.taken,
                    done.repeated,
                    sum(done.quarantined.values()),
                    done.clipped,
                )
            ],
            note=noted(
                simulated,
                f"In the lake {done.bots:,} users ({done.bot_intervals:,} intervals) are no persons and not counted.",
            ),
        )
        if done.quarantined:
            print_table(
                "\nSet aside, by the first rule broken",
                ("reason", "rows", "what is wrong"),
                [(reason, n, REASONS[reason]) for reason, n in done.quarantined.items()],
            )
        for note in done.notes:
            typer.echo(note)
    report_problems(problems)


@_app.command()
def measure(
    directory: Path = _FOLDER,
    as_of: str | None = _AS_OF,
    patience_days: int = typer.Option(
        7, "--patience-days", help="How long somebody may take to go on to the next episode."
    ),
    cubes: bool = typer.Option(
        True,
        "--cubes/--no-cubes",
        help="Whether to add each day to the daily cubes, for curves over many days.",
    ),
    spark: str | None = typer.Option(
        None,
        "--spark",
        help="Count on a Spark master, such as spark://host:7077 (needs the extra [spark]; no daily cubes).",
    ),
    out: Path | None = typer.Option(
        None, "--out", help="One file, .html or .json; without it DIR/audience/ gets both."
    ),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Measure every edition: retention, completion, survival, why viewers left, experiments; write the report."""
    from contextlib import closing, nullcontext

    from smallscreen.audience.gather import gather
    from smallscreen.audience.report import render
    from smallscreen.engines.sql import Spark
    from smallscreen.errors import UserError

    if out is not None and out.suffix.lower() not in (".html", ".json"):
        raise UserError(f"{out} is neither .html nor .json; name a file of one of these kinds.")
    until = moment(as_of)
    project = _open(directory, database)
    kept = directory / "audience" / "audience.json"
    with closing(Spark(spark)) if spark else nullcontext() as engine, progress("Measuring") as meter:
        data, fresh = gather(
            project,
            as_of=until,
            patience_days=patience_days,
            cubes=cubes,
            before=kept,
            engine=engine,
            progress=meter,
        )
    made = write([out] if out else [kept.with_suffix(".html"), kept], data, lambda: render(data))
    if format is Format.json:
        print_json(
            {
                "directory": str(directory),
                "fresh": fresh,
                "simulated": data["simulated"],
                "files": [str(p) for p in made],
                "summary": data["summary"],
                "quality": data["quality"],
                "problems": [str(p) for p in project.problems],
            }
        )
    else:
        print_measures(data, fresh)
        for path in made:
            typer.echo(f"{'Open' if path.suffix == '.html' else 'Data:'} {path}")
    report_problems(list(project.problems))


@_app.command()
def why(
    directory: Path = _FOLDER,
    edition: str | None = typer.Option(
        None, "--edition", help="The edition, such as en-US.literal; without it every edition."
    ),
    lag: int | None = typer.Option(
        None, "--lag", help="How long after something somebody may leave because of it, ms."
    ),
    places: int = typer.Option(8, "--places", help="How many single places to print."),
    as_of: str | None = _AS_OF,
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Join the hazard of leaving to the findings on the timeline: what is associated with leaving, with intervals."""
    from dataclasses import asdict

    from smallscreen.audience.lake import open_lake
    from smallscreen.audience.measures import edition_table
    from smallscreen.audience.quality import last_event, plain
    from smallscreen.audience.said import ASSOCIATED
    from smallscreen.audience.why import LAG_MS
    from smallscreen.audience.why import why as ask
    from smallscreen.errors import UserError

    lag = LAG_MS if lag is None else lag
    if lag < 0:
        raise UserError(f"A lag of {lag} ms cannot be; give 0 or more.")
    until = moment(as_of)
    project = _open(directory, database)
    with open_lake(project) as lake:
        _need_events(project, lake)
        there = [e.edition for e in edition_table(lake, project.store.slug)]
        if edition is not None and edition not in there:
            raise UserError(f"Nobody watched {edition}; the lake has {', '.join(there)}.")
        asked = [edition] if edition else there
        last = last_event(lake, project.store.slug)
        found: list[Why] = []
        not_yet: list[str] = []
        with progress("Why they left") as meter:
            for i, name in enumerate(asked):
                meter(i, len(asked), name)
                try:
                    found.append(ask(project, lake, name, lag_ms=lag, as_of=until or last))
                except UserError as e:
                    if edition is not None:
                        raise
                    not_yet.append(str(e))
    if format is Format.json:
        rows = [{k: v for k, v in asdict(w).items() if k != "curves"} for w in found]
        print_json(
            plain(
                {
                    "directory": str(directory),
                    "words": "associated with",
                    "editions": rows,
                    "not_asked": not_yet,
                }
            )
        )
    else:
        for w in found:
            kinds = [a for a in w.associations if a.level != "place"]
            single = [a for a in w.associations if a.level == "place"]
            print_table(
                f"{w.edition}: what leaving is associated with ({w.viewers:,} viewers, {w.leaves:,} leaves)",
                ("what", "where", "times as often", "95 %", "q", "left in it", "beside it", "exposed"),
                [association(a) for a in [*kinds, *single[:places]]],
                note=noted(
                    w.simulated,
                    ASSOCIATED
                    + f" {len(w.associations)} rows asked; q over the kinds by themselves and over the single places by themselves.",
                ),
            )
            for n in w.notes:
                typer.echo(n)
            typer.echo("")
        for sentence in not_yet:
            typer.echo(sentence)
    report_problems(list(project.problems))


@_app.command()
def experiment(
    directory: Path = _FOLDER,
    name: str | None = typer.Argument(None, help="The experiment; without it the only one there is."),
    control: str | None = typer.Option(None, "--control", help="The arm the others are held against."),
    planned: list[str] = typer.Option([], "--planned", help="Planned share of an arm, such as main=0.5."),
    window: int = typer.Option(24, "--window", help="Hours after the exposure in which viewing counts."),
    as_of: str | None = _AS_OF,
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Judge an experiment: sample ratio first, then lifts with intervals that hold at every look."""
    from dataclasses import asdict

    from smallscreen.audience.experiments import experiment as judge
    from smallscreen.audience.lake import open_lake
    from smallscreen.audience.quality import experiments_of, plain
    from smallscreen.errors import UserError

    if window < 1:
        raise UserError(f"A window of {window} hours cannot be; give 1 or more.")
    until, parts = moment(as_of), shares(planned)
    project = _open(directory, database)
    with open_lake(project) as lake:
        there = experiments_of(lake)
        if name is None and len(there) != 1:
            raise UserError(
                f"Which experiment? There are {', '.join(there)}."
                if there
                else "The lake has no experiment with two arms; import exposure rows (docs/audience.md, Events)."
            )
        with progress("Judging") as meter:
            meter(0, 1, name or there[0])
            x = judge(
                lake,
                name or there[0],
                planned=parts or None,
                control=control,
                window_hours=window,
                as_of=until,
            )
    if format is Format.json:
        print_json(plain({"directory": str(directory), **asdict(x)}))
    else:
        print_table(
            f"{x.name}: sample ratio, p = {x.srm_p:.4f} (nothing is concluded below {x.srm_threshold:g})",
            ("arm", "users", "planned", "counted"),
            [(a.name, a.users, f"{100 * a.planned:.1f} %", a.counted) for a in x.arms],
            note=noted(x.simulated) if x.refused else "",
        )
        if x.refused:
            typer.echo(f"No conclusion: {x.refused}")
        else:
            print_table(
                f"\nLift over {x.metrics[0].against}, {x.window_hours} h after exposure",
                ("metric", "arm", "control", "arm's", "lift", "95 %, always valid", "users", "said"),
                [lift(m) for m in x.metrics],
                note=noted(x.simulated),
            )
        for n in x.notes:
            typer.echo(n)
    report_problems(list(project.problems))


@_app.command()
def claims(
    directories: list[Path] = typer.Argument(None, help="The folders of the series; each counts once."),
    question: str | None = typer.Option(None, "--question", help="Only this one; see the ids without it."),
    rows: Path | None = typer.Option(
        None, "--rows", help="A CSV file instead of folders: series, attribute, value; needs --question."
    ),
    format: Format = _FORMAT,
) -> None:
    """Answer claims about attributes of series, clustered by series, with what so many series can see."""
    from dataclasses import asdict

    from smallscreen.audience.claims import claim, questions, read_rows, series_rows
    from smallscreen.audience.gather import needed_usually
    from smallscreen.audience.quality import plain
    from smallscreen.errors import UserError

    asked = [q for q in questions() if question in (None, q.id)]
    if not asked:
        raise UserError(f"There is no question {question}; there are {', '.join(q.id for q in questions())}.")
    if bool(rows) == bool(directories):
        raise UserError("Give the folders of series, or a CSV file with --rows; one of the two.")
    if rows and question is None:
        raise UserError("A CSV file answers one question: name it with --question.")
    projects = [_open(d, None) for d in directories or []]
    answers = []
    for q in asked:
        given, missing = (read_rows(rows), []) if rows else series_rows(projects, q.attribute, q.outcome)
        answers.append((q, claim(given, question=q), missing))
    problems = [p for project in projects for p in project.problems]
    if format is Format.json:
        print_json(
            plain(
                {
                    "claims": [
                        {
                            "question": asdict(q),
                            "answer": asdict(a),
                            "missing": m,
                            "needed_usual": needed_usually(q.reported_lift, q.scale),
                        }
                        for q, a, m in answers
                    ]
                }
            )
        )
    else:
        for q, a, missing in answers:
            typer.echo(f"{q.title}  [{q.id}]")
            typer.echo(f"  Reported: {q.reported} ({q.reported_source}; not verified here)")
            typer.echo(f"  Answer: {a.verdict}{' Of simulated viewing.' if a.simulated else ''}")
            needed = a.needed or needed_usually(q.reported_lift, q.scale)
            if needed:
                typer.echo(f"  Needed: about {needed} series, half of them with the attribute.")
            typer.echo(f"  {q.caution}")
            for m in missing:
                typer.echo(f"  {m}")
            typer.echo("")
        print_table(
            "What so many series can see at best: least relative lift of a share of one half, 8 times in 10",
            ("series", "spread known", "spread estimated"),
            [
                (t.series, f"{100 * t.known_spread:.0f} %", f"{100 * t.spread_estimated:.0f} %")
                for t in answers[0][1].table
            ],
        )
    report_problems(problems)


@_app.command()
def bots(directory: Path = _FOLDER, database: str | None = _DATABASE, format: Format = _FORMAT) -> None:
    """List the users who are no persons (more than 24 hours in a day); they are left out of every figure."""
    from smallscreen.audience.lake import open_lake

    project = _open(directory, database)
    with open_lake(project) as lake:
        found = lake.sql("SELECT user_id, day, hours, intervals FROM bot ORDER BY hours DESC, user_id")
    simulated = _simulated(project)
    if format is Format.json:
        rows = [{"user_id": u, "day": str(d), "hours": h, "intervals": n} for u, d, h, n in found]
        print_json({"directory": str(directory), "simulated": simulated, "bots": rows})
    else:
        print_table(
            f"Users with more than 24 hours in a day: {len(found):,}",
            ("user", "day", "hours that day", "intervals"),
            [(u, str(d), float(h), int(n)) for u, d, h, n in found[:50]],
            note=noted(simulated, f"{len(found) - 50:,} more with --format json." if len(found) > 50 else ""),
        )
    report_problems(list(project.problems))


# --- inside ----------------------------------------------------------------------------------


def _open(directory: Path, database: str | None) -> Project:
    from smallscreen.series.project import open_project

    with progress("Opening the series") as meter:
        return open_project(directory, database=database, progress=meter)


def _need_events(project: Project, lake: Any) -> None:
    from smallscreen.errors import UserError

    if not lake.days(project.store.slug):
        raise UserError(
            f"{project.root} has no viewing events yet; bring some in with smallscreen audience import, "
            "or make some up with smallscreen simulate viewing."
        )


def _simulated(project: Project) -> bool:
    from smallscreen.audience.lake import open_lake

    with open_lake(project) as lake:
        return bool(lake.sql("SELECT bool_or(simulated) FROM all_events")[0][0])
