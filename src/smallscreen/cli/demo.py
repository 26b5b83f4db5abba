"""`make demo`: the whole main job on the sample series, command by command, as a user would type it."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import typer

VIEWERS = 100_000
"""As many as fit into the demo's time; `smallscreen simulate viewing` makes up 200,000 unless told otherwise."""


def commands(folder: Path) -> list[list[str]]:
    """What the demo runs, as words after `smallscreen`."""
    drafts = str(folder / "drafts" / "finished")
    literal = str(folder / "drafts" / "literal")
    return [
        ["sample", str(folder), "--video", "1-3"],
        ["localize", str(folder), "--market", "en-US", "--drafts", drafts, "--literal", literal, "--video"],
        ["localize", str(folder), "--market", "es-419", "--market", "id-ID", "--drafts", drafts],
        ["simulate", "viewing", str(folder), "--viewers", str(VIEWERS)],
        ["audience", "measure", str(folder), "--no-cubes"],
        ["business", "scenario", str(folder)],
    ]


def main() -> None:
    """Run the demo into the folder given, `demo` without one."""
    from smallscreen.cli import app

    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    start = time.perf_counter()
    for words in commands(folder):
        typer.echo(f"\n$ smallscreen {shlex.join(words)}")
        try:
            app(words, standalone_mode=False)
        except typer.Exit as e:
            sys.exit(e.exit_code)
    made = sorted(p for p in (folder / "editions").iterdir() if p.is_dir())
    typer.echo(f"\nDone in {time.perf_counter() - start:.0f} s. Look at these first:")
    for edition in made:
        for report in sorted(edition.glob("*.html")):
            typer.echo(f"  {report}")
    for room in ("audience", "business"):
        for report in sorted((folder / room).glob("*.html")):
            typer.echo(f"  {report}  (of simulated viewers)")
    for video in sorted((folder / "editions" / "en-US").rglob("*.mp4"))[:1]:
        typer.echo(f"  {video}")


if __name__ == "__main__":
    from smallscreen.cli import run

    run(main)
