"""Words that point to something: tropes, themes, named feelings, things one can touch.

The lists are data files in `catalogue/`, in Chinese (substrings, simplified; traditional text is
folded first) and in English (whole words, `*` for any ending). They are our own.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import opencc


@dataclass(frozen=True)
class Words:
    """A list of words in one language, ready to be looked for."""

    pattern: re.Pattern[str] | None
    chinese: bool

    def find(self, text: str) -> list[str]:
        """The words of the list in the text, in order, folded (simplified, lower case); may repeat."""
        if self.pattern is None:
            return []
        return self.pattern.findall(fold(text) if self.chinese else text.lower().replace("\u2019", "'"))

    def any(self, text: str) -> bool:
        return bool(self.find(text))


@dataclass(frozen=True)
class Entry:
    """A trope or a theme with its words."""

    id: str
    name: str
    description: str
    zh: Words
    en: Words

    def find(self, text: str, language: str) -> list[str]:
        return (self.en if language == "en" else self.zh).find(text)


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Simplified letters, so that one list reads traditional text as well."""
    return _converter().convert(text)


def words(name: str, language: str) -> Words:
    """A list of `words.toml`; Chinese unless the language is English."""
    return _words(name, "en" if language == "en" else "zh")


@cache
def entries(what: str) -> tuple[Entry, ...]:
    """All of `tropes.toml` (`trope`) or `themes.toml` (`theme`)."""
    data = _load(f"{what}s.toml")[what]
    return tuple(
        Entry(
            x["id"], x["name"], x.get("description", ""), _compiled(x["zh"], True), _compiled(x["en"], False)
        )
        for x in data
    )


@cache
def _words(name: str, language: str) -> Words:
    return _compiled(_load("words.toml")[name][language], language == "zh")


def _compiled(items: list[str], chinese: bool) -> Words:
    if not items:
        return Words(None, chinese)
    longest_first = sorted(items, key=len, reverse=True)
    if chinese:
        return Words(re.compile("|".join(map(re.escape, longest_first))), True)
    parts = "|".join(re.escape(x).replace(r"\*", r"\w*") for x in longest_first)
    return Words(re.compile(rf"\b(?:{parts})\b"), False)


@cache
def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("catalogue", name).read_text("utf-8"))


@cache
def _converter() -> Any:
    return opencc.OpenCC("t2s")
