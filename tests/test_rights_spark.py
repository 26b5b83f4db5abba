"""Spark finds the same candidates as DuckDB, to the last vote: in this process, and on a master with two workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smallscreen.engines.sql import Spark
from smallscreen.rights.catalogue import Catalogue, add, open_catalogue
from smallscreen.rights.model import Terms
from smallscreen.rights.search import searched
from tests.rights_made import asset_id, cut, made, terms, video
from tests.test_audience_spark import SMALL, needs_spark, standalone, until


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Ten made-up assets in two runs, under a path with signs that a glob would read otherwise."""
    folder = tmp_path_factory.mktemp("a catalogue [with] {signs}")
    there = open_catalogue(folder / "catalogue", create=True)
    for start in (0, 5):
        add(
            there,
            [video(folder / "in", f"{i}.mp4", i, 40) for i in range(start, start + 5)],
            fingerprint=made,
        )
    return there


def queries() -> list[Terms]:
    """A copy, a fast and mirrored one, a stranger, and a long one that is searched in two windows."""
    return [
        cut(terms(3, 40), 50, 400),
        cut(terms(8, 40), 0, 450, speed=1.1, mirrored=True, layout=5),
        terms(999, 40),
        terms(998, 150),
    ]


def same(catalogue: Catalogue, spark: Spark, asked: list[Terms]) -> None:
    for query in asked:
        ours, theirs = searched(catalogue, query), searched(catalogue, query, engine=spark)
        assert theirs.candidates == ours.candidates
        assert (theirs.terms, theirs.rows) == (ours.terms, ours.rows)


@needs_spark
class TestLocal:
    @pytest.fixture(scope="class")
    @classmethod
    def spark(cls) -> Iterator[Spark]:
        engine = Spark("local[2]", settings=SMALL)
        yield engine
        engine.close()

    def test_the_same_candidates(self, catalogue: Catalogue, spark: Spark) -> None:
        assert searched(catalogue, queries()[0]).candidates[0].asset_id == asset_id(3, 40)
        same(catalogue, spark, queries())

    def test_what_is_not_merged_yet_is_merged_first(
        self, catalogue: Catalogue, spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = open_catalogue(tmp_path / "catalogue", create=True)
        with monkeypatch.context() as m:
            m.setattr(Catalogue, "compact", lambda *_, **__: False)
            add(there, [video(tmp_path, f"{i}.mp4", i, 40) for i in range(4)], fingerprint=made)
        expected = searched(there, queries()[0])
        assert searched(there, queries()[0], engine=spark).candidates == expected.candidates
        assert not list((there.root / ".staging").glob("ask-*")), "what was asked is cleaned away"

    def test_an_empty_catalogue(self, spark: Spark, tmp_path: Path) -> None:
        there = open_catalogue(tmp_path / "catalogue", create=True)
        assert searched(there, queries()[0], engine=spark).candidates == ()


@needs_spark
def test_a_master_and_two_workers_find_the_same(catalogue: Catalogue, tmp_path: Path) -> None:
    with standalone(tmp_path) as url:
        spark = Spark(url, settings={**SMALL, "spark.executor.memory": "512m", "spark.executor.cores": "1"})
        try:
            tracker = spark.session.sparkContext._jsc.sc().statusTracker()
            until(lambda: len(tracker.getExecutorInfos()) == 3, "two executors and the driver")
            same(catalogue, spark, queries()[:2])
        finally:
            spark.close()
