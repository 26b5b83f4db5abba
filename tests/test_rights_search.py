"""Search and exclusion: what a join of terms points at, and what says nothing of an episode."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.engines.sql import DuckDB
from smallscreen.errors import FileProblem, UserError
from smallscreen.rights import exclude, search
from smallscreen.rights.asking import Everywhere
from smallscreen.rights.catalogue import Catalogue, add, open_catalogue
from smallscreen.rights.find import find, match_id
from smallscreen.rights.model import Asset, Segment, Terms
from smallscreen.rights.search import search as look
from smallscreen.rights.search import searched
from tests.rights_clips import clip
from tests.rights_made import asset_id, cut, made, terms, video

LONG = 400


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Thirty made-up assets, one of them longer than a chunk, in several runs."""
    folder = tmp_path_factory.mktemp("search")
    there = open_catalogue(folder / "catalogue", create=True)
    for start in (0, 10, 20):
        paths = [video(folder / "in", f"{i}.mp4", i) for i in range(start, start + 10)]
        add(there, paths, fingerprint=made)
    add(there, [video(folder / "in", "long.mp4", 100, LONG)], fingerprint=made)
    return there


@pytest.mark.parametrize(
    ("start", "end", "speed", "mirrored", "layout"),
    [
        (100, 1200, 1.0, False, 0),
        (2000, 2125, 1.0, False, 0),  # ten seconds, across the border of two chunks
        (1900, 3000, 1.1, True, 0),
        (200, 4700, 0.95, False, 14),
        (0, 5000, 1.25, True, 3),
    ],
)
def test_a_copy_is_pointed_at_with_speed_offset_side_and_layout(
    catalogue: Catalogue, start: int, end: int, speed: float, mirrored: bool, layout: int
) -> None:
    query = cut(terms(100, LONG), start, end, speed=speed, mirrored=mirrored, layout=layout)
    candidates = look(catalogue, query)
    best = {kind: next(c for c in candidates if c.kind == kind) for kind in ("picture", "sound")}
    for kind, c in best.items():
        assert c.asset_id == asset_id(100, LONG)
        # Exact where the copy begins; a short one cannot tell two speeds apart, but is laid on the same place.
        middle = (end - start) / 2 / speed * 80
        truth = start * 80 + speed * middle
        assert abs(c.offset_ms + c.speed * middle - truth) < 1_500, (kind, c)
        assert c.mirrored == (mirrored and kind == "picture")
        assert c.layout == (layout if kind == "picture" else 0)


def test_a_stranger_points_at_nothing_for_long(catalogue: Catalogue) -> None:
    stranger = terms(999, 60)
    own = look(catalogue, cut(terms(5, 60), 0, 700))[0].votes
    assert all(c.votes < own / 5 for c in look(catalogue, stranger))
    nothing = Terms(*(getattr(stranger, n)[:0] for n in ("kind", "term", "t", "view", "mirrored")))
    assert look(catalogue, nothing) == []


def test_an_empty_catalogue_and_a_removed_asset_answer_with_nothing(tmp_path: Path) -> None:
    there = open_catalogue(tmp_path / "catalogue", create=True)
    query = cut(terms(1, 60), 0, 700)
    assert look(there, query) == []
    add(there, [video(tmp_path, "a.mp4", 1)], fingerprint=made)
    assert look(there, query)
    there.remove(asset_id(1))
    assert look(there, query) == []


def test_what_is_not_merged_yet_is_found_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = open_catalogue(tmp_path / "catalogue", create=True)
    with monkeypatch.context() as m:
        m.setattr(Catalogue, "compact", lambda *_, **__: False)  # as if another process were merging
        add(there, [video(tmp_path, f"{i}.mp4", i) for i in range(4)], fingerprint=made)
    assert len(there.terms.snapshot().new) == 4
    query = cut(terms(2, 60), 100, 700)
    before = searched(there, query)
    assert before.candidates[0].asset_id == asset_id(2)
    there.compact()
    assert len(there.terms.snapshot().new) == 0
    assert searched(there, query) == before


def test_a_reader_of_all_files_finds_the_same_as_the_directories(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in (cut(terms(100, LONG), 0, 3000), cut(terms(7, 60), 0, 750, speed=1.1), terms(999, 60)):
        expected = searched(catalogue, query)
        with monkeypatch.context() as m:
            m.setattr(search, "Here", Everywhere)
            engine = DuckDB()
            assert searched(catalogue, query, engine=engine) == expected
            engine.close()
        # A file without its directory is read by the engine.
        moved = [p for p in catalogue.terms.folder.rglob("*.idx") if "picture" in p.name]
        for path in moved:
            path.rename(path.with_suffix(".away"))
        assert searched(catalogue, query) == expected
        for path in moved:
            path.with_suffix(".away").rename(path)


def test_missing_term_files_are_said(catalogue: Catalogue, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(catalogue.root, tmp_path / "copy")
    there = open_catalogue(tmp_path / "copy")
    for path in there.terms.folder.rglob("picture-*.parquet"):
        path.unlink()
    with pytest.raises(UserError, match="term files are missing"):
        look(there, terms(1, 60))


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(list(range(8))), merges=st.sets(st.integers(0, 7), max_size=3))
def test_the_order_of_adding_does_not_matter(tmp_path_factory, order: list[int], merges: set[int]) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("order")
    answers = []
    for which in (range(8), order):
        there = open_catalogue(folder / f"catalogue-{len(answers)}", create=True)
        for number, seed in enumerate(which):
            add(there, [video(folder, f"{seed}.mp4", seed, 30)], fingerprint=made)
            if number in merges:
                there.compact(all_runs=True)
        answers.append(look(there, cut(terms(3, 30), 50, 300)))
    assert answers[0] == answers[1]
    assert answers[0][0].asset_id == asset_id(3, 30)


# --- exclusion --------------------------------------------------------------------------------


def _span(low: int, high: int, kind: str = "picture", asset: str = "a") -> exclude.Span:
    return exclude.Span("s", asset, low, high, kind, "test")  # type: ignore[arg-type]


def _segment(low: int, high: int) -> Segment:
    return Segment(0, high - low, low, high, 1.0, "picture", 0.9)


def test_a_segment_counts_by_what_lies_outside() -> None:
    spans = [_span(0, 5_000), _span(4_000, 8_000), _span(0, 60_000, "sound"), _span(0, 60_000, asset="b")]
    for low, high, counts in (
        (0, 8_000, False),
        (500, 9_100, False),
        (500, 9_300, True),
        (20_000, 21_300, True),
    ):
        assert bool(exclude.telling([_segment(low, high)], "a", "picture", spans)) == counts
    assert not exclude.telling([_segment(100, 50_000)], "a", "sound", spans)


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=8),
    low=st.integers(0, 90),
    length=st.integers(1, 60),
)
def test_what_is_outside_is_what_no_span_covers(spans: list[tuple[int, int]], low: int, length: int) -> None:
    covered = set().union(*(range(a, a + n) for a, n in spans)) if spans else set()
    truth = len(set(range(low, low + length)) - covered)
    assert exclude._outside(low, low + length, [_span(a, a + n) for a, n in spans]) == truth


def test_people_exclude_and_keep(tmp_path: Path) -> None:
    there = open_catalogue(tmp_path / "catalogue", create=True)
    for episode in (1, 2):
        add(there, [video(tmp_path, f"ep{episode:03d}.mp4", episode, 20)], series="s", fingerprint=_sounding)
    one = next(a.id for a in there.assets("s") if a.episode == 1)
    rules = there.root / exclude.NAME
    rules.write_text(
        '[[exclude]]\nseries = "s"\nepisode = 1\nfrom = 2\nto = 900\nkind = "sound"\nwhy = "library"\n'
    )
    assert [(s.asset_id, s.from_ms, s.to_ms, s.kind, s.why, s.by) for s in exclude.spans(there, "s")] == [
        (one, 2_000, 20_000, "sound", "library", "people")
    ]
    assert exclude.spans(there, "other") == []
    for wrong, said in (
        ("[[exclude]]\nseries = 's'\nfrom = 3\nto = 2", "to is not after from"),
        ("[[exclude]]\nfrom = 1\nto = 2", "series is missing"),
        ("[[keep]]\nseries = 's'\nfrom = nan\nto = 2", "no number"),
        ("[[keep]]\nseries = 's'\nfrom = 1\nto = 2\nwhen = 3", "unknown"),
        ("[[keep]]\nseries = 's'\nfrom = 1\nto = 2\nkind = 'smell'", "kind"),
        ("[other]\na = 1", "unknown"),
        ("exclude = ", "TOML"),
    ):
        rules.write_text(wrong)
        with pytest.raises(FileProblem, match=said):
            exclude.spans(there, "s")


def _sounding(path: Path):  # type: ignore[no-untyped-def]
    return made(path)


# --- with real fingerprints -------------------------------------------------------------------


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Catalogue]:
    """Three episodes of 12 seconds with one opening of 4, an edition of the second, in a catalogue."""
    root = tmp_path_factory.mktemp("episodes")
    (root / "series.toml").write_text('title = "Opening"\nslug = "opening"\n', "utf-8")
    (root / "video").mkdir()
    (root / "editions" / "en-US" / "video").mkdir(parents=True)
    for number in (1, 2, 3):
        _episode(root / "video" / f"ep{number:03d}.mp4", number)
    _episode(root / "editions" / "en-US" / "video" / "ep002.mp4", 2, crf=34)
    there = open_catalogue(root / "catalogue", create=True)
    done = add(there, [root])
    assert not done.problems, done.problems
    assert len(done.fresh) == 4
    return root, there


def _episode(path: Path, number: int, crf: int = 26, start: float = 0, seconds: float = 12) -> None:
    from smallscreen.engines.video import Writer
    from tests.rights_clips import FPS, HEIGHT, WIDTH, picture

    with Writer(path, WIDTH, HEIGHT, FPS, 22_050, crf=crf, preset="ultrafast", threads=1) as out:
        for n in range(round(seconds * FPS)):
            at = start + n / FPS
            out.frame(picture(at * 1000, 7 if at < 4 else 50 + number))
        noise = np.random.default_rng([number, crf])
        out.audio(noise.normal(0, 0.002, round(seconds * 22_050)).astype(np.float32))


def test_the_opening_is_excluded_and_an_edition_does_not_exclude_its_master(
    episodes: tuple[Path, Catalogue],
) -> None:
    _, there = episodes
    spans = exclude.spans(there, "opening")
    for asset in there.assets("opening"):
        mine = [s for s in spans if s.asset_id == asset.id and s.kind == "picture"]
        covered = sum(s.to_ms - s.from_ms for s in mine)
        assert mine, "the opening stands in three episodes"
        assert 2_500 <= covered <= 5_000, mine
        assert all(s.to_ms <= 5_000 for s in mine), "what master and edition share is not excluded"


def test_a_copy_is_found_and_one_of_the_opening_alone_is_none(episodes: tuple[Path, Catalogue]) -> None:
    root, there = episodes
    _episode(root / "copy.mp4", 3, crf=36, start=4.52, seconds=7)
    matches = find(there, root / "copy.mp4")
    assert [m.asset.name for m in matches] == ["ep003.mp4"]
    assert matches[0].id == match_id(matches[0].query_sha256, matches[0].asset.id)
    assert matches[0].status == "copy"
    first = matches[0].segments[0]
    assert abs(first.asset_from_ms - first.query_from_ms - 4_520) < 500
    assert sum(s.query_to_ms - s.query_from_ms for s in matches[0].segments) > 5_000
    _episode(root / "opening.mp4", 9, crf=36, start=0.04, seconds=3.9)
    assert find(there, root / "opening.mp4") == []
    (there.root / exclude.NAME).write_text('[[keep]]\nseries = "opening"\nfrom = 0\nto = 12\n', "utf-8")
    kept = find(there, root / "opening.mp4")
    assert kept, "people may say that the opening tells"
    (there.root / exclude.NAME).unlink()


def test_master_and_edition_of_one_episode_are_one_match(episodes: tuple[Path, Catalogue]) -> None:
    root, there = episodes
    _episode(root / "second.mp4", 2, crf=30, start=4.1, seconds=7.5)
    matches = find(there, root / "second.mp4")
    assert [(m.asset.series, m.asset.episode) for m in matches] == [("opening", 2)]
    assert any("same episode" in note for note in matches[0].notes)
    (there.root / "releases.toml").write_text(
        f'[[release]]\nname = "Ours"\nsha256 = ["{matches[0].query_sha256}"]\n', "utf-8"
    )
    assert find(there, root / "second.mp4")[0].status == "own release"
    (there.root / "releases.toml").unlink()


def test_a_stranger_and_what_is_no_video(episodes: tuple[Path, Catalogue]) -> None:
    root, there = episodes
    clip(root / "stranger.mp4", 5, seed=300)
    assert find(there, root / "stranger.mp4") == []
    (root / "zip.mp4").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UserError):
        find(there, root / "zip.mp4")
    done = add(there, [root / "zip.mp4"])
    assert (len(done.fresh), len(done.problems)) == (0, 1)


def test_recaps_are_not_excluded() -> None:
    assert not exclude._recurs(4, {5}, 80)
    assert not exclude._recurs(4, {3}, 80)
    assert exclude._recurs(4, {5}, 2)
    assert exclude._recurs(4, {9}, 80)
    assert exclude._recurs(4, {3, 5}, 80)
    assert isinstance(replace(_asset(), episode=None), Asset)
    assert exclude.recurring([]) == []


def _asset() -> Asset:
    return Asset("0" * 32, "a", "s", 1, None, "master", "0" * 64, 1, 1000, 1, 1, 1.0, True, "")
