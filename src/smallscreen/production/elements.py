"""What a scene needs, found in its action lines by the words of our lexicons.

    find_elements(lines, names)          # (Element("prop", "账本", 1, evidence="工作台上摊着一本旧账本", confidence=0.8), ...)

A lexicon is one TOML file in `lexicons/`: adding one (a language, a genre) is adding a file; all are asked about
every line. A word found is a guess with its evidence; what the script itself lists (`道具：红伞`, `Props: umbrella`,
a tag of Final Draft) is certain. Words that are spoken are not looked at: who speaks of a gun has none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from smallscreen.production.model import ELEMENT_KINDS, Element, ElementKind
from smallscreen.series.model import ScriptLine
from smallscreen.series.names import chinese_number
from smallscreen.series.text import has_han

_SURE, _LIKELY, _MAYBE = 1.0, 0.8, 0.5
_MOST_COUNT = 999
_LABEL = re.compile(r"\s*([^：:，。,.]{1,24}?)\s*[：:]\s*(\S.*)")
_ITEMS = re.compile(r"[、，,；;]+\s*|\s+/\s+")
_SENTENCE = re.compile(r"[^。！？!?；;.\n]+[。！？!?；;.]?")
_HAN_COUNT = re.compile(
    "([0-9]{1,3}|[一二两三四五六七八九十百]{1,4}|几十|几百|数十|几)(?:把|个|只|条|辆|台|张|本|封|件|双|匹|头|名|位|束|瓶|杯|碗|盘|捆|串|枚|根|支|部|架|艘|群|堆|盏|块|袋)[^，。、]{0,4}$"
)
_SOME = {"几": 3, "几十": 30, "几百": 300, "数十": 30}
_EN_COUNT = re.compile(
    r"\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|a dozen|dozens of|several)\s+(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_EN_NUMBERS = {
    **{w: n for n, w in enumerate(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 2)},
    "a dozen": 12, "dozens of": 24, "several": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one file. `words` by the word (folded): kind, confidence and mark (`outfit`, `lasting`, or "")."""

    language: str
    words: dict[str, tuple[ElementKind | None, float, str]]
    labels: dict[str, ElementKind]
    phrases: dict[str, tuple[str, ...]]
    pattern: re.Pattern[str]


def find_elements(lines: Iterable[ScriptLine], names: Sequence[str] = ()) -> tuple[Element, ...]:
    """What the lines of one scene need, the surest first within a kind, each thing once.

    `names` are the people of the series: none of them is an extra, and the one named nearest before a piece of
    costume or a wound in its sentence is whose it is (`Element.note`).
    """
    found: dict[tuple[str, str], Element] = {}
    for line in lines:
        if line.kind == "tag" or line.kind == "action":
            listed = _listed(line.text)
            if listed is not None:
                for element in listed:
                    _keep(found, element)
                continue
        texts = [line.text] if line.kind == "action" else []
        # What is done while speaking stands in brackets after the speaker.
        texts += [line.manner] if line.manner and line.kind != "tag" else []
        for text in texts:
            for sentence in _SENTENCE.findall(text):
                for element in _in_sentence(sentence.strip(), names):
                    _keep(found, element)
    order = {kind: i for i, kind in enumerate(ELEMENT_KINDS)}
    kept = [e for e in found.values() if not _said_better(e, found.values())]
    return tuple(sorted(kept, key=lambda e: (order[e.kind], -e.confidence)))


def marked(mark: str) -> frozenset[str]:
    """The words of all lexicons with a mark: `outfit` (one wears one), `lasting` (a wound that stays for days)."""
    return frozenset(w for x in lexicons() for w, (_, _, m) in x.words.items() if m == mark)


def phrase_in(what: str, text: str) -> str | None:
    """The first phrase of that list (`broken`, `next_day`, `flashback`, `same_time`) that the text holds."""
    folded = text.casefold()
    return next((p for x in lexicons() for p in x.phrases[what] if p in folded), None)


@cache
def lexicons() -> tuple[Lexicon, ...]:
    """All lexicons. ValueError for a file that is not one: that is a programming mistake."""
    folder = files(__package__).joinpath("lexicons")
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".toml"))
    return tuple(_read(name, folder.joinpath(name).read_text("utf-8")) for name in names)


# --- one sentence ----------------------------------------------------------------------------


def _in_sentence(sentence: str, names: Sequence[str]) -> Iterable[Element]:
    for lexicon in lexicons():
        for match in lexicon.pattern.finditer(sentence.casefold()):
            word = _word(lexicon, match.group())
            kind, confidence, _ = lexicon.words[word]
            if kind is None or (kind == "extra" and any(word in n.casefold() for n in names)):
                continue
            before = sentence[: match.start()]
            yield Element(
                kind,
                word,
                _count(before, lexicon) if kind not in ("effect", "makeup", "music") else 1,
                _whose(before, names) if kind in ("costume", "makeup") else "",
                sentence[:80],
                confidence,
            )


def _word(lexicon: Lexicon, found: str) -> str:
    """The lexicon's word for what was found: the singular where the plural stood."""
    if found in lexicon.words:
        return found
    return next(w for w in (found.removesuffix("s"), found.removesuffix("es")) if w in lexicon.words)


def _count(before: str, lexicon: Lexicon) -> int:
    if not lexicon.pattern.pattern.startswith("\\b"):
        match = _HAN_COUNT.search(before)
        if match is None:
            return 1
        word = match.group(1)
        return min(max(_SOME.get(word) or chinese_number(word.replace("两", "二")) or 1, 1), _MOST_COUNT)
    match = _EN_COUNT.search(before)
    if match is None:
        return 1
    word = match.group(1).lower()
    return _EN_NUMBERS.get(word) or (max(int(word), 1) if word.isdecimal() else 1)


def _whose(before: str, names: Sequence[str]) -> str:
    at = {name: before.casefold().rfind(name.casefold()) for name in names}
    best = max(at, key=lambda n: (at[n], len(n)), default="")
    return best if best and at[best] >= 0 else ""


def _said_better(element: Element, others: Iterable[Element]) -> bool:
    """Whether a longer word says the same: 雨 beside 雨水. A prop may well be another: 伞 beside 伞骨."""
    return element.kind in ("effect", "animal", "vehicle") and any(
        element.kind == o.kind and element.name != o.name and element.name in o.name for o in others
    )


def _listed(text: str) -> list[Element] | None:
    """What a line lists under a label (`道具：红伞、手机`); None when it is no such list."""
    match = _LABEL.fullmatch(text)
    if match is None:
        return None
    label = match.group(1).strip().casefold()
    kind = next((x.labels[label] for x in lexicons() if label in x.labels), None)
    if kind is None:
        return None
    items = (i.strip(" .。") for i in _ITEMS.split(match.group(2)))
    return [_item(kind, item, text) for item in items if item]


def _item(kind: ElementKind, item: str, text: str) -> Element:
    match = re.fullmatch(r"(.+?)\s*(?:[×xX*]\s*(\d{1,3})|[(（](\d{1,3})[个把人名]?[)）])", item)
    count = int(match.group(2) or match.group(3)) if match else 1
    return Element(kind, (match.group(1) if match else item)[:80], max(count, 1), "", text[:80], _SURE)


def _keep(found: dict[tuple[str, str], Element], new: Element) -> None:
    key = (new.kind, new.name.casefold())
    old = found.get(key)
    if old is None:
        found[key] = new
        return
    better = new if new.confidence > old.confidence else old
    found[key] = replace(better, count=max(old.count, new.count), note=old.note or new.note)


# --- lexicons --------------------------------------------------------------------------------


def _read(name: str, text: str) -> Lexicon:
    data = tomllib.loads(text)
    words: dict[str, tuple[ElementKind | None, float, str]] = {}
    for kind in ELEMENT_KINDS:
        for group, entries in data.get(kind, {}).items():
            confidence = {"weak": _MAYBE}.get(group, _LIKELY)
            for word in entries:
                if group == "not":
                    words.setdefault(word.casefold(), (None, 0.0, ""))
                else:
                    words[word.casefold()] = (
                        kind,
                        confidence,
                        group if group in ("outfit", "lasting") else "",
                    )
    if not words or "language" not in data:
        raise ValueError(f"{name} is no lexicon of elements")
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    body = "|".join(longest)
    return Lexicon(
        data["language"],
        words,
        {label.casefold(): kind for kind, labels in data.get("labels", {}).items() for label in labels},
        {
            k: tuple(p.casefold() for p in data.get(k, ()))
            for k in ("broken", "next_day", "flashback", "same_time")
        },
        re.compile(rf"\b(?:{body})(?:e?s)?\b" if data.get("spaced", True) else f"(?:{body})"),
    )


def is_chinese(texts: Iterable[str]) -> bool:
    """Whether most of these lines are written in Chinese characters."""
    han = [has_han(t) for t in texts if t]
    return sum(han) * 2 >= len(han)
