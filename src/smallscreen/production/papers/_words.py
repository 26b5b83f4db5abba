"""The words of the papers: one TOML file a language in `words/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date as Day
from functools import cache
from importlib.resources import files
from typing import Any

from smallscreen.errors import UserError


@dataclass(frozen=True)
class Words:
    """Calling it gives a text by its key: `w("day", n=3)`. Keys that do not exist are a mistake of ours: KeyError."""

    language: str
    texts: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        text = str(self.texts[key])
        return text.format(**values) if values else text

    def date(self, day: Day | None, short: bool = False) -> str:
        """`Tue 3 Mar 2026`, `2026年3月3日 周二`; short: `Tue 3 Mar`, `3月3日`. Empty without a date."""
        if day is None:
            return ""
        return self(
            "date_short" if short else "date",
            y=day.year,
            m=day.month,
            d=day.day,
            month=self.texts["months"][day.month - 1],
            weekday=self.texts["weekdays"][day.weekday()],
        )

    def weekday(self, day: Day) -> str:
        return str(self.texts["weekdays"][day.weekday()])

    def hours(self, minutes: float) -> str:
        """605 is `10 h 05`, 45 is `45 min`."""
        whole = round(minutes)
        if whole < 60:
            return self("under_an_hour", m=whole)
        return self("hours", h=whole // 60, m=f"{whole % 60:02d}")

    def clock(self, minutes: float) -> str:
        """Minutes after midnight as `07:05`; with a mark where that is on another day."""
        whole = round(minutes)
        days, whole = divmod(whole, 1440)
        return f"{whole // 60:02d}:{whole % 60:02d}" + (
            f" {self('next_day' if days > 0 else 'previous_day')}" if days else ""
        )

    def kind(self, kind: str) -> str:
        return str(self.texts["kinds"].get(kind, kind))

    def time(self, time: str) -> str:
        """Day, night, dusk, dawn; another word stands as it was written."""
        return str(self.texts["times"].get(time, time))

    def join(self, parts: Any) -> str:
        return self("comma").join(p for p in parts if p)


def pages(eighths: int) -> str:
    """Eighths as the trade writes them: 12 is `1 4/8`, 8 is `1`."""
    whole, rest = divmod(eighths, 8)
    return f"{whole} {rest}/8" if whole and rest else f"{rest}/8" if rest or not whole else str(whole)


@cache
def languages() -> tuple[str, ...]:
    here = files(__package__).joinpath("words")
    return tuple(sorted(f.name.removesuffix(".toml") for f in here.iterdir() if f.name.endswith(".toml")))


@cache
def words(language: str) -> Words:
    """The words of a language (`zh-CN` is `zh`). UserError where there are none."""
    short = language.replace("_", "-").split("-")[0].lower()
    if short not in languages():
        raise UserError(f"There are no papers in {language!r}; choose {' or '.join(languages())}.")
    text = files(__package__).joinpath("words", f"{short}.toml").read_text("utf-8")
    return Words(short, tomllib.loads(text))
