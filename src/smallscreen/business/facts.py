"""What others reported of the market: shown beside our figures with its source, never an input."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """One reported figure in our words."""

    model_config = ConfigDict(frozen=True)
    id: str
    words: str
    source: str


@cache
def reported() -> tuple[Fact, ...]:
    """The shipped facts."""
    data = tomllib.loads(files(__package__).joinpath("market-2025.toml").read_text("utf-8"))
    return tuple(Fact(id=x["id"], words=x["words"], source=data["source"]) for x in data["fact"])
