"""The business page: what an edition earns under free, paid and mixed models, recomputed while a slider moves."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from smallscreen.business.result import Scenario
from smallscreen.errors import UserError
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import TheStudio, Viewer
from smallscreen.studio.page import Page
from smallscreen.studio.render import render
from smallscreen.studio.views.business import (
    Asked,
    BusinessPage,
    ModelName,
    business_page,
    compute,
    has_rates,
    in_language,
    page_in_language,
)

Name = Annotated[str | None, Query(max_length=100)]


class BusinessRoom(Page):
    """`/business?edition=E&model=M`, where there is viewing of the series or a business.toml."""

    id: ClassVar[str] = "business"
    name: ClassVar[str] = "Business"
    order: ClassVar[int | None] = 60
    link: ClassVar[str] = "/business?edition={edition}"

    def shown(self, studio: Studio) -> bool:
        from smallscreen.audience.stored import has_viewing

        return has_viewing(studio.project) or has_rates(studio.project)

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/business", response_class=HTMLResponse, include_in_schema=False)
        def page(
            request: Request,
            studio: TheStudio,
            account: Viewer,
            edition: Name = None,
            model: ModelName | None = None,
        ) -> HTMLResponse:
            try:
                view = business_page(studio.here(), _kept(studio), edition, model)
            except UserError:
                # Kept from another page, an edition may be one that nobody watched.
                view = business_page(studio.here(), _kept(studio), None, model)
            view = page_in_language(view, request.state.language)
            return render(
                request,
                "business.html",
                page=self.id,
                title=i18n.translate(request.state.language, "Business"),
                data=view.model_dump(mode="json"),
                edition=view.edition or edition,
                b=view,
                init=f"smallscreen business init {view.folder}",
                bring=f"smallscreen audience import {view.folder}",
            )

        @router.get("/api/business")
        def twin(
            request: Request,
            studio: TheStudio,
            account: Viewer,
            edition: Name = None,
            model: ModelName | None = None,
        ) -> BusinessPage:
            """The rates with their ranges, what each model lacks, and the scenario with all rates most likely."""
            try:
                found = business_page(studio.here(), _kept(studio), edition, model)
                return page_in_language(found, request.state.language)
            except UserError as error:
                raise HTTPException(404, str(error)) from error

        @router.post("/api/business/scenario")
        def move(request: Request, asked: Asked, studio: TheStudio, account: Viewer) -> Scenario:
            """A scenario with some rates moved; nothing is stored."""
            return in_language(compute(studio.here(), _kept(studio), asked), request.state.language)

        return router


def _kept(studio: Studio) -> MutableMapping[str, Any]:
    return studio.shared.setdefault("business", {})  # type: ignore[no-any-return]
