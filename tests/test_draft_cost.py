"""Drafts from a model: what they are said to cost, and that nothing is paid for twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.engines import tokens
from smallscreen.engines.openai_chat import OpenAIChat
from smallscreen.errors import UserError
from smallscreen.localize.draft.model import draft_series, estimate, from_model
from smallscreen.localize.draft.result import DraftSet, MemoryReplies
from smallscreen.series.model import Cue, Series
from tests import draft_help
from tests.draft_help import (
    CLEAN,
    MARKET,
    ROOT,
    SAMPLE,
    SERIES,
    budgets_of,
    cues_of,
    draft,
    reach,
    srt_cues,
    words,
)
from tests.model_server import ModelServer, pretend

undisturbed = pytest.fixture(scope="module")(draft_help.undisturbed)


def test_long_episodes_are_split_and_carry_on_with_what_was_drafted() -> None:
    cues = [replace(c, text=f"{c.text}{n}") for n, c in enumerate(cues_of(1, 230))]
    with ModelServer() as server:
        result = from_model(reach(server), SERIES, MARKET, cues)
        assert server.stats()["lines_asked"] == [100, 100, 30]
    assert len(result.drafts) == 230


# What is paid for


def test_the_promise_of_cost_is_kept_on_real_dialogue(series_29: Path) -> None:
    episodes = {int(p.name[2:5]): srt_cues(p, int(p.name[2:5])) for p in sorted(series_29.glob("*.srt"))}
    lines = _cost(Series("series-29", "series 29"), episodes)
    assert lines == 3854


def test_the_promise_of_cost_is_kept_on_the_sample() -> None:
    from smallscreen.series.manifest import read_manifest

    paths = sorted(SAMPLE.glob("ep*.zh.srt"))
    episodes = {n: srt_cues(p, n) for n, p in enumerate(paths, 1)}
    assert _cost(read_manifest(SAMPLE / "series.toml"), episodes) >= 220


def _cost(series: Series, episodes: dict[int, list[Cue]]) -> int:
    """Drafts with one dropped line a batch, holds the cost to the promise, and gives the lines."""
    budgets = budgets_of([c for cues in episodes.values() for c in cues])
    with ModelServer("drop*") as server:
        model = reach(server)
        told = estimate(model, series, MARKET, episodes, budgets=budgets)
        results = dict(draft_series(model, series, MARKET, episodes, budgets=budgets))
        stats = server.stats()
    lines = sum(len(r.drafts) for r in results.values())
    assert lines == sum(len(cues) for cues in episodes.values())
    assert stats["tokens"] / lines <= 45
    assert stats["requests"] / len(episodes) <= 2
    assert all(times == 1 for times in stats["paid"].values()) and len(stats["paid"]) == lines
    assert sum(r.usage.tokens for r in results.values()) == stats["tokens"]
    assert 0.85 < told.tokens / stats["tokens"] < 1.15
    assert told.price(2.0, 8.0) == pytest.approx((told.prompt_tokens * 2 + told.completion_tokens * 8) / 1e6)
    return lines


def test_a_second_run_asks_nothing(undisturbed: dict[str, str]) -> None:
    store = MemoryReplies()
    first, _ = draft("half", CLEAN, store)
    second, stats = draft("500*", CLEAN, store)
    assert stats["requests"] == 0
    assert words(second) == words(first) == undisturbed
    assert second.usage.reused == 2 and second.usage.tokens == 0
    with ModelServer() as server:
        left = estimate(reach(server), SERIES, MARKET, {1: CLEAN}, budgets=budgets_of(CLEAN), replies=store)
    assert (left.requests, left.reused, left.tokens) == (0, 1, 0)


def test_another_model_or_text_is_another_request() -> None:
    store = MemoryReplies()
    draft("", CLEAN, store)
    _, stats = draft("", [replace(CLEAN[0], text="换了一句"), *CLEAN[1:]], store)
    assert stats["requests"] == 1
    with ModelServer() as server:
        from_model(
            OpenAIChat("other", environment=server.environment()),
            SERIES,
            MARKET,
            CLEAN,
            (),
            budgets_of(CLEAN),
            store,
        )
        assert server.stats()["requests"] == 1


def test_when_the_endpoint_fails_what_came_is_kept_and_the_rest_is_not_asked_for() -> None:
    episodes = {n: cues_of(n) for n in range(1, 21)}
    store = MemoryReplies()
    got: dict[int, DraftSet] = {}
    with ModelServer("ok,ok,ok,401*") as server:
        with pytest.raises(UserError, match="refused the key"):
            for number, result in draft_series(
                reach(server), SERIES, MARKET, episodes, replies=store, workers=2
            ):
                got[number] = result
        assert server.stats()["requests"] <= 6
    assert len(got) == len(store.replies) == 3
    with ModelServer() as server:
        assert len(dict(draft_series(reach(server), SERIES, MARKET, episodes, replies=store))) == 20
        assert server.stats()["requests"] == 17


def test_up_to_n_requests_run_at_once() -> None:
    episodes = {n: cues_of(n, 5) for n in range(1, 13)}
    with ModelServer(latency=0.2) as server:
        start = time.monotonic()
        settled: list[int] = []
        dict(draft_series(reach(server), SERIES, MARKET, episodes, workers=6, progress=settled.append))
        assert time.monotonic() - start < 1.6  # one after the other would take 2.4
    assert sum(settled) == 60


CHILD = """
import json, os, sys
from smallscreen.engines.chat import Reply, engine
from smallscreen.localize.draft.model import draft_series
from tests.draft_help import MARKET, SERIES, FileReplies, cues_of
store = FileReplies(sys.argv[1])
episodes = {n: cues_of(n, 12) for n in range(1, 81)}
for number, result in draft_series(engine("openai", "m"), SERIES, MARKET, episodes, replies=store):
    print(number, len(result.drafts), flush=True)
"""


def test_kill_9_in_the_middle_costs_no_line_twice(tmp_path: Path) -> None:
    def stored() -> set[tuple[str, str]]:
        """What came to the disk: (key, translated line)."""
        paths = [p for p in (tmp_path / "replies").glob("*") if not p.name.startswith(".")]
        return {kv for p in paths for kv in json.loads(json.loads(p.read_text("utf-8"))[0]).items()}

    def paid() -> dict[tuple[str, str], int]:
        """How often each line was paid for, once the server has nothing under way."""
        stats, before = server.stats(), None
        while stats != before:  # requests of a killed child find after a moment that nobody waits
            time.sleep(0.2)
            stats, before = server.stats(), stats
        count: dict[tuple[str, str], int] = {}
        for line, times in stats["paid"].items():
            key, source = line.split(" ", 1)
            count[key, pretend(source, "English", 0)] = times
        return count

    def asked_again(kept: set[tuple[str, str]], before: dict[tuple[str, str], int]) -> set[tuple[str, str]]:
        after = paid()
        return {line for line in kept if after[line] != before[line]}

    with ModelServer("drop*", latency=0.02) as server:
        env = {**os.environ, **server.environment(), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", CHILD, str(tmp_path / "replies")]
        kept, before = stored(), paid()
        for wanted in (8, 30):
            child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
            assert child.stdout
            for _ in range(wanted):
                assert child.stdout.readline()
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            child.stdout.close()
            assert not asked_again(kept, before)
            kept, before = stored(), paid()
        assert server.stats()["requests"] < 160
        # Every line whose reply had arrived is paid for once; only requests in flight at a kill may repeat.
        assert 30 * 12 <= len(kept) < 80 * 12
        finished = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert finished.returncode == 0, finished.stderr
        assert not asked_again(kept, before)
        stats = server.stats()
    assert sorted(map(int, re.findall(r"^(\d+) 12$", finished.stdout, re.MULTILINE))) == list(range(1, 81))
    assert sum(times - 1 for times in stats["paid"].values()) <= 2 * 4 * 12
    assert len(stats["paid"]) == 80 * 12


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_rule_of_tokens(a: str, b: str) -> None:
    assert 0 <= tokens.count(a) <= len(a)
    assert tokens.count(a) <= tokens.count(a + " " + b) <= tokens.count(a) + tokens.count(b) + 1


def test_tokens_of_known_texts() -> None:
    assert tokens.count("周大爷 今年是哪一年？") == 10
    assert tokens.count("Hello there, Grandpa.") == 2 + 2 + 1 + 2 + 1
    assert tokens.count('{"bcd":"12345"}') == 1 + 1 + 1 + 2 + 1
    assert tokens.count("สวัสดี") == 2
