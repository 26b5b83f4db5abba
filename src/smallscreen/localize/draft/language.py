"""Is a text in the language of the market? Judged by its letters, and for a whole reply by its small words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from smallscreen.series.text import has_han

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SCRIPTS = {
    "Latn": re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]"),
    "Arab": re.compile("[\u0620-\u064a\u066e-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"),
    "Thai": re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]"),
    "Deva": re.compile("[\u0900-\u0963\u0971-\u097f]"),
    "Kore": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "Jpan": re.compile("[\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff々]"),
    "Hans": _HAN,
    "Hant": _HAN,
}
_KANA = re.compile("[\u3041-\u30ff]")

# The words that a language cannot do without and that its neighbors do not have.
_SMALL: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the you is it and to of what that this i'm don't it's have are was with your my not we he she",
        "es": "el los las que es y una por lo qué está pero muy eso esto yo tú mi usted con te le nos hay",
        "pt": "o os não que é uma você isso ele ela está mas muito meu minha com eu vocês então foi tem por",
        "fr": "le les est je tu vous c'est pas une et que ça il elle nous dans mais pour des qui ne j'ai mon",
        "de": "der die das ist ich du nicht und ein eine was es wir sie aber mit mir dich auch hat zu wie",
        "id": "yang tidak aku kamu ini itu apa dan saya dia di ada untuk dengan sudah kita akan mau bisa nggak",
        "vi": "không là của anh em tôi cái này đi có và con gì cho với được người đã rồi nhé ông bà",
        "it": "il che è non di sono un una per cosa ma ho mi ti questo con come hai lo gli della",
    }.items()
}
_ENOUGH_WORDS = 30


def wrong_script(text: str, script: str, source: str) -> str | None:
    """Why `text` cannot be a line of a market that writes `script` (ISO 15924), or None.

    Latin words that stand in the source too (names, brands, OK) are no fault in any market.
    """
    if script not in ("Jpan", "Hans", "Hant") and has_han(text):
        return "Chinese is left in it"
    if script == "Jpan" and len(text) > 8 and not _KANA.search(text):
        return "it is not Japanese"
    shared = {w.casefold() for w in re.findall(r"[A-Za-z]+", source)}
    rest = re.sub(r"[A-Za-z]+", lambda m: "" if m.group().casefold() in shared else m.group(), text)
    letters = [ch for ch in rest if ch.isalpha()]
    own = _SCRIPTS.get(script)
    if own is None or len(letters) < 4:
        return None
    mine = sum(1 for ch in letters if own.match(ch))
    # A Latin market may quote a name in its own letters; no market reads a line mostly in another's.
    if mine * 10 < len(letters) * 3:
        return "it is in another writing system"
    return None


def other_language(texts: Iterable[str], language: str) -> str | None:
    """The language that a reply as a whole is plainly in, when that is not `language`; else None.

    Single subtitles are too short to tell Spanish from Portuguese, so only all of a reply is judged,
    from 30 words on, and only between languages of which we know the small words.
    """
    if language not in _SMALL:
        return None
    words = [
        w
        for text in texts
        for w in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.casefold().replace("’", "'"))
    ]
    if len(words) < _ENOUGH_WORDS:
        return None
    share = {name: sum(1 for w in words if w in small) / len(words) for name, small in _SMALL.items()}
    best = max(share, key=lambda name: share[name])
    if best != language and share[best] >= 0.15 and share[best] > 2 * share[language]:
        return best
    return None
