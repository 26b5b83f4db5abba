"""Calendars by a strict reader of RFC 5545, and the exchange file by its standard."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.production.papers import write
from tests.exchange_read import check_uss, parse
from tests.papers_made import (
    DATES,
    OPTIONS,
    SCENES,
    day,
    material,
    shoot,
    written_once,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return written_once(tmp_path_factory)


# -- calendars --------------------------------------------------------------------------------------------------------


def test_calendars(written: Callable[[str], Path]) -> None:
    folder = written("zh") / "calendars"
    whole = parse((folder / "umbrella.shoot.ics").read_bytes())
    assert [(e["DTSTART"], e["DTEND"]) for e in whole["events"]] == [
        ("20260305T070000", "20260305T190000"), ("20260306T090000", "20260306T110000"),
        ("20260309T070000", "20260309T080000"),
    ]  # fmt: skip
    assert (
        whole["events"][0]["LOCATION"] == "伞坊、院坝"
        and "07:00 1-1 内 日 伞坊" in whole["events"][0]["DESCRIPTION"]
    )
    people = sorted(folder.glob("umbrella.0*.ics"))
    assert [p.name for p in people] == [f"umbrella.0{i}-{n}.ics" for i, n in enumerate("ABCD", 1)]
    mine = parse(people[2].read_bytes())
    assert [(e["DTSTART"], e["DTEND"]) for e in mine["events"]] == [("20260305T171500", "20260305T190000")]
    uids = [e["UID"] for p in folder.iterdir() for e in parse(p.read_bytes())["events"]]
    assert len(set(uids)) == len(uids)


def test_a_zone_makes_times_absolute_and_hold_days_are_free(tmp_path: Path) -> None:
    days = (day(1, "1", DATES[0]), day(2, "5", DATES[1]), day(3, "2 6", DATES[2]))
    options = replace(OPTIONS, zone="Asia/Shanghai", travel={"A": (date(2026, 3, 4),)})
    write(material(days), tmp_path, "en", ["ics"], options)
    events = parse((tmp_path / "calendars" / "umbrella.01-A.ics").read_bytes())["events"]
    assert sorted((e["DTSTART"], e["SUMMARY"].split(":")[0], e.get("TRANSP")) for e in events)[:2] == [
        ("20260304", "Travel", "TRANSPARENT"), ("20260304T221500Z", "伞下 · Day 1 · A SW", None),
    ]  # fmt: skip
    assert [e["SUMMARY"] for e in events if e["DTSTART"] == "20260306"] == ["Hold: A"]


# -- exchange ---------------------------------------------------------------------------------------------------------


def test_uss_follows_its_standard(written: Callable[[str], Path]) -> None:
    whole = json.loads((written("zh") / "umbrella.uss").read_text("utf-8"))["universalScheduleStandard"]
    check_uss("", whole)
    scenes = {b["id"]: b for b in whole["breakdowns"]}
    board, boneyard = whole["stripboards"][0]["boards"]
    assert [[scenes[i]["scene"] for i in d] for d in board["breakdownIds"]] == [
        ["1-1", "1-3", "1-4"],
        ["1-5", "1-6"],
        ["1-2"],
    ]
    assert [scenes[i]["scene"] for i in boneyard["breakdownIds"]] == ["1-7"]
    elements = {e["id"]: e for e in whole["elements"]}
    number = {c["id"]: c["ucid"] for c in whole["categories"]}
    first = [
        (number[elements[i]["category"]], elements[i]["name"]) for i in whole["breakdowns"][0]["elements"]
    ]
    assert first == [
        (0, "伞坊"),
        (1, "INT"),
        (2, "DAY"),
        (3, "D1"),
        (6, "伞坊"),
        (100, "A"),
        (100, "B"),
        (104, "红伞 ×2"),
    ]
    assert (whole["breakdowns"][0]["pages"], whole["breakdowns"][0]["duration"]) == (0.5, 3_600_000)
    calendar = whole["calendars"][0]
    assert calendar["daysOff"] == [0, 6] and calendar["events"][0]["date"] == "2026-03-05T00:00:00.000Z"
    assert len(calendar["events"]) == 1


def uss_dates(whole: dict[str, Any], board: dict[str, Any]) -> list[date]:
    """The dates that a reader of the standard infers for a board's days."""
    calendar = whole["calendars"][0]
    at = date.fromisoformat(next(e["date"][:10] for e in calendar["events"] if e["type"] == "start"))
    off = {date.fromisoformat(e["date"][:10]) for e in calendar["events"] if e["type"] == "dayOff"}
    found = []
    for _ in board["breakdownIds"]:
        while at in off or (at.weekday() + 1) % 7 in calendar["daysOff"]:
            at += timedelta(days=1)
        found.append(at)
        at += timedelta(days=1)
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=6, max_size=6), st.lists(st.integers(1, 2), min_size=7, max_size=7)
)
def test_uss_dates_come_back(gaps: list[int], units: list[int]) -> None:
    from smallscreen.production.papers.uss import export

    dates = [DATES[0]]
    for gap in gaps:
        dates.append(dates[-1] + timedelta(days=gap))
    days = tuple(day(i + 1, str(i + 1), d, unit=u) for i, (d, u) in enumerate(zip(dates, units, strict=True)))
    whole = export(shoot(material(days)))["universalScheduleStandard"]
    names = {b["id"]: int(b["scene"][2:]) for b in whole["breakdowns"]}
    boards = whole["stripboards"][0]["boards"]
    found = {}
    for board in boards[:-1]:
        for inferred, ids in zip(uss_dates(whole, board), board["breakdownIds"], strict=True):
            found.update({names[i]: inferred for i in ids})
    assert found == {i + 1: d for i, d in enumerate(dates)}
    assert sum(len(d) for b in boards[:-1] for d in b["breakdownIds"]) + len(
        boards[-1]["breakdownIds"]
    ) == len(SCENES)
