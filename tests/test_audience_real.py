"""Import and survival on real seasons: broadcast dates, lengths and counts of viewers of Survivor (US).

The counts say how many watched an episode, not who. The one reading of them that is survival is the nested one (whoever
left stays away: the running minimum), so that is what the rows are made as, one for each 100,000 viewers.
"""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from smallscreen.audience.importing import import_events
from smallscreen.audience.lake import open_lake
from smallscreen.audience.measures import retention, survival
from smallscreen.audience.stats.survival import kaplan_meier
from smallscreen.series.project import Project, new_project
from tests.conftest import SHARED

COUNTS = SHARED / "data" / "audience" / "viewers.json"
MAPPING = """
zone = "America/New_York"
[columns]
user_id = "household"
episode = "ep"
time_from_ms = "from"
time_to_ms = "to"
duration_ms = "length"
started_at = "aired"
[constants]
market = "en-US"
[units]
time_from_ms = "s"
time_to_ms = "s"
duration_ms = "s"
started_at = "text"
"""


def seasons(*numbers: int) -> dict[int, list[dict[str, Any]]]:
    if not COUNTS.is_file():
        pytest.skip("needs the real counts in ../shared/data/audience, which are not here")
    found: dict[int, list[dict[str, Any]]] = {n: [] for n in numbers}
    for row in json.loads(COUNTS.read_text("utf-8")):
        if row["version"] == "US" and row["season"] in found and row["viewers"] and row["episode_date"]:
            found[row["season"]].append(row)
    return {n: sorted(rows, key=lambda r: r["episode"]) for n, rows in found.items()}


def imported(folder: Path, season: list[dict[str, Any]]) -> tuple[Project, list[int]]:
    """A series with the season's viewers in its lake, and how many of the rows' viewers saw each episode."""
    root = folder / "real"
    root.mkdir()
    for row in season:
        text = "1\n00:00:01,000 --> 00:00:03,000\n\u4f60\u597d\n"
        (root / f"ep{row['episode']:03d}.zh.srt").write_text(text, encoding="utf-8")
    left = []
    for row in season:
        left.append(min([row["viewers"] // 100_000, *left[-1:]]))
    path, mapping = folder / "season.csv", folder / "season.toml"
    with path.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(["household", "ep", "from", "to", "length", "aired"])
        for row, viewers in zip(season, left, strict=True):
            length = (row["episode_length"] or 60) * 60
            for who in range(viewers):
                out.writerow(
                    [f"h{who}", row["episode"], 0, length, length, f"{row['episode_date']} 20:00:00"]
                )
    mapping.write_text(MAPPING, encoding="utf-8")
    project = new_project(root)
    done = import_events(project, [path], mapping)
    assert done.taken + sum(done.quarantined.values()) == sum(left)
    if season[0]["episode_date"] < "2010":
        assert done.quarantined == {"too-old": sum(left)}
        return project, []
    assert done.taken == sum(left)
    assert import_events(project, [path], mapping).taken == done.taken, "again changes nothing"
    return project, left


@pytest.mark.parametrize("number", [21, 30, 45])
def test_survival_of_a_real_season(tmp_path: Path, number: int) -> None:
    season = seasons(number)[number]
    assert len(season) >= 12
    project, left = imported(tmp_path, season)
    series = project.store.slug
    episodes = [r["episode"] for r in season]
    aired = [datetime.fromisoformat(r["episode_date"]) for r in season]
    with open_lake(project) as lake:
        whole = survival(lake, series, "en-US", aired[-1] + timedelta(days=30))
        assert whole.episodes == episodes and whole.viewers == left[0]
        assert whole.at_risk == left and whole.survival == pytest.approx([n / left[0] for n in left])
        gone = [a - b for a, b in pairwise(left)]
        assert whole.events[:-1] == gone
        assert whole.low[1:] == pytest.approx(kaplan_meier(gone, left[:-1]).low.tolist())
        # In the middle of the season: what nobody had the time for is not known, the rest is what it was.
        middle = survival(lake, series, "en-US", aired[6] + timedelta(days=2), patience_days=3)
        assert middle.episodes == episodes[:6]
        assert middle.survival == pytest.approx(whole.survival[:6])
        assert middle.censored == [0] * 5 + [left[5]]
        curve = retention(lake, series, 1, "en-US")
        assert curve.starters == left[0]
        assert curve.viewers == [left[0]] * (season[0]["episode_length"] * 60)


def test_a_season_older_than_players_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    assert imported(tmp_path, seasons(1)[1])[1] == []
