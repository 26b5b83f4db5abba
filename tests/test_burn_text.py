"""Text is shaped, ordered and broken as its language asks, and nothing of it is cut off or lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.engines import bidi, fonts, shape

LOCALES = ["en-US", "ar", "th-TH", "hi-IN", "ja-JP", "ko-KR", "zh-Hans"]
MIXED = st.text(st.sampled_from("abאبجد12٣+-$%,.:()[]«» !؟\u0301\u200f\u200e「」/"), max_size=16)
LONG = {
    "en-US": "Grandpa, the rain has not stopped and the umbrella still leaks at every seam",
    "ar": "جدّي، أنا Lin Xiaoman. دفعت 15 يوانًا (فقط) لإصلاح المظلّة القديمة!",
    "th-TH": "คุณตาคะฝนยังไม่หยุดเลยร่มคันนี้ราคาสิบห้าหยวนเท่านั้นนะคะน้ำท่วมแล้ว",
    "hi-IN": "नानाजी, बारिश अभी रुकी नहीं है और छाते की मरम्मत पंद्रह युआन में हुई।",
    "ja-JP": "「おじいちゃん、雨がまだ止まないよ。ちょっと待って！」と小満は言った。",
    "ko-KR": "할아버지, 비가 아직 안 그쳤어요. 우산은 십오 위안이래요.",
    "zh-Hans": "外公，雨还没有停呢。“买伞还是补伞？”小满把旧伞放在门口坐着等。",
}


@settings(max_examples=300, deadline=None)
@given(MIXED, st.booleans())
def test_the_order_is_that_of_another_implementation(text: str, rtl: bool) -> None:
    from fpdf.bidi import BidiParagraph
    from fpdf.enums import TextDirection

    other = BidiParagraph(text, TextDirection.RTL if rtl else TextDirection.LTR)
    theirs = [c.character_index for c in other.get_reordered_characters()]
    ours = [
        i
        for start, end, level in bidi.visual_runs(text, rtl)
        for i in (range(end - 1, start - 1, -1) if level % 2 else range(start, end))
    ]
    assert ours == theirs


def test_numbers_and_names_in_arabic_stand_where_they_are_read() -> None:
    shown = [r.text.strip() for r in fonts.runs("دفعت 15 يوانًا إلى Lin Xiaoman", "ar")]
    assert shown == ["Lin Xiaoman", "يوانًا إلى", "15", "دفعت"]
    assert [r.text for r in fonts.runs("OK!", "ar")] == ["OK!"]
    assert not fonts.is_rtl("OK!", "ar") and fonts.is_rtl("Lin قال", "ar")


def test_letters_join_stack_and_change_places() -> None:
    alone, joined = ({g.id for g in shape.shaped(word, "ar").glyphs} for word in ("ب", "ببب"))
    assert len(joined - alone) >= 3, (
        "at the beginning, in the middle and at the end a letter has its own form"
    )
    ki, (k, i) = shape.shaped("कि", "hi-IN"), (shape.shaped(c, "hi-IN").glyphs for c in "कइ")
    assert ki.glyphs[1].id == k[0].id and i, "the short i stands before its consonant"
    assert len(shape.shaped("क्ष", "hi-IN").glyphs) < 3, "two consonants are one letter"
    above = shape.shaped("ที่", "th-TH").glyphs
    assert len({round(g.x, 2) for g in above}) < 3 and shape.shaped("ที่", "th-TH").width < 1
    assert shape.width("AV", "en-US", 100) < shape.width("A", "en-US", 100) + shape.width("V", "en-US", 100)


def test_each_run_has_a_font_that_draws_it_and_an_emoji_leaves_no_box() -> None:
    row = shape.shaped("Lin ยาย 外公 نعم", "en-US")
    assert {g.family for g in row.glyphs} == {
        "Noto Sans",
        "Noto Sans Thai",
        "Noto Sans SC",
        "Noto Sans Arabic",
    }
    assert shape.shaped("好🌂好", "zh-Hans") == shape.shaped("好好", "zh-Hans")
    assert shape.text_picture("🌂", locale="en-US", size=30)[..., 3].max() == 0


@pytest.mark.parametrize("locale", LONG)
def test_rows_are_no_wider_than_the_room_and_break_where_they_may(locale: str) -> None:
    rows = shape.wrap(LONG[locale], locale, 330, 30)
    assert len(rows) > 1 and all(shape.width(r, locale, 30) <= 330 for r in rows)
    assert "".join("".join(rows).split()) == "".join(LONG[locale].split())
    assert not any(r[0] in "、。！」ょっー”？，่้ีิ)!.," for r in rows), rows
    assert not any(r[-1] in "「“(（" for r in rows), rows
    widths = [shape.width(r, locale, 30) for r in rows]
    assert min(widths) > 0.5 * max(widths), "rows are of about one width"


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from("abcW外婆ああっー。「」 ไม่น้ำกिकنعم12,.!\u200d👩🌂"), max_size=60),
    st.sampled_from(LOCALES),
    st.floats(40, 400),
)
def test_breaking_loses_nothing_and_overflows_only_by_one_letter(text: str, locale: str, room: float) -> None:
    rows = shape.wrap(text, locale, room, 30)
    assert "".join("".join(rows).split()) == "".join(text.split())
    for row in rows:
        # What belongs to one letter (marks, closing signs) is never torn off it.
        assert shape.width(row, locale, 30) <= room or len(row) <= 60


@pytest.mark.parametrize("locale", LONG)
def test_the_picture_holds_all_of_the_text(locale: str) -> None:
    rows = shape.wrap(LONG[locale], locale, 330, 30)
    picture = shape.text_picture(rows, locale=locale, size=30, outline=2.4, shadow=6)
    alpha, white = picture[..., 3], picture[..., :3].min(axis=2) > 200
    assert (white & (alpha > 200)).sum() > 400
    edge = max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max())
    assert edge < 40, "no letter or contour is cut off"
    again = shape.text_picture(rows, locale=locale, size=30, outline=2.4, shadow=6)
    assert np.array_equal(picture, again)


def test_coverage_is_that_of_the_shape() -> None:
    from PIL import Image, ImageDraw, ImageFont

    ours = shape.text_picture("国H", locale="zh-Hans", size=80, weight="regular", outline=0)[..., 3]
    font = ImageFont.truetype(str(fonts.font_path("Noto Sans SC")), 80, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([400])
    image = Image.new("L", (200, 200))
    ImageDraw.Draw(image).text((10, 100), "国H", font=font, fill=255, anchor="ls")
    assert ours.sum() == pytest.approx(np.asarray(image).sum(), rel=0.02), "as much ink as FreeType lays"
