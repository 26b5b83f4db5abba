"""Where a viewer gets a quick reward (what the trade calls shuang, 爽点)."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.story.signals._amount import KindSignal


class Gratification(KindSignal):
    """Expected lines that give the viewer a quick reward."""

    id = "gratification"
    name = "Gratification"
    description = "a line gives the viewer a quick reward: a put-down, power, revenge, triumph, romance"
    unit = "expected lines in a hundred"
    source = "five kinds after the labelling guide of this project; the trade's 爽点 (shuang point)"
    order = 20
    measures = ("gratification",)
    kinds: ClassVar[dict[str, str]] = {
        "put-down": "puts an opponent down",
        "power": "shows power or standing",
        "revenge": "pays back or exposes a wrong",
        "triumph": "triumphs",
        "sweet": "gives a romantic reward",
    }
    otherwise = "gives the viewer a reward"
