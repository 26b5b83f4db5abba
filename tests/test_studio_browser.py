"""The studio as people meet it, in a real Chromium: every page in both themes and languages, words that try to be
HTML everywhere, logins, and a whole piece of work by keys alone. The series is tests/studio_small.py's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smallscreen.production.breakdown import save
from smallscreen.production.model import Rules
from smallscreen.studio import accounts
from tests.browser import DESKTOP, PHONE, Browser, started
from tests.studio_server import PASSWORDS, StudioClient, running
from tests.studio_shoot import broken_down, plan_it
from tests.studio_small import EDITION, HOSTILE, HOSTILE_FILE, make

NAME = "<img src=x onerror=window.hit=4></script><b>"
"""What somebody calls themselves."""
HOSTILE_PASSWORD = "only for tests: a bad name 7351"
DESK = f"/editions/{EDITION}/episodes"
READY = {
    "series": ("/", "tr[data-episode] a.cell"),
    "timeline": (f"/episodes/1?edition={EDITION}#c=ep001.c0002", "#lanes[data-ready]"),
    "workbench": (f"{DESK}/1#c=ep001.c0002", ".meter .left"),
    "brief": (f"/editions/{EDITION}/brief", "#items"),
    "production": ("/production", "html[data-ready=production]"),
    "account": ("/account", "#password"),
    "people": ("/people", "#people tr"),
    "audit": ("/audit", "table.list tbody tr"),
}
"""Every page: where it is, and what is there when it is."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioClient]:
    """The studio with accounts; this client is the admin's."""
    root = tmp_path_factory.mktemp("studio") / "series"
    project = make(root)
    store, rules = project.store, Rules()
    plan_it(project, save(project, broken_down(), "test"), rules)
    accounts.add(store, NAME, accounts.hashed(HOSTILE_PASSWORD, NAME), "editor")
    store.engine.dispose()
    with running(root, accounts=True) as client:
        client.login("admin")
        bad = client.another()
        bad.login(NAME, HOSTILE_PASSWORD)
        change(bad, "ep001.c0002", HOSTILE + " again", reason=HOSTILE)
        decision = {"cue": "ep001.c0002", "check": "language.markup", "action": "reject", "note": HOSTILE}
        assert bad.post(f"/api/editions/{EDITION}/decisions", json=decision).status_code == 200
        where = {"page": "workbench", "edition": EDITION, "episode": 1, "cue": "ep001.c0002"}
        assert bad.post("/api/where", json=where).status_code == 204
        yield client


@pytest.fixture(scope="module")
def editor(studio: StudioClient) -> StudioClient:
    client = studio.another()
    client.login("editor")
    return client


def line(client: StudioClient, cue: str) -> dict[str, Any]:
    found = client.get(f"/api/editions/{EDITION}/episodes/{int(cue[2:5])}").json()
    return next(c["line"] for c in found["cues"] if c["cue"] == cue)


def change(client: StudioClient, cue: str, text: str, **more: Any) -> None:
    body = {"text": text, "version": line(client, cue)["version"], **more}
    assert client.put(f"/api/editions/{EDITION}/lines/{cue}", json=body).status_code == 200


def at(browser: Browser, client: StudioClient, path: str, there: str) -> None:
    """Open a page as the person that `client` is, and wait for it."""
    browser.open(client.url + "/login")
    for cookie in client.http.cookies.jar:
        browser.cookie(cookie.name, cookie.value or "")
    # The same page with another cue alone would not be loaded.
    browser.open("about:blank")
    browser.open(client.url + path)
    browser.one(there, 20)


def desk(browser: Browser, client: StudioClient, cue: str) -> None:
    at(browser, client, f"{DESK}/{int(cue[2:5])}#c={cue}", f"#row-{cue.replace('.', chr(92) + '.')}.current")


def assert_harmless(browser: Browser, page: str) -> None:
    """Nothing of the series became an element or ran, and its words are there as words."""
    assert browser.js("window.hit === undefined"), page
    injected = "document.querySelectorAll('img[onerror], img[src=x], main script, dialog script, main b > script').length"
    assert browser.js(injected) == 0, page
    assert "{{7*7}}" in browser.js("document.documentElement.textContent"), page
    assert "49&" not in browser.js("document.body.innerText"), page


# --- every page ------------------------------------------------------------------------------


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-Hans")])
def test_every_page(browser: Browser, studio: StudioClient, theme: str, language: str) -> None:
    browser.fresh()
    browser.resize(1280, 800)
    browser.scheme(theme)
    browser.open(studio.url + "/login")
    browser.cookie("smallscreen_language", language)
    browser.open(studio.url + "/login")
    assert browser.errors() == [] and browser.accessibility() == []
    for page, (path, there) in READY.items():
        at(browser, studio, path, there)
        assert browser.errors() == [], page
        assert browser.accessibility() == [], page
        assert browser.js("document.documentElement.lang") == language
        assert browser.js("document.documentElement.dataset.theme") == theme
        assert browser.js("document.documentElement.scrollWidth") <= 1280, page
        assert_harmless(browser, page)
        browser.look(f"{page}-{theme}-{language}")


def test_dialogs_and_what_opens(browser: Browser, studio: StudioClient) -> None:
    """In the dark and in Chinese, as the test before left the page."""
    at(browser, studio, *READY["workbench"])
    for button, dialog in (("#help-open", "#help"), ("#approve-all", "#sure")):
        browser.one(button).click()
        browser.one(f"{dialog}[open]")
        assert browser.accessibility() == [], dialog
        browser.keys("Escape")
    browser.wait(lambda: browser.all(".changes li"), told="the history")
    assert HOSTILE_FILE in browser.js("document.getElementById('side').textContent")
    at(browser, studio, *READY["timeline"])
    browser.one("#help-open").click()
    browser.one("#help[open]")
    assert browser.accessibility() == []
    browser.keys("Escape")
    browser.one("#export").click()
    browser.one("#export-form")
    assert browser.accessibility() == []
    assert HOSTILE_FILE in browser.js("document.getElementById('export-files').textContent")
    assert_harmless(browser, "export")
    browser.keys("Escape")
    at(browser, studio, *READY["series"])
    browser.keys("/")
    browser.type("onerror")
    browser.wait(lambda: len(browser.all("#found [role=option]")) >= 4, told="hits")
    assert browser.accessibility() == [] and browser.errors() == []
    assert_harmless(browser, "search")


def test_what_is_not_there_is_said_in_ones_language(browser: Browser, studio: StudioClient) -> None:
    browser.open(studio.url + "/episodes/99")
    assert "没有第 99 集" in browser.text("main")
    browser.open(studio.url + "/editions/%3Cimg%20src=x%20onerror=window.hit=5%3E/brief")
    assert "<img src=x" in browser.text("main") and browser.js("window.hit === undefined")
    assert browser.accessibility() == []


def test_the_language_and_the_theme_are_switched(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    browser.scheme("light")
    at(browser, studio, *READY["series"])
    choice = browser.one("#language")
    assert browser.text("nav [aria-current]") == "Series"
    choice.send_keys("简")
    browser.wait(lambda: browser.text("nav [aria-current]") == "剧集", told="the page in Chinese")
    browser.one("#theme").click()
    assert browser.js("document.documentElement.dataset.theme") == "dark"
    at(browser, studio, *READY["brief"])
    assert browser.js("document.documentElement.dataset.theme") == "dark"
    assert browser.text("nav [aria-current]") == "本地化纲要"
    browser.one("#theme").click()
    browser.fresh()


@pytest.mark.parametrize("page", ["series", "timeline", "account"])
def test_on_a_phone(browser: Browser, studio: StudioClient, page: str) -> None:
    browser.resize(*PHONE)
    try:
        path, there = READY[page]
        at(browser, studio, path, ".player-range" if page == "timeline" else there)
        assert browser.js("document.documentElement.scrollWidth") <= PHONE[0]
        assert browser.errors() == [] and browser.accessibility() == []
        browser.look(f"phone-{page}")
    finally:
        browser.resize(*DESKTOP)


# --- accounts ----------------------------------------------------------------------------------


def test_login_and_logout(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    browser.open(studio.url + f"{DESK}/2")
    assert "/login" in browser.driver.current_url
    log_in(browser, "viewer", "a wrong password, long enough")
    assert "wrong" in browser.text("[role=alert]")
    assert browser.accessibility() == []
    log_in(browser, "viewer", PASSWORDS["viewer"])
    # The page that was asked for, and nothing that a viewer may write in.
    browser.one(".meter .left")
    assert browser.driver.current_url.split("#")[0].endswith(f"{DESK}/2")
    assert browser.js("[...document.querySelectorAll('#desk textarea')].every(f => f.readOnly)")
    assert browser.js("document.getElementById('approve-all').disabled")
    before = line(studio, "ep002.c0001")
    browser.keys("ctrl+Enter", "alt+a")
    browser.type("no")
    browser.one("#export").click()
    browser.one("#export-files")
    assert browser.all("#export-form") == []
    browser.keys("Escape")
    assert line(studio, "ep002.c0001") == before
    browser.open(studio.url + "/people")
    assert "role" in browser.text("main")
    browser.open(studio.url + "/account")
    browser.one("form[action='/logout'] button").click()
    browser.one("form.login")
    browser.driver.back()
    browser.open(studio.url + "/")
    assert "/login" in browser.driver.current_url


def log_in(browser: Browser, name: str, password: str) -> None:
    field = browser.one("#name")
    field.clear()
    field.send_keys(name)
    browser.one("#password").send_keys(password)
    browser.keys("Enter")


# --- two windows -------------------------------------------------------------------------------


def test_two_windows_and_three_ways(browser: Browser, studio: StudioClient, editor: StudioClient) -> None:
    """Two people write one line at the same time; each is shown both versions, and says what holds."""
    wanted = {"Keep mine": "Mine, then.", "Take theirs": "Theirs, then.", "Edit a merge": "Both."}
    browser.fresh()
    with started() as other:
        for n, (way, words) in enumerate(wanted.items(), 3):
            cue = f"ep003.c000{n}"
            desk(browser, editor, cue)
            desk(other, studio, cue)
            # Without a connection for a moment, or the first would see the other's words before writing.
            browser.js("window.real = fetch; window.fetch = () => Promise.reject(new Error('lost'))")
            browser.keys("ctrl+a")
            browser.type("Mine, then.")
            other.keys("ctrl+a")
            other.type("Theirs, then.")
            other.wait(lambda c=cue: line(studio, c)["text"] == "Theirs, then.", told="their words stored")
            browser.js("window.fetch = window.real; dispatchEvent(new Event('online'))")
            sides = browser.text(".conflict")
            assert "Mine" in sides and "Theirs" in sides and "admin" in sides
            assert line(studio, cue)["text"] == "Theirs, then."
            next(b for b in browser.all(".conflict button") if b.text == way).click()
            if way == "Edit a merge":
                browser.keys("ctrl+a")
                browser.type(words)
            browser.wait(lambda: not browser.all(".conflict"), told="a line without a conflict")
            for window in (browser, other):
                field = "document.querySelector('.row.current textarea.words').value"
                window.wait(
                    lambda w=window, s=words, f=field: w.js(f) == s, told=f"{words!r} in both windows"
                )
            browser.wait(lambda c=cue, s=words: line(studio, c)["text"] == s, told="the words stored")
        assert other.errors() == []


# --- export --------------------------------------------------------------------------------------


def test_a_file_is_made_and_comes_down(browser: Browser, editor: StudioClient) -> None:
    at(browser, editor, *READY["series"])
    browser.one("#export").click()
    browser.one("#export-form")
    for box in browser.all("input[name=format]"):
        if box.is_selected() != (box.get_attribute("value") == "srt"):
            box.click()
    browser.one("#export-begin").click()
    browser.one("#export-state .done", 60)
    browser.one("#export-files details > summary").click()
    link = browser.one("#export-files details li a")
    name, shown = link.get_attribute("download"), link.get_attribute("href")
    link.click()
    file: Path = browser.downloads / name
    browser.wait(file.exists, 20, "the file in the folder of downloads")
    assert file.read_bytes() == editor.get(shown.removeprefix(editor.url)).content
    assert b"Buying or mending?" in file.read_bytes() or b"home" in file.read_bytes()
    assert browser.errors() == []


# --- by keys alone -------------------------------------------------------------------------------


def test_a_walk_by_keys(browser: Browser, editor: StudioClient) -> None:
    """Series, workbench, a line, its finding, approval, the timeline, and play: no mouse."""
    browser.fresh()
    at(browser, editor, *READY["series"])
    for _ in range(40):
        if browser.focused().get_attribute("class") == "cell":
            break
        browser.keys("Tab")
    browser.keys("Home", "ArrowDown", "Enter")
    browser.one(".meter .left", 20)
    assert browser.driver.current_url.split("#")[0].endswith(f"{DESK}/2")
    # The field has the focus at once.
    browser.keys("ctrl+a")
    browser.type("Grandpa! I’m back.")
    browser.keys("alt+ArrowDown")
    browser.wait(lambda: line(editor, "ep002.c0001")["text"] == "Grandpa! I’m back.", told="the line stored")
    # The next open finding is refused, the one after it accepted with its rendering.
    current = "document.querySelector('.row.current').id"
    open_ones = "document.querySelectorAll('.row.current .finding:not(.decided), .row.current .findings li:not(.decided)').length"
    if not browser.js(open_ones):
        browser.keys("alt+j")
    assert browser.js(current) == "row-ep002.c0002"
    browser.keys("alt+r")
    browser.wait(lambda: browser.js(open_ones) == 0, told="the finding refused")
    browser.keys("alt+j")
    browser.wait(lambda: browser.js(current) != "row-ep002.c0002", told="the next finding")
    while browser.js(current) != "row-ep002.c0005":
        before = browser.js(current)
        browser.keys("alt+j")
        assert browser.js(current) != before, "no finding at the fifth line"
    browser.keys("alt+a")
    browser.wait(lambda: line(editor, "ep002.c0005")["text"] == "So… eat first.", told="the rendering used")
    browser.keys("ctrl+Enter")
    browser.wait(lambda: line(editor, "ep002.c0005")["status"] == "approved", told="the line approved")
    decided = {
        (f["cue"], f["decision"]["action"])
        for f in editor.get(f"/api/editions/{EDITION}/episodes/2").json()["findings"]
        if f["decision"]
    }
    assert ("ep002.c0002", "reject") in decided
    # After a reload all of it is there.
    browser.driver.refresh()
    browser.one(".meter .left", 20)
    assert browser.js("document.querySelector('#row-ep002\\\\.c0001 textarea').value") == "Grandpa! I’m back."
    # To the timeline by the links at the top.
    browser.keys("Escape")
    browser.js("document.querySelector('.skip').focus()")
    for _ in range(10):
        browser.keys("Tab")
        if "/episodes/2?" in (browser.focused().get_attribute("href") or ""):
            break
    browser.keys("Enter")
    browser.one("#lanes[data-ready]", 20)
    value = "Number(document.querySelector('.player-range').value)"
    browser.keys("ArrowRight")
    here = browser.js(value)
    browser.keys("Space")
    browser.wait(lambda: browser.js(value) > here + 300, told="a player that plays")
    browser.keys("k")
    assert browser.errors() == []
    assert browser.walk(80)
