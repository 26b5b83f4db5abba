"""The commands of the rights room through the program: from a folder of ours to a pack, with real copies of small clips."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.errors import UserError
from tests import rights_clips as clips
from tests.conftest import smallscreen

WORK = "10.5240/7791-8534-2C23-9030-8610-5"
SECONDS = 8
TODAY = date(2026, 11, 20)


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["rights", *map(str, args)])


def refused(*args: object) -> str:
    """The sentence of a command that cannot be done; the program prints it and leaves with 2."""
    done = run(*args)
    assert isinstance(done.exception, UserError), done.output
    assert "\n" not in str(done.exception)
    return str(done.exception)


def told(*args: object) -> Any:
    done = run(*args)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ours/` with two episodes, `found/` with a mirrored copy of the second and a film that is not ours."""
    root = tmp_path_factory.mktemp("films")
    for name in ("ours", "found"):
        (root / name).mkdir()
    for number in (1, 2):
        clips.clip(root / "ours" / f"ep{number:03d}.mp4", SECONDS, seed=number)
    clips.clip(
        root / "found" / "免费 <i>free.mp4", SECONDS - 2, seed=2, start_ms=1000, sound=77,
        change=lambda p: np.ascontiguousarray(p[:, ::-1]),
    )  # fmt: skip
    clips.clip(root / "found" / "innocent.mp4", SECONDS, seed=50)
    return root


@pytest.fixture(scope="module")
def catalogue(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rights") / "catalogue"
    done = told(
        "add",
        films / "ours",
        "--series",
        "umbrella",
        "--work-id",
        WORK,
        "--catalogue",
        folder,
        "--format",
        "json",
    )
    assert len(done["added"]) == 2
    assert done["problems"] == []
    return folder


@pytest.fixture(scope="module")
def found(films: Path, catalogue: Path) -> dict[str, Any]:
    """The match of the copy, as `find --json` tells it."""
    copy = films / "found" / "免费 <i>free.mp4"
    value = told(
        "find", copy, "--catalogue", catalogue, "--json", "--url", "https://video.example/v?1", "--territory", "br",
        "--channel", "Free <b>", "--seen", TODAY,
    )  # fmt: skip
    matches = value["files"][0]["matches"]
    assert len(matches) == 1
    return dict(matches[0])


def test_adding_again_costs_nothing_and_the_list_shows_what_is_there(films: Path, catalogue: Path) -> None:
    again = told("add", films / "ours", "--series", "umbrella", "--catalogue", catalogue, "--format", "json")
    assert (len(again["added"]), len(again["known"])) == (0, 2)
    listed = run("list", "--catalogue", catalogue)
    assert "umbrella" in listed.output
    assert WORK in listed.output
    assert "2 files" in listed.output
    assets = told("list", "--catalogue", catalogue, "--format", "json")["assets"]
    assert [a["episode"] for a in assets] == [1, 2]
    assert assets[0]["work_id"] == WORK


def test_a_copy_is_found_with_its_seconds_and_its_disguise(found: dict[str, Any]) -> None:
    assert (found["asset"]["episode"], found["status"]) == (2, "copy")
    assert "mirrored" in found["disguises"]
    first, last = found["segments"][0], found["segments"][-1]
    assert first["query_from_ms"] < 1000
    assert abs(first["asset_from_ms"] - first["query_from_ms"] - 1000) < 500
    assert last["query_to_ms"] > 4500
    assert found["said"].startswith("Episode 2, 00:0")
    assert found["sightings"][0]["territory"] == "BR"
    assert found["sightings"][0]["day"] == "2026-11-20"


def test_people_get_sentences(films: Path, catalogue: Path, found: dict[str, Any]) -> None:
    done = run("find", films / "found", "--catalogue", catalogue)
    assert done.exit_code == 0, done.output
    assert "innocent.mp4: nothing of ours was found." in done.output
    assert f"umbrella: {found['said']}." in done.output
    assert f"Match {found['id'][:12]}" in done.output


def test_what_is_ours_or_licensed_is_set_apart(films: Path, catalogue: Path, found: dict[str, Any]) -> None:
    rules = catalogue / "releases.toml"
    window = '[[license]]\nname = "Globo"\nseries = "umbrella"\nterritory = "BR"\nfrom = 2026-01-01\nto = {}\nchannel = "free*"\n'
    copy = films / "found" / "免费 <i>free.mp4"
    asked = (
        "find",
        copy,
        "--catalogue",
        catalogue,
        "--channel",
        "Free <b>",
        "--territory",
        "BR",
        "--seen",
        TODAY,
    )
    try:
        rules.write_text(window.format("2026-11-20"), "utf-8")
        assert "No copy. Licensed to Globo: BR, 2026-01-01 to 2026-11-20." in run(*asked).output
        assert told(*asked, "--json")["files"][0]["matches"][0]["status"] == "licensed"
        assert "is no copy: Licensed to Globo" in refused("evidence", found["id"], "--catalogue", catalogue)
        rules.write_text(window.format("2026-11-19"), "utf-8")
        assert (
            "The license of Globo expired on 2026-11-19; this was seen on 2026-11-20." in run(*asked).output
        )
        rules.write_text(f'[[release]]\nname = "Trailer"\nsha256 = "{clips.digest(copy)}"\n', "utf-8")
        page = catalogue / "matches.html"
        assert (
            told("report", "--catalogue", catalogue, "--format", "json")["matches"][0]["status"]
            == "own release"
        )
        assert "Our own releases" in page.read_text("utf-8")
        rules.write_text("[[license]]\nname = 3\n", "utf-8")
        said = refused("find", copy, "--catalogue", catalogue)
        assert "releases.toml, line 2: [[license]] 1: name is 3" in said
    finally:
        rules.unlink()


def test_the_report_holds_every_match_and_nothing_from_outside(
    catalogue: Path, found: dict[str, Any]
) -> None:
    done = run("report", "--catalogue", catalogue)
    assert done.exit_code == 0, done.output
    assert found["id"][:12] in done.output
    page = (catalogue / "matches.html").read_text("utf-8")
    assert "免费 &lt;i&gt;free.mp4" in page
    assert "Free &lt;b&gt;" in page
    assert page.count("data:image/jpeg;base64,") == 2
    assert "<i>free" not in page
    assert "default-src 'none'" in page
    assert "is no .html" in refused("report", "--catalogue", catalogue, "--out", "x.pdf")


def test_a_pack_is_made_checked_and_its_change_is_seen(
    catalogue: Path, found: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    value = told(
        "evidence",
        found["id"][:6],
        "--catalogue",
        catalogue,
        "--to",
        folder,
        "--title",
        "红伞",
        "--format",
        "json",
    )
    assert value["facts"]["said"] == found["said"]
    assert (folder / "evidence.pdf").read_bytes()[:5] == b"%PDF-"
    assert run("evidence", "--verify", folder, "--catalogue", catalogue).exit_code == 0
    (folder / "frames" / "one.jpg").write_bytes(b"x")
    changed = run("evidence", "--verify", folder, "--catalogue", catalogue)
    assert changed.exit_code == 2
    second = run("evidence", found["id"], "--catalogue", catalogue)
    assert "never sends a notice" in second.output
    assert "0002-" in second.output
    assert {p.name for p in (catalogue / "evidence").glob("0*")} == {f"0002-{found['id'][:12]}"}
    for words, said in (
        ((), "one of the two"),
        (("nothing",), "There is no match nothing"),
        (("--verify", tmp_path), "holds no evidence.json"),
    ):
        assert said in refused("evidence", *words, "--catalogue", catalogue)


def test_what_is_removed_is_found_no_more(films: Path, tmp_path: Path) -> None:
    ours, folder = films / "ours" / "ep001.mp4", tmp_path / "catalogue"
    asset = told("add", ours, "--catalogue", folder, "--format", "json")["added"][0]
    assert len(told("find", ours, "--catalogue", folder, "--json")["files"][0]["matches"]) == 1
    assert "begins the ids of 0 files" in refused("remove", "zz", "--catalogue", folder)
    assert "Removed ep001.mp4" in run("remove", asset["id"][:8], "--catalogue", folder).output
    assert told("find", ours, "--catalogue", folder, "--json")["files"][0]["matches"] == []
    assert ours.exists()


def test_signing_says_what_the_catalogue_knows(films: Path, catalogue: Path, tmp_path: Path) -> None:
    pytest.importorskip("c2pa", reason="needs the extra [credentials]")
    from tests.test_rights_sign import chain

    files = chain(tmp_path / "keys")
    value = told(
        "sign", films / "ours" / "ep002.mp4", "--to", tmp_path / "s.mp4", "--certificate", files.certificate,
        "--key", files.key, "--catalogue", catalogue, "--format", "json",
    )  # fmt: skip
    said = value["credential"]["statement"]
    assert (said["series"], said["episode"], said["work_id"]) == ("umbrella", 2, WORK)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("find", "{copy}"), "No catalogue is given"),
        (("find", "{copy}", "--catalogue", "{tmp}/none"), "is no catalogue"),
        (
            ("find", "{copy}", "--catalogue", "{catalogue}", "--territory", "UK"),
            "'UK' is no territory (GB is)",
        ),
        (("find", "{copy}", "--catalogue", "{catalogue}", "--territory", "world"), "seen in one territory"),
        (("find", "{copy}", "--catalogue", "{catalogue}", "--seen", "20.11.2026"), "is no day"),
        (("find", "{copy}", "--catalogue", "{catalogue}", "--url", "h" * 3000), "longer than 2,048"),
        (("add", "{copy}", "--catalogue", "{tmp}/new", "--work-id", "tt0111161"), "is no EIDR or ISAN"),
        (("watch", "{tmp}/gone", "--catalogue", "{catalogue}", "--once"), "is no folder"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    words: tuple[str, ...], said: str, films: Path, catalogue: Path, tmp_path: Path
) -> None:
    known = {"copy": films / "found" / "innocent.mp4", "tmp": tmp_path, "catalogue": catalogue}
    assert said in refused(*(w.format(**known) for w in words))


def test_a_file_that_is_no_video_does_not_keep_the_others(
    films: Path, catalogue: Path, tmp_path: Path
) -> None:
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(b"PK\x03\x04" + b"zip" * 100)
    gone, innocent = tmp_path / "gone.mp4", films / "found" / "innocent.mp4"
    done = smallscreen("rights", "find", fake, gone, innocent, "--catalogue", catalogue)
    assert done.returncode == 2
    assert "fake.mp4" in done.stderr
    assert "gone.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert "everything else was done" in done.stderr
    assert "innocent.mp4: nothing of ours was found." in done.stdout


def test_watching_goes_on_after_a_kill(films: Path, catalogue: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for source in (films / "found").iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    for path in folder.iterdir():
        os.utime(path, (time.time() - 60,) * 2)
    words = [
        "rights",
        "watch",
        str(folder),
        "--catalogue",
        str(catalogue),
        "--format",
        "json",
        "--settle",
        "0.2",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "smallscreen", *words, "--interval", "0.2"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    rest = run(*words[1:], "--once")
    assert rest.exit_code == 0, rest.output
    second = [json.loads(line) for line in rest.stdout.splitlines()]
    both = [first, *second]
    assert sorted(Path(x["file"]).name for x in both) == ["innocent.mp4", "免费 <i>free.mp4"]
    assert [len(x["matches"]) for x in sorted(both, key=lambda x: Path(x["file"]).name)] == [0, 1]
    assert run(*words[1:], "--once").stdout == ""
    (catalogue / "releases.toml").write_text("[[license]]\n", "utf-8")
    (folder / "later.mp4").write_bytes((films / "found" / "innocent.mp4").read_bytes() + b" ")
    try:
        halted = run(*words[1:], "--once")
        assert "it has no name" in str(halted.exception)
        assert halted.stdout == ""
    finally:
        (catalogue / "releases.toml").unlink()
    assert len(run(*words[1:], "--once").stdout.splitlines()) == 1  # it was not lost
    (folder / "fake.mp4").write_bytes(b"no video")
    bad = run(*words[1:], "--once")
    assert bad.exit_code == 2
    assert json.loads(bad.stdout)["problem"]
