"""Money: an exact decimal amount with its currency. Different currencies are never added up silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from functools import total_ordering

from smallscreen.errors import UserError

_WHOLE = {"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "PYG"}
_THOUSANDTHS = {"BHD", "KWD", "OMR", "JOD", "TND", "IQD"}
"""Minor units of ISO 4217 that are not two digits."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`Money(Decimal("1.20"), "USD")`. Sums and products are exact; only `rounded` rounds."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise UserError(f"{self.amount!r} is no amount of money; write a decimal number such as 1.20.")
        if not is_currency(self.currency):
            raise UserError(f"{self.currency!r} is no currency; write its three letters, such as USD.")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, times: Decimal | int) -> Money:
        if not isinstance(times, Decimal | int):
            raise TypeError("money is multiplied by Decimal or int, so that it stays exact")
        return Money(self.amount * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def rounded(self) -> Money:
        """To the currency's minor unit, halves to the even digit (ISO 4217; banker's rounding)."""
        return Money(self.amount.quantize(minor_unit(self.currency), ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount:,} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise UserError(
                f"{self.currency} and {other.currency} cannot be added up without an exchange rate; "
                "give one under [[exchange]] in the file of the rates, with date and source."
            )
        return other.amount


def total(parts: Iterable[Money], currency: str) -> Money:
    """The sum, exactly; of nothing it is zero in `currency`."""
    result = Money(Decimal(0), currency)
    for part in parts:
        result = result + part
    return result


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that is paid: 0.01, for the yen 1 (ISO 4217)."""
    return Decimal(1).scaleb(0 if currency in _WHOLE else -3 if currency in _THOUSANDTHS else -2)


def split(amount: Decimal, weights: Sequence[Decimal | int | float], unit: Decimal) -> list[Decimal]:
    """An amount shared out by weights in whole units, so that the shares add up to it exactly.

    By largest remainders (Hamilton); what is smaller than a unit goes to the first share. Without any weight above
    0 the shares are even. ValueError for no weights or a negative one.
    """
    exact = [Fraction(w) for w in weights]
    if not exact or min(exact) < 0:
        raise ValueError("an amount is shared by weights from 0, at least one")
    whole = sum(exact)
    if not whole:
        exact, whole = [Fraction(1)] * len(exact), Fraction(len(exact))
    units = int(amount / unit)  # towards zero, for amounts below it too
    sign = -1 if units < 0 else 1
    quotas = [abs(units) * w / whole for w in exact]
    shares = [int(q) for q in quotas]
    by_rest = sorted(range(len(quotas)), key=lambda i: (shares[i] - quotas[i], i))
    for i in by_rest[: abs(units) - sum(shares)]:
        shares[i] += 1
    parts = [sign * n * unit for n in shares]
    parts[0] += amount - units * unit
    return parts


def is_currency(text: object) -> bool:
    """Three capital letters, as in ISO 4217. Whether the currency exists is not asked."""
    return isinstance(text, str) and re.fullmatch(r"[A-Z]{3}", text) is not None


def decimal_of(value: object) -> Decimal | None:
    """A number or the text of one, exactly; None for empty text. ValueError for anything else."""
    if isinstance(value, str) and not value.strip():
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number
