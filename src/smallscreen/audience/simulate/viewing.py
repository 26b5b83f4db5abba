"""The viewers of one edition, episode by episode, as arrays: who plays what, from where to where, when.

Everything is drawn for a block of viewers at once. Nothing here touches a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smallscreen.audience.simulate.truth import EDGE_MS, KINDS, REWIND_MS, SKIP_MS, Curve, Truth

SECOND, HOUR = 1_000_000, 3_600_000_000  # in microseconds, the unit of all moments
DAY = 24 * HOUR
AD_MS = {"interstitial": 15_000, "rewarded": 30_000}
FORMATS = tuple(AD_MS)
GAP_S = (1.5, 4.0)
"""From one episode to the next, in seconds."""
PAUSE_BACK_MS = 2_000
"""Who comes back starts this much before the place that was left."""

VISITS = 5
"""How often at most somebody comes back to see something again."""
TAIL_DAYS, LAST_DAY = 5.0, 14.0
"""Mean length, before it is cut off at the last day, of the time from the last play until such a visit."""

Columns = dict[str, np.ndarray]
Tables = dict[str, list[Columns]]


@dataclass(frozen=True, slots=True)
class Window:
    """From the first arrival to the moment the data were taken, microseconds since 1970, UTC."""

    start: int
    as_of: int


def arrivals(rng: np.random.Generator, count: int, window: Window) -> np.ndarray:
    """When people first see the series: many in the first days, more in the evening (UTC)."""
    days = max(1, -(-(window.as_of - window.start) // DAY))
    weight = np.exp(-np.arange(days) / 9.0) + 0.15
    day = rng.choice(days, count, p=weight / weight.sum())
    hour = np.where(rng.random(count) < 0.7, rng.normal(20, 2.5, count), rng.uniform(0, 24, count)) % 24
    return np.minimum(window.start + day * DAY + (hour * HOUR).astype(np.int64), window.as_of - SECOND)


def watch(
    truth: Truth,
    episodes: Sequence[int],
    curves: Mapping[int, Curve],
    source: Mapping[int, Sequence[str]],
    viewers: np.ndarray,
    rng: np.random.Generator,
    window: Window,
) -> Tables:
    """What the viewers (their numbers) of one edition did until `window.as_of`; later rows are not there.

    Tables: events (viewer, episode, piece, opening, time_from_ms, time_to_ms, rate, muted, at), exposure
    (viewer, at), unlock (viewer, episode, kind, at), ad_impression (viewer, episode, format, at); `kind`
    and `format` index KINDS and FORMATS, `at` is in microseconds.
    """
    n = len(viewers)
    made: Tables = defaultdict(list)
    z = rng.gamma(1 / truth.frailty, truth.frailty, n) if truth.frailty else np.ones(n)
    rate = rng.choice([float(r) for r in truth.rates], n, p=list(truth.rates.values()))
    clock = arrivals(rng, n, window)
    made["exposure"].append({"viewer": viewers, "at": clock.copy()})
    clock += (rng.uniform(1, 6, n) * SECOND).astype(np.int64)
    there = np.flatnonzero(rng.random(n) >= truth.bounce)
    played = np.zeros(n, np.int64)
    kind = np.full(n, -1)
    for number in episodes:
        there = there[clock[there] < window.as_of]
        if not len(there):
            break
        if truth.paywall_episode is not None and number >= truth.paywall_episode:
            there = _unlock(truth, number, viewers, there, kind, clock, rng, made)
        if not len(there):
            break
        if truth.ad_every and number > 1 and (number - 1) % truth.ad_every == 0:
            some = there[kind[there] != KINDS.index("subscription")]
            _advert("interstitial", number, viewers, some, clock, made)
        c = curves[number]
        finished, rows = _play(truth, c, z[there], rate[there], clock[there], rng)
        played[there] += 1
        who = rows.pop("row")
        ended = clock[there]
        np.maximum.at(ended, who, rows["end"])
        clock[there] = ended
        whole = {"viewer": viewers[there][who], "rate": rate[there][who], **rows}
        whole["episode"] = np.full(len(who), number, np.int32)
        made["events"].append(whole)
        there = there[finished & (rng.random(len(there)) < truth.continuing(source.get(number, ())))]
        clock[there] += _gaps(truth, len(there), rng)
    _returns(truth, episodes, curves, viewers, played, rate, clock, rng.spawn(1)[0], made)
    return {name: [_until(rows, window) for rows in parts] for name, parts in made.items()}


def _play(
    truth: Truth, c: Curve, z: np.ndarray, rate: np.ndarray, start: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Columns]:
    """One play of an episode by each viewer: who reached its end, and the intervals as rows.

    Leaving is drawn by inverting the cumulative hazard. A skipped stretch cannot be left in: its hazard
    is taken out. Interruptions come from a hazard of their own (a thinned Poisson process), so that they
    change nothing about leaving for good.
    """
    m, length = len(z), c.duration_ms
    z = np.maximum(z, 1e-9)
    last_skip = length - SKIP_MS - EDGE_MS
    skip_at = np.full(m, np.inf)
    if last_skip > EDGE_MS:
        skips = rng.random(m) < truth.skips
        skip_at = np.where(skips, np.floor(rng.uniform(EDGE_MS, last_skip, m)), np.inf)
    skip_to = skip_at + SKIP_MS
    drawn = rng.exponential(1.0, m) / z
    before, after = c.until(skip_at), c.until(skip_to)
    drawn = np.where(drawn > before, drawn + after - before, drawn)
    left = c.when(drawn)
    finished = np.isinf(left)
    # A place is a whole millisecond; whoever leaves, leaves before the last one.
    left = np.where(finished, length, np.clip(np.ceil(left), 1, max(1, length - 1)))

    def cut(place: np.ndarray) -> np.ndarray:
        """A place where the play is cut: only one that is reached and not skipped over."""
        place = np.floor(place)
        fits = (place >= 1) & (place < left) & ~((place >= skip_at) & (place <= skip_to))
        return np.where(fits, place, np.inf)

    pause = np.full(m, np.inf)
    if truth.pauses:
        pause = cut(c.when(rng.exponential(1.0, m) / np.maximum(z * truth.pauses, 1e-12)))
    away = (rng.exponential(max(truth.pause_hours, 1e-3), m) * HOUR).astype(np.int64)
    wish = np.where(rng.random(m) < truth.rewinds, rng.uniform(0, length, m), np.inf)
    rewind = cut(np.where(wish > REWIND_MS + 1_000, wish, np.inf))
    skip = np.where(skip_to < left, skip_at, np.inf)

    cuts = np.stack([pause, rewind, skip], axis=1)
    jumps = np.stack([np.maximum(pause - PAUSE_BACK_MS, 0), rewind - REWIND_MS, skip_to], axis=1)
    order = np.argsort(cuts, axis=1, kind="stable")
    cuts = np.take_along_axis(cuts, order, axis=1)
    jumps = np.take_along_axis(jumps, order, axis=1)
    pieces = 1 + np.isfinite(cuts).sum(axis=1)
    opening = np.zeros(m, np.int32)
    at = start.copy()
    muted = rng.random((m, 2)) < truth.muted
    found: list[Columns] = []
    begin = np.zeros(m)
    for k in range(int(pieces.max())):
        row = np.flatnonzero(pieces > k)
        end = np.minimum(cuts[row, k], left[row]) if k < 3 else left[row]
        lasts = ((end - begin[row]) * 1000 / rate[row]).astype(np.int64)
        found.append(
            {
                "row": row,
                "piece": np.full(len(row), k, np.int32),
                "opening": opening[row],
                "time_from_ms": begin[row].astype(np.int32),
                "time_to_ms": end.astype(np.int32),
                "muted": muted[row, opening[row]],
                "at": at[row],
                "end": at[row] + lasts,
            }
        )
        at[row] += lasts
        if k < 3:
            paused = row[(order[row, k] == 0) & np.isfinite(cuts[row, k])]
            at[paused] += away[paused]
            opening[paused] += 1
            begin = np.where(np.isfinite(jumps[:, k]), jumps[:, k], 0.0)
    return finished, {name: np.concatenate([f[name] for f in found]) for name in found[0]}


def _unlock(
    truth: Truth,
    number: int,
    viewers: np.ndarray,
    there: np.ndarray,
    kind: np.ndarray,
    clock: np.ndarray,
    rng: np.random.Generator,
    made: Tables,
) -> np.ndarray:
    """The paywall before an episode: who stays, with the rows of what they paid with."""
    subscription = KINDS.index("subscription")
    first = number == truth.paywall_episode
    lost = truth.paywall if first else truth.paywall_later
    holds = kind[there] == subscription
    there = there[holds | (rng.random(len(there)) >= lost)]
    if first:
        shares = [truth.unlocks.get(k, 0.0) for k in KINDS]
        kind[there] = rng.choice(len(KINDS), len(there), p=shares)
    # A subscription opens everything that follows: it is one row.
    paying = there if first else there[kind[there] != subscription]
    made["unlock"].append(_rows(viewers, paying, clock, number, kind=kind[paying].astype(np.int32)))
    _advert("rewarded", number, viewers, there[kind[there] == KINDS.index("ad")], clock, made)
    return there


def _advert(
    format: str, number: int, viewers: np.ndarray, some: np.ndarray, clock: np.ndarray, made: Tables
) -> None:
    rows = _rows(viewers, some, clock, number, format=np.full(len(some), FORMATS.index(format), np.int32))
    made["ad_impression"].append(rows)
    clock[some] += AD_MS[format] * 1000


def _rows(
    viewers: np.ndarray, some: np.ndarray, clock: np.ndarray, number: int, **more: np.ndarray
) -> Columns:
    episode = np.full(len(some), number, np.int32)
    return {"viewer": viewers[some], "episode": episode, "at": clock[some], **more}


def _gaps(truth: Truth, count: int, rng: np.random.Generator) -> np.ndarray:
    """Between two episodes: seconds, or about a day for those who come back another day."""
    seconds = rng.uniform(*GAP_S, count)
    days = rng.lognormal(np.log(22.0), 0.35, count) * 3600
    return (np.where(rng.random(count) < truth.breaks, days, seconds) * SECOND).astype(np.int64)


def _returns(
    truth: Truth,
    episodes: Sequence[int],
    curves: Mapping[int, Curve],
    viewers: np.ndarray,
    played: np.ndarray,
    rate: np.ndarray,
    clock: np.ndarray,
    rng: np.random.Generator,
    made: Tables,
) -> None:
    """Visits in the two weeks after by some who went on at least once: an episode before their last one again.

    Who went on from an episode has neither left in it nor stopped behind it, so that no hazard and no completion
    changes. `played` is how many episodes each viewer began. The random numbers are a stream of their own.
    """
    some = np.flatnonzero((played > 1) & (rng.random(len(played)) < truth.returns))
    if not len(some):
        return
    ended = clock[some].copy()
    # Quantiles of an exponential that is cut off at the last day, in order: one visit after the other.
    until = np.sort(rng.random((len(some), VISITS)), axis=1) * (1 - np.exp(-LAST_DAY / TAIL_DAYS))
    due = ended[:, None] + (-TAIL_DAYS * np.log1p(-until) * DAY).astype(np.int64)
    comes = np.arange(VISITS) < rng.geometric(0.45, len(some))[:, None]
    which = rng.integers(0, played[some][:, None] - 1, (len(some), VISITS))
    share = np.where(rng.random((len(some), VISITS)) < 0.7, 1.0, rng.uniform(0.05, 1.0, (len(some), VISITS)))
    muted = rng.random((len(some), VISITS)) < truth.muted
    for k in range(VISITS):
        at = np.maximum(due[:, k], ended + 60 * SECOND)
        for place, number in enumerate(episodes[:-1]):
            row = np.flatnonzero(comes[:, k] & (which[:, k] == place))
            to = np.maximum(1, np.floor(share[row, k] * curves[number].duration_ms)).astype(np.int32)
            end = at[row] + (to * 1000 / rate[some[row]]).astype(np.int64)
            made["events"].append(
                {
                    "viewer": viewers[some[row]],
                    "rate": rate[some[row]],
                    "piece": np.full(len(row), 10 + k, np.int32),
                    "opening": np.full(len(row), 10 + k, np.int32),
                    "time_from_ms": np.zeros(len(row), np.int32),
                    "time_to_ms": to,
                    "muted": muted[row, k],
                    "at": at[row],
                    "end": end,
                    "episode": np.full(len(row), number, np.int32),
                }
            )
            ended[row] = end


def _until(rows: Columns, window: Window) -> Columns:
    """The rows that were over when the data were taken: what comes later is not known yet."""
    known = rows.get("end", rows["at"]) <= window.as_of
    return {name: values[known] for name, values in rows.items() if name != "end"}
