"""`studio`, `studio-user`: the page where people work on a series, and who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, print_json, print_table, progress

DirectoryArgument = typer.Argument(help="The folder of the series.")
DatabaseOption = typer.Option(None, "--database", help="URL of the series database.")
NameArgument = typer.Argument(help="The name that the person logs in with.")
PasswordOption = typer.Option(
    False, "--password-stdin", help="Read the password from standard input instead of asking twice."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(studio)
    user = typer.Typer(help="Say who may log in to the studio.", no_args_is_help=True, rich_markup_mode=None)
    for command in (add, list_people, role, password, remove):
        user.command(command.__name__.removesuffix("_people"))(command)
    app.add_typer(user, name="studio-user")


def studio(
    directory: Path = DirectoryArgument,
    host: str = typer.Option(
        "127.0.0.1", help="The address to serve on; any other than this machine's own needs accounts."
    ),
    port: int = typer.Option(8787, help="The port to serve on; 0 takes a free one."),
    allowed_host: list[str] = typer.Option(
        [], "--allowed-host", help="A name that a proxy in front of the studio answers to; needs accounts."
    ),
    with_accounts: bool | None = typer.Option(
        None,
        "--accounts/--no-accounts",
        help="Whether people must log in; without it they must when others can reach it or accounts exist.",
    ),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open the page in a browser."),
    database: str | None = DatabaseOption,
) -> None:
    """Serve the series as a page to work on: timeline, workbench, brief. Ctrl-C ends it."""
    from smallscreen.series.project import open_project
    from smallscreen.studio import accounts
    from smallscreen.studio.context import Settings
    from smallscreen.studio.security import is_loopback
    from smallscreen.studio.server import serve

    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    for problem in dict.fromkeys(map(str, project.problems)):
        typer.echo(f"smallscreen: {problem}", err=True)
    if with_accounts is None:
        reached = not is_loopback(host) or bool(allowed_host)
        with_accounts = reached or accounts.any_accounts(project.store)
    settings = Settings(host=host, port=port, accounts=with_accounts, allowed_hosts=tuple(allowed_host))
    serve(project, settings, browser=browser, ready=_say_ready)


def add(
    directory: Path = DirectoryArgument,
    name: str = NameArgument,
    role: str = typer.Option(
        "editor", "--role", help="viewer reads, editor changes the series, admin also says who may."
    ),
    password_stdin: bool = PasswordOption,
    database: str | None = DatabaseOption,
) -> None:
    """Make an account."""
    from smallscreen.studio import accounts

    store = _store(directory, database)
    name = accounts.clean_name(name)
    hashed = accounts.hashed(_password(password_stdin), name)
    with store.writing():
        person = accounts.add(store, name, hashed, role)  # type: ignore[arg-type]
        _record(store, "account added", account=person.name, role=person.role)
    typer.echo(f"{person.name} may log in as {person.role}.")


def list_people(
    directory: Path = DirectoryArgument,
    database: str | None = DatabaseOption,
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """List the accounts."""
    from dataclasses import asdict

    from smallscreen.studio import accounts

    people = accounts.people(_store(directory, database))
    if format is Format.json:
        print_json([{k: v for k, v in asdict(p).items() if k != "id"} for p in people])
        return
    rows = [(p.name, p.role, "yes" if p.active else "no", p.created_at) for p in people]
    print_table("Accounts", ("name", "role", "may log in", "since"), rows)


def role(
    directory: Path = DirectoryArgument,
    name: str = NameArgument,
    role: str = typer.Argument(help="viewer, editor or admin."),
    database: str | None = DatabaseOption,
) -> None:
    """Give a person another role."""
    from smallscreen.studio import accounts

    store = _store(directory, database)
    person = accounts.find(store, name)
    with store.writing():
        accounts.set_role(store, person, role)  # type: ignore[arg-type]
        _record(store, "role changed", account=person.name, role=role)
    typer.echo(f"{person.name} is {role} now.")


def password(
    directory: Path = DirectoryArgument,
    name: str = NameArgument,
    password_stdin: bool = PasswordOption,
    database: str | None = DatabaseOption,
) -> None:
    """Give a person a new password; they are logged out everywhere."""
    from smallscreen.studio import accounts

    store = _store(directory, database)
    person = accounts.find(store, name)
    hashed = accounts.hashed(_password(password_stdin), person.name)
    with store.writing():
        accounts.set_password(store, person, hashed)
        _record(store, "password reset", account=person.name)
    typer.echo(f"{person.name} has a new password.")


def remove(
    directory: Path = DirectoryArgument, name: str = NameArgument, database: str | None = DatabaseOption
) -> None:
    """Take an account out. What the person did stays under their name."""
    from smallscreen.studio import accounts

    store = _store(directory, database)
    person = accounts.find(store, name)
    with store.writing():
        accounts.remove(store, person)
        _record(store, "account removed", account=person.name)
    typer.echo(f"{person.name} has no account any more.")


def _say_ready(address: str) -> None:
    typer.echo(f"The studio is at {address} (Ctrl-C ends it)")


def _store(directory: Path, database: str | None) -> Any:
    from smallscreen.series.project import open_project

    return open_project(directory, database=database).store


def _password(from_stdin: bool) -> str:
    """The new password; never an argument, for those are seen in the list of processes."""
    import sys

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _record(store: Any, action: str, **detail: Any) -> None:
    import getpass

    from smallscreen.series import editing

    editing.record(store, f"{getpass.getuser()} (command line)", action, **detail)
