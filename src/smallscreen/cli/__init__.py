"""The command line: `smallscreen`. Each room's commands are in a file beside this one.

Commands import what they need when they run, so that `smallscreen --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from smallscreen import __version__
from smallscreen.cli import (
    audience,
    brief,
    budget,
    business,
    dub,
    listen,
    localize,
    ocr,
    plan,
    production,
    rights,
    series,
    simulate,
    story,
    studio,
)
from smallscreen.errors import EngineError, UserError

app = typer.Typer(
    name="smallscreen",
    help="From a translated export to an edition made for each market.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


INTERRUPTED = "smallscreen: interrupted; what was finished is kept, the same command goes on from there."


def _version(value: bool) -> None:
    if value:
        typer.echo(f"smallscreen {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


for room in (
    series,
    ocr,
    localize,
    listen,
    dub,
    brief,
    story,
    audience,
    simulate,
    studio,
    business,
    production,
    plan,
    budget,
    rights,
):
    room.register(app)


def main() -> None:
    """The program `smallscreen`."""
    run(lambda: app(standalone_mode=True))


def run(what: Callable[[], object]) -> None:
    """Run a command. Exit codes: 0 done, 2 the user's input cannot be used, 1 our mistake, 130 interrupted."""
    try:
        what()
    except (UserError, EngineError) as e:
        typer.echo(f"smallscreen: {e}", err=True)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        typer.echo(INTERRUPTED, err=True)
        sys.exit(130)
    except SystemExit as e:
        # Typer turns Ctrl-C into this code, and says nothing.
        if e.code == 130:
            typer.echo(INTERRUPTED, err=True)
        raise
    except BrokenPipeError:
        # The reader left (as `| head` does); Python would complain again on closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as e:
        if os.environ.get("SMALLSCREEN_DEBUG"):
            raise
        typer.echo(
            f"smallscreen: this is our mistake, not yours: {type(e).__name__}: {str(e)[:300]}. "
            "Set SMALLSCREEN_DEBUG=1 to see where.",
            err=True,
        )
        sys.exit(1)
