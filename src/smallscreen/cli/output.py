"""What commands print: a table for people, JSON for programs; progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Protocol

import typer

from smallscreen.errors import FileProblem, UserError


class Format(StrEnum):
    """How a command prints its result."""

    table = "table"
    json = "json"


class Meter(Protocol):
    """Told how far a step is: how many done, of how many, and what is being done."""

    def __call__(self, done: int, total: int, what: str = "") -> None: ...


def print_json(value: Any) -> None:
    """One JSON value on standard output, UTF-8."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """A table on standard output; numbers stand right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numeric = [bool(rows) and all(isinstance(r[i], int | float) for r in rows) for i in range(len(columns))]
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for column, right in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(v)) for v in row))
    # On a pipe Rich would fold to 80 columns and cut words.
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    console.print(table)
    if note:
        console.print(Text(note, style="dim"))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


@contextmanager
def progress(title: str, shown: bool = True) -> Iterator[Meter]:
    """A progress bar on a terminal (standard error); nothing elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda done, total, what="": None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.fields[what]}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(title, total=None, what="")
        yield lambda done, total, what="": bar.update(task, completed=done, total=total, what=what)


def report_problems(problems: Sequence[FileProblem | str]) -> None:
    """Say on standard error what could not be used; exit code 2 when there is anything, the rest was done."""
    for problem in dict.fromkeys(map(str, problems)):
        typer.echo(f"smallscreen: {problem}", err=True)
    if problems:
        typer.echo("smallscreen: everything else was done.", err=True)
        raise typer.Exit(2)


def episodes_of(spec: str | None, there: Sequence[int]) -> list[int]:
    """`1-3,7` as episode numbers among those there are; all of them for None. UserError otherwise."""
    if spec is None:
        return list(there)
    wanted: set[int] = set()
    for part in spec.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 12:
            raise UserError(f"{spec!r} names no episodes; write them like 1-3,7.")
        wanted.update(n for n in there if int(first) <= n <= int(last or first))
    if not wanted:
        have = f"there are {there[0]} to {there[-1]}" if there else "there is none"
        raise UserError(f"The series has no episode {spec}; {have}.")
    return sorted(wanted)
