"""Numbers in the lines of an edition, as values: figures of any script, and number words where known."""

from __future__ import annotations

import math
import re
import unicodedata

from smallscreen.localize.checks.numerals import NUMERAL, chinese_value

WORD_LANGUAGES = frozenset({"en", "es", "id", "pt", "fr", "de", "ja"})
"""Languages whose number words are read; in the others figures alone are."""

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
        for match in re.finditer(rf"[{NUMERAL}]+", text):
            value = chinese_value(match[0])
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
