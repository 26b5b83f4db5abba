"""What an edition's brief makes of every scene, what the block costs, the curve, and the break-even."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from smallscreen.errors import FileProblem, UserError
from smallscreen.production.breakeven import BreakEven, break_even, stored_scenario
from smallscreen.production.curve import Curve, cost_curve, curve_svg
from smallscreen.production.customize import Customizing, block, customize, treatments, visible
from smallscreen.production.model import Breakdown, Element, Rate, from_json, to_json
from smallscreen.production.quick import quick_plan
from smallscreen.production.rates import ProductionRates
from smallscreen.series.brief_file import Settled, parse, settled_for
from tests.production_small import PLAN, RATES, RULES, SMALL, D, breakdowns, scene

BRIEF = """market = "en-US"
[[item]]
item = "umbrella"
strategy = "substitution"
[[item]]
item = "rain"
strategy = "retention"
[[scene]]
id = "exam ep001 1-2"
episode = 1
scene = "1-2"
action = "local carrier"
[[scene]]
id = "rite ep002 2-2"
episode = 2
scene = "2-2"
action = "remake"
[[scene]]
id = "gone ep009 9-1"
episode = 9
scene = "9-1"
action = "remake"
"""
SETTLED = parse(BRIEF, Path("briefs/en-US.toml"))
PRICED = ProductionRates(
    "CNY",
    {r.key: r for r in RATES}
    | {
        "dub.scene": Rate("dub.scene", D("150.05"), "CNY", "2026-01-15", "studio"),
        "script.item": Rate("script.item", D(50_000), "CNY", "2026-01-15", "contract"),
    },
)


def test_a_scene_is_shot_again_if_anything_replaced_is_visible() -> None:
    found, unmatched = treatments(SMALL, SETTLED)
    assert {t.scene: t.work for t in found} == {
        "1-1": "re-dress", "1-2": "re-dub", "2-1": "re-dress", "2-2": "re-shoot",
    }  # fmt: skip
    assert (
        found[0].visible == ("umbrella",)
        and "umbrella" in found[0].reason
        and unmatched == ("gone ep009 9-1",)
    )
    seen, _ = treatments(SMALL, SETTLED, ["rain"])
    assert seen[1].work == "re-dress"
    spared, _ = treatments(SMALL, SETTLED, words_only=["Umbrella"])
    assert [t.work for t in spared] == ["keep", "re-dub", "keep", "re-shoot"]
    assert treatments(SMALL, Settled(), ["shop"])[0][0].visible == ("shop",)


def test_names_match_as_words_and_as_characters() -> None:
    s = scene(
        "1-1",
        "伞坊",
        60,
        "A",
        elements=(Element("prop", "旧账本"), Element("prop", "red umbrella"), Element("music", "鼓点")),
    )
    assert visible(s, ["账本", "umbrella", "brella", "鼓点", "伞", "伞坊"]) == ("账本", "umbrella", "伞坊")


def test_scenes_are_found_by_their_cues_too() -> None:
    made = replace(
        SMALL,
        scenes=tuple(
            replace(s, cues=(f"ep{s.episode:03d}.c0001", f"ep{s.episode:03d}.c0009"))
            for s in SMALL.scenes[:1]
        ),
    )
    brief = 'market = "en-US"\n[[scene]]\nid = "x"\nepisode = 1\nfirst = "ep001.c0009"\nlast = "ep001.c0012"\naction = "remake"\n'
    found, unmatched = treatments(made, parse(brief, Path("b.toml")))
    assert found[0].work == "re-shoot" and found[0].decided == (("x", "remake"),) and not unmatched


def test_the_block_by_hand() -> None:
    made = customize(
        SMALL, RULES, PLAN, SETTLED, quick_plan, PRICED, edition="en-US", words_only=["umbrella"]
    )
    # One scene again: a day of crew, the yard, A and B; one scene dubbed; the script is not paid a second time.
    assert made.plan.total == D(10_000) + 1000 + 3000 + D("800.50") and made.budget.account(3400) == D(
        "150.05"
    )
    assert made.budget.total == made.plan.total + D("150.05") and made.budget.account(1100) == 0
    assert made.counts == {"re-shoot": 1, "re-dub": 1, "keep": 2} and made.scene_share == 0.25
    assert made.cost_share == pytest.approx(float(made.plan.total / PLAN.total)) and made.point is not None
    assert set(made.budget.scenes) == {"2-2", "1-2"} and any("gone ep009" in n for n in made.notes)
    assert sum(x.total for x in made.budget.scenes.values()) == made.budget.subtotal
    assert from_json(Customizing, to_json(made)) == made


def test_nothing_to_shoot_asks_no_solver() -> None:
    def never(*args: object) -> None:
        raise AssertionError

    made = customize(SMALL, RULES, PLAN, Settled(), never, edition="en-US")  # type: ignore[arg-type]
    assert made.budget.total == 0 and made.counts == {"keep": 4} and made.plan.days == ()
    dubbed = customize(
        SMALL,
        RULES,
        PLAN,
        replace(SETTLED, items=(), scenes=SETTLED.scenes[:1]),
        never,
        edition="en-US",  # type: ignore[arg-type]
    )
    assert any("no rate says what that costs (dub.scene)" in n for n in dubbed.notes)
    with pytest.raises(UserError, match="This brief is for en-US, not for ja-JP"):
        customize(SMALL, RULES, PLAN, SETTLED, quick_plan, edition="ja-JP")


def test_a_block_is_free_of_the_first_shoot() -> None:
    locked = replace(
        SMALL,
        scenes=tuple(replace(s, locked_day=1, after=("1-1",) if s.id != "1-1" else ()) for s in SMALL.scenes),
    )
    part = block(locked, ["2-1"])
    assert part.scenes[0].locked_day is None and part.scenes[0].after == ()
    assert [c.name for c in part.cast] == ["B"] and [x.name for x in part.locations] == ["shop"]


def test_a_brief_is_read_from_the_series_folder(tmp_path: Path) -> None:
    assert settled_for(tmp_path, "en-US") is None
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "en-US.toml").write_text(BRIEF, "utf-8")
    assert settled_for(tmp_path, "en-US", "teens") == SETTLED
    (tmp_path / "briefs" / "en-US.toml").write_text(BRIEF.replace("remake", "burn"), "utf-8")
    with pytest.raises(
        FileProblem, match=r"line 17: .*expected one of keep, light edit, local carrier, remake"
    ):
        settled_for(tmp_path, "en-US")


# --- the curve -------------------------------------------------------------------------------


def big() -> Breakdown:
    """60 scenes of 60 minutes at three places with four parts: about seven days."""
    places, cast = ("hall", "yard", "road"), ("AB", "BC", "CD", "A", "D")
    return Breakdown(tuple(scene(f"{i // 6 + 1}-{i}", places[i % 3], 60, cast[i % 5]) for i in range(60)))


def test_few_scenes_cost_more_than_their_share() -> None:
    made = cost_curve(big(), RULES, shares=(0.1, 0.5, 1.0), samples=6)
    assert [p.scenes for p in made.points] == [6, 30, 60] and made.points[-1].median == 1
    tenth = made.at(0.1)
    assert tenth.best <= tenth.low <= tenth.median <= tenth.high <= tenth.worst and tenth.median > 0.1
    assert made == cost_curve(big(), RULES, shares=(0.1, 0.5, 1.0), samples=6)
    assert from_json(Curve, to_json(made)) == made
    ran = cost_curve(big(), RULES, lambda b, r, p: quick_plan(b, r), samples=1, shares=(0.5,))
    assert ran.method == "scheduled by the solver"


def test_the_curve_is_a_picture() -> None:
    made = cost_curve(big(), RULES, shares=(0.1, 1.0), samples=3)
    svg = curve_svg(made, (0.2, 0.4), {"block": "<en-US> & more"})
    root = ET.fromstring(svg)
    texts = [e.text for e in root.iter() if e.text]
    assert "<en-US> & more" in texts and any("% of the scenes cost about" in t for t in texts)
    assert "nan" not in svg


@settings(max_examples=15, deadline=None)
@given(breakdowns())
def test_a_curve_ends_at_the_whole(made: Breakdown) -> None:
    got = cost_curve(made, RULES, shares=(0.3, 1.0), samples=2)
    assert got.points[-1].best == got.points[-1].worst == 1.0 and all(p.best <= p.worst for p in got.points)


def test_curves_of_nothing() -> None:
    free = replace(RULES, rates=tuple(Rate(r.key, D(0)) for r in RATES))
    with pytest.raises(UserError, match="costs nothing"):
        cost_curve(replace(SMALL, cast=(), locations=()), free)
    for bad in ({"samples": 0}, {"shares": (0.0,)}, {"shares": (1.2,)}):
        with pytest.raises(UserError):
            cost_curve(SMALL, RULES, **bad)  # type: ignore[arg-type]
    with pytest.raises(UserError):
        cost_curve(Breakdown(), RULES)


# --- the market ------------------------------------------------------------------------------

SCENARIO = {
    "edition": "en-US", "model": "free", "currency": "USD", "viewers": 1000, "simulated": True, "example": True,
    "net": {"value": 500.0, "low": -100.0, "high": 1000.0},
}  # fmt: skip
USD = {"USD": Rate("exchange.USD", D("7"), "CNY", "2026-01-15", "central bank")}


def test_break_even_by_hand() -> None:
    got = break_even(D("7000.01"), "CNY", SCENARIO, USD)
    # A viewer brings 0.50 USD, 3.50 CNY; at the low end nothing, at the high end 7 CNY.
    assert (got.viewers, got.few, got.many) == (2001, 1001, None) and got.each == D("3.5")
    assert got.lift == pytest.approx(2.0, abs=1e-4) and got.simulated and got.example
    assert any("1 USD = 7 CNY (2026-01-15, central bank)" in n for n in got.notes)
    assert from_json(BreakEven, to_json(got)) == got
    loss = break_even(D(1), "USD", {**SCENARIO, "net": {"value": -1, "low": -2, "high": 0}}, {}, "ja-JP")
    assert (loss.viewers, loss.few, loss.many, loss.lift) == (None, None, None, None)
    assert any("The scenario is of the edition en-US" in n for n in loss.notes)
    assert break_even(D(1), "USD", {**SCENARIO, "viewers": 0}, {}).viewers is None


def test_currencies_and_other_scenarios() -> None:
    with pytest.raises(UserError, match=r"in USD and the budget in CNY; give an \[\[exchange\]\]"):
        break_even(D(1), "CNY", SCENARIO, {})
    for bad in (
        {},
        {**SCENARIO, "net": None},
        {**SCENARIO, "viewers": "many"},
        {**SCENARIO, "net": {"value": "x", "low": 1, "high": 2}},
    ):
        with pytest.raises(UserError, match="no scenario of the business room"):
            break_even(D(1), "CNY", bad, USD)


def test_the_stored_scenario(tmp_path: Path) -> None:
    assert stored_scenario(tmp_path, "en-US") is None
    path = tmp_path / "business" / "scenario.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"scenarios": [SCENARIO, {**SCENARIO, "model": "paid"}]}), "utf-8")
    assert stored_scenario(tmp_path, "en-US") == SCENARIO and stored_scenario(tmp_path, "ja-JP") is None
    paid = stored_scenario(tmp_path, "en-US", "paid")
    assert paid is not None and paid["model"] == "paid"
    made = customize(
        SMALL,
        RULES,
        PLAN,
        SETTLED,
        quick_plan,
        replace(PRICED, exchange=USD),
        edition="en-US",
        scenario=SCENARIO,
    )
    assert made.break_even is not None and made.break_even.cost == made.budget.total
    for bad in ("[]", "{", '{"scenarios": [3]}', "\x00"):
        path.write_text(bad, "utf-8")
        with pytest.raises(FileProblem, match=r"scenario\.json: it holds no scenarios"):
            stored_scenario(tmp_path, "en-US")
