"""Cohort retention: of the viewers who began in a week, who played something on their day k.

Day 0 is the UTC day of a viewer's first event of the scope. The denominator of day k holds only viewers whose day k is over
(it lies before the day of `as_of`): who began yesterday is not missing on day 7.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

from smallscreen.audience.measures.model import Cohort
from smallscreen.audience.measures.queries import Asked, Scope, rows
from smallscreen.audience.stats.intervals import wilson


def cohorts(
    asked: Asked, series: str, edition: str | None = None, as_of: datetime | None = None, *, days: int = 28
) -> list[Cohort]:
    """Weekly cohorts, the oldest first, with days 0 to `days`. `as_of` is the last event when not given."""
    if as_of is not None and as_of.tzinfo:
        as_of = as_of.astimezone(UTC).replace(tzinfo=None)
    found: dict[date, Counter[int]] = defaultdict(Counter)
    last: date | None = None
    for first, day, viewers in rows(asked, "cohorts", Scope.of(series, edition, before=as_of)):
        found[first][(day - first).days] += int(viewers)
        last = day if last is None else max(last, day)
    if last is None:
        return []
    # The day of as_of is not over and counts for nobody.
    today = as_of.date() if as_of else last
    weeks: dict[date, list[date]] = defaultdict(list)
    for first in sorted(found):
        weeks[first - timedelta(days=first.weekday())].append(first)
    return [_cohort(week, weeks[week], found, today, days) for week in sorted(weeks)]


def _cohort(
    week: date, firsts: list[date], found: dict[date, Counter[int]], today: date, days: int
) -> Cohort:
    eligible, returned = [], []
    for k in range(days + 1):
        had = [f for f in firsts if f + timedelta(days=k) < today]
        if not had:
            break
        eligible.append(sum(found[f][0] for f in had))
        returned.append(sum(found[f][k] for f in had))
    share, low, high = wilson(returned, eligible)
    return Cohort(
        week=week.isoformat(),
        viewers=sum(found[f][0] for f in firsts),
        day=list(range(len(eligible))),
        eligible=eligible,
        returned=returned,
        share=share.tolist(),
        low=low.tolist(),
        high=high.tolist(),
    )
