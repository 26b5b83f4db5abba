"""Is a culture-bound item rendered word for word in an English line?

The line's words are matched with the item's characters one to one, each pair as strong as
CC-CEDICT's senses make it (hanzi.py), words that the rest of the source explains better at a
discount. A small logistic model weighs how much of the item is matched within a stretch of the
line, in what order, how densely, how much of it is neither in the item's meaning nor in its
suggestion (which proves nothing), and how much of a literal gloss stands there. It knows nothing
of who made the line. See docs/models/literal.md.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from smallscreen.localize.checks.hanzi import characters_of, picture_of, tokens
from smallscreen.localize.checks.words import content_stems, fold

SOLID = 0.3
"""Strength from which a character counts as rendered by a word."""
FAINT = 0.1
SHARED = 0.5
"""What a character counts for whose word another character has already (loach for both of 泥鳅)."""
RIVAL = 0.3
"""What a pair counts for when another character of the source explains the word better."""
FEATURES = (
    "matched", "matched_beyond_meaning", "solid_count", "density", "order", "length", "gloss_share",
    "gloss_words_beyond", "pictured", "picture_count", "stretch_picture",
)  # fmt: skip
"""What the model sees; docs/models/literal.md says what each is."""


@dataclass(frozen=True, slots=True)
class Literalness:
    """How sure it is (0 to 1) that the item is word for word in the line, and what shows it.

    `pairs` are characters and the stems that render them, in the order of the item, which has
    `characters` different ones that can be rendered; `share` and `words` are the part of the literal
    gloss found in the line, without what its meaning says, too.
    """

    sure: float
    pairs: tuple[tuple[str, str], ...]
    characters: int
    share: float
    words: tuple[str, ...]

    @property
    def pictured(self) -> bool:
        """Whether one of the pairs' words belongs to pictures rather than to what is meant by them."""
        return any(picture_of(word) >= 0 for _, word in self.pairs)


@dataclass(frozen=True, slots=True)
class Model:
    """The weights: a logistic regression over standardized `FEATURES`, and where an alarm begins."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float
    threshold: float

    def sure(self, features: Sequence[float]) -> float:
        """The probability for one vector of `FEATURES`."""
        z = self.bias + sum(
            w * (x - m) / s for x, m, s, w in zip(features, self.mean, self.scale, self.weight, strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


@cache
def model() -> Model:
    """The model that ships."""
    data = json.loads(files(__package__).joinpath("weights", "literal.json").read_text("utf-8"))
    if tuple(data["features"]) != FEATURES:
        raise ValueError("the weights in literal.json are for other features")
    return Model(
        tuple(data["mean"]), tuple(data["scale"]), tuple(data["weight"]), data["bias"], data["threshold"]
    )


def judge(
    item: str, line: str, *, source: str = "", gloss: str = "", meaning: str = "", suggestion: str = ""
) -> Literalness:
    """Judge an English `line` that renders `source`, which holds `item` (both Chinese).

    `gloss`, `meaning` and `suggestion` are what is known of the item, in English; any may be empty.
    """
    features, pairs, share, words = describe(item, bare(line), source, gloss, meaning, suggestion)
    return Literalness(model().sure(features), pairs, len(_content(item)), share, words)


def bare(line: str) -> str:
    """`line` without English set phrases, folded."""
    return _SET_PHRASE.sub(" ", fold(line))


def describe(
    item: str, line: str, source: str = "", gloss: str = "", meaning: str = "", suggestion: str = ""
) -> tuple[tuple[float, ...], tuple[tuple[str, str], ...], float, tuple[str, ...]]:
    """`FEATURES` of an item and a line, the pairs that match, and the gloss's share and words."""
    characters = _content(item)
    others = [c for c in _content(source.replace(item, " ")) if c not in characters]
    there = tokens(line)
    found = _match(characters, others, there)
    rendered = {characters[p[0]] for p in found}
    # A measure word or 子 that no word renders is no gap.
    size = sum(c not in _LIGHT or c in rendered for c in characters) or 1
    solid = [p for p in found if p[2] > SOLID]
    plain = _known(meaning) | _known(suggestion)
    start = min((p[1] for p in found), default=0)
    span = 1 + max((p[1] for p in found), default=0) - start
    share = literal_share(gloss, "", line)[0] if gloss else 0.0
    share_beyond, words = literal_share(gloss, meaning, line) if gloss else (0.0, [])
    features = (
        (sum(p[2] for p in found) + _shared(characters, found, there)) / size,
        sum(p[2] for p in found if there[p[1]] not in plain) / size,
        min(len(solid), 5) / 5,
        len(solid) / span,
        _order(solid),
        size / 8,
        share,
        min(len(words), 4) / 4,
        sum(p[2] * picture_of(there[p[1]]) for p in found) / size,
        min(sum(picture_of(there[p[1]]) > 0.5 for p in solid), 4) / 4,
        sum(picture_of(token) for token in there[start : start + span]) / span,
    )
    shown = tuple((characters[i], there[j]) for i, j, _ in sorted(solid))
    return features, shown, share_beyond, tuple(words)


Pair = tuple[int, int, float]


def _match(characters: Sequence[str], others: Sequence[str], there: Sequence[str]) -> list[Pair]:
    """Pairs (character, token, strength), one to one, strongest first, within one stretch of the line."""
    candidates: list[tuple[float, int, int]] = []
    for j, token in enumerate(there):
        known = characters_of(token)
        if not known:
            continue
        rival = max((known.get(c, 0.0) for c in others), default=0.0)
        for i, character in enumerate(characters):
            strength = known.get(character, 0.0)
            if strength < rival:
                strength *= RIVAL
            if strength >= FAINT:
                candidates.append((strength, i, j))
    candidates.sort(reverse=True)
    used: set[int] = set()
    taken: set[int] = set()
    pairs: list[Pair] = []
    for strength, i, j in candidates:
        if i not in used and j not in taken:
            used.add(i)
            taken.add(j)
            pairs.append((i, j, strength))
    width = int(len(characters) * 1.5) + 3
    best: list[Pair] = []
    most = 0.0
    for start in sorted(taken):
        inside = [p for p in pairs if start <= p[1] < start + width]
        if (amount := sum(p[2] for p in inside)) > most:
            best, most = inside, amount
    return best


def _shared(characters: Sequence[str], pairs: Sequence[Pair], there: Sequence[str]) -> float:
    done = {p[0] for p in pairs}
    return SHARED * sum(
        max((characters_of(there[j]).get(c, 0.0) for _, j, _ in pairs), default=0.0)
        for i, c in enumerate(characters)
        if i not in done
    )


def _order(pairs: Sequence[Pair]) -> float:
    """From 1 (the words stand in the characters' order) to -1 (reversed); 0 for fewer than two pairs."""
    same = against = 0
    for a, one in enumerate(pairs):
        for two in pairs[:a]:
            turn = (one[0] - two[0]) * (one[1] - two[1])
            same, against = same + (turn > 0), against + (turn < 0)
    return (same - against) / max(1, same + against)


@lru_cache(maxsize=20_000)
def _content(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for c in text if "\u3400" <= c <= "\u9fff" and c not in _EMPTY))


@lru_cache(maxsize=20_000)
def _known(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


_LIGHT = frozenset("一个個些们們这這那把被给給在过過上里裡根条條只隻块塊张張口件头頭儿兒子")
_EMPTY = frozenset("之其而以于乎也者矣焉哉的了与又再就都地得着吗呢吧啊呀所是於與後著嗎")


def literal_share(gloss: str, meaning: str, text: str) -> tuple[float, list[str]]:
    """How much of an English gloss stands in an English text: share of content words, and which.

    What stands in parentheses explains and is left out; of alternatives (after ; / , or "or") the one
    that is found best counts. Words that the meaning has too prove nothing. 0.0 when none is left.
    """
    plain, there = _stems(meaning), _stems(text)
    best: tuple[float, list[str]] = (0.0, [])
    for words in _gloss_words(gloss):
        wanted = [s for s in words if s not in plain]
        found = [s for s in wanted if s in there]
        if wanted and (len(found) / len(wanted), len(found)) > (best[0], len(best[1])):
            best = (len(found) / len(wanted), found)
    return best


@lru_cache(maxsize=20_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))


@lru_cache(maxsize=20_000)
def _gloss_words(gloss: str) -> tuple[tuple[str, ...], ...]:
    bare = _ASIDE.sub(" ", gloss)
    ways = [tuple(dict.fromkeys(content_stems(part))) for part in _OR.split(bare)]
    return tuple(way for way in ways if way)


# What English says with a picture of its own, near though it may come to the Chinese one: no word of it counts.
_SET_PHRASE = re.compile(
    r"\b(?:wol(?:f|ves) in sheep's clothing|stab\w* (?:\w+ ){1,2}in the back|(?:on )?pins and needles|love at first sight"
    r"|prais\w* (?:\w+ ){1,3}to the skies|(?:fell|fall\w*) (?:flat )?on (?:my|your|his|her|their|our) face|give\w* an inch"
    r"|(?:add\w* )?fuel to the (?:fire|flames)|in troubled waters|pull\w* (?:\w+ )?strings|great minds think alike|on thin ice"
    r"|two birds with one stone|like father,? like son|cold feet|better late than never|(?:turn\w* )?a blind eye|dirty work"
    r"|armed to the teeth|head over heels|drop in the (?:ocean|bucket)|needle in a haystack|while the iron is hot|dark horse"
    r"|(?:the )?(?:last|final) straw|through fire and water|money talks|blood,? sweat,? and tears|lone wolf|black sheep"
    r"|burn\w* (?:\w+ )?bridges|face the music|birds of a feather|where there's smoke,? there's fire)\b"
)

_ASIDE = re.compile(r"\([^()]*\)|[\u3400-\u9fff]+")
_OR = re.compile(r"[;/,]|\bor\b|\.\.\.|…")
