"""A mapping: a TOML file that says which column of a foreign file is what.

zone = "Asia/Shanghai"            # of times that do not say theirs
asset = '(?P<series>[a-z-]+)/ep(?P<episode>[0-9]+)/(?P<market>[^.]+)'   # when one column says all

[columns]                         # ours = theirs; in JSON Lines a.b goes into objects
user_id = "uid"
time_from_ms = "from"
started_at = "ts"

[constants]                       # the same for every row
series_id = "one-panel-short"

[units]                           # "ms" where nothing is said; for times also "text"
time_from_ms = "s"
started_at = "s"

[values.market]                   # theirs = ours
US = "en-US"

[durations]                       # of episodes, in ms, where the file has none
1 = 91000
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from smallscreen.audience.events import EVENTS
from smallscreen.errors import FileProblem

Unit = Literal["s", "ms", "us", "text"]
ASSET = (
    r"(?P<series>[A-Za-z0-9_-]+)/ep(?P<episode>[0-9]+)/"
    r"(?P<market>[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)(?:\.(?P<variant>[A-Za-z0-9_-]+))?"
)
"""How an asset's id says what it is, where nothing else is said: `slug/ep007/en-US.literal`."""
ASSET_GROUPS = ("series", "episode", "market", "variant")


class Mapping(BaseModel):
    """What a mapping file says; every part may be left out."""

    model_config = ConfigDict(extra="forbid")
    zone: str | None = None
    asset: str = ASSET
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | int | float | bool] = Field(default_factory=dict)
    units: dict[str, Unit] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    durations: dict[int, int] = Field(default_factory=dict)

    @field_validator("columns", "constants", "units", "values")
    @classmethod
    def _known(cls, value: dict[str, object]) -> dict[str, object]:
        unknown = sorted(set(value) - set(EVENTS.names))
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is no column of events: {', '.join(EVENTS.names)}")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None and value not in _zones():
            raise ValueError(f"{value!r} is no time zone; write it like Asia/Shanghai")
        return value

    @field_validator("asset")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as e:
            raise ValueError(f"{value!r} is no regular expression ({e})") from None
        return value

    def groups(self) -> dict[str, int]:
        """The number of each named group of `asset`."""
        return {k: v for k, v in re.compile(self.asset).groupindex.items() if k in ASSET_GROUPS}


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file. FileProblem says which entry is wrong."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except OSError as e:
        raise FileProblem(path, None, f"it cannot be read ({e.strerror})", "a mapping file") from None
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    except tomllib.TOMLDecodeError as e:
        raise FileProblem(path, None, str(e), "a TOML file") from None
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(x) for x in first["loc"])
        raise FileProblem(path, None, f"{where}: {first['msg']}", "see docs/audience.md, Mapping") from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) | {"UTC"}
