"""Finding what will not travel: the culture-bound items of the source lines.

`find` is the door. The work is done by a finder (see `finder.Finder`); each finder is one file in
`finders/`. The embedded finder is the default; what it finds carries its probability. What a finder finds belongs to
the source alone.
A market then says what its audience already knows and which language a suggestion is wanted in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from smallscreen.errors import UserError
from smallscreen.localize.barriers import finders as _finders
from smallscreen.localize.barriers.finder import Finder
from smallscreen.localize.barriers.market import for_market
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Series
from smallscreen.series.registry import discover

__all__ = ["Finder", "find", "finder_of", "finders"]


@cache
def finders() -> dict[str, Finder]:
    """Every finder there is, by its id."""
    return discover(_finders, Finder)  # type: ignore[type-abstract]


def finder_of(finder: str | Finder) -> Finder:
    """The finder of that id, or `finder` itself. UserError when there is none."""
    if isinstance(finder, Finder):
        return finder
    known = finders()
    if finder not in known:
        raise UserError(f"There is no finder {finder!r}; there are {', '.join(known)}.")
    return known[finder]


def find(
    cues: Sequence[Cue],
    *,
    series: Series | None = None,
    market: Market | None = None,
    finder: str | Finder = "embedded",
) -> list[Barrier]:
    """The culture-bound items of `cues`, in the order of the cues and of their place in the line.

    `series` gives the names that are no items and the terms that are. With a `market`, an item
    that its audience knows needs less (or is left out), and only the suggestion for the market's
    language is kept. Spans do not overlap, and `cue.text[b.start:b.end] == b.text` always holds.
    `finder` is an id, or a finder set up by the caller (one that asks a model). Raises UserError for one
    that does not exist.
    """
    found = finder_of(finder).find(cues, series)
    return found if market is None else for_market(found, market)
