"""What the tests share: where real data lies (they skip without it), and a small series on disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from smallscreen.localize import checks
from tests.browser import SHOTS, browser  # noqa: F401  the latter is a fixture

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# A check that breaks must break the test, too.
checks.strict = True


@pytest.fixture(scope="session")
def series_29() -> Path:
    """80 episodes of real dialogue; the test is skipped where they are not."""
    folder = SHARED / "real" / "series-29"
    if not folder.is_dir():
        pytest.skip("needs the real dialogue in ../shared/real/series-29, which is not here")
    return folder


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the keys or the database of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("SMALLSCREEN_", "OPENAI_")) and name != SHOTS:
            monkeypatch.delenv(name)


SRT = """1
00:00:01,000 --> 00:00:02,500
外公 我回来了

2
00:00:03,000 --> 00:00:04,200
买伞 还是补伞？

3
00:00:05,000 --> 00:00:06,500
补人
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two small episodes, as a user has it before there is a series."""
    root = tmp_path / "my series"
    root.mkdir()
    (root / "ep001.zh.srt").write_text(SRT, "utf-8")
    (root / "ep002.zh.srt").write_text(SRT.replace("补人", "两斤肉 四十八块"), "utf-8")
    return root


def smallscreen(*args: object, env: dict[str, str] | None = None, **more: object):  # type: ignore[no-untyped-def]
    """Run the program as a user does, in a process of its own; gives the completed process."""
    import subprocess

    command = [sys.executable, "-m", "smallscreen", *map(str, args)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SMALLSCREEN_", "OPENAI_"))}
    return subprocess.run(
        command, capture_output=True, text=True, env={**environment, **(env or {})}, timeout=240, **more
    )  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def _postgres_server():  # type: ignore[no-untyped-def]
    from tests import postgres

    pytest.importorskip("psycopg", reason="needs the extra [postgres]")
    if postgres.find() is None:
        pytest.skip("PostgreSQL is not installed on this machine")
    try:
        with postgres.server() as url:
            yield url
    except RuntimeError as e:
        pytest.skip(str(e))


@pytest.fixture
def postgres_url(_postgres_server: str) -> str:
    """A new, empty database on a real PostgreSQL server."""
    import uuid

    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{_postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return f"{_postgres_server}/{name}"
