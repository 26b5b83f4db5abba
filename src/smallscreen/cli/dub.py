"""`dub`: an edition spoken, mixed and laid under the picture; the dubbing script to a studio and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import Format, episodes_of, print_json, print_table, progress, report_problems


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(dub)


def dub(
    directory: Path = typer.Argument(help="The folder of the series."),
    market: list[str] = typer.Option(
        ..., "--market", help="A market, such as en-US; give the option again for more."
    ),
    episodes: str | None = typer.Option(None, "--episodes", help="Only these, like 1-3,7."),
    variant: str = typer.Option("main", "--variant", help="Which edition of the market."),
    voice: str | None = typer.Option(
        None, "--voice", help="Who speaks: piper (on this machine, the default) or openai (any endpoint)."
    ),
    model: str | None = typer.Option(None, "--model", help="The endpoint's model for speech."),
    me: Path | None = typer.Option(
        None, "--me", help="A folder of music and effects tracks, like ep001.wav."
    ),
    recordings: Path | None = typer.Option(
        None, "--recordings", help="A folder of a studio's recordings, like ep001_0012.wav."
    ),
    script: Path | None = typer.Option(
        None,
        "--script",
        help="Write the dubbing script (.xlsx); without --voice or --recordings, that alone.",
    ),
    retime: bool = typer.Option(
        False, "--retime", help="Let lines wait for the one before, and write subtitles timed to the voices."
    ),
    video: bool = typer.Option(False, "--video", help="Also the videos, their picture copied untouched."),
    keep_original: bool = typer.Option(
        False, "--keep-original", help="In the videos, the original sound as a second track."
    ),
    duck: float | None = typer.Option(
        None, "--duck", help="How much lower the original sound is under lines, dB (15)."
    ),
    loudness: float | None = typer.Option(None, "--loudness", help="Loudness of the mix, LUFS (-16)."),
    out: Path | None = typer.Option(None, "--out", help="Where the files go; without it DIR/dub/EDITION."),
    database: str | None = typer.Option(None, "--database", help="URL of the series database."),
    format: Format = typer.Option(Format.table, "--format", help="How to print the result."),
) -> None:
    """Let an edition speak: every line in its slot, over the music or the original sound turned down.

    Speech is kept line by line: run again, only what changed is made. DIR/dub/EDITION/voices.toml says who
    speaks with which voice and is yours to change.
    """
    from smallscreen.errors import UserError
    from smallscreen.localize.dub import Wish, write_script
    from smallscreen.localize.dub import dub as dub_edition
    from smallscreen.localize.dub.make import DUCK_DB, TARGET_LUFS
    from smallscreen.localize.pipeline import Localizer
    from smallscreen.series import markets
    from smallscreen.series.project import open_project

    locales = list(dict.fromkeys(markets.load(locale).locale for locale in market))
    if len(locales) > 1 and (script or recordings or me):
        raise UserError("--script, --recordings and --me belong to one edition; give one --market with them.")
    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
    results: list[dict[str, Any]] = []
    for locale in locales:
        if not project.store.has_edition(locale, variant):
            raise UserError(
                f"There is no edition {locale}; make one with smallscreen localize --market {locale}."
            )
        with progress(f"{locale}: dub") as meter:
            work = Localizer(project, locale, chosen, variant, meter=meter)
            if script is not None:
                results.append(write_script(work, script))
                if voice is None and recordings is None:
                    continue
            wish = Wish(
                voice=voice if voice or recordings else "piper",
                model=model,
                me=me,
                recordings=recordings,
                retime=retime,
                video=video,
                keep_original=keep_original,
                duck=DUCK_DB if duck is None else duck,
                loudness=TARGET_LUFS if loudness is None else loudness,
                out=(out / work.edition.name if len(locales) > 1 else out) if out else None,
            )
            results.append(dub_edition(work, wish))
    problems = [*project.problems, *(p for r in results for p in r.get("problems", []))]
    if format is Format.json:
        print_json({"directory": str(project.root), "steps": results, "problems": [str(p) for p in problems]})
    else:
        for result in results:
            _print(project, result)
    report_problems(problems)


def _print(project: Any, result: dict[str, Any]) -> None:
    if result["step"] == "dub-script":
        typer.echo(f"{result['made'][0]['path']}: {result['lines']:,} lines to record")
        return
    rows = [
        (m["episode"], m["lines"], m["spoken"], m["hurried"], m["slowed"], sum(m["findings"].values()),
         m["bed"], _figure(m["lufs"]), _figure(m["dbtp"]), Path(m["files"][-1]).name)
        for m in result["episodes"]
    ]  # fmt: skip
    columns = (
        "episode", "lines", "spoken", "faster", "slower", "findings", "under it", "LUFS", "dBTP", "file",
    )  # fmt: skip
    print_table(f"Dub of {result['edition']} in {result['out']}", columns, rows)
    state = "" if result["fresh"] else "; all of it was there already"
    typer.echo(f"\n{result['speech_made']:,} lines spoken now, {result['speech_reused']:,} were kept{state}.")
    told = [(check, count) for check, count in sorted(result["findings"].items())]
    if told:
        print_table("\nFindings", ("check", "how many"), told)
        _show(project, result)
    for note in result["notes"]:
        typer.echo(f"\n{note}")
    locale, _, variant = result["edition"].partition(".")
    which = f" --variant {variant}" if variant else ""
    typer.echo(
        f"\nsmallscreen package {project.root} --market {locale}{which} --burn --dub puts it together with the lines."
    )


def _show(project: Any, result: dict[str, Any], most: int = 10) -> None:
    editions = {e.name: e for e in project.store.editions()}
    found = project.store.findings(editions[result["edition"]])
    wanted = {m["episode"] for m in result["episodes"]}
    mine = [f for n in sorted(wanted) for f in found.get(n, []) if f.check.startswith("dub.")]
    grave = {"error": 0, "warning": 1, "note": 2}
    worst = sorted(mine, key=lambda f: (grave[f.severity], f.episode, f.start_ms))[:most]
    cells = [(f.severity, f.cue or "", f.message, f.suggestion or "") for f in worst]
    print_table(
        f"\nThe gravest, {len(worst)} of {len(mine)}", ("severity", "cue", "what", "what to do"), cells
    )


def _figure(value: float | None) -> str:
    return "silence" if value is None else f"{value:.1f}"
