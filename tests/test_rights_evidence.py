"""Evidence packs: what is in them, what stays empty, that they cannot be changed unseen; and the figures they print."""

from __future__ import annotations

import json
import math
import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from smallscreen.errors import FileProblem, UserError
from smallscreen.rights import accuracy, work_ids
from smallscreen.rights.accuracy import Accuracy, read_accuracy, upper_bound, write_accuracy
from smallscreen.rights.cases import Case, cases, find_case, keep
from smallscreen.rights.evidence import chain
from smallscreen.rights.evidence.frames import in_asset, pairs, spread
from smallscreen.rights.evidence.pack import Made, make
from smallscreen.rights.evidence.timeline import ticks
from smallscreen.rights.model import Segment
from smallscreen.rights.releases import Owner, Seen, Standing
from smallscreen.rights.words import clock, plain, sentence
from tests import rights_clips as clips

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOSTILE = "free <script>alert(1)</script> 免费.mp4"
SEEN = Seen(
    url='https://video.example/w?a=1&b="><img src=x onerror=alert(1)>',
    channel="免费短剧</td>",
    territory="BR",
    day=date(2026, 11, 20),
)
OWNER = Owner("红伞影业有限公司", "", "", "rights@studio.example")
UNMEASURED = Accuracy(1, 0.0)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy with a hostile name, a little darker, and ours."""
    folder = tmp_path_factory.mktemp("films")
    ours = clips.clip(folder / "ep007.mp4")
    query = folder / HOSTILE.replace("/", "∕")
    clips.clip(query, sound=9, change=lambda p: (p * 0.95).astype(np.uint8))
    return query, ours


@pytest.fixture(scope="module")
def case(films: tuple[Path, Path]) -> Case:
    return clips.case(*films, SEEN)


@pytest.fixture(scope="module")
def pack(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    catalogue = tmp_path_factory.mktemp("catalogue")
    return catalogue, _make(catalogue, case)


def _make(catalogue: Path, case: Case, **more: object) -> Made:
    given = {"now": NOW, "title": "红伞 The Red Umbrella", **more}
    return make(catalogue, case, Standing(), OWNER, UNMEASURED, **given)  # type: ignore[arg-type]


def test_a_pack_holds_what_a_person_needs(pack: tuple[Path, Made]) -> None:
    folder = pack[1].folder
    assert {p.name for p in folder.iterdir()} == {
        "evidence.html", "evidence.pdf", "evidence.json", "timeline.svg", "frames",
    }  # fmt: skip
    facts = json.loads((folder / "evidence.json").read_text("utf-8"))
    assert facts["said"] == "Episode 7, 00:00-00:02 and 00:02-00:04, cropped, sound replaced"
    assert facts["work"]["work_id_kind"] == "EIDR"
    assert facts["previous"] is None
    assert facts["made"] == "2026-11-23T10:00:00Z"
    assert len(facts["frames"]) == 6
    assert {f["segment"] for f in facts["frames"]} == {0, 1}
    listed = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"evidence.json"}
    assert set(facts["files"]) == listed
    assert all(facts["files"][n]["sha256"] == clips.digest(folder / n) for n in listed)
    assert str(folder.parent.parent) not in json.dumps(facts)  # no path of this machine goes out


def test_the_pictures_side_by_side_show_the_same(pack: tuple[Path, Made]) -> None:
    for f in pack[1].facts["frames"]:
        theirs, ours = (np.asarray(Image.open(pack[1].folder / f[k]), np.float32) for k in ("query", "ours"))
        assert theirs.shape == ours.shape == (320, 180, 3)
        assert np.abs(theirs - ours).mean() < 12


def test_statements_and_signatures_stay_empty(pack: tuple[Path, Made]) -> None:
    us = {f["place"]: f for f in pack[1].facts["notices"]["us"]}
    eu = {f["place"]: f for f in pack[1].facts["notices"]["eu"]}
    assert list(us) == ["(i)", "(ii)", "(iii)", "(iv)", "(v)", "(vi)"]
    assert list(eu) == ["(a)", "(b)", "(c)", "(d)"]
    for field in (us["(i)"], us["(v)"], us["(vi)"], eu["(d)"]):
        assert field["value"] == ""
        assert field["blank"]
    assert us["(iv)"]["value"] == "红伞影业有限公司\nrights@studio.example"
    assert us["(iv)"]["blank"] == "Address, telephone"
    assert SEEN.url in us["(iii)"]["value"]
    assert us["(iii)"]["blank"] == eu["(c)"]["blank"] == ""
    assert "512(f)" in pack[1].facts["notices"]["warnings"][0]
    assert "never sends" in pack[1].facts["notices"]["warnings"][1]


def test_without_an_address_or_an_owner_a_person_is_asked(films: tuple[Path, Path], tmp_path: Path) -> None:
    made = make(tmp_path, clips.case(*films, Seen()), Standing(), Owner(), UNMEASURED, now=NOW)
    us = {f["place"]: f for f in made.facts["notices"]["us"]}
    assert us["(iii)"]["blank"] == "The exact address (URL)"
    assert us["(iv)"]["value"] == ""
    assert made.facts["file"]["sightings"][0]["day"]  # the day it was looked at


def test_hostile_names_are_text_on_the_page_and_in_the_picture(pack: tuple[Path, Made]) -> None:
    page = (pack[1].folder / "evidence.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "</td>," not in page
    assert "free &lt;script&gt;" in page
    assert page.count("<script>") == 1
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    drawing = (pack[1].folder / "timeline.svg").read_text("utf-8")
    assert "<script" not in drawing
    assert "免费" in drawing


def test_the_pdf_has_the_facts_as_text_chinese_too(pack: tuple[Path, Made]) -> None:
    reader = PdfReader(pack[1].folder / "evidence.pdf")
    text = "\n".join(p.extract_text() for p in reader.pages)
    flat = re.sub(r"\s+", "", text)
    for said in (
        "红伞 The Red Umbrella", "免费短剧</td>", "10.5240/7791-8534-2C23-9030-8610-5", "红伞影业有限公司", "512(f)",
        "never sends", "has not been measured", "Article 16(2)", "picture alone", pack[1].facts["file"]["sha256"],
        pack[1].facts["work"]["sha256"], "This is the first pack",
    ):  # fmt: skip
        assert re.sub(r"\s+", "", said) in flat
    assert sum(len(p.images) for p in reader.pages) == 12


def test_the_same_match_and_moment_give_the_same_bytes(
    pack: tuple[Path, Made], case: Case, tmp_path: Path
) -> None:
    again = _make(tmp_path, case)
    assert again.link == pack[1].link
    for path in pack[1].folder.rglob("*"):
        if path.is_file():
            assert (again.folder / path.relative_to(pack[1].folder)).read_bytes() == path.read_bytes()


def test_the_chain_finds_every_change(case: Case, tmp_path: Path) -> None:
    first, second = _make(tmp_path, case), _make(tmp_path, case, to=tmp_path / "out" / "pack two")
    assert second.facts["previous"] == {
        "pack": first.link.pack,
        "evidence_sha256": first.link.evidence_sha256,
    }
    assert [x.number for x in chain.links(tmp_path)] == [1, 2]
    for made in (first, second):
        assert chain.verify(made.folder, tmp_path) == []
    page = first.folder / "evidence.html"
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"00:02", b"00:03", 1))
    assert chain.verify(first.folder, tmp_path) == ["evidence.html was changed: its SHA-256 is another one."]
    page.unlink()
    assert chain.verify(first.folder, tmp_path) == ["evidence.html is missing."]
    elsewhere = tmp_path / "elsewhere.html"
    elsewhere.write_bytes(whole)
    page.symlink_to(elsewhere)
    assert "was changed" in chain.verify(first.folder, tmp_path)[0]
    page.unlink()
    page.write_bytes(whole)
    (first.folder / "frames" / "more.jpg").write_bytes(b"x")
    assert chain.verify(first.folder, tmp_path) == ["frames/more.jpg was not in the pack when it was made."]
    (first.folder / "frames" / "more.jpg").unlink()
    said = first.folder / "evidence.json"
    said.write_text(said.read_text("utf-8").replace('"confidence": 0.92', '"confidence": 0.99'), "utf-8")
    assert "the chain" in chain.verify(first.folder, tmp_path)[0]
    kept = (tmp_path / "evidence" / "chain.jsonl").read_text("utf-8")
    (tmp_path / "evidence" / "chain.jsonl").write_text(kept.split("\n", 1)[1], "utf-8")
    assert "does not follow the line before it" in chain.verify(second.folder, tmp_path)[0]
    with pytest.raises(FileProblem):
        chain.links(tmp_path)


def test_a_pack_cannot_name_files_outside_it(pack: tuple[Path, Made], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "pack"
    folder.mkdir()
    data = {
        "pack": "1",
        "previous": None,
        "files": {"../secret": {"sha256": clips.digest(tmp_path / "secret")}},
    }
    (folder / "evidence.json").write_text(json.dumps(data))
    assert chain.verify(folder) == ["../secret is missing."]
    for bad in ("[]", "{}", '{"files": 3}', "nonsense", "[" * 9000):
        (folder / "evidence.json").write_text(bad)
        with pytest.raises(UserError):
            chain.verify(folder)


def test_a_line_that_was_being_written_when_the_power_went_is_passed_over(tmp_path: Path) -> None:
    with chain.locked(tmp_path):
        chain.add(tmp_path, chain.Link(1, "0001-a", "2026-11-23T10:00:00Z", "a" * 64, ""))
    path = tmp_path / "evidence" / "chain.jsonl"
    path.write_bytes(path.read_bytes() + b'{"number": 2, "pa')
    assert len(chain.links(tmp_path)) == 1
    with chain.locked(tmp_path):
        chain.add(tmp_path, chain.Link(2, "0002-b", "2026-11-23T10:00:01Z", "b" * 64, "a" * 64))
    assert [x.pack for x in chain.links(tmp_path)] == ["0001-a", "0002-b"]


def test_a_pack_whose_link_was_lost_in_a_kill_is_linked_by_the_next(case: Case, tmp_path: Path) -> None:
    first = _make(tmp_path, case)
    (tmp_path / "evidence" / "chain.jsonl").unlink()
    assert "has no pack" in chain.verify(first.folder, tmp_path)[0]
    second = _make(tmp_path, case)
    assert [x.pack for x in chain.links(tmp_path)] == [first.link.pack, second.link.pack]
    assert second.link.number == 2
    for made in (first, second):
        assert chain.verify(made.folder, tmp_path) == []


def test_many_at_once_make_one_chain(tmp_path: Path) -> None:
    def one(n: int) -> None:
        with chain.locked(tmp_path):
            links = chain.links(tmp_path)
            before = links[-1].evidence_sha256 if links else ""
            chain.add(tmp_path, chain.Link(len(links) + 1, f"p{n}", "now", f"{n:064d}", before))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [x.number for x in chain.links(tmp_path)] == list(range(1, 13))


def test_what_is_no_copy_or_no_longer_there_gets_no_pack(films: tuple[Path, Path], tmp_path: Path) -> None:
    query = tmp_path / "copy.mp4"
    query.write_bytes(films[0].read_bytes())
    case = clips.case(query, films[1], Seen())
    with pytest.raises(UserError, match="is no copy: Licensed to Globo"):
        make(tmp_path, case, Standing("licensed", "Licensed to Globo: BR."), OWNER, UNMEASURED)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(UserError, match="is there already"):
        _make(tmp_path, case, to=tmp_path / "taken")
    with pytest.raises(UserError, match="is not the file that was added"):
        _make(tmp_path, case, ours=query)
    query.write_bytes(query.read_bytes() + b"x")
    with pytest.raises(UserError, match="is no longer at"):
        _make(tmp_path, case)
    assert chain.links(tmp_path) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.mp4", "evidence", "taken"]


def test_without_our_file_the_pack_says_so(films: tuple[Path, Path], tmp_path: Path) -> None:
    gone = replace(clips.asset(films[1]), path=str(tmp_path / "gone.mp4"))
    made = _make(tmp_path, clips.case(*films, Seen(), asset=gone))
    assert "no pictures of it stand beside" in made.notes[0]
    assert all(f["ours"] == "" for f in made.facts["frames"])
    assert "our file is not here" in (made.folder / "evidence.html").read_text("utf-8")
    assert chain.verify(made.folder, tmp_path) == []


# --- pictures and timeline -------------------------------------------------------------------


def test_moments_with_something_to_see_are_taken(tmp_path: Path) -> None:
    def blackened(p: np.ndarray) -> np.ndarray:
        blackened.n += 1  # type: ignore[attr-defined]
        return p if blackened.n % 24 < 12 else np.zeros_like(p)  # type: ignore[attr-defined]

    blackened.n = 0  # type: ignore[attr-defined]
    film = clips.clip(tmp_path / "a.mp4", change=blackened)
    found = pairs(film, None, [Segment(0, 4000, 0, 4000, 1.0, "both", 1.0)], 4)
    assert len(found) == 4
    (tmp_path / "x.jpg").write_bytes(found[0].query)
    for pair in found:
        assert pair.query_ms % 1000 < 520  # the black half of each second is passed over
        assert pair.ours == b""


SEGMENTS = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(0, 60_000), st.integers(0, 100_000)), max_size=8
).map(lambda found: [Segment(a, a + n, b, b + n, 1.0, "both", 0.9) for a, n, b in found])


@given(SEGMENTS, st.integers(1, 12))
def test_moments_lie_within_their_stretches(segments: list[Segment], count: int) -> None:
    found = spread(segments, count)
    assert len(found) == (count if any(s.query_to_ms > s.query_from_ms for s in segments) else 0)
    assert [f[1][0] for f in found] == sorted(f[1][0] for f in found)
    for number, moments in found:
        for at in moments:
            assert segments[number].query_from_ms <= at <= segments[number].query_to_ms
            assert (
                segments[number].asset_from_ms
                <= in_asset(segments[number], at)
                <= segments[number].asset_to_ms
            )
    long = [i for i, s in enumerate(segments) if s.query_to_ms - s.query_from_ms == 60_000]
    if len(long) <= count:
        assert set(long) <= {n for n, _ in found}


@given(st.integers(1, 30_000_000), st.integers(2, 12))
def test_ticks_are_few_and_within(length: int, most: int) -> None:
    found = ticks(length, most)
    assert 1 <= len(found) <= most + 1
    assert found[0] == 0
    assert found[-1] <= length


def test_words(films: tuple[Path, Path]) -> None:
    case = clips.case(*films, SEEN)
    assert sentence(case.match) == "Episode 7, 00:00-00:02 and 00:02-00:04, cropped, sound replaced"
    assert (clock(62_900), clock(3_600_000)) == ("01:02", "1:00:00")
    assert plain("a\x1b[2Jb\u202ec\nd") == "a□[2Jb□c□d"
    assert plain("\udcff") == "?"
    assert len(plain("x" * 1000)) == 300


# --- cases -----------------------------------------------------------------------------------


def test_cases_keep_the_first_time_and_every_place(films: tuple[Path, Path], tmp_path: Path) -> None:
    first = clips.case(*films, SEEN)
    keep(tmp_path, first)
    again = keep(tmp_path, clips.case(*films, Seen(url="https://other.example/", day=date(2026, 11, 21))))
    assert [s.seen.url for s in again.sightings] == [SEEN.url, "https://other.example/"]
    assert again.sightings[0] == first.sightings[0]
    assert keep(tmp_path, first).sightings == again.sightings
    assert find_case(tmp_path, first.match.id[:6]) == again
    assert list(cases(tmp_path)) == [again]
    for bad in ("nothing", "../etc", "", "*", "m?"):
        with pytest.raises(UserError):
            find_case(tmp_path, bad)
    other = clips.case(*films, Seen(), id="m-other")
    keep(tmp_path, other)
    with pytest.raises(UserError, match="begins 2 matches"):
        find_case(tmp_path, "m")
    path = tmp_path / "cases" / "m-other.json"
    path.write_text("{}")
    problems: list[FileProblem] = []
    assert [c.match.id for c in cases(tmp_path, problems)] == [first.match.id]
    assert len(problems) == 1
    assert keep(tmp_path, other).match == other.match  # a damaged one is written anew


# --- figures ---------------------------------------------------------------------------------


def test_the_upper_bound_is_clopper_pearson() -> None:
    assert upper_bound(0, 100) == pytest.approx(0.02951, abs=1e-5)
    assert upper_bound(0, 3000) == pytest.approx(3 / 3000, rel=0.01)  # the rule of three
    assert upper_bound(1, 10) == pytest.approx(0.39416, abs=1e-5)
    assert upper_bound(5, 100) == pytest.approx(0.10225, abs=1e-5)
    assert upper_bound(4, 4) == 1.0
    for wrong, n in ((-1, 10), (11, 10), (0, 0)):
        with pytest.raises(ValueError):
            upper_bound(wrong, n)


@settings(max_examples=50)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_are_seen_once_in_twenty(pair: tuple[int, int]) -> None:
    wrong, n = pair
    p = upper_bound(wrong, n)
    assert wrong / n < p < 1
    assert sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(wrong + 1)) == pytest.approx(
        0.05, rel=1e-6
    )


def test_nothing_is_said_of_what_was_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.toml"
    write_accuracy(path, UNMEASURED)
    assert read_accuracy(path) == UNMEASURED
    assert "not been measured" in UNMEASURED.sentence()
    assert UNMEASURED.upper is None
    measured = Accuracy(1, 0.8, 4800, 0, date(2026, 11, 23), 'films "of ours"\nand others')
    write_accuracy(path, measured)
    read = read_accuracy(path)
    assert (read.comparisons, read.upper) == (4800, upper_bound(0, 4800))
    assert "0 of 4,800 comparisons" in read.sentence()
    assert "below 0.062 %" in read.sentence()
    known = accuracy.shipped()
    assert accuracy.current(known.fingerprint) == known
    assert not accuracy.current(known.fingerprint + 1).measured
    assert "a match of confidence 0.80 or more" in read.sentence()
    assert read.below(0.8) == ""
    assert "0.79, is below 0.80" in read.below(0.79)
    assert UNMEASURED.below(0.0) == ""
    for bad in ("", "[threshold]\nfingerprint = 1\n", path.read_text("utf-8").replace("4800", "-1"), "x ="):
        path.write_text(bad, "utf-8")
        with pytest.raises(FileProblem):
            read_accuracy(path)


def test_numbers_of_works_are_checked() -> None:
    assert work_ids.check(" 10.5240/7791-8534-2c23-9030-8610-5")[0] == "EIDR"
    assert work_ids.check("ISAN 0000-0000-3A8D-0000-Z-0000-0000-6") == (
        "ISAN",
        "0000-0000-3A8D-0000-Z-0000-0000-6",
    )
    assert work_ids.check("0000-0000-3A8D-0000-Z")[0] == "ISAN"
    for bad in ("10.5240/7791-8534-2C23-9030-8610-6", "0000-0000-3A8E-0000-Z", "tt0111161", "", "<b>"):
        with pytest.raises(ValueError):
            work_ids.check(bad)
        assert work_ids.kind(bad) == ""
