"""A festival and its reunion table."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Reunion(Detector):
    """reunion"""

    id = "reunion"
    name = "A festival and its reunion table"
    description = "New Year's Eve, Mid-Autumn or another feast on which a family must sit at one table; who is missing is the story."
    carrier = "one chair is empty on the night when nobody should be missing"
    core = ("festival",)
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "festival": r"中秋|除夕|过年|大年|年三十|年夜饭|春节|团年|元宵|端午|清明|冬至|重阳|七夕|腊八|小年|祭祖|过节",
        "table": (
            r"团圆|年夜饭|团年饭|一家人|回家过|回家吃|吃团圆|等(?:你|她|他|大家)[^，。]{0,3}(?:吃饭|开饭|回来)|菜都冷|一桌|全家|"
            r"聚齐|赏月|守岁"
        ),
        "custom": r"月饼|饺子|汤圆|红包|压岁钱|春联|对联|鞭炮|放炮|粽子|福字|拜年|元宵|年货|上坟|烧纸|扫墓",
        "missing": r"咋个还不来|怎么还不来|怎么没回来|回不来|不回来|没赶上|没赶到|加班|票没|买不到票|空着|留一副|等不到",
    }
