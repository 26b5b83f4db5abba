"""Words of the markets' languages that the checks compare with: function words, stems, loose matching.

The lists of function words are short on purpose: they hold words that are frequent in dialogue and
are no word of any other list here, so that a few hits tell a language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
"""A word: letters, with an apostrophe inside."""

SPACED = frozenset({"en", "es", "pt", "fr", "de", "id", "vi", "ko", "ar", "hi"})
"""Languages that write spaces between words (Vietnamese between syllables)."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TELLING: dict[str, frozenset[str]] = {
    "en": _set(
        "the and you is are was were what why how this that with have has had not don't it's i'm you're he's she's can't won't"
        " will would should could your my his her their of from they we who when where there didn't doesn't isn't i'll let's"
    ),
    "es": _set(
        "el los las una qué que está estás estoy cómo por para con pero muy eres soy tú yo mi su usted ustedes del al ella ellos"
        " nada cuando donde dónde porque esto eso aquí hay ya y lo quién tengo tienes tiene quiero hace"
    ),
    "pt": _set(
        "não você vocês uma está estou isso isto eu ele ela meu minha seu sua com para mas muito foi são tem mais aqui também"
        " porque quem quando onde nós então do da dos das no na ao é o e em um fazer"
    ),
    "fr": _set(
        "le les des une est et vous je tu il elle nous ils pas ne que qui quoi dans pour avec mais sur mon ton son ma sa c'est"
        " j'ai n'est suis êtes ça au du ce cette pourquoi comment très bien être avez as"
    ),
    "de": _set(
        "der die das und ist nicht ich du er sie wir ihr ein eine einen mit für auf dem den von zu was wie warum aber auch"
        " noch nur mein dein sein kein hast habe hat bist sind wird mich dich mir dir"
    ),
    "id": _set(
        "yang tidak nggak gak aku kamu saya dia ini itu dan di ke dari untuk dengan apa kenapa mengapa sudah belum akan bisa"
        " ada kita kami mereka jangan juga saja pak bu kau anda karena kalau bukan lagi mau"
    ),
}
TELLING = {
    language: frozenset(w for w in words if sum(w in other for other in TELLING.values()) == 1)
    for language, words in TELLING.items()
}

DOUBLED: dict[str, frozenset[str]] = {
    "en": _set(
        "the a an of to in on at for with and or is are was were his her my your our their its from by as if be been"
    ),
    "es": _set("el la los las un una de del al en con por para y o que su mi es se le lo"),
    "pt": _set("o a os as um uma de do da dos das em no na com por para e ou que seu sua meu minha é se"),
    "fr": _set(
        "le la les un une de des du à au aux en dans avec pour par et ou que son sa ses mon ma mes est ce"
    ),
    "de": _set(
        "und oder mit für von zu im am auf bei ein eine einen einem einer ist nicht ich wir mein dein"
    ),
    "id": _set("yang dan di ke dari untuk dengan ini itu adalah pada akan tidak aku kamu"),
    "vi": _set("của và là trong cho với những các"),
}
"""Function words that are not said twice in a row, even in excited speech."""

_STOP_EN = _set(
    "a an the and or but if of to in on at for from by with as is are was were be been being am it its this that these those"
    " i you he she we they me him her us them my your his our their mine yours not no do does did done have has had having"
    " will would shall should can could may might must so too very just then than there here what which who whom whose when"
    " where why how all any some each one's one oneself sb sth somebody something someone lit fig idiom e g i.e etc up out"
    " off into over about again also"
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """`text` in lower case and without accents, apostrophes made straight."""
    text = text.casefold().replace("’", "'")
    if text.isascii():
        return text
    return unicodedata.normalize(
        "NFC", "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    )


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """An English word without its ending: enough that umbrella and umbrellas, carried and carry meet."""
    word = fold(word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) <= 3:
        return word
    for ending, put in (
        ("ies", "y"),
        ("ied", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("iness", "y"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + put
    for ending in ("ingly", "edly", "ing", "ed", "ness", "ly"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 3 and re.search("[aeiouy]", root):
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            return root.removesuffix("e")
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


_IRREGULAR = {
    "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "children": "child", "mice": "mouse", "geese": "goose",
    "wolves": "wolf", "knives": "knif", "knife": "knif", "lives": "life", "wives": "wife", "leaves": "leaf", "ate": "eat", "eaten": "eat",
    "went": "go", "gone": "go", "came": "come", "saw": "see", "seen": "see", "took": "take", "taken": "take", "gave": "give", "given": "give",
    "broke": "break", "broken": "break", "fell": "fall", "fallen": "fall", "lost": "lose", "got": "get", "gotten": "get", "made": "make",
    "ran": "run", "sat": "sit", "stood": "stand", "threw": "throw", "thrown": "throw", "wore": "wear", "worn": "wear", "rode": "ride",
    "ridden": "ride", "sold": "sell", "bought": "buy", "brought": "bring", "caught": "catch", "taught": "teach", "thought": "think",
    "told": "tell", "said": "say", "held": "hold", "kept": "keep", "slept": "sleep", "left": "leav", "knew": "know", "known": "know",
    "flew": "fly", "flown": "fly", "drew": "draw", "drawn": "draw", "hung": "hang", "sang": "sing", "drank": "drink", "swam": "swim",
    "bit": "bite", "bitten": "bite", "hid": "hide", "hidden": "hide", "spoke": "speak", "spoken": "speak", "stole": "steal", "stolen": "steal",
    "died": "die", "dying": "die", "dies": "die", "lying": "lie", "lied": "lie", "tied": "tie", "tying": "tie",
}  # fmt: skip


def content_stems(text: str) -> list[str]:
    """Stems of the English words of `text` that carry meaning, in order."""
    return [stem(w) for w in WORD.findall(fold(text)) if w not in _STOP_EN and (len(w) > 1)]


def loosely_in(wanted: str, text: str, language: str, inflected: bool = True) -> bool:
    """Whether `wanted` stands in `text`, as written or with its words inflected, in any order.

    Case and accents do not count. In languages without spaces, and where not `inflected` (names),
    `wanted` must stand there as it is.
    """
    wanted, text = fold(wanted).strip(), fold(text)
    if not wanted:
        return False
    if wanted in text:
        # "Li" must not be found in "like"; scripts without spaces have no such edges.
        if language not in SPACED or language in ("ko", "ar", "hi"):
            return True
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text):
            return True
    if language not in SPACED or not inflected:
        return False
    words = WORD.findall(text)
    return all(any(_akin(part, word) for word in words) for part in WORD.findall(wanted)) and bool(
        WORD.findall(wanted)
    )


def _akin(part: str, word: str) -> bool:
    """The same word but for its ending."""
    if part == word:
        return True
    if len(part) <= 3:
        return word.removesuffix("'s") == part or word == part + "s"
    common = 0
    for one, two in zip(part, word, strict=False):
        if one != two:
            break
        common += 1
    return common >= max(4, len(part) - 2) and len(word) <= len(part) + 4


def language_votes(words: Iterable[str]) -> dict[str, int]:
    """How many of `words` (lower case) are telling words of each language."""
    votes = dict.fromkeys(TELLING, 0)
    for word in words:
        for language, telling in TELLING.items():
            if word in telling:
                votes[language] += 1
    return votes
