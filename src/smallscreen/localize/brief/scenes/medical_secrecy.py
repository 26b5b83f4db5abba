"""Hiding an illness or a death from a relative."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class MedicalSecrecy(Detector):
    """medical_secrecy"""

    id = "medical_secrecy"
    name = "Hiding an illness or a death from a relative"
    description = "The family knows, the person concerned or a child does not: a diagnosis, an accident or a death kept back out of love."
    carrier = "they lie out of love, and the one who is spared is left alone with it"
    core = ("hide",)
    need = 2
    cues = 2
    families: ClassVar[dict[str, str]] = {
        "hide": (
            r"(?:莫|别|不要|不能|不许|先别|甭)(?:再)?(?:跟|告诉|和|让|给|对)(?:[^，。！？\s]{0,6})?(?:说|讲|知道|晓得|提)|"
            r"(?:别|莫|不要|不能|先别)告诉(?:他|她|你|我|咱|爸|妈|爷|奶|孩子)|瞒(?:着|了|住|到|不住|过|我|他|她|你)|(?:喊|叫|让)(?:我|你|他|她|我们)?(?:莫|别|不要)(?:跟|告诉|和)"
        ),
        "illness": (
            r"诊断|确诊|化验|癌|肿瘤|绝症|晚期|痴呆|老年痴呆|住院|手术|病情|病危|病历|(?:这|个|的|生|得|有|大)病|医生(?:说|看过|讲)|"
            r"医院|检查结果|白血病|心脏病|没几个月|时日无多|药费|摔了|手断|流产|不孕"
        ),
        "death": r"去世|过世|(?:妈|爸|爷爷|奶奶|外公|外婆|老伴|人|已经)走了|人没了|不在了|后事|遗体|葬|丧|停灵|灵堂|最后一面|临终|咽气|遗嘱",
        "until": (
            r"等(?:他|她|你|孩子|娃儿)?(?:考|毕业|好|长大|过了|高考)[^，。！？\s]{0,4}(?:完|了|再|后)|善意的谎言|受不了|"
            r"撑不住|经不起|承受不住|怕(?:她|他|你)(?:担心|难过|受不了)"
        ),
    }
