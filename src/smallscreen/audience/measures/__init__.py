"""The measures: retention by second, episodes, survival, cohorts, concentration, cubes. Start at `run.measure`."""

from smallscreen.audience.measures.aggregate import aggregate_retention, read_counts
from smallscreen.audience.measures.cohorts import cohorts
from smallscreen.audience.measures.concentration import concentration
from smallscreen.audience.measures.cubes import build_cubes, cube_curve
from smallscreen.audience.measures.episodes import edition_table, episode_table
from smallscreen.audience.measures.retention import (
    audience_watch_ratio,
    cube_retentions,
    retention,
    retentions,
)
from smallscreen.audience.measures.run import STEP, measure, measure_step
from smallscreen.audience.measures.survival import survival, survivals
from smallscreen.audience.stats.intervals import Interval

__all__ = [
    "STEP",
    "Interval",
    "aggregate_retention",
    "audience_watch_ratio",
    "build_cubes",
    "cohorts",
    "concentration",
    "cube_curve",
    "cube_retentions",
    "edition_table",
    "episode_table",
    "measure",
    "measure_step",
    "read_counts",
    "retention",
    "retentions",
    "survival",
    "survivals",
]
