"""A model endpoint in a benchmark: used where one is configured, its replies kept between runs.

Address and key come from the environment as everywhere (docs/draft.md). Replies lie in the cache
directory, so that a benchmark run twice pays once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from smallscreen.engines.chat import Reply, engine
from smallscreen.engines.structured import prices
from smallscreen.errors import UserError
from smallscreen.localize.barriers.finders.model import ModelFinder
from smallscreen.series.model import Cue
from smallscreen.story.readers.model import ModelReader


class FileReplies:
    """Replies by key, one small file each."""

    def __init__(self, folder: Path | None = None) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.folder = folder or cache / "smallscreen" / "bench-replies"
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Reply | None:
        try:
            return Reply(*json.loads((self.folder / f"{key}.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, key: str, reply: Any) -> None:
        part = self.folder / f"{key}.{os.getpid()}.part"
        part.write_text(json.dumps(list(reply)), "utf-8")
        part.replace(self.folder / f"{key}.json")


def model_finder(model: str | None) -> ModelFinder:
    """The model finder, ready. UserError says what is missing."""
    return ModelFinder(engine("openai", model), FileReplies())


def model_reader(model: str | None) -> ModelReader:
    """The model reader, ready. UserError says what is missing."""
    return ModelReader(engine("openai", model), FileReplies())


def configured(model: str | None) -> str | None:
    """Why no model can be asked, or None."""
    try:
        engine("openai", model)
    except UserError as e:
        return str(e)
    return None


def say_before(who: ModelFinder | ModelReader, cues: list[Cue]) -> None:
    """What asking will take."""
    print(f"{who.name}: {who.estimate(cues).sentence(prices())}")


def say_after(who: ModelFinder | ModelReader) -> dict[str, Any]:
    """What it took and what did not stand up, printed and for the final JSON object."""
    usage, out = who.usage, who.outcome
    print(
        f"{who.name}: {usage.requests} requests, {usage.prompt_tokens:,} tokens out and {usage.completion_tokens:,} "
        f"back, {usage.reused} replies were there; {len(out.unread)} lines not read; "
        f"dropped: {dict(out.dropped) or 'nothing'}"
    )
    return {
        "version": who.version,
        "requests": usage.requests,
        "tokens": usage.tokens,
        "reused": usage.reused,
        "unread": len(out.unread),
        "dropped": dict(out.dropped),
    }
