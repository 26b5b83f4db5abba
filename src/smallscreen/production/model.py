"""What a breakdown, the rules of a shoot and a plan are.

Plain frozen data classes. Lengths are minutes of shooting, eighths of a page and seconds of screen
time; money is `Decimal` in the one currency of the rules; days of a plan count from 1. They are kept as
JSON documents of the series (`series.documents`, room `production`) and cross that line through
`to_json` and `from_json`, which check them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Day
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, get_args

from smallscreen.errors import UserError
from smallscreen.series.model import Finding

ROOM = "production"
"""The room of our documents; their keys are `breakdown`, `rules`, `plan` and `budget`."""

ElementKind = Literal[
    "cast", "extra", "prop", "costume", "vehicle", "effect", "animal", "makeup", "music", "other"
]
ELEMENT_KINDS: tuple[ElementKind, ...] = get_args(ElementKind)
Tier = Literal["basic", "standard", "fine"]
TIERS: tuple[Tier, ...] = get_args(Tier)
TIMES = ("day", "night", "dusk", "dawn")
"""Times of day as scripts are read into; another word stands as it was written."""

Window = tuple[Day, Day]
"""First and last date, both included."""


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a scene needs. `evidence` quotes the script, `confidence` is 0 to 1 (1: a person said so)."""

    kind: ElementKind
    name: str
    count: int = 1
    note: str = ""
    evidence: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class SceneSheet:
    """One scene as it is broken down; `id` is unique over the series.

    `interior` None: both, or not said. `time` "": not said. `story_day` is a free word that orders the story
    (`D1`, `N1`; `flashback`). `cast` are names of the breakdown's cast, `set_name` the place as written,
    `place` the location that it is shot at. `after`: scenes that must be shot before this one.
    `cues`: first and last source cue, None where the script is not aligned with subtitles.
    """

    id: str
    episode: int
    number: str
    heading: str = ""
    place: str = ""
    set_name: str = ""
    interior: bool | None = None
    time: str = ""
    story_day: str = ""
    eighths: int = 1
    minutes: float = 0.0
    screen_seconds: float = 0.0
    cast: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()
    synopsis: str = ""
    tier: Tier = "standard"
    after: tuple[str, ...] = ()
    locked_day: int | None = None
    note: str = ""
    cues: tuple[str, str] | None = None

    @property
    def night(self) -> bool:
        """Whether it must be shot at night: outside in the dark. Night inside is made by covering windows."""
        return self.time == "night" and self.interior is not True


@dataclass(frozen=True, slots=True)
class CastMember:
    """A part. `rate` is a day's fee in the rules' currency, None where it is not known; `windows` empty: always free."""

    name: str
    number: int
    rate: Decimal | None = None
    minor: bool = False
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A place to shoot at. `aliases` are other ways in which the script writes it."""

    name: str
    rate: Decimal | None = None
    windows: tuple[Window, ...] = ()
    night_ok: bool = True
    move_minutes: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Everything that must be shot. `source` says what it was made of: `script`, `cues` (no script) or `sheet`."""

    scenes: tuple[SceneSheet, ...] = ()
    cast: tuple[CastMember, ...] = ()
    locations: tuple[Location, ...] = ()
    problems: tuple[Finding, ...] = ()
    source: str = "script"

    def scene(self, scene_id: str) -> SceneSheet:
        """The scene of that id. UserError where there is none."""
        for scene in self.scenes:
            if scene.id == scene_id:
                return scene
        raise UserError(
            f"The breakdown has no scene {scene_id!r}; its scenes are "
            f"{', '.join(s.id for s in self.scenes[:5])}{' ...' if len(self.scenes) > 5 else ''}."
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """What something costs. `key` is `crew.day`, `night`, `move`, `overtime.hour`, `cast.day` and so on.

    `example` marks a figure of ours, there so that a plan can be made before anybody asked for prices.
    """

    key: str
    amount: Decimal
    currency: str = "CNY"
    date: str = ""
    source: str = ""
    example: bool = False


_EXAMPLE = "example figure, not a quote"
EXAMPLE_RATES: tuple[Rate, ...] = tuple(
    Rate(key, Decimal(amount), "CNY", "", _EXAMPLE, True)
    for key, amount in (
        ("crew.day", 35000),
        ("night", 6000),
        ("move", 1500),
        ("overtime.hour", 4000),
        ("cast.day", 1500),
        ("extra.day", 200),
        ("location.day", 2000),
    )
)
"""Rates to begin with; every one is marked as an example and wants to be replaced."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How shooting minutes are estimated; a rule of thumb of ours that a producer overrides.

        minutes = (setup[interior or not] + screen_seconds * per_second[tier]) * effects * cast

    Effects multiply by 1 + `per_effect` for each effect, vehicle and animal (at most `most_effects`), cast by
    1 + `per_cast` for each speaking part beyond two and 1 + `per_extras` where there are extras. The sum is
    rounded up to `step` minutes. The defaults shoot 90 s of a standard scene inside with two people in
    20 + 90 * 0.9 = 101 minutes, so about 8 to 10 screen minutes on a day of 11 hours, which is the pace of a
    vertical series that is shot in 7 to 12 days; standard television makes 3 to 5. The page figures are those of
    `estimate.eighths`.
    """

    setup_inside: float = 20.0
    setup_outside: float = 30.0
    per_second: dict[str, float] = field(default_factory=lambda: {"basic": 0.6, "standard": 0.9, "fine": 1.6})
    night_factor: float = 1.15
    per_effect: float = 0.15
    most_effects: int = 4
    per_cast: float = 0.05
    per_extras: float = 0.1
    step: int = 5
    seconds_per_eighth: float = 7.5
    chars_per_page_zh: int = 370
    lines_per_page_en: int = 54


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan must keep, and what things cost.

    `day_minutes` of a shooting day; a night block adds `night_minutes` and takes `turnaround_minutes` off the
    next day. Every location after the first of a day takes `move_minutes`, and there are at most
    `moves_a_day` (None: any number). Minors work at most `minor_minutes` a day. `holding_share` is the part
    of a day's fee that is paid for an idle day between an actor's first and last. `days_off` are dates,
    `weekdays_off` 0 (Monday) to 6. `overtime_minutes`: most overtime of a day.
    """

    start: Day | None = None
    max_days: int = 30
    day_minutes: int = 660
    night_minutes: int = 240
    turnaround_minutes: int = 120
    overtime_minutes: int = 0
    move_minutes: int = 45
    moves_a_day: int | None = 2
    minor_minutes: int = 300
    holding_share: Decimal = Decimal("0.5")
    units: int = 1
    days_off: tuple[Day, ...] = ()
    weekdays_off: tuple[int, ...] = ()
    currency: str = "CNY"
    rates: tuple[Rate, ...] = EXAMPLE_RATES
    estimate: Estimate = field(default_factory=Estimate)

    def rate(self, key: str) -> Decimal:
        """The amount of a rate. UserError where the rules have none of that key."""
        for rate in self.rates:
            if rate.key == key:
                return rate.amount
        raise UserError(f"The rules have no rate {key!r}; add it to the rates, with its date and source.")


@dataclass(frozen=True, slots=True)
class ShootDay:
    """One day of one unit: its scenes in the order in which they are shot."""

    index: int
    date: Day | None
    unit: int
    scenes: tuple[str, ...]
    locations: tuple[str, ...]
    moves: int
    minutes: float
    night: bool
    overtime_minutes: float
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule. `cost` by part (crew, cast, holding, location, moves, night, overtime); `bound` is a lower bound
    of the total and `gap` how far above it the total may be, as a share; `proved`: no plan is cheaper.
    """

    days: tuple[ShootDay, ...] = ()
    cost: dict[str, Decimal] = field(default_factory=dict)
    currency: str = "CNY"
    bound: Decimal | None = None
    gap: float | None = None
    proved: bool = False
    seconds: float = 0.0
    changes: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.cost.values(), Decimal(0))


T = TypeVar("T")


def to_json(thing: Any) -> Any:
    """A data class of this module as JSON values: dates as ISO texts, money as texts."""
    return _adapter(type(thing)).dump_python(thing, mode="json")  # type: ignore[arg-type]


def from_json(kind: type[T], body: Any) -> T:
    """The data class that `to_json` made JSON of. UserError where the values do not fit."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(body)  # type: ignore[arg-type,no-any-return]
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(x) for x in first["loc"])
        raise UserError(
            f"The stored {kind.__name__.lower()} cannot be read ({where}: {first['msg']}); make it again."
        ) from None


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
