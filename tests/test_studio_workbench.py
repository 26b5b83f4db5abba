"""The workbench through the real server: changes and conflicts, decisions, checks behind the back; and in Chromium."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smallscreen.localize.checks import SeriesCheck, all_checks
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import editing
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.project import Project, open_project
from smallscreen.series.store import Store
from smallscreen.series.text import clean
from smallscreen.studio.views.workbench import workbench
from tests.browser import Browser
from tests.studio_server import StudioClient, localized_sample, running

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} \u202e'\"&amp;"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return localized_sample(tmp_path_factory.mktemp("workbench") / "sample")


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[StudioClient]:
    with running(root, accounts=True) as client:
        client.login("editor")
        yield client


@pytest.fixture(scope="module")
def other(studio: StudioClient) -> StudioClient:
    """A second person on the same edition."""
    client = studio.another()
    client.login("admin")
    return client


def line(studio: StudioClient, cue: str) -> dict[str, Any]:
    found = studio.get(f"/api/editions/en-US/episodes/{int(cue[2:5])}").json()
    return next(c["line"] for c in found["cues"] if c["cue"] == cue)


def put(studio: StudioClient, cue: str, text: str, version: int | None = None, **more: Any) -> Any:
    version = line(studio, cue)["version"] if version is None else version
    return studio.put(f"/api/editions/en-US/lines/{cue}", json={"text": text, "version": version, **more})


def checked(studio: StudioClient, episode: int, wanted: Any, seconds: float = 90) -> dict[str, Any]:
    """The findings of an episode as soon as `wanted` holds of them."""
    until = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = studio.get(f"/api/editions/en-US/episodes/{episode}/findings").json()
        assert found["trouble"] is None
        if wanted(found):
            return found
        assert time.monotonic() < until, f"not in {seconds} s: {found['findings']}"
        time.sleep(0.2)


# --- changes ---------------------------------------------------------------------------------


def test_a_change_is_stored_with_its_history(studio: StudioClient) -> None:
    before = line(studio, "ep001.c0003")
    answer = put(studio, "ep001.c0003", "Grandpa, look.", strategy="omission", reason="Short is better.")
    assert answer.status_code == 200
    now = answer.json()
    assert (now["text"], now["version"], now["changed_by"]) == (
        "Grandpa, look.",
        before["version"] + 1,
        "editor",
    )
    assert now["rows"] == ["Grandpa, look."]
    past = studio.get("/api/editions/en-US/lines/ep001.c0003/history").json()
    assert [(h["version"], h["text"]) for h in past][:2] == [
        (now["version"], "Grandpa, look."),
        (before["version"], before["text"]),
    ]
    assert past[0]["who"] == "editor" and past[0]["at"]
    # The same again writes nothing: a request whose answer was lost may be sent twice.
    again = put(studio, "ep001.c0003", "Grandpa, look.", now["version"])
    assert again.status_code == 200 and again.json()["version"] == now["version"]
    assert put(studio, "ep001.c0003", "Grandpa, look.", before["version"]).status_code == 200


def test_the_second_person_is_shown_both_versions(studio: StudioClient, other: StudioClient) -> None:
    seen = line(studio, "ep001.c0004")["version"]
    assert put(other, "ep001.c0004", "From the one.", seen).status_code == 200
    answer = put(studio, "ep001.c0004", "From the other.", seen)
    assert answer.status_code == 409
    said = answer.json()
    assert said["theirs"]["text"] == "From the one." and said["theirs"]["changed_by"] == "admin"
    assert said["yours"]["text"] == "From the other."
    assert line(studio, "ep001.c0004")["text"] == "From the one."
    assert put(studio, "ep001.c0004", "From the other.", said["theirs"]["version"]).status_code == 200


def test_approving(studio: StudioClient) -> None:
    cue = "ep001.c0005"
    seen = line(studio, cue)
    answer = studio.post("/api/editions/en-US/status", json={"cues": [cue], "status": "approved"})
    assert [x["status"] for x in answer.json()["lines"]] == ["approved"]
    assert put(studio, cue, seen["text"] + " Well.").json()["status"] == "drafted"
    old = {"cues": [cue], "status": "approved", "seen": {cue: seen["version"]}}
    assert studio.post("/api/editions/en-US/status", json=old).json()["lines"][0]["status"] == "drafted"


def test_the_twin_says_what_the_store_holds(studio: StudioClient, root: Path) -> None:
    put(studio, "ep003.c0002", "A line for the twin.")
    said = studio.get("/api/editions/en-US/episodes/3").json()
    project = open_project(root)
    edition = project.store.edition("en-US")
    states = editing.line_states(project.store, edition, 3)
    assert {c["cue"]: c["line"]["text"] for c in said["cues"]} == {k: s.text for k, s in states.items()}
    assert {c["cue"]: c["line"]["version"] for c in said["cues"]} == {k: s.version for k, s in states.items()}
    cues = {c.id: c for c in project.store.cues()[3]}
    assert {c["cue"]: (c["source"], c["start_ms"]) for c in said["cues"]} == {
        k: (c.text, c.start_ms) for k, c in cues.items()
    }
    marked = [(c, b) for c in said["cues"] for b in c["barriers"]]
    assert marked and all(c["source"][b["start"] : b["end"]] == b["text"] for c, b in marked)
    assert said["cues"] == workbench(project, edition, 3).model_dump(mode="json")["cues"]


def test_roles_and_refusals(studio: StudioClient) -> None:
    viewer = studio.another()
    assert viewer.get("/api/editions/en-US/episodes/1").status_code == 401
    viewer.login("viewer")
    assert viewer.get("/api/editions/en-US/episodes/1").status_code == 200
    assert viewer.page("/editions/en-US/episodes/1").status_code == 200
    assert put(viewer, "ep001.c0001", "No.", 1).status_code == 403
    for path, body in (
        ("status", {"cues": ["ep001.c0001"], "status": "approved"}),
        ("decisions", {"cue": "ep001.c0001", "check": "x", "action": "accept"}),
        ("check", {}),
    ):
        assert viewer.post(f"/api/editions/en-US/{path}", json=body).status_code == 403
    assert put(studio, "ep001.c9999", "There is no such cue.", 0).status_code == 400
    assert put(studio, "ep001.c0001", "x" * 2001, 1).status_code == 422
    assert put(studio, "ep001.c0001", "Hm.", strategy="guessing").status_code == 400
    assert (
        studio.put("/api/editions/en-US/lines/nonsense", json={"text": "", "version": 0}).status_code == 422
    )
    assert studio.get("/api/editions/xx-XX/episodes/1").status_code == 404
    assert studio.get("/api/editions/en-US/episodes/99").status_code == 404
    without = studio.http.put(
        "/api/editions/en-US/lines/ep001.c0001", json={"text": "No token.", "version": 1}
    )
    assert without.status_code == 403


# --- fitted and checked behind the back ---------------------------------------------------------


def test_a_changed_line_is_fitted_and_checked(studio: StudioClient, root: Path, tmp_path: Path) -> None:
    text = "Three dots stand for an ellipsis here and the line is far too long to be read..."
    put(studio, "ep004.c0003", text)
    found = checked(studio, 4, lambda d: any(f["check"] == "language.ellipsis" for f in d["findings"]))
    assert any(f["check"] == "fit.shorten" for f in found["findings"])
    assert any("Three dots" in x["text"].replace("\n", " ") for x in found["fitted"])
    ellipsis = next(f for f in found["findings"] if f["check"] == "language.ellipsis")
    assert (ellipsis["replaces"], ellipsis["rendering"]) == ("...", "…")

    # The command finds the same, from nothing.
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("series.db*", "editions", "video"))
    with sqlite3.connect(root / "series.db") as old, sqlite3.connect(copy / "series.db") as new:
        old.backup(new)
        new.execute("DELETE FROM finding WHERE edition_id IS NOT NULL AND step != 'draft'")
        new.execute("DELETE FROM line")
        new.execute("DELETE FROM step WHERE step IN ('fit', 'check')")
    slug = open_project(root).store.slug
    store = Store(open_database(sqlite_url(copy / "series.db")), slug)
    here = Localizer(Project(copy, store), "en-US", [e.number for e in store.episodes()])
    here.fit()
    here.check()
    together = {k for k, c in all_checks().items() if isinstance(c, SeriesCheck)}

    def key(check: str, cue: str | None, message: str) -> tuple[str, str, str]:
        return check, cue or "", message

    fresh = {
        key(f.check, f.cue, f.message) for f in store.findings(here.edition)[4] if f.check not in together
    }
    shown = {key(f["check"], f["cue"], f["message"]) for f in found["findings"] if f["check"] not in together}
    assert shown == fresh


def test_a_decision_holds_after_the_next_check(studio: StudioClient) -> None:
    cue = "ep004.c0005"
    put(studio, cue, "Well... one.")
    here = {"cue": cue, "check": "language.ellipsis"}

    def mine(d: dict[str, Any]) -> list[dict[str, Any]]:
        return [f for f in d["findings"] if f["cue"] == cue and f["check"] == here["check"]]

    checked(studio, 4, mine)
    said = {**here, "action": "reject", "note": "The <b>house</b> style."}
    assert studio.post("/api/editions/en-US/decisions", json=said).status_code == 200
    put(studio, cue, "Well... two.")
    again = checked(studio, 4, lambda d: any("Well... two." in x["text"] for x in d["fitted"]) and mine(d))
    decision = mine(again)[0]["decision"]
    assert (decision["action"], decision["who"], decision["note"]) == ("reject", "editor", said["note"])
    studio.post("/api/editions/en-US/decisions", json={**here, "action": "reopen"})
    assert mine(checked(studio, 4, mine))[0]["decision"] is None


# --- the page ------------------------------------------------------------------------------------


def at(browser: Browser, client: StudioClient, path: str) -> None:
    """Open a page as the person that `client` is."""
    browser.open(client.url + "/login")
    for cookie in client.http.cookies.jar:
        browser.driver.add_cookie({"name": cookie.name, "value": cookie.value or "", "path": "/"})
    browser.open(client.url + path)
    browser.wait(lambda: browser.js("document.documentElement?.dataset.ready"), told="a page that is ready")


FIELD = ".row.current textarea.words"


def words(browser: Browser) -> str:
    return str(browser.js(f"document.querySelector('{FIELD}').value"))


def saved(browser: Browser) -> bool:
    return browser.js("document.getElementById('saving').dataset.state") == "saved"


def test_write_and_be_saved(browser: Browser, studio: StudioClient) -> None:
    at(browser, studio, "/editions/en-US/episodes/5#c=ep005.c0002")
    browser.keys("ctrl+a")
    left = browser.text(".meter .left")
    browser.type("A line typed in the field.")
    assert browser.text(".meter .left") != left
    browser.wait(
        lambda: line(studio, "ep005.c0002")["text"] == "A line typed in the field.", told="the line stored"
    )
    browser.wait(lambda: saved(browser), told="a page that says so")
    browser.keys("alt+ArrowDown")
    assert browser.js("document.querySelector('.row.current').id") == "row-ep005.c0003"
    browser.keys("ctrl+Enter")
    browser.wait(lambda: line(studio, "ep005.c0003")["status"] == "approved", told="the line approved")
    assert browser.js("document.querySelector('.row.current').id") == "row-ep005.c0004"
    browser.keys("alt+z")
    browser.wait(lambda: line(studio, "ep005.c0003")["status"] == "drafted", told="the approval undone")
    assert browser.errors() == []
    assert browser.accessibility() == []


def test_key_to_meter_in_50_ms(browser: Browser, studio: StudioClient) -> None:
    at(browser, studio, "/editions/en-US/episodes/5#c=ep005.c0006")
    took = browser.js(
        f"const f = document.querySelector('{FIELD}'), m = document.querySelector('.meter .left'), all = [];"
        "const before = f.value;"
        "for (let i = 0; i < 60; i++) {"
        "  f.value += 'x '; const at = performance.now(), was = m.textContent;"
        "  f.dispatchEvent(new Event('input')); m.getBoundingClientRect();"
        "  if (m.textContent === was) throw new Error('the meter stands still'); all.push(performance.now() - at);"
        "  await new Promise(requestAnimationFrame); }"
        "f.value = before; f.dispatchEvent(new Event('input')); return all.sort((a, b) => a - b)[56]"
    )
    assert took < 50
    browser.wait(lambda: saved(browser), told="a page that is saved")


def test_two_people_and_a_merge(browser: Browser, studio: StudioClient, other: StudioClient) -> None:
    cue = "ep006.c0003"
    at(browser, studio, f"/editions/en-US/episodes/6#c={cue}")
    # Another line is renewed by itself.
    put(other, "ep006.c0004", EVIL)
    browser.wait(
        lambda: browser.js("document.querySelector('#row-ep006\\\\.c0004 textarea').value") == clean(EVIL)
    )
    # The line that is being written is not.
    browser.js("window.real = fetch; window.fetch = () => Promise.reject(new Error('no connection'))")
    browser.keys("ctrl+a")
    browser.type("Mine is this.")
    browser.wait(lambda: "kept here" in browser.text("#saving"), told="words that are kept")
    put(other, cue, "Theirs is that.")
    browser.wait(lambda: "Theirs is that." in browser.text(".notice"), told="a notice")
    assert words(browser) == "Mine is this."
    browser.js("window.fetch = window.real; dispatchEvent(new Event('online'))")
    assert "admin" in browser.text(".conflict h3")
    assert "Theirs" in browser.text(".conflict del") and "Mine" in browser.text(".conflict ins")
    assert browser.accessibility() == []
    browser.look("workbench-conflict")
    next(b for b in browser.all(".conflict button") if b.text == "Edit a merge").click()
    assert "Mine" in words(browser) and "Theirs" in words(browser)
    browser.keys("ctrl+a")
    browser.type("Both.")
    browser.wait(lambda: line(studio, cue)["text"] == "Both.", told="the merge stored")
    versions = studio.get(f"/api/editions/en-US/lines/{cue}/history").json()
    assert [h["text"] for h in versions][:2] == ["Both.", "Theirs is that."]


def test_unsent_words_survive_a_reload_and_are_sent_once(browser: Browser, studio: StudioClient) -> None:
    cue = "ep006.c0008"
    at(browser, studio, f"/editions/en-US/episodes/6#c={cue}")
    before = line(studio, cue)["version"]
    # The answer is lost on the way: the studio has the words, the page does not know.
    browser.js(
        "const real = fetch; window.fetch = async (u, o) => {"
        " if (o?.method !== 'PUT') return real(u, o); await real(u, o); throw new Error('lost'); }"
    )
    browser.keys("ctrl+a")
    browser.type("Kept until it is sent.")
    browser.wait(lambda: "kept here" in browser.text("#saving"), told="words that are kept")
    browser.open(browser.driver.current_url)
    browser.driver.refresh()
    browser.wait(lambda: browser.js("document.documentElement?.dataset.ready") and saved(browser))
    assert words(browser) == "Kept until it is sent."
    time.sleep(1)
    now = line(studio, cue)
    assert (now["text"], now["version"]) == ("Kept until it is sent.", before + 1)
    # Nothing reached the studio: the words come back and are sent.
    browser.js("window.fetch = () => Promise.reject(new Error('no connection'))")
    browser.type(" Twice.")
    browser.wait(lambda: "kept here" in browser.text("#saving"), told="words that are kept")
    browser.driver.refresh()
    browser.wait(lambda: line(studio, cue)["text"].endswith("Twice."), told="the words sent")
    assert line(studio, cue)["version"] == before + 2
    assert browser.js("Object.keys(localStorage).filter(k => k.includes('unsent'))") == []


def test_findings_are_answered_by_keys(browser: Browser, studio: StudioClient) -> None:
    cue = "ep007.c0003"
    put(studio, cue, "So... this.")
    checked(studio, 7, lambda d: any(f["cue"] == cue for f in d["findings"]))
    at(browser, studio, "/editions/en-US/episodes/7")
    browser.keys("alt+j")
    assert browser.js("document.querySelector('.row.current').id") == f"row-{cue}"
    browser.keys("alt+a")
    browser.wait(lambda: line(studio, cue)["text"] == "So… this.", told="the rendering in the line")
    put(studio, cue, "So... that.")
    browser.wait(lambda: browser.all(".finding"), 60, "the finding again")
    assert "Accepted by editor" in browser.text(".finding .verdict")


def test_hostile_words_are_words(browser: Browser, studio: StudioClient) -> None:
    cue = "ep008.c0002"
    put(studio, cue, EVIL, reason=EVIL)
    said = {"cue": cue, "check": "x.y", "action": "reject", "note": EVIL}
    assert studio.post("/api/editions/en-US/decisions", json=said).status_code == 200
    at(browser, studio, f"/editions/en-US/episodes/8#c={cue}")
    assert words(browser) == clean(EVIL)
    browser.wait(lambda: browser.all(".changes li"), told="the history")
    assert browser.js("document.querySelectorAll('main script, main img').length") == 0
    assert browser.errors() == []


def test_a_viewer_reads(browser: Browser, studio: StudioClient) -> None:
    viewer = studio.another()
    viewer.login("viewer")
    browser.fresh()
    at(browser, viewer, "/editions/en-US/episodes/9")
    assert browser.js("[...document.querySelectorAll('textarea.words')].every(f => f.readOnly)")
    browser.type("no")
    assert browser.errors() == []
