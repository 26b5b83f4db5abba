"""What comes out of a scenario: frozen data that goes to JSON as it is. Amounts of the ledger are exact decimals."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Estimate(Frozen):
    """`value` with everything at its most likely value, the mean and the 95 % interval of the draws."""

    value: float
    mean: float
    low: float
    high: float
    unit: str = ""


class RateUsed(Frozen):
    """A rate with its range and where it is from."""

    id: str
    name: str
    low: Decimal
    mid: Decimal
    high: Decimal
    unit: str
    currency: str | None
    date: str
    source: str
    example: bool
    note: str = ""
    changed: bool = False


class MeasureUsed(Frozen):
    """A measured figure with its interval and how many it was measured on."""

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str


class Line(Frozen):
    """A line of the ledger: quantity times rate is amount, exactly, at the most likely values."""

    id: str
    name: str
    quantity: Decimal
    quantity_low: float
    quantity_high: float
    unit: str
    each: Decimal
    amount: Decimal
    low: float
    high: float
    a_thousand_seconds: Decimal
    """The amount divided by the thousands of viewer-seconds watched."""
    rates: tuple[str, ...]
    measures: tuple[str, ...]


class FanDay(Frozen):
    """Money on the account by a day after the viewers came, at QUANTILES."""

    day: int
    quantiles: tuple[float, ...]


class FirstPaid(Frozen):
    """One place for the wall: what it earns, and how often over the draws it is the best of all places."""

    episode: int
    net: Estimate
    reach: float
    payers: float
    chance_best: float
    chance_beats_best: float
    given: bool
    """Whether the share of payers was given or measured near here, rather than carried on flat."""


class Bar(Frozen):
    """A bar of the tornado: the result at the input's low and high end, all others at their most likely value."""

    id: str
    name: str
    input_low: float
    input_mid: float
    input_high: float
    low: float
    high: float
    share: float
    """Share of the variance of the result that goes with this input alone."""
    example: bool = False


class Payback(Frozen):
    """When a bought viewer has paid back: day quantiles; None where it does not happen in that share of the draws."""

    day: float | None
    day_low: float | None
    day_high: float | None
    chance: float


class Scenario(Frozen):
    """One model over one edition's viewing."""

    series: str
    title: str
    edition: str
    model: str
    simulated: bool
    example: bool
    as_of: str
    currency: str
    viewers: int
    viewers_measured: int
    first_paid_episode: int | None
    first_paid_from: str
    draws: int
    seed: int
    shape: str
    viewer_seconds: Estimate
    ledger: tuple[Line, ...]
    gross: Estimate
    net: Estimate
    net_exact: Decimal
    loss_chance: float
    a_viewer: Estimate
    break_even: Estimate
    payback: Payback
    fan: tuple[FanDay, ...]
    first_paid: tuple[FirstPaid, ...]
    sensitivity: tuple[Bar, ...]
    variance_together: float
    rates: tuple[RateUsed, ...]
    measures: tuple[MeasureUsed, ...]
    notes: tuple[str, ...]
