"""What routes ask for: the studio, the person, and that the person may do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from smallscreen.series.model import Edition
from smallscreen.studio.accounts import Account, Role
from smallscreen.studio.context import Studio


def _studio(request: Request) -> Studio:
    return request.app.state.studio  # type: ignore[no-any-return]


def _may(role: Role) -> Callable[[Request], Account]:
    def check(request: Request) -> Account:
        account: Account | None = request.state.account
        if account is None:
            raise HTTPException(401, "Log in first.")
        if not account.may(role):
            raise HTTPException(403, f"This needs the role {role}; {account.name} is {account.role}.")
        return account

    return check


TheStudio = Annotated[Studio, Depends(_studio)]
Viewer = Annotated[Account, Depends(_may("viewer"))]
Editor = Annotated[Account, Depends(_may("editor"))]
Admin = Annotated[Account, Depends(_may("admin"))]


def edition_of(studio: Studio, name: str) -> Edition:
    """The edition of that name; 404 where there is none."""
    for edition in studio.store().editions():
        if edition.name == name:
            return edition
    raise HTTPException(404, f"There is no edition {name}.")
