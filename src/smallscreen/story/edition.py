"""An edition read beside its source: where it carries less feeling than the source does.

The edition's lines are read in their own language. A probability in one language is not one in the
other; so both are smoothed over neighboring lines and ranked among their own lines, and the ranks are
compared cue by cue. What is lost is a large fall in rank where the source stands high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from smallscreen.errors import UserError
from smallscreen.series.model import Cue, Draft, Finding
from smallscreen.story.model import Accuracy, LineReading
from smallscreen.story.reader import Reader
from smallscreen.story.reading import EditionArc, LostLine, reader_info
from smallscreen.story.signal import Context, Values, context, smooth

READABLE = ("zh", "en")
HIGH, FALL, TELLING = 0.75, 0.4, 0.9
WIDTH = 1.5
LEAST_PRECISION = 0.25
"""Average precision of a label below which no single line is named."""
_WORDS = {"gratification": "gratification", "resonance": "vulnerability or care"}


def edition_cues(cues: Sequence[Cue], drafts: dict[str, Draft]) -> list[Cue]:
    """The source's cues with the edition's words; cues that have none are left out."""
    return [replace(c, text=drafts[c.id].text) for c in cues if c.id in drafts and drafts[c.id].text.strip()]


def language_of(locale: str) -> str:
    """`en` for `en-US`. UserError where no reader reads the language."""
    language = locale.split("-")[0].lower()
    if language not in READABLE:
        raise UserError(
            f"No reader reads {locale}: lines are read in {' and '.join(READABLE)}; "
            "read the story of a language there is, and the others by hand."
        )
    return language


def compare_edition(
    source: Context,
    cues: dict[int, list[Cue]],
    readings: dict[str, LineReading],
    *,
    name: str,
    title: str,
    language: str,
    reader: Reader,
) -> tuple[EditionArc, list[Finding]]:
    """The two arcs over the cues that both have, and what was lost, as findings on the edition."""
    edition = context(source.series, cues, readings, language=language, accuracy=reader.accuracy(language))
    own = {x.cue.id: x for x in edition.lines}
    both = [x for x in source.lines if x.cue.id in own]
    ids = [x.cue.id for x in both]
    ranks = {}
    for axis in ("gratification", "resonance"):
        a = smooth(np.array([getattr(x, axis) for x in both], dtype=np.float64), WIDTH)
        b = smooth(np.array([getattr(own[i], axis) for i in ids], dtype=np.float64), WIDTH)
        ranks[axis] = (_ranked(a), _ranked(b))
    lost, findings = [], []
    weak = [axis for axis in ranks if not _reliable(source.accuracy, axis)]
    for axis, (a, b) in ranks.items():
        if axis in weak:
            continue
        telling = _ranked(np.array([getattr(x, axis) for x in both], dtype=np.float64)) >= TELLING
        for i in _falls(a, b, telling, [x.cue.episode for x in both]):
            line, other = both[i], own[ids[i]]
            drop = float(a[i] - b[i])
            lost.append(
                LostLine(
                    cue=line.cue.id,
                    episode=line.cue.episode,
                    what=_WORDS[axis],
                    source=line.text,
                    edition=other.text,
                    speaker=line.who or "",
                    source_value=round(float(a[i]), 2),
                    edition_value=round(float(b[i]), 2),
                    drop=round(drop, 2),
                )
            )
            findings.append(_finding(lost[-1], line.cue, name))
    arc = EditionArc(
        name=name,
        title=title,
        language=language,
        reader=reader_info(reader, language),
        cues=ids,
        source_gratification=_rounded(ranks["gratification"][0]),
        edition_gratification=_rounded(ranks["gratification"][1]),
        source_resonance=_rounded(ranks["resonance"][0]),
        edition_resonance=_rounded(ranks["resonance"][1]),
        agreement_gratification=_agreement(*ranks["gratification"]),
        agreement_resonance=_agreement(*ranks["resonance"]),
        lost=sorted(lost, key=lambda x: -x.drop),
        note=(
            "Ranks, not amounts: each language is ranked among its own lines, smoothed over about three lines. "
            "A fall may be the edition’s or the reader’s; read the two lines."
            + "".join(
                f" Lines are not named for {axis}: the reader finds it too unsurely in single lines."
                for axis in weak
            )
        ),
    )
    return arc, findings


def _reliable(accuracy: Accuracy, axis: str) -> bool:
    """Whether the reader finds an axis well enough in single lines for a line to be named lost."""
    labels = ("gratification",) if axis == "gratification" else ("vulnerability", "care")
    stated = [v for k, v in accuracy.figures.items() if k.startswith("AP") and any(x in k for x in labels)]
    return max(stated, default=1.0) >= LEAST_PRECISION


def _falls(a: Values, b: Values, telling: Any, episodes: Sequence[int]) -> list[int]:
    """Places of the deepest falls: a telling line in the source's upper quarter, the edition much lower; one in seven lines."""
    order = sorted(range(len(a)), key=lambda i: float(b[i] - a[i]))
    taken: list[int] = []
    for i in order:
        if a[i] - b[i] < FALL:
            break
        if a[i] >= HIGH and telling[i] and all(abs(i - j) > 3 or episodes[i] != episodes[j] for j in taken):
            taken.append(i)
    return sorted(taken)


def _finding(lost: LostLine, cue: Cue, edition: str) -> Finding:
    return Finding(
        check="story.feeling-lost",
        episode=lost.episode,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        message=f"The source shows {lost.what} here, the edition less so: “{lost.source}” became “{lost.edition}”",
        severity="note",
        cue=lost.cue,
        edition=edition,
        evidence={
            "source": lost.source,
            "edition": lost.edition,
            "source_rank": lost.source_value,
            "edition_rank": lost.edition_value,
        },
        suggestion="Read the two lines with their neighbors; give back what the line does, not its words.",
        confidence=round(min(0.6, lost.drop * 0.7), 2),
    )


def _ranked(values: Values) -> Values:
    """Mid-ranks from 0 to 1."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    order = np.sort(values)
    low, high = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return np.asarray((low + high - 1) / (2 * (len(values) - 1)), dtype=np.float64)


def _agreement(a: Values, b: Values) -> float:
    """Spearman's rank correlation; 0 where there is too little to compare."""
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return 0.0
    return round(float(np.corrcoef(a, b)[0, 1]), 2)


def _rounded(values: Values) -> list[float]:
    return [round(float(x), 3) for x in values]
