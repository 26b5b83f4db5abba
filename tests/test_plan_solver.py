"""The solvers against brute force on small shoots, bad input, Ctrl-C, and the known talent instances."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.production.solve import talent as talents
from smallscreen.production.solve.bound import Bound
from smallscreen.production.solve.checker import check, cost, faults
from smallscreen.production.solve.conflict import find_conflict
from smallscreen.production.solve.cpsat import Part
from smallscreen.production.solve.least import Least
from smallscreen.production.solve.lns import every_slot, solve
from smallscreen.production.solve.price import pricer
from smallscreen.production.solve.problem import Actor, Place, Problem, Scene
from smallscreen.production.solve.read import parse_problem, read_problem, read_talent, write_problem
from smallscreen.production.solve.replan import replan
from smallscreen.production.solve.settle import Settling
from smallscreen.production.solve.start import anneal, least_days
from smallscreen.production.solve.state import State

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCHEDULES = Path(__file__).resolve().parents[2] / "shared" / "data" / "schedule"


@st.composite
def shoots(draw: st.DrawFn, units: int | None = None) -> Problem:
    """Small shoots with every kind of rule; many of them have no plan at all."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    days = rng.choice([2, 3])
    units = units or rng.choice([1, 1, 1, 2])
    n = rng.randint(1, 6 if days * units <= 3 else 4)

    def windows() -> tuple[tuple[int, int], ...]:
        first = rng.randrange(days)
        return () if rng.random() < 0.7 else ((first, rng.randint(first, days - 1)),)

    actors = tuple(
        Actor(f"a{i}", (r := rng.randrange(0, 9)) * 200, r * 100, windows(), rng.choice([None, None, 300]))
        for i in range(3)
    )
    places = tuple(Place(f"p{i}", rng.randrange(5) * 500, windows(), rng.random() < 0.8) for i in range(3))
    scenes = tuple(
        Scene(
            str(i),
            rng.randrange(40, 400),
            place := rng.randrange(3),
            tuple(sorted(rng.sample(range(3), rng.randint(0, 2)))),
            rng.choice("DAAN") if places[place].night_ok else "A",  # type: ignore[arg-type]
            rng.choice([0, 0, 0, 1]),
            rng.choice([None, None, days - 1, 1]),
            (rng.randrange(i),) if i and rng.random() < 0.15 else (),
            rng.choice([None] * 8 + [0]),
        )
        for i in range(n)
    )
    return Problem(
        scenes, actors, places, days, units=units, day_rate=rng.choice([0, 3000, 35000]), unit_rate=2000,
        most_moves=rng.choice([None, 1]), overtime_max=rng.choice([0, 60]), overtime_rate=7, move_rate=rng.choice([0, 1500]),
        night_rate=rng.choice([0, 600]), rested=frozenset(d for d in range(1, days) if rng.random() < 0.3),
    )  # fmt: skip


def brute(problem: Problem) -> int | None:
    """The cheapest plan by trying every one."""
    plans = itertools.product(range(problem.slots), repeat=len(problem.scenes))
    costs = [sum(cost(problem, p).values()) for p in plans if not faults(problem, p)]
    return min(costs, default=None)


def whole(problem: Problem, begin: list[int]) -> tuple[Part, tuple[int, ...] | None]:
    part = Part(problem, begin, {i: every_slot(problem, i) for i in range(len(problem.scenes))})
    return part, part.solve(20, 1)


@FEW
@given(shoots())
def test_the_model_finds_what_brute_force_finds(problem: Problem) -> None:
    best = brute(problem)
    if not all(problem.open_days):
        assert best is None
        return
    part, found = whole(problem, [every_slot(problem, i)[0] for i in range(len(problem.scenes))])
    if best is None:
        assert found is None or faults(problem, found)
        return
    assert part.status == "optimal" and found is not None
    assert faults(problem, found) == []
    assert sum(cost(problem, found).values()) == best


@FEW
@given(shoots())
def test_an_impossible_shoot_names_rules_that_clash_and_no_fewer_would(problem: Problem) -> None:
    clash = find_conflict(problem, 20)
    assert (clash is None) == (brute(problem) is not None)
    assert clash is None or clash


@FEW
@given(shoots())
def test_no_bound_lies_above_the_cheapest_plan(problem: Problem) -> None:
    best = brute(problem)
    if best is not None:
        bound = Bound(problem)
        assert bound.value <= best
        assert bound.run(0.3) <= best
        assert least_days(problem) <= problem.days


@FEW
@given(shoots(), st.randoms(use_true_random=False))
def test_the_annealed_state_counts_as_the_checker_does(problem: Problem, rng: random.Random) -> None:
    state = State(problem, [rng.randrange(problem.slots) for _ in problem.scenes])
    for _ in range(30):
        state.move(rng.randrange(len(problem.scenes)), rng.randrange(problem.slots))
        fresh = State(problem, state.slot)
        assert (state.cost, state.over) == (fresh.cost, fresh.over)
        parts = cost(problem, state.slot)
        last = max(state.slot) // problem.units
        crew = problem.day_rate * (last + 1)
        if not state.over:
            assert state.cost == sum(parts.values()) - crew
        windows = [f for f in faults(problem, state.slot) if "free on" not in f and "locked" not in f]
        if not any("too early" in f or "night scene at" in f for f in windows):
            assert (state.over == 0) == (windows == [])


@FEW
@given(shoots(units=1), st.randoms(use_true_random=False))
def test_a_move_is_priced_as_it_is_made(problem: Problem, rng: random.Random) -> None:
    state = State(problem, [rng.randrange(problem.slots) for _ in problem.scenes])
    price = pricer(state)
    assert price is not None
    for _ in range(40):
        i, j = rng.randrange(len(problem.scenes)), rng.randrange(len(problem.scenes))
        old, new = state.slot[i], rng.randrange(problem.slots)
        swap = rng.random() < 0.5 and i != j
        new = state.slot[j] if swap else new
        if new == old or not state.plain[i] or (swap and not state.plain[j]):
            continue
        asked, before = price(i, j if swap else -1, new), (state.cost, state.over)
        state.move(i, new)
        if swap:
            state.move(j, old)
        assert asked == (state.cost - before[0], state.over - before[1])


@settings(max_examples=4, deadline=None)
@given(shoots(units=1))
def test_the_whole_search_is_right_on_small_shoots(problem: Problem) -> None:
    best = brute(problem)
    if best is None:
        with pytest.raises(UserError):
            solve(problem, 3.0)
        return
    solution = solve(problem, 3.0)
    assert faults(problem, solution.slot) == []
    assert solution.total == best
    assert solution.bound is not None and solution.bound <= best


def made(scenes: int = 60, days: int = 6, seed: int = 5) -> Problem:
    """A shoot of some size that surely has a plan."""
    rng = random.Random(seed)
    return Problem(
        tuple(
            Scene(
                f"{i}",
                rng.randrange(8, 30),
                rng.randrange(4),
                tuple(rng.sample(range(6), 2)),
                rng.choice("AAAD"),
            )  # type: ignore[arg-type]
            for i in range(scenes)
        ),
        tuple(Actor(f"actor {i}", 1000 * i, 500 * i) for i in range(6)),
        tuple(Place(f"place {i}", 1000 * i) for i in range(4)),
        days,
        name="made",
    )


def test_a_middling_shoot_keeps_every_rule_and_says_a_gap() -> None:
    problem = made(120)
    solution = solve(problem, 5.0)
    assert faults(problem, solution.slot) == []
    assert solution.bound is not None and 0 < solution.bound <= solution.total
    assert solution.gap is not None and 0 <= solution.gap < 1
    assert solution.seconds < 12


def test_after_a_change_few_scenes_move() -> None:
    problem = made(90, 5)
    before = solve(problem, 3.0, workers=1)
    day = before.slot[0]
    ill = problem.scenes[0].cast[0]
    free = tuple((d, d) for d in range(problem.days) if d != day)
    actors = tuple(replace(a, windows=free) if i == ill else a for i, a in enumerate(problem.actors))
    changed = replace(problem, actors=actors)
    must = sum(ill in s.cast and x == day for s, x in zip(problem.scenes, before.slot, strict=True))
    after = replan(changed, before.slot, 8.0)
    assert faults(changed, after.solution.slot) == []
    assert must <= len(after.changes) <= must + 9
    assert all(
        c.before == before.slot[c.scene] and c.after == after.solution.slot[c.scene] for c in after.changes
    )


@settings(max_examples=25, deadline=None)
@given(shoots(), st.randoms(use_true_random=False))
def test_no_plan_moves_fewer_scenes_and_none_of_those_is_cheaper(
    problem: Problem, rng: random.Random
) -> None:
    """From any old plan, also one that breaks rules or lacks scenes, against trying every plan."""
    before = [rng.randrange(-1, problem.slots) for _ in problem.scenes]
    plans = itertools.product(range(problem.slots), repeat=len(before))
    best = min(
        (
            (sum(map(int.__ne__, before, p)), sum(cost(problem, p).values()))
            for p in plans
            if not faults(problem, p)
        ),
        default=None,
    )
    if best is None:
        with pytest.raises(UserError):
            replan(problem, before, 4.0)
        return
    after = replan(problem, before, 4.0)
    assert (len(after.changes), after.solution.total) == best
    assert after.at_least == best[0]


@FEW
@given(shoots(), st.randoms(use_true_random=False))
def test_a_settled_plan_counts_as_the_checker_does(problem: Problem, rng: random.Random) -> None:
    if not all(problem.open_days):
        return
    homes = [rng.randrange(-1, problem.slots) for _ in problem.scenes]
    first = Settling(problem, homes).fewest(0.02)
    then = Settling(problem, homes, first.slots).cheaper(0.02)
    for made_ in (first, then):
        assert made_.moved == sum(map(int.__ne__, homes, made_.slots))
        if not made_.over:
            assert faults(problem, made_.slots) == []
            assert made_.cost == sum(cost(problem, made_.slots).values())
    if not first.over:
        assert not then.over and then.moved <= first.moved and then.cost <= first.cost


def test_a_large_plan_moves_little_in_little_time() -> None:
    """240 scenes that fill their days nearly: whoever must move pushes few others away."""
    problem = made(240, 9)
    before, _, over = anneal(problem, 7, 2.0)
    assert not over
    free = tuple((d, d) for d in range(problem.days) if d != 2)
    actors = tuple(replace(a, windows=free) if i == 5 else a for i, a in enumerate(problem.actors))
    must = sum(5 in s.cast and x == 2 for s, x in zip(problem.scenes, before, strict=True))
    began = time.monotonic()
    changed = replace(problem, actors=actors)
    after = replan(changed, before, 5.0, most=0)
    assert time.monotonic() - began < 9
    assert faults(changed, after.solution.slot) == []
    assert must == after.at_least <= len(after.changes) <= must + 3
    # A tenth of the scenes may move for less money, and no more.
    free_ = replan(changed, before, 5.0)
    assert faults(changed, free_.solution.slot) == []
    assert len(free_.changes) <= max(len(after.changes), 24)
    assert free_.solution.total <= after.solution.total


@settings(max_examples=25, deadline=None)
@given(shoots(), st.randoms(use_true_random=False))
def test_within_a_budget_of_moves_no_plan_is_cheaper(problem: Problem, rng: random.Random) -> None:
    before = [rng.randrange(-1, problem.slots) for _ in problem.scenes]
    plans = [
        (sum(map(int.__ne__, before, p)), sum(cost(problem, p).values()))
        for p in itertools.product(range(problem.slots), repeat=len(before))
        if not faults(problem, p)
    ]
    if not plans:
        return
    most = rng.randrange(4)
    fewest = min(moved for moved, _ in plans)
    # Where nothing has to move, nothing moves.
    budget = max(most, fewest) if fewest else 0
    after = replan(problem, before, 4.0, most=most)
    assert faults(problem, after.solution.slot) == []
    assert len(after.changes) <= budget
    assert after.solution.total == min(paid for moved, paid in plans if moved <= budget)


@FEW
@given(shoots(), st.randoms(use_true_random=False))
def test_how_many_must_move_is_counted_as_by_brute_force(problem: Problem, rng: random.Random) -> None:
    before = [rng.randrange(-1, problem.slots) for _ in problem.scenes]
    plans = itertools.product(range(problem.slots), repeat=len(before))
    moved = [sum(map(int.__ne__, before, p)) for p in plans if not faults(problem, p)]
    if not all(problem.open_days):
        return
    model = Least(problem, before)
    found = model.solve(5.0)
    assert (found is None) == (not moved)
    if found is not None:
        assert faults(problem, found) == []
        assert sum(map(int.__ne__, before, found)) == min(moved) == model.at_least


def test_an_unchanged_plan_stays() -> None:
    problem = made(30, 3)
    before = solve(problem, 2.0, workers=1)
    assert replan(problem, before.slot, 2.0).changes == ()


def test_what_clashes_is_said_in_words() -> None:
    actors = (Actor("Ann", 100, 50, ((0, 1),)), Actor("Ben", 100, 50, ((2, 2),)))
    scenes = (Scene("7-1", 60, 0, (0, 1)), Scene("7-2", 60, 0, (0,)))
    with pytest.raises(UserError) as told:
        solve(Problem(scenes, actors, (Place("house", 1),), 3, name="shoot"), 5)
    said = str(told.value)
    assert "Ann can work on days 0 to 1 only" in said and "Ben can work on day 2 only" in said
    assert "7-2" not in said


def test_too_little_time_in_the_day_is_said() -> None:
    scenes = tuple(Scene(str(i), 500, 0) for i in range(4))
    with pytest.raises(UserError, match="there are 2 days of 660 minutes"):
        solve(Problem(scenes, (), (Place("house", 1),), 2), 6)


# --- files -----------------------------------------------------------------------------------

GOOD = {
    "rate": [1000, 501],
    "loc": [["villa", 10]],
    "scenes": [{"id": "1-1", "loc": 0, "cast": [0, 1], "dur": 27, "tod": "A"}],
    "win": {"0": [0, 2], "1": [0, 1]},
}


def test_a_shoot_is_read_and_written_as_it_is() -> None:
    problem = parse_problem(GOOD)
    assert (problem.days, problem.scale) == (3, 2)
    assert (problem.actors[1].rate, problem.actors[1].idle) == (1002, 501)
    assert problem.money(problem.actors[1].idle) == 250.5
    problem = replace(problem, rested=frozenset({2}))
    again = parse_problem(json.loads(json.dumps(write_problem(problem))))
    assert replace(again, actors=problem.actors, name=problem.name) == problem
    assert sum(check(problem, (0,)).cost.values()) == 2 * (35_000 + 10 + 1501)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": [-1, 2]}, "rate of actor 0 is negative"),
        ({"loc": [["villa", -5]]}, "rate of location villa is negative"),
        ({"rules": {"night_rate": -5}}, "night_rate is negative"),
        ({"rules": {"nights": 5}}, "there is no rule 'nights'"),
        ({"win": {"0": [2, 1]}}, "win of actor 0 leaves no day"),
        ({"win": {"0": [5, 6]}, "days": 3}, "actor 0 is needed and has no day"),
        ({"win": {"7": [0, 1]}}, "win speaks of actor 7"),
        ({"scenes": [{"id": "1-1", "cast": [0], "dur": 5}]}, "scene 1-1 has no location"),
        ({"scenes": [{"id": "1-1", "loc": 4, "dur": 5}]}, "scene 1-1 is at location 4"),
        ({"scenes": [{"id": "1-1", "loc": 0, "dur": "x"}]}, "dur of scene 1-1"),
        ({"scenes": [{"id": "1-1", "loc": 0, "dur": 5, "cast": [9]}]}, "scene 1-1 has actor 9"),
        ({"scenes": [{"id": "1-1", "loc": 0, "dur": 5}] * 2}, "scene 1-1 is there twice"),
        ({"scenes": [{"id": "1-1", "loc": 0, "dur": 5, "after": ["9-9"]}]}, "follows '9-9'"),
        ({"scenes": [{"id": "1-1", "loc": 0, "dur": 5, "tod": "X"}]}, "at time 'X'"),
        ({"rested": 3}, "rested is no list of days"),
        ({"rested": [-1]}, "a day of rested"),
        ({"scenes": [3]}, "has no id"),
        ({"scenes": []}, "there is no scene"),
    ],
)  # fmt: skip
def test_faults_of_a_file_are_named(wrong: dict, said: str) -> None:
    with pytest.raises(UserError) as told:
        parse_problem({**GOOD, **wrong}, "shoot.json")
    assert said in str(told.value) and str(told.value).startswith("shoot.json: ")


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "shoot.json"
    path.write_text(json.dumps({**GOOD, "rate": [-1, "a"], "loc": [["villa", -2]]}))
    with pytest.raises(UserError) as told:
        read_problem(path)
    assert str(told.value).count(";") == 3
    path.write_text("{")
    with pytest.raises(UserError, match=r"shoot\.json, line 1: this is no JSON"):
        read_problem(path)
    path.write_text("[1]")
    with pytest.raises(UserError, match="the lists rate, loc, scenes are missing"):
        read_problem(path)


# --- talent scheduling ---------------------------------------------------------------------


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_talent_scheduling_finds_what_brute_force_finds(seed: int) -> None:
    rng = random.Random(seed)
    n, actors = rng.randint(1, 6), rng.randint(1, 5)
    t = talents.Talent(
        "t", tuple(rng.randint(1, 4) for _ in range(n)), tuple(rng.randrange(2**actors) for _ in range(n)),
        tuple(rng.randint(0, 5) for _ in range(actors)),
    )  # fmt: skip
    best = min(talents.cost(t, order) for order in itertools.permutations(range(n)))
    solved = talents.solve(t, 10)
    assert (solved.total, solved.proved, solved.bound) == (best, True, best)
    assert talents.cost(t, solved.order) == best and sorted(solved.order) == list(range(n))


def test_a_large_talent_instance_is_answered_with_a_bound() -> None:
    rng = random.Random(3)
    t = talents.Talent("t", (2,) * 45, tuple(rng.randrange(1, 2**12) for _ in range(45)), tuple(range(1, 13)))
    began = time.monotonic()
    solved = talents.solve(t, 3, most_states=5_000)
    assert solved.bound <= solved.total == talents.cost(t, solved.order)
    assert sorted(solved.order) == list(range(45))
    assert time.monotonic() - began < 20


def test_known_talent_instances(tmp_path: Path) -> None:
    known = {"concert": (111, 17), "film-12": (401, 52), "film105.dat": (849, 110), "Warwick1201": (222, 31)}
    if not SCHEDULES.exists():
        pytest.skip("the instances lie beside the checkout")
    for name, (total, holding) in known.items():
        solved = talents.solve(read_talent(SCHEDULES / name))
        assert (solved.total, solved.holding, solved.proved) == (total, holding, True)
    bad = tmp_path / "bad"
    bad.write_text("name\n2 2\n1 0 5\n")
    with pytest.raises(UserError, match="bad: this is no talent-scheduling file"):
        read_talent(bad)


# --- the command ---------------------------------------------------------------------------


def _command(path: Path, seconds: int) -> subprocess.Popen[str]:
    code = "from smallscreen.cli import main\nif __name__ == '__main__':\n    main()\n"
    script = path.parent / "run.py"
    script.write_text(code)
    args = [sys.executable, str(script), "plan", "solve", str(path), "--seconds", str(seconds), "--json"]
    return subprocess.Popen(
        args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_the_command_prints_the_day_of_every_scene(tmp_path: Path) -> None:
    path = tmp_path / "shoot.json"
    path.write_text(json.dumps(GOOD))
    process = _command(path, 3)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    said = json.loads(out)
    assert said["scenes"] == {"1-1": 0} and said["days"] == 1
    assert said["total"] == said["bound"] == 35_000 + 10 + 1501 and said["proved"] is True


def test_ctrl_c_prints_the_best_so_far(tmp_path: Path) -> None:
    path = tmp_path / "shoot.json"
    path.write_text(json.dumps(write_problem(made(100))))
    process = _command(path, 200)
    assert process.stderr is not None
    process.stderr.readline()  # the first plan is there
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    said = json.loads(out)
    assert said["stopped"] is True and len(said["scenes"]) == 100
