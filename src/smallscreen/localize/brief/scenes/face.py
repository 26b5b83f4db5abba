"""Face, and shaming before others."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Face(Detector):
    """face"""

    id = "face"
    name = "Face, and shaming before others"
    description = "Standing in other people's eyes is given, lost and taken in public: kneeling, slapping, apologizing before all."
    carrier = "it hurts because others are looking"
    core = ("face", "shame")
    need = 3
    cues = 3
    families: ClassVar[dict[str, str]] = {
        "face": (
            r"面子|丢脸|丢人|丢.{0,6}(?:的)?脸|没脸|不要脸|脸面|颜面|给.{0,4}台阶|脸往哪|抬不起头|见不得人|给脸不要脸|打脸|撑场面|"
            r"有头有脸|老脸|体面|下不来台|要面子|好面子|看在.{0,6}面子|家丑"
        ),
        "shame": (
            r"跪下|下跪|磕头|当众|当着.{0,8}的面|羞辱|侮辱|耻辱|笑话|看不起|瞧不起|窝囊废|废物|乡巴佬|穷鬼|穷酸|也配|不配|算什么东西|"
            r"什么东西|滚出去|耳光|扇(?:他|她|我|你)|道歉|赔罪|赔不是|身败名裂|臭名"
        ),
        "audience": (
            r"外人|别人(?:怎么|会|都|家)|人家(?:会|怎么|都)|街坊|邻居|亲戚|同事们?|大家都(?:看|在|知道)|全(?:公司|校|村|镇|城|场|班)|"
            r"传出去|说闲话|指指点点|背后说|众人|宾客|客人(?:都|们)|在座|这么多人|那么多人|所有人"
        ),
        "rank": r"身份|地位|门第|老板|总裁|董事长|领导|大人物|得罪|高攀|上不了台面|什么级别|名声|名誉|辈分|长辈|场合",
    }
