"""The markets and platforms as data: the published numbers, their sources, and what cannot be loaded."""

from __future__ import annotations

import pytest

from smallscreen.errors import UserError
from smallscreen.series import markets, platforms

# locale: landscape characters a line, characters a second, italics, dual-speaker hyphen with a space
PUBLISHED = {
    "en-US": (42, 20, True, False),
    "es-419": (42, 17, True, True),
    "pt-BR": (42, 17, True, True),
    "id-ID": (42, 17, True, True),
    "th-TH": (35, 17, False, True),
    "vi-VN": (42, 17, True, True),
    "ja-JP": (13, 4, True, False),
    "ko-KR": (16, 12, False, True),
    "ar": (42, 20, False, True),
    "fr-FR": (42, 17, True, True),
    "de-DE": (42, 17, True, False),
    "hi-IN": (42, 22, False, False),
    "zh-Hans": (16, 9, False, False),
}


def test_there_is_a_market_for_each_published_locale():
    assert markets.names() == sorted(PUBLISHED.keys() - markets.SOURCE_SCREENS)


@pytest.mark.parametrize("locale", PUBLISHED)
def test_numbers_are_the_published_ones(locale: str):
    market = markets.load(locale)
    cpl, cps, italics, spaced = PUBLISHED[locale]
    assert market.locale == locale
    assert (market.landscape.cpl, market.landscape.cps, market.landscape.max_lines) == (cpl, cps, 2)
    assert market.typography.italics is italics
    assert market.typography.dual_speaker == ("- " if spaced else "-")
    # Vertical: narrower rows, one more of them, and the locale's reading speed.
    assert market.vertical.cpl < market.landscape.cpl
    assert (market.vertical.max_lines, market.vertical.cps) == (3, cps)
    for screen in (market.landscape, market.vertical):
        assert screen.max_ms == 7000
        assert screen.min_ms == (500 if locale == "ja-JP" else 833)
        assert screen.close_gap_frames == (0 if locale == "ja-JP" else 11)
        assert screen.gap_ms == 84


@pytest.mark.parametrize("locale", PUBLISHED)
def test_every_market_says_where_its_numbers_come_from_and_how_to_speak(locale: str):
    market = markets.load(locale)
    assert {"screen", "vertical", "vertical_speed", "typography", "dual_speaker"} <= set(market.sources)
    assert len(market.tone) > 60
    if locale != "zh-Hans":
        assert 8 <= len(market.familiar) <= 24
        assert all(len(reason) > 10 for reason in market.familiar.values())


def test_writing_systems_are_counted_and_broken_as_they_are_written():
    assert {n: markets.load(n).counting for n in ("ja-JP", "ko-KR", "th-TH", "hi-IN", "ar", "vi-VN")} == {
        "ja-JP": "half", "ko-KR": "half", "th-TH": "cluster", "hi-IN": "cluster", "ar": "cluster", "vi-VN": "cluster",
    }  # fmt: skip
    assert {n for n in markets.names() if markets.load(n).word_breaks == "model"} == {
        "ja-JP",
        "th-TH",
    }
    assert {n for n in markets.names() if markets.load(n).direction == "rtl"} == {"ar"}
    assert markets.load("es-419").typography.opening_marks == {"?": "¿", "!": "¡"}
    assert set("?!:;") <= set(markets.load("fr-FR").typography.space_before)


def test_unknown_market_names_those_that_exist():
    with pytest.raises(UserError, match=r"no market 'xx-XX'.*en-US.*th-TH"):
        markets.load("xx-XX")
    assert markets.load("en_us") is markets.load("en-US") or markets.load("en_us") == markets.load("en-US")


def test_universal_is_what_is_inside_all_three_platforms():
    boxes = [platforms.load(n).text_box() for n in ("tiktok", "reels", "shorts")]
    tops = [platforms.load(n).safe_box()[1] for n in ("tiktok", "reels", "shorts")]
    universal = platforms.load("universal")
    assert universal.text_box() == (
        max(b[0] for b in boxes), 960, min(b[2] for b in boxes), min(b[3] for b in boxes)
    ) == (120, 960, 780, 1248)  # fmt: skip
    assert universal.safe_box() == (120, max(tops), 780, 1248)


@pytest.mark.parametrize("name", ["universal", "tiktok", "reels", "shorts", "none"])
def test_text_box_scales_inwards_and_stays_inside_the_safe_area(name: str):
    platform = platforms.load(name)
    assert platform.source
    for size in ((1080, 1920), (540, 960), (720, 1280), (333, 777)):
        x0, y0, x1, y1 = platform.text_box(*size)
        sx0, sy0, sx1, sy1 = platform.safe_box(*size)
        assert sx0 <= x0 < x1 <= sx1 <= size[0] and sy0 <= y0 < y1 <= sy1 <= size[1]
        fx, fy = size[0] / 1080, size[1] / 1920
        assert x0 >= platform.text_box()[0] * fx - 1e-9 and y1 <= platform.text_box()[3] * fy + 1e-9


def test_unknown_platform_names_those_that_exist_and_a_box_without_room_is_refused():
    with pytest.raises(UserError, match=r"no platform 'kwai'.*none, reels, shorts, tiktok, universal"):
        platforms.load("kwai")
    with pytest.raises(ValueError, match="no room"):
        platforms.Platform(
            name="x", label="X", top=0, bottom=1000, left=0, right=0, text_top=1000, source="nobody"
        )
