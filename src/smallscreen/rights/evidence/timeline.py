"""The aligned timeline: time in the file from left to right, time in our work upwards, one line a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smallscreen.rights.model import Segment
from smallscreen.rights.words import clock

COLORS = {"both": "#0b6068", "picture": "#c2552d", "sound": "#7b2d5b"}
LABELS = {"both": "picture and sound", "picture": "picture alone", "sound": "sound alone"}
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Geometry in a box of `width` by `height`, y downwards. Ticks: (place, words). Lines: (x1, y1, x2, y2, by)."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    xticks: tuple[tuple[float, str], ...]
    yticks: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, float, float, float, str], ...]


def draw(
    query_ms: int, asset_ms: int, segments: Sequence[Segment], width: float = 640, height: float = 300
) -> Drawing:
    """Both axes begin at nought and end with the longer of file and stretches."""
    query_ms = max([query_ms, 1000, *(s.query_to_ms for s in segments)])
    asset_ms = max([asset_ms, 1000, *(s.asset_to_ms for s in segments)])
    left, top, right, bottom = 52.0, 26.0, width - 14, height - 34

    def x(ms: float) -> float:
        return round(left + (right - left) * ms / query_ms, 2)

    def y(ms: float) -> float:
        return round(bottom - (bottom - top) * ms / asset_ms, 2)

    return Drawing(
        width, height, left, top, right, bottom,
        tuple((x(ms), clock(ms)) for ms in ticks(query_ms, 8)),
        tuple((y(ms), clock(ms)) for ms in ticks(asset_ms, 6)),
        tuple((x(s.query_from_ms), y(s.asset_from_ms), x(s.query_to_ms), y(s.asset_to_ms), s.by) for s in segments),
    )  # fmt: skip


def ticks(length_ms: int, most: int) -> list[int]:
    """Round moments from nought on, at most `most` and one."""
    step = next((s for s in _STEPS if length_ms / (1000 * s) <= most), None)
    if step is None:
        step = 3600 * -(-length_ms // (3_600_000 * most))
    return list(range(0, length_ms + 1, 1000 * step))


def svg(d: Drawing, file_name: str, work_name: str) -> str:
    """The drawing as a file of its own, light, without anything from outside. Names are words, not markup."""
    from html import escape

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {d.width:g} {d.height + 26:g}" role="img" '
        f'font-family="Noto Sans, Noto Sans SC, sans-serif" font-size="11" fill="#6a645b">',
        f"<title>{escape(file_name)}: {escape(work_name)}</title>",
        f'<rect width="{d.width:g}" height="{d.height + 26:g}" fill="#fffefb"/>',
    ]
    for at, words in d.yticks:
        parts.append(f'<path d="M{d.left:g} {at:g}H{d.right:g}" stroke="#ded8cc"/>')
        parts.append(f'<text x="{d.left - 6:g}" y="{at + 4:g}" text-anchor="end">{words}</text>')
    for at, words in d.xticks:
        parts.append(f'<path d="M{at:g} {d.bottom:g}v4" stroke="#6a645b"/>')
        parts.append(f'<text x="{at:g}" y="{d.bottom + 16:g}" text-anchor="middle">{words}</text>')
    for x1, y1, x2, y2, by in d.lines:
        parts.append(
            f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{COLORS[by]}" stroke-width="4" stroke-linecap="round"/>'
        )
    parts.append(f'<text x="{d.right:g}" y="{d.bottom + 30:g}" text-anchor="end">time in the file</text>')
    at = d.left
    for by, color in COLORS.items():
        parts.append(f'<path d="M{at:g} {d.height + 12:g}h18" stroke="{color}" stroke-width="4"/>')
        parts.append(f'<text x="{at + 24:g}" y="{d.height + 16:g}">{LABELS[by]}</text>')
        at += 150
    parts.append(f'<text x="6" y="{d.top - 12:g}">time in our work</text></svg>')
    return "\n".join(parts) + "\n"
