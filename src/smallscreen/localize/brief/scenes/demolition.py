"""Household register, housing and demolition."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Demolition(Detector):
    """demolition"""

    id = "demolition"
    name = "Household register, housing and demolition"
    description = "An old house is to go; compensation is counted by the register and the signature of the head of the household divides a family; a flat is what makes a marriage."
    carrier = "a home becomes a sum, and the sum divides the family"
    core = ("register", "demolition")
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "demolition": r"拆迁|强拆|拆房|拆了|要拆|拆啥|动迁|征收|钉子户|拆迁款|拆迁户|安置房|回迁|棚改|征地",
        "register": r"户口|户籍|落户|迁户|房产证|房本|户主|集体户|学区房|暂住证|过户|加名字|写(?:谁|我|你|他|她)的名字",
        "money": r"赔偿|补偿|拆迁款|首付|房贷|按揭|全款|多少(?:平|万)|几套房|一套房|买房|卖房|房价|平米|贷款",
        "sign": r"签字|签了|签名|不签|手印|按手印|居委会|街道办|通知下来|红章|红头文件|盖章|中介",
    }
