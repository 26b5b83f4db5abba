"""The workbench: one episode of one edition, line by line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from smallscreen.series import editing, markets
from smallscreen.series.model import Edition
from smallscreen.studio import said
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import Editor, TheStudio, Viewer, edition_of
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views import _reading as reading
from smallscreen.studio.views import workbench as views
from smallscreen.studio.work import recheck

_CUE = r"^ep[0-9]{3,6}\.c[0-9]{4,8}$"
CueId = Annotated[str, Path(pattern=_CUE, description="A cue's id, like ep001.c0012.")]
Number = Annotated[int, Path(ge=1, le=99_999, description="An episode's number.")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChangeAsk(_Asked):
    """A change of a line. `version` is the one that the person saw, 0 where there was no line; what is
    None stays as it is, "" takes a strategy or reason away."""

    text: str = Field(max_length=editing.MAX_TEXT)
    version: int = Field(ge=0, le=2**31 - 2)
    strategy: str | None = None
    reason: str | None = Field(default=None, max_length=editing.MAX_TEXT)
    status: editing.Status | None = None


class StatusAsk(_Asked):
    """Approve lines or take it back. `seen`: versions by cue; a line that has another by now stays as it is."""

    cues: list[Annotated[str, Field(pattern=_CUE)]] = Field(min_length=1, max_length=5000)
    status: editing.Status
    seen: dict[str, Annotated[int, Field(ge=0, le=2**31 - 2)]] | None = None


class DecisionAsk(_Asked):
    """What somebody decides about what a check found at a cue, or at an episode (`ep007`)."""

    cue: str = Field(pattern=r"^ep[0-9]{3,6}(\.c[0-9]{4,8})?$")
    check: str = Field(min_length=1, max_length=64)
    action: Literal["accept", "reject", "reopen"]
    note: str = Field(default="", max_length=editing.MAX_TEXT)


class CheckAsk(_Asked):
    """Look at an episode again, or at all of them and the series as a whole (None)."""

    episode: int | None = Field(default=None, ge=1, le=99_999)


class ConflictView(BaseModel):
    """Somebody else changed the line since: how it stands, and what was refused."""

    detail: str
    theirs: views.LineView | None
    yours: ChangeAsk


class Lines(BaseModel):
    """Lines as they stand after a change of many."""

    lines: list[views.LineView]


class Accepted(BaseModel):
    """It will be done in the background; `episode` news tells when."""

    waiting: bool = True


class WorkbenchPage(Page):
    """The page where an edition's lines are written."""

    id = "workbench"
    name = "Workbench"
    order = 30
    link = "/editions/{edition}/episodes/{episode}"

    def router(self) -> APIRouter:
        router = APIRouter()
        missing: dict[int | str, dict[str, Any]] = {
            404: {"description": "There is no such edition or episode."}
        }
        here = "/editions/{edition}/episodes/{number}"
        router.get(here, response_class=HTMLResponse, include_in_schema=False)(page)
        router.get("/api" + here, responses=missing)(twin)
        router.get("/api" + here + "/findings", responses=missing)(findings)
        lines = "/api/editions/{edition}/lines/{cue}"
        conflict: dict[int | str, dict[str, Any]] = {409: {"model": ConflictView}}
        router.put(lines, responses=missing | conflict, response_model=views.LineView)(change)
        router.get(lines + "/history", responses=missing)(history)
        router.post("/api/editions/{edition}/status", responses=missing)(set_status)
        router.post("/api/editions/{edition}/decisions", responses=missing)(decide)
        router.post("/api/editions/{edition}/check", status_code=202, responses=missing)(check)
        return router

    def close(self, studio: Studio) -> None:
        """The process that checks changed episodes ends with the studio."""
        if "recheck" in studio.shared:
            recheck(studio).stop()


def page(request: Request, edition: str, number: Number, studio: TheStudio, person: Viewer) -> HTMLResponse:
    data = _workbench(studio, edition, number)
    if _behind(studio, data):
        recheck(studio).touch(edition, number)
    return render(
        request,
        "workbench.html",
        page="workbench",
        title=f"{edition} · {number}",
        edition=edition,
        episode=number,
        data=data.model_dump(mode="json"),
    )


def twin(edition: str, number: Number, studio: TheStudio, person: Viewer) -> views.Workbench:
    """Everything about one episode of an edition that the workbench shows."""
    return _workbench(studio, edition, number)


def findings(edition: str, number: Number, studio: TheStudio, person: Viewer) -> views.Refreshed:
    """What the fit and the checks say of the episode now."""
    found = views.refreshed(studio.here(), _there(studio, edition, number), number)
    return found.model_copy(update={"trouble": recheck(studio).why(edition, number)})


def change(
    request: Request, edition: str, cue: CueId, asked: ChangeAsk, studio: TheStudio, person: Editor
) -> views.LineView | JSONResponse:
    """Change a line from the version that the person saw; 409 with both versions where it has another by now."""
    here = edition_of(studio, edition)
    try:
        state = editing.change_line(
            studio.store(), here, cue, text=asked.text, version=asked.version, who=person.name,
            strategy=asked.strategy, reason=asked.reason, status=asked.status,
        )  # fmt: skip
    except editing.Conflict as conflict:
        theirs = _view(conflict.theirs, here) if conflict.theirs else None
        words = said.refusal(request.state.language, str(conflict))
        told = ConflictView(detail=words, theirs=theirs, yours=asked)
        return JSONResponse(told.model_dump(mode="json"), 409)
    if state.version != asked.version:
        _tell(studio, here, state, person.name)
        recheck(studio).touch(edition, _episode(cue))
    return _view(state, here)


def history(edition: str, cue: CueId, studio: TheStudio, person: Viewer) -> list[views.ChangeView]:
    """All versions of a line, the newest first, with who and when."""
    return views.history(studio.here(), edition_of(studio, edition), cue)


def set_status(edition: str, asked: StatusAsk, studio: TheStudio, person: Editor) -> Lines:
    """Approve lines, or take that back; gives all of them as they then stand."""
    here = edition_of(studio, edition)
    states = editing.set_status(studio.store(), here, asked.cues, asked.status, person.name, seen=asked.seen)
    for state in states:
        _tell(studio, here, state, person.name)
    return Lines(lines=[_view(s, here) for s in states])


def decide(edition: str, asked: DecisionAsk, studio: TheStudio, person: Editor) -> views.DecisionView:
    """Accept or refuse what a check found, or open it again. It holds for later runs of that check too."""
    here = edition_of(studio, edition)
    made = editing.decide(studio.store(), here, asked.cue, asked.check, asked.action, person.name, asked.note)
    studio.bus.publish(
        "decision", edition=edition, cue=asked.cue, check=made.check, episode=_episode(asked.cue),
        action=asked.action, who=person.name, note=made.note, when=made.when,
    )  # fmt: skip
    return views.DecisionView(action=made.action, who=made.who, when=made.when, note=made.note)


def check(edition: str, asked: CheckAsk, studio: TheStudio, person: Editor) -> Accepted:
    """Fit and check again, in the background: one episode, or all with the checks over the whole series."""
    edition_of(studio, edition)
    if asked.episode is not None:
        _there(studio, edition, asked.episode)
    recheck(studio).touch(edition, asked.episode)
    return Accepted()


# --- within --------------------------------------------------------------------------------


def _workbench(studio: Studio, edition: str, number: int) -> views.Workbench:
    here = _there(studio, edition, number)
    found = views.workbench(studio.here(), here, number)
    return found.model_copy(update={"trouble": recheck(studio).why(edition, number)})


def _behind(studio: Studio, data: views.Workbench) -> bool:
    """Whether lines were changed since the last check, as when the studio ended before it came to it."""
    newest = max((c.line.changed_at for c in data.cues), default="")
    done = studio.store().step("check", f"{data.edition}/ep{data.episode:03d}")
    return bool(newest) and (done is None or newest >= done.finished_at)


def _there(studio: Studio, edition: str, number: int) -> Edition:
    here = edition_of(studio, edition)
    if reading.episode_of(studio.store(), number) is None:
        raise HTTPException(404, f"There is no episode {number}.")
    return here


def _view(state: editing.LineState, edition: Edition) -> views.LineView:
    return views.line_view(state, state.cue, markets.load(edition.locale), edition)


def _tell(studio: Studio, edition: Edition, state: editing.LineState, who: str) -> None:
    studio.bus.publish(
        "line", edition=edition.name, cue=state.cue, episode=_episode(state.cue), version=state.version,
        who=who, text=state.text, status=state.status, strategy=state.strategy, reason=state.reason,
        at=state.changed_at,
    )  # fmt: skip


def _episode(place: str) -> int:
    return int(place[2:].partition(".")[0])
