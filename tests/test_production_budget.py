"""Rates are read strictly, a budget holds its plan to the last cent, and scenes add up to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem, UserError
from smallscreen.production import verify
from smallscreen.production.budget import ACCOUNTS, Budget, budget
from smallscreen.production.charges import charges
from smallscreen.production.model import Breakdown, Plan, Rate, Rules, from_json, to_json
from smallscreen.production.quick import quick_plan
from smallscreen.production.rates import CATALOGUE, ProductionRates, asked, priced, read_rates, template
from smallscreen.production.shoot import shoot_of
from smallscreen.production.solve import checker
from smallscreen.series.money import split
from tests.production_small import PLAN, RATES, RULES, SMALL, D, breakdowns, plan_of

ALL = ProductionRates(
    "CNY",
    {a.key: Rate(a.key, D("33.33"), "CNY", "2026-01-15", "list", True) for a in CATALOGUE.values()}
    | {r.key: r for r in RATES},
    crew_people=7,
    contingency=D("0.1"),
)


# --- the file --------------------------------------------------------------------------------

RATE = '[crew.day]\namount = 35000\ncurrency = "CNY"\nunit = "day"\ndate = 2026-01-15\nsource = "contract"\n'


def read(tmp_path: Path, body: str, head: str = 'currency = "CNY"\n') -> ProductionRates:
    path = tmp_path / "production.toml"
    path.write_text(head + body, "utf-8")
    return read_rates(path)


def test_a_file_is_read_exactly(tmp_path: Path) -> None:
    body = RATE.replace("35000", "35000.10").replace("[crew", "contingency = 0.125\ncrew_people = 25\n[crew")
    body += '\n[cast.day]\namount = ""\n'
    body += '[[fee]]\nname = "林小满"\namount = "3000.05"\ncurrency = "CNY"\nunit = "day"\ndate = "2026-01-15"\nsource = "agent"\nexample = true\n'
    body += '[[element]]\nkind = "prop"\nname = "红伞"\namount = 90\ncurrency = "CNY"\nunit = "item"\ndate = 2026-01-15\nsource = "shop"\n'
    got = read(tmp_path, body)
    assert got.rates["crew.day"] == Rate("crew.day", D("35000.10"), "CNY", "2026-01-15", "contract", False)
    assert got.cast["林小满"].amount == D("3000.05") and got.example
    assert got.elements["prop", "红伞"].key == "prop.item"
    assert (got.contingency, got.crew_people) == (D("0.125"), 25)
    assert "cast.day" not in got.rates


def test_another_currency_needs_an_exchange_rate(tmp_path: Path) -> None:
    body = RATE.replace('"CNY"', '"USD"').replace("35000", "100.10")
    with pytest.raises(
        FileProblem, match=r"line 2: crew\.day is in USD and the budget in CNY; expected one currency, or"
    ):
        read(tmp_path, body)
    x = '[[exchange]]\nfrom = "USD"\nto = "CNY"\nrate = 7.11\ndate = 2026-01-15\nsource = "central bank"\nexample = true\n'
    rate = read(tmp_path, body + x).rates["crew.day"]
    assert rate.amount == D("711.71") and rate.currency == "CNY" and rate.example
    assert "100.10 USD, 1 USD = 7.11 CNY (2026-01-15, central bank)" in rate.source
    for bad in ("rate = 0", "rate = -7", 'rate = "cheap"'):
        with pytest.raises(FileProblem, match="exchange rate 1 cannot be used"):
            read(tmp_path, body + x.replace("rate = 7.11", bad))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("35000", "-1", r"line 2: crew\.day is negative \(-1\); expected 0 or more"),
        ("35000", "nan", "not a number"),
        ("35000", "true", "not a number"),
        ("35000", '"much"', "'much' is not a number"),
        ('source = "contract"', 'source = " "', "has no source"),
        ("date = 2026-01-15", 'date = "soon"', "has no date"),
        ('unit = "day"', 'unit = "week"', r"the unit of crew\.day is 'week'; expected day"),
        ('unit = "day"', "", "the unit of"),
        ('currency = "CNY"', 'currency = "RMBs"', "has no currency"),
        ("[crew.day]", "[crew.week]", r"no budget asks for 'crew\.week'"),
        ("[crew.day]", "[carpets.day]", "no budget asks for 'carpets'"),
        ("[crew.day]", "contingency = 1.5\n[crew.day]", "contingency is 1.5; expected a share"),
        ("[crew.day]", "crew_people = -2\n[crew.day]", "crew_people is -2"),
        ("[crew.day]", "crew = 3\n[crew.night]", "valid TOML"),
        ("amount", "price = 3\namount", "has the key price"),
        ("[crew.day]", "[[fee]]\namount = 1\n[crew.day]", "fee 1 has no name"),
        ("[crew.day]", '[[element]]\nname = "x"\nkind = "hat"\n[crew.day]', "the kind of x is 'hat'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(FileProblem, match=says) as e:
        read(tmp_path, RATE.replace(old, new, 1))
    assert "\n" not in str(e.value) and str(e.value).startswith("production.toml")


def test_no_file_no_text_and_no_currency(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no production\.toml"):
        read_rates(tmp_path / "production.toml")
    (tmp_path / "production.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileProblem, match="not UTF-8"):
        read_rates(tmp_path / "production.toml")
    with pytest.raises(FileProblem, match="the currency of the budget is missing"):
        read(tmp_path, RATE, "")


def test_the_template_asks_for_everything_and_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "production.toml").write_text(
        template().replace('currency = ""  ', 'currency = "CNY"', 1), "utf-8"
    )
    got = read_rates(tmp_path / "production.toml")
    assert got.rates == {} and got.contingency is None and not got.example
    with pytest.raises(
        UserError, match=r"has no rate yet for cast\.day \(cast, .*crew\.day .*location\.day"
    ) as e:
        priced(SMALL, RULES, got)
    assert str(e.value).count(".") >= 3 and "\n" not in str(e.value) and "overtime.hour" in str(e.value)


def test_the_file_stands_above_the_breakdown() -> None:
    own = replace(ALL, cast={"A": Rate("fee A", D("4000"), "CNY", "2026-01-15", "agent")})
    made, rules = priced(SMALL, replace(RULES, rates=()), own)
    assert [c.rate for c in made.cast] == [D("4000"), None] and rules.rate("crew.day") == D("10000")
    lines = [
        x
        for g in budget(made, plan_of(made, [["1-1"]], rules), rules, own).topsheet
        for a in g.accounts
        for x in a.lines
    ]
    assert next(x for x in lines if x.name == "A").source == "agent"
    with pytest.raises(
        UserError, match=r"The breakdown has a rate of A in CNY and production\.toml is in USD"
    ):
        priced(SMALL, RULES, replace(ALL, currency="USD"))


# --- the budget ------------------------------------------------------------------------------


def test_a_small_shoot_by_hand() -> None:
    b = budget(SMALL, PLAN, RULES)
    assert {n: b.account(n) for n in (1400, 1410, 2100, 2110, 2300, 2310)} == {
        1400: D("7601.00"),  # both work both days: 2 x 3,000 and 2 x 800.50
        1410: D(0),
        2100: D("20000"),
        2110: D("2000"),
        2300: D("1700.25"),  # the shop on day 1, the yard on day 2
        2310: D(0),
    }
    assert b.subtotal == b.total == PLAN.total == b.plan_cost == D("31301.25")
    # Day 1: 10,000 of crew on 500 minutes, of which 1-1 has 200; A is there for 1-1 alone.
    assert b.scenes["1-1"].accounts[2100] == D("4000.00") and b.scenes["2-1"].accounts[2100] == D("6000.00")
    assert b.scenes["1-1"].own == D("3000.00")
    assert b.scenes["1-1"].accounts[1400] == D("3000") + D("320.20")
    assert b.scenes["1-2"].accounts[2110] == D("2000") and 2110 not in b.scenes["2-2"].accounts
    assert b.days == 2 and not b.example and b.asks[0] == "script.item"


def test_everything_else_by_hand() -> None:
    b = budget(SMALL, PLAN, RULES, ALL)
    r = D("33.33")
    assert b.account(1100) == b.account(1200) == b.account(4100) == b.account(4200) == r
    assert b.account(1300) == b.account(2400) == b.account(2700) == 2 * r
    assert b.account(2200) == 6 * r and b.account(2500) == 2 * r and b.account(2550) == b.account(3300) == r
    assert b.account(3100) == b.account(3200) == 2 * r
    assert b.account(2600) == (2 * 7 + 4 + 6) * r  # crew of 7, two parts on both days, six extras
    assert b.contingency == (b.subtotal / 10).quantize(D("0.01")) and b.total == b.subtotal + b.contingency
    assert sum(x.total for x in b.scenes.values()) == b.subtotal and b.example
    assert {a.number for g in b.topsheet for a in g.accounts} <= ACCOUNTS.keys()
    assert from_json(Budget, to_json(b)) == b


def test_waiting_overtime_and_a_second_unit() -> None:
    plan = plan_of(SMALL, [["1-1", "2-1", "2-2"], [], ["1-2"]])
    b = budget(SMALL, plan, RULES)
    assert b.account(2100) == D("30000") and b.account(1410) == D("1500") and b.account(2310) == D("500")
    assert b.account(2120) == (D(245) / 60 * 1200).quantize(D("0.01")) and b.subtotal == plan.total
    assert sum(x.total for x in b.scenes.values()) == b.subtotal
    second = replace(PLAN, days=(PLAN.days[0], replace(PLAN.days[1], index=1, unit=2)), cost={})
    assert budget(SMALL, second, RULES).account(2100) == D("20000")


def test_a_plan_of_other_rates_is_told_and_still_adds_up() -> None:
    dearer = replace(PLAN, cost={**PLAN.cost, "crew": D("21000.01"), "extras": D("7")})
    b = budget(SMALL, dearer, RULES)
    assert b.subtotal == dearer.total == sum(x.total for x in b.scenes.values()) and b.account(2900) == D(
        "1007.01"
    )
    assert any("The plan says 21,000.01 CNY for crew and its days cost 20,000.00 CNY" in n for n in b.notes)


def test_cents_of_rounding_are_no_other_rates() -> None:
    off = replace(PLAN, cost={**PLAN.cost, "cast": PLAN.cost["cast"] + D("0.02")})
    b = budget(SMALL, off, RULES)
    assert (
        b.subtotal == off.total and b.account(2900) == 0 and not any("schedule again" in n for n in b.notes)
    )
    assert any(x.name == "Rounding" for g in b.topsheet for a in g.accounts for x in a.lines)


@settings(max_examples=40, deadline=None)
@given(breakdowns(), st.booleans())
def test_scenes_and_accounts_add_up(made: Breakdown, all_rates: bool) -> None:
    plan = quick_plan(made, RULES)
    b = budget(made, plan, RULES, ALL if all_rates else None)
    assert (
        sum((x.total for x in b.scenes.values()), D(0))
        == b.subtotal
        == sum((g.amount for g in b.topsheet), D(0))
    )
    in_plan = (1400, 1410, 2100, 2110, 2120, 2300, 2310)
    assert sum((b.account(n) for n in in_plan), D(0)) == plan.total and b.account(2900) == 0
    assert all(x == x.quantize(D("0.01")) for s in b.scenes.values() for x in s.accounts.values())


@settings(max_examples=30, deadline=None)
@given(breakdowns())
def test_the_schedule_costs_what_the_independent_checker_counts(made: Breakdown) -> None:
    rules = replace(RULES, max_days=40)
    plan = quick_plan(made, rules)
    problem = shoot_of(made, rules).problem
    on = {x: d.index - 1 for d in plan.days for x in d.scenes}
    counted = checker.cost(problem, [on[s.id] for s in made.scenes])
    # The solver counts no way back to a place of the same day; a plan and its verification do.
    back = any(d.moves != len(d.locations) - 1 for d in plan.days)
    parts = ("crew", "cast", "location", *(() if back else ("moves",)))
    ours = {k: plan.cost[k] * problem.scale for k in parts}
    assert ours == {k: counted[k] for k in ours}
    by_names = verify.cost(plan, made, rules)
    assert {k: by_names[k] for k in ours} == {k: plan.cost[k] for k in ours}
    assert abs(plan.cost["holding"] * problem.scale - counted["holding"]) <= problem.scale / D(100) * len(
        made.cast
    )


@settings(max_examples=40, deadline=None)
@given(breakdowns())
def test_a_quick_plan_keeps_the_lengths_of_days_and_nights(made: Breakdown) -> None:
    short = replace(made, scenes=tuple(replace(s, minutes=max(1, min(s.minutes, 240))) for s in made.scenes))
    rules = replace(RULES, max_days=40, moves_a_day=None)
    found = verify.faults(quick_plan(short, rules), short, rules)
    assert [f for f in found if not f.startswith("the plan says")] == []  # cents, which a plan rounds by part


def quantities(made: Breakdown, plan: Plan, rules: Rules) -> dict[tuple[int, str], Decimal]:
    out: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for c in charges(made, plan, rules, ALL):
        # A day worked may become a day held: the two together never rise.
        out[1400 if c.account == 1410 else c.account, c.name] += c.quantity
    return out


@settings(max_examples=40, deadline=None)
@given(breakdowns(), st.data())
def test_removing_a_scene_never_raises_a_quantity(made: Breakdown, data: st.DataObject) -> None:
    plan = quick_plan(made, RULES)
    gone = data.draw(st.sampled_from([s.id for s in made.scenes]))
    less = replace(
        plan,
        days=tuple(replace(d, scenes=tuple(x for x in d.scenes if x != gone)) for d in plan.days),
        cost={},
    )
    before, after = quantities(made, plan, RULES), quantities(made, less, RULES)
    assert all(after[k] <= before[k] for k in after)
    assert budget(made, less, RULES, ALL).subtotal <= budget(made, plan, RULES, ALL).subtotal


@given(
    st.integers(-(10**9), 10**9).map(lambda n: D(n) / 1000),
    st.lists(st.integers(0, 500), min_size=1, max_size=9),
)
def test_an_amount_is_shared_without_loss(amount: Decimal, shares: list[int]) -> None:
    parts = split(amount, shares, D("0.01"))
    assert sum(parts) == amount and len(parts) == len(shares)
    if sum(shares):
        for part, share in zip(parts, shares, strict=True):
            assert abs(part - amount * share / sum(shares)) < D("0.02")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rates": (*RATES, Rate("extra.day", D(-1)))}, r"The rate extra\.day is -1; give 0 or more"),
        ({"rates": (*RATES, Rate("extra.day", D("NaN")))}, "NaN"),
        ({"rates": (*RATES, Rate("extra.day", D(1), "USD"))}, r"extra\.day is in USD and the plan in CNY"),
        ({"currency": "USD"}, "currencies cannot be added up"),
        ({"rates": RATES[1:]}, r"no rate 'crew\.day'"),
    ],
)
def test_bad_rates(change: dict[str, object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        budget(SMALL, PLAN, replace(RULES, **change))  # type: ignore[arg-type]


def test_bad_plans_and_contingency() -> None:
    with pytest.raises(UserError, match="scene 2-2, which the breakdown does not have"):
        budget(replace(SMALL, scenes=SMALL.scenes[:3]), PLAN, RULES)
    with pytest.raises(UserError, match="shoots scene 1-1 twice"):
        budget(SMALL, replace(PLAN, days=(PLAN.days[0], replace(PLAN.days[0], index=2))), RULES)
    with pytest.raises(UserError, match="give a share from 0 to 1"):
        budget(SMALL, PLAN, RULES, contingency=D("-0.1"))
    with pytest.raises(UserError, match="The rate of A in the breakdown is -5"):
        budget(replace(SMALL, cast=(replace(SMALL.cast[0], rate=D(-5)),)), PLAN, RULES)
    short = budget(SMALL, plan_of(SMALL, [["1-1"]]), RULES)
    assert "Scenes that are not in the plan have no costs in this budget (3): 1-2, 2-1, 2-2." in short.notes
    assert budget(Breakdown(), Plan(), Rules()).total == 0
    assert asked(Breakdown(), ALL) == ()
