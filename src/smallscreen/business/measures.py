"""What business needs of the audience: the summary that the step `audience-measure` left in the series database.

A share's interval becomes a normal curve on the logit scale, a positive figure's a log-normal one (`draws`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from smallscreen.errors import UserError

STEP = "audience-measure"
_Z95 = 1.959963984540054


class Figure(BaseModel):
    """A measured figure with its 95 % interval and how many it was measured on; `exact` where there is no interval."""

    model_config = ConfigDict(frozen=True)
    value: float
    low: float
    high: float
    n: int = 0
    unit: str = ""
    exact: bool = False


class EpisodeFigures(BaseModel):
    """One episode: viewers at risk, the story hazard at its end, seconds watched a starter."""

    model_config = ConfigDict(frozen=True)
    episode: int
    starters: int
    at_risk: int
    hazard: Figure
    """Share of those who started this episode and had the time for the next, and left before it."""
    seconds: Figure
    """Seconds of content that a starter watched, on average."""


class Paywall(BaseModel):
    """A wall seen in the data: the first paid episode and the share who left at it beyond the story hazard.

    `coin_part` is the share of those who passed it that passed it with coins; 1 where the measures do not tell.
    """

    model_config = ConfigDict(frozen=True)
    episode: int
    hazard: Figure
    coin_part: float = 1.0
    told_apart: bool = False


class Measures(BaseModel):
    """One edition as measured. `viewers` started the first episode."""

    model_config = ConfigDict(frozen=True)
    series: str
    title: str
    edition: str
    simulated: bool
    as_of: str
    viewers: int
    episodes: tuple[EpisodeFigures, ...]
    paywall: Paywall | None = None
    minutes_a_user: Figure | None = None
    pace: Figure | None = None
    notes: tuple[str, ...] = ()


def measures_of(store: Any, title: str = "") -> dict[str, Measures]:
    """The measures of every edition of a series, by the edition's name.

    `store` is the series' `Store`. UserError when nothing was measured yet, or the summary cannot be read.
    """
    record = store.step(STEP, "")
    if record is None or not record.summary.get("editions"):
        raise UserError(
            f"{title or store.slug} has no measured viewing; import events with smallscreen audience import "
            "and run smallscreen audience measure first."
        )
    return read_summary(record.summary, store.slug, title or store.slug)


def read_summary(summary: Mapping[str, Any], series: str, title: str) -> dict[str, Measures]:
    """The same from a summary; editions in which nobody was measured are left out."""
    try:
        found = {
            name: _edition(name, e, summary, series, title)
            for name, e in summary["editions"].items()
            if e.get("viewers", 0) > 0 and (e.get("survival") or {}).get("episodes")
        }
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as e:
        raise UserError(
            f"The measures of {title} cannot be read ({type(e).__name__}: {e}); "
            "run smallscreen audience measure again."
        ) from None
    if not found:
        raise UserError(f"In no edition of {title} was a viewer measured; import viewing events first.")
    return found


def _edition(
    name: str, e: Mapping[str, Any], summary: Mapping[str, Any], series: str, title: str
) -> Measures:
    survival = e["survival"]
    numbers = [int(x) for x in survival["episodes"]]
    risk, events = survival["at_risk"], survival["events"]
    wall, story = _paywall(e, numbers, survival)
    table = {int(x["episode"]): x for x in e.get("episodes", [])}
    notes, rows = [], []
    for i, number in enumerate(numbers):
        row = table.get(number, {})
        n = int(risk[i])
        # The last episode has no next one to be lost before.
        last = i == len(numbers) - 1 or int(risk[i]) <= 0
        hazard = Figure(value=0, low=0, high=0, n=n, exact=True) if last else _hazard(float(events[i]), n)
        if wall is not None and story is not None and number == wall.episode - 1:
            # Who left for the money is taken out: the free model has no wall.
            hazard = story
        seconds = row.get("average_view_duration", row.get("avd_s"))
        if seconds is None:
            raise ValueError(f"episode {number} has no average view duration")
        rows.append(
            EpisodeFigures(
                episode=number,
                starters=int(row.get("starters", n)),
                at_risk=n,
                hazard=hazard,
                seconds=_figure(seconds, "s a starter", int(row.get("starters", n))),
            )
        )
        if last and i < len(numbers) - 1:
            notes.append(
                f"Nobody had the time to go on from episode {number} yet; later episodes are not in the money."
            )
            break
    if any(r.seconds.exact for r in rows):
        notes.append("Seconds watched have no interval in the measures; they are taken as exact.")
    if wall is not None:
        notes.append(
            f"From episode {wall.episode} on only viewers who passed the wall were seen; where others go on, too, "
            "they are taken to leave as these did."
        )
    if wall is not None and not wall.told_apart:
        notes.append(
            "Everybody who passed the measured wall is counted as a payer; those who unlocked by an ad or a "
            "subscription are not told apart in the measures."
        )
    minutes = e.get("minutes_a_user")
    pace = e.get("episodes_a_day")
    return Measures(
        series=series,
        title=title,
        edition=name,
        simulated=bool(summary.get("simulated", False)),
        as_of=str(summary.get("as_of", "")),
        viewers=int(e["viewers"]),
        episodes=tuple(rows),
        paywall=wall if wall is not None and any(r.episode == wall.episode for r in rows) else None,
        minutes_a_user=None if minutes is None else _figure(minutes, "minutes a viewer", int(e["viewers"])),
        pace=None if pace is None else _figure(pace, "episodes a day", int(e["viewers"])),
        notes=tuple(notes),
    )


def _paywall(
    e: Mapping[str, Any], numbers: Sequence[int], survival: Mapping[str, Any]
) -> tuple[Paywall | None, Figure | None]:
    """The wall in the data and the story hazard at the end before it; None where there was no wall.

    The measures give the hazard of everything at the end before the first locked episode, and that of the
    story alone from the ends before it. What is left for the wall: 1 - (1 - all) / (1 - story).
    `passed_by`, where the measures have it, counts who passed by kind of unlock (coin, ad, subscription).
    """
    told = {**survival, **(e.get("paywall") or {})}
    number = told.get("first_locked", told.get("first_paid_episode"))
    if number is None or told.get("paywall_hazard") is None or int(number) not in numbers[1:]:
        return None, None
    n = int(survival["at_risk"][numbers.index(int(number)) - 1])
    passed = {k: float(v) for k, v in (told.get("passed_by") or {}).items()}
    coins: dict[str, Any] = {}
    if sum(passed.values()) > 0:
        coins = {"coin_part": passed.get("coin", 0.0) / sum(passed.values()), "told_apart": True}
    all_ = _measured_share(told["paywall_hazard"], "of those who reached the wall", n)
    if told.get("story_hazard") is None:
        return Paywall(episode=int(number), hazard=all_, **coins), _hazard(0.0, n)
    story = _measured_share(told["story_hazard"], "of those at risk", n)

    def wall(x: float, y: float) -> float:
        return min(1 - 1e-9, max(1e-9, 1 - (1 - x) / (1 - y)))

    hazard = Figure(
        value=wall(all_.value, story.value),
        low=wall(all_.low, story.high),
        high=wall(all_.high, story.low),
        n=n,
        unit=all_.unit,
    )
    return Paywall(episode=int(number), hazard=hazard, **coins), story


def _measured_share(x: Any, unit: str, n: int) -> Figure:
    figure = _figure(x, unit, n)
    return _hazard(figure.value * figure.n, figure.n) if figure.exact and figure.n else figure


def _hazard(left: float, n: int) -> Figure:
    """Share who left with a 95 % interval on the logit scale, half a viewer added to each side.

    Source: empirical logit, Agresti, Categorical Data Analysis (3rd ed., 2013), 5.3.3; the increments of a
    Kaplan-Meier curve are asymptotically independent (Greenwood 1926), so each episode has its own.
    """
    if n <= 0:
        raise ValueError("an episode with nobody at risk")
    a, b = left + 0.5, max(0.0, n - left) + 0.5
    center, spread = math.log(a / b), math.sqrt(1 / a + 1 / b)
    low, value, high = (1 / (1 + math.exp(-(center + z * spread))) for z in (-_Z95, 0.0, _Z95))
    return Figure(value=value, low=low, high=high, n=n, unit="of those at risk")


def _figure(x: Any, unit: str, n: int) -> Figure:
    """An interval as the measures write it, or a bare number."""
    if isinstance(x, Mapping):
        value = float(x["value"])
        low, high = x.get("low"), x.get("high")
        if low is None or high is None:
            return Figure(value=value, low=value, high=value, n=int(x.get("n", n)), unit=unit, exact=True)
        return Figure(
            value=value, low=min(float(low), value), high=max(float(high), value), n=int(x.get("n", n)), unit=unit
        )  # fmt: skip
    return Figure(value=float(x), low=float(x), high=float(x), n=n, unit=unit, exact=True)
