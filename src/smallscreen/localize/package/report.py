"""The report: one HTML file that needs nothing else, for producers and studios.

What comes from the series is text to the page, always: the template escapes, the page's own script
reads the page and writes no markup, and a content policy forbids everything that is not in the file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from smallscreen.engines.pages import Pages
from smallscreen.engines.video import read_frames
from smallscreen.errors import UserError
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.figures import (
    NEEDS,
    SHORTEN,
    STATUSES,
    Figures,
    figures,
    histogram,
    split_findings,
    within,
)
from smallscreen.localize.package.output import Made, Options, Output, Progress, one_file
from smallscreen.localize.package.rows import EpisodeRows, Row, characters, episode_rows, speed
from smallscreen.series.model import KINDS, SEVERITIES, STRATEGIES, Barrier, Finding

_FIT_NAMES = {
    SHORTEN: "Words do not fit",
    "fit.too-short": "On the screen too briefly",
    "fit.late": "Later than the speech",
    "fit.hard-break": "Broken inside a phrase",
    "fit.repaired-time": "Time of the source repaired",
}
"""What fitting reports, in words; the checks' own names come with the bundle."""
_MOST_POSTERS = 16
_POSTER_BYTES = 12_000


class Report(Output):
    """`report.html`."""

    id = "report"
    name = "Report (.html)"
    description = (
        "numbers, the whole series in one picture, and every line with findings and reasons; works offline"
    )
    order = 40

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        progress(0, 1, "report.html")
        path = out / "report.html"
        path.write_text(render(bundle), encoding="utf-8", errors="replace", newline="\n")
        return one_file(path, "report: numbers, map of the series, every line with findings and reasons")


def render(bundle: EditionBundle) -> str:
    """The whole page as text."""
    numbers = figures(bundle)
    episodes = [_episode(bundle, episode_rows(bundle, e)) for e in bundle.episodes]
    longest = max((e.duration_ms for e in bundle.episodes), default=0) or 1
    return _PAGES.render(
        "report.html",
        b=bundle,
        n=numbers,
        episodes=episodes,
        longest=longest,
        ticks=_ticks(longest),
        posters=_posters(bundle),
        kinds=list(numbers.kinds),
        kind_help=KINDS,
        strategy_help=STRATEGIES,
        needs=NEEDS,
        statuses=[s for s in STATUSES if any(s in c for c in numbers.handled.values())],
        all_statuses=STATUSES,
        severities=SEVERITIES[::-1],
        speeds=_speed_chart(numbers),
        checks=[(check, _check_name(bundle, check), count) for check, count in numbers.checks.items()],
        compared=[(check, _check_name(bundle, check), a, b) for check, a, b in numbers.compared],
        people=_people(bundle),
        terms=_terms(bundle),
        brief=bundle.brief or {},
        source_lang=bundle.series.source_language,
        lang=bundle.edition.locale,
        literal=bundle.has_literal,
        edited=bundle.has_lines or bundle.has_drafts,
    )


def script_hash() -> str:
    """The report's own script as a content policy names it (`sha256-` and this): the only one that may run."""
    return _PAGES.script_hash


@dataclass(slots=True)
class _LineView:
    text: str
    characters: str
    cps: str
    share: int  # of the limit, per cent, at most 150
    over: bool


@dataclass(slots=True)
class _RowView:
    id: str
    row: Row
    number: str
    at: str
    seconds: str
    source: list[tuple[str, list[tuple[str, Barrier | None]]]]
    lines: list[_LineView]
    tags: str
    severity: str


@dataclass(slots=True)
class _EpisodeView:
    number: int
    title: str
    length: str
    rows: list[_RowView]
    loose: list[Finding]
    counts: dict[str, int]
    barriers: int
    lines: int
    cues: int
    paths: dict[str, str]


def _episode(bundle: EditionBundle, joined: EpisodeRows) -> _EpisodeView:
    episode = joined.bundle
    own, source, _ = split_findings(bundle, episode)
    shown = [*own, *source]
    names = bundle.speaker_names()
    return _EpisodeView(
        number=episode.number,
        title=episode.episode.title,
        length=clock(episode.duration_ms),
        rows=[_row(bundle, row, names) for row in joined.rows],
        loose=joined.loose,
        counts={s: sum(f.severity == s for f in shown) for s in SEVERITIES[::-1]},
        barriers=len(episode.barriers),
        lines=len(episode.lines),
        cues=len(episode.cues),
        paths=_strip(episode, shown),
    )


def _row(bundle: EditionBundle, row: Row, names: Mapping[str, str]) -> _RowView:
    first, last = (row.cues or row.lines)[0], (row.cues or row.lines)[-1]
    source = []
    told = None
    for cue in row.cues:
        speaker = cue.speaker or ""
        label = "" if speaker == told else " ".join(x for x in (speaker, names.get(speaker, "")) if x)
        source.append((label, _marked(cue.text, [b for b in row.barriers if b.cue == cue.id])))
        told = speaker
    severity = next((s for s in SEVERITIES[::-1] if any(f.severity == s for f in row.findings)), "")
    tags = {b.kind for b in row.barriers} | {f.check for f in row.findings} | set(row.strategies)
    prefix = "c" if row.cues else "n"
    return _RowView(
        id=f"e{row.episode}{prefix}{first.index}",
        row=row,
        number=str(first.index) if first is last else f"{first.index}–{last.index}",
        at=clock(row.start_ms, tenths=True),
        seconds=f"{(row.end_ms - row.start_ms) / 1000:.1f} s",
        source=source,
        lines=[_line(bundle, line) for line in row.lines],
        tags=" ".join(sorted(tag.replace(" ", "-") for tag in tags)),
        severity=severity,
    )


def _line(bundle: EditionBundle, line: Any) -> _LineView:
    limit = bundle.screen.cps
    rate = speed(line, bundle.market)
    known = rate != float("inf")
    return _LineView(
        text=line.text,
        characters=f"{characters(line, bundle.market):g}",
        cps=f"{rate:.1f}" if known else "no time",
        share=min(150, round(100 * rate / limit)) if known else 150,
        over=not within(rate, limit),
    )


def _marked(text: str, barriers: Sequence[Barrier]) -> list[tuple[str, Barrier | None]]:
    """The text cut at its barriers; of two that overlap the longer is marked (both are listed beside it)."""
    taken: list[Barrier] = []
    for barrier in sorted(barriers, key=lambda b: (b.start - b.end, -b.need, b.start)):
        inside = 0 <= barrier.start < barrier.end <= len(text)
        if inside and all(barrier.end <= b.start or barrier.start >= b.end for b in taken):
            taken.append(barrier)
    parts: list[tuple[str, Barrier | None]] = []
    at = 0
    for barrier in sorted(taken, key=lambda b: b.start):
        if barrier.start > at:
            parts.append((text[at : barrier.start], None))
        parts.append((text[barrier.start : barrier.end], barrier))
        at = barrier.end
    if at < len(text) or not parts:
        parts.append((text[at:], None))
    return parts


def _strip(episode: EpisodeBundle, findings: Sequence[Finding]) -> dict[str, str]:
    """SVG path data of one episode of the map, in the order of drawing: x in tenths of a second, y 0 to 20.

    Dialogue is a thin lane in the middle; a cue with findings is a block above it, one with barriers below.
    """
    cues = {cue.id: cue for cue in episode.cues}
    paths = {"cue": "".join(_block(c.start_ms, c.end_ms, 8, 3) for c in episode.cues)}
    for need in NEEDS[::-1]:
        marked = {b.cue: cues[b.cue] for b in episode.barriers if b.need == need and b.cue in cues}
        paths[f"n{need}"] = "".join(_block(c.start_ms, c.end_ms, 12, 8) for c in marked.values())
    for severity in SEVERITIES:
        times = sorted({(f.start_ms, f.end_ms) for f in findings if f.severity == severity})
        paths[severity] = "".join(_block(start, end, 0, 7) for start, end in times)
    return {key: path for key, path in paths.items() if path}


def _block(start_ms: int, end_ms: int, y: int, height: int) -> str:
    # At least 0.6 seconds wide, so that the shortest is seen on a wide map.
    return f"M{start_ms // 100} {y}h{max(6, (end_ms - start_ms) // 100)}v{height}H{start_ms // 100}z"


def _speed_chart(numbers: Figures) -> list[dict[str, Any]]:
    bars = histogram(numbers.speeds, numbers.limit)
    most = max((count for _, _, count in bars), default=0) or 1
    return [
        {
            "from": f"{low:.3g}",
            "to": f"{high:.3g}" if number < len(bars) - 1 else "",
            "count": count,
            "height": round(100 * count / most, 1),
            "over": low >= numbers.limit - 1e-9,
        }
        for number, (low, high, count) in enumerate(bars)
    ]


def _people(bundle: EditionBundle) -> list[tuple[str, str, str]]:
    """Source name, agreed name (or an empty string) and who it is."""
    return [
        (c.name, bundle.agreed_name(c), ", ".join(str(x) for x in (c.gender, c.age, c.role) if x))
        for c in bundle.series.characters
    ]


def _terms(bundle: EditionBundle) -> list[tuple[str, str, str]]:
    """Source, agreed rendering and kind, of the terms that have a rendering for this market."""
    found = [(t.source, bundle.agreed(t.renderings), t.kind) for t in bundle.series.terms]
    return [term for term in found if term[1]]


def _posters(bundle: EditionBundle) -> list[tuple[int, str]]:
    """A small picture of each episode, evenly chosen where there are many: (episode, data URI)."""
    episodes = [e for e in bundle.episodes if e.video is not None and e.video.is_file()]
    if len(episodes) > _MOST_POSTERS:
        episodes = [episodes[n * len(episodes) // _MOST_POSTERS] for n in range(_MOST_POSTERS)]
    made = []
    for episode in episodes:
        assert episode.video is not None
        try:
            moment = int(episode.duration_ms * 0.3)
            _, picture = next(read_frames(episode.video, start_ms=moment, width=132))
        except (UserError, StopIteration):
            continue  # a report without this picture is still the report
        for quality in (76, 60, 40, 20):
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, "JPEG", quality=quality, optimize=True)
            if buffer.tell() <= _POSTER_BYTES:
                encoded = base64.b64encode(buffer.getvalue()).decode()
                made.append((episode.number, f"data:image/jpeg;base64,{encoded}"))
                break
    return made


def _ticks(longest_ms: int) -> list[tuple[float, str]]:
    """The time axis: at most about six marks, as (part of the width in per cent, label)."""
    step = next((s for s in (10, 15, 30, 60, 120, 300, 600) if longest_ms / 1000 / s <= 6), 1800)
    count = int(longest_ms / 1000 // step)
    return [(round(n * step * 100_000 / longest_ms, 2), clock(n * step * 1000)) for n in range(count + 1)]


def clock(ms: int, *, tenths: bool = False) -> str:
    """`1:02`, or `1:02.3`."""
    seconds = f"{ms // 1000 % 60:02d}" + (f".{ms % 1000 // 100}" if tenths else "")
    hours, minutes = ms // 3_600_000, ms // 60_000 % 60
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def _check_name(bundle: EditionBundle, check: str) -> str:
    known = bundle.check_names.get(check) or _FIT_NAMES.get(check)
    return known or (check.partition(".")[2].replace("-", " ") or check).capitalize()


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _share(part: float, whole: float) -> str:
    """A share in words: `96 %`; never rounded up to all or down to none."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 99.5 <= percent < 100:
        return "> 99 %"
    if 0 < percent < 0.5:
        return "< 1 %"
    return f"{percent:.0f} %"


def _width(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "0%"


_PAGES = Pages(
    __package__,
    "report.css",
    script="report.js",
    filters={"count": _count, "share": _share, "width": _width},
)
