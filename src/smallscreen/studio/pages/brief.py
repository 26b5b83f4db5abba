"""The brief: an edition's decisions in one place, for reading, printing and taking along."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from smallscreen.localize.brief import document
from smallscreen.localize.brief import page as printed
from smallscreen.localize.brief.model import GRADES
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer, edition_of
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.brief import BriefView, brief_view, made_brief

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class BriefPage(Page):
    """`/editions/{E}/brief`. Nothing is changed here: the TOML is, by people and by their tools."""

    id = "brief"
    name = "Brief"
    order = 40
    link = "/editions/{edition}/brief"

    def router(self) -> APIRouter:
        router = APIRouter()
        router.get("/editions/{edition}/brief", response_class=HTMLResponse, include_in_schema=False)(page)
        router.get("/api/editions/{edition}/brief")(brief)
        router.get("/api/editions/{edition}/brief.toml", response_class=Response)(toml)
        router.get("/api/editions/{edition}/brief.docx", response_class=Response)(docx)
        router.get("/api/editions/{edition}/brief.html", response_class=Response)(html)
        return router


def page(edition: str, request: Request, studio: TheStudio, person: Viewer) -> HTMLResponse:
    view = _view(studio, edition)
    shown = view.model_dump(mode="json", by_alias=True)
    return render(
        request, "brief.html", page="brief", title=f"{edition} brief", edition=edition, b=shown, grades=GRADES
    )


def brief(edition: str, studio: TheStudio, person: Viewer) -> BriefView:
    """Every decision of an edition, with the cues that it rests on."""
    return _view(studio, edition)


def toml(edition: str, studio: TheStudio, person: Viewer) -> Response:
    """The brief as the TOML that is obeyed, or as it is proposed where there is none."""
    made = made_brief(studio, edition_of(studio, edition))
    return _attached(made.text.encode(), "application/toml", f"{edition}.brief.toml")


def docx(edition: str, studio: TheStudio, person: Viewer) -> Response:
    """The brief as a document for a word processor."""
    made = made_brief(studio, edition_of(studio, edition))
    with tempfile.TemporaryDirectory(prefix="smallscreen-") as folder:
        path = Path(folder) / "brief.docx"
        document.write(made.brief, made.settled, path)
        return _attached(path.read_bytes(), _WORD, f"{edition}.brief.docx")


def html(edition: str, studio: TheStudio, person: Viewer) -> Response:
    """The brief as one HTML file that needs nothing else."""
    made = made_brief(studio, edition_of(studio, edition))
    text = printed.render(made.brief, made.settled)
    return _attached(text.encode("utf-8", "replace"), "text/html; charset=utf-8", f"{edition}.brief.html")


def _view(studio: Studio, name: str) -> BriefView:
    edition = edition_of(studio, name)
    return brief_view(made_brief(studio, edition), studio.store(), studio.project.root, edition)


def _attached(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    return Response(data, media_type=kind, headers=headers)
