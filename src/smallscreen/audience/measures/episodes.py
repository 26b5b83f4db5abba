"""Completion, view duration, starters, watchers and completers: an episode's and an edition's."""

from __future__ import annotations

from datetime import datetime, timedelta

from smallscreen.audience.measures import intervals
from smallscreen.audience.measures.model import EditionMeasures, EpisodeMeasures
from smallscreen.audience.measures.queries import Asked, Scope, edition_name, from_table, rows
from smallscreen.audience.stats.intervals import Interval


def episode_table(
    asked: Asked, series: str, edition: str | None = None, *, table: str | None = None
) -> list[EpisodeMeasures]:
    """The episodes of an edition, or of every edition, in order; one pass over the events.

    `table` holds the rows of viewer_episode.sql where they were made already.
    """
    return [_episode(r) for r in rows(asked, "episodes", Scope.of(series, edition), **from_table(table))]


def edition_table(
    asked: Asked,
    series: str,
    edition: str | None = None,
    *,
    since: datetime | None = None,
    days: int | None = None,
    table: str | None = None,
) -> list[EditionMeasures]:
    """Editions as a whole. With `days`, only what was played within that many days of `since`.

    Netflix counts the first 7 and the first 28 days: `days=28` with the release as `since`.
    """
    before = since + timedelta(days=days) if since is not None and days is not None else None
    return [
        _edition(r) for r in rows(asked, "editions", Scope.of(series, edition, since=since, before=before))
    ]


def paces(asked: Asked, series: str, as_of: datetime | None = None) -> dict[str, Interval]:
    """Episodes a day of every edition, by its name: of all viewers, the episodes they first started over the days.

    A viewer's days are the UTC days from the first of these starts to the last, both included, whether or not anything
    was played in between. Whoever began yesterday counts with the days so far. The ratio of the sums; delta method.
    """
    sums: dict[str, list[int]] = {}
    for market, variant, first, last, started, viewers in rows(
        asked, "pace", Scope(series, apart=True, before=as_of)
    ):
        x, y, n = int(started), (last - first).days + 1, int(viewers)
        mine = sums.setdefault(edition_name(str(market), str(variant)), [0] * 6)
        for i, v in enumerate((1, x, y, x * x, x * y, y * y)):
            mine[i] += n * v
    return {
        name: intervals.ratio(n, x, y, xx, xy, yy, 1, "episodes a day")
        for name, (n, x, y, xx, xy, yy) in sums.items()
    }


def _episode(row: tuple[object, ...]) -> EpisodeMeasures:
    market, variant = str(row[0]), str(row[1])
    (
        episode, starters, completed, watchers, completers, duration, content, played, plays, offered,
        played2, played_plays, plays2, played_offered, offered2, content2,
    ) = (int(x) for x in row[2:])  # type: ignore[call-overload]  # fmt: skip
    return EpisodeMeasures(
        episode=episode,
        edition=edition_name(market, variant),
        starters=starters,
        plays=plays,
        completion=intervals.share(completed, starters),
        average_view_duration=intervals.ratio(
            starters, played, plays, played2, played_plays, plays2, 1000, "seconds a play"
        ),
        average_percentage_viewed=intervals.ratio(
            starters, played, offered, played2, played_offered, offered2, 1, "share of the episode a play"
        ),
        content_watched=intervals.mean(starters, content, content2, 1000, "seconds a starter"),
        content_watched_s=content / 1000,
        time_played_s=played / 1000,
        watchers=watchers,
        completers=completers,
        watcher_share=intervals.share(watchers, starters),
        completer_share=intervals.share(completers, starters),
        duration_ms=duration,
    )


def _edition(row: tuple[object, ...]) -> EditionMeasures:
    market, variant = str(row[0]), str(row[1])
    (
        viewers, season, started, completed, completed2, completed_started, started2, content, played,
        content2, played2, starters, watchers, completers,
    ) = (int(x) for x in row[2:])  # type: ignore[call-overload]  # fmt: skip
    return EditionMeasures(
        edition=edition_name(market, variant),
        viewers=viewers,
        minutes_a_user=intervals.mean(viewers, played, played2, 60_000, "minutes a viewer"),
        content_minutes_a_user=intervals.mean(viewers, content, content2, 60_000, "minutes a viewer"),
        episodes_a_user=started / viewers,
        completion=intervals.ratio(
            viewers,
            completed,
            started,
            completed2,
            completed_started,
            started2,
            1,
            "share of started episodes",
        ),
        starters=starters,
        watchers=watchers,
        completers=completers,
        starter_share=intervals.share(starters, viewers),
        watcher_share=intervals.share(watchers, viewers),
        completer_share=intervals.share(completers, viewers),
        season_s=season / 1000,
    )
