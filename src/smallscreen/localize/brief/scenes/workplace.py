"""Rank at work, and drinking with the boss."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Workplace(Detector):
    """workplace"""

    id = "workplace"
    name = "Rank at work, and drinking with the boss"
    description = "Toasts that cannot be refused, leaders who are flattered, overtime and favors: the office as a court."
    carrier = "somebody small must please somebody big, and pays with the body"
    core = ("drinking", "rank")
    need = 3
    cues = 3
    families: ClassVar[dict[str, str]] = {
        "drinking": (
            r"敬(?:您|你|大家|领导|各位|酒|张|王|李|总)[^，。]{0,4}|干了这杯|先干为敬|喝(?:了|下|掉)这杯|这杯酒|酒桌|酒局|"
            r"饭局|应酬|陪酒|灌(?:酒|醉)|不给(?:我)?面子|罚(?:酒|三杯)|白酒|感情深|一口闷|挡酒|酒量|自罚"
        ),
        "rank": r"领导|上司|上级|主任|处长|局长|科长|书记|董事长|总裁|经理|[^\s，。]总(?=[，,。！!？?\s]|$)|老板|一把手|顶头",
        "please": (
            r"拍马屁|巴结|讨好|送礼|走后门|托关系|找关系|关系户|潜规则|提拔|升职|升迁|穿小鞋|给我(?:等着|小心)|伺候好|得罪(?:领导|老板|客户|他|她)|"
            r"领导(?:说了|满意|高兴|喜欢)|拿下这(?:个|笔|单)|签(?:合同|单|约|了这)|客户|甲方"
        ),
        "work": (
            r"加班|开除|炒(?:了|鱿鱼)|辞退|裁员|实习|转正|扣(?:工资|奖金|钱)|职场|公司(?:规定|上下|里)|项目|合同|单位(?:上|里)|"
            r"部门|试用期|年终奖|996|绩效"
        ),
    }
