"""A small shoot whose papers are made by hand: seven scenes, four people, three days, and one of hostile text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Location,
    Plan,
    Rules,
    SceneSheet,
    ShootDay,
)
from smallscreen.production.papers import Material, Options, write
from smallscreen.production.papers._shoot import Shoot, shoot_of
from smallscreen.production.papers._words import words

MADE = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)
OPTIONS = Options(made=MADE)
BAD = '=1+1<script>alert(1)</script>"&\\;,\nBEGIN:VEVENT\r\x07'


def scene(number: str, place: str, cast: str, **more: Any) -> SceneSheet:
    """`cast` are letters, A is the first part."""
    base = {"interior": True, "time": "day", "eighths": 4, "minutes": 60.0, "story_day": "D1"}
    return SceneSheet(f"1-{number}", 1, number, "", place, place, cast=tuple(cast), **{**base, **more})  # type: ignore[arg-type]


def day(index: int, scenes: str, when: date | None, *, unit: int = 1, night: bool = False) -> ShootDay:
    ids = tuple(f"1-{n}" for n in scenes.split())
    return ShootDay(index, when, unit, ids, (), 0, 0.0, night, 0.0, Decimal(0))


UMBRELLA = Element("prop", "红伞", 2, "红色")
SCENES = (
    scene("1", "伞坊", "AB", synopsis="外公补伞。", elements=(UMBRELLA,)),
    scene("2", "伞坊", "A", elements=(UMBRELLA, Element("extra", "路人", 12))),
    scene("3", "院坝", "B", interior=False),
    scene("4", "院坝", "AC", interior=False, time="night"),
    scene("5", "Tea house", "D", time="night"),
    scene("6", "Tea house", "AD"),
    scene("7", "Tea house", "A", time="dusk", interior=None),
)
CAST = tuple(CastMember(n, i, minor=n == "D") for i, n in enumerate("ABCD", 1))
PLACES = (Location("伞坊"), Location("院坝", move_minutes=30), Location("Tea house"))
DATES = [date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9)]
DAYS = (day(1, "1 3 4", DATES[0], night=True), day(2, "5 6", DATES[1]), day(3, "2", DATES[2]))
RULES = Rules(start=DATES[0], weekdays_off=(5, 6))


def material(days: tuple[ShootDay, ...] = DAYS, scenes: tuple[SceneSheet, ...] = SCENES) -> Material:
    return Material("伞下", "umbrella", Breakdown(scenes, CAST, PLACES), RULES, Plan(days))


def shoot(made: Material | None = None, language: str = "en", **options: Any) -> Shoot:
    return shoot_of(made or material(), replace(OPTIONS, **options), words(language))


def hostile() -> Material:
    """Every text that somebody else may have written is hostile."""
    thing = Element("prop", BAD, 2, "+" + BAD)
    cast = (CastMember(BAD, 1), CastMember("@SUM(A1)", 0))
    one = SceneSheet(
        "=1-1", 1, "1", BAD, BAD, "-" + BAD, True, BAD, "=D1", 4, 60.0, 60.0,
        (BAD, "@SUM(A1)"), (thing, Element("extra", BAD, 5)), BAD, note=BAD,
    )  # fmt: skip
    days = (ShootDay(1, DATES[0], 1, ("=1-1",), (), 0, 0.0, False, 0.0, Decimal(0)),)
    return Material(BAD, "../" + BAD, Breakdown((one,), cast), RULES, Plan(days))


def written_once(factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the folder of all papers in a language, made once."""
    folders: dict[str, Path] = {}

    def made(language: str) -> Path:
        if language not in folders:
            folders[language] = factory.mktemp(language)
            write(material(), folders[language], language, options=OPTIONS)
        return folders[language]

    return made
