"""Bringing a brief up to date without losing a word that a person wrote.

A line that still reads as the program wrote it is the program's and may be rewritten; every other line is
a person's and stays, comments and blank lines too. What a person took out is not put back. Where a
person's line stands against something new, that is a conflict: theirs holds, and it is reported.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smallscreen.series.brief_file import KEYS, parse


@dataclass(frozen=True, slots=True)
class Merge:
    """The text to write, and what to tell. `conflicts` are sentences; the counts are entries."""

    text: str
    added: int = 0
    updated: int = 0  # lines
    dropped: int = 0
    kept: int = 0  # lines of people
    conflicts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Statement:
    """One key with its value (which may take several lines), or a run of comment and blank lines."""

    text: str
    key: str | None = None
    value: Any = None


@dataclass(slots=True)
class _Block:
    """A table with its statements; the head of the file is the block without a table."""

    table: str
    header: str
    body: list[_Statement] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        return {s.key: s.value for s in self.body if s.key is not None}

    @property
    def id(self) -> tuple[str, ...]:
        values = self.values
        return (self.table, *(str(values.get(k, "")).strip() for k in KEYS.get(self.table, ())))


def merge(new: str, there: str | None, before: str | None) -> Merge:
    """`new` is what the program would write now, `there` the file as it stands, `before` what the
    program wrote last.

    Without `before` every line that stands there counts as a person's. Raises FileProblem when `there` is
    not a brief.
    """
    if there is None or not there.strip():
        return Merge(new, added=sum(1 for b in _blocks(new) if b.table))
    there = there.replace("\r\n", "\n")
    parse(there, Path("the brief"))
    if before is not None and there == before:
        last, now = {b.id for b in _blocks(before)}, {b.id for b in _blocks(new)}
        return Merge(new, added=len(now - last), dropped=len(last - now))
    mine, theirs = _blocks(new), _blocks(there)
    base = {b.id: b for b in _blocks(before)} if before is not None else {}
    fresh_by_id = {b.id: b for b in mine}
    out: list[_Block] = []
    updated = dropped = kept = 0
    conflicts: list[str] = []
    for block in theirs:
        fresh, was = fresh_by_id.get(block.id), base.get(block.id)
        if fresh is None:
            if was is not None and _own(block) == _own(was):
                dropped += 1
                loose = [
                    s for s in block.body if s.key is None and s.text.strip() and s.text not in _comments(was)
                ]
                if loose and out:
                    out[-1].body += loose  # a person's comment outlives the entry it stood under
                elif loose:
                    out.append(_Block("", "", loose))
                continue
            kept += sum(s.key is not None for s in block.body)
            out.append(block)
            if was is not None:
                conflicts.append(f"{_named(block)} is no longer found in the series; your entry stays.")
            continue
        lines, counts, said = _lines(block, fresh, was)
        updated, kept = updated + counts[0], kept + counts[1]
        conflicts += said
        out.append(_Block(block.table, block.header, lines))
    there_ids = {b.id for b in theirs}
    added = [b for b in mine if b.id not in there_ids and b.id not in base]
    out = _with(out, added)
    text = "".join(b.header + "".join(s.text for s in b.body) for b in out)
    return Merge(text, len(added), updated, dropped, kept, tuple(conflicts))


def _lines(
    block: _Block, fresh: _Block, was: _Block | None
) -> tuple[list[_Statement], tuple[int, int], list[str]]:
    """The statements of a block that is in the file and found again."""
    now = {s.key: s for s in fresh.body if s.key}
    old = {s.key: s for s in was.body if s.key} if was else {}
    updated = kept = 0
    conflicts: list[str] = []
    lines: list[_Statement] = []
    for s in block.body:
        mine, written = now.get(s.key or ""), old.get(s.key or "")
        if s.key is None:
            lines.append(s)
        elif written is not None and s.text.strip() == written.text.strip():
            if mine is not None and mine.text.strip() != s.text.strip():
                updated += 1
                lines.append(_Statement(mine.text, mine.key, mine.value))
            else:
                lines.append(s)
        else:
            lines.append(s)
            if mine is None or s.value != mine.value:
                kept += 1
            changed = written is not None and mine is not None and mine.value != written.value
            if changed and mine is not None and mine.value != s.value:
                conflicts.append(
                    f"{_named(block)}: {s.key} is {_short(s.value)} in your brief and would now be {_short(mine.value)}; "
                    "yours holds."
                )
    present = {s.key for s in block.body}
    missing = [s for s in fresh.body if s.key and s.key not in present and s.key not in old]
    if was is not None and missing:  # a key that this version is the first to write
        end = max((n for n, s in enumerate(lines) if s.key is not None), default=-1) + 1
        if end and not lines[end - 1].text.endswith("\n"):
            lines[end - 1] = _Statement(lines[end - 1].text + "\n", lines[end - 1].key, lines[end - 1].value)
        lines[end:end] = [_Statement(s.text.rstrip("\n") + "\n", s.key, s.value) for s in missing]
        updated += len(missing)
    return lines, (updated, kept), conflicts


def _with(out: list[_Block], added: Sequence[_Block]) -> list[_Block]:
    """New entries come after the last of their table, or at the end."""
    for block in added:
        places = [n for n, b in enumerate(out) if b.table == block.table]
        at = places[-1] + 1 if places else len(out)
        if at and out[at - 1].body:
            last = out[at - 1].body[-1]
            if not last.text.endswith("\n"):
                out[at - 1].body[-1] = _Statement(last.text + "\n", last.key, last.value)
        elif at and not out[at - 1].header.endswith("\n"):
            out[at - 1].header += "\n"
        body = [s for s in block.body if s.key is not None]
        out.insert(at, _Block(block.table, "\n" * (at > 0) + block.header.lstrip("\n"), [*body]))
    return out


def _blocks(text: str) -> list[_Block]:
    """A TOML file cut into tables and statements; joined again they are the same text."""
    blocks = [_Block("", "")]
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    n = 0
    while n < len(lines):
        line = lines[n]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            blocks[-1].body.append(_Statement(line))
            n += 1
        elif bare.startswith("["):
            name = next(iter(tomllib.loads(bare)), "")
            blocks.append(_Block(name, line))
            n += 1
        else:
            end, data = _value(lines, n)
            key = next(iter(data), None)
            blocks[-1].body.append(_Statement("".join(lines[n:end]), key, data.get(key) if key else None))
            n = end
    return blocks


def _value(lines: Sequence[str], start: int) -> tuple[int, dict[str, Any]]:
    """Where the statement that begins in line `start` ends: the first end at which it is TOML."""
    for end in range(start + 1, len(lines) + 1):
        try:
            return end, tomllib.loads("".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
    raise ValueError("a statement without end in a file that was read before")  # parse() has refused it


def _own(block: _Block) -> list[str]:
    return [s.text.strip() for s in block.body if s.key is not None]


def _comments(block: _Block) -> set[str]:
    return {s.text for s in block.body if s.key is None}


def _named(block: _Block) -> str:
    return " ".join(x for x in block.id if x) or "the head"


def _short(value: Any) -> str:
    said = str(value)
    return f"“{said if len(said) <= 60 else said[:59] + '…'}”"
