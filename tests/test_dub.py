"""A small series dubbed as a user does it: real files, a real endpoint, and what is heard measured."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines.loudness import measured
from smallscreen.engines.mux import replace_sound
from smallscreen.engines.sound import RATE, level, read_sound, write_wav
from smallscreen.engines.video import Writer, probe
from smallscreen.errors import UserError
from smallscreen.localize.dub import Wish, dub
from smallscreen.localize.pipeline import Localizer
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Draft
from smallscreen.series.project import Project, new_project, open_project
from tests.conftest import smallscreen
from tests.speech_server import SECONDS_A_CHARACTER, SpeechServer, tone
from tests.test_voice import NEEDS_PIPER

TIMES = ((1000, 2000), (2300, 3300), (4500, 5400))
SPEAKERS = ("林小满", "外公", "林小满")
TEXTS = ("I am home again.", "Mending umbrellas", "No, a person.")  # at the server 0.96, 1.02, 0.78 s
HUM = 2000  # Hz of the original sound


def clock(ms: int) -> str:
    return f"00:00:{ms // 1000:02d},{ms % 1000:03d}"


def film(path: Path, seconds: float = 7.0, sound: float = 0.1) -> None:
    """A small gray video with a steady hum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, 180, 320, 12, 44_100 if sound else None, preset="ultrafast") as writer:
        for n in range(round(seconds * 12)):
            writer.frame(np.full((320, 180, 3), 60 + n, np.uint8))
        if sound:
            writer.audio(tone(seconds, HUM, 44_100, sound))


@pytest.fixture
def series(tmp_path: Path) -> Project:
    """Two episodes of three lines, the first with a video; an en-US edition with words."""
    root = tmp_path / "series"
    root.mkdir()
    rows = "\n".join(
        f"{n}\n{clock(a)} --> {clock(b)}\n第{n}句话\n" for n, (a, b) in enumerate(TIMES, start=1)
    )
    for number in (1, 2):
        (root / f"ep{number:03d}.zh.srt").write_text(rows, "utf-8")
        told = "".join(f"{n}\t{who}\n" for n, who in enumerate(SPEAKERS, start=1))
        (root / f"ep{number:03d}.speakers.tsv").write_text(told, "utf-8")
    film(root / "video" / "ep001.mp4")
    project = new_project(root)
    words(project, TEXTS)
    return project


def words(project: Project, texts: tuple[str, ...], episodes: tuple[int, ...] = (1, 2)) -> None:
    edition = project.store.edition("en-US")
    drafts = [
        Draft(f"ep{e:03d}.c{n:04d}", text, "hand") for e in episodes for n, text in enumerate(texts, start=1)
    ]
    project.store.put_drafts(edition, drafts)


def run(
    project: Project, server: SpeechServer, monkeypatch: pytest.MonkeyPatch, *episodes: int, **wish: Any
) -> dict[str, Any]:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    work = Localizer(project, "en-US", episodes or (1, 2))
    return dub(work, Wish(**{"voice": "openai", **wish}))


def findings(project: Project, episode: int = 1) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for f in project.store.findings(project.store.edition("en-US")).get(episode, []):
        found.setdefault(f.check, []).append(f)
    return found


def heard(samples: np.ndarray, hertz: tuple[int, ...]) -> np.ndarray:
    """Loudness of these tones by steps of 10 ms: what is heard of the voices, whatever lies under them."""
    size = RATE // 50
    mono = samples[:, 0].astype(np.float64)
    starts = range(0, len(mono) - size, size // 2)
    at = np.arange(size) / RATE
    probes = np.stack([np.exp(-2j * np.pi * h * at) for h in hertz]) * np.hanning(size)
    return (
        np.array([np.max(np.abs(probes @ mono[s : s + size])) for s in starts]) * 2 / np.sum(np.hanning(size))
    )


def begins(samples: np.ndarray, near_ms: int) -> int:
    """When a voice begins around a time, ms."""
    track = heard(samples, (220, 440))
    first = max(0, near_ms // 10 - 30)
    window = track[first : first + 100]
    return (first + int(np.argmax(window > np.max(window) / 4))) * 10


def test_an_edition_speaks(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer() as server:
        made = run(series, server, monkeypatch, video=True, keep_original=True)
        assert (made["lines"], made["spoken"], made["speech_made"]) == (6, 6, 3)
        assert made["problems"] == ["episode 2 has no video to use, so only its sound was made"]
        folder = series.root / "dub" / "en-US"
        sound = read_sound(folder / "ep001.wav")
        assert len(sound) / RATE == pytest.approx(7.0, abs=0.05)
        loud = measured(sound)
        assert loud.lufs == pytest.approx(-16, abs=0.2) and loud.dbtp <= -1
        for start, _ in TIMES:
            assert abs(begins(sound, start) - start) <= 80
        # The two who talk to each other have two voices, kept in both episodes and in the file.
        voices = {text: voice for voice, text in server.asked}
        assert voices[TEXTS[0]] == voices[TEXTS[2]] != voices[TEXTS[1]]
        assert "外公" in (folder / "voices.toml").read_text("utf-8")
        # An episode has the same words as the other: nothing is asked for twice.
        assert len(server.asked) == 3
        before = (folder / "ep001.wav").stat().st_mtime_ns
        again = run(series, server, monkeypatch, video=True, keep_original=True)
        assert not again["fresh"] and len(server.asked) == 3
        assert (folder / "ep001.wav").stat().st_mtime_ns == before
        (folder / "ep001.wav").unlink()
        assert run(series, server, monkeypatch, video=True, keep_original=True)["fresh"]
        assert (folder / "ep001.wav").exists() and server.requests == 3


def packets(path: Path) -> list[tuple[int, bytes]]:
    with av.open(str(path)) as file:
        return [(p.pts, bytes(p)) for p in file.demux(file.streams.video[0]) if p.size]


def test_the_picture_is_copied(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer() as server:
        run(series, server, monkeypatch, 1, video=True, keep_original=True)
    source, target = series.root / "video" / "ep001.mp4", series.root / "dub" / "en-US" / "ep001.mp4"
    assert packets(source) == packets(target)
    with av.open(str(target)) as file:
        new, old = file.streams.audio
        assert (new.codec_context.name, new.rate, new.channels) == ("aac", RATE, 2)
        assert (new.metadata["language"], old.channels) == ("eng", 1)
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    mix, coded = read_sound(target.with_suffix(".wav")), read_sound(target)
    assert measured(coded).dbtp <= -1
    size = min(len(mix), len(coded))
    assert abs(np.corrcoef(mix[:size, 0], coded[:size, 0])[0, 1]) > 0.99  # not a sample apart


def test_the_original_gives_way_under_lines(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer() as server:
        made = run(series, server, monkeypatch, 1, duck=20.0)
        hum = 20 * np.log10(heard(read_sound(series.root / "dub/en-US/ep001.wav"), (HUM,)))
        assert np.median(hum[640:690]) - np.median(hum[130:190]) == pytest.approx(20, abs=1)
        assert any("voices remain audible" in note for note in made["notes"])
        # With music and effects given, the original is not in it at all.
        folder = series.root / "me"
        folder.mkdir()
        write_wav(folder / "ep001 ME.wav", np.stack([tone(7, 3000, RATE, 0.02)] * 2, axis=1))
        made = run(series, server, monkeypatch, 1, me=folder)
        sound = read_sound(series.root / "dub/en-US/ep001.wav")
        music, hum = heard(sound, (3000,)), heard(sound, (HUM,))
        assert made["episodes"][0]["bed"] == "me" and not made["notes"]
        assert np.median(hum[600:680]) < 0.01 * np.median(music[600:680])
        assert len(server.asked) == 3


def test_what_does_not_fit_is_whole_and_reported(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "This is a line that nobody could ever say in so short a time."  # 3.66 s for a slot of 1.22 s
    words(series, (long, *TEXTS[1:]), (1,))
    with SpeechServer() as server:
        made = run(series, server, monkeypatch, 1)
        assert made["findings"] == {"dub.too-long": 1}
        told = findings(series)["dub.too-long"][0]
        natural = len(long) * SECONDS_A_CHARACTER
        assert told.severity == "error" and told.cue == "ep001.c0001"
        assert told.evidence["seconds"] == pytest.approx(natural / 1.2, abs=0.05)
        assert told.evidence["rate"] == pytest.approx(1.2, abs=0.01)
        assert told.evidence["allowed"] == int(len(long) * 1.22 * 1.2 / natural)
        assert told.evidence["cut"] == len(long) - told.evidence["allowed"]
        assert told.evidence["overlap_ms"] == pytest.approx(1000 + 1000 * natural / 1.2 - 2300, abs=60)
        # It is there to its end, over the second line.
        pitch = {"alto": 440, "bass": 220}[{t: v for v, t in server.asked}[long]]
        track = heard(read_sound(series.root / "dub/en-US/ep001.wav"), (pitch,))
        assert np.min(track[110:400]) > 0.3 * np.max(track)
        # With --retime the others wait, the subtitles go with them, and the market's rules hold.
        made = run(series, server, monkeypatch, 1, retime=True)
        assert set(made["findings"]) == {"dub.too-long", "dub.late"}
        late = findings(series)["dub.late"][0]
        assert late.cue == "ep001.c0002" and late.start_ms >= 1000 + told.evidence["seconds"] * 1000
        assert not findings(series)["dub.too-long"][0].evidence["overlap_ms"]
        shown = read_subtitles(series.root / "dub/en-US/ep001.en-US.srt")
        second = next(s for s in shown if "Mending" in s.text)
        assert abs(second.start_ms - late.start_ms) <= 84
        screen = Localizer(series, "en-US", (1,)).market.vertical
        for a, b in pairwise(shown):
            assert b.start_ms - a.end_ms >= screen.gap_frames * 1000 / screen.fps - 1
        assert all(s.end_ms - s.start_ms >= screen.min_ms for s in shown)
        assert len(server.asked) == 3  # each line once, whatever was moved


def test_a_run_that_broke_off_goes_on(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer(faults="ok,401") as server:
        with pytest.raises(UserError, match="refused the key"):
            run(series, server, monkeypatch, 1)
        assert len(server.asked) == 2  # what was on its way when the key was refused is kept, too
        assert run(series, server, monkeypatch, 1)["spoken"] == 3
        assert len(server.asked) == 3 and len(set(server.asked)) == 3
        kept = list((series.root / "dub" / "speech").rglob("*.wav"))
        assert len(kept) == 3
        # A kept file that was damaged is made again, the others are not.
        kept[0].write_bytes(b"RIFF")
        words(series, ("I am home now.", *TEXTS[1:]), (1,))
        run(series, server, monkeypatch, 1)
        assert len(server.asked) in (4, 5)


def test_no_key_is_left_in_any_file(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer() as server:
        run(series, server, monkeypatch, 1)
    secret = server.environment()["SMALLSCREEN_SPEECH_API_KEY"].encode()
    files = [p for p in series.root.rglob("*") if p.is_file()]
    assert len(files) > 8 and not any(secret in p.read_bytes() for p in files)


def test_an_unspeakable_line_leaves_the_others(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words(series, ("[door slams] ♪", "Mending umbrellas", "No, a person."), (1,))
    with SpeechServer(faults="400") as server:
        made = run(series, server, monkeypatch, 1)
        assert (made["lines"], made["spoken"]) == (2, 1)  # sounds in brackets are no line
        assert findings(series)["dub.unspoken"][0].severity == "error"


@pytest.mark.parametrize("what", ["no sound", "torn", "no video", "no film at all"])
def test_odd_videos(series: Project, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    path = series.root / "video" / "ep001.mp4"
    if what == "no sound":
        film(path, sound=0)
    elif what == "torn":
        path.write_bytes(path.read_bytes()[:-9000])
    elif what == "no video":
        path.unlink()
    else:
        path.write_bytes(b"GIF89a, or so" * 40)
    project = open_project(series.root)
    with SpeechServer() as server:
        made = run(project, server, monkeypatch, 1, video=what != "no video")
    assert len(made["problems"]) == (2 if what == "no film at all" else 0)
    episode = made["episodes"][0]
    assert episode["bed"] == ("ducked" if what == "torn" else "none")
    sound = read_sound(project.root / "dub/en-US/ep001.wav")
    assert abs(begins(sound, 4500) - 4500) <= 80
    if what in ("no sound", "torn"):
        assert probe(project.root / "dub/en-US/ep001.mp4").has_audio


def test_frames_stored_out_of_order_stay(tmp_path: Path) -> None:
    # Matroska gives the first packets no time of decoding; the frames' times are uneven, too.
    path, out = tmp_path / "a.mkv", tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        picture = file.add_stream("libx264", rate=25, options={"preset": "veryfast", "bf": "3"})
        picture.width, picture.height, picture.pix_fmt = 180, 320, "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        at = 0
        for n in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((320, 180, 3), n * 5, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            at += 70 if n % 3 == 0 else 40
            file.mux(picture.encode(frame.reformat(format="yuv420p")))
        file.mux(picture.encode(None))

    def shown(where: Path) -> list[tuple[float, int]]:
        with av.open(str(where)) as file:
            return [(f.time, int(f.to_ndarray()[100, 100])) for f in file.decode(file.streams.video[0])]

    with av.open(str(path)) as file:
        assert next(file.demux(file.streams.video[0])).dts is None
    replace_sound(path, np.stack([tone(2.5, 440, RATE)] * 2, axis=1), out, language="th")
    assert len(shown(path)) == 50
    assert [p[1] for p in shown(out)] == [p[1] for p in shown(path)]
    assert [p[0] for p in shown(out)] == pytest.approx([p[0] for p in shown(path)], abs=0.001)


def test_rotation_and_rate_stay(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = series.root / "video" / "ep001.mp4"
    data = bytearray(path.read_bytes())
    # The display matrix of the picture's track header: a quarter turn, as phones write it.
    upright = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = turned
    path.write_bytes(data)
    before = probe(path)
    assert (before.width, before.height) == (320, 180)
    with SpeechServer() as server:
        run(series, server, monkeypatch, 1, video=True)
    after = probe(series.root / "dub/en-US/ep001.mp4")
    assert (after.width, after.height, after.fps) == (before.width, before.height, before.fps)


def test_the_program_tells(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words(series, ("This is a line that nobody could ever say in so short a time.", *TEXTS[1:]), (1,))
    with SpeechServer() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        call = ["dub", str(series.root), "--market", "en-US", "--voice", "openai", "--episodes", "1"]
        told = CliRunner().invoke(app, call)
        assert told.exit_code == 0, told.output
        assert "3 lines spoken now, 0 were kept." in told.output
        assert "dub.too-long" in told.output and "characters must go" in told.output
        assert "dB lower under the lines" in told.output
        assert "all of it was there already" in CliRunner().invoke(app, call).output
    for more in (["--market", "es-419"], ["--market", "en-US", "--market", "th-TH", "--script", "a.xlsx"]):
        refused = CliRunner().invoke(app, ["dub", str(series.root), *more])
        assert isinstance(refused.exception, UserError)


def test_settings_that_make_no_sense_are_refused(series: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpeechServer() as server:
        for wish in ({"duck": 90.0}, {"loudness": 3.0}, {"me": series.root / "nowhere"}):
            with pytest.raises(UserError):
                run(series, server, monkeypatch, 1, **wish)
        words(series, ("", "", ""))
        with pytest.raises(UserError, match="no words to speak"):
            run(series, server, monkeypatch, 1)
        assert server.requests == 0


@NEEDS_PIPER
def test_the_program_dubs_with_piper(series: Project) -> None:
    series.store.engine.dispose()
    done = smallscreen("dub", series.root, "--market", "en-US", "--episodes", "1", "--format", "json")
    assert done.returncode == 0, done.stderr
    step = json.loads(done.stdout)["steps"][0]
    assert step["spoken"] == 3 and step["engine"] == "piper"
    assert any("share one voice" in note for note in step["notes"])
    sound = read_sound(series.root / "dub/en-US/ep001.wav")
    speech = [level(sound[a * 48 : b * 48, 0]) for a, b in ((1050, 1700), (2350, 3000), (4550, 5100))]
    assert min(speech) > level(sound[200 * 48 : 700 * 48, 0]) - 6
    assert measured(sound).lufs == pytest.approx(-16, abs=0.2)


def test_sound_keeps_its_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as file:
        picture = file.add_stream("libx264", rate=12, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 180, 320, "yuv420p"
        sound = file.add_stream("flac", rate=RATE, layout="mono")
        for n in range(36):
            frame = av.VideoFrame.from_ndarray(np.full((320, 180, 3), 90, np.uint8), format="rgb24")
            frame.pts = n
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        samples = (tone(1, 500, RATE) * 32767).astype(np.int16)[None]
        piece = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        piece.sample_rate, piece.pts, piece.time_base = RATE, RATE * 3 // 2, Fraction(1, RATE)
        file.mux(sound.encode(piece))
        file.mux(sound.encode(None))
    read = read_sound(path)
    assert np.argmax(np.abs(read[:, 0]) > 0.01) / RATE == pytest.approx(1.5, abs=0.03)
