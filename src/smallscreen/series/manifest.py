"""`series.toml`: title, source language, synopsis, characters and terms of a series."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smallscreen.errors import FileProblem
from smallscreen.series.model import Character, Series, Term

NAME = "series.toml"


class _Character(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    aliases: list[str] = []
    gender: str | None = None
    age: int | None = None
    role: str | None = None
    description: str = ""
    relations: list[dict[str, str]] = []
    renderings: dict[str, str] = {}


class _Term(BaseModel):
    model_config = ConfigDict(extra="forbid")
    source: str = Field(min_length=1)
    kind: str = ""
    note: str = ""
    renderings: dict[str, str] = {}


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="allow")
    title: str
    slug: str = ""
    source_language: str = "zh-Hans"
    synopsis: str = ""
    character: list[_Character] = []
    term: list[_Term] = []


def read_manifest(path: Path) -> Series:
    """Read `series.toml`. Raises FileProblem with the line where it is known.

    Keys that this version does not know are kept in `Series.extra`.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"at line (\d+)", str(e))
        what = re.sub(r"\s*\(at .*\)$", "", str(e))
        raise FileProblem(
            path, int(at[1]) if at else None, what[:1].lower() + what[1:], "valid TOML"
        ) from None
    try:
        m = _Manifest.model_validate(data)
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(x + 1) if isinstance(x, int) else x for x in first["loc"])
        line = _line_of(text, first["loc"])
        raise FileProblem(
            path, line, f"{where}: {first['msg'].lower()}", "the keys of docs/series.md"
        ) from None
    return Series(
        slug=m.slug or slugify(path.resolve().parent.name),
        title=m.title,
        source_language=m.source_language,
        synopsis=m.synopsis.strip(),
        characters=tuple(
            Character(**{**c.model_dump(), "aliases": tuple(c.aliases), "relations": tuple(c.relations)})
            for c in m.character
        ),
        terms=tuple(Term(**x.model_dump()) for x in m.term),
        extra=m.model_extra or {},
    )


def write_manifest(path: Path, series: Series, speakers: Sequence[tuple[str, int]] = ()) -> None:
    """Write a first `series.toml` for people to go on with; it never replaces one that is there.

    `speakers` are the names found in the subtitles and the script, with their number of cues.
    """
    if path.exists():
        raise FileExistsError(path)
    out = [
        "# The head of the series. Everything here is used: names and relations go to whoever drafts,",
        "# agreed renderings are checked in every edition. docs/series.md tells more.",
        f"title = {_quoted(series.title)}",
        f"slug = {_quoted(series.slug)}",
        f"source_language = {_quoted(series.source_language)}",
        f"synopsis = {_quoted(series.synopsis)}",
        "",
    ]
    for name, count in speakers:
        out += ["[[character]]", f"name = {_quoted(name)}  # {count} cues", "# aliases = []"]
        out += ['# gender = "female"', "# age = 26", '# relations = [{ to = "...", kind = "granddaughter" }]']
        out += ['# renderings = { en = "...", es = "..." }', ""]
    out += [
        "# [[term]]",
        '# source = "油纸伞"',
        '# kind = "craft"',
        '# renderings = { en = "oil-paper umbrella" }',
        "",
    ]
    path.write_text("\n".join(out), encoding="utf-8")


def slugify(name: str) -> str:
    """A name for files and URLs: letters, digits and hyphens; Chinese letters stay."""
    return re.sub(r"[^\w]+", "-", name.strip().lower()).strip("-_")[:80] or "series"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + re.sub(r"[\x00-\x1f\x7f]", "", escaped) + '"'


def _line_of(text: str, loc: tuple[int | str, ...]) -> int | None:
    """The line of the table that an error is in: the n-th [[character]] or the top-level key."""
    if not loc:
        return None
    nth = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    pattern = rf"^[ \t]*(?:\[\[\s*{re.escape(str(loc[0]))}\s*\]\]|{re.escape(str(loc[0]))}\s*=)"
    found = [text.count("\n", 0, m.start()) + 1 for m in re.finditer(pattern, text, re.MULTILINE)]
    return found[nth] if nth < len(found) else None
