"""How many viewers pay for a customized edition, against the business room's scenario of its market.

The scenario is read as the JSON that `smallscreen business scenario` writes: rooms meet in data, not in code. What
it carries along (simulated viewing, example rates) is carried on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem, UserError
from smallscreen.production.model import Rate

PATH = Path("business") / "scenario.json"
_MOST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BreakEven:
    """`viewers` is how many more must come than nobody, at what one brings after acquisition; `few` and `many`
    at the ends of the scenario's interval. None: at that end a viewer brings nothing, so it is never paid back.

    `lift` is the share by which the scenario's net would have to rise to pay for it, None where it earns nothing.
    """

    edition: str
    model: str
    cost: Decimal
    currency: str
    each: Decimal
    viewers: int | None
    few: int | None
    many: int | None
    scenario_viewers: int
    lift: float | None
    simulated: bool
    example: bool
    notes: tuple[str, ...]


def stored_scenario(root: Path, edition: str, model: str | None = None) -> dict[str, Any] | None:
    """The scenario of an edition (of a model; else the first) that the business room wrote last, None without one.

    FileProblem for a file that is not what it writes.
    """
    path = root / PATH
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > _MOST:
            raise ValueError("it is too large")
        data = json.loads(path.read_text("utf-8"))
        found = [s for s in data["scenarios"] if s["edition"] == edition and model in (None, s["model"])]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FileProblem(
            path, None, "it holds no scenarios", "what smallscreen business scenario writes; run it again"
        ) from None
    return found[0] if found else None


def break_even(
    cost: Decimal, currency: str, scenario: Mapping[str, Any], exchange: Mapping[str, Rate], edition: str = ""
) -> BreakEven:
    """What must come in to pay for `cost`. UserError where the scenario is in a currency without an exchange rate."""
    try:
        own, viewers = str(scenario["currency"]), int(scenario["viewers"])
        net = [Decimal(str(scenario["net"][k])) for k in ("value", "low", "high")]
        model, of = str(scenario["model"]), str(scenario["edition"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise UserError(
            "This is no scenario of the business room; make it again with smallscreen business scenario."
        ) from None
    rate, notes = Decimal(1), []
    if own != currency:
        if own not in exchange:
            raise UserError(
                f"The scenario is in {own} and the budget in {currency}; give an [[exchange]] from {own} to {currency} "
                "in production.toml, with rate, date and source."
            )
        x = exchange[own]
        rate = x.amount
        notes.append(f"1 {own} = {x.amount} {currency} ({x.date}, {x.source}).")
    if edition and of != edition:
        notes.append(f"The scenario is of the edition {of}; a customized {edition} may do better or worse.")
    notes.append(
        "The scenario is of the edition as it was measured: whether customizing brings more viewers, it cannot say."
    )
    if scenario.get("simulated"):
        notes.append("Its viewing is simulated.")
    if scenario.get("example"):
        notes.append("Some of its rates are examples.")
    value, low, high = (n * rate / viewers if viewers else Decimal(0) for n in net)

    def needed(each: Decimal) -> int | None:
        return int((cost / each).to_integral_value(ROUND_CEILING)) if each > 0 else None

    return BreakEven(
        edition or of, model, cost, currency, value.quantize(Decimal("0.000001")), needed(value), needed(high),
        needed(low), viewers, float(cost / (net[0] * rate)) if net[0] > 0 else None,
        bool(scenario.get("simulated")), bool(scenario.get("example")), tuple(notes),
    )  # fmt: skip
