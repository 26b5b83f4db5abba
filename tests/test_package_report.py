"""The report is parsed as a browser would: nothing of the series may become markup, every number is counted."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.localize.package import EditionBundle, EpisodeBundle, package
from smallscreen.localize.package.figures import figures, histogram
from smallscreen.localize.package.report import clock, render
from smallscreen.series import markets, platforms
from smallscreen.series.model import (
    Barrier,
    Character,
    Cue,
    Decision,
    Draft,
    Edition,
    Episode,
    Finding,
    Line,
    Series,
    Term,
    cue_id,
)

_VOID = {"meta", "input", "img", "br", "link", "hr"}


class Page(HTMLParser):
    """What a browser would find: elements, texts, and whether the tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.stack: list[str] = []
        self.rows: dict[str, str] = {}
        self._row: tuple[str, int] | None = None
        self.feed(html)
        self.close()
        assert not self.stack, self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.elements.append((tag, known))
        if tag not in _VOID and tag != "path":
            self.stack.append(tag)
        if "data-t" in known:
            self._row = str(known["id"]), len(self.stack)
            self.rows[str(known["id"])] = ""

    def handle_endtag(self, tag: str) -> None:
        if self._row and len(self.stack) == self._row[1]:
            self._row = None
        if tag in ("p", "li", "td", "th", "tr", "thead") and self.stack[-1] != tag:
            return
        assert self.stack and self.stack.pop() == tag, tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] in ("script", "style"):
            return
        self.texts.append(data)
        if self._row:
            self.rows[self._row[0]] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag]


def make_bundle(word: str = "好", locale: str = "en-US") -> EditionBundle:
    """Two cues, two lines (one too fast), three barriers, a literal draft. `word` is put wherever text can be."""
    cues = [
        Cue(cue_id(1, 1), 1, 1, 0, 2000, word, word, word),
        Cue(cue_id(1, 2), 1, 2, 3000, 4000, "饺" + word, "林"),
    ]
    barrier = Barrier(cues[1].id, 1, 0, 1, "饺", "food", 3, word, word, ("substitution",), {"en": word})
    episode = EpisodeBundle(
        Episode(1, word, 5000, word, word),
        cues,
        barriers=[
            barrier,
            replace(barrier, cue=cues[0].id, end=len(word), text=word, need=2, kind="custom"),
            replace(barrier, start=9, end=99, need=1, text="out of the text"),
        ],
        drafts={
            cues[0].id: Draft(cues[0].id, word, word, word, word),
            cues[1].id: Draft(cues[1].id, word, word),
        },
        literal={c.id: Draft(c.id, "literal " + word) for c in cues},
        lines=[
            Line(locale, 1, 1, 0, 2000, "ten chars.", (cues[0].id,)),
            Line(locale, 1, 2, 3000, 4000, "thirty characters in a second!" + word, (cues[1].id,)),
        ],
        literal_lines=[Line(f"{locale}.literal", 1, 1, 0, 2000, "short", (cues[0].id,))],
        findings=[
            Finding(
                "fit.shorten", 1, 3000, 4000, word, "warning", cues[1].id, 2, locale, {"allowed": 20}, word
            ),
            Finding("culture.literal", 1, 0, 2000, "Word for word.", "error", cues[0].id, 1, locale),
            Finding("culture.literal", 1, 0, 2000, "Literal.", "error", cues[0].id, 1, f"{locale}.literal"),
            Finding(
                "culture.literal", 1, 3000, 4000, "Literal.", "error", cues[1].id, 2, f"{locale}.literal"
            ),
            Finding("source.gap", 1, 0, 5000, word, "note"),
        ],
    )
    return EditionBundle(
        Series(
            "s",
            word,
            synopsis=word,
            characters=(Character(word, gender=word, role=word, renderings={"en": word}),),
            terms=(Term(word, word, word, {"en": word}),),
        ),
        markets.load(locale),
        platforms.load("universal"),
        Edition(1, locale),
        [episode],
        [Decision(locale, cues[0].id, word, word, word, word, word)],
        word,
        word,
        {"tone": word, "address": word, "open_questions": [word], "names": {word: word}},
        [word],
        word,
        {"culture.literal": word},
    )


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></script><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "-->]]><!--",
    "&lt;b&gt;&amp;",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text(hostile: str) -> None:
    plain, page = Page(render(make_bundle())), Page(render(make_bundle(hostile)))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    names = {(tag, name) for tag, attributes in page.elements for name in attributes}
    assert not [n for n in names if n[1].startswith("on")]
    assert page.text.count(re.sub(r"\s+", " ", hostile)) >= 20


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_text_keeps_the_page_whole(word: str) -> None:
    plain = Page(render(make_bundle()))
    page = Page(render(make_bundle("好" + word)))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]


def test_page_needs_nothing_else_and_may_do_nothing_else() -> None:
    html = render(make_bundle())
    page = Page(html)
    assert not page.all("link") and not page.all("iframe") and len(page.all("script")) == 1
    assert not [
        a
        for _, a in page.elements
        if a.get("src", "data:") and not str(a.get("src", "data:")).startswith("data:")
    ]
    assert {str(a["href"])[:2] for a in page.all("a")} == {"#e"}
    policy = next(str(a["content"]) for a in page.all("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    script = html[html.rindex("<script>") + 8 : html.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "unsafe-eval" not in policy
    assert "url(" not in html and "@import" not in html and "innerHTML" not in html


def test_every_link_has_its_place() -> None:
    page = Page(render(make_bundle()))
    places = {a["id"] for _, a in page.elements if a.get("id")}
    assert {str(a["href"])[1:] for a in page.all("a")} <= places
    assert len(places) == sum("id" in a for _, a in page.elements)


def test_numbers_are_counted() -> None:
    made = figures(make_bundle())
    assert (made.episodes, made.cues, made.lines, made.drafted) == (1, 2, 2, 2)
    assert (made.in_time, made.limit, made.shorten) == (1, 20.0, 1)
    assert dict(made.severity) == {"warning": 1, "error": 1} and dict(made.source_severity) == {"note": 1}
    assert made.clean_lines == 0
    assert (made.barriers, made.barrier_cues, dict(made.needs)) == (3, 2, {3: 1, 2: 1, 1: 1})
    # The first cue's line is doubted by a culture check, the second's names no strategy.
    assert {n: dict(c) for n, c in made.handled.items()} == {
        3: {"no strategy recorded": 1},
        2: {"flagged by a check": 1},
        1: {"no strategy recorded": 1},
    }
    assert (made.literal_lines, made.literal_in_time, made.literal_severity["error"]) == (1, 1, 2)
    assert ("culture.literal", 2, 1) in made.compared


def test_numbers_say_what_they_were_measured_on() -> None:
    text = Page(render(make_bundle())).text
    assert "1 of 2 subtitles at 20 characters a second or fewer" in text
    assert "made of 2 source cues in 1 episode" in text
    assert "0 of 2 barriers of need 2 or 3" in text
    assert (
        "2 findings on the word-for-word draft (1 subtitle), 2 findings on the edition (2 subtitles)" in text
    )


def test_a_row_holds_all_that_is_known() -> None:
    rows = Page(render(make_bundle("词"))).rows
    assert list(rows) == ["e1c1", "e1c2"]
    for part in (
        "饺词",
        "literal 词",
        "thirty characters in a second!词",
        "31 ch · 31.0 cps",
        "food, need 3",
        "fit.shorten",
    ):
        assert part in rows["e1c2"], part
    assert "out of the text" in rows["e1c2"] and "Word for word." in rows["e1c1"]


def test_source_only_report() -> None:
    bundle = make_bundle()
    bare = replace(bundle.episodes[0], drafts={}, literal={}, lines=[], literal_lines=[])
    bare = replace(bare, findings=[f for f in bare.findings if f.edition is None])
    page = Page(render(replace(bundle, episodes=[bare], decisions=[])))
    assert "Reading speed" not in page.text and "this edition has no words yet" in page.text
    assert "Try substitution" in page.rows["e1c2"]


def test_empty_report() -> None:
    page = Page(render(replace(make_bundle(), episodes=[], decisions=[], brief=None, notes=[])))
    assert "The series has no episodes yet." in page.text


def test_an_edition_that_is_the_literal_draft_is_not_compared_with_itself() -> None:
    bundle = replace(make_bundle(), edition=Edition(2, "en-US", "literal"))
    assert not bundle.has_literal and figures(bundle).literal_severity.total() == 0


def test_eighty_episodes_stay_small_and_quick(tmp_path: Path) -> None:
    import time

    one = make_bundle().episodes[0]
    episodes = []
    for number in range(1, 81):
        cues = [
            Cue(
                cue_id(number, n),
                number,
                n,
                n * 2000,
                n * 2000 + 1500,
                "地震、海啸、火山喷发诸如此类",
                "关谷神奇",
            )
            for n in range(1, 50)
        ]
        lines = [
            Line(
                "en-US",
                number,
                c.index,
                c.start_ms,
                c.end_ms,
                "Earthquakes, tidal waves,\nvolcanoes and such",
                (c.id,),
            )
            for c in cues
        ]
        episodes.append(
            EpisodeBundle(
                replace(one.episode, number=number),
                cues,
                barriers=[
                    Barrier(c.id, number, 0, 2, "地震", "idiom", 2, "literal", "what it means here")
                    for c in cues[::3]
                ],
                drafts={
                    c.id: Draft(c.id, "Earthquakes", "hand", "omission", "A reason of common length.")
                    for c in cues
                },
                literal={c.id: Draft(c.id, "Earthquake, tsunami, volcano eruption and so on") for c in cues},
                lines=lines,
                findings=[
                    Finding(
                        "screen.reading-speed",
                        number,
                        c.start_ms,
                        c.end_ms,
                        "Too fast.",
                        "warning",
                        c.id,
                        c.index,
                        "en-US",
                    )
                    for c in cues[::2]
                ],
            )
        )
    start = time.perf_counter()
    (made,) = package(replace(make_bundle(), episodes=episodes), tmp_path, formats={"report"})
    assert time.perf_counter() - start < 10
    assert made.bytes < 6_000_000
    assert len(Page((tmp_path / "report.html").read_text("utf-8")).rows) == 80 * 49


@given(st.lists(st.floats(0, 1000), max_size=50), st.floats(2, 30))
def test_histogram_loses_nobody_and_cuts_at_the_limit(speeds: list[float], limit: float) -> None:
    bars = histogram(speeds, limit)
    assert sum(count for _, _, count in bars) == len(speeds)
    kept = sum(count for low, _, count in bars if low < limit - 1e-9)
    assert sum(s <= limit for s in speeds) <= kept <= sum(s <= limit + 0.0100001 for s in speeds)


def test_clock() -> None:
    assert [clock(0), clock(62_345), clock(62_345, tenths=True), clock(3_723_000)] == [
        "0:00",
        "1:02",
        "1:02.3",
        "1:02:03",
    ]
