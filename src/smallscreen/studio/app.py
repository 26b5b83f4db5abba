"""The studio as an ASGI application: pages, their JSON twins, static files, and the rules on every request."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from smallscreen import __version__
from smallscreen.errors import EngineError, UserError
from smallscreen.studio import i18n, said, security
from smallscreen.studio.context import Studio
from smallscreen.studio.pages import pages
from smallscreen.studio.render import render, static_dir


class Misread(BaseModel):
    """A part of a request that cannot be used."""

    where: list[str]
    problem: str


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str | list[Misread]


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "What was asked cannot be done."},
    401: {"model": Refusal, "description": "Nobody is logged in."},
    403: {"model": Refusal, "description": "The role does not allow it, or the token is missing."},
    404: {"model": Refusal, "description": "There is no such thing."},
    413: {"model": Refusal, "description": "The request is too large."},
    422: {"model": Refusal, "description": "The request cannot be read."},
    429: {"model": Refusal, "description": "Too many tries."},
}
"""What every route may answer instead."""


def make_app(studio: Studio) -> FastAPI:
    """The application that serves one series."""
    app = FastAPI(
        title="smallscreen studio",
        version=__version__,
        description="Every page of the studio as JSON. Changes need the header X-CSRF-Token.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=REFUSALS,
    )
    app.state.studio = studio
    app.mount("/static", StaticFiles(directory=static_dir()), name="static")
    for page in pages():
        app.include_router(page.router(), tags=[page.id])
    security.install(app, studio)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(EngineError, _user_error)
    return app


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api") or "text/html" not in request.headers.get("accept", "")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException | StarletteHTTPException)
    words = said.refusal(request.state.language, str(error.detail))
    if _wants_json(request):
        return JSONResponse({"detail": words}, error.status_code, headers=error.headers)
    if error.status_code == 401:
        return RedirectResponse("/login", 303)
    return _error_page(request, error.status_code, words)


async def _misread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not sent back: it may hold a password.
    problems = [{"where": [str(x) for x in e["loc"]], "problem": e["msg"]} for e in error.errors()]
    if _wants_json(request):
        return JSONResponse({"detail": problems}, 422)
    return _error_page(request, 422, "; ".join(str(p["problem"]) for p in problems))


async def _user_error(request: Request, error: Exception) -> Response:
    words = said.refusal(request.state.language, str(error))
    if _wants_json(request):
        return JSONResponse({"detail": words}, 400)
    return _error_page(request, 400, words)


def _error_page(request: Request, status: int, message: str) -> Response:
    title = i18n.translate(request.state.language, said.TITLES.get(status, str(status)))
    return render(request, "error.html", page="error", title=title, status=status, message=message)
