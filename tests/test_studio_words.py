"""The studio's words: all are collected, all are translated, and none stands in a page outside of `_()` and `t()`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from smallscreen.series import editing
from smallscreen.series.model import STRATEGIES
from smallscreen.studio import i18n, said, words
from smallscreen.studio.pages import pages

ROOT = Path(__file__).resolve().parent.parent
STUDIO = ROOT / "src" / "smallscreen" / "studio"
PO = STUDIO / "locale" / "zh_Hans" / "LC_MESSAGES" / "studio.po"
TEMPLATES = sorted((STUDIO / "templates").glob("*.html"))
SCRIPTS = sorted((STUDIO / "static").glob("*.js"))
HOLES = re.compile(r"\{(\w+)\}")
HAN = re.compile(r"[\u3400-\u9fff]")

SAME = {"ASS", "SRT", "TTML/IMSC1", "WebVTT", "edition.json"}
"""Texts that are the same in both languages."""
NAMES = {
    "smallscreen",
    "TOML",
    "HTML",
    "Word",
    "JSON",
    "Enter",
    "Esc",
    "Tab",
    "Ctrl",
    "Alt",
    "Shift",
    "Space",
    "Home",
    "End",
    "Del",
    "CPS",
}
"""What may stand in a template as it is: our name, formats, and keys as they stand on the keyboard."""
KEYS = re.compile(r"\b(?:Ctrl|Alt|Shift)\+\w+")


@cache
def collected() -> dict[str, str]:
    """Every text of the studio and a file that holds it, as babel.cfg finds them."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        str(STUDIO.parent), method_map=methods, options_map=options, keywords={"_": None, "t": None}
    )
    return {text: str(file) for file, _, text, _, _ in found if isinstance(text, str)}


@cache
def translated() -> dict[str, str]:
    with PO.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id}


def test_all_words_are_collected_and_translated() -> None:
    missing = {text: file for text, file in collected().items() if not translated().get(text)}
    assert not missing, f"make words, then translate in {PO.relative_to(ROOT)}: {missing}"


def test_no_word_is_translated_that_the_studio_does_not_say() -> None:
    assert not set(translated()) - set(collected()), "make words takes these out"


def test_translations_have_the_same_places_to_fill_in() -> None:
    for text, chinese in translated().items():
        assert sorted(set(HOLES.findall(text))) == sorted(set(HOLES.findall(chinese))), text
        assert text.startswith(" ") == chinese.startswith(" "), text


def test_translations_are_chinese() -> None:
    filled = {text: HOLES.sub("", chinese) for text, chinese in translated().items()}
    plain = {
        text
        for text, chinese in filled.items()
        if re.search("[A-Za-z]{2}", chinese) and not HAN.search(chinese)
    }
    assert plain <= SAME, f"these are not Chinese: {plain - SAME}"


def test_chinese_has_chinese_punctuation() -> None:
    wrong = [s for s in translated().values() if re.search(r"[\u3400-\u9fff][,;:?!]|[\u3400-\u9fff] ?\.$", s)]
    assert not wrong


@pytest.mark.parametrize("name", sorted({p.name for p in pages()}))
def test_names_of_pages_are_translated(name: str) -> None:
    assert i18n.translate("zh-Hans", name) != name


def test_a_name_and_a_word_in_a_template_string_are_found(tmp_path: Path) -> None:
    python, script = tmp_path / "page.py", tmp_path / "page.js"
    python.write_text('class P:\n    name = "Wages"\n    other = "No"\nx = _("Yes")\n', "utf-8")
    script.write_text('const a = `${b ? t("Late {n}", {n: 1}) : ""}`;\n// t("said in a comment")\n', "utf-8")
    with python.open("rb") as file:
        assert {f[2] for f in words.classes(file, {"_": None}, (), {"attributes": "name kind"})} == {
            "Wages",
            "Yes",
        }
    with script.open("rb") as file:
        found = [f[2] for f in words.scripts(file, {"t": None}, (), {})]
    assert found == ["Late {n}"]


# --- words that nobody can translate ----------------------------------------------------------


def bare_words(html: str) -> Iterator[str]:
    """Letters of a template that a reader sees and that no `_()` holds."""
    # What is put in or said by the template is blank; a tag's end inside of it must not end the tag.
    html = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", html, flags=re.S)
    html = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>", " ", html, flags=re.S | re.I)
    html = KEYS.sub(" ", html)
    for tag in re.findall(r"<[a-zA-Z][^>]*>", html):
        for value in re.findall(
            r"\b(?:title|alt|placeholder|aria-label|aria-description|value)=\"([^\"]*)\"", tag
        ):
            # A control's value is for the server, not for the reader, except on a button of a form.
            if re.search("[A-Za-z]{2}", value) and not (
                "value=" in tag and value in tag.split('value="')[-1]
            ):
                yield value
    for text in re.split(r"<[^>]+>", html):
        for word in re.findall(r"(?<!&)\b[A-Za-z][A-Za-z]+", text):
            if word not in NAMES:
                yield word


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_hold_no_bare_words(path: Path) -> None:
    assert list(bare_words(path.read_text("utf-8"))) == []


def test_bare_words_are_seen() -> None:
    assert list(bare_words('<p title="Hello there">Save <b>{{ _("x > y") }}</b></p>')) == [
        "Hello there",
        "Save",
    ]
    assert list(bare_words('<kbd>Enter</kbd> &nbsp; <input value="srt"> {# no #}')) == []


def script_words(source: str) -> Iterator[str]:
    """Sentences and capitalized words of a script that are given to no `t()`: a reader would see them in English."""
    source = re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", " ", source, flags=re.S)
    for found in re.finditer(
        r"(\bt\(\s*|Error\(\s*|console\.\w+\(\s*)?([\"'])((?:(?!\2)[^\\\n]|\\.)*)\2", source
    ):
        before, text = found[1], found[3]
        if not before and re.match(r"[A-Z][a-z]+( [a-z’']+){1,}[ .,;:!?]?", text):
            yield text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_scripts_hold_no_bare_words(path: Path) -> None:
    found = [text for text in script_words(path.read_text("utf-8")) if text not in collected()]
    assert found == []


def test_bare_words_of_scripts_are_seen() -> None:
    assert list(script_words('el("p", {title: "Not saved yet"}, t("Saved again"), "ArrowDown")')) == [
        "Not saved yet"
    ]


def test_words_are_never_built_of_pieces() -> None:
    """`t(a + b)` and t(`...${x}`) cannot be collected; a text with {places} can."""
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        assert not re.search(r"\bt\(`", source), f"{path.name}: a template string given to t()"
        assert not re.search(r"\bt\(\"[^\"]*\" *\+", source), f"{path.name}: a sum given to t()"


# --- words said in English elsewhere ----------------------------------------------------------


def raised() -> Iterator[tuple[str, str]]:
    """Every refusal that the studio raises, with 7 in the place of what is put in, and its file."""
    for path in sorted(STUDIO.rglob("*.py")):
        if path.name in ("server.py", "said.py"):  # the first speaks to who starts the studio, in a terminal
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            if name not in ("HTTPException", "UserError", "TooMany", "_error", "_refusal"):
                continue
            for given in node.args:
                text = "".join(
                    str(p.value) if isinstance(p, ast.Constant) else "7"
                    for p in (given.values if isinstance(given, ast.JoinedStr) else [given])
                )
                if isinstance(given, ast.JoinedStr | ast.Constant) and isinstance(text, str) and " " in text:
                    yield text, path.name


def test_refusals_are_translated() -> None:
    found = list(raised())
    assert len(found) > 25
    english = {text: name for text, name in found if not HAN.search(said.refusal("zh-Hans", text))}
    assert english == {}


def test_a_refusal_keeps_what_is_in_it() -> None:
    assert (
        said.refusal("zh-Hans", "There is no episode 99; there are 1 to 12.")
        == "没有第 99 集；现有第 1 至 12 集。"
    )
    assert "“编辑”" in said.refusal("zh-Hans", "This needs the role editor; a {b} is viewer.")
    assert "a {b}" in said.refusal("zh-Hans", "This needs the role editor; a {b} is viewer.")
    assert said.refusal("zh-Hans", "database is locked") == "database is locked"
    assert said.refusal("en", "There is no episode 99.") == "There is no episode 99."


def test_strategies_actions_and_platforms_are_translated() -> None:
    assert set(STRATEGIES.values()) == set(said.DESCRIPTIONS)
    actions = set(get_args(editing.Action)) | {"line", "status", "export"}
    account = (STUDIO / "pages" / "account.py").read_text("utf-8")
    actions |= set(re.findall(r'"((?:account|role|password|login|logout)(?: \w+)?)"', account)) - {
        "account",
        "password",
        "role",
    }
    assert actions <= set(said.ACTIONS)
