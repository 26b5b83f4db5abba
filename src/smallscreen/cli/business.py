"""`business`: what a series earns under free, paid and mixed models, and where the next money does most."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.business.result import Scenario
    from smallscreen.business.slate import Slate

_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Prices and rates; scenarios; the slate."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(_app, name="business")


@_app.command()
def init(directory: Path = typer.Argument(help="The folder of the series.")) -> None:
    """Write business.toml, which asks for the prices and rates; every value is empty."""
    from smallscreen.business.template import write_template

    typer.echo(f"Fill in {write_template(directory)}; docs/business.md tells what each rate is used for.")


@_app.command()
def scenario(
    directory: Path = typer.Argument(help="The folder of the series."),
    model: str = typer.Option("all", "--model", help="free, paid, mixed, or all that the rates allow."),
    edition: str | None = typer.Option(
        None, "--edition", help="The edition, such as en-US; without it the one with the most viewers."
    ),
    first_paid: int | None = typer.Option(
        None, "--first-paid", help="The first paid episode; else the file's, else the best."
    ),
    viewers: int | None = typer.Option(
        None, "--viewers", help="How many viewers arrive; else as many as measured."
    ),
    change: list[str] = typer.Option(
        [], "--set", help="Another most likely value for a rate, such as ads.ecpm=9.5."
    ),
    draws: int = typer.Option(10_000, "--draws", help="How many draws for the intervals."),
    seed: int | None = typer.Option(None, "--seed", help="Seed of the draws."),
    shape: str = typer.Option("pert", "--shape", help="How rates lie in their range: pert or triangular."),
    out: Path | None = typer.Option(
        None, "--out", help="One file, .html or .json; without it DIR/business/ gets both."
    ),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """What an edition earns: ledger, break-even, payback, first paid episode, what it hangs on; all with intervals."""
    from smallscreen.business.facts import reported
    from smallscreen.business.rates import MODELS
    from smallscreen.business.report import render
    from smallscreen.business.run import scenarios
    from smallscreen.business.scenario import SEED
    from smallscreen.errors import UserError
    from smallscreen.series.project import open_project

    _writable_kind(out)
    changes: dict[str, Any] = dict(_change(c) for c in change)
    if first_paid is not None:
        changes["first_paid_episode"] = first_paid
    if viewers is not None:
        changes["viewers"] = viewers
    with progress("Opening the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    more: dict[str, Any] = {"draws": draws, "seed": SEED if seed is None else seed, "shape": shape}
    found: list[Scenario] = []
    not_yet: list[str] = []
    for name in MODELS if model == "all" else (model,):
        try:
            found += scenarios(project, [name], edition=edition, changes=changes, **more)
        except UserError as e:
            if model != "all":
                raise
            not_yet.append(str(e))
    if not found:
        raise UserError(not_yet[0])
    data = {
        "directory": str(directory),
        "scenarios": [s.model_dump(mode="json") for s in found],
        "not_computed": not_yet,
        "reported": [f.model_dump() for f in reported()],
    }
    made = _write(directory, out, "scenario", data, lambda: render(found, not_yet))
    if format is Format.json:
        print_json({**data, "files": [str(p) for p in made], "problems": [str(p) for p in project.problems]})
    else:
        for s in found:
            _print(s)
        for said in not_yet:
            typer.echo(f"Not computed: {said}")
        _say(made)
    report_problems(list(project.problems))


@_app.command()
def slate(
    directories: list[Path] = typer.Argument(help="The folders of the series."),
    model: str = typer.Option("free", "--model", help="free, paid or mixed."),
    draws: int = typer.Option(10_000, "--draws", help="How many draws for the intervals."),
    seed: int | None = typer.Option(None, "--seed", help="Seed of the draws."),
    out: Path | None = typer.Option(None, "--out", help="One file, .html or .json, to write the slate to."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Many series: what the next money does in each (more traffic, another edition, more episodes)."""
    from smallscreen.business.report import render_slate
    from smallscreen.business.run import slate_of
    from smallscreen.business.scenario import SEED
    from smallscreen.series.project import open_project

    _writable_kind(out)
    projects = []
    for directory in directories:
        with progress("Opening the series") as meter:
            projects.append(open_project(directory, progress=meter))
    made_of = slate_of(projects, model, draws=draws, seed=SEED if seed is None else seed)
    data = made_of.model_dump(mode="json")
    made = [] if out is None else _write(directories[0], out, "slate", data, lambda: render_slate(made_of))
    problems = [p for project in projects for p in project.problems]
    if format is Format.json:
        print_json({**data, "files": [str(p) for p in made], "problems": [str(p) for p in problems]})
    else:
        _print_slate(made_of)
        _say(made)
    report_problems(problems)


def _writable_kind(out: Path | None) -> None:
    from smallscreen.errors import UserError

    if out is not None and out.suffix.lower() not in (".html", ".json"):
        raise UserError(f"{out} is neither .html nor .json; name a file of one of these kinds.")


def _change(text: str) -> tuple[str, str]:
    from smallscreen.errors import UserError

    name, equals, value = text.partition("=")
    if not equals or not value.strip():
        raise UserError(f"--set {text!r} changes nothing; write it like ads.ecpm=9.5.")
    return name.strip(), value.strip()


def _write(directory: Path, out: Path | None, name: str, data: Any, html: Any) -> list[Path]:
    import json

    from smallscreen.errors import UserError

    folder = directory / "business"
    paths = [out] if out is not None else [folder / f"{name}.html", folder / f"{name}.json"]
    for path in paths:
        text = html() if path.suffix.lower() == ".html" else json.dumps(data, ensure_ascii=False, indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        except OSError as e:
            raise UserError(
                f"{path} cannot be written ({e.strerror}); give another place with --out."
            ) from None
    return paths


def _say(made: list[Path]) -> None:
    for path in made:
        typer.echo(f"{'Open' if path.suffix == '.html' else 'Data:'} {path}")


def _print(s: Scenario) -> None:
    from smallscreen.business.report import amount, span

    marks = [w for w, on in (("simulated viewing", s.simulated), ("example rates", s.example)) if on]
    rows = [
        (x.name, f"{x.quantity:,.0f} {x.unit}", _sum(x.amount), span(x.low, x.high), ", ".join(x.rates))
        for x in s.ledger
    ]
    rows.append(("Result", "", _sum(s.net_exact), span(s.net.low, s.net.high), ""))
    print_table(
        f"{s.title}, {s.edition}: the {s.model} model, {s.viewers:,} viewers{' (' + ', '.join(marks) + ')' if marks else ''}",
        ("line", "quantity", s.currency, "95 % interval", "rates"),
        rows,
    )
    p = s.payback
    facts = [
        ("Break-even acquisition cost of a viewer", f"{amount(s.break_even.value)} {s.currency}",
         span(s.break_even.low, s.break_even.high)),
        ("Payback day of a bought viewer", "not reached in most draws" if p.day is None else f"{p.day:g}",
         f"pays back in {100 * p.chance:.0f} % of the draws"),
        ("Chance of a loss", f"{100 * s.loss_chance:.0f} %", "share of the draws"),
    ]  # fmt: skip
    if s.first_paid_episode is not None:
        facts.insert(0, ("First paid episode", str(s.first_paid_episode), s.first_paid_from))
    print_table("", ("figure", "value", "how sure"), facts)
    if s.sensitivity:
        print_table(
            "",
            ("what it hangs on most", "result at its low end", "at its high end", "share of variance"),
            [(b.name, amount(b.low), amount(b.high), f"{100 * b.share:.0f} %") for b in s.sensitivity[:5]],
        )
    for note in s.notes:
        typer.echo(note)
    typer.echo("")


def _sum(value: Decimal) -> str:
    return f"{value:,.2f}".replace("-", "−")


def _print_slate(s: Slate) -> None:
    rows = [
        (
            f"{c.title}, {c.edition}",
            c.name,
            c.returned.mean,
            f"{c.returned.low:.2f} to {c.returned.high:.2f}",
            f"{100 * c.chance:.0f} %",
            f"{len(c.overlaps)} of {len(s.choices) - 1}",
        )
        for c in s.choices
    ]
    print_table(
        f"The slate, {s.model} model: money back for 1 spent",
        ("series and edition", "what", "expected", "95 % interval", "pays back", "cannot be told apart from"),
        rows,
    )
    for ask in s.asks:
        typer.echo(f"Not computed: {ask.title}, {ask.name.lower()} asks for {', '.join(ask.missing)}.")
    for note in s.notes:
        typer.echo(note)
