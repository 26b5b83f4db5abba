"""The story report: one HTML file that needs nothing else, for producers and writers.

What comes from the series is text to the page, always: the template escapes, the page's own script
reads the page and writes no markup, and a content policy forbids everything that is not in the file.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from smallscreen.engines.pages import Pages
from smallscreen.story.compare import Comparison
from smallscreen.story.reading import AXES, EditionArc, FindingOut, Reading
from smallscreen.story.report_svg import (
    HEIGHT,
    MIDDLE,
    WIDTH,
    axes_plot,
    episode_strip,
    network,
    overlay,
    stream,
    strip_scale,
)
from smallscreen.story.signal import smooth
from smallscreen.story.signals.hook import strong, weak

_PAGES = Pages(__package__, "story.css", script="story.js")
_MOMENTS = 5
_NAMES = {
    "story.vulnerability": "Vulnerability",
    "story.care": "Care",
    "story.restraint": "Restraint",
    "story.gratification": "Gratification",
    "story.face-slap": "Face-slap sequence",
    "story.hook": "Hook",
    "story.no-hook": "No hook",
    "story.reversal": "Reversal",
}


def render(reading: Reading, comparison: Comparison | None = None) -> str:
    """The whole page as text."""
    figures = {key: s.figures for key, s in reading.signals.items()}
    picture = stream(reading)
    places = {x.cue: i for i, x in enumerate(reading.lines)}
    return _PAGES.render(
        "story.html",
        r=reading,
        f=figures,
        s=reading.signals,
        axes=AXES,
        picture=picture,
        size={"width": WIDTH, "height": HEIGHT, "middle": MIDDLE},
        peaks=[_peak(reading, p) for p in picture.peaks],
        episodes=_episodes(reading),
        resonant=_moments(reading, places, ("story.vulnerability", "story.care", "story.restraint")),
        gratifying=_moments(reading, places, ("story.gratification",)),
        slaps=[x for x in reading.findings if x.check == "story.face-slap"],
        hooks=_hooks(figures["hook"]),
        people=_people(figures["range"]["people"]),
        people_plot=_people_plot(figures["range"]["people"]),
        net=network(figures["relations"]),
        tropes=[t for t in figures["tropes"]["tropes"] if t["weight"] > 0 or t["genre"] >= 0.03][:12],
        themes=[t for t in figures["themes"]["themes"] if t["share"] >= 0.005],
        editions=[_edition(e) for e in reading.editions],
        c=_comparison(comparison),
        lines=json.dumps(_lines(reading), ensure_ascii=False, separators=(",", ":")),
        minutes=sum(e.minutes for e in reading.episodes),
        lang=reading.language,
        names=_NAMES,
    )


def _lines(reading: Reading) -> list[list[Any]]:
    return [
        [
            x.episode,
            clock(x.start_ms),
            x.speaker,
            x.text,
            round(100 * x.gratification),
            round(100 * x.resonance),
        ]
        for x in reading.lines
    ]


def _peak(reading: Reading, peak: Any) -> dict[str, Any]:
    line = reading.lines[peak.line]
    return {"p": peak, "line": line, "at": clock(line.start_ms)}


def _episodes(reading: Reading) -> list[dict[str, Any]]:
    hooks = {h["episode"]: h for h in reading.signals["hook"].figures["episodes"]}
    found, start, top = [], 0, strip_scale(reading)
    for e in reading.episodes:
        strip = episode_strip(reading, start, start + e.lines, top)
        found.append({"e": e, "strip": strip, "hook": hooks[e.number]})
        start += e.lines
    return found


def _moments(reading: Reading, places: dict[str, int], checks: tuple[str, ...]) -> list[dict[str, Any]]:
    """The findings that show most, at most one an episode, each with the lines around its telling line."""
    mine = sorted((f for f in reading.findings if f.check in checks), key=lambda f: -_weight(f))
    taken: list[FindingOut] = []
    per_check = dict.fromkeys(checks, 0)
    for f in mine:
        fair = per_check[f.check] < max(2, _MOMENTS // len(checks) + 1)
        if fair and all(f.episode != x.episode for x in taken) and len(taken) < _MOMENTS:
            taken.append(f)
            per_check[f.check] += 1
    return [_moment(reading, places, f) for f in sorted(taken, key=lambda f: (f.episode, f.start_ms))]


def _weight(f: FindingOut) -> float:
    return (
        f.confidence
        + 0.05 * float(f.evidence.get("expected_lines", 0.0))
        + (0.1 if "answers" in f.evidence else 0)
    )


def _moment(reading: Reading, places: dict[str, int], f: FindingOut) -> dict[str, Any]:
    at = places[f.cue or ""]
    telling = {x["cue"] for x in f.evidence.get("lines", [])} | {f.cue}
    around = [
        {"line": x, "tells": x.cue in telling}
        for x in reading.lines[max(0, at - 2) : at + 3]
        if x.episode == f.episode
    ]
    return {"f": f, "name": _NAMES[f.check], "lines": around, "at": clock(reading.lines[at].start_ms)}


def _hooks(figures: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    rows = figures["episodes"]
    pull = sorted((h for h in rows if strong(h)), key=lambda h: -h["strength"])[:6]
    let_go = sorted((h for h in rows if weak(h)), key=lambda h: h["strength"])[:6]
    return {
        "strong": sorted(pull, key=lambda h: h["episode"]),
        "weak": sorted(let_go, key=lambda h: h["episode"]),
    }


def _people(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    most = max((p["kinds_interval"][1] for p in people), default=1.0) or 1.0
    least = 0.9 * min((p["kinds_interval"][0] for p in people), default=0.0)

    def across(kinds: float) -> float:
        return round(100 * (kinds - least) / max(0.1, most - least), 1)

    widest = max((max(p["gratification"], p["resonance"]) for p in people), default=1.0) or 1.0
    shown = []
    for p in people[:12]:
        low, high = p["kinds_interval"]
        shown.append(
            {
                **p,
                "low": across(low),
                "span": max(2.0, across(high) - across(low)),
                "dot": across(p["kinds"]),
                "g": round(100 * p["gratification"] / widest, 1),
                "r": round(100 * p["resonance"] / widest, 1),
            }
        )
    return shown


def _people_plot(people: list[dict[str, Any]]) -> dict[str, Any]:
    most = max((p["lines"] for p in people), default=1)
    g, r = "gratification", "resonance"
    plot = axes_plot([], [(p["name"], p[g], p[g], p[g], p[r], p[r], p[r]) for p in people[:12]], close=True)
    for box, p in zip(plot["boxes"], people[:12], strict=True):
        box["size"] = round(4 + 9 * float(np.sqrt(p["lines"] / most)), 1)
    # Labels that would lie on each other are moved apart.
    last = -99.0
    for box in sorted(plot["boxes"], key=lambda b: b["y"]):
        box["label_y"] = last = max(box["y"] + 4, last + 15)
    return plot


def _edition(arc: EditionArc) -> dict[str, Any]:
    def both(a: list[float], b: list[float]) -> tuple[str, str]:
        width = max(2.0, len(a) / 90)
        return tuple(overlay(list(smooth(np.array(x), width)), 1.0, width=1200, height=130) for x in (a, b))  # type: ignore[return-value]

    at = {cue: i for i, cue in enumerate(arc.cues)}
    count = max(1, len(arc.cues) - 1)
    return {
        "arc": arc,
        "resonance": both(arc.source_resonance, arc.edition_resonance),
        "gratification": both(arc.source_gratification, arc.edition_gratification),
        "marks": {
            axis: [
                round(1200 * at[x.cue] / count, 1)
                for x in arc.lost
                if (x.what == "gratification") == (axis == "gratification")
            ]
            for axis in ("gratification", "resonance")
        },
        "lost": sorted(arc.lost[:12], key=lambda x: x.cue),
    }


def _comparison(c: Comparison | None) -> dict[str, Any] | None:
    if c is None:
        return None
    g, r = c.axes.gratification, c.axes.resonance
    boxes = [(c.title, g.value, g.low, g.high, r.value, r.low, r.high)]
    if c.other_axes is not None:
        g, r = c.other_axes.gratification, c.other_axes.resonance
        boxes.append((c.other_title, g.value, g.low, g.high, r.value, r.low, r.high))
    arcs = {}
    for axis, (a, b) in c.arcs.items():
        low, high = min(*a, *b), max(*a, *b)
        low = min(low, 0.0)
        arcs[axis] = (overlay(a, high, low), overlay(b, high, low))
    widest = max((max(t.here, t.there) for t in c.tropes), default=1.0) or 1.0
    return {
        "c": c,
        "plot": axes_plot([(p.gratification, p.resonance) for p in c.points], boxes),
        "arcs": arcs,
        "tropes": [
            {
                "name": t.name,
                "here": round(100 * t.here / widest, 1),
                "there": round(100 * t.there / widest, 1),
            }
            for t in c.tropes[:14]
        ],
    }


def clock(ms: int) -> str:
    """`1:02`; hours where there are any."""
    hours, minutes, seconds = ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
