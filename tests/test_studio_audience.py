"""The audience and business pages through the real server: shown only with data, twin equals the store, sliders move the
result the right way, simulated is said, and words of the series stay words. The viewing is simulated (see studio_small)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from smallscreen.audience import stored
from smallscreen.audience.claims import questions
from smallscreen.audience.events import REASONS
from smallscreen.audience.experiments import METRICS
from smallscreen.audience.lake import open_lake
from smallscreen.audience.simulate import simulate
from smallscreen.audience.simulate.truth import KINDS as UNLOCKS
from smallscreen.audience.why import KINDS
from smallscreen.business.rates import catalogue
from smallscreen.business.sensitivity import NAMES
from smallscreen.sample import files as sample_files
from smallscreen.series.project import Project, open_project
from smallscreen.studio.views import audience, business, notes
from tests.browser import Browser
from tests.studio_server import StudioClient, running
from tests.studio_small import EDITION, HOSTILE, make

VIEWERS = 4000
HOSTILE_ARM = "<img src=x onerror=window.hit=9>{{7*7}}"


def add_hostile_experiment(project: Project) -> None:
    """An experiment whose name and arm try to be HTML, over viewers who are there."""
    with open_lake(project) as lake:
        name, arm = (x.replace("'", "''") for x in (HOSTILE, HOSTILE_ARM))
        lake.write(
            "exposure",
            f"SELECT user_id, series_id, market, '{name}' AS experiment, "
            f"CASE WHEN hash(user_id) % 2 = 0 THEN 'main' ELSE '{arm}' END AS arm, exposed_at, simulated FROM exposure",
        )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series without viewing."""
    root = tmp_path_factory.mktemp("audience") / "bare"
    make(root).store.engine.dispose()
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series with simulated viewing and example rates, not measured yet."""
    root = tmp_path_factory.mktemp("audience") / "series"
    project = make(root)
    simulate(project, viewers=VIEWERS, seed=3, paywall=3)
    add_hostile_experiment(project)
    (root / "business.toml").write_text((sample_files() / "business.toml").read_text("utf-8"), "utf-8")
    project.store.engine.dispose()
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[StudioClient]:
    """The studio of it. The first thing that is done in it is measuring, by a job."""
    with running(root) as one:
        before = one.get("/api/audience").json()
        assert before["measured"] is False and before["editions"] == []
        assert one.page("/audience").status_code == 200
        assert one.get("/api/business").json()["missing"] == "measures"
        job = one.post("/api/audience").json()["job"]
        until = time.monotonic() + 90
        while (state := one.get(f"/api/jobs/{job}").json())["state"] in ("waiting", "running"):
            assert time.monotonic() < until, state
            time.sleep(0.05)
        assert state["state"] == "done", state
        yield one


def nav(page: str) -> list[str]:
    block = re.search(r"<nav.*?</nav>", page, re.S)
    assert block
    return re.findall(r">([^<>]+)</a>", block[0])


# --- when they are there -----------------------------------------------------------------------


def test_the_pages_are_not_there_without_viewing(bare: Path) -> None:
    with running(bare) as studio:
        assert "Audience" not in nav(studio.page("/").text) and "Business" not in nav(studio.page("/").text)
        assert studio.get("/api/audience").status_code == 404
        assert studio.post("/api/audience").status_code == 404
        assert studio.get("/api/episodes/1?edition=en-US").json()["retention"] is None
        assert studio.get("/api/business").json()["missing"] == "rates"
        said = studio.page("/business").text
        assert "smallscreen business init bare" in said


def test_the_pages_are_there_with_viewing(studio: StudioClient) -> None:
    assert nav(studio.page("/").text)[-2:] == ["Audience", "Business"]
    for path in ("/audience", f"/audience?edition={EDITION}.literal&episode=2", "/business"):
        assert studio.page(path).status_code == 200
    assert studio.get("/api/audience?edition=fr-FR").status_code == 404
    assert studio.get(f"/api/audience?edition={EDITION}&episode=99").status_code == 404
    # Another page's edition is kept in links: nobody watched it, so another is shown.
    assert studio.page("/audience?edition=fr-FR").status_code == 200


# --- the audience ------------------------------------------------------------------------------


def test_the_twin_is_what_is_stored(root: Path, studio: StudioClient) -> None:
    page = studio.get(f"/api/audience?edition={EDITION}&episode=2").json()
    store = open_project(root).store
    summary = store.step(stored.MEASURE, "").summary  # type: ignore[union-attr]
    assert [e["name"] for e in page["editions"]] == [EDITION, f"{EDITION}.literal"]
    assert page["simulated"] and page["as_of"] == summary["as_of"]
    assert not page["lake_changed"] and not page["findings_changed"]
    for mine in page["editions"]:
        theirs = summary["editions"][mine["name"]]
        assert mine["viewers"] == theirs["viewers"]
        assert mine["survival"]["survival"] == theirs["survival"]["survival"]
        assert mine["paywall"]["hazard"]["value"] == theirs["paywall"]["hazard"]["value"]
        assert mine["paywall"]["passed_by"] == theirs["paywall"]["passed_by"] != {}
        assert mine["cohorts"] and all(
            a == {k: b[k] for k in a} for a, b in zip(mine["cohorts"], theirs["cohorts"], strict=True)
        )
        for a, b in zip(mine["episodes"], theirs["episodes"], strict=True):
            assert a["completion"] == {k: b["completion"][k] for k in ("value", "low", "high", "n")}
            assert a["completion"]["low"] <= a["completion"]["value"] <= a["completion"]["high"]
            assert a["completion"]["n"] == a["starters"]
    curves = {c["edition"]: c for c in page["retention"]["curves"]}
    kept = store.step(stored.CURVE, stored.curve_scope(EDITION, 2)).summary  # type: ignore[union-attr]
    assert curves[EDITION]["share"] == kept["share"] and curves[EDITION]["starters"] == kept["starters"]
    asked = {w["edition"]: w for w in page["why"]}
    rows = store.step(stored.WHY, f"{EDITION}.literal").summary["associations"]  # type: ignore[union-attr]
    assert [a["q_value"] for a in asked[f"{EDITION}.literal"]["associations"]] == [r["q_value"] for r in rows]
    assert all(a["words"] == "associated with" for w in page["why"] for a in w["associations"])
    assert studio.get(f"/api/audience/episodes/2?edition={EDITION}").json() == page["retention"]


def test_places_lead_to_their_second(studio: StudioClient) -> None:
    page = studio.get(f"/api/audience?edition={EDITION}").json()
    places = [a for w in page["why"] for a in w["associations"] if a["level"] == "place"]
    assert places
    for a in places:
        assert a["link"] == f"/episodes/{a['episode']}?edition={EDITION}&t={a['start_ms']}"
    assert studio.page(places[0]["link"]).status_code == 200


def test_nothing_is_done_twice_and_reading_is_quick(root: Path, studio: StudioClient) -> None:
    project = open_project(root)
    assert stored.store_all(project) is False
    since = time.perf_counter()
    assert studio.get("/api/audience").status_code == 200
    assert time.perf_counter() - since < 2


def test_curves_of_a_lake_that_is_gone_are_not_given(root: Path) -> None:
    store = open_project(root).store
    assert stored.read_curve(store, EDITION, 1) is not None
    store.put_step(stored.CURVE, stored.curve_scope("xx-XX", 1), "another lake", {"share": [1.0]})
    assert stored.read_curve(store, "xx-XX", 1) is None


def test_the_timeline_and_the_series_page_show_it(root: Path, studio: StudioClient) -> None:
    lane = studio.get(f"/api/episodes/2?edition={EDITION}").json()["retention"]
    curve = studio.get(f"/api/audience/episodes/2?edition={EDITION}").json()["curves"][0]
    assert lane["share"] == curve["share"] and lane["times_ms"][:2] == [500, 1500]
    assert lane["simulated"] and lane["starters"] == curve["starters"]
    cell = studio.get("/api/series").json()["cells"][EDITION]["2"]["completion"]
    page = studio.get(f"/api/audience?edition={EDITION}").json()
    row = page["editions"][0]["episodes"][1]
    assert cell == {
        **{k: row["completion"][k] for k in ("value", "low", "high")},
        "viewers": row["starters"],
        "simulated": True,
    }


def test_a_viewer_may_look_and_not_measure(root: Path) -> None:
    with running(root, accounts=True) as studio:
        studio.login("viewer")
        assert studio.get("/api/audience").status_code == 200
        assert studio.post("/api/audience").status_code == 403
        asked = {"edition": EDITION, "model": "free", "changes": {}}
        assert studio.post("/api/business/scenario", json=asked).status_code == 200


# --- the business ------------------------------------------------------------------------------


def scenario(studio: StudioClient, model: str, **changes: float) -> dict[str, Any]:
    answer = studio.post(
        "/api/business/scenario", json={"edition": EDITION, "model": model, "changes": changes}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("model", "rate", "way"),
    [
        ("free", "ads.ecpm", 1),
        ("free", "traffic.cost_of_viewer", -1),
        ("mixed", "coins.price_of_coin", 1),
        ("paid", "taxes.rate", -1),
    ],
)
def test_a_slider_moves_the_result_one_way(studio: StudioClient, model: str, rate: str, way: int) -> None:
    page = studio.get(f"/api/business?edition={EDITION}&model={model}").json()
    slider = next(s for s in page["sliders"][model] if s["id"] == rate)
    places = [slider["low"] + (slider["high"] - slider["low"]) * k / 4 for k in range(5)]
    nets = [scenario(studio, model, **{rate: v})["net"]["value"] for v in places]
    assert nets == sorted(nets, reverse=way < 0) and nets[0] != nets[-1]
    assert scenario(studio, model, **{rate: slider["mid"]})["net"]["value"] == pytest.approx(
        page["scenario"]["net"]["value"]
    )


def test_the_ledger_adds_up_and_examples_are_marked(studio: StudioClient) -> None:
    page = studio.get(f"/api/business?edition={EDITION}&model=mixed").json()
    s = page["scenario"]
    assert sum(float(x["amount"]) for x in s["ledger"]) == pytest.approx(float(s["net_exact"]))
    assert page["example"] and page["simulated"] and all(x["example"] for x in page["sliders"]["mixed"])
    html = studio.page("/business").text
    assert "example rates" in html and "simulated viewing" in html


def test_what_cannot_be_is_refused(studio: StudioClient, root: Path) -> None:
    for changes in ({"no.such": 1.0}, {"ads.ecpm": -1.0}, {"first_paid_episode": 99}):
        answer = studio.post(
            "/api/business/scenario", json={"edition": EDITION, "model": "mixed", "changes": changes}
        )
        assert answer.status_code == 400 and answer.json()["detail"], changes
    bad = {"edition": EDITION, "model": "lottery"}
    assert studio.post("/api/business/scenario", json=bad).status_code == 422


def test_a_file_that_cannot_be_read_says_so(studio: StudioClient, root: Path) -> None:
    file = root / "business.toml"
    whole = file.read_text("utf-8")
    try:
        file.write_text(whole.replace('currency = "USD"', f'currency = "{HOSTILE_ARM}"', 1), "utf-8")
        page = studio.get("/api/business").json()
        assert page["problem"] and page["scenario"] is None
        assert HOSTILE_ARM not in studio.page("/business").text
    finally:
        file.write_text(whole, "utf-8")
    assert studio.get("/api/business").json()["scenario"]


# --- words -------------------------------------------------------------------------------------


def test_claims_are_asked_and_one_series_answers_none(root: Path, studio: StudioClient) -> None:
    page = studio.get(f"/api/audience?edition={EDITION}").json()
    assert [c["id"] for c in page["claims"]] == [q.id for q in questions()]
    assert all(c["verdict"].startswith("not enough series") for c in page["claims"])
    lift = {c["reported_lift"]: c["needed"] for c in page["claims"] if c["reported_lift"]}
    assert lift[0.4] > lift[3.0] > 2
    assert page["least_lifts"][0]["known_spread"] > page["least_lifts"][-1]["known_spread"] > 0


def test_words_of_the_rooms_are_translated() -> None:
    asked = {getattr(q, k) for q in questions() for k in ("title", "reported", "reported_source", "caution")}
    assert {*KINDS.values(), *REASONS.values(), *(m.name for m in METRICS), *UNLOCKS, *asked} <= set(
        audience.WORDS
    )
    names = {
        w
        for a in catalogue().values()
        if set(a.needs) & set(get_args(business.ModelName))
        for w in (a.name, a.unit, a.help)
    }
    assert names | set(NAMES.values()) <= set(business.WORDS)


def test_notes_are_translated(studio: StudioClient) -> None:
    page = studio.get("/api/audience", headers={"Accept-Language": "zh"}).json()
    made = studio.get("/api/business?model=mixed", headers={"Accept-Language": "zh"}).json()["scenario"]
    said = [n for w in page["why"] for n in w["notes"]] + [n for x in page["experiments"] for n in x["notes"]]
    assert said and all(re.search(r"[\u3400-\u9fff]", n) for n in [*said, *made["notes"]])
    assert notes.note("zh-Hans", "Nobody knows this sentence.") == "Nobody knows this sentence."


# --- in a browser ------------------------------------------------------------------------------


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-Hans")])
def test_in_a_browser(browser: Browser, studio: StudioClient, theme: str, language: str) -> None:
    browser.fresh()
    browser.scheme(theme)
    browser.resize(1280, 800)
    browser.open(studio.url + "/login")
    browser.cookie("smallscreen_language", language)
    for path, ready in (
        (f"/audience?edition={EDITION}", "#tests .experiment"),
        ("/business?model=mixed", "#ledger svg"),
    ):
        browser.open(studio.url + path)
        browser.one(ready)
        browser.js("for (const d of document.querySelectorAll('details.more')) d.open = true; return 1")
        assert browser.errors() == [], path
        assert browser.accessibility() == [], path
        assert browser.js("document.documentElement.scrollWidth") <= 1280, path
        assert browser.js("window.hit === undefined"), path
        assert browser.js("document.querySelectorAll('img[onerror], main script').length") == 0, path
        assert browser.one(".simulated-note").is_displayed()
        browser.look(f"{path[1:4]}-{theme}-{language}")
    browser.open(studio.url + f"/audience?edition={EDITION}")
    browser.one("#tests .experiment")
    assert "{{7*7}}" in browser.js("document.getElementById('tests').textContent")
    assert browser.js("document.querySelectorAll('#weeks tbody tr').length") >= 1
    assert browser.js("document.querySelectorAll('#claimed table:first-of-type tbody tr').length") >= 4


def test_a_second_is_read_and_opened_by_keys(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    browser.resize(1440, 900)
    browser.open(studio.url + f"/audience?edition={EDITION}")
    browser.one("#retention .read")
    browser.js("document.querySelector('#retention .read').focus(); return 1")
    browser.keys("Home", "ArrowRight", "ArrowRight")
    assert browser.text("#retention .reads b") == "0:02"
    curve = studio.get(f"/api/audience/episodes/1?edition={EDITION}").json()["curves"][0]
    assert f"{100 * curve['share'][2]:.1f} %" in browser.text("#retention .reads")
    browser.keys("Enter")
    browser.wait(lambda: "/episodes/1" in browser.driver.current_url)
    browser.one("#lanes[data-ready]")
    assert browser.js("document.body.innerText.includes('Retention (simulated)')")


def test_a_slider_moves_the_page(browser: Browser, studio: StudioClient) -> None:
    browser.fresh()
    browser.open(studio.url + f"/business?edition={EDITION}&model=free")
    browser.one("#ledger svg")
    before = browser.text("#kpis dd b")
    browser.js("document.querySelector('[data-id=\"ads.ecpm\"] input').focus(); return 1")
    browser.keys("End")
    browser.wait(lambda: browser.text("#kpis dd b") != before, told="another result")
    assert "moved" in browser.one("[data-id='ads.ecpm']").get_attribute("class")
    browser.one("#reset").click()
    browser.wait(lambda: browser.text("#kpis dd b") == before, told="the first result again")
    assert browser.errors() == []
