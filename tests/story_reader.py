"""A reader for tests: a few words, no learning, so that what is tested is the signals and not the reading."""

from __future__ import annotations

from collections.abc import Sequence

from smallscreen.series.model import Cue, Series
from smallscreen.story.model import Accuracy, LineReading
from smallscreen.story.reader import Progress, Reader

_WORDS = {
    "fear": ("怕", "afraid", "scared"),
    "need": ("求你", "别走", "please", "help me"),
    "loss": ("想你", "不在了", "没了", "走了", "恨我", "miss", "gone", "忘"),
    "apology": ("对不起", "我错了", "sorry", "was wrong"),
    "admits": ("我没用", "我不晓得", "不知道", "丢了", "i don't know", "lost my"),
    "put-down": ("废物", "滚", "笨", "useless", "get out", "fool"),
    "power": ("我是老板", "跪下", "总裁", "kneel", "i own"),
    "revenge": ("后悔", "付出代价", "pay for this", "regret"),
    "triumph": ("赢了", "考上了", "i won", "we won"),
    "sweet": ("喜欢你", "爱你", "love you", "kiss"),
    "care": ("吃饭", "慢点", "没事", "谢谢你", "瘦了", "eat", "it's okay", "thank you", "easy"),
    "hook": ("谁", "什么人", "死了", "怎么", "？！", "who are", "dead", "don't tell", "莫跟", "签字"),
}
_VULNERABLE = ("fear", "need", "loss", "apology", "admits")
_GRATIFYING = ("put-down", "power", "revenge", "triumph", "sweet")


class WordReader(Reader):
    """Reads by a few words of `_WORDS`; counts the lines it was asked to read."""

    id = "words"
    name = "Words"
    description = "for tests"

    def __init__(self) -> None:
        self.asked = 0

    @property
    def version(self) -> str:
        return "1"

    def accuracy(self, language: str) -> Accuracy:
        return Accuracy("no lines: a stand-in for tests", {"vulnerability AP": 0.5, "hook AP": 0.25})

    def read(
        self,
        cues: Sequence[Cue],
        series: Series | None = None,
        *,
        language: str = "zh",
        progress: Progress | None = None,
    ) -> list[LineReading]:
        self.asked += len(cues)
        return [self._one(c) for c in cues]

    def _one(self, cue: Cue) -> LineReading:
        text = cue.text.lower()
        p = {k: 0.7 if any(w in text for w in words) else 0.03 for k, words in _WORDS.items()}
        p["vulnerability"] = max(p[k] for k in _VULNERABLE)
        p["gratification"] = max(p[k] for k in _GRATIFYING)
        valence = 0.8 * (p["care"] > 0.5) + 0.6 * (p["triumph"] > 0.5) - 0.7 * (p["vulnerability"] > 0.5)
        return LineReading(cue.id, cue.episode, p, max(-1.0, min(1.0, valence)), p["put-down"])
