"""Encodings, counting and tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem
from smallscreen.series.text import clean, counted_width, decode, has_han, is_cjk, plain, reading_chars

SIMPLIFIED = (
    "我你的是了不一这有么个就他在说没们还来要人好什都看那到会可吗去为也想怎过道上能得对关以下知子天事大多别现很给然里真小定点出意吧跟样话"
    "开才时和老自问打把行心只回经太情最让分做成找已着起果用实应明生当面前再美觉刚哪电听因学次信所该儿外公伞幺爸饭月亮家钱医院记得回来"
)
TRADITIONAL = (
    "我你的是了不一這有麼個就他在說沒們還來要人好什都看那到會可嗎去為也想怎過道上能得對關以下知子天事大多別現很給然裡真小定點出意吧跟樣話"
    "開才時和老自問打把行心只回經太情最讓分做成找已著起果用實應明生當面前再美覺剛哪電聽因學次信所該兒外公傘飯月亮家錢醫院記得回來"
)


def readable_otherwise(text: str, encoding: str) -> bool:
    """Whether UTF-16 without a mark is plain ASCII too, so that nothing can tell them apart: read with its bytes
    exchanged 一 (4E00) is N, read byte by byte 上 (4E0A) is a line's end and N."""
    backwards = all(char > "\x7f" and ord(char) % 256 == 0 for char in text)
    return encoding in ("utf-16-le", "utf-16-be") and (backwards or text.encode(encoding).isascii())


def sentences(characters: str) -> st.SearchStrategy[str]:
    words = st.text(st.sampled_from(characters), min_size=6, max_size=40)
    return st.builds(
        lambda w, mark: w + mark, words, st.sampled_from(["", "。", "！", "？", "……", "\n", "\r\n"])
    )


SIMPLIFIED_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
TRADITIONAL_ENCODINGS = [*SIMPLIFIED_ENCODINGS, "big5"]


@settings(max_examples=300, deadline=None)
@given(sentences(SIMPLIFIED), st.sampled_from(SIMPLIFIED_ENCODINGS))
def test_short_simplified_text_comes_back_from_every_encoding(text: str, encoding: str) -> None:
    assume(not readable_otherwise(text, encoding))
    found, _ = decode(text.encode(encoding), "x.srt")
    assert found == text.replace("\r\n", "\n")


@settings(max_examples=300, deadline=None)
@given(sentences(TRADITIONAL), st.sampled_from(TRADITIONAL_ENCODINGS))
def test_short_traditional_text_comes_back_from_every_encoding(text: str, encoding: str) -> None:
    assume(not readable_otherwise(text, encoding))
    found, _ = decode(text.encode(encoding), "x.srt")
    assert found == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("¿Por qué no me llamaste, abuelo?", "cp1252", "windows-1252"),
        ("Bush hid the facts", "ascii", "utf-8"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHi\n", "utf-16-le", "utf-16-le"),
        ("Привет", "utf-8", "utf-8"),
        ("สวัสดี", "utf-8", "utf-8"),
        ("été", "utf-8", "utf-8"),
        ("", "utf-8", "utf-8"),
    ],
)
def test_other_languages_and_short_ascii(text: str, encoding: str, name: str) -> None:
    assert decode(text.encode(encoding), "x") == (text, name)


def test_real_dialogue_comes_back_from_every_encoding() -> None:
    folder = Path(__file__).resolve().parents[2] / "shared" / "real" / "series-29"
    if not folder.is_dir():
        pytest.skip("the real series is not beside the repository")
    for path in sorted(folder.glob("*.srt"))[:20]:
        text = path.read_text("utf-8")
        for encoding in SIMPLIFIED_ENCODINGS:
            assert decode(text.encode(encoding), path)[0] == text


@pytest.mark.parametrize(
    "data", [b"\0" * 400, b"1\n\0\0\0\0\0\0\0\0\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9]
)
def test_what_is_no_text_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(FileProblem, match=r"ep001\.srt.*expected text in UTF-8"):
        decode(data, "some/ep001.srt")


def test_utf16_that_breaks_off_is_refused() -> None:
    with pytest.raises(FileProblem, match="cut off"):
        decode("第一集".encode("utf-16") + b"\x00", "ep001.srt")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_text_or_a_file_problem(data: bytes) -> None:
    try:
        text, name = decode(data, "x")
    except FileProblem:
        return
    assert "\r" not in text and "\0" not in text and name


@pytest.mark.parametrize(
    ("text", "counting", "width"),
    [
        ("Hello, you.", "character", 11),
        ("Hello, you.", "half", 5.5),
        ("<i>Hello</i>", "character", 5),
        (r"{\an8}Hello", "cluster", 5),
        ("你好 OK", "half", 3.5),
        ("あっ……", "half", 4),
        ("안녕… OK", "half", 4),
        ("สวัสดี", "cluster", 4),
        ("สวัสดี", "character", 6),
        ("नमस्ते", "cluster", 4),
        ("Ti\u1ebfng", "cluster", 5),
        ("Tie\u0302\u0301ng", "character", 5),
        ("👨‍👩‍👧🇨🇳👍🏽", "character", 3),
        ("\u200fمرحبا\u200f", "cluster", 5),
        ("ab\ncd", "character", 4),
        ("你好\n你", "half", 3),
    ],
)
def test_counting(text: str, counting: str, width: float) -> None:
    assert counted_width(text, counting) == width


@given(st.lists(st.text(max_size=20), max_size=4), st.sampled_from(["character", "half", "cluster"]))
def test_reading_characters_are_the_sum_of_the_lines(lines: list[str], counting: str) -> None:
    # Letters that join across a line break (a lone mark at the start of a line) are not met in subtitles.
    lines = ["x" + "".join(c for c in line if c.isalnum() or c == " ") for line in lines]
    whole = reading_chars("\n".join(lines), counting)
    if counting == "half" and not all(is_cjk(x) for x in lines):
        assert whole <= sum(len(x) for x in lines)
    else:
        assert whole == sum(counted_width(line, counting) for line in lines)


def test_tags() -> None:
    assert plain(r"{\an8\fad(1,2)}<i>Run</i>, <font color='red'>now</font><b>!</b>") == "Run, now!"
    assert plain("<v Ana>Hi<00:01.500> there", italics=True) == "Hi there"
    assert plain("<I>Run</I> <b>now</b>", italics=True) == "<i>Run</i> now"
    assert plain("3 < 5 {and} 7 > 5 <3") == "3 < 5 {and} 7 > 5 <3"


def test_clean_keeps_words_and_drops_what_is_unseen() -> None:
    assert clean("  a\t b \r\n\r\n\u202b c \u202c\n\u2060\x07d\u2028e") == "a  b\nc\nd\ne"


@given(st.text(max_size=60))
def test_clean_is_settled_after_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\n\n" not in once and once == once.strip()


def test_scripts_of_text() -> None:
    assert has_han("ok 好") and not has_han("カタカナ") and not has_han("plain")
    assert is_cjk("カ") and is_cjk("한") and not is_cjk("é")
