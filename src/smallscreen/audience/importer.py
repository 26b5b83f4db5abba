"""What an importer is, and the SQL that several of them share. One importer is one file in `importers/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from smallscreen.audience.files import Opened
from smallscreen.audience.mapping import Mapping
from smallscreen.engines.sql import literal

CANDIDATE = (
    "event_id",
    "media_session_id",
    "user_id",
    "series_id",
    "season",
    "episode",
    "asset_id",
    "locale",
    "market",
    "variant_id",
    "time_from_ms",
    "time_to_ms",
    "duration_ms",
    "playback_rate",
    "muted",
    "simulated",
)
"""What a candidate row has besides `row`, `raw`, `utc` (TIMESTAMP) and `at_problem` (a reason or NULL)."""


@dataclass
class Candidates:
    """A query of candidate rows, and what has to be said about how they came to be."""

    query: str
    notes: list[str] = field(default_factory=list)
    table: str = "events"


class Importer(ABC):
    """Turns one kind of file into candidate rows, in SQL. Values may be of any type: the rules cast them."""

    id: str = ""
    name: str = ""
    description: str = ""
    suffixes: tuple[str, ...] = ()
    order: int = 50
    """Importers are asked from the lowest to the highest; the first that recognizes a file reads it."""

    @abstractmethod
    def recognizes(self, opened: Opened, mapping: Mapping | None) -> bool:
        """Whether the file is of this kind, by its columns."""

    @abstractmethod
    def candidates(self, con: Any, opened: Opened, mapping: Mapping | None) -> Candidates:
        """The query; raises FileProblem when a column is missing or has the wrong type."""


def select(columns: dict[str, str], source: str) -> str:
    """A candidate query of expressions by name; what is not given is NULL."""
    # A source that does not speak of series at all is about the one it is imported into.
    given = {"series_id": "getvariable('series')", **columns}
    parts = [f"{given.get(name, 'NULL')} AS {name}" for name in CANDIDATE]
    at, problem = columns["utc"], columns["at_problem"]
    return f"SELECT row, raw, {', '.join(parts)}, {at} AS utc, {problem} AS at_problem FROM {source}"


_NUMBER = r"'-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?'"
_ZONED = r"':[0-9]{2}([.,][0-9]+)?\s*(Z|z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?|[A-Za-z]+/[A-Za-z_/]+)$'"
_SCALE = {"s": 1_000_000, "ms": 1000, "us": 1}


def utc(text: str, zone: str | None, unit: str | None = None) -> tuple[str, str]:
    """SQL of a time given as text: the TIMESTAMP in UTC, and the reason why there is none.

    A bare number is an epoch: in `unit`, or, when that is not said, in seconds below 1e11 and in
    milliseconds above (1e11 s is the year 5138). A time without a zone is in `zone`, or refused.
    """
    value = f"trim(CAST({text} AS VARCHAR))"
    number = f"try_cast({value} AS DOUBLE)"
    factor = (
        str(_SCALE[unit]) if unit in _SCALE else f"CASE WHEN abs({number}) < 1e11 THEN 1000000 ELSE 1000 END"
    )
    micros = f"try_cast(round({number} * ({factor})) AS BIGINT)"
    # A number outside the years 1 to 9999 is no time: make_timestamp would stop the import.
    epoch = f"CASE WHEN abs({micros}) < 253402300800000000 THEN make_timestamp({micros}) END"
    naive = f"try_cast({value} AS TIMESTAMP)"
    local = (
        f"({naive} AT TIME ZONE {literal(zone)}) AT TIME ZONE 'UTC'" if zone else "CAST(NULL AS TIMESTAMP)"
    )
    is_number, is_zoned = f"regexp_full_match({value}, {_NUMBER})", f"regexp_matches({value}, {_ZONED})"
    zoned = f"try_cast({value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    at = f"CASE WHEN {is_number} THEN {epoch} WHEN {is_zoned} THEN {zoned} ELSE {local} END"
    if zone:
        return at, f"CASE WHEN ({at}) IS NULL THEN 'no-time' END"
    bare = f"NOT coalesce({is_number} OR {is_zoned}, true) AND {naive} IS NOT NULL"
    return at, f"CASE WHEN {bare} THEN 'no-zone' WHEN ({at}) IS NULL THEN 'no-time' END"


def utc_of(
    column: str, type_: str, zone: str | None, unit: str | None = None, *, bare: str | None = None
) -> tuple[str, str]:
    """As `utc`, for a column of any type; `bare` is the zone of TIMESTAMP values (a typed column)."""
    kind = type_.upper()
    missing = f"CASE WHEN {column} IS NULL THEN 'no-time' END"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"{column} AT TIME ZONE 'UTC'", missing
    if kind.startswith(("TIMESTAMP", "DATE")):
        place = zone or bare
        if place is None:
            return "CAST(NULL AS TIMESTAMP)", f"CASE WHEN {column} IS NULL THEN 'no-time' ELSE 'no-zone' END"
        value = f"CAST({column} AS TIMESTAMP)"
        return (
            value if place == "UTC" else f"({value} AT TIME ZONE {literal(place)}) AT TIME ZONE 'UTC'"
        ), missing
    return utc(column, zone, unit)


def to_ms(column: str, unit: str) -> str:
    """SQL of a length or a position in whole milliseconds. Text that is no number stays text, for the rules."""
    if unit == "ms":
        return column
    factor = {"s": "1000", "us": "0.001"}.get(unit, "1")
    number = f"try_cast(CAST({column} AS VARCHAR) AS DOUBLE)"
    return f"coalesce(CAST(round({number} * {factor}) AS VARCHAR), CAST({column} AS VARCHAR))"


def from_asset(text: str, mapping: Mapping) -> dict[str, str]:
    """SQL of series_id, episode, market and variant_id out of an asset's id."""
    names = {"series": "series_id", "episode": "episode", "market": "market", "variant": "variant_id"}
    value = f"CAST({text} AS VARCHAR)"
    return {
        names[group]: f"nullif(regexp_extract({value}, {literal(mapping.asset)}, {number}), '')"
        for group, number in mapping.groups().items()
    }


def mapped(expression: str, values: dict[str, str]) -> str:
    """SQL that puts our value for theirs; a value that is not named stays."""
    if not values:
        return expression
    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in values.items())
    return f"CASE CAST({expression} AS VARCHAR) {cases} ELSE CAST({expression} AS VARCHAR) END"


def constant(value: object) -> str:
    """A constant of a mapping in SQL."""
    return literal(str(value).lower() if isinstance(value, bool) else str(value))
