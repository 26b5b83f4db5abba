"""A studio with accounts and a browser for each role, for the tests of what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import SRT, smallscreen
from tests.studio_server import PASSWORDS, StudioClient, running

SECRET = "Regenschirm-91-geheim"


FORBIDDEN = {"text/html": "/nowhere", "application/json": "/api/nowhere"}


def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of two small episodes."""
    root = tmp_path_factory.mktemp("studio") / "series"
    root.mkdir()
    for number in (1, 2):
        (root / f"ep{number:03d}.zh.srt").write_text(SRT, "utf-8")
    assert smallscreen("new", root, "--title", "无人知晓的片名").returncode == 0
    return root


def studio(project: Path) -> Iterator[StudioClient]:
    """A studio with accounts. Nobody is logged in with this client."""
    with running(project, accounts=True) as client:
        yield client


def people(studio: StudioClient) -> dict[str, StudioClient]:
    """A browser for each role."""
    found = {name: studio.another() for name in PASSWORDS}
    for name, client in found.items():
        assert client.login(name).status_code == 303
    return found


def stranger(studio: StudioClient) -> Iterator[StudioClient]:
    client = studio.another()
    yield client
    client.http.close()


def operations(client: StudioClient) -> list[tuple[str, str]]:
    """Every method and path of the description, with something in place of the parameters."""
    described = client.get("/api/openapi.json").json()["paths"]
    fill = {"edition": "en-US", "cue": "ep001.c0001", "path": "a.srt", "job": "1"}
    found = []
    for path, methods in described.items():
        real = re.sub(r"\{(\w+)\}", lambda m: fill.get(m[1], "1"), path)
        found += [(method.upper(), real) for method in methods if real != "/api/events"]
    return found


def assert_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';"), answer.url
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
