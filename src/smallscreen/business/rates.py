"""`business.toml`: the prices and rates of a series, each with low, mid, high, date and source.

Nothing here has a default: what nobody publishes must be given, with where it is from. Values that only
show how the models work are marked `example = true`, and everything computed with them says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from smallscreen.business.money import decimal_of, is_currency
from smallscreen.errors import FileProblem, UserError

NAME = "business.toml"
Model = Literal["free", "paid", "mixed"]
MODELS: tuple[Model, ...] = ("free", "paid", "mixed")
PAYERS = "wall.payer_share"


@dataclass(frozen=True, slots=True)
class Asked:
    """One rate that the models know: what it is, its unit, which models cannot do without it."""

    id: str
    kind: str
    name: str
    unit: str
    needs: tuple[str, ...]
    help: str
    when: str = ""
    positive: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its range: `low` and `high` are its ends, `mid` the most likely value. Money has a currency."""

    id: str
    low: Decimal
    mid: Decimal
    high: Decimal
    date: str
    source: str
    currency: str | None = None
    example: bool = False
    note: str = ""

    def at(self, mid: Decimal) -> Rate:
        """The same rate with another most likely value; its ends keep their ratio to it, a share stays under 1."""
        if self.mid > 0:
            low, high = self.low * mid / self.mid, self.high * mid / self.mid
        else:
            low = high = mid
        top = Decimal(1) if kind_of(self.id) == "share" else high
        return replace(self, low=min(low, mid), mid=mid, high=max(min(high, top), mid))


@dataclass(frozen=True)
class Rates:
    """What `business.toml` says, in one currency. `payers` are (episode, share who pay there) in order."""

    currency: str
    rates: Mapping[str, Rate]
    payers: tuple[tuple[int, Rate], ...] = ()
    placement: str = ""
    ads_before_wall: bool | None = None
    subscription: bool | None = None
    first_paid_episode: int | None = None
    path: str = NAME

    @property
    def example(self) -> bool:
        """Whether any rate is an example rather than somebody's own."""
        return any(r.example for r in (*self.rates.values(), *(r for _, r in self.payers)))

    def need(self, model: str, *, wall_measured: bool = False, pace_measured: bool = False) -> None:
        """Raise UserError, one sentence, with everything that `model` needs and the file does not have."""
        lacking = []
        if model == "paid" and self.ads_before_wall is None:
            lacking.append("ads.before_wall (true or false)")
        ads = model != "paid" or bool(self.ads_before_wall)
        if ads and self.placement not in ("minutes", "breaks"):
            lacking.append('ads.placement ("minutes" or "breaks")')
        if model in ("paid", "mixed"):
            if self.subscription is None:
                lacking.append("subscription.offered (true or false)")
            if not self.payers and not wall_measured:
                lacking.append("[[wall.payer_share]] (share who pay, at one or more episodes)")
        on = {
            "": True,
            "ads": ads,
            "ads.minutes": ads and self.placement == "minutes",
            "ads.breaks": ads and self.placement == "breaks",
            "subscription": bool(self.subscription),
        }
        for asked in catalogue().values():
            if asked.id == "pace.episodes_a_day" and pace_measured:
                continue
            if asked.id == "platform.share_of_ads" and not ads:
                continue
            if model in asked.needs and on[asked.when] and asked.id not in self.rates:
                lacking.append(f"{asked.id} ({asked.unit})")
        if lacking:
            raise UserError(
                f"{self.path} has no value yet for {', '.join(lacking)}, and the {model} model needs "
                f"{'it' if len(lacking) == 1 else 'them'}; write low, mid, high, date and source there."
            )

    def lacks(self, need: str) -> list[str]:
        """The ids of the rates that `need` (such as slate-edition) asks for and the file does not have."""
        return [a.id for a in catalogue().values() if need in a.needs and a.id not in self.rates]


@cache
def catalogue() -> dict[str, Asked]:
    """All rates that the models know, by id, in the order of the file."""
    text = files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return {x["id"]: Asked(**{**x, "needs": tuple(x["needs"])}) for x in tomllib.loads(text)["rate"]}


def kind_of(rate: str) -> str:
    """money, share or number."""
    return "share" if rate == PAYERS else catalogue()[rate].kind


def read_rates(path: Path) -> Rates:
    """Read a `business.toml`. FileProblem, one sentence, for the first thing that cannot be used.

    Tables whose low, mid and high are all empty are taken as not given yet.
    """
    if not path.is_file():
        raise UserError(
            f"{path.parent} has no {NAME}; write one with smallscreen business init {path.parent} "
            "and fill in your prices and rates."
        )
    try:
        text = path.read_text("utf-8-sig")
        data = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"at line (\d+)", str(e))
        what = re.sub(r"\s*\(at .*\)$", "", str(e))
        raise FileProblem(
            path, int(at[1]) if at else None, what[:1].lower() + what[1:], "valid TOML"
        ) from None
    return _Reader(path, text).read(data)


class _Reader:
    """Reads one file; keeps its text to say in which line something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def read(self, data: dict[str, Any]) -> Rates:
        self._only_known(data)
        currency = data.get("currency", "")
        if not is_currency(currency):
            raise FileProblem(
                self.path, self._line("currency"), "the currency of the ledger is missing or not three letters",
                'currency = "USD" or another at the top',
            )  # fmt: skip
        exchange = self._exchange(data.get("exchange", []), currency)
        found: dict[str, Rate] = {}
        for asked in catalogue().values():
            section, _, key = asked.id.partition(".")
            table = data.get(section, {}).get(key)
            rate = None if table is None else self._rate(asked.id, f"[{asked.id}]", table, exchange, currency)
            if rate is not None:
                if asked.positive and rate.low <= 0:
                    raise self._bad(f"[{asked.id}]", f"{asked.id} is 0 at its low end", "more than 0")
                found[asked.id] = rate
        ads, wall, sub = data.get("ads", {}), data.get("wall", {}), data.get("subscription", {})
        return Rates(
            currency=currency,
            rates=found,
            payers=self._payers(wall.get("payer_share", []), exchange, currency),
            placement=self._choice("ads.placement", ads.get("placement", ""), ("", "minutes", "breaks")),
            ads_before_wall=self._switch("ads.before_wall", ads.get("before_wall", "")),
            subscription=self._switch("subscription.offered", sub.get("offered", "")),
            first_paid_episode=self._episode(wall.get("first_paid_episode", "")),
            path=str(self.path),
        )

    def _rate(
        self, name: str, header: str, table: object, exchange: Mapping[str, Rate], currency: str, nth: int = 0
    ) -> Rate | None:
        if not isinstance(table, dict):
            raise self._bad(header, f"{name} is not a table", "low, mid, high, date and source", nth)
        known = {"low", "mid", "high", "date", "source", "example", "currency", "note", "episode"}
        if unknown := sorted(set(table) - known):
            raise self._bad(
                header, f"{name} has the key {unknown[0]}", "one of " + ", ".join(sorted(known)), nth
            )
        try:
            values = [decimal_of(table.get(k, "")) for k in ("low", "mid", "high")]
        except ValueError as e:
            raise self._bad(header, f"{name}: {e}", "numbers such as 1.20", nth) from None
        low, mid, high = values
        if low is None and mid is None and high is None:
            return None
        if low is None or mid is None or high is None:
            raise self._bad(header, f"{name} has no range", "all of low, mid and high", nth)
        if low < 0:
            raise self._bad(header, f"{name} is negative ({low})", "0 or more", nth)
        if not low <= mid <= high:
            raise self._bad(
                header, f"{name} goes from {low} over {mid} to {high}", "low, mid, high in order", nth
            )
        if kind_of(name) == "share" and high > 1:
            raise self._bad(header, f"{name} is a share of {high}", "a number from 0 to 1 (0.05 is 5 %)", nth)
        source = str(table.get("source", "")).strip()
        if not source:
            raise self._bad(header, f"{name} has no source", "source = where the figure is from", nth)
        day = self._date(header, name, table.get("date", ""), nth)
        example = table.get("example", False)
        if not isinstance(example, bool):
            raise self._bad(header, f"{name}: example is {example!r}", "true or false", nth)
        rate = Rate(name, low, mid, high, day, source, None, example, str(table.get("note", "")))
        if kind_of(name) != "money":
            return rate
        own = table.get("currency", "")
        if not is_currency(own):
            raise self._bad(header, f"{name} has no currency", 'currency = "USD" or another', nth)
        if own == currency:
            return replace(rate, currency=currency)
        if own not in exchange:
            raise self._bad(
                header,
                f"{name} is in {own} and the ledger in {currency}",
                f"one currency, or [[exchange]] from {own} to {currency} with rate, date and source",
                nth,
            )
        x = exchange[own]
        note = f"given as {low} to {high} {own}; 1 {own} = {x.mid} {currency} ({x.date}, {x.source})"
        return replace(
            rate, low=low * x.mid, mid=mid * x.mid, high=high * x.mid, currency=currency,
            note=f"{rate.note}; {note}" if rate.note else note, example=example or x.example,
        )  # fmt: skip

    def _payers(
        self, tables: object, exchange: Mapping[str, Rate], currency: str
    ) -> tuple[tuple[int, Rate], ...]:
        header = "[[wall.payer_share]]"
        if not isinstance(tables, list):
            raise self._bad(
                "[wall.payer_share]", "wall.payer_share is one table", header + " for every episode"
            )
        found: dict[int, Rate] = {}
        for nth, table in enumerate(tables):
            rate = self._rate(PAYERS, header, table, exchange, currency, nth)
            if rate is None:
                continue
            episode = table.get("episode")
            if not isinstance(episode, int) or isinstance(episode, bool) or not 1 <= episode <= 10_000:
                raise self._bad(header, f"{PAYERS} says no episode", "episode = 8 or another number", nth)
            if episode in found:
                raise self._bad(
                    header, f"{PAYERS} is given twice for episode {episode}", "one an episode", nth
                )
            found[episode] = rate
        return tuple(sorted(found.items()))

    def _exchange(self, tables: object, currency: str) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for nth, table in enumerate(tables if isinstance(tables, list) else []):
            where = f"exchange rate {nth + 1}"
            own, to = table.get("from", ""), table.get("to", "")
            try:
                value = decimal_of(table.get("rate", ""))
            except ValueError:
                value = Decimal(-1)
            if value is None:
                continue
            if not is_currency(own) or to != currency or value <= 0:
                raise self._bad(
                    "[[exchange]]", f"{where} cannot be used",
                    f'from = "CNY", to = "{currency}" and a rate above 0', nth,
                )  # fmt: skip
            source = str(table.get("source", "")).strip()
            if not source:
                raise self._bad("[[exchange]]", f"{where} has no source", "source = where it is from", nth)
            day = self._date("[[exchange]]", where, table.get("date", ""), nth)
            example = table.get("example") is True
            found[own] = Rate("exchange", value, value, value, day, source, currency, example)
        return found

    def _date(self, header: str, name: str, value: object, nth: int) -> str:
        try:
            return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[:10]
        except ValueError:
            raise self._bad(
                header, f"{name} has no date", "date = 2026-03-31, the day it held", nth
            ) from None

    def _choice(self, name: str, value: object, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            words = " or ".join(f'"{x}"' for x in allowed if x)
            raise FileProblem(self.path, self._line(name.split(".")[1]), f"{name} is {value!r}", words)
        return str(value)

    def _switch(self, name: str, value: object) -> bool | None:
        if value == "":
            return None
        if not isinstance(value, bool):
            raise FileProblem(
                self.path, self._line(name.split(".")[1]), f"{name} is {value!r}", "true or false"
            )
        return value

    def _episode(self, value: object) -> int | None:
        if value == "":
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            line = self._line("first_paid_episode")
            raise FileProblem(self.path, line, f"wall.first_paid_episode is {value!r}", "a number from 1")
        return value

    def _only_known(self, data: Mapping[str, Any]) -> None:
        extra = {"ads": {"placement", "before_wall"}, "subscription": {"offered"}}
        extra["wall"] = {"first_paid_episode", "payer_share"}
        sections: dict[str, set[str]] = {k: set(v) for k, v in extra.items()}
        for name in catalogue():
            section, _, key = name.partition(".")
            sections.setdefault(section, set()).add(key)
        for key, value in data.items():
            if key in ("currency", "exchange"):
                continue
            if key not in sections or not isinstance(value, dict):
                raise self._bad(f"[{key}]", f"nobody asks for {key!r}", "the tables of docs/business.md")
            if unknown := sorted(set(value) - sections[key]):
                name = f"{key}.{unknown[0]}"
                raise self._bad(f"[{name}]", f"nobody asks for {name!r}", "the tables of docs/business.md")

    def _bad(self, header: str, problem: str, expected: str, nth: int = 0) -> FileProblem:
        found = [m.start() for m in re.finditer(rf"^[ \t]*{re.escape(header)}", self.text, re.MULTILINE)]
        line = self.text.count("\n", 0, found[nth]) + 1 if nth < len(found) else None
        return FileProblem(self.path, line, problem, expected)

    def _line(self, key: str) -> int | None:
        m = re.search(rf"^[ \t]*{re.escape(key)}\s*=", self.text, re.MULTILINE)
        return self.text.count("\n", 0, m.start()) + 1 if m else None
