"""Lines to draft, an engine that does not wait long, and replies kept in files: for the tests of drafts from a model."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from smallscreen.engines.chat import Reply
from smallscreen.engines.openai_chat import OpenAIChat
from smallscreen.localize.draft.model import from_model
from smallscreen.localize.draft.result import DraftSet, MemoryReplies
from smallscreen.series import markets
from smallscreen.series.model import Cue, Series, cue_id
from tests.model_server import ModelServer

ROOT = Path(__file__).resolve().parent.parent


SAMPLE = ROOT / "src" / "smallscreen" / "sample" / "series"


MARKET = markets.load("en-US")


SERIES = Series("umbrella", "伞")


WORDS = [
    "外公",
    "你怎么",
    "又把伞",
    "放到灶房",
    "去了",
    "我不是",
    "说过吗",
    "那里太潮",
    "会长霉的",
    "你听",
    "见没有",
    "今天",
    "明天",
    "中秋",
    "月亮",
    "回来",
    "吃饭",
]


def cues_of(episode: int, count: int = 20) -> list[Cue]:
    """An episode of different everyday lines, two seconds each."""
    made = []
    for n in range(1, count + 1):
        text = f"{WORDS[n % 17]} {WORDS[(n * 5 + episode) % 17]}{WORDS[(n // 17 + 3 * episode) % 17]}"
        made.append(Cue(cue_id(episode, n), episode, n, n * 2100, n * 2100 + 2000, text))
    return made


def srt_cues(path: Path, episode: int) -> list[Cue]:
    cues = []
    for n, block in enumerate(re.split(r"\n\s*\n", path.read_text("utf-8-sig").strip()), 1):
        lines = block.splitlines()
        start, end = (
            sum(
                int(x) * f
                for x, f in zip(re.split("[:,]", t.strip()), (3600000, 60000, 1000, 1), strict=True)
            )
            for t in lines[1].split("-->")
        )
        cues.append(Cue(cue_id(episode, n), episode, n, start, end, "\n".join(lines[2:])))
    return cues


def budgets_of(cues: Sequence[Cue]) -> dict[str, int]:
    """What fits in a cue's own time at the market's reading speed."""
    return {c.id: int(MARKET.vertical.cps * c.duration_ms / 1000) for c in cues}


def reach(server: ModelServer, **settings: object) -> OpenAIChat:
    """An engine for the server that does not wait long."""
    given = {"timeout": 5.0, "backoff": 0.01, "environment": server.environment()} | settings
    return OpenAIChat("test-model", **given)  # type: ignore[arg-type]


def draft(
    faults: str, cues: Sequence[Cue], store: MemoryReplies | None = None, **settings: object
) -> tuple[DraftSet, dict]:
    with ModelServer(faults) as server:
        result = from_model(reach(server, **settings), SERIES, MARKET, cues, (), budgets_of(cues), store)
        return result, server.stats()


CLEAN = cues_of(1)


def undisturbed() -> dict[str, str]:
    """What the test endpoint says when nothing is wrong."""
    result, stats = draft("", CLEAN)
    assert stats["requests"] == 1
    return words(result)


def words(result: DraftSet) -> dict[str, str]:
    return {key: d.text for key, d in result.drafts.items()}


def checks(result: DraftSet, check: str) -> list[str]:
    return [f.cue or "" for f in result.findings if f.check == check]


class FileReplies:
    """A ReplyStore of one file a reply, written so that it is whole or not there."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)

    def get(self, key: str) -> Reply | None:
        try:
            return Reply(*json.loads((self.folder / key).read_text("utf-8")))
        except FileNotFoundError:
            return None

    def put(self, key: str, answer: Reply) -> None:
        part = self.folder / f".{key}"
        part.write_text(json.dumps(answer), "utf-8")
        os.replace(part, self.folder / key)
