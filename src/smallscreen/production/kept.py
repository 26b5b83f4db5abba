"""What customizing an edition costs, kept as a document of the series, so that it can be shown without planning it again.

keep(store, made, who)                                  # made: customize.Customizing
block, stale = kept_block(store, "en-US", treated)      # what was kept, and whether the scenes are others by now
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel, ValidationError

from smallscreen.production.customize import AGAIN, Customizing, Treatment
from smallscreen.production.model import ROOM
from smallscreen.series import documents
from smallscreen.series.store import Store


class Block(BaseModel):
    """The scenes that an edition has shot again, as a shoot of their own. `dubbed` scenes are in the price too.

    `cost_share`: the block's plan over the plan of the whole; `made_of`: the versions of the documents that it
    was made of. `example`: priced at example rates. `notes` say what the price leaves out.
    """

    edition: str
    scenes: list[str]
    dubbed: list[str]
    days: int
    total: Decimal
    currency: str
    cost_share: float | None
    bound: Decimal | None
    gap: float | None
    proved: bool
    example: bool
    notes: list[str]
    made_of: dict[str, int]


def keep(store: Store, made: Customizing, who: str = "budget") -> Block:
    """Store the price of an edition's block in place of the one before."""
    block = Block(
        edition=made.edition,
        scenes=[t.scene for t in made.treatments if t.work in AGAIN],
        dubbed=[t.scene for t in made.treatments if t.work == "re-dub"],
        days=len({d.index for d in made.plan.days if d.scenes}),
        total=made.budget.total,
        currency=made.budget.currency,
        cost_share=made.cost_share,
        bound=made.plan.bound,
        gap=made.plan.gap,
        proved=made.plan.proved,
        example=made.budget.example,
        notes=list(dict.fromkeys((*made.notes, *made.budget.notes))),
        made_of=_versions(store),
    )
    key = _key(made.edition)
    with store.transaction():
        there = documents.get(store, ROOM, key)
        documents.put(store, ROOM, key, block.model_dump(mode="json"), there.version if there else 0, who)
    return block


def kept_block(store: Store, edition: str, treated: Iterable[Treatment]) -> tuple[Block | None, bool]:
    """The block that was priced last, None where none was; True where its scenes, the breakdown, the
    rules or the plan are others by now. Rates that were changed in production.toml are not looked at."""
    there = documents.get(store, ROOM, _key(edition))
    if there is None:
        return None, False
    try:
        block = Block.model_validate(there.body)
    except ValidationError:
        return None, False  # of another version of the program; to be priced again
    treated = list(treated)
    again = [t.scene for t in treated if t.work in AGAIN]
    dubbed = [t.scene for t in treated if t.work == "re-dub"]
    now = _versions(store)
    return block, (again, dubbed, now) != (block.scenes, block.dubbed, block.made_of)


def _versions(store: Store) -> dict[str, int]:
    there = documents.versions(store, ROOM)
    return {key: there.get(key, 0) for key in ("breakdown", "rules", "plan")}


def _key(edition: str) -> str:
    return f"customizing.{edition}"
