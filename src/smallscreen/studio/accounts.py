"""Who works in the studio: accounts with a role and a password, kept in the series database.

A viewer reads, an editor changes the series, an admin also changes the accounts. Passwords are kept as
argon2id hashes; nothing here logs or returns one. Every function checks what it is given and
raises UserError with a sentence for the person.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from smallscreen.errors import UserError
from smallscreen.series import tables
from smallscreen.series.store import now

Role = Literal["viewer", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
SHORTEST, LONGEST = 10, 200
"""Characters of a password."""

_hasher = PasswordHasher()
_hashing = threading.BoundedSemaphore(2)
"""A hash takes 64 MiB and a core: many logins at once wait for each other instead of filling the memory."""


@dataclass(frozen=True)
class Account:
    """A person as the pages see them."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this person may do what needs `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True)
class Person:
    """An account as it is stored, without its password. `created_at` is UTC in ISO 8601."""

    id: int
    name: str
    role: Role
    active: bool
    created_at: str


def people(engine: sa.Engine) -> list[Person]:
    """Every account, also those that may not log in any more, by name."""
    a = tables.metadata.tables["account"].c
    with engine.connect() as c:
        rows = c.execute(sa.select(a.id, a.name, a.role, a.active, a.created_at).order_by(a.name)).all()
    return [Person(*r) for r in rows]


def any_accounts(engine: sa.Engine) -> bool:
    """Whether anybody can log in."""
    return any(p.active for p in people(engine))


def add(engine: sa.Engine, name: str, password: str, role: Role) -> Person:
    """Make an account. Names that differ only in case are one name."""
    name = clean_name(name)
    _check_role(role)
    check_password(password, name)
    table = tables.metadata.tables["account"]
    if any(p.name.casefold() == name.casefold() for p in people(engine)):
        raise UserError(f"There is an account {name} already; give another name.")
    row = {"name": name, "password": _hash(password), "role": role, "active": True, "created_at": now()}
    try:
        with engine.begin() as c:
            number = c.execute(table.insert().values(row).returning(table.c.id)).scalar_one()
    except sa.exc.IntegrityError:
        raise UserError(f"There is an account {name} already; give another name.") from None
    return Person(number, name, role, True, str(row["created_at"]))


def set_password(engine: sa.Engine, person: Person, password: str) -> None:
    """Give a person a new password, and end all their logins."""
    check_password(password, person.name)
    _update(engine, person.id, password=_hash(password))
    _end_logins(engine, person.id)


def set_role(engine: sa.Engine, person: Person, role: Role) -> None:
    """Give a person another role; the last admin stays one."""
    _check_role(role)
    if role != "admin":
        _keep_an_admin(engine, person)
    _update(engine, person.id, role=role)


def set_active(engine: sa.Engine, person: Person, active: bool) -> None:
    """Let a person log in, or not any more; what they did stays under their name."""
    if not active:
        _keep_an_admin(engine, person)
    _update(engine, person.id, active=active)
    if not active:
        _end_logins(engine, person.id)


def remove(engine: sa.Engine, person: Person) -> None:
    """Take an account out; what they did stays under their name."""
    if len(people(engine)) > 1:
        _keep_an_admin(engine, person)
    _end_logins(engine, person.id)
    table = tables.metadata.tables["account"]
    with engine.begin() as c:
        c.execute(table.delete().where(table.c.id == person.id))


def find(engine: sa.Engine, name: str) -> Person:
    """The account of that name. Raises UserError where there is none."""
    wanted = unicodedata.normalize("NFC", name).strip().casefold()
    for person in people(engine):
        if person.name.casefold() == wanted:
            return person
    raise UserError(f"There is no account {name[:100]}; smallscreen studio-user list DIR shows all.")


def check(engine: sa.Engine, name: str, password: str) -> Person | None:
    """The person, when name and password are right and the account is active; else None.

    It takes as long for a name that does not exist as for a wrong password.
    """
    a = tables.metadata.tables["account"].c
    wanted = unicodedata.normalize("NFC", name).strip()
    with engine.connect() as c:
        row = c.execute(
            sa.select(a.id, a.name, a.role, a.active, a.created_at, a.password).where(a.name == wanted)
        ).one_or_none()
    stored = row.password if row is not None else _nobody()
    right = len(password) <= LONGEST and _verify(stored, password)
    if row is None or not row.active or not right:
        return None
    if _hasher.check_needs_rehash(stored):
        _update(engine, row.id, password=_hash(password))
    return Person(row.id, row.name, row.role, row.active, row.created_at)


def clean_name(name: str) -> str:
    """The name as it is stored. Raises UserError when it is none."""
    name = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(name) <= 100 or any(unicodedata.category(x) in ("Cc", "Cs") for x in name):
        raise UserError("A name has 1 to 100 characters in one line; give another.")
    return name


def check_password(password: str, name: str) -> None:
    """Raises UserError when the password is too easy; the message does not hold it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(f"A password has {SHORTEST} to {LONGEST} characters; give another.")
    if len(set(password)) < 5 or password.casefold() == name.casefold():
        raise UserError("That password is too easy to guess; give another.")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UserError(f"There is no role {role[:20]!r}; the roles are {', '.join(ROLES)}.")


def _keep_an_admin(engine: sa.Engine, person: Person) -> None:
    others = [p for p in people(engine) if p.active and p.role == "admin" and p.id != person.id]
    if person.role == "admin" and person.active and not others:
        raise UserError(f"{person.name} is the last admin; make another one first.")


def _update(engine: sa.Engine, number: int, **values: object) -> None:
    table = tables.metadata.tables["account"]
    with engine.begin() as c:
        c.execute(table.update().where(table.c.id == number).values(**values))


def _end_logins(engine: sa.Engine, number: int) -> None:
    table = tables.metadata.tables["login"]
    with engine.begin() as c:
        c.execute(table.delete().where(table.c.account_id == number))


def _hash(password: str) -> str:
    with _hashing:
        return _hasher.hash(_plain(password))


def _verify(stored: str, password: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(stored, _plain(password))
        except (VerificationError, InvalidHashError):
            return False


def _plain(password: str) -> bytes:
    # Two keyboards may write one letter in two ways.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _nobody() -> str:
    """A hash that no password fits, to check against when there is no such account."""
    import secrets

    return _hash(secrets.token_urlsafe(32))
