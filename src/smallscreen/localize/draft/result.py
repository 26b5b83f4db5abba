"""What drafting gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from smallscreen.engines.structured import MemoryReplies, ReplyStore, Usage
from smallscreen.series.model import Draft, Finding

__all__ = ["DraftSet", "MemoryReplies", "ReplyStore", "Usage"]


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
