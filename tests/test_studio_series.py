"""The series page: what its JSON says, what the page shows, search, keyboard, phone, live news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smallscreen.series import editing
from smallscreen.series.model import Draft, Finding
from smallscreen.series.project import Project, open_project
from smallscreen.studio.views.series import POINTS, search_page, series_page
from tests.browser import PHONE, Browser
from tests.studio_server import StudioClient, running

HOSTILE = "<img src=x onerror=alert(1)>伞&amp;"
EPISODES = 12
SRT = "1\n00:00:01,000 --> 00:00:02,500\n外公 我回来了\n\n2\n00:00:03,000 --> 00:00:04,200\n{text}\n\n3\n00:00:05,000 --> 00:00:06,500\n补人\n"


def make_series(root: Path) -> Project:
    """Twelve episodes of three cues, three editions in different states, a read story, hostile words."""
    root.mkdir()
    for n in range(1, EPISODES + 1):
        text = HOSTILE if n == 2 else f"第{n}把伞"
        (root / f"ep{n:03d}.zh.srt").write_text(SRT.format(text=text), "utf-8")
    (root / "series.toml").write_text(
        f'title = "{HOSTILE}"\nslug = "hostile"\nsource_language = "zh-Hans"\n', "utf-8"
    )
    project = open_project(root)
    store = project.store
    english = store.edition("en-US")
    literal = store.edition("en-US", "literal")
    spanish = store.edition("es-419")
    cues = [c.id for some in store.cues().values() for c in some]
    store.put_drafts(english, [Draft(c, f"{HOSTILE} line of {c}") for c in cues])
    store.put_drafts(literal, [Draft(c, "word for word") for c in cues[:3]])
    store.put_drafts(spanish, [Draft(c, f"El paraguas {c}") for c in cues[:18]])
    store.put_step("check", "en-US/ep001", "key", {})
    store.put_findings(
        "check", english, [2], [_finding("ep002.c0002", "error"), _finding("ep002.c0003", "warning")]
    )
    editing.set_status(store, english, cues[:3], "approved", "lead")
    lines = [
        {"cue": c, "episode": 1, "p": {"gratification": 0.1, "vulnerability": 0.5, "care": 0.0}}
        for c in cues[:3]
    ]
    store.put_step("story-read", "embedded/ep001", "k1", {"lines": lines})
    store.put_step("story-read", "embedded/en-US/ep001", "k2", {"lines": lines})
    return project


def _finding(cue: str, severity: str) -> Finding:
    return Finding(
        "screen.reading-speed",
        2,
        3000,
        4200,
        f"Too fast: {HOSTILE}",
        severity=severity,
        cue=cue,
        edition="en-US",  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("studio") / "series"
    make_series(root)
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[StudioClient]:
    with running(root) as one:
        yield one


# --- the views, without a server --------------------------------------------------------------


def test_the_state_of_every_cell(tmp_path: Path) -> None:
    page = series_page(make_series(tmp_path / "series").store)
    assert [e.name for e in page.editions] == ["en-US", "en-US.literal", "es-419"]
    assert len(page.episodes) == EPISODES
    first, second = page.cells["en-US"][1], page.cells["en-US"][2]
    assert (first.cues, first.drafted, first.checked, first.approved) == (3, 3, 3, 3)
    assert (second.drafted, second.checked, second.approved, second.errors, second.warnings) == (
        3,
        0,
        0,
        1,
        1,
    )
    assert page.cells["es-419"][7].model_dump() == page.cells["en-US.literal"][12].model_dump()
    assert page.cells["es-419"][7].cues == 3, "an episode without a line still has its cues"
    total = page.editions[0].total
    assert (total.cues, total.drafted, total.approved, total.errors) == (36, 36, 3, 1)
    assert first.completion is None, "there are no viewing events"


def test_arcs_come_from_the_source_and_are_read_once(tmp_path: Path) -> None:
    store = make_series(tmp_path / "series").store
    cache: dict[str, object] = {}
    page = series_page(store, cache)
    assert page.reader == "embedded"
    arc = page.episodes[0].arc
    assert arc is not None
    assert arc.resonance == [0.5] * POINTS
    assert arc.gratification == [0.1] * POINTS
    assert page.episodes[1].arc is None
    assert list(cache) == ["k1"], "the reading of an edition is not the source's"
    cache["k1"] = arc.model_copy(update={"resonance": [0.9]})
    again = series_page(store, cache).episodes[0].arc
    assert again is not None
    assert again.resonance == [0.9]
    store.put_step("story-read", "embedded/ep001", "k3", {"lines": []})
    assert series_page(store, cache).episodes[0].arc is None


def test_a_series_that_nobody_read_and_without_editions(folder: Path) -> None:
    from smallscreen.series.project import new_project

    page = series_page(new_project(folder).store)
    assert (page.reader, page.editions, len(page.episodes)) == (None, [], 2)


def test_hits_lead_to_the_very_cue(tmp_path: Path) -> None:
    store = make_series(tmp_path / "series").store
    found = search_page(store, "ONERROR", limit=500)
    assert set(found.groups) == {"cue", "line", "finding"}
    assert found.groups["cue"][0].link == "/episodes/2?edition=en-US#c=ep002.c0002"
    assert found.groups["line"][0].link == "/editions/en-US/episodes/1#c=ep001.c0001"
    assert found.groups["finding"][0].link == "/editions/en-US/episodes/2#c=ep002.c0002"
    hit = found.groups["line"][0]
    assert hit.text[hit.match[0] : hit.match[1]].lower() == "onerror"
    beside = search_page(store, "第3把", edition="es-419")
    assert beside.groups["cue"][0].link == "/episodes/3?edition=es-419#c=ep003.c0002"
    assert search_page(store, "  ").found == 0
    assert search_page(store, "paraguas", limit=5).more


# --- through the server -----------------------------------------------------------------------


def test_the_twin_says_what_the_view_says(studio: StudioClient, root: Path) -> None:
    answer = studio.get("/api/series")
    assert answer.status_code == 200
    assert answer.json() == series_page(open_project(root).store).model_dump(mode="json")
    paths = studio.get("/api/openapi.json").json()["paths"]
    assert {"/api/series", "/api/search"} <= set(paths)


def test_search_is_limited_and_refuses_what_is_too_long(studio: StudioClient) -> None:
    assert studio.get("/api/search", params={"q": "paraguas", "limit": 2}).json()["found"] == 2
    assert studio.get("/api/search", params={"q": "paraguas", "kind": "finding"}).json()["found"] == 0
    assert studio.get("/api/search", params={"q": "x" * 201}).status_code == 422
    assert studio.get("/api/search", params={"q": "x", "kind": "secret"}).status_code == 422


def test_the_page_holds_hostile_words_as_text(studio: StudioClient) -> None:
    page = studio.page("/")
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    assert ' style="' not in page.text


def test_only_people_see_it(tmp_path: Path) -> None:
    make_series(tmp_path / "series")
    with running(tmp_path / "series", accounts=True) as studio:
        assert studio.get("/api/series").status_code == 401
        assert studio.get("/api/search", params={"q": "a"}).status_code == 401
        studio.login("viewer")
        assert studio.get("/api/series").status_code == 200


# --- in a browser -----------------------------------------------------------------------------


def _open(browser: Browser, studio: StudioClient, width: int = 1280, height: int = 800) -> None:
    browser.fresh()
    browser.resize(width, height)
    browser.open(studio.url + "/")
    browser.one("td a.cell")


def test_the_matrix_in_light_and_dark(browser: Browser, studio: StudioClient) -> None:
    for theme in ("light", "dark"):
        browser.scheme(theme)
        _open(browser, studio)
        assert browser.errors() == []
        assert browser.accessibility() == []
        assert len(browser.all("tbody tr")) == EPISODES
        assert len(browser.all("tbody td")) == 2 * EPISODES, "variants are shown when asked for"
        assert browser.js("document.images.length") == 0
        browser.look(f"series-{theme}")
    browser.one("#variants").click()
    assert len(browser.all("tbody td")) == 3 * EPISODES
    cell = browser.one("td[data-edition='en-US'][data-episode='2']")
    assert "● 1" in cell.text
    assert "▲ 1" in cell.text


def test_filters(browser: Browser, studio: StudioClient) -> None:
    _open(browser, studio)
    browser.one("#with-errors").click()
    assert [r.get_attribute("data-episode") for r in browser.all("tbody tr")] == ["2"]
    browser.one("#with-errors").click()
    browser.one("#not-approved").click()
    assert len(browser.all("tbody tr")) == EPISODES, "Spanish is not approved anywhere"
    assert browser.js("document.querySelector('#rows').textContent") == ""


def test_the_keyboard_walks_the_cells(browser: Browser, studio: StudioClient) -> None:
    _open(browser, studio)
    reached = browser.walk(40)
    assert sum("episode 1" in r for r in reached) == 1, "the matrix is one stop"
    browser.js("document.querySelector('td a.cell[tabindex=\"0\"]').focus()")

    def at() -> tuple[str, str]:
        cell = browser.js(
            "const d = document.activeElement.closest('td').dataset; return [d.edition, d.episode]"
        )
        return cell[0], cell[1]

    assert at() == ("en-US", "1")
    browser.keys("ArrowRight", "ArrowDown", "ArrowDown")
    assert at() == ("es-419", "3")
    browser.keys("ctrl+End")
    assert at() == ("es-419", str(EPISODES))
    browser.keys("Home", "ArrowLeft", "ArrowUp")
    assert at() == ("en-US", str(EPISODES - 1))
    browser.keys("Enter")
    browser.wait(lambda: f"/editions/en-US/episodes/{EPISODES - 1}" in browser.driver.current_url)
    _open(browser, studio)
    browser.js("document.querySelector('td a.cell[tabindex=\"0\"]').focus()")
    browser.keys("t")
    browser.wait(lambda: browser.driver.current_url.endswith("/episodes/1?edition=en-US"))


def test_search_while_one_types(browser: Browser, studio: StudioClient) -> None:
    _open(browser, studio)
    browser.keys("/")
    browser.type("onerror")
    browser.one("#found a.hit")
    assert browser.js("document.images.length") == 0
    assert browser.js("document.querySelector('#found mark').textContent") == "onerror"
    assert browser.accessibility() == []
    browser.look("series-search")
    browser.keys("ArrowDown", "ArrowDown", "ArrowUp")
    chosen = browser.js("document.querySelector('#found [aria-selected=true]').href")
    assert browser.focused().get_attribute("aria-activedescendant") == "hit-0"
    browser.keys("Enter")
    browser.wait(lambda: browser.driver.current_url == chosen)
    _open(browser, studio)
    browser.keys("/")
    browser.type("no such words anywhere")
    browser.wait(lambda: "no such words" in browser.text("#found"))
    browser.keys("Escape")
    assert browser.one("#find").get_attribute("aria-expanded") == "false"


def test_a_phone_shows_one_edition(browser: Browser, studio: StudioClient) -> None:
    _open(browser, studio, *PHONE)
    assert browser.js("document.documentElement.scrollWidth") <= PHONE[0]
    assert len(browser.all("tbody td")) == EPISODES
    browser.one("#not-approved").click()
    assert browser.text("#rows") == f"{EPISODES - 1} of {EPISODES} episodes", "all of the first is approved"
    browser.js(
        "const s = document.querySelector('#only'); s.value = 'es-419'; s.dispatchEvent(new Event('change'))"
    )
    assert {c.get_attribute("data-edition") for c in browser.all("tbody td")} == {"es-419"}
    assert browser.accessibility() == []
    browser.look("series-phone")


def test_news_come_by_themselves(browser: Browser, tmp_path: Path) -> None:
    make_series(tmp_path / "series")
    with running(tmp_path / "series") as studio:
        _open(browser, studio)
        browser.wait(
            lambda: (
                browser.js(
                    "performance.getEntriesByType('resource').some(r => r.name.includes('/api/events'))"
                )
                or True
            )
        )
        browser.js("await new Promise(r => setTimeout(r, 600))")
        answer = studio.post("/api/editions/en-US/decisions", json={"cue": "ep002.c0002", "check": "screen.reading-speed", "action": "accept"})  # fmt: skip
        assert answer.status_code == 200, answer.text
        browser.wait(lambda: "●" not in browser.text("td[data-edition='en-US'][data-episode='2']"), 10)
        assert browser.errors() == []


def test_one_sees_where_others_work(browser: Browser, tmp_path: Path) -> None:
    make_series(tmp_path / "series")
    with running(tmp_path / "series", accounts=True) as studio:
        studio.login("viewer")
        browser.fresh()
        browser.resize(1280, 800)
        browser.open(studio.url + "/login")
        for name, value in studio.http.cookies.items():
            browser.cookie(name, value)
        browser.open(studio.url + "/")
        browser.one("td a.cell")
        browser.js("await new Promise(r => setTimeout(r, 600))")
        other = studio.another()
        other.login("editor")
        place = {"page": "workbench", "edition": "en-US", "episode": 3, "cue": None}
        assert other.post("/api/where", json=place).status_code < 300
        dot = "td[data-edition='en-US'][data-episode='3'] .people i"
        browser.wait(lambda: browser.all(dot))
        assert browser.all(dot)[0].get_attribute("title") == "editor works here"


def test_chinese(browser: Browser, studio: StudioClient) -> None:
    _open(browser, studio)
    browser.cookie("smallscreen_language", "zh-Hans")
    browser.open(studio.url + "/")
    assert browser.text(".corner") == "集"
    assert "已定稿" in browser.text(".legend")
    browser.look("series-zh")
