"""What the documentation says is what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT, smallscreen

BLOCK = re.compile(r"```console\n\$ ([^\n]+)\n(.*?)```", re.DOTALL)


def _agrees(promised: str, printed: str) -> str | None:
    """The first promised line that was not printed, in order; None when all were."""
    at = 0
    rows = printed.splitlines()
    for line in promised.splitlines():
        parts = [re.escape(p.strip()) for p in line.split("...") if p.strip()]
        if not parts:
            continue
        pattern = re.compile(r".*".join(parts))
        found = next((n for n in range(at, len(rows)) if pattern.search(rows[n])), None)
        if found is None:
            return line
        at = found
    return None


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    assert len(blocks) >= 6
    for command, promised in blocks:
        words = shlex.split(command)
        assert words[0] == "smallscreen"
        done = smallscreen(*words[1:], cwd=tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        missing = _agrees(promised, done.stdout)
        assert missing is None, f"{command} did not print {missing!r} but\n{done.stdout}"


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_every_command_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    known = smallscreen("--help").stdout
    for command in set(re.findall(r"^    smallscreen (\w+)", text, re.MULTILINE)):
        assert re.search(rf"^\W*{command}\b", known, re.MULTILINE), f"README names {command}"
