"""The studio's API against its own description: schemathesis sends what the description allows and what it does not.

No answer may be a mistake of the server (5xx), and each must be one that the description names, of its
kind and shape.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio_server import StudioClient, localized_sample, running

pytest.importorskip("schemathesis")

SECONDS = 60
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioClient]:
    with running(localized_sample(tmp_path_factory.mktemp("studio") / "sample")) as client:
        yield client


def test_every_answer_is_described(studio: StudioClient, tmp_path: Path) -> None:
    """The run ends when every operation has had its share, after a minute at the latest."""
    token = studio.csrf()
    words = [
        *("run", f"{studio.url}/api/openapi.json", "--url", studio.url),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        # The stream of news never ends; pages for people answer with a page, not as described.
        *("--exclude-path-regex", "^/(api/events|episodes|editions)"),
        *("--max-time", str(SECONDS), "--request-timeout", "20", "--seed", "1", "--continue-on-failure"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *(
            "-H",
            f"X-CSRF-Token: {token}",
            "-H",
            f"Cookie: smallscreen_csrf={studio.http.cookies['smallscreen_csrf']}",
        ),
    ]
    program = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [str(program if program.exists() else shutil.which("schemathesis")), *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=SECONDS * 4,
    )
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2000:] + studio.log[-4000:]
    assert studio.get("/api/series").status_code == 200
    assert "a request failed" not in studio.log


def test_description_is_complete(studio: StudioClient) -> None:
    """Every operation under /api says what it is for, and what its answer looks like."""
    described = studio.get("/api/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if not path.startswith("/api"):
                continue
            assert operation.get("description"), f"{method} {path} says nothing"
            good = next(v for k, v in operation["responses"].items() if k.startswith("2"))
            content = good.get("content", {})
            assert all(v.get("schema") != {} for k, v in content.items() if k == "application/json"), (
                f"{method} {path} does not say what its answer looks like"
            )
