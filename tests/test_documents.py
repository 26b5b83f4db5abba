"""Documents of a room: versions, conflicts and the migration that brings their table, in both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from smallscreen.errors import UserError
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Location,
    Plan,
    Rules,
    SceneSheet,
    ShootDay,
    from_json,
    to_json,
)
from smallscreen.series import tables
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.documents import DocumentConflict, get, put, versions
from smallscreen.series.model import Episode, Finding
from smallscreen.series.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "series.db")
    return str(request.getfixturevalue("postgres_url"))


def test_a_document_is_kept_by_version(url: str) -> None:
    store = Store(open_database(url), "umbrella")
    assert get(store, "production", "rules") is None
    assert put(store, "production", "rules", {"天": 1}, 0, "Ana") == 1
    assert put(store, "production", "rules", {"天": 2}, 1, "Ben") == 2
    assert get(store, "production", "rules") == ({"天": 2}, 2)
    assert versions(store, "production") == {"rules": 2} and versions(store, "business") == {}
    # The answer got lost and the same is sent again: nobody is in its way.
    assert put(store, "production", "rules", {"天": 2}, 1, "Ben") == 2
    for seen in (0, 1, 7):
        with pytest.raises(DocumentConflict, match="Somebody else changed the rules") as e:
            put(store, "production", "rules", {"天": 3}, seen, "Eve")
        assert e.value.theirs == ({"天": 2}, 2)
    with pytest.raises(DocumentConflict) as e:
        put(store, "production", "plan", {}, 3, "Eve")
    assert e.value.theirs is None
    # Each series has its own.
    assert get(Store(store.engine, "other"), "production", "rules") is None


def test_a_document_goes_with_its_transaction(url: str) -> None:
    store = Store(open_database(url), "umbrella")
    with pytest.raises(RuntimeError), store.transaction():
        put(store, "production", "rules", {}, 0, "Ana")
        raise RuntimeError
    assert get(store, "production", "rules") is None


def test_a_database_of_the_version_before_is_brought_up_to_date(url: str) -> None:
    engine = open_database(url)
    Store(engine, "umbrella").put_episode(Episode(1), [])
    with engine.begin() as c:
        c.execute(sa.text("DROP TABLE document"))
        c.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    engine.dispose()
    store = Store(open_database(url), "umbrella")
    assert [e.number for e in store.episodes()] == [1]
    assert put(store, "production", "plan", [1], 0, "Ana") == 1
    with store.reading() as c:
        assert {x["name"] for x in sa.inspect(c).get_columns("document")} == set(tables.document.c.keys())


def test_the_data_of_production_come_back_from_json() -> None:
    day = date(2025, 3, 1)
    breakdown = Breakdown(
        (
            SceneSheet(
                "7-2", 7, "2", "7-2 夜 内 客厅", "客厅", "客厅", True, "night", "N1", 3, 35.0, 21.5,
                ("林小满",), (Element("prop", "雨伞", 2, "破的", "一把伞", 0.9),), "回家", "fine", ("7-1",), 4,
                "", ("ep007.c0001", "ep007.c0009"),
            ),
        ),
        (CastMember("林小满", 1, Decimal("1500.50"), True, ((day, day),)),),
        (Location("客厅", None, ((day, day),), False, 30, ("小满家客厅",)),),
        (Finding("production.duplicate", 7, 0, 0, "twice", evidence={"scene": "7-2"}),),
    )  # fmt: skip
    assert from_json(Breakdown, to_json(breakdown)) == breakdown
    rules = replace(Rules(), start=day, days_off=(day,))
    assert from_json(Rules, to_json(rules)) == rules and rules.rate("crew.day") == 35000
    plan = Plan(
        (ShootDay(1, day, 1, ("7-2",), ("客厅",), 0, 35.0, True, 0.0, Decimal(7)),), {"crew": Decimal(7)}
    )
    assert from_json(Plan, to_json(plan)) == plan and plan.total == 7
    with pytest.raises(UserError, match="stored rules cannot be read"):
        from_json(Rules, {"max_days": "many"})
    with pytest.raises(UserError, match="no rate 'moon'"):
        rules.rate("moon")
    with pytest.raises(UserError, match="no scene '9-9'"):
        breakdown.scene("9-9")
