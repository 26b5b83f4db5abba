"""Survival over episodes: by hand, against going through the viewers one by one, and who had no time."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures import (
    survival,
    survivals,
)
from smallscreen.audience.measures.episodes import paces
from smallscreen.audience.measures.survival import Pattern, _kaplan_meier
from tests.viewing import LENGTH, SLOW, START, event, walks, write


@pytest.fixture
def lake(tmp_path: Path):
    with Lake(tmp_path / "lake") as made:
        yield made


def test_survival_by_hand(lake: Lake) -> None:
    walks(lake, ("a", {1: 0, 2: 0, 3: 1}), ("b", {1: 0, 2: 1}), ("c", {1: 0}), ("d", {1: 0, 2: 1, 3: 2}))
    got = survival(lake, "s", "en-US", START + timedelta(days=30))
    assert got.episodes == [1, 2, 3] and got.viewers == 4
    assert (got.at_risk, got.events, got.censored) == ([4, 3, 2], [1, 1, 0], [0, 0, 0])
    assert got.survival == pytest.approx([1, 3 / 4, 1 / 2])
    assert got.hazard[0] is not None and got.hazard[0].value == 0.25 and got.hazard[2] is None
    # Four viewers, log-log by hand: S = 3/4, sum d/(n(n-d)) = 1/12.
    c = math.exp(1.959964 * math.sqrt(1 / 12) / math.log(0.75))
    assert (got.low[1], got.high[1]) == pytest.approx((0.75 ** (1 / c), 0.75**c), abs=1e-6)


def test_who_had_no_time_is_not_lost(lake: Lake) -> None:
    as_of = START + timedelta(days=20)
    walks(
        lake,
        ("a", {1: 0, 2: 1}),
        ("new", {1: 18}),  # began two days ago: not lost, and not counted
        ("quick", {1: 18, 2: 18.1}),  # as new as that: not counted either, or only the quick would be
        ("at", {1: 5, 2: 15}),  # went on after the cutoff from an episode they had the time for
        ("gone", {1: 5}),
    )
    got = survival(lake, "s", "en-US", as_of)
    assert (got.at_risk, got.events, got.censored) == ([3, 1], [1, 0], [2, 2])
    assert got.survival == pytest.approx([1, 2 / 3])
    # With patience 0 everybody had the time, and who began yesterday counts as lost.
    assert survival(lake, "s", "en-US", as_of, patience_days=0).events == [2, 0]
    # The same events seen earlier: those who came later are not there yet.
    assert survival(lake, "s", "en-US", START + timedelta(days=8)).viewers == 3


def test_who_still_watches_is_not_lost(lake: Lake) -> None:
    walks(lake, ("a", {1: 0, 2: 0}), ("b", {1: 0}), ("c", {1: 0}))
    write(lake, [event("b", 0, 2000, 1, 12)])
    got = survival(lake, "s", "en-US", START + timedelta(days=14))
    assert (got.at_risk[0], got.events[0], got.censored[0]) == (2, 1, 1)


def test_an_episode_that_came_out_yesterday_loses_nobody(lake: Lake) -> None:
    walks(lake, ("a", {1: 0, 2: 0, 3: 29}), ("b", {1: 0, 2: 0}), ("c", {1: 0}))
    got = survival(lake, "s", "en-US", START + timedelta(days=30))
    assert got.episodes == [1, 2]
    assert (got.at_risk, got.events) == ([3, 0], [1, 0])


def test_skipped_late_and_the_series_over_editions(lake: Lake) -> None:
    walks(lake, ("a", {1: 0, 3: 0}), ("b", {2: 0, 3: 1}), ("c", {1: 0}))
    walks(lake, ("c", {2: 1, 3: 1}), variant="literal")
    main = survival(lake, "s", "en-US", START + timedelta(days=30))
    assert (main.skipped, main.late, main.at_risk, main.events) == (1, 1, [2, 2, 2], [1, 0, 0])
    whole = survival(lake, "s", None, START + timedelta(days=30))
    assert (whole.viewers, whole.at_risk, whole.events) == (3, [2, 3, 3], [0, 0, 0])
    assert [s.edition for s in survivals(lake, "s")] == ["en-US.literal", "en-US"]


def test_more_episodes_than_a_word_has_bits(lake: Lake) -> None:
    people = [
        ("all", {e: e / 10 for e in range(1, 141)}),
        *((f"u{n}", dict.fromkeys(range(1, n + 1), 0)) for n in (62, 63, 64, 126, 127)),
    ]
    walks(lake, *people)
    got = survival(lake, "s", "en-US", START + timedelta(days=60))
    assert len(got.episodes) == 140
    assert [e for e, d in zip(got.episodes, got.events, strict=True) if d] == [62, 63, 64, 126, 127]
    assert got.at_risk[0] == 6 and got.at_risk[-1] == 1 and got.survival[-1] == pytest.approx(1 / 6)


def test_the_paywall_is_told_apart(lake: Lake) -> None:
    people = [
        (f"u{i}", dict.fromkeys(range(1, n + 1), 0))
        for i, n in enumerate([1] * 10 + [2] * 9 + [3] * 30 + [5] * 51)
    ]
    walks(lake, *people)
    unlock = {"user_id": "u99", "market": "en-US", "episode": 4, "kind": "coin", "coins": 5, "at": START}
    write(lake, [unlock, {**unlock, "episode": 2, "kind": "free", "coins": 0}], "unlock")
    got = survival(lake, "s", "en-US", START + timedelta(days=30))
    assert got.first_locked == 4
    assert got.paywall_hazard is not None and got.paywall_hazard.value == pytest.approx(30 / 81)
    assert got.story_hazard is not None and got.story_hazard.value == pytest.approx(19 / 190)
    assert got.after_hazard is not None and got.after_hazard.value == 0
    assert got.paywall_excess is not None and got.paywall_excess.low > 0.15
    assert survival(lake, "s", None, START + timedelta(days=30)).first_locked == 4


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 5), st.integers(0, 25)), min_size=1, max_size=40
    )
)
@SLOW
def test_survival_is_what_going_through_the_viewers_gives(tmp_path_factory, rows) -> None:
    until, cutoff = 25, 18
    with Lake(tmp_path_factory.mktemp("lake") / "lake") as lake:
        write(lake, [event(u, 0, LENGTH, e, d) for u, e, d in rows])
        got = survival(lake, "s", "en-US", START + timedelta(days=until))
    first, final = min(e for _, e, _ in rows), max(e for _, e, _ in rows)
    out = {e: min(d for _, x, d in rows if x == e) for e in {e for _, e, _ in rows}}
    at_risk, events = defaultdict(int), defaultdict(int)
    for u in {u for u, _, _ in rows}:
        mine = [(e, d) for x, e, d in rows if x == u]
        early = [e for e, d in mine if d <= cutoff]
        for k in range(first, final):
            if not early or not min(early) <= k <= max(early):
                continue  # not there, or not there in time
            later = any(e > k for e, _ in mine)
            if k == max(early):
                released = any(e > k and d <= cutoff for e, d in out.items())
                around = any(d > cutoff for _, d in mine)
                if not released or (not later and around):
                    continue
            at_risk[k] += 1
            events[k] += not later
    for k, n, d in zip(got.episodes[:-1], got.at_risk[:-1], got.events[:-1], strict=True):
        assert (n, d) == (at_risk[k], events[k])
    s = np.cumprod([1 - events[k] / at_risk[k] for k in got.episodes[:-1]])
    assert got.survival == pytest.approx([1.0, *s])
    if got.episodes[-1] < final:
        assert at_risk[got.episodes[-1]] == 0


def test_the_bands_hold_the_truth() -> None:
    """600 viewers who arrive over 30 days and pause up to 7 days between episodes, 500 times (simulated)."""
    rng = np.random.default_rng(11)
    hazard = np.array([0.35, 0.2, 0.15, 0.12, 0.1, 0.3, 0.1, 0.08])
    truth = np.cumprod(1 - hazard)
    n, ends, runs = 600, hazard.size, 500
    inside, total = np.zeros(ends), np.zeros(ends)
    bit = 1 << np.arange(ends + 1)
    for _ in range(runs):
        pause = np.where(rng.random((n, ends)) < 0.8, 0.01, rng.exponential(1.0, (n, ends)).clip(0, 6.9))
        at = np.concatenate([np.zeros((n, 1)), np.cumsum(pause, axis=1)], axis=1) + rng.uniform(0, 30, (n, 1))
        stays = np.cumprod(rng.random((n, ends)) >= hazard, axis=1).astype(bool)
        seen = np.concatenate([np.ones((n, 1), bool), stays], axis=1) & (at <= 30)
        every, early = (seen * bit).sum(axis=1), (seen * bit * (at <= 23)).sum(axis=1)
        around = np.where(seen, at, 0).max(axis=1) > 23
        patterns = [Pattern(int(a), int(b), bool(c), 1) for a, b, c in zip(every, early, around, strict=True)]
        released = dict.fromkeys(range(1, ends + 2), START)
        until = START + timedelta(days=30)
        got = _kaplan_meier("en-US", patterns, released, until, until - timedelta(days=7), 7, "log-log")
        assert len(got.survival) == ends + 1
        inside += (np.array(got.low[1:]) <= truth) & (truth <= np.array(got.high[1:]))
        total += got.survival[1:]
    assert np.all(abs(total / runs - truth) < 0.004)
    # 93 to 97 % is the promise; two standard errors of 500 runs more on each side.
    assert np.all((inside / runs > 0.91) & (inside / runs < 0.99))


def test_who_passed_the_wall_by_what_and_how_many_episodes_a_day(lake: Lake) -> None:
    walks(lake, ("a", {1: 0, 2: 0, 3: 1, 4: 3}), ("b", {1: 0, 2: 0.1}), ("c", {1: 2}))
    # Coming back is no new start; a touch without a second is none either.
    write(lake, [event("b", 0, 5_000, 1, day=9), event("c", 0, 300, 2, day=8)])
    unlock = {"market": "en-US", "variant_id": "main", "coins": 0}
    opened = [
        ("a", 2, "free", 0), ("a", 3, "coin", 1), ("a", 3, "subscription", 2), ("a", 4, "subscription", 3),
        ("b", 3, "ad", 1), ("c", 3, "free", 2), ("d", 3, "coin", 1), ("e", 4, "coin", 1), ("f", 3, "coin", 50),
    ]  # fmt: skip
    write(
        lake,
        [{**unlock, "user_id": u, "episode": e, "kind": k, "at": START + timedelta(days=d)} for u, e, k, d in opened],
        "unlock",
    )  # fmt: skip
    as_of = START + timedelta(days=20)
    got = survivals(lake, "s", as_of)[0]
    # Of the first locked episode, each viewer's first unlock, by the end of the data.
    assert got.first_locked == 3
    assert got.passed_by == {"ad": 1, "coin": 2, "free": 1}
    pace = paces(lake, "s", as_of)["en-US"]
    # a: 4 episodes on 4 days, b: 2 on 1, c: 1 on 1.
    assert (pace.value, pace.n) == (pytest.approx(7 / 6), 3)
    spread = sum((x - 7 / 6 * y) ** 2 for x, y in ((4, 4), (2, 1), (1, 1))) / 2
    half = 1.959964 * math.sqrt(3 * spread) / 6
    assert (pace.low, pace.high) == pytest.approx((7 / 6 - half, 7 / 6 + half), abs=1e-5)
    assert paces(lake, "s", START - timedelta(days=1)) == {}
