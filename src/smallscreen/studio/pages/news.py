"""News: what others change and where they are, as a stream of events. No page of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from smallscreen.series.store import now
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer
from smallscreen.studio.logins import Login, Logins
from smallscreen.studio.page import Page

HERE_S = 90
"""Who did not say where they are for so long is gone."""
PAUSE_S = 0.9
"""How often a person may say so for one page; what comes faster is passed over."""


class Where(BaseModel):
    """The place that a person's page shows."""

    page: str = Field(min_length=1, max_length=40)
    edition: str | None = Field(None, max_length=110)
    episode: int | None = Field(None, ge=0, le=1_000_000)
    cue: str | None = Field(None, max_length=32)


class Presence(Where):
    """Who is where; `at` is UTC in ISO 8601."""

    who: str
    at: str


class NewsPage(Page):
    """The stream of news, and presence."""

    id = "news"
    name = "News"

    def router(self) -> APIRouter:
        router = APIRouter()
        router.get(
            "/api/events",
            response_class=StreamingResponse,
            responses={
                200: {"content": {"text/event-stream": {}}, "description": "News, until the login ends."}
            },
        )(_events)
        router.post("/api/where", status_code=204, response_class=Response)(_say_where)
        router.get("/api/where")(_who_is_where)
        return router


async def _events(request: Request, studio: TheStudio, account: Viewer) -> StreamingResponse:
    """News as Server-Sent Events: line, decision, episode, where, job."""
    return StreamingResponse(
        _stream(studio, request.state.login),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(studio: Studio, login: Login | None) -> AsyncIterator[str]:
    logins: Logins = studio.shared["logins"]
    async with aclosing(studio.bus.listen()) as news:  # type: ignore[type-var]
        async for text in news:
            if studio.shared.get("closing"):
                return
            # Nobody hears anything after their login ended.
            if login and not (logins.recent(login) or await run_in_threadpool(logins.holds, login)):
                yield "event: logout\ndata: {}\n\n"
                return
            yield text


def _say_where(where: Where, studio: TheStudio, account: Viewer) -> None:
    """Say which place one's page shows; the others' pages hear it."""
    people = _people(studio)
    at = time.monotonic()
    with people.lock:
        last = people.places.get((account.name, where.page))
        if last is not None and at - last[0] < PAUSE_S:
            return
        said = Presence(**where.model_dump(), who=account.name, at=now())
        people.places[account.name, where.page] = (at, said)
        if len(people.places) > 500:
            people.places = {k: v for k, v in people.places.items() if at - v[0] < HERE_S}
    studio.bus.publish("where", **said.model_dump())


def _who_is_where(studio: TheStudio, account: Viewer) -> list[Presence]:
    """Everybody who said where they are in the last moments, each person's latest place first."""
    people, at = _people(studio), time.monotonic()
    with people.lock:
        there = [v for v in people.places.values() if at - v[0] < HERE_S]
    return [said for _, said in sorted(there, key=lambda v: -v[0])]


class _People:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.places: dict[tuple[str, str], tuple[float, Presence]] = {}


def _people(studio: Studio) -> _People:
    people: Any = studio.shared.setdefault("presence", _People())
    assert isinstance(people, _People)
    return people
