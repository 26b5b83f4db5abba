"""The dubbing script to a studio and back, voices kept over a series, and the parts that need no voice."""

from __future__ import annotations

import math
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from smallscreen.engines.sound import RATE, Speech, read_sound, write_wav
from smallscreen.engines.voice import Voice
from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.dub.cast import Role, _quoted, assigned, cast_of, read_cast
from smallscreen.localize.dub.fit import fitted, wanted_rate
from smallscreen.localize.dub.mix import mixed, voices_in_the_middle
from smallscreen.localize.dub.plan import GAP_MS, DubLine, lines_of, names_of, spoken
from smallscreen.localize.dub.retime import placed
from smallscreen.localize.dub.script import read_script
from smallscreen.series import documents
from smallscreen.series.model import Character, Cue, Draft, Series, cue_id
from smallscreen.series.project import Project
from tests.conftest import smallscreen
from tests.speech_server import SpeechServer, tone, wav
from tests.test_dub import TEXTS, begins, findings, run, series, words  # noqa: F401  the fixture

VOICES = [Voice("alto", "alto"), Voice("bass", "bass")]


def line(index: int, start: int, end: int, slot: int, who: str = "A", text: str = "Hello there.") -> DubLine:
    return DubLine(cue_id(1, index), 1, index, start, end, slot, who, text)


# --- to the studio and back ----------------------------------------------------------------


def script_of(project: Project, path: Path) -> None:
    done = smallscreen("dub", project.root, "--market", "en-US", "--script", path)
    assert done.returncode == 0, done.stderr
    assert "6 lines to record" in done.stdout
    assert not list((project.root / "dub").rglob("*.wav"))


def test_the_script_goes_out_and_recordings_come_back(
    series: Project,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    words(series, ("=2+3 I am home.", *TEXTS[1:]), (1,))
    studio = tmp_path / "studio"
    studio.mkdir()
    sheet = studio / "script.xlsx"
    script_of(series, sheet)
    book = load_workbook(sheet)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    held = dict(zip(rows[0], rows[1], strict=True))
    assert (held["Cue"], held["Character"], held["Source"]) == ("ep001.c0001", "林小满", "第1句话")
    assert (held["Slot (s)"], held["File"]) == (1.22, "ep001_0001.wav")
    assert held["Edition"] == "=2+3 I am home." and book.worksheets[0]["H2"].data_type == "s"
    assert held["Allowed"] == math.floor(1.22 * 16.9 * 1.2)

    # The studio renames a file in the sheet, changes words, and delivers good and bad recordings.
    book.worksheets[0]["L3"] = "take two final.wav"
    book.worksheets[0]["H4"] = "No, somebody."
    book.save(sheet)
    quiet = np.zeros(RATE // 5, np.float32)
    voice = tone(0.9, 440, RATE)
    (studio / "EP001_0001.WAV").write_bytes(wav(np.concatenate([quiet, voice, quiet]), RATE))
    (studio / "take two final.wav").write_bytes(wav(tone(0.8, 220, 16_000), 16_000))
    (studio / "ep001_0003.wav").write_bytes(wav(tone(2.8, 440, RATE, 1.2), RATE))
    (studio / "ep002_0001.wav").write_bytes(wav(quiet, RATE))
    (studio / "ep002_0002.wav").write_bytes(b"RIFF....")
    (studio / "ep009_0001.wav").write_bytes(wav(voice, RATE))
    (studio / "room\x1b[31mtone.wav").write_bytes(wav(voice, RATE))
    sub = studio / "second"
    sub.mkdir()
    (sub / "ep001_0001.wav").write_bytes(wav(voice, RATE))
    with SpeechServer() as server:
        made = run(series, server, monkeypatch, voice=None, recordings=studio)
        assert server.requests == 0
        assert [m["spoken"] for m in made["episodes"]] == [3, 0]
        told = "\n".join(made["problems"])
        assert "ep009_0001.wav belongs to no line" in told and "second recording" in told
        assert "room?[31mtone.wav" in told and "\x1b" not in told
        first, second = findings(series, 1), findings(series, 2)
        assert first["dub.recording-rate"][0].cue == "ep001.c0002"
        assert first["dub.recording-clipped"][0].cue == "ep001.c0003"
        assert first["dub.too-long"][0].cue == "ep001.c0003"
        assert first["dub.recorded-words"][0].evidence["recorded"] == "No, somebody."
        assert set(second) == {
            "dub.recording-silent", "dub.recording-unreadable", "dub.recording-missing",
        }  # fmt: skip
        assert "ep002_0003.wav" in second["dub.recording-missing"][0].message
        sound = read_sound(series.root / "dub/en-US/ep001.wav")
        for start in (1000, 2300, 4500):
            assert abs(begins(sound, start) - start) <= 80
        assert not run(series, server, monkeypatch, voice=None, recordings=studio)["fresh"]
        # What is missing may be spoken by a voice.
        made = run(series, server, monkeypatch, 2, recordings=studio)
        assert made["spoken"] == 3 and server.requests == 3


def test_recordings_need_a_folder(series: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: F811
    with SpeechServer() as server:
        with pytest.raises(UserError, match="no folder"):
            run(series, server, monkeypatch, voice=None, recordings=tmp_path / "nowhere")
        for name in ("a.xlsx", "b.xlsx"):
            (tmp_path / name).write_bytes(b"PK")
        with pytest.raises(UserError, match=r"2 \.xlsx files"):
            run(series, server, monkeypatch, voice=None, recordings=tmp_path)


def test_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.xlsx"
    for data in (b"", b"PK\x03\x04", b"<html>"):
        path.write_bytes(data)
        with pytest.raises(FileProblem, match="not a workbook"):
            read_script(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as held:
        for n in range(3):
            held.writestr(f"xl/worksheets/sheet{n}.xml", b"\0" * 100_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileProblem, match="256 MB"):
        read_script(path)
    with zipfile.ZipFile(path, "w") as held:
        held.writestr("[Content_Types].xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(FileProblem, match="cannot be read"):
        read_script(path)
    book = Workbook()
    book.active.append(["what", "ever"])
    book.save(path)
    with pytest.raises(FileProblem, match="Cue and File"):
        read_script(path)


def test_a_script_is_read_wherever_its_columns_stand(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Our studio"])
    sheet.append(["FILE", None, "Actor", "cue"])
    sheet.append(["x.wav", 3, "=HYPERLINK(1)", "ep001.c0001"])
    sheet.append([None, None, None, None])
    sheet.append([7, None, None, " ep001.c0002 "])
    book.save(tmp_path / "s.xlsx")
    rows = read_script(tmp_path / "s.xlsx")
    assert [(r.cue, r.file, r.text) for r in rows] == [("ep001.c0001", "x.wav", ""), ("ep001.c0002", "7", "")]


# --- voices ---------------------------------------------------------------------------------


def test_who_talk_to_each_other_differ() -> None:
    talk = [line(n, n * 1000, n * 1000 + 500, 900, who) for n, who in enumerate("ABABCACAB")]
    roles = assigned(talk, {}, "openai", VOICES)
    assert roles["A"].voice != roles["B"].voice and roles["A"].voice != roles["C"].voice
    one = assigned(talk, {}, "piper", VOICES[:1])
    assert {r.voice for r in one.values()} == {"alto"}
    # Who has a voice keeps it, whoever comes.
    more = assigned([*talk, *(line(n, 0, 1, 1, "D") for n in range(90))], roles, "openai", VOICES)
    assert set(more) == {"D"}


def test_the_cast_is_kept_and_people_change_it(series: Project, tmp_path: Path) -> None:  # noqa: F811
    talk = [line(n, n, n + 1, 1, who) for n, who in enumerate("ABAB")]
    first = cast_of(series.store, "en-US", tmp_path, talk, "openai", VOICES)
    path = tmp_path / "voices.toml"
    changed = path.read_text("utf-8").replace(
        'name = "A"', "# mine\nname = \"A\""
    ).replace(f'voice = "{first["A"].voice}"', 'voice = "nova"').replace("pitch = 0.0", "pitch = -2", 1)  # fmt: skip
    path.write_text(changed, "utf-8")
    second = cast_of(series.store, "en-US", tmp_path, [*talk, line(9, 9, 10, 1, 'C\n"x')], "openai", VOICES)
    assert second["A"].voice == "nova" and second["A"].pitch == -2 and second["B"] == first["B"]
    assert path.read_text("utf-8").startswith(changed.rstrip("\n"))  # only added to
    assert read_cast(path)['C\n"x', "openai"] == second['C\n"x']
    stored = documents.get(series.store, "dub", "voices/en-US")
    assert stored is not None and len(stored.body["roles"]) == 3
    path.unlink()  # the series still knows
    assert cast_of(series.store, "en-US", tmp_path, talk, "openai", VOICES)["A"].voice == "nova"


@pytest.mark.parametrize(
    "text",
    [
        "[[character]", "a = 1", "character = 3", '[[character]]\nname = "A"', '[[character]]\nname = 3',
        '[[character]]\nname = "A"\nengine = "piper"\nvoice = "x"\nrate = 9',
        '[[character]]\nname = "A"\nengine = "piper"\nvoice = "x"\npitch = nan',
        '[[character]]\nname = "A"\nengine = "piper"\nvoice = "x"\nspeed = 1',
        '[[character]]\nname = "A"\nengine = "p"\nvoice = "x"\n' * 2,
        "\udce9",
    ],
)  # fmt: skip
def test_a_cast_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "voices.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(FileProblem, match=r"voices\.toml"):
        read_cast(path)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_any_name_comes_back_from_the_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "voices.toml"
    clean = name.encode("utf-8", "ignore").decode()
    path.write_text(
        f'[[character]]\nname = {_quoted(name)}\nengine = "p"\nvoice = "v"\n', "utf-8", newline=""
    )
    assert read_cast(path) == {(clean, "p"): Role(clean, "p", "v")}


# --- lines and slots ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("<i>Come in.</i>\nSit down.", "Come in. Sit down."),
        ("-Who?\n- Me.", "Who? Me."),
        ("[door creaks] Who is (softly) there?", "Who is there?"),
        ("♪ la la ♪", "la la"),
        ("(sighs)", ""),
        ("…", ""),
        ("你（小声）好", "你 好"),
    ],
)
def test_only_what_is_heard_is_spoken(shown: str, said: str) -> None:
    assert spoken(shown) == said


def test_a_nickname_is_its_character_unless_two_have_it() -> None:
    people = (Character("林小满", ("小满", "姐")), Character("何静", ("姐",)))
    assert names_of(Series("s", "S", characters=people)) == {
        "林小满": "林小满", "小满": "林小满", "何静": "何静",
    }  # fmt: skip


CUES = st.lists(st.tuples(st.integers(-5000, 100_000), st.integers(-100, 9000)), max_size=12)


@settings(max_examples=80, deadline=None)
@given(CUES, st.none() | st.integers(1, 120_000))
def test_slots_leave_room_for_the_next_line(times: list[tuple[int, int]], ends: int | None) -> None:
    cues = [Cue(cue_id(1, n), 1, n, a, a + d, "x") for n, (a, d) in enumerate(times, start=1)]
    lines = lines_of(cues, {c.id: Draft(c.id, "Words here") for c in cues}, {}, ends)
    assert len(lines) == len(cues)
    for a, b in pairwise(lines):
        assert a.start_ms <= b.start_ms
        assert a.slot_ms == 1 or a.start_ms + a.slot_ms <= b.start_ms - GAP_MS
    assert all(n.start_ms >= 0 and n.end_ms > n.start_ms and n.slot_ms >= 1 for n in lines)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 9000), st.integers(1, 9000), st.floats(0.85, 1.2))
def test_rates_stay_within_what_a_voice_bears(natural: int, cue: int, slot: int, pace: float) -> None:
    rate = wanted_rate(natural, cue, slot, pace)
    assert 0.85 <= rate <= 1.2
    assert natural / rate <= slot + 1 or rate == 1.2


@pytest.mark.parametrize(("seconds", "rate"), [(0.5, 0.85), (1.0, 1.0), (1.5, 1.1538), (2.0, 1.2)])
def test_a_take_fits_or_says_by_how_much(seconds: float, rate: float) -> None:
    made = fitted(line(1, 0, 1000, 1300), Speech(tone(seconds, 200, 24_000), 24_000), "x")
    assert made.rate == pytest.approx(rate, abs=0.01)
    assert made.ms == pytest.approx(seconds * 1000 / rate, abs=15)
    assert made.over_ms == max(0, made.ms - 1300)
    assert made.allowed <= len(made.line.text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 4000)), max_size=8))
def test_lines_that_wait_never_overlap(times: list[tuple[int, int]]) -> None:
    takes = [
        fitted(line(n, a, a + d, d), Speech(np.zeros(d * 8, np.float32), 8000), "x", slow=False)
        for n, (a, d) in enumerate(times)
    ]
    moved = placed(takes, True)
    assert all(t.start_ms >= t.line.start_ms for t in moved)
    assert all(b.start_ms >= a.end_ms + GAP_MS for a, b in pairwise(moved))
    assert [t.start_ms for t in placed(takes, False)] == sorted(t.line.start_ms for t in takes)


# --- the mix --------------------------------------------------------------------------------


def stereo(speech_in_the_middle: bool) -> tuple[np.ndarray, np.ndarray]:
    """Four seconds: music of two different channels, speech over its second half."""
    random = np.random.default_rng(3)
    music = random.normal(0, 0.02, (4 * RATE, 2)).astype(np.float32)
    speech = np.concatenate([np.zeros(2 * RATE, np.float32), tone(2, 800, RATE, 0.3)])
    bed = music + speech[:, None] * (np.array([1, 1]) if speech_in_the_middle else np.array([1, 0]))
    return bed.astype(np.float32), np.arange(4 * RATE) >= 2 * RATE


def test_the_middle_alone_gives_way_where_the_voices_are_there() -> None:
    bed, inside = stereo(True)
    assert voices_in_the_middle(bed, inside)
    assert not voices_in_the_middle(*stereo(False))
    mono = np.stack([bed[:, 0], bed[:, 0]], axis=1)
    assert not voices_in_the_middle(mono, inside)  # no sides, nothing to keep
    made = mixed(np.zeros(4 * RATE, np.float32), bed, [(2000, 4000)], 15, True)
    assert made.middle_only and made.sides_db > made.under_db + 6
    half = slice(3 * RATE, 4 * RATE)
    gain = float(np.std(made.samples[:RATE, 0] - made.samples[:RATE, 1]))  # the sides before
    after = float(np.std(made.samples[half, 0] - made.samples[half, 1]))
    assert 20 * np.log10(after / gain) == pytest.approx(made.sides_db, abs=0.5)


def test_nothing_lies_under_voices_alone(tmp_path: Path) -> None:
    bus = tone(1, 300, RATE)
    made = mixed(bus, np.zeros((0, 2), np.float32), [(0, 1000)], 15, True)
    assert np.allclose(made.samples[:, 0], bus) and made.under_db == 0
    write_wav(tmp_path / "a.wav", made.samples)
    assert read_sound(tmp_path / "a.wav").shape == (RATE, 2)
