"""Parents and children: duty against one's own life."""

from __future__ import annotations

from typing import ClassVar

from smallscreen.localize.brief.detector import Detector


class FilialConflict(Detector):
    """filial"""

    id = "filial"
    name = "Parents and children: duty against one's own life"
    description = "Who pays, who nurses, who obeys: filial duty is claimed, refused or counted up between parents and grown children."
    carrier = "what one owes to those who raised one, and where one's own life begins"
    core = ("duty", "claim", "care")
    need = 2
    cues = 2
    strong = 2
    families: ClassVar[dict[str, str]] = {
        "parents": r"爸爸?|妈妈?|爹|娘|父母|爷爷|奶奶|外公|外婆|老人|公公|婆婆|儿子|闺女|女儿|亲妈|亲爸",
        "duty": (
            r"孝顺|不孝|孝心|尽孝|孝敬|养老|养儿防老|赡养|白眼狼|白养|良心被狗|翅膀硬|养你(?:这么|那么|一)|把你(?:拉扯|养)大|没良心|"
            r"报答|断绝(?:父子|母子|母女|父女|关系)|大逆不道|我是你(?:妈|爸|爹|娘)|忘恩负义|生你养你"
        ),
        "claim": (
            r"为你好|听(?:妈|爸|爹|娘|我)的话|由不得你|不听话|管不(?:了|到|着)(?:你|我)|我(?:的)?事(?:情)?(?:不用|不要)你管|"
            r"你(?:为什么|凭什么)管我|我自己选|我自己(?:决定|的人生|的路)|安排好|丢(?:下|了)(?:老|爸|妈|我们)|"
            r"死给你看|打断你的腿|滚出(?:这个家|去)|没有你这个(?:儿子|女儿)"
        ),
        "care": (
            r"洗脚|端屎端尿|伺候|照顾(?:老|爸|妈|他|她)|一家半年|轮(?:到|着|流)(?:住|养|照顾)|打了钱|每月打钱|月月打|寄钱|赡养费|养老院|半夜起来|"
            r"谁(?:来)?(?:养|管|照顾)|(?:爸|妈|老人)住(?:哪|谁)"
        ),
    }
