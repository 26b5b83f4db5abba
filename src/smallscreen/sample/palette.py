"""The light of a scene: a few colors of paper for each time of day, shaded by mood and weather.

The theater is lit from behind: what is far is bright, what is near is dark, and the foremost
sheets frame the picture almost in silhouette.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from smallscreen.sample.paper import RGB, mix, shade

VERMILION: RGB = (196, 66, 44)
OILED: RGB = (232, 176, 92)
BAMBOO: RGB = (186, 156, 100)
INDIGO: RGB = (58, 76, 112)
PAPER: RGB = (244, 232, 208)
INK: RGB = (40, 32, 32)
THREADS: tuple[RGB, ...] = ((204, 62, 50), (232, 172, 60), (62, 132, 104), (66, 96, 158), (236, 226, 206))


@dataclass(frozen=True, slots=True)
class Light:
    """Papers from the back to the front, the color of lamps, and what figures are multiplied with."""

    top: RGB
    bottom: RGB
    far: RGB
    mid: RGB
    near: RGB
    front: RGB
    wall: RGB
    floor: RGB
    wood: RGB
    lamp: RGB
    ambient: RGB
    night: bool


_TIMES: dict[str, Light] = {
    "day": Light(
        top=(188, 216, 212), bottom=(250, 226, 176), far=(206, 194, 150), mid=(168, 156, 108), near=(118, 100, 74),
        front=(62, 44, 38), wall=(226, 194, 148), floor=(150, 110, 80), wood=(134, 88, 58), lamp=(255, 226, 160),
        ambient=(250, 244, 234), night=False,
    ),
    "dusk": Light(
        top=(240, 152, 100), bottom=(252, 204, 130), far=(204, 124, 94), mid=(160, 88, 82), near=(106, 58, 68),
        front=(46, 28, 42), wall=(190, 118, 84), floor=(112, 66, 62), wood=(98, 56, 48), lamp=(255, 204, 120),
        ambient=(246, 208, 182), night=False,
    ),
    "night": Light(
        top=(30, 42, 72), bottom=(72, 90, 122), far=(56, 74, 106), mid=(42, 56, 86), near=(30, 40, 64),
        front=(14, 18, 32), wall=(108, 80, 66), floor=(54, 44, 52), wood=(70, 46, 40), lamp=(255, 192, 104),
        ambient=(208, 196, 198), night=True,
    ),
    "dawn": Light(
        top=(198, 204, 214), bottom=(246, 220, 200), far=(190, 192, 200), mid=(154, 158, 168), near=(108, 110, 122),
        front=(52, 54, 66), wall=(202, 188, 174), floor=(134, 122, 116), wood=(112, 92, 84), lamp=(255, 226, 184),
        ambient=(232, 230, 234), night=False,
    ),
}  # fmt: skip

_MOODS: dict[str, tuple[RGB, float, float]] = {
    # mixed in, how much, brightness
    "warm": ((255, 180, 96), 0.12, 1.02),
    "tender": ((246, 160, 128), 0.12, 1.0),
    "funny": ((255, 206, 120), 0.08, 1.05),
    "tense": ((110, 96, 104), 0.16, 0.92),
    "quiet": ((168, 164, 164), 0.16, 0.97),
    "cold": ((84, 112, 146), 0.26, 0.92),
}
_WEATHER: dict[str, tuple[RGB, float, float]] = {
    "clear": ((0, 0, 0), 0, 1.0),
    "rain": ((104, 122, 142), 0.22, 0.93),
    "fog": ((206, 208, 206), 0.3, 1.0),
    "snow": ((216, 222, 232), 0.3, 1.02),
}
TIMES, MOODS, WEATHER = tuple(_TIMES), tuple(_MOODS), tuple(_WEATHER)


def light(time: str, mood: str, weather: str) -> Light:
    """The light of a scene; ValueError names what the storyboard asks for and we do not have."""
    for asked, known in ((time, _TIMES), (mood, _MOODS), (weather, _WEATHER)):
        if asked not in known:
            raise ValueError(f"the storyboard asks for {asked!r}; there are {', '.join(known)}")
    base = _TIMES[time]
    made: dict[str, RGB] = {"lamp": base.lamp}
    for field in fields(Light):
        if field.name not in {"lamp", "night"}:
            value: RGB = getattr(base, field.name)
            for color, part, bright in (_MOODS[mood], _WEATHER[weather]):
                # Indoor papers and figures take half of the weather: the lamp or the wall keeps its own color.
                inside = 0.5 if field.name in {"wall", "floor", "wood", "ambient"} else 1.0
                dim = mix((0, 0, 0), color, 0.45) if base.night else color
                value = shade(mix(value, dim, part * inside), bright)
            made[field.name] = value
    return Light(**made, night=base.night)
