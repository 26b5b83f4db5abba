"""The episode timeline: its figures against the store, pictures in parts, hostile words, and the page in a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from smallscreen.series import editing, markets
from smallscreen.series.model import Barrier, Draft, Finding, Line
from smallscreen.series.project import Project, open_project
from smallscreen.series.text import reading_chars
from smallscreen.story.edition import compare_edition, edition_cues
from smallscreen.story.model import Accuracy, LineReading
from smallscreen.story.signal import context
from smallscreen.studio.views.timeline import episode_view
from tests.browser import DESKTOP, PHONE, Browser
from tests.studio_server import StudioClient, running

HOSTILE = "</script><img src=x onerror=alert(1)>伞&amp;"
CUES = 12
SECONDS = 26


def make_series(root: Path) -> Project:
    """Three episodes; the first with pictures, an English and an Arabic edition, findings, a reading."""
    root.mkdir()
    for n in (1, 2, 4):
        rows = [
            f"{i + 1}\n00:00:{1 + 2 * i:02d},000 --> 00:00:{2 + 2 * i:02d},500\n{HOSTILE if i == 2 else f'第{n}集第{i}句'}\n"
            for i in range(CUES)
        ]
        (root / f"ep{n:03d}.zh.srt").write_text("\n".join(rows), "utf-8")
    (root / "series.toml").write_text(
        'title = "伞"\nslug = "umbrella"\nsource_language = "zh-Hans"\nburned_in = [0.1, 0.6, 0.9, 0.66]\n',
        "utf-8",
    )
    (root / "video" / "textless").mkdir(parents=True)
    _film(root / "video" / "ep001.mp4", 40)
    _film(root / "video" / "textless" / "ep001.mp4", 160)
    project = open_project(root)
    store = project.store
    english, literal, arabic = (
        store.edition("en-US"),
        store.edition("en-US", "literal"),
        store.edition("ar"),
    )
    cues = store.cues()[1]
    words = [HOSTILE if i == 2 else f"This is line number {i} of it" for i in range(CUES)]
    store.put_drafts(
        english,
        [Draft(c.id, w, "hand", "omission", f"why {HOSTILE}") for c, w in zip(cues, words, strict=True)],
    )
    store.put_drafts(literal, [Draft(c.id, f"word for word {c.index}") for c in cues])
    store.put_drafts(arabic, [Draft(c.id, "لن يعود اليوم") for c in cues])
    store.put_lines(
        english,
        [1],
        [
            Line("en-US", 1, i + 1, c.start_ms, c.end_ms, w * (2 if i == 4 else 1), (c.id,))
            for i, (c, w) in enumerate(zip(cues, words, strict=True))
        ],
    )
    store.put_lines(
        arabic, [1], [Line("ar", 1, c.index, c.start_ms, c.end_ms, "لن يعود اليوم", (c.id,)) for c in cues]
    )
    store.put_findings(
        "check",
        english,
        [1],
        [
            _finding(cues[2].id, "error", f"said {HOSTILE}"),
            _finding(cues[4].id, "warning"),
            _finding(None, "note"),
        ],
    )
    store.put_findings(
        "story", None, [1], [Finding("story.hook", 1, 20_000, 24_500, "It ends openly.", "note", cues[-1].id)]
    )
    store.put_findings("source", None, [1], [_finding(cues[1].id, "note")])
    store.put_barriers([1], [Barrier(cues[1].id, 1, 0, 1, "伞", "wordplay", 3, meaning="parting")])
    editing.decide(store, english, cues[4].id, "check.some", "reject", "lead")
    editing.decide(store, english, cues[2].id, "check.some", "accept", "lead")
    editing.decide(store, english, cues[2].id, "check.some", "reopen", "lead")
    random = np.random.default_rng(4)
    for scope in ("embedded/ep001", "embedded/en-US/ep001"):
        store.put_step("story-read", scope, scope, {"lines": [_reading(c.id, random) for c in cues]})
    return project


def _finding(cue: str | None, severity: Any, message: str = "Something.") -> Finding:
    return Finding("check.some", 1, 5000, 6500, message, severity, cue, suggestion="Do it.")


def _reading(cue: str, random: np.random.Generator) -> dict[str, Any]:
    p = {k: round(float(random.random()), 4) for k in ("vulnerability", "gratification", "care", "hook")}
    return {
        "cue": cue,
        "episode": 1,
        "p": p,
        "valence": round(float(random.random()) * 2 - 1, 4),
        "insult": 0.0,
    }


def _film(path: Path, gray: int) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 108, 192, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "24"}
        for i in range(SECONDS * 24):
            picture = np.full((192, 108, 3), gray + i % 24, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_series(tmp_path_factory.mktemp("timeline") / "my series")


@pytest.fixture(scope="module")
def studio(project: Project) -> Iterator[StudioClient]:
    with running(project.root) as client:
        yield client


# --- the figures -----------------------------------------------------------------------------


def test_the_twin_says_what_the_store_holds(studio: StudioClient, project: Project) -> None:
    got = studio.get("/api/episodes/1", params={"edition": "en-US"}).json()
    store = project.store
    english = next(e for e in store.editions() if e.name == "en-US")
    assert [(c["id"], c["start_ms"], c["end_ms"], c["text"]) for c in got["cues"]] == [
        (c.id, c.start_ms, c.end_ms, c.text) for c in store.cues()[1]
    ]
    drafts = store.drafts(english)
    assert {c["id"]: (c["draft"], c["strategy"], c["reason"], c["status"]) for c in got["cues"]} == {
        k: (d.text, d.strategy, d.reason, "drafted") for k, d in drafts.items()
    }
    assert got["cues"][3]["literal"] == "word for word 4"
    market = markets.load("en-US")
    for line, told in zip(store.lines(english)[1], got["lines"], strict=True):
        cps = reading_chars(line.text, market.counting) * 1000 / line.duration_ms
        assert told["cps"] == round(cps, 1) and told["over"] == (cps > market.vertical.cps)
        assert (told["text"], told["cues"]) == (line.text, list(line.cues))
    assert [x["over"] for x in got["lines"]].count(True) == sum(
        1 for x in got["lines"] if x["cps"] > got["edition"]["cps"]
    )
    assert got["lines"][4]["over"]
    assert got["barriers"][0] | {"meaning": "parting", "need": 3} == got["barriers"][0]
    assert got["retention"] is None
    assert got["duration_ms"] >= SECONDS * 1000 - 50
    assert (got["previous"], got["next"]) == (None, 2)


def test_findings_stand_with_the_decision_that_holds(studio: StudioClient) -> None:
    got = studio.get("/api/episodes/1", params={"edition": "en-US"}).json()
    found = {(f["of"], f["place"], f["severity"]): f for f in got["findings"]}
    assert len(got["findings"]) == 4 and len(found) == 4
    refused = found["edition", "ep001.c0005", "warning"]
    assert (refused["decision"], refused["who"]) == ("reject", "lead")
    assert found["edition", "ep001.c0003", "error"]["decision"] is None  # accepted, then opened again
    assert ("edition", "ep001", "note") in found  # no cue: its episode
    assert ("source", "ep001.c0002", "note") in found
    assert [b["check"] for b in got["beats"]] == ["story.hook"]
    # What was decided for one edition is open in another.
    other = studio.get("/api/episodes/1", params={"edition": "ar"}).json()
    assert [f["of"] for f in other["findings"]] == ["source"] and not other["findings"][0]["decision"]


class _Stub:
    """A reader as far as a comparison asks it."""

    id = name = version = "stub"

    def accuracy(self, language: str) -> Accuracy:
        return Accuracy("nothing")


def test_curves_are_those_of_the_comparison_of_editions(project: Project) -> None:
    store = project.store
    view = episode_view(project, 1, "en-US")
    cues = {1: store.cues()[1]}

    def read(scope: str) -> dict[str, LineReading]:
        record = store.step("story-read", scope)
        assert record is not None
        return {x["cue"]: LineReading(**x) for x in record.summary["lines"]}

    english = next(e for e in store.editions() if e.name == "en-US")
    theirs = {1: edition_cues(cues[1], store.drafts(english))}
    source = context(store.series(), cues, read("embedded/ep001"), language="zh")
    arc, _ = compare_edition(
        source, theirs, read("embedded/en-US/ep001"), name="en-US", title="", language="en", reader=_Stub()  # type: ignore[arg-type]
    )  # fmt: skip
    assert view.story.source is not None and view.story.edition is not None
    assert view.story.source.gratification == arc.source_gratification
    assert view.story.source.resonance == arc.source_resonance
    assert view.story.edition.gratification == arc.edition_gratification
    assert view.story.edition.resonance == arc.edition_resonance
    assert all(v is not None and 0 <= v <= 1 for v in view.story.edition.feeling)


def test_an_episode_that_was_not_read_says_how_to(project: Project) -> None:
    unread = episode_view(project, 2, "en-US").story
    assert unread.source is None and unread.edition is None
    assert unread.command == "smallscreen story my series --edition en-US" or "my series" in unread.command
    arabic = episode_view(project, 1, "ar").story
    assert arabic.source is not None and arabic.edition is None and not arabic.readable


def test_a_changed_line_makes_the_reading_stale(tmp_path: Path) -> None:
    project = make_series(tmp_path / "own")
    store = project.store
    english = next(e for e in store.editions() if e.name == "en-US")
    assert not episode_view(project, 1, "en-US").story.stale
    time.sleep(1.1)  # times are stored to the second
    state = editing.line_states(store, english, 1)["ep001.c0001"]
    editing.change_line(store, english, state.cue, text="Another.", version=state.version, who="lead")
    view = episode_view(project, 1, "en-US")
    assert view.story.stale and view.story.edition is not None
    assert view.cues[0].draft == "Another."


def test_the_source_alone_can_be_seen(project: Project) -> None:
    view = episode_view(project, 1, None)
    assert view.edition is None and view.lines == [] and view.cues[0].draft is None
    assert [f.of for f in view.findings] == ["source"]


# --- requests --------------------------------------------------------------------------------


def test_pictures_come_in_parts(studio: StudioClient, project: Project) -> None:
    data = (project.root / "video" / "ep001.mp4").read_bytes()
    whole = studio.get("/media/1")
    assert whole.status_code == 200 and whole.content == data
    assert whole.headers["accept-ranges"] == "bytes" and whole.headers["content-type"] == "video/mp4"
    part = studio.get("/media/1", headers={"Range": "bytes=100-299"})
    assert part.status_code == 206 and part.content == data[100:300]
    assert part.headers["content-range"] == f"bytes 100-299/{len(data)}"
    assert studio.get("/media/1", headers={"Range": "bytes=-50"}).content == data[-50:]
    assert studio.get("/media/1", headers={"Range": f"bytes={len(data) + 5}-"}).status_code == 416
    other = (project.root / "video" / "textless" / "ep001.mp4").read_bytes()
    assert studio.get("/media/1/textless").content == other != data
    for path in ("/media/2", "/media/2/textless", "/media/3", "/media/99"):
        assert studio.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/episodes/3?edition=en-US", "There is no episode 3; there are 1 to 4."),
        ("/episodes/1?edition=xx-XX", "There is no edition xx-XX; there are ar, en-US.literal, en-US."),
    ],
)
def test_what_is_missing_is_named(studio: StudioClient, path: str, says: str) -> None:
    twin = studio.get("/api" + path)
    assert twin.status_code == 404
    assert sorted(re.findall(r"[\w-]+", twin.json()["detail"])) == sorted(re.findall(r"[\w-]+", says))
    page = studio.page(path)
    assert page.status_code == 404 and says.split(";")[0] in page.text
    assert studio.get("/api/episodes/one").status_code == 422
    assert studio.send("POST", "/api/story", json={"edition": "xx-XX"}).status_code == 404


def test_hostile_words_stay_words(studio: StudioClient) -> None:
    page = studio.page("/episodes/1?edition=en-US").text
    assert "<img" not in page
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert block is not None
    data = json.loads(block[1])
    assert data["cues"][2]["text"] == HOSTILE == data["cues"][2]["draft"]
    assert data == studio.get("/api/episodes/1?edition=en-US").json()


def test_only_editors_start_a_reading(project: Project) -> None:
    with running(project.root, accounts=True) as studio:
        assert studio.get("/media/1").status_code == 401
        assert studio.get("/api/episodes/1").status_code == 401
        studio.login("viewer")
        assert studio.get("/api/episodes/1?edition=en-US").status_code == 200
        assert studio.post("/api/story", json={"edition": "en-US"}).status_code == 403


# --- in a browser ----------------------------------------------------------------------------


def _js(browser: Browser, code: str) -> Any:
    return browser.driver.execute_script(code)


def _key(browser: Browser, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser.driver).send_keys(*keys).perform()


def _text(browser: Browser, where: str) -> str:
    # Asked in one go: what is found and then read may have been made anew between.
    return str(_js(browser, f"return document.querySelector('{where}')?.innerText || ''"))


def _opened(browser: Browser, studio: StudioClient, path: str) -> None:
    browser.open(studio.url + path)
    _until(lambda: _js(browser, "return document.querySelector('#lanes[data-ready]') !== null"))


def _until(true: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def test_keys_and_clicks_seek_and_the_cue_follows(browser: Browser, studio: StudioClient) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.fresh()
    _opened(browser, studio, "/episodes/1?edition=en-US#c=ep001.c0003")
    assert _text(browser, ".player-subtitle") == HOSTILE
    assert HOSTILE in _text(browser, "#detail")
    _key(browser, Keys.ARROW_RIGHT)
    assert _text(browser, ".player-subtitle") == "This is line number 3 of it"
    _key(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert _text(browser, ".player-subtitle") == "This is line number 1 of it"
    lanes = browser.driver.find_element("css selector", ".lanes-window")
    wide = lanes.size["width"]
    for place in range(10):
        ActionChains(browser.driver).move_to_element_with_offset(
            lanes, round(wide * (0.04 * place - 0.2)), -60
        ).click().perform()
    _until(lambda: _js(browser, "return performance.getEntriesByName('seek-to-cue').length") >= 14)
    took = sorted(_js(browser, "return performance.getEntriesByName('seek-to-cue').map((x) => x.duration)"))
    assert took[len(took) // 2] < 100, took
    before = _js(browser, "return document.querySelector('.lanes-strip').offsetWidth")
    _key(browser, "+", "+")
    _until(lambda: _js(browser, "return document.querySelector('.lanes-strip').offsetWidth") > 2 * before)
    _key(browser, "0")
    _until(lambda: _js(browser, "return document.querySelector('.lanes-strip').offsetWidth") == before)
    _key(browser, "?")
    assert _js(browser, "return document.getElementById('help').open")
    _key(browser, Keys.ESCAPE)
    assert not _js(browser, "return document.getElementById('help').open")
    _key(browser, "]")
    _until(lambda: "/episodes/2?" in browser.driver.current_url)
    assert browser.errors() == []


def test_it_plays_with_a_picture_and_without(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    value = "return Number(document.querySelector('.player-range').value)"
    for path in ("/episodes/1?edition=en-US", "/episodes/2?edition=en-US"):
        _opened(browser, studio, path)
        at = _js(browser, value)
        _key(browser, " ")
        _until(lambda at=at: _js(browser, value) > at + 400)
        _key(browser, "k")
        stands = _js(browser, value)
        _key(browser, ".")
        assert 0 <= _js(browser, value) - stands <= 200
        assert browser.errors() == []
    _opened(browser, studio, "/episodes/1?edition=en-US")
    source = "return new URL(document.querySelector('video').src).pathname"
    assert _js(browser, source) == "/media/1/textless"
    browser.driver.find_element("css selector", ".player-choices input").click()
    _until(lambda: _js(browser, source) == "/media/1")
    _until(lambda: _js(browser, "return document.querySelector('.player-band.on') !== null"))
    assert browser.errors() == []


def test_lanes_hide_and_stay_hidden(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    _opened(browser, studio, "/episodes/1?edition=en-US")
    count = "return document.querySelectorAll('.lanes-head').length"
    before = _js(browser, count)
    _js(browser, "document.querySelector('.lanes-head button').click()")
    assert _js(browser, count) == before - 1
    _opened(browser, studio, "/episodes/2?edition=en-US")
    _opened(browser, studio, "/episodes/1?edition=en-US")
    assert _js(browser, count) == before - 1
    names = _js(
        browser, "return [...document.querySelectorAll('.lanes-head span')].map((x) => x.textContent)"
    )
    assert "Retention" not in names


def test_findings_are_decided_and_others_see_it(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    _opened(browser, studio, "/episodes/1?edition=en-US#c=ep001.c0003")
    browser.driver.find_element("css selector", ".findings button").click()
    _until(lambda: "accepted" in _text(browser, ".findings"))
    studio.post(
        "/api/editions/en-US/decisions",
        json={"cue": "ep001.c0003", "check": "check.some", "action": "reopen"},
    )
    # The page hears of it.
    _until(lambda: "accepted" not in _text(browser, ".findings"))
    assert browser.errors() == []


def test_everybody_can_use_it(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    _opened(browser, studio, "/episodes/1?edition=en-US#c=ep001.c0003")
    assert browser.accessibility() == []
    browser.driver.find_element("id", "as-list").click()
    _until(lambda: len(browser.driver.find_elements("css selector", "ol.cues li")) == CUES)
    assert browser.accessibility() == []
    _opened(browser, studio, "/episodes/1?edition=ar")
    subtitle = browser.driver.find_element("css selector", ".player-subtitle")
    assert subtitle.get_attribute("dir") == "rtl" and subtitle.get_attribute("lang") == "ar"
    browser.resize(*PHONE)
    try:
        _opened(browser, studio, "/episodes/1?edition=en-US")
        assert _js(browser, "return document.documentElement.scrollWidth") <= PHONE[0]
        rows = browser.driver.find_elements("css selector", "ol.cues button")
        rows[3].click()
        _until(lambda: rows[3].get_attribute("aria-current") == "true")
        assert _text(browser, ".player-subtitle") == "This is line number 3 of it"
        assert browser.errors() == []
    finally:
        browser.resize(*DESKTOP)
