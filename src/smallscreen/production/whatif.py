"""What if: the difference in money and days that a change makes, with what it touches of the story beside it.

    change = drop_location(breakdown, rules, "渡口", into="老街")
    answer = what_if(breakdown, rules, plan, change, solve, rates, findings=found, times=times_of(store.cues()))
    answer.money, answer.days, answer.touched

The solver is given in (`quick.Solve`), so both plans come from whoever made the first one. Neither need be the
cheapest: where both have a bound, the difference between the cheapest plans is told as a range. Money and story are
never made into one figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from smallscreen.production.budget import Budget, budget
from smallscreen.production.changes import Change, at_tier, set_tier
from smallscreen.production.charges import weights
from smallscreen.production.model import TIERS, Breakdown, Plan, Rules, ShootDay, Tier
from smallscreen.production.quick import Solve
from smallscreen.production.rates import ProductionRates
from smallscreen.production.touched import Times, Touch, touched
from smallscreen.series.model import Finding
from smallscreen.series.money import Money


@dataclass(frozen=True, slots=True)
class AccountChange:
    number: int
    name: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class WhatIf:
    """`money` and `days` are after less before, so a saving is negative; `money` is of the whole budget.

    `least` and `most` hold the difference in the cost of the schedule between the cheapest plans there are, None
    where a bound is missing. `touched` is what the reading found in scenes that are cut or changed, `unread` those of
    them without cues, of which nothing can be said.
    """

    name: str
    currency: str
    before: Decimal
    after: Decimal
    money: Decimal
    days_before: int
    days_after: int
    days: int
    least: Decimal | None
    most: Decimal | None
    accounts: tuple[AccountChange, ...]
    cut: tuple[str, ...]
    changed: tuple[str, ...]
    screen_seconds_cut: float
    touched: tuple[Touch, ...]
    unread: tuple[str, ...]
    plan: Plan
    budget: Budget
    notes: tuple[str, ...]


def what_if(
    breakdown: Breakdown,
    rules: Rules,
    plan: Plan,
    change: Change,
    solve: Solve,
    rates: ProductionRates | None = None,
    *,
    findings: Iterable[Finding] = (),
    times: Times | None = None,
    contingency: Decimal | None = None,
) -> WhatIf:
    """The change against the plan. UserError where the change cannot be scheduled (from the solver) or priced."""
    now = budget(breakdown, plan, rules, rates, contingency=contingency)
    new_plan = solve(change.breakdown, change.rules, plan)
    then = budget(change.breakdown, new_plan, change.rules, rates, contingency=contingency)
    some, unread = touched(breakdown, (*change.cut, *change.changed), findings, times or {})
    least, most = _range(plan, new_plan)
    notes = list(change.notes)
    if not (plan.proved and new_plan.proved):
        notes.append(
            "Not both plans are proved to be the cheapest, so a part of the difference may come of the search."
        )
    if unread:
        notes.append(f"{len(unread)} of these scenes have no subtitles, so the reading says nothing of them.")
    return WhatIf(
        change.name, plan.currency, now.total, then.total, then.total - now.total, now.days, then.days,
        then.days - now.days, least, most, _accounts(now, then), change.cut, change.changed,
        round(sum(breakdown.scene(x).screen_seconds for x in change.cut), 1), some, unread, new_plan, then,
        tuple(notes),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """The shoot with some scenes at one tier. `more` and `more_minutes` are against the rung below, None for the first.

    `each_minute`: what a further minute on the screen at this tier costs against the tier below.
    """

    tier: Tier
    minutes: float
    days: int
    total: Decimal
    more: Decimal | None
    more_minutes: float | None
    each_minute: Decimal | None


def tier_ladder(
    breakdown: Breakdown,
    rules: Rules,
    plan: Plan,
    ids: Sequence[str],
    solve: Solve,
    rates: ProductionRates | None = None,
) -> tuple[Rung, ...]:
    """What raising these scenes from tier to tier costs, each tier scheduled anew: the marginal cost of a tier."""
    made: dict[Tier, tuple[Budget, float]] = {}
    begin = plan
    # From the best tier down: a plan that holds longer scenes holds shorter ones, so the search goes on from it.
    for tier in reversed(TIERS):
        change = set_tier(breakdown, rules, tier, ids)
        begin = solve(change.breakdown, rules, begin)
        if not change.changed and plan.total < begin.total:
            begin = plan
        minutes = round(sum(s.minutes for s in change.breakdown.scenes if s.id in set(ids)), 1)
        made[tier] = budget(change.breakdown, begin, rules, rates), minutes
    out: list[Rung] = []
    screen = Decimal(str(sum(breakdown.scene(x).screen_seconds for x in ids))) / 60
    for tier in TIERS:
        cost, minutes = made[tier]
        more = cost.total - out[-1].total if out else None
        each = (
            Money(more / screen, plan.currency).rounded().amount if more is not None and screen > 0 else None
        )
        out.append(
            Rung(
                tier, minutes, cost.days, cost.total, more,
                round(minutes - out[-1].minutes, 1) if out else None, each,
            )
        )  # fmt: skip
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Raise:
    """One scene raised by a tier on the day that it has. `fits`: its day has room, so that nothing more is paid.

    `average` is what its further minutes cost at the day's own price a minute: what to reckon with where many
    scenes are raised and days no longer have room.
    """

    scene: str
    tier: Tier
    more_minutes: float
    room: float
    fits: bool
    average: Decimal


def raises(
    breakdown: Breakdown, rules: Rules, plan: Plan, rates: ProductionRates | None = None
) -> tuple[Raise, ...]:
    """For every scene of the plan that is not at the best tier, what the next tier costs; nothing is scheduled."""
    costs = budget(breakdown, plan, rules, rates).scenes
    nights = {(d.index, d.unit): d.date for d in plan.days if d.night}
    out: list[Raise] = []
    for day in plan.days:
        tired = (day.index - 1, day.unit) in nights
        night = nights.get((day.index - 1, day.unit))
        if night is not None and day.date is not None and (day.date - night).days > 1:
            tired = False  # a day off lies between
        room = _room(day, rules, tired)
        scenes = [breakdown.scene(x) for x in day.scenes]
        minutes = sum(weights(scenes).values())
        # What a day costs whatever is shot on it: crew, nights, overtime, equipment.
        fixed = sum((v for s in scenes for k, v in costs[s.id].accounts.items() if k in _BY_TIME), Decimal(0))
        for s in scenes:
            if s.tier == TIERS[-1] or s.minutes <= 0:
                continue
            higher = TIERS[TIERS.index(s.tier) + 1]
            more = round(at_tier(s, higher, rules).minutes - s.minutes, 1)
            price = fixed * Decimal(str(more)) / Decimal(str(minutes)) if minutes else Decimal(0)
            average = Money(price, plan.currency).rounded().amount
            out.append(Raise(s.id, higher, more, room, more <= room, average))
    return tuple(out)


_BY_TIME = (1300, 2100, 2110, 2120, 2400, 2600, 2700)


def _room(day: ShootDay, rules: Rules, after_night: bool) -> float:
    """Minutes left on a day, by the rules of SHOOT.md (`solve.problem`); its minutes hold its moves."""
    holds = rules.day_minutes - (rules.turnaround_minutes if after_night else 0)
    holds += rules.night_minutes if day.night else 0
    return max(0.0, holds - day.minutes)


def _range(before: Plan, after: Plan) -> tuple[Decimal | None, Decimal | None]:
    """The cheapest plans lie between bound and total, each."""
    if before.bound is None or after.bound is None:
        return None, None
    return after.bound - before.total, after.total - before.bound


def _accounts(now: Budget, then: Budget) -> tuple[AccountChange, ...]:
    names = {a.number: a.name for b in (now, then) for g in b.topsheet for a in g.accounts}
    return tuple(
        AccountChange(n, name, now.account(n), then.account(n))
        for n, name in sorted(names.items())
        if now.account(n) != then.account(n)
    )
