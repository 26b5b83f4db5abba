"""`plan`: schedules from files; `plan solve` takes a shoot in the JSON form of SHOOT.md."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.output import print_json, print_table

if TYPE_CHECKING:
    from smallscreen.production.solve.problem import Problem, Solution

_group = typer.Typer(no_args_is_help=True, help="Shooting schedules.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    _group.command()(solve)
    # A second command would be a group of its own; with one, Typer needs to be told that this is a group.
    _group.callback()(lambda: None)
    app.add_typer(_group, name="plan")


def solve(
    file: Path = typer.Argument(
        help="A shoot (JSON with rate, loc, scenes, win) or a talent-scheduling file."
    ),
    seconds: float = typer.Option(
        60.0, "--seconds", min=1.0, max=86_400.0, help="Time for the whole search."
    ),
    seed: int = typer.Option(1, "--seed", min=0, help="Another seed searches elsewhere."),
    workers: int = typer.Option(2, "--workers", min=1, max=64, help="Searches beside each other."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Schedule a shoot: total, days, bound, gap, and the day of every scene; every rule is checked before.

    Progress goes to standard error. Ctrl-C prints the best plan so far (exit code 0, "stopped" is true); before
    there is one it leaves with 130. Two runs differ a little, as the time is that of the clock.
    """
    from smallscreen.errors import UserError
    from smallscreen.production.solve.read import read_problem, read_talent

    if file.suffix.lower() != ".json":
        try:
            talent = read_talent(file)
        except UserError:
            if file.exists() and file.read_bytes()[:200].lstrip()[:1] == b"{":
                talent = None
            else:
                raise
        if talent is not None:
            _print_talent(talent, seconds, as_json)
            return
    from smallscreen.production.solve.lns import solve as search

    problem = read_problem(file)
    solution = search(problem, seconds, seed, workers, _meter())
    data = _data(problem, solution)
    if as_json:
        print_json(data)
    else:
        _print(data)


def _data(problem: Problem, solution: Solution) -> dict[str, Any]:
    """What is printed; days count from 0, as in the file."""
    from smallscreen.production.solve.checker import day_uses

    uses = day_uses(problem, solution.slot)
    several = problem.units > 1
    return {
        "total": problem.money(solution.total),
        "days": max((u.day for u in uses), default=-1) + 1,
        "bound": None if solution.bound is None else problem.money(solution.bound),
        "gap": None if solution.gap is None else round(solution.gap, 4),
        "proved": solution.proved,
        "seconds": round(solution.seconds, 2),
        "stopped": solution.stopped,
        "cost": {k: problem.money(v) for k, v in solution.cost.items()},
        "schedule": [
            {
                "day": u.day,
                **({"unit": u.unit} if several else {}),
                "locations": [problem.places[x].name for x in u.places],
                "minutes": u.minutes,
                "holds": u.holds,
                "night": u.night,
                **({"overtime": u.overtime} if problem.overtime_max else {}),
                "scenes": [problem.scenes[i].id for i in u.scenes],
            }
            for u in uses
        ],
        "scenes": {
            s.id: slot // problem.units for s, slot in zip(problem.scenes, solution.slot, strict=True)
        },
    }


def _print(data: dict[str, Any]) -> None:
    rows = [
        (
            d["day"],
            ", ".join(d["locations"]),
            d["minutes"],
            "night" if d["night"] else "",
            len(d["scenes"]),
            ", ".join(d["scenes"]),
        )
        for d in data["schedule"]
    ]
    print_table("Schedule", ("day", "locations", "minutes", "night", "scenes", "which"), rows)
    parts = ", ".join(f"{k} {v:,}" for k, v in data["cost"].items() if v)
    typer.echo(f"\nTotal {data['total']:,} on {data['days']} days ({parts}).")
    if data["proved"]:
        typer.echo("Proved: no plan is cheaper.")
    elif data["bound"] is not None:
        typer.echo(
            f"No plan is cheaper than {data['bound']:,}: the total is at most {100 * data['gap']:.1f} % above that it could be."
        )
    if data["stopped"]:
        typer.echo("Stopped by hand: this is the best plan so far.")


def _print_talent(talent: Any, seconds: float, as_json: bool) -> None:
    from smallscreen.production.solve.talent import solve as order

    made = order(talent, seconds)
    data = {
        "name": talent.name,
        "total": made.total,
        "holding": made.holding,
        "bound": made.bound,
        "gap": round((made.total - made.bound) / made.total, 4) if made.total else 0.0,
        "proved": made.proved,
        "seconds": round(made.seconds, 2),
        "order": [s + 1 for s in made.order],
    }
    if as_json:
        print_json(data)
        return
    typer.echo(f"Order of scenes: {', '.join(map(str, data['order']))}")
    typer.echo(f"Total {made.total:,}, of it {made.holding:,} for waiting.")
    typer.echo("Proved: no order is cheaper." if made.proved else f"No order is cheaper than {made.bound:,}.")


def _meter() -> Any:
    """A line on standard error when something is new, at most one a second."""
    began = time.monotonic()
    last: tuple[str, float] = ("", -9.0)

    def say(done: int, total: int, what: str = "") -> None:
        nonlocal last
        now = time.monotonic() - began
        if what != last[0] and now - last[1] >= 1:
            last = (what, now)
            print(f"{now:6.1f} s  {what}", file=sys.stderr, flush=True)

    return say
