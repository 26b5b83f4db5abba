"""What a row must be to be taken: the rules in SQL, asked in the order of `events.REASONS`.

The queries stream: nothing in them sorts, groups or holds the file.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from smallscreen.audience.events import (
    AD_IMPRESSION,
    ASSET_SQL,
    EARLIEST,
    EVENTS,
    MAX_SKEW_MINUTES,
    RATES,
    TOLERANCE_MS,
    UNLOCK,
    UNLOCK_KINDS,
    Table,
)
from smallscreen.engines.sql import identifier, literal

KNOWN = "known_episodes"
"""A table `episode, duration_ms` of what the series has."""

_TEXTS = (
    "event_id",
    "media_session_id",
    "user_id",
    "series_id",
    "asset_id",
    "locale",
    "market",
    "variant_id",
)
_NUMBERS = {
    "season": "INTEGER",
    "episode": "INTEGER",
    "time_from_ms": "INTEGER",
    "time_to_ms": "INTEGER",
    "duration_ms": "INTEGER",
    "playback_rate": "FLOAT",
    "muted": "BOOLEAN",
    "simulated": "BOOLEAN",
}


def checked_events(candidates: str, slug: str, *, lines: bool = False) -> str:
    """`row, reason, clipped, data` and the columns of events, one row a candidate. `lines`: raw is JSON."""
    texts = ", ".join(f"{_text(c)} AS {c}" for c in _TEXTS)
    numbers = ", ".join(f"try_cast({c} AS {t}) AS {c}" for c, t in _NUMBERS.items())
    broken = " OR ".join(
        [_unreadable(c, t) for c, t in _NUMBERS.items()] + (["json_type(raw) <> 'OBJECT'"] if lines else [])
    )
    return f"""
      WITH typed AS (
        SELECT row, raw, utc, at_problem, coalesce({broken}, false) AS broken, {texts}, {numbers} FROM ({candidates})),
      known AS (
        SELECT t.* REPLACE (coalesce(t.duration_ms, k.duration_ms) AS duration_ms, coalesce(t.season, 1) AS season,
            coalesce(t.variant_id, 'main') AS variant_id, coalesce(t.locale, t.market) AS locale,
            coalesce(t.playback_rate, 1) AS playback_rate, coalesce(t.muted, false) AS muted,
            coalesce(t.simulated, false) AS simulated),
          k.episode AS known_episode
        FROM typed t LEFT JOIN {KNOWN} k ON t.episode = k.episode),
      judged AS (
        SELECT * REPLACE (coalesce(asset_id, {ASSET_SQL}) AS asset_id,
            -- Compared as BIGINT: the longest INTEGER plus the tolerance is none.
            CASE WHEN time_to_ms > duration_ms AND time_to_ms <= CAST(duration_ms AS BIGINT) + {TOLERANCE_MS}
                 THEN duration_ms ELSE time_to_ms END AS time_to_ms),
          coalesce(time_to_ms > duration_ms, false) AS clipped,
          CASE
            WHEN broken THEN 'unreadable'
            WHEN user_id IS NULL THEN 'no-user'
            WHEN at_problem IS NOT NULL THEN at_problem
            WHEN utc IS NULL THEN 'no-time'
            WHEN series_id IS NULL OR series_id <> {literal(slug)} THEN 'unknown-series'
            WHEN known_episode IS NULL THEN 'unknown-episode'
            WHEN market IS NULL THEN 'no-market'
            WHEN time_from_ms IS NULL OR time_to_ms IS NULL THEN 'no-interval'
            WHEN time_from_ms < 0 OR coalesce(duration_ms, 0) <= 0 THEN 'negative'
            WHEN time_to_ms <= time_from_ms THEN 'backwards'
            WHEN time_from_ms >= duration_ms OR time_to_ms > CAST(duration_ms AS BIGINT) + {TOLERANCE_MS}
              THEN 'beyond-duration'
            -- The limits are compared as FLOAT: 0.1 as FLOAT is a little more than 0.1.
            WHEN NOT playback_rate BETWEEN CAST({RATES[0]} AS FLOAT) AND CAST({RATES[1]} AS FLOAT) THEN 'rate'
            {_when("utc")}
          END AS reason
        FROM known)
      SELECT row, reason, reason IS NULL AND clipped AS clipped,
        CASE WHEN reason IS NOT NULL THEN CAST(to_json(raw) AS VARCHAR) END AS data,
        coalesce(event_id, md5(concat_ws('|', user_id, media_session_id, asset_id, episode, time_from_ms, time_to_ms, utc)))
          AS event_id,
        coalesce(media_session_id, concat_ws('/', user_id, asset_id, CAST(utc AS DATE))) AS media_session_id,
        user_id, series_id, season, episode, asset_id, locale, market, variant_id,
        time_from_ms, time_to_ms, duration_ms, playback_rate, muted, utc AS started_at, simulated
      FROM judged"""


def checked_side(candidates: str, table: Table, slug: str, *, lines: bool = False) -> str:
    """As `checked_events` for exposure, unlock and ad_impression; `event_id` is a hash of the whole row."""
    typed, broken = [], ["json_type(raw) <> 'OBJECT'"] if lines else []
    for column in table.columns:
        name = identifier(column.name)
        if column.name == table.time:
            typed.append(f"utc AS {name}")
        elif column.type == "VARCHAR":
            typed.append(f"coalesce({_text(name)}, {column.default or 'NULL'}) AS {name}")
        else:
            typed.append(f"coalesce(try_cast({name} AS {column.type}), {column.default or 'NULL'}) AS {name}")
            broken.append(_unreadable(name, column.type))
    required = {c.name for c in table.columns if c.default is None and c.type == "VARCHAR"}
    empty = " OR ".join(
        f"{identifier(c)} IS NULL" for c in sorted(required - {"user_id", "series_id", "market"})
    )
    kinds = ", ".join(literal(k) for k in UNLOCK_KINDS)
    time = identifier(str(table.time))
    episodes = table in (UNLOCK, AD_IMPRESSION)
    return f"""
      WITH typed AS (SELECT row, raw, at_problem, coalesce({" OR ".join(broken)}, false) AS broken,
          {", ".join(typed)} FROM ({candidates})),
      judged AS (
        SELECT *, CASE
          WHEN broken{f" OR {empty}" if empty else ""} THEN 'unreadable'
          {f"WHEN kind NOT IN ({kinds}) OR coins < 0 THEN 'unreadable'" if table is UNLOCK else ""}
          WHEN user_id IS NULL THEN 'no-user'
          WHEN at_problem IS NOT NULL THEN at_problem
          WHEN {time} IS NULL THEN 'no-time'
          WHEN series_id IS NULL OR series_id <> {literal(slug)} THEN 'unknown-series'
          {f"WHEN episode IS NULL OR episode NOT IN (SELECT episode FROM {KNOWN}) THEN 'unknown-episode'" if episodes else ""}
          WHEN market IS NULL THEN 'no-market'
          {"WHEN at_ms < 0 THEN 'negative'" if table is AD_IMPRESSION else ""}
          {_when(time)}
        END AS reason FROM typed)
      SELECT row, reason, false AS clipped, CASE WHEN reason IS NOT NULL THEN CAST(to_json(raw) AS VARCHAR) END AS data,
        {row_hash(table)} AS event_id, {", ".join(identifier(c) for c in table.names)}
      FROM judged"""


def row_hash(table: Table) -> str:
    """SQL of a hash of a whole row: the identity of a row that has no id."""
    parts = ", ".join(f"coalesce(CAST({identifier(c)} AS VARCHAR), '')" for c in table.names)
    return f"md5(concat_ws(chr(31), {parts}))"


def _when(time: str) -> str:
    latest = (datetime.now(UTC) + timedelta(minutes=MAX_SKEW_MINUTES)).strftime("%Y-%m-%d %H:%M:%S")
    return f"""WHEN {time} > TIMESTAMP '{latest}' THEN 'in-the-future'
            WHEN {time} < TIMESTAMP '{EARLIEST}' THEN 'too-old'"""


def _text(column: str) -> str:
    return f"nullif(trim(CAST({column} AS VARCHAR)), '')"


def _unreadable(column: str, type_: str) -> str:
    return f"(try_cast({column} AS {type_}) IS NULL AND {_text(column)} IS NOT NULL)"


assert set(_TEXTS) | set(_NUMBERS) | {"started_at"} == set(EVENTS.names)
