"""The audience: survival, completion, retention by second, why they left, experiments and the quality of the data."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from smallscreen.errors import UserError
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import Editor, TheStudio, Viewer
from smallscreen.studio.jobs import Tell, jobs_of
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.audience import (
    audience_page,
    episode_curves,
    in_language,
    stored_summary,
)
from smallscreen.studio.views.audience_model import AudiencePage, EpisodeCurves

JOB = "audience"
Name = Annotated[str | None, Query(max_length=100)]


class Measuring(BaseModel):
    """The job that measures: GET /api/jobs/{job} says how far it is."""

    job: str


class AudienceRoom(Page):
    """`/audience?edition=E&episode=N`, where the lake has events of the series."""

    id: ClassVar[str] = "audience"
    name: ClassVar[str] = "Audience"
    order: ClassVar[int | None] = 50
    link: ClassVar[str] = "/audience?edition={edition}"

    def shown(self, studio: Studio) -> bool:
        from smallscreen.audience.stored import has_viewing

        return has_viewing(studio.project)

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/audience", response_class=HTMLResponse, include_in_schema=False)
        def page(
            request: Request,
            studio: TheStudio,
            account: Viewer,
            edition: Name = None,
            episode: Annotated[int | None, Query(ge=1)] = None,
        ) -> HTMLResponse:
            self._there(studio)
            # Kept from another page, an edition may be one that nobody watched.
            seen = _seen(studio)
            name = edition if edition in seen else None
            view = in_language(_page(studio, name, episode), request.state.language)
            return render(
                request,
                "audience.html",
                page=self.id,
                title=i18n.translate(request.state.language, "Audience"),
                data=view.model_dump(mode="json"),
                edition=view.edition or edition,
                a=view,
            )

        @router.get("/api/audience")
        def twin(
            request: Request,
            studio: TheStudio,
            account: Viewer,
            edition: Name = None,
            episode: Annotated[int | None, Query(ge=1)] = None,
        ) -> AudiencePage:
            """What the audience page shows: every figure with its interval and its denominator."""
            self._there(studio)
            return in_language(_page(studio, edition, episode), request.state.language)

        @router.get("/api/audience/episodes/{number}")
        def episode(number: int, studio: TheStudio, account: Viewer, edition: Name = None) -> EpisodeCurves:
            """Retention by second of an episode, in all editions of the edition's market."""
            try:
                summary = stored_summary(studio.store())
                seen = summary["editions"]
                return episode_curves(studio.store(), summary, edition or next(iter(seen)), number)
            except UserError as error:
                raise HTTPException(404, str(error)) from error

        @router.post("/api/audience", status_code=202)
        def measure(studio: TheStudio, account: Editor) -> Measuring:
            """Measure the viewing and ask why they left, in the background."""
            self._there(studio)
            return Measuring(job=_measure(studio, account.name))

        return router

    def _there(self, studio: Studio) -> None:
        if not self.shown(studio):
            raise HTTPException(
                404, "This series has no viewing yet; bring some in with smallscreen audience import."
            )


def _seen(studio: Studio) -> dict[str, Any]:
    try:
        return stored_summary(studio.store())["editions"]  # type: ignore[no-any-return]
    except UserError:
        return {}


def _page(studio: Studio, edition: str | None, episode: int | None) -> AudiencePage:
    try:
        view = audience_page(studio.here(), edition, episode)
    except UserError as error:
        raise HTTPException(404, str(error)) from error
    running = jobs_of(studio).current(JOB)
    return view.model_copy(update={"job": running[0].id if running else None})


def _measure(studio: Studio, who: str) -> str:
    """The id of the job; the one that measures already, where there is one."""
    jobs = jobs_of(studio)
    running = jobs.current(JOB)
    if running:
        return running[0].id

    def work(tell: Tell) -> dict[str, Any]:
        from smallscreen.audience.stored import store_all

        return {"fresh": store_all(studio.here(), tell)}

    return jobs.start(JOB, None, who, work).id
