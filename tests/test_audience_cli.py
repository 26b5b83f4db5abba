"""`smallscreen audience` as a user types it: import, measure, why, experiment, claims, bots, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import smallscreen

LABEL = "simulated"
HEAD = "event_id,media_session_id,user_id,series_id,episode,market,time_from_ms,time_to_ms,duration_ms,started_at"
SRT = "1\n00:00:01,000 --> 00:00:02,500\n外公 我回来了\n\n2\n00:00:58,000 --> 00:01:00,000\n补人\n"


def series(root: Path, episodes: int = 4) -> Path:
    """A series of 60 s episodes on disk, as `open_project` makes it from files."""
    from smallscreen.series.project import new_project

    root.mkdir()
    for n in range(1, episodes + 1):
        (root / f"ep{n:03d}.zh.srt").write_text(SRT, "utf-8")
    project = new_project(root)
    for market in ("en-US", "es-419"):
        project.store.edition(market, "main")
        project.store.edition(market, "literal")
    return root


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with 3,000 simulated viewers in two markets with two editions each, and its report."""
    root = series(tmp_path_factory.mktemp("audience") / "s")
    assert smallscreen("simulate", "viewing", root, "--viewers", 3000).returncode == 0
    done = smallscreen("audience", "measure", root)
    assert done.returncode == 0, done.stderr
    assert LABEL in done.stdout and "audience.html" in done.stdout
    return root


def event(
    n: int, user: str = "u1", slug: str = "s", to: int = 60_000, start: str = "2026-02-01T10:00:00Z"
) -> str:
    return f"e{n},m{n},{user},{slug},1,en-US,0,{to},60000,{start}"


# --- import --------------------------------------------------------------------------------------


def test_import_counts_every_row_and_does_nothing_twice(tmp_path: Path) -> None:
    root = series(tmp_path / "s")
    lines = [
        event(1),
        event(2, "u2", to=30_000),
        event(2, "u2", to=30_000),
        event(3, to=-5),
        event(4, slug="x"),
    ]
    file = tmp_path / "events.csv"
    file.write_text("\n".join([HEAD, *lines]), "utf-8")
    done = smallscreen("audience", "import", root, file, "--format", "json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["rows"], said["taken"], said["repeated"]) == (5, 2, 1)
    assert sum(said["quarantined"].values()) == 2 and said["quarantined"]["unknown-series"] == 1
    assert said["simulated"] is False and said["fresh"] is True
    again = smallscreen("audience", "import", root, file)
    assert "up to date" in again.stdout and "unknown-series" in again.stdout and LABEL not in again.stdout
    measured = smallscreen("audience", "measure", root)
    assert measured.returncode == 0, measured.stderr
    assert "Set aside: 2 rows" in measured.stdout and LABEL not in measured.stdout


def test_bots_are_listed_and_left_out(tmp_path: Path) -> None:
    root = series(tmp_path / "s")
    lines = [event(0, "person")]
    lines += [event(n, "robot", start=f"2026-02-01T{n % 24:02d}:00:00Z") for n in range(1, 1600)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join([HEAD, *lines]), "utf-8")
    assert smallscreen("audience", "import", root, file).returncode == 0
    found = json.loads(smallscreen("audience", "bots", root, "--format", "json").stdout)["bots"]
    assert [b["user_id"] for b in found] == ["robot"] and found[0]["hours"] > 24
    said = json.loads(smallscreen("audience", "measure", root, "--format", "json").stdout)
    assert said["summary"]["editions"]["en-US"]["viewers"] == 1
    assert said["quality"]["bots"] == 1 and said["quality"]["bot_intervals"] == 1599


# --- measure, why, experiment, claims --------------------------------------------------------------


def test_measure_again_does_nothing_new(simulated: Path) -> None:
    kept = simulated / "audience" / "audience.json"
    before = kept.read_text("utf-8")
    said = json.loads(smallscreen("audience", "measure", simulated, "--format", "json").stdout)
    assert said["fresh"] is False and said["simulated"] is True
    assert kept.read_text("utf-8") == before
    assert said["summary"] == json.loads(before)["summary"]


def test_measure_with_another_end_of_the_data(simulated: Path, tmp_path: Path) -> None:
    out = tmp_path / "early.json"
    done = smallscreen("audience", "measure", simulated, "--as-of", "2026-02-15T00:00Z", "--out", out)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text("utf-8"))["as_of"].startswith("2026-02-15")


@pytest.mark.parametrize(
    "words",
    [
        ["audience", "why", "DIR", "--edition", "en-US.literal"],
        ["audience", "why", "DIR"],
        ["audience", "experiment", "DIR"],
        ["audience", "bots", "DIR"],
    ],
    ids=lambda w: "-".join(w[1:]),
)
def test_every_answer_says_that_it_is_simulated(simulated: Path, words: list[str]) -> None:
    real = [str(simulated) if w == "DIR" else w for w in words]
    table = smallscreen(*real)
    assert table.returncode == 0, table.stderr
    assert LABEL in table.stdout
    as_json = smallscreen(*real, "--format", "json")
    assert LABEL in as_json.stdout
    json.loads(as_json.stdout, parse_constant=lambda c: pytest.fail(f"{c} is no JSON"))


def test_why_says_associated_with(simulated: Path) -> None:
    assert "associated with" in smallscreen("audience", "why", simulated, "--edition", "en-US").stdout
    said = json.loads(
        smallscreen("audience", "why", simulated, "--edition", "en-US", "--format", "json").stdout
    )
    assert said["words"] == "associated with" and "curves" not in said["editions"][0]


def test_an_experiment_is_refused_when_the_arms_are_off(simulated: Path) -> None:
    done = smallscreen(
        "audience", "experiment", simulated, "edition", "--planned", "main=0.7", "--planned", "literal=0.3"
    )
    assert done.returncode == 0, done.stderr
    assert "No conclusion" in done.stdout and "lift" not in done.stdout.lower()


def test_claims_of_one_series_are_not_enough_series(simulated: Path, tmp_path: Path) -> None:
    done = smallscreen("audience", "claims", simulated)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not enough series") == 4 and "Needed: about" in done.stdout
    file = tmp_path / "rows.csv"
    rows = [f"s{i},{'true' if i % 2 else 'false'},{0.5 + 0.01 * i + 0.2 * (i % 2)}" for i in range(12)]
    file.write_text("\n".join(["series,attribute,value", *rows]), "utf-8")
    question = "healing.documentation-retention-uplift"
    asked = smallscreen("audience", "claims", "--rows", file, "--question", question, "--format", "json")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["claims"][0]["answer"]["n_series"] == 12


# --- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, told",
    [
        (["measure", "DIR", "--out", "x.pdf"], "neither .html nor .json"),
        (["measure", "DIR", "--as-of", "soon"], "no moment"),
        (["measure", "DIR", "--patience-days", "-1"], "less than 0"),
        (["why", "DIR", "--edition", "fr-FR"], "Nobody watched fr-FR"),
        (["why", "DIR", "--lag", "-1"], "0 or more"),
        (["experiment", "DIR", "no such"], "no such"),
        (["experiment", "DIR", "--planned", "main"], "write it like main=0.5"),
        (["experiment", "DIR", "--control", "third"], "no arm"),
        (["claims", "DIR", "--question", "x"], "no question"),
        (["claims"], "one of the two"),
        (["import", "DIR", "nowhere.csv"], "no file"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(simulated: Path, words: list[str], told: str) -> None:
    done = smallscreen("audience", *[str(simulated) if w == "DIR" else w for w in words])
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["measure", "why", "experiment"])
def test_without_viewing_it_says_where_some_comes_from(tmp_path: Path, command: str) -> None:
    root = series(tmp_path / "s")
    done = smallscreen("audience", command, root)
    assert done.returncode == 2 and "import" in done.stderr
    assert not (root / "audience").exists()


def test_why_of_all_editions_tells_which_cannot_be_judged_yet(tmp_path: Path) -> None:
    root = series(tmp_path / "s")
    late = event(9, "u9", start="2026-02-09T10:00:00Z").replace("en-US", "es-419")
    file = tmp_path / "events.csv"
    file.write_text("\n".join([HEAD, *(event(n, f"u{n}", to=20_000) for n in range(5)), late]), "utf-8")
    assert smallscreen("audience", "import", root, file).returncode == 0
    done = smallscreen("audience", "why", root)
    assert done.returncode == 0, done.stderr
    assert "en-US: what leaving" in done.stdout and "es-419 that can be judged" in done.stdout
    alone = smallscreen("audience", "why", root, "--edition", "es-419")
    assert alone.returncode == 2 and "es-419 that can be judged" in alone.stderr
    assert smallscreen("audience", "measure", root).returncode == 0
