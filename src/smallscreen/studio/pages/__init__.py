"""One file a page; `pages()` lists them in the order of the navigation."""

from __future__ import annotations

import sys
from functools import cache

from smallscreen.series.registry import discover
from smallscreen.studio.page import Page


@cache
def pages() -> list[Page]:
    """Every page there is; those without an order last."""
    # mypy cannot know that a class with abstract methods may be given to discover.
    found = discover(sys.modules[__name__], Page)  # type: ignore[type-abstract]
    return sorted(found.values(), key=lambda p: (p.order is None, p.order or 0, p.id))
