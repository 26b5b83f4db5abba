"""How long a scene is: eighths of a page, seconds on the screen, minutes to shoot. All of it is estimated.

**Eighths.** A page is cut into eight parts of about an inch, a scene counts at least one, and parts are rounded
up; one page is taken for a minute on the screen (StudioBinder, "What are page eighths?"; the rule of thumb of
every first assistant director). English is set as a screenplay is: Courier 12, 54 lines a page, action 60 and
speech 35 characters wide. Chinese scripts have no standard page, so the page is taken by its other meaning, a minute:
370 characters, which is what the script of our sample series has a minute (5,379 characters with speakers in
14.5 minutes; one series, so a producer should set their own). A length that Final Draft gives is taken as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from smallscreen.production.elements import is_chinese
from smallscreen.production.model import Estimate, SceneSheet
from smallscreen.series.model import ScriptLine

_ACTION_WIDTH, _SPEECH_WIDTH = 60, 35
_LENGTH = re.compile(r"Length: (?:(\d{1,3}) )?(\d{1,3})(?:(/8))?")
_MOST_EIGHTHS = 8 * 200


def eighths(heading: str, lines: Sequence[ScriptLine], rule: Estimate) -> int:
    """The length of a scene in eighths of a page, at least 1."""
    for line in lines:
        if line.kind == "tag" and (match := _LENGTH.fullmatch(line.text)):
            pages, number, of_eight = match.groups()
            whole = int(number) if of_eight else 8 * int(number)
            return min(max(8 * int(pages or 0) + whole, 1), _MOST_EIGHTHS)
    spoken = [x for x in lines if x.kind != "tag"]
    if is_chinese([heading, *(x.text for x in spoken)]):
        characters = sum(_printed(x.text) + _printed(x.speaker) + _printed(x.manner) for x in spoken)
        return max(math.ceil(8 * characters / rule.chars_per_page_zh), 1)
    rows = 2
    for line in spoken:
        if line.kind in ("action", "caption"):
            rows += math.ceil(len(line.text) / _ACTION_WIDTH) + 1
        else:
            rows += 2 + bool(line.manner) + math.ceil(len(line.text) / _SPEECH_WIDTH)
    return max(math.ceil(8 * rows / rule.lines_per_page_en), 1)


def pages(eighths: int) -> str:
    """A length as the trade writes it: `1 3/8`, `5/8`, `2`."""
    whole, rest = divmod(eighths, 8)
    return " ".join(x for x in (str(whole) if whole else "", f"{rest}/8" if rest else "") if x) or "0"


def minutes(scene: SceneSheet, rule: Estimate) -> float:
    """Shooting minutes by the rule of thumb of `Estimate`; a producer overrides them in the sheet."""
    setup = rule.setup_outside if scene.interior is False else rule.setup_inside
    base = setup + scene.screen_seconds * rule.per_second[scene.tier]
    hard = sum(e.confidence for e in scene.elements if e.kind in ("effect", "vehicle", "animal"))
    extras = any(e.kind == "extra" for e in scene.elements)
    base *= 1 + rule.per_effect * min(hard, rule.most_effects)
    base *= 1 + rule.per_cast * max(len(scene.cast) - 2, 0) + rule.per_extras * extras
    base *= rule.night_factor if scene.night else 1
    return float(math.ceil(base / rule.step) * rule.step)


def fill_seconds(
    scenes: Sequence[SceneSheet], spans: dict[str, tuple[int, int]], rule: Estimate
) -> dict[str, float]:
    """Seconds on the screen of the scenes of one episode, by scene id.

    `spans` are the first start and last end (ms) of the cues of each scene that has any. The pause between two
    such scenes is halved; a scene without words between them takes its length in eighths out of that pause, as far
    as it goes. An episode without spans is estimated by its eighths alone.
    """
    seconds = {s.id: s.eighths * rule.seconds_per_eighth for s in scenes}
    placed = [i for i, s in enumerate(scenes) if s.id in spans]
    for i in placed:
        first, last = spans[scenes[i].id]
        seconds[scenes[i].id] = (last - first) / 1000
    for i, j in pairwise(placed):
        pause = max(spans[scenes[j].id][0] - spans[scenes[i].id][1], 0) / 1000
        silent = [s.id for s in scenes[i + 1 : j]]
        wanted = sum(seconds[x] for x in silent)
        share = min(pause / wanted, 1.0) if wanted else 0.0
        for x in silent:
            # A scene that was written is shot, even where the cut left no room for it.
            seconds[x] = max(seconds[x] * share, 1.0)
        rest = max(pause - wanted, 0.0) / 2
        seconds[scenes[i].id] += rest
        seconds[scenes[j].id] += rest
    if placed:
        seconds[scenes[placed[0]].id] += spans[scenes[placed[0]].id][0] / 1000 if placed[0] == 0 else 0.0
    return {x: round(value, 1) for x, value in seconds.items()}


def _printed(text: str | None) -> int:
    return len(re.sub(r"\s", "", text or ""))
