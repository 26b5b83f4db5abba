"""Labels for many lines from a model: lines go in, what the model says of each comes out, checked.

    outcome = label(asker, task, rows)

Rows are packed into requests scene by scene. The model answers for the lines that carry a label and
leaves the others out, so an answer that breaks off is told from one that is done: what follows the break
is asked for again. Every label is judged by the task against the real line (`Task.judge`); ids that
do not exist and labels that do not stand up are dropped and counted, never taken over.

Lines are data written by others. Each is one JSON string; one that reads like an instruction is asked
about in a request of its own (see guard.py); and where half of a request carries the very same labels,
which is what a line does that takes hold of a model, its lines are asked for again apart.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from smallscreen.engines import guard
from smallscreen.engines.chat import Message, Reply
from smallscreen.engines.label_reply import Parsed, parse
from smallscreen.engines.structured import Asker, Estimate, in_parallel, line_names, quoted
from smallscreen.engines.tokens import count_messages
from smallscreen.errors import UserError

MAX_LINES = 60
"""Lines in one request; a scene that would cross it begins the next."""
MAX_TEXT = 400
"""Characters of a line that are sent; a longer one is a broken file, not a subtitle."""
BEFORE = 4
"""Lines before a request's first that are shown with it, to be understood and not to be labelled."""
REPAIRS = 2
"""How often what is missing or does not stand up is asked for again before it is given up."""
APART = 8
"""Lines asked about together when a request looked as if one of its lines had taken hold of it."""
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Row:
    """One line to be labelled. `key` is the caller's own name for it; `group` its scene; `part` its episode."""

    key: str
    text: str
    speaker: str | None = None
    group: object = None
    part: int = 1


class Task(ABC, Generic[V]):
    """What is asked about every line, and what counts as an answer.

    `marks` names lists of ids that an answer may hold besides the labels (`{"neg": ["bcd", ...]}`).
    `share` and `size` are the share of lines that carry a label and the tokens of one, for the estimate.
    """

    id: ClassVar[str]
    instructions: ClassVar[str]
    marks: ClassVar[tuple[str, ...]] = ()
    share: ClassVar[float]
    size: ClassVar[float]

    @abstractmethod
    def judge(self, said: Sequence[Any], text: str) -> tuple[V | None, list[str]]:
        """The label of a line out of all that was said for it, and why anything was dropped.

        `said` holds JSON values that nobody has checked. None is no label.
        """

    @abstractmethod
    def alike(self, value: V) -> str:
        """The label as a text: two lines with the same text are labelled alike. Empty: not compared."""


@dataclass
class Outcome(Generic[V]):
    """What came of it, by the rows' keys. `dropped` counts what did not stand up, by reason."""

    labels: dict[str, V] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)  # key to the reason
    odd: dict[str, str] = field(default_factory=dict)  # key to the words that read like an instruction
    apart: set[str] = field(default_factory=set)  # asked for again apart: their request looked taken hold of
    dropped: Counter[str] = field(default_factory=Counter)
    dropped_at: dict[str, list[str]] = field(default_factory=dict)  # key to the reasons

    def add(self, other: Outcome[V]) -> None:
        self.labels |= other.labels
        for name, keys in other.marks.items():
            self.marks.setdefault(name, set()).update(keys)
        self.read |= other.read
        self.unread |= other.unread
        self.odd |= other.odd
        self.apart |= other.apart
        self.dropped.update(other.dropped)
        self.dropped_at |= other.dropped_at


Progress = Callable[[int, int], None]
"""Called with the lines settled so far and all lines."""


def label(
    asker: Asker,
    task: Task[V],
    rows: Sequence[Row],
    *,
    context: str = "",
    people: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Outcome[V]:
    """Labels for `rows`, which come in the order of time. `people` says of a speaker who they are.

    `context` sets the ids apart (a series' name). Raises UserError for an engine that follows no
    instructions, and what the engine raises; what arrived before is in the asker's store.
    """
    if asker.engine.kind != "chat":
        raise UserError(
            f"{asker.engine.name} follows no instructions and cannot label lines; use a chat model."
        )
    batches = list(_batches(task, rows, context, people or {}))
    out: Outcome[V] = Outcome()
    out.unread = {r.key: why for r in rows if (why := _unfit(r))}
    done = len(out.unread)

    def one(batch: _Batch) -> Outcome[V]:
        return _Reading(asker, task, batch).run()

    if progress is not None:
        progress(done, len(rows))
    # Put together in the order of the lines, whatever came first.
    results: dict[int, Outcome[V]] = {}
    places = range(len(batches))
    for place, result in in_parallel(places, lambda n: one(batches[n]), asker.engine.parallel, task.id):
        results[place] = result
        done += len(batches[place].rows)
        if progress is not None:
            progress(done, len(rows))
    for place in places:
        out.add(results[place])
    return out


def estimate(
    asker: Asker,
    task: Task[Any],
    rows: Sequence[Row],
    *,
    context: str = "",
    people: Mapping[str, str] | None = None,
) -> Estimate:
    """The requests and tokens of a run in which nothing has to be asked for again."""
    requests = reused = sent = back = 0
    for batch in _batches(task, rows, context, people or {}):
        messages = batch.messages(batch.rows)
        if asker.stored(messages, _room(task, len(batch.rows))):
            reused += 1
            continue
        requests += 1
        sent += count_messages(messages)
        back += (
            6
            + 5 * len(task.marks)
            + round(len(batch.rows) * (task.share * task.size + 0.5 * len(task.marks)))
        )
    return Estimate(len(rows), requests, reused, sent, back)


# --- requests ------------------------------------------------------------------------------


@dataclass
class _Batch:
    """The rows of one request by id, and what may be said around them."""

    head: str
    rows: dict[str, Row]
    before: list[Row]
    people: Mapping[str, str]

    def messages(self, rows: Mapping[str, Row], *, attempt: int = 0, apart: bool = False) -> list[Message]:
        """The request for all or some of the rows; `apart` puts nothing beside them.

        A later attempt says that it is one, else it would be the same request with the same stored reply.
        """
        lines: list[str] = []
        speakers = dict.fromkeys(r.speaker for r in rows.values() if r.speaker and len(r.speaker) <= 40)
        letters = {name: _letter(n) for n, name in enumerate(speakers)}
        who = [
            f"{letter} {_flat(name)} {_flat(self.people.get(name, ''))}".strip()
            for name, letter in letters.items()
        ]
        who = [w for w in who if len(w) <= 120 and not guard.instruct_like(w)]
        if who:
            lines.append("People: " + "; ".join(who))
        if not attempt and self.before and not apart:
            lines.append("Before: " + " / ".join(quoted(r.text, 80) for r in self.before))
        lines.append("Lines:")
        speaker = group = None
        earlier = dict(zip(list(self.rows)[1:], self.rows.items(), strict=False))
        for place, (name, row) in enumerate(rows.items()):
            if place and row.group != group:
                lines.append("--")
                speaker = None
            group = row.group
            if not apart and name in earlier and earlier[name][0] not in rows:
                lines.append(f"~ {quoted(earlier[name][1].text, 80)}")
            letter = f" {letters[row.speaker]}" if row.speaker in letters and row.speaker != speaker else ""
            speaker = row.speaker
            lines.append(f"{name}{letter} {quoted(row.text, MAX_TEXT)}")
        if attempt:
            lines.append(f"Attempt {attempt + 1}: answer in JSON, for these ids alone.")
        return [{"role": "system", "content": self.head}, {"role": "user", "content": "\n".join(lines)}]


def _batches(
    task: Task[Any], rows: Sequence[Row], context: str, people: Mapping[str, str]
) -> Iterator[_Batch]:
    """The rows packed scene by scene, never across episodes; what reads like an instruction alone."""
    fit = [r for r in rows if not _unfit(r)]
    chunk: list[Row] = []
    previous: list[Row] = []
    odd: list[Row] = []

    def batch(some: list[Row], before: list[Row]) -> _Batch:
        # With the lines in the salt nobody who writes a line can know its id or another's.
        salt = "\n".join([task.id, context, *(r.text for r in some)])
        names = line_names(range(len(some)), salt)
        return _Batch(task.instructions, dict(zip(names, some, strict=True)), before, people)

    for scene in _scenes(fit):
        plain = []
        for row in scene:
            if _odd(row):
                odd.append(row)
            else:
                plain.append(row)
        if chunk and plain and (len(chunk) + len(plain) > MAX_LINES or chunk[-1].part != plain[0].part):
            yield batch(chunk, previous)
            previous = [r for r in chunk[-BEFORE:] if r.part == plain[0].part]
            chunk = []
        while len(chunk) + len(plain) > MAX_LINES:
            # One scene longer than a request: cut where it must be.
            cut = MAX_LINES - len(chunk)
            chunk, plain = chunk + plain[:cut], plain[cut:]
            yield batch(chunk, previous)
            previous = chunk[-BEFORE:]
            chunk = []
        chunk += plain
    if chunk:
        yield batch(chunk, previous)
    for row in odd:
        yield batch([row], [])


def _scenes(rows: Sequence[Row]) -> Iterator[list[Row]]:
    scene: list[Row] = []
    for row in rows:
        if scene and (row.group, row.part) != (scene[-1].group, scene[-1].part):
            yield scene
            scene = []
        scene.append(row)
    if scene:
        yield scene


def _odd(row: Row) -> str | None:
    return guard.instruct_like(row.text) or (guard.instruct_like(row.speaker) if row.speaker else None)


def _unfit(row: Row) -> str | None:
    if not row.text.strip():
        return "it is empty"
    if len(row.text) > MAX_TEXT:
        return f"it has {len(row.text):,} characters, more than a subtitle can have"
    return None


def _flat(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\"\[\]{}]+", " ", text).strip()


def _letter(number: int) -> str:
    return chr(65 + number % 26) + (str(number // 26) if number >= 26 else "")


def _room(task: Task[Any], lines: int) -> int:
    """Tokens that an answer may take: room for a label on every line and a wordy model."""
    return 400 + round(lines * (2 * task.size + 6 * len(task.marks)))


# --- reading one request -------------------------------------------------------------------


class _Reading(Generic[V]):
    """One request's lines: what is asked, what came, what is asked for again, what is given up."""

    def __init__(self, asker: Asker, task: Task[V], batch: _Batch) -> None:
        self.asker, self.task, self.batch = asker, task, batch
        self.out: Outcome[V] = Outcome(marks={name: set() for name in task.marks})

    def run(self) -> Outcome[V]:
        rows = self.batch.rows
        if len(rows) == 1:
            row = next(iter(rows.values()))
            if said := _odd(row):
                self.out.odd[row.key] = said
        self._read(rows)
        return self.out

    def _read(self, rows: dict[str, Row], *, apart: bool = False) -> None:
        """Ask about `rows`, again about what is missing or wrong, and apart when all came alike."""
        labels: dict[str, V] = {}
        marks: dict[str, set[str]] = {name: set() for name in self.task.marks}
        faults: dict[str, list[str]] = {}
        foreign = 0
        wanted, read = rows, set[str]()
        for attempt in range(REPAIRS + 1):
            parsed = self._ask(wanted, attempt, apart)
            foreign += parsed.foreign
            for name, row in wanted.items():
                if name in parsed.said:
                    value, wrong = self.task.judge(parsed.said[name], row.text)
                    read.add(name)
                    faults.pop(name, None)
                    if wrong:
                        faults[name] = wrong
                    if value is None:
                        labels.pop(name, None)
                    else:
                        labels[name] = value
                elif parsed.whole:
                    read.add(name)  # left out: it carries no label
            for mark, named in parsed.marks.items():
                kept = marks[mark] - set(wanted) if parsed.whole else marks[mark]
                marks[mark] = kept | named
            if self._taken_hold(rows, labels) and len(rows) > 1:
                self._apart(rows, foreign)
                return
            # What does not stand up gets one more chance, what is missing all of them.
            open_ = [n for n in rows if n not in read or (attempt == 0 and n in faults)]
            if not open_:
                break
            wanted = {n: rows[n] for n in open_}
        self._settle(rows, labels, marks, faults, read, foreign)

    def _ask(self, rows: Mapping[str, Row], attempt: int, apart: bool) -> Parsed:
        messages = self.batch.messages(rows, attempt=attempt, apart=apart)
        answer: Reply = self.asker.ask(messages, _room(self.task, len(rows)))
        parsed = parse(answer.text, rows, self.task.marks)
        if answer.finish_reason == "length":
            parsed.whole = False
        return parsed

    def _taken_hold(self, rows: Mapping[str, Row], labels: Mapping[str, V]) -> bool:
        said = {(rows[n].text, like) for n, v in labels.items() if (like := self.task.alike(v))}
        most = max(Counter(like for _, like in said).values(), default=0)
        return most >= 5 and 2 * most > len(rows)

    def _apart(self, rows: dict[str, Row], foreign: int) -> None:
        """One line may have written itself over the others, and we do not know which."""
        self.out.apart |= {r.key for r in rows.values()}
        self.out.dropped.update({"an id that was not asked about": foreign} if foreign else {})
        size = APART if len(rows) > APART else 1
        names = list(rows)
        for start in range(0, len(names), size):
            self._read({n: rows[n] for n in names[start : start + size]}, apart=True)

    def _settle(
        self,
        rows: Mapping[str, Row],
        labels: Mapping[str, V],
        marks: Mapping[str, set[str]],
        faults: Mapping[str, list[str]],
        read: set[str],
        foreign: int,
    ) -> None:
        out = self.out
        if foreign:
            out.dropped["an id that was not asked about"] += foreign
        for name, row in rows.items():
            if name not in read:
                out.unread[row.key] = "no answer for it could be read"
                continue
            out.read.add(row.key)
            if name in labels:
                out.labels[row.key] = labels[name]
            if faults.get(name):
                out.dropped.update(faults[name])
                out.dropped_at[row.key] = list(faults[name])
            for mark, named in marks.items():
                if name in named:
                    out.marks[mark].add(row.key)
