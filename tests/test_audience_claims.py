"""Claims about attributes of series."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from smallscreen.audience.claims import NOT_ENOUGH, SeriesRow, claim, questions, read_rows, series_rows
from smallscreen.errors import FileProblem, UserError
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.model import Series
from smallscreen.series.project import Project
from smallscreen.series.store import Store


def drawn(seed: int, n: int, effect: float, spread: float = 0.5) -> list[SeriesRow]:
    """Simulated series: half have the attribute; completion is logistic around 0.5."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, spread, n) + np.where(np.arange(n) % 2 == 0, effect, 0.0)
    return [
        SeriesRow(f"s{i}", i % 2 == 0, float(1 / (1 + math.exp(-v))), 10_000, True)
        for i, v in enumerate(logit)
    ]


def test_few_series_are_not_enough() -> None:
    found = claim(drawn(1, 6, 0.0), reported_lift=0.4)
    assert found.verdict.startswith(NOT_ENOUGH)
    assert found.mde > 0.4
    assert found.needed is not None
    assert found.needed > 6
    assert f"{found.needed} series are needed" in found.verdict
    assert [v.series for v in found.table] == [5, 10, 20, 60]
    assert found.simulated


def test_many_series_show_an_effect_and_the_lack_of_one() -> None:
    there = claim(drawn(2, 200, 0.8), reported_lift=0.4)
    assert there.estimate.low > 0.2
    assert there.estimate.low < 1 / (1 + math.exp(-0.8)) / 0.5 - 1 < there.estimate.high
    assert there.mde < there.estimate.value
    assert there.verdict.startswith("with the attribute more")
    assert "not drawn by lot" in there.verdict
    none = claim(drawn(3, 200, 0.0), reported_lift=0.4)
    assert none.verdict.startswith("no difference shown")
    assert "outside the interval" in none.verdict


def test_the_ready_made_questions() -> None:
    asked = {q.id: q for q in questions()}
    assert set(asked) == {
        "healing.viewership-growth",
        "healing.documentation-retention-uplift",
        "yi-pin-bu-yi.viewing-minutes",
        "domestic.free-share",
    }
    assert all(q.source and q.reported_source and q.caution for q in asked.values())
    assert asked["healing.documentation-retention-uplift"].reported_lift == 0.4
    one = asked["yi-pin-bu-yi.viewing-minutes"]
    rows = [SeriesRow(f"o{i}", False, v) for i, v in enumerate((20.0, 25.0, 18.0, 30.0, 22.0))]
    found = claim([*rows, SeriesRow("it", True, 77.0)], question=one)
    assert found.verdict.endswith("it stands out.")
    assert found.p_value < 0.05
    assert claim(rows, question=one).verdict.startswith(NOT_ENOUGH)


def test_what_cannot_be_compared() -> None:
    alone = claim([SeriesRow("a", True, 0.5), SeriesRow("b", False, 0.4)])
    assert alone.verdict.startswith(NOT_ENOUGH)
    assert math.isinf(alone.mde)
    with pytest.raises(UserError, match="between 0 and 1"):
        claim([SeriesRow("a", True, 1.5), SeriesRow("b", False, 0.4)])


def test_rows_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("series,attribute,value\na,true,0.5\nb,no,0.4\n", "utf-8")
    assert read_rows(path)[1] == SeriesRow("b", False, 0.4)
    path.write_text("series,attribute,value\na,true,0.5\na,no,0.4\n", "utf-8")
    with pytest.raises(FileProblem, match=r"line 3: a comes twice"):
        read_rows(path)
    path.write_text("series,attribute,value\na,perhaps,0.5\n", "utf-8")
    with pytest.raises(FileProblem, match=r"line 2: 'perhaps' is neither"):
        read_rows(path)
    path.write_text("name,value\na,0.5\n", "utf-8")
    with pytest.raises(FileProblem, match="series, attribute is missing"):
        read_rows(path)


def test_rows_from_series(tmp_path: Path) -> None:
    def made(slug: str, extra: dict[str, object], done: bool) -> Project:
        store = Store(open_database(sqlite_url(tmp_path / f"{slug}.db")), slug)
        store.put_series(Series(slug, slug, extra=extra))
        if done:
            editions = {
                "en-US": {"viewers": 100, "completion": {"value": 0.6, "low": 0.5, "high": 0.7}},
                "es-419": {"viewers": 300, "completion": {"value": 0.4, "low": 0.3, "high": 0.5}},
            }
            store.put_step("audience-measure", "", "k", {"simulated": True, "editions": editions})
        return Project(tmp_path, store)

    rows, missing = series_rows(
        [
            made("a", {"attributes": {"healing": True}}, True),
            made("b", {}, True),
            made("c", {"attributes": {"healing": False}}, False),
        ],
        "healing",
        "completion",
    )
    assert rows == [SeriesRow("a", True, pytest.approx(0.45), 400, True)]  # type: ignore[arg-type]
    assert "b: series.toml does not say" in missing[0]
    assert "audience measure" in missing[1]
