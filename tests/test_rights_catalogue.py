"""The catalogue on disk: nothing is lost and nothing is half, whoever adds, merges or is killed at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.engines.sql import connect, file
from smallscreen.errors import FileProblem, UserError
from smallscreen.rights.catalogue import Catalogue, add, open_catalogue
from smallscreen.rights.model import Terms
from smallscreen.rights.runs import MANY_RUNS, TermStore
from smallscreen.rights.termfiles import (
    BLOCK,
    PER_CHUNK,
    VIEWS,
    Part,
    read_chunks,
    read_new,
    stored,
    write_new,
    write_part,
)
from tests.rights_made import asset_id, made, terms, video

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return open_catalogue(tmp_path / "catalogue", create=True)


def held(store: TermStore) -> set[tuple[str, int, int, int, int]]:
    """Everything the term files say: asset, kind, term, step, view; a row that stands twice fails."""
    found: list[tuple[str, int, int, int, int]] = []
    snap = store.snapshot()
    with connect() as con:
        for run in snap.runs:
            chunks = read_chunks(con, snap.chunks(run))
            for kind in (0, 1):
                before = -(2**31)
                for path in snap.files(run, kind):
                    rows = con.execute(f"SELECT term, place FROM read_parquet({file(path)})").fetchall()
                    for term, place in rows:
                        assert term >= before, "a run is sorted over all its files"
                        before = term
                        chunk, rest = divmod(place, PER_CHUNK)
                        step, view = divmod(rest, VIEWS)
                        found.append(
                            (chunks.assets[chunk], kind, term, int(chunks.first[chunk]) + step, view)
                        )
    for path in snap.new:
        for kind, term, place in zip(*(c.tolist() for c in read_new(path)), strict=True):
            found.append((path.stem, kind, term, *divmod(place, VIEWS)))
    assert len(found) == len(set(found)), "a term stands twice"
    return set(found)


def expected(*pairs: tuple[str, Terms]) -> set[tuple[str, int, int, int, int]]:
    rows: set[tuple[str, int, int, int, int]] = set()
    for name, one in pairs:
        kind, term, place, _ = stored(one)
        for k, x, p in zip(kind.tolist(), term.tolist(), place.tolist(), strict=True):
            rows.add((name, k, x, *divmod(p, VIEWS)))
    return rows


# --- adding -----------------------------------------------------------------------------------


def test_what_is_there_costs_its_hash_and_an_unchanged_file_not_even_that(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [video(tmp_path / "in", f"{i}.mp4", i, 5) for i in range(3)]
    seen: list[str] = []

    def count(path: Path):  # type: ignore[no-untyped-def]
        seen.append(path.name)
        return made(path)

    first = add(catalogue, [tmp_path / "in"], fingerprint=count)
    assert [a.name for a in first.fresh] == ["0.mp4", "1.mp4", "2.mp4"]
    assert seen == ["0.mp4", "1.mp4", "2.mp4"]
    again = add(catalogue, paths, fingerprint=count)
    assert (len(again.fresh), len(again.known), len(seen)) == (0, 3, 3)
    copied = video(tmp_path / "elsewhere", "copy.mp4", 1, 5)
    assert add(catalogue, [copied], fingerprint=count).known[0].name == "1.mp4"
    # The same size and time of change: not read at all.
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("an unchanged file is read"))
    assert len(add(catalogue, paths, fingerprint=count).known) == 3


def test_a_file_of_the_same_size_written_anew_is_read_again(catalogue: Catalogue, tmp_path: Path) -> None:
    path = video(tmp_path, "a.mp4", 1, 5)
    add(catalogue, [path], fingerprint=made)
    os.utime(path, ns=(1, 1))
    path.write_text("2 5", "ascii")
    assert add(catalogue, [path], fingerprint=made).fresh[0].id == asset_id(2, 5)


def test_a_file_that_changes_while_it_is_read_is_a_problem_and_the_rest_goes_on(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    video(tmp_path / "in", "a.mp4", 1, 5)
    video(tmp_path / "in", "b.mp4", 2, 5)
    video(tmp_path / "in", "c.mp4", 3, 5)

    def grows(path: Path):  # type: ignore[no-untyped-def]
        print_ = made(path)
        if path.name == "b.mp4":
            path.write_text("2 5 and more", "ascii")
        if path.name == "c.mp4":
            raise FileProblem(path, None, "it is no video", "a video")
        return print_

    done = add(catalogue, [tmp_path / "in"], fingerprint=grows)
    assert [a.name for a in done.fresh] == ["a.mp4"]
    assert [str(p).split(";")[0] for p in done.problems] == [
        "b.mp4: it changed while it was read",
        "c.mp4: it is no video",
    ]
    assert [a.name for a in catalogue.assets()] == ["a.mp4"]


def test_a_series_folder_brings_its_masters_and_its_editions(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "night market"
    root.mkdir()
    (root / "series.toml").write_text(
        'title = "Night market"\nslug = "night-market"\neidr = "10.5240/X"\n', "utf-8"
    )
    video(root / "video", "ep001.mp4", 1, 5)
    video(root / "video", "ep002.mp4", 2, 5)
    video(root / "video" / "textless", "ep001.mp4", 3, 5)
    video(root / "editions" / "en-US" / "video", "ep001.en-US.mp4", 4, 5)
    add(catalogue, [root], fingerprint=made)
    rows = [(a.series, a.episode, a.edition, a.kind, a.work_id) for a in catalogue.assets()]
    assert rows == [
        ("night-market", 1, None, "master", "10.5240/X"),
        ("night-market", 1, "en-US", "edition", "10.5240/X"),
        ("night-market", 2, None, "master", "10.5240/X"),
    ]


def test_what_cannot_be_used_is_said(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for work, said in (
        (lambda: add(catalogue, [tmp_path / "empty"]), "holds no video"),
        (lambda: add(catalogue, [tmp_path / "none.mp4"]), "is not there"),
        (lambda: add(catalogue, [tmp_path / "full"], kind="<b>"), "kind"),
        (lambda: open_catalogue(), "No catalogue is given"),
        (lambda: open_catalogue(tmp_path / "empty"), "is no catalogue"),
        (lambda: open_catalogue(tmp_path / "full", create=True), "holds other files"),
        (lambda: open_catalogue(tmp_path / "full" / "notes.txt", create=True), "is a file"),
        (lambda: catalogue.asset("../../etc"), "There is no asset"),
        (lambda: catalogue.change("0" * 32, name="x"), "There is no asset"),
    ):
        with pytest.raises(UserError, match=said):
            work()
    monkeypatch.setenv("SMALLSCREEN_CATALOGUE", str(catalogue.root))
    assert open_catalogue().root == catalogue.root


def test_an_asset_is_corrected_and_removed(catalogue: Catalogue, tmp_path: Path) -> None:
    add(catalogue, [video(tmp_path, "a.mp4", 1, 5), video(tmp_path, "b.mp4", 2, 5)], fingerprint=made)
    changed = catalogue.change(asset_id(1, 5), series="s", episode=3)
    assert (
        (changed.series, changed.episode)
        == ("s", 3)
        == (
            catalogue.asset(changed.id).series,
            catalogue.asset(changed.id).episode,
        )
    )
    with pytest.raises(UserError, match="cannot be changed"):
        catalogue.change(changed.id, sha256="0")
    catalogue.remove(changed.id)
    assert [a.name for a in catalogue.assets()] == ["b.mp4"]
    catalogue.compact(all_runs=True)
    assert held(catalogue.terms) == expected((asset_id(2, 5), terms(2, 5)))
    # It comes back whole, though its terms were forgotten.
    add(catalogue, [tmp_path / "a.mp4"], fingerprint=made)
    assert held(catalogue.terms) == expected(*((asset_id(i, 5), terms(i, 5)) for i in (1, 2)))


def test_figures_are_counted_from_what_is_there(catalogue: Catalogue, tmp_path: Path) -> None:
    add(catalogue, [video(tmp_path, f"{i}.mp4", i, 60) for i in range(4)], series="s", fingerprint=made)
    stats = catalogue.stats()
    assert (stats.assets, stats.series, stats.hours) == (4, 1, round(4 / 60, 3))
    assert stats.terms == sum(len(terms(i, 60)) for i in range(4))
    assert stats.kb_per_minute is not None
    assert stats.kb_per_minute == round(stats.bytes / 1000 / 4, 2)
    assert 12 < stats.kb_per_minute < 25, "terms alone: 21 a second of 12 bytes each"


# --- merging ----------------------------------------------------------------------------------

_ROWS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.one_of(st.integers(0, 20), st.integers(0, 2**32 - 1)),
        st.integers(0, 5_000),
        st.integers(0, 255),
    ),
    max_size=60,
    unique=True,
)


def _terms(rows: list[tuple[int, int, int, int]]) -> Terms:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return Terms(
        np.array(columns[0], np.uint8),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int32),
        np.array(columns[3], np.uint8),
        np.zeros(len(rows), np.bool_),
    )


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    assets=st.lists(_ROWS, min_size=1, max_size=9),
    order=st.randoms(use_true_random=False),
    gone=st.sets(st.integers(0, 8), max_size=3),
)
def test_merging_keeps_every_term_in_whatever_order(tmp_path_factory, assets, order, gone) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("terms")
    removed: set[str] = set()
    store = TermStore(folder, lambda name: name not in removed)
    given = [(f"{i:032x}", _terms(rows)) for i, rows in enumerate(assets)]
    shuffled = order.sample(given, len(given))
    for number, (name, one) in enumerate(shuffled):
        write_new(store.folder, name, one)
        if number % 2:
            store.compact()
    assert held(store) == expected(*given)
    removed |= {f"{i:032x}" for i in gone}
    store.compact(all_runs=True)
    assert held(store) == expected(*(g for g in given if g[0] not in removed))


def test_small_runs_become_large_ones(catalogue: Catalogue, tmp_path: Path) -> None:
    for i in range(MANY_RUNS):
        add(catalogue, [video(tmp_path, f"{i}.mp4", i, 5)], fingerprint=made)
    snap = catalogue.terms.snapshot()
    assert (len(snap.runs), len(snap.new)) == (1, 0)
    assert held(catalogue.terms) == expected(*((asset_id(i, 5), terms(i, 5)) for i in range(MANY_RUNS)))


def test_a_search_that_began_before_a_merge_still_finds_its_files(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    for i in range(MANY_RUNS - 1):
        add(catalogue, [video(tmp_path, f"{i}.mp4", i, 5)], fingerprint=made)
    before = catalogue.terms.snapshot()
    add(catalogue, [video(tmp_path, "last.mp4", 99, 5)], fingerprint=made)
    assert len(catalogue.terms.snapshot().runs) == 1
    assert all(p.is_file() for run in before.runs for kind in (0, 1) for p in before.files(run, kind))
    old = time.time() - 3600
    for run in before.runs:
        os.utime(before.folder / run.name, (old, old))
    catalogue.compact()
    assert not any((before.folder / run.name).exists() for run in before.runs)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 2**40)), min_size=1, max_size=300),
    asked=st.sets(st.integers(-50, 50), max_size=30),
)
def test_the_directory_finds_the_rows_that_are_there(tmp_path_factory, rows, asked) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("part") / "picture-000.parquet"
    # 200 of the drawn values each: terms over several blocks, files over several row groups.
    term = np.repeat(np.sort(np.array([r[0] for r in rows], np.int32)), 200)
    place = np.arange(len(term), dtype=np.int64)
    with connect() as con:
        con.register("given", {"term": term, "place": place})
        assert write_part(con, "SELECT * FROM given", path) == len(term)
    part = Part.open(path)
    assert part is not None
    try:
        wanted = np.array(sorted(asked), np.int32)
        low, high = part.ranges(wanted)
        assert (high - low).tolist() == [int((term == w).sum()) for w in wanted]
        assert part.places(low, high).tolist() == np.flatnonzero(np.isin(term, wanted)).tolist()
    finally:
        part.close()
    assert BLOCK < 200


def test_a_file_that_stands_otherwise_has_no_directory(tmp_path: Path) -> None:
    from smallscreen.engines.sql import literal
    from smallscreen.rights.termfiles import write_directory

    path = tmp_path / "packed.parquet"
    with connect() as con:
        con.execute(
            f"COPY (SELECT CAST(range AS INTEGER) AS term, range AS place FROM range(5000)) TO {literal(str(path))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        assert not write_directory(con, path)
    assert Part.open(path) is None


def test_a_damaged_manifest_is_said(catalogue: Catalogue, tmp_path: Path) -> None:
    add(catalogue, [video(tmp_path, "a.mp4", 1, 5)], fingerprint=made)
    (catalogue.terms.folder / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(UserError, match="damaged"):
        catalogue.terms.snapshot()
    record = next((catalogue.root / "assets").glob("*/*.json"))
    record.write_text(json.dumps({"asset": {}}), "utf-8")
    with pytest.raises(UserError, match="damaged"):
        catalogue.assets()


# --- several processes, and killed ones ---------------------------------------------------------

_ADDS = """
import sys, time
from pathlib import Path
from smallscreen.rights.catalogue import add, open_catalogue
from tests.rights_made import made

def slow(path):
    time.sleep(float(sys.argv[3]))
    return made(path)

catalogue = open_catalogue(Path(sys.argv[1]), create=True)
print("ready", flush=True)
done = add(catalogue, [Path(p) for p in sys.argv[4:]], fingerprint=slow)
assert not done.problems, done.problems
print(len(done.fresh), len(done.known))
"""


def adding(root: Path, pause: float, *paths: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _ADDS, str(root), "-", str(pause), *(str(p) for p in paths)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_add_at_once(tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    paths = [video(tmp_path / "in", f"{i:02d}.mp4", i, 5) for i in range(24)]
    open_catalogue(root, create=True)
    # Both add the middle third, in opposite directions.
    both = [adding(root, 0.005, *paths[:16]), adding(root, 0.005, *reversed(paths[8:]))]
    for process in both:
        out, problem = process.communicate(timeout=120)
        assert process.returncode == 0, problem
        fresh, known = (int(n) for n in out.splitlines()[-1].split())
        assert fresh + known == 16
    catalogue = open_catalogue(root)
    catalogue.compact()
    assert {a.id for a in catalogue.assets()} == {asset_id(i, 5) for i in range(24)}
    assert held(catalogue.terms) == expected(*((asset_id(i, 5), terms(i, 5)) for i in range(24)))


def test_killed_while_adding_80_episodes_nothing_is_lost_and_nothing_is_half(tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    paths = [video(tmp_path / "in", f"ep{i:03d}.mp4", i, 5) for i in range(80)]
    catalogue = open_catalogue(root, create=True)
    counts = []
    for wanted in (8, 30, 66):  # the last after the first merge of 64
        process = adding(root, 0.002, *paths)
        end = time.monotonic() + 60
        while len(list((root / "assets").glob("*/*.json"))) < wanted and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        there = catalogue.assets()
        counts.append(len(there))
        assert len(there) >= wanted or process.returncode == 0
        for asset in there:
            catalogue.fingerprint(asset.id)
        whole = {a.id: terms(int(a.name[2:5]), 5) for a in there}
        assert held(catalogue.terms) == expected(*whole.items()), "what is registered is whole"
    done = add(catalogue, paths, fingerprint=made)
    assert len(done.fresh) == 80 - counts[-1]
    assert len(done.known) == counts[-1]
    assert held(catalogue.terms) == expected(*((asset_id(i, 5), terms(i, 5)) for i in range(80)))
    left = [p for p in root.rglob("*") if p.is_file() and p.name.startswith(".") and p.name != ".lock"]
    assert len(left) <= 3, "a killed process leaves one temporary file at most"
