"""The rules of a schedule: nights, units, rest, windows, clashes, and a verification that sees what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.production import verify
from smallscreen.production.clash import clashes
from smallscreen.production.day_order import day_order
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Location,
    Plan,
    Rate,
    Rules,
    from_json,
    to_json,
)
from smallscreen.production.replan import cut
from smallscreen.production.schedule import (
    ImpossiblePlan,
    differences,
    make,
    squeezed,
)
from smallscreen.production.shoot import calendar, shoot_of, time_of
from smallscreen.production.whatif import raises
from tests.shoot_made import QUICK, START, day_of, scene, shoot

pytest.importorskip("ortools")

# --- rules -----------------------------------------------------------------------------------


def test_days_off_have_no_number() -> None:
    rules = replace(QUICK, start=START, weekdays_off=(5, 6), days_off=(date(2027, 3, 3),))
    days = [d.isoformat()[5:] for d in calendar(rules, 5) if d]
    assert days == ["03-01", "03-02", "03-04", "03-05", "03-08"]
    with pytest.raises(UserError, match="every weekday"):
        calendar(replace(rules, weekdays_off=tuple(range(7))), 5)


def test_night_is_outside_in_the_dark_and_light_is_outside_by_day() -> None:
    some = [
        scene("1-1", time=t, interior=i) for t in ("day", "night", "dusk", "") for i in (True, False, None)
    ]
    assert [time_of(s) for s in some] == list("ADDANNADDAAA")


def test_a_day_is_ordered_by_moves_then_night_last() -> None:
    day = [
        scene("1-1", "A"),
        scene("1-2", "B", time="night", interior=False),
        scene("1-3", "B"),
        scene("1-4", "A", after=("1-5",)),
        scene("1-5", "A"),
    ]
    order = day_order(day, QUICK)
    assert order[-1] == "1-2" and order[-2] == "1-3" and order.index("1-5") < order.index("1-4")


def test_a_day_scene_after_a_night_scene_is_on_a_later_day() -> None:
    made = shoot(scene("1-1", time="night", interior=False), scene("1-2", after=("1-1",)))
    found = make(made, QUICK, 1).plan
    assert day_of(found) == {"1-1": 1, "1-2": 2} and verify.faults(found, made, QUICK) == []


def test_two_units() -> None:
    made = shoot(*(scene(f"{i}-1", f"P{i}", (f"c{i % 2}",), minutes=300.0) for i in range(1, 5)))
    rules = replace(QUICK, units=2)
    found = make(made, rules, 2).plan
    assert verify.faults(found, made, rules) == []
    assert {d.unit for d in found.days} <= {1, 2}


@pytest.mark.parametrize(
    ("made", "rules", "said"),
    [
        (Breakdown(), QUICK, "no scene"),
        (shoot(scene("1-1", "")), QUICK, "Scene 1-1 has no location"),
        (shoot(scene("1-1"), scene("1-1")), QUICK, "scene 1-1 more than once"),
        (shoot(scene("1-1", after=("9-9",))), QUICK, "must follow scene 9-9"),
        (shoot(scene("1-1", after=("1-2",)), scene("1-2", after=("1-1",))), QUICK, "in a ring"),
        (shoot(scene("1-1", locked_day=0)), QUICK, "days count from 1"),
        (shoot(scene("1-1")), replace(QUICK, max_days=0), "max_days from 1"),
        (shoot(scene("1-1"), cast=(CastMember("ann", 1, Decimal(-5)),)), QUICK, "rate of ann is -5"),
        (shoot(scene("1-1")), replace(QUICK, currency="USD"), "all rates in one currency"),
        (
            shoot(scene("1-1"), cast=(CastMember("ann", 1, windows=((START, START),)),)),
            QUICK,
            "no date to start on",
        ),
        (shoot(scene("1-1")), replace(QUICK, rates=(Rate("night", Decimal(1)),)), "no rate"),
    ],
)
def test_what_no_plan_can_be_made_of(made: Breakdown, rules: Rules, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make(made, rules, 1)


W = replace(QUICK, start=START)


def free(*days: int) -> tuple[tuple[date, date], ...]:
    return tuple((date(2027, 3, d), date(2027, 3, d)) for d in days)


@pytest.mark.parametrize(
    ("made", "rules", "core"),
    [
        (
            shoot(scene("1-1"), cast=(CastMember("ann", 1, windows=free(2)),), places=(Location("A", windows=free(4)),)),
            W,
            {
                "Scene 1-1 must be shot at A (100 minutes).",
                "ann is free on day 2 (2027-03-02) only.",
                "A is free on day 4 (2027-03-04) only.",
            },
        ),
        (
            shoot(scene("1-1", locked_day=3), scene("1-2", locked_day=1, after=("1-1",)), scene("2-1", "B")),
            W,
            {
                "Scene 1-1 is locked to day 3.",
                "Scene 1-2 is locked to day 1.",
                "Scene 1-2 must follow scene 1-1.",
            },
        ),
        (shoot(scene("1-1", locked_day=9)), W, {"Scene 1-1 is locked to day 9, but the shoot has 6.", "The shoot has at most 6 days."}),
        (
            shoot(scene("1-1", time="night", interior=False), places=(Location("A", night_ok=False),)),
            W,
            {"Scene 1-1 is a night scene at A.", "Nights are not allowed at A."},
        ),
        (
            shoot(scene("1-1"), scene("1-2", "B"), scene("1-3", "C")),
            replace(W, max_days=2, moves_a_day=0),
            {"A day has at most 0 company moves.", "The shoot has at most 2 days."},
        ),
        (
            shoot(scene("1-1"), cast=(CastMember("ann", 1, minor=True),)),
            replace(W, minor_minutes=60),
            {"Scene 1-1 takes 100 minutes.", "ann is a minor and works at most 60 minutes a day."},
        ),
    ],
)  # fmt: skip
def test_clashing_rules_are_named_and_each_is_needed(made: Breakdown, rules: Rules, core: set[str]) -> None:
    with pytest.raises(ImpossiblePlan) as e:
        make(made, rules, 1)
    found = set(e.value.rules)
    assert core <= found
    assert all("must be shot" in said for said in found - core)


def test_too_many_minutes_are_said_as_sums() -> None:
    made = shoot(*(scene(f"{i}-1", minutes=600.0) for i in range(1, 5)))
    said = clashes(shoot_of(made, replace(QUICK, max_days=2)), 5)
    assert said is not None and "2,400 minutes" in said[0] and said[-1] == "The shoot has at most 2 days."
    assert clashes(shoot_of(made, QUICK), 5) == []


def test_days_without_scenes_are_left_out_where_that_may_be() -> None:
    p = shoot_of(shoot(scene("1-1"), scene("1-2", "B")), QUICK).problem
    assert squeezed(p, [1, 4]) == [0, 1]
    locked = shoot_of(shoot(scene("1-1"), scene("1-2", "B", locked_day=3)), QUICK).problem
    assert squeezed(locked, [1, 2]) == [1, 2]


def test_dates_are_cut_out_of_windows() -> None:
    rules = replace(QUICK, start=START)
    d = [date(2027, 3, n) for n in range(1, 11)]
    assert cut([(d[0], d[5])], [d[2]], rules) == ((d[0], d[1]), (d[3], d[5]))
    assert cut([(d[0], d[1])], [d[0], d[1]], rules)[0][1] < START
    always = cut([], [d[0]], rules)
    assert always[0][0] == d[1] and len(always) == 1


def test_differences_are_said() -> None:
    made = shoot(scene("1-1"), scene("1-2", "B"))
    a = make(shoot(scene("1-1", locked_day=1), scene("1-2", "B", locked_day=1)), QUICK, 1).plan
    b = make(shoot(scene("1-1", locked_day=1), scene("1-2", "B", locked_day=2)), QUICK, 1).plan
    said = differences(a, b)
    assert said[0] == "Scene 1-2 moves from day 1 to day 2." and said[1] == "The shoot takes 1 day more, 2."
    assert "CNY more" in said[2] and differences(a, a) == () and made.scenes


def test_a_day_off_is_rest_enough_after_a_night() -> None:
    made = shoot(
        scene("1-1", time="night", interior=False, locked_day=1),
        scene("1-2", minutes=500.0, interior=False, locked_day=2),
    )
    friday = replace(QUICK, start=date(2027, 3, 5), turnaround_minutes=200)
    with pytest.raises(ImpossiblePlan, match="200 fewer after a night"):
        make(made, friday, 1)
    weekend = replace(friday, weekdays_off=(5, 6))
    found = make(made, weekend, 1).plan
    assert verify.faults(found, made, weekend) == [] and found.proved
    first, second = found.days
    assert first.night and not second.night and second.date == date(2027, 3, 8)
    # On neighboring dates the same days break the turnaround, which the verification sees by itself.
    near = replace(found, days=(first, replace(second, date=date(2027, 3, 6))))
    assert any("500 minutes of day scenes" in x for x in verify.faults(near, made, friday))
    (raised,) = [x for x in raises(made, weekend, found) if x.scene == "1-2"]
    assert raised.room == weekend.day_minutes - 500


# --- verify ----------------------------------------------------------------------------------


def test_the_verification_sees_what_is_wrong() -> None:
    made = shoot(
        scene("1-1"), scene("1-2", "B", ("ben",)), scene("1-3", time="night", interior=False, after=("1-1",)),
        cast=(CastMember("ben", 2, minor=True, windows=free(1, 2)),),
        places=(Location("B", windows=free(1, 2)),),
    )  # fmt: skip
    good = make(made, W, 1).plan
    assert verify.faults(good, made, W) == []
    day = good.days[0]
    wrong = [
        (replace(good, days=()), made, W),
        (replace(good, days=(replace(day, scenes=(*day.scenes, day.scenes[0])), *good.days[1:])), made, W),
        (replace(good, days=(replace(day, scenes=day.scenes[::-1]), *good.days[1:])), made, W),
        (replace(good, days=(replace(day, date=date(2027, 3, 9)), *good.days[1:])), made, W),
        (replace(good, days=(replace(day, minutes=day.minutes + 1), *good.days[1:])), made, W),
        (replace(good, cost={**good.cost, "cast": Decimal(1)}), made, W),
        (replace(good, bound=good.total + 1), made, W),
        (good, made, replace(W, minor_minutes=10)),
        (good, made, replace(W, moves_a_day=0)),
        (good, made, replace(W, night_minutes=10)),
        (good, made, replace(W, day_minutes=100, night_minutes=100)),
        (good, replace(made, locations=(Location("A"), Location("B", windows=free(5)))), W),
        (good, replace(made, locations=(Location("A", night_ok=False), Location("B"))), W),
        (good, replace(made, cast=(CastMember("ben", 1, windows=free(5)),)), W),
        (good, replace(made, scenes=(replace(made.scenes[0], locked_day=5), *made.scenes[1:])), W),
        (good, replace(made, scenes=(replace(made.scenes[0], after=("1-3",)), *made.scenes[1:])), W),
    ]
    for n, (some, of, rules) in enumerate(wrong):
        assert verify.faults(some, of, rules), n
    with pytest.raises(verify.PlanBroken):
        verify.check(wrong[0][0], made, W)


@st.composite
def shoots(draw: st.DrawFn) -> tuple[Breakdown, Rules]:
    """Small breakdowns with everything that a plan has to keep; some of them impossible."""
    n = draw(st.integers(1, 9))
    names = ["ann", "ben", "cat"]
    places = ["A", "B", "C"]
    scenes = []
    for i in range(n):
        before = tuple(s.id for s in scenes if draw(st.integers(0, 9)) == 0)
        scenes.append(
            scene(
                f"{i + 1}-1",
                draw(st.sampled_from(places)),
                tuple(x for x in names if draw(st.booleans())),
                time=draw(st.sampled_from(["day", "night", "dusk", ""])),
                interior=draw(st.sampled_from([True, False, None])),
                minutes=float(draw(st.integers(1, 40)) * 5),
                after=before,
                locked_day=draw(st.sampled_from([None] * 9 + [1, 2])),
            )
        )
    windows = st.sampled_from([(), (), (), free(1, 2, 3), ((date(2027, 3, 2), date(2027, 3, 9)),)])
    rates = st.sampled_from([None, Decimal("333.33"), Decimal(801)])
    cast = tuple(
        CastMember(x, i, draw(rates), draw(st.booleans()), draw(windows)) for i, x in enumerate(names, 1)
    )
    rooms = tuple(
        Location(x, draw(rates), draw(windows), draw(st.booleans()) or draw(st.booleans())) for x in places
    )
    rules = Rules(
        start=START,
        max_days=draw(st.integers(2, 6)),
        moves_a_day=draw(st.sampled_from([None, 0, 1, 2])),
        units=draw(st.sampled_from([1, 1, 1, 2])),
        overtime_minutes=draw(st.sampled_from([0, 50])),
        weekdays_off=draw(st.sampled_from([(), (1,)])),
        holding_share=draw(st.sampled_from([Decimal("0.5"), Decimal("0.333"), Decimal(0)])),
    )
    return Breakdown(tuple(scenes), cast, rooms), rules


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shoots())
def test_every_plan_keeps_every_rule(case: tuple[Breakdown, Rules]) -> None:
    made, rules = case
    try:
        found = make(made, rules, 0.5).plan
    except ImpossiblePlan as e:
        assert e.rules
        return
    except UserError as e:
        assert "No order of the scenes" in str(e) or "was found" in str(e)
        return
    assert verify.faults(found, made, rules) == []
    assert found.bound is not None and found.bound <= found.total
    assert from_json(Plan, to_json(found)) == found
