"""`budget`: what the plan costs, what a change would save, and what customizing for a market costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from smallscreen.cli.output import Format, episodes_of, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.production.budget import Budget
    from smallscreen.production.changes import Change
    from smallscreen.production.model import Breakdown, Plan, Rules
    from smallscreen.production.rates import ProductionRates


class _Group(TyperGroup):
    """`budget DIR` is `budget show DIR`: what is no command is taken for the folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


_app = typer.Typer(
    cls=_Group, no_args_is_help=True, rich_markup_mode=None, help="Budget; what if; customizing for a market."
)
_DIRECTORY = typer.Argument(help="The folder of the series.")
_DATABASE = typer.Option(None, "--database", help="URL of the series database.")
_FORMAT = typer.Option(Format.table, "--format", help="How to print the result.")
_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(_app, name="budget")


@_app.command()
def init(directory: Path = _DIRECTORY) -> None:
    """Write production.toml, which asks for the rates; every amount is empty."""
    from smallscreen.errors import UserError
    from smallscreen.production.rates import NAME, template

    path = directory / NAME
    if path.exists():
        raise UserError(f"{path} is there already; fill that in.")
    try:
        path.write_text(template(), encoding="utf-8")
    except OSError as e:
        raise UserError(f"{path} cannot be written ({e.strerror}); give the folder of the series.") from None
    typer.echo(f"Fill in {path}; docs/production.md tells what each rate is used for.")


@_app.command()
def show(
    directory: Path = _DIRECTORY,
    scenes: bool = typer.Option(False, "--scenes", help="What every scene costs, too."),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """The budget of the plan: topsheet and accounts, each line with the source of its rate."""
    from smallscreen.production.budget import budget

    shoot = _Shoot(directory, database)
    made = budget(shoot.breakdown, shoot.plan, shoot.rules, shoot.rates)
    if format is Format.json:
        print_json({"directory": str(directory), "outdated": shoot.outdated, "budget": _plain(made)})
    else:
        _print(made, "Budget")
        if scenes:
            rows = [
                (s.id, s.minutes, float(s.own), float(s.shared), float(s.total)) for s in made.scenes.values()
            ]
            columns = ("scene", "minutes", "its own", "shared", made.currency)
            print_table("\nScenes; days are shared by minutes", columns, rows)
        shoot.say(made.notes)
    report_problems(list(shoot.project.problems))


@_app.command(name="what-if")
def what_if(
    directory: Path = _DIRECTORY,
    cut: str | None = typer.Option(None, "--cut", help="Scenes to leave out, such as 3-1,3-2."),
    drop: str | None = typer.Option(None, "--drop", help="A location to do without."),
    merge: str | None = typer.Option(None, "--merge", help="A part to merge into another (--into)."),
    into: str | None = typer.Option(None, "--into", help="The location or part that takes it over."),
    units: int | None = typer.Option(None, "--units", help="Shoot with so many units."),
    tier: str | None = typer.Option(
        None, "--tier", help="Shoot at basic, standard or fine; or: all, to compare them."
    ),
    episodes: str | None = typer.Option(None, "--episodes", help="The episodes of --tier, such as 1-30."),
    seconds: float = typer.Option(
        15.0, "--seconds", min=1.0, max=86_400.0, help="How long to look for each plan."
    ),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """What one change saves or costs, in money and days, and which beats and vulnerable scenes it touches."""
    from smallscreen.errors import UserError
    from smallscreen.production import changes as c
    from smallscreen.production.touched import times_of
    from smallscreen.production.whatif import tier_ladder
    from smallscreen.production.whatif import what_if as ask

    shoot = _Shoot(directory, database)
    b, r = shoot.breakdown, shoot.rules
    of = set(episodes_of(episodes, sorted({s.episode for s in b.scenes})))
    ids = [s.id for s in b.scenes if s.episode in of]
    if tier == "all":
        with progress("Planning each tier"):
            rungs = tier_ladder(b, r, shoot.plan, ids, shoot.solver(seconds), shoot.rates)
        if format is Format.json:
            print_json({"directory": str(directory), "tiers": [_plain(x) for x in rungs]})
        else:
            columns = ("tier", "minutes", "days", shoot.plan.currency, "more", "a minute on the screen")
            print_table(
                f"{len(ids)} scenes at each tier", columns,
                [(x.tier, x.minutes, x.days, float(x.total), _signed(x.more), _signed(x.each_minute)) for x in rungs],
            )  # fmt: skip
        return
    asked: list[Callable[[], Change]] = []
    if cut is not None:
        asked.append(lambda: c.cut_scenes(b, r, [x.strip() for x in cut.split(",") if x.strip()]))
    if drop is not None:
        asked.append(lambda: c.drop_location(b, r, drop, into))
    if merge is not None:
        if into is None:
            raise UserError(f"--merge {merge} needs the part that takes over; give it with --into.")
        asked.append(lambda: c.merge_characters(b, r, merge, into))
    if units is not None:
        asked.append(lambda: c.use_units(b, r, units))
    if tier is not None:
        asked.append(lambda: c.set_tier(b, r, tier, ids))  # type: ignore[arg-type]
    if len(asked) != 1:
        raise UserError("Ask for one change: --cut, --drop, --merge, --units or --tier.")
    changed = asked[0]()
    store = shoot.project.store
    with progress("Planning the change"):
        found = ask(
            b, r, shoot.plan, changed, shoot.solver(seconds), shoot.rates,
            findings=[f for some in store.findings().values() for f in some], times=times_of(store.cues()),
        )  # fmt: skip
    if format is Format.json:
        print_json({"directory": str(directory), "outdated": shoot.outdated, "what_if": _plain(found)})
        return
    rows = [("Budget", float(found.before), float(found.after), _signed(found.money))]
    rows += [(a.name, float(a.before), float(a.after), _signed(a.after - a.before)) for a in found.accounts]
    print_table(f"What if: {found.name}", ("", "now", "then", found.currency), rows)
    typer.echo(f"\nShooting days: {found.days_before} now, {found.days_after} then.")
    if found.least is not None and found.most is not None:
        low, high = _signed(found.least), _signed(found.most)
        typer.echo(
            f"Between the cheapest plans of both the schedule differs by {low} to {high} {found.currency}."
        )
    if found.cut:
        typer.echo(f"Cut: {', '.join(found.cut)}, {found.screen_seconds_cut:.0f} seconds on the screen.")
    if found.touched:
        rows2 = [(t.scene, t.kind, t.cue or "", t.message) for t in found.touched[:_SHOWN]]
        title = f"\nWhat the reading found there ({len(found.touched)})"
        print_table(title, ("scene", "what", "cue", "said"), rows2)
    elif (found.cut or found.changed) and not store.step("story", ""):
        typer.echo(
            f"What this touches of the story is not known here; smallscreen story {directory} reads it."
        )
    shoot.say(found.notes)


@_app.command()
def customize(
    directory: Path = _DIRECTORY,
    market: str = typer.Option(
        ..., "--market", help="The market whose brief says what is replaced, such as en-US."
    ),
    replaced: str | None = typer.Option(
        None, "--replaced", help="Things that are replaced beside the brief's: A,B."
    ),
    words_only: str | None = typer.Option(
        None, "--words-only", help="Things that are replaced in words only: A,B."
    ),
    curve: bool = typer.Option(
        False, "--curve", help="Reckon what shares of the scenes cost; writes an .svg."
    ),
    seconds: float = typer.Option(
        15.0, "--seconds", min=1.0, max=86_400.0, help="How long to look for the plan."
    ),
    database: str | None = _DATABASE,
    format: Format = _FORMAT,
) -> None:
    """What an edition costs to customize: scenes to re-shoot, re-dress and re-dub, as a block of their own."""
    from smallscreen.errors import UserError
    from smallscreen.production.breakeven import stored_scenario
    from smallscreen.production.curve import cost_curve, curve_svg
    from smallscreen.production.customize import customize as price
    from smallscreen.production.kept import keep
    from smallscreen.series.brief_file import settled_for

    shoot = _Shoot(directory, database)
    settled = settled_for(directory, market)
    if settled is None:
        raise UserError(
            f"{directory} has no brief for {market}; make one with smallscreen brief {directory} --market {market}."
        )
    drawn = None
    with progress("Planning the block"):
        if curve:
            drawn = cost_curve(shoot.breakdown, shoot.rules, plan=shoot.plan)
        made = price(
            shoot.breakdown, shoot.rules, shoot.plan, settled, shoot.solver(seconds), shoot.rates, edition=market,
            replaced=_names(replaced), words_only=_names(words_only), curve=drawn,
            scenario=stored_scenario(directory, market),
        )  # fmt: skip
        keep(shoot.project.store, made)
    picture = None
    if drawn is not None:
        picture = directory / "papers" / f"customizing.{market}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(curve_svg(drawn, made.point), encoding="utf-8")
    if format is Format.json:
        files = [str(picture)] if picture else []
        print_json({"directory": str(directory), "customizing": _plain(made), "files": files})
        return
    rows = [(t.scene, t.work, t.reason) for t in made.treatments if t.work != "keep"]
    print_table(f"Customizing for {market}", ("scene", "what", "why"), rows)
    said = ", ".join(f"{n} {work}" for work, n in made.counts.items())
    typer.echo(f"\n{said}.")
    share = (
        "" if made.cost_share is None else f", {100 * made.cost_share:.0f} % of the cost of the whole shoot"
    )
    typer.echo(f"Shot again: {100 * made.scene_share:.0f} % of the scenes{share}.\n")
    _print(made.budget, "The block")
    if made.break_even is not None:
        e = made.break_even
        need = "nobody brings anything" if e.viewers is None else f"{e.viewers:,} more viewers pay for it"
        marks = " (simulated viewing)" if e.simulated else ""
        typer.echo(f"Break-even, {e.model} model: {need}{marks}.")
    shoot.say(dict.fromkeys((*made.notes, *made.budget.notes)))
    if picture:
        typer.echo(f"Open {picture}")


# --- within ----------------------------------------------------------------------------------


class _Shoot:
    """A series with its plan, priced. UserError where there is no plan yet."""

    def __init__(self, directory: Path, database: str | None) -> None:
        from smallscreen.errors import UserError
        from smallscreen.production.rates import NAME, read_rates
        from smallscreen.production.schedule import inputs, outdated, stored_plan
        from smallscreen.series.project import open_project

        with progress("Opening the series") as meter:
            self.project = open_project(directory, database=database, progress=meter)
        plan = stored_plan(self.project.store)
        if plan is None:
            raise UserError(
                f"{directory} has no plan to price yet; make one with smallscreen plan make {directory}."
            )
        self.directory, self.plan = directory, plan
        self.breakdown: Breakdown
        self.rules: Rules
        self.breakdown, self.rules = inputs(self.project)
        path = self.project.root / NAME
        self.rates: ProductionRates | None = read_rates(path) if path.is_file() else None
        self.outdated = outdated(self.project)

    def solver(self, seconds: float) -> Callable[[Breakdown, Rules, Plan | None], Plan]:
        """The series' own solver, as budgets take it."""
        from smallscreen.production.schedule import make

        def solve(breakdown: Breakdown, rules: Rules, before: Plan | None) -> Plan:
            # From the plan that is there, so that a cut does not seem dear by chance; other units are another shoot.
            units = max((d.unit for d in before.days), default=1) if before else 0
            begin = before if units == rules.units else None
            return make(breakdown, rules, seconds, begin=begin).plan

        return solve

    def say(self, notes: Any) -> None:
        for note in notes:
            typer.echo(note)
        if self.outdated:
            typer.echo(
                f"The breakdown or the rules have changed since; run smallscreen plan make {self.directory}."
            )


def _print(made: Budget, title: str) -> None:
    rows: list[tuple[object, ...]] = []
    for group in made.topsheet:
        for a in group.accounts:
            of = "; ".join(
                f"{x.name}: {x.quantity:g} {x.unit}{'' if x.quantity == 1 else 's'}" for x in a.lines[:3]
            )
            rows.append((a.number, a.name, of + (" ..." if len(a.lines) > 3 else ""), float(a.amount)))
        rows.append((0, group.name, "", float(group.amount)))
    shown = [("" if n == 0 else str(n), *rest) for n, *rest in rows]
    if made.contingency:
        shown.append(("", f"Contingency, {100 * made.contingency_share:.0f} %", "", float(made.contingency)))
    shown.append(
        ("", "Total", f"{made.days} shooting {'day' if made.days == 1 else 'days'}", float(made.total))
    )
    print_table(title, ("account", "", "of", made.currency), shown)


def _signed(value: Any) -> str:
    return "" if value is None else f"{value:+,.2f}".replace("-", "−")


def _names(text: str | None) -> list[str]:
    return [x.strip() for x in (text or "").replace("，", ",").replace("、", ",").split(",") if x.strip()]


def _plain(thing: Any) -> Any:
    """Data classes as JSON values: money as texts."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(asdict(thing))
