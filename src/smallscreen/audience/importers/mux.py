"""View exports in the manner of Mux Data: one row a view, with its start and how long it played.

A view knows how long something was played, seldom where. With `playing_intervals` (a JSON list of
[from, to] in ms of the asset) every interval is taken as it is. Without it the view counts as one
interval from the beginning, without seeks: right for time played, an assumption for the retention
of a second; `notes` says so. Fields: docs.mux.com, Mux Data, Export raw video view data.
"""

from __future__ import annotations

from typing import Any

from smallscreen.audience.files import Opened
from smallscreen.audience.importer import Candidates, Importer, constant, from_asset, mapped, select, utc_of
from smallscreen.audience.mapping import Mapping

_USER = ("viewer_user_id", "mux_viewer_id")
_PLAYED = ("view_total_content_playback_time", "view_playing_time", "watch_time", "view_watch_time")
_OWN = {
    "market": ("video_language_code",),
    "variant_id": ("video_variant_id", "video_variant_name"),
    "locale": ("viewer_locale",),
}


class Mux(Importer):
    id = "mux"
    name = "Mux-style views"
    description = "One row a view: its start, how long it played, playing intervals where given."
    suffixes = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
    order = 20

    def recognizes(self, opened: Opened, mapping: Mapping | None) -> bool:
        return {"view_id", "view_start", "video_id"} <= set(opened.columns)

    def candidates(self, con: Any, opened: Opened, mapping: Mapping | None) -> Candidates:
        said = mapping or Mapping()
        kind = opened.columns["view_start"] if opened.format == "parquet" else "VARCHAR"
        at, problem = utc_of("tstamp", kind, said.zone or "UTC", said.units.get("started_at"))
        intervals = (
            f"try_cast(CAST({opened.column('playing_intervals')} AS VARCHAR) AS BIGINT[][])"
            if "playing_intervals" in opened.columns
            else "CAST(NULL AS BIGINT[][])"
        )
        source = f"""
          WITH views AS (
            SELECT row, raw, {opened.column("view_id")} AS view_id, {opened.column("view_start")} AS tstamp,
              {opened.column("video_id")} AS video, {_first(opened, _USER)} AS user_id,
              {_first(opened, _PLAYED)} AS played, {_first(opened, ("video_duration",))} AS duration_ms,
              {", ".join(f"{_first(opened, names)} AS own_{column}" for column, names in _OWN.items())},
              {intervals} AS intervals
            FROM ({opened.scan})),
          parts AS (
            SELECT *, {at} AS began, {problem} AS at_problem,
              unnest(CASE WHEN len(intervals) > 0 THEN intervals
                ELSE [[0, coalesce(try_cast(round(try_cast(played AS DOUBLE)) AS BIGINT), 0)]] END) AS part,
              generate_subscripts(CASE WHEN len(intervals) > 0 THEN intervals ELSE [[0, 0]] END, 1) AS k
            FROM views)
          SELECT *, part[1] AS time_from,
            -- A view that loops plays longer than its asset; what it played beyond one turn is not placed.
            CASE WHEN len(intervals) > 0 THEN part[2]
              ELSE least(part[2], coalesce(try_cast(duration_ms AS BIGINT), part[2])) END AS time_to,
            began + to_milliseconds(CAST(coalesce(list_sum([greatest(p[2] - p[1], 0) FOR p IN intervals[1:k - 1]]), 0) AS BIGINT)) AS utc
          FROM parts"""
        columns = from_asset("video", said)
        for column in _OWN:
            columns[column] = f"coalesce({columns.get(column, 'NULL')}, own_{column})"
        columns |= {k: constant(v) for k, v in said.constants.items()}
        columns = {k: mapped(v, said.values.get(k, {})) for k, v in columns.items()}
        columns |= {
            "event_id": "view_id || ':' || k",
            "media_session_id": "view_id",
            "user_id": "user_id",
            "asset_id": "video",
            "time_from_ms": "time_from",
            "time_to_ms": "time_to",
            "duration_ms": "duration_ms",
            "utc": "utc",
            "at_problem": "at_problem",
        }
        notes = [
            f"{opened.path.name}: a view says how long it played, not where; views without playing_intervals count as "
            "played from the beginning without a seek, so the retention of single seconds is an assumption."
        ]
        return Candidates(select(columns, f"({source})"), notes)


def _first(opened: Opened, names: tuple[str, ...]) -> str:
    there = [f"nullif(CAST({opened.column(n)} AS VARCHAR), '')" for n in names if n in opened.columns]
    return f"coalesce({', '.join(there)})" if there else "CAST(NULL AS VARCHAR)"
