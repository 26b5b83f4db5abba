"""The ledger: every line a quantity that was measured times a rate that was given, in exact decimals.

Quantities are rounded to a thousandth of their unit before they are multiplied, amounts to a billionth; so the
lines add up to the result to the last digit, in every decimal context. Intervals come from the draws.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np

from smallscreen.business.draws import Floats
from smallscreen.business.model import HAZARD, SECONDS, WALL, Flows, Inputs, acquisition
from smallscreen.business.money import Money, total
from smallscreen.business.rates import PAYERS, Rates
from smallscreen.business.result import Line

_THOUSANDTH, _BILLIONTH = Decimal("0.001"), Decimal("1E-9")


def ledger(
    mid: Inputs, flow_mid: Flows, x: Inputs, flow: Flows, rates: Rates, model: str, viewers: int
) -> tuple[tuple[Line, ...], Money]:
    """The lines and what they add up to. `mid` is one row of inputs, `x` the draws."""
    book = _Book(flow_mid, flow, rates, viewers)
    gross_ads = Money(Decimal(0), rates.currency)
    gross_sales = gross_ads
    d = {r.id: r.mid for r in rates.rates.values()}
    payers = (PAYERS,) if rates.payers else ()
    walled = (WALL,) if WALL in x.drawn else ()
    with localcontext() as context:
        context.prec = 50
        if flow_mid.impressions.any():
            how = (
                ("ads.impressions_a_minute",)
                if rates.placement == "minutes"
                else ("ads.impressions_a_break", "ads.episodes_between_breaks")
            )
            seen = ("viewers", HAZARD, *((SECONDS,) if rates.placement == "minutes" else ()))
            gross_ads += book.add(
                "ads", "Ads", flow_mid.impressions, flow.impressions, "impressions", d["ads.ecpm"] / 1000,
                flow.ads_money, ("ads.ecpm", *how), seen,
            )  # fmt: skip
        if model == "mixed":
            gross_ads += book.add(
                "rewarded", "Rewarded ads at the wall", flow_mid.rewarded, flow.rewarded, "rewarded impressions",
                d["unlock.ecpm"] / 1000, flow.rewarded_money,
                ("unlock.ecpm", "unlock.ads_an_episode", "unlock.ad_share", *payers), ("viewers", HAZARD, *walled),
            )  # fmt: skip
        if model != "free":
            gross_sales += book.add(
                "coins", "Coins", flow_mid.coins, flow.coins, "coins", d["coins.price_of_coin"], flow.coins_money,
                ("coins.price_of_coin", "coins.coins_an_episode", *payers), ("viewers", HAZARD, *walled),
            )  # fmt: skip
            if rates.subscription:
                each = d["subscription.price"] * d["subscription.pool_share"]
                each /= d["subscription.hours_a_month"] * 3600
                names = ("price", "pool_share", "hours_a_month", "share")
                gross_sales += book.add(
                    "subscription", "Subscription", flow_mid.subscribed_seconds,
                    flow.subscribed_seconds, "watched seconds", each, flow.subscription_money,
                    tuple(f"subscription.{n}" for n in names), ("viewers", HAZARD, SECONDS),
                )  # fmt: skip
        left = gross_ads + gross_sales
        ads_part = flow.ads_money + flow.rewarded_money
        sales_part = flow.coins_money + flow.subscription_money
        for name, what, base, part in (
            ("platform.share_of_ads", "Platform's share of ads", gross_ads, ads_part),
            ("platform.share_of_sales", "Platform and store, of sales", gross_sales, sales_part),
        ):
            if base.amount and name in d:
                left += book.take(name, what, base, d[name], part, part * x[name][:, None])
        left += book.take(
            "taxes.rate", "Taxes", left, d["taxes.rate"], flow.gross - flow.platform, flow.taxes
        )
        book.buy(x, d["traffic.bought_share"], d["traffic.cost_of_viewer"])
        return tuple(book.lines), total((Money(n.amount, rates.currency) for n in book.lines), rates.currency)


class _Book:
    """Lines as they are written."""

    def __init__(self, mid: Flows, flow: Flows, rates: Rates, viewers: int) -> None:
        self.lines: list[Line] = []
        self.rates, self.viewers = rates, viewers
        self.thousands = Decimal(repr(float(mid.seconds.sum() * viewers / 1000))) or Decimal(1)

    def add(
        self,
        name: str,
        what: str,
        quantity_mid: Floats,
        quantity: Floats,
        unit: str,
        each: Decimal,
        money: Floats,
        rates: tuple[str, ...],
        measures: tuple[str, ...],
    ) -> Money:
        """Money that comes in: a measured quantity times a rate."""
        count = Decimal(repr(float(quantity_mid.sum() * self.viewers))).quantize(_THOUSANDTH)
        return self._line(
            name, what, count, quantity.sum(axis=1), unit, each, money.sum(axis=1), rates, measures
        )

    def take(
        self, rate: str, what: str, base: Money, share: Decimal, base_drawn: Floats, taken: Floats
    ) -> Money:
        """A share of money that came in, taken off."""
        return self._line(
            rate, what, base.amount, base_drawn.sum(axis=1),
            self.rates.currency, -share, -taken.sum(axis=1), (rate,), ("the lines above",),
        )  # fmt: skip

    def buy(self, x: Inputs, bought: Decimal, cost: Decimal) -> None:
        """What the bought viewers cost."""
        self._line(
            "acquisition", "Acquisition of viewers", bought * self.viewers, x["traffic.bought_share"],
            "bought viewers", -cost, -acquisition(x), ("traffic.cost_of_viewer", "traffic.bought_share"), ("viewers",),
        )  # fmt: skip

    def _line(
        self,
        name: str,
        what: str,
        count: Decimal,
        counts: Floats,
        unit: str,
        each: Decimal,
        money: Floats,
        rates: tuple[str, ...],
        measures: tuple[str, ...],
    ) -> Money:
        amount = Money((each * count).quantize(_BILLIONTH), self.rates.currency)
        low, high = (float(q) for q in np.quantile(money, (0.025, 0.975)) * self.viewers)
        few, many = (float(q) for q in np.quantile(counts, (0.025, 0.975)) * self.viewers)
        self.lines.append(
            Line(
                id=name,
                name=what,
                quantity=count,
                quantity_low=few,
                quantity_high=many,
                unit=unit,
                each=each.quantize(Decimal("1E-12")).normalize() if -each.as_tuple().exponent > 12 else each,  # type: ignore[operator]
                amount=amount.amount,
                low=low,
                high=high,
                a_thousand_seconds=(amount.amount / self.thousands).quantize(Decimal("0.00000001")),
                rates=rates,
                measures=measures,
            )
        )
        return amount
