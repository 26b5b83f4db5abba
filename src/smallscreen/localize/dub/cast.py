"""Who speaks with which voice: kept over the series, assigned by rule once, changed by people in voices.toml.

The cast is a document of the series, one an edition. `voices.toml` in the dub's folder shows it and is read
each time: what a person wrote there wins. New characters are added at its end; nothing else in it is touched.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from smallscreen.engines.voice import Voice
from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.dub.plan import RATES, DubLine
from smallscreen.series import documents
from smallscreen.series.store import Store

FILE = "voices.toml"
ROOM = "dub"
_MAX_BYTES = 1024 * 1024
_HEAD = """\
# Who speaks with which voice in {edition}. Change it, and run smallscreen dub again.
# rate: {slow:g} to {fast:g}, this character's own pace; pitch: -6 to 6 semitones.
"""


@dataclass(frozen=True, slots=True)
class Role:
    """One character's voice in one engine. `rate` is the character's own pace, `pitch` in semitones."""

    character: str
    engine: str
    voice: str
    rate: float = 1.0
    pitch: float = 0.0


def cast_of(
    store: Store,
    edition: str,
    folder: Path,
    lines: Sequence[DubLine],
    engine: str,
    voices: Sequence[Voice],
) -> dict[str, Role]:
    """The roles of everyone who speaks in `lines` (the whole series), by character, for one engine.

    Roles come from voices.toml, else from the stored cast, else from `assigned`; the cast is stored and
    the file brought up to date. FileProblem where the file cannot be used.
    """
    path = folder / FILE
    written = read_cast(path) if path.is_file() else {}
    for _ in range(10):
        mine, roles = _settled(store, edition, written, lines, engine, voices)
        if mine is not None:
            _add(path, edition, [r for k, r in roles.items() if k not in written])
            return mine
    raise UserError(f"The voices of {edition} are being changed all the time; try again in a moment.")


def _settled(
    store: Store,
    edition: str,
    written: Mapping[tuple[str, str], Role],
    lines: Sequence[DubLine],
    engine: str,
    voices: Sequence[Voice],
) -> tuple[dict[str, Role] | None, dict[tuple[str, str], Role]]:
    """This engine's roles and all of them, stored; None where somebody else stored others meanwhile."""
    key = f"voices/{edition}"
    there = documents.get(store, ROOM, key)
    held = (there.body if there else {}).get("roles", [])
    roles = {(r["character"], r["engine"]): Role(**r) for r in held} | dict(written)
    mine = {name: role for (name, used), role in roles.items() if used == engine}
    mine |= assigned(lines, mine, engine, voices)
    roles |= {(name, engine): role for name, role in mine.items()}
    body = {"roles": [asdict(r) for r in roles.values()]}
    try:
        documents.put(store, ROOM, key, body, there.version if there else 0, "dub")
    except documents.DocumentConflict:
        return None, roles
    return mine, roles


def assigned(
    lines: Sequence[DubLine], roles: Mapping[str, Role], engine: str, voices: Sequence[Voice]
) -> dict[str, Role]:
    """Voices for those who have none: the one that fewest lines use among those not used by whom they talk to.

    Characters are served by how much they say. Two talk to each other when one's line follows the other's
    in the same scene.
    """
    said: Counter[str] = Counter(line.character for line in lines)
    talks: Counter[tuple[str, str]] = Counter()
    for a, b in pairwise(lines):
        if a.character != b.character and (a.episode, a.scene) == (b.episode, b.scene):
            talks[a.character, b.character] += 1
            talks[b.character, a.character] += 1
    used: Counter[str] = Counter()
    holders: dict[str, list[str]] = {}
    for name, role in roles.items():
        used[role.voice] += said[name]
        holders.setdefault(role.voice, []).append(name)
    made: dict[str, Role] = {}
    for name, count in sorted(said.items(), key=lambda x: (-x[1], x[0])):
        if name in roles:
            continue
        best = min(
            range(len(voices)),
            key=lambda n: (sum(talks[name, other] for other in holders.get(voices[n].id, [])), used[voices[n].id], n),
        )  # fmt: skip
        voice = voices[best].id
        made[name] = Role(name, engine, voice)
        used[voice] += count
        holders.setdefault(voice, []).append(name)
    return made


def read_cast(path: Path) -> dict[tuple[str, str], Role]:
    """The roles of a voices.toml by character and engine. FileProblem says which table is wrong and how."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FileProblem(
                path, None, "it is larger than 1 MB", "a table [[character]] for each character"
            )
        held = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileProblem(path, None, f"it is not TOML ({str(error)[:100]})", "TOML in UTF-8") from None
    except OSError as error:
        raise FileProblem(path, None, f"it cannot be read ({error.strerror})", "a file") from None
    tables = held.get("character", [])
    if not isinstance(tables, list) or set(held) - {"character"}:
        raise FileProblem(path, None, "it holds something else", "tables [[character]] and nothing else")
    found: dict[tuple[str, str], Role] = {}
    for number, table in enumerate(tables, start=1):
        role = _role(path, number, table)
        if (role.character, role.engine) in found:
            raise FileProblem(
                path, None, f"{role.character!r} has two tables for {role.engine}", "one an engine"
            )
        found[role.character, role.engine] = role
    return found


def _role(path: Path, number: int, table: Any) -> Role:
    where = f"table {number} of [[character]]"
    if not isinstance(table, dict) or set(table) - {"name", "engine", "voice", "rate", "pitch"}:
        raise FileProblem(path, None, f"{where} holds other keys", "name, engine, voice, rate, pitch")
    words = {k: table.get(k) for k in ("name", "engine", "voice")}
    for key, value in words.items():
        if not isinstance(value, str) or len(value) > 200 or (key != "name" and not value):
            raise FileProblem(path, None, f"{key} of {where} is {str(value)[:40]!r}", "a text")
    numbers = {}
    for key, default, low, high in (("rate", 1.0, *RATES), ("pitch", 0.0, -6.0, 6.0)):
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise FileProblem(
                path, None, f"{key} of {where} is {str(value)[:40]}", f"a number from {low:g} to {high:g}"
            )
        numbers[key] = float(value)
    return Role(str(words["name"]), str(words["engine"]), str(words["voice"]), **numbers)


def _add(path: Path, edition: str, roles: Iterable[Role]) -> None:
    """Put roles at the end of the file, under a temporary name until it is whole."""
    tables = [
        f"\n[[character]]\nname = {_quoted(r.character)}\nengine = {_quoted(r.engine)}\n"
        f"voice = {_quoted(r.voice)}\nrate = {r.rate!r}\npitch = {r.pitch!r}\n"
        for r in roles
    ]
    if not tables:
        return
    before = path.read_text("utf-8-sig") if path.is_file() else ""
    before = before or _HEAD.format(edition=edition, slow=RATES[0], fast=RATES[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(before.rstrip("\n") + "\n" + "".join(tables), "utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    """A TOML basic string of any text."""
    made = []
    for ch in text:
        if ch in '"\\':
            made.append("\\" + ch)
        elif ord(ch) < 32 or ord(ch) == 127:
            made.append(f"\\u{ord(ch):04x}")
        else:
            made.append(ch)
    return '"' + "".join(made).encode("utf-8", "ignore").decode() + '"'
