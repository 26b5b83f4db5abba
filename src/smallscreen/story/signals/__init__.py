"""One file a signal. To add one, add a file with a subclass of `story.signal.Signal`."""

from __future__ import annotations

import sys
from functools import cache

from smallscreen.series.registry import discover
from smallscreen.story.signal import Signal


@cache
def signals() -> dict[str, Signal]:
    """All signals by id, in the order in which they are told."""
    # mypy cannot know that a class with abstract methods may be given to discover.
    found = discover(sys.modules[__name__], Signal)  # type: ignore[type-abstract]
    return dict(sorted(found.items(), key=lambda x: (x[1].order, x[0])))
