"""The brief of an edition as it stands in its TOML file: what was decided, read strictly.

`localize` writes these files and merges into them; every room may read what is settled.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from smallscreen.errors import FileProblem
from smallscreen.series.model import STRATEGIES

MAX_BYTES = 16 * 1024 * 1024
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

KEYS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "pair": ("from", "to"),
    "item": ("item", "kind"),
    "scene": ("id",),
    "question": ("question",),
}
"""The tables of the file, and the keys that tell two entries of one table apart."""


def _cleaned(value: Any) -> Any:
    return UNWANTED.sub("", value).strip() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_cleaned), Field(max_length=4000)]
Strategy = Literal[
    "", "retention", "specification", "direct-translation", "generalization", "substitution", "omission",
    "official-equivalent",
]  # fmt: skip
Action = Literal["", "keep", "light edit", "local carrier", "remake"]
ACTIONS = tuple(x for x in get_args(Action) if x)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SettledName(_Table):
    """One character's name in this market."""

    name: Text = Field(min_length=1)
    who: Text = ""
    rendering: Text = ""
    note: Text = ""


class SettledPair(_Table):
    """How one character addresses another in this market; `form` is tú, usted, du, 반말 ..."""

    from_: Text = Field(min_length=1, alias="from")
    to: Text = Field(min_length=1)
    relation: Text = ""
    source: list[Text] = []
    cues: list[Text] = []
    rendering: Text = ""
    form: Text = ""
    note: Text = ""


class SettledItem(_Table):
    """A culture-bound item; `settled` makes its rendering agreed even where it was only proposed."""

    item: Text = Field(min_length=1)
    kind: Text = ""
    need: int = Field(default=2, ge=1, le=3)
    count: int = Field(default=0, ge=0)
    episodes: int = Field(default=0, ge=0)
    cues: list[Text] = []
    literal: Text = ""
    meaning: Text = ""
    strategy: Strategy = ""
    rendering: Text = ""
    reason: Text = ""
    note: Text = ""
    settled: bool = False


class SettledScene(_Table):
    """A scene that may not travel; `note` tells whoever drafts what its lines have to do."""

    id: Text = Field(min_length=1)
    type: Text = ""
    episode: int = Field(default=0, ge=0)
    scene: Text = ""
    place: Text = ""
    first: Text = ""
    last: Text = ""
    cues: list[Text] = []
    action: Action = ""
    reason: Text = ""
    do: Text = ""
    note: Text = ""


class SettledQuestion(_Table):
    """What only a person can decide."""

    question: Text = Field(min_length=1)
    answer: Text = ""


class _File(_Table):
    market: Text = ""
    title: Text = ""
    synopsis: Text = ""
    tone: Text = ""
    register_: Text = Field(default="", alias="register")
    address: Text = ""
    note: Text = ""
    name: list[SettledName] = []
    pair: list[SettledPair] = []
    item: list[SettledItem] = []
    scene: list[SettledScene] = []
    question: list[SettledQuestion] = []


@dataclass(frozen=True, slots=True)
class Settled:
    """A brief as it stands in its file: what holds now."""

    market: str = ""
    title: str = ""
    synopsis: str = ""
    tone: str = ""
    register: str = ""
    address: str = ""
    note: str = ""
    names: tuple[SettledName, ...] = ()
    pairs: tuple[SettledPair, ...] = ()
    items: tuple[SettledItem, ...] = ()
    scenes: tuple[SettledScene, ...] = ()
    questions: tuple[SettledQuestion, ...] = ()


def brief_path(root: Path, locale: str, variant: str = "main") -> Path:
    """Where the brief of an edition is: `briefs/en-US.toml`, `briefs/en-US.teens.toml` for a variant."""
    return root / "briefs" / f"{locale if variant == 'main' else f'{locale}.{variant}'}.toml"


def settled_for(root: Path, locale: str, variant: str = "main") -> Settled | None:
    """The brief that an edition obeys, or None. A variant without its own obeys its market's.

    A literal draft obeys none: it shows what a word-for-word rendering does. Raises FileProblem.
    """
    if variant == "literal":
        return None
    for name in dict.fromkeys((variant, "main")):
        path = brief_path(root, locale, name)
        if path.is_file():
            settled = read(path)
            if settled.market not in ("", locale):
                found = f"it says that it is for {settled.market}"
                raise FileProblem(path, None, found, f'market = "{locale}"')
            return settled
    return None


def read(path: Path) -> Settled:
    """Read a brief. Raises FileProblem with the line for anything that is not as it must be."""
    if path.stat().st_size > MAX_BYTES:
        raise FileProblem(path, None, "it is too large", f"at most {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    return parse(text.replace("\r\n", "\n"), path)


def parse(text: str, path: Path) -> Settled:
    """Read the text of a brief; `path` is named in the FileProblem."""
    data = load(text, path)
    try:
        m = _File.model_validate(data)
    except ValidationError as e:
        first = e.errors()[0]
        loc = [x for x in first["loc"] if not (isinstance(x, str) and x.startswith("_"))]
        where = ".".join(str(x + 1) if isinstance(x, int) else x for x in loc)
        known = first["type"] == "extra_forbidden"
        expected = "the keys of docs/brief.md"
        if loc[-1:] == ["strategy"]:
            expected = f"one of {', '.join(STRATEGIES)}"
        if loc[-1:] == ["action"]:
            expected = f"one of {', '.join(ACTIONS)}"
        message = "there is no such key" if known else first["msg"][:1].lower() + first["msg"][1:]
        raise FileProblem(path, _line_of(text, loc), f"{where}: {message}", expected) from None
    for table, keys in KEYS.items():
        seen: set[tuple[Any, ...]] = set()
        for n, entry in enumerate(data.get(table, [])):
            key = tuple(entry.get(k, "") for k in keys)
            if key in seen:
                said = " ".join(str(k) for k in key)
                line = _line_of(text, [table, n])
                raise FileProblem(path, line, f"{table} {said} is here twice", "one entry for each")
            seen.add(key)
    return Settled(
        m.market, m.title, m.synopsis, m.tone, m.register_, m.address, m.note,
        tuple(m.name), tuple(m.pair), tuple(m.item), tuple(m.scene), tuple(m.question),
    )  # fmt: skip


def load(text: str, path: Path) -> dict[str, Any]:
    """The TOML of a brief as plain data. Raises FileProblem with the line."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        at = re.search(r"at line (\d+)", str(e))
        what = re.sub(r"\s*\(at .*\)$", "", str(e)) or "it is nested too deeply"
        line = int(at[1]) if at else text.count("\n") + 1 if "end of document" in str(e) else None
        raise FileProblem(path, line, what[:1].lower() + what[1:], "valid TOML") from None


def _line_of(text: str, loc: Sequence[int | str]) -> int | None:
    """The line of a key of the n-th [[table]], of the table when the key is not found, or of a top-level key."""
    if not loc:
        return None
    name = re.escape(str(loc[0]))
    nth = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else None
    if nth is None:
        found = re.search(rf"^[ \t]*\"?{name}\"?\s*=|^[ \t]*\[+\s*{name}\s*\]+", text, re.MULTILINE)
        return text.count("\n", 0, found.start()) + 1 if found else None
    heads = [m.end() for m in re.finditer(rf"^[ \t]*\[\[\s*{name}\s*\]\]", text, re.MULTILINE)]
    if nth >= len(heads):
        return None
    start = heads[nth]
    end = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, start)
    stop = end.start() if end else len(text)
    if len(loc) > 2:
        key = re.compile(rf"^[ \t]*\"?{re.escape(str(loc[2]))}\"?\s*=", re.MULTILINE).search(
            text, start, stop
        )
        if key:
            return text.count("\n", 0, key.start()) + 1
    return text.count("\n", 0, start) + 1
