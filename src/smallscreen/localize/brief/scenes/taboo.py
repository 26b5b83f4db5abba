"""A taboo or superstition that moves the plot."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Taboo(Detector):
    """taboo"""

    id = "taboo"
    name = "A taboo or superstition that moves the plot"
    description = "Words that sound alike, unlucky numbers and gifts, fortune telling, feng shui and spirits: people act on them, and the reason is not said."
    carrier = "people obey a rule that nobody would say they believe"
    core = ("taboo", "rule", "oracle")
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "taboo": (
            r'不兴送|不吉利|晦气|犯忌|忌讳|冲了|冲喜|犯冲|克夫|克妻|克(?:父|母|子)|扫把星|丧门星|乌鸦嘴|呸呸呸|不能说这个字|送[“"「]?(?:散|终|钟)|'
            r"送钟|送伞|伞(?:莫|不能|不兴|别)送|分梨|四楼|本命年|红内裤|左眼跳|右眼跳|撞邪|中邪|不干净的东西"
        ),
        "rule": (
            r"(?:屋头|屋里|家里|室内)(?:莫|不能|别|不要)(?:撑|打)伞|要散|散不了|长不高|会克|(?:莫|别|不能|不许|不要)(?:说|提)(?:那个|这个|死|走)字|"
            r"老规矩|图个吉利|讨个吉利|吉利|彩头|辟邪|避邪"
        ),
        "oracle": (
            r"算命|生辰八字|八字不合|合八字|属相|相冲|相克|风水|看相|卦|抽签|签文|大师说|半仙|神婆|跳大神|黄历|黄道吉日|吉日|良辰|转运|财运|桃花运|托梦|投胎|"
            r"阴间|鬼魂|还魂|附身|符咒|开光|烧香拜佛|菩萨保佑"
        ),
        "occasion": r"中秋|过年|除夕|生日|寿宴|婚礼|开业|搬家|满月|团圆|初一|十五",
        "buy_off": r"一毛钱?|红布|就是(?:他|她|我|你)买的|买的|化解|破解|改名|符|开光|拜一拜|去去晦气|冲一冲|跨火盆|柚子叶",
    }
