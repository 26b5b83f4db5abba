"""What belongs together: script lines with subtitle cues, a draft's subtitles with the source's.

    cues = align(cues, script.lines)                  # cues with speaker and scene
    texts, problems = match_by_time(cues, drafts)     # {cue id: draft text}, what did not match

`align` goes by the words and their order: both texts are cut into characters (words, where words are
spaced), rare runs that both hold once are taken as anchors, and between two anchors the best common
subsequence is found. One script line may span several cues; what was said otherwise than written, cut
or added stays apart. `match_by_time` goes by time alone, since the languages differ.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np

from smallscreen.series._timing import MatchProblem, TimeMatch, match_by_time
from smallscreen.series.model import Cue, ScriptLine
from smallscreen.series.text import HAN, plain

__all__ = ["MatchProblem", "TimeMatch", "align", "match_by_time"]

_SPOKEN = frozenset({"dialogue", "os", "vo", "caption"})
# Scripts without spaces between words are compared by the character, the others by the word.
_TOKEN = re.compile(
    f"[{HAN}\u3040-\u30ff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff]|[^\\W_{HAN}\u3040-\u30ff\u0e00-\u0e7f]+"
)
_ASIDE = re.compile(r"[（(【\[][^（()）【】\[\]]*[)）】\]]")
_CELLS = 16_000_000
"""Largest table of one stretch without anchors, tokens by tokens (64 MB). Texts so unlike each other
over 4,000 tokens do not belong together, and the stretch stays without speakers."""
_ENOUGH = 0.5
"""Share of a cue's tokens that one script line must hold for the cue to be its."""

_SAME_STORY = 0.1
"""Share of cues that must match for the script to be of this episode. The script of another film
matches 3 % of the cues (bench/align.py)."""


def align(cues: Sequence[Cue], lines: Sequence[ScriptLine]) -> list[Cue]:
    """The cues, in their order, with the speaker and the scene of the script line they are from.

    Compared within one episode; action is not spoken and left aside. A speaker that a cue already
    has stays. A cue that matches no line gets a speaker only where no other fits (it stands inside
    one line, or as many cues as lines are left between two matches), and the scene when the cues
    around it agree.
    """
    found: dict[str, Cue] = {}
    spoken: dict[int, list[ScriptLine]] = defaultdict(list)
    for line in lines:
        if line.kind in _SPOKEN:
            spoken[line.episode].append(line)
    by_episode: dict[int, list[Cue]] = defaultdict(list)
    for cue in cues:
        by_episode[cue.episode].append(cue)
    for episode, group in by_episode.items():
        group.sort(key=lambda c: (c.start_ms, c.index))
        for cue in _align_episode(group, spoken.get(episode, [])):
            found[cue.id] = cue
    return [found[cue.id] for cue in cues]


def line_of_cue(cue_texts: Sequence[str], line_texts: Sequence[str]) -> list[int | None]:
    """For each cue the index of the line it is from, or None; the indices never go back."""
    cue_tokens, line_tokens = _tokens(cue_texts), _tokens(line_texts)
    a, a_owner = _flat(cue_tokens)
    b, b_owner = _flat(line_tokens)
    votes: list[Counter[int]] = [Counter() for _ in cue_texts]
    for i, j in _common(a, b):
        votes[a_owner[i]][b_owner[j]] += 1
    chosen: list[int | None] = []
    for tokens, vote in zip(cue_tokens, votes, strict=True):
        best = max(vote.items(), key=lambda v: (v[1], -v[0]), default=None)
        chosen.append(best[0] if best and best[1] >= _ENOUGH * len(tokens) else None)
    _inside(chosen)
    _left_over(chosen, cue_tokens, line_tokens)
    return chosen


# --- one episode ---------------------------------------------------------------------------


def _align_episode(cues: list[Cue], lines: list[ScriptLine]) -> list[Cue]:
    if not lines:
        return cues
    chosen = line_of_cue([c.text for c in cues], [x.text for x in lines])
    if sum(j is not None for j in chosen) < _SAME_STORY * len(cues):
        return cues  # chance, not a script of this episode
    scenes = [lines[j].scene if j is not None else None for j in chosen]
    _fill(scenes)
    return [
        replace(
            cue,
            speaker=cue.speaker or (lines[j].speaker if j is not None else None),
            scene=scene if scene is not None else cue.scene,
        )
        for cue, j, scene in zip(cues, chosen, scenes, strict=True)
    ]


def _inside(chosen: list[int | None]) -> None:
    """A cue between two of the same line is that line's too, whatever was said."""
    for i in range(len(chosen)):
        if chosen[i] is not None:
            continue
        before = next((chosen[k] for k in range(i - 1, -1, -1) if chosen[k] is not None), None)
        after = next(
            (chosen[k] for k in range(i + 1, min(len(chosen), i + 8)) if chosen[k] is not None), None
        )
        if before is not None and before == after:
            chosen[i] = before


def _left_over(chosen: list[int | None], cues: list[list[str]], lines: list[list[str]]) -> None:
    """Between two matches, as many cues as lines are left, few and of like length: they are each other's,
    said in other words."""
    fixed = [(-1, -1), *[(i, j) for i, j in enumerate(chosen) if j is not None], (len(chosen), len(lines))]
    for (i0, j0), (i1, j1) in pairwise(fixed):
        free = range(i0 + 1, i1)
        unused = [j for j in range(j0 + 1, j1) if lines[j]]
        if not 0 < len(free) == len(unused) <= 3:
            continue
        for i, j in zip(free, unused, strict=True):
            long, short = max(len(cues[i]), len(lines[j])), min(len(cues[i]), len(lines[j]))
            if short * 2.5 >= long:
                chosen[i] = j


def _fill(scenes: list[str | None]) -> None:
    """A cue without a scene is in the scene of the cues around it when they are in the same one."""
    known = [(i, s) for i, s in enumerate(scenes) if s is not None]
    if not known:
        return
    for i in range(known[0][0]):
        scenes[i] = known[0][1]
    for i in range(known[-1][0] + 1, len(scenes)):
        scenes[i] = known[-1][1]
    for (i0, s0), (i1, s1) in pairwise(known):
        if s0 == s1:
            for i in range(i0 + 1, i1):
                scenes[i] = s0


# --- tokens --------------------------------------------------------------------------------


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    """Of each text its characters or words, folded: case, punctuation, bracketed asides and the
    difference between simplified and traditional writing are gone."""
    joined = _simplified("\n".join(" ".join(_ASIDE.sub(" ", plain(t)).split()) for t in texts).casefold())
    return [_TOKEN.findall(line) for line in joined.split("\n")] if texts else []


def _simplified(text: str) -> str:
    return text if text.isascii() else _converter().convert(text)


@cache
def _converter():  # type: ignore[no-untyped-def]
    import opencc

    return opencc.OpenCC("t2s")


def _flat(tokens: list[list[str]]) -> tuple[list[str], list[int]]:
    return [t for group in tokens for t in group], [n for n, group in enumerate(tokens) for _ in group]


# --- the longest common subsequence, by anchors --------------------------------------------


def _common(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """Pairs (i, j) with a[i] == b[j], both rising: as many as can be, runs preferred."""
    ids: dict[str, int] = {}
    x = np.array([ids.setdefault(t, len(ids)) for t in a], dtype=np.int32)
    y = np.array([ids.setdefault(t, len(ids)) for t in b], dtype=np.int32)
    pairs: list[tuple[int, int]] = []
    stretches = [(0, len(a), 0, len(b), 5)]
    while stretches:
        a0, a1, b0, b1, run = stretches.pop()
        if a0 >= a1 or b0 >= b1:
            continue
        if run == 0 or (a1 - a0) * (b1 - b0) <= 40_000:
            if (a1 - a0) * (b1 - b0) <= _CELLS:
                pairs += _table(x[a0:a1], y[b0:b1], a0, b0)
            continue
        anchors = _anchors(a, b, (a0, a1, b0, b1), run)
        i0, j0 = a0, b0
        shorter = {5: 4, 4: 3, 3: 0}[run]
        for i, j in anchors:
            stretches.append((i0, i, j0, j, shorter))
            pairs.append((i, j))
            i0, j0 = i + 1, j + 1
        stretches.append((i0, a1, j0, b1, shorter))
    return sorted(pairs)


def _anchors(a: list[str], b: list[str], where: tuple[int, int, int, int], run: int) -> list[tuple[int, int]]:
    """Pairs of places where a run of tokens stands that each side holds exactly once, both rising.

    A run that moved (a line cut from one scene and said in another) crosses the others: the longest
    chain that rises leaves it out.
    """
    a0, a1, b0, b1 = where
    once_a = _once(a, a0, a1, run)
    once_b = _once(b, b0, b1, run)
    meets = sorted((i, once_b[key]) for key, i in once_a.items() if key in once_b)
    chain = _rising(meets)
    # All tokens of a run are anchored, each once.
    found: list[tuple[int, int]] = []
    for i, j in chain:
        for k in range(run):
            if not found or (i + k > found[-1][0] and j + k > found[-1][1]):
                found.append((i + k, j + k))
    return found


def _once(tokens: list[str], start: int, end: int, run: int) -> dict[tuple[str, ...], int]:
    at: dict[tuple[str, ...], int] = {}
    for i in range(start, end - run + 1):
        key = tuple(tokens[i : i + run])
        at[key] = -1 if key in at else i
    return {key: i for key, i in at.items() if i >= 0}


def _rising(meets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain of pairs, sorted by the first, whose second rises too."""
    from bisect import bisect_left

    ends: list[int] = []  # smallest last value of a chain of each length
    at: list[int] = []
    back: list[int] = []
    for n, (_, j) in enumerate(meets):
        length = bisect_left(ends, j)
        back.append(at[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            at.append(n)
        else:
            ends[length] = j
            at[length] = n
    chain = []
    n = at[-1] if at else -1
    while n >= 0:
        chain.append(meets[n])
        n = back[n]
    return chain[::-1]


def _table(x: np.ndarray, y: np.ndarray, a0: int, b0: int) -> list[tuple[int, int]]:
    """The best common subsequence of a stretch by dynamic programming, a row at a time.

    A pair whose neighbors are equal too counts up to three: runs win over scattered characters.
    """
    n, m = len(x), len(y)
    equal = np.zeros((n + 2, m + 2), dtype=bool)
    equal[1:-1, 1:-1] = x[:, None] == y[None, :]
    weight = equal[1:-1, 1:-1] * (1 + equal[:-2, :-2].astype(np.int32) + equal[2:, 2:])
    score = np.zeros((n + 1, m + 1), dtype=np.int32)
    for i in range(1, n + 1):
        row = np.maximum(score[i - 1, 1:], score[i - 1, :-1] + weight[i - 1])
        score[i, 1:] = np.maximum.accumulate(row)
    pairs = []
    i, j = n, m
    while i and j:
        here = score[i, j]
        if here == score[i - 1, j]:
            i -= 1
        elif here == score[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((a0 + i, b0 + j))
    return pairs
