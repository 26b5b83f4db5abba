"""The budget of a plan: topsheet, accounts, and what every scene costs.

    made = budget(breakdown, plan, rules, rates, contingency=Decimal("0.1"))
    made.total, made.topsheet, made.scenes["7-2"].shared

Lines are quantity x rate, each with what was counted and where the rate is from. What the plan costs stands in
the budget to the last cent: where the rates of now say something else, a line of its own says the difference.
A day is paid whatever is shot on it, so its costs are shared by the minutes of its scenes and shown as shared;
a scene's own costs are those that nothing else shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from smallscreen.errors import UserError
from smallscreen.production.charges import OF_SERIES, PARTS, Charge, charges, parts_of, weights
from smallscreen.production.model import Breakdown, Plan, Rate, Rules, SceneSheet
from smallscreen.production.rates import CATALOGUE, ProductionRates, asked, from_rules
from smallscreen.series.money import Money, minor_unit, split

GROUPS: dict[int, str] = {1: "Above the line", 2: "Production", 3: "Post-production", 4: "Other"}
"""The groups of the trade's topsheet, by the first digit of their accounts."""
ACCOUNTS: dict[int, str] = {
    1100: "Story and script", 1200: "Producers", 1300: "Direction", 1400: "Cast", 1410: "Cast held between days",
    2100: "Crew", 2110: "Night blocks", 2120: "Overtime", 2200: "Extras", 2300: "Locations", 2310: "Company moves",
    2400: "Equipment", 2500: "Props", 2510: "Costume", 2520: "Make-up", 2530: "Vehicles", 2540: "Animals",
    2550: "Effects on the set", 2590: "Other needs of scenes", 2600: "Meals", 2700: "Travel and transport",
    2900: "The plan's own figures", 3100: "Editing and finishing", 3200: "Sound and music", 3300: "Visual effects",
    3400: "Dubbing", 4100: "Insurance and permits", 4200: "Office and legal",
}  # fmt: skip
"""Our chart of accounts; short, and numbered as the trade numbers them."""
_ADJUST = 2900


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an account; `amount` = `quantity` x `rate`, in whole cents a charge. `of`: what was counted."""

    account: int
    name: str
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    of: str
    source: str
    date: str
    example: bool


@dataclass(frozen=True, slots=True)
class Account:
    number: int
    name: str
    amount: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    amount: Decimal
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class SceneCost:
    """`own`: what only this scene needs; `shared`: its part of what others need, too. `accounts` by number."""

    id: str
    episode: int
    minutes: float
    own: Decimal
    shared: Decimal
    accounts: dict[int, Decimal]

    @property
    def total(self) -> Decimal:
        return self.own + self.shared


@dataclass(frozen=True)
class Budget:
    """What a plan costs. `subtotal` is the sum of the groups and of the scenes; `plan_cost` the part of the plan.

    `asks`: keys of rates that nobody gave, so that the budget has no such line. `notes` are sentences.
    """

    currency: str
    topsheet: tuple[Group, ...]
    subtotal: Decimal
    contingency_share: Decimal
    contingency: Decimal
    total: Decimal
    plan_cost: Decimal
    days: int
    scenes: dict[str, SceneCost]
    asks: tuple[str, ...]
    notes: tuple[str, ...]
    example: bool

    def account(self, number: int) -> Decimal:
        """The amount of an account, 0 where it has no line."""
        return sum((a.amount for g in self.topsheet for a in g.accounts if a.number == number), Decimal(0))


def budget(
    breakdown: Breakdown,
    plan: Plan,
    rules: Rules,
    rates: ProductionRates | None = None,
    *,
    contingency: Decimal | None = None,
    more: Sequence[Charge] = (),
    of_series: bool = True,
) -> Budget:
    """The budget of a plan; without `rates`, at the rates of the rules. `more` are charges that no schedule has.
    `of_series` False leaves out what is paid once for a whole series, for a block that is shot later.

    `contingency` is a share of everything, 0 to 1; without it that of the rates' file holds, else none.
    Raises UserError for mixed currencies, a negative rate, and a plan that does not fit the breakdown.
    """
    used = rates or from_rules(rules)
    _check(breakdown, plan, rules, used)
    share = contingency if contingency is not None else used.contingency or Decimal(0)
    if not 0 <= share <= 1:
        raise UserError(f"The contingency is {share}; give a share from 0 to 1, such as 0.1 for 10 %.")
    found = charges(breakdown, plan, rules, used, of_series)
    fixed, notes = _as_planned(breakdown, plan, found)
    everything = [*found, *fixed, *more]
    lines = _lines(everything)
    groups = _topsheet(lines)
    subtotal = sum((g.amount for g in groups), Decimal(0))
    reserve = Money(subtotal * share, plan.currency).rounded().amount
    asks = tuple(k for k in asked(breakdown, used) if of_series or k not in OF_SERIES)
    placed = {x for d in plan.days for x in d.scenes}
    placed |= {x for c in more for x in c.weights}
    left = [s.id for s in breakdown.scenes if s.id not in placed]
    if left:
        some = ", ".join(left[:5]) + (" ..." if len(left) > 5 else "")
        notes.append(f"Scenes that are not in the plan have no costs in this budget ({len(left)}): {some}.")
    if asks:
        names = "; ".join(CATALOGUE[k].name.lower() + f" ({k})" for k in asks)
        notes.append(f"No rate was given for {names}; the budget has no such lines.")
    example = any(x.example for x in lines)
    if example:
        notes.append("Some rates are examples that show how a budget works; they are nobody's real prices.")
    return Budget(
        plan.currency, groups, subtotal, share, reserve, subtotal + reserve, plan.total,
        len({d.index for d in plan.days if d.scenes}), scene_costs(breakdown, everything, plan.currency),
        asks, tuple(notes), example,
    )  # fmt: skip


def scene_costs(breakdown: Breakdown, found: Sequence[Charge], currency: str) -> dict[str, SceneCost]:
    """What each scene consumes, every charge shared by its weights in whole cents; the sum is that of the charges."""
    unit = minor_unit(currency)
    own: dict[str, Decimal] = defaultdict(Decimal)
    shared: dict[str, Decimal] = defaultdict(Decimal)
    accounts: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for c in found:
        ids = list(c.weights)
        for scene, part in zip(ids, split(c.amount, list(c.weights.values()), unit), strict=True):
            (own if len(ids) == 1 else shared)[scene] += part
            accounts[scene][c.account] += part
    return {
        s.id: SceneCost(
            s.id, s.episode, s.minutes, own[s.id], shared[s.id], dict(sorted(accounts[s.id].items()))
        )
        for s in breakdown.scenes
        if s.id in accounts
    }


def extra_charge(key: str, quantity: int, scenes: Sequence[SceneSheet], rates: ProductionRates) -> Charge:
    """A charge that no schedule has, such as dubbing. UserError where the rate is not given."""
    rates.need((key,))
    a = CATALOGUE[key]
    return Charge(a.account, a.name, Decimal(quantity), a.unit, rates.rates[key], weights(scenes), a.per)


# --- within ----------------------------------------------------------------------------------


def _as_planned(breakdown: Breakdown, plan: Plan, found: list[Charge]) -> tuple[list[Charge], list[str]]:
    """Charges that bring each part to what the plan says, and a sentence for each that is not the same."""
    by_id = {s.id: s for s in breakdown.scenes}
    scenes = weights(by_id[x] for d in plan.days for x in d.scenes)
    # A plan rounds a part as a whole and we every charge: half a cent each is no difference in rates.
    rounding = {p: sum(c.part == p for c in found) * minor_unit(plan.currency) for p in PARTS}
    made = parts_of(found)
    fixed, notes = [], []
    for part in [*PARTS, *(p for p in plan.cost if p not in PARTS)]:
        # Extras are beside the schedule here; a plan that counts them has them in an account of their own.
        said = plan.cost.get(part, Decimal(0))
        difference = said - made.get(part, Decimal(0))
        if not difference or not scenes or not plan.cost:
            continue
        if abs(difference) <= rounding.get(part, Decimal(0)) / 2 + minor_unit(plan.currency) / 2:
            rate = Rate(
                "rounding", difference, plan.currency, source="the plan's parts are rounded as a whole"
            )
            fixed.append(
                Charge(PARTS.get(part, _ADJUST), "Rounding", Decimal(1), "item", rate, scenes, "cents", part)
            )
            continue
        rate = Rate("plan", difference, plan.currency, source="the plan")
        name = f"{part}, as the plan has it" if part not in PARTS else f"{part}: the plan says otherwise"
        fixed.append(Charge(_ADJUST, name, Decimal(1), "item", rate, scenes, "difference to the plan", part))
        if part in PARTS:
            notes.append(
                f"The plan says {Money(said, plan.currency)} for {part} and its days cost "
                f"{Money(made[part], plan.currency)} at the rates of now; schedule again."
            )
    return fixed, notes


def _lines(found: Sequence[Charge]) -> list[Line]:
    groups: dict[tuple[int, str, str, Rate, str], list[Charge]] = defaultdict(list)
    for c in found:
        groups[c.account, c.name, c.unit, c.rate, c.of].append(c)
    return [
        Line(
            account, name, sum((c.quantity for c in some), Decimal(0)), unit, rate.amount,
            sum((c.amount for c in some), Decimal(0)), of, rate.source, rate.date, rate.example,
        )
        for (account, name, unit, rate, of), some in groups.items()
    ]  # fmt: skip


def _topsheet(lines: Sequence[Line]) -> tuple[Group, ...]:
    accounts: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        accounts[line.account].append(line)
    made = [
        Account(n, ACCOUNTS[n], sum((x.amount for x in some), Decimal(0)), tuple(some))
        for n, some in sorted(accounts.items())
    ]
    return tuple(
        Group(name, sum((a.amount for a in some), Decimal(0)), some)
        for first, name in GROUPS.items()
        if (some := tuple(a for a in made if a.number // 1000 == first))
    )


def _check(breakdown: Breakdown, plan: Plan, rules: Rules, rates: ProductionRates) -> None:
    if len({plan.currency, rules.currency, rates.currency}) > 1:
        raise UserError(
            f"The plan is in {plan.currency}, the rules in {rules.currency} and {rates.path} in {rates.currency}, "
            "and currencies cannot be added up; schedule again with the rates of the file."
        )
    for r in (*rules.rates, *rates.rates.values()):
        if r.currency != plan.currency:
            raise UserError(
                f"The rate {r.key} is in {r.currency} and the plan in {plan.currency}; give it in one currency, or in "
                f"{rates.path} with an exchange rate, its date and source."
            )
        if not r.amount.is_finite() or r.amount < 0:
            raise UserError(f"The rate {r.key} is {r.amount}; give 0 or more.")
    named = [*((c.name, c.rate) for c in breakdown.cast), *((x.name, x.rate) for x in breakdown.locations)]
    for name, rate in named:
        if rate is not None and (not rate.is_finite() or rate < 0):
            raise UserError(f"The rate of {name} in the breakdown is {rate}; give 0 or more.")
