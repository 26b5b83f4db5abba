"""How a series speaks: length of lines, particles, dialect, politeness and swearing, counted in its cues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from smallscreen.localize.barriers.traditional import simplified
from smallscreen.series.model import Cue

_DIALECT = {
    "Sichuan and the southwest": r"啥子|莫得|晓得|咋个|巴适|安逸|嗦|娃儿|哪个[嘛要]|好多[钱个]|要得|脑壳|屋头|龙门阵|瓜娃子",
    "the northeast": r"整[点个一]|咋整|埋汰|嘎哈|贼[好拉]|唠嗑|俺们|老妹儿|得劲|瞅|忽悠",
    "Beijing": r"您[呐嘞]|丫的|甭|哥们儿|姐们儿|今儿|明儿|昨儿|特[^别点]儿|倍儿",
    "Cantonese": r"唔[好系知]|咁|嘅|佢|冇|乜嘢|点解|靓仔|食饭",
    "Shandong and Henan": r"俺|中不中|恁|弄啥|木有",
}
_PARTICLES = re.compile(r"[啊呀吧呢嘛哦噢啦咯嗦哈哇哟欸](?=[\s，。！？!?…]|$)")
_POLITE = re.compile(r"您|请问|劳驾|麻烦您|不好意思|久仰|贵姓|承蒙|拜托您")
_ROUGH = re.compile(r"他妈|妈的|滚(?!烫|动)|混蛋|王八|狗屁|操你|老娘|老子(?!说)|贱人|白痴|神经病|去死|废物")
_COURT = re.compile(r"陛下|皇上|娘娘|臣妾|本宫|朕|王爷|殿下|微臣|奴婢|公子|在下|老夫")


def register(cues: Sequence[Cue]) -> str:
    """One paragraph on the source's register with its figures; empty for no cues."""
    texts = [simplified(" ".join(c.text.split())) for c in cues if c.text.strip()]
    if not texts:
        return ""
    lengths = [len(re.sub(r"\W", "", t)) for t in texts]
    said = [f"Lines of {median(lengths):g} characters (median of {len(texts):,})"]
    found = Counter({name: sum(bool(re.search(p, t)) for t in texts) for name, p in _DIALECT.items()})
    name, count = found.most_common(1)[0]
    if count >= max(3, len(texts) / 50):
        said.append(f"words of {name} in {_share(count, texts)}")
    for what, pattern in (
        ("a particle at the end", _PARTICLES),
        ("a polite form", _POLITE),
        ("rough words", _ROUGH),
        ("speech of the court", _COURT),
    ):
        count = sum(bool(pattern.search(t)) for t in texts)
        if count >= max(2, len(texts) / 200):
            said.append(f"{what} in {_share(count, texts)}")
    return "; ".join(said) + "."


def _share(count: int, texts: Sequence[str]) -> str:
    percent = 100 * count / len(texts)
    return f"{percent:.0f} % of them" if percent >= 0.5 else "less than 1 % of them"
