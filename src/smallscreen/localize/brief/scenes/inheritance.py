"""Sons before daughters, and who inherits."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Inheritance(Detector):
    """inheritance"""

    id = "inheritance"
    name = "Sons before daughters, and who inherits"
    description = "A son carries the name and gets the house, the formula or the firm; a daughter marries out; the one-child years stand behind it."
    carrier = "a child learns what it is worth beside its brother"
    core = ("son", "heir")
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "son": (
            r"重男轻女|传宗接代|香火|断后|绝后|无后|独苗|长孙|孙子(?:抱|呢|要)|抱孙子|生(?:个|不出|了)?(?:儿子|男孩|带把)|带把的|"
            r"大胖小子|赔钱货|丫头片子|女(?:儿|孩)(?:家|子)?(?:迟早|总要|早晚|终究)|嫁出去的女儿|泼出去的水|超生|二胎|计划生育|男孩(?:还是|儿)|"
            r"是个(?:女|男)(?:孩|娃)|生女儿|光宗耀祖"
        ),
        "heir": (
            r"继承人|继承权|继承(?:家|公司|财|遗|爵|王)|遗产|遗嘱|家产|分家|家业|股份(?:给|转|全|都)|财产(?:都|全|给|分)|传给(?:儿子|你|他|长子|女)|"
            r"传男不传女|私生子|嫡|庶|长子|祖产|祖宅|亲子鉴定"
        ),
        "sibling": r"弟弟|哥哥|姐姐|妹妹|儿子|女儿|孙子|孙女|兄弟|姐妹|长女|大哥|二叔|大伯|亲生",
        "unfair": (
            r"偏心|凭什么|不公平|一分(?:钱)?(?:都|也)?(?:不|没)|没有我的份|我的那份|都(?:给|留给)(?:他|弟|哥|儿子)|供(?:他|弟)(?:读|上)|"
            r"辍学|让给(?:弟|他|哥)|亏待|独吞|霸占|抢(?:家产|遗产|财产)"
        ),
    }
