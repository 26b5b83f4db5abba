"""Numbers in Chinese dialogue, and numbers in the lines of an edition, as values to compare.

Chinese writes far more numerals than numbers: 一下, 万一, 三心二意, 老三, 周三, 二叔. A number is
taken here only where it is written in figures, or with a place value (三百二十, 两万), or a digit
from three up stands before a word that counts; two only before years, months, hours and measures
(两个人 is mostly "we both"). What is missed this way is the price of few false alarms.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WORD_LANGUAGES = frozenset({"en", "es", "id", "pt", "fr", "de", "ja"})
"""Languages whose number words are read; in the others figures alone are."""

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_PLACE = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_NUMERAL = "零〇一二两三四五六七八九十百千万亿"

# Numerals that are no numbers: idioms by their pattern, and words that hold a numeral.
_NO_NUMBER = re.compile(
    # Not in the middle of a number: 一万一千 holds no 万一.
    rf"(?<![\d{_NUMERAL}])(?:"
    "万一|千万(?![元块年人个多斤里亩])|百万富翁|一[万千百]个(?:放心|愿意|不)|万分|十分(?!钟)|百般|百货|百姓|百合|百年好合|百分百|百家|百日"
    "|千金|千秋|千年|千里|千载|千辛万苦|千方百计|千言万语|千刀万剐|千山万水|千变万化|千丝万缕|千钧一发|万岁|万能|万事|万般|万物|万无|万全|万圣|万家|万恶|万幸"
    "|三明治|三轮|三角|三国|三好|三陪|三姑六婆|三亚|三峡|三星|三文鱼|三里屯|三环|四合院|四川|四季|四周|四处|四肢|四海|五金|五官|五脏|五星|五花|五行|五香|六神|六亲|七夕|七大姑八大姨|八卦|八仙|八字|八婆|八成|八路|八百年|九泉|九寨|九牛|九死|十字|十足|十全|十佳|十万八千里|十万火急|十有八九|十之八九|二百五(?![十块元斤个人岁])|二胡|二手|二奶|二锅头|二维|两口|两旁|两边|两手|两全|两难|两者|两面|两可|两码事|两回事|三十六计|三八"
    "|百分之百|三长两短|三天两头|三番五次|三番两次|三更半夜|三三两两|三五成群|三下五除二|五湖四海|五颜六色|五体投地|五雷轰顶|一清二楚|一干二净|一五一十|丢三落四|低三下四|推三阻四|朝三暮四|颠三倒四|不三不四|说三道四|接二连三|七上八下|七嘴八舌|七零八落|七拼八凑|乱七八糟|横七竖八|四面八方|四平八稳|四分五裂|八九不离十|[一三七]言[两八]语"
    "|(?<![零〇一二两三四五六七八九十百千万亿])[一三四五六七八九十百千万][\u4e00-\u9fff](?<![年月天块元个岁斤里亩次名位张人分])[一二三四五六七八九十百千万](?![零〇一二两三四五六七八九十百千万亿年月天块元岁斤])[\u4e00-\u9fff]"
    "|[一二两三四五六七八九十百千万]+分之[零〇一二两三四五六七八九十百千万点]+"
    ")"
)
_PERCENT = re.compile(rf"百分之([{_NUMERAL}点]+|\d+(?:\.\d+)?)")
_HALF = re.compile(rf"(?<![{_NUMERAL}大小好过多\d])半(年|个月|个小时|小时|个钟头)")
_NUMBER = re.compile(
    rf"\d[\d,，]*(?:\.\d+)?[十百千万亿]*|[{_NUMERAL}]+(?:点[零〇一二三四五六七八九]+)?[{_NUMERAL}]*"
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


_ANY = re.compile(rf"[\d{_NUMERAL}半]")


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
        value = _value(match[1].replace("点", "."))
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
    value = _value(token)
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


def _value(token: str) -> float | None:
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


# --- the edition's side -------------------------------------------------------------------------

_FIGURES = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d{1,2}(?!\d))?")
_SCALE: dict[str, float] = {
    "k": 1e3, "m": 1e6, "thousand": 1e3, "grand": 1e3, "million": 1e6, "mil": 1e3, "millon": 1e6, "millones": 1e6,
    "milhao": 1e6, "milhoes": 1e6, "mille": 1e3, "millions": 1e6, "tausend": 1e3, "millionen": 1e6, "hundred": 100,
    "ribu": 1e3, "juta": 1e6, "ratus": 100, "nghin": 1e3, "ngan": 1e3, "van": 1e4, "trieu": 1e6, "ty": 1e9,
    "千": 1e3, "万": 1e4, "億": 1e8, "천": 1e3, "만": 1e4, "억": 1e8, "พัน": 1e3, "หมื่น": 1e4, "แสน": 1e5, "ล้าน": 1e6,
    "ألف": 1e3, "آلاف": 1e3, "مليون": 1e6, "हजार": 1e3, "लाख": 1e5, "करोड": 1e7, "billion": 1e9,
    "wan": 1e4,
}  # fmt: skip
_AFTER = re.compile(r"[\s\u00a0\u202f]*([^\W\d_]+|[千万億천만억])")


def has_figures(text: str) -> bool:
    """Whether a digit of any script is in the text."""
    return _FIGURES.search(text) is not None


def line_numbers(text: str, language: str) -> list[float]:
    """Every value that a line of an edition may be said to hold: figures, and number words where known."""
    text = _western(text)
    found = list(figures(text))
    if language == "ja":
        for match in re.finditer(rf"[{_NUMERAL}]+", text):
            value = _value(match[0])
            if value is not None:
                found.append(value)
    elif language in _WORDS:
        found += _words(text, language)
    return found


def figures(text: str) -> list[float]:
    """Values of the figures in a text, each reading of an ambiguous one (1.500), with its scale word."""
    found: list[float] = []
    text = _western(text)
    for match in _FIGURES.finditer(text):
        token = match[0]
        if len(token) > 18:
            continue
        readings = {re.sub(r"\D", "", token)}
        if "." in token or "," in token:
            head, _, tail = token.replace(",", ".").rpartition(".")
            readings.add(f"{re.sub(chr(92) + 'D', '', head)}.{tail}")
            if len(tail) != 3:
                readings.discard(re.sub(r"\D", "", token))
        if re.search(r"[ \u00a0\u202f'’]", token):
            readings.update(part for part in re.split(r"\D+", token) if part)
        after = _AFTER.match(text, match.end())
        word = plain_word(after[1]) if after else ""
        scale = _SCALE.get(word) or _SCALE.get(word[:1] if word[:1] in "千万億천만억" else "", 1.0)
        for reading in readings:
            value = float(reading)
            found.append(value)
            if scale != 1.0:
                found.append(value * scale)
    return found


def _western(text: str) -> str:
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, -1) >= 0 else c
        for c in text
    )


def plain_word(word: str) -> str:
    """Lower case without accents, so that "millón" is found as "millon"."""
    if word.isascii():
        return word.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)  # Hangul comes apart too, and must be put together again


def _table(text: str) -> dict[str, float]:
    return {word: float(value) for word, value in (item.split("=") for item in text.split())}


_WORDS: dict[str, dict[str, float]] = {
    "en": _table(
        "one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14"
        " fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70"
        " eighty=80 ninety=90 couple=2 both=2 pair=2 twice=2 double=2 half=0.5 once=1 triple=3 dozen=12 second=2 third=3 fourth=4"
        " fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 decade=10 decades=10 century=100 fortnight=14 single=1"
        " trio=3 quarter=0.25 twenties=20 thirties=30 forties=40 fifties=50 sixties=60 seventies=70 eighties=80 nineties=90"
        " thirds=3 noon=12 midnight=12 week=7 year=1"
    ),
    "es": _table(
        "uno=1 una=1 un=1 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 trece=13 catorce=14"
        " quince=15 dieciseis=16 diecisiete=17 dieciocho=18 diecinueve=19 veinte=20 veintiuno=21 veintiun=21 veintiuna=21 veintidos=22"
        " veintitres=23 veinticuatro=24 veinticinco=25 veintiseis=26 veintisiete=27 veintiocho=28 veintinueve=29 treinta=30 cuarenta=40"
        " cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 cien=100 ciento=100 doscientos=200 doscientas=200 trescientos=300"
        " trescientas=300 cuatrocientos=400 cuatrocientas=400 quinientos=500 quinientas=500 seiscientos=600 seiscientas=600"
        " setecientos=700 setecientas=700 ochocientos=800 ochocientas=800 novecientos=900 novecientas=900 ambos=2 ambas=2 par=2"
        " doble=2 medio=0.5 media=0.5 mitad=0.5 docena=12 segundo=2 segunda=2 tercer=3 tercero=3 tercera=3 cuarto=4 cuarta=4 quinto=5"
        " quinta=5 decada=10 siglo=100 triple=3 centenar=100 semana=7 quincena=15 mediodia=12 medianoche=12"
    ),
    "pt": _table(
        "um=1 uma=1 dois=2 duas=2 tres=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 onze=11 doze=12 treze=13 quatorze=14"
        " catorze=14 quinze=15 dezesseis=16 dezessete=17 dezoito=18 dezenove=19 vinte=20 trinta=30 quarenta=40 cinquenta=50"
        " sessenta=60 setenta=70 oitenta=80 noventa=90 cem=100 cento=100 duzentos=200 duzentas=200 trezentos=300 trezentas=300"
        " quatrocentos=400 quatrocentas=400 quinhentos=500 quinhentas=500 seiscentos=600 seiscentas=600 setecentos=700 setecentas=700"
        " oitocentos=800 oitocentas=800 novecentos=900 novecentas=900 ambos=2 ambas=2 par=2 dobro=2 meio=0.5 meia=0.5 metade=0.5"
        " duzia=12 segundo=2 segunda=2 terceiro=3 terceira=3 quarto=4 quinto=5 decada=10 seculo=100 triplo=3 semana=7 centena=100"
    ),
    "fr": _table(
        "un=1 une=1 deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 neuf=9 dix=10 onze=11 douze=12 treize=13 quatorze=14 quinze=15"
        " seize=16 vingt=20 vingts=20 trente=30 quarante=40 cinquante=50 soixante=60 septante=70 octante=80 nonante=90 double=2"
        " demi=0.5 demie=0.5 moitie=0.5 douzaine=12 quinzaine=15 vingtaine=20 trentaine=30 quarantaine=40 cinquantaine=50 centaine=100"
        " dizaine=10 paire=2 deuxieme=2 second=2 troisieme=3 quatrieme=4 cinquieme=5 decennie=10 siecle=100 triple=3 semaine=7 midi=12 minuit=12"
    ),
    "id": _table(
        "satu=1 dua=2 tiga=3 empat=4 lima=5 enam=6 tujuh=7 delapan=8 sembilan=9 sepuluh=10 sebelas=11 seratus=100 seribu=1000"
        " sejuta=1000000 setengah=0.5 separuh=0.5 kedua=2 ketiga=3 keempat=4 kelima=5 berdua=2 bertiga=3 berempat=4 selusin=12"
        " sepasang=2 dekade=10 abad=100 seminggu=7 setahun=1 sebulan=1 sehari=1 kedelapan=8 kesembilan=9 keenam=6 ketujuh=7 kesepuluh=10"
    ),
    "de": {},
}  # fmt: skip
_TIMES: dict[str, dict[str, float]] = {
    "en": {
        "hundred": 100,
        "hundreds": 100,
        "thousand": 1e3,
        "thousands": 1e3,
        "grand": 1e3,
        "million": 1e6,
        "millions": 1e6,
        "billion": 1e9,
        "dozen": 12,
        "dozens": 12,
    },
    "es": {"mil": 1e3, "miles": 1e3, "millon": 1e6, "millones": 1e6, "cientos": 100},
    "pt": {"mil": 1e3, "milhares": 1e3, "milhao": 1e6, "milhoes": 1e6, "centenas": 100},
    "fr": {"cent": 100, "cents": 100, "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9},
    "id": {"puluh": 10, "belas": -10, "ratus": 100, "ribu": 1e3, "juta": 1e6, "miliar": 1e9, "lusin": 12},
}
_JOINS = {"en": {"and", "a"}, "es": {"y"}, "pt": {"e"}, "fr": {"et"}, "id": set()}
_WORD = re.compile(r"[^\W\d_]+")
_WORD_OR_STOP = re.compile(r"[^\W\d_]+|[.,;:!?…—]")


def _words(text: str, language: str) -> list[float]:
    if language == "de":
        return _german(text)
    ones, times, joins = _WORDS[language], _TIMES[language], _JOINS[language]
    found: list[float] = []
    total, current, active = 0.0, 0.0, False
    last_factor = math.inf

    def flush() -> None:
        nonlocal total, current, active, last_factor
        if active:
            found.append(total + current)
        total, current, active, last_factor = 0.0, 0.0, False, math.inf

    for word in map(plain_word, _WORD_OR_STOP.findall(text)):
        if word in times:
            factor = times[word]
            if factor == -10:  # Indonesian belas: dua belas is 12
                current = current % 10 + 10 + (current - current % 10)
            elif factor >= 1000:
                if factor >= last_factor:  # "thirty thousand, forty thousand": two numbers
                    own, current = current, 0.0
                    flush()
                    current = own
                total, current, last_factor = total + (current or 1) * factor, 0.0, factor
            elif factor == 10:
                current = current - current % 10 + (current % 10 or 1) * 10
            else:
                current = (current or 1) * factor
            active = True
        elif word in ones:
            value = ones[word]
            fits = active and (
                (current == 0 and total > 0)
                or (value < 10 and current % 10 == 0 and current % 100 != 10 and value >= 1)
                or (10 <= value < 100 and current >= 100 and current % 100 == 0)
                or (language == "fr" and 10 <= value < 20 and current % 100 in (60, 80))
            )
            if language == "fr" and value == 20 and current % 100 == 4:  # quatre-vingts
                current += 76
                continue
            if not fits:
                flush()
            current += value
            active = True
        elif word not in joins:
            flush()
    flush()
    return found


_DE_ONES = {
    "null": 0, "ein": 1, "eins": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "funf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12, "dreizehn": 13, "vierzehn": 14, "funfzehn": 15,
    "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreissig": 30, "vierzig": 40, "funfzig": 50,
    "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_DE_OTHER = _table(
    "beide=2 beiden=2 paar=2 doppelt=2 doppelte=2 halb=0.5 halbe=0.5 halbes=0.5 halben=0.5 halfte=0.5 dutzend=12 zweite=2 zweiten=2 dritte=3"
    " dritten=3 vierte=4 funfte=5 jahrzehnt=10 jahrzehnte=10 jahrhundert=100 anderthalb=1.5 eineinhalb=1.5 woche=7 million=1000000 millionen=1000000"
    " zweimal=2 dreimal=3 viermal=4 funfmal=5 hunderte=100 tausende=1000"
)


def _german(text: str) -> list[float]:
    found: list[float] = []
    last: float | None = None
    for word in map(plain_word, _WORD.findall(text.replace("ß", "ss"))):
        value = _DE_OTHER.get(word)
        if value is None and len(word) <= 60:
            value = _german_word(word)
        if value is not None:
            if word.startswith("million") and last is not None:
                found.append(last * 1e6)
            found.append(value)
        last = value
    return found


def _german_word(word: str) -> float | None:
    thousands, found, rest = word.rpartition("tausend")
    if found:
        head = _german_below(thousands) if thousands else 1.0
        tail = _german_below(rest.removeprefix("und")) if rest else 0.0
        return None if head is None or tail is None else head * 1000 + tail
    return _german_below(word)


def _german_below(word: str) -> float | None:
    """Below 1000."""
    hundreds, found, rest = word.rpartition("hundert")
    if found:
        head = float(_DE_ONES.get(hundreds, -1)) if hundreds else 1.0
        tail = _german_below(rest.removeprefix("und")) if rest else 0.0
        return None if head < 0 or tail is None else head * 100 + tail
    if word in _DE_ONES:
        return float(_DE_ONES[word])
    ones, found, tens = word.partition("und")
    if found and ones in _DE_ONES and tens in _DE_ONES:
        return float(_DE_ONES[ones] + _DE_ONES[tens])
    return None
