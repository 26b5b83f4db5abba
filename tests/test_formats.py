"""Subtitle files: what is written is read back; what is sloppy is read; what is broken is named."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.errors import FileProblem, UserError
from smallscreen.series import markets, platforms
from smallscreen.series.formats import FORMATS, RawCue, TimedText, layout, read_subtitles, write_subtitles
from smallscreen.series.text import clean, plain


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


def read(folder: Path, name: str, text: str | bytes, **options: bool) -> list[RawCue]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_subtitles(path, **options)


# --- write, then read ----------------------------------------------------------------------

PIECES = st.one_of(
    st.text(st.characters(exclude_categories=("Cn", "Co", "Cs")), max_size=8),
    st.sampled_from(
        ["<", ">", "&", "&amp;", "-->", "00:00:01,000 --> 00:00:02,000", "{", "}", "\\N", "\\", "\\h", "{\\an8}", "<3",
         "<b>", "<i>", "</i>", "\n", "\n\n", "\r\n", "1", "12", "NOTE", "STYLE", "WEBVTT", "]]>", "👨‍👩‍👧", "مرحبا",
         "你好，世界。", "สวัสดี", "--", "\u2060", "[Events]", "Dialogue: ", ",", "'", '"', "Kind:"]
    ),
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)


@st.composite
def subtitles(draw: st.DrawFn) -> list[TimedText]:
    rows, at = [], 0
    for _ in range(draw(st.integers(1, 5))):
        at += draw(st.integers(0, 90_000))
        rows.append(TimedText(at, at + draw(st.integers(20, 9000)), draw(TEXTS)))
    return rows


def expected(row: TimedText, suffix: str) -> str:
    """The words that a format can carry: SRT has no way to write a tag that is meant as text."""
    text = clean(row.text)
    if suffix == ".srt":
        text = plain(text, italics=True)
    elif suffix == ".vtt":  # not of WebVTT, but met in files made from others, and left out
        text = re.sub(r"\{\\[^{}]*\}", "", text)
    return clean(text.replace("<i>", "").replace("</i>", ""))


@pytest.mark.parametrize("locale", ["en-US", "ar"])
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".ttml"])
@settings(max_examples=120, deadline=None)
@given(rows=subtitles())
def test_what_is_written_is_read_back(folder: Path, suffix: str, locale: str, rows: list[TimedText]) -> None:
    path = folder / f"x{suffix}"
    market, platform = markets.load(locale), platforms.load("universal")
    write_subtitles(path, rows, market=market, profile="vertical", platform=platform, title="A <& title -->")
    wanted = [(r.start_ms, r.end_ms, t) for r in rows if (t := expected(r, suffix)) and plain(t).strip()]
    if not wanted:
        with pytest.raises(FileProblem):
            read_subtitles(path)
        return
    found = [(c.start_ms, c.end_ms, c.text) for c in read_subtitles(path)]
    if suffix == ".ass":
        assert [x[2] for x in found] == [x[2] for x in wanted]
        for (s0, e0, _), (s1, e1, _) in zip(found, wanted, strict=True):
            assert abs(s0 - s1) <= 5 and abs(e0 - e1) <= 10
    else:
        assert found == wanted


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".ttml"])
def test_italics_and_speakers_are_carried(folder: Path, suffix: str) -> None:
    path = folder / f"italic{suffix}"
    write_subtitles(
        path, [TimedText(1000, 2000, "So <i>this</i>\nis it", "林小满"), TimedText(3000, 4000, "<i>cut off")]
    )
    assert [c.text for c in read_subtitles(path, italics=True)] == ["So <i>this</i>\nis it", "<i>cut off</i>"]
    assert [c.text for c in read_subtitles(path)] == ["So this\nis it", "cut off"]
    if suffix in (".vtt", ".ass"):
        assert [c.speaker for c in read_subtitles(path)] == ["林小满", None]


def test_every_format_has_its_suffixes_and_others_are_refused(folder: Path) -> None:
    assert set(FORMATS) == {"srt", "vtt", "ass", "ttml"}
    with pytest.raises(UserError, match="none of"):
        write_subtitles(folder / "x.doc", [TimedText(0, 1, "x")])


# --- the safe area -------------------------------------------------------------------------


@pytest.mark.parametrize("locale", markets.names())
@pytest.mark.parametrize("platform", platforms.names())
def test_the_longest_lines_stand_inside_the_platforms_box(locale: str, platform: str) -> None:
    market, area = markets.load(locale), platforms.load(platform)
    place = layout(market, "vertical", area)
    x0, y0, x1, y1 = area.text_box()
    assert (place.left, place.top, place.right, place.bottom) == (x0, y0, x1, y1)
    advance = 1.0 if market.counting == "half" else 0.55
    assert place.font_px == 16 or place.font_px * advance * market.vertical.cpl <= x1 - x0
    assert place.font_px * 1.25 * market.vertical.max_lines <= y1 - y0


def test_vertical_files_say_where_the_text_stands(folder: Path) -> None:
    market, area = markets.load("en-US"), platforms.load("universal")
    x0, _, x1, y1 = area.text_box()
    rows = [TimedText(1000, 2000, "One\ntwo\nthree")]
    for suffix in (".vtt", ".ass", ".ttml"):
        write_subtitles(folder / f"v{suffix}", rows, market=market, profile="vertical", platform=area)
    vtt = (folder / "v.vtt").read_text("utf-8")
    line, size, height = (
        float(re.search(p, vtt).group(1))
        for p in (r"line:([\d.]+)%", r" size:([\d.]+)%", r"size: ([\d.]+)vh")
    )  # type: ignore[union-attr]
    assert line + 3 * 1.25 * height <= y1 * 100 / area.height + 0.1
    assert abs(size - (x1 - x0) * 100 / area.width) < 0.1
    ass = (folder / "v.ass").read_text("utf-8")
    assert "PlayResX: 1080" in ass and "PlayResY: 1920" in ass
    style = re.search(r"^Style: (.*)$", ass, re.MULTILINE).group(1).split(",")  # type: ignore[union-attr]
    assert style[-4:-1] == [str(x0), str(area.width - x1), str(area.height - y1)]
    write_subtitles(folder / "w.ass", rows, market=market, profile="landscape", platform=area)
    assert "PlayResX: 1920" in (folder / "w.ass").read_text("utf-8")


def test_ttml_is_an_imsc_document_with_a_region_in_the_safe_area(folder: Path) -> None:
    path = folder / "imsc.ttml"
    rows = [TimedText(1000, 2000, "مرحبا، جدي!")]
    write_subtitles(
        path, rows, market=markets.load("ar"), profile="vertical", platform=platforms.load("universal")
    )
    root = ET.parse(path).getroot()
    parameter, style = "{http://www.w3.org/ns/ttml#parameter}", "{http://www.w3.org/ns/ttml#styling}"
    assert root.tag == "{http://www.w3.org/ns/ttml}tt"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert root.get(f"{parameter}contentProfiles") == "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    assert root.get("{http://www.w3.org/ns/ttml/profile/imsc1#parameter}aspectRatio") == "9 16"
    region = next(e for e in root.iter() if e.tag.endswith("region"))
    left, top = (float(x.rstrip("%")) for x in region.get(f"{style}origin", "").split())
    wide, high = (float(x.rstrip("%")) for x in region.get(f"{style}extent", "").split())
    x0, y0, x1, y1 = platforms.load("universal").text_box()
    assert [round(v) for v in (left * 10.8, top * 19.2, (left + wide) * 10.8, (top + high) * 19.2)] == [
        x0,
        y0,
        x1,
        y1,
    ]
    p = next(e for e in root.iter() if e.tag.endswith("}p"))
    assert p.get(f"{style}direction") == "rtl" and p.get("region") is None
    assert "\u202b" not in (p.text or "")


def test_srt_of_a_right_to_left_market_is_embedded(folder: Path) -> None:
    write_subtitles(folder / "r.srt", [TimedText(0, 900, "لا!\nنعم")], market=markets.load("ar"))
    assert "\u202bلا!\u202c\n\u202bنعم\u202c\n" in (folder / "r.srt").read_text("utf-8")


# --- the sloppy real world -----------------------------------------------------------------


def test_sloppy_srt(folder: Path) -> None:
    text = (
        "\ufeff1\r\n00:00:01.000 --> 00:00:02,5  \r\n你好  \r\n\r\n第二行\r\n\r\n"
        "00:00:03,000-->00:00:04,000 X1:10 X2:20\r\n<font color=red>没有编号</font>\r\n\r\n\r\n"
        "3\r\n01:05,250 --> 01:06,000\r\n{\\an8}2008\r\n4\r\n00:01:06,000 --> 00:01:08,000\r\n12\r\n\r\n"
        "5\r\n00:01:07,000 --> 00:01:09,000\r\n\r\n6\r\n00:01:08,000 --> 00:01:09,000\r\n重叠"
    )
    for encoding in ("utf-8", "utf-16", "gb18030"):
        cues = read(folder, "sloppy.srt", text.lstrip("\ufeff").encode(encoding))
        assert [(c.start_ms, c.end_ms, c.text) for c in cues] == [
            (1000, 2500, "你好\n第二行"),
            (3000, 4000, "没有编号"),
            (65250, 66000, "2008"),
            (66000, 68000, "12"),
            (68000, 69000, "重叠"),
        ]
        assert [c.line for c in cues] == [2, 7, 12, 15, 22]


def test_a_cue_of_ten_thousand_characters_is_legal(folder: Path) -> None:
    long = "很长的一句话，" * 1429
    for name, head in (
        ("l.srt", "1\n00:00:01,000 --> 00:00:05,000\n"),
        ("l.vtt", "WEBVTT\n\n00:01.000 --> 00:05.000\n"),
    ):
        assert read(folder, name, head + long)[0].text == long


@pytest.mark.parametrize(
    "line", [" " * 300_000 + "-->", "0:" * 150_000 + "-->", "<" * 300_000, "{\\" * 150_000]
)
def test_a_hostile_line_costs_no_time(folder: Path, line: str) -> None:
    start = time.perf_counter()
    for name, text in (
        ("h.srt", f"{GOOD}2\n00:00:03,000 --> 00:00:04,000\n{line}\n"),
        ("h.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line} x\n"),
        ("h.ass", f"[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{line} x\n"),
    ):
        assert read(folder, name, text)
    assert time.perf_counter() - start < 5


def test_vtt_with_everything(folder: Path) -> None:
    cues = read(
        folder,
        "a.vtt",
        "WEBVTT - x\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:r1\n\nNOTE a comment\nof two lines\n\n"
        "intro\n00:01.000 --> 00:02.000 line:80% align:start\n<v.loud 外公>回来了&nbsp;&amp; <c.red>好</c></v>\n\n"
        "00:00:03,000 --> 00:00:04,000\n<v A>一</v> <v B>二</v>\n\n还有一行\n\nNOTE end\n",
    )
    assert [(c.start_ms, c.text, c.speaker) for c in cues] == [
        (1000, "回来了\xa0& 好", "外公"),
        (3000, "一 二\n还有一行", None),
    ]


def test_ass_fields_follow_the_format_line(folder: Path) -> None:
    cues = read(
        folder,
        "a.ass",
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Start, End, Style, Actor, Text\n"
        "Comment: 0:00:00.00,0:00:01.00,D,,不算\n"
        "Dialogue: 0:00:03.00,0:00:04.50,D,外公,{\\i1}买伞{\\i0}，\\N还是补伞\\h？\n"
        "Dialogue: 0:00:03.00,0:00:04.50,Outline,外公,{\\blur2\\i1}买伞{\\i0}，\\N还是补伞\\h？\n"
        "Dialogue: 0:00:01.00,0:00:02.00,D,,{\\p1}m 0 0 l 9 9{\\p0}\n"
        "Dialogue: 0:00:01.00,0:00:02.00,D,,{\\an8}外公，是我。\n",
    )
    assert [(c.start_ms, c.end_ms, c.text, c.speaker, c.line) for c in cues] == [
        (1000, 2000, "外公，是我。", None, 10),
        (3000, 4500, "买伞，\n还是补伞 ？", "外公", 7),
    ]


def test_ttml_times_styles_agents_and_spans(folder: Path) -> None:
    cues = read(
        folder,
        "a.ttml",
        '<?xml version="1.0" encoding="UTF-16"?>\n<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"'
        ' xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
        ' ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" ttp:tickRate="10000000">\n'
        '<head><metadata><ttm:agent xml:id="p1" type="person"><ttm:name>外公</ttm:name></ttm:agent></metadata>\n'
        '<styling><style xml:id="it" tts:fontStyle="italic"/></styling></head>\n'
        '<body><div begin="1s">\n<p begin="00:00:01.500" end="00:00:02.000" ttm:agent="p1">买伞 <span style="it">还是</span><br/>\n   补伞</p>\n'
        '<p begin="60000000t" dur="500ms">刻度</p><p begin="300f" end="00:00:12:00">帧</p>\n'
        '<p><span begin="20s" end="21s">一</span> <span begin="21s" end="22s">二</span></p><p begin="1m" end="0.02h">分</p>\n'
        "<p begin='90s' end='91s'> <span/> </p></div></body></tt>",
        italics=True,
    )
    assert [(c.start_ms, c.end_ms, c.text, c.speaker, c.line) for c in cues] == [
        (2500, 3000, "买伞 <i>还是</i>\n补伞", "外公", 6),
        (7000, 7500, "刻度", None, 8),
        (11010, 13000, "帧", None, 8),
        (21000, 22000, "一", None, 9),
        (22000, 23000, "二", None, 9),
        (61000, 73000, "分", None, 9),
    ]


def test_content_goes_before_suffix(folder: Path) -> None:
    assert read(folder, "really.srt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n")[0].text == "Hi"
    assert read(folder, "really.vtt", "1\n00:00:01,000 --> 00:00:02,000\nHi\n")[0].text == "Hi"


# --- the broken ----------------------------------------------------------------------------

GOOD = "1\n00:00:01,000 --> 00:00:02,000\n一\n\n"
BROKEN = [
    ("empty.srt", "", None, "empty"),
    ("blank.srt", " \n\n", None, "empty"),
    ("none.srt", "这是一封信。\n没有时间。\n", 1, "no line of it has times"),
    ("index.srt", GOOD + "2\n", 5, "breaks off"),
    ("time.srt", GOOD + "2\n00:00:03,0", 6, "no time line"),
    ("arrow.srt", GOOD + "2\n00:00:03,000 -->", 6, "no time line"),
    ("half.srt", GOOD + "2\n00:00:03,000 --> 00:00:0", 6, "ends at 00:00:00.000"),
    ("text.srt", GOOD + "2\n00:00:03,000 --> 00:00:04,000", 6, "breaks off"),
    ("middle.srt", GOOD + "2\n00:00:xx,000 --> 00:00:04,000\n二\n\n3\n00:00:05,000 --> 00:00:06,000\n三\n", 6, "no time line"),
    ("negative.srt", GOOD + "2\n-00:00:03,000 --> 00:00:04,000\n二\n", 6, "negative"),
    ("backwards.srt", GOOD + "2\n00:00:05,000 --> 00:00:04,000\n二\n", 6, "ends at 00:00:04.000"),
    ("sixty.srt", "1\n00:75:01,000 --> 00:76:02,000\n一\n", 2, "more than 59"),
    ("front.srt", "广告\n\n" + GOOD, 1, "before any time"),
    ("words.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n\n2\n00:00:03,000 --> 00:00:04,000\n\n", None, "no cue with text"),
    ("nul.srt", b"\0" * 3000, 1, "NUL"),
    ("head.vtt", "00:xx --> 00:yy\n", 1, "does not begin as WebVTT"),
    ("none.vtt", "WEBVTT\n\nNOTE nothing\n", 4, "no cue"),
    ("time.vtt", "WEBVTT\n\n1\n00:0a.000 --> 00:02.000\nx\n", 4, "no time line"),
    ("back.vtt", "WEBVTT\n\n00:03.000 --> 00:02.000\nx\n", 3, "ends at"),
    ("off.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000", 3, "breaks off"),
    ("events.ass", "[Script Info]\nTitle: x\n", 1, "no [Events]"),
    ("none.ass", "[Events]\nFormat: Start, End, Text\n", 1, "no subtitle"),
    ("fields.ass", "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D\n", 2, "4 fields"),
    ("time.ass", "[Events]\nDialogue: 0,soon,0:00:02.00,D,,0,0,0,,x\n", 2, "'soon' is no time"),
    ("neg.ass", "[Events]\nDialogue: 0,-0:00:01.00,0:00:02.00,D,,0,0,0,,x\n", 2, "negative"),
    ("order.ass", "[Events]\nFormat: Text, Start, End\n", 2, "Format line"),
    ("cut.ttml", '<tt xmlns="http://www.w3.org/ns/ttml">\n<body><div>\n<p begin="1s" end="2s">x', 3, "not well-formed"),
    ("root.ttml", "<html><body/></html>", 1, "<html>"),
    ("time.ttml", '<tt><body><div>\n<p begin="soon" end="2s">x</p></div></body></tt>', 2, "'soon' is no time"),
    ("back.ttml", '<tt><body><div>\n\n<p begin="3s" end="2s">x</p></div></body></tt>', 3, "ends at"),
    ("end.ttml", '<tt><body><div><p begin="3s">x</p></div></body></tt>', 1, "no end"),
    ("neg.ttml", '<tt><body><div><p begin="-3s" end="2s">x</p></div></body></tt>', 1, "negative"),
    ("rate.ttml", '<tt frameRate="0"><body><div><p begin="3f" end="9f">x</p></div></body></tt>', 1, "rate"),
    ("deep.ttml", "<tt><body>" + "<div>" * 5000, 1, "nested"),
    ("bomb.ttml", '<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><tt><body><p begin="1s" end="2s">&b;</p></body></tt>', None, "entities"),
    ("file.ttml", '<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]><tt><body><p begin="1s" end="2s">&x;</p></body></tt>', None, "entities"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "problem"), BROKEN, ids=[b[0] for b in BROKEN])
def test_a_broken_file_is_named_with_its_line(
    folder: Path, name: str, text: str | bytes, line: int | None, problem: str
) -> None:
    with pytest.raises(FileProblem) as caught:
        read(folder, name, text)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(name) and "expected" in str(caught.value)
    assert caught.value.line == line


def test_a_missing_file_is_a_file_problem(folder: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be opened"):
        read_subtitles(folder / "absent.srt")
    with pytest.raises(FileProblem, match="no subtitle file"):
        read(folder, "letter.txt", "Dear all\n")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([".srt", ".vtt", ".ass", ".ttml"]), st.data())
def test_a_file_cut_or_changed_anywhere_is_read_or_named(
    folder: Path, suffix: str, data: st.DataObject
) -> None:
    path = folder / f"cut{suffix}"
    rows = [TimedText(i * 2000, i * 2000 + 1500, f"第{i}句，<i>台词</i>。", "外公") for i in range(4)]
    write_subtitles(
        path, rows, market=markets.load("en-US"), profile="vertical", platform=platforms.load("tiktok")
    )
    content = path.read_text("utf-8")
    at = data.draw(st.integers(0, len(content)))
    other = data.draw(st.one_of(st.just(""), st.text(max_size=5)))
    keep = data.draw(st.booleans())
    broken = content[:at] + other + (content[at + 1 :] if keep else "")
    try:
        cues = read(folder, f"broken{suffix}", broken.encode("utf-8", "surrogatepass"))
    except FileProblem:
        return
    assert all(c.end_ms > c.start_ms >= 0 and c.text for c in cues)
    assert [c.start_ms for c in cues] == sorted(c.start_ms for c in cues)
