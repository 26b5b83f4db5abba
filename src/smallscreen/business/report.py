"""The business page: one HTML file that needs nothing else, for producers.

What comes from files and the series is text to the page, always: the template escapes, the page's own
script reads nothing but the theme, and a content policy forbids everything that is not in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from smallscreen.business import report_svg as svg
from smallscreen.business.facts import reported
from smallscreen.business.result import Scenario
from smallscreen.business.slate import Slate
from smallscreen.engines.pages import Pages

_ABOUT = {
    "free": "Every episode is open; ads earn.",
    "paid": "From the first paid episode on, coins or a subscription open an episode.",
    "mixed": "Ads before the wall; at the wall a subscription, coins or rewarded ads.",
}


def render(found: Sequence[Scenario], not_yet: Sequence[str] = ()) -> str:
    """The page of the scenarios of one edition, one for each model."""
    first = found[0]
    return _page(
        "scenario.html",
        title=first.title,
        s=first,
        models=svg.models(found),
        rows=[
            {
                "s": s,
                "about": _ABOUT[s.model],
                "fan": svg.fan(s),
                "waterfall": svg.waterfall(s),
                "tornado": svg.tornado(s),
                "places": svg.places(s),
                "close": _close(s),
                "examples": _examples(s),
            }
            for s in found
        ],
        rates=_rates(found),
        not_yet=list(not_yet),
        facts=reported(),
        simulated=first.simulated,
        example=any(s.example for s in found),
    )


def render_slate(slate: Slate) -> str:
    """The page of a slate."""
    return _page(
        "slate.html",
        title="The slate",
        s=slate,
        picture=svg.choices(slate),
        simulated=slate.simulated,
        example=slate.example,
    )


def amount(value: float | Decimal) -> str:
    """An amount as people read it: no decimals from 100 on, four digits of small ones."""
    number = float(value)
    size = abs(number)
    text = f"{number:,.0f}" if size >= 100 else f"{number:,.2f}" if size >= 1 else f"{number:.3g}"
    return text.replace("-", "−")


def span(low: float, high: float) -> str:
    """An interval in words."""
    return f"{amount(low)} to {amount(high)}"


def percent(part: float) -> str:
    """A share of the draws in words; none and all are said only when it is none and all."""
    if 0 < part < 0.005:
        return "under 1 %"
    if 0.995 < part < 1:
        return "over 99 %"
    return f"{100 * part:.0f} %"


def _close(s: Scenario) -> list[Any]:
    """The places for the wall that cannot be told apart from the best one, that among them."""
    fair = [p for p in s.first_paid if p.given] or list(s.first_paid)
    return [p for p in fair if p.chance_beats_best > 0.05]


def _examples(s: Scenario) -> set[str]:
    """The lines of the ledger that rest on an example rate."""
    marked = {r.id.split(",")[0] for r in s.rates if r.example}
    return {x.id for x in s.ledger if marked & set(x.rates)}


def _rates(found: Sequence[Scenario]) -> list[Any]:
    by_id = {r.id: r for s in found for r in s.rates}
    return list(by_id.values())


def _exact(value: Decimal) -> str:
    text = f"{value.normalize():,f}"
    return text.replace("-", "−")


def _page(name: str, **what: Any) -> str:
    return _PAGES.render(name, **what, width=svg.WIDTH, height=svg.HEIGHT)


_PAGES = Pages(
    __package__,
    "business.css",
    filters={"amount": amount, "exact": _exact, "percent": percent},
    names={"span": span},
)
