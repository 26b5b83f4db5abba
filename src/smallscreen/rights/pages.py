"""What the pages of this room share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from smallscreen.engines.pages import Pages
from smallscreen.rights.words import clock, score


def page_of(template: str, filters: Mapping[str, Callable[..., Any]], **values: Any) -> str:
    """A whole page; everything in `values` is text and is escaped."""
    filters = {"clock": clock, "utc": utc, "score": score, **filters}
    return Pages(__package__, "rights.css", filters=filters).render(template, **values)


def utc(moment: str) -> str:
    """2026-11-23 09:41:28 UTC."""
    try:
        return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return moment
