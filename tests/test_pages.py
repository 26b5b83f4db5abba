"""The shell that the reports of all rooms share: text stays text, and nothing runs that is not in the file."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from smallscreen.engines.pages import GROUND, Pages

EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A room with a page."""
    room = tmp_path / "a_room_with_a_page"
    (room / "page").mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "page" / "own.css").write_text(":root{--own:#111}\n:dark{--own:#eee}\n.own{color:var(--own)}\n")
    (room / "page" / "own.js").write_text("(() => { document.title; })();\n")
    (room / "page" / "own.html").write_text(
        '{% extends "page.html" %}\n{% block title %}{{ name }}{% endblock %}\n'
        "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}\n"
        '{% block page %}<p class="own" title="{{ name }}">{{ twice(name) }}, {{ 2|plural("line") }}</p>{% endblock %}\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_room_with_a_page", raising=False)
    return "a_room_with_a_page"


def policy(page: str) -> dict[str, str]:
    """The rules of the page's content policy."""
    said = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert said
    return {rule.split()[0]: rule.partition(" ")[2] for rule in said[1].split("; ")}


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_what_comes_from_outside_is_text(package: str) -> None:
    page = Pages(package, "own.css").render("own.html", name=EVIL)
    assert EVIL not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
    assert "2 lines" in page


def test_only_the_pages_own_script_may_run(package: str) -> None:
    pages = Pages(package, "own.css", script="own.js")
    page = pages.render("own.html", name="n")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1 and "document.title" in scripts[0] and "localStorage" in scripts[0]
    assert policy(page)["script-src"] == hashed(scripts[0]) == f"'sha256-{pages.script_hash}'"
    assert policy(page)["default-src"] == policy(page)["base-uri"] == policy(page)["form-action"] == "'none'"


def test_a_page_without_script_allows_none(package: str) -> None:
    page = Pages(package, "own.css", before=GROUND, button=False, inline=False, pictures=False).render(
        "own.html", name="n"
    )
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style and "<script" not in page
    assert policy(page).keys() == {"default-src", "style-src", "base-uri", "form-action"}
    assert policy(page)["style-src"] == hashed(style[1])


def test_dark_is_asked_for_in_two_ways_and_never_on_paper(package: str) -> None:
    style = Pages(package, "own.css").style
    assert ":dark{" not in style
    device = "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){--own:#eee}}"
    button = "@media screen{:root[data-theme=dark]{--own:#eee}}"
    assert style.index(":root{--own:#111}") < style.index(device) < style.index(button)
    assert style.index("@media print") > style.index(".own{")


def test_a_forgotten_value_is_a_mistake(package: str) -> None:
    with pytest.raises(UndefinedError, match="name"):
        Pages(package, "own.css").render("own.html")
