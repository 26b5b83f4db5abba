"""The breakdown of a series: made from its script, changed by hand, and brought up to date without losing that.

    made, fresh = breakdown(project)                 # as it stands now
    save(project, changed, who="Ana")                # what a person changed, a sheet or a page

The automatic breakdown is kept beside the one that people work on. When the script changes, the new automatic one is
compared with the old: what a person changed stays as they left it, everything else follows the script. New scenes are
added, scenes that are gone from the script go, unless somebody worked on them: those stay and are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from smallscreen.errors import UserError
from smallscreen.production.conflicts import find_problems, finding
from smallscreen.production.elements import lexicons
from smallscreen.production.model import (
    ROOM,
    Breakdown,
    CastMember,
    Element,
    Location,
    Rules,
    SceneSheet,
    from_json,
    to_json,
)
from smallscreen.production.scenes import Facts, Source, read_scenes
from smallscreen.series import documents
from smallscreen.series.model import Finding
from smallscreen.series.project import Project
from smallscreen.series.steps import run as run_step
from smallscreen.series.store import Store

STEP = "breakdown"
KEY, READ_KEY, RULES_KEY = "breakdown", "breakdown.read", "rules"
_VERSION = 1
_MACHINE = "breakdown"
T = TypeVar("T")


def breakdown(project: Project) -> tuple[Breakdown, bool]:
    """The breakdown as it stands, brought up to date with the script; `fresh` is False when nothing had changed.

    Raises UserError when there is neither a script nor a subtitle to make it of.
    """
    store = project.store
    source = _source(store)
    if not any(source.scenes.values()) and not any(source.cues.values()):
        raise UserError(
            f"{store.series().title} has neither a script nor subtitles; put a script (.txt, .fountain, .fdx, .docx) "
            f"into {project.root} and open it again."
        )
    rules = load_rules(store)

    def work() -> dict[str, Any]:
        read, facts = read_scenes(source, rules.estimate)
        base, _ = _load(store, READ_KEY)
        theirs, version = _load(store, KEY)
        merged, gone = (read, []) if theirs is None else merge(base or Breakdown(), theirs, read)
        problems = (*_vanished(gone, facts), *find_problems(merged, facts))
        merged = replace(merged, problems=problems)
        _, read_version = _load(store, READ_KEY)
        documents.put(store, ROOM, READ_KEY, to_json(read), read_version, _MACHINE)
        documents.put(store, ROOM, KEY, to_json(merged), version, _MACHINE)
        _put_findings(store, problems)
        return {"scenes": len(merged.scenes), "problems": len(problems)}

    inputs = (
        _VERSION,
        source,
        rules.estimate,
        [(x.language, x.words, x.labels, x.phrases) for x in lexicons()],
    )
    ran = run_step(store, STEP, "", inputs, work)
    made, _ = _load(store, KEY)
    if made is None:  # somebody took the document away: make it again
        store.put_step(STEP, "", "", {})
        ran = run_step(store, STEP, "", inputs, work)
        made, _ = _load(store, KEY)
    assert made is not None
    return made, ran.fresh


def save(project: Project, changed: Breakdown, who: str, version: int | None = None) -> Breakdown:
    """Store what a person made of the breakdown; gives it with its conflicts found anew.

    `version` is the one that they saw (`documents.get`); None: whatever is there, for a file that was just merged.
    Raises DocumentConflict where somebody else changed it since.
    """
    store = project.store
    _, facts = read_scenes(_source(store), load_rules(store).estimate)
    problems = find_problems(changed, facts)
    made = replace(changed, problems=problems)
    with store.transaction():
        seen = _load(store, KEY)[1] if version is None else version
        documents.put(store, ROOM, KEY, to_json(made), seen, who)
        _put_findings(store, problems)
    return made


def load_rules(store: Store) -> Rules:
    """The rules of the shoot; our examples where nobody has set any."""
    found = documents.get(store, ROOM, RULES_KEY)
    return Rules() if found is None else from_json(Rules, found.body)


def save_rules(store: Store, rules: Rules, who: str, version: int | None = None) -> int:
    """Store the rules; gives their version. `version` as in `save`."""
    if version is None:
        found = documents.get(store, ROOM, RULES_KEY)
        version = found.version if found else 0
    return documents.put(store, ROOM, RULES_KEY, to_json(rules), version, who)


def merge(base: Breakdown, theirs: Breakdown, read: Breakdown) -> tuple[Breakdown, list[SceneSheet]]:
    """`theirs` (worked on by people, made of `base`) brought up to date with `read`, and the scenes kept though gone.

    In every field what a person changed wins; of cast, elements and scenes that go before, each entry by itself.
    """
    old = {s.id: s for s in base.scenes}
    mine = {s.id: s for s in theirs.scenes}
    new = {s.id: s for s in read.scenes}
    kept: dict[str, SceneSheet] = {}
    for s in read.scenes:
        if s.id in mine:
            kept[s.id] = _merged(old.get(s.id, s), mine[s.id], s)
        elif s.id not in old:
            kept[s.id] = s  # new in the script; one that a person took out stays out
    gone = [s for s in theirs.scenes if s.id in old and s.id not in new and s != old[s.id]]
    order = [s.id for s in read.scenes if s.id in kept]
    for s in theirs.scenes:
        if s.id not in kept and (s.id not in old or s in gone):
            kept[s.id] = s
            _insert_after(order, s.id, [x.id for x in theirs.scenes])
    scenes = tuple(kept[x] for x in order)
    cast = _by_name(base.cast, theirs.cast, read.cast, lambda c: c.name)
    return (
        Breakdown(
            scenes,
            _numbered(cast),
            _by_name(base.locations, theirs.locations, read.locations, lambda x: x.name),
            (),
            read.source,
        ),
        gone,
    )


# --- within ----------------------------------------------------------------------------------


def _merged(old: T, mine: T, new: T) -> T:
    """Field by field: mine where a person changed it, else the new one."""
    values: dict[str, Any] = {}
    for f in fields(mine):  # type: ignore[arg-type]
        a, b, c = (getattr(x, f.name) for x in (old, mine, new))
        if f.name in ("cast", "after"):
            values[f.name] = _entries(a, b, c, lambda x: x)
        elif f.name == "elements":
            values[f.name] = _entries(a, b, c, _element_key)
        else:
            values[f.name] = c if a == b else b
    return replace(mine, **values)  # type: ignore[type-var]


def _entries(
    old: Sequence[T], mine: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable]
) -> tuple[T, ...]:
    if tuple(old) == tuple(mine):
        return tuple(new)
    was, theirs, now = ({key(x): x for x in some} for some in (old, mine, new))
    found: list[T] = []
    for k, x in theirs.items():
        if k not in was or x != was[k]:
            found.append(x)  # added or changed by hand
        elif k in now:
            found.append(now[k])
    found += [x for k, x in now.items() if k not in theirs and k not in was]
    return tuple(found)


def _by_name(old: Sequence[T], mine: Sequence[T], new: Sequence[T], key: Callable[[T], str]) -> tuple[T, ...]:
    was, theirs, now = ({key(x): x for x in some} for some in (old, mine, new))
    found: list[T] = []
    for k, x in theirs.items():
        if k in now:
            found.append(_merged(was.get(k, now[k]), x, now[k]))
        elif k not in was or x != was[k]:
            found.append(x)
    found += [x for k, x in now.items() if k not in theirs and k not in was]
    return tuple(found)


def _numbered(cast: Iterable[CastMember]) -> tuple[CastMember, ...]:
    """Each with a number of its own: a new part whose number is taken gets the next free one."""
    found: list[CastMember] = []
    taken: set[int] = set()
    for member in cast:
        number = member.number
        while number in taken or number < 1:
            number += 1
        taken.add(number)
        found.append(replace(member, number=number))
    return tuple(found)


def _element_key(e: Element) -> tuple[str, str]:
    return e.kind, e.name.casefold()


def _insert_after(order: list[str], scene_id: str, theirs: list[str]) -> None:
    """Puts a scene behind the nearest one that stood before it."""
    for before in reversed(theirs[: theirs.index(scene_id)]):
        if before in order:
            order.insert(order.index(before) + 1, scene_id)
            return
    order.insert(0, scene_id)


def _vanished(gone: Sequence[SceneSheet], facts: dict[str, Facts]) -> list[Finding]:
    return [
        finding(
            "vanished", s, facts,
            f"Scene {s.id} is no longer in the script; it is kept because somebody worked on it.",
            "Delete its row in the sheet if it is not to be shot.",
        )
        for s in gone
    ]  # fmt: skip


def _put_findings(store: Store, problems: Sequence[Finding]) -> None:
    episodes = {e.number for e in store.episodes()}
    # Findings stand on episodes of the source; a scene that a person added may be of another.
    store.put_findings(STEP, None, episodes, [f for f in problems if f.episode in episodes])


def _source(store: Store) -> Source:
    return Source(store.series().characters, store.scenes(), store.script(), store.cues())


def _load(store: Store, key: str) -> tuple[Breakdown | None, int]:
    found = documents.get(store, ROOM, key)
    return (None, 0) if found is None else (from_json(Breakdown, found.body), found.version)


__all__ = ["Breakdown", "Location", "breakdown", "load_rules", "merge", "save", "save_rules"]
