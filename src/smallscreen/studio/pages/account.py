"""Login, one's own account, the people of the studio, and the log of who changed what."""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from smallscreen.errors import UserError
from smallscreen.series import editing, tables
from smallscreen.studio import accounts, said
from smallscreen.studio.accounts import Person, Role
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import Admin, TheStudio, Viewer
from smallscreen.studio.i18n import translate
from smallscreen.studio.logins import LONGEST, Logins
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.security import session_cookie
from smallscreen.studio.throttle import FORGET_S, Throttle

AUDIT_PAGE = 200
LOGIN, FAILED = "login", "login failed"
_LAST_ROWS = 20_000
_once = threading.Lock()

Password = Annotated[str, Field(max_length=accounts.LONGEST)]


class Credentials(BaseModel):
    """What a person logs in with."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class Me(BaseModel):
    """The person who asks; `csrf` is the token that changes need. `accounts`: people log in here."""

    name: str
    role: Role
    accounts: bool
    csrf: str


class NewPassword(BaseModel):
    """One's own password, before and after."""

    old: str = Field(max_length=1000)
    new: Password


class PersonRow(BaseModel):
    """An account."""

    id: int
    name: str
    role: Role
    active: bool
    created_at: str


class NewPerson(BaseModel):
    """An account to be made."""

    name: str = Field(max_length=100)
    role: Role
    password: Password


class PersonChange(BaseModel):
    """What is to change about an account; what is not given stays."""

    role: Role | None = None
    active: bool | None = None
    password: Password | None = None


class AuditRow(BaseModel):
    """One change: when (UTC, ISO 8601), by whom, what, where."""

    id: int
    at: str
    who: str
    action: str
    edition: str | None
    place: str | None
    detail: dict[str, Any]


class AuditLog(BaseModel):
    """The newest first; `older` is the `before` of the next page, None on the last one."""

    rows: list[AuditRow]
    older: int | None
    actions: list[str]


class AccountPage(Page):
    """Everything about accounts. Not in the navigation: the person's name in the bar leads here."""

    id = "account"
    name = "Account"
    link = "/account"

    def router(self) -> APIRouter:
        router = APIRouter()
        html = {"response_class": HTMLResponse, "include_in_schema": False}
        router.get("/login", **html)(_login_page)  # type: ignore[arg-type]
        router.post("/login", **html)(_login_form)  # type: ignore[arg-type]
        router.post("/logout", **html)(_logout_form)  # type: ignore[arg-type]
        router.get("/account", **html)(_account_page)  # type: ignore[arg-type]
        router.get("/people", **html)(_people_page)  # type: ignore[arg-type]
        router.get("/audit", **html)(_audit_page)  # type: ignore[arg-type]
        router.post("/api/login")(_login)
        router.post("/api/logout", status_code=204, response_class=Response)(_logout)
        router.get("/api/account")(_me)
        router.put("/api/account/password", status_code=204, response_class=Response)(_change_password)
        router.get("/api/people")(_people)
        router.post("/api/people", status_code=201)(_add_person)
        router.patch("/api/people/{number}")(_change_person)
        router.get("/api/audit")(_audit)
        return router


# --- login ---------------------------------------------------------------------------------


def _login_page(request: Request, studio: TheStudio, next: str = "/") -> Response:
    if request.state.account is not None:
        return RedirectResponse(_inside(next), 303)
    return _show_login(request, next)


def _login_form(
    request: Request,
    studio: TheStudio,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    answer = RedirectResponse(_inside(next), 303)
    try:
        _start(request, studio, answer, Credentials(name=name, password=password))
    except HTTPException as refused:
        page = _show_login(request, next, str(refused.detail), refused.status_code)
        page.headers.update(refused.headers or {})
        return page
    return answer


def _show_login(request: Request, next: str, problem: str = "", status: int = 200) -> Response:
    title = translate(request.state.language, "Log in")
    return render(
        request, "login.html", page="login", title=title, status=status, next=_inside(next), problem=problem
    )


def _login(request: Request, response: Response, who: Credentials, studio: TheStudio) -> Me:
    """Log in; the cookie of the answer is the login."""
    person, csrf = _start(request, studio, response, who)
    return Me(name=person.name, role=person.role, accounts=True, csrf=csrf)


def _start(request: Request, studio: Studio, answer: Response, who: Credentials) -> tuple[Person, str]:
    language, address = request.state.language, request.state.address
    if not studio.settings.accounts:
        raise HTTPException(404, translate(language, "Nobody needs to log in here."))
    throttle = _throttle(studio)
    wait = throttle.wait(who.name, address)
    if wait > 0:
        words = translate(
            language, "Too many tries; wait {seconds} s and try again.", seconds=math.ceil(wait)
        )
        raise HTTPException(429, words, {"Retry-After": str(math.ceil(wait))})
    store = studio.store()
    # Counted before it is known: many tries at once do not all get through.
    throttle.failed(who.name, address)
    person = accounts.check(store, who.name, who.password)
    if person is None:
        # A name that nobody has may be a password in the wrong field: it is not kept.
        names = {p.name.casefold(): p.name for p in accounts.people(store)}
        known = names.get(who.name.strip().casefold(), "")
        editing.record(store, known, FAILED, address=address)
        raise HTTPException(401, translate(language, "Name or password is wrong."))
    throttle.passed(who.name, address)
    logins: Logins = studio.shared["logins"]
    token, login = logins.start(person, request.state.login)
    editing.record(store, person.name, LOGIN, address=address)
    _set_cookie(request, studio, answer, token)
    return person, login.csrf


def _logout_form(request: Request, studio: TheStudio) -> Response:
    answer = RedirectResponse("/login", 303)
    _logout(request, answer, studio)
    return answer


def _logout(request: Request, response: Response, studio: TheStudio) -> None:
    """End this browser's login."""
    login = request.state.login
    if login is not None:
        studio.shared["logins"].end(login)
        editing.record(studio.store(), login.account.name, "logout", address=request.state.address)
    response.delete_cookie(session_cookie(studio, request.url.scheme), secure=request.url.scheme == "https")


def _set_cookie(request: Request, studio: Studio, answer: Response, token: str) -> None:
    https = request.url.scheme == "https"
    answer.set_cookie(
        session_cookie(studio, request.url.scheme),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=https,
        httponly=True,
        samesite="strict",
    )


def _inside(next: str) -> str:
    """A page of the studio to go on to, never one elsewhere."""
    fine = next.startswith("/") and not next.startswith(("//", "/\\", "/login", "/logout", "/api", "/static"))
    return next if fine and next.isprintable() and "\\" not in next else "/"


def _throttle(studio: Studio) -> Throttle:
    with _once:
        throttle = studio.shared.get("throttle")
        if throttle is None:
            throttle = Throttle()
            throttle.remember(_tries(studio))
            studio.shared["throttle"] = throttle
    assert isinstance(throttle, Throttle)
    return throttle


def _tries(studio: Studio) -> list[tuple[bool, str, str, float]]:
    a = tables.audit.c
    query = sa.select(a.who, a.action, a.at, a.detail).where(a.series_id == studio.store().series_id)
    last = query.order_by(a.id.desc()).limit(_LAST_ROWS).subquery()
    with studio.store().engine.connect() as c:
        rows = c.execute(sa.select(last).where(last.c.action.in_([LOGIN, FAILED]))).all()
    found = []
    for who, action, at, detail in reversed(rows):
        when = datetime.fromisoformat(at).timestamp()
        if action == LOGIN or time.time() - when < FORGET_S:
            found.append((action == LOGIN, who, str(detail.get("address", "")), when))
    return found


# --- one's own account ---------------------------------------------------------------------


def _me(request: Request, studio: TheStudio, account: Viewer) -> Me:
    """Who one is here."""
    return Me(
        name=account.name, role=account.role, accounts=studio.settings.accounts, csrf=request.state.csrf
    )


def _account_page(request: Request, studio: TheStudio, account: Viewer) -> Response:
    title = translate(request.state.language, "Account")
    return render(request, "account.html", page="account", title=title, shortest=accounts.SHORTEST)


def _change_password(
    request: Request, response: Response, change: NewPassword, studio: TheStudio, account: Viewer
) -> None:
    """Change one's password. All logins end; this browser gets a new one."""
    login, language, address = request.state.login, request.state.language, request.state.address
    if login is None:
        raise HTTPException(404, translate(language, "Nobody needs to log in here."))
    store, throttle = studio.store(), _throttle(studio)
    wait = throttle.wait(account.name, address)
    if wait > 0:
        words = translate(
            language, "Too many tries; wait {seconds} s and try again.", seconds=math.ceil(wait)
        )
        raise HTTPException(429, words, {"Retry-After": str(math.ceil(wait))})
    person = accounts.check(store, account.name, change.old)
    if person is None:
        throttle.failed(account.name, address)
        editing.record(store, account.name, FAILED, address=address)
        raise HTTPException(403, translate(language, "The old password is wrong."))
    hashed = accounts.hashed(change.new, person.name)
    with store.writing():
        accounts.set_password(store, person, hashed)
        editing.record(store, person.name, "password changed", address=address)
    logins: Logins = studio.shared["logins"]
    logins.forget(person.id)
    token, _ = logins.start(person)
    _set_cookie(request, studio, response, token)


# --- people --------------------------------------------------------------------------------


def _people_page(request: Request, studio: TheStudio, account: Admin) -> Response:
    title = translate(request.state.language, "People")
    data = [p.model_dump() for p in _people(studio, account)]
    return render(request, "people.html", page="people", title=title, data=data, shortest=accounts.SHORTEST)


def _people(studio: TheStudio, account: Admin) -> list[PersonRow]:
    """Everybody who has an account."""
    return [_row(p) for p in accounts.people(studio.store())]


def _add_person(new: NewPerson, studio: TheStudio, account: Admin) -> PersonRow:
    """Make an account."""
    store = studio.store()
    name = accounts.clean_name(new.name)
    hashed = accounts.hashed(new.password, name)
    with store.writing():
        person = accounts.add(store, name, hashed, new.role)
        editing.record(store, account.name, "account added", account=person.name, role=person.role)
    return _row(person)


def _change_person(number: int, change: PersonChange, studio: TheStudio, account: Admin) -> PersonRow:
    """Give a person another role or password, or let them log in or not."""
    store = studio.store()
    person = _person(studio, number)
    hashed = None if change.password is None else accounts.hashed(change.password, person.name)
    with store.writing():
        person = _person(studio, number)
        if change.role is not None and change.role != person.role:
            accounts.set_role(store, person, change.role)
            editing.record(store, account.name, "role changed", account=person.name, role=change.role)
        if change.active is not None and change.active != person.active:
            accounts.set_active(store, person, change.active)
            action = "account activated" if change.active else "account deactivated"
            editing.record(store, account.name, action, account=person.name)
        if hashed is not None:
            accounts.set_password(store, person, hashed)
            editing.record(store, account.name, "password reset", account=person.name)
    studio.shared["logins"].forget(person.id)
    return _row(_person(studio, number))


def _person(studio: Studio, number: int) -> Person:
    for person in accounts.people(studio.store()):
        if person.id == number:
            return person
    raise HTTPException(404, "There is no such account.")


def _row(person: Person) -> PersonRow:
    return PersonRow(
        id=person.id, name=person.name, role=person.role, active=person.active, created_at=person.created_at
    )


# --- the log -------------------------------------------------------------------------------


def _audit_page(
    request: Request,
    studio: TheStudio,
    account: Admin,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    who: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    log = _audit(studio, account, before, who, action)
    title = translate(request.state.language, "Log of changes")
    return render(
        request, "audit.html", page="audit", title=title, log=log, who=who, action=action, before=before,
        details=said.DETAILS,
    )  # fmt: skip


def _audit(
    studio: TheStudio,
    account: Admin,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    who: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=40)] = "",
) -> AuditLog:
    """Who changed what, the newest first, 200 at a time; `who` and `action` are exact."""
    a = tables.audit.c
    here = a.series_id == studio.store().series_id
    query = sa.select(a.id, a.at, a.who, a.action, a.edition, a.place, a.detail).where(here)
    for column, wanted in ((a.who, who), (a.action, action)):
        if wanted:
            if "\x00" in wanted:
                raise UserError("A name has no such character; give another.")
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(a.id < before)
    with studio.store().engine.connect() as c:
        rows = c.execute(query.order_by(a.id.desc()).limit(AUDIT_PAGE + 1)).mappings().all()
        actions = c.execute(sa.select(a.action).where(here).distinct().order_by(a.action)).scalars().all()
    shown = [AuditRow(**r) for r in rows[:AUDIT_PAGE]]
    return AuditLog(rows=shown, older=shown[-1].id if len(rows) > AUDIT_PAGE else None, actions=list(actions))
