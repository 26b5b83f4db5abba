"""Search: any kind, any case, any sign, in both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.model import Character, Cue, Draft, Episode, Finding, Series, Term, cue_id
from smallscreen.series.search import KINDS, Hit, _Needle, search
from smallscreen.series.store import Store

LINES = [
    "You came home, Éva.",
    "ÉXITO a medias",
    "100% sure",
    "under_score \\ here",
    "Straße",
    "İstanbul'da",
    "a\ntwo-line line",
    "<script>alert(1)</script>",
    "ＡＢＣ wide",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    url = (
        sqlite_url(tmp_path / "series.db")
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    store = Store(open_database(url), "umbrella")
    store.put_series(
        Series(
            "umbrella",
            "差一格",
            characters=(
                Character(
                    "林小满", ("小满",), description="Mends umbrellas.", renderings={"en": "Lin Xiaoman"}
                ),
            ),
            terms=(Term("油纸伞", "craft", "made by hand", {"en": "oil-paper umbrella"}),),
        )
    )
    texts = ["小满回来了", *["买伞"] * (len(LINES) - 1)]
    store.put_episode(
        Episode(1), [Cue(cue_id(1, i), 1, i, 1000 * i, 1000 * i + 9, x) for i, x in enumerate(texts, 1)]
    )
    store.put_drafts(store.edition("en-US"), [Draft(cue_id(1, i), x) for i, x in enumerate(LINES, 1)])
    store.put_drafts(store.edition("es-419", "literal"), [Draft(cue_id(1, 1), "Volviste, éva")])
    store.put_findings(
        "check",
        store.edition("en-US"),
        [1],
        [Finding("k", 1, 5, 9, "Too long.", suggestion="Say HOME.", cue=cue_id(1, 1))],
    )
    store.put_findings("source", None, [1], [Finding("source.gap", 1, 7, 9, "A gap of 3 s")])
    other = Store(store.engine, "other")
    other.put_episode(Episode(1), [Cue(cue_id(1, 1), 1, 1, 0, 9, "小满")])
    other.put_drafts(other.edition("en-US"), [Draft(cue_id(1, 1), "home")])
    return store


def _texts(hits: list[Hit]) -> list[str]:
    return [h.text[slice(*h.match)] for h in hits]


def test_every_kind_is_found_with_its_place(store: Store) -> None:
    assert search(store, "小满") == [
        Hit("cue", None, 1, cue_id(1, 1), 1000, "小满回来了", (0, 2)),
        Hit("character", None, None, None, None, "林小满 · 小满 · Lin Xiaoman", (1, 3)),
    ]
    assert search(store, "home") == [
        Hit("line", "en-US", 1, cue_id(1, 1), 1000, LINES[0], (9, 13)),
        Hit("finding", "en-US", 1, cue_id(1, 1), 5, "Say HOME.", (4, 8)),
    ]
    assert [(h.kind, h.text) for h in search(store, "UMBRELLA")] == [
        ("character", "林小满: Mends umbrellas."),
        ("term", "油纸伞 · oil-paper umbrella"),
    ]
    assert search(store, "by hand", kinds=["term"])[0].text == "油纸伞: made by hand"
    assert search(store, "gap")[0].cue is None and search(store, "gap")[0].edition is None
    assert search(store, "home", kinds=["finding"])[0].kind == "finding"


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("éva", ["Éva", "éva"]),
        ("ÉVA", ["Éva", "éva"]),
        ("éxito", ["ÉXITO"]),
        ("e\u0301xito", ["ÉXITO"]),
        ("%", ["%"]),
        ("0%", ["0%"]),
        ("_", ["_"]),
        ("r_s", ["r_s"]),
        ("\\", ["\\"]),
        ("STRASSE", ["Straße"]),
        ("straße", ["Straße"]),
        ("ａｂｃ", ["ＡＢＣ"]),
        ("<SCRIPT>", ["<script>"]),
        ("'; DROP TABLE cue;--", []),
        ("", []),
        ("  ", []),
        ("\x00", []),
        ("\ud800", []),
        ("%%", []),
    ],
)
def test_case_and_signs(store: Store, q: str, found: list[str]) -> None:
    assert sorted(_texts(search(store, q))) == sorted(found)


def test_every_kind_gets_its_share(store: Store) -> None:
    hits = search(store, "伞", limit=4)
    assert [h.kind for h in hits] == ["cue", "cue", "cue", "term"]
    assert len(search(store, "a", limit=1)) == 1 and search(store, "a", limit=0) == []
    assert search(store, "a", kinds=[]) == [] and set(KINDS) >= {h.kind for h in search(store, "a")}


@given(st.text(max_size=12), st.text(min_size=1, max_size=4), st.text(max_size=12))
def test_what_is_found_is_what_was_looked_for(before: str, q: str, after: str) -> None:
    needle = _Needle(q)
    text = before + q + after
    match = needle.find(text)
    if match is not None and needle.folded:
        assert needle.folded in text[slice(*match)].casefold()
    if " ".join(q.split()) == q and needle.folded == q.casefold():
        assert match is not None
