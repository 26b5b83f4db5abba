"""Who works in the studio: accounts with a role and a password, kept in the series database.

A viewer reads, an editor changes the series, an admin also changes the accounts. Passwords are kept as
argon2id hashes; nothing here logs or returns one. Every function checks what it is given and
raises UserError with a sentence for the person. Within `store.writing()` a change and its entry in
the audit log are one transaction; hash the password before, it takes a while.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal, NewType, get_args

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from smallscreen.errors import UserError
from smallscreen.series import tables
from smallscreen.series.store import Store, now

Role = Literal["viewer", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Hashed = NewType("Hashed", str)
"""A password as it is stored."""
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


def people(store: Store) -> list[Person]:
    """Every account, also those that may not log in any more, by name."""
    a = tables.account.c
    with store.reading() as c:
        rows = c.execute(sa.select(a.id, a.name, a.role, a.active, a.created_at).order_by(a.name)).all()
    return [Person(*r) for r in rows]


def any_accounts(store: Store) -> bool:
    """Whether anybody can log in."""
    return any(p.active for p in people(store))


def hashed(password: str, name: str) -> Hashed:
    """A new password of a person, to be stored. Raises UserError when it is too easy."""
    check_password(password, name)
    return _hash(password)


def add(store: Store, name: str, password: Hashed, role: Role) -> Person:
    """Make an account. Names that differ only in case are one name."""
    name = clean_name(name)
    _check_role(role)
    table = tables.account
    if any(p.name.casefold() == name.casefold() for p in people(store)):
        raise UserError(f"There is an account {name} already; give another name.")
    row = {"name": name, "password": password, "role": role, "active": True, "created_at": now()}
    try:
        with store.writing() as c:
            number = c.execute(table.insert().values(row).returning(table.c.id)).scalar_one()
    except sa.exc.IntegrityError:
        raise UserError(f"There is an account {name} already; give another name.") from None
    return Person(number, name, role, True, str(row["created_at"]))


def set_password(store: Store, person: Person, password: Hashed) -> None:
    """Give a person a new password, and end all their logins."""
    _update(store, person.id, password=password)
    _end_logins(store, person.id)


def set_role(store: Store, person: Person, role: Role) -> None:
    """Give a person another role; the last admin stays one."""
    _check_role(role)
    if role != "admin":
        _keep_an_admin(store, person)
    _update(store, person.id, role=role)


def set_active(store: Store, person: Person, active: bool) -> None:
    """Let a person log in, or not any more; what they did stays under their name."""
    if not active:
        _keep_an_admin(store, person)
    _update(store, person.id, active=active)
    if not active:
        _end_logins(store, person.id)


def remove(store: Store, person: Person) -> None:
    """Take an account out; what they did stays under their name."""
    if len(people(store)) > 1:
        _keep_an_admin(store, person)
    _end_logins(store, person.id)
    table = tables.account
    with store.writing() as c:
        c.execute(table.delete().where(table.c.id == person.id))


def find(store: Store, name: str) -> Person:
    """The account of that name. Raises UserError where there is none."""
    wanted = unicodedata.normalize("NFC", name).strip().casefold()
    for person in people(store):
        if person.name.casefold() == wanted:
            return person
    raise UserError(f"There is no account {name[:100]}; smallscreen studio-user list DIR shows all.")


def check(store: Store, name: str, password: str) -> Person | None:
    """The person, when name and password are right and the account is active; else None.

    It takes as long for a name that does not exist as for a wrong password.
    """
    a = tables.account.c
    wanted = unicodedata.normalize("NFC", name).strip()
    with store.reading() as c:
        row = c.execute(
            sa.select(a.id, a.name, a.role, a.active, a.created_at, a.password).where(a.name == wanted)
        ).one_or_none()
    nobody = _nobody()  # in any case: the first time takes longer
    stored = row.password if row is not None else nobody
    right = len(password) <= LONGEST and _verify(stored, password)
    if row is None or not row.active or not right:
        return None
    if _hasher.check_needs_rehash(stored):
        _update(store, row.id, password=_hash(password))
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


def _keep_an_admin(store: Store, person: Person) -> None:
    a = tables.account.c
    admins = sa.select(a.id).where((a.role == "admin") & a.active)
    with store.writing() as c:
        # Locked: of two admins who take each other's role at the same time, one is refused.
        there = set(c.execute(admins.order_by(a.id).with_for_update()).scalars())
    if there == {person.id}:
        raise UserError(f"{person.name} is the last admin; make another one first.")


def _update(store: Store, number: int, **values: object) -> None:
    table = tables.account
    with store.writing() as c:
        c.execute(table.update().where(table.c.id == number).values(**values))


def _end_logins(store: Store, number: int) -> None:
    table = tables.login
    with store.writing() as c:
        c.execute(table.delete().where(table.c.account_id == number))


def _hash(password: str) -> Hashed:
    with _hashing:
        return Hashed(_hasher.hash(_plain(password)))


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
