"""Customizing: for an edition, which scenes are shot again, re-dressed or re-dubbed, and what that costs.

    settled = settled_for(project.root, "en-US")        # series.brief_file: what the brief holds
    made = customize(breakdown, rules, plan, settled, solve, rates, edition="en-US")
    made.budget.total, made.cost_share, curve_svg(made.curve, made.point)

**The rule.** A scene is shot again if anything replaced is visible; what is only said is dubbed. Replaced is what
the brief substitutes, and what a person names; it is visible where the breakdown has it as a thing of the scene or
as its set. What shows depends on the breakdown: an element that nobody wrote down is not seen here either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from smallscreen.errors import UserError
from smallscreen.production.breakeven import BreakEven, break_even
from smallscreen.production.budget import Budget, budget, extra_charge
from smallscreen.production.changes import without
from smallscreen.production.curve import Curve
from smallscreen.production.model import Breakdown, Plan, Rules, SceneSheet
from smallscreen.production.quick import Solve
from smallscreen.production.rates import ProductionRates, from_rules
from smallscreen.series.brief_file import Settled, SettledScene
from smallscreen.series.text import has_han

Work = Literal["re-shoot", "re-dress", "re-dub", "subtitle", "keep"]
WORKS: dict[Work, str] = {
    "re-shoot": "shot again with other words and action",
    "re-dress": "shot again as it is written, with what is replaced on the set and on the people",
    "re-dub": "other words over the same picture",
    "subtitle": "a line or a caption says what the viewer does not know",
    "keep": "nothing but the subtitles",
}
"""What is done with a scene, from the most to the least."""
AGAIN: tuple[Work, ...] = ("re-shoot", "re-dress")
_BY_ACTION: dict[str, Work] = {"remake": "re-shoot", "local carrier": "re-dub", "light edit": "subtitle"}
_SEEN = ("prop", "costume", "vehicle", "effect", "animal", "makeup", "extra", "other")


@dataclass(frozen=True, slots=True)
class Treatment:
    """What becomes of one scene. `decided`: the brief's entries and their actions; `visible`: what is replaced and seen."""

    scene: str
    work: Work
    reason: str
    decided: tuple[tuple[str, str], ...] = ()
    visible: tuple[str, ...] = ()


@dataclass(frozen=True)
class Customizing:
    """What an edition costs to customize. `plan` and `budget` are of its block alone, a shoot of its own.

    Shares are of the whole series: of its scenes and screen time, and of the cost of the plan (schedule against
    schedule). `unmatched` are entries of the brief with no scene in the breakdown.
    """

    edition: str
    treatments: tuple[Treatment, ...]
    counts: dict[Work, int]
    unmatched: tuple[str, ...]
    plan: Plan
    budget: Budget
    scene_share: float
    screen_share: float
    cost_share: float | None
    curve: Curve | None
    break_even: BreakEven | None
    notes: tuple[str, ...]

    @property
    def point(self) -> tuple[float, float] | None:
        """Where the block stands on the curve."""
        return None if self.cost_share is None else (self.scene_share, self.cost_share)


def customize(
    breakdown: Breakdown,
    rules: Rules,
    plan: Plan,
    settled: Settled,
    solve: Solve,
    rates: ProductionRates | None = None,
    *,
    edition: str,
    replaced: Sequence[str] = (),
    words_only: Sequence[str] = (),
    contingency: Decimal | None = None,
    curve: Curve | None = None,
    scenario: Mapping[str, object] | None = None,
) -> Customizing:
    """Treat, schedule and price an edition's scenes. `scenario` is one of the business room's, as JSON values.

    UserError where the block cannot be scheduled, the brief is for another market, or currencies are mixed.
    """
    if settled.market and settled.market != edition.partition(".")[0]:
        raise UserError(
            f"This brief is for {settled.market}, not for {edition}; give the brief of {edition}."
        )
    used = rates or from_rules(rules)
    found, unmatched = treatments(breakdown, settled, replaced, words_only)
    again = [t.scene for t in found if t.work in AGAIN]
    part = block(breakdown, again)
    made = solve(part, rules, None) if again else Plan(currency=plan.currency)
    notes = [
        f"{len(unmatched)} entries of the brief name no scene of the breakdown: {', '.join(unmatched[:5])}."
    ] * bool(unmatched)
    dubbed = [breakdown.scene(t.scene) for t in found if t.work == "re-dub"]
    more = []
    if dubbed and "dub.scene" in used.rates:
        more.append(extra_charge("dub.scene", len(dubbed), dubbed, used))
    elif dubbed:
        notes.append(
            f"{len(dubbed)} scenes are to be re-dubbed and no rate says what that costs (dub.scene)."
        )
    whole = replace(breakdown, scenes=(*part.scenes, *dubbed))
    priced = budget(whole, made, rules, used, contingency=contingency, more=more, of_series=False)
    if again:
        notes.append(
            "Sets, costumes and people of these scenes are taken to be there still, at the same rates."
        )
    screen = sum(s.screen_seconds for s in breakdown.scenes)
    return Customizing(
        edition,
        found,
        {w: n for w in WORKS if (n := sum(t.work == w for t in found))},
        unmatched,
        made,
        priced,
        len(again) / len(breakdown.scenes) if breakdown.scenes else 0.0,
        sum(s.screen_seconds for s in part.scenes) / screen if screen else 0.0,
        float(made.total / plan.total) if plan.total > 0 else None,
        curve,
        None
        if scenario is None
        else break_even(priced.total, plan.currency, scenario, used.exchange, edition),
        tuple(notes),
    )


def treatments(
    breakdown: Breakdown, settled: Settled, replaced: Sequence[str] = (), words_only: Sequence[str] = ()
) -> tuple[tuple[Treatment, ...], tuple[str, ...]]:
    """What becomes of every scene, in the order of the breakdown, and the brief's entries without a scene.

    `replaced` are things, sets or places that a person says are replaced; `words_only` are items that are
    substituted in words though they are seen, so that they ask for no picture.
    """
    decided: dict[str, list[SettledScene]] = {s.id: [] for s in breakdown.scenes}
    unmatched = []
    for entry in settled.scenes:
        where = [s.id for s in breakdown.scenes if _same_scene(s, entry)]
        if not where and entry.action not in ("", "keep"):
            unmatched.append(entry.id)
        for scene in where:
            decided[scene].append(entry)
    spared = {x.casefold() for x in words_only}
    things = dict.fromkeys([*replaced, *(i.item for i in settled.items if i.strategy == "substitution")])
    things = {t: None for t in things if t.strip() and t.casefold() not in spared}
    return tuple(_treated(s, decided[s.id], list(things)) for s in breakdown.scenes), tuple(unmatched)


def block(breakdown: Breakdown, ids: Iterable[str]) -> Breakdown:
    """The scenes to shoot again as a breakdown of their own: the days of the first shoot bind them no more."""
    wanted = set(ids)
    part = without(breakdown, (s.id for s in breakdown.scenes if s.id not in wanted))
    people, places = {n for s in part.scenes for n in s.cast}, {s.place for s in part.scenes}
    return replace(
        part,
        scenes=tuple(
            replace(s, locked_day=None, after=tuple(x for x in s.after if x in wanted)) for s in part.scenes
        ),
        cast=tuple(c for c in part.cast if c.name in people),
        locations=tuple(x for x in part.locations if x.name in places),
    )


def _treated(s: SceneSheet, entries: Sequence[SettledScene], things: Sequence[str]) -> Treatment:
    order = list(WORKS)
    asked = [_BY_ACTION.get(e.action, "keep") for e in entries]
    work: Work = min(asked, key=order.index, default="keep")
    seen = visible(s, things)
    said = tuple((e.id, e.action) for e in entries)
    if work == "re-shoot":
        reason = "The brief has it made anew."
    elif seen:
        work, reason = "re-dress", f"Seen and replaced: {', '.join(seen)}."
    elif work == "re-dub":
        reason = "What carries the feeling is replaced in words, and nothing replaced is seen."
    elif work == "subtitle":
        reason = "A line or a caption is enough."
    else:
        reason = "Nothing is replaced."
    return Treatment(s.id, work, reason, said, seen)


def visible(scene: SceneSheet, things: Iterable[str]) -> tuple[str, ...]:
    """Those of `things` that the breakdown shows in the scene: as an element that is seen, or as its set."""
    shown = [e.name for e in scene.elements if e.kind in _SEEN]
    shown += [x for x in (scene.place, scene.set_name) if x]
    return tuple(t for t in things if any(_same_thing(t, x) for x in shown))


def _same_thing(a: str, b: str) -> bool:
    """Whether a name holds the other: 红伞 and 伞 do not (one character says too little), 旧账本 and 账本 do."""
    a, b = a.casefold().strip(), b.casefold().strip()
    if a == b:
        return True
    if has_han(a) and has_han(b):
        return min(len(a), len(b)) >= 2 and (a in b or b in a)
    one, other = (Counter(re.findall(r"\w+", x)) for x in (a, b))
    return bool(one and other) and (one <= other or other <= one)


def _same_scene(s: SceneSheet, entry: SettledScene) -> bool:
    if entry.scene and entry.scene in (s.id, s.number):
        return s.episode == entry.episode or (not entry.episode and s.id == entry.scene)
    if s.cues is None or not entry.first:
        return False
    first, last = _cue(entry.first), _cue(entry.last or entry.first)
    begin, end = _cue(s.cues[0]), _cue(s.cues[1])
    return bool(first and last and begin and end) and first <= end and begin <= last


def _cue(text: str) -> tuple[int, ...]:
    """`ep007.c0012` as (7, 12), () for anything else."""
    m = re.fullmatch(r"ep(\d{1,6})\.c(\d{1,6})", text)
    return (int(m[1]), int(m[2])) if m else ()
