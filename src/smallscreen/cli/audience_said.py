"""What the audience commands print and read: tables, the note that viewing is simulated, moments, shares, files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from smallscreen.cli.output import print_table


def noted(simulated: bool, more: str = "") -> str:
    from smallscreen.audience.said import SIMULATED

    return "\n".join(x for x in (more, SIMULATED if simulated else "") if x)


def moment(text: str | None) -> datetime | None:
    """A moment as the lake has it: UTC, without a zone."""
    from datetime import UTC

    from smallscreen.errors import UserError

    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--as-of {text!r} is no moment; write it like 2026-05-01T00:00Z.") from None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def shares(planned: list[str]) -> dict[str, float]:
    from smallscreen.errors import UserError

    found = {}
    for one in planned:
        arm, equals, value = one.rpartition("=")
        try:
            found[arm] = float(value)
        except ValueError:
            equals = ""
        if not equals or not arm:
            raise UserError(f"--planned {one!r} names no share; write it like main=0.5, once for each arm.")
    return found


def write(paths: list[Path], data: dict[str, Any], html: Any) -> list[Path]:
    import json

    from smallscreen.errors import UserError

    for path in paths:
        text = (
            html()
            if path.suffix.lower() == ".html"
            else json.dumps(data, ensure_ascii=False, allow_nan=False)
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        except OSError as e:
            raise UserError(
                f"{path} cannot be written ({e.strerror}); give another place with --out."
            ) from None
    return paths


def print_measures(data: dict[str, Any], fresh: bool) -> None:
    from smallscreen.audience.said import in_order, in_short, share

    rows = []
    for name in in_order(data):
        e = data["summary"]["editions"][name]
        minutes, s = e["minutes_a_user"], e["survival"]
        last = (
            f"{100 * s['survival'][-1]:.1f} % ({100 * s['low'][-1]:.1f} to {100 * s['high'][-1]:.1f}), episode {s['episodes'][-1]}"
            if s
            else ""
        )
        rows.append(
            (
                name,
                e["viewers"],
                f"{minutes['value']:.2f} ({minutes['low'] or 0:.2f} to {minutes['high'] or 0:.2f})",
                share(e["completion"]),
                last,
            )
        )
    quality = data["quality"]
    aside = [f"{r['reason']} {r['rows']:,}" for r in quality["quarantined"]]
    told = f"Set aside: {sum(r['rows'] for r in quality['quarantined']):,} rows"
    told += f" ({', '.join(aside)})" if aside else ""
    told += f"; no persons: {quality['bots']:,} users; repeated: {quality['repeated']:,} rows."
    print_table(
        f"{data['title']}: who watched, until {data['as_of'][:10]}{'' if fresh else ' (up to date)'}",
        ("edition", "viewers", "minutes a viewer (95 %)", "finish a started episode", "reach the last known"),
        rows,
        note=noted(data["simulated"], told),
    )
    typer.echo("")
    for x in in_short(data):
        typer.echo(f"{x['head']}. {x['text']}")
    typer.echo("")


def association(a: Any) -> tuple[str, str, str, str, str, int, int, str]:
    h = a.hazard_ratio
    where = f"{a.findings} places"
    if a.level == "ad":
        where = "in the episode"
    elif a.episode is not None:
        where = f"ep {a.episode}, {a.start_ms // 60_000}:{a.start_ms // 1000 % 60:02d}"
    return (
        a.kind,
        where,
        f"{h.value:.2f}",
        f"{h.low:.2f} to {h.high:.2f}",
        f"{a.q_value:.3f}",
        a.leaves,
        a.control_leaves,
        f"{a.exposed_s:,} {'completers' if a.level == 'end' else 's'}",
    )


def lift(m: Any) -> tuple[str, str, str, str, str, str, int, str]:
    lift = m.lift
    name = m.metric + (" (primary)" if m.primary else "")
    span = f"{100 * lift.low:+.1f} to {100 * lift.high:+.1f} %" if lift.high < 1e6 else "no interval yet"
    return (
        name, m.arm, f"{m.control_value:.3f}", f"{m.arm_value:.3f}", f"{100 * lift.value:+.1f} %", span, lift.n, m.verdict,
    )  # fmt: skip
