"""Retention from counts of viewers by episode: what a broadcaster or a platform's page gives, without users.

Such counts are no survival: who watched episode 5 need not have watched episode 1, and nobody knows how
many did. What can be said is an index (viewers of an episode over those of the first) and, with several
seasons, how much it differs between them.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smallscreen.audience.measures.model import AggregateRetention
from smallscreen.audience.stats.intervals import Interval
from smallscreen.audience.stats.special import t_quantile
from smallscreen.errors import FileProblem, UserError

CANNOT_SAY = [
    "how many viewers of the first episode saw a later one: between none of them and the index (at most 1)",
    "who left and who came: an index near 1 may hide that half of the viewers changed",
    "where in an episode viewers left, and whether they finished it",
    "a sampling error of a single count: its source states none, so the interval is between seasons only",
]


@dataclass(frozen=True, slots=True)
class EpisodeCount:
    """Viewers of one episode of one season of one program; `viewers` is None where the source has none."""

    program: str
    season: int
    episode: int
    viewers: float | None


def read_counts(path: Path) -> list[EpisodeCount]:
    """Counts from a JSON list of objects with `season`, `episode`, `viewers`, and `version` for the program.

    Raises FileProblem where the file is something else.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))
        return [
            EpisodeCount(
                program=str(r.get("version", "")),
                season=int(r["season"]),
                episode=int(r["episode"]),
                viewers=None if r.get("viewers") is None else float(r["viewers"]),
            )
            for r in rows
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        expected = "a JSON list of objects with season, episode and viewers"
        raise FileProblem(path, None, "it holds no counts of viewers", expected) from None


def aggregate_retention(counts: Iterable[EpisodeCount], *, at_least: int = 3) -> AggregateRetention:
    """The index by episode over all seasons given, for episodes that `at_least` seasons have.

    `index` is the geometric mean over seasons of viewers(k) / viewers(first), with a t interval on the
    logarithm (n = seasons): seasons are the units, not viewers. `finale_index` takes each season's last
    episode. A season without its first episode, and episodes without viewers, are left out and counted
    in `missing`. UserError where no season is left.
    """
    seasons: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    all_of: dict[tuple[str, int], set[int]] = defaultdict(set)
    for c in counts:
        all_of[c.program, c.season].add(c.episode)
        if c.viewers is not None and c.viewers > 0:
            seasons[c.program, c.season][c.episode] = c.viewers
    missing = sum(len(e) for e in all_of.values()) - sum(len(e) for e in seasons.values())
    logs: dict[int, list[float]] = defaultdict(list)
    finales: list[float] = []
    used = 0
    for key, by_episode in sorted(seasons.items()):
        first, last = min(all_of[key]), max(all_of[key])
        if first not in by_episode:
            missing += len(by_episode)
            continue
        used += 1
        for episode, viewers in by_episode.items():
            logs[episode - first + 1].append(math.log(viewers / by_episode[first]))
        if last in by_episode and last > first:
            finales.append(math.log(by_episode[last] / by_episode[first]))
    if not used:
        raise UserError("No season has viewers for its first episode; give counts that begin with it.")
    shown = [e for e in sorted(logs) if len(logs[e]) >= min(at_least, used)]
    return AggregateRetention(
        seasons=used,
        episodes=shown,
        index=[_mean_index(logs[e]) for e in shown],
        finale_index=_mean_index(finales),
        missing=missing,
        cannot_say=CANNOT_SAY,
    )


def _mean_index(logs: list[float]) -> Interval:
    """The geometric mean of ratios with a t interval between seasons."""
    n, unit = len(logs), "viewers over those of the first episode"
    if not n:
        return Interval(0.0, 0.0, 0.0, 0, unit, "no season has it")
    x = np.array(logs)
    value = float(x.mean())
    if n < 2:
        return Interval(math.exp(value), 0.0, math.exp(value), n, unit, "one season, no interval")
    half = t_quantile(0.975, n - 1) * float(x.std(ddof=1)) / math.sqrt(n)
    return Interval(
        math.exp(value), math.exp(value - half), math.exp(value + half), n, unit,
        "geometric mean, t interval between seasons",
    )  # fmt: skip
