"""What a scene detector is: several families of words that must meet in one scene.

One word proves nothing: 考试 is said in any schoolyard. A detector names families (the exam itself,
what hangs on it, what the family does about it), which of them must be there, and how many must meet in
different cues. What fires is a scene of the script, or a run of about twelve cues where no scenes are
known. To add a detector, add a file to `scenes/`, and the markets' view of it to `familiarity/`.
"""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

from smallscreen.localize.barriers.traditional import simplified
from smallscreen.localize.brief.model import Hit, SceneFinding
from smallscreen.series.model import Cue, Scene, ScriptLine

WINDOW = 12
"""Cues in a run, where there are no scenes; runs overlap by half."""
_PAUSE_MS = 20_000
"""A silence this long ends a run: another scene has begun."""


class Detector(ABC):
    """One type of scene that may not travel.

    `families` maps a family to a regular expression over one cue (simplified characters). `core` are
    families of which one must be there; `need` is how many families must meet, in at least `cues`
    different cues; `never` is a regular expression over the scene's text that rules it out.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    families: ClassVar[dict[str, str]]
    core: ClassVar[tuple[str, ...]]
    need: ClassVar[int] = 2
    cues: ClassVar[int] = 2
    strong: ClassVar[int] = 1
    """How many different words of the core families there must be."""
    never: ClassVar[str] = ""
    carrier: ClassVar[str] = ""
    """What a line or a local carrier has to keep: the feeling that the scene is about."""

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {family: re.compile(pattern) for family, pattern in self.families.items()}

    def hits(self, cues: Sequence[Cue]) -> list[Hit]:
        """Every word of a family in `cues`, in order; of one family each word once a cue."""
        found = []
        for cue in cues:
            text = simplified(cue.text)
            for family, pattern in self._patterns.items():
                for word in dict.fromkeys(m.group() for m in pattern.finditer(text) if m.group()):
                    found.append(Hit(cue.id, family, word))
        return found

    def fires(self, cues: Sequence[Cue], picture: str = "") -> list[Hit]:
        """The hits where they prove the scene, otherwise nothing.

        `picture` is what the script's action says of the scene; its hits have no cue.
        """
        found = self.hits(cues)
        for family, pattern in self._patterns.items():
            found += [
                Hit("", family, w) for w in dict.fromkeys(m.group() for m in pattern.finditer(picture)) if w
            ]
        families = {h.family for h in found}
        if not any(h.cue and h.family in self.core for h in found):
            return []  # words come first; the picture helps
        if len(families) < self.need or not families & set(self.core):
            return []
        if len({h.cue for h in found}) < self.cues or len({h.text for h in found}) < self.need:
            return []
        if len({h.text for h in found if h.family in self.core}) < self.strong:
            return []
        # Two families in one word are one proof: 面子 alone is not face and shame.
        if not _distinct(found, self.need):
            return []
        if self.never and re.search(self.never, simplified("\n".join(c.text for c in cues))):
            return []
        return found


def detect(
    detectors: Sequence[Detector],
    cues: Sequence[Cue],
    scenes: Sequence[Scene] = (),
    script: Sequence[ScriptLine] = (),
) -> list[SceneFinding]:
    """All that fires in `cues`, by episode and place.

    `scenes` lend place, time and people; `script` what the picture shows, which helps to prove a scene
    but never does so without words.
    """
    known = {(s.episode, s.id): s for s in scenes}
    pictures: dict[tuple[int, str | None], str] = {}
    for line in script:
        if line.kind in ("action", "caption") and line.scene:
            at = (line.episode, line.scene)
            pictures[at] = f"{pictures.get(at, '')}\n{simplified(line.text)}"
    found = []
    for detector in detectors:
        fired = [
            (part, hits)
            for part in parts(cues)
            if (hits := detector.fires(part, pictures.get((part[0].episode, part[0].scene), "")))
        ]
        for part, hits in _joined(fired):
            found.append(_finding(detector, part, hits, known))
    return sorted(found, key=lambda f: (f.episode, f.start_ms, f.type))


def parts(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    """Scenes, or overlapping runs of about twelve cues where cues have no scene."""
    episodes: dict[int, list[Cue]] = {}
    for cue in cues:
        episodes.setdefault(cue.episode, []).append(cue)
    for some in episodes.values():
        if any(c.scene for c in some):
            grouped: dict[str | None, list[Cue]] = {}
            for cue in some:
                grouped.setdefault(cue.scene, []).append(cue)
            yield from grouped.values()
        else:
            for run in _runs(some):
                for start in range(0, max(1, len(run) - WINDOW // 2), WINDOW // 2):
                    yield run[start : start + WINDOW]


def _runs(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    run: list[Cue] = []
    for cue in cues:
        if run and cue.start_ms - run[-1].end_ms > _PAUSE_MS:
            yield run
            run = []
        run.append(cue)
    if run:
        yield run


def _joined(fired: Sequence[tuple[list[Cue], list[Hit]]]) -> list[tuple[list[Cue], list[Hit]]]:
    """Runs that overlap are one scene."""
    out: list[tuple[list[Cue], list[Hit]]] = []
    for part, hits in fired:
        if out and {c.id for c in out[-1][0]} & {c.id for c in part}:
            before, earlier = out[-1]
            cues = list({c.id: c for c in [*before, *part]}.values())
            out[-1] = (cues, list(dict.fromkeys([*earlier, *hits])))
        else:
            out.append((list(part), hits))
    return out


def _distinct(hits: Sequence[Hit], need: int) -> bool:
    """Whether `need` families can be proved by different words."""
    words: dict[str, set[str]] = {}
    for h in hits:
        words.setdefault(h.family, set()).add(h.text)
    used: set[str] = set()
    proved = 0
    for some in sorted(words.values(), key=len):
        free = [w for w in some if not any(w in u or u in w for u in used)]
        if free:
            used.add(max(free, key=len))
            proved += 1
    return proved >= need


def _evidence(hits: Sequence[Hit], core: Sequence[str], most: int = 8) -> tuple[str, ...]:
    """The cues that prove it, in order; where there are many, those with a core family come before others."""
    cues = list(dict.fromkeys(h.cue for h in hits if h.cue))
    strong = {h.cue for h in hits if h.family in core}
    chosen = sorted(cues, key=lambda c: c not in strong)[:most]
    return tuple(c for c in cues if c in chosen)


def _finding(
    detector: Detector, part: Sequence[Cue], hits: Sequence[Hit], known: dict[tuple[int, str], Scene]
) -> SceneFinding:
    # Where no scenes are known, the scene reaches from the first proof to the last.
    proof = {h.cue for h in hits if h.cue}
    scene = part[0].scene or ""
    if not scene:
        at = [n for n, c in enumerate(part) if c.id in proof]
        part = part[at[0] : at[-1] + 1]
    head = known.get((part[0].episode, scene))
    speakers = dict.fromkeys(c.speaker for c in part if c.speaker)
    return SceneFinding(
        type=detector.id,
        episode=part[0].episode,
        scene=scene,
        first=part[0].id,
        last=part[-1].id,
        start_ms=min(c.start_ms for c in part),
        end_ms=max(c.end_ms for c in part),
        hits=tuple(hits),
        lines=_evidence(hits, detector.core),
        place=head.place if head else "",
        time=head.time if head else "",
        characters=head.characters if head and head.characters else tuple(speakers),
    )
