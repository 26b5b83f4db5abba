"""One file a reader; `readers()` lists them."""

from __future__ import annotations

import sys
from functools import cache

from smallscreen.series.registry import discover
from smallscreen.story.reader import Reader


@cache
def readers() -> dict[str, Reader]:
    """Every reader there is, by its id."""
    # mypy cannot know that a class with abstract methods may be given to discover.
    return discover(sys.modules[__name__], Reader)  # type: ignore[type-abstract]
