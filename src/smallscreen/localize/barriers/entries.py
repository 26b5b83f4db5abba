"""Entries: what is known about one culture-bound item; and reading a lexicon file.

A lexicon is a tab-separated file that opens in a spreadsheet (docs/barriers.md shows one). Lines
that begin with `#` at the top are its head: id, name, kind, description, licence, confidence.

`text` is the item in simplified characters, with variants after `|`; or a regular expression
between slashes, which may use `{num}`, `{surname}` and `{name}` (a name of this series or a
surname) and may mark the item itself with a group named `item`.
`only` and `never` are regular expressions over the whole line. `~` in them stands for the item where
it was found: `很~` in `only` asks that 很 comes right before it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series.model import KINDS, STRATEGIES

COLUMNS = ("text", "kind", "need", "literal", "meaning", "strategy", "en", "es", "id", "only", "never")
LANGUAGES = ("en", "es", "id")
HEAD = ("id", "name", "kind", "description", "licence", "confidence")

NUMBER = r"(?:[0-9０-９]+(?:[.．][0-9]+)?|[零〇一二两俩三四五六七八九十百千万亿几半]+)"
# The hundred most frequent surnames of the 2020 name report of the Ministry of Public Security, less
# those that are everyday words before or after which 小 and 老 mean something else (see `never`).
SURNAME = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤崔关苗佟齐]"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item: what to look for, on what conditions, and what is known about it.

    `text` is simplified Chinese; for a regular expression it is its source and `is_pattern` is
    true. `source` is the id of the lexicon or dictionary. `own` entries were written by people
    for this purpose and win over a dictionary's tag.
    """

    text: str
    kind: str
    need: int
    literal: str = ""
    meaning: str = ""
    strategies: tuple[str, ...] = ()
    renderings: dict[str, str] = field(default_factory=dict)
    only: str = ""
    never: str = ""
    is_pattern: bool = False
    source: str = ""
    confidence: float = 0.5
    own: bool = True


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One lexicon file, read."""

    id: str
    name: str
    kind: str
    description: str
    licence: str
    confidence: float
    entries: tuple[Entry, ...]


@cache
def own_lexicons() -> dict[str, Lexicon]:
    """The lexicons that ship with the program, by id."""
    return _lexicons("lexicons")


@cache
def broad_lexicons() -> dict[str, Lexicon]:
    """Word lists too broad to be items wherever they occur, by id: evidence for a finder that judges in context."""
    return _lexicons("broad")


def _lexicons(name: str) -> dict[str, Lexicon]:
    folder = files(__package__).joinpath(name)
    found = [
        read_lexicon(f, check_patterns=False)
        for f in sorted(folder.iterdir(), key=lambda f: f.name)
        if f.name.endswith(".tsv")
    ]
    return {lexicon.id: lexicon for lexicon in found}


@cache
def data_version() -> str:
    """A hash of everything that ships here: lexicons, lists, weights and the code that reads them (12 characters)."""
    digest = hashlib.sha256()

    def add(folder: Traversable) -> None:
        for item in sorted(folder.iterdir(), key=lambda f: f.name):
            if item.is_dir() and item.name != "__pycache__":
                add(item)
            elif item.name.endswith((".tsv", ".txt", ".npz", ".py")):
                digest.update(item.name.encode() + item.read_bytes())

    add(files(__package__))
    return digest.hexdigest()[:12]


def read_lexicon(path: Path | Traversable, *, check_patterns: bool = True) -> Lexicon:
    """Read one lexicon file. Raises FileProblem with the line for anything that is not as it must be.

    Compiling every condition takes most of the time; what ships has been checked by the tests.
    """
    where = Path(path.name)
    head: dict[str, str] = {}
    rows: list[tuple[int, str]] = []
    for number, line in enumerate(path.read_text("utf-8").lstrip("\ufeff").splitlines(), 1):
        if line.startswith("#"):
            key, _, value = line.lstrip("# ").partition(":")
            head[key.strip().lower()] = value.strip()
        elif line.strip():
            rows.append((number, line))
    for key in ("id", "name", "kind"):
        if not head.get(key):
            raise FileProblem(where, 1, f"its head has no {key}", f"a line '# {key}: ...'")
    if head["kind"] not in KINDS:
        raise FileProblem(where, 1, f"there is no kind {head['kind']!r}", f"one of {', '.join(KINDS)}")
    if not rows or tuple(_cells(rows[0][1])) != COLUMNS:
        at = rows[0][0] if rows else None
        raise FileProblem(
            where, at, "the columns are not named", f"the columns {', '.join(COLUMNS)}, tabs between"
        )
    try:
        confidence = float(head.get("confidence") or 0.7)
    except ValueError:
        raise FileProblem(where, 1, "the confidence is no number", "a number from 0 to 1") from None
    entries = tuple(
        entry
        for number, line in rows[1:]
        for entry in _entries(_cells(line), number, where, head, confidence, check_patterns)
    )
    return Lexicon(
        head["id"],
        head["name"],
        head["kind"],
        head.get("description", ""),
        head.get("licence", ""),
        confidence,
        entries,
    )


def variants(text: str) -> Iterator[str]:
    """The ways one item is written: `|` parts variants; dialogue writes a comma also as a space, a break or nothing."""
    for variant in filter(None, (v.strip() for v in text.split("|"))):
        if re.search("[，,、；]", variant):
            for mark in ("，", ",", " ", "", "\n"):
                yield re.sub("[，,、；] ?", mark, variant)
        else:
            yield variant


def expand(pattern: str, names: Iterable[str] = ()) -> str:
    """A lexicon's regular expression with `{num}`, `{surname}` and `{name}` filled in."""
    known = [re.escape(n) for n in sorted(names, key=len, reverse=True)]
    return (
        pattern.replace("{num}", NUMBER)
        .replace("{surname}", SURNAME)
        .replace("{name}", "(?:" + "|".join([*known, SURNAME]) + ")")
    )


def _cells(line: str) -> list[str]:
    # A spreadsheet puts a cell that holds a quotation mark in quotation marks and doubles it.
    cells = (c.strip() for c in line.split("\t"))
    return [c[1:-1].replace('""', '"') if len(c) > 1 and c[0] == c[-1] == '"' else c for c in cells]


def _entries(
    cells: list[str], number: int, where: Path, head: dict[str, str], confidence: float, check: bool
) -> Iterator[Entry]:
    if len(cells) > len(COLUMNS):
        raise FileProblem(where, number, f"{len(cells)} columns", f"at most {len(COLUMNS)}")
    row = dict(zip(COLUMNS, cells + [""] * (len(COLUMNS) - len(cells)), strict=True))
    kind = row["kind"] or head["kind"]
    if kind not in KINDS:
        raise FileProblem(where, number, f"there is no kind {kind!r}", f"one of {', '.join(KINDS)}")
    if row["need"] not in ("1", "2", "3"):
        raise FileProblem(where, number, f"the need is {row['need']!r}", "1, 2 or 3")
    strategies = tuple(s.strip() for s in row["strategy"].split("|") if s.strip())
    for strategy in strategies:
        if strategy not in STRATEGIES:
            raise FileProblem(
                where, number, f"there is no strategy {strategy!r}", f"one of {', '.join(STRATEGIES)}"
            )
    is_pattern = len(row["text"]) > 2 and row["text"].startswith("/") and row["text"].endswith("/")
    texts = [row["text"][1:-1]] if is_pattern else list(variants(row["text"]))
    if not texts or any(len(t) < 1 for t in texts):
        raise FileProblem(where, number, "the text is empty", "the item in simplified characters")
    if check:
        _check_patterns(
            where,
            number,
            {"only": row["only"], "never": row["never"], "text": texts[0] if is_pattern else ""},
        )
    renderings = {language: row[language] for language in LANGUAGES if row[language]}
    for text in texts:
        yield Entry(
            text, kind, int(row["need"]), row["literal"], row["meaning"], strategies, renderings,
            expand(row["only"]), expand(row["never"]), is_pattern, head["id"], confidence,
        )  # fmt: skip


def _check_patterns(where: Path, number: int, patterns: dict[str, str]) -> None:
    for name, value in patterns.items():
        try:
            re.compile(expand(value).replace("~", "x"))
        except re.error as error:
            raise FileProblem(
                where, number, f"{name} is no regular expression ({error})", "a correct one"
            ) from None
