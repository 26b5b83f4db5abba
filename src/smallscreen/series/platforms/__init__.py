"""Platforms: where a vertical picture is free of the platform's own buttons, titles and ads.

One platform is one file beside this one, `name.toml`. Adding a platform is adding a file. The
figures come from third parties who measured the platforms' advertising zones; the platforms change
them without notice, hence data and not code.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smallscreen.errors import UserError

Box = tuple[int, int, int, int]


class Platform(BaseModel):
    """One platform's safe area on a picture of `width` x `height` pixels, as margins in pixels.

    `text_top` is where the block of subtitles may begin (y), `text_right` the right margin beside
    it, which may be larger than `right` because buttons stand there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label: str
    width: int = Field(default=1080, gt=0)
    height: int = Field(default=1920, gt=0)
    top: int = Field(ge=0)
    bottom: int = Field(ge=0)
    left: int = Field(ge=0)
    right: int = Field(ge=0)
    text_top: int = Field(ge=0, description="y from which subtitles may stand, pixels")
    text_right: int | None = Field(
        default=None, ge=0, description="right margin beside the subtitles; None: right"
    )
    source: str = Field(description="where the numbers come from")

    @model_validator(mode="after")
    def _has_room(self) -> Platform:
        x0, y0, x1, y1 = self.text_box()
        if x1 <= x0 or y1 <= y0 or y0 < self.top:
            raise ValueError(f"the platform {self.name!r} leaves no room for subtitles")
        return self

    def safe_box(self, width: int | None = None, height: int | None = None) -> Box:
        """The safe area (x0, y0, x1, y1), scaled to a picture of that size when one is given."""
        return self._scaled(
            (self.left, self.top, self.width - self.right, self.height - self.bottom), width, height
        )

    def text_box(self, width: int | None = None, height: int | None = None) -> Box:
        """Where subtitles go (x0, y0, x1, y1), scaled to a picture of that size when one is given."""
        right = self.right if self.text_right is None else self.text_right
        return self._scaled(
            (self.left, self.text_top, self.width - right, self.height - self.bottom), width, height
        )

    def _scaled(self, box: Box, width: int | None, height: int | None) -> Box:
        fx = (width or self.width) / self.width
        fy = (height or self.height) / self.height
        # Inwards: rounding must not leave the safe area.
        return (-int(-box[0] * fx // 1), -int(-box[1] * fy // 1), int(box[2] * fx), int(box[3] * fy))


def names() -> list[str]:
    """The platforms that there are, sorted."""
    return sorted(f.name[:-5] for f in files(__package__).iterdir() if f.name.endswith(".toml"))


@cache
def load(name: str) -> Platform:
    """The platform of that name. UserError names the platforms that exist when this one does not."""
    key = name.strip().lower()
    if key not in names():
        raise UserError(f"There is no platform {name!r}; there are {', '.join(names())}.")
    return Platform.model_validate(
        tomllib.loads(files(__package__).joinpath(f"{key}.toml").read_text("utf-8"))
    )
