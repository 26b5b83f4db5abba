"""The series page `/`, its JSON twin `/api/series`, and `/api/search` over everything that was written or found."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.series import Kind, SearchPage, SeriesPage, search_page, series_page


class SeriesRoom(Page):
    id = "series"
    name = "Series"
    order = 10
    link = "/"

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/", response_class=HTMLResponse, include_in_schema=False)
        def page(request: Request, studio: TheStudio, account: Viewer) -> HTMLResponse:
            data = _series(studio).model_dump(mode="json", exclude_none=True)
            return render(request, "series.html", page=self.id, title=data["title"], data=data)

        @router.get("/api/series")
        def series(studio: TheStudio, account: Viewer) -> SeriesPage:
            """What is done in every episode of every edition, and the arc of every episode."""
            return _series(studio)

        @router.get("/api/search")
        def search(
            studio: TheStudio,
            account: Viewer,
            q: Annotated[str, Query(max_length=200)] = "",
            limit: Annotated[int, Query(ge=1, le=500)] = 60,
            kind: Annotated[list[Kind] | None, Query()] = None,
            edition: Annotated[str | None, Query(max_length=120)] = None,
        ) -> SearchPage:
            """Cues, lines, findings, characters and terms that hold `q`, upper and lower case alike."""
            kinds = tuple(kind) if kind else None
            return search_page(studio.store(), q, limit=limit, kinds=kinds, edition=edition)

        return router

    def warm(self, studio: Studio) -> None:
        """The matrix and its arcs: reading them is what makes a first visit slow."""
        _series(studio)


def _series(studio: Studio) -> SeriesPage:
    arcs: dict[str, Any] = studio.shared.setdefault("series.arcs", {})
    return series_page(studio.store(), arcs)
