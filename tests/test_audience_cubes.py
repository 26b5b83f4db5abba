"""Daily cubes add up to the direct result, and a day is read once."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given

from smallscreen.audience.lake import Lake
from smallscreen.audience.measures import (
    build_cubes,
    cube_curve,
    cube_retentions,
    episode_table,
    retention,
    retentions,
)
from smallscreen.audience.measures.cubes import cube_files, cubes_are_current
from smallscreen.audience.stored import read_curves, store_all
from smallscreen.errors import UserError
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.project import Project
from smallscreen.series.store import Store
from tests.viewing import SLOW, event, events_of, middles, played, write


@pytest.fixture
def lake(tmp_path: Path):
    with Lake(tmp_path / "lake") as made:
        yield made


@given(rows=played)
@SLOW
def test_cubes_add_up_to_the_direct_result(tmp_path_factory, rows) -> None:
    with Lake(tmp_path_factory.mktemp("lake") / "lake") as lake:
        made = events_of(rows)
        # What comes first is not the first day: the second half is written and built later.
        for some in (made[: len(made) // 2], made[len(made) // 2 :]):
            if some:
                write(lake, some)
                build_cubes(lake, "s")
        views = {(e.edition, e.episode): e.plays for e in episode_table(lake, "s")}
        assert cube_retentions(lake, "s", views) == retentions(lake, "s")
        whole = sorted({r["started_at"].date().isoformat() for r in made})
        for e, v in {(r["episode"], r["variant_id"]) for r in made}:
            name = "en-US" if v == "main" else "en-US.literal"
            asset = f"s/ep{e:03d}/{name}"
            mine = [r for r in made if (r["episode"], r["variant_id"]) == (e, v)]
            for until in whole:
                upto = [r for r in mine if r["started_at"].date().isoformat() <= until]
                seen: dict = defaultdict(set)
                for r in upto:
                    seen[r["user_id"]] |= middles(r["time_from_ms"], r["time_to_ms"])
                if not any(seen.values()):
                    continue
                got = cube_curve(lake, "s", e, asset, name, until=until)
                n = range(len(got.plays))
                assert got.viewers == [sum(s in x for x in seen.values()) for s in n]
                assert got.starters == sum(bool(x) for x in seen.values())
                assert got.plays == [
                    sum(s in middles(r["time_from_ms"], r["time_to_ms"]) for r in upto) for s in n
                ]
                daily = defaultdict(set)
                for r in upto:
                    daily[r["user_id"], r["started_at"].date()] |= middles(r["time_from_ms"], r["time_to_ms"])
                assert got.viewer_days == [sum(s in x for x in daily.values()) for s in n]
            if any(middles(r["time_from_ms"], r["time_to_ms"]) for r in mine):
                direct = retention(lake, "s", e, name)
                got = cube_curve(lake, "s", e, asset, name)
                pad = [0] * (len(direct.seconds) - len(got.plays))
                assert got.viewers is not None
                assert (got.viewers + pad, got.plays + pad) == (direct.viewers, direct.plays)


def test_a_day_is_read_once_and_late_events_make_it_anew(lake: Lake) -> None:
    write(lake, [event("a", 0, 3000, day=0), event("a", 0, 5000, day=1), event("b", 0, 2000, day=2)])
    assert build_cubes(lake, "s").built == 3
    assert build_cubes(lake, "s").built == 0
    write(lake, [event("c", 0, 4000, day=3)])
    assert build_cubes(lake, "s").built == 1
    asset = "s/ep001/en-US"
    assert cube_curve(lake, "s", 1, asset, "en-US").viewers == [3, 3, 2, 2, 1]
    late = cube_curve(lake, "s", 1, asset, "en-US", since="2026-05-05")
    assert late.viewers is None and late.starters is None and late.plays == [3, 3, 2, 2, 1]
    # A file for the second day comes late: it and the two after it are made anew, the first is not.
    write(lake, [event("d", 0, 1000, day=1)])
    before = cube_files(lake, "s")[0]
    assert build_cubes(lake, "s").built == 3
    assert cube_files(lake, "s")[0] == before and len(cube_files(lake, "s")) == 4
    assert cube_curve(lake, "s", 1, asset, "en-US").viewers == [4, 3, 2, 2, 1]
    # Without the state the events of the days before are asked again; the figures are the same.
    for state in (lake.root / "cubes" / ".seen").rglob("*.parquet"):
        state.unlink()
    write(lake, [event("a", 0, 5400, day=5)])
    assert build_cubes(lake, "s").built == 1
    assert cube_curve(lake, "s", 1, asset, "en-US").viewers == retention(lake, "s", 1, "en-US").viewers


def test_cubes_without_bots_and_without_events(lake: Lake) -> None:
    assert build_cubes(lake, "s").days == 0
    with pytest.raises(UserError, match="no cubes"):
        cube_curve(lake, "s", 1, "s/ep001/en-US", "en-US")
    hours = 3_600_000
    write(lake, [event("a", 0, 2000), event("bot", 0, 300 * hours, length=300 * hours)])
    lake.mark_bots()
    build_cubes(lake, "s")
    assert cube_curve(lake, "s", 1, "s/ep001/en-US", "en-US").viewers == [1, 1]
    with pytest.raises(UserError, match="in these days"):
        cube_curve(lake, "s", 1, "s/ep001/en-US", "en-US", since="2027-01-01")


def test_measure_takes_its_curves_from_the_cubes_and_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [event(u, 0, 900 * (i + 2), day=i % 3, episode=1 + i % 2) for i, u in enumerate("abcdefgh")]
    rows += [event("a", 0, 400, day=4, length=8_000)]  # too short for a second, and of a longer cut
    rows += [event(u, 500, 4_000, day=d, variant="literal") for d, u in enumerate("xyx")]
    # Two cuts of one episode: their viewers do not add.
    rows = [{"asset_id": f"s/ep{r['episode']:03d}/{r['variant_id']}", **r} for r in rows]
    rows += [{**event("x", 0, 5_000, day=3, variant="literal"), "asset_id": "s/ep001/short"}]
    kept = []
    for name, cubes in (("plain", False), ("cubes", True)):
        store = Store(open_database(sqlite_url(tmp_path / f"{name}.db")), "s")
        project = Project(tmp_path / name, store)
        with Lake(tmp_path / name / "lake") as lake:
            write(lake, rows)
        if cubes:

            def not_asked(*_: object) -> None:
                raise AssertionError("the events were asked for curves")

            monkeypatch.setattr("smallscreen.audience.stored.retentions", not_asked)
        assert store_all(project, cubes=cubes)
        kept.append(read_curves(store))
        assert cubes_are_current(lake, "s") is cubes
    assert kept[0] == kept[1]
    assert {(c["edition"], c["episode"], c["cuts"]) for c in kept[0]} == {
        ("en-US", 1, 1), ("en-US", 2, 1), ("en-US.literal", 1, 2),
    }  # fmt: skip
    assert len(kept[0][0]["viewers"]) == 8
