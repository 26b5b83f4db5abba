"""A draft's subtitles found for the source's cues by time.

Files made by different people are cut differently and may start at different moments, so neither the
index nor the exact time can be trusted. A constant shift is found first and taken out; then each cue
gets the draft that covers it best.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from smallscreen.series.formats.base import RawCue, clock
from smallscreen.series.model import Cue
from smallscreen.series.text import is_cjk

_SAME_START_MS = 250
"""Starts so close are the same moment: what a subtitler's hand moves a cue by."""
_LARGEST_SHIFT_MS = 120_000
_COVERS = 0.5
"""Share of a source cue that a draft must cover to be its words too."""
_TOUCHES = 0.3
"""Share of a draft that must fall on a source cue for its words to go there."""
_NEAR_MS = 1000
"""How far from a cue without words a draft may stand that falls on none."""


@dataclass(frozen=True, slots=True)
class MatchProblem:
    """What did not match one to one, for a person to look at.

    `kind`: `shifted` (the file was shifted by `offset_ms`, which was taken out), `merged` (the draft
    covers cues that have no words of their own now: their text is empty), `split` (its words were
    dealt out over the cues it covers, by sentence or line), `joined` (several drafts for one cue),
    `moved` (a draft beside its cue), `unmatched` (a draft that belongs to no cue: its words are used
    nowhere), `missing` (a cue for which there is no draft). `line` is the line of the draft's file,
    `cues` the ids of the source cues.
    """

    kind: str
    message: str
    cues: tuple[str, ...] = ()
    line: int | None = None
    text: str = ""
    offset_ms: int = 0

    def __str__(self) -> str:
        return self.message


class TimeMatch(NamedTuple):
    """`texts` by cue id; `problems` in the order of time."""

    texts: dict[str, str]
    problems: list[MatchProblem]


def match_by_time(source: Sequence[Cue], drafts: Sequence[RawCue]) -> TimeMatch:
    """The draft's words for each cue of one episode, and what did not match one to one.

    Every draft's words are in `texts` or in a problem of kind `unmatched`. Every cue is in `texts`
    (with an empty text where its words stand in a neighbor's, see `merged`) or in a `missing`.
    """
    cues = sorted(source, key=lambda c: (c.start_ms, c.end_ms, c.index))
    rows = sorted(drafts, key=lambda d: (d.start_ms, d.end_ms, d.line))
    problems: list[MatchProblem] = []
    offset = _offset(cues, rows)
    if offset:
        problems.append(
            MatchProblem(
                "shifted",
                f"the draft runs {abs(offset) / 1000:.3f} s {'late' if offset > 0 else 'early'} against the "
                "source; its times were moved back by that for the matching",
                offset_ms=offset,
            )
        )
    spans = [(d.start_ms - offset, d.end_ms - offset) for d in rows]
    owned, extra, moved, lost = _pair(cues, spans)
    texts: dict[str, str] = {}
    found: list[tuple[int, MatchProblem]] = []
    by_draft: dict[int, list[int]] = defaultdict(list)
    for cue, drafts_of in owned.items():
        if len(drafts_of) == 1:
            by_draft[drafts_of[0]].append(cue)
            continue
        text = _joined([rows[d].text for d in drafts_of])
        texts[cues[cue].id] = text
        message = f"{len(drafts_of)} subtitles of the draft fall on {cues[cue].id} and were joined"
        found.append((cue, MatchProblem("joined", message, (cues[cue].id,), rows[drafts_of[0]].line, text)))
        for d in drafts_of:
            if extra.get(d):
                by_draft[d] += extra[d]
    for d, main in by_draft.items():
        covered = sorted({*main, *extra.get(d, ())})
        owner = next((c for c in main if owned.get(c) == [d]), None)
        found += [(covered[0], p) for p in _deal(rows[d], [cues[c] for c in covered], covered, owner, texts)]
    for d in sorted(moved):
        at = next(c for c, ds in owned.items() if d in ds)
        message = (
            f"the draft at {clock(rows[d].start_ms)} falls on no cue; it was given to {cues[at].id} beside it"
        )
        found.append((at, MatchProblem("moved", message, (cues[at].id,), rows[d].line, rows[d].text)))
    for d in lost:
        at = bisect_left([c.start_ms for c in cues], spans[d][0])
        message = f"the draft at {clock(rows[d].start_ms)} falls on no cue: {_short(rows[d].text)}"
        found.append((at, MatchProblem("unmatched", message, (), rows[d].line, rows[d].text)))
    for i, bare in enumerate(cues):
        if bare.id not in texts:
            message = f"there is no draft for {bare.id} at {clock(bare.start_ms)}: {_short(bare.text)}"
            found.append((i, MatchProblem("missing", message, (bare.id,))))
    found.sort(key=lambda f: f[0])
    return TimeMatch(texts, problems + [p for _, p in found])


def _pair(
    cues: Sequence[Cue], spans: Sequence[tuple[int, int]]
) -> tuple[dict[int, list[int]], dict[int, list[int]], set[int], list[int]]:
    """(drafts of each cue, further cues of each draft, drafts moved to a cue beside them, drafts lost)."""
    meets = _overlaps(cues, spans)
    owned: dict[int, list[int]] = {}
    taken: set[int] = set()
    # First the pairs that agree best, one to one; equal ones in order, as when two speak at once.
    for _, c, d in sorted((-share, c, d) for c, d, share, _ in meets):
        if c not in owned and d not in taken:
            owned[c] = [d]
            taken.add(d)
    most: dict[int, tuple[int, int]] = {}  # draft -> (overlap, cue)
    for c, d, _, overlap in meets:
        if overlap > most.get(d, (0, 0))[0]:
            most[d] = (overlap, c)
    moved, lost = set(), []
    for d, (start, end) in enumerate(spans):
        if d in taken:
            continue
        overlap, c = most.get(d, (0, -1))
        if overlap >= _TOUCHES * (end - start):
            owned.setdefault(c, []).append(d)
            continue
        near = _nearest_free(cues, owned, start, end)
        if near is not None:
            owned[near] = [d]
            moved.add(d)
        elif overlap:
            owned.setdefault(c, []).append(d)
        else:
            lost.append(d)
    for rows in owned.values():
        rows.sort()
    # Then cues without words that a draft covers: it stands for several of them.
    extra: dict[int, list[int]] = defaultdict(list)
    best: dict[int, tuple[int, int]] = {}
    for c, d, _, overlap in meets:
        if c not in owned and overlap >= _COVERS * cues[c].duration_ms and overlap > best.get(c, (0, 0))[0]:
            best[c] = (overlap, d)
    for c, (_, d) in best.items():
        extra[d].append(c)
    return owned, extra, moved, lost


def _overlaps(cues: Sequence[Cue], spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, float, int]]:
    """(cue, draft, share of their union, overlap in ms) of those that meet for long enough to count."""
    found = []
    first = 0
    longest = max((c.duration_ms for c in cues), default=0)
    for d, (start, end) in enumerate(spans):
        while first < len(cues) and cues[first].start_ms + longest <= start:
            first += 1
        for c in range(first, len(cues)):
            cue = cues[c]
            if cue.start_ms >= end:
                break
            overlap = min(end, cue.end_ms) - max(start, cue.start_ms)
            union = max(end, cue.end_ms) - min(start, cue.start_ms)
            # A draft that runs a little into the next cue does not belong to it.
            if overlap > 0 and overlap >= 0.2 * min(end - start, max(1, cue.duration_ms)):
                found.append((c, d, overlap / union, overlap))
    return found


def _nearest_free(cues: Sequence[Cue], owned: dict[int, list[int]], start: int, end: int) -> int | None:
    at = bisect_left([c.start_ms for c in cues], start)
    near = [
        (max(cues[c].start_ms - end, start - cues[c].end_ms, 0), c)
        for c in range(max(0, at - 2), min(len(cues), at + 3))
        if c not in owned
    ]
    distance, c = min(near, default=(_NEAR_MS + 1, -1))
    return c if distance <= _NEAR_MS else None


def _deal(
    row: RawCue, covered: list[Cue], order: list[int], owner: int | None, texts: dict[str, str]
) -> list[MatchProblem]:
    """Gives a draft's words to the cues it covers; says so when there are several."""
    if len(covered) == 1 and owner is not None:
        texts[covered[0].id] = row.text
        return []
    ids = tuple(c.id for c in covered)
    parts = _parts(row.text, len(covered)) if owner is not None and len(covered) > 1 else None
    if parts is not None:
        texts.update(zip(ids, parts, strict=True))
        message = f"one subtitle of the draft covers {', '.join(ids)}; its words were dealt out over them"
        return [MatchProblem("split", message, ids, row.line, row.text)]
    for n, cue in zip(order, covered, strict=True):
        if n == owner:
            texts[cue.id] = row.text
        else:
            texts.setdefault(cue.id, "")
    empty = tuple(c.id for n, c in zip(order, covered, strict=True) if n != owner and not texts[c.id])
    if not empty:
        return []
    message = f"one subtitle of the draft covers {', '.join(ids)}; {', '.join(empty)} got no words of its own"
    return [MatchProblem("merged", message, ids, row.line, row.text)]


_SENTENCE = re.compile(r"(?<=[.!?…。！？؟।])[\"'”’」』)]*\s+|(?<=[。！？])(?=[^”’」』）])")


def _parts(text: str, count: int) -> list[str] | None:
    """The text in `count` parts by its lines when they are speakers' or sentences, else by its sentences."""
    lines = text.split("\n")
    dashed = all(re.match(r"\s*[-–—‐]", line) for line in lines)
    if len(lines) == count and (dashed or all(re.search(r"[.!?…。！？؟।][\"'”’」』)]*$", x) for x in lines)):
        return [re.sub(r"^\s*[-–—‐]\s*", "", line) if dashed else line for line in lines]
    sentences, at = [], 0
    for match in _SENTENCE.finditer(text):
        sentences.append(text[at : match.end()].strip())
        at = match.end()
    sentences.append(text[at:].strip())
    sentences = [s for s in sentences if s]
    return sentences if len(sentences) == count else None


def _joined(texts: Sequence[str]) -> str:
    out = ""
    for text in texts:
        tight = (out and is_cjk(out[-1]) and is_cjk(text[:1])) or (out and out[-1] in "，。！？、…")
        out = f"{out}{'' if tight or not out else ' '}{text}"
    return out


def _offset(cues: Sequence[Cue], rows: Sequence[RawCue]) -> int:
    """The constant shift of the draft against the source, ms; 0 when there is none that is certain."""
    if len(cues) < 3 or len(rows) < 3:
        return 0
    if len(cues) == len(rows):
        shifts = sorted(d.start_ms - c.start_ms for c, d in zip(cues, rows, strict=True))
        if shifts[-1] - shifts[0] <= 100 and abs(shifts[0]) <= _LARGEST_SHIFT_MS:
            middle = shifts[len(shifts) // 2]
            return middle if abs(middle) > 100 else 0
    starts = [c.start_ms for c in cues]
    votes: dict[int, int] = defaultdict(int)
    # Differences of starts fall into one place for the true shift and anywhere else for the others.
    for d in rows[:: max(1, len(rows) // 400)]:
        low = bisect_left(starts, d.start_ms - _LARGEST_SHIFT_MS)
        for start in starts[low : bisect_left(starts, d.start_ms + _LARGEST_SHIFT_MS)]:
            votes[round((d.start_ms - start) / 100)] += 1
    candidates = sorted(
        votes, key=lambda v: (-(votes[v] + votes.get(v - 1, 0) + votes.get(v + 1, 0)), abs(v))
    )[:20]
    kept = _agreeing(starts, rows, 0)
    best, best_count = 0, kept
    for bucket in candidates:
        shift = _refined(starts, rows, bucket * 100)
        count = _agreeing(starts, rows, shift)
        if count > best_count or (count == best_count and abs(shift) < abs(best)):
            best, best_count = shift, count
    # A shift must explain most of the file and clearly more than none does, or it is chance.
    if abs(best) <= 200 or best_count < 0.5 * min(len(cues), len(rows)) or best_count < 1.5 * kept + 2:
        return 0
    return best


def _agreeing(starts: Sequence[int], rows: Sequence[RawCue], shift: int) -> int:
    return sum(1 for d in rows if _distance(starts, d.start_ms - shift) is not None)


def _refined(starts: Sequence[int], rows: Sequence[RawCue], shift: int) -> int:
    found = sorted(x for d in rows if (x := _distance(starts, d.start_ms - shift)) is not None)
    return shift + (found[len(found) // 2] if found else 0)


def _distance(starts: Sequence[int], at: int) -> int | None:
    """From the nearest start to `at`, signed, or None when it is farther than the hand moves a cue."""
    i = bisect_left(starts, at)
    near = [at - starts[k] for k in (i - 1, i) if 0 <= k < len(starts)]
    best = min(near, key=abs)
    return best if abs(best) <= _SAME_START_MS else None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
