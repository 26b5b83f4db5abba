"""`releases.toml`: our own releases and trailers, and the windows that we licensed; what a copy is held against.

    [[release]]                        # ours, wherever it is found
    name = "Trailer on our channel"
    series = "..."                     # only matches of this series; left away: of any
    sha256 = ["..."]                   # the very file
    url = ["https://video.example/@us/*"]
    channel = ["@us", "us-*"]          # also account, uploader; * stands for anything

    [[license]]                        # a window: who may show what, where, from when to when
    name = "..."                       # the licensee
    series = "..."
    edition = ["pt-BR"]                # left away: any
    territory = ["BR", "PT"]           # ISO 3166-1 alpha-2, or "world"
    from = 2026-01-01                  # both days belong to the window
    to = 2026-12-31
    channel = ["..."]                  # also account, uploader, url

    [owner]                            # for notices: name, address, telephone, email of who holds the rights
    name = "..."

What a video's page says of itself (channel, territory, day, address) is given with the file; what is not given fits
no rule. An address is compared by host and path, so that a foreign host that only looks like ours is none of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from smallscreen.rights.model import Status

NAME = "releases.toml"
WORLD = "world"
# ISO 3166-1 alpha-2, the officially assigned codes.
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"""
TERRITORIES = frozenset(_CODES.split())
WHO = ("channel", "account", "uploader")
PLACES = (*WHO, "url")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of where a video was found; "" and None where nobody said it. `day` is a UTC day."""

    url: str = ""
    channel: str = ""
    account: str = ""
    uploader: str = ""
    territory: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the file. `starts` and `ends` are None for releases of ours."""

    kind: Literal["release", "license"]
    name: str
    series: str
    editions: tuple[str, ...]
    sha256: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    territories: tuple[str, ...]
    starts: date | None
    ends: date | None

    @property
    def window(self) -> str:
        """The window in words: "BR, PT, 2026-01-01 to 2026-12-31"."""
        return f"{', '.join(self.territories)}, {self.starts} to {self.ends}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a match stands to our own releases. `why` is a sentence, "" where no rule says anything of it."""

    status: Status = "copy"
    why: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the rights, for notices; "" where the file does not say."""

    name: str = ""
    address: str = ""
    telephone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Releases:
    """The rules of a catalogue, in the order of the file."""

    rules: tuple[Rule, ...] = ()
    owner: Owner = field(default_factory=Owner)

    def standing(self, series: str, edition: str | None, sha256: str, seen: Seen) -> Standing:
        """Hold a video that matched this series and edition against the rules.

        The first release of ours that fits decides, then the first window. Where a window fits but for its edition,
        its days or its territory, or these were not given, the video stays a copy and `why` says what is between.
        """
        fitting = [r for r in self.rules if r.series in ("", series)]
        for rule in fitting:
            if rule.kind == "release":
                by = "file" if sha256.lower() in rule.sha256 else _place_that_fits(rule, seen)
                if by and _edition_fits(rule, edition):
                    return Standing("own release", f"{rule.name}: the {by} is ours.", rule.name)
        near = ""
        for rule in fitting:
            if rule.kind == "license" and _place_that_fits(rule, seen):
                between = _between(rule, edition, seen)
                if not between:
                    return Standing("licensed", f"Licensed to {rule.name}: {rule.window}.", rule.name)
                near = near or between
        return Standing("copy", near)


def check_territory(value: str) -> str:
    """The code in capitals, or "world"; ValueError, a sentence, for anything else."""
    code = value.strip().upper()
    if code == WORLD.upper():
        return WORLD
    if code not in TERRITORIES:
        hint = {"UK": "GB", "EL": "GR", "EN": "GB"}.get(code)
        raise ValueError(
            f"{value!r} is no territory"
            + (f" ({hint} is)" if hint else "")
            + "; write two letters of ISO 3166-1 such as BR"
        )
    return code


# --- judging ---------------------------------------------------------------------------------


def _edition_fits(rule: Rule, edition: str | None) -> bool:
    return not rule.editions or (edition or "") in rule.editions


def _place_that_fits(rule: Rule, seen: Seen) -> str:
    """Which of channel, account, uploader and url fits a pattern; "" where none does."""
    for place in WHO:
        value = getattr(seen, place)
        if value and any(_matches(p, value) for p in rule.places.get(place, ())):
            return place
    if seen.url and any(_same_address(p, seen.url) for p in rule.places.get("url", ())):
        return "address"
    return ""


def _between(rule: Rule, edition: str | None, seen: Seen) -> str:
    """What keeps a window from covering this; "" where nothing does."""
    if not _edition_fits(rule, edition):
        which = f"the edition {edition}" if edition else "the master"
        return f"{rule.name} has a license for {', '.join(rule.editions)}; what was matched is {which}."
    if WORLD not in rule.territories:
        if not seen.territory:
            return f"{rule.name} has a license ({rule.window}); nobody said in which territory this was seen."
        if seen.territory not in rule.territories:
            return f"{rule.name} has a license for {', '.join(rule.territories)}, not for {seen.territory}."
    if seen.day is None:
        return f"{rule.name} has a license ({rule.window}); nobody said on which day this was seen."
    if rule.ends and seen.day > rule.ends:
        return f"The license of {rule.name} expired on {rule.ends}; this was seen on {seen.day}."
    if rule.starts and seen.day < rule.starts:
        return f"The license of {rule.name} begins on {rule.starts}; this was seen on {seen.day}."
    return ""


def _matches(pattern: str, value: str) -> bool:
    """`*` stands for anything; case does not count. No other character is special."""
    first, *rest = pattern.casefold().split("*")
    text = value.strip().casefold()
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])


def _same_address(pattern: str, url: str) -> bool:
    ours, theirs = address(pattern), address(url)
    return ours is not None and theirs is not None and ours[0] == theirs[0] and _matches(ours[1], theirs[1])


def address(url: str) -> tuple[str, str] | None:
    """Host without www., and path with query; None for what is no web address."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return host.removeprefix("www."), path
