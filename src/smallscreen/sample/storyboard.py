"""What is seen when: the storyboard's scenes, who speaks each cue, and the shots that follow from it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from smallscreen.series.align import align
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Cue, cue_id
from smallscreen.series.scripts import read_script

Kind = Literal["title", "wide", "two", "close", "insert", "end"]

_EPISODE = re.compile(r"^第(\d+)集[ \t　]*(.*?)\s*$", re.MULTILINE)
_SHORTEST, _OPENING, _PAUSE, _LONGEST = 2600, 4600, 2300, 7000  # ms


@dataclass(frozen=True, slots=True)
class BoardScene:
    """One scene of the storyboard; times in ms from the start of the episode."""

    episode: int
    scene: str
    place: str
    motif: str
    time: str
    weather: str
    mood: str
    props: tuple[str, ...]
    characters: tuple[str, ...]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    aliases: tuple[str, ...]
    gender: str | None
    age: int | None


@dataclass(frozen=True, slots=True)
class Shot:
    """What the camera shows from `start_ms` to `end_ms`; `scene` is an index into the episode's scenes."""

    kind: Kind
    start_ms: int
    end_ms: int
    scene: int
    who: tuple[str, ...] = ()
    prop: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """All that one episode needs to be drawn."""

    episode: int
    series_title: str
    title: str
    last: bool
    scenes: tuple[BoardScene, ...]
    cues: tuple[Cue, ...]
    people: dict[str, Person]
    shots: tuple[Shot, ...]
    duration_ms: int


def load(folder: Path, episode: int) -> Board:
    """Reads one episode of a packaged series; ValueError where the storyboard has no such episode."""
    head = tomllib.loads((folder / "series.toml").read_text("utf-8"))
    scenes = read_scenes(folder / "storyboard.toml")
    mine = tuple(scene for scene in scenes if scene.episode == episode)
    if not mine:
        raise ValueError(
            f"the storyboard has no episode {episode}; it has {sorted({s.episode for s in scenes})}"
        )
    people = {p.name: p for p in _people(head)}
    titles = {int(m[1]): m[2] for m in _EPISODE.finditer((folder / "script.txt").read_text("utf-8"))}
    cues = tuple(_spoken(folder, episode, people))
    return board(
        mine, cues, people, series_title=str(head["title"]), title=titles.get(episode, ""),
        last=episode == max(s.episode for s in scenes),
    )  # fmt: skip


def board(
    scenes: Sequence[BoardScene],
    cues: Sequence[Cue],
    people: dict[str, Person],
    *,
    series_title: str = "",
    title: str = "",
    last: bool = False,
) -> Board:
    """Plans the shots of an episode from its scenes and its cues with speakers."""
    duration = scenes[-1].end_ms
    shots: list[Shot] = []
    for number, scene in enumerate(scenes):
        inside = [c for c in cues if scene.start_ms <= c.start_ms < scene.end_ms]
        shots += _shots(number, scene, inside)
    opening = min(2600, max(1300, cues[0].start_ms - 250)) if cues else 1500
    shots = _framed(shots, min(opening, duration // 3), cues[-1].end_ms if cues else 0, duration)
    return Board(
        scenes[0].episode, series_title, title, last, tuple(scenes), tuple(cues), people, tuple(shots), duration
    )  # fmt: skip


def read_scenes(path: Path) -> list[BoardScene]:
    """The scenes of a storyboard file."""
    made = []
    for entry in tomllib.loads(path.read_text("utf-8"))["scene"]:
        made.append(
            BoardScene(
                episode=int(entry["episode"]),
                scene=str(entry["scene"]),
                place=str(entry.get("place", "")),
                motif=str(entry["motif"]),
                time=str(entry["time"]),
                weather=str(entry["weather"]),
                mood=str(entry["mood"]),
                props=tuple(entry.get("props", ())),
                characters=tuple(entry.get("characters", ())),
                start_ms=round(float(entry["start"]) * 1000),
                end_ms=round(float(entry["end"]) * 1000),
            )
        )
    return made


def _people(head: dict[str, Any]) -> Iterator[Person]:
    for entry in head.get("character", ()):
        yield Person(entry["name"], tuple(entry.get("aliases", ())), entry.get("gender"), entry.get("age"))


def _spoken(folder: Path, episode: int, people: dict[str, Person]) -> list[Cue]:
    """The cues of an episode, their speakers by the script, under their proper names."""
    cues = [
        Cue(cue_id(episode, n), episode, n, raw.start_ms, raw.end_ms, raw.text)
        for n, raw in enumerate(read_subtitles(folder / f"ep{episode:03d}.zh.srt"), 1)
    ]
    names = {alias: p.name for p in people.values() for alias in (p.name, *p.aliases)}
    lines = [line for line in read_script(folder / "script.txt").lines if line.episode == episode]
    return [replace(c, speaker=names.get(c.speaker or "", c.speaker)) for c in align(cues, lines)]


@dataclass(slots=True)
class _Stretch:
    start: int
    end: int
    who: set[str]
    silent: bool = False


def _shots(number: int, scene: BoardScene, cues: list[Cue]) -> list[Shot]:
    """Cuts a scene: it opens wide, follows who speaks, and looks at things while nobody does."""
    stretches = list(_stretches(scene, cues))
    props = list(scene.props)
    shots: list[Shot] = []
    pending: list[_Stretch] = []
    people = list(scene.characters)
    several = len(people) > 1

    def flush() -> None:
        if not pending:
            return
        start, end = pending[0].start, pending[-1].end
        who = [name for name in people if any(name in s.who for s in pending)]
        by_phone = not who and "phone" in scene.props and any(s.who for s in pending)
        pending.clear()
        if by_phone and shots:
            shots.append(Shot("insert", start, end, number, prop="phone"))
            return
        if not shots or not who or len(who) > 2:
            kind: Kind = "wide"
        elif len(who) == 2:
            kind = "two"
        else:
            kind = "close"
        recent = [s.kind for s in shots[-3:]]
        if kind == "close" and recent == ["close", "close", "close"]:
            kind = "wide"
        same = shots and shots[-1].kind == kind and shots[-1].who == tuple(who)
        if same and end - shots[-1].start_ms <= _LONGEST:
            shots[-1] = replace(shots[-1], end_ms=end)
        else:
            shots.append(Shot("wide" if same and several else kind, start, end, number, tuple(who)))

    for stretch in stretches:
        if stretch.silent:
            flush()
            if shots and props:
                shots.append(Shot("insert", stretch.start, stretch.end, number, prop=props.pop(0)))
            else:
                pending.append(stretch)
            continue
        pending.append(stretch)
        least = _SHORTEST if shots else _OPENING
        if pending[-1].end - pending[0].start >= least:
            flush()
    flush()
    return _divided(shots, people if several else [])


def _stretches(scene: BoardScene, cues: list[Cue]) -> Iterator[_Stretch]:
    """A scene without gaps: speech, and the pauses long enough to show something."""
    at = scene.start_ms
    for n, cue in enumerate(cues):
        following = cues[n + 1].start_ms if n + 1 < len(cues) else scene.end_ms
        who = {cue.speaker} if cue.speaker else set()
        if following - cue.end_ms >= _PAUSE:
            yield _Stretch(at, cue.end_ms + 350, who)
            at = following - 300 if n + 1 < len(cues) else following
            yield _Stretch(cue.end_ms + 350, at, set(), silent=True)
        else:
            end = following - 120 if n + 1 < len(cues) else following
            yield _Stretch(at, end, who)
            at = end
    if at < scene.end_ms:
        yield _Stretch(at, scene.end_ms, set())


def _divided(shots: list[Shot], people: list[str]) -> list[Shot]:
    """Shots that last too long change over to a listener or to the whole room half way."""
    made: list[Shot] = []
    for shot in shots:
        if shot.end_ms - shot.start_ms <= _LONGEST or not made:
            made.append(shot)
            continue
        middle = (shot.start_ms + shot.end_ms) // 2
        other = [name for name in people if name not in shot.who]
        kind: Kind = "wide" if shot.kind != "wide" else "two" if len(people) > 1 else "close"
        who = shot.who if shot.kind != "wide" else tuple((list(shot.who) + other)[:2])
        made.append(replace(shot, end_ms=middle))
        made.append(replace(shot, start_ms=middle, kind=kind, who=who, prop=""))
    return made


def _framed(shots: list[Shot], opening: int, last_word: int, duration: int) -> list[Shot]:
    """The title card in front and, where there is time after the last word, the end card behind."""
    made = [Shot("title", 0, opening, 0)]
    for shot in shots:
        if shot.end_ms > opening + 400:
            made.append(replace(shot, start_ms=max(shot.start_ms, opening)))
    closing = max(last_word + 500, duration - 2200)
    if duration - closing >= 900:
        made = [replace(s, end_ms=min(s.end_ms, closing)) for s in made if s.start_ms < closing - 300]
        made[-1] = replace(made[-1], end_ms=closing)
        made.append(Shot("end", closing, duration, made[-1].scene))
    return made
