"""Pages as HTML: one environment of templates, with escaping on everywhere and the words of the reader's language."""

from __future__ import annotations

import json
from functools import cache, partial
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from smallscreen import __version__
from smallscreen.studio import i18n
from smallscreen.studio.context import Studio
from smallscreen.studio.pages import pages


@cache
def environment() -> Environment:
    """The templates of `templates/`; every value is escaped."""
    return Environment(
        loader=PackageLoader("smallscreen.studio", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    request: Request,
    template: str,
    *,
    page: str,
    title: str,
    edition: str | None = None,
    episode: int | None = None,
    data: Any = None,
    status: int = 200,
    **more: Any,
) -> HTMLResponse:
    """A page. `data` (JSON) reaches its script as `pageData()`; `edition` and `episode` say where one is."""
    studio: Studio = request.app.state.studio
    language: str = request.state.language
    account = request.state.account
    store = studio.store()
    editions = [e.name for e in store.editions()]
    episodes = [e.number for e in store.episodes()]
    at = edition or request.cookies.get("smallscreen_edition")
    at = (
        at
        if at in editions
        else next((e for e in editions if "." not in e), editions[0] if editions else None)
    )
    here = {"edition": at or "", "episode": episode or (episodes[0] if episodes else 1)}
    series = store.series()
    html = (
        environment()
        .get_template(template)
        .render(
            _=partial(i18n.translate, language),
            language=language,
            languages=i18n.LANGUAGES,
            messages=script_json(i18n.catalog(language)),
            page=page,
            title=title,
            series=series,
            editions=editions,
            episodes=episodes,
            edition=at,
            episode=episode,
            nav=[
                (p.id, p.name, p.link.format(**here))
                for p in (pages() if account else [])
                if p.order is not None and p.shown(studio) and ("{edition}" not in p.link or at)
            ],
            account=account,
            accounts=studio.settings.accounts,
            csrf=request.state.csrf,
            data=script_json(data),
            version=__version__,
            **more,
        )
    )
    return HTMLResponse(html, status_code=status)


def script_json(value: Any) -> Markup:
    """JSON for a data block of a page: nothing in it can end the block."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    for bad, good in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(bad, good)
    return Markup(text)


def static_dir() -> str:
    """Where the scripts, styles and pictures of the pages lie."""
    return str(files("smallscreen.studio") / "static")
