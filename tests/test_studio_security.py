"""What the studio refuses: headers, hosts, pages of others and roles, through a real server, as a stranger would try it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import studio_guarded as guarded
from tests.studio_guarded import SECRET, assert_headers, operations
from tests.studio_server import StudioClient, running

project = pytest.fixture(scope="module")(guarded.project)
studio = pytest.fixture(scope="module")(guarded.studio)
people = pytest.fixture(scope="module")(guarded.people)
stranger = pytest.fixture(guarded.stranger)


def test_headers_are_on_every_answer(people: dict[str, StudioClient], stranger: StudioClient) -> None:
    admin = people["admin"]
    pages = ["/", "/login", "/account", "/people", "/audit", "/episodes/1", "/episodes/99", "/nowhere"]
    answers = [admin.page(p) for p in pages] + [stranger.page(p) for p in pages]
    answers += [c.get(p) for c in (admin, stranger) for m, p in operations(admin) if m == "GET"]
    answers += [stranger.get(p) for p in ("/static/base.js", "/static/none.js", "/static/", "/static")]
    answers += [
        stranger.http.post("/login"),
        stranger.http.request("DELETE", "/"),
        stranger.get("/", headers={"Host": "evil.example"}),
        admin.post("/api/people", content=b"{"),
        admin.post("/api/people", content=b"x" * 2_000_000),
    ]
    for answer in answers:
        assert_headers(answer)
        assert answer.status_code < 500, answer.url
        if not answer.url.path.startswith(("/static", "/media")):
            assert answer.headers["cache-control"] == "no-store", answer.url


def test_a_mistake_of_ours_has_headers_too_and_tells_nothing(project: Path, caplog: Any) -> None:
    import asyncio

    from smallscreen.series.project import open_project
    from smallscreen.studio.app import make_app
    from smallscreen.studio.context import Studio

    app = make_app(Studio(open_project(project)))

    @app.get("/api/broken")
    def broken() -> None:
        raise ValueError(SECRET)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8787") as client:
            return await client.get("/api/broken")

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert_headers(answer)
    assert SECRET not in answer.text and SECRET not in caplog.text
    assert "in broken" in caplog.text


def test_static_files_are_kept_by_their_version(stranger: StudioClient) -> None:
    assert "immutable" in stranger.get("/static/base.css?v=1").headers["cache-control"]
    assert stranger.get("/static/base.js").headers["cache-control"] == "no-cache"


# --- which host, which page ----------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8787", "localhost.evil.example", "192.168.1.9", "", "a@localhost", "[::2]", "localhost:x"]
)  # fmt: skip
def test_another_name_is_refused(stranger: StudioClient, host: str) -> None:
    for path in ("/", "/login", "/api/series", "/static/base.js"):
        answer = stranger.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text


def test_localhost_is_ours(stranger: StudioClient) -> None:
    port = httpx.URL(stranger.url).port
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", "localhost."):
        assert stranger.get("/login", headers={"Host": host}).status_code == 200


def test_a_change_needs_the_token(people: dict[str, StudioClient], stranger: StudioClient) -> None:
    editor = people["editor"]
    where = {"page": "timeline"}
    assert editor.http.post("/api/where", json=where).status_code == 403
    others = people["viewer"].csrf()
    for token in ("x", "é", others, stranger.csrf()):
        answer = editor.http.post("/api/where", json=where, headers={"X-CSRF-Token": token.encode()})
        assert answer.status_code == 403
    assert editor.post("/api/where", json=where).status_code == 204
    # A form of another page: it can send neither a header nor the field.
    for data in ({}, {"csrf": ""}, {"csrf": "x" * 43}):
        assert editor.http.post("/logout", data=data).status_code == 403
    assert editor.get("/api/account").status_code == 200


def test_every_change_is_refused_without_the_token(people: dict[str, StudioClient]) -> None:
    for method, path in operations(people["admin"]):
        if method != "GET":
            answer = people["admin"].http.request(method, path, json={})
            assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": ""},
     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_another_origin_is_refused_even_with_the_token(
    people: dict[str, StudioClient], headers: dict[str, str]
) -> None:
    assert people["editor"].post("/api/where", json={"page": "a"}, headers=headers).status_code == 403


def test_its_own_origin_is_not(people: dict[str, StudioClient]) -> None:
    editor = people["editor"]
    headers = {"Origin": editor.url, "Sec-Fetch-Site": "same-origin"}
    assert editor.post("/api/where", json={"page": "b"}, headers=headers).status_code == 204


def test_without_accounts_changes_need_the_token_too(project: Path) -> None:
    with running(project) as alone:
        assert alone.get("/api/account").json()["role"] == "admin"
        assert alone.http.post("/api/where", json={"page": "a"}).status_code == 403
        assert alone.post("/api/where", json={"page": "a"}).status_code == 204
        bare = httpx.Client(base_url=alone.url)
        assert (
            bare.post("/api/where", json={"page": "a"}, headers={"X-CSRF-Token": "y" * 43}).status_code == 403
        )
        assert alone.get("/", headers={"Host": "rebound.example"}).status_code == 400


# --- roles ---------------------------------------------------------------------------------

ANYBODY = {("POST", "/api/login")}


ONESELF = {
    ("POST", "/api/login"),
    ("POST", "/api/logout"),
    ("PUT", "/api/account/password"),
    ("POST", "/api/where"),
}


RECKONS = {("POST", "/api/business/scenario")}


"""Works something out from what is sent, and stores nothing."""


ADMINS = ("/api/people", "/api/audit")


def test_a_stranger_gets_nothing(people: dict[str, StudioClient], stranger: StudioClient) -> None:
    for method, path in operations(people["admin"]):
        if (method, path) not in ANYBODY:
            answer = stranger.send(method, path, json={}) if method != "GET" else stranger.get(path)
            assert answer.status_code == 401, (method, path)
    for path in (
        "/",
        "/account",
        "/people",
        "/audit",
        "/episodes/1",
        "/media/1",
        "/nowhere",
        "/api/openapi.json",
    ):
        assert stranger.get(path).status_code == 401
        page = stranger.http.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers.get("location", "")[:6]) in ((303, "/login"), (401, ""))


def test_a_viewer_changes_nothing(people: dict[str, StudioClient]) -> None:
    free = ONESELF | RECKONS
    changing = [(m, p) for m, p in operations(people["admin"]) if m != "GET" and (m, p) not in free]
    assert len(changing) >= 4
    for method, path in changing:
        assert people["viewer"].send(method, path, json={}).status_code == 403, (method, path)


def test_only_an_admin_sees_people_and_the_log(people: dict[str, StudioClient]) -> None:
    for method, path in operations(people["admin"]):
        if path.startswith(ADMINS):
            for name in ("viewer", "editor"):
                client = people[name]
                answer = client.get(path) if method == "GET" else client.send(method, path, json={})
                assert answer.status_code == 403, (method, path)
    for path in ("/people", "/audit"):
        assert people["editor"].page(path).status_code == 403
        assert people["admin"].page(path).status_code == 200


def test_there_is_always_an_admin(people: dict[str, StudioClient]) -> None:
    admin = people["admin"]
    number = next(p["id"] for p in admin.get("/api/people").json() if p["name"] == "admin")
    for change in ({"role": "viewer"}, {"active": False}):
        answer = admin.patch(f"/api/people/{number}", json=change)
        assert answer.status_code == 400 and "last admin" in answer.json()["detail"]
