"""Places: the same place written in several ways is one location, and so are the sets of one house.

groups = Places(["伞坊", "伞 坊", "THE KITCHEN", "Kitchen", "医院走廊", "医院诊室", "VILLA - HALL", "VILLA - ROOF"])
groups.name("the kitchen")     # "Kitchen": as it is written most often
groups.name("医院走廊")         # "医院": nobody packs up to go from the corridor to the consulting room
groups.name("villa - roof")    # "VILLA"

A house is told by what two of its places begin with: before a dash or a stroke, or in Chinese before a word for a
room, a door or a yard. Whoever has them far apart writes so into the sheet.
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
_SETS = (
    "门口", "大门", "后门", "门外", "门前", "院子", "院坝", "后院", "花园", "楼下", "楼道", "楼梯", "楼顶", "天台", "电梯", "停车场", "车库",
    "大厅", "大堂", "前台", "走廊", "过道", "客厅", "餐厅", "饭厅", "厨房", "灶房", "卧室", "卧房", "书房", "堂屋", "浴室", "洗手间", "卫生间",
    "阳台", "房间", "包间", "包厢", "套房", "办公室", "会议室", "教室", "操场", "宿舍", "食堂", "诊室", "病房", "手术室", "急诊室", "后台",
    "化妆间", "休息室", "仓库", "地下室",
)  # fmt: skip
"""Parts of a house, by which a Chinese heading ends."""
_PARTED = re.compile(r"\s+[-–—]+\s+|\s*[/／·]\s*")


class Places:
    """The ways in which a script writes its places, grouped by what they say."""

    def __init__(self, written: Iterable[str]) -> None:
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        for place in written:
            if place.strip():
                self._forms[folded(place)][tidy(place)] += 1
        sets: dict[str, set[str]] = defaultdict(set)
        houses: dict[str, Counter[str]] = defaultdict(Counter)
        of: dict[str, str] = {}
        for key, forms in self._forms.items():
            written = forms.most_common(1)[0][0]
            house = _house(written)
            if house:
                of[key] = folded(house)
                sets[folded(house)].add(key)
                houses[folded(house)][house] += 1
        self._house = {
            key: houses[h].most_common(1)[0][0]
            for key, h in of.items()
            if len(sets[h]) > 1 or (h in self._forms and h != key)
        }

    def name(self, place: str) -> str:
        """The location's name: as it is written most often, the first of equals; "" where no place is said."""
        key = folded(place)
        house = self._house.get(key)
        if house is not None:
            place, key = house, folded(house)
        forms = self._forms.get(key)
        return forms.most_common(1)[0][0] if forms else tidy(place)

    def aliases(self, name: str) -> tuple[str, ...]:
        """Other ways in which it is written, its sets among them."""
        forms = set(self._forms.get(folded(name), ()))
        for key, house in self._house.items():
            if folded(house) == folded(name):
                forms |= set(self._forms[key])
        return tuple(sorted(forms - {name}))

    def names(self) -> list[str]:
        """All locations, in the order in which they come first."""
        return list(dict.fromkeys(self.name(f.most_common(1)[0][0]) for f in self._forms.values()))


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


def _house(place: str) -> str:
    """What a set belongs to by its name, "" where that is not said."""
    parts = [x for x in _PARTED.split(place) if x]
    if len(parts) > 1:
        return parts[0]
    simple = _converter().convert(place) if has_han(place) else place
    for word in sorted(_SETS, key=len, reverse=True):
        stem = place[: -len(word)].rstrip("的 ")
        if simple.endswith(word) and len(stem) >= 2 and has_han(stem):
            return stem
    return ""


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
