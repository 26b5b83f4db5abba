"""Markets: a locale (BCP 47), its screen rules, its typography and what its audience knows.

One market is one file beside this one, `xx-YY.toml`. Adding a market is adding a file.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from smallscreen.errors import UserError


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Screen(_Data):
    """The rules of one profile. Widths are in characters as `Market.counting` counts them."""

    cpl: float = Field(gt=0, description="characters a line, at most")
    cps: float = Field(gt=0, description="characters a second, at most")
    max_lines: int = Field(ge=1)
    min_ms: int = Field(default=833, description="shortest duration, ms (5/6 s)")
    max_ms: int = Field(default=7000, description="longest duration, ms")
    gap_frames: int = Field(default=2, description="least gap between cues, frames")
    close_gap_frames: int = Field(
        default=11,
        description="a gap of more than gap_frames up to this many frames closes to gap_frames; 0: never",
    )
    fps: float = Field(default=24.0, description="frames a second that frames are counted in")

    @property
    def gap_ms(self) -> int:
        """The least gap between cues in ms, rounded up."""
        return -int(-self.gap_frames * 1000 // self.fps)


class Typography(_Data):
    """Punctuation as the locale writes it."""

    quotes: tuple[str, str] = ("“", "”")
    inner_quotes: tuple[str, str] = ("‘", "’")
    italics: bool = True
    dual_speaker: str = Field(
        default="-", description="what opens each line when two people speak: '-' or '- '"
    )
    ellipsis: str = "…"
    space_before: str = Field(default="", description="marks that a space precedes, as French does")
    opening_marks: dict[str, str] = Field(
        default_factory=dict, description="closing mark to opening mark: ? to ¿"
    )
    decimal: str = "."
    thousands: str = ","


class Market(_Data):
    """One market. `language` is the ISO 639-1 code that renderings and suggestions are keyed by."""

    locale: str
    name: str
    language: str
    script: str = Field(
        description="ISO 15924 code of the writing system: Latn, Arab, Thai, Jpan, Kore, Deva"
    )
    direction: Literal["ltr", "rtl"] = "ltr"
    counting: Literal["character", "half", "cluster"] = Field(
        default="character",
        description="character: each counts 1; half: half-width counts 0.5 (Japanese, Korean); "
        "cluster: a base with its combining marks counts 1 (Thai, Hindi, Arabic, Vietnamese)",
    )
    word_breaks: Literal["space", "model"] = Field(
        default="space",
        description="space: words are spaced; model: phrases are found by a model (Thai, Japanese)",
    )
    landscape: Screen
    vertical: Screen
    typography: Typography = Typography()
    units: Literal["metric", "us"] = "metric"
    currency: str = ""
    tone: str = Field(
        default="", description="register and forms of address, for the people and models who draft"
    )
    familiar: dict[str, str] = Field(
        default_factory=dict, description="culture-bound item (source text) to why this audience knows it"
    )
    sources: dict[str, str] = Field(default_factory=dict, description="where the numbers come from")

    def screen(self, profile: str) -> Screen:
        """The rules of `landscape` or `vertical`; UserError otherwise."""
        if profile == "landscape":
            return self.landscape
        if profile == "vertical":
            return self.vertical
        raise UserError(f"There is no screen profile {profile!r}; use landscape or vertical.")


SOURCE_SCREENS = frozenset({"zh-Hans"})
"""Files that hold the screen rules of a source language; no edition is made for them."""


def names() -> list[str]:
    """The locales that editions can be made for, sorted."""
    return sorted(_files() - SOURCE_SCREENS)


@cache
def load(locale: str) -> Market:
    """The market of a locale, or the screen of a source language. UserError names the markets there are."""
    known = {n.lower(): n for n in _files()}
    name = known.get(locale.strip().replace("_", "-").lower())
    if name is None:
        raise UserError(f"There is no market {locale!r}; there are {', '.join(names())}.")
    return Market.model_validate(
        tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
    )


def _files() -> set[str]:
    return {f.name[:-5] for f in files(__package__).iterdir() if f.name.endswith(".toml")}
