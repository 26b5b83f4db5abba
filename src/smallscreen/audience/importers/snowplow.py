"""Snowplow media events: the pings of a player, stitched into contiguous played intervals.

Reads enriched events (Analytics SDK JSON lines, or a warehouse's Parquet) with the contexts
media_player/2-0-0 and media session/1-0-0. Between two events of a session something was played when
the first says that the player ran and the position moved on by no more than the clock allows (times
the rate, and two seconds). Neighbors at one rate become one interval.
Source: docs.snowplow.io, Snowplow media v2; schemas com.snowplowanalytics.snowplow(.media) on Iglu Central.
"""

from __future__ import annotations

from typing import Any

from smallscreen.audience.files import Opened
from smallscreen.audience.importer import Candidates, Importer, constant, from_asset, mapped, select, utc_of
from smallscreen.audience.mapping import Mapping
from smallscreen.engines.sql import identifier, literal

PLAYER = "contexts_com_snowplowanalytics_snowplow_media_player_2"
SESSION = "contexts_com_snowplowanalytics_snowplow_media_session_1"
_TIMES = ("derived_tstamp", "collector_tstamp")
_STILL = ("ready", "pause", "end", "seek_start", "buffer_start", "error", "ad_break_start", "ad_start")
_SLACK_MS = 2000


class Snowplow(Importer):
    id = "snowplow"
    name = "Snowplow media events"
    description = "Enriched events with media_player and session contexts, stitched to played intervals."
    suffixes = (".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv")
    order = 10

    def recognizes(self, opened: Opened, mapping: Mapping | None) -> bool:
        return PLAYER in opened.columns and "event_name" in opened.columns

    def candidates(self, con: Any, opened: Opened, mapping: Mapping | None) -> Candidates:
        said = mapping or Mapping()
        time = next((t for t in _TIMES if t in opened.columns), _TIMES[0])
        kind = opened.columns.get(time, "VARCHAR") if opened.format == "parquet" else "VARCHAR"
        # Snowplow writes its times in UTC, without saying so in the text.
        at, problem = utc_of("tstamp", kind, said.zone or "UTC")
        users = [c for c in ("user_id", "domain_userid", "network_userid") if c in opened.columns]
        user = (
            "coalesce(" + ", ".join(f"nullif({_plain(opened, c)}, '')" for c in users) + ")"
            if users
            else "NULL"
        )
        source = f"""
          WITH events AS (
            SELECT row, raw, {_plain(opened, "event_id")} AS id, {user} AS user_id,
              regexp_replace({_plain(opened, "event_name")}, '_event$', '') AS name,
              {opened.column(time)} AS tstamp,
              {_json(opened, PLAYER)} AS player, {_json(opened, SESSION)} AS session
            FROM ({opened.scan})),
          media AS (
            SELECT row, raw, coalesce(id, 'row' || row) AS id, user_id, name, {at} AS utc, {problem} AS at_problem,
              {_number("player", "currentTime", "current_time", 1000)} AS pos,
              {_number("player", "duration", "duration", 1000)} AS duration_ms,
              coalesce({_value("player", "playbackRate", "playback_rate")}, '1') AS rate,
              coalesce(try_cast({_value("player", "muted", "muted")} AS BOOLEAN), false) AS muted,
              coalesce(try_cast({_value("player", "paused", "paused")} AS BOOLEAN), false) AS paused,
              {_value("player", "label", "label")} AS label,
              coalesce({_value("session", "mediaSessionId", "media_session_id")},
                concat_ws('/', user_id, {_value("player", "label", "label")})) AS session
            FROM events WHERE player IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY coalesce(id, 'row' || row) ORDER BY row) = 1),
          pairs AS (
            SELECT *, lead(pos) OVER w AS next_pos, lead(utc) OVER w AS next_at, lead(name) OVER w AS next_name
            FROM media WHERE utc IS NOT NULL AND user_id IS NOT NULL
            WINDOW w AS (PARTITION BY session, label ORDER BY utc, row)),
          runs AS (
            SELECT *, coalesce(NOT paused AND name NOT IN ({", ".join(map(literal, _STILL))})
                AND next_name NOT IN ('seek_end') AND next_pos > pos
                AND next_pos - pos <= epoch_ms(next_at - utc) * coalesce(try_cast(rate AS DOUBLE), 1) + {_SLACK_MS},
                false) AS plays
            FROM pairs),
          begins AS (
            SELECT *, plays AND NOT coalesce(lag(plays) OVER w AND lag(rate) OVER w = rate, false) AS begin
            FROM runs WINDOW w AS (PARTITION BY session, label ORDER BY utc, row)),
          islands AS (
            SELECT *, sum(CAST(begin AS INTEGER)) OVER
              (PARTITION BY session, label ORDER BY utc, row ROWS UNBOUNDED PRECEDING) AS island
            FROM begins),
          played AS (
            SELECT min(row) AS row, arg_min(raw, row) AS raw, arg_min(id, utc) AS id, arg_min(user_id, row) AS user_id,
              session, label, min(utc) AS utc, CAST(NULL AS VARCHAR) AS at_problem, min(pos) AS time_from,
              max(next_pos) AS time_to, max(duration_ms) AS duration_ms, any_value(rate) AS rate, bool_and(muted) AS muted
            FROM islands WHERE plays GROUP BY session, label, island
            UNION ALL
            SELECT row, raw, id, user_id, session, label, utc, at_problem, pos, pos, duration_ms, rate, muted
            FROM media WHERE utc IS NULL OR user_id IS NULL)
          SELECT * FROM played"""
        columns = from_asset("label", said)
        columns |= {k: constant(v) for k, v in said.constants.items()}
        columns = {k: mapped(v, said.values.get(k, {})) for k, v in columns.items()}
        columns |= {
            "event_id": "id",
            "media_session_id": "session",
            "user_id": "user_id",
            "asset_id": "label",
            "time_from_ms": "time_from",
            "time_to_ms": "time_to",
            "duration_ms": "duration_ms",
            "playback_rate": "rate",
            "muted": "muted",
            "utc": "utc",
            "at_problem": "at_problem",
        }
        note = (
            f"{opened.path.name}: rows are played intervals stitched from Snowplow events; what was played after "
            "the last event of a session is not known, at most one ping."
        )
        return Candidates(select(columns, f"({source})"), [note])


def _plain(opened: Opened, name: str) -> str:
    return f"CAST({opened.column(name)} AS VARCHAR)"


def _json(opened: Opened, name: str) -> str:
    """A context as JSON, whether it came as text, as JSON or as a list of structs."""
    if opened.format == "jsonl":
        path = literal('$."' + name + '"')
        return f"json_extract(raw, {path})"
    if name not in opened.columns:
        return "CAST(NULL AS JSON)"
    column = identifier(name)
    return (
        f"try_cast({column} AS JSON)" if opened.columns[name] in ("VARCHAR", "JSON") else f"to_json({column})"
    )


def _value(context: str, camel: str, snake: str) -> str:
    """A value of a context: its first entity, or itself where it is no list."""
    paths = [f"$[0].{camel}", f"$[0].{snake}", f"$.{camel}", f"$.{snake}"]
    return (
        "coalesce(" + ", ".join(f"json_extract_string({context}, '{p}')" for p in dict.fromkeys(paths)) + ")"
    )


def _number(context: str, camel: str, snake: str, factor: int) -> str:
    return f"try_cast(round(try_cast({_value(context, camel, snake)} AS DOUBLE) * {factor}) AS BIGINT)"
