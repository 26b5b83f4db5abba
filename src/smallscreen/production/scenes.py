"""Scenes out of what the series database holds: the script, or the pauses between cues where there is no script.

The automatic half of a breakdown; what people changed by hand is put over it in `breakdown`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from smallscreen.production import estimate
from smallscreen.production.elements import find_elements, phrase_in
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Estimate,
    Location,
    SceneSheet,
)
from smallscreen.production.places import Places
from smallscreen.series.labelling import PAUSE_MS
from smallscreen.series.model import Character, Cue, Scene, ScriptLine

_CROWD = {
    "众人", "群众", "所有人", "其他", "其它", "路人", "大家", "众", "全体", "字幕", "旁白", "画外音", "解说",
    "all", "everyone", "crowd", "both", "narrator", "voice over", "others", "voice",
}  # fmt: skip
_NOT_PEOPLE = {"字幕", "旁白", "画外音", "解说", "narrator", "voice over", "voice"}
_CROWD_NAME = re.compile(
    r".*(?:们|群众|保镖\d*|路人.{0,3}|甲|乙|丙|丁)|(?:众|群).{1,4}|.*\b(?:#?\d+|crowd|extras?)", re.IGNORECASE
)
_MINOR = 18
_SYNOPSIS = 60
_NATURAL = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the script says of a scene that its sheet does not hold: for the checks in `conflicts`.

    `speaking` are who speaks on screen, `listed` the script's own list of the cast (None where it has none),
    `start_ms` and `end_ms` where it plays (0, 0: not known), `text` its action.
    """

    speaking: tuple[str, ...] = ()
    listed: tuple[str, ...] | None = None
    start_ms: int = 0
    end_ms: int = 0
    actions: tuple[str, ...] = ()
    continuous: bool = False
    same_time: bool = False
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What a breakdown is made of, as the store gives it, by episode."""

    characters: Sequence[Character] = ()
    scenes: Mapping[int, Sequence[Scene]] = field(default_factory=dict)
    script: Mapping[int, Sequence[ScriptLine]] = field(default_factory=dict)
    cues: Mapping[int, Sequence[Cue]] = field(default_factory=dict)


def read_scenes(source: Source, rule: Estimate) -> tuple[Breakdown, dict[str, Facts]]:
    """The automatic breakdown, without findings, and what else is known of each scene."""
    speakers = [x.speaker for lines in source.script.values() for x in lines if x.speaker]
    people = _People(source.characters, speakers)
    sheets: list[SceneSheet] = []
    facts: dict[str, Facts] = {}
    taken: set[str] = set()
    for episode in sorted({*source.scenes, *source.script, *source.cues}):
        cues = source.cues.get(episode, ())
        scenes = source.scenes.get(episode, ())
        if scenes:
            made = _of_script(episode, scenes, source.script.get(episode, ()), cues, people, taken, rule)
        else:
            made = _of_cues(episode, cues, people, taken, rule)
        sheets += [sheet for sheet, _ in made]
        facts |= {sheet.id: known for sheet, known in made}
    places = Places(s.set_name for s in sheets)
    sheets = [replace(s, place=s.place or places.name(s.set_name)) for s in sheets]
    sheets = _story_days(sheets, facts)
    sheets = [replace(s, minutes=estimate.minutes(s, rule)) for s in sheets]
    spoken = any(source.scenes.values())
    locations = dict.fromkeys(s.place for s in sheets if s.place)
    return (
        Breakdown(
            tuple(sheets),
            people.cast(sheets),
            tuple(Location(n, aliases=places.aliases(n)) for n in locations),
            (),
            "script" if spoken or not sheets else "cues",
        ),
        facts,
    )


# --- from a script ---------------------------------------------------------------------------


def _of_script(
    episode: int,
    scenes: Sequence[Scene],
    lines: Sequence[ScriptLine],
    cues: Sequence[Cue],
    people: _People,
    taken: set[str],
    rule: Estimate,
) -> list[tuple[SceneSheet, Facts]]:
    by_scene: dict[str, list[ScriptLine]] = defaultdict(list)
    for line in lines:
        if line.scene is not None:
            by_scene[line.scene].append(line)
    spans: dict[str, list[Cue]] = defaultdict(list)
    for cue in cues:
        if cue.scene is not None:
            spans[cue.scene].append(cue)
    # The store sorts scenes by their id as a text; the script has them in its own order.
    order = {scene: i for i, scene in enumerate(by_scene)}
    ordered = sorted(scenes, key=lambda s: (order.get(s.id, len(order)), _natural(s.id)))
    ids = {s.id for s in scenes}
    sheets: list[SceneSheet] = []
    known: list[Facts] = []
    timed: dict[str, tuple[int, int]] = {}
    for written in ordered:
        scene, own = written, by_scene.get(written.id, [])
        sheet_id = _unique(scene.id, episode, taken)
        if sheets and re.fullmatch(r"continuous|same.*|(?:moments |minutes )?later|连续|同时", scene.time):
            scene = replace(scene, time=sheets[-1].time)
        sheets.append(_sheet(sheet_id, scene, own, spans.get(scene.id), people, rule))
        known.append(_facts(written, own, spans.get(scene.id), people, ids))
        if scene.id in spans:
            timed[sheet_id] = (known[-1].start_ms, known[-1].end_ms)
    seconds = estimate.fill_seconds(sheets, timed, rule)
    return [(replace(s, screen_seconds=seconds[s.id]), f) for s, f in zip(sheets, known, strict=True)]


def _sheet(
    sheet_id: str,
    scene: Scene,
    lines: Sequence[ScriptLine],
    cues: Sequence[Cue] | None,
    people: _People,
    rule: Estimate,
) -> SceneSheet:
    actions = [x for x in lines if x.kind == "action"]
    tags = dict(x.text.split(": ", 1) for x in lines if x.kind == "tag" and ": " in x.text)
    cast, crowd = people.split([*scene.characters, *people.mentioned([x.text for x in actions])])
    elements = tuple(replace(e, note=people.known(e.note)) for e in find_elements(lines, people.names))
    tagged = [e.name for e in elements if e.kind == "cast"]
    cast = tuple(dict.fromkeys([*cast, *people.split(tagged)[0]]))
    extras = tuple(
        Element("extra", name, evidence=name) for name in crowd if not any(e.name == name for e in elements)
    )
    inside = {True: "内", False: "外", None: ""}[scene.interior]
    heading = " ".join(x for x in (scene.id, _WRITTEN.get(scene.time, scene.time), inside, scene.place) if x)
    first = next((x.text for x in actions if not x.text.rstrip().endswith(("：", ":"))), "")
    synopsis = tags.get("Synopsis") or first
    number = scene.id.partition("-")[2] if scene.id.startswith(f"{scene.episode}-") else scene.id
    return SceneSheet(
        id=sheet_id,
        episode=scene.episode,
        number=number or scene.id,
        heading=heading,
        place=tags.get("Location", ""),
        set_name=scene.place,
        interior=scene.interior,
        time=scene.time,
        story_day=tags.get("Script Day", ""),
        eighths=estimate.eighths(heading, lines, rule),
        cast=cast,
        elements=extras + tuple(e for e in elements if e.kind != "cast"),
        synopsis=synopsis if len(synopsis) <= _SYNOPSIS else synopsis[: _SYNOPSIS - 1] + "…",
        cues=(cues[0].id, cues[-1].id) if cues else None,
    )


def _facts(
    scene: Scene, lines: Sequence[ScriptLine], cues: Sequence[Cue] | None, people: _People, ids: set[str]
) -> Facts:
    listed = [x.text for x in lines if x.kind == "tag" and x.text.startswith("人物：")]
    names = tuple(n for text in listed for n in people.split(_names(text.partition("：")[2]))[0])
    speaking = people.split([x.speaker for x in lines if x.kind == "dialogue" and x.speaker])[0]
    heard = " ".join(
        [scene.time, scene.place, *(x.text for x in lines if x.kind in ("action", "caption"))][:3]
    )
    # A form gives a repeated number a letter from b on; with an a beside it the letters are the script's own.
    match = re.fullmatch(r"(.+?)[b-z]", scene.id)
    twice = match is not None and match.group(1) in ids and f"{match.group(1)}a" not in ids
    return Facts(
        speaking,
        names if listed else None,
        cues[0].start_ms if cues else 0,
        max(c.end_ms for c in cues) if cues else 0,
        tuple(x.text for x in lines if x.kind in ("action", "caption")),
        "continuous" in scene.time or "连续" in scene.time,
        scene.time.startswith("same") or phrase_in("same_time", heard) is not None,
        match.group(1) if twice and match else None,
    )


_WRITTEN = {"day": "日", "night": "夜", "dusk": "傍晚", "dawn": "晨"}


# --- without a script ------------------------------------------------------------------------


def _of_cues(
    episode: int, cues: Sequence[Cue], people: _People, taken: set[str], rule: Estimate
) -> list[tuple[SceneSheet, Facts]]:
    groups: list[list[Cue]] = []
    for cue in cues:
        if not groups or cue.start_ms - groups[-1][-1].end_ms >= PAUSE_MS:
            groups.append([])
        groups[-1].append(cue)
    made = []
    for number, group in enumerate(groups, 1):
        first, last = group[0].start_ms, max(c.end_ms for c in group)
        speakers = [name for c in group if c.speaker for name in _names(c.speaker)]
        cast, crowd = people.split(speakers)
        seconds = round((last - first) / 1000, 1)
        text = group[0].text.replace("\n", " ")
        sheet = SceneSheet(
            id=_unique(f"{episode}-{number}", episode, taken),
            episode=episode,
            number=str(number),
            eighths=max(round(seconds / rule.seconds_per_eighth), 1),
            screen_seconds=seconds,
            cast=cast,
            elements=tuple(Element("extra", name, evidence=name) for name in crowd),
            synopsis=text if len(text) <= _SYNOPSIS else text[: _SYNOPSIS - 1] + "…",
            cues=(group[0].id, group[-1].id),
        )
        made.append((sheet, Facts(speaking=cast, start_ms=first, end_ms=last)))
    return made


# --- people, ids, days -----------------------------------------------------------------------


class _People:
    """Who is who: labels of the script under the names of the series."""

    def __init__(self, characters: Sequence[Character], speakers: Sequence[str]) -> None:
        self.minors = {c.name for c in characters if c.age is not None and c.age < _MINOR}
        owners: dict[str, set[str]] = defaultdict(set)
        for c in characters:
            for name in (c.name, *c.aliases):
                owners[name.casefold()].add(c.name)
        # A word for two people (爷爷) says nobody's name.
        self._name = {alias: next(iter(who)) for alias, who in owners.items() if len(who) == 1}
        self._name |= {c.name.casefold(): c.name for c in characters}
        self.names = [n for c in characters for n in (c.name, *c.aliases)]
        # Who speaks anywhere is somebody, whether the head of the series has them or not.
        self.names += [n for n in self.split(list(dict.fromkeys(speakers)))[0] if n not in self.names]
        self._long = sorted((n for n in self.names if len(n) > 1), key=len, reverse=True)

    def split(self, labels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(cast, extras) of the script's labels, each once, in order."""
        cast: dict[str, None] = {}
        crowd: dict[str, None] = {}
        for label in (x for y in labels for x in _names(y)):
            known = self._name.get(label.casefold())
            if known is None and (label.casefold() in _CROWD or _CROWD_NAME.fullmatch(label)):
                if label.casefold() not in _NOT_PEOPLE:
                    crowd[label] = None
            else:
                cast[known or label] = None
        return tuple(cast), tuple(crowd)

    def known(self, name: str) -> str:
        """The name of the series for a label of the script."""
        return self._name.get(name.casefold(), name)

    def mentioned(self, actions: Sequence[str]) -> list[str]:
        """People of the series who act in action lines; a name that is only part of a longer word is found too."""
        found: list[str] = []
        for text in actions:
            rest = text
            for name in self._long:
                at = _find_word(rest, name) if name.isascii() else rest.find(name)
                # 外婆的矮凳 is a stool and nobody's presence; 外公的手 is his hand and he is there.
                if at >= 0 and not re.match(r"的(?!手|脸|眼|头|背|肩|声|嘴|脚)", rest[at + len(name) :]):
                    found.append(name)
                    rest = rest[:at] + "\x00" + rest[at + len(name) :]
        return found

    def cast(self, sheets: Sequence[SceneSheet]) -> tuple[CastMember, ...]:
        """The parts, those with the most scenes first, numbered from 1 as on a call sheet."""
        count = Counter(name for s in sheets for name in s.cast)
        return tuple(
            CastMember(name, number, minor=name in self.minors)
            for number, (name, _) in enumerate(count.most_common(), 1)
        )


def _find_word(text: str, name: str) -> int:
    match = re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
    return match.start() if match else -1


def _names(label: str) -> list[str]:
    text = re.sub(r"[（(][^（()）]*[)）]", "", label)
    parts = re.split(r"\s*[、，,；;/&＆+]\s*|\s+(?:and|AND)\s+", text)
    return [" ".join(p.split()) for p in parts if p.strip()]


def _unique(scene_id: str, episode: int, taken: set[str]) -> str:
    """The scene's id over the whole series: `7-2` as it is, `12A` of episode 7 becomes `7-12A`."""
    wanted = scene_id if scene_id.startswith(f"{episode}-") else f"{episode}-{scene_id}"
    found, n = wanted, 1
    while found in taken:
        n += 1
        found = f"{wanted}.{n}"
    taken.add(found)
    return found


def _story_days(sheets: Sequence[SceneSheet], facts: Mapping[str, Facts]) -> list[SceneSheet]:
    """Days of the story, guessed: a new one where day follows night or the script says so; flashbacks stand apart."""
    day, before, out = 1, "", []
    for s in sheets:
        texts = (s.set_name, s.time, *facts[s.id].actions[:2])
        back = any(phrase_in("flashback", t) for t in texts)
        light = {"day": "D", "dusk": "D", "dawn": "D", "night": "N"}.get(s.time, before or "D")
        if not back:
            later = any(phrase_in("next_day", t) for t in texts)
            day += later or (before == "N" and light == "D")
            before = light
        out.append(s if s.story_day else replace(s, story_day="flashback" if back else f"{light}{day}"))
    return out


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(x), "") if x.isdecimal() else (0, x) for x in _NATURAL.split(text)]
