"""Reading `releases.toml`. What cannot be used is refused in one sentence with table, key and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem
from smallscreen.rights.releases import PLACES, Owner, Releases, Rule, address, check_territory

MAX_BYTES = 1024 * 1024


def read_releases(path: Path) -> Releases:
    """Read the file; no rules where it is not there. FileProblem, with the line, for what cannot be used."""
    if not path.exists():
        return Releases()
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise FileProblem(path, None, "it is larger than 1 MB or no file", "a TOML file (docs/rights.md)")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise FileProblem(path, None, f"byte {e.start} is not UTF-8", "TOML in UTF-8") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(e))
        problem = re.sub(r"\s*\(at [^)]*\)", "", str(e)) + (f" (column {at[2]})" if at else "")
        line = int(at[1]) if at else text.count("\n") + 1
        raise FileProblem(path, line, problem, 'TOML such as name = "..."') from None
    except RecursionError:
        raise FileProblem(path, None, "its brackets are nested too deeply", "tables and lists") from None
    reader = _Reader(path, text)
    return Releases(tuple(reader.rules(data)), reader.owner(data))


class _Reader:
    """Turns the tables into rules; says table, key and line of what cannot be used."""

    _KEYS = ("name", "series", "edition", "sha256", *PLACES)
    _WINDOW = ("territory", "from", "to")

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.kind, self.nth, self.table = "", 0, {}  # type: str, int, Mapping[str, Any]

    def rules(self, data: Mapping[str, Any]) -> Sequence[Rule]:
        for key, value in data.items():
            if key == "owner":
                continue
            if key not in ("release", "license"):
                expected = "the tables [[release]], [[license]] and [owner]"
                raise FileProblem(self.path, self._line("", key), f"the file has {_shown(key)}", expected)
            self.kind = key
            if not isinstance(value, list) or not all(isinstance(t, dict) for t in value):
                raise self._bad(key, f"{key} is one table", f"[[{key}]] in double brackets")
        found: list[Rule] = []
        for kind in ("release", "license"):
            for self.nth, self.table in enumerate(data.get(kind, ())):
                self.kind = kind
                found.append(self._rule(kind))
        return found

    def owner(self, data: Mapping[str, Any]) -> Owner:
        table = data.get("owner", {})
        known = ("name", "address", "telephone", "email")
        for key, value in table.items() if isinstance(table, dict) else [("owner", table)]:
            if key not in known or not isinstance(value, str):
                expected = ", ".join(known) + ", each a text"
                raise FileProblem(
                    self.path, self._line("[owner]", key), f"[owner]: {key} is {_shown(value)}", expected
                )
        return Owner(**{k: v.strip() for k, v in table.items()})

    def _rule(self, kind: str) -> Rule:
        known = (
            self._KEYS if kind == "release" else tuple(k for k in self._KEYS if k != "sha256") + self._WINDOW
        )
        for key in self.table:
            if key not in known:
                raise self._bad(key, f"nothing is known of the key {key!r}", ", ".join(known))
        name = self._texts("name", one=True)
        if not name:
            raise self._bad("", "it has no name", 'name = "..."')
        places = {p: self._patterns(p) for p in PLACES if p in self.table}
        hashes = tuple(h.lower() for h in self._texts("sha256"))
        for h in hashes:
            if not re.fullmatch(r"[0-9a-f]{64}", h):
                raise self._bad("sha256", f"{h[:70]!r} is no SHA-256", "64 digits from 0 to f")
        if not places and not hashes:
            wanted = "channel, account, uploader or url" + (", or sha256" if kind == "release" else "")
            raise self._bad("", "it says nothing of where the video is", wanted)
        series = self._texts("series", one=True)
        starts, ends, territories = None, None, ()  # type: date | None, date | None, tuple[str, ...]
        if kind == "license":
            starts, ends, territories = self._day("from"), self._day("to"), self._territories()
            if ends < starts:
                raise self._bad("to", f"it ends on {ends}, before it begins on {starts}", "a later day")
            if not series:
                raise self._bad("", "it names no series", 'series = "...", as in the catalogue')
        return Rule(
            "release" if kind == "release" else "license", name[0], series[0] if series else "",
            self._texts("edition"), hashes, places, territories, starts, ends,
        )  # fmt: skip

    def _texts(self, key: str, one: bool = False) -> tuple[str, ...]:
        value = self.table.get(key, [])
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(v, str) and v.strip() for v in given):
            raise self._bad(
                key, f"{key} is {_shown(value)}", f'{key} = "..."' + ("" if one else " or a list of such")
            )
        if one and len(given) > 1:
            raise self._bad(key, f"{key} is a list", f'{key} = "...", only one')
        return tuple(v.strip() for v in given)

    def _patterns(self, key: str) -> tuple[str, ...]:
        patterns = self._texts(key)
        if not patterns:
            raise self._bad(key, f"{key} is empty", f'{key} = ["..."]')
        for pattern in patterns:
            if not pattern.strip("* /"):
                raise self._bad(
                    key, f"{pattern!r} would set everything apart", "the name of a channel or a part of it"
                )
            if key == "url" and ((a := address(pattern)) is None or "*" in a[0]):
                raise self._bad(
                    key,
                    f"{_shown(pattern)} is no address",
                    "https://, a whole host, and a path; * in the path",
                )
        return patterns

    def _territories(self) -> tuple[str, ...]:
        found = []
        for value in self._texts("territory"):
            try:
                found.append(check_territory(value))
            except ValueError as e:
                problem, _, expected = str(e).partition("; write ")
                raise self._bad("territory", problem, expected) from None
        if not found:
            raise self._bad("", "it has no territory", 'territory = ["BR"], or "world"')
        return tuple(dict.fromkeys(found))

    def _day(self, key: str) -> date:
        value = self.table.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                pass
        if not isinstance(value, date) or isinstance(value, datetime):
            problem = f"{key} is {_shown(value)}" if key in self.table else f"it has no {key}"
            raise self._bad(key, problem, f"{key} = 2026-12-31, a day")
        return value

    def _bad(self, key: str, problem: str, expected: str) -> FileProblem:
        header = f"[[{self.kind}]]"
        where = f"{header} {self.nth + 1}: " if self.table else ""
        return FileProblem(self.path, self._line(header, key), where + problem, expected)

    def _line(self, header: str, key: str) -> int | None:
        """The line of the key in its table; of the table, where the key stands in no line of its own."""
        lines = self.text.splitlines()
        heads = [i for i, line in enumerate(lines) if header and line.strip().startswith(header)]
        nth = self.nth if header.startswith("[[") else 0
        start = heads[nth] if nth < len(heads) else -1
        if key:
            name = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[]=.]")
            for i in range(start + 1, len(lines)):
                if name.match(lines[i]):
                    return i + 1
                if start >= 0 and re.match(r"\s*\[\[?[\w.-]+\]", lines[i]):
                    break
        return start + 1 if start >= 0 else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
