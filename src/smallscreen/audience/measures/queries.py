"""The measures' SQL: one text for DuckDB and Spark, filled with checked numbers, names and dates only.

A second of content is counted when its **middle** was played: second s is in [a, b) ms when
a <= 1000 s + 500 < b. So an interval that a player cuts in two counts as one, the seconds of disjoint
intervals are disjoint, and all of it is whole numbers. A **starter** played at least one such second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from smallscreen.audience.lake import Lake
from smallscreen.engines.sql import SqlEngine, identifier
from smallscreen.errors import UserError

Asked = Lake | SqlEngine
"""What can be asked: a lake, or an engine with the views `events`, `unlock`."""

COMPLETE_PERCENT, FINISHED_PERCENT, WATCHED_PERCENT = 95, 90, 70
STARTER_MS = 120_000
BITS = 63
"""Episodes in one word of bits: what a BIGINT holds without its sign."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events: a series, and in it a market, an edition (market and variant), an episode, a cut.

    What is left open is merged: a viewer of two editions is one viewer, unless `apart` is set, which
    asks for every edition on its own in one pass. `since` and `before` bound started_at (UTC).
    """

    series: str
    market: str | None = None
    variant: str | None = None
    episode: int | None = None
    asset: str | None = None
    apart: bool = False
    since: datetime | None = None
    before: datetime | None = None

    @classmethod
    def of(cls, series: str, edition: str | None = None, **more: Any) -> Scope:
        """The scope of an edition by its name (`en-US`, `en-US.literal`), or of the series."""
        if edition is None:
            return cls(series, **more)
        market, _, variant = edition.partition(".")
        return cls(series, market=market, variant=variant or "main", **more)

    def where(self, time: str = "started_at") -> str:
        """The condition in SQL."""
        pairs = {
            "series_id": self.series,
            "market": self.market,
            "variant_id": self.variant,
            "asset_id": self.asset,
        }
        parts = [f"{column} = {word(value)}" for column, value in pairs.items() if value is not None]
        if self.episode is not None:
            parts.append(f"episode = {int(self.episode)}")
        if self.since is not None:
            parts.append(f"{time} >= {moment(self.since)}")
        if self.before is not None:
            parts.append(f"{time} < {moment(self.before)}")
        return " AND ".join(parts)

    @property
    def edition(self) -> str:
        """The condition on market and variant alone, for rows that are the series' already."""
        pairs = {"market": self.market, "variant_id": self.variant}
        return " AND ".join(f"{c} = {word(v)}" for c, v in pairs.items() if v is not None) or "true"

    @property
    def columns(self) -> dict[str, str]:
        """What stands for market and variant in the texts: the column where it is kept apart, else nothing."""
        market, variant = self.apart or self.market is not None, self.apart or self.variant is not None
        return {
            "market": "market" if market else "''",
            "variant": "variant_id" if variant else "''",
            "market_key": "market, " if market else "",
            "variant_key": "variant_id, " if variant else "",
        }


def edition_name(market: str, variant: str) -> str:
    """`en-US`, or `en-US.literal`; the name of a merged scope is its market, or empty."""
    return market if variant in ("main", "") else f"{market}.{variant}"


def text(name: str, scope: Scope | None = None, **more: object) -> str:
    """A text of `audience/sql`, filled."""
    fixed: dict[str, object] = {
        "from_s": second_of("time_from_ms"),
        "to_s": second_of("time_to_ms"),
        "from_whole_ms": whole_ms_of("time_from_ms"),
        "to_whole_ms": whole_ms_of("time_to_ms"),
        "complete_percent": COMPLETE_PERCENT,
        "finished_percent": FINISHED_PERCENT,
        "watched_percent": WATCHED_PERCENT,
        "starter_ms": STARTER_MS,
    }
    if scope is not None:
        fixed |= {**scope.columns, "scope": scope.where(), "edition": scope.edition}
    body = _file(name)
    if "{viewer_episode}" in body and "viewer_episode" not in more:
        fixed["viewer_episode"] = text("viewer_episode", scope)
    return body.format_map({**fixed, **more})


def rows(asked: Asked, name: str, scope: Scope | None = None, **more: object) -> list[tuple[Any, ...]]:
    """The rows of a text of `audience/sql`."""
    sql = text(name, scope, **more)
    return asked.sql(sql) if isinstance(asked, Lake) else asked.rows(sql)


def second_of(column: str) -> str:
    """The first second whose middle is not before a position in ms; whole numbers in both engines."""
    return f"CAST({whole_ms_of(column)} / 1000 AS INTEGER)"


def whole_ms_of(column: str) -> str:
    """That second as its 1,000 ms: orders and groups alike, and is divided once a group and not once a row."""
    return f"({column} + 499 - ({column} + 499) % 1000)"


def seconds_in(duration_ms: int) -> int:
    """How many seconds of an asset have a middle."""
    return (duration_ms + 499) // 1000


def word(value: str) -> str:
    """A name as SQL text. UserError for one that could be read differently by the two engines."""
    if not re.fullmatch(r"[\w .:/+@()-]{1,300}", value):
        raise UserError(
            f"The name {value[:60]!r} cannot be asked for; names hold letters, digits, spaces and . _ - / : @ + ( )."
        )
    return f"'{value}'"


def moment(at: datetime) -> str:
    """A moment (UTC when it says no zone) as SQL text."""
    plain = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return f"TIMESTAMP '{plain.isoformat(sep=' ', timespec='microseconds')}'"


def words_of_bits(episodes: int) -> tuple[dict[str, str], list[str]]:
    """What survival.sql is filled with for that many episodes, and its columns of bits.

    All words come first, then those of what was started by the cutoff. A row's bit is put into its word before
    the grouping, so that the aggregates have whole words to join and nothing to decide.
    """
    count = max(1, -(-episodes // BITS))
    each = []
    for i in range(count):
        low, high = BITS * i, BITS * (i + 1)
        bit = f"CAST(1 AS BIGINT) << CAST(episode - {low + 1} AS INTEGER)"
        tests = f"episode > {low} AND episode <= {high}"
        each.append(f"CASE WHEN {tests} THEN {bit} ELSE CAST(0 AS BIGINT) END AS word_{i}")
    parts = [f"bit_or(word_{i}) AS all_{i}" for i in range(count)]
    parts += [
        f"bit_or(CASE WHEN around = 0 THEN word_{i} ELSE CAST(0 AS BIGINT) END) AS early_{i}"
        for i in range(count)
    ]
    names = [f"{part}_{i}" for part in ("all", "early") for i in range(count)]
    return {
        "each": ",\n         ".join(each),
        "words": ",\n         ".join(parts),
        "columns": ", ".join(names),
    }, names


def steps_to_curve(steps: Mapping[int, int], seconds: int) -> list[int]:
    """The running sum of steps by second, for seconds 0 to `seconds` - 1."""
    total, curve = 0, []
    for second in range(seconds):
        total += steps.get(second, 0)
        curve.append(total)
    return curve


def from_table(table: str | None) -> dict[str, str]:
    """What to fill in where the rows of viewer_episode.sql are in a table already."""
    return {"viewer_episode": f"SELECT * FROM {identifier(table)}"} if table else {}


@cache
def _file(name: str) -> str:
    return files("smallscreen.audience").joinpath("sql", f"{name}.sql").read_text("utf-8")
