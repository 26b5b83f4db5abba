"""How copies are disguised in the rights benchmark, and what is true of each copy.

    python -m bench._disguises                  # make every query (hundreds of files; what is there stays)
    python -m bench._disguises --half tune      # one half

A disguise changes a `Plan`: which stretches of which episodes follow each other, at what speed, what happens to the
pictures, to the sound, and how the file is coded. Three at once is three changes of one plan. Where things lie (crops,
logos, the inner picture, colors) is drawn per copy. Every copy begins a drawn fraction of a second into its episode
and most have another frame rate, so that copy and reference share no sampling phase.

`cases()` gives every query with its truth; its file is made when `Case.file()` is first asked for.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from bench import _looks as look
from bench._episodes import HALVES, Episode, Half, innocents, kept, missing, place, references
from bench._made_sound import music, speech
from bench._rights_media import RATE, Coding, Sound, at_times, cut, filtered, sound, with_sound, write

Draw = np.random.Generator


@dataclass(frozen=True)
class Truth:
    """What a query holds of an asset; seconds. `speed` is seconds of the asset in a second of the query."""

    query_from: float
    query_to: float
    asset: str
    asset_from: float
    asset_to: float
    speed: float
    mirrored: bool


@dataclass(frozen=True)
class Take:
    """A stretch of an episode in a query."""

    episode: Episode
    since: float
    until: float
    speed: float = 1.0

    @property
    def seconds(self) -> float:
        return (self.until - self.since) / self.speed


class Ear(Protocol):
    """One change of the sound."""

    def __call__(self, wave: Sound) -> Sound: ...


@dataclass(frozen=True)
class Plan:
    """How a query is made."""

    takes: tuple[Take, ...]
    looks: tuple[look.Look, ...] = ()
    ears: tuple[Ear, ...] = ()
    keeps_pitch: bool = True
    coding: Coding = field(default_factory=Coding)

    @property
    def seconds(self) -> float:
        return sum(t.seconds for t in self.takes)


@dataclass(frozen=True)
class Disguise:
    id: str
    name: str
    change: Callable[[Plan, Draw], Plan]
    of_sound: bool = False
    """The pictures are only coded anew."""


# --- the changes -----------------------------------------------------------------------------


def _look(make: Callable[[Draw], look.Look]) -> Callable[[Plan, Draw], Plan]:
    return lambda plan, draw: replace(plan, looks=(*plan.looks, make(draw)))


def _speed(factor: float) -> Callable[[Plan, Draw], Plan]:
    def change(plan: Plan, draw: Draw) -> Plan:
        takes = tuple(replace(t, speed=t.speed * factor) for t in plan.takes)
        # Players keep the pitch; a change of the frame rate does not.
        return replace(plan, takes=takes, keeps_pitch=bool(draw.random() < 0.5))

    return change


def _excerpt(plan: Plan, draw: Draw) -> Plan:
    return replace(plan, takes=(_stretch(plan.takes[0], 10, draw),))


def _three_excerpts(plan: Plan, draw: Draw) -> Plan:
    whole = plan.takes[0]
    others = _foreign(whole.episode.half)
    third = (whole.until - whole.since) / 3
    parts = [
        _stretch(replace(whole, since=whole.since + third * i, until=whole.since + third * (i + 1)), 8, draw)
        for i in range(3)
    ]
    takes: list[Take] = [_away(others, draw)]
    for index in draw.permutation(3):
        takes += [parts[index], _away(others, draw)]
    return replace(plan, takes=tuple(takes))


def _recut(plan: Plan, draw: Draw) -> Plan:
    whole = plan.takes[0]
    count = int((whole.until - whole.since) // 4)
    order = draw.permutation(count)
    takes = (
        replace(whole, since=whole.since + 4 * int(i), until=whole.since + 4 * int(i) + 4) for i in order
    )
    return replace(plan, takes=tuple(takes))


def _stretch(whole: Take, seconds: float, draw: Draw) -> Take:
    """A drawn stretch, as far as can be with no more than a second of the title card."""
    cards = [(a, b) for a, b, piece in whole.episode.parts if piece is None]
    room = max(0.0, whole.until - whole.since - seconds)
    begins = [whole.since + float(x) for x in draw.uniform(0, room, 20)]
    inside = [sum(max(0.0, min(b, s + seconds) - max(a, s)) for a, b in cards) for s in begins]
    best = begins[next((i for i, x in enumerate(inside) if x <= 1), int(np.argmin(inside)))]
    return replace(whole, since=best, until=min(whole.until, best + seconds))


def _away(others: list[Episode], draw: Draw) -> Take:
    other = others[draw.integers(len(others))]
    long = min(float(draw.uniform(4, 7)), other.seconds - 0.5)
    since = float(draw.uniform(0, other.seconds - long))
    return Take(other, since, since + long)


def _foreign(half: Half) -> list[Episode]:
    return [
        e
        for e in innocents()
        if e.half == half and not e.kind.startswith(("card", "music", "unrelated, short"))
    ]


def _inset(plan: Plan, draw: Draw) -> Plan:
    others = _foreign(plan.takes[0].episode.half)
    ground = others[draw.integers(len(others))]
    spot = look.Inset(ground, 0.6, float(draw.uniform(0.05, 0.95)), float(draw.uniform(0.1, 0.9)))
    return replace(plan, looks=(*plan.looks, spot))


def _filmed(plan: Plan, draw: Draw) -> Plan:
    seed = int(draw.integers(1 << 30))
    coding = replace(plan.coding, fps=Fraction(30), crf=28)
    return replace(plan, looks=(*plan.looks, look.Filmed(seed)), ears=(*plan.ears, Room(seed)), coding=coding)


def _coded(crf: int) -> Callable[[Plan, Draw], Plan]:
    return lambda plan, draw: replace(plan, coding=replace(plan.coding, crf=crf))


def _pitch(plan: Plan, draw: Draw) -> Plan:
    return replace(plan, ears=(*plan.ears, Pitch(1 if draw.random() < 0.5 else -1)))


def _replaced(plan: Plan, draw: Draw) -> Plan:
    return replace(plan, ears=(Other(int(draw.integers(1 << 30))),))


@dataclass(frozen=True)
class Pitch:
    """The same tempo, so many semitones up."""

    semitones: int

    def __call__(self, wave: Sound) -> Sound:
        factor = 2 ** (self.semitones / 12)
        return filtered(
            wave,
            ("asetrate", str(round(RATE * factor))),
            ("aresample", str(RATE)),
            ("atempo", f"{1 / factor:.6f}"),
        )


@dataclass(frozen=True)
class Other:
    """Other sound in its place: made music, or made speech over it."""

    seed: int

    def __call__(self, wave: Sound) -> Sound:
        seconds = len(wave) / RATE
        other = music(self.seed, seconds)
        return other if self.seed % 2 else np.asarray(0.4 * other + speech(self.seed, seconds), np.float32)


@dataclass(frozen=True)
class Room:
    """What a telephone hears of a loudspeaker: a band of the sound, its echoes, noise."""

    seed: int

    def __call__(self, wave: Sound) -> Sound:
        heard = filtered(
            wave,
            ("highpass", "f=280"),
            ("lowpass", "f=4200"),
            ("aecho", "in_gain=0.9:out_gain=0.8:delays=23|61:decays=0.35|0.2"),
        )
        noise = np.random.default_rng(self.seed).standard_normal(len(heard))
        return np.asarray(0.8 * heard + 0.006 * noise, np.float32)


def _side(draw: Draw) -> float:
    return float(draw.uniform(0.0, 1.0))


SINGLE: tuple[Disguise, ...] = (
    Disguise("crf36", "coded again at CRF 36", _coded(36)),
    Disguise("down270", "scaled down to 270x480", _look(lambda d: look.Scaled(270, 480))),
    Disguise("down180", "scaled down to 180x320", _look(lambda d: look.Scaled(180, 320))),
    Disguise("mirror", "mirrored", _look(lambda d: look.Mirror())),
    Disguise("crop", "cropped to 70 %", _look(lambda d: look.Crop(0.7, _side(d), _side(d)))),
    Disguise("square", "cropped to 1:1", _look(lambda d: look.Square(float(d.uniform(0.3, 0.7))))),
    Disguise("pad", "16:9 with blurred sides", _look(lambda d: look.Padded(960, 540))),
    Disguise("fast", "speed 1.1", _speed(1.1)),
    Disguise("slow", "speed 0.95", _speed(0.95)),
    Disguise("tint", "color and hue", _look(lambda d: look.Tint.drawn(d))),
    Disguise("marks", "logo and large subtitles", _look(lambda d: look.Marks(int(d.integers(1 << 30))))),
    Disguise("inset", "picture-in-picture at 60 %", _inset),
    Disguise("excerpt", "excerpt of 10 seconds", _excerpt),
    Disguise("excerpts", "three excerpts between foreign material", _three_excerpts),
    Disguise("recut", "recut, 4 seconds each, shuffled", _recut),
    Disguise("filmed", "screen recording", _filmed),
    Disguise("pitch", "pitch and a semitone", _pitch, of_sound=True),
    Disguise("sound", "sound replaced", _replaced, of_sound=True),
)
BY_ID = {d.id: d for d in SINGLE}
THREE: tuple[tuple[str, str, str], ...] = (
    ("mirror", "fast", "marks"),
    ("crop", "tint", "crf36"),
    ("inset", "mirror", "down270"),
    ("slow", "tint", "pad"),
    ("square", "marks", "pitch"),
    ("excerpt", "mirror", "filmed"),
    ("excerpt", "crop", "pitch"),
    ("recut", "mirror", "tint"),
)


# --- the queries -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One query. `disguise` is "" for an innocent, "a+b+c" for three at once; `truth` is empty for an innocent."""

    id: str
    half: Half
    disguise: str
    sound_replaced: bool
    asset: str
    truth: tuple[Truth, ...]
    episode: Episode | None = None
    plan: Plan | None = None
    picture_of: Plan | None = None
    """Where only the sound differs: the plan whose coded pictures this query has."""

    @property
    def seconds(self) -> float:
        return self.plan.seconds if self.plan else self.episode.seconds if self.episode else 0.0

    def file(self) -> Path:
        """The query's file, made now if it is not there."""
        if self.episode is not None:
            return self.episode.file()
        name, recipe = self._recipe()
        return kept(name, recipe, self._make)

    def shown(self) -> Case:
        """The case whose coded pictures this one has: itself, but where only the sound differs."""
        return self if self.picture_of is None else replace(self, plan=self.picture_of, picture_of=None)

    def is_made(self) -> bool:
        """Whether its file is there."""
        return self.episode is not None or place(*self._recipe()).is_file()

    def _recipe(self) -> tuple[str, str]:
        recipe = f"{look.DRAWN_BY} {self.plan!r}"
        # Copies of one plan are one file, whoever asks for it.
        return (f"copy-{zlib.crc32(recipe.encode()):08x}" if self.picture_of is None else self.id), recipe

    def _make(self, path: Path) -> None:
        plan = self.plan
        assert plan is not None
        if self.picture_of is None:
            write(path, _seen(plan), _heard(plan), plan.coding)
        else:
            with_sound(self.shown().file(), _heard(plan), path)


def cases(half: Half | None = None) -> list[Case]:
    """All queries of a half, or of both: the innocents, then the copies."""
    return [c for c in _cases() if half in (None, c.half)]


@lru_cache(maxsize=1)
def _cases() -> tuple[Case, ...]:
    out = [Case(e.name, e.half, "", False, "", (), episode=e) for e in innocents()]
    for reference in references():
        plain = _plain(reference)
        for disguise in SINGLE:
            plan = disguise.change(plain, _drawn(disguise.id, reference))
            out += _copies(reference, disguise.id, plan, plain if disguise.of_sound else None)
        for step in range(4):
            three = THREE[(reference.number + 2 * step) % len(THREE)]
            plan = plain
            for key in three:
                plan = BY_ID[key].change(plan, _drawn("+".join(three) + key, reference))
            out += _copies(reference, "+".join(three), plan, None)
    return tuple(out)


def _copies(reference: Episode, disguise: str, plan: Plan, base: Plan | None) -> Iterator[Case]:
    """The copy, and the same pictures with the sound replaced."""
    truth = _truth(plan, reference)
    name = f"{reference.name[10:]}-{disguise}"
    yield Case(
        name, reference.half, disguise, disguise == "sound", reference.name, truth, plan=plan, picture_of=base
    )
    if base is None:
        other = _replaced(plan, _drawn(disguise + " other sound", reference))
        yield Case(
            f"{name}-sound",
            reference.half,
            disguise,
            True,
            reference.name,
            truth,
            plan=other,
            picture_of=plan,
        )


def _drawn(words: str, reference: Episode) -> Draw:
    return np.random.default_rng([zlib.crc32(words.encode()), reference.number])


def _plain(reference: Episode) -> Plan:
    """The whole episode but for its first fraction of a second."""
    draw = _drawn("plain", reference)
    rates = (Fraction(24), Fraction(30), Fraction(25), Fraction(30000, 1001))
    since = round(float(draw.uniform(0.05, 0.6)), 3)
    return Plan(
        (Take(reference, since, reference.seconds - 0.1),), coding=Coding(fps=rates[reference.number % 4])
    )


def _truth(plan: Plan, reference: Episode) -> tuple[Truth, ...]:
    out, at = [], 0.0
    mirrored = sum(isinstance(x, look.Mirror) for x in plan.looks) % 2 == 1
    for take in plan.takes:
        if take.episode is reference:
            out.append(
                Truth(at, at + take.seconds, reference.name, take.since, take.until, take.speed, mirrored)
            )
        at += take.seconds
    return tuple(out)


def _seen(plan: Plan) -> Iterator[av.VideoFrame]:
    fps = float(plan.coding.fps)
    steps = [x.start(fps) for x in plan.looks]
    at, number = 0.0, 0
    for take in plan.takes:
        times = []
        while (number + len(times)) / fps < at + take.seconds - 1e-6:
            times.append(take.since + ((number + len(times)) / fps - at) * take.speed)
        for frame in at_times(take.episode.file(), times):
            for step in steps:
                frame = step(frame, number)
            number += 1
            yield frame
        at += take.seconds


def _heard(plan: Plan) -> Sound:
    parts = []
    for take in plan.takes:
        wave = sound(take.episode.file())
        assert wave is not None
        part = cut(wave, take.since, take.until - take.since)
        if take.speed != 1:
            part = (
                filtered(part, ("atempo", f"{take.speed:.6f}"))
                if plan.keeps_pitch
                else filtered(part, ("asetrate", str(round(RATE * take.speed))), ("aresample", str(RATE)))
            )
        parts.append(cut(part, 0, take.seconds))
    wave = np.concatenate(parts)
    for ear in plan.ears:
        wave = ear(wave)
    return wave


def main() -> None:
    """Make the queries."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--only", help="one disguise's id")
    options = parser.parse_args()
    if why := missing():
        sys.exit(why)
    for case in cases(options.half):
        if options.only in (None, case.disguise):
            print(f"{case.id:<36} {case.seconds:5.1f} s  {case.file().name}", flush=True)


if __name__ == "__main__":
    main()
