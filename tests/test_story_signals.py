"""The story signals, over a reader that is a few words (`story_reader.WordReader`): behavior, bad input, the steps."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from typer.testing import CliRunner

from smallscreen import sample
from smallscreen.cli import app
from smallscreen.errors import UserError
from smallscreen.series.model import Character, Cue, Draft, Series, cue_id
from smallscreen.series.project import Project, new_project, open_project
from smallscreen.story import catalogue
from smallscreen.story.compare import with_catalogue, with_series
from smallscreen.story.lexicon import entries, words
from smallscreen.story.reading import Reading, make_reading
from smallscreen.story.report import render
from smallscreen.story.run import reader as reader_named
from smallscreen.story.run import story
from smallscreen.story.signal import Context, context, passages, smooth
from smallscreen.story.signals import signals
from smallscreen.story.signals.arc import turning_points
from tests.story_reader import WordReader


def told(
    lines: list[tuple[str, str]], *, episodes: int = 1, language: str = "zh", series: Series | None = None
) -> Context:
    """A context of (speaker, text), cut into episodes of equal length, two seconds a line."""
    size = max(1, -(-len(lines) // episodes))
    cues: dict[int, list[Cue]] = {}
    for n, (who, text) in enumerate(lines):
        episode, i = n // size + 1, n % size + 1
        cue = Cue(cue_id(episode, i), episode, i, i * 2000, i * 2000 + 1800, text, who or None)
        cues.setdefault(episode, []).append(cue)
    series = series or Series("x", "X")
    reader = WordReader()
    flat = [c for some in cues.values() for c in some]
    readings = {r.cue: r for r in reader.read(flat, series, language=language)}
    return context(series, cues, readings, language=language, accuracy=reader.accuracy(language))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("story") / "sample"
    sample.copy_to(folder)
    return open_project(folder)


@pytest.fixture(scope="module")
def reading(project: Project) -> Reading:
    return story(project, WordReader())[0]


def test_every_signal_says_what_it_is_and_how_far_it_may_be_trusted() -> None:
    ctx = told([("甲", "我怕"), ("乙", "没事"), ("甲", "谢谢你")])
    assert len(signals()) >= 11
    for key, signal in signals().items():
        assert key == signal.id and signal.name and signal.unit and signal.source
        assert len(signal.description) > 30
        assert signal.measured(ctx).endswith(".")


def test_vulnerability_is_found_where_it_is_and_quotes_the_line() -> None:
    plain = [("甲", f"今天第{n}天") for n in range(6)]
    ctx = told([*plain, ("乙", "对不起 我错了"), *plain])
    result = signals()["vulnerability"].run(ctx)
    [finding] = result.findings
    assert finding.cue == "ep001.c0007" and "对不起 我错了" in finding.message and "乙" in finding.message
    assert finding.severity == "note" and finding.confidence <= 0.8
    assert finding.evidence["lines"][0]["text"] == "对不起 我错了"
    assert result.figures["kinds"]["apology"] > result.figures["kinds"]["fear"]


def test_care_that_answers_a_weakness_is_told_from_care_alone() -> None:
    ctx = told([("甲", "我好怕"), ("乙", "没事 慢点"), ("甲", "今天星期三"), ("乙", "嗯")])
    result = signals()["care"].run(ctx)
    assert "answers 甲" in result.findings[0].message
    assert result.figures["care_after_weakness"] > 0.6 > result.figures["care_after_any_line"]
    alone = signals()["care"].run(told([("甲", "我好怕"), ("甲", "没事 慢点"), ("甲", "嗯"), ("甲", "走")]))
    assert alone.figures["care_after_weakness"] == 0


def test_the_face_slap_needs_its_order_and_its_people() -> None:
    between = [("丙", "天气不错")] * 3
    whole = [
        ("甲", "你这个废物 滚"),
        *between,
        ("乙", "你会付出代价"),
        *between,
        ("甲", "对不起 我错了 饶了我"),
    ]
    result = signals()["face-slap"].run(told(whole))
    assert result.figures["whole"] == 1
    assert [s["step"] for s in result.findings[0].evidence["steps"]] == ["insult", "reversal", "submission"]
    assert [s["speaker"] for s in result.findings[0].evidence["steps"]] == ["甲", "乙", "甲"]
    assert signals()["face-slap"].run(told(whole[::-1])).figures["whole"] == 0
    other = [*whole[:-1], ("丁", "对不起 我错了 饶了我")]
    assert signals()["face-slap"].run(told(other)).figures["whole"] == 0


def test_signals_go_by_the_scale_of_their_reader() -> None:
    ctx = told(
        [("甲", "你这个废物 滚"), ("丙", "天气不错"), ("乙", "你会付出代价"), ("甲", "对不起 我错了 饶了我")]
    )
    lines = [
        replace(x, reading=replace(x.reading, p={k: v / 3 for k, v in x.reading.p.items()}))
        for x in ctx.lines
    ]
    faint = replace(ctx, lines=lines)
    stated = replace(faint, thresholds={"gratification": 0.15, "vulnerability": 0.15})
    assert not signals()["gratification"].run(faint).findings
    assert signals()["gratification"].run(stated).findings
    assert signals()["face-slap"].run(stated).figures["whole"] == 1


def test_hooks_and_whether_the_next_episode_answers() -> None:
    first = [("甲", "吃了"), ("甲", "坐"), ("甲", "钥匙在柜子里"), ("甲", "那把钥匙是谁的？")]
    takes_up = [("乙", "钥匙是外婆柜子里的"), ("乙", "那把钥匙"), ("甲", "哦"), ("甲", "好")]
    elsewhere = [("丙", "早上开会"), ("丙", "报表呢"), ("丁", "在桌上"), ("丁", "行")]
    one = signals()["hook"].run(told([*first, *takes_up], episodes=2)).figures["episodes"][0]
    two = signals()["hook"].run(told([*first, *elsewhere], episodes=2)).figures["episodes"][0]
    assert one["strength"] >= 0.6 and one["p"] == two["p"] == 0.7
    assert one["answer"]["how"] == "taken up" and any("钥匙" in w for w in one["answer"]["shared"])
    assert two["answer"]["how"] == "elsewhere"


def test_an_episode_that_ends_on_nothing_is_said_so() -> None:
    result = signals()["hook"].run(told([("甲", "好"), ("乙", "嗯"), ("甲", "坐吧"), ("乙", "行")]))
    assert [f.check for f in result.findings] == ["story.no-hook"]


def test_restraint_falls_when_the_feeling_is_named() -> None:
    felt = [("甲", "他走了"), ("乙", "伞还在"), ("甲", "没了"), ("乙", "碗也在"), ("甲", "忘了")]
    named = [
        ("甲", "他走了我好难过"),
        ("乙", "我也伤心"),
        ("甲", "没了我好痛苦"),
        ("乙", "孤独"),
        ("甲", "忘了吧 失望"),
    ]
    kept = signals()["restraint"].run(told(felt))
    spoken = signals()["restraint"].run(told(named))
    assert kept.figures["restraint"] > 0.3 > spoken.figures["restraint"]
    assert kept.findings and "伞" in kept.findings[0].message and not spoken.findings
    assert kept.figures["concrete"] == 0.4
    resonance = told(felt).lines[0].resonance, told(named).lines[0].resonance
    assert resonance[0] == pytest.approx(2 * resonance[1])


def test_people_relations_and_aliases() -> None:
    series = Series(
        "x",
        "X",
        characters=(
            Character("周德全", aliases=("外公",), relations=({"to": "林小满", "kind": "grandfather"},)),
            Character("林小满"),
        ),
    )
    lines = [("外公", "瘦了 吃饭"), ("林小满", "没事")] * 12 + [("周德全", "我好怕"), ("林小满", "没事 慢点")]
    ctx = told(lines, series=series)
    people = signals()["range"].run(ctx).figures["people"]
    assert {p["name"]: p["lines"] for p in people} == {"周德全": 13, "林小满": 13} or not people
    [edge] = signals()["relations"].run(ctx).figures["edges"]
    assert {edge["a"], edge["b"]} == {"周德全", "林小满"} and edge["replies"] >= 24
    assert "grandfather" in (edge["a_is"], edge["b_is"])


def test_range_tells_flat_from_round() -> None:
    flat = [("甲", "嗯 知道") for _ in range(40)]
    rounded = [
        ("乙", t)
        for t in ("我怕", "对不起", "喜欢你", "我赢了", "没事", "你这废物", "想你", "莫跟他说")
        for _ in range(5)
    ]
    result = signals()["range"].run(told([*flat, *rounded]))
    people = {p["name"]: p for p in result.figures["people"]}
    assert people["乙"]["spread"] > people["甲"]["spread"]
    low, high = people["乙"]["spread_interval"]
    assert low <= people["乙"]["spread"] <= high + 0.05


def test_tropes_of_a_palace_rebirth() -> None:
    lines = [
        ("甲", "臣妾参见陛下"),
        ("乙", "上一世你害我"),
        ("甲", "娘娘饶命"),
        ("乙", "重生一次 我要报仇"),
        ("甲", "皇上驾到"),
        ("乙", "血债"),
    ]
    figures = signals()["tropes"].run(told(lines * 3)).figures
    strongest = {t["id"] for t in figures["tropes"][:3]}
    assert {"palace", "rebirth"} <= strongest
    assert 0 <= figures["distance_to_genre"] <= 1
    english = signals()["tropes"].run(
        told(
            [("A", "I was reborn. In my past life you killed me."), ("B", "Your Majesty, the emperor!")] * 4,
            language="en",
        )
    )
    assert {"rebirth", "palace"} <= {t["id"] for t in english.figures["tropes"][:3]}


def test_catalogue_has_only_known_labels_and_no_text() -> None:
    assert len(catalogue.scripts()) == 100
    known = {t.id for t in entries("trope")}
    for script in catalogue.scripts():
        assert set(script.tropes) <= known and 1 <= len(script.tropes) <= 4
        assert re.fullmatch("I?R?S?", script.sequence) and re.fullmatch(r"script_\d{4}", script.id)
    assert sum(catalogue.mean().values()) == pytest.approx(1)
    assert catalogue.distance(catalogue.mean(), catalogue.mean()) == pytest.approx(0)


def test_traditional_letters_are_read_as_well() -> None:
    assert words("named", "zh").any("我好難過") and words("concrete", "zh").any("鑰匙")
    assert words("named", "en").any("I FEEL SO SAD") and not words("named", "en").any("the saddle")


@given(st.lists(st.floats(-1, 1), max_size=80))
@settings(max_examples=60, deadline=None)
def test_smoothing_keeps_length_and_range(values: list[float]) -> None:
    out = smooth(np.array(values))
    assert len(out) == len(values)
    if values:
        assert min(values) - 1e-9 <= out.min() and out.max() <= max(values) + 1e-9


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=60))
@settings(max_examples=60, deadline=None)
def test_turning_points_alternate_and_swing_enough(values: list[float]) -> None:
    turns = turning_points(np.array(values), 0.2)
    assert all(abs(size) >= 0.2 - 1e-9 for _, size in turns)
    assert all((a[1] > 0) != (b[1] > 0) and a[0] < b[0] for a, b in pairwise(turns))


_texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["♪ 啦啦啦 ♪", "😀😭", "WHAT IS THIS?!", "你好 world", "對不起", "</script>", "  "]),
)


@given(
    st.lists(st.tuples(st.sampled_from(["", "甲", "Ann", "其他"]), _texts), max_size=60), st.integers(1, 5)
)
@settings(max_examples=40, deadline=None)
def test_nothing_breaks_the_signals(lines: list[tuple[str, str]], episodes: int) -> None:
    ctx = told(lines, episodes=episodes)
    covered = [i for p in passages(ctx.lines) for i in range(p.first, p.last + 1)] if ctx.lines else []
    assert covered == list(range(len(ctx.lines)))
    if not ctx.lines:
        return
    reading = make_reading(ctx, WordReader())
    cues = {x.cue.id for x in ctx.lines}
    assert all(f.cue in cues and f.end_ms >= f.start_ms for f in reading.findings)
    assert Reading.model_validate_json(reading.model_dump_json()) == reading


def test_every_quote_is_a_line_of_the_series(reading: Reading) -> None:
    text = {x.cue: x.text for x in reading.lines}
    assert reading.findings
    for finding in reading.findings:
        for line in finding.evidence.get("lines", []) + finding.evidence.get("steps", []):
            assert text[line["cue"]] == line["text"]


def test_two_axes_with_intervals_and_no_score(reading: Reading) -> None:
    axes = reading.axes
    for e in (axes.gratification, axes.resonance):
        assert e.low <= e.value <= e.high
    assert "stand-in" in axes.resonance_trust
    assert not re.search(r'"(score|success|hit|forecast)"', reading.model_dump_json())


def test_steps_are_resumable_and_findings_are_stored(tmp_path: Path) -> None:
    sample.copy_to(tmp_path / "s")
    project = open_project(tmp_path / "s")
    reader = WordReader()
    first, fresh = story(project, reader)
    asked = reader.asked
    assert fresh and asked == len(first.lines)
    again, fresh = story(project, reader)
    assert not fresh and reader.asked == asked and again == first
    stored = [f for some in project.store.findings().values() for f in some if f.check.startswith("story.")]
    assert len(stored) == len(first.findings)
    path = next((tmp_path / "s").glob("ep001*.srt"))
    path.write_text(path.read_text("utf-8").replace("瘦了", "胖了", 1), "utf-8")
    _, fresh = story(open_project(tmp_path / "s"), reader)
    assert fresh and asked < reader.asked < 2 * asked


def test_an_interrupted_reading_goes_on(tmp_path: Path) -> None:
    class Breaks(WordReader):
        def read(self, cues, series=None, **options):  # type: ignore[no-untyped-def]
            if self.asked > 100:
                raise KeyboardInterrupt
            return super().read(cues, series, **options)

    sample.copy_to(tmp_path / "s")
    project = open_project(tmp_path / "s")
    broken = Breaks()
    with pytest.raises(KeyboardInterrupt):
        story(project, broken)
    reader = WordReader()
    reading, _ = story(project, reader)
    assert reader.asked == len(reading.lines) - broken.asked


def test_an_edition_that_says_less_is_found(project: Project, reading: Reading) -> None:
    edition = project.store.edition("en-US", "flat")
    drafts = []
    for line in reading.lines:
        text = "I was so afraid, I miss you" if line.vulnerability > 0.5 else "Right."
        drafts.append(Draft(line.cue, text))
    moved = [x.cue for x in reading.lines if x.vulnerability > 0.5]
    victim = moved[len(moved) // 2]
    project.store.put_drafts(edition, drafts)
    [same] = story(project, WordReader(), edition=edition.name)[0].editions
    project.store.put_drafts(edition, [Draft(victim, "The bus leaves at six.")])
    [less] = story(project, WordReader(), edition=edition.name)[0].editions
    assert less.agreement_resonance < same.agreement_resonance
    assert victim in {x.cue for x in less.lost}
    found = [f for some in project.store.findings(edition).values() for f in some]
    mine = [f for f in found if f.cue == victim]
    assert mine and mine[0].check == "story.feeling-lost" and mine[0].edition == "en-US.flat"
    assert mine[0].evidence["edition"] == "The bus leaves at six."


def test_an_edition_no_reader_reads_is_said_so(project: Project) -> None:
    edition = project.store.edition("th-TH")
    project.store.put_drafts(edition, [Draft("ep001.c0001", "สวัสดี")])
    with pytest.raises(UserError, match="No reader reads th-TH"):
        story(project, WordReader(), edition="th-TH")
    with pytest.raises(UserError, match="There is no edition fr-FR"):
        story(project, WordReader(), edition="fr-FR")


def test_compared_with_itself_and_with_the_catalogue(reading: Reading) -> None:
    itself = with_series(reading, reading)
    assert itself.trope_overlap == pytest.approx(1) and itself.same_reader
    assert itself.arcs["resonance"][0] == itself.arcs["resonance"][1]
    genre = with_catalogue(reading)
    assert genre.is_catalogue and 0 <= genre.trope_overlap < 1
    assert not genre.same_reader and genre.note
    assert len(genre.rows()) >= 3


def _series(tmp_path: Path, files: dict[str, str]) -> Project:
    source = tmp_path / "in"
    source.mkdir()
    for name, text in files.items():
        (source / name).write_text(text, "utf-8")
    return new_project(source, tmp_path / "out")


def _srt(lines: list[str], step: int = 3) -> str:
    def clock(s: int) -> str:
        return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d},000"

    rows = [f"{i}\n{clock(i * step)} --> {clock(i * step + 2)}\n{t}\n" for i, t in enumerate(lines, start=1)]
    return "\n".join(rows)


def test_one_film_of_a_hundred_minutes_and_an_empty_episode(tmp_path: Path) -> None:
    film = [("我怕" if n % 40 == 0 else "♪ 啦啦 ♪" if n % 7 == 0 else f"OK 第{n}句😀") for n in range(2000)]
    project = _series(
        tmp_path, {"ep001.zh.srt": _srt(film), "ep002.zh.srt": _srt(["  "]), "ep003.zh.srt": _srt(["你好"])}
    )
    reading, _ = story(project, WordReader())
    assert len(reading.lines) == 2001 and [e.number for e in reading.episodes] == [1, 3]
    assert reading.signals["range"].figures["lines_without_speaker"] == 2001
    assert reading.signals["relations"].figures["edges"] == []


def test_nothing_to_read_is_said_so(tmp_path: Path) -> None:
    project = _series(tmp_path, {"ep001.zh.srt": _srt(["你好"])})
    shutil.rmtree(project.root / "source")
    with pytest.raises(UserError):
        story(open_project(project.root), WordReader())


def test_a_language_no_reader_reads_is_said_so(tmp_path: Path) -> None:
    project = _series(tmp_path, {"ep001.zh.srt": _srt(["こんにちは"])})
    head = project.root / "series.toml"
    head.write_text(head.read_text("utf-8").replace("zh-Hans", "ja"), "utf-8")
    with pytest.raises(UserError, match="No reader reads ja"):
        story(open_project(project.root), WordReader())


def test_unknown_reader() -> None:
    with pytest.raises(UserError, match="no reader 'nobody'"):
        reader_named("nobody")


def test_reading_json_is_what_the_docs_say(reading: Reading) -> None:
    data = json.loads(reading.model_dump_json())
    assert data["format"] == "smallscreen.reading/1"
    assert {"axes", "episodes", "lines", "signals", "findings", "reader"} <= set(data)


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}</style>'


def test_the_report_holds_no_markup_of_the_series_and_needs_nothing_else() -> None:
    series = Series("x", f"T {HOSTILE}", synopsis=HOSTILE, characters=(Character("甲", aliases=(HOSTILE,)),))
    lines = [
        (HOSTILE, f"对不起 {HOSTILE}"),
        ("乙", "没事 </div>"),
        (HOSTILE, "你这废物"),
        ("乙", "死了？"),
    ] * 8
    ctx = told(lines, episodes=3, series=series)
    reading = make_reading(ctx, WordReader())
    page = render(reading, with_series(reading, reading))
    assert (
        HOSTILE not in page and "<img" not in page and "49" not in re.findall(r"<h1[^>]*>(.*?)</h1>", page)[0]
    )
    assert page.count("<script>") == 1 and "Content-Security-Policy" in page and "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)


def test_the_report_prints_the_accuracy_beside_every_measure(reading: Reading) -> None:
    page = render(reading, with_catalogue(reading))
    for signal in reading.signals.values():
        assert page.count(str(escape(signal.measured))) >= 1 and str(escape(signal.name)) in page
    assert "stand-in for tests" in page and "prefers-color-scheme:dark" in page
    for finding in reading.findings[:3]:
        assert str(escape(finding.evidence["lines"][0]["text"])) in page


@pytest.mark.parametrize("lines", [[("", "你好")], [("甲", "♪ ♪"), ("", "😀")]])
def test_the_report_of_almost_nothing(lines: list[tuple[str, str]]) -> None:
    reading = make_reading(told(lines), WordReader())
    assert "</html>" in render(reading, with_series(reading, reading))


def test_the_command_writes_a_report_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smallscreen.story.run.reader", lambda name: WordReader())
    sample.copy_to(tmp_path / "s")
    run = CliRunner().invoke
    result = run(app, ["story", str(tmp_path / "s"), "--compare", "catalogue", "--format", "json"])
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["fresh"] and data["reading"]["title"] == "差一格"
    assert (tmp_path / "s" / "story" / "story.html").is_file()
    saved = Reading.model_validate_json((tmp_path / "s" / "story" / "reading.json").read_text("utf-8"))
    assert len(saved.lines) > 300
    one = tmp_path / "out" / "r.html"
    again = run(app, ["story", str(tmp_path / "s"), "--out", str(one)])
    assert again.exit_code == 0 and "up to date" in again.stdout and one.is_file()
    assert "not a forecast" in again.stdout
    assert isinstance(run(app, ["story", str(tmp_path / "s"), "--out", "x.pdf"]).exception, UserError)
