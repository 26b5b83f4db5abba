"""`production.toml`: what a shoot costs, each rate with its unit, date and source.

Nothing has a default: what nobody gave is asked for by name, in one sentence. Rates that only show how a budget
works are marked `example = true`, and every budget made with them says so. docs/production.md has the form.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from smallscreen.errors import FileProblem, UserError
from smallscreen.production.model import ELEMENT_KINDS, Breakdown, Rate, Rules
from smallscreen.series.money import Money, decimal_of, is_currency

NAME = "production.toml"
MAX_BYTES = 1024 * 1024
Unit = Literal["day", "hour", "scene", "item"]
UNITS: tuple[Unit, ...] = get_args(Unit)


@dataclass(frozen=True, slots=True)
class Asked:
    """A rate that budgets know. `unit` is how it is counted, `per` says of what."""

    key: str
    unit: Unit
    account: int
    name: str
    per: str


CATALOGUE: dict[str, Asked] = {
    a.key: a
    for a in (
        Asked("script.item", "item", 1100, "Story and script", "the whole series"),
        Asked("producer.item", "item", 1200, "Producers", "the whole series"),
        Asked("director.day", "day", 1300, "Direction", "a shooting day of a unit"),
        Asked("cast.day", "day", 1400, "Cast", "a day worked, for a part without a fee of its own"),
        Asked("crew.day", "day", 2100, "Crew", "a shooting day, and a day of a further unit"),
        Asked("night", "item", 2110, "Night blocks", "a night block"),
        Asked("overtime.hour", "hour", 2120, "Overtime", "an hour of a unit"),
        Asked("extra.day", "day", 2200, "Extras", "an extra and day"),
        Asked(
            "location.day", "day", 2300, "Locations", "a day of use, for a place without a rate of its own"
        ),
        Asked("move", "item", 2310, "Company moves", "a move within a day"),
        Asked("equipment.day", "day", 2400, "Camera, light and grip", "a shooting day of a unit"),
        Asked("prop.item", "item", 2500, "Props", "a prop of the series"),
        Asked("costume.item", "item", 2510, "Costume", "a costume of the series"),
        Asked("makeup.scene", "scene", 2520, "Make-up", "a scene that notes any"),
        Asked("vehicle.day", "day", 2530, "Vehicles", "a vehicle and day"),
        Asked("animal.day", "day", 2540, "Animals", "an animal and day"),
        Asked("effect.scene", "scene", 2550, "Effects on the set", "an effect in a scene"),
        Asked("meals.day", "day", 2600, "Meals", "a person and day"),
        Asked("travel.day", "day", 2700, "Travel and transport", "a shooting day of a unit"),
        Asked("post.item", "item", 3100, "Editing and finishing", "an episode"),
        Asked("sound.item", "item", 3200, "Sound and music", "an episode"),
        Asked("vfx.scene", "scene", 3300, "Visual effects", "an effect in a scene"),
        Asked("dub.scene", "scene", 3400, "Dubbing", "a scene of an edition to re-dub"),
        Asked("insurance.item", "item", 4100, "Insurance and permits", "the whole series"),
        Asked("office.item", "item", 4200, "Office and legal", "the whole series"),
    )
}
SCHEDULE_KEYS = ("crew.day", "night", "move", "overtime.hour", "cast.day", "location.day")
"""Rates that the cost of a schedule is made of."""
_TABLES = ("fee", "place", "element")
"""Tables of rates for one name; `[cast.day]` stands beside `[[fee]]`, so that TOML can tell them apart."""
_KEYS = {"amount", "currency", "unit", "date", "source", "example", "note"}


@dataclass(frozen=True)
class ProductionRates:
    """What `production.toml` says, in one currency.

    `cast`, `locations` and `elements` (by kind and name, folded) are rates for one name; `crew_people` is how many
    eat besides cast and extras; `contingency` a share of the whole, None where it is not given.
    """

    currency: str
    rates: Mapping[str, Rate] = field(default_factory=dict)
    cast: Mapping[str, Rate] = field(default_factory=dict)
    locations: Mapping[str, Rate] = field(default_factory=dict)
    elements: Mapping[tuple[str, str], Rate] = field(default_factory=dict)
    exchange: Mapping[str, Rate] = field(default_factory=dict)
    crew_people: int | None = None
    contingency: Decimal | None = None
    path: str = NAME

    @property
    def example(self) -> bool:
        """Whether any rate is an example rather than somebody's own."""
        named = (*self.cast.values(), *self.locations.values(), *self.elements.values())
        return any(r.example for r in (*self.rates.values(), *named, *self.exchange.values()))

    def need(self, keys: tuple[str, ...]) -> None:
        """Raise UserError, one sentence, with everything of `keys` that the file does not have."""
        lacking = [
            f"{k} ({CATALOGUE[k].name.lower()}, {CATALOGUE[k].per})" for k in keys if k not in self.rates
        ]
        if lacking:
            raise UserError(
                f"{self.path} has no rate yet for {'; '.join(lacking)}; write amount, currency, unit, date and "
                f"source of {'it' if len(lacking) == 1 else 'each'} there."
            )


def asked(breakdown: Breakdown, rates: ProductionRates) -> tuple[str, ...]:
    """The keys of the rates that this breakdown would use and the file does not have, in the order of accounts."""
    has = {e.kind for s in breakdown.scenes for e in s.elements}
    unneeded = {f"{kind}.{unit}" for kind in ELEMENT_KINDS if kind not in has for unit in UNITS}
    unneeded |= {"dub.scene"} | (set() if "effect" in has else {"vfx.scene"})
    unneeded -= {"cast.day"}
    if all(c.rate is not None or c.name in rates.cast for c in breakdown.cast):
        unneeded.add("cast.day")
    if all(x.rate is not None or x.name in rates.locations for x in breakdown.locations):
        unneeded.add("location.day")
    return tuple(k for k in CATALOGUE if k not in unneeded and k not in rates.rates)


def priced(breakdown: Breakdown, rules: Rules, rates: ProductionRates) -> tuple[Breakdown, Rules]:
    """The breakdown and the rules with the rates of the file, so that a schedule is made with them.

    Fees and places that the file names stand above those of the breakdown. UserError, one sentence, for what a
    schedule cannot do without. The currency of the file becomes the rules' currency; amounts that stand in the
    breakdown are taken to be in the rules' currency, so they must be the same where there are any.
    """
    lacking = [k for k in asked(breakdown, rates) if k in SCHEDULE_KEYS]
    rates.need(tuple(k for k in lacking if k != "overtime.hour" or rules.overtime_minutes > 0))
    own = [c.name for c in breakdown.cast if c.rate is not None and c.name not in rates.cast]
    own += [x.name for x in breakdown.locations if x.rate is not None and x.name not in rates.locations]
    if own and rates.currency != rules.currency:
        raise UserError(
            f"The breakdown has a rate of {own[0]} in {rules.currency} and {rates.path} is in {rates.currency}; "
            "give that rate in the file, or write the file in the breakdown's currency."
        )
    cast = tuple(
        replace(c, rate=rates.cast[c.name].amount) if c.name in rates.cast else c for c in breakdown.cast
    )
    places = tuple(
        replace(x, rate=rates.locations[x.name].amount) if x.name in rates.locations else x
        for x in breakdown.locations
    )
    return replace(breakdown, cast=cast, locations=places), replace(
        rules, currency=rates.currency, rates=tuple(rates.rates.values())
    )


def from_rules(rules: Rules) -> ProductionRates:
    """The rates that the rules carry, for a series without a file."""
    return ProductionRates(rules.currency, {r.key: r for r in rules.rates}, path="the rules of the shoot")


def read_rates(path: Path) -> ProductionRates:
    """Read a `production.toml`. FileProblem, one sentence, for the first thing that cannot be used.

    A table whose amount is empty is taken as not given yet.
    """
    if not path.is_file():
        raise UserError(
            f"{path.parent} has no {NAME}; write one with your rates, docs/production.md shows the form."
        )
    if path.stat().st_size > MAX_BYTES:
        raise FileProblem(path, None, "it is too large", f"at most {MAX_BYTES // 1024} KiB")
    try:
        text = path.read_text("utf-8-sig")
        data = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        at = re.search(r"at line (\d+)", str(e))
        what = re.sub(r"\s*\(at .*\)$", "", str(e)) or "it is nested too deeply"
        raise FileProblem(
            path, int(at[1]) if at else None, what[:1].lower() + what[1:], "valid TOML"
        ) from None
    return _Reader(path, text).read(data)


def template() -> str:
    """The first file: every amount is empty, so that nobody takes a default for a fact."""
    out = [
        "# What this shoot costs. Nothing has a default; a budget asks for what is empty by name.",
        "# A figure that only shows how it works is marked with example = true. docs/production.md tells more.",
        "",
        'currency = ""        # of the budget, three letters',
        'contingency = ""     # a share of the whole, 0.1 is 10 %',
        'crew_people = ""     # how many eat besides cast and extras',
    ]
    for a in CATALOGUE.values():
        out += ["", f"# {a.account} {a.name}: {a.per}", f"[{a.key}]"]
        out += ['amount = ""', 'currency = ""', f'unit = "{a.unit}"', 'date = ""', 'source = ""']
    return "\n".join(out) + "\n"


class _Reader:
    """Reads one file; keeps its text to say in which line something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.currency = ""
        self.exchange: dict[str, Rate] = {}

    def read(self, data: dict[str, Any]) -> ProductionRates:
        currency = data.get("currency", "")
        if not is_currency(currency):
            raise self._bad(
                "currency", "the currency of the budget is missing or not three letters",
                'currency = "CNY" or another at the top',
            )  # fmt: skip
        self.currency = currency
        self.exchange = self._exchanges(data.get("exchange", []))
        rates: dict[str, Rate] = {}
        for section, value in data.items():
            if section in ("currency", "exchange", "contingency", "crew_people"):
                continue
            if section in CATALOGUE:
                self._put(rates, section, f"[{section}]", value)
            elif section in _TABLES and isinstance(value, list):
                continue
            elif isinstance(value, dict) and any(k.startswith(f"{section}.") for k in CATALOGUE):
                for unit, table in value.items():
                    self._put(rates, f"{section}.{unit}", f"[{section}.{unit}]", table)
            else:
                raise self._unknown(section)
        return ProductionRates(
            currency,
            rates,
            self._named(data.get("fee"), "fee"),
            self._named(data.get("place"), "place"),
            self._elements(data.get("element")),
            self.exchange,
            self._people(data.get("crew_people", "")),
            self._share(data.get("contingency", "")),
            self.path.name,
        )

    def _put(self, rates: dict[str, Rate], key: str, header: str, table: object) -> None:
        if key not in CATALOGUE:
            raise self._unknown(key)
        rate = self._rate(key, header, table, (CATALOGUE[key].unit,))
        if rate is not None:
            rates[key] = rate

    def _rate(
        self,
        key: str,
        header: str,
        table: object,
        units: tuple[str, ...],
        nth: int = 0,
        more: frozenset[str] = frozenset(),
    ) -> Rate | None:
        if not isinstance(table, dict):
            raise self._bad(header, f"{key} is not a table", "amount, currency, unit, date and source", nth)
        known = _KEYS | more
        if unknown := sorted(set(table) - known):
            raise self._bad(
                header, f"{key} has the key {unknown[0]}", "one of " + ", ".join(sorted(known)), nth
            )
        try:
            amount = decimal_of(table.get("amount", ""))
        except ValueError as e:
            raise self._bad(header, f"{key}: {e}", "an amount such as 1200.50", nth) from None
        if amount is None:
            return None
        if amount < 0:
            raise self._bad(header, f"{key} is negative ({amount})", "0 or more", nth)
        if table.get("unit") not in units:
            raise self._bad(
                header, f"the unit of {key} is {table.get('unit', '')!r}", " or ".join(units), nth
            )
        source, day = self._origin(header, key, table, nth)
        example = table.get("example", False)
        if not isinstance(example, bool):
            raise self._bad(header, f"{key}: example is {example!r}", "true or false", nth)
        own = table.get("currency", "")
        if not is_currency(own):
            raise self._bad(header, f"{key} has no currency", f'currency = "{self.currency}" or another', nth)
        if own == self.currency:
            return Rate(key, amount, own, day, source, example)
        if own not in self.exchange:
            raise self._bad(
                header, f"{key} is in {own} and the budget in {self.currency}",
                f"one currency, or [[exchange]] from {own} to {self.currency} with rate, date and source", nth,
            )  # fmt: skip
        x = self.exchange[own]
        said = f"{source}; {amount} {own}, 1 {own} = {x.amount} {self.currency} ({x.date}, {x.source})"
        # A price is paid in whole cents, so that days at this rate add up as they do in the plan.
        cents = Money(amount * x.amount, self.currency).rounded().amount
        return Rate(key, cents, self.currency, day, said, example or x.example)

    def _named(self, tables: object, kind: str) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for nth, table in enumerate(tables if isinstance(tables, list) else []):
            name = self._name(table, kind, nth)
            if name in found:
                raise self._bad(f"[[{kind}]]", f"{name} is here twice", "one rate for each", nth)
            rate = self._rate(f"{kind} {name}", f"[[{kind}]]", table, ("day",), nth, frozenset({"name"}))
            if rate is not None:
                found[name] = rate
        return found

    def _elements(self, tables: object) -> dict[tuple[str, str], Rate]:
        found: dict[tuple[str, str], Rate] = {}
        for nth, table in enumerate(tables if isinstance(tables, list) else []):
            name = self._name(table, "element", nth)
            kind = table.get("kind")
            if kind not in ELEMENT_KINDS:
                raise self._bad(
                    "[[element]]",
                    f"the kind of {name} is {kind!r}",
                    "one of " + ", ".join(ELEMENT_KINDS),
                    nth,
                )
            if (kind, name.casefold()) in found:
                raise self._bad("[[element]]", f"{name} is here twice", "one rate for each", nth)
            more = frozenset({"name", "kind"})
            rate = self._rate(f"{kind} {name}", "[[element]]", table, ("day", "scene", "item"), nth, more)
            if rate is not None:
                # The unit is part of what the rate is; a key keeps it beside the amount.
                found[kind, name.casefold()] = replace(rate, key=f"{kind}.{table['unit']}")
        return found

    def _name(self, table: object, kind: str, nth: int) -> str:
        name = table.get("name") if isinstance(table, dict) else None
        if not isinstance(name, str) or not name.strip():
            raise self._bad(f"[[{kind}]]", f"{kind} {nth + 1} has no name", "name as in the breakdown", nth)
        return name.strip()

    def _exchanges(self, tables: object) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for nth, table in enumerate(tables if isinstance(tables, list) else []):
            where, t = f"exchange rate {nth + 1}", table if isinstance(table, dict) else {}
            try:
                value = decimal_of(t.get("rate", ""))
            except ValueError:
                value = Decimal(-1)
            if value is None:
                continue
            own = t.get("from", "")
            if not is_currency(own) or own == self.currency or t.get("to") != self.currency or value <= 0:
                raise self._bad(
                    "[[exchange]]", f"{where} cannot be used",
                    f'from = another currency, to = "{self.currency}" and a rate above 0', nth,
                )  # fmt: skip
            source, day = self._origin("[[exchange]]", where, t, nth)
            found[own] = Rate(f"exchange.{own}", value, self.currency, day, source, t.get("example") is True)
        return found

    def _origin(self, header: str, what: str, table: Mapping[str, Any], nth: int) -> tuple[str, str]:
        source = str(table.get("source", "")).strip()
        if not source:
            raise self._bad(header, f"{what} has no source", "source = where the figure is from", nth)
        value = table.get("date", "")
        try:
            return source, (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[
                :10
            ]
        except ValueError:
            raise self._bad(
                header, f"{what} has no date", "date = 2026-03-31, the day it held", nth
            ) from None

    def _share(self, value: object) -> Decimal | None:
        try:
            share = decimal_of(value)
        except ValueError:
            share = Decimal(-1)
        if share is not None and not 0 <= share <= 1:
            raise self._bad("contingency", f"contingency is {value}", "a share from 0 to 1 (0.1 is 10 %)")
        return share

    def _people(self, value: object) -> int | None:
        if value == "":
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10_000:
            raise self._bad("crew_people", f"crew_people is {value!r}", "a number from 0")
        return value

    def _unknown(self, key: str) -> FileProblem:
        return self._bad(f"[{key}", f"no budget asks for {key!r}", "the tables of docs/production.md")

    def _bad(self, header: str, problem: str, expected: str, nth: int = 0) -> FileProblem:
        found = [m.start() for m in re.finditer(rf"^[ \t]*{re.escape(header)}", self.text, re.MULTILINE)]
        line = self.text.count("\n", 0, found[nth]) + 1 if nth < len(found) else None
        return FileProblem(self.path, line, problem, expected)
