"""Changes that a producer asks about, each as a breakdown and rules to schedule again.

    change = drop_location(breakdown, rules, "渡口", into="老街")
    change = merge_characters(breakdown, rules, "表姐", into="邻居")

A change alters copies; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date as Day

from smallscreen.errors import UserError
from smallscreen.production import estimate
from smallscreen.production.model import TIERS, Breakdown, Rules, SceneSheet, Tier


@dataclass(frozen=True, slots=True)
class Change:
    """`name` says it in a few words; `cut` scenes are gone, `changed` ones are shot otherwise; `notes` are sentences."""

    name: str
    breakdown: Breakdown
    rules: Rules
    cut: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def cut_scenes(breakdown: Breakdown, rules: Rules, ids: Sequence[str]) -> Change:
    """Leave scenes out."""
    gone = [breakdown.scene(x).id for x in dict.fromkeys(ids)]
    if not gone:
        raise UserError("No scene was named to cut; name one or more of the breakdown's scenes.")
    kept, notes = without(breakdown, gone), []
    if not kept.scenes:
        raise UserError("This leaves nothing to shoot; keep at least one scene.")
    lost = sorted(
        {n for x in gone for n in breakdown.scene(x).cast} - {n for s in kept.scenes for n in s.cast}
    )
    if lost:
        notes.append(f"Nothing is left to play for {', '.join(lost)}.")
    name = f"cut scene {gone[0]}" if len(gone) == 1 else f"cut {len(gone)} scenes"
    return Change(name, kept, rules, tuple(gone), (), tuple(notes))


def drop_location(breakdown: Breakdown, rules: Rules, name: str, into: str | None = None) -> Change:
    """Do without a location: shoot its scenes at `into`, or cut them where that is None."""
    there = [s.id for s in breakdown.scenes if s.place == name]
    if not there:
        raise UserError(
            f"No scene is shot at {name!r}; the locations are {_named({s.place for s in breakdown.scenes})}."
        )
    if into is None:
        made = cut_scenes(breakdown, rules, there)
        return replace(made, name=f"drop {name} and its scenes")
    target = next((x for x in breakdown.locations if x.name == into), None)
    if target is None or into == name:
        others = {x.name for x in breakdown.locations} - {name}
        raise UserError(f"{into!r} is no other location to shoot at; there are {_named(others)}.")
    scenes = tuple(replace(s, place=into) if s.place == name else s for s in breakdown.scenes)
    places = tuple(x for x in breakdown.locations if x.name != name)
    notes = [f"The set {into} has to stand for {name} too; what it takes to dress it is not counted."]
    dark = [s.id for s in breakdown.scenes if s.id in there and s.night]
    if dark and not target.night_ok:
        notes.append(f"{into} cannot be used at night, and {_named(dark)} are night scenes.")
    changed = replace(breakdown, scenes=scenes, locations=places)
    return Change(f"shoot {name} at {into}", changed, rules, (), tuple(there), tuple(notes))


def merge_characters(breakdown: Breakdown, rules: Rules, gone: str, into: str) -> Change:
    """Let one part do what two did; it keeps the fee and the dates of `into`."""
    known = {c.name for c in breakdown.cast}
    for name in (gone, into):
        if name not in known:
            raise UserError(f"The breakdown has no part {name!r}; the parts are {_named(known)}.")
    if gone == into:
        raise UserError(f"{gone} cannot be merged with itself; name two parts.")
    scenes, changed, both = [], [], []
    for s in breakdown.scenes:
        if gone in s.cast:
            changed.append(s.id)
            both += [s.id] if into in s.cast else []
            s = replace(s, cast=tuple(dict.fromkeys(into if n == gone else n for n in s.cast)))
        scenes.append(s)
    cast = tuple(c for c in breakdown.cast if c.name != gone)
    notes = []
    if both:
        notes.append(f"{gone} and {into} meet in {_named(both)}; these scenes have to be rewritten.")
    made = replace(breakdown, scenes=tuple(scenes), cast=cast)
    return Change(f"merge {gone} into {into}", made, rules, (), tuple(changed), tuple(notes))


def use_units(breakdown: Breakdown, rules: Rules, units: int = 2) -> Change:
    """Shoot with several units at once."""
    if not 1 <= units <= 4:
        raise UserError(f"{units} units cannot be planned; give 1 to 4.")
    return Change("one unit" if units == 1 else f"{units} units", breakdown, replace(rules, units=units))


def move_shoot(breakdown: Breakdown, rules: Rules, start: Day) -> Change:
    """Begin on another date: windows of people and places stay where they are in the calendar."""
    notes = () if rules.start else ("The shoot had no date before, so windows begin to count now.",)
    return Change(f"start on {start.isoformat()}", breakdown, replace(rules, start=start), (), (), notes)


def set_tier(breakdown: Breakdown, rules: Rules, tier: Tier, ids: Iterable[str] | None = None) -> Change:
    """Shoot scenes (None: all) at another tier: their minutes change as the estimate's do.

    Minutes that a producer wrote keep their ratio to the estimate.
    """
    if tier not in TIERS:
        raise UserError(f"There is no tier {tier!r}; there are {', '.join(TIERS)}.")
    which = {s.id for s in breakdown.scenes} if ids is None else {breakdown.scene(x).id for x in ids}
    changed = tuple(s.id for s in breakdown.scenes if s.id in which and s.tier != tier)
    scenes = tuple(at_tier(s, tier, rules) if s.id in changed else s for s in breakdown.scenes)
    return Change(
        f"{len(changed)} scenes at tier {tier}", replace(breakdown, scenes=scenes), rules, (), changed
    )


def first_episodes(breakdown: Breakdown, rules: Rules, last: int = 30, tier: Tier = "fine") -> Change:
    """Light the first episodes better than the rest: they decide who stays, and cost more minutes a scene."""
    if last < 1:
        raise UserError(f"The last episode of the better tier is {last}; give a number from 1.")
    made = set_tier(breakdown, rules, tier, [s.id for s in breakdown.scenes if s.episode <= last])
    return replace(made, name=f"episodes 1 to {last} at tier {tier}")


def at_tier(scene: SceneSheet, tier: Tier, rules: Rules) -> SceneSheet:
    """The scene at another tier, with the minutes that it then takes; 0 minutes stay, they are estimated later."""
    moved = replace(scene, tier=tier)
    usual = estimate.minutes(scene, rules.estimate)
    if scene.minutes <= 0 or usual <= 0:
        return moved
    return replace(moved, minutes=round(scene.minutes * estimate.minutes(moved, rules.estimate) / usual, 1))


def without(breakdown: Breakdown, ids: Iterable[str]) -> Breakdown:
    """The breakdown without some scenes; what had to follow them follows what they had to follow.

    Parts and locations that no scene needs any more go, too.
    """
    gone = set(ids)
    before = {s.id: s.after for s in breakdown.scenes}

    def follows(after: tuple[str, ...]) -> tuple[str, ...]:
        out, seen, todo = [], set[str](), list(reversed(after))
        while todo:
            x = todo.pop()
            if x not in gone:
                out.append(x)
            elif x not in seen:
                seen.add(x)
                todo += reversed(before.get(x, ()))
        return tuple(dict.fromkeys(out))

    scenes = tuple(
        replace(s, after=follows(s.after)) if gone & set(s.after) else s
        for s in breakdown.scenes
        if s.id not in gone
    )
    people, places = {n for s in scenes for n in s.cast}, {s.place for s in scenes}
    had = {n for s in breakdown.scenes for n in s.cast}, {s.place for s in breakdown.scenes}
    return replace(
        breakdown,
        scenes=scenes,
        cast=tuple(c for c in breakdown.cast if c.name in people or c.name not in had[0]),
        locations=tuple(x for x in breakdown.locations if x.name in places or x.name not in had[1]),
        problems=tuple(f for f in breakdown.problems if f.evidence.get("scene") not in gone),
    )


def _named(names: Iterable[str]) -> str:
    some = sorted(names)
    return ", ".join(some[:8]) + (" ..." if len(some) > 8 else "") if some else "none"
