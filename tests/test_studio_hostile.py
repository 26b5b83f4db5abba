"""Hostile texts, paths and bodies, what is never told, and how the studio starts and stops: through a real server."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import studio_guarded as guarded
from tests.conftest import SRT, smallscreen
from tests.studio_guarded import SECRET
from tests.studio_server import PASSWORDS, StudioClient, running

project = pytest.fixture(scope="module")(guarded.project)
studio = pytest.fixture(scope="module")(guarded.studio)
people = pytest.fixture(scope="module")(guarded.people)
stranger = pytest.fixture(guarded.stranger)


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
    people: dict[str, StudioClient], stranger: StudioClient, project: Path
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
    stored = b"".join(p.read_bytes() for p in project.glob("series.db*"))
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
