"""Logging in to the studio, guessing passwords, and who may be asked to leave: through a real server."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from tests import studio_guarded as guarded
from tests.studio_guarded import SECRET
from tests.studio_server import PASSWORDS, StudioClient, running

project = pytest.fixture(scope="module")(guarded.project)
studio = pytest.fixture(scope="module")(guarded.studio)
people = pytest.fixture(scope="module")(guarded.people)
stranger = pytest.fixture(guarded.stranger)


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


def test_an_unknown_name_takes_as_long(project: Path) -> None:
    """The hash is computed for both; the limits leave room for a machine that is busy."""
    from smallscreen.series.project import open_project
    from smallscreen.studio import accounts

    times: dict[str, list[float]] = {"known": [], "unknown": []}
    store = open_project(project).store
    accounts.check(store, "viewer", "to begin with")
    for n in range(6):
        for kind, name in (("known", "viewer"), ("unknown", f"nobody {n}")):
            start = time.perf_counter()
            assert accounts.check(store, name, "some wrong password") is None
            times[kind].append(time.perf_counter() - start)
    known, unknown = min(times["known"]), min(times["unknown"])
    assert 0.5 < known / unknown < 2
