"""The order in which the characters of a line stand on the screen where scripts run both ways.

The rules are those of the Unicode bidirectional algorithm (UAX #9): weak types W1 to W7, brackets
N0, neutrals N1 and N2, levels I1 and I2, trailing space L1, order L2. Embeddings and isolates
(rules X) are not followed: their control characters are taken for characters without direction. A
subtitle's row carries them at most around the whole of it, where they change nothing.
"""

from __future__ import annotations

import unicodedata

_IGNORED = {"BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_NEUTRAL = {"B", "S", "WS", "ON"}
_OPENING = "([{⁅⁽₍〈❨❪❬❮❰❲❴⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦑⦓〈《「『【〔〖〘〚﹙﹛﹝（［｛｟｢"
_CLOSING = ")]}⁆⁾₎〉❩❫❭❯❱❳❵⟧⟩⟫⟭⟯⦄⦆⦈⦊⦌⦒⦔〉》」』】〕〗〙〛﹚﹜﹞）］｝｠｣"
_PAIRS = dict(zip(_CLOSING, _OPENING, strict=True))
_MOST_OPEN = 63  # brackets open at a time; the algorithm gives up beyond them


def direction(char: str) -> str:
    """The bidirectional class of a character, such as L, R, AL, EN."""
    return unicodedata.bidirectional(char) or "L"


def has_rtl(text: str) -> bool:
    """Whether anything in it runs from right to left."""
    return any(direction(c) in {"R", "AL", "AN"} for c in text)


def levels(text: str, rtl: bool) -> list[int]:
    """The level of every character: odd ones run right to left. `rtl` is the paragraph's direction."""
    base = int(rtl)
    original = [direction(c) for c in text]
    kept = [i for i, kind in enumerate(original) if kind not in _IGNORED]
    kinds = [original[i] for i in kept]
    outside = "R" if rtl else "L"
    _weak(kinds, outside)
    _brackets(kinds, [text[i] for i in kept], [original[i] for i in kept], outside)
    _neutrals(kinds, outside)
    found = [base] * len(text)
    for i, kind in zip(kept, kinds, strict=True):
        if base:
            found[i] = 1 if kind == "R" else 2
        else:
            found[i] = {"L": 0, "R": 1}.get(kind, 2)
    for i, kind in enumerate(original):
        if kind in _IGNORED and i:
            found[i] = found[i - 1]
    at_end = True
    for i in range(len(text) - 1, -1, -1):
        if original[i] in {"B", "S"}:
            at_end = True
        elif original[i] not in _IGNORED and original[i] != "WS":
            at_end = False
        if at_end:
            found[i] = base
    return found


def visual_runs(text: str, rtl: bool) -> list[tuple[int, int, int]]:
    """Stretches of one level as (start, end, level), in the order in which they stand, left to right."""
    if not text:
        return []
    if not rtl and not has_rtl(text):
        return [(0, len(text), 0)]
    found = levels(text, rtl)
    stretches: list[tuple[int, int, int]] = []
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or found[i] != found[start]:
            stretches.append((start, i, found[start]))
            start = i
    for level in range(max(found), 0, -1):
        at = 0
        while at < len(stretches):
            if stretches[at][2] < level:
                at += 1
                continue
            end = at
            while end < len(stretches) and stretches[end][2] >= level:
                end += 1
            stretches[at:end] = stretches[at:end][::-1]
            at = end
    return stretches


def _weak(kinds: list[str], outside: str) -> None:
    before = outside
    for i, kind in enumerate(kinds):  # W1
        if kind == "NSM":
            kinds[i] = before
        before = kinds[i]
    strong = outside
    for i, kind in enumerate(kinds):  # W2
        if kind in {"L", "R", "AL"}:
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[i] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for i in range(1, len(kinds) - 1):  # W4
        left, right = kinds[i - 1], kinds[i + 1]
        if left == right and (
            (kinds[i] == "ES" and left == "EN") or (kinds[i] == "CS" and left in {"EN", "AN"})
        ):
            kinds[i] = left
    for order in (range(len(kinds)), range(len(kinds) - 1, -1, -1)):  # W5
        beside = ""
        for i in order:
            if kinds[i] == "ET" and beside == "EN":
                kinds[i] = "EN"
            beside = kinds[i]
    kinds[:] = ["ON" if kind in {"ES", "ET", "CS"} else kind for kind in kinds]  # W6
    strong = outside
    for i, kind in enumerate(kinds):  # W7
        if kind in {"L", "R"}:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[i] = "L"


def _brackets(kinds: list[str], chars: list[str], original: list[str], outside: str) -> None:
    """N0: a pair of brackets takes the direction of what stands in it, or of what stands before it."""
    waiting: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for i, char in enumerate(chars):
        if kinds[i] != "ON":
            continue
        if char in _OPENING:
            if len(waiting) == _MOST_OPEN:
                break
            waiting.append((_same(char), i))
        elif char in _PAIRS:
            wanted = _same(_PAIRS[char])
            for depth in range(len(waiting) - 1, -1, -1):
                if waiting[depth][0] == wanted:
                    pairs.append((waiting[depth][1], i))
                    del waiting[depth:]
                    break
    for first, last in sorted(pairs):
        inside = {_strength(kind) for kind in kinds[first + 1 : last]} - {""}
        if outside in inside:
            chosen = outside
        elif inside:
            other = next(iter(inside))
            before = next((s for k in reversed(kinds[:first]) if (s := _strength(k))), outside)
            chosen = other if before == other else outside
        else:
            continue
        for place in (first, last):
            kinds[place] = chosen
            after = place + 1
            while after < len(kinds) and original[after] == "NSM":
                kinds[after] = chosen
                after += 1


def _same(char: str) -> str:
    """Two brackets are canonically the same."""
    return unicodedata.normalize("NFD", char)


def _strength(kind: str) -> str:
    return "R" if kind in {"R", "EN", "AN"} else "L" if kind == "L" else ""


def _neutrals(kinds: list[str], outside: str) -> None:
    """N1 and N2: between two of one direction they take it, else that of the paragraph."""
    i = 0
    while i < len(kinds):
        if kinds[i] not in _NEUTRAL:
            i += 1
            continue
        end = i
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        left = _strength(kinds[i - 1]) if i else outside
        right = _strength(kinds[end]) if end < len(kinds) else outside
        kinds[i:end] = [left if left == right else outside] * (end - i)
        i = end
