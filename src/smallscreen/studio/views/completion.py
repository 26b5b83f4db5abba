"""How many viewers saw each episode to its end, for the series page: read from the audience's stored measures."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from smallscreen.audience.measures.run import STEP
from smallscreen.series import tables as t
from smallscreen.series.store import Store


class Completion(BaseModel):
    """A measured share, 0 to 1, with its 95 % interval; `viewers` are the starters, `simulated` when they were."""

    value: float
    low: float
    high: float
    viewers: int
    simulated: bool = False


def kept_completion(store: Store, cache: MutableMapping[str, Any]) -> dict[str, dict[int, Completion]]:
    """Completion by edition and episode. `cache` keeps it between calls, by the key of the step.

    The summary holds some hundred kilobytes in a long series: it is read only when its key is new.
    """
    s = t.step.c
    mine = (s.series_id == store.series_id) & (s.step == STEP) & (s.scope == "")
    with store.reading() as c:
        key = c.execute(sa.select(s.key).where(mine)).scalar_one_or_none()
        if key is None:
            return {}
        if cache.get("completion.key") != key:
            summary = c.execute(sa.select(s.summary).where(mine)).scalar_one()
            simulated = bool(summary["simulated"])
            cache["completion"] = {
                name: {
                    row["episode"]: Completion(
                        value=row["completion"]["value"],
                        low=row["completion"]["low"],
                        high=row["completion"]["high"],
                        viewers=row["completion"]["n"],
                        simulated=simulated,
                    )
                    for row in e["episodes"]
                    if row["starters"]
                }
                for name, e in summary["editions"].items()
            }
            cache["completion.key"] = key
    return cache["completion"]  # type: ignore[no-any-return]
