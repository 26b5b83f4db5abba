"""The audience report: one file, no network, what comes from outside is text, its tables are its JSON twin's."""

from __future__ import annotations

import copy
import html
import json
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from smallscreen.audience import report_svg as svg
from smallscreen.audience.gather import gather
from smallscreen.audience.quality import plain
from smallscreen.audience.report import render
from smallscreen.audience.said import in_short, percent, share
from smallscreen.audience.simulate import simulate
from smallscreen.audience.stored import key_of, read_curve, read_stored, store_all
from smallscreen.series.model import Finding, Line
from smallscreen.series.project import Project, new_project, open_project

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
SRT = "1\n00:00:01,000 --> 00:00:02,500\n外公 我回来了\n\n2\n00:00:58,000 --> 00:01:00,000\n补人\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Six episodes, two markets, main and literal, hostile words in the title and in findings; 6,000 simulated viewers."""
    root = tmp_path_factory.mktemp("report") / "s"
    root.mkdir()
    for n in range(1, 7):
        (root / f"ep{n:03d}.zh.srt").write_text(SRT, "utf-8")
    new_project(root)
    head = root / "series.toml"
    text = re.sub(r"(?m)^title = .*$", lambda _: f"title = {json.dumps(HOSTILE)}", head.read_text("utf-8"))
    head.write_text(text, "utf-8")
    made = open_project(root)
    assert made.store.series().title == HOSTILE
    for market in ("en-US", "es-419"):
        made.store.edition(market, "main")
    literal = made.store.edition("en-US", "literal")
    line = Line(literal.name, 1, 1, 1_000, 2_500, "Mother's father.", ("ep001.c0001",))
    made.store.put_lines(literal, [1], [line])
    found = [Finding("culture.literal", 1, a, a + 5_000, HOSTILE) for a in (10_000, 30_000)]
    made.store.put_findings("check", literal, [1], found)
    simulate(made, viewers=6_000)
    return made


@pytest.fixture(scope="module")
def data(project: Project) -> dict[str, Any]:
    return gather(project)[0]


@pytest.fixture(scope="module")
def page(data: dict[str, Any]) -> str:
    return render(data)


def text_of(page: str) -> str:
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_it_is_one_file_that_asks_for_nothing(page: str) -> None:
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(page)
    names = {tag for tag, _ in tags}
    assert not names & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "video",
        "audio",
        "use",
        "image",
    }
    for tag, attributes in tags:
        assert not {"src", "srcset", "xlink:href", "action", "data", "poster"} & set(attributes), tag
        assert (attributes.get("href") or "#").startswith("#")
        assert not [a for a in attributes if a.startswith("on")]
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"url\(|@import|https?:", style)
    assert "default-src 'none'" in page and page.count("<script>") == 1


def test_what_comes_from_outside_is_text(page: str) -> None:
    assert "<script>alert" not in page and "<img" not in page
    assert "alert(1)&lt;/script&gt;" in page and "{{7*7}}" in page
    assert page.count("onerror=") == page.count("&lt;img src=x onerror=")


def test_simulated_is_said_at_the_top_and_under_every_figure(page: str) -> None:
    body = text_of(page)
    assert body.index("Simulated viewing.") < body.index("In short")
    for section in (
        "survival",
        "seconds",
        "completion",
        "paywall",
        "why",
        "cohorts",
        "concentration",
        "quality",
    ):
        part = page[page.index(f'<section id="{section}"') :]
        assert "Simulated viewers." in part[: part.index("</section>")], section


def test_real_viewing_is_not_called_simulated(data: dict[str, Any]) -> None:
    real = copy.deepcopy(data) | {"simulated": False, "truth": None}
    real["summary"]["simulated"] = False
    real["quality"]["simulated_rows"] = 0
    for x in real["experiments"]:
        x["simulated"] = False
    assert "simulated" not in text_of(render(real)).lower()


def test_the_tables_are_the_json_twin(data: dict[str, Any], page: str) -> None:
    twin = json.loads(json.dumps(plain(data), allow_nan=False))
    assert render(twin) == page
    body = text_of(page)
    for name, e in twin["summary"]["editions"].items():
        assert name in body
        assert share(e["completion"]) in body
        for r in e["episodes"]:
            assert f"{r['starters']:,}" in body and share(r["completion"]) in body
        for i, s in enumerate(e["survival"]["survival"]):
            assert percent(s) in body and f"{e['survival']['at_risk'][i]:,}" in body
    for w in twin["why"]:
        for a in w["associations"]:
            if a["level"] != "place" and a["hazard_ratio"]["value"] is not None:
                assert a["kind"] in body and f"{a['hazard_ratio']['value']:.2f}" in body
    for c in twin["claims"]:
        assert c["question"]["title"] in body


def test_every_figure_has_its_definition(page: str) -> None:
    body = text_of(page)
    for term in ("Retention", "Survival", "Completion", "Hazard", "Hazard ratio", "Sample-ratio test", "Lift",
                 "Cohort retention", "Gini"):  # fmt: skip
        assert f"{term} " in body or f"{term}:" in body
    assert "associated with" in body


def test_the_true_value_of_simulated_viewers_stands_beside_the_estimate(
    data: dict[str, Any], page: str
) -> None:
    assert "true value (simulated)" in page
    assert percent(data["truth"]["completion"]["en-US"]["1"]) in page


def test_the_first_screen_says_it_in_sentences(data: dict[str, Any]) -> None:
    said = in_short(data)
    assert [x["head"] for x in said][:2] == ["How far they come", "What the paywall costs"]
    assert all(re.fullmatch(r"#[a-z]+", x["link"]) for x in said)
    caused = [x for x in said if "cause of" in x["text"]]
    assert all(x["kind"] == "lot" for x in caused), "only what was drawn by lot may be called a cause"


def test_a_refused_experiment_has_no_lifts(data: dict[str, Any]) -> None:
    other = copy.deepcopy(data)
    other["experiments"][0] |= {"refused": "The arms have 44,700 against 45,489 users.", "metrics": []}
    page = render(other)
    assert "No conclusion" in page and "always valid)" not in page
    assert any("No conclusion" in x["text"] for x in in_short(other))


def test_little_or_nothing_still_makes_a_page(data: dict[str, Any]) -> None:
    """No experiment, no paywall, no survival, no reasons, one edition, infinite intervals."""
    bare = copy.deepcopy(data) | {"experiments": [], "why": [], "marks": [], "truth": None}
    name, e = next(iter(bare["summary"]["editions"].items()))
    e |= {"survival": None, "paywall": None, "cohorts": []}
    e["minutes_a_user"] |= {"low": None, "high": None}
    bare["summary"]["editions"] = {name: e}
    bare["retention"] = []
    assert "<h2>" in render(bare)


def test_quarantine_and_files_are_shown(data: dict[str, Any]) -> None:
    other = copy.deepcopy(data)
    other["quality"] |= {
        "quarantined": [{"reason": "backwards", "rows": 1234, "meaning": "it ends where it began or before"}],
        "bots": 3,
        "files": [{"file": HOSTILE, "table": "events", "rows": 9, "taken": 8, "repeated": 0, "clipped": 0,
                   "quarantined": {"backwards": 1}, "at": None}],
    }  # fmt: skip
    body = text_of(render(other))
    assert "backwards 1,234 it ends where it began or before" in body and HOSTILE in body


def test_80_episodes_fold_and_stay_small(data: dict[str, Any]) -> None:
    long = copy.deepcopy(data)
    one = [c for c in long["retention"] if c["episode"] == 2]
    long["retention"] += [c | {"episode": n} for c in one for n in range(7, 81)]
    page = render(long)
    assert "68 more episodes" in page
    assert len(page) < 3_000_000


def test_it_is_made_anew_when_a_finding_changes(
    project: Project, data: dict[str, Any], tmp_path: Path
) -> None:
    kept = tmp_path / "audience.json"
    kept.write_text(json.dumps(data), "utf-8")
    assert gather(project, before=kept)[1] is False
    kept.write_text("{", "utf-8")
    assert gather(project, before=kept)[1] is True
    kept.write_text(json.dumps(data), "utf-8")
    assert gather(project, before=kept, patience_days=3)[1] is True


def test_the_studio_has_what_the_report_had_worked_out(
    project: Project, data: dict[str, Any], tmp_path: Path
) -> None:
    read = read_stored(project.store)
    assert read is not None and read.lake == key_of(project)
    assert plain(read.summary) == data["summary"] and read.quality == data["quality"]
    assert [read.why[e] for e in sorted(read.why)] == data["why"]
    assert read.experiments == data["experiments"]
    curve = read_curve(project.store, "en-US", 2)
    mine = next(c for c in data["retention"] if (c["edition"], c["episode"]) == ("en-US", 2))
    assert curve is not None and all(curve[k] == mine[k] for k in ("share", "viewers", "plays", "starters"))
    assert store_all(project) is False


def test_a_report_of_an_earlier_day_leaves_the_studios_figures(
    project: Project, data: dict[str, Any]
) -> None:
    usual = read_stored(project.store)
    day = datetime(2026, 2, 15)
    earlier = gather(project, as_of=day)[0]
    assert earlier["as_of"].startswith("2026-02-15") and earlier["why"] != data["why"]
    assert earlier["claims"] == data["claims"] and earlier["retention"] == data["retention"]
    assert read_stored(project.store) == usual and store_all(project) is False
    assert store_all(project, as_of=day) is False


def test_places_and_scales() -> None:
    assert svg.shares(0.8) == [0.8, 0.85, 0.9, 0.95, 1.0]
    assert svg.floor_of([0.63]) == 0.6 and svg.floor_of([]) == 0.0 and svg.floor_of([0.61]) == 0.5
    axis = svg.LogAxis([0.9, 1.6])
    assert 0 < axis(0.9) < axis(1.0) < axis(1.6) < 100 and axis(1e9) == 100.0 and axis(1e-9) == 0.0
    labels = [{"y": 200.0}, {"y": 201.0}]
    svg.apart(labels, 12, 206)
    assert labels[1]["y"] - labels[0]["y"] >= 11.9 and labels[1]["y"] <= 206
