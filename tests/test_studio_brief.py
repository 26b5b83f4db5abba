"""The brief page, export, files and jobs, through a real server and a real browser."""

from __future__ import annotations

import io
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from smallscreen.errors import UserError
from smallscreen.localize.package import outputs
from smallscreen.studio.bus import Bus
from smallscreen.studio.jobs import WAITING, Jobs, TooMany
from tests.browser import Browser
from tests.studio_server import StudioClient, localized_sample, running

XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return localized_sample(tmp_path_factory.mktemp("studio") / "sample")


@pytest.fixture(scope="module")
def studio(sample: Path) -> Iterator[StudioClient]:
    with running(sample) as one:
        yield one


def until_over(studio: StudioClient, job: str, seconds: float = 60) -> dict:  # type: ignore[type-arg]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = studio.get(f"/api/jobs/{job}").json()
        if found["state"] in ("done", "failed", "canceled"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"The job did not end: {found}")


def export(studio: StudioClient, **asked: object) -> dict:  # type: ignore[type-arg]
    answer = studio.post("/api/editions/en-US/export", json=asked)
    assert answer.status_code == 202, answer.text
    return until_over(studio, answer.json()["job"])


# --- the brief -------------------------------------------------------------------------------


def test_a_proposal_is_shown_until_there_is_a_brief(studio: StudioClient, sample: Path) -> None:
    path = sample / "briefs" / "en-US.toml"
    path.unlink(missing_ok=True)
    view = studio.get("/api/editions/en-US/brief").json()
    assert view["state"] == "proposed" and view["file"] == "briefs/en-US.toml"
    assert {n["name"]: n["rendering"] for n in view["names"]}["林小满"] == "Lin Xiaoman"
    item = next(i for i in view["items"] if i["item"] == "姐")
    assert item["strategy"] == "substitution" and item["reason"]
    cited = item["cues"][0]
    assert cited["line"] and cited["episode"] == int(cited["id"][2:5])
    assert view["threads"] and view["threads"][0]["scenes"][0]["cues"]

    text = studio.get("/api/editions/en-US/brief.toml").text
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace('rendering = "Lin Xiaoman"', f'rendering = "{XSS}"'), "utf-8")
    changed = studio.get("/api/editions/en-US/brief").json()
    assert changed["state"] == "written"
    assert {n["name"]: n["rendering"] for n in changed["names"]}["林小满"] == XSS
    page = studio.page("/editions/en-US/brief").text
    assert "&lt;img src=x" in page and XSS not in page


def test_a_brief_that_cannot_be_read_says_the_line(studio: StudioClient, sample: Path) -> None:
    path = sample / "briefs" / "en-US.toml"
    text = studio.get("/api/editions/en-US/brief.toml").text
    path.parent.mkdir(exist_ok=True)
    path.write_text('market = "en-US"\ntone = \n', "utf-8")
    answer = studio.get("/api/editions/en-US/brief")
    assert answer.status_code == 400 and "en-US.toml, line 2" in answer.json()["detail"]
    path.write_text(text, "utf-8")


def test_the_brief_leaves_as_toml_word_and_html(studio: StudioClient) -> None:
    for kind, begins in (("toml", b"# The brief"), ("docx", b"PK"), ("html", b"<!doctype html>")):
        answer = studio.get(f"/api/editions/en-US/brief.{kind}")
        assert answer.status_code == 200 and answer.content.startswith(begins)
        assert answer.headers["content-disposition"].startswith("attachment")


def test_there_is_no_brief_of_an_edition_that_is_not_there(studio: StudioClient) -> None:
    assert studio.get("/api/editions/xx-XX/brief").status_code == 404
    assert studio.page("/editions/..%2F..%2Fetc/brief").status_code == 404


def test_the_brief_in_a_browser(studio: StudioClient, browser: Browser, tmp_path: Path) -> None:
    for language in ("en", "zh-Hans"):
        for theme in ("light", "dark"):
            browser.scheme(theme)
            browser.open(studio.url + "/editions/en-US/brief")
            browser.cookie("smallscreen_language", language)
            browser.open(studio.url + "/editions/en-US/brief")
            browser.one("#items table")
            assert browser.errors() == []
            assert browser.accessibility() == []
            browser.look(f"brief-{language}-{theme}")
    browser.cookie("smallscreen_language", "en")
    browser.open(studio.url + "/editions/en-US/brief")
    every = len([e for e in browser.all("table.items tbody") if e.is_displayed()])
    browser.one("#find").send_keys("外公")
    browser.wait(lambda: 0 < len([e for e in browser.all("table.items tbody") if e.is_displayed()]) < every)
    link = browser.one("table.items .cites .at")
    assert "/editions/en-US/episodes/" in link.get_attribute("href") and "#c=ep" in link.get_attribute("href")
    pdf = browser.pdf(tmp_path / "brief.pdf")
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(pdf).pages
    wide, high = (float(x) for x in pages[0].mediabox[2:])
    assert (round(wide), round(high)) == (595, 842)  # A4
    assert "Who calls whom what" in "".join(p.extract_text() for p in pages)


def test_the_brief_fits_a_phone(studio: StudioClient, browser: Browser) -> None:
    browser.resize(390, 844)
    browser.open(studio.url + "/editions/en-US/brief")
    assert browser.js("document.documentElement.scrollWidth") <= 390
    browser.resize(1440, 900)


# --- export ----------------------------------------------------------------------------------


def test_the_dialog_gets_every_format_and_episode(studio: StudioClient) -> None:
    view = studio.get("/api/editions/en-US/export").json()
    assert {f["id"] for f in view["formats"]} == set(outputs())
    assert [e["number"] for e in view["episodes"]] == list(range(1, 13))
    assert all(e["lines"] for e in view["episodes"])


def test_export_makes_the_files_and_they_can_be_had(studio: StudioClient, sample: Path) -> None:
    over = export(studio, formats=["srt", "report"], episodes=[2, 3])
    assert over["state"] == "done" and over["error"] is None
    assert {m["path"] for m in over["result"]["made"]} == {"subtitles/srt", "report.html"}
    folders = {f["path"]: f for f in studio.get("/api/editions/en-US/export").json()["folders"]}
    one = next(f for f in folders["subtitles/srt"]["files"] if f["name"] == "ep002.en-US.srt")
    answer = studio.get(one["url"])
    assert answer.content == (sample / "editions/en-US/subtitles/srt/ep002.en-US.srt").read_bytes()
    assert answer.headers["content-type"].startswith("application/x-subrip")
    assert "attachment" in answer.headers["content-disposition"]
    packed = zipfile.ZipFile(io.BytesIO(studio.get(folders["subtitles/srt"]["url"]).content))
    assert packed.testzip() is None
    assert sorted(packed.namelist()) == [f["name"] for f in folders["subtitles/srt"]["files"]]


def test_what_was_changed_by_hand_is_in_the_files(studio: StudioClient, sample: Path) -> None:
    page = studio.get("/api/editions/en-US/episodes/4").json()
    first = page["cues"][0]
    body = {"text": "Here are quite other words.", "version": first["line"]["version"]}
    assert studio.put(f"/api/editions/en-US/lines/{first['cue']}", json=body).status_code == 200
    assert export(studio, formats=["srt"], episodes=[4])["state"] == "done"
    assert "Here are quite\nother words." in (
        sample / "editions/en-US/subtitles/srt/ep004.en-US.srt"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    "asked",
    [{"formats": []}, {"formats": ["exe"]}, {"formats": ["srt"], "episodes": [99]}, {"formats": "srt"}, {}],
)
def test_export_refuses_what_there_is_not(studio: StudioClient, asked: dict[str, object]) -> None:
    assert studio.post("/api/editions/en-US/export", json=asked).status_code == 422


def test_only_files_of_the_edition_leave(studio: StudioClient, sample: Path) -> None:
    root = sample / "editions" / "en-US"
    root.mkdir(parents=True, exist_ok=True)
    (root / ".secret").write_text("no", "utf-8")
    (root / "link.txt").unlink(missing_ok=True)
    (root / "link.txt").symlink_to(sample / "series.toml")
    (root / "out").unlink(missing_ok=True)
    (root / "out").symlink_to(sample)
    for path in (
        "../../series.toml", "..%2F..%2Fseries.toml", "%2e%2e/%2e%2e/series.toml", ".secret", "link.txt",
        "out/series.toml", "/etc/passwd", "%2Fetc%2Fpasswd", "a\\..\\b", "a%00b", "",
    ):  # fmt: skip
        assert studio.get(f"/api/files/en-US/{path}").status_code == 404, path
    assert studio.get("/api/files/..%2F..%2F/series.toml").status_code == 404
    shown = studio.get("/api/editions/en-US/export").text
    assert ".secret" not in shown and "link.txt" not in shown


def test_a_page_among_the_files_has_no_origin(studio: StudioClient, sample: Path, browser: Browser) -> None:
    export(studio, formats=["report"])
    root = sample / "editions" / "en-US"
    name = "<b>“&”.html"
    (root / name).write_text(
        "<title>quiet</title><script>document.title = 'run ' + document.cookie</script>", "utf-8"
    )
    headers = studio.get("/api/files/en-US/report.html?show=1").headers
    assert "sandbox allow-scripts;" in headers["content-security-policy"]
    assert "allow-same-origin" not in headers["content-security-policy"]
    assert "content-disposition" not in headers and headers["x-content-type-options"] == "nosniff"

    browser.open(studio.url + "/api/files/en-US/" + quote(name) + "?show=1")
    assert browser.driver.title == "quiet"
    browser.open(studio.url + "/api/files/en-US/report.html?show=1")
    assert browser.errors() == []
    assert browser.js("window.origin") == "null"
    (root / name).unlink()


def test_export_from_a_page(studio: StudioClient, browser: Browser, sample: Path) -> None:
    browser.scheme("light")
    browser.open(studio.url + "/")
    browser.cookie("smallscreen_language", "en")
    browser.open(studio.url + "/")
    hostile = "a‮<svg onload=alert(1)>.txt"
    (sample / "editions" / "en-US" / hostile).write_text("text", "utf-8")
    button = browser.one("#export")
    button.send_keys("")
    browser.keys("Enter")
    browser.one("#export-form")
    assert browser.accessibility() == []
    for box in browser.all("input[name=format]"):
        if box.is_selected() != (box.get_attribute("value") in ("vtt", "json")):
            box.click()
    browser.one("#export-numbers").send_keys("1-2, 5")
    browser.one("#export-begin").click()
    browser.one("#export-state .done", 60)
    assert browser.errors() == [] and browser.accessibility() == []
    names = [e.get_attribute("textContent") for e in browser.all("#export-files li > a:first-child")]
    assert hostile in names and "ep005.en-US.vtt" in names
    browser.look("export")
    browser.keys("Escape")
    assert browser.focused().get_attribute("id") == "export"
    (sample / "editions" / "en-US" / hostile).unlink()


def test_who_may_export(sample: Path, tmp_path: Path) -> None:
    here = tmp_path / "series"
    shutil.copytree(sample, here, symlinks=True)
    with running(here, accounts=True) as studio:
        assert studio.get("/api/editions/en-US/brief").status_code == 401
        assert studio.get("/api/files/en-US/report.html").status_code == 401
        studio.login("viewer")
        assert studio.get("/api/editions/en-US/brief").status_code == 200
        assert studio.post("/api/editions/en-US/export", json={"formats": ["srt"]}).status_code == 403
        editor = studio.another()
        editor.login("editor")
        assert export(editor, formats=["srt"], episodes=[1])["state"] == "done"
        assert editor.http.post("/api/editions/en-US/export", json={"formats": ["srt"]}).status_code == 403


# --- jobs ------------------------------------------------------------------------------------


def over(jobs: Jobs, id: str) -> object:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        job = jobs.get(id)
        assert job is not None
        if job.over:
            return job
        time.sleep(0.01)
    raise AssertionError("the job did not end")


def test_jobs_run_one_at_a_time_and_say_how_far_they_are() -> None:
    jobs, running_now, most = Jobs(Bus()), [0], [0]

    def work(tell):  # type: ignore[no-untyped-def]
        running_now[0] += 1
        most[0] = max(most[0], running_now[0])
        for n in range(3):
            tell(n, 3, f"part {n}")
            time.sleep(0.01)
        running_now[0] -= 1
        return {"made": 3}

    started = [jobs.start("export", "en-US", "somebody", work) for _ in range(3)]
    ended = [over(jobs, j.id) for j in started]
    assert most[0] == 1
    assert [(j.state, j.done, j.total, j.result) for j in ended] == [("done", 3, 3, {"made": 3})] * 3  # type: ignore[attr-defined]


def test_a_job_is_canceled_while_it_waits_or_runs() -> None:
    jobs, go = Jobs(Bus()), threading.Event()

    def work(tell):  # type: ignore[no-untyped-def]
        go.wait(5)
        tell(1, 2, "half")
        return {}

    runs, waits = jobs.start("a", None, "x", work), jobs.start("a", None, "x", work)
    assert jobs.cancel(waits.id).state == "canceled"  # type: ignore[union-attr]
    jobs.cancel(runs.id)
    go.set()
    assert over(jobs, runs.id).state == "canceled"  # type: ignore[attr-defined]
    assert over(jobs, jobs.start("a", None, "x", work).id).state == "done"  # type: ignore[attr-defined]


def test_what_goes_wrong_is_one_sentence_and_holds_no_code() -> None:
    jobs = Jobs(Bus())

    def refused(tell):  # type: ignore[no-untyped-def]
        raise UserError("The disk\nis full; make room.")

    def broken(tell):  # type: ignore[no-untyped-def]
        raise KeyError("/home/somebody/secret")

    assert over(jobs, jobs.start("a", None, "x", refused).id).error == "The disk is full; make room."  # type: ignore[attr-defined]
    failed = over(jobs, jobs.start("a", None, "x", broken).id)
    assert failed.state == "failed" and "secret" not in failed.error  # type: ignore[attr-defined]
    assert over(jobs, jobs.start("a", None, "x", lambda tell: {}).id).state == "done"  # type: ignore[attr-defined]


def test_no_more_jobs_wait_than_can_be_told() -> None:
    jobs, go = Jobs(Bus()), threading.Event()
    for _ in range(WAITING):
        jobs.start("a", None, "x", lambda tell: {"waited": go.wait(5)})
    with pytest.raises(TooMany):
        jobs.start("a", None, "x", lambda tell: {})
    go.set()
    jobs.close()
    assert jobs.current() == []
