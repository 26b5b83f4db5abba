"""Kin terms in context: is the one spoken of the speaker's kin, by the relations of series.toml?

阿姨 to an aunt names a relation; 阿姨 to a neighbour is courtesy, and "Auntie" misleads abroad. Who is addressed is
not known from a subtitle. What is known is whether the speaker has such kin in the series at all.

我哥哥, 你亲妈: a plain word for the real relation is no item (`plain`). The lexicons do not list such words; the embedded
finder would take some of them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from smallscreen.localize.barriers.strategies import ordered
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.series.model import Barrier, Character, Series

_ENGLISH = (
    ("外公|姥爷|爷爷|外爷|太爷", r"grandfather|grandpa"),
    ("外婆|姥姥|奶奶|阿婆", r"grandmother|grandma"),
    ("岳父|丈人|公公", r"father-in-law"),
    ("岳母|丈母娘|婆婆", r"mother-in-law"),
    ("儿媳|媳妇", r"daughter-in-law|wife"),
    ("女婿|姑爷", r"son-in-law"),
    ("嫂|弟妹|弟媳", r"sister-in-law|wife"),
    ("姐夫|妹夫|小舅子|大伯子|小叔子", r"brother-in-law"),
    ("舅妈|婶|姨|姑|伯母|大娘|大妈|伯娘|舅母", r"\baunt"),
    ("舅|叔|伯|姨父|姑父|姑丈|幺爸|大爷", r"\buncle"),
    ("侄女|外甥女", r"\bniece"),
    ("侄|外甥", r"\bnephew"),
    ("外孙|孙", r"grand(?:son|daughter|child)"),
    ("哥|弟|兄", r"(?<!-)\bbrother(?!-in)|cousin"),
    ("姐|妹", r"(?<!-)\bsister(?!-in)|cousin"),
)
"""What a term's relation is called in English, first fit first; `kind` of a relation is free text."""

_PLAIN = re.compile(
    "亲?(?:爸爸?|妈妈?|爹|娘|父亲|母亲|老爸|老妈|哥哥?|弟弟?|姐姐?|妹妹?|大哥|大姐|儿子|女儿|孙子|孙女儿?|闺女|兄弟|姐妹|老公|老婆|丈夫|妻子)"
)
_WHOSE = re.compile("(?:我|你|您|他|她|咱|俺|自己)(?:们|家|俩)?的?$")


def plain(text: str, start: int, end: int) -> bool:
    """Whether the piece of the (simplified) line is a plain kin word of somebody who is named right before it."""
    return _PLAIN.fullmatch(text, start, end) is not None and _WHOSE.search(text[:start]) is not None


def real(word: str, speaker: str | None, series: Series | None) -> bool:
    """Whether `word` is a plain kin word, and the speaker has such kin in the series: 哥哥 to one's own brother."""
    if _PLAIN.fullmatch(word) is None or series is None or not speaker:
        return False
    told = _relations(word, speaker, series)
    return told is not None and bool(told[1])


def in_context(barrier: Barrier, speaker: str | None, series: Series | None) -> Barrier:
    """The barrier with what the speaker's relations say of its kin term; unchanged where they say nothing."""
    if barrier.kind != "kinship" or series is None or not speaker:
        return barrier
    told = _relations(barrier.text, speaker, series)
    if told is None:
        return barrier
    who, kin = told
    if kin:
        return replace(
            barrier, meaning=_add(barrier.meaning, f"{who.name}'s own, by the series: {', '.join(kin)}")
        )
    need = max(barrier.need, 2)
    note = f"{who.name} has no such kin in the series: said to someone who is no kin"
    return replace(
        barrier,
        need=need,
        meaning=_add(barrier.meaning, note),
        strategies=ordered("kinship", need, ("substitution",)),
    )


def _relations(word: str, speaker: str, series: Series) -> tuple[Character, list[str]] | None:
    """Who the speaker is, and the speaker's kin that the term can mean; None where no relations of the speaker are known."""
    who = _character(speaker, series)
    pattern = next((english for term, english in _ENGLISH if re.search(term, simplified(word))), None)
    if who is None or pattern is None:
        return None
    called = {who.name, *who.aliases}
    # "kind" says what a character is to the one in "to", so the speaker's kin are those who point to the speaker.
    relations = [
        (c.name, r.get("kind", "")) for c in series.characters for r in c.relations if r.get("to") in called
    ]
    kin = [f"{name} ({kind})" for name, kind in relations if re.search(pattern, kind, re.IGNORECASE)]
    return (who, kin) if relations else None


def _character(speaker: str, series: Series) -> Character | None:
    name = simplified(speaker)
    return next(
        (c for c in series.characters if name in {simplified(c.name), *map(simplified, c.aliases)}), None
    )


def _add(meaning: str, note: str) -> str:
    return "; ".join(filter(None, (meaning, note)))
