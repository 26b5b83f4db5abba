"""The production page through the real server: there only with a breakdown, the twin says what the documents say, what was
not made has its command, nothing is written or planned by looking, and hostile scenes stay words (see studio_small)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from smallscreen.production import kept
from smallscreen.production.breakdown import breakdown, save, save_rules
from smallscreen.production.budget import ACCOUNTS, GROUPS, budget
from smallscreen.production.customize import WORKS, Customizing, customize
from smallscreen.production.model import ROOM, Breakdown, Plan, Rules, ShootDay, to_json
from smallscreen.production.quick import quick_plan
from smallscreen.series import documents
from smallscreen.series.brief_file import Settled, SettledItem
from smallscreen.series.project import Project, open_project
from smallscreen.studio.views import production_words
from tests.browser import Browser
from tests.studio_server import StudioClient, running
from tests.studio_shoot import broken_down, plan_it
from tests.studio_small import EDITION, HOSTILE, make

BRIEF = 'market = "en-US"\n[[item]]\nitem = "伞"\nkind = "prop"\nstrategy = "substitution"\nrendering = "umbrella"\n'


def customized(made: Breakdown, rules: Rules, plan: Plan) -> Customizing:
    settled = Settled(items=(SettledItem(item="伞", kind="prop", strategy="substitution"),))
    return customize(made, rules, plan, settled, quick_plan, edition=EDITION)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series without a breakdown; the tests add one thing after the other, from top to bottom."""
    root = tmp_path_factory.mktemp("production") / "series"
    make(root).store.engine.dispose()
    return root


@pytest.fixture(scope="module")
def project(root: Path) -> Iterator[Project]:
    project = open_project(root)
    yield project
    project.store.engine.dispose()


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[StudioClient]:
    with running(root) as one:
        yield one


@pytest.fixture(scope="module")
def shoot(studio: StudioClient, project: Project) -> tuple[Breakdown, Rules]:
    """The page before there is anything, and then a breakdown."""
    assert "/production" not in studio.page("/").text
    assert studio.get("/api/production").status_code == 404
    assert studio.page("/production").status_code == 404
    rules = Rules(start=date(2027, 3, 1), day_minutes=300)
    save_rules(project.store, rules, "test", 0)
    return save(project, broken_down(), "test"), rules


def test_a_breakdown_alone(studio: StudioClient, shoot: tuple[Breakdown, Rules]) -> None:
    made, _ = shoot
    assert 'href="/production"' in studio.page("/").text
    page = studio.get("/api/production").json()
    assert [s["id"] for s in page["strips"]] == [s.id for s in made.scenes] == page["unscheduled"]
    assert page["plan"] is None and page["budget"] is None and page["days"] == []
    assert len(page["problems"]) == len(made.problems)
    html = studio.page("/production").text
    assert "smallscreen plan make series" in html and "smallscreen brief series" in html
    assert "proved" not in re.sub(r"<script.*?</script>", "", html, flags=re.S)


def test_an_impossible_plan_is_said_with_what_clashes(
    studio: StudioClient, project: Project, root: Path, shoot: tuple[Breakdown, Rules]
) -> None:
    pytest.importorskip("ortools")
    made, _ = shoot
    long = replace(made.scenes[1], id=f"7 {HOSTILE}", minutes=640.0)
    # As the command reads it: with the scenes of the script, which need a location.
    whole, _ = breakdown(project)
    scenes = tuple(replace(s, place=s.place or "place 0") for s in whole.scenes)
    save(project, replace(whole, scenes=(*scenes, long)), "test")
    ran = subprocess.run(
        [sys.executable, "-m", "smallscreen", "plan", "make", str(root), "--seconds", "2"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 2 and "these rules of the shoot clash" in ran.stderr
    clash = studio.get("/api/production").json()["clash"]
    assert len(clash) >= 2 and "640 minutes" in clash[0]
    words = " ".join(ran.stderr.replace("\u2502", " ").split())
    assert all(" ".join(c.split()) in words for c in clash), (clash, ran.stderr)
    html = studio.page("/production").text
    told = re.search(r'<section class="clash".*?</section>', html, re.S)
    assert told is not None and told[0].count("<li") == len(clash)
    assert HOSTILE not in html and "There is no plan yet" not in html
    # Another breakdown is another question.
    save(project, made, "test")
    assert studio.get("/api/production").json()["clash"] == []
    assert 'class="clash"' not in studio.page("/production").text


def test_the_twin_is_what_is_stored(
    studio: StudioClient, project: Project, shoot: tuple[Breakdown, Rules]
) -> None:
    made, rules = shoot
    plan = plan_it(project, made, rules)
    before = documents.versions(project.store, ROOM)
    page = studio.get("/api/production").json()
    assert Decimal(page["plan"]["total"]) == plan.total and page["plan"]["outdated"] is False
    assert {k: Decimal(v) for k, v in page["plan"]["parts"].items()} == plan.cost
    assert (page["plan"]["proved"], Decimal(page["plan"]["bound"])) == (False, plan.bound)
    assert [d["scenes"] for d in page["days"]] == [list(d.scenes) for d in plan.days]
    assert [d["date"] for d in page["days"]] == [str(d.date) for d in plan.days]
    assert [c["date"] for c in page["columns"]] == [str(d.date) for d in plan.days]
    assert "Mon 1 Mar 2027" in page["days"][0]["head"]
    assert [Decimal(d["cost"]) for d in page["days"]] == [d.cost for d in plan.days]
    priced = budget(made, plan, rules)
    assert Decimal(page["budget"]["total"]) == priced.total
    told = {s["id"]: Decimal(s["cost"]["total"]) for s in page["strips"]}
    assert told == {x.id: x.total for x in priced.scenes.values()} and sum(told.values()) == priced.subtotal
    for s in page["strips"]:
        assert sum(Decimal(v) for _, v in s["cost"]["accounts"]) == Decimal(s["cost"]["total"])
    for person in page["cast"]:
        worked = {d.index for d in plan.days for x in d.scenes if person["name"] in made.scene(x).cast}
        assert person["work"] == len(worked) == sum("W" in x for x in person["letters"])
    # Looking writes nothing.
    assert documents.versions(project.store, ROOM) == before
    html = re.sub(r"<script.*?</script>", "", studio.page("/production").text, flags=re.S)
    assert "gap 1.0 %" in html and "proved cheapest</span>" not in html


def test_proved_is_said_only_where_it_is(
    studio: StudioClient, project: Project, shoot: tuple[Breakdown, Rules]
) -> None:
    made, rules = shoot
    plan_it(project, made, rules, proved=True)
    assert "proved cheapest</span>" in studio.page("/production").text
    assert studio.get("/api/production").json()["plan"]["proved"] is True


def test_what_an_edition_asks(
    studio: StudioClient, root: Path, project: Project, shoot: tuple[Breakdown, Rules]
) -> None:
    made, rules = shoot
    plan = plan_it(project, made, rules)
    (root / "briefs").mkdir(exist_ok=True)
    (root / "briefs" / f"{EDITION}.toml").write_text(BRIEF, "utf-8")
    [asked] = studio.get("/api/production").json()["editions"]
    assert asked["counts"] == {"re-dress": 5, "keep": 1} and asked["again"] == 5 and asked["block"] is None
    html = studio.page("/production").text
    assert f"smallscreen budget customize series --market {EDITION}" in html and "--curve" in html
    block = kept.keep(project.store, customized(made, rules, plan))
    [asked] = studio.get("/api/production").json()["editions"]
    assert asked["block"] == block.model_dump(mode="json") and asked["stale"] is False
    assert f"{block.total:,.0f}" in studio.page("/production").text
    (root / "briefs" / f"{EDITION}.toml").write_text('market = "en-US"\n', "utf-8")
    [asked] = studio.get("/api/production").json()["editions"]
    assert asked["stale"] is True and asked["again"] == 0
    (root / "briefs" / f"{EDITION}.toml").write_text(BRIEF, "utf-8")
    assert studio.get(f"/api/production/curve?edition={EDITION}").status_code == 404
    assert studio.get("/api/production/curve?edition=../../x").status_code == 404
    (root / "papers").mkdir(exist_ok=True)
    picture = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (root / "papers" / f"customizing.{EDITION}.svg").write_text(picture, "utf-8")
    answer = studio.get(f"/api/production/curve?edition={EDITION}")
    assert answer.text == picture and answer.headers["content-type"].startswith("image/svg")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_no_longer_fits_is_said(
    studio: StudioClient, root: Path, project: Project, shoot: tuple[Breakdown, Rules]
) -> None:
    made, rules = shoot
    plan = plan_it(project, made, rules)
    save_rules(project.store, replace(rules, day_minutes=280), "test")
    assert studio.get("/api/production").json()["plan"]["outdated"] is True
    save_rules(project.store, rules, "test")
    assert studio.get("/api/production").json()["plan"]["outdated"] is False
    toml = root / "production.toml"
    toml.write_text("currency = 7\n", "utf-8")
    found = studio.get("/api/production").json()["problem"]
    assert "production.toml" in found and str(root) not in found
    toml.unlink()
    there = documents.get(project.store, ROOM, "plan")
    assert there is not None
    lost = ShootDay(1, None, 1, ("no such scene",), (), 0, 0.0, False, 0.0, Decimal(0))
    version = documents.put(
        project.store, ROOM, "plan", to_json(replace(plan, days=(lost,))), there.version, "test"
    )
    page = studio.get("/api/production").json()
    assert "no such scene" in page["problem"] and page["plan"] is None and len(page["unscheduled"]) == 6
    documents.put(project.store, ROOM, "plan", there.body, version, "test")


def test_sentences_are_translated() -> None:
    said: list[str] = [*GROUPS.values(), *ACCOUNTS.values(), *WORKS]
    made, rules = broken_down(), Rules()
    plan = quick_plan(made, rules, None)
    said += budget(made, plan, rules).notes
    said += [t.reason for t in customized(made, rules, plan).treatments]
    for text in said:
        assert re.search(r"[\u3400-\u9fff]", production_words.said("zh-Hans", text)), text
    assert production_words.said("zh-Hans", "Nobody knows this sentence.") == "Nobody knows this sentence."


def test_in_a_browser(
    browser: Browser, studio: StudioClient, project: Project, shoot: tuple[Breakdown, Rules]
) -> None:
    made, rules = shoot
    plan_it(project, made, rules)
    browser.fresh()
    browser.open(studio.url + "/production")
    browser.one("html[data-ready=production]")
    for _ in range(40):
        browser.keys("Tab")
        if browser.js("document.activeElement.closest('.strip') !== null"):
            break
    first = browser.js("document.activeElement.textContent")
    assert first in browser.text("#told h3") and "Its own" in browser.text("#told")
    browser.keys("ArrowDown")
    assert browser.js("document.activeElement.textContent") != first
    assert browser.js("document.activeElement.textContent").strip() in browser.js(
        "document.getElementById('told').textContent"
    )
    person: Any = browser.one("#person")
    person.send_keys("2")
    shown = browser.js("[...document.querySelectorAll('.strip:not([hidden])')].map(r => r.dataset.scene)")
    assert sorted(shown) == sorted(s.id for s in made.scenes if HOSTILE in s.cast)
    assert browser.text("#count") == "3 of 6 scenes"
    link = next(
        a.get_attribute("href") for a in browser.all(".strip a") if "ep001.c0002" in a.get_attribute("href")
    )
    browser.open(link)
    browser.one("#lanes[data-ready]", 20)
    assert browser.js("location.pathname + location.hash") == "/episodes/1#c=ep001.c0002"
    assert browser.js("window.hit === undefined") and browser.errors() == []


def test_the_page_needs_no_solver(root: Path, project: Project, shoot: tuple[Breakdown, Rules]) -> None:
    """It is made where OR-tools cannot be imported."""
    plan_it(project, *shoot)
    program = """
import sys
from pathlib import Path
sys.modules["ortools"] = None
from smallscreen.series.project import open_project
from smallscreen.studio.views.production import production_page
page = production_page(open_project(Path(sys.argv[1])), {}, "en")
print(page.plan.days, page.budget is not None)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split()[-1] == "True"
