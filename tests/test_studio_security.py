"""What the studio refuses, and what it never tells: through a real server, as a stranger would try it."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import SRT, smallscreen
from tests.studio_server import PASSWORDS, StudioClient, running

SECRET = "Regenschirm-91-geheim"
FORBIDDEN = {"text/html": "/nowhere", "application/json": "/api/nowhere"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of two small episodes."""
    root = tmp_path_factory.mktemp("studio") / "series"
    root.mkdir()
    for number in (1, 2):
        (root / f"ep{number:03d}.zh.srt").write_text(SRT, "utf-8")
    assert smallscreen("new", root, "--title", "无人知晓的片名").returncode == 0
    return root


@pytest.fixture(scope="module")
def studio(project: Path) -> Iterator[StudioClient]:
    """A studio with accounts. Nobody is logged in with this client."""
    with running(project, accounts=True) as client:
        yield client


@pytest.fixture(scope="module")
def people(studio: StudioClient) -> dict[str, StudioClient]:
    """A browser for each role."""
    found = {name: studio.another() for name in PASSWORDS}
    for name, client in found.items():
        assert client.login(name).status_code == 303
    return found


@pytest.fixture
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


# --- headers -------------------------------------------------------------------------------


def assert_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';"), answer.url
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


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


# --- logins --------------------------------------------------------------------------------


def test_the_cookie(stranger: StudioClient) -> None:
    answer = stranger.login("viewer")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    value = cookie.split("=", 1)[1].split(";")[0]
    flags = {f.strip().lower() for f in cookie.split(";")[1:]}
    assert len(value) >= 43
    assert {"httponly", "samesite=strict", "path=/"} <= flags and "secure" not in flags
    assert answer.headers["location"] == "/"


def test_a_login_changes_the_cookie_and_the_token(stranger: StudioClient) -> None:
    def session() -> str:
        return next(v for k, v in stranger.http.cookies.items() if "session" in k)

    before = stranger.csrf()
    stranger.login("viewer")
    first, token = session(), stranger.csrf()
    assert token != before
    answer = stranger.post("/api/login", json={"name": "viewer", "password": PASSWORDS["viewer"]})
    assert answer.status_code == 200 and session() != first
    old = httpx.get(
        stranger.url + "/api/account",
        headers={"Cookie": f"smallscreen_session_{httpx.URL(stranger.url).port}={first}"},
    )
    assert old.status_code == 401


def test_the_login_page_tells_nothing(stranger: StudioClient, people: dict[str, StudioClient]) -> None:
    text = stranger.page("/login").text
    for secret in ("无人知晓的片名", "editor", "viewer", "admin", "en-US", "ep001"):
        assert secret not in text
    answer = stranger.login("viewer", "wrong, and long enough")
    assert answer.status_code == 401 and "无人知晓的片名" not in answer.text


@pytest.mark.parametrize(
    "there",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil",
        "/api/account",
    ],
)
def test_the_login_leads_nowhere_else(stranger: StudioClient, there: str) -> None:
    data = {"name": "viewer", "password": PASSWORDS["viewer"], "csrf": stranger.csrf(), "next": there}
    answer = stranger.http.post("/login", data=data)
    assert answer.headers["location"] == "/"


def test_leaving_ends_the_login_and_its_news(stranger: StudioClient) -> None:
    stranger.login("viewer")
    heard: list[str] = []
    cookies = dict(stranger.http.cookies)

    def listen() -> None:
        with httpx.stream("GET", stranger.url + "/api/events", cookies=cookies, timeout=40) as stream:
            heard.extend(stream.iter_lines())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    time.sleep(1)
    assert stranger.http.post("/logout", data={"csrf": stranger.csrf()}).status_code == 303
    assert httpx.get(stranger.url + "/api/account", cookies=cookies).status_code == 401
    thread.join(30)
    assert not thread.is_alive() and "event: logout" in heard


def test_a_new_password_ends_the_other_logins(people: dict[str, StudioClient], studio: StudioClient) -> None:
    admin = people["admin"]
    assert (
        admin.post("/api/people", json={"name": "once", "role": "viewer", "password": SECRET}).status_code
        == 201
    )
    here, there = studio.another(), studio.another()
    for client in (here, there):
        assert client.login("once", SECRET).status_code == 303
    wrong = here.put("/api/account/password", json={"old": "not this one", "new": SECRET + "2"})
    assert wrong.status_code == 403
    short = here.put("/api/account/password", json={"old": SECRET, "new": "short"})
    assert short.status_code == 400 and "short" not in short.text
    assert here.put("/api/account/password", json={"old": SECRET, "new": SECRET + "2"}).status_code == 204
    assert here.get("/api/account").status_code == 200
    assert there.get("/api/account").status_code == 401
    number = next(p["id"] for p in admin.get("/api/people").json() if p["name"] == "once")
    assert admin.patch(f"/api/people/{number}", json={"active": False}).json()["active"] is False
    assert here.get("/api/account").status_code == 401
    assert here.login("once", SECRET + "2").status_code == 401
    log = admin.get("/api/audit", params={"action": "password changed"}).json()
    assert [r["who"] for r in log["rows"]] == ["once"]


def test_a_login_ends_by_itself(project: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from smallscreen.series import tables
    from smallscreen.series.project import open_project
    from smallscreen.studio import accounts
    from smallscreen.studio.context import Studio
    from smallscreen.studio.logins import IDLE, LONGEST, Logins

    store = open_project(project).store
    logins = Logins(Studio(open_project(project)))
    person = accounts.find(store, "viewer") if accounts.people(store) else None
    if person is None:
        person = accounts.add(store, "viewer", accounts.hashed(PASSWORDS["viewer"], "viewer"), "viewer")
    for column, ago in (("seen_at", IDLE), ("expires_at", timedelta(0))):
        token, login = logins.start(person)
        assert logins.find(token) is not None and logins.holds(login)
        then = (datetime.now(UTC) - ago - timedelta(seconds=2)).isoformat(timespec="seconds")
        with store.writing() as c:
            c.execute(
                tables.login.update().where(tables.login.c.token == login.digest).values({column: then})
            )
        logins.forget(person.id)
        assert logins.find(token) is None and not logins.holds(login)
    assert LONGEST > IDLE
    assert logins.find("") is None and logins.find("x" * 500) is None


# --- guessing ------------------------------------------------------------------------------


def test_guessing_gets_slower_and_never_locks_out() -> None:
    from smallscreen.studio.throttle import FORGET_S, Throttle

    throttle, at, waits = Throttle(), 1000.0, []
    for _ in range(40):
        waits.append(throttle.wait("anna", "10.0.0.1", at))
        at += waits[-1]
        throttle.failed("anna", "10.0.0.1", at)
    assert waits[:3] == [0, 0, 0] and waits[3:7] == [1, 2, 4, 8] and max(waits) <= 300
    assert throttle.wait("anna", "10.0.0.1", at + FORGET_S + 1) == 0
    # From elsewhere the name waits a little, and its owner at home does not.
    assert 0 < throttle.wait("anna", "10.0.0.2", at) <= 60
    throttle.at_home("anna", "10.0.0.3")
    assert throttle.wait("Anna ", "10.0.0.3", at) == 0
    # Everybody else at an address waits with the one who guesses there.
    assert throttle.wait("ben", "10.0.0.1", at) > 0


def test_logins_of_a_whole_office_are_no_guessing() -> None:
    from smallscreen.studio.throttle import Throttle

    throttle = Throttle()
    for number in range(100):
        assert throttle.wait(f"n{number}", "10.0.0.1", 5.0) == 0
        throttle.failed(f"n{number}", "10.0.0.1", 5.0)
        throttle.passed(f"n{number}", "10.0.0.1")


def test_many_addresses_do_not_fill_the_memory() -> None:
    from smallscreen.studio.throttle import KEYS, Throttle

    throttle = Throttle()
    for number in range(KEYS):
        throttle.failed(f"n{number}", f"10.0.{number}", 5.0)
    assert len(throttle._failures) <= KEYS + 3


def test_guessing_over_the_wire_and_after_a_restart(project: Path) -> None:
    with running(project, accounts=True) as first:
        answers = [first.login("editor", f"wrong number {n}") for n in range(7)]
        assert [a.status_code for a in answers[:3]] == [401, 401, 401]
        late = [a for a in answers if a.status_code == 429]
        assert late and all(int(a.headers["retry-after"]) >= 1 for a in late)
        for n in range(3):  # on to longer waits
            while (a := first.login("editor", f"still wrong {n}")).status_code == 429:
                time.sleep(min(int(a.headers["retry-after"]), 5))
    from smallscreen.series.project import open_project
    from smallscreen.studio.context import Settings, Studio
    from smallscreen.studio.pages.account import _throttle

    again = _throttle(Studio(open_project(project), Settings(accounts=True)))
    assert again._failures["pair", "editor", "127.0.0.1"][0] >= 6


def test_an_unknown_name_takes_as_long(stranger: StudioClient) -> None:
    """The hash is computed for both; the limits leave room for a machine that is busy."""
    from smallscreen.studio import accounts

    times: dict[str, list[float]] = {"known": [], "unknown": []}
    store = _store_of(stranger)
    accounts.check(store, "viewer", "to begin with")
    for n in range(6):
        for kind, name in (("known", "viewer"), ("unknown", f"nobody {n}")):
            start = time.perf_counter()
            assert accounts.check(store, name, "some wrong password") is None
            times[kind].append(time.perf_counter() - start)
    known, unknown = min(times["known"]), min(times["unknown"])
    assert 0.5 < known / unknown < 2


_PROJECT: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def _remember(project: Path) -> None:
    _PROJECT[:] = [project]


def _store_of(_: StudioClient) -> Any:
    from smallscreen.series.project import open_project

    return open_project(_PROJECT[0]).store


# --- texts and files -----------------------------------------------------------------------

BAD_NAME = "<img src=x onerror=alert(1)>\"'</script><b>"


def test_a_name_is_shown_as_text(people: dict[str, StudioClient], studio: StudioClient) -> None:
    admin = people["admin"]
    new = {"name": BAD_NAME, "role": "viewer", "password": SECRET}
    assert admin.post("/api/people", json=new).json()["name"] == BAD_NAME
    bad = studio.another()
    assert bad.login(BAD_NAME, SECRET).status_code == 303
    bad.post("/api/where", json={"page": "<b>"})
    for text in (
        admin.page("/people").text,
        admin.page("/audit").text,
        bad.page("/account").text,
        bad.page("/").text,
    ):
        assert "<img src=x" not in text and "</script><b>" not in text
        assert "onerror" in text


@pytest.mark.parametrize(
    "path",
    ["../series.toml", "..%2fseries.toml", "%2e%2e/series.db", "..\\series.toml", "%2fetc%2fpasswd", "....//series.toml",
     "a/../../../series.db", "%00", "~/.profile", "..%252fseries.toml", "%c0%ae%c0%ae/series.toml"],
)  # fmt: skip
def test_no_way_out_of_the_files(people: dict[str, StudioClient], path: str) -> None:
    port = httpx.URL(people["viewer"].url).port or 0
    cookie = "; ".join(f"{k}={v}" for k, v in people["viewer"].http.cookies.items())
    for base in ("/static/", "/api/files/en-US/", "/api/files/..%2f..%2f/", "/api/files/../", "/media/"):
        answer = _raw(port, f"{base}{path}", cookie)
        assert re.match(rb"HTTP/1\.1 (400|404|405|422|307)", answer), (base, answer[:60])
        for secret in (b"[series]", b"SQLite format", b"root:", b"slug ="):
            assert secret not in answer


def _raw(port: int, path: str, cookie: str) -> bytes:
    """A request whose path no client has tidied."""
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        )
        s.sendall(head.encode())
        parts = []
        while part := s.recv(65536):
            parts.append(part)
        return b"".join(parts)


def test_large_bodies_are_refused(people: dict[str, StudioClient], stranger: StudioClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    editor = people["editor"]
    assert editor.post("/api/where", content=b" " * 1_000_001).status_code == 413
    assert stranger.post("/login", data={"name": "x" * 1_000_001}).status_code == 413
    for length in ("99999999999999999999", "-1", "1x"):
        answer = _raw_post(editor, length)
        assert re.match(rb"HTTP/1\.1 4\d\d", answer)
    try:
        chunked = editor.post("/api/where", content=endless(), headers={"Content-Type": "application/json"})
        assert chunked.status_code == 413
    except httpx.WriteError:
        pass  # the server closed while more was being sent: refused as well
    assert editor.get("/api/account").status_code == 200


def _raw_post(client: StudioClient, length: str) -> bytes:
    port = httpx.URL(client.url).port or 0
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(
            f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        return s.recv(65536)


# --- what is never told --------------------------------------------------------------------


def test_a_password_is_in_no_answer_and_no_log(
    people: dict[str, StudioClient], stranger: StudioClient
) -> None:
    admin = people["admin"]
    told: list[str] = []
    for body in (
        {"name": 7, "password": SECRET},
        {"name": SECRET, "password": SECRET},
        {"name": "editor", "password": [SECRET]},
        [SECRET],
        SECRET,
    ):
        told.append(stranger.post("/api/login", json=body).text)
    told.append(stranger.post("/login", data={"name": SECRET, "password": SECRET, "next": "/"}).text)
    told.append(stranger.post("/login", data={"name": "x" * 300, "password": SECRET}).text)
    told.append(admin.post("/api/people", json={"name": "a", "role": "king", "password": SECRET}).text)
    told.append(admin.post("/api/people", json={"name": "a\nb", "role": "viewer", "password": SECRET}).text)
    told.append(admin.post("/api/people", json={"name": "admin", "role": "viewer", "password": SECRET}).text)
    told.append(admin.get("/api/people").text + admin.get("/api/audit").text + admin.page("/audit").text)
    token = next(v for k, v in admin.http.cookies.items() if "session" in k)
    for text in (*told, stranger.log):
        assert SECRET not in text and "argon2" not in text and token not in text
    folder = _PROJECT[0]
    stored = b"".join(p.read_bytes() for p in folder.glob("series.db*"))
    assert SECRET.encode() not in stored and token.encode() not in stored


def test_the_log_is_quiet(studio: StudioClient) -> None:
    assert studio.log.strip().splitlines()[0].startswith("The studio is at http://")
    assert not re.search(r"GET /|POST /|Traceback", studio.log)


# --- starting and stopping -----------------------------------------------------------------


def test_others_need_accounts(tmp_path: Path) -> None:
    (tmp_path / "ep001.zh.srt").write_text(SRT, "utf-8")
    assert smallscreen("new", tmp_path).returncode == 0
    for words in (["--host", "0.0.0.0"], ["--allowed-host", "studio.example"], ["--accounts"]):
        done = smallscreen("studio", tmp_path, "--port", "0", "--no-browser", *words)
        assert done.returncode == 2 and "studio-user add" in done.stderr, words
    for words in (["--host", "0.0.0.0"], ["--allowed-host", "studio.example"]):
        done = smallscreen("studio", tmp_path, "--port", "0", "--no-browser", "--no-accounts", *words)
        assert done.returncode == 2 and "without a password" in done.stderr, words


def test_what_cannot_be_served(project: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = smallscreen("studio", project, "--no-accounts", "--port", str(port), "--no-browser")
    assert done.returncode == 2 and f"Port {port} is in use" in done.stderr
    done = smallscreen("studio", tmp_path / "none", "--no-browser")
    assert done.returncode == 2 and "There is no folder" in done.stderr
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:1/none"
    done = smallscreen("studio", project, "--no-browser", "--database", url)
    assert done.returncode == 2 and SECRET not in done.stderr
    done = smallscreen("studio", project, "--no-accounts", "--port", "70000", "--no-browser")
    assert done.returncode == 2 and "70000" in done.stderr
    done = smallscreen(
        "studio", project, "--no-accounts", "--port", "0", "--host", "none.invalid", "--no-browser"
    )
    assert done.returncode == 2


def test_ctrl_c_does_not_wait_for_open_pages(project: Path) -> None:
    with running(project) as alone:
        with alone.http.stream("GET", "/api/events") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry")
            start = time.monotonic()
            alone.process.send_signal(signal.SIGINT)
            assert alone.process.wait(10) == 0
            assert time.monotonic() - start < 4
        assert "Traceback" not in alone.log and "Cancel" not in alone.log


def test_behind_a_proxy(project: Path) -> None:
    with running(project, accounts=True, arguments=("--allowed-host", "studio.example")) as client:
        client.http.headers.update(
            {"Host": "studio.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        )
        page = client.page("/login")
        assert "secure" in page.headers["set-cookie"].lower()
        token = re.search(r'name="csrf" content="([^"]+)"', page.text)
        assert token
        data = {"name": "admin", "password": PASSWORDS["admin"], "csrf": token[1]}
        cookie = page.headers["set-cookie"].split(";")[0]
        headers = {"Cookie": cookie, "Origin": "https://studio.example"}
        answer = client.http.post("/login", data=data, headers=headers)
        assert answer.status_code == 303
        session = answer.headers["set-cookie"]
        assert session.startswith("__Host-") and "secure" in session.lower()
        rows = client.get("/api/audit", headers={"Cookie": session.split(";")[0]}).json()["rows"]
        assert rows[0]["detail"] == {"address": "203.0.113.7"}
        assert client.get("/", headers={"Host": "another.example"}).status_code == 400


def test_users_by_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "ep001.zh.srt").write_text(SRT, "utf-8")
    assert smallscreen("new", tmp_path).returncode == 0

    def user(*words: str, password: str = "") -> Any:
        return smallscreen("studio-user", words[0], tmp_path, *words[1:], input=password)

    assert user("add", "lead", "--role", "admin", "--password-stdin", password=SECRET + "\n").returncode == 0
    assert user("add", "Lead", "--password-stdin", password=SECRET + "\n").returncode == 2
    short = user("add", "other", "--password-stdin", password="short\n")
    assert short.returncode == 2 and "10 to 200" in short.stderr
    assert user("add", "other", "--role", "king", "--password-stdin", password=SECRET + "\n").returncode == 2
    assert user("role", "lead", "viewer").returncode == 2
    assert user("add", "other", "--password-stdin", password=SECRET + "\n").returncode == 0
    listed = json.loads(user("list", "--format", "json").stdout)
    assert [(p["name"], p["role"], p["active"]) for p in listed] == [
        ("lead", "admin", True),
        ("other", "editor", True),
    ]
    assert user("role", "other", "viewer").returncode == 0
    assert user("password", "other", "--password-stdin", password=SECRET + "3\n").returncode == 0
    assert user("remove", "other").returncode == 0
    gone = user("remove", "other")
    assert gone.returncode == 2 and "no account other" in gone.stderr
