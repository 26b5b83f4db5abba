"""Changing lines: versions, history, conflicts, decisions and the state of everything, in both databases."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import database, tables
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.editing import (
    Cell,
    Conflict,
    LineState,
    audit_log,
    cells,
    change_line,
    decide,
    history,
    line_states,
    place_of,
    record,
    set_status,
    standing,
)
from smallscreen.series.model import Cue, Draft, Edition, Episode, Finding, cue_id
from smallscreen.series.project import new_project
from smallscreen.series.store import Store

ONE, TWO, THREE = (cue_id(1, i) for i in (1, 2, 3))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    url = (
        sqlite_url(tmp_path / "series.db")
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    return _filled(Store(open_database(url), "umbrella"))


def _filled(store: Store) -> Store:
    for n in (1, 2):
        cues = [Cue(cue_id(n, i), n, i, 1000 * i, 1000 * i + 900, "买伞") for i in range(1, 31)]
        store.put_episode(Episode(n), cues)
    store.put_drafts(store.edition("en-US"), [Draft(ONE, "One.", "model:m", "omission", "why")])
    return store


def _edition(store: Store) -> Edition:
    return store.edition("en-US")


# --- lines -------------------------------------------------------------------------------------


def test_a_change_is_a_version_with_its_history(store: Store) -> None:
    edition = _edition(store)
    assert line_states(store, edition)[ONE].version == 1
    state = change_line(store, edition, ONE, text=" Two.\r\n", version=1, who="Ana")
    assert (state.text, state.version, state.status, state.origin) == ("Two.", 2, "drafted", "hand")
    assert (state.strategy, state.reason, state.changed_by) == ("omission", "why", "Ana")
    assert line_states(store, edition, 1) == {ONE: state} and line_states(store, edition, 2) == {}
    assert store.drafts(edition) == {ONE: Draft(ONE, "Two.", "hand", "omission", "why")}
    now, before = history(store, edition, ONE)
    assert (now.text, now.who, now.at) == ("Two.", "Ana", state.changed_at)
    assert (before.version, before.text, before.who, before.origin) == (1, "One.", "model:m", "model:m")
    entry = audit_log(store)[0]
    assert (entry.who, entry.action, entry.edition, entry.place) == ("Ana", "line", "en-US", ONE)


def test_a_new_line_has_version_1_and_may_be_empty(store: Store) -> None:
    edition = _edition(store)
    state = change_line(store, edition, TWO, text="", version=0, who="Ana", strategy="omission")
    assert (state.version, state.text, state.strategy) == (1, "", "omission")
    assert [x.version for x in history(store, edition, TWO)] == [1]


def test_no_change_writes_nothing(store: Store) -> None:
    edition = _edition(store)
    before = line_states(store, edition)[ONE]
    assert change_line(store, edition, ONE, text="One.", version=1, who="Ana") == before
    # The answer got lost and the page sends the same again: nobody is in its way.
    after = change_line(store, edition, ONE, text="Two.", version=1, who="Ana")
    assert change_line(store, edition, ONE, text="Two.", version=1, who="Ana") == after
    assert len(history(store, edition, ONE)) == 2 and len(audit_log(store)) == 1


def test_the_second_is_told_and_overwrites_nothing(store: Store) -> None:
    edition = _edition(store)
    mine = change_line(store, edition, ONE, text="Mine.", version=1, who="Ana")
    with pytest.raises(Conflict) as conflict:
        change_line(store, edition, ONE, text="Yours.", version=1, who="Ben")
    assert conflict.value.theirs == mine
    with pytest.raises(Conflict) as conflict:
        change_line(store, edition, ONE, text="Yours.", version=0, who="Ben")
    assert conflict.value.theirs == mine
    with pytest.raises(Conflict) as conflict:
        change_line(store, edition, TWO, text="Yours.", version=3, who="Ben")
    assert conflict.value.theirs is None
    assert line_states(store, edition) == {ONE: mine}


def test_approval_falls_with_the_words(store: Store) -> None:
    edition = _edition(store)
    (approved,) = set_status(store, edition, [ONE, TWO], "approved", "Eva")
    assert (approved.status, approved.version, approved.changed_by) == ("approved", 2, "model:m")
    assert history(store, edition, ONE)[0].who == "Eva"
    kept = change_line(store, edition, ONE, text="One.", version=2, who="Ana", reason="shorter")
    assert (kept.status, kept.reason) == ("approved", "shorter")
    cleared = change_line(store, edition, ONE, text="One.", version=3, who="Ana", reason="", strategy="")
    assert (cleared.reason, cleared.strategy) == (None, None)
    assert change_line(store, edition, ONE, text="1.", version=4, who="Ana").status == "drafted"
    both = change_line(store, edition, ONE, text="I.", version=5, who="Ana", status="approved")
    assert both.status == "approved"
    assert set_status(store, edition, [ONE], "drafted", "Eva", seen={ONE: 2}) == [both]
    assert set_status(store, edition, [ONE], "approved", "Eva") == [both]
    assert set_status(store, edition, [ONE], "drafted", "Eva", seen={ONE: 6})[0].status == "drafted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cue": "ep009.c0001"},
        {"cue": "ep001"},
        {"cue": "x\x00' OR 1=1"},
        {"text": "x" * 2001},
        {"reason": "x" * 2001},
        {"strategy": "guess"},
        {"status": "done"},
    ],
)
def test_what_cannot_be_stored_is_refused(store: Store, wrong: dict[str, str]) -> None:
    good = {"cue": TWO, "text": "x", "version": 0, "who": "Ana"}
    with pytest.raises(UserError, match=r"\.$"):
        change_line(store, _edition(store), **{**good, **wrong})  # type: ignore[arg-type]
    assert history(store, _edition(store), TWO) == [] and audit_log(store) == []


def test_hostile_words_come_out_as_they_are_without_what_no_database_takes(store: Store) -> None:
    edition = _edition(store)
    text = "<script>'; DROP TABLE draft;-- 😀 {\\an8}\n%_"
    assert change_line(store, edition, TWO, text=text + "\x00\ud800", version=0, who="<b>\x00").text == text
    assert line_states(store, edition)[TWO].changed_by == "<b>"


def test_a_step_keeps_versions_status_and_history(store: Store) -> None:
    edition = _edition(store)
    set_status(store, edition, [ONE], "approved", "Eva")
    before = line_states(store, edition)[ONE]
    again = Draft(ONE, "One.", "model:m", "omission", "why")
    store.put_drafts(edition, [again, Draft(TWO, "Two.")])
    assert line_states(store, edition)[ONE] == before
    # Another origin of the same words is noted, but nobody's version is out of date by it.
    store.put_drafts(edition, [Draft(ONE, "One.", "file:a", "omission", "why")])
    assert store.drafts(edition)[ONE].origin == "file:a"
    assert line_states(store, edition)[ONE].version == 2
    store.put_drafts(edition, [Draft(ONE, "Uno.", "file:b")])
    after = line_states(store, edition)[ONE]
    assert (after.version, after.status, after.changed_by) == (3, "drafted", "file:b")
    assert [x.text for x in history(store, edition, ONE)] == ["Uno.", "One.", "One."]
    assert history(store, edition, ONE)[0].who == "file:b"


# --- many at once ------------------------------------------------------------------------------


def _together(n: int, work) -> list[object]:  # type: ignore[no-untyped-def]
    """What `work(i)` gave or raised, for n threads that start at once."""
    results: list[object] = [None] * n
    gate = threading.Barrier(n)

    def run(i: int) -> None:
        gate.wait()
        try:
            results[i] = work(i)
        except Exception as e:
            results[i] = e

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("cue", [ONE, TWO])
def test_of_25_on_one_line_one_wins(store: Store, cue: str) -> None:
    """ONE has a line already, TWO has none: an update and an insert."""
    edition = _edition(store)
    version = 1 if cue == ONE else 0

    def work(i: int) -> LineState:
        return change_line(store.sibling(), edition, cue, text=f"by {i}", version=version, who=f"p{i}")

    results = _together(25, work)
    won = [r for r in results if isinstance(r, LineState)]
    lost = [r for r in results if isinstance(r, Conflict)]
    assert len(won) == 1 and len(lost) == 24
    assert all(r.theirs == won[0] for r in lost) and line_states(store, edition)[cue] == won[0]


def test_25_that_try_again_lose_no_change(store: Store) -> None:
    edition = _edition(store)

    def work(i: int) -> int:
        mine, seen, tries = store.sibling(), 1, 0
        while True:
            tries += 1
            try:
                change_line(mine, edition, ONE, text=f"by {i}", version=seen, who=f"p{i}")
                return tries
            except Conflict as conflict:
                assert conflict.theirs is not None
                seen = conflict.theirs.version

    results = _together(25, work)
    assert all(isinstance(r, int) for r in results), results
    versions = history(store, edition, ONE)
    assert [x.version for x in versions] == list(range(26, 0, -1))
    assert sorted(x.text for x in versions[:-1]) == sorted(f"by {i}" for i in range(25))
    assert versions[0].text == line_states(store, edition)[ONE].text


def test_25_on_lines_of_their_own_while_a_step_writes(store: Store) -> None:
    edition = _edition(store)
    flat = [cue_id(n, i) for n in (1, 2) for i in range(1, 31)]

    def work(i: int) -> int:
        mine = store.sibling()
        if i == 25:
            for k in range(5):
                mine.put_drafts(edition, [Draft(c, f"step {k}") for c in flat[::-1]])
            return 0
        if i == 26:
            for k in range(10):
                set_status(mine, edition, flat, "approved" if k % 2 else "drafted", "Eva")
            return 0
        won = 0
        seen = 1 if flat[i] == ONE else 0
        while won < 8:
            try:
                text = f"{i} {won}"
                seen = change_line(mine, edition, flat[i], text=text, version=seen, who=f"p{i}").version
                won += 1
            except Conflict as conflict:
                assert conflict.theirs is not None
                seen = conflict.theirs.version
        return won

    results = _together(27, work)
    assert results == [8] * 25 + [0, 0]
    states = line_states(store, edition)
    for i in range(25):
        versions = history(store, edition, flat[i])
        assert [x.version for x in versions] == list(range(len(versions), 0, -1))
        assert versions[0].text == states[flat[i]].text and versions[0].version == states[flat[i]].version
        by_hand = [x.text for x in reversed(versions) if x.text.startswith(f"{i} ")]
        assert list(dict.fromkeys(by_hand)) == [f"{i} {k}" for k in range(8)]


_CHANGES = st.lists(
    st.one_of(
        st.tuples(
            st.just("line"), st.sampled_from([ONE, TWO]), st.sampled_from(["", "a", "B"]), st.integers(0, 4)
        ),
        st.tuples(st.just("status"), st.sampled_from([ONE, TWO]), st.sampled_from(["drafted", "approved"])),
        st.tuples(st.just("step"), st.sampled_from([ONE, TWO]), st.sampled_from(["a", "c"])),
    ),
    max_size=12,
)


@given(changes=_CHANGES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_changes_leaves_a_whole_history(store: Store, changes: list[tuple]) -> None:  # type: ignore[type-arg]
    """Versions count up without a gap, the newest is what stands, and only the version seen is changed."""
    with store.writing() as c:
        for table in (tables.draft, tables.line_change):
            c.execute(table.delete())
    edition = _edition(store)
    expected: dict[str, list[tuple[str, str]]] = {ONE: [], TWO: []}  # cue: (text, status) by version
    for kind, cue, value, *more in changes:
        versions = expected[cue]
        now = versions[-1] if versions else None
        if kind == "line":
            unchanged = now is not None and now[0] == value
            try:
                change_line(store, edition, cue, text=value, version=more[0], who="Ana")
                assert unchanged or more[0] == len(versions)
                if not unchanged:
                    versions.append((value, "drafted"))
            except Conflict:
                assert more[0] != len(versions) and not unchanged
        elif kind == "status":
            set_status(store, edition, [cue], value, "Eva")
            if now is not None and now[1] != value:
                versions.append((now[0], value))
        else:
            store.put_drafts(edition, [Draft(cue, value)])
            if now is None or now[0] != value:
                versions.append((value, "drafted"))
    states = line_states(store, edition)
    for cue, versions in expected.items():
        kept = history(store, edition, cue)[::-1]
        assert [(x.text, x.status) for x in kept] == versions
        assert [x.version for x in kept] == list(range(1, len(versions) + 1))
        assert (cue in states) == bool(versions)
        if versions:
            assert (states[cue].text, states[cue].status) == versions[-1]
            assert states[cue].version == len(versions)


# --- findings and the state of everything ------------------------------------------------------


def test_the_latest_decision_holds_until_it_is_opened_again(store: Store) -> None:
    edition = _edition(store)
    decide(store, edition, ONE, "screen.lines", "accept", "Ana")
    refused = decide(store, edition, ONE, "screen.lines", "reject", "Ben", "meant so")
    whole = decide(store, edition, "ep002", "series.names", "accept", "Ana")
    assert standing(store, edition) == {(ONE, "screen.lines"): refused, ("ep002", "series.names"): whole}
    assert store.decisions(edition)[1] == refused
    decide(store, edition, ONE, "screen.lines", "reopen", "Ana")
    assert standing(store, edition) == {("ep002", "series.names"): whole}
    assert [x.action for x in audit_log(store)] == ["reopen", "accept", "reject", "accept"]
    for place, action in ((ONE, "maybe"), ("ep009", "accept"), ("ep001.c0099", "accept")):
        with pytest.raises(UserError):
            decide(store, edition, place, "screen.lines", action, "Ana")  # type: ignore[arg-type]


def test_cells_count_what_is_done_and_what_is_open(store: Store) -> None:
    edition, other = _edition(store), store.edition("en-US", "literal")
    assert cells(store) == {
        "en-US": {1: Cell(30, drafted=1), 2: Cell(30)},
        "en-US.literal": {1: Cell(30), 2: Cell(30)},
    }
    store.put_drafts(edition, [Draft(TWO, "Two."), Draft(THREE, "Three."), Draft("ep009.c0001", "gone")])
    store.put_step("check", "en-US/ep001", "key", {})
    set_status(store, edition, [ONE, TWO], "approved", "Eva")
    whole = Finding("series.names", 2, 0, 1, "m", "note")
    found = [
        Finding("screen.lines", 1, 0, 1, "m", "error", ONE),
        Finding("screen.lines", 1, 0, 1, "m", "warning", TWO),
        Finding("culture.kinship", 1, 0, 1, "m", "warning", TWO),
    ]
    store.put_findings("check", edition, [1, 2], [*found, whole])
    store.put_findings("source", None, [1], [Finding("source.gap", 1, 0, 1, "m", "error", ONE)])
    store.put_findings("check", other, [1], [Finding("screen.lines", 1, 0, 1, "m", "error", ONE)])
    # Approving is no change of the words: they are still checked.
    assert cells(store)["en-US"] == {1: Cell(30, 3, 3, 2, 0, 2, 1), 2: Cell(30, notes=1)}

    decide(store, edition, ONE, "screen.lines", "reject", "Ana")
    decide(store, edition, TWO, "screen.lines", "accept", "Ana")
    decide(store, edition, TWO, "screen.lines", "reopen", "Ana")
    decide(store, edition, place_of(whole), "series.names", "accept", "Ana")
    change_line(store, edition, THREE, text="3.", version=1, who="Ana")
    assert cells(store)["en-US"] == {1: Cell(30, 3, 2, 2, 0, 2, 0, 1), 2: Cell(30, decided=1)}
    assert cells(store)["en-US.literal"][1] == Cell(30, errors=1)


def test_a_line_changed_and_changed_back_is_checked_again(folder: Path) -> None:
    project = new_project(folder)
    store = project.store
    work = Localizer(project, "en-US", [1, 2])
    edition = work.edition
    store.put_drafts(
        edition, [Draft(c.id, f"Line {c.index}.") for some in store.cues().values() for c in some]
    )
    work.fit()
    assert work.check()["fresh"]
    assert cells(store)["en-US"][1] == cells(store)["en-US"][2] == _but_findings(cells(store)["en-US"][1])
    change_line(store, edition, ONE, text="Another.", version=1, who="Ana")
    state = change_line(store, edition, ONE, text="Line 1.", version=2, who="Ana")
    assert state.origin == "hand" and cells(store)["en-US"][1].checked == 2
    # Its origin is another now, which the steps take in; put back by a file, the lines are as they were.
    store.put_drafts(edition, [Draft(ONE, "Line 1.")])
    assert not work.check()["fresh"]
    assert cells(store)["en-US"][1].checked == 3
    steps = store.steps("check")
    assert not work.check()["fresh"] and store.steps("check") == steps


def _but_findings(cell: Cell) -> Cell:
    return Cell(3, 3, 3, 0, cell.notes, cell.warnings, cell.errors)


def test_the_audit_log_is_read_a_page_at_a_time_and_per_series(store: Store) -> None:
    for i in range(5):
        record(store, "Ana\x00", "export", "en-US", detail_of=i)
    record(Store(store.engine, "other"), "Ben", "export")
    first = audit_log(store, 2)
    assert [x.detail for x in first] == [{"detail_of": 4}, {"detail_of": 3}] and first[0].who == "Ana"
    assert [x.detail["detail_of"] for x in audit_log(store, 9, first[-1].id)] == [2, 1, 0]


# --- older databases ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_of_the_first_revision_comes_along_with_its_words(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_url(tmp_path / "old.db") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    _make_first_revision(url)
    found = _together(4, lambda _: open_database(url))  # several programs open it at once
    assert all(isinstance(x, sa.Engine) for x in found), found
    store = Store(found[0], "umbrella")  # type: ignore[arg-type]
    edition = store.editions()[0]
    assert store.drafts(edition) == {
        ONE: Draft(ONE, "Old.", "file:a", "omission", "why"),
        TWO: Draft(TWO, "Two."),
    }
    state = line_states(store, edition)[ONE]
    assert (state.version, state.status, state.changed_by, state.changed_at) == (1, "drafted", "", "")
    assert cells(store)["en-US"][1].checked == 2
    change_line(store, edition, ONE, text="New.", version=1, who="Ana")
    assert [(x.version, x.text, x.who) for x in history(store, edition, ONE)] == [
        (2, "New.", "Ana"),
        (1, "Old.", "file:a"),
    ]
    assert store.decisions(edition)[0].who == "Ben"
    with store.reading() as c:
        assert c.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == database.HEAD


def _make_first_revision(url: str) -> None:
    """A database as the first release left it: a series with an edition, two lines, a check, a decision."""
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(database._parse(url))
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.begin() as c:
        config.attributes["connection"] = c
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO series VALUES (1, 'umbrella', 'x', 'zh-Hans', '', '[]', '[]', '{}')",
            "INSERT INTO episode VALUES (1, 1, '', 9, '', '', NULL)",
            f"INSERT INTO cue VALUES (1, '{ONE}', 1, 1, 0, 9, 'x', NULL, NULL)",
            f"INSERT INTO cue VALUES (1, '{TWO}', 1, 2, 0, 9, 'x', NULL, NULL)",
            "INSERT INTO edition VALUES (7, 1, 'en-US', 'main', 'vertical', 'universal', '{}')",
            f"INSERT INTO draft VALUES (7, '{ONE}', 1, 'Old.', 'file:a', 'omission', 'why')",
            f"INSERT INTO draft VALUES (7, '{TWO}', 1, 'Two.', 'file', NULL, NULL)",
            "INSERT INTO step VALUES (1, 'check', 'en-US/ep001', 'k', '{}', '2026-01-01T00:00:00+00:00')",
            f"INSERT INTO decision VALUES (3, 1, 7, '{ONE}', 'c', 'accept', 'Ben', '2026-01-01T00:00:00+00:00', '')",
        ):
            c.execute(sa.text(statement))
    engine.dispose()
