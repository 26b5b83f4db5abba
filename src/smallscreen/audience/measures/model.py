"""What the measures give: frozen data classes of plain numbers, JSON by `dataclasses.asdict`.

Every figure is an `Interval` (value, low, high, n, unit, method) or stands beside its denominator.
Shares are 0 to 1, times seconds or minutes as named. A list by second begins with second 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from smallscreen.audience.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class Retention:
    """Who was there in each second of an episode. `share` is viewers over starters, with Wilson's interval.

    `plays` counts a second each time it was played, `views` are media sessions. `cuts` is 2 when
    more than one cut was asked together: then a second is the same position, not the same picture.
    """

    series: str
    episode: int
    edition: str
    seconds: list[int]
    viewers: list[int]
    plays: list[int]
    starters: int
    views: int
    share: list[float]
    low: list[float]
    high: list[float]
    cuts: int = 1


@dataclass(frozen=True, slots=True)
class WatchRatio:
    """YouTube's audienceWatchRatio: plays of each hundredth of the episode over views; may exceed 1."""

    episode: int
    edition: str
    position: list[float]
    ratio: list[float]
    low: list[float]
    high: list[float]
    views: int


@dataclass(frozen=True, slots=True)
class EpisodeMeasures:
    """One episode of one edition. Denominators: starters for shares, plays (media sessions) for averages."""

    episode: int
    edition: str
    starters: int
    plays: int
    completion: Interval
    average_view_duration: Interval
    average_percentage_viewed: Interval
    content_watched: Interval
    content_watched_s: float
    time_played_s: float
    watchers: int
    completers: int
    watcher_share: Interval
    completer_share: Interval
    duration_ms: int


@dataclass(frozen=True, slots=True)
class EditionMeasures:
    """One edition as a whole; denominators are its viewers, or the episodes they started.

    `starters`, `watchers` and `completers` are Netflix's, of the season (see docs/audience.md).
    """

    edition: str
    viewers: int
    minutes_a_user: Interval
    content_minutes_a_user: Interval
    episodes_a_user: float
    completion: Interval
    starters: int
    watchers: int
    completers: int
    starter_share: Interval
    watcher_share: Interval
    completer_share: Interval
    season_s: float


@dataclass(frozen=True, slots=True)
class Survival:
    """Kaplan-Meier over episodes. All lists are as long as `episodes`.

    `survival[i]` is the share of those who began that would start `episodes[i]`, had all had the time.
    Of the viewers who started it, `at_risk[i]` had the time to go on and `events[i]` of these did not;
    `censored[i]` had not. `hazard[i]` is events over at_risk with Wilson's interval (None at the end).
    `passed_by`: the viewers who opened the first locked episode, by the kind of their first unlock of it.
    """

    edition: str
    as_of: str
    patience_days: int
    viewers: int
    episodes: list[int]
    at_risk: list[int]
    events: list[int]
    censored: list[int]
    survival: list[float]
    low: list[float]
    high: list[float]
    hazard: list[Interval | None]
    band: str
    first_locked: int | None = None
    paywall_hazard: Interval | None = None
    story_hazard: Interval | None = None
    after_hazard: Interval | None = None
    paywall_excess: Interval | None = None
    passed_by: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Cohort:
    """Viewers whose first day was in the week that begins on `week` (a Monday, UTC).

    `returned[k]` of the `eligible[k]` viewers who had day k played something on it; `share[k]` with
    Wilson's interval. Days nobody had yet are not in the lists.
    """

    week: str
    viewers: int
    day: list[int]
    eligible: list[int]
    returned: list[int]
    share: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True)
class Concentration:
    """How unevenly viewing (time played) is spread over viewers and over episodes."""

    viewers: int
    episodes: int
    top_viewers: Interval
    gini_viewers: Interval
    top_episodes: Interval
    gini_episodes: Interval


@dataclass(frozen=True, slots=True)
class AggregateRetention:
    """What counts of viewers by episode say without knowing who they are.

    `index[i]` is viewers of `episodes[i]` over those of the first; with several seasons the
    geometric mean with a t interval between seasons. It is not survival: see `cannot_say`.
    """

    seasons: int
    episodes: list[int]
    index: list[Interval]
    finale_index: Interval
    missing: int
    cannot_say: list[str] = field(default_factory=list)
