"""What the production page shows, as pydantic models: the JSON of /api/production."""

from __future__ import annotations

from datetime import date as Day
from decimal import Decimal

from pydantic import BaseModel, Field

from smallscreen.production.kept import Block


class SceneCost(BaseModel):
    """What a scene costs: its own, its part of what others need too, and both by account."""

    own: Decimal
    shared: Decimal
    total: Decimal
    accounts: list[tuple[str, Decimal]]


class Strip(BaseModel):
    """One scene. `color` is the strip's class; `cost` null: not in the plan, or no budget."""

    id: str
    episode: int
    in_series: bool = Field(description="whether the series has that episode, so that there is a timeline")
    cue: str | None = Field(description="the first source cue")
    color: str
    title: str
    place: str
    setting: str
    time: str
    story_day: str
    pages: str
    minutes: float
    cast: list[str]
    numbers: list[str]
    needs: str
    synopsis: str
    tier: str
    day: int | None = None
    times: str = ""
    move_minutes: float | None = Field(default=None, description="a company move before it")
    cost: SceneCost | None = None


class ShootingDay(BaseModel):
    """One day of one unit, with its scenes in order; `call` and `wrap` are estimates, `dusk` the scenes by daylight that
    would end after it."""

    index: int
    unit: int
    date: Day | None
    head: str
    scenes: list[str]
    pages: str
    minutes: float
    moves: int
    night: bool
    overtime_minutes: float
    cost: Decimal
    call: str
    wrap: str
    dusk: list[str]


class Person(BaseModel):
    """A part. `letters` of the day out of days, one a column, empty without a plan."""

    name: str
    number: int
    minor: bool
    scenes: int
    letters: list[str] = []
    work: int = 0
    hold: int = 0


class Column(BaseModel):
    """A column of the day out of days; `number` null: no shooting on that date."""

    number: int | None
    date: Day | None


class PlanFigures(BaseModel):
    """What the plan says. `proved`: no plan is cheaper under its rules. `outdated`: the breakdown or rules changed since."""

    total: Decimal
    parts: dict[str, Decimal]
    days: int
    bound: Decimal | None
    gap: float | None
    proved: bool
    seconds: float
    changes: list[str]
    outdated: bool


class Account(BaseModel):
    number: int
    name: str
    amount: Decimal
    of: str


class Group(BaseModel):
    name: str
    amount: Decimal
    accounts: list[Account]


class Topsheet(BaseModel):
    """The budget without its lines."""

    groups: list[Group]
    subtotal: Decimal
    contingency_share: Decimal
    contingency: Decimal
    total: Decimal
    example: bool
    notes: list[str]


class Problem(BaseModel):
    """A finding of the breakdown, in the words of the check."""

    check: str
    severity: str
    episode: int
    cue: str | None
    message: str
    suggestion: str | None


class Treated(BaseModel):
    """What an edition asks of one scene."""

    scene: str
    work: str
    reason: str
    visible: list[str]


class Again(BaseModel):
    """What an edition asks to be shot again. `block` null: nobody planned and priced it yet; `stale`: the plan, the
    breakdown or the brief is another since. `picture`: the cost curve was drawn."""

    edition: str
    problem: str | None = None
    counts: dict[str, int] = {}
    scenes: list[Treated] = []
    again: int = 0
    block: Block | None = None
    stale: bool = False
    picture: bool = False


class ProductionPage(BaseModel):
    """Everything that the page shows. `problem`: why the plan or the rates cannot be used, one sentence."""

    folder: str = Field(description="the folder of the series, for commands")
    source: str = Field(description="what the breakdown was made of: script, cues or sheet")
    currency: str
    problem: str | None = None
    clash: list[str] = Field(
        default=[],
        description="rules of which each is needed for there to be no plan, as the last try to make one found",
    )
    strips: list[Strip]
    days: list[ShootingDay] = []
    unscheduled: list[str] = []
    places: list[str]
    cast: list[Person]
    columns: list[Column] = []
    plan: PlanFigures | None = None
    budget: Topsheet | None = None
    problems: list[Problem]
    editions: list[Again]
