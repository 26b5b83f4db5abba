"""An exam that decides a life."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class Exam(Detector):
    """exam"""

    id = "exam"
    name = "An exam that decides a life"
    description = (
        "University entrance or a civil-service post: one test, a whole family behind it, years of cramming."
    )
    carrier = "one day decides, and everybody at home holds their breath"
    core = ("exam",)
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "exam": r"高考|中考|考研|考公|考编|国考|省考|公务员考试|艺考|科举|殿试|会试|乡试|(?<!电视)面试通知|考生|准考证|考场|考点",
        "stakes": (
            r"考上|考不上|落榜|考砸|录取|分数线|状元|编制|铁饭碗|金榜|重点大学|名牌大学|清华|北大|复读|考几次|第[一二三四五]回了|考完|上岸|"
            r"前途|出息"
        ),
        "ritual": r"考一百分|安心考|好好考|准考证|候考|晚自习|补课|模拟考|刷题|复习|志愿|陪读|誓师|倒计时|加油考|高三",
    }
