"""The schedule of a series: its breakdown and rules made a plan of shooting days, stored as the document `plan`.

    made = plan(project, seconds=30)                  # made.plan, made.fresh, made.stopped
    made = plan(project, seconds=300)                 # goes on from the plan that is there

By the step rule: with the same breakdown and rules the stored plan is given back, unless it was looked for shorter
than asked now and is not proved cheapest. Every plan went through `verify` before it is stored. Where there is none,
`ImpossiblePlan` says which rules clash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from smallscreen.errors import UserError
from smallscreen.production import verify
from smallscreen.production.assemble import misfits, plan_of, slots_of, without
from smallscreen.production.breakdown import breakdown, load_rules
from smallscreen.production.clash import clashes, possible
from smallscreen.production.clash_words import crowded
from smallscreen.production.low import plain_bound
from smallscreen.production.model import ROOM, Breakdown, Plan, Rules, from_json, to_json
from smallscreen.production.rates import NAME, priced, read_rates
from smallscreen.production.shoot import Shoot, shoot_of
from smallscreen.production.solve.checker import RuleBroken, check, faults
from smallscreen.production.solve.problem import Problem, Solution
from smallscreen.production.solve.replan import fewest
from smallscreen.series import documents
from smallscreen.series.project import Project
from smallscreen.series.steps import fingerprint
from smallscreen.series.store import Store

STEP, KEY, CLASH = "plan", "plan", "clash"
_VERSION = 2
_ROUNDS = 6
_SMALL, _PROBE = 100, 3.0
"""Up to so many scenes it is asked first, for so many seconds, whether there is a plan at all."""
_WHOLE = 60
"""Up to so many scenes the whole is solved at once, for its bound."""
_MORE_DAYS = 10
"""Days beyond the rules' that are looked at when asking what makes a plan impossible."""

_CHEAPER = "The search from nothing found no plan as cheap as the one that was there, which stays."

Progress = Callable[[int, int, str], None]
"""Called with seconds done, of how many, and the best plan so far in words."""


@dataclass(frozen=True, slots=True)
class Made:
    """A plan; `fresh` False: it was there already; `stopped`: interrupted, the best so far."""

    plan: Plan
    fresh: bool
    stopped: bool = False


class ImpossiblePlan(UserError):
    """No plan keeps all rules. `rules` are sentences: a set in which each one is needed for the clash."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.rules = tuple(rules)
        listed = " ".join(f"({n}) {said}" for n, said in enumerate(rules, 1))
        super().__init__(
            f"There is no plan, because these rules of the shoot clash: {listed} Change one of them and plan again."
        )


def plan(
    project: Project,
    seconds: float = 30.0,
    *,
    anew: bool = False,
    progress: Progress | None = None,
    who: str = "plan",
) -> Made:
    """The plan of a series, looked for as long as that and stored; the breakdown is brought up to date first.

    Where the stored plan keeps the rules as they are now, it is where the search begins; `anew` begins without it, and
    takes its place only where that is cheaper, or the breakdown or the rules are others.

    Raises ImpossiblePlan, or UserError for a breakdown that no plan can be made of.
    """
    store = project.store
    made, rules = inputs(project)
    key = inputs_key(made, rules)
    there = stored_plan(store)
    done = store.step(STEP, "")
    same = there is not None and done is not None and done.key == key
    if same and not anew and there is not None and done is not None:
        spent = float(done.summary.get("seconds", 0.0))
        if there.proved or spent >= seconds:
            return Made(there, False)
        found = _tried(store, key, who, made, rules, seconds - spent, there, progress)
        better = found.plan if found.plan.total < there.total else replace(there, bound=found.plan.bound)
        chosen = bounded(
            better, max((b for b in (there.bound, found.plan.bound) if b is not None), default=None)
        )
        chosen = replace(
            chosen, seconds=round(spent + found.plan.seconds, 1), changes=differences(there, chosen)
        )
        spent = spent + found.plan.seconds if found.stopped else seconds
    else:
        found = _tried(store, key, who, made, rules, seconds, None if anew else there, progress)
        chosen = replace(found.plan, changes=differences(there, found.plan) if there else ())
        if same and there is not None and there.total < chosen.total:
            # Only another breakdown or other rules take a cheaper plan away.
            low = max((b for b in (there.bound, chosen.bound) if b is not None), default=None)
            chosen = replace(bounded(there, low), changes=(_CHEAPER,))
        spent = found.plan.seconds if found.stopped else seconds
    put_plan(store, verify.check(chosen, made, rules), key, spent, who)
    return Made(chosen, True, found.stopped)


def make(
    made: Breakdown,
    rules: Rules,
    seconds: float = 30.0,
    *,
    begin: Plan | None = None,
    progress: Progress | None = None,
    held: dict[str, int] | None = None,
) -> Made:
    """A plan of a breakdown, for whoever asks what would be (a budget's what-if); nothing is stored.

    `begin`: go on from this plan. `held`: scenes that stay on their day (counted from 1). Raises as `plan` does.
    """
    began = time.monotonic()
    shoot = shoot_of(made, rules)
    if held:
        p = shoot.problem
        scenes = [replace(s, locked=held[s.id] - 1) if s.id in held else s for s in p.scenes]
        shoot = replace(shoot, problem=replace(p, scenes=tuple(scenes)))
    slots = slots_of(shoot, begin) if begin else None
    if slots is not None and not faults(shoot.problem, slots):
        slots = squeezed(shoot.problem, slots)
    wide = shoot
    bound: Decimal | None = None
    left = seconds
    for turn in range(_ROUNDS):
        if turn <= 1 or slots is None:
            solution = _solve(shoot, wide, max(left, min(1.0, seconds)), slots, progress)
            slots = squeezed(shoot.problem, solution.slot)
        if bound is None and shoot is wide:
            bound = shoot.money(max(solution.bound or 0, plain_bound(shoot.problem)))
        found = plan_of(shoot, slots)
        bans = misfits(wide, found)
        if not bans:
            break
        # The solver counts days; what no order within a day fits is kept off that day. Few scenes move for that, and
        # once more it is looked for something cheaper, which may bring other misfits.
        shoot = without(shoot, bans)
        left = seconds - (time.monotonic() - began)
        near = (
            fewest(shoot.problem, slots, min(10.0, max(4.0, left)))[0]
            if all(shoot.problem.open_days)
            else None
        )
        slots = list(near) if near else None
        left = seconds - (time.monotonic() - began)
    else:
        raise UserError(
            f"No order of the scenes within their days was found for scenes "
            f"{', '.join(sorted({wide.problem.scenes[x.scene].id for x in bans}))}; lock one of them to another day."
        )
    found = bounded(found, bound)
    return Made(replace(found, seconds=round(time.monotonic() - began, 1)), True, solution.stopped)


def squeezed(problem: Problem, slots: Sequence[int]) -> list[int]:
    """The same plan without days on which nothing is shot, as far as windows and locks let later days move up."""
    out = list(slots)
    units = problem.units
    day = 0
    while day < max(out, default=0) // units:
        shifted = [s - units if s // units > day else s for s in out]
        empty = not any(s // units == day for s in out)
        if empty and not faults(problem, shifted):
            out = shifted
        else:
            day += 1
    return out


def bounded(found: Plan, bound: Decimal | None) -> Plan:
    """The plan with its lower bound and gap; proved where nothing lies between."""
    if bound is None:
        return replace(found, bound=None, gap=None, proved=False)
    low = min(bound, found.total)
    gap = float((found.total - low) / found.total) if found.total else 0.0
    return replace(found, bound=low, gap=round(gap, 4), proved=low == found.total)


def inputs(project: Project) -> tuple[Breakdown, Rules]:
    """What a plan is made of: the breakdown, brought up to date, and the rules, with the rates of `production.toml`
    where the series has one."""
    made, _ = breakdown(project)
    return with_rates(project, made)


def with_rates(project: Project, made: Breakdown) -> tuple[Breakdown, Rules]:
    """A breakdown and the rules, priced by `production.toml` where the series has one."""
    rules = load_rules(project.store)
    path = project.root / NAME
    return priced(made, rules, read_rates(path)) if path.is_file() else (made, rules)


def stored_plan(store: Store) -> Plan | None:
    """The plan as it stands, None where nobody has made one."""
    there = documents.get(store, ROOM, KEY)
    return None if there is None else from_json(Plan, there.body)


def outdated(project: Project) -> bool:
    """Whether the breakdown or the rules say something else than when the plan was made."""
    done = project.store.step(STEP, "")
    return done is None or done.key != inputs_key(*inputs(project))


def put_plan(store: Store, chosen: Plan, key: str, seconds: float, who: str) -> None:
    """Store a plan and what it was made of, in one transaction."""
    with store.transaction():
        there = documents.get(store, ROOM, KEY)
        documents.put(store, ROOM, KEY, to_json(chosen), there.version if there else 0, who)
        store.put_step(
            STEP, "", key, {"seconds": seconds, "total": str(chosen.total), "days": len(chosen.days)}
        )


def kept_clash(store: Store, key: str) -> tuple[str, ...]:
    """Why there is no plan of the inputs with this key, as the last try found; () where nothing like that was found."""
    there = documents.get(store, ROOM, CLASH)
    body = there.body if there is not None and isinstance(there.body, dict) else {}
    return tuple(map(str, body.get("rules", ()))) if body.get("key") == key else ()


def inputs_key(made: Breakdown, rules: Rules) -> str:
    """A hash of what a plan hangs on: the problem and the dates; a new synopsis makes no new plan."""
    shoot = shoot_of(made, rules)
    return fingerprint(_VERSION, shoot.problem, shoot.dates, rules.currency)


def differences(old: Plan | None, new: Plan) -> tuple[str, ...]:
    """What another plan changes, in sentences: moved scenes by day, days more or fewer, money."""
    if old is None:
        return ()
    was = {x: d.index for d in old.days for x in d.scenes}
    now = {x: d.index for d in new.days for x in d.scenes}
    moves: dict[tuple[int, int], list[str]] = {}
    for x, day in now.items():
        if x in was and was[x] != day:
            moves.setdefault((was[x], day), []).append(x)
    out = [f"{_ids(ids)} from day {a} to day {b}{_date(new, b)}." for (a, b), ids in sorted(moves.items())]
    out += [f"Scene {x} is new, on day {now[x]}{_date(new, now[x])}." for x in now if x not in was]
    out += [f"Scene {x} is no longer shot (day {was[x]})." for x in was if x not in now]
    before, after = _count(old), _count(new)
    if before != after:
        more = after - before
        out.append(
            f"The shoot takes {abs(more)} {'day' if abs(more) == 1 else 'days'} {'more' if more > 0 else 'fewer'}, {after}."
        )
    if old.total != new.total and old.currency == new.currency:
        by = new.total - old.total
        out.append(
            f"It costs {abs(by):,.2f} {new.currency} {'more' if by > 0 else 'less'}, {new.total:,.2f}."
        )
    return tuple(out)


# --- within ----------------------------------------------------------------------------------


def _tried(
    store: Store,
    key: str,
    who: str,
    made: Breakdown,
    rules: Rules,
    seconds: float,
    begin: Plan | None,
    progress: Progress | None,
) -> Made:
    """As `make`; what clashes is kept, so that the studio can say it too."""
    try:
        return make(made, rules, seconds, begin=begin, progress=progress)
    except ImpossiblePlan as error:
        there = documents.get(store, ROOM, CLASH)
        body = {"key": key, "rules": list(error.rules)}
        documents.put(store, ROOM, CLASH, body, there.version if there else 0, who)
        raise


def _solve(
    shoot: Shoot, whole: Shoot, seconds: float, begin: list[int] | None, progress: Progress | None
) -> Solution:
    """The solver's best plan; from `begin` where there is one. What clashes is said before a long search for nothing."""
    from smallscreen.production.solve.lns import solve

    p = shoot.problem
    plain = crowded(whole)
    if plain:
        raise ImpossiblePlan(plain)
    if begin is not None and all(p.open_days) and not faults(p, begin):
        return better(p, begin, seconds, progress)
    began = time.monotonic()
    small = len(p.scenes) <= _SMALL
    there = possible(p, min(_PROBE, seconds)) if small and all(p.open_days) else None
    why: Exception | None = None
    if there is None or there[0]:
        try:
            if all(p.open_days):
                return solve(p, _rest(began, seconds), progress=progress)
        except (RuleBroken, UserError) as e:
            if "OR-tools" in str(e):
                raise
            why = e
        if there is not None:
            return better(p, there[1], _rest(began, seconds), progress)
    said = clashes(whole, longer=shoot_of(shoot.breakdown, shoot.rules, _MORE_DAYS))
    if said:
        raise ImpossiblePlan(said)
    minutes = sum(s.minutes for s in p.scenes)
    raise UserError(
        f"No plan that keeps every rule was found in {seconds:.0f} s, and none was proved impossible: {len(p.scenes)} scenes "
        f"of {minutes:,} minutes in at most {p.days} days; give it more seconds, or more days, moves or night minutes."
    ) from why


def _rest(began: float, seconds: float) -> float:
    return max(0.5 * seconds, seconds - (time.monotonic() - began))


def better(
    problem: Problem,
    slots: Sequence[int],
    seconds: float,
    progress: Progress | None = None,
    bound: bool = True,
) -> Solution:
    """A plan that is there already, made cheaper, with a bound."""
    from smallscreen.production.solve import lns
    from smallscreen.production.solve.bound import Bound

    began = time.monotonic()
    until = began + seconds
    share = 0.8 if bound else 1.0
    search = lns.Search(problem, tuple(slots), lns.key(problem, slots), began + share * seconds)
    stopped = lns.improve(search, progress=progress)
    low: int | None = None
    if bound and not stopped:
        try:
            if len(problem.scenes) <= _WHOLE:
                low = lns.whole_bound(problem, search.slots, max(0.5, until - time.monotonic()), 2, search)
            best = check(problem, search.slots).total
            if low is None or low < best:
                found = Bound(problem).run(max(0.5, until - time.monotonic()), best=best)
                low = found if low is None else max(low, found)
        except KeyboardInterrupt:
            stopped = True
    made = check(problem, search.slots)
    low = None if low is None else min(low, made.total)
    return replace(made, bound=low, seconds=time.monotonic() - began, stopped=stopped)


def _ids(ids: list[str]) -> str:
    return f"Scene {ids[0]} moves" if len(ids) == 1 else f"Scenes {', '.join(ids)} move"


def _date(plan: Plan, index: int) -> str:
    date = next((d.date for d in plan.days if d.index == index), None)
    return f" ({date.isoformat()})" if date else ""


def _count(plan: Plan) -> int:
    return len({d.index for d in plan.days})
