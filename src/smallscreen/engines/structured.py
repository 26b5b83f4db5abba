"""Structured replies by id: what every job that asks a model about many lines has in common.

    asker = Asker(engine, replies)
    reply = asker.ask(messages, max_tokens=400)      # from the store, or from the model and then stored
    for item, result in in_parallel(items, work, engine.parallel): ...

Every request has a key made of all that is sent; its reply is looked up before it is asked for, and
stored before it is read. A run that was killed therefore goes on where it was. A reply that is on its
way when the process dies is lost with it, as no client can know of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from smallscreen.engines.chat import ChatEngine, Message, Reply
from smallscreen.errors import EngineError, UserError

T = TypeVar("T")
R = TypeVar("R")

_LETTERS = "bcdfghjklmnpqrstvwxz"  # no vowels: no id reads as a word
_SPACE = len(_LETTERS) ** 3
ID_PATTERN = rf"[{_LETTERS}]{{3}}"
"""What an id of `line_names` looks like, as a regular expression."""


class ReplyStore(Protocol):
    """Replies by key. `put` must have stored the reply for good when it returns: it was paid for.

    `get` may give any object with the fields of `Reply`. Both are called from several threads.
    """

    def get(self, key: str) -> Any: ...

    def put(self, key: str, reply: Any) -> None: ...


class MemoryReplies:
    """A ReplyStore that lasts as long as the process."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}

    def get(self, key: str) -> Reply | None:
        return self.replies.get(key)

    def put(self, key: str, reply: Reply) -> None:
        self.replies.setdefault(key, reply)


@dataclass
class Usage:
    """Requests and tokens as the endpoint counted them. `reused` requests were answered by the store."""

    requests: int = 0
    reused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def add(self, other: Usage) -> None:
        self.requests += other.requests
        self.reused += other.reused
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens


@dataclass(frozen=True)
class Estimate:
    """What a job will take, by the rule in tokens.py. `reused` requests are answered already."""

    lines: int
    requests: int
    reused: int
    prompt_tokens: int
    completion_tokens: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def price(self, prompt_per_million: float, completion_per_million: float | None = None) -> float:
        """The cost, in the currency of the prices; one price serves for both when only one is given."""
        other = prompt_per_million if completion_per_million is None else completion_per_million
        return (self.prompt_tokens * prompt_per_million + self.completion_tokens * other) / 1e6

    def sentence(self, prices: tuple[float, float] | None = None) -> str:
        """What will be asked and what it takes, for the user; with the cost when `prices` are given."""
        if not self.requests:
            return f"{self.lines:,} lines: all {self.reused:,} replies are there, nothing will be asked"
        there = f" ({self.reused:,} more replies are there)" if self.reused else ""
        cost = f", cost about {self.price(*prices):,.4f}" if prices else ""
        return (
            f"{self.lines:,} lines: {self.requests:,} requests{there}, about {self.prompt_tokens:,} tokens out "
            f"and {self.completion_tokens:,} back{cost}"
        )


def prices(environment: Mapping[str, str] | None = None) -> tuple[float, float] | None:
    """SMALLSCREEN_PRICE: prices of a million tokens sent and received, as `0.27,1.10`; None when not set."""
    said = (os.environ if environment is None else environment).get("SMALLSCREEN_PRICE", "").strip()
    if not said:
        return None
    numbers = said.split(",")
    if len(numbers) > 2 or not all(re.fullmatch(r"\d{1,6}(\.\d{1,9})?", n.strip()) for n in numbers):
        raise UserError(
            f"SMALLSCREEN_PRICE is {said[:40]!r}; set it to the prices of a million tokens sent and received, "
            "such as 0.27,1.10."
        )
    return float(numbers[0]), float(numbers[-1])


def request_key(engine: ChatEngine, messages: Sequence[Message], settings: Mapping[str, Any]) -> str:
    """The key of a reply: a hash of engine, model, messages and settings."""
    said = [engine.id, engine.model, list(messages), dict(sorted(settings.items()))]
    # A subtitle may hold a lone surrogate, which cannot be encoded as it is; ASCII escapes it.
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode("ascii")).hexdigest()


class Asker:
    """An engine and the replies it has given. Thread-safe; `usage` counts what was asked through it."""

    def __init__(self, engine: ChatEngine, replies: ReplyStore | None = None) -> None:
        self.engine = engine
        self.replies: ReplyStore = MemoryReplies() if replies is None else replies
        self.usage = Usage()
        self._lock = threading.Lock()

    def key(self, messages: Sequence[Message], max_tokens: int) -> str:
        settings = {"max_tokens": max_tokens, "temperature": 0.0, "kind": self.engine.kind}
        return request_key(self.engine, messages, settings)

    def stored(self, messages: Sequence[Message], max_tokens: int) -> bool:
        """Whether this request is answered already."""
        return self.replies.get(self.key(messages, max_tokens)) is not None

    def ask(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        json: bool = True,
        stop: Sequence[str] = (),
        script: str | None = None,
    ) -> Reply:
        """The reply to `messages`, from the store where it is there. Raises as `ChatEngine.complete`."""
        key = self.key(messages, max_tokens)
        kept = self.replies.get(key)
        if kept is not None:
            self._count(Usage(reused=1))
            return Reply(
                kept.text, kept.prompt_tokens, kept.completion_tokens, kept.model, kept.finish_reason
            )
        answer = self.engine.complete(messages, max_tokens=max_tokens, json=json, stop=stop, script=script)
        self.replies.put(key, answer)  # paid for: kept before anything can go wrong with it
        self._count(Usage(1, 0, answer.prompt_tokens, answer.completion_tokens))
        return answer

    def _count(self, usage: Usage) -> None:
        with self._lock:
            self.usage.add(usage)


def line_names(numbers: Iterable[int], salt: str) -> list[str]:
    """Three-letter ids for numbered lines: the same on every run, and others for every salt.

    Nobody who writes a subtitle can know one, so that a reply about other lines is recognized and an
    instruction cannot name a line to change. Numbers close to each other never share an id.
    """
    digest = hashlib.sha256(salt.encode("utf-8", "replace")).digest()
    factor = int.from_bytes(digest[:4], "big") * 10 + 3  # coprime to 20**3: a permutation
    offset = int.from_bytes(digest[4:8], "big")
    names: dict[str, None] = {}
    for number in numbers:
        place = (factor * number + offset) % _SPACE
        while (name := _name(place)) in names:
            place = (place + 1) % _SPACE
        names[name] = None
    return list(names)


def in_parallel(
    items: Sequence[T], work: Callable[[T], R], workers: int, name: str = "ask"
) -> Iterator[tuple[T, R]]:
    """Each item with its result, as they are finished; up to `workers` at a time.

    When `work` raises a UserError or an EngineError no further item is started, those under way are
    finished and given, and the first error is raised at the end.
    """
    pending = list(items)
    error: UserError | EngineError | None = None
    stopped = threading.Event()

    def one(item: T) -> R:
        if stopped.is_set():
            raise EngineError("stopped")
        return work(item)

    with ThreadPoolExecutor(max(1, workers), thread_name_prefix=name) as pool:
        running: dict[Future[R], T] = {}
        try:
            while running or (pending and error is None):
                while pending and error is None and len(running) < max(1, workers):
                    item = pending.pop(0)
                    running[pool.submit(one, item)] = item
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    item = running.pop(future)
                    try:
                        result = future.result()
                    except (UserError, EngineError) as e:
                        error = error or e
                        continue
                    yield item, result
        finally:
            stopped.set()
            for future in running:
                future.cancel()
    if error is not None:
        raise error


def unescape(body: str) -> str:
    """The text of a JSON string's inside, also where it is not quite JSON."""
    try:
        # strict=False lets raw line breaks inside a string pass; models write them.
        value = json.loads(f'"{body}"', strict=False)
    except ValueError:
        value = body.replace('\\"', '"').replace("\\\\", "\\")
    return str(value)


def quoted(text: str, longest: int) -> str:
    """A line written by others as one JSON string on one line: it cannot end before its end."""
    return json.dumps(" ".join(text.split())[:longest], ensure_ascii=False)


def _name(number: int) -> str:
    n = len(_LETTERS)
    return _LETTERS[number // n // n] + _LETTERS[number // n % n] + _LETTERS[number % n]
