"""The studio's words in English and in Simplified Chinese.

The English text is the key (gettext). Python and templates say `_("...")`, scripts say `t("...")`;
`make words` collects all of them into `locale/` (Babel), and a test fails on one that is not translated.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "zh-Hans": "简体中文"}
DEFAULT = "en"


@cache
def catalog(language: str) -> dict[str, str]:
    """All translated texts of a language by their English; empty for English."""
    if language not in LANGUAGES or language == DEFAULT:
        return {}
    path = files(__package__) / "locale" / language.replace("-", "_") / "LC_MESSAGES" / "studio.po"
    with path.open("rb") as file:
        found = read_po(file)
    return {str(m.id): str(m.string) for m in found if m.id and m.string and isinstance(m.id, str)}


def translate(language: str, text: str, /, **values: object) -> str:
    """`text` in a language, with `{name}` filled in."""
    said = catalog(language).get(text, text)
    return said.format(**values) if values else said


def choose(cookie: str | None, accept: str | None) -> str:
    """The language of a request: the one chosen before, else the browser's first that we have."""
    if cookie in LANGUAGES:
        return str(cookie)
    for part in (accept or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-Hans"
        if tag.startswith("en"):
            return "en"
    return DEFAULT
