"""What a page of the studio is. To add one: a file in `pages/` with a subclass of `Page`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from fastapi import APIRouter

from smallscreen.studio.context import Studio


class Page(ABC):
    """One page and its JSON twin.

    `id` names it in addresses and templates; `name` is what the navigation calls it, in English (it is
    translated); `order` is its place there, None keeps it out of it. `link` is where the navigation leads,
    with `{edition}` and `{episode}` for the place that one is at.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    order: ClassVar[int | None] = None
    link: ClassVar[str] = "/"

    @abstractmethod
    def router(self) -> APIRouter:
        """The page's routes: HTML under its own path, JSON under `/api`, with models for both."""

    def shown(self, studio: Studio) -> bool:
        """Whether the series has anything for this page; a page that is not shown is not in the navigation."""
        return True

    def warm(self, studio: Studio) -> None:  # noqa: B027
        """Read ahead what the first visit would wait for; runs beside the server when it has started."""

    def close(self, studio: Studio) -> None:  # noqa: B027
        """End what the page keeps running; called once when the studio ends, and must not wait long."""
