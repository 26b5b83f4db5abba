"""What a market changes about an item: what its audience knows, and the language of the suggestion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from smallscreen.localize.barriers.strategies import ordered
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier


def for_market(barriers: Iterable[Barrier], market: Market) -> list[Barrier]:
    """`barriers` as this market needs them.

    An item in `market.familiar` needs one step less, may be kept as it is (retention comes to the
    front of the strategies), and its `meaning` says why; one that needed 1 is left out. Of the
    suggestions the one for the locale stays, else the one for the language, under `market.language`.
    """
    familiar = {simplified(text): reason for text, reason in market.familiar.items()}
    out = []
    for barrier in barriers:
        reason = familiar.get(simplified(barrier.text))
        if reason is not None:
            if barrier.need == 1:
                continue
            need = barrier.need - 1
            meaning = "; ".join(filter(None, (barrier.meaning, f"known in {market.name}: {reason}")))
            strategies = ordered(barrier.kind, need, ("retention", *barrier.strategies))
            barrier = replace(barrier, need=need, meaning=meaning, strategies=strategies)
        suggestion = barrier.suggestions.get(market.locale) or barrier.suggestions.get(market.language)
        out.append(replace(barrier, suggestions={market.language: suggestion} if suggestion else {}))
    return out
