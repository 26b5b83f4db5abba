"""The commands, their JSON twins and the page."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from smallscreen.business.facts import reported
from smallscreen.business.rates import read_rates
from smallscreen.business.report import render, render_slate
from smallscreen.business.scenario import scenario
from smallscreen.sample import files as sample_files
from smallscreen.series.project import open_project
from tests.browser import Browser
from tests.business_standin import measures, summary
from tests.conftest import smallscreen

RATES = sample_files() / "business.toml"


def measured(folder: Path, slug: str, **more: object) -> Path:
    """A series with the step that the audience room leaves, and the sample's example rates."""
    folder.mkdir(exist_ok=True)
    (folder / "series.toml").write_text(f'title = "{slug.title()} <b>"\nslug = "{slug}"\n', "utf-8")
    shutil.copyfile(RATES, folder / "business.toml")
    store = open_project(folder).store
    store.put_step("audience-measure", "", "key", summary(**more))  # type: ignore[arg-type]
    return folder


def test_scenario_and_its_twin(tmp_path: Path) -> None:
    folder = measured(tmp_path / "one", "one")
    ran = smallscreen("business", "scenario", folder, "--draws", 500, "--format", "json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert [s["model"] for s in told["scenarios"]] == ["free", "paid", "mixed"]
    kept = json.loads((folder / "business" / "scenario.json").read_text("utf-8"))
    assert kept["scenarios"] == told["scenarios"]
    assert told["scenarios"][0]["simulated"] and told["scenarios"][0]["example"]
    page = (folder / "business" / "scenario.html").read_text("utf-8")
    assert "One &lt;b&gt;" in page and "One <b>" not in page
    table = smallscreen("business", "scenario", folder, "--model", "mixed", "--draws", 500, "--first-paid", 7)
    assert "simulated viewing, example rates" in table.stdout and "First paid episode" in table.stdout


def test_what_is_not_there_is_asked_for(tmp_path: Path) -> None:
    folder = measured(tmp_path / "one", "one")
    (folder / "business.toml").unlink()
    ran = smallscreen("business", "scenario", folder)
    assert ran.returncode == 2
    assert "has no business.toml; write one with smallscreen business init" in ran.stderr
    assert smallscreen("business", "init", folder).returncode == 0
    shutil.copyfile(RATES, folder / "business.toml")
    open_project(folder).store.put_step("audience-measure", "", "key", {})
    ran = smallscreen("business", "scenario", folder)
    assert ran.returncode == 2 and ran.stdout == ""
    assert "has no measured viewing; import events with smallscreen audience import" in ran.stderr


def test_slate(tmp_path: Path) -> None:
    folders = [measured(tmp_path / n, n, hazard=h) for n, h in (("one", 0.08), ("two", 0.05))]
    out = tmp_path / "slate.html"
    ran = smallscreen("business", "slate", *folders, "--draws", 500, "--format", "json", "--out", out)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert len(told["choices"]) == 10 and told["files"] == [str(out)]
    assert "Simulated viewing." in out.read_text("utf-8")


def test_the_page_needs_no_network_and_says_what_is_simulated_and_reported() -> None:
    rates = read_rates(RATES)
    page = render(
        [scenario(measures(), rates, m, draws=300) for m in ("free", "paid", "mixed")], ["Not <i>."]
    )
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", page)
    assert "Simulated viewing." in page and "Example rates." in page
    assert "Not &lt;i&gt;." in page
    for fact in reported():
        assert fact.words in page and fact.source in page
    real = render([scenario(measures(simulated=False), rates, "free", draws=300)])
    assert "Simulated viewing." not in real and "simulated" not in real.lower()


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_the_page_in_a_browser(browser: Browser, tmp_path: Path, size: tuple[int, int]) -> None:
    from smallscreen.business.measures import read_summary
    from smallscreen.business.slate import slate

    rates = read_rates(RATES)
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    one.write_text(
        render([scenario(measures(), rates, m, draws=300) for m in ("free", "paid", "mixed")]), "utf-8"
    )
    two.write_text(
        render_slate(slate([(read_summary(summary(), "a", "A"), rates)], "mixed", draws=300)), "utf-8"
    )
    for path in (one, two):
        browser.resize(*size)
        browser.open(path.as_uri())
        assert browser.errors() == []
        assert browser.accessibility() == []
        assert browser.js("document.documentElement.scrollWidth <= innerWidth")
