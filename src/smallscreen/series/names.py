"""Which episode and language a file's name says it is.

episode_number("第十二集.zh.srt")    # 12
language_of("EP12_en-US.vtt")        # "en-US"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePath

from smallscreen.errors import UserError

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "兩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
CHINESE_NUMBER = r"[0-9０-９零〇○一二两兩三四五六七八九十百千]+"
"""A number in Chinese or Western digits, as a regular expression."""

_MARKED = (
    re.compile(rf"第\s*({CHINESE_NUMBER})\s*[集话話回期]"),
    re.compile(r"(?<![a-z0-9])s\d{1,2}[\s._-]*ep?[\s._-]*(\d{1,4})(?!\d)", re.IGNORECASE),
    re.compile(r"(?<![a-z0-9])\d{1,2}x(\d{2,3})(?![\dx])", re.IGNORECASE),
    re.compile(r"(?<![a-z])(?:episode|epis|ep|e|cap[ií]tulo|cap|eps)[\s._#-]*(\d{1,4})(?!\d)", re.IGNORECASE),
    re.compile(rf"({CHINESE_NUMBER})\s*[集话話]"),
)
# Numbers that say something else: pictures, codecs, years, sound, versions, checksums.
_NOISE = re.compile(
    r"(?<![a-z0-9])(?:\d{3,4}[x×]\d{3,4}|\d{3,4}[pi]|[248]k|[xh][\s._]?26[45]|(?:19|20)\d\d(?:[-.]?\d\d[-.]?\d\d)?"
    r"|\d{1,3}(?:\.\d+)?fps|\d+bit|[257]\.[01]|v\d{1,2}|mp[34]|aac2?|es-419|s\d{1,2}|season[\s._]*\d+|[0-9a-f]{8}"
    r"|9[-_x]16|16[-_x]9)(?![a-z0-9])",
    re.IGNORECASE,
)
_DASHED = re.compile(r"[\s_][-–—][\s_]*(\d{1,4})(?!\d)(?!\s*[-–—]\s*\d)")
_ALONE = re.compile(r"(?<![^\s._\[\]()（）【】#-])(\d{1,4})(?![^\s._\[\]()（）【】-])")
_ANY = re.compile(r"(?<!\d)(\d{1,4})(?!\d)")

_LANGUAGES = frozenset(
    [
        "ar",
        "bg",
        "bn",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fa",
        "fi",
        "fil",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "ja",
        "km",
        "ko",
        "lo",
        "lt",
        "lv",
        "mn",
        "ms",
        "my",
        "nb",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "tl",
        "tr",
        "uk",
        "ur",
        "uz",
        "vi",
        "yue",
        "zh",
    ]
)
_OTHER_CODES = {
    **dict(zip(["ara", "chi", "zho", "cmn", "eng", "spa", "por", "ind", "tha", "vie", "jpn", "kor", "fra", "fre", "deu", "ger", "hin", "rus", "may", "msa", "ita", "tur"],
               ["ar", "zh", "zh", "zh", "en", "es", "pt", "id", "th", "vi", "ja", "ko", "fr", "fr", "de", "de", "hi", "ru", "ms", "ms", "it", "tr"], strict=True)),
    "cn": "zh", "jp": "ja", "kr": "ko", "vn": "vi", "tw": "zh-Hant",
    "chs": "zh-Hans", "sc": "zh-Hans", "gb": "zh-Hans", "cht": "zh-Hant", "tc": "zh-Hant", "big5": "zh-Hant",
    "latam": "es-419",
    "english": "en", "spanish": "es", "portuguese": "pt", "indonesian": "id", "thai": "th", "vietnamese": "vi",
    "japanese": "ja", "korean": "ko", "arabic": "ar", "french": "fr", "german": "de", "hindi": "hi", "chinese": "zh",
    "简体": "zh-Hans", "简中": "zh-Hans", "简体中文": "zh-Hans", "繁体": "zh-Hant", "繁體": "zh-Hant",
    "繁中": "zh-Hant", "繁體中文": "zh-Hant", "中文": "zh", "中字": "zh", "英文": "en", "英语": "en", "英字": "en",
    "西班牙语": "es", "西语": "es", "葡萄牙语": "pt", "葡语": "pt", "印尼语": "id", "泰语": "th", "越南语": "vi",
    "日语": "ja", "日文": "ja", "韩语": "ko", "韩文": "ko", "阿拉伯语": "ar", "法语": "fr", "德语": "de",
    "印地语": "hi",
}  # fmt: skip
_ASIDE = frozenset(
    [
        "sdh",
        "cc",
        "forced",
        "default",
        "full",
        "sub",
        "subs",
        "subtitle",
        "subtitles",
        "srt",
        "draft",
        "final",
        "fixed",
        "utf8",
        "utf-8",
        "gbk",
    ]
)
_TAG = re.compile(r"([a-z]{2,3})(?:[-_](hans|hant|latn|cyrl))?(?:[-_]([a-z]{2}|419))?", re.IGNORECASE)


def chinese_number(text: str) -> int | None:
    """The value of 12, １２, 十二, 一百零三 or 一二; None when it is no number."""
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    if not any(c in _UNITS for c in text):
        digits = [str(_DIGITS[c]) if c in _DIGITS else c for c in text]
        return int("".join(digits)) if all(d.isdecimal() for d in digits) else None
    total = current = 0
    for c in text:
        if c in _UNITS:
            total += (current or 1) * _UNITS[c]
            current = 0
        elif c in _DIGITS:
            current = _DIGITS[c]
        elif c.isdecimal():
            current = current * 10 + int(c)
        else:
            return None
    return total + current


def episode_number(filename: str | PurePath) -> int | None:
    """The episode that a file's name gives, from 1; None when it gives none.

    A number that is marked as an episode wins (第3集, S01E04, 1x04, EP12, 12集). Without one, after
    leaving out what is no episode (1080p, x264, 2024, v2, 9-16, es-419): a number after a dash
    ("Title - 07"), else the last number that stands alone ("2 sisters 03"), else the last one at all.
    """
    stem = _stem(PurePath(filename).name)
    for pattern in _MARKED:
        if match := pattern.search(stem):
            return _from_one(chinese_number(match.group(1)))
    stem = _NOISE.sub(" ", stem)
    for pattern in (_DASHED, _ALONE, _ANY):
        found = pattern.findall(stem)
        if found:
            return _from_one(int(found[-1]))
    if re.fullmatch(CHINESE_NUMBER, stem.strip(" ._-")):
        return _from_one(chinese_number(stem.strip(" ._-")))
    return None


def language_of(filename: str | PurePath) -> str | None:
    """The language that a file's name ends with, as a BCP 47 tag (`zh`, `zh-Hans`, `en-US`, `es-419`).

    Only the end counts, after words such as `forced` or `sdh`: a title may hold any two letters. A
    name that is nothing but a tag has no language. None when there is none.
    """
    rest = _stem(PurePath(filename).name)
    hindi: str | None = None
    while True:
        match = re.search(r"(?:^|(?<=[\s._\[(（【-]))([^\s.\[\]()（）【】]+)[\s\])）】]*$", rest)
        if match is None:
            return hindi
        token = match.group(1)
        # Two letters after a space are a word of the title: "What it is".
        tag = (
            None
            if len(token) == 2 and token.isascii() and rest[: match.start(1)].endswith(" ")
            else _language(token)
        )
        if tag is None and re.search("[_-]", token):
            # "EP12_en-US", "ep001-zh": the tag is the end of the token.
            for at in (m.end() for m in re.finditer("[_-]", token)):
                if tag := _language(token[at:]):
                    token = token[at:]
                    break
        if tag == "hi" and hindi is None and token.islower():
            # In "ep01.en.hi" hi stands for hearing impaired, in "ep01.hi" for Hindi.
            hindi = "hi"
        elif tag is not None:
            return tag if rest.strip(" ._-[]()（）【】") != token or hindi else None
        elif token.lower() not in _ASIDE:
            return hindi
        shorter = rest[: match.start(1)].rstrip(" ._-[(（【")
        if not shorter:
            return None
        rest = shorter


def by_episode(paths: Iterable[Path], language: str | None = None) -> dict[int, Path]:
    """The file of each episode, in the order of episodes; names without a number are left out.

    With `language` (`zh` or a locale), files named for another language are left out; of an
    episode's files the one named for the locale itself goes before one named for the language,
    and that before one without a language. UserError names both when two are left for one episode.
    """
    found: dict[int, tuple[int, Path]] = {}
    for path in sorted(paths):
        number = episode_number(path.name)
        rank = _rank(language_of(path.name), language)
        if number is None or rank is None:
            continue
        before = found.get(number)
        if before and before[0] == rank:
            raise UserError(
                f"{before[1].name} and {path.name} in {path.parent} are both episode {number}"
                f"{f' in {language}' if language else ''}; keep one of them there."
            )
        if before is None or rank < before[0]:
            found[number] = (rank, path)
    return {number: path for number, (_, path) in sorted(found.items())}


def _rank(tag: str | None, wanted: str | None) -> int | None:
    """How well a file's language fits: 0 exactly, 1 the same language, 2 unknown; None not at all."""
    if wanted is None:
        return 0
    if tag is None:
        return 2
    tag, wanted = tag.lower(), wanted.replace("_", "-").lower()
    if tag == wanted:
        return 0
    a, b = tag.split("-"), wanted.split("-")
    if a[0] != b[0] or (len(a) > 1 and len(b) > 1):
        return None
    return 1


def _stem(name: str) -> str:
    """The name without its suffix; a suffix holds a letter and up to five characters."""
    return re.sub(r"\.(?=[0-9]*[a-z])[a-z0-9]{1,5}$", "", name, count=1, flags=re.IGNORECASE)


def _from_one(number: int | None) -> int | None:
    return number if number is not None and 1 <= number <= 9999 else None


def _language(token: str) -> str | None:
    lower = token.lower()
    if lower in _OTHER_CODES:
        return _OTHER_CODES[lower]
    match = _TAG.fullmatch(token)
    if match is None:
        return None
    code, script, region = match.groups()
    code = code.lower() if code.lower() in _LANGUAGES else _OTHER_CODES.get(code.lower(), "")
    if code not in _LANGUAGES:
        return None
    if script:
        return f"{code}-{script.title()}"
    if code == "zh" and region:
        return "zh-Hant" if region.upper() in ("TW", "HK", "MO") else "zh-Hans"
    return f"{code}-{region.upper()}" if region else code
