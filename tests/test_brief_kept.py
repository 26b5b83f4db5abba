"""The edition brief: what people keep, what the draft and the checks make of it, its page and its command."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines.tokens import count_messages
from smallscreen.errors import FileProblem
from smallscreen.localize import barriers
from smallscreen.localize.brief import build, merge, obey, obey_barriers, render
from smallscreen.localize.brief.model import Brief
from smallscreen.localize.brief.page import render as page
from smallscreen.localize.brief.toml_file import dump
from smallscreen.localize.bundle import bundle_of
from smallscreen.localize.draft import prompt
from smallscreen.localize.package import report
from smallscreen.localize.pipeline import Localizer
from smallscreen.series.brief_file import parse
from smallscreen.series.model import Character, Series, Term
from smallscreen.series.project import Project, new_project, open_project
from tests import brief_help
from tests.brief_help import PATH, US, said
from tests.conftest import smallscreen

project = pytest.fixture(scope="module")(brief_help.project)
brief = pytest.fixture(scope="module")(brief_help.brief)


# --- what people keep ----------------------------------------------------------------------


def test_the_toml_reads_back_as_it_was_proposed(brief: Brief) -> None:
    settled = parse(render(brief), PATH)
    assert [n.rendering for n in settled.names] == [n.rendering for n in brief.names]
    assert [(i.item, i.rendering) for i in settled.items] == [(i.item, i.rendering) for i in brief.items]
    assert settled.tone == US.tone
    assert all(i.strategy for i in settled.items)


def test_a_change_survives_and_a_new_proposal_is_a_conflict(brief: Brief) -> None:
    before = render(brief)
    item = next(i for i in brief.items if i.rendering and not i.agreed)
    head, block, tail = before.partition(f"item = {dump(item.item)}\n")
    changed = tail.replace(f"rendering = {dump(item.rendering)}", 'rendering = "my own words" # by phone', 1)
    theirs = head + block + changed
    again = merge(before, theirs, before)
    assert again.text == theirs and again.conflicts == ()
    other = replace(
        brief,
        items=tuple(replace(i, rendering="quite another") if i is item else i for i in brief.items),
    )
    merged = merge(render(other), theirs, before)
    assert 'rendering = "my own words" # by phone' in merged.text
    assert any("my own words" in c and "quite another" in c for c in merged.conflicts)


def test_what_nobody_touched_is_brought_up_to_date(brief: Brief) -> None:
    before = render(brief)
    theirs = before.replace('note = ""', 'note = "a word of mine"', 1)
    fresh = replace(brief, items=(replace(brief.items[0], count=99), *brief.items[1:-1]))
    merged = merge(render(fresh), theirs, before)
    held = parse(merged.text, PATH)
    assert 'note = "a word of mine"' in merged.text
    assert held.items[0].count == 99 and len(held.items) == len(brief.items) - 1
    assert merged.updated == 1 and merged.dropped == 1


def test_what_was_taken_out_is_not_put_back(brief: Brief) -> None:
    before = render(brief)
    head, _, tail = before.partition("[[question]]")
    merged = merge(before, head, before)
    assert tail and "[[question]]" not in merged.text


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


ENTRIES = st.dictionaries(
    TEXTS.map(str.strip).filter(bool), st.tuples(TEXTS, TEXTS.map(str.strip), st.integers(0, 99)), max_size=5
)


def small(entries: Mapping[str, tuple[str, str, int]], tone: str) -> Brief:
    """A brief with these items: rendering, literal and count by item."""
    base = build([], Series("x", "X"), US, [])
    cues = said("铁饭碗")
    [template] = build(cues, Series("x", "X"), US, barriers.find(cues, market=US)).items
    made = tuple(
        replace(template, item=k, rendering=r, literal=lit, count=n) for k, (r, lit, n) in entries.items()
    )
    return replace(base, items=made, tone=tone)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=ENTRIES, second=ENTRIES, data=st.data(), known=st.booleans())
def test_nothing_a_person_wrote_is_lost(
    first: dict[str, Any], second: dict[str, Any], data: st.DataObject, known: bool
) -> None:
    before, new = render(small(first, "a")), render(small(second, "b"))
    lines = before.split("\n")
    theirs: list[str] = []
    written: list[str] = []
    for line in lines:
        what = data.draw(st.sampled_from(["keep", "keep", "keep", "change", "comment", "blank"]))
        if what == "change" and re.match(r"(rendering|note|literal|tone) = ", line):
            key = line.partition(" = ")[0]
            line = f"{key} = {dump('mine ' + data.draw(TEXTS))}"
            written.append(line)
        elif what == "comment":
            comment = "# mine: " + data.draw(TEXTS).replace("\n", " ")
            written.append(comment)
            theirs.append(comment)
        theirs.append(line)
    own = data.draw(TEXTS.map(lambda t: "own " + t.strip()))
    theirs += ["[[item]]", f"item = {dump(own)}", 'kind = "mine"', 'rendering = """two', 'lines"""']
    text = "\n".join(theirs) + "\n"
    merged = merge(new, text, before if known else None)
    held = tomllib.loads(merged.text)
    for line in written:
        assert line in merged.text.split("\n")
    assert any(i["item"] == own and i["rendering"] == "two\nlines" for i in held["item"])
    # What is new is there, and doing it again changes nothing.
    there = {i["item"] for i in held["item"]}
    assert {k for k in second if known is False or k not in first} <= there
    again = merge(new, merged.text, new)
    assert again.text == merged.text and again.conflicts == ()


@settings(max_examples=60, deadline=None)
@given(entries=ENTRIES, tone=st.text(max_size=30))
def test_any_text_is_toml_and_reads_back(entries: dict[str, Any], tone: str) -> None:
    settled = parse(render(small(entries, tone)), PATH)
    assert [i.item for i in settled.items] == [k.strip() for k in entries]


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (lambda t: t.replace('note = ""', 'note = "', 1), 11, "note"),
        (lambda t: t.replace("[[item]]", "[[itme]]", 1), None, "itme"),
        (lambda t: t.replace("strategy = ", "stratgy = ", 1), None, "stratgy"),
        (lambda t: re.sub(r'strategy = "[^"]*"', 'strategy = "magic"', t, count=1), None, "omission"),
        (lambda t: re.sub(r'action = "[^"]*"', 'action = "burn"', t, count=1), None, "local carrier"),
        (lambda t: t.replace("settled = false", 'settled = "yes"', 1), None, "settled"),
        (lambda t: t + '\n[[name]]\nname = "林小满"\n', None, "twice"),
    ],
)
def test_a_bad_brief_names_file_and_line(brief: Brief, change: Any, line: int | None, says: str) -> None:
    good = render(brief)
    bad = change(good)
    with pytest.raises(FileProblem) as e:
        parse(bad, PATH)
    wrong = next(
        n
        for n, (a, b) in enumerate(zip([*good.split("\n"), ""] * 2, bad.split("\n"), strict=False), 1)
        if a != b
    )
    if says != "twice":
        assert e.value.line == wrong
    assert "en-US.toml, line" in str(e.value) and (line is not None or says in str(e.value))


# --- what the draft and the checks make of it ------------------------------------------------


def test_a_brief_as_proposed_changes_no_rendering(project: Project, brief: Brief) -> None:
    series, settled = project.store.series(), parse(render(brief), PATH)
    there, market = obey(settled, series, US)
    assert there.characters == series.characters and there.terms == series.terms and market == US
    cues = project.store.cues()[5]
    found = barriers.find(cues, series=series, market=US)
    assert [b.suggestions for b in obey_barriers(settled, found, US)] == [b.suggestions for b in found]


def test_the_prompt_says_what_the_brief_holds(project: Project, brief: Brief) -> None:
    text = render(brief)
    text = text.replace('rendering = "Grandpa"', 'rendering = "Pop-Pop"', 1)  # the first pair
    text = text.replace('rendering = "the college entrance exam"', 'rendering = "the big test"', 1)
    text = re.sub(r'tone = ".*"', 'tone = "Warm and dry."', text, count=1)
    text = re.sub(
        r'(id = "exam ep010 10-1"(?:\n.*)*?)\nnote = ""', r'\1\nnote = "let Mom sound calm"', text, count=1
    )
    settled = parse(text, PATH)
    series, market = obey(settled, project.store.series(), US)
    cues = project.store.cues()[10] + project.store.cues()[8]
    found = obey_barriers(settled, barriers.find(cues, series=series, market=market), market)
    ctx = prompt.context(series, market, cues, found, {})
    request = prompt.batch(ctx, prompt.line_ids(cues, "test"))
    body = request.messages[1]["content"]
    assert "高考 = the big test" in body and "the college entrance exam" not in body
    assert "Warm and dry." in body and "let Mom sound calm" in body
    first = project.store.cues()[1]
    ctx = prompt.context(series, market, first, [], {})
    assert "Pop-Pop" in prompt.batch(ctx, prompt.line_ids(first, "test")).messages[1]["content"]


def test_the_brief_stays_within_the_price_of_a_line(project: Project, brief: Brief) -> None:
    text = render(brief).replace(
        'note = ""', 'note = "say it the way an old neighbor would, never like a clerk"'
    )
    settled = parse(text, PATH)
    series, market = obey(settled, project.store.series(), US)
    for number, cues in project.store.cues().items():
        found = obey_barriers(settled, barriers.find(cues, series=series, market=market), market)
        ctx = prompt.context(series, market, cues, found, {c.id: 20 for c in cues})
        request = prompt.batch(ctx, prompt.line_ids(cues, "test"))
        assert count_messages(request.messages) + request.expected <= 45 * len(cues), number


def test_a_settled_rendering_is_agreed_for_the_checks() -> None:
    cues = said("他端的是铁饭碗")
    text = render(build(cues, Series("x", "X"), US, barriers.find(cues, market=US)))
    text = re.sub(r'rendering = "[^"]*"', 'rendering = "a job for keeps"', text, count=1)
    proposed = {("铁饭碗", "institution"): "a job for life"}
    for settled, known in (
        (parse(text.replace("settled = false", "settled = true"), PATH), None),
        (parse(text, PATH), proposed),
    ):
        series, _ = obey(settled, Series("x", "X"), US, known)
        assert series.terms == (Term("铁饭碗", "institution", "", {"en-US": "a job for keeps"}),)
    series, _ = obey(parse(text, PATH), Series("x", "X"), US)
    assert series.terms == ()


def test_a_name_of_the_brief_stands_above_the_series() -> None:
    head = Series("x", "X", characters=(Character("林小满", renderings={"en": "Lin Xiaoman"}),))
    settled = parse('[[name]]\nname = "林小满"\nrendering = "Mandy Lin"\n', PATH)
    there, _ = obey(settled, head, US)
    assert prompt.rendering(there.characters[0].renderings, US) == "Mandy Lin"


def test_an_item_to_leave_out_has_no_rendering() -> None:
    cues = said("他端的是铁饭碗")
    settled = parse('[[item]]\nitem = "铁饭碗"\nkind = "institution"\nstrategy = "omission"\n', PATH)
    [b] = obey_barriers(settled, barriers.find(cues, market=US), US)
    assert b.strategies[0] == "omission" and b.suggestions == {}


# --- the page --------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def test_the_page_shows_text_as_text() -> None:
    head = Series("x", EVIL, characters=(Character(EVIL, renderings={"en": EVIL}, aliases=("外公",)),))
    cues = said((EVIL, f"外公，高考还有十天{EVIL}"), ("乙", f"考不上怎么办{EVIL}"), (EVIL, "安心考"))
    brief = build(cues, head, US, barriers.find(cues, series=head, market=US))
    text = render(brief).replace('note = ""', f"note = {dump(EVIL)}")
    shown = page(brief, parse(text, PATH))
    assert "<script" not in shown and "<img" not in shown and "&lt;script&gt;" in shown
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-", shown)
    assert not re.search(r"(src|href)=\"(?!#)", shown)


# --- the command -----------------------------------------------------------------------------


def test_the_command_from_proposal_to_edition(folder: Path) -> None:
    new_project(folder)
    run = partial(CliRunner().invoke, app)
    done = run(["brief", str(folder), "--market", "en-US", "--format", "json"])
    assert done.exit_code == 0, done.output
    [result] = json.loads(done.stdout)["briefs"]
    assert {Path(m["path"]).suffix for m in result["made"]} == {".toml", ".html", ".docx"}
    assert all(Path(m["path"]).stat().st_size > 500 for m in result["made"])
    path = folder / "briefs" / "en-US.toml"
    before = path.read_text("utf-8")
    assert 'item = "外公"' in before
    changed = re.sub(r'(item = "外公"(?:\n.*)*?\nrendering = )"[^"]*"', r'\1"Gramps"', before, count=1)
    path.write_text(changed + "# my own remark\n", "utf-8")
    again = run(["brief", str(folder), "--market", "en-US", "--out", str(folder / "out")])
    assert again.exit_code == 0 and "of yours kept" in again.output
    assert path.read_text("utf-8") == changed + "# my own remark\n"
    assert "Gramps" in (folder / "out" / "en-US.html").read_text("utf-8")
    document = Document(str(folder / "out" / "en-US.docx"))
    assert "Edition brief" in "\n".join(p.text for p in document.paragraphs)
    assert "Gramps" in "".join(t.text or "" for t in document.element.iter() if t.tag.endswith("}t"))
    opened = open_project(folder)
    work = Localizer(opened, "en-US", [1, 2])
    bundle = bundle_of(work)
    assert next(b.suggestions for e in bundle.episodes for b in e.barriers if b.text == "外公") == {
        "en": "Gramps"
    }
    assert Term("外公", "kinship", "", {"en-US": "Gramps"}) in work.series.terms
    assert report.render(bundle)
    assert Localizer(opened, "en-US", [1, 2], "literal").series.terms == ()


def test_a_broken_brief_stops_with_its_line_and_stays(folder: Path) -> None:
    new_project(folder)
    path = folder / "briefs" / "en-US.toml"
    path.parent.mkdir()
    path.write_text('tone = "warm"\nname = [\n', "utf-8")
    done = smallscreen("brief", folder, "--market", "en-US")
    assert done.returncode == 2 and "en-US.toml, line" in done.stderr, done.stderr
    with pytest.raises(FileProblem, match=r"en-US.toml, line"):
        Localizer(open_project(folder), "en-US", [1, 2])
    assert path.read_text("utf-8") == 'tone = "warm"\nname = [\n'
