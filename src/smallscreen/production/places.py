"""Places: the same place written in several ways is one location.

groups = Places(["伞坊", "伞 坊", "THE KITCHEN", "Kitchen"])
groups.name("the kitchen")     # "Kitchen": as it is written most often
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import combinations

from smallscreen.series.text import has_han

_MARKS = re.compile(r"[\s\-－–—_/／·,，.。、:：'’\"“”()（）]+")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+")
_MOST_COMPARED = 400


class Places:
    """The ways in which a script writes its places, grouped by what they say."""

    def __init__(self, written: Iterable[str]) -> None:
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        for place in written:
            if place.strip():
                self._forms[folded(place)][tidy(place)] += 1

    def name(self, place: str) -> str:
        """The location's name: as it is written most often, the first of equals; "" where no place is said."""
        forms = self._forms.get(folded(place))
        return forms.most_common(1)[0][0] if forms else tidy(place)

    def aliases(self, name: str) -> tuple[str, ...]:
        return tuple(sorted(f for f in self._forms.get(folded(name), ()) if f != name))

    def names(self) -> list[str]:
        """All locations, in the order in which they come first."""
        return [forms.most_common(1)[0][0] for forms in self._forms.values()]


def similar(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of locations that may be one: one letter of a longer name differs, or one is the other with one character more."""
    keys = [(n, folded(n)) for n in list(names)[:_MOST_COMPARED]]
    return [(a, b) for (a, x), (b, y) in combinations(keys, 2) if _one_apart(x, y)]


def tidy(place: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", place).split())


@lru_cache(maxsize=4096)
def folded(place: str) -> str:
    """What a place says, without case, article, marks, spaces and the difference of simplified and traditional."""
    text = _ARTICLE.sub("", tidy(place).casefold())
    text = _MARKS.sub("", text)
    return _converter().convert(text) if has_han(text) else text


def _one_apart(a: str, b: str) -> bool:
    if len(a) > len(b):
        a, b = b, a
    least = 3 if has_han(a) else 6
    if len(a) < least or len(b) - len(a) > 1 or a[-1:].isdigit() or b[-1:].isdigit():
        return False  # ROOM 101 and ROOM 102 are two
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    return a[start + (len(a) == len(b)) :] == b[start + 1 :]


@cache
def _converter():  # type: ignore[no-untyped-def]
    import opencc

    return opencc.OpenCC("t2s")
