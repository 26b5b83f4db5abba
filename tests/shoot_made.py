"""Small shoots of a few scenes, and what their plans are checked with."""

from __future__ import annotations

from datetime import date

from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Location,
    Plan,
    Rules,
    SceneSheet,
)

START = date(2027, 3, 1)  # a Monday
QUICK = Rules(max_days=6)


def scene(x: str, place: str = "A", cast: tuple[str, ...] = ("ann",), **more: object) -> SceneSheet:
    values: dict[str, object] = {"interior": True, "time": "day", "minutes": 100.0, **more}
    return SceneSheet(x, int(x.split("-")[0]), x.split("-")[1], place=place, cast=cast, **values)  # type: ignore[arg-type]


def shoot(
    *scenes: SceneSheet, cast: tuple[CastMember, ...] = (), places: tuple[Location, ...] = ()
) -> Breakdown:
    names = dict.fromkeys(n for s in scenes for n in s.cast)
    known = {c.name: c for c in cast}
    rooms = {x.name: x for x in places}
    return Breakdown(
        scenes,
        tuple(known.get(n) or CastMember(n, i) for i, n in enumerate(names, 1)),
        tuple(rooms.get(p) or Location(p) for p in dict.fromkeys(s.place for s in scenes)),
    )


def day_of(made: Plan) -> dict[str, int]:
    return {x: d.index for d in made.days for x in d.scenes}
