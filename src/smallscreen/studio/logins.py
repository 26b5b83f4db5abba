"""Who is logged in: a random cookie in the browser, its SHA-256 in the database.

A login ends when it was not used for `IDLE`, at the latest after `LONGEST`, when its person leaves, changes
the password or may not log in any more. It is looked up in the database at most every few
seconds, so what another process changes holds soon, and what this one changes at once.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from smallscreen.series import tables
from smallscreen.studio.accounts import Account, Person

if TYPE_CHECKING:
    from smallscreen.studio.context import Studio

IDLE = timedelta(hours=10)
"""A working day with a long break."""
LONGEST = timedelta(days=7)
_REMEMBER_S = 5.0
_SEEN = timedelta(minutes=1)
"""How exactly it is kept when a login was last used."""


@dataclass(frozen=True)
class Login:
    """A person's login: `digest` names it in the database, `csrf` is the token of its pages."""

    digest: str
    account_id: int
    account: Account
    csrf: str


class Logins:
    """The logins of a studio. For all threads."""

    def __init__(self, studio: Studio) -> None:
        self._engine = studio.project.store.engine
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Login]] = {}
        self._held: dict[str, tuple[float, int]] = {}

    def start(self, person: Person, old: Login | None = None) -> tuple[str, Login]:
        """A new login, in place of the one that the browser had; the cookie's value is given once, here."""
        token = secrets.token_urlsafe(32)
        login = Login(_digest(token), person.id, Account(person.name, person.role), secrets.token_urlsafe(32))
        at = datetime.now(UTC)
        table = tables.login
        row = {
            "token": login.digest,
            "account_id": person.id,
            "csrf": login.csrf,
            "created_at": _text(at),
            "seen_at": _text(at),
            "expires_at": _text(at + LONGEST),
        }
        with self._engine.begin() as c:
            dead = (table.c.expires_at < _text(at)) | (table.c.seen_at < _text(at - IDLE))
            c.execute(table.delete().where(dead))
            if old is not None:
                c.execute(table.delete().where(table.c.token == old.digest))
            c.execute(table.insert().values(row))
        if old is not None:
            self.forget(old.account_id)
        return token, login

    def known(self, token: str) -> Login | None:
        """The login of a cookie, when it was looked up a moment ago."""
        if not token:
            return None
        with self._lock:
            at, login = self._known.get(_digest(token), (0.0, None))
        return login if time.monotonic() - at < _REMEMBER_S else None

    def find(self, token: str) -> Login | None:
        """The login of a cookie, from the database; None when it ended or never was."""
        return self.look(_digest(token))

    def look(self, digest: str) -> Login | None:
        """The same by its digest."""
        login, account = tables.login, tables.account
        a = account.c
        query = sa.select(login, a.name, a.role, a.active).join(account, a.id == login.c.account_id)
        with self._engine.connect() as c:
            row = c.execute(query.where(login.c.token == digest)).mappings().one_or_none()
        at = datetime.now(UTC)
        if (
            row is None
            or not row["active"]
            or at > _time(row["expires_at"])
            or at > _time(row["seen_at"]) + IDLE
        ):
            with self._lock:
                self._known.pop(digest, None)
            return None
        if at > _time(row["seen_at"]) + _SEEN:
            with self._engine.begin() as c:
                c.execute(login.update().where(login.c.token == digest).values(seen_at=_text(at)))
        found = Login(digest, row["account_id"], Account(row["name"], row["role"]), row["csrf"])
        with self._lock:
            if len(self._known) > 1000:
                self._known.clear()
            self._known[digest] = (time.monotonic(), found)
        return found

    def recent(self, login: Login) -> bool:
        """Whether a login still stood a moment ago; asks no database."""
        with self._lock:
            at = max(self._known.get(login.digest, (0.0, None))[0], self._held.get(login.digest, (0.0, 0))[0])
        return time.monotonic() - at < _REMEMBER_S

    def holds(self, login: Login) -> bool:
        """Whether a login still stands; does not count as using it."""
        if self.recent(login):
            return True
        table, account = tables.login, tables.account
        query = sa.select(table.c.seen_at, table.c.expires_at, account.c.active)
        query = query.join(account, account.c.id == table.c.account_id).where(table.c.token == login.digest)
        with self._engine.connect() as c:
            row = c.execute(query).one_or_none()
        at = datetime.now(UTC)
        if row is None or not row.active or at > _time(row.expires_at) or at > _time(row.seen_at) + IDLE:
            return False
        with self._lock:
            if len(self._held) > 1000:
                self._held.clear()
            self._held[login.digest] = (time.monotonic(), login.account_id)
        return True

    def end(self, login: Login) -> None:
        """Log out here."""
        table = tables.login
        with self._engine.begin() as c:
            c.execute(table.delete().where(table.c.token == login.digest))
        self.forget(login.account_id)

    def forget(self, account_id: int) -> None:
        """Look a person's logins up anew: their account changed."""
        with self._lock:
            self._known = {k: v for k, v in self._known.items() if v[1].account_id != account_id}
            self._held = {k: v for k, v in self._held.items() if v[1] != account_id}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
