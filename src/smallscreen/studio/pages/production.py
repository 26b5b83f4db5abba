"""The production page: stripboard, day out of days, budget, and what an edition asks to shoot again. Read only."""

from __future__ import annotations

from collections.abc import MutableMapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse

from smallscreen.errors import UserError
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer, edition_of
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.production import has_breakdown, picture_of, production_page
from smallscreen.studio.views.production_models import ProductionPage

Name = Annotated[str | None, Query(max_length=100)]


class ProductionRoom(Page):
    """`/production`, where a breakdown is stored."""

    id: ClassVar[str] = "production"
    name: ClassVar[str] = "Production"
    order: ClassVar[int | None] = 70
    link: ClassVar[str] = "/production"

    def shown(self, studio: Studio) -> bool:
        return has_breakdown(studio.store())

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/production", response_class=HTMLResponse, include_in_schema=False)
        def page(request: Request, studio: TheStudio, account: Viewer, edition: Name = None) -> HTMLResponse:
            view = _view(request, studio)
            known = {e.name for e in studio.store().editions()}
            return render(
                request,
                "production.html",
                page=self.id,
                title=i18n.translate(request.state.language, "Production"),
                data=view.model_dump(mode="json"),
                edition=edition if edition in known else None,
                p=view,
                money=_money,
                percent=_percent,
                commands=_commands(view.folder),
                strips={s.id: s for s in view.strips},
                numbers={c.name: i for i, c in enumerate(view.cast)},
                places={name: i for i, name in enumerate(view.places)},
            )

        @router.get("/api/production")
        def twin(request: Request, studio: TheStudio, account: Viewer) -> ProductionPage:
            """The stored breakdown, plan, budget and blocks of editions. 404 where there is no breakdown."""
            return _view(request, studio)

        @router.get("/api/production/curve", response_class=FileResponse)
        def curve(
            studio: TheStudio, account: Viewer, edition: Annotated[str, Query(max_length=100)]
        ) -> FileResponse:
            """The picture of what a share of the scenes costs, as `budget customize --curve` drew it."""
            path = picture_of(studio.project.root, edition_of(studio, edition).name)
            if not path.is_file():
                raise HTTPException(404, f"Nobody drew the cost curve of {edition} yet.")
            return FileResponse(path, media_type="image/svg+xml")

        return router


def _view(request: Request, studio: Studio) -> ProductionPage:
    kept: MutableMapping[str, Any] = studio.shared.setdefault("production", {})
    try:
        return production_page(studio.here(), kept, request.state.language)
    except UserError as error:
        raise HTTPException(404, str(error)) from error


def _commands(folder: str) -> dict[str, str]:
    """What makes the things that are not there yet."""
    return {
        "plan": f"smallscreen plan make {folder}",
        "budget": f"smallscreen budget {folder}",
        "sheet": f"smallscreen breakdown {folder} --out breakdown.xlsx",
        "brief": f"smallscreen brief {folder} --market en-US",
        "customize": f"smallscreen budget customize {folder} --market ",
        "curve": " --curve",
    }


def _money(amount: Decimal) -> str:
    """12,345 or 12,345.50."""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"
