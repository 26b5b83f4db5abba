"""The brief as one HTML file that needs nothing else, for reading and printing.

It shows what stands in the TOML, with the evidence from the series. Everything that comes from the series or
from a person is text to the page: the template escapes, there is no script, and a content policy forbids
whatever is not in the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from smallscreen.engines.pages import Pages
from smallscreen.localize.brief.build import detectors
from smallscreen.localize.brief.model import GRADES, Brief, SceneFinding
from smallscreen.series.brief_file import Settled, SettledScene

_SHOWN_PEOPLE = 6
_SHOWN_CUES = 4


@dataclass(frozen=True, slots=True)
class ThreadView:
    """Scenes of one type as the TOML has them, with what a re-shoot would touch."""

    name: str
    description: str
    grade: str
    reason: str
    do: str
    scenes: tuple[SettledScene, ...]
    episodes: tuple[int, ...]
    seconds: int
    people: str


def render(brief: Brief, settled: Settled) -> str:
    """The whole page as text."""
    grade_counts = Counter(s.action for s in settled.scenes)
    numbers = SimpleNamespace(
        settled=sum(i.settled for i in settled.items),
        rendered=sum(bool(i.rendering) for i in settled.items),
        grades=[(g, grade_counts[g]) for g in reversed(GRADES)],
        grade_counts=grade_counts,
        open=sum(not q.answer for q in settled.questions),
    )
    return _PAGES.render(
        "brief.html",
        b=brief,
        s=settled,
        n=numbers,
        threads=thread_views(brief, settled),
        evidence=partial(_shown, {s.found.id: s.found for t in brief.threads for s in t.scenes}),
        grades=GRADES,
        known=[d.name for d in detectors().values()],
        episode_numbers=episode_numbers(brief),
    )


def thread_views(brief: Brief, settled: Settled) -> list[ThreadView]:
    """The scenes by type, the gravest first; what a person changed or added stands as they have it."""
    found: dict[str, SceneFinding] = {s.found.id: s.found for t in brief.threads for s in t.scenes}
    said = {t.name: t.description for t in brief.threads}
    by_type: dict[str, list[SettledScene]] = {}
    for scene in settled.scenes:
        by_type.setdefault(scene.type or scene.id, []).append(scene)
    order = ["", *GRADES]
    made = []
    for name, scenes in by_type.items():
        here = [found[s.id] for s in scenes if s.id in found]
        people = Counter(p for f in here for p in f.characters)
        shown = ", ".join(p for p, _ in people.most_common(_SHOWN_PEOPLE))
        made.append(
            ThreadView(
                name=name,
                description=said.get(name, ""),
                grade=max((s.action for s in scenes), key=order.index) or "not decided",
                reason=_gravest(scenes).reason,
                do=_gravest(scenes).do,
                scenes=tuple(scenes),
                episodes=tuple(sorted({s.episode for s in scenes if s.episode})),
                seconds=round(sum(f.end_ms - f.start_ms for f in here) / 1000),
                people=shown + (" and others" if len(people) > _SHOWN_PEOPLE else ""),
            )
        )
    return sorted(made, key=lambda t: (-order.index(t.grade if t.grade in order else ""), -len(t.scenes)))


def _shown(found: dict[str, SceneFinding], scene: SettledScene) -> list[str]:
    """The four cues to quote: those with most signs, the core's above others, in order."""
    here = found.get(scene.id)
    signs: Counter[str] = Counter()
    for hit in here.hits if here else ():
        signs[hit.cue] += 3 if hit.family in detectors()[here.type].core else 1  # type: ignore[union-attr]
    best = sorted(scene.cues, key=lambda c: -signs[c])[:_SHOWN_CUES]
    return [c for c in scene.cues if c in best]


def _gravest(scenes: Sequence[SettledScene]) -> SettledScene:
    order = ["", *GRADES]
    return max(scenes, key=lambda s: order.index(s.action))


def episode_numbers(brief: Brief) -> list[int]:
    """The numbers for the strip of episodes; scenes may be of an episode that is gone."""
    touched = {s.found.episode for t in brief.threads for s in t.scenes}
    return list(range(1, max([brief.episodes, *touched], default=0) + 1))


def duration(seconds: int) -> str:
    """`45 seconds`, `2 min 5 s`."""
    return f"{seconds} seconds" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"


def _joined(values: Sequence[Any], mark: str = ", ") -> str:
    return mark.join(map(str, values))


_PAGES = Pages(
    __package__,
    "brief.css",
    folder="pages",
    after=(),
    button=False,
    inline=False,
    pictures=False,
    filters={"count": lambda n: f"{n:,}", "duration": duration, "join": _joined},
)
