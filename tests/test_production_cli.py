"""`breakdown`, `plan` and `budget` as a line producer runs them, on the sample series."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from smallscreen.cli import app
from smallscreen.errors import UserError
from smallscreen.production import verify
from smallscreen.production.model import Plan, from_json
from smallscreen.production.schedule import inputs, stored_plan
from smallscreen.series.project import open_project

pytest.importorskip("ortools")

SAMPLE = Path(__file__).resolve().parent.parent / "src/smallscreen/sample/series"


def run(*args: object) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in args])
    if result.exception and not isinstance(result.exception, (SystemExit, UserError)):
        raise result.exception
    return result


def data(*args: object) -> Any:
    result = run(*args, "--format", "json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli") / "s"
    shutil.copytree(SAMPLE, root)
    assert run("plan", "make", root, "--seconds", 3, "--start", "2027-03-01").exit_code == 0
    return root


@pytest.fixture
def series(planned: Path, tmp_path: Path) -> Path:
    shutil.copytree(planned, tmp_path / "s")
    return tmp_path / "s"


def test_the_breakdown_is_printed(series: Path) -> None:
    result = run("breakdown", series)
    assert "25 scenes" in result.stdout and "11 locations" in result.stdout and "外公" not in result.stderr
    assert len(data("breakdown", series)["breakdown"]["scenes"]) == 25


def test_a_workbook_goes_out_and_comes_back(series: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.xlsx"
    result = run("breakdown", series, "--out", file, "--language", "zh")
    assert result.exit_code == 0 and f"--take {file}" in result.stdout
    book = load_workbook(file)
    sheet = book.worksheets[0]
    head = [str(c.value) for c in sheet[1]]
    column = next(i for i, h in enumerate(head, 1) if "锁定" in h)
    sheet.cell(2, column).value = 3
    book.save(file)
    back = data("breakdown", series, "--take", file)
    assert back["breakdown"]["scenes"][0]["locked_day"] == 3
    made = data("plan", "make", series, "--seconds", 2)
    assert made["fresh"] and made["plan"]["days"][2]["index"] == 3
    assert "1-1" in next(d for d in made["plan"]["days"] if d["index"] == 3)["scenes"]
    assert (
        any("1-1" in said for said in made["plan"]["changes"]) or "1-1" in made["plan"]["days"][2]["scenes"]
    )


def test_the_plan_is_kept_and_shown(series: Path) -> None:
    made = data("plan", "show", series)
    plan = from_json(Plan, made["plan"])
    assert not made["outdated"] and made["total"] == str(plan.total)
    assert not data("plan", "make", series, "--seconds", 2)["fresh"]
    project = open_project(series)
    assert stored_plan(project.store) == plan
    assert verify.faults(plan, *inputs(project)) == []
    result = run("plan", "show", series)
    assert "No plan is cheaper than" in result.stdout and "2027-03-01" in result.stdout


def test_the_plan_is_changed(series: Path) -> None:
    old = from_json(Plan, data("plan", "show", series)["plan"])
    day = next(d for d in old.days if "7-2" in d.scenes)
    result = run("plan", "change", series, "--ill", f"周德全={day.index}", "--seconds", 3)
    assert result.exit_code == 0 and f"周德全 is away on day {day.index}." in result.stdout
    new = from_json(Plan, data("plan", "show", series)["plan"])
    assert next(d for d in new.days if "7-2" in d.scenes).index != day.index
    project = open_project(series)
    assert verify.faults(new, *inputs(project)) == []
    locked = data("plan", "change", series, "--lock", "8-3=2", "--seconds", 3)
    assert "8-3" in next(d for d in locked["plan"]["days"] if d["index"] == 2)["scenes"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("plan", "change", "--ill", "周德全"), "write it like NAME=4,5"),
        (("plan", "change", "--ill", "周德全=x"), "names no days"),
        (("plan", "change", "--ill", "周德全=6-4"), "names no days"),
        (("plan", "change", "--lock", "1-1=1,2"), "several days"),
        (("plan", "change"), "Nothing is changed"),
        (("plan", "change", "--instead", "院坝"), "name that with --lose"),
        (("plan", "make", "--start", "soon"), "write it like 2027-03-01"),
        (("plan", "make", "--days", "2"), "these rules of the shoot clash"),
        (("breakdown", "--out", "x.csv"), "no .xlsx"),
        (("breakdown", "--take", "nothere.xlsx"), "nothere.xlsx"),
        (("breakdown", "--out", "a.xlsx", "--take", "b.xlsx"), "either --out"),
        (("budget", "what-if"), "Ask for one change"),
        (("budget", "what-if", "--merge", "医生"), "--into"),
        (("budget", "customize", "--market", "xx-YY"), "no brief for xx-YY"),
    ],
)
def test_what_cannot_be_used_is_said(series: Path, args: tuple[str, ...], said: str) -> None:
    at = 2 if args[0] in ("plan", "budget") else 1
    result = run(*args[:at], series, *args[at:])
    assert result.exit_code != 0 and said in str(result.exception)


def test_nothing_is_planned_yet(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "s")
    for args in (("plan", "show"), ("budget",), ("plan", "change", "--lock", "1-1=1"), ("plan", "papers")):
        at = 2 if args[0] == "plan" else 1
        result = run(*args[:at], tmp_path / "s", *args[at:])
        assert result.exit_code != 0 and "plan" in str(result.exception)


def test_the_papers_are_written(series: Path, tmp_path: Path) -> None:
    made = data("plan", "papers", series, "--out", tmp_path / "papers", "--language", "zh")
    assert made["files"] and all(Path(f["file"]).exists() for f in made["files"])


def test_the_budget_adds_up_to_the_plan(series: Path) -> None:
    plan = data("plan", "show", series)
    found = data("budget", series)["budget"]
    assert found["plan_cost"] == plan["total"] and found["example"]
    assert "Total" in run("budget", series, "--scenes").stdout


def test_what_if(series: Path) -> None:
    found = data("budget", "what-if", series, "--cut", "1-1", "--seconds", 2)["what_if"]
    assert found["cut"] == ["1-1"] and float(found["money"]) < 0
    tiers = data("budget", "what-if", series, "--tier", "all", "--episodes", "1-2", "--seconds", 1)["tiers"]
    assert [x["tier"] for x in tiers] == ["basic", "standard", "fine"]


def test_customizing(series: Path) -> None:
    (series / "briefs").mkdir(exist_ok=True)
    (series / "briefs/en-US.toml").write_text('market = "en-US"\n', "utf-8")
    args = ("budget", "customize", series, "--market", "en-US", "--replaced", "老街", "--seconds", 1)
    found = data(*args)["customizing"]
    assert found["counts"]["re-dress"] == 1 and 0 < found["cost_share"] < 1
    assert "re-dress" in run(*args).stdout


def test_rates_of_the_series_are_used(series: Path) -> None:
    assert run("budget", "init", series).exit_code == 0
    file = series / "production.toml"
    assert "already" in str(run("budget", "init", series).exception)
    rates = "\n".join(
        f'[{k}]\namount = {v}\ncurrency = "CNY"\nunit = "{u}"\ndate = "2027-01-05"\nsource = "offer"\n'
        for k, v, u in (
            ("crew.day", 20000, "day"),
            ("night", 100, "item"),
            ("move", 100, "item"),
            ("cast.day", 1000, "day"),
            ("location.day", 500, "day"),
        )
    )
    file.write_text(f'currency = "CNY"\n{rates}', "utf-8")
    made = data("plan", "make", series, "--seconds", 2)
    assert made["fresh"] and float(made["plan"]["cost"]["crew"]) == 20000 * made["plan"]["days"][-1]["index"]
    assert data("budget", series)["budget"]["plan_cost"] == made["total"]
