"""What a line's words do: which acts of the lexicons (apology, threat, thanks, ...) it holds."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

_AT_WORD = {"en": r"(?<![a-z0-9'])(?:{})"}
"""How a language's entries are looked for: English ones where a word begins, Chinese ones anywhere."""


@cache
def acts() -> tuple[str, ...]:
    """The names of the acts, in the order of the columns of `find`."""
    return tuple(_entries("zh"))


@cache
def languages() -> tuple[str, ...]:
    """The languages there is a lexicon for."""
    folder = files(__package__) / "lexicons"
    return tuple(sorted(f.name.split(".")[1] for f in folder.iterdir() if f.name.startswith("acts.")))


@lru_cache(maxsize=65_536)
def find(line: str, language: str) -> np.ndarray:
    """For each act, whether a prepared line holds it: float32, 0 or 1; all 0 for an unknown language."""
    found = np.zeros(len(acts()), np.float32)
    if language in languages():
        for column, pattern in enumerate(_patterns(language)):
            if pattern.search(line):
                found[column] = 1.0
    found.flags.writeable = False
    return found


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    entries = _entries(language)
    if tuple(entries) != acts():
        raise ValueError(f"the acts of the lexicon {language!r} are not those of the others")
    form = _AT_WORD.get(language, "(?:{})")
    return tuple(re.compile(form.format("|".join(pieces))) for pieces in entries.values())


@cache
def _entries(language: str) -> dict[str, list[str]]:
    text = (files(__package__) / "lexicons" / f"acts.{language}.toml").read_text("utf-8")
    return tomllib.loads(text)
