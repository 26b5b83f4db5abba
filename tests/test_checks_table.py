"""Every check of one episode: what it must find, what it must leave alone, where it must not run."""

from __future__ import annotations

import pytest

from smallscreen.localize import checks
from smallscreen.localize.checks import Check, all_checks, check_edition
from smallscreen.series.model import Draft
from tests.checks_help import SERIES, UNIVERSAL, barrier, context

strict = pytest.fixture(autouse=True)(lambda monkeypatch: monkeypatch.setattr(checks, "strict", True))

# check id: (bad contexts, good contexts, markets where it must not run)
TABLE: dict[str, tuple[list, list, list[str]]] = {
    "screen.line-length": (
        [
            context(["a" * 43]),
            context(["a" * 26], profile="vertical"),
            context(["あ" * 14], market="ja-JP"),
            context(["short\n" + "b" * 43]),
        ],
        [
            context(["a" * 42]),
            context(["<i>" + "a" * 42 + "</i>"]),
            context(["あ" * 12 + "ab"], market="ja-JP"),
        ],
        [],
    ),
    "screen.line-count": (
        [context(["a\nb\nc"]), context(["a\nb\nc\nd"], profile="vertical")],
        [context(["a\nb"]), context(["a\nb\nc"], profile="vertical")],
        [],
    ),
    "screen.reading-speed": (
        [context(["a" * 61]), context(["あ" * 13], market="ja-JP")],
        [context(["a" * 60]), context(["a" * 30 + "\n" + "b" * 30]), context(["あ" * 12], market="ja-JP")],
        [],
    ),
    "screen.duration-short": (
        [
            context(["Hi"], times=[(0, 800)]),
            context(["Hi"], times=[(500, 400)]),
            context(["Hi"], times=[(5, 5)]),
        ],
        [context(["Hi"], times=[(0, 833)])],
        [],
    ),
    "screen.duration-long": (
        [context(["Hi"], times=[(0, 7001)])],
        [context(["Hi"], times=[(0, 7000)])],
        [],
    ),
    "screen.gap": (
        [context(["Hi", "You"], times=[(0, 1000), (1050, 2000)])],
        [
            context(["Hi", "You"], times=[(0, 1000), (1084, 2000)]),
            context(["Hi", "You"], times=[(0, 1000), (1083, 2000)]),
        ],
        [],
    ),
    "screen.cut": (
        [
            # Cuts are given in ms: begins 5 frames before one; ends 6 after one; must cross one; misses one.
            context(["Hi there"], times=[(1792, 4000)], cuts=[2000]),
            context(["Hi there"], times=[(0, 2250)], cuts=[2000]),
            context(["Words " * 6, "More of it"], times=[(1700, 3500), (3584, 5000)], cuts=[2000]),
            context(["Hi there"], times=[(2125, 4000)], cuts=[2000]),
        ],
        [
            context(["Hi there"], times=[(2000, 4000)], cuts=[2000]),
            context(["Hi there"], times=[(500, 1916)], cuts=[2000]),
            context(["Hi there"], times=[(1500, 2500)], cuts=[2000]),
            context(["Hi there"], times=[(2450, 4000)], cuts=[2000]),
            context(["Hi there"], times=[(0, 2000)], cuts=[]),
        ],
        [],
    ),
    "screen.overlap": (
        [
            context(["Hi", "You"], times=[(0, 1000), (999, 2000)]),
            context(["A", "B", "C"], times=[(0, 9000), (1000, 2000), (3000, 4000)]),
        ],
        [context(["Hi", "You"], times=[(0, 1000), (1000, 2000)])],
        [],
    ),
    "screen.safe-area": (
        [
            context(["W" * 25], profile="vertical", platform=UNIVERSAL),
            context(["a\nb\nc\nd\ne\nf"], profile="vertical", platform=UNIVERSAL),
            context(["漢" * 14], market="ja-JP", profile="vertical", platform=UNIVERSAL),
        ],
        [
            context(["We never give umbrellas."], profile="vertical", platform=UNIVERSAL),
            context(["W" * 25], profile="vertical"),
            context(["W" * 25], profile="landscape", platform=UNIVERSAL),
        ],
        [],
    ),
    "language.untranslated": (
        [
            context(["I said 你好 to him."]),
            context(["㐀"], market="ko-KR"),
            context(["回来了吗"], ["回来了吗？"], "ja-JP"),
        ],
        [
            context(["I said hello."]),
            context(["帰ってきたの？"], ["回来了吗？"], "ja-JP"),
            context(["了解"], ["了解"], "ja-JP"),
        ],
        ["zh-Hans"],
    ),
    "language.wrong-language": (
        [
            context(["No, your mother will not come with us today"], market="es-419"),
            context(["Pero no quiero que lo hagas por mí"]),
            context(["Come back to me tonight"], market="th-TH"),
            context(["Вернись ко мне"]),
        ],
        [
            context(["No, tu madre no va a venir hoy con nosotros"], market="es-419"),
            context(["Zhou Dequan! Lin Xiaoman!"], market="es-419"),
            context(["OK"], market="th-TH"),
            context(["Her name is María Luisa de la Cruz y los demás."]),
            context(["Anh không muốn em đi đâu nữa"], market="vi-VN"),
        ],
        [],
    ),
    "language.mixed-scripts": (
        [context(["Hеllo there"]), context(["Room ３０１"]), context(["ＯＫ"], market="ko-KR")],
        [context(["Hello there"]), context(["Привет, hello"]), context(["Crème brûlée"], market="fr-FR")],
        ["ja-JP", "zh-Hans"],
    ),
    "language.damaged": (
        [
            context(["donâ€™t"]),
            context(["caf\ufffd"]),
            context(["Ã©tÃ©"], market="fr-FR"),
            context(["a\x07b"]),
        ],
        [
            context(["don’t"]),
            context(["été"], market="fr-FR"),
            context(["a\nb"]),
            context(["São João, Ângela"], market="pt-BR"),
        ],
        [],
    ),
    "language.repeated-line": (
        [context(["Come home now.", "Come home now!"], ["快回家", "饭在锅里"])],
        [
            context(["Come home now.", "Come home now!"], ["快回家", "快回家！"]),
            context(["No.", "No."], ["不行", "没有"]),
            context(["Come home now.", "Eat.", "Come home now."], ["快回家", "吃饭", "回来嘛"]),
        ],
        [],
    ),
    "language.doubled-word": (
        [context(["Give me the the key."]), context(["de\nde la casa"], market="es-419")],
        [
            context(["No no no!"]),
            context(["I had had enough."]),
            context(["It is what it is, is it?"]),
            context(["The there."]),
            context(["in-in-law"]),
        ],
        ["th-TH", "ja-JP", "ar"],
    ),
    "language.numbers": (
        [
            context(["It’s 300 yuan."], ["三百二十块"]),
            context(["Twenty kilos."], ["两百斤"]),
            context(["I was late."], ["十八岁那年"]),
            context(["Cuesta doscientos."], ["三百块"], "es-419"),
            context(["See you at 9."], ["回来见"]),
            context(["ราคา 400"], ["三百块"], "th-TH"),
            context(["Das sind dreihundert."], ["四百"], "de-DE"),
            context(["35,000 people"], ["3.5亿人"]),
        ],
        [
            context(["It’s three hundred and twenty yuan."], ["三百二十块"]),
            context(["Hold on."], ["等一下"]),
            context(["One at a time."], ["一个一个来"]),
            context(["What if it rains?"], ["万一下雨呢"]),
            context(["He can’t focus."], ["他三心二意"]),
            context(["Third uncle is back on Wednesday."], ["三叔周三回来"]),
            context(["Twenty thousand."], ["两万"]),
            context(["35,000."], ["3.5万"]),
            context(["Over a hundred of them."], ["一百多个"]),
            context(["A couple of years."], ["两年"]),
            context(["Half a year."], ["半年"]),
            context(["Six months."], ["半年"]),
            context(["We both know."], ["我们两个都知道"]),
            context(["Trescientas veinte."], ["三百二十"], "es-419"),
            context(["Dua puluh lima ribu."], ["两万五"], "id-ID"),
            context(["Quatre-vingt-dix-sept."], ["九十七"], "fr-FR"),
            context(["Fünfundzwanzigtausend."], ["两万五千"], "de-DE"),
            context(["สามร้อย"], ["三百块"], "th-TH"),
            context(["At 3:00.", "Eight."], ["三点", "八点"]),
            context(["150 kilos."], ["三百斤"]),
            context(["Eight of us.", "And three more."], ["三个人", "八个人"]),
            context(["$70."], ["五百块"], strategy="substitution"),
            context(["Thirty thousand! Thirty thousand!"], ["三万！三万！"]),
            context(["Call an ambulance!"], ["快打120"]),
            context(["See you."], ["四川见，五湖四海"]),
        ],
        [],
    ),
    "language.units": (
        [
            context(["Three kilos of rice."], ["三斤米"]),
            context(["It’s 500 dollars."], ["五百块"]),
            context(["It’s $500."], ["五百块"]),
            context(["Five miles on."], ["走五里"]),
            context(["Three acres."], ["三亩地"]),
            context(["Son tres kilos."], ["三斤"], "es-419"),
            context(["Give me three."], ["他三斤"]),
        ],
        [
            context(["Three catties of rice."], ["三斤米"]),
            context(["150 kilos."], ["三百斤"]),
            context(["It’s 500 yuan."], ["五百块"]),
            context(["Five li on."], ["走五里"]),
            context(["Half a kilo."], ["一斤"]),
            context(["It’s in here."], ["在三里屯里面"]),
            context(["The fee is 300 yuan.", "Make it 500."], ["三百块", "五百块"]),
            context(["Cuesta mil yuanes."], ["一千块"], "es-419"),
        ],
        ["th-TH", "ja-JP"],
    ),
    "language.chinese-punctuation": (
        [context(["Well，then。"]), context(["“Home”「here」"]), context(["좋아。"], market="ko-KR")],
        [
            context(["Well, then."]),
            context(["Wait…"]),
            context(["“Home”"]),
            context(["《춘향전》"], market="ko-KR"),
        ],
        ["ja-JP", "zh-Hans"],
    ),
    "language.opening-marks": (
        [context(["Qué haces?"], market="es-419"), context(["¿Sí? Ven aquí!"], market="es-419")],
        [
            context(["¿Qué haces?"], market="es-419"),
            context(["¡¿Qué haces?!"], market="es-419"),
            context(["¡Qué haces?"], market="es-419"),
            context(["¿Y si mañana no", "vuelve nunca más?"], market="es-419"),
        ],
        ["en-US", "pt-BR"],
    ),
    "language.mark-spacing": (
        [context(["Wait , please"]), context(["Really ?"]), context(["Vraiment?"], market="fr-FR")],
        [
            context(["Wait, please"]),
            context(["And then …"]),
            context(["Vraiment\u202f?"], market="fr-FR"),
            context(["Il est 12:30, non ?!"], market="fr-FR"),
            context(["http://a.b"], market="fr-FR"),
        ],
        ["ja-JP", "th-TH"],
    ),
    "language.quotes": (
        [context(["«No»"]), context(['He said "no".']), context(["“Non”, „nein“"], market="fr-FR")],
        [
            context(["He said “no”."]),
            context(["«Non»"], market="fr-FR"),
            context(["Don't"]),
            context(["„Nein“"], market="de-DE"),
        ],
        [],
    ),
    "language.unbalanced-quotes": (
        [
            context(["He said “no."]),
            context(["no” he said"]),
            context(["(aside"]),
            context(['He said "no.', "a", "b", "c", "d"]),
        ],
        [
            context(["He said “no”."]),
            context(["He said “no,", "I will not.”"]),
            context(["a) yes"]),
            context(['He said "no.', 'Never."']),
            context(["„Nein“"], market="de-DE"),
        ],
        [],
    ),
    "language.ellipsis": (
        [context(["Wait..."]), context(["Wait……"])],
        [context(["Wait…"]), context(["Wait."]), context(["3.5."])],
        [],
    ),
    "language.spaces": (
        [context(["a  b"]), context([" a"]), context(["a \nb"]), context(["a\n\nb"])],
        [context(["a b"]), context(["a\nb"])],
        [],
    ),
    "language.italics": (
        [context(["<i>안녕</i>"], market="ko-KR"), context([r"{\i1}สวัสดี{\i0}"], market="th-TH")],
        [context(["<i>Hello</i>"]), context(["안녕"], market="ko-KR")],
        [],
    ),
    "language.markup": (
        [
            context(["<div>Hi</div>"]),
            context(["Tom &amp; Jerry"]),
            context([r"Hi\Nthere"]),
            context(["**Hi**"]),
            context(['{"id": "ep001.c0001"']),
        ],
        [
            context(["<i>Hi</i>"]),
            context(["3 < 5"]),
            context(["Tom & Jerry"]),
            context([r"{\an8}Hi"]),
            context(["#1 fan"]),
        ],
        [],
    ),
    "language.dual-speaker": (
        [
            context(["- Hi.\n- Hello."]),
            context(["-Hola.\n-Hola."], market="es-419"),
            context(["Hi.\n-Hello."]),
        ],
        [
            context(["-Hi.\n-Hello."]),
            context(["- Hola.\n- Hola."], market="es-419"),
            context(["-Hi."]),
            context(["Twenty-\none"]),
            context(["-Hi, I only\nwanted to ask.\n-Ask."], profile="vertical"),
        ],
        [],
    ),
    "language.question-mark": (
        [context(["You’re coming."], ["你来吗"]), context(["Ven."], ["来？"], "es-419")],
        [
            context(["You coming?"], ["你来吗"]),
            context(["You’re coming."], ["你来嘛"]),
            context(["来るの。"], ["你来吗"], "ja-JP"),
            context(["هل تأتي؟"], ["你来吗"], "ar"),
        ],
        ["th-TH"],
    ),
    "terms.name-missing": (
        [
            context(["Come here."], ["小满！"], series=SERIES),
            context(["Mom came back."], ["小满回来了"], series=SERIES),
        ],
        [
            context(["Xiaoman!"], ["小满！"], series=SERIES),
            context(["She’s back."], ["小满回来了"], series=SERIES),
            context(["Kid!"], ["幺女！"], series=SERIES),
            context(["Back already.", "It’s Xiaoman."], ["小满回来了", "看"], series=SERIES),
            context(["小満！"], ["小满！"], "ja-JP", series=SERIES),
            context(["Ven aquí."], ["小满！"], "es-419", series=SERIES),
        ],
        [],
    ),
    "terms.term-missing": (
        [context(["He makes parasols."], ["他做油纸伞"], series=SERIES)],
        [
            context(["He makes oil-paper umbrellas."], ["他做油纸伞"], series=SERIES),
            context(["He makes parasols."], ["他做油纸伞"], series=SERIES, strategy="generalization"),
            context(["Hace sombrillas de papel aceitado."], ["他做油纸伞"], "es-419", series=SERIES),
            context(["Fait des parapluies."], ["他做油纸伞"], "fr-FR", series=SERIES),
        ],
        [],
    ),
    "terms.name-swapped": (
        [context(["Hao is back."], ["小满回来了"], series=SERIES)],
        [
            context(["Xiaoman is back."], ["小满回来了"], series=SERIES),
            context(["Hao saw her.", "Hao?"], ["浩娃儿看见小满了", "小满呢"], series=SERIES),
        ],
        [],
    ),
    "adequacy.empty": (
        [
            context([None, "b"], ["吃饭了", "b"]),
            context(["…", "b"], ["吃饭了", "来"]),
            context([None, None], ["吃饭了", "来了"]),
        ],
        [context(["Dinner.", None], ["吃饭了", "……"]), context([], [])],
        [],
    ),
    "culture.literal": (
        [
            context(
                ["You’re drawing legs on a snake."],
                ["你这是画蛇添足"],
                barriers=[
                    barrier(
                        "ep001.c0001",
                        "你这是画蛇添足",
                        "画蛇添足",
                        literal="draw legs on a snake",
                        meaning="overdo it",
                    )
                ],
            ),
            context(
                ["Kamu menambah kaki pada ular."],
                ["你这是画蛇添足"],
                "id-ID",
                barriers=[
                    barrier("ep001.c0001", "你这是画蛇添足", "画蛇添足", literal="draw legs on a snake")
                ],
                literal_drafts={"ep001.c0001": Draft("ep001.c0001", "Kamu menambah kaki pada ular")},
            ),
        ],
        [
            context(
                [text],
                ["你这是画蛇添足"],
                barriers=[
                    barrier(
                        "ep001.c0001", "你这是画蛇添足", "画蛇添足", need=need, literal="draw legs on a snake"
                    )
                ],
                strategy=strategy,
            )
            for text, need, strategy in (
                ("Now you’re overdoing it.", 2, None),
                ("You’re drawing legs on a snake.", 1, None),
                ("You’re drawing legs on a snake.", 3, "direct-translation"),
            )
        ],
        [],
    ),
    "culture.dropped": (
        [
            context(
                ["We are going home now."] * 12 + ["Now you go."],
                ["我们现在要回家"] * 12 + ["你这是画蛇添足吧"],
                barriers=[
                    barrier(
                        "ep001.c0013",
                        "你这是画蛇添足吧",
                        "画蛇添足",
                        literal="draw legs on a snake",
                        meaning="overdo it",
                    )
                ],
            )
        ],
        [
            context(
                ["We are going home now."] * 12 + [text],
                ["我们现在要回家"] * 12 + ["你这是画蛇添足吧"],
                barriers=[
                    barrier(
                        "ep001.c0013",
                        "你这是画蛇添足吧",
                        "画蛇添足",
                        meaning="overdo it",
                        suggestions=suggestions,
                    )
                ],
                strategy=strategy,
            )
            for text, suggestions, strategy in (
                ("Now you go.", {}, "omission"),
                ("Don’t overdo it.", {}, None),
                ("Now you’re gilding the lily, my friend.", {}, None),
                ("Too much.", {"en": "too much"}, None),
            )
        ],
        [],
    ),
}


def _found(ctx, check: str) -> list:
    return check_edition(ctx, only={check})


@pytest.mark.parametrize(("check", "ctx"), [(c, ctx) for c, (bad, _, _) in TABLE.items() for ctx in bad])
def test_what_is_wrong_is_found(check, ctx) -> None:
    found = _found(ctx, check)
    assert found, [line.text for line in ctx.lines]
    for finding in found:
        assert finding.check == check
        assert finding.edition == ctx.edition
        assert finding.evidence
        assert finding.suggestion
        assert 0 < finding.confidence <= 1
        assert finding.cue in ctx.cue_by_id


@pytest.mark.parametrize(("check", "ctx"), [(c, ctx) for c, (_, good, _) in TABLE.items() for ctx in good])
def test_what_is_right_is_left_alone(check, ctx) -> None:
    assert [f.message for f in _found(ctx, check)] == []


@pytest.mark.parametrize(("check", "market"), [(c, m) for c, (_, _, spared) in TABLE.items() for m in spared])
def test_where_a_check_has_no_say_it_does_not_run_and_says_so(check, market) -> None:
    ctx = context(["你 the the Ｘ？"], market=market)
    assert _found(ctx, check) == []
    assert check in ctx.summary.not_run
    assert check not in ctx.summary.ran


def test_every_check_of_an_episode_is_in_the_table() -> None:
    assert set(TABLE) == {c.id for c in all_checks().values() if isinstance(c, Check)}
