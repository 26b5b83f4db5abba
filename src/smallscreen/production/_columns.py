"""The sheets and columns of the breakdown's workbook, in English and Chinese: what `sheet` writes and reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "int", "float", "money", "choice", "open", "names", "ids", "windows"]
Words = tuple[str, str]
"""English and Chinese."""


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the field. `choices` maps values to their words; of kind `open` other words may be written too.

    `least` and `most` bound numbers; `empty` says that the cell may be empty.
    """

    key: str
    title: Words
    width: int
    kind: Kind
    note: Words
    choices: dict[object, Words] | None = None
    least: float = 0
    most: float = 1_000_000
    empty: bool = True


INSIDE: dict[object, Words] = {True: ("INT", "内"), False: ("EXT", "外")}
TIME: dict[object, Words] = {
    "day": ("day", "日"), "night": ("night", "夜"), "dusk": ("dusk", "傍晚"), "dawn": ("dawn", "晨")
}  # fmt: skip
TIER: dict[object, Words] = {
    "basic": ("basic", "基础"), "standard": ("standard", "标准"), "fine": ("fine", "精细")
}  # fmt: skip
YES: dict[object, Words] = {True: ("yes", "是"), False: ("no", "否")}
KINDS: dict[object, Words] = {
    "cast": ("cast", "演员"), "extra": ("extra", "群演"), "prop": ("prop", "道具"), "costume": ("costume", "服装"),
    "vehicle": ("vehicle", "车辆"), "effect": ("effect", "特效"), "animal": ("animal", "动物"),
    "makeup": ("makeup", "化妆"), "music": ("music", "音乐"), "other": ("other", "其他"),
}  # fmt: skip
_WINDOWS: Words = (
    "When it can be had: 2026-03-01..2026-03-05; several with a semicolon between. Empty: always.",
    "可用日期：2026-03-01..2026-03-05，多段用分号隔开；空着表示随时可用。",
)
_RATE: Words = ("A day's fee in the currency of the rules.", "每天费用，币种与“规则”一致。")

SHEETS: dict[str, Words] = {
    "scenes": ("Scenes", "场次"),
    "cast": ("Cast", "演员"),
    "locations": ("Locations", "场地"),
    "elements": ("Elements", "元素"),
    "rules": ("Rules", "规则"),
    "rates": ("Rates", "费率"),
}

COLUMNS: dict[str, tuple[Column, ...]] = {
    "scenes": (
        Column("id", ("Scene", "场号"), 10, "text", ("The scene's own number over the whole series; rows are told apart by it.", "全剧唯一的场号，按它识别每一行。"), empty=False),
        Column("episode", ("Episode", "集"), 9, "int", ("Counts from 1.", "从 1 开始。"), least=1, most=9999, empty=False),
        Column("number", ("Number", "编号"), 9, "text", ("As the script numbers it.", "剧本里的编号。")),
        Column("heading", ("Heading", "场景标题"), 26, "text", ("As the script has it.", "与剧本一致。")),
        Column("interior", ("INT/EXT", "内外"), 9, "choice", ("Empty: both, or not said.", "空着：内外都有或未写明。"), INSIDE),
        Column("time", ("Time", "日夜"), 9, "open", ("Time of day.", "日、夜、傍晚、晨。"), TIME),
        Column("set_name", ("Set", "剧中场景"), 18, "text", ("The place as the story calls it.", "剧情里的地点。")),
        Column("place", ("Location", "拍摄场地"), 18, "text", ("Where it is shot: a name of the sheet Locations.", "在哪里拍：填“场地”表中的名称。")),
        Column("story_day", ("Story day", "剧情日"), 11, "text", ("D1, N1, D2 in the order of the story, a clock time may follow (D2 14:00-14:30); flashback. Guessed until you correct it.", "按剧情顺序 D1、N1、D2，可加时间（D2 14:00-14:30）；闪回写 flashback。机器推测，请核对。")),
        Column("eighths", ("Eighths", "页长(1/8)"), 9, "int", ("Length in eighths of a page, as a whole number: 11 is 1 3/8 pages. (4/8 would become a date.)", "页长，以八分之一页计的整数：11 即 1 又 3/8 页。（写 4/8 会变成日期。）"), least=1, most=1600),
        Column("minutes", ("Shooting minutes", "拍摄分钟"), 11, "float", ("Estimated by a rule of thumb (sheet Rules, estimate.*); overwrite it with what you know.", "按经验规则估算（见“规则” estimate.*），可直接改。"), most=100_000),
        Column("screen_seconds", ("Screen seconds", "成片秒数"), 10, "float", ("From the subtitles where the script matches them, else from the length.", "有字幕时按字幕，否则按页长估算。"), most=100_000),
        Column("cast", ("Cast", "出场演员"), 28, "names", ("Names of the sheet Cast with a semicolon between.", "“演员”表中的名字，用分号隔开。")),
        Column("synopsis", ("Synopsis", "梗概"), 40, "text", ("One line for the one-line schedule.", "一句话内容，用于顺场表。")),
        Column("tier", ("Tier", "档次"), 11, "choice", ("How finely it is lit and covered; changes the estimate of new scenes.", "制作精细程度。"), TIER),
        Column("after", ("After", "须在其后"), 12, "ids", ("Scenes that must be shot before this one, with a semicolon between.", "必须先拍的场号，用分号隔开。")),
        Column("locked_day", ("Locked day", "锁定日"), 9, "int", ("Day of the shoot (1, 2, ...) on which it must stay. Empty: free.", "必须在第几个拍摄日拍；空着表示不锁定。"), least=1, most=10_000),
        Column("note", ("Note", "备注"), 26, "text", ("Free text.", "自由填写。")),
        Column("first_cue", ("First cue", "首条字幕"), 14, "text", ("Set by the program.", "程序填写。")),
        Column("last_cue", ("Last cue", "末条字幕"), 14, "text", ("Set by the program.", "程序填写。")),
    ),
    "cast": (
        Column("number", ("Number", "编号"), 9, "int", ("As on the call sheet.", "通告单上的编号。"), least=1, most=100_000, empty=False),
        Column("name", ("Name", "角色"), 22, "text", ("As the sheet Scenes has it.", "与“场次”表一致。"), empty=False),
        Column("rate", ("Rate a day", "日薪"), 12, "money", _RATE),
        Column("minor", ("Minor", "未成年"), 9, "choice", ("Works children's hours.", "按未成年人工时安排。"), YES),
        Column("windows", ("Available", "档期"), 34, "windows", _WINDOWS),
    ),
    "locations": (
        Column("name", ("Name", "名称"), 24, "text", ("As the sheet Scenes has it.", "与“场次”表一致。"), empty=False),
        Column("rate", ("Rate a day", "日租"), 12, "money", _RATE),
        Column("windows", ("Available", "可用日期"), 34, "windows", _WINDOWS),
        Column("night_ok", ("Night", "可夜拍"), 9, "choice", ("Whether one may shoot there at night.", "能否夜间拍摄。"), YES),
        Column("move_minutes", ("Move minutes", "转场分钟"), 11, "int", ("Time to move there; empty: as the rules say.", "转场所需时间；空着按规则。"), most=10_000),
        Column("aliases", ("Also written", "其他写法"), 30, "names", ("Other ways in which the script writes it.", "剧本里的其他写法。")),
    ),
    "elements": (
        Column("scene", ("Scene", "场号"), 10, "text", ("A scene of the sheet Scenes.", "“场次”表中的场号。"), empty=False),
        Column("kind", ("Kind", "类别"), 11, "choice", ("What it is.", "类别。"), KINDS, empty=False),
        Column("name", ("Name", "名称"), 26, "text", ("What is needed.", "需要什么。"), empty=False),
        Column("count", ("Count", "数量"), 9, "int", ("How many.", "几个。"), least=1, most=100_000),
        Column("note", ("Note", "备注"), 22, "text", ("Whose it is, or anything else.", "谁的，或其他说明。")),
        Column("evidence", ("In the script", "剧本原文"), 44, "text", ("The words in which it was found.", "依据的原文。")),
        Column("confidence", ("Confidence", "可信度"), 13, "float", ("1: the script or a person says so; 0.8 and 0.5: found by a word, please check.", "1：剧本或人工确认；0.8、0.5：按词语找到，请核对。"), most=1),
    ),
    "rules": (
        Column("key", ("Setting", "设置"), 30, "text", ("Do not change this column.", "请勿改动此列。"), empty=False),
        Column("value", ("Value", "值"), 26, "text", ("Dates as 2026-03-01.", "日期写 2026-03-01。")),
        Column("meaning", ("Meaning", "说明"), 80, "text", ("For reading only.", "仅供阅读。")),
    ),
    "rates": (
        Column("key", ("Rate", "费率"), 20, "text", ("crew.day, night, move, overtime.hour, cast.day, ...", "crew.day、night、move、overtime.hour、cast.day 等。"), empty=False),
        Column("amount", ("Amount", "金额"), 14, "money", ("Not negative.", "不能为负。"), empty=False),
        Column("currency", ("Currency", "币种"), 10, "text", ("The currency of the rules: money is never mixed.", "与“规则”的币种一致，不可混用。")),
        Column("date", ("Date", "日期"), 14, "text", ("Of the price.", "报价日期。")),
        Column("source", ("Source", "来源"), 36, "text", ("Who quoted it.", "谁的报价。")),
        Column("example", ("Example", "示例"), 9, "choice", ("yes: a figure of the program's, not a quote.", "是：程序自带的示例数字，不是报价。"), YES),
    ),
}  # fmt: skip

MEANINGS: dict[str, Words] = {
    "start": ("First day of the shoot; empty: days are only numbered.", "开机日期；空着则只编号。"),
    "max_days": ("Most days of the shoot.", "最多拍摄天数。"),
    "day_minutes": ("Minutes of a shooting day.", "每个拍摄日的分钟数。"),
    "night_minutes": ("Minutes that a night block adds.", "夜戏时段增加的分钟数。"),
    "turnaround_minutes": ("Minutes that a night block takes off the next day.", "夜戏后次日减少的分钟数。"),
    "overtime_minutes": ("Most overtime of a day.", "每天最多加班分钟数。"),
    "move_minutes": ("Minutes of a company move.", "转场分钟数。"),
    "moves_a_day": ("Most company moves of a day; empty: any number.", "每天最多转场次数；空着不限。"),
    "minor_minutes": ("Minutes that a minor may work a day; check the law of the place.", "未成年人每天工作分钟数，请按当地法规核对。"),
    "holding_share": ("Part of a day's fee paid for an idle day, 0 to 1.", "空等日所付日薪的比例，0 到 1。"),
    "units": ("Units that shoot at the same time.", "同时拍摄的组数。"),
    "days_off": ("Dates without shooting, with a semicolon between.", "停拍日期，用分号隔开。"),
    "weekdays_off": ("Weekdays without shooting: 0 Monday to 6 Sunday, with a semicolon between.", "每周停拍日：0 周一至 6 周日，用分号隔开。"),
    "currency": ("The one currency of all money.", "所有金额的币种。"),
    "estimate.setup_inside": ("Minutes to set up a scene inside.", "内景布光调度分钟数。"),
    "estimate.setup_outside": ("Minutes to set up a scene outside.", "外景布光调度分钟数。"),
    "estimate.per_second": ("Shooting minutes for a second on the screen, by tier.", "每一秒成片所需拍摄分钟，按档次。"),
    "estimate.night_factor": ("Times this for scenes outside at night.", "夜外景乘以此数。"),
    "estimate.per_effect": ("Added share for each effect, vehicle and animal.", "每个特效、车辆、动物增加的比例。"),
    "estimate.most_effects": ("So many of them count at most.", "最多计入几个。"),
    "estimate.per_cast": ("Added share for each part beyond two.", "超过两名演员后每人增加的比例。"),
    "estimate.per_extras": ("Added share where there are extras.", "有群演时增加的比例。"),
    "estimate.step": ("Rounded up to so many minutes.", "向上取整的分钟数。"),
    "estimate.seconds_per_eighth": ("Screen seconds of an eighth, where no subtitle tells: a page is a minute.", "没有字幕时每 1/8 页的秒数：一页一分钟。"),
    "estimate.chars_per_page_zh": ("Characters of a Chinese page; measured on one series, so set your own.", "中文一页的字数；只按一部剧测得，请自行设定。"),
    "estimate.lines_per_page_en": ("Lines of an English page.", "英文一页的行数。"),
}  # fmt: skip
