"""Money: an exact decimal amount with its currency. Different currencies are never added up silently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
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
        digits = 0 if self.currency in _WHOLE else 3 if self.currency in _THOUSANDTHS else 2
        return Money(self.amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount:,} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise UserError(
                f"{self.currency} and {other.currency} cannot be added up without an exchange rate; "
                "give one in business.toml under [[exchange]] with date and source."
            )
        return other.amount


def total(parts: Iterable[Money], currency: str) -> Money:
    """The sum, exactly; of nothing it is zero in `currency`."""
    result = Money(Decimal(0), currency)
    for part in parts:
        result = result + part
    return result


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
