"""`story`: what a series makes people feel, with the lines that show it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.story.reading import Reading


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(story)


def story(
    directory: Path = typer.Argument(help="The folder of the series."),
    edition: str | None = typer.Option(
        None, "--edition", help="Read this edition beside the source, such as en-US."
    ),
    compare: str | None = typer.Option(
        None, "--compare", help="The folder of another series, or: catalogue."
    ),
    reader: str = typer.Option("embedded", "--reader", help="Who reads: embedded (offline) or model."),
    model: str | None = typer.Option(
        None, "--model", help="With --reader model: the model's name, as the endpoint knows it."
    ),
    out: Path | None = typer.Option(
        None,
        "--out",
        help="One file, .html or .json; without it DIR/story/ gets story.html and reading.json.",
    ),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Read the story: vulnerability, gratification, care, hooks, arcs, people, tropes; two axes, no score.

    Findings go to the series database; a report and reading.json are written.
    """
    from smallscreen.errors import UserError
    from smallscreen.series.project import open_project
    from smallscreen.story.compare import Comparison, with_catalogue, with_series
    from smallscreen.story.report import render
    from smallscreen.story.run import reader as reader_named
    from smallscreen.story.run import story as read_story

    if out is not None and out.suffix.lower() not in (".html", ".json"):
        raise UserError(f"{out} is neither .html nor .json; name a file of one of these kinds.")
    who = reader_named(reader)
    with progress("Opening the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    problems: list[Any] = list(project.problems)
    with progress("Reading the story") as meter:
        if reader == "model":
            who = _model(project, model, edition, meter)
        reading, fresh = read_story(project, who, edition=edition, progress=meter)
    compared: Comparison | None = None
    if compare == "catalogue":
        compared = with_catalogue(reading)
    elif compare is not None:
        with progress("Reading the other series") as meter:
            other = open_project(Path(compare), progress=meter)
            problems += other.problems
            if reader == "model":
                who = _model(other, model, None, meter)
            compared = with_series(reading, read_story(other, who, progress=meter)[0])
    made = _write(directory, out, reading, lambda: render(reading, compared))
    if format is Format.json:
        print_json(
            {
                "directory": str(directory),
                "fresh": fresh,
                "files": [str(p) for p in made],
                "reading": reading.model_dump(exclude={"lines"}),
                "comparison": compared.model_dump() if compared else None,
                "problems": [str(p) for p in problems],
            }
        )
    else:
        _print(reading, compared, fresh)
        for path in made:
            typer.echo(f"{'Open' if path.suffix == '.html' else 'Data:'} {path}")
    report_problems(problems)


def _model(project: Any, model: str | None, edition: str | None, meter: Any) -> Any:
    """The model reader; what it will take is said beforehand, then everything is asked."""
    from smallscreen.story.asking import model_reader

    return model_reader(
        project, model, edition=edition, say=lambda said: typer.echo(said, err=True), progress=meter
    )


def _write(directory: Path, out: Path | None, reading: Reading, html: Any) -> list[Path]:
    from smallscreen.errors import UserError

    paths = (
        [out]
        if out is not None
        else [directory / "story" / "story.html", directory / "story" / "reading.json"]
    )
    for path in paths:
        text = html() if path.suffix.lower() == ".html" else reading.model_dump_json(indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        except OSError as e:
            raise UserError(
                f"{path} cannot be written ({e.strerror}); give another place with --out."
            ) from None
    return paths


def _print(reading: Reading, compared: Any, fresh: bool) -> None:
    axes = reading.axes
    rows = [
        (name, e.value, f"{e.low:g} to {e.high:g}", trust)
        for name, e, trust in (
            ("gratification", axes.gratification, axes.gratification_trust),
            ("resonance", axes.resonance, axes.resonance_trust),
        )
    ]
    state = "" if fresh else " (up to date)"
    print_table(
        f"{reading.title}: two axes{state}", ("axis", "lines in 100", "90 % interval", "measured"), rows
    )
    print_table(
        "\nSignals",
        ("signal", "what came of it"),
        [(s.name, _said(k, s.figures)) for k, s in reading.signals.items()],
    )
    best = sorted(reading.findings, key=lambda f: -f.confidence)[:8]
    if best:
        cells = [
            (f.cue or "", f.check, f.message) for f in sorted(best, key=lambda f: (f.episode, f.start_ms))
        ]
        print_table(f"\nFindings, {len(best)} of {len(reading.findings)}", ("cue", "check", "what"), cells)
    for arc in reading.editions:
        print_table(
            f"\n{arc.name} beside the source: ranks agree {arc.agreement_gratification:.2f} (gratification), "
            f"{arc.agreement_resonance:.2f} (resonance)",
            ("cue", "what was lost", "source", "edition"),
            [(x.cue, x.what, x.source, x.edition) for x in arc.lost[:8]],
        )
    if compared is not None:
        print_table(f"\nBeside {compared.other_title}", ("measure", "this", "the other"), compared.rows())
    typer.echo("\nA reading is not a forecast of success; single lines are read with low confidence.")


def _said(signal: str, f: dict[str, Any]) -> str:
    """A signal's figures in one line."""
    match signal:
        case "vulnerability" | "gratification":
            kinds = ", ".join(f"{k} {v:g}" for k, v in sorted(f["kinds"].items(), key=lambda x: -x[1])[:3])
            return f"{f['per_hundred_lines']:g} lines in 100" + (f"; {kinds}" if kinds else "")
        case "care":
            return f"{f['per_hundred_lines']:g} lines in 100; within four lines of a weakness {100 * f['care_after_weakness']:.0f} %, of any line {100 * f['care_after_any_line']:.0f} %"
        case "face-slap":
            return f"{f['whole']} whole, {f['without_submission']} without submission"
        case "hook":
            return (
                f"{f['strong']} of {len(f['episodes'])} episodes end on a strong hook, {f['weak']} on none; answers: "
                + (", ".join(f"{k} {v}" for k, v in f["answers"].items()) or "none")
            )
        case "arc":
            return f"{f['reversals_an_episode']:g} reversals an episode, volatility {f['volatility_a_minute']:g} a minute"
        case "restraint":
            return (
                f"{f['restraint']:g} (felt {f['felt']:g}, named {f['named']:g}); concrete {f['concrete']:g}"
            )
        case "range":
            return ", ".join(f"{p['name']} {p['kinds']:g}" for p in f["people"][:4]) or "no speakers known"
        case "relations":
            return f"{len(f['edges'])} of {f['possible_pairs']} pairs answer each other"
        case "tropes":
            top = ", ".join(t["name"] for t in f["tropes"][:3] if t["weight"] > 0)
            return f"{top or 'none heard'}; distance to the genre's mean {f['distance_to_genre']:g}"
        case "themes":
            return ", ".join(
                f"{t['name']} {100 * t['share']:.0f} %" for t in f["themes"][:3] if t["share"] > 0
            )
    return ""
