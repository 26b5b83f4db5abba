"""Numbers in Chinese dialogue, as values to compare with those of a line (see number_words).

Chinese writes far more numerals than numbers: 一下, 万一, 三心二意, 老三, 周三, 二叔. A number is
taken here only where it is written in figures, or with a place value (三百二十, 两万), or a digit
from three up stands before a word that counts; two only before years, months, hours and measures
(两个人 is mostly "we both"). What is missed this way is the price of few false alarms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_PLACE = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
NUMERAL = "零〇一二两三四五六七八九十百千万亿"

# Numerals that are no numbers: idioms by their pattern, and words that hold a numeral.
_NO_NUMBER = re.compile(
    # Not in the middle of a number: 一万一千 holds no 万一.
    rf"(?<![\d{NUMERAL}])(?:"
    "万一|千万(?![元块年人个多斤里亩])|百万富翁|一[万千百]个(?:放心|愿意|不)|万分|十分(?!钟)|百般|百货|百姓|百合|百年好合|百分百|百家|百日"
    "|千金|千秋|千年|千里|千载|千辛万苦|千方百计|千言万语|千刀万剐|千山万水|千变万化|千丝万缕|千钧一发|万岁|万能|万事|万般|万物|万无|万全|万圣|万家|万恶|万幸"
    "|三明治|三轮|三角|三国|三好|三陪|三姑六婆|三亚|三峡|三星|三文鱼|三里屯|三环|四合院|四川|四季|四周|四处|四肢|四海|五金|五官|五脏|五星|五花|五行|五香|六神|六亲|七夕|七大姑八大姨|八卦|八仙|八字|八婆|八成|八路|八百年|九泉|九寨|九牛|九死|十字|十足|十全|十佳|十万八千里|十万火急|十有八九|十之八九|二百五(?![十块元斤个人岁])|二胡|二手|二奶|二锅头|二维|两口|两旁|两边|两手|两全|两难|两者|两面|两可|两码事|两回事|三十六计|三八"
    "|百分之百|三长两短|三天两头|三番五次|三番两次|三更半夜|三三两两|三五成群|三下五除二|五湖四海|五颜六色|五体投地|五雷轰顶|一清二楚|一干二净|一五一十|丢三落四|低三下四|推三阻四|朝三暮四|颠三倒四|不三不四|说三道四|接二连三|七上八下|七嘴八舌|七零八落|七拼八凑|乱七八糟|横七竖八|四面八方|四平八稳|四分五裂|八九不离十|[一三七]言[两八]语"
    "|(?<![零〇一二两三四五六七八九十百千万亿])[一三四五六七八九十百千万][\u4e00-\u9fff](?<![年月天块元个岁斤里亩次名位张人分])[一二三四五六七八九十百千万](?![零〇一二两三四五六七八九十百千万亿年月天块元岁斤])[\u4e00-\u9fff]"
    "|[一二两三四五六七八九十百千万]+分之[零〇一二两三四五六七八九十百千万点]+"
    ")"
)
_PERCENT = re.compile(rf"百分之([{NUMERAL}点]+|\d+(?:\.\d+)?)")
_HALF = re.compile(rf"(?<![{NUMERAL}大小好过多\d])半(年|个月|个小时|小时|个钟头)")
_NUMBER = re.compile(
    rf"\d[\d,，]*(?:\.\d+)?[十百千万亿]*|[{NUMERAL}]+(?:点[零〇一二三四五六七八九]+)?[{NUMERAL}]*"
)
_SKIP_BEFORE = frozenset("第几数好初老小阿高大星期周拜排第")
_COUNTED = re.compile(
    "年(?![级纪轻华糕])|天(?![下才使地上])|个月|个多月|个半月|个小时|小时|个钟头|钟头|分钟|秒|岁|块|元|毛钱|角钱|分钱|斤|公斤|里(?![面边头外])|公里|亩|米(?!饭)|尺|寸|丈|倍|层|个人|口人|人(?!家)"
    "|位|名|张|条|把(?!握)|只(?!有|是|要|能)|件|辆|套|间|栋|家(?!里|人)|本|瓶|碗|杯|盒|包|箱|桌|顿|遍|次|集|票|门课|头|匹|棵|根|封|份|支|颗|粒|袋|周|个星期|个礼拜|代|季|轮|局|场|个(?!性)"
)
_TWO = re.compile("年(?![级纪])|个月|个小时|小时|岁|块|元|公斤|斤(?!计|斤)|公里|亩|倍|层")
_UNIT = re.compile(
    "年|天|个月|个星期|个礼拜|周|个小时|小时|个钟头|钟头|分钟|岁|块钱|块|元|毛钱|毛|公斤|斤|公里|里(?![面边头外])|亩|平米|平方米|米(?!饭)|尺|寸|丈|两(?=[^个天年句]|$)|点半|点"
)

# Other ways to say the same: factors by which the value may appear, by unit.
_SAME: dict[str, tuple[float, ...]] = {
    "年": (1, 12, 0.1, 0.01),  # months; decade and century read as 1 of these
    "天": (1, 24, 1 / 7),
    "周": (1, 7),
    "个星期": (1, 7),
    "个礼拜": (1, 7),
    "个月": (1, 1 / 12, 30, 4),
    "小时": (1, 60, 1 / 24),
    "个小时": (1, 60, 1 / 24),
    "钟头": (1, 60, 1 / 24),
    "个钟头": (1, 60, 1 / 24),
    "分钟": (1, 60, 1 / 60),
    "斤": (1, 0.5, 500, 1.1),  # kilograms, grams, pounds
    "公斤": (1, 2.2, 1000),
    "里": (1, 0.5, 500, 0.31),  # kilometers, meters, miles
    "公里": (1, 0.62, 1000),
    "亩": (1, 1 / 15, 667, 0.165),  # hectares, square meters, acres
    "米": (1, 3.28, 100),
    "平米": (1, 10.8),
    "平方米": (1, 10.8),
    "尺": (1, 1 / 3, 33.3, 1.1),
    "寸": (1, 3.33, 1.31),
    "丈": (1, 3.33, 10.9),
    "两": (1, 50, 1.76, 0.05),
    "毛": (1, 0.1, 10),
    "毛钱": (1, 0.1, 10),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the source. `accepted` are the values that say the same; `sure` is 0 to 1."""

    text: str
    start: int
    value: float
    unit: str
    accepted: tuple[float, ...]
    sure: float

    def said_by(self, values: Sequence[float]) -> bool:
        """Whether one of `values` is this number; converted measures may be rounded by an eighth."""
        return any(
            v == self.value
            or any(abs(v - a) <= (1e-9 if a == self.value else 0.125 * a) for a in self.accepted)
            for v in values
        )


def may_hold_number(source: str) -> bool:
    """A quick look: False when there is no numeral at all."""
    return _ANY.search(source) is not None


_ANY = re.compile(rf"[\d{NUMERAL}半]")


def source_numbers(text: str, not_here: Sequence[tuple[int, int]] = ()) -> list[Number]:
    """The numbers of a Chinese line, in order; spans in `not_here` (idioms found elsewhere) hold none."""
    chars = list(unicodedata.normalize("NFKC", text) if not text.isascii() and _WIDE.search(text) else text)
    if len(chars) != len(text):  # a compatibility character that unfolds: offsets would be wrong
        chars = list(text)
    for start, end in not_here:
        for at in range(max(0, start), min(end, len(chars))):
            chars[at] = "\x00"
    masked = "".join(chars)
    found: list[Number] = []

    def hide(match: re.Match[str]) -> str:
        return "\x00" * len(match[0])

    def percent(match: re.Match[str]) -> str:
        value = chinese_value(match[1].replace("点", "."))
        if value is not None:
            found.append(Number(match[0], match.start(), value, "%", (value, value / 100), 0.9))
        return hide(match)

    for match in _HALF.finditer(masked):
        accepted = tuple(0.5 * f for f in _SAME[match[1]])
        found.append(Number(match[0], match.start(), 0.5, match[1], accepted, 0.5))
    masked = _PERCENT.sub(percent, masked.replace("百分之百", "\x00" * 4))
    masked = _NO_NUMBER.sub(hide, masked)
    for match in _NUMBER.finditer(masked):
        number = _one(masked, match)
        if number is not None:
            found.append(number)
    return sorted(found, key=lambda n: n.start)


_WIDE = re.compile(r"[０-９．]")


def _one(text: str, match: re.Match[str]) -> Number | None:
    token, start, end = match[0], match.start(), match.end()
    before = text[start - 1] if start else ""
    rest = text[end : end + 6]
    figures = token[0].isdigit()
    if token[-1] == "两" and len(token) > 1 and token[-2] in "一二三四五六七八九半":
        # 三两酒 is a weight; the numeral ends before it.
        token, rest = token[:-1], "两" + rest
    if before in _SKIP_BEFORE and not (figures and before in "第高大小老好"):
        return None
    if (
        before == "第"
        or rest[:1] in ("几", "来", "号", "日", "楼", "成", "折", "级", "班", "线", "环")
        or rest[:2] == "分之"
    ):
        return None
    if rest[:1] == "月" or (before in "月号" and before):
        return None
    approximate = rest[:1] in ("多", "余")
    if approximate:
        rest = rest[1:]
    unit_match = _UNIT.match(rest)
    unit = unit_match[0] if unit_match else ""
    if unit == "点" and rest[1:2] in ("儿", "头", "名", "心", "点", "事", "东", "什", "子"):
        return None
    value = chinese_value(token)
    if value is None or value == 0:
        return None
    if figures and not unit and token in ("110", "119", "120", "122"):
        return None  # emergency calls: every market has its own
    sure = 0.9 if figures else 0.8
    values = [value]
    if not figures:
        places = sum(1 for c in token if c in _PLACE)
        if places == 0 and len(token) == 1:
            if value < 2 or (
                value == 2 and (not _TWO.match(rest) or before in ("这", "那", "前", "过", "头", "有", "没"))
            ):
                return None
            if unit not in ("点", "点半") and not _COUNTED.match(rest):
                return None
            sure = 0.6
        elif places == 0:
            if len(token) == 2 and _DIGIT[token[1]] == _DIGIT[token[0]] + 1:  # 三四个: three or four
                if not _COUNTED.match(rest):
                    return None
                values, sure = [float(_DIGIT[c]) for c in token], 0.4
            elif len(token) < 3:
                return None
        elif len(token) == 1:  # 十, 百, 千, 万 alone: ten counts, the others exaggerate
            if token != "十" or not _COUNTED.match(rest):
                return None
            sure = 0.6
        elif len(token) >= 3 and token[0] in _DIGIT and token[1] in _DIGIT and token[2] in _PLACE:  # 二三十
            values, sure = [_DIGIT[token[0]] * _PLACE[token[2]], _DIGIT[token[1]] * _PLACE[token[2]]], 0.4  # type: ignore[list-item]
            value = float(values[0])
        elif token in ("一百", "一千", "一万", "一亿", "八百", "一千零一") and unit not in (
            "块",
            "块钱",
            "元",
            "斤",
            "亩",
            "岁",
        ):
            sure = 0.4  # 一百个放心, 一万年: often a way of saying "very"
    if rest.startswith("年") and len(token) == 4 and 1800 <= value <= 2100:
        return Number(token, start, value, "", (value, value % 100), sure)
    half = rest.startswith(("年半", "点半", "个半", "斤半", "倍半"))
    if half:
        values = [*values, value + 0.5]
    accepted = [v * f for v in values for f in _SAME.get(unit, (1,))]
    if unit in ("点", "点半"):
        accepted += [value + 12, value - 12]
    if unit in ("块", "块钱", "元") and value < 1:
        accepted.append(value * 100)
    return Number(
        token + unit,
        start,
        float(value),
        unit,
        tuple(dict.fromkeys(float(a) for a in accepted if a > 0)),
        sure,
    )


def chinese_value(token: str) -> float | None:
    """The value of a number as Chinese writes it: 3.5万, 一百零五, 三千五 (3,500), 一九九八."""
    token = token.replace(",", "").replace("，", "").rstrip(".")
    if not token or len(token) > 18:
        return None
    if token[0].isdigit() and token[0].isascii():
        match = re.match(r"\d+(?:\.\d+)?", token)
        assert match is not None
        value = float(match[0])
        for place in token[match.end() :]:
            if place not in _PLACE:
                return None
            value *= _PLACE[place]
        return value
    whole, _, part = token.replace("点", ".").partition(".")
    if all(c in _DIGIT for c in whole):
        value = 0.0
        for c in whole:
            value = value * 10 + _DIGIT[c]
    else:
        read = _place_value(whole)
        if read is None:
            return None
        value = read
    if part:
        if not all(c in _DIGIT for c in part):
            return None
        value += sum(_DIGIT[c] / 10 ** (i + 1) for i, c in enumerate(part))
    return value


def _place_value(token: str) -> float | None:
    total = section = 0.0
    digit: float | None = None
    last_place = 1.0
    zero = False
    for c in token:
        if c in _DIGIT:
            zero = zero or _DIGIT[c] == 0
            digit = float(_DIGIT[c]) if digit is None or _DIGIT[c] else digit * 10 + _DIGIT[c]
            continue
        place = _PLACE.get(c)
        if place is None:
            return None
        if place >= 10_000:
            section = (section + (digit or 0)) or 1
            total = (total + section) * place if total and place > 10_000 else total + section * place
            section = 0.0
        else:
            section += (1 if digit is None else digit) * place
        digit, last_place, zero = None, float(place), False
    if digit is not None:
        # 三千五 is 3,500: a last digit without its place stands one place below the one before it.
        section += digit * (last_place / 10 if not zero and last_place >= 100 else 1)
    return total + section
