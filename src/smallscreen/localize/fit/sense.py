"""How much it hurts the reader's understanding to break between two words.

The rules are those of the Netflix Timed Text Style Guides (line treatment): after punctuation,
before conjunctions, before prepositions; never between article and noun, first and last name,
auxiliary and verb, subject pronoun and verb, number and unit. The words are in `words.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

from smallscreen.series.text import plain

FORBIDDEN = 25.0
"""From this cost on a break tears apart what belongs together."""
NEUTRAL = 6.0
SENTENCE = 0.0
COMMA = 1.5

_END = frozenset(".!?…。！？؟।।॥:;：；♪")
_PAUSE = frozenset(",،、，—–")
_CLOSING = "\"'”’»」』)）]】"
_TRIM = _CLOSING + "“‘«「『（([【¿¡-–—"

_ADJECTIVE_FIRST = ("en", "de", "hi")
_ADJECTIVE = 2.5
_TURN = 5.0
_NO_CAPITALS = ("de", "hi", "ar", "ko", "th")
_ELIDED = {"qu": "que", "d": "de", "jusqu": "à", "lorsqu": "lorsque", "puisqu": "puisque"}

# What a word is when it stands before a break, and when it stands after one.
_Before = tuple[str, bool, bool]  # (class, is a number, is a name)
_After = tuple[str, bool, bool]  # (class, is a unit, is a name)


def costs(words: Sequence[str], language: str) -> list[float]:
    """The cost of a break before each word, in one pass; the first is 0 and means nothing."""
    out = [0.0]
    out += [break_cost(a, b, language) for a, b in pairwise(words)]
    if language in _ADJECTIVE_FIRST:
        for i in range(2, len(words)):
            # the old | house: between an article and its noun there may be an adjective
            if out[i] == NEUTRAL and out[i - 1] == FORBIDDEN:
                out[i] += _ADJECTIVE
    return out


def break_cost(left: str, right: str, language: str) -> float:
    """Cost of a break between two neighboring words: 0 after a sentence to FORBIDDEN and more."""
    kind, number, name = _ends(left, language)
    start, unit, second = _begins(right, language)
    if kind == "title":
        # Uncle Wang, but: my uncle went. German and scripts without capitals do not show the difference.
        kind = "together" if second or language in _NO_CAPITALS else ""
    if start == "mark":
        return FORBIDDEN + 5
    if kind == "end":
        return SENTENCE
    if kind == "pause":
        return COMMA
    if kind == "together" and start in ("before", "weak"):
        return _TURN  # take her | for someone else: no noun follows, so the word was no article
    if kind == "together" or start == "after":
        return FORBIDDEN
    if number:
        return FORBIDDEN if unit else 12.0
    if name and second:
        return 18.0
    if kind == "weak":
        return FORBIDDEN - 5
    if start == "before":
        return 8.0 if kind == "before" else 2.0
    if kind == "before":
        return 14.0
    if start == "weak":
        return 3.5
    return NEUTRAL


def ends_sentence(text: str) -> bool:
    """Whether the text closes a sentence."""
    return _ends(text.split()[-1] if text.split() else text, "")[0] == "end"


def goes_on(left: str, right: str) -> bool:
    """Whether `right` plainly continues the sentence of `left`: no end before it, a small letter after."""
    first = next((c for c in plain(right) if c.isalpha()), "")
    return not ends_sentence(left) and first.islower()


@lru_cache(maxsize=50_000)
def _ends(word: str, language: str) -> _Before:
    text = plain(word)
    core = text.rstrip(_CLOSING)
    bare = text.strip(_TRIM)
    lower = bare.lower().replace("’", "'")
    if language == "fr":
        lower = lower.rpartition("'")[2]
    lists = _words(language)
    number = bool(bare) and (bare[-1].isdigit() or lower in lists["numbers"])
    if lower in lists["titles"]:
        return "title", False, False
    if core and core[-1] in _END:
        return "end", False, False
    if core and core[-1] in _PAUSE:
        return "pause", False, False
    for kind in ("together", "before", "weak"):
        if lower in lists[kind]:
            return kind, False, False
    return "", number, _name(bare, language)


@lru_cache(maxsize=50_000)
def _begins(word: str, language: str) -> _After:
    text = plain(word)
    bare = text.strip(_TRIM + ".!?…,;:。！？、؟،।")
    lower = bare.lower().replace("’", "'")
    if language == "fr" and "'" in lower:
        lower = _ELIDED.get(lower.partition("'")[0], lower)
    lists = _words(language)
    unit = lower in lists["units"]
    if not bare and text:
        # A mark alone cannot open a row, unless it is a dash or an opening quotation mark.
        return ("" if text[0] in "-–—“‘«「『（([【¿¡\"'" else "mark"), unit, False
    if lower in lists["after"]:
        return "after", unit, False
    for kind in ("before", "weak"):
        if lower in lists[kind]:
            return kind, unit, False
    return "", unit, _name(bare, language)


def _name(bare: str, language: str) -> bool:
    # German writes every noun with a capital, so a capital tells nothing there.
    return len(bare) > 1 and language != "de" and bare[0].isupper() and bare[1:].islower()


@cache
def _words(language: str) -> dict[str, frozenset[str]]:
    table = _table().get(language, {})
    return {
        k: frozenset(w.lower() for w in table.get(k, ()))
        for k in ("together", "before", "weak", "after", "units", "numbers", "titles")
    }


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
