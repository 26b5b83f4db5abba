"""The episode timeline: the picture on the left, everything that is known of each second on the right."""

from __future__ import annotations

import mimetypes
from typing import Any, ClassVar

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field

from smallscreen.errors import UserError
from smallscreen.series.project import textless_of, video_of
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import Editor, TheStudio, Viewer, edition_of
from smallscreen.studio.jobs import Tell, jobs_of
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.timeline import episode_view
from smallscreen.studio.views.timeline_model import EpisodeView


class StoryStart(BaseModel):
    """Which edition is read beside the source; None for the source alone."""

    edition: str | None = Field(None, max_length=100)


class StoryStarted(BaseModel):
    """The job that reads: GET /api/jobs/{job} says how far it is."""

    job: str


class TimelinePage(Page):
    """`/episodes/{n}?edition=E`, its twin, and the episodes' pictures."""

    id: ClassVar[str] = "timeline"
    name: ClassVar[str] = "Timeline"
    order: ClassVar[int | None] = 20
    link: ClassVar[str] = "/episodes/{episode}?edition={edition}"

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/episodes/{number}", response_class=HTMLResponse)
        def page(
            request: Request,
            number: int,
            studio: TheStudio,
            account: Viewer,
            edition: str | None = Query(None, max_length=100),
        ) -> HTMLResponse:
            """The page."""
            name = edition or _usual(studio, request)
            view = _view(studio, number, name)
            return render(
                request,
                "timeline.html",
                page=self.id,
                title=i18n.translate(request.state.language, "Episode {number}", number=number),
                edition=name,
                episode=number,
                data=view.model_dump(mode="json"),
                view=view,
            )

        @router.get("/api/episodes/{number}")
        def twin(
            number: int, studio: TheStudio, account: Viewer, edition: str | None = Query(None, max_length=100)
        ) -> EpisodeView:
            """What the timeline shows of an episode: cues, lines, curves, findings. Times in ms."""
            return _view(studio, number, edition)

        @router.post("/api/story", status_code=202)
        def read_story(body: StoryStart, studio: TheStudio, account: Editor) -> StoryStarted:
            """Read the story of the whole series, and of an edition beside it, in the background."""
            if body.edition is not None:
                edition_of(studio, body.edition)
            return StoryStarted(job=_start_reading(studio, body.edition, account.name))

        @router.get("/media/{number}", response_class=FileResponse)
        def media(number: int, studio: TheStudio, account: Viewer) -> FileResponse:
            """The episode's picture, also in parts (Range)."""
            return _picture(studio, number, textless=False)

        @router.get("/media/{number}/textless", response_class=FileResponse)
        def textless(number: int, studio: TheStudio, account: Viewer) -> FileResponse:
            """The episode's picture without subtitles in it, also in parts (Range)."""
            return _picture(studio, number, textless=True)

        return router


def _usual(studio: Studio, request: Request) -> str | None:
    """The edition that one was at, else the first that is not a variant, else the first."""
    names = [e.name for e in studio.store().editions()]
    at = request.cookies.get("smallscreen_edition")
    return at if at in names else next((n for n in names if "." not in n), names[0] if names else None)


def _view(studio: Studio, number: int, edition: str | None) -> EpisodeView:
    kept: dict[Any, Any] = studio.shared.setdefault("timeline", {})
    try:
        return episode_view(studio.here(), number, edition, kept)
    except UserError as error:
        raise HTTPException(404, str(error)) from error


def _start_reading(studio: Studio, edition: str | None, who: str) -> str:
    """The id of the job; the one that reads this edition already, where there is one."""
    jobs = jobs_of(studio)
    running = [j for j in jobs.current("story") if j.edition == edition]
    if running:
        return running[0].id

    def work(tell: Tell) -> dict[str, Any]:
        # Loads the reader's weights, which a page does not need.
        from smallscreen.story.run import reader, story

        reading, fresh = story(studio.here(), reader("embedded"), edition=edition, progress=tell)
        return {"lines": len(reading.lines), "findings": len(reading.findings), "fresh": fresh}

    return jobs.start("story", edition, who, work).id


def _picture(studio: Studio, number: int, *, textless: bool) -> FileResponse:
    project = studio.here()
    episode = next((e for e in project.store.episodes() if e.number == number), None)
    if episode is None:
        raise HTTPException(404, f"There is no episode {number}.")
    path = textless_of(project, episode) if textless else video_of(project, episode)
    if path is None:
        if textless:
            raise HTTPException(404, f"Episode {number} has no picture without subtitles.")
        raise HTTPException(404, f"Episode {number} has no video.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if not kind.startswith("video/"):
        kind = "application/octet-stream"
    return FileResponse(path, media_type=kind, content_disposition_type="inline")
