"""Any table, with a mapping file that says which column is what."""

from __future__ import annotations

from typing import Any

from smallscreen.audience.files import Opened
from smallscreen.audience.importer import (
    Candidates,
    Importer,
    constant,
    from_asset,
    mapped,
    select,
    to_ms,
    utc_of,
)
from smallscreen.audience.mapping import Mapping
from smallscreen.engines.sql import identifier
from smallscreen.errors import FileProblem

_MEASURED = ("time_from_ms", "time_to_ms", "duration_ms")
_NEEDED = ("user_id", "time_from_ms", "time_to_ms", "started_at")


class Mapped(Importer):
    id = "mapping"
    name = "With a mapping"
    description = "Any Parquet, CSV or JSON Lines file; a TOML file says which column is what."
    suffixes = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
    order = 30

    def recognizes(self, opened: Opened, mapping: Mapping | None) -> bool:
        return mapping is not None and any(c in mapping.columns for c in ("time_from_ms", "time_to_ms"))

    def candidates(self, con: Any, opened: Opened, mapping: Mapping | None) -> Candidates:
        assert mapping is not None
        absent = sorted(v for v in mapping.columns.values() if not opened.has(v))
        if absent:
            raise FileProblem(
                opened.path,
                None,
                f"there is no column {', '.join(absent)}, which the mapping names",
                f"one of {', '.join(list(opened.columns)[:20])}",
            )
        for name in _NEEDED:
            if name not in mapping.columns and name not in mapping.constants:
                raise FileProblem(
                    opened.path,
                    None,
                    f"the mapping does not say what {name} is",
                    f"a line {name} = in [columns]",
                )
        columns = expressions(mapping, mapping.columns)
        stated = mapping.columns.get("started_at", "")
        kind = opened.columns.get(stated, "VARCHAR") if opened.format == "parquet" else "VARCHAR"
        unit = mapping.units.get("started_at")
        value = identifier("started_at") if stated else constant(mapping.constants["started_at"])
        at, problem = utc_of(value, kind, mapping.zone, None if unit == "text" else unit)
        columns |= {"utc": at, "at_problem": problem}
        return Candidates(select(columns, f"({opened.text_rows(mapping.columns)})"))


def expressions(mapping: Mapping, there: dict[str, str]) -> dict[str, str]:
    """SQL of each column of events that the mapping names; `there` are columns of the source query."""
    columns: dict[str, str] = from_asset("asset_id", mapping) if "asset_id" in there else {}
    columns |= {k: constant(v) for k, v in mapping.constants.items() if k != "started_at"}
    for name in there:
        if name == "started_at":
            continue
        value = mapped(identifier(name), mapping.values.get(name, {}))
        columns[name] = to_ms(value, mapping.units.get(name, "ms")) if name in _MEASURED else value
    for name, values in mapping.values.items():
        if name in columns and name not in there:
            columns[name] = mapped(columns[name], values)
    return columns
