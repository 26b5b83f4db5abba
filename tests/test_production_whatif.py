"""What a change saves and what it touches, side by side; tiers change minutes and money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.production.changes import (
    Change,
    cut_scenes,
    drop_location,
    first_episodes,
    merge_characters,
    move_shoot,
    set_tier,
    use_units,
    without,
)
from smallscreen.production.model import Breakdown, Plan, Rules, from_json, to_json
from smallscreen.production.quick import quick_plan
from smallscreen.production.touched import times_of, touched
from smallscreen.production.whatif import Raise, WhatIf, raises, tier_ladder, what_if
from smallscreen.series.model import Cue, Finding, cue_id
from tests.production_small import PLAN, RULES, SMALL, D, breakdowns, plan_of

CUES = {1: [Cue(cue_id(1, i), 1, i, 1000 * i, 1000 * i + 900, "x") for i in range(1, 21)]}
READ = replace(
    SMALL,
    scenes=(
        replace(SMALL.scenes[0], cues=(cue_id(1, 1), cue_id(1, 10))),
        replace(SMALL.scenes[1], cues=(cue_id(1, 11), cue_id(1, 20))),
        *SMALL.scenes[2:],
    ),
)


def found(check: str, first: int, last: int, **more: object) -> Finding:
    return Finding(check, 1, 1000 * first, 1000 * last + 900, f"{check} here", cue=cue_id(1, first), **more)  # type: ignore[arg-type]


FOUND = [
    found("story.hook", 19, 20, confidence=0.4),
    found("story.vulnerability", 9, 12),
    found("story.face-slap", 2, 3),
    found("story.trope", 12, 13),
    found("culture.kinship", 12, 13),
    found("story.vulnerability", 12, 12, edition="en-US"),
]


def one_a_day(b: Breakdown, rules: Rules, before: Plan | None) -> Plan:
    """A solver whose plans can be counted by hand: every scene on a day of its own."""
    return plan_of(b, [[s.id] for s in b.scenes], rules)


def test_a_cut_by_hand() -> None:
    plan = one_a_day(READ, RULES, None)
    got = what_if(
        READ, RULES, plan, cut_scenes(READ, RULES, ["1-2"]), one_a_day, findings=FOUND, times=times_of(CUES)
    )
    # A day of the crew, of the yard and of A; A still waits one day for 2-2, B has none to wait any more.
    assert got.money == -(D(10000) + 1000 + 3000) - D("400.25")
    assert (got.days, got.days_before, got.days_after) == (-1, 4, 3) and got.after - got.before == got.money
    assert [(t.kind, t.check, t.partly) for t in got.touched] == [
        ("hook", "story.hook", False),
        ("vulnerable scene", "story.vulnerability", True),
    ]
    assert got.cut == ("1-2",) and got.unread == () and got.screen_seconds_cut == 50
    assert {a.number: a.after - a.before for a in got.accounts}[2100] == -10000
    assert got.least is None and any("Not both plans are proved" in n for n in got.notes)
    assert from_json(WhatIf, to_json(got)) == got
    assert not any("score" in k for k in to_json(got))


def test_bounds_make_a_range() -> None:
    def bounded(b: Breakdown, rules: Rules, before: Plan | None) -> Plan:
        plan = one_a_day(b, rules, before)
        return replace(plan, bound=plan.total - 100, proved=False)

    plan = bounded(SMALL, RULES, None)
    got = what_if(SMALL, RULES, plan, cut_scenes(SMALL, RULES, ["2-2"]), bounded)
    assert got.least == got.money - 100 and got.most == got.money + 100


def test_scenes_without_subtitles_are_told() -> None:
    some, unread = touched(READ, ["2-1", "1-1"], FOUND, times_of(CUES))
    assert unread == ("2-1",) and [t.check for t in some] == ["story.vulnerability", "story.face-slap"]


def test_drop_a_location() -> None:
    into = drop_location(SMALL, RULES, "yard", "shop")
    assert {s.place for s in into.breakdown.scenes} == {"shop"} and len(into.breakdown.locations) == 1
    assert into.changed == ("1-2", "2-2") and into.cut == () and "dress" in into.notes[0]
    gone = drop_location(SMALL, RULES, "yard")
    assert gone.cut == ("1-2", "2-2") and [s.id for s in gone.breakdown.scenes] == ["1-1", "2-1"]
    for bad, says in (
        (("pier",), "No scene is shot at 'pier'"),
        (("yard", "yard"), "no other location"),
        (("yard", "x"), "no other"),
    ):
        with pytest.raises(UserError, match=says):
            drop_location(SMALL, RULES, *bad)
    dark = replace(SMALL, locations=(replace(SMALL.locations[0], night_ok=False), SMALL.locations[1]))
    assert "1-2 are night scenes" in drop_location(dark, RULES, "yard", "shop").notes[1]


def test_merge_two_characters() -> None:
    made = merge_characters(SMALL, RULES, "B", "A")
    assert [s.cast for s in made.breakdown.scenes] == [("A",)] * 4 and [
        c.name for c in made.breakdown.cast
    ] == ["A"]
    assert made.changed == ("1-1", "2-1", "2-2") and "meet in 1-1, 2-2" in made.notes[0]
    got = what_if(
        SMALL,
        RULES,
        PLAN,
        made,
        lambda b, r, p: plan_of(b, [["1-1", "2-1"], ["2-2", "1-2"]], r, frozenset({2})),
    )
    assert got.money == -2 * D("800.50")
    for bad in (("C", "A"), ("A", "C"), ("A", "A")):
        with pytest.raises(UserError):
            merge_characters(SMALL, RULES, *bad)


def test_units_dates_and_nonsense() -> None:
    assert use_units(SMALL, RULES).rules.units == 2
    assert move_shoot(SMALL, RULES, date(2027, 3, 1)).rules.start == date(2027, 3, 1)
    for call in (
        lambda: use_units(SMALL, RULES, 0),
        lambda: cut_scenes(SMALL, RULES, []),
        lambda: cut_scenes(SMALL, RULES, ["9-9"]),
    ):
        with pytest.raises(UserError):
            call()
    with pytest.raises(UserError, match="nothing to shoot"):
        cut_scenes(SMALL, RULES, [s.id for s in SMALL.scenes])


def test_what_followed_a_cut_scene_follows_what_it_followed() -> None:
    chain = replace(
        SMALL,
        scenes=tuple(
            replace(s, after=(b.id,))
            for s, b in zip(SMALL.scenes, SMALL.scenes[-1:] + SMALL.scenes[:-1], strict=True)
        ),
    )
    left = without(
        replace(chain, scenes=(replace(chain.scenes[0], after=()), *chain.scenes[1:])), ["1-2", "2-1"]
    )
    assert [s.after for s in left.scenes] == [(), ("1-1",)]
    assert [s.after for s in without(chain, ["1-1", "1-2", "2-1"]).scenes] == [("2-2",)]


@settings(max_examples=40, deadline=None)
@given(breakdowns(), st.data())
def test_cutting_a_scene_never_costs_more_in_a_plan_of_a_scene_a_day(
    made: Breakdown, data: st.DataObject
) -> None:
    if len(made.scenes) < 2:
        return
    gone = data.draw(st.sampled_from([s.id for s in made.scenes]))
    got = what_if(made, RULES, one_a_day(made, RULES, None), cut_scenes(made, RULES, [gone]), one_a_day)
    assert got.money <= 0 and got.days == -1
    assert sum(a.after - a.before for a in got.accounts) == got.money


# --- tiers -----------------------------------------------------------------------------------


def test_a_better_tier_takes_longer() -> None:
    made = first_episodes(SMALL, RULES, 1)
    minutes = {s.id: s.minutes for s in made.breakdown.scenes}
    assert (
        minutes["1-1"] > 200
        and minutes["1-2"] > 100
        and minutes["2-1"] == 300
        and made.changed == ("1-1", "1-2")
    )
    back = set_tier(made.breakdown, RULES, "standard", ["1-1", "1-2"])
    assert [s.minutes for s in back.breakdown.scenes][:2] == pytest.approx([200, 100], abs=0.2)
    assert set_tier(SMALL, RULES, "standard").changed == ()
    for call in (lambda: first_episodes(SMALL, RULES, 0), lambda: set_tier(SMALL, RULES, "gold")):  # type: ignore[arg-type]
        with pytest.raises(UserError):
            call()


def test_the_ladder_and_what_a_raise_costs() -> None:
    rungs = tier_ladder(SMALL, RULES, PLAN, ["1-1", "2-1"], quick_plan)
    assert [r.tier for r in rungs] == ["basic", "standard", "fine"] and rungs[0].more is None
    assert rungs[0].minutes < rungs[1].minutes == 500 < rungs[2].minutes
    assert rungs[2].more == rungs[2].total - rungs[1].total
    found = {r.scene: r for r in raises(SMALL, RULES, PLAN)}
    assert set(found) == {s.id for s in SMALL.scenes}
    a = found["1-1"]
    assert isinstance(a, Raise) and a.tier == "fine" and a.room == 100 and a.fits == (a.more_minutes <= 100)
    # Day 1 costs 10,000 for 500 minutes: 20 a minute.
    assert a.average == (D(20) * D(str(a.more_minutes))).quantize(D("0.01"))


def test_a_change_keeps_the_first_breakdown() -> None:
    before = to_json(SMALL)
    assert isinstance(merge_characters(SMALL, RULES, "A", "B"), Change)
    set_tier(SMALL, RULES, "fine")
    assert to_json(SMALL) == before
