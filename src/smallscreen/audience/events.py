"""The tables of the lake: every column with its type, its meaning and where its name comes from.

One row of `events` is one contiguous played interval of one asset by one user, in whole milliseconds
of the asset's own time. Two measures of it are kept apart everywhere: `timePlayed` counts every
played second, `contentWatched` counts a second of content once (both are Snowplow's words).

Sources of names: Snowplow media v2 (iglu:com.snowplowanalytics.snowplow.media/session/1-0-0 and
com.snowplowanalytics.snowplow/media_player/jsonschema/2-0-0); the xAPI video profile (played-segments,
w3id.org/xapi/video/extensions); exposure, unlock and
ad_impression have no standard and are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

SNOWPLOW_PLAYER = "Snowplow media_player/2-0-0"
SNOWPLOW_SESSION = "Snowplow media session/1-0-0"
XAPI = "xAPI video profile"
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `default` is the SQL that fills it where a source has none; None: it must be given."""

    name: str
    type: str
    meaning: str
    origin: str = OURS
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake. `time` is the column whose UTC day names the partition."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    time: str | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


_USER = Column("user_id", "VARCHAR", "who watched; a pseudonym of the source", "Snowplow user_id")
_SERIES = Column("series_id", "VARCHAR", "the slug of the series")
_MARKET = Column("market", "VARCHAR", "the locale of the market, such as en-US")
_VARIANT = Column("variant_id", "VARCHAR", "the edition's variant: main, literal", default="'main'")
_EPISODE = Column("episode", "INTEGER", "number of the episode, from 1")
_SIMULATED = Column("simulated", "BOOLEAN", "whether a program made the row up", default="false")

_EDITION_SQL = "market || CASE WHEN variant_id = 'main' THEN '' ELSE '.' || variant_id END"
ASSET_SQL = f"series_id || '/ep' || lpad(CAST(episode AS VARCHAR), 3, '0') || '/' || {_EDITION_SQL}"
"""The asset of an edition that has no id of its own: `slug/ep007/en-US.literal`."""

DEPENDENT = (ASSET_SQL, "market")
"""Defaults that are made of other columns."""

EVENTS = Table(
    "events",
    "one contiguous played interval",
    (
        Column("event_id", "VARCHAR", "id of the interval, unique in the lake", "Snowplow event_id"),
        Column(
            "media_session_id",
            "VARCHAR",
            "one opening of one asset, until it is left",
            f"{SNOWPLOW_SESSION}: media_session_id",
        ),
        _USER,
        _SERIES,
        Column("season", "INTEGER", "number of the season, from 1", default="1"),
        _EPISODE,
        Column("asset_id", "VARCHAR", "the cut that was played", default=ASSET_SQL),
        Column("locale", "VARCHAR", "language the page was shown in", default="market"),
        _MARKET,
        _VARIANT,
        Column("time_from_ms", "INTEGER", "where in the asset it began", f"{XAPI}: time-from, in ms"),
        Column("time_to_ms", "INTEGER", "where in the asset it ended, not played", f"{XAPI}: time-to, in ms"),
        Column("duration_ms", "INTEGER", "length of the asset", f"{SNOWPLOW_PLAYER}: duration, in ms"),
        Column(
            "playback_rate",
            "FLOAT",
            "1 is normal speed; 0.1 to 8",
            f"{SNOWPLOW_PLAYER}: playback_rate",
            "1.0",
        ),
        Column("muted", "BOOLEAN", "whether the sound was off", f"{SNOWPLOW_PLAYER}: muted", "false"),
        Column("started_at", "TIMESTAMP", "when the interval began, UTC", f"{SNOWPLOW_SESSION}: started_at"),
        _SIMULATED,
    ),
    "started_at",
)

EXPOSURE = Table(
    "exposure",
    "the first moment a user could see what an experiment changes",
    (
        _USER,
        _SERIES,
        _MARKET,
        Column("experiment", "VARCHAR", "name of the experiment"),
        Column("arm", "VARCHAR", "what the user was assigned to"),
        Column("exposed_at", "TIMESTAMP", "when, UTC"),
        _SIMULATED,
    ),
    "exposed_at",
)

UNLOCK = Table(
    "unlock",
    "an episode that became open to a user",
    (
        _USER,
        _SERIES,
        _MARKET,
        _VARIANT,
        _EPISODE,
        Column("kind", "VARCHAR", "free, ad, coin or subscription"),
        Column("coins", "INTEGER", "coins paid; 0 where none were", default="0"),
        Column("at", "TIMESTAMP", "when, UTC"),
        _SIMULATED,
    ),
    "at",
)

AD_IMPRESSION = Table(
    "ad_impression",
    "an advertisement that was shown",
    (
        _USER,
        _SERIES,
        _MARKET,
        _VARIANT,
        _EPISODE,
        Column("at_ms", "INTEGER", "where in the episode; NULL before or after it", default="NULL"),
        Column("format", "VARCHAR", "rewarded, interstitial, banner, mid-roll"),
        Column("at", "TIMESTAMP", "when, UTC"),
        _SIMULATED,
    ),
    "at",
)

QUARANTINE = Table(
    "quarantine",
    "a row that was not taken, with the reason",
    (
        Column("reason", "VARCHAR", "the first rule it broke, in the order of REASONS"),
        Column("file", "VARCHAR", "name of the file it came in"),
        Column("row", "BIGINT", "number of the row in the file, from 1, without the heading"),
        _SERIES,
        Column(
            "at", "TIMESTAMP", "when it says that it began, UTC, where that could be read", default="NULL"
        ),
        Column("data", "VARCHAR", "the row as it was read, as JSON"),
        Column("import_key", "VARCHAR", "hash of the import that set it aside"),
    ),
    "at",
)

BOT = Table(
    "bot",
    "a user who played more than a day holds; left out of the views",
    (
        _USER,
        _SERIES,
        Column("day", "DATE", "the UTC day with the most played time"),
        Column("hours", "DOUBLE", "hours of wall time played on that day"),
        Column("intervals", "BIGINT", "intervals of the user in the lake"),
    ),
    None,
)

TABLES: dict[str, Table] = {t.name: t for t in (EVENTS, EXPOSURE, UNLOCK, AD_IMPRESSION, QUARANTINE, BOT)}

UNLOCK_KINDS = ("free", "ad", "coin", "subscription")

TOLERANCE_MS = 500
"""An interval that ends this much beyond its asset is cut to it; players report the end late."""
EARLIEST = "2010-01-01"
MAX_SKEW_MINUTES = 5
"""How far ahead of this machine's clock an interval may begin."""
RATES = (0.1, 8.0)
BOT_HOURS = 24.0
"""A user whose intervals of one UTC day last longer than this on a clock is no person."""

REASONS: dict[str, str] = {
    "unreadable": "the row could not be read, or a value has the wrong type",
    "no-user": "no user_id",
    "no-time": "no time, or a time that cannot be read",
    "no-zone": "a time without a zone, and the mapping names none",
    "unknown-series": "the series is not this one",
    "unknown-episode": "the series has no episode of this number",
    "no-market": "no market",
    "no-interval": "where it began or ended is missing",
    "negative": "it begins before 0, or the asset has no length",
    "backwards": "it ends where it began or before",
    "beyond-duration": f"it begins beyond the asset, or ends more than {TOLERANCE_MS} ms beyond",
    "rate": f"the playback rate is outside {RATES[0]:g} to {RATES[1]:g}",
    "in-the-future": f"it began more than {MAX_SKEW_MINUTES} minutes from now: a clock is wrong",
    "too-old": f"it began before {EARLIEST}: a clock is wrong",
}
"""Why a row is set aside, in the order in which the rules are asked: a row has one reason."""
