"""Bride price and the marriage market."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class MarriageMarket(Detector):
    """marriage_market"""

    id = "marriage_market"
    name = "Bride price and the marriage market"
    description = "Matchmaking by income, flat and age; bride price and dowry are bargained over; a woman past 27 is left over."
    carrier = "love is weighed in public, by people who mean well"
    core = ("price", "market")
    need = 2
    cues = 3
    families: ClassVar[dict[str, str]] = {
        "price": r"彩礼|聘礼|嫁妆|三金|五金|提亲|下聘|定亲|订亲|改口费|陪嫁|倒插门|入赘|上门女婿|赘婿|童养媳|冲喜",
        "market": (
            r"相亲|媒人|媒婆|说媒|介绍(?:个|一个|的)?对象|剩女|剩男|大龄|嫁不出去|娶不(?:到|起)|催婚|逼婚|门当户对|般配|条件(?:这么|那么|挺|不错|太|好|差)|"
            r"联姻|婚约|退婚|征婚"
        ),
        "worth": (
            r"有车|有房|有没有房|存款|月薪|年薪|工资(?:多少|几)|几套房|房子(?:写|加)|家境|家里(?:条件|做什么|是做)|户口|学历|离过婚|"
            r"二婚|黄花|年纪不小|三十(?:岁|了)|独生|海归|富二代|高攀|配不上"
        ),
        "wedding": r"嫁(?:给|人|过|出|到)|娶(?:你|她|我|媳妇|老婆|亲|了)|结婚|婚礼|办酒|领证|婚事|亲事|过门|生(?:个)?(?:儿子|孩子|娃)",
    }
