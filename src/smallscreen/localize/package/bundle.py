"""All that is packaged of one edition, as plain data: the pipeline fills it, the outputs read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smallscreen.series.markets import Market, Screen
from smallscreen.series.model import (
    Barrier,
    Character,
    Cue,
    Decision,
    Draft,
    Edition,
    Episode,
    Finding,
    Line,
    Scene,
    Series,
)
from smallscreen.series.platforms import Platform


@dataclass(frozen=True, slots=True)
class EpisodeBundle:
    """One episode. `drafts` and `literal` are keyed by cue id; `findings` holds those of every edition.

    Which edition a finding speaks of is read from `Finding.edition`: None is the source, the name of the
    bundle's edition is the edition, and `LOCALE.literal` is the literal draft that it is compared with.
    `textless` is the episode's picture without the source's subtitles, the better one to put ours on. `boxes`
    say where the source's subtitles stand in `video`, as (from ms, to ms, x0, y0, x1, y1) in pixels. `sound` is
    what is heard with the edition in place of the video's own sound: the mix of its dub.
    """

    episode: Episode
    cues: Sequence[Cue] = ()
    scenes: Sequence[Scene] = ()
    barriers: Sequence[Barrier] = ()
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    literal: Mapping[str, Draft] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    literal_lines: Sequence[Line] = ()
    findings: Sequence[Finding] = ()
    video: Path | None = None
    textless: Path | None = None
    boxes: Sequence[tuple[int, int, int, int, int, int]] = ()
    sound: Path | None = None

    @property
    def number(self) -> int:
        return self.episode.number

    @property
    def duration_ms(self) -> int:
        """The length of the episode: of its video or, where that is not known, up to its last subtitle."""
        ends = [cue.end_ms for cue in self.cues] + [line.end_ms for line in self.lines]
        return max([self.episode.duration_ms, *ends])


@dataclass(frozen=True, slots=True)
class EditionBundle:
    """One edition of a series, with what was found and decided on the way.

    `title` and `synopsis` are in the market's language. `brief` holds tone, names, address and open
    questions, as in `series.edition_file.Brief`. `notes` are sentences that every reader must see: who
    drafted, how many lines the meaning check compared, that a draft is poor or data simulated.
    `made` is the date, as it shall be printed. `check_names` maps a check's id to its name in words.
    """

    series: Series
    market: Market
    platform: Platform
    edition: Edition
    episodes: Sequence[EpisodeBundle] = ()
    decisions: Sequence[Decision] = ()
    title: str = ""
    synopsis: str = ""
    brief: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    made: str = ""
    check_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> str:
        return self.edition.profile

    @property
    def screen(self) -> Screen:
        """The screen rules that the lines were fitted to."""
        return self.market.screen(self.edition.profile)

    @property
    def variant_parts(self) -> tuple[str, ...]:
        """What file names say of the variant: nothing for the main one."""
        return () if self.edition.variant == "main" else (self.edition.variant,)

    @property
    def literal_name(self) -> str:
        """The name of the edition that holds the word-for-word draft."""
        return f"{self.edition.locale}.literal"

    @property
    def has_lines(self) -> bool:
        return any(e.lines for e in self.episodes)

    @property
    def has_drafts(self) -> bool:
        return any(e.drafts for e in self.episodes)

    @property
    def has_literal(self) -> bool:
        """Whether there is a literal draft beside this edition, which is not itself that draft."""
        return self.edition.name != self.literal_name and any(e.literal for e in self.episodes)

    def agreed_name(self, character: Character) -> str:
        """The name settled for this market, or an empty string."""
        return self.agreed(character.renderings)

    def speaker_names(self) -> dict[str, str]:
        """The name settled for this market of everyone who has one, by name and by alias in the source."""
        return {
            label: name
            for person in self.series.characters
            if (name := self.agreed_name(person))
            for label in (*person.aliases, person.name)
        }

    def agreed(self, renderings: Mapping[str, str]) -> str:
        """The rendering settled for this market, by locale or else by language, or an empty string."""
        return renderings.get(self.market.locale) or renderings.get(self.market.language, "")
