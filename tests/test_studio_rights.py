"""The rights page through the real server: there only with a catalogue, the twin says what the cases say, releases.toml sets
apart as it stands now, looking writes nothing, and hostile names stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from smallscreen.rights.accuracy import Accuracy
from smallscreen.rights.cases import Case, keep, sighting
from smallscreen.rights.model import Asset, Match, Segment
from smallscreen.rights.releases import Releases, Rule, Seen
from smallscreen.studio.views import rights_words
from tests.browser import Browser
from tests.studio_server import StudioClient, running
from tests.studio_small import HOSTILE, make

DAY = date(2026, 11, 20)
WINDOW = '[[license]]\nname = "Globo"\nseries = "small"\nterritory = "BR"\nfrom = 2026-01-01\nto = {}\nchannel = "*{{{{*"\n'


def case(number: int, spans: list[tuple[int, int]], **more: object) -> Case:
    """A case of the small series (its slug is "small"), with words that try to be HTML."""
    asset = Asset(
        f"{number:032x}", HOSTILE, "small", number, None, "master", f"{number:064x}", 9, 60_000, 540, 960, 24.0, True,
        "2026-11-01T00:00:00+00:00", "", "/nowhere/ours.mp4",
    )  # fmt: skip
    segments = tuple(Segment(a, b, a + 1000, b + 1000, 1.0, "picture", 0.9) for a, b in spans)
    values = {
        "id": f"match{number}", "query_sha256": "ab" * 32, "query_name": HOSTILE, "asset": asset,
        "segments": segments, "disguises": ("mirrored", "1.10 times as fast"), "confidence": 0.999, **more,
    }  # fmt: skip
    seen = Seen(url=f"https://video.example/?{HOSTILE}", channel=HOSTILE, territory="BR", day=DAY)
    match = Match(**values)  # type: ignore[arg-type]
    return Case(
        match, 9, 70_000, (sighting(Path("/nowhere/x.mp4"), seen, datetime(2026, 11, 20, tzinfo=UTC)),)
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rights") / "series"
    make(root).store.engine.dispose()
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[StudioClient]:
    with running(root) as one:
        yield one


@pytest.fixture(scope="module")
def catalogue(root: Path, studio: StudioClient) -> Path:
    """The page before there is anything, and then a catalogue with three matches."""
    assert "/rights" not in studio.page("/").text
    missing = studio.get("/api/rights")
    assert missing.status_code == 404
    assert "smallscreen rights add series" in missing.text
    folder = root / "rights"
    folder.mkdir()
    (folder / "catalogue.json").write_text('{"format": 1}')
    assert "Nothing was found yet" in studio.page("/rights").text
    for one in (
        case(1, [(0, 10_000), (5_000, 20_000), (30_000, 40_000)]),
        case(2, [(0, 8_000)]),
        case(77, [(0, 9_000)]),
    ):
        keep(folder, one)
    other = case(1, [(0, 1_000)], id="other")
    keep(
        folder, replace(other, match=replace(other.match, asset=replace(other.match.asset, series="another")))
    )
    return folder


def test_the_twin_is_what_is_kept(studio: StudioClient, catalogue: Path) -> None:
    assert 'href="/rights"' in studio.page("/").text
    page = studio.get("/api/rights").json()
    assert [(f["id"], f["status"], f["in_series"]) for f in page["found"]] == [
        ("match1", "copy", True), ("match2", "copy", True), ("match77", "copy", False),
    ]  # fmt: skip
    assert page["episodes"][0] == {
        "episode": 1, "in_series": True, "length_ms": 60_000, "spans": [[1000, 21_000], [31_000, 41_000]], "files": 1,
    }  # fmt: skip
    html = re.sub(r"<script.*?</script>", "", studio.page("/rights").text, flags=re.S)
    assert 'href="/episodes/1"' in html
    assert 'href="/episodes/77"' not in html
    assert "confidence 0.99" in html
    assert "smallscreen rights evidence match1" in html
    assert "<img" not in html
    assert "javascript:" not in html


def test_what_is_licensed_is_set_apart_as_the_file_says_now(studio: StudioClient, catalogue: Path) -> None:
    rules = catalogue / "releases.toml"
    before = {p.name: p.read_bytes() for p in (catalogue / "cases").iterdir()}
    rules.write_text(WINDOW.format("2026-12-31"), "utf-8")
    page = studio.get("/api/rights").json()
    assert {f["status"] for f in page["found"]} == {"licensed"}
    assert page["episodes"] == []
    assert page["found"][0]["why"] == "Licensed to Globo: BR, 2026-01-01 to 2026-12-31."
    rules.write_text(WINDOW.format("2026-11-19"), "utf-8")
    page = studio.get("/api/rights").json()
    assert {f["status"] for f in page["found"]} == {"copy"}
    assert "expired on 2026-11-19" in page["found"][0]["why"]
    rules.write_text("[[license]]\nname = 3\n", "utf-8")
    page = studio.get("/api/rights").json()
    assert "releases.toml, line 2" in page["problem"]
    assert len(page["found"]) == 3
    rules.unlink()
    (catalogue / "cases" / "broken.json").write_text("{")
    assert "broken.json" in studio.get("/api/rights").json()["problem"]
    (catalogue / "cases" / "broken.json").unlink()
    assert {p.name: p.read_bytes() for p in (catalogue / "cases").iterdir()} == before


def test_sentences_are_translated() -> None:
    place = {"channel": ("c",), "account": ("a",), "uploader": ("u",), "url": ("https://x.example/*",)}
    ours = Rule("release", "R", "", (), ("ff",), place, (), None, None)
    window = Rule(
        "license",
        "L",
        "s",
        ("pt-BR",),
        (),
        {"channel": ("c",)},
        ("BR",),
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    said = [
        Releases((ours,)).standing("s", None, sha, seen).why
        for sha, seen in (
            ("ff", Seen()), ("", Seen(channel="c")), ("", Seen(account="a")), ("", Seen(uploader="u")),
            ("", Seen(url="https://x.example/1")),
        )
    ]  # fmt: skip
    said += [
        Releases((window,)).standing("s", edition, "", Seen(channel="c", territory=where, day=day)).why
        for edition, where, day in (
            ("pt-BR", "BR", DAY), ("pt-BR", "", DAY), ("pt-BR", "US", DAY), ("pt-BR", "BR", None), (None, "BR", DAY),
            ("en-US", "BR", DAY), ("pt-BR", "BR", date(2025, 1, 1)), ("pt-BR", "BR", date(2027, 1, 1)),
        )
    ]  # fmt: skip
    measured = Accuracy(1, 0.0, 480, 0, DAY, "films")
    said += [a.sentence() for a in (Accuracy(1, 0.0), measured, replace(measured, threshold=0.8))]
    said += ["mirrored", "cropped", "padded", "picture-in-picture", "1.10 times as fast", "pitch +1 semitone"]
    said += ["pitch -2 semitones", "cut again in another order", "3 excerpts", "excerpt", "without sound"]
    said += ["sound replaced", "sound alone", "picture replaced"]
    assert all(said)
    for text in said:
        assert re.search(r"[\u3400-\u9fff]", rights_words.said("zh-Hans", text)), text
    assert rights_words.said("zh-Hans", "Nobody knows this sentence.") == "Nobody knows this sentence."


def test_in_a_browser(browser: Browser, studio: StudioClient, catalogue: Path) -> None:
    browser.fresh()
    browser.open(studio.url + "/rights")
    assert len(browser.all(".finds li")) == 3
    assert browser.js("window.hit === undefined")
    assert browser.errors() == []
    assert browser.accessibility() == []
    assert browser.js("document.documentElement.scrollWidth <= innerWidth")
