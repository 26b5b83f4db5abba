"""What drafting gives back, and where replies are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from smallscreen.engines.chat import Reply
from smallscreen.series.model import Draft, Finding


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


@dataclass
class DraftSet:
    """Drafts by cue id, the findings about them, and one sentence for each file that gave trouble.

    `head` holds the title, synopsis and brief of an edition file, in the market's language.
    """

    drafts: dict[str, Draft] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    head: dict[str, Any] = field(default_factory=dict)

    def add(self, other: DraftSet) -> None:
        """Take in another set, of other cues."""
        self.drafts.update(other.drafts)
        self.findings += other.findings
        self.problems += other.problems
        self.usage.add(other.usage)
        self.head.update(other.head)
