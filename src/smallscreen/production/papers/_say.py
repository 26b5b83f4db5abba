"""Phrases that several papers print."""

from __future__ import annotations

from smallscreen.production.model import ELEMENT_KINDS, SceneSheet
from smallscreen.production.papers._shoot import Date, Need, Shoot, Strip
from smallscreen.production.papers._words import Words, pages

_MOST_NEEDS = 6


def setting(scene: SceneSheet, w: Words) -> str:
    """`INT`, `EXT` or both; empty where the script does not say."""
    if scene.interior is None:
        return ""
    return w("int") if scene.interior else w("ext")


def title(scene: SceneSheet) -> str:
    """The set, and the location where it has another name."""
    place, name = scene.place, scene.set_name or scene.place
    return f"{name} ({place})" if place and place != name else name or scene.heading


def needs_of(scene: SceneSheet, w: Words) -> str:
    """What a scene needs besides its cast, in one line."""
    things = [e for e in scene.elements if e.kind != "cast"]
    named = [f"{e.name} ×{e.count}" if e.count > 1 else e.name for e in things[:_MOST_NEEDS]]
    rest = [f"+{len(things) - _MOST_NEEDS}"] if len(things) > _MOST_NEEDS else []
    return w.join([*named, *rest])


def counted(w: Words, key: str, n: int) -> str:
    """`scenes` or `moves` with their number; singular where a language has one."""
    return w(f"{key}_1") if n == 1 else w(f"{key}s_n", n=n)


def day_total(day: Date, shoot: Shoot) -> str:
    """What a day adds up to: scenes, pages, from call to wrap, moves, night, overtime."""
    w = shoot.words
    return w.join(
        [
            counted(w, "scene", len(day.strips)),
            w("pages_n", n=pages(day.eighths)),
            f"{w.clock(day.call)}–{w.clock(day.wrap)}",
            counted(w, "move", day.moves) if day.moves else "",
            w("night_block") if day.day.night else "",
            w("overtime", t=w.hours(day.day.overtime_minutes)) if day.day.overtime_minutes > 0 else "",
        ]
    )


def shoot_total(shoot: Shoot) -> str:
    w = shoot.words
    eighths = sum(d.eighths for d in shoot.days)
    return w(
        "total_line",
        scenes=counted(w, "scene", sum(len(d.strips) for d in shoot.days)),
        pages=w("pages_n", n=pages(eighths)),
        days=w("days_n", n=shoot.length),
    )


def made(shoot: Shoot) -> str:
    return shoot.words("made", date=shoot.options.moment.strftime("%Y-%m-%d %H:%M UTC"))


def times(strip: Strip, w: Words) -> str:
    return f"{w.clock(strip.start)}–{w.clock(strip.end)}"


def cast_numbers(strip: Strip, w: Words) -> str:
    return w.join(strip.numbers)


def by_kind(needs: tuple[Need, ...]) -> dict[str, list[Need]]:
    """A day's needs by kind, in the order of the breakdown's kinds."""
    found: dict[str, list[Need]] = {}
    for need in sorted(needs, key=lambda n: (ELEMENT_KINDS.index(n.kind), n.name)):
        found.setdefault(need.kind, []).append(need)
    return found


def what(need: Need) -> str:
    """A need with its notes and the scenes that need it."""
    note = f" ({'; '.join(need.notes)})" if need.notes else ""
    return f"{need.label}{note} [{', '.join(need.scenes)}]"
