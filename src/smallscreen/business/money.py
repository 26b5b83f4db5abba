"""Money of the ledger: the same exact amounts that every room counts in (`series.money`)."""

from __future__ import annotations

from smallscreen.series.money import Money, decimal_of, is_currency, total

__all__ = ["Money", "decimal_of", "is_currency", "total"]
