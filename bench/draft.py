"""What drafting costs: tokens a line and requests an episode at the test endpoint, lines a second locally.

    python -m bench.draft

The endpoint is tests/model_server.py with one dropped line per batch. Every prompt is made with the
whole context: barriers, budgets, speakers, and for the sample its characters and terms. Tokens are counted
by the rule of engines/tokens.py; where the local model is installed the rule is also held
against its tokenizer, on the same prompts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.common import ROOT, SERIES_29, report, row, skip
from smallscreen.engines import tokens
from smallscreen.engines.local_llm import LocalLLM, installed
from smallscreen.engines.openai_chat import OpenAIChat
from smallscreen.localize import barriers, fit
from smallscreen.localize.draft import prompt
from smallscreen.localize.draft.model import draft_series, from_model
from smallscreen.series import markets
from smallscreen.series.formats import read_subtitles
from smallscreen.series.manifest import read_manifest
from smallscreen.series.model import Barrier, Cue, Series, cue_id
from tests.model_server import ModelServer

SAMPLE = ROOT / "src" / "smallscreen" / "sample" / "series"
LOCALES = ("en-US", "es-419", "id-ID", "th-TH", "ja-JP", "ar")
LOCAL_LINES = 60


def main() -> None:
    rows: list[dict[str, Any]] = []
    series = read_manifest(SAMPLE / "series.toml")
    sample = {n: cues(p, n, speakers={}) for n, p in enumerate(sorted(SAMPLE.glob("ep*.zh.srt")), 1)}
    sample = with_speakers(sample)
    rows += endpoint("sample", series, sample)
    real: dict[int, list[Cue]] = {}
    if SERIES_29.is_dir():
        real = {n: cues(p, n, speakers_of(p)) for n, p in enumerate(sorted(SERIES_29.glob("*.srt")), 1)}
        rows += endpoint("series-29", Series("series-29", "series-29"), real)
    else:
        skip("draft of series-29", "the real dialogue in ../shared is not here")
    if installed():
        rows += local(series, real or sample)
    else:
        skip("local model", "the extra [local-llm] is not installed")
    report("draft", rows)


def endpoint(name: str, series: Series, episodes: Mapping[int, Sequence[Cue]]) -> list[dict[str, Any]]:
    """Cost and speed at the test endpoint for each market; the worst market has to meet the target."""
    rows = []
    for locale in LOCALES:
        market = markets.load(locale)
        lines = sum(len(c) for c in episodes.values())
        items, budgets = context(series, episodes, locale)
        with ModelServer("drop*") as server:
            engine = OpenAIChat("test", environment=server.environment())
            start = time.perf_counter()
            done = dict(draft_series(engine, series, market, episodes, items, budgets))
            seconds = time.perf_counter() - start
            stats = server.stats()
        drafted = sum(len(d.drafts) for d in done.values())
        rows += [
            row(f"{name} {locale}: tokens a line, all in", stats["tokens"] / lines, "tokens", at_most=45),
            row(
                f"{name} {locale}: requests an episode",
                stats["requests"] / len(episodes),
                "requests",
                at_most=2,
            ),
            row(f"{name} {locale}: lines drafted", drafted / lines, "share", at_least=1),
        ]
        if locale == LOCALES[0]:
            rows.append(row(f"{name} {locale}: our own time", 1000 * seconds / lines, "ms a line"))
    return rows


def local(series: Series, episodes: Mapping[int, Sequence[Cue]]) -> list[dict[str, Any]]:
    """Speed of the local model, its share of usable lines, and the rule of tokens against its tokenizer."""
    market = markets.load("en-US")
    engine = LocalLLM()
    some = [c for n in sorted(episodes) for c in episodes[n]][:LOCAL_LINES]
    engine.complete([{"role": "user", "content": "你好 ="}], max_tokens=1)  # loads the model
    start = time.perf_counter()
    done = from_model(engine, series, market, some)
    seconds = time.perf_counter() - start
    counted = measured = 0
    for number in sorted(episodes)[:8]:
        ctx = prompt.context(series, market, episodes[number], [], {})
        request = prompt.batch(ctx, prompt.line_ids(episodes[number], "bench"))
        for message in request.messages:
            counted += tokens.count(message["content"])
            measured += engine.complete([message], max_tokens=1).prompt_tokens - 1  # without its start token
    return [
        row("local model en-US: lines a second", len(some) / seconds, "lines/s"),
        row("local model en-US: lines that are usable in form", len(done.drafts) / len(some), "share"),
        row(
            "tokens by our rule, prompts", counted, "tokens", peer="tokenizer of Gemma 3", peer_value=measured
        ),
    ]


def context(
    series: Series, episodes: Mapping[int, Sequence[Cue]], locale: str
) -> tuple[dict[int, Sequence[Barrier]], dict[str, int]]:
    market = markets.load(locale)
    items = {n: barriers.find(c, series=series, market=market) for n, c in episodes.items()}
    return items, {c.id: fit.budget(c, market, "vertical") for e in episodes.values() for c in e}


def cues(path: Path, episode: int, speakers: Mapping[int, str]) -> list[Cue]:
    return [
        Cue(cue_id(episode, n), episode, n, r.start_ms, r.end_ms, r.text, speakers.get(n) or r.speaker)
        for n, r in enumerate(read_subtitles(path), 1)
    ]


def with_speakers(episodes: Mapping[int, list[Cue]]) -> dict[int, list[Cue]]:
    from smallscreen.series.align import align
    from smallscreen.series.scripts import read_script

    script = read_script(SAMPLE / "script.txt")
    return {n: align(c, [line for line in script.lines if line.episode == n]) for n, c in episodes.items()}


def speakers_of(path: Path) -> dict[int, str]:
    table = path.with_name(path.name.replace(".zh.srt", ".speakers.tsv"))
    if not table.is_file():
        return {}
    pairs = (line.split("\t") for line in table.read_text("utf-8").splitlines() if "\t" in line)
    return {int(n): name.strip() for n, name, *_ in pairs if n.isdecimal()}


if __name__ == "__main__":
    main()
