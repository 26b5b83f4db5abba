"""The series database: what is put comes out again, for SQLite and for PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from smallscreen.errors import UserError
from smallscreen.series import database, tables
from smallscreen.series.database import open_database, sqlite_url
from smallscreen.series.model import (
    Barrier,
    Character,
    Cue,
    Decision,
    Draft,
    Episode,
    Finding,
    Line,
    Scene,
    ScriptLine,
    Series,
    Term,
    cue_id,
)
from smallscreen.series.replies import ReplyStore, StoredReply
from smallscreen.series.steps import fingerprint, run
from smallscreen.series.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    if request.param == "sqlite":
        return open_database(sqlite_url(tmp_path / "series.db"))
    return open_database(request.getfixturevalue("postgres_url"))


def _cues(episode: int, *texts: str) -> list[Cue]:
    return [
        Cue(cue_id(episode, i), episode, i, 1000 * i, 1000 * i + 900, text, "小满", f"{episode}-1")
        for i, text in enumerate(texts, start=1)
    ]


def test_a_series_comes_out_as_it_went_in(engine: sa.Engine) -> None:
    store = Store(engine, "umbrella")
    series = Series(
        slug="umbrella",
        title="差一格",
        synopsis="雨",
        characters=(
            Character(
                "林小满",
                ("小满",),
                "female",
                26,
                "protagonist",
                "",
                ({"to": "外公", "kind": "granddaughter"},),
            ),
        ),
        terms=(Term("油纸伞", "craft", "", {"en": "oil-paper umbrella"}),),
        extra={"burned_in": [0.1, 0.5, 0.9, 0.6]},
    )
    store.put_series(series)
    assert Store(engine, "umbrella").series() == series

    cues = _cues(1, "外公\n我回来了", "😀 <b>“'; DROP TABLE cue;--")
    episode = Episode(1, "归", 2900, "ep001.zh.srt", "abc", None)
    scenes = [Scene("1-1", 1, "伞坊", "day", True, ("林小满", "外公"))]
    script = [ScriptLine(1, 1, "1-1", "dialogue", "我回来了", "林小满", "低声")]
    store.put_episode(episode, cues, scenes, script)
    assert store.episodes() == [episode]
    assert store.cues() == {1: cues}
    assert store.scenes() == {1: scenes}
    assert store.script() == {1: script}

    barrier = Barrier(
        cues[0].id, 1, 0, 2, "外公", "kinship", 2, "g", "m", ("substitution",), {"en": "Grandpa"}
    )
    store.put_barriers([1], [barrier])
    assert store.barriers() == {1: [barrier]}


def test_the_finished_edition_of_a_market_comes_before_its_variants(engine: sa.Engine) -> None:
    store = Store(engine, "umbrella")
    for locale, variant in (
        ("es-419", "literal"),
        ("en-US", "literal"),
        ("en-US", "bold"),
        ("en-US", "main"),
    ):
        store.edition(locale, variant)
    assert [e.name for e in store.editions()] == ["en-US", "en-US.bold", "en-US.literal", "es-419.literal"]


def test_an_edition_comes_out_as_it_went_in(engine: sa.Engine) -> None:
    store = Store(engine, "umbrella")
    cues = _cues(1, "外公", "买伞")
    store.put_episode(Episode(1), cues)
    edition = store.edition("en-US")
    assert edition.name == "en-US" and store.edition("en-US", "literal").name == "en-US.literal"
    assert store.edition("en-US", platform="tiktok").platform == "tiktok"
    drafts = [Draft(c.id, f"line {c.index}", "hand", "substitution", "why") for c in cues]
    store.put_drafts(edition, drafts)
    store.put_drafts(edition, [Draft(cues[0].id, "changed")])
    assert store.drafts(edition) == {cues[0].id: Draft(cues[0].id, "changed"), cues[1].id: drafts[1]}

    line = Line("en-US", 1, 1, 1000, 1900, "two\nrows", (cues[0].id, cues[1].id))
    store.put_lines(edition, [1], [line])
    assert store.lines(edition) == {1: [line]}

    source = Finding("source.gap", 1, 0, 1, "source", evidence={"ms": 3})
    found = Finding(
        "screen.lines", 1, 0, 1, "m", "error", cues[0].id, 1, "en-US", {"a": ["é", 1.5]}, "do", 0.5
    )
    store.put_findings("source", None, [1], [source])
    store.put_findings("check", edition, [1], [found])
    store.put_findings("fit", edition, [1], [])
    assert store.findings(edition) == {1: [found]}
    assert store.findings() == {1: [source]}
    store.put_findings("check", edition, [1], [])
    assert store.findings(edition) == {} and store.findings() == {1: [source]}

    decision = Decision(
        "en-US", cues[0].id, "screen.lines", "accept", "Ana", "2026-01-01T00:00:00+00:00", "ok"
    )
    store.add_decision(decision)
    assert store.decisions(edition) == [decision]
    store.put_edition_head(edition, {"title": "One Panel Short"})
    assert store.edition_head(edition) == {"title": "One Panel Short"}


def test_two_series_in_one_database_do_not_mix(engine: sa.Engine) -> None:
    one, two = Store(engine, "one"), Store(engine, "two")
    one.put_episode(Episode(1), _cues(1, "一"))
    two.put_episode(Episode(1), _cues(1, "二", "三"))
    one.put_drafts(one.edition("en-US"), [Draft(cue_id(1, 1), "One")])
    one.remove_episode(1)
    assert one.cues() == {} and [c.text for c in two.cues()[1]] == ["二", "三"]
    assert two.drafts(two.edition("en-US")) == {}


def test_a_step_runs_once_and_again_when_its_inputs_change(engine: sa.Engine) -> None:
    store = Store(engine, "s")
    ran: list[int] = []

    def work() -> dict[str, int]:
        ran.append(1)
        return {"n": len(ran)}

    assert run(store, "fit", "a", ("x", 1), work).fresh
    again = run(store, "fit", "a", ("x", 1), work)
    assert not again.fresh and again.summary == {"n": 1}
    assert run(store, "fit", "a", ("x", 2), work).summary == {"n": 2}
    assert run(store, "fit", "b", ("x", 2), work).fresh


def test_a_step_that_fails_leaves_nothing_behind(engine: sa.Engine) -> None:
    store = Store(engine, "s")

    def work() -> dict[str, int]:
        store.put_episode(Episode(1), _cues(1, "一"))
        raise RuntimeError("killed half way")

    with pytest.raises(RuntimeError):
        run(store, "read", "ep001", (), work)
    assert store.episodes() == [] and store.step("read", "ep001") is None


def test_fingerprints_tell_parts_apart() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(_cues(1, "一")) == fingerprint(_cues(1, "一")) != fingerprint(_cues(1, "二"))


def test_replies_are_kept_from_many_threads(engine: sa.Engine) -> None:
    replies = ReplyStore(engine)

    def put(i: int) -> None:
        replies.put(f"key {i % 4}", StoredReply(f"{i % 4} ünï", 3, 4, "m", "stop"))

    threads = [threading.Thread(target=put, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    replies.put("key 1", StoredReply("another", 0, 0, "m"))
    assert replies.get("key 1") == StoredReply("1 ünï", 3, 4, "m", "stop")
    assert replies.get("none") is None


def test_migrations_make_the_tables_that_the_code_describes(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    engine = open_database(sqlite_url(tmp_path / "series.db"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    folder = Path(database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == database.HEAD


def test_opening_what_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    path.write_bytes(b"this is not a database at all, only some text" * 40)
    with pytest.raises(UserError, match="is not a series database"):
        open_database(sqlite_url(path))
    with pytest.raises(UserError, match="use SQLite or PostgreSQL"):
        open_database("mysql://user:secret@host/db")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(UserError) as error:
        open_database("postgresql://anna:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(error.value)


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "series.db")
    with open_database(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="newer smallscreen"):
        open_database(url)
