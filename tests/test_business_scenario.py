"""Scenarios: a hand-computed one, what must hold of all of them, and what they hang on."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.business.draws import generator, in_range
from smallscreen.business.measures import EpisodeFigures, Figure, Measures, Paywall, read_summary
from smallscreen.business.rates import Rate, Rates, read_rates
from smallscreen.business.scenario import scenario
from smallscreen.business.sensitivity import first_order
from smallscreen.errors import UserError
from smallscreen.sample import files as sample_files
from tests.business_standin import measures, summary

RATES = read_rates(sample_files() / "business.toml")


def exact(value: float, n: int = 1000) -> Figure:
    return Figure(value=value, low=value, high=value, n=n, exact=True)


def three_episodes(viewers: int = 1000) -> Measures:
    """Half leave after each of the first two episodes; everybody watches 60 seconds of what they start."""
    rows = tuple(
        EpisodeFigures(
            episode=e, starters=viewers, at_risk=viewers, hazard=exact(0.5 if e < 3 else 0), seconds=exact(60)
        )
        for e in (1, 2, 3)
    )
    return Measures(
        series="x", title="X", edition="en-US", simulated=False, as_of="", viewers=viewers, episodes=rows
    )


def fixed(name: str, value: str, low: str = "", high: str = "") -> Rate:
    d = Decimal(value)
    return Rate(name, Decimal(low or d), d, Decimal(high or d), "2026-01-02", "by hand", "USD")


def by_hand(**more: Rate) -> Rates:
    given_ = {
        "ads.ecpm": "10", "ads.impressions_a_minute": "2", "coins.coins_an_episode": "50",
        "coins.price_of_coin": "0.01", "unlock.ad_share": "0.5", "unlock.ads_an_episode": "1", "unlock.ecpm": "20",
        "traffic.bought_share": "0.5", "traffic.cost_of_viewer": "0.02", "platform.share_of_ads": "0.2",
        "platform.share_of_sales": "0.4", "taxes.rate": "0.1", "pace.episodes_a_day": "1", "pace.payout_days": "0",
    }  # fmt: skip
    rates = {k: fixed(k, v) for k, v in given_.items()} | {r.id: r for r in more.values()}
    payers = ((2, fixed("wall.payer_share", "0.1")), (3, fixed("wall.payer_share", "0.4")))
    return Rates(
        "USD", rates, payers, placement="minutes", ads_before_wall=True, subscription=False
    )  # fmt: skip


def test_free_by_hand() -> None:
    """1,000 + 500 + 250 starts of a minute: 3,500 impressions, 35 USD; less 7, less 2.80, less 10 for viewers."""
    s = scenario(three_episodes(), by_hand(), "free", draws=100)
    assert [(x.id, x.amount) for x in s.ledger] == [
        ("ads", Decimal(35)), ("platform.share_of_ads", Decimal(-7)), ("taxes.rate", Decimal("-2.8")),
        ("acquisition", Decimal(-10)),
    ]  # fmt: skip
    assert s.net_exact == Decimal("15.2")
    assert s.net.value == pytest.approx(15.2)
    assert s.break_even.value == pytest.approx(0.0252)
    assert s.viewer_seconds.value == pytest.approx(105_000)
    # 0.0144 after day 0, 0.0216 after day 1: a viewer of 0.02 has paid back on day 1.
    assert s.payback.day == 1.0 and s.payback.chance == 1.0


def test_paid_and_mixed_by_hand() -> None:
    """Wall at 3: ads 1,500 minutes = 30 USD; 250 reach it, 40 % pay 0.50: 50 USD; then 6 + 20, then 10 %."""
    paid = scenario(three_episodes(), by_hand(), "paid", {"first_paid_episode": 3}, draws=100)
    assert {x.id: x.amount for x in paid.ledger}["coins"] == Decimal(50)
    assert paid.net_exact == (30 + 50 - 6 - 20) * Decimal("0.9") - 10
    # Mixed: half of the 150 who do not pay watch one ad of 0.02: 1.50 USD more, of which 20 % and 10 % go.
    mixed = scenario(three_episodes(), by_hand(), "mixed", {"first_paid_episode": 3}, draws=100)
    assert mixed.net_exact - paid.net_exact == Decimal("1.5") * Decimal("0.8") * Decimal("0.9")
    # Wall at 2: 500 reach it, 10 % pay 0.50 for it and half of them for the next: 25 + 12.50; ads 20.
    two = next(p for p in paid.first_paid if p.episode == 2)
    assert two.net.value == pytest.approx((20 + 37.5 - 4 - 15) * 0.9 - 10)
    best = scenario(three_episodes(), by_hand(), "paid", draws=100)
    assert best.first_paid_episode == 3 and best.first_paid[1].chance_best == 1.0


@pytest.mark.parametrize("model", ["free", "paid", "mixed"])
def test_the_ledger_adds_up_and_every_line_says_what_it_is_from(model: str) -> None:
    s = scenario(measures(), RATES, model, draws=400)
    assert sum((x.amount for x in s.ledger), Decimal(0)) == s.net_exact
    assert float(s.net_exact) == pytest.approx(s.net.value, rel=1e-6)
    known = {r.id.split(",")[0] for r in s.rates}
    for x in s.ledger:
        assert x.rates and set(x.rates) <= known
        measured = {v.name.split(",")[0] for v in s.measures} | {"the lines above"}
        assert x.measures and set(x.measures) <= measured
        assert abs(x.quantity * x.each - x.amount) <= abs(x.amount) * Decimal("1e-6")
        assert x.low <= float(x.amount) <= x.high
    assert s.simulated and s.example
    assert any("simulated" in n for n in s.notes) and any("example" in n for n in s.notes)


def test_free_is_paid_with_price_0() -> None:
    free = scenario(measures(), RATES, "free", draws=400)
    paid = scenario(measures(), RATES, "paid", {"coins.price_of_coin": 0}, draws=400)
    assert paid.net == free.net and paid.fan == free.fan
    assert paid.first_paid_episode is None


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 10**6), st.integers(0, 10**6), st.sampled_from(["free", "paid", "mixed"]))
def test_more_viewers_never_lower_revenue(viewers: int, more: int, model: str) -> None:
    few = scenario(measures(), RATES, model, {"viewers": viewers}, draws=100)
    many = scenario(measures(), RATES, model, {"viewers": viewers + more}, draws=100)
    assert many.gross.value >= few.gross.value and many.gross.low >= few.gross.low


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_fewer_leaving_never_lower_ads(a: float, b: float) -> None:
    few, many = sorted((a, b))
    less = scenario(measures(), RATES, "free", {"viewing.hazard": many}, draws=100)
    more = scenario(measures(), RATES, "free", {"viewing.hazard": few}, draws=100)
    assert more.gross.value >= less.gross.value


def test_the_longest_bar_is_the_widest_input() -> None:
    wide = by_hand(
        a=fixed("ads.ecpm", "10", "1", "40"),
        b=fixed("taxes.rate", "0.1", "0.09", "0.11"),
        c=fixed("traffic.cost_of_viewer", "0.02", "0.018", "0.022"),
    )
    s = scenario(three_episodes(), wide, "free", draws=4000)
    assert [b.id for b in s.sensitivity] == ["ads.ecpm", "traffic.cost_of_viewer", "taxes.rate"]
    assert s.sensitivity[0].share > 0.95
    assert s.sensitivity[0].low == pytest.approx(2.52 - 10)
    assert s.sensitivity[1].low > s.sensitivity[1].high


def test_shares_of_variance_are_those_of_a_known_sum() -> None:
    """y = 2 a + b of uniform a and b: shares 0.8 and 0.2 (the variances are 4/12 and 1/12)."""
    rng = generator(1, "known")
    a, b = rng.random(20_000), rng.random(20_000)
    assert first_order(a, 2 * a + b) == pytest.approx(0.8, abs=0.02)
    assert first_order(b, 2 * a + b) == pytest.approx(0.2, abs=0.02)
    assert first_order(rng.random(20_000), a) < 0.005


def test_pert_and_triangular_have_their_means() -> None:
    for shape, mean in (("pert", (1 + 4 * 2 + 6) / 6), ("triangular", (1 + 2 + 6) / 3)):
        x = in_range(1, 2, 6, 50_000, generator(3, shape), shape)
        assert x.min() >= 1 and x.max() <= 6
        assert x.mean() == pytest.approx(mean, abs=0.02)


def test_the_wall_in_the_data_gives_the_share_of_payers() -> None:
    m = measures(wall=6)
    assert m.paywall == Paywall(episode=6, hazard=m.paywall.hazard) if m.paywall else False
    no_points = replace(RATES, payers=())
    s = scenario(m, no_points, "paid", draws=400)
    assert s.first_paid_episode == 6
    assert s.first_paid[4].payers == pytest.approx(0.2, abs=0.01)
    assert any("an earlier wall always seems better" in n for n in s.notes)
    # A given share at that episode gives way to the measured one; with another point there is a choice.
    assert [p.payers for p in scenario(m, RATES, "paid", draws=400).first_paid][4] == s.first_paid[4].payers
    both = scenario(m, RATES, "paid", draws=400)
    assert both.first_paid_from.startswith("the best")
    assert any("was measured, that at the others was given" in n for n in both.notes)
    # Where the measures tell who passed how, only those with coins are payers.
    told = summary(wall=6)
    told["editions"]["en-US"]["paywall"] = {"passed_by": {"coin": 300, "ad": 600, "subscription": 100}}
    m_told = read_summary(told, "sample", "Sample")["en-US"]
    assert m_told.paywall is not None and m_told.paywall.coin_part == pytest.approx(0.3)
    assert scenario(m_told, no_points, "paid", draws=400).first_paid[4].payers == pytest.approx(
        0.06, abs=0.01
    )
    # Without a wall in the data or in the file it is asked for.
    with pytest.raises(UserError, match=r"\[\[wall.payer_share\]\]"):
        scenario(measures(), no_points, "paid", draws=400)
    # The free model has no wall: its viewers leave at episode 5 by the story hazard, not by the paywall's.
    assert m.episodes[4].hazard.value == pytest.approx(0.08, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ads.ecpm": -1}, "cannot be -1; give a number that is 0 or more"),
        ({"ads.ecpm": "much"}, "cannot be 'much'"),
        ({"taxes.rate": 2}, "is a share and cannot be 2"),
        ({"viewers": 0}, "give a whole number from 1"),
        ({"first_paid_episode": 99}, "Episode 99 cannot be the first paid one"),
        ({"ads.cpm": 1}, "Nobody knows 'ads.cpm'"),
        ({"pace.episodes_a_day": 0}, "give a number above 0"),
        ({"ads.ecpm": float("nan")}, "give a number"),
    ],
)
def test_changes_that_cannot_be(changes: dict[str, object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        scenario(measures(), RATES, "mixed", changes, draws=100)  # type: ignore[arg-type]


def test_measures_that_cannot_be_read_say_what_to_do() -> None:
    with pytest.raises(UserError, match="run smallscreen audience measure again"):
        read_summary({"editions": {"en-US": {"viewers": 3, "survival": {"episodes": [1]}}}}, "x", "X")
    unseen = summary()
    unseen["editions"]["en-US"]["survival"] = None
    assert list(read_summary(unseen, "x", "X")) == ["en-US.literal"]
    early = summary()
    early["editions"]["en-US"]["survival"]["at_risk"][7] = 0
    m = read_summary(early, "x", "X")["en-US"]
    assert len(m.episodes) == 8 and "Nobody had the time to go on from episode 8" in m.notes[0]


def test_the_same_arguments_give_the_same_answer_fast() -> None:
    m = measures(episodes=80)
    first = scenario(m, RATES, "mixed", draws=2000)
    began = time.perf_counter()
    again = scenario(m, RATES, "mixed", draws=2000)
    spent = time.perf_counter() - began
    assert again.model_dump_json() == first.model_dump_json()
    # 0.2 s on a quiet machine; ten times that where others work, too.
    assert spent < 2.0
    assert np.all(np.diff([f.quantiles[2] for f in again.fan]) >= 0)
