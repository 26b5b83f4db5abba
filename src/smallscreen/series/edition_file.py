"""The edition as one JSON file: what `package` writes, and what `--drafts` reads back.

    edition = EditionFile.read(Path("edition.json"))
    edition.lines[0].text
    edition.write(Path("copy.json"))

Only `format`, `locale` and, of each line, `episode`, `cue` and `text` must be there; keys that are not
known are passed over, so that a file written by a later version still serves. Entries stand one on a
line and in a fixed order of keys, so that two editions can be compared with any diff.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from smallscreen.errors import FileProblem, UserError
from smallscreen.series.model import cue_id

FORMAT = "smallscreen.edition/1"
MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read. An edition of 80 episodes with all its findings takes about 5 MB."""
MAX_LINES = 200_000
MAX_TEXT = 1_000_000

# Surrogates cannot be written as UTF-8; control characters have no place in a subtitle.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _clean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


Text = Annotated[str, BeforeValidator(_clean), Field(max_length=MAX_TEXT)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class EditionLine(_Entry):
    """The words for one source cue, not yet broken to the screen."""

    episode: int = Field(ge=1, le=100_000, description="episode number")
    cue: int = Field(ge=1, le=1_000_000, description="index of the cue in its episode")
    text: Text
    strategy: Text | None = Field(default=None, description="Pedersen's strategy, where the line departs")
    reason: Text | None = Field(default=None, description="why it departs")
    origin: Text = Field(
        default="file", description="whose words: file:NAME, openai:MODEL, local:MODEL, hand"
    )

    @property
    def cue_id(self) -> str:
        """The id of the source cue, as `series.model.cue_id` makes it."""
        return cue_id(self.episode, self.cue)


class FittedLine(_Entry):
    """One subtitle as it stands on the screen; `text` holds its line breaks."""

    episode: int = Field(ge=1)
    index: int = Field(default=0, ge=0)
    start_ms: int
    end_ms: int
    text: Text
    cues: list[str] = []


class Brief(BaseModel):
    """What whoever made the edition settled for the whole series. Further keys are kept."""

    model_config = ConfigDict(extra="allow")

    tone: Text = ""
    names: dict[str, Any] = {}
    address: Text = ""
    open_questions: list[Text] = []


class EditionFile(_Entry):
    """An edition with every decision behind it. `read` and `write` are the way in and out."""

    limit_bytes: ClassVar[int] = MAX_BYTES

    format: str = FORMAT
    series: Text = ""
    locale: Text = Field(min_length=2, max_length=64)
    variant: Text = "main"
    profile: Text = "vertical"
    platform: Text = "universal"
    title: Text = ""
    synopsis: Text = ""
    brief: Brief | None = None
    notes: list[Text] = Field(default=[], description="what a reader must know of how it was made")
    lines: list[EditionLine] = Field(default=[], max_length=MAX_LINES)
    fitted: list[FittedLine] = Field(default=[], max_length=MAX_LINES)
    barriers: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    decisions: list[dict[str, Any]] = []

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value != FORMAT:
            raise ValueError(f"the format is {value[:60]!r}")
        return value

    @classmethod
    def read(cls, path: str | Path) -> EditionFile:
        """The edition of a file. FileProblem, with the line where it is known, when it cannot be used."""
        path = Path(path)
        try:
            size = path.stat().st_size
            if size > cls.limit_bytes:
                raise FileProblem(
                    path, None, f"it has {size:,} bytes", f"an edition file of at most {cls.limit_bytes:,}"
                )
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise FileProblem(
                path, None, f"it cannot be read ({error.strerror})", "an edition file"
            ) from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise FileProblem(path, line, "it is not UTF-8 text", "an edition file in UTF-8") from error
        try:
            # The file may bring numbers of any length and "NaN"; neither is of use here.
            data = json.loads(text, parse_constant=lambda name: None)
        except json.JSONDecodeError as error:
            raise FileProblem(
                path, error.lineno, f"the JSON breaks off or is wrong ({error.msg})", "JSON"
            ) from error
        except (RecursionError, ValueError) as error:
            raise FileProblem(
                path, None, "the JSON is nested too deep or holds a giant number", "JSON"
            ) from error
        if not isinstance(data, dict) or "format" not in data:
            raise FileProblem(path, 1, 'it has no "format"', f'a JSON object with "format": "{FORMAT}"')
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise _problem(path, text, error) from error

    def write(self, path: str | Path) -> Path:
        """Write the file in UTF-8 and return its path; an older one is replaced in one move."""
        path = Path(path)
        data = self.model_dump(mode="json", exclude_none=False)
        if self.brief is None:
            del data["brief"]
        body = "{\n" + ",\n".join(f" {_json(key)}: {_member(value)}" for key, value in data.items()) + "\n}\n"
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(body)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except OSError as error:
            Path(temporary).unlink(missing_ok=True)
            raise UserError(
                f"{path.name} cannot be written ({error.strerror}); choose another folder."
            ) from error
        return path


def _json(value: Any) -> str:
    """One value on one line. Free-form dictionaries are sorted, because their order means nothing."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _member(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_json(_ordered(entry))}" for entry in value) + "\n ]"
    return _json(_ordered(value))


def _ordered(value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict):
        keys = list(value) if depth == 0 else sorted(value)
        return {key: _ordered(value[key], depth + 1) for key in keys}
    if isinstance(value, list):
        return [_ordered(v, depth + 1) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _problem(path: Path, text: str, error: ValidationError) -> FileProblem:
    """The first thing wrong, in words, with the line that the entry stands on."""
    first = error.errors(include_url=False)[0]
    where = first["loc"]
    if where == ("format",):
        return FileProblem(path, None, str(first["ctx"]["error"]), f'"format": "{FORMAT}"')
    name = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in where) or "the file"
    line = None
    if len(where) >= 2 and isinstance(where[0], str) and isinstance(where[1], int):
        line = _line_of_entry(text, where[0], where[1])
    wanted = first["msg"][:1].lower() + first["msg"][1:]
    wanted = wanted.removeprefix("input should be ").removeprefix("field required") or "a value there"
    problem = f"{name} is missing" if first["type"] == "missing" else f"{name} is not right"
    return FileProblem(path, line, problem, wanted)


def _line_of_entry(text: str, key: str, number: int) -> int | None:
    """The line, from 1, on which entry `number` (from 0) of the top-level list `key` begins."""
    for name, start in _members(text):
        if name == key:
            for count, position in enumerate(_entries(text, start)):
                if count == number:
                    return text.count("\n", 0, position) + 1
    return None


_SPACE = re.compile(r"[\s,:]*")


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _members(text: str) -> Iterator[tuple[str, int]]:
    """The keys of the top-level object with where their values begin; `text` is known to be JSON."""
    decoder = json.JSONDecoder()
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        key, position = decoder.raw_decode(text, position)
        start = _skip(text, position)
        yield key, start
        _, position = decoder.raw_decode(text, start)
        position = _skip(text, position)


def _entries(text: str, position: int) -> Iterator[int]:
    decoder = json.JSONDecoder()
    position = _skip(text, position + 1)
    while text[position] != "]":
        yield position
        _, position = decoder.raw_decode(text, position)
        position = _skip(text, position)
