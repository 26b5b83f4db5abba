"""What the workbench's meter counts, in Chromium, is what Python counts, for every market."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smallscreen.series import markets
from smallscreen.series.text import clean, counted_width, reading_chars, width_ranges
from smallscreen.studio.render import static_dir
from smallscreen.studio.views.workbench import rows_of
from tests.browser import Browser


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def studio() -> Iterator[str]:
    """The studio's scripts alone: counting needs no series."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=static_dir()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


STRINGS = [
    "", "Hello, world.", "  two  spaces ", "a\tb", "one\ntwo", "don’t… stop—now", "<i>Run!</i> {\\an8}", "3 < 5 { }",
    "¿Qué pasó?", "cafe\u0301 café", "สวัสดีครับ น้ำ ก็ได้", "नमस्ते दुनिया क्षत्रिय", "السَّلامُ عليكم، كيف الحال؟",
    "Trời ơi, đi đâu đấy?", "ｱｲｳ アイウ 日本語 half ＡＢＣ…", "ﾊﾞﾅﾅ ガ", "한국어 자막… ㅋㅋ “네”", "한글", "👨‍👩‍👧‍👦 👍🏽 🇨🇳🇺🇸 1️⃣ ☔ ❤️",
    "😀x", "- No.\n- Yes.", "- Are you there? - Yes, I am here.", "a\u200bb\u00a0c", "\u202babc\u202c", "ａ\u3000ｂ", "क\u094d\u200dष",
    "A very long line that has to be broken into several rows, whatever one does with it.", "Donaudampfschifffahrtsgesellschaft",
]  # fmt: skip


def _strings() -> list[str]:
    dice = random.Random(4)
    alphabets = [
        "abc deE .,!?…’-", "กขค ำ่้าเ ๆ", "कखग ा्ि ँं", "ابج َُّ ،؟", "あいうアイ漢字、。「」ー 　", "가나다 ㅏ각….", "éè̂ç ñ¿",
        "😀👍🏽👨\u200d👩🇨🇳1\ufe0f\u20e3#☔", "<i></i>{\\an8}<b>x ", "\u200b\u00a0\u202f\u2060\ufeff\u200e \t",
    ]  # fmt: skip
    made = list(STRINGS)
    for n in range(600):
        letters = alphabets[n % len(alphabets)] + dice.choice(alphabets)
        made.append("".join(dice.choice(letters) for _ in range(dice.randint(1, 70))))
    return made


@pytest.mark.parametrize("locale", markets.names())
def test_the_page_counts_as_python_does(browser: Browser, studio: str, locale: str) -> None:
    market = markets.load(locale)
    screen = market.screen("vertical")
    rules = {
        "counting": market.counting, "word_breaks": market.word_breaks, "cpl": screen.cpl, "cps": screen.cps,
        "max_lines": screen.max_lines, "widths": width_ranges(market.counting),
        "widths_korean": width_ranges(market.counting, korean=True) if market.counting == "half" else [],
    }  # fmt: skip
    if not str(browser.driver.current_url).startswith(studio):
        browser.open(studio + "/icon.svg")
    strings = _strings()
    counted = browser.js(
        "const { makeCounter, clean } = await import('/workbench-count.js');"
        "const c = makeCounter(args[0], args[2]);"
        "return args[1].map((s) => [c.width(s), clean(s), c.rows(s).length, c.measure(s, 2000, 40).characters])",
        rules,
        strings,
        market.language,
    )
    for text, (width, cleaned, rows, characters) in zip(strings, counted, strict=True):
        assert width == counted_width(text, market.counting), repr(text)
        assert cleaned == clean(text), repr(text)
        if (
            market.word_breaks == "space"
            and len(text) == len(text.encode())
            and "<" not in text
            and "{" not in text
        ):
            wanted = rows_of(text, market, "vertical")
            assert rows >= len(wanted) - 1 and abs(rows - len(wanted)) <= 1, repr(text)
            if rows == 1:
                assert characters == reading_chars("\n".join(wanted), market.counting), repr(text)
