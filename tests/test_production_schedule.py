"""The schedule of a series: a plan from breakdown and rules, verified on its own; illness, locks, what is impossible."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from smallscreen.errors import UserError
from smallscreen.production import schedule, verify
from smallscreen.production.breakdown import breakdown, load_rules, save, save_rules
from smallscreen.production.model import (
    Plan,
)
from smallscreen.production.replan import Ill, Lock, Lose, change
from smallscreen.production.schedule import (
    ImpossiblePlan,
    inputs,
    make,
    outdated,
    plan,
    stored_plan,
)
from smallscreen.series.documents import get
from smallscreen.series.project import Project, open_project
from tests.shoot_made import START, day_of

pytest.importorskip("ortools")

SAMPLE = Path(__file__).resolve().parent.parent / "src/smallscreen/sample/series"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample series with a plan that begins on a date."""
    root = tmp_path_factory.mktemp("sample") / "s"
    shutil.copytree(SAMPLE, root)
    project = open_project(root)
    save_rules(project.store, replace(load_rules(project.store), start=START, weekdays_off=(6,)), "test")
    plan(project, 4)
    return root


@pytest.fixture
def planned(sample: Path, tmp_path: Path) -> Project:
    shutil.copytree(sample, tmp_path / "s")
    return open_project(tmp_path / "s")


def kept(project: Project, made: Plan) -> list[str]:
    now, rules = inputs(project)
    return verify.faults(made, now, rules)


# --- the sample ------------------------------------------------------------------------------


def test_the_sample_is_planned(planned: Project) -> None:
    made = stored_plan(planned.store)
    assert made is not None and kept(planned, made) == []
    assert len(day_of(made)) == 25
    assert (
        len({d.index for d in made.days}) == 4
    )  # 11 locations, at most three a day; the hospital is one of them
    assert all(len(d.scenes) > 1 for d in made.days)
    assert made.bound is not None and made.gap is not None and made.gap < 0.12
    assert made.total == sum(d.cost for d in made.days)
    assert made.days[0].date == START
    assert all(d.minutes <= 900 and d.moves <= 2 for d in made.days)


def test_the_same_inputs_give_the_stored_plan_and_more_seconds_go_on(planned: Project) -> None:
    first = stored_plan(planned.store)
    again = plan(planned, 3)
    assert not again.fresh and again.plan == first
    more = plan(planned, 6)
    assert first is not None and more.plan.total <= first.total
    assert more.fresh or first.proved
    assert plan(planned, 6).fresh is False
    assert not outdated(planned)


def test_a_synopsis_makes_no_new_plan_and_minutes_do(planned: Project) -> None:
    made, _ = breakdown(planned)
    save(planned, replace(made, scenes=(replace(made.scenes[0], synopsis="x"), *made.scenes[1:])), "Ana")
    assert plan(planned, 2).fresh is False
    save(planned, replace(made, scenes=(replace(made.scenes[0], minutes=80.0), *made.scenes[1:])), "Ana")
    assert outdated(planned)
    again = plan(planned, 2)
    assert again.fresh and kept(planned, again.plan) == []


def test_a_search_from_nothing_takes_no_cheaper_plan_away(
    planned: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stored_plan(planned.store)
    assert there is not None
    made, rules = inputs(planned)
    # What is found lasts four days longer than it need, as with very little luck.
    last = there.days[-1].index + 4
    dear = make(made, replace(rules, max_days=last), 1.0, held={there.days[0].scenes[0]: last})
    assert dear.plan.total > there.total
    monkeypatch.setattr(schedule, "make", lambda *_, **__: dear)
    again = plan(planned, 1.0, anew=True)
    assert again.plan.days == there.days and again.plan.total == there.total
    assert "stays" in again.plan.changes[0]
    assert stored_plan(planned.store) == again.plan


def test_somebody_is_ill(planned: Project) -> None:
    old = stored_plan(planned.store)
    assert old is not None
    now, _ = breakdown(planned)
    # Somebody whose absence on a day does not take the whole day with it.
    day, name, hit = next(
        (d.index, n, [x for x in d.scenes if n in now.scene(x).cast])
        for d in old.days
        for n in sorted({n for x in d.scenes for n in now.scene(x).cast})
        if 0 < sum(n in now.scene(x).cast for x in d.scenes) <= 2
    )
    made = change(planned, [Ill(name, (day,))], 4)
    assert kept(planned, made.plan) == []
    moved = [x for x, d in day_of(made.plan).items() if day_of(old)[x] != d]
    assert set(hit) <= set(moved) and len(moved) <= len(hit) + 2
    assert made.plan.changes[0] == f"{name} is away on day {day}."
    assert any(hit[0] in said and f"day {day}" in said for said in made.plan.changes[1:])
    member = next(c for c in breakdown(planned)[0].cast if c.name == name)
    assert member.windows and not outdated(planned)
    assert plan(planned, 1).plan == made.plan


def test_a_scene_is_locked_and_stays(planned: Project) -> None:
    old = stored_plan(planned.store)
    assert old is not None
    target = 1 if day_of(old)["7-2"] != 1 else 2
    made = change(planned, [Lock("7-2", target)], 4).plan
    assert day_of(made)["7-2"] == target and kept(planned, made) == []
    again = plan(planned, 8).plan
    assert day_of(again)["7-2"] == target
    assert change(planned, [Lock("7-2", None)], 2).plan.changes[-1] == "Nothing has to move."


def test_a_location_falls_away(planned: Project) -> None:
    old = stored_plan(planned.store)
    assert old is not None
    day = next(d for d in old.days if "老街" in d.locations)
    made = change(planned, [Lose("老街", (day.index,))], 4).plan
    assert day_of(made)["7-1"] != day.index and kept(planned, made) == []
    with pytest.raises(UserError, match="老街 is where 1 scene is shot"):
        change(planned, [Lose("老街")], 2)
    moved = change(planned, [Lose("老街", instead="院坝")], 4).plan
    assert not any("老街" in d.locations for d in moved.days) and kept(planned, moved) == []
    assert moved.gap is not None


def test_days_that_are_shot_stay(planned: Project) -> None:
    old = stored_plan(planned.store)
    assert old is not None
    now, _ = breakdown(planned)
    day = next(d for d in old.days if d.index == 3)
    name = now.scene(day.scenes[0]).cast[0]
    made = change(planned, [Ill(name, (3,))], 4, shot=2).plan
    for index in (1, 2):
        before = {x for d in old.days if d.index == index for x in d.scenes}
        assert {x for d in made.days if d.index == index for x in d.scenes} == before


def test_what_cannot_be_is_said_and_nothing_is_stored(planned: Project) -> None:
    before = get(planned.store, "production", "breakdown"), get(planned.store, "production", "plan")
    with pytest.raises(ImpossiblePlan) as e:
        change(planned, [Ill("林小满", tuple(range(1, 31)))], 2)
    assert len(e.value.rules) == 2 and "林小满 is free on none of the shooting days." in e.value.rules
    with pytest.raises(ImpossiblePlan) as e:
        change(planned, [Lock(x, 1) for x in ("1-1", "7-1", "10-3", "3-1")], 2)
    assert "A day has at most 2 company moves." in e.value.rules
    assert sum("is locked to day 1." in said for said in e.value.rules) == 4
    assert before == (get(planned.store, "production", "breakdown"), get(planned.store, "production", "plan"))


def test_a_change_that_names_nobody(planned: Project) -> None:
    for one, said in (
        (Ill("nobody", (1,)), "no part 'nobody'"),
        (Ill("林小满", (99,)), "days 1 to 30, not 99"),
        (Lose("nowhere", (1,)), "no location 'nowhere'"),
        (Lock("9-9", 1), "no scene '9-9'"),
        (Lock("1-1", 99), "days 1 to 30"),
    ):
        with pytest.raises(UserError, match=said):
            change(planned, [one], 2)
    save_rules(planned.store, replace(load_rules(planned.store), start=None), "test")
    with pytest.raises(UserError, match="no date to start on"):
        change(planned, [Ill("林小满", (1,))], 2)


def test_no_plan_to_change(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "s")
    with pytest.raises(UserError, match="no plan to change yet"):
        change(open_project(tmp_path / "s"), [Lock("1-1", 1)])


def test_an_interrupted_search_keeps_its_best(planned: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*args: object, **more: object) -> object:
        return replace(real(*args, **more), stopped=True)  # type: ignore[arg-type]

    real = schedule.better
    monkeypatch.setattr(schedule, "better", stopped)
    made = plan(planned, 7)
    if not made.fresh:
        pytest.skip("the first plan was proved already")
    assert made.stopped and stored_plan(planned.store) == made.plan
    monkeypatch.undo()
    assert plan(planned, 9).fresh  # what was interrupted goes on
