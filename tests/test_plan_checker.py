"""The checker against plans made wrong by hand, and its money against sums by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smallscreen.production.solve.checker import RuleBroken, check, cost, day_uses, faults
from smallscreen.production.solve.problem import Actor, Place, Problem, Scene

ANN, BEN, KID = 0, 1, 2
HOUSE, STREET = 0, 1
SHOOT = Problem(
    scenes=(
        Scene("1", 300, HOUSE, (ANN,)),
        Scene("2", 300, HOUSE, (ANN, BEN), "D"),
        Scene("3", 100, STREET, (KID,), "N"),
        Scene("4", 100, STREET, (ANN, KID)),
    ),
    actors=(Actor("Ann", 1000, 500), Actor("Ben", 800, 400, ((0, 1),)), Actor("Kid", 300, 150, (), 150)),
    places=(Place("house", 2000), Place("street", 500, ((1, 3),))),
    days=4,
)  # fmt: skip
GOOD = (0, 0, 1, 2)


def test_a_plan_that_keeps_every_rule_has_no_faults_and_its_money_adds_up() -> None:
    assert faults(SHOOT, GOOD) == []
    parts = cost(SHOOT, GOOD)
    assert parts == {
        "crew": 3 * 35_000,
        "night": 6_000,
        "location": 2000 + 500 + 500,
        "moves": 0,
        "cast": 1000 * 2 + 800 + 300 * 2,
        "holding": 500,
        "overtime": 0,
    }
    assert check(SHOOT, GOOD).total == sum(parts.values())


def test_days_before_the_last_used_one_are_paid() -> None:
    alone = replace(SHOOT, scenes=(Scene("1", 10, HOUSE, ()),))
    assert cost(alone, (3,))["crew"] == 4 * 35_000


@pytest.mark.parametrize(
    ("slots", "scenes", "said"),
    [
        ((0, 2, 1, 3), {}, "Ben is not free on day 2 (scene 2)"),
        ((0, 0, 0, 2), {}, "street is not free on day 0 (scene 3)"),
        ((0, 0, 1, 1), {}, "Kid works 200 minutes on day 1, at most 150 are allowed"),
        ((0, 0, 1, 4), {}, "scene 4 lies outside the 4 days"),
        ((0, 0, 1, 2), {0: {"locked": 1}}, "scene 1 is locked to day 1, not 0"),
        ((0, 0, 1, 2), {0: {"first": 1}}, "scene 1 on day 0 is too early or too late"),
        ((0, 0, 1, 2), {3: {"last": 1}}, "scene 4 on day 2 is too early or too late"),
        ((0, 0, 1, 2), {1: {"after": (3,)}}, "scene 2 on day 0 comes before 4, which it follows"),
        ((0, 0, 1, 2), {2: {"minutes": 241}}, "day 1 has 241 minutes of night scenes in a block of 240"),
        ((0, 0, 1, 2), {1: {"minutes": 661}}, "day 0 has 661 minutes of day scenes in 660"),
        ((0, 0, 1, 2), {0: {"minutes": 601}}, "day 0 has 901 minutes and holds 900"),
    ],
)  # fmt: skip
def test_every_broken_rule_is_named(slots: tuple[int, ...], scenes: dict[int, dict], said: str) -> None:
    broken = replace(SHOOT, scenes=tuple(replace(s, **scenes.get(i, {})) for i, s in enumerate(SHOOT.scenes)))
    assert said in faults(broken, slots)
    with pytest.raises(RuleBroken):
        check(broken, slots)


def test_an_overflow_uses_the_night_block_and_makes_the_next_day_shorter() -> None:
    scenes = (Scene("1", 700, HOUSE), Scene("2", 541, HOUSE, (), "D"))
    shoot = replace(SHOOT, scenes=scenes)
    assert day_uses(shoot, (0, 1))[0].night
    assert faults(shoot, (0, 1)) == ["day 1 has 541 minutes of day scenes in 540"]
    assert faults(shoot, (0, 2)) == []
    assert faults(replace(shoot, rested=frozenset({1})), (0, 1)) == []
    assert faults(replace(shoot, rested=frozenset({2})), (0, 1)) != []


def test_a_move_takes_minutes_and_money() -> None:
    scenes = (Scene("1", 300, HOUSE), Scene("2", 316, STREET))
    shoot = replace(SHOOT, scenes=scenes)
    (use,) = day_uses(shoot, (1, 1))
    assert (use.holds, use.night) == (615, True)
    assert cost(shoot, (1, 1))["moves"] == 1_500
    assert faults(replace(shoot, most_moves=0), (1, 1)) == ["day 1 has 1 moves, at most 0 are allowed"]


def test_a_place_without_nights_has_day_scenes_only() -> None:
    places = (replace(SHOOT.places[0], night_ok=False), SHOOT.places[1])
    shoot = replace(SHOOT, scenes=(Scene("1", 700, HOUSE),), places=places)
    assert faults(shoot, (0,)) == ["day 0 has 700 minutes of day scenes in 660"]
    shoot = replace(shoot, scenes=(Scene("1", 100, HOUSE, (), "N"),))
    assert "night scene at house" in faults(shoot, (0,))[0]


def test_nobody_works_for_two_units_on_a_day() -> None:
    shoot = replace(SHOOT, scenes=(Scene("1", 100, HOUSE, (ANN,)), Scene("2", 100, HOUSE, (ANN,))), units=2)
    assert faults(shoot, (0, 1)) == ["Ann works for 2 units on day 0"]
    assert faults(shoot, (0, 2)) == []
    assert cost(shoot, (0, 3))["crew"] == 3 * 35_000


def test_overtime_is_what_even_the_night_block_does_not_hold() -> None:
    shoot = replace(SHOOT, scenes=(Scene("1", 930, HOUSE),), overtime_max=30, overtime_rate=10)
    assert faults(shoot, (0,)) == []
    assert cost(shoot, (0,))["overtime"] == 300
    assert faults(replace(shoot, overtime_max=29), (0,)) == ["day 0 has 930 minutes and holds 929"]
