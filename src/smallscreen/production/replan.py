"""What becomes of a plan when something happens: somebody is ill, a location falls away, a scene is moved by hand.

    made = change(project, [Ill("外公", (4, 5)), Lock("3-1", 2)], who="Ana")
    made.plan.changes                # sentences: why, which scenes move where, days and money

The change is written into the breakdown (windows of dates, locked days), so that every later plan knows it. As many
scenes may move as were found to have to, or a tenth of all where that is more (`most`: so many); within that it is
looked for the cheapest plan. It says how many moved, how many had to at least, and what that costs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal

from smallscreen.errors import UserError
from smallscreen.production import verify
from smallscreen.production.assemble import misfits, plan_of, without
from smallscreen.production.breakdown import breakdown, load_rules, save
from smallscreen.production.clash import clashes
from smallscreen.production.clash_words import crowded
from smallscreen.production.low import plain_bound
from smallscreen.production.model import Breakdown, Plan, Rules, Window
from smallscreen.production.schedule import (
    STEP,
    ImpossiblePlan,
    Made,
    Progress,
    bounded,
    differences,
    inputs_key,
    put_plan,
    stored_plan,
    with_rates,
)
from smallscreen.production.shoot import Shoot, calendar, shoot_of
from smallscreen.production.solve.problem import Problem, Solution
from smallscreen.production.solve.replan import NEW, moved_fewest
from smallscreen.series.project import Project
from smallscreen.series.store import Store

_FAR = timedelta(days=3650)
_MORE_DAYS = 10
_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Ill:
    """Somebody of the cast cannot work on these days of the plan (counted from 1)."""

    name: str
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lose:
    """A location cannot be used on these days; () for all of them, where `instead` names another one."""

    place: str
    days: tuple[int, ...] = ()
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A scene is on this day; None frees it."""

    scene: str
    day: int | None


Change = Ill | Lose | Lock


def change(
    project: Project,
    changes: Sequence[Change],
    seconds: float = 6.0,
    *,
    shot: int = 0,
    most: int | None = None,
    progress: Progress | None = None,
    who: str = "plan",
) -> Made:
    """The plan after these changes, stored with the breakdown that they changed.

    `shot`: so many days are shot already, and nothing moves on them or onto them. `most`: so many scenes may move where
    that saves money; without it a tenth. Raises UserError where there is
    no plan yet or a change names nobody, ImpossiblePlan where no plan is left; then nothing is stored.
    """
    store = project.store
    old = stored_plan(store)
    if old is None:
        raise UserError("There is no plan to change yet; make one with smallscreen plan make.")
    made, _ = breakdown(project)
    after = made
    for one in changes:
        after = applied(after, load_rules(store), one)
    plain = after
    key = inputs_key(*with_rates(project, made))
    after, rules = with_rates(project, after)
    found, stopped, said = moved_least(old, after, rules, seconds, shot=shot, most=most, progress=progress)
    known = _bound(store, old, key, made, changes)
    shoot = shoot_of(after, rules)
    low = shoot.money(plain_bound(shoot.problem))
    found = bounded(found, low if known is None else max(low, known))
    found = replace(
        found, changes=(*(_said(x) for x in changes), *said, *(differences(old, found) or (_NOTHING,)))
    )
    with store.transaction():
        if plain != made:
            save(project, plain, who)
        # As `plan` counts: whoever asked for so many seconds has had them, also when fewer were enough.
        spent = found.seconds if stopped else max(seconds, found.seconds)
        put_plan(store, verify.check(found, after, rules), inputs_key(after, rules), spent, who)
    return Made(found, True, stopped)


_NOTHING = "Nothing has to move."


def moved_least(
    old: Plan,
    made: Breakdown,
    rules: Rules,
    seconds: float = 6.0,
    *,
    shot: int = 0,
    most: int | None = None,
    progress: Progress | None = None,
) -> tuple[Plan, bool, tuple[str, ...]]:
    """The plan after a change, whether it was interrupted, and in a sentence how many scenes moved and had to."""
    began = time.monotonic()
    whole = shoot_of(made, rules)
    before = _old_slots(whole, old)
    shoot = _frozen(whole, before, shot)
    used = max((x // shoot.problem.units for x in before if x is not None), default=0) + 1
    for turn in range(_ROUNDS):
        left = max(1.5, seconds - (time.monotonic() - began))
        again, least = _least(shoot, before, used, left, whole, progress, most)
        found = plan_of(shoot, again.slot)
        bans = misfits(whole, found)
        if not bans:
            found = replace(found, seconds=round(time.monotonic() - began, 1))
            # What was proved with scenes kept apart, or with fewer days, is no proof for the shoot.
            least = least if turn == 0 else None
            return found, again.stopped, _counted(whole.problem, before, again.slot, least)
        shoot = without(shoot, bans)
    raise UserError(
        "No order of the scenes within their days was found after the change; make a new plan instead."
    )


def applied(made: Breakdown, rules: Rules, one: Change) -> Breakdown:
    """The breakdown with a change written into it. UserError where it names nothing that is there."""
    if isinstance(one, Lock):
        scene = made.scene(one.scene)
        if one.day is not None and not 1 <= one.day <= rules.max_days:
            raise UserError(
                f"Scene {one.scene} cannot be locked to day {one.day}; the shoot has days 1 to {rules.max_days}."
            )
        scenes = [replace(s, locked_day=one.day) if s.id == scene.id else s for s in made.scenes]
        return replace(made, scenes=tuple(scenes))
    if isinstance(one, Ill):
        _known(one.name, [c.name for c in made.cast], "part")
        dates = _dates(rules, one.days, f"{one.name} is ill")
        cast = [
            replace(c, windows=cut(c.windows, dates, rules)) if c.name == one.name else c for c in made.cast
        ]
        return replace(made, cast=tuple(cast))
    _known(one.place, [x.name for x in made.locations], "location")
    if one.instead is not None:
        _known(one.instead, [x.name for x in made.locations], "location")
        if one.days:
            raise UserError(
                "Give either the days on which the location is lost, or another location instead of it."
            )
        scenes = [replace(s, place=one.instead) if s.place == one.place else s for s in made.scenes]
        return replace(made, scenes=tuple(scenes))
    if not one.days:
        n = sum(s.place == one.place for s in made.scenes)
        raise UserError(
            f"{one.place} is where {n} {'scene is' if n == 1 else 'scenes are'} shot; name another location for them with "
            "--instead, or the days on which it is lost, such as 4-6."
        )
    dates = _dates(rules, one.days, f"{one.place} falls away")
    places = [
        replace(x, windows=cut(x.windows, dates, rules)) if x.name == one.place else x for x in made.locations
    ]
    return replace(made, locations=tuple(places))


def cut(windows: Sequence[Window], dates: Sequence[Day], rules: Rules) -> tuple[Window, ...]:
    """Windows without these dates; no windows at all mean always, from long before the start to long after it."""
    start = rules.start or min(dates)
    out = list(windows) or [(start, start + _FAR)]
    for d in dates:
        split: list[Window] = []
        for a, b in out:
            if not a <= d <= b:
                split.append((a, b))
                continue
            if a < d:
                split.append((a, d - timedelta(days=1)))
            if d < b:
                split.append((d + timedelta(days=1), b))
        # Windows of nobody mean always, so the last one is kept where it does no harm.
        out = split or [(start - timedelta(days=1), start - timedelta(days=1))]
    return tuple(out)


# --- within ----------------------------------------------------------------------------------


def _old_slots(shoot: Shoot, old: Plan) -> list[int | None]:
    """Where the old plan has each scene; None for scenes that are new since."""
    units = shoot.problem.units
    at = {x: (d.index - 1) * units + d.unit - 1 for d in old.days for x in d.scenes}
    slots = [at.get(s.id) for s in shoot.problem.scenes]
    return [x if x is not None and x < shoot.problem.slots else None for x in slots]


def _frozen(shoot: Shoot, before: Sequence[int | None], shot: int) -> Shoot:
    """Days that are shot: their scenes stay, no other comes onto them."""
    if shot < 1:
        return shoot
    p = shoot.problem
    scenes = []
    for s, slot in zip(p.scenes, before, strict=True):
        day = None if slot is None else slot // p.units
        if day is not None and day < shot:
            scenes.append(replace(s, locked=day))
        else:
            scenes.append(replace(s, first=max(s.first, shot)))
    return replace(shoot, problem=replace(p, scenes=tuple(scenes)))


def _least(
    shoot: Shoot,
    before: list[int | None],
    used: int,
    seconds: float,
    whole: Shoot,
    progress: Progress | None,
    most: int | None,
) -> tuple[Solution, int | None]:
    """The plan, and how many must move where that was proved. First within the days of the old plan and two more, which is quick; then within all."""
    p = shoot.problem
    plain = crowded(whole)
    if plain:
        raise ImpossiblePlan(plain)
    homes = [NEW if x is None else x for x in before]
    few = min(p.days, max(used + 2, *(1 + (s.locked or s.first) for s in p.scenes)))
    for days in dict.fromkeys((few, p.days)):
        trial = replace(p, days=days)
        if all(trial.open_days):
            found = moved_fewest(trial, homes, seconds, progress, most)
            if found is not None:
                return found.solution, found.at_least if days == p.days else None
    longer = shoot_of(shoot.breakdown, shoot.rules, _MORE_DAYS)
    scenes = tuple(
        replace(s, first=x.first, locked=x.locked)
        for s, x in zip(longer.problem.scenes, p.scenes, strict=True)
    )
    longer = replace(longer, problem=replace(longer.problem, scenes=scenes))
    said = clashes(shoot, longer=longer)
    if said:
        raise ImpossiblePlan(said)
    raise UserError(
        "No plan was found after the change in this time, and none was proved impossible; give it more seconds."
    )


def _counted(
    problem: Problem, before: Sequence[int | None], slots: Sequence[int], least: int | None
) -> tuple[str, ...]:
    """How many scenes of the old plan moved, and how many had to."""
    moved = sum(b is not None and b != s for b, s in zip(before, slots, strict=True))
    if not moved:
        return ()
    must = sum(
        b is not None and b // problem.units not in days
        for b, days in zip(before, problem.open_days, strict=True)
    )
    if least is not None:
        must = max(must, least - sum(b is None for b in before))
    return (f"{moved} of {len(before)} scenes {'moves' if moved == 1 else 'move'}; {must} at least must.",)


def _bound(store: Store, old: Plan, key: str, made: Breakdown, changes: Sequence[Change]) -> Decimal | None:
    """The old plan's lower bound, where it still holds: a change that only forbids makes no plan cheaper."""
    done = store.step(STEP, "")
    if done is None or done.key != key:
        return None
    for one in changes:
        if isinstance(one, Lose) and one.instead is not None:
            return None
        if isinstance(one, Lock) and (
            one.day is None or made.scene(one.scene).locked_day not in (None, one.day)
        ):
            return None
    return old.bound


def _dates(rules: Rules, days: Sequence[int], why: str) -> list[Day]:
    if rules.start is None:
        raise UserError(
            f"{why} on day {days[0] if days else 1}, but the shoot has no date to start on; give one with "
            "smallscreen plan make DIR --start 2027-03-01."
        )
    wrong = [d for d in days if not 1 <= d <= rules.max_days]
    if wrong or not days:
        raise UserError(
            f"The shoot has days 1 to {rules.max_days}, not {wrong[0] if wrong else 'none'}; give others."
        )
    dates = calendar(rules, rules.max_days)
    return [d for i in days if (d := dates[i - 1]) is not None]


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise UserError(f"The breakdown has no {what} {name!r}; it has {', '.join(names[:12])}.")


def _said(one: Change) -> str:
    match one:
        case Ill(name, days):
            return f"{name} is away on {_days(days)}."
        case Lose(place, days, None):
            return f"{place} cannot be used on {_days(days)}."
        case Lose(place, _, instead):
            return f"What was to be shot at {place} is shot at {instead}."
        case Lock(scene, None):
            return f"Scene {scene} is free to move again."
        case Lock(scene, day):
            return f"Scene {scene} is locked to day {day}."


def _days(days: Sequence[int]) -> str:
    names = [str(d) for d in sorted(days)]
    return f"day {names[0]}" if len(names) == 1 else f"days {', '.join(names[:-1])} and {names[-1]}"
