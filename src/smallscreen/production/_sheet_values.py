"""What the cells of the breakdown's workbook say: one value at a time, and settings by their name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from smallscreen.errors import UserError
from smallscreen.production._columns import Column
from smallscreen.production.model import Rules, from_json, to_json

_MAX_TEXT = 4000
_MONEY = re.compile(r"([A-Z]{3}|[¥￥$€£元])?\s*(-?[\d,]+(?:\.\d+)?)\s*([A-Z]{3}|[¥￥$€£元])?")
_WINDOW = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\s*(?:\.\.+|~|至|到|to|–|—)\s*(\d{4}-\d{1,2}-\d{1,2})")


class Odd(Exception):
    """What is wrong with a cell, and what to do."""


def _text(value: Any, column: Column) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (datetime, date, time)):
        if column.key in ("value", "date") and not isinstance(value, time):
            return (value.date() if isinstance(value, datetime) else value).isoformat()
        raise Odd(
            f"the spreadsheet made the date or time {value} of it",
            "set the cell's format to Text and write it again",
        )
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if len(text) > _MAX_TEXT:
        raise Odd(f"it has {len(text):,} characters", f"write at most {_MAX_TEXT:,}")
    return text


def _number(value: Any, column: Column) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Odd(
            f"{str(value)[:40]!r} is no number",
            "write a number (a date means that the spreadsheet changed it)",
        )
    try:
        number = float(value.replace(",", "").replace("，", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        raise Odd(f"{str(value)[:40]!r} is no number", "write a number") from None
    if not math.isfinite(number) or not column.least <= number <= column.most:
        raise Odd(f"{value} is out of range", f"write a number from {column.least:g} to {column.most:g}")
    return number


def _int(value: Any, column: Column) -> int:
    number = _number(value, column)
    if number != int(number):
        raise Odd(f"{value} is no whole number", "write a whole number")
    return int(number)


def _money(value: Any, column: Column) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Odd(f"{str(value)[:40]!r} is no amount", "write a number")
    text = repr(value) if isinstance(value, float) else str(value)
    match = _MONEY.fullmatch(text.strip())
    if isinstance(value, str) and match and (match.group(1) or match.group(3)):
        raise Odd(
            f"{value[:40]!r} names a currency",
            "write the number alone; all money is in the currency of the rules",
        )
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise Odd(f"{text[:40]!r} is no amount", "write a number") from None
    if not amount.is_finite() or amount < 0 or amount > 10**12:
        raise Odd(f"{text[:40]} is out of range", "write an amount of 0 or more")
    return amount


def _choice(value: Any, column: Column) -> Any:
    said = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
    assert column.choices is not None
    for choice, words in column.choices.items():
        if said.casefold() in (words[0].casefold(), words[1].casefold(), str(choice).casefold()):
            return choice
    if column.kind == "open":
        return _text(value, column)
    listed = ", ".join(f"{en} / {zh}" for en, zh in column.choices.values())
    raise Odd(f"{said[:40]!r} is none of the choices", f"choose one of {listed}")


def _names(value: Any, column: Column) -> tuple[str, ...]:
    parts = re.split(r"\s*[;；\n]\s*", _text(value, column))
    if len(parts) == 1:  # who writes by hand writes commas
        parts = re.split(r"\s*[,，、]\s*", parts[0])
    return tuple(dict.fromkeys(p for p in parts if p))


def _windows(value: Any, column: Column) -> tuple[tuple[date, date], ...]:
    found: list[Any] = []
    for part in re.split(r"\s*[;；\n,，、]\s*", _text(value, column)):
        if not part:
            continue
        match = _WINDOW.fullmatch(part)
        if match is None:
            raise Odd(f"{part[:40]!r} is no span of dates", "write 2026-03-01..2026-03-05")
        first, last = (_date(x) for x in match.groups())
        if last < first:
            raise Odd(f"{part} ends before it begins", "swap the dates")
        found.append((first, last))
    return tuple(found)


def _date(text: str) -> date:
    try:
        year, month, day = map(int, text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise Odd(f"{text[:40]!r} is no date", "write it as 2026-03-01") from None


PARSE: dict[str, Callable[[Any, Column], Any]] = {
    "text": _text, "int": _int, "float": _number, "money": _money, "choice": _choice, "open": _choice,
    "names": _names, "ids": _names, "windows": _windows,
}  # fmt: skip


# --- rules, headings, circles ----------------------------------------------------------------


def known(body: dict[str, Any]) -> set[str]:
    return set(_paths(body))


def _paths(body: dict[str, Any], before: str = "") -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{before}{key}.")
        elif key != "rates":
            yield f"{before}{key}"


def set_rule(body: dict[str, Any], key: str, text: str | None) -> tuple[str, str] | None:
    """Puts a setting into the JSON of the rules; what is wrong and what to do, when it does not fit."""
    if key not in known(to_json(Rules())):
        return f"there is no setting {key[:40]}", "correct its name, or delete the row"
    at, *rest = key.split(".")
    holder, name = body, at
    for step in rest:
        holder, name = holder[name], step
    before = holder[name]
    try:
        holder[name] = _setting(key, text)
        from_json(Rules, body)
        return None
    except Odd as odd:
        problem: tuple[str, str] = odd.args[0], odd.args[1]
    except UserError:
        problem = f"{str(text)[:40]!r} does not fit {key}", "write a value like the one that was there"
    holder[name] = before
    return problem


def _setting(key: str, text: str | None) -> Any:
    words = [w for w in re.split(r"\s*[;；,，、\n]\s*", text or "") if w]
    if key == "days_off":
        return [_date(w).isoformat() for w in words]
    if key == "weekdays_off":
        if any(w not in tuple("0123456") for w in words):
            raise Odd(f"{text!r} are no weekdays", "write numbers from 0 (Monday) to 6 (Sunday)")
        return [int(w) for w in words]
    if not text:
        if key in ("start", "moves_a_day"):
            return None
        raise Odd("it is empty", "write a value")
    if key == "start":
        return _date(text).isoformat()
    if key == "currency":
        if not re.fullmatch("[A-Z]{3}", text):
            raise Odd(f"{text[:40]!r} is no currency", "write its three letters, such as CNY")
        return text
    most = {"holding_share": 1, "units": 20, "day_minutes": 1440, "night_minutes": 1440}.get(key, 1_000_000)
    least = (
        1
        if key
        in (
            "max_days",
            "units",
            "day_minutes",
            "estimate.step",
            "estimate.chars_per_page_zh",
            "estimate.lines_per_page_en",
        )
        else 0
    )
    limits = Column(key, ("", ""), 1, "float", ("", ""), least=least, most=most)
    number = _number(text, limits)
    if key == "holding_share":
        return text
    return int(number) if number == int(number) else number


def defaults(kind: Any) -> dict[str, Any]:
    """What an empty cell means: the field's default."""
    return {
        f.name: f.default
        for f in fields(kind)
        if isinstance(f.default, (str, int, float, bool, tuple, type(None)))
    }


def header(sheet: Any, columns: tuple[Column, ...]) -> tuple[int, dict[str, int]]:
    """The row of the headings and the place of each column: the row of the first ten that has the most of them."""
    titles = {t.casefold(): c.key for c in columns for t in c.title}
    best = 1
    found: dict[str, int] = {}
    for number in range(1, min(sheet.max_row or 1, 10) + 1):
        here: dict[str, int] = {}
        for cell in sheet[number]:
            key = titles.get(str(cell.value).strip().casefold()) if cell.value is not None else None
            if key is not None:
                here.setdefault(key, cell.column)
        if len(here) > len(found):
            best, found = number, here
    return best, found


def circle(after: dict[str, list[str]]) -> list[str]:
    """The scenes that must come after themselves."""
    found: list[str] = []
    for start in after:
        seen: set[str] = set()
        open_ = list(after[start])
        while open_:
            here = open_.pop()
            if here == start:
                found.append(start)
                break
            if here not in seen:
                seen.add(here)
                open_ += after.get(here, [])
    return found
