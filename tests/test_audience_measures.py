"""The measures against a plain count of seconds, and against examples done by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures import (
    STEP,
    aggregate_retention,
    audience_watch_ratio,
    cohorts,
    concentration,
    edition_table,
    episode_table,
    measure,
    measure_step,
    read_counts,
    retention,
    retentions,
)
from smallscreen.audience.measures import intervals as exact
from smallscreen.audience.measures.concentration import gini_of, top_of
from smallscreen.audience.measures.queries import Scope, word
from smallscreen.audience.stats.intervals import delta_ratio, gini, mean_interval, top_share
from smallscreen.errors import FileProblem, UserError
from smallscreen.series.project import new_project, open_project
from tests.conftest import SHARED
from tests.viewing import LENGTH, SLOW, START, event, events_of, middles, played, write


@pytest.fixture
def lake(tmp_path: Path):
    with Lake(tmp_path / "lake") as made:
        yield made


# --- retention --------------------------------------------------------------------------------


def test_a_second_counts_when_its_middle_was_played(lake: Lake) -> None:
    write(lake, [event("a", 0, 500), event("b", 0, 501), event("c", 500, 1500), event("d", 501, 1500)])
    got = retention(lake, "s", 1, "en-US")
    assert got.viewers == [2, 0, 0, 0, 0]  # b and c; a ends at the middle, d begins after it
    assert got.seconds == [0, 1, 2, 3, 4]  # 5.4 s have five middles
    assert got.starters == 2
    assert got.share[0] == 1.0


def test_overlaps_and_repeats_count_once_for_viewers_and_each_time_for_plays(lake: Lake) -> None:
    rows = [
        event("a", 0, 3000),
        event("a", 1000, 2000),
        event("a", 0, 3000, session="again"),
        event("b", 2000, 4000),
    ]
    got = retention(write(lake, rows), "s", 1, "en-US")
    assert got.viewers == [1, 1, 2, 1, 0]
    assert got.plays == [2, 3, 3, 1, 0]
    assert (got.starters, got.views) == (2, 3)
    assert got.low[0] == pytest.approx(0.0945, abs=1e-3)  # Wilson of 1 in 2


def test_a_market_merges_its_editions(lake: Lake) -> None:
    rows = [
        event("a", 0, 2000),
        event("a", 1000, 3000, variant="literal"),
        event("b", 0, 1000, market="th-TH"),
    ]
    write(lake, rows)
    assert retention(lake, "s", 1, "en-US").viewers == [1, 1, 0, 0, 0]
    assert retention(lake, "s", 1, "en-US.literal").viewers == [0, 1, 1, 0, 0]
    both = retention(lake, "s", 1, market="en-US")
    assert (both.viewers, both.plays, both.cuts) == ([1, 1, 1, 0, 0], [1, 2, 1, 0, 0], 2)
    assert retention(lake, "s", 1).viewers == [2, 1, 1, 0, 0]
    assert [c.edition for c in retentions(lake, "s")] == ["en-US.literal", "en-US", "th-TH"]
    assert [c.edition for c in retentions(lake, "s", by_market=True)] == ["en-US", "th-TH"]
    assert retentions(lake, "s")[1].viewers == [1, 1, 0, 0, 0]


def test_what_nobody_played_and_names_with_quotes_are_said(lake: Lake) -> None:
    write(lake, [event("a", 0, 2000)])
    with pytest.raises(UserError, match="Nobody played episode 2"):
        retention(lake, "s", 2, "en-US")
    for bad in ("x' OR '1'='1", "back\\slash", "", 'quo"te', "a\nb"):
        with pytest.raises(UserError, match="cannot be asked for"):
            word(bad)
    assert word("纸伞-29") == "'纸伞-29'"


@given(rows=played)
@SLOW
def test_every_figure_of_an_episode_is_what_counting_gives(tmp_path_factory, rows) -> None:
    with Lake(tmp_path_factory.mktemp("lake") / "lake") as lake:
        write(lake, events_of(rows))
        curves = {(c.episode, c.edition): c for c in retentions(lake, "s")}
        table = {(e.episode, e.edition): e for e in episode_table(lake, "s")}
    by: dict = defaultdict(lambda: defaultdict(list))
    for u, e, v, span, _, s in rows:
        by[e, "en-US" if v == "main" else "en-US.literal"][u].append((span, s))
    for key, users in by.items():
        seconds = {u: set().union(*(middles(*x) for x, _ in some)) for u, some in users.items()}
        starters = {u for u, some in seconds.items() if some}
        if not starters:
            assert key not in curves and key not in table
            continue
        got, measured = curves[key], table[key]
        assert got.viewers == [sum(s in seconds[u] for u in users) for s in got.seconds]
        assert got.plays == [
            sum(s in middles(*x) for some in users.values() for x, _ in some) for s in got.seconds
        ]
        assert got.starters == measured.starters == len(starters)
        views = {(u, s) for u in starters for _, s in users[u]}
        assert got.views == measured.plays == len(views)
        content = {u: len(set().union(*(range(*x) for x, _ in users[u]))) for u in starters}
        time = {u: sum(b - a for (a, b), _ in users[u]) for u in starters}
        assert measured.content_watched_s == sum(content.values()) / 1000
        assert measured.time_played_s == sum(time.values()) / 1000
        ends = {u: max(b for (_, b), _ in users[u]) for u in starters}
        assert measured.completion.value == sum(b >= 0.95 * LENGTH for b in ends.values()) / len(starters)
        assert measured.watchers == sum(10 * c >= 7 * LENGTH for c in content.values())
        assert measured.completers == sum(10 * c >= 9 * LENGTH for c in content.values())
        plays = [len({s for _, s in users[u]}) for u in starters]
        same = delta_ratio([time[u] / 1000 for u in starters], plays)
        assert measured.average_view_duration.value == pytest.approx(same.value)
        if len(starters) > 1:
            assert measured.average_view_duration.high == pytest.approx(same.high)


# --- episodes and editions ---------------------------------------------------------------------


def test_an_episode_by_hand(lake: Lake) -> None:
    rows = [
        event("a", 0, 10_000, length=10_000),
        event("b", 0, 4_000, length=10_000),
        event("b", 0, 4_000, length=10_000, session="b2"),
        event("c", 9_000, 9_600, length=10_000),  # jumped to the end: reached it, watched little
        event("d", 0, 400, length=10_000),  # not a second: no starter
    ]
    got = episode_table(write(lake, rows), "s", "en-US")[0]
    assert (got.starters, got.plays, got.watchers, got.completers) == (3, 4, 1, 1)
    assert got.completion.value == pytest.approx(2 / 3) and got.completion.n == 3
    assert (got.content_watched_s, got.time_played_s) == (14.6, 18.6)
    assert got.average_view_duration.value == pytest.approx(18.6 / 4)
    assert got.average_percentage_viewed.value == pytest.approx(0.465)


def test_an_edition_by_hand_and_netflix_windows(lake: Lake) -> None:
    minute = 60_000
    rows = [
        event("a", 0, 3 * minute, 1, 0, length=3 * minute),
        event("a", 0, 3 * minute, 2, 10, length=3 * minute),
        event("b", 0, 2 * minute, 1, 1, length=3 * minute),
        event("c", 0, 1 * minute, 1, 2, length=3 * minute),
    ]
    write(lake, rows)
    got = edition_table(lake, "s")[0]
    assert (got.viewers, got.starters, got.watchers, got.completers, got.season_s) == (3, 2, 1, 1, 360)
    assert got.minutes_a_user.value == 3.0
    same = mean_interval([6.0, 2.0, 1.0])
    assert got.minutes_a_user.high == pytest.approx(same.high)
    assert got.completion.value == 0.5 and got.completion.n == 3
    week = edition_table(lake, "s", since=START, days=7)[0]
    assert (week.viewers, week.starters, week.minutes_a_user.value) == (3, 2, 2.0)


def test_a_short_episode_is_started_by_seeing_it(lake: Lake) -> None:
    write(lake, [event("a", 0, LENGTH), event("b", 0, LENGTH // 2)])
    assert edition_table(lake, "s", "en-US")[0].starters == 1


def test_intervals_from_sums_are_those_from_viewers() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 90_000, 500), rng.integers(1, 5, 500)
    sums = [int(v) for v in (x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum())]
    got, same = exact.ratio(500, *sums, 1000, "s"), delta_ratio(x / 1000, y)
    assert (got.value, got.low, got.high) == pytest.approx((same.value, same.low, same.high), rel=1e-12)
    got, same = exact.mean(500, sums[0], sums[2], 1000, "s"), mean_interval(x / 1000)
    assert (got.value, got.low, got.high) == pytest.approx((same.value, same.low, same.high), rel=1e-12)
    assert exact.mean(1, 5, 25, 1, "s").low == 0.0 and exact.ratio(0, 0, 0, 0, 0, 0, 1, "s").n == 0


def test_a_difference_is_newcombes() -> None:
    got = exact.difference(56, 70, 48, 80)  # Newcombe 1998, table II, example (a), method 10
    assert (got.low, got.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_watch_ratio_by_hand(lake: Lake) -> None:
    rows = [
        event("a", 0, 4000, length=4000),
        event("a", 0, 2000, length=4000),
        event("b", 0, 2000, length=4000),
    ]
    got = audience_watch_ratio(write(lake, rows), "s", 1, "en-US", points=4)
    assert got.ratio == [1.5, 1.5, 0.5, 0.5] and got.views == 2
    assert got.position == [0.25, 0.5, 0.75, 1.0]
    assert all(a <= b <= c for a, b, c in zip(got.low, got.ratio, got.high, strict=True))
    assert len(audience_watch_ratio(lake, "s", 1).ratio) == 100


# --- cohorts and concentration --------------------------------------------------------------------


def test_a_cohorts_denominator_had_the_day(lake: Lake) -> None:
    rows = [
        event("a", 0, 2000, day=0), event("a", 0, 2000, day=1), event("b", 0, 2000, day=0),
        event("c", 0, 2000, day=2), event("d", 0, 2000, day=7), event("d", 0, 2000, day=8),
    ]  # fmt: skip
    got = cohorts(write(lake, rows), "s", "en-US", START + timedelta(days=9))
    assert [c.week for c in got] == ["2026-05-04", "2026-05-11"]
    assert got[0].eligible[:9] == [3, 3, 3, 3, 3, 3, 3, 2, 2]  # c began two days later
    assert (got[0].returned[:2], len(got[0].day)) == ([3, 1], 9)
    assert (got[1].viewers, got[1].eligible, got[1].returned) == (1, [1, 1], [1, 1])
    # The day of as_of is not over: nobody is missing on it.
    assert cohorts(lake, "s", "en-US", START + timedelta(days=8))[1].eligible == [1]
    assert cohorts(lake, "nobody") == []


def test_concentration_is_that_of_the_viewers(lake: Lake) -> None:
    rng = np.random.default_rng(3)
    seconds = rng.integers(1, 300, 80)
    rows = [event(f"u{i}", 0, int(s) * 1000, 1 + i % 2, length=300_000) for i, s in enumerate(seconds)]
    got = concentration(write(lake, rows), "s", "en-US")
    assert got.gini_viewers.value == pytest.approx(gini(seconds))
    assert got.top_viewers.value == pytest.approx(top_share(seconds, 0.2))
    assert got.gini_viewers.low < got.gini_viewers.value < got.gini_viewers.high
    assert got.gini_episodes.value == pytest.approx(gini([seconds[::2].sum(), seconds[1::2].sum()]))
    assert (got.viewers, got.episodes) == (80, 2)
    assert concentration(lake, "s", "en-US") == got  # drawn with a seed
    with pytest.raises(UserError, match="Nobody played"):
        concentration(lake, "nobody")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([0.05, 0.2, 0.5]))
def test_weighted_gini_and_top_share(values, share) -> None:
    if not sum(values):
        return
    amounts, counts = np.unique(values, return_counts=True)
    assert gini_of(amounts.astype(float), counts) == pytest.approx(gini(values), abs=1e-12)
    assert top_of(amounts.astype(float), counts, share) == pytest.approx(top_share(values, share), abs=1e-12)


# --- aggregates -----------------------------------------------------------------------------------


def test_aggregate_counts_of_a_real_program() -> None:
    path = SHARED / "data" / "audience" / "viewers.json"
    if not path.is_file():
        pytest.skip("needs the real counts in ../shared/data/audience, which are not here")
    us = [c for c in read_counts(path) if c.program == "US"]
    got = aggregate_retention(us)
    assert got.seasons >= 45 and got.episodes[0] == 1 and got.index[0].value == 1.0
    assert all(i.low <= i.value <= i.high for i in got.index)
    assert 0.5 < got.finale_index.value < 2 and got.finale_index.n >= 40
    assert len(got.cannot_say) == 4


def test_aggregates_by_hand_and_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    path.write_text('[{"season": 1, "episode": 1, "viewers": 200}, {"season": 1, "episode": 2, "viewers": 100},'
                    '{"season": 2, "episode": 1}, {"season": 2, "episode": 2, "viewers": 7}]')  # fmt: skip
    got = aggregate_retention(read_counts(path))
    assert (got.seasons, got.missing, got.index[1].value) == (1, 2, pytest.approx(0.5))
    assert got.index[1].method == "one season, no interval"
    for bad in ("", "{}", "[1]", '[{"season": "x"}]'):
        path.write_text(bad)
        with pytest.raises((FileProblem, UserError)):
            aggregate_retention(read_counts(path))


# --- the step -------------------------------------------------------------------------------------


def test_the_step_does_nothing_twice(folder: Path) -> None:
    project = new_project(folder)
    with pytest.raises(UserError, match="no viewing events"):
        measure(project)
    slug = project.store.slug
    with Lake(folder / "lake") as lake:
        write(lake, [event("a", 0, 5000), event("b", 0, 2000), event("a", 0, 5400, 2, 1)], series=slug)
    told: list[str] = []
    first = measure_step(project, lambda k, n, what: told.append(what))
    assert first.fresh and "survival" in told
    again = measure_step(project)
    assert not again.fresh and again.summary == first.summary
    stored = project.store.step(STEP, "")
    assert stored is not None and stored.summary == first.summary
    edition = first.summary["editions"]["en-US"]
    assert (edition["viewers"], edition["episodes"][0]["starters"]) == (2, 2)
    assert edition["episodes"][0]["completion"]["value"] == 0.0
    assert edition["paywall"]["first_locked"] is None
    assert first.summary["simulated"] is False and first.summary["quarantined"] == {}
    with Lake(folder / "lake") as lake:
        write(lake, [event("c", 0, 5000)], series=slug)
    assert measure_step(project).fresh and measure(project)["editions"]["en-US"]["viewers"] == 3


def test_others_write_while_it_measures_and_an_earlier_day_is_kept_apart(folder: Path) -> None:
    project = new_project(folder)
    slug = project.store.slug
    with Lake(folder / "lake") as lake:
        write(lake, [event("a", 0, 5000), event("b", 0, 2000, 1, 1)], series=slug)
    other = open_project(folder).store

    def somebody_else(k: int, n: int, what: str) -> None:
        other.put_step("note", what, "k", {"at": k})

    usual = measure_step(project, somebody_else)
    assert usual.fresh and other.step("note", "survival") is not None
    earlier = measure_step(project, as_of=datetime(2030, 1, 1))
    assert earlier.fresh and earlier.summary["as_of"].startswith("2030")
    assert measure(project)["as_of"] == usual.summary["as_of"]
    assert not measure_step(project).fresh
    assert not measure_step(project, as_of=datetime(2030, 1, 1)).fresh


def test_scope_names() -> None:
    assert Scope.of("s", "zh-Hant.main").variant == "main"
    assert (
        Scope.of("s", "en-US.literal").where()
        == "series_id = 's' AND market = 'en-US' AND variant_id = 'literal'"
    )
