"""What to do about a scene in a market: keep, light edit, local carrier or remake, with the reason.

Two things decide. How far the market is from the scene: `familiarity/TYPE.toml` says it for each locale with
a reason (same, near, far, against). And how much hangs on the scene: a type that comes back over the
series carries the plot, and words alone do not replace what the plot rests on. A scene of such a type with
signs in fewer than three lines only touches on it and is graded as one that passes.

|            | passes     | recurs        | carries the plot |
|------------|------------|---------------|------------------|
| same       | keep       | keep          | keep             |
| near       | light edit | light edit    | light edit       |
| far        | light edit | light edit    | local carrier    |
| against    | light edit | local carrier | remake           |
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from smallscreen.localize.brief.detector import Detector
from smallscreen.localize.brief.model import GRADES, Grade, Graded, SceneFinding, Thread
from smallscreen.series.markets import Market

Level = Literal["same", "near", "far", "against"]
Weight = Literal["carries the plot", "recurs", "passes"]

LEVELS: dict[str, str] = {
    "same": "lived here, too",
    "near": "understood after one hint",
    "far": "understood only when explained",
    "against": "works against the scene",
}
_TABLE: dict[str, dict[str, Grade]] = {
    "same": {"passes": "keep", "recurs": "keep", "carries the plot": "keep"},
    "near": {"passes": "light edit", "recurs": "light edit", "carries the plot": "light edit"},
    "far": {"passes": "light edit", "recurs": "light edit", "carries the plot": "local carrier"},
    "against": {"passes": "light edit", "recurs": "local carrier", "carries the plot": "remake"},
}
_FULL = 3
"""Lines with signs from which on a scene is about its type, and does not only touch on it."""
_DO: dict[Grade, str] = {
    "keep": "Nothing beyond the lines.",
    "light edit": "Let one line or a caption say what is at stake: {carrier}.",
    "local carrier": "Keep the feeling ({carrier}) and let something this market lives with carry it.",
    "remake": "Shoot these scenes anew around what stays true here ({carrier}), or take the thread out.",
}


@dataclass(frozen=True, slots=True)
class Familiarity:
    """How far a market is from a type of scene, and why."""

    level: str
    reason: str


def familiarity(type: str, market: Market) -> Familiarity:
    """The market's view of a type of scene: by locale, else by language, else far, and the reason says so."""
    data = _data(type)
    for key in (market.locale, market.language):
        if key in data:
            return data[key]
    same_language = [v for k, v in data.items() if k.partition("-")[0] == market.language]
    if same_language:
        return same_language[0]
    return Familiarity("far", f"nobody has judged yet what {market.name} knows of it")


def weight(found: Sequence[SceneFinding], episodes: int) -> tuple[Weight, str]:
    """How much of the plot hangs on a type: by the scenes and the part of the episodes that have it."""
    touched = len({f.episode for f in found})
    said = f"{len(found)} {'scene' if len(found) == 1 else 'scenes'} in {touched} of {episodes} episodes"
    if touched >= 3 and touched >= episodes / 10:
        return "carries the plot", said
    if len(found) >= 2:
        return "recurs", said
    return "passes", said


def threads(
    found: Sequence[SceneFinding], detectors: Mapping[str, Detector], market: Market, episodes: int
) -> list[Thread]:
    """The scenes by type, graded for the market; what asks for most comes first."""
    by_type: dict[str, list[SceneFinding]] = {}
    for f in found:
        by_type.setdefault(f.type, []).append(f)
    made = []
    for type_, some in by_type.items():
        detector = detectors[type_]
        known = familiarity(type_, market)
        heavy, often = weight(some, episodes)
        graded = tuple(_graded(f, detector, known, heavy, often) for f in some)
        made.append(
            Thread(type_, detector.name, detector.description, known.level, known.reason, heavy, graded)
        )
    order = list(GRADES)
    return sorted(made, key=lambda t: (-order.index(t.grade), -len(t.scenes), t.type))


def _graded(found: SceneFinding, detector: Detector, known: Familiarity, heavy: Weight, often: str) -> Graded:
    """One scene. Where a type that comes back is only touched on, what a passing scene needs is enough."""
    signs = len({h.cue for h in found.hits})
    touched = signs < _FULL and heavy != "passes"
    grade = _TABLE[known.level]["passes" if touched else heavy]
    reason = f"{LEVELS[known.level].capitalize()}: {known.reason}. The type {heavy} ({often})"
    reason += f"; here it is only touched on ({signs} lines)." if touched else "."
    return Graded(found, grade, reason, _DO[grade].format(carrier=detector.carrier))


@cache
def _data(type: str) -> dict[str, Familiarity]:
    path = files(__package__).joinpath("familiarity", f"{type}.toml")
    if not path.is_file():
        return {}
    raw = tomllib.loads(path.read_text("utf-8"))
    return {k: Familiarity(**v) for k, v in raw.items() if isinstance(v, dict)}
