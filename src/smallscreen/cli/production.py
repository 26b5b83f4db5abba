"""`breakdown` and `plan`: from the script to a shooting plan, its changes and its papers.

`plan solve`, which knows nothing of a series, is in `plan`; what a plan costs is in `budget`.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli import plan as plan_room
from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.production.model import Breakdown, Plan
    from smallscreen.production.schedule import Made

_DIRECTORY = typer.Argument(help="The folder of the series.")
_DATABASE = typer.Option(None, "--database", help="URL of the series database.")
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")
_SHOWN = 12


def register(app: typer.Typer) -> None:
    """Add these commands to the program; those of plans to the group that `plan solve` is in."""
    app.command()(breakdown)
    for command in (make, show, change, papers):
        plan_room._group.command()(command)


def breakdown(
    directory: Path = _DIRECTORY,
    out: Path | None = typer.Option(None, "--out", help="Write it as a workbook to edit, FILE.xlsx."),
    take: Path | None = typer.Option(None, "--take", help="Take an edited workbook back, FILE.xlsx."),
    language: str = typer.Option("en", "--language", help="Headings of the workbook: en or zh."),
    who: str = typer.Option("", "--who", help="Who edited the workbook."),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Break the script down: scenes, cast, elements, lengths, conflicts; to a workbook and back.

    What people change stays when the script changes.
    """
    from smallscreen.errors import UserError
    from smallscreen.production.breakdown import breakdown as break_down
    from smallscreen.production.model import to_json
    from smallscreen.production.sheet import LANGUAGES, give_sheet, take_sheet

    if out is not None and take is not None:
        raise UserError("Give either --out, to write the workbook, or --take, to take it back.")
    for path in (out, take):
        if path is not None and path.suffix.lower() != ".xlsx":
            raise UserError(f"{path} is no .xlsx; the breakdown is written to a workbook and read from one.")
    if language not in LANGUAGES:
        raise UserError(f"There are no headings in {language!r}; give en or zh.")
    project = _open(directory, database)
    notes: list[str] = []
    if take is not None:
        read = take_sheet(project, take, who or "workbook")
        made, notes = read.breakdown, [str(n) for n in read.notes]
    elif out is not None:
        try:
            made = give_sheet(project, out, language)
        except OSError as e:
            raise UserError(
                f"{out} cannot be written ({e.strerror}); give another place with --out."
            ) from None
    else:
        made, _ = break_down(project)
    if format is Format.json:
        print_json(
            {
                "directory": str(directory),
                "file": str(out or take or ""),
                "breakdown": to_json(made),
                "notes": notes,
                "problems": [str(p) for p in project.problems],
            }
        )
    else:
        _print_breakdown(made)
        for note in notes:
            typer.echo(note)
        if out is not None:
            typer.echo(f"Edit {out}, then: smallscreen breakdown {directory} --take {out}")
    report_problems(list(project.problems))


def make(
    directory: Path = _DIRECTORY,
    seconds: float = typer.Option(30.0, "--seconds", min=1.0, max=86_400.0, help="How long to look for it."),
    start: str | None = typer.Option(
        None, "--start", help="Date of the first shooting day, such as 2027-03-01."
    ),
    days: int | None = typer.Option(None, "--days", min=1, max=400, help="At most so many shooting days."),
    moves: int | None = typer.Option(
        None, "--moves", min=0, max=50, help="At most so many company moves a day."
    ),
    units: int | None = typer.Option(None, "--units", min=1, max=8, help="So many units."),
    anew: bool = typer.Option(
        False, "--anew", help="Look for a plan without the one that is there; of both the cheaper stays."
    ),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Make the shooting plan: days, order within the day, cost, and how far it may be from the cheapest.

    What --start, --days, --moves and --units say is kept in the rules of the shoot. Run again, it gives the same plan;
    with more seconds it goes on from it. Ctrl-C keeps the best plan so far.
    """
    from dataclasses import replace

    from smallscreen.production.breakdown import load_rules, save_rules
    from smallscreen.production.schedule import plan

    project = _open(directory, database)
    rules = load_rules(project.store)
    said: dict[str, Any] = {
        "start": None if start is None else _date(start),
        "max_days": days,
        "moves_a_day": moves,
        "units": units,
    }
    new = replace(rules, **{k: v for k, v in said.items() if v is not None})
    if new != rules:
        save_rules(project.store, new, "plan make")
    with progress("Planning the shoot") as meter:
        made = plan(project, seconds, anew=anew, progress=meter)
    _give(directory, made, format, project)


def show(directory: Path = _DIRECTORY, database: str | None = _DATABASE, format: Format = _FORMAT) -> None:
    """Show the plan as it stands, and whether the breakdown has changed since."""
    from smallscreen.errors import UserError
    from smallscreen.production.schedule import Made, outdated, stored_plan

    project = _open(directory, database)
    plan = stored_plan(project.store)
    if plan is None:
        raise UserError(f"{directory} has no plan yet; make one with smallscreen plan make {directory}.")
    _give(directory, Made(plan, False), format, project, outdated(project))


def change(
    directory: Path = _DIRECTORY,
    ill: list[str] = typer.Option([], "--ill", help="Somebody is away on days: NAME=4,5 or NAME=4-6."),
    lose: list[str] = typer.Option([], "--lose", help="A location falls away: LOCATION=4-6, or LOCATION."),
    instead: str | None = typer.Option(
        None, "--instead", help="Where to shoot instead of the lost LOCATION."
    ),
    lock: list[str] = typer.Option([], "--lock", help="A scene is on this day: SCENE=DAY, such as 3-1=2."),
    free: list[str] = typer.Option([], "--free", help="A locked scene may move again: SCENE."),
    shot: int = typer.Option(0, "--shot", min=0, help="So many days are shot; they stay as they are."),
    most: int | None = typer.Option(
        None, "--most", min=0, help="So many scenes may move to save money; without it a tenth of all."
    ),
    seconds: float = typer.Option(6.0, "--seconds", min=1.0, max=86_400.0, help="How long to look."),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Change the plan after something happened; it says which scenes move, how many had to, and what it costs.

    No more scenes move than had to by what was found, or a tenth of all where that is more; within that the plan is
    looked for that costs least.

    The change is kept in the breakdown (dates when somebody is free, locked days).
    """
    from smallscreen.errors import UserError
    from smallscreen.production.replan import Change, Ill, Lock, Lose
    from smallscreen.production.replan import change as change_plan

    changes: list[Change] = []
    for text in ill:
        name, days = _pair(text, "--ill", "NAME=4,5")
        changes.append(Ill(name, _days(days)))
    for text in lose:
        place, equals, days = text.partition("=")
        changes.append(Lose(place.strip(), _days(days) if equals else (), None if equals else instead))
    for text in lock:
        scene, day = _pair(text, "--lock", "3-1=2")
        number = _days(day)
        if len(number) != 1:
            raise UserError(f"--lock {text!r} names several days; a scene is locked to one, such as 3-1=2.")
        changes.append(Lock(scene, number[0]))
    changes += [Lock(scene, None) for scene in free]
    if instead is not None and not any(isinstance(c, Lose) and c.instead for c in changes):
        raise UserError(
            "--instead says where to shoot instead of a lost location; name that with --lose LOCATION."
        )
    if not changes:
        raise UserError("Nothing is changed; say what happened with --ill, --lose, --lock or --free.")
    project = _open(directory, database)
    with progress("Changing the plan") as meter:
        made = change_plan(project, changes, seconds, shot=shot, most=most, progress=meter)
    _give(directory, made, format, project)


def papers(
    directory: Path = _DIRECTORY,
    out: Path | None = typer.Option(None, "--out", help="The folder to write to; without it DIR/papers."),
    language: str = typer.Option("en", "--language", help="en or zh."),
    only: list[str] = typer.Option([], "--only", help="One kind of paper; without it all of them."),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """Write the papers of the plan: stripboard, one-line schedule, day out of days, call sheets, calendar, .xlsx, .uss."""
    from smallscreen.production.papers import write

    project = _open(directory, database)
    with progress("Writing the papers") as meter:
        made = write(project, out or directory / "papers", language, only or None, progress=meter)
    if format is Format.json:
        files = [{"file": str(m.path), "what": m.what, "files": m.files} for m in made]
        print_json({"directory": str(directory), "files": files})
    else:
        rows = [(str(m.path), m.what if m.files == 1 else f"{m.what} ({m.files} files)") for m in made]
        print_table("Papers", ("file", "what"), rows)
    report_problems(list(project.problems))


# --- within ----------------------------------------------------------------------------------


def _open(directory: Path, database: str | None) -> Any:
    from smallscreen.series.project import open_project

    with progress("Opening the series") as meter:
        return open_project(directory, database=database, progress=meter)


def _date(text: str) -> Any:
    from smallscreen.errors import UserError

    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError:
        raise UserError(f"--start {text!r} is no date; write it like 2027-03-01.") from None


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    from smallscreen.errors import UserError

    name, equals, value = text.rpartition("=")
    if not equals or not name.strip() or not value.strip():
        raise UserError(f"{option} {text!r} says too little; write it like {example}.")
    return name.strip(), value.strip()


def _days(text: str) -> tuple[int, ...]:
    """`4,5` or `4-6` as days."""
    from smallscreen.errors import UserError

    days: set[int] = set()
    for part in re.split(r"[,，、 ]+", text.strip()):
        found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise UserError(f"{text!r} names no days; write them like 4,5 or 4-6.")
        days.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(sorted(days))


def _give(directory: Path, made: Made, format: Format, project: Any, outdated: bool = False) -> None:
    from smallscreen.production.model import to_json

    if format is Format.json:
        print_json(
            {
                "directory": str(directory),
                "fresh": made.fresh,
                "stopped": made.stopped,
                "outdated": outdated,
                "total": str(made.plan.total),
                "plan": to_json(made.plan),
                "problems": [str(p) for p in project.problems],
            }
        )
    else:
        _print_plan(made.plan, made.fresh)
        _print_dusk(project)
        if made.stopped:
            typer.echo("Interrupted; this is the best plan so far, and it is kept.")
        if outdated:
            typer.echo(
                f"The breakdown or the rules have changed since; run smallscreen plan make {directory}."
            )
    report_problems(list(project.problems))


def _print_plan(plan: Plan, fresh: bool) -> None:
    several = any(d.unit > 1 for d in plan.days)
    rows = [
        (
            f"{d.index}{f', unit {d.unit}' if several else ''}",
            d.date.isoformat() if d.date else "",
            ", ".join(d.locations),
            ", ".join(d.scenes),
            int(d.minutes),
            "night" if d.night else "",
            float(d.cost),
        )
        for d in plan.days
    ]
    state = "" if fresh else " (as it stood)"
    print_table(
        f"Shooting plan{state}",
        ("day", "date", "locations", "scenes", "minutes", "night", plan.currency),
        rows,
    )
    parts = ", ".join(f"{name} {amount:,.0f}" for name, amount in plan.cost.items() if amount)
    days = len({d.index for d in plan.days})
    typer.echo(f"\n{days} days, {plan.total:,.2f} {plan.currency} ({parts}).")
    if plan.proved:
        typer.echo("Proved: no plan is cheaper.")
    elif plan.bound is not None and plan.gap is not None:
        typer.echo(
            f"No plan is cheaper than {plan.bound:,.2f}: at most {100 * plan.gap:.1f} % of the total could be saved."
        )
    else:
        typer.echo("How much cheaper another plan could be is not known; smallscreen plan make looks for it.")
    if plan.changes:
        typer.echo("\nWhat changed:")
        for said in plan.changes:
            typer.echo(f"  {said}")


def _print_dusk(project: Any) -> None:
    from smallscreen.production.papers import after_dark

    for number, scenes in after_dark(project):
        typer.echo(
            f"Day {number} runs out of daylight before the end of {', '.join(scenes)}: shoot there earlier, for another "
            "company move, or lock scenes to other days (plan change --lock SCENE=DAY)."
        )


def _print_breakdown(made: Breakdown) -> None:
    from smallscreen.production.estimate import pages

    rows = [
        (
            s.id,
            {True: "int", False: "ext", None: ""}[s.interior],
            s.time,
            s.place,
            pages(s.eighths),
            round(s.minutes),
            ", ".join(s.cast),
            ", ".join(dict.fromkeys(e.name for e in s.elements if e.kind != "cast"))[:60],
        )
        for s in made.scenes
    ]
    of = {"script": "the script", "cues": "the subtitles, as there is no script", "sheet": "a workbook"}
    print_table(
        f"Breakdown, made of {of.get(made.source, made.source)}",
        ("scene", "", "time", "location", "pages", "minutes", "cast", "elements"),
        rows,
    )
    minutes = sum(s.minutes for s in made.scenes)
    typer.echo(
        f"\n{len(made.scenes)} scenes, {pages(sum(s.eighths for s in made.scenes))} pages, {minutes / 60:.1f} hours of "
        f"shooting (estimated), {len(made.cast)} parts, {len(made.locations)} locations."
    )
    if made.problems:
        typer.echo("\nTo look at:")
        for f in made.problems[:_SHOWN]:
            typer.echo(f"  {f.message}{f' {f.suggestion}' if f.suggestion else ''}")
        if len(made.problems) > _SHOWN:
            typer.echo(
                f"  and {len(made.problems) - _SHOWN} more; the workbook and --format json have all of them."
            )
