"""What the papers are made of: breakdown, rules and plan, and what only a call sheet asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from datetime import date as Day
from zoneinfo import ZoneInfo

from smallscreen.errors import UserError
from smallscreen.production.breakdown import breakdown, load_rules
from smallscreen.production.model import ROOM, Breakdown, Plan, Rules, from_json
from smallscreen.series import documents
from smallscreen.series.project import Project


@dataclass(frozen=True, slots=True)
class Material:
    """A shoot to write papers of. `slug` names the files."""

    title: str
    slug: str
    breakdown: Breakdown
    rules: Rules
    plan: Plan


@dataclass(frozen=True, slots=True)
class Place:
    """Where the shoot is, in degrees (north and east positive): for sunrise and sunset."""

    latitude: float
    longitude: float
    name: str = ""

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise UserError(
                f"There is no place at latitude {self.latitude:g}, longitude {self.longitude:g}; give degrees, "
                "latitude -90 to 90 and longitude -180 to 180."
            )


@dataclass(frozen=True, slots=True)
class Options:
    """What a plan does not say.

    `call`: when the crew starts on an ordinary day. `prep_minutes`: how long before their first scene the cast is
    called, for makeup and costume. `zone`: IANA name of the time zone; None leaves calendar times floating (the same
    on every clock). `place` with `zone` gives sunrise and sunset. `travel`: travel days by the part's name.
    `drop_days`: an actor who is idle for at least so many shooting days running is dropped and picked up again
    instead of held; None: always held. `made`: the moment that the papers bear; None: now.
    """

    call: time = time(7, 0)
    prep_minutes: int = 45
    zone: str | None = None
    place: Place | None = None
    travel: Mapping[str, tuple[Day, ...]] = field(default_factory=dict)
    drop_days: int | None = None
    made: datetime | None = None

    def __post_init__(self) -> None:
        if self.prep_minutes < 0 or (self.drop_days is not None and self.drop_days < 1):
            raise UserError("Minutes of preparation are 0 or more and days to drop an actor 1 or more.")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError):
                raise UserError(
                    f"There is no time zone {self.zone!r}; name one like Asia/Shanghai, or none for floating times."
                ) from None

    @property
    def moment(self) -> datetime:
        """When the papers were made, UTC, without parts of seconds."""
        made = self.made or datetime.now(UTC)
        made = made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
        return made.replace(microsecond=0)


def of_project(project: Project) -> Material:
    """The breakdown brought up to date, the rules and the stored plan. UserError where there is no plan."""
    found = documents.get(project.store, ROOM, "plan")
    series = project.store.series()
    if found is None:
        raise UserError(f"{series.title} has no shooting plan yet; make its schedule first, then its papers.")
    made, _ = breakdown(project)
    return Material(series.title, series.slug, made, load_rules(project.store), from_json(Plan, found.body))
