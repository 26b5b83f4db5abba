"""Small contexts for the tests of checks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from smallscreen.localize.checks import CheckContext, CheckSummary
from smallscreen.series import markets, platforms
from smallscreen.series.model import Barrier, Character, Cue, Draft, Line, Series, Term, cue_id

LONG = 3000  # ms, and a second free after each


def cues_of(sources: Sequence[str], episode: int = 1) -> list[Cue]:
    return [
        Cue(cue_id(episode, i), episode, i, (i - 1) * (LONG + 1000), (i - 1) * (LONG + 1000) + LONG, text)
        for i, text in enumerate(sources, 1)
    ]


def context(
    texts: Sequence[str],
    sources: Sequence[str] | None = None,
    market: str = "en-US",
    *,
    episode: int = 1,
    profile: str = "landscape",
    times: Sequence[tuple[int, int]] | None = None,
    strategy: str | None = None,
    **more: object,
) -> CheckContext:
    """One line a cue, each 3 s long with 1 s between; a text of None has no line."""
    cues = cues_of(list(sources) if sources is not None else ["你好"] * len(texts), episode)
    if times is not None:
        cues = [Cue(c.id, c.episode, c.index, *t, c.text) for c, t in zip(cues, times, strict=True)]
    lines = [
        Line(market, episode, cue.index, cue.start_ms, cue.end_ms, text, (cue.id,))
        for cue, text in zip(cues, texts, strict=True)
        if text is not None
    ]
    drafts = {
        cue.id: Draft(cue.id, text, "hand", strategy, "it serves the scene" if strategy else None)
        for cue, text in zip(cues, texts, strict=True)
        if text is not None
    }
    given: dict[str, object] = {"summary": CheckSummary(), **more}
    return CheckContext(
        market=markets.load(market),
        profile=profile,
        edition=market,
        cues=cues,
        lines=lines,
        drafts=drafts,
        **given,
    )  # type: ignore[arg-type]


def barrier(cue: str, source: str, text: str, **more: object) -> Barrier:
    start = source.index(text)
    given: dict[str, object] = {"kind": "idiom", "need": 2, **more}
    return Barrier(cue, 1, start, start + len(text), text, **given)  # type: ignore[arg-type]


SERIES = Series(
    slug="s",
    title="差一格",
    characters=(
        Character(
            "林小满",
            aliases=("小满", "幺女"),
            renderings={"en": "Lin Xiaoman", "ja": "林小満", "th": "หลิน เสี่ยวหม่าน"},
        ),
        Character("周浩", aliases=("浩娃儿", "表弟"), renderings={"en": "Zhou Hao"}),
    ),
    terms=(
        Term("油纸伞", "craft", renderings={"en": "oil-paper umbrella", "es": "sombrilla de papel aceitado"}),
        Term("孃孃", "kinship", renderings={"en": "Auntie"}),
        Term("王孃孃", "address", renderings={"en": "Mrs. Wang"}),
    ),
)
UNIVERSAL = platforms.load("universal")


class Fake:
    """Vectors by topic: the same topic, the same direction, whatever the language."""

    name = "fake"

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts: list[str]) -> np.ndarray:
        self.asked += len(texts)
        out = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            topic = sum(ord(c) for c in text if c.isdigit()) * 7919 + sum(
                int(c) * 31**i for i, c in enumerate(c for c in text if c.isdigit())
            )
            row[:] = np.random.default_rng(topic).normal(size=64)
            row /= np.linalg.norm(row)
        return out
