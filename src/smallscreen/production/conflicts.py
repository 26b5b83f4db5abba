"""What does not fit together in a breakdown, as findings: `production.NAME`, the scene in their evidence.

    find_problems(breakdown, facts)

Computed from the breakdown as it stands, hand edits included; `facts` is what the script says beside it and may
lack scenes that a person added.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from smallscreen.production.elements import marked, phrase_in
from smallscreen.production.model import Breakdown, SceneSheet
from smallscreen.production.places import folded, similar
from smallscreen.production.scenes import Facts
from smallscreen.series.labelling import PAUSE_MS
from smallscreen.series.model import Finding, Severity

_DAY = re.compile(r"([DN])(\d{1,4})\b", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?:\s*[-–]\s*(\d{1,2}):(\d{2}))?")
_MOST = 200
"""Most findings of one kind: beyond that the first ones say enough."""


def find_problems(breakdown: Breakdown, facts: Mapping[str, Facts]) -> tuple[Finding, ...]:
    """All conflicts, by scene."""
    checks = (_duplicates, _places, _cast, _two_places, _days, _costumes, _wounds, _broken, _order)
    order = {s.id: i for i, s in enumerate(breakdown.scenes)}
    found: list[Finding] = []
    for check in checks:
        some = [f for _, f in zip(range(_MOST), check(breakdown, facts), strict=False)]
        found += some
    found += _no_script(breakdown)
    return tuple(sorted(found, key=lambda f: order.get(f.evidence.get("scene", ""), -1)))


def finding(
    check: str,
    scene: SceneSheet,
    facts: Mapping[str, Facts],
    message: str,
    suggestion: str,
    severity: Severity = "warning",
    confidence: float = 1.0,
    **evidence: Any,
) -> Finding:
    """One observation about a scene, at its time where that is known."""
    at = facts.get(scene.id, Facts())
    return Finding(
        f"production.{check}",
        scene.episode,
        at.start_ms,
        at.end_ms,
        message,
        severity,
        cue=scene.cues[0] if scene.cues else None,
        evidence={"scene": scene.id, **evidence},
        suggestion=suggestion,
        confidence=confidence,
    )


# --- what is missing or twice ----------------------------------------------------------------


def _duplicates(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    seen: dict[tuple[int, str], SceneSheet] = {}
    for s in b.scenes:
        first = facts[s.id].duplicate_of if s.id in facts else None
        other = seen.setdefault((s.episode, s.number), s)
        if first or other is not s:
            number = first or s.number
            yield finding(
                "duplicate", s, facts, f"Episode {s.episode} has two scenes numbered {number}; the second is kept as {s.id}.",
                "Give each scene a number of its own in the script.", "error", number=number,
            )  # fmt: skip


def _places(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    known = {folded(x.name) for x in b.locations}
    for s in b.scenes:
        if not s.place and b.source != "cues":
            yield finding(
                "no-location", s, facts, f"Scene {s.id} has no location.",
                "Write where it plays into its heading, or into the column Location of the sheet.", "error",
            )  # fmt: skip
        elif s.place and folded(s.place) not in known:
            yield finding(
                "unknown-location", s, facts, f"Scene {s.id} is shot at {s.place}, which is not among the locations.",
                "Add it to the sheet Locations, or choose one that is there.", "error", place=s.place,
            )  # fmt: skip
    for one, other in similar(x.name for x in b.locations):
        scene = next((s for s in b.scenes if s.place == other), None)
        if scene is not None:
            yield finding(
                "similar-locations", scene, facts, f"{one} and {other} may be one location.",
                "If they are, write the same name in the column Location.", "note", 0.5, places=[one, other],
            )  # fmt: skip


def _cast(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    parts = {c.name for c in b.cast}
    for s in b.scenes:
        known = facts.get(s.id, Facts())
        for name in known.speaking:
            if name not in s.cast:
                yield finding(
                    "not-in-cast", s, facts, f"{name} speaks in scene {s.id} and is not in its cast.",
                    "Add the part to the scene's cast, or give the line to somebody else.", "error", who=name,
                )  # fmt: skip
            elif known.listed is not None and name not in known.listed:
                yield finding(
                    "not-listed", s, facts, f"{name} speaks in scene {s.id}, but the script's own list of its cast lacks the part.",
                    "Check who is in the scene; the breakdown has counted the part in.", who=name,
                )  # fmt: skip
        for name in s.cast:
            if name not in parts:
                yield finding(
                    "unknown-cast", s, facts, f"{name} is in scene {s.id} and not in the cast.",
                    "Add the part to the sheet Cast, or correct the name.", "error", who=name,
                )  # fmt: skip


def _order(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    ids = {s.id for s in b.scenes}
    for s in b.scenes:
        for other in s.after:
            if other not in ids or other == s.id:
                what = "itself" if other == s.id else f"scene {other}, which is not there"
                yield finding(
                    "after", s, facts, f"Scene {s.id} must be shot after {what}.",
                    "Correct the column After.", "error", after=other,
                )  # fmt: skip


def _no_script(b: Breakdown) -> list[Finding]:
    """Scenes that come from pauses are told at once, an episode each."""
    episodes = Counter(s.episode for s in b.scenes if not s.heading and s.cues)
    return [
        Finding(
            "production.no-script", episode, 0, 0,
            f"Episode {episode} has no script, so its {'scene is' if n == 1 else f'{n} scenes are'} what lies between pauses of {PAUSE_MS // 1000} s in its subtitles; "
            "their place, time and elements are not known.",
            "note", evidence={"count": n}, suggestion="Add the script to the series, or fill in the sheet.", confidence=0.4,
        )
        for episode, n in sorted(episodes.items())
    ]  # fmt: skip


# --- in two places at once -------------------------------------------------------------------


def _two_places(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """At one time of the story: by the clock in the story day, by `same time` in a heading, by scenes cut into each other."""
    pairs = [
        (x, y, "the script says that they are at the same time")
        for x, y in pairwise(b.scenes)
        if _same(y, facts) and x.episode == y.episode
    ]
    by_day: dict[str, list[tuple[SceneSheet, tuple[int, int]]]] = defaultdict(list)
    for s in b.scenes:
        if clock := _clock(s.story_day):
            by_day[s.story_day.split()[0].upper()].append((s, clock))
    for timed in by_day.values():
        pairs += [
            (x, y, f"their story days overlap ({x.story_day}; {y.story_day})")
            for (x, (a0, a1)), (y, (b0, b1)) in combinations(timed, 2)
            if a0 < b1 and b0 < a1
        ]
    spans = defaultdict(list)
    for s in b.scenes:
        if (known := facts.get(s.id)) and known.end_ms > known.start_ms:
            spans[s.episode].append((known.start_ms, known.end_ms, s))
    for scenes in spans.values():
        ordered = sorted(scenes, key=lambda x: x[:2])
        pairs += [
            (x, y, "they are cut into each other on the screen")
            for (_, e, x), (st, _, y) in pairwise(ordered)
            if st < e
        ]
    for x, y, why in pairs:
        both = [n for n in x.cast if n in y.cast]
        if both and x.place and y.place and folded(x.place) != folded(y.place):
            yield finding(
                "two-places", y, facts,
                f"{' and '.join(both)} would be at {x.place} (scene {x.id}) and at {y.place} (scene {y.id}) at once: {why}.",
                "Take the part out of one of them, or say that time has passed.", "error", 0.8, other=x.id, who=both,
            )  # fmt: skip


def _same(s: SceneSheet, facts: Mapping[str, Facts]) -> bool:
    return s.id in facts and facts[s.id].same_time


def _clock(story_day: str) -> tuple[int, int] | None:
    """Minutes of the story day from and to; a single time is a moment of a minute."""
    match = _CLOCK.search(story_day)
    if match is None:
        return None
    h, m, h2, m2 = (int(x) if x else None for x in match.groups())
    start = (h or 0) * 60 + (m or 0)
    return start, (h2 * 60 + (m2 or 0)) if h2 is not None and h2 * 60 + (m2 or 0) > start else start + 1


# --- continuity ------------------------------------------------------------------------------


def _days(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    for x, y in pairwise(b.scenes):
        if (
            x.episode == y.episode
            and y.id in facts
            and facts[y.id].continuous
            and x.time
            and y.time in ("day", "night")
            and x.time in ("day", "night")
            and x.time != y.time
        ):
            yield finding(
                "day-night", y, facts, f"Scene {y.id} goes on from scene {x.id} without a break, but is {y.time} after {x.time}.",
                "Set both to the same time of day.", other=x.id,
            )  # fmt: skip
    before: tuple[int, str, SceneSheet] | None = None
    for s in b.scenes:
        match = _DAY.match(s.story_day)
        if match is None:
            continue
        light, day = match.group(1).upper(), int(match.group(2))
        if s.time in ("day", "night") and (light == "N") != (s.time == "night"):
            yield finding(
                "day-night", s, facts, f"Scene {s.id} is a {s.time} scene on story day {s.story_day}.",
                "Correct the story day or the time of day.", story_day=s.story_day,
            )  # fmt: skip
        if before is not None and (
            day < before[0] or (day == before[0] and light == "D" and before[1] == "N")
        ):
            yield finding(
                "story-day", s, facts,
                f"The story goes back from {before[2].story_day} (scene {before[2].id}) to {s.story_day} in scene {s.id}.",
                "If it is a flashback, write so as its story day; else correct the day.", other=before[2].id,
            )  # fmt: skip
        before = (day, light, s)


def _costumes(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """Two outfits of one person on one day of the story."""
    outfits = marked("outfit")
    last: dict[str, tuple[str, str, SceneSheet]] = {}
    for s in b.scenes:
        for e in s.elements:
            if e.kind != "costume" or e.name.casefold() not in outfits or not e.note:
                continue
            day = (s.story_day.split() or [""])[0]
            before = last.get(e.note)
            if before and before[0] == day and before[1] != e.name and before[2].id != s.id:
                yield finding(
                    "costume", s, facts,
                    f"On story day {day} {e.note} wears {before[1]} in scene {before[2].id} and {e.name} in scene {s.id}.",
                    "Check whether there is time to change; else use one of them.", "warning", 0.6,
                    other=before[2].id, who=e.note, quoted=e.evidence,
                )  # fmt: skip
            last[e.note] = (day, e.name, s)


def _wounds(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """A plaster or bandage that lasts: the scenes in which the same person plays on without a word of it."""
    lasting = marked("lasting")
    for word, who, first in _firsts(b, lasting):
        at = b.scenes.index(first)
        silent = [
            s.id
            for s in b.scenes[at + 1 : at + 8]
            if who in s.cast and s.story_day != "flashback" and not any(e.name == word for e in s.elements)
        ]
        if silent:
            yield finding(
                "wound", first, facts,
                f"{who} has {word} from scene {first.id} on; {_listed(silent)} do{'es' if len(silent) == 1 else ''} not mention it.",
                "Add it to these scenes, or note when it is gone.", "note", 0.5, who=who, scenes=silent,
            )  # fmt: skip


def _firsts(b: Breakdown, words: frozenset[str]) -> Iterator[tuple[str, str, SceneSheet]]:
    seen: set[tuple[str, str]] = set()
    for s in b.scenes:
        for e in s.elements:
            if e.kind == "makeup" and e.name.casefold() in words:
                # The note names the person as the line does, the cast as the series does.
                who = e.note if e.note in s.cast else (s.cast[0] if len(s.cast) == 1 else "")
                if who and (e.name, who) not in seen:
                    seen.add((e.name, who))
                    yield e.name, who, s


def _broken(b: Breakdown, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """A prop that breaks and is there again later."""
    broken: dict[str, tuple[SceneSheet, str]] = {}
    for s in b.scenes:
        props = {e.name: e for e in s.elements if e.kind == "prop"}
        for name in [n for n in props if n in broken]:
            scene, quoted = broken.pop(name)
            if s.story_day != "flashback":
                yield finding(
                    "prop", s, facts, f"{name} breaks in scene {scene.id} and is there again in scene {s.id}.",
                    "Have a second one, mend it in the story, or shoot this scene first.", "note", 0.5,
                    other=scene.id, quoted=quoted,
                )  # fmt: skip
        for text in facts[s.id].actions if s.id in facts else ():
            for sentence in re.split(r"[。！？!?.；;，,]", text):
                if phrase_in("broken", sentence):
                    broken |= {n: (s, sentence.strip()) for n in props if n.casefold() in sentence.casefold()}


def _listed(ids: Sequence[str]) -> str:
    return f"scene {ids[0]}" if len(ids) == 1 else f"scenes {', '.join(ids)}"


def by_episode(problems: Iterable[Finding]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for f in problems:
        found[f.episode].append(f)
    return found
