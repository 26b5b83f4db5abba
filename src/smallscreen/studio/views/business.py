"""The business page: what an edition earns under a model, with sliders over the rates of `business.toml`.

page = business_page(project, cache, "en-US", "mixed")       # BusinessPage, the JSON of /api/business
one = compute(project, cache, Asked(model="free"))           # Scenario: some ten milliseconds
"""

from __future__ import annotations

from collections.abc import MutableMapping
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field

from smallscreen.business.facts import Fact, reported
from smallscreen.business.measures import STEP, Measures, measures_of
from smallscreen.business.rates import MODELS, NAME, PAYERS, Rate, Rates, catalogue, kind_of, read_rates
from smallscreen.business.result import Scenario
from smallscreen.business.run import pick
from smallscreen.business.scenario import SLIDER_DRAWS, scenario
from smallscreen.errors import UserError
from smallscreen.series import tables as t
from smallscreen.series.project import Project
from smallscreen.studio.views.notes import note

ModelName = Literal["free", "paid", "mixed"]
_CELLS = 80_000
"""Draws times episodes of one position of a slider."""


class Asked(BaseModel):
    """What the sliders say. `changes`: a rate's id, `viewers` or `first_paid_episode`, to another value."""

    edition: str | None = Field(None, max_length=100)
    model: ModelName = "free"
    changes: dict[str, float] = Field(default_factory=dict, max_length=60)


class Slider(BaseModel):
    """A rate within its range. `mid` is the most likely value that the file gives."""

    id: str
    name: str
    unit: str
    help: str
    kind: str
    low: float
    mid: float
    high: float
    currency: str | None
    date: str
    source: str
    example: bool
    note: str


class ModelState(BaseModel):
    """A model, and what it lacks: one sentence, null where it can be computed."""

    name: ModelName
    lacks: str | None


class BusinessPage(BaseModel):
    """Everything that the page shows. `missing`: what has to be there first (measures, or business.toml)."""

    missing: Literal["measures", "rates"] | None = None
    problem: str | None = Field(default=None, description="why business.toml cannot be used, one sentence")
    folder: str = Field(description="the folder of the series, for commands")
    edition: str = ""
    editions: list[str] = []
    episodes: list[int] = []
    model: ModelName = "free"
    models: list[ModelState] = []
    viewers: int = 0
    simulated: bool = False
    example: bool = False
    currency: str = ""
    sliders: dict[str, list[Slider]] = Field(default={}, description="by model")
    scenario: Scenario | None = None
    reported: list[Fact] = Field(default=[], description="what others reported; never an input")


def business_page(
    project: Project, cache: MutableMapping[str, Any], edition: str | None = None, model: str | None = None
) -> BusinessPage:
    """What the page shows. UserError where the edition was not measured."""
    folder = project.root.name
    if not (project.root / NAME).is_file():
        return BusinessPage(missing="rates", folder=folder)
    try:
        rates = _rates(project, cache)
    except UserError as error:
        return BusinessPage(folder=folder, problem=str(error).replace(str(project.root), folder))
    try:
        found = _measures(project, cache)
    except UserError:
        return BusinessPage(missing="measures", folder=folder)
    # A variant is made for comparison, so a main edition comes first.
    usual = max(found, key=lambda e: ("." not in e, found[e].viewers, e))
    measures = pick(found, edition or usual)
    models = [ModelState(name=m, lacks=_lacks(rates, m, measures, project)) for m in MODELS]
    able = [m.name for m in models if m.lacks is None]
    chosen: ModelName = next((m for m in able if m == model), next(iter(reversed(able)), MODELS[0]))
    return BusinessPage(
        folder=folder,
        edition=measures.edition,
        editions=list(found),
        episodes=[e.episode for e in measures.episodes],
        model=chosen,
        models=models,
        viewers=measures.viewers,
        simulated=measures.simulated,
        example=rates.example,
        currency=rates.currency,
        sliders={m: _sliders(rates, m, measures) for m in able},
        scenario=compute(project, cache, Asked(edition=measures.edition, model=chosen)) if able else None,
        reported=list(reported()),
    )


def compute(project: Project, cache: MutableMapping[str, Any], asked: Asked) -> Scenario:
    """The scenario for what the sliders say. UserError when something is missing or cannot be."""
    rates, found = _rates(project, cache), _measures(project, cache)
    changes: dict[str, float | int | str | Decimal] = {
        k: int(v) if k in ("viewers", "first_paid_episode") and v == int(v) else v
        for k, v in asked.changes.items()
    }
    measures = pick(found, asked.edition)
    # A slider is followed by the eye: a long series is drawn less often, so that it takes no longer.
    draws = min(SLIDER_DRAWS, max(500, _CELLS // len(measures.episodes)))
    return scenario(measures, rates, asked.model, changes, draws=draws)


def in_language(made: Scenario, language: str) -> Scenario:
    """The same with its notes in the reader's language."""
    return made.model_copy(update={"notes": tuple(note(language, n) for n in made.notes)})


def page_in_language(page: BusinessPage, language: str) -> BusinessPage:
    """The same with its notes in the reader's language; rates keep their sources' words."""
    return page.model_copy(
        update={
            "models": [
                m.model_copy(update={"lacks": m.lacks and note(language, m.lacks)}) for m in page.models
            ],
            "scenario": page.scenario and in_language(page.scenario, language),
        }
    )


def has_rates(project: Project) -> bool:
    """Whether the series has a business.toml."""
    return (project.root / NAME).is_file()


# --- within --------------------------------------------------------------------------------


def _rates(project: Project, cache: MutableMapping[str, Any]) -> Rates:
    """The file as it is now; read again when it was changed."""
    path = project.root / NAME
    try:
        stat = path.stat()
    except OSError:
        raise UserError("There is no business.toml yet; smallscreen business init writes one.") from None
    key = (stat.st_mtime_ns, stat.st_size)
    if cache.get("rates.key") != key:
        cache["rates"], cache["rates.key"] = read_rates(path), key
    return cache["rates"]  # type: ignore[no-any-return]


def _measures(project: Project, cache: MutableMapping[str, Any]) -> dict[str, Measures]:
    s = t.step.c
    store = project.store
    query = sa.select(s.key).where((s.series_id == store.series_id) & (s.step == STEP) & (s.scope == ""))
    with store.reading() as c:
        key = c.execute(query).scalar_one_or_none()
    if key is None or cache.get("measures.key") != key:
        cache["measures"], cache["measures.key"] = measures_of(store, store.series().title), key
    return cache["measures"]  # type: ignore[no-any-return]


def _lacks(rates: Rates, model: str, m: Measures, project: Project) -> str | None:
    try:
        rates.need(model, wall_measured=m.paywall is not None, pace_measured=m.pace is not None)
    except UserError as error:
        return str(error).replace(str(project.root), project.root.name)
    return None


def _sliders(rates: Rates, model: str, m: Measures) -> list[Slider]:
    """The rates that the model reads, in the order of the file."""
    ads = model != "paid" or bool(rates.ads_before_wall)
    on = {
        "": True,
        "ads": ads,
        "ads.minutes": ads and rates.placement == "minutes",
        "ads.breaks": ads and rates.placement == "breaks",
        "subscription": bool(rates.subscription),
    }
    found = [
        _slider(rates.rates[a.id], a.name, a.unit, a.help)
        for a in catalogue().values()
        if model in a.needs
        and on[a.when]
        and a.id in rates.rates
        and not (a.id == "pace.episodes_a_day" and m.pace)
    ]
    # A measured wall sets the level of the share who pay: what was given moves nothing then, where it is one point.
    if model != "free" and rates.payers and m.paywall is None:
        episode, rate = rates.payers[0]
        found.insert(0, _slider(rate, PAYER_NAME, PAYER_UNIT, PAYER_HELP, episode))
    return found


def _slider(rate: Rate, name: str, unit: str, help: str, episode: int | None = None) -> Slider:
    return Slider(
        id=rate.id,
        name=name if episode is None else name.format(number=episode),
        unit=unit,
        help=help,
        kind=kind_of(rate.id) if rate.id != PAYERS else "share",
        low=float(rate.low),
        mid=float(rate.mid),
        high=float(rate.high),
        currency=rate.currency,
        date=rate.date,
        source=rate.source,
        example=rate.example,
        note=rate.note,
    )


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


PAYER_NAME = "Share who pay at the wall"
PAYER_UNIT = "of those at the wall"
PAYER_HELP = "At the first episode given; the shares at the other episodes keep their ratio to it."

WORDS = (
    _("Share who pay at the wall"), _("of those at the wall"),
    _("At the first episode given; the shares at the other episodes keep their ratio to it."),
    _("Ad money for 1,000 impressions (eCPM)"), _("for 1,000 ad impressions"),
    _("What the ad network paid for 1,000 shown ads in this market. Networks give it in their reports; nobody publishes it."),
    _("Ad impressions a watched minute"), _("impressions a watched minute"), _('With ads.placement = "minutes".'),
    _("Ad impressions at a break"), _("impressions at a break"),
    _('With ads.placement = "breaks": how many ads are shown, on average, when there is a break (unfilled breaks count as 0).'),
    _("Episodes from one break to the next"), _("episodes a break"), _('With ads.placement = "breaks": 1 is a break in every episode.'),
    _("Coins for one episode"), _("coins an episode"), _("What one episode behind the wall costs in the platform's coins."),
    _("Money for one coin"), _("a coin"), _("What a viewer really pays for a coin: packs and bonus coins make it less than the list price."),
    _("Share who unlock by watching an ad"), _("of those at the wall who neither subscribe nor pay"),
    _("Share of those who neither subscribe nor pay at the wall and go on by watching rewarded ads."),
    _("Rewarded ads for one episode"), _("rewarded ads an episode"), _("How many rewarded ads open one episode."),
    _("Rewarded-ad money for 1,000 impressions"), _("for 1,000 rewarded impressions"), _("The eCPM of rewarded ads, apart from that of other ads."),
    _("Share who subscribe at the wall"), _("of those who reach the wall"),
    _("Share of those who reach the wall and hold or take a subscription there."),
    _("Subscription price a month"), _("a month"), _("What a subscriber pays a month."),
    _("Hours that a subscriber watches a month, of everything"), _("hours a month"),
    _("The price is allocated by watched seconds: a watched second earns the price divided by these hours."),
    _("Share of subscription money that is allocated"), _("of subscription money"),
    _("Share of the subscription money that the platform allocates to series by watched seconds, before its store share."),
    _("Share of viewers who were bought"), _("of viewers"), _("Viewers that came through paid advertising, of all viewers; the rest came by themselves."),
    _("Acquisition cost of a bought viewer"), _("a bought viewer"),
    _("Advertising money divided by the viewers it brought who started episode 1."),
    _("Platform's share of ad money"), _("of ad money"), _("0 where the eCPM is already what reaches you."),
    _("Platform's and store's share of sales"), _("of coin and subscription money"),
    _("App store, payment provider and platform together, of what viewers pay."),
    _("Taxes on what is left"), _("of money after the platform's share"),
    _("Sales tax and withholding tax on what the platform pays out; not the tax on the company's profit."),
    _("Episodes a viewer starts a day"), _("episodes a day"), _("Says when money comes, so the payback day rests on it."),
    _("Days until the platform pays out"), _("days"), _("From watching to money on the account."),
    _("Viewers who go on (measured)"), _("Seconds watched an episode (measured)"), _("Paywall hazard (measured)"), _("Episodes a day (measured)"),
    _("Ads"), _("Rewarded ads at the wall"), _("Coins"), _("Subscription"), _("Platform's share of ads"), _("Platform and store, of sales"),
    _("Taxes"), _("Acquisition of viewers"),
    _("impressions"), _("rewarded impressions"), _("coins"), _("watched seconds"), _("bought viewers"),
    _("nothing has to be paid"), _("chosen"), _("the best within the episodes given"), _("the only episode whose share of payers is known"),
    _("free"), _("paid"), _("mixed"),
)  # fmt: skip
"""What the business room says in English and the page says in the reader's language; a test holds them together."""
