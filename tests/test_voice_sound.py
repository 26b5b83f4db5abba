"""Loudness by the standard's own figures, stretching without a change of pitch, and sound that is none."""

from __future__ import annotations

import io
import struct
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.engines.loudness import integrated, limited, measured, normalized, true_peak
from smallscreen.engines.sound import (
    RATE,
    SoundProblem,
    Speech,
    decode,
    read_sound,
    resample,
    trimmed,
    write_wav,
)
from smallscreen.engines.stretch import shifted, stretch
from tests.speech_server import tone, wav


def sine(seconds: float, dbfs: float = 0.0, hertz: float = 997) -> np.ndarray:
    return tone(seconds, hertz, RATE, 10 ** (dbfs / 20)).astype(np.float64)


def both(samples: np.ndarray) -> np.ndarray:
    return np.stack([samples, samples], axis=1)


def peak_hertz(speech: Speech) -> float:
    seen = np.abs(np.fft.rfft(speech.samples * np.hanning(len(speech.samples))))
    return float(np.argmax(seen)) * speech.rate / len(speech.samples)


# --- loudness ------------------------------------------------------------------------------


def test_a_full_sine_in_one_channel_is_3_01_below() -> None:
    # BS.1770-4: 997 Hz at 0 dB FS in one front channel reads -3.01 LKFS.
    assert integrated(sine(5)) == pytest.approx(-3.01, abs=0.01)
    assert integrated(np.stack([sine(5), np.zeros(5 * RATE)], axis=1)) == pytest.approx(-3.01, abs=0.01)


def test_ebu_3341_cases() -> None:
    # EBU Tech 3341, table 1, cases 1 to 4: stereo sines of 1000 Hz; times a quarter of the table's.
    def case(*parts: tuple[float, float]) -> float:
        return integrated(both(np.concatenate([sine(s, d, 1000) for d, s in parts])))

    assert case((-23, 5)) == pytest.approx(-23, abs=0.1)
    assert case((-33, 5)) == pytest.approx(-33, abs=0.1)
    assert case((-36, 2.5), (-23, 15), (-36, 2.5)) == pytest.approx(-23, abs=0.1)
    assert case((-72, 2.5), (-36, 2.5), (-23, 15), (-36, 2.5), (-72, 2.5)) == pytest.approx(-23, abs=0.1)


def test_silence_has_no_loudness_and_stays_silent() -> None:
    quiet = np.zeros((RATE, 2), np.float32)
    assert measured(quiet) == (float("-inf"), float("-inf"))
    assert integrated(np.zeros(0)) == float("-inf")
    made, loud = normalized(quiet, -16)
    assert not made.any() and loud.lufs == float("-inf")


def test_a_peak_between_samples_is_found() -> None:
    # A quarter of the rate, an eighth of a turn off: the samples are 3 dB below the wave.
    at = np.arange(RATE)
    wave_ = np.sin(np.pi / 2 * at + np.pi / 4) * np.hanning(RATE)
    assert 20 * np.log10(np.max(np.abs(wave_))) == pytest.approx(-3.01, abs=0.05)
    assert true_peak(wave_) == pytest.approx(0, abs=0.1)


def peer(samples: np.ndarray) -> tuple[float, float]:
    """What the ebur128 filter of FFmpeg says of a stereo programme."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="stereo", time_base=Fraction(1, RATE))
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    said: dict[str, str] = {}
    for start in range(0, len(samples), 4800):
        piece = samples[start : start + 4800].astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        source.push(frame)
        while True:
            try:
                said = dict(sink.pull().metadata) or said
            except av.error.FFmpegError:
                break
    peaks = [float(v) for k, v in said.items() if "true_peaks_ch" in k]
    return float(said["lavfi.r128.I"]), 20 * float(np.log10(max(peaks)))


def test_another_meter_agrees() -> None:
    random = np.random.default_rng(5)
    noise = random.normal(0, 0.1, (RATE * 6, 2))
    noise *= (0.02 + np.abs(np.sin(np.arange(RATE * 6) / RATE * 1.3)))[:, None] ** 2
    ours, theirs = measured(noise), peer(noise)
    assert ours.lufs == pytest.approx(theirs[0], abs=0.1)
    assert ours.dbtp == pytest.approx(theirs[1], abs=0.3)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 4), st.floats(-12, -0.5))
def test_no_peak_passes_the_limiter(seed: int, loud: float, ceiling: float) -> None:
    random = np.random.default_rng(seed)
    sound = random.normal(0, loud, (RATE // 4, 2)).astype(np.float32)
    sound[:: random.integers(50, 5000)] *= 5
    assert true_peak(limited(sound, ceiling)) <= ceiling + 0.01


def test_a_mix_comes_to_its_loudness() -> None:
    made, loud = normalized((both(sine(3, -40)) * (1 + 3 * (np.arange(3 * RATE) > RATE))[:, None]), -16, -1)
    assert loud.lufs == pytest.approx(-16, abs=0.1) and loud.dbtp <= -0.99
    assert loud == measured(made)


def test_what_peaks_do_not_allow_is_not_forced() -> None:
    clicks = np.zeros((RATE * 2, 2), np.float32)
    clicks[::2400] = 0.5
    _, loud = normalized(clicks, -5, -1)
    assert loud.dbtp <= -0.99 and loud.lufs < -5.5


# --- stretching ----------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.floats(0.6, 1.8), st.integers(90, 400), st.integers(0, 30_000))
def test_stretching_changes_length_alone(factor: float, hertz: int, extra: int) -> None:
    speech = Speech(tone(0.5 + extra / 30_000, hertz, 22_050), 22_050)
    made = stretch(speech, factor)
    assert len(made.samples) == round(len(speech.samples) * factor)
    assert peak_hertz(made) == pytest.approx(peak_hertz(speech), rel=0.03, abs=4)
    middle = made.samples[2000:-2000]
    assert 0.2 < np.max(np.abs(middle)) < 0.36


@pytest.mark.parametrize("count", [0, 1, 50, 2000])
def test_short_sound_is_stretched_without_trouble(count: int) -> None:
    made = stretch(Speech(np.ones(count, np.float32), 22_050), 1.2)
    assert len(made.samples) == round(count * 1.2) and np.isfinite(made.samples).all()


def test_pitch_changes_alone() -> None:
    speech = Speech(tone(1, 200, 22_050), 22_050)
    made = shifted(speech, 4)
    assert len(made.samples) == len(speech.samples)
    assert peak_hertz(made) == pytest.approx(200 * 2 ** (4 / 12), rel=0.02)


def test_resampling_keeps_time() -> None:
    click = np.zeros(22_050, np.float32)
    click[11_025] = 1
    made = resample(click, 22_050, RATE)
    assert len(made) == RATE and abs(int(np.argmax(made)) - RATE // 2) <= 1


def test_silence_around_speech_goes() -> None:
    speech = Speech(np.concatenate([np.zeros(9600), tone(0.5, 300, RATE), np.zeros(9600)]), RATE)
    assert trimmed(speech).ms == pytest.approx(500 + 70, abs=12)
    quiet = Speech(np.zeros(480, np.float32), RATE)
    assert len(trimmed(quiet).samples) == 480


# --- sound that is none --------------------------------------------------------------------

GOOD = wav(tone(0.5))


def test_24_bits_come_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", both(sine(0.5, -6)).astype(np.float32))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 3, 2)
    back = read_sound(tmp_path / "a.wav")
    assert np.max(np.abs(back - both(sine(0.5, -6)))) < 1e-4
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html>", "not WAV"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not WAV"),
        (GOOD[:30], "."),
        (GOOD[:24] + struct.pack("<I", 50) + GOOD[28:], "50 Hz"),
        (GOOD[:24] + struct.pack("<I", 4_000_000_000) + GOOD[28:], "."),
        (GOOD[:22] + struct.pack("<H", 0) + GOOD[24:], "."),
        (wav(np.zeros(0)), "no sound"),
        (wav(np.zeros(RATE * 130), 8000), "more than 120 s"),
        (b"ID3" + b"\0" * 100, "."),
        (b"fLaC" + b"\xff" * 100, "."),
        (b"OggS" + b"\0" * 100, "."),
    ],
)
def test_what_is_no_sound_says_so(data: bytes, reason: str) -> None:
    with pytest.raises(SoundProblem, match=reason):
        decode(data)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=40))
def test_damaged_wav_is_sound_or_a_reason(at: int, junk: bytes) -> None:
    data = GOOD[:at] + junk + GOOD[at + len(junk) :]
    try:
        speech = decode(data)
    except SoundProblem:
        return
    assert np.isfinite(speech.samples).all() and np.max(np.abs(speech.samples)) <= 8


def test_floats_that_are_none_are_nought() -> None:
    samples = np.array([0.5, np.nan, np.inf, -1e30, 0.25] * 100, "<f4")
    data = io.BytesIO()
    data.write(b"RIFF" + struct.pack("<I", 36 + samples.nbytes) + b"WAVEfmt ")
    data.write(struct.pack("<IHHIIHH", 16, 3, 1, RATE, RATE * 4, 4, 32) + b"data")
    data.write(struct.pack("<I", samples.nbytes) + samples.tobytes())
    speech = decode(data.getvalue())
    assert np.isfinite(speech.samples).all() and np.max(np.abs(speech.samples)) <= 8


def test_a_playlist_named_as_a_video_opens_nothing(tmp_path: Path) -> None:
    write_wav(tmp_path / "secret.wav", sine(0.5).astype(np.float32))
    (tmp_path / "ep001.mp4").write_text("ffconcat version 1.0\nfile secret.wav\n", "utf-8")
    with pytest.raises(SoundProblem):
        read_sound(tmp_path / "ep001.mp4")
