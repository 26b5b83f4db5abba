"""What the benchmarks share: where real data lies, and how a result is written down.

A row is `{name, value, unit, target, peer, ratio, holds}`. `target` is what has to be reached (None
when there is none), `peer` what it was measured against in the same run, `ratio` value to target or
to peer, `holds` whether the target is met (None when there is none).
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
SHARED = ROOT.parent / "shared"
SERIES_29 = SHARED / "real" / "series-29"


def row(
    name: str,
    value: float,
    unit: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    peer: str | None = None,
    peer_value: float | None = None,
) -> dict[str, Any]:
    """One figure. Give `at_most` or `at_least` as the target, `peer` with its value from the same run."""
    target = at_most if at_most is not None else at_least
    base = peer_value if peer_value is not None else target
    holds = None if target is None else bool(value <= target if at_most is not None else value >= target)
    return {
        "name": name,
        "value": round(float(value), 4),
        "unit": unit,
        "target": None if target is None else f"{'<=' if at_most is not None else '>='} {target:g}",
        "peer": peer,
        "ratio": round(value / base, 4) if base else None,
        "holds": holds,
    }


def report(name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows and write `bench/results/NAME.json` with the machine and the date."""
    width = max((len(r["name"]) for r in rows), default=0)
    for r in rows:
        verdict = {True: "holds", False: "FALLS SHORT", None: ""}[r["holds"]]
        target = f"target {r['target']}" if r["target"] else ""
        peer = f"peer {r['peer']}, ratio {r['ratio']}" if r["peer"] else ""
        print(
            f"{r['name']:<{width}}  {r['value']:>12,.4g} {r['unit']:<14} {target:<16} {peer} {verdict}".rstrip()
        )
    RESULTS.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def machine() -> str:
    """The machine in words, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def skip(name: str, reason: str) -> None:
    """Say why a benchmark did not run."""
    print(f"{name}: skipped: {reason}")
