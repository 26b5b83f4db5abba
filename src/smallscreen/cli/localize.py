"""The main job on the command line: barriers, draft, fit, check, package, and all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smallscreen.cli.output import Format, episodes_of, print_json, print_table, progress, report_problems

if TYPE_CHECKING:
    from smallscreen.localize.pipeline import Localizer
    from smallscreen.series.project import Project

Directory = typer.Argument(help="The folder of the series.")
Markets = typer.Option(..., "--market", help="A market, such as en-US; give the option again for more.")
Episodes = typer.Option(None, "--episodes", help="Only these, like 1-3,7.")
Variant = typer.Option("main", "--variant", help="Which edition of the market: main, or a name of yours.")
Profile = typer.Option(None, "--profile", help="vertical (9:16, the default) or landscape.")
Platform = typer.Option(
    None, "--platform", help="Whose safe area: universal (the default), tiktok, reels, shorts, none."
)
Drafts = typer.Option(
    None, "--drafts", help="A folder of subtitle files or edition.json files in the market's language."
)
Literal = typer.Option(
    None, "--literal", help="A folder with a word-for-word draft, shown and checked for comparison."
)
Engine = typer.Option(None, "--engine", help="Who drafts: openai (any compatible endpoint) or local.")
Model = typer.Option(None, "--model", help="The model's name, as the endpoint knows it.")
Again = typer.Option(False, "--again", help="Draft anew what has words already.")
Deep = typer.Option(False, "--deep", help="Compare the meaning of every line, not of a sample (slow).")
Formats = typer.Option(
    None, "--only", help="Only this output, such as srt or report; give the option again for more."
)
Video = typer.Option(
    False, "--video", "--burn", help="Also the episodes' videos, with the subtitles burned in."
)
Cover = typer.Option(
    "box", "--cover", help="How the video's own subtitles are covered: blur, box, inpaint or none."
)
Band = typer.Option(
    None,
    "--band",
    help="Where the video's own subtitles stand, top to bottom: 58%-66%, or 557-634 in pixels.",
)
Preview = typer.Option(
    False, "--preview", help="With --burn: a picture of the ways to cover for each episode, and no videos."
)
Codec = typer.Option("h264", "--codec", help="How the video is coded: h264, or hevc (smaller, slower).")
Audio = typer.Option(
    None, "--audio", help="A sound file (or a folder with one an episode) in place of the video's sound."
)
KeepAudio = typer.Option(
    False, "--keep-audio", help="With --audio: the video's own sound stays as a further track."
)
Dubbed = typer.Option(
    False,
    "--dub",
    help="The edition as it was dubbed: its mix as the sound, lines at the voices' times where it was re-timed.",
)
Out = typer.Option(None, "--out", help="Where the files go; without it DIR/editions/EDITION.")
Finder = typer.Option(
    "embedded", "--finder", help="Who finds culture-bound items: embedded, lexicon (fewer, surer) or model."
)
Database = typer.Option(None, "--database", help="URL of the series database.")
FormatOption = typer.Option(Format.table, "--format", help="How to print the result.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (localize, barriers, draft, fit, check, package):
        app.command()(command)


def localize(
    directory: Path = Directory,
    market: list[str] = Markets,
    drafts: Path | None = Drafts,
    literal: Path | None = Literal,
    engine: str | None = Engine,
    model: str | None = Model,
    variant: str = Variant,
    episodes: str | None = Episodes,
    profile: str | None = Profile,
    platform: str | None = Platform,
    finder: str = Finder,
    deep: bool = Deep,
    only: list[str] | None = Formats,
    video: bool = Video,
    out: Path | None = Out,
    again: bool = Again,
    database: str | None = Database,
    format: Format = FormatOption,
) -> None:
    """All five steps: find barriers, draft, fit, check and package an edition for each market.

    Without --drafts and --engine it works with the words the edition has; when there are none it reports
    on the source alone.
    """
    from smallscreen.errors import UserError
    from smallscreen.localize.pipeline import find_barriers

    _one_source(drafts, engine)
    results: list[dict[str, Any]] = []
    with _opened(directory, market, database) as project:
        chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
        with progress("Barriers") as meter:
            who = _finder(project, finder, model, meter)
            results.append(find_barriers(project, finder=who, meter=meter))
        told: list[str] = []
        for locale in market:
            # One market that cannot be made must not keep the others from being made.
            try:
                if literal is not None:
                    with progress(f"{locale}: the literal draft") as meter:
                        other = _localizer(project, locale, chosen, "literal", profile, platform, meter)
                        results += [other.draft_from_files(literal), other.fit(), other.check()]
                with progress(f"{locale}: draft, fit, check, package") as meter:
                    work = _localizer(project, locale, chosen, variant, profile, platform, meter)
                    if drafts is not None:
                        results.append(work.draft_from_files(drafts))
                    elif engine is not None:
                        results.append(work.draft_from_model(_engine(engine, model), again=again))
                    results += [work.fit(), work.check(deep=deep)]
                    folder = out / work.edition.name if out else None
                    results.append(work.package(folder, formats=set(only) if only else None, video=video))
            except UserError as e:
                if len(market) == 1:
                    raise
                told.append(f"{locale}: {e}")
        _print(project, format, results)
        report_problems([*_problems(project, results), *told])


def barriers(
    directory: Path = Directory,
    market: list[str] | None = typer.Option(None, "--market", help="As this market needs them."),
    episodes: str | None = Episodes,
    finder: str = Finder,
    model: str | None = Model,
    estimate: bool = typer.Option(
        False, "--estimate", help="With --finder model: say what it will take, ask nothing, and stop."
    ),
    database: str | None = Database,
    format: Format = FormatOption,
) -> None:
    """Find what is bound to the culture in every cue, and what is open to the editor."""
    from smallscreen.localize.pipeline import barrier_rows, find_barriers

    with _opened(directory, market or [], database) as project:
        chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
        with progress("Barriers") as meter:
            who = _finder(project, finder, model, meter)
            if estimate:
                _print_estimate(project, who, format)
                return
            summary = find_barriers(project, finder=who, meter=meter)
        wanted: list[str | None] = list(market) if market else [None]
        by_market = {m or "source": barrier_rows(project, chosen, m) for m in wanted}
        if format is Format.json:
            print_json({**summary, "items": by_market, "problems": [str(p) for p in project.problems]})
        else:
            columns = (
                "cue",
                "item",
                "kind",
                "need",
                "word for word",
                "what it means",
                "strategy",
                "rendering",
            )
            for name, rows in by_market.items():
                cells = [
                    (
                        r["cue"],
                        r["text"],
                        r["kind"],
                        r["need"],
                        r["literal"],
                        r["meaning"],
                        next(iter(r["strategies"]), ""),
                        next(iter(r["suggestions"].values()), "")
                        if market
                        else r["suggestions"].get("en", ""),
                    )
                    for r in rows
                ]
                title = f"Barriers for {name}" if market else "Barriers"
                print_table(title, columns, cells)
            typer.echo(_barrier_sentence(summary))
        report_problems(project.problems)


def draft(
    directory: Path = Directory,
    market: list[str] = Markets,
    drafts: Path | None = Drafts,
    engine: str | None = Engine,
    model: str | None = Model,
    variant: str = Variant,
    episodes: str | None = Episodes,
    again: bool = Again,
    database: str | None = Database,
    format: Format = FormatOption,
) -> None:
    """Get the words of an edition from files, from a model endpoint or from the small local model."""
    from smallscreen.errors import UserError
    from smallscreen.localize.pipeline import find_barriers, keeps_barriers

    _one_source(drafts, engine)
    if drafts is None and engine is None:
        raise UserError(
            "Say where the words come from: --drafts FOLDER, --engine openai --model NAME, or --engine local."
        )

    def work(x: Localizer) -> dict[str, Any]:
        if drafts is not None:
            return x.draft_from_files(drafts)
        return x.draft_from_model(_engine(engine or "", model), again=again)

    # A model is told of the barriers.
    before = (lambda p: keeps_barriers(p) or find_barriers(p)) if engine else None
    _each(directory, market, variant, episodes, database, format, work, before=before)


def fit(
    directory: Path = Directory,
    market: list[str] = Markets,
    variant: str = Variant,
    episodes: str | None = Episodes,
    profile: str | None = Profile,
    platform: str | None = Platform,
    database: str | None = Database,
    format: Format = FormatOption,
) -> None:
    """Make the lines fit the screen and the eye; say which must be shortened, and to how much."""
    _each(directory, market, variant, episodes, database, format, lambda x: x.fit(), profile, platform)


def check(
    directory: Path = Directory,
    market: list[str] = Markets,
    variant: str = Variant,
    episodes: str | None = Episodes,
    deep: bool = Deep,
    database: str | None = Database,
    format: Format = FormatOption,
    show: int = typer.Option(20, help="How many findings to print, the gravest first."),
) -> None:
    """Run every check on an edition; every finding comes with its evidence and a suggestion."""
    _each(directory, market, variant, episodes, database, format, lambda x: x.check(deep=deep), show=show)


def package(
    directory: Path = Directory,
    market: list[str] = Markets,
    variant: str = Variant,
    episodes: str | None = Episodes,
    only: list[str] | None = Formats,
    video: bool = Video,
    cover: str = Cover,
    band: str | None = Band,
    preview: bool = Preview,
    codec: str = Codec,
    audio: Path | None = Audio,
    keep_audio: bool = KeepAudio,
    dub: bool = Dubbed,
    out: Path | None = Out,
    database: str | None = Database,
    format: Format = FormatOption,
) -> None:
    """Write an edition's files: subtitles, the dubbing script, edition.json, the report, the video."""
    from smallscreen.errors import UserError
    from smallscreen.localize.package import Options

    if dub and audio is not None:
        raise UserError("Give --dub or --audio, not both: a video has one sound.")
    formats = set() if preview else set(only) if only else None
    burning = Options(cover, band, preview, codec, audio, keep_audio)

    def work(x: Localizer) -> dict[str, Any]:
        folder = out / x.edition.name if out else None
        return x.package(folder, formats=formats, video=video or preview, burning=burning, dub=dub)

    _each(directory, market, variant, episodes, database, format, work)


# --- within --------------------------------------------------------------------------------


@contextmanager
def _opened(directory: Path, locales: list[str], database: str | None) -> Iterator[Project]:
    """An open series; the markets are looked up first, so that a misspelled one costs no reading."""
    from smallscreen.series import markets
    from smallscreen.series.project import open_project

    for locale in locales:
        markets.load(locale)
    with progress("Reading the series") as meter:
        project = open_project(directory, database=database, progress=meter)
    yield project


def _localizer(
    project: Project,
    locale: str,
    episodes: list[int],
    variant: str,
    profile: str | None,
    platform: str | None,
    meter: Callable[..., None],
) -> Localizer:
    from smallscreen.localize.pipeline import Localizer

    return Localizer(project, locale, episodes, variant, profile, platform, meter)


def _each(
    directory: Path,
    locales: list[str],
    variant: str,
    episodes: str | None,
    database: str | None,
    format: Format,
    work: Callable[[Localizer], dict[str, Any]],
    profile: str | None = None,
    platform: str | None = None,
    show: int = 0,
    before: Callable[[Project], Any] | None = None,
) -> None:
    results = []
    shown = []
    with _opened(directory, locales, database) as project:
        chosen = episodes_of(episodes, [e.number for e in project.store.episodes()])
        if before:
            before(project)
        for locale in locales:
            with progress(locale) as meter:
                x = _localizer(project, locale, chosen, variant, profile, platform, meter)
                results.append(work(x))
            if show:
                found = project.store.findings(x.edition)
                shown += [f for n in chosen for f in found.get(n, [])]
        _print(project, format, results, shown, show)
        report_problems(_problems(project, results))


def _problems(project: Project, results: list[dict[str, Any]]) -> list[Any]:
    return [*project.problems, *(p for r in results for p in r.get("problems", []))]


def _one_source(drafts: Path | None, engine: str | None) -> None:
    from smallscreen.errors import UserError

    if drafts is not None and engine is not None:
        raise UserError("Give --drafts or --engine, not both: a line has one origin.")


def _finder(project: Project, name: str, model: str | None, meter: Callable[..., None]) -> Any:
    """A finder's name, or the model finder ready to ask; what it will take is said beforehand."""
    if name != "model":
        return name
    from smallscreen.engines.structured import prices
    from smallscreen.localize.barriers.finders.model import ModelFinder

    finder = ModelFinder(_engine("openai", model), project.replies, meter)
    said = finder.estimate(_all_cues(project), project.store.series()).sentence(prices())
    typer.echo(f"{model}: {said}.", err=True)
    return finder


def _all_cues(project: Project) -> list[Any]:
    return [cue for some in project.store.cues().values() for cue in some]


def _print_estimate(project: Project, finder: Any, format: Format) -> None:
    from dataclasses import asdict

    from smallscreen.errors import UserError

    if isinstance(finder, str):
        raise UserError(f"--estimate is for --finder model; {finder} asks nobody and costs nothing.")
    if format is Format.json:
        print_json(asdict(finder.estimate(_all_cues(project), project.store.series())))


def _engine(name: str, model: str | None) -> Any:
    from smallscreen.engines.chat import engine

    return engine(name, model)


def _print(
    project: Project,
    format: Format,
    results: list[dict[str, Any]],
    findings: list[Any] | None = None,
    show: int = 0,
) -> None:
    from dataclasses import asdict

    if format is Format.json:
        value: dict[str, Any] = {"directory": str(project.root), "steps": results}
        if show:
            value["findings"] = [asdict(f) for f in findings or []]
        print_json({**value, "problems": [str(p) for p in _problems(project, results)]})
        return
    rows = []
    for r in results:
        rows.append((r.get("edition", "source"), r["step"], _sentence(r), "" if r["fresh"] else "up to date"))
    print_table("", ("edition", "step", "what came of it", ""), rows)
    if findings:
        grave = {"error": 0, "warning": 1, "note": 2}
        worst = sorted(findings, key=lambda f: (grave[f.severity], f.episode, f.start_ms))[:show]
        cells = [
            (f.severity, f.cue or f"ep{f.episode:03d}", f.check, f.message, f.suggestion or "") for f in worst
        ]
        print_table(
            f"\nFindings, {len(worst)} of {len(findings)}",
            ("severity", "cue", "check", "what", "what to do"),
            cells,
        )
    silent = [
        (r["edition"], check, why) for r in results for check, why in sorted(r.get("not_run", {}).items())
    ]
    if silent:
        print_table("\nChecks that did not run", ("edition", "check", "why"), silent)
    for note in dict.fromkeys(n for r in results for n in r.get("quality_notes", [])):
        typer.echo(f"\n{note}")
    reports = [m["path"] for r in results for m in r.get("made", []) if m["path"].endswith(".html")]
    for path in reports:
        typer.echo(f"\nOpen {path} in a browser.")


def _sentence(r: dict[str, Any]) -> str:
    """What a step did, in one line."""
    match r["step"]:
        case "barriers":
            return _barrier_sentence(r)
        case "draft" if "requests" in r:
            tokens = r["prompt_tokens"] + r["completion_tokens"]
            return (
                f"{r['drafted']:,} lines from {r['origin']}: {r['requests']} requests, {tokens:,} tokens "
                f"({r['tokens_a_line']} a line), {r['replies_reused']} replies were there; {r['findings']} findings"
            )
        case "draft":
            return f"{r['drafted']:,} lines from {r['origin']}, {r['findings']} findings"
        case "fit":
            if not r["lines"]:
                return f"no words yet for {r['cues']:,} cues; give --drafts or --engine"
            return (
                f"{r['cues']:,} cues became {r['lines']:,} lines; {r['shorten']:,} must be shortened by hand"
            )
        case "check":
            if not r["episodes"]:
                return "nothing to check yet"
            return f"{r['errors']:,} errors, {r['warnings']:,} warnings, {r['notes']:,} notes; {r['meaning']}"
        case "package":
            return ", ".join(Path(m["path"]).name for m in r.get("made", [])) + f" in {r['out']}"
    return ""


def _barrier_sentence(r: dict[str, Any]) -> str:
    need = r["by_need"]
    return (
        f"{r['barriers']:,} items in {r['cues_with_barriers']:,} of {r['cues']:,} cues of {r['episodes']} episodes "
        f"(need 3: {need['3']:,}, 2: {need['2']:,}, 1: {need['1']:,}); {r['source_findings']:,} source findings"
        + (
            f"; {r['requests']} requests, {r['prompt_tokens'] + r['completion_tokens']:,} tokens, "
            f"{r['replies_reused']} replies were there"
            if "requests" in r
            else ""
        )
    )
