"""The rights page: which seconds of the series were found where, and what is ours or licensed. Read only."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, ClassVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from smallscreen.rights.words import clock, score
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.rights import catalogue_of, rights_page
from smallscreen.studio.views.rights_model import RightsPage

_COMMANDS = {
    "find": "smallscreen rights find FILES",
    "watch": "smallscreen rights watch FOLDER",
    "evidence": "smallscreen rights evidence",
}


class RightsRoom(Page):
    """`/rights`, where there is a catalogue."""

    id: ClassVar[str] = "rights"
    name: ClassVar[str] = "Rights"
    order: ClassVar[int | None] = 80
    link: ClassVar[str] = "/rights"

    def shown(self, studio: Studio) -> bool:
        return catalogue_of(studio.project) is not None

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/rights", response_class=HTMLResponse, include_in_schema=False)
        def page(request: Request, studio: TheStudio, account: Viewer) -> HTMLResponse:
            view = _view(request, studio)
            return render(
                request,
                "rights.html",
                page=self.id,
                title=i18n.translate(request.state.language, "Rights"),
                data=None,
                r=view,
                commands=_COMMANDS,
                clock=clock,
                score=score,
                counted={
                    s: sum(f.status == s for f in view.found) for s in ("copy", "licensed", "own release")
                },
            )

        @router.get("/api/rights")
        def twin(request: Request, studio: TheStudio, account: Viewer) -> RightsPage:
            """Matches of the series and the seconds that copies show. 404 where there is no catalogue."""
            return _view(request, studio)

        return router


def _view(request: Request, studio: Studio) -> RightsPage:
    kept: MutableMapping[str, Any] = studio.shared.setdefault("rights", {})
    view = rights_page(studio.here(), kept, request.state.language)
    if view is None:
        name = studio.project.root.name
        raise HTTPException(
            404,
            f"There is no catalogue yet; smallscreen rights add {name} --catalogue {name}/rights makes one.",
        )
    return view
