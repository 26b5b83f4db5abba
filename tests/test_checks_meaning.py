"""Comparing the meaning of an edition with its source: within a budget, from the cache, and without an embedder."""

from __future__ import annotations

import numpy as np
import pytest

from smallscreen.engines.embed import get_embedder
from smallscreen.localize import checks
from smallscreen.localize.checks import (
    CheckContext,
    CheckSummary,
    check_edition,
    check_series,
)
from smallscreen.series import markets
from smallscreen.series.model import Line
from tests.checks_help import Fake, context, cues_of

strict = pytest.fixture(autouse=True)(lambda monkeypatch: monkeypatch.setattr(checks, "strict", True))


class Cache(dict):
    def get_many(self, keys):
        return {k: self[k] for k in keys if k in self}

    def put_many(self, items):
        self.update(items)


def _episodes(shift: int | None, episodes: int = 12, cues: int = 50, **more: object) -> list[CheckContext]:
    made = []
    summary = CheckSummary()
    for episode in range(1, episodes + 1):
        numbers = [f"{episode:02d}{i:03d}" for i in range(cues)]
        sources = [f"话题{n}说" for n in numbers]
        if episode == shift:
            numbers = [numbers[0], *numbers[:-1]]
        made.append(
            context([f"topic {n} said" for n in numbers], sources, episode=episode, summary=summary, **more)
        )
    return made


def test_meaning_is_compared_within_the_budget_and_says_so() -> None:
    fake = Fake()
    ctxs = _episodes(None, embedder=fake)
    assert check_series(ctxs, only={"adequacy.meaning"}) == []
    figures = ctxs[0].summary.figures["adequacy.meaning"]
    assert figures["lines"] == 600 and 40 <= figures["compared"] <= 48
    assert ctxs[0].summary.meaning == f"meaning compared on {figures['compared']} of 600 lines"
    assert fake.asked <= 2 * 48 + 16


def test_a_shifted_episode_is_found_from_a_sample_and_then_compared_whole() -> None:
    ctxs = _episodes(4, embedder=Fake())
    found = check_series(ctxs, only={"adequacy.meaning"})
    assert {f.episode for f in found} == {4}
    assert len(found) >= 45
    assert all(f.evidence["other_cue"].startswith("ep004") for f in found if "other_cue" in f.evidence)


def test_deep_compares_every_line_and_the_second_time_from_the_cache() -> None:
    cache = Cache()
    first, second = Fake(), Fake()
    ctxs = _episodes(None, episodes=4, embedder=first, cache=cache, deep=True)
    assert check_series(ctxs, only={"adequacy.meaning"}) == []
    assert ctxs[0].summary.figures["adequacy.meaning"]["compared"] == 200
    check_series(
        _episodes(None, episodes=4, embedder=second, cache=cache, deep=True), only={"adequacy.meaning"}
    )
    assert first.asked >= 400 and second.asked == 0


def test_without_an_embedder_the_summary_says_that_meaning_was_not_compared() -> None:
    ctxs = _episodes(None, episodes=2)
    assert check_series(ctxs, only={"adequacy.meaning"}) == []
    assert ctxs[0].summary.meaning.startswith("meaning not compared: no embedder")


@pytest.mark.skipif(get_embedder() is None, reason="the embedder is not installed on this machine")
def test_the_embedder_tells_translations_from_others() -> None:
    embedder = get_embedder()
    assert embedder is not None
    chinese = ["你怎么来了", "我不想再见到你", "饭在锅里", "明天考试", "这把伞多少钱"]
    english = [
        "What are you doing here?",
        "I never want to see you again.",
        "Dinner’s on the stove.",
        "The exam is tomorrow.",
        "How much is this umbrella?",
    ]
    one, two = embedder.embed(chinese), embedder.embed(english)
    assert one.shape == (5, 384) and np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-3)
    cosines = (one - one.mean(0)) @ (two - two.mean(0)).T
    assert (cosines.argmax(axis=1) == np.arange(5)).all()
    odd = embedder.embed(["", "\ud800", "\0", "a" * 100_000, "再见"])
    assert not odd[0].any() and np.isfinite(odd).all()


def test_a_line_moved_from_its_cue_is_still_compared_with_the_right_source() -> None:
    """Fitting merges cues: a line of two cues is compared with both sources."""
    cues = cues_of(["三百斤", "米"])
    line = Line("en-US", 1, 1, 0, 4000, "Three hundred jin of rice.", (cues[0].id, cues[1].id))
    ctx = CheckContext(
        market=markets.load("en-US"), profile="landscape", edition="en-US", cues=cues, lines=[line]
    )
    assert [u.source for u in ctx.units] == ["三百斤 米"]
    assert check_edition(ctx, only={"language.numbers", "language.units", "adequacy.empty"}) == []
